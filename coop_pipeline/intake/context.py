"""Who reports, for which period: evidence from title, letterhead and sheet first, from file and folder names after that."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from coop_pipeline.forms.codes import PERIOD_YEARS, UNITS_CHANGED_ON, reporters
from coop_pipeline.intake.dates import period_bounds, read_as_of, read_period, read_revision, read_stated_on
from coop_pipeline.intake.offices import find_office, find_reporter
from coop_pipeline.intake.text import fold

if TYPE_CHECKING:
    from coop_pipeline.intake.layout import Grid

LETTERHEAD_ROWS = 8
NAME_YEARS = range(
    2010, PERIOD_YEARS.stop
)  # four digits of a name that may be a year: co-operatives of today's law and the years before it
_LETTERHEAD = re.compile(
    r"^(?:ubnd|uy ban nhan dan|huyen|thanh pho|tp|so|chi cuc|ngan hang|nhnn|quy|trung tam|phong|lien minh|chi nhanh|don vi bao cao|don vi|co quan)\b"
)
_TITLE_WORDS = re.compile(r"\b(?:danh sach|bieu|bao cao|tinh hinh|tong hop|ket qua|thong ke|bang)\b")
_REFERENCE = re.compile(r"^\(?(?:kem theo|ban hanh|theo|can cu|so:|so )\b|\b(?:thong tu|nghi dinh|quyet dinh so|cong van)\b")


@dataclass(frozen=True, slots=True)
class PathEvidence:
    """What file and folder names say, in the order in which it counts. Part of what a reading depends on."""

    reporters: tuple[str, ...]
    periods: tuple[str, ...]
    revision: int
    supplement: bool
    names: tuple[str, ...] = ()
    offices: tuple[str, ...] = ()  # communes of after July 2025; heard only for periods that these report on


@dataclass(frozen=True, slots=True)
class Said:
    """One piece of evidence: what it says and where it stands."""

    value: str
    where: str
    cell: tuple[int, int] | None = None
    strength: int = 0  # letterhead 3, title 2, sheet name 1, a reference to another letter 0


@dataclass(slots=True)
class SheetContext:
    reporters: list[Said]
    offices: list[Said]  # communes as such; "" for one that is none of those of after July 2025
    periods: list[Said]
    weak_periods: list[Said]
    as_of: date | None
    stated_on: date | None
    revision: int
    supplement: bool
    title: str


def read_path(path: str) -> PathEvidence:
    """Evidence in a path relative to the raw folder, the file's own name first."""
    pure = PurePosixPath(unicodedata.normalize("NFC", path))
    parts = [pure.stem, *reversed(pure.parent.parts)]
    found_reporters, found_periods, offices = [], [], []
    for part in parts:
        office, reporter, period = _read_name(part)
        if office:
            offices.append(office)
        if reporter:
            found_reporters.append(reporter)
        if period:
            found_periods.append(period)
    revision, supplement = read_revision(pure.stem.replace("_", " "))
    return PathEvidence(tuple(dict.fromkeys(found_reporters)), tuple(dict.fromkeys(found_periods)), revision, supplement, (pure.stem,),
                        tuple(dict.fromkeys(offices)))  # fmt: skip


@lru_cache(maxsize=1024)  # a folder's name stands in the path of each of its files
def _read_name(name: str) -> tuple[str | None, str | None, str | None]:
    """The commune, the reporter and the period that a file's or folder's name says."""
    return (
        find_office(_spaced(name), bare=True),
        _reporter_in_name(name),
        read_period(name.replace("_", " "), NAME_YEARS),
    )


def settle_path(said: PathEvidence) -> tuple[str | None, str | None]:
    """The reporter and the period that a path names without contradiction: all that there is to go by where a file cannot be read."""
    period = max(said.periods, key=len, default=None)
    if period is not None and (int(period[:4]) not in PERIOD_YEARS or not all(same_time(period, other) for other in said.periods)):
        period = None
    named = said.reporters
    agencies = {r.code for r in reporters() if r.kind == "agency"}
    if period is not None and period_bounds(period)[1] >= UNITS_CHANGED_ON and not agencies & set(named):
        named = said.offices or named
    return named[0] if len(named) == 1 else None, period


def _spaced(name: str) -> str:
    """A file's or folder's name with blanks where words meet."""
    spaced = re.sub(r"[_\-.]+", " ", name)
    return "".join(f" {c}" if i and c.isupper() and spaced[i - 1].islower() else c for i, c in enumerate(spaced))


