"""Tables and their COMMENTs, made from the forms: `core`, `quality` and `ref` for readers, `intake` for what was parsed."""

from __future__ import annotations

from dataclasses import dataclass

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.spec import Form
from coop_pipeline.forms.wording import VIETNAM_HOURS


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    vi: str
    en: str
    unit: str = ""

    @property
    def comment(self) -> str:
        return f"{self.vi} | {self.en}"


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table of the published file."""

    schema: str
    name: str
    vi: str
    en: str
    columns: tuple[Column, ...]
    form: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def comment(self) -> str:
        return f"{self.vi} | {self.en}"


def day_in_vietnam(moment: str) -> str:
    """SQL: the day in Vietnam of a column that holds a moment in UTC."""
    return f"cast({moment} + interval {VIETNAM_HOURS} hour as date)"


UNIT_WORDS = {
    "vnd": "VND", "vnd_month": "VND/month", "ha": "ha", "m2": "m2", "t": "t", "ratio": "ratio", "ratio_year": "ratio/year",
    "count": "count", "star": "star",
}  # fmt: skip


def _c(name: str, type_: str, vi: str, en: str) -> Column:
    return Column(name, type_, vi, en)


PERIOD = _c("period", "VARCHAR", "Kỳ báo cáo", "Period code (ref.periods)")
REPORTER = _c("reporter_code", "VARCHAR", "Đơn vị báo cáo", "Reporter (ref.reporters)")
SUBMISSION = _c("submission_id", "VARCHAR", "Mã bản gửi (sha256 của tệp)", "Submission: sha256 of the file's bytes")
SHEET = _c("sheet", "VARCHAR", "Trang tính", "Sheet")
ROW_NUMBER = _c("row_number", "INTEGER", "Dòng trong trang tính", "Physical row in the sheet")
PROVENANCE = (PERIOD, REPORTER, SUBMISSION, SHEET, ROW_NUMBER)
COOPERATIVE_ID = _c(
    "cooperative_id",
    "VARCHAR",
    "Mã HTX, THT (không đổi qua các kỳ)",
    "Co-operative (core.cooperatives); the same in every form, period and run",
)


def core_table(form: Form) -> TableSpec:
    """`core.<form>`: the owner's id, the stored fields, the provenance."""
    columns: list[Column] = []
    if form.owner:
        columns.append(COOPERATIVE_ID)
    for f in form.stored:
        if f.type == "note":
            continue
        unit = UNIT_WORDS.get(f.unit or "", "")
        extra = (
            f" ({unit})" if unit else f" (ref.codes: {f.codes})" if f.codes else " (ref.areas)" if f.type in ("district", "commune") else ""
        )
        vi, en = f.vi + extra, f.en + extra
        if f.type == "commune":
            vi, en = f"{vi}; đơn vị còn hiệu lực vào ngày cuối kỳ", f"{en}; the unit in force on the period's last day"
        columns.append(Column(f.name, f.sql_type, vi, en, unit))
    return TableSpec(
        "core", form.name, f"{form.vi}: mỗi dòng là {form.grain_vi}", f"One row per {form.grain_en}", (*columns, *PROVENANCE), form.name
    )


COOPERATIVES = TableSpec(
    "core", "cooperatives", "HTX, THT, liên hiệp HTX, quỹ tín dụng nhân dân: tình trạng mới nhất", "Co-operatives: their latest known state",
    (
        COOPERATIVE_ID,
        _c("name", "VARCHAR", "Tên", "Name"),
        _c("kind", "VARCHAR", "Loại hình (ref.codes: cooperative_kinds)", "Kind (ref.codes: cooperative_kinds)"),
        _c("tax_code", "VARCHAR", "Mã số thuế", "Tax code"),
        _c("registration_no", "VARCHAR", "Số đăng ký", "Registration number"),
        _c("district_code", "VARCHAR", "Huyện, thành phố (ref.areas)", "District (ref.areas)"),
        _c("commune_code", "VARCHAR", "Xã, phường, thị trấn (ref.areas, cùng commune_valid_from)", "Commune (ref.areas, together with commune_valid_from)"),
        _c("address", "VARCHAR", "Địa chỉ", "Address"),
        _c("sector", "VARCHAR", "Lĩnh vực hoạt động", "Sector"),
        _c("products", "VARCHAR", "Sản phẩm chủ lực", "Products"),
        _c("established_on", "DATE", "Ngày thành lập", "Established on"),
        _c("status", "VARCHAR", "Tình trạng hoạt động (ref.codes: statuses)", "Status (ref.codes: statuses)"),
        _c("rating", "VARCHAR", "Xếp loại (ref.codes: ratings)", "Rating (ref.codes: ratings)"),
        _c("is_inferred", "BOOLEAN", "Không có trong danh sách nào, chỉ thấy ở biểu khác", "In no list of co-operatives; known from other forms only"),
        _c("commune_valid_from", "DATE", "Ngày đầu hiệu lực của đơn vị cấp xã: cùng mã, trước và sau 01/07/2025 là địa bàn khác nhau",
           "First day of that commune: the same code is other ground before and after 1 July 2025"),
        *PROVENANCE,
    ),
    "cooperative_reports",
)  # fmt: skip

