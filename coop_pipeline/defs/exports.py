"""The published marts for those who open no database: Parquet and one workbook."""

from typing import Any

import dagster as dg

from coop_pipeline.defs.failures import explained
from coop_pipeline.defs.keys import EXPORTS, OWNERS, PUBLISHED
from coop_pipeline.defs.warehouse import Warehouse
from coop_pipeline.outputs.exports import WORKBOOK


@dg.asset(
    key=EXPORTS, group_name="outputs", kinds={"parquet", "excel"}, owners=OWNERS, deps=[PUBLISHED],
    required_resource_keys={"warehouse"},
    op_tags={"dagster/priority": "-1"},  # last of what is made from the published file: a child process works at it meanwhile
    description="Các bảng chỉ tiêu đã công bố, dưới dạng Parquet và một tệp Excel: warehouse/export/. Cả bộ được thay trong một bước, "
                "chỉ khi tệp công bố đã thay đổi.\n\n"
                "The published marts as Parquet and as one workbook; the set is replaced at once, and only when another file was published.",
)  # fmt: skip
def exports(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    warehouse: Warehouse = context.resources.warehouse
    with explained(), warehouse.measured("exports"), warehouse.exporting as exporting:
        done = exporting.finish()
    link = warehouse.settings.export
    metadata: dict[str, Any] = {"Kết quả": "Đã ghi bộ mới" if done is not None and done.written else "Không có gì mới: bộ cũ giữ nguyên"}
    if done is not None:
        metadata |= {
            "dagster/row_count": sum(done.tables.values()), "Số bảng": len(done.tables),
            "Thư mục Parquet": dg.MetadataValue.path(str(link / "parquet")), "Tệp Excel": dg.MetadataValue.path(str(link / WORKBOOK)),
        }  # fmt: skip
    return dg.MaterializeResult(metadata=metadata)
