"""The report as a file: Word from a template that the office may edit, HTML that needs nothing beside itself, and a workbook."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from coop_pipeline.forms.wording import as_markdown_text
from coop_pipeline.outputs.drawing import Chart
from coop_pipeline.outputs.figures import latest_full, read_periods
from coop_pipeline.outputs.files import clear_drafts, look, read_ledger, replace_file, write_ledger
from coop_pipeline.outputs.report import FORMATS, CannotReport, Report, Table, read_report, scale_of, show_cell
from coop_pipeline.settings import Settings
from coop_pipeline.store.reading import open_published
from coop_pipeline.store.warehouse import code_version

TEMPLATES = files("coop_pipeline.outputs").joinpath("templates")
WORD_TEMPLATE = "report.docx"
TABLE_STYLE = "Bảng số liệu"  # tables of the template in this style get their column widths from what stands in them
KEPT_TOGETHER = 20  # rows
CHART_CM = 15.5
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SIGNS = {f"{_WORD}{name}": sign for name, sign in (("br", " "), ("cr", " "), ("tab", " "), ("ptab", " "), ("noBreakHyphen", "-"))}


def render(report: Report, form: str, templates: Path | None = None) -> bytes:
    """The report in one of FORMATS. `templates` is the office's folder; a template in it takes the place of ours.

    Raises CannotReport where the office's template is broken.
    """
    if form == "docx":
        return _render_word(report, templates)
    return _render_page(report).encode() if form == "html" else _render_workbook(report)


def import_writers() -> None:
    """What writes the three formats, 0.25 s: for who has to wait for the report's pictures."""
    import docxtpl  # noqa: F401
    import jinja2.sandbox  # noqa: F401

    import coop_pipeline.outputs.template  # noqa: F401


def save(report: Report, path: Path, form: str, templates: Path | None = None) -> list[int]:
    """Writes the report, all or nothing; returns what `look` says of it."""
    return replace_file(path, render(report, form, templates))


def template_bytes(templates: Path | None) -> tuple[bytes, str]:
    """The Word template in force, and how to name it to a person."""
    own = templates / WORD_TEMPLATE if templates else None
    if own is not None and own.is_file():
        return own.read_bytes(), str(own)
    return TEMPLATES.joinpath(WORD_TEMPLATE).read_bytes(), WORD_TEMPLATE


def _on_paper(table: Table) -> dict[str, Any]:
    """A table as text, with the columns that fit a page and hold anything."""
    kept = [i for i, column in enumerate(table.columns) if column.brief and any(row[i] != "" for row in table.rows)]
    return {
        "name": table.name,
        "title": table.title,
        "titles": [table.columns[i].title for i in kept],
        "numeric": [table.columns[i].unit is not None for i in kept],
        "rows": [[show_cell(row[i], table.unit(y, i)) for i in kept] for y, row in enumerate(table.rows)],
        "notes": list(table.notes),
    }


def _contents(report: Report) -> dict[str, Any]:
    """What templates may use; docs/report.md lists it."""
    return {
        "province": report.province, "period": report.period.name, "title": report.title, "basis": report.basis, "notices": list(report.notices),
        "tables": [_on_paper(table) for table in report.tables if table.rows],
    }  # fmt: skip


# --- files that follow the published one -------------------------------------------------------------------------------

