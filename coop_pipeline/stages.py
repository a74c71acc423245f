"""The stages of the main job, in order and free of Dagster: take in, judge, compute, audit, publish."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pyarrow as pa

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.issues import Issue, make_issue
from coop_pipeline.forms.wording import today
from coop_pipeline.intake import door, received
from coop_pipeline.intake.context import read_path
from coop_pipeline.intake.corrections import CorrectionFiles, Corrections, read_corrections
from coop_pipeline.intake.engine import Engine, LocalEngine
from coop_pipeline.intake.pool import Outcome
from coop_pipeline.intake.refusals import refuse
from coop_pipeline.intake.worker import Parsed, Task, pack, read_file, unstream
from coop_pipeline.settings import Settings
from coop_pipeline.store.audits import AUDITS, Audit, Finding, run_audits
from coop_pipeline.store.facts import build_facts, clear_stage
from coop_pipeline.store.publications import Publications
from coop_pipeline.store.publish import Published, hold, publish
from coop_pipeline.store.reference import build_reference, complete_dictionary
from coop_pipeline.store.schema import CORE, QUALITY, REF, Column, TableSpec
from coop_pipeline.store.warehouse import (
    ARRIVALS,
    SUBMISSIONS,
    Connection,
    built_key,
    code_version,
    is_built,
    let_go,
    mark_built,
    replace_arrivals,
    replace_readings,
    transaction,
)

BATCH = 500  # readings that wait here before they are stored
SECOND_LOOK = 5.0  # seconds after which files that may still be being copied are looked at again
SCHEMAS = ("core", "mart", "quality", "ref")


@cache
def mart_tables() -> tuple[TableSpec, ...]:
    """The published marts. Asked for only where indicators are computed: reading their SQL costs a check of one workbook half its time."""
    from coop_pipeline.marts import MARTS

    return tuple(
        TableSpec(m.schema, m.name, m.vi, m.en, tuple(Column(c.name, "", c.vi, c.en, c.unit) for c in m.columns))
        for m in MARTS.values()
        if m.is_published
    )


def all_tables() -> tuple[TableSpec, ...]:
    return (*CORE, *QUALITY, *REF, *mart_tables())


class UserMistake(Exception):
    """Something the user has to mend; the message says it in one line."""


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
    fetch_raw(settings)
    if not settings.raw.is_dir():
        raise UserMistake(f"Không thấy thư mục {settings.raw} (the raw folder does not exist)")
    if settings.warehouse.is_relative_to(settings.raw):
        raise UserMistake(
            f"Kho dữ liệu {settings.warehouse} không được nằm trong thư mục tệp gốc. (The warehouse must not lie in the raw folder.)"
        )
    began = datetime.now(UTC)
    _adopt_inbox(settings)
    limits = door.Limits(**settings.caps)
    known = {
        path: _Known(submission, size, received_at.replace(tzinfo=UTC), stamp)
        for path, submission, size, received_at, stamp in connection.execute(
            "select path, submission_id, size_bytes, received_at, stamp from intake.arrivals"
        ).fetchall()
    }
    readings = dict(connection.execute("select submission_id, reading_key from intake.submissions").fetchall())
    shut = _list_unreadable(connection)
    scope = scope if known else None
    about = _read_pairs(connection) if scope else {}
    outcome = TakenIn()
    arrivals: dict[str, dict[str, object]] = {}
    copies: dict[str, Path] = {}
    evidence: dict[str, str] = {}
    refused: dict[str, door.Refused | door.Skipped] = {}
    earliest: dict[str, tuple[datetime, str]] = {}
    unfinished: list[tuple[door.Taken, str]] = []

    def note(path: str, submission: str, size: int, received_at: datetime, stamp: str, copy: Path) -> None:
        arrivals[path] = _arrival(path, submission, size, received_at, stamp)
        copies[submission] = copy
        earliest[submission] = min((received_at, path), earliest.get(submission, (received_at, path)))
        evidence[submission] = earliest[submission][1]  # of equal files the first to arrive speaks

    def keep(path: str) -> None:
        """What stood there before holds, if anything did."""
        if path in known:
            before = known[path]
            held = received.copy_path(settings.received, before.submission)
            if held.exists():
                note(path, before.submission, before.size, before.received_at, before.stamp, held)

    def belongs(path: str, submission: str | None = None) -> bool:
        """Whether a file is in the scope: what was read in it speaks, else what its path says."""
        if scope is None:
            return True
        pairs = about.get(submission or "")
        if pairs is None:
            said = read_path(path)
            pairs = {(reporter, period) for reporter in said.reporters or (None,) for period in said.periods or (None,)}
        return any(scope.holds(*pair) for pair in pairs)

    present = door.scan(settings.raw)
    for found in present:
        before = known.get(found.path)
        stamp = found.mark
        is_same = before is not None and before.stamp == stamp
        if not is_same and not belongs(found.path, before.submission if before else None):
            outcome.left.append(found.path)
            keep(found.path)
            continue
        if isinstance(found, door.Skipped):
            submission = _made_up_id(found.path)
            refused[submission] = found
            arrivals[found.path] = _arrival(found.path, submission, 0, datetime.fromtimestamp(0, UTC), "")
            continue
        copy: Path | None = None
        if before is not None and is_same:
            submission = before.submission
            copy = received.copy_path(settings.received, submission)
        if copy is None or not copy.exists():
            taken = door.take(settings.raw, found, settings.received, limits.file_bytes)
            if isinstance(taken, door.Refused):
                if taken.passing:
                    outcome.waiting.append(found.path)
                    keep(found.path)  # until the new content can be read
                    continue
                submission = _made_up_id(found.path)
                refused[submission] = taken
                outcome.again += 1
                arrivals[found.path] = _arrival(found.path, submission, found.size, found.modified_at, stamp)
                continue
            with taken.copy.open("rb") as file:
                if time.time() - found.modified_at.timestamp() < door.PATIENCE and door.lacks_zip_end(file):
                    unfinished.append((taken, stamp))
                    continue
            submission, copy = taken.sha256, taken.copy
        note(found.path, submission, found.size, found.modified_at, stamp, copy)
    if unfinished:
        time.sleep(SECOND_LOOK)
    for taken, stamp in unfinished:
        found = taken.arrival
        if door.has_changed(settings.raw, found):
            outcome.waiting.append(found.path)
            keep(found.path)
        else:
            note(found.path, taken.sha256, found.size, found.modified_at, stamp, taken.copy)
    if known and not present:
        raise UserMistake(
            f"Thư mục {settings.raw} trống, trước đây có {len(known)} tệp: kiểm tra lại ổ đĩa. (The raw folder is empty now.)"
        )
    for path in sorted(set(known) - {found.path for found in present}):
        if not belongs(path, known[path].submission):
            outcome.left.append(path)
            keep(path)
    manner = _hash((_reading_version(connection), replace(corrections, names=()), limits))  # of reading: code, corrections, caps
    is_usual = is_built(connection, "readings", manner)
    spoke: dict[str, tuple[datetime, str]] = {}
    for path, before in known.items():
        spoke[before.submission] = min((before.received_at, path), spoke.get(before.submission, (before.received_at, path)))
    keys: dict[str, str] = {}
    tasks: list[Task] = []
    for submission, path in sorted(evidence.items()):
        if is_usual and spoke.get(submission, ("", ""))[1] == path and len(readings.get(submission, "")) == len(manner):
            keys[submission] = readings[submission]  # read in this manner, and its path says what it said
            continue
        said = read_path(path)
        keys[submission] = _hash((manner, said))
        if submission in readings and not belongs(path, submission):
            keys[submission] = readings[submission]
        if readings.get(submission) != keys[submission]:
            tasks.append(Task(submission, str(copies[submission]), said, corrections, limits))
    tasks.sort(key=lambda task: -copies[task.submission_id].stat().st_size)
    done = 0

    def progress(_: int, __: Outcome[Parsed]) -> None:
        nonlocal done
        done += 1
        if on_progress is not None:
            on_progress(done, len(tasks))

    def store(parsed: Sequence[Parsed]) -> None:
        """Readings in the place of earlier ones of the same bytes. The files that they are of arrive at the end: until then nobody looks at them."""
        if parsed:
            tables = [{name: unstream(stream) for name, stream in p.tables.items()} for p in parsed]
            replace_readings(
                connection, [p.submission_id for p in parsed if p.submission_id in readings], tables, _submissions(parsed, keys)
            )

    if not is_usual:
        mark_built(connection, "readings", "")  # until all are read in one manner
    engine = open_engine(settings)
    outside: set[str] = set()
    for batch in (tasks[n : n + BATCH] for n in range(0, len(tasks), BATCH)):  # so many are held here at once
        parsed: list[Parsed] = []
        for task, result in zip(batch, engine.read(batch, progress), strict=True):
            if result.value is not None:
                pairs = _list_pairs(result.value) if scope else set()
                if scope and pairs and not any(scope.holds(*pair) for pair in pairs):
                    outside.add(task.submission_id)
                    del keys[task.submission_id]
                    continue
                parsed.append(result.value)
                continue
            if result.error == "failed":
                outcome.failed[evidence[task.submission_id]] = result.detail
                if not received.is_whole(copies[task.submission_id], task.submission_id):
                    copies[task.submission_id].unlink(missing_ok=True)  # the next run takes it anew
            parsed.append(pack("", refuse(task.submission_id, task.evidence, result.error or "failed", limits)))
            keys[task.submission_id] = f"{result.error}"  # no key of a reading: it is tried again in the next run
            outcome.again += 1
        store(parsed)
    engine.settle()
    for path in [path for path, arrival in arrivals.items() if arrival["submission_id"] in outside]:
        outcome.left.append(path)
        del arrivals[path]
        keep(path)
        if path in arrivals:
            keys.setdefault(known[path].submission, readings.get(known[path].submission, ""))
    unread = {submission: problem for submission, problem in refused.items() if readings.get(submission) != "refused"}
    for submission in unread:
        keys[submission] = "refused"
    store([pack("", refuse(submission, read_path(_path_of(problem)), problem.reason, limits)) for submission, problem in unread.items()])
    there = set(keys) | set(refused)
    if gone := [submission for submission in readings if submission not in there]:
        replace_readings(connection, gone, [], _submissions((), keys))
    if scope is None and not is_usual:
        mark_built(connection, "readings", manner)
    rows = [arrivals[path] for path in sorted(arrivals)]
    if {path: (row["submission_id"], row["stamp"]) for path, row in arrivals.items()} != {
        path: (k.submission, k.stamp) for path, k in known.items()
    }:
        replace_arrivals(connection, pa.Table.from_pylist(rows, schema=ARRIVALS))
    _keep_received(settings, connection, rows, shut)
    outcome.files, outcome.parsed = len(arrivals), len(tasks)
    outcome.unchanged = len(evidence) - len(tasks)
    outcome.seconds = (datetime.now(UTC) - began).total_seconds()
    return outcome


def fetch_raw(settings: Settings) -> None:
    """Where the raw files are on an object store, brings the local copy of that folder up to date."""
    if settings.raw_url:
        from coop_pipeline.remote.raw import fetch_raw

        fetch_raw(settings.raw_url, settings.raw)


def mirror_published(settings: Settings) -> bool:
    """Where an object store is to hold the published file too, brings it up to date; says whether it was not."""
    if not settings.publish_url:
        return False
    from coop_pipeline.remote.mirror import mirror_published

    return mirror_published(settings.publish_url, settings.target, settings.keep_versions)


def publish_to_lake(settings: Settings) -> bool:
    """Where a lake is to hold the published tables too, brings this province's rows there up to date; says whether they were not."""
    if not settings.lake:
        return False
    from coop_pipeline.remote.lake import publish_to_lake

    return publish_to_lake(settings.lake, settings.lake_data, settings.target)


