"""The store on small workbooks: identities, which submission is in force, duplicates, rules, the account of
every row, corrections.
"""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from coop_pipeline.forms.issues import Issue
from coop_pipeline.intake.context import read_path
from coop_pipeline.intake.corrections import ConfirmedName, Corrections, read_corrections
from coop_pipeline.intake.door import Limits
from coop_pipeline.intake.names import read_coop_name
from coop_pipeline.intake.worker import Task, pack, read_file
from coop_pipeline.outputs.returning import name_places
from coop_pipeline.store.audits import run_audits
from coop_pipeline.store.concerns import CONCERNS
from coop_pipeline.store.facts import build_facts
from coop_pipeline.store.identities import Mention, Plain, resolve
from coop_pipeline.store.mentions import settle
from coop_pipeline.store.reference import build_reference
from coop_pipeline.store.schema import CORE, QUALITY, REF
from coop_pipeline.store.warehouse import (
    ARRIVALS,
    INTAKE,
    SUBMISSIONS,
    Connection,
    open_working,
    replace_arrivals,
    replace_readings,
)

TABLES = (*CORE, *QUALITY, *REF)
Rows = Sequence[Sequence[object]]
TAX = ("5403126558", "5403126801"[:9] + "8", "5401234565")


# ---- small workbooks, as a district would send them


def sheet(office: str, title: str, header: Sequence[str], rows: Rows, foot: Rows = ()) -> list[list[object]]:
    """Letterhead, title, header in line 5, data from line 6 on, numbered."""
    numbered = [[number, *row] for number, row in enumerate(rows, 1)]
    return [[office], [], [title], [], ["TT", *header], *numbered, *(list(line) for line in foot)]


def book(**sheets: Rows) -> bytes:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        made = workbook.create_sheet(name.replace("_", " "))
        for row in rows:
            made.append(list(row))
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


REGISTER = (
    "Tên HTX",
    "Mã số thuế",
    "Xã",
    "Tình trạng hoạt động",
    "Số thành viên",
    "Trong đó: nữ",
    "Doanh thu (triệu đồng)",
)


def coop(
    name: object,
    members: object = 33,
    *,
    tax: object = None,
    commune: object = "Xã Nhuận Trạch",
    women: object = 12,
    revenue: object = 2230,
) -> list[object]:
    return [name, tax, commune, "Đang hoạt động", members, women, revenue]


def register(
    *rows: list[object], office: str = "UBND HUYỆN LƯƠNG SƠN", year: int = 2021, note: str = "", foot: Rows = ()
) -> list[list[object]]:
    return sheet(office, f"DANH SÁCH HỢP TÁC XÃ NĂM {year}{note}", REGISTER, rows, foot)


def certificates(*rows: tuple[object, ...], office: str = "UBND HUYỆN LƯƠNG SƠN", year: int = 2021) -> list[list[object]]:
    header = (
        "Chủ thể",
        "Loại chứng nhận",
        "Số giấy chứng nhận",
        "Sản phẩm",
        "Diện tích (ha)",
        "Ngày cấp",
        "Ngày hết hạn",
    )
    return sheet(office, f"DANH SÁCH CƠ SỞ ĐƯỢC CẤP GIẤY CHỨNG NHẬN NĂM {year}", header, rows)


def certificate(owner: str, number: str = "01/2021", area: object = 12.5) -> tuple[object, ...]:
    return (owner, "VietGAP", number, "Bưởi đỏ", area, date(2021, 5, 20), date(2023, 5, 19))


def loans(*rows: tuple[object, ...], year: int = 2021) -> list[list[object]]:
    header = ("Tên HTX vay vốn", "Huyện", "Tổ chức tín dụng", "Số hợp đồng", "Dư nợ (triệu đồng)", "Trong đó: quá hạn")
    return sheet("NGÂN HÀNG NHÀ NƯỚC CHI NHÁNH TỈNH HÒA BÌNH", f"TÌNH HÌNH CHO VAY HỢP TÁC XÃ NĂM {year}", header, rows)


def loan(owner: str, district: str = "Lương Sơn", number: str = "LAV-1", amount: object = 500) -> tuple[object, ...]:
    return (owner, district, "Agribank chi nhánh Hòa Bình", number, amount, None)


# ---- a warehouse in memory


