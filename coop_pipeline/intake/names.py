"""Names of co-operatives and their tax codes: what is the same name, what is only similar."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal, get_args

from coop_pipeline.intake.text import clean, fold, key, strip_accents

__all__ = ["RULES", "CoopName", "Kind", "check_tax_code", "read_coop_name", "reduce_name", "registration_key", "similar_reason"]

Kind = Literal["HTX", "THT", "LHHTX", "QTDND"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class CoopName:
    """A name taken apart. Equal keys: spellings of one name. The order of `activities` says nothing."""

    kind: Kind | None
    key: str
    proper: str
    place: str | None
    activities: tuple[str, ...] = ()

    def of_kind(self, kind: str) -> CoopName:
        """The name beside a column that says the kind: the same as with the type word in front, unless one stands there."""
        known = next((k for k in KINDS if k == kind), None)
        return self if self.kind is not None or known is None else replace(self, kind=known, key=known.lower() + self.key)


# --- Type words ----------------------------------------------------------------------------------------------------

_NUMBERED: Final = re.compile(r"^\s*\(?\d{1,3}\s*[.)]\s+")
_DOTTED: Final = re.compile(r"\b(L\.?H\.?H\.?T\.?X|H\.\s?T\.\s?X|T\.\s?H\.\s?T)\b\.?", re.IGNORECASE)
_KINDS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("LHHTX", re.compile(r"(?:lien hiep|lien hiep cac|lh)\s*(?:htx|hop tac xa)|lhhtx")),
    ("THT", re.compile(r"to hop tac(?: xa)?(?!\w)|to ht(?!\w)|tht")),
    ("QTDND", re.compile(r"quy (?:tin dung|td)\s*(?:nhan dan|nd)?(?!\w)|qtdnd|quy tdnd|qtd(?!\w)")),
    ("HTX", re.compile(r"hop tac xa|htx|hop tac(?= xa)")),
)

# --- Activities ----------------------------------------------------------------------------------------------------

# Keys as text.key makes them (accents stay, i for y) of the words that follow the type word, in any order.
_ACTIVITIES: Final[dict[str, tuple[str, ...]]] = {
    "nông nghiệp": ("nông nghiệp",),
    "lâm nghiệp": ("lâm nghiệp",),
    "ngư nghiệp": ("ngư nghiệp",),
    "nông lâm": ("lâm nghiệp", "nông nghiệp"),
    "nông lâm nghiệp": ("lâm nghiệp", "nông nghiệp"),
    "nông và lâm nghiệp": ("lâm nghiệp", "nông nghiệp"),
    "nông lâm ngư nghiệp": ("lâm nghiệp", "ngư nghiệp", "nông nghiệp"),
    "nông lâm thủy sản": ("lâm nghiệp", "nông nghiệp", "thủy sản"),
    "n l nghiệp": ("lâm nghiệp", "nông nghiệp"),
    "thủy sản": ("thủy sản",),
    "dịch vụ": ("dịch vụ",),
    "tổng hợp": ("tổng hợp",),
    "thương mại": ("thương mại",),
    "sản xuất": ("sản xuất",),
    "kinh doanh": ("kinh doanh",),
    "chế biến": ("chế biến",),
    "tiêu thụ": ("tiêu thụ",),
    "xây dựng": ("xây dựng",),
    "vận tải": ("vận tải",),
    "du lịch": ("du lịch",),
    "chăn nuôi": ("chăn nuôi",),
    "trồng trọt": ("trồng trọt",),
    "công nghiệp": ("công nghiệp",),
    "tiểu thủ công nghiệp": ("tiểu thủ công nghiệp",),
    "thủ công mĩ nghệ": ("thủ công mỹ nghệ",),
    "điện năng": ("điện năng",),
    "xuất nhập khẩu": ("xuất nhập khẩu",),
    "đầu tư": ("đầu tư",),
    "môi trường": ("môi trường",),
}
# CN is left alone: chăn nuôi in one district, công nghiệp in the next. Beside TTCN it can only be the latter.
_ABBREVIATIONS: Final[dict[str, tuple[str, ...]]] = {
    "nn": ("nông nghiệp",),
    "ln": ("lâm nghiệp",),
    "nln": ("lâm nghiệp", "nông nghiệp"),
    "nlnn": ("lâm nghiệp", "nông nghiệp"),
    "dv": ("dịch vụ",),
    "th": ("tổng hợp",),
    "tm": ("thương mại",),
    "sx": ("sản xuất",),
    "kd": ("kinh doanh",),
    "cb": ("chế biến",),
    "xd": ("xây dựng",),
    "vt": ("vận tải",),
    "dl": ("du lịch",),
    "ts": ("thủy sản",),
    "ttcn": ("tiểu thủ công nghiệp",),
    "cn": ("cn",),
    "xnk": ("xuất nhập khẩu",),
    "đn": ("điện năng",),
}
_PHRASES: Final = {tuple(phrase.split()): codes for phrase, codes in _ACTIVITIES.items()}
# typed without any accents at all: "hop tac xa nong nghiep"
_BARE_PHRASES: Final = {tuple(strip_accents(phrase).split()): codes for phrase, codes in _ACTIVITIES.items()}
_LONGEST: Final = max(len(phrase) for phrase in _PHRASES)


@lru_cache(maxsize=1024)
def _expand(token: str) -> tuple[str, ...] | None:
    """The activities that a run of abbreviations stands for ("nndv", "sxkd"); None where it is something else."""
    if token in _ABBREVIATIONS:
        return _ABBREVIATIONS[token]
    for cut in range(len(token) - 1, 1, -1):
        head = _ABBREVIATIONS.get(token[:cut])
        if head is not None and (tail := _expand(token[cut:])) is not None:
            return head + tail
    return None


# --- Places --------------------------------------------------------------------------------------------------------

# Written out, these words need no separator before them. "xã viên", "xã hội" are no places.
_PLACE: Final = re.compile(
    r"(?:\s*[,;(\[/]\s*|\s+[-–—]\s*|\s*[-–—]\s+|\s+)"
    r"((?:(?:xã(?!\s+(?:viên|hội))|phường|thị\s+trấn|huyện|thành\s+phố|tỉnh|tp\.?|thị\s+xã)"
    r"\s*:?\s+"
    r"|(?-i:TT|TP|[XPH])\.\s*)(?=[^\W\d_])\S.*)$",
    re.IGNORECASE,
)
# These need one: "HTX du lịch bản Lác" is a name, "HTX Sơn Thủy, bản Lác" has an address. (xa, phuong without
# accents may be other words.)
_SEPARATED_PLACE: Final = re.compile(
    r"(?:\s*[,;(\[]\s*|\s+[-–—]\s*|\s*[-–—]\s+)"
    r"((?:(?:xóm|thôn|bản|tổ(?=\s+\d)|khu|tiểu\s+khu|phố|xa|phuong|thi\s+tran|huyen|thanh\s+pho|tt|tx|tp)(?:\.\s*|\s+)"
    r"|[xphq]\.\s*)(?=[^\W_])\S.*)$",
    re.IGNORECASE,
)
_BRACKET_END: Final = re.compile(r"\s*[(\[]([^()\[\]]+)[)\]]\s*$")
_LAST_PART: Final = re.compile(r"^(.*\S)(?:\s*[,;]\s*|\s+[-–—]\s*|\s*[-–—]\s+|\s*[-–—]\s*)([^,;\-–—]+)$")
_DESIGNATOR: Final = re.compile(
    r"^(?:xã|xa|phường|phuong|thị trấn|thi tran|huyện|huyen|thành phố|thanh pho|tỉnh|thị xã|tp|tt|x|p|h)\.?\s*:?\s+",
    re.IGNORECASE,
)


def _split_place(text: str, places: frozenset[str]) -> tuple[str, str | None]:
    """A name without the commune and district behind it, and these."""
    found: list[str] = []
    while True:
        match = _PLACE.search(text)
        separated = _SEPARATED_PLACE.search(text)
        if separated and (match is None or separated.start() < match.start()):
            match = separated
        if match and match.start() > 0:
            found.insert(0, match.group(1).rstrip(" )].,;"))
            text = text[: match.start()]
            continue
        bracket = _BRACKET_END.search(text)
        if bracket and key(bracket.group(1)) in places and bracket.start() > 0:
            found.insert(0, bracket.group(1).strip())
            text = text[: bracket.start()]
            continue
        last = _LAST_PART.match(text)
        if last and key(last.group(2)) in places and _split_activities(last.group(1))[1]:
            found.insert(0, last.group(2).strip())
            text = last.group(1)
            continue
        return text, ", ".join(found) or None


# --- Names ---------------------------------------------------------------------------------------------------------

_AND: Final = re.compile(r"\s*[&+]\s*")
_WORDS: Final = re.compile(r"[^\W_]+")
_ABBREVIATED: Final = re.compile(r"[bcdđghklmnpqrstvx]{2,10}")


def _split_kind(text: str) -> tuple[Kind | None, str]:
    """The kind that the first words name, and the rest."""
    folded = strip_accents(text).lower()
    for kind, pattern in _KINDS:
        match = pattern.match(folded)
        if match is None:
            continue
        rest = text[match.end() :]
        if rest[:1].isalpha() and len(match.group()) <= 5:
            # glued: HTXNN, THTDV; but a word that merely begins so is a word
            glued = _WORDS.match(rest)
            if glued is None or _expand(glued.group().lower()) is None:
                continue
        elif rest[:1].isalnum() and len(match.group()) > 5:
            continue
        return kind, rest
    return None, text


def _split_activities(rest: str) -> tuple[tuple[str, ...], str]:
    """The activities in front of a proper name, sorted, and the proper name's key."""
    words = key(_AND.sub(" và ", rest)).split()
    found: set[str] = set()
    index = 0
    bare = rest.isascii()
    while index < len(words):
        if words[index] == "và" or (bare and words[index] == "va"):
            if not found or index + 1 == len(words):
                break
            following = _match_activity(words, index + 1, bare)
            if following is None:
                break
            index += 1
            continue
        match = _match_activity(words, index, bare)
        if match is None:
            break
        found.update(match[0])
        index += match[1]
    if "cn" in found and "tiểu thủ công nghiệp" in found:
        found.remove("cn")
        found.add("công nghiệp")
    return tuple(sorted(found)), " ".join(_write_out(word) for word in words[index:])


