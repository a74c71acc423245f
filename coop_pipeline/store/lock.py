"""The warehouse's own file lock: one writer at a time, who says who it is, and let go by the kernel when it dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

LOCK_NAME = ".lock"


@dataclass(frozen=True)
class Holder:
    """Who writes to the warehouse, since when (ISO, UTC) and what for."""

    pid: int
    host: str
    started_at: str
    what: str

    def __str__(self) -> str:
        return f"{self.what} (process {self.pid} on {self.host}, since {self.started_at})"


class WarehouseBusy(RuntimeError):
    """Another process writes to this warehouse and did not finish in time; `holder` is None where it left no name."""

    def __init__(self, warehouse: Path, waited_seconds: float, holder: Holder | None) -> None:
        self.holder = holder
        who = str(holder) if holder else "another process"
        super().__init__(f"{warehouse} is in use by {who}; waited {waited_seconds:.0f} s. Try again when it has finished.")


@contextmanager
def hold_warehouse(
    warehouse: Path, what: str, timeout_seconds: float = 60.0, on_wait: Callable[[Holder | None], None] | None = None
) -> Iterator[Holder]:
    """Hold the warehouse for the length of a `with` block; waits up to the timeout, then raises WarehouseBusy.

    Where it has to wait, `on_wait` is told once whom for.

    Not re-entrant: a second one in the same process waits as any other would. A lock left by a killed process is free.
    """
    warehouse.mkdir(parents=True, exist_ok=True)
    # The file stays for good: deleting it would let two processes lock two files of one name.
    descriptor = os.open(warehouse / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
    try:
        _wait(descriptor, warehouse, timeout_seconds, on_wait)
        holder = Holder(os.getpid(), socket.gethostname(), datetime.now(UTC).isoformat(timespec="seconds"), what)
        _write(descriptor, json.dumps(asdict(holder), ensure_ascii=False).encode() + b"\n")
        try:
            yield holder
        finally:
            with suppress(OSError):  # a full disk must not hide what the block raised; closing is what lets go
                _write(descriptor, b"")
    finally:
        os.close(descriptor)


def read_holder(warehouse: Path) -> Holder | None:
    """Who holds the warehouse according to its lock file (after a kill: who held it last)."""
    try:
        return Holder(**json.loads((warehouse / LOCK_NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _wait(descriptor: int, warehouse: Path, timeout_seconds: float, on_wait: Callable[[Holder | None], None] | None) -> None:
    began = time.monotonic()
    pause = 0.02
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if on_wait is not None:
                on_wait(read_holder(warehouse))
                on_wait = None
            left = began + timeout_seconds - time.monotonic()
            if left <= 0:
                raise WarehouseBusy(warehouse, timeout_seconds, read_holder(warehouse)) from None
            time.sleep(min(left, pause))
            pause = min(pause * 1.5, 1.0)
        else:
            return


def _write(descriptor: int, text: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text, 0)
