-- vi: Chứng nhận: giấy nào được tính vào chỉ tiêu nào
-- en: Certificates: which one counts for which indicator
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
in_force as (
    select
        period, district_code, place, owner, owner_kind, scheme, owner || '|' || product as field, area_ha, stars,
        owner_kind, nullif(product, '') as product, map {'scheme': scheme} as splits
    from steps.certificates
    where is_in_force
),
-- What the province calls certified: food safety and VietGAP.
certified as (
    select
        period, district_code, place, owner, field, area_ha,
        map {'scheme': scheme, 'kind': owner_kind} as splits,
        map {'scheme': scheme, 'product': product} as area_splits
    from in_force
    where scheme in ('food_safety', 'VietGAP')
),
newly_safe as (
    select period, district_code, place, owner, owner || '|' || product as field, area_ha
    from steps.certificates
    where is_new and scheme = 'food_safety'
),
counted as (
    select
        'certifications.certified_coops' as indicator_code, period, district_code, place, splits, owner as item,
        1 as amount
    from certified
    union all
    -- The land of one owner under one product counts once, with the largest area that a certificate states for it.
    select 'certifications.certified_area_ha', period, district_code, place, area_splits, field, area_ha from certified
    union all
    select 'certifications.food_safety_coops_new', period, district_code, place, null, owner, 1 from newly_safe
    union all
    select 'certifications.food_safety_area_ha_new', period, district_code, place, null, field, area_ha from newly_safe
    union all
    select 'certifications.coops', period, district_code, place, splits, owner, 1 from in_force
    union all
    select 'certifications.certificates', period, district_code, place, splits, null, 1 from in_force
    union all
    -- HACCP and ISO 22000 certify workshops and OCOP products: their areas are no fields.
    select 'certifications.area_ha', period, district_code, place, splits, field, area_ha
    from in_force
    where scheme not in ('HACCP', 'ISO22000', 'OCOP')
    union all
    select
        'certifications.ocop_products', period, district_code, place, map {'stars': cast(stars as varchar)}, field, 1
    from in_force
    where scheme = 'OCOP'
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
