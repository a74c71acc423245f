"""The door: what is found, what is taken, what the first bytes say, and what is turned away before a reader sees it."""

from __future__ import annotations

import io
import os
import stat
import struct
import tempfile
import threading
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coop_pipeline.intake import door
from coop_pipeline.intake.door import Arrival, Limits, Refused, Skipped, Taken
from coop_pipeline.intake.workbook import WorkbookFault, open_workbook

SHEET = (
    '<?xml version="1.0"?><worksheet><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    "{rows}</sheetData></worksheet>"
)


def workbook(rows: str = "", extra: dict[str, str | bytes] | None = None, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": "<workbook/>",
        "xl/worksheets/sheet1.xml": SHEET.replace("{rows}", rows),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in {**parts, **(extra or {})}.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def ole(*streams: str) -> bytes:
    """An OLE file of one table sector and one directory sector with these streams below its root."""

    def entry(name: str, kind: int, right: int, child: int) -> bytes:
        text = name.encode("utf-16-le")
        padded = text.ljust(64, b"\0")
        return (padded + struct.pack("<HBBIII", len(text) + 2, kind, 1, 0xFFFFFFFF, right, child)).ljust(128, b"\0")

    nothing = 0xFFFFFFFF
    directory = entry("Root Entry", 5, nothing, 1)
    for number, name in enumerate(streams, 1):
        directory += entry(name, 2, number + 1 if number < len(streams) else nothing, nothing)
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<H", header, 30, 9)
    struct.pack_into("<I", header, 48, 1)
    struct.pack_into("<109I", header, 76, 0, *[nothing] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[nothing] * 126)
    return bytes(header) + table + directory.ljust(512, b"\0")


def arrive(raw: Path, name: str = "a.xlsx", content: bytes = b"content") -> Arrival:
    (raw / name).parent.mkdir(parents=True, exist_ok=True)
    (raw / name).write_bytes(content)
    return next(found for found in door.scan(raw) if isinstance(found, Arrival) and found.path == name)


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder, and no rights of root in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)


# --- scan -------------------------------------------------------------------------------------------------------------


def test_scan_finds_all_but_the_ignored(tmp_path: Path) -> None:
    kept = ["2021/148/Biểu 01.xlsx", "2021/b.XLS", "a.pdf", "letter.docx", "noext", "readme2021.xlsx", "z/y/x/w/v.ods"]
    ignored = ["~$a.xlsx", ".gitkeep", ".hidden/a.xlsx", "a.tmp", "b.part", "c.CRDOWNLOAD", "README.md", "2021/README"]
    for name in kept + ignored:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    found = door.scan(tmp_path)
    assert [item.path for item in found] == sorted(kept)
    first = found[0]
    assert isinstance(first, Arrival)
    assert first.size == 5
    assert first.modified_at.tzinfo is not None
    assert abs(first.modified_at.timestamp() - (tmp_path / first.path).stat().st_mtime) < 0.001


def test_scan_never_follows(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (tmp_path / "outside.xlsx").write_bytes(b"x")
    (raw / "link.xlsx").symlink_to(tmp_path / "outside.xlsx")
    (raw / "folder").symlink_to(tmp_path)
    (raw / "dangling.xlsx").symlink_to("nowhere")
    os.mkfifo(raw / "fifo.xlsx")
    assert door.scan(raw) == [
        Skipped("dangling.xlsx", "symlink"),
        Skipped("fifo.xlsx", "fifo"),
        Skipped("folder", "symlink"),
        Skipped("link.xlsx", "symlink"),
    ]


def test_scan_names_a_folder_that_it_cannot_list(as_nobody: Path) -> None:
    (as_nobody / "locked").mkdir(mode=0)
    (as_nobody / "a.xlsx").write_bytes(b"x")
    found = door.scan(as_nobody)
    assert [item.path for item in found] == ["a.xlsx", "locked"]
    assert found[1] == Skipped("locked", "folder_unreadable")


def test_scan_shows_nfc_and_opens_what_is_there(tmp_path: Path) -> None:
    name = "Huyện Lạc Thủy quý 4.xlsx"
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / unicodedata.normalize("NFD", name)).write_bytes(b"nfd")
    (raw / os.fsdecode(b"bytes_\xff.xlsx")).write_bytes(b"legacy")
    found = door.scan(raw)
    assert [item.path for item in found] == [unicodedata.normalize("NFC", name), "bytes_\\xff.xlsx"]
    taken = [door.take(raw, item, tmp_path / "received") for item in found if isinstance(item, Arrival)]
    assert [item.head for item in taken if isinstance(item, Taken)] == [b"nfd", b"legacy"]


