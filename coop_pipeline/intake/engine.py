"""Where workbooks are read: one interface; child processes of this machine, or a cluster (`remote.cluster`)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from coop_pipeline.intake.pool import READING_FIRST, READING_WITHOUT, Outcome, Pool

if TYPE_CHECKING:  # Arrow takes longer to import than a child to start
    from coop_pipeline.intake.worker import Parsed, Task

READ = "coop_pipeline.intake.worker:run"
HELD_FILES, HELD_BYTES = 500, 64 << 20
"""So much of what was read may wait to be asked for; then the children wait."""

Outcomes: TypeAlias = "Generator[tuple[Task, Outcome[Parsed]], None, None]"


class Engine(Protocol):
    """An executor of `worker.run`. Unlike the futures of `concurrent.futures`, what becomes of a file is a value, never raised."""

    def read(self, tasks: Sequence[Task]) -> Outcomes:
        """What becomes of each task, in the order in which they end. What is not taken yet goes on meanwhile, within bounds.

        Raises where the engine itself fails, which is no file's fault; what was read by then may be found by the next call.
        """

    def settle(self) -> None:
        """Told once the readings are in the working database: whatever the engine kept of them may go."""

    def close(self) -> None:
        """Nothing is read any more, be all settled or not."""


class LocalEngine:
    """Child processes on this machine, which a thread feeds and hears: they go on while this process does something else.

    Children end with the thread that started them, so that it lives until the engine is closed.
    """

    def __init__(self, workers: int, file_seconds: float, memory_bytes: int, output_bytes: int) -> None:
        self._pool: Pool[Task, Parsed] = Pool(READ, workers, file_seconds, memory_bytes, output_bytes, READING_WITHOUT, READING_FIRST)
        self._pool.on_done = self._keep
        self._state = threading.Condition()  # around all that both threads touch, the pool but for its waiting included
        self._ended: deque[tuple[int, Outcome[Parsed]]] = deque()
        self._held_bytes = 0
        self._ahead: dict[str, tuple[int, Task]] = {}
        self._problem: BaseException | None = None
        self._is_closing = False
        self._driver: threading.Thread | None = None

    @property
    def is_broken(self) -> bool:
        return self._problem is not None

    def prepare(self, files: int) -> None:
        """Starts children for about so many files before any of them is known."""
        with self._state:
            self._pool.prepare(files)

    def read_ahead(self, tasks: Sequence[Task]) -> None:
        """Begins on what lies in the raw folder before anybody asks for it: tasks without a submission, by their marks.

        What `read` then asks for is taken from there where it is the same bytes under the same words; all else is dropped.
        """
        with self._state:
            self._ahead |= {task.mark: (self._pool.put(task), task) for task in tasks}
        self._go_on()

    def read(self, tasks: Sequence[Task]) -> Outcomes:
        with self._state:
            ahead = self._take_over(tasks)
            left = {ahead[place] if place in ahead else self._pool.put(task): task for place, task in enumerate(tasks)}
        was_ahead = {*ahead.values()}
        if left:
            self._go_on()
        while left:
            number, outcome = self._next()
            task = left.pop(number, None)
            if task is None:  # read ahead, and nobody asked for it
                continue
            if number in was_ahead and not _is_of(outcome, task):
                with self._state:
                    left[self._pool.put(task)] = task
                self._go_on()
                continue
            yield task, outcome

    def settle(self) -> None:
        pass

    def close(self) -> None:
        self._is_closing = True
        if self._driver is not None:
            self._pool.ring()
            self._driver.join()
            self._driver = None
        self._pool.close()

    def _take_over(self, tasks: Sequence[Task]) -> dict[int, int]:
        """The numbers of those of the tasks that were begun ahead, by their places; what no child has yet is not read ahead any more."""
        withdrawn = self._pool.withdraw()
        known: dict[int, bool] = {}  # the corrections are one object for all
        begun: dict[int, int] = {}
        for place, task in enumerate(tasks):
            if task.mark not in self._ahead:
                continue
            number, twin = self._ahead.pop(task.mark)
            if id(task.corrections) not in known:
                known[id(task.corrections)] = twin.corrections == task.corrections
            if number not in withdrawn and known[id(task.corrections)] and (twin.evidence, twin.limits) == (task.evidence, task.limits):
                begun[place] = number
        self._ahead.clear()
        return begun

    def _next(self) -> tuple[int, Outcome[Parsed]]:
        with self._state:
            while not self._ended:
                if self._problem is not None:
                    raise self._problem
                self._state.wait()
            number, outcome = self._ended.popleft()
            self._held_bytes -= _size(outcome)
            was_paused, self._pool.is_paused = self._pool.is_paused, self._is_full()
        if was_paused:
            self._go_on()
        return number, outcome

    def _keep(self, number: int, outcome: Outcome[Parsed]) -> None:
        self._ended.append((number, outcome))
        self._held_bytes += _size(outcome)
        self._pool.is_paused = self._is_full()
        self._state.notify()

    def _is_full(self) -> bool:
        return len(self._ended) >= HELD_FILES or self._held_bytes >= HELD_BYTES

    def _go_on(self) -> None:
        """Has the thread look at what there is to do now."""
        if self._driver is None:
            self._driver = threading.Thread(target=self._drive, name="reading", daemon=True)
            self._driver.start()
        else:
            self._pool.ring()

    def _drive(self) -> None:
        try:
            with self._state:
                self._pool.feed()
            while not self._is_closing:
                happened = self._pool.wait()
                with self._state:
                    self._pool.deal(happened)
        except BaseException as problem:  # the other thread says it
            with self._state:
                self._problem = problem
                self._state.notify()


def _is_of(outcome: Outcome[Parsed], task: Task) -> bool:
    """Whether what was read ahead is what the task asks for: its bytes, or of a file with its mark that the child did not survive it."""
    return outcome.value.submission_id == task.submission_id if outcome.value is not None else outcome.error != "failed"


def _size(outcome: Outcome[Parsed]) -> int:
    return sum(map(len, outcome.value.tables.values())) if outcome.value is not None else 0
