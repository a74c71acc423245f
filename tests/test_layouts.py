"""Layouts that a clerk reads without a second look: small workbooks, what is read of them and what is said."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from workbooks.handmade import draw, load

from coop_pipeline.forms.spec import Field
from coop_pipeline.intake import layout
from coop_pipeline.intake.context import read_path
from coop_pipeline.intake.reading import read_submission
from coop_pipeline.intake.records import Reading
from coop_pipeline.intake.vocabulary import Vocabulary, read_header, says_another

VOCABULARY = Vocabulary()
LUONG_SON, KIM_BOI = "152", "153"
TOP = (("UBND HUYỆN LƯƠNG SƠN",), (), ("DANH SÁCH HỢP TÁC XÃ, TỔ HỢP TÁC NĂM 2021",), ())
REGISTER = ("TT", "Tên HTX", "Loại hình", "Xã", "Số thành viên", "Doanh thu (triệu đồng)")

Line = Sequence[object]


def read(
    lines: Sequence[Line],
    merges: Sequence[str] = (),
    vocabulary: Vocabulary = VOCABULARY,
    change: Callable[[Any], None] | None = None,
    path: str = "2021/LuongSon.xlsx",
) -> Reading:
    """What is read of one sheet with these lines; `change` may hide rows and columns of it."""
    book = openpyxl.Workbook()
    sheet = book.active
    for line in lines:
        sheet.append(list(line))
    for merged in merges:
        sheet.merge_cells(merged)
    if change is not None:
        change(sheet)
    target = io.BytesIO()
    book.save(target)
    return read_submission("x", target.getvalue(), "xlsx", read_path(path), vocabulary)


def rows(reading: Reading, form: str, *names: str) -> list[tuple[object, ...]]:
    columns = reading.rows[form].columns
    return [tuple(columns[name][i] for name in names) for i in range(len(reading.rows[form])) if not columns["rejected"][i]]


def said(reading: Reading) -> list[tuple[str, str]]:
    """Errors and warnings with their cells."""
    return [(issue.code, issue.cell) for issue in reading.issues if issue.severity != "note"]


def classes(reading: Reading, form: str) -> dict[str, object]:
    return next({k: v for k, v in count.items() if v and isinstance(v, int)} for count in reading.counts if count["form"] == form)


# ---- page furniture


def test_a_page_break_inside_a_table() -> None:
    reading = read(
        (
            *TOP,
            REGISTER,
            ("I", "Xã Nhuận Trạch"),
            (1, "HTX Một", "HTX", None, 33, 100.5),
            (2, "HTX Hai", "HTX", None, 10, 50),
            (None, "Cộng trang", None, None, 43, 150.5),
            ("Trang 1/2",),
            ("DANH SÁCH HỢP TÁC XÃ, TỔ HỢP TÁC NĂM 2021 (tiếp theo)",),
            REGISTER,
            (None, "Mang sang", None, None, 43, 150.5),
            (3, "HTX Ba", "HTX", None, 20, 10),
            ("(tiếp theo)",),
            ("II", "Xã Cao Sơn"),
            (1, "HTX Bốn", "HTX", None, 20, 10),
            ("- 2 -",),
            (2, "HTX Năm", "HTX", None, 20, 10),
            (None, "Cộng trang", None, None, 60, 30),
            (None, "Tổng cộng", None, None, 103, 180.5),
            ("Trang 2",),
        )
    )
    assert rows(reading, "cooperative_reports", "row_number", "commune_code") == [
        (7, "04954"), (8, "04954"), (14, "04954"), (17, "04957"), (19, "04957"),
    ]  # fmt: skip
    assert said(reading) == []
    assert classes(reading, "cooperative_reports") == {"header": 2, "data_read": 5, "total": 4, "section": 2, "note": 7, "blank": 2}


def test_a_wrong_page_total_is_said() -> None:
    page = (None, "Cộng trang", None, None, 44, 150.5)
    reading = read(
        (*TOP, REGISTER, (1, "HTX Một", "HTX", "Cao Sơn", 33, 100.5), (2, "HTX Hai", "HTX", "Cao Sơn", 10, 50), page, ("Trang 1",))
    )
    assert said(reading) == [("total_mismatch", "E8")]


# ---- dates


def test_stretches_of_time() -> None:
    header = ("TT", "Tên sự kiện", "Quy mô", "Địa điểm", "Thời gian tổ chức", "Số HTX tham gia")
    reading = read(
        (
            *TOP[:2],
            ("KẾT QUẢ XÚC TIẾN THƯƠNG MẠI NĂM 2021",),
            header,
            (1, "Hội chợ A", "Cấp tỉnh", "Hòa Bình", "20-25/11/2021", 5),
            (2, "Hội chợ B", "Cấp tỉnh", "Hòa Bình", "từ 20/11 đến 25/11/2021", 5),
            (3, "Hội chợ C", "Cấp tỉnh", "Hòa Bình", "05/3/2021", 5),
            (4, "Hội chợ D", "Cấp tỉnh", "Hòa Bình", "28/12/2021–02/01/2022", 5),
        )
    )
    assert rows(reading, "trade_promotions", "starts_on", "ends_on") == [
        (date(2021, 11, 20), date(2021, 11, 25)),
        (date(2021, 11, 20), date(2021, 11, 25)),
        (date(2021, 3, 5), None),
        (date(2021, 12, 28), date(2022, 1, 2)),
    ]
    assert said(reading) == []


def test_a_validity_answers_both_dates_and_its_own_column_wins() -> None:
    header = ("TT", "Chủ thể", "Loại chứng nhận", "Sản phẩm", "Diện tích (ha)", "Ngày cấp", "Hiệu lực đến")
    reading = read(
        (
            *TOP[:2],
            ("DANH SÁCH CƠ SỞ ĐƯỢC CHỨNG NHẬN VIETGAP NĂM 2021",),
            header,
            (1, "HTX Một", "VietGAP", "Bưởi", 3, "20/5/2021 - 19/5/2023", None),
            (2, "HTX Hai", "VietGAP", "Bưởi", 3, "20/5/2021 - 19/5/2023", "01/06/2023"),
            (3, "HTX Ba", "VietGAP", "Bưởi", 3, None, "từ 20/5/2021 đến 19/5/2023"),
        )
    )
    start = date(2021, 5, 20)
    assert rows(reading, "certifications", "issued_on", "expires_on") == [
        (start, date(2023, 5, 19)), (start, date(2023, 6, 1)), (start, date(2023, 5, 19)),
    ]  # fmt: skip


# ---- headers that data staff settled


def test_a_settled_header_is_matched_with_its_year() -> None:
    lines = (
        *TOP,
        ("TT", "Tên HTX", "Xã", "Tình trạng hoạt động", "Số thành viên", "TH năm 2020", "TH năm 2021"),
        (1, "HTX Một", "Nhuận Trạch", "Đang hoạt động", 3, 10, 11),
        (2, "HTX Hai", "Cao Sơn", "Đang hoạt động", 3, 20, 12),
    )
    assert rows(read(lines), "cooperative_reports", "revenue_vnd") == [(None,), (None,)]
    for spelling, expected in (("TH năm 2020", [10, 20]), ("TH  NĂM 2021", [11, 12])):
        settled = Vocabulary([("cooperative_reports", "revenue_vnd", spelling)])
        found = rows(read(lines, vocabulary=settled), "cooperative_reports", "revenue_vnd")
        assert found == [(value * 1_000_000,) for value in expected]


# ---- what is hidden


def test_hidden_rows_and_columns_are_read_and_named() -> None:
    def hide(sheet: Any) -> None:
        for row in (6, 7, 9, 12):
            sheet.row_dimensions[row].hidden = True
        sheet.column_dimensions["F"].hidden = True
        sheet.column_dimensions["H"].hidden = True  # nothing stands there

    lines = (*TOP, REGISTER, *((n, f"HTX Số {n}", "HTX", "Cao Sơn", 10 + n, 100 + n) for n in range(1, 6)))
    reading = read(lines, change=hide)
    assert len(rows(reading, "cooperative_reports", "name")) == 5
    (issue,) = [i for i in reading.issues if i.code == "hidden_content"]
    assert (issue.severity, issue.cell) == ("warning", "F6")
    assert "dòng 6–7, 9 và cột F" in issue.message_vi
    assert not any(i.code == "hidden_content" for i in read(lines).issues)


# ---- owners


def test_a_kind_beside_a_bare_name_tells_two_apart() -> None:
    reading = read(
        (*TOP, REGISTER, (1, "Hà Phong", "HTX", "Cao Sơn", 33, 100), (2, "Hà Phong", "THT", "Cao Sơn", 9, 5), (3, "HTX Hà Phong", "HTX", "Cao Sơn", 3, 5))
    )  # fmt: skip
    assert rows(reading, "cooperative_reports", "owner_key", "owner_kind") == [
        ("htx||hà phong", "HTX"), ("tht||hà phong", "THT"), ("htx||hà phong", "HTX"),
    ]  # fmt: skip


def test_districts_that_no_list_knows() -> None:
    header = ("TT", "Tên HTX", "Huyện", "Xã", "Tình trạng hoạt động", "Số thành viên")
    places = ("Lương Sơn", "Thạch Thất", "Huyện Kỳ Sơn", "Lươn Sơn", "Kim Bôi", None)
    lines = [(n, f"HTX Số {n}", place, None, "Đang hoạt động", 9) for n, place in enumerate(places, 1)]
    reading = read((*TOP, header, *lines))
    assert rows(reading, "cooperative_reports", "district_code", "owner_place") == [
        (LUONG_SON, None), (None, "thach that"), ("148", None), (LUONG_SON, None), (KIM_BOI, None), (LUONG_SON, None),
    ]  # fmt: skip
    assert said(reading) == [("choice_unknown", "C7"), ("choice_unknown", "C9")]


# ---- groups of columns per code


def test_certificates_as_groups_of_columns() -> None:
    title = ("DANH SÁCH HTX ĐƯỢC CẤP GIẤY CHỨNG NHẬN NĂM 2021",)
    day = date(2021, 5, 20)
    reading = read(
        (
            *TOP[:2], title, (),
            ("TT", "Tên HTX", "Sản phẩm", "VietGAP", None, None, "Hữu cơ", None, None, "GlobalGAP", None, None),
            (None, None, None, *("Số GCN", "Diện tích (ha)", "Ngày cấp") * 3),
            (1, "HTX Một", "Bưởi", "VG-1", 10, day, None, None, None, "GG-1", 4, day),
            (2, "HTX Hai", "Cam", "VG-2", 11, day, "HC-1", 2, day, None, None, None),
            (3, "HTX Ba", "Rau", "-", "-", "-", "HC-2", 3, "31/02/2021", None, None, None),
            (None, "Tổng cộng", None, None, 21, None, None, 6, None, None, 4, None),
        ),
        ("A5:A6", "B5:B6", "C5:C6", "D5:F5", "G5:I5", "J5:L5"),
    )  # fmt: skip
    found = rows(reading, "certifications", "row_number", "coop_name", "product", "scheme", "certificate_no", "area_ha", "issued_on")
    assert sorted(found, key=str) == [
        (7, "HTX Một", "Bưởi", "GlobalGAP", "GG-1", 4, day),
        (7, "HTX Một", "Bưởi", "VietGAP", "VG-1", 10, day),
        (8, "HTX Hai", "Cam", "VietGAP", "VG-2", 11, day),
        (8, "HTX Hai", "Cam", "organic", "HC-1", 2, day),
        (9, "HTX Ba", "Rau", "organic", "HC-2", 3, None),
    ]
    assert sorted(said(reading)) == [("date_invalid", "I9"), ("total_mismatch", "H10")]
    assert classes(reading, "certifications")["data_read"] == 3


def test_groups_of_another_form() -> None:
    reading = read(
        (
            *TOP[:2], ("KẾT QUẢ ĐÀO TẠO, TẬP HUẤN NĂM 2021",), (),
            ("TT", "Tên lớp", "Cán bộ quản lý HTX", None, "Thành viên, người lao động", None),
            (None, None, *("Số lớp", "Số người") * 2),
            (1, "Bồi dưỡng kỹ năng quản lý", 2, 30, None, None),
            (2, "Nghề trồng rau", 1, 10, 3, 90),
        ),
        ("A5:A6", "B5:B6", "C5:D5", "E5:F5"),
    )  # fmt: skip
    assert rows(reading, "training", "row_number", "audience", "classes", "persons") == [
        (7, "manager", 2, 30), (8, "manager", 1, 10), (8, "member_worker", 3, 90),
    ]  # fmt: skip


# ---- tables side by side

LEFT = ((1, "HTX Một", 3, 100), (2, "HTX Hai", 4, 200), (3, "HTX Ba", 5, 300), (None, "Tổng cộng", 12, 600))
RIGHT = ((4, "HTX Bốn", 6, 10), (5, "HTX Năm", 7, 20), (None, "Tổng cộng", 13, 30), (None,) * 4)
LIST = ("TT", "Tên HTX", "Số thành viên", "Doanh thu (triệu đồng)")
FIVE = [(6, "HTX Một", 3), (7, "HTX Hai", 4), (8, "HTX Ba", 5), (6, "HTX Bốn", 6), (7, "HTX Năm", 7)]


def beside(left: Sequence[Line], right: Sequence[Line], gap: Line = (None,)) -> list[Line]:
    return [[*a, *gap, *b] for a, b in zip(left, right, strict=True)]


def test_a_list_that_goes_on_to_the_right() -> None:
    for gap in ((None,), (None, None), ()):
        reading = read((*TOP, *beside((LIST, *LEFT), (LIST, *RIGHT), gap), (), ("Ghi chú: chưa gồm HTX mới",)))
        assert rows(reading, "cooperative_reports", "row_number", "name", "members") == FIVE
        assert said(reading) == []
        assert classes(reading, "cooperative_reports")["data_read"] == 3
        assert sum(int(str(n)) for count in reading.counts for k, n in count.items() if k not in ("sheet", "form", "position")) == 11


def test_two_districts_side_by_side() -> None:
    titles = ("DANH SÁCH HTX HUYỆN LƯƠNG SƠN NĂM 2021", None, None, None, None, "DANH SÁCH HTX HUYỆN KIM BÔI NĂM 2021")
    reading = read((*TOP[:2], titles, (), *beside((LIST, *LEFT), (LIST, *RIGHT))))
    assert rows(reading, "cooperative_reports", "name", "reporter_code", "district_code") == [
        *((name, LUONG_SON, LUONG_SON) for _, name, _ in FIVE[:3]), *((name, KIM_BOI, KIM_BOI) for _, name, _ in FIVE[3:]),
    ]  # fmt: skip
    assert said(reading) == []


def test_two_forms_side_by_side_and_another_below() -> None:
    """A row counts once for each form that stands in it."""
    courses = (
        (1, "Lớp A", "Cán bộ quản lý HTX", 30),
        (2, "Lớp B", "Cán bộ quản lý HTX", 20),
        ("Ghi chú: đã xong", *(None,) * 3),
        (None,) * 4,
    )
    head = ("TT", "Tên lớp", "Đối tượng", "Số người")
    fair = ("TT", "Tên sự kiện", "Quy mô", "Địa điểm", "Ngày tổ chức", "Số HTX tham gia")
    reading = read(
        (
            *TOP[:2], ("DANH SÁCH HTX NĂM 2021", *(None,) * 4, "KẾT QUẢ ĐÀO TẠO, TẬP HUẤN NĂM 2021"), (),
            *beside((LIST, *LEFT), (head, *courses)),
            (), ("XÚC TIẾN THƯƠNG MẠI NĂM 2021",), fair, (1, "Hội chợ", "Cấp tỉnh", "Hòa Bình", "01/02/2021", 3),
        )
    )  # fmt: skip
    assert rows(reading, "cooperative_reports", "row_number", "name", "members") == FIVE[:3]
    assert rows(reading, "training", "row_number", "course", "persons") == [(6, "Lớp A", 30), (7, "Lớp B", 20)]
    assert rows(reading, "trade_promotions", "row_number", "coops") == [(13, 3)]
    assert said(reading) == []
    assert classes(reading, "cooperative_reports") == {"header": 1, "data_read": 3, "total": 1, "note": 2, "blank": 2}
    assert classes(reading, "training") == {"header": 1, "data_read": 2}


def test_tables_side_by_side_that_begin_apart() -> None:
    loans = (
        (None,) * 4, ("DƯ NỢ CỦA HTX NĂM 2021", *(None,) * 3), ("ĐVT: triệu đồng", *(None,) * 3),
        ("TT", "Khách hàng vay", "Ngân hàng cho vay", "Dư nợ"), (1, "HTX Một", "Agribank", 120),
    )  # fmt: skip
    for left, right, gap in (((LIST, *LEFT), loans, 1), (loans, (LIST, *LEFT), 1)):
        reading = read((*TOP, *beside(left, right, (None,) * gap)))
        assert rows(reading, "cooperative_reports", "row_number", "name", "members") == FIVE[:3]
        assert rows(reading, "loans", "row_number", "coop_name", "outstanding_vnd") == [(9, "HTX Một", 120_000_000)]
        assert said(reading) == []


def test_a_blank_column_inside_a_table_is_no_border() -> None:
    reading = read((*TOP, ("TT", "Tên HTX", None, "Số thành viên", "Doanh thu (triệu đồng)"), *((a, b, None, c, d) for a, b, c, d in LEFT)))
    assert rows(reading, "cooperative_reports", "name", "members", "revenue_vnd") == [
        ("HTX Một", 3, 100_000_000), ("HTX Hai", 4, 200_000_000), ("HTX Ba", 5, 300_000_000),
    ]  # fmt: skip


# ---- values in words of no list


def test_a_value_is_taken_by_its_telling_words_where_one_code_fits() -> None:
    taken = {
        ("statuses", "làm ăn vẫn đều đặn bình thường"): "operating", ("code_statuses", "còn thời hạn"): "active",
        ("code_statuses", "đã bị rút mã"): "revoked", ("model_kinds", "quản lý dịch hại"): "IPM", ("model_kinds", "Tham quan"): None,
        ("audiences", "Cán bộ UBND xã"): "official",  # "bộ" is no "bỏ"
        # under way is not done
        ("statuses", "đang tiến hành thủ tục giải thể"): "awaiting_dissolution", ("statuses", "đã xong thủ tục giải thể"): "dissolved",
        ("code_statuses", "đang làm thủ tục thu hồi"): None, ("schemes", "đang làm hồ sơ VietGAP"): None,
        # denied, of a kind that no list has, another standard's number, a name, not told apart
        ("schemes", "chưa được cấp VietGAP"): None, ("schemes", "an toàn dịch bệnh"): None, ("schemes", "ISO 9001"): None,
        ("statuses", "thành lập từ 2015"): None, ("ratings", "chưa tốt"): None, ("markets", "Nam Xu-đăng"): None, ("stamp_kinds", "tem bạc"): None,
        ("statuses", "ngưng hẳn"): None, ("code_statuses", "hết hạn sử dụng"): None, ("schemes", "VietGAP và hữu cơ"): None,
    }  # fmt: skip
    read_as = {pair: VOCABULARY.read_choice(*pair) or VOCABULARY.guess_choice(*pair)[0] for pair in taken}
    assert read_as == taken
    assert VOCABULARY.guess_choice("schemes", "VietGAP và hữu cơ") == (None, ("VietGAP", "organic"))

    header = ("TT", "Tên HTX", "Xã", "Tình trạng hoạt động", "Số thành viên", "Xếp loại")
    reading = read(
        (
            *TOP,
            header,
            (1, "HTX Một", "Cao Sơn", "Đang hoạt động", 9, "trung bình tốt"),
            (2, "HTX Hai", "Cao Sơn", "Đang hoạt động", 9, "Khá"),
        )
    )
    assert rows(reading, "cooperative_reports", "rating") == [(None,), ("fair",)]
    (issue,) = [i for i in reading.issues if i.code == "choice_unknown"]
    assert issue.cell == "F6"
    assert "gần nhất: “Trung bình” hoặc “Tốt”" in issue.message_vi


# ---- what is not what it seems


def test_a_day_is_no_count_of_days_and_a_table_without_a_column_is_said_once() -> None:
    top = (("UBND HUYỆN LƯƠNG SƠN",), (), ("KẾT QUẢ ĐÀO TẠO, TẬP HUẤN NĂM 2021",), ())
    header = ("TT", "Tên lớp", "Đối tượng", "Ngày", "Số người")
    reading = read((*top, header, (1, "Kế toán", "Cán bộ HTX", 5, 9), (2, "Quản trị", "Cán bộ HTX", 12, 30)))
    assert rows(reading, "training", "days") == [(None,), (None,)]

    top = (("UBND HUYỆN LƯƠNG SƠN",), (), ("LỊCH HỌP NĂM 2021",), ())
    header = ("TT", "Nội dung", "Địa điểm", "Số buổi", "Số người")
    reading = read((*top, header, (1, "Họp", "Hội trường", "sáu", "ba"), (2, "Họp", None, -1, 30)))
    assert said(reading) == [("header_missing", "A5")]
    sentence = next(i.message_vi for i in reading.issues if i.code == "header_missing")
    assert "“Đối tượng”" in sentence
    assert "Địa điểm" in sentence
    assert rows(reading, "training", "course") == []


def test_a_sheet_of_indicators_is_named_as_such() -> None:
    reading = read(
        (("UBND HUYỆN LƯƠNG SƠN",), (), ("BIỂU CHỈ TIÊU KINH TẾ TẬP THỂ NĂM 2021",), (), ("TT", "Chỉ tiêu", "ĐVT", "Năm 2020", "Năm 2021"),
         (1, "Tổng số HTX", "HTX", 5, 7), (2, "Số thành viên", "người", 12, 30), (3, "Doanh thu bình quân", "triệu đồng", 12, 30))
    )  # fmt: skip
    (issue,) = [i for i in reading.issues if i.code == "sheet_unrecognised"]
    assert "bảng chỉ tiêu" in issue.message_vi
    assert "indicators" in issue.message_en


def test_a_unit_in_the_cell_against_the_row_s_is_said() -> None:
    lines = (
        ("UBND HUYỆN LƯƠNG SƠN",), (), ("XUẤT KHẨU NÔNG SẢN NĂM 2021",), (),
        ("TT", "Tên HTX", "Sản phẩm", "Thị trường", "Hình thức", "ĐVT", "Số lượng"),
        (1, "HTX Một", "Chuối", "Trung Quốc", "Chính ngạch", "tấn", 5), (2, "HTX Hai", "Chuối", "Trung Quốc", "Chính ngạch", "tấn", "500 kg"),
    )  # fmt: skip
    reading = read(lines)
    assert rows(reading, "exports", "quantity_t") == [(5,), (0.5,)]
    assert ("unit_conflict", "G7") in said(reading)
    assert ("unit_conflict", "G6") not in said(reading)


def test_the_unit_line_is_for_columns_that_state_none() -> None:
    def read_with(total: str) -> Reading:
        head = ("TT", "Tên HTX", "Số thành viên", "Vốn điều lệ (triệu đồng)", total)
        return read((("UBND HUYỆN LƯƠNG SƠN",), ("DANH SÁCH HTX NĂM 2021",), ("Đơn vị tính: nghìn đồng",), head,
                     (1, "HTX Một", 9, 500, 700000), (2, "HTX Hai", 8, 600, 800000)))  # fmt: skip

    assert ("unit_conflict", "D4") not in said(read_with("Doanh thu"))
    assert ("unit_conflict", "D4") in said(read_with("Doanh thu (triệu đồng)"))


def test_a_bare_percent_has_the_time_of_its_header() -> None:
    for header, typed, ratio in (
        ("Lãi suất/tháng", "0,5%", 0.06), ("Lãi suất (%/tháng)", "0,5%", 0.06), ("Lãi suất (%/tháng)", "6%/năm", 0.06),
        ("Lãi suất (%/năm)", "6%", 0.06), ("Lãi suất", "6%", 0.06), ("Lãi suất", "0,5%/tháng", 0.06),
    ):  # fmt: skip
        head = ("TT", "Tên HTX", "Ngân hàng", "Dư nợ (triệu đồng)", header)
        body = ((1, "HTX Một", "Agribank", 50, typed), (2, "HTX Hai", "BIDV", 60, typed))
        reading = read((("UBND HUYỆN LƯƠNG SƠN",), ("TÌNH HÌNH VAY VỐN CỦA HTX NĂM 2021",), head, *body))
        assert [float(str(rate)) for (rate,) in rows(reading, "loans", "rate_year_ratio")] == [ratio, ratio], (header, typed)


def test_a_column_that_stays_out_names_what_it_may_be() -> None:
    head = ("TT", "Tên HTX", "Doanh thu (triệu đồng)", "Số người")
    reading = read((("UBND HUYỆN LƯƠNG SƠN",), ("DANH SÁCH HTX NĂM 2021",), head, (1, "HTX Một", 500, 9), (2, "HTX Hai", 600, 8)))
    (issue,) = reading.issues
    assert (issue.code, issue.cell) == ("column_unknown", "D3")
    assert "có thể là “Số thành viên”" in issue.message_vi
    assert "it may be “Members”" in issue.message_en
    assert 'header_spellings.csv dòng: cooperative_reports,members,"Số người"' in issue.hint_vi


def test_what_no_form_asks_for_is_no_field() -> None:
    for title in ("Số đảng viên", "Số hộ nghèo", "Nộp ngân sách (triệu đồng)"):
        head = ("TT", "Tên HTX", "Doanh thu (triệu đồng)", title)
        reading = read((*LOANS[:1], ("DANH SÁCH HTX NĂM 2021",), head, (1, "HTX Một", 500, 9), (2, "HTX Hai", 600, 8)))
        assert [(i.code, i.cell) for i in reading.issues] == [("column_unknown", "D3")], title


def test_examples_in_brackets_are_not_what_a_column_holds() -> None:
    head = ("TT", "Tên HTX", "Quy trình kỹ thuật", "Đơn vị chuyển giao (viện, trường đại học)", "Ngày chuyển giao")
    body = [(1, "HTX Một", "Trồng bưởi", "Viện rau quả", "01/02/2021"), (2, "HTX Hai", "Nuôi gà", "Trung tâm khuyến nông", "01/02/2021")]
    reading = read((*LOANS[:1], ("CHUYỂN GIAO KỸ THUẬT NĂM 2021",), head, *body))
    assert rows(reading, "technology_transfers", "provider") == [("Viện rau quả",), ("Trung tâm khuyến nông",)]
    assert reading.issues == []
    for title, counts, other in (
        ("Đối tượng tham gia (đảng viên, xã viên)", False, False), ("Tên lớp (trung cấp)", False, False), ("Số lao động (đại học)", True, True),
        ("Số đảng viên", True, True), ("Trình độ", False, True),
    ):  # fmt: skip
        assert says_another(read_header((title,)), counts) == other, title


def test_countries_are_not_read_out_of_other_words() -> None:
    for text in ("Bí", "Sả", "Ao", "Nợ", "ít", "hùng", "Tiếp", "tr.đ", "Cá", "Gà na", "Củ ba kích"):
        read_as = VOCABULARY.read_choice("markets", text), VOCABULARY.read_exactly("markets", text), VOCABULARY.is_code(text)
        assert read_as == (None, None, False), text
    for text, market in (
        ("Bỉ", "BE"),
        ("Áo", "AT"),
        ("CH Séc", "CZ"),
        ("SA", "SA"),
        ("Mỹ", "US"),
        ("Nhat", "JP"),
        ("nước Ý", "IT"),
        ("Uc", "AU"),
    ):
        assert VOCABULARY.read_choice("markets", text) == market, text
    head = ("TT", "Tên HTX", "Mã số vùng trồng", "Diện tích (ha)", "Xã")
    body = [(kind, (1, f"HTX {kind[-1]}", f"VN-HBOR-000{n}", 5, "Cao Sơn")) for n, kind in enumerate(("I. Bí", "II. Sả", "III. SA"))]
    reading = read((*LOANS[:1], ("DANH SÁCH MÃ SỐ VÙNG TRỒNG NĂM 2021",), head, *(line for kind, row in body for line in ((kind,), row))))
    assert [(p, m) for p, m in zip(*(reading.rows["growing_areas"].columns[c] for c in ("product", "market")), strict=True)] == [
        ("Bí", None), ("Sả", None), ("SA", None),
    ]  # fmt: skip


def test_brackets_that_never_close_cost_nothing() -> None:
    began = time.process_time()
    assert VOCABULARY.read_choice("statuses", "(" * 32_000) is None
    assert not VOCABULARY.looks_like_code("statuses", "(a" * 16_000)
    assert read_header(("(" * 32_000, "Thành viên")).path
    assert time.process_time() - began < 2


def test_numbers_of_a_name_are_no_years() -> None:
    for name, periods in (
        ("LuongSon_2000.xlsx", ()), ("1990 LuongSon.xlsx", ()), ("LuongSon 2021 2000.xlsx", ("2021",)), ("nam 2009.xlsx", ("2009",)),
    ):  # fmt: skip
        assert read_path(name).periods == periods, name


def test_letters_of_another_alphabet_are_put_right_and_noted() -> None:
    reading = read((*TOP, REGISTER, (1, "HTX Một", "HTX", "Cao Sơn", 9, 100), (2, "НТХ Hai", "HTX", "Cao Sơn", 9, 100)))
    assert rows(reading, "cooperative_reports", "owner_kind") == [("HTX",), ("HTX",)]
    assert [i.cell for i in reading.issues if i.code == "encoding_repaired"] == ["B7"]


# ---- what stands for more than itself

LOANS = ("UBND HUYỆN LƯƠNG SƠN",), ("TÌNH HÌNH VAY VỐN CỦA HTX NĂM 2021",)
CERTIFICATES = ("UBND HUYỆN LƯƠNG SƠN",), ("DANH SÁCH HTX ĐƯỢC CẤP GIẤY CHỨNG NHẬN NĂM 2021",)


def test_a_term_ends_so_long_after_its_beginning() -> None:
    head = ("TT", "Tên HTX", "Ngân hàng", "Dư nợ (triệu đồng)", "Ngày vay", "Thời hạn vay (tháng)")
    body = (
        (1, "HTX Một", "Agribank", 50, "31/08/2020", 18), (2, "HTX Hai", "BIDV", 60, "15/01/2021", "3 năm"),
        (3, "HTX Ba", "BIDV", 60, None, 12),
    )  # fmt: skip
    reading = read((*LOANS, head, *body))
    assert rows(reading, "loans", "due_on") == [(date(2022, 2, 28),), (date(2024, 1, 15),), (None,)]
    assert said(reading) == [("date_invalid", "F6")]


def test_a_date_beside_a_number_or_a_place() -> None:
    head = ("TT", "Tên HTX", "Tiêu chuẩn", "Giấy chứng nhận (số, ngày)", "Diện tích (ha)")
    body = (
        (1, "HTX Một", "VietGAP", "VG-1/2021 ngày 05/03/2021", 5), (2, "HTX Hai", "VietGAP", "VG-2; 06/03/2021", 6),
        (3, "HTX Ba", "VietGAP", "VG-03-2021", 6),
    )  # fmt: skip
    assert rows(read((*CERTIFICATES, head, *body)), "certifications", "certificate_no", "issued_on") == [
        ("VG-1/2021", date(2021, 3, 5)), ("VG-2", date(2021, 3, 6)), ("VG-03-2021", None),
    ]  # fmt: skip
    head = ("TT", "Tên sự kiện", "Cấp tổ chức", "Thời gian, địa điểm", "Số HTX tham gia")
    body = (
        (1, "Hội chợ", "Cấp tỉnh", "Từ 15/10 đến 21/10/2021, TP Hòa Bình", 3),
        (2, "Tuần lễ cam", "Cấp huyện", "05/11/2021, xã Cao Sơn", 4),
        (3, "Ngày hội", "Cấp huyện", "Sân vận động huyện", 4),
    )  # fmt: skip
    found = rows(
        read((("UBND HUYỆN LƯƠNG SƠN",), ("XÚC TIẾN THƯƠNG MẠI NĂM 2021",), head, *body)),
        "trade_promotions",
        "venue",
        "starts_on",
        "ends_on",
    )
    assert found == [
        ("TP Hòa Bình", date(2021, 10, 15), date(2021, 10, 21)), ("xã Cao Sơn", date(2021, 11, 5), None), ("Sân vận động huyện", None, None),
    ]  # fmt: skip


def test_months_as_sections_and_the_same_as_above() -> None:
    head = ("STT", "HTX", "Sản phẩm", "Nước NK", "Sản lượng (tấn)")
    body = (
        (None, "Tháng 01/2021"), (1, "HTX Một", "Cam", "Anh", 5), (2, "nt", "Quýt", "-nt-", 3), (None, "Quý III"), (3, "HTX Hai", "Mía", "CH Séc", 2),
        (4, '"', '"', "Đức", 2),
    )  # fmt: skip
    reading = read((("UBND HUYỆN LƯƠNG SƠN",), ("TÌNH HÌNH XUẤT KHẨU NĂM 2021",), head, *body))
    assert rows(reading, "exports", "coop_name", "product", "market", "shipped_on") == [
        ("HTX Một", "Cam", "GB", date(2021, 1, 1)), ("HTX Một", "Quýt", "GB", date(2021, 1, 1)),
        ("HTX Hai", "Mía", "CZ", date(2021, 7, 1)), ("HTX Hai", "Mía", "DE", date(2021, 7, 1)),
    ]  # fmt: skip
    assert said(reading) == []


def test_the_noun_of_a_unit_says_what_is_counted() -> None:
    top = ("UBND HUYỆN LƯƠNG SƠN",), ("KẾT QUẢ ĐÀO TẠO, TẬP HUẤN NĂM 2021",)
    reading = read((*top, ("TT", "Tên lớp", "Đối tượng", "Học viên (lượt người)"), (1, "Lớp A", "Cán bộ quản lý HTX", 30)))
    assert rows(reading, "training", "attendances", "persons") == [(30, None)]
    head = ("TT", "Tên lớp", "Số người tham gia (lượt người)", None, "Số lớp"), (None, None, "Cán bộ quản lý HTX", "Thành viên, NLĐ", None)
    reading = read((*top, *head, (1, "Lớp A", 30, None, 1), (2, "Lớp B", None, 40, 1), (3, "Lớp C", None, None, 1)), ("C3:D3",))
    assert rows(reading, "training", "course", "audience", "attendances") == [("Lớp A", "manager", 30), ("Lớp B", "member_worker", 40)]
    assert ("value_missing", "C7") in said(reading)  # nobody is said to have come


def test_a_bullet_in_the_column_of_numbers_heads_rows() -> None:
    body = (("*", "Huyện Kim Bôi"), (1, "HTX Một", "Agribank", 50), ("*", "H. L.Thủy"), (2, "HTX Hai", "BIDV", 60))
    reading = read((("NGÂN HÀNG NHÀ NƯỚC CHI NHÁNH TỈNH HÒA BÌNH",), LOANS[1], ("TT", "Tên HTX", "Ngân hàng", "Dư nợ (triệu đồng)"), *body))
    assert rows(reading, "loans", "coop_name", "district_code") == [("HTX Một", KIM_BOI), ("HTX Hai", "159")]
    head = ("TT", "Tên HTX", "Địa chỉ", "Ngân hàng", "Dư nợ (triệu đồng)")
    body = ((1, "HTX Một", "Xã Xuân Thủy, huyện Kim Bôi", "Agribank", 50), (2, "HTX Hai", "Xóm Mỏ", "Agribank", 50))
    reading = read((("NGÂN HÀNG NHÀ NƯỚC CHI NHÁNH TỈNH HÒA BÌNH",), LOANS[1], head, *body))
    assert rows(reading, "loans", "district_code") == [(KIM_BOI,), (None,)]


def test_initials_of_a_spelling() -> None:
    top = ("UBND HUYỆN LƯƠNG SƠN",), ("KẾT QUẢ ĐÀO TẠO, TẬP HUẤN NĂM 2021",)
    head = ("TT", "Tên lớp", "Đối tượng", "Số HV", "ĐVTH", "XYZ")
    reading = read(
        (*top, head, (1, "Lớp A", "Cán bộ quản lý HTX", 30, "Liên minh HTX tỉnh", 5), (2, "Lớp B", "Cán bộ xã", 40, "Trạm BVTV", 6))
    )
    assert rows(reading, "training", "persons", "organiser") == [(30, "Liên minh HTX tỉnh"), (40, "Trạm BVTV")]
    assert [(i.code, i.cell) for i in reading.issues] == [("column_unknown", "F3")]


def test_the_last_time_that_was_judged_holds() -> None:
    head = (
        ("TT", "Tên SP", "Chủ thể", "Lần 1", None, None, "Lần 2 (đánh giá lại)", None, None, "Hạng sao hiện tại"),
        (None, None, None, *("Sao", "Số QĐ", "Ngày QĐ") * 2, None),
    )
    body = (
        (1, "Cam", "HTX Một", 3, "1/QĐ", "18/12/2018", 4, "9/QĐ", "15/12/2021", 4), (2, "Na", "HTX Hai", 3, "2/QĐ", "18/12/2020", None, None, None, 3),
    )  # fmt: skip
    reading = read((*TOP[:1], ("DANH SÁCH SẢN PHẨM OCOP NĂM 2021",), *head, *body), ("D3:F3", "G3:I3", "A3:A4", "B3:B4", "C3:C4", "J3:J4"))
    assert rows(reading, "certifications", "stars", "certificate_no", "issued_on") == [
        (4, "9/QĐ", date(2021, 12, 15)), (3, "2/QĐ", date(2020, 12, 18)),
    ]  # fmt: skip
    assert said(reading) == []


def test_the_cell_of_an_issue_is_in_the_group_that_answers() -> None:
    head = (("TT", "Tên HTX", "Sản phẩm", "Lần 1", None, "Lần 2", None), (None, None, None, *("Số quyết định", "Ngày cấp") * 2))
    body = ((1, "HTX Một", "Cam", "12/QĐ", "01/02/2020", "15/QĐ", "01/05/2021"), (2, "HTX Hai", "Bưởi", "13/QĐ", "abc"))
    reading = read((*TOP[:1], ("CHỨNG NHẬN OCOP NĂM 2021",), *head, *body), ("D3:E3", "F3:G3"))
    assert rows(reading, "certifications", "certificate_no", "issued_on") == [("15/QĐ", date(2021, 5, 1)), ("13/QĐ", None)]
    assert said(reading) == [("date_invalid", "E6")]
    unused = [(i.cell, i.message_en.partition("is not used")[2]) for i in reading.issues if i.code == "column_unknown"]
    assert unused == [(cell, ", save in rows that leave the later time blank.") for cell in ("D4", "E4")]


@pytest.mark.parametrize(("title", "amounts"), [("Số tem (tem)", (15, 2)), ("Số lượng tem", ("3.000", "2.000"))])
def test_amounts_of_several_times_are_refused_by_name(title: str, amounts: tuple[object, object]) -> None:
    head = (("TT", "Tên HTX", "Sản phẩm", "Lần 1", None, "Lần 2", None), (None, None, None, *(title, "Ngày cấp") * 2))
    body = tuple((i, f"HTX {i}", "Cam", amounts[0], "01/02/2021", amounts[1], "01/05/2021") for i in (1, 2))
    reading = read((*TOP[:1], ("CẤP TEM TRUY XUẤT NGUỒN GỐC NĂM 2021",), *head, *body), ("D3:E3", "F3:G3"))
    assert said(reading) == [("header_missing", "A4")]


def test_a_list_without_owners_below_another_is_named() -> None:
    lenders = ("TT", "Huyện", "Ngân hàng", "Dư nợ (triệu đồng)", "Nợ quá hạn (triệu đồng)", "Ngày vay")
    reading = read(
        (
            ("NGÂN HÀNG NHÀ NƯỚC CHI NHÁNH TỈNH HÒA BÌNH",), ("DANH SÁCH HTX VAY VỐN NĂM 2021",),
            ("TT", "Tên HTX", "Huyện", "Ngân hàng", "Dư nợ (triệu đồng)"), (1, "HTX Một", "Tân Lạc", "Agribank", 300), (),
            ("II. DANH SÁCH HTX VAY VỐN TỪ QUỸ",), lenders, (1, "Tân Lạc", "Agribank", 300, 0, "01/02/2021"),
        ),
        path="2021/NHNN.xlsx",
    )  # fmt: skip
    assert len(rows(reading, "loans", "coop_name")) == 1
    assert said(reading) == [("header_missing", "A7")]


def test_an_average_is_no_rating_and_a_dash_no_section() -> None:
    head = ("Xếp loại", *REGISTER[1:])
    body = (
        ("Khá", "HTX Một", "HTX", "Cao Sơn", 20, 500),
        ("Trung bình", "HTX Hai", "HTX", "Cao Sơn", 12, 100),
        ("Bình quân", None, None, None, 16, 300),
    )
    reading = read((*TOP, head, *body))
    assert rows(reading, "cooperative_reports", "name", "rating") == [("HTX Một", "fair"), ("HTX Hai", "average")]
    assert classes(reading, "cooperative_reports")["note"] == 3

    head = ("TT", "Tên đơn vị", "Quy trình kỹ thuật", "Đơn vị chuyển giao", "Ngày chuyển giao")
    body = (
        ("*", "Huyện Lương Sơn"),
        ("-", "Thành Công", None, None, None),
        ("-", "Bình Minh", "Nuôi gà", "Trung tâm khuyến nông", "01/02/2021"),
    )
    reading = read((*TOP[:1], ("CHUYỂN GIAO KỸ THUẬT NĂM 2021",), head, *body))
    assert classes(reading, "technology_transfers") == {"header": 1, "data_read": 2, "section": 1, "note": 2}
    assert said(reading) == [("value_missing", "C5")]


def test_a_column_that_only_some_rows_need_is_said_once() -> None:
    head = ("TT", "Tên HTX", "Tiêu chuẩn", "Số GCN", "Sản phẩm")
    body = [(i, f"HTX {i}", scheme, f"S-{i}", "Bưởi") for i, scheme in enumerate(("OCOP", "VietGAP", "OCOP", "VietGAP", "VietGAP"), 1)]
    reading = read((*CERTIFICATES, head, *body))
    assert rows(reading, "certifications", "row_number") == [(4,), (6,)]
    (issue,) = reading.issues
    assert (issue.code, issue.severity) == ("header_missing", "error")
    assert "“Diện tích” (cần cho dòng 5, 7–8)" in issue.message_vi


def test_short_words_in_the_encoding_of_their_neighbours() -> None:
    def type_in_vni(sheet: Any) -> None:
        for row, (name, rating) in enumerate((("HTX chaên nuoâi Gia Hieàn", "yeáu"), ("HTX noâng nghieäp Thaønh Coâng", "Toát")), 6):
            sheet.cell(row, 2).value, sheet.cell(row, 4).value = name, rating

    reading = read((*TOP, ("TT", "Tên HTX", "Số thành viên", "Xếp loại"), (1, "", 33, ""), (2, "", 10, "")), change=type_in_vni)
    assert rows(reading, "cooperative_reports", "name", "rating") == [
        ("HTX chăn nuôi Gia Hiền", "weak"), ("HTX nông nghiệp Thành Công", "good"),
    ]  # fmt: skip
    assert [i.cell for i in reading.issues if i.code == "encoding_repaired"] == ["B6", "D6"]
    sound = read((*TOP, ("TT", "Tên HTX", "Số thành viên", "Ngành nghề"), (1, "HTX Toát", 33, "Chè")))
    assert sound.issues == []


def test_sheets_of_districts_and_one_that_repeats_them() -> None:
    def add_sheets(book_sheet: Any) -> None:
        book = book_sheet.parent
        district = [(1, "HTX Bốn", "Mô hình sản xuất chè", 3, 4), (2, "HTX Năm", "Mô hình trồng cam", 2, 1)]
        for name, lines in (("Kim Bôi", district), ("Toàn tỉnh", [*body, *district])):
            sheet = book.create_sheet(name)
            whose = "TOÀN TỈNH" if name == "Toàn tỉnh" else f"HUYỆN {name.upper()}"
            for line in ((f"MÔ HÌNH ỨNG DỤNG IPM NĂM 2021 - {whose}",), head, *lines):
                sheet.append(list(line))

    head = ("TT", "HTX thực hiện", "Tên mô hình", "Số mô hình", "Quy mô (ha/MH)")
    body = [(1, "HTX Một", "Mô hình sản xuất bưởi", 5, 2), (2, "HTX Hai", "Mô hình nhãn", 1, 3)]
    sheets = [("MÔ HÌNH ỨNG DỤNG IPM NĂM 2021 - HUYỆN LƯƠNG SƠN",), head, *body]
    reading = read(sheets, change=add_sheets, path="2021/CC TT&BVTV/IPM.xlsx")
    assert reading.reporter == "17-TTBVTV"
    assert rows(reading, "demonstration_models", "coop_name", "kind", "district_code", "size_ha") == [
        ("HTX Một", "IPM", LUONG_SON, 2), ("HTX Hai", "IPM", LUONG_SON, 3), ("HTX Bốn", "IPM", KIM_BOI, 4), ("HTX Năm", "IPM", KIM_BOI, 1),
    ]  # fmt: skip
    assert [(i.code, i.sheet) for i in reading.issues] == [("sheet_repeated", "Toàn tỉnh")]


def test_two_groups_of_boxes_to_tick() -> None:
    head = (
        ("TT", "Tên HTX", "Tình trạng hoạt động", None, "Xếp loại", None, None),
        (None, None, "Đang hoạt động", "Tạm ngừng", "Tốt", "Khá", "TB"),
    )
    body = ((1, "HTX Một", "x", None, None, "x", None), (2, "HTX Hai", None, "x", None, None, "x"))
    reading = read((*TOP, *head, *body), ("A5:A6", "B5:B6", "C5:D5", "E5:G5"))
    assert rows(reading, "cooperative_reports", "status", "rating") == [("operating", "fair"), ("suspended", "average")]


def test_a_figure_of_the_year_before_beside_this_years() -> None:
    head = ("TT", "Tên HTX", "Số thành viên", "Doanh thu năm 2020", "Doanh thu", "Lãi", "Tình trạng")
    body = ((1, "HTX Một", 9, 100, 200, 20, "Tạm ngừng (từ 2019)"), (2, "HTX Hai", 9, 110, 220, 22, "Đang hoạt động (từ 2019)"))
    reading = read((*TOP[:3], ("Đơn vị tính: triệu đồng",), head, *body))
    assert rows(reading, "cooperative_reports", "revenue_vnd", "status") == [(200_000_000, "suspended"), (220_000_000, "operating")]
    head = ("TT", "Tên HTX", "Số thành viên", "Tổng DT", "Lãi")
    reading = read((*TOP[:3], ("Đơn vị tính: triệu đồng",), head, (1, "HTX Một", 9, 200, 20), (2, "HTX Hai", 9, 220, 22)))
    assert rows(reading, "cooperative_reports", "revenue_vnd", "area_ha") == [(200_000_000, None), (220_000_000, None)]


def test_days_as_numbers_as_excel_shows_them_and_without_their_year() -> None:
    head = ("TT", "Tên HTX", "Ngân hàng", "Dư nợ (triệu đồng)", "Ngày giải ngân vốn")
    body = ((1, "HTX Một", "Agribank", 50, 43159), (2, "HTX Hai", "BIDV", 60, 43388))
    assert rows(read((*LOANS, head, *body)), "loans", "disbursed_on") == [(date(2018, 2, 28),), (date(2018, 10, 15),)]
    head = ("STT", "HTX", "Sản phẩm", "Nước NK", "Sản lượng (tấn)", "Ngày xuất")
    days = {
        "07-thg 3-2021": date(2021, 3, 7),
        "24-thg 11-2021": date(2021, 11, 24),
        "09/2": date(2021, 2, 9),
        "Đầu tháng 5/2021": date(2021, 5, 1),
    }
    body = tuple((i, "HTX Một", "Cam", "Anh", i, typed) for i, typed in enumerate(days, 1))
    reading = read((("UBND HUYỆN LƯƠNG SƠN",), ("TÌNH HÌNH XUẤT KHẨU NĂM 2021",), head, *body))
    assert rows(reading, "exports", "shipped_on") == [(day,) for day in days.values()]


def test_sections_within_sections() -> None:
    cao_son, nhuan_trach = (VOCABULARY.read_commune(name, LUONG_SON, None) for name in ("Cao Sơn", "Nhuận Trạch"))
    body = (
        ("I", "XÃ CAO SƠN"), ("I.1", "Giấy chứng nhận ATTP"), (1, "HTX Một", "Cam", 5), ("I.2", "Chứng nhận VietGAP"), (2, "HTX Hai", "Cam", 5),
        ("II", "XÃ NHUẬN TRẠCH"), ("II.1", "Chứng nhận hữu cơ PGS"), (3, "HTX Ba", "Cam", 5), (None, "Cộng", None, 15),
        (None, "Bình quân 1 HTX", None, 5),
    )  # fmt: skip
    reading = read((*CERTIFICATES, ("TT", "Tên HTX", "Sản phẩm", "Diện tích (ha)"), *body))
    assert rows(reading, "certifications", "coop_name", "scheme", "commune_code") == [
        ("HTX Một", "food_safety", cao_son), ("HTX Hai", "VietGAP", cao_son), ("HTX Ba", "PGS", nhuan_trach),
    ]  # fmt: skip
    assert said(reading) == []


def test_areas_by_the_unit_of_the_cell() -> None:
    head = ("TT", "HTX được hỗ trợ", "Tên công trình", "Loại công trình", "Diện tích", "Số tiền hỗ trợ (triệu đồng)")
    body = ((1, "HTX Một", "Nhà kho ¹", "Nhà xưởng", "250 m2", 90), (2, "HTX Hai", "Mương bản Mỏ", "Thủy lợi", "9 ha", 80))
    reading = read((("UBND HUYỆN LƯƠNG SƠN",), ("HỖ TRỢ KẾT CẤU HẠ TẦNG CHO HTX NĂM 2021",), head, *body))
    assert rows(reading, "infrastructure", "work", "floor_area_m2", "served_area_ha") == [("Nhà kho", 250, None), ("Mương bản Mỏ", None, 9)]


def test_months_on_sheets_and_a_sheet_of_the_year() -> None:
    def add_sheets(book_sheet: Any) -> None:
        book_sheet.title = "Cả năm"
        for month, lines in ((8, august), (9, september)):
            sheet = book_sheet.parent.create_sheet(f"T{month}")
            for line in ((f"XUẤT KHẨU NÔNG SẢN THÁNG {month}/2021",), head, *lines):
                sheet.append(list(line))

    head = ("STT", "HTX", "Sản phẩm", "Nước NK", "Sản lượng (tấn)")
    august = [(1, "HTX Một", "Cam", "Anh", 5), (2, "HTX Hai", "Cam", "Anh", 7)]
    september = [(1, "HTX Một", "Cam", "Anh", 6), (2, "HTX Hai", "Cam", "Anh", 8)]
    body = [(*line, month) for month, lines in ((8, august), (9, september)) for line in lines]
    year = [("UBND HUYỆN LƯƠNG SƠN",), ("XUẤT KHẨU NÔNG SẢN NĂM 2021",), (*head, "Tháng"), *body]
    reading = read(year, change=add_sheets, path="LuongSon.xlsx")
    assert reading.period == "2021"
    assert rows(reading, "exports", "sheet", "period", "quantity_t") == [
        ("T8", "2021-08", 5), ("T8", "2021-08", 7), ("T9", "2021-09", 6), ("T9", "2021-09", 8),
    ]  # fmt: skip


def test_the_period_of_the_folder_and_of_most_sheets_against_a_wider_one() -> None:
    def add_sheets(book_sheet: Any) -> None:
        for name, lines in (
            ("ĐT", [("ĐÀO TẠO, TẬP HUẤN QUÝ I NĂM 2022",), *course]),
            ("Vay", [("DANH SÁCH HTX VAY VỐN NĂM 2022",), *loan]),
        ):
            sheet = book_sheet.parent.create_sheet(name)
            for line in (("UBND HUYỆN LƯƠNG SƠN",), *lines):
                sheet.append(list(line))

    course = [("TT", "Tên lớp", "Số học viên", "Đơn vị tổ chức"), (1, "Tập huấn quản lý HTX", 30, "Liên minh HTX")]
    loan = [("TT", "Tên HTX", "Ngân hàng", "Dư nợ (triệu đồng)"), (1, "HTX Một", "Agribank", 300), (2, "HTX Hai", "Agribank", 200)]
    register = [("UBND HUYỆN LƯƠNG SƠN",), ("DANH SÁCH HỢP TÁC XÃ QUÝ I NĂM 2022",), REGISTER, (1, "HTX Một", "HTX", "Cao Sơn", 20, 500)]
    for path in ("2022-Q1/LuongSon.xlsx", "LuongSon.xlsx"):
        assert read(register, change=add_sheets, path=path).period == "2022-Q1"


def test_another_lot_is_no_consolidation() -> None:
    def read_with(second: str, day: str | None = None) -> Reading:
        def add_sheet(book_sheet: Any) -> None:
            book_sheet.title = "Đợt 1"
            sheet = book_sheet.parent.create_sheet(second)
            for line in (("CẤP TEM TRUY XUẤT ĐỢT 2 NĂM 2022",), (*head, "Ngày cấp"), *((*line, "05/05/2022") for line in body)):
                sheet.append(list(line))

        first = [head, *body] if day is None else [(*head, "Ngày cấp"), *((*line, day) for line in body)]
        return read([("UBND HUYỆN LƯƠNG SƠN",), ("CẤP TEM TRUY XUẤT ĐỢT 1 NĂM 2022",), *first], change=add_sheet, path="2022/LuongSon.xlsx")

    head = ("TT", "Tên HTX", "Loại tem", "Số lượng tem")
    body = [(1, "HTX Một", "Tem giấy", 1000), (2, "HTX Hai", "Tem giấy", 1000)]
    for second, day, kept, severity in (
        ("Đợt 2", None, 4, None), ("Tổng hợp", None, 2, "note"), ("Đợt 2", "05/05/2022", 2, "warning"), ("Đợt 2", "06/05/2022", 4, None),
    ):  # fmt: skip
        reading = read_with(second, day)
        assert len(rows(reading, "trace_stamps", "recipient")) == kept, (second, day)
        assert [i.severity for i in reading.issues] == ([severity] if severity else []), (second, day)


def test_a_row_of_units_and_a_title_that_only_names_the_titles_below_it() -> None:
    head = (
        ("TT", "Tên HTX", "Thành viên - Lao động", None, "Doanh thu", "Thu nhập BQ/tháng"),
        (None, None, "Thành viên", "Lao động", None, None),
        (None, None, "người", "người", "tr.đ", "nghìn đồng"),
    )
    body = ((1, "HTX Một", 9, 12, 200, 4500), (2, "HTX Hai", 8, 11, 220, 3800))
    reading = read((*TOP, *head, *body), ("A5:A6", "B5:B6", "C5:D5", "E5:E6", "F5:F6"))
    assert rows(reading, "cooperative_reports", "members", "workers", "revenue_vnd", "worker_income_vnd_month") == [
        (9, 12, 200_000_000, 4_500_000), (8, 11, 220_000_000, 3_800_000),
    ]  # fmt: skip
    assert said(reading) == []


def test_lettered_sections_and_what_is_the_same_owners() -> None:
    head = ("TT", "Mã số vùng trồng", "Đơn vị được cấp", "Diện tích (ha)", "Thị trường")
    body = (
        ("a", "Huyện Kim Bôi"),
        (1, "VN-HBOR-0001", "HTX Một", 25, "Trung Quốc"),
        ("b", "Huyện Cao Phong"),
        (2, "VN-HBOR-0003", "HTX Hai", 3, "Nga"),
    )
    reading = read((("CHI CỤC TRỒNG TRỌT VÀ BẢO VỆ THỰC VẬT",), ("MÃ SỐ VÙNG TRỒNG NĂM 2021",), head, *body))
    assert rows(reading, "growing_areas", "code", "district_code") == [("VN-HBOR-0001", KIM_BOI), ("VN-HBOR-0003", "154")]
    head = ("TT", "Tên HTX", "Xã", "Tiêu chuẩn", "Sản phẩm", "Diện tích (ha)", "Hiệu lực")
    body = (
        (1, "HTX Một", "Cao Sơn", "VietGAP", "Cam", 5, "đến 28/12/2023"), (None, None, None, "VietGAP", "Bưởi", 6, "đến 20/11/2023"),
        (2, "HTX Hai", "Nhuận Trạch", "VietGAP", "Na", 7, "đến 28/12/2022"),
    )  # fmt: skip
    reading = read((*CERTIFICATES, head, *body))
    places = [VOCABULARY.read_commune(name, LUONG_SON, None) for name in ("Cao Sơn", "Cao Sơn", "Nhuận Trạch")]
    assert rows(reading, "certifications", "coop_name", "commune_code", "expires_on") == [
        ("HTX Một", places[0], date(2023, 12, 28)), ("HTX Một", places[1], date(2023, 11, 20)), ("HTX Hai", places[2], date(2022, 12, 28)),
    ]  # fmt: skip


def test_sizes_and_a_box_to_tick_under_one_title() -> None:
    head = (
        ("TT", "HTX", "Nội dung đầu tư", "Loại công trình", None, None, "Nhà nước hỗ trợ (triệu đồng)"),
        (None, None, None, "Nhà kho, xưởng", "Tưới tiêu (ha)", "Hệ thống điện", None),
    )
    body = (
        (1, "HTX Một", "Xưởng sấy", "240 m2", None, None, 90), (2, "HTX Hai", "Tưới phun", None, 5.2, None, 80),
        (3, "HTX Ba", "Đường dây", None, None, "x", 70), (4, "HTX Bốn", "Nhà kho", "110 m2", None, None, 60),
    )  # fmt: skip
    top = ("UBND HUYỆN LƯƠNG SƠN",), ("HỖ TRỢ KẾT CẤU HẠ TẦNG CHO HTX NĂM 2021",)
    reading = read((*top, *head, *body), ("A3:A4", "B3:B4", "C3:C4", "D3:F3", "G3:G4"))
    assert rows(reading, "infrastructure", "kind", "floor_area_m2", "served_area_ha")[2] == ("power", None, None)
    assert [area for _, area, _ in rows(reading, "infrastructure", "kind", "floor_area_m2", "served_area_ha")] == [240, None, None, 110]


def test_days_and_months_that_excel_exchanged_by_the_period() -> None:
    head = ("TT", "Tên lớp", "Đối tượng", "Số người", "Ngày mở lớp")
    days = (date(2021, 9, 3), "15/03/2021", date(2021, 11, 5), "22/04/2021")
    body = tuple((i, f"Lớp {i}", "Cán bộ quản lý HTX", 30 + i, day) for i, day in enumerate(days))
    reading = read((*TOP[:1], ("KẾT QUẢ ĐÀO TẠO 6 THÁNG ĐẦU NĂM 2021",), head, *body))
    assert [day for (day,) in rows(reading, "training", "starts_on")] == [
        date(2021, 3, 9), date(2021, 3, 15), date(2021, 5, 11), date(2021, 4, 22),
    ]  # fmt: skip


# ---- what is left out to be faster


def test_a_form_that_is_not_tried_would_not_have_won(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    books = load()[::6]
    for book in books:
        draw(book, tmp_path)

    def read_all() -> list[Reading]:
        return [read_submission("x", (tmp_path / book["file"]).read_bytes(), "xlsx", read_path(book["file"]), VOCABULARY) for book in books]

    quick = read_all()
    tried: list[str] = []
    monkeypatch.setattr(layout, "_falls_short", lambda form, *_: tried.append(form))
    assert read_all() == quick
    assert len(tried) > len(books)


def test_a_claim_that_is_not_looked_at_would_not_have_won(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    books = load()[3::6]
    for book in books:
        draw(book, tmp_path)
    looked, look = [0], layout._evidence_of_values

    def counted(field: Field, *about: Any) -> float:
        looked[0] += 1
        score: float = look(field, *about)
        assert score - about[3] <= layout.MOST_BY_VALUES[field.type] + 1e-9
        return score

    def read_all(vocabulary: Vocabulary) -> tuple[list[Reading], int]:
        looked[0] = 0
        paths = [(tmp_path / book["file"], read_path(book["file"])) for book in books]
        return [read_submission("x", path.read_bytes(), "xlsx", evidence, vocabulary) for path, evidence in paths], looked[0]

    monkeypatch.setattr(layout, "_evidence_of_values", counted)
    quick, some = read_all(VOCABULARY)
    monkeypatch.setattr(layout, "MOST_BY_VALUES", dict.fromkeys(layout.MOST_BY_VALUES, 9.0))
    slow, many = read_all(Vocabulary())  # another one: what is known of headers is kept by vocabulary
    assert slow == quick
    assert some < 0.8 * many
