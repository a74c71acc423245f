"""Why a file is not read, in words: a code of the contract and a sentence for each reason that the door, a reader or a limit gives."""

from __future__ import annotations

from coop_pipeline.forms.issues import make_issue
from coop_pipeline.intake.context import PathEvidence, settle_path
from coop_pipeline.intake.door import FileCode, Limits
from coop_pipeline.intake.records import Reading

REASONS: dict[str, tuple[FileCode, str, str]] = {
    # in the folder
    "symlink": ("file_unreadable", "đây là liên kết, không phải tệp", "it is a link and no file"),
    "fifo": ("file_unreadable", "đây không phải là tệp thường", "it is no regular file"),
    "socket": ("file_unreadable", "đây không phải là tệp thường", "it is no regular file"),
    "device": ("file_unreadable", "đây không phải là tệp thường", "it is no regular file"),
    "not_a_file": ("file_unreadable", "đây không phải là tệp thường", "it is no regular file"),
    "folder_unreadable": ("file_unreadable", "không có quyền mở thư mục", "the folder cannot be opened"),
    "folder_vanished": ("file_unreadable", "thư mục đã bị xóa hoặc đổi tên", "the folder is gone"),
    "vanished": ("file_unreadable", "tệp đã bị xóa hoặc đổi tên", "the file is gone"),
    "no_permission": ("file_unreadable", "không có quyền đọc tệp", "there is no permission to read it"),
    "read_error": ("file_unreadable", "ổ đĩa báo lỗi khi đọc tệp", "the disk reports an error"),
    # over a limit
    "file_too_large": ("file_too_large", "tệp lớn hơn {file_mb} MB", "it is larger than {file_mb} MB"),
    "file_bytes": ("file_too_large", "tệp lớn hơn {file_mb} MB", "it is larger than {file_mb} MB"),
    "entries": ("file_too_large", "tệp có hơn {entries} phần bên trong", "it has more than {entries} parts"),
    "part_bytes": ("file_too_large", "một phần của tệp lớn hơn {part_mb} MB khi mở ra", "a part of it is larger than {part_mb} MB once opened"),
    "inflated_bytes": ("file_too_large", "tệp lớn hơn {inflated_mb} MB khi mở ra", "it is larger than {inflated_mb} MB once opened"),
    "cell_range": ("file_too_large", "có ô số liệu ở ngoài {rows} dòng, {columns} cột đầu", "cells are filled beyond {rows} rows, {columns} columns"),
    "memory": ("file_too_large", "đọc tệp cần quá nhiều bộ nhớ", "reading it takes too much memory"),
    "timeout": ("file_too_large", "đọc tệp quá lâu", "reading it takes too long"),
    "output": ("file_too_large", "tệp có quá nhiều nội dung", "it holds too much"),
    # protected
    "encrypted": ("file_encrypted", "có mật khẩu", "it is encrypted"),
    "zip_password": ("file_encrypted", "có mật khẩu", "it is encrypted"),
    "ods_password": ("file_encrypted", "có mật khẩu", "it is encrypted"),
    # damaged, or made to do damage
    "zip_cut_off": ("file_unreadable", "tệp bị cắt giữa chừng, có thể chưa chép hoặc tải xong", "it is cut off; perhaps it was not copied to its end"),
    "zip_broken": ("file_unreadable", "tệp bị hỏng", "it is damaged"),
    "deflate_broken": ("file_unreadable", "tệp bị hỏng", "it is damaged"),
    "crc": ("file_unreadable", "tệp bị hỏng: nội dung không khớp với mã kiểm tra", "it is damaged: its content does not fit its checksum"),
    "size_mismatch": ("file_unreadable", "kích thước ghi trong tệp không đúng", "it states wrong sizes"),
    "local_header": ("file_unreadable", "mục lục của tệp không khớp với nội dung", "its directory does not fit its content"),
    "overlapping_entries": ("file_unreadable", "các phần của tệp chồng lên nhau", "its parts overlap"),
    "duplicate_entry": ("file_unreadable", "hai phần của tệp trùng tên", "two of its parts bear one name"),
    "entry_name": ("file_unreadable", "tên một phần của tệp dẫn ra ngoài tệp", "the name of a part leads out of the file"),
    "compression_method": ("file_unreadable", "tệp nén theo cách mà Excel không dùng", "it is compressed in a way that Excel does not use"),
    "dtd": ("file_unreadable", "tệp có khai báo DTD, Excel không ghi như vậy", "it declares a DTD, which Excel never writes"),
    "shared_strings_count": ("file_unreadable", "số chuỗi ghi trong tệp không đúng", "it states a wrong number of texts"),
    "died": ("file_unreadable", "chương trình đọc bị dừng giữa chừng khi mở tệp; hãy chép riêng các trang số liệu (chỉ dán giá trị) sang một tệp mới", "the reader stopped while opening it; copy the sheets (values only) into a new file"),
    "panic": ("file_unreadable", "chương trình đọc bị dừng giữa chừng khi mở tệp; hãy chép riêng các trang số liệu (chỉ dán giá trị) sang một tệp mới", "the reader stopped while opening it; copy the sheets (values only) into a new file"),
    "failed": ("file_unreadable", "phần mềm gặp lỗi khi đọc tệp này", "the software failed on this file"),
    # something else
    "no_workbook_part": ("file_not_workbook", "tệp nén không chứa sổ tính", "a zip file without a workbook in it"),
    "csv": ("file_not_workbook", "tệp CSV", "a CSV file"),
    "pdf": ("file_not_workbook", "tệp PDF", "a PDF file"),
    "docx": ("file_not_workbook", "tệp Word", "a Word file"),
    "zip": ("file_not_workbook", "tệp nén", "a zip file"),
    "ole": ("file_not_workbook", "tệp Office cũ khác", "another old Office file"),
    "text": ("file_not_workbook", "tệp văn bản", "a text file"),
    "empty": ("file_not_workbook", "tệp rỗng", "an empty file"),
    "unknown": ("file_not_workbook", "không rõ định dạng", "of no known format"),
}  # fmt: skip


def refuse(submission_id: str, evidence: PathEvidence, reason: str, limits: Limits) -> Reading:
    """The reading of a file that cannot be read: whose and of which period its path says it is, and one issue."""
    code, vi, en = REASONS[reason]
    words = {
        "file_mb": limits.file_bytes >> 20, "part_mb": limits.part_bytes >> 20, "inflated_mb": limits.inflated_bytes >> 20,
        "entries": limits.entries, "rows": limits.rows, "columns": limits.columns,
    }  # fmt: skip
    reporter, period = settle_path(evidence)
    reading = Reading(submission_id, status="unreadable", reporter=reporter, period=period)
    reading.issues.append(make_issue(code, {"reason_vi": vi.format(**words), "reason_en": en.format(**words)}))
    return reading
