"""Reads the cells of one column of a table: typed values in stored units, and what is wrong with which cell."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from types import NoneType

from coop_pipeline.forms.codes import areas
from coop_pipeline.forms.spec import STORED_UNITS, Field
from coop_pipeline.forms.wording import show_number
from coop_pipeline.intake.dates import column_order, column_swapped, read_date, read_span, read_term
from coop_pipeline.intake.layout import plain
from coop_pipeline.intake.names import check_tax_code
from coop_pipeline.intake.numbers import Bounds, NumberStyle, column_style, is_inside, read_number
from coop_pipeline.intake.text import clean, fold
from coop_pipeline.intake.units import UNITS, Unit, find_unit
from coop_pipeline.intake.vocabulary import Header, Vocabulary


@dataclass(slots=True)
class Finding:
    """Something said about one cell of a column: the row's position in the table, a kind of issue and its parameters."""

    position: int
    code: str
    params: dict[str, str] = field(default_factory=dict)
    severity: str | None = None
    drops: bool = False  # the cell has no value that can be kept


@dataclass(slots=True)
class ColumnReading:
    values: list[object]
    findings: list[Finding]
    unit: Unit | None = None
    other_ends: dict[int, date] = field(default_factory=dict)  # where a date cell says from when to when: the end not in `values`
    days: dict[int, tuple[date, date | None]] = field(default_factory=dict)  # where a text has a date beside it: the first and the last day
    terms: dict[int, int] = field(default_factory=dict)  # where a cell for the end says how many months it is away


@dataclass(slots=True)
class Context:
    """What surrounds a column: the sheet's unit line, the rows' ĐVT cells, the rows' districts, the day the period ends, the sender's
    own district."""

    vocabulary: Vocabulary
    sheet_units: Sequence[Unit] = ()
    row_units: Sequence[object] | None = None
    districts: Sequence[str | None] | None = None
    on: date | None = None
    percents: Sequence[bool] | None = None
    money: Unit | None = None  # what the columns of money that state no unit are in, judged together
    home: str | None = None
    whole: Sequence[object] | None = None  # the column's cells in all rows of the table, where only some are asked for
    line_serves: frozenset[str] = frozenset()  # dimensions with columns that state no unit: the sheet's unit line is theirs


def read_column(field: Field, header: Header, cells: Sequence[object], context: Context) -> ColumnReading:
    """Typed values for the cells of a column, in order; None where a cell is blank or cannot be read."""
    match field.type:
        case "number":
            return _read_numbers(field, header, cells, context)
        case "date":
            return _read_dates(field, header, cells, context)
        case "code":
            return _read_codes(field, cells, context)
        case "district":
            return _read_places(field, cells, context, commune=False)
        case "commune":
            return _read_places(field, cells, context, commune=True)
        case "tax_code":
            return _read_tax_codes(cells)
        case "text" if field.dated:
            return _read_dated(field, cells)
        case _:
            return ColumnReading([*_texts(cells)], [])


_FOOTNOTE = re.compile(r"(?<=[^\W\d_])\s*(?<!\dm)(?<!\bm)(?<![dck]m)[¹²³⁴-⁹]{1,2}$")  # "HTX gà đồi Hương Nhượng ¹", never "500m²"


_SUPERSCRIPT = frozenset("¹²³⁴⁵⁶⁷⁸⁹")
_DASHES = frozenset(("", "-", "–", "—", "...", "…", "."))


def _text(cell: object) -> str | None:
    if cell is None or cell == "":
        return None
    text = clean(cell) if isinstance(cell, str) else plain(cell)
    if text[-1:] in _SUPERSCRIPT:
        text = _FOOTNOTE.sub("", text)
    return None if text in _DASHES else text


def _texts(cells: Sequence[object]) -> list[str | None]:
    """The texts of a column; None where a cell is blank."""
    if set(map(type, cells)) <= {str, NoneType}:
        texts = [None if cell is None else clean(cell) for cell in cells]
        if _DASHES.isdisjoint(texts) and _SUPERSCRIPT.isdisjoint([text[-1] for text in texts if text]):
            return texts
    return [_text(cell) for cell in cells]


