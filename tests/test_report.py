"""The report: what it says of figures written by hand, that every number is the marts', and that each format opens and is only text."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import docx
import duckdb
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coop_pipeline.cli import main
from coop_pipeline.outputs import rendering
from coop_pipeline.outputs.figures import Figure, Period, show_amount, show_difference, tell_change
from coop_pipeline.outputs.narrative import ANNEXES, PARTS, Says, Splits
from coop_pipeline.outputs.rendering import TEMPLATES, render, save, write_reports
from coop_pipeline.outputs.report import CannotReport, Report, Shown, read_report, scale_of
from coop_pipeline.settings import Settings
from tests.by_hand import UNITS, Owed, Row, meddled, published

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "{% for x in y %}",
    "${jndi:x}",
    "&lt;&amp;",
    "a\x00b\u202ec\nd",
    "| **x** |",
)
FORMS = ("cooperative_reports", "training", "loans")
ROWS = [
    Row("cooperatives.total", "2020", 510), Row("cooperatives.total", "2021", 541),
    Row("cooperatives.total", "2021", 454, breakdown="kind", of="HTX"), Row("cooperatives.total", "2021", 87, breakdown="kind", of="THT"),
    Row("cooperatives.total", "2021", 300, area="152"), Row("cooperatives.total", "2021", 241, area="150", expected=1, received=0),
    Row("cooperatives.suspended", "2020", 42), Row("cooperatives.suspended", "2021", 36),
    Row("cooperatives.awaiting_dissolution", "2020", 9), Row("cooperatives.awaiting_dissolution", "2021", 9),
    Row("cooperatives.new", "2021", 31),
    Row("training.manager_attendances", "2020", 5846), Row("training.manager_attendances", "2021", 8964, received=8),
    Row("credit.outstanding_vnd", "2020", "25227000000", received=9), Row("credit.outstanding_vnd", "2021", "24936000000"),
    Row("credit.share_of_total", "2020", "0.00094"), Row("credit.share_of_total", "2021", "0.00084203"),
    Row("certifications.certified_area_ha", "2020", 0), Row("certifications.certified_area_ha", "2021", "1495.45"),
    Row("models.ipm", "2021", 600),
]  # fmt: skip
OWED = [Owed(reporter, form, "2021", received=reporter != "150") for reporter in ("150", "152") for form in FORMS] + [
    Owed("159", "training", "2021", on_time=False)
]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("published"), ROWS, OWED)


@pytest.fixture(scope="module")
def report(file: Path) -> Report:
    return read_report(file, "2021")


def text_of(report: Report, title: str) -> str:
    (section,) = [section for section in report.sections if section.title == title]
    return "\n".join("".join(map(str, sentence)) for sentence in section.paragraphs)


# ---- sentences


def test_words_follow_the_figures(report: Report) -> None:
    told = text_of(report, "Tổ chức")
    assert "541 tổ chức kinh tế tập thể (tăng 31 đơn vị, tương đương 6,1%, so với cuối năm 2020)" in told
    assert "tạm ngừng hoạt động 36 đơn vị (giảm 6 đơn vị, tương đương 14,3%)" in told
    assert "chờ giải thể 9 đơn vị (không đổi)" in told
    assert "gồm hợp tác xã (454), tổ hợp tác (87)" in told
    assert "thành lập mới là 31 (năm 2020 chưa có số liệu để so sánh)" in told
    assert "Huyện Lương Sơn (300), Huyện Đà Bắc (241)" in told
    assert "Chưa có số liệu năm 2021: HTX, THT đang hoạt động; HTX, THT đã giải thể." in told


def test_cumulative_figures_and_ratios(report: Report) -> None:
    assert "8.964 lượt cán bộ quản lý HTX (chưa so sánh vì mới có 8/10 đơn vị gửi)" in text_of(report, "Đào tạo, bồi dưỡng, tập huấn")
    credit = text_of(report, "Tín dụng")
    assert "24,936 tỷ đồng (chưa so sánh vì năm 2020 mới có 9/10 đơn vị gửi)" in credit
    assert "chiếm 0,08% tổng dư nợ trên địa bàn tỉnh (giảm 0,01 điểm phần trăm so với cuối năm 2020)" in credit
    assert "1.495,45 ha (tăng 1.495,45 ha so với cuối năm 2020)" in text_of(report, "An toàn thực phẩm và chứng nhận chất lượng"), (
        "no per cent of nothing"
    )


def test_the_first_period_is_compared_with_none(file: Path) -> None:
    first = read_report(file, "2020", pictures=False)
    assert first.previous is None
    assert "kỳ đầu tiên" in first.basis
    said = " ".join("".join(map(str, p)) for s in first.sections for p in s.paragraphs)
    assert "so với" not in said
    assert "tăng" not in said
    assert "lượt cán bộ quản lý HTX." in said


def test_missing_reporters_are_said_first_and_beside_the_figures(report: Report) -> None:
    assert report.notices[0] == "SỐ LIỆU CHƯA ĐẦY ĐỦ: còn 1/3 đơn vị chưa gửi đủ báo cáo năm 2021."
    assert "Huyện Đà Bắc (thiếu 3/3 biểu)" in report.notices[1]
    assert "Đơn vị gửi muộn: Huyện Lạc Thủy (1/1 biểu)." in text_of(report, "Kết quả gửi")
    assert [row[4] for row in report.reporters.rows] == ["Chưa gửi", "Đủ, đúng hạn", "Đủ, có biểu muộn"]
    assert "Danh sách" in str(report.reporters.rows[0][5])
    annex = next(table for table in report.annexes if table.name == "cooperatives_by_district")
    assert [row[0] for row in annex.rows] == ["Toàn tỉnh", "Huyện Đà Bắc (*)", "Huyện Lương Sơn"]
    assert annex.notes[-1].startswith("(*)")
    credit = next(table for table in report.annexes if table.name == "credit_by_district")
    assert [(row[0], row[1]) for row in credit.rows] == [("Toàn tỉnh", Decimal(24_936_000_000)), ("Huyện Đà Bắc (*)", None)]
    assert ("Lượt cán bộ quản lý HTX được đào tạo", "chưa so sánh vì mới có 8/10 đơn vị gửi") in [
        (row[0], row[6]) for row in report.summary.rows
    ]


def test_incomplete_totals_are_not_compared(tmp_path: Path) -> None:
    rows = [
        Row("cooperatives.total", "2021", 541), Row("cooperatives.total", "2022", 124, received=2),
        Row("training.manager_attendances", "2021", 8964), Row("training.manager_attendances", "2022", 8964, received=0),
        Row("credit.outstanding_vnd", "2021", 9, expected=1), Row("credit.outstanding_vnd", "2022", 7, expected=1, received=0),
        Row("technology.processes", "2021", 400, received=9), Row("technology.processes", "2022", 410, received=3),
        Row("models.ipm", "2022", 5, received=4),
    ]  # fmt: skip
    report = read_report(published(tmp_path, rows), "2022")
    said = " ".join("".join(map(str, p)) for s in report.sections for p in s.paragraphs)
    assert "124 tổ chức kinh tế tập thể (chưa so sánh vì mới có 2/10 đơn vị gửi)" in said
    assert "8.964 lượt cán bộ quản lý HTX (chưa so sánh vì chưa đơn vị nào gửi, theo số liệu đến kỳ trước)" in said
    assert "7 đồng (chưa so sánh vì chưa đơn vị nào gửi)" in said
    assert "(chưa so sánh vì mới có 3/10 đơn vị gửi; năm 2021 mới có 9/10 đơn vị gửi)" in said
    assert "(năm 2021 chưa có số liệu để so sánh; mới có 4/10 đơn vị gửi)" in said
    assert not re.search("tăng |giảm |không đổi", said)
    assert all(row[4] is None and row[5] is None and row[6] for row in report.summary.rows)
    assert "chỉ so sánh với năm 2021 ở những chỉ tiêu mà cả hai kỳ đã đủ báo cáo" in report.basis
    charts = {section.chart.picture.name: section.chart.picture for section in report.sections if section.chart}
    assert "Mới có 2/10 đơn vị gửi." in charts["cooperatives"].alt
    assert "Chưa đơn vị nào gửi." in charts["credit"].alt


def test_a_full_period_has_no_notice(tmp_path: Path) -> None:
    full = read_report(published(tmp_path, [Row("training.classes", "2021", 3)], [Owed("152", "training", "2021")]), "2021", pictures=False)
    assert full.notices == ()
    assert "mới có" not in text_of(full, "Đào tạo, bồi dưỡng, tập huấn")


def test_periods_within_the_year_are_named_and_compared_with_their_kind(tmp_path: Path) -> None:
    rows = [Row("training.classes", period, n) for period, n in (("2020-Q4", 3), ("2020", 9), ("2021-Q1", 4), ("2021-H1", 7))]
    target = published(tmp_path, rows)
    told = text_of(read_report(target, "2021-Q1", pictures=False), "Đào tạo, bồi dưỡng, tập huấn")
    assert "Riêng trong quý I năm 2021, các đơn vị tổ chức 4 lớp (tăng 1 lớp, tương đương 33,3%, so với quý IV năm 2020)" in told
    half = read_report(target, "2021-H1", pictures=False)
    assert "6 tháng đầu năm 2021" in half.title
    assert "Không có quy định" in half.notices[0]


def test_changes_too_small_to_show() -> None:
    def figure(value: str) -> Figure:
        return Figure("x", Decimal(value), "ratio", date(2021, 12, 31), 1, 1)

    assert tell_change(figure("0.500001"), figure("0.5"), "năm 2020") == "gần như không đổi so với năm 2020"
    assert tell_change(figure("0.5"), figure("0.5")) == "không đổi"
    assert tell_change(figure("-0.5"), figure("0.5")) == "giảm 100 điểm phần trăm"


def test_the_narrative_speaks_of_indicators_that_there_are() -> None:
    statements = [s for part in PARTS for theme in part.themes for p in theme.paragraphs for s in p.statements]
    assert {s.code for s in statements if isinstance(s, Says | Splits)} <= UNITS.keys()
    assert all("{n}" in s.text for s in statements if isinstance(s, Says))


def test_the_annexes_name_columns_that_there_are(report: Report) -> None:
    for annex, table in zip(ANNEXES, report.annexes, strict=True):
        assert sum(column.brief for column in table.columns) == len(annex.columns) + 1, annex.mart


# ---- numbers


def read_number(text: str) -> Decimal:
    return Decimal(text.replace(".", "").replace(",", "."))


FACTORS = {"tỷ đồng": 10**9, "triệu đồng": 10**6, "đồng": 1, "%": Decimal("0.01")}


def read_amount(text: str) -> Decimal:
    """An amount as printed, read by other means than it was written."""
    match = re.fullmatch(r"(-?[\d.,]+)\s*(.*?)(?:/tháng)?", text)
    assert match, text
    return read_number(match[1]) * Decimal(FACTORS.get(match[2], 1))


@given(st.decimals(-(10**15), 10**15, places=6), st.sampled_from(sorted(set(UNITS.values()))))
def test_amounts_read_back(value: Decimal, unit: str) -> None:
    size = abs(value)
    step = Decimal(10**9 if size >= 10**12 else 10**6 if size >= 10**9 else 10**4 if size >= 10**6 else 1) if unit.startswith("VND") else (
        Decimal("0.0001") if unit == "ratio" else Decimal("0.1")
    )  # fmt: skip
    assert abs(read_amount(show_amount(value, unit)) - value) <= step / 2
    assert re.match(r"-?\d{1,3}(\.\d{3})*(,\d+)?(?!\d)", show_difference(value, unit))


class Page(HTMLParser):
    """The text of the report, the figures marked in it, and every tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.figures: list[tuple[str, Decimal, str]] = []
        self.paragraphs: list[str] = []
        self.cells: list[str] = []
        self._figure: tuple[str, Decimal] | None = None
        self._into: list[str] | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag == "data":
            self._figure = (given["title"] or "", Decimal(given["value"] or ""))
        if tag in ("p", "td"):
            self._into = self.paragraphs if tag == "p" else self.cells
            self._into.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "data":
            self._figure = None
        if tag in ("p", "td"):
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._figure:
            self.figures.append((*self._figure, data))
        if self._into is not None:
            self._into[-1] += data


