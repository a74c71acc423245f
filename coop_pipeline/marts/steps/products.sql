-- vi: Tên sản phẩm: các cách viết chỉ khác chữ hoa, khoảng trắng được gộp về cách viết thường gặp nhất
-- en: Product names: spellings that differ only in capitals and spaces come under the commonest of them
-- grain: một cách viết | spelling
-- column spelling: Cách viết trong báo cáo | As it stands in core
-- column product: Tên dùng chung | The name that stands for it
with
written as (
    select product from core.certifications
    union all
    select product from core.exports
    union all
    select product from core.demonstration_models
    union all
    select product from core.trace_stamps
    union all
    select product from core.growing_areas
),
counted as (
    select
        product as spelling,
        lower(regexp_replace(trim(nfc_normalize(product)), '\s+', ' ', 'g')) as folded,
        count(*) as times
    from written
    where product is not null
    group by product
)
select
    spelling,
    first_value(regexp_replace(trim(nfc_normalize(spelling)), '\s+', ' ', 'g'))
        over (partition by folded order by times desc, spelling desc) as product
from counted
