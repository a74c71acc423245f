-- vi: HTX, THT: tổ chức nào được tính vào chỉ tiêu nào
-- en: Co-operatives: which one counts for which indicator
-- grain: chỉ tiêu, kỳ, huyện, xã, phân tổ; cái chỉ được tính một lần: từng dòng | indicator, period, district, place and breakdowns; each row of what counts once
-- column indicator_code: Mã chỉ tiêu | Indicator
-- column period: Kỳ | Period
-- column as_of: Thời điểm; trống: cuối kỳ | As of; NULL: the end of the period
-- column district_code: Huyện, thành phố | District
-- column place: Xã, phường mới (steps.places) | Commune of after July 2025 (steps.places)
-- column splits: Các cách phân tổ | Breakdowns and this row's value in each
-- column item: Cái chỉ được tính một lần; trống: dòng nào cũng tính | What counts once; NULL: every row counts
-- column amount: Lượng | Amount
-- column divisor: Mẫu số của tỷ lệ, bình quân | Divisor of a ratio or mean
-- column records: Số dòng của core | Rows of core behind it
with
-- Of many districts these are millions of rows: read twice they cost less than kept.
reported as not materialized (
    select
        sources.period, sources.time_window, sources.starts_on, sources.ends_on, sources.source_ends_on as as_of,
        coalesce(reports.district_code, sources.reporter_district, cooperatives.district_code) as district_code,
        coalesce(cooperatives.place, places.place, sources.reporter_place) as place,
        coalesce(reports.cooperative_id, lower(trim(reports.name))) as owner,
        coalesce(reports.kind, cooperatives.kind) as kind, reports.status, reports.rating,
        coalesce(reports.established_on, cooperatives.established_on) as established_on,
        reports.members, reports.female_members, reports.workers, reports.charter_capital_vnd,
        reports.revenue_vnd, reports.profit_vnd, reports.worker_income_vnd_month
    from core.cooperative_reports as reports
    inner join steps.sources as sources
        on
            sources.form = 'cooperative_reports'
            and sources.time_window in ('stock', 'period')
            and reports.period = sources.source_period
            and reports.reporter_code = sources.reporter_code
    left join steps.owners as cooperatives on reports.cooperative_id = cooperatives.cooperative_id
    left join steps.places as places
        on
            reports.commune_code = places.area_code
            and sources.source_ends_on between places.valid_from and places.valid_to
),
-- Whoever is listed once in a period, as most are, need not be looked for again: these are added up right away.
repeated as (
    select period, owner
    from reported
    where time_window = 'stock'
    group by period, owner
    having count(*) > 1
),
listed as (
    select
        reported.period, reported.as_of, reported.district_code, reported.place, reported.kind, reported.status,
        reported.rating, reported.members, reported.female_members, reported.workers, reported.charter_capital_vnd,
        reported.worker_income_vnd_month,
        -- A list without a state lists what works.
        coalesce(reported.status, 'operating') in ('operating', 'new') as is_operating,
        coalesce(reported.status = 'new', false)
        or coalesce(reported.established_on between reported.starts_on and reported.ends_on, false) as is_new,
        repeated.owner as item,
        case when repeated.owner is not null then row_number() over () end as line
    from reported
    left join repeated on reported.period = repeated.period and reported.owner = repeated.owner
    where reported.time_window = 'stock'
),
alike as (
    select
        period, as_of, district_code, place, kind, status, rating, is_operating, is_new, item, line,
        status is distinct from 'dissolved' as is_alive,
        -- Means are those of co-operatives proper (HTX) that work and state the figure.
        is_operating and coalesce(kind = 'HTX', false) as is_working,
        map {'kind': kind} as splits,
        count(*) as coops,
        cast(sum(members) as decimal(24, 6)) as members, count(members) as with_members,
        cast(sum(female_members) as decimal(24, 6)) as female_members, count(female_members) as with_female_members,
        cast(sum(female_members) filter (where members is not null) as decimal(24, 6)) as female_among,
        cast(sum(members) filter (where female_members is not null) as decimal(24, 6)) as members_among,
        count(*) filter (where members is not null and female_members is not null) as with_both,
        cast(sum(workers) as decimal(24, 6)) as workers, count(workers) as with_workers,
        cast(sum(charter_capital_vnd) as decimal(24, 6)) as charter_capital_vnd,
        count(charter_capital_vnd) as with_charter_capital,
        cast(sum(worker_income_vnd_month) as decimal(24, 6)) as worker_income_vnd_month,
        count(worker_income_vnd_month) as with_worker_income
    from listed
    group by period, as_of, district_code, place, kind, status, rating, is_operating, is_new, item, line
),
-- What they earned in the period, also where it comes in quarters.
earned as (
    select
        period, district_code, owner, max(place) as place,
        sum(revenue_vnd) as revenue_vnd, sum(profit_vnd) as profit_vnd
    from reported
    where time_window = 'period' and kind = 'HTX' and coalesce(status, 'operating') in ('operating', 'new')
    group by period, district_code, owner
),
spread as (
    select period, owner
    from earned
    group by period, owner
    having count(*) > 1
),
earnings as (
    select
        earned.period, earned.district_code, earned.place, spread.owner as item,
        sum(earned.revenue_vnd) as revenue_vnd, count(earned.revenue_vnd) as with_revenue,
        sum(earned.profit_vnd) as profit_vnd, count(earned.profit_vnd) as with_profit
    from earned
    left join spread on earned.period = spread.period and earned.owner = spread.owner
    group by earned.period, earned.district_code, earned.place, spread.owner
),
counted as (
    select
        'cooperatives.total' as indicator_code, period, as_of, district_code, place,
        map {'kind': kind, 'status': status, 'rating': rating} as splits, item, coops as amount, null as divisor,
        coops as records
    from alike
    where is_alive
    union all
    select 'cooperatives.operating', period, as_of, district_code, place, splits, item, coops, null, coops
    from alike
    where is_alive and is_operating
    union all
    select 'cooperatives.suspended', period, as_of, district_code, place, splits, item, coops, null, coops
    from alike
    where status = 'suspended'
    union all
    select 'cooperatives.awaiting_dissolution', period, as_of, district_code, place, splits, item, coops, null, coops
    from alike
    where status = 'awaiting_dissolution'
    union all
    select 'cooperatives.dissolved', period, as_of, district_code, place, splits, item, coops, null, coops
    from alike
    where status = 'dissolved'
    union all
    select 'cooperatives.new', period, as_of, district_code, place, splits, item, coops, null, coops
    from alike
    where is_alive and is_new
    union all
    select
        'cooperatives.members', period, as_of, district_code, place, splits, item, members, null, with_members
    from alike
    where is_alive
    union all
    select
        'cooperatives.female_members', period, as_of, district_code, place, splits, item, female_members, null,
        with_female_members
    from alike
    where is_alive
    union all
    select
        'cooperatives.female_member_ratio', period, as_of, district_code, place, splits, item, female_among,
        members_among, with_both
    from alike
    where is_alive
    union all
    select 'cooperatives.workers', period, as_of, district_code, place, splits, item, workers, null, with_workers
    from alike
    where is_alive
    union all
    select
        'cooperatives.revenue_vnd', period, null, district_code, place, null, item, revenue_vnd, with_revenue,
        with_revenue
    from earnings
    union all
    select
        'cooperatives.profit_vnd', period, null, district_code, place, null, item, profit_vnd, with_profit, with_profit
    from earnings
    union all
    select
        'cooperatives.worker_income_vnd_month', period, as_of, district_code, place, null, item,
        worker_income_vnd_month, with_worker_income, with_worker_income
    from alike
    where is_working
    union all
    select
        'cooperatives.charter_capital_vnd', period, as_of, district_code, place, null, item, charter_capital_vnd,
        with_charter_capital, with_charter_capital
    from alike
    where is_working
    union all
    select
        'cooperatives.members_per_coop', period, as_of, district_code, place, null, item, members, with_members,
        with_members
    from alike
    where is_working
)
select
    indicator_code,
    period,
    cast(as_of as date) as as_of,
    district_code,
    place,
    cast(splits as map(varchar, varchar)) as splits,
    cast(item as varchar) as item,
    cast(amount as decimal(24, 6)) as amount,
    cast(divisor as decimal(24, 6)) as divisor,
    cast(records as bigint) as records
from counted
where amount is not null
