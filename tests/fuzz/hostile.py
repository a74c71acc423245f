"""Files made to do harm, and small copies of what fuzzing found; with what must become of each: `read`, or the code of its refusal.

`any`: it may be read or refused; nothing but itself may suffer.
"""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping

from coop_pipeline.intake.workbook import Sheet
from tests.fuzz.seeds import ODS_TYPE, write_html, write_ods, write_ole, write_xls, write_xml2003

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET = "xl/worksheets/sheet1.xml"
SHARED = "xl/sharedStrings.xml"
Parts = dict[str, str | bytes]

UNREADABLE, ENCRYPTED, LARGE, FOREIGN = "file_unreadable", "file_encrypted", "file_too_large", "file_not_workbook"


def cell(place: str, value: object, extra: str = "") -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"{extra}><is><t xml:space="preserve">{value}</t></is></c>'
    return f'<c r="{place}"{extra}><v>{value}</v></c>'


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def page(rows: str = "", before: str = "", after: str = "", doctype: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


PLAIN = page(row(1, cell("A1", "Mã"), cell("B1", "Số")) + row(2, cell("A2", "001"), cell("B2", 5)))


def book(
    *pages: str, changes: Mapping[str, str | bytes | None] = {}, names: Callable[[int], str] = lambda i: f"S{i}", styles: int = 1
) -> Parts:
    """The parts of a workbook with these sheets; `changes` replace, add or (None) drop parts."""
    pages = pages or (PLAIN,)
    number = range(1, len(pages) + 1)
    parts: Parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        + "".join(f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>' for i in number)
        + '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
        '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        + "".join(f'<sheet name="{names(i)}" sheetId="{i}" r:id="rId{i}"/>' for i in number) + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(f'<Relationship Id="rId{i}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i in number)
        + f'<Relationship Id="rIdS" Type="{RELATIONS}/styles" Target="styles.xml"/><Relationship Id="rIdT" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><name val="Arial"/></font></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs>' + '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0"/>' * styles + "</cellXfs></styleSheet>",
        SHARED: f'<sst xmlns="{MAIN}" count="1" uniqueCount="1"><si><t>a</t></si></sst>',
        **{f"xl/worksheets/sheet{i}.xml": text for i, text in enumerate(pages, 1)},
    }  # fmt: skip
    for name, content in changes.items():
        if content is None:
            del parts[name]
        else:
            parts[name] = content
    return parts


def pack(parts: Parts, method: int = zipfile.ZIP_DEFLATED, double: str = "") -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore")
        for name, content in parts.items():
            archive.writestr(name, content)
        if double:
            archive.writestr(double, "second")
    return buffer.getvalue()


def _patch_directory(data: bytes, name: str, offset: int, form: str, value: int) -> bytes:
    """The central entry of a part with another value."""
    patched = bytearray(data)
    at = patched.rfind(name.encode()) - 46
    struct.pack_into(form, patched, at + offset, value)
    return bytes(patched)


def _overlapping() -> bytes:
    """Entries of the directory that all point to the same bytes."""
    data = pack(book(changes={"xl/media/a.bin": b"0" * 100_000}))
    end = data.rfind(b"PK\x05\x06")
    size, start = struct.unpack_from("<II", data, end + 12)
    directory = data[start : start + size]
    at = directory.rfind(b"PK\x01\x02", 0, directory.rfind(b"xl/media/a.bin"))
    again = b"".join(directory[at:].replace(b"a.bin", b"%c.bin" % c) for c in b"bcdefgh")
    count = directory.count(b"PK\x01\x02") + 7
    return data[: start + size] + again + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, size + len(again), start, 0)


def _ods(content: str, changes: Mapping[str, str] = {}) -> bytes:
    spaces = " ".join(f'xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{p}:1.0"' for p in ("office", "table", "text"))
    body = f"<office:document-content {spaces}><office:body><office:spreadsheet>{content}</office:spreadsheet></office:body></office:document-content>"
    return pack({"mimetype": ODS_TYPE, "content.xml": body, "META-INF/manifest.xml": "<x/>", **changes}, zipfile.ZIP_STORED)


def _entities(levels: int) -> str:
    lines = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, levels))
    return f'<!DOCTYPE x [<!ENTITY a0 "lol">{lines}]>'


