"""The main job on the samples: the truth row by row, the planted mistakes, the published figures; the same
tables however the files come.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from coop_pipeline import stages, taking
from coop_pipeline.forms import FORMS
from coop_pipeline.intake.engine import LocalEngine
from coop_pipeline.intake.pool import Outcome
from coop_pipeline.intake.text import clean
from coop_pipeline.mistakes import UserMistake
from coop_pipeline.outputs import returning
from coop_pipeline.outputs.returning import write_all
from coop_pipeline.samples import Planted, planted, truth
from coop_pipeline.samples.people import coops
from coop_pipeline.settings import Settings
from coop_pipeline.store.audits import AUDITS, Finding, run_audits
from coop_pipeline.store.publish import ordered_checksums
from coop_pipeline.store.warehouse import open_working
from coop_pipeline.taking import TakenIn
from tests.by_hand import meddled
from tests.conftest import ALL

PROJECT = Path(__file__).parents[1]
TODAY = date(2022, 6, 1)
FULL = 120  # seconds that a subprocess may take on a busy machine


@dataclass
class Ran:
    """One run through the stages, as the Dagster job makes it."""

    raw: Path
    warehouse: Path
    taken: TakenIn
    findings: list[Finding]

    @property
    def file(self) -> Path:
        return self.warehouse / "coop.duckdb"

    def rows(self, query: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.file), read_only=True) as connection:
            result = connection.execute(query)
            names = [d[0] for d in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def checksums(self, *schemas: str) -> dict[str, str]:
        return {name: made for name, made in ordered_checksums(self.file).items() if not schemas or name.split(".")[0] in schemas}

    @cached_property
    def ids(self) -> dict[str, str]:
        """The submission behind each file of the raw folder."""
        return {
            path.relative_to(self.raw).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.raw.rglob("*")
            if path.is_file()
        }


def run(raw: Path, warehouse: Path, corrections: Path | None = None) -> Ran:
    settings = Settings(raw, warehouse, corrections or raw.parent / "corrections")
    with open_working(settings.working) as connection:
        files = stages.load_corrections(settings, TODAY)
        taken = taking.take_in(settings, connection, files.corrections)
        stages.build_core(connection, files)
        stages.build_marts(connection)
        findings = run_audits(connection, AUDITS)
        stages.publish_tables(settings, connection)
    return Ran(raw, warehouse, taken, findings)


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The samples, run once for all test processes. Look, do not touch."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    with open(shared / "samples.lock", "w") as lock:  # noqa: PTH123
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder, done = shared / "samples", shared / "samples" / "done.json"
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            # test_samples.py holds the shipped ones to what the code writes, which takes longer than a run
            shutil.copytree(PROJECT / "data" / "raw", folder / "raw", ignore=shutil.ignore_patterns("*.md", "* - da kiem tra.xlsx"))
            ran = run(folder / "raw", folder / "warehouse")
            done.write_text(
                json.dumps(
                    {
                        "failed": [f.audit.name for f in ran.findings if not f.passed],
                        "parsed": ran.taken.parsed,
                        "files": ran.taken.files,
                    }
                )
            )
        said = json.loads(done.read_text())
    assert said["failed"] == []
    return Ran(folder / "raw", folder / "warehouse", TakenIn(files=said["files"], parsed=said["parsed"]), [])


# ---- the truth


TRUTH = truth()
# What the samples' author wrote otherwise than the code lists have it. Not mistakes of the reader's.
SAME: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("growing_areas", "status"): {"in_force": ("active",)},
    ("packing_facilities", "status"): {"in_force": ("active",)},
    ("training", "kind"): {"refresher": ("refresher", "management")},  # typed "Bồi dưỡng" for officials: the list says management
}
NAMES = ("name", "coop_name", "recipient", "holder", "lender")  # in full in the truth: here they only have to be there
UNTRUE = {"file", "typed_name", "owner_kind", "owner_number"}


def core_rows(first: Ran, form: str) -> dict[tuple[str, str, int], dict[str, Any]]:
    return {(r["submission_id"], r["sheet"], r["row_number"]): r for r in first.rows(f"select * from core.{form}")}


@pytest.mark.parametrize("form", TRUTH)
def test_core_holds_the_true_rows_and_no_others(first: Ran, form: str) -> None:
    there = set(core_rows(first, form))
    wanted = {
        (first.ids[row["file"]], row["sheet"], row["row_number"]): (row["file"], row["sheet"], row["row_number"]) for row in TRUTH[form]
    }
    assert sorted(wanted[place] for place in set(wanted) - there) == []
    assert sorted(there - set(wanted)) == []


def differs(form: str, name: str, wanted: object, found: object, precision: str | None) -> bool:
    if name in NAMES:
        return isinstance(wanted, str) and found is None
    if isinstance(wanted, date) and precision is not None:
        assert isinstance(found, date)
        parts = {"year": 1, "month": 2}[precision]
        return (wanted.year, wanted.month)[:parts] != (found.year, found.month)[:parts]
    if (form, name) in SAME and isinstance(wanted, str):
        return found not in SAME[form, name].get(wanted, (wanted,))
    if isinstance(wanted, str):
        return not isinstance(found, str) or clean(wanted) != clean(found)
    return bool(wanted != found)


@pytest.mark.parametrize("form", TRUTH)
def test_values_are_the_true_ones(first: Ran, form: str) -> None:
    """Required cells, codes, dates (as coarse as they were typed), texts and every number, to the last dong."""
    core = core_rows(first, form)
    unknown = {(p.file, p.sheet, int(p.cell[1:])) for p in planted() if p.code == "commune_unknown"}
    wrong = []
    compared = 0
    for row in TRUTH[form]:
        found = core.get((first.ids[row["file"]], row["sheet"], row["row_number"]), {})
        for name, value in row.items():
            if name not in found or name in UNTRUE or (name == "name" and form != "cooperative_reports"):
                continue
            f = FORMS[form].field(name) if any(f.name == name for f in FORMS[form]) else None
            if value is None and (f is None or f.required or f.type in ("name", "district")):
                continue  # the truth does not say
            if name == "commune_code" and (row["file"], row["sheet"], row["row_number"]) in unknown:
                value = None
            compared += 1
            if differs(form, name, value, found[name], row.get(f"{name}_precision")):
                wrong.append((row["file"], row["sheet"], row["row_number"], name, value, found[name]))
    assert wrong == []
    assert compared >= 4 * len(TRUTH[form])


@pytest.mark.parametrize("form", [form for form in TRUTH if any(f.type == "name" for f in FORMS[form].required)])
def test_owners_are_named_as_typed(first: Ran, form: str) -> None:
    core = core_rows(first, form)
    old_font = {p.file for p in planted() if p.code == "encoding_repaired"}
    wrong = []
    for row in TRUTH[form]:
        typed = row["name"] if row["file"] in old_font and form == "cooperative_reports" else row.get("typed_name")
        found = core[first.ids[row["file"]], row["sheet"], row["row_number"]][str(FORMS[form].owner)]
        if typed is not None and clean(str(typed)) != found:
            wrong.append((row["file"], row["sheet"], row["row_number"], typed, found))
    assert wrong == []


def test_one_cooperative_has_one_id_and_one_id_one_cooperative(first: Ran) -> None:
    ids: dict[int, set[str]] = defaultdict(set)
    owners: dict[str, set[int]] = defaultdict(set)
    for form, rows in TRUTH.items():
        core = core_rows(first, form) if FORMS[form].owner else {}
        for row in rows:
            number, found = row.get("owner_number"), core.get((first.ids[row["file"]], row["sheet"], row["row_number"]))
            if number is not None and found is not None:
                ids[number].add(found["cooperative_id"])
                owners[found["cooperative_id"]].add(number)
    assert {number: sorted(map(str, found)) for number, found in ids.items() if len(found) > 1 or None in found} == {}
    assert {made: sorted(found) for made, found in owners.items() if len(found) > 1} == {}
    assert len(ids) > 400
    assert {row["cooperative_id"] for row in first.rows("select cooperative_id from core.cooperatives where not is_inferred")} <= set(
        owners
    )


# ---- the planted mistakes

# Where the samples' author guessed another cell, or another word for it, than the reader gives; the mistake is
# caught all the same.
CAUGHT_AS: dict[tuple[str, str, str], tuple[str, str, str, str]] = {
    ("2019/Yên Thuỷ/YT bao cao HTX 2019.xlsx", "Trang_tính7", "A5"): (
        "header_missing",
        "Trang_tính7",
        "A8",
        "error",
    ),  # the header's row, not the title's
    ("2021/Mai Châu/Bao cao KTTT Mai Chau 2021.xlsx", "ATTP, VietGAP", "A4"): (
        "submission_superseded",
        "",
        "",
        "note",
    ),  # said of file and form
}


def planted_id(mistake: Planted) -> str:
    return f"{mistake.code}-{Path(mistake.file).stem}-{mistake.cell}".replace(" ", "_")


@pytest.mark.parametrize("mistake", planted(), ids=planted_id)
def test_a_planted_mistake_is_found_at_its_cell(first: Ran, mistake: Planted) -> None:
    there = first.rows(
        f"select code, sheet, cell, severity, message_vi, hint_vi from quality.issues where submission_id = '{first.ids[mistake.file]}'"
    )
    wanted = CAUGHT_AS.get((mistake.file, mistake.sheet, mistake.cell), (mistake.code, mistake.sheet, mistake.cell, mistake.severity))
    found = [row for row in there if (row["code"], row["sheet"], row["cell"], row["severity"]) == wanted]
    assert found, [tuple(row.values())[:4] for row in there if row["sheet"] == mistake.sheet or not row["sheet"]]
    assert all(row["message_vi"] and row["hint_vi"] for row in found)


def test_there_are_no_errors_but_the_planted_ones(first: Ran) -> None:
    mistakes = {(first.ids[m.file], *CAUGHT_AS.get((m.file, m.sheet, m.cell), (m.code, m.sheet, m.cell, m.severity))) for m in planted()}
    files = {made: file for file, made in first.ids.items()}
    found = first.rows("select submission_id, code, sheet, cell, severity from quality.issues where severity = 'error'")
    assert [(files[row["submission_id"]], *list(row.values())[1:]) for row in found if tuple(row.values()) not in mistakes] == []


def test_what_became_of_the_files(first: Ran) -> None:
    status = {row["submission_id"]: row["status"] for row in first.rows("select submission_id, status from quality.submissions")}
    assert set(status) == set(first.ids.values())
    for mistake in planted():
        made = status[first.ids[mistake.file]]
        if mistake.code.startswith("file_") or mistake.code == "reporter_unknown":
            assert made == "rejected"
        elif mistake.code == "submission_superseded":
            assert made in (["accepted", "partial"] if mistake.sheet else ["superseded"])
        elif mistake.severity == "error":
            assert made == "partial"
    assert sum(made == "accepted" for made in status.values()) > 20


# ---- the figures and the file


def test_published_figures_are_within(first: Ran) -> None:
    rows = first.rows("select code, printed, computed_value, within from mart.published_comparison")
    declared = first.rows("select code from ref.published_figures")
    assert {row["code"] for row in rows} == {row["code"] for row in declared}
    assert [row for row in rows if row["within"] is not True] == []
    assert len(rows) >= 28


def test_all_audits_ran(first: Ran) -> None:
    """`first` fails where one fails; here: that they are not few, and their tables are there."""
    published = {f"{t.schema}.{t.name}" for t in stages.all_tables()}
    assert len(AUDITS) >= 10
    assert {a.table for a in AUDITS} <= published
    assert len({a.name for a in AUDITS}) == len(AUDITS)


def test_the_published_file_is_the_contract_s(first: Ran) -> None:
    tables = {f"{t.schema}.{t.name}" for t in stages.all_tables()}
    assert set(first.checksums()) == tables
    wanted = {
        "mart.indicators": (
            "indicator_code, period, as_of, area_code, breakdown, breakdown_value, value, unit, numerator, "
            "denominator, records, "
            "reporters_expected, reporters_received"
        ),
        "mart.published_comparison": "code, printed, qualifier, published_value, computed_value, delta, within",
        "mart.cooperatives_by_district": "",
        "mart.credit_by_district": "",
        "mart.certified_area_by_district": "",
        "mart.exports_by_market": "",
        "quality.submissions": ("submission_id, file, reporter_code, period, received_at, status, rows_read, rows_accepted, rows_rejected"),
        "quality.row_counts": "submission_id, sheet, form",
        "quality.issues": ("submission_id, sheet, cell, row_number, form, field, code, severity, value, message_vi, message_en, hint_vi"),
        "quality.rejected_rows": "submission_id, sheet, row_number, form, cells",
        "quality.completeness": "expected, received, on_time, rows_rejected",
        "ref.periods": "period, kind, starts_on, ends_on",
        "ref.areas": "valid_from, valid_to",
        "ref.dictionary": "",
    }
    for table, columns in wanted.items():
        built = {row["column_name"] for row in first.rows(f"describe {table}")}
        assert {c.strip() for c in columns.split(",") if c} <= built, table


def test_every_published_table_and_column_is_explained(first: Ran) -> None:
    columns = first.rows(
        "select schema_name || '.' || table_name as t, column_name as c, data_type as d, comment from duckdb_columns() where not internal"
    )
    tables = first.rows("select schema_name || '.' || table_name as t, comment from duckdb_tables()")
    assert [row for row in (*columns, *tables) if not row["comment"] or " | " not in row["comment"]] == []
    said = first.rows("select table_schema || '.' || table_name as t, column_name as c, data_type as d from ref.dictionary")
    assert {(r["t"], r["c"], r["d"]) for r in said if r["c"]} == {(r["t"], r["c"], r["d"]) for r in columns}
    assert {r["t"] for r in said if not r["c"]} == {r["t"] for r in tables}


def test_indicators_hold_their_shape(first: Ran) -> None:
    assert first.rows("select * from mart.indicators where area_code not in (select area_code from ref.areas)") == []
    assert first.rows("select * from mart.indicators where period not in (select period from ref.periods)") == []
    assert first.rows("select indicator_code from mart.indicators where breakdown is null or breakdown_value is null") == []
    kinds = {row["data_type"] for row in first.rows("select data_type from duckdb_columns() where schema_name = 'mart'")}
    assert not kinds & {"DOUBLE", "FLOAT"}
    # every published code for each year, in the province and, where districts have it, in a district
    years = first.rows(
        "select indicator_code, count(distinct period) as n from mart.indicators where area_code = '17' "
        "and breakdown = '' and length(period) = 4 group by all"
    )
    assert {row["code"] for row in first.rows("select code from ref.published_figures")} <= {row["indicator_code"] for row in years}


def test_rows_add_up_to_the_sheets(first: Ran) -> None:
    """quality.row_counts against the physical height of each sheet, as another reader sees it."""
    counted = first.rows('select submission_id, sheet, sum("rows") as n from quality.row_counts group by all')
    by_sheet = {(row["submission_id"], row["sheet"]): int(row["n"]) for row in counted}
    hidden = {
        (row["submission_id"], row["sheet"])
        for row in first.rows("select submission_id, sheet from quality.issues where code = 'hidden_content'")
    }
    compared = 0
    for file, made in first.ids.items():
        if Path(file).suffix not in (".xlsx", ".xlsm") or not any(submission == made for submission, _ in by_sheet):
            continue
        book = CalamineWorkbook.from_path(first.raw / file)
        for name in book.sheet_names:
            if (made, name) in hidden:
                assert (made, name) not in by_sheet
                continue
            height = len(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
            assert by_sheet[made, name] == height, (file, name)
            compared += 1
    assert compared > 200


def test_nobody_is_named_in_the_published_file(first: Ran) -> None:
    """No telephone, no identity number, and none of the representatives in any text of any table."""
    people = {person for coop in coops() for person in (coop.representative, coop.phone)}
    assert len(people) > 800
    texts: set[str] = set()
    with duckdb.connect(str(first.file), read_only=True) as connection:
        columns = "select schema_name || '.' || table_name, column_name from duckdb_columns() where data_type in ('VARCHAR', 'JSON')"
        for table, column in connection.execute(columns).fetchall():
            if column != "submission_id":
                found = connection.execute(f'select distinct "{column}"::varchar from {table} where "{column}" is not null').fetchall()
                texts.update(text for (text,) in found)
    number = re.compile(r"(?<![0-9A-Za-z/.-])(?:\d{12}|0[35789]\d{8}|\+84\d{9})(?![0-9A-Za-z/-])")
    assert [text for text in texts if number.search(text)] == []
    pool = "\n".join(texts)
    assert [person for person in people if person in pool] == []


# ---- the same tables, however the files come


@pytest.fixture(scope="session")
def checksums(first: Ran) -> dict[str, str]:
    return first.checksums()


def test_again_nothing_is_parsed_and_all_is_the_same(first: Ran, checksums: dict[str, str], tmp_path: Path) -> None:
    shutil.copytree(first.warehouse, tmp_path / "warehouse", copy_function=shutil.copy2)
    again = run(first.raw, tmp_path / "warehouse")
    assert (again.taken.parsed, again.taken.unchanged) == (0, first.taken.parsed)
    assert again.checksums() == checksums


def test_a_published_file_that_is_lost_comes_again(small: Path, tmp_path: Path) -> None:
    """What was built is kept, but it is the file that counts; and with warehouse/ deleted, or at another place, all is made again."""
    ran = run(small, tmp_path / "warehouse")
    wanted = ordered_checksums(ran.file)
    size = ran.file.stat().st_size
    for left in (None, bytes(size)):
        ran.file.unlink()
        if left is not None:
            ran.file.write_bytes(left)
        assert run(small, tmp_path / "warehouse").checksums() == wanted
    again = run(small, tmp_path / "elsewhere" / "warehouse")
    assert again.taken.parsed == ran.taken.parsed
    assert again.checksums() == wanted


def test_renamed_moved_and_in_another_order_the_same_tables(first: Ran, checksums: dict[str, str], tmp_path: Path) -> None:
    """Other folders, other names (only a mark like "lần 2" stays), other arrival times. What names say is
    evidence of the last resort.
    """
    chance = random.Random(7)
    files = sorted(path for path in first.raw.rglob("*") if path.is_file())
    chance.shuffle(files)
    refused = "select submission_id from quality.issues where code like 'file_%' and severity = 'error'"
    shut = {row["file"] for row in first.rows(f"select file from quality.submissions where submission_id in ({refused})")}
    assert shut
    for number, path in enumerate(files):
        if (place := path.relative_to(first.raw).as_posix()) in shut:  # what cannot be opened is known by its path alone
            (tmp_path / "raw" / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, tmp_path / "raw" / place)
            continue
        mark = re.search(r"\(?(?:s[uử]a )?l[aầ]n \d\)?", path.stem)
        folder = tmp_path / "raw" / f"hộp thư {number % 5}" / ("sâu" * (number % 3))
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"tep {number:02}{' ' + mark.group() if mark else ''}{path.suffix}"
        shutil.copyfile(path, target)
        os.utime(target, (1_642_000_000 + chance.randrange(10**6),) * 2)
    moved = run(tmp_path / "raw", tmp_path / "warehouse")
    now = moved.checksums("core", "mart", "ref")
    days = "mart.completeness_by_reporter"  # of it all but the days on which files arrived
    assert [name for name, made in now.items() if checksums[name] != made and name != days] == []
    others = f"select * exclude (received_on, days_late) from {days} order by all"
    assert moved.rows(others) == first.rows(others)


def test_one_changed_amount_changes_the_figure(first: Ran, tmp_path: Path) -> None:
    """Nothing is looked up: 100 million more in one cell of one workbook, and the province's figure is 100
    million more.
    """
    loan = next(r for r in TRUTH["loans"] if r["period"] == "2021" and r["reporter_code"] == "17-NHNN")
    shutil.copytree(first.raw, tmp_path / "raw", copy_function=shutil.copy2)
    shutil.copytree(first.warehouse, tmp_path / "warehouse", copy_function=shutil.copy2)
    path = tmp_path / "raw" / loan["file"]
    book = openpyxl.load_workbook(path)
    line = book[loan["sheet"]][loan["row_number"]]
    million = loan["outstanding_vnd"] // 10**6
    cells = [cell for cell in line if cell.value in (million, loan["outstanding_vnd"])]
    assert cells
    for cell in cells[-1:]:
        cell.value += 100 if cell.value == million else 100 * 10**6
    book.save(path)
    changed = run(tmp_path / "raw", tmp_path / "warehouse")
    assert changed.taken.parsed == 1
    (before,), (after,) = (
        ran.rows("select computed_value as v, within from mart.published_comparison where code = 'credit.outstanding_vnd'")
        for ran in (first, changed)
    )
    assert after["v"] - before["v"] == Decimal(100_000_000)
    assert (before["within"], after["within"]) == (True, False)
    (there,) = changed.rows(
        f"select outstanding_vnd as v from core.loans where sheet = '{loan['sheet']}' and row_number = "
        f"{loan['row_number']} and period = '2021' "
        "and reporter_code = '17-NHNN'"
    )
    assert there["v"] == loan["outstanding_vnd"] + 100_000_000


# ---- bad input, through the stages


BANK = "2021/NHNN/Du no HTX 31-12-2021.xlsx"


def write_register(path: Path, *rows: tuple[str | None, int]) -> Path:
    """A district's list of its co-operatives, with their members; the rows begin at line 6."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Danh sách HTX"
    page["A1"], page["A3"] = "UBND HUYỆN LƯƠNG SƠN", "DANH SÁCH HỢP TÁC XÃ NĂM 2021"
    header = ["TT", "Tên HTX", "Số thành viên", "Tình trạng hoạt động"]
    for line, values in enumerate([header, *([n, *row, "Đang hoạt động"] for n, row in enumerate(rows, 1))], 5):
        for column, value in enumerate(values, 1):
            page.cell(line, column, value)
    book.save(path)
    return path


