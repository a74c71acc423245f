"""Every state that a run builds on what was there is the state that a run from nothing builds: files that come, are corrected, are sent
again, go, come back under other names, and corrections, in random order.

COOP_INCREMENTAL_STATES says how many states are compared (3 in CI), COOP_INCREMENTAL_SEED which order is drawn.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from coop_pipeline import stages, taking
from coop_pipeline.intake.engine import Outcomes
from coop_pipeline.intake.pool import Outcome
from coop_pipeline.intake.worker import Task, run
from coop_pipeline.mistakes import UserMistake
from coop_pipeline.settings import Settings
from coop_pipeline.store import facts
from coop_pipeline.store.warehouse import open_working

STATES = int(os.environ.get("COOP_INCREMENTAL_STATES", "3"))
SEED = int(os.environ.get("COOP_INCREMENTAL_SEED", "1"))
TODAY = date(2022, 6, 1)
DISTRICTS = ("LƯƠNG SƠN", "ĐÀ BẮC", "CAO PHONG")
NAMES = ("HTX Đồng Tâm", "HTX Mỹ Tân", "HTX Thịnh Phát", "HTX Hòa Lạc", "HTX Đồng  Tâm", "THT Bưởi đỏ", "HTX Mỹ Tấn")


class HereEngine:
    """Reads in this process: what is compared is what is made of the readings."""

    def __init__(self) -> None:
        self.read_files = 0
        self.most_files = 10**6

    def read(self, tasks: Sequence[Task]) -> Outcomes:
        for task in tasks:
            if self.read_files == self.most_files:
                raise ConnectionError("the engine is gone")
            self.read_files += 1
            yield task, Outcome(run(task))

    def settle(self) -> None:
        pass

    def close(self) -> None:
        pass


class Office:
    """A raw folder and the corrections beside it, changed at random; every file arrives a minute after the one before."""

    def __init__(self, folder: Path) -> None:
        self.raw, self.corrections = folder / "raw", folder / "corrections"
        self.raw.mkdir()
        self.corrections.mkdir()
        self.random = random.Random(SEED)
        self.minute = 0

    def change(self) -> str:
        there = sorted(self.raw.rglob("*.xlsx"))
        choices: list[Callable[[], str]] = [self.add, self.add]
        if len(there) > 2:
            choices += [self.correct, self.supersede, self.remove, self.rename, self.repeat, self.settle_cell]
        return self.random.choice(choices)()

    def add(self) -> str:
        return self._write(f"{self.random.choice((2020, 2021))}/{self.minute} {self.random.choice(DISTRICTS)}.xlsx")

    def correct(self) -> str:
        return self._write(str(self._pick().relative_to(self.raw)))

    def supersede(self) -> str:
        chosen = self._pick()
        return self._write(str(chosen.relative_to(self.raw).with_name(f"{chosen.stem} lần {self.random.randint(2, 4)}.xlsx")))

    def remove(self) -> str:
        chosen = self._pick()
        chosen.unlink()
        return f"without {chosen.name}"

    def rename(self) -> str:
        chosen = self._pick()
        chosen.rename(chosen.with_name(f"ban sao {self.minute} {chosen.name}"))
        return f"renamed {chosen.name}"

    def repeat(self) -> str:
        chosen = self._pick()
        again = chosen.with_name(f"0 {chosen.name}")  # the same bytes under another path, as old as the first
        again.write_bytes(chosen.read_bytes())
        os.utime(again, ns=(chosen.stat().st_mtime_ns,) * 2)
        return f"{chosen.name} twice"

    def settle_cell(self) -> str:
        place = f"{self.random.choice(('150', '152', '154'))},{self.random.choice((2020, 2021))}"
        line = f"{place},cooperative_reports,Danh sách HTX,C6,{self.random.randint(10, 14)},99,gọi điện,An,"
        head = "reporter_code,period,form,sheet,cell,typed,corrected,reason,by,until"
        (self.corrections / "cell_corrections.csv").write_text(f"{head}\n{line}\n", encoding="utf-8")
        return f"correction {line}"

    def _pick(self) -> Path:
        return self.random.choice(sorted(self.raw.rglob("*.xlsx")))

    def _write(self, name: str, rows: Sequence[tuple[str | None, int]] = ()) -> str:
        """A list of co-operatives of the district and year that the name says; some rows are of no use, some repeat."""
        path = self.raw / name
        district, year = next(d for d in DISTRICTS if d in name), path.parent.name
        book = openpyxl.Workbook()
        page = book.active
        page.title = "Danh sách HTX"
        page["A1"], page["A3"] = f"UBND HUYỆN {district}", f"DANH SÁCH HỢP TÁC XÃ NĂM {year}"
        rows = rows or [(self.random.choice((*NAMES, None)), self.random.randint(10, 14)) for _ in range(self.random.randint(1, 4))]
        header = ["TT", "Tên HTX", "Số thành viên", "Tình trạng hoạt động"]
        for line, values in enumerate([header, *([n, *row, "Đang hoạt động"] for n, row in enumerate(rows, 1))], 5):
            for column, value in enumerate(values, 1):
                page.cell(line, column, value)
        path.parent.mkdir(exist_ok=True)
        book.save(path)
        self.minute += 1
        moment = 1_650_000_000 + 60 * self.minute
        os.utime(path, (moment, moment))
        return f"{name}: {rows}"


def build(office: Office, warehouse: Path, marts: bool, scope: taking.Scope | None = None) -> dict[str, str]:
    """Checksums of every table that a run leaves in the working database."""
    settings = Settings(office.raw, warehouse, office.corrections)
    with open_working(settings.working) as connection:
        files = stages.load_corrections(settings, TODAY)
        taking.take_in(settings, connection, files.corrections, scope=scope)
        stages.build_core(connection, files)
        if marts:
            stages.build_marts(connection)
    return checksums(settings, marts)


def checksums(settings: Settings, marts: bool) -> dict[str, str]:
    """Of the rows of every table, in their order, which is published too."""
    schemas = stages.SCHEMAS if marts else ("core", "quality", "ref")
    with open_working(settings.working) as connection:
        listed = connection.execute("select schema_name, table_name from duckdb_tables() where database_name = 'working'").fetchall()
        return {
            f"{schema}.{table}": hashlib.sha256(repr(connection.execute(f"from {schema}.{table}").fetchall()).encode()).hexdigest()
            for schema, table in listed
            if schema in schemas
        }


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> HereEngine:
    here = HereEngine()
    monkeypatch.setattr(taking, "open_engine", lambda settings: here)
    monkeypatch.setattr(taking, "BATCH", 2)
    return here


def test_a_run_that_ends_between_two_batches_changes_no_table(tmp_path: Path, engine: HereEngine) -> None:
    """What was stored by then waits for the next run, which reads the rest; nothing that is built in between knows of it."""
    office = Office(tmp_path)
    for _ in range(3):
        office.add()
    before = build(office, tmp_path / "warehouse", False)
    for _ in range(4):
        office.add()
    engine.most_files = engine.read_files + 2
    with pytest.raises(ConnectionError):
        build(office, tmp_path / "warehouse", False)
    settings = Settings(office.raw, tmp_path / "warehouse", office.corrections)
    with open_working(settings.working) as connection:
        assert connection.execute("select count(*) from intake.submissions").fetchall() == [(5,)]
        stages.build_core(connection, stages.load_corrections(settings, TODAY))
    assert checksums(settings, False) == before
    engine.most_files, read_before = 10**6, engine.read_files
    going_on = build(office, tmp_path / "warehouse", False)
    assert engine.read_files - read_before == 2
    assert going_on == build(office, tmp_path / "from nothing", False)


def test_the_order_in_which_files_are_read_is_nowhere_seen(tmp_path: Path, engine: HereEngine) -> None:
    """From nothing the largest is read first. Here it comes last; each has rows without a name, which are said."""
    office = Office(tmp_path)
    for size, name in ((1, "a"), (30, "b")):
        office._write(f"2021/{name} LƯƠNG SƠN.xlsx", [(None, 10)] * size)
        going_on = build(office, tmp_path / "warehouse", False)
    assert going_on == build(office, tmp_path / "from nothing", False)


def test_a_reading_under_a_path_that_is_gone_again_is_not_kept(tmp_path: Path, engine: HereEngine) -> None:
    """Files are renamed, a run that reads them under the new names is killed, and they get their old names back: those say what they said."""
    office = Office(tmp_path)
    paths = [tmp_path / "raw" / office.add().partition(":")[0] for _ in range(3)]
    build(office, tmp_path / "warehouse", False)
    for path in paths:
        path.rename(path.with_name(f"{path.stem} lần 3.xlsx"))
    office.add()
    engine.most_files = engine.read_files + 2
    with pytest.raises(ConnectionError):
        build(office, tmp_path / "warehouse", False)
    for path in paths:
        path.with_name(f"{path.stem} lần 3.xlsx").rename(path)
    engine.most_files = 10**6
    assert build(office, tmp_path / "warehouse", False) == build(office, tmp_path / "from nothing", False)


def test_what_a_scope_left_as_it_was_read_is_read_anew_later(tmp_path: Path, engine: HereEngine) -> None:
    """A file is renamed so that its path is in the scope, which its content is not: the next whole run hears what the new name says."""
    office = Office(tmp_path)
    older, _ = (tmp_path / "raw" / office._write(f"2021/{name} LƯƠNG SƠN.xlsx").partition(":")[0] for name in "ab")
    build(office, tmp_path / "warehouse", False)
    older.rename(older.with_name("ĐÀ BẮC lần 2.xlsx"))
    build(office, tmp_path / "warehouse", False, taking.Scope(frozenset({"150"})))
    for _ in range(2):
        going_on = build(office, tmp_path / "warehouse", False)
    assert going_on == build(office, tmp_path / "from nothing", False)


def test_corrections_do_not_vanish_without_a_word(tmp_path: Path, engine: HereEngine) -> None:
    office = Office(tmp_path)
    office.add()
    office.settle_cell()
    before = build(office, tmp_path / "warehouse", False)
    away = office.corrections.rename(tmp_path / "away")
    with pytest.raises(UserMistake, match="Thư mục sửa chữa"):
        build(office, tmp_path / "warehouse", False)
    office.corrections.mkdir()
    build(office, tmp_path / "warehouse", False)
    office.corrections.rmdir()
    build(office, tmp_path / "warehouse", False)
    away.rename(office.corrections)
    assert build(office, tmp_path / "warehouse", False) == before


def test_every_state_is_that_of_a_rebuild_from_nothing(tmp_path: Path, engine: HereEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the one puts its rows in order by portions, as it does with many."""
    office = Office(tmp_path)
    done = [office.add() for _ in range(3)]
    seen: set[tuple[str, ...]] = set()
    for state in range(STATES):
        last = state == STATES - 1
        with monkeypatch.context() as patched:
            patched.setattr(facts, "PORTION", 3)
            going_on, before = build(office, tmp_path / "warehouse", True), engine.read_files
        from_nothing = build(office, tmp_path / f"from nothing {state}", last)
        compared = set(from_nothing) - (set() if last else {"ref.dictionary"})  # which the marts complete
        wrong = {table for table in compared if going_on[table] != from_nothing[table]}
        assert not wrong, "\n".join(done)
        assert before < engine.read_files  # one of them did read anew
        seen.add(tuple(from_nothing.values()))
        done += [office.change() for _ in range(office.random.randint(1, 3))]
    assert len(seen) == STATES  # the changes told
