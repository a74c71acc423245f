"""Dagster's state: concurrent first starts, settings, and runs in the history that the UI reads."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from coop_pipeline.defs import instance
from tests.conftest import ALL

PROJECT = Path(__file__).parents[1]
DEFINITIONS = """
    import os, time
    import dagster as dg

    @dg.multi_asset(
        specs=[dg.AssetSpec(["core", name]) for name in ("loans", "exports")],
        check_specs=[dg.AssetCheckSpec("kept", asset=["core", "loans"], blocking=True)],
    )
    def core():
        if os.environ.get("TRIAL") == "sleep":
            print("sleeping", flush=True)
            for _ in range(600):  # a signal just before a sleep begins is heeded after it
                time.sleep(0.1)
        if os.environ.get("TRIAL") == "fail":
            raise dg.Failure("Ổ đĩa đầy", allow_retries=False)
        yield dg.MaterializeResult(asset_key=["core", "loans"], metadata={"dagster/row_count": 3})
        yield dg.MaterializeResult(asset_key=["core", "exports"])
        yield dg.AssetCheckResult(
            asset_key=["core", "loans"],
            check_name="kept",
            passed=os.environ.get("TRIAL") != "check",
            description="mất 2 dòng",
        )

    @dg.asset(deps=[["core", "loans"], ["core", "exports"]])
    def published():
        ...

    defs = dg.Definitions(
        assets=[core, published], jobs=[dg.define_asset_job("coop")], executor=dg.in_process_executor
    )
"""
KEYS = {"loans": ["core", "loans"], "exports": ["core", "exports"], "published": ["published"]}
RUN = """
    import sys
    from pathlib import Path
    from coop_pipeline.defs.run import run_job
    outcome = run_job(Path(sys.argv[1]), definitions="trial_definitions")
    print(outcome.success, outcome.failed_step, outcome.message)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "trial_definitions.py").write_text(textwrap.dedent(DEFINITIONS))
    variables = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    return {**variables, "PYTHONPATH": f"{PROJECT}:{tmp_path}"}