@lru_cache(maxsize=4096)
def _write_out(word: str) -> str:
    """An abbreviation inside a proper name ("dệt thổ cẩm và DVDL …") in full: no Vietnamese word is without a vowel."""
    phrases = _expand(word) if _ABBREVIATED.fullmatch(word) and word != "cn" else None
    return word if phrases is None else " ".join(key(phrase) for phrase in phrases)


def _match_activity(words: list[str], index: int, bare: bool) -> tuple[tuple[str, ...], int] | None:
    """The activity at a place of a name, and how many words it takes."""
    phrases = _BARE_PHRASES if bare else _PHRASES
    for length in range(min(_LONGEST, len(words) - index), 1, -1):
        codes = phrases.get(tuple(words[index : index + length]))
        if codes is not None:
            return codes, length
    codes = _expand(words[index])
    return None if codes is None else (codes, 1)


@lru_cache(maxsize=256)
def _key_places(places: frozenset[str]) -> frozenset[str]:
    named = {clean(place) for place in places}
    return frozenset(key(name) for name in named | {_DESIGNATOR.sub("", name) for name in named})


@lru_cache(maxsize=65536)
def _read_name(text: str, places: frozenset[str]) -> CoopName:
    name = clean(text).strip(" .,;:-–—\"'“”‘’*")
    name = _NUMBERED.sub("", name)
    name = _DOTTED.sub(lambda m: m.group().replace(".", "").replace(" ", ""), name)
    kind, rest = _split_kind(name)
    rest = rest.lstrip(" .,;:-–—\"'“”‘’")
    head, place = _split_place(" " + rest, places)
    activities, proper = _split_activities(head)
    if not proper and place is not None:
        # "HTX nông nghiệp xã Thanh Hối" has no other name than its commune's
        proper = key(_DESIGNATOR.sub("", place.split(",")[0]))
    parts = ((kind or "").lower(), "+".join(activities), proper)
    return CoopName(kind, "|".join(parts), proper, place, activities)


