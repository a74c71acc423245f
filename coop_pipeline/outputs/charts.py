"""One picture per theme, from the marts: the years side by side at the left, districts (or markets, reporters) at the right.

What a picture shows is read first, as plain data; it is drawn only where that changed, in a child process (`drawing`).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from coop_pipeline.forms.codes import codelist
from coop_pipeline.forms.wording import UNIT_NAMES
from coop_pipeline.intake.pool import Pool
from coop_pipeline.outputs.drawing import IMPORTED, SUBMISSION_PARTS, Bar, Chart, Picture, draw_all
from coop_pipeline.outputs.figures import (
    PROVINCE,
    Figure,
    Period,
    clean,
    earlier,
    label_of,
    latest_full,
    read_figures,
    read_periods,
    tell_shortfall,
)
from coop_pipeline.outputs.files import clear_drafts, look, read_ledger, replace_file, write_ledger
from coop_pipeline.settings import Settings
from coop_pipeline.store.reading import open_published
from coop_pipeline.store.schema import literal
from coop_pipeline.store.warehouse import Connection, code_version

LEDGER = ".charts.json"
MOST_PERIODS, MOST_PARTS, MOST_ROWS = 10, 5, 16


@dataclass(frozen=True, slots=True)
class Theme:
    """What a picture is about. `rows` are the mart's columns with the name and the value of each row at the right."""

    name: str
    mart: str
    title: str
    right: str
    indicator: str
    rows: tuple[str, str]
    breakdown: str = ""
    codes: str = ""


THEMES = (
    Theme("cooperatives", "cooperatives_by_district", "Hợp tác xã, tổ hợp tác", "Theo huyện, thành phố", "cooperatives.total",
          ("area_name", "total"), "kind", "cooperative_kinds"),
    Theme("training", "training_by_district", "Đào tạo, bồi dưỡng, tập huấn trong kỳ", "Theo huyện, thành phố", "training.attendances",
          ("area_name", "attendances"), "audience", "audiences"),
    Theme("exports", "exports_by_market", "Sản lượng xuất khẩu trong kỳ", "Theo thị trường", "exports.quantity_t",
          ("market_name", "quantity_t"), "product"),
    Theme("certified_area", "certified_area_by_district", "Diện tích được chứng nhận ATTP, VietGAP", "Theo huyện, thành phố",
          "certifications.certified_area_ha", ("area_name", "certified_area_ha")),
    Theme("credit", "credit_by_district", "Dư nợ cho vay HTX tại các tổ chức tín dụng", "Theo huyện, thành phố", "credit.outstanding_vnd",
          ("area_name", "outstanding_vnd"), "lender_kind", "lender_kinds"),
    Theme("submissions", "completeness_by_reporter", "Gửi báo cáo", "Theo đơn vị", "data.forms_expected", ("reporter_name", "")),
)  # fmt: skip


# --- what is shown ----------------------------------------------------------------------------------------------------


def read_pictures(connection: Connection, period: Period) -> list[Picture]:
    """What the charts of a period show; a theme without a figure in it has no picture."""
    periods = [*earlier(read_periods(connection), period), period][-MOST_PERIODS:]
    figures = read_figures(connection, periods)
    made = [_read_picture(connection, theme, periods, figures) for theme in THEMES]
    return [picture for picture in made if picture is not None]


