"""The sensor for files that arrive: one run for a batch, none where nothing changed, none for half a file."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import openpyxl
import pytest
from dagster._core.events import JobFailureData, RunFailureReason

from coop_pipeline import taking
from coop_pipeline.definitions import defs
from coop_pipeline.defs import arrivals
from coop_pipeline.defs.arrivals import arrivals_sensor, nightly_rebuild
from coop_pipeline.defs.board import PERIOD, REPORTER
from coop_pipeline.defs.instance import ensure_instance
from coop_pipeline.defs.keys import ARRIVALS
from coop_pipeline.defs.standing import note_arrivals
from coop_pipeline.intake import door
from coop_pipeline.intake.corrections import Corrections
from coop_pipeline.settings import load_settings
from coop_pipeline.store.warehouse import open_working
from coop_pipeline.taking import TakenIn, take_in


def workbook(word: str) -> bytes:
    made = openpyxl.Workbook()
    assert made.active is not None
    made.active["A1"] = word
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


class Watch:
    """The raw folder, and the sensor as the daemon asks it: the cursor is all that it keeps."""

    def __init__(self, instance: dg.DagsterInstance, raw: Path) -> None:
        self.instance, self.raw = instance, raw
        self.cursor: str | None = None
        self.said = ""

    def put(self, path: str, data: bytes) -> Path:
        target = self.raw / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return target

    def ask(self) -> list[dg.RunRequest]:
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        result = arrivals_sensor(context)
        self.cursor = context.cursor
        if isinstance(result, dg.SkipReason):
            self.said = result.skip_message or ""
            return []
        assert isinstance(result, dg.SensorResult)
        return list(result.run_requests or [])

    def run(self) -> TakenIn:
        """What a run of the job does first."""
        settings = load_settings()
        with open_working(settings.working) as connection:
            taken = take_in(settings, connection, Corrections())
            note_arrivals(settings, connection)
        return taken

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with open_working(load_settings().working) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    monkeypatch.setenv("COOP_RAW", str(raw))
    monkeypatch.setenv("COOP_WAREHOUSE", str(tmp_path / "warehouse"))
    monkeypatch.setattr(arrivals, "QUIET", 0.0)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Watch(instance, raw)


def test_a_batch_is_one_run(watch: Watch) -> None:
    for name in ("a", "b", "c"):
        watch.put(f"2021/{name}.xlsx", workbook(name))
    (request,) = watch.ask()
    assert request.tags["coop/files"] == "3"
    assert watch.ask() == []  # asked for already
    assert "Không có tệp mới" in watch.said


def test_nothing_changed_is_no_run(watch: Watch) -> None:
    watch.put("2021/a.xlsx", workbook("a"))
    watch.run()  # from the command line
    assert watch.ask() == []
    watch.cursor = None  # a new DAGSTER_HOME
    assert watch.ask() == []


def test_a_touched_file_is_hashed_and_left(watch: Watch) -> None:
    file = watch.put("2021/a.xlsx", workbook("a"))
    watch.run()
    os.utime(file, (1, 1))
    assert watch.ask() == []


def test_changed_and_removed_files_are_asked_for_once(watch: Watch) -> None:
    first, second = workbook("a"), workbook("changed")
    file = watch.put("2021/a.xlsx", first)
    watch.put("2021/b.xlsx", workbook("b"))
    watch.run()
    keys = []
    for data in (second, first, second):  # a file may come back to what it was
        file.write_bytes(data)
        (request,) = watch.ask()
        keys.append(request.run_key)
        assert watch.ask() == []
        watch.run()
    assert len(set(keys)) == 3
    file.unlink()
    (request,) = watch.ask()
    assert json.loads(request.tags["coop/files"]) == 1
    assert watch.ask() == []
    watch.run()
    assert watch.ask() == []


def test_a_file_that_is_still_being_written_is_waited_for(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "QUIET", 0.5)
    watch.put("2021/a.xlsx", workbook("a"))
    assert watch.ask() == []
    assert "chép xong" in watch.said
    time.sleep(0.6)
    assert len(watch.ask()) == 1


def test_half_a_workbook_is_waited_for(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy stands still, as over a slow line: what is missing is the end of the zip."""
    whole = workbook("a")
    file = watch.put("2021/a.xlsx", whole[: len(whole) // 2])
    watch.put("2021/b.xlsx", workbook("b"))
    assert watch.ask() == []  # and the finished one waits for its batch
    file.write_bytes(whole)
    (request,) = watch.ask()
    assert request.tags["coop/files"] == "2"


def test_patience_ends(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = workbook("a")
    watch.put("2021/a.xlsx", whole[: len(whole) // 2])
    assert watch.ask() == []
    monkeypatch.setattr(door, "PATIENCE", 0.0)  # it is cut off for good: the run says so
    assert len(watch.ask()) == 1


def test_a_run_does_not_take_in_half_a_workbook(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody starts a run while files are copied: one wait for all; what grew meanwhile waits, what is cut off for good is read and rejected."""
    waits: list[float] = []
    whole, changed = workbook("a"), workbook("changed")
    grown = [watch.put("2021/new.xlsx", whole[: len(whole) // 2]), watch.put("2021/old.xlsx", whole)]
    watch.put("2021/cut.xlsx", whole[: len(whole) // 3])

    def grow(seconds: float) -> None:
        waits.append(seconds)
        for file in grown[: 1 if len(waits) == 1 else 2]:
            with file.open("ab") as target:
                target.write(b"more")

    monkeypatch.setattr(taking, "time", SimpleNamespace(sleep=grow, time=time.time, monotonic=time.monotonic))
    taken = watch.run()
    assert (taken.waiting, taken.parsed, len(waits)) == (["2021/new.xlsx"], 2, 1)
    assert watch.rows("select path, status from intake.arrivals join intake.submissions using (submission_id) order by all") == [
        ("2021/cut.xlsx", "unreadable"), ("2021/old.xlsx", "read"),
    ]  # fmt: skip
    grown[1].write_bytes(changed[: len(changed) // 2])
    taken = watch.run()
    assert (taken.waiting, len(waits)) == (["2021/new.xlsx", "2021/old.xlsx"], 2)
    assert watch.rows("select status from intake.submissions order by all") == [("read",), ("unreadable",)]  # as it was received before
    for file, data in zip(grown, (whole, changed), strict=True):
        file.write_bytes(data)
    taken = watch.run()
    assert (taken.waiting, len(waits)) == ([], 2)
    assert len(watch.rows("select path from intake.arrivals")) == 3


def test_an_empty_raw_folder_is_no_news(watch: Watch) -> None:
    file = watch.put("2021/a.xlsx", workbook("a"))
    watch.run()
    file.unlink()
    assert watch.ask() == []
    assert "trống" in watch.said


def test_a_folder_opens_its_period(watch: Watch) -> None:
    (watch.raw / "2025-H1").mkdir()
    (watch.raw / "không phải kỳ").mkdir()
    watch.ask()
    assert watch.instance.get_dynamic_partitions(PERIOD) == ["2025-H1"]
    owing = set(watch.instance.get_dynamic_partitions(REPORTER))
    assert "152_Luong_Son" in owing
    assert not any(key.startswith("04792") for key in owing), "communes report from the second half on"
    (watch.raw / "2026-H1").mkdir()
    watch.ask()
    assert any(key.startswith("04792") for key in watch.instance.get_dynamic_partitions(REPORTER))


def test_links_and_pipes_are_asked_for_once(watch: Watch) -> None:
    os.mkfifo(watch.raw / "ống.xlsx")
    assert len(watch.ask()) == 1
    assert watch.ask() == []
    watch.run()
    assert watch.ask() == []


def test_only_a_killed_run_is_run_again(watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By Dagster's own decision, as its daemon reads it from the run: twice where the process is gone, never where a step failed."""
    monkeypatch.setenv("DAGSTER_HOME", "")
    watch.put("2021/a.xlsx", workbook("a"))
    (request,) = watch.ask()
    nightly = nightly_rebuild(dg.build_schedule_context(scheduled_execution_time=datetime(2022, 1, 5, 2)))
    assert isinstance(nightly, dg.RunRequest)
    step_failed = JobFailureData(error=None, failure_reason=RunFailureReason.STEP_FAILURE)
    job = defs.resolve_job_def("coop").get_subset(asset_selection={ARRIVALS})  # of all its assets a run's record is long
    with dg.DagsterInstance.from_config(str(ensure_instance(tmp_path / "state"))) as instance:

        def will_retry(tags: Mapping[str, str], data: JobFailureData | None = None, of: str | None = None) -> tuple[str, str]:
            group = {"dagster/parent_run_id": of, "dagster/root_run_id": of} if of else {}
            run = instance.create_run_for_job(job, tags={**tags, **group}, parent_run_id=of, root_run_id=of)
            instance.report_run_failed(run, job_failure_data=data)
            ended = instance.get_run_by_id(run.run_id)
            assert ended is not None
            return run.run_id, ended.tags["dagster/will_retry"]

        assert will_retry(request.tags, step_failed)[1] == "false"
        assert will_retry({})[1] == "false"  # the board's own failed runs
        assert will_retry(nightly.tags)[1] == "true"
        first, said = will_retry(request.tags)
        again = [will_retry(request.tags, of=first)[1] for _ in range(2)]
        assert (said, again) == ("true", ["true", "false"])


def test_both_are_on_by_default() -> None:
    repository = defs.get_repository_def()
    assert repository.get_sensor_def("tep_moi").default_status == dg.DefaultSensorStatus.RUNNING
    schedule = repository.get_schedule_def("hang_dem")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert schedule.execution_timezone == "Asia/Ho_Chi_Minh"
    assert {arrivals_sensor.job_name, nightly_rebuild.job_name} == {"coop"}
