"""Numbers as Vietnamese offices type them: separators, units, qualifiers, and what cannot be told for sure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from coop_pipeline.intake.text import clean, fold, strip_accents
from coop_pipeline.intake.units import UNITS, Unit, find_unit, recast

__all__ = ["ENGLISH", "UNKNOWN", "VIETNAMESE", "Bounds", "NumberReading", "NumberStyle", "column_style", "is_inside", "read_number"]

Status = Literal["ok", "blank", "ambiguous", "invalid"]
Bounds = tuple[Decimal | None, Decimal | None]


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """What the separators of a column mean. `doubtful`: its members contradict each other.

    `suspect` is a separator that stands before exactly three digits everywhere in the column, so it may be grouping.
    """

    decimal: str | None = None
    grouping: str | None = None
    doubtful: bool = False
    suspect: str | None = None


class NumberReading(NamedTuple):
    """What a cell says. `value` is in the cell's own unit where it names one (`unit`), else in its column's."""

    value: Decimal | None
    status: Status
    unit: Unit | None = None
    qualifier: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None


UNKNOWN: Final = NumberStyle()
VIETNAMESE: Final = NumberStyle(decimal=",", grouping=".")
ENGLISH: Final = NumberStyle(decimal=".", grouping=",")
_ANY: Final[Bounds] = (None, None)
_BLANK: Final = NumberReading(None, "blank")
_INVALID: Final = NumberReading(None, "invalid")

# --- Separators ----------------------------------------------------------------------------------------------------

_TOKEN: Final = re.compile(r"\d[\d.,' \u00a0\u202f\u2009]*\d|\d")
_DIGITS: Final = re.compile(r"[0-9]+")
_LONGEST: Final = 34  # digits; no honest figure is longer, and a Decimal of more would lose some


def _is_grouped(parts: list[str]) -> bool:
    """1 to 3 digits, then groups of three; "0.125" is no grouping."""
    return 0 < len(parts[0]) <= 3 and parts[0][0] != "0" and all(len(part) == 3 for part in parts[1:])


def column_style(texts: Iterable[str]) -> NumberStyle:
    """What separators mean in a column, from the members that leave no doubt: "1.495,5", "12,5", "1.234.567"."""
    decimals: set[str] = set()
    groupings: set[str] = set()
    threes: dict[str, set[str]] = {".": set(), ",": set()}
    for text in texts:
        if not ("." in text or "," in text):
            continue
        for token in _TOKEN.findall(text):
            dots, commas = token.count("."), token.count(",")
            if dots and commas:
                decimal, grouping = (".", ",") if token.rfind(".") > token.rfind(",") else (",", ".")
                whole = token.rsplit(decimal, 1)[0]
                if token.count(decimal) == 1 and _is_grouped(whole.split(grouping)):
                    decimals.add(decimal)
                    groupings.add(grouping)
            elif dots + commas > 1:
                separator = "." if dots else ","
                if _is_grouped(token.split(separator)):
                    groupings.add(separator)
            elif dots + commas == 1:
                separator = "." if dots else ","
                before, after = token.split(separator)
                if len(after) == 3 and _is_grouped([before, after]):
                    threes[separator].add(token)
                elif before.isdigit() and after.isdigit():
                    decimals.add(separator)
    if len(decimals) > 1 or len(groupings) > 1 or decimals & groupings:
        return NumberStyle(doubtful=True)
    decimal_mark = next(iter(decimals), None)
    grouping_mark = next(iter(groupings), None)
    if decimal_mark is None and grouping_mark is not None:
        decimal_mark = "," if grouping_mark == "." else "."
    elif grouping_mark is None and decimal_mark is not None:
        grouping_mark = "," if decimal_mark == "." else "."
    if decimal_mark is None and len(threes[","]) > 1:
        return NumberStyle(suspect=",")
    return NumberStyle(decimal_mark, grouping_mark)


def is_inside(value: Decimal, plausible: Bounds) -> bool:
    """Whether a value lies within bounds, each of which may be open."""
    low, high = plausible
    return (low is None or value >= low) and (high is None or value <= high)


def _weigh(before: str, after: str, separator: str, style: NumberStyle, plausible: Bounds, whole: bool) -> tuple[Decimal, Status]:
    """A single separator before exactly three digits: a group of thousands, or three decimals."""
    grouped, fraction = Decimal(before + after), Decimal(f"{before}.{after}")
    group_fits = is_inside(grouped, plausible)
    fraction_fits = is_inside(fraction, plausible) and (not whole or fraction == fraction.to_integral_value())
    if style.grouping == separator:
        chosen, status = grouped, "ok"
        if not group_fits and fraction_fits:
            chosen, status = fraction, "ambiguous"
    elif style.decimal == separator:
        chosen, status = fraction, "ok"
        if not fraction_fits and group_fits:
            chosen, status = grouped, "ambiguous"
    elif separator == "," and not style.doubtful and style.suspect != ",":
        # a single comma is decimal (contract §7), unless that cannot be
        chosen, status = fraction, "ok"
        if not fraction_fits and group_fits:
            chosen, status = grouped, "ambiguous"
    elif separator == ",":
        chosen, status = (grouped if group_fits and not fraction_fits else fraction), "ambiguous"
    else:
        chosen, status = (fraction if fraction_fits and not group_fits else grouped), "ambiguous"
    return chosen, "ambiguous" if status == "ambiguous" else "ok"


_BLANK_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:[ '][0-9]{3})+(?:[.,][0-9]+)?")


def _read_token(token: str, style: NumberStyle, plausible: Bounds, whole: bool) -> tuple[Decimal, Status] | None:
    """Digits and separators, without sign: the value, or None where the grouping is broken."""
    if len(token) > _LONGEST:
        return None
    if " " in token or "'" in token:
        if not _BLANK_GROUPED.fullmatch(token) or token[0] == "0":
            return None
        # blanks group here, so the other separator is the decimal one
        return Decimal(token.replace(" ", "").replace("'", "").replace(",", ".")), "ok"
    dots, commas = token.count("."), token.count(",")
    if not dots and not commas:
        return (Decimal(token), "ok") if _DIGITS.fullmatch(token) else None
    if dots and commas:
        decimal, grouping = (".", ",") if token.rfind(".") > token.rfind(",") else (",", ".")
        if token.count(decimal) != 1:
            return None
        integer, fraction = token.split(decimal)
        if not fraction or not _is_grouped(integer.split(grouping)):
            return None
        return Decimal(f"{integer.replace(grouping, '')}.{fraction}"), "ok"
    separator = "." if dots else ","
    parts = token.split(separator)
    if len(parts) > 2:
        return (Decimal("".join(parts)), "ok") if _is_grouped(parts) else None
    before, after = parts
    if not after:
        return None
    if not before:
        return Decimal(f"0.{after}"), "ok"
    if len(after) == 3 and _is_grouped(parts):
        return _weigh(before, after, separator, style, plausible, whole)
    return Decimal(f"{before}.{after}"), "ok"


# --- Words ---------------------------------------------------------------------------------------------------------

_BLANK_LIST: Final = (
    "|x|khong|khong co|chua co|chua|k co|ko|ko co|k|khong phat sinh|khong ps|dang lam ho so|chua cap|na|n a|null|none|nil|chua phat sinh"
)
_BLANK_WORDS: Final = frozenset(_BLANK_LIST.split("|"))
# "chưa có doanh thu", "không có lãi"; but of "chưa có số liệu" there is a figure that nobody has told
_NO_VALUE: Final = re.compile(r"(?:chua|khong) (?:co|phat sinh) (?!so lieu|thong tin)[a-z ]{1,40}")
_NOT_BLANK: Final = re.compile(r"[0-9?#%]")

_QUALIFIERS: Final = (
    (
        "about",
        r"hơn\s+gần|khoảng\s+chừng|khoảng|ước\s+tính|ước\s+khoảng|ước\s+đạt|ước|xấp\s+xỉ|chừng|tầm|độ|~|≈|∼|±|\+/-",
    ),
    ("at_least", r"≥|>=|ít\s+nhất|tối\s+thiểu|không\s+dưới"),
    ("at_most", r"≤|<=|tối\s+đa|không\s+quá|nhiều\s+nhất"),
    ("more_than", r"trên|hơn|>|vượt"),
    ("less_than", r"dưới|<|chưa\s+đến|chưa\s+tới"),
    ("almost", r"gần|ngót|suýt\s+soát"),
)
_QUALIFIER: Final = re.compile(
    r"(?:(?:đạt|là|có|tổng\s+số|tổng|được|còn|=)\s*)*(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _QUALIFIERS) + r")\s*",
    re.IGNORECASE,
)
_BARE_QUALIFIER: Final = re.compile(r"(?:dat\s*)?(?:(?P<about>khoang|uoc)|(?P<more_than>tren|hon)|(?P<almost>gan)|(?P<less_than>duoi))\s+")
_FILLER: Final = re.compile(r"(?:(?:đạt|là|lãi|tổng\s+số|tổng|được|=)\s*)+(?=[\d(+-])", re.IGNORECASE)
_LOSS: Final = re.compile(r"(?:lỗ|âm|thâm\s+hụt)\s+(?=\d)", re.IGNORECASE)  # "lỗ 12 triệu"
_FROM: Final = re.compile(r"từ\s+(.+?)\s+trở\s+lên", re.IGNORECASE)
_UPWARDS: Final = re.compile(r"(.+?)\s*(?:trở\s+lên|trở\s+đi)", re.IGNORECASE)

_NUMBER: Final = r"[0-9](?:[0-9.,]|[ '](?=[0-9]{3}(?![0-9])))*"
_LEADING: Final = re.compile(rf"([.,]?{_NUMBER})\s*(.*)", re.DOTALL)
_IDENTITY: Final = re.compile(r"\s*0\d{11}\s*")  # a citizen's number: no amount is written with a leading zero
_PLAIN: Final = re.compile(r"-?[0-9]{1,18}")
_EXPONENT: Final = re.compile(r"([0-9](?:[.,][0-9]{1,17})?)[eE]\+?(-?[0-9]{1,2})")
_FOOTNOTE: Final = re.compile(r"\s*(?:\(\s*(?:\*+|[1-9])\s*\)|\*+|[¹²³⁴⁵⁶⁷⁸⁹]|\[[1-9]\])$")
_REMARK: Final = re.compile(r"\s*\(([^()]*[^\W\d_][^()]*)\)$")
_RANGE: Final = re.compile(r"\s*(?:[-–—÷−]|->|→|\.\.\.?|\bđến\b|\btới\b|\bden\b)\s*")
_SPACED_NUMBER: Final = re.compile(r"[0-9](?:[0-9.,' ]*[0-9])?")
_FRACTION: Final = re.compile(r"([1-9][0-9]?)\s*/\s*([1-9][0-9]?)\s+(\S.*)")
_VULGAR: Final = {"½": Decimal("0.5"), "¼": Decimal("0.25"), "¾": Decimal("0.75")}
_COMPOUND: Final = re.compile(
    rf"({_NUMBER})\s*(tỷ|tỉ|ty|ti|triệu|trieu|tr|nghìn|nghin|ngàn|ngan)(?:\s*(?:đồng|dong))?\s*(?:và\s+|va\s+|,\s*)?([0-9]{{1,3}}(?:[.,][0-9]{{1,3}})?)"
    r"\s*(triệu|trieu|tr|nghìn|nghin|ngàn|ngan|k)?\.?\s*(?:đồng|dong|đ|vnđ|vnd)?",
    re.IGNORECASE,
)
_MAGNITUDE: Final = {"ty": 9, "ti": 9, "trieu": 6, "tr": 6, "nghin": 3, "ngan": 3, "k": 3}
_MONEY: Final = {9: "billion_vnd", 6: "million_vnd", 3: "thousand_vnd"}


def _own_unit(phrase: str, dimension: str | None) -> Unit | None:
    unit = find_unit(phrase)
    if unit is None:
        return None
    if dimension is not None:
        return recast(unit, dimension)
    # "240 nghìn" is a count unless the column holds money; "3,98 tỷ", "5 triệu", "500k" are money
    return UNITS["thousand"] if fold(phrase) in ("nghin", "ngan") else unit


@dataclass(frozen=True, slots=True)
class _Column:
    """What the reader of a cell knows of its column."""

    style: NumberStyle
    plausible: Bounds
    whole: bool
    ranges: bool
    dimension: str | None
    unit: Unit | None

    def narrow(self, unit: Unit) -> Bounds:
        """The plausible range in another unit of the same dimension."""
        if self.unit is None or self.unit.code == unit.code or self.plausible == _ANY:
            return self.plausible
        if self.unit.dimension != unit.dimension:
            return _ANY
        low, high = self.plausible
        share = self.unit.factor / unit.factor
        return (None if low is None else low * share, None if high is None else high * share)


def read_number(
    cell: object,
    style: NumberStyle = UNKNOWN,
    plausible: Bounds = _ANY,
    whole: bool = False,
    *,
    ranges: bool = False,
    dimension: str | None = None,
    unit: Unit | None = None,
) -> NumberReading:
    """The number that a cell says. `dimension` and `unit` are the column's, `plausible` is in that unit.

    Without `unit`, `plausible` is taken to be in the unit that the cell itself names.
    With `ranges`, "0,5 - 20" is ok with `low` and `high` and no value; otherwise it is invalid.
    """
    if cell is None:
        return _BLANK
    if dimension is None and unit is not None:
        dimension = unit.dimension
    if isinstance(cell, float):
        return _read_float(cell, plausible, whole)
    if isinstance(cell, str):
        if _IDENTITY.fullmatch(cell):
            return _INVALID
        if _PLAIN.fullmatch(cell):
            return NumberReading(Decimal(cell), "ok")
        return _read_text(cell, style, plausible, whole, ranges, dimension, unit)
    if isinstance(cell, (bool, date, time)):
        return _INVALID
    if isinstance(cell, int):
        return NumberReading(Decimal(cell), "ok")
    if isinstance(cell, Decimal):
        return NumberReading(cell, "ok") if cell.is_finite() else _INVALID
    return _INVALID


def _read_float(cell: float, plausible: Bounds, whole: bool) -> NumberReading:
    if cell.is_integer():
        return NumberReading(Decimal(int(cell)), "ok") if abs(cell) < 1e30 else _INVALID
    if not math.isfinite(cell):
        return _INVALID
    # Excel keeps 15 digits: what follows is noise of binary arithmetic (0.1 + 0.2)
    value = Decimal(f"{cell:.15g}")
    if value == value.to_integral_value():
        return NumberReading(value.quantize(Decimal(1)), "ok")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -3 and 1 <= abs(value) < 1000:
        # "1.495" typed on an English machine is the true number 1.495. Short of 3 decimals it was 1.490 or 1.500:
        # that is believed only where the column's range leaves nothing else.
        grouped = value.scaleb(3).quantize(Decimal(1))
        bounded = plausible != _ANY
        possible = is_inside(grouped, plausible) and (exponent == -3 or (bounded and not is_inside(value, plausible)))
        if possible and (whole or (bounded and not is_inside(value, plausible))):
            return NumberReading(grouped, "ambiguous")
    if whole:
        return _INVALID
    return NumberReading(value, "ok")


@lru_cache(maxsize=65536)
def _read_text(
    cell: str,
    style: NumberStyle,
    plausible: Bounds,
    whole: bool,
    ranges: bool,
    dimension: str | None,
    unit: Unit | None,
) -> NumberReading:
    column = _Column(style, plausible, whole, ranges, dimension, unit)
    text = clean(cell)
    if len(text) > 200:
        return _INVALID
    text = text.lstrip("'‘’`").strip()
    if not _NOT_BLANK.search(text) and (fold(text) in _BLANK_WORDS or _NO_VALUE.fullmatch(fold(text))):
        vulgar = _VULGAR.get(text)
        return _BLANK if vulgar is None else NumberReading(vulgar, "ok")
    if text.startswith("="):
        text = text[1:].strip()
    text = text.replace("−", "-")
    reading = _read_phrase(text, column)
    if reading.status == "invalid":
        return _INVALID
    bare = reading.unit is None and reading.status == "ok"
    if column.whole and bare and reading.value is not None and reading.value != reading.value.to_integral_value():
        return _INVALID
    return reading


def _read_phrase(text: str, column: _Column) -> NumberReading:
    text, qualifier = _take_qualifier(text)
    exponent = _EXPONENT.fullmatch(text)
    if exponent:
        power = int(exponent.group(2))
        if abs(power) > 18:
            return _INVALID
        value = Decimal(f"{Decimal(exponent.group(1).replace(',', '.')).scaleb(power):f}")
        return NumberReading(value, "ambiguous")  # digits were lost when Excel shortened it
    if text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        inner = _read_signed(text[1:-1].strip(), column)
        if inner.value is None or inner.value < 0 or inner.status == "blank":
            return _INVALID
        return inner._replace(value=-inner.value)
    reading = _read_signed(text, column)
    if reading.status == "invalid":
        for pattern in (_FOOTNOTE, _REMARK):
            shorter = pattern.sub("", text)
            if shorter != text and shorter:
                remark = _REMARK.search(text)
                about = remark is not None and fold(remark.group(1)) in ("uoc", "uoc tinh", "du kien", "tam tinh")
                reading = _read_signed(shorter, column)
                if about and reading.qualifier is None:
                    reading = reading._replace(qualifier="about")
                if reading.status != "invalid":
                    break
    if qualifier is not None and reading.qualifier is None and reading.status in ("ok", "ambiguous"):
        reading = reading._replace(qualifier=qualifier)
    return reading


def _take_qualifier(text: str) -> tuple[str, str | None]:
    if text[:1].isdigit():
        upwards = _UPWARDS.fullmatch(text)
        return (upwards.group(1), "at_least") if upwards else (text, None)
    match = _QUALIFIER.match(text)
    if match is None and text.isascii():
        match = _BARE_QUALIFIER.match(text.lower())
    if match is not None and match.lastgroup is not None:
        name = next(group for group, value in match.groupdict().items() if value is not None)
        return text[match.end() :], name
    since = _FROM.fullmatch(text)
    if since:
        return since.group(1), "at_least"
    filler = _FILLER.match(text)
    return (text[filler.end() :] if filler else text), None


def _read_signed(text: str, column: _Column) -> NumberReading:
    sign = 1
    loss = _LOSS.match(text)
    if loss:
        sign, text = -1, text[loss.end() :]
    elif text[:1] in "-+–" and text[1:].lstrip()[:1].isdigit():
        sign = -1 if text[0] != "+" else 1
        text = text[1:].lstrip()
    if not text[:1].isdigit():
        return _read_odd(text, column, sign)
    reading = _read_simple(text, column)
    if reading.status == "invalid":
        reading = _read_parts(text, column) if sign == 1 else reading
    if sign < 0 and reading.value is not None:
        reading = reading._replace(value=-reading.value)
    return reading


def _read_odd(text: str, column: _Column, sign: int) -> NumberReading:
    vulgar = _VULGAR.get(text[:1])
    if vulgar is not None:
        unit = _own_unit(text[1:], column.dimension)
        return NumberReading(sign * vulgar, "ok", unit) if unit is not None or len(text) == 1 else _INVALID
    if text[:1] in (".", ",") and text[1:2].isdigit():
        return _read_simple(text, column)
    if text[:1] in "$" and text[1:].strip()[:1].isdigit():
        reading = _read_simple(text[1:].strip(), column)
        return reading._replace(unit=UNITS["usd"]) if reading.unit is None else _INVALID
    return _INVALID


def _read_simple(text: str, column: _Column) -> NumberReading:
    """One number, perhaps with a unit behind it."""
    match = _LEADING.fullmatch(text)
    if match is None:
        return _INVALID
    token, rest = match.group(1), match.group(2).strip()
    if not rest or rest in (".", ",", ";"):
        token = token.rstrip(".,;") if len(token) > 1 else token
        read = _read_token(token, column.style, column.plausible, column.whole)
        return _INVALID if read is None else NumberReading(read[0], read[1])
    if rest[0].isdigit():
        return _INVALID
    token = token.rstrip(".,") or token
    unit = _own_unit(rest, column.dimension)
    if unit is None and rest.endswith((".", ",", ";")):
        unit = _own_unit(rest[:-1], column.dimension)
    qualifier = None
    if unit is None and fold(rest).endswith((" le", " hon")):  # "12 triệu lẻ"
        unit, qualifier = _own_unit(rest.rsplit(" ", 1)[0], column.dimension), "more_than"
    if unit is None:
        return _read_compound(text, column)
    # a unit with a magnitude of its own may have a fraction in a column of whole numbers: "1,5 triệu tem"
    read = _read_token(token, column.style, column.narrow(unit), column.whole and unit.factor == 1)
    if read is None:
        return _INVALID
    return NumberReading(read[0], read[1], unit, qualifier)


def _read_compound(text: str, column: _Column) -> NumberReading:
    """ "2 tỷ 350" is 2,35 billion: the second number counts thousandths of the first one's magnitude."""
    match = _COMPOUND.fullmatch(text)
    if match is None:
        return _INVALID
    power = _MAGNITUDE[strip_accents(match.group(2).lower())]
    first = _read_token(match.group(1), column.style, _ANY, False)
    second = _read_token(match.group(3), column.style, _ANY, False)
    if first is None or second is None:
        return _INVALID
    status: Status = "ambiguous" if "ambiguous" in (first[1], second[1]) else "ok"
    if match.group(4):
        below = _MAGNITUDE[strip_accents(match.group(4).lower())]
        if below >= power or second[0] >= 1000:
            return _INVALID
    else:
        below = power - 3
        if len(match.group(3)) == 1:
            # "2 tỷ 3" is said for 2,3 billion, and could be 2 billion 3 million
            second, status = (second[0] * 100, "ok"), "ambiguous"
        elif len(match.group(3)) != 3:
            status = "ambiguous"
    value = first[0] + second[0].scaleb(below - power)
    unit = UNITS[_MONEY[power]]
    return NumberReading(value, status, unit if column.dimension is None else recast(unit, column.dimension))