def test_every_figure_printed_is_the_marts(file: Path, report: Report) -> None:
    page = Page(render(report, "html").decode())
    with duckdb.connect(str(file), read_only=True) as connection:
        known = set(
            connection.execute("select indicator_code, cast(value as decimal(24, 6)) from mart.indicators where period = '2021'").fetchall()
        )
    assert len(page.figures) > 10
    for code, value, text in page.figures:
        assert (code, value) in known
        assert abs(read_amount(text) - value) <= max(abs(value) * Decimal("0.01"), Decimal("0.00005"))
    # ... and what is printed in Word is the same text.
    word = docx.Document(io.BytesIO(render(report, "docx")))
    said = [paragraph.text for paragraph in word.paragraphs]
    for section in report.sections:
        for sentence in section.paragraphs:
            assert "".join(map(str, sentence)) in said
            assert "".join(map(str, sentence)) in page.paragraphs


def test_every_number_in_the_tables_is_the_marts(file: Path, report: Report) -> None:
    book = openpyxl.load_workbook(io.BytesIO(render(report, "xlsx")))
    with duckdb.connect(str(file), read_only=True) as connection:
        titles = dict(connection.execute("select title_vi, indicator_code from mart.indicator_catalogue").fetchall())
        values = {
            (code, period): value
            for code, period, value in connection.execute(
                "select indicator_code, period, cast(value as decimal(24, 6)) from mart.indicators where area_code = '17' and breakdown = ''"
            ).fetchall()
        }
    rows = list(book["Tổng hợp"].iter_rows(min_row=4, values_only=True))
    seen = 0
    for row in rows:
        code = titles.get(str(row[0]), "")
        for cell, period in ((row[2], "2020"), (row[3], "2021")):
            expected = values.get((code, period))
            if code and expected is not None:
                scale = 1 if UNITS[code] == "ratio" else scale_of(UNITS[code])
                assert cell == pytest.approx(float(expected * scale)), code
                seen += 1
            elif code:
                assert cell is None
    assert seen == len(values)


