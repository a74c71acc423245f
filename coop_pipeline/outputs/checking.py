"""What `coop check` answers: the issues of each workbook, by cell, in the words of a district office."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coop_pipeline.intake.pool import READING_FIRST, READING_WITHOUT, Pool, go_without
from coop_pipeline.settings import Settings

if TYPE_CHECKING:  # everything else is imported once the child that reads has started: it takes as long as that
    from coop_pipeline.intake.corrections import Corrections
    from coop_pipeline.intake.door import Limits
    from coop_pipeline.intake.worker import Parsed, Task
    from coop_pipeline.outputs.returned import MarkTask
    from coop_pipeline.store.warehouse import Connection

MAX_LINES = 200
MAX_STEM_BYTES = 200  # a file system has room for 255, with what is added
_SEVERITY_NAMES = {"error": "[red]LỖI[/]", "warning": "[yellow]cảnh báo[/]", "note": "ghi chú"}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One workbook's answer; `issues` are rows of quality.issues."""

    path: Path
    reporter: str | None
    period: str | None
    forms: list[dict[str, Any]]
    issues: list[dict[str, Any]]
    marked: Path | None = None
    is_unmarked: bool = False
    """There is something to mark, and marking it failed."""

    @property
    def errors(self) -> int:
        return sum(issue["severity"] == "error" for issue in self.issues)

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": str(self.path),
            "reporter": self.reporter,
            "period": self.period,
            "forms": self.forms,
            "errors": self.errors,
            "marked": str(self.marked) if self.marked else None,
            "issues": self.issues,
        }


def check_files(paths: Sequence[Path], settings: Settings, marked_in: Path | None = None) -> list[CheckResult]:
    """Reads and judges each workbook by itself, as a run would; touches no warehouse. Writes the marked copies where there is something to mark.

    Only children open a workbook. While they start, this process imports what judges and shows the readings.
    """
    pool: Pool[Task | MarkTask, Parsed | bytes] = Pool(
        _open,
        settings.workers,
        settings.file_seconds,
        settings.memory_bytes,
        settings.output_bytes,
        READING_WITHOUT,
        (*READING_FIRST, "coop_pipeline.outputs.returned"),
    )
    go_without(*READING_WITHOUT)
    with pool:
        pool.prepare(len(paths))
        from coop_pipeline.forms.wording import today
        from coop_pipeline.intake.corrections import read_corrections
        from coop_pipeline.intake.door import Limits

        limits = Limits(**settings.caps)
        corrections = read_corrections(settings.corrections.absolute(), today()).corrections
        small = [n for n, path in enumerate(paths) if path.stat().st_size <= limits.file_bytes]
        pool.begin([read_task(paths[n], corrections, limits) for n in small])
        import duckdb
        import rich.console
        import rich.table  # noqa: F401  # asked for when the answers are shown

        from coop_pipeline.intake.worker import Parsed

        results = [_refuse(path, "file_too_large", limits) for path in paths]
        marks: dict[int, MarkTask] = {}
        with open_alone() as connection:
            for index, outcome in pool.outcomes():
                n = small[index]
                if outcome.error is not None:
                    results[n] = _refuse(paths[n], outcome.error, limits)
                    continue
                assert isinstance(outcome.value, Parsed)
                try:
                    with _limited(settings.file_seconds):
                        results[n], to_mark = _judge(paths[n], outcome.value, corrections, connection)
                except (TimeoutError, MemoryError, duckdb.OutOfMemoryException) as problem:
                    results[n] = _refuse(paths[n], "timeout" if isinstance(problem, TimeoutError) else "memory", limits)
                    continue
                if to_mark is not None:
                    marks[n] = to_mark
        if marked_in is None:
            return results
        places = [*marks]
        pool.begin([*marks.values()])
        for index, outcome in pool.outcomes():
            n = places[index]
            if isinstance(outcome.value, bytes):
                results[n] = replace(results[n], marked=_write_copy(marked_in, paths[n].stem, outcome.value))
            else:
                results[n] = replace(results[n], is_unmarked=True)
    return results


