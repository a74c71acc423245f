"""The assets, by factory: every table of the published file is one, keyed by schema and table; a few steps make them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from coop_pipeline import stages, taking
from coop_pipeline.defs.board import BOARD, read_key, read_reports, report_changes, show_completeness
from coop_pipeline.defs.computation import PICTURED
from coop_pipeline.defs.failures import conceal, explained
from coop_pipeline.defs.intake import take_in
from coop_pipeline.defs.keys import ARRIVALS, OWNERS, RETURNED, SUBMISSIONS, key_of
from coop_pipeline.defs.lineage import describe, load_lineage, submitted_columns
from coop_pipeline.defs.markdown import as_markdown
from coop_pipeline.defs.warehouse import Warehouse, comes_to
from coop_pipeline.forms import FORMS
from coop_pipeline.forms.wording import SEVERITY_NAMES, as_one_line, mask_personal
from coop_pipeline.intake.corrections import CorrectionFiles
from coop_pipeline.marts import MARTS, published_sources
from coop_pipeline.mistakes import UserMistake
from coop_pipeline.outputs import returning
from coop_pipeline.store.audits import AUDITS, Audit, Finding
from coop_pipeline.store.concerns import CONCERNS
from coop_pipeline.store.schema import CORE, QUALITY, REF, TableSpec, day_in_vietnam
from coop_pipeline.store.warehouse import built_key

MART_TABLES = stages.mart_tables()
CHECKS: tuple[Audit, ...] = (*AUDITS, *CONCERNS)
FACT_TABLES: tuple[TableSpec, ...] = (*CORE, *QUALITY, *REF)


def _description(table: TableSpec) -> str:
    return f"{table.vi}.\n\n{table.en}."


def _fact_dependencies(table: TableSpec) -> list[dg.AssetKey]:
    """A form's table comes from the submissions; the co-operatives from every form that names an owner; `ref` from the code lists."""
    if table.schema == "ref":
        return []
    if table.full_name == "core.cooperatives":
        return [key_of(f"core.{form.name}") for form in FORMS.values() if form.owner]
    if table.full_name == "quality.completeness":
        return [key_of("quality.submissions"), key_of("ref.periods"), key_of("ref.reporters")]
    return [ARRIVALS, SUBMISSIONS, *([key_of("ref.areas"), key_of("ref.codes"), key_of("ref.periods")] if table.schema == "core" else [])]


def _spec(table: TableSpec, deps: Iterable[dg.AssetKey]) -> dg.AssetSpec:
    form = FORMS.get(table.form)
    return dg.AssetSpec(
        key_of(table.full_name), deps=list(deps), group_name=table.schema, kinds={"duckdb", "sql"} if table.schema == "mart" else {"duckdb"},
        owners=OWNERS, skippable=True, code_version=stages.tables_version()[:12], description=_description(table) + (f"\n\nCăn cứ: {form.source}." if form else ""),
        metadata={"dagster/table_name": f"coop.{table.full_name}", "dagster/column_schema": _column_schema(table)},
    )  # fmt: skip


def _column_schema(table: TableSpec, types: Mapping[str, str] = {}) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[dg.TableColumn(c.name, types.get(c.name) or c.type or "ANY", description=c.comment) for c in table.columns]
    )


def _check_specs(tables: Iterable[TableSpec]) -> list[dg.AssetCheckSpec]:
    names = {table.full_name for table in tables}
    return [
        dg.AssetCheckSpec(a.name, asset=key_of(a.table), blocking=a.blocking, description=f"{a.vi}.\n\n{a.en}.")
        for a in CHECKS
        if a.table in names
    ]  # fmt: skip


def _count_rows(warehouse: Warehouse, tables: Sequence[TableSpec]) -> dict[str, int]:
    query = " union all ".join(f"select '{t.full_name}', count(*) from {t.full_name}" for t in tables)
    return dict(warehouse.connection.execute(query).fetchall())


