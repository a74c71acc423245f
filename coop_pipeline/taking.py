"""The first stage: takes in every new or changed workbook under the raw folder, and forgets those that are gone."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pyarrow as pa

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.wording import today
from coop_pipeline.intake import door, received
from coop_pipeline.intake.context import read_path
from coop_pipeline.intake.corrections import Corrections, read_corrections
from coop_pipeline.intake.engine import HELD_FILES, Engine, LocalEngine
from coop_pipeline.intake.pool import Outcome
from coop_pipeline.intake.refusals import refuse
from coop_pipeline.intake.worker import Parsed, Task, pack, unstream
from coop_pipeline.mistakes import UserMistake
from coop_pipeline.settings import Settings
from coop_pipeline.store.warehouse import (
    ARRIVALS,
    SUBMISSIONS,
    Connection,
    is_built,
    mark_built,
    replace_arrivals,
    replace_readings,
)

BATCH, SMALL_BATCH = 500, 125
"""Readings that wait here before they are stored; others are made meanwhile. Of few files small batches, so that little is left to store at the
end; of many large ones: the more often DuckDB takes up its log, the more of its last rows it writes anew."""
KEPT = "kept"  # of corrections: the last run had files of them
SECOND_LOOK = 5.0  # seconds after which files that may still be being copied are looked at again


@dataclass(slots=True)
class TakenIn:
    """What the first stage found."""

    files: int = 0
    parsed: int = 0
    unchanged: int = 0
    waiting: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    """New, changed or removed files outside the scope: as they were before."""
    gone: list[tuple[str, int]] = field(default_factory=list)
    """Where files were of which nothing counts any more, with how many: a folder (`2021/`) that holds none now, or a file; the most first."""
    again: int = 0
    """Files that the next run tries again, though they stay as they are: they could not be opened, or the child that read them failed."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose reports a run takes in: of these reporters, for these periods. An empty set means all of them."""

    reporters: frozenset[str] = frozenset()
    periods: frozenset[str] = frozenset()

    def holds(self, reporter: str | None, period: str | None) -> bool:
        """Whether a report may belong here; what is not known (None) speaks against nothing."""
        return (reporter is None or not self.reporters or reporter in self.reporters) and (
            period is None or not self.periods or period in self.periods
        )


def take_in(
    settings: Settings,
    connection: Connection,
    corrections: Corrections,
    on_progress: Callable[[int, int], None] | None = None,
    scope: Scope | None = None,
) -> TakenIn:
    """Copies, hashes and reads every new or changed workbook under the raw folder; forgets those that are gone.

    With a scope only those that belong there, by what they or their paths say; everything else stays as it was read before.
    A working database that knows no file yet takes in all of them: the published file must not shrink to the scope.
    """
    began = time.monotonic()
    fetch_raw(settings)
    if not settings.raw.is_dir():
        raise UserMistake(f"Không thấy thư mục {settings.raw} (the raw folder does not exist)")
    if settings.warehouse.is_relative_to(settings.raw):
        raise UserMistake(
            f"Kho dữ liệu {settings.warehouse} không được nằm trong thư mục tệp gốc. (The warehouse must not lie in the raw folder.)"
        )
    if not settings.corrections.is_dir() and is_built(connection, "corrections", KEPT):
        raise UserMistake(
            f"Thư mục sửa chữa {settings.corrections} không còn, lần chạy trước còn dùng: kiểm tra lại ổ đĩa; nếu không dùng nữa, hãy tạo thư mục trống. "
            "(The folder of corrections is gone; where that is meant, make an empty one.)"
        )
    _adopt_inbox(settings)
    taking = _Taking(settings, connection, corrections, scope)
    taking.gather()
    tasks = taking.plan()
    taking.read(tasks, on_progress)
    taking.settle()
    outcome = taking.outcome
    outcome.files, outcome.parsed = len(taking.arrivals), len(tasks)
    outcome.unchanged = len(taking.earliest) - len(tasks)
    outcome.seconds = time.monotonic() - began
    return outcome


