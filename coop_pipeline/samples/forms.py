"""The forms as offices draw them: columns with their headings, and the rows that the facts make in one report."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import facts
from .people import DISTRICTS, Coop, communes_of
from .sheets import Column, Row, Style, Table, Value

C = Column
NO = C("row_no", ("STT", "TT", "Stt"), "row_no", 5, core=False)
NOTE = C("note", ("Ghi chú", "Ghi chú (nếu có)"), "text", 12, core=False)
DISTRICT = C("district", ("Huyện, thành phố", "Địa bàn"), "text", 19, core=False)
COMMUNE = C("commune", ("Xã, phường, thị trấn", "Xã, thị trấn", "Tên xã"), "text", 15, core=False)

# The wording of codes, by office; the reader has to know them all.
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "kind": {
        "HTX": ("HTX", "Hợp tác xã"),
        "THT": ("THT", "Tổ hợp tác"),
        "LHHTX": ("LHHTX", "Liên hiệp HTX"),
        "QTDND": ("QTDND", "Quỹ TDND"),
    },
    "status": {
        "operating": ("Đang hoạt động", "Hoạt động", "Đang HĐ"),
        "suspended": ("Ngừng hoạt động", "Tạm ngừng hoạt động", "Tạm ngừng"),
        "awaiting_dissolution": ("Chờ giải thể",),
        "dissolved": ("Đã giải thể", "Giải thể"),
        "new": ("Mới thành lập", "Thành lập mới"),
    },
    "rating": {"good": ("Tốt",), "fair": ("Khá",), "average": ("Trung bình", "TB"), "weak": ("Yếu",)},
    "scheme": {
        "VietGAP": ("VietGAP", "Vietgap", "VIETGAP"),
        "food_safety": ("ATTP", "GCN đủ điều kiện ATTP", "An toàn thực phẩm"),
        "GlobalGAP": ("GlobalGAP", "Global GAP"),
        "organic": ("Hữu cơ", "Hữu cơ TCVN 11041"),
        "PGS": ("PGS", "Hữu cơ PGS"),
        "HACCP": ("HACCP",),
        "ISO22000": ("ISO 22000", "ISO 22000:2018"),
        "OCOP": ("OCOP",),
    },
    "training_kind": {
        "management": ("Bồi dưỡng quản lý", "Đào tạo quản lý", "Quản lý"),
        "vocational": ("Dạy nghề", "Truyền nghề", "Đào tạo nghề"),
        "refresher": ("Tập huấn, bồi dưỡng", "Tập huấn", "Bồi dưỡng"),
    },
    "audience": {
        "manager": ("Cán bộ quản lý HTX", "CBQL HTX", "Cán bộ quản lý"),
        "member_worker": ("Thành viên, người lao động", "Thành viên và NLĐ", "Thành viên, NLĐ của HTX"),
        "official": ("Cán bộ, công chức cấp huyện, xã", "CBCC cấp huyện, xã", "CBCC huyện, xã"),
    },
    "model_kind": {"IPM": ("IPM",), "production": ("Sản xuất, trình diễn", "Mô hình sản xuất", "Mô hình trình diễn")},
    "work_kind": {
        "building": ("Công trình xây dựng", "Nhà, xưởng", "Xây dựng"),
        "irrigation": ("Hệ thống tưới", "Thủy lợi", "Tưới"),
        "power": ("Hệ thống điện", "Điện"),
        "other": ("Khác",),
    },
    "stamp_kind": {"paper": ("Tem giấy", "Tem QR giấy"), "electronic": ("Tem điện tử", "Tem truy xuất điện tử")},
    "scope": {
        "province": ("Cấp tỉnh", "Tỉnh"),
        "district": ("Cấp huyện", "Huyện"),
        "national": ("Toàn quốc", "Cấp quốc gia"),
        "abroad": ("Nước ngoài",),
    },
    "market": {"CN": ("Trung Quốc", "TQ"), "DE": ("Đức", "CHLB Đức"), "KR": ("Hàn Quốc",)},
    "channel": {"official": ("Chính ngạch", "Đường chính ngạch"), "border": ("Tiểu ngạch", "Biên mậu")},
    "place_status": {
        "in_force": ("Còn hiệu lực", "Đang hoạt động"),
        "suspended": ("Tạm dừng",),
        "revoked": ("Thu hồi", "Đã thu hồi"),
    },
}


def word(codes: str, code: str | None, style: Style) -> str | None:
    """The office's wording of a code."""
    if code is None:
        return None
    choices = WORDS[codes][code]
    return choices[style.words % len(choices)]


