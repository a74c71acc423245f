"""What is true in the sample world: facts of 2019 to 2021 in stored units, adding up to the published figures."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from .people import ANIMALS, CROPS, DISTRICTS, Coop, coops, rng_for

YEARS = (2019, 2020, 2021)
MILLION = 1_000_000

# The published totals (domain/published_2021.csv), and the exact sums chosen where the print only gives a bound.
MANAGER_ATTENDANCES = 8_964
VOCATIONAL_CLASSES, VOCATIONAL_LEARNERS = 50, 2_068
OFFICIAL_ATTENDANCES = 875
IPM_MODELS, PRODUCTION_MODELS = 600, 150
PAPER_STAMPS = 9_870_000
ELECTRONIC_STAMPS = (148_500, 95_000)
PROCESSES = 394
WORKS, FLOOR_M2, SERVED_HA, WORKS_MILLION = 24, 4_215, Decimal("121.7"), 14_300
CERTIFIED_COOPS, CERTIFIED_HA, NEW_FOOD_SAFETY_HA = 59, Decimal("1495.0"), Decimal("185.4")
BANK_OUTSTANDING_MILLION = 24_936
FUND_MILLION, FUND_COOPS = 3_980, 19
MEAN_REVENUE_MILLION = {2019: 1_842, 2020: 2_027, 2021: 2_230}


def split(total: int, parts: int, rng: random.Random, least: int = 1, spread: float = 0.6) -> list[int]:
    """Whole numbers of at least `least`, uneven, adding up to the total."""
    weights = [1 + spread * (2 * rng.random() - 1) for _ in range(parts)]
    free = total - least * parts
    if free < 0:
        raise ValueError(f"{total} cannot be split into {parts} parts of {least}")
    shares = [int(free * weight / sum(weights)) for weight in weights]
    for index in range(free - sum(shares)):
        shares[index % parts] += 1
    return [least + share for share in shares]


# ---------------------------------------------------------------------------------------------------------------------
# co-operatives year by year


@dataclass
class CoopReport:
    coop: Coop
    year: int
    status: str
    rating: str | None
    members: int
    female_members: int | None
    workers: int | None
    charter_capital_vnd: int | None
    total_capital_vnd: int | None
    revenue_vnd: int | None
    profit_vnd: int | None
    worker_income_vnd_month: int | None
    area_ha: Decimal | None


@cache
def coop_reports() -> tuple[CoopReport, ...]:
    rng = rng_for("reports")
    found: list[CoopReport] = []
    for coop in coops():
        if not coop.listed:
            continue
        sick = rng.random()
        size = 0.25 + rng.random() ** 2.2 * 3.2  # revenue relative to the mean: many small ones, few large ones
        members = {
            "HTX": rng.randrange(9, 58),
            "THT": rng.randrange(5, 26),
            "LHHTX": 4,
            "QTDND": rng.randrange(780, 990),
        }[coop.kind]
        charter = rng.randrange(4, 50) * 50 if coop.kind != "THT" else 0
        area = Decimal(rng.randrange(20, 900)) / 10 if coop.sector == "Nông nghiệp" and rng.random() < 0.85 else None
        for year in YEARS:
            if not coop.first_year <= year <= coop.last_year:
                continue
            found.append(_report(coop, year, sick, size, members, charter, area, rng))
            members = max(4, members + rng.randrange(-2, 4))
    for year in YEARS:
        _scale_revenue([report for report in found if report.year == year and report.coop.kind == "HTX"], year)
    return tuple(found)


def _report(
    coop: Coop,
    year: int,
    sick: float,
    size: float,
    members: int,
    charter: int,
    area: Decimal | None,
    rng: random.Random,
) -> CoopReport:
    status = "operating"
    if coop.kind == "HTX" and not coop.published and coop.last_year == 2021:
        if year == coop.first_year and year > 2019:
            status = "new"
        elif sick < 0.085 or (sick < 0.10 and year == 2021):
            status = "suspended"
        elif sick < 0.125:
            status = "awaiting_dissolution" if year > 2019 else "suspended"
    if coop.last_year == 2020:
        status = "suspended" if year == 2019 else "dissolved"
    works = status == "operating"
    rating = None
    if works and coop.kind in ("HTX", "QTDND"):
        rating = rng.choices(("good", "fair", "average", "weak"), (25, 42, 27, 6))[0] if not coop.published else "good"
    growth = {2019: 0.83, 2020: 0.91, 2021: 1.0}[year]
    base = {"HTX": 2_230, "THT": 220, "LHHTX": 6_400, "QTDND": 7_900}[coop.kind]
    revenue = round(base * size * growth) if works and rng.random() < 0.97 else None
    profit = round(revenue * (0.06 + rng.random() * 0.06)) if revenue is not None else None
    income = 100_000 * rng.randrange(31, 54) if revenue is not None else None
    if income is not None:
        income = income * (80 + (year - 2019) * 10) // 10_000_000 * 100_000  # multiples of 100,000
    return CoopReport(
        coop=coop,
        year=year,
        status=status,
        rating=rating,
        members=members,
        female_members=rng.randrange(members // 4, members // 2 + 1),
        workers=None if status in ("suspended", "dissolved", "awaiting_dissolution") else members + rng.randrange(0, 45),
        charter_capital_vnd=charter * MILLION or None,
        total_capital_vnd=(charter + rng.randrange(2, 60) * 25) * MILLION if charter else None,
        revenue_vnd=revenue * MILLION if revenue is not None else None,
        profit_vnd=profit * MILLION if profit is not None else None,
        worker_income_vnd_month=income,
        area_ha=area,
    )


def _scale_revenue(reports: list[CoopReport], year: int) -> None:
    """Brings the mean over operating co-operatives that state a revenue to the year's figure, to the million."""
    stated = [report for report in reports if report.status == "operating" and report.revenue_vnd is not None]
    target = MEAN_REVENUE_MILLION[year] * len(stated)
    total = sum((report.revenue_vnd or 0) for report in stated) // MILLION
    for report in stated:
        report.revenue_vnd = round((report.revenue_vnd or 0) / MILLION * target / total) * MILLION
    rest = target - sum((report.revenue_vnd or 0) for report in stated) // MILLION
    largest = max(stated, key=lambda report: report.revenue_vnd or 0)
    largest.revenue_vnd = (largest.revenue_vnd or 0) + rest * MILLION


