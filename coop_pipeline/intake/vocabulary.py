"""What words mean: header spellings to fields, typed values to codes and places. Knows the catalogue, not the layout of a sheet."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise, product

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import UNITS_CHANGED_ON, Area, areas, codelist
from coop_pipeline.forms.spec import Field, Form
from coop_pipeline.intake.corrections import CODE_LISTS
from coop_pipeline.intake.offices import LEVEL
from coop_pipeline.intake.text import clean, fold, is_slip, key
from coop_pipeline.intake.units import Unit, find_unit, split_unit

# Abbreviations of headers, folded. Where one stands for several words, all are tried; unit and values decide.
ABBREVIATIONS: dict[str, tuple[str, ...]] = {
    "dt": ("dien tich", "doanh thu"), "dthu": ("doanh thu",), "tv": ("thanh vien",), "ld": ("lao dong",), "sl": ("so luong", "san luong"),
    "kp": ("kinh phi",), "gcn": ("giay chung nhan",), "hd": ("hop dong", "hoat dong"), "hdtd": ("hop dong tin dung",),
    "xk": ("xuat khau",), "nk": ("nhap khau",), "bq": ("binh quan",), "tn": ("thu nhap",), "tnbq": ("thu nhap binh quan",),
    "nqh": ("no qua han",), "dc": ("dia chi",), "qd": ("quyet dinh",), "dn": ("doanh nghiep",), "sp": ("san pham",),
    "tg": ("thoi gian",), "sx": ("san xuat",), "tctd": ("to chuc tin dung",), "nh": ("ngan hang",), "vdl": ("von dieu le",), "dl": ("dieu le", "du lich"),
    "mh": ("mo hinh",), "kl": ("khoi luong",), "qt": ("quy trinh",), "ts": ("tong so",), "cc": ("cap",), "htx": ("hop tac xa",), "tht": ("to hop tac",),
    "mst": ("ma so thue",), "ls": ("lai suat",), "ln": ("loi nhuan",), "tdp": ("to dan pho",), "gtsx": ("gia tri san xuat",),
    "gt": ("gia tri",), "kt": ("kinh te",), "ct": ("cong trinh", "chuong trinh"), "hdqt": ("hoi dong quan tri",),
    "cb": ("can bo",), "cbql": ("can bo quan ly",), "ql": ("quan ly",), "nn": ("nong nghiep",), "bvtv": ("bao ve thuc vat",), "txng": ("truy xuat nguon goc",),
    "csdg": ("co so dong goi",), "attp": ("an toan thuc pham",), "hl": ("hieu luc",), "tr": ("trong",),
    "xd": ("xay dung",), "kt-xh": ("kinh te xa hoi",), "dk": ("dang ky",), "dkkd": ("dang ky kinh doanh",), "sxkd": ("san xuat kinh doanh",),
    "tbkt": ("tien bo ky thuat",), "khkt": ("khoa hoc ky thuat",), "khcn": ("khoa hoc cong nghe",),
    "cndk": ("chung nhan dang ky",), "gcndk": ("giay chung nhan dang ky",), "dkhtx": ("dang ky hop tac xa",),
    "gcndkhtx": ("giay chung nhan dang ky hop tac xa",), "nsnn": ("ngan sach nha nuoc",), "ngd": ("nguoi dai dien",), "nlđ": ("nguoi lao dong",), "nld": ("nguoi lao dong",),
}  # fmt: skip
# Words that offices use for one another in headers, folded. The first stands for all of them.
SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("san pham", "nong san", "mat hang", "hang hoa", "ten hang"),
    ("dong", "vnd", "vnđ"),
    ("muc dich vay", "vay de", "vay de lam gi", "su dung von vay"),
    ("to chuc tin dung", "ngan hang", "ben cho vay", "noi vay", "to chuc cho vay"),
    ("hop dong", "khe uoc", "giay nhan no"),
    ("giay chung nhan", "chung chi", "chung thu"),
    ("ngay cap", "ngay ban hanh", "cap ngay"),
    ("doanh thu", "doanh so"),
    ("loi nhuan", "lntt", "lnst", "lai thuan"),
    ("dia chi", "tru so", "noi o"),
    ("so hieu", "ma hieu"),
    ("kinh te tap the", "kttt"),
    ("ho tro", "tai tro"),
    ("chuyen giao", "ban giao"),
    ("xa", "xa noi", "dia ban xa"),
    ("dia diem", "noi dien ra", "noi to chuc", "to chuc tai", "o dau"),
    ("don vi to chuc", "don vi mo lop", "co quan mo lop", "noi mo lop", "co so dao tao", "don vi dao tao"),
    ("phuc vu", "huong loi"),
    ("giai ngan", "phat vay", "phat tien vay"),
    ("so", "bao nhieu"),
    ("khai mac", "bat dau"),
    ("be mac", "ket thuc"),
    ("thanh vien", "xa vien", "hoi vien", "to vien", "sang lap vien", "ba con xa vien"),
    ("gia nhap", "ket nap", "vao them", "moi vao", "vao moi", "tang them", "tang trong nam", "tang trong ki", "tang moi"),
    ("ra khoi", "xin ra", "rut khoi", "rut ra", "roi khoi", "giam trong nam", "giam trong ki"),
    ("hien co", "dang co", "hien dang co", "co den nay"),
    ("nu", "phu nu", "nu gioi", "chi em", "gioi nu"),
    ("ho", "gia dinh", "nong ho", "ho dan", "ho gia dinh", "ho nong dan"),
    ("nganh nghe", "nghe chinh", "viec chinh", "lam nghe", "nghe kinh doanh", "nganh kinh doanh"),
    ("nguon von", "nguon tien", "nguon kinh phi", "tien tu dau", "von tu dau", "tien o dau", "lay tu nguon"),
    ("han tra", "phai tra truoc", "hen tra"),
    ("hoan thanh", "lam xong", "hoan tat"),
    ("tinh trang", "hien trang", "trang thai", "thuc trang"),
    ("chu the", "chu so huu"),
)
# Words that offices and firms are called by before what they do: "Cơ quan cấp", "Tổ chức cấp", "Bên cấp".
_BODY_FIRST = re.compile(r"^(ten |cac )?(?:co quan|to chuc|ben|dv)(?= \w)")
# Words that turn a value into its opposite or into another: what stands beside them is not understood by its parts.
_DENIAL = re.compile(r"(?<= )(?:chua|khong|ko|k|ngung|dung|het|tam|nghi|cham|dut|mat|huy|thu hoi|dinh chi|giai the|bo|tu choi)(?= )")
# The same with their accents, where others share their letters: "cán bộ" denies nothing, nor does "đang dùng".
_DENIALS = {
    "ngung": ("ngừng", "ngưng"), "dung": ("dừng",), "het": ("hết",), "tam": ("tạm",), "nghi": ("nghỉ",), "cham": ("chấm", "chậm"),
    "dut": ("đứt", "dứt"), "mat": ("mất",), "huy": ("hủy",), "bo": ("bỏ",),
}  # fmt: skip
# What is under way has not happened: "đang tiến hành thủ tục giải thể" is not "giải thể".
_PENDING = re.compile(
    r" (?:thu tuc|chuan bi|xin|de nghi|du kien|sap|ke hoach|dang (?!hoat dong)\w+(?: \w+)? ho so|dang tien hanh|dang lam) "
)
_DONE = re.compile(r" (?:xong|hoan (?:thanh|tat)|da co|da duoc) ")
_PAPER = re.compile(r"^(?:(?:giay|duoc) )?(?:chung nhan|chung chi|tieu chuan|dat) ")  # what a code's name may be led by
_WAITING = re.compile(r"\bchờ\b|^\W*cho\b", re.I)  # "chờ cấp"; "dạy nghề cho người lao động" is no denial, without accents it may be
# Words that say little about what a column holds.
_FILLERS = frozenset(
    [
        "tinh",
        "hinh",
        "ket",
        "qua",
        "thong",
        "tin",
        "so",
        "lieu",
        "tong",
        "cac",
        "cua",
        "trong",
        "do",
        "ve",
        "nay",
        "hien",
        "thuc",
        "nam",
        "ky",
        "theo",
        "duoc",
        "da",
        "noi",
        "dung",
        "hop",
        "tac",
        "gia",
        "tri",
        "voi",
        "va",
        "cho",
        "tai",
        "cap",
        "gi",
        "nao",
        "la",
        "co",
    ]
)
_SYNONYM_PATTERNS = [
    (other, re.compile(rf"\b{re.escape(other)}\b"), group[0]) for group in SYNONYMS for other in sorted(group[1:], key=len, reverse=True)
]
_FIRST_OF_SYNONYMS = frozenset(other.split()[0] for other, _, _ in _SYNONYM_PATTERNS)
# The form of a state before its name: "CH Séc", "Vương quốc Anh".
_STATE = re.compile(
    r"^(?:ch|chlb|chnd|chdcnd|lb|lien bang|vuong quoc|cong hoa(?: lien bang)?(?: dan chu)?(?: nhan dan)?|hop chung quoc|nha nuoc) "
)
HEAD_FIRST = 0.64
_BRACKETS = re.compile(r"\([^()]*(?:\([^()]*\)[^()]*)*\)")  # with one more pair within: linear, also in "(((("
_LEADING = re.compile(r"^[\d.\-*+ ]+")
_SHORT = 4  # letters of a country's name up to which it is read with its accents only: "Bí" is no "Bỉ"
_COMPARED = 200  # characters of a value that are compared with a code list
_NOISE = re.compile(
    r"(?:tính |có |tại )?(?:đến|thời điểm)?\s*(?:hết |ngày )*\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d\d|\b(?:năm|n\.)?\s*(?:19|20)\d\d\b"
    r"|\(\s*\d+\s*\)(?:\s*=\s*[\d()+\-*/ ]+)?|\(nếu có\)|\(\*+\)|\*+|[¹²³]$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Header:
    """A column's header path split into words and the unit that it states; `typed` is the path as it stands in the sheet."""

    path: tuple[str, ...]
    unit: Unit | None
    years: frozenset[int] = frozenset()
    typed: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The header as its sender knows it: what data staff copy into header_spellings.csv."""
        return " / ".join(self.typed)


@lru_cache(maxsize=8192)
def read_header(path: tuple[str, ...]) -> Header:
    """The path from the outermost group to the column, without repeats; the innermost unit counts."""
    parts: list[str] = []
    typed: list[str] = []
    unit: Unit | None = None
    years: set[int] = set()
    for number, text in enumerate(path, 1):
        if not typed or clean(text) != typed[-1]:
            typed.append(clean(text))
        years |= {int(year) for year in re.findall(r"(?<!\d)(20\d\d)(?!\d)", text)}
        words, found = split_unit(text)
        if number < len(path) and _enumerates(text, path[number:]):
            unit = (found if "(" in text else None) or unit
            continue
        unit = found or unit
        words = _NOISE.sub(" ", words).strip(" :;,.-/")
        if words and (not parts or key(words) != key(parts[-1])):
            parts.append(words)
    if unit is None and typed:
        unit = find_unit(typed[-1])  # nothing but the unit: "Ha"
    return Header(tuple(parts), unit, frozenset(years), tuple(typed))


def _enumerates(group: str, below: Sequence[str]) -> bool:
    """Whether the title of a group only names the titles below it: "Thành viên, lao động" over "Thành viên" and "Lao động"."""
    bare, *others = (_BRACKETS.sub(" ", text) for text in (group, *below))
    pieces = {fold(piece) for piece in re.split(r"[,;/&]|\s[-–]\s|\svà\s", bare)}
    return len(pieces) > 1 and any(fold(part) in pieces for part in others)


_DOTTED = re.compile(r"(?<![^\W\d_])([^\W\d_]{1,2})\.\s?([^\W\d_]{2,})")


@cache
def _first_words() -> dict[str, frozenset[str]]:
    """Words of the catalogue's headers by the word behind them: "thu" -> doanh, "giao" -> chuyen."""
    pairs: dict[str, set[str]] = defaultdict(set)
    for form in FORMS.values():
        for field in form.fields:
            for text in (field.vi, *field.spellings):
                words = fold(split_unit(text)[0]).split()
                for first, second in pairwise(words):
                    pairs[second].add(first)
    return {second: frozenset(words) for second, words in pairs.items()}


