"""Walks the catalogue: every form, field, code list and kind of issue, and the contract's lists written out."""

from __future__ import annotations

import string
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import areas, codelist, read_table, reporters
from coop_pipeline.forms.issues import KINDS, make_issue
from coop_pipeline.forms.spec import STORED_UNITS, Field, Form
from coop_pipeline.forms.wording import drop_personal, mask_personal, show_number
from coop_pipeline.intake.corrections import CODE_LISTS
from coop_pipeline.intake.text import fold
from coop_pipeline.intake.units import split_unit
from coop_pipeline.store.schema import CORE, core_table

FIELDS = [(form, field) for form in FORMS.values() for field in form]
FIELD_IDS = [f"{form.name}.{field.name}" for form, field in FIELDS]
FOLDER = Path(__file__).parents[1] / "coop_pipeline" / "forms"

# Contract §4, as it stands there: * = required in a submission.
CONTRACT_TABLES = {
    "cooperatives": (
        "cooperative_id, name, kind, tax_code, registration_no, district_code, commune_code, address, "
        "sector, products, established_on, status, "
        "rating, is_inferred"
    ),
    "cooperative_reports": (
        "cooperative_id, name*, kind, status, rating, members, female_members, workers, "
        "charter_capital_vnd, total_capital_vnd, revenue_vnd, "
        "profit_vnd, worker_income_vnd_month, area_ha"
    ),
    "loans": (
        "cooperative_id, coop_name*, lender*, lender_kind, contract_no, purpose, disbursed_on, due_on, "
        "disbursed_vnd, outstanding_vnd*, overdue_vnd, "
        "rate_year_ratio"
    ),
    "credit_totals": "as_of*, total_outstanding_vnd*, coop_outstanding_vnd",
    "certifications": (
        "cooperative_id, coop_name*, scheme*, certificate_no, issuer, product, area_ha*, stars, households, issued_on, expires_on"
    ),
    "exports": "cooperative_id, coop_name, exporter, product*, market*, quantity_t*, value_vnd, channel, shipped_on",
    "training": "course*, kind, audience*, classes, attendances, persons, organiser, starts_on, budget_vnd",
    "technology_transfers": "cooperative_id, coop_name, process*, processes, provider, transferred_on",
    "demonstration_models": "cooperative_id, coop_name, model*, kind*, product, models*, size_ha, households",
    "growing_areas": "code*, area_name, holder, product, area_ha, market, issued_on, status",
    "packing_facilities": "code*, facility, holder, capacity, market, issued_on, status",
    "trace_stamps": "cooperative_id, recipient*, product, kind*, quantity*, issued_on",
    "infrastructure": ("cooperative_id, coop_name*, work*, kind, floor_area_m2, served_area_ha, amount_vnd*, source, completed_on"),
    "trade_promotions": "event*, scope*, venue, starts_on, ends_on, coops, contract_value_vnd",
}
CONTRACT_CODES = {
    ("cooperative_reports", "kind"): "HTX THT LHHTX QTDND",
    ("cooperative_reports", "status"): "operating suspended awaiting_dissolution dissolved new",
    ("cooperative_reports", "rating"): "good fair average weak",
    ("loans", "lender_kind"): "bank policy_bank credit_fund support_fund",
    ("certifications", "scheme"): "VietGAP GlobalGAP organic PGS food_safety HACCP ISO22000 OCOP",
    ("exports", "channel"): "official border",
    ("training", "audience"): "manager member_worker official",
    ("training", "kind"): "management vocational refresher",
    ("demonstration_models", "kind"): "IPM production",
    ("trace_stamps", "kind"): "paper electronic",
    ("infrastructure", "kind"): "building irrigation power other",
    ("trade_promotions", "scope"): "province district national abroad",
}
CONTRACT_ISSUES = (
    "file_unreadable, file_encrypted, file_too_large, file_not_workbook, sheet_unrecognised, "
    "header_missing, header_ambiguous, column_unknown, value_missing, "
    "number_invalid, number_ambiguous, date_invalid, choice_unknown, below_minimum, above_maximum, "
    "rule_broken, row_duplicate, key_conflict, "
    "cooperative_unknown, cooperative_similar, commune_unknown, tax_code_invalid, total_mismatch, "
    "unit_conflict, reporter_unknown, reporter_conflict, "
    "period_unknown, period_conflict, formula_without_value, encoding_repaired, hidden_content, submission_superseded"
)
PROVENANCE = ["period", "reporter_code", "submission_id", "sheet", "row_number"]


