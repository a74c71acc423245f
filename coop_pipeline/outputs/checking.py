"""What `coop check` answers: the issues of one workbook, by cell, in the words of a district office."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from coop_pipeline.forms.wording import as_one_line, show_value, today
from coop_pipeline.intake.door import Limits
from coop_pipeline.intake.pool import READING_WITHOUT, run_all
from coop_pipeline.outputs.files import replace_file
from coop_pipeline.outputs.summary import order, summarise
from coop_pipeline.settings import Settings

MAX_LINES = 200
_READERS = ("coop_pipeline.stages", "coop_pipeline.outputs.returned")
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


def check_file(path: Path, settings: Settings, marked_in: Path | None = None) -> CheckResult:
    """Reads and judges one workbook in a child process; touches no warehouse. Writes the marked copy where there is something to mark."""
    limits = Limits(**settings.caps)
    reason: str = "file_too_large"
    if path.stat().st_size <= limits.file_bytes:
        task = CheckTask(str(path.absolute()), str(settings.corrections.absolute()), today(), limits)
        [outcome] = run_all(
            run, [task], 1, settings.file_seconds, settings.memory_bytes, None, settings.output_bytes, READING_WITHOUT, _READERS
        )
        reason = outcome.error or ""
    if reason:
        from coop_pipeline.intake.context import read_path
        from coop_pipeline.intake.refusals import refuse

        refused = refuse("", read_path(path.name), reason, limits)
        return CheckResult(path, None, None, [], [asdict(issue) for issue in refused.issues])
    assert outcome.value is not None
    found, copy = outcome.value
    result = replace(found, path=path)
    if copy is not None and marked_in is not None:
        target = marked_in / f"{path.stem} - da kiem tra.xlsx"
        marked_in.mkdir(parents=True, exist_ok=True)
        replace_file(target, copy)
        result = replace(result, marked=target)
    return result


@dataclass(frozen=True, slots=True)
class CheckTask:
    path: str
    corrections: str  # their folder
    on: date
    limits: Limits


def run(task: CheckTask) -> tuple[CheckResult, bytes | None]:
    """In the child, which alone pays for the readers: the answer, and the marked copy where something is wrong."""
    from coop_pipeline.forms.codes import reporters
    from coop_pipeline.intake.corrections import read_corrections
    from coop_pipeline.intake.records import forgo_pandas
    from coop_pipeline.stages import check_workbook
    from coop_pipeline.store.schema import literal
    from coop_pipeline.store.warehouse import open_working

    forgo_pandas()
    path = Path(task.path)
    corrections = read_corrections(Path(task.corrections), task.on).corrections
    with open_working(None) as connection:
        submission = check_workbook(path, corrections, connection, task.limits)

        def rows(query: str) -> list[dict[str, Any]]:
            result = connection.execute(f"{query} where submission_id = {literal(submission)}")
            names = [d[0] for d in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

        [said] = rows("select reporter_code, period, status, rows_accepted, rows_rejected, format from quality.submissions")
        forms = [row for row in rows("select form, sheet, data_accepted, data_rejected from quality.row_counts") if row["form"]]
        issues = rows("select * exclude (submission_id, in_force) from quality.issues")
    result = CheckResult(path, said["reporter_code"], said["period"], forms, [dict(issue) for issue in order(issues)])
    if all(issue["severity"] == "note" for issue in issues):
        return result, None
    from coop_pipeline.outputs.returned import About, mark

    names_of = {r.code: r.name_vi for r in reporters()}
    about = About(
        path.name, names_of.get(said["reporter_code"]), said["period"], said["status"], said["rows_accepted"], said["rows_rejected"]
    )
    return result, mark(path.read_bytes(), said["format"], issues, about)


def show(results: list[CheckResult], notes: bool) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

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
        if result.marked is not None:
            console.print(f"Tệp đã đánh dấu (marked copy): {plain(str(result.marked))}", soft_wrap=True)
