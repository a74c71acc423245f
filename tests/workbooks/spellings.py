"""How district offices word things: headers, titles, sheet names and values, invented for measuring.

Independent of coop_pipeline/forms on purpose: nothing here may be copied from there, nor from here to there.
"""

from __future__ import annotations

# form -> field -> header spellings. "A / B" is a path over two header rows.
HEADERS: dict[str, dict[str, tuple[str, ...]]] = {
    "cooperative_reports": {
        "name": (
            "Tên HTX",
            "Tên hợp tác xã",
            "Tên gọi HTX, THT",
            "HTX/THT",
            "Tên đơn vị kinh tế tập thể",
            "Tên HTX/LHHTX/THT",
            "Tên tổ chức kinh tế hợp tác",
            "Hợp tác xã, tổ hợp tác",
            "Danh sách HTX",
        ),
        "tax_code": ("Mã số thuế", "MST", "Mã số doanh nghiệp/MST", "Mã số thuế của HTX", "Mã ĐKKD (MST)", "Mã số HTX"),
        "kind": (
            "Loại hình",
            "Hình thức tổ chức (HTX, THT, LHHTX)",
            "Loại hình KTTT",
            "Thuộc loại hình (HTX/THT)",
            "Kiểu tổ chức",
        ),
        "registration_no": (
            "Số GCN ĐKHTX",
            "Số giấy chứng nhận đăng ký",
            "Số đăng ký HTX",
            "Giấy CNĐK HTX số",
            "Số GCN đăng ký HTX",
        ),
        "established_on": (
            "Ngày thành lập",
            "Ngày, tháng, năm thành lập",
            "Thành lập ngày",
            "Thời điểm thành lập",
            "Ngày TL",
        ),
        "commune_code": ("Xã, thị trấn", "Xã/phường/thị trấn", "Thuộc xã", "Địa bàn xã", "Tên xã", "Xã, P, TT"),
        "address": (
            "Địa chỉ trụ sở",
            "Nơi đặt trụ sở",
            "Trụ sở HTX",
            "Địa chỉ liên hệ",
            "Trụ sở chính",
            "Địa chỉ (xóm, tiểu khu)",
        ),
        "sector": (
            "Lĩnh vực hoạt động",
            "Lĩnh vực SXKD chính",
            "Ngành, nghề hoạt động",
            "Lĩnh vực HĐ",
            "Thuộc lĩnh vực",
        ),
        "products": (
            "Sản phẩm chủ lực",
            "Sản phẩm chính",
            "SP, dịch vụ chủ yếu",
            "Cây trồng, vật nuôi chủ lực",
            "Mặt hàng SX chính",
        ),
        "status": (
            "Tình trạng hoạt động",
            "Tình trạng HĐ",
            "Hiện trạng hoạt động",
            "Trạng thái",
            "Tình hình HĐ hiện nay",
        ),
        "rating": (
            "Xếp loại",
            "Kết quả xếp loại HTX",
            "Kết quả đánh giá, phân loại",
            "Đánh giá xếp loại",
            "Xếp loại năm",
        ),
        "members": (
            "Số thành viên",
            "Tổng số TV",
            "Số lượng thành viên",
            "Tổng thành viên",
            "Thành viên HTX",
            "Số TV hiện có",
        ),
        "female_members": (
            "Thành viên nữ",
            "Số TV nữ",
            "Trong đó thành viên là nữ",
            "Nữ thành viên",
            "Số thành viên là phụ nữ",
        ),
        "workers": (
            "Số lao động",
            "Tổng số LĐ",
            "Lao động thường xuyên",
            "Số lao động làm việc",
            "LĐ làm việc tại HTX",
            "Lao động trong HTX",
        ),
        "charter_capital_vnd": ("Vốn điều lệ", "VĐL", "Vốn điều lệ đăng ký", "Vốn ĐL", "Số vốn điều lệ"),
        "total_capital_vnd": (
            "Tổng nguồn vốn",
            "Tổng vốn hoạt động",
            "Tổng vốn SXKD",
            "Tổng tài sản/nguồn vốn",
            "Vốn hoạt động",
        ),
        "revenue_vnd": (
            "Doanh thu",
            "Tổng doanh thu",
            "Doanh thu trong kỳ",
            "Doanh thu thực hiện",
            "DT thuần",
            "Doanh số thu được",
        ),
        "profit_vnd": (
            "Lợi nhuận",
            "Lợi nhuận trước thuế",
            "Lãi (lỗ)",
            "LN sau thuế",
            "Lợi nhuận thực hiện",
            "Lãi ròng",
        ),
        "worker_income_vnd_month": (
            "Thu nhập BQ lao động",
            "TNBQ/lao động",
            "Thu nhập bình quân của người lao động",
            "Mức thu nhập bình quân LĐ",
        ),
        "area_ha": (
            "Diện tích sản xuất",
            "Diện tích canh tác",
            "DT đất sản xuất",
            "Quy mô diện tích",
            "Tổng DT sản xuất",
        ),
    },
    "loans": {
        "coop_name": (
            "Tên HTX vay vốn",
            "HTX vay vốn",
            "Khách hàng (HTX)",
            "Đơn vị vay vốn",
            "Bên vay",
            "Tên HTX",
            "Tên HTX được vay",
        ),
        "tax_code": ("Mã số thuế", "MST", "Mã số thuế bên vay"),
        "commune_code": ("Xã, thị trấn", "Xã/phường/thị trấn", "Thuộc xã", "Địa bàn xã"),
        "lender": (
            "Tổ chức tín dụng",
            "Đơn vị cho vay",
            "Vay tại ngân hàng",
            "Ngân hàng cho vay",
            "Nơi vay vốn",
            "TCTD cho vay",
            "Tên NH/tổ chức cho vay",
        ),
        "lender_kind": ("Loại tổ chức cho vay", "Nhóm TCTD", "Loại hình TCTD"),
        "contract_no": (
            "Số HĐTD",
            "Hợp đồng tín dụng số",
            "Số hợp đồng vay",
            "Số khế ước",
            "HĐ vay số",
            "Số HĐ tín dụng",
        ),
        "purpose": ("Mục đích vay", "Mục đích sử dụng vốn", "Phương án vay vốn", "Vay để", "Mục đích sử dụng tiền vay"),
        "disbursed_on": (
            "Ngày giải ngân",
            "Ngày nhận nợ",
            "Ngày nhận tiền vay",
            "Thời điểm giải ngân",
            "Giải ngân ngày",
        ),
        "due_on": ("Ngày đến hạn", "Ngày đáo hạn", "Hạn trả nợ cuối cùng", "Ngày phải trả", "Phải trả trước ngày"),
        "disbursed_vnd": (
            "Số tiền giải ngân",
            "Số tiền đã vay",
            "Doanh số cho vay",
            "Số tiền cho vay",
            "Vốn đã giải ngân",
            "Số vốn được vay",
        ),
        "outstanding_vnd": (
            "Dư nợ",
            "Dư nợ hiện tại",
            "Số dư nợ",
            "Dư nợ cuối kỳ",
            "Dư nợ gốc",
            "Số dư nợ vay",
            "Còn dư nợ",
            "Dư nợ vay cuối kỳ",
        ),
        "overdue_vnd": ("Nợ quá hạn", "Trong đó: quá hạn", "Dư nợ quá hạn", "Số nợ quá hạn", "Tr.đó nợ quá hạn"),
        "rate_year_ratio": ("Lãi suất", "Lãi suất cho vay", "Mức lãi suất", "LS vay", "LS áp dụng"),
    },
    "credit_totals": {
        "as_of": ("Thời điểm", "Tính đến ngày", "Ngày chốt số liệu", "Thời điểm báo cáo", "Ngày số liệu"),
        "total_outstanding_vnd": (
            "Tổng dư nợ",
            "Tổng dư nợ toàn tỉnh",
            "Dư nợ tín dụng toàn địa bàn",
            "Tổng dư nợ cho vay nền kinh tế",
            "Tổng dư nợ các TCTD trên địa bàn",
        ),
        "coop_outstanding_vnd": (
            "Dư nợ HTX",
            "Trong đó: dư nợ cho vay HTX",
            "Dư nợ cho vay HTX, LHHTX",
            "Dư nợ khu vực KTTT",
            "Dư nợ đối với HTX",
        ),
    },
    "certifications": {
        "coop_name": (
            "Tên HTX",
            "Tên cơ sở được chứng nhận",
            "Đơn vị được chứng nhận",
            "HTX, THT được cấp",
            "Cơ sở sản xuất",
            "Tên HTX/THT/cơ sở",
            "Đơn vị sản xuất",
        ),
        "tax_code": ("Mã số thuế", "MST", "Mã số thuế cơ sở"),
        "commune_code": ("Xã, thị trấn", "Xã/phường/thị trấn", "Thuộc xã", "Xã nơi sản xuất"),
        "scheme": (
            "Loại chứng nhận",
            "Tiêu chuẩn chứng nhận",
            "Chứng nhận theo tiêu chuẩn",
            "Loại GCN",
            "Tiêu chuẩn đạt được",
            "Được chứng nhận (VietGAP, ATTP, hữu cơ)",
            "Hình thức chứng nhận",
        ),
        "certificate_no": (
            "Số GCN",
            "Số giấy CN",
            "Giấy chứng nhận số",
            "Số hiệu GCN",
            "Mã số giấy chứng nhận",
            "Số CN",
        ),
        "issuer": ("Cơ quan cấp", "Đơn vị chứng nhận", "Cơ quan chứng nhận", "Do đơn vị nào cấp", "Tổ chức cấp GCN"),
        "product": (
            "Sản phẩm",
            "Cây trồng được chứng nhận",
            "Sản phẩm chứng nhận",
            "Loại cây trồng",
            "Nông sản",
            "Tên nông sản",
        ),
        "area_ha": (
            "Diện tích",
            "Diện tích được chứng nhận",
            "DT được cấp",
            "Diện tích được cấp GCN",
            "Quy mô diện tích",
            "Diện tích VietGAP, ATTP",
        ),
        "households": ("Số hộ", "Số hộ tham gia", "Số hộ SX", "Hộ tham gia", "Số hộ liên kết"),
        "issued_on": ("Ngày cấp", "Ngày được cấp", "Cấp ngày", "Ngày ký GCN", "Ngày cấp giấy"),
        "expires_on": (
            "Ngày hết hạn",
            "Hiệu lực đến ngày",
            "Hết hiệu lực",
            "Thời hạn đến",
            "Giá trị đến ngày",
            "Ngày hết hiệu lực",
        ),
    },
    "exports": {
        "coop_name": (
            "HTX cung ứng",
            "Tên HTX",
            "HTX sản xuất",
            "HTX có sản phẩm xuất khẩu",
            "Đơn vị cung cấp (HTX)",
            "HTX tham gia XK",
        ),
        "commune_code": ("Xã, thị trấn", "Xã/phường/thị trấn", "Thuộc xã", "Địa bàn xã"),
        "exporter": (
            "Doanh nghiệp xuất khẩu",
            "Công ty xuất khẩu",
            "DN xuất khẩu",
            "Đơn vị xuất khẩu",
            "Công ty thu mua, XK",
            "Đơn vị làm XK",
        ),
        "product": (
            "Mặt hàng",
            "Nông sản xuất khẩu",
            "Sản phẩm XK",
            "Tên hàng xuất khẩu",
            "Mặt hàng nông sản",
            "Loại nông sản",
        ),
        "market": (
            "Thị trường",
            "Nước nhập khẩu",
            "Thị trường nhập khẩu",
            "Nơi đến (nước)",
            "Thị trường tiêu thụ",
            "XK sang nước",
        ),
        "quantity_t": (
            "Sản lượng",
            "Khối lượng",
            "Khối lượng xuất khẩu",
            "Lượng hàng xuất",
            "SL xuất khẩu",
            "Sản lượng đã xuất",
            "KL xuất",
        ),
        "value_vnd": ("Giá trị", "Giá trị xuất khẩu", "Trị giá", "Kim ngạch", "Tổng giá trị XK", "Giá trị lô hàng"),
        "channel": (
            "Hình thức XK",
            "Đường xuất khẩu",
            "Chính ngạch hay tiểu ngạch",
            "Phương thức xuất khẩu",
            "Con đường XK",
        ),
        "shipped_on": ("Ngày xuất", "Ngày xuất hàng", "Thời gian xuất khẩu", "Ngày xuất khẩu", "Xuất ngày"),
    },
    "training": {
        "course": (
            "Tên lớp",
            "Nội dung đào tạo",
            "Tên khóa học",
            "Tên khóa đào tạo, tập huấn",
            "Nội dung tập huấn",
            "Chuyên đề tập huấn",
            "Tên lớp học",
        ),
        "kind": (
            "Loại lớp",
            "Hình thức (quản lý/dạy nghề/tập huấn)",
            "Loại hình lớp",
            "Loại hình đào tạo",
            "Nhóm đào tạo",
        ),
        "audience": (
            "Đối tượng",
            "Đối tượng học viên",
            "Thành phần tham dự",
            "Đối tượng tham dự",
            "Học viên là",
            "Đối tượng được ĐT",
        ),
        "classes": ("Số lớp", "Số lớp đã mở", "Số lượng lớp", "SL lớp", "Số khóa/lớp"),
        "attendances": (
            "Số lượt người",
            "Lượt người tham dự",
            "Lượt người tham gia",
            "Số lượt học viên",
            "Lượt học viên",
            "Tổng lượt người",
        ),
        "persons": ("Số người", "Số học viên", "Học viên", "Số người được đào tạo", "Số người học"),
        "organiser": ("Đơn vị tổ chức", "Đơn vị chủ trì", "Cơ quan tổ chức", "Đơn vị mở lớp", "Do đơn vị nào tổ chức"),
        "starts_on": ("Ngày khai giảng", "Ngày bắt đầu", "Từ ngày", "Thời gian mở lớp", "Khai giảng"),
        "budget_vnd": ("Kinh phí", "Kinh phí thực hiện", "Kinh phí mở lớp", "Tổng KP", "Kinh phí đã chi"),
    },
    "technology_transfers": {
        "coop_name": (
            "Đơn vị tiếp nhận",
            "HTX tiếp nhận",
            "Tên HTX tiếp nhận",
            "HTX nhận chuyển giao",
            "Đơn vị nhận chuyển giao (HTX)",
        ),
        "commune_code": ("Xã, thị trấn", "Xã/phường/thị trấn", "Thuộc xã", "Địa bàn xã"),
        "process": (
            "Tên quy trình",
            "Quy trình kỹ thuật",
            "Tên tiến bộ kỹ thuật",
            "Tên quy trình, công nghệ",
            "Quy trình công nghệ được chuyển giao",
            "Công nghệ chuyển giao",
            "Tên TBKT chuyển giao",
        ),
        "processes": ("Số quy trình", "Số lượng QT", "Số QT chuyển giao", "Số lượng quy trình"),
        "provider": (
            "Đơn vị chuyển giao",
            "Cơ quan chuyển giao",
            "Bên chuyển giao",
            "Đơn vị hướng dẫn, chuyển giao",
            "Tổ chức chuyển giao",
        ),
        "transferred_on": (
            "Ngày chuyển giao",
            "Thời gian chuyển giao",
            "Thời điểm chuyển giao",
            "Ngày bàn giao quy trình",
        ),
    },
    "demonstration_models": {
        "coop_name": ("Tên HTX", "HTX thực hiện", "Đơn vị thực hiện", "HTX/THT tham gia", "Nơi thực hiện (HTX)"),
        "commune_code": ("Xã, thị trấn", "Xã/phường/thị trấn", "Thuộc xã", "Xã thực hiện"),
        "model": ("Tên mô hình", "Tên mô hình trình diễn", "Nội dung mô hình", "Mô hình", "Tên MH"),
        "kind": ("Loại mô hình", "Phân loại mô hình", "Loại MH (IPM/sản xuất)", "Nhóm mô hình"),
        "product": ("Cây trồng", "Đối tượng cây trồng", "Cây trồng áp dụng", "Cây, con", "Loại cây"),
        "models": ("Số mô hình", "Số lượng mô hình", "SL mô hình", "Số MH", "Số điểm mô hình"),
        "size_ha": ("Quy mô", "Quy mô mỗi mô hình", "Diện tích/mô hình", "Diện tích thực hiện", "Quy mô 1 MH"),
        "households": ("Số hộ", "Số hộ tham gia", "Hộ tham gia", "Số hộ thực hiện"),
    },
    "growing_areas": {
        "code": ("Mã số vùng trồng", "Mã số", "MSVT", "Mã vùng trồng", "Mã số VT được cấp", "Mã số vùng trồng (PUC)"),
        "area_name": ("Tên vùng trồng", "Vùng trồng", "Tên vùng", "Tên vùng sản xuất", "Tên/địa điểm vùng trồng"),
        "holder": (
            "Đơn vị quản lý",
            "Chủ sở hữu mã số",
            "Tên tổ chức đứng tên mã số",
            "HTX/tổ chức quản lý mã",
            "Đơn vị được cấp mã",
        ),
        "commune_code": ("Xã, thị trấn", "Xã/phường/thị trấn", "Thuộc xã", "Địa bàn xã"),
        "product": ("Cây trồng", "Loại cây trồng", "Chủng loại quả", "Cây ăn quả", "Loại cây"),
        "area_ha": ("Diện tích", "Diện tích vùng trồng", "DT được cấp mã", "Diện tích được cấp mã số", "DT vùng"),
        "market": ("Thị trường", "Thị trường xuất khẩu", "Thị trường đăng ký", "Nước nhập khẩu", "Cấp cho thị trường"),
        "issued_on": ("Ngày cấp", "Ngày cấp mã", "Được cấp ngày", "Ngày phê duyệt mã số"),
        "status": ("Tình trạng", "Tình trạng mã số", "Trạng thái mã", "Hiện trạng mã số"),
    },
    "packing_facilities": {
        "code": (
            "Mã số cơ sở đóng gói",
            "Mã số CSĐG",
            "Mã đóng gói",
            "Mã số nhà đóng gói",
            "Mã số CSĐG (PHC)",
            "Mã số cơ sở",
        ),
        "facility": ("Tên cơ sở đóng gói", "Cơ sở đóng gói", "Nhà đóng gói", "Tên nhà đóng gói", "Tên CSĐG"),
        "holder": ("Đơn vị quản lý", "Chủ cơ sở", "Đơn vị chủ quản", "HTX/DN chủ quản", "Đơn vị đứng tên"),
        "commune_code": ("Xã, thị trấn", "Xã/phường/thị trấn", "Thuộc xã", "Địa bàn xã"),
        "capacity": ("Công suất", "Công suất thiết kế", "Năng lực đóng gói", "Công suất/ngày"),
        "market": ("Thị trường", "Thị trường xuất khẩu", "Thị trường đăng ký", "Nước nhập khẩu"),
        "issued_on": ("Ngày cấp", "Ngày cấp mã", "Được cấp ngày", "Ngày phê duyệt mã số"),
        "status": ("Tình trạng", "Tình trạng mã số", "Trạng thái mã", "Hiện trạng mã số"),
    },
    "trace_stamps": {
        "recipient": (
            "Đơn vị được cấp tem",
            "Đơn vị nhận tem",
            "HTX được cấp tem",
            "Tên đơn vị sử dụng tem",
            "Đơn vị sử dụng tem TXNG",
            "HTX nhận tem",
        ),
        "commune_code": ("Xã, thị trấn", "Xã/phường/thị trấn", "Thuộc xã", "Địa bàn xã"),
        "product": ("Sản phẩm", "Sản phẩm dán tem", "Nông sản dán tem", "Tên sản phẩm", "Sản phẩm được dán tem"),
        "kind": ("Loại tem", "Hình thức tem", "Kiểu tem", "Loại tem TXNG", "Tem giấy/điện tử"),
        "quantity": ("Số lượng tem", "Số lượng tem đã cấp", "Số tem", "SL tem", "Số lượng cấp", "Số tem đã nhận"),
        "issued_on": ("Ngày cấp", "Ngày cấp tem", "Ngày nhận tem", "Thời gian cấp", "Ngày giao tem"),
    },
    "infrastructure": {
        "coop_name": (
            "Tên HTX",
            "HTX được hỗ trợ",
            "Đơn vị thụ hưởng",
            "HTX thụ hưởng",
            "Tên HTX được đầu tư",
            "Đơn vị hưởng lợi (HTX)",
        ),
        "commune_code": ("Xã, thị trấn", "Xã/phường/thị trấn", "Thuộc xã", "Xã xây dựng"),
        "work": (
            "Tên công trình",
            "Hạng mục đầu tư",
            "Công trình hỗ trợ",
            "Tên dự án, công trình",
            "Công trình, hạng mục",
            "Danh mục công trình",
        ),
        "kind": ("Loại công trình", "Nhóm công trình", "Phân loại công trình", "Loại hạng mục"),
        "floor_area_m2": ("Diện tích xây dựng", "DT xây dựng", "Diện tích sàn", "DT nhà xưởng", "Diện tích nhà"),
        "served_area_ha": (
            "Diện tích phục vụ",
            "Diện tích tưới",
            "DT được tưới",
            "Diện tích hưởng lợi",
            "DT tưới, phục vụ",
        ),
        "amount_vnd": (
            "Kinh phí hỗ trợ",
            "Số tiền hỗ trợ",
            "Vốn nhà nước hỗ trợ",
            "Ngân sách hỗ trợ",
            "Mức hỗ trợ",
            "Kinh phí NN hỗ trợ",
        ),
        "source": ("Nguồn vốn", "Nguồn KP", "Nguồn hỗ trợ", "Từ nguồn", "Nguồn kinh phí hỗ trợ"),
        "completed_on": (
            "Ngày hoàn thành",
            "Thời gian hoàn thành",
            "Thời điểm hoàn thành",
            "Hoàn thành ngày",
            "Ngày hoàn thành công trình",
        ),
    },
    "trade_promotions": {
        "event": (
            "Tên sự kiện",
            "Tên hội chợ, triển lãm",
            "Tên chương trình",
            "Sự kiện XTTM",
            "Tên hội chợ",
            "Nội dung xúc tiến",
        ),
        "scope": ("Cấp tổ chức", "Phạm vi", "Quy mô (tỉnh/huyện/toàn quốc)", "Cấp", "Quy mô sự kiện"),
        "venue": ("Địa điểm", "Địa điểm tổ chức", "Nơi diễn ra", "Tổ chức tại"),
        "starts_on": ("Ngày bắt đầu", "Từ ngày", "Ngày khai mạc", "Khai mạc"),
        "ends_on": ("Ngày kết thúc", "Đến ngày", "Ngày bế mạc", "Bế mạc"),
        "coops": ("Số HTX tham gia", "Số HTX", "Số HTX, THT tham gia", "Số lượng HTX tham dự"),
        "contract_value_vnd": (
            "Giá trị hợp đồng",
            "Giá trị HĐ ký kết",
            "Giá trị hợp đồng đã ký",
            "Tổng trị giá hợp đồng",
            "GT hợp đồng ghi nhớ",
        ),
    },
}

