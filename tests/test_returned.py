"""The marked copy: what was sent stays, wrong cells are coloured and explained, the first sheet says what to do."""

from __future__ import annotations

import io
import posixpath
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.issues import make_issue
from coop_pipeline.forms.wording import OWN_SHEET_MARK
from coop_pipeline.intake.door import HEAD_BYTES, Limits, preflight_zip, sniff
from coop_pipeline.outputs import returned
from coop_pipeline.outputs.returned import SHEET_NAME, About, MarkTask, mark_copy
from tests.alone import judged

RAW = Path(__file__).parents[1] / "data" / "raw"
RED, YELLOW = "FFFF9C9C", "FFFFEB84"
ABOUT = About("BC HTX Lương Sơn 2021.xlsx", "Huyện Lương Sơn", "2021", "partial", 12, 1)
FORM = FORMS["cooperative_reports"]


def issue(
    sheet: str,
    cell: str,
    code: str = "number_invalid",
    severity: str = "error",
    value: str = "abc",
    field: str = "members",
) -> dict[str, Any]:
    params = {
        "limit": "0",
        "reading": "1",
        "header": value,
        "line": f"cooperative_reports,members,{value}",
        "other": "3",
        "reason_vi": "hỏng",
        "reason_en": "damaged",
        "detail_vi": "",
        "detail_en": "",
    }
    row = int(re.sub(r"\D", "", cell)) if cell else None
    made = make_issue(
        code,
        params,
        sheet=sheet,
        cell=cell,
        row_number=row,
        form=FORM.name,
        field=FORM.field(field),
        value=value,
        severity=severity,
    )
    return {name: getattr(made, name) for name in made.__slots__}


def book_with_everything() -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Danh sách HTX"
    page["A1"], page["A2"] = "DANH SÁCH HTX", "=SUM(C4:C5)"
    page.merge_cells("A1:D1")
    page.merge_cells("B4:B5")
    for row, values in enumerate((["TT", "Tên", "Số TV", "Doanh thu"], [1, "HTX A", "abc", 12.5], [2, None, 30, "=D4*2"]), 3):
        for column, value in enumerate(values, 1):
            page.cell(row, column, value)
    page["D4"].number_format = "#,##0.00"
    page["D4"].font = Font("Arial", 9, bold=True)
    page["C5"].comment = Comment("Ý kiến của huyện", "Huyện")
    page["D4"].fill = PatternFill("solid", fgColor="FF00FF00")
    page.column_dimensions["B"].width = 33
    page.row_dimensions[4].height = 27
    check = DataValidation(type="whole", operator="greaterThan", formula1="0")
    check.add("C4:C9")
    page.add_data_validation(check)
    page.freeze_panes = "A4"
    page.print_title_rows = "3:3"
    other = book.create_sheet("It's – 2")
    other["B2"] = "x"
    book.create_sheet("Ẩn").sheet_state = "hidden"
    book.create_sheet("Rất ẩn").sheet_state = "veryHidden"
    book.defined_names["gia"] = DefinedName("gia", attr_text="'Danh sách HTX'!$D$4")
    book.active = 1
    buffer = io.BytesIO()
    book.save(buffer)
    return with_results(buffer.getvalue(), {"A2": "30", "D5": "25"})


