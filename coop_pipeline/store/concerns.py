"""What a person should look at before the figures are used: queries like the invariants', but a finding keeps nothing from being published.

Newest first; what a later submission has replaced is no longer anybody's concern.
"""

from __future__ import annotations

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.wording import UNIT_NAMES
from coop_pipeline.store.audits import Audit

REJECTED_SHARE = 0.1  # of a workbook's rows
JUMP = 3  # times the figure of earlier periods, up or down ...
FLOORS = {
    "VND": 1_000_000_000, "VND/month": 1_000_000, "ratio": 0.2, "ha": 20, "m2": 500, "t": 50, "stamp": 100_000, "person": 100, "attendance": 100,
}  # fmt: skip
OTHER_FLOOR = 10  # ... and by at least so much, in the indicator's unit: small numbers jump every year

_FORMS = "(values {}) as forms (form, form_vi)".format(", ".join(f"('{form.name}', '{form.vi}')" for form in FORMS.values()))
_UNIT = "case figures.unit {} else figures.unit end".format(" ".join(f"when '{unit}' then '{name}'" for unit, name in UNIT_NAMES.items()))
_REPORTER = "coalesce(reporters.name_vi, {}.reporter_code, '(không rõ)') as \"Đơn vị\""


def _issues(*codes: str) -> str:
    """The cells that were said to be of one of these kinds."""
    listed = ", ".join(f"'{code}'" for code in codes)
    return f"""
        select {_REPORTER.format("submissions")}, submissions.period as "Kỳ", submissions.file as "Tệp", issues.sheet as "Trang tính", issues.cell as "Ô",
            issues.message_vi as "Nội dung", issues.hint_vi as "Cách sửa"
        from quality.issues as issues
        inner join quality.submissions as submissions using (submission_id)
        left join ref.reporters as reporters using (reporter_code)
        where issues.code in ({listed}) and issues.severity <> 'note' and issues.in_force
        order by submissions.period desc, submissions.file, issues.sheet, issues.row_number
        """


def _jumps() -> str:
    floors = " ".join(f"when '{unit}' then {floor}" for unit, floor in FLOORS.items())
    return f"""
        with figures as (
            select indicators.*, catalogue.title_vi, catalogue.time_window, periods.kind, periods.ends_on,
                median(value) over earlier as before, count(*) over earlier as periods_before,
                max(periods.ends_on) over (partition by periods.kind) as newest,
                case indicators.unit {floors} else {OTHER_FLOOR} end as floor
            from mart.indicators as indicators
            inner join ref.periods as periods using (period)
            inner join mart.indicator_catalogue as catalogue using (indicator_code)
            where indicators.breakdown = '' and indicators.area_code <> '17'
                and catalogue.time_window <> 'cumulative' and not starts_with(indicators.indicator_code, 'data.')
            window earlier as (
                partition by indicators.indicator_code, indicators.area_code, periods.kind
                order by periods.ends_on rows between 3 preceding and 1 preceding
            )
        )
        select title_vi as "Chỉ tiêu", areas.area_name as "Địa bàn", figures.period as "Kỳ", value as "Giá trị", before as "Trung vị các kỳ trước", {_UNIT} as "Đơn vị tính",
            case
                when value = 0 then 'về 0' when before = 0 then 'trước đây bằng 0'
                when value > before then 'gấp ' || cast(round(value / before) as integer) || ' lần'
                else 'còn 1/' || cast(round(before / value) as integer)
            end as "Thay đổi"
        from figures
        left join mart.indicator_areas as areas using (area_code)
        where ends_on = newest and abs(value - before) >= floor and (value >= {JUMP} * before or {JUMP} * value <= before)
            -- what happens by the event is lumpy: one year alone says nothing
            and periods_before >= case when time_window = 'period' then 2 else 1 end
        order by figures.period desc, indicator_code, areas.area_code
        """


