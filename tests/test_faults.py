"""A few of the faults of `python -m tests.faults`, others each day; careless programs, clocks that are put back, damaged files."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from coop_pipeline import stages, taking
from coop_pipeline.defs.run import close_abandoned_runs
from coop_pipeline.settings import Settings
from coop_pipeline.store import publish as publishing
from coop_pipeline.store.lock import hold_warehouse
from coop_pipeline.store.publications import ALTERED, HELD, LEDGER, PREVIOUS, Publications
from coop_pipeline.store.publish import hold, ordered_checksums, publish, release, roll_back
from coop_pipeline.store.warehouse import doubt_working, open_working
from tests.faults.__main__ import FAULTS, place
from tests.faults.kills import is_running, list_children

PROJECT = Path(__file__).parents[1]
KEEP = 3


@pytest.mark.skipif(sys.platform != "linux", reason="turns the slots of an ELF library")
def test_faults_of_a_run() -> None:
    """One kind of them, at a write that the day chooses as well: the command tries every one."""
    day = dt.date.today()
    fault = FAULTS[day.toordinal() % len(FAULTS)]
    command = [sys.executable, "-m", "tests.faults", "--scenario", "run", "--fault", fault, "--few", "1", "--seed", f"{day:%Y%m%d}"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


# ---- what stands, what is held, and in which order


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "warehouse" / "coop.duckdb"


@pytest.fixture
def make(tmp_path: Path, target: Path) -> Callable[..., str]:
    """Publishes or holds a file with one table of one number; returns the name of its version."""
    working = tmp_path / "working.duckdb"
    with duckdb.connect(str(working)) as connection:
        connection.execute("create schema core; create table core.loans (n integer); insert into core.loans values (0)")

    def make(number: int, what: Callable[..., object] = publish) -> str:
        with duckdb.connect(str(working)) as connection:
            connection.execute("update core.loans set n = ?", [number])
        made = what(working, target, ["core"], state=f"state {number}", **({"keep": KEEP} if what is publish else {}))
        return str(made.version)  # type: ignore[attr-defined]

    return make


def number_of(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as reader:
        return int(reader.execute("select n from core.loans").fetchall()[0][0])


CARELESS = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("set wal_autocheckpoint = '1GB'; create table notes as select 'ours' as note; update core.loans set n = 99")
if sys.argv[2] == "closed":
    connection.close()
print("written", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("how", ["closed", "open"])
def test_another_program_writes_to_the_published_file(how: str, make: Callable[..., str], target: Path) -> None:
    """Into the file, or into a log beside it while the program stays at work: the next publication is neither, and nobody goes back to it."""
    first, second = make(1), make(2)
    target.chmod(0o644)  # a user who may; root may anyway
    command = [sys.executable, "-c", CARELESS, str(target), how]
    shelf = Publications(target)
    kept = shelf.target.parent / "kept.duckdb"
    os.link(target, kept)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as careless:
        assert careless.stdout is not None
        assert careless.stdout.readline() == "written\n"
        assert (shelf.is_altered(), shelf.has_log()) == ((True, False) if how == "closed" else (False, True))
        if how == "closed":
            with pytest.raises(publishing.NothingToPublish, match="đã bị chương trình khác ghi vào"):
                roll_back(target, KEEP)
        third = make(3)
        assert number_of(target) == 3
        careless.communicate("")  # it ends, and would write its log into the file
    assert (number_of(target), shelf.is_altered(), shelf.has_log()) == (3, False, False)
    assert ordered_checksums(target).keys() == {"core.loans"}
    if how == "closed":
        assert number_of(target.parent / PREVIOUS / ALTERED) == 99, "somebody's work is not thrown away"
        assert list(shelf.kept()) == shelf.earlier() == [first]
        assert roll_back(target, KEEP).version == first
    else:
        assert (shelf.earlier(), shelf.standing()) == ([first, second], third)


def test_a_clock_that_is_put_back(make: Callable[..., str], target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was built later is the later version, whatever the clock says; so a newer hold counts, and back means back."""
    build = publishing._build
    clock = iter([1_800_000_000, 1_700_000_000, 1_600_000_000, 1_600_000_000, 1_500_000_000])

    def build_then(working: Path, draft: Path, *rest: object) -> object:
        made = build(working, draft, *rest)  # type: ignore[arg-type]
        moment = next(clock)
        os.utime(draft, (moment, moment))
        return made

    monkeypatch.setattr(publishing, "_build", build_then)
    one, two, three = make(1), make(2), make(3, hold)
    four = make(4, hold)
    assert [one, two, three, four] == sorted({one, two, three, four})
    shelf = Publications(target)
    held = shelf.held()
    assert held is not None
    assert number_of(held) == 4
    assert release(target, KEEP).version == four
    assert roll_back(target, KEEP).version == two
    assert roll_back(target, KEEP).version == one
    five = make(5)
    assert (number_of(target), five > four) == (5, True)


