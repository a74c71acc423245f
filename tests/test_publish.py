"""Publishing: what travels, that readers never see half a file, and that nothing that fails leaves a trace."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from coop_pipeline.store.publish import Draft, Published, PublishError, ordered_checksums, publish

ROOT = Path(__file__).resolve().parents[1]

READER = """
import sys, time, duckdb
target, until = sys.argv[1], sys.argv[2]
import pathlib
print("ready", flush=True)
reads = 0
while not pathlib.Path(until).exists():
    connection = duckdb.connect(target, read_only=True)
    found = connection.execute("select count(*), min(version), max(version) from core.loans").fetchone()
    assert found[0] == 2000 and found[1] == found[2], found
    connection.close()
    reads += 1
    time.sleep(0.02)
print(reads)
"""

PUBLISHER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import duckdb
from coop_pipeline.store.publish import publish
working, target = Path(sys.argv[2]), Path(sys.argv[3])
with duckdb.connect(str(working)) as connection:
    print("ready", flush=True)
    while True:
        version = connection.execute("update core.loans set version = version + 1 returning version").fetchall()[0][0]
        publish(working, target, ["core"], connection=connection)
        print("published", version, flush=True)
"""


@pytest.fixture
def working(tmp_path: Path) -> Path:
    return tmp_path / "working.duckdb"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "warehouse" / "coop.duckdb"


@pytest.fixture
def connection(working: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(working)) as connection:
        connection.execute(
            """
            create schema core; create schema mart; create schema staging;
            create table core.loans (
                loan_id bigint primary key, coop_name varchar not null, amount_vnd decimal(18, 0),
                status enum ('a', 'b'),
                tags varchar[], issued_on date, seen_at timestamptz,
                ratio double, version integer default 0,
                doubled bigint generated always as (loan_id * 2) virtual, check (amount_vnd >= 0)
            );
            comment on table core.loans is 'Khoản vay của ''HTX'' / loans';
            comment on column core.loans.coop_name is 'Tên hợp tác xã';
            insert into core.loans
            select i, 'HTX Số ' || i, i * 1000, 'a', ['x', 'y'], date '2021-01-01' + (i % 365)::integer,
                timestamptz '2021-01-01 00:00:00+07', i / 7, 0
            from range(2000) as r (i);
            create table mart."tên ""lạ" ("cột 1" varchar);
            insert into mart."tên ""lạ" values ('b'), (null), ('a'), ('');
            create view mart.seen as select 1 as one;
            create table staging.scrap as select 1 as one;
            """
        )
        yield connection


def test_what_travels(working: Path, target: Path, connection: duckdb.DuckDBPyConnection) -> None:
    published = publish(working, target, ["core", "mart"], connection=connection)
    assert isinstance(published, Published)
    assert published.tables == {"core.loans": 2000, 'mart.tên "lạ': 4}
    assert published.previous is None
    assert published.bytes == target.stat().st_size
    assert stat.S_IMODE(target.stat().st_mode) == 0o444
    assert sorted(path.name for path in target.parent.rglob("*")) == [".publishing", "coop.duckdb", "publications.json"]
    with duckdb.connect(str(target), read_only=True) as reader:
        assert reader.execute("select comment from duckdb_tables() where table_name = 'loans'").fetchall() == [
            ("Khoản vay của 'HTX' / loans",)
        ]
        assert reader.execute("select column_name, comment from duckdb_columns() where comment is not null").fetchall() == [
            ("coop_name", "Tên hợp tác xã")
        ]
        described = {row[0]: row[1:3] for row in reader.execute("describe core.loans").fetchall()}
        assert described["amount_vnd"] == ("DECIMAL(18,0)", "YES")
        assert described["coop_name"] == ("VARCHAR", "NO")
        assert described["status"] == ("ENUM('a', 'b')", "YES")
        assert reader.execute('select "cột 1" from mart."tên ""lạ"').fetchall() == [("b",), (None,), ("a",), ("",)]
        assert reader.execute("select schema_name from duckdb_schemas() where schema_name = 'staging'").fetchall() == []
        assert reader.execute("select tags from duckdb_databases() where path is not null").fetchall() is not None
    connection.execute("insert into core.loans (loan_id, coop_name) values (-1, 'still open')")