def _results(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    tables: Sequence[TableSpec],
    stage: str,
    show: Callable[[str], str] = lambda mart: "",
    corrections: str = "",
) -> Iterator[dg.MaterializeResult[Any]]:
    connection = warehouse.connection
    counts = _count_rows(warehouse, tables)
    lineage = load_lineage(table.full_name for table in tables)
    described = connection.execute("select table_name, column_name, data_type from ref.dictionary where table_schema = 'mart'").fetchall()
    types = {(name, column): kind for name, column, kind in described}
    version = dg.DataVersion(built_key(connection, stage)[:16])  # the same where nothing changed: what is made from it is fresh
    for table in tables:
        if key_of(table.full_name) not in context.selected_asset_keys:
            continue
        metadata: dict[str, Any] = {"dagster/row_count": counts[table.full_name]}
        if table.full_name in lineage:
            metadata["dagster/column_lineage"] = lineage[table.full_name]
            metadata["Nguồn của từng cột"] = dg.MetadataValue.md(describe(lineage[table.full_name]))
        if table.schema == "mart":
            metadata["dagster/column_schema"] = _column_schema(table, {c.name: types[table.name, c.name] for c in table.columns})
            if image := show(table.name):
                metadata["Biểu đồ"] = dg.MetadataValue.md(image)
        if table.schema in ("core", "mart") and counts[table.full_name]:
            metadata["Vài dòng"] = dg.MetadataValue.md(_preview(warehouse, table))
        for name, query in SUMMARIES.get(table.full_name, {}).items():
            found = connection.execute(query)
            metadata[name] = dg.MetadataValue.md(as_markdown([d[0] for d in found.description or ()], found.fetchall()))
        if table.full_name == "quality.issues":
            metadata["Tệp sửa chữa"] = dg.MetadataValue.md(corrections)
        yield dg.MaterializeResult(asset_key=key_of(table.full_name), metadata=metadata, data_version=version)


_SEVERITIES = " ".join(f"when '{severity}' then '{name}'" for severity, name in SEVERITY_NAMES.items())
SUMMARIES: dict[str, dict[str, str]] = {
    "quality.issues": {
        "Theo mức và loại": f"""
            select case severity {_SEVERITIES} end as "Mức", code as "Mã", count(*) as "Số lượng",
                count(distinct submission_id) as "Số tệp", any_value(message_vi) as "Ví dụ"
            from quality.issues where in_force group by severity, code
            order by case severity when 'error' then 1 when 'warning' then 2 else 3 end, count(*) desc, code
            """
    },
    "quality.submissions": {
        "Theo đơn vị và kỳ": f"""
            select coalesce(r.name_vi, s.reporter_code, '(không rõ)') as "Đơn vị", s.period as "Kỳ", count(*) as "Số tệp",
                count(*) filter (s.status in ('accepted', 'partial')) as "Có hiệu lực", count(*) filter (s.status = 'superseded') as "Đã thay",
                count(*) filter (s.status = 'rejected') as "Không nhận", sum(s.rows_accepted) filter (s.status <> 'superseded') as "Dòng nhận",
                sum(s.rows_rejected) filter (s.status <> 'superseded') as "Dòng loại", max({day_in_vietnam("s.received_at")}) as "Nhận ngày"
            from quality.submissions s left join ref.reporters r using (reporter_code)
            group by all order by s.period desc nulls first, 1 limit 40
            """
    },
}  # what stands on the page of an asset, by the name of the entry


def _corrections(warehouse: Warehouse, files: CorrectionFiles) -> str:
    """The data staff's corrections: how many lines hold, how many cells were corrected, how many lines were of no use."""
    held = files.corrections
    used = len(stages.used_corrections(warehouse.connection))
    lines = (
        ("header_spellings.csv", len(held.header_spellings), ""),
        ("code_spellings.csv", len(held.code_spellings), ""),
        ("cooperative_names.csv", len(held.names), ""),
        ("cell_corrections.csv", len(held.cells), used),
    )
    counted = [(name, n, cells, sum(issue.sheet == name for issue in files.issues)) for name, n, cells in lines]
    return as_markdown(("Tệp", "Dòng có hiệu lực", "Ô đã sửa", "Dòng hỏng hoặc hết hạn"), counted)


