"""The charts, as files and in the metadata of the marts that they show; and the province's report."""

from collections.abc import Callable, Iterator
from enum import Enum
from functools import cached_property
from typing import Any, TypeVar

import dagster as dg
from pydantic import Field

from coop_pipeline.defs.failures import explained, redact
from coop_pipeline.defs.keys import CHARTS, OWNERS, PUBLISHED, REPORT
from coop_pipeline.defs.warehouse import Warehouse
from coop_pipeline.mistakes import UserMistake
from coop_pipeline.outputs.charts import THEMES, as_image, read_latest, renew_charts
from coop_pipeline.outputs.rendering import write_reports
from coop_pipeline.outputs.report import FORMATS

T = TypeVar("T")
PICTURED = {theme.mart for theme in THEMES}


class ChartsConfig(dg.Config):
    """Which periods are drawn."""

    periods: list[str] = Field(
        default=[],
        description="Các kỳ cần vẽ thêm, ví dụ 2020; để trống: năm mới nhất đã có từ nửa số biểu trở lên. "
        "(Further periods to draw; empty: the latest year for which at least half of the forms came.)",
    )


class MartPictures:
    """The picture of each mart that has one, as Markdown, drawn while the run goes on. Figures do not wait for one that cannot be drawn: it is only said."""

    def __init__(self, context: dg.AssetExecutionContext, warehouse: Warehouse) -> None:
        self._context, self._warehouse = context, warehouse
        self._drawing = warehouse.drawing
        self._is_broken = False

    def __enter__(self) -> "MartPictures":
        self._drawing.prepare()
        return self

    def __exit__(self, *_: object) -> None:
        self._drawing.close()

    def begin(self) -> None:
        """Once the marts are made."""
        self._try(lambda: self._drawing.begin(*read_latest(self._warehouse.connection)))

    def show(self, mart: str) -> str:
        """Empty for a mart without a picture. The first that has one waits for all: ask for these last."""
        return self._shown.get(mart, "") if mart in PICTURED else ""

    @cached_property
    def _shown(self) -> dict[str, str]:
        said = "Vẽ theo số liệu lần chạy này vừa tính. Biểu đồ của bản đang công bố: warehouse/charts. (As computed by this run.)"
        return {chart.picture.mart: f"{as_image(chart)}\n\n{said}" for chart in self._try(self._drawing.finish) or ()}

    def _try(self, step: Callable[[], T]) -> T | None:
        if self._is_broken:
            return None
        try:
            return step()
        except Exception as problem:
            self._is_broken = True
            self._context.log.error(
                "Không vẽ được biểu đồ; số liệu không bị ảnh hưởng. (The charts could not be drawn.)", exc_info=redact(problem)
            )
            return None


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