def open_engine(settings: Settings) -> Engine:
    if settings.engine:
        from coop_pipeline.remote.cluster import open_cluster

        return open_cluster(settings.engine, settings.shared, settings.file_seconds, settings.memory_bytes, settings.output_bytes)
    return LocalEngine(settings.workers, settings.file_seconds, settings.memory_bytes, settings.output_bytes)


@dataclass(frozen=True, slots=True)
class _Known:
    """A file as the last run found it."""

    submission: str
    size: int
    received_at: datetime
    stamp: str


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


def _keep_received(settings: Settings, connection: Connection, arrivals: Sequence[dict[str, object]], shut_before: set[str]) -> None:
    """Every submission that could be read stays in the store for good; what could not, as long as it lies in the raw folder."""
    shut = _list_unreadable(connection)
    entries = [
        received.Entry(str(row["submission_id"]), str(row["path"]), f"{row['received_at']}+00:00", int(str(row["size_bytes"])))
        for row in arrivals
        if row["submission_id"] not in shut
    ]
    received.add_to_list(settings.received, entries)
    received.prune(settings.received, shut_before - {str(row["submission_id"]) for row in arrivals})


def _adopt_inbox(settings: Settings) -> None:
    """Earlier versions kept the copies among the working files."""
    inbox = settings.warehouse / "work" / "inbox"
    if inbox.is_dir() and not settings.received.exists():
        inbox.rename(settings.received)
        settings.received.chmod(received.FOLDER_MODE)


