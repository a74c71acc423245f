"""The warehouse as a resource of a run: locked for the run and open for its steps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg
import duckdb

from coop_pipeline.settings import Settings, load_settings
from coop_pipeline.stages import UserMistake
from coop_pipeline.store.lock import WarehouseBusy, hold_warehouse
from coop_pipeline.store.publish import PublishError
from coop_pipeline.store.warehouse import Connection, open_working


@dataclass(slots=True)
class Warehouse:
    """What a step works with."""

    settings: Settings
    connection: Connection


listeners: list[Callable[[int, int], None]] = []
"""Told how many files of how many are read; `coop run` shows it, the UI shows the events instead."""


@dg.resource(description="Kho dữ liệu làm việc: mỗi lúc chỉ một lần chạy được giữ. (The working warehouse: one run at a time holds it.)")
def warehouse_resource(context: dg.InitResourceContext) -> Iterator[Warehouse]:
    settings = load_settings()
    with explained():
        try:
            settings.warehouse.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise UserMistake(
                f"Không ghi được vào thư mục {settings.warehouse} ({problem.strerror}). (The warehouse folder cannot be written.)"
            ) from problem
        with (
            hold_warehouse(settings.warehouse, f"run {context.run.run_id if context.run else ''}", settings.lock_seconds),
            open_working(settings.working) as connection,
        ):
            yield Warehouse(settings, connection)


@contextmanager
def explained() -> Iterator[None]:
    """Turns what a user or the machine did wrong into one sentence; our own mistakes keep their traceback."""
    try:
        yield
    except (UserMistake, WarehouseBusy, PublishError) as problem:
        raise dg.Failure(str(problem), allow_retries=False) from problem
    except OSError as problem:
        raise dg.Failure(
            f"Không đọc hoặc ghi được {problem.filename or 'tệp'}: {problem.strerror}. (The file system refused.)", allow_retries=False
        ) from problem
    except duckdb.IOException as problem:
        raise dg.Failure(
            f"Không ghi được kho dữ liệu: {str(problem).splitlines()[0]} (The warehouse cannot be written.)", allow_retries=False
        ) from problem
