"""Dagster's SQLite run history, written in batches: what lets `coop run` show in the UI for a fraction of the time.

Dagster opens, compiles for and commits to two databases for every event: 2 s for the 140 events of a run, as measured.
Here events wait for at most half a second, or for the next event that somebody looks out for, and are stored
in one transaction, as rows that Dagster's own code makes of them. The files are the same, so the UI sees the same.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from dagster import AssetKey, DagsterEventType, DagsterInstance, EventLogRecord
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, EVENT_TYPE_TO_PIPELINE_RUN_STATUS
from dagster._core.events.log import EventLogEntry
from dagster._core.instance import InstanceRef, InstanceType
from dagster._core.storage.event_log.base import AssetRecord
from dagster._core.storage.event_log.schema import AssetKeyTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.sqlite import create_db_conn_string
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.event import listen

# Of these there are several for each asset; every other kind of event is stored at once.
MAY_WAIT = frozenset(
    {
        DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
        DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
        DagsterEventType.ASSET_MATERIALIZATION,
        DagsterEventType.ASSET_CHECK_EVALUATION,
        DagsterEventType.STEP_OUTPUT,
        DagsterEventType.STEP_INPUT,
        DagsterEventType.HANDLED_OUTPUT,
        DagsterEventType.LOADED_INPUT,
        DagsterEventType.STEP_SUCCESS,
        DagsterEventType.ENGINE_EVENT,
        DagsterEventType.PIPELINE_STARTING,
        DagsterEventType.RESOURCE_INIT_STARTED,
        DagsterEventType.RESOURCE_INIT_SUCCESS,
        DagsterEventType.LOGS_CAPTURED,
    }
)
# What Dagster stores of an asset, a check and a run's status in the index as well.
INDEXED = ASSET_EVENTS | ASSET_CHECK_EVENTS | EVENT_TYPE_TO_PIPELINE_RUN_STATUS.keys()
LONGEST_WAIT = 0.5  # seconds; the UI asks once a second
BUSY_TIMEOUT = 30  # seconds that SQLite waits for another process's write


def open_with_batched_history(ref: InstanceRef) -> DagsterInstance:
    """An instance on databases that exist already (see `ensure_instance`), for one run inside this process.

    Its steps write to the console and not to files of Dagster's, and it has neither schedules nor a queue.
    """
    history = Path(ref.local_artifact_storage.base_dir) / "history"
    events = EventHistory(str(history / "runs"))
    return DagsterInstance(
        instance_type=InstanceType.PERSISTENT,
        local_artifact_storage=ref.local_artifact_storage,
        run_storage=RunHistory(str(history), events.keep),
        event_storage=events,
        run_coordinator=None,
        compute_log_manager=NoOpComputeLogManager(),
        run_launcher=None,
        settings=ref.settings,
        ref=ref,
    )


def _engine(folder: str, name: str) -> Engine:
    # Dagster makes an engine for every statement, and SQLAlchemy compiles the statement anew for every engine.
    engine = create_engine(create_db_conn_string(folder, name), connect_args={"timeout": BUSY_TIMEOUT})
    listen(engine, "connect", _trust_log)
    return engine


def _trust_log(connection: sqlite3.Connection, _: object) -> None:
    """Without waiting for the disk at every commit: a loss of power may take a run's last events along, and damages nothing."""
    connection.execute("pragma synchronous = normal")


class RunHistory(SqliteRunStorage):
    """Dagster's table of runs, by one connection, without looking for migrations at every start."""

    def __init__(self, folder: str, keep_events: Callable[[], None] = lambda: None) -> None:
        super().__init__(create_db_conn_string(folder, "runs"))
        self._kept = _engine(folder, "runs")
        self._keep_events = keep_events

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with self._kept.connect() as connection, connection.begin():
            yield connection

    def set_cursor_values(self, pairs: Mapping[str, str]) -> None:
        """What notes that something was told (the board) comes after the events that told it, whatever happens in between."""
        self._keep_events()
        super().set_cursor_values(pairs)

    def dispose(self) -> None:
        self._kept.dispose()


