"""What leaves the house: the published file and the held one as assets, and the jobs that release and roll back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from pydantic import Field

from coop_pipeline import stages
from coop_pipeline.defs.failures import explain, explained, redact
from coop_pipeline.defs.keys import HELD, OWNERS, PUBLISHED, key_of
from coop_pipeline.defs.markdown import as_markdown
from coop_pipeline.defs.warehouse import Warehouse, comes_to
from coop_pipeline.forms.wording import UNIT_NAMES, show_value
from coop_pipeline.outputs.charts import renew_charts
from coop_pipeline.outputs.exports import write_exports
from coop_pipeline.outputs.rendering import renew_reports
from coop_pipeline.settings import Settings, load_settings
from coop_pipeline.store import publish
from coop_pipeline.store.comparison import Difference, compare, count_rows
from coop_pipeline.store.lock import hold_warehouse
from coop_pipeline.store.publications import ALTERED, PREVIOUS, Entry, Publications, show_moment

ACTIONS = {"published": "công bố", "held": "tạm giữ", "released": "công bố bản tạm giữ", "rolled_back": "quay lại bản này"}


class Choice(Enum):
    """What a run does with what it has computed and audited."""

    publish = "publish"
    hold = "hold"


class PublishConfig(dg.Config):
    choice: Choice = Field(
        default=Choice.publish,
        description="publish: công bố nếu mọi kiểm tra đều đạt; nhưng khi đang tạm giữ thì chỉ thay bản tạm giữ. "
        "hold: tính và kiểm tra nhưng chưa công bố; từ đó không lần chạy nào công bố nữa cho đến khi chạy công việc release. "
        "(publish: publish when all audits pass; while a hold is in force, renew the held file only. "
        "hold: compute and audit, publish nothing until somebody runs the job release.)",
    )


class ReleaseConfig(dg.Config):
    version: str = Field(
        default="",
        description="Tên bản đã xem; để trống: bản đang tạm giữ. Nếu trong lúc đó bản tạm giữ đã được thay thì không công bố. "
        "(The version that was looked at; empty: the one that is held. Nothing is published if another one is held by now.)",
    )


class RollBackConfig(dg.Config):
    version: str = Field(
        default="",
        description="Tên bản cần quay lại, hoặc phần đầu của tên (xem mục “Các bản” của published/coop); để trống: bản trước đó. "
        "(The version to go back to, or the beginning of its name; empty: the one before.)",
    )


# The nightly run publishes or confirms what is published; where it did not, or something is held, the UI says so.
NIGHTLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=48), warn_window=timedelta(hours=26))

DESCRIPTIONS = {
    PUBLISHED: (
        "Tệp warehouse/coop.duckdb mà mọi công cụ khác mở để đọc; chỉ được thay khi mọi kiểm tra đều đạt, thay trọn vẹn trong một bước.\n\n"
        "The file that all other tools open; replaced in one step, and only after every blocking check has passed."
    ),
    HELD: (
        "Bản tạm giữ: đã tính và kiểm tra xong, chưa công bố, kèm những chỗ khác với bản đang công bố. Công việc release công bố đúng bản này.\n\n"
        "Computed, audited and held back, with what it would change. The job release publishes this very file."
    ),
}


@dg.multi_asset(
    name="published", can_subset=True, required_resource_keys={"warehouse"},
    specs=[
        dg.AssetSpec(
            key, deps=[key_of(t.full_name) for t in stages.all_tables()], group_name="published", kinds={"duckdb"}, owners=OWNERS,
            skippable=True, description=description, freshness_policy=NIGHTLY if key == PUBLISHED else None,
        )
        for key, description in DESCRIPTIONS.items()
    ],
)  # fmt: skip
def published(context: dg.AssetExecutionContext, config: PublishConfig) -> Iterator[dg.MaterializeResult[Any]]:
    warehouse: Warehouse = context.resources.warehouse
    settings = warehouse.settings
    selected = context.selected_asset_keys
    hold_back = config.choice is Choice.hold or PUBLISHED not in selected
    with explained(), warehouse.measured("published"):
        publication = stages.publish_tables(
            settings, warehouse.connection, run_id=context.run.run_id, hold_back=hold_back or warehouse.is_dry, draft=warehouse.draft
        )
        if publication.held is None and comes_to(context, "outputs__exports"):
            warehouse.exporting.begin()
    warehouse.write_out()
    made = publication.made
    told = {"Tệp đã bị sửa": _say_altered(context, settings, publication)} if publication.is_altered and not warehouse.is_dry else {}
    if publication.held is not None:
        standing = load_settings().target  # a dry run works on a copy, but what it would change is the file that stands
        changes = _describe_changes(standing if standing.exists() else None, publication.held, made)
        if warehouse.is_dry:
            context.log.info("Chạy thử: không công bố gì. %s (A dry run: nothing is published.)", changes["Khác bản trước"])
            context.log_event(dg.AssetObservation(PUBLISHED, metadata={"Kết quả": "Chạy thử: không công bố gì", **changes}))
            return
        result = "Đã lập bản tạm giữ mới, chưa công bố" if made is not None else "Không có gì mới: bản tạm giữ vẫn như trước, chưa công bố"
        metadata = {"Kết quả": result, **told, **changes, **_describe(settings, publication.held, made)}
        context.log.warning(
            "Tạm giữ, chưa công bố: %s. Công việc release công bố bản này. (Held, not published; the job release publishes it.)",
            publication.held,
        )
        if HELD in selected:
            yield dg.MaterializeResult(asset_key=HELD, metadata=metadata)
        else:
            context.log_event(dg.AssetObservation(HELD, metadata=metadata))
        return
    result = "Đã công bố bản mới" if made is not None else "Không có gì mới: bản đang công bố giữ nguyên"
    metadata = {"Kết quả": result, **told, **_describe(settings, settings.target, made)}
    if made is not None:
        metadata |= {"Số giây": round(made.seconds, 2), **_describe_changes(made.previous, settings.target, made)}
    yield dg.MaterializeResult(asset_key=PUBLISHED, metadata=metadata)
    with explained():  # the file stands here whether or not others take it
        stages.mirror_published(settings)
        stages.publish_to_lake(settings)


def _say_altered(context: dg.AssetExecutionContext, settings: Settings, publication: stages.Publication) -> str:
    if publication.made is None or publication.held is not None:
        done = "đang tạm giữ nên chưa thay; hãy chạy release (a hold is in force: release to replace it)"
    else:
        kept = publication.made.previous or settings.target.parent / PREVIOUS / ALTERED
        done = f"đã thay bằng bản mới, tệp cũ giữ ở {kept} (replaced; the old one is kept there)"
    said = f"Chương trình khác đã ghi vào tệp công bố {settings.target}: {done}. Chỉ mở tệp này để đọc. (Open it read-only.)"
    context.log.warning("%s", said)
    return said


@contextmanager
def _moving(context: dg.OpExecutionContext) -> Iterator[Settings]:
    """Around a movement of versions: the warehouse is this run's, and what fails is said in a sentence."""
    with explained():
        settings = load_settings()
        with hold_warehouse(settings.warehouse, f"run {context.run.run_id}", settings.lock_seconds):
            yield settings


