"""Who sends what and how: the ten districts and four agencies, their habits year by year, their workbooks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from . import files
from .facts import FUND, YEARS
from .forms import IPM_COLUMNS, OCOP_COLUMNS, SHORT_NAMES, make_table, transfer_rows
from .people import DISTRICTS, person, rng_for
from .sheets import Column, Drawing, Grid, Mark, Office, Row, Style, Table

DISTRICT_FORMS = (
    "cooperative_reports",
    "training",
    "technology_transfers",
    "demonstration_models",
    "certifications",
    "infrastructure",
    "trade_promotions",
    "trace_stamps",
)
AGENCY_FORMS = {
    "17-NHNN": ("loans", "credit_totals"),
    "17-QHTPT": ("loans",),
    "17-TTBVTV": ("growing_areas", "packing_facilities", "demonstration_models"),
    "17-XTTM": ("exports", "trade_promotions"),
}
AGENCIES = {
    "17-NHNN": ("NGÂN HÀNG NHÀ NƯỚC VIỆT NAM", "CHI NHÁNH TỈNH HÒA BÌNH"),
    "17-QHTPT": ("LIÊN MINH HTX TỈNH HÒA BÌNH", "QUỸ HỖ TRỢ PHÁT TRIỂN HỢP TÁC XÃ"),
    "17-TTBVTV": ("SỞ NÔNG NGHIỆP VÀ PTNT HÒA BÌNH", "CHI CỤC TRỒNG TRỌT VÀ BẢO VỆ THỰC VẬT"),
    "17-XTTM": ("SỞ CÔNG THƯƠNG TỈNH HÒA BÌNH", "TRUNG TÂM XÚC TIẾN THƯƠNG MẠI"),
}

STYLES: dict[str, Style] = {
    "148": Style(section="sector", index_row="letters", fill="DDEBF7", words=0, row_no="restart", formulas=True),
    "150": Style(
        money="1.000đ",
        money_mark="1.000đ",
        dates="dot",
        names=("short", "lower", "short"),
        section="",
        words=1,
        fill="",
        size=11,
        index_row="numbers",
        dash="-",
        nothing="empty",
    ),
    "152": Style(
        section="kind",
        units_in_header=False,
        dates="slash",
        names=("full", "short", "commune"),
        words=0,
        fill="E2EFDA",
        top_group=True,
        formulas=True,
    ),
    "153": Style(
        money="đồng",
        money_mark="đồng",
        section="commune",
        words=2,
        names=("caps", "short", "caps"),
        fill="FFF2CC",
        shuffle=3,
        subtotals=False,
    ),
    "154": Style(
        numbers="vi",
        dates="slash",
        words=1,
        names=("short", "tone", "full"),
        shuffle=5,
        fill="FCE4D6",
        dash="-",
        index_row="letters",
    ),
    "155": Style(
        numbers="us",
        area="m2",
        words=0,
        names=("short", "commune"),
        shuffle=7,
        fill="EDEDED",
        money_mark="triệu đồng",
        row_no="text",
    ),
    "156": Style(income_year=True, words=1, names=("full", "lower"), fill="D9E1F2", section="kind", totals="top", dates="slash"),
    "157": Style(
        totals="top",
        words=2,
        dates="month",
        names=("short", "full", "caps"),
        fill="DDEBF7",
        section="sector",
        shuffle=9,
    ),
    "158": Style(
        words=0,
        names=("full", "short"),
        units_in_header=False,
        fill="",
        size=13,
        left=2,
        gap_rows=2,
        dates="slash",
        index_row="numbers",
    ),
    "159": Style(
        merge_owner=True,
        words=1,
        left=2,
        gap_rows=2,
        names=("short", "tone"),
        stamps="nghìn tem",
        fill="E2EFDA",
        shuffle=11,
        formulas=True,
    ),
    "17-NHNN": Style(section="lender", fill="D9E1F2", words=0, index_row="letters", formulas=True, names=("full", "short")),
    "17-QHTPT": Style(
        words=1,
        money="đồng",
        money_mark="đồng",
        rate="%/tháng",
        dates="dot",
        names=("full", "caps"),
        fill="FFF2CC",
        size=13,
    ),
    "17-TTBVTV": Style(words=0, section="district", fill="E2EFDA", names=("short", "full"), row_no="restart"),
    "17-XTTM": Style(words=1, mass="kg", fill="FCE4D6", names=("short", "tone", "caps"), dates="slash"),
}

# What changes from year to year in an office's habits.
YEARLY: dict[tuple[str, int], dict[str, object]] = {
    ("148", 2019): {"section": "", "words": 1, "index_row": ""},
    ("148", 2021): {"top_group": True},
    ("150", 2021): {"money": "triệu đồng", "money_mark": "trđ", "words": 2, "dates": "date", "nothing": "row"},
    ("152", 2019): {"units_in_header": True, "top_group": False, "section": ""},
    ("152", 2020): {"top_group": False},
    ("153", 2021): {"money": "1.000đ", "money_mark": "nghìn đồng", "words": 0},
    ("154", 2019): {"numbers": "number"},
    ("154", 2020): {"names": ("short", "full"), "units_in_header": False},
    ("155", 2019): {"area": "ha", "numbers": "number"},
    ("155", 2020): {"area": "ha"},
    ("156", 2020): {"income_year": False, "totals": "bottom", "dates": "date"},
    ("156", 2021): {"dates": "date", "section": "commune", "money_mark": "triệu đồng"},
    ("157", 2019): {"dates": "slash", "section": ""},
    ("157", 2020): {"dates": "year", "totals": "bottom"},
    ("158", 2019): {"names": ("full",), "left": 1, "size": 12},
    ("158", 2020): {"left": 1, "section": "kind", "dates": "date"},
    ("159", 2019): {"merge_owner": False, "left": 1},
    ("159", 2020): {"stamps": "tem"},
    ("17-NHNN", 2020): {"section": "", "rate": "excel", "words": 1, "index_row": ""},
    ("17-NHNN", 2021): {"units_in_header": False},
    ("17-QHTPT", 2019): {"money": "triệu đồng", "money_mark": "tr.đ", "rate": "%/năm", "dates": "date"},
    ("17-XTTM", 2020): {"mass": "tấn", "section": "district", "words": 0},
    ("17-XTTM", 2021): {"mass": "tấn", "money": "tỷ đồng", "money_mark": "tỷ đồng", "words": 0},
    ("17-TTBVTV", 2019): {"section": "", "words": 1},
}

# Folder and file names as they come in: {district: (2019, 2020, 2021)}.
PATHS: dict[str, tuple[str, str, str]] = {
    "148": (
        "TP Hoa Binh/Bieu KTTT TPHB 2019.xlsx",
        "TP Hoa Binh/Bieu KTTT TPHB nam 2020.xlsx",
        "TP Hòa Bình/Biểu số liệu KTTT TP Hòa Bình 2021.xlsx",
    ),
    "150": ("dabac/baocao_htx_dabac_2019.xlsx", "dabac/baocao_htx_dabac_2020.xlsm", "dabac/baocao_htx_dabac_2021.xlsx"),
    "152": (
        "Lương Sơn/BC_HTX_LuongSon_2019.xlsx",
        "Lương Sơn/BC_HTX_LuongSon_2020.xlsx",
        "Lương Sơn/BC_HTX_LuongSon_2021.xlsx",
    ),
    "153": (
        "Kim Boi/KTTT Kim Boi 2019.xlsx",
        "Kim Boi/KTTT Kim Boi 2020_final.xlsx",
        "H. Kim Bôi/Phụ lục báo cáo KTTT 2021.xlsx",
    ),
    "154": (
        "cao phong/Bieu mau HTX Cao Phong.xlsx",
        "cao phong/Bieu mau HTX Cao Phong 2020.xlsx",
        "Cao Phong/PL HTX Cao Phong 2021 chinh thuc.xlsx",
    ),
    "155": ("Tan Lac/TL_HTX_2019.xlsx", "Tan Lac/TL_HTX_2020.xlsx", "Tan Lac/TL_HTX_2021.xlsx"),
    "156": (
        "Mai Châu/Bao cao KTTT Mai Chau 2019.ods",
        "Mai Châu/Bao cao KTTT Mai Chau 2020.xlsx",
        "Mai Châu/Bao cao KTTT Mai Chau 2021.xlsx",
    ),
    "157": ("Lac Son/LACSON-HTX-2019.xlsx", "Lac Son/LACSON-HTX-2020.xlsx", "Lac Son/LACSON-HTX-2021.xlsx"),
    "158": (
        "Yên Thuỷ/YT bao cao HTX 2019.xlsx",
        "Yên Thuỷ/YT bao cao HTX 2020.xlsx",
        "Yên Thuỷ/YT bao cao HTX 2021.xlsx",
    ),
    "159": (
        "Lac Thuy/BC KTTT Lac Thuy 2019.xlsx",
        "Lac Thuy/BC KTTT Lac Thuy 2020 (1).xlsx",
        "Lạc Thủy/BC KTTT Lạc Thủy 2021.xlsx",
    ),
    "17-NHNN": ("NHNN/Du no HTX 31-12-2019.xlsx", "NHNN/Du no HTX 31-12-2020.xlsx", "NHNN/Du no HTX 31-12-2021.xlsx"),
    "17-QHTPT": (
        "Quy HTPT HTX/Cho vay 2019.xlsx",
        "Quy HTPT HTX/Cho vay 2020.xlsx",
        "Quỹ HTPT HTX/Cho vay đến 31.12.2021.xlsx",
    ),
    "17-TTBVTV": (
        "Chi cuc TTBVTV/Bieu TTBVTV 2019.xlsx",
        "Chi cuc TTBVTV/Bieu TTBVTV 2020.xlsx",
        "Chi cục TTBVTV/Mã số vùng trồng, IPM 2021.xlsx",
    ),
    "17-XTTM": ("XTTM/XK va XTTM 2019.xlsx", "XTTM/XK va XTTM 2020.xlsx", "XTTM/XK và XTTM 2021.xlsx"),
}

# Columns that a district's own list does not have.
LEFT_OUT = {
    "148": ("address",),
    "150": ("registration_no", "sector", "rating", "total_capital_vnd"),
    "152": ("address",),
    "153": ("products", "registration_no"),
    "154": ("established_on", "kind"),
    "155": ("registration_no", "worker_income_vnd_month"),
    "156": ("address", "female_members"),
    "157": ("phone", "representative"),
    "158": ("products", "area_ha"),
    "159": ("registration_no", "address"),
}


@dataclass
class SheetPlan:
    name: str
    tables: list[Table]
    state: str = "visible"
    free: list[list[str | int | float | None]] = field(default_factory=list)  # a sheet that is no list: its cells, row by row
    marks: list[Mark] = field(default_factory=list)
    grid: Grid | None = None


@dataclass
class Submission:
    path: str
    reporter: str
    year: int
    style: Style
    office: Office
    sheets: list[SheetPlan]
    raw: bytes | None = None  # no workbook of ours
    copy_of: str = ""  # the bytes of another path
    marks: list[Mark] = field(default_factory=list)  # of the file as a whole

    def table(self, form: str, number: int = 0) -> Table:
        return [table for sheet in self.sheets for table in sheet.tables if table.form == form and not table.repeated][number]

    def sheet_of(self, table: Table) -> SheetPlan:
        return next(sheet for sheet in self.sheets if any(each is table for each in sheet.tables))

    def draw(self) -> None:
        """Lays every sheet out; tables know their cells afterwards."""
        for sheet in self.sheets:
            grid = Grid(sheet.name, state=sheet.state)
            sheet.grid = grid
            drawing = Drawing(grid, self.style, self.office)
            for index, table in enumerate(sheet.tables):
                drawing.table(
                    table,
                    f"{self.reporter}|{self.year}|{table.form}",
                    letterhead=index == 0,
                    footer=index == len(sheet.tables) - 1,
                )
            for row, values in enumerate(sheet.free, 1):
                for column, value in enumerate(values, 1):
                    if value is not None:
                        look = "plain" if row > 4 else "head" if row == 4 else "free"
                        grid.put(row, column, value, look)
            if sheet.free:
                grid.widths = {column: 40 if column == 2 else 14 for column in range(1, max(map(len, sheet.free)) + 1)}

    def content(self) -> bytes:
        if self.raw is not None:
            return self.raw
        grids = [sheet.grid for sheet in self.sheets if sheet.grid is not None]
        if self.path.endswith(".ods"):
            return files.ods_bytes(grids, font=self.style.font, size=self.style.size)
        author = "VPUBND " + self.office.place
        return files.workbook_bytes(
            grids,
            font=self.style.font,
            size=self.style.size,
            fill=self.style.fill,
            author=author,
            macro=self.path.endswith(".xlsm"),
        )


def style_of(reporter: str, year: int) -> Style:
    return replace(STYLES[reporter], **YEARLY.get((reporter, year), {}))  # type: ignore[arg-type]


def office_of(reporter: str, year: int) -> Office:
    rng = rng_for("office", reporter, year)
    dated = date(year + 1, 1, rng.randrange(6, 20))
    if reporter in DISTRICTS:
        name = DISTRICTS[reporter]
        place = name.split(" ", 1)[1].removeprefix("phố ")
        upper = f"UBND {name}".upper()
        leader = rng.choice(("KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH", "TRƯỞNG PHÒNG"))
        section = "PHÒNG KINH TẾ" if reporter == "148" else "PHÒNG NÔNG NGHIỆP VÀ PTNT"
        reference = ""
        if reporter in ("148", "152", "154", "157"):
            number, body = rng.randrange(11, 190), f"{name[0].lower()}{name[1:]}"
            reference = f"(Kèm theo Báo cáo số {number}/BC-UBND ngày {dated:%d/%m/%Y} của UBND {body})"
        return Office(upper, section, place, (("NGƯỜI LẬP BIỂU", person(rng)), (leader, person(rng))), dated, reference)
    upper, name = AGENCIES[reporter]
    return Office(
        upper,
        name,
        "Hòa Bình",
        (("NGƯỜI LẬP BIỂU", person(rng)), ("KIỂM SOÁT", person(rng)), ("GIÁM ĐỐC", person(rng))),
        dated,
    )


def make_submission(reporter: str, year: int) -> Submission:
    style, office = style_of(reporter, year), office_of(reporter, year)
    path = f"{year}/{PATHS[reporter][YEARS.index(year)]}"
    forms = DISTRICT_FORMS if reporter in DISTRICTS else AGENCY_FORMS[reporter]
    rng = rng_for("sheets", reporter, year)
    if reporter in ("153", "156", "159") and year != 2019:
        forms = tuple(rng.sample(forms, len(forms)))
    tables = [table for form in forms for table in _tables(form, reporter, year, style)]
    made = Submission(path, reporter, year, style, office, [])
    made.sheets = [SheetPlan(name, [table]) for name, table in zip(_sheet_names(reporter, year, tables, style), tables, strict=True)]
    if (reporter, year) == ("154", 2020):  # two tables, one under the other
        upper = made.sheet_of(made.table("technology_transfers"))
        lower = made.sheet_of(made.table("demonstration_models"))
        upper.name, upper.tables = "KHCN + Mô hình", [*upper.tables, *lower.tables]
        made.sheets.remove(lower)
    if reporter in ("148", "157"):
        for number, table in enumerate(tables, 1):
            table.number = f"Biểu số: {number:02d}/KTTT"
    _extras(made)
    return made


def _tables(form: str, reporter: str, year: int, style: Style) -> list[Table]:
    def make(form: str, **more: object) -> Table:
        return make_table(form, reporter, year, style, **more)  # type: ignore[arg-type]

    if form == "cooperative_reports":
        return [make(form, leave_out=LEFT_OUT[reporter] if year != 2020 or reporter != "150" else ("registration_no",))]
    if form == "demonstration_models" and reporter == "17-TTBVTV":
        made = make(form, columns=IPM_COLUMNS, title=("KẾT QUẢ XÂY DỰNG MÔ HÌNH ÁP DỤNG IPM NĂM {y}",))
        made.implied["kind"] = "IPM"
        return [made]
    if form == "demonstration_models" and (int(reporter) + year) % 2:
        made = make(form, leave_out=("kind",))
        made.implied["kind"] = "production"
        return [made]
    if form == "certifications":
        return _certificates(make, reporter, year)
    if form == "loans" and reporter == "17-QHTPT":
        made = make(
            form,
            leave_out=("lender",),
            title=("TÌNH HÌNH CHO VAY VỐN TỪ QUỸ HỖ TRỢ PHÁT TRIỂN HỢP TÁC XÃ TỈNH", "(Lũy kế đến 31/12/{y})"),
        )
        made.implied.update(lender=FUND, lender_kind="support_fund")
        return [made]
    if form == "exports" and year == 2021:
        return [_exports_by_row_unit(make(form))]
    return [make(form)]


def _certificates(make: object, reporter: str, year: int) -> list[Table]:
    assert callable(make)
    ocop = reporter in ("152", "156")
    if (reporter, year) == ("159", 2021):  # a sheet per scheme, and one that repeats them all
        parts: list[Table] = []
        for scheme, name in (("VietGAP", "VIETGAP"), ("food_safety", "ĐỦ ĐIỀU KIỆN AN TOÀN THỰC PHẨM")):
            part = make(
                "certifications",
                leave_out=("scheme",),
                title=(f"DANH SÁCH HTX, THT ĐƯỢC CẤP GIẤY CHỨNG NHẬN {name} ĐẾN 31/12/{{y}}",),
                only=lambda values, wanted=scheme: values["scheme"] == wanted,
            )
            part.implied["scheme"] = scheme
            parts.append(part)
        other = make(
            "certifications",
            only=lambda values: values["scheme"] not in ("VietGAP", "food_safety"),
            title=("DANH SÁCH CƠ SỞ ĐƯỢC CẤP CHỨNG NHẬN KHÁC ĐẾN 31/12/{y}",),
        )
        whole = make("certifications", title=("TỔNG HỢP HTX, THT ĐƯỢC CẤP GIẤY CHỨNG NHẬN ĐẾN 31/12/{y}",))
        whole.repeated = True
        return [*parts, other, whole]
    if not ocop:
        return [make("certifications")]
    made = [make("certifications", only=lambda values: values["scheme"] != "OCOP")]
    stars = make(
        "certifications",
        columns=OCOP_COLUMNS,
        only=lambda values: values["scheme"] == "OCOP",
        title=("DANH SÁCH SẢN PHẨM OCOP ĐƯỢC CÔNG NHẬN ĐẾN NĂM {y}",),
    )
    stars.implied["scheme"] = "OCOP"
    return [*made, stars]


def _exports_by_row_unit(table: Table) -> Table:
    """A column with the unit of each row: tấn, tạ, kg."""
    index = next(i for i, column in enumerate(table.columns) if column.field == "quantity_t")
    quantity = table.columns[index]
    table.columns[index : index + 1] = [
        Column("unit", ("ĐVT",), "text", 7, core=False),
        Column(quantity.field, ("Số lượng",), "ha", 12),
    ]
    for number, row in enumerate(table.rows):
        unit = ("tấn", "kg", "tấn", "tạ")[number % 4]
        row.values["unit"] = unit
        tonnes = row.values["quantity_t"]
        amount = float(str(tonnes)) * {"tấn": 1, "tạ": 10, "kg": 1000}[unit]
        row.typed["quantity_t"] = round(amount) if amount == round(amount) else round(amount, 1)
    return table


def _sheet_names(reporter: str, year: int, tables: list[Table], style: Style) -> list[str]:
    names: list[str] = []
    for index, table in enumerate(tables):
        if reporter in ("148", "157"):
            name = f"Biểu {index + 1:02d}"
        elif reporter == "150":
            name = f"Sheet{index + 1}"
        elif reporter == "158":
            name = f"Trang_tính{index + 1}"
        else:
            choices = SHORT_NAMES[table.form]
            name = choices[style.words % len(choices)]
            if table.implied.get("kind") == "IPM":
                name = "IPM"
            elif scheme := table.implied.get("scheme"):
                name = {"OCOP": "OCOP", "VietGAP": "VietGAP", "food_safety": "ATTP"}[str(scheme)]
            elif table.repeated:
                name = "Tổng hợp"
            elif reporter == "159" and year == 2021 and table.form == "certifications":
                name = "CN khác"
        names.append(name)
    return names


def _extras(made: Submission) -> None:
    """Sheets beside the lists, and numbers typed with words."""
    key = (made.reporter, made.year)
    if key == ("152", 2021):
        made.sheets.insert(0, SheetPlan("Biểu 01", [], free=_tall(made.year)))
        made.sheets[0].marks.append(Mark("", "sheet_unrecognised", "warning", "tall sheet of indicators"))
    if key == ("153", 2021):
        lists: list[list[str | int | float | None]] = [
            ["Loại hình", "Tình trạng"],
            ["HTX", "Đang hoạt động"],
            ["THT", "Tạm ngừng"],
        ]
        made.sheets.append(
            SheetPlan("DM", [], state="hidden", free=lists, marks=[Mark("", "hidden_content", "note", "hidden helper sheet")])
        )
    if key == ("158", 2021):
        debris: list[list[str | int | float | None]] = [["Kangatang", 1]]
        made.sheets.append(
            SheetPlan(
                "Kangatang",
                [],
                state="veryHidden",
                free=debris,
                marks=[Mark("", "hidden_content", "note", "veryHidden sheet")],
            )
        )
    if key == ("158", 2019):
        table = made.table("cooperative_reports")
        table.encoded = ("name", "commune", "address", "representative", "sector")
        table.marks.append(("row0:name", Mark("name", "encoding_repaired", "note", "column typed in TCVN3, font .VnTime")))
    if key == ("154", 2020):
        made.table("cooperative_reports").footnote = "Ghi chú: (*) Số liệu HTX mới thành lập chưa phát sinh doanh thu."
    if key == ("157", 2021):
        made.table("certifications").footnote = "Ghi chú: gồm cả giấy chứng nhận đã hết hiệu lực đang làm thủ tục cấp lại."


def _tall(year: int) -> list[list[str | int | float | None]]:
    return [
        ["UBND HUYỆN LƯƠNG SƠN"],
        [f"TÌNH HÌNH PHÁT TRIỂN KINH TẾ TẬP THỂ NĂM {year}"],
        [],
        ["TT", "Chỉ tiêu", "ĐVT", f"TH năm {year - 1}", f"KH năm {year}", f"TH năm {year}", "So sánh (%)"],
        ["I", "HỢP TÁC XÃ", None, None, None, None, None],
        [1, "Tổng số HTX", "HTX", 59, 62, 63, 106.8],
        [None, "Trong đó: thành lập mới", "HTX", 4, 4, 4, 100],
        [2, "Tổng số thành viên", "Người", 2050, 2100, 2180, 106.3],
        [3, "Doanh thu bình quân 1 HTX", "Tr.đ", 2050, 2200, 2260, 110.2],
        ["II", "TỔ HỢP TÁC", None, None, None, None, None],
        [1, "Tổng số THT", "THT", 10, 11, 11, 110],
    ]


def supplement() -> Submission:
    """Tân Lạc's additional rows; its title says that there is nothing else in it."""
    style, office = style_of("155", 2021), office_of("155", 2021)
    table = make_table(
        "technology_transfers",
        "155",
        2021,
        style,
        title=("DANH SÁCH BỔ SUNG QUY TRÌNH CÔNG NGHỆ ĐƯỢC CHUYỂN GIAO NĂM {y}", "(chỉ gồm các dòng bổ sung)"),
    )
    table.rows = [Row(values) for values in transfer_rows("155", 2021, late=True)]
    return Submission("2021/Tan Lac/TL_HTX_2021 bo sung.xlsx", "155", 2021, style, office, [SheetPlan("Bổ sung", [table])])
