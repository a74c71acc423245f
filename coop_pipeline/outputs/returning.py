"""Which workbooks go back to their senders: those with errors or warnings, marked by child processes, kept while nothing changed."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from coop_pipeline.forms.codes import reporters
from coop_pipeline.forms.wording import as_one_line
from coop_pipeline.intake import received
from coop_pipeline.intake.pool import run_all
from coop_pipeline.outputs.files import clear_drafts, read_ledger, replace_file, write_ledger
from coop_pipeline.outputs.returned import About, MarkTask, mark_copy
from coop_pipeline.settings import Settings
from coop_pipeline.store.warehouse import Connection

LEDGER = ".returned.json"


@dataclass(frozen=True, slots=True)
class Returned:
    """What stands in the folder now: by file as received, and how many were written in this run."""

    paths: dict[str, Path]
    written: int
    failed: tuple[tuple[str, str], ...]  # (file, what stopped the child: it may quote a cell)


def write_all(settings: Settings, connection: Connection) -> Returned:
    """Brings `warehouse/returned/` up to date with `quality.issues`; what no longer belongs there is removed."""
    folder = settings.returned
    folder.mkdir(parents=True, exist_ok=True)
    clear_drafts(folder)
    names = {r.code: r.name_vi for r in reporters()}
    wanted: dict[str, tuple[str, MarkTask, str]] = {}
    result = connection.execute(
        """
        select i.* exclude (in_force) from quality.issues i
        where i.in_force
        order by i.submission_id, i.sheet, i.row_number, i.cell, i.code, i.field
        """
    )
    columns = [d[0] for d in result.description or ()]
    issues: dict[str, list[dict[str, Any]]] = {}
    for row in result.fetchall():
        issue = dict(zip(columns, row, strict=True))
        issues.setdefault(issue.pop("submission_id"), []).append(issue)
    places = name_places(connection)
    submissions = connection.execute(
        "select submission_id, file, reporter_code, period, status, rows_accepted, rows_rejected, format from quality.submissions"
    ).fetchall()
    for submission, file, reporter, period, status, accepted, rejected, kind in submissions:
        copy = received.copy_path(settings.received, submission)
        if submission not in places or not copy.exists():
            continue
        about = About(PurePosixPath(file).name, names.get(reporter, reporter), period, status, accepted, rejected)
        task = MarkTask(str(copy), kind or "", tuple(issues[submission]), about)
        key = hashlib.sha256(json.dumps([submission, task.issues, repr(about)], default=str, ensure_ascii=False).encode()).hexdigest()
        wanted[places[submission]] = (key, task, file)
    ledger = read_ledger(folder / LEDGER)
    stale = [place for place, (key, _, _) in wanted.items() if ledger.get(place) != key or not (folder / place).exists()]
    if stale:  # a killed run leaves no copy that nobody knows of
        write_ledger(folder / LEDGER, ledger | dict.fromkeys(stale, ""))
    tasks = [wanted[place][1] for place in stale]
    outcomes = run_all(mark_copy, tasks, settings.workers, settings.file_seconds, settings.memory_bytes, None, settings.output_bytes)
    failed = []
    for place, outcome in zip(stale, outcomes, strict=True):
        if outcome.value is None:
            failed.append((wanted[place][2], f"{outcome.error} {outcome.detail}"))
            wanted.pop(place)
            continue
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        replace_file(folder / place, outcome.value)
    for place in set(ledger) - set(wanted):
        (folder / place).unlink(missing_ok=True)
    write_ledger(folder / LEDGER, {place: key for place, (key, _, _) in wanted.items()})
    return Returned({file: folder / place for place, (_, _, file) in wanted.items()}, len(stale) - len(failed), tuple(failed))


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