def start(code: str, state: Path, environment: dict[str, str], **more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), str(state)]
    return subprocess.Popen(command, env={**environment, **more}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    return output.strip()


def statuses(state: Path) -> list[str]:
    from dagster import DagsterInstance

    with DagsterInstance.from_config(str(state)) as history:
        return [run.status.value for run in history.get_runs()]


def test_importing_costs_no_dagster() -> None:
    code = "import sys, coop_pipeline.defs.run, coop_pipeline.defs.ui; sys.exit('dagster' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PROJECT)


def test_first_starts_at_once(tmp_path: Path, environment: dict[str, str]) -> None:
    state, number = tmp_path / "state", 8 if ALL else 4
    processes = [start(RUN, state, environment) for _ in range(number)]
    assert [finish(process) for process in processes] == ["True None None"] * number
    assert statuses(state) == ["SUCCESS"] * number


def test_the_users_own_settings_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    settings = tmp_path / "dagster.yaml"
    settings.write_text("telemetry: {enabled: false}\n")
    assert instance.ensure_instance(tmp_path) == tmp_path
    assert settings.read_text() == "telemetry: {enabled: false}\n"


def test_our_settings_are_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    instance.ensure_instance(tmp_path)
    settings = tmp_path / "dagster.yaml"
    settings.write_text(instance.FIRST_LINE + "telemetry: {enabled: true}\n")
    instance.ensure_instance(tmp_path)
    assert settings.read_text() == instance.SETTINGS


def test_only_the_making_of_the_databases_does_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy import create_engine, text

    from coop_pipeline.defs.history import RunHistory

    monkeypatch.setenv("DAGSTER_HOME", "")
    instance.ensure_instance(tmp_path)
    runs = tmp_path / "history" / "runs.db"
    off, normal, full = 0, 1, 2
    seen = []
    for connect in (create_engine(f"sqlite:///{runs}").connect, RunHistory(str(runs.parent)).connect):
        with connect() as connection:
            seen.append((connection.execute(text("pragma journal_mode")).scalar(), connection.execute(text("pragma synchronous")).scalar()))
    assert off not in (level for _, level in seen)
    (tmp_path / ".first-start").unlink()
    monkeypatch.setattr(instance, "_synced_at_the_end", None)  # a history that is there is not risked
    instance.ensure_instance(tmp_path)
    assert seen == [("wal", full), ("wal", normal)], "a loss of power may take the last events along, and damages nothing"


def test_what_notes_that_something_was_told_comes_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill, or a loss of power, between the two would leave the board without what it is taken to have been told."""
    import dagster as dg

    monkeypatch.setenv("DAGSTER_HOME", "")
    instance.ensure_instance(tmp_path / "state")
    (tmp_path / "synced" / "runs").mkdir(parents=True)

    def told() -> int:
        shutil.copy(tmp_path / "state" / "history" / "runs" / "index.db", tmp_path / "synced" / "runs")  # without its log
        with sqlite3.connect(tmp_path / "synced" / "runs" / "index.db") as index:
            ((count,),) = index.execute("select count(*) from event_logs where asset_key is not null").fetchall()
        return int(count)

    with instance.open_instance(tmp_path / "state") as history:
        for name in ("a", "b"):  # the second waits
            history.report_runless_asset_event(dg.AssetMaterialization(name))
        assert told() < 2
        history.run_storage.set_cursor_values({"told": "2"})
        assert told() == 2


def test_lost_databases_are_made_again(tmp_path: Path, environment: dict[str, str]) -> None:
    assert finish(start(RUN, tmp_path / "state", environment)) == "True None None"
    (tmp_path / "state" / "history" / "runs.db").unlink()
    assert finish(start(RUN, tmp_path / "state", environment)) == "True None None"


def test_history_holds_what_dagster_itself_would_store(tmp_path: Path, environment: dict[str, str]) -> None:
    from dagster import AssetCheckKey, AssetKey, DagsterInstance

    finish(start(RUN, tmp_path / "state", environment))
    finish(start(RUN, tmp_path / "state", environment))
    with DagsterInstance.from_config(str(tmp_path / "state")) as history:
        run, _ = history.get_runs()
        kinds = [entry.dagster_event_type.value for entry in history.all_logs(run.run_id) if entry.dagster_event_type]
        event = history.get_latest_materialization_event(AssetKey(["core", "loans"]))
        check_key = AssetCheckKey(AssetKey(["core", "loans"]), "kept")
        (check,) = history.event_log_storage.get_asset_check_execution_history(check_key, limit=1)
        records = {name: history.fetch_materializations(AssetKey(key), limit=1).records[0] for name, key in KEYS.items()}
    assert kinds[-1] == "PIPELINE_SUCCESS"
    assert kinds.count("ASSET_MATERIALIZATION") == 3
    assert kinds.count("ASSET_CHECK_EVALUATION") == 1
    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.metadata["dagster/row_count"].value == 3
    assert check.status.value == "SUCCEEDED"
    assert check.event is not None
    assert check.event.dagster_event is not None
    target = check.event.dagster_event.asset_check_evaluation_data.target_materialization_data
    assert target is not None
    assert (target.run_id, target.storage_id) == (run.run_id, records["loans"].storage_id)
    tags = records["published"].asset_materialization.tags
    assert tags["dagster/input_event_pointer/core/exports"] == str(records["exports"].storage_id)
    assert tags["dagster/input_data_version/core/loans"] == records["loans"].asset_materialization.tags["dagster/data_version"]
    assert run.run_config == {}
    assert run.remote_job_origin is not None
    assert run.remote_job_origin.location_name == "trial_definitions"


@pytest.mark.parametrize(
    ("trial", "outcome"),
    [("fail", "False core Ổ đĩa đầy"), ("check", "False core core/loans: kept: mất 2 dòng")],
)
def test_a_failure_is_told_in_one_sentence(tmp_path: Path, environment: dict[str, str], trial: str, outcome: str) -> None:
    process = start(RUN, tmp_path / "state", environment, TRIAL=trial)
    output, errors = process.communicate(timeout=120)
    assert output.strip() == outcome
    assert errors == ""
    assert statuses(tmp_path / "state") == ["FAILURE"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_marked(tmp_path: Path, environment: dict[str, str], number: signal.Signals) -> None:
    process = start(RUN, tmp_path / "state", environment, TRIAL="sleep")
    assert process.stdout is not None
    assert process.stdout.readline() == "sleeping\n"
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    assert "đã bị dừng theo yêu cầu" in said
    assert statuses(tmp_path / "state") in (["FAILURE"], ["CANCELED"])


def test_a_killed_run_is_closed_by_the_next(tmp_path: Path, environment: dict[str, str]) -> None:
    process = start(RUN, tmp_path / "state", environment, TRIAL="sleep")
    assert process.stdout is not None
    assert process.stdout.readline() == "sleeping\n"
    time.sleep(0.2)
    process.kill()
    process.communicate()
    assert statuses(tmp_path / "state") == ["STARTED"]
    finish(start(RUN, tmp_path / "state", environment))
    assert sorted(statuses(tmp_path / "state")) == ["FAILURE", "SUCCESS"]
