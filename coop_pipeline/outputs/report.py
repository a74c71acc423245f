"""The province's report on a period, read from a published file: sentences, tables, notes and charts, ready for any format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import codelist
from coop_pipeline.forms.wording import UNIT_NAMES
from coop_pipeline.outputs.charts import Drawing, read_pictures
from coop_pipeline.outputs.drawing import Chart
from coop_pipeline.outputs.figures import (
    PROVINCE,
    Figure,
    Key,
    Period,
    base_of,
    clean,
    cut,
    earlier,
    label_of,
    read_figures,
    read_periods,
    show_amount,
    show_rounded,
    tell_change,
    tell_incomparable,
    tell_shortfall,
)
from coop_pipeline.outputs.narrative import ANNEXES, PARTS, Annex, Events, Leads, Paragraph, Says, Splits
from coop_pipeline.store.reading import open_published
from coop_pipeline.store.schema import literal
from coop_pipeline.store.warehouse import Connection

FORMATS = ("docx", "html", "xlsx")
MOST_NAMED = 6  # of a breakdown
MOST_EVENTS = 10


class CannotReport(ValueError):
    """There is no report to be made; the message says why, for a person."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure in a sentence: as it is printed, and as it stands in mart.indicators."""

    text: str
    code: str
    value: Decimal

    def __str__(self) -> str:
        return self.text