LEDGER = ".reports.json"


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports on one period: where they are, how many were written now, what could not be, and their first page as Markdown."""

    period: str
    paths: dict[str, Path]
    written: int
    problems: tuple[str, ...]
    preview: str


def write_reports(settings: Settings, period: str = "", formats: Sequence[str] = FORMATS) -> Reports:
    """Brings warehouse/reports/ up to date with the published file and the template; empty: the latest full period.

    Nothing is read where neither changed, and nothing written where all that the report says stayed as it was and nobody altered the file.
    Raises CannotReport for a period that is not there.
    """
    folder, target = settings.reports, settings.target
    if not target.is_file():
        return Reports("", {}, 0, (), "")
    if not period:
        with open_published(target) as connection:
            latest = latest_full(connection)
        if latest is None:
            return Reports("", {}, 0, (), "")
        period = latest.code
    stat = target.stat()
    manner = (template_bytes(settings.templates), code_version("coop_pipeline.outputs", "coop_pipeline.forms"))
    key = _hash((stat.st_ino, stat.st_size, stat.st_mtime_ns, manner))
    ledger = read_ledger(folder / LEDGER)
    known = ledger.get(period) or {}
    paths = {form: folder / f"bao-cao-{period}.{form}" for form in formats}
    done: dict[str, list[int]] = dict(known["formats"]) if known.get("key") == key else {}
    due = [form for form in formats if done.get(form) != look(paths[form])]
    if not due:
        return Reports(period, paths, 0, (), str(known.get("preview", "")))
    pictures = due != ["xlsx"]
    report = read_report(target, period, pictures)
    content = _hash((report, manner)) if pictures else ""  # without pictures it would not stand for all formats
    if content and known.get("content") == content:
        done = dict(known["formats"])
        due = [form for form in formats if done.get(form) != look(paths[form])]
    folder.mkdir(parents=True, exist_ok=True)
    clear_drafts(folder)
    problems = []
    for form in due:
        try:
            done[form] = save(report, paths[form], form, settings.templates)
        except CannotReport as problem:
            problems.append(str(problem))
            done.pop(form, None)
            paths.pop(form).unlink(missing_ok=True)  # one of older figures would be taken for this one
    preview = _first_page(report)
    ledger[period] = {"key": key, "content": content, "formats": done, "preview": preview}
    write_ledger(folder / LEDGER, ledger)
    return Reports(period, paths, len(due) - len(problems), tuple(problems), preview)


def _hash(state: object) -> str:
    return hashlib.sha256(repr(state).encode()).hexdigest()


def renew_reports(settings: Settings) -> None:
    """After another version was put in place: the latest full period's reports and all others that were written follow it.

    One on a period that is published no longer is removed.
    """
    write_reports(settings)
    with open_published(settings.target) as connection:
        periods = {period.code for period in read_periods(connection)}
    ledger = read_ledger(settings.reports / LEDGER)
    for period, known in ledger.items():
        formats = [form for form in FORMATS if form in known.get("formats", ())]
        if period in periods:
            write_reports(settings, period, formats)
        elif period.replace("-", "").isalnum():  # a name that we gave
            for form in formats:
                (settings.reports / f"bao-cao-{period}.{form}").unlink(missing_ok=True)
    if gone := ledger.keys() - periods:
        ledger = read_ledger(settings.reports / LEDGER)
        write_ledger(settings.reports / LEDGER, {period: known for period, known in ledger.items() if period not in gone})


def _first_page(report: Report) -> str:
    lines = [
        f"### {as_markdown_text(report.title)}",
        as_markdown_text(report.basis),
        *(f"**{as_markdown_text(line)}**" for line in report.notices),
    ]
    for section in report.sections[:3]:
        lines.append(f"**{as_markdown_text(f'{section.number}. {section.title}')}**")
        lines += [as_markdown_text("".join(map(str, sentence))) for sentence in section.paragraphs]
    return "\n\n".join(lines)


# --- Word -------------------------------------------------------------------------------------------------------------


def _render_word(report: Report, templates: Path | None) -> bytes:
    import jinja2
    from docx.opc.exceptions import PackageNotFoundError
    from docx.shared import Cm
    from docxtpl import DocxTemplate, InlineImage
    from jinja2.sandbox import SandboxedEnvironment

    data, name = template_bytes(templates)
    try:
        document = DocxTemplate(io.BytesIO(data))
        document.init_docx()
        alts: list[str] = []

        def image(chart: Chart) -> Any:
            alts.append(chart.picture.alt)
            return InlineImage(document, io.BytesIO(chart.png), width=Cm(CHART_CM))

        sections = [
            {
                "level": s.level, "number": s.number, "title": s.title, "paragraphs": ["".join(map(str, sentence)) for sentence in s.paragraphs],
                "chart": image(s.chart) if s.chart else "",
            }
            for s in report.sections
        ]  # fmt: skip
        # What the office writes into its template can show the report's contents and do nothing else.
        environment = SandboxedEnvironment(autoescape=True, undefined=jinja2.StrictUndefined)
        document.render({**_contents(report), "sections": sections}, environment, autoescape=True)
    except (jinja2.TemplateError, PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError, SyntaxError) as problem:
        raise CannotReport(
            f"mẫu báo cáo {name} có lỗi: {_told(problem)}; hãy sửa lại, hoặc xóa tệp đó để dùng mẫu có sẵn (the report's template is broken)"
        ) from problem
    _describe_images(document.docx, alts)
    _lay_out_tables(document.docx)
    document.docx.core_properties.title = f"Báo cáo: {report.title}"
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _told(problem: Exception) -> str:
    first = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
    return "tệp không phải là tệp Word .docx" if isinstance(problem, zipfile.BadZipFile) or "docx" in type(problem).__module__ else first


def _describe_images(document: Any, alts: list[str]) -> None:
    """The charts in words, for those who have the document read to them. Pictures of the template itself keep theirs."""
    from docx.oxml.ns import qn

    drawn = [shape for shape in document.inline_shapes if not shape._inline.docPr.get("descr")]
    for shape, alt in zip(drawn, alts, strict=False):
        shape._inline.find(qn("wp:docPr")).set("descr", alt)


def _lay_out_tables(document: Any) -> None:
    """Columns as wide as their contents ask for, numbers to the right, and a table that fits a page kept on one."""
    from docx.shared import Twips

    section = document.sections[-1]
    room = section.page_width - section.left_margin - section.right_margin
    laid: dict[Any, Any] = {}
    for table in document.tables:
        if table.style is None or table.style.name != TABLE_STYLE or not table.rows:
            continue
        cells = [list(row.cells) for row in table.rows]
        texts = [[_text_of(cell) for cell in row] for row in cells]
        count = min(map(len, cells))
        numeric = [all(re.fullmatch(r"[-–]?[\d.,]*", row[i]) for row in texts[1:]) for i in range(count)]
        longest = [max((len(row[i]) for row in texts[1:]), default=0) for i in range(count)]
        wants = [max(n + 4, 11) if numeric[i] else min(max(n, 16), 44) for i, n in enumerate(longest)]  # numbers must not be broken
        table.autofit = False
        for i, want in enumerate(wants):
            width = Twips(int(room / Twips(1) * want / sum(wants)))  # Word's unit: none is rounded up beyond the page
            table.columns[i].width = width
            for y, row in enumerate(cells):
                keeps = y + 1 < len(cells) if len(cells) <= KEPT_TOGETHER else None
                _lay_out(row[i], width, bool(y and numeric[i]), keeps, laid)


def _text_of(cell: Any) -> str:
    """All that stands in its runs, with a space for a tab or a break; python-docx takes twenty times as long."""
    parts = (part for p in cell._tc.p_lst for part in p.iter(f"{_WORD}t", *_SIGNS) if part.getparent().tag == f"{_WORD}r")  # no tab stops
    return "".join(_SIGNS.get(part.tag) or part.text or "" for part in parts)


def _lay_out(cell: Any, width: int, is_right: bool, keeps: bool | None, laid: dict[Any, Any]) -> None:
    """`laid` are properties of cells laid out before, by what they were and what was asked for: most cells come of one cell of the template,
    and python-docx takes far longer to put one element in its place than a copy of all of them.
    """
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    places = [cell._tc.get_or_add_tcPr()]
    if is_right or keeps is not None:
        places.append(cell._tc.p_lst[0].get_or_add_pPr())
    look = (width, is_right, keeps, *(tuple((part.tag, *part.items()) for part in place.iter()) for place in places))
    if look in laid:
        for place, done in zip(places, laid[look], strict=True):
            place.getparent().replace(place, deepcopy(done))
        return
    cell.width, cell.vertical_alignment = width, WD_CELL_VERTICAL_ALIGNMENT.CENTER
    if is_right:
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if keeps is not None:
        cell.paragraphs[0].paragraph_format.keep_with_next = keeps
    laid[look] = [deepcopy(place) for place in places]  # a merged cell is laid out more than once


# --- HTML -------------------------------------------------------------------------------------------------------------


def _render_page(report: Report) -> str:
    import jinja2
    from markupsafe import Markup

    def svg(chart: Chart) -> Markup:
        """The drawing without what only a file of its own may begin with; our own, with every text in it escaped."""
        text = chart.svg.decode()
        # Two drawings in one page must not share names.
        text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{chart.picture.name}-", text[text.index("<svg") :])
        return Markup(text)

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["svg"] = svg
    template = environment.from_string(TEMPLATES.joinpath("report.html").read_text(encoding="utf-8"))
    return template.render({**_contents(report), "sections": report.sections})


# --- workbook ---------------------------------------------------------------------------------------------------------

SHEETS: Mapping[str, str] = {
    "summary": "Tổng hợp", "cooperatives_by_district": "HTX, THT", "training_by_district": "Đào tạo", "production_support_by_district": "Hỗ trợ sản xuất",
    "certified_area_by_district": "Chứng nhận", "infrastructure_by_district": "Hạ tầng", "credit_by_district": "Tín dụng",
    "reporters": "Gửi báo cáo",
}  # fmt: skip


def _render_workbook(report: Report) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    from coop_pipeline.outputs.template import write_text

    book = Workbook()
    page = book.active
    page.title = "Thuyết minh"
    page.column_dimensions["A"].width = 86
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    lines = [("BÁO CÁO", True), (report.title, True), (report.basis, False), *((line, True) for line in report.notices)]
    for section in report.sections:
        lines.append((f"{section.number}. {section.title}", True))
        lines += [("".join(map(str, sentence)), False) for sentence in section.paragraphs]
    for y, (line, bold) in enumerate(lines, 1):
        cell = page.cell(y, 1)
        write_text(cell, line)
        cell.font = Font("Times New Roman", 12, bold=bold)
        cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="center" if y <= 2 else None)
        page.row_dimensions[y].height = 17 * (1 + len(line) // 88)
    for number, table in enumerate(report.tables, 1):
        _write_sheet(book.create_sheet(SHEETS[table.name]), f"Phụ lục {number}. {table.title}", table)
    book.properties.title, book.properties.creator = report.title, ""
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _write_sheet(page: Any, title: str, table: Table) -> None:
    """All columns of a table, its figures as numbers."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter

    from coop_pipeline.outputs.template import write_text

    side = Side("thin", color="FF7F7F7F")
    box, middle = Border(side, side, side, side), Alignment(horizontal="center", vertical="center", wrap_text=True)
    write_text(page.cell(1, 1), title)
    page.cell(1, 1).font = Font("Times New Roman", 13, bold=True)
    for x, column in enumerate(table.columns, 1):
        head = page.cell(3, x)
        write_text(head, column.title)
        head.font, head.alignment, head.border = Font("Times New Roman", 11, bold=True), middle, box
        head.fill = PatternFill("solid", fgColor="FFE7EEF7")
        longest = max((len(str(row[x - 1])) for row in table.rows if isinstance(row[x - 1], str)), default=0)
        page.column_dimensions[get_column_letter(x)].width = min(longest + 3, 48) if column.unit is None and longest else 14
    page.row_dimensions[3].height = 16 * max(1 + len(column.title) // (11 if column.unit is not None else 20) for column in table.columns)
    looks: dict[tuple[bool, str], Any] = {}
    for y, row in enumerate(table.rows):
        for x, value in enumerate(row):
            cell, unit = page.cell(y + 4, x + 1), table.unit(y, x)
            form = "General"
            if value is not None and not isinstance(value, str):
                shown = value if unit == "ratio" else value * scale_of(unit)
                form = "0.00%" if unit == "ratio" else "#,##0" if shown == round(shown) else "#,##0.00"
                cell.value = shown
            look = (isinstance(value, str), form)
            if look in looks:  # openpyxl takes longer to look a font, border and alignment up than for all else
                cell._style = copy(looks[look])
            else:
                cell.font, cell.border, cell.number_format = Font("Times New Roman", 11), box, form
                cell.alignment = Alignment(vertical="center", wrap_text=isinstance(value, str))
                looks[look] = copy(cell._style)
            if isinstance(value, str):
                write_text(cell, value)
    for y, note in enumerate(table.notes, len(table.rows) + 5):
        write_text(page.cell(y, 1), note)
        page.cell(y, 1).font = Font("Times New Roman", 10, italic=True)
    page.freeze_panes = "B4"
    page.print_title_rows = "3:3"
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A4
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
