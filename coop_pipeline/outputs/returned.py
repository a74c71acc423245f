"""A district's own workbook back, with the wrong cells marked and a first sheet that says what to do.

The parts of the .xlsx package are patched in place, so that everything else in it (widths, formulas with their
results, pictures, drop-downs) stays as it was sent; other formats are first rebuilt from their values.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.wording import OWN_SHEET_MARK, SEVERITY_NAMES, as_xml_text, mask_names, show_value
from coop_pipeline.intake.dates import read_revision
from coop_pipeline.intake.workbook import Sheet, WorkbookFault, column_letters, column_number, open_workbook
from coop_pipeline.outputs.summary import SEVERITIES, Issues, order, summarise

SHEET_NAME = "Kết quả kiểm tra"

MAX_COMMENTS = 2_000
MAX_LINES = 500  # of the list; what is beyond is still marked in its cell
MAX_MERGED_CELLS = 200_000

_FILLS = {"error": "FFFF9C9C", "warning": "FFFFEB84"}
_STATUSES = {
    "accepted": "nhận đủ",
    "partial": "nhận một phần",
    "rejected": "không nhận",
    "superseded": "đã có bản thay",
}
_SHUT = ("file_unreadable", "file_encrypted", "file_too_large", "file_not_workbook")  # such a file is not opened again
_AUTHOR = "Kiểm tra"
_ZIP_TIME = (2000, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a submission as a whole; `reporter` is a name for people."""

    file: str
    reporter: str | None = None
    period: str | None = None
    status: str = ""
    rows_accepted: int = 0
    rows_rejected: int = 0


@dataclass(frozen=True, slots=True)
class MarkTask:
    """One workbook to mark, for a child process."""

    copy: str
    kind: str
    issues: tuple[dict[str, Any], ...]
    about: About


def mark_copy(task: MarkTask) -> bytes:
    return mark(Path(task.copy).read_bytes(), task.kind, task.issues, task.about)


class _CannotPatch(Exception):
    """The package is put together in a way that we do not patch: it is rebuilt from its values instead."""


def mark(data: bytes, kind: str, issues: Issues, about: About) -> bytes:
    """The marked copy of a workbook's bytes, as .xlsx. `kind` is what its first bytes say; `issues` are rows of quality.issues.
    The same input gives the same bytes."""
    if any(issue["code"] in _SHUT for issue in issues):
        return _patch(_empty_package(), {}, issues, about)
    if kind == "xlsx":
        try:
            return _patch(_unzip(data), {}, issues, about)
        except (_CannotPatch, zipfile.BadZipFile, zlib.error, KeyError, ValueError, OverflowError, NotImplementedError):
            pass
    try:
        sheets = [sheet for sheet in open_workbook(data, kind) if sheet.visible]
    except WorkbookFault:
        return _patch(_empty_package(), {}, issues, about)
    rebuilt, names = _rebuild(sheets)
    return _patch(_unzip(rebuilt), names, issues, about)


# ---- what is said of a cell, and of the whole


def _say(issue: Mapping[str, Any]) -> str:
    return f"{SEVERITY_NAMES[issue['severity']]}: {issue['message_vi']}\n→ {issue['hint_vi']}"


def _verdict(counts: Mapping[str, int], about: About) -> tuple[str, str]:
    """The head line and its style."""
    errors, warnings = counts["error"], counts["warning"]
    seen = f"; {show_value(warnings)} cảnh báo cần xem" if warnings else ""
    if about.status == "superseded":
        return "Không phải làm gì: bản này đã được thay bằng bản gửi sau.", "good"
    if errors:
        return f"Cần sửa {show_value(errors)} lỗi và gửi lại{seen}.", "bad"
    if about.status == "rejected":
        return f"Chưa nhận được số liệu nào: cần sửa và gửi lại{seen}.", "bad"
    if warnings:
        return f"Không phải gửi lại; {show_value(warnings)} cảnh báo cần xem.", "fair"
    return "Không phải gửi lại: số liệu đã được nhận đủ.", "good"


def _next_name(file: str) -> str:
    """The name under which a corrected copy is sent: with the next revision mark."""
    stem = re.sub(r"\.[A-Za-z]{2,5}$", "", file.rsplit("/", 1)[-1])
    revision, _ = read_revision(stem.replace("_", " "))
    bare = re.sub(r"[\s_\-]*\(?\b(?:sửa\s+|sua\s+)?(?:lần|lan)\s*(?:thứ\s*)?\d+\)?", "", stem, flags=re.I).strip()
    return f"{bare or stem} lần {max(revision, 1) + 1}.xlsx"


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    style: str
    link: str = ""


WIDTHS = (12, 22, 8, 26, 24, 62, 46)


