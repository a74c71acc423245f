"""A fault at every n-th write of a run and of each movement of what is published; then what must hold.

python -m tests.faults [--every K | --few K | --only N] [--scenario run] [--fault kill] [--seed N] [--log]

After each fault the published file opens and holds the old tables or the new ones, and the ledger says which; the same work, done again and
undisturbed, ends with the tables and the files of a warehouse where nothing ever happened.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pickle
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, get_args

from coop_pipeline import stages, taking
from coop_pipeline.defs.failures import explain
from coop_pipeline.intake import engine, worker
from coop_pipeline.intake.pool import Outcome
from coop_pipeline.intake.vocabulary import Vocabulary
from coop_pipeline.outputs import exports, returning
from coop_pipeline.settings import Settings
from coop_pipeline.store.lock import hold_warehouse
from coop_pipeline.store.publications import HELD, LEDGER, Publications
from coop_pipeline.store.publish import ordered_checksums, release, roll_back
from coop_pipeline.store.warehouse import open_working

from .writes import Fault, Writes

SAMPLES = Path(__file__).parents[2] / "data" / "raw"
BEFORE = {
    "2021/NHNN/Du no.xlsx": "2020/NHNN/Du no HTX 31-12-2020.xlsx",
    "2020/Quy/Cho vay.xlsx": "2020/Quy HTPT HTX/Cho vay 2020.xlsx",
    "2021/Cao Phong/mat khau.xlsx": "2021/Cao Phong/HTX Cao Phong mat khau.xlsx",
}
AFTER = {  # one is another now, one is gone, one is new
    "2021/NHNN/Du no.xlsx": "2021/NHNN/Du no HTX 31-12-2021.xlsx",
    "2021/Cao Phong/mat khau.xlsx": "2021/Cao Phong/HTX Cao Phong mat khau.xlsx",
    "2021/XTTM/XTTM.xlsx": "2021/XTTM/XK và XTTM 2021.xlsx",
}
Checksums = dict[str, str]
FAULTS: tuple[Fault, ...] = get_args(Fault)


# ---- the work


def place(files: Mapping[str, str], raw: Path) -> Path:
    """A raw folder of a few samples."""
    for path, sample in files.items():
        (raw / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(SAMPLES / sample, raw / path)
    return raw


def warm() -> None:
    """What every process would otherwise load or compute for itself."""
    import openpyxl  # noqa: F401
    import pandas  # noqa: F401

    stages.all_tables()
    stages.tables_version()
    stages.Vocabulary = cache(Vocabulary)  # type: ignore[misc]
    stages.Vocabulary()


def run(settings: Settings, *, hold_back: bool = False) -> None:
    """What the job does, without Dagster, charts and report."""
    with hold_warehouse(settings.warehouse, "a run", 0), open_working(settings.working) as connection:
        files = stages.load_corrections(settings)
        taking.take_in(settings, connection, files.corrections)
        stages.build_core(connection, files)
        stages.build_marts(connection)
        stages.publish_tables(settings, connection, run_id="a run", hold_back=hold_back)
        returning.write_all(settings, connection)
        exports.write_exports(settings)


def hold(settings: Settings) -> None:
    run(settings, hold_back=True)


def release_held(settings: Settings) -> None:
    if Publications(settings.target).held() is not None:  # else the killed one got so far
        with hold_warehouse(settings.warehouse, "a release", 0):
            release(settings.target, settings.keep_versions, run="a release")
    exports.write_exports(settings)


def put_back(settings: Settings) -> None:
    if Publications(settings.target).held() is None or len(Publications(settings.target).earlier()):
        with hold_warehouse(settings.warehouse, "a roll back", 0):
            roll_back(settings.target, settings.keep_versions, run="a roll back")
    exports.write_exports(settings)


@dataclass(frozen=True)
class Scenario:
    """What is disturbed, and what was there before."""

    name: str
    work: Callable[[Settings], None]
    before: tuple[Callable[[Settings], None], ...] = ()
    """Done undisturbed: the first with the files of BEFORE, what follows with those of AFTER."""


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("first", run),
        Scenario("run", run, (run,)),
        Scenario("hold", hold, (run,)),
        Scenario("release", release_held, (run, hold)),
        Scenario("roll_back", put_back, (run, run)),
    )
}


# ---- the trial


class Trial:
    """One scenario in a folder of its own: its warehouse before, what the work makes of it undisturbed, and any number of faults."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario = scenario
        warm()
        place(BEFORE, folder / "before")
        place(AFTER, folder / "after")
        self.folder = folder
        self.template = folder / "template"
        self.warehouse = folder / "warehouse"
        self.after = Settings(folder / "after", self.warehouse, folder / "corrections", workers=1)
        self.before = Settings(folder / "before", self.warehouse, folder / "corrections", workers=1)
        self.kept = folder / "kept.pickle"
        self.old = self.fork(self._prepare)
        self.warehouse.rename(self.template) if self.warehouse.exists() else self.template.mkdir()
        self._restore()
        self.new, self.files, self.log = self.fork(self._work_undisturbed)

    def fork(self, function: Callable[[], Any]) -> Any:
        """The function's result in a process of its own, which knows all that was read so far; RuntimeError where it fails."""
        status, result, said = forked(lambda: _answer(function, self.kept))
        if status != 0:
            raise RuntimeError(f"{self.scenario.name}: {said}")
        return result

    def _prepare(self) -> Checksums:
        for number, work in enumerate(self.scenario.before):
            work(self.before if number == 0 else self.after)
        return self._published()

    def _work_undisturbed(self) -> tuple[Checksums, list[str], list[str]]:
        writes = Writes(self.warehouse)
        writes.install()
        self.scenario.work(self.after)
        log = [*writes.log]
        return self._published(), self._list(), log

    def _restore(self) -> None:
        shutil.rmtree(self.warehouse, ignore_errors=True)
        shutil.copytree(self.template, self.warehouse, copy_function=shutil.copy2, symlinks=True)

    def disturb(self, at: int, fault: Fault) -> str:
        """What went on after a fault at this write: `killed`, `aborted`, `failed: …` (what a person is told) or `done`. AssertionError where something does not hold."""
        self._restore()
        status, said, noise = forked(lambda: _answer(lambda: self._work_disturbed(at, fault), self.kept))
        where = f"{self.scenario.name}, {fault} at {at} ({self.log[at - 1]})"
        if status == 0:
            assert not said.startswith("failed: Lỗi của phần mềm"), f"{where}: {said}"
        else:
            # DuckDB ends the process where it cannot even cut off its log: what a kill leaves, and no more.
            assert os.WTERMSIG(status) == (signal.SIGKILL if fault == "kill" else signal.SIGABRT), f"{where}: {noise}"
            said = "killed" if fault == "kill" else "aborted"
        try:
            self.fork(self._check)
        except RuntimeError as problem:
            raise AssertionError(f"{where}, {said}\n{problem}") from None
        return said

    def _work_disturbed(self, at: int, fault: Fault) -> str:
        Writes(self.warehouse, at, fault).install()
        try:
            self.scenario.work(self.after)
        except Exception as problem:
            said = explain(problem)
            if said.startswith("Lỗi của phần mềm"):
                said += "\n" + traceback.format_exc()
            return f"failed: {said}"
        return "done"

    def _check(self) -> None:
        shelf = Publications(self.after.target)
        found = self._published()
        assert found in (self.old, self.new), f"the published file is neither the old nor the new one: {len(found)} tables"
        moves = [entry for entry in shelf.entries() if entry.action != "held"]
        assert (moves[-1].version if moves else "") == shelf.standing(), "the ledger says another version stands"
        for path in shelf.list_files(HELD):
            ordered_checksums(path)
        self.scenario.work(self.after)
        assert self._published() == self.new, "after the repair the tables differ"
        assert self._list() == self.files, f"after the repair the files differ: {set(self._list()) ^ set(self.files)}"

    def _published(self) -> Checksums:
        """Of the file that stands, and of the one that is held."""
        shelf = Publications(self.after.target)
        assert not Path(f"{shelf.target}.wal").exists()
        held = shelf.held()
        found = ordered_checksums(shelf.target) if shelf.target.exists() else {}
        return found | ({f"held {name}": made for name, made in ordered_checksums(held).items()} if held else {})

    def _list(self) -> list[str]:
        """All files and folders, without the names of versions and sets."""
        names = sorted(str(path.relative_to(self.warehouse)) for path in self.warehouse.rglob("*") if path.name != f".{LEDGER}")
        return [re.sub(r"\d{8}T\d{6}[\w.]*Z(-\w{12})?", "VERSION", name) for name in names]