# Owner's district in workbooks of provincial agencies.
DISTRICT_HEADERS = ("Huyện, thành phố", "Huyện", "Địa bàn huyện", "Thuộc huyện", "Huyện/TP", "Tên huyện, TP")

OCOP_HEADERS: dict[str, tuple[str, ...]] = {
    "coop_name": ("Chủ thể", "Tên chủ thể", "Chủ thể sản xuất", "Chủ thể OCOP", "Đơn vị chủ thể"),
    "product": ("Tên sản phẩm", "Sản phẩm OCOP", "Tên sản phẩm OCOP", "Sản phẩm"),
    "stars": ("Hạng sao", "Số sao", "Xếp hạng", "Đạt hạng", "Kết quả (sao)", "Hạng sao đạt được"),
    "certificate_no": ("Số quyết định", "Số QĐ công nhận", "Quyết định số"),
    "issued_on": ("Ngày công nhận", "Ngày quyết định", "Ngày ký QĐ", "Công nhận ngày"),
    "expires_on": ("Ngày hết hạn", "Hiệu lực đến ngày", "Hết hạn ngày"),
    "commune_code": ("Xã, thị trấn", "Xã/phường/thị trấn", "Thuộc xã"),
}

# form -> (parent header spellings, {field: leaf spellings}); the fields stand side by side under one parent.
GROUPS: dict[str, tuple[tuple[tuple[str, ...], dict[str, tuple[str, ...]]], ...]] = {
    "cooperative_reports": (
        (
            ("Thành viên", "Số thành viên", "Thành viên HTX (người)"),
            {
                "members": ("Tổng số", "Tổng", "TS"),
                "female_members": ("Trong đó nữ", "Nữ", "Tr.đó: nữ"),
            },
        ),
        (
            ("Kết quả sản xuất kinh doanh", "Kết quả SXKD", "Hiệu quả hoạt động"),
            {
                "revenue_vnd": ("Doanh thu", "Tổng thu", "Tổng doanh thu"),
                "profit_vnd": ("Lợi nhuận", "Lãi", "LNTT"),
            },
        ),
        (
            ("Vốn", "Nguồn vốn của HTX", "Vốn của HTX"),
            {
                "charter_capital_vnd": ("Vốn điều lệ", "Điều lệ", "VĐL"),
                "total_capital_vnd": ("Tổng nguồn vốn", "Tổng số", "Tổng vốn"),
            },
        ),
        (
            ("Địa chỉ", "Trụ sở"),
            {"address": ("Xóm, thôn", "Xóm/tổ", "Thôn, xóm"), "commune_code": ("Xã", "Xã, thị trấn", "Xã/TT")},
        ),
    ),
    "loans": (
        (
            ("Hợp đồng tín dụng", "Hợp đồng vay vốn", "Thông tin khoản vay"),
            {
                "contract_no": ("Số", "Số HĐ", "Số hợp đồng"),
                "disbursed_on": ("Ngày giải ngân", "Ngày vay", "Ngày nhận nợ"),
                "due_on": ("Ngày đến hạn", "Đáo hạn", "Hạn trả"),
            },
        ),
        (
            ("Dư nợ", "Tình hình dư nợ", "Dư nợ cuối kỳ"),
            {
                "outstanding_vnd": ("Tổng số", "Tổng dư nợ", "Tổng"),
                "overdue_vnd": ("Trong đó: quá hạn", "Quá hạn", "Tr.đó nợ quá hạn"),
            },
        ),
    ),
    "certifications": (
        (
            ("Giấy chứng nhận", "GCN", "Thông tin giấy chứng nhận"),
            {
                "certificate_no": ("Số", "Số GCN", "Số hiệu"),
                "issued_on": ("Ngày cấp", "Cấp ngày"),
                "expires_on": ("Ngày hết hạn", "Hiệu lực đến", "Hết hạn"),
                "issuer": ("Cơ quan cấp", "Nơi cấp", "Đơn vị cấp"),
            },
        ),
    ),
    "exports": (
        (
            ("Kết quả xuất khẩu", "Xuất khẩu trong kỳ", "Số liệu xuất khẩu"),
            {
                "quantity_t": ("Sản lượng", "Khối lượng", "Lượng"),
                "value_vnd": ("Giá trị", "Trị giá", "Thành tiền"),
            },
        ),
    ),
    "training": (
        (
            ("Kết quả thực hiện", "Kết quả đào tạo", "Quy mô lớp học"),
            {
                "classes": ("Số lớp", "Lớp"),
                "attendances": ("Số lượt người", "Lượt người"),
                "persons": ("Số người", "Số học viên"),
            },
        ),
    ),
    "technology_transfers": (
        (
            ("Nội dung chuyển giao", "Quy trình chuyển giao"),
            {
                "process": ("Tên quy trình", "Tên quy trình kỹ thuật", "Tên TBKT"),
                "processes": ("Số quy trình", "Số lượng quy trình"),
            },
        ),
    ),
    "demonstration_models": (
        (
            ("Quy mô thực hiện", "Kết quả thực hiện"),
            {
                "models": ("Số mô hình", "Số lượng MH"),
                "size_ha": ("Diện tích/MH", "Quy mô/mô hình"),
                "households": ("Số hộ", "Số hộ tham gia"),
            },
        ),
    ),
    "growing_areas": (
        (
            ("Mã số", "Thông tin mã số"),
            {
                "code": ("Mã số vùng trồng", "Mã số được cấp"),
                "issued_on": ("Ngày cấp", "Cấp ngày"),
                "status": ("Tình trạng", "Hiệu lực"),
            },
        ),
    ),
    "packing_facilities": (
        (
            ("Mã số đóng gói", "Thông tin mã số"),
            {
                "code": ("Mã số", "Mã số CSĐG"),
                "issued_on": ("Ngày cấp", "Cấp ngày"),
                "status": ("Tình trạng", "Hiệu lực"),
            },
        ),
    ),
    "trace_stamps": (
        (
            ("Tem truy xuất nguồn gốc", "Tem TXNG", "Tem đã cấp"),
            {
                "kind": ("Loại tem", "Loại"),
                "quantity": ("Số lượng", "Số lượng tem"),
                "issued_on": ("Ngày cấp", "Thời gian cấp"),
            },
        ),
    ),
    "infrastructure": (
        (
            ("Quy mô công trình", "Quy mô xây dựng"),
            {
                "floor_area_m2": ("Diện tích xây dựng", "DT xây dựng"),
                "served_area_ha": ("Diện tích tưới, phục vụ", "DT phục vụ"),
            },
        ),
        (
            ("Kinh phí", "Hỗ trợ của Nhà nước"),
            {
                "amount_vnd": ("Số tiền hỗ trợ", "Ngân sách hỗ trợ"),
                "source": ("Nguồn vốn", "Nguồn"),
            },
        ),
    ),
    "trade_promotions": (
        (
            ("Thời gian tổ chức", "Thời gian"),
            {"starts_on": ("Từ ngày", "Bắt đầu"), "ends_on": ("Đến ngày", "Kết thúc")},
        ),
        (
            ("Kết quả", "Kết quả tham gia"),
            {
                "coops": ("Số HTX tham gia", "Số HTX"),
                "contract_value_vnd": ("Giá trị hợp đồng", "Giá trị HĐ ký được"),
            },
        ),
    ),
    "credit_totals": (),
}

