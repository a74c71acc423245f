"""The reporting board through Dagster: received, rejected, missing; parts of it; a run for one reporter; a dry run."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import openpyxl
import pytest
from dagster._core.storage.partition_status_cache import AssetPartitionStatus

from coop_pipeline.definitions import defs
from coop_pipeline.defs import reports
from coop_pipeline.defs.board import BOARD, PERIOD, REPORTER, list_open_periods, partition_key, read_key
from coop_pipeline.defs.keys import SUBMISSIONS
from coop_pipeline.defs.standing import is_noted
from coop_pipeline.outputs.charts import Written
from coop_pipeline.outputs.exports import Exporting
from coop_pipeline.outputs.rendering import Reports
from coop_pipeline.settings import load_settings
from tests.by_hand import draw_dots

PROJECT = Path(__file__).parents[1]
RECEIVED, REJECTED, MISSING = AssetPartitionStatus.MATERIALIZED, AssetPartitionStatus.FAILED, None
RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


def write_register(path: Path, office: str, *, year: int = 2021, named: bool = True) -> Path:
    """A list of three co-operatives, one of them with a negative amount; without its column of names nothing can be taken from it."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    header = ["TT", "Tên HTX", "Xã", "Tình trạng hoạt động", "Số thành viên", "Doanh thu (triệu đồng)"]
    rows = [[1, "HTX Hòa Phát", None, "Đang hoạt động", 20, 2000], [2, "HTX Đồng Tâm", None, "Đang hoạt động", 31, 2400]]
    rows.append([3, "HTX Tân Tiến", None, "Đang hoạt động", 15, -300])
    for row in ([office], [], [f"DANH SÁCH HỢP TÁC XÃ NĂM {year}"], [], header, *rows):
        sheet.append([cell for column, cell in enumerate(row) if named or column != 1])
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook.save(path)
    return path


@dataclass
class Project:
    raw: Path
    warehouse: Path
    instance: dg.DagsterInstance

    def run(self, **config: Any) -> dg.ExecuteInProcessResult:
        run_config = {"resources": {"warehouse": {"config": config}}} if config else None
        return defs.resolve_job_def("coop").execute_in_process(run_config, instance=self.instance, raise_on_error=False)

    def run_part(self, *keys: str) -> dg.ExecuteInProcessResult:
        job = defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection={SUBMISSIONS})
        tags = dict(zip(RANGE, keys, strict=True)) if len(keys) == 2 else None
        return job.execute_in_process(instance=self.instance, partition_key=None if tags else keys[0], tags=tags)

    def status(self, reporter: str, period: str = "2021") -> AssetPartitionStatus | None:
        key = str(partition_key(reporter, period))
        found = self.instance.get_status_by_partition(SUBMISSIONS, [key], BOARD)
        return found[key] if found else None  # None: nothing is known of any part of the board

    def metadata(self, reporter: str, period: str = "2021") -> Mapping[str, Any]:
        records = self.instance.fetch_materializations(
            dg.AssetRecordsFilter(SUBMISSIONS, asset_partitions=[str(partition_key(reporter, period))]), limit=1
        ).records
        made = records[0].asset_materialization
        assert made is not None
        return {name: value.value for name, value in made.metadata.items()}

    def runs(self) -> list[dg.DagsterRun]:
        return list(self.instance.get_runs())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse / "coop.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def bytes(self) -> dict[str, str]:
        """Every file of the warehouse; the lock is for whoever holds it, every run records its time, a dry run clears its copy."""
        return {
            str(path.relative_to(self.warehouse)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.warehouse.rglob("*"))
            if path.is_file() and path.name not in (".lock", "runs.jsonl") and path.parent.name != "dry"
        }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    raw, warehouse = tmp_path / "data" / "raw", tmp_path / "warehouse"
    write_register(raw / "2021" / "kim boi.xlsx", "UBND HUYỆN KIM BÔI")
    write_register(raw / "2021" / "cao phong.xlsx", "UBND HUYỆN CAO PHONG", named=False)
    monkeypatch.setenv("COOP_RAW", str(raw))
    monkeypatch.setenv("COOP_WAREHOUSE", str(warehouse))
    # Charts and reports have tests of their own, and take longer than all the rest of so small a run.
    draw_dots(monkeypatch)
    monkeypatch.setattr(reports, "renew_charts", lambda *_: Written(None, {}, 0))
    monkeypatch.setattr(reports, "write_reports", lambda *_: Reports("2021", {}, 0, (), ""))
    monkeypatch.setattr(Exporting, "prepare", lambda self: None)  # no child: they are made here
    monkeypatch.setattr(Exporting, "begin", lambda self: None)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Project(raw, warehouse, instance)


