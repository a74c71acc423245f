"""Where the tables of a sheet are: header blocks, the form and field of each column, and a class for every physical row."""

from __future__ import annotations

import itertools
import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from dataclasses import field as default
from datetime import date, datetime
from functools import cache, lru_cache, partial
from typing import Literal, NamedTuple, TypeVar, TypeVarTuple

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.spec import Field, Form
from coop_pipeline.intake.dates import read_span, read_term
from coop_pipeline.intake.text import clean, fold, key
from coop_pipeline.intake.units import Unit, find_unit, find_units
from coop_pipeline.intake.vocabulary import Header, Vocabulary, is_ambiguous, read_header, says_another
from coop_pipeline.intake.workbook import Sheet, cells_of

RowKind = Literal["header", "data", "total", "section", "note", "blank"]

HEADER_HIT = 0.62  # a cell that fits some field this well speaks for a header row
ACCEPT = 0.52  # a column is taken for a field from this score on (words and values together)
TIE = 0.04  # two fields closer than this for one column are a tie, unless one of them is taken elsewhere
LEFTOVER, LEFTOVER_NUMBER = 0.36, 0.45  # how well the words must fit where one field only is left
SAMPLE = 40  # rows looked at to judge what a column holds
MAX_HEADER_ROWS = 3
WIDE = 200  # columns; no form has half as many
MAX_FORMS_TRIED = 4  # forms looked at closely for one header, the most promising by their words
RIVAL = 0.12  # a form this close to the best one may be meant as well
REQUIRED = 1.6  # how much more a column counts that the form cannot do without
# The most that a column counts for its form: by its title, as one of the columns of a code, by its values.
BY_WORDS, BY_CODE, BY_VALUES = 1.2, 1.0, 0.5

_INDEX_CELL = re.compile(r"^\(?(?:[A-ZĐ]|\d{1,2}(?:[.,]\d)?)\)?(?:\s*=.*)?$")
_ROMAN_OR_LETTER = re.compile(r"^\(?(?:[IVX]{1,5}|[A-HĐ])(?:\.\d{1,2}){0,2}\)?[.)/\s]?$")
_NUMBERING = re.compile(r"[\d.)(]+|\(?(?:[IVX]{1,5}|[A-HĐa-hđ])(?:\.\d{1,2}){0,2}[.)]?|[-*+•–]+")
_BULLET = re.compile(r"[-*+•–]+|\(?[a-hđ][.)]?")  # "* | Huyện Kim Bôi", "a) | Huyện Kim Bôi"
_COMMUNE = re.compile(r"(?:xã|phường|thị trấn) \S", re.I)
_RUNNING_NUMBER = re.compile(r"\d{1,4}(?:[.,]0)?[.)]?")
_SECTION_START = re.compile(r"^\(?(?:[IVX]{1,5}|[A-HĐ]|\d{1,2}(?:\.\d{1,2})*|[-*+])[.)/]\s*\S|^[-*+]\s*\S")
_TOTAL = re.compile(
    r"^(?:[ivx\d]+[.)\s]+)?(?:tong cong|tong so|tong|cong|toan huyen|toan tinh|toan thanh pho|toan xa|luy ke|total|cong don|cong muc|tong toan \w+)\b"
)
_AVERAGE = re.compile(r"^(?:binh quan|trung binh|bq)\b")
_NOT_TOTAL = re.compile(
    r"^(?:tong hop|tong quan|tong ket|cong ty|cong nghe|cong trinh|cong tac|cong dong|cong cu|cong bo|cong nhan|tong du no|tong von)\b"
)
_TAIL = re.compile(
    r"^(?:nguoi lap|lap bieu|thu truong|ke toan truong|giam doc|pho giam doc|chu tich|truong phong|pho truong phong|t m |tm |kt |t l |tl "
    r"|tuq |ky ten|ky ghi ro|nguoi tong hop|can bo tong hop|xac nhan cua|nguoi ky|nguoi bao cao|thay mat|noi nhan)"
)
_DATE_LINE = re.compile(r"\bngay\b.{0,8}\bthang\b.{0,8}\bnam\b|^(?:[a-z]+(?: [a-z]+){0,3} )?ngay \d{1,2} \d{1,2} (?:19|20)\d\d$")
_NOTE = re.compile(r"^(?:ghi chu|chu thich|luu y|nguon|giai thich|\(?\*+\)?|danh sach nay|so lieu|du lieu)\b")
# What a page break leaves in a table: "Trang 1/2", "(tiếp theo)", "- 2 -", and totals carried over it. Folded.
_PAGE = re.compile(
    r"^(?:(?:trang|page|to so|tr)(?: so)? \d{1,3}(?: (?:tren|of|tren tong so) \d{1,3}| \d{1,3})?(?: trang)?"
    r"|(?:bieu|bang|phu luc|danh sach|mau|trang)?(?: \w{1,5}){0,3} ?tiep(?: theo)?(?: trang (?:truoc|sau|\d{1,3}))?"
    r"|(?:con tiep|xem tiep|het trang|sang trang)(?: trang (?:sau|\d{1,3}))?(?: \d{1,3})?)$"
)
_CARRIED = re.compile(
    r"^(?:(?:tong |so )?cong (?:trang|mang|chuyen|luy ke|don|trang nay)\b|(?:so |tong so )?(?:mang|chuyen|ket chuyen) (?:sang|tu)\b"
    r"|(?:so |tong )?(?:trang truoc|cong trang truoc) (?:chuyen|mang)\b|(?:so )?luy ke (?:trang|sang|tu trang)\b|tong trang\b)"
)
_NUMBERS_TITLE = re.compile(r"(?:s\.?\s?)?tt|số (?:tt|thứ tự)", re.I)
_NOTHING = re.compile(r"^(?:khong phat sinh|khong co|chua phat sinh|khong co so lieu|khong)\b")


class Round(NamedTuple):
    """A column of one of several groups with the same titles, and the columns of its group."""

    column: int
    header: Header
    group: tuple[int, ...]


@dataclass(slots=True)
class Column:
    """One column of a table: its header and the field that it was taken for."""

    index: int
    header: Header
    field: Field | None = None
    score: float = 0.0
    candidates: tuple[str, ...] = ()  # fields that tie for it
    near: tuple[str, ...] = ()  # free fields that its words speak for, though not surely enough
    given: tuple[str, str] | None = None  # a column per code: what its header answers for another field
    marks: dict[int, str] = default(default_factory=dict)  # columns to tick: which one means which value
    # of a group that is repeated ("Lần 1", "Lần 2"): its like in every group, the last first
    rounds: tuple[Round, ...] = ()


@dataclass(slots=True)
class Mark:
    """A row that is no data: a section with its words, or a total with its printed cells."""

    row: int
    kind: RowKind
    text: str = ""
    level: tuple[int, str] = (9, "")


@dataclass(slots=True)
class Table:
    """A table in a sheet. Rows are zero-based; `data` are the rows that hold facts, `marks` the sections and totals between them."""

    form: Form
    top: int
    bottom: int
    columns: list[Column]
    above: list[tuple[int, str]]
    data: list[int] = default(default_factory=list)
    marks: list[Mark] = default(default_factory=list)
    end: int = 0
    score: float = 0.0
    place: str | None = None  # the district that its own title names, where another table of the form names another

    def column(self, name: str) -> Column | None:
        for column in self.columns:
            if column.field is not None and column.field.name == name:
                return column
        return None


@dataclass(slots=True)
class Doubt:
    """A header block that looks like a form but lacks required columns, or sums by district, or a form that ties with another."""

    code: str
    row: int
    form: Form | None
    missing: tuple[Field, ...] = ()
    seen: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()


@dataclass(slots=True)
class Layout:
    """What a sheet holds. Every row has a class and a form; one that also holds a row of another form, beside it, is in `beside`."""

    tables: list[Table]
    kinds: list[RowKind]
    forms: list[str]
    doubts: list[Doubt]
    lines: list[tuple[int, str]]
    beside: list[tuple[int, str, RowKind]] = default(default_factory=list)


class Grid:
    """A sheet with its merged cells resolved; texts are cleaned once."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.rows = sheet.rows
        self.height = len(sheet.rows)
        self.origin: dict[tuple[int, int], tuple[int, int]] = {}
        for top, left, bottom, right in sheet.merges:
            if (bottom - top + 1) * (right - left + 1) > 20_000:
                continue
            for row in range(top, min(bottom + 1, self.height)):
                for column in range(left, right + 1):
                    self.origin[row, column] = (top, left)
        self.filled: list[dict[int, object]] = [cells_of(row) for row in self.rows]
        self._texts: list[dict[int, str] | None] = [None] * self.height

    def value(self, row: int, column: int) -> object:
        """The cell's own value, or that of the merged range which it belongs to."""
        value = self.filled[row].get(column)
        if value is None:
            origin = self.origin.get((row, column))
            if origin is not None and origin[0] < self.height:
                value = self.filled[origin[0]].get(origin[1])
        return value

    def text(self, row: int, column: int) -> str:
        known = self._texts[row]
        if known is not None:
            return known.get(column, "")
        value = self.filled[row].get(column)
        return "" if value is None else clean(value) if type(value) is str else plain(value)

    def texts(self, row: int) -> dict[int, str]:
        """The texts of a row's filled cells by their columns."""
        known = self._texts[row]
        if known is None:
            filled = self.filled[row].items()
            known = self._texts[row] = {c: clean(value) if type(value) is str else plain(value) for c, value in filled}
        return known

    def stripe(self, columns: range, others: Sequence[range], first: int, top: int, bottom: int) -> Grid:
        """The grid with some columns only, from the row `top` to before `bottom`; a title above it, from `first` on, is that of all
        stripes unless others have words of their own in its row."""

        def own(row: int) -> dict[int, object]:
            cells = self.filled[row]
            alone = not any(c in cells for other in others for c in other) or not any(c in cells for c in columns)
            return cells if row < top and alone else {c: v for c, v in cells.items() if c in columns}

        part = copy(self)
        part.sheet = replace(self.sheet, merges=[m for m in self.sheet.merges if m[1] in columns and m[3] in columns])
        part.height = bottom
        part.filled = [*self.filled[:first], *(own(row) for row in range(first, bottom))]
        part._texts = [None] * bottom
        part.origin = {place: origin for place, origin in self.origin.items() if place[1] in columns and origin[1] in columns}
        return part

    def line(self, row: int) -> str:
        return "  ".join(self.texts(row).values())


