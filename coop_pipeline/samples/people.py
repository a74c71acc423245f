"""The invented co-operatives of the samples: places, names and the ways offices spell them, tax codes, people.

A handful of names stand in published articles (`PUBLISHED`); every figure, person and number beside them is invented.
"""

from __future__ import annotations

import csv
import random
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

SEED = "hoa-binh-2021"


def rng_for(*key: object) -> random.Random:
    """A generator of its own for every purpose, so that one more call here changes nothing there."""
    return random.Random("|".join([SEED, *map(str, key)]))


@dataclass(frozen=True)
class Commune:
    code: str
    name: str  # 'Xã Cao Sơn'
    district: str

    @property
    def short(self) -> str:
        return re.sub(r"^(Xã|Phường|Thị trấn) ", "", self.name)


DISTRICTS = {
    "148": "Thành phố Hòa Bình",
    "150": "Huyện Đà Bắc",
    "152": "Huyện Lương Sơn",
    "153": "Huyện Kim Bôi",
    "154": "Huyện Cao Phong",
    "155": "Huyện Tân Lạc",
    "156": "Huyện Mai Châu",
    "157": "Huyện Lạc Sơn",
    "158": "Huyện Yên Thủy",
    "159": "Huyện Lạc Thủy",
}


@cache
def communes() -> tuple[Commune, ...]:
    with (Path(__file__).parent / "communes.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(Commune(row["commune_code"], row["commune_name"], row["district_code"]) for row in csv.DictReader(lines))


def communes_of(district: str) -> list[Commune]:
    return [commune for commune in communes() if commune.district == district]


# ---------------------------------------------------------------------------------------------------------------------
# co-operatives


@dataclass(frozen=True)
class Coop:
    number: int
    kind: str  # HTX | THT | LHHTX | QTDND
    activity: str  # 'Nông nghiệp và Dịch vụ', may be empty
    proper: str
    commune: Commune
    sector: str
    products: str
    first_year: int
    last_year: int
    established_on: date
    tax_code: str | None
    registration_no: str | None
    address: str
    representative: str
    phone: str
    listed: bool = True  # False: no district's register names it
    published: bool = field(default=False, compare=False)  # the name stands in a published article

    @property
    def district(self) -> str:
        return self.commune.district

    @property
    def name(self) -> str:
        return " ".join(part for part in (LONG_KIND[self.kind], self.activity, self.proper) if part)


LONG_KIND = {
    "HTX": "Hợp tác xã",
    "THT": "Tổ hợp tác",
    "LHHTX": "Liên hiệp hợp tác xã",
    "QTDND": "Quỹ tín dụng nhân dân",
}

# Sector -> activities; an activity's abbreviations mean the same co-operative.
ACTIVITIES: dict[str, tuple[str, ...]] = {
    "Nông nghiệp": (
        "Nông nghiệp và Dịch vụ",
        "Nông nghiệp và Dịch vụ",
        "Nông nghiệp và Dịch vụ",
        "Nông nghiệp",
        "Dịch vụ nông nghiệp",
        "Nông nghiệp tổng hợp",
        "Nông nghiệp hữu cơ",
        "Chăn nuôi",
        "Thủy sản",
        "Nông lâm nghiệp",
        "Dược liệu",
        "Sản xuất và Chế biến nông sản",
    ),
    "Công nghiệp - TTCN": ("Tiểu thủ công nghiệp", "Sản xuất vật liệu xây dựng", "Cơ khí"),
    "Xây dựng": ("Xây dựng",),
    "Thương mại - Dịch vụ": ("Thương mại và Dịch vụ", "Dịch vụ tổng hợp", "Dịch vụ du lịch", "Dịch vụ điện năng"),
    "Vận tải": ("Vận tải",),
    "Môi trường": ("Dịch vụ môi trường",),
}

ABBREVIATIONS: dict[str, tuple[str, ...]] = {
    "Nông nghiệp và Dịch vụ": ("NN&DV", "NN và DV", "NN - DV", "NNDV", "Nông nghiệp & Dịch vụ"),
    "Nông nghiệp": ("NN",),
    "Dịch vụ nông nghiệp": ("DVNN", "DV nông nghiệp"),
    "Nông nghiệp tổng hợp": ("NN tổng hợp",),
    "Nông nghiệp hữu cơ": ("NN hữu cơ",),
    "Sản xuất và Chế biến nông sản": ("SX và CB nông sản", "SX & chế biến nông sản"),
    "Tiểu thủ công nghiệp": ("TTCN",),
    "Sản xuất vật liệu xây dựng": ("SX vật liệu xây dựng",),
    "Xây dựng": ("XD",),
    "Thương mại và Dịch vụ": ("TM&DV", "TM và DV"),
    "Dịch vụ tổng hợp": ("DVTH", "DV tổng hợp"),
    "Dịch vụ du lịch": ("DV du lịch",),
    "Dịch vụ điện năng": ("DV điện năng",),
    "Vận tải": ("VT",),
    "Dịch vụ môi trường": ("DV môi trường",),
}

SPELLINGS = ("full", "short", "caps", "commune", "tone", "lower")


def spell(coop: Coop, how: str, pick: int = 0) -> str:
    """The name as an office might type it; every result still names this co-operative (contract §7)."""
    choices = ABBREVIATIONS.get(coop.activity, (coop.activity,))
    activity = choices[pick % len(choices)]
    short = " ".join(part for part in (coop.kind, activity, coop.proper) if part)
    if how == "full":
        return coop.name
    if how == "caps":
        return " ".join(part for part in (coop.kind, coop.activity, coop.proper) if part).upper()
    if how == "commune":
        return f"{short} {coop.commune.name[0].lower()}{coop.commune.name[1:]}"
    if how == "tone":
        return new_tones(short)
    if how == "lower":
        return " ".join(part for part in (coop.kind, coop.activity.lower(), coop.proper) if part)
    return short


def new_tones(text: str) -> str:
    """hòa -> hoà, thủy -> thuỷ: the other accepted place of the tone mark."""
    old, new = "òóỏõọ", "àáảãạ"
    for before, after in zip(old, new, strict=True):
        text = re.sub(before + r"a(?!\w)", "o" + after, text)
    for before, after in zip("ùúủũụ", "ỳýỷỹỵ", strict=True):
        text = re.sub(r"(?<![qQ])" + before + r"y(?!\w)", "u" + after, text)
    return text


def fold(text: str) -> str:
    """Without accents and case, for telling names apart."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()


@cache
def distance(left: str, right: str) -> int:
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def too_close(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Compared syllable by syllable, which is quick because there are few of them."""
    return sum(distance(a, b) for a, b in zip(one, other, strict=True)) < 4


def tax_code(serial: int) -> str | None:
    """A code of province 54 with a right check digit; None for the serials that never get one."""
    body = f"54{serial:07d}"
    check = 10 - sum(w * int(d) for w, d in zip((31, 29, 23, 19, 17, 13, 7, 5, 3), body, strict=True)) % 11
    return f"{body}{check}" if 0 <= check <= 9 else None


# Names that articles published (domain §4.3): district, commune, kind, activity, proper name, products.
PUBLISHED: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("152", "Cư Yên", "HTX", "", "Nông sản hữu cơ Lương Sơn", "Rau hữu cơ"),
    ("152", "Thanh Sơn", "HTX", "", "Rau hữu cơ Lương Sơn", "Rau hữu cơ"),
    ("152", "Cao Dương", "HTX", "Nông nghiệp", "Mỹ Tân", "Bưởi Diễn"),
    ("152", "Liên Sơn", "HTX", "", "Chuối Viba", "Chuối"),
    ("154", "Bắc Phong", "HTX", "", "Hà Phong", "Cam"),
    ("154", "Thị trấn Cao Phong", "HTX", "", "Nông sản 3T Cao Phong", "Cam"),
    ("153", "Xuân Thủy", "HTX", "", "Nhãn Sơn Thủy", "Nhãn"),
    ("155", "Phong Phú", "HTX", "Dịch vụ nông, lâm nghiệp", "Tùng Dương", "Mía tím"),
    ("155", "Thanh Hối", "THT", "", "Rau an toàn xóm Sung", "Rau an toàn"),
    ("156", "Chiềng Châu", "HTX", "Dệt thổ cẩm và Dịch vụ du lịch", "Chiềng Châu", "Thổ cẩm"),
    ("157", "Mỹ Thành", "HTX", "Nông nghiệp và Dịch vụ tổng hợp", "Thành An", "Mật ong"),
    ("157", "Chí Đạo", "HTX", "", "Hạt dổi Chí Đạo", "Hạt dổi"),
    ("159", "An Bình", "HTX", "Chăn nuôi", "Gà Lạc Thủy", "Gà"),
)