# form -> (top, ((middle, {field or "?extra": leaf}), …)): header trees of three rows.
TREES: dict[str, tuple[tuple[str, tuple[tuple[str, dict[str, str]], ...]], ...]] = {
    "cooperative_reports": (
        (
            "Tình hình tổ chức",
            (
                ("Thành viên (người)", {"members": "Tổng số", "female_members": "Trong đó: nữ"}),
                ("Lao động (người)", {"workers": "Tổng số", "?LĐ thời vụ": "Thời vụ"}),
            ),
        ),
        (
            "Kết quả hoạt động",
            (
                ("Doanh thu", {"revenue_vnd": "Tổng số", "?DT từ TV": "Trong đó: từ thành viên"}),
                ("Lợi nhuận", {"profit_vnd": "Thực hiện", "?KH": "Kế hoạch"}),
            ),
        ),
    ),
    "loans": (
        (
            "Tình hình vay vốn",
            (
                ("Hợp đồng", {"contract_no": "Số", "disbursed_on": "Ngày giải ngân", "due_on": "Ngày đến hạn"}),
                ("Dư nợ cuối kỳ", {"outstanding_vnd": "Tổng số", "overdue_vnd": "Trong đó: quá hạn"}),
            ),
        ),
    ),
    "certifications": (
        (
            "Kết quả chứng nhận",
            (
                ("Giấy chứng nhận", {"certificate_no": "Số", "issued_on": "Ngày cấp", "expires_on": "Ngày hết hạn"}),
                ("Diện tích", {"area_ha": "Tổng", "?cấp mới": "Trong đó: cấp mới"}),
            ),
        ),
    ),
    "exports": (
        (
            "Kết quả xuất khẩu",
            (
                ("Thực hiện trong kỳ", {"quantity_t": "Sản lượng", "value_vnd": "Giá trị"}),
                ("Thông tin thị trường", {"market": "Nước nhập khẩu", "channel": "Hình thức XK"}),
            ),
        ),
    ),
    "training": (
        (
            "Kết quả thực hiện",
            (
                ("Quy mô", {"classes": "Số lớp", "attendances": "Số lượt người"}),
                ("Kinh phí thực hiện", {"budget_vnd": "Tổng số", "?NSTW": "Trong đó: NSTW"}),
            ),
        ),
    ),
    "infrastructure": (
        (
            "Thông tin công trình",
            (
                ("Quy mô", {"floor_area_m2": "Diện tích xây dựng", "served_area_ha": "Diện tích tưới"}),
                ("Kinh phí", {"amount_vnd": "Ngân sách hỗ trợ", "?đối ứng": "HTX đóng góp"}),
            ),
        ),
    ),
    "trade_promotions": (
        (
            "Thông tin sự kiện",
            (
                ("Thời gian", {"starts_on": "Từ ngày", "ends_on": "Đến ngày"}),
                ("Kết quả", {"coops": "Số HTX tham gia", "contract_value_vnd": "Giá trị hợp đồng"}),
            ),
        ),
    ),
}

