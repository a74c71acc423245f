-- vi: Hỗ trợ sản xuất theo huyện, thành phố, lũy kế đến cuối kỳ: mô hình, quy trình, mã số, tem
-- en: Support of production by district, up to the period's end: models, processes, codes, stamps
-- grain: kỳ, địa bàn (17: toàn tỉnh, không phải lúc nào cũng bằng tổng các huyện) | period and area (17 is the province, not always the districts' sum)
-- column period: Kỳ báo cáo | Period
-- column area_code: Mã địa bàn | Area
-- column area_name: Tên địa bàn | Name of the area
-- column ipm_models: Mô hình IPM | IPM models
-- column production_models: Mô hình sản xuất, trình diễn | Production models
-- column processes: Quy trình công nghệ được chuyển giao | Processes handed over
-- column growing_area_codes: Mã số vùng trồng còn hiệu lực | Planting-area codes in force
-- column growing_area_ha: Diện tích có mã số vùng trồng | Area under planting-area codes [ha]
-- column packing_facility_codes: Mã số cơ sở đóng gói còn hiệu lực | Packing-facility codes in force
-- column paper_stamps: Tem truy xuất nguồn gốc (giấy) | Traceability stamps (paper)
-- column electronic_stamps: Tem truy xuất điện tử | Electronic stamps
-- column provincial_events: Sự kiện cấp tỉnh đã tham gia | Provincial events taken part in
with
named as (
    select period, area_code, value, indicator_code as name
    from mart.indicators
    where
        breakdown = ''
        and (
            indicator_code like 'models.%'
            or indicator_code like 'technology.%'
            or indicator_code like 'growing_areas.%'
            or indicator_code like 'packing_facilities.%'
            or indicator_code like 'stamps.%'
            or indicator_code like 'promotion.%'
        )
),
by_area as (
    select
        period, area_code,
        max(value) filter (where name = 'models.ipm') as ipm_models,
        max(value) filter (where name = 'models.production') as production_models,
        max(value) filter (where name = 'technology.processes') as processes,
        max(value) filter (where name = 'growing_areas.codes') as growing_area_codes,
        max(value) filter (where name = 'growing_areas.area_ha') as growing_area_ha,
        max(value) filter (where name = 'packing_facilities.codes') as packing_facility_codes,
        max(value) filter (where name = 'stamps.linked_products') as paper_stamps,
        max(value) filter (where name = 'stamps.electronic') as electronic_stamps,
        max(value) filter (where name = 'promotion.provincial_events') as provincial_events
    from named
    group by period, area_code
)
select
    by_area.period,
    by_area.area_code,
    areas.area_name,
    cast(by_area.ipm_models as bigint) as ipm_models,
    cast(by_area.production_models as bigint) as production_models,
    cast(by_area.processes as bigint) as processes,
    cast(by_area.growing_area_codes as bigint) as growing_area_codes,
    cast(by_area.growing_area_ha as decimal(16, 4)) as growing_area_ha,
    cast(by_area.packing_facility_codes as bigint) as packing_facility_codes,
    cast(by_area.paper_stamps as bigint) as paper_stamps,
    cast(by_area.electronic_stamps as bigint) as electronic_stamps,
    cast(by_area.provincial_events as bigint) as provincial_events
from by_area
left join mart.indicator_areas as areas on by_area.area_code = areas.area_code
order by by_area.period, by_area.area_code
