-- vi: Sự kiện xúc tiến thương mại, mỗi sự kiện một lần, với mọi cách ghi tên
-- en: Trade promotion events, each once, with every spelling of it
-- grain: một sự kiện | event
-- column event: Tên sự kiện (cách ghi đầy đủ nhất) | The event, in its fullest spelling
-- column scope: Cấp (ref.codes: event_scopes) | Scope (ref.codes: event_scopes)
-- column starts_on: Từ ngày | Starts on
-- column ends_on: Đến ngày | Ends on
-- column venue: Địa điểm | Venue
-- column periods: Các kỳ báo cáo (cách nhau bằng |) | Periods in which it was reported, separated by a bar
-- column reporters: Số đơn vị báo cáo | Reporters that list it
-- column records: Số dòng | Rows of core behind it
-- column spellings: Các cách ghi tên (cách nhau bằng |) | Every spelling, separated by a bar
select
    arg_max(event, (length(event), event)) as event,
    scope,
    -- A full date is later than the first of its month, which stands for a month alone.
    max(starts_on) as starts_on,
    max(ends_on) as ends_on,
    max(venue) as venue,
    string_agg(distinct period, '|' order by period) as periods,
    count(distinct reporter_code) as reporters,
    count(*) as records,
    string_agg(distinct event, '|' order by event) as spellings
from steps.events
group by event_id, scope
order by starts_on, scope, event