# Pairs made to be confused: a number tells two apart; one proper name in two districts.
CONFUSABLE: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("157", "Yên Nghiệp", "HTX", "Nông nghiệp và Dịch vụ", "Hòa Tiến 1", "Mía tím"),
    ("157", "Yên Nghiệp", "HTX", "Nông nghiệp và Dịch vụ", "Hòa Tiến 2", "Lạc"),
    ("159", "Phú Thành", "HTX", "Nông nghiệp và Dịch vụ", "Sông Bôi 1", "Chè"),
    ("159", "Phú Thành", "HTX", "Nông nghiệp và Dịch vụ", "Sông Bôi 2", "Na"),
    ("157", "Tân Lập", "HTX", "Nông nghiệp và Dịch vụ", "Đại Đồng", "Ớt"),
    ("158", "Ngọc Lương", "HTX", "Nông nghiệp và Dịch vụ", "Đại Đồng", "Bưởi"),
    ("153", "Mi Hòa", "HTX", "Nông nghiệp", "Thành Công", "Bưởi"),
    ("159", "Khoan Dụ", "HTX", "Nông nghiệp", "Thành Công", "Cam"),
)

CROPS: dict[str, tuple[str, ...]] = {
    "148": ("Chuối", "Rau an toàn", "Cá lồng sông Đà", "Mía tím"),
    "150": ("Cá lồng", "Dong riềng", "Măng bương", "Mật ong"),
    "152": ("Bưởi Diễn", "Rau hữu cơ", "Ổi", "Chè", "Chuối"),
    "153": ("Nhãn", "Rau an toàn", "Bưởi", "Cam"),
    "154": ("Cam", "Quýt", "Mía tím", "Bưởi"),
    "155": ("Bưởi đỏ", "Mía tím", "Su su", "Quýt"),
    "156": ("Tỏi tía", "Khoai sọ", "Rau an toàn", "Đào"),
    "157": ("Mía tím", "Ớt", "Lạc", "Gà đồi"),
    "158": ("Bưởi", "Cà gai leo", "Lạc", "Mía tím"),
    "159": ("Chè", "Na", "Cam", "Gà"),
}