def owners(district: str, year: int, *kinds: str, crop: str | None = None) -> list[Coop]:
    """Co-operatives that work in this year and so may own something."""
    sound = {report.coop.number for report in coop_reports() if report.year == year and report.status in ("operating", "new")}
    steady = {report.coop.number for report in coop_reports() if report.year == 2021 and report.status == "operating"}
    return [
        coop
        for coop in coops()
        if coop.district == district
        and coop.kind in (kinds or ("HTX",))
        and coop.number in sound & steady
        and (crop is None or coop.products == crop)
    ]


def farmers(district: str, year: int) -> list[Coop]:
    return [coop for coop in owners(district, year) if coop.sector == "Nông nghiệp"]


def growers(district: str, *kinds: str) -> list[Coop]:
    """Who holds certificates for crops from 2019 on."""
    extra = ("Thổ cẩm", "Hạt dổi", "")
    return [coop for coop in owners(district, 2019, *kinds) if coop.products not in (*ANIMALS, *extra)]


def day(rng: random.Random, year: int, first_month: int = 2, last_month: int = 11) -> date:
    found = date(year, rng.randrange(first_month, last_month + 1), rng.randrange(1, 29))
    return found - timedelta(days=max(0, found.weekday() - 4))


# ---------------------------------------------------------------------------------------------------------------------
# what districts report


@dataclass(frozen=True)
class Training:
    reporter: str
    year: int
    course: str
    kind: str
    audience: str
    classes: int
    attendances: int | None
    persons: int | None
    organiser: str
    starts_on: date
    budget_vnd: int | None


MANAGEMENT = (
    "Kiến thức về kinh tế tập thể, Luật HTX năm 2012",
    "Kỹ năng quản lý, điều hành HTX",
    "Phổ biến pháp luật cho cán bộ quản lý HTX",
    "Nghiệp vụ kế toán HTX",
    "Xây dựng phương án sản xuất kinh doanh",
    "Chuyển đổi số trong quản trị HTX",
    "Marketing và bán hàng trực tuyến cho HTX",
)
VOCATIONAL = (
    "Kỹ thuật trồng và chăm sóc cây ăn quả có múi",
    "Trồng rau an toàn theo VietGAP",
    "Chăn nuôi gà thả vườn",
    "Nuôi cá lồng",
    "Dệt thổ cẩm",
    "Kỹ thuật nuôi ong lấy mật",
    "Vận hành máy nông nghiệp",
    "Mây tre đan",
    "Kỹ thuật trồng dược liệu",
)
OFFICIAL = (
    "Bồi dưỡng nghiệp vụ quản lý nhà nước về KTTT",
    "Tập huấn Luật HTX cho cán bộ cấp xã",
    "Cập nhật chính sách hỗ trợ HTX",
)


@cache
def trainings() -> tuple[Training, ...]:
    rng = rng_for("training")
    slots = [(district, year) for year in YEARS for district in sorted(DISTRICTS)]
    found: list[Training] = []
    organisers = (
        "Liên minh HTX tỉnh",
        "Phòng NN&PTNT",
        "Trung tâm GDNN-GDTX",
        "Phòng Tài chính - Kế hoạch",
        "Chi cục PTNT",
    )

    def add(
        slot: tuple[str, int],
        courses: Sequence[str],
        kind: str,
        audience: str,
        classes: int,
        times: int | None,
        persons: int | None,
    ) -> None:
        used = {t.course for t in found if (t.reporter, t.year) == slot}
        course = rng.choice([name for name in courses if name not in used])
        found.append(
            Training(
                slot[0],
                slot[1],
                course,
                kind,
                audience,
                classes,
                times,
                persons,
                rng.choice(organisers),
                day(rng, slot[1]),
                MILLION * classes * rng.randrange(12, 38),
            )
        )

    counts = [rng.choice((1, 1, 2)) for _ in slots]
    parts = iter(split(MANAGER_ATTENDANCES, sum(counts), rng, least=60))
    for slot, count in zip(slots, counts, strict=True):
        for _ in range(count):
            times = next(parts)
            classes = max(1, round(times / 55))
            add(
                slot,
                MANAGEMENT,
                "management",
                "manager",
                classes,
                times,
                None if rng.random() < 0.5 else round(times * 0.8),
            )
    chosen = sorted(rng.sample(slots, 28), key=slots.index)
    classes_of = split(VOCATIONAL_CLASSES, len(chosen), rng, least=1, spread=0.9)
    learners = _learners(classes_of, rng)
    for slot, classes, persons in zip(chosen, classes_of, learners, strict=True):
        add(slot, VOCATIONAL, "vocational", "member_worker", classes, None if rng.random() < 0.6 else persons, persons)
    chosen = sorted(rng.sample(slots, 22), key=slots.index)
    for slot, times in zip(chosen, split(OFFICIAL_ATTENDANCES, len(chosen), rng, least=18), strict=True):
        add(slot, OFFICIAL, "refresher", "official", 1, times, times)
    return tuple(found)


