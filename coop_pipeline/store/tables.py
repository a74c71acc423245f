"""Tables made by a SELECT: their shape from the declaration, their rows from the query, their COMMENTs kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from coop_pipeline.store.schema import Column, TableSpec, create_statements
from coop_pipeline.store.warehouse import Connection


class Described(Protocol):
    """A column as a mart's header describes it."""

    @property
    def name(self) -> str: ...
    @property
    def vi(self) -> str: ...
    @property
    def en(self) -> str: ...


def mart_table(name: str, vi: str, en: str, columns: Iterable[Described]) -> TableSpec:
    return TableSpec("mart", name, vi, en, tuple(Column(c.name, getattr(c, "type", ""), c.vi, c.en, getattr(c, "unit", "")) for c in columns))


def replace_table(connection: Connection, table: TableSpec, select: str) -> None:
    """Fills a table anew; its columns take the types that the SELECT gives them."""
    connection.execute(f"create schema if not exists {table.schema}")
    connection.execute(f"create or replace table {table.full_name} as {select}")
    for statement in create_statements(table)[2:]:
        connection.execute(statement)
