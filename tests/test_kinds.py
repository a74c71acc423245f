"""Every kind of issue of the catalogue has an example workbook here, and is said of its cell. A new kind without one fails."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest

from coop_pipeline.forms.issues import KINDS
from coop_pipeline.intake.corrections import Corrections, read_corrections
from coop_pipeline.stages import all_tables
from coop_pipeline.store.reference import build_reference
from coop_pipeline.store.warehouse import open_working
from tests.test_store import (
    ATTP_HEAD,
    CELL_HEAD,
    NIL,
    REGISTER,
    TAX,
    TODAY,
    Bench,
    Rows,
    Sent,
    book,
    certificate,
    certificates,
    coop,
    day,
    register,
    sheet,
)

SAMPLES = Path(__file__).parents[1] / "data" / "raw"
TITLE = "DANH SÁCH HỢP TÁC XÃ NĂM 2021"
OFFICE = "UBND HUYỆN LƯƠNG SƠN"
FUND = "QUỸ HỖ TRỢ PHÁT TRIỂN HỢP TÁC XÃ TỈNH HÒA BÌNH"


@dataclass(frozen=True)
class Example:
    """What was sent, and where the issue must be: sheet, cell, severity."""

    sent: Sequence[Sent]
    where: tuple[str, str, str]
    corrections: tuple[str, str] | None = None  # file name and its lines
    words: tuple[str, ...] = field(default=())  # that both sentences hold


def one(*, path: str = "2021/a.xlsx", **sheets: Rows) -> list[Sent]:
    return [Sent(path, book(**sheets))]


def listed(header: Sequence[str], *rows: Sequence[object], title: str = TITLE, office: str = OFFICE) -> list[list[object]]:
    return sheet(office, title, header, rows)


def sample(path: str) -> bytes:
    return (SAMPLES / path).read_bytes()


def with_hidden_sheet() -> bytes:
    workbook = openpyxl.load_workbook(io.BytesIO(book(DS=register(coop("HTX Đồng Tâm")), Nháp=[["x"]])))
    workbook["Nháp"].sheet_state = "hidden"
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


TWO = register(coop("HTX Đồng Tâm"), coop("HTX Hòa Phát", 20))
STAMPS = ("Đơn vị nhận tem", "Loại tem", "Số lượng tem")
AREAS = ("Chủ thể", "Loại chứng nhận", "Diện tích (ha)", "Đơn vị tính")

EXAMPLES: dict[str, Callable[[], Example]] = {
    "file_unreadable": lambda: Example([Sent("2021/a.xlsx", book(DS=TWO)[:3000])], ("", "", "error")),
    "file_encrypted": lambda: Example([Sent("2021/a.xlsx", sample("2021/Cao Phong/HTX Cao Phong mat khau.xlsx"))], ("", "", "error")),
    "file_too_large": lambda: Example(
        one(DS=[*register(coop("HTX Đồng Tâm")), *[[None]] * 3, [*[None] * 3000, "x"]]), ("", "", "error")
    ),
    "file_not_workbook": lambda: Example([Sent("2021/a.xlsx", b"%PDF-1.4 bao cao")], ("", "", "error")),
    "sheet_unrecognised": lambda: Example(one(Lịch=[["LỊCH TRỰC TUẦN 12"], ["Thứ hai", "An"], ["Thứ ba", "Bình"]]), ("Lịch", "", "error")),
    "header_missing": lambda: Example(
        one(ATTP=listed(("Chủ thể", "Loại chứng nhận", "Số giấy chứng nhận"), ("HTX Đồng Tâm", "VietGAP", "1"), title=ATTP_HEAD[2][0])),
        ("ATTP", "A5", "error"), words=("Chủ thể",),
    ),
    "header_ambiguous": lambda: Example(
        one(DS=listed(("Tên HTX", "Số thành viên", "Lao động nữ, thành viên nữ"), ("HTX Đồng Tâm", 22, 3))), ("DS", "D5", "warning"), words=("Lao động nữ, thành viên nữ",)
    ),
    "column_unknown": lambda: Example(one(DS=listed((*REGISTER, "Màu sơn cổng"), [*coop("HTX Đồng Tâm"), "xanh"])), ("DS", "I5", "note"), words=("Màu sơn cổng",)),
    "sheet_repeated": lambda: Example(one(DS=TWO, Tổng_hợp=TWO), ("Tổng hợp", "", "note")),
    "nil_report": lambda: Example(one(ATTP=[*ATTP_HEAD, [NIL]]), ("ATTP", "A6", "note")),
    "hidden_content": lambda: Example([Sent("2021/a.xlsx", with_hidden_sheet())], ("Nháp", "", "note"), words=("Nháp",)),
    "value_missing": lambda: Example(one(DS=register(coop("HTX Đồng Tâm"), coop(None, 7))), ("DS", "B7", "error")),
    "number_invalid": lambda: Example(one(DS=register(coop("HTX Đồng Tâm", "đông lắm"))), ("DS", "F6", "warning"), words=("đông lắm",)),
    "number_ambiguous": lambda: Example(one(ATTP=certificates(certificate("HTX Đồng Tâm", area="12.500"))), ("ATTP", "F6", "warning"), words=("12.500", "12,5")),
    "date_invalid": lambda: Example(
        one(ATTP=certificates((*certificate("HTX Đồng Tâm")[:5], "31/02/2021", None))), ("ATTP", "G6", "warning"), words=("31/02/2021",)
    ),
    "date_ambiguous": lambda: Example(
        one(ATTP=certificates((*certificate("HTX Đồng Tâm")[:5], "12/30/2021", None), (*certificate("HTX Hòa Phát", "2")[:5], "15/06/2021", None))),
        ("ATTP", "G6", "warning"), words=("12/30/2021", "30/12/2021"),
    ),
    "choice_unknown": lambda: Example(
        one(ATTP=certificates(("HTX Đồng Tâm", "Giấy khen", "1", "Bưởi", 3, None, None))), ("ATTP", "C6", "error"), words=("Giấy khen", "VietGAP")
    ),
    "below_minimum": lambda: Example(one(ATTP=certificates(certificate("HTX Đồng Tâm", area=-3))), ("ATTP", "F6", "error"), words=("-3", "0")),
    "above_maximum": lambda: Example(one(ATTP=certificates(certificate("HTX Đồng Tâm", area=1495))), ("ATTP", "F6", "warning"), words=("1495", "500")),
    "rule_broken": lambda: Example(one(DS=register(coop("HTX Đồng Tâm", 33, women=40))), ("DS", "G6", "warning"), words=("40", "33")),
    "unit_conflict": lambda: Example(one(ATTP=certificates(certificate("HTX Đồng Tâm", area="12 tấn"))), ("ATTP", "F6", "error")),
    "unit_missing": lambda: Example(one(DS=listed((*REGISTER[:6], "Doanh thu"), coop("HTX Đồng Tâm"))), ("DS", "H5", "warning"), words=("triệu",)),
    "commune_unknown": lambda: Example(
        one(DS=register(coop("HTX Đồng Tâm", commune="Xã Không Đâu"))), ("DS", "D6", "warning"), words=("Xã Không Đâu", "Lương Sơn")
    ),
    "tax_code_invalid": lambda: Example(one(DS=register(coop("HTX Đồng Tâm", tax="5401234566"))), ("DS", "C6", "warning"), words=("5401234566",)),
    "formula_without_value": lambda: Example(one(DS=register(coop("HTX Đồng Tâm", "=10+20"))), ("DS", "F6", "warning")),
    "encoding_repaired": lambda: Example(
        one(DS=listed(("Tªn HTX", *REGISTER[1:]), coop("Hîp t¸c x· n«ng nghiÖp §ång T©m", commune=None), coop("Hîp t¸c x· V¹n Mai", commune=None))),
        ("DS", "B5", "note"), words=("TCVN3",),
    ),
    "personal_data": lambda: Example(one(DS=register(coop("HTX Đồng Tâm (ông Bùi Văn B, 0912345678)"))), ("DS", "B6", "note")),
    "cell_corrected": lambda: Example(
        one(DS=register(coop("HTX Đồng Tâm", "12 abc"))), ("DS", "F6", "note"), ("cell_corrections.csv", f"{CELL_HEAD}\n152,2021,,DS,F6,12 abc,12,gọi điện,An,"),
        words=("12 abc", "gọi điện", "An"),
    ),
    "row_duplicate": lambda: Example(one(DS=register(coop("HTX Đồng Tâm"), coop("HTX Đồng Tâm"))), ("DS", "B7", "error"), words=("6",)),
    "key_conflict": lambda: Example(
        one(DS=register(coop("HTX Đồng Tâm", tax=TAX[0]), coop("HTX Hòa Phát", 20, tax=TAX[0]))), ("DS", "C7", "warning"), words=("6",)
    ),
    "cooperative_unknown": lambda: Example(
        one(DS=TWO, ATTP=certificates(certificate("HTX Mường Động Xanh"))), ("ATTP", "B6", "warning"), words=("HTX Mường Động Xanh",)
    ),
    "cooperative_similar": lambda: Example(
        one(DS=TWO, ATTP=certificates(certificate("HTX Hoa Phát"))), ("ATTP", "B6", "warning"), words=("HTX Hoa Phát", "HTX Hòa Phát")
    ),
    "total_mismatch": lambda: Example(
        one(DS=register(coop("HTX Đồng Tâm"), coop("HTX Hòa Phát", 20), foot=[["", "Tổng cộng", None, None, None, 99, 24, 4460]])),
        ("DS", "F8", "warning"), words=("99", "53"),
    ),
    "reporter_unknown": lambda: Example(one(DS=register(coop("HTX Đồng Tâm"), office="")), ("", "", "error")),
    "reporter_not_in_force": lambda: Example(one(path="2026/a.xlsx", DS=register(coop("HTX Đồng Tâm"), year=2026)), ("DS", "A1", "error"), words=("2026",)),
    "reporter_conflict": lambda: Example(one(path="2021/UBND huyện Kim Bôi.xlsx", DS=TWO), ("DS", "A1", "warning"), words=("LƯƠNG SƠN",)),
    "period_unknown": lambda: Example(one(path="a.xlsx", DS=listed(REGISTER, coop("HTX Đồng Tâm"), title="DANH SÁCH HỢP TÁC XÃ")), ("", "", "error")),
    "period_conflict": lambda: Example(one(path="2019/a.xlsx", DS=TWO), ("DS", "A3", "warning"), words=("2021", "2019")),
    "submission_superseded": lambda: Example(
        [Sent("2021/a.xlsx", book(DS=TWO), day(1)), Sent("2021/b.xlsx", book(DS=register(coop("HTX Đồng Tâm", 34))), day(2))], ("", "", "note"), words=("2021/b.xlsx",)
    ),
    "file_repeated": lambda: Example(
        [Sent(path, same, day(n)) for same in [book(DS=TWO)] for n, path in enumerate(("2021/a.xlsx", "2021/Kim Bôi/b.xlsx", "2021/ông Bùi Văn B.xlsx"), 1)],
        ("", "", "note"), words=("“2021/a.xlsx”", "“2021/ông ….xlsx”"),  # made once: a second later its bytes are others
    ),
    "correction_broken": lambda: Example(
        one(DS=TWO), ("cooperative_names.csv", "", "warning"), ("cooperative_names.csv", "reporter_code,spelling,cooperative_id\n152,HTX Đồng Tâm,C000000000000"),
        words=("2", "C000000000000"),
    ),
    "correction_unused": lambda: Example(
        one(DS=TWO), ("cell_corrections.csv", "", "warning"), ("cell_corrections.csv", f"{CELL_HEAD}\n152,2021,,DS,F6,1,2,lý do,An,2020-01-01"), words=("2",)
    ),
}  # fmt: skip


def test_every_kind_has_an_example() -> None:
    assert set(EXAMPLES) == set(KINDS)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with open_working(tmp_path_factory.mktemp("kinds") / "working.duckdb") as connection:
        build_reference(connection, all_tables())
        yield Bench(connection)


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_kind_is_said_of_its_cell(code: str, bench: Bench, tmp_path: Path) -> None:
    """With its severity, the actual values in both languages, and what to do in Vietnamese."""
    example = EXAMPLES[code]()
    found = read_corrections(tmp_path, TODAY)
    if example.corrections is not None:
        (tmp_path / example.corrections[0]).write_text(example.corrections[1] + "\n", encoding="utf-8")
        found = read_corrections(tmp_path, TODAY)
    names = [(n.reporter, n.spelling, n.cooperative_id) for n in found.corrections.names]
    bench.judge(*example.sent, names=names, corrections=Corrections(cells=found.corrections.cells), issues=found.issues)
    said = bench.rows(
        f"select sheet, cell, severity, message_vi, message_en, hint_vi from quality.issues where code = '{code}' order by all"
    )
    assert [row[:3] for row in said] == [example.where], bench.rows(
        "select code, sheet, cell, severity, value from quality.issues order by all"
    )
    _, _, _, vi, en, hint = said[0]
    assert vi != en
    assert hint
    for sentence in (vi, en):
        assert not re.search(r"[{}]|None", sentence)
        assert all(word in sentence for word in example.words), sentence
