"""pandas with calamine: a frame a workbook, concatenated, stored in DuckDB, and SQL for the rest."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.peers import CODES, COOPERATIVES, FIELDS, HEADLINES, list_workbooks, main


def read_reports(raw: Path, engine: str) -> pd.DataFrame:
    """All rows of all workbooks, with codes for labels and the columns of `core`."""
    frames = []
    for path, period, reporter in list_workbooks(raw):
        frame = pd.read_excel(path, engine=engine, dtype={"Mã số thuế": str})  # type: ignore[call-overload]
        frame = frame.rename(columns=FIELDS).assign(period=period, reporter_code=reporter, file=path.name)
        frame["row_number"] = frame.index + 2
        frames.append(frame)
    reports = pd.concat(frames, ignore_index=True)
    for column, codes in CODES.items():
        reports[column] = reports[column].map(codes)
    reports["established_on"] = pd.to_datetime(reports["established_on"]).dt.date
    reports["cooperative_id"] = reports["reporter_code"] + "|" + reports["name"].str.lower()
    return reports


def build(raw: Path, target: Path) -> None:
    reports = read_reports(raw, "calamine")
    with duckdb.connect(str(target)) as connection:
        connection.execute("create schema core")
        connection.execute("create schema mart")
        connection.register("reports", reports)
        connection.execute("create table core.cooperative_reports as select * from reports")
        connection.execute(f"create table core.cooperatives as {COOPERATIVES}")
        connection.execute(f"create table mart.headlines as {HEADLINES}")


if __name__ == "__main__":
    main(build)
