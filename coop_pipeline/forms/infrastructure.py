"""Buildings, irrigation and power supported for co-operatives."""

from decimal import Decimal

from coop_pipeline.forms.spec import NOTE, PERSONAL, ROW_NO, UNIT, Duty, Field, Form, Rule, area, code, day, money, owner, text

FORM = Form(
    name="infrastructure",
    vi="Hỗ trợ xây dựng kết cấu hạ tầng",
    en="Infrastructure",
    grain_vi="một công trình được hỗ trợ",
    grain_en="work supported",
    source="Quyết định 1804/QĐ-TTg 2020; Thông tư 124/2021/TT-BTC, Phụ lục 03",
    titles=("kết cấu hạ tầng", "hạ tầng", "công trình", "hỗ trợ xây dựng", "đầu tư xây dựng", "công trình được hỗ trợ", "xây dựng kết cấu"),
    owner="coop_name",
    key=("coop_name", "work"),
    key_severity="warning",
    fields=(
        *owner(True, "HTX được hỗ trợ", "Đơn vị thụ hưởng", "HTX thụ hưởng", "Đơn vị được hỗ trợ", "Chủ đầu tư"),
        text("work", "Tên công trình", "Work", "Hạng mục", "Hạng mục công trình", "Nội dung đầu tư", "Công trình", "Nội dung hỗ trợ",
             "Công trình, hạng mục", "Tên hạng mục", required=True, example="Nhà kho 200 m2"),
        code("kind", "work_kinds", "Loại công trình", "Kind", "Loại", "Loại hình công trình", "Nhóm công trình", "Phân loại"),
        area("floor_area_m2", "Diện tích xây dựng", "Floor area", "Diện tích XD", "Quy mô (m2)", "Diện tích (m2)", "Diện tích sàn",
             "DT xây dựng", "Diện tích nhà", unit="m2", plausible=("5", "20000")),
        area("served_area_ha", "Diện tích phục vụ", "Served area", "Diện tích được tưới", "Diện tích tưới", "Diện tích phục vụ (ha)",
             "Diện tích phục vụ tưới, điện", "DT phục vụ", "Diện tích phục vụ sản xuất", plausible=("0.05", "500")),
        money("amount_vnd", "Kinh phí hỗ trợ", "Support", "Trong đó: NSNN", "NSNN", "Vốn hỗ trợ", "Kinh phí", "Số tiền hỗ trợ",
              "Mức hỗ trợ", "NSNN hỗ trợ", "Ngân sách hỗ trợ", "Kinh phí NSNN hỗ trợ", required=True,
              plausible=("1000000", "50000000000")),
        Field("total_cost_vnd", "number", "Tổng mức đầu tư", "Total cost",
              ("Tổng vốn đầu tư", "Tổng kinh phí", "Tổng mức", "Tổng giá trị công trình"),
              unit="vnd", usual_unit="million_vnd", minimum=Decimal(0), plausible=(Decimal(1_000_000), Decimal(100_000_000_000)),
              instead="amount_vnd"),
        money("counterpart_vnd", "Vốn đối ứng", "Own contribution", "HTX đối ứng", "Đối ứng của HTX", "Vốn HTX", plausible=("0", "50000000000")),
        text("source", "Nguồn vốn", "Source", "Vốn sự nghiệp/ĐTPT", "Nguồn kinh phí", "Nguồn hỗ trợ", "Nguồn", "Chương trình", carries=True),
        day("completed_on", "Ngày hoàn thành", "Completed on", "Năm hoàn thành", "Năm hỗ trợ", "Thời gian hoàn thành", "Hoàn thành",
            "Thời gian thực hiện", "Năm thực hiện", "Nghiệm thu", "Ngày nghiệm thu"),
        ROW_NO, UNIT, NOTE, *PERSONAL,
    ),
    rules=(
        Rule("building_has_floor", ("kind", "served_area_ha"), "not (kind = 'building' and served_area_ha > 0)",
             "Công trình nhà, xưởng không có diện tích tưới ({served_area_ha} ha)", "A building serves no irrigated area ({served_area_ha} ha)"),
        Rule("support_within_cost", ("amount_vnd", "total_cost_vnd"), "amount_vnd <= total_cost_vnd",
             "Kinh phí hỗ trợ ({amount_vnd}) lớn hơn tổng mức đầu tư ({total_cost_vnd})", "The support ({amount_vnd}) exceeds the total cost ({total_cost_vnd})"),
        Rule("completed_by_then", ("completed_on",), "completed_on <= period_ends_on",
             "Ngày hoàn thành ({completed_on}) sau kỳ báo cáo", "It was completed ({completed_on}) after the period"),
    ),
    derives=(("kind", "work", "work_kinds"),),
    duties=(Duty(("district",)),),
)  # fmt: skip