def _read_picture(
    connection: Connection, theme: Theme, periods: Sequence[Period], figures: Sequence[Mapping[tuple[str, str, str], Figure]]
) -> Picture | None:
    period = periods[-1]
    totals = [found.get((theme.indicator, "", "")) for found in figures]
    now = totals[-1]
    if now is None:
        return None
    if theme.name == "submissions":
        names, parts, right = _read_submissions(connection, periods)
    else:
        names, parts = _read_parts(theme, figures)
        right = _read_rows(connection, theme, period)
    unit, divisor = _scale(now.unit, [t.value for t in totals if t is not None])

    def scaled(bar: Bar) -> Bar:
        return Bar(bar.label, None if bar.total is None else bar.total / divisor, tuple(p / divisor for p in bar.parts), bar.said)

    marks = [one.mark + ("*" if t is not None and t.is_partial else "") for one, t in zip(periods, totals, strict=True)]
    left = [Bar(mark, t.value if t else None, of) for mark, t, of in zip(marks, totals, parts, strict=True)]
    source = f"Nguồn: báo cáo của các đơn vị; số liệu đến {now.as_of:%d/%m/%Y}."
    if now.expected:
        said = tell_shortfall(now, _window(connection, theme.indicator)) or f"có đủ {now.received}/{now.expected} đơn vị gửi"
        source += f" {said[0].upper()}{said[1:]}."
    if any(mark.endswith("*") for mark in marks):
        source += " (*) Kỳ chưa đủ báo cáo, không so sánh được với kỳ khác."
    return Picture(
        theme.name, theme.mart, f"{theme.title}, {period.name}", unit,
        "Toàn tỉnh qua các kỳ" if len(periods) > 1 else "Toàn tỉnh", tuple(scaled(bar) for bar in left),
        f"{theme.right}, {period.name}", tuple(scaled(bar) for bar in right), names, source,
    )  # fmt: skip


def _window(connection: Connection, indicator: str) -> str:
    found = connection.execute(f"select time_window from mart.indicator_catalogue where indicator_code = {literal(indicator)}").fetchone()
    return str(found[0]) if found else ""


def _scale(unit: str, values: Sequence[Decimal]) -> tuple[str, Decimal]:
    """The unit of the numbers beside the bars, and what values are divided by."""
    if unit != "VND":
        return {"organisation": "HTX, THT", "attendance": "lượt người"}.get(unit, UNIT_NAMES.get(unit, unit)), Decimal(1)
    largest = max(map(abs, values))
    if largest >= 100 * 10**9:
        return "tỷ đồng", Decimal(10**9)
    return ("triệu đồng", Decimal(10**6)) if largest >= 10**6 else ("đồng", Decimal(1))


def _read_parts(
    theme: Theme, figures: Sequence[Mapping[tuple[str, str, str], Figure]]
) -> tuple[tuple[str, ...], list[tuple[Decimal, ...]]]:
    """The names of the parts, largest first, and the parts of each period; none where they do not add up to the totals."""
    none: list[tuple[Decimal, ...]] = [()] * len(figures)
    if not theme.breakdown:
        return (), none
    labels = {code.code: code.label_vi for code in codelist(theme.codes)} if theme.codes else {}
    split = [{key[2]: f.value for key, f in found.items() if key[:2] == (theme.indicator, theme.breakdown)} for found in figures]
    for found, of in zip(figures, split, strict=True):
        total = found.get((theme.indicator, "", ""))
        if total is not None and (sum(of.values()) != total.value or min(of.values(), default=Decimal(0)) < 0):
            return (), none
    weight = {code: max(of.get(code, Decimal(0)) for of in split) for of in split for code in of}
    codes = sorted((code for code in weight if weight[code] > 0), key=lambda code: (-weight[code], code))
    kept, rest = (codes, []) if len(codes) <= MOST_PARTS else (codes[: MOST_PARTS - 1], codes[MOST_PARTS - 1 :])
    names = [clean(label_of(labels, code)) for code in kept] + (["Khác"] if rest else [])
    parts = [
        tuple([of.get(code, Decimal(0)) for code in kept] + ([sum((of.get(c, Decimal(0)) for c in rest), Decimal(0))] if rest else []))
        for of in split
    ]
    return tuple(names), parts


def _read_rows(connection: Connection, theme: Theme, period: Period) -> list[Bar]:
    name, value = theme.rows
    places = name == "area_name"
    districts = f"and area_code <> '{PROVINCE}'" if places else ""
    found: dict[str, Decimal | None] = {
        label_of({}, label): None if number is None else Decimal(number)
        for label, number in connection.execute(
            f"select {name}, cast({value} as decimal(24, 6)) from mart.{theme.mart} where period = {literal(period.code)} {districts} "
            f"order by {value} desc nulls last, {name}"
        ).fetchall()
    }
    if places:
        for (owing,) in connection.execute(
            f"select reporter_name from mart.completeness_by_reporter where period = {literal(period.code)} and forms_expected > 0 "
            "and reporter_code in (select reporter_code from ref.reporters where kind <> 'agency') order by reporter_code"
        ).fetchall():
            found.setdefault(clean(owing), None)
    return _first([Bar(label, number) for label, number in found.items()])


