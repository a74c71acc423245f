"""Planting-area codes (PUC) that import markets ask for."""

from coop_pipeline.forms.spec import COMMUNE, DISTRICT, NOTE, PERSONAL, ROW_NO, UNIT, Duty, Field, Form, Rule, area, code, count, day, text

FORM = Form(
    name="growing_areas",
    vi="Mã số vùng trồng",
    en="Planting-area codes",
    grain_vi="một mã số vùng trồng",
    grain_en="planting-area code",
    source="Luật Trồng trọt 31/2018/QH14, Điều 64; Thông tư 18/2019/TT-BNNPTNT, Điều 6",
    titles=("mã số vùng trồng", "vùng trồng được cấp mã số", "danh sách vùng trồng", "msvt", "mã vùng trồng", "vùng trồng"),
    owner="holder",
    key=("code", "market"),
    fields=(
        text("code", "Mã số vùng trồng", "Code", "Mã số đã cấp", "Mã vùng", "PUC", "Mã số", "MSVT", "Mã vùng trồng", "Mã số được cấp", "Mã số PUC",
             required=True, example="VN-HBOR-0001"),
        text("area_name", "Tên vùng trồng", "Planting area", "Địa chỉ vùng trồng", "Địa điểm vùng trồng", "Vùng trồng", "Địa điểm", "Địa chỉ"),
        Field("holder", "name", "Đơn vị được cấp", "Holder",
              ("Tổ chức được cấp", "Đại diện vùng trồng", "Đơn vị quản lý", "Chủ sở hữu mã số", "Tên tổ chức, cá nhân", "Đơn vị đứng tên", "HTX, THT", "Tên HTX",
               "Đơn vị sở hữu", "Tổ chức, cá nhân được cấp", "Tên đơn vị"), carries=True),
        DISTRICT, COMMUNE,
        text("product", "Cây trồng", "Product", "Sản phẩm", "Loại cây trồng", "Loại cây", "Đối tượng cây trồng", "Loại quả", carries=True),
        area("area_ha", "Diện tích", "Area", "DT vùng trồng", "Diện tích (ha)", "Diện tích vùng trồng", "DT (ha)", plausible=("0.1", "1000")),
        count("households", "Số hộ", "Households", "Số nông hộ", "Số hộ tham gia", plausible=3000),
        code("market", "markets", "Thị trường", "Market", "Xuất khẩu đi", "Nước NK", "Thị trường xuất khẩu", "Nước nhập khẩu",
             "Thị trường đăng ký"),
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