@dg.op(description="Công bố đúng bản đang tạm giữ.\n\nPublish the very file that is held.")
def release_held(context: dg.OpExecutionContext, config: ReleaseConfig) -> None:
    with _moving(context) as settings:
        entry = publish.release(settings.target, settings.keep_versions, config.version.strip(), run=context.run.run_id)
        _report(context, settings, entry)


@dg.op(description="Đưa một bản đã công bố trước đây trở lại.\n\nPut back a version that was published before.")
def put_back(context: dg.OpExecutionContext, config: RollBackConfig) -> None:
    with _moving(context) as settings:
        entry = publish.roll_back(settings.target, settings.keep_versions, config.version.strip(), run=context.run.run_id)
        _report(context, settings, entry)


@dg.job(
    name="release", executor_def=dg.in_process_executor,
    description="Công bố bản đang tạm giữ (published/held), đúng từng byte; việc tạm giữ kết thúc.\n\nPublish the held file as it is; the hold ends.",
)  # fmt: skip
def release_job() -> None:
    release_held()


@dg.job(
    name="roll_back", executor_def=dg.in_process_executor,
    description="Quay lại bản công bố trước đó hoặc một bản được nêu tên. Bản vừa bị thay được giữ lại, và không lần chạy nào công bố đè lên cho đến khi chạy release.\n\n"
                "Back to the version before or to a named one. What it replaces is held: no run publishes over it until somebody releases.",
)  # fmt: skip
def roll_back_job() -> None:
    put_back()