def test_one_name_in_two_forms_is_two_arrivals(tmp_path: Path) -> None:
    for form in ("NFC", "NFD"):
        (tmp_path / unicodedata.normalize(form, "Tân Lạc.xlsx")).write_bytes(form.encode())
    paths = [item.path for item in door.scan(tmp_path)]
    assert len(set(paths)) == 2


def test_a_raw_folder_that_is_not_there_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        door.scan(tmp_path / "missing")


# --- take -------------------------------------------------------------------------------------------------------------


def test_take_keeps_one_read_only_copy_of_the_same_bytes(tmp_path: Path) -> None:
    raw, store = tmp_path / "raw", tmp_path / "received"
    one = door.take(raw, arrive(raw, "a.xlsx", b"same"), store)
    assert isinstance(one, Taken)
    inode = one.copy.stat().st_ino
    two = door.take(raw, arrive(raw, "b/c.xlsx", b"same"), store)
    assert isinstance(two, Taken)
    assert (one.sha256, one.copy, one.size, one.head) == (two.sha256, two.copy, 4, b"same")
    assert one.copy == store / one.sha256[:2] / one.sha256
    assert two.copy.stat().st_ino == inode
    assert stat.S_IMODE(one.copy.stat().st_mode) == 0o444
    assert [path for path in store.rglob("*") if path.is_file()] == [one.copy]


def test_take_repairs_a_copy_that_was_cut_short(tmp_path: Path) -> None:
    raw, store = tmp_path / "raw", tmp_path / "received"
    arrival = arrive(raw, content=b"complete")
    taken = door.take(raw, arrival, store)
    assert isinstance(taken, Taken)
    taken.copy.chmod(0o644)
    taken.copy.write_bytes(b"comp")
    door.take(raw, arrival, store)
    assert taken.copy.read_bytes() == b"complete"


def test_take_waits_for_a_file_that_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, store = tmp_path / "raw", tmp_path / "received"
    arrival = arrive(raw, content=b"x" * 3000)
    with (raw / "a.xlsx").open("ab") as file:
        file.write(b"more")
    refused = door.take(raw, arrival, store)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.passing) == ("still_growing", True)

    arrival = arrive(raw, content=b"x" * 3000)
    read = os.read

    def grow(descriptor: int, size: int) -> bytes:
        data = read(descriptor, size)
        with (raw / "a.xlsx").open("ab") as file:
            file.write(b"y")
        return data if len(data) < 3000 else data[:3000]

    monkeypatch.setattr(door, "CHUNK", 1000)
    monkeypatch.setattr(os, "read", lambda descriptor, size: grow(descriptor, size) if size == 1000 else read(descriptor, size))
    with monkeypatch.context():
        refused = door.take(raw, arrival, store, max_bytes=3100)
    assert isinstance(refused, Refused)
    assert refused.reason in ("still_growing", "file_too_large")
    assert not [path for path in store.rglob("*") if path.is_file()]


def test_take_refuses_what_is_too_large(tmp_path: Path) -> None:
    refused = door.take(tmp_path / "raw", arrive(tmp_path / "raw", content=b"12345"), tmp_path / "received", max_bytes=4)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.code, refused.passing) == ("file_too_large", "file_too_large", False)


