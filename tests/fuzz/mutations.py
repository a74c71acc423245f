"""How a workbook is spoiled: bytes, parts of the package, and the XML, text and records inside."""

from __future__ import annotations

import io
import random
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Sequence

HOSTILE_TEXTS = (
    "=cmd|'/C calc'!A0", "+1+1", "@SUM(1)", "<script>alert(1)</script>", "](javascript:alert(1))", "![x](http://127.0.0.1:9/x)", "{{ 7*7 }}", "{0.__class__}",
    "%s%n", "'; drop table core.loans; --", "../../../etc/passwd", "\x1b[31mđỏ\x1b[0m", "dòng 1\nERROR giả", "\u202e12", "\u200b", "\ufeff", "a\x00b", "_x0000_",
    "NaN", "inf", "1e999", "-1e308", "9" * 400, "0" * 40, "1.000.000.000.000.000.000.000.000", "１２３", "½", "Ⅷ", "٣", "²", "31/02/2021", "00/00/0000",
    "99/99/9999", "1/1/0001", "31/12/9999", "20/2021", "quý 9/2021", "năm 0000", "lần 999999999999", "012345678901", "0912 345 678", "HTX", "HTX ", "Hợp tác xã "
    * 400, "%", "-", "−", "—", "..", ",", "1,,2", "1.2.3.4", "tr.đ", "ha" * 3000, "(" * 3000, "\t", "🙂", "e\u0301" * 900, "Ỷ" * 33_000, "''", '"', "&#0;", "\ud800",
    "\uffff", "#REF!", "true", "0x1F", "1/3", "5 - 7", "từ 1 đến 2", "hơn 1.200 triệu", "3,98 tỷ", "ngày tháng năm", "Tổng cộng", "Không phát sinh", "Cộng trang",
)  # fmt: skip
NUMBERS = (
    "-1", "0", "1", "2", "255", "65535", "65536", "1048576", "1048577", "2147483647", "2147483648", "4294967295", "18446744073709551615", "-9223372036854775808",
    "1e308", "1e999", "NaN", "INF", "0.1", "", " ", "abc", "45000.5", "2958466", "-0",
)  # fmt: skip
PLACES = ("A1", "XFD1048576", "A1048576", "XFD1", "A0", "ZZZZ1", "A99999999999", "", "1", "A", "A1:XFD1048576", "B2:A1", "a1")


def mutate(rng: random.Random, data: bytes, others: Sequence[bytes]) -> tuple[str, bytes]:
    """The name of what was done, and the spoiled bytes."""
    if data.startswith(b"PK") and rng.random() < 0.9:
        kind = rng.choice(("members", "xml", "xml", "xml", "text", "text"))
        try:
            return kind, {"members": _members, "xml": _xml, "text": _cells}[kind](rng, data, others)
        except (zipfile.BadZipFile, zlib.error, IndexError, ValueError, NotImplementedError, EOFError):
            pass  # it is spoiled already
    if data.startswith(b"\xd0\xcf") and rng.random() < 0.6:
        return "records", _records(rng, data)
    if data.lstrip()[:1] == b"<" and rng.random() < 0.75:
        return "markup", _spoil_markup(rng, data)
    return _bytes(rng, data)


def _bytes(rng: random.Random, data: bytes) -> tuple[str, bytes]:
    kind = rng.choice(("flip", "flip", "flip", "cut", "gap", "repeat", "zeros", "number"))
    at = rng.randrange(len(data) or 1)
    size = rng.choice((1, 4, 64, 512, 4096))
    match kind:
        case "flip":
            spoiled = bytearray(data)
            for _ in range(rng.choice((1, 1, 3, 20))):
                spoiled[rng.randrange(len(spoiled))] ^= 1 << rng.randrange(8)
            return kind, bytes(spoiled)
        case "cut":
            return kind, data[:at]
        case "gap":
            return kind, data[:at] + data[at + size :]
        case "repeat":
            return kind, data[:at] + data[at : at + size] * rng.choice((2, 50)) + data[at + size :]
        case "zeros":
            return kind, data[:at] + bytes(size) + data[at + size :]
        case _:
            number = struct.pack("<I", rng.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFF, 0x10000)))
            return kind, data[:at] + number + data[at + 4 :]


