"""The store of what was received: nothing that happens to the raw folder takes a submission's bytes away."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from coop_pipeline import cli, taking
from coop_pipeline.intake import received
from coop_pipeline.intake.corrections import Corrections
from coop_pipeline.intake.engine import Outcomes
from coop_pipeline.intake.pool import Outcome
from coop_pipeline.intake.worker import Parsed, Task, run
from coop_pipeline.settings import Settings
from coop_pipeline.store.warehouse import open_working


class HereEngine:
    """Reads in this process: a child for each of the many small runs would be all the time that they take."""

    def read(self, tasks: Sequence[Task]) -> Outcomes:
        return ((task, self._read(task)) for task in tasks)

    def settle(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _read(self, task: Task) -> Outcome[Parsed]:
        try:
            return Outcome(run(task))
        except Exception as problem:
            return Outcome(None, "failed", repr(problem))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(taking, "open_engine", lambda settings: HereEngine())
    raw = tmp_path / "raw" / "2021"
    raw.mkdir(parents=True)
    return Settings(raw.parent, tmp_path / "warehouse", tmp_path / "corrections", workers=1)


def take_in(settings: Settings) -> taking.TakenIn:
    with open_working(settings.working) as connection:
        return taking.take_in(settings, connection, Corrections())


def copies(settings: Settings) -> set[str]:
    return {path.name for path in settings.received.glob("??/*")}


def identify(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_bytes_outlive_their_file(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other, broken = settings.raw / "2021/a.xls", settings.raw / "2021/b Đà Bắc.xls", settings.raw / "2021/c.pdf"
    first, second = (f"<html><table><tr><td>Danh sách {n}</td></tr></table></html>".encode() for n in (1, 2))
    one.write_bytes(first)
    other.write_bytes(second)
    broken.write_bytes(b"%PDF-1.7 no workbook")
    take_in(settings)
    assert copies(settings) == {identify(first), identify(second), identify(broken.read_bytes())}
    one.write_bytes(b"<html><table><tr><td>something else</td></tr></table></html>")
    other.unlink()
    broken.unlink()
    third = identify(one.read_bytes())
    take_in(settings)
    # what was no workbook goes with its file; the others stay though nothing in the raw folder holds them any more
    assert copies(settings) == {identify(first), identify(second), third}
    for path in settings.received.glob("??/*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert stat.S_IMODE(settings.received.stat().st_mode) == received.FOLDER_MODE
    settings.working.unlink()  # the working files may be deleted at any time
    take_in(settings)
    assert {(e.submission_id, e.file) for e in received.find(settings.received)} == {
        (identify(first), "2021/a.xls"), (third, "2021/a.xls"), (identify(second), "2021/b Đà Bắc.xls")
    }  # fmt: skip

    place = ["--warehouse", str(settings.warehouse)]
    assert cli.main(["received", "2021/b da bac", "--json", *place]) == 0
    [entry] = json.loads(capsys.readouterr().out)
    back = tmp_path / "back.xls"
    assert cli.main(["received", entry["submission_id"][:8], "-o", str(back), *place]) == 0
    assert back.read_bytes() == second
    assert cli.main(["received", "a.xls", "-o", str(tmp_path / "two"), *place]) == 2
    assert cli.main(["received", "nowhere", "-o", str(tmp_path / "none"), *place]) == 2
    assert cli.main(["received", "Bắc.xls", "-o", str(back), *place]) == 2, "it would overwrite"
    copy = received.copy_path(settings.received, identify(second))
    copy.chmod(0o644)
    copy.write_bytes(second[:-1])
    assert cli.main(["received", "Bắc.xls", "-o", str(back), "--force", *place]) == 1
    copy.unlink()
    assert cli.main(["received", "Bắc.xls", "-o", str(back), "--force", *place]) == 1
    assert back.read_bytes() == second
    said = capsys.readouterr().err
    assert "đã hỏng" in said
    assert "đã bị xóa" in said


def test_a_damaged_copy_is_never_read_and_is_taken_anew(settings: Settings) -> None:
    path = settings.raw / "2021/a.xls"
    path.write_bytes(b"<html><table><tr><td>x</td></tr></table></html>")
    take_in(settings)
    copy = received.copy_path(settings.received, identify(path.read_bytes()))
    copy.chmod(0o644)
    copy.write_bytes(copy.read_bytes().replace(b"x", b"y"))
    with open_working(settings.working) as connection:
        connection.execute("update intake.submissions set reading_key = 'other corrections'")
    assert "DamagedCopy" in take_in(settings).failed["2021/a.xls"]
    assert take_in(settings).failed == {}
    assert received.is_whole(copy, copy.name)


def test_a_store_of_an_earlier_version_is_taken_over(settings: Settings) -> None:
    path = settings.raw / "2021/a.xls"
    path.write_bytes(b"<html><table><tr><td>x</td></tr></table></html>")
    take_in(settings)
    settings.received.rename(settings.warehouse / "work" / "inbox")
    path.unlink()
    (settings.raw / "2021/b.xls").write_bytes(b"<html><table><tr><td>other</td></tr></table></html>")
    take_in(settings)
    assert identify(b"<html><table><tr><td>x</td></tr></table></html>") in copies(settings)
    assert not (settings.warehouse / "work" / "inbox").exists()


def test_a_list_with_a_damaged_line_is_read_on(tmp_path: Path) -> None:
    entries = [received.Entry(f"{n}" * 64, f"2021/{n}\u2028\n.xlsx", "2021-12-31 00:00:00", n) for n in range(3)]
    for entry in entries:
        (tmp_path / entry.submission_id[:2]).mkdir()
    received.add_to_list(tmp_path, entries[:2])
    with (tmp_path / received.LIST).open("a") as file:
        file.write('{"submission_id": "cut o\n[1, 2]\n')
    received.add_to_list(tmp_path, entries)
    assert received.read_list(tmp_path) == entries
