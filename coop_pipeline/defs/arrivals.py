"""Files that arrive: the sensor that asks for a run, and what it needs to know of the last one.

A run leaves the list of files that it took in beside the working database, which the sensor must not open. The sensor's cursor holds only
what it has asked for since.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg

from coop_pipeline.defs.board import open_partitions
from coop_pipeline.defs.run import close_abandoned_runs
from coop_pipeline.defs.standing import arrivals_path
from coop_pipeline.intake import door
from coop_pipeline.mistakes import UserMistake
from coop_pipeline.outputs import files
from coop_pipeline.remote import RemoteTrouble
from coop_pipeline.settings import load_settings
from coop_pipeline.taking import fetch_raw

QUIET = 5.0  # seconds that a file must have been as it is
PATIENCE = 120.0  # seconds that finished files wait for others of the batch

# A killed run is run again from its first step; one that failed by itself would fail again, and says what to do.
RETRIES = {"dagster/max_retries": "2", "dagster/retry_on_asset_or_op_failure": "false", "dagster/retry_strategy": "ALL_STEPS"}

State = dict[str, list[str]]  # path: what the file system says of it, sha256 of its bytes


@dg.sensor(
    name="tep_moi",
    job_name="coop",
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Theo dõi thư mục data/raw: có tệp mới, tệp đã sửa hoặc đã rút thì chạy công việc coop một lần cho cả đợt, sau khi chép xong. "
    "Thư mục của một kỳ mới mở kỳ đó trên bảng theo dõi.\n\n"
    "Watches data/raw: one run of the job for a batch of new, changed or removed workbooks, when they are complete.",
)
def arrivals_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    try:
        settings = load_settings()
    except UserMistake as problem:
        return dg.SkipReason(str(problem))
    close_abandoned_runs(context.instance)  # of the command line: Dagster's own monitoring knows only those that it started
    cursor = json.loads(context.cursor or "{}")
    asked: State = cursor.get("asked", {})
    ledger: State = files.read_ledger(arrivals_path(settings))
    try:
        fetch_raw(settings)
        found = {item.path: item for item in door.scan(settings.raw)}
    except RemoteTrouble as problem:
        return dg.SkipReason(str(problem))
    except OSError as problem:
        return dg.SkipReason(f"Không đọc được thư mục {settings.raw}: {problem.strerror}. (The raw folder cannot be read.)")
    open_partitions(context.instance, settings.raw)
    if not found and (ledger or asked):
        return dg.SkipReason(f"Thư mục {settings.raw} trống: kiểm tra lại ổ đĩa. (The raw folder is empty now.)")
    now = time.time()
    changed: State = {}
    waiting: list[str] = []
    for path, item in found.items():
        stamp = item.mark
        if ledger.get(path, [None])[0] == stamp:
            asked.pop(path, None)
        elif asked.get(path, [None])[0] == stamp:
            continue
        elif isinstance(item, door.Skipped):
            changed[path] = [stamp, ""]
        elif 0 <= now - item.stamp.changed_ns / 1e9 < QUIET:
            waiting.append(path)
        else:
            sha256 = _read_hash(settings.raw, item, now)
            if sha256 is None:
                waiting.append(path)
            elif sha256 in (ledger.get(path, ["", ""])[1], asked.get(path, ["", ""])[1]) and sha256:
                asked[path] = [stamp, sha256]  # touched, not changed
            else:
                changed[path] = [stamp, sha256]
    for path in (ledger.keys() | asked.keys()) - found.keys():
        if path not in ledger:
            del asked[path]
        elif asked.get(path) != ["gone", ""]:
            changed[path] = ["gone", ""]
    since = cursor.get("since", now) if changed else now
    asks = bool(changed) and (not waiting or now - since >= PATIENCE)
    batch = cursor.get("batch", 0)
    if asks:
        asked |= changed
        batch += 1
    context.update_cursor(
        json.dumps({"asked": asked, "batch": batch} | ({"since": since} if changed and not asks else {}), ensure_ascii=False)
    )
    if not asks:
        if waiting:
            return dg.SkipReason(f"Đang chờ {len(waiting)} tệp chép xong: {waiting[0]} … (Waiting for files to be complete.)")
        return dg.SkipReason(_say_left(context.instance, asked) or "Không có tệp mới. (Nothing new.)")
    # The number of the batch lets a file come back to what it was; the content keeps a batch from being asked for twice.
    content = hashlib.sha256(json.dumps(changed, sort_keys=True).encode()).hexdigest()[:16]
    tags = RETRIES | {"coop/files": str(len(changed)), "coop/first": sorted(changed)[0][:200]}
    request = dg.RunRequest(run_key=f"{batch}-{content}", tags=tags)
    return dg.SensorResult(run_requests=[request])


def _say_left(instance: dg.DagsterInstance, asked: State) -> str | None:
    """Whether the run that was asked for ended without taking the files in: a person stopped it, or it says what to do."""
    runs = instance.get_runs(dg.RunsFilter(tags={"dagster/sensor_name": "tep_moi"}), limit=1) if asked else []
    if not runs or runs[0].status not in (dg.DagsterRunStatus.CANCELED, dg.DagsterRunStatus.FAILURE):
        return None
    ended = "đã bị dừng" if runs[0].status == dg.DagsterRunStatus.CANCELED else "không thành"
    return (
        f"{len(asked)} tệp chưa được nhận vì lần chạy {runs[0].run_id[:8]} {ended}: chạy lại công việc coop. "
        "(Files are left from a run that ended without them.)"
    )


def _read_hash(raw: Path, item: door.Arrival, now: float) -> str | None:
    """sha256 of a file's bytes; "" where it cannot be read or is too large, which is for the run to say; None where it is not complete yet."""
    if item.size > door.Limits.file_bytes:
        return ""
    try:
        with _opened(raw, item) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            is_cut = door.lacks_zip_end(file)
            status = os.fstat(file.fileno())
    except OSError:
        return ""
    if status.st_size != item.size or status.st_mtime_ns != item.stamp.modified_ns:
        return None
    return None if is_cut and now - item.stamp.changed_ns / 1e9 < door.PATIENCE else digest


@contextmanager
def _opened(raw: Path, item: door.Arrival) -> Iterator[Any]:
    descriptor = os.open(os.fsencode(raw) + b"/" + item.disk_path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        yield file


@dg.schedule(
    name="hang_dem",
    job_name="coop",
    cron_schedule="0 2 * * *",
    execution_timezone="Asia/Ho_Chi_Minh",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Chạy lại công việc coop lúc 2 giờ sáng hằng ngày.\n\nRuns the job at 2 o'clock every night.",
)
def nightly_rebuild(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    return dg.RunRequest(run_key=context.scheduled_execution_time.date().isoformat(), tags=RETRIES)
