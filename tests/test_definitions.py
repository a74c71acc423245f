"""The Dagster skin: the asset graph as it was agreed (tests/graph.txt), and one run of the job through `coop run`.

`python tests/test_definitions.py` writes the graph anew; the difference is for review.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pytest
from dagster._core.instance import InstanceRef

from coop_pipeline import stages
from coop_pipeline.definitions import coop_job, defs
from coop_pipeline.defs.assets import CHECKS
from coop_pipeline.defs.keys import PUBLISHED
from coop_pipeline.defs.warehouse import Warehouse, comes_to
from coop_pipeline.settings import Settings
from coop_pipeline.store.publish import ordered_checksums
from coop_pipeline.store.warehouse import open_working

PROJECT = Path(__file__).parents[1]
GRAPH = Path(__file__).with_name("graph.txt")
VIETNAMESE = set("ăâđêôơưàảãáạèẻẽéẹìỉĩíịòỏõóọùủũúụỳỷỹýỵầẩẫấậằẳẵắặềểễếệồổỗốộờởỡớợừửữứự")
TABLES = {f"{t.schema}/{t.name}" for t in stages.all_tables()}
SPECS = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


def draw_graph() -> str:
    """One asset a paragraph: its key, and below it what it depends on."""
    lines = []
    for name, spec in sorted(SPECS.items()):
        lines += [name, *sorted(f"    {dep.asset_key.to_user_string()}" for dep in spec.deps)]
    return "\n".join(lines) + "\n"


def test_the_graph_is_as_agreed() -> None:
    assert draw_graph() == GRAPH.read_text(encoding="utf-8"), "look at the difference; then: python tests/test_definitions.py"


def test_assets_are_the_tables() -> None:
    """And beside them what goes in, the published file and the held one, and what people get back."""
    others = {name for name in SPECS if not name.startswith("outputs/")}
    assert others == TABLES | {"intake/arrivals", "intake/submissions", "published/coop", "published/held"}


def test_nothing_depends_on_what_is_not_there() -> None:
    assert {dep.asset_key.to_user_string() for spec in SPECS.values() for dep in spec.deps} <= set(SPECS)


def test_everything_comes_from_the_submissions_and_ends_in_the_published_file() -> None:
    below: dict[str, set[str]] = {name: {dep.asset_key.to_user_string() for dep in spec.deps} for name, spec in SPECS.items()}

    def reach(name: str) -> set[str]:
        return {name}.union(*(reach(parent) for parent in below[name]))

    for file in ("published/coop", "published/held"):
        assert reach(file) == {file} | {name for name in SPECS if not name.startswith(("outputs/", "published/"))}
    for name in TABLES:
        if not name.startswith("ref/"):
            assert reach(name) & {"intake/submissions"} or all(parent.startswith("ref/") for parent in reach(name) - {name}), name


@pytest.mark.parametrize("name", sorted(SPECS))
def test_an_asset_is_described(name: str) -> None:
    spec = SPECS[name]
    description = spec.description or ""
    vietnamese, _, english = description.partition("\n\n")
    assert set(vietnamese.lower()) & VIETNAMESE, "in Vietnamese first"
    assert english.strip()
    assert spec.group_name == name.split("/")[0]
    assert spec.owners
    assert spec.kinds
    if name in TABLES:
        schema = spec.metadata["dagster/column_schema"]
        assert isinstance(schema, dg.TableSchema)
        assert all(column.description for column in schema.columns)


def test_audits_are_checks_of_their_tables() -> None:
    graph = defs.resolve_asset_graph()
    checks = {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys}
    assert checks - {("outputs/report", "report_template_works")} == {(a.table.replace(".", "/"), a.name) for a in CHECKS}
    assert {key.name for key in graph.asset_check_keys if graph.get_check_spec(key).blocking} == {a.name for a in CHECKS if a.blocking}
    for key in graph.asset_check_keys:
        assert set((graph.get_check_spec(key).description or "").lower()) & VIETNAMESE


def test_one_job_makes_everything_in_one_process() -> None:
    job = defs.resolve_job_def(coop_job.name)
    assert job.executor_def.name == dg.in_process_executor.name
    assert {key.to_user_string() for key in job.asset_layer.executable_asset_keys} == set(SPECS) - {"intake/submissions"}
    assert set((job.description or "").lower()) & VIETNAMESE


def test_a_step_knows_what_its_run_comes_to() -> None:
    job = defs.resolve_job_def(coop_job.name)
    assert {"published", "outputs__exports"} <= {node.name for node in job.nodes}

    def ask(job: dg.JobDefinition, *steps: str) -> bool:
        context: Any = SimpleNamespace(job_def=job, run=SimpleNamespace(step_keys_to_execute=steps or None))
        return comes_to(context, "outputs__exports")

    assert ask(job)
    assert ask(job, "published", "outputs__exports")
    assert not ask(job, "published"), "of a run that is run again only this step"
    assert not ask(job.get_subset(asset_selection={PUBLISHED}))


def test_the_ui_can_load_the_definitions() -> None:
    """It takes them as a repository, which is stricter about names than a job that is run by itself."""
    assert {job.name for job in defs.get_repository_def().get_all_jobs()} >= {"coop", "release", "roll_back"}


def holds_something(log: Path) -> bool:
    try:
        return log.stat().st_size > 0
    except FileNotFoundError:  # at any moment
        return False


def test_the_working_database_is_written_out_before_it_is_closed(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "raw", tmp_path, tmp_path / "corrections")
    with ExitStack() as opened:
        warehouse = Warehouse(settings, opened)
        warehouse.connection.execute("create table told as select range as n from range(3)")
        log = Path(f"{settings.working}.wal")
        assert holds_something(log)
        warehouse.write_out()
        end = time.monotonic() + 60
        while holds_something(log) and time.monotonic() < end:
            time.sleep(0.01)
        assert not holds_something(log)
        warehouse.connection.execute("insert into told values (3)")
    with open_working(settings.working) as connection:
        assert connection.execute("select count(*) from told").fetchall() == [(4,)]


def test_workspace_names_the_definitions() -> None:
    text = (PROJECT / "workspace.yaml").read_text(encoding="utf-8")
    assert "coop_pipeline.definitions" in text


# ---- one run


@dataclass
class Run:
    warehouse: Path
    code: int
    out: str
    err: str

    @property
    def said(self) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(self.out)
        return made


def coop_run(raw: Path, warehouse: Path, *options: str) -> Run:
    kept = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME" and not name.startswith("COOP_")}
    command = [
        sys.executable,
        "-m",
        "coop_pipeline.cli",
        "run",
        "--raw",
        str(raw),
        "--warehouse",
        str(warehouse),
        *options,
    ]
    variables = {**kept, "PYTHONPATH": str(PROJECT), "COLUMNS": "120"}
    done = subprocess.run(command, cwd=raw.parent, env=variables, capture_output=True, text=True, timeout=180)
    return Run(warehouse, done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of the samples: one of each agency, a district, and what cannot be read."""
    folder = tmp_path_factory.mktemp("project") / "raw"
    for name in ("2021/NHNN", "2021/XTTM", "2021/khac", "2021/Lạc Thủy"):
        shutil.copytree(PROJECT / "data" / "raw" / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def ran(raw: Path) -> Run:
    return coop_run(raw, raw.parent / "warehouse", "--json")


def test_a_run_publishes_and_says_so(ran: Run) -> None:
    assert ran.code == 0, ran.err
    assert ran.said["published"] is True
    assert Path(ran.said["path"]) == ran.warehouse / "coop.duckdb"
    assert {row["status"]: row["files"] for row in ran.said["submissions"]}["rejected"] == 1
    with duckdb.connect(str(ran.warehouse / "coop.duckdb"), read_only=True) as connection:
        counts = {name: connection.execute(f"select count(*) from {name}").fetchall()[0][0] for name in ran.said["tables"]}
    assert ran.said["tables"] == counts
    assert counts["core.loans"] > 20
    assert {row["title_vi"] for row in ran.said["figures"] if row["within"]} >= {"Dư nợ cho vay của TCTD đối với HTX"}
    assert [*ran.said["seconds"]][-3:] == ["outputs__report", "outputs__exports", "total"], "a child makes the exports beside the report"
    assert "Traceback" not in ran.out + ran.err


def test_the_run_is_in_the_history(ran: Run) -> None:
    """With every table's rows and every check, as the UI shows them."""
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(ran.warehouse / ".dagster"))) as instance:
        (run,) = instance.get_runs()
        assert (run.run_id, run.status, run.job_name) == (ran.said["run_id"], dg.DagsterRunStatus.SUCCESS, "coop")
        made, checked = {}, set()
        for record in instance.all_logs(run.run_id):
            event = record.dagster_event
            if event is not None and event.is_step_materialization:
                found = event.step_materialization_data.materialization
                made[found.asset_key.to_user_string()] = found.metadata["dagster/row_count"].value
            elif event is not None and event.event_type_value == "ASSET_CHECK_EVALUATION":
                checked.add(event.asset_check_evaluation_data.check_name)
    assert set(made) == set(SPECS) - {"published/held"}
    assert checked == {a.name for a in CHECKS} | {"report_template_works"}
    assert made["core/loans"] == ran.said["tables"]["core.loans"]


def test_again_for_a_person(ran: Run, raw: Path) -> None:
    """Plain output, nothing read anew, the same tables; the history holds both runs and nothing is left in the
    raw folder.
    """
    before = ordered_checksums(ran.warehouse / "coop.duckdb")
    there = sorted(path for path in raw.rglob("*"))
    again = coop_run(raw, ran.warehouse)
    assert again.code == 0, again.err
    for words in (
        "Các tệp đã nhận",
        "Cần gửi lại huyện sửa",
        "Số liệu chủ yếu",
        "Đã công bố",
        "24,936 tỷ đồng",
        str(ran.warehouse / "coop.duckdb"),
    ):
        assert words in again.out, words
    assert ordered_checksums(ran.warehouse / "coop.duckdb") == before
    assert sorted(path for path in raw.rglob("*")) == there
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(ran.warehouse / ".dagster"))) as instance:
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.SUCCESS] * 2


if __name__ == "__main__":
    GRAPH.write_text(draw_graph(), encoding="utf-8")
    print(GRAPH)