def _first(bars: Sequence[Bar]) -> list[Bar]:
    """What fits: where there is more, the first ones and a line that says how many follow."""
    if len(bars) <= MOST_ROWS:
        return list(bars)
    left_out = len(bars) - MOST_ROWS + 1
    return [*bars[: MOST_ROWS - 1], Bar(f"và {left_out} dòng khác", None, (), "xem bảng số liệu")]


def _read_submissions(connection: Connection, periods: Sequence[Period]) -> tuple[tuple[str, ...], list[tuple[Decimal, ...]], list[Bar]]:
    """Forms on time, late and missing: of each period, and of each reporter in the last one."""

    def three(expected: int, received: int, on_time: int) -> tuple[Decimal, ...]:
        return Decimal(on_time), Decimal(received - on_time), Decimal(expected - received)

    by_period = {
        code: three(*counts)
        for code, *counts in connection.execute(
            "select period, cast(sum(forms_expected) as bigint), cast(sum(forms_received) as bigint), cast(sum(forms_on_time) as bigint) "
            "from mart.completeness_by_reporter group by period"
        ).fetchall()
    }
    rows = connection.execute(
        "select reporter_name, forms_expected, forms_received, forms_on_time from mart.completeness_by_reporter "
        f"where period = {literal(periods[-1].code)} and forms_expected > 0 order by forms_received / forms_expected, reporter_code"
    ).fetchall()
    right = [
        Bar(clean(name).removesuffix(" tỉnh Hòa Bình"), Decimal(owed), three(owed, came, timely), f"{came}/{owed}")
        for name, owed, came, timely in rows
    ]
    return SUBMISSION_PARTS, [by_period.get(one.code, ()) for one in periods], _first(right)


# --- drawing ----------------------------------------------------------------------------------------------------------

DRAWING_SECONDS, DRAWING_BYTES = 120.0, 1 << 30  # for the pictures of a period
REMEMBERED = 32

_remembered: dict[Picture, Chart] = {}
"""What was drawn last: a run that shows a picture and then writes it has it drawn once."""


class CannotDraw(RuntimeError):
    """The child process gave no pictures: a mistake of ours, or of the machine's."""


