-- vi: Chỉ tiêu cộng theo kỳ, địa bàn và phân tổ, trước khi xét đơn vị nào chưa gửi
-- en: Every indicator added up by period, area and breakdown, before it is asked who has not reported
-- grain: chỉ tiêu, kỳ, địa bàn, phân tổ | indicator, period, area and breakdown
-- column area_kind: area: tỉnh, huyện; commune: xã mới; split: xã cũ bị chia; unassigned: không rõ xã | area: province, district; commune: a new one; split: an old one that was split; unassigned: in no known commune
-- column area_code: Mã địa bàn; unassigned: huyện, rỗng nếu không rõ | Code of the area; of the unassigned their district, empty where unknown
-- column indicator_code: Mã chỉ tiêu | Indicator
-- column period: Kỳ | Period
-- column breakdown: Phân tổ; rỗng: tổng số | Breakdown; empty: the total
-- column breakdown_value: Giá trị của phân tổ | Value of the breakdown
-- column as_of: Thời điểm; trống: cuối kỳ | As of; NULL: the end of the period
-- column value: Giá trị | Value, in the indicator's unit
-- column unit: Đơn vị tính | Unit
-- column numerator: Tử số (tỷ lệ, bình quân) | Numerator of a ratio or mean
-- column denominator: Mẫu số (tỷ lệ, bình quân) | Denominator of a ratio or mean
-- column records: Số dòng của core | Rows of core behind it
--
-- The other steps say which rows count, for which indicator, once per what; here they are only added up.
with
counted as (
    select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
    from steps.counted
),
-- What is stated once in a period can be added up before it is laid out by breakdown and place: most is. The rest waits.
repeated as (
    select indicator_code, period, item
    from counted
    where item is not null
    group by indicator_code, period, item
    having count(*) > 1
),
folded as (
    select
        indicator_code, period, district_code, place, splits, cast(null as varchar) as item,
        max(as_of) as as_of, sum(amount) as total, min(amount) as smallest, max(amount) as largest,
        sum(divisor) as divisor, sum(records) as records
    from counted
    anti join repeated using (indicator_code, period, item)
    group by indicator_code, period, district_code, place, splits
    union all
    select
        indicator_code, period, district_code, place, splits, item, as_of, amount, amount, amount, divisor, records
    from counted
    semi join repeated using (indicator_code, period, item)
),
-- Every row speaks for the total and for its value in each breakdown ...
unfolded as (
    select
        indicator_code, period, as_of, district_code, place, item, total, smallest, largest, divisor, records,
        unnest(map_entries(splits)) as split
    from folded
),
broken_down as (
    select
        indicator_code, period, as_of, district_code, place, '' as breakdown, '' as breakdown_value,
        item, total, smallest, largest, divisor, records
    from folded
    union all
    select
        indicator_code, period, as_of, district_code, place, split['key'], coalesce(split['value'], 'unknown'),
        item, total, smallest, largest, divisor, records
    from unfolded
),
-- ... and for the province, its own district and, as a total, the commune of after July 2025 in which it lies.
-- What lies in none, or in one that was split, stays under its district.
placed as (
    select
        'area' as area_kind, '17' as area_code, indicator_code, period, as_of, breakdown, breakdown_value,
        item, total, smallest, largest, divisor, records
    from broken_down
    union all
    select
        'area', district_code, indicator_code, period, as_of, breakdown, breakdown_value,
        item, total, smallest, largest, divisor, records
    from broken_down
    where district_code is not null
    union all
    select
        case
            when place is null then 'unassigned' when starts_with(place, 'split ') then 'split' else 'commune'
        end,
        coalesce(replace(place, 'split ', ''), district_code, ''),
        indicator_code, period, as_of, breakdown, breakdown_value, item, total, smallest, largest, divisor, records
    from broken_down
    where breakdown = ''
),
-- An item counts once in each of these places, with the largest amount stated for it: districts need not add up.
items as (
    select
        area_kind, area_code, indicator_code, period, breakdown, breakdown_value,
        max(as_of) as as_of, max(total) as total, max(total) as smallest, max(total) as largest,
        max(divisor) as divisor, sum(records) as records
    from placed
    where item is not null
    group by area_kind, area_code, indicator_code, period, breakdown, breakdown_value, item
    union all
    select
        area_kind, area_code, indicator_code, period, breakdown, breakdown_value,
        as_of, total, smallest, largest, divisor, records
    from placed
    where item is null
),
reckoned as (
    select
        area_kind, area_code, indicator_code, period, breakdown, breakdown_value,
        max(as_of) as as_of, sum(total) as total, min(smallest) as smallest, max(largest) as largest,
        sum(divisor) as divisor, sum(records) as records
    from items
    group by area_kind, area_code, indicator_code, period, breakdown, breakdown_value
)
select
    reckoned.area_kind,
    reckoned.area_code,
    reckoned.indicator_code,
    reckoned.period,
    reckoned.breakdown,
    reckoned.breakdown_value,
    cast(reckoned.as_of as date) as as_of,
    cast(case
        -- A quotient of decimals is a double: it must not make doubles of the sums beside it.
        when catalogue.additivity = 'ratio' then cast(reckoned.total / nullif(reckoned.divisor, 0) as decimal(38, 6))
        when catalogue.additivity = 'extreme' and contains(reckoned.indicator_code, '_min_') then reckoned.smallest
        when catalogue.additivity = 'extreme' then reckoned.largest
        else reckoned.total
    end as decimal(24, 6)) as value,
    catalogue.unit,
    cast(case when catalogue.additivity = 'ratio' then reckoned.total end as decimal(24, 6)) as numerator,
    cast(case when catalogue.additivity = 'ratio' then reckoned.divisor end as decimal(24, 6)) as denominator,
    cast(reckoned.records as bigint) as records
from reckoned
inner join mart.indicator_catalogue as catalogue on reckoned.indicator_code = catalogue.indicator_code