def rewrite(data: bytes, change: Callable[[str, bytes], bytes | None], extra: dict[str, bytes] | None = None) -> bytes:
    """The package with changed parts; None drops a part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            changed = change(name, source.read(name))
            if changed is not None:
                target.writestr(name, changed)
        for name, content in (extra or {}).items():
            target.writestr(name, content)
    return out.getvalue()


def with_results(data: bytes, results: dict[str, str]) -> bytes:
    """What Excel keeps beside a formula."""

    def change(name: str, content: bytes) -> bytes:
        if name == "xl/worksheets/sheet1.xml":
            for cell, value in results.items():
                content = re.sub(
                    rb'(<c r="%s"[^>]*><f>[^<]*</f>)(?:<v\s*/>|<v></v>)' % cell.encode(), rb"\1<v>%s</v>" % value.encode(), content
                )
        return content

    return rewrite(data, change)


def assert_sound(path: Path) -> None:
    """Every part is well formed, typed and related to parts that are there; openpyxl opens it; elements stand in order."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert len(names) == len({n.lower() for n in names})
        types = ElementTree.fromstring(archive.read("[Content_Types].xml"))
        defaults = {e.get("Extension", "").lower() for e in types if e.tag.endswith("Default")}
        overrides = [e.get("PartName", "") for e in types if e.tag.endswith("Override")]
        assert len(overrides) == len(set(overrides))
        for name in names:
            if name.endswith((".xml", ".rels", ".vml")):
                ElementTree.fromstring(archive.read(name))
            assert name == "[Content_Types].xml" or "/" + name in overrides or name.rpartition(".")[2].lower() in defaults, name
        for override in overrides:
            assert override[1:] in names, override
        for name in names:
            if name.endswith(".rels"):
                folder = posixpath.dirname(posixpath.dirname(name))
                identities = []
                for relation in ElementTree.fromstring(archive.read(name)):
                    identities.append(relation.get("Id"))
                    if relation.get("TargetMode") != "External":
                        target = relation.get("Target", "")
                        full = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                        assert full in names, (name, target)
                assert len(identities) == len(set(identities))
        order = ["sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetProtection", "autoFilter", "mergeCells",
                 "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter",
                 "drawing", "legacyDrawing", "tableParts", "extLst"]  # fmt: skip
        for name in names:
            if re.match(r"xl/worksheets/[^/]+\.xml", name):
                root = ElementTree.fromstring(archive.read(name))
                found = [order.index(tag) for e in root if (tag := e.tag.rpartition("}")[2]) in order]
                assert found == sorted(found), name
                rows = [int(r.get("r", "0")) for r in root.iter() if r.tag.endswith("}row")]
                assert rows == sorted(set(rows)), name
        sheet = ElementTree.fromstring(archive.read("xl/styles.xml"))
        for table in sheet:
            if table.get("count") and table.tag.rpartition("}")[2] in ("fonts", "fills", "borders", "cellXfs"):
                assert int(table.get("count", "0")) == len(table)
    openpyxl.load_workbook(path)


def color(cell: Any) -> str | None:
    return str(cell.fill.fgColor.rgb) if cell.fill.fill_type == "solid" else None


def texts(path: Path) -> list[str]:
    page = openpyxl.load_workbook(path).worksheets[0]
    return [str(cell.value) for row in page.iter_rows() for cell in row if cell.value is not None]


def mark(data: bytes, issues: list[dict[str, Any]], tmp_path: Path, about: About = ABOUT, kind: str = "xlsx") -> Path:
    path = tmp_path / "out.xlsx"
    path.write_bytes(returned.mark(data, kind, issues, about))
    assert_sound(path)
    return path


# ---- the sender's sheets


def test_wrong_cells_are_coloured_and_explained(tmp_path: Path) -> None:
    issues = [
        issue("Danh sách HTX", "C4"), issue("Danh sách HTX", "C4", "below_minimum", "warning"), issue("Danh sách HTX", "D4", "above_maximum", "warning"),
        issue("Danh sách HTX", "B5", "value_missing"), issue("Danh sách HTX", "C5", "below_minimum"), issue("Danh sách HTX", "A3", "column_unknown", "note"),
        issue("Danh sách HTX", "F9", "value_missing"), issue("It's – 2", "A1", "value_missing"),
    ]  # fmt: skip
    page = openpyxl.load_workbook(mark(book_with_everything(), issues, tmp_path))["Danh sách HTX"]
    assert [color(page[c]) for c in ("C4", "D4", "C5", "A3", "F9", "A4")] == [RED, YELLOW, RED, None, RED, None]
    assert color(page["B4"]) == RED  # B5 is merged into it
    assert "không phải là số" in page["C4"].comment.text
    assert "nhỏ hơn mức thấp nhất" in page["C4"].comment.text
    assert page["C4"].comment.text.index("LỖI") < page["C4"].comment.text.index("Cảnh báo")
    assert page["C5"].comment.text.startswith("Ý kiến của huyện")
    assert "LỖI: " in page["C5"].comment.text
    assert "Ghi chú: " in page["A3"].comment.text
    assert page["D4"].number_format == "#,##0.00"
    assert page["D4"].font.name == "Arial"
    assert page["D4"].font.bold


