"""The columns in which intake hands on what it read: one Arrow schema a form, and those of issues, sheets and columns."""

from __future__ import annotations

import contextlib
import sys
from functools import cache

import pyarrow as pa

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
