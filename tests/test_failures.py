"""What a failed run says: one Vietnamese sentence with what to do, in the event that the UI shows; the traceback comes after it."""

from __future__ import annotations

import errno
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import sqlalchemy

from coop_pipeline import stages, taking
from coop_pipeline.cli import main
from coop_pipeline.definitions import defs
from coop_pipeline.defs import assets, warehouse
from coop_pipeline.defs.failures import explain, explained
from coop_pipeline.defs.run import _sentence
from coop_pipeline.settings import load_settings
from coop_pipeline.store.lock import WarehouseBusy, hold_warehouse
from coop_pipeline.store.publish import PublishError

PROJECT = Path(__file__).parents[1]
BANK = PROJECT / "data" / "raw" / "2021" / "NHNN" / "Du no HTX 31-12-2021.xlsx"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A raw folder with one workbook, a warehouse, nothing of ours in the environment."""
    (tmp_path / "raw" / "2021").mkdir(parents=True)
    shutil.copy(BANK, tmp_path / "raw" / "2021")
    monkeypatch.setenv("COOP_RAW", str(tmp_path / "raw"))
    monkeypatch.setenv("COOP_WAREHOUSE", str(tmp_path / "warehouse"))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.delenv("COOP_CORRECTIONS", raising=False)
    return tmp_path


def run(*tables: str) -> dg.ExecuteInProcessResult:
    selection = [dg.AssetKey(["intake", "arrivals"]), *(dg.AssetKey(t.split(".")) for t in tables)]
    return defs.resolve_implicit_global_asset_job_def().execute_in_process(
        asset_selection=selection, raise_on_error=False, instance=dg.DagsterInstance.ephemeral()
    )


def fail(*tables: str) -> tuple[str, str, str]:
    """The sentence, the traceback behind it, the run."""
    result = run(*tables)
    assert not result.success
    failures = [e for e in result.all_events if e.is_step_failure] or [e for e in result.all_events if e.is_failure]
    event = failures[0]
    error = event.step_failure_data.error if event.is_step_failure else event.job_failure_data.error
    if event.is_step_failure:
        assert event.step_failure_data.user_failure_data is not None
        assert event.step_failure_data.user_failure_data.description == _sentence(event, [])
    assert error is not None
    return _sentence(event, []), error.to_string(), result.run_id


def raising(problem: BaseException) -> Callable[..., None]:
    def broken(*_: object, **__: object) -> None:
        raise problem

    return broken


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/kho/work"), "Ổ đĩa đã đầy /kho/work: xóa bớt"),
        (duckdb.IOException('IO Error: Could not write file "/kho/w.duckdb": No space left on device'), "Ổ đĩa đã đầy"),
        (PermissionError(errno.EACCES, "Permission denied", "/kho/work"), "Không có quyền đọc hoặc ghi /kho/work: nhờ"),
        (OSError(errno.EROFS, "Read-only file system", "/kho/work"), "Không có quyền đọc hoặc ghi /kho/work: nhờ"),
        (OSError(errno.EIO, "Input/output error", "/kho/x"), "Không đọc hoặc ghi được /kho/x"),
        (duckdb.IOException('IO Error: Cannot open file "/kho/w.duckdb": Permission denied'), "Không có quyền đọc hoặc ghi /kho/w.duckdb"),
        (MemoryError(), "Máy không đủ bộ nhớ: đóng bớt"),
        (duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate"), "Máy không đủ bộ nhớ"),
        (duckdb.FatalException("FATAL Error: database has been invalidated"), "Kho làm việc bị hỏng"),
        (taking.UserMistake("Chạy lại. (Again.)"), "Chạy lại. (Again.)"),
    ],
)
def test_what_the_machine_does_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch, problem: Exception, said: str) -> None:
    monkeypatch.setattr(taking, "take_in", raising(problem))
    sentence, traceback, _ = fail()
    assert sentence.startswith(said)
    assert type(problem).__name__ in traceback
    assert "Lỗi của phần mềm" not in sentence


def test_our_own_mistake_names_the_run_to_report(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "build_core", raising(KeyError("nosuch")))
    sentence, traceback, run_id = fail("ref.periods")
    assert sentence == (
        f"Lỗi của phần mềm: báo cho người phụ trách kỹ thuật, kèm mã lần chạy {run_id}. (Our own mistake: KeyError: 'nosuch')"
    )
    assert "raise problem" in traceback


def test_a_person_in_a_failure_is_masked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message of ours may quote a cell: in the sentence of a failure, and in the log of a file whose reading broke down."""
    cell = "HTX Đồng Tâm (ông Bùi Văn B, 0912345678)"
    assert "HTX Đồng Tâm (ông …, ••••••••••)" in explain(ValueError(cell))
    failed = taking.TakenIn(failed={"2021/a.xlsx": f"Traceback\nValueError: {cell}"})
    monkeypatch.setattr(taking, "take_in", lambda *_, **__: failed)
    instance = dg.DagsterInstance.ephemeral()
    job = defs.resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(asset_selection=[dg.AssetKey(["intake", "arrivals"])], instance=instance)
    (said,) = (entry.user_message for entry in instance.all_logs(result.run_id) if "2021/a.xlsx" in entry.user_message)
    assert said == "2021/a.xlsx: Traceback\nValueError: HTX Đồng Tâm (ông …, ••••••••••)"


