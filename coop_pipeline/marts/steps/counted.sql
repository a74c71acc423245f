-- vi: Cái gì được tính vào chỉ tiêu nào, của mọi nhóm chỉ tiêu
-- en: What counts for which indicator, of all families of indicators
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
--
-- Where sums are made anew, it is made of the families alone that have any to make.
select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
from steps.certifications
union all
select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
from steps.cooperatives
union all
select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
from steps.credit
union all
select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
from steps.data
union all
select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
from steps.exports
union all
select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
from steps.growing_areas
union all
select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
from steps.infrastructure
union all
select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
from steps.models
union all
select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
from steps.packing_facilities
union all
select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
from steps.promotion
union all
select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
from steps.stamps
union all
select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
from steps.technology
union all
select indicator_code, period, as_of, district_code, place, splits, item, amount, divisor, records
from steps.training
