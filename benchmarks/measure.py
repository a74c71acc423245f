"""One command, watched: seconds of CPU and clock, and the most memory that its first process and any other of its processes held."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

INTERVAL = 0.1


@dataclass(frozen=True, slots=True)
class Measured:
    """`cpu` is user and system time of the command and all its children; memory in MiB (VmHWM: the peak of resident memory)."""

    cpu: float
    wall: float
    memory: float
    others: float
    output: str


def run(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Measured:
    """Raises CalledProcessError where the command does not end with 0."""
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    peaks: dict[int, int] = {}
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(INTERVAL):
            for pid in _family(process.pid):
                peaks[pid] = max(peaks.get(pid, 0), _peak(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    said, complained = _communicate(process)
    usage = said[1]
    ended.set()
    watcher.join()
    wall = time.monotonic() - began
    if process.returncode:
        sys.stderr.write(complained[-4000:])
        raise subprocess.CalledProcessError(process.returncode, command, said[0], complained)
    others = max((kib for pid, kib in peaks.items() if pid != process.pid), default=0)
    return Measured(usage.ru_utime + usage.ru_stime, wall, peaks.get(process.pid, 0) / 1024, others / 1024, said[0])


def _communicate(process: subprocess.Popen[str]) -> tuple[tuple[str, os.struct_rusage], str]:  # type: ignore[name-defined]
    """What it printed, and what it and the children that it waited for used."""
    texts = {"out": "", "err": ""}

    def drain(name: str) -> None:
        stream = process.stdout if name == "out" else process.stderr
        assert stream is not None
        texts[name] = stream.read()

    readers = [threading.Thread(target=drain, args=(name,)) for name in texts]
    for reader in readers:
        reader.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    for reader in readers:
        reader.join()
    return (texts["out"], usage), texts["err"]


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    found, look = [], [pid]
    while look:
        parent = look.pop()
        found.append(parent)
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                look += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def _peak(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def middle(measured: Sequence[Measured]) -> Measured:
    """The medians; memory the most."""
    return Measured(
        median(m.cpu for m in measured),
        median(m.wall for m in measured),
        max(m.memory for m in measured),
        max(m.others for m in measured),
        "",
    )
