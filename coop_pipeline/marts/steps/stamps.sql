-- vi: Tem truy xuất nguồn gốc: dòng nào được tính vào chỉ tiêu nào
-- en: Traceability stamps: which row counts for which indicator
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
issued as (
    select
        sources.period,
        coalesce(stamps.district_code, sources.reporter_district, cooperatives.district_code) as district_code,
        coalesce(cooperatives.place, places.place, sources.reporter_place) as place,
        stamps.kind, stamps.quantity,
        coalesce(stamps.cooperative_id, lower(trim(stamps.recipient))) as owner,
        map {'product': products.product} as splits
    from core.trace_stamps as stamps
    inner join steps.sources as sources
        on
            sources.form = 'trace_stamps'
            and sources.time_window = 'cumulative'
            and stamps.period = sources.source_period
            and stamps.reporter_code = sources.reporter_code
    left join steps.owners as cooperatives on stamps.cooperative_id = cooperatives.cooperative_id
    left join steps.places as places
        on
            stamps.commune_code = places.area_code
            and sources.source_ends_on between places.valid_from and places.valid_to
    left join steps.products as products on stamps.product = products.spelling
),
counted as (
    select
        'stamps.linked_products' as indicator_code, period, district_code, place, splits, null as item,
        quantity as amount
    from issued
    where kind = 'paper'
    union all
    select 'stamps.electronic', period, district_code, place, splits, null, quantity
    from issued
    where kind = 'electronic'
    union all
    select 'stamps.recipients', period, district_code, place, map {'kind': kind}, owner, 1
    from issued
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
