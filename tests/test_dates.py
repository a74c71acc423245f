"""Dates and periods as offices write them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coop_pipeline.intake.dates import (
    column_order,
    column_swapped,
    period_bounds,
    read_as_of,
    read_date,
    read_period,
    read_revision,
    read_span,
    read_stated_on,
)


@pytest.mark.parametrize(
    ("cell", "first", "last", "precision"),
    [
        ("30/12/2021", date(2021, 12, 30), date(2021, 12, 30), "day"),
        ("26.09.2019", date(2019, 9, 26), date(2019, 9, 26), "day"),
        ("01.3.2022", date(2022, 3, 1), date(2022, 3, 1), "day"),
        ("5-3-21", date(2021, 3, 5), date(2021, 3, 5), "day"),
        ("5/3/98", date(1998, 3, 5), date(1998, 3, 5), "day"),
        ("2021-12-30", date(2021, 12, 30), date(2021, 12, 30), "day"),
        ("2021-12-30 00:00:00", date(2021, 12, 30), date(2021, 12, 30), "day"),
        ("2021-12-30T08:00:00", date(2021, 12, 30), date(2021, 12, 30), "day"),
        ("ngày 5 tháng 3 năm 2021", date(2021, 3, 5), date(2021, 3, 5), "day"),
        ("Cấp ngày 05/3/2021", date(2021, 3, 5), date(2021, 3, 5), "day"),
        ("25.07.000012 ngày 05/3/2021", date(2021, 3, 5), date(2021, 3, 5), "day"),
        ("'05/03/2021", date(2021, 3, 5), date(2021, 3, 5), "day"),
        (datetime(2021, 3, 5, 8), date(2021, 3, 5), date(2021, 3, 5), "day"),
        (date(2021, 3, 5), date(2021, 3, 5), date(2021, 3, 5), "day"),
        (44617, date(2022, 2, 25), date(2022, 2, 25), "day"),
        (44617.5, date(2022, 2, 25), date(2022, 2, 25), "day"),
        ("44617", date(2022, 2, 25), date(2022, 2, 25), "day"),
        ("T12/2021", date(2021, 12, 1), date(2021, 12, 31), "month"),
        ("12/2021", date(2021, 12, 1), date(2021, 12, 31), "month"),
        ("2/2020", date(2020, 2, 1), date(2020, 2, 29), "month"),
        ("Tháng 12 năm 2021", date(2021, 12, 1), date(2021, 12, 31), "month"),
        ("tháng 5/2021", date(2021, 5, 1), date(2021, 5, 31), "month"),
        ("Quý IV/2021", date(2021, 10, 1), date(2021, 12, 31), "quarter"),
        ("Quý 4-2021", date(2021, 10, 1), date(2021, 12, 31), "quarter"),
        ("quý I năm 2021", date(2021, 1, 1), date(2021, 3, 31), "quarter"),
        ("2021", date(2021, 1, 1), date(2021, 12, 31), "year"),
        (2021, date(2021, 1, 1), date(2021, 12, 31), "year"),
        (2021.0, date(2021, 1, 1), date(2021, 12, 31), "year"),
        ("năm 2020", date(2020, 1, 1), date(2020, 12, 31), "year"),
    ],
)
def test_read_date(cell: object, first: date, last: date, precision: str) -> None:
    reading = read_date(cell)
    assert (reading.value, reading.precision, reading.status) == (first, precision, "ok")
    assert read_date(cell, end=True).value == last


@pytest.mark.parametrize(
    "cell",
    [
        *("31/02/2021", "1/1900", "01/01/1900", "Q.IV", "30/12", "năm 2019-2021", "vụ Đông Xuân 2020-2021", "abc"),
        *("05/3/2021; 06/4/2021", "tháng 13/2021", "00/00/2021", "?", 1, 12, 99999.5, True, time(8), float("nan")),
        *(float("inf"), datetime(1900, 1, 1), object(), 10**400),
    ],
)
def test_invalid(cell: object) -> None:
    reading = read_date(cell)
    assert (reading.value, reading.status) == (None, "invalid")


@pytest.mark.parametrize("cell", [None, "", " ", "-", "–", "x", "Không", "đến nay", "chưa có", 0, 0.0])
def test_blank(cell: object) -> None:
    assert read_date(cell).status == "blank"


def test_order_and_year() -> None:
    assert read_date("12/30/2021").status == "ambiguous"
    assert read_date("12/30/2021").value == date(2021, 12, 30)
    assert read_date("03/05/2021", order="mdy").value == date(2021, 3, 5)
    assert read_date("Q.IV", year=2021).value == date(2021, 10, 1)
    assert read_date("T12", year=2021, end=True).value == date(2021, 12, 31)
    assert read_date("30/12", year=2021).value == date(2021, 12, 30)
    assert read_date(12.2021).value == date(2021, 12, 1)
    assert column_order(["12/30/2021", "01/02/2021"]) == "mdy"
    assert column_order(["30/12/2021", "01/02/2021", 5]) == "dmy"
    assert column_order(["2021-12-30"]) == "ymd"
    assert column_order([]) == "dmy"


def test_swapped_column() -> None:
    dates = [datetime(2021, 5, 3), datetime(2021, 7, 3), datetime(2021, 1, 12)]
    assert column_swapped([*dates, "25/03/2021"])
    assert not column_swapped([*dates, datetime(2021, 3, 25), "25/03/2021"])
    assert not column_swapped(dates)
    reading = read_date(datetime(2021, 5, 3), swapped=True)
    assert (reading.value, reading.status) == (date(2021, 3, 5), "ambiguous")


@pytest.mark.parametrize(
    ("cell", "start", "stop"),
    [
        ("5-7/3/2021", date(2021, 3, 5), date(2021, 3, 7)),
        ("10-12/11/2024", date(2024, 11, 10), date(2024, 11, 12)),
        ("03 ngày (5-7/3/2021)", date(2021, 3, 5), date(2021, 3, 7)),
        ("3, 5 và 8/3/2021", date(2021, 3, 3), date(2021, 3, 8)),
        ("từ 28/2 đến 3/3/2021", date(2021, 2, 28), date(2021, 3, 3)),
        ("28/12 - 02/01/2024", date(2023, 12, 28), date(2024, 1, 2)),
        ("28-12-2023 - 02-01-2024", date(2023, 12, 28), date(2024, 1, 2)),
        ("Từ ngày 05/3/2021 đến ngày 07/3/2021", date(2021, 3, 5), date(2021, 3, 7)),
        ("từ ngày 20 đến ngày 25 tháng 11 năm 2024", date(2024, 11, 20), date(2024, 11, 25)),
        ("tháng 3-5/2021", date(2021, 3, 1), date(2021, 5, 31)),
        ("từ tháng 11 đến tháng 2/2022", date(2021, 11, 1), date(2022, 2, 28)),
        ("Quý I, II/2021", date(2021, 1, 1), date(2021, 6, 30)),
        ("2019-2021", date(2019, 1, 1), date(2021, 12, 31)),
    ],
)
def test_read_span(cell: str, start: date, stop: date) -> None:
    assert read_span(cell) == (start, stop)


@pytest.mark.parametrize(
    "cell",
    ["05/3/2021", "05-03-2021", "2021-03-05", "T5-2021", "2021-12", "3-5/2021", "7-5/3/2021", "31/02-03/03/2021", "05/3/2021; 12/4/2022",
     "VietGAP-2021", "17-20/2021", "01/VBHC-2021", 44617, date(2021, 3, 5), None],
)  # fmt: skip
def test_what_is_no_span(cell: object) -> None:
    assert read_span(cell) is None


_DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))


@given(
    _DAYS,
    st.integers(0, 300),
    st.sampled_from(["-", " - ", "–", " đến ", " đến ngày ", "÷"]),
    st.sampled_from(["/", "."]),
    st.sampled_from(["", "từ ", "Từ ngày "]),
)
def test_a_span_keeps_its_days(start: date, length: int, mark: str, dot: str, opening: str) -> None:
    """However short the beginning is written, no day, month or year of a span is another's."""
    stop = start + timedelta(days=length)
    last = f"{stop.day}{dot}{stop.month:02d}{dot}{stop.year}"
    heads = [f"{start.day:02d}{dot}{start.month}{dot}{start.year}", f"{start.day}{dot}{start.month:02d}"]
    if (start.month, start.year) == (stop.month, stop.year):
        heads.append(str(start.day))
    for head in heads:
        assert read_span(f"{opening}{head}{mark}{last}") == (start, stop), (head, mark, last)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NĂM 2021", "2021"),
        ("Quý IV/2021", "2021-Q4"),
        ("TỔNG HỢP SỐ LIỆU QUÝ IV NĂM 2021", "2021-Q4"),
        ("quy4_2021", "2021-Q4"),
        ("2021/quy4", "2021-Q4"),
        ("6 tháng đầu năm 2021", "2021-H1"),
        ("6 THÁNG CUỐI NĂM 2021", "2021-H2"),
        ("BC_6T_dau_nam_2021.xls", "2021-H1"),
        ("9 tháng đầu năm 2021", None),
        ("tháng 12/2021", "2021-12"),
        ("THÁNG 3 NĂM 2021", "2021-03"),
        ("ĐẾN 31/12/2021", "2021"),
        ("DANH SÁCH HTX, THT ĐƯỢC CHỨNG NHẬN ATTP, VIETGAP ĐẾN 31/12/2021", "2021"),
        ("đến ngày 30/6/2022", "2022-H1"),
        ("tính đến 31 tháng 12 năm 2021", "2021"),
        ("đến 14/12/2021", "2021"),
        ("đến hết năm 2021", "2021"),
        ("BC_HTX_LuongSon_2021 (sua lan 2)", "2021"),
        ("2021-Q4", "2021-Q4"),
        ("2021-H1", "2021-H1"),
        ("2021-12", "2021-12"),
        ("2021", "2021"),
        ("data/raw/2021", "2021"),
        ("giai đoạn 2019-2021", None),
        ("vụ Đông Xuân 2020-2021", None),
        ("NĂM 2020 - 2021", None),
        ("từ năm 2019 đến năm 2021", None),
        ("Báo cáo năm 2021, phương hướng nhiệm vụ năm 2022", "2021"),
        ("năm 2021 so với năm 2020", "2021"),
        ("(Kèm theo Báo cáo số 125/BC-UBND ngày 12/01/2022 của UBND huyện)", None),
        ("Lương Sơn, ngày 12 tháng 01 năm 2022", None),
        ("Theo Nghị định 77/2019/NĐ-CP", None),
        ("20220112_BC", None),
        ("Sheet1", None),
        ("năm 2021 và năm 2022", None),
        ("", None),
    ],
)
def test_read_period(text: str, code: str | None) -> None:
    assert read_period(text) == code


