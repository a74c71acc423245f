"""The reporting board: `intake/submissions` by reporter and period. Materialised is received, missing is missing, failed is rejected.

Dagster shows a partition as failed where a run that meant to make it failed. So each rejected report gets a failed run of its own, whose
message says what is wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg

from coop_pipeline.defs.keys import SUBMISSIONS
from coop_pipeline.defs.markdown import as_markdown
from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import reporters
from coop_pipeline.forms.duties import list_owing_reporters
from coop_pipeline.forms.wording import SEVERITY_NAMES, VIETNAM, as_one_line, today
from coop_pipeline.intake.dates import period_bounds, read_period
from coop_pipeline.intake.text import strip_accents
from coop_pipeline.marts import MARTS
from coop_pipeline.outputs.returning import name_places
from coop_pipeline.settings import Settings
from coop_pipeline.store.warehouse import Connection

# A backfill makes one run for each value of the dimension that comes later in the alphabet: one for each period.
REPORTER, PERIOD = "don_vi", "ky"
BOARD = dg.MultiPartitionsDefinition(
    {REPORTER: dg.DynamicPartitionsDefinition(name=REPORTER), PERIOD: dg.DynamicPartitionsDefinition(name=PERIOD)}
)
REPORTED = "coop_board"  # where Dagster's history keeps what was last reported: it goes with the history
WITHDRAWN = "Tệp đã nhận trước đây không còn trong thư mục tệp gốc. (The file that was received is gone.)"


@dataclass(frozen=True, slots=True)
class Report:
    """What one reporter sent for one period, over all its files."""

    reporter: str
    period: str
    files: tuple[str, ...]
    is_received: bool
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    received_at: datetime
    errors: int
    warnings: int
    worst: tuple[tuple[str, str | None, str, str, str], ...]
    """Severity, sheet, cell, message, what to do: errors first, at most ten."""
    returned: tuple[str, ...]
    """The marked workbooks, relative to `warehouse/returned`."""

    @property
    def key(self) -> dg.MultiPartitionKey:
        return partition_key(self.reporter, self.period)

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def partition_key(reporter: str, period: str) -> dg.MultiPartitionKey:
    return dg.MultiPartitionKey({REPORTER: reporter_key(reporter), PERIOD: period})


@cache
def reporter_key(code: str) -> str:
    """A reporter as the board names it: `152_Luong_Son`. Dagster wants ASCII, people want names; agencies' codes are names already."""
    known = {r.code: r for r in reporters()}
    if code not in known or not code.isdigit():
        return code
    words = strip_accents(known[code].name_vi).removeprefix("Huyen ").removeprefix("Thanh pho ").split()
    return "_".join([code, *words])


def read_key(key: str) -> tuple[str, str]:
    """Reporter and period of a partition key."""
    reporter, _, period = key.partition("|")
    return reporter.partition("_")[0], period


def list_open_periods(raw: Path) -> set[str]:
    """The periods for which the raw folder has a folder: an empty one opens the period on the board."""
    try:
        names = [folder.name for folder in raw.iterdir() if folder.is_dir()]
    except OSError:
        return set()
    return {period for period in map(read_period, names) if period}


def open_partitions(instance: dg.DagsterInstance, raw: Path, reports: Iterable[Report] = ()) -> None:
    """Gives the board a place for everybody who owes or sent a report, in every open period."""
    reports = list(reports)
    periods = list_open_periods(raw) | {r.period for r in reports}
    wanted = {
        PERIOD: periods,
        REPORTER: {
            reporter_key(code) for code in {*list_owing_reporters(period_bounds(p)[1] for p in periods), *(r.reporter for r in reports)}
        },
    }
    for dimension, keys in wanted.items():
        if new := sorted(keys - set(instance.get_dynamic_partitions(dimension))):
            instance.add_dynamic_partitions(dimension, new)


