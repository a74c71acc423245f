"""Warnings of what a person should look at: each finds its case in a handful of rows, and only that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest.mock import MagicMock

import duckdb
import pytest

from coop_pipeline import stages
from coop_pipeline.settings import Settings
from coop_pipeline.store.audits import AUDITS, SHOWN, Audit, Finding, run_audits
from coop_pipeline.store.concerns import CONCERNS
from coop_pipeline.store.reference import build_reference
from coop_pipeline.store.warehouse import Connection, built_key, mark_built, open_working

BY_NAME = {concern.name: concern for concern in CONCERNS}


@pytest.fixture
def tables() -> Iterator[Connection]:
    """Every published table, empty but for the code lists."""
    with open_working(None) as connection:
        build_reference(connection, stages.all_tables())
        connection.execute("create schema if not exists mart")
        stages.build_marts(connection)
        yield connection


def find(connection: Connection, name: str) -> Finding:
    (finding,) = run_audits(connection, [BY_NAME[name]])
    return finding


def put(connection: Connection, table: str, **values: object) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    connection.execute(f"insert into {table} ({names}) values ({', '.join('?' * len(values))})", list(values.values()))


def put_file(connection: Connection, submission: str = "s", status: str = "accepted", **more: object) -> None:
    values = {"file": "2021/x.xlsx", "reporter_code": "152", "period": "2021", "rows_read": 10, "rows_rejected": 0, **more}
    put(connection, "quality.submissions", submission_id=submission, status=status, **values)


def put_value(connection: Connection, code: str, period: str, value: float, area: str = "152") -> None:
    unit = connection.execute("select unit from mart.indicator_catalogue where indicator_code = ?", [code]).fetchall()[0][0]
    put(
        connection,
        "mart.indicators",
        indicator_code=code,
        period=period,
        area_code=area,
        breakdown="",
        breakdown_value="",
        value=value,
        unit=unit,
    )


def test_they_never_block_and_say_what_to_do() -> None:
    assert not any(concern.blocking for concern in CONCERNS)
    assert all(concern.hint_vi and concern.vi and concern.en for concern in CONCERNS)
    assert not {concern.name for concern in CONCERNS} & {audit.name for audit in AUDITS}


@pytest.mark.parametrize("name", BY_NAME)
def test_nothing_is_said_of_nothing(tables: Connection, name: str) -> None:
    assert find(tables, name).passed


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("content_recognised", "header_missing"), ("values_unambiguous", "unit_missing"), ("figures_plausible", "rule_broken"),
        ("totals_agree", "total_mismatch"), ("rows_distinct", "row_duplicate"), ("names_settled", "cooperative_similar"),
    ],
)  # fmt: skip
def test_cells_in_force_are_listed(tables: Connection, name: str, code: str) -> None:
    put_file(tables, "s")
    put_file(tables, "old", "partial")
    for submission, severity in (("s", "warning"), ("s", "note"), ("old", "warning")):
        put(
            tables,
            "quality.issues",
            submission_id=submission,
            sheet="DS",
            cell="B7",
            row_number=7,
            code=code,
            severity=severity,
            in_force=submission == "s",
            message_vi="Lời",
        )
    finding = find(tables, name)
    assert finding.count == 1
    assert finding.rows[0][:6] == ("Huyện Lương Sơn", "2021", "2021/x.xlsx", "DS", "B7", "Lời")
    for other in BY_NAME.keys() - {name}:
        assert find(tables, other).passed, other


def test_a_file_that_gave_nothing(tables: Connection) -> None:
    put_file(tables, "s", "rejected")
    put(tables, "quality.issues", submission_id="s", code="file_encrypted", severity="error", message_vi="Mật khẩu", in_force=True)
    assert find(tables, "files_taken_in").rows[0][3] == "Mật khẩu"


def test_a_file_with_many_rejected_rows(tables: Connection) -> None:
    put_file(tables, "few", "partial", rows_read=20, rows_rejected=1)
    assert find(tables, "rows_mostly_taken").passed
    put_file(tables, "many", "partial", rows_read=20, rows_rejected=2)
    assert [row[-1] for row in find(tables, "rows_mostly_taken").rows] == ["10 %"]


def test_a_correction_of_no_use(tables: Connection) -> None:
    put(
        tables, "quality.issues", submission_id="", sheet="cell_corrections.csv", row_number=3, code="correction_unused", severity="warning"
    )
    assert find(tables, "corrections_used").rows[0][:2] == ("cell_corrections.csv", 3)


def test_certificates_that_ended(tables: Connection) -> None:
    for number, issued, expires in (
        ("ended", "2018-01-01", "2020-06-30"), ("valid", "2020-01-01", "2022-01-01"), ("usual term ended", "2019-06-01", None),
        ("usual term", "2020-06-01", None),
    ):  # fmt: skip
        put(tables, "core.certifications", period="2021", reporter_code="152", coop_name="HTX A", scheme="VietGAP", certificate_no=number,
            issued_on=issued, expires_on=expires)  # fmt: skip
    put(tables, "core.certifications", period="2021", reporter_code="152", coop_name="HTX B", scheme="VietGAP", certificate_no="renewed",
        expires_on="2021-05-05")  # fmt: skip
    put(tables, "core.certifications", period="2022", reporter_code="152", coop_name="HTX B", scheme="VietGAP", certificate_no="renewed",
        expires_on="2023-05-05")  # fmt: skip
    assert {row[4] for row in find(tables, "certificates_valid").rows} == {"ended", "usual term ended"}


def test_forms_that_are_missing_or_late(tables: Connection) -> None:
    duty = {"reporter_code": "152", "period": "2021", "expected": True}
    put(tables, "quality.completeness", form="loans", received=False, due_on="2022-01-15", **duty)
    put(tables, "quality.completeness", form="exports", received=False, due_on="2999-01-15", **duty)
    put(tables, "quality.completeness", form="training", received=True, on_time=False, due_on="2022-01-15", stated_on="2022-01-20", **duty)
    (missing,), (late,) = find(tables, "submissions_complete").rows, find(tables, "submissions_on_time").rows
    assert missing[4] == 1
    assert (late[0], late[4]) == ("Huyện Lương Sơn", 1)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((2e9, 2.5e9, 2.2e9), None), ((2e9, 2e9, 8e9), "gấp 4 lần"), ((8e9, 8e9, 2e9), "còn 1/4"), ((2e9, 2e9, 0), "về 0"),
        ((0, 0, 2e9), "trước đây bằng 0"), ((1e8, 1e8, 5e8), None), ((2e9, 90e9, 2e9, 3e9), None), ((9e9, 2e9, 2e9, 2e9), None), ((5e9,), None),
    ],
)  # fmt: skip
def test_figures_that_jump(tables: Connection, values: tuple[float, ...], said: str | None) -> None:
    """Against the median of earlier periods, three times and a billion at least; only of the newest period."""
    for year, value in enumerate(values, 2018):
        put_value(tables, "credit.outstanding_vnd", str(year), value)
    assert [row[-1] for row in find(tables, "figures_steady").rows] == ([said] if said else [])


def test_running_totals_that_fall(tables: Connection) -> None:
    code = "training.manager_attendances"
    for year, value in ((2019, 100), (2020, 150), (2021, 149)):
        put_value(tables, code, str(year), value)
    assert [row[2:] for row in find(tables, "running_totals_grow").rows] == [("2021", 149, 150)]


def test_all_rows_are_counted_and_some_shown(tables: Connection) -> None:
    for number in range(SHOWN + 5):
        put_file(tables, str(number), "rejected")
    finding = find(tables, "files_taken_in")
    assert (len(finding.rows), finding.count) == (SHOWN, SHOWN + 5)


def test_a_query_that_does_not_run_is_our_own_mistake(tables: Connection) -> None:
    tables.execute("drop table quality.completeness")
    with pytest.raises(duckdb.Error):
        find(tables, "submissions_complete")


def test_publishing_asks_only_audits_that_have_not_passed(tables: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audits = [Audit(name, "mart.indicators", "", "", "select 1 where false") for name in ("one", "other")]
    for stage in ("facts", "marts"):
        mark_built(tables, stage, "a state")
    stages.audit(tables, audits)
    asked: list[str] = []

    def note(connection: Connection, audits: Iterable[Audit]) -> list[Finding]:
        asked.extend(audit.name for audit in audits)
        return run_audits(connection, audits)

    monkeypatch.setattr(stages, "AUDITS", audits)
    monkeypatch.setattr(stages, "run_audits", note)
    monkeypatch.setattr(stages, "draft_tables", lambda _, connection: MagicMock(state=built_key(connection, "marts")))
    settings = Settings(tmp_path / "raw", tmp_path, tmp_path / "corrections")
    stages.publish_tables(settings, tables)
    assert asked == []
    for stage in ("facts", "marts"):
        mark_built(tables, stage, "another state")
    stages.publish_tables(settings, tables)
    assert asked == ["one", "other"]
    mark_built(tables, "audit one", "failed")
    stages.publish_tables(settings, tables)
    assert asked == ["one", "other", "one"]