def plain(value: object) -> str:
    """A cell as a person reads it."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and -1e15 < value < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.strftime("%d/%m/%Y") if not (value.hour or value.minute or value.second) else value.strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return f"{value.day:02}/{value.month:02}/{value.year}"
    return str(value)


def find_tables(grid: Grid, vocabulary: Vocabulary, hints: dict[str, float], first: int = 0) -> Layout:
    """All tables of a sheet from the row `first` on. `hints` are forms that the workbook (file name, letterhead, sheet name) speaks
    for, with a weight."""
    kinds: list[RowKind] = ["blank" if not grid.filled[row] else "note" for row in range(grid.height)]
    forms = [""] * grid.height
    layout = Layout([], kinds, forms, [], [])
    row, above_from = first, first
    while row < grid.height:
        if not _may_be_header(grid, row, vocabulary):
            row += 1
            continue
        stripes = _side_by_side(grid, row, above_from, vocabulary, hints)
        if stripes:
            bottom = len(stripes[0].kinds)
            _lay_together(layout, stripes, above_from)
            row = above_from = bottom
            continue
        above = [(r, grid.line(r)) for r in range(above_from, row) if grid.filled[r]]
        best, doubt = _best_table(grid, row, above, vocabulary, hints)
        if best is None:
            if doubt is not None and not any(d.row == doubt.row for d in layout.doubts):
                layout.doubts.append(doubt)
                row = doubt.row + 1
            row += 1
            continue
        _classify(grid, best, vocabulary, kinds)
        for r in range(above_from, best.end):
            forms[r] = best.form.name
        layout.tables.append(best)
        row = above_from = best.end
    layout.lines = [(r, grid.line(r)) for r in range(grid.height) if grid.filled[r] and kinds[r] == "note"]
    return layout


# ---- tables side by side

_STRENGTH: dict[RowKind, int] = {"data": 5, "total": 4, "section": 3, "header": 2, "note": 1, "blank": 0}


def _side_by_side(grid: Grid, row: int, above_from: int, vocabulary: Vocabulary, hints: dict[str, float]) -> list[Layout]:
    """The layouts of the stripes of columns that begin at a header row, where each holds a table of its own; else none.

    Stripes are parted by blank columns, or begin with a running number of their own.
    """
    stripes = _stripes(grid, row, vocabulary)
    if len(stripes) < 2:
        return []
    bottom = _end_of_stripes(grid, row, vocabulary)
    layouts: list[Layout] = []
    for stripe in stripes:
        others = [other for other in stripes if other is not stripe]
        part = grid.stripe(stripe, others, above_from, row, bottom)
        found = find_tables(part, vocabulary, hints, above_from)
        if not found.tables:
            return []
        table = found.tables[0]
        if table.top > row + 1 and any(len(part.filled[r]) > 2 for r in range(row, table.top)):
            return []  # what stands there is no title of a table that begins further down
        titled = any(c in grid.filled[r] for r in range(max(above_from, row - 3), row) for c in stripe) and bool(layouts)
        if table.column("row_no") is None and not titled and layouts and table.form != layouts[0].tables[0].form:
            return []  # more columns of the table to the left, behind a blank one
        layouts.append(found)
    return layouts


def _stripes(grid: Grid, row: int, vocabulary: Vocabulary) -> list[range]:
    """The columns of a header row, parted at blank columns and before every further column of running numbers; two columns or more each."""
    height = _block_rows(grid, row)
    first_blank = next((r for r in range(row, grid.height) if not grid.filled[r]), grid.height)
    used = set[int]().union(*grid.filled[row : min(max(first_blank, row + height), row + SAMPLE)])
    used |= {c for r, c in grid.origin if row <= r < row + height}
    starts = [c for c in sorted(grid.filled[row]) if vocabulary.match_header(read_header((grid.text(row, c),))).get(_ROW_NO, 0.0) > 0.9]
    stripes: list[range] = []
    for column in sorted(used):
        if stripes and column == stripes[-1].stop and column not in starts[1:]:
            stripes[-1] = range(stripes[-1].start, column + 1)
        else:
            stripes.append(range(column, column + 1))
    titled = {c for r in range(row, row + height) for c in grid.filled[r]} | {c for r, c in grid.origin if row <= r < row + height}
    stripes = [stripe for stripe in stripes if len(stripe) > 1 or stripe.start in titled]  # no stray cells
    return stripes if all(len(stripe) > 1 for stripe in stripes) else []


_ROW_NO = ("cooperative_reports", "row_no")


def _end_of_stripes(grid: Grid, row: int, vocabulary: Vocabulary) -> int:
    """The row before which tables side by side end: at the titles of another header, or at the end of the sheet."""
    header = {fold(grid.text(row, c)) for c in grid.filled[row]}
    for below in range(row + 2, grid.height):
        if len(grid.filled[below - 1]) > 2 or not _may_be_header(grid, below, vocabulary):
            continue
        if not header & {fold(grid.text(below, c)) for c in grid.filled[below]} >= header:
            while below - 1 > row and len(grid.filled[below - 1]) <= 2:
                below -= 1
            return below
    return grid.height


def _lay_together(layout: Layout, stripes: Sequence[Layout], first: int) -> None:
    """Puts the layouts of stripes into that of their sheet: a row has the strongest of its classes, once for each form."""
    for stripe in stripes:
        layout.tables += stripe.tables
        layout.doubts += stripe.doubts
    for row in range(first, len(stripes[0].kinds)):
        strongest: dict[str, RowKind] = {}
        for stripe in stripes:
            kind, form = stripe.kinds[row], stripe.forms[row]
            if form not in strongest or _STRENGTH[kind] > _STRENGTH[strongest[form]]:
                strongest[form] = kind
        ranked = sorted(strongest.items(), key=lambda item: -_STRENGTH[item[1]])
        layout.forms[row], layout.kinds[row] = ranked[0]
        layout.beside += [(row, form, kind) for form, kind in ranked[1:] if form and _STRENGTH[kind] > _STRENGTH["note"]]


# ---- header blocks


def _is_number(value: object) -> bool:
    return type(value) in (float, int)


def _may_be_header(grid: Grid, row: int, vocabulary: Vocabulary) -> bool:
    filled = grid.filled[row]
    if len(filled) < 2:
        return False
    if re.fullmatch(r"\(?\d{1,4}[.)]?", grid.text(row, min(filled))) or any(isinstance(value, date) for value in filled.values()):
        return False
    texts = [grid.text(row, column) for column, value in filled.items() if isinstance(value, str)]
    texts = [text for text in texts if text and not text.isdigit()]
    if (
        len(texts) < 2
        or len(texts) < 0.6 * len(filled)
        or any(_is_proper_name(t) and max(vocabulary.match_words(t).values(), default=0.0) < 0.8 for t in texts[:3])
    ):
        return False
    hits, seen = 0, set()
    for text in texts:
        if len(text) > 140 or text in seen:
            continue
        seen.add(text)
        header = read_header((text,))
        scores = vocabulary.match_header(header)
        if scores and max(scores.values()) >= HEADER_HIT:
            hits += 1
        elif vocabulary.is_code(text) and any(grid.origin.get((row, c + 1)) == (row, c) for c in filled if grid.text(row, c) == text):
            hits += 1  # the title of a group of columns
    return hits >= 2 and hits >= 0.34 * len(seen)


def _is_proper_name(text: str) -> bool:
    """Whether a text is the name of one co-operative ("HTX Mỹ Tân") and not words about them ("HTX có sản phẩm xuất khẩu")."""
    return bool(_NAME_TEXT.match(text)) and len(text.split()) > 2 and text.split()[-1].istitle()


def _block_rows(grid: Grid, top: int) -> int:
    """How many rows the merged cells say that the header has; at least one."""
    bottom = top
    for first, _, last, _ in grid.sheet.merges:
        if first == top and last > bottom and last - first < 5 and grid.filled[top]:
            bottom = last
    return bottom - top + 1


def _paths(grid: Grid, top: int, height: int) -> dict[int, tuple[str, ...]]:
    """The header path of each column: texts from the outermost group down, merged groups repeated over their columns."""
    columns = sorted(
        {c for r in range(top, top + height) for c in grid.filled[r]}
        | {c for r in range(top, top + height) for (row, c) in grid.origin if row == r and grid.value(row, c) is not None}
    )
    paths: dict[int, tuple[str, ...]] = {}
    units = top + height - 1 if height > 1 and _is_unit_row(grid, top + height - 1) else None
    for column in columns:
        parts: list[str] = []
        for row in range(top, top + height):
            value = grid.value(row, column)
            if (
                value is None
                and row < top + height - 1
                and any(grid.filled[r].get(column) is not None for r in range(row + 1, top + height))
            ):
                value = _group_to_the_left(grid, row, column, top + height)
            if value is None:
                continue
            text = clean(value) if isinstance(value, str) else plain(value)
            if row == units and parts and text:
                parts[-1] = f"{parts[-1]} ({text.strip('()')})"
            elif text and (not parts or parts[-1] != text):
                parts.append(text)
        if parts:
            paths[column] = tuple(parts)
    for path, alike in itertools.groupby(paths, key=paths.__getitem__):
        _name_apart(paths, path, list(alike))
    return paths


def _is_unit_row(grid: Grid, row: int) -> bool:
    """Whether a row below the titles holds the units of its columns and nothing else: "người | tr.đ | ha"."""
    texts = [grid.text(row, c) for c in grid.filled[row]]
    units = [find_unit(text) for text in texts]
    return len(texts) > 1 and None not in units and any(unit.dimension != "count" for unit in units if unit is not None)


def _name_apart(paths: dict[int, tuple[str, ...]], path: tuple[str, ...], columns: list[int]) -> None:
    """A title over columns that have none of their own names them one by one: "Xóm, xã" over two."""
    parts = [part for part in re.split(r"[,;/&]|\s(?:và|-|–)\s", path[-1]) if re.search(r"[^\W\d_]", part)] if len(columns) > 1 else []
    if len(parts) == len(columns):
        for column, part in zip(columns, parts, strict=True):
            paths[column] = (*path[:-1], part.strip())


def _group_to_the_left(grid: Grid, row: int, column: int, bottom: int) -> object:
    """A group title typed in one cell without merging: it reaches to the right while its columns have titles of their own below."""
    for left in range(column - 1, -1, -1):
        value = grid.filled[row].get(left)
        if value is not None:
            below = any(grid.filled[r].get(left) is not None for r in range(row + 1, bottom))
            return value if below and (row, left) not in grid.origin else None
        if not any(grid.filled[r].get(left) is not None for r in range(row + 1, bottom)):
            return None
    return None


_ROUND = re.compile(r"(?:danh gia |cong nhan |cap |xep hang )?lan (?:thu )?(\d|dau|nhat|hai|ba)\b")


def _rounds(headers: dict[int, Header]) -> dict[int, tuple[Round, ...]]:
    """Groups of the same columns for every time that something happened ("Lần 1" over stars, number and date, "Lần 2" over the same):
    for each column of the last group, its like in every group, the last first."""
    groups: dict[int, dict[str, int]] = {}
    for index, header in headers.items():
        time = _ROUND.match(fold(header.path[-2])) if len(header.path) > 1 else None
        if time is not None:
            number = {"dau": 1, "nhat": 1, "hai": 2, "ba": 3}.get(time.group(1)) or int(time.group(1))
            groups.setdefault(number, {})[fold(header.path[-1])] = index
    if len(groups) < 2 or len({frozenset(group) for group in groups.values()}) > 1 or len(groups[max(groups)]) < 2:
        return {}
    times = [groups[number] for number in sorted(groups, reverse=True)]
    return {
        index: tuple(Round(group[title], headers[group[title]], tuple(group.values())) for group in times)
        for title, index in times[0].items()
    }


def _is_judged(header: Header, profile: Profile, vocabulary: Vocabulary) -> bool:
    """Whether a column says what was decided and when (stars, a certificate, a day), by words and values: amounts of several times add up."""
    scores = vocabulary.match_header(read_header(header.path[-1:]))
    best = max(scores.values(), default=0.0)
    numbers = {f.unit for (form, name), score in scores.items() if score >= best - TIE and (f := FORMS[form].field(name)).type == "number"}
    if (header.unit is not None and header.unit.code != "star") or not numbers <= {"star"}:
        return False
    stars = numbers == {"star"} and (profile.median or 0.0) <= 5 and all(sum(map(str.isdigit, text)) < 2 for text in profile.texts)
    return stars or profile.number < 0.3


@dataclass(slots=True)
class Profile:
    """What a column holds, as shares of its filled cells in the sample."""

    filled: int
    number: float
    date: float
    year: float
    name: float
    digits: float  # nine to fourteen digits, typed or true numbers
    coded: float  # the same typed as text: codes, for large amounts are true numbers
    short: float
    distinct: float
    texts: list[str]
    examples: list[str]  # the first dozen different texts
    median: float | None  # of the true numbers
    fractions: float
    figures: dict[int, float]  # the true numbers by row
    answers: dict[str, float] = default(default_factory=dict)

    def share(self, question: str, good: Callable[[str], bool]) -> float:
        """Of the first dozen different texts, how many are good; a question that several fields ask is answered once."""
        if not self.examples:
            return 0.0
        if question not in self.answers:
            self.answers[question] = sum(map(good, self.examples)) / len(self.examples)
        return self.answers[question]


_KIND_OF = re.compile(r"^(?:phan loai|loai|nhom|hinh thuc|dang)\b(?! (?:cay|nong san|san pham|hang hoa|hang\b(?! muc)|qua|giong|vat nuoi))")
_NUMBER_OF = re.compile(
    r"^(?:so|ma)\b(?! (?:lieu|tien|luong|von|du|nam|thang|ky))(?!.*\bngay\b)"
)  # "Số khế ước nhận nợ": no date, whatever it holds
_INCOME = re.compile(r"\b(?:thu nhap|luong|cong|tn|tnbq|thu)\b")
_WHO = re.compile(r"^(?:nơi|bên|cơ quan|đơn vị|tổ chức|ai)\b", re.I)  # with its accents: "Nội dung vay" is no place
_OWNER = re.compile(
    r"\b(?:htx|hop tac|tht|lhhtx|qtdnd|don vi|co so|chu|to chuc|ten|ben|nguoi|khach hang|noi|doanh nghiep|dn|doi tuong|dai dien|danh xung)\b"
)
_OPENS = re.compile(r"^từ\b", re.I)
_UNTIL = re.compile(r"^(?:đến|hết|tới)\b", re.I)
_CLOSES = re.compile(r"\b(?:đến|tới|hết|kết thúc|bế mạc|hạn|cuối)\b(?! hạn từ)", re.I)
_BODY = re.compile(
    r"^(?:viện|trung tâm|tt khuyến|chi cục|cục|sở|công ty|cty|trạm|học viện|trường|đại học|hội|ubnd|phòng|liên minh|ban quản lý|tập đoàn)\b",
    re.I,
)
_BODY_BARE = re.compile(
    r"^(?:vien|trung tam|tt khuyen|chi cuc|cuc|so(?= [a-z])|cong ty|cty|tram|hoc vien|truong|dai hoc|hoi|ubnd|phong|lien minh|ban quan ly|tap doan)\b",
    re.I,
)
_SECTOR = re.compile(
    r"^(?:nong|lam|thuy san|che bien|khai thac|co khi|thu cong|nghe|kinh doanh|thu mua|cung ung|det|trong trot|chan nuoi|nong lam|dich vu|thuong mai|van tai|xay dung|moi truong|du lich|cong nghiep|tieu thu|ttcn|tin dung|duoc lieu|dien|nuoc|tong hop)\b"
)
_SUBJECTS = ("process", "purpose", "work", "course", "event", "model")
_BODIES = ("provider", "organiser", "issuer", "exporter", "holder", "facility", "source", "venue", "address")
_PRODUCTS = ("product", "products")
_PLACES = ("address", "area_name")
_PLACE = re.compile(r"(?:xóm|thôn|bản|ấp|khu|tiểu khu|tổ dân phố|tdp|tổ|phố|khối|đội)\s+\S", re.I)
_PLANT_CODE = re.compile(r"^[A-Z]{2}[-. ][A-Z]{2,5}[-. ]?\d{1,6}$")
_CONTACT = re.compile(
    r"\d(?:[ .-]?\d){7}|@|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|^(?:19|20)\d\d$|^[xX*•.]+$"
)  # a telephone, an identity number, a birthday
_CODED = re.compile(r"\D{0,2}\d{9,14}(?:-\d{3})?")
_OTHER_TIME = re.compile(
    r"\b(?:dau nam|dau k[iy]|binh quan thang|bq thang|ke hoach|kh|nam truoc|cung k[iy]|so sanh|t[iy] le|uoc|chi tieu giao|muc tieu|tang giam)\b"
)
# "22.105" is a number and "01-20" a contract's; a month with its year is written out
_DATE_TEXT = re.compile(
    r"^(?:(?:đến|hết|tới|từ|trước) (?:hết )?(?:ngày )?)?(?:\d{1,2}[/.-]){2}\d{2,4}$|^(?:0?[1-9]|1[0-2])(?:[/.-](?:19|20)\d\d|/\d\d)$|^\d{4}-\d\d-\d\d|^(?:t|th|tháng|quý|q|năm|ngày)\.?\s*[\dIVX]",
    re.I,
)
_NUMBER_TEXT = re.compile(
    r"^[*★☆]{1,5}$|^[~≈<>(]?\s*(?:hơn|trên|gần|khoảng|ước|dưới)?\s*-?\d[\d.,\s\xa0]*\)?\s*(?:%|đ|k|ha|m2|m²|tấn|tạ|kg|tỷ|tỉ|triệu|tr|nghìn|ngàn|tem|người|lượt|lớp)?.{0,8}$",
    re.I,
)
_CODE_TEXT = re.compile(r"^\d{1,5}\s*[/-]\s*(?:\d+\s*[/-]|[A-ZĐ]{2})")  # "05/2024/KU"
_NAME_TEXT = re.compile(
    r"^(?:\d+[.)]\s*)?(?:h\.?t\.?x|htx\w*|tht|hợp tác xã|tổ hợp tác|tổ ht|lhhtx|liên hiệp|lh htx|liên nhóm|qtdnd|quỹ tín dụng|công ty|cty|doanh nghiệp|hộ kinh doanh|hkd|nhóm|tổ)\b",
    re.I,
)


def _sample(grid: Grid, first: int) -> list[int]:
    """The rows that tell what columns hold: the first ones with two cells or more, without totals, up to the signatures or the next header."""
    rows: list[int] = []
    for row in range(first, min(first + SAMPLE, grid.height)):
        filled = grid.filled[row]
        if 1 < len(filled) <= 3 and any(isinstance(v, str) and len(v) < 60 and _TAIL.match(fold(v) + " ") for v in filled.values()):
            break
        if len(filled) > 1:
            lead = next((grid.text(row, c) for c, v in filled.items() if isinstance(v, str)), "")
            if rows and _NUMBERS_TITLE.fullmatch(lead):
                break
            if not (_TOTAL.match(folded := fold(lead)) and not _NOT_TOTAL.match(folded) and _sums_up(lead)):
                rows.append(row)
    widest = max((len(grid.filled[row]) for row in rows), default=0)
    return [row for row in rows if widest < 6 or len(grid.filled[row]) > 2]  # a section and its number tell nothing of the columns


class _Shape(NamedTuple):
    """What a typed text looks like."""

    number: bool
    date: bool
    name: bool
    coded: bool
    year: bool
    ditto: bool


@lru_cache(maxsize=32768)
def _shape(text: str) -> _Shape:
    is_date = bool(_DATE_TEXT.match(text))
    return _Shape(
        bool(_NUMBER_TEXT.match(text)) and not is_date and not _CODE_TEXT.match(text), is_date or read_span(text) is not None, bool(_NAME_TEXT.match(text)),
        bool(_CODED.fullmatch(text)), _is_year(text), is_ditto(text),
    )  # fmt: skip


_DITTO = re.compile(r"[-–\s\"“”〃']*(?:nt|như trên|nhu tren)[-–\s\"“”〃'.]*|-?\s*(?:[\"“”〃]|''){1,2}\s*-?", re.I)
_BEFORE_DITTO = frozenset("nN-–\"“”〃'")


def is_ditto(text: str) -> bool:
    """Whether a cell says "the same as above": "nt", "-nt-", a ditto mark."""
    return len(text) <= 12 and (text := text.strip())[:1] in _BEFORE_DITTO and _DITTO.fullmatch(text) is not None


def _profile(grid: Grid, column: int, rows: Iterable[int]) -> Profile:
    """What a column holds in some rows."""
    filled = grid.filled
    cells = {row: filled[row][column] for row in rows if column in filled[row]}
    kinds = set(map(type, cells.values()))
    if kinds == {float} and all(map(math.isfinite, cells.values())):  # type: ignore[arg-type]
        return _profile_figures(cells)  # type: ignore[arg-type]
    figures = {} if kinds == {str} else {row: float(value) for row, value in cells.items() if type(value) is float or type(value) is int}
    if figures and len(figures) == len(cells) and all(map(math.isfinite, figures.values())):
        return _profile_figures(figures)
    texts = typed = [clean(value) if type(value) is str else plain(value) for value in cells.values()]
    number, dates, years, digits = len(figures), 0, 0, 0
    if not kinds <= {str}:
        typed = [text for text, value in zip(texts, cells.values(), strict=True) if type(value) is str]
        others = [(text, value) for text, value in zip(texts, cells.values(), strict=True) if type(value) is not str]
        dates = sum(isinstance(value, date) for _, value in others)
        years = sum(_is_year(text) for text, _ in others)
        digits = sum(len(text) > 8 and _CODED.fullmatch(text) is not None and not text.endswith("000") for text, _ in others)
    names = coded = dittos = 0
    for text, times in Counter(typed).items():
        shape = _shape(text)
        years += times * shape.year
        if shape.ditto:
            dittos += times
            continue
        number += times * shape.number
        dates += times * shape.date
        names += times * shape.name
        coded += times * shape.coded
    strings = [text for text in typed if not is_ditto(text)] if dittos else typed
    n = len(cells) - dittos or 1
    median = sorted(figures.values())[len(figures) // 2] if figures else None
    fractions = sum(not f.is_integer() for f in figures.values())
    return Profile(
        len(cells), number / n, dates / n, years / n, names / n, (coded + digits) / n, coded / n, sum(len(text) <= 3 for text in texts) / n,
        len(set(texts)) / n, strings, list(dict.fromkeys(strings))[:12], median, fractions / n, figures,
    )  # fmt: skip


def _profile_figures(figures: dict[int, float]) -> Profile:
    """The same of a column of true numbers, by row: what their texts would say is told by their size."""
    n = len(figures)
    values = sorted(figures.values())
    whole = [f for f in values if f.is_integer()]
    short = bisect_left(whole, 1000) - bisect_right(whole, -100)
    years = bisect_right(whole, 2045) - bisect_left(whole, 1985)
    digits = sum(1e8 <= abs(f) < 1e14 and f % 1000 != 0 for f in whole) if whole and max(-whole[0], whole[-1]) >= 1e8 else 0  # no amounts
    fractions = n - len(whole)
    short += sum(len(repr(f)) <= 3 for f in values if not f.is_integer()) if fractions else 0
    return Profile(
        n, 1.0, 0.0, years / n, 0.0, digits / n, 0.0, short / n, len(set(values)) / n, [], [], values[n // 2], fractions / n, figures
    )


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdecimal() and 1985 <= int(text) <= 2045


def _evidence(field: Field, header: Header, profile: Profile, vocabulary: Vocabulary) -> float:
    """What the values and the unit below a header say for or against a field, about -1 to 0.3."""
    titled = _evidence_of_title(field, header, profile.number >= 0.95, vocabulary)
    return _evidence_of_values(field, header, profile, vocabulary, titled)


def _evidence_of_title(field: Field, header: Header, figures: bool, vocabulary: Vocabulary) -> float:
    """What a header's first word and its unit say for or against a field; `figures`: whether nothing but numbers stands below it."""
    score = 0.0
    if _KIND_OF.match(fold(header.path[-1])):
        score += 0.25 if field.type == "code" else -0.25 if field.type in ("text", "name") and not field.personal else 0.0
    if vocabulary.heads_other(field, header.path[-1], figures):
        score -= 0.45
    if field.type == "number" and len(header.path) == 1 and fold(header.path[0]) == "ngay":
        score -= 0.6  # a day, no count of days
    dimension = header.unit.dimension if header.unit else None
    if dimension is not None:
        if field.type == "number":
            wanted = field.dimension
            related = {("income", "money"), ("rate", "ratio"), ("money", "currency"), ("ratio", "rate")}
            if dimension == wanted:
                score += 0.12
            elif (wanted, dimension) in related:
                score += 0.04
            else:
                score -= 0.6
            if wanted == "area" and dimension == "area" and header.unit and field.unit in ("m2", "ha"):
                score += 0.04 if header.unit.code == field.unit else -0.03
        elif field.type in ("code", "name", "date", "commune", "district", "tax_code", "lender"):
            score -= 0.4
        elif dimension in ("money", "area", "mass", "currency"):
            score -= 0.2
    return score


