-- vi: Xuất khẩu theo thị trường
-- en: Exports by market
-- grain: kỳ, thị trường | period and market
-- column period: Kỳ báo cáo | Period
-- column market: Thị trường (ref.codes: markets; unknown: không ghi) | Market (ref.codes: markets; unknown: not stated)
-- column market_name: Tên thị trường | Name of the market
-- column quantity_t: Sản lượng xuất khẩu trong kỳ, mọi hình thức | Quantity within the period, any channel [t]
-- column value_vnd: Giá trị xuất khẩu trong kỳ | Value within the period [VND]
-- column coops: Số HTX, THT có hàng xuất khẩu trong kỳ | Co-operatives whose produce was exported within the period
-- column official_quantity_to_date_t: Sản lượng xuất khẩu chính ngạch, lũy kế đến cuối kỳ | Quantity through the official channel, up to the period's end [t]
with
by_market as (
    select
        period, breakdown_value as market,
        max(value) filter (where indicator_code = 'exports.quantity_t') as quantity_t,
        max(value) filter (where indicator_code = 'exports.value_vnd') as value_vnd,
        max(value) filter (where indicator_code = 'exports.coops') as coops,
        max(value) filter (where indicator_code = 'exports.official_quantity_t') as official_quantity_to_date_t
    from mart.indicators
    where area_code = '17' and breakdown = 'market' and indicator_code like 'exports.%'
    group by period, breakdown_value
)
select
    by_market.period,
    by_market.market,
    coalesce(codes.label_vi, by_market.market) as market_name,
    cast(by_market.quantity_t as decimal(16, 4)) as quantity_t,
    cast(by_market.value_vnd as decimal(20, 2)) as value_vnd,
    cast(by_market.coops as bigint) as coops,
    cast(by_market.official_quantity_to_date_t as decimal(16, 4)) as official_quantity_to_date_t
from by_market
left join ref.codes as codes on codes.list = 'markets' and by_market.market = codes.code
order by by_market.period, by_market.market
