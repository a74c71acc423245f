"""Running a job of ours inside this process, so that the run stands in the UI's history as if started there.

Importing this module does not import Dagster.
"""

from __future__ import annotations

import gc
import importlib
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from coop_pipeline.intake import door
from coop_pipeline.intake.pool import READING_WITHOUT, go_without

from .instance import ensure_instance, open_instance
from .standing import News, find_run, is_noted, list_news

if TYPE_CHECKING:
    from dagster import AssetKey, DagsterEvent, DagsterInstance, DagsterRun, JobDefinition
    from dagster._core.remote_origin import RemoteJobOrigin

    from coop_pipeline.settings import Settings

DEFINITIONS = "coop_pipeline.definitions"  # also the code location's name in workspace.yaml
PROCESS_TAG = ".dagster/coop_process"  # tags with this prefix are not shown
STOPPED = "Lần chạy đã bị dừng theo yêu cầu; chạy lại khi cần. (The run was interrupted.)"
KILLED = "Tiến trình của lần chạy này đã bị dừng đột ngột. (The process of this run was killed.)"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

Kind = Literal["step_started", "asset", "check_passed", "check_failed", "step_done", "step_failed"]


@dataclass(frozen=True)
class Progress:
    """What happened in the run: `name` is the step's, the asset's (`core/loans`) or the check's (`mart/x: y`)."""

    kind: Kind
    step: str
    name: str
    message: str = ""
    seconds: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Listener(Protocol):
    def on_file(self, done: int, total: int) -> None:
        """So many files of so many are read."""

    def on_wait(self, sentence: str) -> None:
        """Another run holds the warehouse."""


listeners: list[Listener] = []
"""`coop run` shows what they are told; the UI shows the events instead."""


_COLOURING = ("mako.ext.pygmentplugin", "rich.traceback")
"""With which Alembic and structlog would colour tracebacks, where they find them: 0.04 s."""


@dataclass(frozen=True)
class RunOutcome:
    success: bool
    run_id: str
    failed_step: str | None = None
    message: str | None = None
    """Why it failed, in a sentence for people."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """By step, with `dagster` for its import and opening and `total` for everything."""
    nothing_new: bool = False
    """Everything stands as the last complete run left it: only that was looked at."""


def run_job(
    state: Path,
    job_name: str = "coop",
    *,
    standing_in: Settings | None = None,
    run_config: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    on_event: Callable[[Progress], None] | None = None,
    definitions: str = DEFINITIONS,
) -> RunOutcome:
    """Run the job in this process with its history in `state`. A run that fails is an outcome and does not raise.

    Where all stands in the warehouse of `standing_in` as the last complete run left it, only the asset that looks for news is
    materialised, and the whole job after it where it finds some.
    """
    started = time.perf_counter()
    if standing_in is not None and not (standing_in.engine or standing_in.raw_url):
        go_without(*READING_WITHOUT, *_COLOURING)  # what draws with NumPy are children
    seconds: dict[str, float] = {}
    told = on_event or (lambda progress: None)
    news = _look_for_news(standing_in)
    stood = find_run(standing_in, news) if standing_in is not None else ""
    with ExitStack() as opened:
        with long_lived_objects():
            if standing_in is not None and not stood:
                opened.enter_context(_reading_ahead(standing_in, news))
            ensure_instance(state)
            instance = open_instance(state)
        opened.callback(instance.dispose)

        def run_part(part: JobDefinition, config: Mapping[str, Any] | None, assets: frozenset[AssetKey] | None = None) -> RunOutcome:
            run = instance.create_run_for_job(
                part,
                run_config=config,
                tags={**part.run_tags, **(tags or {}), PROCESS_TAG: name_process()},
                asset_selection=assets,
                remote_job_origin=locate_job(definitions, part),
            )
            seconds.setdefault("dagster", time.perf_counter() - started)
            failures = list(_execute(instance, part, run, seconds, told))
            seconds["total"] = time.perf_counter() - started
            if not failures:
                return RunOutcome(True, run.run_id, seconds=seconds)
            return RunOutcome(False, run.run_id, failures[0].step or None, failures[0].message, seconds)

        close_abandoned_runs(instance)
        if standing_in is not None and _is_known(instance, stood):
            with long_lived_objects():
                look = _load_look(job_name)
            outcome = run_part(look, None, frozenset(look.asset_layer.executable_asset_keys))
            if not outcome.success or is_noted(standing_in):
                return replace(outcome, nothing_new=outcome.success)
        with long_lived_objects():
            job = _load_job(definitions, job_name)
        return run_part(job, run_config)


def _look_for_news(settings: Settings | None) -> News | None:
    if settings is not None and not settings.raw_url:
        with suppress(OSError, AttributeError, TypeError, ValueError):  # no folder, or a list that was altered: the run itself will see
            return list_news(settings)
    return None


@contextmanager
def _reading_ahead(settings: Settings, news: News | None) -> Iterator[None]:
    """Children read what came while this process imports Dagster, where it is they who read on this machine."""
    found = [item for item in (news or {}).values() if isinstance(item, door.Arrival)]
    if not found or settings.engine:
        yield
        return
    from coop_pipeline.intake.engine import LocalEngine

    with closing(LocalEngine(*settings.child_limits)) as engine:
        with suppress(OSError):  # what the machine refuses, the run itself will say
            engine.prepare(len(found))
        from coop_pipeline.intake.records import forgo_pandas
        from coop_pipeline.taking import reading_ahead

        forgo_pandas()
        with reading_ahead(settings, engine, found):
            yield


def _is_known(instance: DagsterInstance, run_id: str) -> bool:
    """Whether the history has this run: without it, the board has not been told anything either."""
    from dagster import DagsterRunStatus

    run = instance.get_run_by_id(run_id) if run_id else None
    return run is not None and run.status == DagsterRunStatus.SUCCESS


def close_abandoned_runs(instance: DagsterInstance) -> list[str]:
    """Mark as failed the runs of this host whose process was killed: they say nothing more, and keep their slots."""
    from dagster import DagsterRunStatus, RunsFilter

    statuses = [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED]
    abandoned = []
    for run in instance.get_runs(RunsFilter(statuses=statuses)):
        process = run.tags.get(PROCESS_TAG)
        if process and _is_gone(process):
            instance.report_run_failed(run, KILLED)
            if instance.event_log_storage.supports_global_concurrency_limits:
                instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            abandoned.append(run.run_id)
    return abandoned


def _load_look(job_name: str) -> JobDefinition:
    """The part of the main job that finds out whether anything came, by itself: the definitions of all the rest cost half a second."""
    from dagster import Definitions, define_asset_job, in_process_executor

    from .intake import arrivals
    from .warehouse import RESOURCES

    job = define_asset_job(job_name, executor_def=in_process_executor)
    return Definitions([arrivals], jobs=[job], resources=RESOURCES).resolve_job_def(job_name)


def _load_job(definitions: str, job_name: str) -> JobDefinition:
    import dagster

    from coop_pipeline.intake.records import forgo_pandas

    forgo_pandas()
    for value in vars(importlib.import_module(definitions)).values():
        if isinstance(value, dagster.Definitions):
            return value.resolve_job_def(job_name)
    raise LookupError(f"{definitions} holds no dagster.Definitions")


def locate_job(definitions: str, job: JobDefinition) -> RemoteJobOrigin:
    """Where the UI finds the job: with it the run is listed on the job's page and can be re-executed from there."""
    from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
    from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteRepositoryOrigin
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

    target = LoadableTargetOrigin(executable_path=sys.executable, module_name=definitions, working_directory=str(Path.cwd()))
    location = ManagedGrpcPythonEnvCodeLocationOrigin(target, location_name=definitions)
    return RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME).get_job_origin(job.name)