def _write_out(match: re.Match[str]) -> str:
    """ "D.thu" is "doanh thu" where only one word of the catalogue's headers can be meant."""
    initial, second = fold(match.group(1)), fold(match.group(2))
    meant = [word for word in _first_words().get(second, ()) if word.startswith(initial) and len(word) > len(initial)]
    return f"{meant[0]} {second}" if len(meant) == 1 else match.group()


_HOW_MANY = re.compile(r"^mấy\s+", re.I)  # with its accents: "máy" is a machine
_DAY_LAST = re.compile(r"^((?!ngay\b)\S.*?)(?: vao)? ngay$")  # "ban hành ngày", "cấp vào ngày"


@lru_cache(maxsize=8192)
def _variants(text: str) -> Sequence[tuple[str, ...]]:
    """The token lists that a folded text may stand for."""
    folded = fold(_HOW_MANY.sub("số ", _DOTTED.sub(_write_out, text)))
    if folded.endswith(" ngay"):
        folded = _DAY_LAST.sub(r"ngay \1", folded)
    if not _FIRST_OF_SYNONYMS.isdisjoint(folded.split()):
        for other, pattern, word in _SYNONYM_PATTERNS:
            if other in folded:
                folded = pattern.sub(word, folded)
    folded = _BODY_FIRST.sub(lambda m: f"{m.group(1) or ''}don vi", folded)
    choices = [ABBREVIATIONS.get(token, (token,)) for token in folded.split()]
    if len(choices) > 1 and choices[0] == ("nam",):
        choices[0] = ("nam", "ngay")  # "Năm đăng ký", where only the year is asked for
    return [tuple(" ".join(picked).split()) for picked in list(product(*choices))[:6]]


