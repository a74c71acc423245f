"""Honest workbooks to spoil: the samples, generated ones, and both written again as .xls, .ods and HTML."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from html import escape
from pathlib import Path

from coop_pipeline.intake.workbook import Row, Sheet, open_workbook
from tests.workbooks.generate import KINDS, make

RAW = Path(__file__).parents[2] / "data" / "raw"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
Seed = tuple[str, bytes]
"""A path below the raw folder and the bytes."""


@cache
def seeds() -> tuple[Seed, ...]:
    """Small workbooks of every format and layout, always the same."""
    samples = [(str(path.relative_to(RAW)), path.read_bytes()) for path in sorted(RAW.rglob("*.*s*")) if path.stat().st_size < 60_000]
    made = [make(7, kind) for kind in KINDS]
    found = samples + [(case.path_hint, case.data) for case in made if len(case.data) < 60_000]
    books = [(path, open_workbook(data, "xlsx")) for path, data in found[::9] if path.endswith("xlsx")]
    for path, book in books:
        stem = path.removesuffix(".xlsx")
        shown = [sheet for sheet in book if sheet.visible]
        found += [(f"{stem} cũ.xls", write_xls(shown)), (f"{stem} LO.ods", write_ods(shown)), (f"{stem} xuất.xls", write_html(shown))]
        found.append((f"{stem} 2003.xls", write_xml2003(shown)))
    return tuple(found)


def write_html(sheets: Sequence[Sheet]) -> bytes:
    tables = "".join(
        "<table>" + "".join("<tr>" + "".join(f"<td>{escape(_text(v))}</td>" for v in row) + "</tr>" for row in s.rows) + "</table>"
        for s in sheets
    )
    return f"<html><head><meta charset='utf-8'></head><body>{tables}</body></html>".encode()


def write_xml2003(sheets: Sequence[Sheet]) -> bytes:
    def cell(value: object) -> str:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return f'<Cell><Data ss:Type="{"Number" if number else "String"}">{escape(_text(value))}</Data></Cell>'

    tables = "".join(
        f'<Worksheet ss:Name="{escape(s.name)}"><Table>'
        + "".join("<Row>" + "".join(map(cell, row)) + "</Row>" for row in s.rows)
        + "</Table></Worksheet>"
        for s in sheets
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return f'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="{space}" xmlns:ss="{space}">{tables}</Workbook>'.encode()


def write_ods(sheets: Sequence[Sheet]) -> bytes:
    def cell(value: object) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
        text = escape(_text(value))
        return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' if text else "<table:table-cell/>"

    tables = "".join(
        f'<table:table table:name="{escape(s.name)}">'
        + "".join("<table:table-row>" + "".join(map(cell, row)) + "</table:table-row>" for row in s.rows)
        + "</table:table>"
        for s in sheets
    )
    spaces = " ".join(f'xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{p}:1.0"' for p in ("office", "table", "text"))
    content = f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>'
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", ODS_TYPE)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return buffer.getvalue()


def write_xls(sheets: Sequence[Sheet]) -> bytes:
    """BIFF8 with texts and numbers, in an OLE file with one stream."""
    start = _record(0x0809, struct.pack("<6H", 0x0600, 0x0005, 0, 0, 0, 0)) + _record(0x0042, struct.pack("<H", 1200))
    names = [sheet.name.encode("utf-16-le")[:62] for sheet in sheets]
    end = _record(0x000A)
    at = len(start) + sum(12 + len(name) for name in names) + len(end)
    bodies = [_sheet(sheet.rows) for sheet in sheets]
    listed = b""
    for name, body in zip(names, bodies, strict=True):
        listed += _record(0x0085, struct.pack("<IHBB", at, 0, len(name) // 2, 1) + name)
        at += len(body)
    return write_ole(start + listed + end + b"".join(bodies))


def _sheet(rows: Sequence[Row]) -> bytes:
    out = [_record(0x0809, struct.pack("<6H", 0x0600, 0x0010, 0, 0, 0, 0))]
    width = max((len(row) for row in rows), default=0)
    out.append(_record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0)))
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, int | float) and not isinstance(value, bool):
                out.append(_record(0x0203, struct.pack("<HHHd", r, c, 0, float(value))))
            elif text := _text(value)[:2000]:
                coded = text.encode("utf-16-le")
                out.append(_record(0x0204, struct.pack("<HHHHB", r, c, 0, len(coded) // 2, 1) + coded))
    return b"".join([*out, _record(0x000A)])


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def write_ole(stream: bytes, name: str = "Workbook") -> bytes:
    """An OLE file with one stream: allocation tables, one sector of directory, then the stream."""
    stream = stream.ljust(4_096, b"\0")  # shorter ones would lie in the small stream
    count = -(-len(stream) // 512)
    tables = 1
    while tables * 128 < tables + 1 + count:
        tables += 1
    first = tables + 1
    chain = [0xFFFFFFFD] * tables + [0xFFFFFFFE] + [*range(first + 1, first + count), 0xFFFFFFFE]
    chain += [0xFFFFFFFF] * (tables * 128 - len(chain))

    def entry(title: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = title.encode("utf-16-le")
        links = struct.pack("<HBBIII", len(text) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return text.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)

    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<5H", header, 24, 0x003E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<8I", header, 44, tables, tables, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", header, 76, *range(tables), *[0xFFFFFFFF] * (109 - tables))
    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(name, 2, 0xFFFFFFFF, first, len(stream))
    return bytes(header) + struct.pack(f"<{len(chain)}I", *chain) + directory.ljust(512, b"\0") + stream.ljust(count * 512, b"\0")


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%d/%m/%Y")
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else "" if value is None else str(value)
