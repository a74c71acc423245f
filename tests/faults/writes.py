"""Every write of this process below one folder, counted; and a fault at the n-th, or from the n-th on.

Python's own writes are seen by an audit hook. DuckDB's are not Python's: the slots through which its library calls open, write, pwrite,
fsync, ftruncate, fallocate, unlink, rename, mkdir and rmdir are turned to functions here. So a fault hits real code at a real system call, and
the code under test knows nothing of it. Neither can be taken back: use it in a process forked for it.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import re
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

Fault = Literal["kill", "full", "readonly", "once"]
"""`kill`: SIGKILL, a write torn in two. From there on, `full`: nothing grows; `readonly`: nothing changes. `once`: this one has an I/O error."""

GROWING = frozenset({"open", "mkdir", "link", "symlink", "write", "fallocate"})
_CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_JUMP_SLOT = {"x86_64": 7, "aarch64": 1026}


class Writes:
    """Counts, and fails where it is told to. `count` is how many there were."""

    def __init__(self, folder: Path, at: int = 0, fault: Fault = "kill") -> None:
        self.folder = str(folder)
        self.at = at
        self.fault = fault
        self.count = 0
        self.log: list[str] = []
        self._kept: list[Any] = []

    def install(self) -> None:
        sys.addaudithook(self._audit)
        self._turn_slots()

    def _step(self, what: str, path: str, tear: Callable[[], object] | None = None) -> int:
        """The errno of the fault that this write has; 0: none."""
        self.count += 1
        self.log.append(f"{what} {path.removeprefix(self.folder)}")
        if not self.at or self.count < self.at:
            return 0
        if self.fault == "kill":
            if tear is not None:
                tear()
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "once":
            return errno.EIO if self.count == self.at else 0
        if self.fault == "full":
            return errno.ENOSPC if what in GROWING else 0
        return errno.EROFS

    # --- Python's

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        name = event.removeprefix("os.")
        if name not in ("open", "rename", "remove", "mkdir", "rmdir", "link", "symlink", "chmod", "utime", "truncate"):
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _CHANGING):
            return
        path = self._here(arguments[1] if name == "symlink" else arguments[0])
        if path is not None and (number := self._step(name, path)):
            raise OSError(number, os.strerror(number), path)

    def _here(self, path: object) -> str | None:
        try:
            text = str(Path(f"/proc/self/fd/{path}").readlink()) if isinstance(path, int) else os.fsdecode(path)  # type: ignore[arg-type]
        except (OSError, TypeError):
            return None
        return text if text.startswith(self.folder) else None

    # --- DuckDB's

    def _turn_slots(self) -> None:
        import _duckdb

        slots = _find_slots(_duckdb.__file__)
        libc = ctypes.CDLL(None, use_errno=True)
        c_int, c_long, c_size, c_ptr, c_str = ctypes.c_int, ctypes.c_long, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_char_p
        by_name: dict[str, tuple[Any, ...]] = {
            "open": (c_int, c_str, c_int, ctypes.c_uint),
            "unlink": (c_int, c_str), "rename": (c_int, c_str, c_str), "mkdir": (c_int, c_str, ctypes.c_uint), "rmdir": (c_int, c_str),
            "fsync": (c_int, c_int), "ftruncate": (c_int, c_int, c_long), "fallocate": (c_int, c_int, c_int, c_long, c_long),
            "write": (c_long, c_int, c_ptr, c_size), "pwrite": (c_long, c_int, c_ptr, c_size, c_long),
        }  # fmt: skip
        for name, (result, *kinds) in by_name.items():
            function = ctypes.CFUNCTYPE(result, *kinds, use_errno=True)
            real = function((name, libc))
            turned = function(self._turned(name, real))
            self._kept += [real, turned]
            if name in slots:
                _write_slot(slots[name], ctypes.cast(turned, c_ptr).value or 0)

    def _turned(self, name: str, real: Callable[..., int]) -> Callable[..., int]:
        what = {"unlink": "remove", "pwrite": "write", "ftruncate": "truncate"}.get(name, name)

        def call(*arguments: Any) -> int:
            if name == "open" and not arguments[1] & _CHANGING:
                return real(*arguments)
            path = self._here(arguments[0])
            if path is None:
                return real(*arguments)
            tear = None
            if what == "write":
                tear = lambda: real(*arguments[:2], arguments[2] // 2, *arguments[3:])  # noqa: E731
            if number := self._step(what, path, tear):
                ctypes.set_errno(number)
                return -1
            return real(*arguments)

        return call


def _find_slots(library: str) -> dict[str, int]:
    """By function, the address in this process at which the library looks it up (ELF, 64 bits, .rela.plt)."""
    data = Path(library).read_bytes()
    (headers,) = struct.unpack_from("<Q", data, 0x28)
    size, count, names_at = struct.unpack_from("<HHH", data, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, headers + i * size) for i in range(count)]

    def text(at: int) -> str:
        return data[at : data.index(b"\0", at)].decode()

    by_name = {text(sections[names_at][4] + section[0]): section for section in sections}
    symbols, strings, calls = by_name[".dynsym"], by_name[".dynstr"], by_name[".rela.plt"]
    base = next(
        int(line.partition("-")[0], 16)
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.endswith(os.path.realpath(library)) and re.search(r" 0+ ", line)
    )
    slots = {}
    for at in range(calls[4], calls[4] + calls[5], 24):
        offset, info, _ = struct.unpack_from("<QQq", data, at)
        if info & 0xFFFFFFFF == _JUMP_SLOT.get(os.uname().machine):
            (name,) = struct.unpack_from("<I", data, symbols[4] + (info >> 32) * 24)
            slots[text(strings[4] + name)] = base + offset
    return slots


def _write_slot(address: int, value: int) -> None:
    page = address & ~(mmap.PAGESIZE - 1)
    if ctypes.CDLL(None).mprotect(ctypes.c_void_p(page), ctypes.c_size_t(2 * mmap.PAGESIZE), 3) != 0:  # readable, writable
        raise OSError("the table of a library's functions cannot be changed")
    ctypes.c_size_t.from_address(address).value = value