# The most that values count for a field of a type, whatever `_evidence_of_values` says.
MOST_BY_VALUES = {
    "number": 0.06, "date": 0.25, "name": 0.2, "tax_code": 0.2, "row_no": 0.1, "note": 0.0, "code": 0.2, "lender": 0.2, "district": 0.2,
    "commune": 0.15, "unit": 0.1, "text": 0.3,
}  # fmt: skip


def _evidence_of_values(field: Field, header: Header, p: Profile, vocabulary: Vocabulary, score: float) -> float:
    """A score with what the values below a header say for or against a field."""
    if not p.filled:
        return score
    dimension = header.unit.dimension if header.unit else None
    match field.type:
        case "number":
            good = p.number
            score += 0.06 if good >= 0.7 else (-0.5 if good < 0.25 and p.filled >= 2 else -0.1 if good < 0.5 else 0.0)
            if p.coded > 0.5:
                score -= 0.4
            if field.whole and (p.fractions > 0.3 or (p.median is not None and p.median > float(field.plausible[1] or 1e9))):
                score -= 0.4  # no count of persons or classes
            if field.dimension == "income" and not _INCOME.search(fold(header.label)) and dimension is None:
                score -= 0.4  # "Lao động bình quân" counts people
            if _is_off(field, header, p):
                score -= 0.3
            if _OTHER_TIME.search(fold(header.path[-1])):
                score -= 0.35  # the plan, or the year before, beside what was achieved
        case "date":
            good = max(
                p.date, p.year, sum(f.is_integer() and 30_000 <= f <= 55_000 for f in p.figures.values()) / p.filled
            )  # days by number
            score += 0.15 if good >= 0.5 else (-0.45 if p.filled >= 2 and good < 0.2 else -0.1)
            score -= 0.4 if _NUMBER_OF.match(fold(header.path[-1])) else 0.0
            if field.until is not None or field.end:
                cue = _CLOSES.search(header.path[-1]) is not None or p.share("until", lambda t: bool(_UNTIL.match(t))) >= 0.6
                score += 0.1 if cue == field.end and (cue or _OPENS.match(header.path[-1])) else -0.15 if cue != field.end and cue else 0.0
        case "name":
            if p.name >= 0.5 and (p.short >= 0.5 or p.distinct < 0.3):
                score -= 0.4  # a kind ("HTX", "THT"), no name
            score += 0.2 if p.name >= 0.5 else (-0.35 if p.number > 0.6 or p.date > 0.5 else -0.12 if p.name < 0.15 else 0.0)
            if p.name < 0.15 and not _OWNER.search(fold(header.label)):
                score -= 0.3  # neither the values nor the header speak of an organisation: "Mô hình đã làm"
            if p.share("lender", lambda t: vocabulary.read_choice("lender_names", t) is not None) >= 0.6:
                score -= 0.35
        case "tax_code":
            score += 0.2 if p.digits >= 0.4 else (-0.35 if p.digits < 0.1 and (p.filled >= 3 or (p.median or 1e9) < 1e6) else 0.0)
        case "row_no":
            score += 0.1 if p.short >= 0.8 else -0.4
        case "note":
            score -= 0.4 if p.filled >= 2 and max(p.name, p.number, p.date) >= 0.6 else 0.0
        case "code":
            good = p.share(f"like {field.codes}", lambda t: vocabulary.looks_like_code(field.codes or "", t))
            score += 0.2 if good >= 0.6 else (-0.35 if good < 0.2 and p.filled >= 2 else 0.0)
            if (
                p.distinct == 1.0
                and p.share(f"exactly {field.codes}", lambda t: vocabulary.read_exactly(field.codes or "", t) is not None) < 0.3
            ):
                score -= 0.1  # "IPM bưởi đỏ", "IPM su su": names that begin with the code
        case "lender":
            good = p.share("lender", lambda t: vocabulary.read_choice("lender_names", t) is not None)
            score += 0.2 if good >= 0.5 else (-0.3 if good < 0.1 and p.filled >= 2 else 0.0)
        case "district":
            good = p.share("district", lambda t: vocabulary.read_district(t) is not None)
            score += 0.2 if good >= 0.6 else (-0.5 if p.filled >= 2 and good < 0.3 else 0.0)
        case "commune":
            good = p.share("perhaps commune", lambda t: _may_be_commune(t, vocabulary))
            score += 0.15 if good >= 0.4 else (-0.35 if p.filled >= 3 and good < 0.1 else 0.0)
        case "unit":
            score += 0.1 if p.distinct <= 0.5 or p.filled < 4 else -0.3
            if p.name > 0.3 or p.number > 0.5 or p.share("short", lambda t: len(t) <= 14) < 0.7 or p.share("body", _is_body) > 0.3:
                score -= 0.5
        case "text":
            if field.name in _SUBJECTS and _WHO.match(header.path[-1]):
                score -= 0.3
            bodies = p.share("body or lender", lambda t: _is_body(t) or vocabulary.read_choice("lender_names", t) is not None)
            if bodies >= 0.6:
                score += -0.35 if field.name in _SUBJECTS else 0.1 if field.name in _BODIES else 0.0
            elif field.name in _BODIES[:2] and bodies < 0.35 and len(p.texts) >= 2:
                score -= 0.2  # "Lớp dạy" is no teacher
            if field.name in _SUBJECTS and 0.5 <= p.number < 0.8:
                score -= 0.5  # figures and some words among them: a count badly typed
            if p.share("plant code", lambda t: bool(_PLANT_CODE.match(t))) >= 0.6:
                score += 0.3 if field.name == "code" else -0.2
            if field.name not in ("address", "area_name", "venue") and len(p.texts) >= 2:
                communes = p.share("commune", lambda t: vocabulary.read_commune(t, None, None) is not None)
                score -= 0.3 if communes >= 0.7 else 0.0
            if (
                field.name == "address"
                and p.texts
                and p.share("commune", lambda t: vocabulary.read_commune(t, None, None) is not None) >= 0.7
            ):
                score -= 0.15
            if field.name not in ("certificate_no", "contract_no", "registration_no", "code", "phone", "identity_no", "capacity"):
                score += (
                    (-0.9 if p.number > 0.95 and field.name in _SUBJECTS else -0.6 if p.number > 0.95 else -0.3)
                    if p.number >= 0.8 and p.filled >= 2
                    else 0.03
                )
            if p.date > 0.8 and not (field.name.endswith("_no") and _NUMBER_OF.match(fold(header.path[-1]))):
                score -= 0.45
            if field.name == "sector" or field.name in _PRODUCTS:
                sectors = p.share("sector", _is_sector)
                products = p.share("product", _is_product)
                own, other = (sectors, products) if field.name == "sector" else (products, sectors)
                score += 0.1 if own > other else -0.25 if other >= 0.6 else 0.0
            if field.name in _PLACES and p.share("place", _is_place) >= 0.6:
                score += 0.15
            if field.required and p.filled >= 4 and p.distinct < 0.5:
                score -= 0.15  # a few values over and over are kinds, not the subject of the rows
            if field.name.endswith("_no") and p.texts and p.share("numbered", lambda t: any(map(str.isdigit, t))) <= 0.5:
                score -= 0.6  # no certificate, contract or registration is without a number
            if field.name == "registration_no" and p.digits >= 0.7:
                score -= 0.3  # ten digits are a tax code
            if field.name in ("phone", "identity_no") and p.filled and p.share("contact", lambda t: bool(_CONTACT.search(t))) < 0.3:
                score -= 0.4 if p.texts else 0.0
            if p.name >= 0.5 and field.personal:
                score -= 0.6  # co-operatives, no person
            if p.name >= 0.6 and not field.personal and field.name not in ("facility", "exporter", "organiser", "issuer"):
                score -= 0.15
    return score


