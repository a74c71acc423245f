-- vi: Kết cấu hạ tầng: công trình nào được tính vào chỉ tiêu nào
-- en: Infrastructure: which work counts for which indicator
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
        sources.period, sources.source_starts_on, sources.source_ends_on,
        coalesce(works.district_code, sources.reporter_district, cooperatives.district_code) as district_code,
        coalesce(cooperatives.place, places.place, sources.reporter_place) as place,
        coalesce(works.cooperative_id, lower(trim(works.coop_name))) as owner,
        lower(regexp_replace(nfc_normalize(works.work), '\s+', '', 'g')) as work,
        works.kind, works.floor_area_m2, works.served_area_ha, works.amount_vnd,
        works.reporter_code, works.submission_id, works.sheet, works.row_number
    from core.infrastructure as works
    inner join steps.sources as sources
        on
            sources.form = 'infrastructure'
            and sources.time_window = 'cumulative'
            and works.period = sources.source_period
            and works.reporter_code = sources.reporter_code
    left join steps.owners as cooperatives on works.cooperative_id = cooperatives.cooperative_id
    left join steps.places as places
        on
            works.commune_code = places.area_code
            and sources.source_ends_on between places.valid_from and places.valid_to
),
-- A work that several reports list counts once, as the latest of them has it.
supported as (
    select
        period, district_code, place, owner, kind, floor_area_m2, served_area_ha, amount_vnd,
        map {'kind': kind} as splits
    from reported
    qualify
        row_number() over (
            partition by period, owner, work
            order by source_ends_on desc, source_starts_on, reporter_code, submission_id, sheet, row_number
        ) = 1
),
counted as (
    select 'infrastructure.coops' as indicator_code, period, district_code, place, splits, owner as item, 1 as amount
    from supported
    union all
    select 'infrastructure.works', period, district_code, place, splits, null, 1 from supported
    union all
    -- Floors are those of buildings, fields those of irrigation and power; a work of unstated kind is what it measures.
    select 'infrastructure.floor_area_m2', period, district_code, place, null, null, floor_area_m2
    from supported
    where coalesce(kind, 'building') = 'building'
    union all
    select 'infrastructure.served_area_ha', period, district_code, place, splits, null, served_area_ha
    from supported
    where coalesce(kind, 'irrigation') in ('irrigation', 'power')
    union all
    select 'infrastructure.amount_vnd', period, district_code, place, splits, null, amount_vnd from supported
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