CODED = {  # form -> field -> code list
    "cooperative_reports": {"kind": "kind", "status": "status", "rating": "rating"},
    "certifications": {"scheme": "scheme"},
    "training": {"kind": "training_kind", "audience": "audience"},
    "demonstration_models": {"kind": "model_kind"},
    "infrastructure": {"kind": "work_kind"},
    "trace_stamps": {"kind": "stamp_kind"},
    "trade_promotions": {"scope": "scope"},
    "exports": {"market": "market", "channel": "channel"},
    "growing_areas": {"market": "market", "status": "place_status"},
    "packing_facilities": {"market": "market", "status": "place_status"},
}

COLUMNS: dict[str, tuple[Column, ...]] = {
    "cooperative_reports": (
        NO,
        C("name", ("Tên HTX", "Tên đơn vị", "Tên HTX, THT", "Tên tổ chức KTTT"), "name", 30),
        C("kind", ("Loại hình", "Loại hình tổ chức"), "text", 9),
        C("tax_code", ("Mã số thuế", "Mã số HTX (MST)"), "code", 13, core=False),
        C("registration_no", ("Số GCN ĐKHTX", "Số GCNĐKKD"), "code", 15, core=False),
        C("established_on", ("Ngày cấp GCN", "Ngày, tháng, năm thành lập"), "day", 12, core=False),
        COMMUNE,
        C("address", ("Địa chỉ trụ sở", "Địa chỉ"), "text", 14, core=False),
        C("representative", ("Giám đốc", "Chủ nhiệm HTX", "Họ tên Giám đốc/CT HĐQT"), "text", 16, core=False),
        C("phone", ("Số điện thoại", "SĐT", "Điện thoại"), "code", 12, core=False),
        C("sector", ("Lĩnh vực hoạt động", "Ngành nghề SXKD", "Lĩnh vực"), "text", 15, core=False),
        C("products", ("Sản phẩm chủ lực", "Cây trồng, vật nuôi chính"), "text", 13, core=False),
        C("members", ("Tổng số", "Tổng số thành viên"), "int", 10, "Thành viên (người)", True),
        C("female_members", ("Trong đó: nữ", "Tr.đó: nữ"), "int", 8, "Thành viên (người)", True),
        C("workers", ("Số lao động (người)", "Tổng số lao động"), "int", 9, "", True),
        C("charter_capital_vnd", ("Vốn điều lệ", "Vốn điều lệ"), "money", 12, "Vốn", True),
        C("total_capital_vnd", ("Tổng nguồn vốn", "Tổng số vốn"), "money", 12, "Vốn", True),
        C("revenue_vnd", ("Doanh thu", "Tổng doanh thu", "Tổng DT trong năm"), "money", 13, "Tài chính", True),
        C("profit_vnd", ("Lợi nhuận", "Lãi"), "money", 12, "Tài chính", True),
        C("worker_income_vnd_month", ("Thu nhập BQ lao động", "Thu nhập bình quân"), "income", 12),
        C("area_ha", ("Diện tích sản xuất", "DT đất canh tác"), "ha", 10, "", True),
        C("status", ("Tình trạng hoạt động", "Tình trạng", "Hiện trạng"), "text", 13),
        C("rating", ("Xếp loại", "Kết quả xếp loại"), "text", 9),
        NOTE,
    ),
    "training": (
        NO,
        C("course", ("Tên lớp", "Tên lớp tập huấn", "Chuyên đề"), "text", 36),
        C("kind", ("Loại hình đào tạo", "Loại lớp"), "text", 15),
        C("audience", ("Đối tượng", "Đối tượng tham gia"), "text", 18),
        C("classes", ("Số lớp", "Số lớp mở"), "int", 8, "", True),
        C("attendances", ("Số lượt người", "Lượt người"), "int", 9, "", True),
        C("persons", ("Số người", "Số học viên"), "int", 9, "", True),
        C("organiser", ("Đơn vị tổ chức", "Cơ quan chủ trì", "Đơn vị thực hiện"), "text", 22),
        C("starts_on", ("Ngày khai giảng", "Từ ngày"), "date", 12),
        C("budget_vnd", ("Kinh phí", "Kinh phí thực hiện"), "money", 12, "", True),
        NOTE,
    ),
    "technology_transfers": (
        NO,
        C("process", ("Tên quy trình", "Quy trình kỹ thuật chuyển giao", "Tên công nghệ"), "text", 38),
        C("coop_name", ("Đơn vị tiếp nhận", "Tên HTX"), "name", 28),
        C("processes", ("Số quy trình", "Quy trình (QT)"), "int", 9, "", True),
        C("provider", ("Đơn vị chuyển giao", "Nguồn chuyển giao"), "text", 24),
        C("transferred_on", ("Ngày chuyển giao", "Thời gian chuyển giao"), "date", 12),
        NOTE,
    ),
    "demonstration_models": (
        NO,
        C("model", ("Tên mô hình", "Mô hình SX, trình diễn"), "text", 34),
        C("kind", ("Loại mô hình", "Loại mô hình"), "text", 16),
        C("coop_name", ("Đơn vị thực hiện", "Tên HTX"), "name", 28),
        C("product", ("Cây trồng, vật nuôi", "Đối tượng"), "text", 14),
        C("models", ("Số mô hình", "Số lượng mô hình"), "int", 9, "", True),
        C("size_ha", ("Quy mô/mô hình", "Diện tích mô hình"), "ha", 11),
        C("households", ("Số hộ tham gia", "Số hộ"), "int", 9, "", True),
        NOTE,
    ),
    "certifications": (
        NO,
        C("coop_name", ("Tên HTX, THT", "Tên cơ sở", "Tên HTX"), "name", 28),
        COMMUNE,
        C("scheme", ("Loại chứng nhận", "Tiêu chuẩn áp dụng", "Tiêu chuẩn"), "text", 13, "Chứng nhận"),
        C("certificate_no", ("Số GCN", "Số giấy chứng nhận", "Số chứng nhận"), "code", 22, "Chứng nhận"),
        C("issuer", ("Cơ quan cấp", "Tổ chức chứng nhận"), "text", 22, "Chứng nhận"),
        C("issued_on", ("Ngày cấp", "Ngày cấp GCN"), "date", 12, "Chứng nhận"),
        C("expires_on", ("Ngày hết hạn", "Hiệu lực đến", "Có giá trị đến"), "date", 12, "Chứng nhận"),
        C("product", ("Sản phẩm", "Cây trồng", "Đối tượng"), "text", 13),
        C("area_ha", ("Diện tích chứng nhận", "Diện tích"), "cert_ha", 12, "", True),
        C("households", ("Số hộ", "Số hộ thành viên"), "int", 8, "", True),
        NOTE,
    ),
    "infrastructure": (
        NO,
        C("coop_name", ("Tên HTX", "Đơn vị thụ hưởng"), "name", 28),
        COMMUNE,
        C("work", ("Tên công trình", "Hạng mục công trình"), "text", 32),
        C("kind", ("Loại công trình", "Loại công trình"), "text", 14),
        C("floor_area_m2", ("Diện tích XD", "Diện tích xây dựng"), "m2", 11, "Quy mô", True),
        C("served_area_ha", ("Diện tích phục vụ", "Diện tích được tưới, cấp điện"), "ha", 11, "Quy mô", True),
        C("amount_vnd", ("Kinh phí hỗ trợ", "Vốn hỗ trợ"), "money", 13, "", True),
        C("source", ("Nguồn vốn", "Nguồn kinh phí"), "text", 24),
        C("completed_on", ("Ngày hoàn thành", "Thời gian hoàn thành"), "date", 12),
        NOTE,
    ),
    "trade_promotions": (
        NO,
        C("event", ("Tên sự kiện", "Hoạt động XTTM", "Chương trình xúc tiến"), "text", 44),
        C("scope", ("Quy mô", "Cấp tổ chức"), "text", 11),
        C("venue", ("Địa điểm", "Nơi tổ chức"), "text", 26),
        C("starts_on", ("Từ ngày", "Bắt đầu"), "date", 12, "Thời gian"),
        C("ends_on", ("Đến ngày", "Kết thúc"), "date", 12, "Thời gian"),
        C("coops", ("Số HTX tham gia", "HTX tham gia"), "int", 9, "", True),
        C("contract_value_vnd", ("Giá trị hợp đồng", "Giá trị hợp đồng, doanh thu"), "money", 13, "", True),
        NOTE,
    ),
    "trace_stamps": (
        NO,
        C("recipient", ("Đơn vị được cấp", "Đơn vị nhận tem"), "name", 32),
        C("product", ("Sản phẩm gắn tem", "Sản phẩm"), "text", 15),
        C("kind", ("Loại tem", "Loại tem"), "text", 16),
        C("quantity", ("Số lượng tem", "Số lượng"), "stamps", 12, "", True),
        C("issued_on", ("Ngày cấp", "Thời gian cấp"), "date", 12),
        NOTE,
    ),
    "loans": (
        NO,
        C("coop_name", ("Tên HTX vay vốn", "Tên HTX"), "name", 30),
        DISTRICT,
        C("lender", ("Tổ chức tín dụng", "Tên TCTD"), "text", 28),
        C("contract_no", ("Số HĐTD", "Số HĐ vay vốn"), "code", 23),
        C("purpose", ("Mục đích vay", "Nội dung vay"), "text", 22),
        C("disbursed_on", ("Ngày giải ngân", "Ngày vay"), "date", 12),
        C("due_on", ("Ngày đến hạn", "Hạn trả"), "date", 12),
        C("disbursed_vnd", ("Số tiền giải ngân", "Số tiền vay"), "money", 13, "", True),
        C("outstanding_vnd", ("Dư nợ", "Dư nợ cuối kỳ"), "money", 13, "", True),
        C("overdue_vnd", ("Nợ quá hạn", "NQH"), "money", 11, "", True),
        C("rate_year_ratio", ("Lãi suất", "Lãi suất cho vay"), "rate", 10),
        NOTE,
    ),
    "credit_totals": (
        NO,
        C("as_of", ("Thời điểm", "Thời điểm"), "date", 16),
        C("total_outstanding_vnd", ("Tổng dư nợ cho vay toàn tỉnh", "Tổng dư nợ toàn tỉnh"), "money", 24),
        C("coop_outstanding_vnd", ("Trong đó: dư nợ cho vay HTX", "Tr.đó: dư nợ HTX"), "money", 24),
        NOTE,
    ),
    "growing_areas": (
        NO,
        C("code", ("Mã số vùng trồng", "Mã số đã cấp"), "code", 17),
        C("area_name", ("Tên vùng trồng", "Địa điểm vùng trồng"), "text", 34),
        DISTRICT,
        C("holder", ("Đơn vị được cấp", "Đại diện vùng trồng"), "text", 34),
        C("product", ("Cây trồng", "Sản phẩm"), "text", 12),
        C("area_ha", ("Diện tích", "DT vùng trồng"), "ha", 10, "", True),
        C("market", ("Thị trường", "Nước NK"), "text", 12),
        C("issued_on", ("Ngày cấp", "Ngày cấp mã"), "date", 12),
        C("status", ("Tình trạng", "Còn hiệu lực/Thu hồi"), "text", 14),
        NOTE,
    ),
    "packing_facilities": (
        NO,
        C("code", ("Mã số cơ sở đóng gói", "Mã CSĐG"), "code", 17),
        C("facility", ("Tên cơ sở đóng gói", "Tên cơ sở"), "text", 30),
        DISTRICT,
        C("holder", ("Đơn vị được cấp", "Đơn vị quản lý"), "text", 34),
        C("capacity", ("Công suất đóng gói", "Công suất"), "text", 13),
        C("market", ("Thị trường", "Xuất khẩu đi"), "text", 12),
        C("issued_on", ("Ngày cấp", "Ngày cấp mã"), "date", 12),
        C("status", ("Tình trạng", "Còn hiệu lực/Thu hồi"), "text", 14),
        NOTE,
    ),
    "exports": (
        NO,
        C("product", ("Mặt hàng xuất khẩu", "Sản phẩm"), "text", 14),
        C("market", ("Thị trường xuất khẩu", "Thị trường"), "text", 13),
        C("coop_name", ("HTX sản xuất", "Tên HTX"), "name", 30),
        DISTRICT,
        C("exporter", ("Doanh nghiệp xuất khẩu", "DN liên kết"), "text", 30),
        C("quantity_t", ("Sản lượng", "Sản lượng XK"), "tonnes", 12, "", True),
        C("value_vnd", ("Giá trị", "Doanh thu XK"), "money", 13, "", True),
        C("channel", ("Hình thức XK", "Chính ngạch/tiểu ngạch"), "text", 14),
        C("shipped_on", ("Thời gian xuất", "Ngày xuất hàng"), "date", 12),
        NOTE,
    ),
}

