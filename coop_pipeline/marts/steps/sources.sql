-- vi: Báo cáo nào được tính vào kỳ nào, theo từng cách tính thời gian
-- en: Which report counts for which period, by the way that an indicator looks at time
-- grain: kỳ, cách tính, biểu, đơn vị, kỳ của báo cáo | period, window, form, reporter and period of the report
-- column period: Kỳ được tính | Period asked for
-- column starts_on: Ngày đầu kỳ được tính | First day of the period asked for
-- column ends_on: Ngày cuối kỳ được tính | Last day of the period asked for
-- column time_window: period: trong kỳ; cumulative: lũy kế; stock: số dư cuối kỳ; known: mọi báo cáo đến cuối kỳ | period: within it; cumulative: up to its end; stock: the last within it; known: every report up to its end
-- column form: Biểu | Form
-- column reporter_code: Đơn vị báo cáo | Reporter
-- column reporter_district: Huyện của đơn vị | District of the reporter
-- column reporter_place: Xã, phường mới gửi báo cáo | The commune of after July 2025 that reports
-- column source_period: Kỳ của báo cáo | Period of the report
-- column source_starts_on: Ngày đầu kỳ của báo cáo | First day of the report's period
-- column source_ends_on: Ngày cuối kỳ của báo cáo | Last day of the report's period
with
-- In which ways the indicators of a form look at time: what no step asks for is not listed here.
looks as (
    select form, time_window
    from (
        values
        ('certifications', 'known'), ('cooperative_reports', 'period'), ('cooperative_reports', 'stock'),
        ('demonstration_models', 'cumulative'), ('exports', 'cumulative'), ('exports', 'period'),
        ('growing_areas', 'known'), ('infrastructure', 'cumulative'), ('loans', 'known'), ('loans', 'stock'),
        ('packing_facilities', 'known'), ('technology_transfers', 'cumulative'), ('technology_transfers', 'period'),
        ('trace_stamps', 'cumulative'), ('trade_promotions', 'cumulative'), ('training', 'cumulative'),
        ('training', 'period')
    ) as looks (form, time_window)
),
forms as (
    select form, bool_or(time_window in ('known', 'cumulative')) as looks_back from looks group by form
),
known as (
    select
        periods.period, periods.starts_on, periods.ends_on,
        reports.form, reports.reporter_code, reports.reporter_district, reports.reporter_place,
        reports.period as source_period, reports.starts_on as source_starts_on, reports.ends_on as source_ends_on,
        reports.starts_on >= periods.starts_on as is_within
    from steps.periods as periods
    inner join steps.reports as reports on reports.ends_on <= periods.ends_on
    inner join forms on reports.form = forms.form
    where forms.looks_back or reports.starts_on >= periods.starts_on
),
-- A quarter beside the year's report of the same form by the same reporter is contained in it and counts no second time.
contained as (
    select
        part.period, part.form, part.reporter_code, part.source_period,
        bool_or(whole.is_within) as is_contained_within
    from known as part
    inner join known as whole
        on
            part.period = whole.period
            and part.form = whole.form
            and part.reporter_code = whole.reporter_code
            and part.source_period <> whole.source_period
            and part.source_starts_on >= whole.source_starts_on
            and part.source_ends_on <= whole.source_ends_on
    group by part.period, part.form, part.reporter_code, part.source_period
),
-- A balance is never summed over time: the reporter's own report of the period, else its last one within it.
last_within as (
    select period, form, reporter_code, source_period
    from known
    where is_within
    qualify
        row_number() over (
            partition by period, form, reporter_code
            order by source_ends_on desc, source_starts_on, source_period
        ) = 1
),
windowed as (
    select known.period, known.form, known.reporter_code, known.source_period, 'known' as time_window
    from known
    union all
    select known.period, known.form, known.reporter_code, known.source_period, 'cumulative'
    from known
    anti join contained using (period, form, reporter_code, source_period)
    union all
    select known.period, known.form, known.reporter_code, known.source_period, 'period'
    from known
    left join contained using (period, form, reporter_code, source_period)
    where known.is_within and not coalesce(contained.is_contained_within, false)
    union all
    select period, form, reporter_code, source_period, 'stock'
    from last_within
)
select
    known.period, known.starts_on, known.ends_on, windowed.time_window,
    known.form, known.reporter_code, known.reporter_district, known.reporter_place,
    known.source_period, known.source_starts_on, known.source_ends_on
from windowed
inner join known using (period, form, reporter_code, source_period)
semi join looks using (form, time_window)
