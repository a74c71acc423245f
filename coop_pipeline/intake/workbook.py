"""Opens the bytes of a workbook: sheets as grids of cells with what the reader library does not tell (errors, percentages, fonts, hidden rows)."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from coop_pipeline.forms.wording import mask_names
from coop_pipeline.intake.door import DEFAULT_LIMITS, WORKBOOKS, Limits

Row = list[object]
_MOST_COLUMNS = 16_384  # of a sheet
_XLS_COLUMNS = 256


class WorkbookFault(Exception):
    """The file is no workbook that can be read; `code` is a kind of issue. Raised inside intake only, never beyond it."""

    def __init__(self, code: str, reason_vi: str, reason_en: str) -> None:
        super().__init__(reason_en)
        self.code, self.reason_vi, self.reason_en = code, reason_vi, reason_en


def damaged(fault: Exception) -> WorkbookFault:
    """What to raise where a reader could not make anything of the bytes."""
    return WorkbookFault("file_unreadable", "tệp hỏng hoặc không đúng định dạng", str(fault)[:200])


@dataclass(slots=True)
class Sheet:
    """A sheet as a grid: `rows[r][c]`, zero-based and at the sheet's own addresses; merged ranges are (top, left, bottom, right)."""

    name: str
    rows: list[Row]
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    visible: bool = True
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    unsolved: set[tuple[int, int]] = field(default_factory=set)
    percents: set[tuple[int, int]] = field(default_factory=set)
    fonts: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


def open_workbook(data: bytes, kind: str, limits: Limits = DEFAULT_LIMITS, parts: Mapping[str, bytes] | None = None) -> list[Sheet]:
    """All sheets of a workbook, without persons in their names; `kind` is what the first bytes say (door.sniff), `parts` are those of a zip,
    where they are inflated already (door.preflight_zip)."""
    if kind == "html":
        from coop_pipeline.intake.webpage import read_webpage

        return read_webpage(data, limits)
    if kind not in WORKBOOKS:
        raise WorkbookFault("file_not_workbook", f"nội dung là {kind}", f"its content is {kind}")
    if kind == "xml2003":
        from coop_pipeline.intake.xml2003 import read_xml2003

        sheets = read_xml2003(data, limits)
    else:
        sheets = _read_packed(data, kind, limits, parts)
    for sheet, name in zip(sheets, mask_names(sheet.name for sheet in sheets), strict=True):
        sheet.name = name
    return sheets


def _read_packed(data: bytes, kind: str, limits: Limits, parts: Mapping[str, bytes] | None) -> list[Sheet]:
    try:
        try:
            sheets = _read_grids(data, kind, limits)
        except CalamineError:
            tamed = _tame_errors(data) if kind == "xlsx" else None
            if tamed is None:
                raise
            sheets = _read_grids(tamed, kind, limits)
        if kind in ("xlsx", "ods"):
            listed, read = _parts_of(data) if not parts else ([*parts], parts.__getitem__)
            if kind == "xlsx":
                _look_closer(listed, read, sheets)
            elif "content.xml" in listed:
                _read_spans(read("content.xml"), sheets)
    except PasswordError as fault:
        raise WorkbookFault("file_encrypted", "có mật khẩu", "it is encrypted") from fault
    except (CalamineError, zipfile.BadZipFile, zlib.error, OSError, ValueError) as fault:
        raise damaged(fault) from fault
    return sheets


def _parts_of(data: bytes) -> tuple[list[str], Callable[[str], bytes]]:
    archive = zipfile.ZipFile(io.BytesIO(data))
    return archive.namelist(), archive.read


