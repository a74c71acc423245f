"""`coop run` killed at random instants, over and over in one warehouse whose workbooks change each time.

python -m tests.faults.kills [--n 100] [--readers 2] [--seed N]

After each kill the published file is whole, and no process of the run is left; after every tenth an undisturbed run brings the tables to what
a new warehouse has, and the history says that the killed ones failed. Readers look on all the time, each with one connection that stays open.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from coop_pipeline.cli import main as coop
from coop_pipeline.store.publications import Publications
from coop_pipeline.store.publish import ordered_checksums

from .__main__ import AFTER, BEFORE, Checksums, forked, place, warm

TABLES = ("core.", "mart.", "quality.", "ref.")
READER = """
import pathlib, sys, time, duckdb
target, until = sys.argv[1], sys.argv[2]
QUERY = "select count(*), sum(rows_read), (select count(*) from mart.indicators) from quality.submissions"
kept, before, reads, seen = None, None, 0, set()
while not pathlib.Path(until).exists():
    if kept is None and pathlib.Path(target).exists():
        kept = duckdb.connect(target, read_only=True)
        before = kept.execute(QUERY).fetchall()
    if kept is not None:
        assert kept.execute(QUERY).fetchall() == before, "what an open connection sees has changed"
        code = "import sys, duckdb; print(duckdb.connect(sys.argv[1], read_only=True).execute(sys.argv[2]).fetchall())"
        import subprocess
        if reads % 20 == 0:
            seen.add(subprocess.run([sys.executable, "-c", code, target, QUERY], capture_output=True, text=True, check=True).stdout)
    reads += 1
    time.sleep(0.25)
print(reads, len(seen))
"""


def run(raw: Path, warehouse: Path) -> int:
    return coop(["run", "--raw", str(raw), "--warehouse", str(warehouse), "--json"])


def kill_at(seconds: float, raw: Path, warehouse: Path) -> bool:
    """Starts a run and kills it after so many seconds; whether it was still at work. Its children must be gone at once."""
    child = os.fork()
    if not child:
        os.setsid()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1), os.dup2(null, 2)
        os._exit(run(raw, warehouse))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        time.sleep(0.01)
    children = list_children(child)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    end = time.monotonic() + 10
    while left := [pid for pid in children if is_running(pid)]:
        assert time.monotonic() < end, f"orphans: {left}"
        time.sleep(0.02)
    return True


def list_children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def read(target: Path) -> Checksums:
    return {name: made for name, made in ordered_checksums(target).items() if name.startswith(TABLES)} if target.exists() else {}


def in_child(function: object, *arguments: object) -> object:
    status, result, said = forked(lambda: function(*arguments))  # type: ignore[operator]
    assert status == 0, said
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--readers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20261122)
    given = parser.parse_args()
    import coop_pipeline.definitions  # noqa: F401  as every run would, at some seconds each

    warm()
    os.environ.pop("DAGSTER_HOME", None)
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="coop-kills-") as name:
        folder = Path(name)
        sets = [place(files, folder / number) for number, files in (("one", BEFORE), ("two", AFTER))]
        warehouse, until = folder / "warehouse", folder / "enough"
        wanted: list[Checksums] = []
        length = 0.0
        for number, raw in enumerate(sets):  # what undisturbed runs make, and how long one takes
            began = time.monotonic()
            assert in_child(run, raw, folder / f"undisturbed{number}") == 0
            length = time.monotonic() - began
            wanted.append(in_child(read, folder / f"undisturbed{number}" / "coop.duckdb"))  # type: ignore[arg-type]
        target = warehouse / "coop.duckdb"
        readers = [
            subprocess.Popen([sys.executable, "-c", READER, str(target), str(until)], stdout=subprocess.PIPE, text=True)
            for _ in range(given.readers)
        ]
        killed = ended = repaired = 0
        try:
            while killed < given.n:
                which = chance.randrange(2)
                was_killed = kill_at(chance.uniform(0, length * 1.1), sets[which], warehouse)
                killed, ended = killed + was_killed, ended + (not was_killed)
                found = in_child(read, target)
                assert found in ({}, *wanted), "the published file is not whole"
                if was_killed and (killed % 10 == 0 or killed == given.n):
                    assert in_child(run, sets[which], warehouse) == 0, "the next run did not repair it"
                    assert in_child(read, target) == wanted[which], "after the repair the tables differ"
                    assert all(entry.version for entry in Publications(target).entries())
                    in_child(check_history, warehouse / ".dagster")
                    repaired += 1
                    print(f"{killed} killed, {ended} ended before, {repaired} repaired and compared", flush=True)
        finally:
            until.touch()
            said = [reader.communicate(timeout=60)[0].split() for reader in readers]
        assert all(reader.returncode == 0 for reader in readers), "a reader saw what it should not"
        reads = sum(int(words[0]) for words in said)
        print(
            f"{killed} killed, {ended} ended before, {repaired} repaired and compared, {reads} reads by {len(readers)} readers", flush=True
        )
    return 0


def check_history(state: Path) -> None:
    """Every run but the one that ended is marked as failed; none is left as if it were at work."""
    from dagster import DagsterInstance

    with DagsterInstance.from_config(str(state)) as instance:
        left = [run.run_id for run in instance.get_runs() if not run.is_finished]
    assert left == [], f"not marked: {left}"


if __name__ == "__main__":
    sys.exit(main())