def _is_off(field: Field, header: Header, p: Profile) -> bool:
    """Whether the middle figure of a column of money, in the unit that its header states, is no figure of this field."""
    unit = header.unit
    if unit is None or not p.median or unit.dimension != field.dimension or field.dimension != "money":
        return False
    low, high = field.plausible
    amount = p.median * float(unit.factor)
    return (low is not None and amount < float(low)) or (high is not None and amount > float(high))


def _is_spelling(codes: str, vocabulary: Vocabulary, text: str) -> bool:
    return vocabulary.read_exactly(codes, text) is not None


@lru_cache(maxsize=8192)
def _is_sector(text: str) -> bool:
    return _SECTOR.match(fold(text)) is not None


@lru_cache(maxsize=8192)
def _is_product(text: str) -> bool:
    return _PRODUCT.search(fold(text)) is not None


def _is_place(text: str) -> bool:
    return _PLACE.match(text) is not None


@lru_cache(maxsize=8192)
def _is_body(text: str) -> bool:
    """Whether a text begins like the name of an office or a firm; typed without accents, by its longer words only."""
    return _BODY.match(text) is not None or (text.isascii() and _BODY_BARE.match(text) is not None)


def _may_be_commune(text: str, vocabulary: Vocabulary) -> bool:
    return vocabulary.read_commune(text, None, None) is not None or bool(
        re.match(r"(xã|phường|thị trấn|tt\.|p\.)\s*\S+(\s\S+)?$", text, re.I)
    )


Match = tuple[int, str, float]  # column, field, how well the words fit


class Block(tuple[tuple[int, Header], ...]):
    """The headers of a block, by column. Made by `_block`, so that what is known of one is found without comparing its headers again."""

    __slots__ = ()
    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__


_KEPT = 1024  # blocks of which is kept what their words say
_known_block = lru_cache(maxsize=_KEPT)(Block)


def _block(headers: dict[int, Header]) -> Block:
    """The one block with these headers; a very wide one would take too much memory to keep."""
    return (_known_block if len(headers) <= WIDE else Block)(tuple(headers.items()))


Words = TypeVarTuple("Words")
R = TypeVar("R")


def _once_a_block(function: Callable[[Block, *Words], R]) -> Callable[[Block, *Words], R]:
    """What the words of a header block say is worked out once for the sheets that have it."""
    known = lru_cache(maxsize=_KEPT)(function)

    def answer(block: Block, *about: *Words) -> R:
        return (known if len(block) <= WIDE else function)(block, *about)

    return answer


@_once_a_block
def _matches(block: Block, vocabulary: Vocabulary) -> dict[str, list[Match]]:
    """By form: which columns' words fit which fields."""
    found: dict[str, list[Match]] = {}
    for column, header in block:
        for (form_name, name), words in vocabulary.match_header(header).items():
            if words >= 0.2:
                found.setdefault(form_name, []).append((column, name, words))
    return found


@_once_a_block
def _promises(block: Block, vocabulary: Vocabulary) -> dict[str, float]:
    """By form: the most that it could be worth by its words alone."""
    promises: dict[str, float] = {}
    for name, matches in _matches(block, vocabulary).items():
        best: dict[int, float] = {}
        for column, _, words in matches:
            best[column] = max(best.get(column, 0.0), words)
        promises[name] = sum(best.values())
    return promises


def _stale(headers: dict[int, Header], titles: str) -> frozenset[int]:
    """Columns of another year beside those of the year that the title speaks of (the latest one, where it names none)."""
    named = {int(year) for year in re.findall(r"(?<!\d)(20\d\d)(?!\d)", titles)}
    written = {year for header in headers.values() for year in header.years}
    wanted = max(named & written, default=max(written, default=0))
    undated = {fold(header.path[-1]) for header in headers.values() if not header.years}
    before = frozenset(  # "Doanh thu năm 2021" beside "Doanh thu" in a list of 2022
        index for index, header in headers.items()
        if header.years and fold(header.path[-1]) in undated and max(header.years) < max(named, default=0)
    )  # fmt: skip
    return before | frozenset(index for index, header in headers.items() if header.years and wanted not in header.years)


class _Claim(NamedTuple):
    """What the words of a column's header say for a field. Pairs are for columns of words and of figures."""

    column: int
    field: Field
    words: float
    is_other: tuple[bool, bool]  # it names something that no form asks for
    titled: tuple[float, float]  # the evidence of the title
    by_unit: float
    lacks: bool
    leaning: dict[str, float]
    is_misplaced: bool  # the columns beside it measure something else
    is_round: bool
    rivals: float = -math.inf  # of words that leave no doubt: the most that any other claim to its column or its field can be worth

    def worth(self, by_values: float) -> float:
        """What it is worth with what the values say, before what a look at the columns takes away."""
        total = self.words + (0.15 if self.words > 0.995 else 0.0)
        total += by_values + (0.06 if self.field.required else 0.0)
        total += self.by_unit
        if self.lacks:
            total -= 0.2
        if self.words < 0.995:
            total += 0.15 * self.leaning.get(self.field.name, 0.0)
        return total


@_once_a_block
def _claims(block: Block, name: str, vocabulary: Vocabulary) -> list[_Claim]:
    """For the fields of a form: the columns of a header block whose words fit well enough for a look at what stands below them."""
    form, headers = FORMS[name], dict(block)
    fields = {f.name: f for f in form.fields}
    matches = _matches(block, vocabulary).get(name, [])
    dimensions = _dimensions_beside(headers, matches, fields)
    claims: list[_Claim] = []
    for column, field_name, words in matches:
        f, header = fields[field_name], headers[column]
        if not _is_considered(f, words) or words + (0.15 if words > 0.995 else 0.0) + 0.35 < ACCEPT:
            continue
        claims.append(
            _Claim(
                column, f, words,
                (False, False) if words >= 0.995 else (says_another(header, False), says_another(header, True)),
                (_evidence_of_title(f, header, False, vocabulary), _evidence_of_title(f, header, True, vocabulary)),
                _count_by_unit(form, f, header),
                words < 0.9 and (not f.required or words < 0.5) and vocabulary.lacks(name, field_name, header),
                vocabulary.lean(name, header, fields) if words < 0.995 else {},
                f.dimension in ("area", "money") and dimensions.get(column, f.dimension) != f.dimension,
                any(_ROUND.match(fold(part)) for part in header.path[:-1]),
            )
        )  # fmt: skip
    most = [(claim, claim.worth(max(claim.titled) + MOST_BY_VALUES[claim.field.type])) for claim in claims]
    return [
        claim._replace(rivals=max((m for c, m in most if (c.column == claim.column) != (c.field is claim.field)), default=0.0))
        if claim.words >= 0.995 else claim
        for claim in claims
    ]  # fmt: skip


def _assign(
    form: Form,
    block: Block,
    profiles: dict[int, Profile],
    vocabulary: Vocabulary,
    stale: frozenset[int],
) -> tuple[list[Column], float]:
    """Fields to columns one to one, best fits first; a column whose two best free fields tie is refused. Returns columns and their worth."""
    headers = dict(block)
    fields = {f.name: f for f in form.fields}
    columns = {index: Column(index, header) for index, header in headers.items()}
    taken_fields = _settle(form, columns, vocabulary)
    taken_fields |= _spread_groups(form, columns, profiles, vocabulary, stale) or _spread_codes(form, columns, profiles, vocabulary)
    lists = {f.codes for f in form.fields if f.codes}

    @cache
    def is_coded(column: int) -> bool:
        """Whether a column holds values of one of the form's code lists."""
        p = profiles[column]
        return any(p.share(f"spelling {name}", partial(_is_spelling, name, vocabulary)) >= 0.6 for name in lists)

    def weigh(claim: _Claim) -> float:
        """What a claim is worth by the column's words and values; less than `ACCEPT` where it is none."""
        number, f = claim.column, claim.field
        p = profiles[number]
        if claim.is_other[p.number >= 0.5]:
            return -math.inf
        titled = claim.titled[p.number >= 0.95]
        total = claim.worth(min(_evidence_of_values(f, headers[number], p, vocabulary, titled), titled + MOST_BY_VALUES[f.type]))
        if f.type == "text" and is_coded(number):
            total -= 0.3
        if number in stale and (f.type in ("number", "date") or p.number >= 0.7):
            total -= 0.5
        if claim.is_misplaced:
            total -= 0.4
        if claim.is_round:
            total -= 0.15  # "Hạng sao hiện tại" before what it was each time
        return total

    claims = _claims(block, form.name, vocabulary)
    # Most columns bear the very words of a field, and no other claim to that column or that field can come near: it gets the field
    # when its turn comes, nothing ties with it, and by then or before no other claim to the column counts. Those are not looked at.
    sure: dict[int, tuple[_Claim, float]] = {}
    for claim in claims:
        if claim.rivals > -math.inf and columns[claim.column].field is None and claim.field.name not in taken_fields:
            total = weigh(claim)
            if total >= ACCEPT and total - TIE > claim.rivals + 1e-6:
                sure[claim.column] = claim, total
    scored: list[tuple[float, int, str]] = []
    by_column: dict[int, list[tuple[float, str]]] = {}
    own_words: dict[tuple[int, str], float] = {}
    leaning: dict[int, dict[str, float]] = {}
    for claim in claims:
        number, name = claim.column, claim.field.name
        the_one, total = sure.get(number, (None, 0.0))
        if the_one is None:
            total = weigh(claim)
        elif claim is not the_one:
            continue
        if claim.words < 0.995 and total > -math.inf:
            leaning[number] = claim.leaning
        if total >= ACCEPT:
            own_words[number, name] = claim.words
            scored.append((total, number, name))
            by_column.setdefault(number, []).append((total, name))
    scored.sort(key=lambda item: (-item[0], item[1], item[2]))
    refused: set[int] = set()
    for total, index, name in scored:
        column = columns[index]
        if column.field is not None or name in taken_fields or index in refused:
            continue
        own = own_words[index, name]
        rivals = [
            other
            for score, other in by_column[index]
            if other != name and other not in taken_fields and total - score < TIE and own - own_words[index, other] < 0.08
        ]
        rivals = [
            r for r in rivals if not any(i != index and s >= total + TIE for s, i, n in scored if n == r and columns[i].field is None)
        ]
        lacking = [r for r in (name, *rivals) if fields[r].required]
        if (
            rivals
            and len(lacking) == 1
            and not any(n == lacking[0] and columns[i].field is None and s > total for s, i, n in scored if i != index)
        ):
            said = leaning.get(index, {})
            if all(said.get(lacking[0], 0.0) >= said.get(r, 0.0) for r in (name, *rivals)):
                name, rivals = lacking[0], []  # no other column could be what the form cannot do without
        if {name, *rivals} == {"commune_code", "address"}:  # "Trụ sở (bản, xã)": what stands there decides
            detailed = profiles[index].share("place", _is_place) >= 0.5
            name, rivals = "address" if detailed else "commune_code", []
        if rivals and fields[name].type not in ("row_no", "note"):
            column.candidates = (name, *rivals)
            refused.add(index)
            continue
        column.field, column.score = fields[name], total
        taken_fields[name] = index
    # a field refused in a tie may be the only one left once the others found their columns
    for index in sorted(refused):
        column = columns[index]
        left = [name for name in column.candidates if name not in taken_fields]
        if len(left) == 1:
            score = max(s for s, n in by_column[index] if n == left[0])
            column.field, column.score, column.candidates = fields[left[0]], score, ()
            taken_fields[left[0]] = index
    _assign_by_values(form, columns, taken_fields, _matches(block, vocabulary).get(form.name, []), profiles, vocabulary, stale)
    _exchange(form, columns, taken_fields, profiles)
    for column in columns.values():  # one box to tick beside columns with sizes
        if column.field is not None and column.field.type == "code" and not column.marks and column.given is None:
            p, code = profiles[column.index], _code_in_title(column.field, column.header.path[-1], True, vocabulary)
            if code is not None and p.filled and sum(bool(_TICK.match(t)) for t in p.texts) >= 0.8 * p.filled:
                column.marks = {column.index: code}
    for f in form.fields:  # the whole cost stands for the support where no column says what was given
        if f.instead and f.instead not in taken_fields and f.name in taken_fields:
            index = taken_fields.pop(f.name)
            columns[index].field = fields[f.instead]
            taken_fields[f.instead] = index
    worth = 0.0
    for column in columns.values():
        if column.field is not None:
            # what was taken only because nothing else was left says little of the form
            told = column.score > BY_VALUES
            worth += min(column.score, BY_WORDS) * (_weight(column.field) if told else min(_weight(column.field), 1.0))
    return sorted(columns.values(), key=lambda c: c.index), worth


