"""Dates and periods: what a cell, a title, a sheet or a file name says about time."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal

from coop_pipeline.intake.text import clean, strip_accents

__all__ = [
    "DateReading",
    "add_months",
    "column_order",
    "column_swapped",
    "find_periods",
    "period_bounds",
    "read_as_of",
    "read_date",
    "read_period",
    "read_revision",
    "read_span",
    "read_stated_on",
    "read_term",
]

Order = Literal["dmy", "mdy", "ymd"]
Precision = Literal["day", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class DateReading:
    """The date that a cell says, and how finely it says it."""

    value: date | None
    precision: Precision | None
    status: Literal["ok", "blank", "ambiguous", "invalid"]


_BLANK: Final = DateReading(None, None, "blank")
_INVALID: Final = DateReading(None, None, "invalid")

# Co-operatives of the first movement were founded from 1955 on; 1900 is Excel's zero.
_FIRST_YEAR: Final = 1945
_LAST_YEAR: Final = 2100
_EPOCH: Final = date(1899, 12, 30)
_FIRST_SERIAL: Final = 20000
_LAST_SERIAL: Final = 60000

_YEAR: Final = r"(?:19|20)\d\d"
_SEPARATOR: Final = r"\s*[/.\-\\,–]\s*"
_NUMERIC: Final = re.compile(rf"(?<!\d)(\d{{1,2}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{4}}|\d{{2}})(?!\d)")
_ISO: Final = re.compile(r"(?<!\d)(\d{4})\s*[/.\-–]\s*(\d{1,2})\s*[/.\-–]\s*(\d{1,2})(?:[t ]+[\d:.]+(?:z|[+-]\d\d:?\d\d)?)?(?!\d)")
_WORDS: Final = re.compile(r"(?:ngay\s*)?(?<!\d)(\d{1,2})\s*,?\s*(?:thang|thg|th\.)\s*(\d{1,2})\s*[,/]?\s*(?:nam\s*)?(\d{4}|\d{2})(?!\d)")
_COMPACT: Final = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_MONTH: Final = re.compile(rf"(?:thang|thg|th|t)?\s*\.?\s*(\d{{1,2}})\s*(?:[/.\-\\–]|\s*nam|\s)\s*(?:nam\s*)?({_YEAR})")
_ISO_MONTH: Final = re.compile(rf"({_YEAR})\s*[/\-.]\s*(\d{{1,2}})")
_MONTH_ALONE: Final = re.compile(r"(?:thang|thg|th|t)\s*\.?\s*(\d{1,2})")
_QUARTER_NAME: Final = r"(?:quy|qui|q)\s*\.?\s*(iv|iii|ii|i|[1-4])"
_QUARTER: Final = re.compile(rf"{_QUARTER_NAME}\s*[/.,\-–]?\s*(?:nam\s*)?({_YEAR})")
_QUARTER_AFTER: Final = re.compile(rf"({_YEAR})\s*[/.\-–]?\s*q\s*([1-4])")
_QUARTER_ALONE: Final = re.compile(_QUARTER_NAME)
_YEAR_ONLY: Final = re.compile(rf"(?:(?:trong|dau|cuoi|ca|het|tu)?\s*nam\s*)?({_YEAR})")
_DAY_MONTH: Final = re.compile(rf"(?:ngay\s*)?(\d{{1,2}})(?:{_SEPARATOR}|\s*thang\s*)(\d{{1,2}})")
_CLOCK: Final = re.compile(r"\s+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[ap]m)?$")
_ROMAN: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_BLANK_LIST: Final = (
    "|-|--|–|—|x|khong|khong co|chua co|chua|chua cap|k/co|ko|na|n/a|none|null|...|…|.|/|//|0|den nay"
    "|dang lam ho so|dang cap|khong thoi han|vo thoi han|khong xac dinh|chua xac dinh|khong ro"
)
_BLANK_WORDS: Final = frozenset(_BLANK_LIST.split("|"))


# "24-thg 11-2020": how a Vietnamese Excel shows a day
_EXCEL_MONTH: Final = re.compile(r"(?<!\d)(\d{1,2})\s*[-–]\s*(?:thg|thang|th)\.?\s*(\d{1,2})\s*[-–]\s*(\d{4}|\d\d)(?!\d)")


def _plain(text: str) -> str:
    """Lower case without accents; punctuation stays, it tells dates apart."""
    plain = strip_accents(clean(text).casefold())
    return _EXCEL_MONTH.sub(r"\1/\2/\3", plain) if "th" in plain else plain


def _make(year: int, month: int, day: int) -> date | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return 2000 + year if year < 50 else 1900 + year


def _last_day(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _stretch(year: int, month: int, months: int, end: bool, precision: Precision) -> DateReading:
    if not _FIRST_YEAR <= year < _LAST_YEAR or not 1 <= month <= 12:
        return _INVALID
    value = _last_day(year, month + months - 1) if end else date(year, month, 1)
    return DateReading(value, precision, "ok")


def _quarter(name: str) -> int:
    return int(name) if name.isdigit() else _ROMAN[name]


_TERM: Final = re.compile(r"(\d{1,3}(?:[.,]\d)?)\s*(thang|th|nam)\.?")
_LONGEST_TERM: Final = 600  # months


def read_term(cell: object, months: int | None = None) -> int | None:
    """How many months a cell says that something lasts: "36 tháng", "3 năm", or a number of units of `months` months; None where it says none."""
    unit = months
    number: str | float | None = cell if isinstance(cell, int | float) else None
    if isinstance(cell, str):
        match = _TERM.fullmatch(text := _plain(cell))
        if match is not None:
            number, unit = match.group(1), 12 if match.group(2) == "nam" else 1
        elif re.fullmatch(r"\d{1,3}", text):
            number = text
    if number is None or unit is None:
        return None
    total = float(str(number).replace(",", ".")) * unit
    return int(total) if total.is_integer() and 0 < total <= _LONGEST_TERM else None


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the last day of a month that is shorter."""
    ahead = day.month - 1 + months
    year, month = day.year + ahead // 12, ahead % 12 + 1
    return date(year, month, min(day.day, _last_day(year, month).day))


