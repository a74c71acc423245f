"""What spreading the reading of workbooks over processes and hosts costs and gains: writes the tables of docs/scale.md to stdout.

    python -m benchmarks.scale --files 192        needs the extra dask; some minutes on two cores

The workbooks are the samples, each several times with bytes of its own. Times are of the reading alone, without Dagster and
the tables; CPU seconds are those of the readers and of the parent, which hold on a busy machine, too.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import resource
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from coop_pipeline.intake import door
from coop_pipeline.intake.context import read_path
from coop_pipeline.intake.corrections import Corrections
from coop_pipeline.intake.engine import Engine, LocalEngine
from coop_pipeline.intake.worker import Parsed, Task, unstream
from coop_pipeline.remote.cluster import ClusterEngine, from_parquet, to_parquet
from coop_pipeline.remote.storage import Storage
from coop_pipeline.settings import Settings
from coop_pipeline.store.warehouse import open_working, replace_readings
from coop_pipeline.taking import describe_submissions

PROJECT = Path(__file__).parents[1]
SETTINGS = Settings(Path(), Path(), Path())
LIMITS = SETTINGS.file_seconds, SETTINGS.memory_bytes, SETTINGS.output_bytes


def make_tasks(count: int, folder: Path) -> list[Task]:
    samples = sorted(path for path in (PROJECT / "data" / "raw").rglob("*.xlsx"))
    tasks = []
    for number in range(count):
        sample = samples[number % len(samples)]
        buffer = io.BytesIO(sample.read_bytes())
        with zipfile.ZipFile(buffer, "a") as archive:
            archive.comment = str(number).encode()
        data = buffer.getvalue()
        submission = hashlib.sha256(data).hexdigest()
        (folder / submission).write_bytes(data)
        evidence = read_path(str(sample.relative_to(PROJECT / "data" / "raw")))
        tasks.append(Task(submission, str(folder / submission), evidence, Corrections(), door.Limits()))
    return sorted(tasks, key=lambda task: -Path(task.path).stat().st_size)


def cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def measure(name: str, engine: Engine, tasks: list[Task], workers: Callable[[], float]) -> list[Parsed]:
    began, parent, readers = time.perf_counter(), cpu(resource.RUSAGE_SELF), workers()
    outcomes = [outcome for _, outcome in engine.read(tasks)]
    engine.close()
    seconds, parent, readers = time.perf_counter() - began, cpu(resource.RUSAGE_SELF) - parent, workers() - readers
    engine.settle()
    found = [outcome.value for outcome in outcomes if outcome.value is not None]
    print(f"| {name} | {seconds:.1f} | {len(tasks) / seconds:.0f} | {1000 * readers / len(tasks):.0f} | {1000 * parent / len(tasks):.1f} |")
    assert len(found) == len(tasks)
    return found


def children() -> float:
    return cpu(resource.RUSAGE_CHILDREN)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=192)
    parser.add_argument("--local", action="store_true", help="without Dask")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "inbox").mkdir()
        tasks = make_tasks(given.files, folder / "inbox")
        print(f"{given.files} workbooks; load of the machine before: {os.getloadavg()[0]:.1f}\n")
        print("| reading | seconds | workbooks/s | CPU ms a workbook, readers | CPU ms a workbook, parent |\n|---|--:|--:|--:|--:|")
        for workers in (1, 2):
            parsed = measure(f"this machine, {workers}", LocalEngine(workers, *LIMITS), tasks, children)
        for workers in () if given.local else (1, 2):
            read_on_dask(workers, tasks, folder)
        tell_volumes(tasks, parsed, folder)


def read_on_dask(workers: int, tasks: list[Task], folder: Path) -> None:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=None, local_directory=str(folder), scheduler_kwargs={"dashboard": False}
    ) as cluster:

        def used() -> float:
            with cluster.get_client() as client:
                return sum(client.run(lambda: cpu(resource.RUSAGE_SELF) + cpu(resource.RUSAGE_CHILDREN)).values())

        used()
        engine = ClusterEngine(cluster.scheduler_address, Storage(f"file://{folder}/shared-{workers}"), *LIMITS)
        measure(f"Dask, {workers}", engine, tasks, used)


def tell_volumes(tasks: list[Task], parsed: list[Parsed], folder: Path) -> None:
    """What a cluster adds to a workbook, and what stays with the one writer."""
    count = len(tasks)

    def timed(work: Callable[[], object]) -> float:
        began = cpu(resource.RUSAGE_SELF)
        work()
        return 1000 * (cpu(resource.RUSAGE_SELF) - began) / count

    packed: list[bytes] = []
    packing = timed(lambda: packed.extend(to_parquet(reading) for reading in parsed))
    unpacking = timed(lambda: [from_parquet(data) for data in packed])
    with open_working(folder / "working.duckdb") as connection:
        submissions = describe_submissions(parsed, {reading.submission_id: "" for reading in parsed})
        storing = timed(
            lambda: replace_readings(
                connection, [], [{name: unstream(data) for name, data in reading.tables.items()} for reading in parsed], submissions
            )
        )
    sent = sum(Path(task.path).stat().st_size for task in tasks) / count
    back = sum(map(len, packed)) / count
    print(
        f"\nA workbook: {sent / 1024:.1f} KiB to the worker, {back / 1024:.1f} KiB back. CPU: {packing:.1f} ms packing there, "
        f"{unpacking:.1f} ms unpacking and {storing:.1f} ms storing here."
    )


if __name__ == "__main__":
    main()
