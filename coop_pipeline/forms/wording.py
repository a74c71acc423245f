"""How values are shown to people: Vietnamese numbers and dates, and personal numbers masked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

SEVERITY_NAMES = {"error": "LỖI", "warning": "Cảnh báo", "note": "Ghi chú"}  # worst first
VIETNAM_HOURS = 7
VIETNAM = timezone(timedelta(hours=VIETNAM_HOURS))
# The units of indicators and of marts' columns, as they follow a number.
UNIT_NAMES = {
    "attendance": "lượt", "certificate": "giấy chứng nhận", "class": "lớp", "code": "mã số", "event": "sự kiện", "form": "biểu",
    "loan": "khoản vay", "model": "mô hình", "organisation": "đơn vị", "person": "người", "process": "quy trình", "product": "sản phẩm",
    "row": "dòng", "stamp": "tem", "star": "sao", "submission": "tệp", "work": "công trình",
    "VND": "đồng", "VND/month": "đồng/tháng", "ha": "ha", "m2": "m²", "t": "tấn", "ratio": "tỷ lệ",
}  # fmt: skip
# The reader leaves out a sheet that carries this line: our own programs wrote it, and it holds no figures.
OWN_SHEET_MARK = "Trang này do phần mềm lập, không phải số liệu; khi gửi lại có thể để nguyên."

TWELVE_DIGITS = "(^|[^0-9])[0-9]{12}([^0-9]|$)"  # an identity number, for SQL
# "C" and twelve digits may be the id of a co-operative.
_PERSONAL_NUMBER = re.compile(
    r"(?<!\d)(?<!\d\.)(?:(?<!\bC)\d{12}|0\d{2}(?:[ .-]\d{3}){3}|0\d{3}(?:[ .]\d{4}){2}|0\d{5}[ .]\d{6}|\(?0[35789](?:[ .)-]{0,2}\d){8}|0[35789]\d{2}(?:[/_]\d{3}){2}|(?:\+|\b)84(?:\(0\))?(?:[ .)-]{0,2}[35789])(?:[ .-]?\d){8}|\(?02\d{1,2}[ .)-]{1,2}(?:\d[ .-]?){6,7}\d|02\d{9})(?!\d)"
    r"|(?:(?<=CCCD)|(?<=CMND)|(?<=CMTND)|(?<=CMT)|(?<=căn cước)|(?<=hộ chiếu))(?P<lead>\W{0,3}(?:số)?\W{0,3})[A-Z]?\d(?:[ ._/-]{0,2}\d){6,11}(?!\d)"
    r"|(?:(?<=\bĐT)|(?<=SĐT)|(?<=điện thoại)|(?<=\bTel)|(?<=Zalo))(?P<before>\W{0,3})[35789](?:[ ._/-]?\d){8}(?!\d)", re.IGNORECASE
)  # fmt: skip
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")

# A person named in another text: a title, then capitalised words. Without a colon behind it most titles need a surname as well, for "Giám đốc Hợp tác xã"
# names nobody; behind a word for a street or a hamlet "Ông", "Bà" are parts of a place's name.
_TITLE = re.compile(
    r"\b(?P<title>(?:người\s+)?đại\s+diện(?:\s+(?:pháp\s+luật|theo\s+pháp\s+luật|vùng\s+trồng))?|(?:phó\s+)?(?:chủ\s+nhiệm|giám\s+đốc|chủ\s+tịch)(?:\s+(?:htx|hđqt|hội\s+đồng\s+quản\s+trị))?"
    r"|tổ\s+trưởng|trưởng\s+nhóm|kế\s+toán|chủ\s+(?:hộ|cơ\s+sở|vườn)|họ\s+(?:và\s+)?tên|người\s+liên\s+hệ|liên\s+hệ|lh|gđ|hộ(?:\s+gia\s+đình)?|ông|bà|anh|chị)\b"
    r"(?P<colon>\s*[:\-–—]\s*|\s*\.\s+|\s+)(?P<polite>(?:ông|bà|anh|chị)\b\s*:?\s*)?",
    re.IGNORECASE,
)
_PLACE_BEFORE = re.compile(r"(?:đường|phố|xóm|thôn|bản|làng|khu|chợ|cầu|trường|xã|suối|đồi|khe|núi|đảo|hồ|dốc)\s+$", re.IGNORECASE)
_NO_NAME = frozenset(
    [
        "xóm",
        "thôn",
        "bản",
        "làng",
        "xã",
        "phường",
        "tổ",
        "khu",
        "tiểu",
        "huyện",
        "tỉnh",
        "tp",
        "thành",
        "đường",
        "phố",
        "số",
        "sđt",
        "đt",
        "điện",
        "tel",
        "htx",
        "tht",
        "hợp",
        "liên",
        "quỹ",
        "công",
        "cty",
        "nông",
        "trồng",
        "chăn",
        "nhà",
        "cmnd",
        "cccd",
        "ban",
        "ngày",
    ]
)
_SURNAMES = frozenset(
    [
        "nguyễn",
        "trần",
        "lê",
        "phạm",
        "bùi",
        "quách",
        "đinh",
        "hà",
        "xa",
        "lò",
        "khà",
        "vì",
        "ngần",
        "lường",
        "sùng",
        "giàng",
        "mùa",
        "vàng",
        "phàng",
        "bàn",
        "triệu",
        "đặng",
        "lý",
        "dương",
        "hoàng",
        "huỳnh",
        "phan",
        "vũ",
        "võ",
        "đỗ",
        "ngô",
        "hồ",
        "đào",
        "đoàn",
        "trịnh",
        "mai",
        "cao",
        "lương",
        "tạ",
        "thái",
        "chu",
        "phùng",
        "tô",
        "lưu",
        "trương",
        "bạch",
        "nông",
        "vi",
        "sa",
        "cầm",
        "hờ",
        "sồng",
        "khang",
        "tráng",
        "đới",
        "kiều",
        "tăng",
        "từ",
        "lâm",
        "quản",
        "doãn",
        "giang",
        "nghiêm",
        "la",
        "mạc",
    ]
)
_WORD = re.compile(r"[^\W\d_]+")


def _person_at(text: str, start: int) -> int:
    """Where a name of two to five capitalised words that starts here ends; `start` where there is none."""
    end, count = start, 0
    for match in _WORD.finditer(text, start):
        gap = text[end : match.start()]
        if (
            count == 5
            or (gap != "" and not (count and gap == " "))
            or not match.group()[0].isupper()
            or match.group().casefold() in _NO_NAME
        ):
            break
        end, count = match.end(), count + 1
    return end if count >= 2 else start


def find_persons(text: str) -> list[tuple[int, int]]:
    """Where persons are named in a text, by their titles: spans of the names."""
    spans: list[tuple[int, int]] = []
    position = 0
    while (match := _TITLE.search(text, position)) is not None:
        position = match.end("title")
        end = _person_at(text, match.end())
        if end == match.end():
            continue
        first = text[match.end() :].split(maxsplit=1)[0].casefold()
        named = first in _SURNAMES or ":" in match.group("colon") or match.group("polite") or match.group("title") in ("ông", "bà")
        if named and not _PLACE_BEFORE.search(text[: match.start()]):
            spans.append((match.end(), end))
            position = end
    return spans


@lru_cache(maxsize=65536)
def mask_personal(text: str) -> str:
    """Without personal numbers (identity numbers, telephones), addresses of e-mail, and the names of persons that bear a title."""
    if text != text.lower():
        for start, end in reversed(find_persons(text)):
            text = f"{text[:start]}…{text[end:]}"
    text = _EMAIL.sub(lambda match: "•" * len(match.group()), text) if "@" in text else text
    if len(text) < 10:  # the shortest telephone number
        return text
    return _PERSONAL_NUMBER.sub(_dots, text)


def _dots(match: re.Match[str]) -> str:
    """As many dots as letters; a bracket that opens before the number and closes behind it stays."""
    kept = match.group("lead") or match.group("before") or ("(" if match.group().startswith("(") and ")" not in match.group() else "")
    return kept + "•" * (len(match.group()) - len(kept))


_LEFT_OVER = re.compile(
    r"\s*[(\[][^()\[\]]*(?:…|•)[^()\[\]]*[)\]]"
    r"|\s*[,;–—-]?\s*(?:do\s+)?(?:" + _TITLE.pattern.split("(?P<title>")[1].split(r")\b")[0] + r")\W*(?:(?:ông|bà|anh|chị)\W*)?…"
    r"|\s*[,;–—-]?\s*(?:(?:số\s+)?(?:điện\s+thoại|đt|sđt|tel|e-?mail|zalo|cccd|cmnd|lh|liên\s+hệ)\W*)?•[•\s.-]*", re.IGNORECASE
)  # fmt: skip


def mask_names(names: Iterable[str]) -> list[str]:
    """Names that must differ, such as those of a workbook's sheets, without persons in them; two that are then alike are numbered."""
    taken: set[str] = set()
    found = []
    for name in names:
        masked = mask_personal(name)
        number = 1
        while masked != name and masked in taken:
            number += 1
            masked = f"{mask_personal(name)} ({number})"
        taken.add(masked)
        found.append(masked)
    return found


