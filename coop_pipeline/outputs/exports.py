"""The marts as Parquet files and as one workbook, beside the published file and made from it; replaced as one set.

`warehouse/export` is a link to the newest of the sets in `warehouse/exports`. It is turned in one step, so that nobody sees half a
set; who reads several files follows the link once. Pandas plays no part, and openpyxl is imported only where there is something to write.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shutil
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import duckdb

from coop_pipeline.forms.wording import NO_XML, UNIT_NAMES, as_xml_text
from coop_pipeline.intake.pool import Pool
from coop_pipeline.mistakes import UserMistake
from coop_pipeline.settings import Settings
from coop_pipeline.store.reading import open_published
from coop_pipeline.store.schema import literal

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell

SETS = "exports"
DRAFT, TAKEN_AWAY = ".draft", ".old"  # a set that is being made, one that is being deleted
WORKBOOK = "coop_marts.xlsx"
LIST = "tables.txt"  # the tables and their rows; written last
READ_FIRST = "Đọc trước"
MOST_ROWS = 1_048_575  # below the heading of a sheet; what is beyond stands in the Parquet files only
QUOTED = "quoted"
KEPT_SETS = 2  # whoever followed the link before it was turned reads on
WITHOUT = ("numpy", "pandas", "PIL")  # what DuckDB and openpyxl import where they can
CHILD_BYTES = 2 << 30  # of addresses; DuckDB stays below the memory that `open_published` allows it
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


class CannotExport(RuntimeError):
    """The child process failed by a mistake of ours."""


class Exporting:
    """The set, made by a child process while this one goes on to make other things of the published file."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # Enough CPU for any country: what hangs is ended with the run.
        self._pool = Pool(_write_in_child, 1, settings.run_seconds, CHILD_BYTES, without=WITHOUT, first=("openpyxl",), may_write=True)
        self._is_begun = False

    def __enter__(self) -> Exporting:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process; a set that it did not finish is nobody's, and made again by the next run."""
        self._pool.close()

    def prepare(self) -> None:
        """Starts the process before there is something for it to do."""
        with contextlib.suppress(OSError):  # no process to be had: then it is done here, in the end
            self._pool.prepare(1)

    def begin(self) -> None:
        """Once the file is published: nothing is begun where its set stands."""
        with contextlib.suppress(OSError):
            if not _is_whole(_place(self._settings)):
                self._pool.begin([self._settings])
                self._is_begun = True

    def finish(self) -> Exported | None:
        """As `write_exports`, and raises what that raises; CannotExport for a mistake of ours."""
        if not self._is_begun:
            return write_exports(self._settings)
        (outcome,) = self._pool.finish()
        if isinstance(outcome.value, Exported):
            return outcome.value
        if outcome.value is not None:
            raise outcome.value
        if outcome.error == "memory":
            raise MemoryError(outcome.detail)
        if outcome.error in ("died", "timeout"):
            how = outcome.detail.partition(":")[0]  # without its last words
            raise UserMistake(
                f"Tiến trình ghi các tệp xuất (Parquet, Excel) dừng giữa chừng ({how}); bản công bố không bị ảnh hưởng: chạy lại. "
                "(The process that writes the exports ended; what is published stands: run again.)"
            )
        raise CannotExport(outcome.tell())


def _write_in_child(settings: Settings) -> Exported | Exception | None:
    """What the machine or a person is to blame for goes back as it is, to be said as if it had happened there."""
    try:
        return write_exports(settings)
    except (UserMistake, OSError, duckdb.Error) as problem:
        return problem


def write_exports(settings: Settings) -> Exported | None:
    """The set that belongs to the published file, written only where another file was published since, or where somebody altered the set;
    None where nothing is published."""
    link = settings.export
    if not settings.target.exists():
        return None
    if link.exists() and not link.is_symlink():
        raise UserMistake(f"{link} phải để trống cho các tệp xuất, hãy đổi tên thư mục này. (It is made by the pipeline; move it away.)")
    folder = _place(settings)
    is_written = not _is_whole(folder)
    draft = folder.with_name(DRAFT)
    shutil.rmtree(draft, ignore_errors=True)  # of a killed run
    if is_written:
        try:
            (draft / "parquet").mkdir(parents=True)
            with open_published(settings.target) as reader:
                _write_set(reader, draft)
            if folder.exists():
                _drop(folder)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    if not link.is_symlink() or link.readlink() != Path(SETS, folder.name):
        turned = link.with_name(".export")
        turned.unlink(missing_ok=True)
        turned.symlink_to(Path(SETS, folder.name))
        turned.replace(link)
    _prune(folder)
    return Exported(folder, _count(folder), is_written)


