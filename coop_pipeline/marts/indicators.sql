-- vi: Mọi chỉ tiêu theo kỳ, địa bàn và phân tổ
-- en: Every indicator by period, area and breakdown
-- grain: chỉ tiêu, kỳ, địa bàn, phân tổ | indicator, period, area and breakdown
-- column indicator_code: Mã chỉ tiêu (mart.indicator_catalogue) | Indicator (mart.indicator_catalogue)
-- column period: Kỳ (ref.periods) | Period (ref.periods)
-- column as_of: Thời điểm của số liệu | The day that the value speaks of
-- column area_code: Địa bàn: 17 là toàn tỉnh (ref.areas) | Area: 17 is the province (ref.areas)
-- column breakdown: Phân tổ; rỗng: tổng số | Breakdown; empty: the total
-- column breakdown_value: Giá trị của phân tổ; unknown: không ghi | Value of the breakdown; unknown: not stated
-- column value: Giá trị | Value, in the indicator's unit
-- column unit: Đơn vị tính | Unit
-- column numerator: Tử số (tỷ lệ, bình quân) | Numerator of a ratio or mean
-- column denominator: Mẫu số (tỷ lệ, bình quân) | Denominator of a ratio or mean
-- column records: Số dòng của core đứng sau giá trị | Rows of core behind the value
-- column reporters_expected: Số đơn vị phải gửi các biểu nguồn trong kỳ | Reporters that owe the forms behind it within the period
-- column reporters_received: Số đơn vị đã gửi | Reporters whose forms were received
--
-- The files in steps/ say which rows count, for which indicator, once per what; here they are only added up.
-- A zero means that all who owe the form sent it and there was none; where that is not known, there is no row.
with
counted as (
    select indicator_code, period, as_of, district_code, splits, item, amount, divisor, records
    from steps.certifications
    union all
    select indicator_code, period, as_of, district_code, splits, item, amount, divisor, records
    from steps.cooperatives
    union all
    select indicator_code, period, as_of, district_code, splits, item, amount, divisor, records
    from steps.credit
    union all
    select indicator_code, period, as_of, district_code, splits, item, amount, divisor, records
    from steps.data
    union all
    select indicator_code, period, as_of, district_code, splits, item, amount, divisor, records
    from steps.exports
    union all
    select indicator_code, period, as_of, district_code, splits, item, amount, divisor, records
    from steps.growing_areas
    union all
    select indicator_code, period, as_of, district_code, splits, item, amount, divisor, records
    from steps.infrastructure
    union all
    select indicator_code, period, as_of, district_code, splits, item, amount, divisor, records
    from steps.models
    union all
    select indicator_code, period, as_of, district_code, splits, item, amount, divisor, records
    from steps.packing_facilities
    union all
    select indicator_code, period, as_of, district_code, splits, item, amount, divisor, records
    from steps.promotion
    union all
    select indicator_code, period, as_of, district_code, splits, item, amount, divisor, records
    from steps.stamps
    union all
    select indicator_code, period, as_of, district_code, splits, item, amount, divisor, records
    from steps.technology
    union all
    select indicator_code, period, as_of, district_code, splits, item, amount, divisor, records
    from steps.training
),
-- Every row speaks for the total and for its value in each breakdown ...
unfolded as (
    select
        indicator_code, period, as_of, district_code, item, amount, divisor, records,
        unnest(map_entries(splits)) as split
    from counted
),
broken_down as (
    select
        indicator_code, period, as_of, district_code, '' as breakdown, '' as breakdown_value,
        item, amount, divisor, records
    from counted
    union all
    select
        indicator_code, period, as_of, district_code, split['key'], coalesce(split['value'], 'unknown'),
        item, amount, divisor, records
    from unfolded
),
-- ... and for the province and its own district.
placed as (
    select '17' as area_code, indicator_code, period, as_of, breakdown, breakdown_value, item, amount, divisor, records
    from broken_down
    union all
    select district_code, indicator_code, period, as_of, breakdown, breakdown_value, item, amount, divisor, records
    from broken_down
    where district_code is not null
),
-- An item counts once in each of these places, with the largest amount stated for it: districts need not add up.
items as (
    select
        area_code, indicator_code, period, breakdown, breakdown_value,
        max(as_of) as as_of, max(amount) as amount, max(divisor) as divisor, sum(records) as records
    from placed
    where item is not null
    group by area_code, indicator_code, period, breakdown, breakdown_value, item
    union all
    select area_code, indicator_code, period, breakdown, breakdown_value, as_of, amount, divisor, records
    from placed
    where item is null
),
reckoned as (
    select
        area_code, indicator_code, period, breakdown, breakdown_value,
        max(as_of) as as_of, sum(amount) as total, min(amount) as smallest, max(amount) as largest,
        sum(divisor) as divisor, sum(records) as records
    from items
    group by area_code, indicator_code, period, breakdown, breakdown_value
),
-- Who owes the forms behind an indicator, within the period: a district for itself, an agency for every area.
owed as (
    select
        periods.period, completeness.form, completeness.reporter_code,
        case when reporters.kind = 'district' then reporters.area_code end as district_code,
        bool_or(completeness.expected) as is_expected, bool_or(completeness.received) as is_received
    from quality.completeness as completeness
    inner join ref.periods as told on completeness.period = told.period
    inner join steps.periods as periods on told.starts_on >= periods.starts_on and told.ends_on <= periods.ends_on
    left join ref.reporters as reporters on completeness.reporter_code = reporters.reporter_code
    group by periods.period, completeness.form, completeness.reporter_code, reporters.kind, reporters.area_code
),
bases as (
    select distinct form, form = '' as is_all_forms, string_split(form, '|') as forms
    from mart.indicator_catalogue
),
asked as (
    select
        bases.form, owed.period, areas.area_code,
        count(distinct owed.reporter_code) filter (where owed.is_expected) as reporters_expected,
        count(distinct owed.reporter_code) filter (where owed.is_received) as reporters_received,
        coalesce(bool_and(owed.is_received) filter (where owed.is_expected), false) as is_complete
    from bases
    inner join owed on bases.is_all_forms or list_contains(bases.forms, owed.form)
    inner join steps.areas as areas
        on areas.level = 'province' or coalesce(owed.district_code, areas.area_code) = areas.area_code
    group by bases.form, owed.period, areas.area_code
),
-- Where all who owe a form sent it and nothing in it is of the kind, the sum is zero.
-- Nothing can be said so of ratios and extremes, nor of a district from a statement on the whole province.
complete as (
    select
        asked.area_code, catalogue.indicator_code, asked.period, '' as breakdown, '' as breakdown_value
    from asked
    inner join mart.indicator_catalogue as catalogue on asked.form = catalogue.form
    where
        asked.is_complete
        and catalogue.additivity in ('flow', 'stock', 'distinct')
        and catalogue.form not in ('', 'credit_totals')
),
stated as (
    select
        coalesce(reckoned.area_code, complete.area_code) as area_code,
        coalesce(reckoned.indicator_code, complete.indicator_code) as indicator_code,
        coalesce(reckoned.period, complete.period) as period,
        coalesce(reckoned.breakdown, complete.breakdown) as breakdown,
        coalesce(reckoned.breakdown_value, complete.breakdown_value) as breakdown_value,
        reckoned.as_of, coalesce(reckoned.total, 0) as total, reckoned.smallest, reckoned.largest,
        reckoned.divisor, coalesce(reckoned.records, 0) as records
    from reckoned
    full join complete using (area_code, indicator_code, period, breakdown, breakdown_value)
),
valued as (
    select
        stated.indicator_code, stated.period, stated.area_code, stated.breakdown, stated.breakdown_value,
        coalesce(stated.as_of, periods.ends_on) as as_of, periods.starts_on, periods.ends_on,
        catalogue.unit, catalogue.form, catalogue.additivity = 'ratio' as is_ratio,
        case
            when catalogue.additivity = 'ratio'
                -- A quotient of decimals is a double: it must not make doubles of the sums beside it.
                then cast(stated.total / nullif(stated.divisor, 0) as decimal(38, 6))
            when catalogue.additivity = 'extreme' and contains(stated.indicator_code, '_min_') then stated.smallest
            when catalogue.additivity = 'extreme' then stated.largest
            else stated.total
        end as value,
        stated.total, stated.divisor, stated.records
    from stated
    inner join steps.periods as periods on stated.period = periods.period
    inner join mart.indicator_catalogue as catalogue on stated.indicator_code = catalogue.indicator_code
)
select
    valued.indicator_code,
    valued.period,
    valued.as_of,
    valued.area_code,
    valued.breakdown,
    valued.breakdown_value,
    cast(valued.value as decimal(24, 6)) as value,
    valued.unit,
    cast(case when valued.is_ratio then valued.total end as decimal(24, 6)) as numerator,
    cast(case when valued.is_ratio then valued.divisor end as decimal(24, 6)) as denominator,
    cast(valued.records as bigint) as records,
    coalesce(asked.reporters_expected, 0) as reporters_expected,
    coalesce(asked.reporters_received, 0) as reporters_received
from valued
left join asked
    on
        valued.form = asked.form
        and valued.period = asked.period
        and valued.area_code = asked.area_code
where valued.value is not null
order by
    valued.indicator_code, valued.ends_on, valued.starts_on, valued.area_code, valued.breakdown, valued.breakdown_value