@pytest.fixture
def small(first: Ran, tmp_path: Path) -> Path:
    """A raw folder with one sound workbook."""
    target = tmp_path / "raw" / BANK
    target.parent.mkdir(parents=True)
    shutil.copyfile(first.raw / BANK, target)
    return tmp_path / "raw"


def test_foreign_files_are_named_and_the_others_go_on(small: Path, tmp_path: Path) -> None:
    (small / "2021" / "ảnh.xlsx").write_bytes(b"\xff\xd8\xff\xe0 a photograph")
    (small / "2021" / "rong.xlsx").write_bytes(b"")
    (small / "2021" / "cut.xlsx").write_bytes((small / BANK).read_bytes()[:5000])
    (small / "2021" / "thu.docx").write_bytes(b"PK\x03\x04 no archive")
    (small / "2021" / "empty folder").mkdir()
    (small / "2021" / "~$open.xlsx").write_bytes(b"owner of a lock")
    (small / "2021" / "loop").symlink_to(small, target_is_directory=True)
    ran = run(small, tmp_path / "warehouse")
    said = {
        row["file"]: row
        for row in ran.rows(
            "select s.file, s.status, i.code, i.severity from quality.submissions s join quality.issues i using (submission_id)"
        )
    }
    for name in ("2021/ảnh.xlsx", "2021/rong.xlsx", "2021/cut.xlsx"):
        assert (said[name]["status"], said[name]["severity"]) == ("rejected", "error")
        assert said[name]["code"] in ("file_not_workbook", "file_unreadable")
    assert ran.rows("select count(*) as n from core.loans")[0]["n"] > 20
    assert ran.taken.failed == {}