OCOP_COLUMNS = (
    NO,
    C("product", ("Tên sản phẩm", "Tên SP"), "text", 16),
    C("coop_name", ("Chủ thể", "Tên chủ thể"), "name", 30),
    COMMUNE,
    C("area_ha", ("Diện tích vùng nguyên liệu", "Diện tích vùng nguyên liệu"), "cert_ha", 13),
    C("stars", ("Hạng sao", "Đạt sao"), "int", 8),
    C("certificate_no", ("Số QĐ", "Số GCN"), "code", 20),
    C("issuer", ("Cơ quan cấp", "Cơ quan cấp"), "text", 18),
    C("issued_on", ("Ngày công nhận", "Ngày công nhận"), "date", 12),
    C("expires_on", ("Ngày hết hạn", "Ngày hết hạn"), "date", 12),
    NOTE,
)
IPM_COLUMNS = (
    NO,
    C("model", ("Mô hình IPM", "Mô hình ứng dụng IPM"), "text", 30),
    DISTRICT,
    C("coop_name", ("Đơn vị thực hiện", "HTX tham gia"), "name", 28),
    C("product", ("Cây trồng", "Trên cây"), "text", 12),
    C("models", ("Số mô hình", "Số lượng"), "int", 9, "", True),
    C("size_ha", ("Quy mô/mô hình", "Diện tích mô hình"), "ha", 11),
    C("households", ("Số hộ tham gia", "Số hộ"), "int", 9, "", True),
    NOTE,
)


