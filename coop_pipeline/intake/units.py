"""Units of measure: found in a phrase, in a header, in the unit line of a sheet."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Final

from coop_pipeline.intake.text import clean, fold, strip_accents

__all__ = ["UNITS", "Unit", "find_unit", "find_units", "recast", "split_unit"]


@dataclass(frozen=True, slots=True)
class Unit:
    """value × factor is the value in the stored unit of the dimension: VND, ha, t, ratio, ratio a year, VND a month."""

    code: str
    dimension: str
    factor: Decimal
    label_vi: str
    label_en: str
    spellings: tuple[str, ...]

    def __hash__(self) -> int:
        return hash(self.code)  # units key the caches of the cell readers: the spellings need no hashing


def _load_units() -> dict[str, Unit]:
    source = files("coop_pipeline") / "forms" / "codelists" / "units.csv"
    with source.open(encoding="utf-8") as file:
        return {
            row["code"]: Unit(
                code=row["code"],
                dimension=row["dimension"],
                factor=Decimal(row["factor"]),
                label_vi=row["label_vi"],
                label_en=row["label_en"],
                spellings=tuple(row["spellings"].split("|")),
            )
            for row in csv.DictReader(file)
        }


UNITS: Final[dict[str, Unit]] = _load_units()

_LOOSE: Final = re.compile(r"[\s.,_\-]+")


def _phrase(text: str) -> str:
    """What spelling variants of a unit share: "Tr. Đ", "tr.đ" and "trđ"; "1.000 đồng" and "1000đồng"."""
    loose = _LOOSE.sub("", clean(text).casefold())
    return loose.replace("²", "2").replace("³", "3").replace("tỉ", "tỷ").replace("ngàn", "nghìn").replace("\\", "/")


def _index() -> tuple[dict[str, Unit], dict[str, Unit]]:
    exact: dict[str, Unit] = {}
    bare: dict[str, Unit | None] = {}
    for unit in UNITS.values():
        for spelling in unit.spellings:
            phrase = _phrase(spelling)
            if exact.setdefault(phrase, unit) is not unit:
                raise ValueError(f"units.csv: spelling {spelling!r} stands for {exact[phrase].code} and {unit.code}")
            without = strip_accents(phrase)
            bare[without] = None if bare.get(without, unit) is not unit else unit
    # "d", "ty" alone are too short to be sure of without their accents
    return exact, {k: unit for k, unit in bare.items() if unit is not None and (len(k) > 1 or k in exact)}


_EXACT, _BARE = _index()

_LEAD: Final = re.compile(
    r"^(?:đvt|đv\s*tính|đ/v\s*tính|đ\.v\.t|đơn\s+vị\s+tính|đơn\s+vị|dvt|don\s+vi\s+tinh|tính\s+bằng|tính\s+theo|unit)"
    r"\s*[:：=.\-–]*\s*",
    re.IGNORECASE,
)


@lru_cache(maxsize=16384)
def find_unit(text: str) -> Unit | None:
    """The unit that a phrase names, the whole phrase and nothing else: "tr.đ", "1.000 đồng", "%/tháng"."""
    if len(text) > 60:
        return None
    phrase = _phrase(text)
    unit = _EXACT.get(phrase)
    if unit is None and phrase.isascii():
        unit = _BARE.get(phrase)
    if unit is None and phrase[:1] in "([{" and phrase[-1:] in ")]}" and len(phrase) > 2:
        unit = find_unit(clean(text)[1:-1])
    if unit is None:
        rest = _LEAD.sub("", clean(text))
        if rest and rest != clean(text):
            return find_unit(rest)
    return unit


# A magnitude without a noun is money by custom ("tỷ"), a count where the column holds counts ("240 nghìn").
_MAGNITUDES: Final = {"thousand": "thousand_vnd", "million": "million_vnd", "billion": "billion_vnd"}
_COUNTS: Final = {money: count for count, money in _MAGNITUDES.items()}


def recast(unit: Unit, dimension: str) -> Unit:
    """The same magnitude in another dimension, where the unit named only a magnitude; else the unit itself.

    Also "%" in a column of rates (a year unless said otherwise), and money a month in a column of income.
    """
    if unit.dimension == dimension:
        return unit
    code: str | None = None
    if dimension == "money":
        code = _MAGNITUDES.get(unit.code)
    elif dimension == "count":
        code = _COUNTS.get(unit.code)
    elif dimension == "income" and unit.dimension == "money":
        code = unit.code + "_month"
    elif dimension == "income" and unit.code in _MAGNITUDES:
        code = _MAGNITUDES[unit.code] + "_month"
    elif dimension == "rate" and unit.code == "percent":
        code = "percent_year"
    return UNITS.get(code, unit) if code else unit


_BRACKET: Final = re.compile(r"\s*[(\[{]([^()\[\]{}]*)[)\]}]")
_UNCLOSED: Final = re.compile(r"\s*[(\[{]([^()\[\]{}]*)$")
_STATED: Final = re.compile(r"(?:^|[\s,;:\-–(/])(?:đvt|đv\s*tính|đơn\s+vị\s+tính|dvt|don\s+vi\s+tinh)\s*[:：=.\-–]*\s*(.+)$", re.IGNORECASE)
_DASHES: Final = frozenset("-–—:|_")
_DASHED: Final = re.compile(r"\s+[-–—:|]\s*|\s*[-–—:|]\s+|[_|:]")
_PERCENT: Final = re.compile(r"\s*(%|‰)\s*(?:(?:/|một|1|\s)*\s*(?:năm|tháng|nam|thang))?\s*$", re.IGNORECASE)
# Only what no header ends with by itself: "Số người", "Hợp đồng", "Hộ" are words, "triệu đồng", "ha" are units.
_TRAILING: Final = re.compile(
    r"\s+((?:1[.,]?000(?:[.,]?000)?|nghìn|ngàn|triệu|tr\.?|tỷ|tỉ|ng\.?)\s*(?:đồng|đ|vnđ|vnd|usd)"
    r"(?:\s*/\s*(?:người|lao động|lđ|htx))?(?:\s*/\s*(?:năm|tháng))?|trđ|vnđ|vnd|usd|ha|m2|m²|kg)\.?$",
    re.IGNORECASE,
)
# What is asked for by its unit: "Số tấn", "Bao nhiêu ha", "Số tạ bán ra"; not a yield ("số tấn/ha"). With its accents: "ta" is "we".
_COUNTED: Final = re.compile(r"\b(số|bao\s+nhiêu|mấy)\s+(tấn|tạ|yến|kg|ha|hecta|héc\s*ta|m2|m²|sào)(?!\s*/)(?![^\W\d_])", re.IGNORECASE)
_TIMES: Final = ("duration", "days")
# Outside brackets these are rather what the column is about: "Chủ thể - HTX", "Tên: sản phẩm".
_NOUNS: Final = frozenset({"cooperative", "piece", "code", "product", "event", "work", "process", "star"})
_AREA_WORD: Final = re.compile(r"dien tich|^dt\b|quy mo")
_MASS_WORD: Final = re.compile(r"luong\b|^sl\b|^kl\b")
_PIECES: Final = re.compile(r"[;|]|,(?!\d)|\s+[-–]\s+")


def _unit_among(inner: str) -> tuple[Unit, str] | None:
    """A unit in the words of a bracket, and what else stands there: "ha, năm 2021"."""
    unit = find_unit(inner)
    if unit is not None:
        return unit, ""
    pieces = [piece.strip() for piece in _PIECES.split(inner) if piece.strip()]
    if len(pieces) < 2:
        return None
    named = [(piece, found) for piece in pieces if (found := find_unit(piece)) is not None]
    # a bracket of words that are all units is an alternative ("tháng, năm"), not a statement
    if len(named) != 1 or named[0][1].dimension in ("count", "duration", "days"):
        return None
    return named[0][1], ", ".join(piece for piece in pieces if piece != named[0][0])


@lru_cache(maxsize=8192)
def split_unit(header: str) -> tuple[str, Unit | None]:
    """A header without its unit, and the unit: "Vốn điều lệ (tr.đ)" gives "Vốn điều lệ" and million dong."""
    text = clean(header)
    for match in reversed(list(_BRACKET.finditer(text))):
        among = _unit_among(match.group(1))
        if among is not None:
            kept = f" ({among[1]})" if among[1] else ""
            rest = text[: match.start()] + kept + text[match.end() :]
            return _tidy(rest), among[0]
    unclosed = _UNCLOSED.search(text)
    if unclosed and (unit := find_unit(unclosed.group(1))) is not None:
        return _tidy(text[: unclosed.start()]), unit
    stated = _STATED.search(text)
    if stated and (unit := find_unit(stated.group(1).rstrip(" )]"))) is not None:
        return _tidy(text[: stated.start()]), unit
    if stated and stated.start() == 0:
        return text, None
    percent = _PERCENT.search(text)
    if percent and percent.start() > 0 and (unit := find_unit(percent.group().strip())) is not None:
        return _tidy(text[: percent.start()]), unit
    for match in _DASHED.finditer(text) if not _DASHES.isdisjoint(text) else ():
        unit = find_unit(text[match.end() :])
        if unit is not None and match.start() > 0 and unit.dimension not in _TIMES and unit.code not in _NOUNS:
            return _tidy(text[: match.start()]), unit
    if "," in text or ";" in text:
        cut = max(text.rfind(", "), text.rfind(";"), text.rfind(","))
        unit = find_unit(text[cut + 1 :])
        if unit is not None and cut > 0 and unit.dimension not in ("count", "duration", "days", "roll", "length"):
            return _tidy(text[:cut]), unit
    if "/" in text:
        found = _split_slash(text)
        if found is not None:
            return found
    trailing = _TRAILING.search(text)
    if trailing and (unit := find_unit(trailing.group(1))) is not None:
        return _tidy(text[: trailing.start()]), unit
    counted = _COUNTED.search(text)
    if counted and (unit := find_unit(counted.group(2))) is not None:
        return _tidy(f"{text[: counted.start(2)].rstrip()} {text[counted.end() :]}"), unit
    if (unit := find_unit(text)) is not None and unit.dimension == "count" and unit.factor > 1:
        return text, unit  # "Nghìn tem" says what and how many at once
    return text, None


def _split_slash(text: str) -> tuple[str, Unit] | None:
    """ "Sản lượng/tấn" names a unit, "Năng suất/ha" and "Thu nhập/tháng" do not: there the slash means "per"."""
    start = 0
    while (cut := text.find("/", start)) >= 0:
        start = cut + 1
        head, unit = text[:cut].strip(), find_unit(text[start:])
        if unit is None or not head or find_unit(head) is not None:
            continue
        before = fold(head)
        if unit.dimension in ("money", "income", "ratio", "rate", "currency"):
            return _tidy(head), unit
        if unit.dimension == "area" and _AREA_WORD.search(before):
            return _tidy(head), unit
        if unit.dimension == "mass" and _MASS_WORD.search(before):
            return _tidy(head), unit
    return None


def _tidy(text: str) -> str:
    return clean(text).rstrip(" ,;:-–—|/_").lstrip(" ,;:–—|/")


_UNIT_LINE: Final = re.compile(
    r"(?:^|[\s(\[,;.:])(đơn\s+vị\s+tính|đvt|đv\s*tính|đ/v\s*tính|đ\.v\.t\.?|đơn\s+vị(?:\s+tiền)?|dvt|don\s+vi\s+tinh|don\s+vi)"
    r"\s*[:：=.\-–]*\s*(.+)$",
    re.IGNORECASE,
)
_BARE_UNIT_LINE: Final = re.compile(r"^\W*((?:số\s+)?tiền(?:\s+tệ)?|tính\s+bằng|tính\s+theo)\s*[:：]?\s*(.+?)\W*$", re.IGNORECASE)
_LIST: Final = re.compile(r"[;|&+]|,(?!\d)|\s+(?:và|va|hoặc)\s+|\s+[-–]\s+")


def find_units(line: str) -> list[Unit]:
    """The units that a unit line names: "Đơn vị tính: ha; triệu đồng". Empty where the line is none."""
    return list(_list_units(line))


@lru_cache(maxsize=4096)
def _list_units(line: str) -> tuple[Unit, ...]:
    if len(line) > 300:
        return ()
    match = _UNIT_LINE.search(clean(line)) or _BARE_UNIT_LINE.search(clean(line))
    if match is None:
        return ()
    certain = strip_accents(match.group(1).casefold()).endswith(("tinh", "dvt", "d.v.t", "d.v.t."))
    rest = match.group(2).strip()
    if rest[-1:] in ")]" and rest.count("(") < rest.count(")") + rest.count("]"):
        rest = rest[:-1]
    whole = find_unit(rest)
    if whole is not None:
        return (whole,)
    found: list[Unit] = []
    for piece in _LIST.split(rest):
        named = piece.rsplit(":", 1)[-1].strip(" ().")  # "diện tích: ha"
        if not named:
            continue
        units = [find_unit(named)]
        if units == [None] and "/" in named:
            units = [find_unit(part) for part in named.split("/")]
        if None in units and not certain:
            return ()  # "Đơn vị: UBND huyện …" names an office
        found.extend(unit for unit in units if unit is not None and unit not in found)
    return tuple(found)