def read_coop_name(text: str, places: Collection[str] = ()) -> CoopName:
    """A co-operative's name taken apart; `places`: communes and districts that may stand behind it ("- Cao Phong")."""
    listed = places if isinstance(places, frozenset) else frozenset(places)
    return _read_name(text[:500], _key_places(listed) if listed else listed)


# --- Similar names -------------------------------------------------------------------------------------------------

_SUFFIX: Final = re.compile(r"\s+(?:số\s+)?(?:\d{1,4}|[ivx]{1,4}|[a-zđ]|\d{1,3}[a-z])$")
_REGION: Final = re.compile(r"\s+miền\s+(?:bắc|nam|trung|tây|đông)\b|\bmiền\s+(?:bắc|nam|trung|tây|đông)\s+")


def similar_reason(a: CoopName, b: CoopName) -> str | None:
    """Why a person should look at two names (NĐ 92/2024 Đ.17, typing errors), or None. Never a reason to merge.

    One of: activity, kind, typo, or one of `RULES`.
    """
    if a.key == b.key or not a.proper or not b.proper:
        return None
    if a.kind is not None and b.kind is not None and a.kind != b.kind:
        # a group that became a co-operative; further differences would be chance
        return "kind" if (a.proper, a.activities) == (b.proper, b.activities) else None
    if a.proper == b.proper:
        return "activity" if a.activities != b.activities else None
    if a.activities != b.activities and a.activities and b.activities:
        return None
    for reason, one, other in zip(RULES, reduce_name(a.proper), reduce_name(b.proper), strict=True):
        if one == other:
            return reason
    if min(len(a.proper), len(b.proper)) >= 5 and _differ_by_slip(a.proper, b.proper):
        return "typo"
    return None