def texts_of(form: Form, field: Field) -> Iterator[str]:
    yield from (field.vi, field.en, *field.spellings)


# ---- the contract


def test_contract_tables() -> None:
    assert {table.name for table in CORE} == set(CONTRACT_TABLES)


@pytest.mark.parametrize("name", CONTRACT_TABLES)
def test_contract_columns(name: str) -> None:
    wanted = [column.strip() for column in CONTRACT_TABLES[name].split(",")]
    built = [column.name for column in next(table for table in CORE if table.name == name).columns]
    assert [column for column in (w.rstrip("*") for w in wanted) if column not in built] == []
    assert built[-len(PROVENANCE) :] == PROVENANCE
    if name in FORMS:
        assert {f.name for f in FORMS[name].required} == {w.rstrip("*") for w in wanted if w.endswith("*")}


@pytest.mark.parametrize(("form", "field"), CONTRACT_CODES, ids=".".join)
def test_contract_codes(form: str, field: str) -> None:
    codes = FORMS[form].field(field).codes
    assert codes is not None
    assert {code.code for code in codelist(codes)} == set(CONTRACT_CODES[form, field].split())


def test_contract_issue_codes() -> None:
    assert set(CONTRACT_ISSUES.replace("\n", " ").split(", ")) <= set(KINDS)
    assert all(name == kind.code for name, kind in KINDS.items())


def test_markets_are_countries() -> None:
    assert all(len(code.code) == 2 and code.code.isascii() and code.code.isupper() for code in codelist("markets"))
    used = {f.codes for _, f in FIELDS if f.name == "market"}
    assert used == {"markets"}


def test_reporters_of_the_contract() -> None:
    districts = {"148", "150", *(str(code) for code in range(152, 160))}
    assert {r.code for r in reporters() if r.kind == "district"} == districts
    assert {"17-NHNN", "17-QHTPT", "17-TTBVTV", "17-XTTM"} <= {r.code for r in reporters() if r.kind != "district"}
    codes = {area.code for area in areas()}
    assert {r.area for r in reporters()} <= codes


def test_units_stand_at_the_end_of_names() -> None:
    """Contract §3: `_vnd`, `_ha`, `_m2`, `_t`, `_ratio`, `_on`; money and areas never as floats."""
    endings = {
        "vnd": "_vnd",
        "vnd_month": "_vnd_month",
        "ha": "_ha",
        "m2": "_m2",
        "t": "_t",
        "ratio": "_ratio",
        "ratio_year": "_ratio",
    }
    wrong = [
        name for name, (_, f) in zip(FIELD_IDS, FIELDS, strict=True)
        if (f.unit in endings and not f.name.endswith(endings[f.unit]))
        or (f.type == "date" and not f.name.endswith("_on") and f.name not in ("as_of", "as_of_on"))
    ]  # fmt: skip
    assert wrong == []
    assert all(kind.startswith("DECIMAL") or kind == "BIGINT" for kind in STORED_UNITS.values())


# ---- forms and fields


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_form_says_what_it_is(form: Form) -> None:
    assert FORMS[form.name] is form
    assert (FOLDER / f"{form.name}.py").exists()  # core.y is forms/y.py
    for text in (form.vi, form.en, form.grain_vi, form.grain_en, form.source):
        assert text.strip() == text
        assert text
    assert form.titles
    assert form.required
    assert form.duties
    assert form.field(form.fields[0].name) is form.fields[0]
    assert len({fold(title) for title in form.titles}) == len(form.titles)
    with pytest.raises(KeyError, match=form.name):
        form.field("nosuch")


