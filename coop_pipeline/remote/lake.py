"""The published tables in a DuckLake that several provinces share: its catalog on PostgreSQL, its Parquet files in one folder.

The tables are those of the published file with `province_code` in front, so that all provinces' rows stand side by side; whoever
publishes replaces its own province's. Publishers take turns by a lock in PostgreSQL: DuckLake has two that delete from and insert
into one table at the same time fail, and its own retries settle only what touches different tables.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from coop_pipeline.remote import RemoteTrouble
from coop_pipeline.store.publications import version_of

ANSWER_SECONDS = 10
"""How long PostgreSQL may take to answer."""
TURN_SECONDS = 600
"""How long a publisher waits for the others."""
_LOCK = 0x636F6F70
"""The lock's number in the catalog's database: "coop"."""
_PUBLICATIONS = "lake.main.publications"
"""Which version each province's rows are: `province_code`, `version`."""


def publish_to_lake(address: str, data: str, target: Path) -> bool:
    """Replaces this province's rows by those of the published file, in one transaction; says whether they were others.

    `address` is PostgreSQL's (`postgresql://user@host/database`), `data` the folder of the Parquet files. Raises RemoteTrouble; the
    lake then holds what it held before, and the next call does it.
    """
    if "connect_timeout" not in address:
        address += f"{' ' if '://' not in address else '&' if '?' in address else '?'}connect_timeout={ANSWER_SECONDS}"
    try:
        with contextlib.closing(_open(data)) as connection, _turn(connection, address):
            connection.execute(
                f"attach {_text(f'ducklake:postgres:{address}')} as lake (data_path {_text(data)}, data_inlining_row_limit 0)"
            )
            connection.execute(f"attach {_text(str(target))} as published (read_only)")
            return _replace_rows(connection, version_of(target))
    except duckdb.Error as problem:
        raise RemoteTrouble(
            f"Chưa đưa được bản công bố lên kho chung COOP_LAKE; tệp công bố trên máy vẫn đúng, lần chạy sau làm lại. "
            f"(The lake did not take the tables, the next run tries again: {_describe(problem, address)})"
        ) from None


def _replace_rows(connection: duckdb.DuckDBPyConnection, version: str) -> bool:
    [(province,)] = connection.execute("select distinct parent_code from published.ref.areas where level = 'district'").fetchall()
    connection.execute("begin")
    connection.execute(f"create table if not exists {_PUBLICATIONS} (province_code varchar, version varchar)")
    if connection.execute(f"select version from {_PUBLICATIONS} where province_code = ?", [province]).fetchall() == [(version,)]:
        return False
    theirs, ours = _list_tables(connection, "lake"), _list_tables(connection, "published")
    for table in ours:
        _prepare(connection, table, ours[table], theirs.get(table))
    for schema, name in theirs.keys() | ours.keys():
        connection.execute(f"delete from {_name('lake', schema, name)} where province_code = ?", [province])
    for schema, name in ours:
        connection.execute(
            f"insert into {_name('lake', schema, name)} by name select ? as province_code, * from {_name('published', schema, name)}",
            [province],
        )
    connection.execute(f"delete from {_PUBLICATIONS} where province_code = ?", [province])
    connection.execute(f"insert into {_PUBLICATIONS} values (?, ?)", [province, version])
    connection.execute("commit")
    return True


def _list_tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[tuple[str, str], dict[str, tuple[str, str | None]]]:
    """(schema, table) → column → (type, comment), without what is DuckLake's or says who published."""
    tables: dict[tuple[str, str], dict[str, tuple[str, str | None]]] = {}
    for schema, table, column, kind, comment in connection.execute(
        "select schema_name, table_name, column_name, data_type, comment from duckdb_columns() "
        "where database_name = ? and schema_name <> 'main' order by all",
        [database],
    ).fetchall():
        tables.setdefault((schema, table), {})[column] = (kind, comment)
    return tables


