"""Where workbooks are read: one interface; child processes of this machine, or a cluster (`remote.cluster`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from coop_pipeline.intake.pool import READING_WITHOUT, Outcome, Pool
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


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """Child processes on this machine."""

    workers: int
    file_seconds: float
    memory_bytes: int
    output_bytes: int

    def prepare(self, files: int) -> None:
        """Starts children for about so many files before any of them is known, for the next engine of these limits in this process. `settle` ends them."""
        _prepared.setdefault(self, self._make_pool()).prepare(files)

    def read(self, tasks: Sequence[Task], on_done: Done | None = None) -> list[Outcome[Parsed]]:
        with _prepared.pop(self, None) or self._make_pool() as pool:
            pool.begin(tasks)
            return pool.finish(on_done)

    def settle(self) -> None:
        if (pool := _prepared.pop(self, None)) is not None:
            pool.close()

    def _make_pool(self) -> Pool[Task, Parsed]:
        return Pool(run, self.workers, self.file_seconds, self.memory_bytes, self.output_bytes, READING_WITHOUT)


_prepared: dict[LocalEngine, Pool[Task, Parsed]] = {}
"""Children that nobody has given a file yet."""