class EventHistory(SqliteEventLogStorage):
    """Dagster's event log (a database a run, and an index over all), stored in batches; a reader sees every event."""

    def __init__(self, folder: str) -> None:
        self._engines: dict[str, Engine] = {}
        self._waiting: list[EventLogEntry] = []
        self._latest: set[int] = set()  # of the batch that is being stored, the last event of each kind and asset
        self._stored_at = 0.0
        self._lock = threading.RLock()
        self._writing: dict[str, Connection] | None = None  # the open transactions while a batch is being stored
        self._rows: dict[AssetKey | None, Mapping[str, Any]] = {}  # of the table of assets, as they were when first asked for
        self._made: dict[AssetKey, EventLogRecord] = {}  # by asset, the latest materialisation that was stored here
        super().__init__(folder)

    def store_event(self, event: EventLogEntry) -> None:
        with self._lock:
            self._waiting.append(event)
            overdue = time.monotonic() - self._stored_at > LONGEST_WAIT
            if overdue or event.dagster_event_type not in MAY_WAIT:
                self.store_waiting()

    def store_waiting(self) -> None:
        """Store what waits, in one transaction for each database."""
        with self._lock:
            if not self._waiting or self._writing is not None:
                return
            batch, self._waiting = self._waiting, []
            told = ((event.dagster_event, id(event)) for event in batch)
            self._latest = set({(said.asset_key, said.event_type): name for said, name in told if said is not None}.values())
            with ExitStack() as transactions:
                self._writing = {}
                transactions.callback(setattr, self, "_writing", None)
                self._transactions = transactions
                self._store(batch)
            self._stored_at = time.monotonic()

    def _store(self, batch: Sequence[EventLogEntry]) -> None:
        """As Dagster's `store_event` does for each event, which makes and compiles every statement anew."""
        insert = SqlEventLogStorageTable.insert()
        rows = [self._event_to_row(event) for event in batch]
        of_run: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            of_run.setdefault(row["run_id"], []).append(row)
        for run, told in of_run.items():
            with self.run_connection(run) as connection:
                connection.execute(insert, told)
        with self.index_connection() as connection:
            for event, row in zip(batch, rows, strict=True):
                kind = event.dagster_event_type
                if kind not in INDEXED:
                    continue
                event_id = connection.execute(insert, row).lastrowid
                if kind in ASSET_EVENTS:
                    self._store_asset_event_tags(connection, [event], [event_id])
                    self._store_asset_event(connection, event, event_id)
                elif kind in ASSET_CHECK_EVENTS:
                    self.store_asset_check_event(event, event_id)

    def keep(self) -> None:
        """All that was told so far is in the index and on the disk."""
        self.store_waiting()
        with self._lock, self._engine_of(INDEX_SHARD_NAME).connect() as connection:
            connection.exec_driver_sql("pragma wal_checkpoint(passive)")

    def _store_asset_event(self, conn: Connection, event: EventLogEntry, event_id: int) -> None:
        """What is shown of an asset is its latest event: of a batch, which may tell of hundreds of its partitions, the last of each kind."""
        said = event.dagster_event
        if id(event) not in self._latest or said is None or said.asset_key is None:
            return
        if said.is_step_materialization:
            self._made[said.asset_key] = EventLogRecord(event_id, event)
        values = self._get_asset_entry_values(event, event_id, has_asset_key_index_cols=True)
        known = AssetKeyTable.c.asset_key == said.asset_key.to_string()
        if values and not conn.execute(AssetKeyTable.update().values(**values).where(known)).rowcount:  # nearly always there is one
            super()._store_asset_event(conn, event, event_id)

    def get_asset_records(self, asset_keys: Sequence[AssetKey] | None = None) -> Sequence[AssetRecord]:
        """Dagster asks for the latest event of each asset that an output is made from, one by one; what this run made itself is not read again."""
        if asset_keys is None:
            return super().get_asset_records()
        made = {said.asset_key for event in self._waiting if (said := event.dagster_event) is not None and said.is_step_materialization}
        if not made.isdisjoint(asset_keys):
            self.store_waiting()
        if not self._rows or any(key in self._made and key not in self._rows for key in asset_keys):
            self._rows = {AssetKey.from_db_string(row["asset_key"]): row for row in self._fetch_asset_rows()}
        found = {key: self._rows[key] for key in asset_keys if key in self._rows}
        before = [row for key, row in found.items() if key not in self._made]
        latest = {**(self._get_latest_materialization_records(before) if before else {}), **self._made}
        has_status = self.can_read_asset_status_cache()
        return [self._construct_asset_record_from_row(row, latest.get(key), has_status) for key, row in found.items()]

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._lock:
            if self._writing is None:
                self.store_waiting()
                with self._engine_of(shard).connect() as connection, connection.begin():
                    yield connection
                return
            if shard not in self._writing:
                connection = self._transactions.enter_context(self._engine_of(shard).connect())
                self._transactions.enter_context(connection.begin())
                self._writing[shard] = connection
            yield self._writing[shard]

    def _engine_of(self, shard: str) -> Engine:
        if shard not in self._engines:
            if not Path(self.path_for_shard(shard)).exists():
                self._create_shard(shard)
            self._engines[shard] = _engine(self._base_dir, shard)
        return self._engines[shard]

    def _create_shard(self, shard: str) -> None:
        """A run's database has the tables and the revision of the index; Dagster's own way takes 0.1 s of Alembic."""
        finished = Path(self.path_for_shard(shard))
        draft = finished.with_suffix(".new")
        draft.unlink(missing_ok=True)
        index, new = sqlite3.connect(self.path_for_shard(INDEX_SHARD_NAME)), sqlite3.connect(draft)
        try:
            tables = index.execute("select sql from sqlite_master where sql is not null order by type = 'table' desc")
            statements = [sql for (sql,) in tables if "sqlite_" not in sql]
            revisions = index.execute("select version_num from alembic_version").fetchall()
            new.execute("pragma journal_mode = wal")
            new.execute("begin")
            for statement in statements:
                new.execute(statement)
            new.executemany("insert into alembic_version (version_num) values (?)", revisions)
            new.commit()
        finally:
            index.close()
            new.close()
        draft.replace(finished)  # the UI may ask for the run at any moment: the file appears complete

    # The database is at the newest revision (`ensure_instance`): these need not be asked for every event.

    def has_table(self, table_name: str) -> bool:
        return True

    def has_asset_key_col(self, column_name: str) -> bool:
        return True

    def _has_asset_key_col_on_connection(self, conn: Any, column_name: str) -> bool:
        return True

    def has_secondary_index(self, name: str) -> bool:
        return True

    def dispose(self) -> None:
        self.store_waiting()
        for engine in self._engines.values():
            engine.dispose()
        super().dispose()