# --- Columns -------------------------------------------------------------------------------------------------------


def _vote(cells: Iterable[object]) -> dict[str, int]:
    votes = {"dmy": 0, "mdy": 0, "ymd": 0}
    for cell in cells:
        if not isinstance(cell, str) or len(cell) > 40 or read_span(cell) is not None:
            continue
        if _ISO.search(cell):
            votes["ymd"] += 1
        elif match := _NUMERIC.search(cell):
            first, second = int(match.group(1)), int(match.group(2))
            if first > 12 >= second:
                votes["dmy"] += 1
            elif second > 12 >= first:
                votes["mdy"] += 1
    return votes


def column_order(cells: Iterable[object]) -> Order:
    """In which order the texts of a column name day and month; day first unless the texts say otherwise."""
    votes = _vote(cells)
    if votes["mdy"] > votes["dmy"]:
        return "mdy"
    return "ymd" if votes["ymd"] > 0 and not votes["dmy"] else "dmy"


def column_swapped(cells: Iterable[object]) -> bool:
    """Whether true dates of a column have day and month swapped.

    An English Excel turns 05/03/2021 into 3 May and leaves 25/03/2021 a text. So: texts with a day above 12, at least
    three true dates, and none of those with a day above 12 (by chance that is rare: 0.4 a date).
    """
    listed = list(cells)
    if not _vote(listed)["dmy"]:
        return False
    dates = [cell for cell in listed if isinstance(cell, date)]
    return len(dates) >= 3 and all(cell.day <= 12 for cell in dates)


# --- Cells ---------------------------------------------------------------------------------------------------------


def read_date(
    cell: object,
    order: Order = "dmy",
    end: bool = False,
    *,
    year: int | None = None,
    swapped: bool = False,
) -> DateReading:
    """The date of a cell; `end` takes the last day of a month, quarter or year that is all the cell names.

    `year` completes "Q.IV", "T12" and "30/12"; `swapped` undoes the swap of `column_swapped`.
    """
    if cell is None:
        return _BLANK
    if isinstance(cell, str):
        return _read_text(cell, order, end, year)
    if isinstance(cell, bool):
        return _INVALID
    if isinstance(cell, date):
        value = cell.date() if isinstance(cell, datetime) else cell
        if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
            return _INVALID
        if swapped and value.day <= 12 and value.day != value.month:
            return DateReading(date(value.year, value.day, value.month), "day", "ambiguous")
        return DateReading(value, "day", "ok")
    if isinstance(cell, (int, float)):
        return _read_number(cell, end)
    if isinstance(cell, time):
        return _INVALID
    return _INVALID


