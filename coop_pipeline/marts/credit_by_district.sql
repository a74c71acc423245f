-- vi: Tín dụng đối với HTX theo huyện, thành phố
-- en: Credit to co-operatives by district
-- grain: kỳ, địa bàn (17: toàn tỉnh, không phải lúc nào cũng bằng tổng các huyện) | period and area (17 is the province, not always the districts' sum)
-- column period: Kỳ báo cáo | Period
-- column area_code: Mã địa bàn | Area
-- column area_name: Tên địa bàn | Name of the area
-- column outstanding_vnd: Dư nợ tại các tổ chức tín dụng | Outstanding with banks and credit institutions [VND]
-- column bank_outstanding_vnd: Trong đó: ngân hàng thương mại | Of it: commercial banks [VND]
-- column policy_bank_outstanding_vnd: Trong đó: Ngân hàng Chính sách xã hội | Of it: policy bank [VND]
-- column credit_fund_outstanding_vnd: Trong đó: quỹ tín dụng nhân dân | Of it: people's credit funds [VND]
-- column overdue_vnd: Nợ quá hạn | Overdue [VND]
-- column overdue_ratio: Tỷ lệ nợ quá hạn | Overdue share of the outstanding [ratio]
-- column coops: Số HTX, THT còn dư nợ | Co-operatives with a balance
-- column total_outstanding_vnd: Tổng dư nợ toàn tỉnh (chỉ có ở dòng toàn tỉnh) | All credit in the province (in the province's row only) [VND]
-- column share_of_total_ratio: Tỷ trọng dư nợ HTX trong tổng dư nợ toàn tỉnh | Share of all credit in the province [ratio]
-- column support_fund_disbursed_vnd: Quỹ hỗ trợ phát triển HTX đã cho vay, lũy kế | Disbursed by the support fund, up to the period's end [VND]
-- column support_fund_coops: HTX được vay vốn từ Quỹ, lũy kế | Co-operatives that borrowed from the fund, up to the period's end
-- column support_fund_outstanding_vnd: Dư nợ tại Quỹ | Outstanding with the support fund [VND]
with
named as (
    select
        period, area_code, value,
        indicator_code || case when breakdown = '' then '' else ':' || breakdown_value end as name
    from mart.indicators
    where indicator_code like 'credit.%' and breakdown in ('', 'lender_kind')
),
by_area as (
    select
        period, area_code,
        max(value) filter (where name = 'credit.outstanding_vnd') as outstanding_vnd,
        max(value) filter (where name = 'credit.outstanding_vnd:bank') as bank_outstanding_vnd,
        max(value) filter (where name = 'credit.outstanding_vnd:policy_bank') as policy_bank_outstanding_vnd,
        max(value) filter (where name = 'credit.outstanding_vnd:credit_fund') as credit_fund_outstanding_vnd,
        max(value) filter (where name = 'credit.overdue_vnd') as overdue_vnd,
        max(value) filter (where name = 'credit.overdue_ratio') as overdue_ratio,
        max(value) filter (where name = 'credit.coops') as coops,
        max(value) filter (where name = 'credit.total_outstanding_vnd') as total_outstanding_vnd,
        max(value) filter (where name = 'credit.share_of_total') as share_of_total_ratio,
        max(value) filter (where name = 'credit.support_fund_disbursed_vnd') as support_fund_disbursed_vnd,
        max(value) filter (where name = 'credit.support_fund_coops') as support_fund_coops,
        max(value) filter (where name = 'credit.support_fund_outstanding_vnd') as support_fund_outstanding_vnd
    from named
    group by period, area_code
)
select
    by_area.period,
    by_area.area_code,
    areas.area_name,
    cast(by_area.outstanding_vnd as decimal(20, 2)) as outstanding_vnd,
    cast(by_area.bank_outstanding_vnd as decimal(20, 2)) as bank_outstanding_vnd,
    cast(by_area.policy_bank_outstanding_vnd as decimal(20, 2)) as policy_bank_outstanding_vnd,
    cast(by_area.credit_fund_outstanding_vnd as decimal(20, 2)) as credit_fund_outstanding_vnd,
    cast(by_area.overdue_vnd as decimal(20, 2)) as overdue_vnd,
    cast(by_area.overdue_ratio as decimal(12, 8)) as overdue_ratio,
    cast(by_area.coops as bigint) as coops,
    cast(by_area.total_outstanding_vnd as decimal(20, 2)) as total_outstanding_vnd,
    cast(by_area.share_of_total_ratio as decimal(12, 8)) as share_of_total_ratio,
    cast(by_area.support_fund_disbursed_vnd as decimal(20, 2)) as support_fund_disbursed_vnd,
    cast(by_area.support_fund_coops as bigint) as support_fund_coops,
    cast(by_area.support_fund_outstanding_vnd as decimal(20, 2)) as support_fund_outstanding_vnd
from by_area
left join mart.indicator_areas as areas on by_area.area_code = areas.area_code
order by by_area.period, by_area.area_code
