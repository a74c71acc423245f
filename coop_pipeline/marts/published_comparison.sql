-- vi: Số liệu tỉnh đã công bố so với số tính từ các báo cáo
-- en: The figures that the province published, beside those computed from the submissions
-- grain: một số liệu đã công bố | published figure
-- column code: Mã chỉ tiêu | Indicator
-- column printed: Nguyên văn | As printed
-- column qualifier: Mức độ (exact: đúng; more_than: hơn; almost: gần; about: khoảng) | exact | more_than | almost | about
-- column published_value: Số đã công bố | Published value
-- column computed_value: Số tính được; trống: chưa có báo cáo | Computed value; NULL: nothing was reported
-- column delta: Chênh lệch (tính được trừ công bố) | Computed less published
-- column within: Có khớp với cách nói đã in không | Whether the computed value is what the print says
-- column title_vi: Tên chỉ tiêu | Title
-- column unit: Đơn vị tính | Unit
-- column margin: Sai số do làm tròn khi in | Half a unit of the last printed digit
-- column as_of: Thời điểm | As of
-- column area_code: Địa bàn | Area
--
-- "More than" and "almost" are read as within a tenth of the print, "about" as within a hundredth (or its rounding).
with
compared as (
    select
        figures.code, figures.printed, figures.qualifier, figures.value as published_value,
        indicators.value as computed_value, indicators.value - figures.value as delta,
        figures.title_vi, figures.unit, coalesce(figures.margin, 0) as margin, figures.as_of, figures.area_code
    from ref.published_figures as figures
    left join mart.indicators as indicators
        on
            figures.code = indicators.indicator_code
            and figures.area_code = indicators.area_code
            and cast(year(figures.as_of) as varchar) = indicators.period
            and indicators.breakdown = ''
)
select
    code,
    printed,
    qualifier,
    published_value,
    computed_value,
    cast(delta as decimal(24, 6)) as delta,
    case qualifier
        when 'exact' then abs(delta) <= margin
        when 'more_than' then delta > 0 and delta <= published_value * 0.1
        when 'almost' then delta < 0 and -delta <= published_value * 0.1
        when 'about' then abs(delta) <= greatest(margin, published_value * 0.01)
    end as within,
    title_vi,
    unit,
    margin,
    as_of,
    area_code
from compared
order by code, area_code