def _learners(classes: list[int], rng: random.Random) -> list[int]:
    found = [count * 41 + rng.randrange(-4, 5) for count in classes]
    found[0] += VOCATIONAL_LEARNERS - sum(found)
    return found


@dataclass(frozen=True)
class Transfer:
    reporter: str
    year: int
    process: str
    coop: Coop | None
    processes: int
    provider: str
    transferred_on: date
    late: bool = False  # comes in the supplement


TRANSFERS = (
    "Quy trình trồng bưởi theo VietGAP",
    "Quy trình tưới nhỏ giọt cho cây có múi",
    "Kỹ thuật ủ phân hữu cơ vi sinh",
    "Quy trình trồng rau hữu cơ",
    "Kỹ thuật nuôi cá lồng trên hồ",
    "Quy trình sơ chế, bảo quản quả tươi",
    "Kỹ thuật bao quả nhãn",
    "Quy trình chăn nuôi gà an toàn sinh học",
    "Kỹ thuật nhân giống mía tím nuôi cấy mô",
    "Quy trình sản xuất chè an toàn",
    "Kỹ thuật trồng cà gai leo theo GACP-WHO",
    "Quy trình sấy lạnh nông sản",
    "Kỹ thuật nuôi ong nội",
    "Quy trình trồng tỏi tía",
    "Kỹ thuật ghép cải tạo vườn nhãn",
    "Quy trình trồng dong riềng",
    "Ứng dụng chế phẩm sinh học xử lý chuồng trại",
    "Quy trình truy xuất nguồn gốc bằng mã QR",
)
PROVIDERS = (
    "Trung tâm Khuyến nông tỉnh",
    "Viện Nghiên cứu Rau quả",
    "Học viện Nông nghiệp Việt Nam",
    "Sở KH&CN",
    "Trung tâm DVNN huyện",
    "Chi cục TT&BVTV",
)


@cache
def transfers() -> tuple[Transfer, ...]:
    rng = rng_for("transfers")
    slots = [(district, year) for year in YEARS for district in sorted(DISTRICTS) for _ in range(rng.randrange(3, 7))]
    parts = split(PROCESSES, len(slots), rng, spread=0.95)
    found: list[Transfer] = []
    for (district, year), count in zip(slots, parts, strict=True):
        used = {t.process for t in found if (t.reporter, t.year) == (district, year)}
        process = rng.choice([name for name in TRANSFERS if name not in used])
        coop = rng.choice(farmers(district, year)) if rng.random() < 0.75 else None
        found.append(Transfer(district, year, process, coop, count, rng.choice(PROVIDERS), day(rng, year)))
    last = [i for i, t in enumerate(found) if (t.reporter, t.year) == ("155", 2021)][-2:]
    for index in last:
        old = found[index]
        found[index] = Transfer(old.reporter, old.year, old.process, old.coop, old.processes, old.provider, date(2021, 12, 10), True)
    return tuple(found)


@dataclass(frozen=True)
class Model:
    reporter: str
    year: int
    district: str
    model: str
    kind: str
    coop: Coop | None
    product: str
    models: int
    size_ha: Decimal
    households: int


@cache
def models() -> tuple[Model, ...]:
    rng = rng_for("models")
    found: list[Model] = []
    slots = [(district, year) for year in YEARS for district in sorted(DISTRICTS) for _ in range(rng.choice((1, 2, 2, 3)))]
    for (district, year), count in zip(slots, split(PRODUCTION_MODELS, len(slots), rng, spread=0.9), strict=True):
        crop = rng.choice(CROPS[district])
        verb = "Nuôi" if crop.split()[0] in ("Cá", "Gà", "Mật") else rng.choice(("Trồng thâm canh", "Sản xuất", "Trình diễn trồng"))
        name = f"{verb} {'ong lấy mật' if crop == 'Mật ong' else crop.lower()} theo chuỗi liên kết"
        if any((m.reporter, m.year, m.model) == (district, year, name) for m in found):
            name = name.replace("theo chuỗi liên kết", "ứng dụng công nghệ cao")
            if any((m.reporter, m.year, m.model) == (district, year, name) for m in found):
                name = f"Mô hình tổng hợp {crop.lower()}, quy mô hộ"
        found.append(
            Model(
                district,
                year,
                district,
                name,
                "production",
                rng.choice([c for c in farmers(district, year) if c.products == crop] or farmers(district, year)),
                crop,
                count,
                Decimal(rng.randrange(3, 31)) / 10,
                rng.randrange(3, 24),
            )
        )
    for year, total in ((2019, 168), (2020, 203), (2021, IPM_MODELS - 168 - 203)):
        plan = [district for district in sorted(DISTRICTS) for _ in range(rng.randrange(2, 4))]
        seen: set[tuple[str, str]] = set()
        for index, (district, count) in enumerate(zip(plan, split(total, len(plan), rng, spread=0.8), strict=True)):
            crops = [c for c in ("Cây có múi", "Lúa", "Rau", "Mía tím", "Ngô", "Nhãn") if (district, c) not in seen]
            crop = rng.choice(crops)
            seen.add((district, crop))
            size = Decimal(rng.choice((5, 10, 10, 15, 20, 30, 50, 80, 120, 160))) / 10
            if (year, index) in ((2019, 3), (2021, 11)):
                size = Decimal("0.5") if year == 2019 else Decimal("20.0")
            coop = rng.choice(farmers(district, year)) if rng.random() < 0.3 else None
            name = f"Mô hình IPM trên {crop[0].lower()}{crop[1:]}"
            found.append(Model("17-TTBVTV", year, district, name, "IPM", coop, crop, count, size, rng.randrange(8, 60)))
    return tuple(found)


