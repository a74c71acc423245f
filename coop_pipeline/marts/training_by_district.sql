-- vi: Đào tạo, bồi dưỡng, tập huấn theo huyện, thành phố
-- en: Training by district
-- grain: kỳ, địa bàn (17: toàn tỉnh, không phải lúc nào cũng bằng tổng các huyện) | period and area (17 is the province, not always the districts' sum)
-- column period: Kỳ báo cáo | Period
-- column area_code: Mã địa bàn | Area
-- column area_name: Tên địa bàn | Name of the area
-- column classes: Số lớp trong kỳ | Classes within the period
-- column attendances: Số lượt người trong kỳ | Attendances within the period
-- column manager_attendances: Trong đó: lượt cán bộ quản lý HTX (mọi loại lớp) | Of them: managers, classes of any kind
-- column member_worker_attendances: Trong đó: lượt thành viên và người lao động | Of them: members and workers
-- column official_attendances: Trong đó: lượt cán bộ công chức cấp huyện và xã | Of them: officials
-- column budget_vnd: Kinh phí trong kỳ | Budget within the period [VND]
-- column manager_attendances_to_date: Lượt cán bộ quản lý HTX (không kể dạy nghề), lũy kế | Attendances of managers without vocational classes, up to the period's end
-- column vocational_classes_to_date: Lớp dạy nghề và truyền nghề, lũy kế | Vocational classes, up to the period's end
-- column vocational_learners_to_date: Người được dạy nghề, lũy kế | Vocational learners, up to the period's end
-- column official_attendances_to_date: Lượt cán bộ công chức, lũy kế | Attendances of officials, up to the period's end
with
named as (
    select
        period, area_code, value,
        indicator_code || case when breakdown = '' then '' else ':' || breakdown_value end as name
    from mart.indicators
    where indicator_code like 'training.%' and breakdown in ('', 'audience')
),
by_area as (
    select
        period, area_code,
        max(value) filter (where name = 'training.classes') as classes,
        max(value) filter (where name = 'training.attendances') as attendances,
        max(value) filter (where name = 'training.attendances:manager') as manager_attendances,
        max(value) filter (where name = 'training.attendances:member_worker') as member_worker_attendances,
        max(value) filter (where name = 'training.attendances:official') as official_attendances,
        max(value) filter (where name = 'training.budget_vnd') as budget_vnd,
        max(value) filter (where name = 'training.manager_attendances') as manager_attendances_to_date,
        max(value) filter (where name = 'training.vocational_classes') as vocational_classes_to_date,
        max(value) filter (where name = 'training.vocational_learners') as vocational_learners_to_date,
        max(value) filter (where name = 'training.official_attendances') as official_attendances_to_date
    from named
    group by period, area_code
)
select
    by_area.period,
    by_area.area_code,
    areas.area_name,
    cast(by_area.classes as bigint) as classes,
    cast(by_area.attendances as bigint) as attendances,
    cast(by_area.manager_attendances as bigint) as manager_attendances,
    cast(by_area.member_worker_attendances as bigint) as member_worker_attendances,
    cast(by_area.official_attendances as bigint) as official_attendances,
    cast(by_area.budget_vnd as decimal(20, 2)) as budget_vnd,
    cast(by_area.manager_attendances_to_date as bigint) as manager_attendances_to_date,
    cast(by_area.vocational_classes_to_date as bigint) as vocational_classes_to_date,
    cast(by_area.vocational_learners_to_date as bigint) as vocational_learners_to_date,
    cast(by_area.official_attendances_to_date as bigint) as official_attendances_to_date
from by_area
left join mart.indicator_areas as areas on by_area.area_code = areas.area_code
order by by_area.period, by_area.area_code
