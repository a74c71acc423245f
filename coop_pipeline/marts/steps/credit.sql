-- vi: Tín dụng: khoản vay nào được tính vào chỉ tiêu nào
-- en: Credit: which loan counts for which indicator
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
reported as (
    select
        sources.period, sources.time_window, sources.source_starts_on, sources.source_ends_on,
        coalesce(loans.district_code, sources.reporter_district, cooperatives.district_code) as district_code,
        coalesce(cooperatives.place, places.place, sources.reporter_place) as place,
        coalesce(loans.cooperative_id, lower(trim(loans.coop_name))) as owner,
        loans.lender, coalesce(loans.lender_kind, 'unknown') as lender_kind, loans.disbursed_on,
        upper(regexp_replace(loans.contract_no, '\s+', '', 'g')) as contract_no,
        loans.disbursed_vnd, loans.outstanding_vnd, coalesce(loans.overdue_vnd, 0) as overdue_vnd,
        loans.reporter_code, loans.submission_id, loans.sheet, loans.row_number
    from core.loans as loans
    inner join steps.sources as sources
        on
            sources.form = 'loans'
            and sources.time_window in ('stock', 'known')
            and loans.period = sources.source_period
            and loans.reporter_code = sources.reporter_code
    left join steps.owners as cooperatives on loans.cooperative_id = cooperatives.cooperative_id
    left join steps.places as places
        on
            loans.commune_code = places.area_code
            and sources.source_ends_on between places.valid_from and places.valid_to
),
-- The same owner, day and amount is the same loan, also where only some reports give its number.
numbered as (
    select
        period, time_window, source_starts_on, source_ends_on, district_code, place, owner, lender_kind,
        disbursed_vnd, outstanding_vnd, overdue_vnd, reporter_code, submission_id, sheet, row_number,
        owner || '|' || coalesce(
            contract_no,
            case
                when disbursed_on is not null
                    then max(contract_no) over (partition by period, time_window, owner, disbursed_on, disbursed_vnd)
            end,
            concat_ws('|', lower(trim(lender)), disbursed_on, disbursed_vnd)
        ) as loan,
        contract_no is null and disbursed_on is null as is_anonymous
    from reported
),
-- Loans ever made, each once, as its latest report has it.
made as (
    select period, district_code, place, owner, lender_kind, loan, disbursed_vnd
    from numbered
    where time_window = 'known'
    qualify
        row_number() over (
            partition by period, loan
            order by
                disbursed_vnd is null, source_ends_on desc, source_starts_on,
                reporter_code, submission_id, sheet, row_number
        ) = 1
),
-- Balances at the end of the period, each loan once. Rows without number and day cannot be told apart: each counts.
owed as (
    select
        period, source_ends_on as as_of, district_code, place, owner, lender_kind, outstanding_vnd, overdue_vnd,
        case when lender_kind <> 'support_fund' then map {'lender_kind': lender_kind} end as splits
    from numbered
    where time_window = 'stock'
    qualify
        is_anonymous
        or row_number() over (
            partition by period, loan
            order by source_ends_on desc, source_starts_on, reporter_code, submission_id, sheet, row_number
        ) = 1
),
bank_debt as (
    select period, as_of, district_code, place, owner, outstanding_vnd, overdue_vnd, splits
    from owed
    where lender_kind <> 'support_fund'
),
fund_debt as (
    select period, as_of, district_code, place, outstanding_vnd, overdue_vnd
    from owed
    where lender_kind = 'support_fund'
),
-- The State Bank branch's latest statement within the period.
statements as (
    select periods.period, totals.as_of, totals.total_outstanding_vnd
    from steps.periods as periods
    inner join core.credit_totals as totals on totals.as_of between periods.starts_on and periods.ends_on
    left join ref.periods as told on totals.period = told.period
    qualify
        row_number() over (
            partition by periods.period
            order by
                totals.as_of desc, told.ends_on desc, told.starts_on,
                totals.reporter_code, totals.submission_id, totals.sheet, totals.row_number
        ) = 1
),
counted as (
    select
        'credit.outstanding_vnd' as indicator_code, period, as_of, district_code, place, splits, null as item,
        outstanding_vnd as amount, null as divisor
    from bank_debt
    union all
    select 'credit.overdue_vnd', period, as_of, district_code, place, splits, null, overdue_vnd, null from bank_debt
    union all
    select 'credit.overdue_ratio', period, as_of, district_code, place, splits, null, overdue_vnd, outstanding_vnd
    from bank_debt
    union all
    select 'credit.loans', period, as_of, district_code, place, splits, null, 1, null
    from bank_debt
    where outstanding_vnd > 0
    union all
    select 'credit.coops', period, as_of, district_code, place, splits, owner, 1, null
    from bank_debt
    where outstanding_vnd > 0
    union all
    select 'credit.total_outstanding_vnd', period, as_of, null, null, null, null, total_outstanding_vnd, null
    from statements
    union all
    -- The share's divisor is the statement, once; its numerator the loans, each once.
    select 'credit.share_of_total', period, null, null, null, null, null, outstanding_vnd, null
    from bank_debt
    semi join statements using (period)
    union all
    select 'credit.share_of_total', period, as_of, null, null, null, null, 0, total_outstanding_vnd
    from statements
    semi join bank_debt using (period)
    union all
    select 'credit.support_fund_disbursed_vnd', period, null, district_code, place, null, null, disbursed_vnd, null
    from made
    where lender_kind = 'support_fund'
    union all
    select 'credit.support_fund_coops', period, null, district_code, place, null, owner, 1, null
    from made
    where lender_kind = 'support_fund'
    union all
    select 'credit.support_fund_outstanding_vnd', period, as_of, district_code, place, null, null, outstanding_vnd, null
    from fund_debt
    union all
    select
        'credit.support_fund_overdue_ratio', period, as_of, district_code, place, null, null, overdue_vnd,
        outstanding_vnd
    from fund_debt
)
select
    indicator_code,
    period,
    cast(max(as_of) as date) as as_of,
    district_code,
    place,
    cast(splits as map(varchar, varchar)) as splits,
    cast(item as varchar) as item,
    cast(case when item is null then sum(amount) else max(amount) end as decimal(24, 6)) as amount,
    cast(sum(divisor) as decimal(24, 6)) as divisor,
    cast(count(*) as bigint) as records
from counted
where amount is not null
group by indicator_code, period, district_code, place, splits, item
