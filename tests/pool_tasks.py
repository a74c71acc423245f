"""What the pool's tests have their children do; apart from the tests, so that a child need not import pytest."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coop_pipeline.intake.worker import Parsed, Task

FIRST_SEEN: set[int] = set()


class RustPanic(BaseException):
    """As pyo3's PanicException: no Exception."""


def tell(path: str) -> None:
    """Says that this process is at work; an empty file is all that it may write."""
    if path:
        Path(path).touch()


def behave(task: str) -> str:
    what, _, argument = task.partition(":")
    match what:
        case "exit":
            os._exit(int(argument or 3))
        case "abort":
            os.abort()
        case "segfault":
            ctypes.string_at(0)
        case "hang":
            tell(argument)
            time.sleep(600)
        case "spin":
            tell(argument)
            while True:
                pass
        case "late":
            while time.process_time() < float(argument):
                pass
        case "panic":
            raise RustPanic("range end index 64 out of range")
        case "raise":
            raise ValueError("our own mistake")
        case "eat":
            return str(len(b"x" * (4 << 30)))
        case "rust":
            os.write(2, b"memory allocation of 103079215080 bytes failed\n")
            os.abort()
        case "write":
            Path(argument).write_text("x")
        case "noise":
            sys.stdout.write("noise " * 50_000)
            os.write(2, b"last words\n")
            os._exit(1)
        case "large":
            return "x" * int(argument)
        case "pid":
            return str(os.getpid())
        case "fragile":  # dies only in a process that has read something else before
            if FIRST_SEEN:
                os.abort()
        case "modules":
            return " ".join(sorted(name for name in sys.modules if "." not in name))
    FIRST_SEEN.add(1)
    return task


def read(task: Task) -> Parsed:
    """As `worker.run`, but for files of which a hostile one would not do so reliably."""
    from coop_pipeline.intake.worker import run

    match Path(task.path).read_bytes()[:4]:
        case b"kill":
            os.abort()
        case b"hang":
            time.sleep(600)
    return run(task)