def _arrival(path: str, submission: str, size: int, received_at: datetime, stamp: str) -> dict[str, object]:
    return {
        "path": path, "submission_id": submission, "size_bytes": size, "received_at": received_at.astimezone(UTC).replace(tzinfo=None),
        "stamp": stamp,
    }  # fmt: skip


def _path_of(problem: door.Refused | door.Skipped) -> str:
    return problem.arrival.path if isinstance(problem, door.Refused) else problem.path


def _made_up_id(path: str) -> str:
    """The id of something without bytes that can be read: made from its path."""
    return hashlib.sha256(b"path:" + path.encode("utf-8", "surrogateescape")).hexdigest()


def _reading_version(connection: Connection) -> str:
    row = connection.execute("select version from intake.version").fetchone()
    return str(row[0]) if row else ""


def _submissions(parsed: Sequence[Parsed], keys: dict[str, str]) -> pa.Table:
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


def load_corrections(settings: Settings, day: date | None = None) -> CorrectionFiles:
    return read_corrections(settings.corrections, day or today())


def state_key(connection: Connection, files: CorrectionFiles) -> str:
    """Stands for everything that the tables are made from: what was read, the corrections and the code."""
    arrivals = connection.execute("select path, submission_id, received_at from intake.arrivals order by all").fetchall()
    readings = connection.execute("select submission_id, reading_key from intake.submissions order by all").fetchall()
    said = [(issue.code, issue.row_number, issue.message_vi) for issue in files.issues]
    return hashlib.sha256(repr((tables_version(), arrivals, readings, files.corrections.names, said)).encode()).hexdigest()


