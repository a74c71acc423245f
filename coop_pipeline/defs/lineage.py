"""Column lineage from the workbooks' columns to the indicators, as Dagster shows it.

Forms say which columns of a workbook a column of `core` comes from. The SQL says the rest: reading it takes seconds and sqlglot, so what it says
is kept beside this module. After a change of a form, of `select_cooperatives` or of a mart's SQL it is written again, which a test asks for:

    python -m coop_pipeline.defs.lineage
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import dagster as dg

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.spec import Form
from coop_pipeline.store.facts import select_cooperatives
from coop_pipeline.store.schema import CORE, PROVENANCE, QUALITY, REF

SUBMITTED = "intake.submissions"
KEPT = Path(__file__).with_suffix(".json")
Columns = dict[str, list[tuple[str, str]]]


def submitted_columns() -> dg.TableSchema:
    """The columns that workbooks may have, by form: `loans.outstanding_vnd`, with the headers by which they are known."""
    fields = [
        dg.TableColumn(_submitted(form, f.name), "cell", " | ".join(dict.fromkeys((f.vi, f.en, *f.spellings))))
        for form in FORMS.values()
        for f in form.read
    ]
    return dg.TableSchema([*fields, *(dg.TableColumn(c.name, c.type, c.comment) for c in PROVENANCE)])


def load_lineage(tables: Iterable[str]) -> dict[str, dg.TableColumnLineage]:
    """The lineage of those of the tables that have one."""
    found = {**_trace_forms(), **_read_kept()}
    return {table: _shown(found[table]) for table in tables if table in found}


@functools.cache
def _read_kept() -> dict[str, Columns]:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    return {table: {name: [(t, c) for t, c in origins] for name, origins in columns.items()} for table, columns in kept.items()}


def describe(found: dg.TableColumnLineage) -> str:
    """The same as a Markdown table of columns and what they come from: the open-source UI draws no graph of columns."""
    rows = []
    for column, deps in found.deps_by_column.items():
        by_table: dict[str, list[str]] = {}
        for dep in deps:
            by_table.setdefault(".".join(dep.asset_key.path), []).append(dep.column_name)
        first = f"`{column}`"
        for table, names in by_table.items():
            rows.append(f"| {first} | {table} | {', '.join(f'`{name}`' for name in names)} |")
            first = ""
    return "\n".join(("| Cột | Lấy từ bảng | Các cột |", "|---|---|---|", *rows))


@functools.cache
def _trace_forms() -> dict[str, Columns]:
    return {f"core.{form.name}": _trace_form(form) for form in FORMS.values()}


def trace_sql() -> dict[str, Columns]:
    """For each column that SQL makes the columns that it is made from: of the workbooks, of `core`, `quality`, `ref` or a mart."""
    from coop_pipeline.marts.lineage import trace_marts

    tables = {table.full_name: [c.name for c in table.columns] for table in (*CORE, *QUALITY, *REF)}
    return {CORE[0].full_name: _trace_cooperatives(_trace_forms()), **trace_marts(tables)}


def write_kept(traced: Mapping[str, Columns]) -> None:
    """One line for each column, so that a change shows as one."""
    tables = (
        f"{json.dumps(table)}: {{\n"
        + ",\n".join(f"  {json.dumps(name)}: {json.dumps(origins)}" for name, origins in columns.items())
        + "\n}"
        for table, columns in traced.items()
    )
    KEPT.write_text("{\n" + ",\n".join(tables) + "\n}\n", encoding="utf-8")


def _submitted(form: Form, field: str) -> str:
    return f"{form.name}.{field}"


def _trace_form(form: Form) -> Columns:
    """A field comes from its own column, or from the one that answers it where it has none."""
    columns: Columns = {c.name: [(SUBMITTED, c.name)] for c in PROVENANCE}
    for field in form.stored:
        answered_by = [field.name, *(text for code, text, _ in form.derives if code == field.name)]
        answered_by += [other.name for other in form.read if other.instead == field.name]
        columns[field.name] = [(SUBMITTED, _submitted(form, name)) for name in answered_by]
    if form.owner:
        columns["cooperative_id"] = _identity(form)
    return columns


def _identity(form: Form) -> list[tuple[str, str]]:
    identifying = (form.owner, "district_code", "commune_code", "tax_code", "registration_no")
    return [(SUBMITTED, _submitted(form, f.name)) for f in form.read if f.name in identifying]


def _trace_cooperatives(forms: Mapping[str, Columns]) -> Columns:
    from coop_pipeline.marts.lineage import trace_select

    staged = {
        f"stage.{form.name}": [
            *(f.name for f in form.read), *(c.name for c in PROVENANCE),
            "cooperative_id", "owner_kind", "verdict", "read_as", "file", "position", "table_no", "period_starts_on", "period_ends_on",
        ]
        for form in FORMS.values()
    }  # fmt: skip
    traced = trace_select(select_cooperatives(), staged)

    def origins(names: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        for table, column in sorted(names):
            form = FORMS[table.removeprefix("stage.")]
            column = {"owner_kind": str(form.owner), "period_ends_on": "period"}.get(column, column)  # what is read from them
            if column in forms[f"core.{form.name}"]:
                yield f"core.{form.name}", column
            elif column in {f.name for f in form.read}:
                yield SUBMITTED, _submitted(form, column)

    return {c.name: list(dict.fromkeys(origins(traced[c.name]))) for c in CORE[0].columns}


def _shown(columns: Mapping[str, Iterable[tuple[str, str]]]) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {name: [dg.TableColumnDep(dg.AssetKey(table.split(".")), column) for table, column in origins] for name, origins in columns.items()}
    )


if __name__ == "__main__":
    write_kept(trace_sql())
