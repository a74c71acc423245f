"""Tables of an HTML page as sheets: some offices' systems export HTML under the name .xls."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from coop_pipeline.intake.door import Limits
from coop_pipeline.intake.workbook import Row, Sheet, WorkbookFault, refuse_far_cell, trim


def read_webpage(data: bytes, limits: Limits) -> list[Sheet]:
    """A sheet for each table of the page; raises WorkbookFault where it has none or reaches too far."""
    for encoding in ("utf-8-sig", "utf-16", "cp1258"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        text = data.decode("utf-8", "replace")
    parser = _Tables()
    parser.feed(text)
    parser.close()
    sheets = []
    for number, (rows, merges) in enumerate(parser.grids, 1):
        width = max((len(row) for row in rows), default=0)
        if beyond := refuse_far_cell(len(rows), width, limits):
            raise beyond
        grid: list[Row] = [[*row, *[""] * (width - len(row))] for row in rows]
        if any(any(row) for row in grid):
            sheets.append(Sheet(f"Table {number}", trim(grid), merges))
    if not sheets:
        raise WorkbookFault("file_not_workbook", "trang HTML không có bảng", "an HTML page without a table")
    return sheets


class _Tables(HTMLParser):
    """Tables of a page as grids with their spans."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.grids: list[tuple[list[Row], list[tuple[int, int, int, int]]]] = []
        self._taken: set[tuple[int, int]] = set()
        self._row, self._column, self._span = -1, 0, (1, 1)
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table" and self._text is None:
            self.grids.append(([], []))
            self._row, self._taken = -1, set()
        elif tag == "tr" and self.grids:
            self._row, self._column = self._row + 1, 0
            self.grids[-1][0].append([])
        elif tag in ("td", "th") and self.grids and self._row >= 0:
            self._close()
            found = {
                key: int(value) for key, value in attrs if key in ("rowspan", "colspan") and value and re.fullmatch("[0-9]{1,6}", value)
            }
            self._span = (min(max(found.get("rowspan", 1), 1), 1000), min(max(found.get("colspan", 1), 1), 200))
            self._text = []
        elif tag == "br" and self._text is not None:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._close()

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _close(self) -> None:
        if self._text is None:
            return
        rows, merges = self.grids[-1]
        while (self._row, self._column) in self._taken:
            self._column += 1
        down, across = self._span
        self._taken |= {(self._row + i, self._column + j) for i in range(down) for j in range(across)}
        if down > 1 or across > 1:
            merges.append((self._row, self._column, self._row + down - 1, self._column + across - 1))
        row = rows[self._row]
        row.extend([""] * (self._column + 1 - len(row)))
        row[self._column] = "".join(self._text).strip()
        self._column += across
        self._text = None
