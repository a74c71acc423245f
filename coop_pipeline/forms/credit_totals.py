"""The State Bank branch's statement of all credit in the province, against which the co-operatives' share is computed."""

from coop_pipeline.forms.spec import NOTE, ROW_NO, UNIT, Duty, Form, Rule, day, money

FORM = Form(
    name="credit_totals",
    vi="Tổng dư nợ tín dụng trên địa bàn",
    en="All credit in the province",
    grain_vi="một thời điểm báo cáo của Ngân hàng Nhà nước chi nhánh tỉnh",
    grain_en="statement by the State Bank branch",
    source="Thông tư 35/2015/TT-NHNN",
    titles=("tổng dư nợ", "dư nợ toàn tỉnh", "tổng dư nợ tín dụng", "dư nợ trên địa bàn", "tổng hợp dư nợ", "tình hình tín dụng"),
    key=("as_of",),
    fields=(
        day("as_of", "Thời điểm", "As of", "Đến ngày", "Thời điểm báo cáo", "Tại ngày", "Ngày", "Ngày báo cáo", "Tính đến ngày", "Ngày số liệu",
            "Mốc số liệu", "Ngày chốt", "Ngày chốt số liệu", "Thời điểm chốt", "Kỳ số liệu", "Đến thời điểm", "Thời điểm lấy số liệu",
            "Số liệu đến ngày", "Tính đến", "Cuối kỳ", "Đến hết ngày", "Ngày cuối kỳ",
            required=True, coarse=True, end=True, example="31/12/2021"),
        money("total_outstanding_vnd", "Tổng dư nợ", "Total outstanding", "Tổng dư nợ toàn tỉnh", "Tổng dư nợ trên địa bàn", "Tổng dư nợ cho vay",
              "Dư nợ toàn tỉnh", "Tổng dư nợ tín dụng", "Tổng số", "Tổng cho vay nền kinh tế", "Dư nợ cho vay nền kinh tế",
              "Dư nợ toàn ngành", "Dư nợ toàn địa bàn", "Tổng dư nợ các TCTD", "Tổng tín dụng", "Tín dụng toàn tỉnh", "Dư nợ chung",
              "Tổng dư nợ nền kinh tế", "Dư nợ cấp tín dụng", "Tổng dư nợ toàn ngành ngân hàng", "Dư nợ của các tổ chức tín dụng",
              "Quy mô dư nợ", "Dư nợ cho vay toàn ngành ngân hàng trên địa bàn", "Dư nợ các thành phần kinh tế",
              required=True, plausible=("100000000000", "1000000000000000")),
        money("coop_outstanding_vnd", "Dư nợ cho vay HTX", "Outstanding of co-operatives", "Trong đó: dư nợ HTX", "Dư nợ đối với HTX",
              "Trong đó: HTX", "Dư nợ HTX", "Trong đó cho vay HTX", "Dư nợ HTX, LHHTX", "Trong đó: cho vay HTX, LHHTX",
              "Cho vay HTX, LHHTX", "Dư nợ khu vực kinh tế tập thể", "Dư nợ kinh tế tập thể, HTX", "Trong đó KTTT", "Dư nợ KTTT",
              "Tr.đó HTX", "Dư nợ của HTX", "Cho vay KTTT", "Cho vay hợp tác xã", "Dư nợ khu vực HTX", "Trong đó kinh tế tập thể",
              "Riêng HTX", "Phần của HTX", "Dư nợ thành phần kinh tế tập thể", "HTX, LHHTX", "Dành cho HTX", "Dư nợ tín dụng HTX",
              plausible=("0", "10000000000000")),
        ROW_NO, UNIT, NOTE,
    ),
    rules=(
        Rule("coops_within_total", ("coop_outstanding_vnd", "total_outstanding_vnd"), "coop_outstanding_vnd <= total_outstanding_vnd",
             "Dư nợ HTX ({coop_outstanding_vnd}) lớn hơn tổng dư nợ ({total_outstanding_vnd})",
             "The co-operatives' credit ({coop_outstanding_vnd}) exceeds all credit ({total_outstanding_vnd})"),
    ),
    duties=(Duty(("17-NHNN",)),),
)  # fmt: skip