def test_everything_else_stays_as_it_was_sent(tmp_path: Path) -> None:
    data = book_with_everything()
    path = mark(data, [issue("Danh sách HTX", "C4")], tmp_path)
    page = openpyxl.load_workbook(path)["Danh sách HTX"]
    assert page["A2"].value == "=SUM(C4:C5)"
    assert openpyxl.load_workbook(path, data_only=True)["Danh sách HTX"]["D5"].value == 25
    assert sorted(map(str, page.merged_cells.ranges)) == ["A1:D1", "B4:B5"]
    assert page.column_dimensions["B"].width == 33
    assert page.row_dimensions[4].height == 27
    assert len(page.data_validations.dataValidation) == 1
    assert page.freeze_panes == "A4"
    assert page.print_title_rows == "$3:$3"
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [SHEET_NAME, "Danh sách HTX", "It's – 2", "Ẩn", "Rất ẩn"]
    assert [s.sheet_state for s in book.worksheets] == ["visible", "visible", "visible", "hidden", "veryHidden"]
    assert book.active.title == SHEET_NAME
    assert sum(bool(s.sheet_view.tabSelected) for s in book.worksheets) == 1
    assert book.defined_names["gia"].attr_text == "'Danh sách HTX'!$D$4"
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(path) as after:
        same = [n for n in before.namelist() if after.read(n) == before.read(n)]
    assert {"xl/worksheets/sheet3.xml", "xl/theme/theme1.xml", "docProps/core.xml"} <= set(same)


def test_the_original_is_not_touched_and_the_bytes_are_always_the_same(tmp_path: Path) -> None:
    original = tmp_path / "sent.xlsx"
    original.write_bytes(book_with_everything())
    before = original.read_bytes(), original.stat().st_mtime_ns
    issues = [issue("Danh sách HTX", "C4"), issue("Danh sách HTX", "C5", severity="warning")]
    one = mark_copy(MarkTask(str(original), "xlsx", tuple(issues), ABOUT))
    time.sleep(2.1)  # zip times have steps of two seconds
    assert mark_copy(MarkTask(str(original), "xlsx", tuple(reversed(issues)), ABOUT)) == one
    assert (original.read_bytes(), original.stat().st_mtime_ns) == before


