"""The door: finds what arrived under the raw folder, takes a safe copy of it and says from its bytes what it is."""

from __future__ import annotations

import codecs
import errno
import hashlib
import io
import json
import os
import re
import secrets
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from coop_pipeline.intake import received

FileCode = Literal["file_unreadable", "file_encrypted", "file_too_large", "file_not_workbook"]
Kind = Literal[
    "xlsx",
    "xlsb",
    "ods",
    "xls",
    "encrypted",
    "html",
    "xml2003",
    "csv",
    "pdf",
    "docx",
    "zip",
    "ole",
    "text",
    "empty",
    "unknown",
]

WORKBOOKS: frozenset[Kind] = frozenset({"xlsx", "xlsb", "ods", "xls", "xml2003"})
PATIENCE = 120.0  # seconds since its last change that a zip without an end is taken for one that is still being copied
HEAD_BYTES = 8_192
CHUNK = 1 << 20

_IGNORED = re.compile(r"~\$.*|\..*|.*\.(?:tmp|part|crdownload)|readme|readme[._-].*(?:md|txt|rst|html?)", re.I | re.S)


class Stamp(NamedTuple):
    """What changes when a file's content does, as far as the file system can tell."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


@dataclass(frozen=True)
class Arrival:
    """A regular file under the raw folder. `path` is for people and records, `disk_path` opens it (it may be NFD)."""

    path: str
    size: int
    modified_at: datetime
    stamp: Stamp
    disk_path: bytes

    @property
    def mark(self) -> str:
        """The stamp as it is kept."""
        return json.dumps(self.stamp)


@dataclass(frozen=True)
class Skipped:
    """Something under the raw folder that is never opened: a link, a FIFO, a device, a folder that cannot be listed."""

    path: str
    reason: str
    mark: Literal[""] = ""


@dataclass(frozen=True)
class Taken:
    """A file that is safely in the store: `copy` never changes again. `head` is its first bytes."""

    arrival: Arrival
    sha256: str
    size: int
    copy: Path
    head: bytes


@dataclass(frozen=True)
class Refused:
    """A file that was not taken; `still_growing` and `vanished` are for a later run, the others are final."""

    arrival: Arrival
    reason: str
    detail: str = ""

    @property
    def code(self) -> FileCode:
        return "file_too_large" if self.reason == "file_too_large" else "file_unreadable"

    @property
    def passing(self) -> bool:
        return self.reason in ("still_growing", "vanished")


@dataclass(frozen=True)
class Refusal:
    """Why a file is not given to a spreadsheet reader: a code of the contract and a reason for machines."""

    code: FileCode
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Limits:
    """Caps that let 99.6 % of 4,405 real spreadsheets through and stopped every hostile one (ratios do not)."""

    file_bytes: int = 100 << 20
    entries: int = 2_000
    inflated_bytes: int = 256 << 20
    part_bytes: int = 128 << 20
    rows: int = 300_000
    columns: int = 2_000


DEFAULT_LIMITS = Limits()


# --- finding ----------------------------------------------------------------------------------------------------------


def scan(raw: Path) -> list[Arrival | Skipped]:
    """Everything that arrived, at any depth, in the order of the paths. Nothing but the ignored names is left out."""
    root = os.fsencode(raw)
    found: list[Arrival | Skipped] = []
    seen: set[str] = set()
    # Of one name in NFC and in NFD side by side, the second is shown as it is written on the disk.
    items = sorted(_walk(root, b""), key=lambda item: (_shown(item[0]) != _written(item[0]), item[0]))
    for disk_path, entry, problem in items:
        path = _shown(disk_path)
        if path in seen:
            path = _written(disk_path)
        seen.add(path)
        if entry is None:
            found.append(Skipped(path, problem))
            continue
        found.append(Arrival(path, entry.st_size, _moment(entry.st_mtime_ns), _stamp(entry), disk_path))
    return sorted(found, key=lambda item: item.path)


def _walk(root: bytes, folder: bytes) -> Iterator[tuple[bytes, os.stat_result | None, str]]:
    """(path relative to root, its stat or None, why it is skipped) of everything below a folder."""
    folders = [folder]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(_below(root, folder)) as listing:
                entries = list(listing)
        except OSError as problem:
            if not folder:  # the raw folder itself: the caller's mistake, not a district's
                raise
            yield (
                folder,
                None,
                "folder_unreadable" if problem.errno in (errno.EACCES, errno.EPERM) else "folder_vanished",
            )
            continue
        for entry in entries:
            if _IGNORED.fullmatch(os.fsdecode(entry.name)):
                continue
            path = _below(folder, entry.name)
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                yield path, None, "vanished"
                continue
            if stat.S_ISDIR(status.st_mode):
                folders.append(path)
            elif stat.S_ISREG(status.st_mode):
                yield path, status, ""
            else:
                yield path, None, _nature(status.st_mode)


def _below(folder: bytes, name: bytes) -> bytes:
    return folder + b"/" + name if folder and name else folder or name


def _nature(mode: int) -> str:
    kinds = {stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket"}
    return kinds.get(stat.S_IFMT(mode), "device")


def _shown(disk_path: bytes) -> str:
    return unicodedata.normalize("NFC", _written(disk_path))


def _written(disk_path: bytes) -> str:
    return disk_path.decode("utf-8", "backslashreplace")


def _moment(nanoseconds: int) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    try:
        return epoch + timedelta(microseconds=nanoseconds // 1_000)
    except OverflowError:  # a file may carry any time, even of the year 30000
        return epoch


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


# --- taking -----------------------------------------------------------------------------------------------------------

_OPENING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Of a raw file: a FIFO would block the open for ever, a link would lead out of the folder."""