@cache
def tables_version() -> str:
    """A hash over all the code that the tables are made by."""
    return code_version("coop_pipeline.forms", "coop_pipeline.intake", "coop_pipeline.store", "coop_pipeline.marts")


def build_core(connection: Connection, files: CorrectionFiles) -> None:
    """`ref`, `core` and `quality` from what was read; nothing where nothing changed."""
    key = state_key(connection, files)
    if not is_built(connection, "facts", key):
        with transaction(connection):
            if not is_built(connection, "reference", tables_version()):  # it is made of the code alone
                build_reference(connection, all_tables())
                mark_built(connection, "reference", tables_version())
            build_facts(connection, files.corrections.names, (*files.issues, *_say_unused(connection, files.corrections)), key=key)
            clear_stage(connection)


def used_corrections(connection: Connection) -> set[int]:
    """The lines of cell_corrections.csv that found the cell as `typed` says."""
    return {
        line for (lines,) in connection.execute("select corrected from intake.submissions").fetchall() for line in json.loads(lines or "[]")
    }


def _say_unused(connection: Connection, corrections: Corrections) -> list[Issue]:
    """Cell corrections that found no cell holding what they say was typed."""
    used = used_corrections(connection)
    said = {"reason_vi": "không có ô nào còn giá trị đã ghi ở cột typed", "reason_en": "no cell holds what `typed` says"}
    file = "cell_corrections.csv"
    return [
        make_issue("correction_unused", {"file": file, "line": str(c.line), **said}, sheet=file, row_number=c.line)
        for c in corrections.cells
        if c.line not in used
    ]


