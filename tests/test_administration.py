"""Administrative change: who reports for which period, where old communes went, and figures of both times in one run."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import openpyxl
import pytest

from coop_pipeline import stages, taking
from coop_pipeline.forms.codes import areas, former_districts, reporters
from coop_pipeline.intake.context import read_path
from coop_pipeline.intake.corrections import Corrections
from coop_pipeline.intake.reading import read_submission
from coop_pipeline.intake.records import Reading
from coop_pipeline.intake.worker import vocabulary_for
from coop_pipeline.settings import Settings
from coop_pipeline.store.audits import AUDITS, run_audits
from coop_pipeline.store.warehouse import open_working

LIST = ["TT", "Tên HTX", "Địa chỉ", "Tổng số thành viên", "Doanh thu (triệu đồng)"]


def workbook(head: list[str], title: str, names: list[str]) -> bytes:
    """A list of co-operatives with 10, 20, … members."""
    book = openpyxl.Workbook()
    sheet = book.active
    for text in (*head, title):
        sheet.append([text])
    sheet.append(LIST)
    for number, name in enumerate(names, 1):
        sheet.append([number, name, f"Xóm {number}", 10 * number, 300 + number])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def read(path: str, head: list[str], title: str) -> Reading:
    vocabulary = vocabulary_for(Corrections())
    return read_submission("s", workbook(head, title, ["HTX Hà Phong", "HTX Mường Bưởi"]), "xlsx", read_path(path), vocabulary)


def test_the_list_of_units_is_whole() -> None:
    old = [a for a in areas() if a.level == "commune" and a.valid_to is not None]
    new = {a.code for a in areas() if a.level == "commune" and a.valid_to is None}
    assert (len(old), len(new)) == (151, 46)
    assert {(a.valid_from, a.valid_to) for a in old} == {(date(2020, 1, 1), date(2025, 6, 30))}
    assert {successor for a in old for successor in a.successors} == new
    assert {a.code: a.succession for a in old if a.succession != "whole"} == dict.fromkeys(("04891", "04957", "05221"), "split")
    assert all(len(a.successors) == (1 if a.succession == "whole" else 2) for a in old)
    assert {code for code, districts in former_districts().items() if len(districts) > 1} == {"04828"}
    assert {r.kind for r in reporters() if r.in_force(date(2025, 6, 30))} == {"district", "agency"}
    assert {r.kind for r in reporters() if r.in_force(date(2025, 7, 1))} == {"commune", "agency"}


@pytest.mark.parametrize(("path", "head", "title", "reporter", "district"), [
    ("2025-H2/bc.xlsx", ["UBND TỈNH PHÚ THỌ", "UBND XÃ CAO PHONG"], "Danh sách HTX 6 tháng cuối năm 2025", "05089", "154"),
    ("2025/bc.xlsx", ["ỦY BAN NHÂN DÂN XÃ MƯỜNG THÀNG"], "Danh sách HTX năm 2025", "05116", "154"),
    ("2025-H2/Cao Phong/bc.xlsx", ["UBND XÃ MƯỜNG THÀNG"], "Danh sách HTX 6 tháng cuối năm 2025", "05116", "154"),
    ("2025-H2/BC_HTX_xaMuongThang.xlsx", [], "Danh sách HTX 6 tháng cuối năm 2025", "05116", "154"),
    ("2025-Q4/Cao Phong.xlsx", [], "Danh sách HTX quý IV năm 2025", "05089", "154"),
    ("2025-H2/bc.xlsx", [], "Danh sách HTX trên địa bàn phường Hòa Bình 6 tháng cuối năm 2025", "04795", "148"),
    ("2025-H2/bc.xlsx", ["UBND PHƯỜNG THỐNG NHẤT"], "Danh sách HTX 6 tháng cuối năm 2025", "04828", None),
    ("2025-H1/Cao Phong.xlsx", [], "Danh sách HTX 6 tháng đầu năm 2025", "154", "154"),
])  # fmt: skip
def test_the_reporter_is_the_unit_of_the_period(path: str, head: list[str], title: str, reporter: str, district: str | None) -> None:
    reading = read(path, head, title)
    rows = reading.rows["cooperative_reports"].columns
    assert (reading.reporter, set(rows["reporter_code"]), set(rows["district_code"])) == (reporter, {reporter}, {district})
    assert set(rows["commune_code"]) == {reporter if len(reporter) == 5 else None}
    assert [i.code for i in reading.issues if i.code.startswith("reporter")] == []


@pytest.mark.parametrize(("path", "head", "title", "said"), [
    ("2025/bc.xlsx", ["UBND HUYỆN CAO PHONG"], "Danh sách HTX năm 2025", "Huyện Cao Phong"),
    ("2025-H1/bc.xlsx", ["UBND XÃ CAO PHONG"], "Danh sách HTX 6 tháng đầu năm 2025", "Xã Cao Phong"),
    ("2021/bc.xlsx", ["UBND XÃ THU PHONG"], "Danh sách HTX năm 2021", "“UBND XÃ THU PHONG”"),
    ("2025-H2/Cao Phong/bc.xlsx", ["UBND XÃ THU PHONG"], "Danh sách HTX 6 tháng cuối năm 2025", "“UBND XÃ THU PHONG”"),
])  # fmt: skip
def test_a_unit_of_another_time_is_told_so_and_its_rows_stay_out(path: str, head: list[str], title: str, said: str) -> None:
    reading = read(path, head, title)
    issue = next(i for i in reading.issues if i.code.startswith("reporter"))
    assert (issue.code, issue.cell, issue.severity) == ("reporter_not_in_force", "A1", "error")
    assert issue.message_vi.startswith(said)
    assert set(reading.rows["cooperative_reports"].columns["rejected"]) == {True}


def test_a_commune_of_the_time_in_its_districts_folder_is_a_contradiction() -> None:
    reading = read("2021/Cao Phong/bc.xlsx", ["UBND XÃ THU PHONG"], "Danh sách HTX năm 2021")
    assert reading.reporter == "154"
    assert [i.code for i in reading.issues if i.code.startswith("reporter")] == ["reporter_conflict"]


# ---------------------------------------------------------------------------------------------------------------------
# a run over the change


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """2024 by a district and a commune of the city, 2025-H2 and 2025 by communes, one of them a unit that is no more."""
    folder = tmp_path_factory.mktemp("change")
    files = {
        "2024/cp.xlsx": workbook(["UBND HUYỆN CAO PHONG"], "DANH SÁCH HTX NĂM 2024", ["HTX Hà Phong", "HTX Mường Bưởi"]),
        "2024/tp.xlsx": workbook(["UBND THÀNH PHỐ HÒA BÌNH"], "DANH SÁCH HTX NĂM 2024", ["HTX Thành Công"]),
        "2024/ls.xlsx": workbook(["UBND HUYỆN LẠC SƠN"], "DANH SÁCH HTX NĂM 2024", ["HTX Đại Đồng"]),
        "2025-H2/a.xlsx": workbook(["UBND XÃ CAO PHONG"], "DANH SÁCH HTX 6 THÁNG CUỐI NĂM 2025", ["HTX Hà Phong"]),
        "2025-H2/b.xlsx": workbook(["UBND XÃ MƯỜNG THÀNG"], "DANH SÁCH HTX 6 THÁNG CUỐI NĂM 2025", ["HTX Mường Bưởi", "HTX Tân Lập Mới"]),
        "2025-H2/c.xlsx": workbook(["UBND PHƯỜNG THỐNG NHẤT"], "DANH SÁCH HTX 6 THÁNG CUỐI NĂM 2025", ["HTX Thành Công", "HTX Đại Đồng"]),
        "2025-H2/d.xlsx": workbook(["UBND HUYỆN CAO PHONG"], "DANH SÁCH HTX 6 THÁNG CUỐI NĂM 2025", ["HTX Hà Phong"]),
    }
    for name, data in files.items():
        path = folder / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    settings = Settings(folder / "raw", folder / "warehouse", folder / "corrections", workers=1)
    corrections = stages.load_corrections(settings, date(2026, 2, 1))
    with open_working(settings.working) as connection:
        taking.take_in(settings, connection, corrections.corrections)
        stages.build_core(connection, corrections)
        stages.build_marts(connection)
        assert [f.audit.name for f in run_audits(connection, AUDITS) if f.audit.blocking and not f.passed] == []
        stages.publish_tables(settings, connection)
    with duckdb.connect(str(settings.target), read_only=True) as reader:
        yield reader


def rows(reader: duckdb.DuckDBPyConnection, query: str) -> list[Any]:
    return reader.execute(query).fetchall()


def test_a_cooperative_stays_itself_over_the_change(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        published,
        "select name, count(distinct cooperative_id), list(distinct period order by period) from core.cooperative_reports group by name order by name",
    )
    both = ["2024", "2025-H2"]
    assert found == [
        ("HTX Hà Phong", 1, both), ("HTX Mường Bưởi", 1, both), ("HTX Thành Công", 1, both), ("HTX Tân Lập Mới", 1, ["2025-H2"]),
        # phường Thống Nhất lies on the city and Đà Bắc: the co-operative of that name in Lạc Sơn is another
        ("HTX Đại Đồng", 2, both),
    ]  # fmt: skip
    placed = rows(
        published, "select name, district_code, commune_code, commune_valid_from from core.cooperatives order by name, district_code"
    )
    new = date(2025, 7, 1)
    assert placed == [
        ("HTX Hà Phong", "154", "05089", new), ("HTX Mường Bưởi", "154", "05116", new), ("HTX Thành Công", "148", "04828", new),
        ("HTX Tân Lập Mới", "154", "05116", new), ("HTX Đại Đồng", "157", None, None), ("HTX Đại Đồng", None, "04828", new),
    ]  # fmt: skip


def test_figures_of_both_times_stand_under_both_kinds_of_unit(published: duckdb.DuckDBPyConnection) -> None:
    district = rows(
        published,
        "select period, value from mart.indicators where indicator_code = 'cooperatives.members' and area_code = '154' and breakdown = ''",
    )
    assert sorted(district) == [("2024", 30), ("2025", 40), ("2025-H2", 40)]
    communes = rows(
        published,
        "select period, place, area_name, district_code, value from mart.indicators_by_new_commune where indicator_code = 'cooperatives.members' and period <> '2025'",
    )
    assert sorted(communes, key=str) == sorted([
        ("2024", "assigned", "Xã Cao Phong", "154", 10), ("2024", "assigned", "Xã Mường Thàng", "154", 20), ("2024", "assigned", "Phường Thống Nhất", None, 10),
        ("2024", "unassigned", "Huyện Lạc Sơn", "157", 10),
        ("2025-H2", "assigned", "Xã Cao Phong", "154", 10), ("2025-H2", "assigned", "Xã Mường Thàng", "154", 30), ("2025-H2", "assigned", "Phường Thống Nhất", None, 30),
    ], key=str)  # fmt: skip


def test_communes_are_expected_where_districts_no_longer_are(published: duckdb.DuckDBPyConnection) -> None:
    expected = rows(
        published,
        "select c.period, r.kind, count(distinct c.reporter_code) from quality.completeness c join ref.reporters r using (reporter_code) where expected group by all order by all",
    )
    assert expected == [("2024", "agency", 4), ("2024", "district", 10), ("2025", "agency", 4), ("2025", "commune", 46)]
    assert rows(published, "select reporter_code, period, status from quality.submissions where file = '2025-H2/d.xlsx'") == [
        ("154", "2025-H2", "rejected")
    ]
    asked = rows(
        published,
        "select area_code, any_value(reporters_expected) from mart.indicators where period = '2025' and indicator_code = 'cooperatives.total' group by all order by all",
    )
    # of Cao Phong's three new communes and the city's five (phường Thống Nhất lies on it and on Đà Bắc) each owes its list
    assert dict(asked)["17"] == 46
    assert dict(asked)["154"] == 3
    assert dict(asked)["148"] == 5
