"""Workbooks read on an existing Dask cluster. Bytes and readings go over the shared storage; the scheduler carries keys.

A worker reads in a child process with the limits of one machine: no file can take a shared worker down.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from coop_pipeline.intake.engine import Outcomes
from coop_pipeline.intake.pool import READING_FIRST, READING_WITHOUT, Outcome, run_all
from coop_pipeline.intake.worker import Parsed, Task, run, unstream
from coop_pipeline.remote import RemoteTrouble
from coop_pipeline.remote.storage import Storage
from coop_pipeline.store.warehouse import code_version

ANSWER_SECONDS = 10.0
"""How long a scheduler may take to answer, and a cluster without a worker to get one."""
LOST_SECONDS = 60.0
"""How long a cluster may be without workers in the middle of the work before that is said."""
ROUND_FILES = 500
"""So many are handed to the cluster at once: what it reads of them waits on the storage."""
BATCH_FILES, BATCH_BYTES = 200, 64 << 20
FEW_FILES = 8
"""A worker starts one child for a batch, which costs as much as reading some files, and holds the batch's bytes."""


class WrongWorker(Exception):
    """A worker that came later and has another version of this package."""


def reading_version() -> str:
    """What a reading depends on beside the bytes: our code and the libraries that open a workbook."""
    from importlib.metadata import version

    libraries = " ".join(f"{name} {version(name)}" for name in ("python-calamine", "pyarrow"))
    return f"{code_version('coop_pipeline.forms', 'coop_pipeline.intake')} {libraries}"


@dataclass
class ClusterEngine:
    """`intake.engine.Engine` on the workers of a Dask scheduler.

    `shared` is a folder of this warehouse alone. It holds what has to be read (`inbox/`) and what was read and is not in the
    working database yet (`parsed/`): a run that was broken off is gone on with, and after one that was not, both are empty.
    """

    address: str
    shared: Storage
    file_seconds: float
    memory_bytes: int
    output_bytes: int
    _used: bool = field(default=False, init=False)

    def read(self, tasks: Sequence[Task]) -> Outcomes:
        for start in range(0, len(tasks), ROUND_FILES):
            yield from self._read(tasks[start : start + ROUND_FILES])

    def _read(self, tasks: Sequence[Task]) -> Outcomes:
        with _connected(self.address) as client:
            version = _agreed_version(client)
            keys = _name_readings(tasks, version)
            self._used = True
            there = self.shared.list("parsed")
            done = [index for index, key in enumerate(keys) if key in there]
            for start in range(0, len(done), BATCH_FILES):
                yield from self._fetch({index: Outcome(None) for index in done[start : start + BATCH_FILES]}, tasks, keys)
            todo = sorted({*range(len(tasks))} - {*done})
            batches = _make_batches(tasks, todo, sum(client.nthreads().values()))
            with client.get_executor(pure=False) as executor:
                waiting: dict[Future[list[Outcome[Parsed]]], list[int]] = {}
                try:
                    for batch in batches:
                        self.shared.write({_inbox(tasks[i]): Path(tasks[i].path).read_bytes() for i in batch})
                        job = Job([tasks[i] for i in batch], [keys[i] for i in batch], self.shared.url, version,
                                  self.file_seconds, self.memory_bytes, self.output_bytes)  # fmt: skip
                        waiting[executor.submit(read_batch, job)] = batch
                    for future in _as_completed(client, set(waiting)):
                        yield from self._fetch(dict(zip(waiting[future], _result(future), strict=True)), tasks, keys)
                except BaseException:
                    executor.shutdown(wait=False)  # cancels what has not begun
                    raise

    def settle(self) -> None:
        if self._used:
            self.shared.clear("inbox", "parsed")

    def close(self) -> None:
        pass

    def _fetch(self, found: dict[int, Outcome[Parsed]], tasks: Sequence[Task], keys: Sequence[str]) -> Outcomes:
        """The outcomes, by place, with the readings that the workers left on the storage."""
        stored = self.shared.read([keys[index] for index, outcome in found.items() if outcome.ok])
        for index, outcome in found.items():
            yield tasks[index], replace(outcome, value=from_parquet(stored[keys[index]])) if outcome.ok else outcome


