-- vi: Chỉ tiêu theo xã, phường từ 01/07/2025, cho mọi kỳ; phần không gán được vào một xã mới đứng riêng
-- en: The indicators by the communes of after July 2025, for every period; what belongs to none of them for certain stands apart
-- grain: chỉ tiêu, kỳ, xã mới (hoặc xã cũ bị chia, hoặc phần không rõ xã của một huyện) | indicator, period and new commune (or split old commune, or what is in no known commune of a district)
-- column indicator_code: Mã chỉ tiêu (mart.indicator_catalogue) | Indicator (mart.indicator_catalogue)
-- column period: Kỳ (ref.periods) | Period (ref.periods)
-- column as_of: Thời điểm của số liệu | The day that the value speaks of
-- column place: Cách gán (assigned: xã mới; split: xã cũ bị chia cho nhiều xã mới, không phân bổ; unassigned: không rõ xã) | assigned: a new commune; split: an old commune that several share, not divided among them; unassigned: in no known commune
-- column new_commune_code: Mã xã, phường mới (ref.areas, valid_from 2025-07-01); trống: không gán được | New commune (ref.areas, valid_from 2025-07-01); NULL: not assignable
-- column old_commune_code: Mã xã cũ bị chia (ref.areas, valid_to 2025-06-30) | The old commune that was split (ref.areas, valid_to 2025-06-30)
-- column successor_codes: Các xã mới cùng nhận xã bị chia (cách nhau bằng |) | The new communes that share the split one, separated by a bar
-- column area_name: Tên xã mới; của phần không gán được: xã cũ, huyện hoặc tỉnh | Name: the new commune, else the split one, the district or the province
-- column district_code: Huyện cũ; trống: phường Thống Nhất, hoặc không rõ | The old district; NULL: phường Thống Nhất, or unknown
-- column value: Giá trị | Value, in the indicator's unit
-- column unit: Đơn vị tính | Unit
-- column additivity: Cách cộng (flow, stock: các dòng cộng lại bằng mart.indicators; distinct: chỉ khi không gì đứng ở hai nơi; ratio, extreme: không cộng) | flow, stock: the rows add up to mart.indicators; distinct: unless something stands in two places; ratio, extreme: they do not add up
-- column numerator: Tử số (tỷ lệ, bình quân) | Numerator of a ratio or mean
-- column denominator: Mẫu số (tỷ lệ, bình quân) | Denominator of a ratio or mean
-- column records: Số dòng của core đứng sau giá trị | Rows of core behind the value
--
-- A fact lies where its co-operative lies by the latest that is known of it, else in the commune of its own row, else with
-- the commune that reports it. Old communes that moved whole count in their new one; split ones under their own old name.
with
communes as (
    select
        'commune' as area_kind, areas.area_code, areas.name_vi, cast(null as varchar) as successor_codes,
        case when count(distinct successions.district_code) = 1 then min(successions.district_code) end as district_code
    from ref.areas as areas
    left join ref.area_successions as successions
        on areas.area_code = successions.successor_code and areas.valid_from = successions.successor_from
    where areas.level = 'commune' and areas.valid_to is null
    group by areas.area_code, areas.name_vi
    union all
    select
        'split', area_code, name_vi, string_agg(successor_code, '|' order by successor_code), any_value(district_code)
    from ref.area_successions
    where succession = 'split'
    group by area_code, name_vi
    union all
    select 'unassigned', area_code, area_name, null, area_code
    from mart.indicator_areas
    where level = 'district'
    union all
    select 'unassigned', '', area_name, null, null
    from mart.indicator_areas
    where level = 'province'
)
select
    catalogue.indicator_code,
    sums.period,
    coalesce(sums.as_of, periods.ends_on) as as_of,
    case when sums.area_kind = 'commune' then 'assigned' else sums.area_kind end as place,
    case when sums.area_kind = 'commune' then sums.area_code end as new_commune_code,
    case when sums.area_kind = 'split' then sums.area_code end as old_commune_code,
    communes.successor_codes,
    communes.name_vi as area_name,
    communes.district_code,
    sums.value,
    sums.unit,
    catalogue.additivity,
    sums.numerator,
    sums.denominator,
    sums.records
from steps.sums as sums
inner join communes on sums.area_kind = communes.area_kind and sums.area_code = communes.area_code
inner join steps.periods as periods on sums.period = periods.period
inner join mart.indicator_catalogue as catalogue on sums.indicator_code = catalogue.indicator_code
where sums.value is not null
order by
    catalogue.indicator_code, periods.ends_on, periods.starts_on, place, communes.district_code, communes.name_vi
