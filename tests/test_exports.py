"""Parquet and the workbook beside the published file: the same rows, one set at a time, nothing done where nothing changed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from unittest.mock import Mock

import duckdb
import openpyxl
import pytest

from coop_pipeline import stages
from coop_pipeline.intake import pool
from coop_pipeline.mistakes import UserMistake
from coop_pipeline.outputs import exports
from coop_pipeline.outputs.exports import DRAFT, READ_FIRST, SETS, WORKBOOK, CannotExport, Exported, Exporting, write_exports
from coop_pipeline.settings import Settings
from coop_pipeline.store.publish import publish
from tests.by_hand import Owed, Row, published, working

ROWS = [Row("credit.outstanding_vnd", "2021", value="24936000000"), Row("credit.overdue_ratio", "2021", value="0.125")]


def folders(warehouse: Path) -> Settings:
    return Settings(warehouse / "raw", warehouse, warehouse / "corrections")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Exported]:
    settings = folders(tmp_path_factory.mktemp("exports"))
    published(settings.warehouse, ROWS, [Owed("152", "loans", "2021")])
    done = write_exports(settings)
    assert done is not None
    return settings, done


def test_parquet_holds_the_published_rows(made: tuple[Settings, Exported]) -> None:
    settings, done = made
    parquet = settings.warehouse / "export" / "parquet"
    assert {f"{table}.parquet" for table in (name.split(".")[1] for name in done.tables)} == {file.name for file in parquet.iterdir()}
    assert set(done.tables) == {t.full_name for t in stages.all_tables() if t.schema in ("mart", "ref")}
    with duckdb.connect(str(settings.target), read_only=True) as reader:
        for name in done.tables:
            file = parquet / f"{name.split('.')[1]}.parquet"
            assert reader.execute(f"select * from '{file}'").fetchall() == reader.execute(f"select * from {name}").fetchall(), name
        assert reader.execute(f"select distinct compression from parquet_metadata('{parquet / 'indicators.parquet'}')").fetchall() == [
            ("ZSTD",)
        ]


def test_the_workbook_is_for_people(made: tuple[Settings, Exported]) -> None:
    book = openpyxl.load_workbook(made[0].warehouse / "export" / WORKBOOK)
    assert book.sheetnames == [READ_FIRST, *sorted(t.name for t in stages.mart_tables())]
    assert "Cách cộng" in [cell.value for cell in book["indicator_catalogue"][1]]  # as the first sheet calls it
    page = book["indicators"]
    head = [cell.value for cell in page[1]]
    assert head[:4] == ["Mã chỉ tiêu", "Kỳ", "Thời điểm của số liệu", "Địa bàn"]
    assert all(len(set(titles)) == len(titles) for titles in ([c.value for c in sheet[1]] for sheet in book.worksheets[1:]))
    assert (page.freeze_panes, page.auto_filter.ref) == ("A2", f"A1:M{len(ROWS) + 1}")
    row = dict(zip(head, page[2], strict=True))
    assert (row["Giá trị"].value, row["Giá trị"].data_type) == (24_936_000_000, "n")
    assert row["Địa bàn"].value == "17"  # a code, no number
    assert (row["Thời điểm của số liệu"].value.date(), row["Thời điểm của số liệu"].number_format) == (date(2021, 12, 31), "dd/mm/yyyy")
    ratio = next(cell for cell in book["completeness_by_reporter"][1] if str(cell.value).endswith("(%)"))
    assert book["completeness_by_reporter"].cell(2, ratio.column).number_format == "0.00%"


def test_a_text_stays_a_text(tmp_path: Path) -> None:
    settings = folders(tmp_path)
    with working(ROWS, path=tmp_path / "w.duckdb") as connection:
        connection.execute("insert into mart.events (event) values ('=1+1'), ('@cmd\x07|x'), ('#N/A')")
        publish(tmp_path / "w.duckdb", settings.target, stages.SCHEMAS, connection=connection)
    write_exports(settings)
    page = openpyxl.load_workbook(settings.warehouse / "export" / WORKBOOK)["events"]
    column = next(c.column for c in page[1] if c.value and "ự kiện" in c.value)
    cells = [page.cell(row, column) for row in range(2, page.max_row + 1)]
    assert {(c.value, c.data_type) for c in cells} == {("=1+1", "s"), ("@cmd|x", "s"), ("#N/A", "s")}


def test_a_set_is_replaced_at_once_and_only_when_another_file_is_published(tmp_path: Path) -> None:
    settings = folders(tmp_path)
    assert write_exports(settings) is None
    published(tmp_path, ROWS)
    first = write_exports(settings)
    again = write_exports(settings)
    assert first is not None
    assert again is not None
    assert (first.written, again.written, again.folder) == (True, False, first.folder)
    opened = (settings.warehouse / "export").resolve()
    for value in ("1", "2"):
        (tmp_path / "work" / "by_hand.duckdb").unlink()
        published(tmp_path, [Row("credit.outstanding_vnd", "2021", value=value)])
        before = opened.exists() and duckdb.sql(f"select count(*) from '{opened}/parquet/indicators.parquet'").fetchall()
        write_exports(settings)
        if value == "1":  # who followed the link before still reads its set
            assert before == duckdb.sql(f"select count(*) from '{opened}/parquet/indicators.parquet'").fetchall() == [(2,)]
    found = duckdb.sql(f"select value from '{settings.warehouse / 'export' / 'parquet' / 'indicators.parquet'}'").fetchall()
    assert found == [(Decimal("2.000000"),)]
    assert len(list((settings.warehouse / "exports").iterdir())) == 2


def test_what_somebody_altered_is_made_again(tmp_path: Path) -> None:
    settings = folders(tmp_path)
    published(tmp_path, ROWS)
    made = write_exports(settings)
    assert made is not None
    for change in (Path.unlink, lambda path: path.write_bytes(b"x")):
        one = next(made.folder.glob("parquet/*"))
        one.chmod(0o644)
        change(one)
        again = write_exports(settings)
        assert again == replace(made, written=True)
        assert one.stat().st_size > 100
        assert write_exports(settings) == replace(made, written=False)


def test_a_folder_of_somebodys_is_left_alone(tmp_path: Path) -> None:
    settings = folders(tmp_path)
    published(tmp_path, ROWS)
    (tmp_path / "export").mkdir()
    with pytest.raises(UserMistake, match="export"):
        write_exports(settings)
    with Exporting(settings) as exporting:
        exporting.begin()
        with pytest.raises(UserMistake, match="export"):  # as it was said in the child
            exporting.finish()


# ---------------------------------------------------------------------------------------------------------------------
# by a child process


def at_work(settings: Settings) -> None:
    """Waits until somebody makes a set."""
    deadline = time.monotonic() + 60
    while not (settings.warehouse / SETS / DRAFT).exists():
        assert time.monotonic() < deadline, "nobody begins"
        time.sleep(0.002)


def test_a_child_makes_the_set_while_its_parent_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = folders(tmp_path)
    with Exporting(settings) as exporting:
        exporting.prepare()
        published(tmp_path, ROWS)
        with monkeypatch.context() as patched:
            patched.setattr(exports, "write_exports", None)
            exporting.begin()
            made = exporting.finish()
        assert made is not None
        assert made.written
        assert (settings.export / WORKBOOK).stat().st_size > 1000
        exporting._pool.begin([None])  # type: ignore[list-item]
        with pytest.raises(CannotExport, match=r"failed: AttributeError: .*exports\.py.*write_exports"):
            exporting.finish()
    with Exporting(settings) as exporting:
        exporting.begin()
        assert not exporting._pool.workers, "what stands needs no process"
        assert exporting.finish() == replace(made, written=False)
    with Exporting(settings) as exporting, monkeypatch.context() as patched:
        patched.setattr(pool.subprocess, "Popen", Mock(side_effect=OSError(11, "no more processes")))
        (settings.export / WORKBOOK).unlink()
        exporting.prepare()
        exporting.begin()
        assert exporting.finish() == made, "without a child it is done here"


def test_a_set_that_a_killed_child_left_is_made_by_the_next_run(tmp_path: Path) -> None:
    settings = folders(tmp_path)
    published(tmp_path, ROWS)
    with Exporting(settings) as exporting:
        exporting.begin()
        (child,) = exporting._pool.workers
        at_work(settings)
        child.process.kill()
        with pytest.raises(UserMistake, match=r"dừng giữa chừng .*SIGKILL.*chạy lại"):
            exporting.finish()
    assert not settings.export.exists()
    made = write_exports(settings)
    assert made is not None
    assert [path.name for path in made.folder.parent.iterdir()] == [made.folder.name]


PARENT = """
import sys, time
from pathlib import Path
from coop_pipeline.outputs.exports import Exporting
from coop_pipeline.settings import Settings
exporting = Exporting(Settings(*map(Path, sys.argv[1:])))
exporting.begin()
(child,) = exporting._pool.workers
print(child.process.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends the child")
def test_a_killed_parent_takes_its_child_along(tmp_path: Path) -> None:
    settings = folders(tmp_path)
    published(tmp_path, ROWS)
    command = [sys.executable, "-c", PARENT, str(settings.raw), str(settings.warehouse), str(settings.corrections)]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)}) as parent:
        assert parent.stdout is not None
        child = Path("/proc") / parent.stdout.readline().strip()
        at_work(settings)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while child.exists() and (child / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
        assert time.monotonic() < deadline, "an orphan"
        time.sleep(0.01)
    made = write_exports(settings)
    assert made is not None
    assert [path.name for path in made.folder.parent.iterdir()] == [made.folder.name]


# ---------------------------------------------------------------------------------------------------------------------
# the dictionary that travels with the file


def test_the_dictionary_explains_every_table_and_column(made: tuple[Settings, Exported]) -> None:
    with duckdb.connect(str(made[0].target), read_only=True) as reader:
        tables = reader.execute("select schema_name, table_name, '', comment, 'TABLE' from duckdb_tables()").fetchall()
        columns = reader.execute(
            "select schema_name, table_name, column_name, comment, data_type from duckdb_columns() where not internal"
        ).fetchall()
        said = {row[:3]: row[3:] for row in reader.execute("select * from ref.dictionary").fetchall()}
        lists = {name for (name,) in reader.execute("select distinct list from ref.codes").fetchall()}
    assert {row[:3] for row in (*tables, *columns)} == set(said)
    unexplained = []
    for schema, table, column, comment, data_type in (*tables, *columns):
        kind, unit, vi, en, form, source, spellings = said[schema, table, column]
        is_own = schema == "core" and form and column
        measured = any(column.endswith(end) for end in ("_vnd", "_ha", "_m2", "_t", "_ratio", "_vnd_month"))
        named = re.findall(r"\(ref\.codes: (\w+)", en)
        if not (vi and en and comment and kind == data_type and comment.startswith(vi)):
            unexplained.append((schema, table, column, "meaning or type"))
        if measured and not unit:
            unexplained.append((schema, table, column, "unit"))
        if is_own and not (source and spellings):
            unexplained.append((schema, table, column, "source or spellings"))
        if named and named[0] not in lists:
            unexplained.append((schema, table, column, named[0]))
    assert unexplained == []