def test_take_opens_no_fifo_and_no_link(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    for make, reason in ((os.mkfifo, "not_a_file"), (lambda path: path.symlink_to("/etc/passwd"), "not_a_file")):
        arrival = arrive(raw)
        (raw / "a.xlsx").unlink()
        make(raw / "a.xlsx")
        outcome: list[Taken | Refused] = []
        thread = threading.Thread(
            target=lambda found=arrival, to=outcome: to.append(door.take(raw, found, tmp_path / "received")), daemon=True
        )
        thread.start()
        thread.join(10)
        assert outcome, "opening it blocks"
        assert isinstance(outcome[0], Refused)
        assert outcome[0].reason == reason
        (raw / "a.xlsx").unlink()


def test_take_of_a_file_that_is_gone(tmp_path: Path) -> None:
    arrival = arrive(tmp_path / "raw")
    (tmp_path / "raw" / "a.xlsx").unlink()
    refused = door.take(tmp_path / "raw", arrival, tmp_path / "received")
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.passing) == ("vanished", True)


def test_take_without_permission(as_nobody: Path) -> None:
    (as_nobody / "raw").mkdir()
    arrival = arrive(as_nobody / "raw")
    (as_nobody / "raw" / "a.xlsx").chmod(0)
    [arrival] = [item for item in door.scan(as_nobody / "raw") if isinstance(item, Arrival)]
    refused = door.take(as_nobody / "raw", arrival, as_nobody / "received")
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.code) == ("no_permission", "file_unreadable")


# --- sniff ------------------------------------------------------------------------------------------------------------


def zipped(*names: str, content: str = "<x/>") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (workbook(), "xlsx"),
        (workbook()[:-30], "xlsx"),
        (zipped("[Content_Types].xml", "xl\\workbook.xml"), "xlsx"),
        (zipped("[Content_Types].xml", "book/main.xml", content="spreadsheetml.sheet.main+xml"), "xlsx"),
        (zipped("xl/workbook.bin", "xl/worksheets/sheet1.bin"), "xlsb"),
        (zipped("mimetype", "content.xml", content=ODS_TYPE), "ods"),
        (zipped("[Content_Types].xml", "word/document.xml"), "docx"),
        (zipped("a.txt"), "zip"),
        (b"PK\x05\x06" + b"\0" * 18, "zip"),
        (ole("Workbook"), "xls"),
        (ole("Book", "SummaryInformation"), "xls"),
        (ole("EncryptionInfo", "EncryptedPackage"), "encrypted"),
        (ole("WordDocument"), "ole"),
        (ole("WordDocument")[:600], "ole"),
        (b"<html><table></table></html>", "html"),
        ("\ufeff<!DOCTYPE html>".encode(), "html"),
        ('<?xml version="1.0"?><html xmlns="x">'.encode("utf-16"), "html"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "xml2003"),
        (b'<?xml version="1.0"?><x/>', "text"),
        ("Mã,Số\n1,2\n".encode(), "csv"),
        ("Mã\tSố\n1\t2\n".encode("utf-16"), "csv"),
        ("Tên;Ðơn giá\nA;1\n".encode().replace(b"\xc3\xaa", b"\xea"), "csv"),
        ("Một dòng chữ".encode(), "text"),
        (b"%PDF-1.7\n\xe2\xe3", "pdf"),
        (b"", "empty"),
        (b"\0" * 100, "unknown"),
        (b"\x7fELF\x02\x01\x01\0", "unknown"),
    ],
)
def test_sniff(content: bytes, kind: str) -> None:
    assert door.sniff(content[: door.HEAD_BYTES], content) == kind


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<", b"\xff\xfe"]),
)
def test_sniff_and_preflight_never_raise(content: bytes, start: bytes) -> None:
    content = start + content
    assert isinstance(door.sniff(content[: door.HEAD_BYTES], content), str)
    assert door.preflight_zip(content) is not None


@given(st.data())
def test_a_damaged_file_never_raises(data: st.DataObject) -> None:
    for good in (workbook(), ole("Workbook", "Other")):
        bad = bytearray(good)
        for _ in range(data.draw(st.integers(1, 4))):
            bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
        door.sniff(bytes(bad[: door.HEAD_BYTES]), bytes(bad))
        door.preflight_zip(bytes(bad))