TITLES: dict[str, tuple[str, ...]] = {
    "cooperative_reports": (
        "DANH SÁCH HỢP TÁC XÃ, TỔ HỢP TÁC TRÊN ĐỊA BÀN",
        "BIỂU TỔNG HỢP TÌNH HÌNH HOẠT ĐỘNG CỦA CÁC HTX",
        "Báo cáo tình hình phát triển KTTT, HTX",
        "THỰC TRẠNG HOẠT ĐỘNG CỦA HỢP TÁC XÃ",
        "RÀ SOÁT, ĐÁNH GIÁ CÁC HTX TRÊN ĐỊA BÀN",
    ),
    "loans": (
        "DANH SÁCH HTX VAY VỐN TÍN DỤNG",
        "BIỂU THEO DÕI DƯ NỢ CỦA CÁC HTX",
        "TÌNH HÌNH VAY VỐN CỦA HỢP TÁC XÃ",
        "Tổng hợp dư nợ vay ngân hàng của HTX",
    ),
    "credit_totals": (
        "DƯ NỢ TÍN DỤNG TRÊN ĐỊA BÀN TỈNH",
        "BÁO CÁO DƯ NỢ CHO VAY ĐỐI VỚI HTX TRÊN ĐỊA BÀN TỈNH",
        "TÌNH HÌNH TÍN DỤNG TOÀN TỈNH",
    ),
    "certifications": (
        "DANH SÁCH HTX, THT ĐƯỢC CHỨNG NHẬN VIETGAP, ATTP, HỮU CƠ",
        "TỔNG HỢP DIỆN TÍCH ĐƯỢC CẤP GIẤY CHỨNG NHẬN",
        "Biểu theo dõi cấp giấy chứng nhận cho HTX",
        "KẾT QUẢ CHỨNG NHẬN SẢN XUẤT AN TOÀN CỦA CÁC HTX",
    ),
    "exports": (
        "KẾT QUẢ XUẤT KHẨU NÔNG SẢN CỦA CÁC HTX",
        "TÌNH HÌNH XUẤT KHẨU NÔNG SẢN",
        "Biểu tổng hợp nông sản xuất khẩu",
    ),
    "training": (
        "KẾT QUẢ ĐÀO TẠO, BỒI DƯỠNG, TẬP HUẤN CHO HTX",
        "DANH SÁCH CÁC LỚP TẬP HUẤN",
        "Tổng hợp các lớp đào tạo nguồn nhân lực HTX",
    ),
    "technology_transfers": (
        "KẾT QUẢ CHUYỂN GIAO QUY TRÌNH KỸ THUẬT",
        "TỔNG HỢP CHUYỂN GIAO TIẾN BỘ KỸ THUẬT CHO HTX",
        "Chuyển giao khoa học công nghệ cho HTX",
    ),
    "demonstration_models": (
        "TỔNG HỢP MÔ HÌNH TRÌNH DIỄN",
        "DANH SÁCH CÁC MÔ HÌNH SẢN XUẤT",
        "Kết quả xây dựng mô hình",
    ),
    "growing_areas": (
        "DANH SÁCH MÃ SỐ VÙNG TRỒNG",
        "TỔNG HỢP CÁC VÙNG TRỒNG ĐÃ CẤP MÃ SỐ",
        "Theo dõi mã số vùng trồng xuất khẩu",
    ),
    "packing_facilities": ("DANH SÁCH MÃ SỐ CƠ SỞ ĐÓNG GÓI", "TỔNG HỢP CƠ SỞ ĐÓNG GÓI ĐÃ CẤP MÃ SỐ"),
    "trace_stamps": (
        "TỔNG HỢP CẤP TEM TRUY XUẤT NGUỒN GỐC",
        "KẾT QUẢ HỖ TRỢ TEM TRUY XUẤT NGUỒN GỐC CHO HTX",
        "Theo dõi cấp phát tem TXNG",
    ),
    "infrastructure": (
        "DANH MỤC CÔNG TRÌNH HẠ TẦNG HỖ TRỢ HTX",
        "KẾT QUẢ HỖ TRỢ KẾT CẤU HẠ TẦNG CHO HTX",
        "Tổng hợp hỗ trợ đầu tư cơ sở vật chất cho HTX",
    ),
    "trade_promotions": (
        "KẾT QUẢ XÚC TIẾN THƯƠNG MẠI",
        "DANH SÁCH HỘI CHỢ, TRIỂN LÃM CÓ HTX THAM GIA",
        "Hoạt động kết nối tiêu thụ, xúc tiến thương mại",
    ),
}