def read_reports(connection: Connection) -> list[Report]:
    """The board as the working database has it, after the facts are built."""
    places = name_places(connection)
    rows = connection.execute(
        """
        select r.reporter_code, r.period, list(s.file order by s.received_at desc, s.file),
            bool_or(r.received), sum(r.rows_read), sum(r.rows_rejected), max(s.received_at),
            list(r.submission_id order by s.received_at desc, s.file) filter (s.status <> 'superseded')
        from quality.reports r join quality.submissions s using (submission_id)
        group by r.reporter_code, r.period order by r.period, r.reporter_code
        """
    ).fetchall()
    issues = _worst_issues(connection)
    reports = []
    for reporter, period, files, is_received, read, rejected, received_at, standing in rows:
        standing = standing or []
        worst = sorted((issue for s in standing for issue in issues.get(s, ([], 0, 0))[0]), key=lambda issue: issue[0] != "error")
        reports.append(
            Report(
                reporter, period, tuple(files), bool(is_received), int(read), int(read - rejected), int(rejected), received_at,
                sum(issues[s][1] for s in standing if s in issues), sum(issues[s][2] for s in standing if s in issues),
                tuple(worst[:10]), tuple(places[s] for s in standing if s in places),
            )
        )  # fmt: skip
    return reports


def _worst_issues(connection: Connection) -> dict[str, tuple[list[tuple[str, str | None, str, str, str]], int, int]]:
    """By submission: its worst issues, how many errors, how many warnings. Equal sentences stand once."""
    found: dict[str, tuple[list[tuple[str, str | None, str, str, str]], int, int]] = {}
    rows = connection.execute(
        """
        with kinds as (
            select submission_id, severity, code, field, min(sheet) as sheet, arg_min(cell, coalesce(row_number, 0)) as cell,
                arg_min(message_vi, coalesce(row_number, 0)) as message, any_value(hint_vi) as hint, count(*) as cells
            from quality.issues where in_force and severity <> 'note' and submission_id <> '' group by all
        )
        select submission_id, severity, sheet, cell, message, hint, cells from kinds
        order by submission_id, severity <> 'error', cells desc, code, field
        """
    ).fetchall()
    for submission, severity, sheet, cell, message, hint, cells in rows:
        worst, errors, warnings = found.get(submission, ([], 0, 0))
        if len(worst) < 10:
            worst.append((severity, sheet, f"{cell or ''} (+{cells - 1})" if cells > 1 else cell or "", message or "", hint or ""))
        found[submission] = (worst, errors + cells * (severity == "error"), warnings + cells * (severity == "warning"))
    return found


def report_changes(
    context: dg.AssetExecutionContext, settings: Settings, reports: Sequence[Report], asked: Collection[str] = ()
) -> Iterator[dg.AssetMaterialization]:
    """What Dagster is to be told: what changed on the board since it was last told, and what was `asked` for (partition keys).

    One event for each report that was received, to be passed on one by one: there may be thousands. For the rejected ones, and for those whose
    files are gone, a failed run is stored here.
    """
    instance = context.instance
    open_partitions(instance, settings.raw, reports)
    told = json.loads(instance.run_storage.get_cursor_values({REPORTED}).get(REPORTED) or "{}")
    now = {str(report.key): report.fingerprint for report in reports}  # one report for each
    for report, (key, fingerprint) in zip(reports, now.items(), strict=True):
        if told.get(key) == fingerprint and key not in asked:
            continue
        if report.is_received:
            yield dg.AssetMaterialization(SUBMISSIONS, partition=report.key, metadata=describe(report, settings))
        else:
            context.log.warning(say_rejected(report))
            _store_failed_run(instance, report.reporter, report.period, say_rejected(report))
    for key in sorted(set(told) - set(now)):
        _store_failed_run(instance, *read_key(key), WITHDRAWN)
    if now != told:
        instance.run_storage.set_cursor_values({REPORTED: json.dumps(now)})


