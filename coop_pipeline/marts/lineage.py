"""From which columns a column of a mart is made, read from the SQL by sqlglot: what is selected, not what only filters or joins.

Importing this module imports sqlglot (0.2 s; of the extra `test`), and tracing all marts takes 2 s: `defs.lineage` keeps the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope, walk_in_scope
from sqlglot.schema import MappingSchema

from coop_pipeline.marts import MARTS, STEPS

ColumnName = tuple[str, str]  # ("core.loans", "outstanding_vnd")
Tables = Mapping[str, Sequence[str]]  # the columns of each table
ROW = "row_number"  # who counts rows counts these


def trace_marts(tables: Tables) -> dict[str, dict[str, list[ColumnName]]]:
    """For every published mart and column, the columns of published tables that it is made from; none where it is a constant.

    `tables` are those that marts read and no mart makes. The unpublished steps are seen through.
    """
    known = {**tables, **{mart.full_name: [c.name for c in mart.columns] for mart in MARTS.values()}}
    direct = {mart.full_name: trace_select(mart.sql, known) for mart in MARTS.values()}

    def through_steps(names: Iterable[ColumnName]) -> set[ColumnName]:
        found: set[ColumnName] = set()
        for table, column in names:
            if table.startswith(f"{STEPS}."):
                found |= through_steps(direct[table][column])
            elif column in known[table]:
                found.add((table, column))
        return found

    return {
        mart.full_name: {c.name: sorted(through_steps(direct[mart.full_name][c.name])) for c in mart.columns}
        for mart in MARTS.values()
        if mart.is_published
    }


def trace_select(sql: str, tables: Tables) -> dict[str, set[ColumnName]]:
    """The columns of `tables` behind each column of one SELECT, through its CTEs and subqueries; under ROW, behind its rows.

    A column that is in none of the tables raises sqlglot's error.
    """
    parsed = parse_one(sql, dialect="duckdb")
    named = {f"{table.db}.{table.name}" for table in parsed.find_all(exp.Table)}
    schema = MappingSchema(dialect="duckdb")
    for table in named & tables.keys():
        schema.add_table(table, dict.fromkeys(tables[table], "unknown"))
    for latest in parsed.find_all(exp.ArgMax, exp.ArgMin):
        latest.replace(latest.this)  # the order only says which row the value is taken from
    for chosen in parsed.find_all(exp.Filter):
        if chosen.this.find(exp.Column):  # else it counts what the condition says
            chosen.replace(chosen.this)
    select = qualify(parsed, schema=schema, dialect="duckdb", identify=False)
    scope = build_scope(select)
    assert isinstance(select, exp.Query)
    assert scope is not None
    known: dict[tuple[int, int], set[ColumnName]] = {}
    found = {name: _origins(scope, number, known) for number, name in enumerate(select.named_selects)}
    return {name: {origin for origin in names if origin[0] in tables} for name, names in {ROW: set(_rows(scope)), **found}.items()}


def _origins(scope: Scope, number: int, known: dict[tuple[int, int], set[ColumnName]]) -> set[ColumnName]:
    """What the column of this number of a part of a SELECT is made from; what was traced once is `known`."""
    place = id(scope), number
    if place in known:
        return known[place]
    found = known[place] = set()
    if scope.set_operation_scopes:
        assert isinstance(scope.expression, exp.SetOperation)
        name = scope.expression.named_selects[number]
        for part in scope.set_operation_scopes:
            if scope.expression.args.get("by_name"):
                names = part.expression.named_selects if isinstance(part.expression, exp.Query) else []
                found |= _origins(part, names.index(name), known) if name in names else set()
            else:
                found |= _origins(part, number, known)
        return found
    assert isinstance(scope.expression, exp.Query)
    selected = scope.expression.selects[number]
    if any(isinstance(count.this, exp.Star) for count in selected.find_all(exp.Count)):
        found |= set(_rows(scope))
    inner = {id(part.expression): part for part in scope.subquery_scopes}
    for node in walk_in_scope(selected):
        if isinstance(node, exp.Column):
            source = scope.sources.get(node.table)
            if isinstance(source, Scope):
                names = source.expression.named_selects if isinstance(source.expression, exp.Query) else []
                if node.name in names:
                    found |= _origins(source, names.index(node.name), known)
            elif isinstance(source, exp.Table):
                found.add((f"{source.db}.{source.name}", node.name))
        elif id(node) in inner:
            for other in range(len(node.selects) if isinstance(node, exp.Query) else 0):
                found |= _origins(inner[id(node)], other, known)
    return found


def _rows(scope: Scope) -> Iterator[ColumnName]:
    """What stands for the rows that a part of a SELECT reads, by the tables that they come from."""
    for source in [*scope.set_operation_scopes, *(source for _, source in scope.selected_sources.values())]:
        if isinstance(source, Scope):
            yield from _rows(source)
        else:
            yield f"{source.db}.{source.name}", ROW
