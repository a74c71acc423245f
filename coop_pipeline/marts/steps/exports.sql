-- vi: Xuất khẩu: dòng nào được tính vào chỉ tiêu nào
-- en: Exports: which row counts for which indicator
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
shipped as (
    select
        sources.period, sources.time_window,
        coalesce(exports.district_code, sources.reporter_district, cooperatives.district_code) as district_code,
        coalesce(cooperatives.place, places.place, sources.reporter_place) as place,
        exports.channel, exports.quantity_t, exports.value_vnd,
        coalesce(exports.cooperative_id, lower(trim(exports.coop_name))) as owner,
        -- Product and market are two breakdowns and are never crossed: the province publishes neither by the other.
        map {'product': products.product, 'market': exports.market, 'channel': exports.channel} as splits
    from core.exports as exports
    inner join steps.sources as sources
        on
            sources.form = 'exports'
            and exports.period = sources.source_period
            and exports.reporter_code = sources.reporter_code
    left join steps.owners as cooperatives on exports.cooperative_id = cooperatives.cooperative_id
    left join steps.places as places
        on
            exports.commune_code = places.area_code
            and sources.source_ends_on between places.valid_from and places.valid_to
    left join steps.products as products on exports.product = products.spelling
),
counted as (
    -- Border trade, and trade whose channel nobody states, is not official.
    select
        'exports.official_quantity_t' as indicator_code, period, district_code, place,
        map {'product': splits['product'], 'market': splits['market']} as splits,
        null as item, quantity_t as amount
    from shipped
    where time_window = 'cumulative' and channel = 'official'
    union all
    select 'exports.quantity_t', period, district_code, place, splits, null, quantity_t
    from shipped
    where time_window = 'period'
    union all
    select 'exports.value_vnd', period, district_code, place, splits, null, value_vnd
    from shipped
    where time_window = 'period'
    union all
    select 'exports.coops', period, district_code, place, splits, owner, 1
    from shipped
    where time_window = 'period' and owner is not null
)
select
    indicator_code,
    period,
    cast(null as date) as as_of,
    district_code,
    place,
    cast(splits as map(varchar, varchar)) as splits,
    cast(item as varchar) as item,
    cast(case when item is null then sum(amount) else max(amount) end as decimal(24, 6)) as amount,
    cast(null as decimal(24, 6)) as divisor,
    cast(count(*) as bigint) as records
from counted
where amount is not null
group by indicator_code, period, district_code, place, splits, item