def describe(report: Report, settings: Settings) -> dict[str, Any]:
    """What the board's cell shows when it is opened."""
    shown = [
        (SEVERITY_NAMES[severity], f"{sheet or ''} {cell}".strip(), message, hint) for severity, sheet, cell, message, hint in report.worst
    ]
    metadata: dict[str, Any] = {
        "dagster/row_count": report.rows_accepted,
        "Dòng đã đọc": report.rows_read,
        "Dòng được nhận": report.rows_accepted,
        "Dòng bị loại": report.rows_rejected,
        "Lỗi": report.errors,
        "Cảnh báo": report.warnings,
        "Nhận lúc": f"{report.received_at.replace(tzinfo=UTC).astimezone(VIETNAM):%d/%m/%Y %H:%M}",
        "Tệp nhận được": dg.MetadataValue.md(as_markdown(("Tệp",), [(file,) for file in report.files])),
    }
    if shown:
        metadata["Lỗi chính"] = dg.MetadataValue.md(as_markdown(("Mức", "Ở đâu", "Nội dung", "Cách sửa"), shown))
    for number, place in enumerate(report.returned):
        metadata["Tệp gửi lại" if not number else f"Tệp gửi lại {number + 1}"] = dg.MetadataValue.path(str(settings.returned / place))
    return metadata


def say_rejected(report: Report) -> str:
    """Why nothing was taken from a report, in a sentence."""
    name = next((r.name_vi for r in reporters() if r.code == report.reporter), report.reporter)
    reason = f": {report.worst[0][3].rstrip('.')}. Cách sửa: {report.worst[0][4].rstrip('.')}" if report.worst else ""
    return (
        f"{name}, kỳ {report.period}: không nhận được dòng nào từ tệp “{as_one_line(report.files[0])}”{reason}. (The report was rejected.)"
    )


def _store_failed_run(instance: dg.DagsterInstance, reporter: str, period: str, sentence: str) -> None:
    from coop_pipeline.definitions import defs  # which has the asset that this module is for
    from coop_pipeline.defs.run import DEFINITIONS, PROCESS_TAG, locate_job, name_process

    job = defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection={SUBMISSIONS})
    key = partition_key(reporter, period)
    run = instance.create_run_for_job(
        job,
        asset_selection=frozenset({SUBMISSIONS}),
        tags={
            "dagster/partition": str(key),
            f"dagster/partition/{REPORTER}": key.keys_by_dimension[REPORTER],
            f"dagster/partition/{PERIOD}": period,
            PROCESS_TAG: name_process(),  # killed between this and the next line, it is closed as any other
        },
        remote_job_origin=locate_job(DEFINITIONS, job),
    )
    instance.report_run_failed(run, sentence)


def show_completeness(connection: Connection) -> str:
    """Who has sent what by when, the newest period and who is missing first, as a table in Markdown of at most 100 rows.

    Read by the SELECT of `mart.completeness_by_reporter`, for the marts are not made yet. A form that has not come is late by today.
    """
    rows = connection.execute(
        f"""
        with by_reporter as ({MARTS["completeness_by_reporter"].sql})
        select period, coalesce(reporter_name, reporter_code), forms_expected, forms_received, due_on, received_on, days_late, forms_missing,
            greatest(date '{today()}' - due_on, 0)
        from by_reporter where forms_expected > 0
        order by period desc, forms_received = forms_expected, reporter_code limit 100
        """
    ).fetchall()
    columns = ("Kỳ", "Đơn vị", "Biểu phải gửi", "Đã gửi", "Hạn nộp", "Ngày nhận", "Chậm (ngày)", "Còn thiếu")
    shown = [
        (*row[:6], max(late or 0, since if missing else 0), "; ".join(FORMS[form].vi for form in missing.split("|") if form))
        for *row, late, missing, since in rows
    ]
    return as_markdown(columns, shown)