@pytest.mark.parametrize(("form", "field"), FIELDS, ids=FIELD_IDS)
def test_a_field_says_what_it_is(form: Form, field: Field) -> None:
    assert field.vi
    assert field.en
    assert field.vi != field.en
    for text in texts_of(form, field):
        assert text == unicodedata.normalize("NFC", text)
        assert text == " ".join(text.split())
    assert field.en.isascii(), "the English label is English"
    for limit in (field.minimum, field.maximum, *field.plausible):
        assert limit is None or isinstance(limit, Decimal)
    low, high = field.plausible
    assert low is None or high is None or low < high
    if field.minimum is not None and low is not None:
        assert low >= field.minimum
    if field.codes is not None:
        assert field.codes in CODE_LISTS
    assert not (field.personal and field.stored)
    if field.unless is not None:
        other, values = field.unless
        assert set(values) <= {code.code for code in codelist(str(form.field(other).codes))}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_spellings_tell_fields_apart(form: Form) -> None:
    """No header text means two fields of a form, unless units or the values below it ("Đơn vị": a name, a place,
    a unit) tell.
    """
    owners: dict[str, dict[str, Field]] = defaultdict(dict)
    for field in form:
        for text in (field.vi, *field.spellings):
            words, _ = split_unit(text)
            owners[fold(words) or fold(text)].setdefault(field.name, field)
    shared = {
        text: sorted(fields)
        for text, fields in owners.items()
        if len({(field.type, field.codes, field.dimension) for field in fields.values()}) < len(fields)
    }
    assert shared == {}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_spellings_are_not_repeated(form: Form) -> None:
    repeated = [
        (field.name, text)
        for field in form
        for text, n in Counter((field.vi, *field.spellings)).items()
        if n > 1
    ]  # fmt: skip
    assert repeated == []


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_what_a_form_names_exists(form: Form) -> None:
    """Keys, owners, rules, givens and derived fields: beside what the declaration itself refuses, they make sense."""
    stored = {f.name for f in form.stored}
    assert set(form.key) <= stored
    if form.owner is not None:
        assert form.field(form.owner).type == "name"
    for rule in form.rules:
        assert set(rule.fields) <= {f.name for f in form.read}
        values = dict.fromkeys(rule.fields, "1")
        assert rule.vi.format(**values) != rule.vi or "{" not in rule.vi
        assert rule.en.format(**values)
    assert len({rule.name for rule in form.rules}) == len(form.rules)
    for given in form.givens:
        assert given.phrases or given.reporters
        codes = form.field(given.field).codes
        assert codes is None or given.value in {code.code for code in codelist(codes)}
        assert set(given.reporters) <= {r.code for r in reporters()}
    for target, source, codes in form.derives:
        list_of_target = form.field(target).codes
        assert list_of_target is not None
        assert form.field(source).type in ("text", "lender", "name")
        assert {code.code for code in codelist(codes)} <= {code.code for code in codelist(list_of_target)}
    for duty in form.duties:
        assert set(duty.reporters) <= {r.code for r in reporters()} | {"district"}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_rules_are_sql_over_the_form(form: Form) -> None:
    """Each rule binds against the columns of its form, and NULLs keep it."""
    columns = ", ".join(f"cast(null as {f.sql_type}) as {f.name}" for f in form.read)
    with duckdb.connect() as connection:
        for rule in form.rules:
            found = connection.execute(
                f"select {rule.holds} from (select {columns}, cast(null as date) as period_starts_on, cast(null as date) as period_ends_on)"
            ).fetchall()
            assert found in ([(None,)], [(True,)], [(False,)]), rule.name
            if found == [(False,)]:
                assert "is not null" in rule.holds, f"{rule.name} is broken by empty cells, which it must say"


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_columns_are_documented(form: Form) -> None:
    table = core_table(form)
    for column in table.columns:
        vi, _, en = column.comment.partition(" | ")
        assert vi
        assert en
    assert not {f.name for f in form if f.personal} & {column.name for column in table.columns}