def _preview(warehouse: Warehouse, table: TableSpec, rows: int = 8) -> str:
    """The first rows; of `core`, which is in the order of periods, the last."""
    columns = [c.name for c in table.columns if c.name != "submission_id"][:12]
    chosen = ", ".join(f'"{c}"' for c in columns)
    order = "order by rowid desc" if table.schema == "core" else ""
    return as_markdown(columns, warehouse.connection.execute(f"select {chosen} from {table.full_name} {order} limit {rows}").fetchall())


def _check_result(finding: Finding) -> dg.AssetCheckResult:
    audit = finding.audit
    severity = dg.AssetCheckSeverity.ERROR if audit.blocking else dg.AssetCheckSeverity.WARN
    metadata: dict[str, Any] = {"Số dòng cần xem": finding.count}
    sentence = f"{audit.vi}."
    if not finding.passed:
        sentence = f"{'Không đạt' if audit.blocking else 'Chưa đạt'} “{audit.vi}”: {finding.count} dòng. {audit.hint_vi}{'.' if audit.hint_vi else ''}".strip()
        metadata["Các dòng cần xem"] = dg.MetadataValue.md(as_markdown(finding.columns, finding.rows))
    return dg.AssetCheckResult(
        asset_key=key_of(audit.table),
        check_name=audit.name,
        passed=finding.passed,
        description=sentence,
        severity=severity,
        metadata=metadata,
    )


def _audit(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Iterable[TableSpec]) -> Iterator[dg.AssetCheckResult]:
    names = {table.full_name for table in tables}
    wanted = {(check.asset_key, check.name) for check in context.selected_asset_check_keys}
    audits: list[Audit] = [a for a in CHECKS if a.table in names and (key_of(a.table), a.name) in wanted]
    broken = []
    for finding in stages.audit(warehouse.connection, audits):
        yield _check_result(finding)
        if finding.audit.blocking and not finding.passed:
            broken.append(f"{finding.audit.vi} ({finding.audit.name})")
    if broken:  # said by us before Dagster says it in English
        raise UserMistake(
            f"Kiểm tra không đạt: {'; '.join(broken)}. Chưa công bố gì mới; xem các dòng vi phạm ở phần Checks, sửa tệp hoặc báo cho người "
            f"phụ trách kỹ thuật, kèm mã lần chạy {context.run.run_id}. (A blocking check failed; nothing was published.)"
        )


