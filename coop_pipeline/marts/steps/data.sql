-- vi: Số liệu đã nhận: cái gì được tính vào chỉ tiêu nào
-- en: The data themselves: what counts for which indicator
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
received as (
    select
        periods.period, reporters.district_code,
        case when reporters.kind = 'commune' then reporters.area_code end as place,
        submissions.status, submissions.rows_accepted, submissions.rows_rejected,
        map {'status': submissions.status} as splits
    from quality.submissions as submissions
    inner join ref.periods as told on submissions.period = told.period
    inner join steps.periods as periods on told.starts_on >= periods.starts_on and told.ends_on <= periods.ends_on
    left join ref.reporters as reporters on submissions.reporter_code = reporters.reporter_code
),
owed as (
    select
        periods.period, reporters.district_code,
        case when reporters.kind = 'commune' then reporters.area_code end as place,
        completeness.received, completeness.on_time, map {'form': completeness.form} as splits
    from quality.completeness as completeness
    inner join ref.periods as told on completeness.period = told.period
    inner join steps.periods as periods on told.starts_on >= periods.starts_on and told.ends_on <= periods.ends_on
    left join ref.reporters as reporters on completeness.reporter_code = reporters.reporter_code
    where completeness.expected
),
counted as (
    select
        'data.submissions_received' as indicator_code, period, district_code, place, splits, 1 as amount,
        null as divisor
    from received
    union all
    select 'data.rows_accepted', period, district_code, place, null, rows_accepted, null
    from received
    where status in ('accepted', 'partial')
    union all
    select 'data.rows_rejected', period, district_code, place, null, rows_rejected, null
    from received
    where status in ('accepted', 'partial')
    union all
    select 'data.forms_expected', period, district_code, place, splits, 1, null from owed
    union all
    select 'data.forms_received', period, district_code, place, splits, 1, null
    from owed
    where received
    union all
    select
        'data.completeness_ratio', period, district_code, place, splits, case when received then 1 else 0 end, 1
    from owed
    union all
    select 'data.on_time_ratio', period, district_code, place, splits, case when on_time then 1 else 0 end, 1 from owed
)
select
    indicator_code,
    period,
    cast(null as date) as as_of,
    district_code,
    place,
    cast(splits as map(varchar, varchar)) as splits,
    cast(null as varchar) as item,
    cast(sum(amount) as decimal(24, 6)) as amount,
    cast(sum(divisor) as decimal(24, 6)) as divisor,
    cast(count(*) as bigint) as records
from counted
where amount is not null
group by indicator_code, period, district_code, place, splits