# ---- formats


def test_word_opens_with_charts_and_annexes(report: Report) -> None:
    word = docx.Document(io.BytesIO(render(report, "docx")))
    text = "\n".join(paragraph.text for paragraph in word.paragraphs)
    assert "Kết quả phát triển kinh tế tập thể, hợp tác xã tỉnh Hòa Bình năm 2021" in text
    assert "{{" not in text
    assert "{%" not in text
    charts = [section.chart for section in report.sections if section.chart]
    assert len(word.inline_shapes) == len(charts) == 3
    assert word.inline_shapes[0]._inline.docPr.get("descr").startswith("Biểu đồ: Hợp tác xã")
    notices = word.tables[1]
    assert "SỐ LIỆU CHƯA ĐẦY ĐỦ" in notices.rows[0].cells[0].text
    for table in [table for table in word.tables if table.style.name == rendering.TABLE_STYLE]:
        section = word.sections[-1]
        room = section.page_width - section.left_margin - section.right_margin
        assert sum(column.width for column in table.columns) <= room
        assert all(len(row.cells) == len(table.columns) for row in table.rows)
    numbers = [table.rows[1].cells[1].text for table in word.tables if table.style.name == rendering.TABLE_STYLE]
    assert "541" in numbers


def test_the_page_stands_alone(report: Report) -> None:
    text = render(report, "html").decode()
    page = Page(text)
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert page.tags.count("svg") == 3
    assert not re.search(r"""(?:src|href)=["'](?!#)""", text)
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids)), "drawings in one page do not share names"
    assert text.index("SỐ LIỆU CHƯA ĐẦY ĐỦ") < text.index("TÌNH HÌNH CHUNG")