def _open(task: Task | MarkTask) -> Parsed | bytes:
    """In a child: the reading of a workbook, or its marked copy."""
    from coop_pipeline.intake.worker import Task, run
    from coop_pipeline.outputs.returned import mark_copy

    return run(task) if isinstance(task, Task) else mark_copy(task)


def read_task(path: Path, corrections: Corrections, limits: Limits) -> Task:
    from coop_pipeline.intake.context import read_path
    from coop_pipeline.intake.worker import Task

    with path.open("rb") as file:
        submission = hashlib.file_digest(file, "sha256").hexdigest()
    return Task(submission, str(path.absolute()), read_path(path.name), corrections, limits)


def _judge(path: Path, parsed: Parsed, corrections: Corrections, connection: Connection) -> tuple[CheckResult, MarkTask | None]:
    """The answer, and what is to be marked where something is wrong."""
    from coop_pipeline.forms.codes import reporters
    from coop_pipeline.outputs.returned import About, MarkTask
    from coop_pipeline.outputs.summary import order
    from coop_pipeline.store.schema import literal

    judge_alone(connection, path, parsed, corrections)

    def rows(query: str) -> list[dict[str, Any]]:
        result = connection.execute(f"{query} where submission_id = {literal(parsed.submission_id)}")
        names = [d[0] for d in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    [said] = rows("select reporter_code, period, status, rows_accepted, rows_rejected, format from quality.submissions")
    forms = [row for row in rows("select form, sheet, data_accepted, data_rejected from quality.row_counts") if row["form"]]
    issues = rows("select * exclude (submission_id, in_force) from quality.issues")
    result = CheckResult(path, said["reporter_code"], said["period"], forms, [dict(issue) for issue in order(issues)])
    if all(issue["severity"] == "note" for issue in issues):
        return result, None
    names_of = {r.code: r.name_vi for r in reporters()}
    about = About(
        path.name, names_of.get(said["reporter_code"]), said["period"], said["status"], said["rows_accepted"], said["rows_rejected"]
    )
    return result, MarkTask(str(path.absolute()), said["format"], tuple(issues), about)


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """TimeoutError where this takes longer in CPU, as a child that reads may. Only the main thread is told."""
    is_over = False

    def end(*_: object) -> None:
        nonlocal is_over
        is_over = True
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    except RuntimeError as problem:  # as DuckDB passes it on, like Ctrl-C
        if is_over:
            raise TimeoutError from problem
        raise
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def open_alone() -> Iterator[Connection]:
    """A working database in memory, for workbooks that are judged each by itself."""
    from coop_pipeline.store.reference import build_reference
    from coop_pipeline.store.warehouse import open_working, transaction

    with open_working(None) as connection:
        with transaction(connection):
            build_reference(connection, (), only=("periods", "reporters"))
        yield connection


def judge_alone(connection: Connection, path: Path, parsed: Parsed, corrections: Corrections) -> None:
    """`quality` for one workbook as if there were no other; those judged before it are forgotten."""
    import pyarrow as pa

    from coop_pipeline.intake.worker import unstream
    from coop_pipeline.store.facts import build_facts
    from coop_pipeline.store.warehouse import ARRIVALS, replace_arrivals, replace_readings, transaction
    from coop_pipeline.taking import describe_arrival, describe_submissions

    before = [submission for (submission,) in connection.execute("select submission_id from intake.submissions").fetchall()]
    tables = {name: unstream(rows) for name, rows in parsed.tables.items()}
    replace_readings(connection, before, [tables], describe_submissions([parsed], {parsed.submission_id: ""}))
    stat = path.stat()
    moment = datetime.fromtimestamp(stat.st_mtime, UTC)
    arrival = describe_arrival(path.name, parsed.submission_id, stat.st_size, moment, "")
    replace_arrivals(connection, pa.Table.from_pylist([arrival], schema=ARRIVALS))
    with transaction(connection):
        build_facts(connection, corrections.names, (), lone=True)


def _refuse(path: Path, reason: str, limits: Limits) -> CheckResult:
    from coop_pipeline.intake.context import read_path
    from coop_pipeline.intake.refusals import refuse

    refused = refuse("", read_path(path.name), reason, limits)
    return CheckResult(path, None, None, [], [asdict(issue) for issue in refused.issues])


def _write_copy(folder: Path, stem: str, content: bytes) -> Path:
    """A marked copy under the first name that is free: what stands there may be another workbook's copy, or one in which somebody mended the cells."""
    from coop_pipeline.outputs.files import replace_file

    folder.mkdir(parents=True, exist_ok=True)
    short = os.fsencode(stem)[:MAX_STEM_BYTES].decode(errors="ignore")
    for number in count(1):
        target = folder / f"{short} - da kiem tra{f' ({number})' if number > 1 else ''}.xlsx"
        try:
            target.open("xb").close()
        except FileExistsError:
            if target.is_file() and target.read_bytes() == content:
                return target
            continue
        try:
            replace_file(target, content)
        except BaseException:
            target.unlink()
            raise
        return target
    raise AssertionError("numbers do not end")


def show(results: list[CheckResult], notes: bool) -> None:
    """On the terminal, in Vietnamese."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from coop_pipeline.forms.wording import as_one_line, show_value
    from coop_pipeline.outputs.summary import summarise

    def plain(text: str) -> str:
        """Text that neither Rich nor the terminal obeys."""
        return escape(as_one_line(text))

    console = Console(highlight=False)
    for result in results:
        console.print(f"\n[bold]{plain(str(result.path))}[/]", soft_wrap=True)
        console.print(f"Đơn vị báo cáo: {result.reporter or 'không rõ'}   Kỳ: {result.period or 'không rõ'}")
        for form in result.forms:
            console.print(
                f"  {as_one_line(form['sheet'])} → {form['form']}: {form['data_accepted']} dòng nhận, {form['data_rejected']} dòng loại",
                markup=False,
            )
        shown = summarise([i for i in result.issues if notes or i["severity"] != "note"])
        if shown:
            table = Table(header_style="bold")
            table.add_column("")
            table.add_column("Trang tính", overflow="fold")
            table.add_column("Ô")
            table.add_column("Nội dung và cách sửa", overflow="fold")
            for line in shown[:MAX_LINES]:
                text = plain(f"{line.text} {line.issue['hint_vi']}")
                table.add_row(_SEVERITY_NAMES[line.issue["severity"]], plain(line.issue["sheet"]), line.issue["cell"], text)
            console.print(table)
            if len(shown) > MAX_LINES:
                console.print(f"… và {show_value(len(shown) - MAX_LINES)} mục nữa (--json để xem đủ)")
        warnings = sum(i["severity"] == "warning" for i in result.issues)
        verdict = (
            f"[red]Có {result.errors} lỗi: cần sửa trước khi gửi.[/]"
            if result.errors
            else f"[green]Không có lỗi[/], {warnings} cảnh báo: có thể gửi."
        )
        if not result.forms and not result.errors:
            verdict = "[yellow]Không nhận ra biểu số liệu nào trong tệp này[/] (no form recognised)."
        elif not result.errors and not any(form["data_accepted"] for form in result.forms):
            verdict = f"Không có lỗi, {warnings} cảnh báo, nhưng [yellow]chưa có dòng số liệu nào[/] (no rows of data)."
        console.print(verdict)
        if result.is_unmarked:
            console.print("[yellow]Không đánh dấu được các ô sai trong tệp này[/] (no marked copy could be made).")
        if result.marked is not None:
            console.print(f"Tệp đã đánh dấu (marked copy): {plain(str(result.marked))}", soft_wrap=True)