def _place(settings: Settings) -> Path:
    """Where the set of the published file belongs. Its name stands for that file and for this code: the day, then a hash."""
    found = settings.target.stat()
    state = f"{found.st_ino} {found.st_size} {found.st_mtime_ns}".encode() + Path(__file__).read_bytes()
    day = f"{datetime.fromtimestamp(found.st_mtime, UTC):%Y%m%dT%H%M%SZ}"
    return settings.warehouse / SETS / f"{day}-{hashlib.sha256(state).hexdigest()[:12]}"


def _prune(newest: Path) -> None:
    others = sorted(
        (f for f in newest.parent.iterdir() if f != newest and not f.name.startswith(".")), key=lambda f: f.lstat().st_mtime, reverse=True
    )
    for old in others[KEPT_SETS - 1 :]:
        with contextlib.suppress(OSError):
            _drop(old)


def _drop(folder: Path) -> None:
    away = folder.with_name(TAKEN_AWAY)
    shutil.rmtree(away, ignore_errors=True)
    shutil.rmtree(folder.rename(away))  # no half set under a set's name


def _count(folder: Path) -> dict[str, int]:
    lines = (folder / LIST).read_text(encoding="utf-8").splitlines()
    return {name: int(rows) for name, rows in (line.split("\t") for line in lines)}


def _is_whole(folder: Path) -> bool:
    """Whether a set is there as it was written: its list came last, and nothing was touched since."""
    try:
        expected, written = len(_count(folder)) + 2, (folder / LIST).stat().st_ctime_ns
        changed = [path.stat().st_ctime_ns for path in folder.rglob("*") if path.is_file()]
    except (OSError, ValueError):
        return False
    return len(changed) == expected and max(changed) <= written


