"""What co-operatives of an invented district did: rows in stored units, one form at a time."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from . import spellings as sp

Fact = dict[str, Any]
D = Decimal

CERTIFICATE_STEMS = ("VietGAP-TT-13-09-17", "HB-ATTP", "GCN-HC", "24/2021/NNPTNT")
COMPANIES = ("Tiến Ngân", "Ameii", "Nông sản Việt", "Rồng Đỏ", "Vina T&T", "Đồng Giao")
DISTRICTS: dict[str, str] = {
    "148": "Thành phố Hòa Bình",
    "150": "Đà Bắc",
    "152": "Lương Sơn",
    "153": "Kim Bôi",
    "154": "Cao Phong",
    "155": "Tân Lạc",
    "156": "Mai Châu",
    "157": "Lạc Sơn",
    "158": "Yên Thủy",
    "159": "Lạc Thủy",
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "cooperative_reports": ("name",),
    "loans": ("coop_name", "lender", "outstanding_vnd"),
    "credit_totals": ("as_of", "total_outstanding_vnd"),
    "certifications": ("coop_name", "scheme", "area_ha"),
    "exports": ("product", "market", "quantity_t"),
    "training": ("course", "audience"),
    "technology_transfers": ("process",),
    "demonstration_models": ("model", "kind", "models"),
    "growing_areas": ("code",),
    "packing_facilities": ("code",),
    "trace_stamps": ("recipient", "kind", "quantity"),
    "infrastructure": ("coop_name", "work", "amount_vnd"),
    "trade_promotions": ("event", "scope"),
}
FORMS = tuple(REQUIRED)
OWNER: dict[str, str] = {
    "cooperative_reports": "name",
    "loans": "coop_name",
    "certifications": "coop_name",
    "exports": "coop_name",
    "technology_transfers": "coop_name",
    "demonstration_models": "coop_name",
    "growing_areas": "holder",
    "packing_facilities": "holder",
    "trace_stamps": "recipient",
    "infrastructure": "coop_name",
}
CODE_LISTS: dict[tuple[str, str], str] = {
    ("cooperative_reports", "kind"): "cooperative_kinds",
    ("cooperative_reports", "status"): "statuses",
    ("cooperative_reports", "rating"): "ratings",
    ("loans", "lender_kind"): "lender_kinds",
    ("certifications", "scheme"): "schemes",
    ("exports", "market"): "markets",
    ("exports", "channel"): "channels",
    ("training", "kind"): "training_kinds",
    ("training", "audience"): "audiences",
    ("demonstration_models", "kind"): "model_kinds",
    ("growing_areas", "market"): "markets",
    ("growing_areas", "status"): "code_statuses",
    ("packing_facilities", "market"): "markets",
    ("packing_facilities", "status"): "code_statuses",
    ("trace_stamps", "kind"): "stamp_kinds",
    ("infrastructure", "kind"): "work_kinds",
    ("trade_promotions", "scope"): "event_scopes",
}


def field_type(form: str, name: str) -> str:
    """owner, text, tax, commune, district, code, date, or the kind of number:

    money, income, rate, area, floor, mass, stamps, stars, count.
    """
    if (form, name) in CODE_LISTS:
        return "code"
    if name == OWNER.get(form):
        return "owner"
    if name in ("tax_code",):
        return "tax"
    if name in ("commune_code", "district_code"):
        return name[:-5]
    if name.endswith("_on") or name == "as_of":
        return "date"
    if name == "worker_income_vnd_month":
        return "income"
    if name == "rate_year_ratio":
        return "rate"
    for suffix, kind in (("_vnd", "money"), ("_ha", "area"), ("_m2", "floor"), ("_t", "mass")):
        if name.endswith(suffix):
            return kind
    if name == "quantity":
        return "stamps"
    if name == "stars":
        return "stars"
    if name in (
        "members",
        "female_members",
        "workers",
        "classes",
        "attendances",
        "persons",
        "processes",
        "models",
        "households",
        "coops",
    ):
        return "count"
    return "text"


@dataclass(frozen=True)
class Period:
    code: str
    start: date
    end: date

    def phrases(self) -> tuple[str, ...]:
        year = self.code[:4]
        tail = self.code[5:]
        if not tail:
            return (f"năm {year}", f"NĂM {year}", f"Năm {year}")
        if tail == "H1":
            return (f"6 tháng đầu năm {year}", f"6 THÁNG ĐẦU NĂM {year}", f"sáu tháng đầu năm {year}")
        if tail == "H2":
            return (f"6 tháng cuối năm {year}", f"6 THÁNG CUỐI NĂM {year}")
        if tail[0] == "Q":
            roman = ("I", "II", "III", "IV")[int(tail[1]) - 1]
            return (
                f"quý {roman} năm {year}",
                f"QUÝ {roman}/{year}",
                f"Quý {roman}-{year}",
                f"quý {tail[1]} năm {year}",
            )
        return (f"tháng {int(tail)} năm {year}", f"THÁNG {tail}/{year}", f"tháng {tail} năm {year}")

    def file_phrases(self) -> tuple[str, ...]:
        year, tail = self.code[:4], self.code[5:]
        if not tail:
            return (year, f"nam {year}", f"Năm {year}")
        if tail in ("H1", "H2"):
            return (f"6 thang {'dau' if tail == 'H1' else 'cuoi'} nam {year}", self.code)
        if tail[0] == "Q":
            return (
                f"Quy {('I', 'II', 'III', 'IV')[int(tail[1]) - 1]} {year}",
                f"Q{tail[1]}-{year}",
                f"quý {tail[1]} năm {year}",
            )
        return (f"thang {int(tail)} nam {year}", f"T{tail}-{year}", self.code)


def period_of(rng: random.Random, kinds: str = "yyyyyyhqm") -> Period:
    year = rng.choice((2020, 2021, 2021, 2021, 2022))
    kind = rng.choice(kinds)
    if kind == "y":
        return Period(str(year), date(year, 1, 1), date(year, 12, 31))
    if kind == "h":
        half = rng.choice((1, 1, 2))
        first = date(year, 6 * half - 5, 1)
        return Period(f"{year}-H{half}", first, date(year, 6, 30) if half == 1 else date(year, 12, 31))
    if kind == "q":
        quarter = rng.randint(1, 4)
        end = (date(year, 3, 31), date(year, 6, 30), date(year, 9, 30), date(year, 12, 31))[quarter - 1]
        return Period(f"{year}-Q{quarter}", date(year, 3 * quarter - 2, 1), end)
    month = rng.randint(1, 12)
    following = date(year + month // 12, month % 12 + 1, 1)
    return Period(f"{year}-{month:02d}", date(year, month, 1), following - timedelta(days=1))


@cache
def communes() -> dict[str, list[tuple[str, str, str]]]:
    """district -> (code, name without its level, level)."""
    path = Path(__file__).with_name("communes.csv")
    found: dict[str, list[tuple[str, str, str]]] = {}
    with path.open(encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            level = line["commune_level"]
            name = line["commune_name"].strip().removeprefix(level).strip()
            found.setdefault(line["district_code"], []).append((line["commune_code"], name, level))
    return found


@cache
def commune_names() -> dict[str, tuple[str, str]]:
    return {code: (name, level) for listed in communes().values() for code, name, level in listed}


@dataclass
class World:
    rng: random.Random
    period: Period
    reporter: str
    district: str
    used: set[str] = field(default_factory=set)
    serial: int = 0

    @property
    def as_of(self) -> date:
        return self.period.end

    def pick(self, options: Sequence[Any]) -> Any:
        return options[self.rng.randrange(len(options))]

    def commune(self, district: str | None = None) -> str:
        return str(self.pick(communes()[district or self.district])[0])

    def coop(self, kind: str | None = None) -> tuple[str, str]:
        """A name not used before in this workbook, and its kind."""
        kind = kind or self.rng.choices(("HTX", "THT", "LHHTX"), (80, 17, 3))[0]
        for _ in range(200):
            proper = self.pick(sp.PROPER)
            if self.rng.random() < 0.12:
                proper = f"{proper} {self.rng.randint(1, 9)}"
            if proper not in self.used:
                break
        else:
            self.serial += 1
            proper = f"{proper} {10 + self.serial}"
        self.used.add(proper)
        return f"{self.pick(sp.COOP_PREFIX[kind])} {proper}", kind

    def tax_code(self) -> str:
        while True:
            stem = "54" + "".join(str(self.rng.randrange(10)) for _ in range(7))
            weighted = sum(int(d) * w for d, w in zip(stem, (31, 29, 23, 19, 17, 13, 7, 5, 3), strict=True))
            check = 10 - weighted % 11
            if check < 10:
                return f"{stem}{check}"

    def day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.rng.randrange((last - first).days + 1))

    def money(self, low: float, high: float) -> Decimal:
        """A handsome sum between `low` and `high` million dong."""
        million = round(self.rng.uniform(low, high), 1 if high < 500 else 0)
        if self.rng.random() < 0.3:
            million = round(million / 50) * 50 or 50
        return D(str(million)) * 1_000_000

    def maybe(self, value: Any, chance: float = 0.92) -> Any:
        return value if self.rng.random() < chance else None


def _owner(world: World, name: str = "coop_name", kind: str | None = None, district: str | None = None) -> Fact:
    coop, found = world.coop(kind)
    district = district or world.district
    return {
        name: coop,
        "_kind": found,
        "tax_code": world.tax_code(),
        "district_code": district,
        "commune_code": world.commune(district),
    }


def _cooperative_reports(w: World, o: Fact) -> Fact:
    members = w.rng.randint(7, 140)
    revenue = w.money(120, 6000)
    charter = w.money(50, 3000)
    return o | {
        "kind": o["_kind"],
        "registration_no": f"{w.rng.randint(10, 29)}.07.{w.rng.randint(1, 999999):06d}",
        "established_on": w.day(date(2003, 1, 1), date(2019, 12, 31)),
        "address": f"{w.pick(sp.STREETS)}",
        "sector": w.pick(sp.SECTORS),
        "products": w.pick(sp.PRODUCTS),
        "status": w.rng.choices(("operating", "suspended", "awaiting_dissolution", "new"), (8, 2, 1, 1))[0],
        "rating": w.rng.choices(("good", "fair", "average", "weak"), (3, 4, 3, 1))[0],
        "members": members,
        "female_members": w.maybe(members // 3),
        "workers": w.rng.randint(3, 90),
        "charter_capital_vnd": charter,
        "total_capital_vnd": charter + w.money(20, 2000),
        "revenue_vnd": revenue,
        "profit_vnd": w.maybe((revenue * D(w.rng.randint(2, 20)) / 100).quantize(D("100000"))),
        "worker_income_vnd_month": D(w.rng.randint(28, 70)) * 100000,
        "area_ha": w.maybe(D(w.rng.randint(5, 900)) / 10),
    }


def _loans(w: World, o: Fact) -> Fact:
    lender, kind = w.pick(sp.LENDERS)
    disbursed = w.money(100, 3000)
    outstanding = max((disbursed * D(w.rng.randint(3, 10)) / 10).quantize(D("1000000")), D(1000000))
    on = w.day(date(w.period.start.year - 2, 1, 5), w.period.end)
    return o | {
        "lender": lender,
        "lender_kind": kind,
        "contract_no": f"{w.rng.randint(1, 420):02d}/{on.year}/HĐTD",
        "purpose": w.pick(sp.PURPOSES),
        "disbursed_on": on,
        "due_on": on + timedelta(days=w.rng.choice((365, 730, 1095, 1461))),
        "disbursed_vnd": disbursed,
        "outstanding_vnd": outstanding,
        "overdue_vnd": w.maybe((outstanding * D(w.rng.randint(1, 4)) / 10).quantize(D("100000")), 0.3),
        "rate_year_ratio": D(w.rng.randint(60, 118)) / 1000,
    }


def _credit_totals(w: World, o: Fact) -> Fact:
    return {
        "as_of": w.as_of,
        "total_outstanding_vnd": D(w.rng.randint(21000, 34000)) * 10**9,
        "coop_outstanding_vnd": D(w.rng.randint(15000, 34000)) * 10**6,
    }


def _certifications(w: World, o: Fact) -> Fact:
    on = w.day(date(w.period.end.year - 1, 2, 1), w.period.end)
    scheme = w.rng.choices(tuple(sp.VALUES["schemes"]), (6, 1, 3, 2, 5, 1, 1))[0]
    return o | {
        "scheme": scheme,
        "certificate_no": f"{w.pick(CERTIFICATE_STEMS)}-{w.rng.randint(1, 9999):04d}",
        "issuer": w.pick(sp.ISSUERS),
        "product": w.pick(sp.PRODUCTS[:14]),
        "area_ha": D(w.rng.randint(4, 1200)) / 10,
        "households": w.maybe(w.rng.randint(3, 60)),
        "issued_on": on,
        "expires_on": w.maybe(on + timedelta(days=w.rng.choice((730, 1095)))),
    }


def _ocop(w: World, o: Fact) -> Fact:
    on = w.day(date(w.period.end.year - 1, 2, 1), w.period.end)
    return o | {
        "scheme": "OCOP",
        "stars": w.rng.choices((3, 4, 5), (6, 4, 1))[0],
        "product": f"{w.pick(sp.PRODUCTS)} {w.pick(('sấy', 'đóng hộp', 'tươi', 'đặc sản', 'cao cấp'))}",
        "certificate_no": f"{w.rng.randint(100, 2900)}/QĐ-UBND",
        "issued_on": on,
        "expires_on": on + timedelta(days=1095),
    }


def _exports(w: World, o: Fact) -> Fact:
    quantity = D(w.rng.randint(10, 4200)) / 10
    return o | {
        "exporter": f"Công ty {w.pick(('TNHH', 'CP'))} {w.pick(COMPANIES)}",
        "product": w.pick(sp.PRODUCTS[:14]),
        "market": w.pick(tuple(sp.VALUES["markets"])),
        "quantity_t": quantity,
        "value_vnd": (quantity * D(w.rng.randint(8, 60))).quantize(D(1)) * 1_000_000,
        "channel": w.rng.choices(("official", "border"), (3, 1))[0],
        "shipped_on": w.day(w.period.start, w.period.end),
    }


def _training(w: World, o: Fact) -> Fact:
    classes = w.rng.randint(1, 6)
    persons = classes * w.rng.randint(20, 45)
    return {
        "course": w.pick(sp.COURSES),
        "kind": w.pick(tuple(sp.VALUES["training_kinds"])),
        "audience": w.pick(tuple(sp.VALUES["audiences"])),
        "classes": classes,
        "attendances": persons + w.rng.randint(0, 40),
        "persons": persons,
        "organiser": w.pick(sp.ORGANISERS),
        "starts_on": w.day(w.period.start, w.period.end),
        "budget_vnd": w.maybe(w.money(15, 180)),
        "district_code": w.district,
    }


def _technology_transfers(w: World, o: Fact) -> Fact:
    return o | {
        "process": w.pick(sp.PROCESSES),
        "processes": w.rng.randint(1, 5),
        "provider": w.pick((*sp.ORGANISERS, "Viện Nghiên cứu Rau quả", "Trung tâm Ứng dụng KHCN")),
        "transferred_on": w.day(w.period.start, w.period.end),
    }


def _demonstration_models(w: World, o: Fact) -> Fact:
    product = w.pick(sp.PRODUCTS[:14])
    kind = w.pick(("IPM", "production"))
    return o | {
        "model": f"{'Mô hình quản lý dịch hại' if kind == 'IPM' else 'Mô hình thâm canh'} {product.lower()}",
        "kind": kind,
        "product": product,
        "models": w.rng.randint(1, 12),
        "size_ha": D(w.rng.randint(5, 200)) / 10,
        "households": w.maybe(w.rng.randint(5, 60)),
    }


def _growing_areas(w: World, o: Fact) -> Fact:
    w.serial += 1
    on = w.day(date(w.period.end.year - 2, 2, 1), w.period.end)
    return o | {
        "code": f"VN-HBOR-{w.serial:04d}",
        "area_name": f"Vùng trồng {w.pick(sp.PROPER)}",
        "product": w.pick(sp.PRODUCTS[:8]),
        "area_ha": D(w.rng.randint(50, 900)) / 10,
        "market": w.pick(tuple(sp.VALUES["markets"])),
        "issued_on": on,
        "status": w.rng.choices(("active", "suspended", "revoked"), (8, 1, 1))[0],
    }


def _packing_facilities(w: World, o: Fact) -> Fact:
    w.serial += 1
    on = w.day(date(w.period.end.year - 2, 2, 1), w.period.end)
    return o | {
        "code": f"VN-HBPH-{w.serial:03d}",
        "facility": f"Cơ sở đóng gói {w.pick(sp.PROPER)}",
        "capacity": f"{w.rng.randint(5, 60)} tấn/ngày",
        "market": w.pick(tuple(sp.VALUES["markets"])),
        "issued_on": on,
        "status": w.rng.choices(("active", "suspended", "revoked"), (8, 1, 1))[0],
    }


def _trace_stamps(w: World, o: Fact) -> Fact:
    return o | {
        "product": w.pick(sp.PRODUCTS[:14]),
        "kind": w.pick(("paper", "electronic")),
        "quantity": w.rng.randint(2, 240) * 1000,
        "issued_on": w.day(w.period.start, w.period.end),
    }


def _infrastructure(w: World, o: Fact) -> Fact:
    kind = w.pick(("building", "irrigation", "power"))
    return o | {
        "work": w.pick(sp.WORKS[kind]),
        "kind": kind,
        "floor_area_m2": D(w.rng.randint(60, 900)) if kind == "building" else None,
        "served_area_ha": None if kind == "building" else D(w.rng.randint(10, 400)) / 10,
        "amount_vnd": w.money(90, 1500),
        "source": w.pick(sp.SOURCES),
        "completed_on": w.day(w.period.start, w.period.end),
    }


def _trade_promotions(w: World, o: Fact) -> Fact:
    for _ in range(50):
        event = w.pick(sp.EVENTS)
        if event not in w.used:
            break
    else:
        w.serial += 1
        event = f"{event} lần {w.serial}"
    w.used.add(event)
    on = w.day(w.period.start, w.period.end)
    return {
        "event": event,
        "scope": w.pick(tuple(sp.VALUES["event_scopes"])),
        "venue": w.pick(sp.VENUES),
        "starts_on": on,
        "ends_on": on + timedelta(days=w.rng.randint(1, 6)),
        "coops": w.rng.randint(2, 40),
        "contract_value_vnd": w.maybe(w.money(50, 2500)),
        "district_code": w.district,
    }


_MAKERS: dict[str, Callable[[World, Fact], Fact]] = {
    "cooperative_reports": _cooperative_reports,
    "loans": _loans,
    "credit_totals": _credit_totals,
    "certifications": _certifications,
    "ocop": _ocop,
    "exports": _exports,
    "training": _training,
    "technology_transfers": _technology_transfers,
    "demonstration_models": _demonstration_models,
    "growing_areas": _growing_areas,
    "packing_facilities": _packing_facilities,
    "trace_stamps": _trace_stamps,
    "infrastructure": _infrastructure,
    "trade_promotions": _trade_promotions,
}


def make_fact(world: World, form: str, owner: Fact | None = None, district: str | None = None, kind: str | None = None) -> Fact:
    table = "certifications" if form == "ocop" else form
    if table in OWNER:
        owner = owner or _owner(world, OWNER[table], kind, district)
    return _MAKERS[form](world, owner or {})


def make_facts(world: World, form: str, n: int, **options: Any) -> list[Fact]:
    return [make_fact(world, form, **options) for _ in range(1 if form == "credit_totals" else n)]
