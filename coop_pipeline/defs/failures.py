"""What went wrong, said to a person: one Vietnamese sentence with what to do, English beside it; where it happened stays behind it, without cells."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dagster as dg

from coop_pipeline.defs.run import STOPPED
from coop_pipeline.forms.wording import as_one_line, mask_personal
from coop_pipeline.remote import RemoteTrouble
from coop_pipeline.settings import load_settings
from coop_pipeline.store.lock import Holder, WarehouseBusy


@contextmanager
def explained(run_id: str = "") -> Iterator[None]:
    """Turns any failure into a `dagster.Failure` whose description is the sentence and whose cause says where, and quotes no cell."""
    try:
        yield
        return
    except dg.Failure:
        raise
    except Exception as problem:
        from coop_pipeline.store.warehouse import INTERRUPTED

        if str(problem) == INTERRUPTED:  # else the run would go on with what does not depend on this step
            raise dg.DagsterExecutionInterruptedError from None
        if _is_damage(problem):
            from coop_pipeline.store.warehouse import doubt_working

            with suppress(OSError):
                doubt_working(load_settings().working)
        sentence, cause = explain(problem, run_id or _current_run()), redact(problem)
    raise dg.Failure(sentence, allow_retries=False) from cause  # out of the handler: the failure itself would be its context


class Redacted(Exception):
    """Stands for a failure in what is recorded: its type, its traceback, and of its message what cannot be a cell's content."""


def redact(problem: BaseException) -> Redacted:
    """A failure and those behind it, as they may be logged."""
    twin = Redacted(f"{type(problem).__name__}: {conceal(_first_line(problem))}".rstrip(": ")).with_traceback(problem.__traceback__)
    behind = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    twin.__cause__ = redact(behind) if behind is not None else None
    return twin


_QUOTED = re.compile(r"""(["'“‘])(?![\w./-]*["'”’])[^\n]*?["'”’]""", re.ASCII)  # but for one word: a column, a key, a path


def conceal(text: str) -> str:
    """Without personal numbers, persons and whatever is quoted: a program's message may quote a cell."""
    return mask_personal(_QUOTED.sub("…", text))


def _first_line(problem: BaseException) -> str:
    return as_one_line(str(problem).strip().partition("\n")[0])[:300]


def explain(problem: BaseException, run_id: str = "") -> str:
    """The sentence for a failure; what nobody but us can mend names the run to report."""
    from coop_pipeline.mistakes import UserMistake
    from coop_pipeline.outputs.report import CannotReport
    from coop_pipeline.store.publish import NothingToPublish, PublishError
    from coop_pipeline.store.warehouse import INTERRUPTED

    if str(problem) == INTERRUPTED:
        return STOPPED
    match problem:
        case UserMistake() | NothingToPublish() | CannotReport() | RemoteTrouble():
            return str(problem)
        case WarehouseBusy():
            return f"Kho dữ liệu đang được giữ bởi {name_holder(problem.holder)}: chờ việc đó xong rồi chạy lại. (The warehouse is in use; run again when that has finished.)"
        case PublishError():
            cause = problem.__cause__
            known = explain_machine(cause) if cause is not None else None
            return f"Chưa công bố được, tệp đã công bố vẫn giữ nguyên. {known or f'Chạy lại; nếu vẫn lỗi, {_report(run_id)}. ({problem})'}"
    return explain_machine(problem) or _ours(problem, run_id)


def name_holder(holder: Holder | None) -> str:
    return f"{holder.what}, tiến trình {holder.pid} trên máy {holder.host}" if holder else "chương trình khác"


