"""The marts: each binds and says what it makes; and rows in, rows out, as `tests/marts/*.md` lists them.

In an example an empty cell is NULL, `none` in the column `value` says that there is no such row, and a table of
indicators without a column `breakdown` speaks of totals. Compared are all rows that have the listed codes, periods,
areas and breakdowns.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb
import pytest

from coop_pipeline import stages
from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import read_table
from coop_pipeline.marts import MARTS, Mart, create_statements, parse, published_sources
from coop_pipeline.samples import truth
from coop_pipeline.store import schema
from coop_pipeline.store.reference import build_reference
from coop_pipeline.store.warehouse import mark_built

HERE = Path(__file__).parent / "marts"
TABLES = {table.full_name: table for table in (*schema.CORE, *schema.QUALITY, *schema.REF)}
CATALOGUE = {row["code"]: row for row in read_table("indicators")}
FAMILIES = sorted({code.split(".")[0] for code in CATALOGUE})
PROVENANCE = {"submission_id": "s", "sheet": "Biểu"}

# ---------------------------------------------------------------------------------------------------------------------
# a database


def empty() -> duckdb.DuckDBPyConnection:
    """The tables of the store with the code lists, and the marts of nothing."""
    connection = duckdb.connect(config={"threads": 1})
    for table in TABLES.values():
        for statement in schema.create_statements(table):
            connection.execute(statement)
    build_reference(connection, ())
    connection.execute("delete from ref.published_figures")
    for mart in MARTS.values():
        for statement in create_statements(mart):
            connection.execute(statement)
    return connection


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]], columns: str = "") -> None:
    """Many rows in few statements: `executemany` takes a second for 700."""
    for start in range(0, len(rows), 200):
        some = rows[start : start + 200]
        marks = ", ".join(f"({', '.join('?' * len(row))})" for row in some)
        connection.execute(f"insert into {table} {columns} values {marks}", [cell for row in some for cell in row])


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = empty()
    yield connection
    connection.close()


STALE: set[str] = set()
"""Tables that the last example filled: what was made of their rows is made anew with the next one's."""


def rebuild(connection: duckdb.DuckDBPyConnection, changed: set[str]) -> None:
    """Makes the marts anew, save those of forms without rows: they are empty as they stand."""
    for mart in MARTS.values():
        forms = {name for name in mart.depends if name.startswith("core.")} - {"core.cooperatives"}
        if mart.is_view or (forms and not forms & changed and mart.full_name != "steps.reports"):
            continue
        connection.execute(f"create or replace table {mart.full_name} as {mart.sql}")


# ---------------------------------------------------------------------------------------------------------------------
# what each file says of itself


@pytest.mark.parametrize("mart", MARTS.values(), ids=lambda mart: mart.full_name)
def test_the_header_names_the_columns(mart: Mart, database: duckdb.DuckDBPyConnection) -> None:
    found = database.execute(f"describe {mart.sql}").fetchall()
    assert [row[0] for row in found] == [column.name for column in mart.columns]
    assert not [row[:2] for row in found if row[1] in ('"NULL"', "INTEGER", "HUGEINT", "DOUBLE", "FLOAT")]


@pytest.mark.parametrize("mart", MARTS.values(), ids=lambda mart: mart.full_name)
def test_the_file_is_plain(mart: Mart) -> None:
    path = Path(__file__).parents[1] / "coop_pipeline" / "marts"
    path = path / f"{mart.name}.sql" if mart.is_published else path / "steps" / f"{mart.name}.sql"
    lines = path.read_text(encoding="utf-8").splitlines()
    code = [re.sub(r"'[^']*'", "''", line).split("--")[0] for line in lines]
    assert not [line for line in lines if len(line) > 120 and not line.startswith("--")]
    assert not [line for line in code if line != line.lower()]
    assert not [line for line in code if re.search(r"select\s+\*|,\s*\*", line)], "columns are named"
    assert any(line.startswith("order by") for line in code) == mart.is_published, (
        "the order is fixed, and is not asked for where nobody sees it"
    )
    assert mart.columns[0].en
    assert mart.grain_en


@pytest.mark.parametrize("mart", MARTS.values(), ids=lambda mart: mart.full_name)
def test_what_it_reads_is_there_and_made_before(mart: Mart) -> None:
    order = [each.full_name for each in MARTS.values()]
    before = set(order[: order.index(mart.full_name)])
    assert mart.depends <= before | TABLES.keys()


