"""How one published file differs from another: what the person wants to see who releases the one in the place of the other."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from coop_pipeline.store.publish import Described, describe_tables
from coop_pipeline.store.schema import literal

_KEY = ("indicator_code", "period", "area_code", "breakdown", "breakdown_value")


@dataclass(frozen=True, slots=True)
class TableChange:
    """Rows of a table before and after (None: there is no such table); the values may differ with as many rows."""

    table: str
    before: int | None
    after: int | None
    changed: bool


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One value of `mart.indicators`; None where there is no such row."""

    indicator_code: str
    title_vi: str
    period: str
    area_code: str
    area: str
    breakdown: str
    breakdown_value: str
    before: Decimal | None
    after: Decimal | None
    unit: str


@dataclass(frozen=True, slots=True)
class Difference:
    tables: tuple[TableChange, ...]
    figures: tuple[FigureChange, ...]
    """The first of them: totals before breakdowns, later periods first."""
    figures_changed: int

    @property
    def is_none(self) -> bool:
        return not any(table.changed for table in self.tables)


def compare(before: Path | None, after: Path, most: int = 100, described: Described | None = None) -> Difference:
    """What `after` holds otherwise than `before` (None: nothing was published), with at most that many figures. `described` is the newer file
    where it was described already."""
    with contextlib.closing(duckdb.connect(":memory:")) as connection:
        connection.execute("set enable_progress_bar = false; set threads = 1")
        for name, path in (("before", before), ("after", after)):
            if path is not None:
                connection.execute(f"attach {literal(str(path))} as {name}_file (read_only)")
            else:
                connection.execute(f"attach ':memory:' as {name}_file")
        old, new = describe_tables(connection, "before_file"), described or describe_tables(connection, "after_file")
        tables = tuple(
            TableChange(
                title,
                old[title]["rows"] if title in old else None,
                new[title]["rows"] if title in new else None,
                title not in old or title not in new or any(old[title][what] != new[title][what] for what in ("rows", "hash")),
            )
            for title in sorted({*old, *new})
        )
        figures, count = _compare_figures(connection, old, new, most) if "mart.indicators" in new else ((), 0)
    return Difference(tables, figures, count)


def count_rows(path: Path) -> dict[str, int]:
    """Rows of every table of a published file."""
    with contextlib.closing(duckdb.connect(str(path), read_only=True)) as connection:
        connection.execute("set enable_progress_bar = false")
        names = connection.execute("select schema_name, table_name from duckdb_tables() where not internal order by all").fetchall()
        counts = [f'select {literal(f"{schema}.{name}")}, count(*) from "{schema}"."{name}"' for schema, name in names]
        return dict(connection.execute(" union all ".join(counts)).fetchall()) if counts else {}


def _compare_figures(
    connection: duckdb.DuckDBPyConnection, before: Collection[str], after: Collection[str], most: int
) -> tuple[tuple[FigureChange, ...], int]:
    """Of two files with these tables, the newer with indicators."""
    keys = ", ".join(_KEY)
    old = f"select {keys}, value, unit from before_file.mart.indicators"
    if "mart.indicators" not in before:
        old = f"select {keys}, value, unit from after_file.mart.indicators where false"
    areas = "select area_code, area_name from after_file.mart.indicator_areas"
    if "mart.indicator_areas" not in after:  # an older file, put back
        areas = "select '' as area_code, '' as area_name"
    rows = connection.execute(
        f"""
        with
        old as ({old}),
        new as (select {keys}, value, unit from after_file.mart.indicators),
        changed as (
            select {keys}, old.value as before, new.value as after, coalesce(new.unit, old.unit) as unit
            from old full join new using ({keys})
            where old.value is distinct from new.value
        ),
        areas as ({areas})
        select
            indicator_code, coalesce(title_vi, ''), period, area_code, coalesce(area_name, ''), breakdown, breakdown_value,
            before, after, unit, count(*) over ()
        from changed
        left join (select indicator_code, title_vi from after_file.mart.indicator_catalogue) as c using (indicator_code)
        left join areas using (area_code)
        order by breakdown <> '', period desc, indicator_code, area_code, breakdown, breakdown_value
        limit {int(most)}
        """
    ).fetchall()
    return tuple(FigureChange(*row[:-1]) for row in rows), rows[0][-1] if rows else 0