def test_the_workbook_holds_numbers_and_no_formula(report: Report) -> None:
    book = openpyxl.load_workbook(io.BytesIO(render(report, "xlsx")))
    assert book.sheetnames == ["Thuyết minh", *rendering.SHEETS.values()]
    cells = [cell for page in book for row in page.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type in ("s", "n") for cell in cells)
    assert book["HTX, THT"]["B4"].value == 541
    assert book["HTX, THT"]["A5"].value == "Huyện Đà Bắc (*)"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Report:
    rows = [*ROWS, Row("exports.official_quantity_t", "2021", 99)]
    rows += [Row("exports.official_quantity_t", "2021", 20 - i, breakdown="product", of=text) for i, text in enumerate(HOSTILE[:6])]
    rows += [Row("models.ipm", "2021", 20 - i, breakdown="product", of=text) for i, text in enumerate(HOSTILE[2:])]
    return read_report(published(tmp_path_factory.mktemp("hostile"), rows, OWED), "2021")


@pytest.mark.parametrize("form", ["docx", "html", "xlsx"])
def test_hostile_text_is_only_text(hostile: Report, form: str) -> None:
    data = render(hostile, form)
    told = text_of(hostile, "Xuất khẩu nông sản")
    assert HOSTILE[0] in told
    if form == "html":
        page = Page(data.decode())
        assert "script" not in page.tags
        assert any("<script>alert(1)</script> (19 tấn)" in paragraph and "{{ 7*7 }} (18 tấn)" in paragraph for paragraph in page.paragraphs)
    elif form == "docx":
        assert told.split("\n")[0] in [paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs]
    else:
        assert all(cell.data_type != "f" for page in openpyxl.load_workbook(io.BytesIO(data)) for row in page.iter_rows() for cell in row)