def test_a_closed_working_file_will_do(working: Path, target: Path, connection: duckdb.DuckDBPyConnection) -> None:
    connection.close()
    assert publish(working, target, ["core"]).tables == {"core.loans": 2000}


def test_the_last_few_are_kept(working: Path, target: Path, connection: duckdb.DuckDBPyConnection) -> None:
    for version in range(5):
        connection.execute("update core.loans set version = ?", [version])
        published = publish(working, target, ["core"], keep=2, connection=connection)
    kept = sorted((target.parent / "previous").iterdir())
    assert len(kept) == 2
    assert published.previous == kept[-1]
    for path, version in zip([*kept, target], [2, 3, 4], strict=True):
        with duckdb.connect(str(path), read_only=True) as reader:
            assert reader.execute("select distinct version from core.loans").fetchall() == [(version,)]


def test_a_stale_wal_goes(working: Path, target: Path, connection: duckdb.DuckDBPyConnection) -> None:
    publish(working, target, ["core"], connection=connection)
    Path(f"{target}.wal").write_bytes(b"left by somebody")
    publish(working, target, ["core"], connection=connection)
    assert not Path(f"{target}.wal").exists()
    assert ordered_checksums(target)


def test_a_check_that_raises_stops_it(working: Path, target: Path, connection: duckdb.DuckDBPyConnection) -> None:
    publish(working, target, ["core"], connection=connection)
    before = standing(target)

    def check(reader: duckdb.DuckDBPyConnection) -> None:
        assert reader.execute("select count(*) from core.loans").fetchall() == [(2000,)]
        raise PublishError("an indicator is out of range")

    with pytest.raises(PublishError, match=r"coop\.duckdb was not published: an indicator is out of range"):
        publish(working, target, ["core"], check=check, connection=connection)
    assert standing(target) == before
    assert list((target.parent / ".publishing").iterdir()) == []


