"""A made-up country: districts with their co-operatives, and their quarterly workbooks, as many as asked for.

The workbooks are plain on purpose (one sheet, the header in the first row, units in the header, true dates and numbers, no mistakes), so that
readers which know nothing of offices can read them too. 700 districts and 40 quarters are the country's 28,000 workbooks.
"""

from __future__ import annotations

import csv
import random
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import codelist
from coop_pipeline.forms.spec import Field

FORM = FORMS["cooperative_reports"]
ROWS = 60  # co-operatives of a district; with the header the 61 rows of the reading floor in the facts
QUARTERS = tuple(f"{year}-Q{quarter}" for year in range(2015, 2025) for quarter in (1, 2, 3, 4))
COLUMNS: tuple[Field, ...] = tuple(
    FORM.field(name)
    for name in (
        "name", "tax_code", "kind", "registration_no", "established_on", "address", "sector", "products", "status", "rating", "members",
        "female_members", "workers", "female_workers", "charter_capital_vnd", "total_capital_vnd", "revenue_vnd", "profit_vnd",
        "worker_income_vnd_month", "area_ha",
    )
)  # fmt: skip
_UNITS = {"vnd": "đồng", "vnd_month": "đồng", "ha": "ha"}
HEADERS: tuple[str, ...] = tuple(f.vi + (f" ({_UNITS[f.unit]})" if f.unit in _UNITS else "") for f in COLUMNS)
Value = str | int | float | date

_FIRST = [
    "An",
    "Bảo",
    "Bình",
    "Cao",
    "Chí",
    "Chu",
    "Cẩm",
    "Diên",
    "Duy",
    "Đông",
    "Đại",
    "Đồng",
    "Đức",
    "Gia",
    "Giao",
    "Hải",
    "Hiệp",
    "Hoằng",
    "Hưng",
    "Khánh",
    "Kiên",
    "Kỳ",
    "Lam",
    "Liên",
    "Long",
    "Lộc",
    "Mai",
    "Minh",
    "Mường",
    "Ngọc",
    "Nhân",
    "Ninh",
    "Phong",
    "Phú",
    "Phúc",
    "Quang",
    "Quế",
    "Sơn",
    "Song",
    "Tam",
    "Tân",
    "Thanh",
    "Thiện",
    "Thuận",
    "Tiên",
    "Trà",
    "Triệu",
    "Trung",
    "Tuy",
    "Tường",
    "Uyên",
    "Vạn",
    "Văn",
    "Việt",
    "Vĩnh",
    "Xuân",
    "Yên",
    "Ý",
    "Bắc",
    "Nam",
]
_SECOND = [
    "Ân",
    "Bái",
    "Bằng",
    "Biên",
    "Cảnh",
    "Chánh",
    "Châu",
    "Cường",
    "Dân",
    "Dương",
    "Điền",
    "Định",
    "Đoài",
    "Giang",
    "Hà",
    "Hậu",
    "Hòa",
    "Hoàn",
    "Hội",
    "Hợp",
    "Khê",
    "Lâm",
    "Lạc",
    "Lãng",
    "Lập",
    "Lĩnh",
    "Lương",
    "Mỹ",
    "Nghĩa",
    "Nguyên",
    "Nhuận",
    "Nội",
    "Ổn",
    "Phước",
    "Quý",
    "Quyết",
    "Sa",
    "Sinh",
    "Tài",
    "Tâm",
    "Thái",
    "Thành",
    "Thắng",
    "Thịnh",
    "Thọ",
    "Thới",
    "Thủy",
    "Tiến",
    "Tín",
    "Toàn",
    "Trạch",
    "Trị",
    "Trường",
    "Tú",
    "Tuấn",
    "Vinh",
    "Vượng",
    "Vũ",
    "Xá",
    "Xương",
]
_SECTORS = ("Trồng trọt", "Chăn nuôi", "Thủy sản", "Lâm nghiệp", "Dịch vụ nông nghiệp", "Nông nghiệp tổng hợp")
_PRODUCTS = ("Bưởi", "Cam", "Rau an toàn", "Lúa", "Chè", "Mía", "Gà thả vườn", "Cá lồng", "Mật ong", "Nhãn")


@dataclass(frozen=True, slots=True)
class District:
    code: str
    name: str


@cache
def districts() -> tuple[District, ...]:
    """700 districts of names that no other place bears."""
    named = [f"{second} {first}" for first in _FIRST for second in _SECOND]
    random.Random("districts").shuffle(named)
    return tuple(District(str(30001 + number), f"Huyện {name}") for number, name in enumerate(named[:700]))


@dataclass(frozen=True, slots=True)
class _Coop:
    name: str
    tax_code: str
    kind: str
    registration_no: str
    established_on: date
    address: str
    sector: str
    products: str
    rating: str
    figures: tuple[int, int, int, int, int, int, int, int, int, float]  # members … area, in the order of COLUMNS


def _tax_code(number: int) -> str:
    """Nine digits and the check digit."""
    digits = f"{number:09d}"
    weighed = sum(int(digit) * weight for digit, weight in zip(digits, (31, 29, 23, 19, 17, 13, 7, 5, 3), strict=True))
    return digits + str(10 - weighed % 11) if weighed % 11 else ""


