-- vi: Hỗ trợ kết cấu hạ tầng theo huyện, thành phố, lũy kế đến cuối kỳ
-- en: Infrastructure by district, up to the period's end
-- grain: kỳ, địa bàn (17: toàn tỉnh, không phải lúc nào cũng bằng tổng các huyện) | period and area (17 is the province, not always the districts' sum)
-- column period: Kỳ báo cáo | Period
-- column area_code: Mã địa bàn | Area
-- column area_name: Tên địa bàn | Name of the area
-- column coops: HTX được hỗ trợ | Co-operatives supported
-- column works: Công trình | Works
-- column building_works: Trong đó: nhà, xưởng | Of them: buildings
-- column irrigation_works: Trong đó: thủy lợi, tưới | Of them: irrigation
-- column power_works: Trong đó: điện | Of them: power
-- column floor_area_m2: Diện tích nhà, xưởng | Floor area of buildings [m2]
-- column served_area_ha: Diện tích được phục vụ tưới và điện | Area served by irrigation and power [ha]
-- column amount_vnd: Kinh phí hỗ trợ | Support [VND]
with
named as (
    select
        period, area_code, value,
        indicator_code || case when breakdown = '' then '' else ':' || breakdown_value end as name
    from mart.indicators
    where indicator_code like 'infrastructure.%' and breakdown in ('', 'kind')
),
by_area as (
    select
        period, area_code,
        max(value) filter (where name = 'infrastructure.coops') as coops,
        max(value) filter (where name = 'infrastructure.works') as works,
        max(value) filter (where name = 'infrastructure.works:building') as building_works,
        max(value) filter (where name = 'infrastructure.works:irrigation') as irrigation_works,
        max(value) filter (where name = 'infrastructure.works:power') as power_works,
        max(value) filter (where name = 'infrastructure.floor_area_m2') as floor_area_m2,
        max(value) filter (where name = 'infrastructure.served_area_ha') as served_area_ha,
        max(value) filter (where name = 'infrastructure.amount_vnd') as amount_vnd
    from named
    group by period, area_code
)
select
    by_area.period,
    by_area.area_code,
    areas.area_name,
    cast(by_area.coops as bigint) as coops,
    cast(by_area.works as bigint) as works,
    cast(by_area.building_works as bigint) as building_works,
    cast(by_area.irrigation_works as bigint) as irrigation_works,
    cast(by_area.power_works as bigint) as power_works,
    cast(by_area.floor_area_m2 as decimal(16, 2)) as floor_area_m2,
    cast(by_area.served_area_ha as decimal(16, 4)) as served_area_ha,
    cast(by_area.amount_vnd as decimal(20, 2)) as amount_vnd
from by_area
left join mart.indicator_areas as areas on by_area.area_code = areas.area_code
order by by_area.period, by_area.area_code