# ---- processes


def forked(function: Callable[[], Any]) -> tuple[int, Any, str]:
    """Status, result and what was printed of a function in a process of its own."""
    receives, sends = os.pipe()
    child = os.fork()
    if not child:
        os.close(receives)
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            payload = pickle.dumps((function(), ""))
            status = 0
        except BaseException:
            payload, status = pickle.dumps((None, traceback.format_exc())), 1
        with os.fdopen(sends, "wb") as answer:
            answer.write(payload)
        os._exit(status)
    os.close(sends)
    with os.fdopen(receives, "rb") as answer:
        data = answer.read()
    status = os.waitpid(child, 0)[1]
    result, said = pickle.loads(data) if data else (None, f"ended with status {status}")
    return status, result, said


def _answer(function: Callable[[], Any], kept: Path) -> Any:
    """Calls it with children that remember: what was read or marked once is not read again, and no process is started for it."""
    known: dict[bytes, Any] = pickle.loads(kept.read_bytes()) if kept.exists() else {}
    asked = len(known)

    def run_known(work: Callable[[Any], Any], tasks: Sequence[Any], *_: object) -> list[Outcome[Any]]:
        outcomes = []
        for task in tasks:
            key = pickle.dumps((work.__name__, task))
            if key not in known:
                known[key] = work(task)
            outcomes.append(Outcome(known[key]))
        return outcomes

    def read_known(_: engine.LocalEngine, tasks: Sequence[worker.Task]) -> engine.Outcomes:
        known_as = [replace(task, mark="") for task in tasks]  # a time of change, other in every copy of the raw folder
        yield from zip(tasks, run_known(worker.run, known_as), strict=True)

    engine.LocalEngine.read = read_known  # type: ignore[method-assign]
    returning.run_all = run_known  # type: ignore[assignment]
    exports._write_workbook = lambda reader, tables, rows, path: path.touch()  # half of a run's time, and no other kind of write
    result = function()
    if len(known) > asked:
        kept.write_bytes(pickle.dumps(known))
    return result