# ---- code lists

LISTS = sorted(path.stem for path in (FOLDER / "codelists").glob("*.csv"))


def test_the_lists_are_known() -> None:
    assert set(LISTS) >= CODE_LISTS
    assert {f.codes for _, f in FIELDS if f.codes} <= CODE_LISTS


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_clean_text(name: str) -> None:
    rows = read_table(name)
    assert rows
    for number, row in enumerate(rows, 2):
        assert None not in row, f"line {number} has too many cells"
        for column, text in row.items():
            assert text is not None, f"line {number} lacks {column}"
            assert text == unicodedata.normalize("NFC", text).strip(), f"line {number}, {column}"


@pytest.mark.parametrize("name", [name for name in LISTS if name not in ("areas", "lender_names", "published_figures")])
def test_codes_are_unique(name: str) -> None:
    counts = Counter(row["code"] for row in read_table(name))
    assert [code for code, n in counts.items() if n > 1] == []
    assert "" not in counts


def test_areas_are_unique_while_they_exist() -> None:
    counts = Counter((area.code, area.valid_from) for area in areas())
    assert [key for key, n in counts.items() if n > 1] == []
    codes = {area.code for area in areas()}
    assert [area.code for area in areas() if area.level != "province" and area.parent not in codes] == []
    assert [area.code for area in areas() for successor in area.successors if successor not in codes] == []


@pytest.mark.parametrize("name", sorted(CODE_LISTS))
def test_a_spelling_means_one_code(name: str) -> None:
    """After folding, where accents and capitals are gone."""
    meant: dict[str, set[str]] = defaultdict(set)
    for code in codelist(name):
        assert code.label_vi
        assert code.label_en
        for text in (code.label_vi, *code.spellings):  # the code itself counts letter for letter
            meant[fold(text)].add(code.code)
    assert {text: sorted(codes) for text, codes in meant.items() if len(codes) > 1} == {}
    assert "" not in meant


def test_reporters_are_spelt_apart() -> None:
    meant: dict[str, set[str]] = defaultdict(set)
    for reporter in reporters():
        for text in (reporter.code, reporter.name_vi, *reporter.spellings):
            meant[fold(text)].add(reporter.code)
    assert {text: sorted(codes) for text, codes in meant.items() if len(codes) > 1} == {}


# ---- kinds of issue


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


