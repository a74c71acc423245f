"""Reading ahead of the run: its readings are used only where the run would have made the same, and nothing of it is left behind."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coop_pipeline import stages, taking
from coop_pipeline.defs.run import _reading_ahead
from coop_pipeline.defs.standing import list_news
from coop_pipeline.intake import engine, pool
from coop_pipeline.intake.engine import LocalEngine
from coop_pipeline.intake.worker import Task
from coop_pipeline.settings import Settings
from coop_pipeline.store.warehouse import INTAKE, open_working

SAMPLE = Path(__file__).parents[1] / "data" / "raw" / "2021" / "NHNN" / "Du no HTX 31-12-2021.xlsx"
PATIENCE = 120  # seconds; a busy machine


class Office:
    """A raw folder, and what the children are asked to read of it: under `""` ahead, else by submission."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engine, "READ", "pool_tasks:read")
        self.settings = Settings(folder / "raw", folder / "warehouse", folder / "corrections", workers=1, file_seconds=2)
        for name in ("raw/2020", "raw/2021", "corrections"):
            (folder / name).mkdir(parents=True)
        self.asked: list[str] = []
        put = pool.Pool.put

        def note(self_: pool.Pool[Any, Any], task: Task) -> int:
            self.asked.append(task.submission_id)
            return put(self_, task)

        monkeypatch.setattr(pool.Pool, "put", note)

    def write(self, name: str, data: bytes) -> str:
        (self.settings.raw / "2021" / name).write_bytes(data)
        return hashlib.sha256(data).hexdigest()

    def take_in(self, warehouse: str, between: Callable[[LocalEngine], None] | None = None) -> dict[str, list[Any]]:
        """What a run leaves of every reading; `between` is done after reading ahead has begun, and before the run. Without it nothing is read ahead."""
        settings = replace(self.settings, warehouse=self.settings.warehouse / warehouse)
        self.asked.clear()
        with _reading_ahead(settings, list_news(settings) if between else None):
            if between:
                assert not settings.warehouse.exists(), "nothing is written"
                (begun,) = taking._ahead.values()
                between(begun)
            with open_working(settings.working) as connection:
                taking.take_in(settings, connection, stages.load_corrections(settings).corrections)
                assert not taking._ahead
                return {
                    name: connection.execute(f"select columns(c -> c <> 'reading_key') from intake.{name} order by all").fetchall()
                    for name in INTAKE
                }


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(tmp_path, monkeypatch)


def wait_until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_only_what_is_still_the_same_is_used(office: Office) -> None:
    shutil.copy(SAMPLE, office.settings.raw / "2021" / "Du no.xlsx")
    for name in ("same.txt", "other.txt", "gone.txt"):
        office.write(name, name.encode())
    moved = office.write("../2020/moved.txt", b"moved")
    later: list[str] = []

    def change(begun: LocalEngine) -> None:
        wait_until(lambda: not begun._pool.tasks)
        later.append(office.write("other.txt", b"no longer what was read"))
        later.append(office.write("new.txt", b"came later"))
        (office.settings.raw / "2021" / "gone.txt").unlink()
        (office.settings.raw / "2020").rename(office.settings.raw / "2019")  # the same file in all that is said of it, under other words
        later.append(moved)

    found = office.take_in("ahead", change)
    assert sorted(office.asked) == sorted(["", "", "", "", "", *later])
    assert found == office.take_in("by itself")
    assert len(office.asked) == len(found["submissions"]) == 5

    def correct(begun: LocalEngine) -> None:
        line = "150,2021,loans,Sheet1,A1,1,2,gọi điện,An,"
        head = "reporter_code,period,form,sheet,cell,typed,corrected,reason,by,until"
        (office.settings.corrections / "cell_corrections.csv").write_text(f"{head}\n{line}\n", encoding="utf-8")

    assert office.take_in("corrected", correct)["submissions"] == found["submissions"]
    assert len([submission for submission in office.asked if submission]) == 5


