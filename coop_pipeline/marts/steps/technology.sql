-- vi: Chuyển giao công nghệ: dòng nào được tính vào chỉ tiêu nào
-- en: Technology transfers: which row counts for which indicator
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
handed_over as (
    select
        sources.period, sources.time_window,
        coalesce(transfers.district_code, sources.reporter_district, cooperatives.district_code) as district_code,
        coalesce(cooperatives.place, places.place, sources.reporter_place) as place,
        coalesce(transfers.processes, 1) as processes,
        coalesce(transfers.cooperative_id, lower(trim(transfers.coop_name))) as owner
    from core.technology_transfers as transfers
    inner join steps.sources as sources
        on
            sources.form = 'technology_transfers'
            and transfers.period = sources.source_period
            and transfers.reporter_code = sources.reporter_code
    left join steps.owners as cooperatives on transfers.cooperative_id = cooperatives.cooperative_id
    left join steps.places as places
        on
            transfers.commune_code = places.area_code
            and sources.source_ends_on between places.valid_from and places.valid_to
),
counted as (
    -- The same process handed to two co-operatives is two: rows are flows, and a row without a number is one process.
    select 'technology.processes' as indicator_code, period, district_code, place, null as item, processes as amount
    from handed_over
    where time_window = 'cumulative'
    union all
    select 'technology.processes_new', period, district_code, place, null, processes
    from handed_over
    where time_window = 'period'
    union all
    select 'technology.coops', period, district_code, place, owner, 1
    from handed_over
    where time_window = 'cumulative' and owner is not null
)
select
    indicator_code,
    period,
    cast(null as date) as as_of,
    district_code,
    place,
    cast(null as map(varchar, varchar)) as splits,
    cast(item as varchar) as item,
    cast(case when item is null then sum(amount) else max(amount) end as decimal(24, 6)) as amount,
    cast(null as decimal(24, 6)) as divisor,
    cast(count(*) as bigint) as records
from counted
where amount is not null
group by indicator_code, period, district_code, place, item
