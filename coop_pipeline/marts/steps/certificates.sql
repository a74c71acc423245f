-- vi: Giấy chứng nhận biết đến cuối mỗi kỳ, theo báo cáo mới nhất, và còn hiệu lực hay không
-- en: Certificates known at the end of each period, as their latest report has them, and whether they are in force
-- grain: kỳ, giấy chứng nhận | period and certificate
-- column period: Kỳ được tính | Period asked for
-- column district_code: Huyện, thành phố | District
-- column place: Xã, phường mới (steps.places) | Commune of after July 2025 (steps.places)
-- column owner: Chủ thể: mã HTX, hoặc tên nếu không phải HTX | Owner: the co-operative's id, else the name
-- column owner_kind: Loại hình; other: không phải HTX, THT | Kind of co-operative; other: none
-- column scheme: Loại chứng nhận | Scheme
-- column certificate: Giấy chứng nhận | What makes the certificate: owner, scheme, number, product
-- column product: Sản phẩm | Product
-- column area_ha: Diện tích | Area [ha]
-- column stars: Hạng sao OCOP | OCOP stars [star]
-- column is_in_force: Còn hiệu lực vào cuối kỳ | In force at the end of the period
-- column is_new: Được cấp trong kỳ | Issued within the period
with
reported as (
    select
        sources.period, sources.starts_on, sources.ends_on, sources.source_starts_on, sources.source_ends_on,
        coalesce(certificates.district_code, sources.reporter_district, cooperatives.district_code) as district_code,
        coalesce(cooperatives.place, places.place, sources.reporter_place) as place,
        coalesce(certificates.cooperative_id, lower(trim(certificates.coop_name))) as owner,
        case
            when certificates.cooperative_id is null then 'other' else coalesce(cooperatives.kind, 'unknown')
        end as owner_kind,
        certificates.scheme, coalesce(products.product, '') as product,
        upper(regexp_replace(coalesce(certificates.certificate_no, ''), '\s+', '', 'g')) as certificate_no,
        certificates.area_ha, certificates.stars, certificates.issued_on, certificates.expires_on, schemes.term_months,
        certificates.reporter_code, certificates.submission_id, certificates.sheet, certificates.row_number
    from core.certifications as certificates
    inner join steps.sources as sources
        on
            sources.form = 'certifications'
            and sources.time_window = 'known'
            and certificates.period = sources.source_period
            and certificates.reporter_code = sources.reporter_code
    left join steps.owners as cooperatives on certificates.cooperative_id = cooperatives.cooperative_id
    left join steps.places as places
        on
            certificates.commune_code = places.area_code
            and sources.source_ends_on between places.valid_from and places.valid_to
    left join steps.products as products on certificates.product = products.spelling
    left join ref.schemes as schemes on certificates.scheme = schemes.scheme
),
latest as (
    select
        period, starts_on, ends_on, source_starts_on, district_code, place, owner, owner_kind, scheme, product,
        certificate_no,
        area_ha, stars, issued_on, expires_on, term_months
    from reported
    qualify
        row_number() over (
            partition by period, owner, scheme, certificate_no, product
            order by source_ends_on desc, source_starts_on, reporter_code, submission_id, sheet, row_number
        ) = 1
),
-- A certificate without a day of issue is taken as issued when the period of its latest report began.
dated as (
    select
        period, starts_on, ends_on, district_code, place, owner, owner_kind, scheme, product, certificate_no,
        area_ha, stars, issued_on,
        coalesce(issued_on, least(source_starts_on, expires_on)) as valid_from,
        coalesce(
            expires_on, cast(coalesce(issued_on, source_starts_on) + to_months(term_months) as date)
        ) as valid_to
    from latest
)
select
    period,
    district_code,
    place,
    owner,
    owner_kind,
    scheme,
    concat_ws('|', owner, scheme, certificate_no, product) as certificate,
    product,
    area_ha,
    stars,
    coalesce(ends_on between valid_from and valid_to, false) as is_in_force,
    coalesce(issued_on between starts_on and ends_on, false) as is_new
from dated
