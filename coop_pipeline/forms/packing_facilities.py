"""Packing-facility codes (PHC) that import markets ask for."""

from coop_pipeline.forms.spec import COMMUNE, DISTRICT, NOTE, PERSONAL, ROW_NO, UNIT, Duty, Field, Form, Rule, area, code, day, text

FORM = Form(
    name="packing_facilities",
    vi="Mã số cơ sở đóng gói",
    en="Packing-facility codes",
    grain_vi="một mã số cơ sở đóng gói",
    grain_en="packing-facility code",
    source="Luật Trồng trọt 31/2018/QH14, Điều 64",
    titles=("mã số cơ sở đóng gói", "cơ sở đóng gói", "danh sách cơ sở đóng gói", "csđg", "đóng gói"),
    owner="holder",
    key=("code", "market"),
    fields=(
        text("code", "Mã số cơ sở đóng gói", "Code", "PHC", "MSCSĐG", "Mã CSĐG", "Mã số", "Mã cơ sở đóng gói", "Mã số được cấp", "Mã số CSĐG",
             "Mã số đã cấp", required=True, example="VN-HBPH-001"),
        text("facility", "Tên cơ sở đóng gói", "Facility", "Tên cơ sở", "Cơ sở đóng gói", "Cơ sở", "Đơn vị"),
        Field("holder", "name", "Đơn vị được cấp", "Holder",
              ("Tổ chức được cấp", "Đơn vị quản lý", "Chủ cơ sở", "Đơn vị sở hữu", "Tên tổ chức", "Chủ sở hữu", "Tên đơn vị", "Đơn vị đứng tên",
               "HTX, THT", "Tổ chức, cá nhân được cấp"),
              carries=True),
        DISTRICT, COMMUNE,
        text("capacity", "Công suất", "Capacity", "Công suất đóng gói", "Công suất (tấn/ngày)", "Năng lực đóng gói"),
        area("floor_area_m2", "Diện tích nhà xưởng", "Floor area", "Diện tích nhà xưởng (m2)", "Diện tích (m2)", "Diện tích", unit="m2",
             plausible=("5", "100000")),
        text("product", "Sản phẩm", "Product", "Loại quả", "Sản phẩm đóng gói", carries=True),
        code("market", "markets", "Thị trường", "Market", "Xuất khẩu đi", "Nước NK", "Thị trường xuất khẩu", "Nước nhập khẩu"),
        day("issued_on", "Ngày cấp", "Issued on", "Năm cấp", "Ngày được cấp", "Thời gian cấp", "Ngày cấp mã"),
        code("status", "code_statuses", "Tình trạng", "Status", "Còn hiệu lực/Thu hồi", "Tạm dừng", "Hiện trạng", "Trạng thái",
             "Tình trạng hiệu lực", "Hiệu lực", carries=False),
        ROW_NO, UNIT, NOTE, *PERSONAL,
    ),
    rules=(
        Rule("issued_by_then", ("issued_on",), "issued_on <= period_ends_on",
             "Ngày cấp ({issued_on}) sau kỳ báo cáo", "It was issued ({issued_on}) after the period"),
    ),
    duties=(Duty(("17-TTBVTV",)),),
)  # fmt: skip
