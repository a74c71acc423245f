"""Files that readers may open at any moment: written beside, then put in place at once; and the ledgers of what made them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def replace_file(path: Path, data: bytes) -> list[int]:
    """Puts a file in place, all or nothing; the folder is there. Not synced: what is written so can be made again.

    Returns what `look` says of it until somebody touches it.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        draft.write_bytes(data)
        left = look(draft)
        draft.replace(path)
        return left
    except OSError as problem:
        problem.filename = problem.filename or str(path)  # a full disk is told of without it
        raise
    finally:
        draft.unlink(missing_ok=True)


def look(path: Path) -> list[int]:
    """What changes when somebody writes to a file or puts another in its place, for a ledger; empty where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return []
    return [status.st_size, status.st_mtime_ns]


def clear_drafts(folder: Path) -> None:
    """Removes what killed processes left of `replace_file` below a folder that nobody else writes to at this moment."""
    for draft in folder.rglob(".*.tmp"):
        draft.unlink(missing_ok=True)


def read_ledger(path: Path) -> dict[str, Any]:
    """What `write_ledger` wrote; empty where there is none, or none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_ledger(path: Path, ledger: dict[str, Any]) -> None:
    replace_file(path, json.dumps(ledger).encode())  # in ASCII: the name of a file may be no text