def _dimensions_beside(headers: dict[int, Header], matches: Sequence[Match], fields: dict[str, Field]) -> dict[int, str]:
    """What a title without a unit that is an abbreviation of several things measures ("DT": doanh thu, diện tích), by the columns under the same
    group, else by those next to it, where they agree."""
    found: dict[int, str] = {}
    for index, header in headers.items():
        if header.unit is not None or not is_ambiguous(header.path[-1]):
            continue
        group = {i for i, other in headers.items() if i != index and len(header.path) > 1 and other.path[:-1] == header.path[:-1]}
        near = group or {index - 1, index + 1}
        sure = {fields[name].dimension for i, name, words in matches if i in near and words >= 0.9 and fields[name].type == "number"}
        sure &= {"area", "money"}
        if len(sure) == 1:
            found[index] = str(sure.pop())
    return found


def _count_by_unit(form: Form, f: Field, header: Header) -> float:
    """For or against a field where the unit is a noun that says what is counted: "Học viên (lượt)" are attendances."""
    counted = _COUNTED.get(header.unit.code, ()) if header.unit is not None else ()
    if f.dimension != "count" or not any(g.name in counted for g in form.fields):
        return 0.0
    return 0.3 if f.name in counted else -0.5


def _falls_short(name: str, block: Block, vocabulary: Vocabulary, score: float) -> bool:
    """Whether a form stays below a score even with all columns whose words fit at their most, and the others as if taken by their values."""
    room: float = (score - 1.0) * len(block) ** 0.5
    return sum(_most_by_words(block, name, vocabulary).values()) < room and _most(block, name, vocabulary) < room


@_once_a_block
def _most_by_words(block: Block, name: str, vocabulary: Vocabulary) -> dict[int, float]:
    most = {column: BY_VALUES * REQUIRED for column, _ in block}
    fields = {f.name: f for f in FORMS[name].fields}
    for column, field_name, words in _matches(block, vocabulary)[name]:
        f = fields[field_name]
        if _is_considered(f, words):
            most[column] = max(most[column], BY_WORDS * max(_weight(f), _weight(fields[f.instead or field_name])))
    return most


@_once_a_block
def _most(block: Block, name: str, vocabulary: Vocabulary) -> float:
    """What a form's columns are worth at most where some are given by data staff or titled with values of its code lists."""
    most = dict(_most_by_words(block, name, vocabulary))
    spread = [f for f in FORMS[name].fields if _is_spread(f)]
    for column, header in block:
        if vocabulary.settled_field(name, header) is not None:
            most[column] = BY_WORDS * REQUIRED
        elif any(_code_in_title(f, part, True, vocabulary) is not None for f in spread for part in header.path):
            most[column] = max(most[column], BY_CODE * REQUIRED)
    return sum(most.values())


def _settle(form: Form, columns: dict[int, Column], vocabulary: Vocabulary) -> dict[str, int]:
    """Columns whose very headers data staff gave to a field; of several with one spelling, the one of which it names the most."""
    best: dict[str, list[tuple[int, int]]] = {}
    for index, column in columns.items():
        settled = vocabulary.settled_field(form.name, column.header)
        if settled is not None:
            best.setdefault(settled[0], []).append((settled[1], index))
    taken: dict[str, int] = {}
    for name, found in best.items():
        most = [index for parts, index in found if parts == max(found)[0]]
        if len(most) == 1:
            taken[name] = most[0]
            columns[most[0]].field, columns[most[0]].score = form.field(name), BY_WORDS
    return taken


def _assign_by_values(
    form: Form,
    columns: dict[int, Column],
    taken: dict[str, int],
    matches: list[Match],
    profiles: dict[int, Profile],
    vocabulary: Vocabulary,
    stale: frozenset[int],
) -> None:
    """Columns whose titles say nothing known: what stands in them decides, where only one free field can hold it."""
    words = {(column, name): score for column, name, score in matches}
    free = [f for f in form.fields if f.name not in taken and not f.personal]
    open_columns = [
        c
        for c in columns.values()
        if c.field is None
        and profiles[c.index].filled
        and c.index not in stale
        and not says_another(c.header, profiles[c.index].number >= 0.5)
    ]
    left = [c for c in open_columns if not c.candidates and (profiles[c.index].filled >= 2 or c.header.unit is not None)]

    def take(column: Column, f: Field) -> None:
        column.field, column.score = f, BY_VALUES
        taken[f.name] = column.index
        column.candidates = ()
        free.remove(f)
        if column in left:
            left.remove(column)

    _assign_initials(form, left, free, profiles, vocabulary, take)
    bodies = [f for f in free if f.name in _BODIES[:4]]
    for f in list(free):
        if f in bodies and len(bodies) > 1:
            continue
        fits = [c for c in left if c.header.unit is None and _only_fits(f, profiles[c.index], vocabulary)]
        if len(fits) > 1:
            best = max(words.get((c.index, f.name), 0.0) for c in fits)
            fits = [c for c in fits if best > 0 and words.get((c.index, f.name), 0.0) == best]
        if len(fits) == 1:
            take(fits[0], f)
    ends = [f for f in free if f.end and any(g.until == f.name and g.name in taken for g in form.fields)]
    terms = [c for c in left if _is_term(c.header, profiles[c.index])]
    if len(ends) == len(terms) == 1:
        take(terms[0], ends[0])
    for column in list(left):
        p = profiles[column.index]
        unit = column.header.unit or _unit_of_cells(p)
        if p.number < 0.7:
            continue
        numbers = [f for f in free if f.type == "number"]
        if unit is not None and unit.dimension == "count":
            counted = [f for f in numbers if f.name in _COUNTED.get(unit.code, ())]
            numbers = counted or [f for f in numbers if f.dimension == "count" and (f.required or f.unit == unit.code)]
        elif unit is not None:
            numbers = [f for f in numbers if f.dimension == unit.dimension and not _is_off(f, column.header, p)]
            numbers = [f for f in numbers if f.unit == unit.code] or numbers
        else:
            numbers = [f for f in numbers if f.required and f.unless is None]
        said = [f for f in numbers if words.get((column.index, f.name), 0.0) > 0]
        numbers = said if len(said) == 1 else numbers
        rivals = [c for c in left if c is not column and profiles[c.index].number >= 0.7 and c.header.unit == unit]
        if _WHOLE.match(fold(column.header.path[-1])):  # "Tổng | Trong đó cấp mới" under one title
            rivals = [c for c in rivals if c.header.path[:-1] != column.header.path[:-1] or not _PART.match(fold(c.header.path[-1]))]
        if len(numbers) == 1 and (not rivals or words.get((column.index, numbers[0].name), 0.0) > 0.3):
            take(column, numbers[0])
    for kind in ("date", "text"):
        for column in list(left):
            if _holds(kind, profiles[column.index]) < 0.6:
                continue
            fields = [f for f in free if f.type == kind and (kind == "date" or f.required or words.get((column.index, f.name), 0.0) >= 0.3)]
            if kind == "text":
                fields = [f for f in fields if _bears(f, profiles[column.index])]
            scored = sorted(((words.get((column.index, f.name), 0.0), f.required, f.name) for f in fields), reverse=True)
            rivals = [c for c in left if c is not column and _holds(kind, profiles[c.index]) >= 0.7]
            if not scored or (len(scored) > 1 and scored[0][:2] == scored[1][:2]):
                continue
            if scored[0][0] >= 0.3 or (not rivals and scored[0][1]) or (kind == "date" and not rivals and len(scored) == 1):
                take(column, form.field(scored[0][2]))
    _assign_leftovers(left, free, words, profiles, vocabulary, take)
    _assign_leaning(form, [c for c in open_columns if c.field is None], free, columns, taken, words, profiles, vocabulary, take)
    _assign_subject([c for c in open_columns if c.field is None], free, columns, taken, profiles, vocabulary, take)


_WHOLE = re.compile(r"^(?:tong|chung|toan bo|tat ca)\b")
_PART = re.compile(r"^(?:trong do|tr do|rieng|gom)\b")


def _assign_initials(
    form: Form,
    left: list[Column],
    free: list[Field],
    profiles: dict[int, Profile],
    vocabulary: Vocabulary,
    take: Callable[[Column, Field], None],
) -> None:
    """Columns titled with the initials of a spelling ("ĐVTH"), where it is one free field's and no other column's, and the values agree."""
    meant: dict[int, list[Field]] = {}
    for column in left:
        named = vocabulary.initials(form.name, column.header)
        meant[column.index] = [
            f for f in free if f.name in named and _evidence(f, column.header, profiles[column.index], vocabulary) >= 0.0
        ]
    for column in list(left):
        fields = meant[column.index]
        if len(fields) == 1 and sum(fields[0] in others for others in meant.values()) == 1:
            take(column, fields[0])


SURE = 0.9  # the score of a column whose words leave no doubt
NEAR = 0.25  # what the words must say for a field that is named as a candidate
PAIRED = 0.15  # what a column's words gain where the column beside it, under one title, is a part of what the field counts
# What a unit that is a noun counts: "Có mặt (lượt)".
_COUNTED = {
    "attendance": ("attendances",),
    "class": ("classes",),
    "household": ("households",),
    "model": ("models",),
    "process": ("processes",),
    "cooperative": ("coops",),
}
LEAN, LEAN_MARGIN = 0.45, 0.12  # what single words must say for a field, and more than for any other


def _assign_leaning(
    form: Form,
    left: list[Column],
    free: list[Field],
    columns: dict[int, Column],
    taken: dict[str, int],
    words: dict[tuple[int, str], float],
    profiles: dict[int, Profile],
    vocabulary: Vocabulary,
    take: Callable[[Column, Field], None],
) -> None:
    """Columns in words that no spelling holds together: each word speaks for the fields that use it. One pair at a time, the surest first,
    each only while neither its column nor its field has another nearly as good; where there is one, the column keeps its candidates."""
    scores: dict[tuple[int, str], float] = {}
    near: dict[int, list[tuple[float, str]]] = {}
    for column in left:
        named = vocabulary.named(form.name, column.header)
        if not any(f.name in named for f in free):
            continue
        fits = {
            f.name: _evidence(f, column.header, profiles[column.index], vocabulary)
            for f in form.fields
            if f.name in named and f.type not in ("row_no", "unit")
        }
        said = dict(vocabulary.lean(form.name, column.header, {name for name, fit in fits.items() if fit > -0.2}))
        for f in free:
            if f.type != "note" and fits.get(f.name, -1.0) >= 0.0 and _bears(f, profiles[column.index]):
                spoken = max(said.get(f.name, 0.0), 0.8 * words.get((column.index, f.name), 0.0))
                if spoken >= NEAR:
                    near.setdefault(column.index, []).append((spoken, f.name))
            if f.name in fits and _is_whole(form, f, column, columns, taken, profiles):
                said[f.name] = max(said.get(f.name, 0.0), words.get((column.index, f.name), 0.0)) + PAIRED
            if (
                said.get(f.name, 0.0) >= 0.2
                and f.type != "note"
                and (fits[f.name] > 0.09 or (f.type in ("number", "text") and fits[f.name] > -0.1))
                and _bears(f, profiles[column.index])
                and not _breaks_rule(form, f, column, columns, taken, profiles)
            ):
                lacks = f.type == "number" and vocabulary.lacks(form.name, f.name, column.header)
                scores[column.index, f.name] = said[f.name] + fits[f.name] - 0.2 * lacks
    while scores:
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        sure = next(
            (
                pair
                for pair, score in ranked
                if score >= LEAN
                and all(
                    score - other >= LEAN_MARGIN
                    for rival, other in ranked
                    if rival != pair and (rival[0] == pair[0] or rival[1] == pair[1])
                )
            ),
            None,
        )
        if sure is None:
            break
        take(columns[sure[0]], form.field(sure[1]))
        scores = {pair: score for pair, score in scores.items() if pair[0] != sure[0] and pair[1] != sure[1]}
    for column in left:
        open_fields = [(spoken, name) for spoken, name in near.get(column.index, ()) if name not in taken]
        column.near = tuple(name for _, name in sorted(open_fields, reverse=True)[:3])


def _assign_subject(
    left: list[Column],
    free: list[Field],
    columns: dict[int, Column],
    taken: dict[str, int],
    profiles: dict[int, Profile],
    vocabulary: Vocabulary,
    take: Callable[[Column, Field], None],
) -> None:
    """What the rows are about, in words of nobody ("Dạy cái gì"): where the form lacks nothing else, the column beside the running numbers,
    or the only one of texts that is left, if its cells all differ."""
    lacking = [f for f in free if f.required and f.unless is None and f.type not in ("code", "lender", "date")]
    if len(lacking) != 1 or lacking[0].name not in _SUBJECTS or len(taken) < 4:
        return
    f = lacking[0]
    texts = [
        c for c in left if profiles[c.index].distinct == 1.0 and _holds("text", profiles[c.index]) >= 0.9 and _bears(f, profiles[c.index])
    ]
    texts = [c for c in texts if _evidence(f, c.header, profiles[c.index], vocabulary) >= 0.0 and profiles[c.index].filled >= 2]
    first = [c for c in texts if "row_no" in taken and c.index == taken["row_no"] + 1]
    if len(first or texts) == 1:
        take((first or texts)[0], f)