def place(coop: Coop) -> str:
    return coop.commune.name


def _coop_rows(reporter: str, year: int) -> Iterable[dict[str, Value]]:
    for report in facts.coop_reports():
        if report.year != year or report.coop.district != reporter:
            continue
        coop = report.coop
        yield {
            "name": coop,
            "kind": coop.kind,
            "tax_code": coop.tax_code,
            "registration_no": coop.registration_no,
            "established_on": coop.established_on,
            "commune": place(coop),
            "address": coop.address,
            "representative": coop.representative,
            "phone": coop.phone,
            "sector": coop.sector,
            "products": coop.products or None,
            "members": report.members,
            "female_members": report.female_members,
            "workers": report.workers,
            "charter_capital_vnd": report.charter_capital_vnd,
            "total_capital_vnd": report.total_capital_vnd,
            "revenue_vnd": report.revenue_vnd,
            "profit_vnd": report.profit_vnd,
            "worker_income_vnd_month": report.worker_income_vnd_month,
            "area_ha": report.area_ha,
            "status": report.status,
            "rating": report.rating,
        }


def _training_rows(reporter: str, year: int) -> Iterable[dict[str, Value]]:
    for item in facts.trainings():
        if (item.reporter, item.year) == (reporter, year):
            yield {
                "course": item.course,
                "kind": item.kind,
                "audience": item.audience,
                "classes": item.classes,
                "attendances": item.attendances,
                "persons": item.persons,
                "organiser": item.organiser,
                "starts_on": item.starts_on,
                "budget_vnd": item.budget_vnd,
            }


