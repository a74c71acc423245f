"""How a submission is laid out: tables with columns and rows, drawn into a grid of cells as an office draws them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from .people import Coop, rng_for, spell

Value = None | str | int | float | Decimal | date | Coop
Shown = None | str | int | float | date


@dataclass(frozen=True)
class Style:
    """The habits of one office in one year."""

    money: str = "triệu đồng"  # đồng | 1.000đ | triệu đồng | tỷ đồng
    money_mark: str = "tr.đ"  # as written in a header
    area: str = "ha"  # ha | m2, for certified areas
    mass: str = "tấn"
    income_year: bool = False
    stamps: str = "tem"
    rate: str = "%/năm"  # %/năm | %/tháng | excel
    numbers: str = "number"  # number | vi | us
    dates: str = "date"  # date | slash | dot | month | year (the last two only for completed and issued dates)
    names: tuple[str, ...] = ("short", "full", "short")
    words: int = 0  # which header spelling and code wording
    shuffle: int = 0  # 0: the usual order of the columns
    index_row: str = ""  # "" | letters | numbers
    units_in_header: bool = True
    section: str = ""  # sector | kind | commune | scheme | lender | district
    totals: str = "bottom"  # bottom | top | none
    subtotals: bool = True
    letterhead: bool = True
    footer: bool = True
    row_no: str = "number"  # number | text | restart
    dash: str = ""  # what stands in an empty cell
    left: int = 1  # first used column
    gap_rows: int = 1  # blank rows under the letterhead
    merge_owner: bool = False
    font: str = "Times New Roman"
    size: int = 12
    fill: str = "D9E1F2"
    nothing: str = "row"  # row: "Không phát sinh" | empty: no rows
    top_group: bool = False  # a third header row over the results
    formulas: bool = False  # totals as SUM formulas (with the value Excel would keep)


@dataclass(frozen=True)
class Column:
    field: str
    headings: tuple[str, ...]
    kind: str = "text"
    width: int = 12
    group: str = ""
    total: bool = False
    core: bool = True  # False: not a column of the published table


@dataclass(frozen=True)
class Mark:
    """A planted mistake: which cell, and what the reader should say."""

    field: str
    code: str
    severity: str
    note: str = ""


@dataclass
class Row:
    values: dict[str, Value]
    section: str = ""
    typed: dict[str, Shown] = field(default_factory=dict)  # what stands in the cell instead
    rejected: bool = False
    marks: list[Mark] = field(default_factory=list)
    how: str = ""  # how the name is spelt, else by the office's habit
    number: int = 0  # the physical row, once drawn

    def truth(self, name: str) -> Value:
        return self.values.get(name)


@dataclass
class Table:
    form: str
    title: tuple[str, ...]
    columns: list[Column]
    rows: list[Row]
    implied: dict[str, Value] = field(default_factory=dict)  # what the form answers as a whole
    unit_line: str = ""
    number: str = ""  # Biểu số: 02/KTTT
    section_letters: str = "I"
    totals: bool = True
    superseded: bool = False
    repeated: bool = False  # a consolidation of other sheets
    kept_out: bool = False  # the sheet as a whole is rejected
    footnote: str = ""
    note_row: str = ""
    wrong_totals: dict[str, int] = field(default_factory=dict)  # field -> added to the printed total
    marks: list[tuple[str, Mark]] = field(default_factory=list)  # ("total" | "head" | "title", mark)
    at: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)  # ("total"|"head"|"title", field) -> cell
    cells: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict)  # (row index, field) -> cell
    encoded: tuple[str, ...] = ()  # fields typed in TCVN3


@dataclass
class Cell:
    value: Shown
    look: str = "plain"
    number_format: str = ""
    formula: str = ""
    font: str = ""


@dataclass
class Grid:
    name: str
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    state: str = "visible"
    header_rows: tuple[int, int] | None = None

    def put(self, row: int, column: int, value: Shown, look: str = "plain", **more: str) -> None:
        self.cells[row, column] = Cell(value, look, **more)

    def merge(self, top: int, left: int, bottom: int, right: int, look: str) -> None:
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if (row, column) not in self.cells:
                    self.put(row, column, None, look)
        if (top, left) != (bottom, right):
            self.merges.append((top, left, bottom, right))


# ---------------------------------------------------------------------------------------------------------------------
# values as typed

MONEY = {"đồng": 1, "1.000đ": 1_000, "triệu đồng": 1_000_000, "tỷ đồng": 1_000_000_000}
MASS = {"tấn": 1, "tạ": 10, "kg": 1_000}
ROMAN = (
    "I",
    "II",
    "III",
    "IV",
    "V",
    "VI",
    "VII",
    "VIII",
    "IX",
    "X",
    "XI",
    "XII",
    "XIII",
    "XIV",
    "XV",
    "XVI",
    "XVII",
    "XVIII",
    "XIX",
    "XX",
    "XXI",
    "XXII",
    "XXIII",
    "XXIV",
)
NUMERIC = {"int", "money", "income", "ha", "m2", "cert_ha", "tonnes", "rate", "stamps"}


def amount(value: int | Decimal, kind: str, style: Style) -> Decimal:
    """The stored value in the unit that the office writes."""
    number = Decimal(value)
    if kind == "money":
        return number / MONEY[style.money]
    if kind == "income":
        return number * (12 if style.income_year else 1) / MONEY[style.money]
    if kind == "cert_ha" and style.area == "m2":
        return number * 10_000
    if kind == "tonnes":
        return number * MASS[style.mass]
    if kind == "stamps" and style.stamps == "nghìn tem":
        return number / 1_000
    if kind == "rate":
        return number if style.rate == "excel" else number * 100 / (12 if style.rate == "%/tháng" else 1)
    return number


def number_text(number: Decimal, numbers: str, whole: bool) -> str:
    """1.495,5 or 1,495.5; one decimal stands even in round amounts, so that nothing is ambiguous by accident."""
    if whole:
        return str(int(number))
    text = f"{number.normalize():f}"
    places = max(1, len(text.partition(".")[2]))
    text = f"{number:,.{places}f}"
    return text.translate(str.maketrans(",.", ".,")) if numbers == "vi" else text


def as_number(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def shown(value: Value, column: Column, style: Style, row_key: str = "") -> tuple[Shown, str]:
    """The cell's content and number format."""
    if value is None:
        return (style.dash or None) if column.core else None, ""
    if isinstance(value, Coop):
        rng = rng_for("spelling", row_key, value.number)
        return spell(value, rng.choice(style.names), rng.randrange(4)), ""
    if isinstance(value, date):
        return date_as_typed(value, style.dates if column.kind != "day" else "date", column.field)
    if column.kind in NUMERIC and isinstance(value, int | Decimal):
        number = amount(value, column.kind, style)
        if column.kind == "rate" and style.rate == "excel":
            return float(number), "0.0%"
        whole = column.kind in ("int", "stamps", "m2")
        big = column.kind == "money" and style.money == "đồng"
        if style.numbers != "number" and not (whole and number >= 1000):
            if big:
                return f"{int(number):,}".replace(",", "." if style.numbers == "vi" else ","), "@"
            return number_text(number, style.numbers, whole), "@"
        plain = as_number(number)
        if column.kind in ("rate", "income", "ha", "cert_ha"):
            return plain, "#,##0.0" if number == round(number, 1) else "#,##0.00"
        return plain, "#,##0" if isinstance(plain, int) else "#,##0.00" if number != round(number, 1) else "#,##0.0"
    if isinstance(value, Decimal):
        return as_number(value), ""
    return value, "@" if column.kind == "code" else ""


