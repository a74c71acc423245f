"""The charts: what they show of figures written by hand, the same bytes each time, and nothing that breaks them."""

from __future__ import annotations

import re
import signal
import sys
import threading
import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from unittest.mock import Mock

import duckdb
import pytest

from coop_pipeline import stages
from coop_pipeline.defs import computation
from coop_pipeline.defs.computation import Computation
from coop_pipeline.outputs import charts
from coop_pipeline.outputs.charts import Drawing, as_image, read_latest, read_pictures, renew_charts, write_charts
from coop_pipeline.outputs.drawing import NOT_KNOWN, Bar, Picture, draw
from coop_pipeline.outputs.figures import latest_full, read_periods
from coop_pipeline.settings import Settings
from coop_pipeline.store.warehouse import Connection
from tests.by_hand import Owed, Row, meddled, published, working

DISTRICTS = ("148", "150", "152", "153", "154", "155", "156", "157", "158", "159")
HOSTILE = (
    "$\\frac{1}{0}$",
    "$",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>&amp;",
    "{{ 7*7 }} ${x} %s",
    "\x00\ufffe\u202e\U0001f34c",
    "x" * 400,
    "  ",
    "\\alpha_{^",
)


def pictures(rows: list[Row], owed: list[Owed] = [], period: str = "") -> dict[str, Picture]:  # noqa: B006
    with working(rows, owed) as connection:
        known = {one.code: one for one in read_periods(connection)}
        shown = known[period] if period else latest_full(connection)
        assert shown is not None
        return {picture.name: picture for picture in read_pictures(connection, shown)}


def picture(left: list[Bar], right: list[Bar], names: tuple[str, ...] = (), title: str = "Biểu đồ thử") -> Picture:
    return Picture(
        "credit", "credit_by_district", title, "triệu đồng", "Toàn tỉnh", tuple(left), "Theo huyện", tuple(right), names, "Nguồn: thử."
    )


def show(folder: Path, connection: Connection) -> dict[str, str]:
    with Drawing(folder) as drawing:
        drawing.begin(*read_latest(connection))
        return {chart.picture.mart: as_image(chart) for chart in drawing.finish()}


CREDIT = [
    Row("credit.outstanding_vnd", "2020", 20_000_000_000),
    Row("credit.outstanding_vnd", "2020", 15_000_000_000, breakdown="lender_kind", of="bank"),
    Row("credit.outstanding_vnd", "2020", 5_000_000_000, breakdown="lender_kind", of="policy_bank"),
    Row("credit.outstanding_vnd", "2021", "24936000000"),
    Row("credit.outstanding_vnd", "2021", "20000000000", breakdown="lender_kind", of="bank"),
    Row("credit.outstanding_vnd", "2021", "4936000000", breakdown="lender_kind", of="unknown"),
    Row("credit.outstanding_vnd", "2021", "24000000000", area="152"),
    Row("credit.outstanding_vnd", "2021", 0, area="150"),
]


def test_a_picture_shows_the_figures() -> None:
    credit = pictures(CREDIT)["credit"]
    assert credit.title == "Dư nợ cho vay HTX tại các tổ chức tín dụng, năm 2021"
    assert credit.unit == "triệu đồng"
    assert credit.names == ("Ngân hàng thương mại", "Ngân hàng Chính sách xã hội", "không ghi")
    assert [(bar.label, bar.total, bar.parts) for bar in credit.left] == [
        ("2020", Decimal(20000), (Decimal(15000), Decimal(5000), Decimal(0))),
        ("2021", Decimal(24936), (Decimal(20000), Decimal(0), Decimal(4936))),
    ]
    assert [(bar.label, bar.total) for bar in credit.right] == [("Huyện Lương Sơn", Decimal(24000)), ("Huyện Đà Bắc", Decimal(0))]
    assert "31/12/2021" in credit.source
    assert "đủ 10/10" in credit.source
    assert "Huyện Lương Sơn: 24.000" in credit.alt


def test_parts_that_do_not_make_the_total_are_left_out() -> None:
    credit = pictures([*CREDIT, Row("credit.outstanding_vnd", "2021", 1, breakdown="lender_kind", of="credit_fund")])["credit"]
    assert credit.names == ()
    assert all(bar.parts == () for bar in credit.left)


def test_a_district_that_owes_and_has_no_figure_is_shown_without_one() -> None:
    credit = pictures(CREDIT, [Owed("159", "loans", "2021", received=False), Owed("17-NHNN", "loans", "2021")])["credit"]
    assert [bar.label for bar in credit.right if bar.total is None] == ["Huyện Lạc Thủy"]
    assert NOT_KNOWN in credit.alt


def test_missing_reporters_are_said() -> None:
    rows = [Row("certifications.certified_area_ha", "2021", "10.5", received=8), Row("certifications.certified_area_ha", "2020", "9.5")]
    area = pictures(rows)["certified_area"]
    assert [bar.label for bar in area.left] == ["2020", "2021*"]
    assert "Mới có 8/10" in area.source
    assert "(*)" in area.source