# What districts ask for beside the forms: whatever else the title says, it is no field of theirs.
_ANOTHER = re.compile(
    r"\b(?:đảng viên|chi bộ|đoàn viên|dân tộc|hộ nghèo|cận nghèo|nộp (?:ngân sách|nsnn|thuế)|thuế (?:đã nộp|phải nộp|gtgt|tndn|môn bài)|bảo hiểm|bhxh|bhyt"
    r"|khấu hao|trình độ|đại học|cao đẳng|trung cấp|độ tuổi|giới tính|nợ phải (?:trả|thu)|công nợ|quỹ (?:dự phòng|phúc lợi|khen thưởng|đầu tư))\b"
)


@lru_cache(maxsize=8192)
def says_another(header: Header, counts: bool) -> bool:
    """Whether a header names something that no form asks for ("Số đảng viên"). What stands in brackets are examples ("Đơn vị chuyển giao
    (viện, trường đại học)") unless the column `counts`: "Lao động (đại học)" are not all."""
    title = " ".join(header.path)
    return _ANOTHER.search(key(title if counts else _BRACKETS.sub(" ", title))) is not None


def is_ambiguous(title: str) -> bool:
    """Whether a title has an abbreviation that stands for several things."""
    return any(len(ABBREVIATIONS.get(word, ())) > 1 for word in fold(title).split())


def _expand(folded: str) -> str:
    """A folded text with its plain abbreviations written out."""
    words = (ABBREVIATIONS[w][0] if w in ABBREVIATIONS and len(ABBREVIATIONS[w]) == 1 else w for w in folded.split())
    return " ".join(words)


def _stands_for(typed: Sequence[str], words: Sequence[str], initials: bool = False) -> bool:
    """Whether typed words are a spelling's, some of them written as the initials of several; fillers beyond it do not count."""
    if not words:
        return initials and all(word in _FILLERS for word in typed)
    if not typed:
        return False
    first = typed[0]
    if first == words[0] and _stands_for(typed[1:], words[1:], initials):
        return True
    if 2 <= len(first) <= len(words) and all(letter == word[0] for letter, word in zip(first, words, strict=False)):
        return _stands_for(typed[1:], words[len(first) :], True)
    return first in _FILLERS and _stands_for(typed[1:], words, initials)


@dataclass(slots=True)
class _Spelling:
    """The words of a spelling, and the (form, field) pairs that are spelled so."""

    tokens: frozenset[str]
    weight: float
    pairs: list[tuple[str, str]]


class _Leaning:
    """Which field of a form the single words of a header speak for, by how often its spellings use them and those of its other fields do not.

    `match_words` compares whole spellings; this compares words, and answers for a header none of whose spellings is known.
    """

    BACKGROUND = 0.03  # how readily any field uses any word: a word of one spelling only is no proof

    def __init__(self, form: Form, forms: Iterable[Form]) -> None:
        self._rates: dict[str, dict[str, float]] = defaultdict(dict)  # word -> field -> rate
        for f in form.fields:
            rates = self._count([f])
            # the same field elsewhere lends its words, for half
            others = [g for other in forms if other is not form for g in other.fields if g.name == f.name and g.type == f.type]
            for word, rate in self._count(others).items():
                rates[word] = max(rates.get(word, 0.0), rate / 2)
            for word, rate in rates.items():
                self._rates[word][f.name] = rate

        self._telling: dict[str, set[str]] = defaultdict(set)
        for word, rates in self._rates.items():
            for name, rate in rates.items():
                share = rate / (sum(rates.values()) + 0.01)
                if " " not in word and (share >= 0.7 or (rate >= 0.7 and share >= 0.35)):
                    self._telling[name].add(word)
        self._told = {}  # field -> the share of its spellings that hold a telling word
        for f in form.fields:
            spelled = [_leaning_words(text) for text in dict.fromkeys((f.vi, *f.spellings))]
            self._told[f.name] = sum(bool(words & self._telling[f.name]) for words in spelled) / len(spelled)

    def lacks(self, name: str, words: Collection[str]) -> bool:
        """Whether a header has none of the words that nearly every spelling of a field has one of: "nữ" for female members."""
        return self._told[name] >= 0.85 and self._telling[name].isdisjoint(words)

    def named(self, words: Iterable[str]) -> frozenset[str]:
        """The fields that any of these words speaks for."""
        return frozenset(name for word in words for name in self._rates.get(word, ()))

    @staticmethod
    def _count(fields: Sequence[Field]) -> dict[str, float]:
        """The share of the spellings that hold a word, or two words side by side."""
        counts: dict[str, float] = defaultdict(float)
        spelled = [words for f in fields for text in dict.fromkeys((f.vi, *f.spellings)) if (words := _leaning_words(text))]
        for words in spelled:
            for word in words:
                counts[word] += 1
        return {word: n / (len(spelled) + 2) for word, n in counts.items()}

    def lean(self, words: frozenset[str], possible: Collection[str], but: Mapping[str, Collection[str]]) -> dict[str, float]:
        """Field -> 0 to 1: the mean of what the words say of the fields that are possible, the telling ones weighing most, less where few words
        say anything; `but`: the words that a field knows with other accents only."""
        found: dict[str, float] = defaultdict(float)
        weight = said = 0.0
        for word in sorted(words):  # sums of floats depend on the order
            rates = {
                name: rate
                for name, rate in self._rates.get(word, {}).items()
                if name in possible and not (name in but and any(part in but[name] for part in word.split()))
            }
            if rates:
                total = sum(rates.values()) + self.BACKGROUND
                tells = (max(rates.values()) / total) ** 2
                said += tells
                tells *= 0.2 if word in _FILLERS else 1.0
                weight += tells
                for name, rate in rates.items():
                    found[name] += tells * rate / total
        sure = 1 - math.exp(-3 * said)
        return {name: sure * value / weight for name, value in found.items()} if weight else {}


