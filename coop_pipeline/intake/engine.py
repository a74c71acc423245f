"""Where workbooks are read: one interface; child processes of this machine, or a cluster (`remote.cluster`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from coop_pipeline.intake.pool import READING_FIRST, READING_WITHOUT, Outcome, Pool
from coop_pipeline.intake.worker import Parsed, Task, run

Done = Callable[[int, Outcome[Parsed]], None]


class Engine(Protocol):
    """An executor of `worker.run`. Unlike the futures of `concurrent.futures`, what becomes of a file is a value, never raised."""

    def read(self, tasks: Sequence[Task], on_done: Done | None = None) -> list[Outcome[Parsed]]:
        """The outcomes in the order of the tasks; `on_done` is called in this thread as each one ends.

        Raises where the engine itself fails, which is no file's fault; what was read by then may be found by the next call.
        """

    def settle(self) -> None:
        """Told once the readings are in the working database: whatever the engine kept of them may go."""

    def close(self) -> None:
        """Nothing is read any more, be all settled or not."""


class LocalEngine:
    """Child processes on this machine, started for the first file and kept for the next ones."""

    def __init__(self, workers: int, file_seconds: float, memory_bytes: int, output_bytes: int) -> None:
        self._pool: Pool[Task, Parsed] = Pool(run, workers, file_seconds, memory_bytes, output_bytes, READING_WITHOUT, READING_FIRST)

    def prepare(self, files: int) -> None:
        """Starts children for about so many files before any of them is known."""
        self._pool.prepare(files)

    def read(self, tasks: Sequence[Task], on_done: Done | None = None) -> list[Outcome[Parsed]]:
        self._pool.begin(tasks)
        return self._pool.finish(on_done)

    def settle(self) -> None:
        pass

    def close(self) -> None:
        self._pool.close()
