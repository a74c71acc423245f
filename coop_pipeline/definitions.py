"""The one Definitions object: what `dagster dev`, `coop ui` and `coop run` load."""

import dagster as dg

from coop_pipeline.defs.arrivals import arrivals_sensor, nightly_rebuild
from coop_pipeline.defs.assets import facts, marts, returned, submissions
from coop_pipeline.defs.exports import exports
from coop_pipeline.defs.intake import arrivals
from coop_pipeline.defs.releases import published, release_job, roll_back_job
from coop_pipeline.defs.reports import charts, report
from coop_pipeline.defs.warehouse import DEFAULTS, RESOURCES

coop_job = dg.define_asset_job(
    "coop",
    # The board has partitions; the job fills it for everything that changed.
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(submissions),
    # What the launchpad shows to be filled in.
    config={"ops": {"published": {"config": {"choice": "publish"}}}, "resources": {"warehouse": {"config": DEFAULTS}}},
    executor_def=dg.in_process_executor,
    description="Nhận mọi tệp mới và đã sửa, chuẩn hóa, tính chỉ tiêu, kiểm tra, công bố.\n\n"
    "Take in whatever is new or changed, normalise, compute, audit, publish.",
)

defs = dg.Definitions(
    assets=[arrivals, submissions, facts, marts, published, returned, charts, report, exports],
    jobs=[coop_job, release_job, roll_back_job],
    sensors=[arrivals_sensor],
    schedules=[nightly_rebuild],
    resources=RESOURCES,
    executor=dg.in_process_executor,
)
