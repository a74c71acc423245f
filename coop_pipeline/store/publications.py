"""Which version stands published, which is held, which older ones are kept, and the ledger of how each came there.

The files themselves say what stands and what is held; `publications.json` beside them adds when, by which run and from which state.
A line of it is written before its file is put in place and confirmed after, so that a killed process leaves no false one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from coop_pipeline.forms.wording import VIETNAM

PREVIOUS = "previous"
HELD = "held"
LEDGER = "publications.json"
ALTERED = "altered.duckdb"
"""In `previous/`, the last published file that another program had written to: nobody goes back to it, and nothing of anybody's is lost."""
LONGEST = 1000
"""Lines that the ledger keeps."""

Action = Literal["published", "held", "released", "rolled_back"]
_VERSION = re.compile(r"\d{8}T\d{6}\.\d{6}Z")


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement. `version` names the file that it put in place, `state` what the file's tables were made from."""

    at: str
    action: Action
    version: str
    replaced: str
    """The version that stood (or was held) before; empty: none."""
    run: str
    state: str
    sha256: str
    bytes: int
    done: bool = False


def sync(path: Path) -> None:
    """Have the disk hold a file or a folder's names: DuckDB syncs the first and never the second."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def version_of(path: Path) -> str:
    """The name of a published file's version: the moment at which it was built, which moving and linking leave as it is."""
    moment = EPOCH + timedelta(microseconds=path.stat().st_mtime_ns // 1000)
    return f"{moment:%Y%m%dT%H%M%S.%fZ}"


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def show_moment(moment: str) -> str:
    """A version's name or a line's `at` in Vietnam's time: 23/11/2026 00:03:05."""
    return f"{datetime.fromisoformat(moment).astimezone(VIETNAM):%d/%m/%Y %H:%M:%S}"


@dataclass(frozen=True, slots=True)
class Publications:
    """The files around one published file. Whoever changes them holds the publisher's lock (`store.publish`)."""

    target: Path

    def standing(self) -> str:
        """The version that is published; empty: none."""
        return version_of(self.target) if self.target.exists() else ""

    def held(self) -> Path | None:
        """The file that waits for its release. While there is one, no run publishes."""
        found = [path for path in self.list_files(HELD) if not self._is_standing(path)]
        return found[-1] if found else None

    def kept(self) -> dict[str, Path]:
        """The other versions that can be put back, oldest first."""
        return {self.name_version(path): path for path in self.list_files(PREVIOUS) if not self._is_standing(path)}

    def earlier(self) -> list[str]:
        """The versions to go back to, the latest last: older ones that stood, without those that were rolled back since."""
        line: list[str] = []
        entries = [entry for entry in self.entries() if entry.action != "held"]
        for entry in entries:
            line = [*(version for version in line if version < entry.version), entry.version]
        known, standing, kept = {entry.version for entry in entries}, self.standing(), self.kept()
        return [version for version in kept if version < standing and (version in line or version not in known)]

    def state_of(self, path: Path) -> str:
        """What a file's tables were made from; empty where the ledger does not know this very file."""
        try:
            version, size = version_of(path), path.stat().st_size
        except OSError:
            return ""
        entry = self.find(version)
        return entry.state if entry is not None and entry.bytes == size else ""

    def is_altered(self) -> bool:
        """Whether the file that stands is not the one that was put there: some other program wrote to it. Without a ledger nobody can say."""
        if not self.target.exists() or not self.entries():
            return False
        known = self.find(self.standing())
        return known is None or hash_file(self.target) != known.sha256

    def has_log(self) -> bool:
        """Whether somebody has the file that stands open for writing, or had: readers would see those changes, or nothing at all."""
        return Path(f"{self.target}.wal").exists()

    def date(self, draft: Path) -> None:
        """Makes a new file the latest version, also where the clock was put back since: versions are in the order of their names."""
        known = [self.standing(), *(entry.version for entry in self._read())]
        known += [self.name_version(path) for folder in (PREVIOUS, HELD) for path in self.list_files(folder)]
        if version_of(draft) <= (latest := max(known)):
            moment = (datetime.fromisoformat(latest) - EPOCH) // timedelta(microseconds=1) + 1
            os.utime(draft, ns=(moment * 1000, moment * 1000))

    def find(self, version: str) -> Entry | None:
        """The latest line about a version."""
        return next((entry for entry in reversed(self.entries()) if entry.version == version), None)

    def entries(self) -> list[Entry]:
        """The ledger, oldest first, without a movement that was announced and did not come about."""
        entries = self._read()
        if entries and not entries[-1].done and not self._is_in_place(entries[-1]):
            entries.pop()
        return entries

    def announce(self, entry: Entry) -> None:
        self._write([*self.entries(), entry])

    def confirm(self) -> None:
        entries = self.entries()
        if entries and not entries[-1].done:
            self._write([*entries[:-1], replace(entries[-1], done=True)])

    def repair(self) -> None:
        """Brings to its end what a killed process left: of two held files the newer counts, and what is published is not held."""
        if (ledger := self.target.parent / LEDGER).exists() and not isinstance(_load(ledger), list):
            ledger.replace(ledger.with_name(f"{LEDGER}.damaged"))
        self.confirm()
        held = self.held()
        for path in self.list_files(HELD):
            if path != held:
                path.unlink()

    def place(self, folder: str, version: str) -> Path:
        return self.target.parent / folder / f"{self.target.stem}-{version}{self.target.suffix}"

    def list_files(self, folder: str) -> list[Path]:
        """The versions in a folder, oldest first; a file of any other name is nobody's business."""
        found = (self.target.parent / folder).glob(f"{self.target.stem}-*{self.target.suffix}")
        return sorted(path for path in found if _VERSION.fullmatch(self.name_version(path)))

    def version(self, path: Path) -> str:
        """Of a file wherever it stands."""
        return version_of(path) if path == self.target else self.name_version(path)

    def name_version(self, path: Path) -> str:
        return path.stem.removeprefix(f"{self.target.stem}-")

    def _is_standing(self, path: Path) -> bool:
        return self.name_version(path) == self.standing()

    def _is_in_place(self, entry: Entry) -> bool:
        return self.place(HELD, entry.version).exists() if entry.action == "held" else self.standing() == entry.version

    def _read(self) -> list[Entry]:
        """What cannot be read of it (lost, edited by hand) is passed over: the files count. A later version of ours may say more in a line."""
        entries = []
        lines = _load(self.target.parent / LEDGER)
        for line in lines if isinstance(lines, list) else ():
            with suppress(TypeError):
                entries.append(Entry(**{field.name: line[field.name] for field in fields(Entry) if field.name in line}))
        return entries

    def _write(self, entries: Sequence[Entry]) -> None:
        folder = self.target.parent
        draft = folder / f".{LEDGER}"
        draft.write_text(
            "[\n" + ",\n".join(json.dumps(asdict(entry), ensure_ascii=False) for entry in entries[-LONGEST:]) + "\n]\n", encoding="utf-8"
        )
        sync(draft)
        draft.replace(folder / LEDGER)
        sync(folder)


def _load(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