def transfer_rows(reporter: str, year: int, late: bool = False) -> Iterable[dict[str, Value]]:
    for item in facts.transfers():
        if (item.reporter, item.year, item.late) == (reporter, year, late):
            yield {
                "process": item.process,
                "coop_name": item.coop,
                "processes": item.processes,
                "provider": item.provider,
                "transferred_on": item.transferred_on,
            }


def _model_rows(reporter: str, year: int) -> Iterable[dict[str, Value]]:
    for item in facts.models():
        if (item.reporter, item.year) == (reporter, year):
            yield {
                "model": item.model,
                "kind": item.kind,
                "coop_name": item.coop,
                "product": item.product,
                "models": item.models,
                "size_ha": item.size_ha,
                "households": item.households,
                "district": DISTRICTS[item.district],
            }


def _certificate_rows(reporter: str, year: int) -> Iterable[dict[str, Value]]:
    found = [c for c in facts.certificates() if c.coop.district == reporter and c.listed_in(year)]
    for item in sorted(found, key=lambda c: (c.coop.number, c.issued_on, c.scheme)):
        yield {
            "coop_name": item.coop,
            "commune": place(item.coop),
            "scheme": item.scheme,
            "certificate_no": item.number,
            "issuer": item.issuer,
            "product": item.product,
            "area_ha": item.area_ha,
            "stars": item.stars,
            "households": item.households,
            "issued_on": item.issued_on,
            "expires_on": item.expires_on,
        }


def _work_rows(reporter: str, year: int) -> Iterable[dict[str, Value]]:
    for item in facts.works():
        if (item.coop.district, item.year) == (reporter, year):
            yield {
                "coop_name": item.coop,
                "commune": place(item.coop),
                "work": item.work,
                "kind": item.kind,
                "floor_area_m2": item.floor_area_m2,
                "served_area_ha": item.served_area_ha,
                "amount_vnd": item.amount_vnd,
                "source": item.source,
                "completed_on": item.completed_on,
            }


def _event_rows(reporter: str, year: int) -> Iterable[dict[str, Value]]:
    for item in facts.events():
        if (item.reporter, item.year) == (reporter, year):
            yield {
                "event": item.event,
                "scope": item.scope,
                "venue": item.venue,
                "starts_on": item.starts_on,
                "ends_on": item.ends_on,
                "coops": item.coops,
                "contract_value_vnd": item.contract_value_vnd,
            }


def _stamp_rows(reporter: str, year: int) -> Iterable[dict[str, Value]]:
    for item in facts.stamps():
        if (item.reporter, item.year) == (reporter, year):
            yield {
                "recipient": item.coop or item.recipient,
                "product": item.product,
                "kind": item.kind,
                "quantity": item.quantity,
                "issued_on": item.issued_on,
            }