def test_contract_tables_and_columns(database: duckdb.DuckDBPyConnection) -> None:
    wanted = {
        "indicators": "indicator_code period as_of area_code breakdown breakdown_value value unit numerator "
        "denominator records reporters_expected reporters_received",
        "published_comparison": "code printed qualifier published_value computed_value delta within",
        "cooperatives_by_district": "period area_code area_name",
        "credit_by_district": "period area_code area_name",
        "certified_area_by_district": "period area_code area_name",
        "exports_by_market": "period market",
    }
    for name, columns in wanted.items():
        assert [c.name for c in MARTS[name].columns][: len(columns.split())] == columns.split()
    types = dict(database.execute("select column_name, column_type from (describe mart.indicators)").fetchall())
    assert {types[name] for name in ("value", "numerator", "denominator")} == {"DECIMAL(24,6)"}
    assert types["as_of"] == "DATE"
    assert {types[name] for name in ("records", "reporters_expected", "reporters_received")} == {"BIGINT"}


def test_comments_are_in_the_database(database: duckdb.DuckDBPyConnection) -> None:
    row = database.execute(
        "select comment from duckdb_columns() where schema_name = 'mart' and table_name = 'indicators' and column_name = 'as_of'"
    ).fetchall()
    assert row == [("Thời điểm của số liệu | The day that the value speaks of",)]


HEADER = "-- vi: Bảng\n-- en: Table\n-- grain: dòng | row\n-- column a: A | A [ha]\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("-- vi: Bảng\n-- grain: dòng | row\n-- column a: A | A\nselect 1 as a", "lacks en"),
        (HEADER.replace("A | A", "A") + "select 1 as a", "parted by"),
        (HEADER.replace("-- en", "-- english") + "select 1 as a", "english"),
        (HEADER + "create table x (a int)", "not one SELECT"),
        (HEADER + "select 1 as a; select 2 as a", "not one SELECT"),
        (HEADER + "selec 1", "not one SELECT"),
    ],
)
def test_a_wrong_file_raises_with_its_name(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=rf"marts/steps/x\.sql.*{complaint}"):
        parse("steps", "x", text)


def test_a_header_is_read() -> None:
    mart = parse("mart", "x", HEADER + "--\n-- why: because\nwith c as (select a from core.t) select a from c, ref.u")
    assert mart.depends == {"core.t", "ref.u"}
    assert mart.columns[0].comment == "A | A (ha)"
    assert mart.comment == "Bảng: mỗi dòng là dòng | Table: one row per row"