# Lists of names: what is in no list is another country, another bank. "Nam Phi" is not Việt Nam.
_NAMES = frozenset(("markets", "lender_names", "cooperative_kinds"))
# Lists that others of the kind are missing from: every word has to be known. "An toàn dịch bệnh" is no food safety.
_OPEN = frozenset(("schemes", "lender_kinds"))


class _ChoiceWords:
    """Which code of a list the single words of a typed value speak for, by how many of a code's spellings use them and of the others' do not."""

    BACKGROUND = 0.05
    CLEAR = 0.44  # of what the words say
    APART = 0.25  # from the second best

    def __init__(self, name: str, more: Iterable[tuple[str, str]]) -> None:
        self._least = 1.0 if name in _OPEN else 2 / 3  # the share of a value's words that the list knows
        spelled: dict[str, set[str]] = defaultdict(set)
        for entry in codelist(name):
            spelled[entry.code].update((entry.label_vi, *entry.spellings))
        for text, code in more:
            spelled[code].add(text)
        self._rates: dict[str, dict[str, float]] = defaultdict(dict)  # word -> code -> the share of its spellings
        self._typed: dict[str, set[str]] = defaultdict(set)  # bare word -> with accents
        for code, texts in spelled.items():
            counts: Counter[str] = Counter(word for text in texts for word in _leaning_words(text))
            for word, n in counts.items():
                self._rates[word][code] = n / (len(texts) + 2)
            for text in texts:
                for word in key(text).split():
                    self._typed[fold(word)].add(word)

    def lean(self, text: str) -> list[tuple[float, str]]:
        """(what the words of a value say for a code, 0 to 1; the code), the best first; nothing where too many words are in no spelling."""
        odd = set() if text.isascii() else {fold(w) for w in key(text).split() if fold(w) != w and w not in self._typed[fold(w)]}
        said: dict[str, float] = defaultdict(float)
        weight = 0.0
        words = _leaning_words(text)
        known = {word for word in words if word in self._rates and odd.isdisjoint(word.split())}
        telling = {word for word in words if " " not in word and word not in _FILLERS}
        numbers = {word for word in telling if any(c.isdigit() for c in word)}  # ISO 9001 is no ISO 22000
        if not telling or len(telling & known) < self._least * len(telling) or not numbers <= known:
            return []
        for word in sorted(known):
            rates = self._rates[word]
            total = sum(rates.values()) + self.BACKGROUND
            tells = (max(rates.values()) / total) ** 2 * (0.2 if word in _FILLERS else 1.0)
            weight += tells
            for code, rate in rates.items():
                said[code] += tells * rate / total
        found = sorted(((value / weight, code) for code, value in said.items()), reverse=True)
        if text.isascii() and any(found[0][1] not in self._rates[word] for word in telling & known):
            return []  # "Tham quan": without accents "tham" and "quan" are anything
        return found


def _sort(f: Field) -> str:
    """What a field counts as for the first word of its title: its dimension, else its type."""
    return f.dimension or f.type


@lru_cache(maxsize=8192)
def _head(title: str) -> str:
    """The word that a title is about: the first one behind "tổng", "số". With its accents, for "đội" is not "đối"; "" where it has none at all."""
    words = key(split_unit(title)[0] or title)
    return "" if words.isascii() else next((word for word in words.split() if word not in ("tổng", "số", "lượng", "các", "mức")), "")


@cache
def _leaning_words(text: str) -> frozenset[str]:
    """The words of a header and its pairs of neighbouring words."""
    tokens = _variants(split_unit(text)[0] or text)[0]
    return frozenset((*tokens, *(f"{a} {b}" for a, b in pairwise(tokens))))


@cache
def _accented() -> dict[str, frozenset[str]]:
    """The single words that stand in the code lists, with their accents, by their bare form."""
    words: dict[str, set[str]] = defaultdict(set)
    for name in CODE_LISTS:
        for entry in codelist(name):
            for text in (entry.label_vi, *entry.spellings):
                if " " not in text:
                    words[fold(text)].add(key(text))
    return {bare: frozenset(typed) for bare, typed in words.items()}


def _same_word(bare: str, typed: str) -> bool:
    """Whether a single word stands in a typed text as it is spelled: "xây dựng" holds no "dừng". Without any accents it may."""
    meant = _accented().get(bare)
    return meant is None or typed.isascii() or not meant.isdisjoint(typed.split()) or bare in typed.split()


def _contained(spelled: Collection[str], text: str, typed: str) -> list[str]:
    """The spellings that a folded text holds, without those within another of them; `typed`: the same with its accents."""
    padded = f" {text} "
    hits = sorted(
        (s for s in spelled if s in text and len(s) > 2 and f" {s} " in padded and (" " in s or _same_word(s, typed))),
        key=len,
        reverse=True,
    )
    kept: list[str] = []
    for hit in hits:
        if not any(f" {hit} " in f" {longer} " for longer in kept):
            kept.append(hit)
    return kept


def _denies(padded: str, typed: str) -> bool:
    """Whether a folded text holds a word that turns a value into its opposite; `typed`: the same as typed, whose accents count where it has any."""
    words = [] if typed.isascii() else key(typed).split()
    for found in _DENIAL.findall(padded):
        meant = [word for word in words if fold(word) == found]
        if not meant or found not in _DENIALS or any(word in _DENIALS[found] for word in meant):
            return True
    return False


def _is_pending(folded: str) -> bool:
    """Whether a value speaks of what is under way and not done."""
    padded = f" {folded} "
    return _PENDING.search(padded) is not None and _DONE.search(padded) is None