# --- the worker's side ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Job:
    """What the scheduler carries to a worker."""

    tasks: list[Task]
    keys: list[str]
    shared: str
    version: str
    file_seconds: float
    memory_bytes: int
    output_bytes: int


def read_batch(job: Job) -> list[Outcome[Parsed]]:
    """Reads the files in one limited child and leaves the readings on the storage; the outcomes come back without values."""
    if job.version != reading_version():
        raise WrongWorker
    storage = Storage(job.shared)
    copies = storage.read([_inbox(task) for task in job.tasks])
    tasks = [replace(task, data=copies[_inbox(task)]) for task in job.tasks]
    outcomes = run_all(run, tasks, 1, job.file_seconds, job.memory_bytes, job.output_bytes, READING_WITHOUT, READING_FIRST)
    storage.write({key: to_parquet(o.value) for key, o in zip(job.keys, outcomes, strict=True) if o.value is not None})
    return [replace(outcome, value=None) for outcome in outcomes]


def to_parquet(parsed: Parsed) -> bytes:
    """A row for each table that has any, its rows as an Arrow stream, and one for the submission's own facts.

    A column for each field would take 30 ms to read and 50 KiB: a workbook has few rows in some hundred columns.
    """
    facts = json.dumps({name: getattr(parsed, name) for name in Parsed.__slots__ if name != "tables"}).encode()
    tables = {name: data for name, data in parsed.tables.items() if unstream(data).num_rows}
    sink = io.BytesIO()
    rows = pa.table({"name": ["", *tables], "rows": [facts, *tables.values()]})
    pq.write_table(rows, sink, compression="zstd", use_dictionary=False, write_statistics=False, write_page_checksum=True)
    return sink.getvalue()


def from_parquet(data: bytes) -> Parsed:
    found = pq.read_table(io.BytesIO(data), page_checksum_verification=True)
    (_, facts), *tables = zip(found["name"].to_pylist(), found["rows"].to_pylist(), strict=True)
    said = json.loads(facts)
    return Parsed(**{**said, "corrected": tuple(said["corrected"])}, tables=dict(tables))


# --- the parent's side ------------------------------------------------------------------------------------------------


def open_cluster(url: str, shared: str, file_seconds: float, memory_bytes: int, output_bytes: int) -> ClusterEngine:
    """The engine for `COOP_ENGINE=dask://scheduler:8786`, whose form `settings` has looked at."""
    return ClusterEngine(url.replace("dask://", "tcp://"), Storage(shared), file_seconds, memory_bytes, output_bytes)


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    try:
        from distributed import Client, rpc
    except ImportError as problem:
        raise RemoteTrouble("COOP_ENGINE cần cài thêm: pip install 'coop-pipeline[dask]'. (Install the extra dask.)") from problem

    async def ask() -> None:  # a client waits for ever for a port that takes calls and says nothing
        async with asyncio.timeout(ANSWER_SECONDS), rpc(address) as scheduler:
            await scheduler.identity()

    levels = {logger: logger.level for logger in map(logging.getLogger, ("distributed", "distributed.client"))}  # both have one
    for logger in levels:
        logger.setLevel(logging.CRITICAL)  # what it has to say is said by us, once
    try:
        try:
            asyncio.run(ask())
            client = Client(address, timeout=ANSWER_SECONDS, set_as_default=False, name="coop")
        except (OSError, TimeoutError, ValueError) as problem:
            raise RemoteTrouble(
                f"Máy điều phối Dask {address} không trả lời: kiểm tra COOP_ENGINE, hoặc bỏ đi để đọc trên máy này. "
                "(The Dask scheduler does not answer.)"
            ) from problem
        try:
            yield client
        finally:
            client.close(timeout=ANSWER_SECONDS)
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