SHEETS: dict[str, tuple[str, ...]] = {
    "cooperative_reports": ("DS HTX", "Biểu 01", "HTX", "TH HTX", "Sheet1"),
    "loans": ("Vay vốn", "Tín dụng", "Du no", "Biểu 3", "Sheet1"),
    "credit_totals": ("Dư nợ", "Tong du no", "Sheet1"),
    "certifications": ("VietGAP-ATTP", "Chứng nhận", "GCN", "Biểu 5", "Sheet1"),
    "exports": ("Xuất khẩu", "XK", "Biểu 6", "Sheet1"),
    "training": ("Đào tạo", "Tập huấn", "Lop hoc", "Sheet1"),
    "technology_transfers": ("Chuyển giao KHKT", "TBKT", "Sheet1"),
    "demonstration_models": ("Mô hình", "MH", "Sheet1"),
    "growing_areas": ("Mã vùng trồng", "MSVT", "Sheet1"),
    "packing_facilities": ("CSĐG", "Đóng gói", "Sheet1"),
    "trace_stamps": ("Tem TXNG", "Tem", "Sheet1"),
    "infrastructure": ("Hạ tầng", "Cong trinh", "Sheet1"),
    "trade_promotions": ("XTTM", "Hội chợ", "Sheet1"),
}

