"""Publishing: the named schemas of the working database become one read-only file that replaces the last at once.

Also its three sisters: hold it back, release what is held, roll back to what stood before.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from coop_pipeline.store.publications import ALTERED, HELD, PREVIOUS, Action, Entry, Publications, hash_file, show_moment, sync, version_of
from coop_pipeline.store.reading import open_published
from coop_pipeline.store.schema import literal

DRAFTS = ".publishing"
BLOCK_SIZE = 16_384  # 256 KiB, the default, would make a file of forty small tables ten times as large
STORAGE_VERSION = "v1.4.0"
"""Readers with DuckDB 1.4 to 2.0 open it; and from this version on a stray .wal is noticed instead of replayed."""

Check = Callable[[duckdb.DuckDBPyConnection], None]
Described = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Published:
    """What was built and put in place, its tables as `describe_tables` has them, and what it took the place of (None the first time)."""

    path: Path
    version: str
    bytes: int
    described: Described
    seconds: float
    previous: Path | None

    @property
    def tables(self) -> dict[str, int]:
        """Rows per table."""
        return {title: table["rows"] for title, table in self.described.items()}


class PublishError(RuntimeError):
    """Nothing was published; the file that stood before still stands."""


class NothingToPublish(PublishError):
    """There is no such version to release or to go back to; the message tells a person what there is."""


@dataclass(frozen=True)
class _Column:
    name: str
    type: str
    required: bool
    comment: str | None


@dataclass(frozen=True)
class _Table:
    schema: str
    name: str
    comment: str | None
    columns: tuple[_Column, ...]

    @property
    def title(self) -> str:
        return f"{self.schema}.{self.name}"

    def quoted(self, database: str) -> str:
        return f"{_name(database)}.{_name(self.schema)}.{_name(self.name)}"


class Draft:
    """The file that is to be published or held, built from the working database and verified. `begin` has a thread do so while the caller goes
    on; whoever leaves the `with` block without having put it in place leaves nothing behind.

    `connection` is one that has the working database open in this process; without it the file is opened read-only. `state` is the state of
    the tables that are drafted, for the ledger.
    Only tables travel, with comments and the order of rows: no views, indexes or constraints but NOT NULL (readers of other versions stumble
    over them). `check` sees the finished file through a read-only connection, and stops it by raising.
    """

    def __init__(
        self,
        working: Path,
        target: Path,
        schemas: Sequence[str],
        check: Check | None = None,
        connection: duckdb.DuckDBPyConnection | None = None,
        state: str = "",
    ) -> None:
        self.state = state
        self._working, self._target, self._schemas, self._check, self._connection = working, target, schemas, check, connection
        self._opened = contextlib.ExitStack()
        self._making: Future[tuple[Path, Described, float]] | None = None

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, *problem: Any) -> None:
        if self._making is not None:
            wait([self._making])
        self._opened.__exit__(*problem)  # which says it in a sentence

    def close(self) -> None:
        self.__exit__(None, None, None)

    def begin(self) -> None:
        thread = ThreadPoolExecutor(1)
        self._making = thread.submit(self._make)
        thread.shutdown(wait=False)

    def publish(self, keep: int = 3, *, run: str = "") -> Published:
        """Puts it in the place of the file that stands, of which the last `keep` stay in `previous/`."""
        draft, described, spent = self._finish()
        began = time.monotonic()
        entry = _describe_move("published", draft, self._shelf.standing(), run, self.state)
        previous = _replace(self._shelf, draft, entry, self._drafts, keep)
        return Published(self._target, entry.version, entry.bytes, described, spent + time.monotonic() - began, previous)

    def hold(self, *, run: str = "") -> Published:
        """Keeps it in `held/` instead of what is held there."""
        draft, described, spent = self._finish()
        began, shelf = time.monotonic(), self._shelf
        before = shelf.held()
        entry = _describe_move("held", draft, shelf.name_version(before) if before else "", run, self.state)
        held = shelf.place(HELD, entry.version)
        held.parent.mkdir(exist_ok=True)
        shelf.announce(entry)
        draft.replace(held)
        sync(held.parent)
        shelf.repair()
        return Published(held, entry.version, entry.bytes, described, spent + time.monotonic() - began, before)

    def _finish(self) -> tuple[Path, Described, float]:
        return self._making.result() if self._making is not None else self._make()

    def _make(self) -> tuple[Path, Described, float]:
        """A finished and verified file among the drafts, what it holds, and the seconds that it took."""
        began = time.monotonic()
        self._shelf, self._drafts = self._opened.enter_context(_moving(self._target))
        draft = self._drafts / f"{self._target.stem}-{os.getpid()}-{secrets.token_hex(4)}.duckdb"
        expected = _build(self._working, draft, self._schemas, self._connection)
        self._shelf.date(draft)
        draft.chmod(0o444)
        sync(draft)
        _verify(draft, expected, self._check)
        return draft, expected, time.monotonic() - began


def publish(
    working: Path,
    target: Path,
    schemas: Sequence[str],
    keep: int = 3,
    check: Check | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
    *,
    run: str = "",
    state: str = "",
) -> Published:
    """Replace `target` by a file with the tables of `schemas` (see `Draft`). `run` and `state` go into the ledger.

    Raises PublishError with one sentence where it cannot; the old file then stands and nothing is left behind.
    """
    with Draft(working, target, schemas, check, connection, state) as draft:
        return draft.publish(keep, run=run)


def hold(working: Path, target: Path, schemas: Sequence[str], *, run: str = "", state: str = "") -> Published:
    """Build and verify what `publish` would put in place of `target`, and keep it in `held/` instead of what is held there."""
    with Draft(working, target, schemas, state=state) as draft:
        return draft.hold(run=run)


def release(target: Path, keep: int, version: str = "", *, run: str = "") -> Entry:
    """Publish the very bytes that are held, which ends the hold. With `version`, only if that is the version held.

    Raises PublishError where nothing is held, another version is, or the file is not as it was verified.
    """
    with _moving(target) as (shelf, drafts):
        held = shelf.held()
        if held is None:
            raise NothingToPublish(
                "Không có bản nào đang tạm giữ; hãy chạy công việc coop với lựa chọn hold trước. (Nothing is held: run with hold first.)"
            )
        name = shelf.name_version(held)
        if version and version != name:
            raise NothingToPublish(
                f"Bản đang tạm giữ là {name}, không phải {version}; hãy xem lại rồi chọn đúng bản. (Another version is held by now.)"
            )
        entry = _describe_move("released", held, shelf.standing(), run, shelf.state_of(held))
        _inspect(held, shelf.find(name), entry)
        _replace(shelf, held, entry, drafts, keep)
        sync(held.parent)
    return entry


def roll_back(target: Path, keep: int, version: str = "", *, run: str = "") -> Entry:
    """Put a kept version back: the one that stood before, or the one named, which may also be a later one.

    What it replaces is kept, and held unless something is held already: so no run publishes over it before a person releases.
    Raises PublishError, with the choices, where there is no such version.
    """
    with _moving(target) as (shelf, drafts):
        wanted = _choose(shelf, version)
        source = shelf.kept()[wanted]
        entry = _describe_move("rolled_back", source, shelf.standing(), run, shelf.state_of(source))
        _inspect(source, shelf.find(wanted), entry)
        if entry.replaced and shelf.held() is None:
            if shelf.is_altered():
                raise NothingToPublish(
                    "Tệp đang công bố đã bị chương trình khác ghi vào: chạy công việc coop trước rồi hãy quay lại bản cũ. "
                    "(Another program wrote to the published file: run the job first.)"
                )
            _name_again(target, shelf.place(HELD, entry.replaced), drafts)  # while it stands, it does not count as held
        _replace(shelf, source, entry, drafts, keep)
        shelf.repair()  # forward again to the version that was held: nothing is held any more
    return entry


def ordered_checksums(path: Path) -> dict[str, str]:
    """One checksum per table of a DuckDB file that depends on names and values alone.

    Not on the order of rows or columns, the bytes of the file or the version of DuckDB: builds of the same data agree.
    """
    with contextlib.closing(duckdb.connect(str(path), read_only=True)) as connection:
        _prepare(connection)
        connection.execute("set TimeZone = 'UTC'")
        (database,) = _rows(connection, "select current_database()")[0]
        return {table.title: _checksum(connection, database, table) for table in _tables(connection, database, None)}


def _checksum(connection: duckdb.DuckDBPyConnection, database: str, table: _Table) -> str:
    names = sorted((column.name, column.type) for column in table.columns)
    # Each value with its length in front: ('ab', 'c') and ('a', 'bc') are two rows, NULL and '' two values.
    texts = [f"to_json({_name(name)})::varchar" if _nested(kind) else f"{_name(name)}::varchar" for name, kind in names]
    row = " || ".join(f"coalesce(length({text}) || ':' || {text}, '-')" for text in texts)
    query = f"""
        with digests as (select md5({row}) as digest from {table.quoted(database)})
        select
            count(*),
            coalesce(sum(('0x' || digest[1:15])::bigint), 0),
            coalesce(sum(('0x' || digest[16:30])::bigint), 0)
        from digests
    """
    facts = [[name for name, _ in names], *(str(number) for number in _rows(connection, query)[0])]
    return hashlib.md5(json.dumps(facts, ensure_ascii=False).encode(), usedforsecurity=False).hexdigest()


def _nested(kind: str) -> bool:
    """Lists and structs, whose text differs between versions of DuckDB; their JSON does not."""
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))


# --- building ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _moving(target: Path) -> Iterator[tuple[Publications, Path]]:
    """One movement of files at a time: the lock, a folder for drafts, what a killed one left repaired, and problems in a sentence."""
    folder = target.parent
    try:
        with _drafting(folder) as drafts:
            shelf = Publications(target)
            shelf.repair()
            yield shelf, drafts
    except NothingToPublish:
        raise
    except PublishError as problem:
        raise PublishError(f"{target} was not published: {problem}") from problem.__cause__
    except OSError as problem:
        raise PublishError(f"{target} was not published: {_sentence(problem, folder)}") from problem
    except duckdb.Error as problem:
        raise PublishError(f"{target} was not published: {_first_line(problem)}") from problem


@contextlib.contextmanager
def _drafting(folder: Path) -> Iterator[Path]:
    """The folder for drafts, for one publisher at a time, cleared of what any publisher left in it."""
    drafts = folder / DRAFTS
    drafts.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(drafts, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PublishError("another process is publishing to it at this moment") from None
        _clear(drafts)
        try:
            yield drafts
        finally:
            _clear(drafts)
    finally:
        os.close(descriptor)


def _clear(drafts: Path) -> None:
    for left_over in drafts.iterdir():
        with contextlib.suppress(OSError):
            if left_over.is_dir() and not left_over.is_symlink():
                shutil.rmtree(left_over)
            else:
                left_over.unlink()


def _build(working: Path, draft: Path, schemas: Sequence[str], connection: duckdb.DuckDBPyConnection | None) -> Described:
    """Write the draft and return what it must hold."""
    source = "working"
    if connection is None:
        builder = duckdb.connect(":memory:")
        builder.execute(f"set temp_directory = {literal(str(draft.parent / 'spill'))}")
        builder.execute(f"attach {literal(str(working))} as {source} (read_only)")
    else:
        builder = connection.cursor()
        source = _database_name(builder, working)
    copy = f"draft_{secrets.token_hex(4)}"
    attached = False
    ((compression,),) = _rows(builder, "select current_setting('force_compression')")
    try:
        _prepare(builder)
        builder.execute("set force_compression = 'auto'")  # the working database may do without
        builder.execute(f"attach {literal(str(draft))} as {copy} (storage_version '{STORAGE_VERSION}', block_size {BLOCK_SIZE})")
        attached = True
        builder.execute("begin")  # one snapshot of the working database, whatever else happens in it
        tables = _tables(builder, source, schemas)
        if missing := set(schemas) - {table.schema for table in tables}:
            raise PublishError(f"the working database has no tables in {', '.join(sorted(missing))}")
        for schema in dict.fromkeys(table.schema for table in tables):
            builder.execute(f"create schema {copy}.{_name(schema)}")
        for table in tables:
            _copy(builder, table, source, copy)
        expected = _describe(builder, source, tables)
        builder.execute("commit")
        builder.execute(f"checkpoint {copy}")
        builder.execute(f"detach {copy}")
        attached = False
    finally:
        if attached:
            for statement in ("rollback", f"detach {copy}"):
                with contextlib.suppress(duckdb.Error):
                    builder.execute(statement)
        with contextlib.suppress(duckdb.Error):
            builder.execute(f"set force_compression = {literal(compression)}")
        builder.close()
    return expected


def _copy(builder: duckdb.DuckDBPyConnection, table: _Table, source: str, copy: str) -> None:
    made = table.quoted(copy)
    columns = ", ".join(f"{_name(column.name)} {column.type}{' not null' if column.required else ''}" for column in table.columns)
    statements = [f"create table {made} ({columns})"]
    if table.comment is not None:
        statements.append(f"comment on table {made} is {literal(table.comment)}")
    statements += [
        f"comment on column {made}.{_name(column.name)} is {literal(column.comment)}"
        for column in table.columns
        if column.comment is not None
    ]
    builder.execute(";\n".join(statements))
    names = ", ".join(_name(column.name) for column in table.columns)
    builder.execute(f"insert into {made} ({names}) select {names} from {table.quoted(source)}").fetchall()


def _tables(connection: duckdb.DuckDBPyConnection, database: str, schemas: Sequence[str] | None) -> list[_Table]:
    """The tables of the schemas (None: of all) in a fixed order."""
    columns: dict[tuple[str, str], list[_Column]] = {}
    described = _rows(
        connection,
        """
        select schema_name, table_name, column_name, data_type, not is_nullable, comment
        from duckdb_columns() where database_name = ? and not internal
        order by schema_name, table_name, column_index
        """,
        [database],
    )
    for schema, name, column, kind, required, comment in described:
        columns.setdefault((schema, name), []).append(_Column(column, kind, required, comment))
    listed = _rows(
        connection,
        """
        select schema_name, table_name, comment from duckdb_tables()
        where database_name = ? and not internal and not temporary
        order by schema_name, table_name
        """,
        [database],
    )
    return [
        _Table(schema, name, comment, tuple(columns[schema, name]))
        for schema, name, comment in listed
        if schemas is None or schema in schemas
    ]


def describe_tables(connection: duckdb.DuckDBPyConnection, database: str) -> Described:
    """Rows, a hash of the values, comment and columns of every table by its title; hashes hold within one version of DuckDB."""
    return _describe(connection, database, _tables(connection, database, None))


def _describe(connection: duckdb.DuckDBPyConnection, database: str, tables: Sequence[_Table]) -> Described:
    """All that a verifier compares, by title. `hash` is good enough: both sides use the same DuckDB."""
    queries = []  # one statement: forty by themselves take twice as long
    for number, table in enumerate(tables):
        values = ", ".join(f"r.{_name(column.name)}" for column in table.columns)
        queries.append(f"select {number}, count(*), coalesce(sum(hash({values})::hugeint), 0)::varchar from {table.quoted(database)} as r")
    found = {number: (rows, digest) for number, rows, digest in _rows(connection, " union all ".join(queries))} if queries else {}
    return {
        table.title: {
            "rows": found[number][0],
            "hash": found[number][1],
            "comment": table.comment,
            "columns": [[column.name, column.type, column.required, column.comment] for column in table.columns],
        }
        for number, table in enumerate(tables)
    }


def _database_name(connection: duckdb.DuckDBPyConnection, working: Path) -> str:
    for name, path in _rows(connection, "select database_name, path from duckdb_databases() where path is not null"):
        if os.path.realpath(path) == os.path.realpath(working):
            return str(name)
    raise PublishError(f"the open connection does not hold {working}")


# --- verifying --------------------------------------------------------------------------------------------------------
# In this process, by an instance of DuckDB that opens the closed file anew: it reads the same bytes as another process
# would, and costs 0.01 s where another process costs 0.3 s and more to import DuckDB. A lock that this process forgot
# cannot be left on it: closing any descriptor of a file, as _sync does, lets go of all of a process's locks on it.


def _verify(draft: Path, expected: Described, check: Check | None) -> None:
    if Path(f"{draft}.wal").exists():
        raise PublishError("the new file was not written out in full (a .wal is left beside it)")
    with open_published(draft) as reader:
        if difference := _difference(reader, expected):
            raise PublishError(f"the new file is not as it should be: {difference}")
        if check is not None:
            check(reader)


def _difference(reader: duckdb.DuckDBPyConnection, expected: Described) -> str:
    (database,) = _rows(reader, "select current_database()")[0]
    tables = describe_tables(reader, database)
    if set(tables) != set(expected):
        return f"tables differ: {', '.join(sorted(set(tables) ^ set(expected)))}"
    for title, found in tables.items():
        if wrong := [what for what in found if found[what] != expected[title][what]]:
            return f"{title} differs in its {' and '.join(wrong)}"
    return ""


# --- putting in place -------------------------------------------------------------------------------------------------


def _describe_move(action: Action, source: Path, replaced: str, run: str, state: str) -> Entry:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return Entry(at, action, version_of(source), replaced, run, state, hash_file(source), source.stat().st_size)


def _inspect(source: Path, known: Entry | None, found: Entry) -> None:
    """That a file which was put aside still is what was verified when it was built."""
    Path(f"{source}.wal").unlink(missing_ok=True)
    if known is not None and known.sha256 != found.sha256:
        raise PublishError(f"tệp {source.name} đã bị thay đổi từ khi được kiểm tra. (The file was changed since it was verified.)")
    with open_published(source) as reader:
        (database,) = _rows(reader, "select current_database()")[0]
        describe_tables(reader, database)  # reads every block, whose checksums DuckDB compares


def _choose(shelf: Publications, version: str) -> str:
    """The version to put back; of a named one the beginning will do."""
    kept = shelf.kept()
    choices = ", ".join(f"{name} ({show_moment(name)})" for name in reversed(kept))
    if not version:
        if earlier := shelf.earlier():
            return earlier[-1]
        newer = f"; có thể chọn: {choices}" if choices else ""
        raise NothingToPublish(f"Không có bản công bố nào cũ hơn để quay lại{newer}. (There is no older version to go back to.)")
    found = [name for name in kept if name.startswith(version)]
    if len(found) == 1:
        return found[0]
    if not kept:
        raise NothingToPublish("Không có bản công bố nào khác được lưu. (No other version is kept.)")
    what = f"{len(found)} bản có tên bắt đầu bằng" if found else "Không có bản nào tên là"
    raise NothingToPublish(f"{what} {version!r}; có thể chọn: {choices}. (Choose one of these versions.)")


def _replace(shelf: Publications, source: Path, entry: Entry, drafts: Path, keep: int) -> Path | None:
    """The file in place of the one that stands, in one step, between two lines of the ledger. Returns where that one is kept."""
    target = shelf.target
    is_altered = shelf.is_altered()
    shelf.announce(entry)
    previous = None
    if is_altered:
        aside = target.parent / PREVIOUS / ALTERED
        aside.unlink(missing_ok=True)
        _name_again(target, aside, drafts)
    elif keep > 0 and entry.replaced:
        previous = shelf.place(PREVIOUS, entry.replaced)
        _name_again(target, previous, drafts)
    # A .wal that somebody's writing session left would keep the new file from being opened.
    Path(f"{target}.wal").unlink(missing_ok=True)
    source.replace(target)
    sync(target.parent)
    with contextlib.suppress(OSError):  # published already: what is left to do, the next movement does
        shelf.confirm()
        _prune(shelf, keep, entry.replaced)
    return previous


def _name_again(target: Path, name: Path, drafts: Path) -> None:
    """Give the file that stands a second name; it costs no copy."""
    name.parent.mkdir(exist_ok=True)
    try:
        os.link(target, name)
    except FileExistsError:  # a publisher that was killed between this and the replacing
        return
    except OSError as problem:
        if problem.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        copy = drafts / name.name  # a file system without hard links
        shutil.copy2(target, copy)
        copy.replace(name)
    sync(name.parent)


def _prune(shelf: Publications, keep: int, replaced: str) -> None:
    """Of the kept versions those go first that were rolled back, then the oldest; never the one that was just replaced."""
    kept, earlier = shelf.kept(), shelf.earlier()
    order = sorted(kept, key=lambda version: (version == replaced, version in earlier, version))
    for version in order[: max(0, len(order) - keep)]:
        kept[version].unlink()


# --- words ------------------------------------------------------------------------------------------------------------


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("set preserve_insertion_order = true")  # the order that a mart's own ORDER BY gave
    connection.execute("set enable_progress_bar = false")  # 2.0 draws it on stdout, even into a pipe


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    return connection.execute(query, values or []).fetchall()


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _sentence(problem: OSError, folder: Path) -> str:
    where = problem.filename2 or problem.filename or folder  # of a link or a move, where it was to go
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk that holds {where} is full"
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission to write to {where}"
    return f"{where}: {problem.strerror or problem}"


def _first_line(problem: duckdb.Error) -> str:
    text = str(problem).strip().splitlines()[0]
    return "the disk is full" if "No space left" in text else text