def test_a_mistake_while_the_results_are_told_is_said_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "_count_rows", raising(ZeroDivisionError("on purpose")))
    sentence, _, run_id = fail("ref.periods")
    assert run_id in sentence
    assert "on purpose" in sentence


def test_a_raw_folder_that_is_not_there(folder: Path) -> None:
    shutil.rmtree(folder / "raw")
    sentence, _, _ = fail()
    assert sentence.startswith(f"Không thấy thư mục {folder / 'raw'}")


def test_a_file_where_the_warehouse_should_be(folder: Path) -> None:
    (folder / "warehouse").write_text("a file")
    sentence, traceback, _ = fail()
    assert sentence.startswith(f"Không đọc hoặc ghi được {folder / 'warehouse'}")
    assert "FileExistsError" in traceback


def test_a_warehouse_that_somebody_holds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "load_settings", lambda: replace(load_settings(), lock_seconds=0.1))
    with hold_warehouse(folder / "warehouse", "run 0123"):
        sentence, _, _ = fail()
    assert sentence.startswith("Kho dữ liệu đang được giữ bởi run 0123, tiến trình ")
    assert "chờ việc đó xong rồi chạy lại" in sentence


@pytest.fixture
def opened(folder: Path) -> Iterator[int]:
    """Another process that has the working database open."""
    path = folder / "warehouse" / "work" / "working.duckdb"
    path.parent.mkdir(parents=True)
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process.pid


def test_a_working_database_that_another_program_has_open(folder: Path, opened: int) -> None:
    sentence, _, _ = fail()
    assert sentence.startswith(f"Kho làm việc {folder / 'warehouse' / 'work' / 'working.duckdb'} đang bị ")
    assert f"(tiến trình {opened}) mở: đóng chương trình đó" in sentence


def test_a_broken_working_database_is_made_anew(folder: Path) -> None:
    path = folder / "warehouse" / "work" / "working.duckdb"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 1000)
    assert run().success


def test_a_corrections_file_that_cannot_be_read_is_a_warning(folder: Path) -> None:
    (folder / "corrections").mkdir()
    (folder / "corrections" / "cell_corrections.csv").write_text("reporter_code,period\n", encoding="utf-16")
    result = run("quality.issues")
    assert result.success
    (check,) = (c for c in result.get_asset_check_evaluations() if c.check_name == "corrections_used")
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "CSV UTF&#45;8" in str(check.metadata["Các dòng cần xem"].value) or "CSV UTF-8" in str(check.metadata["Các dòng cần xem"].value)


def test_a_blocking_check_says_what_does_not_hold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tuple(replace(a, sql="select 1 as one") if a.name == "one_submission_in_force" else a for a in assets.CHECKS)
    monkeypatch.setattr(assets, "CHECKS", broken)
    sentence, _, run_id = fail("quality.submissions")
    assert sentence.startswith("Kiểm tra không đạt: Mỗi đơn vị, biểu, kỳ chỉ một bản có hiệu lực")
    assert run_id in sentence


FULL = sqlite3.OperationalError("database or disk is full")