# "2875/QĐ-UBND ngày 18/12/2020", "25.05.000044; 18/04/2013"
_DATED = re.compile(
    r"(\S.*?)[\s,;:(–-]+(?:(?:được )?(?:cấp|ký|ban hành|công nhận) )?(?:ngày|ngay|ng\.) ?(\d[\d/. -]*\d)\)?"
    r"|(\S.*?)(?: ?[,;(] ?)(\d{1,2}[/.-]\d{1,2}[/.-]\d{4})\)?",
    re.I,
)
# "20-22/02/2020, thị trấn Mai Châu"
_TIME_AND_PLACE = re.compile(r"((?:từ |ngày |tu |ngay )*\d.*?\d{4}) ?(?:[,;:.–-]|(?= tại )) ?(?:tại )?([^\W\d].*)", re.I)


_NO = re.compile(r"^(?:số|so)\s*:?\s+(?=\S*\d)", re.I)  # "Số 12/QĐ-UBND"


def _read_dated(field: Field, cells: Sequence[object]) -> ColumnReading:
    """Texts without the one date, or stretch of time, that stands in the cell with them."""
    numbers = field.name.endswith("_no")
    values: list[object] = []
    days: dict[int, tuple[date, date | None]] = {}
    for position, value in enumerate(_texts(cells)):
        if value is not None and numbers:
            value = _NO.sub("", value)
        values.append(value)
        match = (_DATED if numbers else _TIME_AND_PLACE).fullmatch(value) if value is not None and len(value) <= 200 else None
        if match is None:
            continue
        text, time = (match.group(1) or match.group(3), match.group(2) or match.group(4)) if numbers else (match.group(2), match.group(1))
        if numbers and not any(c.isdigit() for c in text):
            continue
        span, day = read_span(time), read_date(time)
        if span is not None:
            values[position], days[position] = text, span
        elif day.value is not None and day.precision == "day":
            values[position], days[position] = text, (day.value, None)
    return ColumnReading(values, [], days=days)


# ---- numbers


_A_YEAR = re.compile(r"\b(?:mot|ca|hang|1|binh quan|bq|tren) nam\b|\bnguoi nam\b|\bdong nam\b|\btrd? nam\b|\bnam$")


@cache
def _quantum(unit: str) -> Decimal:
    digits = re.search(r",(\d+)\)", STORED_UNITS[unit])
    return Decimal(1).scaleb(-int(digits.group(1))) if digits else Decimal(1)


@cache
def _room(unit: str) -> Decimal:
    """The least number that the stored type cannot hold."""
    size = re.search(r"\((\d+),(\d+)\)", STORED_UNITS[unit])
    return Decimal(10) ** (int(size.group(1)) - int(size.group(2)) - 1 if size else 18)


@cache
def _base(unit: str) -> Decimal:
    """How much one stored unit is in the base of its dimension (square metres beside hectares, ratios beside percent)."""
    known = {"vnd_month": Decimal(1), "ratio": Decimal(1), "ratio_year": Decimal(1), "count": Decimal(1), "star": Decimal(1)}
    return known.get(unit) or UNITS[unit].factor


def _factor(field: Field, unit: Unit, words: str) -> Decimal | None:
    """By what a number in `unit` is multiplied for the stored one; None where the unit measures something else."""
    assert field.unit is not None
    dimension = field.dimension
    if unit.dimension == dimension:
        return unit.factor / _base(field.unit)
    if dimension == "income" and unit.dimension == "money":
        return unit.factor / 12 if _A_YEAR.search(words) and not re.search(r"\bthang\b", words) else unit.factor
    if dimension == "rate" and unit.dimension == "ratio":
        return unit.factor * 12 if re.search(r"\bthang\b", words) else unit.factor
    if dimension == "ratio" and unit.dimension == "rate":
        return unit.factor
    return None


def _own_words(header: Header) -> str:
    """The words of the column's own title: what its group says of the year is no unit."""
    return fold(header.path[-1]) if header.path else ""


def _scale(field: Field, header: Header, context: Context) -> tuple[Unit | None, Decimal | None, str]:
    """The unit that the column's surroundings state: header, else the sheet's unit line. Returns unit, factor and where it came from."""
    words = _own_words(header)
    if header.unit is not None:
        factor = _factor(field, header.unit, words)
        if factor is not None:
            return header.unit, factor, "header"
    fitting = [(unit, factor) for unit in context.sheet_units if (factor := _factor(field, unit, words)) is not None]
    if len({factor for _, factor in fitting}) == 1:
        return *fitting[0], "sheet"
    return None, None, ""


def _bare_numbers(cells: Sequence[object], style: NumberStyle) -> list[Decimal]:
    """The numbers of a column that name no unit of their own."""
    readings = (read_number(cell, style) for cell in cells if cell not in (None, ""))
    return [r.value for r in readings if r.value is not None and r.unit is None]


