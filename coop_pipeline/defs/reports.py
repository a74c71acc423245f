"""The charts: as files, and in the metadata of the marts that they show."""

from typing import Any

import dagster as dg
from pydantic import Field

from coop_pipeline.defs.failures import explained
from coop_pipeline.defs.warehouse import Warehouse
from coop_pipeline.outputs.charts import THEMES, Written, images_by_mart, write_charts
from coop_pipeline.stages import UserMistake

CHARTS = dg.AssetKey(["outputs", "charts"])


class ChartsConfig(dg.Config):
    """Which periods are drawn."""

    periods: list[str] = Field(
        default=[],
        description="Các kỳ cần vẽ thêm, ví dụ 2020; để trống: năm mới nhất đã có từ nửa số biểu trở lên. "
        "(Further periods to draw; empty: the latest year for which at least half of the forms came.)",
    )


def _write(warehouse: Warehouse, periods: list[str]) -> Written:
    try:
        return write_charts(warehouse.settings.warehouse / "charts", warehouse.connection, periods)
    except LookupError as lost:
        raise UserMistake(f"Kỳ {lost} chưa có số liệu. (There are no figures for this period.)") from lost


def draw_marts(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dict[str, str]:
    """The picture of each mart that has one, as Markdown. Figures do not wait for a picture that cannot be drawn: it is only said."""
    try:
        return images_by_mart(_write(warehouse, []))
    except Exception:
        context.log.exception("Không vẽ được biểu đồ; số liệu không bị ảnh hưởng. (The charts could not be drawn.)")
        return {}


@dg.asset(
    key=CHARTS, group_name="outputs", kinds={"python"}, owners=["team:du-lieu-tinh"], required_resource_keys={"warehouse"},
    deps=[dg.AssetKey(["mart", name]) for name in sorted({"indicators", "completeness_by_reporter", *(theme.mart for theme in THEMES)})],
    description="Biểu đồ theo chủ đề (SVG, PNG) để xem, in hoặc chèn vào văn bản: warehouse/charts/<kỳ>/; chỉ vẽ lại hình nào đã đổi số liệu.\n\n"
                "Charts by theme as files; only those whose figures changed are drawn anew.",
)  # fmt: skip
def charts(context: dg.AssetExecutionContext, config: ChartsConfig) -> dg.MaterializeResult[Any]:
    warehouse: Warehouse = context.resources.warehouse
    with explained():
        done = _write(warehouse, config.periods)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(done.paths), "drawn": done.drawn, "period": done.period.code if done.period else "",
            "folder": dg.MetadataValue.path(str(warehouse.settings.warehouse / "charts")),
            "files": dg.MetadataValue.md(
                "\n".join(f"- {theme.title} (mart.{theme.mart}): `{done.paths[theme.name]}`" for theme in THEMES if theme.name in done.paths)
            ),
        }
    )  # fmt: skip