def _compose(issues: Issues, about: About, names: Mapping[str, str]) -> tuple[list[list[_Cell]], list[float], int]:
    """The first sheet: rows of cells, their heights, and how many rows stand above the list."""
    counts = {severity: sum(issue["severity"] == severity for issue in issues) for severity in SEVERITIES}
    head, style = _verdict(counts, about)
    result = f"Kết quả: {_STATUSES[about.status]}. " if about.status in _STATUSES else ""
    rows = f"{show_value(about.rows_accepted)} dòng số liệu được nhận, {show_value(about.rows_rejected)} dòng bị loại. "
    found = f"{show_value(counts['error'])} lỗi, {show_value(counts['warning'])} cảnh báo, {show_value(counts['note'])} ghi chú."
    lines = [
        ("KẾT QUẢ KIỂM TRA", "title"),
        (OWN_SHEET_MARK, "mark"),
        (head, style),
        (f"Tệp: {about.file}", "plain"),
        (f"Đơn vị báo cáo: {about.reporter or 'chưa rõ'}. Kỳ báo cáo: {about.period or 'chưa rõ'}.", "plain"),
        (f"{result}{rows}{found}", "plain"),
    ]
    if style == "bad":
        again = f"sửa ngay trong tệp này rồi lưu thành “{_next_name(about.file)}” (ghi “lần 2”, “lần 3”… vào tên tệp)"
        lines.append((f"Cách gửi lại: {again}. Bản gửi sau thay cho bản trước.", "plain"))
    if issues:
        legend = "Ô màu đỏ: lỗi, dòng (hoặc cả biểu) chưa được nhận. Ô màu vàng: cảnh báo, số liệu đã nhận nhưng cần xem lại."
        lines.append((f"{legend} Đưa chuột vào ô có màu để đọc giải thích; bấm vào cột “Ô” dưới đây để đến ô đó.", "plain"))
    table = [[_Cell(text, kind)] for text, kind in lines]
    heights = [18.0 * max(1, -(-len(text) // 170)) + (12 if kind in ("title", *_VERDICTS) else 0) for text, kind in lines]
    if not issues:
        return table, heights, len(lines)
    table += [[], [_Cell(t, "head") for t in ("Mức độ", "Trang tính", "Ô", "Cột", "Đã ghi", "Nội dung", "Cách sửa")]]
    heights += [8, 20]
    top = len(table)
    summary = summarise(issues)
    for line in summary[:MAX_LINES]:
        issue = line.issue
        form = FORMS.get(issue["form"] or "")
        label = next((f.vi for f in form.fields if f.name == issue["field"]), "") if form else ""
        label = label or (form.vi if form else "")
        sheet = names.get(issue["sheet"], issue["sheet"])
        cell = issue["cell"]
        link = f"{_quote(sheet)}!{cell or 'A1'}" if sheet else ""
        texts = (
            SEVERITY_NAMES[issue["severity"]],
            issue["sheet"] or "(cả tệp)",
            cell,
            label,
            issue["value"] or "",
            line.text,
            issue["hint_vi"],
        )
        row = [_Cell(text[:2000], "cell") for text in texts]
        row[0] = _Cell(texts[0], issue["severity"])
        row[2 if cell else 1] = _Cell(texts[2 if cell else 1], "link", link)
        table.append(row)
        depth = max(_lines(text[:2000], width) for text, width in zip(texts, WIDTHS, strict=True))
        heights.append(min(15.5 * depth + 4, 400))
    if len(summary) > MAX_LINES:
        table.append([_Cell(f"… và {show_value(len(summary) - MAX_LINES)} mục nữa: xem các ô có màu trong từng trang tính.", "plain")])
        heights.append(18)
    return table, heights, top


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a column of this width."""
    return sum(-(-max(len(part), 1) // max(int(width * 1.15), 1)) for part in text.split("\n"))


def _quote(sheet: str) -> str:
    return "'" + sheet.replace("'", "''") + "'"


# ---- the package


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_ATTRIBUTE = re.compile(r'([\w:]+)\s*=\s*(?:"([^"]*)"|\'([^\']*)\')')

Parts = dict[str, bytes]


def _unzip(data: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}


def _zip(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts, key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, parts[name])
    return buffer.getvalue()


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(a or b) for name, a, b in _ATTRIBUTE.findall(text)}


def _quoted(text: str) -> str:
    return html.escape(as_xml_text(text), quote=False).replace('"', "&quot;").replace("\n", "&#10;")


def _letter(reference: re.Match[str]) -> str:
    digits = reference.group(1)
    number = int(digits[1:], 16) if digits[0] == "x" else int(digits)
    stands_alone = 0x9F < number < 0x110000 and not 0xD800 <= number < 0xE000
    return chr(number) if stands_alone else reference.group()


class _Package:
    """The parts of an .xlsx file as text, found whatever the case of their names."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._names = {name.lower(): name for name in parts}

    def has(self, name: str) -> bool:
        return name.lower() in self._names

    def read(self, name: str) -> str:
        raw = self.parts[self._names[name.lower()]]
        text = raw.decode("utf-16") if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else raw.decode("utf-8-sig")
        if "<!DOCTYPE" in text[:2000] or "<![CDATA[" in text:
            raise _CannotPatch(name)
        # some programs write every letter beyond ASCII as a number: the same letter, and to be found like it
        return re.sub(r"&#(x[0-9a-fA-F]+|[0-9]+);", _letter, text)

    def write(self, name: str, text: str) -> None:
        known = self._names.setdefault(name.lower(), name)
        text = re.sub(r'^(<\?xml[^>]*encoding=["\'])[^"\']*', r"\1UTF-8", text)
        self.parts[known] = text.encode("utf-8")

    def drop(self, name: str) -> None:
        self.parts.pop(self._names.pop(name.lower()))

    def names(self) -> list[str]:
        return list(self.parts)

    def relations(self, part: str) -> dict[str, dict[str, str]]:
        """Id -> attributes of a part's relations; `Target` as a path in the package."""
        path = _relations_of(part)
        if not self.has(path):
            return {}
        found = {}
        for match in re.finditer(r"<(?:\w+:)?Relationship\s([^>]*?)/?>", self.read(path)):
            attributes = _attributes(match.group(1))
            if attributes.get("TargetMode") != "External":
                attributes["Target"] = _resolve(part, attributes.get("Target", ""))
            found[attributes["Id"]] = attributes
        return found

    def relate(self, part: str, identity: str, kind: str, target: str) -> None:
        """Adds a relation of a part to another one in the package."""
        path = _relations_of(part)
        text = self.read(path) if self.has(path) else f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}"></Relationships>'
        text = re.sub(r"<((?:\w+:)?Relationships)([^>]*)/>", r"<\1\2></\1>", text)
        end = re.search(r"</((?:\w+:)?)Relationships>", text)
        if end is None:
            raise _CannotPatch(path)
        entry = f'<{end.group(1)}Relationship Id="{identity}" Type="{_RELATIONS}/{kind}" Target="/{target}"/>'
        self.write(path, text[: end.start()] + entry + text[end.start() :])


def _relations_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


def _resolve(part: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    steps = part.split("/")[:-1]
    for step in target.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


def _empty_package() -> Parts:
    """A workbook without any sheet: ours becomes its only one."""
    texts = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_BOOK_TYPE}"/>'
        '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><bookViews><workbookView/></bookViews><sheets></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="Times New Roman"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>',
    }  # fmt: skip
    return {name: (_DECLARATION + text).encode() for name, text in texts.items()}


def _patch(parts: Parts, names: Mapping[str, str], issues: Issues, about: About) -> bytes:
    """The package with its cells marked and our sheet in front. `names` are sheets that had to be renamed."""
    package = _Package(dict(parts))
    if any(name.lower().startswith(("xl/macrosheets/", "xl/dialogsheets/")) for name in parts):
        raise _CannotPatch("macro sheets")
    _withdraw(package)
    listed = _list_sheets(package)
    sheets = {sheet.name: sheet.path for sheet in listed}
    names = {**dict(zip(mask_names(sheets), sheets, strict=True)), **names}  # issues name a sheet without the persons in its name
    styles = _Styles(package)
    taken = {name.casefold() for name in sheets}
    title = next(t for n in range(1, 1000) if (t := SHEET_NAME + (f" ({n})" if n > 1 else "")).casefold() not in taken)
    by_sheet: dict[str, dict[str, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    ordered = order(issues)
    for issue in ordered:
        name = names.get(issue["sheet"], issue["sheet"])
        if issue["cell"] and name in sheets and re.fullmatch(r"[A-Z]{1,3}[1-9]\d{0,6}", issue["cell"]):
            by_sheet[name][issue["cell"]].append(issue)
    spoken = _choose_comments(ordered, names)
    for number, (name, path) in enumerate(sheets.items(), 1):
        if not package.has(path):
            raise _CannotPatch(path)
        cells = by_sheet.get(name)
        if cells:
            said = {cell: "\n".join(_say(i) for i in found) for cell, found in cells.items() if (name, cell) in spoken}
            severities = {cell: found[0]["severity"] for cell, found in cells.items()}
            _mark_sheet(package, path, number, severities, said, styles)
        text = package.read(path)
        data_at = max(text.find("sheetData"), 0)
        head = re.sub(r'\stabSelected\s*=\s*["\'](?:1|true)["\']', "", text[:data_at])
        if len(head) != data_at:  # two selected sheets would be edited together
            package.write(path, head + text[data_at:])
    own = "xl/worksheets/ketqua.xml"
    table, heights, top = _compose(issues, about, names)
    package.write(own, _sheet_xml(table, heights, top, styles))
    styles.save()
    book = package.read("xl/workbook.xml")
    book = re.sub(r'(localSheetId\s*=\s*["\'])(\d+)', lambda m: f"{m.group(1)}{int(m.group(2)) + 1}", book)
    book = re.sub(r'\s(?:activeTab|firstSheet)\s*=\s*["\']\d+["\']', "", book)
    start = re.search(r"<((?:\w+:)?)sheets(?:\s[^>]*)?>", book)
    assert start is not None  # found by _list_sheets
    number = max((sheet.number for sheet in listed), default=0) + 1
    entry = f'<{start.group(1)}sheet xmlns:r="{_RELATIONS}" name="{_quoted(title)}" sheetId="{number}" r:id="rIdKetQua"/>'
    package.write("xl/workbook.xml", book[: start.end()] + entry + book[start.end() :])
    package.relate("xl/workbook.xml", "rIdKetQua", "worksheet", own)
    _drop_programs(package)
    _declare(package, {own: _SHEET_TYPE})
    return _zip(package.parts)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A sheet as the workbook lists it."""

    name: str
    path: str
    number: int
    relation: str
    entry: str


def _list_sheets(package: _Package) -> list[_Listed]:
    book = package.read("xl/workbook.xml")
    if _MAIN not in book:
        raise _CannotPatch("another namespace")
    relations = package.relations("xl/workbook.xml")
    listed = re.search(r"<(?:\w+:)?sheets(?:\s[^>]*)?>(.*?)</(?:\w+:)?sheets>", book, re.S)
    if listed is None:
        raise _CannotPatch("no sheets")
    found = []
    for match in re.finditer(r"<(?:\w+:)?sheet\s([^>]*?)/?>", listed.group(1)):
        attributes = _attributes(match.group(1))
        relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
        path = relations[relation]["Target"]
        found.append(_Listed(attributes["name"], path, int(attributes["sheetId"]), relation, match.group()))
    return found


# ---- a marked copy that was sent again


def _withdraw(package: _Package) -> None:
    """Takes our sheet, colours and comments of an earlier round out of a copy that comes back to us corrected."""
    listed = _list_sheets(package)
    shared = package.read("xl/sharedStrings.xml") if package.has("xl/sharedStrings.xml") else ""
    mark_text = html.escape(OWN_SHEET_MARK, quote=False)
    own = [
        (index, sheet)
        for index, sheet in enumerate(listed)
        if re.fullmatch(rf"{SHEET_NAME}(?: \(\d+\))?", sheet.name)
        and package.has(sheet.path)
        and (mark_text in package.read(sheet.path) or mark_text in shared)
    ]
    if not own:
        return
    book = package.read("xl/workbook.xml")
    gone = [index for index, _ in own]

    def renumber(match: re.Match[str]) -> str:
        place = re.search(r'localSheetId\s*=\s*["\'](\d+)["\']', match.group())
        if place is None:
            return match.group()
        index = int(place.group(1))
        if index in gone:
            return ""
        left = index - sum(other < index for other in gone)
        return match.group().replace(place.group(), f'localSheetId="{left}"', 1)

    book = re.sub(r"<(?:\w+:)?definedName\s[^>]*>.*?</(?:\w+:)?definedName>", renumber, book, flags=re.S)
    book = re.sub(r"<((?:\w+:)?)definedNames>\s*</\1definedNames>", "", book)
    ties = package.read("xl/_rels/workbook.xml.rels")
    types = package.read("[Content_Types].xml")
    for _, sheet in own:
        book = book.replace(sheet.entry, "", 1)
        ties = re.sub(rf'<(?:\w+:)?Relationship\s[^>]*\bId\s*=\s*["\']{re.escape(sheet.relation)}["\'][^>]*?/>', "", ties)
        types = re.sub(rf'<(?:\w+:)?Override\s[^>]*["\']/{re.escape(sheet.path)}["\'][^>]*?/>', "", types, flags=re.I)
        package.drop(sheet.path)
        if package.has(_relations_of(sheet.path)):
            package.drop(_relations_of(sheet.path))
    package.write("xl/workbook.xml", book)
    package.write("xl/_rels/workbook.xml.rels", ties)
    package.write("[Content_Types].xml", types)
    styles = next((name for name in package.names() if name.lower() == "xl/styles.xml"), None)
    if styles is not None:  # a cell in one of our colours is plain again
        colours = "|".join(_FILLS.values())
        package.write(
            styles,
            re.sub(
                rf'<((?:\w+:)?)patternFill\s+patternType="solid">\s*<(?:\w+:)?fgColor\s+rgb="(?:{colours})"\s*/>.*?</\1patternFill>',
                r'<\1patternFill patternType="none"/>',
                package.read(styles),
                flags=re.S,
            ),
        )
    gone_paths = {sheet.path for _, sheet in own}
    for sheet in listed:
        if sheet.path not in gone_paths and package.has(sheet.path):
            _withdraw_comments(package, sheet.path)


def _withdraw_comments(package: _Package, path: str) -> None:
    relations = package.relations(path)
    comments = next((r["Target"] for r in relations.values() if r.get("Type", "").endswith("/comments")), None)
    if comments is None or not package.has(comments):
        return
    removed: set[tuple[int, int]] = set()

    def keep(match: re.Match[str]) -> str:
        whole = match.group()
        said = html.unescape("".join(re.findall(r"<(?:\w+:)?t(?:\s[^>]*)?>([^<]*)</", whole)))
        if _OWN_COMMENT.match(said):
            row, column = _split(_attributes(match.group(1)).get("ref", "A1"))
            removed.add((row - 1, column))
            return ""
        return re.sub(rf"\s*{_SEPARATOR}[^<]*", "", whole)

    package.write(comments, re.sub(r"<(?:\w+:)?comment\s([^>]*)>.*?</(?:\w+:)?comment>", keep, package.read(comments), flags=re.S))
    drawing = next((r["Target"] for r in relations.values() if r.get("Type", "").endswith("/vmlDrawing")), None)
    if not removed or drawing is None or not package.has(drawing):
        return

    def stays(match: re.Match[str]) -> str:
        row, column = re.search(r":Row>\s*(\d+)", match.group()), re.search(r":Column>\s*(\d+)", match.group())
        return "" if row and column and (int(row.group(1)), int(column.group(1))) in removed else match.group()

    package.write(drawing, re.sub(r"<(\w+:)shape\s.*?</\1shape>", stays, package.read(drawing), flags=re.S))


def _choose_comments(ordered: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> set[tuple[str, str]]:
    """The cells that get a comment: as many as a workbook bears, errors first."""
    chosen: dict[tuple[str, str], None] = {}
    for issue in ordered:
        if len(chosen) >= MAX_COMMENTS:
            break
        chosen[names.get(issue["sheet"], issue["sheet"]), issue["cell"]] = None
    return set(chosen)


def _declare(package: _Package, types: Mapping[str, str]) -> None:
    """Adds content types of new parts; the workbook itself becomes one without macros."""
    text = package.read("[Content_Types].xml")
    end = re.search(r"</((?:\w+:)?)Types>", text)
    if end is None:
        raise _CannotPatch("content types")
    prefix = end.group(1)
    entries = "".join(f'<{prefix}Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in types.items())
    if not re.search(r'Extension\s*=\s*["\']vml["\']', text, re.I):
        entries = f'<{prefix}Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>' + entries
    text = text[: end.start()] + entries + text[end.start() :]
    text = re.sub(
        r"application/vnd\.(?:ms-excel\.(?:sheet|template|addin)\.macroEnabled|openxmlformats-officedocument\.spreadsheetml\.template)\.main\+xml",
        _BOOK_TYPE,
        text,
    )
    package.write("[Content_Types].xml", text)


def _drop_programs(package: _Package) -> None:
    """Macros and signatures (which the marks make invalid) do not come along."""
    gone = [
        name for name in package.names() if re.match(r"xl/(?:_rels/)?vba(?:Project|Data|ProjectSignature)\w*\.|_xmlsignatures/", name, re.I)
    ]
    if not gone:
        return
    for name in gone:
        package.drop(name)
    for path in ("_rels/.rels", "xl/_rels/workbook.xml.rels"):
        if package.has(path):
            kept = re.sub(r"<(?:\w+:)?Relationship\s[^>]*(?:vbaProject|digital-signature)[^>]*?/>", "", package.read(path))
            package.write(path, kept)
    types = package.read("[Content_Types].xml")
    package.write(
        "[Content_Types].xml",
        re.sub(r"<(?:\w+:)?Override\s[^>]*(?:/xl/vba|/_xmlsignatures/)[^>]*?/>", "", types, flags=re.I),
    )


# ---- styles


_FONT = '<{p}font>{b}{i}<{p}sz val="{size}"/><{p}color rgb="{color}"/><{p}name val="Times New Roman"/><{p}family val="1"/></{p}font>'
_VERDICTS = ("bad", "fair", "good")


class _Styles:
    """The style table of a workbook, with what we add to it."""

    def __init__(self, package: _Package) -> None:
        self._package = package
        path = next((n for n in package.names() if n.lower() == "xl/styles.xml"), None)
        if path is None:
            raise _CannotPatch("no styles")
        self._path, self._text = path, package.read(path)
        found = re.search(r"<((?:\w+:)?)cellXfs(?:\s[^>]*)?>(.*?)</\1cellXfs>", self._text, re.S)
        if found is None:
            raise _CannotPatch("no cell styles")
        self._prefix = found.group(1)
        p = re.escape(self._prefix)
        self._formats = re.findall(rf"<{p}xf\b[^>]*?(?:/>|>.*?</{p}xf>)", found.group(2), re.S)
        self._formats = [f for f in self._formats if f]
        self._added: list[str] = []
        self._marked: dict[tuple[int, str], int] = {}
        self._fills = {severity: self._append("fills", self._solid(color)) for severity, color in _FILLS.items()}
        self.own: dict[str, int] = {}
        self._add_own()

    def _solid(self, color: str) -> str:
        p = self._prefix
        return (
            f'<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="{color}"/><{p}bgColor indexed="64"/></{p}patternFill></{p}fill>'
        )

    def _append(self, table: str, entry: str) -> int:
        """Adds an entry to fonts, fills or borders; returns its index."""
        p = self._prefix
        found = re.search(rf"<{re.escape(p)}{table}(\s[^>]*)?>(.*?)</{re.escape(p)}{table}>", self._text, re.S)
        if found is None:
            raise _CannotPatch(table)
        item = table.removesuffix("s")
        number = len(re.findall(rf"<{re.escape(p)}{item}(?=[\s/>])", found.group(2)))
        head = f"<{p}{table}{_recount(found.group(1) or '', number + 1)}>"
        self._text = self._text[: found.start()] + head + found.group(2) + entry + f"</{p}{table}>" + self._text[found.end() :]
        return number

    def marked(self, base: int, severity: str) -> int:
        """The index of a cell style with the colour of a severity."""
        known = self._marked.get((base, severity))
        if known is not None:
            return known
        source = self._formats[base] if 0 <= base < len(self._formats) else self._formats[0]
        opening = re.match(r"<[^>]*?(?=/?>)", source)
        if opening is None:
            raise _CannotPatch("xf")
        start = re.sub(r'\s(?:fillId|applyFill)\s*=\s*["\'][^"\']*["\']', "", opening.group())
        entry = f'{start.rstrip()} fillId="{self._fills[severity]}" applyFill="1"{source[opening.end() :]}'
        self._added.append(entry)
        self._marked[base, severity] = index = len(self._formats) + len(self._added) - 1
        return index

    def _add_own(self) -> None:
        p = self._prefix

        def font(size: int, color: str = "FF000000", bold: bool = False, italic: bool = False) -> int:
            words = {
                "p": p,
                "size": size,
                "color": color,
                "b": f"<{p}b/>" if bold else "",
                "i": f"<{p}i/>" if italic else "",
            }
            return self._append("fonts", _FONT.format(**words))

        edge = "".join(f'<{p}{side} style="thin"><{p}color rgb="FFBFBFBF"/></{p}{side}>' for side in ("left", "right", "top", "bottom"))
        border = self._append("borders", f"<{p}border>{edge}<{p}diagonal/></{p}border>")
        normal, bold, large, white = font(11), font(11, bold=True), font(16, bold=True), font(11, "FFFFFFFF", bold=True)
        grey, blue, verdict = font(10, "FF7F7F7F", italic=True), font(11, "FF0563C1"), font(14, bold=True)
        head = self._append("fills", self._solid("FF1F4E79"))
        fills = {
            name: self._append("fills", self._solid(color))
            for name, color in (("bad", "FFFF9C9C"), ("fair", "FFFFEB84"), ("good", "FFC6E0B4"))
        }

        def own(name: str, font_id: int, fill: int = 0, edged: bool = False, align: str = 'vertical="top" wrapText="1"') -> None:
            entry = (
                f'<{p}xf numFmtId="49" fontId="{font_id}" fillId="{fill}" borderId="{border if edged else 0}" xfId="0" quotePrefix="1" '
                f'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><{p}alignment {align}/></{p}xf>'
            )
            self._added.append(entry)
            self.own[name] = len(self._formats) + len(self._added) - 1

        middle = 'vertical="center" wrapText="1"'
        own("title", large, align=middle)
        own("mark", grey)
        own("plain", normal)
        for name, fill in fills.items():
            own(name, verdict, fill, align=middle)
        own("head", white, head, True, 'horizontal="center" vertical="center" wrapText="1"')
        own("cell", normal, 0, True)
        own("note", normal, 0, True)
        own("error", bold, fills["bad"], True)
        own("warning", bold, fills["fair"], True)
        own("link", blue, 0, True)

    def save(self) -> None:
        p = re.escape(self._prefix)
        found = re.search(rf"<{p}cellXfs(\s[^>]*)?>(.*?)</{p}cellXfs>", self._text, re.S)
        assert found is not None  # found when it was opened
        total = len(self._formats) + len(self._added)
        head = f"<{self._prefix}cellXfs{_recount(found.group(1) or '', total)}>"
        body = "".join(self._formats) + "".join(self._added)
        self._package.write(
            self._path,
            self._text[: found.start()] + head + body + f"</{self._prefix}cellXfs>" + self._text[found.end() :],
        )


def _recount(attributes: str, number: int) -> str:
    return re.sub(r'\s*\bcount\s*=\s*["\']\d+["\']', "", attributes) + f' count="{number}"'


# ---- a sheet of the sender's


def _split(cell: str) -> tuple[int, int]:
    """Row and zero-based column of an address."""
    letters = cell.rstrip("0123456789")
    return int(cell[len(letters) :]), column_number(letters)


def _mark_sheet(package: _Package, path: str, number: int, severities: Mapping[str, str], said: Mapping[str, str], styles: _Styles) -> None:
    text = package.read(path)
    found = re.search(r"<((?:\w+:)?)sheetData(?:\s[^>]*)?(?:/>|>)", text)
    if found is None or _MAIN not in text[: found.start()]:
        raise _CannotPatch(path)
    p = found.group(1)
    if found.group().endswith("/>"):
        start = end = found.end()
        body, before, after = "", text[: found.start()] + f"<{p}sheetData>", f"</{p}sheetData>" + text[end:]
    else:
        start, end = found.end(), text.rfind(f"</{p}sheetData>")
        body, before, after = text[start:end], text[:start], text[end:]
    origins = _merge_origins(after, {_split(cell) for cell in severities})
    colours: dict[tuple[int, int], str] = {}
    comments: dict[tuple[int, int], str] = {}
    for cell, severity in severities.items():
        place = origins.get(_split(cell), _split(cell))
        if place not in colours or SEVERITIES[severity] < SEVERITIES[colours[place]]:
            colours[place] = severity
        if cell in said:
            comments[place] = f"{comments[place]}\n{said[cell]}" if place in comments else said[cell]
    wanted: dict[int, dict[int, str]] = defaultdict(dict)
    for (row, column), severity in colours.items():
        if severity in _FILLS:
            wanted[row][column] = severity
    body = _colour(body, wanted, _column_styles(before, p), styles, p)
    text = before + body + after
    if comments:
        text = _comment(package, path, number, text, comments, p)
    package.write(path, text)


def _merge_origins(after: str, cells: set[tuple[int, int]]) -> dict[tuple[int, int], tuple[int, int]]:
    """The top left cell of the merged range in which a cell lies."""
    origins: dict[tuple[int, int], tuple[int, int]] = {}
    columns: dict[int, list[int]] = defaultdict(list)
    for row, column in cells:
        columns[row].append(column)
    for match in re.finditer(r'<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*["\']([A-Z]+\d+):([A-Z]+\d+)["\']', after):
        (top, left), (bottom, right) = _split(match.group(1)), _split(match.group(2))
        covered = range(top, bottom + 1) if bottom - top < len(columns) else [row for row in columns if top <= row <= bottom]
        for row in covered:
            for column in columns.get(row, ()):
                if left <= column <= right:
                    origins[row, column] = (top, left)
    return origins


def _column_styles(before: str, p: str) -> list[tuple[int, int, int]]:
    found = []
    for match in re.finditer(rf"<{re.escape(p)}col\s([^>]*?)/?>", before):
        attributes = _attributes(match.group(1))
        if "style" in attributes:
            found.append((int(attributes["min"]) - 1, int(attributes["max"]) - 1, int(attributes["style"])))
    return found


def _colour(body: str, wanted: dict[int, dict[int, str]], column_styles: Sequence[tuple[int, int, int]], styles: _Styles, p: str) -> str:
    """The rows with the wanted cells in the colour of their severity; rows and cells that are not there are put in."""
    if not wanted:
        return body
    quoted = re.escape(p)
    row_pattern = re.compile(rf"<{quoted}row\b([^>]*?)(?:/>|>(.*?)</{quoted}row>)", re.S)
    cell_pattern = re.compile(rf"<{quoted}c\b([^>]*?)(?:/>|>.*?</{quoted}c>)", re.S)
    address = re.compile(r'\br\s*=\s*["\']([A-Z]+)?(\d+)["\']')
    style_pattern = re.compile(r'\ss\s*=\s*["\'](\d+)["\']')

    def base_of(attributes: str, column: int) -> int:
        row_style = style_pattern.search(attributes)
        if row_style is not None:
            return int(row_style.group(1))
        return next((style for first, last, style in column_styles if first <= column <= last), 0)

    def new_cell(row: int, column: int, severity: str, attributes: str) -> str:
        return f'<{p}c r="{column_letters(column)}{row}" s="{styles.marked(base_of(attributes, column), severity)}"/>'

    def paint(attributes: str, inner: str, row: int, columns: dict[int, str]) -> str:
        left = sorted(columns)
        out: list[str] = []
        last = 0
        for match in cell_pattern.finditer(inner):
            place = address.search(match.group(1))
            if place is None or place.group(1) is None:
                raise _CannotPatch("cells without addresses")
            column = column_number(place.group(1))
            out.append(inner[last : match.start()])
            while left and left[0] < column:
                out.append(new_cell(row, left[0], columns[left[0]], attributes))
                left.pop(0)
            last = match.end()
            cell = match.group()
            if left and left[0] == column:
                left.pop(0)
                own = style_pattern.search(match.group(1))
                index = styles.marked(int(own.group(1)) if own else 0, columns[column])
                opening = match.group(1)
                bare = style_pattern.sub("", opening).rstrip()
                cell = f'<{p}c{bare} s="{index}"' + cell[len(f"<{p}c{opening}") :]
            out.append(cell)
        out.append(inner[last:])
        out += [new_cell(row, column, columns[column], attributes) for column in left]
        return "".join(out)

    pieces: list[str] = []
    pending = sorted(wanted)
    last = 0
    for match in row_pattern.finditer(body):
        place = address.search(match.group(1))
        if place is None:
            raise _CannotPatch("rows without numbers")
        row = int(place.group(2))
        if not pending or pending[0] > row:
            continue
        pieces.append(body[last : match.start()])
        while pending and pending[0] < row:
            pieces.append(f'<{p}row r="{pending[0]}">{paint("", "", pending[0], wanted[pending[0]])}</{p}row>')
            pending.pop(0)
        if pending and pending[0] == row:
            pending.pop(0)
            attributes = re.sub(r'\sspans\s*=\s*["\'][^"\']*["\']', "", match.group(1))
            pieces.append(f"<{p}row{attributes}>{paint(attributes, match.group(2) or '', row, wanted[row])}</{p}row>")
        else:
            pieces.append(match.group())
        last = match.end()
    pieces.append(body[last:])
    pieces += [f'<{p}row r="{row}">{paint("", "", row, wanted[row])}</{p}row>' for row in pending]
    return "".join(pieces)


# ---- comments


_COMMENT_WIDTH = 300
_SEPARATOR = f"— {_AUTHOR} —"  # between the sender's own comment and ours
_OWN_COMMENT = re.compile(rf"(?:{'|'.join(SEVERITY_NAMES.values())}): .*\n→ ")
_SHAPE_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_VML = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout></xml>'
)


def _comment_height(text: str) -> int:
    return min(16 * sum(-(-max(len(line), 1) // 44) for line in text.split("\n")) + 14, 420)


def _shape(number: int, row: int, column: int, text: str) -> str:
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;'
        f'margin-left:60pt;margin-top:2pt;width:{_COMMENT_WIDTH}px;height:{_comment_height(text)}px;z-index:1;visibility:hidden" '
        'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/>'
        '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:AutoFill>False</x:AutoFill>'
        f"<x:Row>{row - 1}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )


def _comment(package: _Package, path: str, number: int, sheet: str, comments: Mapping[tuple[int, int], str], p: str) -> str:
    """Puts comments to cells of a sheet, after the sender's own where a cell has one; returns the sheet's text."""
    relations = package.relations(path)
    known = next((r["Target"] for r in relations.values() if r.get("Type", "").endswith("/comments")), None)
    legacy = re.search(r"<(?:\w+:)?legacyDrawing\s([^>]*?)/?>", sheet)
    drawing = None
    if legacy is not None:
        identity = next((v for k, v in _attributes(legacy.group(1)).items() if k.endswith(":id")), "")
        drawing = relations.get(identity, {}).get("Target")
    texts = {place: as_xml_text(text)[:1500] for place, text in comments.items()}
    if known is None or not package.has(known):
        known = f"xl/comments9{number:02d}.xml"
        package.write(known, f'{_DECLARATION}<comments xmlns="{_MAIN}"><authors></authors><commentList></commentList></comments>')
        package.relate(path, "rIdKiemTraC", "comments", known)
        _declare(package, {known: "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"})
    fresh = _add_comments(package, known, texts)
    if drawing is None or not package.has(drawing):
        drawing = f"xl/drawings/vmlDrawing9{number:02d}.vml"
        package.write(drawing, _VML)
        package.relate(path, "rIdKiemTraV", "vmlDrawing", drawing)
        sheet = _insert_legacy(sheet, p)
    vml = package.read(drawing)
    ids = [int(n) for n in re.findall(r"_x0000_s(\d+)", vml)]
    first = max([1024, *ids]) + 1
    end = vml.rfind("</xml>")
    if end < 0:
        raise _CannotPatch(drawing)
    shapes = "".join(_shape(first + i, row, column, texts[row, column]) for i, (row, column) in enumerate(fresh))
    if 'id="_x0000_t202"' not in vml:
        shapes = _SHAPE_TYPE + shapes
    if any(f'xmlns:{prefix}="urn:schemas-microsoft-com:' not in vml[:1000] for prefix in "vox"):
        names = re.search(r"<xml ([^>]*)>", _VML)
        assert names is not None  # written above
        shapes = re.sub(r"<v:(shape|shapetype) ", rf"<v:\1 {names.group(1)} ", shapes)
    package.write(drawing, vml[:end] + shapes + vml[end:])
    return sheet


def _add_comments(package: _Package, path: str, texts: Mapping[tuple[int, int], str]) -> list[tuple[int, int]]:
    """Adds to the comments of a sheet; returns the cells that had none."""
    xml = package.read(path)
    xml = re.sub(r"<((?:\w+:)?)(authors|commentList)\s*/>", r"<\1\2></\1\2>", xml)
    authors = re.search(r"<((?:\w+:)?)authors>(.*?)</(?:\w+:)?authors>", xml, re.S)
    if authors is None or "commentList>" not in xml:
        raise _CannotPatch(path)
    p = authors.group(1)
    author = len(re.findall(r"<(?:\w+:)?author(?=[\s/>])", authors.group(2)))
    xml = xml[: authors.end(2)] + f"<{p}author>{_AUTHOR}</{p}author>" + xml[authors.end(2) :]
    left = {f"{column_letters(column)}{row}": (row, column) for row, column in texts}

    def run(text: str) -> str:
        font = f'<{p}rPr><{p}sz val="10"/><{p}color indexed="81"/><{p}rFont val="Tahoma"/><{p}family val="2"/></{p}rPr>'
        return f'<{p}r>{font}<{p}t xml:space="preserve">{html.escape(text, quote=False)}</{p}t></{p}r>'

    def extend(match: re.Match[str]) -> str:
        place = left.get(_attributes(match.group(1)).get("ref", ""))
        end = match.group().rfind(f"</{p}text>")
        if place is None or end < 0:
            return match.group()
        del left[f"{column_letters(place[1])}{place[0]}"]
        whole = match.group()
        plain = re.search(rf"<{p}text>\s*(<{p}t(?:\s[^>]*)?>.*?</{p}t>)\s*</{p}text>", whole, re.S)
        if plain is not None:
            whole = whole[: plain.start(1)] + f"<{p}r>{plain.group(1)}</{p}r>" + whole[plain.end(1) :]
            end = whole.rfind(f"</{p}text>")
        return whole[:end] + run(f"\n{_SEPARATOR}\n{texts[place]}") + whole[end:]

    xml = re.sub(rf"<{p}comment\s([^>]*)>.*?</{p}comment>", extend, xml, flags=re.S)
    new = "".join(
        f'<{p}comment ref="{cell}" authorId="{author}"><{p}text>{run(texts[place])}</{p}text></{p}comment>' for cell, place in left.items()
    )
    end = xml.rfind(f"</{p}commentList>")
    package.write(path, xml[:end] + new + xml[end:])
    return list(left.values())


def _insert_legacy(sheet: str, p: str) -> str:
    """Puts the reference to the comments' shapes where the order of elements wants it."""
    entry = f'<{p}legacyDrawing xmlns:r="{_RELATIONS}" r:id="rIdKiemTraV"/>'
    data_end = sheet.rfind("sheetData>") if "sheetData>" in sheet else 0
    drawings = rf"<{re.escape(p)}drawing\s[^>]*?(?:/>|></{re.escape(p)}drawing>)"
    ends = [match.end() for match in re.finditer(drawings, sheet[data_end:])]
    if ends:
        at = data_end + ends[-1]
        return sheet[:at] + entry + sheet[at:]
    tail = re.compile(
        rf"<(?:{re.escape(p)}(?:legacyDrawingHF|drawingHF|picture|oleObjects|controls|webPublishItems|tableParts)\b|\w+:AlternateContent\b)"
        rf"|<{re.escape(p)}extLst>(?:(?!</?{re.escape(p)}extLst>).)*</{re.escape(p)}extLst>\s*</{re.escape(p)}worksheet>"
        rf"|</{re.escape(p)}worksheet>",
        re.S,
    )
    place = tail.search(sheet, data_end)
    if place is None:
        raise _CannotPatch("no end of the sheet")
    return sheet[: place.start()] + entry + sheet[place.start() :]


# ---- our own sheet


def _sheet_xml(table: Sequence[Sequence[_Cell]], heights: Sequence[float], top: int, styles: _Styles) -> str:
    rows, merges, links = [], [], []
    last = column_letters(len(WIDTHS) - 1)
    for number, (cells, height) in enumerate(zip(table, heights, strict=True), 1):
        inner = []
        for index, cell in enumerate(cells):
            at = f"{column_letters(index)}{number}"
            text = f'<is><t xml:space="preserve">{html.escape(as_xml_text(cell.text), quote=False)}</t></is>'
            inner.append(f'<c r="{at}" s="{styles.own[cell.style]}" t="inlineStr">{text}</c>')
            if cell.link:
                links.append(f'<hyperlink ref="{at}" location="{_quoted(cell.link)}" display="{_quoted(cell.text)}"/>')
        if len(cells) == 1:
            inner += [f'<c r="{column_letters(i)}{number}" s="{styles.own[cells[0].style]}"/>' for i in range(1, len(WIDTHS))]
            merges.append(f'<mergeCell ref="A{number}:{last}{number}"/>')
        rows.append(f'<row r="{number}" ht="{height:g}" customHeight="1">{"".join(inner)}</row>')
    columns = "".join(f'<col min="{i}" max="{i}" width="{width}" customWidth="1"/>' for i, width in enumerate(WIDTHS, 1))
    lines = len(table) - top
    filtered = f'<autoFilter ref="A{top}:{last}{len(table)}"/>' if lines > 1 else ""
    return (
        f'{_DECLARATION}<worksheet xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheetPr><tabColor rgb="FFC00000"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="A1:{last}{max(len(table), 1)}"/><sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0"/></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{"".join(rows)}</sheetData>{filtered}'
        f'<mergeCells count="{len(merges)}">{"".join(merges)}</mergeCells>'
        + (f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else "")
        + '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/></worksheet>'
    )


# ---- a copy made from values


def _rebuild(sheets: Sequence[Sheet]) -> tuple[bytes, dict[str, str]]:
    """An .xlsx with the values and merges of a workbook in another format, and the sheets that had to be renamed."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Font, Side
    from openpyxl.utils.exceptions import IllegalCharacterError

    book = Workbook()
    book.remove(book.active)
    book.properties.created = book.properties.modified = datetime(2000, 1, 1)
    names: dict[str, str] = {}
    font, plain = Font(name="Times New Roman", size=11), Alignment(vertical="center", wrap_text=True)
    centred = Alignment(horizontal="center", vertical="center", wrap_text=True)
    side = Side("thin", color="FFBFBFBF")
    border = Border(side, side, side, side)
    taken: set[str] = set()
    for sheet in sheets:
        base = re.sub(r"[\[\]:*?/\\]", " ", as_xml_text(sheet.name)).strip("' ")[:31] or "Sheet"
        name = next(n for i in range(1, 10_000) if (n := base if i == 1 else f"{base[:25]} ({i})").casefold() not in taken)
        taken.add(name.casefold())
        names[sheet.name] = name
        page = book.create_sheet(name)
        lengths: dict[int, list[int]] = defaultdict(list)
        merged = {(top, left) for top, left, _, _ in sheet.merges}
        for number, row in enumerate(sheet.rows, 1):
            filled = sum(1 for value in row if value not in ("", None))
            for index, value in enumerate(row):
                if value in ("", None) and filled < 3:
                    continue
                cell = page.cell(number, index + 1)
                _put(cell, value, IllegalCharacterError)
                cell.font = font
                if filled >= 3:
                    cell.border = border
                    cell.alignment = centred if (number - 1, index) in merged else plain
                    if value not in ("", None) and (number - 1, index) not in merged:
                        lengths[index].append(10 if isinstance(value, date) else max(len(part) for part in str(value).split("\n")))
        area = 0
        for top, left, bottom, right in sheet.merges:
            area += (bottom - top + 1) * (right - left + 1)
            if area > MAX_MERGED_CELLS:
                break
            if top < len(sheet.rows):
                page.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
        widths = {index: max(min(sorted(found)[len(found) * 9 // 10], 30) * 1.1 + 2, 6) for index, found in lengths.items()}
        for index, width in widths.items():
            page.column_dimensions[column_letters(index)].width = width
        for number, row in enumerate(sheet.rows, 1):
            shown = [(str(v), widths.get(i, 9)) for i, v in enumerate(row) if isinstance(v, str) and v and (number - 1, i) not in merged]
            if sum(1 for value in row if value not in ("", None)) >= 3 and shown:
                page.row_dimensions[number].height = min(15 * max(_lines(text, width) for text, width in shown) + 2, 400)
        page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9
        page.page_setup.fitToHeight = 0
        page.sheet_properties.pageSetUpPr.fitToPage = True
    if not book.worksheets:
        book.create_sheet("Sheet1")
    return _write_in_memory(book), names


def _write_in_memory(book: Any) -> bytes:
    """A workbook's package. openpyxl alone would write each sheet to a temporary file first, and children may write no files."""
    from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
    from openpyxl.worksheet._writer import WorksheetWriter
    from openpyxl.writer.excel import ExcelWriter

    class Writer(ExcelWriter):  # type: ignore[misc]
        def write_worksheet(self, ws: Any) -> None:
            ws._drawing = SpreadsheetDrawing()
            writer = WorksheetWriter(ws, io.BytesIO())
            writer.write()
            ws._rels = writer._rels
            self._archive.writestr(ws.path[1:], writer.read())
            self.manifest.append(ws)

    buffer = io.BytesIO()
    Writer(book, zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED)).save()
    return buffer.getvalue()


def _put(cell: Any, value: object, illegal: type[Exception]) -> None:
    """A value as it was; a text is a text whatever it begins with."""
    if isinstance(value, str):
        cell.value = as_xml_text(value)[:32_000]
        if cell.data_type != "s":
            cell.data_type = "s"
            cell.quotePrefix = True
        return
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        cell.value = str(value)
        return
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    try:
        cell.value = value
    except (ValueError, illegal):
        cell.value = str(value)
        return
    if isinstance(value, datetime) and (value.hour or value.minute):
        cell.number_format = "dd/mm/yyyy hh:mm"
    elif isinstance(value, date):
        cell.number_format = "dd/mm/yyyy"
    elif isinstance(value, time | timedelta):
        cell.number_format = "hh:mm"