def _read_grids(data: bytes, kind: str, limits: Limits) -> list[Sheet]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = []
    for position, about in enumerate(book.sheets_metadata):
        if about.typ != SheetTypeEnum.WorkSheet:
            continue
        if about.visible != SheetVisibleEnum.Visible:
            sheets.append(Sheet(about.name, [], visible=False))
            continue
        grid = book.get_sheet_by_index(position)
        if beyond := _beyond(grid, kind, limits):
            raise beyond
        rows = grid.to_python(skip_empty_area=False)
        merges = [(a[0], a[1], b[0], b[1]) for a, b in grid.merged_cell_ranges or ()]
        sheets.append(Sheet(about.name, trim(rows), merges))
    return sheets


_KNOWN_ERRORS = (b"#REF!", b"#DIV/0!", b"#N/A", b"#NAME?", b"#NULL!", b"#NUM!", b"#VALUE!")


def _tame_errors(data: bytes) -> bytes | None:
    """The workbook with errors that came with newer Excel (#SPILL!, #CALC! …) as #N/A: one of them keeps the reader library from the
    whole file. None where there is none. What they were is read from the workbook itself."""
    found = False

    def tame(match: re.Match[bytes]) -> bytes:
        nonlocal found
        if match.group(2) in _KNOWN_ERRORS:
            return match.group()
        found = True
        return match.group(1) + b"#N/A"

    tamed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(tamed, "w") as other:
        for info in archive.infolist():
            content = archive.read(info)
            if b't="e"' in content:
                content = re.sub(
                    rb'(<(?:\w+:)?c\s[^<>]*\bt="e"[^<>]*>(?:\s*<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>))?\s*<(?:\w+:)?v>)(#[^<]*)',
                    tame,
                    content,
                )
            other.writestr(info.filename, content)
    return tamed.getvalue() if found else None


def _beyond(grid: CalamineSheet, kind: str, limits: Limits) -> WorkbookFault | None:
    """A stray cell far out would be a grid of millions of blanks; the door sees those that are very far out in an .xlsx or .ods only."""
    row, column = grid.end or (0, 0)
    if kind == "xls" and column >= _XLS_COLUMNS:
        return WorkbookFault(
            "file_unreadable", "tệp hỏng: có ô ngoài phạm vi của tệp .xls", "it is damaged: a cell lies beyond what .xls holds"
        )
    return refuse_far_cell(row + 1, column + 1, limits)


def refuse_far_cell(rows: int, columns: int, limits: Limits) -> WorkbookFault | None:
    """What to raise where a grid of so many rows and columns is more than the limits allow."""
    if rows <= limits.rows and columns <= limits.columns:
        return None
    far = f"{limits.rows} dòng, {limits.columns} cột", f"{limits.rows} rows, {limits.columns} columns"
    return WorkbookFault("file_too_large", f"có ô số liệu ở ngoài {far[0]} đầu", f"cells are filled beyond {far[1]}")


def trim(rows: Sequence[Sequence[object]]) -> list[Row]:
    """Without the blank rows at the end (a formatted but empty tail is not content)."""
    end = len(rows)
    while end and all(cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in rows[end - 1]):
        end -= 1
    return [row if isinstance(row, list) else list(row) for row in rows[:end]]