@cache
def _coops(district: District) -> tuple[_Coop, ...]:
    """The co-operatives of a district: names that no rule takes for one another, figures that keep every rule."""
    rng = random.Random(district.code)
    first, second = rng.sample(_FIRST, ROWS), rng.sample(_SECOND, ROWS)
    taxes = (tax for n in range(ROWS * 2) if (tax := _tax_code(100_000_000 + int(district.code) * 1000 + n)))
    kinds = {entry.code: entry.label_vi for entry in codelist("cooperative_kinds")}
    made = []
    for number in range(ROWS):
        kind = "HTX" if number % 6 else "THT"
        members, workers, total = rng.randint(20, 120), rng.randint(10, 60), rng.randint(900, 6000) * 1_000_000
        revenue = rng.randint(400, 4000) * 1_000_000
        made.append(
            _Coop(
                f"{kind} {first[number]} {second[number]}", next(taxes), kinds[kind], f"{district.code}.07.{number + 1:06d}",
                date(2003, 1, 1) + timedelta(days=rng.randrange(4000)), f"Thôn {rng.randint(1, 12)}", rng.choice(_SECTORS), rng.choice(_PRODUCTS),
                rng.choice([entry.label_vi for entry in codelist("ratings")]),
                (members, members // 3, workers, workers // 3, total // 3, total, revenue, revenue // 10, rng.randint(40, 90) * 100_000, rng.randint(50, 900) / 10),
            )
        )  # fmt: skip
    return tuple(made)


def rows_of(district: District, quarter: str) -> Iterator[tuple[Value, ...]]:
    """What a district reports of its co-operatives: figures drift by at most a fifth."""
    drift = random.Random(f"{district.code} {quarter}")
    operating = next(entry.label_vi for entry in codelist("statuses") if entry.code == "operating")
    for coop in _coops(district):
        times = drift.uniform(0.9, 1.1)
        members, women, workers, working_women, charter, total, revenue, profit, income, area = coop.figures
        yield (
            coop.name, coop.tax_code, coop.kind, coop.registration_no, coop.established_on, coop.address, coop.sector, coop.products, operating,
            coop.rating, int(members * times), women, int(workers * times), working_women, charter, total, round(revenue * times), round(profit * times),
            round(income * times, -3), round(area * times, 1),
        )  # fmt: skip


def write_country(folder: Path, files: int) -> list[Path]:
    """The first `files` workbooks of the country below `folder`, as <quarter>/<code of the district>_<quarter>.xlsx; what stands there already stays."""
    written = []
    for number in range(files):
        district, quarter = districts()[number // len(QUARTERS)], QUARTERS[number % len(QUARTERS)]
        path = folder / quarter / f"{district.code}_{quarter}.xlsx"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(workbook_bytes(list(rows_of(district, quarter))))
        written.append(path)
    return written


def add_districts(package: Path, count: int) -> None:
    """A copy of our package below `package` that knows the first `count` districts: for a new reporter one line in two CSV files."""
    import coop_pipeline

    source = Path(coop_pipeline.__file__).parent
    shutil.copytree(source, package / source.name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    lists = package / source.name / "forms" / "codelists"
    for name, lines in (
        ("areas", [(d.code, "district", d.name, "17", "", "2025-06-30", "", "", "") for d in districts()[:count]]),
        ("reporters", [(d.code, "district", d.code, d.name, d.name, "") for d in districts()[:count]]),
    ):
        with (lists / f"{name}.csv").open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)


# ---- a plain workbook, as Excel writes it: shared strings, one style for dates

_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Danh sách HTX" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="1"><font><sz val="11"/><name val="Times New Roman"/></font></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0"/><xf numFmtId="14" fontId="0" applyNumberFormat="1"/></cellXfs></styleSheet>',
}  # fmt: skip
_LETTERS = tuple("ABCDEFGHIJKLMNOPQRST")
_EPOCH = date(1899, 12, 30)


def workbook_bytes(rows: Sequence[Sequence[Value]]) -> bytes:
    """An .xlsx of one sheet: HEADERS, then the rows; the same bytes every time."""
    import io

    strings: dict[str, int] = {}
    lines = []
    for number, row in enumerate((HEADERS, *rows), 1):
        cells = []
        for letter, value in zip(_LETTERS, row, strict=True):
            if isinstance(value, str):
                cells.append(f'<c r="{letter}{number}" t="s"><v>{strings.setdefault(value, len(strings))}</v></c>')
            elif isinstance(value, date):
                cells.append(f'<c r="{letter}{number}" s="1"><v>{(value - _EPOCH).days}</v></c>')
            else:
                cells.append(f'<c r="{letter}{number}"><v>{value}</v></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    parts = {
        **_PARTS,
        "xl/worksheets/sheet1.xml": f'<worksheet {main}><dimension ref="A1:T{len(lines)}"/><sheetData>{"".join(lines)}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst {main} uniqueCount="{len(strings)}">'
        + "".join(f"<si><t>{escape(s)}</t></si>" for s in strings)
        + "</sst>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(
                zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)),
                '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + text,
                zipfile.ZIP_DEFLATED,
            )
    return packed.getvalue()