def take(raw: Path, arrival: Arrival, store: Path, max_bytes: int = Limits.file_bytes) -> Taken | Refused:
    """Copy and hash an arrival in one pass into `store/<first two>/<sha256>`; everything later reads that copy.

    A fault of the file comes back as `Refused`; a fault of the store (disk full, no permission) raises OSError.
    """
    if arrival.size > max_bytes:
        return Refused(arrival, "file_too_large", f"{arrival.size} bytes, the limit is {max_bytes}")
    try:
        source = os.open(_below(os.fsencode(raw), arrival.disk_path), _OPENING)
    except OSError as problem:
        return _refused(arrival, problem)
    store.mkdir(mode=received.FOLDER_MODE, parents=True, exist_ok=True)
    draft = store / f".{os.getpid()}-{secrets.token_hex(8)}.tmp"
    try:
        before = os.fstat(source)
        if not stat.S_ISREG(before.st_mode):
            return Refused(arrival, "not_a_file", _nature(before.st_mode))
        if _stamp(before) != arrival.stamp:
            return Refused(arrival, "still_growing", "changed since it was found")
        digest = hashlib.sha256()
        head = b""
        size = 0
        with draft.open("xb", buffering=0) as copy:
            while True:
                try:
                    data = os.read(source, CHUNK)
                except OSError as problem:
                    return _refused(arrival, problem)
                if not data:
                    break
                size += len(data)
                if size > max_bytes:
                    return Refused(arrival, "file_too_large", f"more than {max_bytes} bytes")
                head = head or data[:HEAD_BYTES]
                digest.update(data)
                view = memoryview(data)
                while view:
                    view = view[copy.write(view) :]
            if size != before.st_size or _stamp(os.fstat(source)) != arrival.stamp:
                return Refused(arrival, "still_growing", "changed while it was copied")
            kept = received.keep(copy.fileno(), draft, store, digest.hexdigest())
        return Taken(arrival, digest.hexdigest(), size, kept, head)
    finally:
        os.close(source)
        draft.unlink(missing_ok=True)


def read_as_found(path: str, mark: str, max_bytes: int) -> bytes:
    """The bytes of a raw file with this mark; OSError where there is none, or no longer. Nothing is copied: they stand for no submission yet."""
    with os.fdopen(os.open(path, _OPENING), "rb") as file:
        status = os.fstat(file.fileno())
        data = file.read(max_bytes) if stat.S_ISREG(status.st_mode) and json.dumps(_stamp(status)) == mark else b""
        if len(data) != status.st_size:
            raise OSError(errno.ESTALE, "no longer as it was found", path)
    return data


def lacks_zip_end(file: BinaryIO) -> bool:
    """Whether a file begins as a zip and does not end as one: it is still being copied, or was cut off."""
    file.seek(0)
    if file.read(4) != _ZIP_MAGIC[0]:
        return False
    file.seek(max(0, file.seek(0, os.SEEK_END) - _ZIP_TAIL))
    return _END_OF_ZIP not in file.read()


