"""How a finished file is read. The children that read one import no more than DuckDB for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb


@contextmanager
def open_published(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A finished file, for reading. It is read from one end to the other, beside the working database: little memory and one thread will do."""
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        connection.execute("set enable_progress_bar = false; set threads = 1; set memory_limit = '400MB'")
        yield connection