def test_a_workbook_with_macros_comes_back_without(tmp_path: Path) -> None:
    data = rewrite(
        book_with_everything(),
        lambda name, content: (
            content.replace(b"spreadsheetml.sheet.main+xml", b"x").replace(b"application/vnd.openxmlformats-officedocument.x", b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")
            .replace(b"</Types>", b'<Override PartName="/xl/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>')
            if name == "[Content_Types].xml"
            else content.replace(b"</Relationships>", b'<Relationship Id="rIdV" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/></Relationships>')
            if name == "xl/_rels/workbook.xml.rels"
            else content
        ),
        {"xl/vbaProject.bin": b"macros"},
    )  # fmt: skip
    path = mark(data, [issue("Danh sách HTX", "C4")], tmp_path)
    with zipfile.ZipFile(path) as archive:
        assert "xl/vbaProject.bin" not in archive.namelist()
        assert b"macroEnabled" not in archive.read("[Content_Types].xml")


def test_a_package_with_namespace_prefixes_is_patched_too(tmp_path: Path) -> None:
    def prefix(name: str, content: bytes) -> bytes:
        if not re.fullmatch(r"xl/(?:workbook|styles|worksheets/sheet\d|comments/comment1)\.xml", name):
            return content
        text = content.decode().replace(' xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"', "", 1)
        text = re.sub(r"<(/?)(?![?!])(?![a-z0-9]+:)([A-Za-z])", r"<\1x:\2", text)
        text = re.sub(r"(<x:\w+)", r'\1 xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"', text, count=1)
        return text.encode()

    path = mark(rewrite(book_with_everything(), prefix), [issue("Danh sách HTX", "C4"), issue("Danh sách HTX", "C5")], tmp_path)
    page = openpyxl.load_workbook(path)["Danh sách HTX"]
    assert color(page["C4"]) == RED
    assert page["C5"].comment.text.startswith("Ý kiến của huyện")
    assert page.column_dimensions["B"].width == 33  # patched, not rebuilt


@pytest.mark.parametrize("spoil", ["macro sheet", "no styles", "no addresses", "another namespace"])
def test_what_cannot_be_patched_is_rebuilt_from_its_values(spoil: str, tmp_path: Path) -> None:
    def change(name: str, content: bytes) -> bytes | None:
        if spoil == "no addresses" and name == "xl/worksheets/sheet1.xml":
            return re.sub(rb'<c r="[A-Z]+\d+"', b"<c", content)
        if spoil == "another namespace" and name == "xl/workbook.xml":
            return content.replace(b"<workbook ", b"<workbook a='1' ").replace(
                b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                b"http://purl.oclc.org/ooxml/spreadsheetml/main",
            )
        if spoil == "no styles" and name == "xl/styles.xml":
            return content.replace(b"<cellXfs", b"<cellXfz").replace(b"</cellXfs", b"</cellXfz")
        return content

    extra = {"xl/macrosheets/sheet1.xml": b"<x/>"} if spoil == "macro sheet" else None
    path = mark(rewrite(book_with_everything(), change, extra), [issue("Danh sách HTX", "C4")], tmp_path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[0] == SHEET_NAME
    if "Danh sách HTX" in book.sheetnames:
        assert color(book["Danh sách HTX"]["C4"]) == RED
        assert book["Danh sách HTX"]["D4"].value == 12.5


def test_issues_that_point_nowhere_do_no_harm(tmp_path: Path) -> None:
    issues = [
        issue("Trang không có", "C4"),
        issue("Danh sách HTX", ""),
        issue("", ""),
        issue("Danh sách HTX", "XFD1048576"),
        issue("Ẩn", "B7"),
    ]
    path = mark(book_with_everything(), issues, tmp_path)
    assert "(cả tệp)" in texts(path)


# ---- the first sheet


@pytest.mark.parametrize(("issues", "status", "head"), [
    ([issue("a", "A1"), issue("a", "A2"), issue("a", "A3", severity="warning")], "partial", "Cần sửa 2 lỗi và gửi lại; 1 cảnh báo cần xem."),
    ([issue("a", "A1")], "partial", "Cần sửa 1 lỗi và gửi lại."),
    ([issue("a", "A3", severity="warning")], "accepted", "Không phải gửi lại; 1 cảnh báo cần xem."),
    ([issue("a", "A3", severity="warning")], "rejected", "Chưa nhận được số liệu nào: cần sửa và gửi lại; 1 cảnh báo cần xem."),
    ([issue("a", "A3", severity="note")], "accepted", "Không phải gửi lại: số liệu đã được nhận đủ."),
    ([], "accepted", "Không phải gửi lại: số liệu đã được nhận đủ."),
    ([issue("a", "A1")], "superseded", "Không phải làm gì: bản này đã được thay bằng bản gửi sau."),
])  # fmt: skip
def test_the_head_line_says_whether_anything_must_be_sent_again(
    issues: list[dict[str, Any]], status: str, head: str, tmp_path: Path
) -> None:
    said = texts(mark(book_with_everything(), issues, tmp_path, About("a.xlsx", "Huyện Lương Sơn", "2021", status, 5, 1)))
    assert head in said
    assert OWN_SHEET_MARK in said
    assert "Đơn vị báo cáo: Huyện Lương Sơn. Kỳ báo cáo: 2021." in said


@pytest.mark.parametrize(("file", "name"), [
    ("BC HTX 2021.xlsx", "BC HTX 2021 lần 2.xlsx"), ("2021/x/BC HTX 2021 lần 2.xls", "BC HTX 2021 lần 3.xlsx"),
    ("LACSON-HTX-2021 (sua lan 2).xlsx", "LACSON-HTX-2021 lần 3.xlsx"), ("a.b.xlsx", "a.b lần 2.xlsx"),
])  # fmt: skip
def test_how_to_send_again(file: str, name: str, tmp_path: Path) -> None:
    said = texts(mark(book_with_everything(), [issue("Danh sách HTX", "C4")], tmp_path, About(file)))
    assert any(f"“{name}”" in text and "lần 2" in text for text in said)


def test_issues_are_listed_by_severity_with_links(tmp_path: Path) -> None:
    issues = [
        issue("Danh sách HTX", "A3", "column_unknown", "note"), issue("It's – 2", "B2", severity="warning"), issue("Danh sách HTX", "C4"),
        issue("Danh sách HTX", "", "value_missing"),
    ]  # fmt: skip
    page = openpyxl.load_workbook(mark(book_with_everything(), issues, tmp_path)).worksheets[0]
    rows = [row for row in page.iter_rows() if row[0].value in ("LỖI", "Cảnh báo", "Ghi chú")]
    assert [row[0].value for row in rows] == ["LỖI", "LỖI", "Cảnh báo", "Ghi chú"]
    links = {link.ref: link.location for link in (cell.hyperlink for row in page.iter_rows() for cell in row) if link}
    assert set(links.values()) == {"'Danh sách HTX'!A1", "'Danh sách HTX'!C4", "'It''s – 2'!B2", "'Danh sách HTX'!A3"}
    assert rows[1][2].value == "C4"
    assert rows[1][3].value == "Số thành viên"


def test_thousands_of_equal_mistakes_are_one_line_and_every_cell_is_coloured(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in range(1, 6001):
        book.active.append([row, f"HTX {row}", "abc", 5])
    buffer = io.BytesIO()
    book.save(buffer)
    issues = [issue("Sheet", f"C{row}") for row in range(1, 6001)] + [issue("Sheet", "D7", severity="warning")]
    path = mark(buffer.getvalue(), issues, tmp_path)
    marked = openpyxl.load_workbook(path)
    page = marked["Sheet"]
    assert all(color(page.cell(row, 3)) == RED for row in range(1, 6001))
    assert sum(1 for row in page.iter_rows() for cell in row if cell.comment) == returned.MAX_COMMENTS
    rows = [row for row in marked.worksheets[0].iter_rows() if row[0].value in ("LỖI", "Cảnh báo")]
    assert [row[2].value for row in rows] == ["C1", "D7"]
    assert "5.999 ô khác" in rows[0][5].value
    assert "Cần sửa 6.000 lỗi và gửi lại; 1 cảnh báo cần xem." in texts(path)


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    for value in ("=1+1", "+84", "-5", "@SUM(A1)", '=HYPERLINK("http://x","y")', "<b>&amp;"):
        path = mark(book_with_everything(), [issue("Danh sách HTX", "C4", value=value)], tmp_path, About(value))
        page = openpyxl.load_workbook(path).worksheets[0]
        cell = next(cell for row in page.iter_rows() for cell in row if cell.value == value)
        assert cell.data_type == "s"
        assert cell.quotePrefix


def test_a_sheet_of_the_senders_with_our_name_stays(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(book_with_everything()))
    book["It's – 2"].title = SHEET_NAME.upper()
    buffer = io.BytesIO()
    book.save(buffer)
    path = mark(buffer.getvalue(), [issue("Danh sách HTX", "C4")], tmp_path)
    assert openpyxl.load_workbook(path).sheetnames[:3] == [f"{SHEET_NAME} (2)", "Danh sách HTX", SHEET_NAME.upper()]


@pytest.mark.parametrize("resaved", [False, True])
def test_marks_of_an_earlier_round_are_withdrawn(resaved: bool, tmp_path: Path) -> None:
    issues = [issue("Danh sách HTX", c) for c in ("C4", "C5", "B5", "D3")]
    data = mark(book_with_everything(), issues, tmp_path).read_bytes()
    if resaved:
        buffer = io.BytesIO()
        openpyxl.load_workbook(io.BytesIO(data)).save(buffer)
        data = buffer.getvalue()
    book = openpyxl.load_workbook(mark(data, [issue("Danh sách HTX", "D4"), issue("Danh sách HTX", "D3", severity="warning")], tmp_path))
    assert book.sheetnames == [SHEET_NAME, "Danh sách HTX", "It's – 2", "Ẩn", "Rất ẩn"]
    page = book["Danh sách HTX"]
    assert [color(page[c]) for c in ("C4", "C5", "B4", "D4", "D3")] == [None, None, None, RED, YELLOW]
    assert {cell.coordinate for row in page.iter_rows() for cell in row if cell.comment} == {"C5", "D4", "D3"}
    assert page["C5"].comment.text.strip() == "Ý kiến của huyện"
    assert page["D3"].comment.text.count("→") == 1
    assert page.print_title_rows == "$3:$3"


# ---- other formats


def test_html_comes_back_as_xlsx(tmp_path: Path) -> None:
    html = (
        "<html><table><tr><td colspan=3>DANH SÁCH</td></tr><tr><td>TT</td><td>Tên</td><td>Số</td></tr>"
        "<tr><td>1</td><td>=HTX A</td><td>abc</td></tr></table></html>"
    ).encode()
    book = openpyxl.load_workbook(mark(html, [issue("Table 1", "C3")], tmp_path, kind="html"))
    page = book["Table 1"]
    assert color(page["C3"]) == RED
    assert page["B3"].value == "=HTX A"
    assert page["B3"].data_type == "s"
    assert [str(r) for r in page.merged_cells.ranges] == ["A1:C1"]


def test_ods_comes_back_as_xlsx(tmp_path: Path) -> None:
    source = next(RAW.rglob("*.ods"))
    path = mark(source.read_bytes(), [issue("Danh sách HTX", "C9")], tmp_path, kind="ods")
    page = openpyxl.load_workbook(path)["Danh sách HTX"]
    assert color(page["C9"]) == RED
    assert page.max_row > 20
    assert page.column_dimensions["B"].width > 12


@pytest.mark.parametrize("code", ["file_encrypted", "file_unreadable", "file_too_large", "file_not_workbook"])
def test_what_cannot_be_opened_is_answered_by_the_first_sheet_alone(code: str, tmp_path: Path) -> None:
    path = mark(b"\x00 no workbook", [issue("", "", code)], tmp_path, kind="unknown")
    assert openpyxl.load_workbook(path).sheetnames == [SHEET_NAME]
    assert "Cần sửa 1 lỗi và gửi lại." in texts(path)


SAMPLES = sorted(p for p in RAW.rglob("*.xls*") if "da kiem tra" not in p.name)
EARLIER = [p for p in SAMPLES if not p.is_relative_to(RAW / "2021") and p.suffix == ".xlsx"]  # the same offices' of other years


@pytest.mark.parametrize(
    "path", [pytest.param(p, marks=pytest.mark.thorough) if p in EARLIER else p for p in SAMPLES], ids=lambda p: p.name
)
def test_every_sample_can_be_marked(path: Path, tmp_path: Path) -> None:
    """Issues in many places of real layouts."""
    data = path.read_bytes()
    kind = sniff(data[:HEAD_BYTES], data)
    if kind != "xlsx" or preflight_zip(data, Limits()) is not None:
        return
    sheets = openpyxl.load_workbook(path).worksheets
    issues = [
        issue(page.title, f"{column}{row}", severity=severity)
        for page in sheets
        for column, row, severity in (
            ("A", 1, "error"),
            ("C", 9, "warning"),
            ("D", 9, "error"),
            ("B", 400, "error"),
            ("ZZ", 3, "note"),
        )
    ]
    out = mark(data, issues, tmp_path)
    marked = openpyxl.load_workbook(out)
    assert marked.sheetnames == [SHEET_NAME, *(page.title for page in sheets)]
    for page in sheets:
        assert color(marked[page.title]["D9"]) == RED or any("D9" in r for r in page.merged_cells.ranges)
        assert marked[page.title]["B12"].value == page["B12"].value


# ---- sent again


def judge(path: Path) -> set[tuple[str, str, str]]:
    with judged(path) as (connection, _):
        rows = connection.execute("select sheet, cell, code from quality.issues where severity <> 'note'").fetchall()
    return {(sheet, cell, code) for sheet, cell, code in rows}


def test_a_corrected_copy_sent_again_clears_its_issues(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Danh sách HTX"
    page["A1"], page["A3"] = "UBND HUYỆN LƯƠNG SƠN", "DANH SÁCH HỢP TÁC XÃ NĂM 2021"
    for row, values in enumerate(
        (
            ["TT", "Tên HTX", "Số thành viên", "Doanh thu (triệu đồng)", "Tình trạng hoạt động"],
            [1, "HTX Thác Bờ", 33, 1200.5, "Đang hoạt động"], [2, "HTX Ngòi Hoa", "nhiều lắm", 800, "Đang hoạt động"],
            [3, "HTX Khoan Dụ", 18, 950, "Đang hoạt động"],
        ),
        5,
    ):  # fmt: skip
        for column, value in enumerate(values, 1):
            page.cell(row, column, value)
    sent = tmp_path / "BC HTX Luong Son 2021.xlsx"
    book.save(sent)
    assert judge(sent) == {("Danh sách HTX", "C7", "number_invalid")}
    copy = tmp_path / "BC HTX Luong Son 2021 lần 2.xlsx"
    copy.write_bytes(returned.mark(sent.read_bytes(), "xlsx", [issue("Danh sách HTX", "C7", severity="warning")], ABOUT))
    assert judge(copy) == {("Danh sách HTX", "C7", "number_invalid")}  # our own sheet says nothing
    again = openpyxl.load_workbook(copy)
    again["Danh sách HTX"]["C7"] = 21
    again.save(copy)
    assert judge(copy) == set()
