"""Workbooks made by hand as an official would type them, with what a careful clerk reads in them, and the score of reading them.

`handmade/*.json` draw each sheet row by row: `<` belongs to the merged cell on its left, `^` to the one above, `@2021-03-15` is a date,
`=…` a formula without a result; `hidden` names columns. Beside the rows stand the truth ([row, who, value …]; `!lost`: a planted mistake must keep the row out,
`!either`: it may) and the planted mistakes ([cell or null for the sheet, codes that name it …]). `who` is the co-operative: equal in all books.

python -m tests.workbooks.handmade [--show]
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import combinations
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Font

from coop_pipeline.forms import FORMS
from coop_pipeline.intake.corrections import read_corrections
from coop_pipeline.settings import Settings
from coop_pipeline.stages import build_core
from coop_pipeline.store.warehouse import Connection, open_working
from coop_pipeline.taking import take_in

from .score import percent

FOLDER = Path(__file__).parent / "handmade"
REGISTER = "cooperatives"  # one row of a register is one of core.cooperative_reports and the co-operative that it is about
LOST, EITHER = "!lost", "!either"
# Lots that speak of the same reporters and years as the others, which a later submission would replace: a store of their own.
APART = ("tenth", "eleventh", "twelfth")
# What a row gets that no cell of it says
GIVEN = frozenset(("lender", "lender_kind", "kind", "district_code", "commune_code", "is_inferred"))
_TWICE = frozenset(("row_duplicate", "key_conflict"))
PROVENANCE = frozenset(("cooperative_id", "period", "reporter_code", "submission_id", "sheet", "row_number"))


def load(*paths: Path) -> list[dict[str, Any]]:
    """The drawings in these files, or in all."""
    return [book for path in paths or sorted(FOLDER.glob("*.json")) for book in json.loads(path.read_text(encoding="utf-8"))]


def measure_all(folder: Path, but: Collection[str] = ()) -> Marks:
    """Every drawing `but` those of some lots, the lots that stand apart each in a store of their own."""
    together = [path for path in sorted(FOLDER.glob("*.json")) if path.stem not in APART]
    apart = [path for path in sorted(FOLDER.glob("*.json")) if path.stem in APART and path.stem not in but]
    marks = measure(load(*together), folder / "together")
    for path in apart:
        marks.add(measure(load(path), folder / path.stem))
    return marks


def draw(book: dict[str, Any], raw: Path) -> None:
    """Writes the workbook of a drawing into the raw folder."""
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    workbook.remove(workbook.active)
    for drawn in book["sheets"]:
        sheet = workbook.create_sheet(drawn["name"])
        sheet.sheet_state = drawn.get("state", "visible")
        rows: list[list[Any]] = drawn["rows"]
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if value in (None, "<", "^"):
                    continue
                sheet.cell(r + 1, c + 1, datetime.fromisoformat(value[1:]) if str(value).startswith("@") else value)
                right, below = c + 1, r + 1
                while right < len(row) and row[right] == "<":
                    right += 1
                while below < len(rows) and c < len(rows[below]) and rows[below][c] == "^":
                    below += 1
                if (right, below) != (c + 1, r + 1):
                    sheet.merge_cells(start_row=r + 1, start_column=c + 1, end_row=below, end_column=right)
        for letter in drawn.get("hidden", ()):
            sheet.column_dimensions[letter].hidden = True
        for address in drawn.get("font", {}).get("cells", ()):
            sheet[address].font = Font(name=drawn["font"]["name"])
    path = raw / book["file"]
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook.save(path)


@dataclass
class Score:
    """The issue's measure for one level of difficulty, or one book."""

    books: int = 0
    rows: int = 0
    rows_read: int = 0
    cells: int = 0
    cells_right: int = 0
    invented: int = 0  # cells read where the clerk reads nothing
    not_data_read: int = 0
    false_errors: int = 0
    planted: int = 0
    planted_found: int = 0
    contexts_wrong: int = 0
    differences: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class Marks:
    """The score of every book, by file, and what was said of co-operatives over all of them."""

    books: dict[str, Score]
    levels: dict[str, Score]
    merged: list[tuple[str, str]]  # two co-operatives of the truth under one id
    split: list[str]  # one co-operative of the truth under several

    def add(self, other: Marks) -> None:
        self.books.update(other.books)
        for level, score in other.levels.items():
            self.levels.setdefault(level, Score()).add(score)
        self.merged += other.merged
        self.split += other.split


