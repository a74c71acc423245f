"""Models shown to farmers: integrated pest management (IPM) and production models."""

from coop_pipeline.forms.spec import NOTE, PERSONAL, ROW_NO, UNIT, Duty, Form, Given, Rule, area, code, count, owner, text

FORM = Form(
    name="demonstration_models",
    vi="Mô hình IPM, mô hình sản xuất và trình diễn",
    en="Demonstration models",
    grain_vi="một mô hình, hoặc một nhóm mô hình cùng quy mô",
    grain_en="model or group of models",
    source="Thông tư 124/2021/TT-BTC, Phụ lục 02",
    titles=("mô hình ipm", "mô hình trình diễn", "mô hình sản xuất", "xây dựng mô hình", "quản lý dịch hại tổng hợp", "danh sách mô hình",
            "ipm"),
    owner="coop_name",
    fields=(
        *owner(False, "Đơn vị thực hiện", "HTX thực hiện", "HTX tham gia", "Đơn vị thực hiện mô hình", "Đơn vị tham gia"),
        text("model", "Tên mô hình", "Model", "Mô hình", "Mô hình IPM", "Mô hình áp dụng IPM", "Mô hình ứng dụng IPM", "Nội dung mô hình",
             "Mô hình trình diễn", "Mô hình SX, trình diễn", "Mô hình sản xuất", required=True, example="IPM trên cây bưởi"),
        code("kind", "model_kinds", "Loại mô hình", "Kind", "Loại hình", "Loại", "Phân loại", "Nhóm mô hình", required=True, example="IPM"),
        text("product", "Cây trồng, vật nuôi", "Product", "Cây trồng", "Trên cây", "Đối tượng", "Sản phẩm", "Loại cây trồng",
             "Cây trồng/vật nuôi", "Cây, con", "Đối tượng áp dụng", carries=True),
        count("models", "Số mô hình", "Models", "Số lượng", "Số lượng mô hình", "SL mô hình", "Số MH", "Tổng số mô hình", "SL", required=True,
              plausible=500, example="5"),
        area("size_ha", "Quy mô một mô hình", "Size of a model", "Quy mô", "Quy mô/mô hình", "Diện tích mô hình", "Diện tích", "Quy mô (ha)",
             "Diện tích (ha)", "Quy mô mỗi mô hình", "Quy mô BQ/MH", "DT/mô hình", plausible=("0.01", "100"), example="0,5"),
        count("households", "Số hộ tham gia", "Households", "Số hộ", "Hộ tham gia", "Số hộ thực hiện", plausible=3000),
        text("season", "Vụ", "Season", "Năm/vụ", "Mùa vụ", "Thời vụ"),
        ROW_NO, UNIT, NOTE, *PERSONAL,
    ),
    rules=(
        Rule("some_models", ("models",), "models >= 1", "Số mô hình là {models}", "The number of models is {models}"),
    ),
    givens=(
        Given("kind", "IPM", ("ipm", "dịch hại tổng hợp")),
        Given("kind", "production", ("mô hình sản xuất", "trình diễn", "mô hình sx")),
    ),
    derives=(("kind", "model", "model_kinds"),),
    duties=(Duty(("district", "17-TTBVTV")),),
)  # fmt: skip