FIELD_WORDS = {"field_vi", "field_en", "example", "sheet", "value"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_kind_of_issue_is_said_in_both_languages(kind: object) -> None:
    code = kind.code  # type: ignore[attr-defined]
    entry = KINDS[code]
    wanted = placeholders(entry.vi) | placeholders(entry.en) | placeholders(entry.hint_vi)
    field = FORMS["exports"].field("quantity_t")
    issue = make_issue(
        code,
        dict.fromkeys(wanted - FIELD_WORDS, "X1"),
        sheet="Biểu 01",
        cell="D17",
        row_number=17,
        form="exports",
        field=field,
        value="12 abc",
    )
    assert entry.severity in ("error", "warning", "note")
    assert issue.severity == entry.severity
    assert (issue.code, issue.field, issue.cell, issue.value) == (code, "quantity_t", "D17", "12 abc")
    for sentence in (issue.message_vi, issue.message_en, issue.hint_vi):
        assert sentence
        assert "{" not in sentence
        assert sentence == unicodedata.normalize("NFC", sentence)
    assert issue.message_vi.endswith(".")
    assert issue.message_en.endswith(".")
    assert placeholders(entry.vi) - {"field_vi"} or not placeholders(entry.en) - {"field_en"}, "what one language says the other says too"


def test_a_missing_parameter_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        make_issue("row_duplicate", {})


def test_personal_numbers_are_masked() -> None:
    assert mask_personal("CCCD 017999000123, ĐT 0912 345 678") == f"CCCD {'•' * 12}, ĐT {'•' * 12}"
    assert mask_personal("+84912345678") == "•" * 12
    assert mask_personal("HĐ 3007-LAV-202100123") == "HĐ 3007-LAV-202100123"
    assert mask_personal("1200000000") == "1200000000"  # an amount is no telephone


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Xóm Đồng, Chủ nhiệm: Nguyễn Văn A", "Xóm Đồng, Chủ nhiệm: …"),
        ("đại diện: ông Bùi Văn B, xã Cao Sơn", "đại diện: ông …, xã Cao Sơn"),
        ("HTX Hà Phong (ông Bùi Văn B, 0912.345.678)", "HTX Hà Phong (ông …, ••••••••••••)"),
        ("Hộ ông Bùi Văn A", "Hộ ông …"),
        ("hộ Quách Thị Bẹc Xóm Sung", "hộ … Xóm Sung"),
        ("GIÁM ĐỐC: BÙI VĂN C", "GIÁM ĐỐC: …"),
        ("CMND: 113222333", "CMND: " + "•" * 9),
        ("CCCD 017-099-000-004, CCCD 0170 9900 0004; CMND 113 123 456", f"CCCD {'•' * 15}, CCCD {'•' * 14}; CMND {'•' * 11}"),
        ("0170 9900 0004 và 017099 000004", "•" * 14 + " và " + "•" * 13),
        ("0913/456/789, ĐT 913456789, +84(0)913456789", "•" * 12 + ", ĐT " + "•" * 9 + ", " + "•" * 15),
        ("hộ chiếu B1234567, SĐT: 913 456 789", f"hộ chiếu {'•' * 8}, SĐT: {'•' * 11}"),
        ("017 099 000 123; (0912) 345 678; 84912345678; 0218.3852.123", "•" * 15 + "; " + "•" * 14 + "; " + "•" * 11 + "; " + "•" * 13),
        *(
            (text, text)
            for text in (
                "đường Bà Triệu", "Xóm Ông Đồng", "Bà Rịa - Vũng Tàu", "HTX Anh Đào", "Lớp Giám đốc Hợp tác xã Nông nghiệp", "Kế toán Nông Nghiệp",
                "Chủ tịch UBND huyện", "Liên hệ HTX Hà Phong", "VietGAP-TT-13-09-17-0001", "25.07.000012", "C012345678901", "05/06/2021-10/06/2021", "từ 01/05/2021 đến 30/06/2021", "3007-LAV-202100123", "Hộ kinh doanh Hà Phong",
            )
        ),
    ],
)  # fmt: skip
def test_persons_and_their_numbers_are_cut_out(typed: str, shown: str) -> None:
    assert mask_personal(typed) == shown


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("HTX Hà Phong (ông Bùi Văn B, 0912.345.678)", "HTX Hà Phong"),
        ("HTX Hà Phong - Giám đốc: Bùi Văn C - ĐT: 0388 111 222", "HTX Hà Phong"),
        ("HTX Hà Phong, đại diện bà Quách Thị Bẹc", "HTX Hà Phong"),
        ("HTX Hà Phong (0913 456 789)", "HTX Hà Phong"),
        ("HTX Hà Phong (xã Bắc Phong)", "HTX Hà Phong (xã Bắc Phong)"),
    ],
)
def test_an_organisation_s_name_without_persons(typed: str, name: str) -> None:
    assert drop_personal(typed) == name


def test_numbers_are_shown_in_the_vietnamese_way() -> None:
    assert show_number(Decimal("1495.50")) == "1.495,5"
    assert show_number(Decimal("-1234567")) == "-1.234.567"
    assert show_number(Decimal("24936000000.00")) == "24.936.000.000"


def test_published_figures_are_quoted_in_vietnamese() -> None:
    assert [row["printed"] for row in read_table("published_figures") if "event" in row["printed"]] == []
