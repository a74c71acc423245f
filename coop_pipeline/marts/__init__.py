"""The indicators: one .sql file a table, header comment and one SELECT; here they are read and put in order.

`<name>.sql` is `mart.<name>`, published; `steps/<name>.sql` is `steps.<name>`, which only other marts read.
Nothing here runs a mart: whoever builds the tables does so in the order of MARTS.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from graphlib import TopologicalSorter
from importlib.resources import files

import duckdb

from coop_pipeline.forms.codes import read_table

PUBLISHED, STEPS = "mart", "steps"
CODELIST = re.compile(r"\bcodelist_(\w+)")
_TABLE = re.compile(r"\b(?:core|mart|quality|ref|steps)\.\w+")
_ASIDE = re.compile(r"--[^\n]*|'(?:[^']|'')*'")  # comments and texts
_NAMED = re.compile(f"{_ASIDE.pattern}|{_TABLE.pattern}")


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the header describes it."""

    name: str
    vi: str
    en: str
    unit: str = ""

    @property
    def comment(self) -> str:
        return f"{self.vi} | {self.en}" + (f" ({self.unit})" if self.unit else "")


@dataclass(frozen=True, slots=True)
class Mart:
    """One table: its header, its SELECT, and the tables that the SELECT reads (`schema.table`)."""

    schema: str
    name: str
    vi: str
    en: str
    grain_vi: str
    grain_en: str
    columns: tuple[Column, ...]
    sql: str
    depends: frozenset[str]
    is_view: bool = False
    """A step that one other mart reads is computed there (`write_out`), and its rows are stored nowhere."""

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def is_published(self) -> bool:
        return self.schema == PUBLISHED

    @property
    def comment(self) -> str:
        return f"{self.vi}: mỗi dòng là {self.grain_vi} | {self.en}: one row per {self.grain_en}"


def create_statements(mart: Mart) -> list[str]:
    """The table made anew from its SELECT; with its COMMENTs where it is published."""
    statements = [
        f"create schema if not exists {mart.schema}",
        f"create or replace {'view' if mart.is_view else 'table'} {mart.full_name} as {write_out(mart)}",
    ]
    if mart.is_published:
        statements.append(f"comment on table {mart.full_name} is {_literal(mart.comment)}")
        statements += [f"comment on column {mart.full_name}.{c.name} is {_literal(c.comment)}" for c in mart.columns]
    return statements


def write_out(mart: Mart, instead: Mapping[str, str] = {}) -> str:
    """Its SELECT with those of the steps that are computed in it, or with the SELECTs `instead` of these: a view that is used once is planned twice."""

    def put(found: re.Match[str]) -> str:
        step = MARTS.get(found.group())
        if step is None or not step.is_view:
            return found.group()  # a table, a comment, a text
        return f"(\n{write_out(replace(step, sql=instead.get(step.full_name, step.sql)), instead)}\n) as {step.name}"

    return _NAMED.sub(put, mart.sql)


def parse(schema: str, name: str, text: str) -> Mart:
    """A mart out of its file's text. Raises ValueError, naming the file, where it is not header and one SELECT."""
    where = f"marts/{'' if schema == PUBLISHED else schema + '/'}{name}.sql"
    said: dict[str, str] = {}
    columns: list[Column] = []
    for line in _header(text):
        key, colon, rest = line.partition(":")
        if not colon:
            raise ValueError(f"{where}: a header line is `key: text`, not {line!r}")
        if key.startswith("column "):
            columns.append(_column(where, key.removeprefix("column ").strip(), rest.strip()))
        elif key in ("vi", "en", "grain") and key not in said:
            said[key] = rest.strip()
        else:
            raise ValueError(f"{where}: the header says {key!r}, which is unknown or said before")
    missing = [key for key in ("vi", "en", "grain") if not said.get(key)] + ([] if columns else ["column"])
    if missing:
        raise ValueError(f"{where}: the header lacks {', '.join(missing)}")
    grain_vi, grain_en = _two(where, said["grain"])
    sql = CODELIST.sub(lambda match: _values(match.group(1)), text).strip()
    depends = references(sql, where)
    return Mart(schema, name, said["vi"], said["en"], grain_vi, grain_en, tuple(columns), sql, depends)


def _header(text: str) -> Iterator[str]:
    """The comment lines at the head, up to the first that is empty or no comment: what follows is for people."""
    for line in text.splitlines():
        if not line.startswith("--") or not line[2:].strip():
            return
        yield line[2:].strip()


def _column(where: str, name: str, text: str) -> Column:
    unit = re.search(r" \[([^\]]+)\]$", text)
    vi, en = _two(where, text[: unit.start()] if unit else text)
    return Column(name, vi, en, unit.group(1) if unit else "")


def _two(where: str, text: str) -> tuple[str, str]:
    """Vietnamese | English. The English may hold bars of its own."""
    vi, bar, en = text.partition(" | ")
    if not bar or not vi.strip() or not en.strip():
        raise ValueError(f"{where}: Vietnamese and English are parted by ` | `, not {text!r}")
    return vi.strip(), en.strip()


def _values(codelist: str) -> str:
    """The rows of `forms/codelists/<codelist>.csv` as a table, so that SQL can read what is declared there."""
    rows = read_table(codelist)
    values = ", ".join("(" + ", ".join(_literal(value) for value in row.values()) + ")" for row in rows)
    return f"(values {values}) as codelist_{codelist} ({', '.join(rows[0])})"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def references(sql: str, where: str) -> frozenset[str]:
    """Every `schema.table` that the SELECT names. Raises ValueError where it is no SELECT."""
    try:
        statements = _parser().extract_statements(sql)
    except duckdb.Error as problem:
        raise ValueError(f"{where}: not one SELECT: {problem}") from None
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise ValueError(f"{where}: not one SELECT")
    return frozenset(_TABLE.findall(_ASIDE.sub("", sql)))  # to walk through the parser's own tree takes ten times as long


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """An empty database of its own: opening one takes longer than reading all marts."""
    return duckdb.connect(config={"threads": 1})


def _load() -> dict[str, Mart]:
    """All marts, each after those that it reads; by name where it is published, else by `steps.<name>`."""
    root = files(__name__)
    found: dict[str, Mart] = {}
    for schema, folder in ((PUBLISHED, root), (STEPS, root.joinpath(STEPS))):
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            if file.name.endswith(".sql"):
                mart = parse(schema, file.name.removesuffix(".sql"), file.read_text(encoding="utf-8"))
                found[mart.full_name] = mart
    for mart in found.values():
        lost = [name for name in mart.depends if name.split(".")[0] in (PUBLISHED, STEPS) and name not in found]
        if lost:
            raise ValueError(f"{mart.full_name} reads {', '.join(sorted(lost))}, which no file makes")
    _parser().close()
    _parser.cache_clear()
    readers = Counter(name for mart in found.values() for name in mart.depends)
    found = {name: replace(mart, is_view=not mart.is_published and readers[name] == 1) for name, mart in found.items()}
    order = TopologicalSorter({name: sorted(mart.depends & found.keys()) for name, mart in sorted(found.items())})
    return {name.removeprefix(f"{PUBLISHED}."): found[name] for name in order.static_order()}


MARTS: dict[str, Mart] = _load()


def published_sources(mart: Mart) -> set[str]:
    """The published tables that a mart is made from, its unpublished steps seen through."""
    found: set[str] = set()
    for name in mart.depends:
        found |= published_sources(MARTS[name]) if name.startswith(f"{STEPS}.") else {name}
    return found
