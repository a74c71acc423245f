"""A run after which nothing came: it only looks, and says so; whatever speaks against that makes the next one a whole run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from coop_pipeline import taking
from coop_pipeline.cli import main
from coop_pipeline.defs import reports, run, standing
from coop_pipeline.defs.standing import describe_inputs, find_run, forget_run, note_run
from coop_pipeline.forms.wording import today
from coop_pipeline.intake import pool
from coop_pipeline.outputs import console, exports
from coop_pipeline.settings import load_settings
from coop_pipeline.store import publish
from coop_pipeline.store.publications import HELD, Publications, show_moment
from tests.by_hand import draw_dots

SAMPLE = Path(__file__).parents[1] / "data" / "raw" / "2021" / "NHNN" / "Du no HTX 31-12-2021.xlsx"
LOOK = frozenset({dg.AssetKey(["intake", "arrivals"])})


class Office:
    """A warehouse after one complete run of `coop run`."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(SAMPLE.parent, folder / "data" / "raw" / "2021" / "NHNN")
        with pytest.MonkeyPatch.context() as patched:
            self.tell(patched, folder)
            patched.setattr(exports, "write_exports", None)  # what a child does beside the rest
            self.settings = load_settings()
            assert main(["run"]) == 0
        (self.first,) = self.runs()

    @staticmethod
    def tell(patched: pytest.MonkeyPatch, folder: Path) -> None:
        patched.setenv("COOP_RAW", str(folder / "data" / "raw"))
        patched.setenv("COOP_WAREHOUSE", str(folder / "warehouse"))
        patched.delenv("DAGSTER_HOME", raising=False)
        # as dear as all the rest of so small a run
        patched.setattr(reports, "FORMATS", ("html", "xlsx"))
        draw_dots(patched)

    def runs(self) -> list[dg.DagsterRun]:
        """The latest first."""
        with dg.DagsterInstance.from_config(str(self.settings.state)) as history:
            return list(history.get_runs())

    def files(self) -> dict[str, tuple[int, int]]:
        """What any run leaves, but for its own history, the lock, its record and the summary that was shown."""
        found = self.settings.warehouse.rglob("*")
        return {
            str(path): (path.stat().st_ino, path.stat().st_mtime_ns)
            for path in found
            if path.is_file() and ".dagster" not in path.parts and path.name not in (".lock", "runs.jsonl", "summary.json")
        }


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def coop(office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[], dict[str, Any]]:
    office.tell(monkeypatch, office.settings.warehouse.parent)

    def run_coop() -> dict[str, Any]:
        capsys.readouterr()
        assert main(["run", "--json"]) == 0
        said: dict[str, Any] = json.loads(capsys.readouterr().out)
        return said

    return run_coop