def _execute(
    instance: DagsterInstance,
    job: JobDefinition,
    run: DagsterRun,
    seconds: dict[str, float],
    on_event: Callable[[Progress], None],
) -> Iterator[Progress]:
    """Execute the run, report its progress, note the seconds by step, and yield what made it fail."""
    from dagster._core.definitions.job_base import InMemoryJob
    from dagster._core.execution.api import execute_run_iterator

    # The console belongs to `on_event`. Only this process sees the setting: the stored run keeps its configuration.
    quiet = run._replace(run_config={**run.run_config, **QUIET})
    failed_checks: list[str] = []
    failures = 0
    for event in execute_run_iterator(InMemoryJob(job), quiet, instance):
        if event.is_failure and not event.is_step_failure and not failures:
            yield Progress("step_failed", "", "", _sentence(event, failed_checks))
        for progress in _progress(event, failed_checks):
            if progress.seconds is not None:
                seconds[progress.step] = progress.seconds
            on_event(progress)
            if progress.kind == "step_failed":
                failures += 1
                yield progress


def _progress(event: DagsterEvent, failed_checks: list[str]) -> Iterator[Progress]:
    step = event.step_key or ""
    if event.is_step_start:
        yield Progress("step_started", step, step)
    elif event.is_step_materialization:
        materialization = event.step_materialization_data.materialization
        metadata = {name: value.value for name, value in materialization.metadata.items()}
        yield Progress("asset", step, materialization.asset_key.to_user_string(), metadata=metadata)
    elif event.event_type_value == "ASSET_CHECK_EVALUATION":
        check = event.asset_check_evaluation_data
        name = f"{check.asset_key.to_user_string()}: {check.check_name}"
        sentence = check.description or ""
        if not check.passed and check.blocking:
            failed_checks.append(f"{name}: {sentence}" if sentence else name)
        metadata = {name: value.value for name, value in check.metadata.items()}
        yield Progress("check_passed" if check.passed else "check_failed", step, name, sentence, metadata=metadata)
    elif event.is_step_success:
        yield Progress("step_done", step, step, seconds=event.step_success_data.duration_ms / 1000)
    elif event.is_step_failure:
        yield Progress("step_failed", step, step, _sentence(event, failed_checks))


def _sentence(event: DagsterEvent, failed_checks: list[str]) -> str:
    """What a person is told: the sentence of our own `dagster.Failure`, the failed checks, or the innermost error."""
    if event.is_step_failure:
        data = event.step_failure_data
        if data.user_failure_data and data.user_failure_data.description:
            return data.user_failure_data.description
        if failed_checks:
            return "; ".join(failed_checks)
        error = data.error
    else:
        error = event.job_failure_data.error if event.is_job_failure else None
    while error and error.cause and error.cls_name != "Failure":  # ours, of a resource: its cause is for the traceback
        error = error.cause
    if error and error.cls_name == "DagsterExecutionInterruptedError":
        return STOPPED
    if error and error.cls_name == "Failure":
        return error.message.partition(": ")[2].strip()
    return error.message.strip() if error else event.message or event.event_type_value


def name_process() -> str:
    return f"{socket.gethostname()} {os.getpid()} {_start_time(os.getpid())}"


def _is_gone(process: str) -> bool:
    host, pid, start_time = process.split(" ")
    return host == socket.gethostname() and _start_time(int(pid)) != start_time


def _start_time(pid: int) -> str:
    """In clock ticks since boot: tells a process from a later one with its number. Empty where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return "" if Path("/proc/self/stat").exists() else "unknown"


@contextmanager
def long_lived_objects() -> Iterator[None]:
    """What is imported stays until the end: the collector would go through it a dozen times, a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
