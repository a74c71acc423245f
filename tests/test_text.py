"""Reading text: damage repaired, nothing sound changed, keys equal for spelling variants only."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import DamerauLevenshtein

from coop_pipeline.intake.text import (
    clean,
    detect_encoding,
    encode_tcvn3,
    encode_vni,
    fold,
    is_damaged,
    is_slip,
    is_syllable,
    key,
    repair,
)

SENTENCES = [
    "Hợp tác xã nông nghiệp hữu cơ Lương Sơn",
    "Nguyễn Thị Hồng",
    "Danh sách các hợp tác xã được cấp giấy chứng nhận đủ điều kiện an toàn thực phẩm",
    "Quỹ tín dụng nhân dân thị trấn Vụ Bản, huyện Lạc Sơn",
    "Vườn ươm giống cây khuya khoắt, tuýp thuốc, quạt điện, giếng khoan, gìn giữ, khuỷu tay",
    "Tổng dư nợ đến ngày 31/12/2021 là 24.936 triệu đồng",
    "Mẫu đất ruộng ở xóm Nghẹ, rượu cần, chuyến xe, thuở xưa, quyển sổ, ngoằn ngoèo, ngoắt ngoéo",
]
SOUND = [
    *SENTENCES,
    "Hà Nam",
    "Lê Văn Tám",
    "café crème",
    "São Paulo",
    "résumé",
    "Müller & Söhne GmbH",
    "Thaï",
    "Noël",
    "hôtel de la gare",
    "Crédit Agricole",
    "VietGAP m² °C ½ «a»",
    "hoà bình",
    "Tây Bắc",
    "là gì",
    "HTX 3T",
    "5 µm ± 2 %",
]


def test_repairs_documented_examples() -> None:
    assert repair("NguyÔn ThÞ Hång") == ("Nguyễn Thị Hồng", "TCVN3")
    assert repair("Hîp t¸c x· n«ng nghiÖp h÷u c¬ L\u00ad¬ng S¬n") == (
        "Hợp tác xã nông nghiệp hữu cơ Lương Sơn",
        "TCVN3",
    )
    assert repair("Tieáng Vieät") == ("Tiếng Việt", "VNI")
    assert repair("Há»£p tÃ¡c xÃ£") == ("Hợp tác xã", "UTF-8")
    assert repair("tÃ ") == ("tà", "UTF-8")
    assert repair("¸nh", "TCVN3", ".VnTimeH") == ("ÁNH", "TCVN3")


@pytest.mark.parametrize("text", SOUND)
def test_sound_text_is_never_changed(text: str) -> None:
    assert repair(text) == (text, None)
    assert not is_damaged(text)
    assert detect_encoding([text, text]) is None


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("encoding", ["TCVN3", "VNI", "UTF-8"])
def test_round_trip(text: str, encoding: str) -> None:
    broken = {
        "TCVN3": encode_tcvn3(text.lower()),
        "VNI": encode_vni(text),
        "UTF-8": "".join(chr(byte) for byte in text.encode()),
    }[encoding]
    expected = text.lower() if encoding == "TCVN3" else text
    assert repair(broken) == (expected, encoding)
    assert repair(broken, encoding) == (expected, encoding)
    assert is_damaged(broken)


def test_column_decides_together() -> None:
    column = [encode_tcvn3(word) for word in ("hồng", "lê", "nam", "bình", "hòa bình", "thủy")]
    assert detect_encoding(column) == "TCVN3"
    assert repair(column[1], "TCVN3") == ("lê", "TCVN3")
    assert detect_encoding(["Lê", "Hà", "Tân"]) is None
    assert detect_encoding([encode_vni("Tiếng Việt"), "Nam"], "VNI-Times") == "VNI"
    assert detect_encoding(["Hîp t¸c x·"], ".VnTime") == "TCVN3"
    assert detect_encoding(["Hợp tác xã"], ".VnTime") is None
    assert detect_encoding(["abc"], ".VnTime") is None
    assert repair("Hợp tác xã", "TCVN3") == ("Hợp tác xã", None)


WORDS = sorted({word for sentence in SENTENCES for word in sentence.lower().split() if word.isalpha()})


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8))
def test_round_trip_of_any_words(words: list[str]) -> None:
    text = " ".join(words)
    assert repair(text)[1] is None
    for encode, name in ((encode_tcvn3, "TCVN3"), (encode_vni, "VNI")):
        broken = encode(text)
        if broken != text:
            assert repair(broken, name)[0] == text


def test_every_word_of_the_sentences_is_a_syllable() -> None:
    assert [word for word in WORDS if not is_syllable(word.strip(","))] == []
    for word in ("hîp", "htx", "café", "tàp", "toàc", "thaù", "world"):
        assert not is_syllable(word), word


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("  Mã \nsố\tthuế ", "Mã số thuế"),
        ("Xã\u00a0Nhân\u2003Mỹ ", "Xã Nhân Mỹ"),
        ("\ufeffHTX\u200b \u00adSơn", "HTX Sơn"),
        ("ðồng Ðà", "đồng Đà"),
        (unicodedata.normalize("NFD", "Hợp tác xã"), "Hợp tác xã"),
        ("НТХ Sоn", "HTX Son"),  # Cyrillic letters
        ("Москва", "Москва"),
        ("ＨＴＸ １２", "HTX 12"),
        ("a_x000D_b", "a b"),
        ("a\u0301\u0302y", "ấy"),
        ("m²", "m²"),
        ("", ""),
    ],
)
def test_clean(typed: str, expected: str) -> None:
    assert clean(typed) == expected


@given(st.text())
def test_clean_is_stable_and_never_raises(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert key(text) == key(once)
    assert fold(text) == fold(once)
    repair(text)
    is_damaged(text)
    detect_encoding([text, text])


@pytest.mark.parametrize(
    "variants",
    [
        ("Hoà Bình", "Hòa Bình", "HÒA BÌNH", "hòa  bình", "Hòa-Bình"),
        ("Thuỷ", "Thủy"),
        ("khoẻ", "khỏe"),
        ("uỷ ban", "Ủy ban", "ỦY BAN"),
        ("quý", "quí", "QUÝ"),
        ("toàn", "tòan"),
        ("Mỹ Tân", "Mĩ Tân"),
        ("kỹ thuật", "kĩ thuật"),
        ("công ty", "công ti"),
        ("lý", "lí"),
        ("giá", "gía"),
        ("quả quýt", "quả quít"),
    ],
)
def test_key_joins_variants(variants: tuple[str, ...]) -> None:
    assert len({key(variant) for variant in variants}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Thanh Sơn", "Thành Sơn"),
        ("tay", "tai"),
        ("thúy", "thúi"),
        ("Văn", "Vân"),
        ("đa", "da"),
        ("Hòa Tiến 1", "Hòa Tiến 2"),
    ],
)
def test_key_keeps_words_apart(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_key_places_tones() -> None:
    assert key("Hoà toàn thuỷ quý giá khuỷu hoặc Quốc Gìn giữa Hoàng Kiều") == ("hòa toàn thủy quí giá khuỷu hoặc quốc gìn giữa hoàng kiều")
    assert fold("Đồng Sương – Hoà") == "dong suong hoa"


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
def test_a_slip_is_one_edit(typed: str, meant: str) -> None:
    assert is_slip(typed, meant) == (DamerauLevenshtein.distance(typed, meant) <= 1)