def test_as_of_and_stated_on() -> None:
    assert read_as_of("DANH SÁCH ĐẾN 31/12/2021") == date(2021, 12, 31)
    assert read_as_of("tính đến ngày 31 tháng 12 năm 2021") == date(2021, 12, 31)
    assert read_as_of("đến hết năm 2021") == date(2021, 12, 31)
    assert read_as_of("đến hết quý III/2021") == date(2021, 9, 30)
    assert read_as_of("đến 31/02/2021") is None
    assert read_as_of("NĂM 2021") is None
    assert read_stated_on("Lương Sơn, ngày 12 tháng 01 năm 2022") == date(2022, 1, 12)
    assert read_stated_on("Ngày 12 tháng 1 năm 2022") == date(2022, 1, 12)
    assert read_stated_on("Số liệu tính đến ngày 31 tháng 12 năm 2021") is None


@pytest.mark.parametrize(
    ("text", "revision"),
    [
        ("(sửa lần 2)", (2, False)),
        ("lần 3", (3, False)),
        ("sửa", (1, False)),
        ("Biểu 02 (chỉnh sửa)", (1, False)),
        ("đính chính", (1, False)),
        ("bổ sung lần 3", (3, False)),
        ("bổ sung", (1, False)),
        ("BC_v2.xlsx", (2, False)),
        ("sua lan 2", (2, False)),
        ("BC_HTX_LuongSon_2021 (sua lan 2)", (2, False)),
        ("BC lần 1", (1, False)),
        ("BC (1).xlsx", (0, False)),
        ("Danh sách HTX năm 2021", (0, False)),
        ("HTX bò sữa", (0, False)),
        ("HTX_bo_sua.xlsx", (0, False)),
        ("Công trình sửa chữa", (0, False)),
        ("hỗ trợ lần đầu", (0, False)),
        ("Chỉ gồm các dòng bổ sung", (1, True)),
        ("Bổ sung lần 2 (chỉ gồm các dòng bổ sung)", (2, True)),
        ("chỉ bổ sung", (1, True)),
        ("bổ sung, thay thế bản cũ", (1, False)),
        ("final", (0, False)),
    ],
)
def test_read_revision(text: str, revision: tuple[int, bool]) -> None:
    assert read_revision(text) == revision