@dataclass(frozen=True)
class Certificate:
    coop: Coop
    scheme: str
    number: str | None
    issuer: str
    product: str
    area_ha: Decimal
    stars: int | None
    households: int | None
    issued_on: date
    expires_on: date | None
    lingers: bool = False  # still listed after it has expired

    def listed_in(self, year: int) -> bool:
        if self.issued_on.year > year:
            return False
        return self.lingers or self.expires_on is None or self.expires_on.year > year


ORGS_BY_DISTRICT = {"148": 3, "150": 3, "152": 9, "153": 6, "154": 9, "155": 8, "156": 4, "157": 5, "158": 5, "159": 7}
CERTIFIERS = (
    "Công ty CP Chứng nhận VietCert",
    "Trung tâm QLCL NLTS vùng 1",
    "Công ty CP Giám định FCC",
    "Viện Thổ nhưỡng Nông hóa",
)
DEPARTMENT = "Chi cục QLCL NLS và TS tỉnh"
TERM_YEARS = {
    "VietGAP": 2,
    "GlobalGAP": 1,
    "organic": 2,
    "PGS": 1,
    "food_safety": 3,
    "HACCP": 3,
    "ISO22000": 3,
    "OCOP": 3,
}


def term(issued: date, scheme: str) -> date:
    return issued.replace(year=issued.year + TERM_YEARS[scheme], day=min(issued.day, 28)) - timedelta(days=1)


class _Registry:
    def __init__(self) -> None:
        self.rng = rng_for("certificates")
        self.found: list[Certificate] = []
        self.serial: dict[str, int] = {}

    def add(
        self,
        coop: Coop,
        scheme: str,
        product: str,
        area: Decimal,
        issued: date,
        *,
        lingers: bool = False,
        stars: int | None = None,
    ) -> None:
        rng = self.rng
        serial = self.serial[scheme] = self.serial.get(scheme, 0) + rng.randrange(1, 4)
        year = issued.year
        number = {
            "VietGAP": f"VietGAP-TT-13-{9 + serial % 4:02d}-17-{serial:04d}",
            "food_safety": f"{serial:02d}/{year}/NNPTNT-HBI",
            "GlobalGAP": f"40631{86_000_000 + serial * 7919:08d}",
            "organic": f"HC-{serial:03d}/{year}-TCVN11041",
            "PGS": f"PGS-LS-{serial:02d}/{year}",
            "HACCP": f"HACCP {serial:04d}.{year}",
            "ISO22000": f"FSMS-{serial:04d}",
            "OCOP": f"OCOP-17-{year}-{serial:03d}",
        }[scheme]
        issuer = {"food_safety": DEPARTMENT, "PGS": "Ban điều phối PGS Việt Nam", "OCOP": "UBND tỉnh Hòa Bình"}.get(scheme)
        self.found.append(
            Certificate(
                coop,
                scheme,
                number,
                issuer or rng.choice(CERTIFIERS),
                product,
                area,
                stars,
                rng.randrange(5, 42),
                issued,
                term(issued, scheme),
                lingers,
            )
        )