def drop_personal(text: str) -> str:
    """A name of an organisation without the persons and numbers written beside it."""
    masked = mask_personal(text)
    return masked if masked == text else _LEFT_OVER.sub("", masked).strip(" ,;–—-")


def today() -> date:
    """The day in Vietnam, by which deadlines and corrections are judged, wherever the machine stands."""
    return datetime.now(VIETNAM).date()


def show_number(value: Decimal) -> str:
    """A number in the Vietnamese way: 1.495,5."""
    whole, _, fraction = f"{value:,f}".partition(".")
    fraction = fraction.rstrip("0")
    return whole.replace(",", ".") + (f",{fraction}" if fraction else "")


def show_value(value: object) -> str:
    """Any typed value as a person reads it."""
    if isinstance(value, Decimal):
        return show_number(value)
    if isinstance(value, int):
        return show_number(Decimal(value))
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return "" if value is None else str(value)


# Control characters (a terminal obeys some, a line break forges a line), marks that turn the direction of writing, halves of letters.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")
NO_XML = r"\x00-\x08\x0b\x0c\x0e-\x1f" + "\ufffe\uffff"
"""The class of the characters that no XML may hold, for regular expressions of Python and of SQL; halves of letters, which only Python may hold, aside."""
_NO_XML = re.compile(f"[{NO_XML}\ud800-\udfff]")


def as_one_line(text: str) -> str:
    """Text for a line of a console, a log or a list: what it cannot show, or would obey, is a space."""
    return _UNSEEN.sub(" ", text)


def as_xml_text(text: str) -> str:
    """Text without the characters that no XML may hold, and so no .xlsx, .docx or .svg."""
    return _NO_XML.sub("", text)


_MARKUP = {ord(c): f"&#{ord(c)};" for c in "|<>&`*_[]()\\#!~:@"}  # with ":" and "@" an address would become a link by itself


def as_markdown_text(text: str) -> str:
    """Text for a line of Markdown; nothing in it is taken for markup."""
    return re.sub(r"(?i)\b(www)\.", r"\1&#46;", as_one_line(text).translate(_MARKUP))
