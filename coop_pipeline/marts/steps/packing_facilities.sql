-- vi: Mã số cơ sở đóng gói: mã nào được tính vào chỉ tiêu nào
-- en: Packing-facility codes: which code counts for which indicator
-- grain: một dòng số liệu và chỉ tiêu | row and indicator
-- column indicator_code: Mã chỉ tiêu | Indicator
-- column period: Kỳ | Period
-- column as_of: Thời điểm; trống: cuối kỳ | As of; NULL: the end of the period
-- column district_code: Huyện, thành phố | District
-- column place: Xã, phường mới (steps.places) | Commune of after July 2025 (steps.places)
-- column splits: Các cách phân tổ | Breakdowns and this row's value in each
-- column item: Cái chỉ được tính một lần; trống: dòng nào cũng tính | What counts once; NULL: every row counts
-- column amount: Lượng | Amount
-- column divisor: Mẫu số của tỷ lệ, bình quân | Divisor of a ratio or mean
-- column records: Số dòng của core | Rows of core behind it
with
reported as (
    select
        sources.period, sources.ends_on, sources.source_starts_on, sources.source_ends_on,
        coalesce(codes.district_code, sources.reporter_district, cooperatives.district_code) as district_code,
        coalesce(cooperatives.place, places.place, sources.reporter_place) as place,
        upper(regexp_replace(codes.code, '\s+', '', 'g')) as code,
        codes.market, codes.issued_on,
        coalesce(codes.status, 'active') as status
    from core.packing_facilities as codes
    inner join steps.sources as sources
        on
            sources.form = 'packing_facilities'
            and sources.time_window = 'known'
            and codes.period = sources.source_period
            and codes.reporter_code = sources.reporter_code
    left join steps.owners as cooperatives on codes.cooperative_id = cooperatives.cooperative_id
    left join steps.places as places
        on
            codes.commune_code = places.area_code
            and sources.source_ends_on between places.valid_from and places.valid_to
),
-- A code is what its latest report says, whichever market that report names: a code revoked there is revoked.
latest as (
    select period, ends_on, district_code, place, code, market, issued_on, status
    from reported
    qualify rank() over (partition by period, code order by source_ends_on desc, source_starts_on) = 1
),
in_force as (
    select period, district_code, place, code, map {'market': market} as splits
    from latest
    where status = 'active' and coalesce(issued_on, ends_on) <= ends_on
),
counted as (
    -- A code for two markets is one code; it stands under each of them in the breakdown.
    select 'packing_facilities.codes' as indicator_code, period, district_code, place, splits, code as item, 1 as amount
    from in_force
)
select
    indicator_code,
    period,
    cast(null as date) as as_of,
    district_code,
    place,
    cast(splits as map(varchar, varchar)) as splits,
    cast(item as varchar) as item,
    cast(amount as decimal(24, 6)) as amount,
    cast(null as decimal(24, 6)) as divisor,
    cast(1 as bigint) as records
from counted
where amount is not null
