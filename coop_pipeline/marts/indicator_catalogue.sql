-- vi: Danh mục chỉ tiêu
-- en: The indicators and what they mean
-- grain: một chỉ tiêu | indicator
-- column indicator_code: Mã chỉ tiêu | Indicator
-- column title_vi: Tên chỉ tiêu | Title
-- column title_en: Tên tiếng Anh | Title in English
-- column unit: Đơn vị tính | Unit
-- column additivity: Cách cộng (flow: cộng theo thời gian và địa bàn; stock: chỉ cộng theo địa bàn; distinct: không cộng; ratio: tính lại từ tử số, mẫu số; extreme: nhỏ nhất, lớn nhất) | flow: adds over time and place; stock: over place only; distinct: not at all; ratio: recomputed; extreme
-- column time_window: Cách tính theo thời gian (cumulative: lũy kế đến cuối kỳ; as_of: tại cuối kỳ; period: trong kỳ) | cumulative: up to the period's end; as_of: at it; period: within it
-- column form: Biểu nguồn (cách nhau bằng |) | Forms behind it, separated by a bar
-- column definition_vi: Cách tính | Definition in Vietnamese
-- column definition_en: Cách tính (tiếng Anh) | Definition in English
select
    code as indicator_code,
    title_vi,
    title_en,
    unit,
    additivity,
    time_window,
    form,
    definition_vi,
    definition_en
from codelist_indicators -- forms/codelists/indicators.csv, put here by the loader
order by code
