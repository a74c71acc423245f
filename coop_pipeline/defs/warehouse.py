"""The warehouse as a resource of a run: locked for the run and open for its steps."""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import dagster as dg

from coop_pipeline.defs import standing
from coop_pipeline.defs.failures import explained, name_holder
from coop_pipeline.defs.keys import ARRIVALS
from coop_pipeline.defs.run import listeners
from coop_pipeline.forms.codes import reporters
from coop_pipeline.outputs.files import replace_file
from coop_pipeline.settings import Settings, load_settings
from coop_pipeline.store.lock import Holder, hold_warehouse

if TYPE_CHECKING:
    from coop_pipeline.defs.computation import Computation
    from coop_pipeline.outputs.exports import Exporting
    from coop_pipeline.store.publish import Draft
    from coop_pipeline.store.warehouse import Connection
    from coop_pipeline.taking import Scope

Step = Literal["arrivals", "facts", "marts", "published", "returned", "charts", "exports", "report"]


@dataclass(slots=True)
class Warehouse:
    """What a step works with; `spent` are the seconds by the clock and of CPU (ours and our children's) that each has taken so far."""

    settings: Settings
    opened: ExitStack
    scope: Scope | None = None
    is_dry: bool = False
    stands: bool = False
    """Nothing came since the last complete run, and all that it left is as it was."""
    spent: dict[str, tuple[float, float]] = field(default_factory=dict)
    done: set[Step] = field(default_factory=set)
    """What is as a run of the whole job leaves it."""
    draft: Draft | None = None
    """What is to be published, where it was begun as soon as the marts were made."""
    _connection: Connection | None = None
    _exporting: Exporting | None = None
    _computation: Computation | None = None

    @property
    def computation(self) -> Computation:
        """The marts: begun when the facts stand, finished by their own step."""
        if self._computation is None:
            from coop_pipeline.defs.computation import Computation

            self._computation = self.opened.enter_context(Computation(self.settings, self.connection))
        return self._computation

    @property
    def exporting(self) -> Exporting:
        """The exports: begun when the file is published, finished by their own step."""
        if self._exporting is None:
            from coop_pipeline.outputs.exports import Exporting

            self._exporting = self.opened.enter_context(Exporting(self.settings))
        return self._exporting

    @property
    def connection(self) -> Connection:
        """The working database, open until the run ends."""
        if self._connection is None:
            from coop_pipeline.store.warehouse import open_working

            self._connection = self.opened.enter_context(open_working(self.settings.working))
        return self._connection

    def begin_draft(self) -> None:
        """Where there is something to publish, and few rows: of a whole country's, memory holds one thing at a time. Nothing of it is left where
        the run does not come to publish it."""
        from coop_pipeline import stages
        from coop_pipeline.store.warehouse import has_few_rows

        if has_few_rows(self.connection) and not stages.is_published(self.settings, self.connection):
            self.draft = stages.draft_tables(self.settings, self.connection)
            self.opened.callback(self.draft.close)
            self.draft.begin()

    def write_out(self) -> None:
        """Once nothing changes the working database any more: a thread does what DuckDB would do when it is closed, beside what reads the
        published file."""

        def checkpoint() -> None:
            with closing(self.connection.cursor()) as connection:
                connection.execute("checkpoint").fetchall()  # where it fails, closing says so

        self.opened.enter_context(ThreadPoolExecutor(1)).submit(checkpoint)

    @contextmanager
    def measured(self, step: Step) -> Iterator[None]:
        """Around all that a step changes."""
        standing.forget_run(self.settings)
        with self.timed(step):
            yield
        self.done.add(step)

    @contextmanager
    def timed(self, step: Step) -> Iterator[None]:
        clock, cpu = time.perf_counter(), _cpu()
        try:
            yield
        finally:
            self.spent[step] = (time.perf_counter() - clock, _cpu() - cpu)

    def record(self, run: str) -> str:
        """Adds this run to `work/runs.jsonl`, which keeps the latest, and says where its time went."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        line = {
            "run": run, "at": datetime.now(UTC).isoformat(timespec="seconds"), "memory_mib": peak,
            "steps": {step: {"seconds": round(clock, 3), "cpu": round(cpu, 3)} for step, (clock, cpu) in self.spent.items()},
        }  # fmt: skip
        path = self.settings.working.with_name("runs.jsonl")
        before = path.read_text(encoding="utf-8").splitlines()[-KEPT_RUNS + 1 :] if path.exists() else []
        replace_file(path, ("\n".join([*before, json.dumps(line)]) + "\n").encode())
        steps = "; ".join(f"{step} {clock:.2f} s (CPU {cpu:.2f} s)" for step, (clock, cpu) in self.spent.items())
        return f"{steps}. Bộ nhớ (memory): {peak} MiB"


KEPT_RUNS = 500


def _cpu() -> float:
    return sum(os.times()[:4])


CONFIGURATION = {
    "period": dg.Field(
        str,
        default_value="",
        description="Chỉ nhận tệp của kỳ này, ví dụ 2021, 2022-H1, 2022-Q4, 2022-12; trống: mọi kỳ. "
        "Tệp của kỳ khác giữ nguyên như đã đọc. (Takes in the files of this period only; empty: of all.)",
    ),
    "reporters": dg.Field(
        [dg.Enum("DonVi", [dg.EnumValue(r.code, description=f"{r.name_vi} ({r.name_en})") for r in reporters()])],
        default_value=[],
        description="Chỉ nhận tệp của các đơn vị này (mã đơn vị); trống: mọi đơn vị. "
        "Tệp của đơn vị khác giữ nguyên như đã đọc. (Takes in the files of these reporters only; empty: of all.)",
    ),
    "dry_run": dg.Field(
        bool,
        default_value=False,
        description="Chạy thử: đọc, tính và kiểm tra trên một bản sao rồi bỏ; không thay đổi kho dữ liệu, tệp công bố, tệp gửi lại. "
        "(Reads, computes and audits in a copy that is thrown away: nothing changes.)",
    ),
}
DEFAULTS = {name: field.default_value for name, field in CONFIGURATION.items()}


@dg.resource(
    description="Kho dữ liệu làm việc: mỗi lúc chỉ một lần chạy được giữ. (The working warehouse: one run at a time holds it.)",
    config_schema=CONFIGURATION,
)
def warehouse_resource(context: dg.InitResourceContext) -> Iterator[Warehouse]:
    given = context.resource_config

    def say_waiting(holder: Holder | None) -> None:
        sentence = f"Đang chờ {name_holder(holder)} xong việc, lâu nhất {settings.lock_seconds:.0f} giây. (Waiting for the run that holds the warehouse.)"
        if context.log is not None:
            context.log.info(sentence)
        for listener in listeners:
            listener.on_wait(sentence)

    with explained(context.run.run_id if context.run else ""):
        settings = load_settings()
        scope = _read_scope(given["period"], given["reporters"])
        settings.warehouse.mkdir(parents=True, exist_ok=True)
        with (
            hold_warehouse(settings.warehouse, f"run {context.run.run_id if context.run else ''}", settings.lock_seconds, say_waiting),
            _limited(settings.run_seconds),
            _copied(settings, given["dry_run"]) as settings,
        ):
            stands = _looks_only(context) and bool(standing.find_run(settings))
            inputs = "" if stands or scope or given["dry_run"] else standing.describe_inputs(settings)
            with ExitStack() as opened:
                warehouse = Warehouse(settings, opened, scope, given["dry_run"], stands)
                if not stands:
                    _ = warehouse.connection  # what hinders it is said before any step
                try:
                    yield warehouse
                finally:
                    said = warehouse.record(context.run.run_id if context.run else "")
                    if context.log is not None:
                        context.log.info("Thời gian từng bước (time by step): %s", said)
            if inputs and context.run and warehouse.done == {*get_args(Step)}:
                standing.note_run(settings, context.run.run_id, inputs)


RESOURCES = {
    "warehouse": warehouse_resource,
    "io_manager": dg.mem_io_manager,  # steps hand each other no values; to make Dagster's own manager of files costs 0.1 s
}


def comes_to(context: dg.AssetExecutionContext, step: str) -> bool:
    """Whether this run has another step as well, for which work may begin already."""
    steps = context.run.step_keys_to_execute
    return context.job_def.has_node_named(step) and (steps is None or step in steps)


def _looks_only(context: dg.InitResourceContext) -> bool:
    """Whether the run goes no further than to what arrived, and everywhere there."""
    return context.run is not None and context.run.asset_selection == {ARRIVALS} and context.resource_config == DEFAULTS


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Ends this process where a run hangs, whatever it hangs in: the kernel frees the lock, the children go along, the next run marks it as failed."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=2)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _read_scope(period: str, codes: Sequence[str]) -> Scope | None:
    period = period.strip()
    if not period and not codes:
        return None
    from coop_pipeline.mistakes import UserMistake
    from coop_pipeline.store.reference import list_periods
    from coop_pipeline.taking import Scope

    if period and period not in {code for code, *_ in list_periods()}:
        raise UserMistake(
            f"Không có kỳ “{period}”: ghi năm, ví dụ 2021, hoặc 2021-H1, 2021-Q4, 2021-12. Chưa có gì thay đổi. "
            "(There is no such period; nothing was changed.)"
        )
    return Scope(frozenset(codes), frozenset({period} if period else ()))


@contextmanager
def _copied(settings: Settings, is_dry: bool) -> Iterator[Settings]:
    """For a dry run a copy of all that a run reads and writes, in a folder that only the holder of the warehouse's lock uses."""
    folder = settings.warehouse / "work" / "dry"
    if folder.exists():  # a dry run was killed
        shutil.rmtree(folder)
    if not is_dry:
        yield settings
        return
    try:
        copy = replace(settings, warehouse=folder)
        copy.working.parent.mkdir(parents=True)
        for path in (settings.working, Path(f"{settings.working}.wal")):
            if path.exists():
                shutil.copy2(path, copy.working.with_name(path.name))
        if settings.received.exists():
            shutil.copytree(settings.received, copy.received, copy_function=os.link)  # never written to, only replaced
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)
