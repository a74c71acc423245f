-- vi: Mô hình IPM, mô hình sản xuất: dòng nào được tính vào chỉ tiêu nào
-- en: Demonstration models: which row counts for which indicator
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
-- Rows are flows: each stands for as many models as it says.
shown as (
    select
        sources.period,
        coalesce(models.district_code, sources.reporter_district, cooperatives.district_code) as district_code,
        coalesce(cooperatives.place, places.place, sources.reporter_place) as place,
        models.kind, models.models, models.size_ha,
        map {'product': products.product} as splits
    from core.demonstration_models as models
    inner join steps.sources as sources
        on
            sources.form = 'demonstration_models'
            and sources.time_window = 'cumulative'
            and models.period = sources.source_period
            and models.reporter_code = sources.reporter_code
    left join steps.owners as cooperatives on models.cooperative_id = cooperatives.cooperative_id
    left join steps.places as places
        on
            models.commune_code = places.area_code
            and sources.source_ends_on between places.valid_from and places.valid_to
    left join steps.products as products on models.product = products.spelling
),
counted as (
    select 'models.ipm' as indicator_code, period, district_code, place, splits, null as item, models as amount
    from shown
    where kind = 'IPM'
    union all
    -- A size counts once: of the smallest and the largest it makes no difference.
    select 'models.ipm_size_min_ha', period, district_code, place, null, cast(size_ha as varchar), size_ha
    from shown
    where kind = 'IPM'
    union all
    select 'models.ipm_size_max_ha', period, district_code, place, null, cast(size_ha as varchar), size_ha
    from shown
    where kind = 'IPM'
    union all
    select 'models.production', period, district_code, place, splits, null, models
    from shown
    where kind = 'production'
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
