"""Which office a text names: reporters by their names, and the communes of after July 2025. Needs no vocabulary of headers."""

from __future__ import annotations

import re
from functools import cache

from coop_pipeline.forms.codes import reporters
from coop_pipeline.intake.text import fold

LEVEL = re.compile(r"^(?:xã|x\.|phường|p\.|thị trấn|tt\.?|thị xã|huyện|h\.|thành phố|tp\.?)\s*", re.I)
_COMMUNE_LETTERHEAD = re.compile(r" (?:hdnd )?(?:ubnd|uy ban nhan dan) (?:xa|phuong|thi tran|tt) \w")


def find_reporter(line: str, letterhead: bool = False) -> str | None:
    """The reporter that a line names: an agency by its name, else a district; in free text only after huyện or thành phố."""
    folded = f" {fold(line)} "
    districts = {r.code for r in reporters() if r.kind == "district"}
    for spelling, reporter in _reporters():
        if reporter not in districts and f" {spelling} " in folded and (letterhead or len(spelling.split()) >= 4):
            return reporter
    for spelling, reporter in _reporters():
        if reporter not in districts or f" {spelling} " not in folded:
            continue
        if spelling in ("thanh pho", "hoa binh"):
            continue
        named = re.search(rf" (?:huyen|h|thanh pho|tp|ubnd|uy ban nhan dan) (?:tp |thanh pho |huyen |h )?{re.escape(spelling)} ", folded)
        if named or letterhead or spelling.startswith(("huyen ", "h ", "tp", "thanh pho ", "ubnd")):
            return reporter
    return None


def find_office(line: str, bare: bool = False) -> str | None:
    """The commune of after July 2025 that a line names as such ("UBND xã Cao Phong"); with `bare` the name alone will do.

    "" where the line is the letterhead of a commune that is none of those: one of before, or one misspelt."""
    folded = f" {fold(line)} "
    as_such, by_name = _office_patterns()
    named = as_such.search(folded) or (by_name.search(folded) if bare else None)
    if named:
        return _offices()[named.group(1)]
    return "" if _COMMUNE_LETTERHEAD.match(folded) else None


def office_of_name(reporter: str) -> str | None:
    """The commune of after July 2025 that bears a district's name, as every district's seat does."""
    return next((_offices()[s] for s, code in _reporters() if code == reporter and s in _offices()), None)


@cache
def _reporters() -> tuple[tuple[str, str], ...]:
    """Folded names of reporters other than communes, the longest first, and their codes."""
    named = [(fold(s), r.code) for r in reporters() if r.kind != "commune" for s in (r.name_vi, *r.spellings)]
    return tuple(sorted(named, key=lambda pair: -len(pair[0])))


@cache
def _offices() -> dict[str, str]:
    return {fold(LEVEL.sub("", s)): r.code for r in reporters() if r.kind == "commune" for s in (r.name_vi, *r.spellings)}


@cache
def _office_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    names = sorted(_offices(), key=len, reverse=True)
    bare = (name for name in names if name != "hoa binh")  # the city, the province
    return re.compile(rf" (?:xa|phuong|x|p) ({'|'.join(names)}) "), re.compile(rf" ({'|'.join(bare)}) ")
