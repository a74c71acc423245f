"""`ref`: code lists, areas, reporters, periods and the dictionary, from the CSV files and the declarations."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Container, Iterable, Iterator
from datetime import date

import pyarrow as pa

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import PERIOD_YEARS, UNITS_CHANGED_ON, areas, codelist, read_table, reporters
from coop_pipeline.intake.corrections import CODE_LISTS
from coop_pipeline.store.schema import REF, TableSpec
from coop_pipeline.store.warehouse import Connection

REFERENCE = tuple(spec.name for spec in REF)


def list_periods() -> Iterator[tuple[str, str, date, date]]:
    for year in PERIOD_YEARS:
        yield str(year), "year", date(year, 1, 1), date(year, 12, 31)
        for half in (1, 2):
            yield f"{year}-H{half}", "half", date(year, 6 * half - 5, 1), date(year, 6 * half, 30 if half == 1 else 31)
        for quarter in (1, 2, 3, 4):
            last = 3 * quarter
            yield f"{year}-Q{quarter}", "quarter", date(year, last - 2, 1), date(year, last, monthrange(year, last)[1])
        for month in range(1, 13):
            yield f"{year}-{month:02}", "month", date(year, month, 1), date(year, month, monthrange(year, month)[1])


def dictionary_rows(tables: Iterable[TableSpec]) -> list[tuple[str, str, str, str, str, str, str, str, str, str]]:
    """One row per table (without a column) and per column: type, unit, meaning, source form and header spellings."""
    rows = []
    for table in tables:
        form = FORMS.get(table.form)
        source = form.source if form else ""
        rows.append((table.schema, table.name, "", "TABLE", "", table.vi, table.en, table.form, source, ""))
        fields = {f.name: f for f in form.fields} if form else {}
        for column in table.columns:
            f = fields.get(column.name)
            spellings = "|".join(dict.fromkeys((f.vi, *f.spellings))) if f else ""
            rows.append(
                (
                    table.schema,
                    table.name,
                    column.name,
                    column.type,
                    column.unit,
                    column.vi,
                    column.en,
                    table.form if f else "",
                    source if f else "",
                    spellings,
                )
            )
    return rows


def _rows(tables: Iterable[TableSpec]) -> dict[str, Iterable[tuple[object, ...]]]:
    """The rows of each table, made where they are asked for."""
    lists = sorted(CODE_LISTS)
    return {
        "periods": list_periods(),
        "areas": (
            (a.code, a.level, a.name, a.parent or None, a.valid_from, a.valid_to, "|".join(a.successors) or None, a.succession or None) for a in areas()
        ),
        "area_successions": (
            (a.code, a.valid_from, a.name, a.parent or None, successor, UNITS_CHANGED_ON, name, a.succession)
            for a in areas()
            for successor in a.successors
            for name in [n.name for n in areas() if n.code == successor and n.valid_from == UNITS_CHANGED_ON]
        ),
        "reporters": (
            (r.code, r.kind, r.area, r.name_vi, r.name_en, r.valid_from, r.valid_to, r.district, "|".join(r.districts) or None)
            for r in reporters()
        ),
        "codes": (
            (name, c.code, c.label_vi, c.label_en, "|".join(c.spellings), position)
            for name in lists
            for position, c in enumerate(codelist(name), 1)
        ),
        "schemes": ((c.code, c.label_vi, c.label_en, int(c.extra["term_months"])) for c in codelist("schemes")),
        "published_figures": (
            (
                r["code"], r["title_vi"], r["unit"], r["time_window"], date.fromisoformat(r["as_of"]), r["value"], r["qualifier"], r["printed"],
                r["area_code"], r["margin"], r["note"],
            )
            for r in read_table("published_figures")
        ),
        "dictionary": dictionary_rows(tables),
    }  # fmt: skip


def build_reference(connection: Connection, tables: Iterable[TableSpec], only: Container[str] = REFERENCE) -> None:
    """Fills `ref`, or some tables of it; `tables` are all that the dictionary describes."""
    contents = _rows(tables)
    for spec in REF:
        rows = list(contents[spec.name]) if spec.name in only else []
        if not rows:
            continue
        columns = [list(values) for values in zip(*rows, strict=True)]
        incoming = pa.table({c.name: pa.array(values) for c, values in zip(spec.columns, columns, strict=True)})
        connection.execute(f"delete from {spec.full_name}")
        connection.register("incoming", incoming)
        casts = ", ".join(f'cast("{c.name}" as {c.type})' for c in spec.columns)
        connection.execute(f"insert into {spec.full_name} select {casts} from incoming")
        connection.unregister("incoming")


def complete_dictionary(connection: Connection) -> None:
    """Fills in the types that only the built tables know: those of the marts, which their SELECTs decide."""
    if not connection.execute("select 1 from ref.dictionary where data_type = '' limit 1").fetchall():
        return
    connection.execute(
        """
        update ref.dictionary d set data_type = c.data_type
        from (select schema_name, table_name, column_name, data_type from duckdb_columns() where database_name = current_database()) c
        where d.table_schema = c.schema_name and d.table_name = c.table_name and d.column_name = c.column_name and d.data_type = ''
        """
    )
