"""The marts and the pictures that show them, made by a thread while the run still tells what the facts are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from functools import cached_property
from typing import TypeVar

from dagster import DagsterLogManager

from coop_pipeline import stages
from coop_pipeline.defs.failures import redact
from coop_pipeline.outputs.charts import THEMES, Drawing, as_image, read_latest
from coop_pipeline.outputs.rendering import import_writers
from coop_pipeline.settings import Settings
from coop_pipeline.store.warehouse import Connection, has_few_rows

T = TypeVar("T")
PICTURED = {theme.mart for theme in THEMES}


class Computation:
    """Begun once the facts stand, finished by the marts' own step, which does all of it where nothing was begun.

    Figures do not wait for a picture that cannot be drawn: it is only said.
    """

    def __init__(self, settings: Settings, connection: Connection) -> None:
        self._connection = connection
        self._drawing = Drawing(settings.charts)
        self._thread = ThreadPoolExecutor(1)  # it stays until the end: with it would go the child that it had draw
        self._made: Future[None] | None = None
        self._begun: Future[None] | None = None
        self._problem: Exception | None = None

    def __enter__(self) -> Computation:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)
        self._drawing.close()

    def prepare(self) -> None:
        """Starts the process that draws, where it will be needed, before the facts are built."""
        self._try(self._drawing.prepare)

    def begin(self) -> None:
        """Where there are few rows: of a whole country's, memory holds one thing at a time."""
        if has_few_rows(self._connection):
            self._made = self._thread.submit(self._aside, stages.build_marts)
            self._begun = self._thread.submit(self._aside, self._draw)  # after the marts: there is one thread

    def finish(self) -> None:
        """The marts are made. Raises what making them raised."""
        if self._made is not None:
            self._made.result()
        else:
            self.prepare()
            stages.build_marts(self._connection)
            self._draw(self._connection)

    def show(self, mart: str) -> str:
        """The picture of a mart as Markdown, empty for one without. The first that has one waits for all: ask for these last."""
        return self._shown.get(mart, "") if mart in PICTURED else ""

    def say(self, log: DagsterLogManager) -> None:
        """What hindered the drawing, if anything did."""
        if self._problem is not None:
            log.error("Không vẽ được biểu đồ; số liệu không bị ảnh hưởng. (The charts could not be drawn.)", exc_info=redact(self._problem))

    @cached_property
    def _shown(self) -> dict[str, str]:
        said = "Vẽ theo số liệu lần chạy này vừa tính. Biểu đồ của bản đang công bố: warehouse/charts. (As computed by this run.)"
        if self._begun is not None:
            self._begun.result()
        if self._drawing.is_at_work:  # where pictures change, so does the report
            with suppress(ImportError):  # which says so itself
                import_writers()
        drawn = self._try(self._drawing.finish) or ()
        self._drawing.close()  # the process that drew is not needed any more
        return {chart.picture.mart: f"{as_image(chart)}\n\n{said}" for chart in drawn}

    def _aside(self, step: Callable[[Connection], None]) -> None:
        with closing(self._connection.cursor()) as connection:
            step(connection)

    def _draw(self, connection: Connection) -> None:
        self._try(lambda: self._drawing.begin(*read_latest(connection)))

    def _try(self, step: Callable[[], T]) -> T | None:
        if self._problem is None:
            try:
                return step()
            except Exception as problem:
                self._problem = problem
        return None
