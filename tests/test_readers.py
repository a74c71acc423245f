"""Readers of other versions and languages open the published file while it is being replaced.

The versions lie where COOP_READERS says, as `.ci/run` lays them out. Without that variable nothing is tried; with it, every one must be there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from coop_pipeline.store.publish import publish

READERS = Path(os.environ.get("COOP_READERS", "nowhere"))
EXPECTED = {"duckdb-1.4.4", "duckdb-1.5.5", "duckdb-2.0.0", "node"}
PUBLISHES = 15
PYTHON = """
import json, pathlib, sys
import duckdb
target, stop = sys.argv[1:]
reads, failures, seen = 0, [], set()
while True:
    last = pathlib.Path(stop).exists()
    try:
        with duckdb.connect(target, read_only=True) as db:
            numbers = db.execute("select distinct number from (select number from mart.a union all select number from core.b)").fetchall()
            rows = db.execute("select count(*) from mart.a").fetchall()[0][0]
            comment = db.execute("select comment from duckdb_columns() where table_name = 'a' and column_name = 'number'").fetchall()
        if len(numbers) != 1 or rows != 5000 or comment != [("Lần | Turn",)]:
            failures.append([str(numbers), rows, str(comment)])
        seen.add(numbers[0][0])
        reads += 1
    except Exception as problem:
        failures.append(str(problem))
    if last:
        break
print(json.dumps({"version": duckdb.__version__, "reads": reads, "failures": failures, "seen": sorted(seen)}))
"""
NODE = """
import fs from 'node:fs'
import { DuckDBInstance, version } from '@duckdb/node-api'
const [target, stop] = process.argv.slice(2)
let reads = 0
const failures = [], seen = new Set()
for (;;) {
  const last = fs.existsSync(stop)
  try {
    const instance = await DuckDBInstance.create(target, { access_mode: 'READ_ONLY' })
    const db = await instance.connect()
    const numbers = (await db.runAndReadAll('select distinct number from (select number from mart.a union all select number from core.b)')).getRows()
    const rows = Number((await db.runAndReadAll('select count(*) from mart.a')).getRows()[0][0])
    db.closeSync()
    instance.closeSync()
    if (numbers.length !== 1 || rows !== 5000) failures.push([String(numbers), rows])
    seen.add(Number(numbers[0][0]))
    reads += 1
  } catch (problem) {
    failures.push(String(problem))
  }
  if (last) break
}
console.log(JSON.stringify({ version: `node, ${version()}`, reads, failures, seen: [...seen].sort((a, b) => a - b) }))
"""


def commands(folder: Path, target: Path, stop: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """How each reader is started."""
    found: dict[str, tuple[list[str], dict[str, str]]] = {}
    for package in sorted(READERS.glob("duckdb-*")):
        found[package.name] = ([sys.executable, "-c", PYTHON, str(target), str(stop)], {"PYTHONPATH": str(package)})
    modules = READERS / "node" / "node_modules"
    if shutil.which("node") and (modules / "@duckdb" / "node-api").is_dir():
        (folder / "node_modules").symlink_to(modules)
        (folder / "read.mjs").write_text(NODE, encoding="utf-8")
        found["node"] = (["node", str(folder / "read.mjs"), str(target), str(stop)], {})
    return found


@pytest.mark.slow
@pytest.mark.skipif(
    "COOP_READERS" not in os.environ, reason="COOP_READERS names no folder with other versions of DuckDB; .ci/run makes one"
)
def test_other_versions_read_while_the_file_is_replaced(tmp_path: Path) -> None:
    target, stop, working = tmp_path / "coop.duckdb", tmp_path / "stop", tmp_path / "working.duckdb"
    with duckdb.connect(str(working)) as connection:
        connection.execute(
            "create schema mart; create schema core; create table mart.a (number int, price decimal(24, 6), shipped_on date, name varchar)"
        )
        connection.execute("create table core.b (number int); comment on column mart.a.number is 'Lần | Turn'")

        def put(number: int) -> None:
            connection.execute("begin; delete from mart.a; delete from core.b")
            connection.execute(f"insert into mart.a select {number}, i, date '2021-12-31', 'HTX ' || i from range(5000) r(i)")
            connection.execute(f"insert into core.b select {number} from range(2000); commit")
            publish(working, target, ("core", "mart"), connection=connection)

        put(0)
        started = {
            name: subprocess.Popen(command, env={**os.environ, **extra}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for name, (command, extra) in commands(tmp_path, target, stop).items()
        }
        try:
            for number in range(1, PUBLISHES + 1):
                put(number)
        finally:
            stop.touch()
            said = {name: process.communicate(timeout=60) for name, process in started.items()}
    results = {name: json.loads(out.splitlines()[-1]) if out else {"failures": [err]} for name, (out, err) in said.items()}
    for name, result in results.items():
        print(name, result.get("version", ""), result.get("reads"), "reads,", len(result["failures"]), "failures")
    assert results.keys() == EXPECTED
    assert {name: result["failures"] for name, result in results.items() if result["failures"]} == {}
    assert {name for name, result in results.items() if result["seen"][-1] != PUBLISHES} == set()  # the last one, by all
