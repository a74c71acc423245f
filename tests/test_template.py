"""The blank workbook: empty it says nothing, filled in by the rules it comes back clean, each spoiled cell is named."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import codelist, reporters
from coop_pipeline.forms.spec import Field, Form, Rule
from coop_pipeline.intake.dates import period_bounds
from coop_pipeline.outputs import template
from coop_pipeline.outputs.template import FIRST_ROW, GUIDE, HEADER_ROW, LISTS, header_text, unit_words, write_template
from tests.alone import judged

PERIOD = "2021"
STARTS_ON, ENDS_ON = period_bounds(PERIOD)
ROWS = 5
NAMES = tuple(
    f"HTX {first} {second}"
    for second in ("Bờ", "Hoa", "Rút", "Dụ", "Thơm", "Trắng", "Xanh", "Vàng", "Chiềng", "Mường")
    for first in ("Thác", "Ngòi", "Suối", "Khoan", "Đồi", "Thung", "Lũng", "Đầm", "Bản")
)
TAX_CODES = ("5401234565", "5402345677", "5403456789")  # one each, so that no two rows share one
COMMUNES = {"150": ("Xã Tú Lý", "04867"), "152": ("Xã Nhuận Trạch", "04954")}


def owners_of(form: Form) -> list[str]:
    """One reporter of each kind that owes the form."""
    codes = [code for duty in form.duties for code in duty.reporters]
    return ["152" if code == "district" else code for code in codes]


REPORTERS = [
    "148",
    "152",
    *(r.code for r in reporters() if r.kind == "agency"),
]  # the districts differ by name and communes only
CASES = [(form.name, code) for form in FORMS.values() for code in owners_of(form)]
# What is judged in sets does not look at the kind of reporter.
JUDGED = [pytest.param(*case, marks=[pytest.mark.thorough] * (case[0] in dict(CASES[:n]))) for n, case in enumerate(CASES)]


@dataclass(slots=True)
class Filled:
    """A form filled in: what was typed into which column, and what the table must hold."""

    form: Form
    reporter: str
    columns: dict[str, int]
    typed: list[dict[str, Any]]

    def cell(self, name: str, row: int) -> str:
        return f"{get_column_letter(self.columns[name])}{FIRST_ROW + row}"


def factor_of(f: Field) -> Decimal:
    return {"vnd": Decimal(1_000_000), "vnd_month": Decimal(1_000_000), "ratio_year": Decimal("0.01")}.get(f.unit or "", Decimal(1))


def make_number(f: Field, rng: random.Random) -> int | float:
    low, high = f.plausible
    factor = factor_of(f)
    if f.unit == "star":
        return rng.randint(3, 5)
    if f.whole:
        return rng.randint(3, int(min(f.maximum or Decimal(90), high or Decimal(90), Decimal(90))))
    least = max((low or Decimal(0)) / factor, Decimal("0.5"))
    most = min((high or Decimal(1000)) / factor, least * 40)
    return round(rng.uniform(float(least) * 1.5, float(most)), 1)


def make_date(f: Field, rng: random.Random) -> date:
    if f.name == "established_on":
        return date(rng.randint(2005, 2020), rng.randint(1, 12), rng.randint(1, 28))
    if f.end:
        return date(2021, 12, rng.randint(20, 31)) if f.name == "ends_on" else date(rng.randint(2022, 2024), rng.randint(1, 12), 28)
    return date(2021, rng.randint(1, 11), rng.randint(1, 28))


def make_value(f: Field, row: int, rng: random.Random, reporter: str) -> Any:
    match f.type:
        case "row_no" | "note" | "unit":
            return None
        case "name":
            return NAMES[row]
        case "tax_code":
            return TAX_CODES[row] if row < len(TAX_CODES) else None
        case "district":
            return "Huyện Đà Bắc" if row % 2 else "Huyện Lương Sơn"
        case "commune":
            return COMMUNES["150" if reporter != "152" and row % 2 else "152"][0]
        case "lender":
            return codelist("lender_names")[row % 3].label_vi
        case "code":
            choices = [code.label_vi for code in codelist(f.codes or "")]
            return choices[row % len(choices)]
        case "number":
            return make_number(f, rng)
        case "date":
            return make_date(f, rng)
        case _:
            return f"{f.example or f.vi} số {row + 1}"


def stored(f: Field, value: Any) -> Any:
    """What `core` must hold for a typed value."""
    if value is None:
        return None
    if f.type == "number":
        return Decimal(str(value)) * factor_of(f)
    if f.type == "code":
        return next(code.code for code in codelist(f.codes or "") if code.label_vi == value)
    if f.type == "district":
        return {"Huyện Đà Bắc": "150", "Huyện Lương Sơn": "152"}[value]
    if f.type == "commune":
        return next(code for name, code in COMMUNES.values() if name == value)
    return value


@pytest.fixture(scope="module")
def judge() -> Iterator[Callable[[Rule, dict[str, Any], Form], bool]]:
    """Whether a row keeps a rule, asked of DuckDB itself."""
    with duckdb.connect() as connection:
        known: dict[tuple[object, ...], bool] = {}

        def keeps(rule: Rule, row: dict[str, Any], form: Form) -> bool:
            words = set(re.findall(r"\w+", rule.holds))
            kinds = {f.name: f.sql_type for f in form.fields} | {"period_starts_on": "DATE", "period_ends_on": "DATE"}
            values = {f.name: stored(f, row.get(f.name)) for f in form.fields if f.name in words}
            values |= {"period_starts_on": STARTS_ON, "period_ends_on": ENDS_ON}
            case = (rule.name, form.name, *values.values())
            if case not in known:
                columns = ", ".join(f'cast(? as {kinds[name]}) as "{name}"' for name in values)
                query = f"select coalesce({rule.holds}, true) from (select {columns})"
                known[case] = bool(connection.execute(query, list(values.values())).fetchall()[0][0])
            return known[case]

        yield keeps


Judge = Callable[[Rule, dict[str, Any], Form], bool]


def make_rows(form: Form, reporter: str, columns: dict[str, int], judge: Judge, number: int = ROWS) -> list[dict[str, Any]]:
    """Rows that keep all rules; an optional cell that stands in the way stays empty."""
    rows = []
    for row in range(number):
        for attempt in range(500):
            rng = random.Random(f"{form.name} {row} {attempt}")
            made = {name: make_value(form.field(name), row, rng, reporter) for name in columns}
            broken = [rule for rule in form.rules if not judge(rule, made, form)]
            for rule in broken:
                optional = [n for n in rule.fields if n in columns and not form.field(n).required and form.field(n).type != "code"]
                if attempt > 20 and optional:
                    made[rng.choice(optional)] = None
            if all(judge(rule, made, form) for rule in broken):
                rows.append(made)
                break
        else:
            raise AssertionError(f"{form.name}: no row keeps all rules")
    return rows


def columns_of(page: Worksheet, form: Form) -> dict[str, int]:
    labels = {header_text(f): f.name for f in form.fields}
    return {labels[str(cell.value)]: cell.column for cell in page[HEADER_ROW] if cell.value}


@pytest.fixture(scope="module")
def blanks(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("templates")
    made: dict[str, Path] = {}

    def blank(reporter: str) -> Path:
        if reporter not in made:
            made[reporter] = write_template(reporter, PERIOD, folder / f"{reporter}.xlsx")
        return made[reporter]

    return blank


def fill(
    blank: Path,
    form: Form,
    reporter: str,
    target: Path,
    judge: Judge,
    spoil: Callable[[Filled], None] | None = None,
    number: int = ROWS,
) -> Filled:
    """Writes the template with rows of one form; `spoil` may change what is typed."""
    book = openpyxl.load_workbook(blank)
    page = book[template._tab(form)]
    columns = columns_of(page, form)
    filled = Filled(form, reporter, columns, make_rows(form, reporter, columns, judge, number))
    if spoil is not None:
        spoil(filled)
    for row, values in enumerate(filled.typed, FIRST_ROW):
        for name, value in values.items():
            if form.field(name).type != "row_no":
                page.cell(row, columns[name]).value = value
    book.save(target)
    return filled


def read(path: Path) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    """Issues and the accepted rows of each form after reading one workbook."""
    with judged(path) as (connection, submission):

        def rows(query: str) -> list[dict[str, Any]]:
            result = connection.execute(query)
            names = [d[0] for d in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

        held = {name for (name,) in connection.execute("select table_name from duckdb_tables() where schema_name = 'stage'").fetchall()}
        tables = {
            form: rows(f"select * from stage.{form} where verdict = 'accepted' order by sheet, row_number") if form in held else []
            for form in FORMS
        }
        issues = rows(f"select * from quality.issues where submission_id = '{submission}'")
    return issues, tables


def said(issues: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(i["cell"], i["code"], i["severity"]) for i in issues}


# ---- empty


@pytest.mark.parametrize("reporter", REPORTERS)
def test_the_empty_template_says_nothing(reporter: str, blanks: Callable[[str], Path]) -> None:
    issues, tables = read(blanks(reporter))
    assert said(issues) == set()
    assert not any(tables.values())


@pytest.mark.parametrize(("period", "words"), [
    ("2021", "NĂM 2021"), ("2021-H1", "6 THÁNG ĐẦU NĂM 2021"), ("2021-Q4", "QUÝ IV NĂM 2021"), ("2021-12", "THÁNG 12 NĂM 2021"),
    ("2026-H2", "6 THÁNG CUỐI NĂM 2026"),
])  # fmt: skip
def test_every_kind_of_period_is_read_back(period: str, words: str, tmp_path: Path) -> None:
    path = write_template("17-XTTM", period, tmp_path / "a.xlsx")
    title = openpyxl.load_workbook(path)["Xuất khẩu"]["A4"].value
    assert title == f"XUẤT KHẨU NÔNG SẢN CỦA HTX {words}"
    with judged(path) as (connection, _):
        assert connection.execute("select reporter_code, period from quality.submissions").fetchall() == [("17-XTTM", period)]


def test_a_commune_of_after_july_2025_fills_in_its_own(tmp_path: Path) -> None:
    path = write_template("05089", "2025-H2", tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    form = FORMS["cooperative_reports"]
    assert book[template._tab(form)]["A1"].value == "UBND XÃ CAO PHONG"
    assert not {"district_code", "commune_code"} & set(columns_of(book[template._tab(form)], form))
    with judged(path) as (connection, _):
        assert connection.execute("select reporter_code, period from quality.submissions").fetchall() == [("05089", "2025-H2")]


@pytest.mark.parametrize(("reporter", "period", "words"), [
    ("154", "2025-H2", "Huyện Cao Phong không báo cáo kỳ 2025-H2"), ("05089", "2025-H1", "Xã Cao Phong không báo cáo kỳ 2025-H1"),
    ("151", "2021", "Không có đơn vị báo cáo “151”"), ("152", "2021-13", "Kỳ báo cáo “2021-13” không hợp lệ"), ("152", "năm", "Kỳ báo cáo"),
])  # fmt: skip
def test_an_unknown_reporter_or_period_is_one_sentence(reporter: str, period: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words) as problem:
        write_template(reporter, period, tmp_path / "a.xlsx")
    assert "\n" not in str(problem.value)
    assert not (tmp_path / "a.xlsx").exists()


def test_the_same_template_has_the_same_bytes(tmp_path: Path) -> None:
    one = write_template("152", PERIOD, tmp_path / "a.xlsx").read_bytes()
    assert write_template("152", PERIOD, tmp_path / "b.xlsx").read_bytes() == one


# ---- the sheets


@pytest.mark.parametrize("reporter", REPORTERS)
def test_one_sheet_for_each_form_owed(reporter: str, blanks: Callable[[str], Path]) -> None:
    book = openpyxl.load_workbook(blanks(reporter))
    kind = next(r.kind for r in reporters() if r.code == reporter)
    owed = [f for f in FORMS.values() if any(reporter in d.reporters or kind in d.reporters for d in f.duties)]
    assert book.sheetnames == [GUIDE, *(template._tab(f) for f in owed), LISTS]
    for form in owed:
        page = book[template._tab(form)]
        names = columns_of(page, form)
        assert not [n for n in names if form.field(n).personal]
        lacking = [f.name for f in form.required if f.name not in names]
        assert all(any(g.field == n and reporter in g.reporters for g in form.givens) for n in lacking)
        assert page.freeze_panes == f"C{FIRST_ROW}"
        assert page.page_setup.orientation == "landscape"
        assert page.page_setup.paperSize == 9
        assert page.print_title_rows == f"${HEADER_ROW}:${HEADER_ROW + 1}"
        assert page.protection.sheet
        assert not page.protection.password
        assert page.cell(HEADER_ROW, 2).protection.locked
        assert not page.cell(FIRST_ROW, 2).protection.locked
        checks = {str(c.sqref).split(":", maxsplit=1)[0]: c for c in page.data_validations.dataValidation}
        for name, column in names.items():
            f = form.field(name)
            check = checks.get(f"{get_column_letter(column)}{FIRST_ROW}")
            if f.type in ("number", "date", "code", "commune", "district", "tax_code"):
                assert check is not None, f"{form.name}.{name}"
                assert check.error
                assert len(check.error) <= 225
                assert len(check.prompt) <= 255
                assert len(check.promptTitle) <= 32
            if unit_words(f):
                assert f"({unit_words(f)})" in header_text(f)


def test_tab_names_differ_and_are_short() -> None:
    tabs = [template._tab(form) for form in FORMS.values()]
    assert len(set(tabs)) == len(tabs)
    assert max(map(len, tabs)) <= 31
    assert set(template.TABS) <= set(FORMS)


def test_known_cooperatives_are_prefilled(tmp_path: Path) -> None:
    published = tmp_path / "coop.duckdb"
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            """
            create schema core;
            create table core.cooperatives (cooperative_id varchar, name varchar, kind varchar, tax_code varchar, registration_no varchar,
                district_code varchar, commune_code varchar, address varchar, sector varchar, products varchar, established_on date,
                status varchar, rating varchar, is_inferred boolean, commune_valid_from date);
            insert into core.cooperatives values
                ('a', 'HTX Nông nghiệp Mỹ Tân', 'HTX', '0101234567', '25.07.000012', '152', '04954', 'Xóm 1', 'Trồng trọt', 'Bưởi', '2018-08-15', 'operating', 'fair', false, '2020-01-01'),
                ('b', '=HTX Lạ', 'THT', null, null, '152', null, null, null, null, null, null, null, false, null),
                ('c', 'HTX Đã tan', 'HTX', null, null, '152', null, null, null, null, null, 'dissolved', null, false, null),
                ('d', 'HTX Suy ra', 'HTX', null, null, '152', null, null, null, null, null, null, null, true, null),
                ('e', 'HTX Nơi khác', 'HTX', null, null, '150', null, null, null, null, null, null, null, false, null)
            """
        )
    path = write_template("152", PERIOD, tmp_path / "152.xlsx", published)
    form = FORMS["cooperative_reports"]
    page = openpyxl.load_workbook(path)[template._tab(form)]
    columns = columns_of(page, form)
    rows = [{n: page.cell(r, c).value for n, c in columns.items()} for r in (FIRST_ROW, FIRST_ROW + 1, FIRST_ROW + 2)]
    assert [r["name"] for r in rows] == ["HTX Nông nghiệp Mỹ Tân", "=HTX Lạ", None]
    assert page.cell(FIRST_ROW + 1, columns["name"]).data_type == "s"
    assert rows[0]["tax_code"] == "0101234567"
    assert rows[0]["kind"] == "Hợp tác xã"
    assert rows[0]["commune_code"] == "Xã Nhuận Trạch"
    assert rows[0]["established_on"] == datetime(2018, 8, 15)
    issues, tables = read(path)
    assert not [i for i in issues if i["severity"] == "error"]
    assert tables["cooperative_reports"][0]["name"] == "HTX Nông nghiệp Mỹ Tân"
    agency = openpyxl.load_workbook(write_template("17-XTTM", PERIOD, tmp_path / "x.xlsx", published))[LISTS]
    assert "HTX Nơi khác" in [cell.value for row in agency.iter_rows() for cell in row]
    with pytest.raises(ValueError, match="Không đọc được danh sách HTX"):
        write_template("152", PERIOD, tmp_path / "y.xlsx", tmp_path / "152.xlsx")


# ---- filled in


@pytest.mark.parametrize(("name", "reporter"), CASES)
def test_filled_in_by_the_rules_it_comes_back_clean(
    name: str, reporter: str, blanks: Callable[[str], Path], judge: Judge, tmp_path: Path
) -> None:
    form = FORMS[name]
    path = tmp_path / f"{reporter}.xlsx"
    filled = fill(blanks(reporter), form, reporter, path, judge)
    issues, tables = read(path)
    assert said(issues) == set()
    rows = tables[name]
    assert len(rows) == ROWS
    for row, typed in zip(rows, filled.typed, strict=True):
        for f in form.stored:
            if f.name in typed and f.type != "note":
                assert row[f.name] == stored(f, typed[f.name]), f.name
    others = {n: len(t) for n, t in tables.items() if t and n not in (name, "cooperatives")}
    assert others == {}


# ---- one spoiled cell per constraint


@dataclass(frozen=True, slots=True)
class Spoil:
    form: str
    reporter: str
    field: str
    kind: str
    value: Any
    code: str
    severity: str


def answered(form: Form, f: Field) -> bool:
    """Whether something else than the cell may answer a field: the title or other words of the row."""
    return f.name == "as_of" or any(d[0] == f.name for d in form.derives)


def spoils() -> Iterator[Spoil]:
    for name, reporter in CASES:
        form = FORMS[name]
        for f in template._columns(form, next(r for r in reporters() if r.code == reporter)):
            hard = "error" if f.required else "warning"
            if f.required and not answered(form, f):
                yield Spoil(name, reporter, f.name, "empty", None, "value_missing", "error")
            if f.type == "number":
                yield Spoil(name, reporter, f.name, "text", "chưa rõ lắm", "number_invalid", hard)
                if f.minimum is not None:
                    yield Spoil(name, reporter, f.name, "negative", -7, "below_minimum", "error")
                if f.maximum is not None:
                    yield Spoil(name, reporter, f.name, "large", float(f.maximum / factor_of(f)) + 7, "above_maximum", hard)
            if f.type == "date":
                yield Spoil(name, reporter, f.name, "date", "31/02/2021", "date_invalid", hard)
            if f.type == "code":
                yield Spoil(name, reporter, f.name, "code", "Chuyện cổ tích", "choice_unknown", hard)
            if f.type == "district":
                yield Spoil(name, reporter, f.name, "district", "Huyện Vân Hồ", "choice_unknown", "warning")
            if f.type == "commune":
                yield Spoil(name, reporter, f.name, "commune", "Xã Không Có Thật", "commune_unknown", "warning")
            if f.type == "tax_code":
                yield Spoil(name, reporter, f.name, "check digit", "5401234566", "tax_code_invalid", "warning")
                yield Spoil(name, reporter, f.name, "person", "017089001234", "tax_code_invalid", "warning")


SPOILS = list(spoils())


@pytest.mark.parametrize(("name", "reporter"), CASES)
def test_each_spoiled_cell_is_named(name: str, reporter: str, blanks: Callable[[str], Path], judge: Judge, tmp_path: Path) -> None:
    """One row for each constraint of the form, with one spoiled cell; clean rows between them."""
    form = FORMS[name]
    own = [s for s in SPOILS if s.form == name and s.reporter == reporter]

    def change(filled: Filled) -> None:
        for row, spoil in enumerate(own):
            typed = filled.typed[2 * row + 1]
            typed[spoil.field] = spoil.value
            excuse = form.field(spoil.field).unless
            if excuse is not None:
                typed[excuse[0]] = codelist(form.field(excuse[0]).codes or "")[0].label_vi
            for rule in form.rules:  # only the spoiled cell is to be wrong
                for name in rule.fields:
                    if not judge(rule, {**typed, spoil.field: None}, form) and name != spoil.field and not form.field(name).required:
                        typed[name] = None

    path = tmp_path / f"{reporter}.xlsx"
    filled = fill(blanks(reporter), form, reporter, path, judge, change, 2 * len(own) + 1)
    issues, tables = read(path)
    expected = {(filled.cell(spoil.field, 2 * row + 1), spoil.code, spoil.severity) for row, spoil in enumerate(own)}
    kinds = {filled.cell(spoil.field, 2 * row + 1): spoil.kind for row, spoil in enumerate(own)}
    missed, extra = expected - said(issues), said(issues) - expected
    shown = [f"{kinds.get(i['cell'])} {i['cell']} {i['code']} {i['severity']} {i['value']!r}: {i['message_vi']}" for i in issues]
    assert not missed, (sorted((kinds[m[0]], *m) for m in missed), shown)
    assert not extra, (sorted(extra), shown)
    errors = sum(spoil.severity == "error" for spoil in own)
    assert len(tables[name]) == 2 * len(own) + 1 - errors


def break_rule(form: Form, rule: Rule, row: dict[str, Any], judge: Judge, reporter: str) -> dict[str, Any]:
    """The row with other values in the cells of a rule, so that it breaks this rule and no other."""
    for attempt in range(4000):
        rng = random.Random(attempt)
        changed = dict(row)
        for name in rule.fields:
            f = form.field(name)
            if f.type == "date":
                changed[name] = date(rng.randint(2018, 2023), rng.randint(1, 12), rng.randint(1, 28))
            elif f.type == "number":
                value = rng.choice([make_number(f, rng), make_number(f, rng), 0, None])
                changed[name] = 0 if value is None and f.required else value
            else:
                changed[name] = make_value(f, rng.randint(0, 5), rng, reporter)
        if judge(rule, changed, form):
            continue
        others = [r for r in form.rules if r is not rule]
        for other in others:  # what the other rules compare it with is left out, where it may be
            for name in other.fields:
                if name not in rule.fields and not form.field(name).required and not judge(other, changed, form):
                    changed[name] = None
        if all(judge(r, changed, form) for r in others):
            return changed
    raise AssertionError(f"{form.name}: nothing breaks {rule.name} alone")


@pytest.mark.parametrize(("name", "reporter"), JUDGED)
def test_each_broken_rule_is_named(name: str, reporter: str, blanks: Callable[[str], Path], judge: Judge, tmp_path: Path) -> None:
    form = FORMS[name]

    def change(filled: Filled) -> None:
        for row, rule in enumerate(form.rules):
            filled.typed[2 * row + 1] = break_rule(form, rule, filled.typed[2 * row + 1], judge, reporter)

    path = tmp_path / "a.xlsx"
    filled = fill(blanks(reporter), form, reporter, path, judge, change, 2 * len(form.rules) + 3)
    issues, _ = read(path)
    expected = {(filled.cell(rule.fields[0], 2 * row + 1), "rule_broken", rule.severity) for row, rule in enumerate(form.rules)}
    assert said(issues) == expected, [f"{i['cell']} {i['code']} {i['message_vi']}" for i in issues]


@pytest.mark.parametrize(("name", "reporter"), JUDGED)
def test_a_repeated_row_is_named(name: str, reporter: str, blanks: Callable[[str], Path], judge: Judge, tmp_path: Path) -> None:
    form = FORMS[name]

    def repeat(filled: Filled) -> None:
        filled.typed[4] = dict(filled.typed[1])

    path = tmp_path / "a.xlsx"
    filled = fill(blanks(reporter), form, reporter, path, judge, repeat)
    issues, tables = read(path)
    subject = form.required[0].name
    assert said(issues) == {(filled.cell(subject, 4), "row_duplicate", "error")}
    assert len(tables[name]) == ROWS - 1