def _open(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def _close(parts: Sequence[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        warnings.simplefilter("ignore")
        for name, content in parts:
            archive.writestr(name, content)
    return buffer.getvalue()


def _members(rng: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    parts = list(_open(data).items())
    i, j = rng.randrange(len(parts)), rng.randrange(len(parts))
    match rng.choice(("drop", "swap", "empty", "rename", "foreign", "foreign", "double")):
        case "drop":
            del parts[i]
        case "swap":
            parts[i], parts[j] = (parts[i][0], parts[j][1]), (parts[j][0], parts[i][1])
        case "empty":
            parts[i] = (parts[i][0], b"")
        case "rename":
            parts[i] = (rng.choice((parts[i][0].upper(), f"../{parts[i][0]}", parts[j][0], "xl/x.xml")), parts[i][1])
        case "foreign":
            strange = rng.choice([other for other in others if other.startswith(b"PK")])
            known = _open(strange)
            name = parts[i][0]
            parts[i] = (name, known.get(name) or rng.choice(list(known.values())))
        case _:
            parts.append((parts[i][0], parts[j][1]))
    return _close(parts)


def _xml(rng: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    parts = _open(data)
    names = [name for name in parts if name.endswith((".xml", ".rels"))]
    favoured = [name for name in names if "sheet" in name or "content" in name or "shared" in name or "workbook" in name]
    name = rng.choice(favoured if favoured and rng.random() < 0.8 else names)
    for _ in range(rng.choice((1, 1, 2, 5))):
        parts[name] = _spoil_markup(rng, parts[name])
    return _close(list(parts.items()))


def _cells(rng: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Other texts in the cells: what people and attackers type."""
    parts = _open(data)
    names = [n for n in parts if n in ("xl/sharedStrings.xml", "content.xml") or n.startswith("xl/worksheets/sheet")]
    name = rng.choice(names)
    text = parts[name]
    found = list(re.finditer(rb"<(?:text:p|t|v)(?:\s[^>]*)?>([^<]*)<", text))
    for match in sorted(rng.sample(found, min(len(found), rng.choice((1, 3, 10)))), key=lambda m: -m.start()):
        typed = rng.choice(HOSTILE_TEXTS if rng.random() < 0.7 else NUMBERS).encode("utf-8", "surrogatepass")
        if rng.random() < 0.9:
            typed = typed.replace(b"&", b"&amp;").replace(b"<", b"&lt;")
        text = text[: match.start(1)] + typed + text[match.end(1) :]
    parts[name] = text
    return _close(list(parts.items()))


def _spoil_markup(rng: random.Random, text: bytes) -> bytes:
    """One attribute, tag or element of XML or HTML made another."""
    kind = rng.choice(("attribute", "attribute", "attribute", "tag", "element", "double", "insert"))
    if kind == "attribute":
        found = list(re.finditer(rb'([\w:]+)="([^"]*)"', text))
        if found:
            match = rng.choice(found)
            value = (
                rng.choice((*NUMBERS, *PLACES, *HOSTILE_TEXTS[:24]))
                .encode("utf-8", "surrogatepass")
                .replace(b'"', b"&quot;")
                .replace(b"<", b"&lt;")
            )
            return text[: match.start(2)] + value + text[match.end(2) :]
    found = list(re.finditer(rb"<[^<>]+>", text))
    if not found:
        return text
    one, other = rng.choice(found), rng.choice(found)
    first, last = min(one.start(), other.start()), max(one.end(), other.end())
    match kind:
        case "tag":
            return text[: one.start()] + text[one.end() :]
        case "element":
            return text[:first] + text[last:]
        case "double":
            piece = text[first : min(last, first + 20_000)]
            return text[:first] + piece * rng.choice((1, 2, 20)) + text[first:]
        case _:
            extra = rng.choice(
                (
                    b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
                    b"<![CDATA[x]]>",
                    b"<?x?>",
                    b"<x>" * 200,
                    b"&a;",
                    b"&#x1F4A9;",
                    b"\x00",
                    b'<c r="A1" t="e"><v>#REF!</v></c>',
                )
            )
            return text[: one.start()] + extra + text[one.start() :]


def _records(rng: random.Random, data: bytes) -> bytes:
    """A BIFF record with another kind, length or content, or gone."""
    spoiled = bytearray(data)
    starts = []
    at = data.find(b"\x09\x08", 512)
    while 0 <= at < len(data) - 4:
        kind, length = struct.unpack_from("<HH", data, at)
        if not kind:
            break
        starts.append(at)
        at += 4 + length
    if not starts:
        return _bytes(rng, data)[1]
    for _ in range(rng.choice((1, 1, 3))):
        at = rng.choice(starts)
        match rng.choice(("kind", "length", "body", "body")):
            case "kind":
                struct.pack_into(
                    "<H",
                    spoiled,
                    at,
                    rng.choice((0x00FC, 0x003C, 0x0809, 0x00E5, 0x027E, 0x0006, 0x00BD, 0x0031, 0x041E, 0x00E0, 0x0085, 0x002F)),
                )
            case "length":
                struct.pack_into("<H", spoiled, at + 2, rng.choice((0, 1, 0x2020, 0xFFFF)))
            case _:
                for _ in range(4):
                    spoiled[min(at + 4 + rng.randrange(12), len(spoiled) - 1)] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
    return bytes(spoiled)