def _read_number(cell: int | float, end: bool) -> DateReading:
    if cell != cell or abs(cell) > 99_999_999:
        return _INVALID
    if cell == 0:
        return _BLANK
    number = int(cell)
    if number == cell and _FIRST_YEAR <= number <= _LAST_YEAR:
        return _stretch(number, 1, 12, end, "year")
    if _FIRST_SERIAL <= cell <= _LAST_SERIAL:
        return DateReading(_EPOCH + timedelta(days=number), "day", "ok")
    if number == cell and number > 19_000_000:
        return _read_text(str(number), "ymd", end, None)
    if 1 <= cell < 13 and number != cell:
        # "12.2021" typed on an English machine is the number 12.2021 (and 1.202 was 1.2020)
        year = f"{cell:.4f}".split(".")[1]
        if _FIRST_YEAR <= int(year) <= _LAST_YEAR and abs(float(f"{cell:.4f}") - cell) < 1e-9:
            return replace(_stretch(int(year), number, 1, end, "month"), status="ambiguous")
    return _INVALID


@lru_cache(maxsize=65536)
def _read_text(cell: str, order: Order, end: bool, year: int | None) -> DateReading:
    if len(cell) > 200:
        return _INVALID
    text = _plain(cell).strip(" '.;,*")
    if text in _BLANK_WORDS or not any(c.isalnum() or c == "?" for c in text):
        return _BLANK
    text = _CLOCK.sub("", text)
    found = _find_days(text, order)
    if found:
        return found[0][0] if len(found) == 1 and _is_only_date(text, found[0][1]) else _choose(found)
    if _NUMERIC.search(text) or _ISO.search(text) or _WORDS.search(text):
        return _INVALID
    return _read_coarse(text, end, year)


def _find_days(text: str, order: Order) -> list[tuple[DateReading, tuple[int, int]]]:
    """Every full date in a text with its place; a date that cannot be (31/02) makes the text invalid: nothing found."""
    found: list[tuple[DateReading, tuple[int, int]]] = []
    compact = _COMPACT.fullmatch(text)
    if compact:
        value = _make(*(int(part) for part in compact.groups()))
        return [(DateReading(value, "day", "ok"), compact.span())] if value else []
    taken = text
    for pattern in (_WORDS, _ISO, _NUMERIC):
        for match in pattern.finditer(taken):
            reading = _read_match(match, pattern, order)
            if reading is None:
                return []
            found.append((reading, match.span()))
        taken = pattern.sub(lambda m: "#" * len(m.group()), taken)
    return sorted(found, key=lambda item: item[1])


def _read_match(match: re.Match[str], pattern: re.Pattern[str], order: Order) -> DateReading | None:
    first, second, third = match.groups()
    if pattern is _ISO:
        value = _make(int(first), int(second), int(third))
        return DateReading(value, "day", "ok") if value else None
    year = _full_year(third)
    if pattern is _NUMERIC and order == "mdy":
        value = _make(year, int(first), int(second))
        other = _make(year, int(second), int(first))
    else:
        value = _make(year, int(second), int(first))
        other = _make(year, int(first), int(second)) if pattern is _NUMERIC else None
    if value is not None:
        return DateReading(value, "day", "ok")
    # 12/30/2021 in a column that names the day first: there is only one reading, but its neighbours are in doubt
    return DateReading(other, "day", "ambiguous") if other is not None else None


_HARMLESS: Final = re.compile(r"[\s(),.;:'*]|ngay|cap|ky|lan dau|thang|nam|tu|den|het|vao|hieu luc|thu (?:hai|ba|tu|nam|sau|bay)|cn")


def _is_only_date(text: str, span: tuple[int, int]) -> bool:
    rest = _HARMLESS.sub("", text[: span[0]] + text[span[1] :])
    return not rest or text[: span[0]].rstrip(" :").endswith("ngay")


def _choose(found: list[tuple[DateReading, tuple[int, int]]]) -> DateReading:
    values = {reading.value for reading, _ in found}
    return replace(found[0][0], status="ambiguous") if len(values) == 1 else _INVALID


_ABOUT: Final = re.compile(r"^(?:(?:trong|dau|giua|cuoi|khoang|vao)\s+)+(?=thang|thg|t\s*\.?\d|quy|q\s*\.?[i\d])")  # "đầu tháng 5/2022"