RULES: Final = ("sound", "accents", "suffix", "connective", "new", "region")
# Written otherwise, read the same: c/k/q, g/gh, ng/ngh everywhere, d/gi/r, s/x, ch/tr in the north; numbers in words or Roman digits.
_SOUNDS: Final = (
    (re.compile(r"\bngh"), "ng"), (re.compile(r"\bgh"), "g"), (re.compile(r"\b(?:k(?!h)|q)"), "c"), (re.compile(r"\bgi(?=[^\W\d_])|\b[dr]"), "z"),
    (re.compile(r"\bs"), "x"), (re.compile(r"\btr"), "ch"),
)  # fmt: skip
_NUMERALS: Final = {
    "một": "1", "hai": "2", "ba": "3", "bốn": "4", "năm": "5", "sáu": "6", "bảy": "7", "tám": "8", "chín": "9", "mười": "10",
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "x": "10",
}  # fmt: skip


@lru_cache(maxsize=65536)
def reduce_name(proper: str) -> tuple[str, str, str, str, str, str]:
    """A proper name without what each of `RULES` allows to differ."""
    return _sound(proper), fold(proper), _SUFFIX.sub("", proper), _join(proper), _renew(proper), _REGION.sub("", proper)


def _sound(proper: str) -> str:
    words = proper.split()
    if len(words) > 1:
        words[-1] = _NUMERALS.get(words[-1], words[-1])
        if words[-1].isdigit() and words[-2] == "số":
            del words[-2]
    text = " ".join(words)
    for pattern, sound in _SOUNDS:
        text = pattern.sub(sound, text)
    return text


def _join(proper: str) -> str:
    return "".join(word for word in proper.split() if word != "và")


def _renew(proper: str) -> str:
    words = proper.split()
    if len(words) > 1 and words[0] in ("tân", "mới"):
        words = words[1:]
    if len(words) > 1 and words[-1] == "mới":
        words = words[:-1]
    return " ".join(words)