def test_submissions_are_told_by_reporter() -> None:
    owed = [Owed("152", "loans", "2021"), Owed("152", "training", "2021", on_time=False), Owed("152", "exports", "2021", received=False)]
    made = pictures([Row("data.forms_expected", "2021", 3)], owed)["submissions"]
    (bar,) = made.right
    assert (bar.label, bar.total, bar.parts, bar.said) == ("Huyện Lương Sơn", Decimal(3), (Decimal(1), Decimal(1), Decimal(1)), "2/3")
    assert made.left[0].parts == bar.parts


def test_no_figures_no_picture() -> None:
    with working([]) as connection:
        assert latest_full(connection) is None
        assert read_periods(connection) == []
    assert pictures([Row("training.classes", "2021", 3)]) == {}


def test_other_kinds_of_period_are_not_mixed() -> None:
    rows = [Row("credit.outstanding_vnd", code, 10**9) for code in ("2020", "2020-Q4", "2021-Q1", "2021-Q2", "2021")]
    assert [bar.label for bar in pictures(rows, period="2021-Q2")["credit"].left] == ["Q.IV/2020", "Q.I/2021", "Q.II/2021"]
    assert [bar.label for bar in pictures(rows)["credit"].left] == ["2020", "2021"]


def test_at_most_ten_periods() -> None:
    rows = [Row("credit.outstanding_vnd", str(year), 10**9) for year in range(2005, 2022)]
    assert [bar.label for bar in pictures(rows)["credit"].left] == [str(year) for year in range(2012, 2022)]


def test_markets_by_name() -> None:
    rows = [Row("exports.quantity_t", "2021", 30)] + [
        Row("exports.quantity_t", "2021", amount, breakdown="market", of=of) for of, amount in (("CN", 20), ("unknown", 7), ("ZZ", 3))
    ]
    assert [bar.label for bar in pictures(rows)["exports"].right] == ["Trung Quốc", "không ghi", "ZZ"]


def test_many_rows_are_cut_and_counted() -> None:
    assert [bar.label for bar in charts._first([Bar(str(i), Decimal(i)) for i in range(40)])][-1] == "và 25 dòng khác"


SHAPES = {
    "one period": picture([Bar("2021", Decimal(5))], [Bar("A", Decimal(5))]),
    "nothing known": picture([Bar("2021", None)], [Bar("A", None)]),
    "no rows": picture([Bar("2021", Decimal(0))], []),
    "zeros": picture([Bar("2020", Decimal(0)), Bar("2021", Decimal(0))], [Bar("A", Decimal(0))]),
    "negative": picture([Bar("2020", Decimal(-5)), Bar("2021", Decimal("3.5"))], [Bar("A", Decimal(-5)), Bar("B", Decimal(2))]),
    "ten periods": picture([Bar(f"6T đầu {2012 + i}", Decimal(1000 * i)) for i in range(10)], [Bar(f"Huyện số {i}", Decimal(10**i)) for i in range(10)]),
    "parts": picture([Bar("2021", Decimal(10), (Decimal(9), Decimal(1), Decimal(0)))], [Bar("A", Decimal(10))], ("Lớn", "Nhỏ", "Không")),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_drawn(shape: str) -> None:
    chart = draw(SHAPES[shape])
    assert ET.fromstring(chart.svg).tag.endswith("svg")
    assert chart.png.startswith(b"\x89PNG")
    assert len(chart.png) < 60_000


def test_the_same_picture_gives_the_same_bytes() -> None:
    first, second = draw(SHAPES["parts"]), draw(SHAPES["parts"])
    assert (first.svg, first.png) == (second.svg, second.png)
    assert b"<dc:date>" not in first.svg


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(text: str) -> None:
    rows = [Row("exports.quantity_t", "2021", 30), Row("exports.quantity_t", "2021", 30, breakdown="product", of=text)]
    made = pictures(rows)["exports"]
    svg = draw(made).svg
    assert b"<script" not in svg
    ET.fromstring(svg)


def test_files_follow_the_figures(tmp_path: Path) -> None:
    with working(CREDIT) as connection:
        first = write_charts(tmp_path, connection)
        assert first.period is not None
        assert (first.period.code, first.drawn, list(first.paths)) == ("2021", 1, ["credit"])
        assert sorted(path.name for path in (tmp_path / "2021").iterdir()) == ["credit.png", "credit.svg"]
        before = first.paths["credit"].stat().st_mtime_ns
        assert write_charts(tmp_path, connection).drawn == 0
        assert first.paths["credit"].stat().st_mtime_ns == before
        shown = show(tmp_path, connection)["credit_by_district"]
        assert shown.startswith("![Dư nợ")
        charts._remembered.clear()
        whole = first.paths["credit"].read_bytes()
        for change in (Path.unlink, lambda path: path.write_bytes(b"somebody's own")):
            change(first.paths["credit"])
            assert show(tmp_path, connection)["credit_by_district"] == shown
            assert write_charts(tmp_path, connection).drawn == 1
            assert first.paths["credit"].read_bytes() == whole
            assert write_charts(tmp_path, connection).drawn == 0
        first.paths["credit"].unlink()
        with meddled(charts):
            write_charts(tmp_path, connection)
        assert [write_charts(tmp_path, connection).drawn for _ in "12"] == [1, 0], "what somebody did at that moment is not ours"
        assert write_charts(tmp_path, connection, ["2020"]).drawn == 1
        with pytest.raises(LookupError, match="1999"):
            write_charts(tmp_path, connection, ["1999"])
        connection.execute("update mart.indicators set value = value + 1 where area_code = '17' and breakdown = '' and period = '2021'")
        assert write_charts(tmp_path, connection).drawn == 1, "the year before is as it was"
        connection.execute("delete from mart.indicators where period = '2020'")
        write_charts(tmp_path, connection)
        assert not (tmp_path / "2020" / "credit.svg").exists()


def test_a_child_draws_while_its_parent_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "_remembered", {})
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # not to be imported here
    made = SHAPES["parts"]
    with Drawing(tmp_path) as drawing:
        drawing.prepare()
        assert len(drawing._pool.workers) == 1
        drawing.begin("2021", [made, SHAPES["zeros"]])
        assert drawing.is_at_work
        assert [chart.picture for chart in drawing.finish()] == [made, SHAPES["zeros"]]
        drawing.begin("2021", [SHAPES["negative"]])  # by the same one
        (child,) = drawing._pool.workers
        child.process.kill()
        assert drawing.finish()[0].picture == SHAPES["negative"], "another one takes its place"
        (other,) = drawing._pool.workers
    assert {child.process.returncode, other.process.returncode} == {-signal.SIGKILL}
    with Drawing(tmp_path) as drawing:
        drawing.prepare()
        drawing.begin("2021", [made])
        assert drawing.finish()[0].picture == made
        assert not drawing._pool.workers, "what was drawn already needs no process"
        assert not drawing.is_at_work


