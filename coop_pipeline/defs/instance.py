"""Dagster's own state (DAGSTER_HOME): its settings, and a first start that many processes may make at once.

Importing this module does not import Dagster.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config
    from dagster import DagsterInstance

FIRST_LINE = "# Written by coop_pipeline, and rewritten when its settings change. Delete this line to keep your own.\n"
SETTINGS = (
    FIRST_LINE
    + """\
telemetry: {enabled: false}
nux: {enabled: false}
concurrency:
  pools: {default_limit: 1, granularity: op}
  runs: {max_concurrent_runs: 1}
run_queue: {dequeue_interval_seconds: 1}
freshness: {enabled: true}
# A run of the sensor or the schedule whose process was killed is run again (its tags say how often); nothing else is.
run_retries: {enabled: true, max_retries: 0}
# Without run monitoring a killed run keeps its slot in the pool.
run_monitoring:
  enabled: true
  poll_interval_seconds: 10
  free_slots_after_run_end_seconds: 15
  start_timeout_seconds: 120
  max_runtime_seconds: 7200
"""
)


def ensure_instance(state: Path) -> Path:
    """Make `state` a sound DAGSTER_HOME, set the variable for this process and its children, and return it.

    Eight first starts at once corrupt a fresh DAGSTER_HOME for good, so the first start happens under a lock and
    leaves a stamp; with the stamp in place this costs two file reads and no import of Dagster.
    """
    state = state.absolute()
    os.environ["DAGSTER_HOME"] = str(state)
    if _is_ready(state):
        return state
    state.mkdir(parents=True, exist_ok=True)
    with _locked(state / ".first-start.lock"):
        if not _is_ready(state):
            _write_settings(state)
            _create_databases(state)
            _replace(_stamp(state), _fingerprint(state))
    return state


def open_instance(state: Path) -> DagsterInstance:
    """The instance for one run inside this process: the UI's history, written in batches where it is SQLite."""
    from dagster import DagsterInstance
    from dagster._core.instance import InstanceRef

    ref = InstanceRef.from_dir(str(state))
    storage = ref.storage_data
    if storage is None or storage.class_name != "DagsterSqliteStorage":
        return DagsterInstance.from_ref(ref)  # somebody's own storage, PostgreSQL say: theirs to tune

    from .history import open_with_batched_history

    return open_with_batched_history(ref)


def _stamp(state: Path) -> Path:
    return state / ".first-start"


def _is_ready(state: Path) -> bool:
    try:
        return _stamp(state).read_text() == _fingerprint(state)
    except FileNotFoundError:
        return False


def _is_ours(state: Path) -> bool:
    settings = state / "dagster.yaml"
    return not settings.exists() or settings.read_text().startswith(FIRST_LINE)


def _fingerprint(state: Path) -> str:
    """Changes when the databases must be looked at again: another Dagster, other settings, databases that are gone."""
    settings = state / "dagster.yaml"
    lines = [f"dagster {version('dagster')}", f"settings {hashlib.sha256(settings.read_bytes()).hexdigest()}"]
    if _is_ours(state):
        lines.append(f"ours {hashlib.sha256(SETTINGS.encode()).hexdigest()}")
        lines.append(f"databases {all(path.exists() for path in _databases(state))}")
    return "\n".join(lines) + "\n"


def _write_settings(state: Path) -> None:
    if _is_ours(state):
        _replace(state / "dagster.yaml", SETTINGS)


def _create_databases(state: Path) -> None:
    from dagster import DagsterInstance

    is_first = not _stamp(state).exists()
    is_new = _is_ours(state) and not any(path.exists() for path in _databases(state))  # somebody's own may hold a history, or lie elsewhere
    syncing = _synced_at_the_end(state) if is_new else nullcontext()
    with _revisions_read_once(), syncing, DagsterInstance.from_config(str(state)) as instance:
        if not is_first and _is_ours(state):  # made by another version of Dagster
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):  # it tells its progress
                instance.upgrade()
        instance.get_runs(limit=1)
        _ = instance.all_asset_keys()


@contextmanager
def _revisions_read_once() -> Iterator[None]:
    """Alembic would read Dagster's ninety revisions anew for each question about them: seven times for three databases, 0.3 s."""
    from alembic.script import ScriptDirectory

    its_own, read = vars(ScriptDirectory)["from_config"], ScriptDirectory.from_config
    known: dict[str | None, ScriptDirectory] = {}

    def read_once(config: Config) -> ScriptDirectory:
        place = config.get_main_option("script_location")
        if place not in known:
            known[place] = read(config)
        return known[place]

    ScriptDirectory.from_config = staticmethod(read_once)  # type: ignore[method-assign]
    try:
        yield
    finally:
        ScriptDirectory.from_config = its_own  # type: ignore[method-assign]


@contextmanager
def _synced_at_the_end(state: Path) -> Iterator[None]:
    """SQLite would wait for the disk three hundred times while the databases are made: a second, or many on a slow disk."""
    from sqlalchemy import Engine
    from sqlalchemy.event import listen, remove

    from coop_pipeline.store.publications import sync

    def relax(connection: object, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("pragma synchronous = off")

    listen(Engine, "connect", relax)
    try:
        yield
    finally:
        remove(Engine, "connect", relax)
    for database in _databases(state):
        sync(database)
        sync(database.parent)


def _databases(state: Path) -> tuple[Path, ...]:
    return state / "history" / "runs.db", state / "history" / "runs" / "index.db", state / "schedules" / "schedules.db"


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    draft.write_text(text)
    draft.replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield  # closing the file gives the lock back