def _read_parts(text: str, column: _Column) -> NumberReading:
    """Sums "12+8", ranges "0,5 - 20 ha", fractions "1/2 ha"."""
    if "+" in text:
        parts = [_read_simple(part.strip(), column) for part in text.split("+")]
        unit = parts[-1].unit
        if any(part.value is None or part.unit not in (None, unit) for part in parts):
            return _INVALID
        if unit is not None and any(part.unit is None for part in parts) and any(part.unit for part in parts[:-1]):
            return _INVALID
        total = sum((part.value for part in parts if part.value is not None), Decimal(0))
        unsure = any(part.status == "ambiguous" for part in parts)
        return NumberReading(total, "ambiguous" if unsure else "ok", unit)
    fraction = _FRACTION.fullmatch(text)
    if fraction:
        unit = _own_unit(fraction.group(3), column.dimension)
        top, bottom = int(fraction.group(1)), int(fraction.group(2))
        if unit is None or top >= bottom or 100 % bottom:
            return _INVALID
        return NumberReading(Decimal(top) / Decimal(bottom), "ok", unit)
    if column.ranges:
        return _read_range(text, column)
    return _INVALID


def _read_range(text: str, column: _Column) -> NumberReading:
    for match in _RANGE.finditer(text):
        first = _read_simple(text[: match.start()].strip(), column)
        second = _read_simple(text[match.end() :].strip(), column)
        if first.value is None or second.value is None or first.unit not in (None, second.unit):
            continue
        if first.value > second.value:
            return _INVALID
        status: Status = "ambiguous" if "ambiguous" in (first.status, second.status) else "ok"
        return NumberReading(None, status, second.unit, None, first.value, second.value)
    return _INVALID