def _places(part: Sequence[str], words: Sequence[str]) -> list[int]:
    """Where a row of words stands in another."""
    return [i for i in range(len(words) - len(part) + 1) if words[i : i + len(part)] == part]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What forms and code lists say, in the forms in which it is looked for. Of plain data, so that it can be kept (`intake.catalogue`)."""

    entries: list[tuple[tuple[str, str], frozenset[str]]]
    """(form, field) and the words of one of its spellings."""
    typed: dict[str, dict[tuple[str, str], set[str]]]
    """Bare word -> (form, field) -> how its spellings write it, with accents."""
    heads: dict[str, dict[str, int]]
    """The first word of a title -> sort of a field -> how many fields have it."""
    codes: dict[str, dict[str, str]]
    """Code list -> folded text -> code."""


def collect_catalogue() -> Catalogue:
    """From the forms and code lists themselves: 0.15 s."""
    entries: list[tuple[tuple[str, str], frozenset[str]]] = []
    typed: dict[str, dict[tuple[str, str], set[str]]] = defaultdict(lambda: defaultdict(set))
    heads: dict[str, Counter[str]] = defaultdict(Counter)
    for form in FORMS.values():
        for field in form.fields:
            texts = (field.vi, *field.spellings)
            for text in dict.fromkeys(texts):
                entries += _entries(form.name, field, text)
            for text in texts:
                for word in key(text).split():
                    typed[fold(word)][form.name, field.name].add(word)
            for head in {_head(text.rsplit(" / ")[-1]) for text in texts} - {""}:
                heads[head][_sort(field)] += 1
    codes: dict[str, dict[str, str]] = {}
    for name in sorted(CODE_LISTS):
        known: dict[str, str] = {}
        for entry in codelist(name):
            for text in (entry.label_vi, entry.label_en, *entry.spellings):
                known.setdefault(fold(text), entry.code)
        for code in _codes_of(name) if name != "markets" else ():  # any two letters are some country's code
            known.setdefault(fold(code), code)
        for text, code in list(known.items()):
            known.setdefault(_expand(text), code)
        codes[name] = known
    return Catalogue(
        entries, {word: dict(known) for word, known in typed.items()}, {head: dict(sorts) for head, sorts in heads.items()}, codes
    )


def _entries(form: str, field: Field, text: str) -> list[tuple[tuple[str, str], frozenset[str]]]:
    """The token sets of one spelling. Where an abbreviation could stand for several words, the field's label decides."""
    words, _ = split_unit(text)
    variants = _variants(words or text)
    if len(variants) > 1:
        own = set(fold(field.vi).split())
        best = max(len(own & set(tokens)) for tokens in variants)
        variants = [tokens for tokens in variants if len(own & set(tokens)) == best]
    return [((form, field.name), frozenset(tokens)) for tokens in variants if tokens]


def _codes_of(name: str) -> frozenset[str]:
    return frozenset(entry.code for entry in codelist(name) if name != "lender_names")


