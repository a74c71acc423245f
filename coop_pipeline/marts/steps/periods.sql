-- vi: Các kỳ được tính chỉ tiêu: kỳ có báo cáo, và năm chứa kỳ đó
-- en: Periods for which indicators are computed: those reported on, and the years around them
-- grain: một kỳ | period
-- column period: Kỳ | Period
-- column kind: year, half, quarter, month | Kind of period
-- column starts_on: Từ ngày | First day
-- column ends_on: Đến ngày | Last day
with
reported as (
    select period from steps.reports
    union
    select period from quality.submissions where status <> 'rejected'
),
dated as (
    select periods.period, periods.starts_on, periods.ends_on
    from ref.periods as periods
    inner join reported on periods.period = reported.period
)
select periods.period, periods.kind, periods.starts_on, periods.ends_on
from ref.periods as periods
where
    periods.period in (select dated.period from dated)
    or (
        periods.kind = 'year'
        and exists (
            select 1 from dated where dated.starts_on >= periods.starts_on and dated.ends_on <= periods.ends_on
        )
    )