def _read_coarse(text: str, end: bool, year: int | None) -> DateReading:
    text = _ABOUT.sub("", text)
    if text.isdigit() and len(text) == 5:
        return _read_number(int(text), end)
    if match := _YEAR_ONLY.fullmatch(text):
        return _stretch(int(match.group(1)), 1, 12, end, "year")
    if match := _MONTH.fullmatch(text):
        return _stretch(int(match.group(2)), int(match.group(1)), 1, end, "month")
    if match := _ISO_MONTH.fullmatch(text):
        return _stretch(int(match.group(1)), int(match.group(2)), 1, end, "month")
    if match := _QUARTER.fullmatch(text):
        return _stretch(int(match.group(2)), _quarter(match.group(1)) * 3 - 2, 3, end, "quarter")
    if match := _QUARTER_AFTER.fullmatch(text):
        return _stretch(int(match.group(1)), int(match.group(2)) * 3 - 2, 3, end, "quarter")
    if year is None:
        return _INVALID
    if match := _QUARTER_ALONE.fullmatch(text):
        return _stretch(year, _quarter(match.group(1)) * 3 - 2, 3, end, "quarter")
    if match := _MONTH_ALONE.fullmatch(text):
        return _stretch(year, int(match.group(1)), 1, end, "month")
    if match := _DAY_MONTH.fullmatch(text):
        value = _make(year, int(match.group(2)), int(match.group(1)))
        return DateReading(value, "day", "ok") if value else _INVALID
    return _INVALID


_UNTIL: Final = re.compile(r"\s*(?:-+>?|–|—|→|÷|~|\bden(?:\s+(?:het|ngay))*\b|\btoi\b)\s*")
_LISTED: Final = re.compile(r"\s*(?:[,;&+]|\bva\b)\s*")
_DAY: Final = re.compile(r"(?:ngay\s*)?(\d{1,2})")
_MONTH_NUMBER: Final = re.compile(r"(?:(?:thang|thg|th|t)\s*\.?\s*)?(\d{1,2})")
_QUARTER_NUMBER: Final = re.compile(r"(?:(?:quy|qui|q)\s*\.?\s*)?(iv|iii|ii|i|[1-4])")
_QUARTER_WORD: Final = re.compile(r"(?:quy|qui|q)(?![a-z])")
_OPENING: Final = re.compile(r"^\d{1,2}\s*ngay\s*[:,(]\s*(?:tu\s+)?|^(?:(?:tu|trong|cac)\s+)+")
_MONTH_WORD: Final = re.compile(r"^(?:thang|thg|th|t)\s*\.?\s*\d{1,2}\b")


@lru_cache(maxsize=8192)
def read_span(cell: object, order: Order = "dmy") -> tuple[date, date] | None:
    """First and last day of "5-7/3/2021", "từ 28/2 đến 3/3/2021", "05/3/2021 - 07/3/2021", "tháng 3-5/2021", "quý I-II/2021",
    "2019-2021", "3, 5 và 8/3/2021"; None where a cell is no stretch of time.

    What the beginning leaves out (month, year) it has from the end; where it would come after the end, from the year before.
    """
    if not isinstance(cell, str) or len(cell) > 200:
        return None
    text = _OPENING.sub("", _plain(cell).strip(" .;,()"))
    for mark in _UNTIL.finditer(text):
        found = _read_stretch(text[: mark.start()].strip(), text[mark.end() :].strip(), order)
        if found is not None:
            return found
    parts = _LISTED.split(text)
    # of several days the first and the last; several whole dates are no stretch
    return _read_stretch(parts[0], parts[-1], order) if len(parts) > 1 and _read_text(parts[0], order, False, None).value is None else None


def _read_stretch(head: str, tail: str, order: Order) -> tuple[date, date] | None:
    """A beginning and an end; the end is complete, the beginning as fine as the end."""
    if not head or not tail:
        return None
    if _QUARTER_WORD.match(head) and not _QUARTER_WORD.match(tail):
        tail = f"q {tail}"
    stop = _read_text(tail, order, True, None)
    if stop.value is None or stop.precision is None or stop.status != "ok":
        return None
    end = stop.value
    start = _read_text(head, order, False, None)
    if start.value is None or (head.isdigit() and stop.precision != "year"):
        start = _complete(head, stop.precision, _MONTH_WORD.match(tail) is not None, end)
    if start.value is None or start.status != "ok" or start.precision != stop.precision or start.value > end:
        return None
    return start.value, end


