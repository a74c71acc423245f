"""The working database: opened, laid out, and loaded with what intake read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import duckdb
import pyarrow as pa

from coop_pipeline.forms import FORMS
from coop_pipeline.intake.records import COLUMNS, ISSUES, NILS, ROW_COUNTS, schema_of
from coop_pipeline.store.schema import CORE, QUALITY, REF, create_statements, literal

Connection = duckdb.DuckDBPyConnection
MEMORY = "650MB"  # beyond it DuckDB spills; the 1.7 million rows of 28,000 workbooks pass through it
PORTION = 250_000  # rows that are put in order at once, and stored as they are: of all of them memory and disk would be full
LOCKED = "Could not set lock on file"  # as DuckDB says that another process has a file open
INTERRUPTED = "Query interrupted"  # all that DuckDB says, in a RuntimeError, where a signal comes in the midst of a query

SUBMISSIONS = pa.schema(
    [
        ("submission_id", pa.string()), ("reading_key", pa.string()), ("kind", pa.string()), ("status", pa.string()),
        ("reporter_code", pa.string()), ("period", pa.string()), ("as_of", pa.string()), ("stated_on", pa.string()),
        ("revision", pa.int32()), ("is_supplement", pa.bool_()), ("corrected", pa.string()),
    ]
)  # fmt: skip
ARRIVALS = pa.schema(
    [
        ("path", pa.string()),
        ("submission_id", pa.string()),
        ("size_bytes", pa.int64()),
        ("received_at", pa.timestamp("us")),
        ("stamp", pa.string()),
    ]
)
INTAKE: dict[str, pa.Schema] = {
    "submissions": SUBMISSIONS,
    "issues": ISSUES,
    "row_counts": ROW_COUNTS,
    "columns": COLUMNS,
    "nils": NILS,
    **{form.name: schema_of(form) for form in FORMS.values()},
}
_SQL_TYPES = {
    "string": "VARCHAR",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "bool": "BOOLEAN",
    "date32[day]": "DATE",
    "timestamp[us]": "TIMESTAMP",
}


def code_version(*packages: str) -> str:
    """A hash over the source of packages: what was made by other code is made again."""
    digest = hashlib.sha256()

    def add(folder: Traversable) -> None:
        for entry in sorted(folder.iterdir(), key=lambda e: e.name):
            if entry.is_dir():
                if entry.name != "__pycache__":
                    add(entry)
            elif entry.name.endswith((".py", ".csv", ".sql")):
                digest.update(entry.name.encode() + b"\0" + entry.read_bytes())

    for package in packages:
        add(files(package))
    return digest.hexdigest()[:32]


@contextmanager
def open_working(path: Path | None) -> Iterator[Connection]:
    """The working database, laid out; one written by another version of the code is made anew. None: in memory."""
    version = "" if path is None else code_version("coop_pipeline.forms", "coop_pipeline.intake", "coop_pipeline.store")
    connection = _connect(path)
    try:
        if path is not None and _version(connection) not in (None, version):
            connection.close()
            remove_working(path)
            connection = _connect(path)
        if path is None or _version(connection) is None:
            _lay_out(connection, version, commented=path is not None)
        yield connection
    finally:
        connection.close()


def _connect(path: Path | None) -> Connection:
    if path is None:
        connection = duckdb.connect(":memory:")
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        if _doubt(path).exists():
            remove_working(path)
        try:
            connection = duckdb.connect(str(path))
        except duckdb.Error as problem:
            if LOCKED in str(problem):
                raise
            remove_working(path)  # damaged, or of a DuckDB version that this one cannot read
            connection = duckdb.connect(str(path))
    connection.execute("set enable_progress_bar = false")
    connection.execute(f"set memory_limit = '{MEMORY}'")
    connection.execute("set threads = 1")  # hundreds of small statements: handing them to threads costs three times the work
    if path is None:
        connection.execute("set temp_directory = ''")  # a check of one workbook leaves nothing behind
    connection.execute("set preserve_insertion_order = true")
    return connection


def let_go(connection: Connection) -> None:
    """Frees what DuckDB keeps in memory of tables that were just made: what follows reads the published file, and needs room itself."""
    with suppress(duckdb.OutOfMemoryException):  # something is in use still
        connection.execute("set memory_limit = '100MB'")
    connection.execute(f"set memory_limit = '{MEMORY}'")


def remove_working(path: Path) -> None:
    """It holds nothing that cannot be made again. Its log goes first: left alone it would be applied to the next one."""
    for name in (Path(f"{path}.wal"), path, _doubt(path)):
        name.unlink(missing_ok=True)


def doubt_working(path: Path) -> None:
    """Has the next run make the working database anew: this one turned out to be damaged while it was open."""
    _doubt(path).touch()


def _doubt(path: Path) -> Path:
    return path.with_name("damaged")


def _version(connection: Connection) -> str | None:
    found = connection.execute(
        "select count(*) from information_schema.tables where table_schema = 'intake' and table_name = 'version'"
    ).fetchone()
    if not found or not found[0]:
        return None
    row = connection.execute("select version from intake.version").fetchone()
    return str(row[0]) if row else None


def _lay_out(connection: Connection, version: str, commented: bool) -> None:
    with transaction(connection):
        connection.execute("create schema if not exists intake")
        connection.execute("create schema if not exists stage")
        for name, schema in {**INTAKE, "arrivals": ARRIVALS}.items():
            columns = ", ".join(f'"{field.name}" {_sql_type(field.type)}' for field in schema)
            connection.execute(f"create table if not exists intake.{name} ({columns})")
        for table in (*CORE, *QUALITY, *REF):
            for statement in create_statements(table)[: None if commented else 2]:
                connection.execute(statement)
        connection.execute("create table intake.built (stage varchar, key varchar)")
        connection.execute("create table intake.version (version varchar)")
        connection.execute(f"insert into intake.version values ({literal(version)})")


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All of a block or nothing of it; what went wrong is raised as it is."""
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        with suppress(duckdb.Error):  # a commit that failed has rolled back already, and a dead connection cannot
            connection.execute("rollback")
        raise


