"""One workbook read and judged in this process, as `coop check` does in two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coop_pipeline.intake.corrections import Corrections
from coop_pipeline.intake.door import DEFAULT_LIMITS
from coop_pipeline.intake.worker import run
from coop_pipeline.outputs.checking import judge_alone, open_alone, read_task
from coop_pipeline.store.warehouse import Connection


@contextmanager
def judged(path: Path) -> Iterator[tuple[Connection, str]]:
    """The working database that was made of it alone, and its submission id."""
    parsed = run(read_task(path, Corrections(), DEFAULT_LIMITS))
    with open_alone() as connection:
        judge_alone(connection, path, parsed, Corrections())
        yield connection, parsed.submission_id