def test_an_empty_raw_folder_publishes_empty_tables(tmp_path: Path) -> None:
    (tmp_path / "raw" / "2021").mkdir(parents=True)
    ran = run(tmp_path / "raw", tmp_path / "warehouse")
    assert ran.taken.files == 0
    assert [f.audit.name for f in ran.findings if not f.passed and f.audit.blocking] == []
    assert ran.rows("select count(*) as n from core.cooperatives") == [{"n": 0}]
    assert ran.rows("select count(*) as n from ref.areas")[0]["n"] > 100


def test_a_marked_copy_in_the_raw_folder_is_no_submission(small: Path, tmp_path: Path) -> None:
    """`coop check` on a received file, by a province's clerk: the folder stays as it was, or the copy is passed over."""
    alone = run(small, tmp_path / "alone").checksums("core", "mart")
    path = small / BANK
    command = [sys.executable, "-m", "coop_pipeline.cli", "check", str(path)]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=FULL)
    assert done.returncode == 1, done.stderr
    assert sorted(p.name for p in path.parent.iterdir()) == [path.name]
    assert run(small, tmp_path / "both").checksums("core", "mart") == alone


def test_a_returned_workbook_corrected_and_sent_again(small: Path, tmp_path: Path) -> None:
    """The district mends the marked cell in the workbook it got back, names the file "lần 2", and is rid of the issue."""
    (small / BANK).unlink()
    sent = write_register(small / "2021" / "BC HTX Lương Sơn 2021.xlsx", ("HTX Thác Bờ", 33), ("HTX Ngòi Hoa", 41), (None, 18))
    before = run(small, tmp_path / "warehouse")
    wrong = "select cell, code from quality.issues where severity = 'error'"
    assert [tuple(row.values()) for row in before.rows(wrong)] == [("B8", "value_missing")]
    members = "select sum(members) as n, count(*) as rows, count(distinct submission_id) as sent from core.cooperative_reports"
    assert before.rows(members) == [{"n": 74, "rows": 2, "sent": 1}]
    settings = Settings(small, tmp_path / "warehouse", small.parent / "corrections")
    with open_working(settings.working) as connection:
        write_all(settings, connection)
    (marked,) = (tmp_path / "warehouse" / "returned" / "2021" / "152").glob("*.xlsx")
    book = openpyxl.load_workbook(marked)
    assert book.sheetnames == ["Kết quả kiểm tra", "Danh sách HTX"]
    assert "value_missing" not in str(book["Danh sách HTX"]["B8"].comment)
    assert "LỖI" in str(book["Danh sách HTX"]["B8"].comment)
    book["Danh sách HTX"]["B8"] = "HTX Khoan Dụ"
    whole = marked.read_bytes()
    book.save(marked)  # somebody mends the copy that is to be sent: the district's file is another
    with open_working(settings.working) as connection:
        assert [write_all(settings, connection).written for _ in "12"] == [1, 0]
        marked.unlink()
        with meddled(returning):
            write_all(settings, connection)
        assert [write_all(settings, connection).written for _ in "12"] == [1, 0], "what somebody did at that moment is not ours"
    assert marked.read_bytes() == whole
    book.save(small / "2021" / "BC HTX Lương Sơn 2021 lần 2.xlsx")
    after = run(small, tmp_path / "warehouse")
    assert after.rows(f"{wrong} and in_force") == []
    assert after.rows(f"{wrong} and not in_force") == [{"cell": "B8", "code": "value_missing"}]  # on record
    assert after.rows(members) == [{"n": 92, "rows": 3, "sent": 1}]
    status = {row["file"]: row["status"] for row in after.rows("select file, status from quality.submissions")}
    assert status == {f"2021/{sent.name}": "superseded", "2021/BC HTX Lương Sơn 2021 lần 2.xlsx": "accepted"}
    with open_working(settings.working) as connection:
        write_all(settings, connection)
    assert not marked.exists()