def has_changed(raw: Path, arrival: Arrival) -> bool:
    """Whether a file is no longer as it was found."""
    try:
        return _stamp(os.lstat(_below(os.fsencode(raw), arrival.disk_path))) != arrival.stamp
    except OSError:
        return True


def _refused(arrival: Arrival, problem: OSError) -> Refused:
    reasons = {
        errno.ENOENT: "vanished",
        errno.ENOTDIR: "vanished",
        errno.ESTALE: "vanished",
        errno.EACCES: "no_permission",
        errno.EPERM: "no_permission",
        errno.ELOOP: "not_a_file",
        errno.ENXIO: "not_a_file",
        errno.EISDIR: "not_a_file",
    }
    return Refused(arrival, reasons.get(problem.errno or 0, "read_error"), os.strerror(problem.errno or 0))


# --- sniffing ---------------------------------------------------------------------------------------------------------


class _Broken(Exception):
    """A zip that does not hold what its directory says; `reason` is a machine's word for how."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_ZIP_FAULTS = (
    _Broken,
    zlib.error,
    zipfile.BadZipFile,
    ValueError,
    NotImplementedError,
    struct.error,
    EOFError,
    OverflowError,
    OSError,
)

_END_OF_ZIP, _ZIP_TAIL = b"PK\x05\x06", 65_557  # the directory's end record stands in the last bytes of a complete .xlsx
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BARE_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00", b"\x09\x08\x10\x00")
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|table|style|div)\b", re.I | re.S)
_LOCAL_NAME = re.compile(rb"PK\x03\x04.{22}(..)..", re.S)


def sniff(head: bytes, source: Path | bytes | None = None) -> Kind:
    """What a file is, from its first bytes (HEAD_BYTES of them) and never from its name.

    With `source` (the copy, or all its bytes) a zip is told apart by its directory and an OLE file by its streams;
    without, by what of them the head shows.
    """
    if not head:
        return "empty"
    if head.startswith(_ZIP_MAGIC):
        return _zip_kind(head, source)
    if head.startswith(_OLE_MAGIC):
        return _ole_kind(head, source)
    if head.startswith(_BARE_BIFF):
        return "xls"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    return _text_kind(head)


def _zip_kind(head: bytes, source: Path | bytes | None) -> Kind:
    names: list[str] = []
    types = b""
    if source is not None:
        with suppress(*_ZIP_FAULTS), _opened(source) as file:
            with zipfile.ZipFile(file) as archive:
                infos = archive.infolist()
            names = [_plain(info.filename) for info in infos]
            for info in infos:
                if info.filename in ("[Content_Types].xml", "mimetype"):
                    types += next(_inflate(file, info, _data_offset(file, info), 1 << 16), b"")  # no more: it may be a bomb
    if not names:  # cut off, or only a head: the local headers it shows
        names = [_plain(name.decode("utf-8", "replace")) for name in _local_names(head)]
    if b"application/vnd.oasis.opendocument.spreadsheet" in head[:256] + types:
        return "ods"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(name.startswith("xl/") for name in names) or b"spreadsheetml" in types:
        return "xlsb" if b"sheet.binary" in types else "xlsx"
    if any(name.startswith("word/") for name in names):
        return "docx"
    # A download that was cut off shows the first part alone; nothing but an Office file begins so.
    return "xlsx" if names == ["[content_types].xml"] else "zip"


def _local_names(head: bytes) -> Iterator[bytes]:
    for match in _LOCAL_NAME.finditer(head):
        (length,) = struct.unpack("<H", match[1])
        yield head[match.end() : match.end() + length]


def _plain(name: str) -> str:
    return name.replace("\\", "/").lower()


def _ole_kind(head: bytes, source: Path | bytes | None) -> Kind:
    names: set[str] = set()
    if source is not None:
        with suppress(OSError, ValueError, struct.error, IndexError), _opened(source) as file:
            names = _ole_streams(file)
    if not names:  # damaged: an entry's name shows up in the bytes all the same
        names = {name for name in ("EncryptedPackage", "Workbook", "Book") if _entry_name(name) in head}
    if "EncryptedPackage" in names:
        return "encrypted"
    return "xls" if names & {"Workbook", "Book", "WORKBOOK", "BOOK"} else "ole"


def _entry_name(name: str) -> bytes:
    return b"\0\0" + name.encode("utf-16-le") + b"\0\0"


def _ole_streams(file: BinaryIO) -> set[str]:
    """The names right below the root of an OLE file (those further down belong to embedded documents)."""
    file.seek(0)
    header = file.read(512)
    (shift,) = struct.unpack_from("<H", header, 30)
    if shift not in (9, 12):
        raise ValueError("no sector size")
    size = 1 << shift

    def sector(number: int) -> bytes:
        file.seek((number + 1) * size)
        return file.read(size)

    tables = struct.unpack_from("<109I", header, 76)
    (number,) = struct.unpack_from("<I", header, 48)
    per_table = size // 4
    directory = b""
    for _ in range(4_096):  # a chain that runs in a circle ends here
        if number >= 0xFFFFFFFA or number // per_table >= len(tables):
            break
        directory += sector(number)
        (number,) = struct.unpack_from("<I", sector(tables[number // per_table]), 4 * (number % per_table))
    names: set[str] = set()
    (first,) = struct.unpack_from("<I", directory, 76)
    ahead = [first]
    seen: set[int] = set()
    while ahead:
        at = ahead.pop()
        if at in seen or (at + 1) * 128 > len(directory):
            continue
        seen.add(at)
        entry = directory[at * 128 : (at + 1) * 128]
        length, left, right = *struct.unpack_from("<H", entry, 64), *struct.unpack_from("<2I", entry, 68)
        names.add(entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace"))
        ahead += [left, right]
    return names


def _text_kind(head: bytes) -> Kind:
    text = _decoded(head)
    if text is None:
        return "unknown"
    if "urn:schemas-microsoft-com:office:spreadsheet" in text or 'progid="Excel.Sheet"' in text:
        return "xml2003"
    if _HTML.match(text) or text.lstrip().lower().startswith("mime-version:"):
        return "html"
    if text.lstrip().startswith("<"):
        return "text"
    lines = [line for line in text.splitlines() if line.strip()]
    lines = lines[:-1] if len(lines) > 1 and len(head) >= HEAD_BYTES else lines
    for separator in "\t;,|":
        counts = [line.count(separator) for line in lines[:20]]
        if counts and counts[0] and sum(count == counts[0] for count in counts) * 2 > len(counts):
            return "csv"
    return "text"


def _decoded(head: bytes) -> str | None:
    """The head as text where it is text in any encoding: no control characters, and hardly any that say nothing."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "replace")
    if re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head):
        return None
    return head.decode("utf-8", "replace")


