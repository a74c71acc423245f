"""What `coop run` shows: progress while it works, and at the end the headline figures and what was rejected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coop_pipeline.forms.wording import as_one_line, show_value
from coop_pipeline.outputs.figures import show_amount, show_rounded
from coop_pipeline.outputs.files import look, read_ledger, write_ledger
from coop_pipeline.store.publications import show_moment

if TYPE_CHECKING:
    from coop_pipeline.defs.run import Progress, RunOutcome

STEP_NAMES = {
    "intake__arrivals": "Đọc tệp Excel",
    "facts": "Chuẩn hóa, đối chiếu",
    "marts": "Tính chỉ tiêu, kiểm tra",
    "published": "Công bố",
    "release_held": "Công bố bản tạm giữ",
    "put_back": "Quay lại bản cũ",
    "outputs__returned": "Đánh dấu tệp gửi lại",
    "outputs__charts": "Vẽ biểu đồ",
    "outputs__report": "Viết báo cáo",
    "outputs__exports": "Xuất Parquet, Excel",
}
WARNINGS = ("Tệp không còn", "Tệp đã bị sửa")
"""Entries of an asset's metadata that a person has to see at once."""
SHOWN_FILES = 20
STATUS_NAMES = {"accepted": "nhận đủ", "partial": "nhận một phần", "rejected": "không nhận", "superseded": "đã có bản thay"}


class Watch:
    """Tells the steps of a run as they end, and how many files are read."""

    def __init__(self, console: Console | None) -> None:
        self._console = console
        self._status = console.status("Khởi động Dagster …") if console else None

    def on_event(self, progress: Progress) -> None:
        if self._console is None or self._status is None:
            return
        name = STEP_NAMES.get(progress.step, progress.step)
        if progress.kind == "step_started":
            self._status.update(f"{name} …")
        elif progress.kind == "step_done":
            self._console.print(f"  [green]✓[/] {name:<26} {progress.seconds or 0:6.2f} s")
        elif progress.kind == "check_failed":
            self._console.print(f"  [yellow]![/] {_plain(progress.name)}: {_plain(progress.message)}", markup=True, highlight=False)
        elif progress.kind == "asset":
            for said in (progress.metadata[name] for name in WARNINGS if name in progress.metadata):
                self._console.print(f"  [yellow]![/] {_plain(str(said))}", markup=True, highlight=False)
        elif progress.kind == "step_failed":
            self._console.print(f"  [red]✗[/] {name}")

    def on_file(self, done: int, total: int) -> None:
        if self._status is not None:
            self._status.update(f"Đọc tệp Excel … {done}/{total}")

    def on_wait(self, sentence: str) -> None:
        if self._console is not None:
            self._console.print(f"  … {_plain(sentence)}", soft_wrap=True)


@contextmanager
def watch_run(quiet: bool) -> Iterator[Watch]:
    """A live display on a terminal, plain lines elsewhere, nothing when quiet."""
    from coop_pipeline.defs.run import listeners

    console = None if quiet else Console(highlight=False)
    watch = Watch(console)
    listeners.append(watch)
    try:
        if watch._status is not None and console is not None and console.is_terminal:
            with watch._status:
                yield watch
        else:
            yield watch
    finally:
        listeners.remove(watch)


def summarise(target: Path, kept: Path, outcome: RunOutcome, published: bool, as_published_since: str) -> dict[str, Any]:
    """The figures of a published (or held) file that a person wants to see first.

    `kept`: where they stay for a run without news, which is spared DuckDB. `as_published_since`: since when the very same stands published;
    empty where it does not, or only now.
    """
    made_from = [look(target), look(Path(__file__))]
    known = read_ledger(kept) if outcome.nothing_new else {}
    figures = known.get("figures") if known.get("from") == made_from else None
    if not isinstance(figures, dict):
        figures = _read_figures(target)
        with suppress(OSError):
            write_ledger(kept, {"from": made_from, "figures": figures})
    return {
        "published": published,
        "as_published_since": as_published_since,
        "path": str(target),
        "run_id": outcome.run_id,
        "nothing_new": outcome.nothing_new,
        "seconds": {name: round(value, 2) for name, value in outcome.seconds.items()},
        **figures,
    }


