"""The published marts for those who open no database: Parquet and one workbook."""

from typing import Any

import dagster as dg

from coop_pipeline.defs.assets import OWNERS, PUBLISHED
from coop_pipeline.defs.failures import explained
from coop_pipeline.defs.warehouse import Warehouse
from coop_pipeline.outputs.exports import WORKBOOK, write_exports


@dg.asset(
    key=dg.AssetKey(["outputs", "exports"]), group_name="outputs", kinds={"parquet", "excel"}, owners=OWNERS, deps=[PUBLISHED],
    required_resource_keys={"warehouse"},
    description="Các bảng chỉ tiêu đã công bố, dưới dạng Parquet và một tệp Excel: warehouse/export/. Cả bộ được thay trong một bước, "
                "chỉ khi tệp công bố đã thay đổi.\n\n"
                "The published marts as Parquet and as one workbook; the set is replaced at once, and only when another file was published.",
)  # fmt: skip
def exports(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    warehouse: Warehouse = context.resources.warehouse
    with explained():
        done = write_exports(warehouse.settings)
    link = warehouse.settings.export
    metadata: dict[str, Any] = {"changed": done is not None and done.written}
    if done is not None:
        metadata |= {
            "dagster/row_count": sum(done.tables.values()), "tables": len(done.tables),
            "folder": dg.MetadataValue.path(str(link / "parquet")), "workbook": dg.MetadataValue.path(str(link / WORKBOOK)),
        }  # fmt: skip
    return dg.MaterializeResult(metadata=metadata)