def _damaged(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def hostile() -> dict[str, tuple[bytes, str]]:
    """By file name: the bytes, and what must become of them."""
    sound = pack(book())
    stored = pack(book(), zipfile.ZIP_STORED)
    grid = [Sheet("S1", [["Mã", "Số"], ["001", 5.0]])]
    xls, ods, html = write_xls(grid), write_ods(grid), write_html(grid)
    zeros = pack(book(page("<!-- " + " " * 3_000_000 + " -->")))
    attributes = "".join(f' a{i}="1"' for i in range(50_000))
    merges = "".join(f'<mergeCell ref="A{i}:B{i}"/>' for i in range(1, 20_000))
    errors = "".join(cell(f"{chr(65 + i)}1", e).replace('t="inlineStr"', 't="e"').replace("<is><t xml:space=\"preserve\">", "<v>").replace("</t></is>", "</v>")
                     for i, e in enumerate(("#REF!", "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#VALUE!", "#GETTING_DATA")))  # fmt: skip
    found: dict[str, tuple[bytes, str]] = {
        "sound.xlsx": (sound, "read"), "sound.xls": (xls, "read"), "sound.ods": (ods, "read"), "sound html.xls": (html, "read"), "sound xml.xls": (write_xml2003(grid), "read"),
        "laughs xml.xls": (write_xml2003(grid).replace(b"<Workbook", b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Workbook', 1), UNREADABLE),
        "far xml.xls": (write_xml2003(grid).replace(b"<Row>", b'<Row ss:Index="999999999">', 1), LARGE),
        "named xls.xls": (sound, "read"), "named xlsx.xlsx": (ods, "read"), "no ending": (sound, "read"),
        # the package
        "declares 1000 bytes.xlsx": (_patch_directory(zeros, SHEET, 24, "<I", 1000), UNREADABLE),
        "declares 4 GB.xlsx": (_patch_directory(sound, SHEET, 24, "<I", 0xFFFFFFF0), LARGE),
        "many parts.xlsx": (pack(book(changes={f"xl/media/{i}": b"" for i in range(2_001)}), zipfile.ZIP_STORED), LARGE),
        "overlapping.xlsx": (_overlapping(), UNREADABLE), "twice.xlsx": (pack(book(), double=SHEET), UNREADABLE),
        "leads out.xlsx": (pack(book(changes={"../../../etc/passwd": "x"})), UNREADABLE), "absolute.xlsx": (pack(book(changes={"/etc/passwd": "x"})), UNREADABLE),
        "crc.xlsx": (stored.replace(b"<v>5</v>", b"<v>9</v>"), UNREADABLE), "half.xlsx": (sound[: len(sound) // 2], UNREADABLE), "but one byte.xlsx": (sound[:-1], UNREADABLE),
        "password.xlsx": (_patch_directory(sound, SHEET, 8, "<H", 1), ENCRYPTED), "bzip2.xlsx": (pack(book(), zipfile.ZIP_BZIP2), UNREADABLE),
        "garbage behind.xlsx": (sound + bytes(70_000), UNREADABLE), "garbage before.xlsx": (b"MZ" + b"x" * 100 + sound, FOREIGN), "empty zip.xlsx": (b"PK\x05\x06" + bytes(18), FOREIGN),
        "local name.xlsx": (_damaged(stored, stored.find(SHEET.encode()) + 4, b"X"), UNREADABLE),  # found by fuzzing: the two names differ
        "directory name.xlsx": (_damaged(stored, stored.rfind(b"xl/_rels/workbook.xml.rels") + 10, b"\xff"), UNREADABLE),
        # the XML
        "billion laughs.xlsx": (pack(book(page(row(1, cell("A1", "&a9;")), doctype=_entities(10)))), UNREADABLE),
        "external entity.xlsx": (pack(book(page(doctype='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'))), UNREADABLE),
        "billion laughs.ods": (_ods("<table:table/>", {"content.xml": _entities(10) + "<x>&a9;</x>"}), UNREADABLE),
        "DTD in UTF-16.xlsx": (pack(book(changes={SHEET: page(doctype=_entities(3)).replace("UTF-8", "UTF-16").encode("utf-16")})), UNREADABLE),
        "deep.xlsx": (pack(book(page(row(1, f'<c r="A1">{"<x>" * 50_000}{"</x>" * 50_000}</c>')))), "any"),
        "many attributes.xlsx": (pack(book(page(row(1, f'<c r="A1"{attributes}><v>1</v></c>')))), "any"),
        "unclosed.xlsx": (pack(book(PLAIN[:-40])), "any"), "UTF-16.xlsx": (pack(book(changes={SHEET: PLAIN.replace("UTF-8", "UTF-16").encode("utf-16")})), "any"),
        "no UTF-8.xlsx": (pack(book(changes={SHEET: PLAIN.encode().replace("Mã".encode(), b"M\xff\xfe\xc3\x28")})), "any"),
        "illegal letters.xlsx": (pack(book(page(row(1, cell("A1", "a\x00b\x08c"), cell("B1", "&#0;&#xFFFF;"), cell("C1", "&#xD800;"))))), "any"),
        # what it says of itself
        "texts counted wrong.xlsx": (pack(book(changes={SHARED: f'<sst xmlns="{MAIN}" count="4294967295" uniqueCount="4294967295"><si><t>a</t></si></sst>'})), UNREADABLE),
        "text 99 of 1.xlsx": (pack(book(page(row(1, '<c r="A1" t="s"><v>99</v></c>')))), "any"), "text -1.xlsx": (pack(book(page(row(1, '<c r="A1" t="s"><v>-1</v></c>')))), "any"),
        "dimension too large.xlsx": (pack(book(PLAIN.replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>'))), "read"),
        "dimension too small.xlsx": (pack(book(PLAIN.replace("<sheetData>", '<dimension ref="A1"/><sheetData>'))), "read"),
        "corner.xlsx": (pack(book(page(row(1, cell("A1", 1)) + row(1_048_576, cell("XFD1048576", 2))))), LARGE),
        "last row.xlsx": (pack(book(page(row(1, cell("A1", 1)) + row(1_048_576, cell("A1048576", 2))))), LARGE),
        "last column.xlsx": (pack(book(page(row(1, cell("A1", 1), cell("XFD1", 2))))), LARGE),
        "beyond Excel.xlsx": (pack(book(page(row(1, cell("ZZZZZZZ99999999999", 1))))), LARGE), "row 0.xlsx": (pack(book(page(row(0, cell("A0", 1))))), "any"),
        "long row number.xlsx": (pack(book(PLAIN.replace('<row r="2"', f'<row hidden="1" r="{"9" * 5000}"'))), "any"),
        "blank and formatted.xlsx": (pack(book(page(row(1, cell("A1", 1)) + "".join(f'<row r="{i}"><c r="A{i}" s="0"/><c r="T{i}" s="0"/></row>' for i in range(2, 30_000))))), "read"),
        "merged all.xlsx": (pack(book(PLAIN.replace("</sheetData>", '</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'))), "any"),
        "merged often.xlsx": (pack(book(PLAIN.replace("</sheetData>", f"</sheetData><mergeCells>{merges}</mergeCells>"))), "any"),
        "many sheets.xlsx": (pack(book(*[PLAIN] * 300)), "any"), "many styles.xlsx": (pack(book(styles=60_000)), "read"),
        "one name.xlsx": (pack(book(PLAIN, PLAIN, names=lambda i: "S")), "any"), "long text.xlsx": (pack(book(page(row(1, cell("A1", "đ" * 200_000))))), "any"),
        "no sheet part.xlsx": (pack(book(changes={SHEET: None})), "any"), "no workbook part.xlsx": (pack(book(changes={"xl/workbook.xml": None})), FOREIGN),
        "no styles.xlsx": (pack(book(changes={"xl/styles.xml": None})), "any"), "sheet elsewhere.xlsx": (pack(book(changes={
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="http://127.0.0.1:9/x" TargetMode="External"/></Relationships>'})), "any"),
        "sheet in etc.xlsx": (pack(book(changes={
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="../../../../etc/passwd"/></Relationships>'})), "any"),
        # cells
        "errors.xlsx": (pack(book(page(row(1, errors)))), "read"), "spill.xlsx": (pack(book(page(row(1, '<c r="A1" t="e"><v>#SPILL!</v></c>')))), "read"),
        "numbers.xlsx": (pack(book(page(row(1, *(f'<c r="{chr(65 + i)}1"><v>{v}</v></c>' for i, v in enumerate(("INF", "NaN", "1e999", "-1", "9007199254740993", "1" * 400, " 5 "))))))), "any"),
        "days.xlsx": (pack(book(page(row(1, *(cell(f"{chr(65 + i)}1", v, ' s="0"') for i, v in enumerate((0, -1, 1, 59, 60, 2958466, 1e15, 0.5))))))), "any"),
        # other formats
        "repeated.ods": (_ods('<table:table table:name="S"><table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="float" office:value="1" '
                              'table:number-columns-repeated="16384"/></table:table-row></table:table>'), LARGE),
        "repeated rows.ods": (_ods('<table:table table:name="S"><table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="float" office:value="1"/>'
                                   "</table:table-row></table:table>"), LARGE),
        "spans.ods": (_ods('<table:table table:name="S"><table:table-row><table:table-cell office:value-type="string" table:number-columns-spanned="{{7*7}}" table:number-rows-spanned="9999999999">'
                           "<text:p>x</text:p></table:table-cell></table:table-row></table:table>"), "any"),
        "password.ods": (_ods("<table:table/>", {"META-INF/manifest.xml": "<manifest:x><manifest:encryption-data/></manifest:x>"}), ENCRYPTED),
        "no content.ods": (pack({**book(), "mimetype": ODS_TYPE}, zipfile.ZIP_STORED), "any"),  # found by fuzzing: the mark of one format, the parts of another
        "spans.xls": (b'<html><table><tr><td colspan="99999999999999999999" rowspan="\xc2\xb2">a</td><td colspan="' + b"9" * 5000 + b'">b</td></tr></table></html>', "read"),
        "tables in tables.xls": (b"<html>" + b"<table><tr><td>x" * 3_000, "any"), "no table.xls": (b"<html><p>x</p></html>", FOREIGN),
        "cut off.xls": (xls[: len(xls) // 2], "any"), "circle.xls": (_damaged(xls, 512 + 8, struct.pack("<I", 2)), "any"),
        "far column.xls": (_damaged(xls, xls.find(struct.pack("<HHHH", 0x0203, 14, 1, 1)) + 6, b"\xff\xff"), UNREADABLE),  # found by fuzzing: 30 s for 61 rows
        "Word.xlsx": (pack({"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"}), FOREIGN), "old Word.xls": (write_ole(b"x", "WordDocument"), FOREIGN),
        "encrypted.xlsx": (write_ole(b"x", "EncryptedPackage"), ENCRYPTED),
        "PDF.xlsx": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", FOREIGN), "CSV.xlsx": (b"a,b\n1,2\n", FOREIGN), "text.xls": ("Mã\tSố\n1\t2\n".encode("utf-16"), FOREIGN),
        "no sheet xml.xls": (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "read"), "empty.xlsx": (b"", FOREIGN), "one byte.xlsx": (b"P", FOREIGN),
        "zeros.xlsx": (bytes(100_000), FOREIGN), "program.xlsx": (b"\x7fELF\x02\x01\x01" + bytes(500), FOREIGN),
        # found by fuzzing
        "superscript.xlsx": (pack(book(page(row(1, cell("A1", "Stt"), cell("B1", "Tên HTX"), cell("C1", "Năm")) + row(2, cell("A2", 1), cell("B2", "HTX An"), cell("C2", "²"))))), "read"),
        "sheet number.xlsx": (pack(book(changes={"xl/workbook.xml": str(book()["xl/workbook.xml"]).replace('sheetId="1"', 'sheetId="0.1"')})), "any"),
        # names are data
        "dòng\nmới “'\"; drop table x; --.xlsx": (sound, "read"), "=cmd|' !A0.xlsx": (sound, "read"), "](javascript:alert(1)).xlsx": (sound, "read"), "\x1b[31mđỏ\u202excod.xlsx": (sound, "read"),
        f"{'Ấ' * 80}.xlsx": (b"%PDF-1.7", FOREIGN),
    }  # fmt: skip
    return found