class Drawing:
    """Pictures of one period after the other, drawn by a child process while this one goes on. Those that stand in the folder as
    `write_charts` left them are taken from there, and no process is started where none is left to be drawn.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = Pool(draw_all, 1, DRAWING_SECONDS, DRAWING_BYTES, first=IMPORTED)
        self._pictures: list[Picture] = []
        self._found: dict[Picture, Chart] = {}

    def __enter__(self) -> Drawing:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._pool.close()

    def prepare(self) -> None:
        """Starts the process before the pictures are known, where none of them can have been drawn before."""
        if not _remembered and not (self._folder / LEDGER).exists():
            with contextlib.suppress(OSError):  # who begins is told
                self._pool.prepare(1)

    def begin(self, period: str, pictures: Iterable[Picture]) -> None:
        ledger = _read_ledger(self._folder)
        self._pictures, self._found = [*pictures], {}
        for picture in self._pictures:
            chart = _remembered.get(picture) or _take(self._folder, ledger, f"{period}/{picture.name}", picture)
            if chart is not None:
                self._found[picture] = chart
        due = [picture for picture in self._pictures if picture not in self._found]
        self._pool.begin([due] if due else [])

    @property
    def is_at_work(self) -> bool:
        """Whether pictures were begun that have to be drawn."""
        return bool(self._pool.tasks)

    def finish(self) -> list[Chart]:
        """The pictures that were begun. Raises CannotDraw."""
        for outcome in self._pool.finish():
            if outcome.value is None:
                raise CannotDraw(outcome.tell())
            self._found |= {chart.picture: chart for chart in outcome.value}
        _remembered.update(self._found)
        for old in [*_remembered][:-REMEMBERED]:
            del _remembered[old]
        return [self._found[picture] for picture in self._pictures]


def read_latest(connection: Connection) -> tuple[str, list[Picture]]:
    """The latest full period, empty where there is none, and its pictures."""
    shown = latest_full(connection)
    return (shown.code, read_pictures(connection, shown)) if shown else ("", [])


def as_image(chart: Chart) -> str:
    """A chart as Markdown that needs no file."""
    return f"![{chart.picture.title}](data:image/png;base64,{base64.b64encode(chart.png).decode()})"


# --- files ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """The charts of the period shown, where they are, and how many of all periods were drawn anew."""

    period: Period | None
    paths: dict[str, Path]
    drawn: int


def write_charts(folder: Path, connection: Connection, periods: Iterable[str] = ()) -> Written:
    """Brings `folder`/<period>/ up to date for the latest full period, the ones asked for and those drawn before.

    Only pictures whose content changed are drawn, and those whose files somebody altered or deleted; what no longer belongs there is removed.
    Raises LookupError for a period without figures.
    """
    known = {period.code: period for period in read_periods(connection)}
    if lost := [code for code in periods if code not in known]:
        raise LookupError(lost[0])
    shown = latest_full(connection)
    clear_drafts(folder)
    ledger = _read_ledger(folder)
    asked = {*periods, *(place.split("/")[0] for place in ledger), *([shown.code] if shown else [])}
    wanted: dict[str, object] = {}
    drawn = 0
    with Drawing(folder) as drawing:
        for code in sorted(asked & known.keys()):
            pictures = {f"{code}/{picture.name}": picture for picture in read_pictures(connection, known[code])}
            due = [place for place, picture in pictures.items() if ledger.get(place) != _describe(folder, place, picture)]
            drawing.begin(code, [pictures[place] for place in due])
            for place, chart in zip(due, drawing.finish(), strict=True):
                (folder / code).mkdir(parents=True, exist_ok=True)
                files = zip(_files(folder, place), (chart.svg, chart.png), strict=True)
                wanted[place] = [_key(pictures[place]), *(replace_file(file, data) for file, data in files)]
            wanted |= {place: ledger[place] for place in pictures if place not in wanted}
            drawn += len(due)
    for place in ledger.keys() - wanted.keys():
        for file in _files(folder, place):
            file.unlink(missing_ok=True)
    if wanted != ledger:
        write_ledger(folder / LEDGER, wanted)
    paths = {theme.name: folder / shown.code / f"{theme.name}.png" for theme in THEMES if shown and f"{shown.code}/{theme.name}" in wanted}
    return Written(shown, paths, drawn)


def _take(folder: Path, ledger: Mapping[str, object], place: str, picture: Picture) -> Chart | None:
    """The chart as `write_charts` left it, where it shows just this."""
    if ledger.get(place) == _describe(folder, place, picture):
        with contextlib.suppress(OSError):
            svg, png = (file.read_bytes() for file in _files(folder, place))
            return Chart(picture, svg, png)
    return None


def _describe(folder: Path, place: str, picture: Picture) -> object:
    """What the ledger says of a picture whose files stand as they were written."""
    return [_key(picture), *(look(file) for file in _files(folder, place))]


def _key(picture: Picture) -> str:
    return hashlib.sha256(f"{_version()} {picture!r}".encode()).hexdigest()


@cache
def _version() -> str:
    return code_version("coop_pipeline.outputs")


def _files(folder: Path, place: str) -> tuple[Path, Path]:
    return folder / f"{place}.svg", folder / f"{place}.png"


def _read_ledger(folder: Path) -> dict[str, object]:
    # Places that we did not write ourselves are not ours to remove.
    names = {theme.name for theme in THEMES}
    return {
        place: noted
        for place, noted in read_ledger(folder / LEDGER).items()
        if place.split("/")[-1] in names and place.count("/") == 1 and ".." not in place
    }


def renew_charts(settings: Settings, periods: Iterable[str] = ()) -> Written:
    """Brings warehouse/charts/ up to date with the published file: what is held back is not drawn there. Raises LookupError as above."""
    if not settings.target.is_file():
        return Written(None, {}, 0)
    with open_published(settings.target) as connection:
        return write_charts(settings.charts, connection, periods)
