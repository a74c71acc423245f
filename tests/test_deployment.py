"""What `deploy/` holds: the back-up, and settings that follow ours."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from pathlib import Path

import yaml

from coop_pipeline.defs.instance import SETTINGS

DEPLOY = Path(__file__).parents[1] / "deploy"


def back_up(project: Path, target: Path, keep: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run([DEPLOY / "coop-backup", project, target, str(keep)], capture_output=True, text=True, timeout=60)


def test_a_back_up_is_whole_and_keeps_the_times(tmp_path: Path) -> None:
    project, target, restored = (tmp_path / name for name in ("project", "target", "restored"))
    for name in (
        "data/raw/2021/Lương Sơn.xlsx",
        "warehouse/coop.duckdb",
        "warehouse/previous/coop-1.duckdb",
        "warehouse/received/ab/abc",
        "warehouse/work/x",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(name)
        os.utime(project / name, ns=(1_600_000_000_123_456_000, 1_600_000_000_123_456_000))
    target.mkdir()
    restored.mkdir()
    (target / "coop-20200101T000000Z.tar.gz").touch()
    history = project / "warehouse" / ".dagster" / "history"
    history.mkdir(parents=True)
    with sqlite3.connect(history / "runs.db") as writer:
        writer.execute("pragma journal_mode = wal")
        writer.execute("create table runs as select 7 as n")
        writer.commit()
        done = back_up(project, target, 1)  # while it is in use
    assert done.returncode == 0, done.stderr
    [made] = target.iterdir()
    assert done.stdout == f"{made}\n"
    assert made.stat().st_mode & 0o077 == 0
    subprocess.run(["tar", "--extract", "--gzip", "--file", made, "-C", restored], check=True, timeout=60)
    found = {str(path.relative_to(restored)): path for path in restored.rglob("*") if path.is_file()}
    assert set(found) == {
        "data/raw/2021/Lương Sơn.xlsx", "warehouse/coop.duckdb", "warehouse/previous/coop-1.duckdb", "warehouse/received/ab/abc",
        "warehouse/.dagster/history/runs.db",
    }  # fmt: skip
    assert found["warehouse/coop.duckdb"].stat().st_mtime_ns == 1_600_000_000_123_456_000
    assert sqlite3.connect(found["warehouse/.dagster/history/runs.db"]).execute("select n from runs").fetchall() == [(7,)]
    assert back_up(tmp_path / "restored" / "warehouse", target, 1).returncode != 0  # no project
    assert list(target.iterdir()) == [made]


def test_the_settings_for_several_hosts_follow_ours() -> None:
    given, ours = yaml.safe_load((DEPLOY / "dagster.yaml").read_text()), yaml.safe_load(SETTINGS)
    assert {name: given.get(name) for name in ours} == ours
