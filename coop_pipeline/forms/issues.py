"""The kinds of issue: code, default severity, what is said to a district and what it should do. One entry a kind, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from coop_pipeline.forms.spec import Field, Severity
from coop_pipeline.forms.wording import as_one_line, mask_personal


@dataclass(frozen=True, slots=True)
class Kind:
    """`vi`, `en` and `hint_vi` are templates filled by the issue's parameters; a parameter that is missing is our own mistake."""

    code: str
    severity: Severity
    vi: str
    en: str
    hint_vi: str


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        # the file
        Kind("file_unreadable", "error", "Không đọc được tệp: {reason_vi}.", "The file cannot be read: {reason_en}.",
             "Mở tệp gốc bằng Excel, chọn Lưu thành .xlsx rồi gửi lại; nếu Excel cũng không mở được thì nhập lại vào mẫu biểu."),
        Kind("file_encrypted", "error", "Tệp được đặt mật khẩu nên không đọc được.", "The file is protected by a password.",
             "Bỏ mật khẩu (Tệp > Thông tin > Bảo vệ sổ làm việc) rồi gửi lại."),
        Kind("file_too_large", "error", "Tệp vượt quá giới hạn: {reason_vi}.", "The file exceeds a limit: {reason_en}.",
             "Xóa các dòng, cột, hình ảnh thừa hoặc tách thành nhiều tệp rồi gửi lại."),
        Kind("file_not_workbook", "error", "Tệp không phải là sổ tính Excel ({reason_vi}).", "The file is not a workbook ({reason_en}).",
             "Gửi biểu số liệu dưới dạng tệp Excel (.xlsx), không gửi bản Word, PDF hoặc ảnh chụp."),
        # the sheet
        Kind("sheet_unrecognised", "warning", "Không nhận ra trang tính “{sheet}” là biểu nào{detail_vi}.",
             "The sheet “{sheet}” is not recognised as any form{detail_en}.",
             "Nếu trang này có số liệu cần nộp, dùng đúng mẫu biểu hoặc ghi rõ tên biểu ở tiêu đề; nếu không thì bỏ qua."),
        Kind("header_missing", "error", "Biểu “{form_vi}” thiếu cột bắt buộc: {missing_vi}{rows_vi}. Các cột đã thấy: {seen}.",
             "The form “{form_en}” lacks the required column: {missing_en}{rows_en}. Columns seen: {seen}.",
             "Bổ sung cột còn thiếu (đúng tên như trong mẫu) rồi gửi lại cả biểu; nếu cột đã có dưới tên khác, cán bộ tỉnh thêm tên đó vào "
             "data/corrections/header_spellings.csv."),
        Kind("header_ambiguous", "warning", "Tiêu đề cột “{header}” có thể là {candidates_vi}; chưa đủ căn cứ để chọn nên cột được bỏ trống.",
             "The column header “{header}” may mean {candidates_en}; it was left out.",
             "Ghi rõ tên cột như trong mẫu, hoặc cán bộ tỉnh chọn trường đúng và thêm vào data/corrections/header_spellings.csv dòng: {line}"),
        Kind("column_unknown", "note", "Cột “{header}” không có trong biểu nên không được dùng{detail_vi}.",
             "The column “{header}” is not part of the form and is not used{detail_en}.",
             "Không cần làm gì nếu cột chỉ để tham khảo; nếu là số liệu của biểu thì ghi tên cột như trong mẫu, "
             "hoặc cán bộ tỉnh chọn trường đúng và thêm vào data/corrections/header_spellings.csv dòng: {line}"),
        Kind("sheet_repeated", "note", "Trang tính “{sheet}” tổng hợp lại số liệu của các trang khác nên chỉ tính một lần.",
             "The sheet “{sheet}” repeats rows of other sheets; they count once.",
             "Không cần làm gì nếu đúng là trang tổng hợp; nếu là đợt khác thì ghi ngày hoặc kỳ của từng đợt rồi gửi lại."),
        Kind("nil_report", "note", "Biểu “{form_vi}” ghi không phát sinh: kỳ này không có dòng số liệu nào.",
             "The form “{form_en}” says that there is nothing to report.",
             "Không cần làm gì; nếu có số liệu thì gửi lại biểu với các dòng số liệu."),
        Kind("hidden_content", "note", "Trang tính “{sheet}” {what_vi}.", "The sheet “{sheet}” {what_en}.",
             "Bỏ ẩn (Unhide, xóa bộ lọc) để kiểm tra: số liệu cần nộp thì để hiện, không cần nộp thì xóa, rồi gửi lại."),
        # the cell
        Kind("value_missing", "error", "Thiếu “{field_vi}”.", "“{field_en}” is missing.", "Điền “{field_vi}” cho dòng này rồi gửi lại."),
        Kind("number_invalid", "error", "“{value}” ở cột “{field_vi}” không phải là số.", "“{value}” in “{field_en}” is not a number.",
             "Chỉ ghi số, ví dụ {example}; phần giải thích ghi ở cột Ghi chú."),
        Kind("number_ambiguous", "warning", "“{value}” ở cột “{field_vi}” có thể đọc theo hai cách; đã hiểu là {reading}.",
             "“{value}” in “{field_en}” can be read in two ways; it was taken as {reading}.",
             "Kiểm tra lại; nên để ô ở dạng số, không gõ dấu chấm, dấu phẩy bằng tay."),
        Kind("date_invalid", "error", "“{value}” ở cột “{field_vi}” không phải là ngày hợp lệ.", "“{value}” in “{field_en}” is not a valid date.",
             "Ghi theo dạng ngày/tháng/năm, ví dụ 30/12/2021."),
        Kind("date_ambiguous", "warning", "“{value}” ở cột “{field_vi}” có thể là hai ngày khác nhau; đã hiểu là {reading}.",
             "“{value}” in “{field_en}” may be two different days; it was taken as {reading}.",
             "Kiểm tra lại ngày và tháng; ghi theo dạng ngày/tháng/năm."),
        Kind("choice_unknown", "error", "“{value}” không có trong danh mục của cột “{field_vi}”. Các giá trị hợp lệ: {choices}.",
             "“{value}” is not in the code list of “{field_en}”. Valid values: {choices}.",
             "Chọn một giá trị trong danh mục, hoặc báo cán bộ tỉnh nếu danh mục còn thiếu."),
        Kind("below_minimum", "error", "{value} ở cột “{field_vi}” nhỏ hơn mức thấp nhất {limit}.",
             "{value} in “{field_en}” is below the minimum {limit}.", "Kiểm tra lại số liệu và đơn vị tính."),
        Kind("above_maximum", "error", "{value} ở cột “{field_vi}” lớn hơn mức cao nhất {limit}.",
             "{value} in “{field_en}” is above the maximum {limit}.", "Kiểm tra lại số liệu và đơn vị tính."),
        Kind("rule_broken", "warning", "{rule_vi}.", "{rule_en}.", "Kiểm tra lại các ô liên quan trong dòng và sửa ô sai."),
        Kind("unit_conflict", "warning", "Đơn vị tính mâu thuẫn ở cột “{field_vi}”: {units}; đã hiểu là {reading}.",
             "Contradicting units for “{field_en}”: {units}; it was taken as {reading}.",
             "Ghi thống nhất một đơn vị tính ở tiêu đề cột và trong ô."),
        Kind("unit_missing", "warning", "Cột “{field_vi}” không ghi đơn vị tính; đã hiểu là {reading}.",
             "The column “{field_en}” states no unit; it was taken as {reading}.", "Ghi đơn vị tính vào tiêu đề cột."),
        Kind("commune_unknown", "warning", "Không tìm thấy “{value}” trong danh mục xã, phường, thị trấn của {district}.",
             "“{value}” is no commune of {district}.", "Ghi đúng tên xã theo danh mục hành chính."),
        Kind("tax_code_invalid", "warning", "Mã số thuế “{value}” không hợp lệ ({reason_vi}).", "The tax code “{value}” is invalid ({reason_en}).",
             "Kiểm tra lại mã số thuế trên giấy chứng nhận đăng ký; không ghi số CCCD của người đại diện."),
        Kind("formula_without_value", "error", "Ô “{field_vi}” có công thức nhưng không có kết quả.", "“{field_en}” holds a formula without a value.",
             "Mở tệp bằng Excel, bấm Lưu để Excel tính lại, rồi gửi lại; hoặc gõ số trực tiếp."),
        Kind("encoding_repaired", "note", "Chữ ở cột “{field_vi}” dùng bảng mã {encoding}; đã chuyển sang Unicode.",
             "The text of “{field_en}” was in {encoding}; it was converted to Unicode.", "Lần sau nên dùng phông Unicode (Times New Roman)."),
        Kind("personal_data", "note", "Tên người hoặc số cá nhân ghi ở cột “{field_vi}” được lược bỏ khỏi số liệu công bố.",
             "A person's name or number in “{field_en}” was left out of what is published.",
             "Ghi tên người, số điện thoại, số CCCD vào cột riêng, không ghi chung với tên hoặc địa chỉ."),
        Kind("cell_corrected", "note", "Cán bộ dữ liệu đã sửa ô này: “{typed}” → “{corrected}” (lý do: {reason}; người sửa: {by}).",
             "Data staff corrected this cell: “{typed}” → “{corrected}” ({reason}; by {by}).", "Huyện kiểm tra lại; nếu chưa đúng thì gửi lại biểu."),
        # the row
        Kind("row_duplicate", "error", "Dòng này trùng với dòng {other}.", "This row repeats row {other}.", "Xóa dòng trùng."),
        Kind("key_conflict", "error", "Dòng này và dòng {other} cùng {key_vi} nhưng số liệu khác nhau.",
             "This row and row {other} share {key_en} but differ.", "Kiểm tra dòng nào đúng, sửa hoặc xóa dòng sai."),
        Kind("cooperative_unknown", "warning", "Không thấy “{value}” trong danh sách HTX, THT nào; số liệu vẫn được tính.",
             "“{value}” is in no list of co-operatives; the row still counts.",
             "Kiểm tra tên, hoặc bổ sung vào danh sách HTX, THT của huyện."),
        Kind("cooperative_similar", "warning", "“{value}” gần giống “{other}” ({reason_vi}); đang coi là hai đơn vị khác nhau.",
             "“{value}” resembles “{other}” ({reason_en}); they are kept apart.",
             "Nếu là một đơn vị, viết tên giống nhau ở mọi biểu rồi gửi lại; nếu là hai đơn vị thì không cần làm gì."),
        Kind("total_mismatch", "warning", "Tổng ghi ở cột “{field_vi}” là {printed}, cộng các dòng được {computed}.",
             "The printed total of “{field_en}” is {printed}; the rows add up to {computed}.", "Kiểm tra lại các dòng và dòng tổng."),
        # the submission
        Kind("reporter_unknown", "error", "Không xác định được đơn vị báo cáo.", "The reporter cannot be told.",
             "Ghi tên huyện hoặc cơ quan ở góc trên bên trái của biểu."),
        Kind("reporter_conflict", "warning", "Đơn vị báo cáo mâu thuẫn: {evidence_vi}; đã lấy {reading}.",
             "The reporter is contradicted: {evidence_en}; {reading} was taken.", "Sửa lại tên đơn vị ở tiêu đề hoặc tên tệp."),
        Kind("reporter_not_in_force", "error", "{reporter} không phải đơn vị báo cáo của kỳ {period}: kỳ đến hết 30/06/2025 do huyện, thành phố báo cáo, "
             "kỳ kết thúc sau ngày đó do xã, phường mới báo cáo.",
             "{reporter} does not report on {period}: districts report on periods up to 30 June 2025, the new communes on those that end later.",
             "Kiểm tra lại kỳ báo cáo và tên đơn vị ở góc trên bên trái của biểu."),
        Kind("period_unknown", "error", "Không xác định được kỳ báo cáo.", "The period cannot be told.", "Ghi rõ năm (quý, tháng) ở tiêu đề biểu."),
        Kind("period_conflict", "warning", "Kỳ báo cáo mâu thuẫn: {evidence_vi}; đã lấy {reading}.",
             "The period is contradicted: {evidence_en}; {reading} was taken.", "Sửa lại năm (quý, tháng) ở tiêu đề hoặc tên tệp."),
        Kind("submission_superseded", "note", "Biểu “{form_vi}” của bản này đã được thay bằng bản gửi sau ({other}).",
             "A later submission ({other}) took the place of this form.",
             "Không cần làm gì."),
        Kind("file_repeated", "note", "Tệp có cùng nội dung với {others}; chỉ tính một lần.", "The file holds the same bytes as {others}; they count once.",
             "Không cần làm gì; nếu lẽ ra là báo cáo của đơn vị hoặc kỳ khác thì gửi lại đúng tệp."),
        # the data staff's own files
        Kind("correction_broken", "warning", "{file} dòng {line}: {reason_vi}.", "{file} line {line}: {reason_en}.",
             "Sửa dòng này trong tệp rồi chạy lại; các dòng khác vẫn được dùng."),
        Kind("correction_unused", "warning", "{file} dòng {line}: không còn áp dụng ({reason_vi}).", "{file} line {line}: it no longer applies ({reason_en}).",
             "Xóa dòng này nếu không còn cần."),
    )
}  # fmt: skip


@dataclass(slots=True)
class Issue:
    sheet: str
    cell: str
    row_number: int | None
    form: str
    field: str
    code: str
    severity: str
    value: str
    message_vi: str
    message_en: str
    hint_vi: str


def make_issue(
    code: str,
    params: dict[str, str],
    *,
    sheet: str = "",
    cell: str = "",
    row_number: int | None = None,
    form: str = "",
    field: Field | None = None,
    value: str = "",
    severity: str | None = None,
) -> Issue:
    """An issue with its sentences; a parameter that a sentence needs and does not get is our own mistake and raises."""
    kind = KINDS[code]
    words = {name: as_one_line(word) for name, word in {"sheet": sheet, "value": mask_personal(value), **params}.items()}
    if field is not None:
        words = {"field_vi": field.vi, "field_en": field.en, "example": field.example or "1.200", **words}
    return Issue(
        sheet, cell, row_number, form, field.name if field else "", code, severity or kind.severity, mask_personal(value),
        *(mask_personal(sentence.format(**words)) for sentence in (kind.vi, kind.en, kind.hint_vi)),
    )  # fmt: skip
