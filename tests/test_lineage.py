"""Column lineage: every column of a mart leads back to columns that exist, and those of `core` to what a form declares."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlglot.errors import OptimizeError

from coop_pipeline.defs import lineage
from coop_pipeline.forms import FORMS
from coop_pipeline.marts.lineage import trace_select
from coop_pipeline.stages import all_tables

KEPT = lineage.KEPT
COLUMNS = {table.full_name: {c.name for c in table.columns} for table in all_tables()}
SUBMITTED = {c.name for c in lineage.submitted_columns().columns}
# Made from no column: what the code itself says.
CONSTANTS = {("core.cooperatives", "is_inferred"), *(("mart.indicator_catalogue", name) for name in COLUMNS["mart.indicator_catalogue"])}


@pytest.fixture(scope="module")
def traced() -> dict[str, lineage.Columns]:
    shown = lineage.load_lineage(COLUMNS)
    return {
        table: {name: [(".".join(dep.asset_key.path), dep.column_name) for dep in deps] for name, deps in found.deps_by_column.items()}
        for table, found in shown.items()
    }


def test_what_is_kept_is_what_the_sql_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "KEPT", tmp_path / "lineage.json")
    traced = lineage.trace_sql()
    lineage.write_kept(traced)
    assert KEPT.read_text() == lineage.KEPT.read_text(), "run python -m coop_pipeline.defs.lineage"
    assert lineage._read_kept.__wrapped__() == {t: {c: list(map(tuple, o)) for c, o in cs.items()} for t, cs in traced.items()}


def test_every_column_of_core_and_mart_is_traced(traced: dict[str, lineage.Columns]) -> None:
    assert {t: set(columns) for t, columns in traced.items()} == {t: c for t, c in COLUMNS.items() if t.startswith(("core.", "mart."))}
    assert {(t, c) for t, columns in traced.items() for c, origins in columns.items() if not origins} == CONSTANTS


def test_what_it_leads_to_exists(traced: dict[str, lineage.Columns]) -> None:
    known = {**COLUMNS, lineage.SUBMITTED: SUBMITTED}
    for table, columns in traced.items():
        for column, origins in columns.items():
            assert all(name in known.get(origin, ()) for origin, name in origins), (table, column)


def test_from_an_indicator_to_the_header_of_a_workbook(traced: dict[str, lineage.Columns]) -> None:
    assert traced["mart.credit_by_district"]["outstanding_vnd"] == [("mart.indicators", "value")]
    assert {("core.loans", "outstanding_vnd"), ("core.certifications", "area_ha"), ("core.training", "persons")} <= set(
        traced["mart.indicators"]["value"]
    )
    assert ("core.loans", "purpose") not in traced["mart.indicators"]["value"]
    assert ("core.loans", "row_number") in traced["mart.indicators"]["records"]
    assert traced["core.loans"]["outstanding_vnd"] == [("intake.submissions", "loans.outstanding_vnd")]
    (column,) = (c for c in lineage.submitted_columns().columns if c.name == "loans.outstanding_vnd")
    for spelling in FORMS["loans"].field("outstanding_vnd").spellings:
        assert spelling in (column.description or "")


def test_a_cooperative_is_known_from_every_form_that_names_it(traced: dict[str, lineage.Columns]) -> None:
    owned = {f"core.{form.name}" for form in FORMS.values() if form.owner}
    assert {table for table, _ in traced["core.cooperatives"]["name"]} == owned
    assert traced["core.cooperatives"]["status"] == [("core.cooperative_reports", "status")]
    assert ("intake.submissions", "loans.tax_code") in traced["core.loans"]["cooperative_id"]


def test_a_select_is_seen_through() -> None:
    tables = {"core.a": ("id", "x", "y", "row_number"), "core.b": ("id", "z")}
    sql = """
        with summed as (select a.id, sum(a.x) as x, count(*) as n, arg_max(a.y, a.x) filter (a.x > 0) as y from core.a as a group by a.id),
        joined as (select summed.x + 1 as total, n, y, z from summed inner join core.b as b on summed.id = b.id)
        select total, n, y, 'fixed' as fixed from joined union all select z, 0, null, '' from core.b
        """
    found = trace_select(sql, tables)
    assert found["total"] == {("core.a", "x"), ("core.b", "z")}
    assert found["n"] == {("core.a", "row_number")}
    assert found["y"] == {("core.a", "y")}
    assert found["fixed"] == set()
    by_name = trace_select(
        "select x, y from (select a.x, a.y from core.a as a union all by name select b.id as y, b.z as x from core.b as b)", tables
    )
    assert by_name["x"] == {("core.a", "x"), ("core.b", "z")}
    assert by_name["y"] == {("core.a", "y"), ("core.b", "id")}
    with pytest.raises(OptimizeError):
        trace_select("select a.nosuch from core.a as a", tables)


def test_people_read_it_as_a_table() -> None:
    found = lineage.load_lineage(["mart.credit_by_district"])["mart.credit_by_district"]
    assert "| `outstanding_vnd` | mart.indicators | `value` |" in lineage.describe(found)


def test_definitions_do_not_import_sqlglot() -> None:
    code = "import sys, coop_pipeline.definitions; sys.exit('sqlglot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