def _plausible(field: Field, values: Sequence[Decimal], factor: Decimal) -> float:
    """The share of values that are plausible when multiplied by a factor."""
    low, high = field.plausible
    good = sum(1 for v in values if v == 0 or ((low is None or v * factor >= low) and (high is None or v * factor <= high)))
    return good / (len(values) or 1)


def agree_on_money(columns: Sequence[tuple[Field, Header, Sequence[object]]], context: Context) -> Unit | None:
    """The unit in which most figures of the money columns that state none are plausible; None with fewer than two such columns."""
    open_columns: list[tuple[Field, list[Decimal]]] = []
    for f, header, cells in columns:
        if f.dimension == "money" and header.unit is None and _scale(f, header, context)[1] is None:
            numbers = _bare_numbers(cells, column_style([c for c in cells if isinstance(c, str)]))
            open_columns += [(f, numbers)] if numbers else []
    if len(open_columns) < 2:
        return None

    def share(unit: Unit) -> float:
        return sum(len(values) * _plausible(g, values, _factor(g, unit, "") or Decimal(1)) for g, values in open_columns)

    usual = open_columns[0][0].usual_unit
    return max((u for u in UNITS.values() if u.dimension == "money"), key=lambda u: (share(u), u.code == usual))


def _guess(field: Field, header: Header, values: Sequence[Decimal], agreed: Unit | None = None) -> tuple[Unit | None, Decimal]:
    """The unit of a column that states none: the usual one, unless the figures are plausible only in another."""
    assert field.unit is not None
    words = _own_words(header)
    usual = UNITS.get(field.usual_unit or "")
    candidates = [u for u in UNITS.values() if u.dimension == field.dimension]
    if field.dimension == "income":
        candidates = [u for u in candidates if u.dimension == "income"]
        if _A_YEAR.search(words):
            usual = UNITS["million_vnd_year"]
        if re.search(r"\bthang\b", words):
            candidates = [u for u in candidates if u.code.endswith("_month")]
    if field.dimension == "rate" and re.search(r"\bthang\b", words):
        usual = next((u for u in candidates if u.code == "percent_month"), usual)
    if usual is None:
        return None, Decimal(1)

    def share(unit: Unit) -> float:
        return _plausible(field, values, _factor(field, unit, words) or Decimal(1))

    if agreed is not None and field.dimension == "money" and share(agreed) >= share(usual):
        return agreed, _factor(field, agreed, words) or Decimal(1)
    best = usual
    if share(usual) < 0.7:
        best = max(candidates, key=lambda u: (share(u), u.code == usual.code))
        if share(best) < share(usual) + 0.3:
            best = usual
    return best, _factor(field, best, words) or Decimal(1)


