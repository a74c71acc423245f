"""Text of a cell: what was typed, free of encoding damage and invisible characters, and keys to compare it by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

__all__ = [
    "clean",
    "detect_encoding",
    "encode_tcvn3",
    "encode_vni",
    "fold",
    "is_damaged",
    "is_slip",
    "is_syllable",
    "key",
    "repair",
    "strip_accents",
]

# --- Vietnamese letters --------------------------------------------------------------------------------------------

_TONES: Final = "\u0300\u0301\u0309\u0303\u0323"  # huyền sắc hỏi ngã nặng
_VOWELS: Final = "aăâeêioôơuưy"

_SPLIT: Final[dict[str, tuple[str, str]]] = {}  # lower-case toned vowel -> (vowel without tone, tone)
_JOIN: Final[dict[tuple[str, str], str]] = {}
for _vowel in _VOWELS:
    for _tone in _TONES:
        _letter = unicodedata.normalize("NFC", _vowel + _tone)
        _SPLIT[_letter] = (_vowel, _tone)
        _JOIN[(_vowel, _tone)] = _letter
_TONED: Final = "".join(_SPLIT)
_LETTERS: Final = "".join(sorted(set(_VOWELS + _TONED + "đbcdghklmnpqrstvx")))

_BARE: Final = str.maketrans(
    {
        letter: unicodedata.normalize("NFD", letter)[0].replace("đ", "d").replace("Đ", "D")
        for base in _VOWELS + _TONED + "đ"
        for letter in (base, base.upper())
    }
)

# --- Syllables: onset + rhyme + tone -------------------------------------------------------------------------------

_ONSETS: Final = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
_RHYMES: Final = (
    "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây "
    "e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu "
    "o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong "
    "op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm "
    "uôn uông uôp uôt uơ up ut uy uya uych uyên uyêt uyn uynh uyp uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương "
    "ươp ươt ươu ưt ưu y yên yêm yêng yêt yêu"
)
_Y_ONSETS: Final = frozenset({"", "h", "k", "l", "m", "s", "t", "v", "qu"})


def _list_syllables() -> frozenset[str]:
    found: set[str] = set()
    for rhyme in _RHYMES.split():
        if rhyme[0] != "y" or len(rhyme) == 1:
            found.update(onset + rhyme for onset in _ONSETS.split() if rhyme != "y" or onset in _Y_ONSETS)
        found.add(rhyme)
        if rhyme == "ê":  # giếng, giêm: the i of gi belongs to the rhyme iê
            found.update("gi" + tail for tail in ("êng", "êc", "êt", "êm", "ên", "êp", "êu"))
    found.update("qu" + tail for tail in ("ynh", "yt", "yên", "yêt", "ych", "yn", "ênh", "êch", "eo", "en", "et"))
    found.update("gi" + tail for tail in ("n", "m", "p", "t", "u", ""))  # gìn, gì
    return frozenset(found)


_SYLLABLES: Final = _list_syllables()
_PARTS: Final = re.compile(
    r"(qu(?=[aăâeêioôơy])|gi(?=[aăâeêioôơuưy])|ngh|ch|gh|kh|ng|nh|ph|th|tr|[bcdđghklmnpqrstvx])?"
    r"([aăâeêioôơuưy]{1,3})(ch|ng|nh|[cmnpt])?"
)


def _tone_place(vowels: str, coda: str) -> int:
    """Where the tone of a syllable stands, old style: hòa, thủy, khỏe, but toàn, khuyên, quý."""
    for place in range(len(vowels) - 1, -1, -1):
        if vowels[place] in "ăâêôơư":
            return place
    if coda:
        return len(vowels) - 1
    return 1 if len(vowels) == 3 else 0


def _take_tone(word: str) -> tuple[str, str, int]:
    """The lower-case word without its tone, the tone, its place; ("", "", -1) where a word has two tones."""
    tone, place = "", -1
    letters: list[str] = []
    for index, letter in enumerate(word):
        split = _SPLIT.get(letter)
        if split is None:
            letters.append(letter)
            continue
        if tone:
            return "", "", -1
        letters.append(split[0])
        tone, place = split[1], index
    return "".join(letters), tone, place


@lru_cache(maxsize=65536)
def is_syllable(word: str) -> bool:
    """Whether a word is a possible Vietnamese syllable, its tone in its place (old or new style)."""
    bare, tone, place = _take_tone(word.lower())
    if bare not in _SYLLABLES:
        return False
    if not tone:
        # a syllable that ends in a stop always has a tone
        return not bare.endswith(("c", "ch", "p", "t"))
    parts = _PARTS.fullmatch(bare)
    if parts is None:
        return False
    onset, vowels, coda = parts.group(1) or "", parts.group(2), parts.group(3) or ""
    if coda in ("c", "ch", "p", "t") and tone not in "\u0301\u0323":
        return False
    offset = place - len(onset)
    if offset == _tone_place(vowels, coda):
        return True
    return not coda and vowels in ("oa", "oe", "uy") and offset == 1


# --- Legacy encodings ----------------------------------------------------------------------------------------------

# TCVN 5712-3 ("ABC", fonts .Vn…), as its bytes look when read as cp1252. It has no accented capitals: the font
# .VnTimeH draws them. U+00AD, which cleaning removes elsewhere, is its ư.
_TCVN3_BYTES: Final = "¡¢£¤¥¦§¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ"
_TCVN3_LETTERS: Final = "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
_TCVN3: Final = str.maketrans(dict(zip(_TCVN3_BYTES, _TCVN3_LETTERS, strict=True)))
_TCVN3_BACK: Final = dict(zip(_TCVN3_LETTERS, _TCVN3_BYTES, strict=True))


def _list_vni() -> dict[str, str]:
    """VNI-Windows: a base letter followed by a mark, each also alone in the range of Latin-1."""
    table = {"ñ": "đ", "ô": "ơ", "ö": "ư", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
    tones = dict(zip("øùûõï", _TONES, strict=True))
    for base, vowel in (("a", "a"), ("e", "e"), ("o", "o"), ("u", "u"), ("y", "y"), ("ô", "ơ"), ("ö", "ư")):
        for mark, tone in tones.items():
            if (vowel, mark) != ("y", "ï"):
                table[base + mark] = _JOIN[(vowel, tone)]
    for base, vowel in (("a", "â"), ("e", "ê"), ("o", "ô")):
        table[base + "â"] = vowel
        for mark, tone in zip("àáåãä", _TONES, strict=True):
            table[base + mark] = _JOIN[(vowel, tone)]
    table["aê"] = "ă"
    for mark, tone in zip("èéúüë", _TONES, strict=True):
        table["a" + mark] = _JOIN[("ă", tone)]
    return table


_VNI: Final = _list_vni()
_VNI_BACK: Final = {letter: code for code, letter in _VNI.items()}
_VNI_CODE: Final = re.compile("|".join(sorted((re.escape(code) for code in _VNI), key=len, reverse=True)), re.IGNORECASE)


def encode_tcvn3(text: str) -> str:
    """Vietnamese as a TCVN3 document would hold it; capitals with a tone lose their size, as they do there."""
    return "".join(_TCVN3_BACK.get(letter) or _TCVN3_BACK.get(letter.lower()) or letter for letter in text)


def encode_vni(text: str) -> str:
    """Vietnamese as a VNI-Windows document would hold it."""
    out: list[str] = []
    for letter in text:
        code = _VNI_BACK.get(letter.lower())
        out.append(letter if code is None else code if letter.islower() else code.upper())
    return "".join(out)


def _decode_tcvn3(text: str) -> str:
    return text.translate(_TCVN3)


def _decode_vni(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        code = match.group()
        letter = _VNI[code.lower()]
        return letter.upper() if code[0].isupper() else letter

    return _VNI_CODE.sub(replace, text)


_MOJIBAKE: Final = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u02dc\u2013-\u2122]|Ã ")


def _decode_utf8(text: str) -> str | None:
    """UTF-8 that was read as cp1252; None where the text is not that."""
    if not _MOJIBAKE.search(text):
        return None
    for attempt in (text, text.replace("Ã ", "Ã\u00a0")):  # à ends in a byte that is NBSP, and NBSP is often lost
        raw = bytearray()
        for letter in attempt:
            code = ord(letter)
            # also 81, 8D, 8F, 90, 9D, which cp1252 leaves open, and what was read as latin-1
            if code <= 0xFF:
                raw.append(code)
                continue
            try:
                raw += letter.encode("cp1252")
            except UnicodeEncodeError:
                return None
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            continue
    return None


_UNICODE_ONLY: Final = re.compile("[\u1ea0-\u1ef9ăĂơƠưƯđĐĩĨũŨ\u0300-\u0309\u0323]")
_TCVN3_MARK: Final = re.compile("[" + re.escape(_TCVN3_BYTES) + "]")
_VNI_MARK: Final = re.compile("[ñôöíìæóòîøùûõïâàáåãäêèéúüë]", re.IGNORECASE)
_VNI_SURE: Final = re.compile("[ñôöíìæóòîøùûõâàáåãäêèéúü]", re.IGNORECASE)
_WORD_BREAK: Final = re.compile(r"[\s\x00-\x26\x28-\x40\x5b-\x60\x7b-\x7f\u00a0\u2010-\u2026]+")
_MICRO: Final = frozenset({"µm", "µg", "µl", "µs", "¹", "²", "³"})  # would be syllables in TCVN3
_LEGACY: Final = {"TCVN3": (_TCVN3_MARK, _decode_tcvn3), "VNI": (_VNI_MARK, _decode_vni)}


def _score(text: str, encoding: str) -> tuple[int, int, int]:
    """Of the words that the encoding would change: how many, how many are syllables as they stand, and decoded."""
    mark, decode = _LEGACY[encoding]
    words = raw = decoded = 0
    for word in _WORD_BREAK.split(text):
        if word and mark.search(word) and word not in _MICRO:
            words += 1
            raw += is_syllable(word)
            decoded += is_syllable(decode(word))
    return words, raw, decoded


def _pick_encoding(texts: Sequence[str]) -> str | None:
    totals = {name: [0, 0, 0] for name in _LEGACY}
    for text in texts:
        if text.isascii() or _UNICODE_ONLY.search(text):
            continue
        for name, total in totals.items():
            for index, count in enumerate(_score(text, name)):
                total[index] += count
    best: tuple[int, str] | None = None
    for name, (words, raw, decoded) in totals.items():
        if name == "VNI" and not any(_VNI_SURE.search(text) for text in texts):
            continue  # a diaeresis alone is rather French: "Thaï"
        # Nearly every word that changes must become a syllable: French and English words do not.
        if decoded > raw and decoded * 5 >= words * 4 and (best is None or decoded - raw > best[0]):
            best = (decoded - raw, name)
    return best[1] if best else None


def _font_encoding(font: str | None) -> str | None:
    if not font:
        return None
    name = font.strip().lower()
    if name.startswith("vni"):
        return "VNI"
    return "TCVN3" if name.startswith((".vn", "vn")) else None


def detect_encoding(texts: Sequence[str], font: str | None = None) -> str | None:
    """The legacy encoding of a whole column ("TCVN3", "VNI", "UTF-8" read as cp1252), or None."""
    odd = [text for text in texts if not text.isascii()]
    if not odd:
        return None
    named = _font_encoding(font)
    if named is not None:
        # A font lies where somebody pasted Unicode into its cells: then no cell is left that it could be true of.
        mark = _LEGACY[named][0]
        candidates = [text for text in odd if not _UNICODE_ONLY.search(text) and mark.search(text)]
        scores = [_score(text, named) for text in candidates]
        better = sum(decoded for _, _, decoded in scores) >= sum(raw for _, raw, _ in scores)
        return named if candidates and better else None
    mojibake = sum(_decode_utf8(text) is not None for text in odd)
    if mojibake * 2 > len(odd):
        return "UTF-8"
    return _pick_encoding(odd)


def gain(texts: Iterable[str], encoding: str) -> int:
    """How many more words of some texts are syllables once decoded than as they stand; less than 0 where they cannot be in that encoding."""
    scores = [_score(text, encoding) for text in texts if not text.isascii() and not _UNICODE_ONLY.search(text)]
    words, raw, decoded = (sum(score[i] for score in scores) for i in range(3))
    return decoded - raw if words and decoded * 5 >= words * 4 else -1


def repair(s: str, encoding: str | None = None, font: str | None = None) -> tuple[str, str | None]:
    """The text decoded, and what it was encoded in; unchanged and None where it was sound. `encoding` of its column."""
    if s.isascii():
        return (s.upper(), "TCVN3") if encoding == "TCVN3" and _draws_capitals(font) and s != s.upper() else (s, None)
    if encoding is None:
        return _repair_alone(s, font)
    if encoding == "UTF-8":
        text = _decode_utf8(s)
        return (s, None) if text is None else (text, "UTF-8")
    if _UNICODE_ONLY.search(s):
        return s, None
    mark, decode = _LEGACY[encoding]
    if not mark.search(s):
        return s, None
    words, raw, decoded = _score(s, encoding)
    if words and raw > decoded:
        return s, None
    text = decode(s)
    return (text.upper() if _draws_capitals(font) else text), encoding


@lru_cache(maxsize=16384)
def _repair_alone(s: str, font: str | None) -> tuple[str, str | None]:
    text = _decode_utf8(s)
    if text is not None:
        again = _decode_utf8(text)  # saved wrongly twice
        return (text if again is None else again), "UTF-8"
    found = detect_encoding([s], font)
    return repair(s, found, font) if found in _LEGACY else (s, None)


def _draws_capitals(font: str | None) -> bool:
    return bool(font) and font is not None and font.strip().lower().startswith((".vn", "vn")) and font.endswith("H")


def is_damaged(s: str) -> bool:
    """Whether a text holds legacy or broken encoding: repairable, or lost for good (U+FFFD)."""
    return not s.isascii() and ("\ufffd" in s or repair(s)[1] is not None)


# --- Cleaning ------------------------------------------------------------------------------------------------------

_DROPPED: Final = (
    [0x00AD, 0x061C, 0x180E, 0xFEFF, 0xFFFC]
    + list(range(0x200B, 0x2010))
    + list(range(0x202A, 0x202F))
    + list(range(0x2060, 0x2070))
    + list(range(0xFE00, 0xFE10))
    + [code for code in [*range(0x20), *range(0x7F, 0xA0)] if not chr(code).isspace()]
)
_MAPPED: Final = {
    **dict.fromkeys(_DROPPED, None),
    ord("ð"): "đ",
    ord("Ð"): "Đ",
    0x0189: "Đ",
    0x0256: "đ",
    0x00B5: "μ",
    0x3000: " ",
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
}
_LOOK_ALIKE: Final = dict(
    zip(
        "АВЕКМНОРСТУХЅІЈаеорсухіјѕԁһ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
        "ABEKMHOPCTYXSIJaeopcyxijsdh" + "ABEZHIKMNOPTYXo",
        strict=True,
    )
)
_FOREIGN: Final = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_FOREIGN_WORD: Final = re.compile(r"[^\W\d_]*[\u0370-\u03ff\u0400-\u052f][^\W\d_]*")
_LATIN: Final = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_ESCAPED: Final = re.compile("_x000[9AaDd]_")
# A tone typed before the circumflex or breve does not compose: a + acute + circumflex.
_LATE_MARK: Final = re.compile("([\u0300\u0301\u0303\u0309])([\u0302\u0306])")


def _make_latin(match: re.Match[str]) -> str:
    word = match.group()
    text = "".join(_LOOK_ALIKE.get(letter, letter) for letter in word)
    return word if _FOREIGN.search(text) else text


@lru_cache(maxsize=65536)
def clean(s: str) -> str:
    """NFC, without invisible and look-alike characters, one blank between words. Only after decoding: see `repair`."""
    if "_x000" in s:
        s = _ESCAPED.sub(" ", s)
    if not s.isascii():
        s = unicodedata.normalize("NFC", s)
        if "\u0302" in s or "\u0306" in s:
            s = unicodedata.normalize("NFC", _LATE_MARK.sub(r"\2\1", unicodedata.normalize("NFD", s)))
        s = s.translate(_MAPPED)
        if _FOREIGN.search(s) and _LATIN.search(s):
            s = _FOREIGN_WORD.sub(_make_latin, s)
        if not unicodedata.is_normalized("NFC", s):  # what was dropped may have kept a mark from its letter
            s = unicodedata.normalize("NFC", s)
    elif not s.isprintable():
        s = s.translate(_MAPPED)
    return " ".join(s.split())


def has_look_alikes(s: str) -> bool:
    """Whether letters of other alphabets stand among Latin ones where only Latin can be meant: "НТХ" typed in Cyrillic."""
    if s.isascii() or not _FOREIGN.search(s) or not _LATIN.search(s):
        return False
    return any(_make_latin(match) != match.group() for match in _FOREIGN_WORD.finditer(s))


# --- Keys ----------------------------------------------------------------------------------------------------------

_BREAKS: Final = re.compile(r"[\W_]+")
# Mỹ/Mĩ, kỹ/kĩ, công ty/ti, lý/lí, hy/hi, sỹ/sĩ, quý/quí, quýt/quít: y is the only vowel, or follows qu.
_ENDING_Y: Final = re.compile(r"(h|k|l|m|t|s|qu)([yỳýỷỹỵ])|(qu)([yỳýỷỹỵ])(nh|ch|t|n)")
_Y_TO_I: Final = dict(zip("yỳýỷỹỵ", "iìíỉĩị", strict=True))


def _place_tone(word: str) -> str:
    bare, tone, place = _take_tone(word)
    parts = _PARTS.fullmatch(bare) if tone else None
    if parts is None:
        return word
    onset, vowels, coda = parts.group(1) or "", parts.group(2), parts.group(3) or ""
    wanted = len(onset) + _tone_place(vowels, coda)
    if wanted == place:
        return word
    return bare[:wanted] + _JOIN[(bare[wanted], tone)] + bare[wanted + 1 :]


@lru_cache(maxsize=32768)
def _key_word(word: str) -> str:
    """One case-folded word: its tone in the old place, its y as i."""
    if not word.isascii():
        word = _place_tone(word)
    ending = _ENDING_Y.fullmatch(word)
    if ending is None:
        return word
    return "".join(_Y_TO_I.get(part, part) for part in ending.groups() if part)


@lru_cache(maxsize=65536)
def key(s: str) -> str:
    """The key that spelling variants share: case, blanks, punctuation, tone placement and i/y; accents stay."""
    return " ".join(map(_key_word, _BREAKS.sub(" ", clean(s).casefold()).split()))


def strip_accents(s: str) -> str:
    """The text without accents, đ as d; everything else stays."""
    if s.isascii():
        return s
    text = s.translate(_BARE)
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


@lru_cache(maxsize=65536)
def fold(s: str) -> str:
    """The key without accents: for finding, never for telling names apart."""
    return strip_accents(key(s))


def is_slip(typed: str, meant: str) -> bool:
    """Whether two words are one slip of the pen apart at most: a letter left out, added or exchanged, or two neighbours swapped."""
    short, long = sorted((typed, meant), key=len)
    if len(long) - len(short) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if short[same:] == long[same + 1 :] or short[same + 1 :] == long[same + 1 :]:
        return True
    return short[same : same + 2] == long[same : same + 2][::-1] and short[same + 2 :] == long[same + 2 :]