CONCERNS: tuple[Audit, ...] = (
    Audit("files_taken_in", "quality.submissions", "Mọi tệp đều đọc được và có số liệu được nhận", "Every file could be read and gave rows",
          f"""
          select {_REPORTER.format("submissions")}, submissions.period as "Kỳ", submissions.file as "Tệp",
              coalesce(arg_min(issues.message_vi, coalesce(issues.row_number, 0)), 'Không dòng nào được nhận.') as "Lý do",
              coalesce(arg_min(issues.hint_vi, coalesce(issues.row_number, 0)), '') as "Cách sửa"
          from quality.submissions as submissions
          left join (select * from quality.issues where in_force and severity = 'error') as issues using (submission_id)
          left join ref.reporters as reporters using (reporter_code)
          where submissions.status = 'rejected'
          group by submissions.submission_id, reporters.name_vi, submissions.reporter_code, submissions.period, submissions.file
          order by submissions.period desc, submissions.file
          """, blocking=False, hint_vi="Báo đơn vị gửi lại tệp; nếu không phải biểu số liệu thì chuyển khỏi data/raw"),
    Audit("rows_mostly_taken", "quality.submissions", f"Mỗi tệp bị loại dưới {REJECTED_SHARE:.0%} số dòng", "Few rows of each file are rejected",
          f"""
          select {_REPORTER.format("submissions")}, period as "Kỳ", file as "Tệp", rows_read as "Dòng đã đọc", rows_rejected as "Dòng bị loại",
              format('{{:.0f}} %', 100.0 * rows_rejected / rows_read) as "Tỷ lệ"
          from quality.submissions as submissions left join ref.reporters as reporters using (reporter_code)
          where status in ('accepted', 'partial') and rows_read > 0 and rows_rejected >= {REJECTED_SHARE} * rows_read
          order by period desc, rows_rejected / rows_read desc, file
          """, blocking=False, hint_vi="Gửi lại tệp đã đánh dấu trong warehouse/returned và đề nghị đơn vị sửa"),
    Audit("content_recognised", "quality.issues", "Đơn vị, kỳ báo cáo, biểu và cột của mọi tệp đều xác định được", "Reporter, period, form and columns are known",
          _issues("sheet_unrecognised", "header_missing", "header_ambiguous", "reporter_unknown", "reporter_conflict", "period_unknown", "period_conflict"),
          blocking=False, hint_vi="Hỏi lại đơn vị, hoặc ghi cách viết tiêu đề vào data/corrections/header_spellings.csv"),
    Audit("values_unambiguous", "quality.issues", "Không số, ngày, đơn vị tính nào phải đoán", "No number, date or unit had to be guessed",
          _issues("unit_missing", "unit_conflict", "number_ambiguous", "date_ambiguous"),
          blocking=False, hint_vi="Đối chiếu cách hiểu với bản giấy; nếu sai, ghi vào data/corrections/cell_corrections.csv"),
    Audit("figures_plausible", "quality.issues", "Các số trong một dòng phù hợp với nhau và nằm trong mức thường gặp", "Figures agree and are of usual size",
          _issues("rule_broken", "above_maximum", "below_minimum"), blocking=False, hint_vi="Hỏi lại đơn vị về các ô này"),
    Audit("totals_agree", "quality.issues", "Dòng tổng bằng tổng các dòng", "Printed totals equal the sums of their rows",
          _issues("total_mismatch"), blocking=False, hint_vi="Số liệu dùng các dòng chi tiết; hỏi đơn vị xem có thiếu dòng không"),
    Audit("rows_distinct", "quality.issues", "Không dòng nào trùng hoặc mâu thuẫn với dòng khác", "No row repeats or contradicts another",
          _issues("row_duplicate", "key_conflict"), blocking=False, hint_vi="Đề nghị đơn vị xóa dòng trùng, sửa dòng sai"),
    Audit("corrections_used", "quality.issues", "Mọi dòng trong data/corrections đều dùng được", "Every line of the corrections is of use",
          """select sheet as "Tệp", row_number as "Dòng", message_vi as "Nội dung", hint_vi as "Cách sửa" from quality.issues
          where code in ('correction_broken', 'correction_unused') order by sheet, row_number""",
          blocking=False, hint_vi="Sửa hoặc xóa các dòng này rồi chạy lại"),
    Audit("names_settled", "core.cooperatives", "Mọi tên HTX, THT đều có trong danh sách và không gần giống tên khác",
          "Every name is in a list and resembles no other",
          _issues("cooperative_similar", "cooperative_unknown"),
          blocking=False, hint_vi="Nếu hai tên là một HTX, ghi vào data/corrections/cooperative_names.csv; nếu không thì bỏ qua"),
    Audit("certificates_valid", "core.certifications", "Giấy chứng nhận được báo cáo còn hiệu lực đến cuối kỳ", "Reported certificates are valid at the period's end",
          f"""
          with dated as (
              select certifications.*, periods.ends_on,
                  coalesce(expires_on, cast(issued_on + to_months(schemes.term_months) as date)) as valid_to, expires_on is null as is_usual_term
              from core.certifications as certifications
              inner join ref.periods as periods using (period) left join ref.schemes as schemes using (scheme)
              qualify periods.ends_on = max(periods.ends_on) over (
                  partition by scheme, coalesce(certificate_no, product, ''), coalesce(cooperative_id, coop_name))
          )
          select {_REPORTER.format("dated")}, period as "Kỳ", coop_name as "HTX, THT", scheme as "Loại", certificate_no as "Số giấy", dated.valid_to as "Hết hạn",
              case when is_usual_term then 'theo thời hạn thông thường' else 'ghi trên giấy' end as "Căn cứ", sheet as "Trang tính", row_number as "Dòng"
          from dated left join ref.reporters as reporters using (reporter_code)
          where dated.valid_to < dated.ends_on
          order by period desc, reporter_code, sheet, row_number
          """, blocking=False, hint_vi="Các giấy này không được tính vào chỉ tiêu; nếu đã gia hạn, đề nghị đơn vị ghi ngày hết hạn mới"),
    Audit("submissions_complete", "quality.completeness", "Mọi đơn vị đã gửi đủ các biểu đến hạn", "Every form that is due has come",
          f"""
          select {_REPORTER.format("completeness")}, period as "Kỳ", max(due_on) as "Hạn", getvariable('today') - max(due_on) as "Số ngày trễ",
              count(*) as "Số biểu thiếu", string_agg(forms.form_vi, '; ' order by forms.form_vi) as "Các biểu thiếu"
          from quality.completeness as completeness
          left join {_FORMS} using (form) left join ref.reporters as reporters using (reporter_code)
          where expected and not received and due_on < getvariable('today')
          group by completeness.reporter_code, reporters.name_vi, period
          order by period desc, completeness.reporter_code
          """, blocking=False, hint_vi="Đôn đốc đơn vị gửi; số liệu toàn tỉnh của kỳ này còn thiếu"),
    Audit("submissions_on_time", "quality.completeness", "Các biểu được ký hoặc gửi đúng hạn", "Forms were signed or sent by their deadline",
          f"""
          select {_REPORTER.format("completeness")}, period as "Kỳ", max(due_on) as "Hạn", max(stated_on) as "Ngày ký", count(*) as "Số biểu trễ"
          from quality.completeness as completeness left join ref.reporters as reporters using (reporter_code)
          where on_time = false
          group by completeness.reporter_code, reporters.name_vi, period
          order by period desc, completeness.reporter_code
          """, blocking=False, hint_vi="Không cần sửa số liệu; ghi nhận khi đánh giá đơn vị"),
    Audit("figures_steady", "mart.indicators", "Số liệu kỳ mới nhất của từng huyện không chênh lệch đột ngột so với các kỳ trước",
          "The newest figures of each district are of the size of earlier periods", _jumps(),
          blocking=False, hint_vi="Xem lại biểu của huyện: sai đơn vị tính, thiếu dòng hay thay đổi thật"),
    Audit("running_totals_grow", "mart.indicators", "Chỉ tiêu lũy kế không giảm", "Cumulative indicators do not fall",
          """
          with figures as (
              select indicators.*, catalogue.title_vi, ends_on, lag(value) over earlier as before
              from mart.indicators as indicators inner join ref.periods as periods using (period)
              inner join mart.indicator_catalogue as catalogue using (indicator_code)
              where breakdown = '' and catalogue.time_window = 'cumulative' and catalogue.additivity <> 'extreme'
              window earlier as (partition by indicator_code, area_code, periods.kind order by ends_on)
          )
          select title_vi as "Chỉ tiêu", area_name as "Địa bàn", period as "Kỳ", value as "Giá trị", before as "Kỳ trước" from figures
          left join mart.indicator_areas using (area_code)
          where value < before order by ends_on desc, indicator_code, area_code
          """, blocking=False, hint_vi="Có kỳ bị thiếu hoặc trùng: xem các bản gửi của huyện"),
)  # fmt: skip