Sentence = tuple[str | Shown, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """Of a table: what stands at its head, and for numbers the unit (VND is shown in millions, a ratio in per cent)."""

    title: str
    unit: str | None = None  # None: text
    brief: bool = True  # stands on paper too, not only in the workbook


@dataclass(frozen=True, slots=True)
class Table:
    """Cells are text, or numbers in the unit of the marts; None where there is no figure. `units` overrides the column's by row."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | Decimal | None, ...], ...]
    notes: tuple[str, ...] = ()
    units: tuple[str, ...] = ()

    def unit(self, row: int, column: int) -> str | None:
        unit = self.columns[column].unit
        return self.units[row] if unit == "" and self.units else unit


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of level 1 or 2 with what stands below it."""

    level: int
    number: str
    title: str
    paragraphs: tuple[Sentence, ...] = ()
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report says, in order. `notices` stand on the first page where reporters are missing."""

    province: str
    period: Period
    previous: Period | None
    title: str
    basis: str
    notices: tuple[str, ...]
    sections: tuple[Section, ...]
    reporters: Table
    summary: Table
    annexes: tuple[Table, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        return (self.summary, *self.annexes, self.reporters)


# --- reading ----------------------------------------------------------------------------------------------------------


def read_report(target: Path, period: str, pictures: bool = True) -> Report:
    """The report on a period from a published file. Raises CannotReport where there is no such file or period."""
    if not target.is_file():
        raise CannotReport(f"chưa có tệp công bố {target}; hãy chạy coop run trước (nothing has been published yet: coop run first)")
    try:
        with open_published(target) as connection:
            return _Reader(connection, period, target.parent / "charts").read(pictures)
    except duckdb.Error as problem:
        detail = str(problem).splitlines()[0]
        raise CannotReport(f"không đọc được tệp công bố {target}: {detail} (the published file cannot be read)") from problem


class _Reader:
    """Holds what the parts of the report are made from: the figures of the period and of the one before."""

    def __init__(self, connection: Connection, code: str, drawn: Path) -> None:
        periods = read_periods(connection)
        found = [period for period in periods if period.code == code]
        if not found:
            known = ", ".join(period.code for period in periods) or "không có kỳ nào"
            raise CannotReport(f"kỳ {clean(code)} không có trong tệp công bố; các kỳ đang có: {known} (there is no such period)")
        self.connection, self.drawn = connection, drawn
        self.period = found[0]
        self.previous = next(reversed(earlier(periods, self.period)), None)
        self.now, *before = read_figures(connection, filter(None, (self.period, self.previous)))
        self.before = before[0] if before else {}
        self.titles: dict[str, str] = {}
        self.windows: dict[str, str] = {}
        for indicator, title, window in connection.execute(
            "select indicator_code, title_vi, time_window from mart.indicator_catalogue"
        ).fetchall():
            self.titles[indicator], self.windows[indicator] = title, window
        self.areas: dict[str, str] = dict(connection.execute("select area_code, area_name from mart.indicator_areas").fetchall())
        self.province = self.areas.get(PROVINCE, "Tỉnh")

    def read(self, pictures: bool) -> Report:
        place = self.province[0].lower() + self.province[1:]
        with Drawing(self.drawn) as drawing:
            drawing.begin(self.period.code, read_pictures(self.connection, self.period) if pictures else [])
            reporters, notices, shortfalls = self._reporters()
            summary, annexes = self._summary(), self._annexes()
            charts = {chart.picture.name: chart for chart in drawing.finish()}
        return Report(
            self.province, self.period, self.previous,
            f"Kết quả phát triển kinh tế tập thể, hợp tác xã {place} {self.period.name}",
            self._basis(), notices, tuple(self._sections(charts, shortfalls)), reporters, summary, annexes,
        )  # fmt: skip

    def _basis(self) -> str:
        days = [figure.as_of for key, figure in self.now.items() if key[1] == ""]
        said = f"Tổng hợp từ báo cáo của các đơn vị, số liệu đến {max(days):%d/%m/%Y}"
        if self.previous is None:
            return said + ". Đây là kỳ đầu tiên có số liệu nên chưa so sánh được với kỳ trước."
        if any(figure.is_partial for figures in (self.now, self.before) for key, figure in figures.items() if key[1] == ""):
            return said + f"; chỉ so sánh với {self.previous.name} ở những chỉ tiêu mà cả hai kỳ đã đủ báo cáo."
        return said + f", so sánh với {self.previous.name}."

    # sentences

    def _sections(self, charts: Mapping[str, Chart], shortfalls: Sequence[Sentence]) -> Iterator[Section]:
        for roman, part in zip(("I", "II", "III", "IV"), PARTS, strict=False):
            yield Section(1, roman, part.title)
            for number, theme in enumerate(part.themes, 1):
                paragraphs = [sentence for paragraph in theme.paragraphs if (sentence := self._sentence(paragraph))]
                missing = dict.fromkeys(
                    self.titles[s.code] for p in theme.paragraphs for s in p.statements if isinstance(s, Says) and (s.code, "", "") not in self.now
                )  # fmt: skip
                if missing:
                    paragraphs.append((f"Chưa có số liệu {self.period.name}: {'; '.join(missing)}.",))
                if theme.chart == "submissions":
                    paragraphs += shortfalls
                yield Section(2, str(number), theme.title, tuple(paragraphs), charts.get(theme.chart))

    def _sentence(self, paragraph: Paragraph) -> Sentence:
        """The statements that have figures, one behind the other; empty where none has."""
        told: list[Sentence] = []
        base = ""  # what the last comparison in this sentence was with: said once
        for statement in paragraph.statements:
            if isinstance(statement, Says):
                figure = self.now.get((statement.code, "", ""))
                if figure is not None:
                    head, _, tail = statement.text.partition("{n}")
                    remark, base = self._remark(figure, base)
                    told.append(_without_empty(head, _shown(figure), tail, remark))
            elif items := self._items(statement):
                head, _, tail = statement.text.partition("{list}")
                told.append(_without_empty(head, *items, tail))
        if not told:
            return ()
        first = next((s.code for s in paragraph.statements if isinstance(s, Says) and (s.code, "", "") in self.now), None)
        as_of = self.now[first, "", ""].as_of if first else self.period.ends_on
        lead = paragraph.lead.format(as_of=f"{as_of:%d/%m/%Y}", period=self.period.name, end=f"hết {self.period.name}")
        parts: list[str | Shown] = [f"{lead} "]
        for i, said in enumerate(told):
            parts += [*(["; "] if i else []), *said]
        return (*parts, ".")

    def _items(self, statement: Splits | Leads | Events) -> list[str | Shown]:
        if isinstance(statement, Splits):
            return self._split(statement)
        return self._leaders(statement) if isinstance(statement, Leads) else self._events()

    def _remark(self, figure: Figure, said_base: str) -> tuple[str, str]:
        """What stands in brackets behind a statement, the change or why none is told; and what was compared with."""
        window = self.windows.get(figure.code, "")
        before = self.before.get((figure.code, "", ""))
        if self.previous is None or before is None:
            lacking = f"{self.previous.name} chưa có số liệu để so sánh" if self.previous else ""
            told = "; ".join(filter(None, (lacking, tell_shortfall(figure, window))))
            return (f" ({told})" if told else ""), said_base
        if reason := tell_incomparable(figure, before, self.previous, window):
            return f" ({reason})", said_base
        base = base_of(self.previous, window)
        return f" ({tell_change(figure, before, base if base != said_base else '')})", base

    def _split(self, statement: Splits) -> list[str | Shown]:
        labels = {code.code: code.label_vi for code in codelist(statement.codes)} if statement.codes else {}
        found = [(key[2], f) for key, f in self.now.items() if key[:2] == (statement.code, statement.breakdown) and f.value != 0]
        found.sort(key=lambda item: (-item[1].value, item[0]))
        items: list[str | Shown] = []
        for code, figure in found[:MOST_NAMED]:
            label = cut(label_of(labels, code), 60)
            items += [", " if items else "", f"{label[0].lower() + label[1:] if statement.common else label} (", _shown(figure), ")"]
        if len(found) > MOST_NAMED:
            items.append(f" và {len(found) - MOST_NAMED} loại khác")
        return items

    def _leaders(self, statement: Leads) -> list[str | Shown]:
        found = self.connection.execute(
            "select area_code, cast(value as decimal(24, 6)), unit from mart.indicators where breakdown = '' and value > 0 "
            f"and indicator_code = {literal(statement.code)} and period = {literal(self.period.code)} and area_code <> {literal(PROVINCE)} "
            "order by value desc, area_code limit 3"
        ).fetchall()
        items: list[str | Shown] = []
        for area, value, unit in found:
            items += [
                ", " if items else "",
                f"{clean(self.areas.get(area, area))} (",
                Shown(show_amount(value, unit), statement.code, value),
                ")",
            ]
        total = self.now.get((statement.code, "", ""))
        if items and total is not None and total.is_partial:
            items.append(f" ({tell_shortfall(total, self.windows.get(statement.code, ''))})")
        return items

    def _events(self) -> list[str | Shown]:
        """Newest first; the names are as senders typed them."""
        found = self.connection.execute(
            "select event from mart.events where scope = 'province' and "
            f"coalesce(starts_on, date '1900-01-01') <= date {literal(self.period.ends_on.isoformat())} "
            "order by starts_on desc nulls last, event"
        ).fetchall()
        named = "; ".join(cut(clean(event), 200) for (event,) in found[:MOST_EVENTS])
        more = f" và {len(found) - MOST_EVENTS} sự kiện khác" if len(found) > MOST_EVENTS else ""
        return [named + more] if named else []

    # tables

    def _reporters(self) -> tuple[Table, tuple[str, ...], list[Sentence]]:
        """Who sent what, the notices for the first page, and who is missing or late in sentences."""
        rows: list[tuple[str | Decimal | None, ...]] = []
        missing: list[str] = []
        late: list[str] = []
        found = self.connection.execute(
            "select reporter_code, reporter_name, forms_expected, forms_received, forms_on_time, forms_missing from mart.completeness_by_reporter "
            f"where period = {literal(self.period.code)} and forms_expected > 0 order by reporter_code"
        ).fetchall()
        for code, name, owed, came, timely, lacking in found:
            label = clean(name or code)
            forms = ", ".join(FORMS[form].vi if form in FORMS else form for form in lacking.split("|") if form)
            state = "Chưa gửi" if not came else "Còn thiếu" if came < owed else "Đủ, có biểu muộn" if timely < owed else "Đủ, đúng hạn"
            rows.append((label, Decimal(owed), Decimal(came), Decimal(timely), state, forms))
            if came < owed:
                missing.append(f"{label} (thiếu {owed - came}/{owed} biểu)")
            if timely < came:
                late.append(f"{label} ({came - timely}/{owed} biểu)")
        columns = (
            Column("Đơn vị"), Column("Số biểu phải gửi", "form"), Column("Đã gửi", "form"), Column("Đúng hạn", "form"), Column("Kết quả"),
            Column("Biểu còn thiếu"),
        )  # fmt: skip
        table = Table("reporters", f"Tình hình gửi báo cáo của các đơn vị, {self.period.name}", columns, tuple(rows))
        shortfalls: list[Sentence] = [
            (f"{said}: {'; '.join(names)}.",) for said, names in (("Đơn vị chưa gửi đủ biểu", missing), ("Đơn vị gửi muộn", late)) if names
        ]
        if not rows:
            return table, (f"Không có quy định đơn vị nào phải gửi báo cáo cho {self.period.name}; số liệu là của các đơn vị đã gửi.",), []
        notices = (
            f"SỐ LIỆU CHƯA ĐẦY ĐỦ: còn {len(missing)}/{len(rows)} đơn vị chưa gửi đủ báo cáo {self.period.name}.",
            f"Gồm: {'; '.join(missing)}.",
            "Mỗi số liệu còn thiếu báo cáo được ghi chú ngay bên cạnh.",
        )
        return table, notices if missing else (), shortfalls

    def _summary(self) -> Table:
        """Every indicator of the province beside the period before, in the order of the report."""
        told = [s.code for part in PARTS for theme in part.themes for p in theme.paragraphs for s in p.statements if isinstance(s, Says)]
        families = list(dict.fromkeys(code.split(".")[0] for code in told))
        codes = {key[0] for key in self.now if key[1] == ""} | {key[0] for key in self.before if key[1] == ""}

        def rank(code: str) -> tuple[int, int, str]:
            family = code.split(".")[0]
            return families.index(family) if family in families else len(families), told.index(code) if code in told else len(told), code

        rows: list[tuple[str | Decimal | None, ...]] = []
        units: list[str] = []
        for code in sorted(codes, key=rank):
            key: Key = (code, "", "")
            now, before = self.now.get(key), self.before.get(key)
            unit = (now or before).unit  # type: ignore[union-attr]
            window = self.windows.get(code, "")
            note = tell_shortfall(now, window) if now else ""
            if now and before and self.previous:
                note = tell_incomparable(now, before, self.previous, window)
            change = now.value - before.value if now and before and not note else None
            share = change / before.value if change is not None and before and before.value > 0 and unit != "ratio" else None
            rows.append(
                (
                    self.titles.get(code, code),
                    unit_title(unit),
                    before.value if before else None,
                    now.value if now else None,
                    change,
                    share,
                    note,
                )
            )
            units.append(unit)
        columns = (
            Column("Chỉ tiêu"), Column("Đơn vị tính"), Column(self.previous.name.capitalize() if self.previous else "Kỳ trước", ""),
            Column(self.period.name.capitalize(), ""), Column("Tăng (+), giảm (-)", ""), Column("Tăng, giảm (%)", "ratio"), Column("Ghi chú"),
        )  # fmt: skip
        return Table(
            "summary",
            f"Tổng hợp chỉ tiêu toàn tỉnh, {self.period.name}",
            columns,
            tuple(rows),
            ("Với các tỷ lệ, mức tăng, giảm tính bằng điểm phần trăm.",),
            tuple(units),
        )

    def _annexes(self) -> tuple[Table, ...]:
        described: dict[str, list[tuple[str, str, str]]] = {annex.mart: [] for annex in ANNEXES}
        for mart, name, unit, meaning in self.connection.execute(
            "select d.table_name, d.column_name, d.unit, d.meaning_vi from ref.dictionary d join duckdb_columns() c "
            "on c.schema_name = d.table_schema and c.table_name = d.table_name and c.column_name = d.column_name "
            f"where d.table_schema = 'mart' and d.table_name in ({', '.join(map(literal, described))}) "
            "and d.column_name not in ('period', 'area_code', 'area_name') and c.database_name = current_database() order by c.column_index"
        ).fetchall():
            described[mart].append((name, unit, meaning))
        owing = self.connection.execute(
            "select r.area_code, c.reporter_name from mart.completeness_by_reporter c join ref.reporters r using (reporter_code) "
            f"where c.period = {literal(self.period.code)} and c.forms_received < c.forms_expected and r.kind <> 'agency' order by all"
        ).fetchall()
        return tuple(self._annex(annex, described[annex.mart], owing) for annex in ANNEXES)

    def _annex(self, annex: Annex, described: Sequence[tuple[str, str, str]], owing: Sequence[tuple[str, str]]) -> Table:
        ((title,),) = self.connection.execute(
            f"select meaning_vi from ref.dictionary where table_schema = 'mart' and table_name = {literal(annex.mart)} and column_name = ''"
        ).fetchall()
        names = ", ".join(f'cast("{name}" as decimal(24, 6))' for name, _, _ in described)
        found = self.connection.execute(
            f"select area_code, area_name, {names} from mart.{annex.mart} where period = {literal(self.period.code)} "
            f"order by area_code <> {literal(PROVINCE)}, area_code"
        ).fetchall()
        families = ", ".join(literal(family) for family in annex.families)
        partial = {
            area
            for (area,) in self.connection.execute(
                "select distinct area_code from mart.indicators where reporters_received < reporters_expected and breakdown = '' "
                f"and period = {literal(self.period.code)} and split_part(indicator_code, '.', 1) in ({families})"
            ).fetchall()
        }
        there = {area for area, *_ in found}
        # A district that owes its report and has no figure has its line too.
        found += [(area, name, *[None] * len(described)) for area, name in owing if area not in there]
        found.sort(key=lambda row: (row[0] != PROVINCE, row[0]))
        partial |= {area for area, *_ in found} - there
        rows = [
            (("Toàn tỉnh" if area == PROVINCE else clean(name or area)) + (" (*)" if area in partial else ""), *values)
            for area, name, *values in found
        ]
        columns = (
            Column("Địa bàn"),
            *(Column(f"{meaning}{_unit_mark(unit)}", unit or "count", name in annex.columns) for name, unit, meaning in described),
        )
        notes = [
            "Dòng Toàn tỉnh tính lại từ số liệu gốc, có thể khác tổng các địa bàn (một đơn vị, diện tích hay sự kiện chỉ tính một lần)."
        ]
        if partial:
            notes.append("(*) Chưa đủ đơn vị gửi báo cáo.")
        return Table(annex.mart, f"{title}, {self.period.name}", columns, tuple(rows), tuple(notes))


def _shown(figure: Figure) -> Shown:
    return Shown(show_amount(figure.value, figure.unit), figure.code, figure.value)


def _without_empty(*parts: str | Shown) -> Sentence:
    return tuple(part for part in parts if part != "")


def unit_title(unit: str) -> str:
    """The unit at the head of a column or beside an indicator, as numbers are shown in tables."""
    scaled = {"VND": "triệu đồng", "VND/month": "triệu đồng/tháng", "ratio": "%"}
    return scaled.get(unit) or UNIT_NAMES.get(unit, "")


def _unit_mark(unit: str) -> str:
    return f" ({title})" if (title := unit_title(unit)) else ""


def scale_of(unit: str | None) -> Decimal:
    """What a number is multiplied by in tables."""
    return {"VND": Decimal("0.000001"), "VND/month": Decimal("0.000001"), "ratio": Decimal(100)}.get(unit or "", Decimal(1))


def show_cell(value: str | Decimal | None, unit: str | None) -> str:
    """A cell of a table on paper; an empty figure is a dash."""
    if isinstance(value, str):
        return value
    return "–" if value is None else show_rounded(value * scale_of(unit), 2)
