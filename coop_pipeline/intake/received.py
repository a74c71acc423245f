"""The store of what was received: every submission's bytes by content, read-only, and a list of what came under which path.

A file that is overwritten or deleted in the raw folder takes its figures along, never their evidence: what could be read as a workbook stays here
until somebody deletes it by hand, what could not be read only as long as it lies in the raw folder. The copies hold personal columns.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER_MODE = 0o700
LIST = "list.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission under one path below the raw folder; `received_at` is the file's modification time (UTC)."""

    submission_id: str
    file: str
    received_at: str
    size_bytes: int


def copy_path(store: Path, sha256: str) -> Path:
    """Where the store keeps the bytes of a content."""
    return store / sha256[:2] / sha256


def is_whole(copy: Path, sha256: str) -> bool:
    """Whether a copy is there and holds the bytes that its name says."""
    try:
        if not stat.S_ISREG(copy.lstat().st_mode):
            return False
        with copy.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def keep(descriptor: int, draft: Path, store: Path, sha256: str) -> Path:
    """Gives a complete draft its lasting name, unless the same bytes are there already."""
    kept = copy_path(store, sha256)
    if is_whole(kept, sha256):
        return kept
    kept.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
    os.fchmod(descriptor, 0o444)
    os.fsync(descriptor)
    draft.replace(kept)
    return kept


def read_list(store: Path) -> list[Entry]:
    """What is kept for good, in the order in which it came; a line that is damaged is left out."""
    entries = []
    with suppress(FileNotFoundError):  # a list that cannot be read at this moment must not be written anew without what stands in it
        for line in (store / LIST).read_text(encoding="utf-8").split("\n"):
            with suppress(ValueError, TypeError):
                entries.append(Entry(**json.loads(line)))
    return entries


def add_to_list(store: Path, entries: Iterable[Entry]) -> None:
    """Puts new submissions and new paths of known ones on the list: all of them, or after a crash none."""
    known = read_list(store)
    seen = {(entry.submission_id, entry.file) for entry in known}
    new = [entry for entry in entries if (entry.submission_id, entry.file) not in seen]
    if not new:
        return
    for folder in {copy_path(store, entry.submission_id).parent for entry in new}:  # the copies before the line that names them
        _sync(folder)
    draft = store / f".{LIST}.{os.getpid()}.tmp"
    with draft.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in (*known, *new))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(store / LIST)
    _sync(store)


def prune(store: Path, gone: Iterable[str]) -> None:
    """Drops the copies of these submissions unless they are on the list, and drafts of a process that was killed."""
    listed = {entry.submission_id for entry in read_list(store)}
    for path in (*(copy_path(store, submission) for submission in gone if submission not in listed), *store.glob(".*.tmp")):
        path.unlink(missing_ok=True)


def find(store: Path, text: str = "") -> list[Entry]:
    """Entries whose id begins with the text or whose path holds it, accents or not; the newest first."""
    from coop_pipeline.intake.text import strip_accents

    def plain(text: str) -> str:
        return strip_accents(text).casefold()

    wanted = plain(text)
    found = [e for e in read_list(store) if e.submission_id.startswith(wanted) or wanted in plain(e.file)]
    return sorted(found, key=lambda e: (e.received_at, e.file), reverse=True)


def give_back(store: Path, submission_id: str) -> bytes:
    """A submission's bytes as they came; ValueError where the copy no longer holds them, FileNotFoundError where it was deleted."""
    data = copy_path(store, submission_id).read_bytes()
    if hashlib.sha256(data).hexdigest() != submission_id:
        raise ValueError(f"the copy of {submission_id} is damaged")
    return data


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