# What an animal or herb co-operative produces, wherever it is.
PRODUCTS_OF = {
    "Chăn nuôi": ("Gà", "Lợn bản địa", "Dê"),
    "Thủy sản": ("Cá lồng",),
    "Dược liệu": ("Cà gai leo", "Sa nhân", "Nghệ"),
}
ANIMALS = ("Gà", "Gà đồi", "Cá lồng", "Cá lồng sông Đà", "Mật ong", "Lợn bản địa", "Dê")

# Syllables for proper names.
FIRST = (
    "An Bảo Bích Cao Đại Đăng Đông Đức Gia Hà Hải Hoàng Hồng Hùng Hữu Khánh Kim Lâm Long Mai Minh Ngọc Nhật Phúc "
    "Quang Sơn Tân Thái Thành Thiên Thu Tiến Toàn Trường Trung Tuấn Vạn Việt Xuân"
)
SECOND = (
    "Bảo Bách Châu Cường Đạt Đăng Giang Hằng Hiếu Hoan Hưng Khang Khoa Lộc Lợi Long Mạnh Nghĩa Nhân Phát Phong Phước "
    "Quân Quý Tâm Thắng Thịnh Thức Trí Tuyên Uyên Vinh Vượng Xuyên"
)
VILLAGES = (
    "xóm Đồng Bưởi",
    "xóm Mới",
    "xóm Rậm",
    "xóm Vó",
    "xóm Gò Bùi",
    "xóm Cháo",
    "xóm Bãi Sang",
    "tiểu khu 3",
    "xóm Tiến Sơn",
    "xóm Nước Ruộng",
    "xóm Củ",
    "xóm Đầm Đa",
    "khu 5",
    "xóm Lầm",
    "xóm Đúc",
)
FAMILY = ("Bùi", "Đinh", "Quách", "Hà", "Xa", "Lường", "Nguyễn", "Trần", "Phạm", "Hoàng", "Vũ", "Lê", "Khà", "Bạch")
MIDDLE = ("Văn", "Thị", "Đức", "Xuân", "Minh", "Thị", "Văn")
GIVEN = (
    "Hùng",
    "Lan",
    "Dũng",
    "Huệ",
    "Thảo",
    "Cường",
    "Tuyết",
    "Nhung",
    "Sơn",
    "Hải",
    "Yến",
    "Quyết",
    "Thơm",
    "Chiến",
    "Mai",
    "Toản",
)