def test_a_ledger_that_is_damaged_or_of_a_later_version(make: Callable[..., str], target: Path) -> None:
    one, _ = make(1), make(2)
    ledger = target.parent / LEDGER
    lines = [{**line, "reviewed_by": "a later version says more"} for line in json.loads(ledger.read_text(encoding="utf-8"))]
    ledger.write_text(json.dumps([*lines, "no line"]), encoding="utf-8")
    shelf = Publications(target)
    assert [entry.state for entry in shelf.entries()] == ["state 1", "state 2"]
    assert shelf.earlier() == [one]
    ledger.write_bytes(b"\x00" * 40)
    make(3, hold)
    assert ledger.with_name(f"{LEDGER}.damaged").read_bytes() == b"\x00" * 40, "set aside, not written over"
    assert [entry.action for entry in shelf.entries()] == ["held"]
    assert roll_back(target, KEEP).version == one
    assert len(list((target.parent / HELD).iterdir())) == 1


# ---- the working database


def fill(path: Path) -> None:
    with open_working(path) as connection:
        connection.execute("insert into intake.built values ('facts', 'old')")


def is_new(path: Path) -> bool:
    with open_working(path) as connection:
        return connection.execute("select * from intake.built").fetchall() == []


def truncate(path: Path, share: float) -> None:
    os.truncate(path, int(path.stat().st_size * share))


def scribble(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * 4096)


def swap_log(path: Path) -> None:
    """The log of another database beside it."""
    other = path.with_name("other.duckdb")
    code = "import sys, os, duckdb; c = duckdb.connect(sys.argv[1]); c.execute('create schema intake; create table intake.built (x int)'); os._exit(0)"
    subprocess.run([sys.executable, "-c", code, str(other)], check=True)
    Path(f"{other}.wal").rename(f"{path}.wal")


def test_a_damaged_working_database_is_made_anew(tmp_path: Path) -> None:
    sound = tmp_path / "sound" / "working.duckdb"
    fill(sound)
    damages: dict[str, Callable[[Path], object]] = {
        "empty": lambda p: truncate(p, 0),
        "headers only": lambda p: os.truncate(p, 12_288),
        "half": lambda p: truncate(p, 0.5),
        "almost whole": lambda p: truncate(p, 0.99),
        "garbage": lambda p: p.write_bytes(os.urandom(100_000)),
        "first header": lambda p: scribble(p, 0),
        "second headers": lambda p: (scribble(p, 4096), scribble(p, 8192)),
        "first block": lambda p: scribble(p, 12_288),
        "text": lambda p: p.write_text("<html>lock block</html>" * 1000),
        "doubted": doubt_working,
        "another's log": swap_log,
        "garbage as log": lambda p: Path(f"{p}.wal").write_bytes(os.urandom(5000)),
    }
    for name, damage in damages.items():
        path = tmp_path / name / "working.duckdb"
        path.parent.mkdir()
        shutil.copy(sound, path)
        assert not is_new(path)
        damage(path)
        try:
            is_new(path)
        except duckdb.Error as problem:
            pytest.fail(f"{name}: {problem}")
        with open_working(path) as connection:
            assert connection.execute("select count(*) from intake.submissions").fetchall() == [(0,)], name