def test_a_failure_of_ours_is_not_kept(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that failed, died or was too slow once (a busy machine): named, and tried again at the next run."""
    for error in ("failed", "died", "timeout") if ALL else ("died",):
        with monkeypatch.context() as broken:
            broken.setattr(LocalEngine, "read", lambda _, tasks, e=error: ((task, Outcome(None, e, "on purpose")) for task in tasks))
            ran = run(small, tmp_path / error)
            assert ran.rows("select status from quality.submissions") == [{"status": "rejected"}]
            assert ran.taken.again == 1  # so that such a run is never taken for one after which nothing is to be done
        again = run(small, tmp_path / error)
        assert (again.taken.parsed, again.taken.again) == (1, 0), error
        assert again.rows("select status from quality.submissions") == [{"status": "partial"}], error


def test_a_missing_raw_folder_is_a_mistake_of_the_user_s(tmp_path: Path) -> None:
    with pytest.raises(UserMistake, match="nosuch"):
        run(tmp_path / "nosuch", tmp_path / "warehouse")


def test_a_file_that_goes_takes_its_rows_along(small: Path, tmp_path: Path) -> None:
    (small / "loi nhan.txt").write_text("không phải sổ tính", encoding="utf-8")
    before = run(small, tmp_path / "warehouse")
    (small / BANK).unlink()
    ran = run(small, tmp_path / "warehouse")
    assert (before.taken.gone, ran.taken.gone) == ([], [(BANK, 1)])
    assert [name for name in ran.checksums("core") if ran.rows(f"select count(*) as n from {name}")[0]["n"]] == []
    assert [row["file"] for row in ran.rows("select file from quality.submissions")] == ["loi nhan.txt"]


def test_files_that_are_gone_are_told_by_folders() -> None:
    gone = ["2021/a.xlsx", "2021/x/b.xlsx", "2021/x/c.xlsx", "2020/d.xlsx", "2019/q/e.xlsx", "2019/q/f.xlsx", "2019/r/g.xlsx", "h.xlsx"]
    there = ["2021/z.xlsx", "2022/x/b.xlsx"]
    assert taking._group_gone(gone, there) == [
        ("2019/", 3), ("2021/x/", 2), ("2020/d.xlsx", 1), ("2021/a.xlsx", 1), ("h.xlsx", 1)
    ]  # fmt: skip


def test_a_folder_that_is_suddenly_empty_stops_the_run(small: Path, tmp_path: Path) -> None:
    """A share that is not mounted: what was published stands."""
    run(small, tmp_path / "warehouse")
    (small / BANK).unlink()
    with pytest.raises(UserMistake, match="trống"):
        run(small, tmp_path / "warehouse")


def test_a_correction_that_applies_no_longer_warns(small: Path, tmp_path: Path) -> None:
    """Contract §8: the cell does not hold `typed` any more, or the line is past its day."""
    folder = tmp_path / "corrections"
    folder.mkdir()
    head = "reporter_code,period,form,sheet,cell,typed,corrected,reason,by,until\n"
    lines = (
        "17-NHNN,2021,loans,Dư nợ,I11,-500,500,gọi điện,An,\n",
        "17-NHNN,2021,loans,Dư nợ,I12,đã sửa rồi,1,gọi điện,An,\n",
        "17-NHNN,2021,loans,Dư nợ,I11,1,2,,An,2021-01-01\n",
    )
    (folder / "cell_corrections.csv").write_text(head + "".join(lines), encoding="utf-8")
    ran = run(small, tmp_path / "warehouse", folder)
    assert ran.rows("select outstanding_vnd as v from core.loans where row_number = 11 and sheet = 'Dư nợ'") == [
        {"v": Decimal(500_000_000)}
    ]
    assert ran.rows("select row_number, severity from quality.issues where code = 'correction_unused' order by 1") == [
        {"row_number": 3, "severity": "warning"}, {"row_number": 4, "severity": "warning"},
    ]  # fmt: skip


def test_changed_corrections_are_read_anew(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "corrections"
    folder.mkdir()
    assert run(small, tmp_path / "warehouse", folder).taken.parsed == 1
    (folder / "code_spellings.csv").write_text("code_list,spelling,code\nratings,hạng nhì,fair\n", encoding="utf-8")
    assert run(small, tmp_path / "warehouse", folder).taken.parsed == 1
    assert run(small, tmp_path / "warehouse", folder).taken.parsed == 0


# ---- through the command


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME" and not name.startswith("COOP_")}
    return {**kept, "PYTHONPATH": str(PROJECT), "PYTHONIOENCODING": "utf-8", **more}


def start(raw: Path, warehouse: Path, before: str = "") -> subprocess.Popen[str]:
    code = (
        f"import sys\n{before}\nfrom coop_pipeline.cli import main\nsys.exit(main(['run', '--raw', "
        "sys.argv[1], '--warehouse', sys.argv[2], '--json']))"
    )
    command = [sys.executable, "-c", code, str(raw), str(warehouse)]
    return subprocess.Popen(command, cwd=PROJECT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextlib.contextmanager
def ended(*runs: subprocess.Popen[str]) -> Iterator[list[tuple[int, str, str]]]:
    try:
        said = [process.communicate(timeout=FULL) for process in runs]
        yield [(process.returncode, *texts) for process, texts in zip(runs, said, strict=True)]
    finally:
        for process in runs:
            process.kill()


DOTS = """
import pytest
from tests.by_hand import draw_dots
draw_dots(pytest.MonkeyPatch())
"""
FAILING = """
from coop_pipeline.store import audits
wrong = audits.Audit("never_holds", "mart.indicators", "Không bao giờ đạt", "Never holds", "select 1 as one")
audits.AUDITS = (*audits.AUDITS, wrong)
"""


def test_two_runs_at_once_and_a_failed_audit(small: Path, tmp_path: Path) -> None:
    """The published file is whole after both; and after a run that must not publish it is the old one, byte for
    byte.
    """
    warehouse = tmp_path / "warehouse"
    with ended(start(small, warehouse, DOTS), start(small, warehouse, DOTS)) as both:
        codes = [code for code, _, _ in both]
        assert 0 in codes, both
        assert all(code in (0, 1) for code in codes)
        assert not any("Traceback" in out + err for _, out, err in both), both
    target = warehouse / "coop.duckdb"
    assert ordered_checksums(target)["core.loans"]
    before = (target.read_bytes(), target.stat().st_ino)
    (small / BANK).touch()  # something to look at: of a run without news nothing is audited
    with ended(start(small, warehouse, FAILING)) as ((code, out, err),):
        assert code == 1, err
        said = json.loads(out.splitlines()[-1])
        assert said["published"] is False
        assert "Không bao giờ đạt" in said["message"]
        assert "Traceback" not in out + err
    assert (target.read_bytes(), target.stat().st_ino) == before
    assert list((warehouse / ".publishing").iterdir()) == [], "the file that was begun is gone"


def test_a_file_in_the_warehouse_s_place(small: Path, tmp_path: Path) -> None:
    """Also as root, to whom no folder is read-only."""
    (tmp_path / "warehouse").write_text("a file")
    with ended(start(small, tmp_path / "warehouse"), start(tmp_path / "nosuch", tmp_path / "w")) as (no_folder, no_raw):
        assert no_folder[0] in (1, 2)
        assert no_raw[0] in (1, 2)
        for _, out, err in (no_folder, no_raw):
            assert out == ""
            assert len(err.strip().splitlines()) == 1
            assert "Traceback" not in err
    assert (tmp_path / "warehouse").read_text() == "a file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_warehouse(small: Path, tmp_path: Path) -> None:
    (tmp_path / "warehouse").mkdir(mode=0o555)
    with ended(start(small, tmp_path / "warehouse")) as ((code, _, err),):
        assert code == 1
        assert len(err.strip().splitlines()) == 1