def _complete(head: str, precision: Precision, worded: bool, end: date) -> DateReading:
    """The beginning of a stretch with the month and year that it leaves to its end."""
    for year in (end.year, end.year - 1):
        if precision == "day" and (match := _DAY.fullmatch(head)):
            value = _make(end.year, end.month, int(match.group(1)))
            return DateReading(value, "day", "ok") if value else _INVALID
        if precision == "day" and (match := _DAY_MONTH.fullmatch(head)):
            value = _make(year, int(match.group(2)), int(match.group(1)))
            start = DateReading(value, "day", "ok") if value else _INVALID
        elif precision == "month" and (match := _MONTH_NUMBER.fullmatch(head)) and (worded or not head.isdigit()):
            start = _stretch(year, int(match.group(1)), 1, False, "month")
        elif precision == "quarter" and (match := _QUARTER_NUMBER.fullmatch(head)):
            start = _stretch(year, _quarter(match.group(1)) * 3 - 2, 3, False, "quarter")
        else:
            return _INVALID
        if start.value is None or start.value <= end:
            return start
    return _INVALID


# --- Periods -------------------------------------------------------------------------------------------------------

_PERIOD_CODE: Final = re.compile(r"(\d{4})(?:-(?:H([12])|Q([1-4])|(0[1-9]|1[0-2])))?")


def period_bounds(code: str) -> tuple[date, date]:
    """First and last day of "2021", "2021-H1", "2021-Q4", "2021-12"."""
    match = _PERIOD_CODE.fullmatch(code)
    if match is None:
        raise ValueError(f"no period code: {code!r}")
    year, half, quarter, month = match.groups()
    if half:
        first, months = int(half) * 6 - 5, 6
    elif quarter:
        first, months = int(quarter) * 3 - 2, 3
    elif month:
        first, months = int(month), 1
    else:
        first, months = 1, 12
    return date(int(year), first, 1), _last_day(int(year), first + months - 1)


