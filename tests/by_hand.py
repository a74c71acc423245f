"""A warehouse with figures written by hand: the rows of mart.indicators and quality.completeness, and all marts made of them."""

from __future__ import annotations

import atexit
import base64
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from coop_pipeline import stages
from coop_pipeline.forms.codes import read_table
from coop_pipeline.marts import MARTS, create_statements
from coop_pipeline.outputs.charts import Drawing
from coop_pipeline.outputs.drawing import Chart
from coop_pipeline.outputs.files import replace_file
from coop_pipeline.store.publish import publish
from coop_pipeline.store.reference import build_reference, complete_dictionary
from coop_pipeline.store.warehouse import open_working

UNITS = {row["code"]: row["unit"] for row in read_table("indicators")}


@dataclass(frozen=True)
class Row:
    """A row of mart.indicators; by default the province's total with all of ten reporters."""

    code: str
    period: str
    value: str | int
    area: str = "17"
    breakdown: str = ""
    of: str = ""
    expected: int = 10
    received: int = 10
    as_of: str = ""

    def cells(self) -> tuple[object, ...]:
        as_of = self.as_of or f"{self.period[:4]}-12-31"
        return (
            self.code, self.period, as_of, self.area, self.breakdown, self.of, str(Decimal(self.value)), UNITS[self.code], self.expected,
            self.received,
        )  # fmt: skip


@dataclass(frozen=True)
class Owed:
    """A row of quality.completeness: a form that a reporter owes."""

    reporter: str
    form: str
    period: str
    received: bool = True
    on_time: bool | None = True


@cache
def _base() -> Path:
    """The laid out warehouse without any figure, made once in a process."""
    path = Path(tempfile.mkdtemp(prefix="coop-by-hand-")) / "base.duckdb"
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    with open_working(path) as connection:
        build_reference(connection, stages.all_tables())
        for mart in MARTS.values():
            for statement in create_statements(mart):
                connection.execute(statement)
        complete_dictionary(connection)
    return path


@contextmanager
def working(rows: Iterable[Row], owed: Iterable[Owed] = (), path: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory() as folder:
        path = path or Path(folder) / "by_hand.duckdb"
        shutil.copy(_base(), path)
        with open_working(path) as connection:
            _insert(connection, "quality.completeness (reporter_code, form, period, expected, received, on_time, rows_rejected)",
                    [(o.reporter, o.form, o.period, True, o.received, o.on_time if o.received else None, 0) for o in owed])  # fmt: skip
            _insert(connection, "mart.indicators (indicator_code, period, as_of, area_code, breakdown, breakdown_value, value, unit, "
                                "reporters_expected, reporters_received)", [row.cells() for row in rows])  # fmt: skip
            for mart in MARTS.values():
                if mart.depends & {"mart.indicators", "quality.completeness"} and mart.is_published and mart.name != "indicators":
                    connection.execute(f"delete from {mart.full_name}")
                    connection.execute(f"insert into {mart.full_name} {mart.sql}")  # a table made anew would need its comments again
            yield connection


def published(folder: Path, rows: Iterable[Row], owed: Iterable[Owed] = ()) -> Path:
    """A published file in the folder."""
    target = folder / "coop.duckdb"
    (folder / "work").mkdir(parents=True, exist_ok=True)
    path = folder / "work" / "by_hand.duckdb"
    with working(rows, owed, path) as connection:
        publish(path, target, stages.SCHEMAS, connection=connection)
    return target


def _insert(connection: duckdb.DuckDBPyConnection, into: str, rows: Sequence[tuple[object, ...]]) -> None:
    for row in rows:
        connection.execute(f"insert into {into} values ({', '.join('?' * len(row))})", list(row))


DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")


def draw_dots(patched: pytest.MonkeyPatch) -> None:
    """Instead of the charts, which are as dear as all the rest of a small run."""
    patched.setattr(Drawing, "prepare", lambda self: None)
    patched.setattr(Drawing, "begin", lambda self, period, pictures: setattr(self, "_pictures", [*pictures]))
    patched.setattr(Drawing, "finish", lambda self: [Chart(picture, b"<svg/>", DOT) for picture in self._pictures])


@contextmanager
def meddled(module: ModuleType) -> Iterator[None]:
    """Somebody writes to every file as soon as the module has put it in place."""

    def replace(path: Path, data: bytes) -> list[int]:
        left = replace_file(path, data)
        path.write_bytes(b"somebody's own")
        return left

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "replace_file", replace)
        yield
