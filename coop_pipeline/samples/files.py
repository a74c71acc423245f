"""Grids become files: .xlsx and .xlsm through openpyxl, .ods by hand; the same bytes on every run."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Sequence
from copy import copy
from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from openpyxl import Workbook
from openpyxl.styles import (
    Alignment,
    Border,
    Font,
    PatternFill,
    Side,
)

from .sheets import Cell, Grid, address, column_letter

STAMP = (2022, 1, 14, 8, 0, 0)  # the time inside every archive
ISO_STAMP = "2022-01-14T01:00:00Z"

# look -> bold, italic, horizontal, border, size difference
LOOKS: dict[str, tuple[bool, bool, str, bool, int]] = {
    "plain": (False, False, "left", True, 0),
    "center": (False, False, "center", True, 0),
    "num": (False, False, "right", True, 0),
    "head": (True, False, "center", True, 0),
    "index": (False, True, "center", True, -2),
    "section": (True, False, "center", True, 0),
    "section_name": (True, False, "left", True, 0),
    "total": (True, False, "center", True, 0),
    "total_num": (True, False, "right", True, 0),
    "letter": (False, False, "center", False, 0),
    "letter_bold": (True, False, "center", False, 0),
    "title": (True, False, "center", False, 2),
    "ref": (False, True, "center", False, 0),
    "unit": (False, True, "right", False, 0),
    "note": (False, True, "left", False, -1),
    "place": (False, True, "center", False, 0),
    "sign": (True, False, "center", False, 0),
    "free": (False, False, "left", False, 0),
}


class _Paint:
    """Every look of one workbook, made once on a cell of a scratch sheet and copied (openpyxl is slow at it)."""

    def __init__(self, book: Workbook, font: str, size: int, fill: str) -> None:
        self.scratch, self.font, self.size, self.fill = book.create_sheet("scratch"), font, size, fill
        self.made: dict[tuple[str, str, str], Any] = {}

    def paint(self, target: Any, look: str, font: str, number_format: str) -> None:
        key = look, font, number_format
        if key not in self.made:
            self.made[key] = self._make(*key)
        target._style = copy(self.made[key])

    def _make(self, look: str, font: str, number_format: str) -> Any:
        bold, italic, horizontal, border, more = LOOKS[look]
        cell = self.scratch.cell(1, len(self.made) + 1)
        cell.font = Font(name=font or self.font, size=self.size + more, bold=bold, italic=italic)
        wrap = look not in ("letter", "letter_bold", "note", "section_name")
        cell.alignment = Alignment(horizontal=horizontal, vertical="center", wrap_text=wrap)
        if border:
            side = Side(style="thin", color="000000")
            cell.border = Border(left=side, right=side, top=side, bottom=side)
        if self.fill and look == "head":
            cell.fill = PatternFill("solid", fgColor=self.fill)
        elif self.fill and look in ("section", "section_name"):
            cell.fill = PatternFill("solid", fgColor="F2F2F2")
        if number_format:
            cell.number_format = number_format
        return cell._style


def workbook_bytes(grids: Sequence[Grid], *, font: str, size: int, fill: str, author: str, macro: bool = False) -> bytes:
    book = Workbook()
    book.remove(book.active)
    book.properties.creator = author
    book.properties.lastModifiedBy = author
    paint = _Paint(book, font, size, fill)
    for grid in grids:
        sheet = book.create_sheet(grid.name)
        sheet.sheet_state = grid.state
        for (row, column), cell in sorted(grid.cells.items()):
            target = sheet.cell(row, column)
            if cell.value is not None and not (cell.formula and cell.value is None):
                target.value = cell.value
                if isinstance(cell.value, str) and cell.value.startswith("#"):
                    target.data_type = "e"
            if cell.formula and cell.value is None:
                target.value = "=" + cell.formula
            paint.paint(target, cell.look, cell.font, cell.number_format)
        for top, left, bottom, right in grid.merges:
            sheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
        for column, width in sorted(grid.widths.items()):
            sheet.column_dimensions[column_letter(column)].width = width
        for row, height in sorted(grid.heights.items()):
            sheet.row_dimensions[row].height = height
        setup = sheet.page_setup
        setup.orientation, setup.paperSize, setup.fitToWidth, setup.fitToHeight = "landscape", 9, 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_margins.left = sheet.page_margins.right = 0.4
        sheet.page_margins.top = sheet.page_margins.bottom = 0.5
        sheet.oddFooter.center.text = "Trang &P/&N"
        if grid.header_rows:
            sheet.print_title_rows = f"{grid.header_rows[0]}:{grid.header_rows[1]}"
    book.remove(paint.scratch)
    book.active = next(index for index, grid in enumerate(grids) if grid.state == "visible")
    raw = io.BytesIO()
    book.save(raw)
    return _same_bytes(raw.getvalue(), grids, macro)


def _same_bytes(raw: bytes, grids: Sequence[Grid], macro: bool) -> bytes:
    """Constant times, sorted parts, and the cached values that Excel would keep beside formulas."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    core = parts["docProps/core.xml"].decode()
    parts["docProps/core.xml"] = re.sub(r">[^<>]*Z</dcterms:", f">{ISO_STAMP}</dcterms:", core).encode()
    for index, grid in enumerate(grids, 1):
        cached = {address(*at): cell for at, cell in grid.cells.items() if cell.formula and cell.value is not None}
        if cached:
            name = f"xl/worksheets/sheet{index}.xml"
            parts[name] = _with_formulas(parts[name].decode(), cached).encode()
    if macro:
        kinds = parts["[Content_Types].xml"].decode()
        kinds = kinds.replace(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        )
        parts["[Content_Types].xml"] = kinds.encode()
    return zip_bytes(parts, first="[Content_Types].xml")


