"""The samples: always the same bytes, adding up to the published figures, each planted mistake where it is said."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from stdnum.vn import mst

from coop_pipeline.samples import _submissions, mistakes, planted, truth, write_samples
from coop_pipeline.samples.facts import MILLION
from coop_pipeline.samples.people import coops
from coop_pipeline.samples.sheets import to_tcvn3
from tests.conftest import ALL

AS_OF = date(2021, 12, 31)
TERM = {"VietGAP": 2, "food_safety": 3}
RAW = Path(__file__).parents[1] / "data" / "raw"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("raw")
    write_samples(target)
    return target


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, Any]]]:
    return truth()


def fingerprint(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix != ".md"
    }


def test_same_bytes_every_time(folder: Path, tmp_path: Path) -> None:
    """One of each format is made again, or all are written again with COOP_TEST_ALL=1."""
    paths = [each.path for each in _submissions()]
    assert len(paths) == len(set(paths)) > 45
    assert sum((folder / path).stat().st_size for path in paths) < 3_000_000
    if ALL:
        write_samples(tmp_path)
        assert fingerprint(tmp_path) == fingerprint(folder)
    again = {Path(each.path).suffix: each for each in _submissions() if not each.copy_of}.values()
    assert [each.path for each in again if each.content() != (folder / each.path).read_bytes()] == []


def test_samples_overwrite_no_other_file(folder: Path) -> None:
    changed = next(folder.rglob("*.xlsx"))
    content = changed.read_bytes()
    changed.write_bytes(b"corrected")
    try:
        with pytest.raises(FileExistsError) as told:
            write_samples(folder)
        assert told.value.filename == str(changed)
        assert changed.read_bytes() == b"corrected"
    finally:
        changed.write_bytes(content)


def test_build_is_the_same_from_scratch() -> None:
    """Not only the same objects written twice: everything laid out again."""
    one, other = ([(each.path, [sheet.grid for sheet in each.sheets]) for each in mistakes.build()] for _ in range(2))
    assert one == other


@pytest.mark.skipif(not (RAW / "2021").exists(), reason="samples are not written out")
def test_shipped_samples_are_these(folder: Path) -> None:
    """Cell by cell through the sheet XML, since another zlib may pack the same cells otherwise."""
    here, shipped = fingerprint(folder), fingerprint(RAW)
    assert set(here) <= set(shipped)
    for name in here:
        if here[name] != shipped[name]:
            assert zip_parts(folder / name) == zip_parts(RAW / name), name


def zip_parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# ---------------------------------------------------------------------------------------------------------------------
# the figures


def in_force(row: dict[str, Any]) -> bool:
    expires = row["expires_on"] or row["issued_on"].replace(year=row["issued_on"].year + TERM[row["scheme"]]) - timedelta(1)
    return bool(row["issued_on"] <= AS_OF <= expires)


def certified(rows: dict[str, list[dict[str, Any]]], *schemes: str, period: bool = False) -> dict[tuple[Any, ...], Decimal]:
    """The largest area of each owner and product."""
    found: dict[tuple[Any, ...], Decimal] = {}
    for row in rows["certifications"]:
        if row["scheme"] not in schemes or row["owner_kind"] not in ("HTX", "THT") or not in_force(row):
            continue
        if period and row["issued_on"].year != 2021:
            continue
        key = row["owner_number"], row["product"]
        found[key] = max(found.get(key, Decimal(0)), row["area_ha"])
    return found


def total(rows: list[dict[str, Any]], field: str, **wanted: object) -> Any:
    return sum((row[field] or 0) for row in rows if all(row[name] == value for name, value in wanted.items()))


def mean_revenue(rows: dict[str, list[dict[str, Any]]], period: str) -> float:
    stated = [
        row["revenue_vnd"]
        for row in rows["cooperative_reports"]
        if row["period"] == period and row["kind"] == "HTX" and row["status"] == "operating" and row["revenue_vnd"] is not None
    ]
    return float(sum(stated) / len(stated))


def figures(rows: dict[str, list[dict[str, Any]]]) -> dict[str, float]:
    training, works = rows["training"], rows["infrastructure"]
    ipm = [row for row in rows["demonstration_models"] if row["kind"] == "IPM"]
    area = certified(rows, "VietGAP", "food_safety")
    fresh = certified(rows, "food_safety", period=True)
    banks = [row for row in rows["loans"] if row["lender_kind"] != "support_fund"]
    latest_loan = {row["contract_no"]: row for row in sorted(banks, key=lambda row: str(row["period"]))}
    outstanding = total(list(latest_loan.values()), "outstanding_vnd")
    assert outstanding == total(banks, "outstanding_vnd", period="2021")
    fund = {row["contract_no"]: row for row in rows["loans"] if row["lender_kind"] == "support_fund"}
    statement = next(row for row in rows["credit_totals"] if row["as_of"] == AS_OF)
    assert statement["coop_outstanding_vnd"] == outstanding
    latest = {
        form: {row["code"]: row for row in sorted(rows[form], key=lambda row: str(row["period"]))}
        for form in ("growing_areas", "packing_facilities")
    }
    events = {(row["starts_on"], row["ends_on"]) for row in rows["trade_promotions"] if row["scope"] == "province"}
    return {
        "training.manager_attendances": total(training, "attendances", audience="manager"),
        "training.vocational_classes": total(training, "classes", kind="vocational"),
        "training.vocational_learners": total(training, "persons", kind="vocational"),
        "training.official_attendances": total(training, "attendances", audience="official"),
        "models.ipm": total(ipm, "models"),
        "models.ipm_size_min_ha": float(min(row["size_ha"] for row in ipm)),
        "models.ipm_size_max_ha": float(max(row["size_ha"] for row in ipm)),
        "growing_areas.codes": sum(row["status"] == "in_force" for row in latest["growing_areas"].values()),
        "packing_facilities.codes": sum(row["status"] == "in_force" for row in latest["packing_facilities"].values()),
        "stamps.linked_products": total(rows["trace_stamps"], "quantity", kind="paper"),
        "stamps.electronic": total(rows["trace_stamps"], "quantity", kind="electronic", reporter_code="152"),
        "exports.official_quantity_t": float(total(rows["exports"], "quantity_t", channel="official")),
        "certifications.food_safety_coops_new": len({owner for owner, _ in fresh}),
        "certifications.food_safety_area_ha_new": float(sum(fresh.values())),
        "certifications.certified_coops": len({owner for owner, _ in area}),
        "certifications.certified_area_ha": float(sum(area.values())),
        "infrastructure.coops": len({row["owner_number"] for row in works}),
        "infrastructure.works": len(works),
        "infrastructure.floor_area_m2": total(works, "floor_area_m2", kind="building"),
        "infrastructure.served_area_ha": float(total(works, "served_area_ha")),
        "infrastructure.amount_vnd": total(works, "amount_vnd"),
        "technology.processes": total(rows["technology_transfers"], "processes"),
        "models.production": total(rows["demonstration_models"], "models", kind="production"),
        "credit.outstanding_vnd": outstanding,
        "credit.share_of_total": outstanding / statement["total_outstanding_vnd"],
        "credit.support_fund_disbursed_vnd": total(list(fund.values()), "disbursed_vnd"),
        "credit.support_fund_coops": len({row["owner_number"] for row in fund.values()}),
        "promotion.provincial_events": len(events),
        "cooperatives.revenue_vnd": mean_revenue(rows, "2021"),
    }


# code: value, qualifier (as the province printed them at the end of 2021)
PUBLISHED: dict[str, tuple[float, str]] = {
    "training.manager_attendances": (8900, "more_than"),
    "training.vocational_classes": (50, "exact"),
    "training.vocational_learners": (2000, "more_than"),
    "training.official_attendances": (875, "exact"),
    "models.ipm": (600, "exact"),
    "models.ipm_size_min_ha": (0.5, "exact"),
    "models.ipm_size_max_ha": (20, "exact"),
    "growing_areas.codes": (14, "exact"),
    "packing_facilities.codes": (7, "exact"),
    "stamps.linked_products": (10_000_000, "almost"),
    "stamps.electronic": (240_000, "more_than"),
    "exports.official_quantity_t": (830, "exact"),
    "certifications.food_safety_coops_new": (3, "exact"),
    "certifications.food_safety_area_ha_new": (185.4, "exact"),
    "certifications.certified_coops": (59, "exact"),
    "certifications.certified_area_ha": (1495, "exact"),
    "infrastructure.coops": (24, "exact"),
    "infrastructure.works": (24, "exact"),
    "infrastructure.floor_area_m2": (4000, "more_than"),
    "infrastructure.served_area_ha": (121.7, "exact"),
    "infrastructure.amount_vnd": (14_300_000_000, "exact"),
    "technology.processes": (400, "almost"),
    "models.production": (150, "exact"),
    "credit.outstanding_vnd": (24_936_000_000, "exact"),
    "credit.support_fund_disbursed_vnd": (3_980_000_000, "about"),
    "credit.support_fund_coops": (19, "exact"),
    "promotion.provincial_events": (5, "exact"),
    "cooperatives.revenue_vnd": (2_230_000_000, "about"),
}


@pytest.mark.parametrize("code", sorted(PUBLISHED))
def test_published_figure(code: str, rows: dict[str, list[dict[str, Any]]]) -> None:
    value, qualifier = PUBLISHED[code]
    found = figures(rows)[code]
    if qualifier == "exact":
        assert found == pytest.approx(value, rel=1e-12)
    elif qualifier == "more_than":
        assert value < found < value * 1.06
    elif qualifier == "almost":
        assert value * 0.95 < found < value
    else:
        assert found == pytest.approx(value, rel=0.004)


def test_share_of_total_prints_as_published(rows: dict[str, list[dict[str, Any]]]) -> None:
    assert 0.0005 <= figures(rows)["credit.share_of_total"] < 0.0015


def test_revenue_rises(rows: dict[str, list[dict[str, Any]]]) -> None:
    assert mean_revenue(rows, "2019") < mean_revenue(rows, "2020") < mean_revenue(rows, "2021")


def test_registers(rows: dict[str, list[dict[str, Any]]]) -> None:
    kinds = Counter((row["period"], row["kind"]) for row in rows["cooperative_reports"])
    assert (kinds["2021", "HTX"], kinds["2021", "QTDND"], kinds["2021", "LHHTX"]) == (454, 4, 1)
    assert kinds["2019", "HTX"] < kinds["2020", "HTX"] < kinds["2021", "HTX"]
    now = [row for row in rows["cooperative_reports"] if row["period"] == "2021" and row["kind"] == "HTX"]
    assert 0.08 < sum(row["status"] not in ("operating", "new") for row in now) / len(now) < 0.15
    assert 31 < sum(row["members"] for row in now) / len(now) < 36
    for row in rows["cooperative_reports"]:
        assert (row["female_members"] or 0) <= (row["members"] or 10**6)


def test_rows_are_distinct(rows: dict[str, list[dict[str, Any]]]) -> None:
    """No owner, code or contract stands twice in one report, save where a mistake is planted."""
    keys = {
        "cooperative_reports": ("owner_number",),
        "loans": ("contract_no",),
        "certifications": ("certificate_no",),
        "growing_areas": ("code",),
        "packing_facilities": ("code",),
        "credit_totals": ("as_of",),
        "training": ("course",),
        "infrastructure": ("owner_number",),
        "demonstration_models": ("model", "row_number"),
        "trade_promotions": ("event",),
        "technology_transfers": ("process",),
        "trace_stamps": ("typed_name", "kind"),
    }
    for form, fields in keys.items():
        seen = Counter((row["period"], row["reporter_code"], *(row[name] for name in fields)) for row in rows[form])
        assert [key for key, count in seen.items() if count > 1] == [], form


def test_tax_codes() -> None:
    codes = [coop.tax_code for coop in coops() if coop.tax_code]
    assert len(codes) == len(set(codes)) > 400
    assert all(mst.is_valid(code) and code.startswith("54") for code in codes)
    assert not any(coop.tax_code for coop in coops() if coop.kind == "THT")


# ---------------------------------------------------------------------------------------------------------------------
# the mistakes


def test_enough_mistakes_of_every_severity() -> None:
    found = planted()
    assert len(found) >= 25
    assert {mistake.severity for mistake in found} == {"error", "warning", "note"}
    assert len({mistake.code for mistake in found}) >= 20


@pytest.fixture(scope="module")
def books(folder: Path) -> Callable[[str], Any]:
    return cache(lambda name: openpyxl.load_workbook(folder / name))


def test_planted_cells_hold_what_the_list_says(folder: Path, books: Callable[[str], Any]) -> None:
    for mistake in planted():
        assert (folder / mistake.file).exists(), mistake
        if mistake.cell:
            value = books(mistake.file)[mistake.sheet][mistake.cell].value
            assert (value.date() if isinstance(value, datetime) else value) == mistake.holds, mistake


def test_encoded_column_uses_the_old_font(folder: Path) -> None:
    mistake = next(each for each in planted() if each.code == "encoding_repaired")
    cell = openpyxl.load_workbook(folder / mistake.file)[mistake.sheet][mistake.cell]
    assert cell.font.name == ".VnTime"
    assert to_tcvn3("Nguyễn Thị Hồng") == "NguyÔn ThÞ Hång"


def test_true_rows_stand_where_they_say(books: Callable[[str], Any], rows: dict[str, list[dict[str, Any]]]) -> None:
    """The owner's name, as typed, is in the row that the truth names."""
    for row in (row for form in rows.values() for row in form):
        if row.get("typed_name") is not None and not row["file"].endswith(".ods"):
            line = books(row["file"])[row["sheet"]][row["row_number"]]
            assert row["typed_name"] in [cell.value for cell in line], row