def _differ_by_slip(a: str, b: str) -> bool:
    """One letter more, less, other, or two swapped; digits are no slips, they tell names apart."""
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1:
        return False
    start = 0
    while start < len(a) and a[start] == b[start]:
        start += 1
    if len(a) != len(b):
        return a[start:] == b[start + 1 :] and not b[start].isdigit()
    if a[start].isdigit() or b[start].isdigit():
        return False
    if a[start + 1 :] == b[start + 1 :]:
        return True
    return a[start : start + 2] == b[start : start + 2][::-1] and a[start + 2 :] == b[start + 2 :]


# --- Registration numbers ------------------------------------------------------------------------------------------

_NUMBER_DATE: Final = re.compile(r"[,;(]?\s*(?:(?:cấp\s*)?ngày|cấp|nơi cấp)\b.*$|[,;(\s]+\d{1,2}[/.-]\d{1,2}[/.-]\d{4}\b.*$", re.IGNORECASE)
_NUMBER_WORDS: Final = re.compile(r"^(?:số|gcn|gcnđk\w*|đk\w*|mã số|no\.?)\s*[:.]?\s*", re.IGNORECASE)


def registration_key(text: str) -> str | None:
    """The registrar's number as letters and digits, without the day of issue; None where it names no one co-operative:
    a decision ("12/QĐ-UBND"), a number of a year ("05/2019"), a short one."""
    number = _NUMBER_WORDS.sub("", _NUMBER_DATE.sub("", clean(text)))
    if re.search(r"q[đd]", number, re.IGNORECASE) or re.fullmatch(r"\d{1,4}\s*/\s*(?:19|20)\d\d.*", number):
        return None
    found = re.sub(r"[^0-9A-ZĐ]", "", number.upper())
    return found if len(found) >= 8 and sum(c.isdigit() for c in found) >= 7 and len(found) <= 20 else None


# --- Tax codes -----------------------------------------------------------------------------------------------------

_CODE_BLANKS: Final = frozenset({"", "x", "-", "–", "—", "không", "không có", "chưa có", "chưa", "0", "k/có", "…", "..."})


@lru_cache(maxsize=65536, typed=True)
def check_tax_code(text: object) -> tuple[str | None, str | None]:
    """The tax code ("5401234565", "5401234565-001") or None; what is wrong: personal, check_digit, length, format.

    A code that is wrong is not given back: 12 digits are a person's number, 10 wrong ones may be a telephone's.
    """
    if text is None:
        return None, None
    if isinstance(text, bool):
        return None, "format"
    if isinstance(text, float):
        if not text.is_integer() or abs(text) >= 1e15:
            return None, "format"
        typed = str(int(text))
        numeric = True
    elif isinstance(text, int):
        typed, numeric = str(text), True
    else:
        typed = clean(str(text)).lstrip("'‘’`")
        numeric = typed.isdigit()
    if typed.casefold() in _CODE_BLANKS:
        return None, None
    if not numeric:
        typed = re.sub(r"^(?:mst|mã số thuế|mã số)\s*[:.]?\s*", "", typed, flags=re.IGNORECASE)
        typed = re.sub(r"\.0+$", "", re.sub(r"[\u2010-\u2015]", "-", typed))
    digits = re.sub(r"[\s.\-]", "", typed)
    if not digits.isascii() or not digits.isdigit():
        return None, "format"
    if len(digits) == 12:
        return None, "personal"
    if len(digits) == 9:
        digits = "0" + digits  # Excel took the leading zero; the check digit tells whether it was one
        return (digits, None) if _is_sound(digits) else (None, "length")
    if len(digits) not in (10, 13):
        return None, "length"
    if not _is_sound(digits):
        return None, "check_digit"
    return (digits if len(digits) == 10 else f"{digits[:10]}-{digits[10:]}"), None


_TAX_WEIGHTS: Final = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def _is_sound(digits: str) -> bool:
    """Whether 10 or 13 digits may be a tax code: by the check digit, the tenth, and neither number 0000000 nor branch 000."""
    total = sum(weight * int(digit) for weight, digit in zip(_TAX_WEIGHTS, digits, strict=False))
    return digits[9:10] == str(10 - total % 11) and digits[2:9] != "0000000" and digits[10:] != "000"