def test_period_bounds() -> None:
    assert period_bounds("2021") == (date(2021, 1, 1), date(2021, 12, 31))
    assert period_bounds("2021-H2") == (date(2021, 7, 1), date(2021, 12, 31))
    assert period_bounds("2020-Q1") == (date(2020, 1, 1), date(2020, 3, 31))
    assert period_bounds("2020-02") == (date(2020, 2, 1), date(2020, 2, 29))
    with pytest.raises(ValueError, match="2021-13"):
        period_bounds("2021-13")


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)), st.sampled_from(["/", "-", ".", " / "]), st.booleans())
def test_every_date_comes_back(day: date, separator: str, padded: bool) -> None:
    text = separator.join((f"{day.day:02d}" if padded else str(day.day), f"{day.month:02d}" if padded else str(day.month), str(day.year)))
    assert read_date(text).value == day
    assert read_date(day.isoformat()).value == day
    assert read_date(f"ngày {day.day} tháng {day.month} năm {day.year}").value == day
    serial = (day - date(1899, 12, 30)).days
    if 20000 <= serial <= 60000:
        assert read_date(serial).value == read_date(float(serial)).value == day


@given(st.one_of(st.text(max_size=60), st.integers(), st.floats(), st.datetimes(), st.none()))
def test_never_raises(cell: object) -> None:
    for end in (False, True):
        reading = read_date(cell, end=end)
        assert (reading.value is None) == (reading.status in ("blank", "invalid"))
    read_span(cell)
    if isinstance(cell, str):
        read_period(cell)
        read_as_of(cell)
        read_stated_on(cell)
        read_revision(cell)
        column_order([cell])


@given(st.text(alphabet="0123456789/.- TQIVquý năm tháng", max_size=20))
def test_never_raises_on_near_dates(text: str) -> None:
    read_date(text, end=True)
    read_date(text, "mdy", year=2021)
    read_period(text)
    read_span(text)