def _loan_rows(reporter: str, year: int) -> Iterable[dict[str, Value]]:
    for item in facts.bank_loans() if reporter == "17-NHNN" else facts.fund_loans():
        if year in item.outstanding:
            yield {
                "coop_name": item.coop,
                "district": DISTRICTS[item.coop.district],
                "lender": item.lender,
                "lender_kind": item.lender_kind,
                "contract_no": item.contract_no,
                "purpose": item.purpose,
                "disbursed_on": item.disbursed_on,
                "due_on": item.due_on,
                "disbursed_vnd": item.disbursed_vnd,
                "outstanding_vnd": item.outstanding[year],
                "overdue_vnd": min(item.overdue_vnd, item.outstanding[year]) or None,
                "rate_year_ratio": item.rate_year_ratio,
            }


def _credit_rows(_reporter: str, year: int) -> Iterable[dict[str, Value]]:
    for item in facts.credit_totals():
        if item.as_of.year == year:
            yield {
                "as_of": item.as_of,
                "total_outstanding_vnd": item.total_outstanding_vnd,
                "coop_outstanding_vnd": item.coop_outstanding_vnd,
            }


def _place_rows(found: Iterable[facts.PlaceCode], year: int, name: str) -> Iterable[dict[str, Value]]:
    for item in found:
        if year in item.status:
            yield {
                "code": item.code,
                name: item.name,
                "holder": item.holder,
                "product": item.product or None,
                "area_ha": item.area_ha,
                "capacity": item.capacity,
                "market": item.market,
                "issued_on": item.issued_on,
                "status": item.status[year],
                "district": DISTRICTS[item.district],
            }


def _export_rows(_reporter: str, year: int) -> Iterable[dict[str, Value]]:
    for item in facts.exports():
        if item.year == year:
            yield {
                "product": item.product,
                "market": item.market,
                "coop_name": item.coop,
                "district": DISTRICTS[item.coop.district],
                "exporter": item.exporter,
                "quantity_t": item.quantity_t,
                "value_vnd": item.value_vnd,
                "channel": item.channel,
                "shipped_on": item.shipped_on,
            }


ROWS: dict[str, Callable[[str, int], Iterable[dict[str, Value]]]] = {
    "cooperative_reports": _coop_rows,
    "training": _training_rows,
    "technology_transfers": transfer_rows,
    "demonstration_models": _model_rows,
    "certifications": _certificate_rows,
    "infrastructure": _work_rows,
    "trade_promotions": _event_rows,
    "trace_stamps": _stamp_rows,
    "loans": _loan_rows,
    "credit_totals": _credit_rows,
    "exports": _export_rows,
    "growing_areas": lambda _reporter, year: _place_rows(facts.growing_areas(), year, "area_name"),
    "packing_facilities": lambda _reporter, year: _place_rows(facts.packing_facilities(), year, "facility"),
}