class Vocabulary:
    """Header spellings and code lists, with those that data staff added. One per process; every answer is remembered."""

    def __init__(
        self,
        header_spellings: Iterable[tuple[str, str, str]] = (),
        code_spellings: Iterable[tuple[str, str, str]] = (),
        catalogue: Catalogue | None = None,
    ) -> None:
        catalogue = catalogue or collect_catalogue()
        entries = list(catalogue.entries)
        self._settled: dict[tuple[str, str], str] = {}
        for form_name, field_name, text in header_spellings:
            entries += _entries(form_name, FORMS[form_name].field(field_name), text)
            self._settled[form_name, fold(text)] = field_name
        frequency: Counter[str] = Counter(token for _, tokens in entries for token in tokens)
        total = len(entries)
        self._weight = {
            token: min(math.log(1 + total / n), 1.2) if token in _FILLERS else math.log(1 + total / n) for token, n in frequency.items()
        }
        self._unknown_weight = math.log(1 + total / 8)
        spelled: dict[frozenset[str], list[tuple[str, str]]] = defaultdict(list)
        for pair, tokens in dict.fromkeys(entries):
            spelled[tokens].append(pair)
        # sums of floats depend on the order
        self._spellings = [_Spelling(tokens, sum(self._weight[t] for t in sorted(tokens)), pairs) for tokens, pairs in spelled.items()]
        self._by_token: dict[str, list[int]] = defaultdict(list)
        for index, spelling in enumerate(self._spellings):
            for token in spelling.tokens:
                self._by_token[token].append(index)
        self._headers: dict[str, dict[tuple[str, str], float]] = {}
        self._leanings: dict[str, _Leaning] = {}
        self._named: dict[tuple[str, tuple[str, ...]], frozenset[str]] = {}
        self._initials: dict[tuple[str, tuple[str, ...]], frozenset[str]] = {}
        self._words: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._leans: dict[tuple[str, tuple[str, ...], frozenset[str]], dict[str, float]] = {}
        self._forms = dict(FORMS)
        self._typed = catalogue.typed
        self._unlike: dict[str, tuple[tuple[str, str], ...]] = {}
        self._heads = catalogue.heads
        self._typos: dict[str, str | None] = {}
        self._code_maps = {name: dict(known) for name, known in catalogue.codes.items()}
        self._codes = {name: _codes_of(name) for name in sorted(CODE_LISTS)}
        self._short_names: dict[str, set[str]] = defaultdict(set)  # of markets, folded -> with their accents
        for text in (
            *(t for e in codelist("markets") for t in (e.label_vi, *e.spellings)),
            *(t for n, t, _ in code_spellings if n == "markets"),
        ):
            if len(fold(text).replace(" ", "")) <= _SHORT:
                self._short_names[fold(text)].add(key(text))
        self._choice_words: dict[str, _ChoiceWords] = {}
        self._own_spellings: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for name, text, code_value in code_spellings:
            self._own_spellings[name].append((text, code_value))
            self._code_maps[name][fold(text)] = code_value
            self._code_maps[name][_expand(fold(text))] = code_value
        self._choices: dict[tuple[str, str], str | None] = {}
        self._guesses: dict[tuple[str, str], tuple[str | None, tuple[str, ...]]] = {}
        self._communes: dict[tuple[str, str | None, bool], str | None] = {}
        self._districts: dict[str, str | None] = {}
        self._areas = _Areas(areas())

    # ---- headers

    def settled_field(self, form: str, header: Header) -> tuple[str, int] | None:
        """The field that data staff gave to exactly this header, years and all, and how many parts of its path the spelling names."""
        for parts in range(len(header.typed), 0, -1):
            name = self._settled.get((form, fold(" ".join(header.typed[-parts:]))))
            if name is not None:
                return name, parts
        return None

    def match_words(self, text: str) -> dict[tuple[str, str], float]:
        """How well a header text fits each (form, field), 0 to 1: weighted overlap of words with the nearest spelling."""
        known = self._headers.get(text)
        if known is None:
            known = {}
            conflicts = self._conflicts(text)
            for tokens in _variants(text):
                for pair, score in self._match_tokens(tokens).items():
                    if pair in conflicts:
                        score *= 1 - 0.5 * len(conflicts[pair]) / len(tokens)
                    if score > known.get(pair, 0.0):
                        known[pair] = score
            if len(self._headers) > 50_000:
                self._headers.clear()
            self._headers[text] = known
        return known

    def _leaning(self, form: str) -> _Leaning:
        if form not in self._leanings:
            self._leanings[form] = _Leaning(self._forms[form], self._forms.values())
        return self._leanings[form]

    def lacks(self, form: str, name: str, header: Header) -> bool:
        """Whether a header has none of the words that nearly every spelling of a field has one of."""
        return self._leaning(form).lacks(name, _leaning_words(" ".join(header.path)))

    def heads_other(self, f: Field, title: str, figures: bool) -> bool:
        """Whether the word that a column's title begins with stands over other kinds of columns in all forms: "Người …" is no amount, and
        "Vốn …" over figures no text."""
        kinds = self._heads.get(_head(title))
        if kinds is None or (known := sum(kinds.values())) < 4:
            return False
        if f.type in ("number", "date"):
            return _sort(f) not in kinds
        return figures and f.type == "text" and kinds.get("text", 0) < 0.2 * known

    def named(self, form: str, header: Header) -> frozenset[str]:
        """The fields of a form that any word of a header speaks for, however little."""
        known = form, header.path
        if known not in self._named:
            if len(self._named) > 50_000:
                self._named.clear()
            words = _leaning_words(" ".join(header.path)) | _leaning_words(header.path[-1])
            self._named[known] = self._leaning(form).named(words)
        return self._named[known]

    def lean(self, form: str, header: Header, possible: Collection[str]) -> dict[str, float]:
        """Field -> how much the single words of a header speak for it among the possible fields of a form, 0 to 1."""
        known = form, header.path, frozenset(possible)
        if known not in self._leans:
            if len(self._leans) > 50_000:
                self._leans.clear()
            self._leans[known] = self._lean(form, header, possible)
        return self._leans[known]

    def _lean(self, form: str, header: Header, possible: Collection[str]) -> dict[str, float]:
        leaning = self._leaning(form)
        path = " ".join(header.path)
        but = {name: words for (own, name), words in self._conflicts(path).items() if own == form}
        found = leaning.lean(_leaning_words(path), possible, but)
        if len(header.path) > 1:  # the column's own title before its group
            last = leaning.lean(_leaning_words(header.path[-1]), possible, but)
            found = {name: max(last.get(name, 0.0), (last.get(name, 0.0) + found.get(name, 0.0)) / 2) for name in {*found, *last}}
        return found

    def _conflicts(self, text: str) -> dict[tuple[str, str], set[str]]:
        """(form, field) -> the words of a text that its spellings have with other accents only: "đang" is not "đăng". Without any accents none."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        if not text.isascii():
            for word in key(text).split():
                bare = fold(word)
                for pair in self._otherwise(word, bare):
                    found[pair].add(bare)
        return found

    def _otherwise(self, word: str, bare: str) -> tuple[tuple[str, str], ...]:
        """The (form, field) pairs whose spellings have a word with other accents only."""
        if word not in self._unlike:
            if len(self._unlike) > 50_000:
                self._unlike.clear()
            known = self._typed.get(bare, {}) if word != bare else {}
            self._unlike[word] = tuple(pair for pair, typed in known.items() if word not in typed and bare not in typed)
        return self._unlike[word]

    def _match_tokens(self, tokens: tuple[str, ...]) -> dict[tuple[str, str], float]:
        words = {self._mend(token) for token in tokens}
        ordered = sorted(words)  # sums of floats depend on the order
        weight = sum(self._weight.get(token, 1.2 if token in _FILLERS else self._unknown_weight) for token in ordered)
        shared: dict[int, float] = {}
        for token in ordered:
            own = self._weight.get(token, 0.0)
            for index in self._by_token.get(token, ()):
                shared[index] = shared.get(index, 0.0) + own
        found: dict[tuple[str, str], float] = {}
        for index, overlap in shared.items():
            spelling = self._spellings[index]
            score = 2 * overlap / (weight + spelling.weight)
            if overlap == spelling.weight:  # all its words
                count = len(spelling.tokens)
                if score < HEAD_FIRST and 2 <= count < len(tokens) and spelling.tokens == set(tokens[:count]):
                    score = HEAD_FIRST  # the head of a Vietnamese noun phrase comes first: "diện tích" of whatever is an area
                elif 2 <= count < len(words):
                    score = max(
                        score, min(score + 0.08, 0.85)
                    )  # a known title with words added, rather than another one with words exchanged
            if score < 0.2:
                continue
            for pair in spelling.pairs:
                if score > found.get(pair, 0.0):
                    found[pair] = min(score, 1.0)
        return found

    def _mend(self, token: str) -> str:
        """The known word that a mistyped one stands for: one edit away, in a word of five letters or more."""
        if token in self._weight or len(token) < 5:
            return token
        if token not in self._typos:
            near = [word for word in self._weight if abs(len(word) - len(token)) <= 1 and len(word) >= 4 and is_slip(token, word)]
            self._typos[token] = near[0] if len(near) == 1 else None
        return self._typos[token] or token

    def match_header(self, header: Header) -> dict[tuple[str, str], float]:
        """Scores of a header path: the whole path, its last two parts, its last part (a little less: the group may change its meaning)."""
        path = header.path
        if len(path) < 2:
            return self.match_words(path[0]) if path else {}
        found = dict(self.match_words(" ".join(path)))
        for part, discount in ((path[-2:], 0.97), (path[-1:], 0.9), (path[:-1], 0.62)):
            for pair, score in self.match_words(" ".join(part)).items():
                if score * discount > found.get(pair, 0.0):
                    found[pair] = score * discount
        return found

    def initials(self, form: str, header: Header) -> frozenset[str]:
        """The fields of a form that a header's capitals stand for, word for word: "ĐVTH" and "ĐV thực hiện" for "Đơn vị thực hiện", "Số HV" for
        "Số học viên"; what it has beyond that are fillers ("Tổng")."""
        known = form, header.path
        if known not in self._initials:
            if len(self._initials) > 50_000:
                self._initials.clear()
            titles = {fold(text) for text in (" ".join(header.path), header.path[-1]) if self._has_initials(text)}
            spelled = self._spelled_out(form) if titles else []
            self._initials[known] = frozenset(
                name for title in titles if title.count(" ") < 10 for words, name in spelled if _stands_for(tuple(title.split()), words)
            )
        return self._initials[known]

    def _has_initials(self, title: str) -> bool:
        """Whether a title has a word that may be initials: in capitals or without a vowel, and in no spelling itself."""
        return any(
            (word.isupper() or set("aeiouy").isdisjoint(fold(word)))
            and 2 <= len(word) <= 6
            and fold(word) not in self._weight
            and fold(word) not in ABBREVIATIONS
            for word in re.findall(r"[^\W\d_]+", title)
        )

    def _spelled_out(self, form: str) -> list[tuple[tuple[str, ...], str]]:
        """The spellings of a form's fields as words."""
        if form not in self._words:
            self._words[form] = [
                (tokens, f.name)
                for f in self._forms[form].fields
                for text in dict.fromkeys((f.vi, *f.spellings))
                for tokens in [tuple(_expand(fold(split_unit(text)[0])).split())]
                if len(tokens) > 1
            ]
        return self._words[form]

    # ---- codes

    def read_choice(self, name: str, text: str) -> str | None:
        """The code that a typed value stands for, or None: the spelling itself, one contained in it, or one typing error away."""
        known = (name, text)
        if known not in self._choices:
            if len(self._choices) > 50_000:
                self._choices.clear()
            least = 0.5 if name == "event_scopes" else 0.0
            deniable = name != "lender_names"  # a name denies nothing: "QTDND thị trấn Bo"
            self._choices[known] = self._find_choice(self._spelled_for(name, text), self._codes[name], text, least, deniable)
        return self._choices[known]

    def guess_choice(self, name: str, text: str) -> tuple[str | None, tuple[str, ...]]:
        """The code that the single words of a typed value speak for, where `read_choice` knows none, and else the codes that it may be.

        Only for cells of a column that is known to hold the list. Nothing is guessed where a word denies, of names, or between two."""
        known = (name, text)
        if known not in self._guesses:
            if len(self._guesses) > 50_000:
                self._guesses.clear()
            self._guesses[known] = self._guess_choice(name, text)
        return self._guesses[known]

    def _guess_choice(self, name: str, text: str) -> tuple[str | None, tuple[str, ...]]:
        if name in _NAMES:
            return None, ()
        spelled = self._code_maps[name]
        expanded = _expand(fold(text))
        meant = {spelled[hit] for hit in _contained(spelled, expanded, key(text))}
        if meant and not _is_pending(expanded):
            return None, tuple(sorted(meant)) if len(meant) > 1 else ()
        if name not in self._choice_words:
            self._choice_words[name] = _ChoiceWords(name, self._own_spellings[name])
        found = self._choice_words[name].lean(text)
        if not found:
            return None, ()
        best, code = found[0]
        near = tuple(other for value, other in found if value > best - _ChoiceWords.APART)
        denied = _denies(f" {expanded} ", text) or _WAITING.search(text) or (text.isascii() and " cho " in expanded)
        if meant:  # under way: what it says of itself, and not what it will have been
            return (code, near) if best >= _ChoiceWords.CLEAR and near == (code,) and code not in meant else (None, near[:3])
        if denied or best < _ChoiceWords.CLEAR or len(near) > 1:
            return None, near[:3] if not denied else ()
        return code, near

    def looks_like_code(self, name: str, text: str) -> bool:
        """Whether a value looks like one of a code list by itself: spelled so, or few words and no figures."""
        if self.read_exactly(name, text) is not None:
            return True
        text = text[:_COMPARED]
        text = _BRACKETS.sub(" ", text).strip() or text  # "Tạm ngừng (từ 2019)"
        if name in ("cooperative_kinds", "event_scopes") or any(c.isdigit() for c in text) or len(text.split()) > 5:
            return False  # names begin with the kind, certificate numbers with the scheme
        return self.read_choice(name, text) is not None

    def is_code(self, text: str) -> bool:
        """Whether a text is a spelling in any code list."""
        return any(fold(text) in spelled and not (name == "markets" and self._misspells(text)) for name, spelled in self._code_maps.items())

    def read_exactly(self, name: str, text: str) -> str | None:
        """The code of which this is a spelling, word for word."""
        if name == "markets":
            return text.strip() if text.strip() in self._codes[name] else self._spelled_for(name, text).get(fold(text))
        return self._code_maps[name].get(fold(text))

    def _misspells(self, text: str) -> set[str]:
        """The short names of countries that a text holds in its letters and not in its accents."""
        bare, typed = f" {fold(text)} ", f" {key(text)} "
        return {name for name, meant in self._short_names.items() if f" {name} " in bare and not any(f" {m} " in typed for m in meant)}

    def _spelled_for(self, name: str, text: str) -> dict[str, str]:
        """The spellings of a list that a text may hold."""
        spelled = self._code_maps[name]
        wrong = self._misspells(text) if name == "markets" else None
        return {s: code for s, code in spelled.items() if s not in wrong} if wrong else spelled

    @staticmethod
    def _find_choice(spelled: dict[str, str], codes: frozenset[str], text: str, least: float, deniable: bool) -> str | None:
        folded = fold(text)
        if text.strip() in codes:
            return text.strip()  # the code itself, letter for letter: MY is no Mỹ
        if folded in spelled:
            return spelled[folded]
        bare = fold(_LEADING.sub(" ", _BRACKETS.sub(" ", text)))
        expanded = _expand(bare)
        for reduced in (bare, expanded):
            if reduced in spelled:
                return spelled[reduced]
        market = re.sub(r"^(?:thi truong|xuat khau sang|xuat sang|xuat khau di|nuoc|sang|di) ", "", bare)
        if market not in spelled:
            market = _STATE.sub("", market)
        if market in spelled:
            return spelled[market]  # "thị trường Mỹ"

        def denies(padded: str) -> bool:
            waiting = _WAITING.search(text) is not None or (text.isascii() and " cho " in padded)
            return _denies(padded, text) or _is_pending(padded) or waiting

        kept = _contained(spelled, expanded, key(text))
        meant = {spelled[hit] for hit in kept}
        if len(meant) == 1:
            words = expanded.split()
            explained = {at + i for hit in kept for at in _places(hit.split(), words) for i in range(len(hit.split()))}  # hits may overlap
            rest = f" {' '.join('·' if i in explained else word for i, word in enumerate(words))} "
            covered = len(explained) / len(words)
            return None if (denies(rest) and deniable) or covered < least else meant.pop()
        if meant:
            rest = _PAPER.sub("", expanded)
            if rest != expanded and len(bare_meant := {spelled[hit] for hit in _contained(spelled, rest, key(text))}) == 1:
                return None if denies(f" {rest} ") and deniable else bare_meant.pop()  # "Chứng nhận hữu cơ PGS"
            # "bồi dưỡng kỹ năng quản lý": the code that is spelled with all of them
            whole = {spelled[s] for s in spelled if all(f" {hit} " in f" {s} " for hit in kept)}
            return whole.pop() if len(whole) == 1 and not (denies(f" {expanded} ") and deniable) else None
        if len(folded) >= 8:  # in short words one letter is another word: H.Quốc is not T.Quốc
            near = {code for s, code in spelled.items() if s[:1] == folded[0] and len(s) >= 8 and is_slip(folded, s)}
            if len(near) == 1:
                return near.pop()
        return None

    def choices_of(self, name: str, near: Collection[str] = ()) -> str:
        """The labels of a list for an issue; `near`: the codes that the value may be, named once more."""
        labels = {entry.code: entry.label_vi for entry in codelist(name)}
        listed = ", ".join(labels.values())
        return f"{listed}; gần nhất: {' hoặc '.join(f'“{labels[code]}”' for code in near)}" if near else listed

    # ---- places

    def read_district(self, text: str) -> str | None:
        """The GSO code of the district-level unit that a text names."""
        if text not in self._districts:
            self._districts[text] = self._areas.find_district(text)
        return self._districts[text]

    def is_nearly_district(self, text: str, district: str) -> bool:
        """Whether a text misses the name of a district-level unit by one letter that is not its first."""
        return self._areas.is_nearly_district(text, district)

    def read_commune(self, text: str, district: str | None, on: date | None) -> str | None:
        """The GSO code of the commune that a text names, of the units in force on a day; None where it is unknown or not unique."""
        new = on is not None and on >= UNITS_CHANGED_ON
        known = (text, district, new)
        if known not in self._communes:
            if len(self._communes) > 50_000:
                self._communes.clear()
            self._communes[known] = self._areas.find_commune(text, district, new)
        return self._communes[known]

    def district_places(self) -> frozenset[str]:
        return self._areas.names


