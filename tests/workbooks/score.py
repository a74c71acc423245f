"""Scores the reader on invented submissions: a table by kind of difficulty, and what went wrong where.

python -m tests.workbooks.score --n 20 [--kind ordinary] [--show 30] [--save DIR]
"""

from __future__ import annotations

import argparse
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from coop_pipeline.intake.context import read_path
from coop_pipeline.intake.reading import read_submission
from coop_pipeline.intake.records import Reading
from coop_pipeline.intake.vocabulary import Vocabulary

from .book import Anything, Planted, Span, TruthRow
from .generate import KINDS, ORDINARY, Case, make, new_tone

Store = Callable[[Case, Reading], Iterable[Any]]
SORTS = (
    "cell",
    "row",
    "nondata",
    "extra",
    "false_error",
    "false_warning",
    "planted",
    "reporter",
    "period",
    "sheet",
    "crash",
)
SUMMARY_CODES = frozenset(("sheet_unrecognised", "header_missing"))


@dataclass
class Score:
    files: int = 0
    rows: int = 0
    rows_right: int = 0
    cells: int = 0
    cells_right: int = 0
    nondata: int = 0
    nondata_read: int = 0
    extra_rows: int = 0
    false_errors: int = 0
    false_warnings: int = 0
    planted: int = 0
    planted_found: int = 0
    contexts: int = 0
    contexts_right: int = 0
    row_contexts: int = 0
    row_contexts_right: int = 0
    sheets: int = 0
    sheets_lost: int = 0
    crashes: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, other: Score) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass(frozen=True)
class Difference:
    what: str  # one of SORTS
    case: str
    sheet: str
    cell: str
    expected: object
    got: object
    form: str = ""
    name: str = ""
    header: str = ""

    def __str__(self) -> str:
        where = f"{self.case} [{self.sheet}]{self.cell}"
        header = f" “{self.header}”" if self.header else ""
        return f"{self.what:13} {where} {self.form}.{self.name}{header}: expected {self.expected!r}, got {self.got!r}"

    @property
    def pattern(self) -> tuple[str, ...]:
        """What differences of one cause have in common."""
        if self.what == "cell":
            got = "nothing" if self.got is None else "something else" if self.expected is not None else "something"
            return (self.what, self.form, self.name, self.header.replace("\n", " "), got)
        if self.what in ("false_error", "false_warning"):
            return (self.what, self.form, self.name, str(self.got).split(":")[0])
        return (self.what, self.form, self.name, str(self.expected) if self.what in ("nondata", "extra") else "")


def fold(text: str) -> str:
    text = unicodedata.normalize("NFC", new_tone(unicodedata.normalize("NFC", text)))
    return re.sub(r"\s+", " ", text).strip().casefold()


def equal(expected: Any, got: Any) -> bool:
    if isinstance(expected, Anything):
        return got is not None
    if expected is None or got is None:
        return expected is None and got is None
    if isinstance(expected, Span):
        return isinstance(got, date) and expected.first <= got <= expected.last
    if isinstance(expected, date):
        return isinstance(got, date) and (got.date() if isinstance(got, datetime) else got) == expected
    if isinstance(expected, Decimal | int):
        if not isinstance(got, Decimal | int | float):
            return False
        difference = abs(Decimal(expected) - Decimal(str(got)))
        return difference <= max(
            Decimal("0.006") if abs(Decimal(expected)) > 100 else Decimal("0.00005"),
            abs(Decimal(expected)) * Decimal("1e-9"),
        )
    return fold(str(expected)) == fold(str(got))