def test_mistakes_in_one_sentence(working: Path, target: Path, connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(PublishError, match="no tables in nosuch"):
        publish(working, target, ["core", "nosuch"], connection=connection)
    with pytest.raises(PublishError, match="does not hold"):
        publish(working.with_name("other.duckdb"), target, ["core"], connection=connection)
    with pytest.raises(PublishError, match="was not published"):
        publish(working.with_name("other.duckdb"), target, ["core"])
    target.parent.rename(target.parent.with_name("elsewhere"))
    target.parent.write_text("a file where the folder should be")
    with pytest.raises(PublishError, match="warehouse"):
        publish(working, target, ["core"], connection=connection)
    assert connection.execute("select count(*) from core.loans").fetchall() == [(2000,)]


def standing(path: Path) -> tuple[int, int, int]:
    """Tells one state of a file from the next, whoever has read it in between."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def test_a_folder_without_permission(working: Path, connection: duckdb.DuckDBPyConnection) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = folder / "coop.duckdb"
        publish(working, target, ["core"], connection=connection)
        before = standing(target)
        (folder / ".publishing").chmod(0o777)  # so that it fails as late as it can: at the replacing
        folder.chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            with pytest.raises(PublishError, match=f"no permission to write to {folder}"):
                publish(working, target, ["core"], connection=connection)
            assert standing(target) == before
            assert list((folder / ".publishing").iterdir()) == []
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)


def test_a_full_disk(working: Path, target: Path, connection: duckdb.DuckDBPyConnection) -> None:
    publish(working, target, ["core"], connection=connection)
    before = standing(target)
    connection.execute("insert into core.loans (loan_id, coop_name) select i + 10000, md5(i::varchar) from range(90000) as r (i)")
    connection.close()
    code = (
        "import sys, resource; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "from coop_pipeline.store.publish import publish, PublishError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        "try: publish(Path(sys.argv[2]), Path(sys.argv[3]), ['core'])\n"
        "except PublishError as problem: print(problem)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(ROOT), str(working), str(target)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "was not published" in run.stdout
    assert len(run.stdout.splitlines()) == 1
    assert standing(target) == before
    assert list((target.parent / ".publishing").iterdir()) == []


def test_left_overs_of_a_killed_publisher_go(working: Path, target: Path, connection: duckdb.DuckDBPyConnection) -> None:
    drafts = target.parent / ".publishing"
    (drafts / "spill").mkdir(parents=True)
    (drafts / "spill" / "block").write_bytes(b"x")
    (drafts / "coop-1.duckdb").write_bytes(b"half")
    (drafts / "coop-1.duckdb").chmod(0o444)
    publish(working, target, ["core"], connection=connection)
    assert list(drafts.iterdir()) == []


def test_a_draft_is_made_while_its_caller_goes_on(working: Path, target: Path, connection: duckdb.DuckDBPyConnection) -> None:
    drafts = target.parent / ".publishing"
    with Draft(working, target, ["core"], connection=connection) as left:
        left.begin()
    assert list(drafts.iterdir()) == [], "what was not published is gone"
    seen: list[int] = []

    def check(reader: duckdb.DuckDBPyConnection) -> None:
        seen.extend(reader.execute("select count(*) from core.loans").fetchall()[0])

    with Draft(working, target, ["core"], check, connection) as draft:
        draft.begin()
        connection.execute("create table core.later as select 1 as n")
        made = draft.publish(run="a run")
        with pytest.raises(PublishError, match="another process is publishing"):
            publish(working, target, ["core"], connection=connection)
    draft.close()
    assert (made.path, seen, list(drafts.iterdir())) == (target, [2000], [])
    before = standing(target)
    broken = Draft(working, target, ["core", "nosuch"], connection=connection)
    broken.begin()
    with pytest.raises(PublishError, match="was not published: the working database has no tables in nosuch"), broken:
        broken.hold()
    assert standing(target) == before
    assert publish(working, target, ["core"], connection=connection).tables == {"core.loans": 2000, "core.later": 1}


def test_readers_see_whole_files_while_it_is_replaced(
    working: Path, target: Path, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    publish(working, target, ["core"], connection=connection)
    until = tmp_path / "enough"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(target), str(until)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        for version in range(20):
            connection.execute("update core.loans set version = ?", [version])
            publish(working, target, ["core"], connection=connection)
        until.touch()
        for reader in readers:
            said, noise = reader.communicate(timeout=30)
            assert reader.returncode == 0, noise
            assert int(said) > 5
    finally:
        for reader in readers:
            reader.kill()
            reader.communicate()


def test_a_publisher_that_is_killed_leaves_the_old_file_or_the_new(
    working: Path, target: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    publish(working, target, ["core"], connection=connection)
    connection.close()
    chance = random.Random(20261122)
    last = 0
    for _ in range(10):
        publisher = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(ROOT), str(working), str(target)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert publisher.stdout is not None
        assert publisher.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.6))
        publisher.send_signal(signal.SIGKILL)
        said = publisher.communicate()[0].split()
        with duckdb.connect(str(target), read_only=True) as reader:
            [(rows, low, high)] = reader.execute("select count(*), min(version), max(version) from core.loans").fetchall()
        assert (rows, low) == (2000, high)
        assert low >= max([last, *(int(word) for word in said if word.isdigit())])
        last = low
    publish(working, target, ["core"])
    assert list((target.parent / ".publishing").iterdir()) == []


def test_checksums_know_values_and_nothing_else(tmp_path: Path) -> None:
    def build(name: str, script: str) -> dict[str, str]:
        with duckdb.connect(str(tmp_path / name)) as connection:
            connection.execute(script)
        return ordered_checksums(tmp_path / name)

    one = build("one", "create table t (a varchar, b integer); insert into t values ('x', 1), (null, 2), ('x', 1)")
    assert list(one) == ["main.t"]
    assert one == build("two", "create table t (b integer, a varchar); insert into t values (2, null), (1, 'x'), (1, 'x')")
    for number, other in enumerate(
        [
            "create table t (a varchar, b integer); insert into t values ('x', 1), (null, 2)",
            "create table t (a varchar, b integer); insert into t values ('x', 1), ('', 2), ('x', 1)",
            "create table t (a varchar, c integer); insert into t values ('x', 1), (null, 2), ('x', 1)",
            "create table t (a varchar, b integer); insert into t values ('x', 1), (null, 1), ('x', 2)",
        ]
    ):
        assert one != build(f"other{number}", other)
    # Known by heart: another version of DuckDB must find the same.
    script = "create table t (a varchar, d decimal(18, 2), f double, o date, l integer[]); "
    script += "insert into t values ('Đà Bắc', 1.50, 0.1, date '2021-12-31', [1, 2])"
    assert build("fixed", script) == {"main.t": "76ca1507fcf46e0f8ffa8b0907a7ad55"}
