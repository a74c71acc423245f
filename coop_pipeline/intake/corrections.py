"""The data staff's own files in `data/corrections/`: spellings, names and cells. A broken line is an issue; the others apply."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import read_table, reporters
from coop_pipeline.forms.issues import Issue, make_issue
from coop_pipeline.intake.names import read_coop_name

CODE_LISTS = frozenset(
    ("cooperative_kinds", "statuses", "ratings", "lender_kinds", "lender_names", "schemes", "channels", "audiences", "training_kinds",
     "model_kinds", "stamp_kinds", "work_kinds", "event_scopes", "code_statuses", "markets")
)  # fmt: skip
FILES: dict[str, tuple[str, ...]] = {
    "header_spellings.csv": ("form", "field", "spelling"),
    "cooperative_names.csv": ("reporter_code", "spelling", "cooperative_id"),
    "code_spellings.csv": ("code_list", "spelling", "code"),
    "cell_corrections.csv": ("reporter_code", "period", "form", "sheet", "cell", "typed", "corrected", "reason", "by", "until"),
}


@dataclass(frozen=True, slots=True)
class CellCorrection:
    """A correction of one cell: applies while the cell still holds what `typed` says, until a day."""

    line: int
    reporter: str
    period: str
    form: str
    sheet: str
    cell: str
    typed: str
    corrected: str
    until: date | None
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmedName:
    """A spelling that data staff say is that co-operative; by one reporter, or by any in the co-operative's district."""

    line: int
    reporter: str
    spelling: str
    cooperative_id: str


@dataclass(frozen=True, slots=True)
class Corrections:
    """All corrections that hold; hashable, so that a reading can be kept by what it depended on."""

    header_spellings: tuple[tuple[str, str, str], ...] = ()
    code_spellings: tuple[tuple[str, str, str], ...] = ()
    names: tuple[ConfirmedName, ...] = ()
    cells: tuple[CellCorrection, ...] = ()


@dataclass(slots=True)
class CorrectionFiles:
    corrections: Corrections
    issues: list[Issue] = field(default_factory=list)


