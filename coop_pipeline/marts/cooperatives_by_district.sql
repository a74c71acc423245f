-- vi: HTX, THT theo huyện, thành phố
-- en: Co-operatives by district
-- grain: kỳ, địa bàn (17: toàn tỉnh, không phải lúc nào cũng bằng tổng các huyện) | period and area (17 is the province, not always the districts' sum)
-- column period: Kỳ báo cáo | Period
-- column area_code: Mã địa bàn | Area
-- column area_name: Tên địa bàn | Name of the area
-- column total: Số HTX, THT (không kể đã giải thể) | Co-operatives, without dissolved ones
-- column htx: Hợp tác xã | Co-operatives proper
-- column tht: Tổ hợp tác | Co-operative groups
-- column lhhtx: Liên hiệp HTX | Unions of co-operatives
-- column qtdnd: Quỹ tín dụng nhân dân | People's credit funds
-- column operating: Đang hoạt động (kể cả mới thành lập) | Operating, new ones included
-- column new: Mới thành lập trong kỳ | Newly established
-- column suspended: Tạm ngừng hoạt động | Suspended
-- column awaiting_dissolution: Chờ giải thể | Awaiting dissolution
-- column dissolved: Đã giải thể | Dissolved
-- column good: Xếp loại tốt | Rated good
-- column fair: Xếp loại khá | Rated fair
-- column average: Xếp loại trung bình | Rated average
-- column weak: Xếp loại yếu | Rated weak
-- column members: Số thành viên | Members
-- column female_members: Thành viên nữ | Women among the members
-- column workers: Số lao động | Workers
-- column revenue_vnd: Doanh thu bình quân một HTX | Mean revenue of an HTX [VND]
-- column profit_vnd: Lợi nhuận bình quân một HTX | Mean profit of an HTX [VND]
-- column worker_income_vnd_month: Thu nhập bình quân một lao động một tháng | Mean monthly income of a worker [VND/month]
with
named as (
    select
        period, area_code, value,
        indicator_code || case when breakdown = '' then '' else ':' || breakdown_value end as name
    from mart.indicators
    where indicator_code like 'cooperatives.%' and breakdown in ('', 'kind', 'rating')
),
by_area as (
    select
        period, area_code,
        max(value) filter (where name = 'cooperatives.total') as total,
        max(value) filter (where name = 'cooperatives.total:HTX') as htx,
        max(value) filter (where name = 'cooperatives.total:THT') as tht,
        max(value) filter (where name = 'cooperatives.total:LHHTX') as lhhtx,
        max(value) filter (where name = 'cooperatives.total:QTDND') as qtdnd,
        max(value) filter (where name = 'cooperatives.operating') as operating,
        max(value) filter (where name = 'cooperatives.new') as new,
        max(value) filter (where name = 'cooperatives.suspended') as suspended,
        max(value) filter (where name = 'cooperatives.awaiting_dissolution') as awaiting_dissolution,
        max(value) filter (where name = 'cooperatives.dissolved') as dissolved,
        max(value) filter (where name = 'cooperatives.total:good') as good,
        max(value) filter (where name = 'cooperatives.total:fair') as fair,
        max(value) filter (where name = 'cooperatives.total:average') as average,
        max(value) filter (where name = 'cooperatives.total:weak') as weak,
        max(value) filter (where name = 'cooperatives.members') as members,
        max(value) filter (where name = 'cooperatives.female_members') as female_members,
        max(value) filter (where name = 'cooperatives.workers') as workers,
        max(value) filter (where name = 'cooperatives.revenue_vnd') as revenue_vnd,
        max(value) filter (where name = 'cooperatives.profit_vnd') as profit_vnd,
        max(value) filter (where name = 'cooperatives.worker_income_vnd_month') as worker_income_vnd_month
    from named
    group by period, area_code
)
select
    by_area.period,
    by_area.area_code,
    areas.area_name,
    cast(by_area.total as bigint) as total,
    cast(by_area.htx as bigint) as htx,
    cast(by_area.tht as bigint) as tht,
    cast(by_area.lhhtx as bigint) as lhhtx,
    cast(by_area.qtdnd as bigint) as qtdnd,
    cast(by_area.operating as bigint) as operating,
    cast(by_area.new as bigint) as new,
    cast(by_area.suspended as bigint) as suspended,
    cast(by_area.awaiting_dissolution as bigint) as awaiting_dissolution,
    cast(by_area.dissolved as bigint) as dissolved,
    cast(by_area.good as bigint) as good,
    cast(by_area.fair as bigint) as fair,
    cast(by_area.average as bigint) as average,
    cast(by_area.weak as bigint) as weak,
    cast(by_area.members as bigint) as members,
    cast(by_area.female_members as bigint) as female_members,
    cast(by_area.workers as bigint) as workers,
    cast(by_area.revenue_vnd as decimal(20, 2)) as revenue_vnd,
    cast(by_area.profit_vnd as decimal(20, 2)) as profit_vnd,
    cast(by_area.worker_income_vnd_month as decimal(20, 2)) as worker_income_vnd_month
from by_area
left join mart.indicator_areas as areas on by_area.area_code = areas.area_code
order by by_area.period, by_area.area_code
