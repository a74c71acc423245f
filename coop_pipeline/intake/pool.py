"""Child processes that run a pure function on one file at a time: a crash, a hang or greed costs only that file.

Why not `multiprocessing` or pebble: spawn and forkserver import the parent's `__main__` again in every child (for a
Dagster process that is seconds), and a fork copies the locks of DuckDB's and Dagster's threads. A child here is a
plain interpreter that imports this module and the function's own module, nothing else.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pickle
import re
import resource
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from operator import itemgetter
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

Task = TypeVar("Task")
R = TypeVar("R")

Failure = Literal["died", "timeout", "panic", "memory", "output", "failed"]

START_SECONDS = 60.0
START_ATTEMPTS = 3
PATIENCE = 10
"""How many times its time a child gets by the clock while the machine keeps the processor from it; in CPU it gets it once."""
TAIL_BYTES = 4_000
OUTPUT_BYTES = 512 << 20
CHUNK = 1 << 20
IN_HAND = 2
"""Tasks that a child has at once, one of which waits: it goes on where the parent has no time for it at that moment."""
RETIRE_SHARE = 4
"""A child that ever held more than 1/4 of its memory limit is replaced: one file must not starve the next."""

READING_WITHOUT = ("numpy", "pyarrow.dataset")
"""What PyArrow and DuckDB import where they can, and reading a workbook never uses: 0.3 s of CPU a child."""
READING_FIRST = ("coop_pipeline.intake.catalogue", "coop_pipeline.intake.reading")
"""What reading a workbook imports, and whoever has it read does not: 0.15 s, most of it patterns to compile."""

_BOOT = "import sys; sys.path[:] = sys.argv[2:]; from {module} import serve; serve(int(sys.argv[1]))"
_OUT_OF_MEMORY = re.compile(rb"memory allocation of \d+ bytes failed|MemoryError|capacity overflow|std::bad_alloc")


def go_without(*modules: str) -> None:
    """From here on this process finds these modules missing: libraries import them where they can, for nothing."""
    for name in modules:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Outcome(Generic[R]):
    """What became of one task: a value, or the way in which it failed.

    `died`: the process ended (abort, segmentation fault, os._exit, killed); `timeout`: too long by the clock or in CPU;
    `panic`: a BaseException, such as pyo3's PanicException; `memory`: over the limit; `output`: an answer over the limit; `failed`: an ordinary exception,
    which is a mistake of ours (detail holds the traceback).
    """

    value: R | None = None
    error: Failure | None = None
    detail: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.error is None

    def tell(self) -> str:
        """How it failed, and for a mistake of ours where."""
        lines = self.detail.strip().splitlines() or [""]
        where = [line.strip() for line in lines if line.lstrip().startswith("File ")]
        return ", ".join([f"{self.error}: {lines[-1]}", *where[-1:]])


class PoolBroken(RuntimeError):
    """The children cannot even start: a mistake of ours (such as a module that does not import), not of a file."""


def run_all(
    function: Callable[[Task], R],
    tasks: Sequence[Task],
    workers: int,
    timeout_seconds: float,
    memory_bytes: int,
    output_bytes: int = OUTPUT_BYTES,
    without: tuple[str, ...] = (),
    first: tuple[str, ...] = (),
) -> list[Outcome[R]]:
    """Run `function` on every task in child processes and return the outcomes in the order of the tasks.

    Always in a child, even for one task. A file that dies or runs out of memory in a child that had read others before
    is tried once more in a fresh one, so that its outcome does not depend on its neighbours.
    Tasks start in the order given: put the largest first where their sizes are known.
    `without`: modules that the children find missing, because libraries would import them for nothing. `first`: what the function imports, where
    its module leaves that to it: under the limits of a task their compiled files could not be kept.
    """
    with Pool(function, workers, timeout_seconds, memory_bytes, output_bytes, without, first) as pool:
        pool.begin(tasks)
        return pool.finish()


# --- the parent's side ------------------------------------------------------------------------------------------------


class _Worker:
    """One child and what the parent knows of it."""

    def __init__(self, setup: bytes) -> None:
        ours, theirs = socket.socketpair()
        said, says = os.pipe()
        path = [entry or str(Path.cwd()) for entry in sys.path]
        command = [sys.executable, "-I", "-c", _BOOT.format(module=__name__), str(theirs.fileno()), *path]
        try:
            # A session of its own keeps Ctrl-C from reaching it: the parent ends it, or its death does (see serve).
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=says,
                stderr=says,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            os.close(said)
            raise
        finally:
            theirs.close()
            os.close(says)
        self.channel = ours
        self.said = said
        ours.setblocking(False)
        os.set_blocking(said, False)
        self.incoming = bytearray()
        self.outgoing = bytearray(_framed(setup))
        self.tail = bytearray()
        self.held: deque[int] = deque()  # the tasks that it was given; it is at work on the first
        self.served = 0
        self.ready = False
        self.began = time.monotonic()
        self.deadline = self.began + START_SECONDS
        self.patience = PATIENCE

    def restart_clock(self, seconds: float) -> None:
        self.began = time.monotonic()
        self.deadline = self.began + seconds
        self.patience = PATIENCE

    def hear(self) -> bool:
        """Read what the child printed; False once nothing more can come."""
        while True:
            try:
                text = os.read(self.said, 65_536)
            except BlockingIOError:
                return True
            if not text:
                return False
            self.tail += text
            del self.tail[:-TAIL_BYTES]

    def is_at_work(self) -> bool:
        """Whether the child runs, or would if the machine let it: its cap on CPU ends it then. One that sleeps hangs."""
        try:
            return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] in "RD"
        except OSError:
            return False

    def end(self) -> int:
        """Kill the child, read its last words, free what it held; returns its exit status."""
        self.channel.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        try:
            status = self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:  # stuck in the kernel (a dead network disk): nothing more can be done
            status = -signal.SIGKILL
        self.hear()
        os.close(self.said)
        return status


class Pool(Generic[Task, R]):
    """Children for one function, where the caller has something else to do while they start or work; else see `run_all`.

    They are started when there are tasks, or ahead of that by `prepare`; they wait for further tasks until the pool is closed.
    The function may be named, `module:name`, by who wants them to start before it has imported that itself.
    A child that began a task ends it by itself, but gets further ones only while somebody turns the pool (`outcomes`, or `wait` and `deal`).
    They write no file unless `may_write`.
    """

    def __init__(
        self,
        function: Callable[[Task], R] | str,
        workers: int,
        timeout_seconds: float,
        memory_bytes: int,
        output_bytes: int = OUTPUT_BYTES,
        without: tuple[str, ...] = (),
        first: tuple[str, ...] = (),
        may_write: bool = False,
    ) -> None:
        if getattr(function, "__module__", None) == "__main__":
            raise PoolBroken(f"{function!r} lives in __main__, which children do not import: move it to a module")
        self.most = max(1, workers)
        self.timeout = timeout_seconds
        self.on_done: Callable[[int, Outcome[R]], None] | None = None
        self.output = output_bytes
        setup = pickle.dumps((function, timeout_seconds, memory_bytes, may_write), pickle.HIGHEST_PROTOCOL)  # by itself: reading it imports
        self.setup = pickle.dumps((without, first, setup), pickle.HIGHEST_PROTOCOL)
        self.tasks: dict[int, Task] = {}  # by number, those that have not ended
        self.count = 0
        self.waiting: deque[int] = deque()
        self.is_paused = False
        """While it is, children end what they have and get nothing new."""
        self.tried_twice: set[int] = set()
        self.false_starts = 0
        self.workers: set[_Worker] = set()
        self.selector = selectors.DefaultSelector()
        self.is_closed = False
        self.bell, self.bell_rope = os.pipe()
        os.set_blocking(self.bell, False)
        os.set_blocking(self.bell_rope, False)
        self.selector.register(self.bell, selectors.EVENT_READ)

    def __enter__(self) -> Pool[Task, R]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the children, whatever they are doing."""
        for worker in self.workers:
            worker.end()
        self.workers.clear()
        if not self.is_closed:
            self.is_closed = True
            self.selector.close()
            os.close(self.bell)
            os.close(self.bell_rope)

    def prepare(self, count: int) -> None:
        """Starts children for so many tasks that are not known yet."""
        while len(self.workers) < min(self.most, count):
            self._send(self._hire())

    def begin(self, tasks: Sequence[Task]) -> None:
        """Starts on tasks, whose numbers are their places; those begun before are finished."""
        self.count = 0
        self.tried_twice.clear()
        for worker in [worker for worker in self.workers if worker.process.poll() is not None]:  # killed while it had nothing to do
            self._dismiss(worker)
        for task in tasks:
            self.put(task)
        self.feed()

    def outcomes(self) -> Iterator[tuple[int, Outcome[R]]]:
        """Waits for the tasks that were begun: the number and outcome of each as it ends, which the pool does not keep."""
        ended: deque[tuple[int, Outcome[R]]] = deque()
        self.on_done = lambda number, outcome: ended.append((number, outcome))
        for worker in self.workers:  # nobody looked at the clock meanwhile
            worker.deadline = time.monotonic() + (self.timeout if worker.ready else START_SECONDS)
        for _ in range(self.count):
            while not ended:
                self.deal(self.wait())
            began = time.monotonic()
            yield ended.popleft()
            for worker in self.workers:  # one that waits to be heard meanwhile does not hang
                worker.deadline += time.monotonic() - began

    def finish(self) -> list[Outcome[R]]:
        """All outcomes, in the order of the tasks."""
        return [outcome for _, outcome in sorted(self.outcomes(), key=itemgetter(0))]

    def put(self, task: Task) -> int:
        """One more task, for when a child has time; its number."""
        number = self.count
        self.count += 1
        self.tasks[number] = task
        self.waiting.append(number)
        return number

    def withdraw(self) -> set[int]:
        """Takes back the tasks that no child was given."""
        numbers = {*self.waiting}
        self.waiting.clear()
        for number in numbers:
            del self.tasks[number]
        return numbers

    def feed(self) -> None:
        """Hands out what waits: to children that have nothing, to new ones, and last one more to each that is at work."""
        if self.is_paused:
            return
        for worker in self.workers:
            if self.waiting and not worker.held:
                self._give(worker, self.waiting.popleft())
        while self.waiting and len(self.workers) < self.most:
            self._start(self.waiting.popleft())
        for worker in self.workers:
            if len(worker.held) < IN_HAND and len(self.waiting) >= self.most:  # the last few go to whoever is free first
                self._give(worker, self.waiting.popleft())

    def ring(self) -> None:
        """Has `wait` return; from any thread."""
        with contextlib.suppress(BlockingIOError):  # full of rings that were not heard yet
            os.write(self.bell_rope, b"!")

    def _hire(self) -> _Worker:
        worker = _Worker(self.setup)
        self.workers.add(worker)
        self.selector.register(worker.channel, selectors.EVENT_READ, worker)
        self.selector.register(worker.said, selectors.EVENT_READ, worker)
        return worker

    def _start(self, number: int) -> None:
        self._give(self._hire(), number)

    def _give(self, worker: _Worker, number: int) -> None:
        if not worker.held:
            worker.tail.clear()
            if worker.ready:
                worker.restart_clock(self.timeout)
        worker.held.append(number)
        worker.outgoing += _framed(pickle.dumps(self.tasks[number], pickle.HIGHEST_PROTOCOL))
        self._send(worker)

    def _send(self, worker: _Worker) -> None:
        """Write without blocking; what the child has not taken yet follows when it can."""
        try:
            while worker.outgoing:
                del worker.outgoing[: worker.channel.send(worker.outgoing)]
        except BlockingIOError:
            pass
        except OSError:
            worker.outgoing.clear()  # the child is gone: reading from it says so
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if worker.outgoing else 0)
        if self.selector.get_key(worker.channel).events != events:
            self.selector.modify(worker.channel, events, worker)

    def wait(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Waits for the next thing that happens. The only part during which another thread may touch the pool."""
        nearest = min((worker.deadline for worker in self.workers if worker.held), default=None)
        return self.selector.select(None if nearest is None else max(0.0, nearest - time.monotonic()))

    def deal(self, happened: list[tuple[selectors.SelectorKey, int]]) -> None:
        """Deals with what happened, and gives the children more to do."""
        for key, events in happened:
            if key.fileobj == self.bell:
                with contextlib.suppress(BlockingIOError):
                    os.read(self.bell, CHUNK)
                continue
            worker: _Worker = key.data
            if worker not in self.workers:  # buried earlier in this turn
                continue
            if key.fileobj == worker.said:
                if not worker.hear():
                    self.selector.unregister(worker.said)
                continue
            if events & selectors.EVENT_WRITE:
                self._send(worker)
            if events & selectors.EVENT_READ:
                self._listen(worker)
        now = time.monotonic()
        for worker in [worker for worker in self.workers if worker.held and worker.deadline <= now]:
            if worker.ready and worker.patience and worker.is_at_work():
                worker.patience -= 1
                worker.deadline = now + self.timeout
            else:
                self._bury(worker, "timeout")
        self.feed()

    def _listen(self, worker: _Worker) -> None:
        try:
            data = worker.channel.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._bury(worker)
            return
        worker.incoming += data
        if _announced(worker.incoming) > self.output:  # before it is held here
            self._bury(worker, "output")
            return
        while worker in self.workers and (payload := _unframed(worker.incoming)) is not None:
            if worker.ready:
                self._accept(worker, payload)
                continue
            worker.ready = True
            self.false_starts = 0
            worker.restart_clock(self.timeout)

    def _accept(self, worker: _Worker, payload: bytes) -> None:
        assert worker.held, "a child answered without a task"
        number, seconds = worker.held.popleft(), time.monotonic() - worker.began
        value, error, detail, retire = pickle.loads(payload)
        again = error == "memory" and self._may_retry(worker, number)
        worker.served += 1
        worker.tail.clear()
        worker.restart_clock(self.timeout)  # it is at work on its next
        if retire:
            self._dismiss(worker)
        if again:
            self._start(number)
        self.feed()  # the children's next tasks first, then our own work
        if not again:
            self._finish(number, Outcome(value, error, detail, seconds))

    def _may_retry(self, worker: _Worker, number: int) -> bool:
        if worker.served == 0 or number in self.tried_twice:
            return False
        self.tried_twice.add(number)
        return True

    def _dismiss(self, worker: _Worker) -> int:
        """Ends a child; what it was given waits again."""
        self.workers.discard(worker)
        self.waiting.extendleft(reversed(worker.held))
        for registered in (worker.channel, worker.said):
            with contextlib.suppress(KeyError):
                self.selector.unregister(registered)
        return worker.end()

    def _bury(self, worker: _Worker, reason: Literal["timeout", "output"] | None = None) -> None:
        """The child is gone, or has to go for a reason: say what became of its task and put another child in its place."""
        seconds = time.monotonic() - worker.began
        number = worker.held.popleft() if worker.ready and worker.held else None
        status = self._dismiss(worker)
        tail = bytes(worker.tail)
        if not worker.ready:
            self.false_starts += 1
            if self.false_starts >= START_ATTEMPTS or reason == "timeout":
                raise PoolBroken(f"a child process does not start ({_ending(status)}): {_text(tail)}")
        if number is None:  # it did not start, or was idle and killed from outside
            self.feed()
            return
        error: Failure
        if reason == "output":
            error, how = "output", f"an answer of more than {self.output >> 20} MiB"
        elif reason == "timeout" or status == -signal.SIGXCPU:
            error, how = "timeout", f"no answer within {self.timeout:g} s"
        elif _OUT_OF_MEMORY.search(tail):
            error, how = "memory", _ending(status)
        else:
            error, how = "died", _ending(status)
        again = error in ("memory", "died") and self._may_retry(worker, number)
        if again:
            self._start(number)
        self.feed()
        if not again:
            text = _text(tail)
            self._finish(number, Outcome(None, error, f"{how}: {text}" if text else how, seconds))

    def _finish(self, number: int, outcome: Outcome[R]) -> None:
        del self.tasks[number]
        if self.on_done is not None:
            self.on_done(number, outcome)


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-status).name}"
    return f"killed by signal {-status}"


def _text(tail: bytes) -> str:
    return tail.decode("utf-8", "replace").strip()


def _framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(8, "little") + payload


def _announced(buffer: bytearray) -> int:
    """The length of the message at the front of the buffer; 0 until it is known."""
    return int.from_bytes(buffer[:8], "little") if len(buffer) >= 8 else 0


def _unframed(buffer: bytearray) -> bytes | None:
    """Take one whole message from the front of the buffer, if it is all there."""
    if len(buffer) < 8:
        return None
    end = 8 + int.from_bytes(buffer[:8], "little")
    if len(buffer) < end:
        return None
    payload = bytes(memoryview(buffer)[8:end])
    del buffer[:end]
    return payload


# --- the child's side -------------------------------------------------------------------------------------------------


def serve(channel: int) -> None:
    """What a child does until its parent closes the channel: read a task, run it, answer."""
    parent = os.getppid()
    os.set_inheritable(channel, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.putenv("RUST_BACKTRACE", "0")  # 0.1 s for each panic, and nobody reads it
    os.putenv("OPENBLAS_NUM_THREADS", "1")  # NumPy's own takes addresses for every processor, and nothing here computes in threads
    os.putenv("ARROW_DEFAULT_MEMORY_POOL", "system")  # PyArrow's own reserves a GiB of addresses, of which the cap leaves nothing
    _die_with(parent)
    message = _receive(channel)
    if message is None:
        return
    gc.disable()  # nothing that is imported becomes garbage
    without, first, setup = pickle.loads(message)
    go_without(*without)
    for module in first:
        importlib.import_module(module)
    function, timeout_seconds, memory_bytes, may_write = pickle.loads(setup)
    if isinstance(function, str):
        module, _, name = function.partition(":")
        function = getattr(importlib.import_module(module), name)
    gc.freeze()
    gc.enable()
    # Only now, so that the imports could still leave their compiled files behind.
    _cap(resource.RLIMIT_AS, memory_bytes)
    if not may_write:
        _cap(resource.RLIMIT_FSIZE, 0)
    _cap(resource.RLIMIT_CORE, 0)
    _answer(channel, b"ready")
    while (message := _receive(channel)) is not None:
        _allow_cpu(timeout_seconds)
        reply, retire = _attempt(function, message, memory_bytes)
        _answer(channel, reply)
        if retire:
            return


def _attempt(function: Callable[[Any], Any], message: bytes, memory_bytes: int) -> tuple[bytes, bool]:
    error: Failure
    try:
        value = function(pickle.loads(message))
        retire = _most_held() * RETIRE_SHARE > memory_bytes
        return pickle.dumps((value, None, "", retire), pickle.HIGHEST_PROTOCOL), retire
    except MemoryError as problem:
        error, detail = "memory", f"MemoryError: {problem}".rstrip(": ")
    except Exception:
        import traceback

        error, detail = "failed", traceback.format_exc()[-TAIL_BYTES:]
    except BaseException as problem:
        error, detail = "panic", f"{type(problem).__name__}: {problem}"[:TAIL_BYTES]
    # Whatever the file left behind in memory or in a library that panicked goes with this process.
    retire = error != "failed"
    return pickle.dumps((None, error, detail, retire), pickle.HIGHEST_PROTOCOL), retire


def _most_held() -> int:
    """The most memory that this process ever held, in bytes. Not `ru_maxrss`: that goes on counting from the parent's across exec."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)
    return int(found.group(1)) * 1024 if found else 0


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent goes, however it goes and whatever this process is doing."""
    if sys.platform != "linux":
        return
    import ctypes

    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it went before the kernel knew
        os._exit(0)


def _cap(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(limit, (value, value))


def _allow_cpu(seconds: float) -> None:
    """CPU for one more task: the parent watches the clock, this holds even while the parent cannot."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = ceil(used.ru_utime + used.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or soft <= hard:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _receive(channel: int) -> bytes | None:
    head = _read(channel, 8)
    return None if head is None else _read(channel, int.from_bytes(head, "little"))


def _read(channel: int, size: int) -> bytes | None:
    parts: list[bytes] = []
    while size:
        part = os.read(channel, min(size, CHUNK))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _answer(channel: int, payload: bytes) -> None:
    os.write(channel, len(payload).to_bytes(8, "little"))
    view = memoryview(payload)
    while view:
        view = view[os.write(channel, view[:CHUNK]) :]