# ---- the command


@contextlib.contextmanager
def opened(scenario: Scenario) -> Iterator[Trial]:
    with tempfile.TemporaryDirectory(prefix="coop-faults-") as name:
        yield Trial(scenario, Path(name))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="every k-th write (default: every one)")
    parser.add_argument("--few", type=int, help="so many of each kind, at random, instead of every k-th")
    parser.add_argument("--scenario", choices=SCENARIOS, action="append")
    parser.add_argument("--fault", choices=FAULTS, action="append")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--only", type=int, help="this write only")
    parser.add_argument("--log", action="store_true", help="list the writes and do nothing")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    broken = 0
    for name in given.scenario or SCENARIOS:
        with opened(SCENARIOS[name]) as trial:
            print(f"{name}: {len(trial.log)} writes", flush=True)
            if given.log:
                print(*(f"{number} {line}" for number, line in enumerate(trial.log, 1)), sep="\n")
                continue
            for fault in given.fault or FAULTS:
                began, seen = time.monotonic(), Counter[str]()
                every = range(1 + chance.randrange(given.every), len(trial.log) + 1, given.every)
                for at in [given.only] if given.only else chance.sample(every, given.few) if given.few else every:
                    try:
                        seen[trial.disturb(at, fault).partition(":")[0]] += 1
                    except AssertionError as problem:
                        broken += 1
                        print(f"BROKEN: {problem}", flush=True)
                print(f"  {fault}: {json.dumps(seen)}, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{broken} broken")
    return min(broken, 1)


if __name__ == "__main__":
    sys.exit(main())