def date_as_typed(value: date, dates: str, name: str) -> tuple[Shown, str]:
    if dates in ("month", "year") and precision(dates, name) == "day":
        dates = "slash"
    if dates == "date":
        return value, "dd/mm/yyyy"
    if dates == "slash":
        return f"{value:%d/%m/%Y}", "@"
    if dates == "dot":
        return f"{value:%d.%m.%Y}", "@"
    if dates == "month":
        return f"T{value.month}/{value.year}", ""
    return value.year, "0"


def precision(dates: str, name: str) -> str:
    """How exactly the office gives this date: day, month or year (nobody gives only the year that a term ends)."""
    if dates == "month":
        return dates if name in ("issued_on", "expires_on", "completed_on", "transferred_on") else "day"
    if dates == "year":
        return dates if name in ("issued_on", "completed_on", "transferred_on") else "day"
    return "day"


# ---------------------------------------------------------------------------------------------------------------------
# drawing


@dataclass(frozen=True)
class Office:
    """What stands above and below a table."""

    upper: str  # UBND TỈNH HÒA BÌNH
    name: str
    place: str  # Lương Sơn
    signers: tuple[tuple[str, str], ...]  # (title, name)
    dated: date
    reference: str = ""


def arrange(columns: Sequence[Column], style: Style, key: str) -> list[Column]:
    """The office's own order: blocks of columns change places, groups stay together, the first two stay in front."""
    blocks: list[list[Column]] = []
    for column in columns:
        if blocks and column.group and blocks[-1][0].group == column.group:
            blocks[-1].append(column)
        else:
            blocks.append([column])
    head, rest = blocks[:2], blocks[2:]
    tail = [block for block in rest if block[0].field == "note"]
    rest = [block for block in rest if block[0].field != "note"]
    if style.shuffle:
        rng = rng_for("order", style.shuffle, key)
        for _ in range(2):
            if len(rest) > 2:
                index = rng.randrange(len(rest) - 1)
                rest[index], rest[index + 1] = rest[index + 1], rest[index]
    return [column for block in (*head, *rest, *tail) for column in block]