class _Areas:
    """Names of districts and communes by what districts type for them."""

    def __init__(self, units: tuple[Area, ...]) -> None:
        self._districts: dict[str, str] = {}
        self._exact: dict[bool, dict[str, set[tuple[str, str]]]] = {False: defaultdict(set), True: defaultdict(set)}
        self._folded: dict[bool, dict[str, set[tuple[str, str]]]] = {False: defaultdict(set), True: defaultdict(set)}
        names: set[str] = set()
        for unit in units:
            bare = LEVEL.sub("", unit.name)
            if unit.level == "district":
                names.add(bare)
                for text in (unit.name, bare, unit.code, *unit.spellings):
                    self._districts.setdefault(fold(text), unit.code)
            elif unit.level == "commune":
                new = unit.valid_from is not None and unit.valid_from >= UNITS_CHANGED_ON
                names.add(bare)
                for text in (bare, *(LEVEL.sub("", s) for s in unit.spellings)):
                    self._exact[new][key(text)].add((unit.code, unit.parent))
                    self._folded[new][fold(text)].add((unit.code, unit.parent))
        self.names = frozenset(names)

    def find_district(self, text: str) -> str | None:
        folded = fold(text)
        if folded in self._districts:
            return self._districts[folded]
        bare = re.sub(r"^(?:ubnd|uy ban nhan dan|phong [a-z ]*?) (?=huyen|thanh pho|tp|h )", "", folded)
        bare = re.sub(r"^(?:\d+|[ivx]+|[a-z])\s+(?=huyen|thanh pho|tp|h )", "", bare)
        if bare in self._districts:
            return self._districts[bare]
        bare = re.sub(r"^(?:huyen|h|ubnd|thi xa)\s+", "", bare)
        if bare in self._districts:
            return self._districts[bare]
        named = re.search(r"\b(?:huyen|thanh pho|tp)\s+(.+)$", folded)
        if named:
            return self._districts.get(named.group(1)) or self._districts.get(f"tp {named.group(1)}")
        short = re.fullmatch(r"(?:h )?([a-z]) ([a-z]{3,})", folded)  # "L.Thủy"
        if short:
            meant = {code for name, code in self._districts.items() if re.fullmatch(rf"{short.group(1)}[a-z]+ {short.group(2)}", name)}
            return meant.pop() if len(meant) == 1 else None
        return None

    def is_nearly_district(self, text: str, district: str) -> bool:
        bare = fold(LEVEL.sub("", text.strip()))
        return any(
            code == district and name[:1] == bare[:1] and len(name) >= 6 and is_slip(bare, name) for name, code in self._districts.items()
        )

    def find_commune(self, text: str, district: str | None, new: bool) -> str | None:
        parts = [part.strip() for part in re.split(r"[,;\-–]|\s{3,}", text) if part.strip()]
        marked = [part for part in parts if re.match(r"(?:xã|x\.|phường|p\.|thị trấn|tt\.?)\s*\S", part, re.I)]
        inner = re.search(r"\b(?:xã|phường|thị trấn)\s+([^,;()]+)", text, re.I)
        candidates = [*marked, *([inner.group(1)] if inner else []), text, *parts]
        for candidate in candidates:
            bare = LEVEL.sub("", candidate.strip())
            if bare.isascii():
                bare = re.sub(r"^(?:xa|phuong|thi tran)\s+", "", bare, flags=re.I)
            for table, reduced in ((self._exact[new], key(bare)), (self._folded[new], fold(bare))):
                found = table.get(reduced, set())
                codes = {code for code, parent in found if new or district is None or parent == district}
                if len(codes) == 1:
                    return codes.pop()
        return None
