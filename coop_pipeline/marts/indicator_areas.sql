-- vi: Tên các địa bàn của chỉ tiêu: tỉnh và các huyện, thành phố
-- en: The names of the areas that indicators are for: the province and its districts
-- grain: một đơn vị hành chính | area
-- column area_code: Mã địa bàn | Area code
-- column area_name: Tên địa bàn | Name of the area
-- column level: Cấp: province (tỉnh) hoặc district (huyện) | Level: province or district
with
-- A code can name other ground after July 2025: only the province of 17 and the districts below it count here.
ours as (
    select area_code, level, name_vi, valid_to
    from ref.areas
    where (level = 'province' and area_code = '17') or (level = 'district' and parent_code = '17')
)
select
    area_code,
    arg_max(name_vi, coalesce(valid_to, date '9999-12-31')) as area_name,
    level
from ours
group by area_code, level
order by area_code
