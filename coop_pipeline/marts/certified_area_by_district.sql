-- vi: Chứng nhận còn hiệu lực và diện tích theo huyện, thành phố
-- en: Certificates in force and their area by district
-- grain: kỳ, địa bàn (17: toàn tỉnh, không phải lúc nào cũng bằng tổng các huyện) | period and area (17 is the province, not always the districts' sum)
-- column period: Kỳ báo cáo | Period
-- column area_code: Mã địa bàn | Area
-- column area_name: Tên địa bàn | Name of the area
-- column certified_coops: HTX, THT được chứng nhận ATTP, VietGAP | Co-operatives with food safety or VietGAP
-- column certified_area_ha: Diện tích được chứng nhận ATTP, VietGAP | Area under food safety or VietGAP [ha]
-- column vietgap_area_ha: Diện tích VietGAP | Area under VietGAP [ha]
-- column food_safety_area_ha: Diện tích đủ điều kiện ATTP | Area under food safety [ha]
-- column globalgap_area_ha: Diện tích GlobalGAP | Area under GlobalGAP [ha]
-- column organic_area_ha: Diện tích hữu cơ | Organic area [ha]
-- column pgs_area_ha: Diện tích hữu cơ PGS | Area under PGS [ha]
-- column area_ha: Diện tích có chứng nhận, mọi loại, mỗi diện tích một lần | Certified area of any scheme, each area once [ha]
-- column food_safety_coops_new: HTX, THT được cấp GCN ATTP trong kỳ | Co-operatives given food safety within the period
-- column food_safety_area_ha_new: Diện tích được cấp GCN ATTP trong kỳ | Area given food safety within the period [ha]
-- column ocop_products: Sản phẩm OCOP | OCOP products
-- column ocop_products_3_stars: Sản phẩm OCOP 3 sao | OCOP products of 3 stars
-- column ocop_products_4_stars: Sản phẩm OCOP 4 sao | OCOP products of 4 stars
-- column ocop_products_5_stars: Sản phẩm OCOP 5 sao | OCOP products of 5 stars
--
-- An area of one owner and product counts once: the schemes do not add up to the whole.
with
named as (
    select
        period, area_code, value,
        indicator_code || case when breakdown = '' then '' else ':' || breakdown_value end as name
    from mart.indicators
    where indicator_code like 'certifications.%' and breakdown in ('', 'scheme', 'stars')
),
by_area as (
    select
        period, area_code,
        max(value) filter (where name = 'certifications.certified_coops') as certified_coops,
        max(value) filter (where name = 'certifications.certified_area_ha') as certified_area_ha,
        max(value) filter (where name = 'certifications.area_ha:VietGAP') as vietgap_area_ha,
        max(value) filter (where name = 'certifications.area_ha:food_safety') as food_safety_area_ha,
        max(value) filter (where name = 'certifications.area_ha:GlobalGAP') as globalgap_area_ha,
        max(value) filter (where name = 'certifications.area_ha:organic') as organic_area_ha,
        max(value) filter (where name = 'certifications.area_ha:PGS') as pgs_area_ha,
        max(value) filter (where name = 'certifications.area_ha') as area_ha,
        max(value) filter (where name = 'certifications.food_safety_coops_new') as food_safety_coops_new,
        max(value) filter (where name = 'certifications.food_safety_area_ha_new') as food_safety_area_ha_new,
        max(value) filter (where name = 'certifications.ocop_products') as ocop_products,
        max(value) filter (where name = 'certifications.ocop_products:3') as ocop_products_3_stars,
        max(value) filter (where name = 'certifications.ocop_products:4') as ocop_products_4_stars,
        max(value) filter (where name = 'certifications.ocop_products:5') as ocop_products_5_stars
    from named
    group by period, area_code
)
select
    by_area.period,
    by_area.area_code,
    areas.area_name,
    cast(by_area.certified_coops as bigint) as certified_coops,
    cast(by_area.certified_area_ha as decimal(16, 4)) as certified_area_ha,
    cast(by_area.vietgap_area_ha as decimal(16, 4)) as vietgap_area_ha,
    cast(by_area.food_safety_area_ha as decimal(16, 4)) as food_safety_area_ha,
    cast(by_area.globalgap_area_ha as decimal(16, 4)) as globalgap_area_ha,
    cast(by_area.organic_area_ha as decimal(16, 4)) as organic_area_ha,
    cast(by_area.pgs_area_ha as decimal(16, 4)) as pgs_area_ha,
    cast(by_area.area_ha as decimal(16, 4)) as area_ha,
    cast(by_area.food_safety_coops_new as bigint) as food_safety_coops_new,
    cast(by_area.food_safety_area_ha_new as decimal(16, 4)) as food_safety_area_ha_new,
    cast(by_area.ocop_products as bigint) as ocop_products,
    cast(by_area.ocop_products_3_stars as bigint) as ocop_products_3_stars,
    cast(by_area.ocop_products_4_stars as bigint) as ocop_products_4_stars,
    cast(by_area.ocop_products_5_stars as bigint) as ocop_products_5_stars
from by_area
left join mart.indicator_areas as areas on by_area.area_code = areas.area_code
order by by_area.period, by_area.area_code