def test_a_part_with_all_that_follows_is_no_complete_run(project: Project) -> None:
    """It takes in some reporters' files only: others may be new, or read by other corrections, and the next run has to look at them."""
    assert project.run().success
    assert is_noted(load_settings())
    follows = dg.AssetSelection.assets(SUBMISSIONS).downstream().resolve(defs.resolve_asset_graph())
    job = defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection=set(follows))
    assert job.execute_in_process(instance=project.instance, partition_key=str(partition_key("153", "2021"))).success
    assert not is_noted(load_settings())


def sentence(result: dg.ExecuteInProcessResult) -> str:
    """Why a run failed, as the UI shows it."""
    data = result.get_run_failure_event().job_failure_data
    error = data.error
    while error and error.cause:
        error = error.cause
    return error.message if error else ""


def test_the_job_fills_the_board(project: Project) -> None:
    """What cannot be opened turns the cell red that its path names."""
    (project.raw / "2021" / "Tan Lac").mkdir()
    (project.raw / "2021" / "Tan Lac" / "bao cao.xlsx").write_bytes(b"%PDF-1.4 bao cao")
    assert project.run().success
    assert [project.status(code) for code in ("153", "154", "155", "156")] == [RECEIVED, REJECTED, REJECTED, MISSING]
    told = project.metadata("153")
    assert (told["Dòng đã đọc"], told["Dòng được nhận"], told["Dòng bị loại"]) == (3, 2, 1)
    assert "kim boi.xlsx" in told["Tệp nhận được"]
    assert Path(told["Tệp gửi lại"]).is_file()
    assert "LỖI" in told["Lỗi chính"]
    event = project.instance.get_latest_materialization_event(dg.AssetKey(["quality", "completeness"]))
    assert event is not None
    assert event.asset_materialization is not None
    table = str(event.asset_materialization.metadata["Tình hình nộp"].value)
    assert "Huyện Kim Bôi" in table
    assert "15/01/2022" in table
    failed = {run.tags["dagster/partition"]: run for run in project.runs() if run.status == dg.DagsterRunStatus.FAILURE}
    assert sorted(failed) == ["154_Cao_Phong|2021", "155_Tan_Lac|2021"]
    for key, said in (
        ("154_Cao_Phong|2021", "Huyện Cao Phong, kỳ 2021: không nhận được dòng nào từ tệp “2021/cao phong.xlsx”"),
        ("155_Tan_Lac|2021", "Tệp không phải là sổ tính Excel (tệp PDF)"),
    ):
        messages = [str(entry.dagster_event.message) for entry in project.instance.all_logs(failed[key].run_id) if entry.dagster_event]
        assert any(said in message for message in messages)
    assert project.rows("select * from quality.completeness where received and reporter_code = '155'") == []


def test_the_board_is_told_only_what_changed(project: Project) -> None:
    project.run()
    before = len(project.runs())
    project.run()
    assert len(project.runs()) == before + 1  # itself: no failed run anew
    made = project.instance.fetch_materializations(dg.AssetRecordsFilter(SUBMISSIONS), limit=9).records
    assert len(made) == 1
    write_register(project.raw / "2021" / "cao phong lần 2.xlsx", "UBND HUYỆN CAO PHONG")
    project.run()
    assert project.status("154") == RECEIVED
    (project.raw / "2021" / "kim boi.xlsx").unlink()
    (project.raw / "2021" / "cao phong.xlsx").rename(project.raw / "2021" / "cao phong lần 1.xlsx")
    ran = project.run()
    assert project.status("153") == REJECTED  # somebody has to look: what was there is gone
    said = str(ran.asset_materializations_for_node("intake__arrivals")[0].metadata["Tệp không còn"].value)
    assert said.startswith("1 tệp đã nhận không còn trong thư mục tệp gốc: 2021/kim boi.xlsx."), "what has another name is there"
    assert "coop received" in said
    assert said in [entry.user_message for entry in project.instance.all_logs(ran.run_id)]


def test_a_part_of_the_board(project: Project) -> None:
    """One run for a range; only its files are taken in, and what did not come stays missing."""
    project.run()
    write_register(project.raw / "2021" / "kim boi.xlsx", "UBND HUYỆN KIM BÔI LẦN 2", year=2021)
    write_register(project.raw / "2021" / "lac son.xlsx", "UBND HUYỆN LẠC SƠN")
    write_register(project.raw / "2021" / "yen thuy.xlsx", "UBND HUYỆN YÊN THỦY")
    result = project.run_part("155_Tan_Lac|2021", "157_Lac_Son|2021")
    assert result.success
    assert [project.status(code) for code in ("155", "156", "157", "158")] == [MISSING, MISSING, RECEIVED, MISSING]
    one = project.run_part("158_Yen_Thuy|2021")
    assert one.success
    assert len(one.asset_materializations_for_node("submissions")) == 1
    assert project.status("158") == RECEIVED
    assert project.metadata("158")["Dòng được nhận"] == 2
    again = project.run_part("154_Cao_Phong|2021")
    assert again.success
    assert project.status("154") == REJECTED
    assert project.rows("select count(*) from quality.submissions") == [(2,)]  # nothing of it is published yet