def _write_set(reader: duckdb.DuckDBPyConnection, folder: Path) -> None:
    found = reader.execute(
        "select table_schema, table_name, meaning_vi, meaning_en from ref.dictionary where column_name = '' and table_schema in ('mart', 'ref') order by 1, 2"
    ).fetchall()
    rows: dict[str, int] = {}
    for schema, table, _, _ in found:
        path = folder / "parquet" / f"{table}.parquet"
        ((rows[f"{schema}.{table}"],),) = reader.execute(
            f"copy (select * from {schema}.{table}) to {literal(str(path))} (format parquet, compression zstd)"
        ).fetchall()
    marts = [(table, vi, en) for schema, table, vi, en in found if schema == "mart"]
    _write_workbook(reader, marts, rows, folder / WORKBOOK)
    listed = folder / LIST
    listed.write_text("".join(f"{table}\t{count}\n" for table, count in rows.items()), encoding="utf-8")
    for path in (*(path for path in folder.rglob("*") if path.is_file() and path != listed), listed):
        path.chmod(0o444)
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _describe(reader: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> dict[str, list[_Column]]:
    """The columns of each mart in the order in which they stand."""
    said = reader.execute(
        "select table_name, column_name, data_type, meaning_vi, meaning_en, unit from ref.dictionary where table_schema = 'mart' and column_name <> ''"
    ).fetchall()
    by_name = {(table, column[0]): _Column(*column) for table, *column in said}
    return {
        table: [by_name[table, name] for name, *_ in reader.execute(f"select * from mart.{table} limit 0").description or ()]
        for table in tables
    }


def _titles(columns: Sequence[_Column]) -> list[str]:
    """One heading a column; where two are alike, the column's name tells them apart."""
    plain = [c.title for c in columns]
    return [title if plain.count(title) == 1 else f"{title} [{c.name}]" for c, title in zip(columns, plain, strict=True)]


def _write_workbook(reader: duckdb.DuckDBPyConnection, tables: Sequence[tuple[str, str, str]], rows: Mapping[str, int], path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    bold, fill = Font(bold=True), PatternFill("solid", fgColor="FFD9E2F3")
    wrapped = Alignment(wrap_text=True, vertical="center", horizontal="center")
    described = _describe(reader, (table for table, _, _ in tables))
    _write_guide(book, reader, tables, described)
    for table, _, _ in tables:
        columns = described[table]
        page = book.create_sheet(table[:31])
        for number, column in enumerate(columns, 1):
            page.column_dimensions[get_column_letter(number)].width = (
                44 if column.name.endswith(("_name", "title_vi", "definition_vi")) else 18
            )
        page.freeze_panes = "A2"
        page.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{min(rows[f'mart.{table}'], MOST_ROWS) + 1}"
        head = [_cell(page, title) for title in _titles(columns)]
        for cell in head:
            cell.font, cell.fill, cell.alignment = bold, fill, wrapped
        page.append(head)
    styles = _number_styles(book, dict.fromkeys(column.format for columns in described.values() for column in columns))
    book.properties.title = "Chỉ tiêu kinh tế tập thể"
    frame = io.BytesIO()
    book.save(frame)
    sheets = {f"xl/worksheets/sheet{number}.xml": table for number, (table, _, _) in enumerate(tables, 2)}
    with zipfile.ZipFile(frame) as made, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for part in made.namelist():
            before, mark, after = made.read(part).partition(b"</sheetData>" if part in sheets else b"\0")
            with packed.open(part, "w") as target:
                target.write(before)
                if part in sheets:
                    _write_rows(reader, sheets[part], described[sheets[part]], styles, target)
                target.write(mark + after)


def _number_styles(book: Workbook, formats: Iterable[str | None]) -> dict[str | None, int]:
    """The style of the workbook that shows numbers so; under QUOTED the one that keeps a text from being taken for a formula when it is edited."""
    page = book.worksheets[0]
    styles: dict[str | None, int] = {}
    for form in formats:
        cell = _cell(page, "")
        cell.number_format = form or "General"
        styles[form] = cell.style_id
    styles[QUOTED] = _cell(page, "=").style_id
    return styles


def _write_rows(
    reader: duckdb.DuckDBPyConnection, table: str, columns: Sequence[_Column], styles: Mapping[str | None, int], target: IO[bytes]
) -> None:
    """The rows of a mart as they stand in the XML of its sheet, made in SQL: row by row Python would take five times as long, openpyxl a hundred times."""
    from openpyxl.utils import get_column_letter

    cells = ", ".join(_show_cell(get_column_letter(number), column, styles) for number, column in enumerate(columns, 1))
    found = reader.execute(
        f"""
        select concat('<row r="', sheet_row, '">', {cells}, '</row>')
        from (select *, (rowid + 2)::varchar as sheet_row from mart.{table} where rowid < {MOST_ROWS})
        """
    )
    while rows := found.fetchmany(5000):
        target.write("".join(row for (row,) in rows).encode())


def _show_cell(letter: str, column: _Column, styles: Mapping[str | None, int]) -> str:
    """SQL: a number, a date, a truth or a text that stays one, whatever it begins with; NULL for no cell. All put together once: each `||` would
    copy what stands before it."""
    name, style = f'"{column.name}"', literal(f' s="{styles[column.format]}"><v>')
    if column.type == "BOOLEAN":
        shown = f"""' t="b"><v>', {name}::integer, '</v></c>'"""
    elif column.type == "DATE":
        shown = f"{style}, {name} - date '1899-12-30', '</v></c>'"
    elif column.type != "VARCHAR":
        shown = f"{style}, {name}, '</v></c>'"
    else:
        text = f"left(regexp_replace({name}, {literal(f'[{NO_XML}]')}, '', 'g'), 32767)"
        escaped = f"replace(replace(replace({text}, '&', '&amp;'), '>', '&gt;'), '<', '&lt;')"
        marked = f"""case when regexp_matches({text}, '^[=+@-]') then ' s="{styles[QUOTED]}"' end"""
        shown = f"""{marked}, ' t="inlineStr"><is><t xml:space="preserve">', {escaped}, '</t></is></c>'"""
    return f"""case when {name} is not null then concat('<c r="{letter}', sheet_row, '"', {shown}) end"""


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
        [
            f"Bảng dài hơn {MOST_ROWS:,} dòng chỉ có phần đầu ở đây; đủ trong thư mục parquet. (Longer tables are cut here.)".replace(
                ",", "."
            )
        ],
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
