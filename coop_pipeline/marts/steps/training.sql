-- vi: Đào tạo: dòng nào được tính vào chỉ tiêu nào
-- en: Training: which row counts for which indicator
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
-- Courses are flows: no row is taken for a repetition of another. A row without a number of classes is one class;
-- where only attendances or only persons are given, they stand for each other.
courses as (
    select
        sources.period, sources.time_window, sources.reporter_district as district_code,
        sources.reporter_place as place,
        training.kind, training.audience, training.budget_vnd,
        coalesce(training.classes, 1) as classes,
        coalesce(training.attendances, training.persons) as attendances,
        coalesce(training.persons, training.attendances) as persons,
        map {'kind': training.kind, 'audience': training.audience} as splits
    from core.training as training
    inner join steps.sources as sources
        on
            sources.form = 'training'
            and training.period = sources.source_period
            and training.reporter_code = sources.reporter_code
),
up_to_now as (
    select period, district_code, place, kind, audience, classes, attendances, persons, splits
    from courses
    where time_window = 'cumulative'
),
in_period as (
    select period, district_code, place, classes, attendances, persons, budget_vnd, splits
    from courses
    where time_window = 'period'
),
counted as (
    select
        'training.manager_attendances' as indicator_code, period, district_code, place, null as splits,
        attendances as amount
    from up_to_now
    where audience = 'manager' and kind is distinct from 'vocational'
    union all
    select 'training.vocational_classes', period, district_code, place, null, classes
    from up_to_now
    where kind = 'vocational'
    union all
    select 'training.vocational_learners', period, district_code, place, null, persons
    from up_to_now
    where kind = 'vocational'
    union all
    select 'training.official_attendances', period, district_code, place, null, attendances
    from up_to_now
    where audience = 'official'
    union all
    select 'training.classes', period, district_code, place, splits, classes from in_period
    union all
    select 'training.attendances', period, district_code, place, splits, attendances from in_period
    union all
    select 'training.budget_vnd', period, district_code, place, splits, budget_vnd from in_period
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
    cast(null as decimal(24, 6)) as divisor,
    cast(count(*) as bigint) as records
from counted
where amount is not null
group by indicator_code, period, district_code, place, splits