def test_the_tables_that_a_mart_names_are_those_it_reads(database: duckdb.DuckDBPyConnection) -> None:
    def walk(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE" and node["schema_name"]:
                yield f"{node['schema_name']}.{node['table_name']}"
            node = list(node.values())
        if isinstance(node, list):
            for child in node:
                yield from walk(child)

    for mart in MARTS.values():
        ((tree,),) = database.execute("select json_serialize_sql(?)", [mart.sql]).fetchall()
        assert mart.depends == {*walk(json.loads(tree))}, mart.full_name


# ---------------------------------------------------------------------------------------------------------------------
# the catalogue


@pytest.mark.parametrize("family", FAMILIES)
def test_sql_and_catalogue_agree(family: str) -> None:
    codes = set(re.findall(r"'([a-z_]+\.[a-z0-9_]+)'", MARTS[f"steps.{family}"].sql))
    assert codes == {code for code in CATALOGUE if code.startswith(f"{family}.")}


def test_every_family_is_added_up() -> None:
    counting = {mart.full_name for mart in MARTS.values() if mart.columns == MARTS["steps.counted"].columns} - {"steps.counted"}
    assert counting == {f"steps.{family}" for family in FAMILIES}
    assert counting == MARTS["steps.counted"].depends
    assert MARTS["steps.sums"].depends == {"steps.counted", "mart.indicator_catalogue"}


def test_what_sums_are_made_of_leaves_its_trace(database: duckdb.DuckDBPyConnection) -> None:
    """All but what is made of the code alone; and in time for them."""
    sources = published_sources(MARTS["steps.sums"]) - {name for name in TABLES if name.startswith("ref.")} - {"mart.indicator_catalogue"}
    states = MARTS["steps.states"]
    assert sources == {name for name in published_sources(states) if not name.startswith("ref.")}
    order = [*MARTS]
    assert all(order.index(name) < order.index("steps.sums") for name in states.depends if name in order)

    def is_cut(name: str) -> bool:
        """Whether it looks through `steps.sources`, which adding up leaves cut down."""
        return name == "steps.sources" or any(
            is_cut(step) for step in MARTS[name].depends if step.startswith("steps.") and step != "steps.sums"
        )

    assert is_cut("steps.certifications")
    assert [name for name in order[order.index("steps.sums") + 1 :] if is_cut(name)] == []
    forms = {re.search(r"sources\.form = '(\w+)'", mart.sql) for mart in MARTS.values()} - {None}
    paired = dict(re.findall(r"'(\w+)'(?: as form)?, '(\w+)'(?: as family)?, told", states.sql))
    assert paired.keys() == {found[1] for found in forms if found}
    assert {*paired.values(), "data"} == {*FAMILIES}


def test_catalogue_is_sound() -> None:
    for code, row in CATALOGUE.items():
        assert all(row[name] for name in ("title_vi", "title_en", "unit", "definition_vi", "definition_en")), code
        assert row["additivity"] in ("flow", "stock", "distinct", "ratio", "extreme"), code
        assert row["time_window"] in ("cumulative", "as_of", "period"), code
        assert set(row["form"].split("|")) <= FORMS.keys() | {""}, code
        assert (row["form"] == "") == code.startswith("data."), code
    assert len(read_table("indicators")) == len(CATALOGUE)


def test_published_figures_are_in_the_catalogue_as_published() -> None:
    for row in read_table("published_figures"):
        known = CATALOGUE[row["code"]]
        assert (known["unit"], known["time_window"]) == (row["unit"], row["time_window"]), row["code"]
        assert known["title_vi"] == row["title_vi"], row["code"]


# ---------------------------------------------------------------------------------------------------------------------
# rows in, rows out


@dataclass
class Table:
    name: str
    columns: list[str]
    rows: list[list[str]]


@dataclass
class Example:
    title: str
    given: list[Table] = field(default_factory=list)
    expected: list[Table] = field(default_factory=list)


def examples(path: Path) -> list[Example]:
    found: list[Example] = []
    table: Table | None = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            found.append(Example(line[3:]))
        elif match := re.fullmatch(r"(in|out) (\w+\.\w+)", line):
            table = Table(match[2], [], [])
            (found[-1].given if match[1] == "in" else found[-1].expected).append(table)
        elif line.startswith("|") and not line.startswith("|-"):
            assert table is not None, line
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not table.columns:
                table.columns = cells
            else:
                assert len(cells) == len(table.columns), line
                table.rows.append(cells)
    return found


EXAMPLES = [(path.stem, example) for path in sorted(HERE.glob("*.md")) for example in examples(path)]
KEYS = ("indicator_code", "code", "period", "area_code", "breakdown", "market", "reporter_code")


def give(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    types = {column.name: column.type for column in TABLES[table.name].columns}
    for number, row in enumerate(table.rows, 1):
        cells: dict[str, Any] = {"row_number": number, **PROVENANCE} if "sheet" in types else {}
        cells |= {name: cell or None for name, cell in zip(table.columns, row, strict=True)}
        values = ", ".join(f"cast(? as {types[name]})" for name in cells)
        connection.execute(f"insert into {table.name} ({', '.join(cells)}) values ({values})", list(cells.values()))


def plain(cell: object) -> str:
    """A cell as an example writes it."""
    if cell is None:
        return ""
    text = str(cell).lower() if isinstance(cell, bool) else str(cell)
    try:
        return f"{Decimal(text).normalize():f}" if isinstance(cell, Decimal) or "." in text else text
    except InvalidOperation:
        return text


def found_rows(connection: duckdb.DuckDBPyConnection, table: Table) -> list[list[str]]:
    """The mart's rows with the example's codes, periods, areas and breakdowns, in the example's columns."""
    wheres = ["true"]
    values: list[str] = []
    for key in KEYS:
        if key in table.columns:
            said = sorted({row[table.columns.index(key)] for row in table.rows})
            wheres.append(f"{key} in ({', '.join('?' * len(said))})")
            values += said
    if table.name == "mart.indicators" and "breakdown" not in table.columns:
        wheres.append("breakdown = ''")
    rows = connection.execute(f"select {', '.join(table.columns)} from {table.name} where {' and '.join(wheres)}", values).fetchall()
    return sorted([plain(cell) for cell in row] for row in rows)


@pytest.mark.parametrize(("family", "example"), EXAMPLES, ids=[f"{f}: {e.title}" for f, e in EXAMPLES])
def test_rows_in_rows_out(family: str, example: Example, database: duckdb.DuckDBPyConnection) -> None:
    changed = {table.name for table in example.given}
    try:
        for table in example.given:
            give(database, table)
        rebuild(database, changed | STALE)
        assert example.expected
        for table in example.expected:
            expected = sorted([plain(cell) for cell in row] for row in table.rows if "none" not in row)
            assert found_rows(database, table) == expected, table.name
    finally:
        for name in changed:
            database.execute(f"delete from {name}")
        STALE.clear()
        STALE.update(changed)


def test_every_indicator_has_an_example() -> None:
    shown = {
        row[table.columns.index("indicator_code")]
        for _, example in EXAMPLES
        for table in example.expected
        if "indicator_code" in table.columns
        for row in table.rows
        if "none" not in row
    }
    assert shown == set(CATALOGUE)


# ---------------------------------------------------------------------------------------------------------------------
# what holds of all


@pytest.fixture(scope="module")
def sample() -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of what the samples truly say."""
    connection = empty()
    owners: dict[str, tuple[Any, ...]] = {}
    for form, rows in truth().items():
        columns = [column.name for column in TABLES[f"core.{form}"].columns]
        owner = FORMS[form].owner
        values = []
        for row in rows:
            cells = {**row, **PROVENANCE, "lender": row.get("lender") or "?"}
            if form in ("growing_areas", "packing_facilities"):
                cells["status"] = {"in_force": "active"}.get(row["status"], row["status"])
            if owner and row.get("owner_number") is not None:
                cells["cooperative_id"] = f"C{row['owner_number']}"
                owners[cells["cooperative_id"]] = (
                    cells["cooperative_id"], row["name"], row["owner_kind"], row["district_code"]
                )  # fmt: skip
            if owner:
                cells[owner] = row.get(owner) or row.get("name")
            values.append(tuple(cells.get(name) for name in columns))
        _fill(connection, f"core.{form}", values)
    _fill(connection, "core.cooperatives", list(owners.values()), "(cooperative_id, name, kind, district_code)")
    columns = [column.name for column in TABLES["ref.published_figures"].columns]
    figures = [tuple(row[name] or None for name in columns) for row in read_table("published_figures")]
    _fill(connection, "ref.published_figures", figures)
    rebuild(connection, set(TABLES))
    yield connection
    connection.close()


def test_the_samples_give_what_the_province_published(sample: duckdb.DuckDBPyConnection) -> None:
    rows = sample.execute("select code, computed_value, within from mart.published_comparison").fetchall()
    assert len(rows) == 29
    assert [row for row in rows if row[2] is not True] == []


def test_the_grain_of_indicators(sample: duckdb.DuckDBPyConnection) -> None:
    keys = "indicator_code, period, area_code, breakdown, breakdown_value"
    assert sample.execute(f"select {keys} from mart.indicators group by {keys} having count(*) > 1").fetchall() == []
    assert sample.execute("select 1 from mart.indicators where value is null or unit is null").fetchall() == []


def test_flows_and_stocks_add_up_over_places_and_breakdowns(sample: duckdb.DuckDBPyConnection) -> None:
    """Breakdown values and (where each row has one) districts sum to the total, where the catalogue says so."""
    flows = [code for code, row in CATALOGUE.items() if row["additivity"] in ("flow", "stock")]
    rows = sample.execute(
        """
        select total.indicator_code, total.period, total.area_code, part.breakdown, total.value, sum(part.value)
        from mart.indicators as total
        inner join mart.indicators as part using (indicator_code, period, area_code)
        where total.breakdown = '' and part.breakdown <> '' and total.indicator_code in (select unnest(?))
        group by all
        having total.value <> sum(part.value)
        """,
        [flows],
    ).fetchall()
    assert rows == []
    rows = sample.execute(
        """
        select indicator_code, period, sum(value) filter (where area_code = '17') as province,
            sum(value) filter (where area_code <> '17') as districts
        from mart.indicators
        where breakdown = '' and indicator_code in (select unnest(?)) and indicator_code like 'training.%'
        group by all
        having province is distinct from districts
        """,
        [flows],
    ).fetchall()
    assert rows == []


def test_distinct_counts_do_not_exceed_the_districts_sum(sample: duckdb.DuckDBPyConnection) -> None:
    rows = sample.execute(
        """
        select indicator_code, period
        from mart.indicators
        where breakdown = '' and indicator_code in ('infrastructure.coops', 'certifications.certified_coops')
        group by all
        having sum(value) filter (where area_code = '17') > sum(value) filter (where area_code <> '17')
        """
    ).fetchall()
    assert rows == []


def test_building_again_gives_the_same_rows(sample: duckdb.DuckDBPyConnection) -> None:
    def fingerprint() -> list[Any]:
        return [sample.execute(f"select * from {mart.full_name}").fetchall() for mart in MARTS.values() if mart.is_published]

    before = fingerprint()
    sample.execute("set threads = 2")
    rebuild(sample, set(TABLES))
    assert fingerprint() == before


def test_sums_that_are_kept_are_those_made_anew(sample: duckdb.DuckDBPyConnection) -> None:
    """Rows change, move to other periods and reporters, come and go in all tables that indicators are made from, at random.

    COOP_INCREMENTAL_STATES says how often all marts are compared (once in CI), each time after four runs with three changes; COOP_INCREMENTAL_SEED which are drawn.
    """
    chance = random.Random(int(os.environ.get("COOP_INCREMENTAL_SEED", "1")))
    sample.execute("create schema intake; create table intake.built (stage varchar, key varchar)")
    sample.execute(
        """
        insert into quality.submissions (submission_id, file, reporter_code, period, received_at, status, rows_read, rows_accepted, rows_rejected)
        select distinct reporter_code || period, '', reporter_code, period, timestamp '2022-01-01', 'accepted', 1, 1, 0 from core.cooperative_reports
        """
    )
    sample.execute(
        """
        insert into quality.completeness (reporter_code, form, period, expected, received, rows_accepted, rows_rejected)
        select distinct reporter_code, 'loans', period, true, row_number >= 0, 1, 0 from core.loans
        """
    )
    tables = [name for name in TABLES if not name.startswith("ref.") and sample.execute(f"select 1 from {name} limit 1").fetchall()]
    assert {name for name in MARTS["steps.states"].depends if name.startswith(("core.", "quality."))} <= {*tables}
    made = [name for name, mart in MARTS.items() if mart.is_published]

    def build(turn: str) -> list[Any]:
        mark_built(sample, "facts", turn)
        stages.build_marts(sample)
        return [sample.execute(f"select * from mart.{name}").fetchall() for name in made]

    def change(name: str) -> str:
        columns = [c.name for c in TABLES[name].columns if c.name not in PROVENANCE]
        counts = sample.execute(f"select {', '.join(f'count(distinct {c})' for c in columns)} from {name}").fetchall()[0]
        column = chance.choice([c for c, count in zip(columns, counts, strict=True) if count > 1])
        rows = [row for (row,) in sample.execute(f"select rowid from {name} order by 1").fetchall()]
        line = chance.choice(rows)
        unlike = f"select rowid from {name} where {column} is distinct from (select {column} from {name} where rowid = {line}) order by 1"
        other = chance.choice([row for (row,) in sample.execute(unlike).fetchall()])
        lines = f"rowid % 10 = {line % 10}" if name == "core.cooperatives" else f"rowid = {line}"  # of few of them the figures speak
        update = f"update {name} set {column} = (select {column} from {name} where rowid = {other}) where {lines}"
        repeat = f"insert into {name} select * from {name} where rowid = {line}"
        remove = f"delete from {name} where rowid in ({line}, {other})"
        statement = chance.choice([update, update, repeat if name != "core.cooperatives" else update, remove if len(rows) > 9 else update])
        sample.execute(statement)
        return statement

    build("first")
    for state in range(int(os.environ.get("COOP_INCREMENTAL_STATES", "1"))):
        done = []
        for turn in range(4):
            done += [change(name) for name in (*chance.sample(tables, 2), "core.cooperatives")]
            kept = build(f"{state} {turn}")
        mark_built(sample, "sums", "")
        anew = build(f"{state} anew")
        assert [name for name, one, other in zip(made, kept, anew, strict=True) if one != other] == [], done