_Y: Final = rf"(?<!\d)({_YEAR})(?!\d)"
_NAM: Final = r"\s*[/,.\-–]?\s*(?:cua\s+)?(?:nam\s*)?"
_ASIDE: Final = re.compile(
    r"\b(?:ke hoach|phuong huong|nhiem vu|du kien|muc tieu|so voi|so sanh voi|cung ky|giai phap|dinh huong)"
    r"\b(?:(?!\bden\b)[^,;()0-9]){0,40}$"
)
_MASKED: Final = (
    # law and letter numbers: NĐ 77/2019/NĐ-CP, số 125/BC-UBND ngày 12/01/2022
    re.compile(r"\b\d+/(?:19|20)\d\d/[a-z][a-z\-]*"),
    re.compile(r"\b(?:so|nghi dinh|thong tu|quyet dinh|luat|nd|tt|qd|kh|nq)\.?\s*(?:so\s*)?:?\s*\d+/\S*"),
    re.compile(rf"\bluat (?:htx|hop tac xa)(?: so \S+)?(?: nam)? {_YEAR}"),
    re.compile(rf"\bgiai doan[^,;()]*?{_YEAR}(?:\s*(?:[-–—]|den)\s*(?:nam\s*)?{_YEAR})?"),
    re.compile(rf"\b(?:vu|nien vu|vu mua)\b[^,;()]*?{_YEAR}(?:\s*[-–—/]\s*{_YEAR})?"),
    re.compile(rf"(?<!\d){_YEAR}\s*(?:[-–—]|den(?: het)?(?: nam)?)\s*{_YEAR}(?!\d)"),
    re.compile(rf"\btu nam {_YEAR} den (?:het )?(?:nam )?{_YEAR}"),
)
_HALF: Final = re.compile(rf"\b(?:(?:6|06|sau)\s*(?:thang|t)\s*(dau|cuoi)(?:\s*nam)?|6t(d|c)n|nua\s*(dau|cuoi)(?:\s*nam)?){_NAM}{_Y}")
_HALF_PLAIN: Final = re.compile(rf"\b(?:6|06|sau)\s*thang{_NAM}{_Y}")
_HALF_CODE: Final = re.compile(rf"{_Y}\s*[-_ ]?h([12])\b|\bh([12])\s*[-_/ ]?\s*{_Y}")
_MONTHS: Final = re.compile(rf"\b(?:\d{{1,2}}|ba|chin|muoi(?: mot)?)\s*thang(?:\s*(?:dau|cuoi|qua))?(?:\s*nam)?{_NAM}{_Y}")
_QUARTERS: Final = re.compile(rf"\b{_QUARTER_NAME}{_NAM}{_Y}|{_Y}\s*[-_/. ]?\s*{_QUARTER_NAME}\b")
_MONTHS_NAMED: Final = re.compile(rf"\b(?:thang|thg|t)\s*\.?\s*(0?[1-9]|1[0-2]){_NAM}{_Y}")
_MONTHS_BARE: Final = re.compile(rf"(?<![\d/.\-])(0?[1-9]|1[0-2])\s*[/\-.]\s*{_Y}|{_Y}-(0[1-9]|1[0-2])(?![\d\-])")
_AS_OF: Final = re.compile(
    r"(?:\bden(?:\s+(?:het|cuoi|thoi diem|nay))*|\bthoi diem|\btai)\s*(?:ngay\s*)?"
    rf"(?P<day>\d{{1,2}})\s*(?:[/.\-]|\s*thang\s*)\s*(?P<month>\d{{1,2}})\s*(?:[/.\-]|\s*nam\s*)\s*(?P<year>{_YEAR})(?!\d)"
)
_AS_OF_NAME: Final = re.compile(rf"(?<![\d/.\-])(?P<day>31|30)[./\-](?P<month>12|6|06|3|03|9|09)[./\-](?P<year>{_YEAR})(?!\d)")
_AS_OF_YEAR: Final = re.compile(rf"\bden\s+(?:het|cuoi|het ngay|thoi diem cuoi)?\s*nam\s*{_Y}")
_AS_OF_MONTH: Final = re.compile(rf"(?<!\d )\bden\s+(?:(?:het|cuoi)\s*)?thang\s*(0?[1-9]|1[0-2]){_NAM}{_Y}")
_AS_OF_QUARTER: Final = re.compile(rf"\bden\s+(?:het|cuoi)\s*(?:quy|qui|q)\s*\.?\s*(iv|iii|ii|i|[1-4]){_NAM}{_Y}")
_DATED: Final = re.compile(
    r"\bngay\s*\d{1,2}\s*(?:[/.\-]|\s*thang\s*)\s*\d{1,2}\s*(?:[/.\-]|\s*nam\s*)\s*\d{2,4}"
    r"|(?<!\d)\d{1,2}\s*[/.\-]\s*\d{1,2}\s*[/.\-]\s*\d{2,4}(?!\d)|(?<!\d)(?:19|20)\d\d-\d\d-\d\d(?!\d)"
)
_YEAR_NAMED: Final = re.compile(rf"\bnam(?:\s*bao cao)?\s*:?\s*{_Y}")
_YEAR_BARE: Final = re.compile(rf"(?<!\d[/.\-]){_Y}(?!\s*[/.]\s*\d)")


def _as_of_period(day: int, month: int, year: int) -> str | None:
    """The period that runs from New Year to a date. The statutory year ends on 14 December (NĐ 77/2019, TT 09/2024)."""
    if (month, day) in ((12, 31), (12, 14), (12, 15)):
        return str(year)
    if (month, day) == (6, 30):
        return f"{year}-H1"
    return f"{year}-Q1" if (month, day) == (3, 31) else None


def _is_aside(text: str, start: int) -> bool:
    """A plan or a comparison: "phương hướng nhiệm vụ năm 2022" is not what the report is about."""
    return _ASIDE.search(text[:start]) is not None


def _read_title(text: str) -> str:
    """A title or name for the search of periods: words apart, law and letter numbers gone."""
    return re.sub(r"\.(?:xlsx?|xlsb|xlsm|ods|html?|csv)$", "", _plain(text)).replace("_", " ")


