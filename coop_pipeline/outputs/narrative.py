"""What the province's report says, in its order: declarations only. Figures and comparisons are put in by `report`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Says:
    """One statement about one indicator; `{n}` stands for its value. How it changed is added behind it."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Splits:
    """The values of a breakdown, largest first; `{list}` stands for them.

    `codes` is the code list of the labels, empty for free text; `common` where they are no proper names.
    """

    code: str
    breakdown: str
    text: str
    codes: str = ""
    common: bool = False


@dataclass(frozen=True, slots=True)
class Leads:
    """The districts with the largest values; `{list}` stands for them."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Events:
    """The names of the province's events up to the period's end; `{list}` stands for them."""

    text: str


Statement = Says | Splits | Leads | Events


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Statements in one sentence. `lead` may hold {as_of} (the figures' day), {period} and {end} (up to the period's end)."""

    lead: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Theme:
    title: str
    paragraphs: tuple[Paragraph, ...]
    chart: str = ""  # outputs.charts


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    themes: tuple[Theme, ...]


PARTS: tuple[Part, ...] = (
    Part("TÌNH HÌNH CHUNG", (
        Theme("Tổ chức", (
            Paragraph("Tính đến ngày {as_of},", (
                Says("cooperatives.total", "toàn tỉnh có {n} tổ chức kinh tế tập thể"),
                Splits("cooperatives.total", "kind", "gồm {list}", "cooperative_kinds", common=True),
                Says("cooperatives.operating", "số đơn vị đang hoạt động là {n}"),
                Says("cooperatives.suspended", "tạm ngừng hoạt động {n} đơn vị"),
                Says("cooperatives.awaiting_dissolution", "chờ giải thể {n} đơn vị"),
                Says("cooperatives.dissolved", "đã giải thể {n} đơn vị"),
            )),
            Paragraph("Trong {period},", (Says("cooperatives.new", "số đơn vị thành lập mới là {n}"),)),
            Paragraph("Các địa bàn có nhiều HTX, THT nhất:", (Leads("cooperatives.total", "{list}"),)),
        ), "cooperatives"),
        Theme("Thành viên, lao động và kết quả kinh doanh", (
            Paragraph("Tính đến ngày {as_of},", (
                Says("cooperatives.members", "các HTX, THT có {n} thành viên"),
                Says("cooperatives.female_member_ratio", "thành viên nữ chiếm {n}"),
                Says("cooperatives.workers", "số lao động làm việc là {n} người"),
            )),
            Paragraph("Trong {period},", (
                Says("cooperatives.revenue_vnd", "doanh thu bình quân một HTX đạt {n}"),
                Says("cooperatives.profit_vnd", "lợi nhuận bình quân một HTX đạt {n}"),
                Says("cooperatives.worker_income_vnd_month", "thu nhập bình quân của người lao động đạt {n}"),
            )),
        )),
    )),
    Part("KẾT QUẢ HỖ TRỢ PHÁT TRIỂN HỢP TÁC XÃ", (
        Theme("Đào tạo, bồi dưỡng, tập huấn", (
            Paragraph("Lũy kế đến {end},", (
                Says("training.manager_attendances", "đã bồi dưỡng {n} lượt cán bộ quản lý HTX"),
                Says("training.vocational_classes", "mở {n} lớp dạy nghề, truyền nghề"),
                Says("training.vocational_learners", "số thành viên và người lao động được học nghề là {n} người"),
                Says("training.official_attendances", "tập huấn cho {n} lượt cán bộ, công chức cấp huyện, cấp xã"),
            )),
            Paragraph("Riêng trong {period},", (
                Says("training.classes", "các đơn vị tổ chức {n} lớp"),
                Says("training.attendances", "thu hút {n} lượt người dự"),
                Splits("training.attendances", "audience", "theo đối tượng: {list}", "audiences", common=True),
                Says("training.budget_vnd", "kinh phí thực hiện {n}"),
            )),
        ), "training"),
        Theme("Áp dụng kỹ thuật quản lý dịch hại tổng hợp (IPM)", (
            Paragraph("Lũy kế đến {end},", (
                Says("models.ipm", "đã xây dựng {n} mô hình IPM"),
                Says("models.ipm_size_min_ha", "mô hình nhỏ nhất có quy mô {n}"),
                Says("models.ipm_size_max_ha", "mô hình lớn nhất có quy mô {n}"),
                Splits("models.ipm", "product", "theo cây trồng: {list}"),
            )),
        )),
        Theme("Mã số vùng trồng, mã số cơ sở đóng gói", (
            Paragraph("Tính đến ngày {as_of},", (
                Says("growing_areas.codes", "số mã số vùng trồng còn hiệu lực là {n}"),
                Says("growing_areas.area_ha", "diện tích được cấp mã là {n}"),
                Splits("growing_areas.codes", "market", "theo thị trường: {list}", "markets"),
                Says("packing_facilities.codes", "số mã số cơ sở đóng gói còn hiệu lực là {n}"),
            )),
        )),
        Theme("Tem truy xuất nguồn gốc", (
            Paragraph("Lũy kế đến {end},", (
                Says("stamps.linked_products", "đã hỗ trợ {n} tem truy xuất nguồn gốc cho sản phẩm liên kết"),
                Says("stamps.electronic", "cấp {n} tem truy xuất điện tử"),
                Says("stamps.recipients", "số đơn vị được nhận tem là {n}"),
            )),
        )),
        Theme("Xuất khẩu nông sản", (
            Paragraph("Lũy kế đến {end},", (
                Says("exports.official_quantity_t", "sản lượng xuất khẩu chính ngạch đạt {n}"),
                Splits("exports.official_quantity_t", "market", "theo thị trường: {list}", "markets"),
                Splits("exports.official_quantity_t", "product", "theo mặt hàng: {list}"),
            )),
            Paragraph("Riêng trong {period},", (
                Says("exports.quantity_t", "sản lượng xuất khẩu qua mọi hình thức đạt {n}"),
                Says("exports.value_vnd", "giá trị {n}"),
                Says("exports.coops", "số HTX, THT có hàng xuất khẩu là {n}"),
            )),
        ), "exports"),
        Theme("An toàn thực phẩm và chứng nhận chất lượng", (
            Paragraph("Trong {period},", (
                Says("certifications.food_safety_coops_new", "có {n} HTX, THT được cấp giấy chứng nhận cơ sở đủ điều kiện an toàn thực phẩm"),
                Says("certifications.food_safety_area_ha_new", "với diện tích {n}"),
            )),
            Paragraph("Tính đến ngày {as_of},", (
                Says("certifications.certified_coops", "số HTX, THT có chứng nhận an toàn thực phẩm hoặc VietGAP còn hiệu lực là {n}"),
                Says("certifications.certified_area_ha", "tổng diện tích {n}"),
                Says("certifications.area_ha", "tính cả GlobalGAP, hữu cơ và PGS, diện tích có chứng nhận là {n}"),
                Says("certifications.ocop_products", "số sản phẩm OCOP là {n}"),
            )),
            Paragraph("Các địa bàn có diện tích chứng nhận lớn nhất:", (Leads("certifications.certified_area_ha", "{list}"),)),
        ), "certified_area"),
        Theme("Kết cấu hạ tầng", (
            Paragraph("Lũy kế đến {end},", (
                Says("infrastructure.coops", "số HTX được ngân sách nhà nước hỗ trợ xây dựng kết cấu hạ tầng là {n}"),
                Says("infrastructure.works", "số công trình là {n}"),
                Splits("infrastructure.works", "kind", "gồm {list}", "work_kinds", common=True),
                Says("infrastructure.floor_area_m2", "diện tích trụ sở, nhà kho, xưởng là {n}"),
                Says("infrastructure.served_area_ha", "diện tích sản xuất được phục vụ tưới và điện là {n}"),
                Says("infrastructure.amount_vnd", "tổng kinh phí hỗ trợ {n}"),
            )),
        )),
        Theme("Chuyển giao công nghệ, mô hình sản xuất", (
            Paragraph("Lũy kế đến {end},", (
                Says("technology.processes", "đã chuyển giao {n} quy trình công nghệ"),
                Says("technology.coops", "số HTX, THT tiếp nhận là {n}"),
                Says("models.production", "xây dựng {n} mô hình sản xuất, trình diễn"),
            )),
            Paragraph("Riêng trong {period},", (Says("technology.processes_new", "số quy trình được chuyển giao là {n}"),)),
        )),
        Theme("Tín dụng", (
            Paragraph("Đến ngày {as_of},", (
                Says("credit.outstanding_vnd", "dư nợ của các tổ chức tín dụng cho HTX vay là {n}"),
                Splits("credit.outstanding_vnd", "lender_kind", "trong đó {list}", "lender_kinds"),
                Says("credit.share_of_total", "chiếm {n} tổng dư nợ trên địa bàn tỉnh"),
                Says("credit.coops", "số đơn vị còn dư nợ là {n}"),
                Says("credit.overdue_ratio", "tỷ lệ nợ quá hạn {n}"),
            )),
            Paragraph("Các địa bàn có dư nợ lớn nhất:", (Leads("credit.outstanding_vnd", "{list}"),)),
        ), "credit"),
        Theme("Quỹ hỗ trợ phát triển hợp tác xã", (
            Paragraph("Lũy kế đến {end},", (
                Says("credit.support_fund_disbursed_vnd", "Quỹ đã giải ngân {n}"),
                Says("credit.support_fund_coops", "cho {n} HTX"),
                Says("credit.support_fund_outstanding_vnd", "dư nợ hiện còn {n}"),
            )),
        )),
        Theme("Xúc tiến thương mại", (
            Paragraph("Lũy kế đến {end},", (
                Says("promotion.events", "các đơn vị đã tổ chức hoặc tham gia {n} sự kiện xúc tiến thương mại"),
                Says("promotion.provincial_events", "số sự kiện cấp tỉnh là {n}"),
            )),
            Paragraph("Các sự kiện cấp tỉnh:", (Events("{list}"),)),
        )),
    )),
    Part("TÌNH HÌNH GỬI BÁO CÁO", (
        Theme("Kết quả gửi", (
            Paragraph("Trong {period},", (
                Says("data.forms_received", "số biểu phải gửi đã nhận được là {n}"),
                Says("data.completeness_ratio", "đạt {n} số biểu phải gửi"),
                Says("data.on_time_ratio", "tỷ lệ gửi đúng hạn {n}"),
                Says("data.rows_rejected", "số dòng bị loại vì có lỗi là {n}"),
            )),
        ), "submissions"),
    )),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Annex:
    """A table by district: the columns of its mart that fit a page (the workbook has all), and the families of indicators behind it."""

    mart: str
    columns: tuple[str, ...]
    families: tuple[str, ...]


ANNEXES: tuple[Annex, ...] = (
    Annex("cooperatives_by_district", ("total", "operating", "new", "suspended", "members", "workers", "revenue_vnd", "profit_vnd"), ("cooperatives",)),
    Annex("training_by_district", ("classes", "attendances", "manager_attendances_to_date", "vocational_classes_to_date",
                                   "vocational_learners_to_date", "official_attendances_to_date", "budget_vnd"), ("training",)),
    Annex("production_support_by_district", ("ipm_models", "production_models", "processes", "growing_area_codes", "packing_facility_codes",
                                             "paper_stamps", "electronic_stamps"),
          ("models", "technology", "growing_areas", "packing_facilities", "stamps")),
    Annex("certified_area_by_district", ("certified_coops", "certified_area_ha", "vietgap_area_ha", "food_safety_area_ha", "area_ha",
                                         "food_safety_coops_new", "ocop_products"), ("certifications",)),
    Annex("infrastructure_by_district", ("coops", "works", "floor_area_m2", "served_area_ha", "amount_vnd"), ("infrastructure",)),
    Annex("credit_by_district", ("coops", "outstanding_vnd", "bank_outstanding_vnd", "policy_bank_outstanding_vnd", "credit_fund_outstanding_vnd",
                                 "overdue_vnd", "support_fund_disbursed_vnd", "support_fund_coops"), ("credit",)),
)  # fmt: skip
