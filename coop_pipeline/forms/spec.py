"""The vocabulary in which forms are declared: fields, rules, givens, duties. Pure data; nothing here reads a workbook or a database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

FieldType = Literal[
    "text",  # free text
    "name",  # name of a co-operative (or of the organisation that stands in its place)
    "lender",  # name of a bank or fund
    "code",  # a value of a code list
    "district",  # a district-level unit, stored as its GSO code
    "commune",  # a commune-level unit, stored as its GSO code
    "tax_code",  # mã số thuế: 10 digits with a check digit, or 10-3
    "number",  # a quantity with a unit
    "date",  # a day; month, quarter and year are taken where `coarse` allows
    "row_no",  # the running number of a row: read to tell rows apart, never stored
    "unit",  # the ĐVT column of a row
    "note",  # remarks
]
Severity = Literal["error", "warning", "note"]

# Stored units (contract §3) and the DuckDB type of a column that holds them.
STORED_UNITS: dict[str, str] = {
    "vnd": "DECIMAL(20,2)",
    "vnd_month": "DECIMAL(20,2)",
    "ha": "DECIMAL(16,4)",
    "m2": "DECIMAL(16,2)",
    "t": "DECIMAL(16,4)",
    "ratio": "DECIMAL(12,8)",
    "ratio_year": "DECIMAL(12,8)",
    "count": "BIGINT",
    "star": "BIGINT",
}
# The dimension in which a unit typed by a district can be converted to the stored one.
DIMENSIONS: dict[str, str] = {
    "vnd": "money",
    "vnd_month": "income",
    "ha": "area",
    "m2": "area",
    "t": "mass",
    "ratio": "ratio",
    "ratio_year": "rate",
    "count": "count",
    "star": "count",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a form: what a district fills in, and the column of `core` that it becomes.

    `spellings` are header texts beside the labels; "A / B" is the path of a header of two rows. A required field may be left out
    `unless` another field has one of these values (an OCOP product has no area).
    `minimum`/`maximum` are hard limits (an error keeps the row out when the field is required, else the cell); `plausible` is
    the range, in the stored unit, outside which a value is read but warned about, and by which an ambiguous number is decided.
    """

    name: str
    type: FieldType
    vi: str
    en: str
    spellings: tuple[str, ...] = ()
    unit: str | None = None
    usual_unit: str | None = None
    codes: str | None = None
    required: bool = False
    unless: tuple[str, tuple[str, ...]] | None = None
    personal: bool = False
    stored: bool = True
    coarse: bool = False
    end: bool = False
    until: str | None = None  # the date that ends what this one begins: a cell with both ("20-25/11/2024") answers both
    dated: str | None = None  # the date that stands in one cell with this: "2875/QĐ-UBND ngày 18/12/2020"
    carries: bool = False
    instead: str | None = None  # the field that this one stands for where no column answers it
    titled: bool = True  # a title or sheet name may answer it
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    plausible: tuple[Decimal | None, Decimal | None] = (None, None)
    example: str = ""

    def __post_init__(self) -> None:
        if self.type == "number" and self.unit not in STORED_UNITS:
            raise ValueError(f"field {self.name}: a number needs a stored unit, not {self.unit!r}")
        if (self.type == "code") != (self.codes is not None):
            raise ValueError(f"field {self.name}: a code needs a code list, and only a code has one")

    @property
    def sql_type(self) -> str:
        if self.type == "number" and self.unit is not None:
            return STORED_UNITS[self.unit]
        return "DATE" if self.type == "date" else "VARCHAR"

    @property
    def dimension(self) -> str | None:
        return DIMENSIONS[self.unit] if self.unit else None

    @property
    def whole(self) -> bool:
        return self.unit in ("count", "star")


@dataclass(frozen=True, slots=True)
class Rule:
    """A relation between cells of one row: `holds` is a DuckDB predicate over the form's columns; NULL counts as kept."""

    name: str
    fields: tuple[str, ...]
    holds: str
    vi: str
    en: str
    severity: Severity = "warning"


@dataclass(frozen=True, slots=True)
class Given:
    """What the form answers as a whole: `phrases` in the title, the sheet's name or the reporter give `field` its `value`."""

    field: str
    value: str
    phrases: tuple[str, ...] = ()
    reporters: tuple[str, ...] = ()
    firm: bool = False  # it holds whatever the words of the rows' subjects speak for


@dataclass(frozen=True, slots=True)
class Duty:
    """Who owes this form: kind of reporter or reporter codes, by which day (month, day) after the end of a year, or of its first half.

    No law that we know gives the provincial agencies a day for these forms: they have the districts'.
    """

    reporters: tuple[str, ...]
    due: tuple[int, int] = (1, 15)
    source: str = "Nghị định 77/2019/NĐ-CP, Điều 29: cấp huyện gửi cấp tỉnh trước ngày 15/01"
    period_kind: Literal["year", "half"] = "year"