def test_a_hostile_file_takes_only_itself_along(office: Office) -> None:
    """One that kills its child and one that hangs: what is seen of them ahead is what becomes of them, and the second is waited for once."""
    office.settings = replace(office.settings, workers=2)
    shutil.copy(SAMPLE, office.settings.raw / "2021" / "Du no.xlsx")
    killed, hung = office.write("kills.txt", b"kill"), office.write("hangs.txt", b"hang")
    for number in range(6):
        office.write(f"{number}.txt", f"text {number}".encode())

    found = office.take_in("ahead", lambda begun: wait_until(lambda: len(begun._pool.tasks) == 1))
    assert not any(office.asked), "none is read twice"
    assert {row[0] for row in found["submissions"] if row[2] == "unreadable"} >= {killed, hung}
    assert len(found["submissions"]) == 9
    assert [row for row in found["submissions"] if row[1] == "xlsx" and row[2] == "read"]


@pytest.mark.parametrize(("bound", "most"), [("HELD_FILES", 3), ("HELD_BYTES", 1)])
def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, most: int) -> None:
    office = Office(tmp_path, monkeypatch)
    monkeypatch.setattr(engine, bound, most)
    submissions = [office.write(f"{number:02}.txt", f"text {number}".encode()) for number in range(12)]
    with closing(LocalEngine(1, 20.0, 3 << 29, 64 << 20)) as reading:
        found = [item for _, item in sorted(list_news(office.settings).items())]
        ahead = [task for item in found for task in taking._plan_ahead(office.settings, [item])]  # type: ignore[list-item]
        submissions[0] = office.write("00.txt", b"other bytes before it is read")
        reading.read_ahead(ahead)
        wait_until(lambda: reading._pool.is_paused and not any(worker.held for worker in reading._pool.workers))
        assert most <= len(reading._ended) <= most + pool.IN_HAND + 1  # the first, which was no longer as it was found, weighs nothing
        submissions[1] = office.write("01.txt", b"other bytes since, with the same mark, as on a disk that keeps no time")
        tasks = [replace(task, submission_id=submission) for task, submission in zip(ahead, submissions, strict=True)]
        outcomes = {task.submission_id: outcome.value for task, outcome in reading.read(tasks)}
        assert {submission: value and value.submission_id for submission, value in outcomes.items()} == dict(
            zip(submissions, submissions, strict=True)
        )
        assert reading._held_bytes == 0
        assert [task.submission_id for task, _ in reading.read(tasks[3:5])] == submissions[3:5], "and once more"


def test_what_hinders_it_is_the_run_s_to_say(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.write("a.txt", b"text")

    def refuse(*_: object) -> None:
        raise BlockingIOError("no more processes")

    with monkeypatch.context() as broken:
        broken.setattr(pool, "_Worker", refuse)
        with _reading_ahead(office.settings, list_news(office.settings)), closing(taking.open_engine(office.settings)) as reading:
            with pytest.raises(BlockingIOError):
                list(reading.read([Task("0" * 64, "", *[None] * 3)]))  # type: ignore[arg-type]
            assert reading.is_broken  # type: ignore[attr-defined]
    assert len(office.take_in("later")["submissions"]) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_nothing_is_left_of_a_run_that_is_stopped_while_it_starts(tmp_path: Path) -> None:
    (tmp_path / "raw" / "2021").mkdir(parents=True)
    (tmp_path / "raw" / "2021" / "hangs.txt").write_bytes(b"text")
    started = tmp_path / "started"
    code = (
        "import sys, builtins, signal, os; from pathlib import Path; real = builtins.__import__\n"
        "def slow(name, *rest):\n"
        "    if name == 'dagster':\n"
        f"        Path({str(started)!r}).touch(); signal.pause()\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = slow\n"
        "from coop_pipeline.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, "run", "--raw", str(tmp_path / "raw"), "--warehouse", str(tmp_path / "warehouse")],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=tmp_path, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    wait_until(started.exists)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    assert children
    run.send_signal(signal.SIGINT)
    assert "Đã dừng" in run.communicate(timeout=PATIENCE)[1]
    assert run.returncode == 1
    wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    assert not (tmp_path / "warehouse" / "received").exists()
