"""Fairs, festivals and weeks at which co-operatives showed their produce."""

from coop_pipeline.forms.spec import NOTE, PERSONAL, ROW_NO, UNIT, Duty, Form, Given, Rule, code, count, day, money, text

FORM = Form(
    name="trade_promotions",
    vi="Xúc tiến thương mại",
    en="Trade promotion",
    grain_vi="một sự kiện",
    grain_en="event",
    source="Báo cáo xúc tiến thương mại hằng năm của tỉnh",
    titles=("xúc tiến thương mại", "xttm", "hội chợ", "sự kiện", "tham gia hội chợ", "chương trình xúc tiến", "quảng bá"),
    key=("event", "starts_on"),
    key_severity="warning",
    fields=(
        text("event", "Tên sự kiện", "Event", "Chương trình xúc tiến", "Hoạt động XTTM", "Hội chợ", "Tên chương trình", "Sự kiện", "Hoạt động",
             "Nội dung", "Tên hội chợ", "Tên hội chợ, sự kiện", "Chương trình", "Nội dung hoạt động", required=True,
             example="Lễ hội cây ăn quả có múi"),
        code("scope", "event_scopes", "Quy mô", "Scope", "Cấp tỉnh/huyện/TW", "Cấp", "Cấp tổ chức", "Phạm vi", "Cấp độ", required=True,
             titled=False, example="Cấp tỉnh"),
        text("venue", "Địa điểm", "Venue", "Nơi tổ chức", "Địa điểm tổ chức", "Tại"),
        day("starts_on", "Thời gian", "Starts on", "Ngày tổ chức", "Từ ngày", "Ngày bắt đầu", "Thời gian tổ chức", "Ngày khai mạc", "Bắt đầu",
            "Thời gian / Từ ngày", until="ends_on"),
        day("ends_on", "Đến ngày", "Ends on", "Ngày kết thúc", "Kết thúc", "Ngày bế mạc", "Thời gian / Đến ngày", end=True),
        text("organiser", "Đơn vị tổ chức", "Organiser", "Đơn vị chủ trì", "Cơ quan tổ chức", "Đơn vị thực hiện"),
        count("coops", "Số HTX tham gia", "Co-operatives", "HTX tham gia", "Số đơn vị tham gia", "Số lượng HTX", "Số HTX", "Số gian hàng",
              "Số HTX, THT tham gia", plausible=500),
        money("contract_value_vnd", "Giá trị hợp đồng", "Contract value", "Doanh thu tại hội chợ", "Giá trị ký kết", "Doanh số", "Doanh thu",
              "Giá trị hợp đồng ký kết", "GT hợp đồng"),
        money("budget_vnd", "Kinh phí", "Budget", "Kinh phí thực hiện", "KP", "Kinh phí hỗ trợ"),
        ROW_NO, UNIT, NOTE, *PERSONAL,
    ),
    rules=(
        Rule("ends_after_start", ("ends_on", "starts_on"), "ends_on >= starts_on",
             "Ngày kết thúc ({ends_on}) trước ngày bắt đầu ({starts_on})", "It ends ({ends_on}) before it starts ({starts_on})"),
        Rule("starts_in_period", ("starts_on",), "starts_on between period_starts_on and period_ends_on",
             "Thời gian tổ chức ({starts_on}) ngoài kỳ báo cáo", "It took place ({starts_on}) outside the period"),
    ),
    givens=(
        Given("scope", "province", ("cấp tỉnh",)),
        Given("scope", "district", ("cấp huyện",)),
    ),
    duties=(Duty(("district", "17-XTTM")),),
)  # fmt: skip
