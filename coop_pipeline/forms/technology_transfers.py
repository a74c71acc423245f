"""Processes and technologies handed over to co-operatives."""

from coop_pipeline.forms.spec import NOTE, PERSONAL, ROW_NO, UNIT, Duty, Form, Rule, count, day, owner, text

FORM = Form(
    name="technology_transfers",
    vi="Chuyển giao quy trình kỹ thuật, công nghệ",
    en="Technology transfers",
    grain_vi="một quy trình (hoặc một nhóm quy trình) được chuyển giao",
    grain_en="process handed over",
    source="Thông tư 124/2021/TT-BTC, Phụ lục 02",
    titles=("chuyển giao quy trình", "quy trình kỹ thuật", "chuyển giao công nghệ", "chuyển giao tiến bộ", "ứng dụng khoa học công nghệ",
            "chuyển giao khkt", "khoa học và công nghệ", "quy trình công nghệ", "chuyển giao khoa học kỹ thuật"),
    owner="coop_name",
    fields=(
        *owner(False, "Đơn vị tiếp nhận", "HTX tiếp nhận", "Đơn vị nhận chuyển giao", "Nơi tiếp nhận", "HTX, THT tiếp nhận",
               "Đơn vị ứng dụng"),
        text("process", "Tên quy trình", "Process", "Quy trình kỹ thuật chuyển giao", "Tên công nghệ", "Tiến bộ KHKT", "Quy trình",
             "Nội dung chuyển giao", "Quy trình công nghệ", "Tên quy trình kỹ thuật", "Công nghệ chuyển giao", "Quy trình kỹ thuật",
             "Tên tiến bộ kỹ thuật", required=True, example="Quy trình bao quả bưởi"),
        count("processes", "Số quy trình", "Processes", "Quy trình (QT)", "Số TBKT", "Số lượng quy trình", "Số lượng", "SL quy trình",
              "Số QT", plausible=500),
        text("provider", "Đơn vị chuyển giao", "Provider", "Nguồn chuyển giao", "Cơ quan chuyển giao", "Đơn vị hỗ trợ", "Bên chuyển giao",
             carries=True),
        text("task_code", "Đề tài, dự án", "Project", "Đề tài/dự án", "Dự án KHCN"),
        day("transferred_on", "Thời gian chuyển giao", "Transferred on", "Ngày chuyển giao", "Thời gian", "Năm chuyển giao",
            "Thời điểm chuyển giao", "Thời gian thực hiện"),
        ROW_NO, UNIT, NOTE, *PERSONAL,
    ),
    rules=(
        Rule("transferred_by_then", ("transferred_on",), "transferred_on <= period_ends_on",
             "Thời gian chuyển giao ({transferred_on}) sau kỳ báo cáo", "It was transferred ({transferred_on}) after the period"),
    ),
    duties=(Duty(("district",)),),
)  # fmt: skip