def _reporter_in_name(name: str) -> str | None:
    found = find_reporter(_spaced(name), letterhead=True)
    if found:
        return found
    squashed = re.sub(r"[^a-z0-9]", "", fold(name))
    if code := next((code for reduced, code in _reduced_spellings() if reduced in squashed), None):
        return code
    name = name.strip()
    return next((r.code for r in reporters() if r.code in name and re.search(rf"(?:^|[_-]){re.escape(r.code)}(?:[_-]|$)", name)), None)


@cache
def _reduced_spellings() -> tuple[tuple[str, str], ...]:
    """What reporters are called, without blanks and accents, where it is long enough to be looked for within a name; and their codes."""
    reduced = (
        (re.sub(r"[^a-z0-9]", "", fold(spelling)), reporter.code)
        for reporter in reporters()
        if reporter.kind != "commune"
        for spelling in (reporter.name_vi, *reporter.spellings)
    )
    return tuple(
        (name, code)
        for name, code in reduced
        if (len(name) >= 6 or name in ("tphb", "nhnn", "xttm")) and name not in ("thanhpho", "hoabinh")
    )


def read_sheet_context(name: str, grid: Grid, first_header: int, note_rows: list[int]) -> SheetContext:
    """Evidence in one sheet: rows above its first table, its name, and the place and date line below."""
    said_reporters: list[Said] = []
    offices: list[Said] = []
    title_reporters: list[Said] = []
    weak_reporters: list[Said] = []
    periods: list[Said] = []
    weak: list[Said] = []
    as_of: date | None = None
    stated_on: date | None = None
    revision, supplement = 0, False
    titles: list[str] = []
    for row in note_rows:
        for column in grid.filled[row]:
            text = grid.text(row, column)
            folded = fold(text)
            if row < first_header:
                office = find_office(text) if len(text) < 140 and not _REFERENCE.search(folded) else None
                if office is not None:
                    is_letterhead = row < LETTERHEAD_ROWS and not _TITLE_WORDS.search(folded)
                    if office or is_letterhead:
                        offices.append(Said(office, text, (row, column), 3 if is_letterhead else 2))
                    if is_letterhead and not re.search(r"\b(?:huyen|thanh pho|tp)\b", folded):
                        continue
                if row < LETTERHEAD_ROWS and _LETTERHEAD.match(folded) and not _TITLE_WORDS.search(folded) and len(text) < 140:
                    reporter = find_reporter(text, letterhead=True)
                    if reporter:
                        said_reporters.append(Said(reporter, text, (row, column), 3))
                    continue
                stated = read_stated_on(text)
                if stated is not None and len(text) < 90:
                    stated_on = stated_on or stated
                    continue
                if _REFERENCE.search(folded):
                    stated_on = stated_on or read_stated_on(text)
                    reporter = find_reporter(text)
                    if reporter:
                        weak_reporters.append(Said(reporter, text))
                    continue
                if "doc lap" in folded or "cong hoa xa hoi" in folded or not folded:
                    continue
                titles.append(text)
                reporter = find_reporter(text)
                if reporter:
                    title_reporters.append(Said(reporter, text, (row, column), 2))
                on = read_as_of(text)
                period = read_period(text)
                if on is not None and as_of is None:
                    as_of = on
                if period:
                    (weak if on is not None and period_bounds(period)[1] == on else periods).append(Said(period, text, (row, column)))
                found, extra = read_revision(text, title=True)
                revision, supplement = max(revision, found), supplement or extra
            else:
                stated = read_stated_on(text)
                if stated is not None and len(text) < 90:
                    stated_on = stated_on or stated
    sheet_reporter = find_reporter(re.sub(r"[_\-.]+", " ", name), letterhead=True)
    said_reporters += title_reporters
    if sheet_reporter:
        said_reporters.append(Said(sheet_reporter, name, None, 1))
    sheet_office = find_office(re.sub(r"[_\-.]+", " ", name), bare=True)
    if sheet_office:
        offices.append(Said(sheet_office, name, None, 1))
    said_reporters += weak_reporters
    period = read_period(name.replace("_", " "), NAME_YEARS)
    if period:
        periods.append(Said(period, name))
    return SheetContext(said_reporters, offices, periods, weak, as_of, stated_on, revision, supplement, " \n ".join(titles))


def same_time(one: str, other: str) -> bool:
    """Whether two periods can mean the same: one contains the other."""
    a, b = period_bounds(one), period_bounds(other)
    return (a[0] <= b[0] and b[1] <= a[1]) or (b[0] <= a[0] and a[1] <= b[1])
