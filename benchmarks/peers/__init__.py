"""The same job as others would do it: from the plain workbooks to the same tables and headline indicators. One module a peer.

Each is run as `python -m benchmarks.peers.<name> RAW TARGET` and writes a DuckDB file with `core.cooperative_reports`, `core.cooperatives`
and `mart.headlines`. They trust what they read: no issues, no account of rows, no spellings, one process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.country import COLUMNS, HEADERS
from coop_pipeline.forms.codes import codelist

FIELDS = dict(zip(HEADERS, (field.name for field in COLUMNS), strict=True))
CODES: dict[str, dict[str, str]] = {
    field.name: {entry.label_vi: entry.code for entry in codelist(field.codes)} for field in COLUMNS if field.codes is not None
}

# Means are those of the co-operatives proper, as in mart.indicators.
HEADLINES = """
with grouped as (
    select
        period, case when grouping(reporter_code) = 1 then '17' else reporter_code end as area_code,
        count(distinct cooperative_id)::double as total, count(distinct cooperative_id) filter (status in ('operating', 'new'))::double as operating,
        sum(members)::double as members, sum(female_members)::double as female_members, sum(workers)::double as workers,
        avg(revenue_vnd) filter (kind = 'HTX') as revenue_vnd, avg(profit_vnd) filter (kind = 'HTX') as profit_vnd,
        avg(worker_income_vnd_month) filter (kind = 'HTX') as worker_income_vnd_month,
        avg(charter_capital_vnd) filter (kind = 'HTX') as charter_capital_vnd, avg(members) filter (kind = 'HTX') as members_per_coop
    from core.cooperative_reports group by grouping sets ((period, reporter_code), (period))
)
select 'cooperatives.' || name as indicator_code, period, area_code, value from (unpivot grouped on columns(* exclude (period, area_code)))
order by all
"""
COOPERATIVES = """
select distinct on (cooperative_id) cooperative_id, name, kind, tax_code, registration_no, reporter_code as district_code, address, sector,
    products, established_on, status, rating
from core.cooperative_reports order by cooperative_id, period desc
"""


def list_workbooks(raw: Path) -> Iterator[tuple[Path, str, str]]:
    """Each workbook with its period and its reporter, by its folder and the first part of its name."""
    for path in sorted(raw.rglob("*.xlsx")):
        yield path, path.parent.name, path.stem.partition("_")[0]


def main(build: Callable[[Path, Path], None]) -> None:
    raw, target = Path(sys.argv[1]), Path(sys.argv[2])
    target.unlink(missing_ok=True)
    build(raw, target)