@lru_cache(maxsize=4096)
def _list_periods(source: str) -> tuple[tuple[str, int], ...]:
    text = _read_title(source[:1000])
    found: list[tuple[str, int]] = []

    def take(pattern: re.Pattern[str], strength: int, code: object) -> None:
        nonlocal text
        for match in pattern.finditer(text):
            period = code(match) if callable(code) else None
            if isinstance(period, str) and not _is_aside(text, match.start()):
                found.append((period, strength))
        text = pattern.sub(lambda m: "#" * len(m.group()), text)

    def month_code(match: re.Match[str]) -> str:
        groups = [group for group in match.groups() if group]
        year, month = (groups[0], groups[1]) if len(groups[0]) == 4 else (groups[1], groups[0])
        return f"{year}-{int(month):02d}"

    def quarter_code(match: re.Match[str]) -> str:
        name, year, year_first, number = match.groups()
        return f"{year_first}-Q{_quarter(number)}" if name is None else f"{year}-Q{_quarter(name)}"

    def half_code(match: re.Match[str]) -> str:
        word = match.group(1) or match.group(2) or match.group(3)
        return f"{match.group(4)}-H{1 if word.startswith('d') else 2}"

    def half_number(match: re.Match[str]) -> str:
        year, half, half_first, year_after = match.groups()
        return f"{year}-H{half}" if year else f"{year_after}-H{half_first}"

    def as_of(match: re.Match[str]) -> str | None:
        return _as_of_period(int(match["day"]), int(match["month"]), int(match["year"]))

    def as_of_month(match: re.Match[str]) -> str | None:
        month, year = int(match.group(1)), int(match.group(2))
        return _as_of_period(_last_day(year, month).day, month, year)

    def as_of_quarter(match: re.Match[str]) -> str | None:
        month, year = _quarter(match.group(1)) * 3, int(match.group(2))
        return _as_of_period(_last_day(year, month).day, month, year)

    take(_AS_OF, 3, as_of)
    for pattern in _MASKED:
        text = pattern.sub(lambda m: "#" * len(m.group()), text)
    take(_HALF, 5, half_code)
    take(_HALF_CODE, 5, half_number)
    take(_HALF_PLAIN, 5, lambda match: f"{match.group(1)}-H1")
    take(_MONTHS, 0, None)
    take(_AS_OF_QUARTER, 3, as_of_quarter)
    take(_AS_OF_MONTH, 3, as_of_month)
    take(_AS_OF_YEAR, 3, lambda match: str(match.group(1)))
    take(_QUARTERS, 5, quarter_code)
    take(_AS_OF_NAME, 3, as_of)
    take(_DATED, 0, None)
    take(_MONTHS_NAMED, 4, month_code)
    take(_MONTHS_BARE, 4, month_code)
    take(_YEAR_NAMED, 2, lambda match: str(match.group(1)))
    take(_YEAR_BARE, 1, lambda match: str(match.group(1)))
    return tuple(sorted(dict.fromkeys(found), key=lambda item: -item[1]))


def find_periods(text: str) -> list[tuple[str, int]]:
    """The periods that a title or name speaks of, strongest first.

    5 half or quarter, 4 month, 3 "đến 31/12/2021", 2 "năm 2021", 1 four digits.
    """
    return list(_list_periods(text))


def read_period(text: str, bare_years: Container[int] | None = None) -> str | None:
    """The period code of a title, sheet, file or folder name; None where it names none, a span, or two at odds.

    `bare_years`: the years that four digits alone may be; "2000" in a file's name is a number of something."""
    found = [(code, sure) for code, sure in _list_periods(text) if sure > 1 or bare_years is None or int(code[:4]) in bare_years]
    if not found:
        return None
    strongest = {code for code, strength in found if strength == found[0][1]}
    return found[0][0] if len(strongest) == 1 else None


@lru_cache(maxsize=4096)
def read_as_of(text: str) -> date | None:
    """The day that a title's figures stand at: "ĐẾN 31/12/2021", "đến hết năm 2021"."""
    plain = _read_title(text[:1000])
    if match := _AS_OF.search(plain):
        return _make(int(match["year"]), int(match["month"]), int(match["day"]))
    if match := _AS_OF_MONTH.search(plain):
        return _last_day(int(match.group(2)), int(match.group(1)))
    if match := _AS_OF_QUARTER.search(plain):
        return _last_day(int(match.group(2)), _quarter(match.group(1)) * 3)
    if match := _AS_OF_YEAR.search(plain):
        return date(int(match.group(1)), 12, 31)
    return None


_STATED_ON: Final = re.compile(
    r"^(?P<place>[^\d]{0,60}?),?\s*ngay\s*(?P<day>\d{1,2})\s*thang\s*(?P<month>\d{1,2})"
    rf"\s*nam\s*(?P<year>{_YEAR})\s*\.?$"
)


