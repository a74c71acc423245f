"""Which workbooks go back to their senders: those with errors or warnings, marked by child processes, kept while nothing changed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import Any

from coop_pipeline.forms.codes import reporters
from coop_pipeline.forms.wording import as_one_line
from coop_pipeline.intake import received
from coop_pipeline.intake.pool import run_all
from coop_pipeline.outputs.files import clear_drafts, look, read_ledger, replace_file, write_ledger
from coop_pipeline.outputs.returned import About, MarkTask, mark_copy
from coop_pipeline.settings import Settings
from coop_pipeline.store.schema import literal
from coop_pipeline.store.warehouse import Connection

LEDGER = ".returned.json"
BATCH = 200  # workbooks whose issues and marked copies are held at once


@dataclass(frozen=True, slots=True)
class Returned:
    """What stands in the folder now: by file as received, and how many were written in this run."""

    paths: dict[str, Path]
    written: int
    failed: tuple[tuple[str, str], ...]  # (file, what stopped the child: it may quote a cell)


def write_all(settings: Settings, connection: Connection) -> Returned:
    """Brings `warehouse/returned/` up to date with `quality.issues`, also where somebody altered a copy; what no longer belongs there is removed."""
    folder = settings.returned
    folder.mkdir(parents=True, exist_ok=True)
    clear_drafts(folder)
    names = {r.code: r.name_vi for r in reporters()}
    places = name_places(connection)
    submissions = {
        submission: (About(PurePosixPath(file).name, names.get(reporter, reporter), period, status, accepted, rejected), kind or "", file)
        for submission, file, reporter, period, status, accepted, rejected, kind in connection.execute(
            "select submission_id, file, reporter_code, period, status, rows_accepted, rows_rejected, format from quality.submissions"
        ).fetchall()
        if submission in places and received.copy_path(settings.received, submission).exists()
    }
    wanted: dict[str, tuple[str, str]] = {}  # by place: the key of what is to stand there, and the file as received
    by_place: dict[str, str] = {}
    for submission, issues in _read_issues(
        connection, "submission_id in (select submission_id from quality.issues where in_force and severity <> 'note')"
    ):
        if submission not in submissions:
            continue
        about, _, file = submissions[submission]
        key = hashlib.sha256(json.dumps([submission, issues, repr(about)], default=str, ensure_ascii=False).encode()).hexdigest()
        wanted[places[submission]] = key, file
        by_place[places[submission]] = submission
    ledger = read_ledger(folder / LEDGER)
    stands = {place: noted for place, (key, _) in wanted.items() if (noted := [key, *look(folder / place)]) == ledger.get(place)}
    stale = [place for place in wanted if place not in stands]
    if stale:  # a killed run leaves no copy that nobody knows of
        write_ledger(folder / LEDGER, ledger | dict.fromkeys(stale, ""))
    failed = []
    for batch in (stale[n : n + BATCH] for n in range(0, len(stale), BATCH)):
        issues_of = dict(_read_issues(connection, f"submission_id in ({', '.join(literal(by_place[place]) for place in batch)})"))
        tasks = []
        for place in batch:
            submission = by_place[place]
            about, kind, _ = submissions[submission]
            tasks.append(MarkTask(str(received.copy_path(settings.received, submission)), kind, issues_of[submission], about))
        outcomes = run_all(mark_copy, tasks, settings.workers, settings.file_seconds, settings.memory_bytes, settings.output_bytes)
        for place, outcome in zip(batch, outcomes, strict=True):
            if outcome.value is None:
                failed.append((wanted.pop(place)[1], f"{outcome.error} {outcome.detail}"))
                continue
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            stands[place] = [wanted[place][0], *replace_file(folder / place, outcome.value)]
    for place in set(ledger) - set(wanted):
        (folder / place).unlink(missing_ok=True)
    write_ledger(folder / LEDGER, stands)
    return Returned({file: folder / place for place, (_, file) in wanted.items()}, len(stale) - len(failed), tuple(failed))


def _read_issues(connection: Connection, condition: str) -> Iterator[tuple[str, tuple[dict[str, Any], ...]]]:
    """By submission, the issues that stand against it; one submission's at a time."""
    found = connection.execute(
        f"""
        select * exclude (in_force) from quality.issues where in_force and {condition}
        order by submission_id, sheet, row_number, cell, code, field
        """
    )
    columns = [column[0] for column in found.description or ()]
    for submission, rows in groupby(_fetch(found), key=itemgetter(columns.index("submission_id"))):
        issues = (dict(zip(columns, row, strict=True)) for row in rows)
        yield submission, tuple({name: value for name, value in issue.items() if name != "submission_id"} for issue in issues)


def _fetch(found: Connection) -> Iterator[tuple[Any, ...]]:
    while rows := found.fetchmany(10_000):
        yield from rows


def name_places(connection: Connection) -> dict[str, str]:
    """By submission, where its marked workbook goes: below `warehouse/returned`, for those with errors or warnings that stand."""
    rows = connection.execute(
        """
        select submission_id, file, reporter_code, period from quality.submissions
        where submission_id in (select submission_id from quality.issues where in_force and severity <> 'note')
        order by file, submission_id
        """
    ).fetchall()
    places: dict[str, str] = {}
    taken: set[str] = set()
    for submission, file, reporter, period in rows:
        place = f"{_safe(period or 'khong ro ky')}/{_safe(reporter or 'khong ro don vi')}/{_safe(PurePosixPath(file).stem)}"
        if place.casefold() in taken:
            place = f"{place} {submission[:8]}"
        taken.add(place.casefold())
        places[submission] = f"{place}.xlsx"
    return places


def _safe(name: str) -> str:
    """A file name everywhere: no separators, nothing unseen, no dot in front, no device of Windows, at most 160 bytes."""
    name = re.sub(r"[/\\:*?\"<>|]", "_", as_one_line(name)).strip(" .")
    name = name.encode()[:160].decode("utf-8", "ignore").strip(" .")
    return f"_{name}" if re.fullmatch(r"(?i)|con|prn|aux|nul|com\d|lpt\d", name) else name
