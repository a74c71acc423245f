"""Dagster assets with pandas and openpyxl behind the DuckDB I/O manager, as Dagster's documentation teaches it; in one process.

The type handler is what dagster-duckdb-pandas has for a table without partitions; that package itself holds pandas below version 3.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
from dagster._core.storage.db_io_manager import DbTypeHandler, TableSlice
from dagster_duckdb import DuckDBIOManager
from dagster_duckdb.io_manager import DuckDbClient

from benchmarks.peers import main
from benchmarks.peers.pandas_calamine import read_reports


class PandasHandler(DbTypeHandler[pd.DataFrame]):
    def handle_output(self, context: dg.OutputContext, table_slice: TableSlice, obj: pd.DataFrame, connection: Any) -> None:
        connection.execute(f"create or replace table {table_slice.schema}.{table_slice.table} as select * from obj")
        context.add_output_metadata({"row_count": len(obj)})

    def load_input(self, context: dg.InputContext, table_slice: TableSlice, connection: Any) -> pd.DataFrame:
        frame: pd.DataFrame = connection.execute(DuckDbClient.get_select_statement(table_slice)).fetchdf()
        return frame

    @property
    def supported_types(self) -> Sequence[type]:
        return [pd.DataFrame]


class PandasManager(DuckDBIOManager):  # type: ignore[misc]
    @staticmethod
    def type_handlers() -> Sequence[DbTypeHandler[Any]]:
        return [PandasHandler()]


@dg.asset(key_prefix=["core"])
def cooperative_reports() -> pd.DataFrame:
    return read_reports(Path(os.environ["BENCHMARK_RAW"]), "openpyxl")


@dg.asset(key_prefix=["core"])
def cooperatives(cooperative_reports: pd.DataFrame) -> pd.DataFrame:
    latest = cooperative_reports.sort_values(["cooperative_id", "period"]).drop_duplicates("cooperative_id", keep="last")
    return latest.rename(columns={"reporter_code": "district_code"})[
        ["cooperative_id", "name", "kind", "tax_code", "district_code", "status", "rating"]
    ]


@dg.asset(key_prefix=["mart"])
def headlines(cooperative_reports: pd.DataFrame) -> pd.DataFrame:
    found = []
    for keys in (["period", "reporter_code"], ["period"]):
        for name, rows, column, how in (
            ("total", cooperative_reports, "cooperative_id", "nunique"),
            ("operating", cooperative_reports[cooperative_reports["status"].isin(["operating", "new"])], "cooperative_id", "nunique"),
            *((name, cooperative_reports, name, "sum") for name in ("members", "female_members", "workers")),
            *(
                (name, cooperative_reports[cooperative_reports["kind"] == "HTX"], column, "mean")
                for name, column in (
                    *((c, c) for c in ("revenue_vnd", "profit_vnd", "worker_income_vnd_month", "charter_capital_vnd")),
                    ("members_per_coop", "members"),
                )
            ),
        ):
            values = rows.groupby(keys)[column].agg(how).reset_index(name="value")
            values["area_code"] = values["reporter_code"] if len(keys) == 2 else "17"
            values["indicator_code"] = f"cooperatives.{name}"
            values["value"] = values["value"].astype(float)
            found.append(values[["indicator_code", "period", "area_code", "value"]])
    return pd.concat(found, ignore_index=True)


def build(raw: Path, target: Path) -> None:
    os.environ["BENCHMARK_RAW"] = str(raw)
    with dg.DagsterInstance.local_temp(str(target.parent)) as instance:
        result = dg.materialize(
            [cooperative_reports, cooperatives, headlines], resources={"io_manager": PandasManager(database=str(target))}, instance=instance
        )
    if not result.success:
        sys.exit(1)


if __name__ == "__main__":
    main(build)