# ---- the office's template


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    return folder


def spoil(target: Path, was: str, becomes: str) -> None:
    """Our template with one piece of its text replaced."""
    with zipfile.ZipFile(io.BytesIO(TEMPLATES.joinpath("report.docx").read_bytes())) as source, zipfile.ZipFile(target, "w") as made:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "word/document.xml":
                assert was.encode() in data
                data = data.replace(was.encode(), becomes.encode())
            made.writestr(entry, data)


def test_the_offices_template_takes_the_place_of_ours(report: Report, templates: Path) -> None:
    spoil(templates / "report.docx", "(TÊN CƠ QUAN BÁO CÁO)", "LIÊN MINH HỢP TÁC XÃ")
    word = docx.Document(io.BytesIO(render(report, "docx", templates)))
    assert "LIÊN MINH HỢP TÁC XÃ" in word.tables[0].rows[0].cells[0].text


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("{{ basis }}", "{{ bassis }}", "bassis"),
        ("{{ basis }}", "{{ basis ", "mẫu báo cáo"),
        ("{{ basis }}", "{{ basis|nofilter }}", "nofilter"),
        ("{{ basis }}", "{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{%p endif %}", "", "mẫu báo cáo"),
    ],
)
def test_a_broken_template_is_said_in_a_sentence(report: Report, templates: Path, was: str, becomes: str, says: str) -> None:
    spoil(templates / "report.docx", was, becomes)
    with pytest.raises(CannotReport, match=says) as told:
        render(report, "docx", templates)
    assert str(templates) in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04broken"])
def test_a_template_that_is_no_word_file(report: Report, templates: Path, content: bytes) -> None:
    (templates / "report.docx").write_bytes(content)
    with pytest.raises(CannotReport, match=r"không phải là tệp Word"):
        render(report, "docx", templates)


# ---- files and the command