def _read_spans(xml: bytes, sheets: list[Sheet]) -> None:
    """Merged ranges and hidden rows and columns of an .ods file, which the reader library does not tell."""
    if b"-spanned=" not in xml and b"table:visibility=" not in xml:
        return
    by_name = {sheet.name: sheet for sheet in sheets}
    sheet: Sheet | None = None
    row = column = declared = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal sheet, row, column, declared
        unseen = attributes.get("table:visibility", "visible") != "visible"
        if tag == "table:table":
            sheet, row, column, declared = by_name.get(attributes.get("table:name", "")), -1, 0, 0
        elif tag == "table:table-column":
            times = min(int(attributes.get("table:number-columns-repeated", 1)), _MOST_COLUMNS)
            if unseen and sheet is not None:
                sheet.hidden_columns.update(range(declared, declared + times))
            declared += times
        elif tag == "table:table-row":
            row, column = row + 1, 0
            if unseen and sheet is not None:
                times = int(attributes.get("table:number-rows-repeated", 1))
                sheet.hidden_rows.update(range(row, min(row + times, len(sheet.rows))))
        elif tag in ("table:table-cell", "table:covered-table-cell") and sheet is not None:
            down, across = int(attributes.get("table:number-rows-spanned", 1)), int(attributes.get("table:number-columns-spanned", 1))
            if (down > 1 or across > 1) and row < len(sheet.rows):
                sheet.merges.append((row, column, row + down - 1, column + across - 1))
            column += int(attributes.get("table:number-columns-repeated", 1))

    def end(tag: str) -> None:
        nonlocal row
        if tag == "table:table-row":
            row += skipped.pop() if skipped else 0

    skipped: list[int] = []

    def start_row(tag: str, attributes: dict[str, str]) -> None:
        start(tag, attributes)
        if tag == "table:table-row":
            skipped.append(int(attributes.get("table:number-rows-repeated", 1)) - 1)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start_row
    parser.EndElementHandler = end
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError):
        return  # the reader library took the file; without its merges it is read as if it had none


_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)/?>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)/?>")
_ATTRIBUTE = re.compile(rb'([\w:]+)\s*=\s*"([^"]*)"')
_ERROR_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]+)(\d+)"[^>]*?\bt="e"[^>]*>.*?<(?:\w+:)?v>([^<]*)<', re.S)
_ERROR_CELL_2 = re.compile(rb'<(?:\w+:)?c\s[^>]*?\bt="e"[^>]*?\br="([A-Z]+)(\d+)"[^>]*>.*?<(?:\w+:)?v>([^<]*)<', re.S)
_UNSOLVED = re.compile(
    rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]+)(\d+)"[^>]*>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_STYLED = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]+)(\d+)"[^>]*?\bs="(\d+)"')


_ROW = re.compile(rb"<(?:\w+:)?row\s([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\s([^>]*)>")


def _look_closer(listed: Iterable[str], read: Callable[[str], bytes], sheets: list[Sheet]) -> None:
    """Error cells, formulas without a value, percentages and legacy fonts, from the XML parts themselves."""
    names = {name.lower(): name for name in listed}

    def part(name: str) -> bytes:
        return read(names[name.lower()]) if name.lower() in names else b""

    targets = {}
    for match in _RELATION.finditer(part("xl/_rels/workbook.xml.rels")):
        attributes = dict(_ATTRIBUTE.findall(match.group(1)))
        targets[attributes.get(b"Id")] = attributes.get(b"Target", b"").decode("utf-8", "replace")
    paths = []
    for match in _SHEET.finditer(part("xl/workbook.xml")):
        attributes = dict(_ATTRIBUTE.findall(match.group(1)))
        relation = next((value for key, value in attributes.items() if key == b"id" or key.endswith(b":id")), b"")
        target = targets.get(relation, "")
        paths.append(target.lstrip("/") if target.startswith(("/", "xl/")) else f"xl/{target}")
    percent_styles, font_styles = _read_styles(part("xl/styles.xml"))
    if len(paths) != len(sheets):  # chart sheets and the like: addresses would not fit
        by_position = [path for path in paths if "worksheets" in path.lower()]
        paths = by_position if len(by_position) == len(sheets) else []
    for sheet, path in zip(sheets, paths, strict=False):
        if not sheet.visible:
            continue
        xml = part(path)
        if b't="e"' in xml:
            for pattern in (_ERROR_CELL, _ERROR_CELL_2):
                for column, row, text in pattern.findall(xml):
                    sheet.errors[_address(column, row)] = text.decode("utf-8", "replace")
        if b"<f" in xml or b":f>" in xml:
            sheet.unsolved = {
                _address(match.group(1), match.group(2))
                for match in _UNSOLVED.finditer(xml)
                if b't="str"' not in match.group().split(b">", 1)[0]  # a formula whose result is the empty text
            }
        if b"hidden" in xml:
            _read_hidden(xml, sheet)
        if percent_styles or font_styles:
            for column, row, style in _STYLED.findall(xml):
                index = int(style)
                if index in percent_styles:
                    sheet.percents.add(_address(column, row))
                if index in font_styles:
                    sheet.fonts[_address(column, row)] = font_styles[index]