def build_marts(connection: Connection) -> None:
    """`mart` from the other schemas; nothing where those are as they were."""
    from coop_pipeline.marts import MARTS, create_statements

    key = built_key(connection, "facts")
    if is_built(connection, "marts", key):
        return
    with transaction(connection):
        for mart in MARTS.values():
            connection.execute(";\n".join(create_statements(mart)))
        complete_dictionary(connection)
        for mart in MARTS.values():
            if not mart.is_published:  # only other marts read it: what is dropped now is not even written out
                connection.execute(f"drop {'view' if mart.is_view else 'table'} {mart.full_name}")
        mark_built(connection, "marts", key)


def audit(connection: Connection, audits: Sequence[Audit]) -> list[Finding]:
    """The findings. A blocking audit that passes is noted for this state of the facts: whoever publishes it need not ask again."""
    findings = run_audits(connection, audits)
    key = built_key(connection, "facts")
    with transaction(connection):
        for finding in findings:
            if finding.audit.blocking:
                mark_built(connection, f"audit {finding.audit.name}", key if finding.passed else "failed")
    return findings


@dataclass(frozen=True, slots=True)
class Publication:
    """What became of the tables. `made` is None where the file, published or held, already held this very state."""

    made: Published | None
    held: Path | None
    """Where they wait for their release; None: they are published."""
    is_altered: bool = False
    """Another program wrote to the file that stood: it is replaced, unless a hold is in force."""


def publish_tables(settings: Settings, connection: Connection, *, run_id: str = "", hold_back: bool = False) -> Publication:
    """Publishes, or holds back where that is asked for or a hold is in force: only a release ends it."""
    key = built_key(connection, "marts")
    if key != built_key(connection, "facts"):
        raise UserMistake("Chỉ tiêu chưa được tính lại theo số liệu mới; chạy lại cả công việc. (The marts are older than the facts.)")
    pending = [one for one in AUDITS if one.blocking and not is_built(connection, f"audit {one.name}", key)]
    broken = [finding.audit.vi for finding in audit(connection, pending) if not finding.passed]
    if broken:
        raise UserMistake(f"Kiểm tra không đạt: {'; '.join(broken)}. (A blocking audit failed.)")
    publications = Publications(settings.target)
    is_altered = publications.is_altered() or publications.has_log()
    held = publications.held()
    if hold_back or held is not None:
        if held is None or publications.state_of(held) != key:
            made = hold(settings.working, settings.target, SCHEMAS, connection=connection, run=run_id, state=key)
            return Publication(made, made.path, is_altered)
        return Publication(None, held, is_altered)
    if publications.state_of(settings.target) == key and not is_altered:
        return Publication(None, None)
    made = publish(settings.working, settings.target, SCHEMAS, settings.keep_versions, connection=connection, run=run_id, state=key)
    let_go(connection)
    return Publication(made, None, is_altered)


def check_workbook(path: Path, corrections: Corrections, connection: Connection, limits: door.Limits = door.DEFAULT_LIMITS) -> str:
    """Reads one workbook in this process into an empty working database, as `coop check` does in a child. Returns its submission id."""
    data = path.read_bytes()
    submission = hashlib.sha256(data).hexdigest()
    task = Task(submission, str(path), read_path(path.name), corrections, limits)
    kind, reading = read_file(data, task)
    parsed = pack(kind, reading)
    replace_readings(connection, [submission], [reading.arrow()], _submissions([parsed], {submission: ""}))
    moment = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    replace_arrivals(connection, pa.Table.from_pylist([_arrival(path.name, submission, len(data), moment, "")], schema=ARRIVALS))
    with transaction(connection):
        build_reference(connection, (), only=("periods", "reporters"))
        build_facts(connection, corrections.names, (), lone=True)
    return submission