def _read_numbers(field: Field, header: Header, cells: Sequence[object], context: Context) -> ColumnReading:
    unit, factor, source = _scale(field, header, context)
    texts = [cell for cell in cells if isinstance(cell, str)]
    if source == "sheet" and unit is not None and factor is not None and field.usual_unit and unit.code != field.usual_unit:
        numbers = _bare_numbers(cells, column_style(texts) if texts else NumberStyle())
        usual = UNITS[field.usual_unit]
        own = _factor(field, usual, "")
        if numbers and own is not None and _plausible(field, numbers, factor) < 0.3 and _plausible(field, numbers, own) > 0.7:
            unit, factor = usual, own  # the line speaks of other columns: hectares of fields, not of buildings
    style = column_style(texts) if texts else NumberStyle()
    findings: list[Finding] = []
    row_units = context.row_units
    header_unit = unit
    if source == "header" and unit is not None and field.dimension in ("money", "mass") and field.dimension not in context.line_serves:
        line = {u.code: u for u in context.sheet_units if _factor(field, u, "") not in (None, factor)}
        if line and not any(_factor(field, u, "") == factor for u in context.sheet_units):
            other = next(iter(line.values()))
            findings.append(Finding(-1, "unit_conflict", {"units": f"{unit.label_vi} / {other.label_vi}", "reading": unit.label_vi}))
    if factor is None:
        if field.dimension == "count":
            factor = Decimal(1)
        else:
            plain_numbers = _bare_numbers(cells, style)
            unit, factor = _guess(field, header, plain_numbers, context.money)
            has_row_units = row_units is not None and any(find_unit(clean(str(u))) for u in row_units if u)
            said = any(c for c in texts if read_number(c, style).unit is not None)
            currency = (header.unit is not None and header.unit.dimension == "currency") or any(
                u.dimension == "currency" for u in context.sheet_units
            )
            if currency and field.dimension == "money":
                params = {"units": header.unit.label_vi if header.unit else "USD", "reading": "bỏ trống"}
                return ColumnReading(
                    [None] * len(cells),
                    [Finding(i, "unit_conflict", params, "warning", True) for i, c in enumerate(cells) if _text(c)],
                )
            if plain_numbers and unit is not None and not has_row_units and not said:
                findings.append(Finding(-1, "unit_missing", {"reading": unit.label_vi}))
    assert field.unit is not None
    quantum = _quantum(field.unit)
    low, high = field.plausible
    bounds = (low / factor if low is not None and factor else None, high / factor if high is not None and factor else None)
    if row_units is None and not any(context.percents or ()):
        counted = _count_up(field, cells, factor, quantum, bounds)
        if counted is not None:
            return ColumnReading(counted, findings, unit)
    whole = field.whole and factor == 1
    values: list[object] = []
    words = _own_words(header)
    seen: dict[object, tuple[Decimal | None, tuple[tuple[str, dict[str, str], str | None, bool], ...]]] = {}
    for position, cell in enumerate(cells):
        if cell is None or cell == "":
            values.append(None)
            continue
        row_unit = row_units[position] if row_units is not None else None
        percent = bool(context.percents and context.percents[position])
        memo = (type(cell), cell, row_unit, percent)
        if memo not in seen:
            seen[memo] = _read_one(field, cell, style, bounds, whole, factor, header_unit, unit, source, row_unit, percent, words, quantum)
        value, said_of = seen[memo]
        values.append(value)
        for code, params, severity, drops in said_of:
            findings.append(Finding(position, code, params, severity, drops))
    return ColumnReading(values, findings, unit)


def _count_up(field: Field, cells: Sequence[object], factor: Decimal, quantum: Decimal, bounds: Bounds) -> list[object] | None:
    """The values of a column of true numbers that are all plausible, as most columns are; None where anything is to be said or judged."""
    if field.dimension in ("rate", "ratio") or not set(map(type, cells)) <= {float, NoneType}:
        return None
    numbers: list[float] = sorted({*cells} - {None})  # type: ignore[arg-type]
    if not all(map(math.isfinite, numbers)) or (numbers and max(-numbers[0], numbers[-1]) >= 1e13):
        return None
    values: dict[object, Decimal]  # in ascending order
    if all(map(float.is_integer, numbers)) and factor == factor.to_integral_value():
        times, figures = int(factor), list(map(int, numbers))
        values = dict(zip(numbers, map(Decimal, figures if times == 1 else [figure * times for figure in figures]), strict=True))
    elif field.whole:
        return None
    else:
        exact = {number: Decimal(f"{number:.15g}") for number in numbers}  # as `read_number` has it
        if not all(number.is_integer() or is_inside(value, bounds) for number, value in exact.items()):
            return None  # they may be groups of thousands
        values = {number: (value * factor).quantize(quantum, rounding=ROUND_HALF_EVEN) for number, value in exact.items()}
    stored = list(values.values())
    limits, room = (field.minimum, field.maximum), _room(field.unit or "count")
    if not all(is_inside(value, limits) and abs(value) < room for value in (*stored[:1], *stored[-1:])):
        return None
    said = (next(filter(None, stored), None), next(filter(None, reversed(stored)), None))  # nothing at all is plausible
    if not all(value is None or is_inside(value, field.plausible) for value in said):
        return None
    return list(map(values.get, cells))