def _report(context: dg.OpExecutionContext, settings: Settings, entry: Entry) -> None:
    """Tells what stands now, then brings what is made from it up to date. What stands is not undone by a file that cannot be written."""
    before = Publications(settings.target).place(PREVIOUS, entry.replaced) if entry.replaced else None
    metadata = {"Việc": ACTIONS[entry.action], **_describe_changes(before, settings.target), **_describe(settings, settings.target)}
    context.log_event(dg.AssetMaterialization(PUBLISHED, metadata=metadata))
    for place, renew in (
        (settings.publish_url, stages.mirror_published), ("COOP_LAKE", stages.publish_to_lake), (settings.export, write_exports), (settings.charts, renew_charts), (settings.reports, renew_reports),
    ):  # fmt: skip
        try:
            renew(settings)
        except Exception as problem:
            context.log.error(
                "Đã công bố, nhưng chưa làm mới được %s (vẫn là số liệu của bản trước; lần chạy sau làm lại). %s (Published; this is not up to date.)",
                place,
                explain(problem, context.run.run_id),
                exc_info=redact(problem),
            )


def _describe(settings: Settings, path: Path, made: publish.Published | None = None) -> dict[str, Any]:
    """Where a published or held file is, how large, and which other versions there are."""
    publications = Publications(settings.target)
    rows = made.tables if made is not None else count_rows(path)
    return {
        "Bản": publications.version(path), "dagster/uri": path.as_uri(), "Tệp": dg.MetadataValue.path(str(path)),
        "dagster/row_count": sum(rows.values()), "Số bảng": len(rows), "Dung lượng (byte)": path.stat().st_size,
        "Các bản": dg.MetadataValue.md(_list_versions(publications)), "Các lần công bố, tạm giữ": dg.MetadataValue.md(_list_movements(publications)),
    }  # fmt: skip


def _list_versions(publications: Publications) -> str:
    standing, held, earlier = publications.standing(), publications.held(), publications.earlier()
    files = [
        (version, path, "lưu, quay lại được" if version in earlier else "lưu, đã bị thay bằng bản cũ hơn")
        for version, path in publications.kept().items()
    ]
    if standing:
        files.append((standing, publications.target, "ĐANG CÔNG BỐ"))
    if held is not None:
        files.append((publications.name_version(held), held, "TẠM GIỮ"))
    return as_markdown(
        ("Bản", "Lập lúc (giờ Việt Nam)", "Tình trạng", "Dung lượng (byte)"),
        [(version, show_moment(version), state, show_value(path.stat().st_size)) for version, path, state in sorted(files, reverse=True)],
    )


def _list_movements(publications: Publications, most: int = 20) -> str:
    return as_markdown(
        ("Lúc (giờ Việt Nam)", "Việc", "Bản", "Thay cho", "Lần chạy"),
        [(show_moment(e.at), ACTIONS[e.action], e.version, e.replaced, e.run[:8]) for e in reversed(publications.entries()[-most:])],
    )


def _describe_changes(before: Path | None, after: Path, made: publish.Published | None = None) -> dict[str, Any]:
    """What the newer file holds otherwise: rows by table, and indicators with their old and new values."""
    try:
        found = compare(before, after, described=made.described if made is not None else None)
    except duckdb.Error:  # the older file cannot be read: that must not keep the new one back
        return {"Khác bản trước": "Không đọc được bản cũ để so sánh. (The older file cannot be read.)"}
    if found.is_none:
        return {"Khác bản trước": "Không: mọi số liệu đều như bản trước. (The same figures as before.)"}
    return {
        "Khác bản trước": _sum_up(before, found),
        "Bảng đã đổi": dg.MetadataValue.md(
            as_markdown(
                ("Bảng", "Số dòng cũ", "Số dòng mới"),
                [(t.table, _number(t.before), _number(t.after)) for t in found.tables if t.changed],
            )
        ),
        "Chỉ tiêu đã đổi": dg.MetadataValue.md(
            as_markdown(
                ("Chỉ tiêu", "Mã", "Kỳ", "Địa bàn", "Phân tổ", "Cũ", "Mới", "Đơn vị tính"),
                [
                    (f.title_vi, f.indicator_code, f.period, f"{f.area} ({f.area_code})", f"{f.breakdown} {f.breakdown_value}".strip(), _number(f.before), _number(f.after), UNIT_NAMES.get(f.unit, f.unit))
                    for f in found.figures
                ],
            )
        ),
    }  # fmt: skip


def _sum_up(before: Path | None, found: Difference) -> str:
    if before is None:
        return "Chưa có bản nào được công bố trước đó. (Nothing was published before.)"
    tables = sum(table.changed for table in found.tables)
    shown = f", liệt kê {len(found.figures)}" if len(found.figures) < found.figures_changed else ""
    return f"{tables} bảng và {found.figures_changed} giá trị chỉ tiêu khác bản cũ{shown}. ({tables} tables and {found.figures_changed} indicator values differ.)"


def _number(value: object) -> str:
    return "–" if value is None else show_value(value)