def measure(books: Sequence[dict[str, Any]], folder: Path) -> Marks:
    """Draws the books, takes them in, and compares what stands in `core` and `quality` with the truth."""
    settings = Settings(folder / "raw", folder / "warehouse", folder / "corrections")
    for book in books:
        draw(book, settings.raw)
    files = read_corrections(settings.corrections, date(2023, 1, 1))
    settings.working.parent.mkdir(parents=True, exist_ok=True)
    with open_working(settings.working) as connection:
        take_in(settings, connection, files.corrections)
        build_core(connection, files)
        return _compare(books, connection)


def _ask(connection: Connection, query: str) -> Iterator[dict[str, Any]]:
    result = connection.execute(query)
    names = [column[0] for column in result.description or ()]
    return (dict(zip(names, row, strict=True)) for row in result.fetchall())


def _compare(books: Iterable[dict[str, Any]], connection: Connection) -> Marks:
    submissions = {unicodedata.normalize("NFC", s["file"]): s for s in _ask(connection, "select * from quality.submissions")}
    issues: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for issue in _ask(connection, "select * from quality.issues"):
        issues[issue["submission_id"]].append(issue)
    read: dict[str, dict[tuple[str, str, int], dict[str, Any]]] = defaultdict(dict)
    register = {c["cooperative_id"]: c for c in _ask(connection, "select * from core.cooperatives")}
    for form in FORMS:
        for row in _ask(connection, f"select * from core.{form}"):
            place = (REGISTER if form == "cooperative_reports" else form, row["sheet"], row["row_number"])
            read[row["submission_id"]][place] = row
    marks = Marks({}, {}, [], [])
    ids: dict[str, set[str]] = defaultdict(set)
    for book in books:
        submission = submissions.get(unicodedata.normalize("NFC", book["file"]))
        score = Score(1)
        if submission is None:
            score.differences.append("no submission")
        elif book.get("superseded"):
            score.contexts_wrong = int(submission["status"] != "superseded")
        else:
            key = submission["submission_id"]
            score = _score_book(book, submission, read[key], register, issues[key], ids)
        marks.books[book["file"]] = score
        marks.levels.setdefault(book["level"], Score()).add(score)
    marks.merged = [(a, b) for a, b in combinations(sorted(ids), 2) if ids[a] & ids[b]]
    marks.split = [who for who, given in sorted(ids.items()) if len(given) > 1]
    return marks


def _score_book(
    book: dict[str, Any],
    submission: dict[str, Any],
    read: dict[tuple[str, str, int], dict[str, Any]],
    register: dict[str, dict[str, Any]],
    issues: list[dict[str, Any]],
    ids: dict[str, set[str]],
) -> Score:
    score = Score(1)

    def differ(text: str) -> None:
        score.differences.append(f"{book['file']} {text}")

    for name in ("reporter_code", "period"):
        wanted = book[name.removesuffix("_code")]
        if submission[name] != wanted:
            score.contexts_wrong += 1
            differ(f"{name}: {submission[name]} for {wanted}")
    left = dict(read)
    planted: list[tuple[str, str | None, list[str]]] = []
    for drawn in book["sheets"]:
        sheet = drawn["name"]
        for table in drawn.get("truth", ()):
            for number, who, *values in table["rows"]:
                found = left.pop((table["form"], sheet, number), None)
                if who == EITHER:
                    continue
                if who == LOST:
                    if found is not None:
                        differ(f"[{sheet}] {number}: let in though wrong")
                    continue
                score.rows += 1
                score.cells += len(values)
                if found is None:
                    differ(f"[{sheet}] {number}: no row in core.{table['form']}")
                    continue
                score.rows_read += 1
                if table["form"] == REGISTER:
                    latest = register[found["cooperative_id"]]
                    said = {name for name, value in zip(table["columns"], values, strict=True) if value is not None}
                    # what this register leaves open, another one may have said
                    found = {**{k: v for k, v in latest.items() if k in said}, **{k: v for k, v in found.items() if v is not None}}
                wrong = {n: v for n, v in zip(table["columns"], values, strict=True) if not agree(v, found.get(n))}
                score.cells_right += len(values) - len(wrong)
                for name, value in wrong.items():
                    differ(f"[{sheet}] {number} {table['form']}.{name}: {found.get(name)!r} for {value!r}")
                if table["form"] != REGISTER:
                    for name in found.keys() - set(table["columns"]) - GIVEN - PROVENANCE:
                        if found[name] is not None:
                            score.invented += 1
                            differ(f"[{sheet}] {number} {table['form']}.{name}: {found[name]!r} for nothing")
                if who and found.get("cooperative_id"):
                    ids[who].add(found["cooperative_id"])
        for cell, *codes in drawn.get("mistakes", ()):
            # any error in a cell with a mistake is no false one; a duplicate may be said at another cell of its row
            planted.append((sheet, cell, codes if cell and _TWICE & set(codes) else []))
            score.planted += 1
            if any(_names(issue, sheet, cell, codes) for issue in issues):
                score.planted_found += 1
            else:
                said = sorted({f"{i['code']}@{i['cell']}" for i in issues if i["sheet"] == sheet and (not cell or i["cell"] == cell)})
                differ(f"[{sheet}]{cell or ''}: no {' or '.join(codes)}, but {said}")
    for form, sheet, number in left:
        score.not_data_read += 1
        differ(f"[{sheet}] {number}: read as a row of core.{form}")
    for issue in issues:
        if issue["severity"] != "error" or any(_names(issue, sheet, cell, codes or [issue["code"]]) for sheet, cell, codes in planted):
            continue
        score.false_errors += 1
        differ(f"[{issue['sheet']}]{issue['cell']}: {issue['code']} {issue['value']!r} though right")
    return score