# --- before a reader sees it ------------------------------------------------------------------------------------------

_DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_FAR = re.compile(rb"""r=(?<=\br=)["'](?:[A-Z]{3}|[A-Z]{0,2}[0-9]{6})""")
_FAR_VALUE = re.compile(
    rb"""<(?:\w+:)?c\s(?:[^<>]*?\s)?r=["']([A-Z]{3,}[0-9]+|[A-Z]*[0-9]{6,})["'](?:[^<>/]|/(?!>))*>\s*<(?:\w+:)?(?:v|is|f)\b"""
)
_UNIQUE_COUNT = re.compile(rb"""<(?:\w+:)?sst\b[^<>]*?\buniqueCount\s*=\s*["']\s*\+?([0-9]+)""")
_ODS_FAR_VALUE = re.compile(rb"<table:table-cell\b(?=[^<>]*\boffice:value)[^<>]*\btable:number-columns-repeated=\"([0-9]{4,})\"")
_SCAN_CHUNK = 256 << 10
_OVERLAP = 1 << 10
_SHORTEST_STRING = len(b"<si/>")
_WORKBOOK_PARTS = re.compile(r"(?:xl/|.*/)?(?:workbook|content)\.(?:xml|bin)")


def preflight_zip(source: Path | bytes, limits: Limits | None = None, kept: dict[str, bytes] | None = None) -> Refusal | None:
    """Whether a zip workbook may be given to a reader: one inflating pass with absolute caps, no XML parsed.

    `kept` gets the parts as they were inflated, by their names, if they are small: who reads them need not inflate them again.
    """
    limits = limits or Limits()
    try:
        with _opened(source) as file:
            return _preflight(file, limits, {} if kept is None else kept)
    except _Broken as problem:
        return Refusal("file_unreadable", problem.reason)
    except zlib.error as problem:
        return Refusal("file_unreadable", "deflate_broken", str(problem))
    except _ZIP_FAULTS as problem:
        return Refusal("file_unreadable", "zip_broken", str(problem))