def test_totals_are_formulas_with_values(folder: Path) -> None:
    path = folder / "2021/TP Hòa Bình/Biểu số liệu KTTT TP Hòa Bình 2021.xlsx"
    formulas, values = openpyxl.load_workbook(path)["Biểu 01"], openpyxl.load_workbook(path, data_only=True)["Biểu 01"]
    cells = [cell.coordinate for line in formulas for cell in line if isinstance(cell.value, str) and cell.value.startswith("=SUM")]
    assert cells
    assert all(isinstance(values[cell].value, int | float) for cell in cells)


def test_no_addresses_of_the_makers(folder: Path) -> None:
    """Nothing of the machine that wrote them: no paths, hosts, users."""
    for path in every_file(folder):
        if path.suffix in (".xlsx", ".xlsm", ".ods") and zipfile.is_zipfile(path):
            content = b"".join(zip_parts(path).values())
            assert not re.search(rb"/work/|/home/|/root|localhost|127\.0\.0\.1", content), path


def every_file(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file())


def test_money_is_whole(rows: dict[str, list[dict[str, Any]]]) -> None:
    for form in rows.values():
        for row in form:
            for name, value in row.items():
                if name.endswith("_vnd") and value is not None:
                    assert isinstance(value, int), (name, row)
                    assert value % (MILLION // 10) == 0, (name, row)
