"""Units in phrases, headers and unit lines."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coop_pipeline.intake.units import UNITS, find_unit, find_units, recast, split_unit


@pytest.mark.parametrize(
    ("phrase", "code"),
    [
        ("tr.đ", "million_vnd"),
        ("Tr. đồng", "million_vnd"),
        ("trđ", "million_vnd"),
        ("Triệu VNĐ", "million_vnd"),
        ("trieu dong", "million_vnd"),
        ("1.000 đồng", "thousand_vnd"),
        ("1.000đ", "thousand_vnd"),
        ("1,000 đ", "thousand_vnd"),
        ("NGÀN ĐỒNG", "thousand_vnd"),
        ("tỉ đồng", "billion_vnd"),
        ("đ", "vnd"),
        ("ha", "ha"),
        ("Ha.", "ha"),
        ("m²", "m2"),
        ("m 2", "m2"),
        ("sào", "sao"),
        ("sao", "star"),
        ("tạ", "ta"),
        ("tan", "t"),
        ("%", "percent"),
        ("%/tháng", "percent_month"),
        ("% / năm", "percent_year"),
        ("nghìn tem", "thousand_stamp"),
        ("người", "person"),
        ("nguoi", "person"),
        ("(triệu đồng)", "million_vnd"),
        ("ĐVT: ha", "ha"),
        ("tr.đ/người/năm", "million_vnd_year"),
        ("1.000 USD", "thousand_usd"),
    ],
)
def test_find_unit(phrase: str, code: str) -> None:
    unit = find_unit(phrase)
    assert unit is not None
    assert unit.code == code


@pytest.mark.parametrize("phrase", ["", "nếu có", "xóm, xã", "d", "hợp", "thành", "UBND huyện", "(", "()", "tạ/ha"])
def test_no_unit(phrase: str) -> None:
    assert find_unit(phrase) is None


def test_every_spelling_is_found() -> None:
    for unit in UNITS.values():
        for spelling in unit.spellings:
            assert find_unit(spelling) is unit
            assert find_unit(f"  {spelling.upper()} ") is unit, spelling
    assert UNITS["sao"].factor == Decimal("0.036")
    assert UNITS["percent_month"].factor == Decimal("0.12")


@pytest.mark.parametrize(
    ("header", "rest", "code"),
    [
        ("Diện tích (ha)", "Diện tích", "ha"),
        ("Diện tích\n(ha)", "Diện tích", "ha"),
        ("Vốn điều lệ (tr.đ)", "Vốn điều lệ", "million_vnd"),
        ("Dư nợ - triệu đồng", "Dư nợ", "million_vnd"),
        ("DT, ha", "DT", "ha"),
        ("Sản lượng/tấn", "Sản lượng", "t"),
        ("Số tạ bán ra", "Số bán ra", "ta"),
        ("Phục vụ bao nhiêu ha", "Phục vụ bao nhiêu", "ha"),
        ("Số tấn/ha", "Số tấn/ha", None),
        ("Kinh phí [1.000đ]", "Kinh phí", "thousand_vnd"),
        ("Lãi suất %/năm", "Lãi suất", "percent_year"),
        ("LS %/tháng", "LS", "percent_month"),
        ("Lãi suất (%/tháng)", "Lãi suất", "percent_month"),
        ("Thu nhập BQ (triệu đồng/người/năm)", "Thu nhập BQ", "million_vnd_year"),
        ("Doanh thu ĐVT: triệu đồng", "Doanh thu", "million_vnd"),
        ("Số tem (nghìn tem)", "Số tem", "thousand_stamp"),
        ("Diện tích (ha) / Trong đó / cấp mới", "Diện tích / Trong đó / cấp mới", "ha"),
        ("Diện tích (ha, năm 2021)", "Diện tích (năm 2021)", "ha"),
        ("Dư nợ đến 31/12/2021 (triệu đồng)", "Dư nợ đến 31/12/2021", "million_vnd"),
        ("Dư nợ triệu đồng", "Dư nợ", "million_vnd"),
        ("Vốn (tr.đ", "Vốn", "million_vnd"),
        ("DIỆN TÍCH (HA)", "DIỆN TÍCH", "ha"),
        ("Số lao động (người)", "Số lao động", "person"),
        ("Ghi chú (nếu có)", "Ghi chú (nếu có)", None),
        ("Địa chỉ (xóm, xã)", "Địa chỉ (xóm, xã)", None),
        ("Số thành viên", "Số thành viên", None),
        ("Ngày, tháng, năm", "Ngày, tháng, năm", None),
        ("Năng suất (tạ/ha)", "Năng suất (tạ/ha)", None),
        ("Năng suất/ha", "Năng suất/ha", None),
        ("Thu nhập/người/tháng", "Thu nhập/người/tháng", None),
        ("Số hợp đồng", "Số hợp đồng", None),
        ("Tên HTX, THT", "Tên HTX, THT", None),
        ("Chủ thể - HTX", "Chủ thể - HTX", None),
        ("Đơn vị tính", "Đơn vị tính", None),
        ("Ngày/tháng/năm thành lập", "Ngày/tháng/năm thành lập", None),
        ("", "", None),
    ],
)
def test_split_unit(header: str, rest: str, code: str | None) -> None:
    text, unit = split_unit(header)
    assert (text, unit.code if unit else None) == (rest, code)


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("Đơn vị tính: ha; triệu đồng", ["ha", "million_vnd"]),
        ("Tiền: nghìn đồng", ["thousand_vnd"]),
        ("(Tính theo triệu đồng)", ["million_vnd"]),
        ("Tính theo hộ và theo vụ", []),
        ("Tiền vay của các HTX", []),
        ("ĐVT: 1.000đ", ["thousand_vnd"]),
        ("(Đơn vị: Triệu đồng)", ["million_vnd"]),
        ("ĐVT: ha, tấn, 1,000 đồng", ["ha", "t", "thousand_vnd"]),
        ("Đơn vị tính: Diện tích: ha, tiền: tr.đ", ["ha", "million_vnd"]),
        ("Biểu 02   Đơn vị tính: người", ["person"]),
        ("Đơn vị: UBND huyện Lương Sơn", []),
        ("Đơn vị tính", []),
        ("Triệu đồng", []),
        ("", []),
    ],
)
def test_find_units(line: str, codes: list[str]) -> None:
    assert [unit.code for unit in find_units(line)] == codes


def test_recast() -> None:
    assert recast(UNITS["thousand"], "money").code == "thousand_vnd"
    assert recast(UNITS["million_vnd"], "count").code == "million"
    assert recast(UNITS["million_vnd"], "income").code == "million_vnd_month"
    assert recast(UNITS["percent"], "rate").code == "percent_year"
    assert recast(UNITS["ha"], "money").code == "ha"


@given(st.text(max_size=80))
def test_never_raises(text: str) -> None:
    find_unit(text)
    split_unit(text)
    find_units("ĐVT: " + text)