TITLES: dict[str, tuple[tuple[str, ...], ...]] = {
    "cooperative_reports": (
        ("DANH SÁCH HỢP TÁC XÃ, TỔ HỢP TÁC NĂM {y}",),
        ("BIỂU TỔNG HỢP TÌNH HÌNH HOẠT ĐỘNG CỦA HTX, THT", "Năm {y}"),
        ("DANH SÁCH VÀ KẾT QUẢ HOẠT ĐỘNG CỦA CÁC TỔ CHỨC KINH TẾ TẬP THỂ NĂM {y}",),
    ),
    "training": (
        ("KẾT QUẢ ĐÀO TẠO, BỒI DƯỠNG, DẠY NGHỀ CHO KINH TẾ TẬP THỂ NĂM {y}",),
        ("BIỂU TỔNG HỢP CÁC LỚP TẬP HUẤN, ĐÀO TẠO NGHỀ NĂM {y}",),
    ),
    "technology_transfers": (
        ("KẾT QUẢ CHUYỂN GIAO QUY TRÌNH CÔNG NGHỆ NĂM {y}",),
        ("BIỂU TỔNG HỢP QUY TRÌNH KỸ THUẬT ĐƯỢC CHUYỂN GIAO", "Năm {y}"),
    ),
    "demonstration_models": (
        ("KẾT QUẢ XÂY DỰNG MÔ HÌNH SẢN XUẤT, TRÌNH DIỄN NĂM {y}",),
        ("DANH SÁCH MÔ HÌNH SẢN XUẤT, TRÌNH DIỄN", "Năm {y}"),
    ),
    "certifications": (
        ("DANH SÁCH HTX, THT ĐƯỢC CHỨNG NHẬN ATTP, VIETGAP VÀ TƯƠNG ĐƯƠNG ĐẾN 31/12/{y}",),
        ("DANH SÁCH CƠ SỞ ĐƯỢC CẤP GIẤY CHỨNG NHẬN", "(Tính đến ngày 31/12/{y})"),
    ),
    "infrastructure": (
        ("KẾT QUẢ HỖ TRỢ HTX XÂY DỰNG KẾT CẤU HẠ TẦNG NĂM {y}",),
        ("BIỂU TỔNG HỢP CÔNG TRÌNH KẾT CẤU HẠ TẦNG ĐƯỢC HỖ TRỢ TRONG NĂM {y}",),
    ),
    "trade_promotions": (
        ("KẾT QUẢ HOẠT ĐỘNG XÚC TIẾN THƯƠNG MẠI NĂM {y}",),
        ("CÁC SỰ KIỆN XÚC TIẾN THƯƠNG MẠI CÓ HTX THAM GIA NĂM {y}",),
    ),
    "trace_stamps": (
        ("KẾT QUẢ HỖ TRỢ TEM TRUY XUẤT NGUỒN GỐC NĂM {y}",),
        ("TỔNG HỢP CẤP TEM TRUY XUẤT NGUỒN GỐC", "Năm {y}"),
    ),
    "loans": (
        ("TÌNH HÌNH CHO VAY ĐỐI VỚI HỢP TÁC XÃ ĐẾN 31/12/{y}",),
        ("DƯ NỢ CHO VAY HỢP TÁC XÃ TRÊN ĐỊA BÀN TỈNH", "Đến ngày 31 tháng 12 năm {y}"),
    ),
    "credit_totals": (("TỔNG DƯ NỢ CHO VAY TRÊN ĐỊA BÀN TỈNH NĂM {y}",),),
    "exports": (
        ("KẾT QUẢ XUẤT KHẨU NÔNG SẢN CỦA HỢP TÁC XÃ NĂM {y}",),
        ("BIỂU TỔNG HỢP SẢN LƯỢNG, GIÁ TRỊ XUẤT KHẨU NÔNG SẢN", "Năm {y}"),
    ),
    "growing_areas": (("DANH SÁCH MÃ SỐ VÙNG TRỒNG ĐƯỢC CẤP ĐẾN 31/12/{y}",),),
    "packing_facilities": (("DANH SÁCH MÃ SỐ CƠ SỞ ĐÓNG GÓI ĐƯỢC CẤP ĐẾN 31/12/{y}",),),
}

SHORT_NAMES = {
    "cooperative_reports": ("DS HTX", "Danh sách HTX", "HTX-THT"),
    "training": ("Đào tạo", "Tập huấn", "DT-TH"),
    "technology_transfers": ("Chuyển giao CN", "KHCN", "QTCN"),
    "demonstration_models": ("Mô hình", "MH trình diễn", "MH SX"),
    "certifications": ("Chứng nhận", "ATTP, VietGAP", "GCN"),
    "infrastructure": ("Hạ tầng", "KCHT", "Công trình"),
    "trade_promotions": ("XTTM", "Xúc tiến TM", "Hội chợ"),
    "trace_stamps": ("Tem TXNG", "Tem", "Tem truy xuất"),
    "loans": ("Dư nợ", "Cho vay HTX", "Vay von"),
    "credit_totals": ("Tổng dư nợ", "Toan tinh", "Tổng hợp dư nợ"),
    "exports": ("Xuất khẩu", "XK", "XK nong san"),
    "growing_areas": ("Mã vùng trồng", "PUC", "MSVT"),
    "packing_facilities": ("Cơ sở đóng gói", "PHC", "MSCSĐG"),
}

SECTION_OF = {  # form -> section -> the field that the section row answers
    "cooperative_reports": {"sector": "sector", "kind": "kind", "commune": "commune"},
    "certifications": {"scheme": "scheme", "commune": "commune"},
    "loans": {"lender": "lender", "district": "district"},
    "exports": {"district": "district"},
    "growing_areas": {"district": "district"},
    "demonstration_models": {"district": "district"},
}
KIND_SECTIONS = {
    "HTX": "HỢP TÁC XÃ",
    "THT": "TỔ HỢP TÁC",
    "LHHTX": "LIÊN HIỆP HỢP TÁC XÃ",
    "QTDND": "QUỸ TÍN DỤNG NHÂN DÂN",
}