def _bears(f: Field, p: Profile) -> bool:
    """Whether a column of texts may hold what a field names: "Màu bao bì" shares a word with "Đơn vị bao tiêu", but holds no offices and firms."""
    if f.name in _BODIES[:4]:
        return p.name + p.share("body", _is_body) >= 0.35
    if f.name in _PRODUCTS and p.share("product", _is_product) >= 0.6:
        return True  # "Cam", "Na"
    return f.type != "text" or p.short < 0.5 or p.filled < 2


_AT_MOST = re.compile(r"(\w+) <= (\w+)")


def _breaks_rule(
    form: Form, f: Field, column: Column, columns: dict[int, Column], taken: dict[str, int], profiles: dict[int, Profile]
) -> bool:
    """Whether the values of a column, taken for a field, would break a rule of the form ("female_members <= members") in most rows."""
    for rule in form.rules:
        match = _AT_MOST.fullmatch(rule.holds)
        if match is None or f.name not in match.groups():
            continue
        less, more = match.groups()
        other = taken.get(more if f.name == less else less)
        if other is None or columns[other].header.unit != column.header.unit:
            continue
        low, high = (column.index, other) if f.name == less else (other, column.index)
        pairs = [(value, profiles[high].figures[row]) for row, value in profiles[low].figures.items() if row in profiles[high].figures]
        if pairs and sum(a > b for a, b in pairs) > 0.5 * len(pairs):
            return True
    return False


def _exchange(form: Form, columns: dict[int, Column], taken: dict[str, int], profiles: dict[int, Profile]) -> None:
    """Two columns that were not taken by sure words, and whose figures break a rule of the form in most rows, are each other's."""
    for rule in form.rules:
        match = _AT_MOST.fullmatch(rule.holds)
        if match is None or rule.severity == "note" or match.group(1) not in taken or match.group(2) not in taken:
            continue  # what only a note says may well be so
        less, more = match.groups()
        low, high = columns[taken[less]], columns[taken[more]]
        if max(low.score, high.score) < SURE and low.given is None and high.given is None and _breaks_rule(
            form, form.field(less), low, columns, taken, profiles
        ):  # fmt: skip
            low.field, high.field = high.field, low.field
            taken[less], taken[more] = high.index, low.index


def _is_whole(
    form: Form, f: Field, column: Column, columns: dict[int, Column], taken: dict[str, int], profiles: dict[int, Profile]
) -> bool:
    """Whether a column beside another, under one title, holds the whole of which that one is a part, as a rule of the form says
    ("charter_capital_vnd <= total_capital_vnd"): its figures are never less and mostly more."""
    for rule in form.rules:
        match = _AT_MOST.fullmatch(rule.holds)
        if match is None or match.group(2) != f.name or match.group(1) not in taken:
            continue
        part = columns[taken[match.group(1)]]
        if abs(part.index - column.index) != 1 or len(column.header.path) < 2 or part.header.path[:-1] != column.header.path[:-1]:
            continue
        figures, parts = profiles[column.index].figures, profiles[part.index].figures
        both = figures.keys() & parts.keys()
        return (
            len(both) >= 2
            and all(figures[row] >= parts[row] for row in both)
            and sum(figures[r] > parts[r] for r in both) > 0.5 * len(both)
        )
    return False


def _assign_leftovers(
    left: list[Column],
    free: list[Field],
    words: dict[tuple[int, str], float],
    profiles: dict[int, Profile],
    vocabulary: Vocabulary,
    take: Callable[[Column, Field], None],
) -> None:
    """Columns whose titles share words with one free field only, whose values fit it: the others found their columns by now."""
    scored: list[tuple[float, int, str]] = []
    for column, f in itertools.product(left, free):
        own = words.get((column.index, f.name), 0.0)
        if own < (LEFTOVER_NUMBER if f.type == "number" else LEFTOVER) or f.type in ("row_no", "note", "unit"):
            continue
        if not _bears(f, profiles[column.index]):
            continue
        fit = _evidence(f, column.header, profiles[column.index], vocabulary)
        if fit >= 0.0:
            scored.append((own + fit, column.index, f.name))
    for total, index, name in sorted(scored, reverse=True):
        taken_by = next((c for c in left if c.index == index), None)
        takes = next((f for f in free if f.name == name), None)
        if taken_by is None or takes is None:
            continue
        others = [t for t, i, n in scored if (i, n) != (index, name) and (i == index or n == name)
                  and any(c.index == i for c in left) and any(f.name == n for f in free)]  # fmt: skip
        if total - max(others, default=0.0) >= 2 * TIE:
            take(taken_by, takes)


_TERM_TITLE = re.compile(
    r"\b(?:thoi han|ky han|han|hieu luc|gia tri|thoi gian vay|thoi hieu|vay)\b(?!.*\b(?:con lai|an han|gia han)\b)(?<!an han)"
)


def _is_term(header: Header, p: Profile) -> bool:
    """Whether a column says for how long something is granted ("Thời hạn vay (tháng)", "36 tháng")."""
    months = int(header.unit.factor) if header.unit is not None and header.unit.dimension == "duration" else None
    if not p.filled or _TERM_TITLE.search(fold(header.label)) is None:
        return False
    said = sum(read_term(text, months) is not None for text in p.texts) + sum(read_term(f, months) is not None for f in p.figures.values())
    return said >= 0.7 * p.filled


_CELL_UNIT = re.compile(r"\d\s*(m2|m²|ha|tấn|tạ|kg)", re.I)


def _unit_of_cells(p: Profile) -> Unit | None:
    """The unit of area or mass that most cells of a column end with: "450 m2"."""
    said = [find_unit(match.group(1)) for text in p.texts if (match := _CELL_UNIT.search(text)) and match.end() == len(text)]
    return max(set(said), key=said.count) if len(said) >= 0.7 * p.filled and said else None


def _holds(kind: str, p: Profile) -> float:
    """The share of a column's cells that may be dates, or words."""
    return max(p.date, p.year) if kind == "date" else 1.0 - max(p.number, p.date)


def _only_fits(f: Field, p: Profile, vocabulary: Vocabulary) -> bool:
    """Whether the values of a column can hardly be anything but this field's."""
    match f.type:
        case "tax_code":
            return p.digits >= 0.7 and p.distinct >= 0.6
        case "commune":
            return len(p.texts) >= 2 and p.share("perhaps commune", lambda t: _may_be_commune(t, vocabulary)) >= 0.7
        case "district":
            return len(p.texts) >= 2 and p.share("district", lambda t: vocabulary.read_district(t) is not None) >= 0.8
        case "lender":
            return len(p.texts) >= 2 and p.share("lender", lambda t: vocabulary.read_choice("lender_names", t) is not None) >= 0.7
        case "code":
            return (
                len(p.texts) >= 2
                and p.number < 0.3
                and p.share(f"like {f.codes}", lambda t: vocabulary.looks_like_code(f.codes or "", t)) >= 0.8
            )
        case "name":
            return p.name >= 0.7 and p.distinct >= 0.3
        case "text":
            if f.name == "sector":
                return len(p.texts) >= 2 and p.share("sector", _is_sector) >= 0.7 and p.name < 0.2
            if f.name in _BODIES[:4]:
                return len(p.texts) >= 2 and p.share("body", _is_body) >= 0.8
            if f.name in _PLACES:
                return len(p.texts) >= 2 and p.share("place", _is_place) >= 0.8
            return f.name in _PRODUCTS and p.share("product", _is_product) >= 0.6 and p.name < 0.2
        case _:
            return False


_PRODUCT = re.compile(
    r"^(?:buoi|cam|quyt|nhan|chuoi|mia|rau|che(?! bien| tao)|oi|na|thanh long|xoai|vai|su su|su hao|bi|dua|ngo|lua|gao|khoai|san|dong rieng|mang|mat ong|ong|ca|ga|vit"
    r"|lon|bo|trau|de|tom|nam|toi|hanh|gung|nghe|ot|hat|duoc lieu|ca gai leo|sa|tho cam|ruou|mac ca|mit|dua luoi|ca chua|cay an qua|hoa|keo|luong|nep|te)\b"
)
_TICK = re.compile(r"^(?:x|v|✓|✔|√|\+|1|có)$", re.I)


def _spread_codes(form: Form, columns: dict[int, Column], profiles: dict[int, Profile], vocabulary: Vocabulary) -> dict[str, int]:
    """Columns whose titles are values of a code list: amounts per lender or per kind, or boxes to tick. Returns the fields taken."""
    taken: dict[str, int] = {}
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, column in columns.items():
        if column.header.path and column.field is None:
            groups.setdefault(column.header.path[:-1], []).append(index)
    for group, indices in groups.items():
        if len(indices) < 2:
            continue
        for f in form.fields:
            if not _is_spread(f) or f.name in taken:
                continue
            spread = {
                i: value for i in indices if (value := _code_in_title(f, columns[i].header.path[-1], bool(group), vocabulary)) is not None
            }
            if len(spread) < 2 or len(set(spread.values())) != len(spread) or (group and len(spread) < 0.6 * len(indices)):
                continue
            stated = {columns[i].header.unit for i in spread}
            if len({unit for unit in stated if unit is None or unit.dimension != "count"}) > 1:  # "HTX" is a kind and a noun
                continue  # "Xây dựng (m2) | Được tưới (ha)" are two measures, not one measure of two kinds
            if f.codes and any(
                i not in spread and profiles[i].share(f"spelling {f.codes}", partial(_is_spelling, f.codes, vocabulary)) >= 0.6
                for i in columns
            ):
                continue  # a column of its own says the kind
            texts = [t for i in spread for t in profiles[i].texts]
            filled = sum(profiles[i].filled for i in spread)
            first = min(spread)
            if f.type == "code" and filled and sum(bool(_TICK.match(t)) for t in texts) >= 0.8 * filled:
                for i in spread:
                    columns[i].field, columns[i].score, columns[i].given = f, BY_CODE, (f.name, "")
                columns[first].given, columns[first].marks = None, spread
                taken[f.name] = first
                break  # another group may be of another list
            if filled and sum(profiles[i].number * profiles[i].filled for i in spread) < 0.5 * filled:
                continue
            target = _spread_field(form, group, columns[first].header.unit, vocabulary)
            if target is None:
                continue
            for i, value in spread.items():
                columns[i].field, columns[i].score, columns[i].given = target, BY_CODE, (f.name, value)
            return {**taken, target.name: first, f.name: first}
    return taken


def _spread_groups(
    form: Form, columns: dict[int, Column], profiles: dict[int, Profile], vocabulary: Vocabulary, stale: frozenset[int]
) -> dict[str, int]:
    """Groups of columns whose titles are values of a code list ("VietGAP" over number, area and date, "Hữu cơ" over the same):
    each group is a row of its own. Returns the fields taken."""
    for f in form.fields:
        if not _is_spread(f):
            continue
        for depth in range(MAX_HEADER_ROWS - 1):
            groups: dict[str, dict[str, list[int]]] = {}  # value -> title -> columns
            for index, column in columns.items():
                path = column.header.path
                if column.field is None and len(path) > depth + 1:
                    value = _code_in_title(f, path[depth], True, vocabulary)
                    if value is not None:
                        groups.setdefault(value, {}).setdefault(path[depth], []).append(index)
            if len(groups) < 2 or any(len(titles) > 1 for titles in groups.values()):
                continue
            found: dict[str, dict[str, int]] = {}  # value -> field -> column
            for value, titles in groups.items():
                own = {i: _without(columns[i].header, depth) for i in next(iter(titles.values()))}
                parts, _ = _assign(form, _block(own), profiles, vocabulary, stale)
                found[value] = {c.field.name: c.index for c in parts if c.field and c.field != f and c.field.name != form.owner}
            shared = [name for name in {n for names in found.values() for n in names} if sum(name in names for names in found.values()) > 1]
            if not shared or sum(map(len, found.values())) < 0.6 * sum(len(i) for titles in groups.values() for i in titles.values()):
                continue
            taken = {f.name: min(i for names in found.values() for i in names.values())}
            for value, names in found.items():
                for name, index in names.items():
                    columns[index].field, columns[index].score, columns[index].given = form.field(name), BY_CODE, (f.name, value)
                    taken[name] = index
            return taken
    return {}


def _without(header: Header, depth: int) -> Header:
    """A header without one part of its path."""
    return replace(header, path=header.path[:depth] + header.path[depth + 1 :])


def _code_in_title(f: Field, text: str, grouped: bool, vocabulary: Vocabulary) -> str | None:
    """The value of a field that a column's own title names; without a group above it, only by its exact spelling."""
    if len(fold(text).split()) > 7:
        return None
    if f.type == "district":
        return vocabulary.read_district(text)
    if f.type == "lender":
        return text if vocabulary.read_choice("lender_names", text) else None
    return vocabulary.read_choice(f.codes or "", text) if grouped else vocabulary.read_exactly(f.codes or "", text)


def _spread_field(form: Form, group: tuple[str, ...], unit: Unit | None, vocabulary: Vocabulary) -> Field | None:
    """Which figure stands in columns per code: what their unit counts, what their group is called, else the form's one required figure."""
    numbers = {f.name: f for f in form.fields if f.type == "number"}
    counted = [numbers[name] for name in (_COUNTED.get(unit.code, ()) if unit else ()) if name in numbers]
    if counted:
        return counted[0]
    if group:
        fits = [
            (score, name)
            for (form_name, name), score in vocabulary.match_words(" ".join(group)).items()
            if form_name == form.name and name in numbers and score >= 0.5
        ]
        if fits:
            return numbers[max(fits)[1]]
    required = [f for f in numbers.values() if f.required]
    return required[0] if len(required) == 1 else None