CORE: tuple[TableSpec, ...] = (COOPERATIVES, *(core_table(form) for form in FORMS.values()))

_COUNTS = tuple(
    _c(name, "INTEGER", vi, en)
    for name, vi, en in (
        ("header", "Dòng tiêu đề", "Header rows"),
        ("data_accepted", "Dòng số liệu được nhận", "Data rows accepted"),
        ("data_rejected", "Dòng số liệu bị loại", "Data rows rejected"),
        ("total", "Dòng cộng", "Totals and repeated rows"),
        ("section", "Dòng mục", "Section rows"),
        ("note", "Dòng ghi chú, tiêu đề, chữ ký", "Titles, notes, signatures"),
        ("blank", "Dòng trống", "Blank rows"),
        ("rows", "Tổng số dòng", "All rows: the sum of the others"),
    )
)
QUALITY: tuple[TableSpec, ...] = (
    TableSpec("quality", "submissions", "Mọi tệp đã nhận và kết quả xử lý", "Every file received and what became of it", (
        SUBMISSION,
        _c("file", "VARCHAR", "Đường dẫn trong data/raw", "Path below data/raw"),
        REPORTER, PERIOD,
        _c("received_at", "TIMESTAMP", "Thời điểm nhận (UTC, theo ngày sửa tệp)", "Received at (UTC; the file's modification time)"),
        _c("status", "VARCHAR", "accepted: nhận đủ; partial: nhận một phần; rejected: không nhận; superseded: đã có bản thay",
           "accepted | partial | rejected | superseded"),
        _c("rows_read", "INTEGER", "Số dòng số liệu đã đọc", "Data rows read"),
        _c("rows_accepted", "INTEGER", "Số dòng được nhận", "Data rows accepted"),
        _c("rows_rejected", "INTEGER", "Số dòng bị loại", "Data rows rejected"),
        _c("format", "VARCHAR", "Định dạng thật của tệp", "What the first bytes say that it is"),
        _c("size_bytes", "BIGINT", "Dung lượng (byte)", "Size in bytes"),
        _c("revision", "INTEGER", "Lần gửi ghi trên tệp hoặc tiêu đề", "Revision mark in the name or title"),
        _c("is_supplement", "BOOLEAN", "Chỉ gồm các dòng bổ sung", "Holds additional rows only"),
        _c("stated_on", "DATE", "Ngày ký ghi trên biểu", "Date beside the signature"),
    )),
    TableSpec("quality", "reports", "Báo cáo của từng đơn vị cho từng kỳ trong mỗi tệp",
              "Whose reports for which periods a file holds: one row per submission, reporter and period", (
        SUBMISSION, REPORTER, PERIOD,
        _c("received", "BOOLEAN", "Đã nhận: có dòng dùng được hoặc ghi không phát sinh", "Came with a row that can be used, or with the word that there is nothing to report"),
        _c("rows_read", "INTEGER", "Số dòng số liệu đã đọc", "Data rows read"),
        _c("rows_rejected", "INTEGER", "Số dòng bị loại", "Data rows rejected"),
    )),
    TableSpec("quality", "row_counts", "Mỗi dòng của mỗi trang tính thuộc đúng một loại, tính một lần cho mỗi biểu có trong dòng",
              "Each physical row in exactly one class, once for each form that stands in it",
              (SUBMISSION, SHEET, _c("form", "VARCHAR", "Biểu", "Form; empty where none was recognised"), *_COUNTS)),
    TableSpec("quality", "issues", "Các lỗi, cảnh báo, ghi chú theo từng ô", "Issues, by cell", (
        SUBMISSION, SHEET,
        _c("cell", "VARCHAR", "Ô", "Cell"),
        ROW_NUMBER,
        _c("form", "VARCHAR", "Biểu", "Form"),
        _c("field", "VARCHAR", "Trường", "Field"),
        _c("code", "VARCHAR", "Mã lỗi", "Kind of issue"),
        _c("severity", "VARCHAR", "error: dòng bị loại; warning: cần xem lại; note: ghi chú", "error | warning | note"),
        _c("value", "VARCHAR", "Giá trị như đã gõ", "Value as typed"),
        _c("message_vi", "VARCHAR", "Nội dung", "Message in Vietnamese"),
        _c("message_en", "VARCHAR", "Nội dung (tiếng Anh)", "Message in English"),
        _c("hint_vi", "VARCHAR", "Cách sửa", "What to do, in Vietnamese"),
        _c("in_force", "BOOLEAN", "Còn hiệu lực; false: đơn vị đã gửi bản mới thay biểu này", "Stands; false where a newer submission answers this form"),
    )),
    TableSpec("quality", "rejected_rows", "Các dòng bị loại, như đã gõ (không có dữ liệu cá nhân)", "Rejected rows as typed, without personal data", (
        SUBMISSION, SHEET, ROW_NUMBER,
        _c("form", "VARCHAR", "Biểu", "Form"),
        _c("cells", "JSON", "Các ô theo trường", "Cells by field"),
    )),
    TableSpec("quality", "similar_cooperatives", "Các cặp HTX, THT có thể là một: cán bộ dữ liệu quyết định và ghi vào cooperative_names.csv",
              "Pairs that may be one co-operative, with evidence: data staff decide and write it into cooperative_names.csv", (
        COOPERATIVE_ID, _c("name", "VARCHAR", "Tên", "Name"),
        _c("other_id", "VARCHAR", "Mã HTX, THT gần giống", "The co-operative that it resembles"),
        _c("other_name", "VARCHAR", "Tên gần giống", "The name that it resembles"),
        _c("rule", "VARCHAR", "Quy tắc nhận ra (sound, accents, suffix, connective, new, region, activity, kind, typo, same_name, tax_code, registration_no)",
           "Rule that found it: sound | accents | suffix | connective | new | region | activity | kind | typo | same_name | tax_code | registration_no"),
        _c("rule_vi", "VARCHAR", "Giống ở điểm nào", "The rule in Vietnamese"),
        Column("score_ratio", "DECIMAL(5,4)", "Mức giống của hai tên, 0 đến 1", "Likeness of the names by letters, 0 to 1", "ratio"),
        *(
            _c(prefix + name, "VARCHAR", vi + (" của bên kia" if prefix else "") + " (cách nhau bằng |)", en + (" of the other" if prefix else "") + ", separated by |")
            for name, vi, en in (
                ("districts", "Huyện", "Districts"), ("communes", "Xã", "Communes"), ("tax_codes", "Mã số thuế", "Tax codes"),
                ("registration_nos", "Số đăng ký", "Registration numbers"), ("files", "Tệp và biểu có tên này", "Files and forms that name it"),
            )
            for prefix in ("", "other_")
        ),
        _c("in_one_list", "BOOLEAN", "Một danh sách HTX có cả hai: có lẽ là hai đơn vị", "One list of co-operatives holds both: they are probably two"),
    )),
    TableSpec("quality", "completeness", "Đơn vị nào đã gửi biểu nào cho kỳ nào", "Who sent which form for which period", (
        REPORTER, _c("form", "VARCHAR", "Biểu", "Form"), PERIOD,
        _c("expected", "BOOLEAN", "Phải gửi", "Is owed"),
        _c("received", "BOOLEAN", "Biểu đã đến: có dòng số liệu (kể cả khi mọi dòng bị loại) hoặc ghi không phát sinh; biểu trống thì không tính",
           "The form came: with data rows, even if all were rejected, or with the word that there is nothing to report; an empty form does not count"),
        _c("on_time", "BOOLEAN", "Đúng hạn", "Was on time"),
        _c("rows_accepted", "INTEGER", "Số dòng được nhận; 0 mà rows_rejected > 0: đã gửi nhưng không dùng được",
           "Data rows accepted; 0 beside rows_rejected > 0: it came but cannot be used"),
        _c("rows_rejected", "INTEGER", "Số dòng bị loại của bản đang được tính", "Data rows rejected, without those of replaced submissions"),
        _c("due_on", "DATE", "Hạn nộp", "Due on"),
        _c("due_source", "VARCHAR", "Căn cứ của hạn nộp", "What sets the day"),
        _c("stated_on", "DATE", "Ngày ký", "Date beside the signature"),
        _c("received_on", "DATE", "Ngày nhận (giờ Việt Nam)", "Day of arrival in Vietnam"),
        _c("days_late", "INTEGER", "Số ngày chậm, tính theo ngày ký, không có thì ngày nhận; 0: đúng hạn",
           "Days late by the date beside the signature, else by the day of arrival; 0: on time"),
    )),
)  # fmt: skip

