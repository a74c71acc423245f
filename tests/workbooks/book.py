"""Sheets under construction and the truth about them. Knows cells and presentation, no kinds of difficulty."""

from __future__ import annotations

import io
import random
import re
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from . import spellings as sp
from .facts import CODE_LISTS, REQUIRED, Fact, commune_names, field_type

D = Decimal


@dataclass(frozen=True)
class Span:
    """A date given by its month, quarter or year: any day within is right."""

    first: date
    last: date


class Anything:
    """Some value must have been read; which one is open."""

    def __repr__(self) -> str:
        return "<anything>"


ANYTHING = Anything()


@dataclass
class TruthRow:
    form: str
    sheet: str
    row_number: int
    values: dict[str, Any]
    cells: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)
    reporter_code: str | None = None
    period: str | None = None
    alternates: tuple[tuple[str, int], ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        if self.form == "certifications" and self.values.get("scheme") == "OCOP":
            return ("coop_name", "scheme")
        return REQUIRED[self.form]


@dataclass(frozen=True)
class Planted:
    """`within`: where the issue may stand: that cell, its column, its row, its sheet or the file."""

    sheet: str
    cell: str
    codes: tuple[str, ...]
    severity: str | None = None
    within: str = "cell"
    by_store: bool = False

    @property
    def code(self) -> str:
        return self.codes[0]


@dataclass
class Truth:
    reporter_code: str | None
    period: str | None
    rows: list[TruthRow] = field(default_factory=list)
    rejected: list[tuple[str, int]] = field(default_factory=list)
    nondata: list[tuple[str, int, str]] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    unrecognised: list[str] = field(default_factory=list)
    unscored: set[tuple[str, int]] = field(default_factory=set)


@dataclass
class Cell:
    value: Any
    number_format: str | None = None
    font: str | None = None
    bold: bool = False
    cached: Any = None


def address(row: int, column: int) -> str:
    return f"{get_column_letter(column)}{row}"


class SheetBuilder:
    """A sheet: physical rows and columns from 1, written top down."""

    def __init__(self, name: str, left: int = 1, top: int = 1) -> None:
        self.name = name
        self.cells: dict[tuple[int, int], Cell] = {}
        self.merges: list[tuple[int, int, int, int]] = []
        self.hidden_rows: list[int] = []
        self.state = "visible"
        self.left = left
        self.row = top
        self.recode: Callable[[str], str] | None = None
        self.recode_columns: set[int] = set()

    def put(
        self,
        row: int,
        column: int,
        value: Any,
        number_format: str | None = None,
        font: str | None = None,
        bold: bool = False,
        cached: Any = None,
    ) -> None:
        if value is not None:
            self.cells[row, column] = Cell(value, number_format, font, bold, cached)

    def merge(self, top: int, left: int, bottom: int, right: int) -> None:
        if (top, left) != (bottom, right):
            self.merges.append((top, left, bottom, right))


class Book:
    def __init__(self, truth: Truth) -> None:
        self.sheets: list[SheetBuilder] = []
        self.truth = truth
        self.path = ""  # where it is to lie, when the case says so itself

    def sheet(self, name: str, left: int = 1, top: int = 1) -> SheetBuilder:
        base, number = name, 1
        while any(s.name.lower() == name.lower() for s in self.sheets):
            number += 1
            name = f"{base} ({number})"
        self.sheets.append(SheetBuilder(name, left, top))
        return self.sheets[-1]

    def save(self) -> bytes:
        workbook = Workbook()
        workbook.remove(workbook.active)
        cached: dict[int, dict[str, Any]] = {}
        for number, sheet in enumerate(self.sheets, 1):
            ws = workbook.create_sheet(sheet.name)
            for (row, column), cell in sheet.cells.items():
                target = ws.cell(row, column)
                if isinstance(cell.value, Decimal):
                    target.value = int(cell.value) if cell.value == cell.value.to_integral_value() else float(cell.value)
                else:
                    target.value = cell.value
                if isinstance(cell.value, str) and not cell.value.startswith(("=", "#")):
                    target.data_type = "s"
                if cell.number_format:
                    target.number_format = cell.number_format
                if cell.font or cell.bold:
                    target.font = Font(name=cell.font or "Times New Roman", bold=cell.bold)
                if cell.cached is not None:
                    cached.setdefault(number, {})[address(row, column)] = cell.cached
            for top, left, bottom, right in sheet.merges:
                ws.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
            for row in sheet.hidden_rows:
                ws.row_dimensions[row].hidden = True
            ws.sheet_state = sheet.state
        if all(ws.sheet_state != "visible" for ws in workbook.worksheets):
            raise ValueError("a workbook needs a visible sheet")
        workbook.active = next(i for i, ws in enumerate(workbook.worksheets) if ws.sheet_state == "visible")
        stamp = datetime(2022, 1, 12, 8, 0, 0)
        workbook.properties.created = workbook.properties.modified = stamp
        plain = io.BytesIO()
        workbook.save(plain)
        return _with_cached(plain.getvalue(), cached)


def _with_cached(data: bytes, cached: dict[int, dict[str, Any]]) -> bytes:
    """Writes the values that Excel would have kept beside the formulas; fixes the archive's times."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            match = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name)
            values = cached.get(int(match.group(1)), {}) if match else {}
            if values:
                text = body.decode("utf-8")
                for cell, value in values.items():
                    text = re.sub(rf'(<c r="{cell}"[^>]*><f>[^<]*</f>)<v ?/?>(?:</v>)?', rf"\g<1><v>{value}</v>", text)
                body = text.encode("utf-8")
            elif name == "docProps/core.xml":
                body = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2022-01-12T08:00:00Z", body)
            info = zipfile.ZipInfo(name, (2022, 1, 12, 8, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, body)
    return out.getvalue()


# --- presentation ---------------------------------------------------------------------------------

FACTORS: dict[str, Decimal] = {
    "vnd": D(1),
    "kvnd": D(1000),
    "mvnd": D(10) ** 6,
    "bvnd": D(10) ** 9,
    "ha": D(1),
    "m2ha": D("0.0001"),
    "sao": D("0.036"),
    "m2": D(1),
    "t": D(1),
    "kg": D("0.001"),
    "ta": D("0.1"),
    "tem": D(1),
    "ktem": D(1000),
    "one": D(1),
    "pct": D("0.01"),
    "pct_month": D("0.12"),
    "mvnd_month": D(10) ** 6,
    "kvnd_month": D(1000),
    "mvnd_year": D(10) ** 6 / 12,
    "sao_": D(1),
}
DECIMALS: dict[str, int] = {
    "vnd": 0,
    "kvnd": 0,
    "mvnd": 1,
    "bvnd": 3,
    "ha": 1,
    "m2ha": 0,
    "sao": 0,
    "m2": 0,
    "t": 1,
    "kg": 0,
    "ta": 0,
    "tem": 0,
    "ktem": 0,
    "one": 0,
    "pct": 1,
    "pct_month": 2,
    "mvnd_month": 1,
    "kvnd_month": 0,
    "mvnd_year": 1,
    "sao_": 0,
}
UNIT_WORDS: dict[str, tuple[str, ...]] = {
    "vnd": ("đồng", "đ", "VNĐ"),
    "kvnd": ("nghìn đồng", "1.000đ", "1000 đồng", "ngàn đồng"),
    "mvnd": ("triệu đồng", "tr.đ", "trđ", "Tr.đồng", "tr. đồng"),
    "bvnd": ("tỷ đồng", "tỉ đồng", "Tỷ đồng"),
    "ha": ("ha", "Ha", "hecta"),
    "m2ha": ("m2", "m²"),
    "sao": ("sào",),
    "m2": ("m2", "m²"),
    "t": ("tấn", "Tấn"),
    "kg": ("kg", "Kg"),
    "ta": ("tạ",),
    "tem": ("tem", "chiếc tem"),
    "ktem": ("nghìn tem", "1.000 tem"),
    "pct": ("%/năm", "% năm"),
    "pct_month": ("%/tháng", "% tháng"),
    "mvnd_month": ("triệu đồng/người/tháng", "tr.đ/tháng", "trđ/người/tháng"),
    "kvnd_month": ("nghìn đồng/tháng", "1.000đ/người/tháng"),
    "mvnd_year": ("triệu đồng/người/năm", "tr.đ/năm", "trđ/người/năm"),
    "sao_": ("sao",),
}
# After a number, where “1.000đ” cannot stand.
CELL_WORDS: dict[str, tuple[str, ...]] = {
    "kvnd": ("nghìn đồng", "ngàn đồng"),
    "ktem": ("nghìn tem",),
    "mvnd": ("triệu đồng", "tr.đ"),
}
USUAL: dict[str, str] = {
    "money": "mvnd",
    "area": "ha",
    "floor": "m2",
    "mass": "t",
    "stamps": "tem",
    "count": "one",
    "rate": "pct",
    "income": "mvnd_month",
    "stars": "sao_",
}
NUMERIC = frozenset(USUAL)
ADDITIVE = frozenset(("money", "area", "floor", "mass", "stamps", "count"))


def vn_number(value: Decimal, keep: int = 0) -> str:
    """1495.5 -> 1.495,5"""
    text = f"{value:,.{max(_decimals(value), keep)}f}"
    return text.translate(str.maketrans(",.", ".,"))


def us_number(value: Decimal) -> str:
    return f"{value:,.2f}" if abs(value) >= 1000 else f"{value:.{min(_decimals(value), 2)}f}"


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def displayed(stored: Decimal | int, unit: str) -> tuple[Decimal, Decimal]:
    """The number that a clerk writes for a stored value in a unit, and the stored value that this number stands for."""
    step = D(1).scaleb(-DECIMALS[unit])
    number = (D(stored) / FACTORS[unit]).quantize(step)
    if not number and stored:
        number = step
    return number, number * FACTORS[unit]


@dataclass(frozen=True)
class Shown:
    value: Any
    truth: Any
    number_format: str | None = None


def show_number(rng: random.Random, kind: str, stored: Decimal | int, unit: str, style: str) -> Shown:
    if kind == "stars":
        text = {
            "digit": int(stored),
            "word": f"{stored} sao",
            "stars": "*" * int(stored),
            "black": "★" * int(stored),
            "mixed": f"{stored} *",
        }[style if style != "num" else "digit"]
        return Shown(text, int(stored))
    if kind == "rate" and style == "excel_percent":
        return Shown(D(stored), D(stored), "0.0%" if rng.random() < 0.5 else "0.00%")
    number, truth = displayed(stored, unit)
    if kind in ("count", "stamps", "stars"):
        truth = D(int(truth))
    if style == "num":
        return Shown(number, truth, rng.choice((None, None, "#,##0", "#,##0.0")) if abs(number) >= 1000 else None)
    if style == "text":
        return Shown(str(number.normalize() if number != number.to_integral_value() else int(number)).replace(".", ","), truth)
    if style == "vn":
        return Shown(vn_number(number), truth)
    if style == "us":
        return Shown(us_number(number), truth)
    if style == "percent_text":
        return Shown(f"{vn_number(number)}%", truth)
    if style == "rate_words":
        return Shown(f"{vn_number(number)}%/{'tháng' if unit == 'pct_month' else 'năm'}", truth)
    if style == "words":
        short = rng.choice(("", "", "khoảng ", "hơn ", "trên ", "gần "))
        return Shown(f"{short}{vn_number(number)}", truth)
    if style == "with_unit":
        word = rng.choice(CELL_WORDS.get(unit, UNIT_WORDS[unit][:2]))
        return Shown(f"{rng.choice(('', '', 'khoảng ', 'hơn '))}{vn_number(number)} {word}", truth)
    if style == "big_words":  # the handsome way: 3,98 tỷ
        if kind == "money" and D(stored) >= 10**9:
            billions = (D(stored) / 10**9).quantize(D("0.01"))
            return Shown(f"{vn_number(billions)} {rng.choice(('tỷ', 'tỷ đồng', 'tỉ'))}", billions * 10**9)
        if kind == "money":
            millions, truth = displayed(stored, "mvnd")
            return Shown(f"{vn_number(millions)} {rng.choice(('triệu', 'tr', 'triệu đồng'))}", truth)
        if kind == "stamps" and not int(stored) % 1000:
            return Shown(f"{int(stored) // 1000} nghìn", D(int(stored)))
        return Shown(vn_number(number), truth)
    raise ValueError(style)


DAY_STYLES = ("slash", "dot", "dot_short", "dash", "slash_short", "words", "yy")
COARSE_STYLES = ("month_t", "month_slash", "month_words", "quarter", "quarter_short", "year", "year_number")


def show_date(rng: random.Random, day: date, style: str) -> Shown:
    if style == "mixed":
        style = rng.choice(("dt", *DAY_STYLES))
    if style == "us_excel":  # typed d/m/y into an en-US Excel
        if day.day <= 12:
            return Shown(datetime(day.year, day.day, day.month), day, "m/d/yyyy")
        return Shown(f"{day:%d/%m/%Y}", day)
    if style == "dt":
        return Shown(datetime(day.year, day.month, day.day), day, "dd/mm/yyyy")
    if style == "serial":
        return Shown((day - date(1899, 12, 30)).days, day)
    d, m, y = day.day, day.month, day.year
    texts = {
        "slash": f"{d:02d}/{m:02d}/{y}",
        "dot": f"{d:02d}.{m:02d}.{y}",
        "dot_short": f"{d}.{m}.{y}",
        "dash": f"{d:02d}-{m:02d}-{y}",
        "slash_short": f"{d}/{m}/{y}",
        "words": rng.choice((f"ngày {d:02d} tháng {m:02d} năm {y}", f"{d:02d} tháng {m} năm {y}", f"Ngày {d}/{m}/{y}")),
        "yy": f"{d:02d}/{m:02d}/{y % 100:02d}",
    }
    if style in texts:
        return Shown(texts[style], day)
    quarter = (m - 1) // 3
    roman = ("I", "II", "III", "IV")[quarter]
    last_of = {
        1: 31,
        2: 29 if y % 4 == 0 else 28,
        3: 31,
        4: 30,
        5: 31,
        6: 30,
        7: 31,
        8: 31,
        9: 30,
        10: 31,
        11: 30,
        12: 31,
    }
    month = Span(date(y, m, 1), date(y, m, last_of[m]))
    within = Span(date(y, 3 * quarter + 1, 1), date(y, 3 * quarter + 3, last_of[3 * quarter + 3]))
    year = Span(date(y, 1, 1), date(y, 12, 31))
    return {
        "month_t": Shown(f"T{m}/{y}", month),
        "month_slash": Shown(f"{m:02d}/{y}", month),
        "month_words": Shown(f"Tháng {m} năm {y}", month),
        "quarter": Shown(f"Quý {roman}/{y}", within),
        "quarter_short": Shown(f"Q.{roman}/{y}", within),
        "year": Shown(str(y), year),
        "year_number": Shown(y, year),
    }[style]


def show_commune(rng: random.Random, code: str, style: str) -> str:
    name, level = commune_names()[code]
    short = {"Xã": ("xã", "X."), "Phường": ("phường", "P."), "Thị trấn": ("thị trấn", "TT.")}[level]
    if style == "bare" and name not in ("Hòa Bình", "Lương Sơn", "Kim Bôi", "Cao Phong", "Mai Châu", "Đà Bắc"):
        return name
    if style == "short":
        return f"{short[1]} {name}" if rng.random() < 0.5 else f"{short[1]}{name}"
    return f"{level if rng.random() < 0.5 else short[0]} {name}"


def show_district(rng: random.Random, code: str) -> str:
    from .facts import DISTRICTS

    name = DISTRICTS[code].removeprefix("Thành phố ")
    if code == "148":
        return rng.choice(("TP Hòa Bình", "Thành phố Hòa Bình", "TP. Hoà Bình", "TP.Hòa Bình"))
    return rng.choice((name, f"Huyện {name}", f"H. {name}", f"huyện {name}", name))


# --- tables ---------------------------------------------------------------------------------------

TextChange = Callable[[str], str]


@dataclass
class Column:
    """One column of a table. `field` None: a column of no field, `what` says which."""

    path: tuple[str, ...]
    field: str | None = None
    what: str = "field"  # field | stt | unit | extra | personal | note | pivot
    unit: str = "one"
    style: str = "num"
    unit_in_header: str = ""
    make: Callable[[random.Random, int], Any] | None = None
    pivot: tuple[str, Any] | None = None
    change: TextChange | None = None
    font: str | None = None


@dataclass
class Item:
    """One physical row (or a block of merged owners) below the header."""

    what: str  # data | section | subtotal | total | note | repeat | blank | index
    fact: Fact | None = None
    text: str = ""
    over: tuple[int, ...] = ()  # data rows that a total adds up (indices among data items)
    number: Any = None
    owner_rows: int = 0  # first row of an owner with that many rows


@dataclass
class Table:
    form: str
    columns: list[Column]
    items: list[Item]
    given: tuple[str, ...] = ()  # fields that sections, titles or the form as a whole answer
    index_row: str = ""
    header_rows: int = 1
    blank_optional: str = ""
    owner_merge: str = ""  # "" | merged | blank
    total_formulas: bool = False
    plants: dict[tuple[int, str], str] = field(default_factory=dict)
    wrong_totals: int = 0
    change: TextChange | None = None
    header_change: TextChange | None = None
    units_by_row: list[str] = field(default_factory=list)
    hidden: tuple[int, ...] = ()
    label_column: int = 1


def key_form(form: str) -> str:
    return "certifications" if form == "ocop" else form


def write_header(sheet: SheetBuilder, table: Table) -> None:
    height = max(table.header_rows, *(len(c.path) for c in table.columns))
    top, left = sheet.row, sheet.left
    for i, column in enumerate(table.columns):
        for depth in range(height):
            if depth >= len(column.path):
                break
            text = column.path[depth]
            before = table.columns[i - 1].path if i else ()
            if depth < len(column.path) - 1 and before[: depth + 1] == column.path[: depth + 1]:
                continue
            sheet.put(
                top + depth,
                left + i,
                table.header_change(text) if table.header_change else text,
                bold=True,
                font=column.font,
            )
            if depth < len(column.path) - 1:
                span = i
                while (
                    span + 1 < len(table.columns)
                    and table.columns[span + 1].path[: depth + 1] == column.path[: depth + 1]
                    and len(table.columns[span + 1].path) > depth + 1
                ):
                    span += 1
                sheet.merge(top + depth, left + i, top + depth, left + span)
            else:
                sheet.merge(top + depth, left + i, top + height - 1, left + i)
    sheet.row += height


def write_index(sheet: SheetBuilder, table: Table) -> None:
    for i in range(len(table.columns)):
        text: Any
        if table.index_row == "parens":
            text = f"({i + 1})"
        elif table.index_row == "letters":
            text = "(A)" if i == 0 else "(B)" if i == 1 else f"({i - 1})"
        elif table.index_row == "sum":
            text = f"({i + 1})" if i < 3 or i % 4 else f"({i + 1})=({i - 1})+({i})"
        elif table.index_row == "bare_letters":
            text = "A" if i == 0 else "B" if i == 1 else i - 1
        else:
            text = i + 1
        sheet.put(sheet.row, sheet.left + i, text)
    sheet.row += 1


def write_table(sheet: SheetBuilder, table: Table, truth: Truth, rng: random.Random) -> list[TruthRow]:
    """Writes header and items at the sheet's row; notes rows and planted mistakes in the truth."""
    form = key_form(table.form)
    write_header(sheet, table)
    if table.index_row:
        truth.nondata.append((sheet.name, sheet.row, "index"))
        write_index(sheet, table)
    shown_numbers: dict[int, list[tuple[int, int, Decimal | None]]] = {}  # column -> (data index, row, number)
    written: list[TruthRow] = []
    headers = {c.field: " / ".join(c.path) for c in table.columns if c.field}
    data_index = -1
    owner_left = 0
    owner_top = 0
    totals: list[tuple[int, Item]] = []
    for position, item in enumerate(table.items):
        row = sheet.row
        if item.what == "blank":
            sheet.row += 1
            continue
        if item.what == "repeat":
            before = sheet.row
            write_header(sheet, table)
            if table.index_row:
                write_index(sheet, table)
            truth.nondata += [(sheet.name, r, "repeated header") for r in range(before, sheet.row)]
            continue
        if item.what in ("section", "note"):
            number, text = item.number, item.text
            truth.nondata.append((sheet.name, row, item.what))
            change = table.change or (lambda t: t)
            if item.what == "section" and number is not None and table.columns[0].what == "stt":
                sheet.put(row, sheet.left, number, bold=True)
                sheet.put(
                    row,
                    sheet.left + table.label_column,
                    change(text),
                    bold=True,
                    font=table.columns[table.label_column].font,
                )
            else:
                sheet.put(
                    row,
                    sheet.left,
                    change(f"{number}. {text}" if number is not None else text),
                    bold=True,
                    font=table.columns[0].font,
                )
                if rng.random() < 0.6:
                    sheet.merge(row, sheet.left, row, sheet.left + len(table.columns) - 1)
            sheet.row += 1
            continue
        if item.what in ("subtotal", "total"):
            truth.nondata.append((sheet.name, row, item.what))
            totals.append((row, item))
            sheet.row += 1
            continue
        if item.fact is None:
            raise ValueError("a data row needs a fact")
        data_index += 1
        fact = item.fact
        if item.owner_rows:
            owner_left, owner_top = item.owner_rows, row
        first_of_owner = row == owner_top
        values: dict[str, Any] = {name: fact.get(name) for name in table.given if name != "_"}
        cells: dict[str, str] = {}
        fate = "accepted"
        pivots: list[tuple[dict[str, Any], dict[str, str]]] = []
        row_unit = table.units_by_row[data_index % len(table.units_by_row)] if table.units_by_row else ""
        for i, column in enumerate(table.columns):
            at = sheet.left + i
            cell = address(row, at)
            change = column.change or table.change or (lambda t: t)
            if column.what == "stt":
                if item.number is not None and not (table.owner_merge and owner_left and not first_of_owner):
                    sheet.put(row, at, item.number)
                if table.owner_merge == "merged" and first_of_owner and owner_left:
                    sheet.merge(row, at, row + owner_left - 1, at)
                continue
            if column.what == "unit":
                sheet.put(row, at, rng.choice(UNIT_WORDS[row_unit]))
                continue
            if column.what in ("extra", "personal", "note"):
                made = column.make(rng, data_index) if column.make else None
                sheet.put(row, at, change(made) if isinstance(made, str) else made, font=column.font)
                continue
            name = column.field or ""
            kind = field_type(form, name)
            stored = fact.get(name)
            if column.what == "pivot" and column.pivot is not None:
                stored = fact.get("_pivot", {}).get(column.pivot[1])
            carried = bool(table.owner_merge) and owner_left > 0 and name in (OWNED if table.owner_merge == "merged" else CARRIED)
            if carried and not first_of_owner:
                values[name] = written[-1].values[name]
                cells[name] = cell
                continue
            plant = table.plants.get((data_index, name))
            shown = _show(rng, form, name, kind, stored, column, row_unit)
            if plant:
                shown, fate = _plant(rng, form, name, kind, shown, column, plant, sheet, row, at, truth, fate)
            if stored is None and not plant:
                dash = table.blank_optional or rng.choice(("", "", "-"))
                if column.what == "pivot":
                    dash = rng.choice(("", "-", ""))
                sheet.put(row, at, dash or None)
            elif isinstance(shown.value, str) and not shown.value.startswith(("=", "#")):
                sheet.put(row, at, change(shown.value), font=column.font)
            else:
                sheet.put(row, at, shown.value, shown.number_format)
            if carried and table.owner_merge == "merged":
                sheet.merge(row, at, row + owner_left - 1, at)
            if column.what == "pivot" and column.pivot is not None:
                if stored is not None:
                    pivots.append(
                        (
                            {
                                name: shown.truth,
                                **({column.pivot[0]: column.pivot[1]} if column.pivot[0] else {}),
                                **fact.get("_given", {}).get(column.pivot[1], {}),
                            },
                            {name: cell},
                        )
                    )
            else:
                cells[name] = cell
                if not plant or (form, name) not in DERIVED:
                    values[name] = shown.truth
            if kind in ADDITIVE:
                number = (
                    displayed(stored, row_unit if row_unit and kind == UNIT_KIND.get(row_unit) else column.unit)[0]
                    if stored is not None
                    else None
                )
                shown_numbers.setdefault(i, []).append((data_index, row, number))
        if form == "cooperative_reports" and "kind" not in cells:
            values["kind"] = fact["_kind"]
        if form == "loans" and "lender" in values and "lender_kind" not in cells:
            values["lender_kind"] = fact.get("lender_kind")
        if owner_left and row - owner_top >= owner_left - 1:
            owner_left = 0
        truth_rows = [
            TruthRow(form, sheet.name, row, {**values, **more}, {**cells, **more_cells}, headers)
            for more, more_cells in (pivots or [({}, {})])
        ]
        if any(c.what == "pivot" for c in table.columns) and not pivots:
            truth_rows = []
        written += truth_rows
        if fate == "accepted":
            truth.rows += truth_rows
        elif fate == "rejected":
            truth.rejected.append((sheet.name, row))
        else:
            truth.unscored.add((sheet.name, row))
        if position in table.hidden:
            sheet.hidden_rows.append(row)
        sheet.row += 1
    wrong_left = table.wrong_totals
    for row, item in totals:
        label = item.text
        stt = table.columns[0].what == "stt"
        style = rng.random()
        at = sheet.left + table.label_column if stt and style < 0.7 else sheet.left
        sheet.put(row, at, (table.change or (lambda t: t))(label), bold=True, font=table.columns[at - sheet.left].font)
        for i, column in enumerate(table.columns):
            listed = shown_numbers.get(i)
            if not listed or sheet.left + i == at or column.style in ("big_words", "with_unit") or table.units_by_row:
                continue
            chosen = [(r, n) for k, r, n in listed if (not item.over or k in item.over)]
            total = sum((n for _, n in chosen if n is not None), D(0))
            kind = field_type(form, column.field or "")
            right = total
            spoiled = any(planted_field == column.field for _, planted_field in table.plants)
            if wrong_left and not spoiled and kind in ("money", "area", "mass", "stamps") and total:
                total = (total * D("1.37") + 3).quantize(D(1).scaleb(-DECIMALS[column.unit]))
                if column.style == "us":
                    total = total.quantize(D(1))
                wrong_left -= 1
                truth.planted.append(Planted(sheet.name, address(row, sheet.left + i), ("total_mismatch",), "warning"))
            if column.style in ("vn", "words"):
                sheet.put(row, sheet.left + i, vn_number(total), bold=True)
            elif column.style == "us":
                sheet.put(row, sheet.left + i, us_number(total), bold=True)
            elif table.total_formulas and chosen and total == right:
                letter = address(1, sheet.left + i)[:-1]
                formula = (
                    "=" + "+".join(f"{letter}{r}" for r, _ in chosen)
                    if len(chosen) < 6
                    else f"=SUM({letter}{chosen[0][0]}:{letter}{chosen[-1][0]})"
                )
                sheet.put(row, sheet.left + i, formula, bold=True, cached=total)
            else:
                sheet.put(row, sheet.left + i, total, bold=True)
        if at == sheet.left and stt and rng.random() < 0.5:
            sheet.merge(row, at, row, at + table.label_column)
            sheet.cells.pop((row, at + table.label_column), None)
    return written


# Fields that names answer where no cell does: what stands there after a bad cell is open.
DERIVED = frozenset((("cooperative_reports", "kind"), ("loans", "lender_kind"), ("infrastructure", "kind")))
OWNED = ("coop_name", "recipient", "holder", "tax_code", "commune_code")
CARRIED = ("coop_name", "recipient", "holder", "commune_code")
UNIT_KIND: dict[str, str] = {
    "vnd": "money",
    "kvnd": "money",
    "mvnd": "money",
    "bvnd": "money",
    "t": "mass",
    "kg": "mass",
    "ta": "mass",
    "ha": "area",
    "m2ha": "area",
    "sao": "area",
}


def _show(rng: random.Random, form: str, name: str, kind: str, stored: Any, column: Column, row_unit: str) -> Shown:
    if stored is None:
        return Shown(None, None)
    if kind == "code":
        return Shown(rng.choice(sp.VALUES[CODE_LISTS[form, name]][stored]) if stored != "OCOP" else "OCOP", stored)
    if kind == "date":
        return show_date(rng, stored, column.style if column.style != "num" else "dt")
    if kind == "commune":
        return Shown(show_commune(rng, stored, column.style), stored)
    if kind == "district":
        return Shown(show_district(rng, stored), stored)
    if kind == "tax":
        return Shown(int(stored) if column.style == "number" else stored, stored)
    if kind in NUMERIC:
        unit = row_unit if row_unit and UNIT_KIND.get(row_unit) == kind else column.unit
        return show_number(rng, kind, stored, unit, column.style)
    return Shown(stored, stored)


def _plant(
    rng: random.Random,
    form: str,
    name: str,
    kind: str,
    shown: Shown,
    column: Column,
    plant: str,
    sheet: SheetBuilder,
    row: int,
    at: int,
    truth: Truth,
    fate: str,
) -> tuple[Shown, str]:
    """Spoils one cell; returns what is shown instead and the row's fate."""
    cell = address(row, at)
    required = name in REQUIRED[form]
    severity = "error" if required else "warning"
    codes: tuple[str, ...] = (plant,)
    after = "rejected" if required else fate
    value: Any
    meant: Any = None
    if plant == "value_missing":
        value = None
    elif plant == "number_invalid":
        value = rng.choice(("xem phụ lục kèm theo", "rất nhiều", "12a3b", "hỏi lại xã", "như năm trước"))
    elif plant == "date_invalid":
        value = rng.choice(("31/02/2021", "30.02.2020", "45/12/2021", "31/04/2021", "hỏi lại"))
    elif plant == "choice_unknown":
        value = rng.choice(sp.BAD_CHOICES[CODE_LISTS[form, name]])
    elif plant == "below_minimum":
        value = -abs(shown.value) if isinstance(shown.value, Decimal) else D(-5)
        if not required:
            after = "unscored"
    elif plant == "above_maximum":
        value = D(9) if kind == "stars" else D(250)
        after = "unscored"
    elif plant == "tax_code_invalid":
        if rng.random() < 0.5:
            value = f"0{rng.randint(10, 99)}{rng.randint(10**8, 10**9 - 1)}"  # a person's number of twelve digits
        else:
            good = str(shown.truth)
            value = good[:9] + str((int(good[9]) + rng.randint(1, 9)) % 10)
        severity = "warning"
        after = fate
    elif plant == "commune_unknown":
        value = rng.choice(("xã Hoàng Mai Đông", "xã Bình Yên Nam", "xã Trung Nguyên Thượng"))
    elif plant == "number_ambiguous":
        number = D(rng.randint(1101, 2899))
        value = vn_number(number)
        meant = number * FACTORS[column.unit]
        severity = "warning"
        after = fate
    elif plant == "formula_without_value":
        value = f"={rng.randint(100, 900)}*2"
        codes = ("formula_without_value",)
    elif plant == "error_cell":
        value = rng.choice(("#REF!", "#DIV/0!", "#N/A", "#VALUE!"))
        codes = ("number_invalid", "value_missing", "formula_without_value")
    else:
        raise ValueError(plant)
    truth.planted.append(Planted(sheet.name, cell, codes, severity))
    rank = {"accepted": 0, "unscored": 1, "rejected": 2}
    return Shown(value, meant), after if rank[after] > rank[fate] else fate


def fold_name(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip().casefold()
