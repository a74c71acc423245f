"""Invariants: queries for what must not be. A finding of a blocking audit keeps the published file as it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.wording import TWELVE_DIGITS, today
from coop_pipeline.store.warehouse import Connection

SHOWN = 50  # offending rows that a finding holds


@dataclass(frozen=True, slots=True)
class Audit:
    """`sql` returns the offending rows; none means that what `vi` and `en` say holds. `hint_vi` is what to do where it does not.

    The day in Vietnam is `getvariable('today')`; `current_date` would be the machine's.
    """

    name: str
    table: str
    vi: str
    en: str
    sql: str
    blocking: bool = True
    hint_vi: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    audit: Audit
    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]  # the first SHOWN
    count: int

    @property
    def passed(self) -> bool:
        return not self.rows


_ALL_CORE = " union all ".join(
    f"select submission_id, sheet, '{f.name}' as form, row_number, period, reporter_code from core.{f.name}" for f in FORMS.values()
)
_CODES = " union all ".join(
    f"select '{form.name}.{f.name}' as column_name, '{f.codes}' as list, cast({f.name} as varchar) as code, submission_id, sheet, row_number from core.{form.name}"
    for form in FORMS.values()
    for f in form.stored
    if f.codes is not None
)
_OWNERS = " union all ".join(
    f"select '{form.name}' as form, cooperative_id, submission_id, sheet, row_number from core.{form.name} where cooperative_id is not null"
    for form in FORMS.values()
    if form.owner
)
_REQUIRED = " union all ".join(
    f"select '{form.name}.{f.name}' as column_name, submission_id, sheet, row_number from core.{form.name} where {f.name} is null"
    for form in FORMS.values()
    for f in form.required
    if f.unless is None and f.stored
)
_PERSONAL = " union all ".join(
    f"select '{form.name}.{f.name}' as column_name, submission_id, sheet, row_number from core.{form.name} "
    f"where regexp_matches({f.name}, '{TWELVE_DIGITS}')"
    for form in FORMS.values()
    for f in form.stored
    if f.sql_type == "VARCHAR" and f.type in ("text", "name", "lender")
)

AUDITS: tuple[Audit, ...] = (
    Audit(
        "rows_conserved", "quality.row_counts", "Mỗi dòng số liệu được nhận hoặc bị loại, không dòng nào mất",
        "Every data row is accepted or rejected; none is lost",
        f"""
        with kept as (select submission_id, sheet, form, count(distinct row_number) as n from stage.verdicts where verdict <> 'rejected' group by all),
        lost as (select submission_id, sheet, form, count(distinct row_number) as n from quality.rejected_rows
            anti join (select submission_id, sheet, form, row_number from stage.verdicts where verdict <> 'rejected') k using (submission_id, sheet, form, row_number)
            group by all)
        select c.submission_id, c.sheet, c.form, c.data_accepted, coalesce(k.n, 0) as kept, c.data_rejected, coalesce(l.n, 0) as rejected
        from quality.row_counts c left join kept k using (submission_id, sheet, form) left join lost l using (submission_id, sheet, form)
        where c.form <> '' and (c.data_accepted <> coalesce(k.n, 0) or c.data_rejected <> coalesce(l.n, 0))
        union all
        select submission_id, sheet, form, 0, count(*), 0, 0 from ({_ALL_CORE}) c
        anti join (select submission_id, sheet, form, row_number from stage.verdicts where verdict = 'accepted') v using (submission_id, sheet, form, row_number)
        group by all
        """,
    ),
    Audit("rows_in_one_class", "quality.row_counts", "Các loại dòng cộng lại bằng số dòng của trang tính", "The classes of rows add up to the sheet",
          "select * from quality.row_counts where header + data_accepted + data_rejected + total + section + note + blank <> \"rows\" or data_accepted < 0"),
    Audit("cooperatives_unique", "core.cooperatives", "Mỗi HTX một dòng", "One row per co-operative",
          "select cooperative_id, count(*) from core.cooperatives group by all having count(*) > 1"),
    Audit("owners_known", "core.cooperatives", "Mọi HTX được nhắc đến đều có trong core.cooperatives", "Every owner stands in core.cooperatives",
          f"select * from ({_OWNERS}) o where cooperative_id not in (select cooperative_id from core.cooperatives)"),
    Audit("codes_known", "core.cooperatives", "Mọi mã đều thuộc danh mục", "Every code belongs to its list",
          f"select c.* from ({_CODES}) c anti join ref.codes r on r.list = c.list and r.code = c.code where c.code is not null"),
    Audit("required_filled", "core.cooperatives", "Cột bắt buộc không trống", "Required columns are filled", f"select * from ({_REQUIRED})"),
    Audit("one_submission_in_force", "quality.submissions", "Mỗi đơn vị, biểu, kỳ chỉ một bản có hiệu lực (trừ bản bổ sung)",
          "One submission in force per reporter, form and period, supplements aside",
          """
          select f.reporter_code, f.form, f.period, count(distinct f.submission_id) from stage.force f join stage.files s using (submission_id)
          where f.in_force and not s.is_supplement group by all having count(distinct f.submission_id) > 1
          """),
    Audit("no_personal_numbers", "core.cooperatives", "Không có số định danh cá nhân trong số liệu công bố", "No personal numbers among the published values",
          f"select * from ({_PERSONAL})"),
    Audit("indicators_unique", "mart.indicators", "Mỗi chỉ tiêu, kỳ, địa bàn, phân tổ một giá trị", "One value per indicator, period, area and breakdown",
          "select indicator_code, period, area_code, breakdown, breakdown_value, count(*) from mart.indicators group by all having count(*) > 1"),
    Audit("flows_equal_core", "mart.indicators", "Chỉ tiêu toàn tỉnh bằng tổng các dòng", "The province's flows equal the sums of the rows",
          """
          with total as (select sum(quantity_t) as n from core.exports where channel = 'official'),
          shown as (select value as n from mart.indicators where indicator_code = 'exports.official_quantity_t' and area_code = '17' and breakdown = ''
              order by as_of desc, period desc limit 1)
          select total.n as core, shown.n as indicator from total, shown
          where total.n is distinct from shown.n and not exists (
              select 1 from core.exports a join core.exports b on a.reporter_code = b.reporter_code and a.period < b.period
              join ref.periods p on p.period = a.period join ref.periods q on q.period = b.period
              where p.starts_on <= q.ends_on and q.starts_on <= p.ends_on)
          """),
    Audit("not_empty", "mart.indicators", "Có số liệu để công bố nếu có dòng được nhận", "There are indicators where there are rows",
          f"select 'mart.indicators' as name where not exists (select 1 from mart.indicators) and exists (select 1 from ({_ALL_CORE}))"),
    Audit("published_figures_met", "mart.published_comparison", "Số liệu đã công bố được tái lập", "The published figures are reproduced",
          "select code, printed, published_value, computed_value from mart.published_comparison where computed_value is not null and not within", blocking=False),
)  # fmt: skip


def run_audits(connection: Connection, audits: Iterable[Audit]) -> list[Finding]:
    """The findings of each audit, with its first offending rows."""
    findings = []
    connection.execute(f"set variable today = date '{today()}'")
    for audit in audits:
        result = connection.execute(audit.sql)
        columns, rows = tuple(d[0] for d in result.description or ()), result.fetchmany(SHOWN)
        count = len(rows)
        if count == SHOWN:
            ((count,),) = connection.execute(f"select count(*) from ({audit.sql})").fetchall()
        findings.append(Finding(audit, columns, rows, count))
    return findings