def test_figures_do_not_wait_for_a_picture_that_cannot_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computation, "read_latest", lambda connection: ("2021", [replace(SHAPES["parts"], left=())]))
    monkeypatch.setattr(stages, "build_marts", Mock())
    settings = Settings(tmp_path, tmp_path, tmp_path)
    for is_ahead in (False, True):
        with duckdb.connect() as connection, Computation(settings, connection) as made:
            if is_ahead:
                made.begin()
            made.finish()
            assert [made.show(mart) for mart in ("events", "credit_by_district", "completeness_by_reporter")] == [""] * 3
            made.say(log := Mock())
        ((sentence,), said) = log.error.call_args
        assert sentence.startswith("Không vẽ được biểu đồ; số liệu không bị ảnh hưởng.")
        assert re.search(r"CannotDraw: failed: IndexError: .*drawing\.py.*_draw_columns", str(said["exc_info"]))


def test_marts_are_made_ahead_where_they_are_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong in the thread is raised where the run waits for it."""
    made: list[bool] = []

    def fail(connection: Connection) -> None:
        made.append(threading.current_thread() is threading.main_thread())
        raise duckdb.Error("no mart")

    monkeypatch.setattr(stages, "build_marts", fail)
    for has_few in (True, False):
        monkeypatch.setattr(computation, "has_few_rows", lambda connection: has_few)  # noqa: B023
        with duckdb.connect() as connection, Computation(Settings(tmp_path, tmp_path, tmp_path), connection) as marts:
            marts.begin()
            with pytest.raises(duckdb.Error, match="no mart"):
                marts.finish()
    assert made == [False, True]


def test_only_what_is_published_becomes_a_file(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "raw", tmp_path, tmp_path / "corrections")
    assert renew_charts(settings).paths == {}, "nothing is published"
    published(tmp_path, CREDIT)
    assert renew_charts(settings).drawn == 1
    assert renew_charts(settings).drawn == 0
    stands = (settings.charts / "2021" / "credit.svg").read_bytes()
    with working(CREDIT) as connection:
        before = show(settings.charts, connection)
    held = [*CREDIT, Row("credit.outstanding_vnd", "2021", 77_000_000_000, area="153")]
    with working(held) as connection:
        assert show(settings.charts, connection) != before
    assert (settings.charts / "2021" / "credit.svg").read_bytes() == stands


def test_the_latest_year_with_half_of_its_forms_is_shown() -> None:
    rows = [
        Row("data.completeness_ratio", "2020", "0.9"),
        Row("data.completeness_ratio", "2021", "0.2"),
        Row("training.classes", "2021-Q1", 1),
    ]
    with working(rows) as connection:
        shown = latest_full(connection)
        assert shown is not None
        assert shown.code == "2020"
