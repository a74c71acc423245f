"""Numbers as offices type them: read right, or said to be doubtful, never silently wrong."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coop_pipeline.intake.numbers import (
    ENGLISH,
    UNKNOWN,
    VIETNAMESE,
    NumberStyle,
    column_style,
    read_number,
)
from coop_pipeline.intake.units import UNITS

D = Decimal


@pytest.mark.parametrize(
    ("cell", "value", "status"),
    [
        ("1.495,5", "1495.5", "ok"),
        ("1,495.5", "1495.5", "ok"),
        ("12,5", "12.5", "ok"),
        ("12.5", "12.5", "ok"),
        ("12.50", "12.50", "ok"),
        ("1,495", "1.495", "ok"),
        ("1.495", "1495", "ambiguous"),
        ("24.936", "24936", "ambiguous"),
        ("0.125", "0.125", "ok"),
        ("0,125", "0.125", "ok"),
        ("1234.567", "1234.567", "ok"),
        ("12.3456", "12.3456", "ok"),
        ("1.234.567", "1234567", "ok"),
        ("12,345,678", "12345678", "ok"),
        ("1 495 000", "1495000", "ok"),
        ("1\u00a0495\u202f000,5", "1495000.5", "ok"),
        ("1'495", "1495", "ok"),
        ("'1495", "1495", "ok"),
        ("１２", "12", "ok"),
        ("-5", "-5", "ok"),
        ("−5", "-5", "ok"),
        ("(5)", "-5", "ok"),
        ("lỗ 12", "-12", "ok"),
        ("lãi 12", "12", "ok"),
        ("(1.234.567)", "-1234567", "ok"),
        ("12+8", "20", "ok"),
        ("12 + 8,5", "20.5", "ok"),
        ("=12+8", "20", "ok"),
        ("12.", "12", "ok"),
        ("25*", "25", "ok"),
        ("25 (1)", "25", "ok"),
        ("25¹", "25", "ok"),
        ("12 (nữ: 5)", "12", "ok"),
        ("½", "0.5", "ok"),
        ("1.2E3", "1200", "ambiguous"),
        ("5,40123E+09", "5401230000", "ambiguous"),
        (12, "12", "ok"),
        (12.0, "12", "ok"),
        (0.1 + 0.2, "0.3", "ok"),
        (185.4, "185.4", "ok"),
        (11.999999999999998, "12", "ok"),
        (-0.0, "0", "ok"),
        (D("3.98"), "3.98", "ok"),
    ],
)
def test_read_number(cell: object, value: str, status: str) -> None:
    reading = read_number(cell)
    assert (reading.value, reading.status) == (D(value), status)


@pytest.mark.parametrize(
    ("cell", "value", "unit", "qualifier"),
    [
        ("3,98 tỷ", "3.98", "billion_vnd", None),
        ("3,98 tỷ đồng", "3.98", "billion_vnd", None),
        ("14,3 tỉ đồng", "14.3", "billion_vnd", None),
        ("2 tỷ 350", "2.35", "billion_vnd", None),
        ("2 tỷ 350 triệu", "2.35", "billion_vnd", None),
        ("1 ty 200 trieu", "1.2", "billion_vnd", None),
        ("1 triệu 200 nghìn", "1.2", "million_vnd", None),
        ("1,2 tr", "1.2", "million_vnd", None),
        ("500k", "500", "thousand_vnd", None),
        ("25 ha", "25", "ha", None),
        ("25ha", "25", "ha", None),
        ("0,5 sào", "0.5", "sao", None),
        ("10 triệu tem", "10", "million_stamp", None),
        ("hơn gần 10 triệu tem", "10", "million_stamp", "about"),
        ("hơn 240 nghìn", "240", "thousand", "more_than"),
        ("12,5%", "12.5", "percent", None),
        ("0,8%/tháng", "0.8", "percent_month", None),
        ("trên 20", "20", None, "more_than"),
        ("hơn 8.900.000", "8900000", None, "more_than"),
        ("gần 400", "400", None, "almost"),
        ("gan 400", "400", None, "almost"),
        ("khoảng 20", "20", None, "about"),
        ("ước đạt 12 tấn", "12", "t", "about"),
        ("đạt 12 tấn", "12", "t", None),
        ("~ 5", "5", None, "about"),
        ("≈5", "5", None, "about"),
        (">5", "5", None, "more_than"),
        ("≥ 5 ha", "5", "ha", "at_least"),
        ("dưới 5", "5", None, "less_than"),
        ("không quá 5", "5", None, "at_most"),
        ("từ 5 ha trở lên", "5", "ha", "at_least"),
        ("1/2 ha", "0.5", "ha", None),
        ("4 sao", "4", "star", None),
        ("$500", "500", "usd", None),
        ("15 triệu đồng/năm", "15", "million_vnd_year", None),
    ],
)
def test_words_and_units(cell: str, value: str, unit: str | None, qualifier: str | None) -> None:
    reading = read_number(cell)
    assert reading.status == "ok"
    assert (reading.value, reading.unit and reading.unit.code, reading.qualifier) == (D(value), unit, qualifier)


@pytest.mark.parametrize(
    "cell",
    [
        None,
        "",
        " ",
        "-",
        "–",
        "—",
        "--",
        "x",
        "X",
        "Không",
        "không có",
        "chưa có",
        "k/có",
        "…",
        "...",
        "đang làm hồ sơ",
        "K",
    ],
)
def test_blank(cell: object) -> None:
    assert read_number(cell).status == "blank"


@pytest.mark.parametrize(
    "cell",
    [
        *("1.23.456", "1,23,456", "12.34,5", "26.09.2019", "1/2", "3/4", "0,5 - 20", "0,5÷20", "5–7", "12-8", "abc"),
        *(
            "12 abc",
            "1 2",
            "12 345 6",
            "#N/A",
            "#REF!",
            "?",
            "0123 456 789",
            "5 người 3 hộ",
            "1.2.3",
            "12,,5",
            "9" * 50,
        ),
        *(
            True,
            False,
            date(2021, 1, 1),
            datetime(2021, 1, 1),
            float("inf"),
            float("-inf"),
            float("nan"),
            D("NaN"),
            object(),
        ),
    ],
)
def test_invalid(cell: object) -> None:
    reading = read_number(cell)
    assert (reading.value, reading.status) == (None, "invalid")


def test_ranges() -> None:
    for cell in ("0,5 - 20 ha", "0,5 ha - 20 ha", "0,5÷20ha", "0,5–20 ha", "0,5 đến 20 ha"):
        reading = read_number(cell, ranges=True)
        assert (reading.value, reading.status, reading.low, reading.high) == (None, "ok", D("0.5"), D(20))
        assert reading.unit is UNITS["ha"]
    assert read_number("20-5", ranges=True).status == "invalid"
    assert read_number("12,5", ranges=True).value == D("12.5")


@pytest.mark.parametrize(
    ("texts", "style"),
    [
        (["1.495,5"], VIETNAMESE),
        (["12,5", "1.495"], VIETNAMESE),
        (["1.234.567"], VIETNAMESE),
        (["1,495.5"], ENGLISH),
        (["12.5", "1.495"], ENGLISH),
        (["1,234,567"], ENGLISH),
        (["0.125"], ENGLISH),
        (["1.495", "2.310", "850"], UNKNOWN),
        (["1,495"], UNKNOWN),
        (["1,495", "2,310"], NumberStyle(suspect=",")),
        (["12,5", "12.5"], NumberStyle(doubtful=True)),
        (["1.234.567", "12.5"], NumberStyle(doubtful=True)),
        (["abc", "", "5", "26.09.2019"], UNKNOWN),
        (["3,98 tỷ"], VIETNAMESE),
    ],
)
def test_column_style(texts: list[str], style: NumberStyle) -> None:
    assert column_style(texts) == style


def test_column_and_range_decide() -> None:
    assert (read_number("1.495", VIETNAMESE).value, read_number("1.495", VIETNAMESE).status) == (D(1495), "ok")
    assert (read_number("1.495", ENGLISH).value, read_number("1.495", ENGLISH).status) == (D("1.495"), "ok")
    assert read_number("1,495", ENGLISH).value == D(1495)
    small = (D(0), D(50))
    assert read_number("1.495", plausible=small).value == D("1.495")
    assert read_number("1.495", plausible=small).status == "ambiguous"
    assert read_number("1.495", VIETNAMESE, small).status == "ambiguous"
    assert read_number("1,495", whole=True).value == D(1495)
    assert read_number("1,495", whole=True).status == "ambiguous"
    assert read_number("1.495", whole=True).value == D(1495)
    assert read_number("1,495", NumberStyle(suspect=",")).status == "ambiguous"
    # true numbers typed with a Vietnamese point on an English machine
    assert read_number(1.495, whole=True).value == D(1495)
    assert read_number(1.495, whole=True).status == "ambiguous"
    assert read_number(1.5, whole=True).status == "invalid"
    assert read_number("1,5", whole=True).status == "invalid"
    assert read_number("1,5 triệu tem", whole=True).value == D("1.5")
    assert read_number(1.495, plausible=(D(10), D(100000))).value == D(1495)
    assert read_number(1.495).value == D("1.495")


def test_column_unit_turns_the_range() -> None:
    million = UNITS["million_vnd"]
    reading = read_number("3.980 tỷ", plausible=(D(1), D(100000)), unit=million)
    assert (reading.value, reading.status) == (D("3.980"), "ambiguous")
    assert read_number("240 nghìn", unit=million).unit is UNITS["thousand_vnd"]
    assert read_number("240 nghìn", dimension="count").unit is UNITS["thousand"]
    assert read_number("5 triệu", dimension="count").unit is UNITS["million"]
    assert read_number("4,16 triệu", dimension="income").unit is UNITS["million_vnd_month"]


# --- Properties ----------------------------------------------------------------------------------------------------

numbers = st.decimals(min_value=0, max_value=10**12, places=3).map(lambda n: n.normalize()) | st.integers(0, 10**12).map(D)
MARKS = {"vn": (",", "."), "en": (".", ","), "plain_comma": (",", ""), "plain_dot": (".", ""), "blank": (",", " ")}


def write(number: Decimal, style: str) -> str:
    decimal, grouping = MARKS[style]
    integer, _, fraction = f"{number:f}".partition(".")
    grouped = re.sub(r"(?<=\d)(?=(\d{3})+$)", grouping, integer)
    return grouped + (decimal + fraction if fraction else "")


@given(numbers, st.sampled_from(sorted(MARKS)), st.booleans())
def test_every_number_comes_back(number: Decimal, style: str, negative: bool) -> None:
    """In a column whose style is known, every number is read back, and surely."""
    text = write(number, style)
    decimal, _ = MARKS[style]
    known = column_style([text, write(D("12.5"), style), write(D("1234567.8"), style)])
    assert known.decimal == decimal
    reading = read_number(("-" if negative and number else "") + text, known)
    assert (reading.value, reading.status) == (-number if negative else number, "ok")


@given(st.lists(numbers, min_size=1, max_size=8), st.sampled_from(sorted(MARKS)), st.booleans())
def test_never_silently_off_by_a_power_of_ten(column: list[Decimal], style: str, whole: bool) -> None:
    """Whatever the column itself gives away: what is read for sure is what was written.

    The one exception is the contract's: a single comma is decimal, where nothing in the column speaks against it.
    """
    if whole:
        column = [number.to_integral_value() for number in column]
    texts = [write(number, style) for number in column]
    known = column_style(texts)
    for number, text in zip(column, texts, strict=True):
        reading = read_number(text, known, whole=whole)
        assert reading.status != "blank"
        if reading.status == "ok" and reading.value != number:
            assert style == "en"
            assert known == UNKNOWN
            assert not whole
            assert text.count(",") == 1


@given(numbers, st.sampled_from(sorted(MARKS)), st.sampled_from(sorted(MARKS)))
def test_a_stranger_in_a_column(number: Decimal, style: str, other: str) -> None:
    """A cell in another style than its column's: wrong for sure only where the two cannot be told apart."""
    known = column_style([write(D("1234567.8"), other)])
    text = write(number, style)
    reading = read_number(text, known)
    if reading.status == "ok" and reading.value != number:
        assert re.fullmatch(r"\d{1,3}[.,]\d{3}", text)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_floats_keep_fifteen_digits(number: float) -> None:
    reading = read_number(number)
    assert reading.status == "ok"
    assert reading.value is not None
    assert abs(float(reading.value) - number) <= abs(number) * 1e-14


@given(st.one_of(st.text(max_size=40), st.floats(), st.integers(), st.booleans(), st.none(), st.datetimes()))
def test_never_raises(cell: object) -> None:
    for style in (UNKNOWN, VIETNAMESE, ENGLISH):
        for whole in (False, True):
            reading = read_number(cell, style, (D(0), D(100)), whole, ranges=whole)
            known = reading.value is not None or reading.low is not None
            assert known == (reading.status in ("ok", "ambiguous"))
            if whole and reading.status == "ok" and reading.value is not None and reading.unit is None:
                assert reading.value == reading.value.to_integral_value()


@given(st.text(alphabet="0123456789., -–+/()%đtrệuỷkE~>hơn'½", max_size=16))
def test_never_raises_on_near_numbers(text: str) -> None:
    assume(text.strip())
    read_number(text, ranges=True, unit=UNITS["million_vnd"], plausible=(D(1), None))
    column_style([text, "12,5"])


def test_a_citizens_number_is_no_amount() -> None:
    assert read_number("017088009999").status == "invalid"
    assert read_number("170880099999").value == Decimal("170880099999")
