"""polars with fastexcel: the quickest common way from Excel to columns; DuckDB takes them over as Arrow."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from benchmarks.peers import CODES, COOPERATIVES, FIELDS, HEADLINES, list_workbooks, main


def build(raw: Path, target: Path) -> None:
    frames = []
    for path, period, reporter in list_workbooks(raw):
        frame = pl.read_excel(path, engine="calamine", schema_overrides={"Mã số thuế": pl.String})
        frames.append(
            frame.rename(FIELDS)
            .with_row_index("row_number", offset=2)
            .with_columns(period=pl.lit(period), reporter_code=pl.lit(reporter), file=pl.lit(path.name))
        )
    reports = pl.concat(frames, how="vertical_relaxed").with_columns(
        *(pl.col(column).replace_strict(codes) for column, codes in CODES.items()),
        cooperative_id=pl.col("reporter_code") + "|" + pl.col("name").str.to_lowercase(),
    )
    with duckdb.connect(str(target)) as connection:
        connection.execute("create schema core")
        connection.execute("create schema mart")
        connection.register("reports", reports.to_arrow())
        connection.execute("create table core.cooperative_reports as select * from reports")
        connection.execute(f"create table core.cooperatives as {COOPERATIVES}")
        connection.execute(f"create table mart.headlines as {HEADLINES}")


if __name__ == "__main__":
    main(build)