# ---- warehouses of other versions

WAREHOUSES = sorted((PROJECT / "tests" / "warehouses").glob("*.tar.xz"))
"""Written by earlier states of the project: before the ledger of publications, and with something held; and one of DuckDB 2.0's own format."""


def test_warehouses_of_other_versions(tmp_path: Path) -> None:
    """Read or made anew without asking: the tables are those of a new warehouse, what is held is held, what was published can be gone back to."""
    raw = place({"2021/NHNN/Du no.xlsx": "2021/NHNN/Du no HTX 31-12-2021.xlsx"}, tmp_path / "raw")

    def run(warehouse: Path) -> stages.Publication:
        settings = Settings(raw, warehouse, tmp_path / "corrections", workers=1)
        with open_working(settings.working) as connection:
            files = stages.load_corrections(settings)
            taking.take_in(settings, connection, files.corrections)
            stages.build_core(connection, files)
            stages.build_marts(connection)
            return stages.publish_tables(settings, connection)

    run(tmp_path / "new")
    wanted = ordered_checksums(tmp_path / "new" / "coop.duckdb")
    for archive in WAREHOUSES:
        warehouse = tmp_path / archive.name
        with tarfile.open(archive) as packed:
            packed.extractall(warehouse, filter="fully_trusted")
        shelf = Publications(warehouse / "coop.duckdb")
        before, held = shelf.standing(), shelf.held()
        done = run(warehouse)
        assert not done.is_altered, archive.name
        if held is not None:
            assert (done.held is not None, shelf.standing()) == (True, before), archive.name
            release(shelf.target, KEEP)
        assert ordered_checksums(shelf.target) == wanted, archive.name
        assert run(warehouse).made is None
        if before:
            assert roll_back(shelf.target, KEEP).version == before
    assert len(WAREHOUSES) == 4


# ---- a run that hangs

HANGING = """
import sys, time
from coop_pipeline import stages, taking
from coop_pipeline.intake import engine
from coop_pipeline.intake.pool import run_all
from coop_pipeline.cli import main
sys.path.insert(0, "tests")
from pool_tasks import behave
def hang(connection):
    print("hanging", flush=True)
    run_all(behave, ["hang"], 1, 1000, 3 << 29)
stages.build_marts = hang
main(["run"])
"""


def test_a_run_that_hangs_ends_itself(tmp_path: Path) -> None:
    """After the limit the process and its children are gone and the warehouse is free; the sensor marks the run as failed."""
    place({"2021/NHNN/Du no.xlsx": "2021/NHNN/Du no HTX 31-12-2021.xlsx"}, tmp_path / "raw")
    here = {"COOP_RAW": str(tmp_path / "raw"), "COOP_WAREHOUSE": str(tmp_path / "warehouse"), "COOP_RUN_SECONDS": "25"}
    environment = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"} | here
    command = [sys.executable, "-c", HANGING]
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as hanging:
        assert hanging.stdout is not None
        while "hanging" not in (line := hanging.stdout.readline()):
            assert line, hanging.stderr
        while not (children := list_children(hanging.pid)):
            time.sleep(0.05)
        _, said = hanging.communicate(timeout=120)
        assert hanging.returncode == 1
    assert "Timeout" in said
    assert "in hang" in said, "it does not say where it hung"
    end = time.monotonic() + 10
    while any(map(is_running, children)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [child for child in children if is_running(child)]
    with hold_warehouse(tmp_path / "warehouse", "the next", 0):
        pass
    with dg.DagsterInstance.from_config(str(tmp_path / "warehouse" / ".dagster")) as instance:
        assert [run.status.value for run in instance.get_runs()] == ["STARTED"]
        assert len(close_abandoned_runs(instance)) == 1
        assert [run.status.value for run in instance.get_runs()] == ["FAILURE"]