REF: tuple[TableSpec, ...] = (
    TableSpec("ref", "periods", "Các kỳ báo cáo", "Periods", (
        PERIOD, _c("kind", "VARCHAR", "year, half, quarter, month", "year | half | quarter | month"),
        _c("starts_on", "DATE", "Từ ngày", "First day"), _c("ends_on", "DATE", "Đến ngày", "Last day"),
    )),
    TableSpec("ref", "areas", "Đơn vị hành chính theo thời gian có hiệu lực", "Administrative units while they exist", (
        _c("area_code", "VARCHAR", "Mã đơn vị hành chính", "GSO code; unique only together with valid_from: the same code can be other ground after July 2025"),
        _c("level", "VARCHAR", "province, district, commune", "province | district | commune"),
        _c("name_vi", "VARCHAR", "Tên", "Name"),
        _c("parent_code", "VARCHAR", "Đơn vị cấp trên", "Parent"),
        _c("valid_from", "DATE", "Có hiệu lực từ", "First day"),
        _c("valid_to", "DATE", "Đến hết", "Last day; NULL: still in force"),
        _c("successor_codes", "VARCHAR", "Đơn vị mới sau 01/07/2025 (cách nhau bằng |)", "Units of after July 2025, separated by |"),
        _c("succession", "VARCHAR", "whole: nguyên vẹn; split: bị chia", "whole | split"),
    )),
    TableSpec("ref", "area_successions", "Đơn vị hành chính cũ thành đơn vị mới nào từ 01/07/2025; xã bị chia có nhiều dòng, không dòng nào là mặc định",
              "Which unit of after July 2025 an old one became; a split commune has a row for each of its successors, none of them preferred", (
        _c("area_code", "VARCHAR", "Mã đơn vị cũ", "Code of the old unit (ref.areas, with valid_from)"),
        _c("valid_from", "DATE", "Đơn vị cũ có hiệu lực từ", "First day of the old unit; with area_code its key in ref.areas"),
        _c("name_vi", "VARCHAR", "Tên đơn vị cũ", "Name of the old unit"),
        _c("district_code", "VARCHAR", "Huyện, thành phố của đơn vị cũ; trống: tỉnh", "District of the old unit (ref.areas); NULL for the province"),
        _c("successor_code", "VARCHAR", "Mã đơn vị mới", "Code of the new unit (ref.areas, with successor_from)"),
        _c("successor_from", "DATE", "Đơn vị mới có hiệu lực từ", "First day of the new unit"),
        _c("successor_name_vi", "VARCHAR", "Tên đơn vị mới", "Name of the new unit"),
        _c("succession", "VARCHAR", "whole: nguyên vẹn vào đơn vị mới; split: bị chia cho nhiều đơn vị mới", "whole: all of it; split: a part of it"),
    )),
    TableSpec("ref", "reporters", "Đơn vị báo cáo: huyện, thành phố đến 30/06/2025, xã, phường từ 01/07/2025, và cơ quan cấp tỉnh. "
              "Kỳ báo cáo thuộc về đơn vị còn hiệu lực vào ngày cuối kỳ",
              "Reporters: districts until June 2025, communes from July 2025, and provincial agencies. A period is reported by those in force on its last day", (
        REPORTER, _c("kind", "VARCHAR", "district, commune, agency", "district | commune | agency"),
        _c("area_code", "VARCHAR", "Địa bàn", "Area (ref.areas; that of a commune with valid_from 2025-07-01)"),
        _c("name_vi", "VARCHAR", "Tên", "Name"), _c("name_en", "VARCHAR", "Tên tiếng Anh", "Name in English"),
        _c("valid_from", "DATE", "Báo cáo từ ngày; trống: từ trước", "Reports from this day on; NULL: from before"),
        _c("valid_to", "DATE", "Báo cáo đến hết ngày; trống: còn hiệu lực", "Reports up to this day; NULL: still"),
        _c("district_code", "VARCHAR", "Huyện cũ của mọi dòng mà đơn vị gửi; trống: không suy ra được (cơ quan cấp tỉnh, phường Thống Nhất)",
           "The old district of all its rows; NULL where it does not follow (agencies, phường Thống Nhất)"),
        _c("district_codes", "VARCHAR", "Các huyện cũ mà địa bàn nằm trên (cách nhau bằng |); trống: toàn tỉnh",
           "The old districts on whose ground it lies, separated by |; NULL: the whole province"),
    )),
    TableSpec("ref", "codes", "Danh mục", "Code lists", (
        _c("list", "VARCHAR", "Danh mục", "Code list"), _c("code", "VARCHAR", "Mã", "Code"),
        _c("label_vi", "VARCHAR", "Tên", "Label"), _c("label_en", "VARCHAR", "Tên tiếng Anh", "Label in English"),
        _c("spellings", "VARCHAR", "Cách viết được chấp nhận (cách nhau bằng |)", "Accepted spellings, separated by |"),
        _c("position", "INTEGER", "Thứ tự", "Order in the list"),
    )),
    TableSpec("ref", "schemes", "Loại chứng nhận và thời hạn thông thường", "Certification schemes and how long they usually last", (
        _c("scheme", "VARCHAR", "Loại chứng nhận", "Scheme"), _c("label_vi", "VARCHAR", "Tên", "Label"),
        _c("label_en", "VARCHAR", "Tên tiếng Anh", "Label in English"),
        _c("term_months", "INTEGER", "Thời hạn thông thường (tháng), dùng khi giấy không ghi ngày hết hạn",
           "Usual term in months, used where a certificate states no expiry"),
    )),
    TableSpec("ref", "published_figures", "Số liệu tỉnh đã công bố", "Figures that the province published", (
        _c("code", "VARCHAR", "Mã chỉ tiêu", "Indicator"), _c("title_vi", "VARCHAR", "Tên chỉ tiêu", "Title"),
        _c("unit", "VARCHAR", "Đơn vị tính", "Unit"), _c("time_window", "VARCHAR", "cumulative, as_of, period", "cumulative | as_of | period"),
        _c("as_of", "DATE", "Thời điểm", "As of"), _c("value", "DECIMAL(24,6)", "Giá trị", "Value"),
        _c("qualifier", "VARCHAR", "exact: đúng; more_than: hơn; almost: gần; about: khoảng", "exact | more_than | almost | about"),
        _c("printed", "VARCHAR", "Nguyên văn", "As printed"), _c("area_code", "VARCHAR", "Địa bàn", "Area"),
        _c("margin", "DECIMAL(24,6)", "Sai số do làm tròn khi in", "Half a unit of the last printed digit"),
        _c("note", "VARCHAR", "Ghi chú", "Note"),
    )),
    TableSpec("ref", "dictionary", "Từ điển: mọi bảng và cột", "Every table and column", (
        _c("table_schema", "VARCHAR", "Nhóm bảng", "Schema"), _c("table_name", "VARCHAR", "Bảng", "Table"),
        _c("column_name", "VARCHAR", "Cột; trống: cả bảng", "Column; empty: the table itself"),
        _c("data_type", "VARCHAR", "Kiểu dữ liệu", "Type"), _c("unit", "VARCHAR", "Đơn vị", "Unit"),
        _c("meaning_vi", "VARCHAR", "Ý nghĩa", "Meaning in Vietnamese"), _c("meaning_en", "VARCHAR", "Ý nghĩa (tiếng Anh)", "Meaning in English"),
        _c("form", "VARCHAR", "Biểu nguồn", "Source form"), _c("source", "VARCHAR", "Căn cứ", "Law or form behind it"),
        _c("spellings", "VARCHAR", "Các cách viết tiêu đề cột (cách nhau bằng |)", "Header spellings, separated by |"),
    )),
)  # fmt: skip


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def create_statements(table: TableSpec) -> list[str]:
    """DDL of a table with its COMMENTs. No keys and no indexes: references are checked by query."""
    columns = ", ".join(f'"{c.name}" {c.type}' for c in table.columns)
    statements = [
        f"create schema if not exists {table.schema}",
        f"create table if not exists {table.full_name} ({columns})",
        f"comment on table {table.full_name} is {literal(table.comment)}",
    ]
    statements += [f'comment on column {table.full_name}."{c.name}" is {literal(c.comment)}' for c in table.columns]
    return statements