def score_case(case: Case, vocabulary: Vocabulary, store: Store | None = None) -> Score:
    """The score of one submission. `store` gives the issues that only rules over read rows bring to light."""
    score = Score(files=1)
    label = f"{case.kind}-{case.seed}"
    truth = case.truth

    def differ(
        what: str,
        sheet: str = "",
        cell: str = "",
        expected: object = None,
        got: object = None,
        form: str = "",
        name: str = "",
        header: str = "",
    ) -> None:
        score.differences.append(Difference(what, label, sheet, cell, expected, got, form, name, header))

    try:
        reading = read_submission(label, case.data, "xlsx", read_path(case.path_hint), vocabulary)
    except Exception as fault:  # the reader never raises: that it did is what has to be shown
        score.crashes = 1
        differ("crash", got=f"{type(fault).__name__}: {fault}")
        score.rows = len(truth.rows)
        score.cells = sum(len(r.values) for r in truth.rows)
        score.planted = len(truth.planted)
        return score

    read: dict[tuple[str, str, int], list[dict[str, Any]]] = defaultdict(list)
    for form, form_rows in reading.rows.items():
        columns = form_rows.columns
        for i in range(len(columns["row_number"])):
            one: dict[str, Any] = {name: values[i] for name, values in columns.items() if i < len(values)}
            if not one.get("rejected"):
                read[form, str(one["sheet"]), int(one["row_number"])].append(one)
    score.contexts = (truth.reporter_code is not None) + (truth.period is not None)
    for what, right, got in (
        ("reporter", truth.reporter_code, reading.reporter),
        ("period", truth.period, reading.period),
    ):
        if right is not None:
            score.contexts_right += right == got
            if right != got:
                differ(what, expected=right, got=f"{got} ({case.path_hint})")

    taken: Counter[tuple[str, str, int]] = Counter()
    for row in truth.rows:
        found, key = _best(row, read)
        score.rows += 1
        score.cells += len(row.values)
        if found is None:
            said = [i.code for i in reading.issues if i.sheet == row.sheet and i.row_number == row.row_number and i.severity == "error"]
            differ("row", row.sheet, str(row.row_number), "a row", f"none, errors {said}", row.form)
            continue
        taken[key] += 1
        read[key].remove(found)
        wrong = [name for name, value in row.values.items() if not equal(value, found.get(name))]
        score.cells_right += len(row.values) - len(wrong)
        score.rows_right += not any(name in row.required for name in wrong)
        for name in wrong:
            differ(
                "cell",
                row.sheet,
                row.cells.get(name, f"({row.row_number})"),
                row.values[name],
                found.get(name),
                row.form,
                name,
                row.headers.get(name, ""),
            )
        for name, right in (("reporter_code", row.reporter_code), ("period", row.period)):
            if right is not None:
                score.row_contexts += 1
                score.row_contexts_right += found.get(name) == right

    not_data = {(sheet, number): what for sheet, number, what in truth.nondata}
    score.nondata = len(not_data)
    rejected = set(truth.rejected)
    truth_places = {(r.sheet, r.row_number) for r in truth.rows} | {a for r in truth.rows for a in r.alternates}
    for (form, sheet, number), left in read.items():
        for _ in left:
            place = (sheet, number)
            if place in not_data:
                score.nondata_read += 1
                differ("nondata", sheet, str(number), not_data[place], "read as data", form)
            elif place in rejected:
                continue  # counted through the planted mistake
            elif place not in truth.unscored:
                score.extra_rows += 1
                differ("extra", sheet, str(number), "another row" if place in truth_places else "no row", "a row", form)

    issues = [*reading.issues, *(store(case, reading) if store else ())]
    for planted in truth.planted:
        if planted.by_store and store is None:
            continue
        score.planted += 1
        if _found(planted, issues):
            score.planted_found += 1
        else:
            near = [
                f"{i.code}@{i.cell}" for i in reading.issues if i.sheet == planted.sheet and (not planted.cell or i.cell == planted.cell)
            ]
            differ("planted", planted.sheet, planted.cell, planted.codes, near[:6], name=planted.code)

    explained = {(p.sheet, p.cell) for p in truth.planted}
    bad_sheets = {p.sheet for p in truth.planted if p.within == "sheet"} | set(truth.unrecognised)
    bad_file = any(p.within == "file" for p in truth.planted)
    for issue in reading.issues:
        if (
            (issue.sheet or "", issue.cell or "") in explained
            or (issue.sheet or "") in bad_sheets
            or (bad_file and issue.code.endswith("_conflict"))
        ):
            continue
        if (issue.sheet, issue.row_number) in truth.unscored or (issue.sheet, issue.row_number) in rejected:
            continue
        if issue.severity == "error":
            score.false_errors += 1
            differ(
                "false_error",
                issue.sheet or "",
                issue.cell or "",
                "no error",
                f"{issue.code}: {issue.value!r} {issue.message_vi}",
                issue.form or "",
                issue.field or "",
            )
        elif issue.severity == "warning" and issue.code not in ("cooperative_unknown",):
            score.false_warnings += 1
            differ(
                "false_warning",
                issue.sheet or "",
                issue.cell or "",
                "no warning",
                f"{issue.code}: {issue.value!r} {issue.message_vi}",
                issue.form or "",
                issue.field or "",
            )

    sheets = {r.sheet for r in truth.rows}
    score.sheets = len(sheets)
    lost = {i.sheet for i in reading.issues if i.code in SUMMARY_CODES and i.sheet in sheets and i.sheet not in bad_sheets}
    score.sheets_lost = len(lost)
    for sheet in sorted(str(s) for s in lost):
        why = next(i for i in reading.issues if i.code in SUMMARY_CODES and i.sheet == sheet)
        differ("sheet", sheet, "", "recognised", f"{why.code}: {why.message_vi}", why.form or "")
    return score


