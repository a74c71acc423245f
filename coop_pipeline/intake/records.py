"""A submission as it was read, and the columns in which it is handed on: one Arrow schema a form, and those of issues, sheets and columns."""

from __future__ import annotations

import contextlib
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from operator import attrgetter, itemgetter

import pyarrow as pa

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.issues import Issue
from coop_pipeline.forms.spec import STORED_UNITS, Form

PROVENANCE = ("submission_id", "sheet", "row_number", "table_no", "reporter_code", "period")
# owner_place: what the district column says where no list knows it (another province's); such an owner is none of the sender's district
OWNER = ("owner_key", "owner_kind", "owner_place")

ISSUES = pa.schema(
    [(name, pa.string()) for name in ("submission_id", "sheet", "cell")]
    + [("row_number", pa.int32())]
    + [(name, pa.string()) for name in ("form", "field", "code", "severity", "value", "message_vi", "message_en", "hint_vi")]
)
ROW_COUNTS = pa.schema(
    [(name, pa.string()) for name in ("submission_id", "sheet", "form")]
    + [(name, pa.int32()) for name in ("position", "header", "data_read", "total", "section", "note", "blank")]
)
NILS = pa.schema([(name, pa.string()) for name in ("submission_id", "sheet", "form", "reporter_code", "period")])
COLUMNS = pa.schema(
    [("submission_id", pa.string()), ("sheet", pa.string()), ("table_no", pa.int32())]
    + [(name, pa.string()) for name in ("form", "field", "letters", "header", "unit")]
)


def forgo_pandas() -> None:
    """From here on this process has no pandas: PyArrow and DuckDB import it where they can, 0.7 s and 80 MB for nothing."""
    if "pandas" not in sys.modules:
        sys.modules["pandas"] = None  # type: ignore[assignment]
        with contextlib.suppress(AttributeError):
            pa.array([""])  # PyArrow trips over it, once
        pa.array([""])


def arrow_type(sql_type: str) -> pa.DataType:
    if sql_type.startswith("DECIMAL"):
        width, scale = sql_type[8:-1].split(",")
        return pa.decimal128(int(width), int(scale))
    return {"BIGINT": pa.int64(), "DATE": pa.date32(), "VARCHAR": pa.string()}[sql_type]


@cache
def schema_of(form: Form) -> pa.Schema:
    """Provenance, the fields that are read, the owner's name taken apart, and how the row fared."""
    fields = [pa.field(name, pa.int32() if name in ("row_number", "table_no") else pa.string()) for name in PROVENANCE]
    fields += [pa.field(f.name, arrow_type(f.sql_type)) for f in form.read]
    fields += [pa.field(name, pa.string()) for name in OWNER]
    fields += [pa.field("rejected", pa.bool_()), pa.field("cells", pa.string())]
    return pa.schema(fields)


assert all(t.startswith("DECIMAL") or t == "BIGINT" for t in STORED_UNITS.values())


@dataclass(slots=True)
class FormRows:
    """Rows of one form as columns; `columns[name][i]`."""

    columns: dict[str, list[object]] = field(default_factory=lambda: defaultdict(list))

    def __len__(self) -> int:
        return len(self.columns["row_number"])


@dataclass(slots=True)
class Reading:
    """What one submission holds."""

    submission_id: str
    status: str = "read"
    reporter: str | None = None
    period: str | None = None
    as_of: date | None = None
    stated_on: date | None = None
    revision: int = 0
    supplement: bool = False
    corrected: list[int] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    rows: dict[str, FormRows] = field(default_factory=dict)
    counts: list[dict[str, object]] = field(default_factory=list)
    columns: list[dict[str, object]] = field(default_factory=list)
    nils: list[dict[str, object]] = field(default_factory=list)

    def arrow(self) -> dict[str, pa.Table]:
        """The reading as Arrow tables: `issues`, `row_counts`, `columns`, `nils` and one per form that has rows."""
        tables = {
            "issues": self._table((attrgetter(*ISSUES.names[1:])(issue) for issue in self.issues), ISSUES),
            "row_counts": self._table((itemgetter(*ROW_COUNTS.names[1:])(count) for count in self.counts), ROW_COUNTS),
            "columns": self._table((itemgetter(*COLUMNS.names[1:])(column) for column in self.columns), COLUMNS),
            "nils": self._table((itemgetter(*NILS.names[1:])(nil) for nil in self.nils), NILS),
        }
        for name, rows in self.rows.items():
            schema = schema_of(FORMS[name])
            tables[name] = pa.table([self._cells(rows, c.name, c.type) for c in schema], schema=schema)
        return tables

    def _table(self, records: Iterable[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
        """Of few rows, as an array of rows: an array for each column would take longer to begin than to fill."""
        rows = [(self.submission_id, *record) for record in records]
        return pa.Table.from_struct_array(pa.array(rows, pa.struct(schema)))

    def _cells(self, rows: FormRows, column: str, kind: pa.DataType) -> pa.Array:
        if column == "submission_id":
            return pa.array([self.submission_id] * len(rows), kind)
        cells = rows.columns.get(column)
        if not cells or all(cell is None for cell in cells):  # `count` would have every Decimal compare itself with None, slowly
            return pa.nulls(len(rows), kind)
        if kind == pa.int64():  # of a Decimal, Arrow would make one ten times as slowly
            cells = [int(cell) if isinstance(cell, Decimal) else cell for cell in cells]
        return pa.array(cells, kind)