@dataclass(frozen=True)
class Sent:
    path: str
    data: bytes
    at: datetime = datetime(2022, 1, 5, 8, 0)

    @property
    def id(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


class Bench:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def judge(
        self,
        *sent: Sent,
        names: Sequence[tuple[str, str, str]] = (),  # reporter, spelling, id
        corrections: Corrections | None = None,
        issues: Iterable[Issue] = (),
        lone: bool = False,
    ) -> Bench:
        """Forgets everything, reads these files and rebuilds `core` and `quality`."""
        tables, facts = [], []
        for each in {each.id: each for each in sent}.values():
            task = Task(each.id, "", read_path(each.path), corrections or Corrections(), Limits())
            kind, reading = read_file(each.data, task)
            p = pack(kind, reading)
            tables.append(reading.arrow())
            facts.append(
                {
                    "submission_id": each.id,
                    "reading_key": "",
                    "kind": kind,
                    "status": p.status,
                    "reporter_code": p.reporter,
                    "period": p.period,
                    "as_of": p.as_of,
                    "stated_on": p.stated_on,
                    "revision": p.revision,
                    "is_supplement": p.supplement,
                }
            )
        for name in INTAKE:
            self.connection.execute(f"delete from intake.{name}")
        replace_readings(self.connection, [], tables, pa.Table.from_pylist(facts, schema=SUBMISSIONS))
        arrivals = [{"path": s.path, "submission_id": s.id, "size_bytes": len(s.data), "received_at": s.at, "stamp": ""} for s in sent]
        replace_arrivals(self.connection, pa.Table.from_pylist(arrivals, schema=ARRIVALS))
        build_facts(self.connection, [ConfirmedName(n, *name) for n, name in enumerate(names, 2)], issues, lone=lone)
        return self

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def column(self, query: str) -> list[Any]:
        return [row[0] for row in self.rows(query)]

    def issues(self, code: str) -> list[tuple[Any, ...]]:
        """(sheet, cell, severity, value) of one kind."""
        found = self.connection.execute("select sheet, cell, severity, value from quality.issues where code = ? order by all", [code])
        return found.fetchall()

    def ids(self, form: str, owner: str = "coop_name") -> dict[str, str]:
        return dict(self.rows(f"select {owner}, cooperative_id from core.{form} order by all"))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with open_working(tmp_path_factory.mktemp("work") / "working.duckdb") as connection:
        connection.execute("set threads = 1")  # small tables: threads only wait for each other
        build_reference(connection, TABLES)
        yield Bench(connection)


def day(number: int) -> datetime:
    return datetime(2022, 1, 1, 8, 0) + timedelta(days=number)


# ---- tables


def test_every_table_and_column_has_its_comment(bench: Bench) -> None:
    built = {
        (schema, table): comment
        for schema, table, comment in bench.rows(
            "select schema_name, table_name, comment from duckdb_tables() where schema_name in ('core', 'quality', 'ref')"
        )
    }
    assert built == {(t.schema, t.name): f"{t.vi} | {t.en}" for t in TABLES}
    columns = bench.rows(
        "select schema_name, table_name, column_name, data_type, comment from duckdb_columns() where "
        "schema_name in ('core', 'quality', 'ref')"
    )
    assert {row[:3]: row[4] for row in columns} == {(t.schema, t.name, c.name): f"{c.vi} | {c.en}" for t in TABLES for c in t.columns}
    for *_, comment in columns:
        vi, _, en = comment.partition(" | ")
        assert vi
        assert en


def test_comments_outlast_the_building(bench: Bench) -> None:
    bench.judge(Sent("2021/a.xlsx", book(DS_HTX=register(coop("HTX Mỹ Tân")))))
    assert bench.rows("select table_name from duckdb_tables() where schema_name in ('core', 'quality', 'ref') and comment is null") == []
    assert (
        bench.rows(
            "select table_name, column_name from duckdb_columns() where schema_name in ('core', 'quality', 'ref') and comment is null"
        )
        == []
    )


def test_dictionary_is_what_is_built(bench: Bench) -> None:
    built = set(
        bench.rows(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() where schema_name in ('core', 'quality', 'ref')"
        )
    )
    said = set(bench.rows("select table_schema, table_name, column_name, data_type from ref.dictionary where column_name <> ''"))
    assert said == built
    tables = set(bench.rows("select schema_name, table_name from duckdb_tables() where schema_name in ('core', 'quality', 'ref')"))
    assert set(bench.rows("select table_schema, table_name from ref.dictionary where column_name = ''")) == tables
    assert bench.rows("select * from ref.dictionary where coalesce(meaning_vi, '') = '' or coalesce(meaning_en, '') = ''") == []
    assert bench.rows(
        "select unit, form, spellings like '%Dư nợ gốc%' from ref.dictionary where table_name = 'loans' and column_name = 'outstanding_vnd'"
    ) == [("VND", "loans", True)]


def test_money_is_never_a_float(bench: Bench) -> None:
    floats = "select table_name, column_name from duckdb_columns() where schema_name = 'core' and data_type in ('DOUBLE', 'FLOAT')"
    assert bench.rows(floats) == []


def test_periods(bench: Bench) -> None:
    wanted = "select period, kind, starts_on, ends_on from ref.periods where period in ('2021', '2021-H1', '2021-Q4', '2020-02') order by 1"
    assert bench.rows(wanted) == [
        ("2020-02", "month", date(2020, 2, 1), date(2020, 2, 29)),
        ("2021", "year", date(2021, 1, 1), date(2021, 12, 31)),
        ("2021-H1", "half", date(2021, 1, 1), date(2021, 6, 30)),
        ("2021-Q4", "quarter", date(2021, 10, 1), date(2021, 12, 31)),
    ]


# ---- identities


def mention(
    number: int,
    name: str,
    district: str | None = "152",
    *,
    commune: str | None = None,
    tax: str | None = None,
    registered: bool = True,
    period: str = "2021",
    submission: str = "s",
) -> Mention:
    taken = read_coop_name(name)
    return Mention(number, taken.key, taken.kind, name, district, commune, tax, None, registered, period, submission)


def test_spellings_of_one_name_are_one(bench: Bench) -> None:
    full = "Hợp tác xã Nông nghiệp và Dịch vụ Hòa Phát"
    data = book(
        DS=register(coop(full)),
        ATTP=certificates(certificate("HTX NN&DV HOÀ PHÁT"), certificate("HTX NN - DV Hòa Phát, xã Nhuận Trạch", "02/2021")),
    )
    bench.judge(Sent("2021/ls.xlsx", data), Sent("2021/NHNN.xlsx", book(Vay=loans(loan("htx nông nghiệp & dịch vụ Hòa Phát")))))
    ids = {
        *bench.ids("cooperative_reports", "name").values(),
        *bench.ids("certifications").values(),
        *bench.ids("loans").values(),
    }
    assert len(ids) == 1
    assert bench.rows("select cooperative_id, name, kind, district_code, is_inferred from core.cooperatives") == [
        (ids.pop(), full, "HTX", "152", False)
    ]
    assert bench.issues("cooperative_unknown") == []


def test_one_name_in_two_districts_is_two(bench: Bench) -> None:
    bench.judge(
        Sent("2021/a.xlsx", book(DS=register(coop("HTX Sơn Thủy")))),
        Sent("2021/b.xlsx", book(DS=register(coop("HTX Sơn Thủy", commune=None), office="UBND HUYỆN KIM BÔI"))),
        Sent("2021/NHNN.xlsx", book(Vay=loans(loan("HTX Sơn Thủy", "Kim Bôi")))),
    )
    by_district = dict(bench.rows("select district_code, cooperative_id from core.cooperatives"))
    assert set(by_district) == {"152", "153"}
    assert len(set(by_district.values())) == 2
    assert bench.ids("loans") == {"HTX Sơn Thủy": by_district["153"]}


def test_numbers_tell_names_apart(bench: Bench) -> None:
    bench.judge(
        Sent(
            "2021/a.xlsx",
            book(DS=register(coop("HTX Vận tải số 1"), coop("HTX Vận tải số 2", 20), coop("HTX Vận tải", 10))),
        )
    )
    assert len(set(bench.ids("cooperative_reports", "name").values())) == 3
    assert bench.issues("cooperative_similar") != []


def test_a_tax_code_links_a_name_that_changed(bench: Bench) -> None:
    before = Sent("2020/a.xlsx", book(DS=register(coop("HTX Đồng Tâm", tax=TAX[0]), year=2020)))
    after = Sent("2021/a.xlsx", book(DS=register(coop("HTX Nông nghiệp Xanh Lương Sơn", tax=TAX[0]))))
    bench.judge(before, after)
    assert len(set(bench.ids("cooperative_reports", "name").values())) == 1
    assert bench.rows("select name, tax_code, period from core.cooperatives") == [("HTX Nông nghiệp Xanh Lương Sơn", TAX[0], "2021")]


def test_one_tax_code_on_two_names_of_a_list_merges_nothing(bench: Bench) -> None:
    bench.judge(Sent("2021/a.xlsx", book(DS=register(coop("HTX Đồng Tâm", tax=TAX[0]), coop("HTX Hòa Phát", 20, tax=TAX[0])))))
    assert len(set(bench.ids("cooperative_reports", "name").values())) == 2
    assert bench.issues("key_conflict") == [("DS", "C7", "warning", TAX[0])]


def test_a_workbook_that_comes_later_changes_no_id(bench: Bench) -> None:
    first = Sent("2020/a.xlsx", book(DS=register(coop("HTX Đồng Tâm", tax=TAX[0]), coop("HTX Sơn Thủy"), year=2020)))
    before = bench.judge(first).ids("cooperative_reports", "name")
    later = [
        Sent(
            "2021/a.xlsx",
            book(DS=register(coop("HTX Xanh", tax=TAX[0]), coop("HTX Nông nghiệp Sơn Thủy", 20), coop("HTX Hòa Phát", 5))),
            day(40),
        ),
        Sent(
            "2020/NHNN.xlsx",
            book(Vay=loans(loan("HTX Sơn Thủy"), loan("Đồng Tâm", number="LAV-2"), year=2020)),
            day(50),
        ),
        Sent(
            "2020/b.xlsx",
            book(DS=register(coop("HTX Sơn Thủy", commune=None), office="UBND HUYỆN KIM BÔI", year=2020)),
            day(60),
        ),
    ]
    after = bench.judge(first, *later).rows(
        "select name, cooperative_id from core.cooperative_reports where period = '2020' and reporter_code = '152'"
    )
    assert dict(after) == before


def test_a_namesake_that_comes_later_changes_no_id(bench: Bench) -> None:
    """A second HTX of the name in another commune of the district: the one known before keeps its id."""
    first = Sent("2020/a.xlsx", book(DS=register(coop("HTX Sơn Thủy", commune="Xã Nhuận Trạch"), year=2020)))
    before = bench.judge(first).ids("cooperative_reports", "name")
    both = book(DS=register(coop("HTX Sơn Thủy", commune="Xã Nhuận Trạch"), coop("HTX Sơn Thủy", 20, commune="Xã Cao Sơn")))
    bench.judge(first, Sent("2021/a.xlsx", both, day(40)))
    assert len(set(bench.column("select cooperative_id from core.cooperatives"))) == 2
    assert dict(bench.rows("select name, cooperative_id from core.cooperative_reports where period = '2020'")) == before


def test_namesakes_of_one_list_stay_two(bench: Bench) -> None:
    bench.judge(Sent("2021/a.xlsx", book(DS=register(coop("HTX Sơn Thủy"), coop("HTX Sơn Thủy", 20, commune="Xã Cao Sơn")))))
    assert bench.rows("select count(*), count(distinct cooperative_id) from core.cooperative_reports") == [(2, 2)]
    assert bench.issues("key_conflict") == []


def test_companies_are_no_cooperatives(bench: Bench) -> None:
    owners = ("Công ty TNHH XNK Tiến Phát", "Hộ ông Bùi Văn Nhất", "UBND xã Nhuận Trạch")
    bench.judge(
        Sent(
            "2021/a.xlsx",
            book(ATTP=certificates(*(certificate(name, f"{n}/2021") for n, name in enumerate(owners, 1)))),
        )
    )
    assert set(bench.ids("certifications").values()) == {None}
    assert bench.rows("select * from core.cooperatives") == []


def test_an_owner_in_no_register_counts_all_the_same(bench: Bench) -> None:
    bench.judge(
        Sent(
            "2021/a.xlsx",
            book(DS=register(coop("HTX Hòa Phát")), ATTP=certificates(certificate("HTX Mường Động Xanh"))),
        )
    )
    (made,) = bench.ids("certifications").values()
    assert bench.rows("select cooperative_id, name, district_code from core.cooperatives where is_inferred") == [
        (made, "HTX Mường Động Xanh", "152")
    ]
    assert bench.issues("cooperative_unknown") == [("ATTP", "B6", "warning", "HTX Mường Động Xanh")]


def test_only_similar_is_never_merged(bench: Bench) -> None:
    bench.judge(
        Sent(
            "2021/a.xlsx",
            book(
                DS=register(coop("HTX Nông nghiệp Hợp Thành")),
                ATTP=certificates(certificate("HTX Nông nghiệp Hợp Thanh")),
            ),
        )
    )
    assert bench.ids("certifications")["HTX Nông nghiệp Hợp Thanh"] != bench.ids("cooperative_reports", "name")["HTX Nông nghiệp Hợp Thành"]
    assert bench.issues("cooperative_similar") == [("ATTP", "B6", "warning", "HTX Nông nghiệp Hợp Thanh")]


@pytest.mark.parametrize("reporter", ["152", ""])
def test_a_confirmed_spelling_is_that_cooperative(bench: Bench, reporter: str) -> None:
    data = book(DS=register(coop("HTX Nông nghiệp Mỹ Tân")), ATTP=certificates(certificate("HTX Nông nghiệp Mỹ Tâm")))
    made = bench.judge(Sent("2021/a.xlsx", data)).ids("cooperative_reports", "name")["HTX Nông nghiệp Mỹ Tân"]
    bench.judge(Sent("2021/a.xlsx", data), names=[(reporter, "HTX NN Mỹ Tâm", made)])
    assert bench.ids("certifications") == {"HTX Nông nghiệp Mỹ Tâm": made}
    assert bench.column("select name from core.cooperatives") == ["HTX Nông nghiệp Mỹ Tân"]
    assert bench.issues("cooperative_similar") == bench.issues("cooperative_unknown") == []


def test_a_spelling_confirmed_for_one_reporter_is_not_for_another(bench: Bench) -> None:
    data = book(DS=register(coop("HTX Nông nghiệp Mỹ Tâm")))
    bench.judge(Sent("2021/a.xlsx", data), names=[("153", "HTX Nông nghiệp Mỹ Tâm", "C0123")])
    assert bench.ids("cooperative_reports", "name")["HTX Nông nghiệp Mỹ Tâm"] != "C0123"


REGISTERED = ("Tên HTX", "Mã số thuế", "Số đăng ký", "Xã", "Số thành viên")


def numbered_list(*rows: tuple[object, ...], office: str = "UBND HUYỆN LƯƠNG SƠN", year: int = 2021) -> list[list[object]]:
    """Names with tax code and registration number."""
    return sheet(
        office, f"DANH SÁCH HỢP TÁC XÃ NĂM {year}", REGISTERED, [(name, tax, no, "", 20 + n) for n, (name, tax, no) in enumerate(rows)]
    )


NUMBER = "25.07.000012"


@pytest.mark.parametrize("again", [NUMBER, f"Số {NUMBER}, cấp ngày 15/8/2018", "25 07 000012"])
def test_a_registration_number_links_a_name_that_changed(bench: Bench, again: str) -> None:
    before = Sent("2020/a.xlsx", book(DS=numbered_list(("HTX Đồng Tâm", None, NUMBER), year=2020)), day(0))
    first = bench.judge(before).ids("cooperative_reports", "name")["HTX Đồng Tâm"]
    bench.judge(before, Sent("2021/a.xlsx", book(DS=numbered_list(("HTX Nông nghiệp Xanh", None, again))), day(400)))
    assert bench.rows("select cooperative_id, name from core.cooperatives") == [(first, "HTX Nông nghiệp Xanh")]


@pytest.mark.parametrize(
    ("name", "tax", "number", "office"),
    [
        ("HTX Xanh", None, NUMBER, "UBND HUYỆN KIM BÔI"),  # another registrar's
        ("HTX Xanh", TAX[1], NUMBER, "UBND HUYỆN LƯƠNG SƠN"),  # the tax code goes before it
        ("HTX Xanh", None, "12/2020", "UBND HUYỆN LƯƠNG SƠN"),
    ],
)
def test_what_a_registration_number_does_not_link(bench: Bench, name: str, tax: object, number: str, office: str) -> None:
    old = NUMBER if number == NUMBER else number
    before = Sent("2020/a.xlsx", book(DS=numbered_list(("HTX Đồng Tâm", TAX[0], old), year=2020)), day(0))
    bench.judge(before, Sent("2021/a.xlsx", book(DS=numbered_list((name, tax, number), office=office)), day(400)))
    assert len(bench.rows("select * from core.cooperatives")) == 2


def test_one_registration_number_on_two_names_of_a_list_merges_nothing(bench: Bench) -> None:
    bench.judge(Sent("2021/a.xlsx", book(DS=numbered_list(("HTX Đồng Tâm", None, NUMBER), ("HTX Hòa Phát", None, NUMBER)))))
    assert len(set(bench.ids("cooperative_reports", "name").values())) == 2
    assert bench.issues("key_conflict") == [("DS", "D7", "warning", NUMBER)]


def test_codes_that_were_swapped_swap_no_cooperatives(bench: Bench) -> None:
    before = Sent(
        "2020/a.xlsx", book(DS=register(coop("HTX Đồng Tâm", tax=TAX[0]), coop("HTX Hòa Phát", 20, tax=TAX[1]), year=2020)), day(0)
    )
    known = bench.judge(before).ids("cooperative_reports", "name")
    bench.judge(
        before, Sent("2021/a.xlsx", book(DS=register(coop("HTX Đồng Tâm", tax=TAX[1]), coop("HTX Hòa Phát", 20, tax=TAX[0]))), day(400))
    )
    assert dict(bench.rows("select name, cooperative_id from core.cooperative_reports where period = '2021'")) == known
    assert [row[1] for row in bench.issues("key_conflict")] == ["C6", "C7"]
    assert {row[0] for row in bench.rows("select rule from quality.similar_cooperatives")} == {"tax_code"}


def test_a_name_that_later_turns_out_to_be_another_s_keeps_its_id(bench: Bench) -> None:
    """A bank's list names it before the district's list tells that it is a renamed one: the pair is listed, no id changes."""
    known = Sent("2020/a.xlsx", book(DS=register(coop("HTX Đồng Tâm", tax=TAX[0]), year=2020)), day(0))
    bank = Sent("2021/NHNN.xlsx", book(Vay=loans(loan("HTX Xanh Bền Vững"))), day(380))
    before = bench.judge(known, bank).ids("loans")
    bench.judge(known, bank, Sent("2021/a.xlsx", book(DS=register(coop("HTX Xanh Bền Vững", tax=TAX[0]))), day(400)))
    assert bench.ids("loans") == before
    assert len(set(bench.column("select cooperative_id from core.cooperative_reports"))) == 1
    assert bench.rows("select rule, name, other_name from quality.similar_cooperatives") == [
        ("tax_code", "HTX Xanh Bền Vững", "HTX Đồng Tâm")
    ]


def test_similar_ones_are_listed_with_their_evidence(bench: Bench) -> None:
    list_ = numbered_list(("HTX Nông nghiệp Hợp Thành", TAX[0], NUMBER))
    bench.judge(Sent("2021/a.xlsx", book(DS=list_, ATTP=certificates(certificate("HTX Nông nghiệp Hợp Thanh")))))
    (found,) = bench.rows(
        "select name, other_name, rule, rule_vi, score_ratio > 0.9, districts, other_districts, other_tax_codes, tax_codes, "
        "other_registration_nos, files, other_files, in_one_list from quality.similar_cooperatives"
    )
    assert found == (
        "HTX Nông nghiệp Hợp Thanh", "HTX Nông nghiệp Hợp Thành", "accents", "chỉ khác dấu", True, "152", "152", TAX[0], None, NUMBER,
        "2021/a.xlsx (certifications)", "2021/a.xlsx (cooperative_reports)", False,
    )  # fmt: skip


def test_what_data_staff_settled_is_listed_no_more(bench: Bench) -> None:
    data = book(DS=register(coop("HTX Hòa Tiến 1"), coop("HTX Hòa Tiến 2", 20), coop("HTX Đại Đồng miền Bắc", 5), coop("HTX Đại Đồng", 7)))
    ids = bench.judge(Sent("2021/a.xlsx", data)).ids("cooperative_reports", "name")
    assert bench.rows("select rule, in_one_list from quality.similar_cooperatives order by 1") == [("region", True), ("suffix", True)]
    two = [("152", name, made) for name, made in ids.items() if "Hòa Tiến" in name]
    bench.judge(Sent("2021/a.xlsx", data), names=two)
    assert bench.ids("cooperative_reports", "name") == ids
    assert bench.column("select rule from quality.similar_cooperatives") == ["region"]
    assert [row[3] for row in bench.issues("cooperative_similar")] == ["HTX Đại Đồng miền Bắc"]
    assert bench.issues("correction_broken") == []


def test_a_confirmation_without_a_reporter_holds_in_the_district(bench: Bench) -> None:
    """The same proper name in another district is another co-operative, whatever was confirmed here."""
    sent = [
        Sent("2021/a.xlsx", book(DS=register(coop("HTX Sơn Thủy"), coop("HTX Sơn Thuận", 20)))),
        Sent("2021/b.xlsx", book(DS=register(coop("HTX Sơn Thuận", commune=None), office="UBND HUYỆN KIM BÔI"))),
    ]
    bench.judge(*sent)
    (made,) = bench.column("select cooperative_id from core.cooperative_reports where name = 'HTX Sơn Thủy'")
    bench.judge(*sent, names=[("", "HTX Sơn Thuận", made)])
    assert bench.rows(
        "select reporter_code, cooperative_id = ? from core.cooperative_reports where name = 'HTX Sơn Thuận'".replace("?", f"'{made}'")
    ) == [("153", False)]
    assert bench.rows("select count(distinct cooperative_id) from core.cooperative_reports where reporter_code = '152'") == [(1,)]


def test_a_confirmed_id_that_does_not_exist_is_said_with_its_line(bench: Bench) -> None:
    bench.judge(Sent("2021/a.xlsx", book(DS=register(coop("HTX Đồng Tâm")))), names=[("152", "HTX Đồng Tâm", "C000000000000")])
    assert bench.rows("select sheet, row_number, severity from quality.issues where code = 'correction_broken'") == [
        ("cooperative_names.csv", 2, "warning")
    ]
    assert None not in bench.ids("cooperative_reports", "name").values()


MENTIONS = st.lists(
    st.builds(
        mention,
        st.just(0),
        st.sampled_from(
            [
                "HTX Sơn Thủy",
                "Hợp tác xã Sơn Thủy",
                "HTX Nông nghiệp Sơn Thủy",
                "Sơn Thủy",
                "HTX Sơn Thủy 2",
                "THT Hòa Phát",
                "Công ty Hòa Phát",
            ]
        ),
        st.sampled_from(["152", "153", None]),
        commune=st.sampled_from([None, "04954", "04960"]),
        tax=st.sampled_from([None, None, *TAX[:2]]),
        registered=st.booleans(),
        period=st.sampled_from(["2019", "2020", "2021"]),
        submission=st.sampled_from(["a", "b"]),
    ),
    min_size=1,
    max_size=8,
)


def numbered(mentions: Iterable[Mention]) -> list[Mention]:
    return [replace(m, number=n) for n, m in enumerate(mentions, 1)]


@given(MENTIONS, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_ids_do_not_depend_on_the_order(mentions: list[Mention], random: Any) -> None:
    ordered = numbered(mentions)
    shuffled = list(ordered)
    random.shuffle(shuffled)
    assert resolve(ordered).ids == resolve(shuffled).ids


@given(MENTIONS, MENTIONS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_that_arrives_later_changes_an_id(known: list[Mention], later: list[Mention]) -> None:
    """Whatever the next day's workbooks hold: other periods, the same codes, the same names."""
    first = [replace(m, received_at=day(0)) for m in numbered(known)]
    second = [replace(m, number=100 + m.number, received_at=day(1), submission=f"later {m.submission}") for m in numbered(later)]
    before = resolve(first).ids
    after = resolve([*first, *second]).ids
    assert {number: after[number] for number in before} == before


@pytest.fixture(scope="module")
def stage() -> Iterator[Connection]:
    with open_working(None) as connection:
        yield connection


@given(st.lists(MENTIONS, min_size=1, max_size=3))
@example([[mention(0, "HTX Sơn Thủy", commune=commune) for commune in ("04954", "04960")]])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_settled_as_a_set_is_what_each_mention_would_say(stage: Connection, days: list[list[Mention]]) -> None:
    """Ids, similar names and conflicts are the same whether plain co-operatives are settled before or not."""
    said = [
        replace(m, received_at=day(since), form="cooperative_reports" if m.registered else "loans")
        for since, batch in enumerate(days)
        for m in batch
    ]
    fields = (
        "form",
        "key",
        "kind",
        "name",
        "first_period",
        "submission",
        "district",
        "commune",
        "tax_code",
        "registration_no",
        "received_at",
    )
    order = ("first_period", "form", "submission", "key", "district", "commune", "tax_code", "registration_no")
    known = numbered(sorted(said, key=lambda m: [(getattr(m, f) is None, getattr(m, f) or "") for f in order]))
    types = [*[pa.string()] * 10, pa.timestamp("us")]
    stage.register(
        "known", pa.table([pa.array([getattr(m, f) for m in known], t) for f, t in zip(fields, types, strict=True)], list(fields))
    )
    stage.execute(
        """
        create or replace table stage.mentions as
        select form, key as owner_key, kind as owner_kind, name, first_period, submission as file, cast(null as varchar) as reporter_code,
            district as district_code, commune as commune_code, tax_code, registration_no, received_at, district || ' ' || registration_no as registration_key
        from known
        """
    )
    stage.unregister("known")
    settle(stage, set())
    places = "from stage.plain p join stage.mentions m on p.owner_key = m.owner_key and p.district = coalesce(m.district_code, '')"
    ids = dict(stage.execute(f"select m.rowid + 1, p.id {places}").fetchall())
    by_number = {m.number: m for m in known}
    plain = [
        Plain(made, by_number[first + 1], by_number[named + 1], registered)
        for made, first, named, registered in stage.execute("select id, first, named, registered from stage.plain").fetchall()
    ]
    whole = resolve(known)
    parted = resolve([m for m in known if m.number not in ids], plain)
    assert ids | parted.ids == whole.ids
    assert (parted.made, parted.similar, parted.conflicts) == (whole.made, whole.similar, whole.conflicts)


@given(MENTIONS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_two_names_of_one_list_are_two(mentions: list[Mention]) -> None:
    known = [replace(m, submission="one", form="cooperative_reports") for m in numbered(mentions) if m.registered and m.district]
    ids = resolve(known).ids
    names: dict[str, set[str]] = {}
    for m in known:
        if (made := ids[m.number]) is not None:
            names.setdefault(made, set()).add(m.key.split("|", 1)[-1])
    assert all(len(found) == 1 for found in names.values())


@given(MENTIONS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_later_stranger_changes_no_id(mentions: list[Mention]) -> None:
    """Another name of a later period, with a tax code of its own, in any district."""
    known = numbered(mentions)
    stranger = [
        mention(100 + n, "HTX Khác Hẳn", district, tax=TAX[2], period="2022", submission="z") for n, district in enumerate(("152", None))
    ]
    before = resolve(known).ids
    after = resolve([*known, *stranger]).ids
    assert {number: after[number] for number in before} == before


@given(MENTIONS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_districts_share_no_id_without_a_tax_code(mentions: list[Mention]) -> None:
    known = [m for m in numbered(mentions) if m.tax_code is None]
    ids = resolve(known).ids
    districts: dict[str, set[str]] = {}
    for m in known:
        made = ids[m.number]
        if made is not None and m.district is not None:
            districts.setdefault(made, set()).add(m.district)
    assert all(len(found) == 1 for found in districts.values())
    assert all(ids[m.number] is None for m in known if m.name.startswith("Công ty"))


# ---- which submission is in force


def statuses(bench: Bench) -> dict[str, str]:
    return dict(bench.rows("select file, status from quality.submissions"))


def version(members: int, note: str = "", **more: Rows) -> bytes:
    return book(DS=register(coop("HTX Đồng Tâm", members), note=note), **more)


def members(bench: Bench) -> list[Any]:
    return bench.column("select members from core.cooperative_reports order by 1")


def test_the_later_arrival_takes_the_place(bench: Bench) -> None:
    for order in itertools.permutations([Sent("2021/a.xlsx", version(33), day(1)), Sent("2021/b.xlsx", version(34), day(2))]):
        bench.judge(*order)
        assert members(bench) == [34]
        assert statuses(bench) == {"2021/a.xlsx": "superseded", "2021/b.xlsx": "accepted"}
        assert bench.rows("select s.file, i.severity, i.form from quality.issues i join quality.submissions s using (submission_id)") == [
            ("2021/a.xlsx", "note", "cooperative_reports")
        ]


@pytest.mark.parametrize(
    ("path", "note"),
    [
        ("2021/a.xlsx", " (lần 2)"),
        ("2021/a lần 2.xlsx", ""),
        ("2021/a_v2.xlsx", ""),
        ("2021/a.xlsx", " (sửa)"),
        ("2021/a (sửa).xlsx", ""),
    ],
)
def test_a_revision_mark_goes_before_the_arrival(bench: Bench, path: str, note: str) -> None:
    bench.judge(Sent(path, version(34, note), day(1)), Sent("2021/z.xlsx", version(33), day(2)))
    assert members(bench) == [34]
    assert statuses(bench) == {path: "accepted", "2021/z.xlsx": "superseded"}


def test_the_higher_revision_wins(bench: Bench) -> None:
    bench.judge(
        *(Sent(f"2021/{n}.xlsx", version(30 + n, f" (bổ sung, sửa lần {n})" if n > 2 else f" (lần {n})"), day(5 - n)) for n in (3, 2))
    )
    assert 33 in members(bench)
    assert statuses(bench)["2021/3.xlsx"] == "accepted"


def test_forms_that_the_newer_one_does_not_hold_stay(bench: Bench) -> None:
    older = version(33, ATTP=certificates(certificate("HTX Đồng Tâm")))
    bench.judge(Sent("2021/a.xlsx", older, day(1)), Sent("2021/b.xlsx", version(34), day(2)))
    assert members(bench) == [34]
    assert bench.rows("select coop_name, file from core.certifications join quality.submissions using (submission_id)") == [
        ("HTX Đồng Tâm", "2021/a.xlsx")
    ]
    assert statuses(bench)["2021/a.xlsx"] != "superseded"


def test_what_was_mended_in_a_newer_submission_is_nobody_s_concern(bench: Bench) -> None:
    """The older workbook stays in force for another form; the mistake in the form that was sent again is only on record."""
    wrong_sum = register(coop("HTX Đồng Tâm", 33), coop("HTX Ngòi Hoa", 41), foot=[[None, "Tổng cộng", None, None, None, 99]])
    wrong = Sent("2021/a.xlsx", book(DS=wrong_sum, ATTP=certificates(certificate("HTX Đồng Tâm"))), day(1))
    [concern] = [c for c in CONCERNS if c.name == "totals_agree"]
    bench.judge(wrong)
    assert name_places(bench.connection) == {wrong.id: "2021/152/a.xlsx"}
    assert [finding.count for finding in run_audits(bench.connection, [concern])] == [1]
    bench.judge(wrong, Sent("2021/b.xlsx", version(34), day(2)))
    assert statuses(bench)["2021/a.xlsx"] != "superseded"
    assert bench.column("select in_force from quality.issues where code = 'total_mismatch'") == [False]
    assert name_places(bench.connection) == {}
    assert [finding.count for finding in run_audits(bench.connection, [concern])] == [0]


NIL = "Không phát sinh"
ATTP_HEAD = sheet(
    "UBND HUYỆN LƯƠNG SƠN", "DANH SÁCH CƠ SỞ ĐƯỢC CẤP GIẤY CHỨNG NHẬN NĂM 2021", ("Chủ thể", "Loại chứng nhận", "Diện tích (ha)"), ()
)


@pytest.mark.parametrize(
    ("lines", "cell"),
    [
        ([*ATTP_HEAD, [NIL]], "A6"),
        ([*ATTP_HEAD, [None, NIL.upper(), None, None]], "B6"),
        ([*ATTP_HEAD, [1, NIL, "-", 0]], "B6"),
        ([*ATTP_HEAD, [1], [], ["Ghi chú: trong kỳ không phát sinh số liệu."]], "A8"),
        ([*ATTP_HEAD[:3], [f"({NIL} trong năm 2021)"], *ATTP_HEAD[4:], [1]], "A4"),
        ([*ATTP_HEAD[:4], [NIL]], "A5"),  # no table at all: the title names the form
    ],
)
def test_a_form_that_says_nothing_to_report_takes_the_older_rows_back(bench: Bench, lines: Rows, cell: str) -> None:
    older = Sent("2021/a.xlsx", version(33, ATTP=certificates(certificate("HTX Đồng Tâm"))), day(1))
    bench.judge(older, Sent("2021/b (lần 2).xlsx", book(ATTP=lines), day(2)))
    assert bench.rows("select * from core.certifications") == []
    assert members(bench) == [33]
    assert bench.issues("nil_report")[0][:3] == ("ATTP", cell, "note")
    assert bench.column("select form from quality.issues where code = 'submission_superseded'") == ["certifications"]
    assert statuses(bench)["2021/b (lần 2).xlsx"] == "accepted"
    wanted = (
        "select received, rows_accepted, rows_rejected from quality.completeness where reporter_code = '152' and form = 'certifications'"
    )
    assert bench.rows(wanted) == [(True, 0, 0)]
    bench.judge(older, Sent("2021/b.xlsx", book(ATTP=lines), day(0)))
    assert bench.rows("select count(*) from core.certifications") == [(1,)]  # an older one takes nothing back


@pytest.mark.parametrize(
    "lines",
    [
        ATTP_HEAD,
        [*ATTP_HEAD, [1], [2]],
        [*ATTP_HEAD, [None, "Không phát sinh nợ quá hạn"]],
        [["UBND HUYỆN LƯƠNG SƠN"], ["BÁO CÁO NĂM 2021"], [NIL]],  # of which form?
    ],
)
def test_what_does_not_say_so_takes_nothing_back(bench: Bench, lines: Rows) -> None:
    older = Sent("2021/a.xlsx", book(ATTP=certificates(certificate("HTX Đồng Tâm"))), day(1))
    bench.judge(older, Sent("2021/b (lần 2).xlsx", book(Bảng=lines), day(2)))
    assert bench.rows("select count(*) from core.certifications") == [(1,)]
    assert bench.issues("nil_report") == []


def test_rows_beside_the_word_nothing_count(bench: Bench) -> None:
    lines = [*certificates(certificate("HTX Đồng Tâm")), [], [NIL]]
    bench.judge(Sent("2021/a.xlsx", book(ATTP=lines)))
    assert bench.rows("select count(*) from core.certifications") == [(1,)]
    assert bench.issues("nil_report") == []


def test_other_periods_and_reporters_stay(bench: Bench) -> None:
    bench.judge(
        Sent("2021/a.xlsx", version(33), day(1)),
        Sent("2020/a.xlsx", book(DS=register(coop("HTX Đồng Tâm", 31), year=2020)), day(2)),
        Sent(
            "2021/b.xlsx",
            book(DS=register(coop("HTX Đồng Tâm", 35, commune=None), office="UBND HUYỆN KIM BÔI")),
            day(3),
        ),
    )
    assert members(bench) == [31, 33, 35]
    assert set(statuses(bench).values()) == {"accepted"}


def test_a_supplement_stands_beside(bench: Bench) -> None:
    extra = book(DS=register(coop("HTX Hòa Phát", 20), note=" (chỉ gồm các dòng bổ sung)"))
    bench.judge(Sent("2021/a.xlsx", version(33), day(1)), Sent("2021/bo sung.xlsx", extra, day(2)))
    assert members(bench) == [20, 33]
    assert set(statuses(bench).values()) == {"accepted"}
    assert bench.rows("select file, is_supplement from quality.submissions order by 1") == [
        ("2021/a.xlsx", False),
        ("2021/bo sung.xlsx", True),
    ]


def test_a_supplement_that_repeats_a_row_counts_it_once(bench: Bench) -> None:
    extra = book(DS=register(coop("HTX Hòa Phát", 20), coop("HTX Đồng Tâm", 33), note=" (chỉ gồm các dòng bổ sung)"))
    bench.judge(Sent("2021/a.xlsx", version(33), day(1)), Sent("2021/bo sung.xlsx", extra, day(2)))
    assert members(bench) == [20, 33]
    assert len(bench.issues("row_duplicate")) == 1


def test_a_rejected_newer_one_leaves_the_older_in_force(bench: Bench) -> None:
    nameless = book(DS=register(coop(None, 40), coop(None, 41)))
    bench.judge(
        Sent("2021/a.xlsx", version(33), day(1)),
        Sent("2021/b.xlsx", nameless, day(2)),
        Sent("2021/c.xlsx", b"no workbook", day(3)),
    )
    assert members(bench) == [33]
    assert statuses(bench) == {"2021/a.xlsx": "accepted", "2021/b.xlsx": "rejected", "2021/c.xlsx": "rejected"}


def test_the_same_bytes_twice_change_nothing(bench: Bench) -> None:
    data = version(33)
    bench.judge(Sent("2021/a.xlsx", data, day(1)))
    before = [bench.rows(f"select * from {t.full_name} order by all") for t in CORE]
    bench.judge(Sent("2021/a.xlsx", data, day(1)), Sent("2021/a - Copy.xlsx", data, day(9)))
    assert [bench.rows(f"select * from {t.full_name} order by all") for t in CORE] == before
    assert bench.rows("select count(*), min(status) from quality.submissions") == [(1, "accepted")]
    assert bench.column("select message_vi from quality.issues where code = 'file_repeated'") == [
        "Tệp có cùng nội dung với “2021/a.xlsx”; chỉ tính một lần."
    ]


@pytest.mark.parametrize(
    ("path", "reporter", "period"),
    [
        ("2021/Tân Lạc/bao cao.xlsx", "155", "2021"),
        ("2021/Tan Lac/TanLac 2021-H1.xlsx", "155", "2021-H1"),
        ("2021/NHNN/du no.xlsx", "17-NHNN", "2021"),
        ("2021/Tan Lac/Lac Son.xlsx", None, "2021"),
        ("2020/Tan Lac 2021.xlsx", "155", None),
        ("bao cao.xlsx", None, None),
        ("1021/Tan Lac.xlsx", "155", None),
    ],
)
def test_of_a_file_that_cannot_be_read_the_path_speaks(bench: Bench, path: str, reporter: str | None, period: str | None) -> None:
    """Its cell on the board turns red; no form of it counts as received."""
    bench.judge(Sent(path, b"%PDF-1.4 bao cao"), Sent("2021/a.xlsx", version(33)))
    assert bench.rows(f"select reporter_code, period, status from quality.submissions where file = '{path}'") == [
        (reporter, period, "rejected")
    ]
    assert bench.rows(f"select * from quality.completeness where received and reporter_code = '{reporter}'") == []


@pytest.mark.parametrize("tie", [True, False])
def test_the_order_of_reading_plays_no_part(bench: Bench, tie: bool) -> None:
    sent = [Sent(f"2021/{n}.xlsx", version(30 + n), day(1 if tie else n)) for n in range(3)]
    found = set()
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        bench.judge(*(sent[n] for n in order))
        found.add(tuple(repr(bench.rows(f"select * from {t.full_name}")) for t in (*CORE, *QUALITY)))
    assert len(found) == 1


# ---- rows against each other


def test_a_row_that_repeats_another_counts_once(bench: Bench) -> None:
    bench.judge(Sent("2021/a.xlsx", book(DS=register(coop("HTX Đồng Tâm"), coop("HTX Hòa Phát", 20), coop("HTX Đồng Tâm")))))
    assert sorted(members(bench)) == [20, 33]
    assert bench.issues("row_duplicate") == [("DS", "B8", "error", "HTX Đồng Tâm")]
    assert "6" in bench.column("select message_vi from quality.issues where code = 'row_duplicate'")[0]
    assert bench.rows("select row_number, cells->>'name' from quality.rejected_rows") == [(8, "HTX Đồng Tâm")]
    assert statuses(bench) == {"2021/a.xlsx": "partial"}


def test_of_two_rows_side_by_side_only_the_one_that_repeats_is_kept_out(bench: Bench) -> None:
    head = ["TT", *REGISTER]
    rows = [
        [1, *coop("HTX Đồng Tâm"), None, 3, *coop("HTX Hòa Phát", 20)],
        [2, *coop("HTX Mỹ Tân", 7), None, 4, *coop("HTX Đồng Tâm")],
    ]
    beside = [["UBND HUYỆN LƯƠNG SƠN"], [], ["DANH SÁCH HỢP TÁC XÃ NĂM 2021"], [], [*head, None, *head], *rows]
    bench.judge(Sent("2021/a.xlsx", book(DS=beside)))
    assert sorted(members(bench)) == [7, 20, 33]
    assert bench.issues("row_duplicate") == [("DS", "K7", "error", "HTX Đồng Tâm")]
    # the row stands on in its left half, so it is counted as accepted
    assert bench.rows('select header, data_accepted, data_rejected, "rows" from quality.row_counts') == [(1, 2, 0, 7)]


def test_kinds_beside_bare_names_and_places_elsewhere_tell_cooperatives_apart(bench: Bench) -> None:
    header = ("Tên HTX", "Loại hình", "Huyện", "Tình trạng hoạt động", "Số thành viên")
    rows = [
        ("Hà Phong", "HTX", "Lương Sơn", "Đang hoạt động", 30),
        ("Hà Phong", "THT", "Lương Sơn", "Đang hoạt động", 9),
        ("Hà Phong", "HTX", "Thạch Thất", "Đang hoạt động", 12),
    ]
    bench.judge(Sent("2021/a.xlsx", book(DS=sheet("UBND HUYỆN LƯƠNG SƠN", "DANH SÁCH HTX, THT NĂM 2021", header, rows))))
    assert sorted(members(bench)) == [9, 12, 30]
    assert bench.rows("select kind, district_code from core.cooperatives order by all") == [("HTX", "152"), ("HTX", None), ("THT", "152")]


def test_two_rows_of_one_key_that_differ_are_in_conflict(bench: Bench) -> None:
    bench.judge(Sent("2021/a.xlsx", book(DS=register(coop("HTX NN Đồng Tâm"), coop("Hợp tác xã nông nghiệp Đồng Tâm", 20)))))
    assert members(bench) == [33]
    assert bench.issues("key_conflict") == [("DS", "B7", "error", "Hợp tác xã nông nghiệp Đồng Tâm")]


def test_two_loans_of_one_contract_are_looked_at_and_let_in(bench: Bench) -> None:
    bench.judge(
        Sent(
            "2021/NHNN.xlsx",
            book(Vay=loans(loan("HTX Đồng Tâm"), loan("HTX Đồng Tâm", amount=300), loan("HTX Đồng Tâm", number="LAV-2"))),
        )
    )
    assert bench.issues("key_conflict") == [("Vay", "B7", "warning", "HTX Đồng Tâm")]
    assert bench.rows("select sum(outstanding_vnd), count(*) from core.loans") == [(1_300_000_000, 3)]


def test_a_broken_rule_warns_and_lets_the_row_in(bench: Bench) -> None:
    bench.judge(Sent("2021/a.xlsx", book(DS=register(coop("HTX Đồng Tâm", 33, women=40), coop("HTX Hòa Phát", 20, women=None)))))
    assert bench.issues("rule_broken") == [("DS", "G6", "warning", "40")]
    (message,) = bench.column("select message_vi from quality.issues where code = 'rule_broken'")
    assert "40" in message
    assert "33" in message
    assert members(bench) == [20, 33]


def test_a_rejected_row_is_judged_no_further(bench: Bench) -> None:
    """Neither its rules nor its likeness to others: one mistake, one issue."""
    bench.judge(
        Sent(
            "2021/a.xlsx",
            book(ATTP=certificates(certificate("HTX Đồng Tâm"), certificate("HTX Đồng Tâm", area="12 abc"))),
        )
    )
    assert bench.rows("select code, cell, severity from quality.issues where severity <> 'note' and code <> 'cooperative_unknown'") == [
        ("number_invalid", "F7", "error")
    ]


# ---- the account of every row


def test_every_row_is_in_one_class(bench: Bench) -> None:
    foot: Rows = [
        ["", "Tổng cộng", None, None, None, 53, 24, 4460],
        [],
        [None, "Người lập biểu", None, None, "Chủ tịch"],
    ]
    data = book(
        DS=register(coop("HTX Đồng Tâm"), coop(None, 7), coop("HTX Hòa Phát", 20), foot=foot),
        Ghi_chú=[["xem công văn"], [], ["số 12"]],
    )
    bench.judge(Sent("2021/a.xlsx", data))
    counts = bench.rows(
        'select sheet, form, header, data_accepted, data_rejected, total, section, note, blank, "rows" from quality.row_counts order by all'
    )
    heights = {s.title: s.max_row for s in openpyxl.load_workbook(io.BytesIO(data))}
    summed: dict[str, int] = {}
    for name, _, *classes, rows in counts:
        assert sum(classes) == rows
        summed[name] = summed.get(name, 0) + rows
    assert summed == heights
    (listed,) = [row for row in counts if row[1] == "cooperative_reports"]
    assert listed[2:6] == (1, 2, 1, 1)
    assert bench.rows("select rows_read, rows_accepted, rows_rejected, status from quality.submissions") == [(3, 2, 1, "partial")]
    assert bench.rows("select sheet, row_number, form from quality.rejected_rows") == [("DS", 7, "cooperative_reports")]
    assert bench.issues("value_missing") == [("DS", "B7", "error", "")]


def test_nothing_disappears(bench: Bench) -> None:
    """Every data row that was read is in core or among the rejected, over several files and forms."""
    bench.judge(
        Sent(
            "2021/a.xlsx",
            version(
                33,
                ATTP=certificates(certificate("HTX Đồng Tâm"), certificate("HTX Đồng Tâm"), certificate("HTX X", area=-3)),
            ),
        ),
        Sent("2021/NHNN.xlsx", book(Vay=loans(loan("HTX Đồng Tâm"), loan("HTX Đồng Tâm", amount=None)))),
        Sent("2021/khac.xlsx", book(DS=register(coop("HTX Lạ"), office=""))),
    )
    in_core = sum(bench.rows(f"select count(*) from core.{t.name}")[0][0] for t in CORE[1:])
    assert bench.rows("select sum(data_accepted), sum(data_rejected) from quality.row_counts") == [(in_core, 4)]
    assert bench.rows("select count(*) from quality.rejected_rows") == [(4,)]
    # who is rejected has an error in its row, its sheet or its file
    assert bench.rows(
        "select * from quality.rejected_rows r anti join (select submission_id, row_number from "
        "quality.issues where severity = 'error') i "
        "on i.submission_id = r.submission_id and coalesce(i.row_number, r.row_number) = r.row_number"
    ) == []  # fmt: skip


def test_completeness(bench: Bench) -> None:
    stated: Rows = [[], [None, None, None, "Lương Sơn, ngày 10 tháng 01 năm 2022"]]
    bench.judge(
        Sent("2021/152.xlsx", book(DS=register(coop("HTX Đồng Tâm"), coop(None), foot=stated)), datetime(2022, 3, 1)),
        Sent(
            "2021/153.xlsx",
            book(DS=register(coop("HTX Hòa Phát", commune=None), office="UBND HUYỆN KIM BÔI")),
            datetime(2022, 1, 16),
        ),
        Sent(
            "2021/154.xlsx",
            book(DS=register(coop("HTX Cao Sơn", commune=None), office="UBND HUYỆN CAO PHONG")),
            datetime(2022, 1, 15, 16),  # UTC: 23:00 in Vietnam
        ),
    )
    wanted = (
        "select reporter_code, expected, received, on_time, rows_rejected from quality.completeness "
        "where form = 'cooperative_reports' and period = '2021' order by 1"
    )
    found = {row[0]: row[1:] for row in bench.rows(wanted)}
    assert found["152"] == (True, True, True, 1)  # signed in time, though the file is younger
    assert found["153"] == (True, True, False, 0)
    assert found["154"] == (True, True, True, 0)
    assert found["155"] == (True, False, None, 0)
    assert len(found) == 10
    days = "select reporter_code, due_on, received_on, days_late from quality.completeness where form = 'cooperative_reports' order by 1"
    due = date(2022, 1, 15)
    assert bench.rows(days)[2:6] == [
        ("152", due, date(2022, 3, 1), 0), ("153", due, date(2022, 1, 16), 1), ("154", due, due, 0), ("155", due, None, None),
    ]  # fmt: skip
    assert bench.rows(
        "select reporter_code, expected, received from quality.completeness where form = 'loans' order "
        "by 1"
    ) == [
        ("17-NHNN", True, False), ("17-QHTPT", True, False),
    ]  # fmt: skip
    assert bench.rows("select distinct period from quality.completeness") == [("2021",)]


def test_received_is_what_came_with_rows(bench: Bench) -> None:
    """A form whose rows were all rejected has come; an empty template has not. Rejected rows of a replaced submission trouble nobody."""
    wanted = (
        "select reporter_code, received, rows_accepted, rows_rejected from quality.completeness where form = 'cooperative_reports' "
        "and reporter_code in ('152', '153', '154') order by 1"
    )
    bad = Sent("2021/152.xlsx", book(DS=register(coop(None), coop(None, 5))), day(1))
    empty = Sent("2021/153.xlsx", book(DS=register(office="UBND HUYỆN KIM BÔI")), day(1))
    bench.judge(bad, empty)
    assert bench.rows(wanted) == [("152", True, 0, 2), ("153", False, 0, 0), ("154", False, 0, 0)]
    bench.judge(bad, empty, Sent("2021/152 lần 2.xlsx", book(DS=register(coop("HTX Đồng Tâm"))), day(3)))
    assert bench.rows(wanted)[0] == ("152", True, 1, 0)


def test_what_is_not_owed_is_seen_too(bench: Bench) -> None:
    bench.judge(
        Sent(
            "2021-Q2/a.xlsx",
            book(DS=sheet("UBND HUYỆN LƯƠNG SƠN", "DANH SÁCH HỢP TÁC XÃ QUÝ II NĂM 2021", REGISTER, [coop("HTX Đồng Tâm")])),
        )
    )
    assert bench.rows("select period, expected, received, on_time from quality.completeness where received") == [
        ("2021-Q2", False, True, None)
    ]


def test_a_workbook_checked_alone_knows_no_register(bench: Bench) -> None:
    bench.judge(Sent("2021/a.xlsx", book(ATTP=certificates(certificate("HTX Đồng Tâm")))), lone=True)
    assert bench.issues("cooperative_unknown") == []
    assert bench.rows("select data_accepted, data_rejected from quality.row_counts where form <> ''") == [(1, 0)]


# ---- corrections by the data staff

TODAY = date(2022, 6, 1)


def test_no_folder_means_no_corrections(tmp_path: Path) -> None:
    found = read_corrections(tmp_path / "nosuch", TODAY)
    assert (found.corrections, found.issues) == (Corrections(), [])


def test_broken_lines_are_issues_and_the_others_apply(tmp_path: Path) -> None:
    (tmp_path / "header_spellings.csv").write_text(
        "form,field,spelling\ncooperative_reports,members,Nhân "
        "khẩu\nnosuch,members,x\ncooperative_reports,nosuch,x\n\nloans,purpose,\nloans,purpose,Vay làm "
        "gì\n",
        encoding="utf-8",
    )
    (tmp_path / "code_spellings.csv").write_text(  # as a spreadsheet program saves it in Vietnam
        "\ufeffcode_list;spelling;code\r\nratings;Xếp hạng B;fair\r\nnosuch;x;y\r\nratings;x;nosuch\r\n",
        encoding="utf-8",
        newline="",
    )
    (tmp_path / "cooperative_names.csv").write_text(
        "reporter_code,spelling,cooperative_id\n152,HTX Mỹ Tâm,C1\n999,HTX A,C2\n152,,C3\n,HTX B,C4\n", encoding="utf-8"
    )
    (tmp_path / "cell_corrections.csv").write_text(
        "reporter_code,period,form,sheet,cell,typed,corrected,reason,by,until\n"
        "152,2021,,DS,f6,12 abc,12,điện thoại,An,2022-12-31\n"
        "152,2021,,DS,6F,1,2,,An,\n"
        "152,2021,,DS,F6,1,2,,An,hôm qua\n"
        ",2021,,DS,F6,1,2,,An,\n"
        "152,2021,,DS,F6,1,2,,An,2022-05-31\n"
        "152,2021,,DS,F6,1,2,,An,,thừa\n",
        encoding="utf-8",
    )
    found = read_corrections(tmp_path, TODAY)
    assert found.corrections.header_spellings == (
        ("cooperative_reports", "members", "Nhân khẩu"),
        ("loans", "purpose", "Vay làm gì"),
    )
    assert found.corrections.code_spellings == (("ratings", "Xếp hạng B", "fair"),)
    assert found.corrections.names == (ConfirmedName(2, "152", "HTX Mỹ Tâm", "C1"), ConfirmedName(5, "", "HTX B", "C4"))
    assert [(c.line, c.cell, c.until) for c in found.corrections.cells] == [(2, "F6", date(2022, 12, 31))]
    assert sorted((i.sheet, i.row_number or 0, i.code) for i in found.issues) == [
        ("cell_corrections.csv", 3, "correction_broken"),
        ("cell_corrections.csv", 4, "correction_broken"),
        ("cell_corrections.csv", 5, "correction_broken"),
        ("cell_corrections.csv", 6, "correction_unused"),
        ("cell_corrections.csv", 7, "correction_broken"),
        ("code_spellings.csv", 3, "correction_broken"),
        ("code_spellings.csv", 4, "correction_broken"),
        ("cooperative_names.csv", 3, "correction_broken"),
        ("cooperative_names.csv", 4, "correction_broken"),
        ("header_spellings.csv", 3, "correction_broken"),
        ("header_spellings.csv", 4, "correction_broken"),
        ("header_spellings.csv", 6, "correction_broken"),
    ]
    assert all(i.sheet in i.message_vi and str(i.row_number) in i.message_vi for i in found.issues)
    assert {i.severity for i in found.issues} == {"warning"}


@pytest.mark.parametrize(
    "content",
    [
        b"form,field\nloans,purpose\n",
        "form,field,spelling\nloans,purpose,mục đích".encode("utf-16"),
        b"form,field,spelling\nloans,purpose,\xe9\n",
        b"\x00\x01\x02",
    ],
)
def test_a_file_that_is_no_such_file_is_one_issue(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "header_spellings.csv").write_bytes(content)
    found = read_corrections(tmp_path, TODAY)
    assert [(i.sheet, i.row_number) for i in found.issues] == [("header_spellings.csv", 1)]
    assert found.corrections == Corrections()


@given(st.binary(max_size=200))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_bytes_in_a_correction_file_raise(tmp_path: Path, content: bytes) -> None:
    for name in ("cell_corrections.csv", "cooperative_names.csv"):
        (tmp_path / name).write_bytes(content)
    read_corrections(tmp_path, TODAY)


def corrected(tmp_path: Path, file: str, head: str, *lines: str) -> Corrections:
    (tmp_path / file).write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    found = read_corrections(tmp_path, TODAY)
    assert found.issues == []
    return found.corrections


CELL_HEAD = "reporter_code,period,form,sheet,cell,typed,corrected,reason,by,until"


def test_a_corrected_cell_applies_while_it_holds_what_was_typed(bench: Bench, tmp_path: Path) -> None:
    corrections = corrected(tmp_path, "cell_corrections.csv", CELL_HEAD, "152,2021,,DS,F6,12 abc,12,gọi điện hỏi,An,2022-12-31")
    wrong, mended = (book(DS=register(coop("HTX Đồng Tâm", typed, women=1))) for typed in ("12 abc", 15))
    bench.judge(Sent("2021/a.xlsx", wrong))
    assert bench.issues("number_invalid") == [("DS", "F6", "warning", "12 abc")]
    bench.judge(Sent("2021/a.xlsx", wrong), corrections=corrections)
    assert (members(bench), bench.issues("number_invalid")) == ([12], [])
    assert bench.issues("cell_corrected") == [("DS", "F6", "note", "12 abc")]
    (message,) = bench.column("select message_vi from quality.issues where code = 'cell_corrected'")
    assert all(word in message for word in ("“12 abc” → “12”", "gọi điện hỏi", "An"))
    bench.judge(Sent("2021/a.xlsx", mended), corrections=corrections)
    assert members(bench) == [15]


@pytest.mark.parametrize(
    "line",
    [
        "153,2021,,DS,F6,33,12,x,An,",
        "152,2020,,DS,F6,33,12,x,An,",
        "152,2021,,ATTP,F6,33,12,x,An,",
        "152,2021,,DS,F7,33,12,x,An,",
    ],
)
def test_a_correction_of_another_place_does_not_apply(bench: Bench, tmp_path: Path, line: str) -> None:
    bench.judge(Sent("2021/a.xlsx", version(33)), corrections=corrected(tmp_path, "cell_corrections.csv", CELL_HEAD, line))
    assert members(bench) == [33]


def test_header_and_code_spellings_apply(bench: Bench, tmp_path: Path) -> None:
    header = (*REGISTER, "Thứ hạng của HTX", "Quân số")
    row = [*coop("HTX Đồng Tâm", None), "Hạng Nhì", 41]
    data = book(DS=sheet("UBND HUYỆN LƯƠNG SƠN", "DANH SÁCH HỢP TÁC XÃ NĂM 2021", header, [row]))
    corrected(
        tmp_path,
        "header_spellings.csv",
        "form,field,spelling",
        "cooperative_reports,workers,Quân số",
        "cooperative_reports,rating,Thứ hạng của HTX",
    )
    corrections = corrected(tmp_path, "code_spellings.csv", "code_list,spelling,code", "ratings,Hạng nhì,fair")
    wanted = "select workers, rating from core.cooperative_reports"
    assert bench.judge(Sent("2021/a.xlsx", data)).rows(wanted) == [(None, None)]
    assert bench.judge(Sent("2021/a.xlsx", data), corrections=corrections).rows(wanted) == [(41, "fair")]


def test_issues_of_the_correction_files_are_published(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "cooperative_names.csv").write_text("reporter_code,spelling,cooperative_id\n999,HTX A,C2\n", encoding="utf-8")
    bench.judge(Sent("2021/a.xlsx", version(33)), issues=read_corrections(tmp_path, TODAY).issues)
    found = bench.rows("select submission_id, sheet, row_number, severity from quality.issues where code = 'correction_broken'")
    assert found == [("", "cooperative_names.csv", 2, "warning")]


# ---- no personal data

PERSON = "Quách Thị Bẹc"
PERSONAL = [
    PERSON,
    "0912345678",
    "0912 345 678",
    "0987654321",
    "+84977123456",
    "0388111222",
    "017999000123",
    "017999000456",
    "17999000789",
    "113222333",
]


def everything(bench: Bench) -> Iterator[tuple[str, str]]:
    """Every text in the tables that are published."""
    for table, column in bench.rows(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() where schema_name "
        "in ('core', 'quality') and data_type in ('VARCHAR', 'JSON')"
    ):
        for (text,) in bench.rows(f'select distinct "{column}"::varchar from {table} where "{column}" is not null'):
            yield f"{table}.{column}", text


def personal_book() -> bytes:
    header = (*REGISTER, "Giám đốc", "Số điện thoại", "Số CCCD", "Sản phẩm chủ lực", "Đánh giá chung", "Ghi chú")
    rows: list[list[object]] = [
        [
            *coop("HTX Đồng Tâm", tax="017999000123"),
            PERSON,
            "0912345678",
            "017999000456",
            "Bưởi, liên hệ 0912 345 678",
            PERSON,
            f"{PERSON} 0987654321",
        ],
        [
            *coop("HTX Hòa Phát, ĐT 0388111222", 20, tax=17999000789),
            PERSON,
            912345678,
            17999000456,
            "Cam",
            "+84977123456",
            None,
        ],
        [
            *coop(None, "0987654321", tax="017999000123", women="017999000456"),
            PERSON,
            "0912345678",
            "113222333",
            "ĐT +84977123456",
            None,
            None,
        ],
        [
            *coop("HTX Cao Sơn", "0912345678", tax="0912345678", commune="0987654321"),
            None,
            None,
            None,
            None,
            None,
            None,
        ],
    ]
    foot: Rows = [
        [],
        [None, "NGƯỜI LẬP BIỂU", None, None, "CHỦ TỊCH"],
        [None, f"{PERSON} (0912345678)", None, None, PERSON],
    ]
    return book(DS=sheet("UBND HUYỆN LƯƠNG SƠN", "DANH SÁCH HỢP TÁC XÃ NĂM 2021", header, rows, foot))


@pytest.mark.parametrize("secret", PERSONAL)
def test_no_personal_data_is_published(bench: Bench, secret: str) -> None:
    """Names, telephones and identity numbers, wherever in the workbook they stand; also where Excel took their
    leading zero.
    """
    bench.judge(Sent("2021/a.xlsx", personal_book()))
    assert bench.rows("select count(*) from core.cooperative_reports")[0][0] >= 2
    assert bench.rows("select count(*) from quality.rejected_rows")[0][0] >= 1
    assert [(where, text) for where, text in everything(bench) if secret in text and not where.endswith("submission_id")] == []


def test_persons_inside_other_texts_are_published_nowhere(bench: Bench) -> None:
    """In an address, a name, a holder, a rejected row; the co-operative is the same with and without them, and the sender is told."""
    header = ("Tên HTX", "Địa chỉ", "Số thành viên", "Sản phẩm chủ lực")
    rows = [
        (f"HTX Hà Phong (ông {PERSON.title()}, 0912 345 678)", f"Xóm Đồng, Chủ nhiệm: {PERSON}", 20, f"Cam; liên hệ: {PERSON}"),
        (None, f"đại diện: ông {PERSON}", "ba chục", "Quýt"),
    ]
    list_ = sheet("UBND HUYỆN LƯƠNG SƠN", "DANH SÁCH HỢP TÁC XÃ NĂM 2021", header, rows)
    same = certificates(
        certificate("HTX Hà Phong"), certificate(f"Hộ ông {PERSON}", "02/2021"), certificate("Hộ ông Bùi Văn Khác", "02/2021")
    )
    bench.judge(Sent("2021/a.xlsx", book(DS=list_, ATTP=same)))
    assert [(where, text) for where, text in everything(bench) if PERSON in text or "0912" in text] == []
    assert bench.rows("select name, address, products from core.cooperative_reports") == [
        ("HTX Hà Phong", "Xóm Đồng, Chủ nhiệm: …", "Cam; liên hệ: …")
    ]
    assert bench.rows("select name from core.cooperatives") == [("HTX Hà Phong",)]
    assert bench.rows("select coop_name, cooperative_id is null from core.certifications order by row_number") == [
        ("HTX Hà Phong", False), ("Hộ ông …", True), ("Hộ ông …", True),  # two households, though they are shown alike
    ]  # fmt: skip
    assert [row[:3] for row in bench.issues("personal_data")] == [
        ("ATTP", "B7", "note"), ("ATTP", "B8", "note"), ("DS", "B6", "note"), ("DS", "C6", "note"), ("DS", "C7", "note"), ("DS", "E6", "note"),
    ]  # fmt: skip


def test_numbered_names_are_not_similar(bench: Bench) -> None:
    """Hundreds of names that differ by a number are numbered on purpose; two of them may be a slip."""
    bench.judge(
        Sent(
            "2021/a.xlsx",
            book(DS=register(*(coop(f"HTX NN Số {n}", 20) for n in range(1, 40)), coop("HTX Hòa Phát 1", 20), coop("HTX Hòa Phát 2", 20))),
            day(1),
        )
    )
    said = bench.connection.execute("select distinct name, other_name from quality.similar_cooperatives").fetchall()
    assert [set(pair) for pair in said] == [{"HTX Hòa Phát 1", "HTX Hòa Phát 2"}]


def test_an_identity_number_for_a_tax_code_is_an_issue(bench: Bench) -> None:
    bench.judge(Sent("2021/a.xlsx", book(DS=register(coop("HTX Đồng Tâm", tax="017999000123")))))
    assert bench.issues("tax_code_invalid") == [("DS", "C6", "warning", "•" * 12)]
    assert bench.rows("select tax_code from core.cooperatives") == [(None,)]


def test_a_figure_that_leaps_is_said(bench: Bench) -> None:
    """Against the co-operative's own last report; one that grows as others do is not."""
    first = Sent("2020/a.xlsx", book(DS=register(coop("HTX Hà Phong", 20), coop("HTX Mỹ Tân", 20), year=2020)))
    bench.judge(first, Sent("2021/a.xlsx", book(DS=register(coop("HTX Hà Phong", 400), coop("HTX Mỹ Tân", 25))), day(40)))
    assert [(number, field) for number, field in bench.rows("select row_number, field from quality.issues where code = 'rule_broken'")] == [
        (bench.column("select row_number from core.cooperative_reports where members = 400")[0], "members")
    ]


def test_an_event_reported_twice_is_said(bench: Bench) -> None:
    header = ("Tên sự kiện", "Quy mô", "Thời gian", "Số HTX tham gia")
    rows = [
        ("Hội chợ Nông sản", "Cấp tỉnh", date(2021, 5, 3), 12),
        ("HỘI CHỢ NÔNG SẢN", "Cấp tỉnh", date(2021, 5, 3), 14),
        ("Hội chợ Nông sản", "Cấp tỉnh", date(2021, 9, 3), 9),
    ]
    bench.judge(Sent("2021/a.xlsx", book(XTTM=sheet("UBND HUYỆN LƯƠNG SƠN", "XÚC TIẾN THƯƠNG MẠI NĂM 2021", header, rows))))
    assert bench.issues("key_conflict") == [("XTTM", "B7", "warning", "HỘI CHỢ NÔNG SẢN")]
    assert bench.rows("select count(*) from core.trade_promotions") == [(3,)]


@pytest.mark.parametrize(("expires", "said"), [(date(2021, 12, 30), ["note"]), (date(2021, 12, 31), []), (None, [])])
def test_a_certificate_that_expired_by_the_period_s_end_is_noted(bench: Bench, expires: date | None, said: list[str]) -> None:
    bench.judge(Sent("2021/a.xlsx", book(ATTP=certificates((*certificate("HTX Đồng Tâm")[:6], expires)))))
    assert [row[2] for row in bench.issues("rule_broken")] == said


@pytest.mark.parametrize(("rate", "said"), [("7,5", []), ("30", []), ("31", ["above_maximum"])])
def test_a_rate_is_plausible_up_to_30_a_year(bench: Bench, rate: str, said: list[str]) -> None:
    header = ("Tên HTX vay vốn", "Huyện", "Tổ chức tín dụng", "Dư nợ (triệu đồng)", "Lãi suất (%/năm)")
    rows = [
        ("HTX Đồng Tâm", "Lương Sơn", "Agribank Hòa Bình", 500, rate),
        *(("HTX Hòa Phát", "Lương Sơn", "Agribank Hòa Bình", n, "7,5") for n in (100, 200, 300)),
    ]
    bench.judge(
        Sent(
            "2021/n.xlsx",
            book(Vay=sheet("NGÂN HÀNG NHÀ NƯỚC CHI NHÁNH TỈNH HÒA BÌNH", "TÌNH HÌNH CHO VAY HỢP TÁC XÃ NĂM 2021", header, rows)),
        )
    )
    assert bench.column("select code from quality.issues where field = 'rate_year_ratio'") == said


def test_a_slip_of_units_against_the_period_before_is_said(bench: Bench) -> None:
    """A thousand times the co-operative's own revenue; both figures in the sentences of both languages."""
    first = Sent("2020/a.xlsx", book(DS=register(coop("HTX Hà Phong"), coop("HTX Mỹ Tân", 20), year=2020)))
    bench.judge(first, Sent("2021/a.xlsx", book(DS=register(coop("HTX Hà Phong", revenue=2_230_000), coop("HTX Mỹ Tân", 20))), day(40)))
    ((vi, en),) = bench.rows("select message_vi, message_en from quality.issues where code = 'rule_broken' and field = 'revenue_vnd'")
    assert "2.230.000.000.000" in vi
    assert "so với 2.230.000.000" in vi
    assert "2.230.000.000.000" in en
    assert "against 2.230.000.000" in en


def test_one_certificate_of_two_owners_is_said(bench: Bench) -> None:
    sheet_ = certificates(
        certificate("HTX Hà Phong", "07/2021"), certificate("HTX Mỹ Tân", "07/2021"), certificate("HTX Trại Hòa", "08/2021")
    )
    bench.judge(Sent("2021/a.xlsx", book(ATTP=sheet_)))
    assert bench.rows("select severity, value from quality.issues where code = 'key_conflict'") == [("warning", "07/2021")]
    assert bench.rows("select count(*) from core.certifications") == [(3,)]
