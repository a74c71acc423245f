"""What the last complete run left, and whether all of it still stands: then there is nothing for a run to do but to say so.

A run that did everything notes what it was made from and the files that it left, with what the file system says of it; a step that
may change anything takes the note away first. In doubt nothing stands. Importing this module does not import Dagster.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import coop_pipeline
from coop_pipeline.forms.wording import today
from coop_pipeline.intake import door, received
from coop_pipeline.outputs.files import read_ledger, write_ledger
from coop_pipeline.settings import Settings
from coop_pipeline.store.publications import LEDGER, Publications

if TYPE_CHECKING:
    from coop_pipeline.store.warehouse import Connection

News = Mapping[str, door.Arrival | door.Skipped | None]


def describe_inputs(settings: Settings) -> str:
    """Stands for all that a run's results depend on beside the raw files: code, corrections, templates, day, limits, open periods."""
    periods = next(os.walk(settings.raw), ("", [], []))[1]
    places = replace(settings, dagster_home=None, workers=0, lock_seconds=0, run_seconds=0, engine="", shared="")
    folders = (Path(*coop_pipeline.__path__), settings.corrections, settings.templates)
    files = [[(path, _look_through(path)) for path in _walk(folder) if "__pycache__" not in path] for folder in folders]
    return hashlib.sha256(repr((today(), places, sorted(periods), files)).encode()).hexdigest()


def note_run(settings: Settings, run: str, inputs: str) -> None:
    """Notes what a run left that did everything, made from what `inputs` described when it began; nothing where that is gone already."""
    publications = Publications(settings.target)
    with suppress(OSError):
        if publications.held() is None and publications.state_of(settings.target):
            left = {os.path.relpath(path, settings.warehouse): _look(path) for path in _list_results(settings)}
            write_ledger(_note(settings), {"run": run, "inputs": inputs, "left": left})


def forget_run(settings: Settings) -> None:
    _note(settings).unlink(missing_ok=True)


def is_noted(settings: Settings) -> bool:
    """Whether nothing was changed since the last complete run, by any other run."""
    return _note(settings).exists()


def find_run(settings: Settings, news: News | None = None) -> str:
    """The complete run after which nothing came and whose results all stand; empty where there is none. `news`: of the raw folder, where known.

    What lies elsewhere (raw files, a mirror, a lake) has to be asked there, so that with these a run is always a whole one.
    """
    note = read_ledger(_note(settings))
    if not note or settings.raw_url or settings.publish_url or settings.lake:
        return ""
    publications = Publications(settings.target)
    try:
        stands = (
            publications.held() is None
            and not publications.has_log()
            and all(_look(str(settings.warehouse / path)) == look for path, look in note["left"].items())
            and note["inputs"] == describe_inputs(settings)
            and not (list_news(settings) if news is None else news)
        )
    except (OSError, AttributeError, KeyError, TypeError, ValueError):  # of another version, or altered
        return ""
    return str(note["run"]) if stands else ""


def list_news(settings: Settings) -> News:
    """The paths below the raw folder that came, changed or went since the last run, as far as the file system can tell, with what is there now."""
    known = {path: mark for path, (mark, _) in read_ledger(arrivals_path(settings)).items()}
    found = {item.path: item for item in door.scan(settings.raw)}
    return {path: found.get(path) for path in known.keys() | found.keys() if path not in found or known.get(path) != found[path].mark}


def note_arrivals(settings: Settings, connection: Connection) -> None:
    """Notes which files, with which content, the working database holds."""
    rows = connection.execute("select path, stamp, submission_id from intake.arrivals order by path").fetchall()
    write_ledger(arrivals_path(settings), {path: [mark, sha256] for path, mark, sha256 in rows})


def arrivals_path(settings: Settings) -> Path:
    """The list of the files that the last run took in: by path its mark and its submission."""
    return settings.working.with_name("arrivals.json")


def _note(settings: Settings) -> Path:
    return settings.working.with_name("complete.json")


def _list_results(settings: Settings) -> Iterator[str]:
    """All that a run leaves and would make again. Of the store of what was received its folders, which tell where a file went."""
    for path in (settings.target, settings.target.with_name(LEDGER), settings.working, arrivals_path(settings), settings.export):
        yield str(path)
    for folder in (settings.export, settings.charts, settings.reports, settings.returned):
        yield from _walk(folder)
    yield str(settings.received)
    if (listed := settings.received / received.LIST).exists():
        yield str(listed)
    yield from (entry.path for entry in os.scandir(settings.received) if entry.is_dir())


def _walk(folder: Path) -> Iterator[str]:
    """Every file at any depth, in a fixed order; none where there is no such folder."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        yield from (f"{place}/{name}" for name in sorted(names))


def _look(path: str) -> list[int]:
    """What changes when a file does; of a link, the link's own."""
    return _describe(os.lstat(path))


def _look_through(path: str) -> list[int]:
    """The same of what a link leads to; nothing where that is gone."""
    try:
        return _describe(Path(path).stat())
    except FileNotFoundError:
        return []


def _describe(status: os.stat_result) -> list[int]:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