def test_reports_follow_the_published_file(file: Path, tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse"
    shutil.copytree(file.parent, warehouse)
    settings = Settings(tmp_path / "data" / "raw", warehouse, tmp_path / "data" / "corrections")
    first = write_reports(settings)
    assert (first.period, first.written, sorted(first.paths)) == ("2021", 3, ["docx", "html", "xlsx"])
    assert "SỐ LIỆU CHƯA ĐẦY ĐỦ" in first.preview
    before = [path.stat().st_mtime_ns for path in first.paths.values()]
    second = write_reports(settings)
    assert (second.written, second.preview) == (0, first.preview)
    assert [path.stat().st_mtime_ns for path in second.paths.values()] == before
    settings.target.touch()  # another file that says the same
    assert write_reports(settings).written == 0
    first.paths["html"].write_text("somebody's own", encoding="utf-8")
    first.paths["xlsx"].unlink()
    assert write_reports(settings).written == 2
    assert first.paths["html"].read_text(encoding="utf-8").startswith("<!")
    first.paths["html"].unlink()
    with meddled(rendering):
        write_reports(settings)
    assert [write_reports(settings).written for _ in "12"] == [1, 0], "what somebody did at that moment is not ours"
    settings.templates.mkdir(parents=True)
    spoil(settings.templates / "report.docx", "{{ basis }}", "{{ nothing }}")
    third = write_reports(settings)
    assert (third.written, "docx" in third.paths, len(third.problems)) == (2, False, 1)
    assert not (warehouse / "reports" / "bao-cao-2021.docx").exists(), "one of other figures would be taken for this one"
    (settings.templates / "report.docx").unlink()
    assert write_reports(settings, "2020", ["xlsx"]).written == 1
    with pytest.raises(CannotReport, match="1999"):
        write_reports(settings, "1999")


def test_nothing_published_nothing_written(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "raw", tmp_path / "warehouse", tmp_path / "corrections")
    assert write_reports(settings).paths == {}
    assert not (tmp_path / "warehouse").exists()


def command(file: Path, *options: str) -> int:
    return main(["report", "--warehouse", str(file.parent), *options])


def test_the_command_writes_where_it_is_told(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command(file, "--period", "2021") == 0
    assert (tmp_path / "bao-cao-2021.docx").is_file()
    out = capsys.readouterr().out
    assert "bao-cao-2021.docx" in out
    assert "SỐ LIỆU CHƯA ĐẦY ĐỦ" in out
    assert command(file, "--period", "2021", "-o", "a.html", "--json") == 0
    assert json.loads(capsys.readouterr().out)["path"] == "a.html"
    assert command(file, "--period", "2021", "--format", "xlsx", "-o", "b.xlsx") == 0
    openpyxl.load_workbook("b.xlsx")
    written = Path("a.html").stat().st_mtime_ns
    assert command(file, "--period", "2021", "-o", "a.html") == 2
    assert "--force" in capsys.readouterr().err
    assert Path("a.html").stat().st_mtime_ns == written
    assert command(file, "--period", "2021", "-o", "a.html", "--force") == 0
    assert Path("a.html").stat().st_mtime_ns > written


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--period", "2030", "-o", "x.docx"), "2020, 2021"),
        (("--period", "2021'; drop", "-o", "x.docx"), "2020, 2021"),
        (("--period", "2021", "-o", "nowhere/x.docx"), "không ghi được"),
        (("--period", "2021", "-o", "x.pdf"), ".pdf"),
        (("--period", "2021", "-o", "x.docx", "--format", "html"), "html"),
    ],
)
def test_a_mistake_is_said_and_nothing_written(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command(file, *options) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_without_a_published_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(tmp_path / "coop.duckdb", "--period", "2021", "-o", str(tmp_path / "x.docx")) == 2
    assert "coop run" in capsys.readouterr().err
    (tmp_path / "coop.duckdb").write_bytes(b"no database")
    assert command(tmp_path / "coop.duckdb", "--period", "2021", "-o", str(tmp_path / "x.docx")) == 2
    assert "không đọc được" in capsys.readouterr().err
    assert not (tmp_path / "x.docx").exists()


def test_a_report_is_written_whole_or_not(report: Report, tmp_path: Path) -> None:
    folder = tmp_path / "taken.html"
    folder.mkdir()
    with pytest.raises(OSError, match="taken"):
        save(report, folder, "html")
    assert [path.name for path in tmp_path.iterdir()] == ["taken.html"]


def test_shown_prints_its_text() -> None:
    assert str(Shown("5", "x", Decimal(5))) == "5"
    assert Period("2021-12", "month", date(2021, 12, 1), date(2021, 12, 31)).name == "tháng 12 năm 2021"
