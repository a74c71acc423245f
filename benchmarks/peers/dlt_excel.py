"""dlt with an Excel resource (pandas and calamine read, dlt normalises and loads), and SQL for the rest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")

import dlt
import duckdb
import pandas as pd

from benchmarks.peers import CODES, COOPERATIVES, FIELDS, HEADLINES, list_workbooks, main


@dlt.resource(name="cooperative_reports", write_disposition="replace")
def read_reports(raw: Path) -> Iterator[pd.DataFrame]:
    for path, period, reporter in list_workbooks(raw):
        frame = pd.read_excel(path, engine="calamine", dtype={"Mã số thuế": str})
        frame = frame.rename(columns=FIELDS).assign(period=period, reporter_code=reporter, file=path.name)
        frame["row_number"] = frame.index + 2
        for column, codes in CODES.items():
            frame[column] = frame[column].map(codes)
        frame["cooperative_id"] = frame["reporter_code"] + "|" + frame["name"].str.lower()
        frame["area_ha"] = frame["area_ha"].astype(float)
        yield frame


def build(raw: Path, target: Path) -> None:
    pipeline = dlt.pipeline(
        "benchmark", pipelines_dir=str(target.parent / "dlt"), destination=dlt.destinations.duckdb(str(target)), dataset_name="core"
    )
    pipeline.run(read_reports(raw))
    with duckdb.connect(str(target)) as connection:
        connection.execute("create schema mart")
        connection.execute(f"create table core.cooperatives as {COOPERATIVES}")
        connection.execute(f"create table mart.headlines as {HEADLINES}")


if __name__ == "__main__":
    main(build)
