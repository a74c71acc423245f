-- vi: Xúc tiến thương mại: sự kiện nào được tính vào chỉ tiêu nào
-- en: Trade promotion: which event counts for which indicator
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
listed as (
    select
        sources.period, sources.reporter_district as district_code, sources.reporter_place as place,
        events.scope, cast(events.event_id as varchar) as item
    from steps.events as events
    inner join steps.sources as sources
        on
            sources.form = 'trade_promotions'
            and sources.time_window = 'cumulative'
            and events.period = sources.source_period
            and events.reporter_code = sources.reporter_code
),
counted as (
    -- In a district: the province's events that this district took part in, so that districts do not add up.
    select
        'promotion.provincial_events' as indicator_code, period, district_code, place, null as splits, item, 1 as amount
    from listed
    where scope = 'province'
    union all
    select 'promotion.events', period, district_code, place, map {'scope': scope}, item, 1 from listed
)
select
    indicator_code,
    period,
    cast(null as date) as as_of,
    district_code,
    place,
    cast(splits as map(varchar, varchar)) as splits,
    cast(item as varchar) as item,
    cast(amount as decimal(24, 6)) as amount,
    cast(null as decimal(24, 6)) as divisor,
    cast(1 as bigint) as records
from counted
where amount is not null
