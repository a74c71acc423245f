"""The figures that charts and the report show: read from the marts, and how periods, amounts and changes are put in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from coop_pipeline.forms.wording import UNIT_NAMES, show_number
from coop_pipeline.store.schema import literal

if TYPE_CHECKING:
    from coop_pipeline.store.warehouse import Connection

PROVINCE = "17"
SCALED = ("VND", "VND/month", "ha", "m2", "t")  # show_amount says these units itself
_ROMAN = ("", "I", "II", "III", "IV")


@dataclass(frozen=True, slots=True)
class Period:
    """A period that has figures."""

    code: str
    kind: str
    starts_on: date
    ends_on: date

    @property
    def name(self) -> str:
        """As it stands in a sentence: "năm 2021", "6 tháng đầu năm 2021", "quý IV năm 2021", "tháng 12 năm 2021"."""
        year, number = self.starts_on.year, self.code[6:]
        if self.kind == "half":
            return f"6 tháng {'đầu' if number == '1' else 'cuối'} năm {year}"
        if self.kind == "quarter":
            return f"quý {_ROMAN[int(number)]} năm {year}"
        return f"tháng {self.starts_on.month} năm {year}" if self.kind == "month" else f"năm {year}"

    @property
    def mark(self) -> str:
        """As it stands below a bar or above a column: "2021", "6T đầu 2021", "Q.IV/2021", "T12/2021"."""
        year, number = self.starts_on.year, self.code[6:]
        if self.kind == "half":
            return f"6T {'đầu' if number == '1' else 'cuối'} {year}"
        if self.kind == "quarter":
            return f"Q.{_ROMAN[int(number)]}/{year}"
        return f"T{self.starts_on.month}/{year}" if self.kind == "month" else str(year)


def read_periods(connection: Connection) -> list[Period]:
    """Every period with indicators, in order of its end; of those that end together the shorter first."""
    return [
        Period(*row)
        for row in connection.execute(
            """
            select period, kind, starts_on, ends_on from ref.periods
            where period in (select period from mart.indicators) order by ends_on, starts_on desc
            """
        ).fetchall()
    ]


def latest_full(connection: Connection) -> Period | None:
    """The period to show unless told: the latest year for which at least half of the owed forms came, else the latest year,
    else the latest period."""
    periods = read_periods(connection)
    years = [period for period in periods if period.kind == "year"]
    shares = connection.execute(
        "select period from mart.indicators where indicator_code = 'data.completeness_ratio' "
        f"and area_code = {literal(PROVINCE)} and breakdown = '' and value >= 0.5"
    ).fetchall()
    full = [period for period in years if (period.code,) in shares]
    return next((some[-1] for some in (full, years, periods) if some), None)


def earlier(periods: Sequence[Period], period: Period) -> list[Period]:
    """The periods of the same kind before this one, in order."""
    return [other for other in periods if other.kind == period.kind and other.ends_on < period.starts_on]


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of mart.indicators."""

    code: str
    value: Decimal
    unit: str
    as_of: date
    expected: int
    received: int

    @property
    def is_partial(self) -> bool:
        return self.received < self.expected


Key = tuple[str, str, str]  # indicator, breakdown, its value


def read_figures(connection: Connection, periods: Iterable[Period]) -> list[dict[Key, Figure]]:
    """The province's figures of each period by indicator, breakdown and its value; ("x", "", "") is the total.

    Literals, no parameters: for those DuckDB imports pandas.
    """
    found: dict[str, dict[Key, Figure]] = {period.code: {} for period in periods}
    for period, code, breakdown, of, value, unit, as_of, expected, received in connection.execute(
        f"""
        select
            period, indicator_code, breakdown, breakdown_value, cast(value as decimal(24, 6)), unit, as_of, reporters_expected, reporters_received
        from mart.indicators
        where period in ({", ".join(map(literal, found))}) and area_code = {literal(PROVINCE)} and value is not null
        order by indicator_code, breakdown, breakdown_value
        """
    ).fetchall():
        found[period][code, breakdown, of] = Figure(code, value, unit, as_of, expected or 0, received or 0)
    return [*found.values()]


