"""The blank workbook that a reporter fills in: a sheet for each form owed, drop-downs, input checks, known co-operatives."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import PERIOD_YEARS, UNITS_CHANGED_ON, Reporter, areas, codelist, reporters
from coop_pipeline.forms.spec import Duty, Field, Form
from coop_pipeline.forms.wording import OWN_SHEET_MARK, as_xml_text, show_number
from coop_pipeline.intake.dates import period_bounds
from coop_pipeline.intake.units import UNITS
from coop_pipeline.outputs.files import replace_file

GUIDE, LISTS = "Hướng dẫn", "Danh mục"
# Tabs are short; a form that is not named here takes the first words of its name.
TABS = {
    "cooperative_reports": "Danh sách HTX, THT", "loans": "Cho vay HTX", "credit_totals": "Tổng dư nợ", "certifications": "Giấy chứng nhận",
    "exports": "Xuất khẩu", "training": "Đào tạo", "technology_transfers": "Chuyển giao kỹ thuật", "demonstration_models": "Mô hình",
    "growing_areas": "Mã số vùng trồng", "packing_facilities": "Mã số cơ sở đóng gói", "trace_stamps": "Tem truy xuất",
    "infrastructure": "Kết cấu hạ tầng", "trade_promotions": "Xúc tiến thương mại",
}  # fmt: skip
HEADER_ROW = 6  # the header; its numbers stand below it, then the data
FIRST_ROW = HEADER_ROW + 2
NUMBERED_ROWS = 30  # rows with a running number and lines around them
CHECKED_ROWS = 1000  # rows with drop-downs and input checks

_FONT = "Times New Roman"
_HEAD, _MUST = PatternFill("solid", fgColor="FFDDEBF7"), PatternFill("solid", fgColor="FFF8CBAD")
_GAP, _DOUBT = PatternFill("solid", bgColor="FFFFC7CE"), PatternFill("solid", bgColor="FFFFEB9C")
_SIDE = Side("thin", color="FF7F7F7F")
_BOX = Border(_SIDE, _SIDE, _SIDE, _SIDE)
_OPEN, _LOCKED = Protection(locked=False), Protection(locked=True)
_MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_CELL, _CELL_CENTRE = Alignment(vertical="center", wrap_text=True), Alignment(horizontal="center", vertical="center")


@dataclass(frozen=True, slots=True)
class Cooperative:
    """A known co-operative: a row of the published core.cooperatives."""

    name: str
    district: str | None
    values: Mapping[str, Any]


@dataclass(slots=True)
class _Lists:
    """The code lists on their sheet: name -> reference to its cells."""

    ranges: dict[str, str] = field(default_factory=dict)


def write_template(district: str, period: str, target: Path, published: Path | None = None) -> Path:
    """Writes the blank workbook of a reporter for a period. Raises ValueError with one sentence for an unknown reporter or period."""
    reporter = next((r for r in reporters() if r.code == district), None)
    if reporter is None:
        known = "; ".join(f"{r.code} {r.name_vi}" for r in reporters() if r.kind != "commune")
        raise ValueError(
            f"Không có đơn vị báo cáo “{district}”. Các mã: {known}; xã, phường mới theo mã trong bảng ref.reporters. "
            f"(There is no reporter “{district}”.)"
        )
    try:
        starts_on, ends_on = period_bounds(period)
    except ValueError:
        raise ValueError(
            f"Kỳ báo cáo “{period}” không hợp lệ; ví dụ: 2021, 2021-H1, 2021-Q4, 2021-12. (“{period}” is no period.)"
        ) from None
    if starts_on.year not in PERIOD_YEARS:
        raise ValueError(f"Kỳ báo cáo “{period}” ở ngoài các năm {PERIOD_YEARS[0]} đến {PERIOD_YEARS[-1]}. (The period is out of range.)")
    if not reporter.in_force(ends_on):
        raise ValueError(
            f"{reporter.name_vi} không báo cáo kỳ {period}: huyện, thành phố báo cáo các kỳ đến hết 30/06/2025, xã, phường mới các kỳ kết thúc sau đó. "
            f"({district} does not report on {period}.)"
        )
    known_coops = _read_cooperatives(published, reporter, ends_on) if published is not None and published.exists() else []
    book = Workbook()
    book.remove(book.active)
    guide = book.create_sheet(GUIDE)
    owed = [form for form in FORMS.values() if _duty(reporter, form)]
    pages = {form.name: book.create_sheet(_tab(form)) for form in owed}
    lists = _write_lists(book.create_sheet(LISTS), owed, reporter, ends_on, known_coops)
    _write_guide(guide, owed, reporter, period)
    for form in owed:
        _write_form(pages[form.name], form, reporter, period, (starts_on, ends_on), lists, known_coops)
    book.active = 0
    book.properties.title = f"Biểu số liệu kinh tế tập thể {period}"
    book.properties.creator = "coop_pipeline"
    book.properties.created = book.properties.modified = datetime(2000, 1, 1)
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, _pack(book))
    return target


def _pack(book: Workbook) -> bytes:
    """The same workbook gives the same bytes."""
    raw, out = io.BytesIO(), io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED)).save()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in source.infolist():
            entry = zipfile.ZipInfo(info.filename, (2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, source.read(info))
    return out.getvalue()


def _duty(reporter: Reporter, form: Form) -> Duty | None:
    """What the reporter owes of a form; communes owe what districts did."""
    return next((d for d in form.duties if reporter.code in d.reporters or (reporter.is_local and "district" in d.reporters)), None)


def _tab(form: Form) -> str:
    name = TABS.get(form.name) or form.vi
    return re.sub(r"[\[\]:*?/\\]", " ", name)[:31].strip()


def _period_words(period: str) -> str:
    year, _, part = period.partition("-")
    if part.startswith("H"):
        return f"6 tháng {'đầu' if part == 'H1' else 'cuối'} năm {year}"
    if part.startswith("Q"):
        return f"quý {('I', 'II', 'III', 'IV')[int(part[1]) - 1]} năm {year}"
    return f"tháng {int(part)} năm {year}" if part else f"năm {year}"


def _read_cooperatives(published: Path, reporter: Reporter, on: date) -> list[Cooperative]:
    """The registered co-operatives of a district or commune (all of them for an agency), those that still exist, by name."""
    import duckdb

    columns = (
        "name",
        "district_code",
        "tax_code",
        "kind",
        "registration_no",
        "established_on",
        "commune_code",
        "address",
        "sector",
        "products",
    )
    query = (
        f"select {', '.join(columns)} from core.cooperatives where not is_inferred and coalesce(status, '') <> 'dissolved' "
        "and (? is null or district_code = ?) and (? is null or list_contains(?, commune_code || ' ' || commune_valid_from)) and (established_on is null or established_on <= ?) order by commune_code, name, cooperative_id"
    )
    district = reporter.area if reporter.kind == "district" else None
    commune = reporter.area if reporter.kind == "commune" else None
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            rows = connection.execute(query, [district, district, commune, _ground(reporter.area), on]).fetchall()
    except duckdb.Error as problem:
        raise ValueError(f"Không đọc được danh sách HTX trong {published}. (The published file cannot be read: {problem})") from problem
    return [Cooperative(row[0], row[1], dict(zip(columns, row, strict=True))) for row in rows]


def _ground(commune: str) -> list[str]:
    """`code valid_from` of a new commune and of the old ones that are wholly in it; of those split, nobody knows whose they are."""
    return [
        f"{a.code} {a.valid_from}"
        for a in areas()
        if a.level == "commune" and ((a.valid_to is None and a.code == commune) or (a.succession == "whole" and a.successors == (commune,)))
    ]


# ---- lists


def _communes(reporter: Reporter, on: date) -> list[tuple[str, str, str]]:
    """(code, name, district code) of the communes in force on a day, of one district or of all; the old district where they are new."""
    districts = list(reporter.districts) or [r.area for r in reporters() if r.kind == "district"]
    if on >= UNITS_CHANGED_ON:
        new = [(r.code, r.name_vi, r.districts[0]) for r in reporters() if r.kind == "commune" and reporter.kind != "commune"]
        return sorted(new, key=lambda c: (c[2], c[0]))
    in_force = [
        a
        for a in areas()
        if a.level == "commune" and (a.valid_from is None or a.valid_from <= on) and (a.valid_to is None or a.valid_to >= on)
    ]
    old = [a for a in in_force if a.parent in districts]
    found = {(a.parent, a.name): (a.code, a.name, a.parent) for a in old}
    return sorted(found.values(), key=lambda c: (c[2], c[0]))


def _write_lists(page: Worksheet, owed: Sequence[Form], reporter: Reporter, on: date, known: Sequence[Cooperative]) -> _Lists:
    lists = _Lists()
    page["A1"], page["A2"] = "DANH MỤC DÙNG TRONG CÁC BIỂU", OWN_SHEET_MARK
    page["A1"].font, page["A2"].font = Font(_FONT, 14, bold=True), Font(_FONT, 10, italic=True, color="FF7F7F7F")
    column = 1

    def put(title: str, values: Iterable[str]) -> str:
        nonlocal column
        values = list(values)
        letter = get_column_letter(column)
        head = page.cell(4, column, title)
        head.font, head.fill, head.alignment, head.border = Font(_FONT, 11, bold=True), _HEAD, _MIDDLE, _BOX
        row = 4
        for row, text in enumerate(values, 5):
            cell = page.cell(row, column)
            write_text(cell, text)
            cell.font, cell.border = Font(_FONT, 11), _BOX
        page.column_dimensions[letter].width = min(max(map(len, (title, *values))) * 1.15 + 2, 60)
        column += 1
        return f"'{LISTS}'!${letter}$5:${letter}${max(row, 5)}"

    fields = [(f, form) for form in owed for f in _columns(form, reporter)]
    for f, _ in fields:
        if f.codes and f.codes not in lists.ranges:
            lists.ranges[f.codes] = put(f.vi, dict.fromkeys(code.label_vi for code in codelist(f.codes)))
    if any(f.type == "lender" for f, _ in fields):
        lists.ranges["lender"] = put("Tổ chức tín dụng", dict.fromkeys(code.label_vi for code in codelist("lender_names")))
    districts = {r.area: r.name_vi for r in reporters() if r.kind == "district"}
    if any(f.type == "district" for f, _ in fields):
        lists.ranges["district"] = put("Huyện, thành phố", districts.values())
    if any(f.type == "commune" for f, _ in fields):
        communes = _communes(reporter, on)
        if not reporter.is_local:
            lists.ranges["commune_district"] = put("Huyện, thành phố của xã", (districts[c[2]] for c in communes))
        lists.ranges["commune"] = put("Xã, phường, thị trấn", (c[1] for c in communes))
    if not reporter.is_local and known and any(form.owner for form in owed):
        lists.ranges["cooperative"] = put("HTX, THT đã biết", (c.name for c in known))
        put("Huyện, thành phố của HTX, THT", (districts.get(c.district or "", "") for c in known))
    page.freeze_panes = "A5"
    page.sheet_properties.tabColor = "FF7F7F7F"
    _protect(page)
    _print(page, 1)
    return lists


# ---- instructions


def _write_guide(page: Worksheet, owed: Sequence[Form], reporter: Reporter, period: str) -> None:
    page.sheet_view.showGridLines = False
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 5, 46
    page.column_dimensions["C"].width, page.column_dimensions["D"].width = 26, 66
    row = 1

    def line(text: str, size: int = 12, bold: bool = False, italic: bool = False, color: str = "FF000000", height: float = 18) -> None:
        nonlocal row
        cell = page.cell(row, 1, text)
        cell.font, cell.alignment = (
            Font(_FONT, size, bold=bold, italic=italic, color=color),
            Alignment(vertical="center", wrap_text=True),
        )
        page.merge_cells(start_row=row, start_column=1, end_row=row, end_column=4)
        page.row_dimensions[row].height = height * max(1, -(-len(text) * size // (165 * 12)))
        row += 1

    line("HƯỚNG DẪN ĐIỀN BIỂU", 16, bold=True, height=26)
    line(OWN_SHEET_MARK, 10, italic=True, color="FF7F7F7F")
    line(f"{reporter.name_vi} – số liệu {_period_words(period)}", 13, bold=True, color="FF1F4E79", height=22)
    row += 1
    for number, text in enumerate(
        (
            (
                f"Mỗi dòng một đơn vị (một khoản vay, một giấy chứng nhận, một lớp…), ghi từ dòng {FIRST_ROW} trở xuống; "
                "thiếu dòng thì ghi tiếp ở dưới."
            ),
            (
                "Cột có tiêu đề màu cam và dấu (*) là bắt buộc. Ô bắt buộc còn trống trong dòng đã ghi tự chuyển màu hồng; "
                "ô màu vàng là số liệu nên xem lại."
            ),
            ("Chọn giá trị trong danh sách thả xuống ở các cột có danh mục (xem trang “Danh mục”). Bấm vào ô để đọc gợi ý của cột."),
            (
                "Số liệu ghi bằng số, theo đơn vị tính ở tiêu đề cột; không gõ chữ hay đơn vị vào ô số. "
                "Ngày ghi dạng ngày/tháng/năm, ví dụ 30/12/2021."
            ),
            "Không có số liệu thì để trống; cả biểu không có gì thì ghi “Không phát sinh” ở dòng đầu.",
            "Không đổi tên cột, không thêm dòng cộng. Không ghi họ tên, số điện thoại, số CCCD của cá nhân.",
            (
                "Trước khi gửi có thể tự kiểm tra bằng lệnh: coop check <tệp>. "
                "Gửi lại sau khi sửa thì ghi “lần 2”, “lần 3” vào tên tệp: bản sau thay cho bản trước."
            ),
        ),
        1,
    ):
        line(f"{number}. {text}")
    row += 1
    for index, text in enumerate(("TT", "Biểu", "Hạn gửi", "Căn cứ"), 1):
        cell = page.cell(row, index, text)
        cell.font, cell.fill, cell.alignment, cell.border = Font(_FONT, 12, bold=True), _HEAD, _MIDDLE, _BOX
    ends_on = period_bounds(period)[1]
    for number, form in enumerate(owed, 1):
        row += 1
        duty = _duty(reporter, form)
        assert duty is not None  # `owed` holds no other forms
        by = f"{duty.due[1]:02d}/{duty.due[0]:02d}/{ends_on.year + 1}" if "-" not in period else "theo yêu cầu của tỉnh"
        for index, text in enumerate((str(number), form.vi, by, form.source), 1):
            cell = page.cell(row, index, text)
            cell.font, cell.border = Font(_FONT, 12), _BOX
            cell.alignment = _MIDDLE if index in (1, 3) else Alignment(vertical="center", wrap_text=True)
        link = page.cell(row, 2)
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{_tab(form)}'!B{FIRST_ROW}", display=form.vi)
        link.font = Font(_FONT, 12, color="FF0563C1", underline="single")
        page.row_dimensions[row].height = 17 * max(-(-len(form.source) // 68), -(-len(form.vi) // 46), 1) + 3
    page.sheet_properties.tabColor = "FF1F4E79"
    _protect(page)
    _print(page, 1)


# ---- one form


def _columns(form: Form, reporter: Reporter) -> list[Field]:
    """What is asked for: no personal columns, no unit column (the header says it), nothing that the reporter itself answers."""
    answered = {given.field for given in form.givens if reporter.code in given.reporters}
    if reporter.is_local:
        answered.add("district_code")
    if reporter.kind == "commune":
        answered.add("commune_code")
    kept = [f for f in form.fields if not f.personal and f.type != "unit" and f.name not in answered]
    first = [f for f in kept if f.type == "row_no"]
    last = [f for f in kept if f.type == "note"]
    return [*first, *(f for f in kept if f.type not in ("row_no", "note")), *last]


def unit_words(f: Field) -> str:
    """The unit in which a column is filled in, as a district writes it; empty for counts and words."""
    if not f.usual_unit:
        return ""
    unit = UNITS[f.usual_unit]
    return min((unit.label_vi, *unit.spellings[:1]), key=len)


def _factor(f: Field) -> Decimal:
    """How much one unit of the column is in the stored unit."""
    if not f.usual_unit or f.unit is None:
        return Decimal(1)
    own = UNITS[f.usual_unit].factor
    return own / UNITS[f.unit].factor if f.unit in UNITS else own


def header_text(f: Field) -> str:
    unit = unit_words(f)
    return f.vi + (f" ({unit})" if unit else "") + (" (*)" if f.required else "")


_NUMBER_FORMATS = {
    "vnd": "#,##0.0##",
    "vnd_month": "#,##0.00#",
    "ha": "#,##0.00##",
    "m2": "#,##0.0#",
    "t": "#,##0.0##",
    "count": "#,##0",
    "star": "0",
}


def _number_format(f: Field) -> str:
    if f.type == "number":
        return _NUMBER_FORMATS.get(f.unit or "", "0.0##")
    return "dd/mm/yyyy" if f.type == "date" else "General" if f.type == "row_no" else "@"


def _widths(columns: Sequence[Field]) -> list[float]:
    """Column widths; a narrow form is drawn out, so that its letterhead has room."""
    plain = [_width(f) for f in columns]
    stretch = max(1.0, min(2.5, 110 / sum(plain)))
    return [width if f.type == "row_no" else round(width * stretch, 1) for f, width in zip(columns, plain, strict=True)]


def _width(f: Field) -> float:
    if f.type == "row_no":
        return 5.5
    if f.type in ("name", "lender"):
        return 32
    if f.type == "number":
        return 10 if f.unit == "count" else 15 if len(header_text(f)) > 40 else 12
    if f.type == "date":
        return 12
    if f.type in ("code", "district", "commune"):
        return 17
    if f.type == "tax_code":
        return 15
    return 30 if f.required else 22


def _write_form(
    page: Worksheet,
    form: Form,
    reporter: Reporter,
    period: str,
    bounds: tuple[date, date],
    lists: _Lists,
    known: Sequence[Cooperative],
) -> None:
    columns = _columns(form, reporter)
    letters = {f.name: get_column_letter(i) for i, f in enumerate(columns, 1)}
    width = len(columns)
    letter = get_column_letter(width)
    widths = _widths(columns)
    for index, f in enumerate(columns, 1):
        dimension = page.column_dimensions[get_column_letter(index)]
        dimension.width, dimension.protection, dimension.number_format = widths[index - 1], _OPEN, _number_format(f)
        dimension.font = Font(_FONT, 12)
    rest = page.column_dimensions[get_column_letter(width + 1)]
    rest.min, rest.max, rest.protection, rest.width = width + 1, 16384, _OPEN, 9  # else no row could be deleted
    _write_head(page, form, reporter, period, widths)
    prefilled = known if form.name == "cooperative_reports" and reporter.is_local else []
    for index, f in enumerate(columns, 1):
        head, number = page.cell(HEADER_ROW, index, header_text(f)), page.cell(HEADER_ROW + 1, index, f"({index})")
        head.font, head.fill = Font(_FONT, 12, bold=True), _MUST if f.required else _HEAD
        number.font = Font(_FONT, 10, italic=True)
        for cell in (head, number):
            cell.alignment, cell.border, cell.protection, cell.number_format = _MIDDLE, _BOX, _LOCKED, "@"
    deepest = max(-(-len(header_text(f)) // max(int(w - 1), 1)) for f, w in zip(columns, widths, strict=True))
    page.row_dimensions[HEADER_ROW].height = 16 * min(max(deepest + 1, 2), 7)
    last_row = FIRST_ROW + max(NUMBERED_ROWS, len(prefilled) + 10) - 1
    for index, f in enumerate(columns, 1):
        model = page.cell(FIRST_ROW, index)
        model.font, model.border, model.protection, model.number_format = (
            Font(_FONT, 12),
            _BOX,
            _OPEN,
            _number_format(f),
        )
        model.alignment = _CELL_CENTRE if f.type in ("row_no", "date", "tax_code") else _CELL
        for row in range(FIRST_ROW, last_row + 1):
            cell = page.cell(row, index)
            cell._style = copy(model._style)
            if f.type == "row_no":
                cell.value = row - FIRST_ROW + 1
    _prefill(page, columns, prefilled, widths)
    for f in columns:
        _check_input(page, form, f, reporter, letters, lists, bounds)
    _show_gaps(page, form, letters, letter, bounds)
    page.freeze_panes = page.cell(FIRST_ROW, min(3, width))
    page.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW + 1}"
    if width > 16:
        page.print_title_cols = "A:B"
    page.sheet_view.zoomScale = 90
    page.sheet_format.defaultRowHeight, page.sheet_format.customHeight = 20, True  # rows still grow with what is typed
    _protect(page)
    _print(page, 2 if width > 16 else 1)


def _write_head(page: Worksheet, form: Form, reporter: Reporter, period: str, widths: Sequence[float]) -> None:
    """Letterhead, title and unit line, each over as many columns as it needs."""
    width = len(widths)
    reached = [sum(widths[: i + 1]) for i in range(width)]
    left = max(2, next((i for i, w in enumerate(reached, 1) if w >= 36), width - 1))
    wide = max(left + 1, next((i for i in range(width, 0, -1) if reached[-1] - reached[i - 1] + widths[i - 1] >= 48), left + 1))
    title = width if width <= 16 else next(i for i, w in enumerate(reached, 1) if w >= reached[-1] / 2)
    name = f"UBND {reporter.name_vi}" if reporter.is_local else reporter.name_vi
    place = re.sub(r"^(?:Huyện|Thành phố|Xã|Phường)\s+", "", reporter.name_vi) if reporter.is_local else "Hòa Bình"
    bold, plain, italic = Font(_FONT, 12, bold=True), Font(_FONT, 12), Font(_FONT, 12, italic=True)

    def put(row: int, first: int, last: int, text: str, font: Font, align: str = "center", protection: Protection = _LOCKED) -> None:
        cell = page.cell(row, first, text)
        cell.font, cell.protection, cell.number_format = font, protection, "@"
        cell.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True)
        if last > first:
            page.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)

    put(1, 1, left, name.upper(), bold)
    put(1, wide, width, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", bold)
    put(2, wide, width, "Độc lập - Tự do - Hạnh phúc", bold)
    put(3, wide, width, f"{place}, ngày …… tháng …… năm ………", italic, protection=_OPEN)
    put(4, 1, title, f"{form.vi} {_period_words(period)}".upper(), Font(_FONT, 14, bold=True))
    units = list(dict.fromkeys(unit_words(f) for f in _columns(form, reporter) if unit_words(f)))
    put(5, 1, 2, "(*) Cột bắt buộc", plain, "left")
    if units:
        put(5, 3, width, "Đơn vị tính: " + "; ".join(units), italic, "right")
    for row, height in ((1, 20 if len(name) < 34 else 36), (2, 20), (3, 20), (4, 34), (5, 20)):
        page.row_dimensions[row].height = height


def write_text(cell: Cell, text: str) -> None:
    """A text stays a text, whatever it begins with."""
    cell.value = as_xml_text(text)
    if cell.data_type != "s":  # it looks like a formula or an error
        cell.data_type = "s"
        cell.quotePrefix = True


def _prefill(page: Worksheet, columns: Sequence[Field], known: Sequence[Cooperative], widths: Sequence[float]) -> None:
    communes = {a.code: a.name for a in areas() if a.level == "commune" and (a.valid_to is not None or a.valid_from is None)}
    for row, cooperative in enumerate(known, FIRST_ROW):
        for index, f in enumerate(columns, 1):
            value = cooperative.values.get(f.name)
            if value is None or f.type == "row_no":
                continue
            if f.type == "commune":
                value = communes.get(str(value), "")
            elif f.codes:
                value = next((code.label_vi for code in codelist(f.codes) if code.code == value), "")
            if isinstance(value, str):
                write_text(page.cell(row, index), value)
                lines = -(-len(value) // max(int(widths[index - 1]) - 1, 1))
                if lines > 1 and 16 * lines + 4 > (page.row_dimensions[row].height or 0):
                    page.row_dimensions[row].height = 16 * lines + 4
            else:
                page.cell(row, index).value = value


# ---- input checks


def _check_input(
    page: Worksheet,
    form: Form,
    f: Field,
    reporter: Reporter,
    letters: Mapping[str, str],
    lists: _Lists,
    bounds: tuple[date, date],
) -> None:
    """The drop-down or check of a column, and what is said when a cell of it is chosen."""
    if f.type in ("row_no", "note"):
        return
    letter = letters[f.name]
    stop = f"Giá trị không hợp lệ ở cột “{f.vi}”. "
    check = DataValidation(allow_blank=True, showInputMessage=True)
    advice: list[str] = []
    if f.type == "number":
        low, high = (f.minimum, f.maximum)
        factor = _factor(f)
        check.type = "whole" if f.whole else "decimal"
        unit = f" ({unit_words(f)})" if unit_words(f) else ""
        if low is not None and high is not None:
            check.operator, check.formula1, check.formula2 = "between", _plain(low / factor), _plain(high / factor)
            check.error = f"{stop}Ghi một số từ {show_number(low / factor)} đến {show_number(high / factor)}{unit}."
        elif low is not None:
            check.operator, check.formula1 = "greaterThanOrEqual", _plain(low / factor)
            check.error = f"{stop}Ghi một số không âm{unit}, không gõ chữ hay đơn vị."
        else:
            check.operator, check.formula1, check.formula2 = "between", "-1000000000000", "1000000000000"
            check.error = f"{stop}Ghi một số{unit}; lỗ thì ghi số âm."
        if f.whole:
            check.error = f"{check.error[:-1]}, không có phần lẻ."
        advice.append(f"Ghi số{unit}" + (", số nguyên" if f.whole else "") + ("; lỗ ghi số âm" if low is None else "") + ".")
    elif f.type == "date":
        check.type, check.operator, check.formula1, check.formula2 = (
            "date",
            "between",
            "DATE(1945,1,1)",
            "DATE(2099,12,31)",
        )
        check.error = f"{stop}Ghi ngày/tháng/năm, ví dụ {f.example or '30/12/2021'}."
        check.errorStyle = "warning" if f.coarse else "stop"
        advice.append("Ghi ngày/tháng/năm" + (" (chỉ biết tháng hoặc năm: ghi 12/2021 hoặc 2021)" if f.coarse else "") + ".")
    elif f.type == "code" and f.codes is not None:
        check.type, check.formula1 = "list", lists.ranges[f.codes]
        check.error = f"{stop}Chọn một giá trị trong danh sách."
        advice.append("Chọn trong danh sách.")
    elif f.type == "district":
        check.type, check.formula1 = "list", lists.ranges["district"]
        check.error = f"{stop}Chọn huyện, thành phố trong danh sách."
        advice.append("Chọn trong danh sách.")
    elif f.type == "commune":
        check.type, check.errorStyle = "list", "warning"
        check.formula1 = lists.ranges["commune"]
        if "commune_district" in lists.ranges and "district_code" in letters:
            by, names = lists.ranges["commune_district"], lists.ranges["commune"]
            chosen = f"${letters['district_code']}{FIRST_ROW}"
            check.formula1 = f"OFFSET({names.split(':')[0]},MATCH({chosen},{by},0)-1,0,COUNTIF({by},{chosen}),1)"
        check.error = f"{stop}Không thấy tên này trong danh mục xã, phường, thị trấn. Vẫn giữ?"
        advice.append("Chọn trong danh sách" + (" (chọn huyện trước)." if "commune_district" in lists.ranges else "."))
    elif f.type in ("name", "lender"):
        source = _names_for(form, f, reporter, lists)
        if source:
            check.type, check.formula1, check.showErrorMessage = "list", source, False
            advice.append("Chọn trong danh sách hoặc ghi tên đầy đủ.")
        else:
            advice.append("Ghi tên đầy đủ như trong giấy đăng ký.")
    elif f.type == "tax_code":
        check.type, check.operator, check.formula1, check.formula2 = "textLength", "between", "10", "14"
        check.errorStyle = "warning"
        check.error = f"{stop}Mã số thuế có 10 chữ số (hoặc 10 số, gạch nối, 3 số). Không ghi số CCCD."
        advice.append("10 chữ số, giữ số 0 ở đầu; không ghi số CCCD.")
    if f.required:
        advice.insert(0, "Bắt buộc." if f.unless is None else "Bắt buộc, trừ " + ", ".join(f.unless[1]) + ".")
    if f.example:
        advice.append(f"Ví dụ: {f.example}.")
    if not advice:
        return
    check.promptTitle, check.prompt = f.vi[:32], " ".join(advice)[:255]
    if check.error:
        check.errorTitle, check.error = "Kiểm tra số liệu", check.error[:225]
        check.showErrorMessage = True
    check.add(f"{letter}{FIRST_ROW}:{letter}{FIRST_ROW + CHECKED_ROWS - 1}")
    page.add_data_validation(check)


def _names_for(form: Form, f: Field, reporter: Reporter, lists: _Lists) -> str | None:
    """Names to choose from: banks; for a district the list in its own workbook, for an agency the published one."""
    if f.type == "lender":
        return lists.ranges.get("lender")
    if reporter.kind != "district":
        return lists.ranges.get("cooperative")
    register = FORMS["cooperative_reports"]
    if form is register or not _duty(reporter, register) or f.name != form.owner:
        return None
    index = next(i for i, own in enumerate(_columns(register, reporter), 1) if own.name == register.owner)
    column = f"'{_tab(register)}'!${get_column_letter(index)}$"
    names = f"{column}{FIRST_ROW}:{column.rpartition('!')[2]}{FIRST_ROW + CHECKED_ROWS - 1}"
    return f"OFFSET({column}{FIRST_ROW},0,0,MAX(1,COUNTA({names})),1)"


def _plain(value: Decimal) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def _show_gaps(page: Worksheet, form: Form, letters: Mapping[str, str], last: str, bounds: tuple[date, date]) -> None:
    """Colours that come while a row is filled in: required cells that are still empty, and cells that break a simple rule."""
    first = FIRST_ROW
    end = FIRST_ROW + CHECKED_ROWS - 1
    begin = next(letter for name, letter in letters.items() if form.field(name).type != "row_no")
    for f in form.required:
        if f.name not in letters:
            continue
        own = letters[f.name]
        terms = [f"COUNTA(${begin}{first}:${last}{first})>0", f'TRIM(${own}{first})=""']
        if f.unless is not None and f.unless[0] in letters:
            codes = form.field(f.unless[0]).codes
            words = [c.label_vi for c in codelist(codes or "") if c.code in f.unless[1]] if codes else list(f.unless[1])
            other = f"${letters[f.unless[0]]}{first}"
            terms.append("NOT(OR(" + ",".join(f'{other}="{word}"' for word in words) + "))")
        page.conditional_formatting.add(f"{own}{first}:{own}{end}", FormulaRule([f"AND({','.join(terms)})"], fill=_GAP))
    edges = {"period_starts_on": bounds[0], "period_ends_on": bounds[1]}
    for rule in form.rules:
        match = re.fullmatch(r"(\w+) (<=|>=) (\w+)", rule.holds)
        if match is None or match.group(1) not in letters or rule.severity == "note":
            continue
        mine, other = f"${letters[match.group(1)]}{first}", match.group(3)
        if other in edges:
            day = edges[other]
            right, present = f"DATE({day.year},{day.month},{day.day})", []
        elif other in letters:
            right = f"${letters[other]}{first}"
            present = [f"ISNUMBER({right})"]
        else:
            continue
        broken = ">" if match.group(2) == "<=" else "<"
        terms = [f"ISNUMBER({mine})", *present, f"{mine}{broken}{right}"]
        target = letters[match.group(1)]
        page.conditional_formatting.add(f"{target}{first}:{target}{end}", FormulaRule([f"AND({','.join(terms)})"], fill=_DOUBT))


def _protect(page: Worksheet) -> None:
    """Headers are locked without a password; rows may be added and deleted, columns made wider."""
    protection = page.protection
    protection.sheet = True
    protection.formatCells = protection.formatColumns = protection.formatRows = False
    protection.insertRows = protection.deleteRows = protection.sort = protection.autoFilter = False


def _print(page: Worksheet, pages_wide: int) -> None:
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = pages_wide, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.page_margins.left = page.page_margins.right = 0.4
    page.page_margins.top = page.page_margins.bottom = 0.5
    page.print_options.horizontalCentered = True
    page.oddFooter.right.text, page.oddFooter.left.text = "Trang &P/&N", "&A"


__all__ = ["FIRST_ROW", "GUIDE", "HEADER_ROW", "LISTS", "Cooperative", "header_text", "unit_words", "write_template"]