# --- preflight --------------------------------------------------------------------------------------------------------


def reason(content: bytes, limits: Limits | None = None) -> tuple[str, str] | None:
    refusal = door.preflight_zip(content, limits)
    return None if refusal is None else (refusal.code, refusal.reason)


def cell(reference: str, value: str = "<v>1</v>") -> str:
    return f'<row r="{reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}"><c r="{reference}" s="1">{value}</c></row>'


def test_an_ordinary_workbook_passes() -> None:
    assert reason(workbook()) is None
    assert reason(workbook(method=zipfile.ZIP_STORED)) is None
    assert reason(zipped("mimetype", "content.xml", "META-INF/manifest.xml")) is None


def test_a_zip_bomb_in_small() -> None:
    bomb = workbook(extra={"xl/media/zeros.bin": b"\0" * 200_000})
    assert reason(bomb) is None
    assert reason(bomb, Limits(part_bytes=100_000)) == ("file_too_large", "part_bytes")
    assert reason(bomb, Limits(inflated_bytes=200_000)) == ("file_too_large", "inflated_bytes")
    assert reason(bomb, Limits(entries=3)) == ("file_too_large", "entries")
    assert reason(bomb, Limits(file_bytes=100)) == ("file_too_large", "file_bytes")


def test_a_bomb_that_declares_a_small_size() -> None:
    bomb = bytearray(workbook(extra={"xl/zeros.xml": b"\0" * 200_000}))
    at = bomb.rfind(b"xl/zeros.xml") - 46
    assert bomb[at : at + 4] == b"PK\x01\x02"
    struct.pack_into("<I", bomb, at + 24, 1000)
    assert reason(bytes(bomb)) == ("file_unreadable", "size_mismatch")
    struct.pack_into("<I", bomb, at + 24, 0xFFFFFFF0)
    assert reason(bytes(bomb)) == ("file_too_large", "part_bytes")


@pytest.mark.parametrize("name", ["../evil.xml", "xl/../../evil.xml", "/etc/evil", "C:\\evil", "xl\\..\\..\\evil.xml"])
def test_names_that_lead_out(name: str) -> None:
    assert reason(workbook(extra={name: "x"})) == ("file_unreadable", "entry_name")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_entries() -> None:
    buffer = io.BytesIO(workbook())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "second")
    assert reason(buffer.getvalue()) == ("file_unreadable", "duplicate_entry")


def test_overlapping_entries() -> None:
    content = workbook()
    end = content.rfind(b"PK\x05\x06")
    start, size = struct.unpack_from("<I", content, end + 16)[0], struct.unpack_from("<I", content, end + 12)[0]
    directory = content[start : start + size]
    again = bytearray(directory[directory.rfind(b"PK\x01\x02") :])
    again[46:47] = b"y"  # another name for the same bytes
    directory += again
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 4, 4, len(directory), start, 0)
    refusal = door.preflight_zip(content[:start] + directory + tail)
    assert refusal is not None
    assert refusal.code == "file_unreadable"
    assert refusal.reason in ("overlapping_entries", "zip_broken")  # newer zipfile modules notice, too