def _read_one(
    field: Field,
    cell: object,
    style: NumberStyle,
    bounds: Bounds,
    whole: bool,
    factor: Decimal,
    header_unit: Unit | None,
    column_unit: Unit | None,
    source: str,
    row_unit: object,
    percent: bool,
    words: str,
    quantum: Decimal,
) -> tuple[Decimal | None, tuple[tuple[str, dict[str, str], str | None, bool], ...]]:
    said: list[tuple[str, dict[str, str], str | None, bool]] = []
    row = find_unit(clean(str(row_unit))) if row_unit else None
    stated = header_unit
    if row_unit and row is None and field.dimension == "mass" and isinstance(row_unit, str) and clean(row_unit):
        return None, (("unit_conflict", {"units": clean(row_unit), "reading": "bỏ trống"}, None, True),)
    if row is not None:
        row_factor = _factor(field, row, words)
        if row_factor is None and field.dimension == "mass":
            return None, (("unit_conflict", {"units": row.label_vi, "reading": "bỏ trống"}, None, True),)
        if row_factor is not None:
            if header_unit is not None and row_factor != factor and source == "header":
                said.append(("unit_conflict", {"units": f"{header_unit.label_vi} / {row.label_vi}", "reading": row.label_vi}, None, False))
            factor = row_factor
            stated = row
            low, high = field.plausible
            bounds = (low / factor if low is not None else None, high / factor if high is not None else None)
            whole = field.whole and factor == 1
    if field.unit == "star" and isinstance(cell, str) and (stars := _STARS.match(cell)):
        cell = float(len(stars.group(1)))
    reading = read_number(cell, style, bounds, whole, dimension=field.dimension, unit=row or column_unit)
    if reading.status == "blank":
        return None, tuple(said)
    if reading.status == "invalid" or reading.value is None:
        return None, (*said, ("number_invalid", {}, None, True))
    number = reading.value
    if reading.unit is not None:
        own = _factor(field, reading.unit, words)
        if reading.unit.code == "percent_year" and isinstance(cell, str) and "nam" not in fold(cell).split():
            # a bare "%": the time is that of the header
            own = factor if stated is not None and stated.dimension == "rate" else _factor(field, UNITS["percent"], words)
        if own is None and reading.unit.dimension == "count" and field.dimension in ("count",):
            own = reading.unit.factor
        if own is None:
            return None, (*said, ("unit_conflict", {"units": reading.unit.label_vi, "reading": "bỏ trống"}, None, True))
        if own != factor and stated is not None and field.dimension != "rate":
            said.append(
                (
                    "unit_conflict",
                    {"units": f"{stated.label_vi} / {reading.unit.label_vi}", "reading": reading.unit.label_vi},
                    None,
                    False,
                )
            )
        factor = own
    elif percent and field.dimension in ("rate", "ratio"):
        factor = Decimal(12) if field.dimension == "rate" and re.search(r"\bthang\b", words) else Decimal(1)
    value = number * factor
    low, high = field.plausible
    if field.dimension in ("rate", "ratio") and not percent and reading.unit is None and factor < 1 and low is not None and value != 0:
        fraction = value * 100
        if value < low and (high is None or fraction <= high) and fraction >= low:
            value = fraction
            said.append(("number_ambiguous", {"reading": show_number(fraction * 100) + " %"}, None, False))
    if field.whole and value != value.to_integral_value():
        return None, (*said, ("number_invalid", {}, None, True))
    if abs(value) >= _room(field.unit or "count"):
        return None, (*said, ("number_invalid", {}, None, True))
    value = value.quantize(quantum, rounding=ROUND_HALF_EVEN)
    if reading.status == "ambiguous":
        # without grouping: "1.495" in the message would be what was typed, and could again be read in two ways
        said.append(("number_ambiguous", {"reading": show_number(number).replace(".", "")}, None, False))
    if field.minimum is not None and value < field.minimum:
        return None, (*said, ("below_minimum", {"limit": show_number(field.minimum)}, "error", True))
    if field.maximum is not None and value > field.maximum:
        return None, (*said, ("above_maximum", {"limit": show_number(field.maximum)}, None, True))
    if value != 0:
        if low is not None and value < low:
            said.append(("below_minimum", {"limit": _show_limit(low, field)}, "warning", False))
        elif high is not None and value > high:
            said.append(("above_maximum", {"limit": _show_limit(high, field)}, "warning", False))
    return value, tuple(said)


_STARS = re.compile(r"^\s*([*★☆⭐]{1,5})\s*$")


def _show_limit(value: Decimal, field: Field) -> str:
    if field.dimension == "money":
        return f"{show_number(value / 1_000_000)} triệu đồng"
    return show_number(value)


# ---- dates, codes, places


def _is_swapped_by(cells: Sequence[object], on: date | None) -> bool:
    """Whether the true dates of a column lie all behind the period, and all within it with day and month exchanged."""
    days = [cell.date() if isinstance(cell, datetime) else cell for cell in cells if isinstance(cell, date)]
    if on is None or len(days) < 2 or any(day.day > 12 or day <= on for day in days):
        return False
    return all(date(day.year, day.day, day.month) <= on for day in days)