def _read_figures(target: Path) -> dict[str, Any]:
    """As JSON has them: a decimal number is a text."""
    import duckdb

    with duckdb.connect(str(target), read_only=True) as connection:
        connection.execute("set threads = 1")  # a dozen small statements

        def rows(query: str) -> list[dict[str, Any]]:
            result = connection.execute(query)
            names = [d[0] for d in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

        tables = [
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "select table_schema, table_name from information_schema.tables where table_schema in ('core', 'mart') order by 1, 2"
            ).fetchall()
        ]
        counts = " union all ".join(f"select '{table}', count(*) from {table}" for table in tables)
        return {
            "submissions": rows(
                "select status, count(*) as files, sum(rows_accepted) as rows_accepted, sum(rows_rejected) as rows_rejected "
                "from quality.submissions group by status order by status"
            ),
            "issues": rows("select severity, count(*) as issues from quality.issues where in_force group by severity order by severity"),
            "to_send_back": rows(
                "select s.file, s.status, count(*) filter (i.severity = 'error') as errors, count(*) filter (i.severity = 'warning') as warnings, "
                "arg_min(i.message_vi, coalesce(i.row_number, 0)) filter (i.severity = 'error') as first_error "
                "from quality.issues i join quality.submissions s using (submission_id) where i.in_force "
                "group by s.file, s.status having count(*) filter (i.severity = 'error') > 0 order by errors desc, s.file"
            ),
            "figures": rows(
                "select title_vi, printed, published_value::varchar as published_value, computed_value::varchar as computed_value, within, unit "
                "from mart.published_comparison order by code"
            ),
            "tables": dict(connection.execute(counts).fetchall()),
        }


def show_summary(summary: Mapping[str, Any]) -> None:
    """Prints the summary as tables; wide enough for a terminal of 100 columns."""
    console = Console(highlight=False)
    files = Table(title="Các tệp đã nhận (submissions)", title_justify="left", header_style="bold")
    for name, side in (("Kết quả", "left"), ("Số tệp", "right"), ("Dòng nhận", "right"), ("Dòng loại", "right")):
        files.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in summary["submissions"]:
        files.add_row(STATUS_NAMES[row["status"]], _whole(row["files"]), _whole(row["rows_accepted"]), _whole(row["rows_rejected"]))
    console.print(files)
    if summary["to_send_back"]:
        back = Table(title="Cần gửi lại huyện sửa (errors to send back)", title_justify="left", header_style="bold")
        back.add_column("Tệp", overflow="fold", max_width=44)
        back.add_column("Lỗi", justify="right")
        back.add_column("Cảnh báo", justify="right")
        back.add_column("Lỗi đầu tiên", overflow="fold")
        for row in summary["to_send_back"][:SHOWN_FILES]:
            back.add_row(_plain(row["file"]), str(row["errors"]), str(row["warnings"]), _plain(row["first_error"] or ""))
        console.print(back)
        if (more := len(summary["to_send_back"]) - SHOWN_FILES) > 0:
            console.print(f"… và {_whole(more)} tệp nữa (and more files): quality.issues, warehouse/returned")
    known = [row for row in summary["figures"] if row["computed_value"] is not None]
    if known:
        figures = Table(title="Số liệu chủ yếu so với số đã công bố (headline figures)", title_justify="left", header_style="bold")
        figures.add_column("Chỉ tiêu", overflow="fold", max_width=52)
        figures.add_column("Đã công bố", justify="right")
        figures.add_column("Tính được", justify="right")
        figures.add_column("Khớp", justify="center")
        for row in known:
            figures.add_row(
                row["title_vi"],
                row["printed"],
                show_amount(Decimal(row["computed_value"]), row["unit"]),
                "[green]✓[/]" if row["within"] else "[red]✗[/]",
            )
        console.print(figures)
    issues = {row["severity"]: row["issues"] for row in summary["issues"]}
    console.print(
        f"{_whole(issues.get('error', 0))} lỗi, {_whole(issues.get('warning', 0))} cảnh báo, {_whole(issues.get('note', 0))} ghi chú "
        "trong quality.issues"
    )
    times = summary["seconds"]
    console.print(
        ", ".join(f"{STEP_NAMES.get(name, name)} {show_rounded(Decimal(value), 2)} s" for name, value in times.items()), style="dim"
    )
    if summary["nothing_new"]:
        console.print(
            "Không có gì mới từ lần chạy trước: không phải tính lại, mọi kết quả giữ nguyên. (Nothing is new: nothing was computed again.)",
            soft_wrap=True,
        )
    since = show_moment(summary["as_published_since"]) if summary["as_published_since"] else ""
    if summary["published"] and since:
        console.print(f"Bản công bố giữ nguyên từ {since} (published, as it was): {_plain(summary['path'])}", soft_wrap=True)
    elif summary["published"]:
        console.print(f"[bold]Đã công bố[/] (published): {_plain(summary['path'])}", soft_wrap=True)
    else:
        console.print(
            f"[bold]TẠM GIỮ, CHƯA CÔNG BỐ[/]; coop release công bố bản này (held, not published): {_plain(summary['path'])}", soft_wrap=True
        )
        if since:
            console.print(
                f"Số liệu như bản đang công bố từ {since}; các lần chạy sau vẫn tạm giữ cho đến coop release. "
                "(The same as what is published; later runs are held all the same.)",
                soft_wrap=True,
            )


def _plain(text: str) -> str:
    """Text that neither Rich nor the terminal obeys."""
    return escape(as_one_line(text))


def _whole(value: Any) -> str:
    return show_value(int(value or 0))
