-- vi: Đơn vị nào có số liệu ở biểu nào, kỳ nào
-- en: Which reporter has rows of which form for which period
-- grain: biểu, đơn vị, kỳ | form, reporter and period
-- column form: Biểu | Form
-- column reporter_code: Đơn vị báo cáo | Reporter
-- column reporter_district: Huyện của đơn vị; trống: không suy ra được | District of the reporter; NULL where it does not follow
-- column reporter_place: Xã, phường mới gửi báo cáo | The commune of after July 2025 that reports
-- column period: Kỳ của số liệu | Period of the rows
-- column starts_on: Từ ngày | First day
-- column ends_on: Đến ngày | Last day
with
told as (
    select 'cooperative_reports' as form, reporter_code, period from core.cooperative_reports
    union
    select 'loans', reporter_code, period from core.loans
    union
    select 'credit_totals', reporter_code, period from core.credit_totals
    union
    select 'certifications', reporter_code, period from core.certifications
    union
    select 'exports', reporter_code, period from core.exports
    union
    select 'training', reporter_code, period from core.training
    union
    select 'technology_transfers', reporter_code, period from core.technology_transfers
    union
    select 'demonstration_models', reporter_code, period from core.demonstration_models
    union
    select 'growing_areas', reporter_code, period from core.growing_areas
    union
    select 'packing_facilities', reporter_code, period from core.packing_facilities
    union
    select 'trace_stamps', reporter_code, period from core.trace_stamps
    union
    select 'infrastructure', reporter_code, period from core.infrastructure
    union
    select 'trade_promotions', reporter_code, period from core.trade_promotions
)
select
    told.form,
    told.reporter_code,
    reporters.district_code as reporter_district,
    case when reporters.kind = 'commune' then reporters.area_code end as reporter_place,
    told.period,
    periods.starts_on,
    periods.ends_on
from told
inner join ref.periods as periods on told.period = periods.period
left join ref.reporters as reporters on told.reporter_code = reporters.reporter_code