@cache
def certificates() -> tuple[Certificate, ...]:
    registry = _Registry()
    rng = registry.rng
    holders: list[Coop] = []
    for district, count in sorted(ORGS_BY_DISTRICT.items()):
        pool = growers(district, "HTX", "THT")
        groups = [c for c in pool if c.kind == "THT"]
        unknown = [c for c in coops() if not c.listed and c.district == district]
        chosen = unknown + rng.sample(groups, min(len(groups), count // 3))
        rest = [c for c in pool if c.kind == "HTX" and c not in chosen]
        chosen += rng.sample(rest, count - len(chosen))
        holders += chosen
    if len(holders) != CERTIFIED_COOPS:
        raise RuntimeError(f"{len(holders)} holders, {CERTIFIED_COOPS} wanted")

    new_holders = [_pick(holders, "154", "HTX"), _pick(holders, "155", "HTX"), _pick(holders, "152", "THT")]
    for coop, tenths, month in zip(new_holders, (625, 854, 375), (4, 7, 10), strict=True):
        registry.add(coop, "food_safety", coop.products, Decimal(tenths) / 10, date(2021, month, 14 + month))
    others = [coop for coop in holders if coop not in new_holders]
    pairs = [(coop, coop.products) for coop in others]
    for coop in rng.sample([c for c in others if c.listed], 5):
        second = rng.choice([c for c in CROPS[coop.district] if c != coop.products and c not in ANIMALS])
        pairs.append((coop, second))
    areas = split(int((CERTIFIED_HA - NEW_FOOD_SAFETY_HA) * 10), len(pairs), rng, least=35, spread=0.9)
    for index, ((coop, product), tenths) in enumerate(zip(pairs, areas, strict=True)):
        area = Decimal(tenths) / 10
        held = "both" if index % 4 == 1 else "food_safety" if index % 5 == 2 else "VietGAP"
        smaller = area if index % 8 == 1 else (area * Decimal("0.8")).quantize(Decimal("0.1"))
        if held in ("both", "VietGAP"):
            issued = day(rng, 2020, 2, 11) if index % 3 else day(rng, 2021, 2, 10)
            if index % 6 == 0:  # renewed: the first certificate has run out, over the same field
                registry.add(coop, "VietGAP", product, smaller, issued.replace(year=issued.year - 2), lingers=index % 12 == 0)
            registry.add(coop, "VietGAP", product, area, issued)
        if held in ("both", "food_safety"):
            issued = day(rng, 2019, 3, 11) if index % 2 else day(rng, 2020, 2, 10)
            registry.add(coop, "food_safety", product, smaller if held == "both" else area, issued)
    held_numbers = {coop.number for coop in holders}
    for district in ("152", "153", "154", "155", "157", "158", "159", "159"):  # expired: no longer count
        free = [c for c in growers(district, "HTX") if c.number not in held_numbers]
        coop = rng.choice(free)
        held_numbers.add(coop.number)
        issued = day(rng, 2018, 3, 11) if district != "155" else day(rng, 2019, 2, 10)
        registry.add(coop, "VietGAP", coop.products, Decimal(rng.randrange(60, 300)) / 10, issued, lingers=True)
    _other_schemes(registry)
    return tuple(registry.found)


def _pick(holders: list[Coop], district: str, kind: str) -> Coop:
    return next(coop for coop in holders if coop.district == district and coop.kind == kind)


def _other_schemes(registry: _Registry) -> None:
    rng = registry.rng
    plans = [
        ("152", "organic", 2),
        ("157", "organic", 2),
        ("153", "organic", 1),
        ("152", "PGS", 4),
        ("154", "GlobalGAP", 2),
        ("155", "GlobalGAP", 1),
        ("148", "HACCP", 2),
        ("159", "ISO22000", 1),
    ]
    for district, scheme, count in plans:
        for coop in rng.sample(growers(district, "HTX"), count):
            area = Decimal(rng.randrange(12, 120)) / 10 if scheme not in ("HACCP", "ISO22000") else Decimal(rng.randrange(2, 9)) / 10
            registry.add(coop, scheme, coop.products, area, day(rng, 2021 if scheme in ("PGS", "GlobalGAP") else 2020))
    for district in ("152", "156"):
        pool = [c for c in owners(district, 2019) if c.products or c.published]
        for index, coop in enumerate(rng.sample(pool, 8)):
            product = coop.products or "Thổ cẩm"
            year = 2019 + index % 3
            registry.add(
                coop,
                "OCOP",
                product,
                Decimal(rng.randrange(10, 150)) / 10,
                date(year, 12, 11),
                stars=4 if index % 3 == 0 else 3,
            )


@dataclass(frozen=True)
class Work:
    coop: Coop
    year: int
    work: str
    kind: str
    floor_area_m2: int | None
    served_area_ha: Decimal | None
    amount_vnd: int
    source: str
    completed_on: date


@cache
def works() -> tuple[Work, ...]:
    rng = rng_for("works")
    kinds = ["building"] * 15 + ["irrigation"] * 6 + ["power"] * 3
    rng.shuffle(kinds)
    where = sorted(DISTRICTS) * 2 + ["152", "155", "157", "159"]
    floors = iter(split(FLOOR_M2, 15, rng, least=120))
    served = iter(split(int(SERVED_HA * 10), 9, rng, least=60))
    amounts = split(WORKS_MILLION // 10, WORKS, rng, least=25)
    names = {
        "building": (
            "Nhà kho bảo quản nông sản",
            "Xưởng sơ chế, đóng gói",
            "Trụ sở làm việc HTX",
            "Cửa hàng vật tư nông nghiệp",
            "Nhà sơ chế rau, quả",
        ),
        "irrigation": ("Hệ thống tưới nhỏ giọt", "Hệ thống tưới tiết kiệm nước", "Kiên cố hóa kênh mương nội đồng"),
        "power": ("Đường điện 0,4 kV vào khu sản xuất", "Trạm biến áp và đường dây phục vụ sản xuất"),
    }
    taken: set[int] = set()
    found: list[Work] = []
    for index, (district, kind, amount) in enumerate(zip(where, kinds, amounts, strict=True)):
        year = YEARS[(index * 7 + index // 10) % 3]
        pool = [c for c in owners(district, year) if c.sector == "Nông nghiệp" and c.number not in taken and c.first_year <= year]
        coop = rng.choice(pool)
        taken.add(coop.number)
        floor = next(floors) if kind == "building" else None
        area = None if kind == "building" else Decimal(next(served)) / 10
        found.append(
            Work(
                coop,
                year,
                rng.choice(names[kind]),
                kind,
                floor,
                area,
                amount * 10 * MILLION,
                "Chương trình MTQG xây dựng NTM",
                day(rng, year, 4, 11),
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class Stamps:
    reporter: str
    year: int
    recipient: str
    coop: Coop | None
    product: str
    kind: str
    quantity: int
    issued_on: date


@cache
def stamps() -> tuple[Stamps, ...]:
    rng = rng_for("stamps")
    found: list[Stamps] = []
    slots = sorted(rng.sample([(year, district) for year in YEARS for district in sorted(DISTRICTS)], 22))
    slots += [(2020, "154"), (2021, "154"), (2021, "155"), (2021, "153")]
    for (year, district), thousands in zip(slots, split(PAPER_STAMPS // 1000, len(slots), rng, least=60, spread=0.9), strict=True):
        taken = {s.recipient for s in found if (s.year, s.reporter) == (year, district)}
        coop = rng.choice([c for c in owners(district, year) if c.products and c.name not in taken])
        found.append(Stamps(district, year, coop.name, coop, coop.products, "paper", thousands * 1000, day(rng, year)))
    organic = next(coop for coop in coops() if coop.proper == "Nông sản hữu cơ Lương Sơn")
    inter_group = "Liên nhóm hữu cơ huyện Lương Sơn"
    for year, name, coop_or_none, quantity in (
        (2020, inter_group, None, 60_000),
        (2021, inter_group, None, ELECTRONIC_STAMPS[0] - 60_000),
        (2020, organic.name, organic, 35_000),
        (2021, organic.name, organic, ELECTRONIC_STAMPS[1] - 35_000),
    ):
        found.append(Stamps("152", year, name, coop_or_none, "Rau hữu cơ", "electronic", quantity, day(rng, year)))
    return tuple(found)


@dataclass(frozen=True)
class Event:
    reporter: str
    year: int
    event: str
    scope: str
    venue: str
    starts_on: date
    ends_on: date
    coops: int
    contract_value_vnd: int | None


# The five events that the article names; the dates are invented. Offices type them in their own ways.
PROVINCIAL: tuple[tuple[tuple[str, ...], str, date, date], ...] = (
    (
        (
            "Lễ hội cây ăn quả có múi tỉnh Hòa Bình",
            "Lễ hội Cây ăn quả có múi tỉnh Hoà Bình",
            "LỄ HỘI CÂY ĂN QUẢ CÓ MÚI TỈNH HÒA BÌNH",
        ),
        "Quảng trường Hòa Bình",
        date(2019, 11, 15),
        date(2019, 11, 18),
    ),
    (
        (
            (
                "Tuần lễ giới thiệu sản phẩm cây ăn quả có múi và nông thủy sản an toàn, chất lượng tỉnh Hòa Bình "
                "tại siêu thị BigC Thăng Long"
            ),
            (
                "Tuần lễ giới thiệu sản phẩm cây ăn quả có múi và nông thuỷ sản an toàn, chất lượng tỉnh Hoà Bình, "
                "tại siêu thị BigC Thăng Long, Hà Nội"
            ),
            "Tuần lễ giới thiệu SP cây ăn quả có múi và nông thủy sản an toàn tỉnh Hòa Bình tại BigC Thăng Long",
        ),
        "Siêu thị BigC Thăng Long, Hà Nội",
        date(2019, 12, 6),
        date(2019, 12, 12),
    ),
    (
        (
            "Hội chợ nông nghiệp, sản phẩm OCOP khu vực phía Bắc",
            "Hội chợ Nông nghiệp và sản phẩm OCOP khu vực phía Bắc",
            "Hội chợ nông nghiệp, SP OCOP khu vực phía Bắc",
        ),
        "Thành phố Hòa Bình",
        date(2020, 10, 22),
        date(2020, 10, 27),
    ),
    (
        (
            "Tuần lễ hàng nông sản tại hệ thống Siêu thị VinCom Hà Nội",
            "Tuần lễ hàng nông sản Hòa Bình tại hệ thống siêu thị Vincom Hà Nội",
            "Tuần hàng nông sản tại hệ thống siêu thị VinCom Hà Nội",
        ),
        "Hệ thống siêu thị VinCom, Hà Nội",
        date(2020, 12, 4),
        date(2020, 12, 10),
    ),
    (
        (
            "Tuần lễ hàng nông sản thực phẩm Hòa Bình tại siêu thị Coop-Mart Hà Nội",
            "Tuần lễ hàng nông sản, thực phẩm Hoà Bình tại siêu thị Co.opmart Hà Nội",
            "Tuần lễ hàng nông sản thực phẩm Hòa Bình tại siêu thị Coopmart Hà Nội",
        ),
        "Siêu thị Coop-Mart, Hà Nội",
        date(2021, 11, 19),
        date(2021, 11, 25),
    ),
)


@cache
def events() -> tuple[Event, ...]:
    rng = rng_for("events")
    found: list[Event] = []
    for names, venue, first, last in PROVINCIAL:
        found.append(
            Event(
                "17-XTTM",
                first.year,
                names[0],
                "province",
                venue,
                first,
                last,
                rng.randrange(18, 36),
                MILLION * rng.randrange(800, 3000),
            )
        )
        for district in sorted(rng.sample(sorted(DISTRICTS), 5)):
            value = MILLION * rng.randrange(20, 180)
            typed = rng.choice(names)
            event = Event(district, first.year, typed, "province", venue, first, last, rng.randrange(1, 6), value)
            found.append(event)
    for year in YEARS:
        first = date(year, 4, 20 + year % 5)
        found.append(
            Event(
                "17-XTTM",
                year,
                f"Hội chợ Thương mại quốc tế Việt Nam (Vietnam Expo {year})",
                "national",
                "Trung tâm triển lãm quốc tế ICE Hà Nội",
                first,
                first + timedelta(days=3),
                4 + year % 3,
                MILLION * 350,
            )
        )
        for district in sorted(DISTRICTS):
            if rng.random() < 0.55:
                name = rng.choice(("Phiên chợ nông sản an toàn", "Hội chợ thương mại huyện", "Ngày hội trưng bày sản phẩm OCOP"))
                first = day(rng, year, 3, 10)
                place = DISTRICTS[district].split(" ", 1)[1].replace("phố ", "")
                found.append(
                    Event(
                        district,
                        year,
                        f"{name} {place} năm {year}",
                        "district",
                        f"Trung tâm {place}",
                        first,
                        first + timedelta(days=rng.randrange(1, 4)),
                        rng.randrange(4, 15),
                        MILLION * rng.randrange(30, 220),
                    )
                )
    return tuple(found)


# ---------------------------------------------------------------------------------------------------------------------
# what agencies report


@dataclass(frozen=True)
class Loan:
    coop: Coop
    lender: str
    lender_kind: str
    contract_no: str
    purpose: str
    disbursed_on: date
    due_on: date
    disbursed_vnd: int
    outstanding: dict[int, int]  # year -> balance on 31 December
    overdue_vnd: int
    rate_year_ratio: Decimal


LENDERS = (
    ("Agribank chi nhánh tỉnh Hòa Bình", "bank", "AGR"),
    ("BIDV chi nhánh Hòa Bình", "bank", "BIDV"),
    ("VietinBank chi nhánh Hòa Bình", "bank", "CTG"),
    ("Ngân hàng Chính sách xã hội tỉnh Hòa Bình", "policy_bank", "NHCS"),
    ("Quỹ tín dụng nhân dân Đồng Lợi", "credit_fund", "QTD"),
)
FUND = "Quỹ Hỗ trợ phát triển hợp tác xã tỉnh Hòa Bình"
PURPOSES = (
    "Mua vật tư, phân bón",
    "Đầu tư nhà sơ chế",
    "Mở rộng vùng trồng",
    "Mua máy móc, thiết bị",
    "Bổ sung vốn lưu động",
    "Nuôi cá lồng",
    "Mua xe vận tải",
    "Xây dựng nhà lưới",
)
PROVINCE_OUTSTANDING_BILLION = {
    date(2019, 12, 31): 24_310,
    date(2020, 12, 31): 26_845,
    date(2021, 3, 31): 27_102,
    date(2021, 6, 30): 28_040,
    date(2021, 9, 30): 28_655,
    date(2021, 12, 31): 29_614,
}


@cache
def bank_loans() -> tuple[Loan, ...]:
    rng = rng_for("banks")
    pool = [
        coop
        for district in sorted(DISTRICTS)
        for coop in owners(district, 2019)
        if coop.sector in ("Nông nghiệp", "Vận tải", "Thương mại - Dịch vụ")
    ]
    # Namesakes of two districts borrow too, so that the district column has to decide.
    borrowers = [coop for coop in pool if coop.proper in ("Đại Đồng", "Hòa Tiến 2", "Thành Công")]
    borrowers += rng.sample([coop for coop in pool if coop not in borrowers and not coop.published], 13)
    years = [2018] * 3 + [2019] * 7 + [2020] * 7 + [2021] * 7
    alive = [year for year in years if year > 2018]
    balances = iter(split(BANK_OUTSTANDING_MILLION, len(alive), rng, least=250, spread=0.85))
    found: list[Loan] = []
    for index, year in enumerate(years):
        coop = borrowers[index % len(borrowers)]
        lender, kind, mark = LENDERS[(index * 3 + index // 5) % len(LENDERS)]
        first = day(rng, year)
        left = next(balances) if year > 2018 else 0
        share = {2018: 0.0, 2019: 0.5, 2020: 0.75, 2021: 1.0}[year]
        amount = round(left / share / 10 + 0.5) * 10 if left else rng.randrange(40, 90) * 10
        steps = {2018: (0.6, 0.25, 0.0), 2019: (1.0, 0.75, 0.5), 2020: (0.0, 1.0, 0.75), 2021: (0.0, 0.0, 1.0)}[year]
        outstanding = {
            then: (left if then == 2021 else round(amount * part)) * MILLION
            for then, part in zip(YEARS, steps, strict=True)
            if then >= year
        }
        due = first.replace(year=first.year + (3 if year == 2018 else 4))
        rate = Decimal(rng.choice(("0.066", "0.072", "0.078", "0.084", "0.09", "0.096")))
        overdue = 120 * MILLION if index == 9 else 0
        found.append(
            Loan(
                coop,
                lender,
                kind,
                f"{index * 13 + 107:04d}/{year}/{mark}-HĐTD",
                rng.choice(PURPOSES),
                first,
                due,
                amount * MILLION,
                outstanding,
                overdue,
                rate,
            )
        )
    return tuple(found)


@cache
def fund_loans() -> tuple[Loan, ...]:
    rng = rng_for("fund")
    pool = [coop for district in sorted(DISTRICTS) for coop in owners(district, 2019) if coop.sector == "Nông nghiệp"]
    borrowers = rng.sample(pool, FUND_COOPS)
    borrowers += borrowers[:3]  # three borrow a second time
    years = [2019] * 8 + [2020] * 7 + [2021] * 7
    amounts = split(FUND_MILLION // 10, len(years), rng, least=10)
    found: list[Loan] = []
    for index, (coop, year, tens) in enumerate(zip(borrowers, years, amounts, strict=True)):
        first = day(rng, year)
        amount = tens * 10 * MILLION
        outstanding = {then: amount * (4 - (then - year)) // 4 // 100_000 * 100_000 for then in YEARS if then >= year}
        found.append(
            Loan(
                coop,
                FUND,
                "support_fund",
                f"{index + 1:02d}/{year}/HĐ-QHTX",
                rng.choice(PURPOSES),
                first,
                first.replace(year=year + 3),
                amount,
                outstanding,
                0,
                Decimal("0.06"),
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class CreditTotal:
    as_of: date
    total_outstanding_vnd: int
    coop_outstanding_vnd: int


@cache
def credit_totals() -> tuple[CreditTotal, ...]:
    at_year_end = {year: sum(loan.outstanding.get(year, 0) for loan in bank_loans()) for year in YEARS}
    quarters = {date(2021, 3, 31): 0.91, date(2021, 6, 30): 0.94, date(2021, 9, 30): 0.97}
    return tuple(
        CreditTotal(
            as_of,
            billion * 1000 * MILLION,
            at_year_end[as_of.year] if as_of not in quarters else round(at_year_end[2021] / MILLION * quarters[as_of]) * MILLION,
        )
        for as_of, billion in PROVINCE_OUTSTANDING_BILLION.items()
    )


@dataclass(frozen=True)
class Export:
    year: int
    product: str
    market: str
    coop: Coop
    exporter: str
    quantity_t: Decimal
    value_vnd: int
    channel: str
    shipped_on: date


# year, product, market, tonnes: 830 t through the official channel.
OFFICIAL_EXPORTS = (
    (2019, "Chuối", "CN", 95),
    (2019, "Nhãn", "CN", 60),
    (2019, "Mía tím", "KR", 15),
    (2020, "Nhãn", "CN", 120),
    (2020, "Chuối", "CN", 180),
    (2020, "Mía tím", "KR", 20),
    (2021, "Chuối", "CN", 240),
    (2021, "Nhãn", "CN", 65),
    (2021, "Mía tím", "DE", 10),
    (2021, "Mía tím", "KR", 25),
)
BORDER_EXPORTS = (
    (2019, "Chuối", "CN", 140),
    (2020, "Chuối", "CN", 85),
    (2020, "Nhãn", "CN", 46),
    (2021, "Chuối", "CN", 60),
)
PRICE_PER_TONNE = {"Chuối": 8 * MILLION, "Nhãn": 22 * MILLION, "Mía tím": 14 * MILLION}


@cache
def exports() -> tuple[Export, ...]:
    rng = rng_for("exports")
    buyers = ("Công ty TNHH XNK Tiến Phát", "Công ty CP XNK Nông sản Tây Bắc", "Công ty TNHH Hoa quả Sao Việt")
    season = {"Chuối": (3, 11), "Nhãn": (7, 8), "Mía tím": (2, 5)}
    sellers = {crop: [c for d in sorted(DISTRICTS) for c in owners(d, 2019) if c.products == crop] for crop in PRICE_PER_TONNE}
    found: list[Export] = []
    for channel, plan in (("official", OFFICIAL_EXPORTS), ("border", BORDER_EXPORTS)):
        for year, product, market, tonnes in plan:
            lots = split(tonnes * 10, max(1, min(3, tonnes // 25)), rng, least=50)
            for coop, tenths in zip(rng.sample(sellers[product], len(lots)), lots, strict=True):
                quantity = Decimal(tenths) / 10
                found.append(
                    Export(
                        year,
                        product,
                        market,
                        coop,
                        rng.choice(buyers),
                        quantity,
                        int(quantity * PRICE_PER_TONNE[product]),
                        channel,
                        day(rng, year, *season[product]),
                    )
                )
    return tuple(found)


@dataclass(frozen=True)
class PlaceCode:
    """A planting-area or packing-facility code and what became of it."""

    code: str
    name: str
    coop: Coop | None
    holder: str
    product: str
    area_ha: Decimal | None
    capacity: str | None
    market: str
    issued_on: date
    district: str
    status: dict[int, str]  # year -> in_force | suspended | revoked


def _states(first: int, last_state: str | None = None, since: int = 2021) -> dict[int, str]:
    return {year: last_state if last_state and year >= since else "in_force" for year in YEARS if year >= first}


@cache
def growing_areas() -> tuple[PlaceCode, ...]:
    rng = rng_for("areas")
    plan = [(2019, "153", "Nhãn", "CN")] * 2 + [(2019, "148", "Chuối", "CN")] * 2 + [(2019, "155", "Mía tím", "KR")]
    plan += [
        (2020, "153", "Nhãn", "CN"),
        (2020, "148", "Chuối", "CN"),
        (2020, "154", "Mía tím", "KR"),
        (2020, "152", "Chuối", "CN"),
    ]
    plan += [
        (2021, "155", "Mía tím", "DE"),
        (2021, "155", "Bưởi đỏ", "CN"),
        (2021, "154", "Mía tím", "DE"),
        (2021, "153", "Nhãn", "CN"),
        (2021, "152", "Bưởi Diễn", "CN"),
        (2021, "148", "Mía tím", "DE"),
        (2021, "154", "Cam", "CN"),
    ]
    fate = {2: ("revoked", 2021), 6: ("suspended", 2021)}
    found: list[PlaceCode] = []
    for index, (year, district, crop, market) in enumerate(plan):
        coop = rng.choice(owners(district, 2019, crop=crop) or owners(district, 2019))
        state = _states(year, *fate[index]) if index in fate else _states(year)
        place = rng.choice(("Vùng trồng", "Khu sản xuất")) + f" {crop.lower()} {rng.choice(VILLAGE_AREAS)} số {index + 1}"
        found.append(
            PlaceCode(
                f"VN-HBOR-{index + 1:04d}",
                place,
                coop,
                coop.name,
                crop,
                Decimal(rng.randrange(52, 260)) / 10,
                None,
                market,
                day(rng, year),
                district,
                state,
            )
        )
    return tuple(found)


VILLAGE_AREAS = ("Đồng Cả", "Bãi Sông", "Gò Vàng", "Đồi Thông", "Suối Nước", "Đồng Mai")


@cache
def packing_facilities() -> tuple[PlaceCode, ...]:
    rng = rng_for("packing")
    plan = [
        (2019, "153"),
        (2019, "148"),
        (2020, "154"),
        (2020, "155"),
        (2020, "153"),
        (2021, "152"),
        (2021, "155"),
        (2021, "148"),
    ]
    found: list[PlaceCode] = []
    for index, (year, district) in enumerate(plan):
        coop = rng.choice(farmers(district, 2019))
        state = _states(year, "revoked", 2020) if index == 1 else _states(year)
        found.append(
            PlaceCode(
                f"VN-HBPH-{index + 1:03d}",
                f"Cơ sở đóng gói {coop.proper}",
                coop,
                coop.name,
                "",
                None,
                f"{rng.randrange(5, 30)} tấn/ngày",
                "CN",
                day(rng, year),
                district,
                state,
            )
        )
    return tuple(found)