@lru_cache(maxsize=4096)
def read_stated_on(text: str) -> date | None:
    """The day of the place-and-date line: "Lương Sơn, ngày 12 tháng 01 năm 2022"."""
    if len(text) > 120:
        return None
    match = _STATED_ON.match(_plain(text))
    if match is None or re.search(r"\b(?:den|theo|so|tai thoi diem|tinh)\b", match["place"]):
        return None
    return _make(int(match["year"]), int(match["month"]), int(match["day"]))


# --- Revisions -----------------------------------------------------------------------------------------------------

_TIMES: Final = re.compile(r"\blan\s*(?:thu\s*)?(\d{1,2}|iv|iii|ii|i|dau|nhat|hai|ba|tu|nam|cuoi)\b")
_TIMES_VALUE: Final = {"dau": 1, "nhat": 1, "hai": 2, "ba": 3, "tu": 4, "nam": 5, "cuoi": 99, **_ROMAN}
_VERSION: Final = re.compile(r"(?<![a-z0-9])(?:v|ver|version|rev|phien ban|ban)\s*\.?\s*(\d{1,2})(?:\.\d+)?(?![\d/])")
# the n-th congress or support is no n-th report
_OTHER_TIMES: Final = re.compile(r"\b(?:ho tro|dai hoi|hoi nghi|khoa|hoi cho|to chuc|cap|danh gia)\b[^,;()]{0,25}?\blan\s*(?:thu\s*)?\w+")
_REVISED: Final = re.compile(r"\b(?:chinh sua|sua doi|sua lai|da sua|ban sua|dinh chinh|hieu chinh|dieu chinh|thay the|bo sung)\b")
_MENDED: Final = re.compile(r"(?<!bo )\bsua\b(?! chua)")
_FUNDS: Final = re.compile(r"\bbo sung (?:von|kinh phi|ngan sach|nguon)|\b(?:von|kinh phi|nguon|duoc|thu nhap) bo sung")
_SUPPLEMENT: Final = re.compile(
    r"\bchi (?:gom|bao gom|co|gui|bao cao|la|nop)?\s*(?:cac |nhung |phan |so )*"
    r"(?:dong|ban ghi|htx|so lieu|danh sach|phan)?\s*"
    r"(?:bo sung|phat sinh them|them moi|them)\b|\bphan bo sung them\b|\bbo sung \(?khong thay the\)?"
)


@lru_cache(maxsize=4096)
def read_revision(text: str, title: bool = False) -> tuple[int, bool]:
    """The number of a revision (0: first version), and whether it says that it holds additional rows only.

    In a title only what stands in brackets or at its end is such a mark: elsewhere it is the subject ("điều chỉnh vốn điều lệ").
    """
    if title:
        brackets = re.findall(r"\(([^()]*)\)", text)
        tail = re.search(
            r"[-–,:;]\s*([^-–,:;()]{1,40})$|((?:sửa|bổ sung|thay thế|gửi)\s*lần\s*\S+)\s*$", re.sub(r"\([^()]*\)", " ", text).strip(), re.I
        )
        marks = [*brackets, *(group for group in (tail.groups() if tail else ()) if group)]
        found = [read_revision(mark) for mark in marks if not re.search(r"vốn|ngành|tên|địa chỉ|công nhận|ocop", mark, re.I)]
        return max((number for number, _ in found), default=0), any(extra for _, extra in found)
    accented = clean(text[:1000]).casefold().replace("_", " ")
    plain = _read_title(text[:1000])
    plain = _OTHER_TIMES.sub(" ", plain)
    number = max(
        (int(t) if t.isdigit() else _TIMES_VALUE[t] for t in _TIMES.findall(plain)),
        default=0,
    )
    number = max(number, *(int(t) for t in _VERSION.findall(plain)), 0)
    supplement = bool(_SUPPLEMENT.search(plain)) and "thay the" not in plain.replace("khong thay the", "")
    if number == 0:
        # with accents on, "sửa" (mended) is not "sữa" (milk)
        mended = _MENDED.search(plain) if accented.isascii() else re.search(r"\bsửa\b(?! chữa)", accented)
        if mended or supplement or _REVISED.search(_FUNDS.sub(" ", plain)):
            number = 1
    return number, supplement