def _read_hidden(xml: bytes, sheet: Sheet) -> None:
    """Rows and columns that are not shown: hidden by hand, by a filter, or folded away in a group."""
    on = (b"1", b"true")
    for match in _COLUMN.finditer(xml.split(b"sheetData", 1)[0]):
        about = dict(_ATTRIBUTE.findall(match.group(1)))
        first, last = about.get(b"min", b""), about.get(b"max", b"")
        if about.get(b"hidden") in on and first.isdigit() and last.isdigit():
            sheet.hidden_columns.update(range(int(first) - 1, min(int(last), _MOST_COLUMNS)))
    if b"hidden" not in xml.split(b"sheetData", 1)[-1]:
        return
    row = 0
    for match in _ROW.finditer(xml):
        about = dict(_ATTRIBUTE.findall(match.group(1)))
        row = int(about[b"r"]) if about.get(b"r", b"").isdigit() else row + 1
        if about.get(b"hidden") in on:
            sheet.hidden_rows.add(row - 1)


def _read_styles(xml: bytes) -> tuple[set[int], dict[int, str]]:
    """Indices of cell styles that show a percentage, and of those in a legacy Vietnamese font with its name."""
    formats = {9, 10}
    for match in re.finditer(rb"<(?:\w+:)?numFmt\s([^>]*)/?>", xml):
        attributes = dict(_ATTRIBUTE.findall(match.group(1)))
        if b"%" in attributes.get(b"formatCode", b"") and attributes.get(b"numFmtId", b"").isdigit():
            formats.add(int(attributes[b"numFmtId"]))
    fonts: list[str] = []
    block = re.search(rb"<(?:\w+:)?fonts\b.*?</(?:\w+:)?fonts>", xml, re.S)
    if block:
        for font in re.split(rb"<(?:\w+:)?font(?=[\s>/])", block.group())[1:]:
            name = re.search(rb'<(?:\w+:)?name\s+val="([^"]*)"', font)
            fonts.append(name.group(1).decode("utf-8", "replace") if name else "")
    legacy = {i for i, name in enumerate(fonts) if is_legacy_font(name)}
    percent_styles: set[int] = set()
    font_styles: dict[int, str] = {}
    cells = re.search(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", xml, re.S)
    if cells:
        for index, match in enumerate(re.finditer(rb"<(?:\w+:)?xf\s([^>]*)>", cells.group())):
            attributes = dict(_ATTRIBUTE.findall(match.group(1)))
            if attributes.get(b"numFmtId", b"").isdigit() and int(attributes[b"numFmtId"]) in formats:
                percent_styles.add(index)
            font_id = attributes.get(b"fontId", b"")
            if font_id.isdigit() and int(font_id) in legacy:
                font_styles[index] = fonts[int(font_id)]
    return percent_styles, font_styles


def is_legacy_font(name: str) -> bool:
    """Whether a font shows TCVN3 or VNI as Vietnamese: ".VnTime", "VNI-Times"."""
    return bool(re.match(r"\.?vn|vni[- ]", name, re.I))


def _address(column: bytes, row: bytes) -> tuple[int, int]:
    return int(row) - 1, column_number(column.decode("ascii"))


def column_number(letters: str) -> int:
    """0 for `A`, 26 for `AA`."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(column: int) -> str:
    """`A` for 0, `AA` for 26."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cells_of(row: Row) -> dict[int, object]:
    """The filled cells of a row by their columns."""
    return {column: value for column, value in enumerate(row) if (value.strip() if type(value) is str else value is not None)}
