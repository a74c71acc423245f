"""The charts as files, and the province's report."""

from collections.abc import Iterator
from enum import Enum
from typing import Any

import dagster as dg
from pydantic import Field

from coop_pipeline.defs.failures import explained
from coop_pipeline.defs.keys import CHARTS, OWNERS, PUBLISHED, REPORT
from coop_pipeline.defs.warehouse import Warehouse
from coop_pipeline.mistakes import UserMistake
from coop_pipeline.outputs.charts import THEMES, renew_charts
from coop_pipeline.outputs.rendering import write_reports
from coop_pipeline.outputs.report import FORMATS


class ChartsConfig(dg.Config):
    """Which periods are drawn."""

    periods: list[str] = Field(
        default=[],
        description="Các kỳ cần vẽ thêm, ví dụ 2020; để trống: năm mới nhất đã có từ nửa số biểu trở lên. "
        "(Further periods to draw; empty: the latest year for which at least half of the forms came.)",
    )


@dg.asset(
    key=CHARTS, group_name="outputs", kinds={"python"}, owners=OWNERS, required_resource_keys={"warehouse"},
    deps=[PUBLISHED],
    description="Biểu đồ theo chủ đề (SVG, PNG) của bản đang công bố, để xem, in hoặc chèn vào văn bản: warehouse/charts/<kỳ>/; chỉ vẽ lại hình nào "
                "đã đổi số liệu.\n\n"
                "Charts by theme as files, from the published file; only those whose figures changed are drawn anew.",
)  # fmt: skip
def charts(context: dg.AssetExecutionContext, config: ChartsConfig) -> dg.MaterializeResult[Any]:
    warehouse: Warehouse = context.resources.warehouse
    with explained(), warehouse.measured("charts"):
        try:
            done = renew_charts(warehouse.settings, config.periods)
        except LookupError as lost:
            raise UserMistake(f"Kỳ {lost} chưa có số liệu. (There are no figures for this period.)") from None
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(done.paths), "Hình vẽ mới": done.drawn, "Kỳ": done.period.code if done.period else "",
            "Thư mục": dg.MetadataValue.path(str(warehouse.settings.charts)),
            "Các hình": dg.MetadataValue.md(
                "\n".join(f"- {theme.title} (mart.{theme.mart}): `{done.paths[theme.name]}`" for theme in THEMES if theme.name in done.paths)
            ),
        }
    )  # fmt: skip


class Format(Enum):
    docx = "docx"
    html = "html"
    xlsx = "xlsx"


class ReportConfig(dg.Config):
    """Which report is written."""

    period: str = Field(
        default="",
        description="Kỳ báo cáo, ví dụ 2021, 2021-Q4; để trống: năm mới nhất đã có từ nửa số biểu trở lên. "
        "(The period; empty: the latest year for which at least half of the forms came.)",
    )
    formats: list[Format] = Field(
        default=[],
        description="Dạng tệp: docx (Word), html (xem, in), xlsx (bảng số liệu); để trống: cả ba. (Formats; empty: all three.)",
    )


@dg.asset(
    key=REPORT, group_name="outputs", kinds={"python"}, owners=OWNERS, required_resource_keys={"warehouse"},
    deps=[PUBLISHED],
    check_specs=[
        dg.AssetCheckSpec(
            "report_template_works", asset=REPORT,
            description="Mẫu báo cáo của cơ quan (data/templates/report.docx) dùng được.\n\nThe office's template of the report is sound.",
        )
    ],
    description="Báo cáo của tỉnh từ tệp đã công bố, dạng Word, HTML và Excel: warehouse/reports/; chỉ viết lại khi số liệu hoặc mẫu đã đổi.\n\n"
                "The province's report from the published file; written anew only where figures or template changed.",
)  # fmt: skip
def report(context: dg.AssetExecutionContext, config: ReportConfig) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    warehouse: Warehouse = context.resources.warehouse
    with explained(), warehouse.measured("report"):
        done = write_reports(warehouse.settings, config.period, [one.value for one in config.formats] or FORMATS)
    if config.period or config.formats or done.problems:  # what a run of the whole job writes may be an older one
        warehouse.done.discard("report")
    yield dg.MaterializeResult(
        asset_key=REPORT,
        metadata={
            "dagster/row_count": len(done.paths), "Kỳ": done.period, "Tệp ghi mới": done.written,
            "Thư mục": dg.MetadataValue.path(str(warehouse.settings.reports)),
            "Các tệp": dg.MetadataValue.md("\n".join(f"- `{path}`" for path in done.paths.values())),
            "Trang đầu": dg.MetadataValue.md(done.preview),
        },
    )  # fmt: skip
    yield dg.AssetCheckResult(
        asset_key=REPORT, check_name="report_template_works", passed=not done.problems, severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(done.problems) or "Mẫu báo cáo dùng được.",
    )  # fmt: skip
