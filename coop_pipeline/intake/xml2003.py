"""Workbooks in XML as Excel 2002 and 2003 wrote them, mostly under the name .xls: what programs of offices export to this day.

Source: Microsoft, XML Spreadsheet Reference (2001), urn:schemas-microsoft-com:office:spreadsheet.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import NoReturn
from xml.parsers import expat

from coop_pipeline.intake.door import Limits
from coop_pipeline.intake.workbook import Row, Sheet, WorkbookFault, damaged, is_legacy_font, refuse_far_cell, trim

_NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet "
_VISIBLE = "urn:schemas-microsoft-com:office:excel Visible"
_NO_DAY = 1899  # the year of a time without a day


def read_xml2003(data: bytes, limits: Limits) -> list[Sheet]:
    """All sheets of the workbook; raises WorkbookFault where it is damaged or reaches too far."""
    reader = _Reader(limits)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_dtd
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError) as fault:
        raise damaged(fault) from fault
    return reader.sheets


def _refuse_dtd(*_: object) -> NoReturn:
    raise WorkbookFault("file_unreadable", "tệp có khai báo DTD, Excel không ghi như vậy", "it declares a DTD, which Excel never writes")


class _Reader:
    """Builds the sheets from what the parser meets. `ss:Index` counts from 1; where it is missing, the next row or cell is meant."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.sheets: list[Sheet] = []
        self._cells: list[dict[int, object]] = []
        self._percents: set[str] = set()
        self._fonts: dict[str, str] = {}
        self._style = ""
        self._row = self._column = self._declared = -1
        self._span = self._across = 0  # rows, or columns, that the row or cell before covers besides its own
        self._type = ""
        self._in_comment = False
        self._said: list[str] | None = None

    def start(self, tag: str, given: dict[str, str]) -> None:
        about = {name.removeprefix(_NAMESPACE): value for name, value in given.items()}
        match tag.removeprefix(_NAMESPACE):
            case "Style":
                self._style = about.get("ID", "")
            case "Font" if is_legacy_font(about.get("FontName", "")):
                self._fonts[self._style] = about["FontName"]
            case "NumberFormat" if "%" in (form := about.get("Format", "")) or form == "Percent":
                self._percents.add(self._style)
            case "Worksheet":
                self.sheets.append(Sheet(about.get("Name", f"Sheet{len(self.sheets) + 1}"), []))
                self._cells, self._row, self._declared, self._span = [], -1, -1, 0
            case "Column" if self.sheets:
                self._declared = _place(about, self._declared + 1)
                last = self._declared + _count(about, "Span")
                if about.get("Hidden") == "1":
                    self.sheets[-1].hidden_columns.update(range(self._declared, min(last + 1, self._limits.columns)))
                self._declared = last
            case "Row" if self.sheets:
                self._row = _place(about, self._row + 1 + self._span)
                self._span, self._column = _count(about, "Span"), -1
                self._refuse_far(self._row + self._span, 0)
                if about.get("Hidden") == "1":
                    self.sheets[-1].hidden_rows.update(range(self._row, self._row + 1 + self._span))
                self._cells += ({} for _ in range(self._row + 1 - len(self._cells)))
            case "Cell" if self._row >= 0:
                self._start_cell(about)
            case "Comment" | "PhoneticText":
                self._in_comment = True
            case "Data" if self._row >= 0 and not self._in_comment:
                self._type, self._said = about.get("Type", "String"), []
            case _ if tag == _VISIBLE:
                self._said = []

    def _start_cell(self, about: dict[str, str]) -> None:
        sheet = self.sheets[-1]
        self._column = _place(about, self._column + 1)
        down, across = _count(about, "MergeDown"), _count(about, "MergeAcross")
        self._refuse_far(self._row + down, self._column + across)
        place = (self._row, self._column)
        if down or across:
            sheet.merges.append((*place, self._row + down, self._column + across))
        style = about.get("StyleID", "")
        if style in self._percents:
            sheet.percents.add(place)
        if style in self._fonts:
            sheet.fonts[place] = self._fonts[style]
        if "Formula" in about:
            sheet.unsolved.add(place)
        self._across = across

    def text(self, text: str) -> None:
        if self._said is not None:
            self._said.append(text)

    def end(self, tag: str) -> None:
        match tag.removeprefix(_NAMESPACE):
            case "Comment" | "PhoneticText":
                self._in_comment = False
            case "Data" if self._said is not None:
                self._put("".join(self._said))
                self._said = None
            case "Cell" if self._row >= 0:
                self._column += self._across
            case _ if tag == _VISIBLE and self._said is not None:
                if self.sheets and "Hidden" in "".join(self._said):
                    self.sheets[-1].visible = False
                self._said = None
            case "Worksheet" if self.sheets:
                sheet = self.sheets[-1]
                width = max((max(row, default=-1) for row in self._cells), default=-1) + 1
                rows: list[Row] = [[row.get(column, "") for column in range(width)] for row in self._cells]
                sheet.rows = trim(rows) if sheet.visible else []
                self._row = -1

    def _put(self, text: str) -> None:
        sheet, place = self.sheets[-1], (self._row, self._column)
        if text or self._type == "String":
            sheet.unsolved.discard(place)
        if self._type == "Error":
            sheet.errors[place] = text
        else:
            self._cells[self._row][self._column] = _value(text, self._type)

    def _refuse_far(self, row: int, column: int) -> None:
        if beyond := refuse_far_cell(row + 1, column + 1, self._limits):
            raise beyond


def _place(about: dict[str, str], following: int) -> int:
    return max(_count(about, "Index") - 1, following) if "Index" in about else following


def _count(about: dict[str, str], name: str) -> int:
    """A whole number that the file states; far too large ones are refused where they would lead."""
    value = about.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def _value(text: str, kind: str) -> object:
    """A cell as the reader library gives those of other formats; what its type does not fit stays text."""
    with suppress(ValueError):
        if kind == "Number":
            return float(text)
        if kind == "Boolean":
            return text.strip() == "1"
        if kind == "DateTime":
            moment = datetime.fromisoformat(text.strip())
            if moment.year == _NO_DAY:
                return moment.time()
            return moment if moment.time() != datetime.min.time() else date(moment.year, moment.month, moment.day)
    return text