def _best(row: TruthRow, read: dict[tuple[str, str, int], list[dict[str, Any]]]) -> tuple[dict[str, Any] | None, tuple[str, str, int]]:
    """The row read at the truth's place; where several stand there, the one most like it."""
    for sheet, number in ((row.sheet, row.row_number), *row.alternates):
        key = (row.form, sheet, number)
        candidates = read.get(key, [])
        if candidates:
            return max(candidates, key=lambda c: sum(equal(v, c.get(n)) for n, v in row.values.items())), key
    return None, (row.form, row.sheet, row.row_number)


def _found(planted: Planted, issues: Iterable[Any]) -> bool:
    letters = planted.cell.rstrip("0123456789")
    for issue in issues:
        if issue.code not in planted.codes:
            continue
        if planted.within == "file":
            return True
        if (issue.sheet or "") != planted.sheet:
            continue
        if planted.within == "sheet" or (planted.within == "column" and (issue.cell or "").rstrip("0123456789") == letters):
            return True
        if planted.within == "cell" and issue.cell == planted.cell:
            return True
        if planted.within == "row" and issue.row_number == int(planted.cell.lstrip(ascii_uppercase)):
            return True
    return False


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"


HEAD = (
    "kind",
    "files",
    "rows",
    "rows %",
    "cells",
    "cells %",
    "not data",
    "read as data",
    "extra",
    "false err %",
    "warn %",
    "planted",
    "found %",
    "context %",
    "lost sheets",
    "crashes",
)


def line(name: str, s: Score) -> tuple[str, ...]:
    return (
        name,
        str(s.files),
        str(s.rows),
        percent(s.rows_right, s.rows),
        str(s.cells),
        percent(s.cells_right, s.cells),
        str(s.nondata),
        str(s.nondata_read),
        str(s.extra_rows),
        f"{100 * s.false_errors / s.cells:.2f}" if s.cells else "-",
        f"{100 * s.false_warnings / s.cells:.2f}" if s.cells else "-",
        str(s.planted),
        percent(s.planted_found, s.planted),
        percent(s.contexts_right + s.row_contexts_right, s.contexts + s.row_contexts),
        str(s.sheets_lost),
        str(s.crashes),
    )


def table(scores: dict[str, Score]) -> str:
    """The score as text, with sums of ordinary and difficult kinds below."""
    lines = [HEAD, *(line(kind, s) for kind, s in scores.items())]
    for name, kinds in (
        ("ORDINARY", [k for k in scores if k in ORDINARY]),
        ("DIFFICULT", [k for k in scores if k not in ORDINARY]),
        ("ALL", list(scores)),
    ):
        if len(kinds) > 1:
            lines.append(line(name, total(scores[k] for k in kinds)))
    widths = [max(len(row[i]) for row in lines) for i in range(len(HEAD))]
    return "\n".join(
        "  ".join(text.ljust(w) if i == 0 else text.rjust(w) for i, (text, w) in enumerate(zip(row, widths, strict=True))) for row in lines
    )


def total(scores: Iterable[Score]) -> Score:
    whole = Score()
    for score in scores:
        whole.add(score)
    return whole


def run(kinds: Sequence[str], seeds: Sequence[int], save: Path | None = None) -> dict[str, Score]:
    vocabulary = Vocabulary()
    scores: dict[str, Score] = {}
    for kind in kinds:
        scores[kind] = Score()
        for seed in seeds:
            case = make(seed, kind)
            if save is not None:
                save.mkdir(parents=True, exist_ok=True)
                (save / f"{kind}-{seed}.xlsx").write_bytes(case.data)
            scores[kind].add(score_case(case, vocabulary))
    return scores


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=20, help="seeds per kind")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--kind", action="append", choices=tuple(KINDS), help="only this kind (may be given several times)")
    parser.add_argument("--show", type=int, default=0, help="print the first K differences")
    parser.add_argument(
        "--what",
        choices=SORTS,
        help="only differences of this sort",
    )
    parser.add_argument("--save", type=Path, help="write the workbooks there")
    parser.add_argument("--patterns", type=int, default=0, help="print the K most frequent patterns of differences with an example each")
    given = parser.parse_args(arguments)
    scores = run(given.kind or tuple(KINDS), range(given.first, given.first + given.n), given.save)
    out = sys.stdout
    out.write(table(scores) + "\n")
    differences = [d for s in scores.values() for d in s.differences if (d.what == given.what if given.what else d.what != "false_warning")]
    if given.patterns:
        examples: dict[tuple[str, ...], list[Difference]] = defaultdict(list)
        for difference in differences:
            examples[difference.pattern].append(difference)
        for listed in sorted(examples.values(), key=len, reverse=True)[: given.patterns]:
            out.write(f"{len(listed):5} {listed[0]}\n")
    if given.show:
        for difference in differences[: given.show]:
            out.write(f"{difference}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
