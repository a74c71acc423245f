"""Produce of co-operatives that was exported."""

from coop_pipeline.forms.spec import NOTE, PERSONAL, ROW_NO, UNIT, Duty, Field, Form, Given, Rule, code, day, limit, money, owner, text

FORM = Form(
    name="exports",
    vi="Xuất khẩu nông sản của HTX",
    en="Exports",
    grain_vi="một lô hàng hoặc một dòng hàng xuất khẩu",
    grain_en="consignment or line",
    source="Báo cáo xúc tiến thương mại hằng năm của tỉnh",
    titles=("xuất khẩu", "hàng nông sản xuất khẩu", "tình hình xuất khẩu", "sản lượng xuất khẩu"),
    owner="coop_name",
    fields=(
        *owner(False, "HTX sản xuất", "Đơn vị sản xuất", "HTX cung ứng", "HTX, THT cung ứng", "Nguồn hàng", "Đơn vị cung ứng"),
        text("exporter", "Doanh nghiệp xuất khẩu", "Exporter", "Đơn vị bao tiêu", "DN liên kết", "Đơn vị xuất khẩu", "Công ty xuất khẩu",
             "DN xuất khẩu", "Nhà xuất khẩu"),
        text("product", "Sản phẩm", "Product", "Mặt hàng xuất khẩu", "Loại quả", "Mặt hàng", "Tên hàng", "Hàng hóa", "Nông sản",
             "Tên sản phẩm", "Chủng loại", required=True, carries=True, example="Nhãn"),
        code("market", "markets", "Thị trường", "Market", "Quốc gia", "Thị trường xuất khẩu", "Xuất sang", "Nước nhập khẩu", "Nước",
             "Xuất khẩu đi", "Nước đến", required=True, example="Trung Quốc"),
        Field("quantity_t", "number", "Sản lượng", "Quantity",
              ("Sản lượng (kg)", "Sản lượng XK", "Số lượng", "Khối lượng", "Sản lượng xuất khẩu", "SL (tấn)", "Lượng hàng",
               "Khối lượng xuất khẩu", "SL xuất khẩu"),
              unit="t", usual_unit="t", required=True, minimum=limit(0), plausible=(limit("0.01"), limit(20000)), example="120"),
        UNIT,
        money("value_vnd", "Giá trị", "Value", "Thành tiền", "Doanh thu XK", "Trị giá", "Giá trị xuất khẩu", "Kim ngạch", "Giá trị hàng"),
        code("channel", "channels", "Hình thức XK", "Channel", "Chính ngạch/tiểu ngạch", "Đường chính ngạch", "Hình thức xuất khẩu",
             "Hình thức", "Phương thức", "Kênh xuất khẩu", "Loại hình xuất khẩu", example="Chính ngạch"),
        day("shipped_on", "Thời gian", "Shipped on", "Đợt xuất", "Vụ", "Ngày xuất", "Thời gian xuất khẩu", "Ngày xuất hàng", "Thời điểm xuất",
            "Tháng xuất"),
        ROW_NO, NOTE, *PERSONAL,
    ),
    rules=(
        Rule("shipped_by_then", ("shipped_on",), "shipped_on <= period_ends_on",
             "Ngày xuất ({shipped_on}) sau kỳ báo cáo", "It was shipped ({shipped_on}) after the period"),
        Rule("shipped_in_period", ("shipped_on",), "shipped_on >= period_starts_on",
             "Ngày xuất ({shipped_on}) trước kỳ báo cáo", "It was shipped ({shipped_on}) before the period"),
    ),
    givens=(
        Given("channel", "official", ("chính ngạch",)),
        Given("channel", "border", ("tiểu ngạch",)),
    ),
    duties=(Duty(("17-XTTM",)),),
)  # fmt: skip