def test_nothing_new_is_a_look(
    office: Office, coop: Callable[[], dict[str, Any]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = office.files()
    monkeypatch.setattr(pool, "_Worker", None)  # no process is started
    said = coop()
    assert said["nothing_new"]
    assert said["published"]
    assert said["tables"]["core.loans"] > 20
    assert office.files() == before
    latest, first = office.runs()
    assert (latest.run_id, latest.status, latest.asset_selection) == (said["run_id"], dg.DagsterRunStatus.SUCCESS, LOOK)
    assert first.asset_selection is None
    with dg.DagsterInstance.from_config(str(office.settings.state)) as history:
        assert run._is_known(history, first.run_id)
        assert not run._is_known(history, "of another history"), "the board there would stay empty"
        kinds = [entry.dagster_event_type for entry in history.all_logs(latest.run_id)]
        versions = {
            entry.asset_materialization.tags["dagster/data_version"]
            for made in (first, latest)
            for entry in history.all_logs(made.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
            if entry.asset_materialization is not None and entry.asset_materialization.asset_key in LOOK
        }
    assert kinds.count(dg.DagsterEventType.ASSET_MATERIALIZATION) == 1
    assert len(versions) == 1, "what is made from it would show as out of date"
    assert main(["run"]) == 0
    told = capsys.readouterr().out
    since = Publications(office.settings.target).entries()[-1].at
    assert "Không có gì mới" in told
    assert said["as_published_since"] == since
    assert f"Bản công bố giữ nguyên từ {show_moment(since)}" in told
    assert "Đã công bố (published)" not in told, "nothing was"
    stood = Publications.standing
    seen: list[str] = []  # as if this run had waited while another one published
    monkeypatch.setattr(Publications, "standing", lambda shelf: (seen.append(stood(shelf)) or seen[-1]) if seen else seen.append("") or "")
    assert coop()["as_published_since"] == since


def test_the_summary_is_kept_for_the_file_that_it_was_read_from(
    office: Office, coop: Callable[[], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = office.settings.working.with_name("summary.json")
    kept.unlink(missing_ok=True)
    alone = {"run_id": None, "seconds": None}
    read = coop() | alone
    with monkeypatch.context() as patched:
        patched.setattr(console, "_read_figures", None)
        assert coop() | alone == read
    kept.write_text(kept.read_text().replace('"of": [', '"of": [1'))
    assert coop() | alone == read


def test_what_speaks_against_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thing by itself; put right again, or noted as if a complete run had left it so, all stands again."""
    settings = office.settings
    shelf = Publications(settings.target)

    def append(path: Path) -> None:
        path.chmod(0o644)
        path.write_bytes(path.read_bytes() + b" ")

    def drop(path: Path) -> None:
        path.unlink()

    def made(pattern: str) -> Path:
        return next(settings.warehouse.glob(pattern))

    kept = settings.warehouse.with_name("kept")
    for what, path in (
        (append, settings.target), (drop, made("reports/*.xlsx")), (append, made("reports/*.html")), (drop, made("returned/*/*/*.xlsx")),
        (drop, made("charts/*/*.svg")), (drop, made("export/parquet/*")), (drop, made("received/*/*")), (drop, settings.working),
        (drop, settings.export),
    ):  # fmt: skip
        run_id = find_run(settings)
        assert run_id == office.first.run_id
        path.rename(kept) if path.is_symlink() else shutil.copy2(path, kept)
        if path.exists() or path.is_symlink():
            what(path)
        assert find_run(settings) == "", path
        path.unlink(missing_ok=True)
        kept.rename(path)
        assert find_run(settings) == "", f"{path}: a copy may be any other file"
        note_run(settings, run_id, describe_inputs(settings))

    for path in (
        settings.raw / "2021" / "new.xlsx", settings.raw / "pipe.xlsx", settings.corrections / "header_spellings.csv",
        settings.templates / "report.docx", Path(f"{settings.target}.wal"), shelf.place(HELD, "20990101T000000.000000Z"),
    ):  # fmt: skip
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(SAMPLE) if "pipe" in path.name else path.write_bytes(b"x")
        assert find_run(settings) == "", path
        path.unlink()
        assert find_run(settings) == office.first.run_id, path
    (settings.raw / "2022").mkdir()  # it opens the period
    assert find_run(settings) == ""
    (settings.raw / "2022").rmdir()
    kept = (settings.raw / "2021").rename(settings.raw.parent / "away")
    assert find_run(settings) == ""
    kept.rename(settings.raw / "2021")
    assert find_run(settings) == office.first.run_id
    for other in (
        {"caps": {"rows": 5}}, {"keep_versions": 1}, {"file_seconds": 1.0}, {"publish_url": "s3://kho"}, {"lake": "postgresql://x"},
        {"raw_url": "s3://kho"}, {"raw": settings.raw / "nosuch"},
    ):  # fmt: skip
        assert find_run(replace(settings, **other)) == "", other
    assert find_run(replace(settings, workers=9, dagster_home=Path("x"))) == office.first.run_id
    monkeypatch.setattr(standing, "today", lambda: today() + timedelta(days=1))
    assert find_run(settings) == ""
    monkeypatch.undo()
    publish.hold(settings.working, settings.target, ("core", "mart", "quality", "ref"))
    assert find_run(settings) == ""
    note_run(settings, "another", describe_inputs(settings))
    assert find_run(settings) == "", "a hold is never noted"
    drop(Path(str(shelf.held())))
    note_run(settings, office.first.run_id, describe_inputs(settings))
    assert find_run(settings) == office.first.run_id
    forget_run(settings)
    assert find_run(settings) == ""
    note_run(settings, office.first.run_id, describe_inputs(settings))


def test_children_read_ahead_where_there_is_something_to_read(office: Office) -> None:
    def count() -> int:
        before = office.files()
        with run._reading_ahead(office.settings, run._look_for_news(office.settings)):
            started = [worker.process for engine in taking._ahead.values() for worker in engine._pool.workers]
        assert not taking._ahead
        assert all(process.returncode for process in started), "no run takes them over"
        assert office.files() == before
        return len(started)

    assert count() == 0
    came = office.settings.raw / "2021" / "new.xlsx"
    shutil.copy(SAMPLE, came)
    try:
        assert count() == 1
        ledger = standing.arrivals_path(office.settings)
        stood = ledger.read_bytes()
        ledger.write_text('{"a": 1}')
        assert count() == 0, "in doubt none, and no failure"
        ledger.write_bytes(stood)
    finally:
        came.unlink()


def test_what_comes_between_the_look_and_the_run(
    office: Office, coop: Callable[[], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step itself finds it, under the lock: the whole job follows in the same process."""
    before = len(office.runs())
    shutil.copy(SAMPLE.parents[1] / "XTTM" / "XK và XTTM 2021.xlsx", office.settings.raw / "2021")
    monkeypatch.setattr(run, "find_run", lambda *_: office.first.run_id)
    said = coop()
    assert not said["nothing_new"]
    assert said["tables"]["core.trade_promotions"] > 0
    whole, look, *_ = office.runs()
    assert (look.asset_selection, whole.asset_selection, whole.run_id) == (LOOK, None, said["run_id"])
    assert len(office.runs()) == before + 2
    assert find_run(office.settings) == whole.run_id
