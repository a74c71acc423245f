-- vi: HTX, THT với xã, phường mới nơi đặt trụ sở
-- en: Co-operatives with the commune of after July 2025 in which they lie
-- grain: một HTX, THT | co-operative
-- column cooperative_id: Mã HTX, THT | Co-operative
-- column kind: Loại hình | Kind
-- column district_code: Huyện, thành phố | District
-- column established_on: Ngày thành lập | Established on
-- column place: Xã, phường mới (steps.places) | Commune of after July 2025 (steps.places)
select
    cooperatives.cooperative_id,
    cooperatives.kind,
    cooperatives.district_code,
    cooperatives.established_on,
    places.place
from core.cooperatives as cooperatives
left join steps.places as places
    on
        cooperatives.commune_code = places.area_code
        and cooperatives.commune_valid_from between places.valid_from and places.valid_to