def _is_considered(f: Field, words: float) -> bool:
    """Whether words fit a field well enough for a look at what stands below them."""
    return words >= (0.34 if f.type != "number" or f.required else 0.58)


def _is_spread(f: Field) -> bool:
    """Whether a field's values may head columns of their own."""
    return f.type in ("code", "lender", "district")


def _weight(f: Field) -> float:
    """How much a column of a field counts for its form."""
    return 0.3 if _is_common(f) else REQUIRED if f.required else 1.0


def _is_common(field: Field) -> bool:
    """Whether a field stands in most forms and so says little about which form it is."""
    return field.type in ("row_no", "note", "unit", "district", "commune", "tax_code") or field.personal


def given_for(form: Form, name: str, text: str, reporter: str | None) -> str | None:
    """What the form as a whole answers for a field: by a phrase of its title or sheet name, or by who reports."""
    folded = f" {fold(text)} "
    values: set[str] = set()
    for given in form.givens:
        if given.field == name and (any(_says(folded, fold(p)) for p in given.phrases) or (reporter and reporter in given.reporters)):
            values.add(given.value)
    return values.pop() if len(values) == 1 else None  # a title that names two of them answers none


def _says(folded: str, phrase: str) -> bool:
    """Whether a folded text holds a phrase that is not denied."""
    return re.search(rf"(?<!khong) (?<!khong qua ){re.escape(phrase)} ", folded) is not None


def title_score(form: Form, text: str) -> float:
    """How much a title or sheet name speaks for a form: the longest of its phrases that stands in it."""
    return _title_scores(text).get(form.name, 0.0)


@lru_cache(maxsize=4096)
def _title_scores(text: str) -> dict[str, float]:
    """By form, those that a text speaks for."""
    folded = f" {fold(text)} "
    scores: dict[str, float] = {}
    for form in FORMS.values():
        best = max((phrase.count(" ") + 1 for phrase in map(fold, form.titles) if f" {phrase} " in folded), default=0)
        if best:
            scores[form.name] = min(0.25 + 0.15 * best, 0.8)
    return scores


def _best_table(
    grid: Grid, row: int, above: list[tuple[int, str]], vocabulary: Vocabulary, hints: dict[str, float]
) -> tuple[Table | None, Doubt | None]:
    """The best reading of a header block that starts at `row` or one row above: over heights and forms."""
    merged = _block_rows(grid, row)
    if merged > 1 and row + merged < grid.height and _is_unit_row(grid, row + merged):
        merged += 1
    heights = [merged] if merged > 1 else [h for h in range(1, MAX_HEADER_ROWS + 1) if _heights_fit(grid, row, h)]
    titles = " \n ".join(text for _, text in above[-8:])
    best: tuple[float, Form, int, list[Column]] | None = None
    ranking: dict[str, float] = {}
    for height in heights:
        if row + height > grid.height:
            continue
        headers = {c: read_header(path) for c, path in _paths(grid, row, height).items()}
        headers = {c: h for c, h in headers.items() if h.path and len(h.path[-1]) < 160}
        if len(headers) < 2:
            continue
        first = row + height
        follows = next((r for r in range(first, grid.height) if grid.filled[r]), None)
        if follows is not None and _NUMBERS_TITLE.fullmatch(grid.text(follows, min(grid.filled[follows]))):
            continue  # titles above a header, or a part of it
        unfinished = merged == 1 and _continues(grid, row, height, vocabulary)
        below = first + 1 if first < grid.height and _is_index_row(grid, first) else first
        sample = _sample(grid, below)
        profiles = {c: _profile(grid, c, sample) for c in headers}
        rounds = _rounds(headers)
        repeated = {time.column for times in rounds.values() for time in times}
        if all(_is_judged(headers[c], profiles[c], vocabulary) for c in repeated):
            unsure, repeated = set[int](), repeated - set(rounds)
        else:  # amounts of several times: neither is one in place of the other, nor are they two figures
            unsure, repeated, rounds = repeated, set[int](), {}
        for index, times in rounds.items():
            profiles[index] = max((profiles[time.column] for time in times), key=lambda p: p.filled)
        headers = {c: h for c, h in headers.items() if c not in repeated}
        block = _block(headers)
        matches, promises = _matches(block, vocabulary), _promises(block, vocabulary)
        stale = _stale(headers, titles)
        speaking = {name: title_score(FORMS[name], titles) for name in matches}
        ranked = sorted(matches, key=lambda n: -(promises[n] / len(headers) + hints.get(n, 0.0) + 1.3 * speaking[n]))
        for name in ranked[:MAX_FORMS_TRIED]:
            form = FORMS[name]
            given = hints.get(name, 0.0) + 1.3 * speaking[name]
            if best is not None and _falls_short(name, block, vocabulary, best[0] - RIVAL - given):
                continue
            columns, worth = _assign(form, block, profiles, vocabulary, stale)
            for column in columns:
                column.rounds = rounds.get(column.index, ())
                if column.index in unsure and column.field is not None:
                    column.candidates, column.field = (column.field.name,), None
            known = [c for c in columns if c.field is not None]
            if sum(c.field is not None and c.field.type not in ("row_no", "note", "unit") and not c.field.personal for c in columns) < 2:
                continue
            coverage = len(known) / len(columns)
            missing = _missing(form, columns)
            score = worth / (len(columns) ** 0.5) + coverage - 1.2 * len(missing) + given
            score -= 0.02 * (height - 1) + (0.35 if unfinished else 0.0)
            ranking[name] = max(ranking.get(name, -9.0), score)
            if best is None or score > best[0]:
                best = (score, form, height, columns)
    if best is None:
        return None, None
    score, form, height, columns = best
    known = [c for c in columns if c.field is not None]
    own = [c for c in known if c.field is not None and not _is_common(c.field)]
    missing = _missing(form, columns)
    speaks = title_score(form, titles) + hints.get(form.name, 0.0)
    coverage = len(known) / len(columns)
    if missing:
        if form.owner in {f.name for f in missing} and any(c.field is not None and c.field.type == "district" for c in known):
            labels = tuple(c.header.label for c in columns)  # sums by district, no list
            return None, Doubt("sheet_unrecognised", row + height - 1, form, missing, labels, (form.name,))
        if (speaks >= 0.4 and len(own) >= 2) or (len(own) >= 4 and len(missing) == 1 and coverage >= 0.8):
            return None, Doubt("header_missing", row + height - 1, form, missing, tuple(c.header.label for c in columns))
        return None, None
    if speaks >= 0.25:
        solid = len(known) >= 3 or (len(own) >= 2 and len(columns) <= 4)
        solid = solid and (coverage >= 0.4 or speaks >= 0.4)
    else:
        solid = (len(own) >= 3 and coverage >= 0.6) or (len(own) >= 2 and coverage >= 0.9)
    if not solid:
        return None, None
    rivals = [name for name, other in ranking.items() if name != form.name and score - other < RIVAL]
    if rivals and speaks == 0:
        return None, Doubt("sheet_unrecognised", row + height - 1, None, candidates=(form.name, *rivals))
    return Table(form, row, row + height, columns, above, score=score), None


def _missing(form: Form, columns: Iterable[Column]) -> tuple[Field, ...]:
    """Required fields without a column that nothing else may answer (a section, the title and the reporter are looked at later)."""
    present = {c.field.name for c in columns if c.field is not None}
    return tuple(
        f
        for f in form.required
        if f.name not in present
        and f.unless is None
        and f.type not in ("code", "lender", "date")
        and not any(given.field == f.name for given in form.givens)
    )


def _heights_fit(grid: Grid, row: int, height: int) -> bool:
    """Rows below the first belong to a header only while they hold words, not figures, and no running number."""
    for extra in range(row + 1, row + height):
        if extra >= grid.height or not grid.filled[extra]:
            return False
        values = list(grid.filled[extra].values())
        if any(_is_number(v) and not (1990 <= float(v) <= 2040) for v in values) or any(isinstance(v, date) for v in values):  # type: ignore[arg-type]
            return False
        first = min(grid.filled[extra])
        if re.fullmatch(r"\d{1,4}[.)]?", grid.text(extra, first)) or _ROMAN_OR_LETTER.match(grid.text(extra, first)):
            return False
    return True


def _continues(grid: Grid, row: int, height: int, vocabulary: Vocabulary) -> bool:
    """Whether the row below a header block is one more row of it: header words only, and none in the first column."""
    below = row + height
    if below < grid.height and _is_unit_row(grid, below):
        return True
    if height >= MAX_HEADER_ROWS or below >= grid.height or not _heights_fit(grid, row, height + 1):
        return False
    filled = grid.filled[below]
    if min(filled) == min(grid.filled[row]) or any(not isinstance(v, str) for v in filled.values()):
        return False
    texts = [grid.text(below, c) for c in filled]
    hits = sum(max(vocabulary.match_header(read_header((t,))).values(), default=0.0) >= HEADER_HIT for t in texts if len(t) < 140)
    if hits >= 0.5 * len(texts):
        return True
    # parts of groups: words only below cells that are blank or head a group, and a numbered row or an index row after them
    after = below + 1
    numbered = after < grid.height and bool(grid.filled[after]) and re.match(r"\(?(?:\d|[AI])", grid.text(after, min(grid.filled[after])))
    under_blank = sum(c not in grid.filled[row + height - 1] for c in filled)
    return bool(numbered) and len(texts) >= 2 and under_blank >= 1 and all(len(t) < 60 for t in texts)


# ---- rows


def _is_index_row(grid: Grid, row: int) -> bool:
    filled = grid.filled[row]
    if len(filled) < 3:
        return False
    texts: list[str] = []
    hits: list[str] = []
    for typed in grid.texts(row).values():
        text = typed.replace(" ", "")
        texts.append(text)
        if _INDEX_CELL.match(text):
            hits.append(text)
        elif len(texts) - len(hits) > 0.25 * len(filled):
            return False
    numbers = [int(m.group()) for t in hits if (m := re.search(r"\d+", t.split("=")[0]))]
    letters = sum(t.strip("()").isalpha() for t in hits)
    return sum(b - a in (0, 1, 2) for a, b in itertools.pairwise(numbers)) >= 0.7 * max(len(numbers) - 1, 1) and (
        letters > 0 or any("(" in t for t in texts) or numbers[:2] in ([1, 2], [0, 1])
    )


class _Cells(NamedTuple):
    """What it says of a row of a table which of its cells are filled, and by numbers or by words: the same for most of its rows."""

    numbers: frozenset[int]
    words: tuple[int, ...]  # cells without a number
    facts: list[int]  # cells that tell something of what the row is about
    figures: tuple[int, ...]  # those of them with a number where one is asked for
    is_full: bool  # with so many facts, figures among them, that its number or its words only can make it anything but data
    is_wordy: bool  # with two facts or more where no number is asked for


_OF_TOTALS = re.compile("|".join(pattern.pattern for pattern in (_CARRIED, _TOTAL, _AVERAGE)))


def _is_plain(grid: Grid, row: int, cells: _Cells, stt: int | None) -> bool:
    """Whether a row is data by what is filled in it: `_kind_of` would look at every word of it and say the same."""
    if not cells.is_full or not any(map(grid.filled[row].get, cells.figures)):
        return False
    if _RUNNING_NUMBER.fullmatch(_number_of(grid, row, stt)):
        return True
    for column in cells.words if cells.is_wordy else ():
        lead = grid.text(row, column)
        if lead and not _NUMBERING.fullmatch(lead):
            return not _OF_TOTALS.match(fold(lead))
    return False


def _number_of(grid: Grid, row: int, stt: int | None) -> str:
    """What stands where a row's number is; without a column of numbers, in its first cell if it is short."""
    if stt is not None:
        return grid.text(row, stt)
    first = grid.text(row, min(grid.filled[row]))
    return first if len(first) <= 5 else ""