def read_corrections(folder: Path, today: date) -> CorrectionFiles:
    """Reads the four files; a missing folder or file means no corrections."""
    issues: list[Issue] = []
    headers: list[tuple[str, str, str]] = []
    codes: list[tuple[str, str, str]] = []
    names: dict[tuple[str, str], ConfirmedName] = {}
    cells: list[CellCorrection] = []
    known_reporters = {r.code for r in reporters()}

    def broken(file: str, line: int, vi: str, en: str, code: str = "correction_broken") -> None:
        params = {"file": file, "line": str(line), "reason_vi": vi, "reason_en": en}
        issues.append(make_issue(code, params, sheet=file, cell="", row_number=line))

    for file, columns in FILES.items():
        for line, row in _rows(folder / file, columns, lambda n, vi, en, file=file: broken(file, n, vi, en)):
            if file == "header_spellings.csv":
                form = FORMS.get(row["form"])
                if form is None:
                    broken(file, line, f"không có biểu “{row['form']}”", f"there is no form “{row['form']}”")
                elif row["field"] not in {f.name for f in form.fields}:
                    broken(file, line, f"biểu không có trường “{row['field']}”", f"the form has no field “{row['field']}”")
                elif not row["spelling"]:
                    broken(file, line, "thiếu cách viết", "the spelling is missing")
                else:
                    headers.append((row["form"], row["field"], row["spelling"]))
            elif file == "code_spellings.csv":
                known = {r["code"] for r in read_table(row["code_list"])} if row["code_list"] in CODE_LISTS else None
                if known is None:
                    broken(file, line, f"không có danh mục “{row['code_list']}”", f"there is no code list “{row['code_list']}”")
                elif row["code"] not in known:
                    broken(file, line, f"danh mục không có mã “{row['code']}”", f"the code list has no code “{row['code']}”")
                elif not row["spelling"]:
                    broken(file, line, "thiếu cách viết", "the spelling is missing")
                else:
                    codes.append((row["code_list"], row["spelling"], row["code"]))
            elif file == "cooperative_names.csv":
                if row["reporter_code"] and row["reporter_code"] not in known_reporters:
                    broken(file, line, f"không có đơn vị “{row['reporter_code']}”", f"there is no reporter “{row['reporter_code']}”")
                elif not row["spelling"] or not row["cooperative_id"]:
                    broken(file, line, "thiếu tên hoặc mã HTX", "the spelling or the id is missing")
                else:
                    name = ConfirmedName(line, row["reporter_code"], row["spelling"], row["cooperative_id"])
                    before = names.setdefault((name.reporter, read_coop_name(name.spelling).key), name)
                    if before.cooperative_id != name.cooperative_id:
                        broken(file, line, f"dòng {before.line} đã ghi tên này là mã khác", f"line {before.line} gives the name another id")
            else:
                until: date | None = None
                if row["until"]:
                    try:
                        until = date.fromisoformat(row["until"])
                    except ValueError:
                        broken(
                            file,
                            line,
                            f"ngày “{row['until']}” phải ghi dạng 2022-12-31",
                            f"the date “{row['until']}” must look like 2022-12-31",
                        )
                        continue
                if not re.fullmatch(r"[A-Za-z]{1,3}[1-9]\d{0,6}", row["cell"]):
                    broken(file, line, f"ô “{row['cell']}” không hợp lệ", f"“{row['cell']}” is no cell")
                elif not row["reporter_code"] or not row["period"]:
                    broken(file, line, "thiếu đơn vị hoặc kỳ báo cáo", "the reporter or the period is missing")
                elif until is not None and until < today:
                    broken(file, line, f"đã hết hạn ngày {until:%d/%m/%Y}", f"it ended on {until}", "correction_unused")
                else:
                    cells.append(
                        CellCorrection(
                            line, row["reporter_code"], row["period"], row["form"], row["sheet"], row["cell"].upper(), row["typed"],
                            row["corrected"], until, row["reason"], row["by"],
                        )
                    )  # fmt: skip
    return CorrectionFiles(Corrections(tuple(headers), tuple(codes), tuple(names.values()), tuple(cells)), issues)


def _rows(path: Path, columns: tuple[str, ...], broken: object) -> list[tuple[int, dict[str, str]]]:
    """Lines of a CSV file with their numbers; comma or semicolon, with or without a byte order mark, as spreadsheet programs save it."""
    say = broken
    if not path.is_file():
        return []
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        say(1, "tệp phải lưu dạng CSV UTF-8", "the file must be saved as CSV UTF-8")  # type: ignore[operator]
        return []
    first = text.split("\n", 1)[0]
    separator = ";" if first.count(";") > first.count(",") else "\t" if first.count("\t") > first.count(",") else ","
    lines = text.splitlines()
    head = [name.strip().lower() for name in _cells_of(lines[0], separator) or []] if lines else []
    missing = [name for name in columns if name not in head]
    if missing:
        say(1, f"thiếu cột {', '.join(missing)}", f"the columns {', '.join(missing)} are missing")  # type: ignore[operator]
        return []
    rows: list[tuple[int, dict[str, str]]] = []
    for number, line in enumerate(lines[1:], 2):
        cells = _cells_of(line, separator)
        if cells is None:
            say(number, "dấu nháy hoặc độ dài không hợp lệ", "a quote is not closed or the line is too long")  # type: ignore[operator]
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) < len(head):
            cells = [*cells, *[""] * (len(head) - len(cells))]
        if len(cells) > len(head) and any(cell.strip() for cell in cells[len(head) :]):
            say(number, "thừa ô", "there are too many cells")  # type: ignore[operator]
            continue
        rows.append((number, dict(zip(head, (cell.strip() for cell in cells), strict=False))))
    return rows


def _cells_of(line: str, separator: str) -> list[str] | None:
    """The cells of one line, each read by itself so that an open quote swallows no other; None where they cannot be told."""
    if line.count('"') % 2:
        return None
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return None