@dg.multi_asset(
    name="submissions", required_resource_keys={"warehouse"}, backfill_policy=dg.BackfillPolicy.single_run(),
    specs=[dg.AssetSpec(
        SUBMISSIONS, group_name="intake", kinds={"excel", "python"}, owners=OWNERS, skippable=True, partitions_def=BOARD,
        metadata={"dagster/column_schema": submitted_columns()},
        description="Bảng theo dõi nộp báo cáo theo đơn vị và kỳ: xanh là đã nhận, đỏ là bị trả lại, trống là chưa nhận. Mỗi ô cho biết số dòng đã "
                    "đọc, được nhận, bị loại, các lỗi chính và tệp gửi lại. Chạy một ô hoặc một dải ô thì chỉ nhận các tệp của những đơn vị và kỳ đó.\n\n"
                    "The reporting board by reporter and period: materialised is received, failed is rejected. Materialising a part of it takes in "
                    "the files of those reporters and periods only.",
    )],
)  # fmt: skip
def submissions(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
    warehouse: Warehouse = context.resources.warehouse
    asked = {str(key): read_key(key) for key in context.partition_keys}
    scope = taking.Scope(frozenset(reporter for reporter, _ in asked.values()), frozenset(period for _, period in asked.values()))
    take_in(context, warehouse, scope)
    with explained():
        stages.build_core(warehouse.connection, stages.load_corrections(warehouse.settings))
        reports = {str(report.key): report for report in read_reports(warehouse.connection)}
    is_complete = all(key in reports and reports[key].is_received for key in asked)

    for made in report_changes(context, warehouse.settings, list(reports.values()), asked):
        if is_complete and made.partition in asked:
            context.add_asset_metadata(made.metadata, SUBMISSIONS, made.partition)
        else:
            context.log_event(made)
    for key in sorted(asked.keys() - reports.keys()):
        context.log.warning("%s: chưa nhận được tệp nào. (Nothing has come yet.)", key)
    if is_complete:  # a result would turn every cell green: without one only those that were received are
        yield dg.MaterializeResult(asset_key=SUBMISSIONS)


@dg.multi_asset(
    name="facts", specs=[_spec(t, _fact_dependencies(t)) for t in FACT_TABLES], check_specs=_check_specs(FACT_TABLES), can_subset=True,
    required_resource_keys={"warehouse"},
)  # fmt: skip
def facts(context: dg.AssetExecutionContext) -> Iterator[dg.AssetMaterialization | dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    warehouse: Warehouse = context.resources.warehouse
    are_computed = comes_to(context, "marts")
    with explained(), warehouse.measured("facts"):
        if are_computed:
            warehouse.computation.prepare()
        files = stages.load_corrections(warehouse.settings)
        stages.build_core(warehouse.connection, files)
        if are_computed:
            warehouse.computation.begin()
        exports_follow = comes_to(context, "outputs__exports") and not warehouse.is_dry
        if exports_follow and not stages.is_published(warehouse.settings, warehouse.connection):
            warehouse.exporting.prepare()
        if not warehouse.is_dry:
            yield from report_changes(context, warehouse.settings, read_reports(warehouse.connection))
        completeness = key_of("quality.completeness")
        if completeness in context.selected_asset_keys:
            context.add_asset_metadata({"Tình hình nộp": dg.MetadataValue.md(show_completeness(warehouse.connection))}, completeness)
        # siblings come in the order of their dependencies: the co-operatives after the forms that name them
        ordered = sorted(FACT_TABLES, key=lambda t: (t.schema != "ref", t.full_name in ("core.cooperatives", "quality.completeness")))
        yield from _results(context, warehouse, ordered, "facts", corrections=_corrections(warehouse, files))
        yield from _audit(context, warehouse, FACT_TABLES)


@dg.multi_asset(
    name="marts",
    specs=[_spec(t, [key_of(d) for d in sorted(published_sources(MARTS[t.name]))]) for t in MART_TABLES],
    check_specs=_check_specs(MART_TABLES), can_subset=True, required_resource_keys={"warehouse"},
)  # fmt: skip
def marts(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    warehouse: Warehouse = context.resources.warehouse
    with explained(), warehouse.measured("marts"):
        computation = warehouse.computation
        computation.finish()
        if comes_to(context, "published"):
            warehouse.begin_draft()
        # no mart is made from one that has a picture
        yield from _results(context, warehouse, sorted(MART_TABLES, key=lambda t: t.name in PICTURED), "marts", computation.show)
        computation.say(context.log)
        yield from _audit(context, warehouse, MART_TABLES)


@dg.asset(
    key=RETURNED, group_name="outputs", kinds={"excel", "python"}, owners=OWNERS, required_resource_keys={"warehouse"},
    deps=[key_of("quality.issues"), key_of("quality.submissions")],
    description="Tệp của từng đơn vị đã đánh dấu ô sai, để gửi lại: warehouse/returned/<kỳ>/<đơn vị>/.\n\n"
                "The senders' own workbooks with the wrong cells marked, to be sent back.",
)  # fmt: skip
def returned(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    warehouse: Warehouse = context.resources.warehouse
    with explained(), warehouse.measured("returned"):
        done = returning.write_all(warehouse.settings, warehouse.connection)
    if done.failed:
        warehouse.done.discard("returned")
    for file, detail in done.failed:
        context.log.error("%s: %s", as_one_line(mask_personal(file)), conceal(detail))
    listed = [(file, path.relative_to(warehouse.settings.warehouse)) for file, path in sorted(done.paths.items())]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(done.paths), "Tệp ghi mới": done.written, "Tệp không ghi được": len(done.failed),
            "Thư mục": dg.MetadataValue.path(str(warehouse.settings.returned)),
            "Các tệp": dg.MetadataValue.md(as_markdown(("Tệp nhận được", "Tệp gửi lại"), listed[:60])),
        }
    )  # fmt: skip
