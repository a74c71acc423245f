-- vi: Xã, phường mà mỗi đơn vị cấp xã thuộc về từ 01/07/2025
-- en: Where each commune-level unit, old or new, lies since July 2025
-- grain: một đơn vị hành chính cấp xã | commune-level unit while it exists
-- column area_code: Mã đơn vị | Code of the unit
-- column valid_from: Có hiệu lực từ | First day; open where the unit is older than the list
-- column valid_to: Đến hết | Last day; open where it is still in force
-- column place: Mã xã mới; của xã bị chia: 'split ' và mã cũ | The new commune's code; of a split one 'split ' and its old code
with
succeeded as (
    select distinct
        area_code, valid_from, succession, case when succession = 'whole' then successor_code end as successor
    from ref.area_successions
)
select
    areas.area_code,
    -- Before the list begins the unit of its first day speaks for its code.
    case when areas.valid_to is not null then date '1900-01-01' else areas.valid_from end as valid_from,
    coalesce(areas.valid_to, date '9999-12-31') as valid_to,
    case
        when succeeded.succession = 'split' then 'split ' || areas.area_code
        when succeeded.succession = 'whole' then succeeded.successor
        when areas.valid_to is null then areas.area_code
    end as place
from ref.areas as areas
left join succeeded on areas.area_code = succeeded.area_code and areas.valid_from = succeeded.valid_from
where areas.level = 'commune'
