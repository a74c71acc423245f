-- vi: Sự kiện xúc tiến thương mại: mỗi dòng thuộc sự kiện nào
-- en: Trade promotion: which event a row is about, however it is spelt
-- grain: một dòng của core.trade_promotions | row of core.trade_promotions
-- column period: Kỳ báo cáo | Period
-- column reporter_code: Đơn vị báo cáo | Reporter
-- column event_id: Sự kiện: các dòng cùng số là một sự kiện | The event: rows with the same number are about the same one
-- column scope: Cấp | Scope
-- column event: Tên sự kiện như đã ghi | The event as spelt
-- column venue: Địa điểm | Venue
-- column starts_on: Từ ngày | Starts on
-- column ends_on: Đến ngày | Ends on
--
-- Two rows are about the same event when their scope is the same, their starts are at most three days apart, and
--   (a) one name says all the words of the other, which has at least half as many ("Tham gia", "&", capitals, accents,
--       the year and words such as "tại", "siêu thị" make no difference), or
--   (b) the names differ by two letters at most and not in a number, or
--   (c) both days and the place are the same, the numbers too, and three words in five.
-- So "… siêu thị VinCom" and "… siêu thị BigC" on one day stay two: each has a word that the other lacks.
-- A start given by month or year alone (the first of it, no end) may be any day of it; without one, any of the period.
with recursive
spelt as (
    select distinct
        promotions.scope, promotions.event, promotions.venue, promotions.starts_on, promotions.ends_on,
        case when promotions.starts_on is null then promotions.period end as undated_period
    from core.trade_promotions as promotions
),
plain as (
    select
        spelt.scope, spelt.event, spelt.venue, spelt.starts_on, spelt.ends_on, spelt.undated_period,
        coalesce(spelt.starts_on, periods.starts_on) as first_day,
        case
            when spelt.starts_on is null then periods.ends_on
            when spelt.ends_on is null and day(spelt.starts_on) = 1 and month(spelt.starts_on) = 1
                then make_date(year(spelt.starts_on), 12, 31)
            when spelt.ends_on is null and day(spelt.starts_on) = 1 then last_day(spelt.starts_on)
            else spelt.starts_on + 3
        end as last_day,
        -- Hyphens, dots and a lone letter join their neighbours: Coop-Mart, Co.opmart, Big C.
        regexp_replace(
            regexp_replace(
                regexp_replace(translate(strip_accents(lower(spelt.event)), 'đ', 'd'), '[-.''’]', '', 'g'),
                '[^a-z0-9]+', ' ', 'g'
            ),
            ' ([a-z])\b', '\1', 'g'
        ) as name,
        regexp_replace(translate(strip_accents(lower(spelt.venue)), 'đ', 'd'), '[^a-z0-9]+', '', 'g') as place
    from spelt
    left join ref.periods as periods on spelt.undated_period = periods.period
),
worded as (
    select
        scope, event, venue, starts_on, ends_on, undated_period, first_day, last_day, place,
        trim(regexp_replace(name, '\bsp\b', 'san pham', 'g')) as name
    from plain
),
named as (
    select
        scope, event, venue, starts_on, ends_on, undated_period, first_day, last_day, place, name,
        list_filter(
            list_sort(list_distinct(string_split(name, ' '))),
            lambda word: not list_contains(
                [
                    'va', 'tai', 'o', 'cua', 'cac', 'cho', 'tham', 'gia', 'to', 'chuc', 'tinh', 'nam', 'sieu', 'thi',
                    'he', 'thong'
                ],
                word
            )
            and not regexp_matches(word, '^(19|20)[0-9][0-9]$')
        ) as words,
        row_number() over (
            order by first_day, scope, name, event, venue, starts_on, ends_on, undated_period
        ) as number
    from worded
),
-- Only spellings of the same month and scope are compared with each other.
monthly as (
    select
        number, scope, first_day, last_day, starts_on, ends_on, place, name, words,
        list_filter(words, lambda word: regexp_matches(word, '^([0-9].*|[ivx]+)$')) as numerals,
        unnest(range(date_trunc('month', first_day)::timestamp, last_day::timestamp + interval 1 day, interval 1 month))
            as month
    from named
),
compared as (
    select distinct
        a.number as a, b.number as b, a.name as a_name, b.name as b_name, a.numerals = b.numerals as are_numerals_equal,
        len(list_intersect(a.words, b.words)) as shared,
        least(len(a.words), len(b.words)) as fewer,
        greatest(len(a.words), len(b.words)) as more,
        coalesce(
            a.starts_on = b.starts_on and a.ends_on = b.ends_on
            and (contains(a.place, b.place) or contains(b.place, a.place)),
            false
        ) as is_there_and_then
    from monthly as a
    inner join monthly as b
        on
            a.scope = b.scope and a.month = b.month and a.number < b.number
            and a.first_day <= b.last_day and b.first_day <= a.last_day
),
same as (
    select a, b
    from compared
    where
        (shared = fewer and 2 * shared >= more)
        or (are_numerals_equal and levenshtein(a_name, b_name) <= 2)
        or (are_numerals_equal and is_there_and_then and 5 * shared >= 3 * (fewer + more - shared))
),
linked as (
    select a as one, b as other from same
    union all
    select b, a from same
),
reached as (
    select number, number as event_id from named
    union
    select linked.other, reached.event_id
    from reached
    inner join linked on reached.number = linked.one
),
events as (
    select number, min(event_id) as event_id from reached group by number
)
select
    promotions.period,
    promotions.reporter_code,
    events.event_id,
    promotions.scope,
    promotions.event,
    promotions.venue,
    promotions.starts_on,
    promotions.ends_on
from core.trade_promotions as promotions
inner join named
    on
        promotions.scope is not distinct from named.scope
        and promotions.event is not distinct from named.event
        and promotions.venue is not distinct from named.venue
        and promotions.starts_on is not distinct from named.starts_on
        and promotions.ends_on is not distinct from named.ends_on
        and (promotions.starts_on is not null or promotions.period = named.undated_period)
inner join events on named.number = events.number