def _read_dates(field: Field, header: Header, cells: Sequence[object], context: Context) -> ColumnReading:
    on = context.on
    filled = [c for c in (context.whole or cells) if c is not None and c != ""]
    order = column_order(filled)
    swapped = column_swapped(filled) or (field.carries and _is_swapped_by(filled, on))
    other_ends: dict[int, date] = {}
    terms: dict[int, int] = {}
    year = on.year if on is not None and (field.carries or field.end) and not field.required else None  # "09/2" is of the year reported on
    months = int(header.unit.factor) if header.unit is not None and header.unit.dimension == "duration" else None
    values: list[object] = []
    findings: list[Finding] = []
    for position, cell in enumerate(cells):
        if cell is None or cell == "":
            values.append(None)
            continue
        if field.end and (term := read_term(cell, months)) is not None:
            values.append(None)
            terms[position] = term
            continue
        span = read_span(cell, order) if isinstance(cell, str) else None
        if span is not None:
            values.append(span[1] if field.end else span[0])
            other_ends[position] = span[0] if field.end else span[1]
            continue
        reading = read_date(cell, order, end=field.end, year=year, swapped=swapped)
        if reading.status in ("ok", "ambiguous") and reading.value is not None and 1945 <= reading.value.year <= 2099:
            values.append(reading.value)
            if reading.status == "ambiguous":
                findings.append(Finding(position, "date_ambiguous", {"reading": f"{reading.value:%d/%m/%Y}"}))
        elif reading.status == "blank":
            values.append(None)
        else:
            values.append(None)
            findings.append(Finding(position, "date_invalid", {}, None, True))
    return ColumnReading(values, findings, other_ends=other_ends, terms=terms)


def _read_codes(field: Field, cells: Sequence[object], context: Context) -> ColumnReading:
    assert field.codes is not None
    values: list[object] = []
    findings: list[Finding] = []
    for position, text in enumerate(_texts(cells)):
        code = context.vocabulary.read_choice(field.codes, text) if text else None
        if text and code is None:
            code, near = context.vocabulary.guess_choice(field.codes, text)
            if code is None:
                choices = context.vocabulary.choices_of(field.codes, near)
                findings.append(Finding(position, "choice_unknown", {"choices": choices}, None, True))
        values.append(code)
    return ColumnReading(values, findings)


def _read_places(field: Field, cells: Sequence[object], context: Context, commune: bool) -> ColumnReading:
    values: list[object] = []
    findings: list[Finding] = []
    for position, text in enumerate(_texts(cells)):
        if text is None:
            values.append(None)
            continue
        district = context.districts[position] if context.districts else None
        if commune:
            code = context.vocabulary.read_commune(text, district, context.on)
            # of a district that no list knows the communes are not known either, and that was said of the district
            if code is None and (district is None or district in _DISTRICT_NAMES):
                findings.append(
                    Finding(position, "commune_unknown", {"district": _DISTRICT_NAMES.get(district or "", "tỉnh Hòa Bình")}, None, True)
                )
        else:
            code = context.vocabulary.read_district(text)
            if code is None:
                # a slip of the pen in the sender's own name; any other near miss may be a place in another province
                code = context.home if context.home and context.vocabulary.is_nearly_district(text, context.home) else None
                findings.append(
                    Finding(position, "choice_unknown", {"choices": ", ".join(_DISTRICT_NAMES.values())}, "warning", code is None)
                )
        values.append(code)
    return ColumnReading(values, findings)


_DISTRICT_NAMES = {unit.code: unit.name for unit in areas() if unit.level == "district"}
_TAX_REASONS = {
    "personal": ("12 chữ số là số định danh cá nhân", "12 digits are a person's number"),
    "check_digit": ("sai số kiểm tra", "the check digit is wrong"),
    "length": ("phải có 10 hoặc 13 chữ số", "it must have 10 or 13 digits"),
    "format": ("có ký tự không phải chữ số", "it holds other characters than digits"),
}


def _read_tax_codes(cells: Sequence[object]) -> ColumnReading:
    values: list[object] = []
    findings: list[Finding] = []
    for position, cell in enumerate(cells):
        if _text(cell) is None:
            values.append(None)
            continue
        code, problem = check_tax_code(cell)
        values.append(code if problem is None else None)
        if problem is not None:
            vi, en = _TAX_REASONS.get(problem, _TAX_REASONS["format"])
            digits = sum(c.isdigit() for c in plain(cell))
            hidden = {"value": "•" * digits} if digits in (9, 11, 12) else {}  # may be a person's number, with or without its leading zero
            findings.append(Finding(position, "tax_code_invalid", {"reason_vi": vi, "reason_en": en, **hidden}, None, True))
    return ColumnReading(values, findings)