def _agreed_version(client: Any) -> str:
    """The version of this process, which every worker has to have."""

    def tell() -> str:  # nested, so that it travels as code: a worker may lack the package
        try:
            from coop_pipeline.remote.cluster import reading_version

            return reading_version()
        except ImportError as problem:
            return f"! {problem}"

    try:
        client.wait_for_workers(1, timeout=ANSWER_SECONDS)
    except TimeoutError as problem:
        raise RemoteTrouble("Cụm Dask không có máy đọc nào. (The Dask cluster has no workers.)") from problem
    own = reading_version()
    for worker, said in sorted(client.run(tell, on_error="return").items()):
        if isinstance(said, BaseException):
            raise RemoteTrouble(f"Máy đọc {worker} không trả lời. (A Dask worker does not answer: {said})")
        if said.startswith("! "):
            raise RemoteTrouble(
                f"Máy đọc {worker} chưa cài được coop_pipeline: cài vào đó rồi chạy lại. (A Dask worker lacks this package: {said[2:]})"
            )
        if said != own:
            raise _wrong_worker(worker)
    return own


def _wrong_worker(worker: str) -> RemoteTrouble:
    return RemoteTrouble(
        f"Máy đọc {worker} chạy phiên bản coop_pipeline hoặc thư viện khác: cài cùng phiên bản rồi khởi động lại máy đọc. "
        "(A Dask worker has another version of this package or of its libraries.)"
    )


def _name_readings(tasks: Sequence[Task], version: str) -> list[str]:
    """Where the reading of each task is kept: the same bytes, read with other words, are another reading."""
    said: dict[int, str] = {}  # the corrections are one object for all
    names = []
    for task in tasks:
        corrections = said.setdefault(id(task.corrections), repr(replace(task.corrections, names=())))
        digest = hashlib.sha256(repr((version, task.evidence, corrections, task.limits)).encode()).hexdigest()
        names.append(f"parsed/{task.submission_id[:2]}/{task.submission_id}-{digest[:16]}.parquet")
    return names


def _inbox(task: Task) -> str:
    return f"inbox/{task.submission_id[:2]}/{task.submission_id}"


def _make_batches(tasks: Sequence[Task], todo: Sequence[int], threads: int) -> list[list[int]]:
    """Four for each thread where there is enough, so that none waits long for the last; large and small files mixed."""
    if not todo:
        return []
    sizes = {index: Path(tasks[index].path).stat().st_size for index in todo}
    each = len(todo) / max(threads, 1)
    files = min(BATCH_FILES, max(ceil(each / 4), min(FEW_FILES, ceil(each))))
    count = ceil(len(todo) / files)
    batches: list[list[int]] = []
    for start in range(count):
        batch: list[int] = []
        held = 0
        for index in todo[start::count]:  # the tasks come in the order of their sizes
            if batch and held + sizes[index] > BATCH_BYTES:
                batches.append(batch)
                batch, held = [], 0
            batch.append(index)
            held += sizes[index]
        batches.append(batch)
    return batches


def _as_completed(client: Any, waiting: set[Future[Any]]) -> Iterator[Future[Any]]:
    """The futures as they end; raises where nobody is left to end them."""
    last = time.monotonic()
    while waiting:
        done, waiting = wait(waiting, timeout=2.0, return_when=FIRST_COMPLETED)
        if client.status != "running":  # then the futures are cancelled; what was read lies on the storage
            raise RemoteTrouble("Mất liên lạc với máy điều phối Dask; chạy lại sẽ đọc tiếp. (The Dask scheduler is gone.)")
        yield from done
        if done or client.nthreads():
            last = time.monotonic()
        elif time.monotonic() - last > LOST_SECONDS:
            raise RemoteTrouble("Cụm Dask không còn máy đọc nào; chạy lại sẽ đọc tiếp. (The Dask cluster has lost all its workers.)")


def _result(future: Future[list[Outcome[Parsed]]]) -> list[Outcome[Parsed]]:
    try:
        return future.result()
    except RemoteTrouble:
        raise
    except WrongWorker:
        raise _wrong_worker("mới vào cụm") from None
    except CancelledError as problem:
        raise RemoteTrouble("Cụm Dask đã hủy việc đọc; chạy lại sẽ đọc tiếp. (The cluster cancelled the work.)") from problem
    except Exception as problem:
        said = f"{type(problem).__name__}: {problem}".partition("\n")[0][:200]
        raise RemoteTrouble(f"Cụm Dask không đọc được một phần; chạy lại sẽ đọc tiếp. (A Dask worker failed: {said})") from problem