_KEPT_BYTES = 8 << 20  # of a workbook of which the inflated parts are kept


def _preflight(file: BinaryIO, limits: Limits, kept: dict[str, bytes]) -> Refusal | None:
    size = file.seek(0, os.SEEK_END)
    if size > limits.file_bytes:
        return Refusal("file_too_large", "file_bytes", str(size))
    if (entries := _declared_entries(file, size)) > limits.entries:  # before zipfile builds an object for each
        return Refusal("file_too_large", "entries", str(entries))
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
    if refusal := _refuse_directory(infos, limits):
        return refusal
    offsets = _check_overlaps(file, infos)
    names = [_plain(info.filename) for info in infos]
    total = 0
    is_small = sum(info.file_size for info in infos) <= _KEPT_BYTES
    for name, info, offset in zip(names, infos, offsets, strict=True):
        pieces: list[bytes] | None = [] if is_small else None
        refusal, inflated = _refuse_part(
            _inflate(file, info, offset, _SCAN_CHUNK), info, name, limits, limits.inflated_bytes - total, pieces
        )
        if refusal:
            return refusal
        total += inflated
        if pieces is not None:
            kept[info.filename] = b"".join(pieces)
    if not any(_WORKBOOK_PARTS.fullmatch(name) for name in names):
        return Refusal("file_not_workbook", "no_workbook_part")
    return None


def _declared_entries(file: BinaryIO, size: int) -> int:
    """How many entries the directory can hold: what its end record says, or its length over the shortest entry."""
    start = max(0, size - 65_557)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + 22 > len(tail):
        raise _Broken("zip_cut_off")
    count, length = struct.unpack_from("<HI", tail, at + 10)
    # 0xFFFF sends to the zip64 record: the directory's length decides then.
    by_length = min(length, size) // 46
    return int(by_length if count == 0xFFFF else max(count, by_length if by_length > 65_535 else 0))


def _refuse_directory(infos: list[zipfile.ZipInfo], limits: Limits) -> Refusal | None:
    if len(infos) > limits.entries:
        return Refusal("file_too_large", "entries", str(len(infos)))
    seen: set[str] = set()
    total = 0
    for info in infos:
        if info.flag_bits & 0x41:  # the other bit: by a certificate
            return Refusal("file_encrypted", "zip_password")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 0x20:  # or a patch of another file
            return Refusal("file_unreadable", "compression_method", str(info.compress_type))
        name = _plain(info.orig_filename)
        if name.startswith("/") or re.match(r"[a-z]:", name) or ".." in name.split("/") or "\0" in name:
            return Refusal("file_unreadable", "entry_name", info.orig_filename[:200])
        if name in seen:
            return Refusal("file_unreadable", "duplicate_entry", info.filename[:200])
        seen.add(name)
        if info.file_size > limits.part_bytes:
            return Refusal("file_too_large", "part_bytes", info.filename[:200])
        total += info.file_size
    return Refusal("file_too_large", "inflated_bytes", str(total)) if total > limits.inflated_bytes else None


def _check_overlaps(file: BinaryIO, infos: list[zipfile.ZipInfo]) -> list[int]:
    """Where the entries' contents begin. No two entries share bytes: that is how a zip of 10 MB inflates to petabytes."""
    end = 0
    offsets: dict[int, int] = {}
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise _Broken("overlapping_entries")
        offsets[info.header_offset] = _data_offset(file, info)
        end = offsets[info.header_offset] + info.compress_size
    return [offsets[info.header_offset] for info in infos]


