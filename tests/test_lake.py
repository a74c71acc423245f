"""Provinces that publish into one DuckLake, on a PostgreSQL of this test's own, its files in a folder and on an S3 server."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from coop_pipeline.remote import RemoteTrouble, lake
from coop_pipeline.remote.lake import publish_to_lake

PROJECT = Path(__file__).parents[1]
BIN = next((path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)), None)
pytestmark = [
    pytest.mark.skipif(find_spec("duckdb_extension_ducklake") is None, reason="the extra `lake` is not installed"),
    pytest.mark.skipif(BIN is None, reason="PostgreSQL is not installed"),
]
VERSIONS = 3
PUBLISHER = """
import os, sys
from pathlib import Path
from coop_pipeline.remote import lake

name = lake._name
def die(*parts):
    if parts == ("published", "mart", "last"):  # the tables before it are in
        os.kill(os.getpid(), 9)
    return name(*parts)

address, data, how, *files = sys.argv[1:]
if how == "dies":
    lake._name = die
for file in files:
    assert lake.publish_to_lake(address, data, Path(file))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """The folder of PostgreSQL's socket."""
    assert BIN is not None
    folder = Path(tempfile.mkdtemp(prefix="coop-lake-"))
    folder.chmod(0o755)
    user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses root
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(folder, "postgres", "postgres")
    database = folder / "database"
    command = [*user, BIN / "initdb", "-D", database, "-U", "coop", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(command, check=True, capture_output=True)
    postgres = subprocess.Popen(
        [*user, BIN / "postgres", "-D", database, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"], stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 60
        while subprocess.run([BIN / "pg_isready", "-q", "-h", folder, "-U", "coop"], check=False).returncode:
            assert time.monotonic() < end
            time.sleep(0.1)
        yield folder
    finally:
        postgres.send_signal(signal.SIGINT)
        postgres.wait(30)
        shutil.rmtree(folder)


@pytest.fixture
def address(server: Path, request: pytest.FixtureRequest) -> str:
    """A database of this test's own."""
    name = request.node.name[5:].lower()
    execute(server, "postgres", f"create database {name}")
    return f"postgresql://coop@/{name}?host={server}"


def execute(server: Path, database: str, sql: str) -> None:
    assert BIN is not None
    subprocess.run([BIN / "psql", "-q", "-h", server, "-U", "coop", "-d", database, "-c", sql], check=True)


def build_file(path: Path, province: int, version: int, more: str = "") -> Path:
    """Every row says the version, so that a mixture shows."""
    with contextlib.closing(duckdb.connect(str(path))) as connection:
        connection.execute("create schema core; create schema mart; create schema ref")
        columns = f"{version} as version, (n / 3)::decimal(16, 4) as amount, 'xã ' || n as commune, null::json as note"
        connection.execute(f"create table core.loans as select n, {columns} from range({1000 + version}) as r(n)")
        connection.execute("comment on table core.loans is 'Vốn''s'")
        connection.execute("comment on column core.loans.amount is 'Số tiền'")
        connection.execute(f"create table mart.credit as select n, {columns}, date '2021-01-31' as day from range(7) as r(n)")
        connection.execute(f"create table mart.last as select n, {columns} from range(3) as r(n)")
        connection.execute(f"create table ref.areas as select 'district' as level, '{province}' as parent_code, {version} as version")
        connection.execute(more)
    moment = 1_700_000_000 + 100 * province + version
    os.utime(path, (moment, moment))
    return path


def open_lake(address: str, data: str = "") -> duckdb.DuckDBPyConnection:
    connection = lake._open(data)
    connection.execute(f"attach 'ducklake:postgres:{address}' as lake (read_only)")
    return connection


def versions(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, tuple[int, int]]:
    """Of each province the smallest and the largest version in a table."""
    found = connection.execute(f"select province_code, min(version), max(version) from lake.{table} group by 1").fetchall()
    return {province: (low, high) for province, low, high in found}


def test_two_provinces_at_once(address: str, tmp_path: Path) -> None:
    """Both end up in, whatever the other does; one is killed in the middle; a reader sees whole publications only."""
    data = str(tmp_path / "data")
    files = {p: [build_file(tmp_path / f"{p}-{v}.duckdb", p, v) for v in range(VERSIONS)] for p in (17, 38)}
    start = [sys.executable, "-c", PUBLISHER, address, data]
    publishers = [subprocess.Popen([*start, "goes on", *map(str, files[p])], stderr=subprocess.PIPE, text=True) for p in files]
    seen: set[tuple[str, int]] = set()
    reader = None
    with contextlib.ExitStack() as stack:
        while any(publisher.poll() is None for publisher in publishers):
            time.sleep(0.1)
            if reader is None:
                with contextlib.suppress(duckdb.Error):  # there is no lake yet
                    reader = stack.enter_context(contextlib.closing(open_lake(address)))
                continue
            reader.execute("begin")
            if reader.execute("select 1 from duckdb_tables() where database_name = 'lake' and table_name = 'loans'").fetchall():
                loans = versions(reader, "core.loans")
                assert loans == versions(reader, "mart.credit") == versions(reader, "ref.areas")
                assert all(low == high for low, high in loans.values())
                seen |= {(province, low) for province, (low, _) in loans.items()}
            reader.execute("commit")
    assert [(publisher.wait(), publisher.communicate()[1]) for publisher in publishers] == [(0, "")] * 2
    assert {province for province, _ in seen} == {"17", "38"}
    assert len(seen) > 2

    last = {"17": VERSIONS - 1, "38": VERSIONS - 1}
    newer = build_file(tmp_path / "newer.duckdb", 17, 7)
    assert subprocess.run([*start, "dies", newer], check=False).returncode == -signal.SIGKILL
    with contextlib.closing(open_lake(address)) as reader:
        for table in ("core.loans", "mart.credit", "mart.last", "ref.areas"):
            assert versions(reader, table) == {province: (version, version) for province, version in last.items()}
            for p in files:  # the same rows and types as in the file
                reader.execute(f"attach if not exists '{files[p][-1]}' as file{p} (read_only)")
                there, here = (
                    reader.execute(f"select count(*), sum(hash(t)::hugeint), list(distinct typeof(columns(*))) from {rows} as t").fetchall()
                    for rows in (f"(select * exclude (province_code) from lake.{table} where province_code = '{p}')", f"file{p}.{table}")
                )
                assert there == here
        comments = "select comment from {} where database_name = 'lake' and table_name = 'loans' and comment is not null"
        assert reader.execute(comments.format("duckdb_tables()")).fetchall() == [("Vốn's",)]
        assert reader.execute(comments.format("duckdb_columns()")).fetchall() == [("Số tiền",)]
    assert publish_to_lake(address, data, newer)  # the killed one's turn is over
    assert not publish_to_lake(address, data, newer)
    assert publish_to_lake(address, data, files[17][0])  # a roll-back
    with contextlib.closing(open_lake(address)) as reader:
        assert versions(reader, "core.loans") == {"17": (0, 0), "38": (VERSIONS - 1, VERSIONS - 1)}


def test_other_versions(address: str, tmp_path: Path) -> None:
    """A newer version brings a table and a column and drops a table; provinces with the older one go on."""
    data = str(tmp_path / "data")
    old = build_file(tmp_path / "old", 17, 0, "create table mart.gone as select 0 as version")
    more = "alter table core.loans add column rate decimal(5, 4) default 0.25; create table mart.new as select 1 as version; drop table mart.last"
    new = build_file(tmp_path / "new", 38, 1, more)
    assert publish_to_lake(address, data, old)
    assert publish_to_lake(address, data, new)
    assert publish_to_lake(address, data, build_file(tmp_path / "older", 17, 2))
    with contextlib.closing(open_lake(address)) as reader:
        assert versions(reader, "core.loans") == {"17": (2, 2), "38": (1, 1)}
        rates = reader.execute(
            "select province_code, any_value(rate)::varchar, count(*) from lake.core.loans group by 1 order by 1"
        ).fetchall()
        assert rates == [("17", None, 1002), ("38", "0.2500", 1001)]
        assert [versions(reader, f"mart.{table}") for table in ("gone", "new", "last")] == [{}, {"38": (1, 1)}, {"17": (2, 2)}]
    changed = build_file(tmp_path / "changed", 38, 3, "alter table core.loans alter n type varchar")
    with pytest.raises(RemoteTrouble, match=r"core\.loans\.n ở kho chung là BIGINT, ở đây là VARCHAR"):
        publish_to_lake(address, data, changed)
    with contextlib.closing(open_lake(address)) as reader:
        assert versions(reader, "mart.credit") == {"17": (2, 2), "38": (1, 1)}


def test_trouble(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line without the password, what stood there stays, and the next call does it."""
    data, old, new = str(tmp_path / "data"), build_file(tmp_path / "old", 17, 0), build_file(tmp_path / "new", 17, 1)
    monkeypatch.setattr(lake, "ANSWER_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for nobody in ("host=127.0.0.1 port=1 dbname=x user=y password=bimat", f"postgresql://y:bimat@127.0.0.1:{port}/x"):
            with pytest.raises(RemoteTrouble, match="Unable to connect to Postgres") as trouble:
                publish_to_lake(nobody, data, old)
            assert "bimat" not in str(trouble.value)
            assert "\n" not in str(trouble.value)
    assert publish_to_lake(address, data, old)
    with pytest.raises(RemoteTrouble, match="does not match existing data path"):
        publish_to_lake(address, str(tmp_path / "elsewhere"), new)
    monkeypatch.setattr(lake, "TURN_SECONDS", 0.1)
    with contextlib.closing(lake._open("")) as other, lake._turn(other, address), pytest.raises(RemoteTrouble, match="lock timeout"):
        publish_to_lake(address, data, new)
    broken = build_file(tmp_path / "broken", 17, 2, "create table mart.z (e enum('a', 'b'))")  # DuckLake has no enumerations
    with pytest.raises(RemoteTrouble):
        publish_to_lake(address, data, broken)
    monkeypatch.setattr(lake, "find_spec", lambda _: None)
    with pytest.raises(RemoteTrouble, match=r"coop-pipeline\[lake\]"):
        publish_to_lake(address, data, new)
    monkeypatch.undo()
    with contextlib.closing(open_lake(address)) as reader:
        assert versions(reader, "core.loans") == {"17": (0, 0)}
    assert publish_to_lake(address, data, new)


def test_recipes(address: str, server: Path, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What docs/scale.md tells readers and the keeper of the lake to do, with the files on an object store."""
    import s3fs

    for version in range(2):
        indicators = "create table mart.indicators as select 'credit.outstanding_vnd' as indicator_code, '17' as area_code, '' as breakdown"
        file = build_file(tmp_path / str(version), 17, version, f"{indicators}, '2021' as period, {version}::decimal(16, 4) as value")
        assert publish_to_lake(address, f"{bucket}/lake", file)
    store = s3fs.S3FileSystem(use_listings_cache=False)
    store.pipe("kho/lake/core/loans/province_code=17/ducklake-left.parquet", b"of one that was killed")
    shown: list[str] = []
    monkeypatch.setattr(duckdb.DuckDBPyRelation, "show", lambda relation: shown.append(str(relation.fetchall())))
    section = (PROJECT / "docs" / "scale.md").read_text().partition("## One lake")[2].partition("\n## ")[0]
    grant, reading, keeping = re.findall(r"```\w*\n(.*?)```", section, re.DOTALL)
    execute(server, "recipes", grant)
    given = "postgresql://reader@lake.example/coop_lake"
    assert given in reading
    access = ", ".join(f"{name} '{value}'" for name, value in lake._s3_access().items() if value)
    known: dict[str, object] = {}
    exec(
        re.sub(r"create secret \(.*?\)", f"create secret (type s3, {access})", reading.replace(given, address.replace("coop@", "reader@"))),
        known,
    )
    assert shown == ["[('17', '2021', Decimal('1.0000'))]"]
    with contextlib.closing(lake._open("s3://")) as keeper:
        keeper.execute(f"attach 'ducklake:postgres:{address}' as lake")
        before = store.find("kho/lake")
        keeper.execute(keeping.replace("interval 30 days", "interval 0 days").replace("interval 1 day", "interval 0 days"))
        assert len(store.find("kho/lake")) == (len(before) - 1) / 2
        assert versions(keeper, "core.loans") == {"17": (1, 1)}
