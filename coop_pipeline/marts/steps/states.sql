-- vi: Vết của mọi thứ mà một nhóm chỉ tiêu của một kỳ được tính từ đó
-- en: A trace of all that a family of indicators is added up from for a period: where it is as it was, so are the sums
-- grain: nhóm chỉ tiêu, biểu, kỳ | family, form and period
-- column family: Nhóm chỉ tiêu: phần đầu của mã | Family of indicators: the first part of their codes
-- column form: Biểu (steps.sources); rỗng: không qua biểu | Form (steps.sources); empty: not by way of one
-- column period: Kỳ | Period
-- column state: Tổng các mã băm | Sum of hashes
--
-- What is made of the code alone (ref, the catalogue, steps.places) needs no trace.
with
-- What a report says, row by row, with what is known of the owner and the product that it names.
said as (
    select
        'certifications' as form, 'certifications' as family, told.reporter_code, told.period,
        hash(told, owners, products) as trace
    from core.certifications as told
    left join steps.owners as owners on told.cooperative_id = owners.cooperative_id
    left join steps.products as products on told.product = products.spelling
    union all
    select
        'cooperative_reports', 'cooperatives', told.reporter_code, told.period,
        hash(told, owners)
    from core.cooperative_reports as told
    left join steps.owners as owners on told.cooperative_id = owners.cooperative_id
    union all
    select
        'demonstration_models', 'models', told.reporter_code, told.period,
        hash(told, owners, products)
    from core.demonstration_models as told
    left join steps.owners as owners on told.cooperative_id = owners.cooperative_id
    left join steps.products as products on told.product = products.spelling
    union all
    select
        'exports', 'exports', told.reporter_code, told.period,
        hash(told, owners, products)
    from core.exports as told
    left join steps.owners as owners on told.cooperative_id = owners.cooperative_id
    left join steps.products as products on told.product = products.spelling
    union all
    select
        'growing_areas', 'growing_areas', told.reporter_code, told.period,
        hash(told, owners)
    from core.growing_areas as told
    left join steps.owners as owners on told.cooperative_id = owners.cooperative_id
    union all
    select
        'infrastructure', 'infrastructure', told.reporter_code, told.period,
        hash(told, owners)
    from core.infrastructure as told
    left join steps.owners as owners on told.cooperative_id = owners.cooperative_id
    union all
    select
        'loans', 'credit', told.reporter_code, told.period,
        hash(told, owners)
    from core.loans as told
    left join steps.owners as owners on told.cooperative_id = owners.cooperative_id
    union all
    select
        'packing_facilities', 'packing_facilities', told.reporter_code, told.period,
        hash(told, owners)
    from core.packing_facilities as told
    left join steps.owners as owners on told.cooperative_id = owners.cooperative_id
    union all
    select
        'technology_transfers', 'technology', told.reporter_code, told.period,
        hash(told, owners)
    from core.technology_transfers as told
    left join steps.owners as owners on told.cooperative_id = owners.cooperative_id
    union all
    select
        'trace_stamps', 'stamps', told.reporter_code, told.period,
        hash(told, owners, products)
    from core.trace_stamps as told
    left join steps.owners as owners on told.cooperative_id = owners.cooperative_id
    left join steps.products as products on told.product = products.spelling
    union all
    select
        'trade_promotions', 'promotion', told.reporter_code, told.period,
        hash(told)
    from steps.events as told
    union all
    select
        'training', 'training', told.reporter_code, told.period,
        hash(told)
    from core.training as told
),
reports as (
    select form, family, reporter_code, period as source_period, sum(trace) as trace
    from said
    group by form, family, reporter_code, period
),
traces as (
    select reports.family, sources.form, sources.period, hash(sources, reports.trace) as trace
    from steps.sources as sources
    inner join reports using (form, reporter_code, source_period)
    union all
    select 'credit', '', periods.period, hash(totals)
    from core.credit_totals as totals
    inner join steps.periods as periods on totals.as_of between periods.starts_on and periods.ends_on
    union all
    select 'data', '', periods.period, hash(submissions)
    from quality.submissions as submissions
    inner join ref.periods as told on submissions.period = told.period
    inner join steps.periods as periods on told.starts_on >= periods.starts_on and told.ends_on <= periods.ends_on
    union all
    select 'data', '', periods.period, hash(completeness)
    from quality.completeness as completeness
    inner join ref.periods as told on completeness.period = told.period
    inner join steps.periods as periods on told.starts_on >= periods.starts_on and told.ends_on <= periods.ends_on
)
select family, form, period, cast(sum(trace) as varchar) as state
from traces
group by family, form, period