@dataclass(frozen=True, slots=True)
class Form:
    """One form: the table `core.<name>`, one row per `grain`."""

    name: str
    vi: str
    en: str
    grain_vi: str
    grain_en: str
    source: str
    fields: tuple[Field, ...]
    titles: tuple[str, ...]
    key: tuple[str, ...] = ()
    key_severity: Severity = "error"  # of two rows that share the key and differ
    rules: tuple[Rule, ...] = ()
    givens: tuple[Given, ...] = ()
    duties: tuple[Duty, ...] = ()
    owner: str | None = None
    derives: tuple[tuple[str, str, str], ...] = ()  # (code field, text field whose words answer it where no cell does, code list)

    def __post_init__(self) -> None:
        names = [field.name for field in self.fields]
        if len(set(names)) != len(names):
            raise ValueError(f"form {self.name}: a field is declared twice")
        for what, wanted in (
            ("key", self.key),
            ("owner", (self.owner,) if self.owner else ()),
            ("derives", tuple(name for derived in self.derives for name in derived[:2])),
            ("given", tuple(given.field for given in self.givens)),
            ("until", tuple(field.until for field in self.fields if field.until)),
            ("dated", tuple(field.dated for field in self.fields if field.dated)),
            *((f"rule {rule.name}", rule.fields) for rule in self.rules),
        ):
            for name in wanted:
                if name not in names:
                    raise ValueError(f"form {self.name}: {what} names the field {name}, which it does not have")

    def field(self, name: str) -> Field:
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"form {self.name} has no field {name}")

    @property
    def required(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.required)

    @property
    def stored(self) -> tuple[Field, ...]:
        """The fields that become columns of `core`."""
        return tuple(field for field in self.fields if field.stored and not field.personal)

    @property
    def read(self) -> tuple[Field, ...]:
        """The fields that intake hands on: the stored ones and those that only serve to identify an owner."""
        return tuple(f for f in self.fields if not f.personal and f.type not in ("row_no", "unit"))

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)


def limit(value: str | int) -> Decimal:
    return Decimal(value)


def money(
    name: str,
    vi: str,
    en: str,
    *spellings: str,
    required: bool = False,
    signed: bool = False,
    plausible: tuple[str | None, str | None] = ("10000", "2000000000000"),
    example: str = "",
) -> Field:
    """An amount in VND; districts usually write million dong."""
    low, high = plausible
    return Field(
        name,
        "number",
        vi,
        en,
        spellings,
        unit="vnd",
        usual_unit="million_vnd",
        required=required,
        minimum=None if signed else Decimal(0),
        plausible=(Decimal(low) if low else None, Decimal(high) if high else None),
        example=example,
    )


def count(
    name: str,
    vi: str,
    en: str,
    *spellings: str,
    required: bool = False,
    maximum: int | None = None,
    plausible: int = 100_000,
    example: str = "",
) -> Field:
    """A whole number of things, not negative."""
    return Field(
        name,
        "number",
        vi,
        en,
        spellings,
        unit="count",
        required=required,
        minimum=Decimal(0),
        maximum=Decimal(maximum if maximum is not None else plausible * 100),  # beyond is no count: a telephone number, a code
        plausible=(Decimal(0), Decimal(plausible)),
        example=example,
    )


def area(
    name: str,
    vi: str,
    en: str,
    *spellings: str,
    unit: str = "ha",
    required: bool = False,
    unless: tuple[str, tuple[str, ...]] | None = None,
    plausible: tuple[str, str] = ("0.01", "2000"),
    example: str = "",
) -> Field:
    """An area in hectares, or in square metres for buildings."""
    return Field(
        name,
        "number",
        vi,
        en,
        spellings,
        unit=unit,
        usual_unit=unit,
        required=required,
        unless=unless,
        minimum=Decimal(0),
        plausible=(Decimal(plausible[0]), Decimal(plausible[1])),
        example=example,
    )


def text(
    name: str,
    vi: str,
    en: str,
    *spellings: str,
    required: bool = False,
    dated: str | None = None,
    carries: bool = False,
    example: str = "",
) -> Field:
    return Field(name, "text", vi, en, spellings, required=required, dated=dated, carries=carries, example=example)


def code(
    name: str,
    codes: str,
    vi: str,
    en: str,
    *spellings: str,
    required: bool = False,
    carries: bool = True,
    titled: bool = True,
    example: str = "",
) -> Field:
    return Field(name, "code", vi, en, spellings, codes=codes, required=required, carries=carries, titled=titled, example=example)


def day(
    name: str,
    vi: str,
    en: str,
    *spellings: str,
    required: bool = False,
    coarse: bool = True,
    end: bool = False,
    until: str | None = None,
    carries: bool = False,
    example: str = "",
) -> Field:
    """A date; month, quarter or year alone is taken as the first day of it (`end`: the last). `carries`: it says when what the row is
    about happened, and a section ("Tháng 3") may answer it."""
    return Field(name, "date", vi, en, spellings, required=required, coarse=coarse, end=end, until=until, carries=carries, example=example)