def _classify(grid: Grid, table: Table, vocabulary: Vocabulary, kinds: list[RowKind]) -> None:
    """A class for every row below the header until the next table or the end of the sheet; fills `data`, `marks` and `end`."""
    for row in range(table.top, table.bottom):
        kinds[row] = "header" if grid.filled[row] else "blank"
    known = {c.index: c.field for c in table.columns if c.field is not None}
    number_columns = {i for i, f in known.items() if f.type == "number"}
    stt = next((i for i, f in known.items() if f.type == "row_no"), None)
    subject = next((c.index for c in table.columns if c.field and c.field.required and c.field.type in ("name", "text")), None)
    titles = {title for _, line in table.above if len(title := _bare_title(line)) > 14}
    header_texts = [{fold(grid.text(r, c)) for c in grid.filled[r]} for r in range(table.top, table.bottom)]
    wordy = not any(re.search(r"\d|^$", text) for header in header_texts for text in header)  # no number repeats it
    alike = min((max(2, 0.7 * len(header)) for header in header_texts), default=0)  # so many cells at least repeat it
    telling = {i for i, f in known.items() if f.type not in ("row_no", "note", "unit") and not f.personal}
    kept: dict[tuple[tuple[int, ...], tuple[type, ...]], _Cells] = {}

    def look_at(filled: dict[int, object]) -> _Cells:
        alike_cells = tuple(filled), tuple(map(type, filled.values()))
        cells = kept.get(alike_cells)
        if cells is None:
            numbers = frozenset(c for c, value in filled.items() if type(value) is float or type(value) is int)
            facts = [c for c in filled if c in telling]
            figures = tuple(c for c in facts if c in number_columns and c in numbers)
            repeats = len(filled) - (len(numbers) if wordy else 0) >= alike
            full = len(filled) > 4 and bool(figures) and len(facts) > 1 and not repeats
            words = tuple(c for c in filled if c not in numbers)
            wordy_row = sum(c not in number_columns for c in facts) > 1
            cells = kept[alike_cells] = _Cells(numbers, words, facts, figures, full, wordy_row)
        return cells

    table.end = grid.height
    tail = False
    index: dict[int, str] = {}
    row = table.bottom
    while row < grid.height:
        filled = grid.filled[row]
        if not filled:
            kinds[row] = "blank"
            row += 1
            continue
        if (row - table.bottom < 3 and _is_index_row(grid, row)) or (index and grid.texts(row) == index):
            index = grid.texts(row)
            kinds[row] = "header"
            row += 1
            continue
        cells = look_at(filled)
        if not tail and _is_plain(grid, row, cells, stt):
            kinds[row] = "data"
            table.data.append(row)
            row += 1
            continue
        numbers, facts, texts = cells.numbers, cells.facts, grid.texts(row)
        titled = [t for c, t in texts.items() if not (wordy and c in numbers)]
        folded = set(map(fold, titled)) if len(titled) >= alike else set()
        if any(len(folded & header) >= max(2, 0.7 * len(header)) for header in header_texts):
            if tail or _different_title(grid, row, table, titles, kinds):
                table.end = _title_start(grid, row, table, kinds)
                break
            kinds[row] = "header"  # the header printed again on a new page
            row += 1
            continue
        if len(filled) >= 2 and number_columns.isdisjoint(numbers):
            apart = table.data and table.data[-1] < row - 1 and kinds[row - 1] != "total"
            if _starts_another(grid, row, vocabulary) or (apart and _holds_table(grid, row, table, vocabulary)):
                table.end = _title_start(grid, row, table, kinds)
                break
        if _is_furniture(grid, row, titles):
            kinds[row] = "note"
            row += 1
            continue
        kind, text = _kind_of(grid, row, texts, numbers, facts, known, stt, subject, number_columns, vocabulary)
        if kind == "note" and text == "tail":
            tail = True
        if tail and kind in ("data", "section", "total"):
            required = [c for c in facts if known[c].required]
            kind = "data" if kind == "data" and len(required) >= 2 and len(facts) >= 3 else "note"
        kinds[row] = kind
        if kind == "data":
            table.data.append(row)
        elif kind == "section":
            table.marks.append(Mark(row, "section", text, _level(texts, stt)))
        elif kind == "total":
            table.marks.append(Mark(row, "total", text))
        row += 1
    # a section with nothing below it is a remark, unless it carries figures of its own
    last = table.data[-1] if table.data else -1
    for mark in table.marks:
        if mark.kind == "section" and mark.row > last and sum(not _BULLET.fullmatch(t) for t in grid.texts(mark.row).values()) == 1:
            kinds[mark.row] = mark.kind = "note"
    table.marks = [mark for mark in table.marks if mark.kind in ("section", "total")]


def _kind_of(
    grid: Grid,
    row: int,
    texts: dict[int, str],
    numbers: frozenset[int],
    facts: list[int],
    known: dict[int, Field],
    stt: int | None,
    subject: int | None,
    number_columns: set[int],
    vocabulary: Vocabulary,
) -> tuple[RowKind, str]:
    """The class of a row below a header, and the words that say it: of a section or a total its title, of a note "tail" where it is a signature."""
    words = [(c, t) for c, t in texts.items() if t and c not in numbers]
    lead = next((t for _, t in words if not _NUMBERING.fullmatch(t)), words[0][1] if words else "")
    lead_fold = fold(lead)
    number = _number_of(grid, row, stt)
    numbered = _RUNNING_NUMBER.fullmatch(number) is not None
    figures = [c for c in facts if c in number_columns and (c in numbers or _NUMBER_TEXT.match(texts[c]))]
    if len(texts) <= 4 and not numbered:
        placed = [(c, t) for c, t in words if _DATE_LINE.search(fold(t)) and len(t) < 80]
        if any(c not in known_dates(known) or ("," in t and len(texts) <= 2) or len(texts) == 1 for c, t in placed):
            return "note", "tail"
    if not numbered and not figures and any(_TAIL.match(fold(t) + " ") and len(t) < 60 for _, t in words):
        starts_name = subject is not None and _NAME_TEXT.match(texts.get(subject, ""))
        if not starts_name:
            return "note", "tail"
    if len(texts) == 1 and find_units(lead):
        return "note", ""  # the unit line of the next table
    if _NOTE.match(lead_fold) and len(words) <= 2 and len(figures) == 0:
        return "note", ""
    if lead.startswith(("*", "(*")) and len(facts) <= 1:
        return "note", ""
    if _NOTHING.match(lead_fold) and not any(grid.filled[row][c] for c in figures) and sum(fold(t) not in ("", "x") for _, t in words) <= 2:
        return "note", ""
    in_words = [c for c, t in words if t != lead and c in facts and c not in figures]
    if _AVERAGE.match(lead_fold) and not numbered and figures and not in_words:
        return "note", ""  # below a total: no sum, no data; "Trung bình" beside a name is a rating
    if _CARRIED.match(lead_fold) and not numbered and figures:
        return "total", lead
    if _CARRIED.match(lead_fold) and not facts:
        return "note", ""
    if _TOTAL.match(lead_fold) and not _NOT_TOTAL.match(lead_fold) and not numbered and not _NAME_TEXT.match(lead) and _sums_up(lead):
        return "total", lead
    if not facts:
        spread = _spans(grid, row)
        if len(words) >= 1 and (lead_fold and not numbered) and (spread or len(texts) <= 2) and not re.fullmatch(r"[\d.,\s]+", lead):
            section = _ROMAN_OR_LETTER.match(number) or _BULLET.fullmatch(number) or _SECTION_START.match(lead) or spread
            return ("section", lead) if section or len(lead) < 90 else ("note", "")
        return ("blank", "") if numbered and len(texts) == 1 else ("note", "")
    alone = subject is not None and facts == [subject] and all(c in (stt, subject) for c in texts) and len(known) >= 4
    if numbered and alone and _heads_rows(lead, known[facts[0]], vocabulary):
        return "section", lead  # "1 | Agribank Hòa Bình" above the loans of that bank
    if numbered and len(facts) >= 1:
        return "data", ""
    text_facts = [c for c in facts if c not in number_columns]
    if _ROMAN_OR_LETTER.match(number) and len(text_facts) <= 1:
        return "section", lead
    shared = _BULLET.fullmatch(number) and not figures and len(text_facts) == 1 and not _NAME_TEXT.match(lead)
    if shared and (_COMMUNE.match(lead) or _is_shared(lead, vocabulary)):
        return "section", lead  # "* | Huyện Kim Bôi"
    if len(text_facts) <= 1 and not number and len(words) == 1:
        only = words[0][0]
        if _SECTION_START.match(lead) and not _NAME_TEXT.match(re.sub(r"^[\W\d]+", "", lead)):
            return "section", lead
        if _spans(grid, row) and not figures:
            return "section", lead
        first = min(i for i, f in known.items() if f.type != "row_no")
        if not figures and only in (subject, stt, first) and not _NAME_TEXT.match(lead):
            return "section", lead
        if figures and only == subject and not _NAME_TEXT.match(lead) and known[only].type == "name":
            return "section", lead
    return "data", ""


def _heads_rows(lead: str, f: Field, vocabulary: Vocabulary) -> bool:
    """Whether a text in the subject's column can only be what the rows below have in common: a lender, a kind, a district."""
    if f.type != "name":
        return vocabulary.is_code(lead)
    return not _NAME_TEXT.match(lead) and _is_shared(lead, vocabulary)


def _is_shared(lead: str, vocabulary: Vocabulary) -> bool:
    """Whether a text is understood as what several rows may have in common: a lender, a value of a code list, a district."""
    lender = vocabulary.read_choice("lender_names", lead) is not None
    return lender or vocabulary.is_code(lead) or vocabulary.read_district(lead) is not None


def _sums_up(lead: str) -> bool:
    """Whether the accents agree: "Cộng" is a total, "Cống tưới" and "Cổng rào" are works."""
    first = next((w for w in re.findall(r"[^\W\d_]{3,}", lead)), "").casefold()
    return first == fold(first) or key(first) in ("tổng", "cộng", "toàn", "lũi", "lũy")


def is_carried(text: str) -> bool:
    """Whether a total is that of a page, or one carried over to the next."""
    return bool(_CARRIED.match(fold(text)))


def known_dates(known: dict[int, Field]) -> set[int]:
    return {c for c, f in known.items() if f.type == "date"}


def _spans(grid: Grid, row: int) -> bool:
    """Whether the row's text is merged over three columns or more."""
    return any(
        (row, c) in grid.origin and sum(grid.origin.get((row, other)) == (row, c) for other in range(c, c + 4)) >= 3
        for c in grid.filled[row]
    )


def _level(texts: dict[int, str], stt: int | None) -> tuple[int, str]:
    """How deep a section's numbering puts it: letters, then Roman numerals, then figures, then dashes; (9, '') without numbering."""
    first = texts[min(texts)]
    number = (texts.get(stt, "") if stt is not None else "") or re.split(r"[.)\s/]", first, maxsplit=1)[0]
    number = number.strip("().")
    if re.fullmatch(r"(?:[IVX]+|[A-HĐ])(?:\.\d+)+", number):
        return 3, "dotted"
    if re.fullmatch(r"[IVX]+", number):
        return 1, "roman"
    if re.fullmatch(r"[A-HĐ]", number):
        return 0, "letter"
    if re.fullmatch(r"\d+(?:\.\d+)+", number):
        return 3, "dotted"
    if re.fullmatch(r"\d+", number):
        return 2, "figure"
    if first[:1] in "-+*":
        return 4, "dash"
    return 9, ""


def _holds_table(grid: Grid, row: int, table: Table, vocabulary: Vocabulary) -> bool:
    """Whether a header of a form begins here, apart from the rows above: by reading it as one."""
    first = grid.text(row, min(grid.filled[row]))
    if re.fullmatch(r"\(?\d{1,4}[.)]?", first) or _NAME_TEXT.match(first) or not _may_be_header(grid, row, vocabulary):
        return False
    last = table.data[-1]
    above = [(r, grid.line(r)) for r in range(last + 1, row) if grid.filled[r]]
    found, doubt = _best_table(grid, row, above, vocabulary, {})
    return found is not None or doubt is not None


def _starts_another(grid: Grid, row: int, vocabulary: Vocabulary) -> bool:
    """Whether a header of another table stands in this row: many header words, and words where the present table has figures."""
    texts = [grid.text(row, c) for c, v in grid.filled[row].items() if isinstance(v, str)]
    if len(texts) < 3 or any(_NAME_TEXT.match(t) and len(t) > 18 for t in texts):
        return False
    first = texts[0]
    if re.fullmatch(r"\d{1,4}[.)]?", first):
        return False
    strong = 0
    for text in texts:
        scores = vocabulary.match_header(read_header((text,))) if len(text) < 140 else {}
        strong += bool(scores) and max(scores.values()) >= 0.85
    return strong >= 3 and strong >= 0.5 * len(texts)


def _different_title(grid: Grid, row: int, table: Table, titles: set[str], kinds: list[RowKind]) -> bool:
    """Whether between the last data and a repeated header a new title stands (another district, another year), not the same again."""
    last = table.data[-1] if table.data else table.bottom - 1
    return any(
        kinds[r] in ("note", "section")
        and len(grid.filled[r]) <= 3
        and len(grid.line(r)) > 14
        and not _is_furniture(grid, r, titles)
        and not (kinds[r] == "section" and _ROMAN_OR_LETTER.match(grid.text(r, min(grid.filled[r]))))  # the last row of its page
        for r in range(max(last + 1, row - 6), row)
    )


def _is_furniture(grid: Grid, row: int, titles: set[str]) -> bool:
    """Whether a row is what a page break puts into a table: a page number, "(tiếp theo)", the titles of the table again."""
    if len(grid.filled[row]) > 4:
        return False
    texts = grid.texts(row).values()
    return _bare_title("  ".join(texts)) in titles or all(
        _PAGE.match(fold(t)) or re.fullmatch(r"[-–—]\s*\d{1,3}\s*[-–—]", t) or _bare_title(t) in titles for t in texts
    )


def _bare_title(line: str) -> str:
    """A title without the mark of a page that goes on, to tell it from another; empty where nothing is left."""
    return re.sub(r" ?\b(?:tiep theo|tiep|trang(?: so)? \d{1,3}(?: \d{1,3})?)(?= |$)", "", fold(line)).strip()


def _title_start(grid: Grid, row: int, table: Table, kinds: list[RowKind]) -> int:
    """The first row of the titles above the next table's header, which were taken for sections or remarks of this one."""
    start = row
    last = table.data[-1] if table.data else table.bottom - 1
    while start - 1 > last and len(grid.filled[start - 1]) <= 4 and kinds[start - 1] in ("note", "section", "blank"):
        start -= 1
        if kinds[start] == "section":
            kinds[start] = "note"
        if kinds[start] == "note" and _DATE_LINE.search(fold(grid.line(start))) and "nam" in fold(grid.line(start)).split():
            # the place and date line and the signatures below it close the table above
            signed = start
            while signed < row and (not grid.filled[signed] or kinds[signed] == "note") and not _looks_like_title(grid.line(signed)):
                signed += 1
            start = min(signed, row)
            break
    table.marks = [mark for mark in table.marks if mark.row < start]
    return start


def _looks_like_title(line: str) -> bool:
    reduced = fold(line)
    return any(f" {fold(p)} " in f" {reduced} " for form in FORMS.values() for p in form.titles) or reduced.startswith(
        ("bieu", "danh sach", "phu luc")
    )


__all__ = [
    "Column",
    "Doubt",
    "Grid",
    "Layout",
    "Mark",
    "Table",
    "find_tables",
    "given_for",
    "is_carried",
    "is_ditto",
    "plain",
    "title_score",
]