def test_broken_bytes() -> None:
    content = bytearray(workbook(method=zipfile.ZIP_STORED))
    content[content.find(b"<v>1</v>") + 3] = ord("9")
    assert reason(bytes(content)) == ("file_unreadable", "crc")
    whole = workbook()
    assert reason(whole[: len(whole) // 2]) == ("file_unreadable", "zip_cut_off")
    assert reason(whole[:-1]) == ("file_unreadable", "zip_cut_off")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("attack", ['<!DOCTYPE a [<!ENTITY b "c">]>', '<!ENTITY b "c">'])
def test_dtd(encoding: str, attack: str) -> None:
    part = f'<?xml version="1.0"?>{attack}<sst/>'.encode(encoding)
    assert reason(workbook(extra={"xl/sharedStrings.xml": part})) == ("file_unreadable", "dtd")


def test_a_dtd_across_the_pieces_and_in_a_picture() -> None:
    for shift in range(-12, 2):
        part = b" " * (door._SCAN_CHUNK + shift) + b"<!DOCTYPE a>"
        assert reason(workbook(extra={"xl/a.xml": part})) == ("file_unreadable", "dtd")
    assert reason(workbook(extra={"xl/media/icon.svg": "<!DOCTYPE svg><svg/>"})) is None


@pytest.mark.parametrize("count", ["4294967295", "99999999999999999999", "1000"])
def test_a_count_of_strings_that_lies(count: str) -> None:
    part = f'<?xml version="1.0"?><sst count="{count}" uniqueCount="{count}"><si><t>a</t></si></sst>'
    assert reason(workbook(extra={"xl/sharedStrings.xml": part})) == ("file_unreadable", "shared_strings_count")
    honest = '<sst count="4294967" uniqueCount="1"><si><t>a</t></si></sst>'
    assert reason(workbook(extra={"xl/sharedStrings.xml": honest})) is None


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        (cell("XFD1048576"), True),
        (cell("A300001"), True),
        (cell("A300000"), False),
        (cell("BXY1"), True),
        (cell("BXX1"), False),
        (cell("ZZZZZZZ99999999999999"), True),
        (cell("XFD1048576", ""), False),
        ('<row r="1048576" s="1"/>', False),
        ('<row r="1048576"><c r="T1048576" s="1"/><c r="XFD1048576" s="1" /></row>', False),
        ("<row r='9'><c s='1' r='XFD9' t='inlineStr'>\n<is><t>a</t></is></c></row>", True),
        (cell("XFD1048576").replace("<c ", "<x:c ").replace("<v>", "<x:v>"), True),
        ('<row r="2"><c r="B2" t="str"><f>XFD1048576+1</f><v>r="XFD1048576"</v></c></row>', False),
    ],
)
def test_cells_far_out(rows: str, refused: bool) -> None:
    assert reason(workbook(rows)) == (("file_too_large", "cell_range") if refused else None)


def test_a_far_cell_across_the_pieces() -> None:
    for shift in range(-60, 10, 3):
        rows = "".join(cell(f"A{number}") for number in range(2, 40))
        filler = " " * (door._SCAN_CHUNK - len(SHEET) - len(rows) + shift)
        assert reason(workbook(rows + filler + cell("XFD1048576"))) == ("file_too_large", "cell_range")


def test_passwords() -> None:
    content = bytearray(workbook())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    assert reason(bytes(content)) == ("file_encrypted", "zip_password")
    manifest = zipped("mimetype", "content.xml", "META-INF/manifest.xml", content="<manifest:encryption-data/>")
    assert reason(manifest) == ("file_encrypted", "ods_password")


def test_no_workbook_inside() -> None:
    assert reason(zipped("a.txt")) == ("file_not_workbook", "no_workbook_part")
    assert reason(zlib.compress(b"no zip")) == ("file_unreadable", "zip_cut_off")


@pytest.mark.parametrize("kind", ["xlsx", "html"])
def test_rows_and_columns_are_as_far_as_the_limits_say(kind: str) -> None:
    """Also nearer than the door looks, and in formats that it does not look through."""
    if kind == "xlsx":
        book = openpyxl.Workbook()
        assert book.active is not None
        book.active["C12"] = 7
        buffer = io.BytesIO()
        book.save(buffer)
        data = buffer.getvalue()
    else:
        data = ("<table>" + "<tr><td>1</td><td>2</td><td>7</td></tr>" * 12 + "</table>").encode()
    assert len(open_workbook(data, kind, Limits(rows=12, columns=3))[0].rows) == 12
    for limits in (Limits(rows=11), Limits(columns=2)):
        with pytest.raises(WorkbookFault) as caught:
            open_workbook(data, kind, limits)
        assert caught.value.code == "file_too_large"