# Columns that stand in most forms. They are fields like any other, declared once because they mean the same everywhere.
ROW_NO = Field("row_no", "row_no", "TT", "No.", ("STT", "Số TT", "Thứ tự", "Stt", "T.T", "Số thứ tự", "(A)"), stored=False)
NOTE = Field(
    "note", "note", "Ghi chú", "Note",
    ("Chú thích", "Diễn giải", "Ghi chú (nếu có)", "Ý kiến", "Giải trình", "Thuyết minh", "Ghi nhận khác", "Nhận xét", "Ghi chú thêm")
             , stored=False,
)  # fmt: skip
UNIT = Field("unit", "unit", "Đơn vị tính", "Unit", ("ĐVT", "Đv tính", "Đơn vị", "Đ.v.t", "ĐV tính"), stored=False)
DISTRICT = Field(
    "district_code", "district", "Huyện, thành phố", "District",
    ("Địa bàn", "Huyện", "Địa phương", "Đơn vị", "UBND huyện/thành phố", "Đơn vị báo cáo", "Huyện, TP", "Huyện/TP",
     "Tên huyện", "Thuộc huyện", "Đơn vị hành chính cấp huyện", "Huyện/thành phố", "Thuộc địa bàn huyện", "Địa bàn huyện, thành phố",
                 "Tên huyện, thành phố", "Cấp huyện", "Huyện, thị"),
    carries=True, example="Lương Sơn",
)  # fmt: skip
COMMUNE = Field(
    "commune_code", "commune", "Xã, phường, thị trấn", "Commune",
    ("Đơn vị hành chính cấp xã", "Tên xã", "Xã", "Xã, thị trấn", "Phường Xã", "Xã/phường", "Xã, phường", "Địa chỉ (xã)",
     "Thuộc xã", "Địa bàn xã", "Xã/phường/thị trấn", "Trụ sở đóng tại xã", "Xã đóng trụ sở", "Nơi đóng (xã)", "Thuộc xã, phường",
                "Cấp xã", "Tên xã, phường, thị trấn", "Đơn vị cấp xã", "Nơi đặt trụ sở (xã)"),
    carries=True, example="Xã Nhuận Trạch",
)  # fmt: skip
TAX_CODE = Field(
    "tax_code", "tax_code", "Mã số thuế", "Tax code",
    ("Mã số HTX", "Mã số HTX (MST)", "Mã số đăng ký", "MST", "Mã số doanh nghiệp", "Mã số thuế/Mã số HTX", "Mã HTX",
                 "Mã số thuế của HTX", "MST doanh nghiệp", "Mã số thuế (MST)", "Mã thuế", "Mã định danh HTX", "Mã số tổ chức",
                 "Mã số kinh doanh"),
    stored=False, example="5401234565",
)  # fmt: skip
REPRESENTATIVE = Field(
    "representative", "text", "Người đại diện", "Representative",
    ("Giám đốc", "Họ và tên", "Tổ trưởng", "Chủ nhiệm HTX", "Họ tên Giám đốc/CT HĐQT", "Người đại diện pháp luật", "Đại diện",
     "Chủ tịch HĐQT", "Họ tên chủ nhiệm", "Người liên hệ", "Cán bộ phụ trách", "Họ tên", "Chủ hộ", "Tên người đại diện"),
    personal=True, stored=False,
)  # fmt: skip
PHONE = Field(
    "phone", "text", "Số điện thoại", "Phone",
    ("Di động", "Số điện thoại liên hệ", "SĐT", "Điện thoại", "Số ĐT", "ĐT liên hệ", "Liên hệ", "Email", "Thư điện tử"),
    personal=True, stored=False,
)  # fmt: skip
IDENTITY_NO = Field(
    "identity_no", "text", "Số CCCD", "Identity number",
    ("Số CMND", "CMND", "CCCD", "Số CMND/CCCD", "Số định danh cá nhân", "Căn cước công dân", "Ngày sinh", "Năm sinh"),
    personal=True, stored=False,
)  # fmt: skip
PERSONAL = (REPRESENTATIVE, PHONE, IDENTITY_NO)


def owner(required: bool = True, *spellings: str, name: str = "coop_name") -> tuple[Field, ...]:
    """The owner of a fact: the co-operative's name and what helps to tell which one it is."""
    return (
        Field(
            name, "name", "Tên HTX, THT", "Co-operative",
            ("Tên HTX", "Tên tổ chức KTTT", "Tên đơn vị", "Tên cơ sở", "Hợp tác xã", "Tên hợp tác xã", "HTX", "HTX, THT", "Nơi thực hiện",
             "Tên HTX/THT", "Tên tổ chức", "Đơn vị", "Tên hợp tác xã, tổ hợp tác", "Tổ chức, cá nhân", "Tên tổ chức kinh tế hợp tác",
              "Tổ chức kinh tế hợp tác", "Tên tổ chức, cá nhân", "Đơn vị kinh tế tập thể", "Tên đơn vị kinh tế tập thể",
              "Danh xưng HTX", "Cơ sở sản xuất", "Tên cơ sở SX", "Đơn vị sản xuất kinh doanh", "HTX, tổ hợp tác", "Thuộc HTX", *spellings),
            required=required, carries=True, example="HTX Nông nghiệp Mỹ Tân",
        ),
        TAX_CODE, DISTRICT, COMMUNE,
    )  # fmt: skip


SURROUNDINGS = (ROW_NO, UNIT, NOTE, *PERSONAL)