def _data_offset(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    file.seek(info.header_offset)
    header = file.read(30)
    if len(header) < 30 or not header.startswith(b"PK\x03\x04"):
        raise _Broken("local_header")
    name, extra = struct.unpack_from("<HH", header, 26)
    # Some readers go by one name and some by the other; zipfile refuses the entry.
    if file.read(name).decode("utf-8" if info.flag_bits & 0x800 else "cp437") != info.orig_filename:
        raise _Broken("local_header")
    return info.header_offset + 30 + int(name) + int(extra)


def _inflate(file: BinaryIO, info: zipfile.ZipInfo, offset: int, chunk: int) -> Iterator[bytes]:
    """An entry's content, which begins at `offset`, in pieces of at most `chunk` bytes, never more than its directory entry declares."""
    file.seek(offset)
    left = info.compress_size
    crc = 0
    size = 0
    inflater = zlib.decompressobj(-15) if info.compress_type == zipfile.ZIP_DEFLATED else None
    pending = b""
    while True:
        if inflater is None:
            piece = file.read(min(chunk, left))
            left -= len(piece)
            done = not left or not piece
        else:
            if not pending and left:
                pending = file.read(min(64 << 10, left))
                left -= len(pending)
                if not pending:
                    raise _Broken("zip_cut_off")
            piece = inflater.decompress(pending, chunk)
            pending = inflater.unconsumed_tail
            done = inflater.eof or (not pending and not left and not piece)
        size += len(piece)
        if size > info.file_size:
            raise _Broken("size_mismatch")
        crc = zlib.crc32(piece, crc)
        if piece:
            yield piece
        if done:
            break
    if inflater is not None and not inflater.eof:
        raise _Broken("zip_cut_off")
    if size != info.file_size:
        raise _Broken("size_mismatch")
    if crc != info.CRC:
        raise _Broken("crc")


def _refuse_part(
    content: Iterator[bytes], info: zipfile.ZipInfo, name: str, limits: Limits, allowed: int, pieces: list[bytes] | None
) -> tuple[Refusal | None, int]:
    """Inflate one part, counting, and look for what makes a reader ask for all the memory there is; `pieces` gets its content."""
    # Pictures and embedded files are nobody's XML here; an SVG picture has an honest DOCTYPE.
    is_markup = not name.endswith((".bin", ".svg", ".png", ".jpeg", ".jpg", ".gif", ".emf", ".wmf")) and "embeddings/" not in name
    inflated = 0
    carried = b""
    wide = False
    for piece in content:
        if pieces is not None:
            pieces.append(piece)
        first = inflated == 0
        inflated += len(piece)
        if inflated > limits.part_bytes:
            return Refusal("file_too_large", "part_bytes", info.filename[:200]), inflated
        if inflated > allowed:
            return Refusal("file_too_large", "inflated_bytes", info.filename[:200]), inflated
        if not is_markup:
            continue
        if first:
            wide = piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<"))
        if wide:  # UTF-16: what we look for is ASCII
            piece = piece.replace(b"\0", b"")
        text = carried + piece
        if refusal := _refuse_text(text, first, info, name, limits):
            return refusal, inflated
        carried = text[-_OVERLAP:]
    return None, inflated


def _refuse_text(text: bytes, first: bool, info: zipfile.ZipInfo, name: str, limits: Limits) -> Refusal | None:
    if b"<!" in text and _DTD.search(text):
        return Refusal("file_unreadable", "dtd", info.filename[:200])
    match = _UNIQUE_COUNT.search(text[:4_096]) if first and b"uniqueCount" in text[:4_096] else None
    if match and (len(match[1]) > 10 or int(match[1]) * _SHORTEST_STRING > info.file_size):
        return Refusal("file_unreadable", "shared_strings_count", match[1][:20].decode())
    if name == "meta-inf/manifest.xml" and b":encryption-data" in text:
        return Refusal("file_encrypted", "ods_password")
    if _FAR.search(text):
        for match in _FAR_VALUE.finditer(text):
            if _beyond(match[1], limits):
                return Refusal("file_too_large", "cell_range", match[1][:20].decode())
    if name == "content.xml":
        for match in _ODS_FAR_VALUE.finditer(text):
            if len(match[1]) > 7 or int(match[1]) > limits.columns:
                return Refusal("file_too_large", "cell_range", match[1][:20].decode())
    return None


def _beyond(reference: bytes, limits: Limits) -> bool:
    letters = reference.rstrip(b"0123456789")
    digits = reference[len(letters) :]
    if len(letters) > 3 or len(digits) > 7:
        return True
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return int(digits) > limits.rows or column > limits.columns


def _opened(source: Path | bytes) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