def heading(column: Column, style: Style) -> str:
    text = column.headings[style.words % len(column.headings)]
    if not (style.units_in_header or column.kind == "rate") or column.kind not in NUMERIC or "(" in text or "%" in text:
        return text
    unit = {
        "money": style.money_mark,
        "ha": "ha",
        "m2": "m2",
        "cert_ha": style.area,
        "tonnes": style.mass,
        "income": f"{style.money_mark}/người/{'năm' if style.income_year else 'tháng'}",
        "rate": "" if style.rate == "excel" else style.rate,
        "stamps": style.stamps if style.stamps != "tem" else "",
    }.get(column.kind, "")
    return f"{text} ({unit})" if unit else text


class Drawing:
    """One table (or several, one under the other) on one grid."""

    def __init__(self, grid: Grid, style: Style, office: Office) -> None:
        self.grid, self.style, self.office = grid, style, office
        self.row = 1

    def table(self, table: Table, key: str, *, letterhead: bool = True, footer: bool = True) -> None:
        style = self.style
        columns = arrange(table.columns, style, key)
        first, last = style.left, style.left + len(columns) - 1
        if letterhead and style.letterhead:
            self._letterhead(first, last)
        self._titles(table, first, last)
        self._header(table, columns, first)
        self._body(table, columns, key)
        self._below(table, first, last, footer and style.footer)
        for offset, column in enumerate(columns):
            width = max(column.width, self.grid.widths.get(first + offset, 0))
            self.grid.widths[first + offset] = width
        if first > 1:
            self.grid.widths[1] = 2.5

    def _letterhead(self, first: int, last: int) -> None:
        middle = first + max(2, round((last - first + 1) * 0.42)) - 1
        middle = min(middle, last - 1)
        state = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
        for offset, (left, right) in enumerate(zip((self.office.upper, self.office.name), state, strict=True)):
            row = self.row + offset
            look = "letter" if offset == 0 else "letter_bold"
            self.grid.put(row, first, left, look)
            self.grid.merge(row, first, row, middle, look)
            self.grid.put(row, middle + 1, right, "letter_bold")
            self.grid.merge(row, middle + 1, row, last, "letter_bold")
        self.row += 2 + self.style.gap_rows

    def _titles(self, table: Table, first: int, last: int) -> None:
        if table.number:
            left = max(first, last - 2)
            self.grid.put(self.row, left, table.number, "ref")
            self.grid.merge(self.row, left, self.row, last, "ref")
            self.row += 1
        if self.office.reference:
            self.grid.put(self.row, first, self.office.reference, "ref")
            self.grid.merge(self.row, first, self.row, last, "ref")
            self.row += 1
        for line in table.title:
            self.grid.put(self.row, first, line, "title")
            self.grid.merge(self.row, first, self.row, last, "title")
            self.grid.heights[self.row] = 21 if len(line) < 110 else 40
            table.at.setdefault(("title", ""), (self.row, first))
            self.row += 1
        if table.unit_line:
            left = max(first, last - 4)
            self.grid.put(self.row, left, table.unit_line, "unit")
            self.grid.merge(self.row, left, self.row, last, "unit")
            table.at["unit", ""] = (self.row, left)
            self.row += 1
        elif self.style.gap_rows:
            self.row += 1

    def _header(self, table: Table, columns: list[Column], first: int) -> None:
        style, grid = self.style, self.grid
        paths = [self._path(column) for column in columns]
        depth = max(len(path) for path in paths)
        top = self.row
        for offset, (column, path) in enumerate(zip(columns, paths, strict=True)):
            at = first + offset
            for level, text in enumerate(path[:-1]):
                if offset and paths[offset - 1][: level + 1] == path[: level + 1] and len(paths[offset - 1]) > level + 1:
                    continue
                end = offset
                while end + 1 < len(paths) and paths[end + 1][: level + 1] == path[: level + 1] and len(paths[end + 1]) > level + 1:
                    end += 1
                grid.put(top + level, at, text, "head")
                grid.merge(top + level, at, top + level, first + end, "head")
            leaf = top + len(path) - 1
            grid.put(leaf, at, path[-1], "head")
            grid.merge(leaf, at, top + depth - 1, at, "head")
            table.at["head", column.field] = (leaf, at)
        for level in range(depth):
            grid.heights[top + level] = 36 if level == depth - 1 or (depth == 3 and level == 0) else 26
        if depth == 1:
            grid.heights[top] = 50
        grid.header_rows = grid.header_rows or (top, top + depth - 1)
        self.row = top + depth
        if style.index_row:
            for offset in range(len(columns)):
                text = f"({'AB'[offset]})" if style.index_row == "letters" and offset < 2 else f"({offset - 1})"
                value: Shown = text if style.index_row == "letters" else offset + 1
                grid.put(self.row, first + offset, value, "index")
            self.row += 1

    def _path(self, column: Column) -> tuple[str, ...]:
        leaf = heading(column, self.style)
        if not column.group:
            return (leaf,)
        group = column.group
        if self.style.top_group and group in ("Tài chính", "Lao động, thu nhập"):
            return ("Kết quả hoạt động trong năm", group, leaf)
        return (group, leaf)

    # -- rows

    def _body(self, table: Table, columns: list[Column], key: str) -> None:
        style = self.style
        sections = list(dict.fromkeys(row.section for row in table.rows))
        sums = table.totals and style.totals != "none" and len(table.rows) > 1 and any(column.total for column in columns)
        if sums and style.totals == "top":
            self._total(table, columns, table.rows, ("Tổng số", "TỔNG SỐ")[style.words % 2], "total")
        if not table.rows:
            if style.nothing == "row":
                self.grid.put(self.row, style.left, None, "plain")
                self.grid.put(self.row, style.left + 1, "Không phát sinh", "plain")
                for offset in range(2, len(columns)):
                    self.grid.put(self.row, style.left + offset, None, "plain")
                self.row += 1
            else:
                for _ in range(2):
                    for offset in range(len(columns)):
                        self.grid.put(self.row, style.left + offset, None, "plain")
                    self.row += 1
            return
        counter = 0
        for index, section in enumerate(sections):
            rows = [row for row in table.rows if row.section == section]
            mark = ""
            if section:
                mark = ROMAN[index] if table.section_letters == "I" else "ABCDEFGH"[index]
                self._section(columns, mark, section)
                counter = 0 if style.row_no == "restart" else counter
            start = self.row
            for number, row in enumerate(rows):
                if not (style.merge_owner and number and _same_owner(row, rows[number - 1])):
                    counter += 1
                self._data(table, columns, row, counter, key)
            if style.merge_owner:
                self._merge_owners(columns, rows, start)
            if section and style.subtotals and sums and len(rows) > 1 and len(sections) > 1:
                self._total(table, columns, rows, f"Cộng ({mark})", "subtotal")
        if sums and style.totals == "bottom":
            self._total(table, columns, table.rows, ("Tổng cộng", "TỔNG CỘNG", "Cộng")[style.words % 3], "total")

    def _section(self, columns: list[Column], mark: str, text: str) -> None:
        left = self.style.left
        self.grid.put(self.row, left, mark, "section")
        self.grid.put(self.row, left + 1, text, "section_name")
        for offset in range(2, len(columns)):
            self.grid.put(self.row, left + offset, None, "section")
        self.row += 1

    def _data(self, table: Table, columns: list[Column], row: Row, counter: int, key: str) -> None:
        style = self.style
        place = table.rows.index(row)
        row.number = self.row
        longest = 0
        for offset, column in enumerate(columns):
            at = (self.row, style.left + offset)
            look = "num" if column.kind in NUMERIC else "center" if column.kind in ("date", "code", "row_no", "day") else "plain"
            value, number_format = shown(row.values.get(column.field), column, replace(style, names=(row.how,)) if row.how else style, key)
            font = ""
            if column.kind == "row_no":
                value, number_format = (counter, "") if style.row_no != "text" else (f"{counter:02d}", "@")
            if column.field in row.typed:
                value = row.typed[column.field]
                number_format = "@" if isinstance(value, str) else number_format
            if column.field in table.encoded and isinstance(value, str):
                value, font = to_tcvn3(value), ".VnTime"
            formula = value[1:] if isinstance(value, str) and value.startswith("=") else ""
            self.grid.put(*at, None if formula else value, look, number_format=number_format, formula=formula, font=font)
            table.cells[place, column.field] = at
            if isinstance(value, str):
                longest = max(longest, -(-len(value) // max(1, int(column.width * 0.82))))
        self.grid.heights[self.row] = max(1, min(4, longest)) * 16.5
        self.row += 1

    def _merge_owners(self, columns: list[Column], rows: list[Row], start: int) -> None:
        """One owner's certificates stand together: his cells are merged over them."""
        fields = [i for i, column in enumerate(columns) if column.kind == "row_no" or column.field in ("coop_name", "commune", "address")]
        index = 0
        while index < len(rows):
            end = index
            while end + 1 < len(rows) and _same_owner(rows[end + 1], rows[index]):
                end += 1
            if end > index:
                for offset in fields:
                    column = self.style.left + offset
                    for lower in range(start + index + 1, start + end + 1):
                        self.grid.cells[lower, column].value = None
                    self.grid.merges.append((start + index, column, start + end, column))
            index = end + 1

    def _total(self, table: Table, columns: list[Column], rows: list[Row], text: str, where: str) -> None:
        style, left = self.style, self.style.left
        self.grid.put(self.row, left, None, "total")
        for offset, column in enumerate(columns):
            at = (self.row, left + offset)
            if not column.total:
                self.grid.put(*at, text if offset == 1 else None, "total")
                continue
            total = Decimal(0)
            for row in rows:
                value = row.values.get(column.field)
                if isinstance(value, int | Decimal):
                    total += value
            if where == "total":
                total += table.wrong_totals.get(column.field, 0)
            value, number_format = shown(int(total) if column.kind in ("int", "money", "stamps", "m2") else total, column, style)
            formula = ""
            spans = _spans([row.number for row in rows])
            if style.formulas and style.numbers == "number" and style.totals == "bottom" and column.field not in table.wrong_totals:
                letter = column_letter(left + offset)
                formula = "SUM(" + ",".join(f"{letter}{a}:{letter}{b}" for a, b in spans) + ")"
            self.grid.put(*at, value, "total_num", number_format=number_format, formula=formula)
            table.at[where, column.field] = at
        self.row += 1

    def _below(self, table: Table, first: int, last: int, footer: bool) -> None:
        if table.footnote:
            self.grid.put(self.row, first, table.footnote, "note")
            self.grid.merge(self.row, first, self.row, last, "note")
            self.row += 1
        self.row += 1
        if not footer:
            return
        right = max(first + 1, last - 4)
        dated = self.office.dated
        self.grid.put(
            self.row,
            right,
            f"{self.office.place}, ngày {dated.day:02d} tháng {dated.month:02d} năm {dated.year}",
            "place",
        )
        self.grid.merge(self.row, right, self.row, last, "place")
        self.row += 1
        spots = [first, right] if len(self.office.signers) == 2 else [first, (first + right) // 2 + 1, right]
        ends = [*[spot - 1 for spot in spots[1:]], last]
        for (title, name), spot, end in zip(self.office.signers, spots, ends, strict=True):
            end = max(spot, min(end, spot + 4))
            self.grid.put(self.row, spot, title, "sign")
            if "\n" in title:
                self.grid.heights[self.row] = 36
            self.grid.merge(self.row, spot, self.row, end, "sign")
            self.grid.put(self.row + 1, spot, "(Ký, ghi rõ họ tên)" if title.startswith("NGƯỜI") else "(Ký, đóng dấu)", "place")
            self.grid.merge(self.row + 1, spot, self.row + 1, end, "place")
            self.grid.put(self.row + 5, spot, name, "sign")
            self.grid.merge(self.row + 5, spot, self.row + 5, end, "sign")
        self.row += 8


def _same_owner(row: Row, above: Row) -> bool:
    owner = row.values.get("coop_name")
    return owner is not None and owner == above.values.get("coop_name") and "coop_name" not in row.typed


def _spans(numbers: list[int]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return spans


def column_letter(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    return f"{column_letter(column)}{row}"


# ---------------------------------------------------------------------------------------------------------------------
# TCVN3 (ABC): what a .VnTime font shows; there are no accented capitals, so these are typed in lower case

_TCVN3_CHARS = "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵĂÂÊÔƠƯĐ"
_TCVN3_BYTES = bytes.fromhex(
    "b5b6b7b8b9a8bbbcbdbec6a9c7c8c9cacbaecccecfd0d1aad2d3d4d5d6d7d8dcdddedfe1e2e3e4abe5e6e7e8e9aceaebecedee"
    "eff1f2f3f4adf5f6f7f8f9fafbfcfdfea1a2a3a4a5a6a7"
)
_TCVN3 = dict(zip(_TCVN3_CHARS, _TCVN3_BYTES.decode("cp1252"), strict=True))


def to_tcvn3(text: str) -> str:
    return re.sub(r"\w", lambda char: _TCVN3.get(char[0], _TCVN3.get(char[0].lower(), char[0])), text)