def round_half_up(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) + 0  # no -0


def show_rounded(value: Decimal, places: int) -> str:
    """A rounded number in the Vietnamese way, without trailing zeros: 1.495,5."""
    return show_number(round_half_up(value, places))


def show_amount(value: Decimal, unit: str) -> str:
    """A value of mart.indicators with its unit, rounded as in an official text: "24,936 tỷ đồng", "185,4 ha", "0,08%"; counts stand alone."""
    if unit == "ratio":
        return f"{show_rounded(value * 100, 2)}%"
    if unit in ("VND", "VND/month"):
        return show_money(value) + ("/tháng" if unit == "VND/month" else "")
    if unit in SCALED:
        return f"{show_rounded(value, 2)} {UNIT_NAMES[unit]}"
    return show_rounded(value, 0 if value == value.to_integral_value() else 1)


def show_money(value: Decimal) -> str:
    """VND in the largest unit that keeps it readable: from a thousand tỷ on without decimals, below to the million or finer."""
    size = abs(value)
    if size >= 10**12:
        return f"{show_rounded(value / 10**9, 0)} tỷ đồng"
    if size >= 10**9:
        return f"{show_rounded(value / 10**9, 3)} tỷ đồng"
    if size >= 10**6:
        return f"{show_rounded(value / 10**6, 2)} triệu đồng"
    return f"{show_rounded(value, 0)} đồng"


def show_difference(value: Decimal, unit: str) -> str:
    """As show_amount, with the noun of what is counted; ratios differ by percentage points."""
    if unit == "ratio":
        return f"{show_rounded(value * 100, 2)} điểm phần trăm"
    noun = UNIT_NAMES.get(unit, "") if unit not in SCALED else ""
    return f"{show_amount(value, unit)} {noun}".strip()


def base_of(previous: Period, window: str) -> str:
    """What a figure of an indicator's time window (mart.indicator_catalogue) is compared with."""
    return {"cumulative": f"lũy kế đến hết {previous.name}", "as_of": f"cuối {previous.name}"}.get(window, previous.name)


def tell_change(now: Figure, before: Figure, base: str = "") -> str:
    """How a figure changed; `base` says since when, empty where that was said just before."""
    change = now.value - before.value
    amount = show_difference(abs(change), now.unit)
    if change == 0:
        said = "không đổi"
    elif not amount.split(" ")[0].strip("0,"):
        said = "gần như không đổi"
    else:
        said = f"{'tăng' if change > 0 else 'giảm'} {amount}"
        if now.unit != "ratio" and before.value > 0:
            said += f", tương đương {show_rounded(abs(change) / before.value * 100, 1)}%{',' if base else ''}"
    return f"{said} so với {base}" if base else said


def tell_shortfall(figure: Figure, window: str = "") -> str:
    """Of a partial figure: how many of its reporters have sent, and where it then comes from; empty for a complete one."""
    if not figure.is_partial:
        return ""
    if figure.received:
        return f"mới có {figure.received}/{figure.expected} đơn vị gửi"
    return "chưa đơn vị nào gửi" + (", theo số liệu đến kỳ trước" if window == "cumulative" else "")


def tell_incomparable(now: Figure, before: Figure, previous: Period, window: str = "") -> str:
    """Why the two are not compared: that fewer units have sent is no change of the matter. Empty where both are complete."""
    reasons = [tell_shortfall(now, window), f"{previous.name} {tell_shortfall(before)}" if before.is_partial else ""]
    return f"chưa so sánh vì {'; '.join(filter(None, reasons))}" if any(reasons) else ""


def clean(text: object) -> str:
    """What a sender typed, on one line and without signs that documents cannot hold; nothing in it is interpreted."""
    if text is None:
        return ""
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in unicodedata.normalize("NFC", str(text)))
    return " ".join("".join(c for c in plain if unicodedata.category(c) not in ("Cs", "Cn", "Co", "Cf")).split())


def cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def label_of(labels: Mapping[str, str], code: str) -> str:
    return "không ghi" if code == "unknown" else labels.get(code) or clean(code)
