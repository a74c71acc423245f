"""The mistakes planted in the samples, and the files sent again, twice or wrongly. None moves a published figure."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from . import files
from .facts import MILLION, YEARS, growers
from .forms import CODED, word
from .offices import AGENCY_FORMS, SheetPlan, Submission, make_submission, office_of, style_of, supplement
from .people import DISTRICTS, Coop
from .sheets import Column, Mark, Office, Row, Shown, Table, Value, address

SUMMED = {
    "members",
    "female_members",
    "workers",
    "charter_capital_vnd",
    "total_capital_vnd",
    "revenue_vnd",
    "profit_vnd",
    "area_ha",
}


@dataclass(frozen=True)
class Planted:
    file: str
    sheet: str
    cell: str  # empty: the sheet or the file as a whole
    code: str
    severity: str
    holds: Shown  # what stands in the cell
    note: str


def _cell(table: Table, row: Row, field: str, typed: Shown, code: str, severity: str, truth: Value = None, note: str = "") -> None:
    """Types something else into a cell of a row that is let in; `truth` is what the reader should make of it."""
    row.typed[field] = typed
    row.values[field] = truth
    row.marks.append(Mark(field, code, severity, note))
    if truth is None and any(column.field == field and column.total for column in table.columns):
        table.totals = False  # a clerk would doubt the total as well


def _reject(
    submission: Submission,
    form: str,
    values: dict[str, Value],
    field: str,
    typed: Shown,
    code: str,
    note: str = "",
    at: int = -1,
) -> Row:
    """A further row that has to be kept out because of one cell."""
    table = submission.table(form)
    row = Row(values, rejected=True, how="short")
    for name, codes in CODED.get(form, {}).items():
        value = values.get(name)
        if isinstance(value, str) and name != field:
            row.typed[name] = word(codes, value, submission.style)
    row.typed[field] = typed
    row.marks.append(Mark(field, code, "error", note))
    row.section = table.rows[at].section if table.rows else ""
    table.rows.insert(len(table.rows) if at == -1 else at, row)
    table.totals = False
    return row


def _spare(district: str, number: int) -> Coop:
    """A co-operative that has no certificate and no work to its name, or it would not matter if it had."""
    found = [coop for coop in growers(district, "HTX") if not coop.published]
    return found[number]


def _certificate(coop: Coop, scheme: str, number: str, issued: date, area: str) -> dict[str, Value]:
    return {
        "coop_name": coop,
        "commune": coop.commune.name,
        "scheme": scheme,
        "certificate_no": number,
        "issuer": "Công ty CP Chứng nhận VietCert",
        "product": coop.products,
        "area_ha": Decimal(area),
        "stars": None,
        "households": 12,
        "issued_on": issued,
        "expires_on": issued.replace(year=issued.year + 2),
    }


def build() -> list[Submission]:
    """Every file of the samples, laid out."""
    by_key = {(reporter, year): make_submission(reporter, year) for year in YEARS for reporter in (*DISTRICTS, *AGENCY_FORMS)}
    _register_mistakes(by_key)
    _certificate_mistakes(by_key)
    _other_mistakes(by_key)
    _agency_mistakes(by_key)
    found = list(by_key.values())
    found += _sent_again(by_key)
    found += [supplement(), *_strays()]
    yen_thuy = by_key["158", 2020]
    found.append(replace(yen_thuy, path="2020/Yên Thuỷ/YT bao cao HTX 2020 - Copy.xlsx", copy_of=yen_thuy.path, sheets=[], marks=[]))
    for submission in found:
        submission.draw()
    return found


def _register_mistakes(by_key: dict[tuple[str, int], Submission]) -> None:
    form = "cooperative_reports"
    table = by_key["150", 2020].table(form)
    nameless: dict[str, Value] = {
        "name": None,
        "kind": "HTX",
        "commune": "Xã Cao Sơn",
        "members": 17,
        "status": "suspended",
    }
    _reject(by_key["150", 2020], form, nameless, "name", None, "value_missing", "no name", at=12)
    _cell(table, table.rows[20], "workers", "chưa thống kê", "number_invalid", "warning")
    table = by_key["148", 2021].table(form)
    with_code = [row for row in table.rows if row.values["tax_code"]]
    code = str(with_code[4].values["tax_code"])
    _cell(
        table,
        with_code[4],
        "tax_code",
        code[:9] + str((int(code[9]) + 3) % 10),
        "tax_code_invalid",
        "warning",
        None,
        "wrong check digit",
    )
    table = by_key["155", 2021].table(form)
    group = next(row for row in table.rows if row.values["kind"] == "THT")
    _cell(
        table,
        group,
        "tax_code",
        "017999000123",
        "tax_code_invalid",
        "warning",
        None,
        "a person's number of 12 digits: to be published nowhere",
    )
    table = by_key["153", 2020].table(form)
    _cell(table, table.rows[9], "total_capital_vnd", "#REF!", "number_invalid", "warning", None, "an error of Excel's")
    table = by_key["157", 2020].table(form)
    rated = next(row for row in table.rows if row.values["rating"] == "fair")
    _cell(table, rated, "rating", "Xếp hạng B", "choice_unknown", "warning")
    table = by_key["152", 2021].table(form)
    row = next(
        row
        for row in table.rows
        if isinstance(row.values["revenue_vnd"], int)
        and row.values["revenue_vnd"] >= 1_200 * MILLION
        and row.values["revenue_vnd"] // MILLION % 1000 >= 100
    )
    revenue = row.values["revenue_vnd"]
    assert isinstance(revenue, int)
    million = revenue // MILLION
    _cell(
        table,
        row,
        "revenue_vnd",
        f"{million // 1000}.{million % 1000:03d}",
        "number_ambiguous",
        "warning",
        revenue,
        "thousands, as the column's unit says",
    )
    table = by_key["152", 2020].table(form)
    row = next(row for row in table.rows if isinstance(row.values["profit_vnd"], int))
    _cell(table, row, "profit_vnd", "=1250-980", "formula_without_value", "warning")
    table = by_key["159", 2020].table(form)
    row = table.rows[6]
    _cell(table, row, "commune", "Xã Đồng Môn Hạ", "commune_unknown", "warning")
    table = by_key["156", 2020].table(form)
    table.columns.insert(-1, Column("satisfaction", ("Mức độ hài lòng của thành viên",), "text", 14, core=False))
    for number, each in enumerate(table.rows):
        each.values["satisfaction"] = ("Cao", "Khá cao", None)[number % 3]
    table.marks.append(("head", Mark("satisfaction", "column_unknown", "note")))
    table = by_key["153", 2019].table(form)
    table.wrong_totals["members"] = 25
    table.marks.append(("total", Mark("members", "total_mismatch", "warning", "25 more than the rows")))


def _certificate_mistakes(by_key: dict[tuple[str, int], Submission]) -> None:
    form = "certifications"
    _reject(
        by_key["153", 2021],
        form,
        _certificate(_spare("153", 3), "VietGAP", "VietGAP-TT-13-11-17-0901", date(2021, 3, 9), "14"),
        "area_ha",
        "12 abc",
        "number_invalid",
        "no number",
    )
    _reject(
        by_key["154", 2021],
        form,
        _certificate(_spare("154", 5), "VietGAP", "TVN-2021-088", date(2021, 5, 11), "22.5"),
        "scheme",
        "Thương hiệu Việt",
        "choice_unknown",
        "no scheme of the list",
    )
    _reject(
        by_key["155", 2020],
        form,
        _certificate(_spare("155", 4), "VietGAP", "VietGAP-TT-13-12-17-0903", date(2020, 6, 4), "9"),
        "area_ha",
        -9,
        "below_minimum",
        "negative area",
    )
    table = by_key["157", 2019].table(form)
    if table.rows:
        _cell(table, table.rows[0], "households", "khoảng mươi hộ", "number_invalid", "warning")
    table = by_key["158", 2021].table(form)
    table.wrong_totals["area_ha"] = 10
    table.marks.append(("total", Mark("area_ha", "total_mismatch", "warning", "10 ha more than the rows")))
    table = by_key["153", 2021].table(form)
    for row in table.rows:
        owner = row.values["coop_name"]
        if isinstance(owner, Coop) and not owner.listed:
            row.marks.append(Mark("coop_name", "cooperative_unknown", "warning", "in no register; counts all the same"))
            row.how = "short"


def _other_mistakes(by_key: dict[tuple[str, int], Submission]) -> None:
    table = by_key["159", 2020].table("training")
    _cell(table, table.rows[0], "starts_on", "31/02/2020", "date_invalid", "warning")
    table = by_key["148", 2019].table("training")
    _cell(table, table.rows[-1], "budget_vnd", "theo thực tế", "number_invalid", "warning")
    _reject(
        by_key["156", 2021],
        "training",
        {
            "course": "Tập huấn kỹ năng số",
            "kind": "refresher",
            "audience": "official",
            "classes": 1,
            "attendances": 30,
            "organiser": "Phòng NN&PTNT",
            "starts_on": date(2021, 6, 18),
        },
        "audience",
        None,
        "value_missing",
        "no audience",
    )
    # exactly the same row twice
    table = by_key["154", 2020].table("technology_transfers")
    twin = copy.deepcopy(table.rows[0])
    table.rows[0].how = twin.how = "short"
    twin.rejected = True
    twin.marks = [Mark("process", "row_duplicate", "error", "the row above again")]
    table.rows.insert(1, twin)
    table.totals = False
    # a name that only looks like another
    table = by_key["152", 2021].table("technology_transfers")
    mimic = next(row for row in table.rows if row.values["coop_name"] is not None)
    mimic.values["coop_name"] = "HTX Nông nghiệp Mỹ Tâm"
    mimic.marks.append(Mark("coop_name", "cooperative_similar", "warning", "not HTX Nông nghiệp Mỹ Tân"))
    # infrastructure: a unit that contradicts the header, an amount that is missing, one that is negative
    with_units = next(
        by_key[d, 2020]
        for d in sorted(DISTRICTS)
        if d not in ("152", "153", "154", "158")
        and by_key[d, 2020].table("infrastructure").rows
        and by_key[d, 2020].style.money == "triệu đồng"
        and by_key[d, 2020].style.numbers == "number"
    )
    table = with_units.table("infrastructure")
    index = next(i for i, column in enumerate(table.columns) if column.field == "amount_vnd")
    table.columns.insert(index, Column("unit", ("ĐVT",), "text", 9, core=False))
    for row in table.rows:
        row.values["unit"] = "triệu đồng"
    row = table.rows[0]
    amount = row.values["amount_vnd"]
    row.values["unit"] = "đồng"
    _cell(
        table,
        row,
        "amount_vnd",
        amount if isinstance(amount, int) else None,
        "unit_conflict",
        "warning",
        amount,
        "header in million, the row's unit column says đồng",
    )
    table.totals = False
    coop = _spare("159", 9)
    _reject(
        by_key["159", 2021],
        "infrastructure",
        {
            "coop_name": coop,
            "commune": coop.commune.name,
            "work": "Nhà trưng bày sản phẩm",
            "kind": "building",
            "floor_area_m2": 90,
            "amount_vnd": None,
            "source": "Chương trình MTQG xây dựng NTM",
            "completed_on": date(2021, 9, 3),
        },
        "amount_vnd",
        None,
        "value_missing",
        "no amount",
    )
    coop = _spare("157", 6)
    _reject(
        by_key["157", 2020],
        "infrastructure",
        {
            "coop_name": coop,
            "commune": coop.commune.name,
            "unit": "triệu đồng",
            "work": "Hệ thống tưới phun",
            "kind": "irrigation",
            "served_area_ha": Decimal("5"),
            "amount_vnd": None,
            "source": "Chương trình MTQG xây dựng NTM",
            "completed_on": date(2020, 9, 3),
        },
        "amount_vnd",
        -350,
        "below_minimum",
        "negative amount",
    )
    coop = _spare("150", 2)
    _reject(
        by_key["150", 2021],
        "trace_stamps",
        {"recipient": coop, "product": coop.products, "kind": "paper", "quantity": None, "issued_on": date(2021, 8, 5)},
        "quantity",
        -5000,
        "below_minimum",
        "negative quantity",
    )
    coop = _spare("155", 7)
    _reject(
        by_key["155", 2021],
        "trace_stamps",
        {
            "recipient": coop,
            "product": coop.products,
            "kind": "paper",
            "quantity": 20_000,
            "issued_on": date(2021, 8, 5),
        },
        "kind",
        "Tem chống giả loại 3",
        "choice_unknown",
        "no kind of the list",
    )
    # a sheet without a column that must be there
    table = by_key["158", 2019].table("trade_promotions")
    table.columns = [column for column in table.columns if column.field != "scope"]
    table.kept_out = True
    table.marks.append(("title", Mark("", "header_missing", "error", "no column for the scope; the sheet is kept out")))
    if not table.rows:
        table.rows.append(
            Row(
                {
                    "event": "Ngày hội nông sản huyện Yên Thủy",
                    "venue": "Thị trấn Hàng Trạm",
                    "starts_on": date(2019, 9, 6),
                    "ends_on": date(2019, 9, 8),
                    "coops": 7,
                    "contract_value_vnd": 85 * MILLION,
                }
            )
        )


def _agency_mistakes(by_key: dict[tuple[str, int], Submission]) -> None:
    bank = by_key["17-NHNN", 2021].table("loans")
    due = bank.rows[3]
    disbursed = due.values["disbursed_on"]
    assert isinstance(disbursed, date)
    early = disbursed.replace(year=disbursed.year - 1)
    due.values["due_on"] = early
    due.marks.append(Mark("due_on", "rule_broken", "warning", "due before it was paid out"))
    coop = _spare("148", 1)
    _reject(
        by_key["17-NHNN", 2021],
        "loans",
        {
            "coop_name": coop,
            "district": DISTRICTS[coop.district],
            "contract_no": "0999/2021/AGR-HĐTD",
            "purpose": "Bổ sung vốn lưu động",
            "disbursed_on": date(2021, 4, 6),
            "due_on": date(2023, 4, 6),
            "disbursed_vnd": 500 * MILLION,
            "outstanding_vnd": None,
            "rate_year_ratio": Decimal("0.078"),
        },
        "outstanding_vnd",
        -500,
        "below_minimum",
        "negative balance",
        at=2,
    )
    bank = by_key["17-NHNN", 2019].table("loans")
    _cell(bank, bank.rows[1], "rate_year_ratio", 780, "above_maximum", "warning", None, "780 % a year")
    totals = by_key["17-NHNN", 2021].table("credit_totals")
    totals.columns.insert(-1, Column("note_share", ("Nhận xét của chuyên viên",), "text", 22, core=False))
    totals.marks.append(("head", Mark("note_share", "column_unknown", "note")))
    totals.rows[-1].values["note_share"] = "Chiếm khoảng 0,1% tổng dư nợ"
    coop = _spare("153", 2)
    _reject(
        by_key["17-XTTM", 2019],
        "exports",
        {
            "product": "Nhãn",
            "market": "CN",
            "coop_name": coop,
            "district": DISTRICTS["153"],
            "exporter": "Công ty TNHH XNK Tiến Phát",
            "quantity_t": None,
            "channel": "official",
            "shipped_on": date(2019, 8, 1),
        },
        "quantity_t",
        "chưa có số liệu",
        "number_invalid",
        "no number",
    )
    area = by_key["17-TTBVTV", 2021].table("growing_areas")
    row = next(row for row in area.rows if row.values["status"] == "in_force" and row.values["market"] == "DE")
    _cell(area, row, "issued_on", "15/13/2021", "date_invalid", "warning")


def _sent_again(by_key: dict[tuple[str, int], Submission]) -> list[Submission]:
    """Lạc Sơn sends the whole workbook again, Mai Châu one form; the first versions were wrong and must not count."""
    second = by_key["157", 2021]
    first = copy.deepcopy(second)
    second.path = second.path.replace(".xlsx", " (sua lan 2).xlsx")
    second.office = replace(second.office, dated=date(2022, 1, 24))
    first.marks.append(Mark("", "submission_superseded", "note", "the second version takes its place"))
    for sheet in first.sheets:
        for table in sheet.tables:
            table.superseded = True
            for number, row in enumerate(table.rows):
                _worsen(table.form, row, number)
    for table in (table for sheet in second.sheets for table in sheet.tables):
        table.title = (*table.title[:-1], table.title[-1] + " (SỬA LẦN 2)")

    whole = by_key["156", 2021]
    table = whole.table("certifications")
    again = copy.deepcopy(table)
    table.superseded = True
    table.marks.append(("title", Mark("", "submission_superseded", "note", "this form came again")))
    for number, row in enumerate(table.rows):
        _worsen("certifications", row, number)
    again.title = (*again.title[:-1], again.title[-1] + " (sửa đổi lần 2)")
    office = replace(whole.office, dated=date(2022, 1, 21))
    path = "2021/Mai Châu/Bao cao KTTT Mai Chau 2021 - ATTP VietGAP (lần 2).xlsx"
    name = whole.sheet_of(table).name
    corrected = Submission(path, "156", 2021, whole.style, office, [SheetPlan(name, [again])])
    if len([t for sheet in whole.sheets for t in sheet.tables if t.form == "certifications"]) > 1:
        stars = whole.table("certifications", 1)
        corrected.sheets.append(SheetPlan(whole.sheet_of(stars).name, [copy.deepcopy(stars)]))
        stars.superseded = True
    return [first, corrected]


def _worsen(form: str, row: Row, number: int) -> None:
    field = {
        "cooperative_reports": "revenue_vnd",
        "training": "attendances",
        "technology_transfers": "processes",
        "demonstration_models": "models",
        "certifications": "area_ha",
        "infrastructure": "amount_vnd",
        "trade_promotions": "coops",
        "trace_stamps": "quantity",
    }[form]
    value = row.values.get(field)
    if isinstance(value, int | Decimal) and number % 3 != 1:
        row.values[field] = value * 2


def _strays() -> list[Submission]:
    """What is no submission: a letter under a workbook's name, a locked workbook, a list of nobody's."""
    office, style = office_of("152", 2021), style_of("152", 2021)
    letter = files.letter_bytes("Kính gửi: Liên minh HTX tỉnh Hòa Bình. Phòng Nông nghiệp và PTNT gửi kèm biểu số liệu năm 2020.")
    nobody = Office("", "", "..........", (("NGƯỜI LẬP BIỂU", ""), ("THỦ TRƯỞNG ĐƠN VỊ", "")), date(2022, 1, 10))
    plain = replace(style, letterhead=False, footer=False, section="", formulas=False, units_in_header=True)
    table = Table(
        "technology_transfers",
        ("BIỂU TỔNG HỢP QUY TRÌNH KỸ THUẬT ĐƯỢC CHUYỂN GIAO", "Năm 2021"),
        [
            Column("row_no", ("STT",), "row_no", 5),
            Column("process", ("Tên quy trình",), "text", 38),
            Column("processes", ("Số quy trình",), "int", 10),
        ],
        [
            Row({"process": "Quy trình ủ chua thức ăn", "processes": 2}),
            Row({"process": "Kỹ thuật giâm hom", "processes": 1}),
        ],
        kept_out=True,
    )
    return [
        Submission(
            "2020/Lương Sơn/Cong van gui so lieu.xlsx",
            "152",
            2020,
            style,
            office,
            [],
            raw=letter,
            marks=[Mark("", "file_not_workbook", "error", "a Word letter")],
        ),
        Submission(
            "2021/Cao Phong/HTX Cao Phong mat khau.xlsx",
            "154",
            2021,
            style,
            office,
            [],
            raw=files.locked_bytes(),
            marks=[Mark("", "file_encrypted", "error", "asks for a password")],
        ),
        Submission(
            "2021/khac/Book1.xlsx",
            "",
            2021,
            plain,
            nobody,
            [SheetPlan("Sheet1", [table])],
            marks=[Mark("", "reporter_unknown", "error", "nothing says whose it is")],
        ),
    ]


def planted(submissions: list[Submission]) -> tuple[Planted, ...]:
    """The truth about every planted mistake, with the cells they stand in."""
    found: list[Planted] = []
    for submission in submissions:
        found += [Planted(submission.path, "", "", mark.code, mark.severity, None, mark.note) for mark in submission.marks]
        for sheet in submission.sheets:
            found += [Planted(submission.path, sheet.name, "", mark.code, mark.severity, None, mark.note) for mark in sheet.marks]
            for table in sheet.tables:
                found += _of_table(submission, sheet, table)
    return tuple(found)


def _of_table(submission: Submission, sheet: SheetPlan, table: Table) -> list[Planted]:
    found: list[Planted] = []
    grid = sheet.grid
    assert grid is not None

    def add(at: tuple[int, int], mark: Mark) -> None:
        cell = grid.cells[at]
        holds: Shown = "=" + cell.formula if cell.formula and cell.value is None else cell.value
        found.append(Planted(submission.path, sheet.name, address(*at), mark.code, mark.severity, holds, mark.note))

    for where, mark in table.marks:
        if where.startswith("row"):
            number, _, field = where.removeprefix("row").partition(":")
            add(table.cells[int(number), field], mark)
        else:
            add(table.at[where, mark.field], mark)
    if table.superseded:
        return found  # mistakes of a version that no longer counts stand in the newer one as well
    for index, row in enumerate(table.rows):
        for mark in row.marks:
            add(table.cells[index, mark.field], mark)
    return found