def test_a_history_that_cannot_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    wrapped = sqlalchemy.exc.OperationalError("insert into event_logs", {}, FULL)
    wrapped.__cause__ = FULL  # as SQLAlchemy raises it
    for problem in (FULL, wrapped):
        monkeypatch.setattr("coop_pipeline.defs.run.run_job", raising(problem))
        for command in ("run", "release", "rollback"):
            (folder / "warehouse").mkdir(exist_ok=True)
            assert main([command]) == 1
            said = capsys.readouterr().err
            assert said.startswith(f"coop {command}: Ổ đĩa đã đầy, không ghi được lịch sử chạy: xóa bớt")
            assert "The disk is full" in said
            assert len(said.splitlines()) == 1
    assert explain(sqlite3.OperationalError("unable to open database file")).startswith("Không ghi được lịch sử chạy")
    monkeypatch.setattr("coop_pipeline.defs.run.run_job", raising(ZeroDivisionError("ours")))
    with pytest.raises(ZeroDivisionError):
        main(["run"])


@pytest.mark.parametrize("size", [pytest.param("100k", marks=pytest.mark.thorough), pytest.param("800k", marks=pytest.mark.thorough), "3m"])
def test_a_full_disk(folder: Path, size: str) -> None:
    """At the first start, when the run begins, while it works."""
    disk = folder / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size={size} none {disk}"
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    coop = f"exec {sys.executable} -m coop_pipeline.cli run --warehouse {disk}/warehouse"
    done = subprocess.run(["unshare", "-m", "sh", "-c", f"{mount} && {coop}"], capture_output=True, text=True, cwd=PROJECT)
    assert done.returncode == 1
    assert done.stderr.startswith("coop run: Ổ đĩa đã đầy"), done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_kept_the_file_from_being_published() -> None:
    full = PublishError("/w/coop.duckdb was not published: the disk is full")
    full.__cause__ = OSError(errno.ENOSPC, "No space left on device", "/w/drafts")
    assert explain(full).startswith("Chưa công bố được, tệp đã công bố vẫn giữ nguyên. Ổ đĩa đã đầy /w/drafts")
    assert "abc" in explain(PublishError("tables differ"), "abc")
    assert explain(RuntimeError("Query interrupted")).startswith("Lần chạy đã bị dừng")
    assert explain(WarehouseBusy(Path("/w"), 1, None)).startswith("Kho dữ liệu đang được giữ bởi chương trình khác")


def test_a_run_that_is_stopped_in_the_midst_of_a_query_goes_on_with_nothing() -> None:
    """DuckDB turns Ctrl-C into an error of its own; a step that fails by an error leaves the others to go on."""
    ran: list[str] = []

    @dg.op
    def first() -> None:
        with explained():
            threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
            with duckdb.connect(config={"threads": 1}) as alone:  # with several, DuckDB goes on with what was stopped
                alone.execute("select sum(a.range * b.range) from range(1_000_000_000) a, range(1000) b").fetchall()

    @dg.op
    def second() -> None:
        ran.append("second")

    @dg.job(executor_def=dg.in_process_executor)
    def two() -> None:
        first()
        second()

    done = two.execute_in_process(raise_on_error=False)
    assert not ran
    (said,) = [event for event in done.all_events if event.is_step_failure]
    assert _sentence(said, []).startswith("Lần chạy đã bị dừng theo yêu cầu")


def test_no_cell_is_recorded_behind_a_failure() -> None:
    name, telephone = " ".join(("Bùi", "Thị", "Nhàn")), f"0{912345678}"  # put together here: a traceback shows lines of code

    def quote_a_cell() -> None:
        try:
            duckdb.sql(f"select cast('{name}' as integer)").fetchall()
        except duckdb.Error as problem:
            raise ValueError(f"a row of bà {name}, {telephone}: 'Xóm Bưng, {name}'") from problem

    @dg.op
    def spoiled() -> None:
        with explained():
            quote_a_cell()

    @dg.job
    def trial() -> None:
        spoiled()

    with dg.DagsterInstance.ephemeral() as instance:
        result = trial.execute_in_process(instance=instance, raise_on_error=False)
        told = "".join(repr(entry) for entry in instance.all_logs(result.run_id))
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    told += str(failure.step_failure_data.error)
    assert "quote_a_cell" in told, "where it happened is told"
    assert "ConversionException" in told
    assert "Thị Nhàn" not in told
    assert telephone not in told