def test_only_some_reporters(project: Project) -> None:
    """A scope never lets the published file shrink: where nothing is known yet, it is not asked."""
    project.run(reporters=["153"])
    assert project.rows("select count(*) from quality.submissions") == [(2,)]
    write_register(project.raw / "2021" / "lac son.xlsx", "UBND HUYỆN LẠC SƠN")
    write_register(project.raw / "2021" / "a.xlsx", "UBND HUYỆN YÊN THỦY")  # its path does not say whose it is
    write_register(project.raw / "2020" / "lac son 2020.xlsx", "UBND HUYỆN LẠC SƠN", year=2020)
    (project.raw / "2021" / "kim boi.xlsx").unlink()
    assert project.run(reporters=["157"], period=" 2021 ").success
    files = "select file from quality.submissions order by all"
    assert project.rows(files) == [("2021/cao phong.xlsx",), ("2021/kim boi.xlsx",), ("2021/lac son.xlsx",)]
    assert project.run().success
    assert project.rows(files) == [("2020/lac son 2020.xlsx",), ("2021/a.xlsx",), ("2021/cao phong.xlsx",), ("2021/lac son.xlsx",)]


def test_periods_without_anything_and_a_dry_run_change_nothing(project: Project) -> None:
    project.run()
    before = project.bytes()
    result = project.run(period="2021-Q5")
    assert not result.success
    assert "Không có kỳ “2021-Q5”" in sentence(result)
    result = project.run(period="2031")
    assert not result.success
    assert "Kỳ 2031 chưa có tệp nào" in sentence(result)
    assert "Các kỳ đã có: 2021." in sentence(result)
    assert project.bytes() == before
    dry_run(project)
    assert project.run_part("155_Tan_Lac|2021").success  # a missing part of the board is no mistake
    (project.raw / "2031").mkdir()
    assert project.run(period="2031").success  # it was opened, and nothing has come yet
    (project.raw / "2031").rmdir()
    write_register(project.raw / "a.xlsx", "UBND HUYỆN LẠC SƠN", year=2031)  # what its path does not say may stand in it
    assert project.run(period="2031").success
    assert project.rows("select period from quality.submissions where reporter_code = '157'") == [("2031",)]


def test_an_unknown_reporter_is_refused_by_the_launchpad(project: Project) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match="999"):
        project.run(reporters=["999"])


def dry_run(project: Project) -> None:
    """Of one workbook more: it is read and counted, and everything stays as it was. One that was killed has left its copy."""
    left = project.warehouse / "work" / "dry"
    left.mkdir(parents=True)
    (left / "working.duckdb").write_bytes(b"x")
    os.utime(left, (time.time() - 60,) * 2)
    more = write_register(project.raw / "2021" / "lac son.xlsx", "UBND HUYỆN LẠC SƠN")
    before = project.bytes()
    result = project.run(dry_run=True)
    assert result.success
    counts = {
        event.asset_key.to_user_string(): event.materialization.metadata["dagster/row_count"].value
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None and "dagster/row_count" in event.materialization.metadata
    }
    assert counts["quality/submissions"] == 3
    assert project.bytes() == before
    assert not left.exists()
    assert project.status("157") == MISSING
    more.unlink()


@pytest.mark.thorough
def test_a_dry_run_before_any_other(project: Project) -> None:
    dry_run(project)


def test_keys_of_the_board() -> None:
    assert str(partition_key("148", "2021")) == "148_Hoa_Binh|2021"
    assert str(partition_key("17-NHNN", "2021-Q4")) == "17-NHNN|2021-Q4"
    assert all(read_key(str(partition_key(*pair))) == pair for pair in [("148", "2021"), ("17-NHNN", "2021-Q4"), ("04795", "2026")])
    assert sorted([REPORTER, PERIOD]) == [REPORTER, PERIOD]  # one run for each value of the later one: a period


def test_open_periods(tmp_path: Path) -> None:
    for name in ("2021", "2022-H1", "khác", "2021 (cũ)"):
        (tmp_path / name).mkdir()
    (tmp_path / "2023").touch()
    assert list_open_periods(tmp_path) == {"2021", "2022-H1"}
    assert list_open_periods(tmp_path / "nowhere") == set()