def explain_machine(problem: BaseException) -> str | None:
    """What the disk, the memory or another program did; None where it is none of these."""
    import duckdb

    from coop_pipeline.store.warehouse import LOCKED

    text = str(problem)
    if (history := _sqlite_error(problem)) is not None:
        if "full" in str(history):
            return "Ổ đĩa đã đầy, không ghi được lịch sử chạy: xóa bớt tệp không cần trên ổ đĩa rồi chạy lại. (The disk is full: the run's history cannot be written.)"
        if not isinstance(history, sqlite3.OperationalError):
            return f"Lịch sử chạy trong thư mục .dagster của kho dữ liệu bị hỏng ({history}): đổi tên thư mục đó rồi chạy lại, số liệu không bị ảnh hưởng. (The run history is damaged: move the folder .dagster away.)"
        return f"Không ghi được lịch sử chạy (thư mục .dagster của kho dữ liệu, {history}): kiểm tra ổ đĩa và quyền ghi thư mục đó rồi chạy lại. (The run's history cannot be written.)"
    number = _errno(problem)
    place = isinstance(problem, OSError) and (problem.filename2 or problem.filename)  # of a link or a move, where it was to go
    where = f" {place}" if place else _quoted(text)
    if number in (errno.ENOSPC, errno.EDQUOT):
        return f"Ổ đĩa đã đầy{where}: xóa bớt tệp không cần trên ổ đĩa rồi chạy lại. (The disk is full.)"
    if isinstance(problem, MemoryError | duckdb.OutOfMemoryException) or number == errno.ENOMEM:
        return "Máy không đủ bộ nhớ: đóng bớt chương trình khác rồi chạy lại. (Out of memory.)"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"Không có quyền đọc hoặc ghi{where}: nhờ người quản trị máy cấp quyền cho tệp, thư mục này rồi chạy lại. (No permission.)"
    if number is not None:
        return f"Không đọc hoặc ghi được{where} ({os.strerror(number)}): kiểm tra ổ đĩa và thư mục rồi chạy lại. (The file system refused.)"
    if isinstance(problem, duckdb.Error) and LOCKED in text:
        process = re.search(r"held in (.+?) \(PID (\d+)\)", text)
        who = f"{process[1]} (tiến trình {process[2]})" if process else "chương trình khác"
        return f"Kho làm việc{_quoted(text)} đang bị {who} mở: đóng chương trình đó rồi chạy lại. (Another program has the working database open.)"
    if _is_damage(problem):
        return "Kho làm việc bị hỏng hoặc không đọc được: chạy lại, kho làm việc sẽ được lập lại từ tệp gốc. (The working database is broken; the next run makes it anew.)"
    return None


_REFUSALS = (
    errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.ESTALE,
    errno.ENODEV,
)  # fmt: skip


def _errno(problem: BaseException) -> int | None:
    """What the file system refused; DuckDB tells it in its message only."""
    import duckdb

    if isinstance(problem, OSError):
        return problem.errno
    said = str(problem) if isinstance(problem, duckdb.Error) else ""
    return next((number for number in _REFUSALS if os.strerror(number) in said), None)


def _is_damage(problem: BaseException) -> bool:
    """Whether a database does not hold what it should: nothing that the file system or another program did."""
    import duckdb

    from coop_pipeline.store.warehouse import LOCKED

    damage = (duckdb.IOException, duckdb.FatalException, duckdb.InternalException, duckdb.SerializationException)
    return isinstance(problem, damage) and _errno(problem) is None and LOCKED not in str(problem)


def _sqlite_error(problem: BaseException) -> sqlite3.DatabaseError | None:
    """What SQLite, where Dagster keeps its history, could not do; SQLAlchemy hands it on as the cause of its own error."""
    seen = [problem, problem.__cause__, problem.__context__]
    return next((one for one in seen if isinstance(one, sqlite3.DatabaseError)), None)


def _ours(problem: BaseException, run_id: str) -> str:
    return f"Lỗi của phần mềm: {_report(run_id)}. (Our own mistake: {redact(problem)})"


def _report(run_id: str) -> str:
    return "báo cho người phụ trách kỹ thuật" + (f", kèm mã lần chạy {run_id}" if run_id else "")


def _quoted(text: str) -> str:
    """The file that DuckDB names in a message."""
    found = re.search(r'file "([^"]+)"', text)
    return f" {found[1]}" if found else ""


def _current_run() -> str:
    try:
        return dg.OpExecutionContext.get().run_id
    except Exception:  # no step runs: a resource being made, or no Dagster at all
        return ""
