-- vi: Mọi chỉ tiêu theo kỳ, địa bàn và phân tổ
-- en: Every indicator by period, area and breakdown
-- grain: chỉ tiêu, kỳ, địa bàn, phân tổ | indicator, period, area and breakdown
-- column indicator_code: Mã chỉ tiêu (mart.indicator_catalogue) | Indicator (mart.indicator_catalogue)
-- column period: Kỳ (ref.periods) | Period (ref.periods)
-- column as_of: Thời điểm của số liệu | The day that the value speaks of
-- column area_code: Địa bàn: 17 là địa bàn tỉnh Hòa Bình, kể cả sau 01/07/2025; huyện: địa bàn huyện cũ (ref.areas) | Area: 17 is the ground of tỉnh Hòa Bình, after July 2025 too; a district likewise (ref.areas)
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
-- steps.sums adds up; here it is asked who owed the forms behind a value and who sent them.
-- Districts and their province go on after July 2025 as the ground that they were: communes report for it.
-- A zero means that all who owe the form sent it and there was none; where that is not known, there is no row.
with
-- Who owes the forms behind an indicator, within the period: a district for itself, an agency for every area,
-- a commune for the old districts that it lies on.
owed as (
    select
        periods.period, completeness.form, completeness.reporter_code,
        reporters.kind as reporter_kind, coalesce(reporters.district_codes, '') as districts,
        bool_or(completeness.expected) as is_expected, bool_or(completeness.received) as is_received
    from quality.completeness as completeness
    inner join ref.periods as told on completeness.period = told.period
    inner join steps.periods as periods on told.starts_on >= periods.starts_on and told.ends_on <= periods.ends_on
    left join ref.reporters as reporters on completeness.reporter_code = reporters.reporter_code
    group by periods.period, completeness.form, completeness.reporter_code, reporters.kind, reporters.district_codes
),
bases as (
    select distinct form, form = '' as is_all_forms, string_split(form, '|') as forms
    from mart.indicator_catalogue
),
-- Asked once for each ground: there are as many areas as reporters.
grounds as (
    select lying.districts, areas.area_code
    from (select distinct districts from owed) as lying
    inner join mart.indicator_areas as areas
        on
            areas.level = 'province' or lying.districts = ''
            or list_contains(string_split(lying.districts, '|'), areas.area_code)
),
asked as (
    select
        bases.form, owed.period, grounds.area_code,
        count(distinct owed.reporter_code) filter (where owed.is_expected) as reporters_expected,
        count(distinct owed.reporter_code) filter (where owed.is_received) as reporters_received,
        coalesce(bool_and(owed.is_received) filter (where owed.is_expected), false) as is_complete
    from bases
    inner join owed on bases.is_all_forms or list_contains(bases.forms, owed.form)
    inner join grounds on owed.districts = grounds.districts
    group by bases.form, owed.period, grounds.area_code
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
        coalesce(sums.area_code, complete.area_code) as area_code,
        coalesce(sums.indicator_code, complete.indicator_code) as indicator_code,
        coalesce(sums.period, complete.period) as period,
        coalesce(sums.breakdown, complete.breakdown) as breakdown,
        coalesce(sums.breakdown_value, complete.breakdown_value) as breakdown_value,
        sums.as_of, case when sums.indicator_code is null then 0 else sums.value end as value,
        sums.numerator, sums.denominator, coalesce(sums.records, 0) as records
    from (
        select
            area_code, indicator_code, period, breakdown, breakdown_value, as_of, value, numerator, denominator, records
        from steps.sums
        where area_kind = 'area'
    ) as sums
    full join complete using (area_code, indicator_code, period, breakdown, breakdown_value)
)
select
    stated.indicator_code,
    stated.period,
    coalesce(stated.as_of, periods.ends_on) as as_of,
    stated.area_code,
    stated.breakdown,
    stated.breakdown_value,
    cast(stated.value as decimal(24, 6)) as value,
    catalogue.unit,
    stated.numerator,
    stated.denominator,
    cast(stated.records as bigint) as records,
    coalesce(asked.reporters_expected, 0) as reporters_expected,
    coalesce(asked.reporters_received, 0) as reporters_received
from stated
inner join steps.periods as periods on stated.period = periods.period
inner join mart.indicator_catalogue as catalogue on stated.indicator_code = catalogue.indicator_code
left join asked
    on
        catalogue.form = asked.form
        and stated.period = asked.period
        and stated.area_code = asked.area_code
where stated.value is not null
order by
    stated.indicator_code, periods.ends_on, periods.starts_on, stated.area_code, stated.breakdown,
    stated.breakdown_value