STT = ("STT", "TT", "Số TT", "Stt", "S.TT")
NOTE = ("Ghi chú", "Ghi chú khác", "Chú ý")
EXTRA_HEADERS = (  # in no form
    "Dân tộc",
    "Số cuộc họp ĐHTV",
    "Tên con dấu",
    "Có website",
    "Tổ chức Đảng",
    "Số xe tải",
    "Khoảng cách đến trung tâm huyện (km)",
    "Người kiểm tra",
)
PERSONAL_HEADERS = (
    "Họ tên Giám đốc",
    "Số điện thoại",
    "Số CCCD",
    "Ngày sinh GĐ",
    "Điện thoại liên hệ",
    "Email",
    "Người đại diện theo pháp luật",
)
TOTAL_LABELS = ("Tổng cộng", "TỔNG CỘNG", "Cộng", "Tổng số", "Toàn huyện", "TỔNG", "Cộng toàn biểu")
SUBTOTAL_LABELS = ("Cộng", "Cộng mục", "Cộng nhóm", "Tổng", "Cộng {roman}", "Tổng ({roman})", "Cộng mục {roman}")

# code list -> code -> what offices type.
VALUES: dict[str, dict[str, tuple[str, ...]]] = {
    "cooperative_kinds": {
        "HTX": ("HTX", "Hợp tác xã", "htx"),
        "THT": ("THT", "Tổ hợp tác", "Tổ HT"),
        "LHHTX": ("LHHTX", "Liên hiệp HTX", "Liên hiệp hợp tác xã"),
    },
    "statuses": {
        "operating": (
            "Đang hoạt động",
            "Hoạt động",
            "Đang HĐ",
            "HĐ bình thường",
            "Hoạt động ổn định",
            "Đang hoạt động hiệu quả",
        ),
        "suspended": ("Tạm ngừng", "Ngừng hoạt động", "Tạm dừng HĐ", "Ngưng hoạt động", "Tạm ngừng HĐ"),
        "awaiting_dissolution": ("Chờ giải thể", "Đang làm thủ tục giải thể", "Chờ GT"),
        "dissolved": ("Đã giải thể", "Giải thể"),
        "new": ("Mới thành lập", "Thành lập mới", "HTX mới thành lập"),
    },
    "ratings": {
        "good": ("Tốt", "Loại tốt", "tốt", "Xếp loại Tốt"),
        "fair": ("Khá", "Loại khá", "khá"),
        "average": ("Trung bình", "TB", "Loại TB", "T.bình"),
        "weak": ("Yếu", "Loại yếu", "yếu kém"),
    },
    "schemes": {
        "VietGAP": ("VietGAP", "VietGap", "VIETGAP", "Viet GAP", "Chứng nhận VietGAP", "VietGAP trồng trọt"),
        "GlobalGAP": ("GlobalGAP", "Global GAP", "GLOBALG.A.P"),
        "organic": ("Hữu cơ", "Organic", "Hữu cơ TCVN 11041", "CN hữu cơ", "Nông nghiệp hữu cơ"),
        "PGS": ("PGS", "Hữu cơ PGS", "PGS hữu cơ"),
        "food_safety": ("ATTP", "Đủ điều kiện ATTP", "GCN ATTP", "An toàn thực phẩm", "Cơ sở đủ ĐK ATTP", "Đủ ĐK ATTP"),
        "HACCP": ("HACCP", "haccp"),
        "ISO22000": ("ISO 22000", "ISO22000:2018", "ISO 22000:2018"),
    },
    "markets": {
        "CN": ("Trung Quốc", "TQ", "China", "T.Quốc"),
        "DE": ("Đức", "CHLB Đức", "Germany"),
        "KR": ("Hàn Quốc", "H.Quốc", "Hàn quốc"),
        "JP": ("Nhật Bản", "Nhật", "Japan"),
        "US": ("Mỹ", "Hoa Kỳ", "USA"),
        "GB": ("Anh", "Vương quốc Anh"),
        "AU": ("Úc", "Australia"),
        "RU": ("Nga", "LB Nga"),
        "NL": ("Hà Lan",),
    },
    "channels": {
        "official": ("Chính ngạch", "chính ngạch", "XK chính ngạch"),
        "border": ("Tiểu ngạch", "tiểu ngạch", "Biên mậu"),
    },
    "audiences": {
        "manager": (
            "Cán bộ quản lý HTX",
            "CB quản lý HTX",
            "Giám đốc, kế toán HTX",
            "CBQL HTX",
            "Cán bộ quản lý, HĐQT các HTX",
        ),
        "member_worker": (
            "Thành viên, người lao động",
            "Thành viên HTX, NLĐ",
            "Người lao động trong HTX",
            "TV, NLĐ",
            "Thành viên và người lao động HTX",
        ),
        "official": (
            "Cán bộ, công chức cấp xã",
            "CBCC huyện, xã",
            "Cán bộ công chức",
            "Công chức huyện, xã",
            "CB, CC cấp xã",
        ),
    },
    "training_kinds": {
        "management": ("Bồi dưỡng quản lý", "Quản trị HTX", "Bồi dưỡng cán bộ quản lý", "Bồi dưỡng CBQL"),
        "vocational": ("Dạy nghề", "Truyền nghề", "Đào tạo nghề", "Dạy nghề, truyền nghề"),
        "refresher": ("Tập huấn nghiệp vụ", "Tập huấn", "Bồi dưỡng nghiệp vụ"),
    },
    "model_kinds": {
        "IPM": ("IPM", "Mô hình IPM", "Quản lý dịch hại tổng hợp (IPM)", "ứng dụng IPM"),
        "production": ("Sản xuất", "Trình diễn", "MH trình diễn", "Mô hình sản xuất", "Sản xuất, trình diễn"),
    },
    "stamp_kinds": {
        "paper": ("Tem giấy", "tem giấy", "Tem giấy (decal)", "Giấy"),
        "electronic": ("Tem điện tử", "Điện tử", "Tem điện tử QR", "tem QR code"),
    },
    "work_kinds": {
        "building": (
            "Nhà kho",
            "Trụ sở",
            "Nhà xưởng",
            "Xưởng sơ chế",
            "Trụ sở, nhà kho",
            "Cửa hàng giới thiệu sản phẩm",
        ),
        "irrigation": ("Thủy lợi", "Hệ thống tưới", "Kênh mương", "Tưới tiết kiệm", "Hệ thống thủy lợi"),
        "power": ("Điện", "Hệ thống điện", "Đường điện", "Đường dây điện"),
    },
    "event_scopes": {
        "province": ("Cấp tỉnh", "Tỉnh", "Trong tỉnh"),
        "district": ("Cấp huyện", "Huyện"),
        "national": ("Toàn quốc", "Cấp quốc gia", "Trung ương"),
        "abroad": ("Nước ngoài", "Quốc tế", "Ngoài nước"),
    },
    "code_statuses": {
        "active": ("Còn hiệu lực", "Đang hoạt động", "Đang duy trì", "Còn HL"),
        "suspended": ("Tạm dừng", "Tạm đình chỉ"),
        "revoked": ("Thu hồi", "Đã thu hồi", "Bị thu hồi"),
    },
    "lender_kinds": {
        "bank": ("Ngân hàng thương mại", "NHTM", "NH thương mại"),
        "policy_bank": ("Ngân hàng chính sách", "NHCSXH"),
        "credit_fund": ("Quỹ tín dụng", "QTDND"),
        "support_fund": ("Quỹ HTPT HTX", "Quỹ hỗ trợ phát triển HTX"),
    },
}
BAD_CHOICES: dict[str, tuple[str, ...]] = {
    "statuses": ("Chưa rõ ràng", "xem phụ lục", "loại 7"),
    "ratings": ("Loại Z", "chưa họp xét", "xuất khẩu"),
    "schemes": ("Giấy mời", "chứng chỉ tiếng Anh", "sổ đỏ"),
    "markets": ("Sao Hỏa", "chợ Nghĩa Phương", "nhiều nơi"),
    "audiences": ("Khách du lịch", "khán giả"),
    "stamp_kinds": ("tem bưu chính", "phong bì"),
    "event_scopes": ("cấp cứu", "không gian mạng 5D"),
    "model_kinds": ("mô hình máy bay", "mô hình kinh tế lượng"),
    "channels": ("đường tàu vũ trụ", "chuyển phát"),
    "work_kinds": ("đồ chơi", "văn phòng phẩm"),
    "training_kinds": ("du lịch", "liên hoan văn nghệ"),
    "code_statuses": ("màu xanh", "đang in"),
    "cooperative_kinds": ("Công ty cổ phần", "Hộ kinh doanh"),
    "lender_kinds": ("cửa hàng vàng", "hụi"),
}

