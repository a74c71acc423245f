-- vi: HTX, THT: tổ chức nào được tính vào chỉ tiêu nào
-- en: Co-operatives: which one counts for which indicator
-- grain: một dòng số liệu và chỉ tiêu | row and indicator
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
reported as (
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
-- Whoever is listed once in a period need not be looked for again.
listed as (
    select
        period, as_of, district_code, place, kind, status, rating,
        members, female_members, workers, charter_capital_vnd, worker_income_vnd_month,
        -- A list without a state lists what works.
        coalesce(status, 'operating') in ('operating', 'new') as is_operating,
        coalesce(status = 'new', false) or coalesce(established_on between starts_on and ends_on, false) as is_new,
        map {'kind': kind} as splits,
        case when count(*) over (partition by period, owner) > 1 then owner end as item
    from reported
    where time_window = 'stock'
),
alive as (
    select
        period, as_of, district_code, place, item, kind, status, rating, members, female_members, workers,
        is_operating,
        is_new, splits
    from listed
    where status is distinct from 'dissolved'
),
-- Means are those of co-operatives proper (HTX) that work and state the figure.
working as (
    select period, as_of, district_code, place, item, members, charter_capital_vnd, worker_income_vnd_month
    from listed
    where is_operating and kind = 'HTX'
),
-- What they earned in the period, also where it comes in quarters.
earned as (
    select
        period, district_code, max(place) as place, sum(revenue_vnd) as revenue_vnd, sum(profit_vnd) as profit_vnd,
        case when count(*) over (partition by period, owner) > 1 then owner end as item
    from reported
    where time_window = 'period' and kind = 'HTX' and coalesce(status, 'operating') in ('operating', 'new')
    group by period, district_code, owner
),
counted as (
    select
        'cooperatives.total' as indicator_code, period, as_of, district_code, place,
        map {'kind': kind, 'status': status, 'rating': rating} as splits, item, 1 as amount, null as divisor
    from alive
    union all
    select 'cooperatives.operating', period, as_of, district_code, place, splits, item, 1, null
    from alive
    where is_operating
    union all
    select 'cooperatives.suspended', period, as_of, district_code, place, splits, item, 1, null
    from alive
    where status = 'suspended'
    union all
    select 'cooperatives.awaiting_dissolution', period, as_of, district_code, place, splits, item, 1, null
    from alive
    where status = 'awaiting_dissolution'
    union all
    select 'cooperatives.dissolved', period, as_of, district_code, place, splits, item, 1, null
    from listed
    where status = 'dissolved'
    union all
    select 'cooperatives.new', period, as_of, district_code, place, splits, item, 1, null
    from alive
    where is_new
    union all
    select 'cooperatives.members', period, as_of, district_code, place, splits, item, members, null from alive
    union all
    select
        'cooperatives.female_members', period, as_of, district_code, place, splits, item, female_members, null
    from alive
    union all
    select
        'cooperatives.female_member_ratio', period, as_of, district_code, place, splits, item, female_members, members
    from alive
    where members is not null
    union all
    select 'cooperatives.workers', period, as_of, district_code, place, splits, item, workers, null from alive
    union all
    select 'cooperatives.revenue_vnd', period, null, district_code, place, null, item, revenue_vnd, 1 from earned
    union all
    select 'cooperatives.profit_vnd', period, null, district_code, place, null, item, profit_vnd, 1 from earned
    union all
    select
        'cooperatives.worker_income_vnd_month', period, as_of, district_code, place, null, item,
        worker_income_vnd_month, 1
    from working
    union all
    select 'cooperatives.charter_capital_vnd', period, as_of, district_code, place, null, item, charter_capital_vnd, 1
    from working
    union all
    select 'cooperatives.members_per_coop', period, as_of, district_code, place, null, item, members, 1 from working
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
    cast(1 as bigint) as records
from counted
where amount is not null