# 415 active co-operatives of mid-2021 by district; 454 at the end of the year in the same proportions.
ACTIVE_MID_2021 = {
    "159": 58,
    "152": 57,
    "148": 53,
    "154": 45,
    "157": 37,
    "155": 36,
    "153": 35,
    "158": 35,
    "150": 32,
    "156": 27,
}
HTX_2021 = 454
HTX_STOPPED = 7  # listed in 2019 or 2020 only, then dissolved
THT_BY_DISTRICT = {"148": 5, "150": 7, "152": 11, "153": 9, "154": 8, "155": 12, "156": 7, "157": 8, "158": 7, "159": 8}
CREDIT_FUNDS = (
    ("148", "Phương Lâm", "Thịnh Tín"),
    ("152", "Hòa Sơn", "Đồng Lợi"),
    ("157", "Thị trấn Vụ Bản", "An Tín"),
    ("159", "Thị trấn Chi Nê", "Phú Tín"),
)
UNLISTED = (("153", "Đông Bắc", "HTX", "Nông nghiệp", "Mường Động Xanh", "Rau an toàn"),)


def person(rng: random.Random) -> str:
    return f"{rng.choice(FAMILY)} {rng.choice(MIDDLE)} {rng.choice(GIVEN)}"


def apportion(total: int, weights: dict[str, int]) -> dict[str, int]:
    """Whole numbers in proportion, adding up to the total (largest remainder)."""
    base = sum(weights.values())
    parts = {key: total * weight // base for key, weight in weights.items()}
    by_rest = sorted(weights, key=lambda key: (-(total * weights[key] % base), key))
    for key in by_rest[: total - sum(parts.values())]:
        parts[key] += 1
    return parts


class _Register:
    """Hands out what must be unique: numbers, tax codes, proper names."""

    def __init__(self) -> None:
        self.coops: list[Coop] = []
        self.rng = rng_for("coops")
        self.serial = 312_000
        self.taken: dict[str, list[tuple[str, ...]]] = {district: [] for district in DISTRICTS}
        places = {fold(commune.short) for commune in communes()} | {fold(name.split(" ", 1)[1]) for name in DISTRICTS.values()}
        fixed = [entry[4] for entry in (*PUBLISHED, *CONFUSABLE, *UNLISTED)] + [entry[2] for entry in CREDIT_FUNDS]
        pool = [f"{a} {b}" for a in FIRST.split() for b in SECOND.split() if fold(a) != fold(b)]
        self.rng.shuffle(pool)
        self.pool = [(name, tuple(fold(name).split())) for name in pool if fold(name) not in places]
        pairs = [tuple(fold(name).split()) for name in fixed]
        for district in DISTRICTS:
            self.taken[district] += [pair for pair in pairs if len(pair) == 2]

    def proper_name(self, district: str) -> str:
        for index, (name, key) in enumerate(self.pool):
            if any(too_close(key, other) for other in self.taken[district]):
                continue
            del self.pool[index]
            self.taken[district].append(key)
            return name
        raise RuntimeError(f"no proper name left for district {district}")

    def next_tax_code(self) -> str:
        while True:
            self.serial += self.rng.randrange(3, 40)
            if code := tax_code(self.serial):
                return code

    def add(
        self,
        district: str,
        kind: str,
        activity: str,
        proper: str,
        sector: str,
        products: str,
        *,
        commune: str = "",
        first_year: int = 2019,
        last_year: int = 2021,
        listed: bool = True,
        published: bool = False,
    ) -> Coop:
        rng = self.rng
        places = communes_of(district)
        place = next((c for c in places if commune in (c.short, c.name)), None) if commune else rng.choice(places)
        if place is None:
            raise ValueError(f"no commune {commune!r} in district {district}")
        founded = date(rng.randrange(2004, 2019), rng.randrange(1, 13), rng.randrange(1, 28))
        if first_year > 2019:
            founded = date(first_year, rng.randrange(1, 12), rng.randrange(1, 28))
        has_tax = kind != "THT" and (rng.random() < 0.93 or published)
        coop = Coop(
            number=len(self.coops) + 1,
            kind=kind,
            activity=activity,
            proper=proper,
            commune=place,
            sector=sector,
            products=products,
            first_year=first_year,
            last_year=last_year,
            established_on=founded,
            tax_code=self.next_tax_code() if has_tax else None,
            registration_no=None if kind == "THT" else f"25.{int(district) - 143:02d}.{len(self.coops) + 11:06d}",
            address=rng.choice(VILLAGES),
            representative=person(rng),
            phone=f"0900{rng.randrange(100_000, 999_999)}",
            listed=listed,
            published=published,
        )
        self.coops.append(coop)
        return coop


@cache
def coops() -> tuple[Coop, ...]:
    """Every co-operative of the samples, 2019 to 2021."""
    register = _Register()
    rng = register.rng
    wanted = apportion(HTX_2021, ACTIVE_MID_2021)
    for district, commune, kind, activity, proper, products in (*PUBLISHED, *CONFUSABLE):
        sector = "Thương mại - Dịch vụ" if "du lịch" in activity else "Nông nghiệp"
        published = (district, commune, kind, activity, proper, products) in PUBLISHED
        register.add(district, kind, activity, proper, sector, products, commune=commune, published=published)
    sectors = ["Nông nghiệp"] * 13 + ["Thương mại - Dịch vụ"] * 3 + ["Công nghiệp - TTCN", "Xây dựng", "Vận tải", "Môi trường"]
    stopped = rng.sample(sorted(DISTRICTS), HTX_STOPPED)
    for district, count in sorted(wanted.items()):
        present = sum(1 for coop in register.coops if coop.district == district and coop.kind == "HTX")
        years = [2021] * round(count * 0.066) + [2020] * round(count * 0.062)
        for index in range(count - present):
            sector = rng.choice(sectors)
            activity = rng.choice(ACTIVITIES[sector])
            products = rng.choice(PRODUCTS_OF.get(activity, CROPS[district])) if sector == "Nông nghiệp" else ""
            first_year = years[index] if index < len(years) else 2019
            register.add(
                district,
                "HTX",
                activity,
                register.proper_name(district),
                sector,
                products,
                first_year=first_year,
            )
        if district in stopped:
            register.add(
                district,
                "HTX",
                "Nông nghiệp",
                register.proper_name(district),
                "Nông nghiệp",
                rng.choice(CROPS[district]),
                last_year=2020,
            )
    work = ("trồng", "sản xuất", "liên kết")
    for district, count in sorted(THT_BY_DISTRICT.items()):
        for index in range(count - sum(1 for c in register.coops if c.district == district and c.kind == "THT")):
            crop = rng.choice(CROPS[district])
            activity = f"{work[index % 3]} {crop.lower()}"
            first = 2020 if index % 4 == 3 else 2019
            proper = register.proper_name(district)
            register.add(district, "THT", activity, proper, "Nông nghiệp", crop, first_year=first)
    for district, commune, proper in CREDIT_FUNDS:
        register.add(district, "QTDND", "", proper, "Tín dụng", "", commune=commune)
    register.add("154", "LHHTX", "", "Cam Cao Phong", "Nông nghiệp", "Cam", commune="Thị trấn Cao Phong", published=True)
    for district, commune, kind, activity, proper, products in UNLISTED:
        register.add(district, kind, activity, proper, "Nông nghiệp", products, commune=commune, listed=False)
    return tuple(register.coops)