LENDERS: tuple[tuple[str, str], ...] = (
    ("Agribank CN Hòa Bình", "bank"),
    ("Ngân hàng NN&PTNT chi nhánh huyện", "bank"),
    ("BIDV Hòa Bình", "bank"),
    ("VietinBank Hòa Bình", "bank"),
    ("NHCSXH huyện", "policy_bank"),
    ("Ngân hàng CSXH tỉnh", "policy_bank"),
    ("Vietcombank Hòa Bình", "bank"),
    ("Quỹ TDND Thịnh Lang", "credit_fund"),
    ("QTDND Phương Lâm", "credit_fund"),
    ("Quỹ hỗ trợ phát triển HTX tỉnh", "support_fund"),
)
SECTORS = (
    "Trồng trọt",
    "Chăn nuôi",
    "Lâm nghiệp",
    "Thủy sản",
    "Nông nghiệp tổng hợp",
    "Thương mại, dịch vụ",
    "Vận tải",
    "Tiểu thủ công nghiệp",
    "Xây dựng",
)
PRODUCTS = (
    "Cam Cao Phong",
    "Bưởi da xanh",
    "Bưởi đỏ",
    "Nhãn",
    "Mía tím",
    "Chuối tiêu hồng",
    "Rau hữu cơ",
    "Su su",
    "Tỏi tía",
    "Chè Shan tuyết",
    "Na dai",
    "Ổi lê",
    "Thanh long ruột đỏ",
    "Dược liệu",
    "Gà đồi",
    "Lợn bản địa",
    "Cá lồng sông Đà",
    "Mật ong",
    "Hạt dổi",
    "Măng tươi",
    "Dưa lưới",
    "Cà gai leo",
)
PROPER = (
    "Mường Động",
    "Đại Thắng",
    "Tân Hưng",
    "Bình Minh",
    "Sông Bôi",
    "Thung Dao",
    "Hương Rừng",
    "Phú Lợi",
    "An Khang",
    "Trường Thành",
    "Quyết Tiến",
    "Hồng Ngọc",
    "Xóm Mừng",
    "Đồi Thơm",
    "Thiên Phú",
    "Khánh Linh",
    "Suối Bí",
    "Vĩnh Lộc",
    "Hợp Nhất",
    "Nà Mường",
    "Thành Đạt",
    "Nông Xanh",
    "Cây Đa",
    "Minh Tâm",
    "Đồng Tiến Phát",
    "Bản Lác Xanh",
    "Xuân Hòa",
    "Tiến Đạt",
    "Hưng Thịnh",
    "Đá Bạc",
    "Thác Bạc",
    "Gia Lộc",
    "Ba Khan",
    "Kim Thịnh",
    "Mười Lăm",
    "Lộc Phát",
    "Đại An",
    "Việt Mường",
)
COOP_PREFIX: dict[str, tuple[str, ...]] = {
    "HTX": (
        "HTX",
        "Hợp tác xã",
        "HTX nông nghiệp",
        "HTX NN",
        "HTX dịch vụ nông nghiệp",
        "HTX DVNN",
        "HTX NN&DV",
        "Hợp tác xã Nông nghiệp và Dịch vụ",
        "HTX sản xuất và thương mại",
        "HTX chăn nuôi",
        "HTX rau an toàn",
        "HTX DVTH",
        "HTX dược liệu",
    ),
    "THT": ("THT", "Tổ hợp tác", "THT trồng cam", "Tổ hợp tác chăn nuôi", "THT rau sạch"),
    "LHHTX": ("Liên hiệp HTX", "Liên hiệp hợp tác xã", "LHHTX"),
}
COURSES = (
    "Nâng cao năng lực quản trị HTX",
    "Luật HTX năm 2012 và các văn bản hướng dẫn",
    "Kế toán HTX",
    "Kỹ thuật trồng cây có múi",
    "Kỹ thuật chăn nuôi gà thả đồi",
    "Nghề đan lát mây tre",
    "Marketing nông sản trên mạng",
    "Ứng dụng công nghệ số trong HTX",
    "Phòng trừ sâu bệnh trên cây bưởi",
    "Nghề dệt thổ cẩm",
    "Xây dựng phương án sản xuất kinh doanh",
    "An toàn lao động",
    "Kỹ năng bán hàng qua sàn thương mại điện tử",
    "Kỹ thuật nuôi cá lồng",
    "Quy trình trồng rau hữu cơ",
)
PROCESSES = (
    "Quy trình thâm canh cam theo VietGAP",
    "Quy trình ủ phân hữu cơ vi sinh",
    "Quy trình nuôi cá lồng",
    "Quy trình bảo quản nhãn sau thu hoạch",
    "Quy trình nhân giống chuối nuôi cấy mô",
    "Kỹ thuật ghép cải tạo bưởi",
    "Kỹ thuật tưới nhỏ giọt",
    "Quy trình chăn nuôi gà an toàn sinh học",
    "Quy trình trồng nấm sò",
    "Quy trình sấy lạnh dược liệu",
)
WORKS: dict[str, tuple[str, ...]] = {
    "building": (
        "Nhà kho bảo quản nông sản",
        "Nhà sơ chế rau",
        "Trụ sở làm việc HTX",
        "Xưởng chế biến măng",
        "Nhà kho lạnh",
        "Cửa hàng giới thiệu nông sản",
    ),
    "irrigation": ("Hệ thống tưới nhỏ giọt", "Kênh mương nội đồng", "Trạm bơm tưới đồi cam", "Bể chứa nước tưới"),
    "power": ("Đường điện hạ thế vùng sản xuất", "Trạm biến áp khu sơ chế", "Đường dây 0,4 kV phục vụ bơm"),
}
EVENTS = (
    "Hội chợ Nông nghiệp Tây Bắc",
    "Tuần lễ cam và nông sản",
    "Phiên chợ nông sản an toàn",
    "Hội chợ hàng Việt về miền núi",
    "Tuần hàng nông sản tại siêu thị Big C",
    "Hội chợ OCOP vùng Tây Bắc",
    "Lễ hội cam Cao Phong",
    "Hội nghị kết nối cung cầu",
    "Tuần lễ nhãn Sơn Thủy",
    "Hội chợ thương mại biên giới",
    "Ngày hội nông sản sạch",
)
VENUES = (
    "Hà Nội",
    "TP Hòa Bình",
    "Nhà văn hóa huyện",
    "Siêu thị Big C Thăng Long",
    "Quảng trường Hòa Bình",
    "Lào Cai",
    "Sân vận động huyện",
)
ORGANISERS = (
    "Liên minh HTX tỉnh",
    "Phòng NN&PTNT huyện",
    "Sở Kế hoạch và Đầu tư",
    "Trung tâm Khuyến nông tỉnh",
    "Hội Nông dân huyện",
    "Phòng LĐTBXH",
)
ISSUERS = (
    "Chi cục QLCL NLS và TS",
    "Vinacert",
    "Quacert",
    "Công ty CP chứng nhận VietCert",
    "Trung tâm VinaCert-Control",
    "FAO cert",
)
PURPOSES = (
    "Mua phân bón",
    "Đầu tư chuồng trại",
    "Mua máy sấy",
    "Trồng mới 5 ha bưởi",
    "Xây nhà sơ chế",
    "Mua con giống",
    "Bổ sung vốn lưu động",
)
SOURCES = ("Chương trình NTM", "Ngân sách tỉnh", "Vốn sự nghiệp NTM", "NSTW", "Chương trình 135")
FUND_NAMES = ("Quỹ hỗ trợ phát triển HTX tỉnh Hòa Bình",)
STREETS = ("Xóm Mới", "Xóm Đồi", "Xóm Suối", "Tiểu khu 3", "Thôn Đồng Bưng", "Xóm Khú", "Khu 5", "Xóm Bãi")
FOOTNOTES = (
    "Ghi chú: (*) bao gồm cả diện tích chuyển đổi",
    "Ghi chú: số liệu do các xã cung cấp",
    "* Số liệu ước thực hiện",
    "Lưu ý: đề nghị các xã rà soát trước khi gửi",
    "(1) Tính cả các hộ liên kết",
    "Nguồn: Phòng NN&PTNT tổng hợp",
    "Ghi chú: Đề nghị gửi về phòng trước ngày 15/12 để tổng hợp.",
)
