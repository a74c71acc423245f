"""Traceability stamps given to producers."""

from coop_pipeline.forms.spec import COMMUNE, DISTRICT, NOTE, PERSONAL, ROW_NO, UNIT, Duty, Field, Form, Given, Rule, code, count, day, text

FORM = Form(
    name="trace_stamps",
    vi="Tem truy xuất nguồn gốc",
    en="Traceability stamps",
    grain_vi="một lần cấp tem",
    grain_en="issue of stamps",
    source="Báo cáo hỗ trợ tem truy xuất nguồn gốc của tỉnh",
    titles=("tem truy xuất", "tem txng", "cấp tem", "tem điện tử", "truy xuất nguồn gốc", "tem"),
    owner="recipient",
    fields=(
        Field("recipient", "name", "Đơn vị nhận tem", "Recipient",
              ("Tên HTX", "Đơn vị", "Đơn vị được cấp", "Đơn vị sử dụng", "Tên đơn vị", "Tên HTX, THT", "HTX", "Đơn vị được hỗ trợ",
               "Tên cơ sở", "Tổ chức được cấp tem", "Đối tượng nhận", "Đơn vị tiếp nhận"), required=True, carries=True),
        DISTRICT, COMMUNE,
        text("product", "Sản phẩm", "Product", "Sản phẩm gắn tem", "Tên sản phẩm", "Sản phẩm được gắn tem", "Mặt hàng", carries=True),
        code("kind", "stamp_kinds", "Loại tem", "Kind", "Tem truy xuất nguồn gốc", "Tem truy xuất điện tử", "Tem QR", "Hình thức tem", "Loại",
             required=True, example="Tem giấy"),
        count("quantity", "Số lượng tem", "Quantity", "Số lượng (tem)", "Số tem cấp", "Tem TXNG (nghìn tem)", "Số lượng", "Số tem",
              "SL tem", "Số lượng tem cấp", "Số tem đã cấp", "Số lượng cấp", required=True, plausible=20_000_000),
        UNIT,
        day("issued_on", "Ngày cấp", "Issued on", "Năm cấp", "Thời gian cấp", "Ngày giao tem", "Thời gian", "Ngày bàn giao", "Ngày cấp tem"),
        ROW_NO, NOTE, *PERSONAL,
    ),
    rules=(
        Rule("issued_by_then", ("issued_on",), "issued_on <= period_ends_on",
             "Ngày cấp ({issued_on}) sau kỳ báo cáo", "It was issued ({issued_on}) after the period"),
    ),
    givens=(
        Given("kind", "electronic", ("tem điện tử", "tem truy xuất điện tử", "tem qr")),
        Given("kind", "paper", ("tem giấy",)),
    ),
    duties=(Duty(("district",)),),
)  # fmt: skip
