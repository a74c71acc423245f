"""Submissions as districts send them, by kind of difficulty, with the truth: what a careful clerk would conclude."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from openpyxl.utils import column_index_from_string

from . import spellings as sp
from .book import (
    ANYTHING,
    COARSE_STYLES,
    DAY_STYLES,
    NUMERIC,
    UNIT_WORDS,
    USUAL,
    Book,
    Cell,
    Column,
    Item,
    Planted,
    SheetBuilder,
    Table,
    Truth,
    TruthRow,
    address,
    key_form,
    write_table,
)
from .facts import (
    DISTRICTS,
    FORMS,
    OWNER,
    REQUIRED,
    Fact,
    Period,
    World,
    commune_names,
    communes,
    field_type,
    make_fact,
    make_facts,
    period_of,
)

D = Decimal


@dataclass
class Case:
    path_hint: str
    data: bytes
    truth: Truth
    kind: str
    seed: int


DISTRICT_FORMS = tuple(f for f in FORMS if f != "credit_totals")
AGENCY_FORMS: dict[str, tuple[str, ...]] = {
    "17-NHNN": ("loans", "credit_totals"),
    "17-QHTPT": ("loans",),
    "17-TTBVTV": ("growing_areas", "packing_facilities", "demonstration_models"),
    "17-XTTM": ("trade_promotions", "exports"),
}
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
# Fields that a section row can answer, by form.
SECTIONS: dict[str, tuple[str, ...]] = {
    "cooperative_reports": ("commune_code", "sector", "kind"),
    "loans": ("commune_code", "lender"),
    "certifications": ("commune_code", "scheme"),
    "exports": ("market", "commune_code"),
    "training": ("audience", "kind"),
    "technology_transfers": ("commune_code",),
    "demonstration_models": ("kind", "commune_code"),
    "growing_areas": ("commune_code", "market"),
    "packing_facilities": ("market",),
    "trace_stamps": ("kind", "commune_code"),
    "infrastructure": ("kind", "commune_code"),
    "trade_promotions": ("scope",),
}


# --- columns --------------------------------------------------------------------------------------


def headers_of(form: str, name: str) -> tuple[str, ...]:
    if form == "ocop":
        return sp.OCOP_HEADERS[name]
    if name == "district_code":
        return sp.DISTRICT_HEADERS
    return sp.HEADERS[form][name]


@dataclass
class Plan:
    """What a table looks like, apart from its facts."""

    rows: int = 0
    header_rows: int = 1
    sections: str | None = None  # the field that section rows give
    subtotals: bool = False
    total: str = ""  # "" | first | last
    index_row: str = ""
    stt: bool = True
    stt_restarts: bool = False
    numbers: str = "num"
    dates: str = "dt"
    communes: str = ""
    money: str = "mvnd"
    area: str = "ha"
    mass: str = "t"
    stamps: str = "tem"
    rate: str = "pct"
    income: str = "mvnd_month"
    unit_place: str = "header"  # header | line | row | cell
    fields: tuple[str, ...] | None = None
    omit: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    extras: int = 0
    personal: int = 0
    shuffle: bool = False
    district_column: bool = False
    with_commune: bool | None = None


def choose_fields(world: World, form: str, plan: Plan) -> list[str]:
    table = key_form(form)
    listed = list(sp.OCOP_HEADERS) if form == "ocop" else list(sp.HEADERS[form])
    required = ("coop_name", "product", "stars") if form == "ocop" else REQUIRED[table]
    wanted = plan.fields
    if wanted is None:
        wanted = tuple(f for f in listed if f in required or f == OWNER.get(table) or world.rng.random() < 0.62)
    chosen = [f for f in wanted if f in listed]
    if form == "cooperative_reports" and plan.fields is None:
        for name in ("members", "revenue_vnd", "status"):  # else it is a mere list of names
            if name not in chosen:
                chosen.append(name)
    if form == "training" and "attendances" not in chosen and "persons" not in chosen:
        chosen.append("persons")
    if form == "technology_transfers" and not {"provider", "transferred_on"} & set(chosen):
        chosen.append("provider")
    for form_name, pair in (
        ("growing_areas", ("area_name", "area_ha", "holder")),
        ("packing_facilities", ("facility", "holder")),
    ):
        if form == form_name:
            chosen += [f for f in pair if f not in chosen]
    gone = {*plan.omit, *plan.given}
    if plan.sections:
        gone.add(plan.sections)
    if plan.with_commune is False:
        gone.add("commune_code")
    if plan.with_commune and "commune_code" in listed and "commune_code" not in chosen:
        chosen.append("commune_code")
    chosen = [f for f in listed if f in chosen and f not in gone]
    if plan.district_column and "district_code" not in chosen:
        chosen.insert(1 if len(chosen) > 1 else 0, "district_code")
    if "lender_kind" in chosen and "lender" not in chosen:
        chosen.remove("lender_kind")
    return chosen


def unit_for(plan: Plan, kind: str) -> str:
    return {
        "money": plan.money,
        "area": plan.area,
        "mass": plan.mass,
        "stamps": plan.stamps,
        "rate": plan.rate,
        "income": plan.income,
    }.get(kind, USUAL.get(kind, "one"))


def with_unit(rng: random.Random, text: str, unit: str) -> str:
    word = rng.choice(UNIT_WORDS[unit])
    return rng.choice((f"{text} ({word})", f"{text}\n({word})", f"{text} ({word})", f"{text} (ĐVT: {word})", f"{text}, {word}"))


def make_columns(world: World, form: str, plan: Plan) -> list[Column]:
    rng, table = world.rng, key_form(form)
    names = choose_fields(world, form, plan)
    if plan.shuffle:
        rng.shuffle(names)
    columns: list[Column] = []
    used: set[str] = set()
    for name in names:
        kind = field_type(table, name)
        free = [h for h in headers_of(form, name) if h.casefold() not in used]
        if not free:
            continue
        header = rng.choice(free)
        used.add(header.casefold())
        if kind == "date" and plan.dates in COARSE_STYLES:
            header = (
                re.sub(r"^Ngày\b", "Thời gian", header)
                if plan.dates not in ("year", "year_number")
                else re.sub(r"^(Ngày|Thời gian|Thời điểm)\b", "Năm", header)
            )
        unit = unit_for(plan, kind)
        style = "num"
        if kind in NUMERIC:
            style = plan.numbers if kind not in ("stars", "rate", "income") else "num"
            if kind in ("count",) and plan.numbers in ("with_unit", "big_words"):
                style = "num"
        elif kind == "date":
            style = plan.dates
            if style in COARSE_STYLES and name in ("due_on", "expires_on", "ends_on", "as_of"):
                style = "slash"
        elif kind == "commune":
            style = plan.communes or rng.choice(("full", "bare", "short"))
        elif kind == "tax":
            style = rng.choice(("text", "number"))
        shown_unit = ""
        if kind in NUMERIC and kind not in ("stars", "count"):
            own = kind in ("rate", "income")
            if plan.unit_place == "header" or own or (plan.unit_place == "line" and kind not in ("money", "area")):
                shown_unit = unit
                if kind == "stamps" and unit == "tem" and rng.random() < 0.6:
                    shown_unit = ""
            if plan.unit_place == "line" and kind == "area":
                shown_unit = unit
            if plan.unit_place == "row" and kind not in UNIT_BY_ROW.get(table, ()):
                shown_unit = unit
        columns.append(
            Column(
                (with_unit(rng, header, shown_unit) if shown_unit else header,),
                name,
                unit=unit,
                style=style,
                unit_in_header=shown_unit,
            )
        )
    if plan.header_rows == 2:
        columns = group_columns(world, form, columns)
    if plan.header_rows == 3:
        columns = tree_columns(world, form, columns)
    for _ in range(plan.extras):
        header = rng.choice([h for h in sp.EXTRA_HEADERS if h.casefold() not in used])
        used.add(header.casefold())
        columns.insert(
            rng.randint(1, len(columns)),
            Column((header,), what="extra", make=lambda r, i: r.choice(("Có", "Không", "3", "đã kiểm tra", None))),
        )
    for _ in range(plan.personal):
        header = rng.choice([h for h in sp.PERSONAL_HEADERS if h.casefold() not in used])
        used.add(header.casefold())
        columns.insert(rng.randint(1, len(columns)), Column((header,), what="personal", make=_personal(header)))
    columns = mend_groups(columns)
    if rng.random() < 0.35:
        columns.append(
            Column(
                (rng.choice(sp.NOTE),),
                what="note",
                make=lambda r, i: r.choice((None, None, None, "Mới bổ sung", "Đã đối chiếu")),
            )
        )
    if plan.stt:
        columns.insert(0, Column((rng.choice(sp.STT),), what="stt"))
    return columns


def mend_groups(columns: list[Column]) -> list[Column]:
    """Nothing may stand between the members of a merged header."""
    out: list[Column] = []
    for column in columns:
        if len(column.path) > 1:
            last = max((i for i, c in enumerate(out) if c.path[0] == column.path[0] and len(c.path) > 1), default=None)
            if last is not None:
                out.insert(last + 1, column)
                continue
        out.append(column)
    return out


UNIT_BY_ROW: dict[str, tuple[str, ...]] = {
    "exports": ("mass",),
    "loans": ("money",),
    "certifications": ("area",),
    "infrastructure": ("money",),
    "cooperative_reports": ("money",),
}


def person(rng: random.Random) -> str:
    family = rng.choice(("Bùi", "Đinh", "Quách", "Nguyễn", "Hà", "Trần"))
    return f"{family} {rng.choice(('Văn', 'Thị'))} {rng.choice(('Mai', 'Sơn', 'Hùng', 'Lan', 'Thanh', 'Nga', 'Long'))}"


def _personal(header: str) -> Callable[[random.Random, int], Any]:
    def made(rng: random.Random, index: int) -> Any:
        if "CCCD" in header:
            return f"0{rng.randint(17, 30)}{rng.randint(10**8, 10**9 - 1)}"
        if "thoại" in header:
            return f"09{rng.randint(10**7, 10**8 - 1)}"
        if "sinh" in header:
            return f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/{rng.randint(1960, 1995)}"
        if "mail" in header.lower():
            return f"htx{rng.randint(1, 99)}@example.vn"
        return person(rng)

    return made


def group_columns(world: World, form: str, columns: list[Column]) -> list[Column]:
    rng = world.rng
    for parents, leaves in sp.GROUPS.get(form, ()):
        members = [c for c in columns if c.field in leaves and len(c.path) == 1]
        if len(members) < 2 or rng.random() < 0.15:
            continue
        place = columns.index(members[0])
        parent = rng.choice([p for p in parents if not any(c.path[0] == p for c in columns)] or [parents[0]])
        kinds = {field_type(key_form(form), c.field or "") for c in members}
        on_parent = (
            len(kinds) == 1
            and len({c.unit_in_header for c in members}) == 1
            and members[0].unit_in_header
            and rng.random() < 0.4
            and "(" not in parent
        )
        if on_parent:
            parent = with_unit(rng, parent, members[0].unit_in_header)
        ordered = sorted(members, key=lambda c: list(leaves).index(c.field or ""))
        for c in ordered:
            leaf = rng.choice(leaves[c.field or ""])
            c.path = (parent, with_unit(rng, leaf, c.unit_in_header) if c.unit_in_header and not on_parent else leaf)
        rest = [c for c in columns if c not in members]
        columns = rest[:place] + ordered + rest[place:]
    return columns


def tree_columns(world: World, form: str, columns: list[Column]) -> list[Column]:
    rng = world.rng
    for top, middles in sp.TREES[form]:
        tree: list[Column] = []
        for middle, leaves in middles:
            found = [(name, leaf, next((c for c in columns if c.field == name), None)) for name, leaf in leaves.items()]
            if not any(c for name, _, c in found if c is not None):
                continue
            for name, leaf, column in found:
                if name.startswith("?"):
                    like = next((c for _, _, c in found if c is not None), None)
                    unit = like.unit_in_header if like else ""
                    tree.append(
                        Column(
                            (top, middle, with_unit(rng, leaf, unit) if unit and "(" not in middle else leaf),
                            what="extra",
                            make=lambda r, i: r.choice((None, 1, 2, 3)),
                        )
                    )
                elif column is not None:
                    unit = column.unit_in_header if "(" not in middle else ""
                    column.path = (top, middle, with_unit(rng, leaf, unit) if unit else leaf)
                    tree.append(column)
        if not tree:
            continue
        place = min(columns.index(c) for c in tree if c in columns)
        rest_before = [c for c in columns[:place] if c not in tree]
        rest_after = [c for c in columns[place:] if c not in tree]
        columns = rest_before + tree + rest_after
    return columns


# --- items ----------------------------------------------------------------------------------------


def section_text(world: World, form: str, name: str, value: Any) -> str:
    rng = world.rng
    if name == "commune_code":
        commune, level = commune_names()[value]
        return rng.choice((f"{level} {commune}", f"{level.upper()} {commune.upper()}"))
    if name == "district_code":
        district = DISTRICTS[value].removeprefix("Thành phố ")
        level = "Thành phố" if value == "148" else "Huyện"
        return rng.choice((f"{level} {district}", f"{level.upper()} {district.upper()}"))
    kind = field_type(form, name)
    if kind == "code":
        label = {
            ("cooperative_reports", "kind", "HTX"): ("HỢP TÁC XÃ", "Hợp tác xã"),
            ("cooperative_reports", "kind", "THT"): ("TỔ HỢP TÁC", "Tổ hợp tác"),
            ("cooperative_reports", "kind", "LHHTX"): ("LIÊN HIỆP HỢP TÁC XÃ", "Liên hiệp HTX"),
        }.get((form, name, value))
        if label is None:
            base = sp.VALUES["markets" if name == "market" else _list_of(form, name)][value][0]
            prefixed = {
                "market": f"Thị trường {base}",
                "scheme": f"Chứng nhận {base}",
                "audience": f"Đối tượng: {base}",
            }.get(name, base)
            label = (
                base.upper() if name != "scheme" else base,
                prefixed if not prefixed.startswith("Chứng nhận Đủ") else base,
            )
        return rng.choice(label)
    return rng.choice((str(value), str(value).upper())) if name == "sector" else str(value)


def _list_of(form: str, name: str) -> str:
    from .facts import CODE_LISTS

    return CODE_LISTS[form, name]


def make_items(world: World, form: str, plan: Plan, facts: list[Fact]) -> list[Item]:
    rng, table = world.rng, key_form(form)
    items: list[Item] = []
    number_style = rng.choice((lambda n: n, lambda n: n, lambda n: f"{n:02d}", lambda n: str(n)))
    additive = form not in ("credit_totals",)
    if plan.sections:
        values = list(dict.fromkeys(f[plan.sections] for f in facts))
        blocks = [[f for f in facts if f[plan.sections] == v] for v in values]
    else:
        values, blocks = [None], [facts]
    seen = 0
    data_number = 0
    marks = rng.choice((ROMAN, ROMAN, tuple("ABCDEFGHIJ")))
    for i, (value, block) in enumerate(zip(values, blocks, strict=True)):
        if plan.sections:
            mark = marks[i % 10]
            items.append(Item("section", text=section_text(world, table, plan.sections, value), number=mark))
        if plan.stt_restarts:
            data_number = 0
        here = tuple(range(seen, seen + len(block)))
        for fact in block:
            data_number += 1
            items.append(Item("data", fact=fact, number=number_style(data_number)))
        seen += len(block)
        if plan.sections and plan.subtotals and additive:
            items.append(Item("subtotal", text=rng.choice(sp.SUBTOTAL_LABELS).format(roman=marks[i % 10]), over=here))
    if plan.total and additive:
        total = Item("total", text=rng.choice(sp.TOTAL_LABELS))
        items = [total, *items] if plan.total == "first" else [*items, total]
    return items


def spread(world: World, form: str, plan: Plan, facts: list[Fact]) -> list[Fact]:
    """Gives facts of one section the same value of the section's field, a few sections in all."""
    name = plan.sections
    if name is None:
        return facts
    values = list(dict.fromkeys(f[name] for f in facts))[: world.rng.randint(2, 3)]
    for i, fact in enumerate(facts):
        value = values[i * len(values) // len(facts)]
        if fact[name] == value:
            continue
        fact[name] = value
        if name == "kind" and form == "cooperative_reports":
            old = fact["name"]
            proper = next(p for p in sorted(world.used, key=len, reverse=True) if old.endswith(p))
            fact["name"] = f"{world.pick(sp.COOP_PREFIX[value])} {proper}"
            fact["_kind"] = value
        if name == "lender":
            fact["lender_kind"] = dict(sp.LENDERS)[value]
        if name == "kind" and form == "infrastructure":
            fact["work"] = world.pick(sp.WORKS[value])
            fact["floor_area_m2"] = D(world.rng.randint(60, 900)) if value == "building" else None
            fact["served_area_ha"] = None if value == "building" else D(world.rng.randint(10, 400)) / 10
        if name == "kind" and form == "demonstration_models":
            fact["model"] = f"{'Mô hình quản lý dịch hại' if value == 'IPM' else 'Mô hình thâm canh'} {fact['product'].lower()}"
    return facts


def build_table(world: World, form: str, plan: Plan, facts: list[Fact] | None = None) -> Table:
    if facts is None:
        facts = make_facts(world, form, plan.rows or world.rng.randint(6, 16))
        facts = spread(world, form, plan, facts)
    columns = make_columns(world, form, plan)
    items = make_items(world, form, plan, facts)
    given = plan.given + ((plan.sections,) if plan.sections else ())
    return Table(
        form,
        columns,
        items,
        given=given,
        index_row=plan.index_row,
        header_rows=plan.header_rows if any(len(c.path) > 1 for c in columns) else 1,
        label_column=1 if plan.stt else 0,
    )


# --- the frame of a sheet -------------------------------------------------------------------------


@dataclass
class Frame:
    letterhead: bool = True
    reference: bool = False
    title_reporter: bool = True
    title_period: str = "period"  # period | as_of | ""
    unit_line: str = ""
    notes: bool = False
    signature: bool = True
    form_title: str = ""
    district: str = ""  # letterhead and title of this district instead of the reporter's


def reporter_words(world: World, reporter: str) -> tuple[tuple[str, str], str]:
    """Letterhead's two lines and how a title names the reporter."""
    rng = world.rng
    if reporter in DISTRICTS:
        name = DISTRICTS[reporter].removeprefix("Thành phố ")
        level = "thành phố" if reporter == "148" else "huyện"
        first = rng.choice(
            (
                f"UBND {level} {name}".upper(),
                f"ỦY BAN NHÂN DÂN\n{level.upper()} {name.upper()}",
                f"UỶ BAN NHÂN DÂN {level.upper()} {name.upper()}",
                f"UBND {level} {name}",
            )
        )
        second = rng.choice(("PHÒNG NÔNG NGHIỆP VÀ PTNT", "PHÒNG TÀI CHÍNH - KẾ HOẠCH", "PHÒNG NÔNG NGHIỆP & PTNT", "PHÒNG KINH TẾ"))
        return (first, second), f"{level} {name}"
    return {
        "17-NHNN": (("NGÂN HÀNG NHÀ NƯỚC VIỆT NAM", "CHI NHÁNH TỈNH HÒA BÌNH"), "tỉnh Hòa Bình"),
        "17-QHTPT": (("LIÊN MINH HỢP TÁC XÃ TỈNH HÒA BÌNH", "QUỸ HỖ TRỢ PHÁT TRIỂN HỢP TÁC XÃ"), "tỉnh Hòa Bình"),
        "17-TTBVTV": (("SỞ NÔNG NGHIỆP VÀ PTNT HÒA BÌNH", "CHI CỤC TRỒNG TRỌT VÀ BẢO VỆ THỰC VẬT"), "tỉnh Hòa Bình"),
        "17-XTTM": (("SỞ CÔNG THƯƠNG TỈNH HÒA BÌNH", "TRUNG TÂM XÚC TIẾN THƯƠNG MẠI"), "tỉnh Hòa Bình"),
    }[reporter]


def write_top(world: World, sheet: SheetBuilder, frame: Frame, form: str, width: int) -> None:
    rng, left = world.rng, sheet.left
    reporter = frame.district or world.reporter
    letterhead, title_name = reporter_words(world, reporter)
    right = left + max(4, width // 2)
    if frame.letterhead:
        sheet.put(sheet.row, left, letterhead[0], bold=True)
        sheet.put(sheet.row, right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", bold=True)
        sheet.put(sheet.row + 1, left, letterhead[1], bold=True)
        sheet.put(sheet.row + 1, right, "Độc lập - Tự do - Hạnh phúc", bold=True)
        for r in (sheet.row, sheet.row + 1):
            sheet.merge(r, left, r, left + 2)
            sheet.merge(r, right, r, right + 3)
        sheet.row += rng.choice((2, 3))
    if frame.reference:
        place = title_name if reporter in DISTRICTS else "cơ quan"
        sheet.put(
            sheet.row,
            left,
            f"(Kèm theo Báo cáo số {rng.randint(10, 400)}/BC-UBND ngày {rng.randint(5, 20):02d}/01/"
            f"{world.period.end.year + 1} của UBND {place})",
        )
        sheet.row += 1
    title = frame.form_title or rng.choice(sp.TITLES[key_form(form)])
    if frame.title_reporter:
        title += (
            f" {title_name.upper() if title.isupper() else title_name}" if "ĐỊA BÀN" in title or rng.random() < 0.5 else f" - {title_name}"
        )
    second = ""
    if frame.title_period == "period":
        phrase = rng.choice(world.period.phrases())
        if rng.random() < 0.6:
            title += f" {phrase.upper() if title.isupper() else phrase}"
        else:
            second = f"({phrase[0].upper()}{phrase[1:]})" if rng.random() < 0.5 else f"{phrase[0].upper()}{phrase[1:]}"
    elif frame.title_period == "as_of":
        on = world.period.end
        title += rng.choice(
            (
                f" ĐẾN NGÀY {on:%d/%m/%Y}",
                f" TÍNH ĐẾN {on:%d/%m/%Y}",
                f" (đến ngày {on.day} tháng {on.month} năm {on.year})",
                f" TẠI THỜI ĐIỂM {on:%d/%m/%Y}",
            )
        )
    sheet.put(sheet.row, left, title, bold=True)
    if rng.random() < 0.8:
        sheet.merge(sheet.row, left, sheet.row, left + width - 1)
    sheet.row += 1
    if second:
        sheet.put(sheet.row, left, second)
        sheet.merge(sheet.row, left, sheet.row, left + width - 1)
        sheet.row += 1
    if frame.unit_line:
        sheet.put(sheet.row, left + max(0, width - 2), frame.unit_line)
        sheet.row += 1
    elif rng.random() < 0.4:
        sheet.row += 1


def write_bottom(world: World, sheet: SheetBuilder, frame: Frame, width: int, truth: Truth) -> None:
    rng, left = world.rng, sheet.left
    if frame.notes:
        for text in rng.sample(sp.FOOTNOTES, rng.randint(1, 2)):
            truth.nondata.append((sheet.name, sheet.row, "note"))
            sheet.put(sheet.row, left, text)
            sheet.row += 1
    if frame.signature:
        sheet.row += rng.randint(0, 1)
        right = left + max(3, width - 3)
        name = DISTRICTS.get(frame.district or world.reporter, "Hòa Bình").removeprefix("Thành phố ")
        lines: list[tuple[int, str]] = [(right, f"{name}, ngày {rng.randint(3, 20):02d} tháng 01 năm {world.period.end.year + 1}")]
        truth.nondata.append((sheet.name, sheet.row, "signature"))
        for column, text in lines:
            sheet.put(sheet.row, column, text)
        sheet.row += 1
        truth.nondata.append((sheet.name, sheet.row, "signature"))
        sheet.put(sheet.row, left + 1, rng.choice(("NGƯỜI LẬP BIỂU", "Người lập", "NGƯỜI TỔNG HỢP")), bold=True)
        sheet.put(sheet.row, right, rng.choice(("TRƯỞNG PHÒNG", "KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH", "GIÁM ĐỐC")), bold=True)
        sheet.row += 1
        if rng.random() < 0.7:
            truth.nondata.append((sheet.name, sheet.row, "signature"))
            sheet.put(sheet.row, right, "(Ký, ghi rõ họ tên, đóng dấu)")
            sheet.row += 1
        if rng.random() < 0.6:
            sheet.row += 2
            truth.nondata.append((sheet.name, sheet.row, "signature"))
            sheet.put(
                sheet.row,
                left + 1,
                person(rng),
            )
            sheet.put(
                sheet.row,
                right,
                person(rng),
            )
            sheet.row += 1


def unit_line(world: World, plan: Plan, columns: Sequence[Column], form: str) -> str:
    if plan.unit_place != "line" or not any(c.field and field_type(key_form(form), c.field) == "money" for c in columns):
        return ""
    money = world.rng.choice(UNIT_WORDS[plan.money][:3])
    return world.rng.choice((f"Đơn vị tính: {money}", f"ĐVT: {money}", f"Đơn vị: {money}", f"(Đơn vị tính: {money})"))


# --- cases ----------------------------------------------------------------------------------------


def folder(world: World) -> str:
    code = world.reporter
    return (
        DISTRICTS[code].replace("Thành phố ", "TP ")
        if code in DISTRICTS
        else {"17-NHNN": "NHNN", "17-QHTPT": "Quỹ HTPT HTX", "17-TTBVTV": "Chi cục TTBVTV", "17-XTTM": "TT XTTM"}[code]
    )


def path_of(world: World) -> str:
    rng = world.rng
    plain = "".join(
        c for c in unicodedata.normalize("NFD", folder(world).replace("đ", "d").replace("Đ", "D")) if not unicodedata.combining(c)
    )
    file = rng.choice(
        (
            f"BC_{plain.replace(' ', '')}_{world.period.code}.xlsx",
            f"Bieu tong hop {rng.randint(1, 9)}.xlsx",
            f"{folder(world)} gửi.xlsx",
            "Bieu KTTT.xlsx",
            "bao cao.xlsx",
        )
    )
    return f"{world.period.code}/{folder(world)}/{file}"


def new_world(rng: random.Random, reporter: str | None = None, kinds: str = "yyyyyyhqm") -> World:
    district = rng.choice(tuple(DISTRICTS))
    return World(
        rng,
        period_of(rng, kinds),
        reporter or district,
        district if reporter is None or reporter not in DISTRICTS else reporter,
    )


def new_book(world: World) -> Book:
    return Book(Truth(world.reporter, world.period.code))


def ordinary_plan(world: World, form: str, **options: Any) -> Plan:
    rng, table = world.rng, key_form(form)
    plan = Plan(
        header_rows=rng.choice((1, 2, 2)),
        index_row=rng.choice(("", "", "parens", "letters", "sum", "digits", "bare_letters")),
        total=rng.choice(("last", "last", "", "first")),
        unit_place=rng.choice(("header", "header", "line")),
        money=rng.choice(("mvnd", "mvnd", "mvnd", "kvnd", "vnd", "bvnd")),
        rate="pct",
        mass=rng.choice(("t", "t", "kg")),
        area=rng.choice(("ha", "ha", "ha", "m2ha")),
        dates=rng.choice(("dt", "dt", "slash")),
    )
    if rng.random() < 0.45 and form != "ocop" and table in SECTIONS:
        plan.sections = rng.choice(SECTIONS[table])
        plan.subtotals = rng.random() < 0.55
        plan.stt_restarts = rng.random() < 0.5
    for name, value in options.items():
        setattr(plan, name, value)
    if plan.unit_place == "line" and plan.money == "bvnd":
        plan.money = "mvnd"
    return plan


def ordinary_frame(world: World, **options: Any) -> Frame:
    rng = world.rng
    frame = Frame(
        letterhead=rng.random() < 0.9,
        reference=rng.random() < 0.4,
        title_reporter=rng.random() < 0.6,
        title_period="period",
        notes=rng.random() < 0.4,
        signature=rng.random() < 0.7,
    )
    if len(world.period.code) == 4 and rng.random() < 0.2:
        frame.title_period = "as_of"
    for name, value in options.items():
        setattr(frame, name, value)
    return frame


def put_sheet(
    world: World,
    book: Book,
    form: str,
    plan: Plan,
    frame: Frame,
    facts: list[Fact] | None = None,
    change: Callable[[Table], None] | None = None,
    name: str = "",
    left: int = 1,
    top: int = 1,
) -> list[TruthRow]:
    """A whole sheet of one table; returns its truth rows."""
    table = build_table(world, form, plan, facts)
    if change:
        change(table)
    sheet = book.sheet(name or world.pick(sp.SHEETS[key_form(form)]), left, top)
    width = len(table.columns)
    frame.unit_line = frame.unit_line or unit_line(world, plan, table.columns, form)
    write_top(world, sheet, frame, form, width)
    rows = write_table(sheet, table, book.truth, world.rng)
    write_bottom(world, sheet, frame, width, book.truth)
    return rows


def case_form(world: World, seed_number: int, forms: Sequence[str] = DISTRICT_FORMS) -> str:
    """All forms in turn over consecutive seeds."""
    return forms[seed_number % len(forms)]


def plain(world: World, n: int) -> Book:
    form = case_form(world, n, FORMS)
    if form == "credit_totals":
        world.reporter = "17-NHNN"
    book = new_book(world)
    put_sheet(world, book, form, Plan(total="", unit_place="header", header_rows=1), Frame(letterhead=True, signature=False))
    return book


def ordinary(world: World, n: int) -> Book:
    form = case_form(world, n, FORMS)
    if form == "credit_totals":
        world.reporter = "17-NHNN"
    book = new_book(world)
    plan = ordinary_plan(world, form)
    if form == "credit_totals":
        plan.total = ""
    put_sheet(
        world,
        book,
        form,
        plan,
        ordinary_frame(world),
        change=lambda t: setattr(t, "total_formulas", world.rng.random() < 0.5),
    )
    return book


def header_tree3(world: World, n: int) -> Book:
    form = case_form(world, n, tuple(sp.TREES))
    book = new_book(world)
    put_sheet(
        world,
        book,
        form,
        ordinary_plan(world, form, header_rows=3, fields=tuple(sp.HEADERS[form])),
        ordinary_frame(world),
    )
    return book


def stacked_tables(world: World, n: int) -> Book:
    rng = world.rng
    book = new_book(world)
    first = case_form(world, n)
    forms = [first, rng.choice([f for f in DISTRICT_FORMS if f != first])]
    if rng.random() < 0.3:
        forms.append(rng.choice([f for f in DISTRICT_FORMS if f not in forms]))
    sheet = book.sheet(rng.choice(("Tổng hợp các biểu", "Biểu", "Sheet1")))
    signature = rng.random() < 0.4
    for i, form in enumerate(forms):
        plan = ordinary_plan(world, form, rows=rng.randint(4, 9))
        table = build_table(world, form, plan)
        frame = ordinary_frame(world, letterhead=i == 0 or signature, reference=False, signature=signature or i == len(forms) - 1)
        frame.unit_line = unit_line(world, plan, table.columns, form)
        write_top(world, sheet, frame, form, len(table.columns))
        write_table(sheet, table, book.truth, rng)
        write_bottom(world, sheet, frame, len(table.columns), book.truth)
        sheet.row += rng.randint(1, 3)
    return book


def multi_form(world: World, n: int) -> Book:
    rng = world.rng
    book = new_book(world)
    forms = rng.sample(DISTRICT_FORMS, rng.randint(3, 5))
    for i, form in enumerate(forms):
        name = rng.choice(sp.SHEETS[form][:-1])
        put_sheet(
            world,
            book,
            form,
            ordinary_plan(world, form, rows=rng.randint(4, 9)),
            ordinary_frame(world, letterhead=i == 0 or rng.random() < 0.6),
            name=name,
        )
    return book


def _agency(world: World, n: int) -> str:
    reporter = tuple(AGENCY_FORMS)[n % 4]
    world.reporter = reporter
    choices = [f for f in AGENCY_FORMS[reporter] if f not in ("credit_totals", "trade_promotions")]
    return world.rng.choice(choices)


def _agency_plan(world: World, form: str, **options: Any) -> Plan:
    plan = ordinary_plan(world, form, sections=None, **options)
    if world.reporter == "17-QHTPT":
        plan.given += ("lender", "lender_kind")
    return plan


def _as_fund(facts: list[Fact]) -> list[Fact]:
    for fact in facts:
        fact |= {"lender": ANYTHING, "lender_kind": "support_fund"}
    return facts


def _agency_facts(world: World, form: str, count: int, district: str) -> list[Fact]:
    facts = [make_fact(world, form, district=district) for _ in range(count)]
    return _as_fund(facts) if world.reporter == "17-QHTPT" else facts


def districts_by_sheet(world: World, n: int) -> Book:
    rng = world.rng
    form = _agency(world, n)
    book = new_book(world)
    plan_base = _agency_plan(world, form, rows=5)
    for district in rng.sample(tuple(DISTRICTS), rng.randint(2, 4)):
        facts = _agency_facts(world, form, rng.randint(3, 7), district)
        world.district = district
        plan = Plan(**{**vars(plan_base), "given": (*plan_base.given, "district_code")})
        short = DISTRICTS[district].replace("Thành phố ", "TP ")
        put_sheet(
            world,
            book,
            form,
            plan,
            ordinary_frame(world, letterhead=True, title_reporter=False, reference=False),
            facts=facts,
            name=rng.choice((short, short, f"H. {short}" if district != "148" else short)),
        )
    return book


def joint_districts(world: World, n: int) -> Book:
    """A sheet a district, each under its own letterhead: each answers for its sheet."""
    rng = world.rng
    form = case_form(world, n)
    book = new_book(world)
    book.truth.reporter_code = None
    chosen = rng.sample(tuple(DISTRICTS), rng.randint(2, 3))
    for district in chosen:
        world.reporter = world.district = district
        short = DISTRICTS[district].replace("Thành phố ", "TP ")
        rows = put_sheet(
            world,
            book,
            form,
            ordinary_plan(world, form, rows=rng.randint(4, 8)),
            ordinary_frame(world, letterhead=True),
            name=short,
        )
        for row in rows:
            row.reporter_code, row.period = district, world.period.code
    book.path = f"{world.period.code}/Tong hop cac huyen {rng.randint(1, 5)}.xlsx"
    return book


def districts_by_section(world: World, n: int) -> Book:
    rng = world.rng
    form = _agency(world, n)
    book = new_book(world)
    facts: list[Fact] = []
    for district in rng.sample(tuple(DISTRICTS), rng.randint(2, 4)):
        facts += _agency_facts(world, form, rng.randint(3, 6), district)
    plan = _agency_plan(world, form)
    plan.sections, plan.subtotals, plan.stt_restarts = "district_code", rng.random() < 0.5, rng.random() < 0.5
    put_sheet(world, book, form, plan, ordinary_frame(world, letterhead=True, reference=False), facts=facts)
    return book


def districts_by_column(world: World, n: int) -> Book:
    rng = world.rng
    form = _agency(world, n)
    book = new_book(world)
    facts: list[Fact] = []
    for district in rng.sample(tuple(DISTRICTS), rng.randint(2, 4)):
        facts += _agency_facts(world, form, rng.randint(3, 6), district)
    plan = _agency_plan(world, form, district_column=True)
    put_sheet(world, book, form, plan, ordinary_frame(world, letterhead=True, reference=False), facts=facts)
    return book


def consolidation(world: World, n: int) -> Book:
    """One sheet a commune, and a sheet that repeats them all."""
    rng = world.rng
    form = case_form(world, n, tuple(f for f in DISTRICT_FORMS if "commune_code" in sp.HEADERS[f]))
    book = new_book(world)
    plan = ordinary_plan(world, form, sections=None, with_commune=True, header_rows=1, dates="dt")
    parts: list[list[Fact]] = []
    listed = rng.sample(communes()[world.district], rng.randint(2, 3))
    for code, _, _ in listed:
        facts = make_facts(world, form, rng.randint(3, 6))
        for fact in facts:
            fact["commune_code"] = code
        parts.append(facts)
    everything = [f for part in parts for f in part]
    columns = make_columns(world, form, plan)
    first = rng.random() < 0.5

    def put(name: str, facts: list[Fact], title: str) -> list[TruthRow]:
        def same_columns(table: Table) -> None:
            table.columns = columns

        return put_sheet(
            world,
            book,
            form,
            plan,
            ordinary_frame(world, form_title=title, signature=False),
            facts=facts,
            change=same_columns,
            name=name,
        )

    base = rng.choice(sp.TITLES[form])
    whole: list[TruthRow] = []
    if first:
        whole = put(
            rng.choice(("Tổng hợp", "TH chung", "Toàn huyện")),
            everything,
            f"TỔNG HỢP {base.upper().removeprefix('TỔNG HỢP ')}",
        )
    rows = [row for (code, commune, _), part in zip(listed, parts, strict=True) for row in put(commune, part, base)]
    if not first:
        whole = put(
            rng.choice(("Tổng hợp", "TH chung", "Toàn huyện")),
            everything,
            f"TỔNG HỢP {base.upper().removeprefix('TỔNG HỢP ')}",
        )
    # Shown once in the truth: in the commune's sheet or in the whole, whichever the reader keeps.
    kept = {id(row) for row in whole}
    book.truth.rows = [row for row in book.truth.rows if id(row) not in kept]
    for row, copy in zip(rows, whole, strict=True):
        row.alternates = ((copy.sheet, copy.row_number),)
    return book


def tall_indicator(world: World, n: int) -> Book:
    rng = world.rng
    book = new_book(world)
    form = case_form(world, n)

    def tall() -> None:
        sheet = book.sheet(rng.choice(("Biểu 01 chỉ tiêu", "Chỉ tiêu KTTT", "Phụ lục 1")))
        write_top(
            world,
            sheet,
            Frame(form_title="BIỂU TỔNG HỢP CÁC CHỈ TIÊU PHÁT TRIỂN KINH TẾ TẬP THỂ"),
            "cooperative_reports",
            8,
        )
        year = world.period.end.year
        for i, text in enumerate(
            (
                "TT",
                "Chỉ tiêu",
                "ĐVT",
                f"TH năm {year - 1}",
                f"KH năm {year}",
                f"TH năm {year}",
                "So sánh (%)",
                "Ghi chú",
            )
        ):
            sheet.put(sheet.row, i + 1, text, bold=True)
        sheet.row += 1
        for mark, text, unit in (
            ("I", "Hợp tác xã", ""),
            (1, "Tổng số HTX", "HTX"),
            ("", "Trong đó: - HTX đang hoạt động", "HTX"),
            ("", "- HTX thành lập mới", "HTX"),
            (2, "Tổng số thành viên", "Người"),
            (3, "Doanh thu bình quân một HTX", "Tr.đồng"),
            (4, "Thu nhập bình quân người lao động", "Tr.đồng/tháng"),
            ("II", "Tổ hợp tác", ""),
            (1, "Tổng số THT", "THT"),
            (2, "Số thành viên THT", "Người"),
        ):
            book.truth.nondata.append((sheet.name, sheet.row, "indicator"))
            sheet.put(sheet.row, 1, mark or None)
            sheet.put(sheet.row, 2, text)
            sheet.put(sheet.row, 3, unit or None)
            if unit:
                a, b = rng.randint(10, 600), rng.randint(10, 600)
                for c, v in ((4, a), (5, b), (6, b + rng.randint(-5, 9)), (7, round(100 * b / a, 1))):
                    sheet.put(sheet.row, c, v)
            sheet.row += 1
        book.truth.unrecognised.append(sheet.name)
        book.truth.planted.append(Planted(sheet.name, "", ("sheet_unrecognised",), None, "sheet"))

    if rng.random() < 0.6:
        tall()
        put_sheet(world, book, form, ordinary_plan(world, form), ordinary_frame(world))
    else:
        put_sheet(world, book, form, ordinary_plan(world, form), ordinary_frame(world))
        tall()
    return book


def merged_owner(world: World, n: int) -> Book:
    rng = world.rng
    form = case_form(
        world,
        n,
        (
            "certifications",
            "loans",
            "ocop",
            "exports",
            "trace_stamps",
            "infrastructure",
            "technology_transfers",
            "demonstration_models",
        ),
    )
    book = new_book(world)
    plan = ordinary_plan(world, form, sections=None, total="")
    style = rng.choice(("merged", "merged", "blank"))
    facts: list[Fact] = []
    items: list[Item] = []
    for number in range(1, rng.randint(4, 8)):
        first = make_fact(world, form)
        owner_name = OWNER[key_form(form)]
        owner = {k: first[k] for k in (owner_name, "_kind", "tax_code", "district_code", "commune_code")}
        count = rng.choice((1, 2, 2, 3, 4))
        for i in range(count):
            fact = first if i == 0 else make_fact(world, form, owner=owner)
            facts.append(fact)
            items.append(
                Item(
                    "data",
                    fact=fact,
                    number=number if i == 0 or style == "merged" else None,
                    owner_rows=count if i == 0 and count > 1 else 0,
                )
            )
    if form == "ocop":
        plan.given = (*plan.given, "scheme")

    def change(table: Table) -> None:
        table.owner_merge = style
        table.items = items
        owner_at = next(i for i, c in enumerate(table.columns) if c.field == OWNER[key_form(form)])
        table.columns.insert(1 if table.columns[0].what == "stt" else 0, table.columns.pop(owner_at))
        table.columns[:] = mend_groups(table.columns)
        if style == "blank":
            table.columns = [c for c in table.columns if c.field not in ("tax_code", "commune_code")]

    title = "DANH SÁCH SẢN PHẨM OCOP" if form == "ocop" else ""
    put_sheet(world, book, form, plan, ordinary_frame(world, form_title=title), facts=facts, change=change)
    return book


def units(world: World, n: int) -> Book:
    rng = world.rng
    form = case_form(
        world,
        n,
        (
            "loans",
            "exports",
            "certifications",
            "infrastructure",
            "cooperative_reports",
            "trace_stamps",
            "growing_areas",
        ),
    )
    place = rng.choice(("cell", "row", "header", "line", "mixed"))
    book = new_book(world)
    plan = ordinary_plan(
        world,
        form,
        total="",
        money=rng.choice(("kvnd", "mvnd", "bvnd", "vnd")),
        area=rng.choice(("ha", "m2ha", "sao")),
        mass=rng.choice(("kg", "ta", "t")),
        stamps=rng.choice(("tem", "ktem")),
    )
    plan.unit_place = {"mixed": "header"}.get(place, place)
    by_row = place == "row" and form in UNIT_BY_ROW
    if place == "row" and not by_row:
        plan.unit_place = "header"
    if plan.unit_place == "line" and plan.money == "bvnd":
        plan.money = "kvnd"
    if place == "cell":
        plan.numbers = "with_unit"
    if place == "mixed":
        plan.numbers = "num"

    def change(table: Table) -> None:
        if by_row:
            kind = UNIT_BY_ROW[form][0]
            table.units_by_row = {
                "money": rng.choice((["mvnd"], ["mvnd", "bvnd"], ["kvnd"])),
                "mass": rng.choice((["t", "kg"], ["t"], ["ta", "t"])),
                "area": rng.choice((["ha", "m2ha"], ["ha"])),
            }[kind]
            where = next(i for i, c in enumerate(table.columns) if c.field and field_type(key_form(form), c.field) == kind)
            while where and len(table.columns[where].path) > 1 and table.columns[where - 1].path[0] == table.columns[where].path[0]:
                where -= 1
            table.columns.insert(where, Column((rng.choice(("ĐVT", "Đơn vị tính", "Đ.vị tính")),), what="unit"))
        if place == "mixed":  # a few cells name their own unit
            for column in table.columns:
                if column.field and field_type(key_form(form), column.field) == "money":
                    column.style = "big_words"

    if form == "stamps":
        plan.sections = None
    put_sheet(world, book, form, plan, ordinary_frame(world), change=change)
    return book


def numbers(world: World, n: int) -> Book:
    rng = world.rng
    form = case_form(world, n, tuple(f for f in DISTRICT_FORMS if f not in ("packing_facilities",)))
    book = new_book(world)
    style = rng.choice(("vn", "vn", "us", "text", "words", "big_words"))
    plan = ordinary_plan(world, form, money=rng.choice(("mvnd", "kvnd", "vnd")), mass=rng.choice(("t", "kg")), area="ha", numbers=style)
    if style == "big_words":
        plan.unit_place = "header"

    def change(table: Table) -> None:
        if style in ("vn", "us") and rng.random() < 0.3:  # true numbers and texts in one column
            for column in table.columns[::2]:
                if column.style == style:
                    column.style = "num"

    put_sheet(world, book, form, plan, ordinary_frame(world), change=change)
    return book


def rates(world: World, n: int) -> Book:
    rng = world.rng
    book = new_book(world)
    if n % 2:
        how = rng.choice(("year", "month", "excel_percent", "percent_text", "rate_words", "month_words"))
        plan = ordinary_plan(world, "loans", fields=tuple(f for f in sp.HEADERS["loans"] if f not in ("lender_kind",)))
        plan.rate = "pct_month" if how in ("month", "month_words") else "pct"

        def change(table: Table) -> None:
            for column in table.columns:
                if column.field == "rate_year_ratio":
                    column.style = {"year": "num", "month": "num", "month_words": "rate_words"}.get(how, how)
                    if how in ("excel_percent", "rate_words", "month_words"):
                        words = rng.choice(("Lãi suất", "Mức lãi suất", "Lãi suất vay"))
                        column.path = (
                            *column.path[:-1],
                            f"{words}/năm" if how == "excel_percent" and rng.random() < 0.5 else words,
                        )
                    elif how == "percent_text":
                        column.path = (*column.path[:-1], "Lãi suất năm")

        put_sheet(world, book, "loans", plan, ordinary_frame(world), change=change)
    else:
        plan = ordinary_plan(
            world,
            "cooperative_reports",
            income=rng.choice(("mvnd_year", "mvnd_year", "kvnd_month", "mvnd_month")),
            fields=tuple(sp.HEADERS["cooperative_reports"]),
        )
        put_sheet(world, book, "cooperative_reports", plan, ordinary_frame(world))
    return book


def dates(world: World, n: int) -> Book:
    rng = world.rng
    form = case_form(world, n, tuple(f for f in DISTRICT_FORMS if any(x.endswith("_on") for x in sp.HEADERS[f])))
    book = new_book(world)
    style = rng.choice((*DAY_STYLES, *DAY_STYLES, "mixed", "mixed", *COARSE_STYLES))
    if style in COARSE_STYLES and form in ("loans", "trade_promotions"):
        style = "mixed"
    fields = tuple(f for f in sp.HEADERS[form] if f in REQUIRED[form] or f.endswith("_on") or rng.random() < 0.5)
    put_sheet(world, book, form, ordinary_plan(world, form, dates=style, fields=fields), ordinary_frame(world))
    return book


def dates_swapped(world: World, n: int) -> Book:
    """d/m/y typed into an en-US Excel: days above 12 stay text, the others become dates with day and month swapped."""
    rng = world.rng
    form = case_form(world, n, ("training", "certifications", "exports", "trace_stamps", "loans", "infrastructure"))
    world.period = period_of(rng, "y")
    book = new_book(world)
    fields = tuple(f for f in sp.HEADERS[form] if f in REQUIRED[form] or f.endswith("_on") or rng.random() < 0.5)
    put_sheet(
        world,
        book,
        form,
        ordinary_plan(world, form, dates="us_excel", fields=fields, rows=rng.randint(12, 20)),
        ordinary_frame(world),
    )
    return book


# --- text -----------------------------------------------------------------------------------------

_TCVN3_BYTES = "¡¢£¤¥¦§¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ"
_TCVN3_LETTERS = "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
_TO_TCVN3 = dict(zip(_TCVN3_LETTERS, _TCVN3_BYTES, strict=True))


def tcvn3(text: str) -> str:
    """As typed in TCVN3: one byte a letter; accented capitals exist only as small letters in a font of capitals."""
    return "".join(_TO_TCVN3.get(c) or _TO_TCVN3.get(c.lower()) or c for c in unicodedata.normalize("NFC", text))


def legacy_text(world: World, n: int) -> Book:
    rng = world.rng
    form = case_form(world, n)
    book = new_book(world)
    everything = rng.random() < 0.4
    font = rng.choice((".VnTime", ".VnTime", ".VnArial", "VnTime"))

    def change(table: Table) -> None:
        texts = [c for c in table.columns if c.field and field_type(key_form(form), c.field) in ("owner", "text", "commune", "code")]
        for column in texts if everything else [c for c in texts if c.field == OWNER.get(key_form(form))] or texts[:1]:
            column.change, column.font = tcvn3, font
            if everything:
                column.path = tuple(tcvn3(p) for p in column.path)

    plan = ordinary_plan(world, form, header_rows=1, sections=None, total="")
    put_sheet(world, book, form, plan, ordinary_frame(world), change=change)
    return book


_NEW_TONE = {
    "òa": "oà",
    "óa": "oá",
    "ỏa": "oả",
    "õa": "oã",
    "ọa": "oạ",
    "òe": "oè",
    "óe": "oé",
    "ỏe": "oẻ",
    "ọe": "oẹ",
    "ùy": "uỳ",
    "úy": "uý",
    "ủy": "uỷ",
    "ũy": "uỹ",
    "ụy": "uỵ",
}


def new_tone(text: str) -> str:
    def swap(match: re.Match[str]) -> str:
        pair = match.group(0)
        turned = _NEW_TONE[pair.lower()]
        return turned.upper() if pair.isupper() else turned

    return re.sub(f"(?:{'|'.join(_NEW_TONE)})(?!\\w)", swap, text, flags=re.IGNORECASE)


_CYRILLIC = str.maketrans("aoeTHC", "аоеТНС")


def unicode_text(world: World, n: int) -> Book:
    rng = world.rng
    form = case_form(world, n)
    book = new_book(world)
    how = rng.choice(("nfd", "nbsp", "zero_width", "eth", "cyrillic", "tone", "breaks", "bidi"))

    def spoil(text: str) -> str:
        if how == "nfd":
            return unicodedata.normalize("NFD", text)
        if how == "nbsp":
            return text.replace(" ", "\u00a0") + rng.choice(("", " ", "\u00a0"))
        if how == "zero_width":
            return text[:2] + rng.choice(("\u200b", "\ufeff", "\u200d")) + text[2:]
        if how == "eth":
            return text.replace("đ", "ð").replace("Đ", "Ð")
        if how == "cyrillic":
            words = text.split(" ")
            words[-1] = words[-1].translate(_CYRILLIC)
            return " ".join(words)
        if how == "tone":
            return new_tone(text)
        if how == "breaks":
            return "  ".join(text.split(" ", 1)) if rng.random() < 0.5 else text.replace(" ", "\n", 1) + " "
        return f"\u202a{text}\u202c"

    def change(table: Table) -> None:
        table.change = spoil
        table.header_change = spoil

    put_sheet(world, book, form, ordinary_plan(world, form), ordinary_frame(world), change=change)
    return book


_ABBREVIATIONS = (
    ("Hợp tác xã", "HTX"),
    ("hợp tác xã", "HTX"),
    ("thành viên", "TV"),
    ("Thành viên", "TV"),
    ("lao động", "LĐ"),
    ("Lao động", "LĐ"),
    ("Diện tích", "DT"),
    ("diện tích", "DT"),
    ("Doanh thu", "D.thu"),
    ("Sản phẩm", "SP"),
    ("sản phẩm", "SP"),
    ("Số lượng", "SL"),
    ("Kinh phí", "KP"),
    ("kinh phí", "KP"),
    ("Khối lượng", "KL"),
    ("giấy chứng nhận", "GCN"),
    ("Giấy chứng nhận", "GCN"),
    ("hợp đồng", "HĐ"),
    ("Hợp đồng", "HĐ"),
    ("mô hình", "MH"),
    ("Mô hình", "MH"),
    ("quy trình", "QT"),
    ("xuất khẩu", "XK"),
    ("Mã số thuế", "MST"),
    ("Trong đó", "Tr.đó"),
    ("lợi nhuận", "LN"),
    ("Lợi nhuận", "L.nhuận"),
    ("thị trấn", "TT"),
    ("Ngân hàng", "NH"),
    ("bình quân", "BQ"),
    ("hoạt động", "HĐ"),
    ("sản xuất", "SX"),
    ("Tổ chức tín dụng", "TCTD"),
    ("truy xuất nguồn gốc", "TXNG"),
    ("cơ sở đóng gói", "CSĐG"),
    ("Chuyển giao", "C.giao"),
    ("chuyển giao", "C.giao"),
    ("vùng trồng", "V.trồng"),
)


def abbreviate(text: str) -> str:
    for full, short in _ABBREVIATIONS:
        text = text.replace(full, short)
    return text


def abbreviations(world: World, n: int) -> Book:
    form = case_form(world, n)
    book = new_book(world)
    plan = ordinary_plan(world, form, header_rows=1)

    def change(table: Table) -> None:
        seen: set[str] = set()
        for column in table.columns:
            short = tuple(abbreviate(p) for p in column.path)
            if "/".join(short).casefold() not in seen:
                column.path = short
            seen.add("/".join(column.path).casefold())

    put_sheet(world, book, form, plan, ordinary_frame(world), change=change)
    return book


# --- layouts --------------------------------------------------------------------------------------


def extra_columns(world: World, n: int) -> Book:
    rng = world.rng
    form = case_form(world, n)
    book = new_book(world)
    put_sheet(
        world,
        book,
        form,
        ordinary_plan(world, form, extras=rng.randint(1, 3), personal=rng.randint(0, 2), shuffle=rng.random() < 0.6),
        ordinary_frame(world),
    )
    return book


def offset(world: World, n: int) -> Book:
    rng = world.rng
    form = case_form(world, n)
    book = new_book(world)
    put_sheet(
        world,
        book,
        form,
        ordinary_plan(world, form),
        ordinary_frame(world),
        left=rng.randint(1, 4),
        top=rng.randint(2, 9),
    )
    return book


def pivot(world: World, n: int) -> Book:
    """A column per lender, kind of stamp, kind of work, audience instead of a column that names it."""
    rng = world.rng
    form = ("loans", "trace_stamps", "infrastructure", "training")[n % 4]
    book = new_book(world)
    facts = make_facts(world, form, rng.randint(5, 11))
    options: dict[str, dict[str, Any]] = {
        "loans": {
            "field": "outstanding_vnd",
            "by": "lender",
            "parents": ("Dư nợ", "Dư nợ tại các tổ chức tín dụng", "Dư nợ theo ngân hàng"),
        },
        "trace_stamps": {
            "field": "quantity",
            "by": "kind",
            "parents": ("Số lượng tem đã cấp", "Số lượng tem", "Loại tem"),
        },
        "infrastructure": {
            "field": "amount_vnd",
            "by": "kind",
            "parents": ("Kinh phí hỗ trợ", "Số tiền hỗ trợ theo loại công trình", "Kinh phí nhà nước hỗ trợ"),
        },
        "training": {
            "field": "attendances",
            "by": "audience",
            "parents": ("Số lượt người tham dự", "Lượt người", "Số lượt người theo đối tượng"),
        },
    }
    option = options[form]
    name, by = option["field"], option["by"]
    if form == "loans":
        leaves = [
            (text, text) for text in rng.sample(("Agribank", "NHCSXH", "BIDV", "VietinBank", "Quỹ TDND", "Quỹ HTPT HTX"), rng.randint(2, 4))
        ]
        kinds = {"NHCSXH": "policy_bank", "Quỹ TDND": "credit_fund", "Quỹ HTPT HTX": "support_fund"}
    elif form == "trace_stamps":
        leaves = [
            ("paper", rng.choice(("Tem giấy", "Tem giấy in sẵn"))),
            ("electronic", rng.choice(("Tem điện tử", "Tem QR điện tử"))),
        ]
    elif form == "infrastructure":
        leaves = [
            ("building", rng.choice(("Trụ sở, nhà kho", "Nhà kho, xưởng sơ chế"))),
            ("irrigation", rng.choice(("Hệ thống tưới", "Thủy lợi, tưới"))),
            ("power", rng.choice(("Hệ thống điện", "Điện sản xuất"))),
        ]
    else:
        leaves = [
            ("manager", rng.choice(("Cán bộ quản lý HTX", "CBQL HTX"))),
            ("member_worker", rng.choice(("Thành viên, NLĐ", "Thành viên, người lao động"))),
            ("official", rng.choice(("Công chức cấp xã", "Cán bộ, công chức"))),
        ]
    for fact in facts:
        shown: dict[str, Any] = {}
        given: dict[str, dict[str, Any]] = {}
        if form == "infrastructure":
            shown[fact["kind"]] = fact[name]
        else:
            for value, _ in leaves:
                if rng.random() < 0.6:
                    shown[value] = world.money(50, 900) if form == "loans" else rng.randint(2, 90) * (1000 if form == "trace_stamps" else 1)
            if not shown:
                shown[leaves[0][0]] = D(200_000_000) if form == "loans" else 3000 if form == "trace_stamps" else 25
        if form == "loans":
            given = {value: {"lender_kind": kinds.get(value, "bank")} for value, _ in leaves}
        fact["_pivot"], fact["_given"] = shown, given
    omit: tuple[str, ...] = (
        name,
        by,
        "lender_kind",
        "overdue_vnd",
        "disbursed_vnd",
        "contract_no",
        "disbursed_on",
        "due_on",
        "rate_year_ratio",
        "purpose",
        "persons",
        "classes",
        "budget_vnd",
    )
    if form == "infrastructure":
        omit = (name, by, "source")
    plan = ordinary_plan(world, form, sections=None, header_rows=1, unit_place="header", omit=omit, dates="dt")
    parent = rng.choice(option["parents"])
    unit = {"loans": plan.money, "infrastructure": plan.money, "trace_stamps": "tem", "training": "one"}[form]
    if unit in ("mvnd", "kvnd", "vnd", "bvnd"):
        parent = with_unit(rng, parent, unit)

    def change(table: Table) -> None:
        if table.form == "training":
            table.columns = [c for c in table.columns if c.field not in ("persons",)]
        at = len(table.columns) - (1 if table.columns[-1].what == "note" else 0)
        table.columns[at:at] = [Column((parent, leaf), name, what="pivot", unit=unit, pivot=(by, value)) for value, leaf in leaves]
        table.header_rows = 2
        if form == "training":
            table.items = [i for i in table.items if i.what == "data"]

    put_sheet(world, book, form, plan, ordinary_frame(world), facts=facts, change=change)
    return book


def ocop(world: World, n: int) -> Book:
    rng = world.rng
    book = new_book(world)
    style = rng.choice(("num", "word", "word", "stars", "black"))
    title = rng.choice(
        (
            "DANH SÁCH SẢN PHẨM OCOP ĐƯỢC CÔNG NHẬN",
            "TỔNG HỢP SẢN PHẨM ĐẠT CHUẨN OCOP",
            "KẾT QUẢ ĐÁNH GIÁ, PHÂN HẠNG SẢN PHẨM OCOP",
            "Danh sách sản phẩm OCOP",
        )
    )

    def change(table: Table) -> None:
        for column in table.columns:
            if column.field == "stars":
                column.style = style

    put_sheet(
        world,
        book,
        "ocop",
        ordinary_plan(world, "ocop", given=("scheme",), total="", sections=None),
        ordinary_frame(world, form_title=title),
        change=change,
        name=rng.choice(("OCOP", "SP OCOP", "Sheet1")),
    )
    return book


def support_fund(world: World, n: int) -> Book:
    rng = world.rng
    world.reporter = "17-QHTPT"
    book = new_book(world)
    facts = []
    for _ in range(rng.randint(6, 14)):
        facts += _agency_facts(world, "loans", 1, rng.choice(tuple(DISTRICTS)))
    plan = _agency_plan(world, "loans", district_column=True, omit=("commune_code",))
    plan.rate = rng.choice(("pct", "pct_month"))
    titles = (
        "DANH SÁCH CÁC HTX VAY VỐN QUỸ HỖ TRỢ PHÁT TRIỂN HTX",
        "BÁO CÁO TÌNH HÌNH HOẠT ĐỘNG CHO VAY CỦA QUỸ",
        "THEO DÕI CHO VAY VÀ DƯ NỢ QUỸ HTPT HTX",
    )
    put_sheet(
        world,
        book,
        "loans",
        plan,
        ordinary_frame(world, letterhead=True, form_title=rng.choice(titles), reference=False),
        facts=facts,
    )
    return book


def title_values(world: World, n: int) -> Book:
    """The kind of model, or as_of, only in the title."""
    rng = world.rng
    if n % 3 == 2:
        world.reporter = "17-NHNN"
        world.period = period_of(rng, "yyq")
        book = new_book(world)
        plan = Plan(
            total="",
            given=("as_of",),
            money=rng.choice(("mvnd", "bvnd")),
            unit_place=rng.choice(("header", "line")),
            fields=("total_outstanding_vnd", "coop_outstanding_vnd"),
        )
        if plan.unit_place == "line":
            plan.money = "mvnd"
        put_sheet(
            world,
            book,
            "credit_totals",
            plan,
            ordinary_frame(world, title_period="as_of", letterhead=True, title_reporter=False, reference=False),
        )
        return book
    if rng.random() < 0.5:
        world.reporter = "17-TTBVTV"
    book = new_book(world)
    kind = rng.choice(("IPM", "IPM", "production"))
    facts = make_facts(world, "demonstration_models", rng.randint(5, 12))
    for fact in facts:
        fact["kind"] = kind
        fact["model"] = f"{'Quản lý sâu bệnh trên cây' if kind == 'IPM' else 'Thâm canh'} {fact['product'].lower()}"
    title = (
        rng.choice(
            (
                "TỔNG HỢP MÔ HÌNH IPM",
                "KẾT QUẢ XÂY DỰNG MÔ HÌNH QUẢN LÝ DỊCH HẠI TỔNG HỢP (IPM)",
                "Danh sách mô hình IPM",
            )
        )
        if kind == "IPM"
        else rng.choice(("TỔNG HỢP MÔ HÌNH SẢN XUẤT, TRÌNH DIỄN", "KẾT QUẢ MÔ HÌNH TRÌNH DIỄN"))
    )
    plan = ordinary_plan(world, "demonstration_models", given=("kind",), sections=None)
    plan.district_column = world.reporter == "17-TTBVTV"  # else the communes of one name could not be told apart
    put_sheet(
        world,
        book,
        "demonstration_models",
        plan,
        ordinary_frame(world, form_title=title, letterhead=True, reference=False),
        facts=facts,
        name=rng.choice(("Sheet1", "IPM" if kind == "IPM" else "Mô hình")),
    )
    return book


def numbering(world: World, n: int) -> Book:
    """No STT column, STT restarting, total first, the header repeated at a page break."""
    rng = world.rng
    form = case_form(world, n)
    how = rng.choice(("none", "restart", "total_first", "repeat", "blank_rows"))
    book = new_book(world)
    plan = ordinary_plan(world, form)
    if how == "none":
        plan.stt = False
    if how == "restart" and form in SECTIONS:
        plan.sections, plan.stt_restarts, plan.subtotals = rng.choice(SECTIONS[form]), True, True
    if how == "total_first":
        plan.total = "first"
    if how == "repeat":
        plan.rows = rng.randint(14, 24)

    def change(table: Table) -> None:
        middle = len(table.items) // 2
        if how == "repeat":
            while table.items[middle].what != "data":
                middle += 1
            table.items.insert(middle, Item("repeat"))
        if how == "blank_rows":
            table.items.insert(middle, Item("blank"))

    put_sheet(world, book, form, plan, ordinary_frame(world), change=change)
    return book


def hidden(world: World, n: int) -> Book:
    rng = world.rng
    form = case_form(world, n)
    book = new_book(world)
    put_sheet(world, book, form, ordinary_plan(world, form), ordinary_frame(world))
    truth = book.truth
    aside = Truth(None, None)
    book.truth = aside
    name = rng.choice(("Kangatang", "Sheet1 (cũ)", "nháp", "DM"))
    other = form if rng.random() < 0.5 else rng.choice(DISTRICT_FORMS)
    rows = put_sheet(world, book, other, ordinary_plan(world, other), ordinary_frame(world), name=name)
    sheet = book.sheets[-1]
    sheet.state = rng.choice(("hidden", "veryHidden"))
    book.truth = truth
    truth.nondata += [(sheet.name, row.row_number, "hidden sheet") for row in rows]
    truth.planted.append(Planted(sheet.name, "", ("hidden_content",), None, "sheet"))
    if rng.random() < 0.5:
        book.sheets.reverse()
    return book


def side_by_side(world: World, n: int) -> Book:
    """Two tables in one sheet, a blank column between them: a list that goes on to the right, two districts, or two forms."""
    rng = world.rng
    form = case_form(world, n)
    book = new_book(world)
    what = rng.choice(("goes on", "districts", "forms"))
    other = rng.choice([f for f in DISTRICT_FORMS if f != form]) if what == "forms" else form
    first = ordinary_plan(
        world, form, rows=rng.randint(4, 9), unit_place="header", header_rows=1, index_row="", total=rng.choice(("", "last"))
    )
    second = first if other == form else ordinary_plan(world, other, rows=rng.randint(4, 9), unit_place="header", header_rows=1)
    if what == "districts":
        neighbour = rng.choice([d for d in DISTRICTS if d not in (world.reporter, "148")])
    tables = [build_table(world, form, first)]
    home = world.reporter, world.district
    if what == "districts":
        world.reporter = world.district = neighbour
    tables.append(build_table(world, other, second))
    world.reporter, world.district = home
    if what == "goes on":
        tables[1].columns = tables[0].columns
        tables[1].header_rows, tables[1].label_column = tables[0].header_rows, tables[0].label_column
    sheet = book.sheet(rng.choice(("Sheet1", "Biểu", "Số liệu")))
    frame = ordinary_frame(world, reference=False, notes=False)
    if what == "goes on":
        write_top(world, sheet, frame, form, sum(len(t.columns) for t in tables) + 1)
    elif frame.letterhead:
        letterhead, _ = reporter_words(world, world.reporter)
        sheet.put(1, 1, letterhead[0])
        sheet.row = 3
    top, left, bottom = sheet.row, 1, 0
    for i, table in enumerate(tables):
        sheet.row, sheet.left = top, left
        if what != "goes on":
            reporter = neighbour if i and what == "districts" else world.reporter
            _, name = reporter_words(world, reporter)
            title = f"{rng.choice(sp.TITLES[key_form(table.form)])} - {name} {rng.choice(world.period.phrases())}"
            sheet.put(sheet.row, left, title, bold=True)
            sheet.merge(sheet.row, left, sheet.row, left + len(table.columns) - 1)
            sheet.row += 1
        rows = write_table(sheet, table, book.truth, rng)
        if i and what == "districts":
            for row in rows:
                row.reporter_code = neighbour
        bottom, left = max(bottom, sheet.row), left + len(table.columns) + 1
    sheet.row, sheet.left = bottom, 1
    write_bottom(world, sheet, frame, left - 2, book.truth)
    return book


def page_breaks(world: World, n: int) -> Book:
    """A list printed over several pages: page numbers, the header and the title again, sums of pages and sums carried over."""
    rng = world.rng
    form = case_form(world, n)
    book = new_book(world)
    plan = ordinary_plan(world, form, rows=rng.randint(10, 20), subtotals=False)

    def change(table: Table) -> None:
        size, pages = rng.randint(4, 7), 1
        furniture = rng.choice(("Trang {}", "Trang {}/9", "- {} -", "(tiếp theo)", "Trang số {}"))
        repeat, sums = rng.random() < 0.6, rng.random() < 0.5
        items: list[Item] = []
        data: list[int] = []
        page: list[int] = []
        for item in table.items:
            if len(page) == size and item.what == "data":
                if sums:
                    items.append(Item("total", text=rng.choice(("Cộng trang", "Cộng trang này", "Tổng trang")), over=tuple(page)))
                items.append(Item("note", text=furniture.format(pages)))
                if repeat:
                    items.append(Item("repeat"))
                if sums and rng.random() < 0.6:
                    items.append(
                        Item("total", text=rng.choice(("Mang sang", "Trang trước chuyển sang", "Cộng mang sang")), over=tuple(data))
                    )
                page, pages = [], pages + 1
            items.append(item)
            if item.what == "data":
                page.append(len(data))
                data.append(len(data))
        table.items = items

    put_sheet(world, book, form, plan, ordinary_frame(world), change=change)
    return book


def stretches(world: World, n: int) -> Book:
    """From when to when in one cell."""
    rng = world.rng
    form, start, end = (
        ("trade_promotions", "starts_on", "ends_on"),
        ("certifications", "issued_on", "expires_on"),
        ("training", "starts_on", ""),
        ("loans", "disbursed_on", "due_on"),
    )[n % 4]
    book = new_book(world)
    plan = ordinary_plan(world, form, dates="dt", header_rows=1, fields=tuple(f for f in sp.HEADERS[form] if f != end))
    rows = put_sheet(world, book, form, plan, ordinary_frame(world))
    sheet = book.sheets[0]
    for row in rows:
        cell = row.cells.get(start)
        first = row.values.get(start)
        if not cell or not isinstance(first, date) or rng.random() < 0.2:
            continue
        last = first + timedelta(days=rng.choice((1, 2, 5, 40, 500) if end else (1, 2, 4)))
        heads = [f"{first:%d/%m/%Y}"]
        if first.year == last.year:
            heads.append(f"{first.day}/{first.month}")
        if (first.year, first.month) == (last.year, last.month):
            heads.append(f"{first.day}")
        mark = rng.choice(("-", " - ", "–", " đến ", " đến ngày "))
        opening = rng.choice(("từ ", "Từ ngày ")) if "đến" in mark else ""
        letters = cell.rstrip("0123456789")
        place = (row.row_number, column_index_from_string(letters))
        sheet.cells[place] = Cell(f"{opening}{rng.choice(heads)}{mark}{last:%d/%m/%Y}")
        if end:
            row.values[end] = last
    return book


def scheme_groups(world: World, n: int) -> Book:
    """Certificates as groups of columns: each scheme with its number, area and day."""
    rng = world.rng
    book = new_book(world)
    names = {"VietGAP": ("VietGAP", "Chứng nhận VietGAP"), "organic": ("Hữu cơ", "Hữu cơ (TCVN 11041)"), "GlobalGAP": ("GlobalGAP",),
             "food_safety": ("ATTP", "An toàn thực phẩm")}  # fmt: skip
    schemes = rng.sample(list(names), rng.randint(2, 4))
    leaves = [("certificate_no", "Số GCN"), ("area_ha", "Diện tích (ha)"), ("issued_on", "Ngày cấp"), ("expires_on", "Hiệu lực đến")]
    leaves = [leaf for leaf in leaves if leaf[0] == "area_ha" or rng.random() < 0.7]
    if len(leaves) == 1:
        leaves.insert(0, ("certificate_no", "Số GCN"))
    omit = ("scheme", "certificate_no", "area_ha", "issued_on", "expires_on", "issuer", "stars", "households", "output_t")
    plan = ordinary_plan(world, "certifications", omit=omit, sections=None, header_rows=1, unit_place="header", total="", extras=0)

    width = 0

    def change(table: Table) -> None:
        nonlocal width
        table.columns = [c for c in table.columns if c.what != "note"]
        titles = [(scheme, rng.choice(names[scheme])) for scheme in schemes]
        table.columns += [Column((title, leaf), what="extra") for _, title in titles for _, leaf in leaves]
        table.header_rows, width = 2, len(table.columns)

    rows = put_sheet(world, book, "certifications", plan, ordinary_frame(world, notes=False), change=change)
    sheet = book.sheets[0]
    left = 1 + width - len(schemes) * len(leaves)
    truth: list[TruthRow] = []
    for row in rows:
        some = [s for s in schemes if rng.random() < 0.6] or schemes[:1]
        for i, scheme in enumerate(schemes):
            if scheme not in some:
                continue
            values: dict[str, Any] = {"scheme": scheme}
            cells: dict[str, str] = {}
            issued = date(world.period.end.year, rng.randint(1, 6), rng.randint(1, 28))
            for j, (name, _) in enumerate(leaves):
                value: Any = {
                    "certificate_no": f"{scheme[:2].upper()}-{rng.randint(1, 999)}/{issued.year}",
                    "area_ha": D(rng.randint(5, 400)) / 10,
                    "issued_on": issued,
                    "expires_on": issued + timedelta(days=729),
                }[name]
                at = left + i * len(leaves) + j
                sheet.put(row.row_number, at, value, "dd/mm/yyyy" if isinstance(value, date) else None)
                values[name], cells[name] = value, address(row.row_number, at)
            truth.append(replace(row, values={**row.values, **values}, cells={**row.cells, **cells}))
    book.truth.rows = truth
    return book


def hidden_rows(world: World, n: int) -> Book:
    """Rows that a filter hides, and a hidden column: data all the same, and said."""
    rng = world.rng
    form = case_form(world, n)
    book = new_book(world)
    plan = ordinary_plan(world, form, rows=rng.randint(6, 14))

    def change(table: Table) -> None:
        data = [i for i, item in enumerate(table.items) if item.what == "data"]
        table.hidden = tuple(rng.sample(data, rng.randint(1, 4)))

    put_sheet(world, book, form, plan, ordinary_frame(world), change=change)
    book.truth.planted.append(Planted(book.sheets[0].name, "", ("hidden_content",), "warning", "sheet"))
    return book


NUMERIC_PLANTABLE = ("money", "area", "mass", "stamps", "count", "floor")


def errors_formulas(world: World, n: int) -> Book:
    rng = world.rng
    form = case_form(world, n)
    book = new_book(world)
    plan = ordinary_plan(world, form, dates="dt", fields=tuple(sp.HEADERS[form]))

    def change(table: Table) -> None:
        table.total_formulas = True
        numeric = [c.field for c in table.columns if c.field and field_type(form, c.field) in NUMERIC_PLANTABLE]
        rows = sum(i.what == "data" for i in table.items)
        places = [(r, f) for r in range(rows) for f in numeric if f]
        for place in rng.sample(places, min(len(places), rng.randint(1, 3))):
            table.plants[place] = rng.choice(("error_cell", "formula_without_value"))

    put_sheet(world, book, form, plan, ordinary_frame(world), change=change)
    return book


def context(world: World, n: int) -> Book:
    """Period and reporter each in one place only."""
    rng = world.rng
    form = case_form(world, n)
    world.period = period_of(rng, "yhqm")
    book = new_book(world)
    frame = Frame(letterhead=False, title_reporter=False, title_period="", signature=False)
    place = rng.choice(("letterhead", "title", "sheet", "file", "folder"))
    when = rng.choice(("title", "sheet", "file", "folder"))
    name = sp.SHEETS[form][0]
    frame.letterhead = place == "letterhead"
    frame.title_reporter = place == "title"
    frame.title_period = "period" if when == "title" else ""
    who = folder(world)
    if place == "sheet":
        name = f"{name} {who}"
    if when == "sheet":
        phrase = rng.choice(world.period.file_phrases()).replace("/", "-")
        name = f"{name} {phrase if len(name) + len(phrase) < 31 else world.period.code}"
    file = rng.choice(("bao cao", "Bieu tong hop", "gửi Sở"))
    if place == "file":
        file += f" {who}"
    if when == "file":
        file += f"_{rng.choice(world.period.file_phrases())}"
    folders = [rng.choice(("den", "nhan qua email", "moi"))]
    if place == "folder":
        folders.append(who)
    if when == "folder":
        folders.insert(
            0,
            rng.choice((world.period.code, f"Năm {world.period.code}" if len(world.period.code) == 4 else world.period.code)),
        )
    put_sheet(world, book, form, ordinary_plan(world, form), frame, name=name)
    book.path = "/".join((*folders, f"{file}.xlsx"))
    return book


# --- mistakes -------------------------------------------------------------------------------------


def planted(world: World, n: int) -> Book:
    rng = world.rng
    form = case_form(world, n)
    book = new_book(world)
    plan = ordinary_plan(
        world,
        form,
        dates=rng.choice(("dt", "slash")),
        fields=tuple(sp.HEADERS[form]),
        rows=rng.randint(8, 16),
        money=rng.choice(("mvnd", "kvnd")),
        area="ha",
        mass="t",
    )

    def change(table: Table) -> None:
        rows = sum(i.what == "data" for i in table.items)
        names = [c.field for c in table.columns if c.field]
        options: list[tuple[str, str]] = []
        for name in names:
            kind = field_type(form, name)
            required = name in REQUIRED[form]
            if required and kind in (*NUMERIC_PLANTABLE, "text") and name not in ("product",):
                options.append(("value_missing", name))
            if form == "cooperative_reports" and name == "name":
                options.append(("value_missing", name))
            if kind in NUMERIC_PLANTABLE:
                options.append(("number_invalid", name))
                options.append(("below_minimum", name)) if name not in ("profit_vnd",) else None
                if kind in ("money", "stamps") and name != "profit_vnd":
                    options.append(("formula_without_value", name))
                if (
                    kind == "money"
                    and table.columns
                    and plan.money == "mvnd"
                    and name in ("outstanding_vnd", "amount_vnd", "revenue_vnd", "disbursed_vnd")
                ):
                    options.append(("number_ambiguous", name))
            if kind == "rate":
                options.append(("above_maximum", name))
            if kind == "date":
                options.append(("date_invalid", name))
            if kind == "code":
                options.append(("choice_unknown", name))
            if kind == "tax":
                options += [("tax_code_invalid", name)] * 2
            if kind == "commune":
                options.append(("commune_unknown", name))
        rng.shuffle(options)
        free = list(range(1, rows))  # the first row stays clean: it shows what a column holds
        rng.shuffle(free)
        for plant, name in options[: rng.randint(2, min(5, len(free)))]:
            table.plants[free.pop(), name] = plant
        if rng.random() < 0.5 and any(i.what in ("total", "subtotal") for i in table.items):
            table.wrong_totals = 1

    frame = ordinary_frame(world)
    put_sheet(world, book, form, plan, frame, change=change)
    return book


def planted_rules(world: World, n: int) -> Book:
    """Relations between cells of a row and rows sent twice: found by the store, not by the reader alone."""
    rng = world.rng
    form = case_form(world, n, tuple(_BROKEN))
    book = new_book(world)
    first, second = _BROKEN[form]
    facts = make_facts(world, form, rng.randint(7, 12))
    spoiled = rng.sample(range(len(facts)), 2)
    for i in spoiled:
        fact = facts[i]
        if field_type(form, first) == "date":
            fact[first] = fact[second] - timedelta(days=rng.randint(40, 300))
        else:
            fact[first] = fact[second] + (rng.randint(3, 40) if field_type(form, first) == "count" else D(200_000_000))
    twice = rng.choice([i for i in range(len(facts)) if i not in spoiled])
    facts.append(facts[twice])
    plan = ordinary_plan(world, form, fields=tuple(sp.HEADERS[form]), sections=None, dates="dt")
    rows = put_sheet(world, book, form, plan, ordinary_frame(world), facts=facts)
    for i in spoiled:
        book.truth.planted.append(Planted(book.sheets[-1].name, f"A{rows[i].row_number}", ("rule_broken",), None, "row", by_store=True))
    duplicate = Planted(book.sheets[-1].name, f"A{rows[-1].row_number}", ("row_duplicate",), None, "row", by_store=True)
    book.truth.planted.append(duplicate)
    return book


# form -> (field, the field that it has to stay below, or after when they are dates)
_BROKEN: dict[str, tuple[str, str]] = {
    "cooperative_reports": ("female_members", "members"),
    "loans": ("due_on", "disbursed_on"),
    "certifications": ("expires_on", "issued_on"),
    "trade_promotions": ("ends_on", "starts_on"),
}


def planted_sheet(world: World, n: int) -> Book:
    """Mistakes of a whole column, sheet or file."""
    rng = world.rng
    form = case_form(world, n)
    how = ("header_missing", "unit_conflict", "period_conflict", "reporter_conflict")[n % 4]
    book = new_book(world)
    truth = book.truth
    if how == "header_missing":
        required = [f for f in REQUIRED[form] if field_type(form, f) in NUMERIC and f in sp.HEADERS[form]]
        if not required:
            form = rng.choice(("loans", "certifications", "exports", "infrastructure", "trace_stamps"))
            required = [f for f in REQUIRED[form] if field_type(form, f) in NUMERIC]
        gone = rng.choice(required)
        others = tuple(f for f in sp.HEADERS[form] if f != gone)
        plan = ordinary_plan(
            world,
            form,
            fields=others,
            header_rows=1,
            sections=None,
            omit=("disbursed_vnd", "overdue_vnd") if form == "loans" else ("counterpart_vnd",),
        )
        rows = put_sheet(world, book, form, plan, ordinary_frame(world))
        ids = {id(r) for r in rows}
        truth.rows = [r for r in truth.rows if id(r) not in ids]
        truth.rejected += [(r.sheet, r.row_number) for r in rows]
        truth.planted.append(Planted(book.sheets[-1].name, "", ("header_missing",), "error", "sheet"))
    elif how == "unit_conflict":
        form = rng.choice(("loans", "infrastructure", "cooperative_reports"))
        plan = ordinary_plan(world, form, money="kvnd", unit_place="header", header_rows=1)
        columns: list[Column] = []
        rows = put_sheet(
            world,
            book,
            form,
            plan,
            ordinary_frame(world, unit_line="Đơn vị tính: triệu đồng"),
            change=lambda t: columns.extend(t.columns),
        )
        at = next(i for i, c in enumerate(columns) if c.field and field_type(form, c.field) == "money")
        from openpyxl.utils import get_column_letter

        truth.planted.append(Planted(book.sheets[-1].name, f"{get_column_letter(at + 1)}1", ("unit_conflict",), "warning", "column"))
    elif how == "period_conflict":
        world.period = period_of(rng, "y")
        truth.period = None
        other = Period(
            str(world.period.end.year - 1),
            date(world.period.end.year - 1, 1, 1),
            date(world.period.end.year - 1, 12, 31),
        )
        put_sheet(world, book, form, ordinary_plan(world, form), ordinary_frame(world, title_period="period", reference=False))
        book.path = f"{other.code}/{folder(world)}/Bieu tong hop {other.code}.xlsx"
        truth.planted.append(Planted("", "", ("period_conflict",), None, "file"))
    else:
        truth.reporter_code = None
        put_sheet(world, book, form, ordinary_plan(world, form), ordinary_frame(world, letterhead=True, reference=False))
        other_code = rng.choice([d for d in DISTRICTS if d not in (world.reporter, "148")])
        book.path = f"{world.period.code}/{DISTRICTS[other_code]}/BC HTX {DISTRICTS[other_code]}.xlsx"
        truth.planted.append(Planted("", "", ("reporter_conflict",), None, "file"))
    return book


KINDS: dict[str, Callable[[World, int], Book]] = {
    function.__name__: function
    for function in (
        plain,
        ordinary,
        header_tree3,
        stacked_tables,
        multi_form,
        districts_by_sheet,
        joint_districts,
        districts_by_section,
        districts_by_column,
        consolidation,
        tall_indicator,
        merged_owner,
        units,
        numbers,
        rates,
        dates,
        dates_swapped,
        legacy_text,
        unicode_text,
        abbreviations,
        extra_columns,
        offset,
        pivot,
        ocop,
        support_fund,
        title_values,
        numbering,
        hidden,
        hidden_rows,
        side_by_side,
        page_breaks,
        stretches,
        scheme_groups,
        errors_formulas,
        context,
        planted,
        planted_sheet,
        planted_rules,
    )
}
ORDINARY = ("plain", "ordinary")
DIFFICULT = tuple(kind for kind in KINDS if kind not in ORDINARY)


def make(seed: int, difficulty: str) -> Case:
    """One submission; the same seed and difficulty give the same bytes. The form goes round with the seed."""
    rng = random.Random(f"{difficulty}:{seed}")
    world = new_world(rng)
    book = KINDS[difficulty](world, seed)
    path = book.path or path_of(world)
    return Case(path, book.save(), book.truth, difficulty, seed)


__all__ = ["DIFFICULT", "KINDS", "ORDINARY", "Case", "make", "new_tone"]