def _names(issue: dict[str, Any], sheet: str, cell: str | None, codes: Sequence[str]) -> bool:
    """Whether an issue says one of these codes of this cell (None: of this sheet)."""
    if issue["code"] not in codes or issue["sheet"] != sheet:
        return False
    if cell is None or issue["cell"] == cell:
        return True
    return issue["code"] in _TWICE and issue["row_number"] == int(re.sub(r"\D", "", cell))


def agree(wanted: str | None, got: object) -> bool:
    """Whether a stored value is the one of the truth; texts without accents, capitals, and with the type words written out."""
    if wanted is None or got is None:
        return wanted is None and got is None
    if isinstance(got, Decimal | int | float):
        try:
            return abs(Decimal(wanted) - Decimal(str(got))) <= max(Decimal("0.00006"), abs(Decimal(wanted)) / 10**6)
        except InvalidOperation:
            return False
    if isinstance(got, date):
        return got.isoformat() == wanted
    return _plain(wanted) == _plain(str(got))


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    bare = re.sub(r"\btht\b", "to hop tac", re.sub(r"\bhtx\b", "hop tac xa", bare))
    return re.sub(r"\W+", " ", bare).strip()


HEAD = ("books", "rows", "rows %", "cells", "cells %", "invented", "read as data", "false err %", "planted", "found %", "context wrong")


def table(marks: Marks, books: Sequence[dict[str, Any]]) -> str:
    """The score by level, below it the difficult books one by one."""

    def line(name: str, s: Score) -> tuple[str, ...]:
        return (
            name, str(s.books), str(s.rows), percent(s.rows_read, s.rows), str(s.cells), percent(s.cells_right, s.cells), str(s.invented),
            str(s.not_data_read), percent(s.false_errors, s.cells), str(s.planted), percent(s.planted_found, s.planted), str(s.contexts_wrong),
        )  # fmt: skip

    lines = [("made by hand", *HEAD), *(line(level.upper(), s) for level, s in marks.levels.items())]
    lines += [line(book["about"], marks.books[book["file"]]) for book in books if "about" in book]
    widths = [max(len(row[i]) for row in lines) for i in range(len(lines[0]))]
    said = "\n".join(
        "  ".join(text.ljust(w) if i == 0 else text.rjust(w) for i, (text, w) in enumerate(zip(row, widths, strict=True))) for row in lines
    )
    return f"{said}\nco-operatives merged wrongly: {marks.merged or 'none'}; not recognised in another spelling: {marks.split or 'none'}"


def main() -> int:
    books = load()
    with tempfile.TemporaryDirectory() as folder:
        marks = measure_all(Path(folder))
    sys.stdout.write(table(marks, books) + "\n")
    if "--show" in sys.argv:
        for score in marks.books.values():
            sys.stdout.writelines(f"{difference}\n" for difference in score.differences)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
