"""The one Definitions object: what `dagster dev`, `coop ui` and `coop run` load."""

import dagster as dg

from coop_pipeline.defs.assets import facts, marts, returned, submissions
from coop_pipeline.defs.releases import published, release_job, roll_back_job
from coop_pipeline.defs.reports import charts
from coop_pipeline.defs.warehouse import warehouse_resource

coop_job = dg.define_asset_job(
    "coop",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="Nhận tệp, chuẩn hóa, tính chỉ tiêu, kiểm tra, công bố.\n\nTake in, normalise, compute, audit, publish.",
)

defs = dg.Definitions(
    assets=[submissions, facts, marts, published, returned, charts],
    jobs=[coop_job, release_job, roll_back_job],
    resources={"warehouse": warehouse_resource},
    executor=dg.in_process_executor,
)
