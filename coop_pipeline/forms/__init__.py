"""What is submitted: every form declared once, with its code lists and kinds of issue. Imports nothing else of the project."""

from __future__ import annotations

from coop_pipeline.forms import (
    certifications,
    cooperative_reports,
    credit_totals,
    demonstration_models,
    exports,
    growing_areas,
    infrastructure,
    loans,
    packing_facilities,
    technology_transfers,
    trace_stamps,
    trade_promotions,
    training,
)
from coop_pipeline.forms.spec import Form

FORMS: dict[str, Form] = {
    module.FORM.name: module.FORM
    for module in (
        cooperative_reports,
        loans,
        credit_totals,
        certifications,
        exports,
        training,
        technology_transfers,
        demonstration_models,
        growing_areas,
        packing_facilities,
        trace_stamps,
        infrastructure,
        trade_promotions,
    )
}