def make_table(
    form: str,
    reporter: str,
    year: int,
    style: Style,
    *,
    leave_out: tuple[str, ...] = (),
    only: Callable[[dict[str, Value]], bool] | None = None,
    columns: tuple[Column, ...] | None = None,
    title: tuple[str, ...] = (),
) -> Table:
    """The table of one form in one report, before anybody makes a mistake in it."""
    found = [Row(values) for values in ROWS[form](reporter, year) if only is None or only(values)]
    section = SECTION_OF.get(form, {}).get(style.section, "")
    shown_columns = [column for column in (columns or COLUMNS[form]) if column.field not in leave_out and column.field != section]
    if section:
        order = {name: index for index, name in enumerate(_section_order(section, reporter))}
        found.sort(key=lambda row: order.get(str(row.values[section]), len(order)))
        for row in found:
            row.section = _section_text(section, str(row.values[section]))
    for row in found:
        for name, codes in CODED.get(form, {}).items():
            value = row.values.get(name)
            if isinstance(value, str) and any(column.field == name for column in shown_columns):
                row.typed[name] = word(codes, value, style)
    choices = TITLES[form]
    lines = title or choices[style.words % len(choices)]
    return Table(
        form,
        tuple(line.format(y=year) for line in lines),
        shown_columns,
        found,
        unit_line=_unit_line(shown_columns, style),
        section_letters="A" if section == "kind" else "I",
    )


def _section_order(section: str, reporter: str) -> list[str]:
    if section == "kind":
        return ["HTX", "LHHTX", "QTDND", "THT"]
    if section == "commune":
        return [commune.name for commune in communes_of(reporter)]
    if section == "lender":
        return [lender for lender, _, _ in facts.LENDERS]
    if section == "district":
        return list(DISTRICTS.values())
    if section == "scheme":
        return list(WORDS["scheme"])
    return [
        "Nông nghiệp",
        "Công nghiệp - TTCN",
        "Xây dựng",
        "Thương mại - Dịch vụ",
        "Vận tải",
        "Môi trường",
        "Tín dụng",
    ]


def _section_text(section: str, value: str) -> str:
    if section == "kind":
        return KIND_SECTIONS[value]
    if section == "sector":
        return value.upper()
    if section == "scheme":
        return "Chứng nhận " + WORDS["scheme"][value][0]
    return value


def _unit_line(columns: list[Column], style: Style) -> str:
    """The line above the table; it names what the headers leave out."""
    if style.units_in_header:
        return ""
    kinds = {column.kind for column in columns}
    units = [style.money] if kinds & {"money", "income"} else []
    if "cert_ha" in kinds or "ha" in kinds:
        units.append(style.area if "cert_ha" in kinds else "ha")
    if "tonnes" in kinds:
        units.append(style.mass)
    return f"Đơn vị tính: {'; '.join(units)}" if units else ""


TRUTH_FIELDS: dict[str, tuple[str, ...]] = {
    "cooperative_reports": (
        "name",
        "kind",
        "status",
        "rating",
        "members",
        "female_members",
        "workers",
        "charter_capital_vnd",
        "total_capital_vnd",
        "revenue_vnd",
        "profit_vnd",
        "worker_income_vnd_month",
        "area_ha",
    ),
    "loans": (
        "coop_name",
        "lender",
        "lender_kind",
        "contract_no",
        "purpose",
        "disbursed_on",
        "due_on",
        "disbursed_vnd",
        "outstanding_vnd",
        "overdue_vnd",
        "rate_year_ratio",
    ),
    "credit_totals": ("as_of", "total_outstanding_vnd", "coop_outstanding_vnd"),
    "certifications": (
        "coop_name",
        "scheme",
        "certificate_no",
        "issuer",
        "product",
        "area_ha",
        "stars",
        "households",
        "issued_on",
        "expires_on",
    ),
    "exports": ("coop_name", "exporter", "product", "market", "quantity_t", "value_vnd", "channel", "shipped_on"),
    "training": (
        "course",
        "kind",
        "audience",
        "classes",
        "attendances",
        "persons",
        "organiser",
        "starts_on",
        "budget_vnd",
    ),
    "technology_transfers": ("coop_name", "process", "processes", "provider", "transferred_on"),
    "demonstration_models": ("coop_name", "model", "kind", "product", "models", "size_ha", "households"),
    "growing_areas": ("code", "area_name", "holder", "product", "area_ha", "market", "issued_on", "status"),
    "packing_facilities": ("code", "facility", "holder", "capacity", "market", "issued_on", "status"),
    "trace_stamps": ("recipient", "product", "kind", "quantity", "issued_on"),
    "infrastructure": (
        "coop_name",
        "work",
        "kind",
        "floor_area_m2",
        "served_area_ha",
        "amount_vnd",
        "source",
        "completed_on",
    ),
    "trade_promotions": ("event", "scope", "venue", "starts_on", "ends_on", "coops", "contract_value_vnd"),
}
