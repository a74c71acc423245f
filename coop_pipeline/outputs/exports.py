"""The marts as Parquet files and as one workbook, beside the published file and made from it; replaced as one set.

`warehouse/export` is a link to the newest of the sets in `warehouse/exports`. It is turned in one step, so that nobody sees half a
set; who reads several files follows the link once. Pandas plays no part, and openpyxl is imported only where there is something to write.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from coop_pipeline.forms.wording import UNIT_NAMES, as_xml_text
from coop_pipeline.settings import Settings
from coop_pipeline.stages import UserMistake
from coop_pipeline.store.schema import literal

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell

SETS = "exports"
DRAFT = ".draft"  # a set that is being made or taken away
WORKBOOK = "coop_marts.xlsx"
READ_FIRST = "Đọc trước"
KEPT_SETS = 2  # whoever followed the link before it was turned reads on
_FORMATS = {"ratio": "0.00%", "VND": "#,##0", "VND/month": "#,##0", "ha": "#,##0.00", "t": "#,##0.00", "m2": "#,##0.00"}


@dataclass(frozen=True, slots=True)
class Exported:
    """Where the set is, its tables with their rows, and whether it was written just now."""

    folder: Path
    tables: dict[str, int]
    written: bool


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: str
    vi: str
    en: str
    unit: str

    @property
    def title(self) -> str:
        """The Vietnamese meaning up to its explanation, with the unit."""
        words = re.split(r"[:;(]", self.vi, maxsplit=1)[0].strip()
        return f"{words} ({'%' if self.unit == 'ratio' else UNIT_NAMES.get(self.unit, self.unit)})" if self.unit else words

    @property
    def format(self) -> str | None:
        if self.type == "DATE":
            return "dd/mm/yyyy"
        if self.unit in _FORMATS:
            return _FORMATS[self.unit]
        return "#,##0.######" if self.type.startswith("DECIMAL") else None


def write_exports(settings: Settings) -> Exported | None:
    """The set that belongs to the published file, written only where another file was published since; None where none is."""
    link = settings.export
    if not settings.target.exists():
        return None
    if link.exists() and not link.is_symlink():
        raise UserMistake(f"{link} phải để trống cho các tệp xuất, hãy đổi tên thư mục này. (It is made by the pipeline; move it away.)")
    name = _name_set(settings.target)
    folder = settings.warehouse / SETS / name
    is_written = not folder.is_dir()
    draft = folder.with_name(DRAFT)
    shutil.rmtree(draft, ignore_errors=True)  # of a killed run
    if is_written:
        try:
            (draft / "parquet").mkdir(parents=True)
            with duckdb.connect(str(settings.target), read_only=True) as reader:
                reader.execute("set enable_progress_bar = false")
                _write_set(reader, draft)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    if not link.is_symlink() or link.readlink() != Path(SETS, name):
        turned = link.with_name(".export")
        turned.unlink(missing_ok=True)
        turned.symlink_to(Path(SETS, name))
        turned.replace(link)
    _prune(folder)
    return Exported(folder, _count(folder), is_written)


def _name_set(target: Path) -> str:
    """Stands for the published file and for this code: the day, then a hash."""
    found = target.stat()
    state = f"{found.st_ino} {found.st_size} {found.st_mtime_ns}".encode() + Path(__file__).read_bytes()
    return f"{datetime.fromtimestamp(found.st_mtime, UTC):%Y%m%dT%H%M%SZ}-{hashlib.sha256(state).hexdigest()[:12]}"


def _prune(newest: Path) -> None:
    others = sorted((f for f in newest.parent.iterdir() if f != newest), key=lambda f: f.lstat().st_mtime, reverse=True)
    for old in others[KEPT_SETS - 1 :]:
        with contextlib.suppress(OSError):
            shutil.rmtree(old.rename(old.with_name(DRAFT)))  # no half set under a set's name


def _count(folder: Path) -> dict[str, int]:
    lines = (folder / "tables.txt").read_text(encoding="utf-8").splitlines()
    return {name: int(rows) for name, rows in (line.split("\t") for line in lines)}


def _write_set(reader: duckdb.DuckDBPyConnection, folder: Path) -> None:
    found = reader.execute(
        "select table_schema, table_name, meaning_vi, meaning_en from ref.dictionary where column_name = '' and table_schema in ('mart', 'ref') order by 1, 2"
    ).fetchall()
    counts: list[str] = []
    for schema, table, _, _ in found:
        path = folder / "parquet" / f"{table}.parquet"
        reader.execute(f"copy (select * from {schema}.{table}) to {literal(str(path))} (format parquet, compression zstd)").fetchall()
        rows = reader.execute(f"select count(*) from {schema}.{table}").fetchall()[0][0]
        counts.append(f"{schema}.{table}\t{rows}")
    _write_workbook(reader, [(table, vi, en) for schema, table, vi, en in found if schema == "mart"], folder / WORKBOOK)
    (folder / "tables.txt").write_text("\n".join(counts) + "\n", encoding="utf-8")
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _columns(reader: duckdb.DuckDBPyConnection, table: str) -> list[_Column]:
    said = reader.execute(
        "select column_name, data_type, meaning_vi, meaning_en, unit from ref.dictionary where table_schema = 'mart' and table_name = ? and column_name <> ''",
        [table],
    ).fetchall()
    by_name = {row[0]: _Column(*row) for row in said}
    names = [d[0] for d in reader.execute(f"select * from mart.{table} limit 0").description or ()]
    return [by_name[name] for name in names]


def _titles(columns: Sequence[_Column]) -> list[str]:
    """One heading a column; where two are alike, the column's name tells them apart."""
    plain = [c.title for c in columns]
    return [title if plain.count(title) == 1 else f"{title} [{c.name}]" for c, title in zip(columns, plain, strict=True)]