def has_few_rows(connection: Connection) -> bool:
    """Whether what was read is so little that room and memory are no question."""
    ((rows,),) = connection.execute("select coalesce(sum(estimated_size), 0) from duckdb_tables() where schema_name = 'intake'").fetchall()
    return bool(rows <= PORTION)


def spare_compression(connection: Connection) -> None:
    """From here on what is written stays as it is: it is read at once, and the next run that has news makes it anew, so that to compress it
    costs more time than room. Of many rows it is compressed all the same: they would take gigabytes."""
    connection.execute(f"set force_compression = '{'uncompressed' if has_few_rows(connection) else 'auto'}'")


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision},{kind.scale})"
    return _SQL_TYPES[str(kind)]


def insert(connection: Connection, table: str, rows: pa.Table) -> None:
    """Appends Arrow rows to a table by column name."""
    if rows.num_rows == 0:
        return
    connection.register("incoming", rows)
    try:
        names = ", ".join(f'"{name}"' for name in rows.schema.names)
        connection.execute(f"insert into {table} ({names}) select {names} from incoming")
    finally:
        connection.unregister("incoming")


def replace_readings(connection: Connection, gone: Sequence[str], tables: Iterable[dict[str, pa.Table]], submissions: pa.Table) -> None:
    """Takes readings out and puts new ones in, all at once: after a crash the old state stands."""
    by_name: dict[str, list[pa.Table]] = {}
    for reading in tables:
        for name, rows in reading.items():
            if rows.num_rows:
                by_name.setdefault(name, []).append(rows)
    with transaction(connection):
        if gone:
            connection.register("gone", pa.table({"submission_id": list(gone)}))
            for name in INTAKE:
                connection.execute(f"delete from intake.{name} where submission_id in (select submission_id from gone)")
            connection.unregister("gone")
        insert(connection, "intake.submissions", submissions)
        for name, parts in by_name.items():
            insert(connection, f"intake.{name}", pa.concat_tables(parts).combine_chunks())  # of many pieces it takes twice the time


def replace_arrivals(connection: Connection, arrivals: pa.Table) -> None:
    with transaction(connection):
        connection.execute("delete from intake.arrivals")
        insert(connection, "intake.arrivals", arrivals)


def is_built(connection: Connection, stage: str, key: str) -> bool:
    """Whether a stage was last built from the very state that the key stands for; never where that is the state of nothing."""
    return key != "" and built_key(connection, stage) == key


def built_key(connection: Connection, stage: str) -> str:
    """Stands for the state that a stage was last built from; empty where nothing was."""
    # Written out: DuckDB imports pandas, which takes longer than a run without news, to look at parameters.
    rows = connection.execute(f"select key from intake.built where stage = {literal(stage)}").fetchall()
    return str(rows[0][0]) if rows else ""


def mark_built(connection: Connection, stage: str, key: str) -> None:
    mark_all(connection, {stage: key})


def mark_all(connection: Connection, keys: Mapping[str, str]) -> None:
    """Notes for each stage the state that it was built from."""
    if keys:
        connection.execute(f"delete from intake.built where stage in ({', '.join(map(literal, keys))})")
        connection.execute(
            f"insert into intake.built values {', '.join(f'({literal(stage)}, {literal(key)})' for stage, key in keys.items())}"
        )