def _prepare(
    connection: duckdb.DuckDBPyConnection,
    table: tuple[str, str],
    ours: dict[str, tuple[str, str | None]],
    theirs: dict[str, tuple[str, str | None]] | None,
) -> None:
    """Has the lake's table take our rows; provinces with an older version of this package leave its newer columns empty."""
    place = _name("lake", *table)
    if theirs is None:
        connection.execute(f"create schema if not exists {_name('lake', table[0])}")
        connection.execute(f"create table {place} as select ''::varchar as province_code, * from {_name('published', *table)} limit 0")
        connection.execute(f"alter table {place} set partitioned by (province_code)")
        [(comment,)] = connection.execute(
            "select comment from duckdb_tables() where database_name = 'published' and (schema_name, table_name) = (?, ?)", table
        ).fetchall()
        connection.execute(f"comment on table {place} is {_text(comment)}")
    for column, (kind, comment) in ours.items():
        if theirs is not None and column in theirs:
            if theirs[column][0] != kind:
                raise RemoteTrouble(
                    f"Cột {'.'.join(table)}.{column} ở kho chung là {theirs[column][0]}, ở đây là {kind}: các tỉnh phải dùng cùng phiên bản "
                    "coop_pipeline. (This column of the lake has another type: another version of this package published it.)"
                )
            continue
        if theirs is not None:
            connection.execute(f"alter table {place} add column {_name(column)} {kind}")
        connection.execute(f"comment on column {place}.{_name(column)} is {_text(comment)}")


@contextlib.contextmanager
def _turn(connection: duckdb.DuckDBPyConnection, address: str) -> Iterator[None]:
    """Holds the lock of all publishers to this catalog; PostgreSQL lets go of it where this process dies."""
    with contextlib.closing(connection.cursor()) as guard:
        guard.execute(f"attach {_text(address)} as catalog_database (type postgres)")
        guard.execute("begin")
        guard.execute(f"call postgres_execute('catalog_database', 'set local lock_timeout = {round(TURN_SECONDS * 1000)}')")
        guard.execute(f"from postgres_query('catalog_database', 'select pg_advisory_xact_lock({_LOCK})::text')").fetchall()
        yield


def _open(data: str) -> duckdb.DuckDBPyConnection:
    """DuckDB with the extensions from the packages of the extra `lake`: nothing is downloaded."""
    is_s3 = data.startswith("s3://")
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    connection.execute("set threads = 1; set memory_limit = '800MB'")  # the run's own database is open beside it
    for extension in ("postgres_scanner", "ducklake", *(["httpfs"] if is_s3 else [])):
        package = find_spec(f"duckdb_extension_{extension}")
        folder = package and package.origin and Path(package.origin).parent
        path = folder and folder / "extensions" / f"v{duckdb.__version__}" / f"{extension}.duckdb_extension"
        if not path or not path.exists():
            connection.close()
            raise RemoteTrouble(
                f"COOP_LAKE cần cài thêm: pip install 'coop-pipeline[lake]'. (Install the extra lake: no {extension} for DuckDB {duckdb.__version__}.)"
            )
        connection.execute(f"load {_text(str(path))}")
    if is_s3:
        access = ", ".join(f"{name} {_text(value)}" for name, value in _s3_access().items() if value)
        connection.execute(f"create secret (type s3, {access})")
    return connection


def _s3_access() -> dict[str, str | None]:
    """What the other s3:// settings go by, in DuckDB's words."""
    try:
        import botocore.exceptions
        import botocore.session
    except ImportError as problem:
        raise RemoteTrouble("COOP_LAKE_DATA=s3://… cần cài thêm: pip install 'coop-pipeline[s3]'. (Install the extra s3.)") from problem
    session = botocore.session.get_session()
    try:
        client, keys = session.create_client("s3"), session.get_credentials()
    except botocore.exceptions.BotoCoreError as problem:
        raise RemoteTrouble(f"Thiết lập AWS_… không dùng được. (These settings do not do: {problem})") from problem
    address = urlsplit(client.meta.endpoint_url)
    access = {
        "endpoint": address.netloc, "use_ssl": str(address.scheme == "https").lower(), "url_style": "path", "region": client.meta.region_name
    }  # fmt: skip
    return access | ({"key_id": keys.access_key, "secret": keys.secret_key, "session_token": keys.token} if keys is not None else {})


def _describe(problem: duckdb.Error, address: str) -> str:
    """One line without the address, which may hold a password."""
    line = " ".join(str(problem).replace(address, "COOP_LAKE").split())
    return re.sub(r"""(password\s*=\s*)('[^']*'|[^\s"']+)|(://[^:@/\s]+:)[^@\s]+(?=@)""", r"\1\3…", line)[:300]


def _name(*parts: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _text(value: str | None) -> str:
    return "null" if value is None else "'" + value.replace("'", "''") + "'"