def _write_workbook(reader: duckdb.DuckDBPyConnection, tables: Sequence[tuple[str, str, str]], path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    bold, fill = Font(bold=True), PatternFill("solid", fgColor="FFD9E2F3")
    wrapped = Alignment(wrap_text=True, vertical="center", horizontal="center")
    described = {table: _columns(reader, table) for table, _, _ in tables}
    _write_guide(book, reader, tables, described)
    for table, _, _ in tables:
        columns = described[table]
        page = book.create_sheet(table[:31])
        for number, column in enumerate(columns, 1):
            page.column_dimensions[get_column_letter(number)].width = (
                44 if column.name.endswith(("_name", "title_vi", "definition_vi")) else 18
            )
        rows = reader.execute(f"select * from mart.{table}").fetchall()
        page.freeze_panes = "A2"
        page.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"
        head = [_cell(page, title) for title in _titles(columns)]
        for cell in head:
            cell.font, cell.fill, cell.alignment = bold, fill, wrapped
        page.append(head)
        formats = [column.format for column in columns]
        for row in rows:
            page.append([_value(page, value, form) for value, form in zip(row, formats, strict=True)])
    book.properties.title = "Chỉ tiêu kinh tế tập thể"
    book.save(path)


def _write_guide(
    book: Workbook, reader: duckdb.DuckDBPyConnection, tables: Sequence[tuple[str, str, str]], described: dict[str, list[_Column]]
) -> None:
    from openpyxl.styles import Font

    page = book.create_sheet(READ_FIRST)
    for letter, width in zip("ABCDE", (32, 34, 30, 14, 90), strict=True):
        page.column_dimensions[letter].width = width
    last = reader.execute("select max(period) from mart.indicators").fetchall()[0][0]
    lines: list[list[str]] = [
        ["Chỉ tiêu về hợp tác xã, tổ hợp tác tỉnh Hòa Bình"],
        [
            f"Kỳ mới nhất có số liệu: {last or 'chưa có'}. Mỗi trang tính là một bảng của tệp coop.duckdb; tệp được thay mới sau mỗi lần công bố."
        ],
        ["Tiền ghi bằng đồng, diện tích bằng ha (nhà, xưởng: m2), khối lượng bằng tấn; tỷ lệ hiển thị theo %."],
        ["Ô trống: không có số liệu, khác với số 0. Địa bàn 17 là tỉnh Hòa Bình (địa bàn cũ, kể cả sau 01/07/2025)."],
        ["Không cộng các chỉ tiêu loại distinct, ratio, extreme (xem trang indicator_catalogue, cột Cách cộng)."],
        [
            "(Each sheet is a table of coop.duckdb. Empty: not known, unlike 0. Do not add up indicators that are distinct, ratio or extreme.)"
        ],
        [],
        ["Trang tính", "Nội dung", "Content"],
    ]
    for line in lines:
        page.append([_cell(page, text) for text in line])
    for table, vi, en in tables:
        link = _cell(page, table[:31])
        link.hyperlink = f"#'{table[:31]}'!A1"
        link.font = Font(color="FF0563C1", underline="single")
        page.append([link, _cell(page, vi), _cell(page, en)])
    page.append([])
    page.append([_cell(page, text) for text in ("Trang tính", "Tiêu đề cột", "Tên cột trong coop.duckdb", "Đơn vị", "Ý nghĩa")])
    for table, _, _ in tables:
        for column, title in zip(described[table], _titles(described[table]), strict=True):
            page.append([_cell(page, text) for text in (table, title, column.name, column.unit, f"{column.vi} ({column.en})")])


def _cell(page: Any, text: str) -> Cell:
    """A text that stays a text, whatever it begins with."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(page, as_xml_text(text)[:32_767])
    if cell.data_type != "s":  # it looks like a formula or an error
        cell.data_type, cell.quotePrefix = "s", True
    return cell


def _value(page: Any, value: object, number_format: str | None) -> object:
    from openpyxl.cell import WriteOnlyCell

    if value is None or isinstance(value, bool) or (isinstance(value, int) and number_format is None):
        return value
    if isinstance(value, (int, float, Decimal, date)):
        cell = WriteOnlyCell(page, value)
        if number_format is not None:
            cell.number_format = number_format
        return cell
    text = str(value)
    return _cell(page, text) if text[:1] in "=#" or not text.isprintable() or len(text) > 32_767 else text
