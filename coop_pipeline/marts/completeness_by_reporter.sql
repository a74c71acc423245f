-- vi: Tình hình gửi báo cáo của từng đơn vị
-- en: What each reporter owed and sent
-- grain: kỳ, đơn vị báo cáo | period and reporter
-- column period: Kỳ báo cáo | Period
-- column reporter_code: Đơn vị báo cáo | Reporter
-- column reporter_name: Tên đơn vị | Name of the reporter
-- column forms_expected: Số biểu phải gửi | Forms owed
-- column forms_received: Số biểu đã gửi trong số đó | Forms owed and received
-- column forms_on_time: Số biểu gửi đúng hạn | Forms owed and on time
-- column received_ratio: Tỷ lệ biểu đã gửi | Share of the owed forms that came [ratio]
-- column on_time_ratio: Tỷ lệ biểu đúng hạn | Share of the owed forms that came on time [ratio]
-- column due_on: Hạn nộp sớm nhất | The earliest day on which a form is due
-- column received_on: Ngày nhận biểu sau cùng | Day on which the last of the owed forms came
-- column days_late: Số ngày chậm nhiều nhất trong các biểu đã gửi | Days by which the latest of the owed forms that came was late
-- column forms_missing: Các biểu còn thiếu (cách nhau bằng |) | Forms that are missing, separated by a bar
-- column rows_rejected: Số dòng bị loại | Data rows rejected
with
counted as (
    select
        period, reporter_code,
        count(*) filter (where expected) as forms_expected,
        count(*) filter (where expected and received) as forms_received,
        count(*) filter (where expected and received and on_time) as forms_on_time,
        min(due_on) as due_on,
        max(received_on) filter (where expected) as received_on,
        max(days_late) as days_late,
        string_agg(form, '|' order by form) filter (where expected and not received) as forms_missing,
        sum(rows_rejected) as rows_rejected
    from quality.completeness
    group by period, reporter_code
)
select
    counted.period,
    counted.reporter_code,
    reporters.name_vi as reporter_name,
    counted.forms_expected,
    counted.forms_received,
    counted.forms_on_time,
    cast(counted.forms_received / nullif(counted.forms_expected, 0) as decimal(12, 8)) as received_ratio,
    cast(counted.forms_on_time / nullif(counted.forms_expected, 0) as decimal(12, 8)) as on_time_ratio,
    counted.due_on,
    counted.received_on,
    cast(counted.days_late as bigint) as days_late,
    coalesce(counted.forms_missing, '') as forms_missing,
    cast(coalesce(counted.rows_rejected, 0) as bigint) as rows_rejected
from counted
left join ref.reporters as reporters on counted.reporter_code = reporters.reporter_code
order by counted.period, counted.reporter_code
