"""Names of co-operatives: spellings of one name are one, all others stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.vn import mst

from coop_pipeline.intake.names import check_tax_code, read_coop_name, registration_key, similar_reason

PLACES = frozenset({"Cao Phong", "xã Thanh Hối", "huyện Tân Lạc"})


@pytest.mark.parametrize(
    "variants",
    [
        (
            "HTX NN&DV Hòa Tiến",
            "Hợp tác xã Nông nghiệp và Dịch vụ Hòa Tiến",
            "HTX Dịch vụ nông nghiệp Hoà Tiến",
            "H.T.X NN-DV Hòa Tiến",
            "H.T.X. NN - DV Hòa Tiến",
            "HTXNN và DV Hòa Tiến",
            "HTXNN&DV Hòa Tiến",
            "HTX DVNN HÒA TIẾN",
            "htx nndv hòa tiến",
            "HỢP TÁC XÃ NÔNG NGHIỆP, DỊCH VỤ HÒA TIẾN",
            "HTX\u00a0NN +\u00a0DV  Hòa Tiến ",
            "1. HTX NN&DV Hòa Tiến",
            "HTX NN&DV Hòa Tiến, xã Thanh Hối",
            "HTX NN&DV Hòa Tiến xã Thanh Hối",
            "HTX NN&DV Hòa Tiến (xã Thanh Hối)",
            "HTX NN&DV Hòa Tiến - xã Thanh Hối, huyện Tân Lạc",
            "HTX NN&DV Hòa Tiến - Cao Phong",
            "HTX NN&DV Hòa Tiến – Thanh Hối",
            "HTX NN&DV Hòa Tiến (Cao Phong)",
            "HTX NN&DV Hòa Tiến TT. Bo",
            'HTX NN&DV "Hòa Tiến"',
        ),
        ("HTX Mỹ Tân", "HTX Mĩ Tân"),
        ("HTX DV nông, lâm nghiệp Tùng Dương", "HTX Dịch vụ nông lâm nghiệp Tùng Dương", "HTX DV NLN Tùng Dương"),
        ("HTX DV N-L nghiệp & DL bản Lác", "HTX du lịch và dịch vụ nông, lâm nghiệp bản Lác"),
        ("HTX SXKD TTCN Hà Phong", "Hợp tác xã sản xuất kinh doanh tiểu thủ công nghiệp Hà Phong"),
        ("LHHTX cam Cao Phong", "Liên hiệp HTX cam Cao Phong", "Liên hiệp hợp tác xã cam Cao Phong"),
        ("THT rau xóm Sung", "Tổ hợp tác rau xóm Sung", "Tổ HT rau xóm Sung"),
        ("QTDND Vụ Bản", "Quỹ tín dụng nhân dân Vụ Bản", "Quỹ TDND Vụ Bản"),
        ("HTX nông nghiệp xã Thanh Hối", "HTX NN Thanh Hối"),
        ("HTX An & Bình", "HTX An và Bình"),
        ("HTX CN - TTCN Hà Phong", "HTX công nghiệp và tiểu thủ công nghiệp Hà Phong"),
    ],
)
def test_spellings_of_one_name(variants: tuple[str, ...]) -> None:
    keys = {variant: read_coop_name(variant, PLACES).key for variant in variants}
    assert len(set(keys.values())) == 1, keys


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("HTX Thanh Sơn", "HTX Thành Sơn", "accents"),
        ("HTX Sông Bôi", "HTX Xông Bôi", "sound"),
        ("HTX Trung Giang", "HTX Chung Dang", "sound"),
        ("HTX Hòa Tiến 2", "HTX Hòa Tiến Hai", "sound"),
        ("HTX Hòa Tiến số 2", "HTX Hòa Tiến II", "sound"),
        ("HTX An_Bình", "HTX An-Bình", None),
        ("HTX Văn Sơn", "HTX Vân Sơn", "accents"),
        ("HTX Nông nghiệp Hà Phong", "HTX Hà Phong", "activity"),
        ("HTX NN Hà Phong", "HTX NN&DV Hà Phong", "activity"),
        ("HTX Hòa Tiến", "HTX Hòa Tiến 2", "suffix"),
        ("HTX Hòa Tiến 1", "HTX Hòa Tiến 2", "suffix"),
        ("HTX Hòa Tiến A", "HTX Hòa Tiến B", "suffix"),
        ("HTX An và Bình", "HTX An Bình", "connective"),
        ("HTX Tân Đại Đồng", "HTX Đại Đồng", "new"),
        ("HTX Đại Đồng mới", "HTX Đại Đồng", "new"),
        ("HTX Đại Đồng miền Bắc", "HTX Đại Đồng", "region"),
        ("HTX Đồng Sương", "HTX Đồng Sươn", "typo"),
        ("HTX Hương Nhượng", "HTX Hương Nhưỡng", "accents"),
        ("HTX Quyết Thắng", "HTX Quyết Thnắg", "typo"),
        ("THT Hà Phong", "HTX Hà Phong", "kind"),
        ("HTX Hà Phong", "HTX Đà Giang", None),
        ("THT Hà Phong", "HTX Hà Phon", None),
        ("HTX A", "HTX B", None),
    ],
)
def test_different_names(one: str, other: str, reason: str | None) -> None:
    a, b = read_coop_name(one), read_coop_name(other)
    assert a.key != b.key or reason is None
    assert similar_reason(a, b) == reason
    assert similar_reason(b, a) == reason
    assert similar_reason(a, a) is None


@pytest.mark.parametrize(
    ("text", "kind", "proper", "place"),
    [
        ("HTX nông sản 3T Cao Phong", "HTX", "nông sản 3t cao phong", None),
        ("HTX nông nghiệp - Cao Phong", "HTX", "cao phong", None),
        ("HTX NN hữu cơ Đồng Sương", "HTX", "hữu cơ đồng sương", None),
        ("HTX SX & chế biến nông thủy sản Phú Cường – Sông Đà", "HTX", "nông thủy sản phú cường sông đà", None),
        ("HTX Hà Phong xã Bắc Phong, huyện Cao Phong", "HTX", "hà phong", "xã Bắc Phong, huyện Cao Phong"),
        ("HTX Hà Phong - Khuyến nông", "HTX", "hà phong khuyến nông", None),
        ("HTX Hà Phong - bản Lác", "HTX", "hà phong", "bản Lác"),
        ("HTX tinh dầu sả", "HTX", "tinh dầu sả", None),
        ("HTX dịch vụ xã viên", "HTX", "xã viên", None),
        ("Công ty TNHH Tiến Ngân", None, "công ti tnhh tiến ngân", None),
        ("Liên nhóm hữu cơ", None, "liên nhóm hữu cơ", None),
        ("THTX Sơn", None, "thtx sơn", None),
        ("HTX", "HTX", "", None),
        ("", None, "", None),
    ],
)
def test_parts(text: str, kind: str | None, proper: str, place: str | None) -> None:
    name = read_coop_name(text, PLACES)
    assert (name.kind, name.proper, name.place) == (kind, proper, place)


@given(st.text(max_size=60))
def test_never_raises(text: str) -> None:
    name = read_coop_name("HTX " + text, PLACES)
    assert read_coop_name("HTX " + text, PLACES) == name
    similar_reason(name, read_coop_name(text))
    check_tax_code(text)


syllables = st.sampled_from(["hòa", "tiến", "đồng", "sương", "hà", "phong", "sơn", "thủy", "châu", "thắng"])
activities = st.sampled_from([("NN", "nông nghiệp"), ("DV", "dịch vụ"), ("TM", "thương mại"), ("SX", "sản xuất"), ("TH", "tổng hợp")])


@given(st.lists(syllables, min_size=1, max_size=4), st.lists(activities, max_size=4, unique=True), st.randoms())
def test_order_and_abbreviation_of_activities_do_not_matter(proper: list[str], run: list[tuple[str, str]], random: object) -> None:
    name = " ".join(proper).title()
    short = f"HTX {'&'.join(a for a, _ in run)} {name}"
    glued = f"HTX {''.join(a for a, _ in reversed(run))} {name.upper()}"
    long = f"Hợp tác xã {' và '.join(b for _, b in reversed(run))} {name}"
    assert len({read_coop_name(text).key for text in (short, glued, long)}) == 1


@pytest.mark.parametrize(
    ("typed", "code", "problem"),
    [
        ("5401234565", "5401234565", None),
        (5401234565, "5401234565", None),
        (5402345677.0, "5402345677", None),
        ("5403456789.0", "5403456789", None),
        ("'5403456789", "5403456789", None),
        ("MST: 5401234565", "5401234565", None),
        ("54 0123 4565", "5401234565", None),
        ("5401234565-001", "5401234565-001", None),
        ("5401234565 – 001", "5401234565-001", None),
        ("5401234565001", "5401234565-001", None),
        (100109106, "0100109106", None),
        ("5401234566", None, "check_digit"),
        ("017090001234", None, "personal"),
        (17090001234, None, "length"),
        ("236", None, "length"),
        ("54012345a5", None, "format"),
        ("5,40123E+09", None, "format"),
        (5401234565.5, None, "format"),
        (float("nan"), None, "format"),
        (True, None, "format"),
        (None, None, None),
        ("", None, None),
        ("-", None, None),
        ("chưa có", None, None),
    ],
)
def test_check_tax_code(typed: object, code: str | None, problem: str | None) -> None:
    assert check_tax_code(typed) == (code, problem)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("25.07.000012", "2507000012"),
        ("Số: 25.07.000012, cấp ngày 15/8/2018", "2507000012"),
        ("25.07.000012 (15/08/2018)", "2507000012"),
        ("0712g000045", "0712G000045"),
        ("12/QĐ-UBND ngày 5/6/2019", None),
        ("1234567/QĐ-UBND", None),
        ("05/2019", None),
        ("0123", None),
        ("•" * 12, None),
        ("chưa có", None),
        ("", None),
    ],
)
def test_registration_key(typed: str, number: str | None) -> None:
    assert registration_key(typed) == number


@given(st.integers(0, 10**12 - 1))
def test_a_personal_number_is_never_given_back(number: int) -> None:
    assert check_tax_code(f"{number:012d}") == (None, "personal")


@given(st.from_regex(r"[0-9]{10}([0-9]{3})?|[0-9]{2}0{7}[0-9]|[0-9]{9}[0-9]0{3}", fullmatch=True))
def test_tax_codes_are_judged_as_others_do(digits: str) -> None:
    for last in "0123456789":  # one of them is the check digit
        typed = f"{digits[:9]}{last}{digits[10:]}"
        assert (check_tax_code(typed) == (None, "check_digit")) != mst.is_valid(typed)


def test_abbreviations_inside_a_name() -> None:
    """No Vietnamese word is without a vowel: what has none is an abbreviation wherever it stands."""
    written_out = read_coop_name("Hợp tác xã dệt thổ cẩm và dịch vụ du lịch Chiềng Châu")
    assert read_coop_name("HTX dệt thổ cẩm & DVDL Chiềng Châu").key == written_out.key
    assert read_coop_name("HTX gà CN Lạc Thủy").key != read_coop_name("HTX gà công nghiệp Lạc Thủy").key