class _Taking:
    """What was there before, what is there now, and what of it has to be read.

    A submission is one content: its copy, its reading and the key of that reading (of the bytes, what the path says, corrections, caps and
    code). Of equal files the first to arrive speaks.
    """

    def __init__(self, settings: Settings, connection: Connection, corrections: Corrections, scope: Scope | None) -> None:
        self.settings, self.connection, self.corrections = settings, connection, corrections
        self.limits = door.Limits(**settings.caps)
        self.known = _read_known(connection)
        self.readings: dict[str, str] = dict(connection.execute("select submission_id, reading_key from intake.submissions").fetchall())
        self.shut = _list_unreadable(connection)
        self.scope = scope if self.known else None
        self.about = _read_pairs(connection) if self.scope else {}
        self.manner = _hash((_reading_version(connection), replace(corrections, names=()), self.limits))  # of reading
        self.is_usual = is_built(connection, "readings", self.manner)  # all that is kept was read in this manner, under its own path
        self.outcome = TakenIn()
        self.present: set[str] = set()
        self.arrivals: dict[str, dict[str, object]] = {}
        self.copies: dict[str, Path] = {}
        self.earliest: dict[str, tuple[datetime, str]] = {}  # by submission, when and under which path it first arrived
        self.refused: dict[str, door.Refused | door.Skipped] = {}
        self.keys: dict[str, str] = {}

    # ---- what is there

    def gather(self) -> None:
        """A copy in the store of every file that is new or changed; a file whose `stat` is as it was is not opened."""
        present = door.scan(self.settings.raw)
        unfinished = [taken for found in present if (taken := self._look_at(found)) is not None]
        if unfinished:
            time.sleep(SECOND_LOOK)
        for taken in unfinished:
            if door.has_changed(self.settings.raw, taken.arrival):
                self._wait_for(taken.arrival.path)
            else:
                self._note_copy(taken)
        if self.known and not present:
            raise UserMistake(
                f"Thư mục {self.settings.raw} trống, trước đây có {len(self.known)} tệp: kiểm tra lại ổ đĩa. (The raw folder is empty now.)"
            )
        self.present = {found.path for found in present}
        for path in sorted(self.known.keys() - self.present):
            if not self._belongs(path, self.known[path].submission):
                self._leave(path)

    def _look_at(self, found: door.Arrival | door.Skipped) -> door.Taken | None:
        """Notes what is to be noted of a file; one that may still be being copied is given back."""
        path, before = found.path, self.known.get(found.path)
        is_same = before is not None and before.stamp == found.mark
        if not is_same and not self._belongs(path, before.submission if before else None):
            self._leave(path)
            return None
        if isinstance(found, door.Skipped):
            self._refuse(found, path, 0, datetime.fromtimestamp(0, UTC), "")
            return None
        if before is not None and is_same and (copy := received.copy_path(self.settings.received, before.submission)).exists():
            self._note(path, before.submission, found.size, found.modified_at, found.mark, copy)
            return None
        taken = door.take(self.settings.raw, found, self.settings.received, self.limits.file_bytes)
        if isinstance(taken, door.Refused):
            if taken.passing:
                self._wait_for(path)
            else:
                self.outcome.again += taken.reason in ("no_permission", "read_error")  # the others say the same of the same file
                self._refuse(taken, path, found.size, found.modified_at, found.mark)
            return None
        with taken.copy.open("rb") as file:
            if time.time() - found.modified_at.timestamp() < door.PATIENCE and door.lacks_zip_end(file):
                return taken
        self._note_copy(taken)
        return None

    def _belongs(self, path: str, submission: str | None = None) -> bool:
        """Whether a file is in the scope: what was read in it speaks, else what its path says."""
        if self.scope is None:
            return True
        pairs = self.about.get(submission or "")
        if pairs is None:
            said = read_path(path)
            pairs = {(reporter, period) for reporter in said.reporters or (None,) for period in said.periods or (None,)}
        return any(self.scope.holds(*pair) for pair in pairs)

    def _note(self, path: str, submission: str, size: int, received_at: datetime, stamp: str, copy: Path) -> None:
        self.arrivals[path] = describe_arrival(path, submission, size, received_at, stamp)
        self.copies[submission] = copy
        self.earliest[submission] = min((received_at, path), self.earliest.get(submission, (received_at, path)))

    def _note_copy(self, taken: door.Taken) -> None:
        found = taken.arrival
        self._note(found.path, taken.sha256, found.size, found.modified_at, found.mark, taken.copy)

    def _keep(self, path: str) -> None:
        """What stood there before holds, if anything did."""
        if path in self.known:
            before = self.known[path]
            held = received.copy_path(self.settings.received, before.submission)
            if held.exists():
                self._note(path, before.submission, before.size, before.received_at, before.stamp, held)

    def _leave(self, path: str) -> None:
        self.outcome.left.append(path)
        self._keep(path)

    def _wait_for(self, path: str) -> None:
        self.outcome.waiting.append(path)
        self._keep(path)  # until the new content can be read

    def _refuse(self, problem: door.Refused | door.Skipped, path: str, size: int, received_at: datetime, stamp: str) -> None:
        submission = _made_up_id(path)
        self.refused[submission] = problem
        self.arrivals[path] = describe_arrival(path, submission, size, received_at, stamp)

    # ---- what has to be read

    def plan(self) -> list[Task]:
        """The submissions without a reading by their key, the largest first."""
        spoke: dict[str, tuple[datetime, str]] = {}
        for path, before in self.known.items():
            spoke[before.submission] = min((before.received_at, path), spoke.get(before.submission, (before.received_at, path)))
        tasks: list[Task] = []
        for submission, (_, path) in sorted(self.earliest.items()):
            kept = self.readings.get(submission, "")
            if self.is_usual and spoke.get(submission, ("", ""))[1] == path and len(kept) == len(self.manner):
                self.keys[submission] = kept  # read in this manner, and its path says what it said
                continue
            said = read_path(path)
            self.keys[submission] = _hash((self.manner, said))
            if submission in self.readings and not self._belongs(path, submission):
                self.is_usual = self.is_usual and self.keys[submission] == kept
                self.keys[submission] = kept
            if self.readings.get(submission) != self.keys[submission]:
                mark = str(self.arrivals[path]["stamp"])
                tasks.append(Task(submission, str(self.copies[submission]), said, self.corrections, self.limits, mark))
        tasks.sort(key=lambda task: -self.copies[task.submission_id].stat().st_size)
        return tasks

    def read(self, tasks: Sequence[Task], on_progress: Callable[[int, int], None] | None) -> None:
        """Reads and stores batch by batch: what is stored when a run is killed, the next one need not read."""
        if tasks or not self.is_usual:
            mark_built(self.connection, "readings", "")  # until all are read in one manner, under the paths that arrive at the end
        outside: set[str] = set()
        with closing(open_engine(self.settings)) as engine:
            batch = min(BATCH, max(SMALL_BATCH, len(tasks) // 8))
            parsed: list[Parsed] = []
            with closing(engine.read(tasks)) as outcomes:
                for done, (task, result) in enumerate(outcomes, 1):
                    if on_progress is not None:
                        on_progress(done, len(tasks))
                    if result.value is None:
                        parsed.append(self._give_up(task, result))
                    elif self._is_outside(result.value):
                        outside.add(task.submission_id)
                        del self.keys[task.submission_id]
                    else:
                        parsed.append(result.value)
                    if len(parsed) >= batch:
                        self._store(parsed)
                        parsed = []
            self._store(parsed)
            engine.settle()
        for path in [path for path, arrival in self.arrivals.items() if arrival["submission_id"] in outside]:
            del self.arrivals[path]
            self._leave(path)
            if path in self.arrivals:
                before = self.known[path].submission
                self.keys.setdefault(before, self.readings.get(before, ""))

    def _is_outside(self, parsed: Parsed) -> bool:
        """Whether nothing of what was read is in the scope."""
        pairs = _list_pairs(parsed) if self.scope else set()
        return self.scope is not None and bool(pairs) and not any(self.scope.holds(*pair) for pair in pairs)

    def _give_up(self, task: Task, result: Outcome[Parsed]) -> Parsed:
        """What is kept of a submission whose reading came to nothing. It has no key of a reading: the next run tries again."""
        submission = task.submission_id
        if result.error == "failed":
            self.outcome.failed[self.earliest[submission][1]] = result.detail
            if not received.is_whole(self.copies[submission], submission):
                self.copies[submission].unlink(missing_ok=True)  # the next run takes it anew
        self.keys[submission] = f"{result.error}"
        self.outcome.again += 1
        return pack("", refuse(submission, task.evidence, result.error or "failed", self.limits))

    def _store(self, parsed: Sequence[Parsed]) -> None:
        """Readings in the place of earlier ones of the same bytes. The files that they are of arrive at the end: until then nobody looks at them."""
        if parsed:
            tables = [{name: unstream(stream) for name, stream in p.tables.items()} for p in parsed]
            earlier = [p.submission_id for p in parsed if p.submission_id in self.readings]
            replace_readings(self.connection, earlier, tables, describe_submissions(parsed, self.keys))

    # ---- what stays

    def settle(self) -> None:
        """Stores what was refused, forgets what is gone, and lets the files arrive."""
        unread = {submission: problem for submission, problem in self.refused.items() if self.readings.get(submission) != "refused"}
        self.keys |= dict.fromkeys(unread, "refused")
        self._store(
            [
                pack("", refuse(submission, read_path(_path_of(problem)), problem.reason, self.limits))
                for submission, problem in unread.items()
            ]
        )
        there = self.keys.keys() | self.refused.keys()
        if gone := [submission for submission in self.readings if submission not in there]:
            replace_readings(self.connection, gone, [], describe_submissions((), self.keys))
        rows = [self.arrivals[path] for path in sorted(self.arrivals)]
        if {path: (row["submission_id"], row["stamp"]) for path, row in self.arrivals.items()} != {
            path: (k.submission, k.stamp) for path, k in self.known.items()
        }:
            replace_arrivals(self.connection, pa.Table.from_pylist(rows, schema=ARRIVALS))
        if self.scope is None or self.is_usual:
            mark_built(self.connection, "readings", self.manner)
        mark_built(self.connection, "corrections", KEPT if any(self.settings.corrections.glob("*.csv")) else "")
        self._keep_received(rows)
        arrived = {row["submission_id"] for row in rows}
        lost = self.known.keys() - self.present - self.arrivals.keys()
        self.outcome.gone = _group_gone([path for path in lost if self.known[path].submission not in arrived | self.shut], self.present)

    def _keep_received(self, arrivals: Sequence[dict[str, object]]) -> None:
        """Every submission that could be read stays in the store for good; what could not, as long as it lies in the raw folder."""
        shut = _list_unreadable(self.connection)
        entries = [
            received.Entry(str(row["submission_id"]), str(row["path"]), f"{row['received_at']}+00:00", int(str(row["size_bytes"])))
            for row in arrivals
            if row["submission_id"] not in shut
        ]
        received.add_to_list(self.settings.received, entries)
        received.prune(self.settings.received, self.shut - {str(row["submission_id"]) for row in arrivals})


def fetch_raw(settings: Settings) -> None:
    """Where the raw files are on an object store, brings the local copy of that folder up to date."""
    if settings.raw_url:
        from coop_pipeline.remote.raw import fetch_raw

        fetch_raw(settings.raw_url, settings.raw)


def open_engine(settings: Settings) -> Engine:
    if settings.engine:
        from coop_pipeline.remote.cluster import open_cluster

        return open_cluster(settings.engine, settings.shared, settings.file_seconds, settings.memory_bytes, settings.output_bytes)
    ahead = _ahead.pop(settings.child_limits, None)
    return ahead if ahead is not None and not ahead.is_broken else LocalEngine(*settings.child_limits)


_ahead: dict[tuple[int, float, int, int], LocalEngine] = {}
"""By their limits, engines that read already and wait for `open_engine`."""


@contextmanager
def reading_ahead(settings: Settings, engine: LocalEngine, found: Sequence[door.Arrival]) -> Iterator[None]:
    """The engine reads these files of the raw folder for the run that takes them in before this ends.

    Nothing is stored or decided: the run copies and hashes every file itself, under its lock, and uses a reading only where it is that of the
    very bytes, the words of the path, the corrections and the limits that it asks for.
    """
    with suppress(OSError, UserMistake):  # what hinders it, the run itself will say
        engine.read_ahead(_plan_ahead(settings, found))
    _ahead[settings.child_limits] = engine
    try:
        yield
    finally:
        _ahead.pop(settings.child_limits, None)


def _plan_ahead(settings: Settings, found: Sequence[door.Arrival]) -> list[Task]:
    """The largest first, as the run itself takes them; no more than may wait."""
    corrections, limits = read_corrections(settings.corrections, today()).corrections, door.Limits(**settings.caps)
    largest = sorted((arrival for arrival in found if arrival.size <= limits.file_bytes), key=lambda arrival: (-arrival.size, arrival.path))
    return [
        Task("", str(settings.raw / os.fsdecode(arrival.disk_path)), read_path(arrival.path), corrections, limits, arrival.mark)
        for arrival in largest[:HELD_FILES]
    ]


@dataclass(frozen=True, slots=True)
class _Known:
    """A file as the last run found it."""

    submission: str
    size: int
    received_at: datetime
    stamp: str


def _read_known(connection: Connection) -> dict[str, _Known]:
    return {
        path: _Known(submission, size, received_at.replace(tzinfo=UTC), stamp)
        for path, submission, size, received_at, stamp in connection.execute(
            "select path, submission_id, size_bytes, received_at, stamp from intake.arrivals"
        ).fetchall()
    }


def _hash(state: object) -> str:
    return hashlib.sha256(repr(state).encode()).hexdigest()


def _read_pairs(connection: Connection) -> dict[str, set[tuple[str | None, str | None]]]:
    """By submission, whom and which period its own heading and its rows are about."""
    rows = " union ".join(f"select submission_id, reporter_code, period from intake.{name}" for name in ("submissions", *FORMS))
    pairs: dict[str, set[tuple[str | None, str | None]]] = {}
    for submission, reporter, period in connection.execute(rows).fetchall():
        if reporter is not None or period is not None:
            pairs.setdefault(submission, set()).add((reporter, period))
    return pairs


def list_periods(settings: Settings, connection: Connection) -> set[str | None]:
    """The periods that anything received is about, by its content or its path. None: a new file whose path does not say."""
    fetch_raw(settings)
    known = {path for (path,) in connection.execute("select path from intake.arrivals").fetchall()}
    periods = {period for pairs in _read_pairs(connection).values() for _, period in pairs if period is not None}
    found: set[str | None] = {*periods}
    for item in door.scan(settings.raw) if settings.raw.is_dir() else ():
        said = read_path(item.path).periods
        found |= set(said) or (set() if item.path in known else {None})
    return found


def _list_pairs(parsed: Parsed) -> set[tuple[str | None, str | None]]:
    pairs = {(parsed.reporter, parsed.period)}
    for name, stream in parsed.tables.items():
        if name in FORMS:
            rows = unstream(stream)
            pairs |= set(zip(rows["reporter_code"].to_pylist(), rows["period"].to_pylist(), strict=True))
    return {pair for pair in pairs if pair != (None, None)}


def _list_unreadable(connection: Connection) -> set[str]:
    return {s for (s,) in connection.execute("select submission_id from intake.submissions where status = 'unreadable'").fetchall()}


def _adopt_inbox(settings: Settings) -> None:
    """Earlier versions kept the copies among the working files."""
    inbox = settings.warehouse / "work" / "inbox"
    if inbox.is_dir() and not settings.received.exists():
        inbox.rename(settings.received)
        settings.received.chmod(received.FOLDER_MODE)


def describe_arrival(path: str, submission: str, size: int, received_at: datetime, stamp: str) -> dict[str, object]:
    """A row of intake.arrivals."""
    return {
        "path": path, "submission_id": submission, "size_bytes": size, "received_at": received_at.astimezone(UTC).replace(tzinfo=None),
        "stamp": stamp,
    }  # fmt: skip


def _group_gone(gone: Iterable[str], present: Iterable[str]) -> list[tuple[str, int]]:
    """Each file under the outermost of its folders that holds nothing now; one that is alone there, or in none, by itself."""
    held = {folder for path in present for folder in PurePosixPath(path).parents}
    files: dict[str, list[str]] = {}
    for path in gone:
        emptied = [folder for folder in PurePosixPath(path).parents if folder not in held]
        files.setdefault(f"{emptied[-1]}/" if emptied else path, []).append(path)
    places = [(place if len(paths) > 1 else paths[0], len(paths)) for place, paths in files.items()]
    return sorted(places, key=lambda place: (-place[1], place[0]))


def _path_of(problem: door.Refused | door.Skipped) -> str:
    return problem.arrival.path if isinstance(problem, door.Refused) else problem.path


def _made_up_id(path: str) -> str:
    """The id of something without bytes that can be read: made from its path."""
    return hashlib.sha256(b"path:" + path.encode("utf-8", "surrogateescape")).hexdigest()


def _reading_version(connection: Connection) -> str:
    row = connection.execute("select version from intake.version").fetchone()
    return str(row[0]) if row else ""


def describe_submissions(parsed: Iterable[Parsed], keys: dict[str, str]) -> pa.Table:
    """Rows of intake.submissions."""
    return pa.Table.from_pylist(
        [
            {
                "submission_id": p.submission_id, "reading_key": keys[p.submission_id], "kind": p.kind, "status": p.status,
                "reporter_code": p.reporter, "period": p.period, "as_of": p.as_of, "stated_on": p.stated_on, "revision": p.revision,
                "corrected": json.dumps(p.corrected),
                "is_supplement": p.supplement,
            }
            for p in parsed
        ],
        schema=SUBMISSIONS,
    )  # fmt: skip
