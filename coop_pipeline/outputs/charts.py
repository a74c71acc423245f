"""One picture per theme, from the marts: the years side by side at the left, districts (or markets, reporters) at the right.

What a picture shows is read first, as plain data; it is drawn only where that changed. Matplotlib is imported only to draw.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from coop_pipeline.forms.codes import codelist
from coop_pipeline.forms.wording import UNIT_NAMES
from coop_pipeline.outputs.figures import (
    PROVINCE,
    Figure,
    Period,
    clean,
    cut,
    earlier,
    label_of,
    latest_full,
    read_figures,
    read_periods,
    show_rounded,
    tell_shortfall,
)
from coop_pipeline.outputs.files import clear_drafts, read_ledger, replace_file, write_ledger
from coop_pipeline.settings import Settings
from coop_pipeline.store.schema import literal
from coop_pipeline.store.warehouse import Connection, code_version, open_published

LEDGER = ".charts.json"
NOT_KNOWN = "chưa có số liệu"
MOST_PERIODS, MOST_PARTS, MOST_ROWS = 10, 5, 16
# Okabe and Ito's palette, told apart with any kind of colour vision; the last for what is missing or put together.
COLOURS, GREY = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9"), "#BBBBBB"
INK, PALE_INK = "#222222", "#666666"


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
SUBMISSION_PARTS = ("Đúng hạn", "Muộn", "Chưa gửi")


@dataclass(frozen=True, slots=True)
class Bar:
    """A total, None where it is not known, and the parts that make it."""

    label: str
    total: Decimal | None
    parts: tuple[Decimal, ...] = ()
    said: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: two panels in one unit. `names` belong to the parts of the bars at the left."""

    name: str
    mart: str
    title: str
    unit: str
    left_title: str
    left: tuple[Bar, ...]
    right_title: str
    right: tuple[Bar, ...]
    names: tuple[str, ...]
    source: str

    @property
    def alt(self) -> str:
        """The picture in words, for those who do not see it."""
        told = "; ".join(f"{bar.label}: {bar.said or (_label(bar.total) if bar.total is not None else NOT_KNOWN)}" for bar in self.right)
        return f"Biểu đồ: {self.title} ({self.unit}). {self.right_title}: {told}. {self.source}"


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture as drawn."""

    picture: Picture
    svg: bytes
    png: bytes


# --- what is shown ----------------------------------------------------------------------------------------------------


def read_pictures(connection: Connection, period: Period) -> list[Picture]:
    """What the charts of a period show; a theme without a figure in it has no picture."""
    periods = [*earlier(read_periods(connection), period), period][-MOST_PERIODS:]
    figures = [read_figures(connection, one.code) for one in periods]
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


def _label(value: Decimal) -> str:
    return show_rounded(value, 1 if abs(value) < 1000 else 0)


# --- drawing ----------------------------------------------------------------------------------------------------------

WIDTH, DOTS = 7.4, 150  # inches; dots an inch of the PNG


@lru_cache(maxsize=32)
def draw(picture: Picture) -> Chart:
    """The same picture always gives the same bytes; a run that shows it and then writes it draws it once."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet
    from PIL import Image

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.family": "DejaVu Sans", "font.size": 8, "text.color": INK, "text.parse_math": False,
                "svg.hashsalt": picture.name, "svg.fonttype": "path",
            }
        )  # fmt: skip
        height = 1.0 + max(2.1, 0.2 * len(picture.right) + 0.1)
        sheet = Sheet(figsize=(WIDTH, height), dpi=DOTS, facecolor="white")

        def place(left: float, bottom: float, width: float, top: float) -> Any:
            axes = sheet.add_axes((left / WIDTH, bottom / height, width / WIDTH, (height - top - bottom) / height))
            axes.set_axis_off()
            return axes

        def write(x: float, y: float, text: str, **look: Any) -> None:
            sheet.text(x / WIDTH, y / height, _drawable(text), **look)

        write(0.1, height - 0.2, picture.title, fontsize=10.5, fontweight="bold", va="center")
        for x, text in ((0.1, picture.left_title), (3.75, picture.right_title)):
            write(x, height - 0.45, f"{text} ({picture.unit})", fontsize=8, color=PALE_INK, va="center")
        for row, line in enumerate(reversed(textwrap.wrap(picture.source, 130))):
            write(0.1, 0.1 + 0.13 * row, line, fontsize=6.5, color=PALE_INK, va="center")
        _draw_columns(place(0.1, 0.55, 2.4 if picture.names else 3.2, 0.8), picture, 2.4 if picture.names else 3.2)
        _draw_rows(place(5.35, 0.35, 1.5, 0.6), picture)
        svg, png = io.BytesIO(), io.BytesIO()
        sheet.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        canvas: Any = FigureCanvasAgg(sheet)
        canvas.draw()
        # A few colours are enough, and a third of the bytes: every run keeps the pictures in its history.
        pixels = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
        few = pixels.convert("RGB").quantize(48, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(png, "png", dpi=(DOTS, DOTS), optimize=True)
    return Chart(picture, svg.getvalue(), png.getvalue())


def _colours(names: Sequence[str]) -> list[str]:
    return [GREY if name in ("Khác", "không ghi", SUBMISSION_PARTS[2]) else COLOURS[i % len(COLOURS)] for i, name in enumerate(names)]


def _draw_columns(axes: Any, picture: Picture, width: float) -> None:
    """The periods as columns, the parts named beside the last one."""
    count = len(picture.left)
    pitch = width / max(count, 3)
    colours = _colours(picture.names)
    known = [bar.total for bar in picture.left if bar.total is not None]
    low, high = float(min([*known, Decimal(0)])), float(max([*known, Decimal(0)]))
    span = high - low or 1.0
    axes.set_xlim(-0.5 - (max(count, 3) - count) / 2, max(count, 3) - 0.5 - (max(count, 3) - count) / 2)
    axes.set_ylim(low - 0.02 * span, high + 0.02 * span)
    for x, bar in enumerate(picture.left):
        parts = bar.parts if picture.names and bar.parts else (bar.total or Decimal(0),)
        base = 0.0
        for part, colour in zip(parts, colours or [COLOURS[0]], strict=False):
            axes.bar(x, float(part), 0.62, bottom=base, color=colour, linewidth=0)
            base += float(part)
        text = NOT_KNOWN if bar.total is None else _label(bar.total)
        steep = 90 if bar.total is None or len(text) * 0.075 > pitch else 0
        below = bar.total is not None and bar.total < 0
        axes.annotate(
            text, (x, float(bar.total or 0)), (0, -3 if below else 3), textcoords="offset points", ha="center", va="top" if below else "bottom",
            rotation=steep, fontsize=7.5, color=INK if bar.total is not None else PALE_INK,
        )  # fmt: skip
        mark = _drawable(bar.label)
        axes.annotate(
            mark, (x, low), (0, -5 - (10 if low < 0 else 0)), textcoords="offset points", ha="center", va="top", fontsize=7.5,
            rotation=90 if len(mark) * 0.075 > pitch else 0,
        )  # fmt: skip
    axes.axhline(0, color=PALE_INK, linewidth=0.6)
    if picture.names and picture.left[-1].parts:
        _name_parts(axes, picture, colours, count - 0.6, low, span)


def _name_parts(axes: Any, picture: Picture, colours: Sequence[str], x: float, low: float, span: float) -> None:
    """Each name beside its part of the last column, moved where two would touch."""
    lines = [textwrap.wrap(_drawable(cut(name, 36)), 19)[:2] or [""] for name in picture.names]
    room = [0.09 * span * len(of) for of in lines]
    middles, base = [], 0.0
    for part in picture.left[-1].parts:
        middles.append(base + float(part) / 2)
        base += float(part)
    for y, colour, of in zip(_spread(middles, room, low + span), colours, lines, strict=True):
        axes.plot([x], [y], "s", color=colour, markersize=4.5, clip_on=False)
        axes.annotate(
            "\n".join(of), (x, y), (6, 0), textcoords="offset points", va="center", fontsize=7, linespacing=1.0, annotation_clip=False
        )


def _spread(middles: Sequence[float], room: Sequence[float], top: float) -> list[float]:
    """Rising positions, as near as may be to those asked for, each with its room around it, the last below the top."""
    placed = list(middles)
    for i in range(1, len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + (room[i - 1] + room[i]) / 2)
    for i in reversed(range(len(placed))):
        limit = placed[i + 1] - (room[i] + room[i + 1]) / 2 if i + 1 < len(placed) else top - room[i] / 2
        placed[i] = min(placed[i], limit)
    return placed


def _draw_rows(axes: Any, picture: Picture) -> None:
    """Districts, markets or reporters as bars, each with its name and its value."""
    rows = picture.right
    known = [bar.total for bar in rows if bar.total is not None]
    low, high = float(min([*known, Decimal(0)])), float(max([*known, Decimal(0)]))
    span = high - low or 1.0
    axes.set_xlim(low, low + span)
    axes.set_ylim(max(len(rows), 6) - 0.5, -0.5)
    colours = _colours(picture.names) if any(bar.parts for bar in rows) else []
    for y, bar in enumerate(rows):
        left = 0.0
        for part, colour in zip(bar.parts or (bar.total or Decimal(0),), colours or [COLOURS[0]], strict=False):
            axes.barh(y, float(part), 0.66, left=left, color=colour, linewidth=0)
            left += float(part)
        text = bar.said or (NOT_KNOWN if bar.total is None else _label(bar.total))
        axes.annotate(
            _drawable(text), (float(max(bar.total or 0, 0)), y), (3, 0), textcoords="offset points", va="center", fontsize=7.5,
            color=INK if bar.total is not None else PALE_INK,
        )  # fmt: skip
        name = textwrap.wrap(_drawable(cut(bar.label, 56)), 28)[:2] or [""]
        axes.annotate(
            "\n".join(name), (low, y), (-4, 0), textcoords="offset points", ha="right", va="center", linespacing=0.95,
            fontsize=7.5 if len(name) == 1 else 6,
        )  # fmt: skip
    axes.plot([0, 0], [-0.5, len(rows) - 0.5], color=PALE_INK, linewidth=0.6)


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def _drawable(text: str) -> str:
    """Signs that the font does not have become boxes, without a warning for each."""
    return "".join(c if ord(c) in _glyphs() or c == "\n" else "□" for c in text)


# --- files ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """The charts of the period shown, where they are, and how many of all periods were drawn anew."""

    period: Period | None
    paths: dict[str, Path]
    drawn: int


def write_charts(folder: Path, connection: Connection, periods: Iterable[str] = ()) -> Written:
    """Brings `folder`/<period>/ up to date for the latest full period, the ones asked for and those drawn before.

    Only pictures whose content changed are drawn; what no longer belongs there is removed. Raises LookupError for a period without figures.
    """
    known = {period.code: period for period in read_periods(connection)}
    if lost := [code for code in periods if code not in known]:
        raise LookupError(lost[0])
    shown = latest_full(connection)
    clear_drafts(folder)
    ledger = _read_ledger(folder)
    asked = {*periods, *(place.split("/")[0] for place in ledger), *([shown.code] if shown else [])}
    wanted: dict[str, str] = {}
    drawn = 0
    for code in sorted(asked & known.keys()):
        for picture in read_pictures(connection, known[code]):
            place = f"{code}/{picture.name}"
            wanted[place] = _key(picture)
            if ledger.get(place) != wanted[place] or not all(file.exists() for file in _files(folder, place)):
                chart = draw(picture)
                (folder / code).mkdir(parents=True, exist_ok=True)
                for file, data in zip(_files(folder, place), (chart.svg, chart.png), strict=True):
                    replace_file(file, data)
                drawn += 1
    for place in ledger.keys() - wanted.keys():
        for file in _files(folder, place):
            file.unlink(missing_ok=True)
    if wanted != ledger:
        write_ledger(folder / LEDGER, wanted)
    paths = {theme.name: folder / shown.code / f"{theme.name}.png" for theme in THEMES if shown and f"{shown.code}/{theme.name}" in wanted}
    return Written(shown, paths, drawn)


def take_or_draw(folder: Path, period: str, picture: Picture) -> Chart:
    """The chart as `write_charts` left it in the folder, where it shows just this; else drawn now."""
    place = f"{period}/{picture.name}"
    if _read_ledger(folder).get(place) == _key(picture):
        with contextlib.suppress(OSError):
            svg, png = (file.read_bytes() for file in _files(folder, place))
            return Chart(picture, svg, png)
    return draw(picture)


def _key(picture: Picture) -> str:
    return hashlib.sha256(f"{_version()} {picture!r}".encode()).hexdigest()


@cache
def _version() -> str:
    return code_version("coop_pipeline.outputs")


def _files(folder: Path, place: str) -> tuple[Path, Path]:
    return folder / f"{place}.svg", folder / f"{place}.png"


def _read_ledger(folder: Path) -> dict[str, str]:
    # Places that we did not write ourselves are not ours to remove.
    names = {theme.name for theme in THEMES}
    return {
        place: str(key)
        for place, key in read_ledger(folder / LEDGER).items()
        if place.split("/")[-1] in names and place.count("/") == 1 and ".." not in place
    }


def renew_charts(settings: Settings, periods: Iterable[str] = ()) -> Written:
    """Brings warehouse/charts/ up to date with the published file: what is held back is not drawn there. Raises LookupError as above."""
    if not settings.target.is_file():
        return Written(None, {}, 0)
    with open_published(settings.target) as connection:
        return write_charts(settings.charts, connection, periods)


def show_charts(folder: Path, connection: Connection) -> dict[str, str]:
    """By mart table: the picture of the latest full period as Markdown, for the UI; from the folder where it stands there already."""
    shown = latest_full(connection)
    pictures = read_pictures(connection, shown) if shown else []
    return {
        picture.mart: f"![{picture.title}](data:image/png;base64,{base64.b64encode(take_or_draw(folder, shown.code, picture).png).decode()})"
        for picture in pictures
        if shown
    }