def _with_formulas(xml: str, cached: dict[str, Cell]) -> str:
    def insert(found: re.Match[str]) -> str:
        cell = cached.get(found["ref"])
        return found[0] if cell is None else found[0].replace("<v>", f"<f>{escape(cell.formula)}</f><v>")

    return re.sub(r'<c r="(?P<ref>[A-Z]+\d+)"[^>]*><v>', insert, xml)


def zip_bytes(parts: dict[str, bytes], first: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(parts, key=lambda part: (part != first, part)):
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, parts[name], compresslevel=9)
    return packed.getvalue()


# ---------------------------------------------------------------------------------------------------------------------
# .ods

_URN = "urn:oasis:names:tc:opendocument:xmlns"
_ODS_NAMES = (
    f'xmlns:office="{_URN}:office:1.0" xmlns:table="{_URN}:table:1.0" xmlns:text="{_URN}:text:1.0" '
    f'xmlns:style="{_URN}:style:1.0" xmlns:fo="{_URN}:xsl-fo-compatible:1.0" xmlns:number="{_URN}:datastyle:1.0" '
    f'xmlns:manifest="{_URN}:manifest:1.0" office:version="1.2"'
)


def ods_bytes(grids: Sequence[Grid], *, font: str, size: int) -> bytes:
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content {_ODS_NAMES}><office:automatic-styles>'
        '<number:date-style style:name="N1"><number:day number:style="long"/><number:text>/</number:text>'
        '<number:month number:style="long"/><number:text>/</number:text>'
        '<number:year number:style="long"/></number:date-style>'
        + "".join(_ods_look(name, font, size) for name in LOOKS)
        + "".join(
            f'<style:style style:name="co{width}" style:family="table-column"><style:table-column-properties '
            f'style:column-width="{width * 0.21:.2f}cm"/></style:style>'
            for width in sorted({round(width) for grid in grids for width in grid.widths.values()})
        )
        + '<style:style style:name="ta" style:family="table" style:master-page-name="Default"/>'
        + "</office:automatic-styles><office:body><office:spreadsheet>"
        + "".join(_ods_sheet(grid) for grid in grids)
        + "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<manifest:manifest {_ODS_NAMES.replace('office:version', 'manifest:version')}>"
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        '<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    page = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-styles {_ODS_NAMES}><office:automatic-styles>'
        '<style:page-layout style:name="A4"><style:page-layout-properties fo:page-width="29.7cm" '
        'fo:page-height="21cm" style:print-orientation="landscape" fo:margin="1cm" style:scale-to-X="1" '
        'style:scale-to-Y="0"/></style:page-layout></office:automatic-styles><office:master-styles>'
        '<style:master-page style:name="Default" style:page-layout-name="A4"/></office:master-styles>'
        "</office:document-styles>"
    )
    parts = {"mimetype": kind, "content.xml": content, "styles.xml": page, "META-INF/manifest.xml": manifest}
    return zip_bytes({name: part.encode() for name, part in parts.items()}, first="mimetype")


def _ods_look(name: str, font: str, size: int) -> str:
    bold, italic, horizontal, border, more = LOOKS[name]
    fill = ' fo:background-color="#d9e1f2"' if name == "head" else ""
    line = ' fo:border="0.5pt solid #000000"' if border else ""
    slant = ('fo:font-weight="bold" ' if bold else "") + ('fo:font-style="italic"' if italic else "")
    made = ""
    for suffix, data in (("", ""), ("_date", ' style:data-style-name="N1"')):
        made += (
            f'<style:style style:name="{name}{suffix}" style:family="table-cell"{data}>'
            f'<style:table-cell-properties{fill}{line} fo:wrap-option="wrap" style:vertical-align="middle"/>'
            f'<style:paragraph-properties fo:text-align="{_ODS_SIDE[horizontal]}"/>'
            f'<style:text-properties fo:font-family={quoteattr(font)} fo:font-size="{size + more}pt" {slant}/>'
            "</style:style>"
        )
    return made


