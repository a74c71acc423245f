"""How a picture is drawn, by Matplotlib, whose import costs more than a picture: so it is left to a child process (`charts.Drawing`)."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from coop_pipeline.outputs.figures import cut, show_rounded

IMPORTED = ("matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg", "matplotlib.figure", "PIL.PngImagePlugin")
NOT_KNOWN = "chưa có số liệu"
SUBMISSION_PARTS = ("Đúng hạn", "Muộn", "Chưa gửi")
# Okabe and Ito's palette, told apart with any kind of colour vision; the last for what is missing or put together.
COLOURS, GREY = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9"), "#BBBBBB"
INK, PALE_INK = "#222222", "#666666"
WIDTH, DOTS = 7.4, 150  # inches; dots an inch of the PNG


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


def draw_all(pictures: Sequence[Picture]) -> list[Chart]:
    return [draw(picture) for picture in pictures]


def draw(picture: Picture) -> Chart:
    """The same picture always gives the same bytes."""
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
        few.save(png, "png", dpi=(DOTS, DOTS), compress_level=8)  # 9 takes twice as long for one byte in a hundred
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
            _fill(axes, x - 0.31, base, 0.62, float(part), colour)
            base += float(part)
        text = NOT_KNOWN if bar.total is None else _label(bar.total)
        steep = 90 if bar.total is None or len(text) * 0.075 > pitch else 0
        below = bar.total is not None and bar.total < 0
        _note(
            axes, text, (x, float(bar.total or 0)), (0, -3 if below else 3), ha="center", va="top" if below else "bottom", rotation=steep,
            fontsize=7.5, color=INK if bar.total is not None else PALE_INK,
        )  # fmt: skip
        mark = _drawable(bar.label)
        _note(
            axes, mark, (x, low), (0, -5 - (10 if low < 0 else 0)), ha="center", va="top", fontsize=7.5,
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
        _note(axes, "\n".join(of), (x, y), (6, 0), va="center", fontsize=7, linespacing=1.0)


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
            _fill(axes, left, y - 0.33, float(part), 0.66, colour)
            left += float(part)
        text = bar.said or (NOT_KNOWN if bar.total is None else _label(bar.total))
        _note(
            axes, _drawable(text), (float(max(bar.total or 0, 0)), y), (3, 0), va="center", fontsize=7.5,
            color=INK if bar.total is not None else PALE_INK,
        )  # fmt: skip
        name = textwrap.wrap(_drawable(cut(bar.label, 56)), 28)[:2] or [""]
        _note(
            axes, "\n".join(name), (low, y), (-4, 0), ha="right", va="center", linespacing=0.95, fontsize=7.5 if len(name) == 1 else 6,
        )  # fmt: skip
    axes.plot([0, 0], [-0.5, len(rows) - 0.5], color=PALE_INK, linewidth=0.6)


def _fill(axes: Any, left: float, bottom: float, width: float, height: float, colour: str) -> None:
    """A part of a bar. `axes.bar` takes eight times as long, for units and limits that are settled here."""
    from matplotlib.patches import Rectangle

    axes.add_artist(Rectangle((left, bottom), width, height, facecolor=colour, linewidth=0))


def _note(axes: Any, text: str, place: tuple[float, float], shift: tuple[float, float], **look: Any) -> None:
    """A text some points away from a place, which is not asked whether it lies in the axes."""
    axes.annotate(text, place, shift, textcoords="offset points", annotation_clip=False, **look)


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def _drawable(text: str) -> str:
    """Signs that the font does not have become boxes, without a warning for each."""
    return "".join(c if ord(c) in _glyphs() or c == "\n" else "□" for c in text)


def _label(value: Decimal) -> str:
    return show_rounded(value, 1 if abs(value) < 1000 else 0)
