"""The pool: whatever a file does to its process, the other files are read and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pool_tasks import behave

from coop_pipeline.intake.pool import Outcome, Pool, PoolBroken, run_all

ROOT = Path(__file__).resolve().parents[1]
MEMORY = 3 << 29
PATIENCE = 120  # seconds; a busy machine


def run(*tasks: str, workers: int = 2, timeout: float = 20.0, memory: int = MEMORY) -> list[Outcome[str]]:
    return run_all(behave, tasks, workers, timeout, memory)


def test_outcomes_come_in_the_order_of_the_tasks() -> None:
    tasks = [f"ok:{number}" for number in range(300)]
    outcomes = run_all(behave, tasks, 3, 20.0, MEMORY)
    assert [outcome.value for outcome in outcomes] == tasks


def test_nothing_to_do_starts_nothing() -> None:
    assert run() == []


def test_one_task_runs_in_a_child_too() -> None:
    [outcome] = run("pid", workers=0)
    assert outcome.value != str(os.getpid())


@pytest.mark.parametrize(
    ("task", "error", "detail"),
    [
        ("exit:3", "died", "exit status 3"),
        ("abort", "died", "SIGABRT"),
        ("segfault", "died", "SIGSEGV"),
        ("panic", "panic", "RustPanic: range end index 64"),
        ("raise", "failed", "ValueError: our own mistake"),
        ("eat", "memory", "MemoryError"),
        ("rust", "memory", "memory allocation of"),
        ("noise", "died", "last words"),
    ],
)
def test_a_bad_file_takes_only_itself_along(task: str, error: str, detail: str) -> None:
    outcomes = run("a", "b", task, "c", "d", workers=1)
    assert [outcome.value for outcome in outcomes] == ["a", "b", None, "c", "d"]
    assert outcomes[2].error == error
    assert detail in outcomes[2].detail
    assert len(outcomes[2].detail) < 5_000


def test_a_hang_ends_at_the_timeout() -> None:
    before = children(os.getpid())
    assert [outcome.error for outcome in run("hang", "spin", timeout=0.3)] == ["timeout", "timeout"]
    assert children(os.getpid()) == before


def test_a_child_that_the_machine_lets_wait_does_not_hang() -> None:
    """Longer by the clock than its time, within its cap on CPU."""
    assert [outcome.error for outcome in run("late:0.9", timeout=0.6)] == [None]


def test_a_hang_takes_only_itself_along() -> None:
    outcomes = run("hang", "a", "b", workers=2, timeout=8)  # long enough for "a" on a machine with other work
    assert [outcome.error for outcome in outcomes] == ["timeout", None, None]


def test_an_answer_over_the_limit_is_not_held() -> None:
    outcomes = run_all(behave, ["a", f"large:{2 << 20}", "b"], 1, 20.0, MEMORY, output_bytes=1 << 20)
    assert [outcome.error for outcome in outcomes] == [None, "output", None]
    assert [outcome.value for outcome in outcomes] == ["a", None, "b"]


def test_many_bad_files_in_a_row() -> None:
    tasks = ["exit", "ok", "panic", "abort"] * 3
    assert [outcome.error for outcome in run(*tasks)] == ["died", None, "panic", "died"] * 3


def test_no_file_can_be_written(tmp_path: Path) -> None:
    outcomes = run(f"write:{tmp_path / 'escaped'}", "a")
    assert outcomes[0].error == "failed"
    assert not (tmp_path / "escaped").exists() or not (tmp_path / "escaped").read_bytes()
    assert outcomes[1].ok


def test_a_file_is_judged_in_a_fresh_process() -> None:
    outcomes = run("a", "b", "fragile", "c", workers=1)
    assert [outcome.value for outcome in outcomes] == ["a", "b", "fragile", "c"]


def test_a_greedy_reader_is_replaced() -> None:
    memory = 400 << 20
    outcomes = run("pid", "pid", f"large:{150 << 20}", "pid", workers=1, memory=memory)
    pids = [outcome.value for outcome in outcomes if outcome.value and len(outcome.value) < 20]
    assert pids[0] == pids[1] != pids[2]


def test_large_tasks_and_results() -> None:
    task = "ok:" + "y" * (5 << 20)
    assert [outcome.value for outcome in run(task, f"large:{20 << 20}", task)] == [task, "x" * (20 << 20), task]


def test_children_import_no_heavy_thing() -> None:
    [outcome] = run_all(behave, ["modules"], 1, 20.0, MEMORY, without=("numpy", "nowhere"), first=("colorsys",))
    modules = (outcome.value or "").split()
    assert {"numpy", "nowhere"} <= set(modules)  # as missing ones
    assert "colorsys" in modules
    assert not {"dagster", "duckdb", "pandas", "openpyxl", "multiprocessing"} & set(modules)


def test_the_terminal_stays_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    run("noise", "a")
    assert capfd.readouterr() == ("", "")


def test_a_function_that_does_not_import_is_our_mistake() -> None:
    def local(task: str) -> str:
        return task

    with pytest.raises((PoolBroken, AttributeError)):
        run_all(local, ["a"], 1, 5.0, MEMORY)


def test_an_answer_that_waits_for_us_is_not_late() -> None:
    with Pool(behave, 3, 1.0, MEMORY) as pool:
        pool.begin(["a", *["large:2000000"] * 4])  # too large for a socket: a child is not rid of it until it is heard
        ended = {}
        for number, outcome in pool.outcomes():
            time.sleep(1.5)
            ended[number] = (outcome.error, len(outcome.value or ""))
    assert ended == {0: (None, 1), **dict.fromkeys(range(1, 5), (None, 2_000_000))}


def test_a_failure_of_ours_leaves_no_child() -> None:
    before = children(os.getpid())
    with Pool(behave, 2, 20.0, MEMORY) as pool, suppress(KeyboardInterrupt):
        pool.begin(["a", "hang", "b"])
        for _ in pool.outcomes():
            raise KeyboardInterrupt
    assert children(os.getpid()) == before


def test_children_may_start_before_their_tasks_and_get_more_of_them() -> None:
    before = children(os.getpid())
    with Pool(behave, 2, 20.0, MEMORY) as pool:
        pool.prepare(5)
        first, second = (worker.process for worker in pool.workers)
        first.kill()
        pool.begin(["pid", "pid"])
        pids = {outcome.value for outcome in pool.finish()}
        assert str(second.pid) in pids
        assert str(first.pid) not in pids
        pool.begin(["ok", "exit", "ok"])
        assert [outcome.error for outcome in pool.finish()] == [None, "died", None]
        pool.begin([])
        assert pool.finish() == []
        pool.begin(["hang"])  # not waited for
    assert children(os.getpid()) == before


def test_it_works_in_a_thread() -> None:
    outcomes: list[Outcome[str]] = []
    thread = threading.Thread(target=lambda: outcomes.extend(run("a", "exit", "b")))
    thread.start()
    thread.join(PATIENCE)
    assert [outcome.value for outcome in outcomes] == ["a", None, "b"]


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def children(parent: int) -> set[int]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_orphan_when_the_parent_is_killed(how: signal.Signals, tmp_path: Path) -> None:
    at_work = [tmp_path / "one", tmp_path / "two"]
    code = (
        "import sys; tasks = sys.argv[1:3]; sys.path[:0] = sys.argv[3:]; from pool_tasks import behave; "
        "from coop_pipeline.intake.pool import run_all; run_all(behave, tasks, 2, 100, 3 << 29)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, f"hang:{at_work[0]}", f"spin:{at_work[1]}", str(ROOT), str(ROOT / "tests")],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(lambda: all(path.exists() for path in at_work))
    workers = children(parent.pid)
    assert len(workers) == 2
    parent.send_signal(how)
    parent.wait(PATIENCE)
    wait_until(lambda: not any(map(is_running, workers)))


def wait_until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)