_ODS_SIDE = {"left": "start", "right": "end", "center": "center"}


def _ods_sheet(grid: Grid) -> str:
    bottom = max(row for row, _ in grid.cells)
    right = max(column for _, column in grid.cells)
    spans = {(top, left): (low - top + 1, end - left + 1) for top, left, low, end in grid.merges}
    covered = {
        (row, column)
        for top, left, low, end in grid.merges
        for row in range(top, low + 1)
        for column in range(left, end + 1)
        if (row, column) != (top, left)
    }
    columns = "".join(f'<table:table-column table:style-name="co{round(grid.widths.get(c, 12))}"/>' for c in range(1, right + 1))
    rows: list[str] = []
    for row in range(1, bottom + 1):
        cells = ""
        for column in range(1, right + 1):
            if (row, column) in covered:
                cells += "<table:covered-table-cell/>"
                continue
            cell = grid.cells.get((row, column))
            cells += "<table:table-cell/>" if cell is None else _ods_cell(cell, spans.get((row, column)))
        rows.append(f"<table:table-row>{cells}</table:table-row>")
    name = quoteattr(grid.name)
    return f'<table:table table:style-name="ta" table:name={name}>{columns}{"".join(rows)}</table:table>'


def _ods_cell(cell: Cell, span: tuple[int, int] | None) -> str:
    style = cell.look
    merged = f' table:number-rows-spanned="{span[0]}" table:number-columns-spanned="{span[1]}"' if span else ""
    value, typed = cell.value, ""
    if value is None:
        return f'<table:table-cell table:style-name="{style}"{merged}/>'
    if isinstance(value, datetime | date):
        typed = f' office:value-type="date" office:date-value="{value:%Y-%m-%d}"'
        text, style = f"{value:%d/%m/%Y}", f"{style}_date"
    elif isinstance(value, int | float):
        typed = f' office:value-type="float" office:value="{value!r}"'
        text = f"{value:,}".translate(str.maketrans(",.", ".,"))
    else:
        typed, text = ' office:value-type="string"', value
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n"))
    return f'<table:table-cell table:style-name="{style}"{typed}{merged}>{lines}</table:table-cell>'


# ---------------------------------------------------------------------------------------------------------------------
# what is no workbook at all


def letter_bytes(text: str) -> bytes:
    """A Word letter, sent under a workbook's name."""
    body = f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"
    open_xml, word = (
        "http://schemas.openxmlformats.org",
        "application/vnd.openxmlformats-officedocument.wordprocessingml",
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    parts = {
        "[Content_Types].xml": f'{head}<Types xmlns="{open_xml}/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{word}.document.main+xml"/></Types>',
        "_rels/.rels": f'{head}<Relationships xmlns="{open_xml}/package/2006/relationships">'
        '<Relationship Id="rId1" '
        f'Type="{open_xml}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
        "</Relationships>",
        "word/document.xml": f'{head}<w:document xmlns:w="{open_xml}/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>',
    }
    return zip_bytes({name: part.encode() for name, part in parts.items()}, first="[Content_Types].xml")


def locked_bytes() -> bytes:
    """The outside of a workbook with a password: a compound file that says EncryptedPackage, with nothing in it."""
    free, end, fat_sector, none = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
    info = struct.pack("<HHI", 4, 4, 0x40) + b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><encryption/>'
    streams = [
        ("EncryptionInfo", info.ljust(4096, b"\0")),
        ("EncryptedPackage", struct.pack("<Q", 4088).ljust(4096, b"\0")),
    ]
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        b"",
        0,
        1,
        1,
        0,
        4096,
        end,
        0,
        end,
        0,
        0,
    )
    header = header[:76] + struct.pack("<I", 0) + struct.pack("<I", free) * 108
    fat = [fat_sector, end]
    for number in range(2):
        start = 2 + number * 8
        fat += [*range(start + 1, start + 8), end]
    fat += [free] * (128 - len(fat))

    def entry(name: str, kind: int, child: int, right: int, start: int, size: int) -> bytes:
        encoded = (name + "\0").encode("utf-16-le")
        return struct.pack("<64sHBBIII16sIQQIQ", encoded, len(encoded), kind, 1, none, right, child, b"", 0, 0, 0, start, size)

    directory = entry("Root Entry", 5, 1, none, end, 0)
    directory += entry(streams[0][0], 2, none, 2, 2, 4096) + entry(streams[1][0], 2, none, none, 10, 4096)
    directory += entry("", 0, none, none, 0, 0)
    return header + struct.pack("<128I", *fat) + directory + b"".join(content for _, content in streams)
