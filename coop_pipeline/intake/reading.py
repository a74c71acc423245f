"""Reads one submission: bytes of a workbook in, typed rows, issues and the account of its rows out. A pure function."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from json.encoder import encode_basestring
from types import NoneType

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import PERIOD_YEARS, UNITS_CHANGED_ON, reporters
from coop_pipeline.forms.issues import KINDS, make_issue
from coop_pipeline.forms.spec import Field, Form
from coop_pipeline.forms.wording import OWN_SHEET_MARK, drop_personal, mask_personal, show_number
from coop_pipeline.intake.cells import ColumnReading, Context, Finding, agree_on_money, read_column
from coop_pipeline.intake.context import PathEvidence, Said, SheetContext, read_sheet_context, same_time, settle_path
from coop_pipeline.intake.corrections import CellCorrection
from coop_pipeline.intake.dates import add_months, period_bounds, read_date
from coop_pipeline.intake.door import DEFAULT_LIMITS, Limits
from coop_pipeline.intake.layout import Column, Grid, Layout, Mark, Table, find_tables, given_for, is_carried, is_ditto, plain, title_score
from coop_pipeline.intake.names import CoopName, read_coop_name
from coop_pipeline.intake.offices import find_reporter, office_of_name
from coop_pipeline.intake.records import FormRows, Reading
from coop_pipeline.intake.text import clean, detect_encoding, fold, gain, has_look_alikes, repair
from coop_pipeline.intake.units import UNITS, Unit, find_units
from coop_pipeline.intake.vocabulary import Vocabulary
from coop_pipeline.intake.workbook import Sheet, WorkbookFault, column_letters, column_number, open_workbook

_ODD_LETTERS = re.compile(r"[\u00a1-\u00bf\u00c4-\u00c7\u00cb\u00ce-\u00d1\u00d6-\u00d8\u00db\u00dc\u00de\u00df\u00e4-\u00e7\u00eb\u00ee-\u00f1\u00f6-\u00f8\u00fb\u00fc\u00fe\u00ff]")  # fmt: skip
_FOREIGN_LETTERS = re.compile(_ODD_LETTERS.pattern + "|[\u0370-\u052f]")  # or of another alphabet
_NUMBERING = re.compile(r"^\s*\(?(?:[IVXLC]{1,5}|[A-ZĐ]|\d{1,2}(?:\.\d{1,2})*)[.)/:]\s*|^\s*[-*+•]\s*|^\s*(?:[IVX]{1,5})\s+(?=\S)")
_CAPTION = re.compile(
    r"^(?:lĩnh vực|ngành nghề|ngành|nhóm ngành|nhóm|khối|nguồn vốn|nguồn|thuộc)\s*:?\s+(?=\S)", re.I
)  # "Lĩnh vực trồng trọt" is the sector trồng trọt
_TRAILER = re.compile(r"\s*[:;]?\s*(?:\(\s*\d+[^)]*\))?\s*[:;]?\s*$")
_REPORTERS = {r.code: r for r in reporters()}
_LOCAL = {code for code, r in _REPORTERS.items() if r.is_local}
_AGENCIES = {code for code, r in _REPORTERS.items() if r.kind == "agency"}


@dataclass(slots=True)
class _Part:
    """A sheet on its way: grid, layout and what it says of reporter and period."""

    position: int
    sheet: Sheet
    grid: Grid
    layout: Layout
    said: SheetContext
    hints: dict[str, float]
    nils: list[tuple[Form, int, int]] = field(default_factory=list)  # forms that it says "Không phát sinh" about, and the cell


def read_submission(
    submission_id: str,
    data: bytes,
    kind: str,
    evidence: PathEvidence,
    vocabulary: Vocabulary,
    corrections: Sequence[CellCorrection] = (),
    limits: Limits = DEFAULT_LIMITS,
    inflated: Mapping[str, bytes] | None = None,
) -> Reading:
    """Everything that one workbook says; `inflated`: the parts of a zip (door.preflight_zip). Never raises for a fault of the workbook's."""
    reading = Reading(submission_id, revision=evidence.revision, supplement=evidence.supplement)
    try:
        sheets = open_workbook(data, kind, limits, inflated)
    except WorkbookFault as fault:
        reading.status = "unreadable"
        reading.reporter, reading.period = settle_path(evidence)
        reading.issues.append(make_issue(fault.code, {"reason_vi": fault.reason_vi, "reason_en": fault.reason_en}))
        return reading
    parts: list[_Part] = []
    path_hints: dict[str, float] = {}
    for name in evidence.names:
        for form in FORMS.values():
            score = title_score(form, name.replace("_", " "))
            if score:
                path_hints[form.name] = max(path_hints.get(form.name, 0.0), 0.25 * score)
    for reporter in evidence.reporters[:1]:
        for form in FORMS.values():
            if any(reporter in duty.reporters for duty in form.duties):
                path_hints[form.name] = path_hints.get(form.name, 0.0) + 0.15
    for position, sheet in enumerate(sheets):
        if not sheet.visible:
            params = {"what_vi": "bị ẩn nên không được đọc", "what_en": "is hidden and is not read"}
            reading.issues.append(make_issue("hidden_content", params, sheet=sheet.name))
            continue
        if any(OWN_SHEET_MARK in row for row in sheet.rows[:12]):
            reading.counts.append({"sheet": sheet.name, "form": "", "position": position, "header": 0, "data_read": 0, "total": 0,
                                   "section": 0, "note": len(sheet.rows), "blank": 0})  # fmt: skip
            continue
        _repair_text(sheet, reading)
        hints = dict(path_hints)
        for form in FORMS.values():
            hints[form.name] = hints.get(form.name, 0.0) + 0.5 * title_score(form, sheet.name)
        grid = Grid(sheet)
        layout = _find_tables(grid, vocabulary, hints)
        nils = _nil_reports(sheet.name, grid, layout)
        tops = [t.top for t in layout.tables] or [d.row for d in layout.doubts] or [row for _, row, _ in nils] or [0]
        notes = [row for row, _ in layout.lines]
        said = read_sheet_context(sheet.name, grid, min(tops), notes)
        parts.append(_Part(position, sheet, grid, layout, said, hints, nils))
    _decide_context(reading, parts, evidence)
    _apply_corrections(reading, parts, corrections, vocabulary)
    held = {table.form.name for part in parts for table in part.layout.tables if table.data}
    for part in parts:
        _read_sheet(reading, part, held, vocabulary)
    _drop_consolidations(reading)
    if not any(part.layout.tables or part.nils for part in parts) and all(issue.severity != "error" for issue in reading.issues):
        _say_nothing_found(reading, sheets)
    reading.reporter = reading.reporter or None
    return reading


def _say_nothing_found(reading: Reading, sheets: Sequence[Sheet]) -> None:
    """A file that answers no form at all has to be sent again: what is a warning beside other sheets is an error here."""
    reading.issues = [replace(issue, severity="error") if issue.code == "sheet_unrecognised" else issue for issue in reading.issues]
    if all(issue.severity != "error" for issue in reading.issues):
        detail = {
            "detail_vi": ": cả tệp trống hoặc không có biểu số liệu nào; “Không phát sinh” thì ghi ở biểu nào",
            "detail_en": ": the whole file is blank or holds no form; a nil report has to say of which form",
        }
        name = next((sheet.name for sheet in sheets if sheet.visible), sheets[0].name if sheets else "")
        reading.issues.append(make_issue("sheet_unrecognised", detail, sheet=name, severity="error"))


def _find_tables(grid: Grid, vocabulary: Vocabulary, hints: dict[str, float]) -> Layout:
    """The tables of a sheet; where titles of several tables of one form name different districts, each table is its district's."""
    layout = find_tables(grid, vocabulary, hints)
    named: dict[str, list[tuple[Table, str]]] = defaultdict(list)
    for table in layout.tables:
        places = (find_reporter(text) for _, text in reversed(table.above))
        place = next((p for p in places if p is not None and _REPORTERS[p].kind == "district"), None)
        if place is not None:
            named[table.form.name].append((table, place))
    for tables in named.values():
        if len({place for _, place in tables}) > 1:
            for table, place in tables:
                table.place = place
    return layout


def _apply_corrections(reading: Reading, parts: list[_Part], corrections: Sequence[CellCorrection], vocabulary: Vocabulary) -> None:
    """Puts corrected values into cells that still hold what was typed, and looks at those sheets again."""
    for correction in corrections:
        if correction.reporter != reading.reporter or correction.period != reading.period:
            continue
        match = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", correction.cell)
        assert match is not None  # held by read_corrections
        column = column_number(match.group(1))
        row = int(match.group(2)) - 1
        for number, part in enumerate(parts):
            if correction.sheet and clean(correction.sheet) != clean(part.sheet.name):
                continue
            rows = part.sheet.rows
            if correction.form and not any(t.form.name == correction.form and t.top <= row < t.end for t in part.layout.tables):
                continue
            if row < len(rows) and column < len(rows[row]) and clean(plain(rows[row][column])) == clean(correction.typed):
                rows[row][column] = correction.corrected
                reading.corrected.append(correction.line)
                grid = Grid(part.sheet)
                layout = _find_tables(grid, vocabulary, part.hints)
                _say_corrected(reading, part.sheet.name, layout, row, column, correction)
                nils = _nil_reports(part.sheet.name, grid, layout)
                parts[number] = _Part(part.position, part.sheet, grid, layout, part.said, part.hints, nils)
                break


def _say_corrected(reading: Reading, sheet: str, layout: Layout, row: int, column: int, correction: CellCorrection) -> None:
    """A note at the cell; what stood in a personal column is not told."""
    found = next(((t, c.field) for t in layout.tables if t.top <= row < t.end for c in t.columns if c.index == column and c.field), None)
    table, f = found if found is not None else (None, None)
    words = {"typed": correction.typed, "corrected": correction.corrected}
    if f is not None:
        words = {name: "•••" if f.personal else _shown(f, text) for name, text in words.items()}
    params = {**words, "reason": correction.reason or "không ghi", "by": correction.by or "không ghi"}
    reading.issues.append(
        make_issue("cell_corrected", params, sheet=sheet, cell=correction.cell, row_number=row + 1, form=table.form.name if table else "",
                   field=f, value=words["typed"])
    )  # fmt: skip


def _repair_text(sheet: Sheet, reading: Reading) -> None:
    """Decodes columns in a legacy encoding before anything is cleaned; a note says which."""
    if not _FOREIGN_LETTERS.search("\n".join([cell for row in sheet.rows for cell in row if isinstance(cell, str)])):
        return  # as most sheets are
    width = max((len(row) for row in sheet.rows), default=0)
    decoded: dict[str, set[tuple[int, int]]] = defaultdict(set)  # encoding -> the cells that were in it
    for column in range(width):
        texts = [(r, row[column]) for r, row in enumerate(sheet.rows) if column < len(row) and isinstance(row[column], str) and row[column]]
        alike = [r for r, t in texts if has_look_alikes(str(t))]
        if alike:
            _say_repaired(sheet, reading, column, alike[0], str(texts[0][1]), "chữ Kirin, Hy Lạp (Cyrillic, Greek)")
        odd = [(r, t) for r, t in texts if isinstance(t, str) and _ODD_LETTERS.search(t)]
        if not odd:
            continue
        font = next((sheet.fonts[r, column] for r, _ in odd if (r, column) in sheet.fonts), None)
        if font is not None:
            odd = [(r, t) for r, t in odd if (r, column) in sheet.fonts]
        encoding = detect_encoding([str(t) for _, t in odd], font)
        if encoding is None:
            continue
        mended: list[int] = []
        for r, text in texts:
            if font is not None and (r, column) not in sheet.fonts:
                continue
            fixed, used = repair(str(text), encoding)
            if used is not None and fixed != text:
                sheet.rows[r][column] = fixed
                mended.append(r)
        if mended:
            decoded[encoding] |= {(r, column) for r in mended}
            _say_repaired(sheet, reading, column, mended[0], next(str(sheet.rows[r][column]) for r, _ in texts), encoding)
    for encoding, cells in decoded.items():
        if encoding != "UTF-8":
            _repair_short_columns(sheet, reading, encoding, cells)


def _repair_short_columns(sheet: Sheet, reading: Reading, encoding: str, decoded: set[tuple[int, int]]) -> None:
    """Columns beside those in a legacy encoding whose few words use only letters that Unicode has too ("Toát" for "Tốt"): as a whole they
    have to read better decoded, or as well in rows where nothing is in Unicode."""
    others = {
        (r, c): cell
        for r, row in enumerate(sheet.rows)
        for c, cell in enumerate(row)
        if isinstance(cell, str) and not cell.isascii() and (r, c) not in decoded
    }
    sound = {r for (r, _), text in others.items() if gain([text], encoding) < 0} | set(range(len(sheet.rows))) - {r for r, _ in decoded}
    for column in sorted({c for _, c in others} - {c for _, c in decoded}):
        found = [(r, text) for (r, c), text in others.items() if c == column and gain([text], encoding) >= 0]
        whole = gain([text for _, text in found], encoding)
        mended = [(r, repair(text, encoding)[0]) for r, text in found if whole > 0 or (whole == 0 and r not in sound)]
        for r, text in mended:
            sheet.rows[r][column] = text
        if mended:
            _say_repaired(sheet, reading, column, mended[0][0], mended[0][1], encoding)


def _say_repaired(sheet: Sheet, reading: Reading, column: int, row: int, title: str, encoding: str) -> None:
    """Notes a column whose letters were put right, at the first cell of it."""
    named = clean(title)[:60]
    params = {"field_vi": named, "field_en": named, "encoding": encoding}
    reading.issues.append(
        make_issue("encoding_repaired", params, sheet=sheet.name, cell=f"{column_letters(column)}{row + 1}", row_number=row + 1)
    )


# ---- reporter and period


def _decide_context(reading: Reading, parts: list[_Part], evidence: PathEvidence) -> None:
    holding = [p for p in parts if p.layout.tables or any(d.form for d in p.layout.doubts) or p.nils]
    _decide_period(reading, holding, evidence)
    on = period_bounds(reading.period)[1] if reading.period else None
    named = _follow_the_units(holding, evidence, on)
    _decide_reporter(reading, holding, named)
    if on is not None and on < UNITS_CHANGED_ON and reading.reporter in _LOCAL:
        for part in holding:
            for office in (s for s in part.said.offices if s.strength == 3 and s not in part.said.reporters):
                _conflict(reading, "reporter_conflict", office, reading.reporter, reading.reporter, [part])
    reading.as_of = next((p.said.as_of for p in holding if p.said.as_of), None)
    reading.stated_on = next((p.said.stated_on for p in holding if p.said.stated_on), None)
    reading.revision = max([reading.revision, *(p.said.revision for p in parts)])
    reading.supplement = reading.supplement or any(p.said.supplement for p in parts)
    if any(p.layout.tables or p.nils for p in parts):
        if reading.reporter is None and not all(p.said.reporters for p in holding):
            reading.issues.append(make_issue("reporter_unknown", {}))
        if reading.period is None:
            reading.issues.append(make_issue("period_unknown", {}))


def _follow_the_units(holding: list[_Part], evidence: PathEvidence, on: date | None) -> tuple[str, ...]:
    """Turns what was said into reporters of the period's time; returns those that the path names.

    For a period that ends after June 2025, communes report: "Cao Phong" alone is the commune, "huyện Cao Phong" stays what it says.
    For one before, a commune is heard only where nothing names the district it belongs to.
    """
    agency = any(s.value in _AGENCIES for p in holding for s in p.said.reporters) or bool(_AGENCIES & set(evidence.reporters))
    if on is None or on < UNITS_CHANGED_ON:
        if not evidence.reporters and not any(p.said.reporters for p in holding):
            for part in holding:
                part.said.reporters = [s for s in part.said.offices if s.strength == 3]
        return evidence.reporters
    if agency:
        return evidence.reporters
    for part in holding:
        districts = [
            s if re.search(r"\b(?:huyen|thanh pho|tp|h)\b", fold(s.where)) else replace(s, value=office_of_name(s.value) or s.value)
            for s in part.said.reporters
        ]
        part.said.reporters = part.said.offices or districts
    return (*evidence.offices, *evidence.reporters)


def _decide_reporter(reading: Reading, holding: list[_Part], named: tuple[str, ...]) -> None:
    placed = {table.place for p in holding for table in p.layout.tables}
    own = Counter(s.value for p in holding for s in p.said.reporters[:1])
    said = [s for p in holding for s in p.said.reporters]
    strongest = max((s.strength for s in said), default=0)
    heads = Counter(s.value for s in said if s.strength == strongest)
    agency = [value for value in heads if value in _AGENCIES]
    content = agency[0] if len(agency) == 1 else (heads.most_common(1)[0][0] if heads else None)
    if len(own) > 1 and not agency and named and named[0] in _AGENCIES:
        content = named[0]  # a sheet for each of several districts is none of theirs
    reading.reporter = content if content is not None else (named[0] if named else None)
    if content and named and not _is_named(content, named) and len(own) == 1 and named[0] not in placed:
        witness = next(s for s in said if s.value == content)
        _conflict(reading, "reporter_conflict", witness, named[0], content, holding)
    for part in holding:
        claims = [s for s in part.said.reporters if s.strength >= 2 and s.value not in placed]
        if len({s.value for s in claims}) > 1 and not any(s.value in _AGENCIES for s in claims):
            other = next(s for s in claims if s.value != claims[0].value)
            _conflict(reading, "reporter_conflict", other, claims[0].value, claims[0].value, [part])


def _is_named(reporter: str, named: tuple[str, ...]) -> bool:
    """Whether a path names the reporter, or the old district in whose folder a commune's workbooks are still kept."""
    known = _REPORTERS.get(reporter)
    return reporter in named or (known is not None and known.kind == "commune" and bool(set(named) & set(known.districts)))


def _decide_period(reading: Reading, holding: list[_Part], evidence: PathEvidence) -> None:
    periods = Counter(s.value for p in holding for s in p.said.periods[:1])
    weak = [s.value for p in holding for s in p.said.weak_periods]
    path = evidence.periods[0] if evidence.periods else None
    chosen: str | None = None
    if periods:
        chosen = _whole_period(periods, path) or periods.most_common(1)[0][0]
        if path and chosen != path and same_time(path, chosen) and len(path) > len(chosen) and not _says(holding, chosen):
            chosen = path
        if path and len(periods) > 1 and all(len(path) < len(p) and same_time(path, p) for p in periods):
            chosen = path  # a sheet per month of the folder's year
    elif weak:
        chosen = Counter(weak).most_common(1)[0][0]
        if path and chosen != path and period_bounds(path)[1] == period_bounds(chosen)[1]:
            chosen = path
    reading.period = chosen or path
    if reading.period is not None and int(reading.period[:4]) not in PERIOD_YEARS:
        reading.period = chosen = None
    if chosen and path and chosen != path and not same_time(path, chosen):
        witness = next(s for p in holding for s in (*p.said.periods, *p.said.weak_periods) if s.value == chosen)
        _conflict(reading, "period_conflict", witness, path, chosen, holding)


def _whole_period(periods: Counter[str], path: str | None) -> str | None:
    """The period that holds those of all other sheets, where it is the workbook's: the path names none of the narrower ones, and most sheets
    say it or it sums up sheets that each say another."""
    whole = next((p for p in periods if all(_holds_period(p, other) for other in periods)), None)
    narrower = [count for p, count in periods.items() if p != whole]
    if whole is None or (path in periods and path != whole):
        return None
    summed = len(narrower) > 1 and max(narrower) == 1
    return whole if summed or path == whole or periods[whole] >= max(narrower, default=0) else None


def _holds_period(period: str, other: str) -> bool:
    (starts, ends), (first, last) = period_bounds(period), period_bounds(other)
    return starts <= first and last <= ends


def _says(parts: list[_Part], period: str) -> bool:
    return any(s.value == period and re.search(r"(?:năm|n\.)\s*\d{4}", s.where, re.I) for p in parts for s in p.said.periods)


def _conflict(reading: Reading, code: str, said: Said, other: str, taken: str, parts: list[_Part]) -> None:
    names = {r.code: r.name_vi for r in reporters()}
    quote = said.where if len(said.where) <= 80 else said.where[:77] + "…"
    params = {
        "evidence_vi": f"“{quote}” và {names.get(other, other)}",
        "evidence_en": f"“{quote}” and {other}",
        "reading": names.get(taken, taken),
    }
    sheet = next(
        (
            p.sheet.name
            for p in parts
            if any(s is said for s in (*p.said.reporters, *p.said.offices, *p.said.periods, *p.said.weak_periods))
        ),
        "",
    )
    cell = f"{column_letters(said.cell[1])}{said.cell[0] + 1}" if said.cell else ""
    reading.issues.append(make_issue(code, params, sheet=sheet, cell=cell, row_number=said.cell[0] + 1 if said.cell else None))


# ---- sheets and tables


def _lists_indicators(grid: Grid) -> bool:
    """Whether a sheet is a tall one: indicators down its rows, each with its unit and values."""
    for row in range(grid.height):
        titles = {fold(grid.text(row, column)) for column in grid.filled[row]}
        if titles & {"chi tieu", "ten chi tieu", "cac chi tieu", "noi dung chi tieu"} and titles & {"dvt", "don vi tinh", "don vi"}:
            return True
    return False


def _read_sheet(reading: Reading, part: _Part, held: set[str], vocabulary: Vocabulary) -> None:
    """Reads the tables of a sheet; `held`: the forms of which the workbook has rows."""
    layout, sheet = part.layout, part.sheet
    doubted: dict[int, str] = {}
    for doubt in layout.doubts:
        if doubt.form is not None and (doubt.code == "header_missing" or layout.tables):
            params = {
                "form_vi": doubt.form.vi, "form_en": doubt.form.en, "rows_vi": "", "rows_en": "",
                "missing_vi": ", ".join(f"“{f.vi}”" for f in doubt.missing), "missing_en": ", ".join(f"“{f.en}”" for f in doubt.missing),
                "seen": "; ".join(doubt.seen)[:400],
            }  # fmt: skip
            cell = f"A{doubt.row + 1}"
            # of what the other sheets list, or sums by district beside another table
            summary = doubt.code != "header_missing" or (_SUMMARY.search(fold(sheet.name)) and doubt.form.name in held)
            reading.issues.append(
                make_issue("header_missing", params, sheet=sheet.name, cell=cell, row_number=doubt.row + 1, form=doubt.form.name,
                           severity="warning" if summary else None)
            )  # fmt: skip
            doubted[doubt.row] = doubt.form.name
        elif not layout.tables:
            names = [FORMS[name] for name in doubt.candidates]
            params = {
                "detail_vi": ": có thể là " + " hoặc ".join(f"“{f.vi}”" for f in names),
                "detail_en": ": it may be " + " or ".join(f"“{f.en}”" for f in names),
            }
            reading.issues.append(make_issue("sheet_unrecognised", params, sheet=sheet.name))
            doubted[doubt.row] = ""
    nothing_said = all(kind == "blank" for kind in layout.kinds) or any("khong phat sinh" in fold(line) for _, line in layout.lines)
    if not layout.tables and not doubted and not nothing_said:
        detail = {"detail_vi": "", "detail_en": ""}
        if _lists_indicators(part.grid):
            detail = {
                "detail_vi": ": đây là bảng chỉ tiêu (mỗi dòng một chỉ tiêu), còn cần danh sách từng HTX, THT hoặc từng việc",
                "detail_en": ": it is a table of indicators, one a row; lists of co-operatives or events are asked for",
            }
        reading.issues.append(make_issue("sheet_unrecognised", detail, sheet=sheet.name))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    reporter = next((s.value for s in part.said.reporters if s.value in _LOCAL or s.value == reading.reporter), reading.reporter)
    if reading.reporter in _AGENCIES:
        reporter = reading.reporter
    period = next((s.value for s in part.said.periods if int(s.value[:4]) in PERIOD_YEARS), None) or reading.period
    if period and reading.period and same_time(period, reading.period) and len(reading.period) >= len(period):
        period = reading.period
    if reporter is not None and period is not None and (layout.tables or part.nils):
        known = _REPORTERS.get(reporter)
        if known is None or not known.in_force(period_bounds(period)[1]):
            witness = next((s for s in part.said.reporters if s.value == reporter), None)
            name = known.name_vi if known else f"“{witness.where[:80]}”" if witness else "Đơn vị"
            cell = f"{column_letters(witness.cell[1])}{witness.cell[0] + 1}" if witness and witness.cell else ""
            at = witness.cell[0] + 1 if witness and witness.cell else None
            params = {"reporter": name, "period": period}
            reading.issues.append(make_issue("reporter_not_in_force", params, sheet=sheet.name, cell=cell, row_number=at))
            reporter = None
    for form, row, at in part.nils:
        reading.nils.append({"sheet": sheet.name, "form": form.name, "reporter_code": reporter, "period": period})
        where = f"{column_letters(at)}{row + 1}"
        params = {"form_vi": form.vi, "form_en": form.en}
        value = plain(part.grid.filled[row][at])
        reading.issues.append(
            make_issue("nil_report", params, sheet=sheet.name, cell=where, row_number=row + 1, form=form.name, value=value)
        )
    _say_what_is_hidden(reading, part)
    for number, table in enumerate(layout.tables, 1):
        for column in table.columns:
            _say_of_header(reading, part, table, column)
        before = len(reading.issues)
        variants = _variants(table)
        for position, variant in enumerate(variants):
            sender = reporter if reporter in _AGENCIES else table.place or reporter
            _read_table(reading, part, table, number, sender, period, vocabulary, variant, position == 0)
        if len(variants) > 1:  # what is said of the columns that they share is said once
            said = {(i.cell, i.code, i.field): i for i in reversed(reading.issues[before:])}
            reading.issues[before:] = list(reversed(said.values()))
    for kind, name in zip(layout.kinds, layout.forms, strict=True):
        counts[name][kind] += 1
    for _, name, kind in layout.beside:
        counts[name][kind] += 1
    for name, counter in counts.items():
        reading.counts.append(
            {"sheet": sheet.name, "form": name, "position": part.position, "header": counter["header"], "data_read": counter["data"],
             "total": counter["total"], "section": counter["section"], "note": counter["note"], "blank": counter["blank"]}
        )  # fmt: skip


_NIL = re.compile(
    r"(?:(?:ghi chu|trong|nam|ki|qui|thang|nay|bao cao|don vi|\d+) )*(?:khong|chua) (?:co )?(?:so lieu )?phat sinh"
    r"(?: (?:so lieu|trong|nam|ki|qui|thang|nay|bao cao|\d+))*"
)


def _nil_reports(sheet: str, grid: Grid, layout: Layout) -> list[tuple[Form, int, int]]:
    """The forms of a sheet that it says "Không phát sinh" about, and the cell that says so. A form with rows is not nil, nor is an empty one."""
    said = [
        (row, column)
        for row, kind in enumerate(layout.kinds)
        if kind == "note"
        for column, cell in grid.filled[row].items()
        if isinstance(cell, str) and "sinh" in cell.casefold() and _NIL.fullmatch(" ".join(re.findall(r"\w+", fold(cell))))
    ]
    if not said:
        return []
    tables = layout.tables
    if not tables:
        titles = [sheet, *(text for _, text in layout.lines)]
        scores = {name: max(title_score(form, text) for text in titles) for name, form in FORMS.items()}
        best = [name for name, score in scores.items() if score and score == max(scores.values())]
        return [(FORMS[best[0]], *said[0])] if len(best) == 1 and not layout.doubts else []
    found: dict[str, tuple[Form, int, int]] = {}
    for row, column in said:
        starts = [min([t.top, *(line for line, _ in t.above)]) for t in tables]
        table = tables[max((i for i, start in enumerate(starts) if start <= row), default=0)]
        found.setdefault(table.form.name, (table.form, row, column))
    return [nil for name, nil in found.items() if not any(t.data for t in tables if t.form.name == name)]


def _say_what_is_hidden(reading: Reading, part: _Part) -> None:
    """Hidden rows and columns are read (a filter hides rows that are data all the same) and named once a sheet: nobody saw them on paper."""
    sheet = part.sheet
    rows = sorted(sheet.hidden_rows & {row for table in part.layout.tables for row in table.data})
    used = {
        c.index for table in part.layout.tables for c in table.columns if c.field is not None and c.field.type not in ("row_no", "note")
    }
    columns = sorted(
        column
        for column in sheet.hidden_columns & used
        if any(part.grid.filled[row].get(column) is not None for table in part.layout.tables for row in table.data)
    )
    if not rows and not columns:
        return
    vi, en = [], []
    if rows:
        listed = _ranges(rows, lambda row: str(row + 1))
        vi.append(f"dòng {listed}")
        en.append(f"the rows {listed}")
    if columns:
        listed = _ranges(columns, column_letters)
        vi.append(f"cột {listed}")
        en.append(f"the columns {listed}")
    params = {
        "what_vi": f"có {' và '.join(vi)} bị ẩn; số liệu trong đó vẫn được đọc",
        "what_en": f"hides {' and '.join(en)}; they are read all the same",
    }
    table = next(t for t in part.layout.tables if (rows and rows[0] in t.data) or (not rows and t.data))
    row = rows[0] if rows else table.bottom - 1
    column = columns[0] if columns else min(part.grid.filled[row], default=0)
    cell = f"{column_letters(column)}{row + 1}"
    reading.issues.append(make_issue("hidden_content", params, sheet=sheet.name, cell=cell, row_number=row + 1, severity="warning"))


def _ranges(numbers: Sequence[int], show: Callable[[int], str]) -> str:
    """Ascending numbers as "7–9, 12"; no more than a line's worth."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown = [show(run[0]) if len(run) == 1 else f"{show(run[0])}–{show(run[-1])}" for run in runs]
    return ", ".join(shown[:12]) + (", …" if len(shown) > 12 else "")


@dataclass(slots=True)
class _Section:
    level: int
    values: dict[str, tuple[object, str]]


def _district_within(cell: object, vocabulary: Vocabulary) -> str | None:
    """The district that an address or a name ends with: "Xã Xuân Thủy, huyện Kim Bôi"."""
    if not isinstance(cell, str):
        return None
    named = re.search(r"(?:\bhuyện|\bh\.|\bthành phố|\btp\b\.?)\s*[^,;()]+", cell, re.I)
    parts = [part for part in re.split(r"[,;]|\s[-–]\s", cell) if part.strip()]
    return (vocabulary.read_district(clean(named.group())) if named else None) or (
        vocabulary.read_district(clean(parts[-1])) if len(parts) > 1 else None
    )


_STRETCH = re.compile(r"(?:tháng|quý)\b", re.I)  # "Tháng 3/2023" above what happened then


def _resolve_section(
    form: Form, mark: Mark, open_fields: Iterable[Field], vocabulary: Vocabulary, district: str | None, period: str | None
) -> dict[str, tuple[object, str]]:
    """What a section row answers for the rows below it: field -> (value, text)."""
    text = _TRAILER.sub("", _NUMBERING.sub("", mark.text)).strip()
    found: dict[str, tuple[object, str]] = {}
    fields = list(open_fields)
    for f in fields:
        value: object = None
        if f.type == "district":
            value = vocabulary.read_district(text)
        elif f.type == "lender":
            value = text if vocabulary.read_choice("lender_names", text) else None
        elif f.type == "commune":
            value = vocabulary.read_commune(text, district, None) if re.match(r"(?:xã|phường|thị trấn|tt\.|p\.|x\.)", text, re.I) else None
        elif f.type == "code" and f.codes is not None and f.carries:
            value = vocabulary.read_choice(f.codes, text.lower())  # in capitals any two letters are some country's code
        elif (
            f.type == "name"
            and f.name == form.owner
            and form.key != (f.name,)
            and re.match(r"(?:htx|hợp tác xã|tht|tổ hợp tác)\b", text, re.I)
        ):
            value = text
        elif f.type == "date" and f.carries and _STRETCH.match(text):
            value = read_date(text, year=int(period[:4]) if period else None).value
        if value is not None:
            found[f.name] = (value, text)
    if not found:
        for f in fields:
            if f.type == "text" and f.carries and f.name in ("sector", "product", "organiser", "source", "provider"):
                bare = _CAPTION.sub("", text) if f.name in ("sector", "source") else text
                found[f.name] = (bare[:1].upper() + bare[1:], text)
                break
    return found


@dataclass(slots=True)
class _Variant:
    """One reading of a table's rows: with columns or groups of columns per code, one for each code; else just one."""

    columns: dict[str, Column]
    rows: list[int]
    given: dict[str, str]


def _variants(table: Table) -> list[_Variant]:
    shared = {c.field.name: c for c in table.columns if c.field is not None and c.given is None}
    spread: dict[tuple[str, str], dict[str, Column]] = defaultdict(dict)
    for c in table.columns:
        if c.field is not None and c.given is not None and c.given[1]:
            spread[c.given][c.field.name] = c
    if not spread:
        return [_Variant(shared, table.data, {})]
    return [_Variant({**shared, **own}, table.data, dict([given])) for given, own in spread.items()]


def _read_table(
    reading: Reading,
    part: _Part,
    table: Table,
    number: int,
    reporter: str | None,
    period: str | None,
    vocabulary: Vocabulary,
    variant: _Variant,
    first: bool,
) -> None:
    form, grid, sheet = table.form, part.grid, part.sheet
    titles = " \n ".join([sheet.name, *(text for _, text in table.above)])
    columns = variant.columns
    rows = variant.rows
    unsaid: set[int] = set()  # rows with nothing in any column of the codes
    if variant.given:
        spread = [c.index for c in table.columns if c.given is not None and c.given[1]]
        own = [c.index for c in columns.values() if c.given is not None and c.given[1]]

        def says(row: int, column: int) -> bool:
            value = grid.value(row, column)
            return value is not None and not (isinstance(value, str) and clean(value) in ("", "-", "–", "0", "x")) and value != 0

        unsaid = {row for row in rows if not any(says(row, c) for c in spread)} if first else set()
        rows = [row for row in rows if row in unsaid or any(says(row, c) for c in own)]
    n = len(rows)
    fields = {f.name: f for f in form.fields}
    local = reporter if reporter in _LOCAL else table.place or next((s.value for s in part.said.reporters if s.value in _LOCAL), None)
    district = _REPORTERS[local].district if local is not None else None
    on = period_bounds(period)[1] if period else None
    # sections give their values to the rows below them
    blocks: list[dict[str, tuple[object, str]]] = [{} for _ in rows]
    block_ids = [0] * n
    stack: list[_Section] = []
    marks = iter([m for m in table.marks if m.kind == "section"])
    pending = next(marks, None)
    open_fields = [f for f in form.fields if f.name not in columns or f.carries]
    block = 0
    for i, row in enumerate(rows):
        while pending is not None and pending.row < row:
            level = pending.level[0]
            stack = [s for s in stack if s.level < level]
            stack.append(_Section(level, _resolve_section(form, pending, open_fields, vocabulary, district, period)))
            block += 1
            pending = next(marks, None)
        merged: dict[str, tuple[object, str]] = {}
        for section in stack:
            merged.update(section.values)
        blocks[i], block_ids[i] = merged, block
    raw: dict[str, list[object]] = {}
    for name, column in columns.items():
        raw[name] = _column_cells(grid, column, rows, block_ids, columns.get("row_no"), form)
    _carry_places(form, columns, raw, grid, rows, block_ids)
    columns = _part_areas(form, columns, raw)
    sheet_units: list[Unit] = []
    for _, text in table.above:
        for piece in re.split(r"\s{2,}", text):
            sheet_units += find_units(piece)
    row_units = raw.get("unit")
    found: dict[str, ColumnReading] = {}
    section_districts = [b["district_code"][0] if "district_code" in b else None for b in blocks]
    if not sheet_units:  # the line above the sheet's first table holds for those below it
        earlier = [text for other in part.layout.tables if other.top < table.top for _, text in other.above]
        sheet_units = [unit for text in earlier for piece in re.split(r"\s{2,}", text) for unit in find_units(piece)]
    unstated = {c.field.dimension for c in columns.values() if c.field and c.header.unit is None}
    serves = frozenset(dimension for dimension in unstated if dimension is not None)
    context = Context(vocabulary, sheet_units, row_units, None, on, home=district, line_serves=serves)
    elsewhere: list[str | None] = [None] * n
    if "district_code" in columns:
        found["district_code"] = read_column(form.field("district_code"), columns["district_code"].header, raw["district_code"], context)
        districts = [a or b or district for a, b in zip(found["district_code"].values, section_districts, strict=True)]
        for finding in found["district_code"].findings:
            if finding.drops:  # a place that no list knows is not the sender's
                districts[finding.position] = None
                elsewhere[finding.position] = fold(str(raw["district_code"][finding.position]))
    else:
        addresses = [raw[f.name] for f in form.fields if f.name in raw and (f.type == "commune" or f.name in ("address", form.owner))]
        districts = [
            b or district or next((d for cells in addresses if (d := _district_within(cells[i], vocabulary))), None)
            for i, b in enumerate(section_districts)
        ]
    context.districts = [d if isinstance(d, str) else elsewhere[i] for i, d in enumerate(districts)]
    context.money = agree_on_money([(fields[name], c.header, raw[name]) for name, c in columns.items()], context)
    for name, column in columns.items():
        f = fields[name]
        if f.personal or f.type in ("row_no", "unit") or name == "district_code":
            continue
        if f.type == "number" and sheet.percents:
            context.percents = [(row, column.index) in sheet.percents for row in rows]
        else:
            context.percents = None
        shared = variant.given and column.given is None and f.type == "date"
        context.whole = [grid.filled[row].get(column.index) for row in table.data] if shared else None
        found[name] = read_column(f, column.header, raw[name], context)
    own_columns = [c for c in columns.values() if c.given is not None and c.given[1]]
    issues = _Cells(
        reading, part, table, rows, {**dict.fromkeys(variant.given, own_columns[0]), **columns} if own_columns else columns, raw
    )
    said_before = len(reading.issues)
    values: dict[str, list[object]] = {}
    rejected = [False] * n
    for f in form.read:
        reading_of = found.get(f.name)
        values[f.name] = list(reading_of.values) if reading_of else [None] * n
    for name, value in variant.given.items():
        told = any(c.field is not None and c.field.required for c in own_columns)  # the figure that is missing is said already
        values[name] = [None if row in unsaid and not told else value for row in rows]
    _complete_dates(form, found, values, raw)
    _fill(form, values, blocks, titles, reporter, raw, vocabulary, part, reading, on, districts)
    for name, reading_of in found.items():
        f = fields[name]
        for finding in reading_of.findings:
            if finding.position >= 0 and finding.drops and values[name][finding.position] is not None and not raw[name][finding.position]:
                continue
            severity = _severity(f, finding, form, values)
            issues.say(f, finding, severity)
            if severity == "error":
                rejected[finding.position] = True
    _error_cells(form, issues, columns, raw, values, rejected, part, rows)
    missing_column = _check_required(form, columns, values, raw, rejected, issues, part, reading, table)
    if missing_column:  # the table is sent again as a whole: its cells are not looked at before
        reading.issues[said_before:] = reading.issues[-1:]
    names = [_owner(str(v), vocabulary) if v else None for v in values[form.owner]] if form.owner is not None else [None] * n
    if form.name == "cooperative_reports":
        names = [name and name.of_kind(str(kind)) if kind else name for kind, name in zip(values["kind"], names, strict=True)]
        values["kind"] = [v or (name.kind if name else None) for v, name in zip(values["kind"], names, strict=True)]
    if not missing_column:
        _check_totals(form, table, columns, found, values, rows, block_ids, grid, issues, bool(variant.given))
    if reporter is None or period is None or missing_column:
        rejected = [True] * n
    target = reading.rows.setdefault(form.name, FormRows())
    put = target.columns
    put["sheet"] += [sheet.name] * n
    put["row_number"] += [row + 1 for row in rows]
    put["table_no"] += [number] * n
    put["reporter_code"] += [reporter] * n
    put["period"] += [period] * n
    for f in form.read:
        cells = values[f.name]
        if f.type not in ("text", "name", "note", "lender") or not any(cells):
            put[f.name] += cells
            continue
        if f.name == form.owner:
            shown = [_show_owner(v, owner) for v, owner in zip(cells, names, strict=True)]
        else:
            shown = [mask_personal(v) if isinstance(v, str) else v for v in cells]
        put[f.name] += shown
        if shown != cells and f.stored and f.name in columns and not missing_column:
            for i, v in enumerate(cells):
                if shown[i] != v and raw[f.name][i]:
                    issues.say(f, Finding(i, "personal_data"))
    put["owner_key"] += [name.key if name else None for name in names]
    put["owner_kind"] += [name.kind if name else None for name in names]
    put["owner_place"] += elsewhere
    put["rejected"] += rejected
    put["cells"] += _show_cells(columns, raw, n)
    for name, column in columns.items():
        f = fields[name]
        if f.personal or (not first and column.given is None):
            continue
        unit = found[name].unit if name in found else None
        reading.columns.append(
            {"sheet": sheet.name, "table_no": number, "form": form.name, "field": name, "letters": column_letters(column.index),
             "header": column.header.label, "unit": unit.code if unit else None}
        )  # fmt: skip


def _show_owner(cell: object, owner: CoopName | None) -> object:
    """What is kept of an owner's name: nobody's beside it, where it names an organisation without them."""
    if not isinstance(cell, str) or mask_personal(cell) == cell:
        return cell
    whole = owner is not None and owner.kind is not None and read_coop_name(drop_personal(cell)).proper != ""
    return drop_personal(cell) if whole else mask_personal(cell)


def _owner(text: str, vocabulary: Vocabulary) -> CoopName:
    """The owner's name without the persons written beside it; one that is nothing but a person's stays whole, to be told from others."""
    name = read_coop_name(drop_personal(text), vocabulary.district_places())
    return name if name.proper else read_coop_name(text, vocabulary.district_places())


def _show_cells(columns: dict[str, Column], raw: dict[str, list[object]], n: int) -> list[str]:
    """The rows as typed, as JSON by field; personal columns are left out."""
    shown = [
        _show_column(name, column.field, raw[name])
        for name, column in columns.items()
        if column.field is not None and not column.field.personal and column.field.type not in ("row_no", "note")
    ]
    return ["{" + ", ".join(filter(None, row)) + "}" for row in zip(*shown, strict=True)] if shown else ["{}"] * n


def _show_column(name: str, f: Field, cells: Sequence[object]) -> list[str]:
    """The cells of a column as typed, each as JSON behind the field's name; "" where they are blank."""
    kinds = set(map(type, cells))
    if kinds == {float} and f.type != "tax_code":
        figures: Sequence[float] = cells  # type: ignore[assignment]
        if all(map(float.is_integer, figures)) and max(map(abs, figures)) < 1e10:
            # no number of a person that begins with another figure than 0 is as short
            return [f'"{name}": "{int(figure)}"' for figure in figures]

    def show(cell: object) -> str:
        text = "" if cell is None else _shown(f, cell)
        return f'"{name}": {encode_basestring(text)}' if text else ""

    if kinds <= {str, NoneType}:  # other values may be equal and yet not look alike
        return list(map({cell: show(cell) for cell in set(cells)}.__getitem__, cells))
    return list(map(show, cells))


def _shown(f: Field, cell: object) -> str:
    """A cell as typed; numbers in the tax-code column that may be a person's are masked."""
    text = cell if isinstance(cell, str) else plain(cell)
    if f.type == "tax_code" and sum(map(str.isdigit, text)) in (9, 11, 12):
        return "•" * len(text)
    return mask_personal(text)


def _source(grid: Grid, column: Column, row: int) -> int:
    """The column that a row's value stands in: of repeated groups, that of the last one which the row fills."""
    for time in column.rounds:
        if any(grid.value(row, c) is not None and clean(plain(grid.value(row, c))) not in ("", "-", "–") for c in time.group):
            return time.column
    return column.index


def _column_cells(
    grid: Grid, column: Column, rows: Sequence[int], block_ids: Sequence[int], row_no: Column | None, form: Form
) -> list[object]:
    """The cells of a column, merged ranges spread over their rows, and blanks that mean "the same as above" filled."""
    assert column.field is not None
    if column.marks:
        return [next((code for index, code in column.marks.items() if grid.value(row, index) is not None), None) for row in rows]
    filled = grid.filled
    index = column.index
    cells = [filled[row].get(_source(grid, column, row)) for row in rows] if column.rounds else [filled[row].get(index) for row in rows]
    merged = False
    if grid.origin:
        for i, row in enumerate(rows):
            if cells[i] is None:
                index = _source(grid, column, row)
                top, left = grid.origin.get((row, index), (row, index))
                if left == index and top < row:
                    cells[i] = filled[top].get(left)
                    merged = True
    kinds = set(map(type, cells))
    texts = {cell for cell in cells if type(cell) is str} if str in kinds else ()
    for i in range(1, len(cells)) if any(map(is_ditto, texts)) else ():
        cell = cells[i]
        if type(cell) is str and is_ditto(cell):
            cells[i] = cells[i - 1]
    if not column.field.carries or not cells:
        return cells
    blanks = sum(v is None for v in cells)
    grouped = max(2.0, 0.3 * len(cells)) <= blanks < len(cells)  # one blank is rather a cell that was forgotten
    numbered = [row_no is not None and grid.filled[row].get(row_no.index) is not None for row in rows]
    source = 0  # the last row that has a value of its own
    for i in range(1, len(cells)):
        if cells[i] is not None or block_ids[i] != block_ids[i - 1]:
            source = i
            continue
        own_number = numbered[i]
        is_owner = column.field.name == form.owner and column.field.required
        if not column.field.required and column.field.name == form.owner and (own_number or row_no is None):
            continue  # an owner that may be left out is left out, unless the cells are merged
        if (
            (row_no is not None and not own_number and ((is_owner and numbered[source]) or merged or grouped))
            or (grouped and (is_owner or merged))
            or (merged and not own_number)
        ):
            cells[i] = cells[i - 1]
    return cells


def _say_of_header(reading: Reading, part: _Part, table: Table, column: Column) -> None:
    for time in column.rounds[1:]:
        detail = (
            (", trừ dòng mà lần sau để trống", ", save in rows that leave the later time blank") if column.field is not None else ("", "")
        )
        spelling = time.header.label.replace('"', '""')
        line = f'{table.form.name},{column.field.name if column.field is not None else "…"},"{spelling}"'
        params = {"header": time.header.label, "detail_vi": detail[0], "detail_en": detail[1], "line": line}
        cell = f"{column_letters(time.column)}{table.bottom}"
        reading.issues.append(
            make_issue("column_unknown", params, sheet=part.sheet.name, cell=cell, row_number=table.bottom, form=table.form.name,
                       value=time.header.label)
        )  # fmt: skip
    if column.field is not None:
        return
    row = part.grid.origin.get((table.bottom - 1, column.index), (table.bottom - 1, 0))[0]
    where = {
        "sheet": part.sheet.name, "cell": f"{column_letters(column.index)}{row + 1}", "row_number": row + 1,
        "form": table.form.name, "value": column.header.label,
    }  # fmt: skip
    fields = [table.form.field(name) for name in column.candidates or column.near]
    vi, en = " hoặc ".join(f"“{f.vi}”" for f in fields), " or ".join(f"“{f.en}”" for f in fields)
    spelling = column.header.label.replace('"', '""')
    params = {
        "header": column.header.label, "candidates_vi": vi, "candidates_en": en,
        "detail_vi": f"; có thể là {vi}" if fields else "", "detail_en": f"; it may be {en}" if fields else "",
        "line": f'{table.form.name},{fields[0].name if fields else "…"},"{spelling}"',
    }  # fmt: skip
    reading.issues.append(make_issue("header_ambiguous" if column.candidates else "column_unknown", params, **where))  # type: ignore[arg-type]


@dataclass(slots=True)
class _Cells:
    """Says issues about cells of one table."""

    reading: Reading
    part: _Part
    table: Table
    rows: Sequence[int]
    columns: dict[str, Column]
    raw: dict[str, list[object]]

    @staticmethod
    def cannot_read(cell: object) -> bool:
        """Whether a cell holds an Excel error or a formula without a result."""
        return isinstance(cell, str) and cell.startswith(("#", "="))

    def say(self, f: Field, finding: Finding, severity: str | None = None) -> None:
        column = self.columns.get(f.name)
        row = self.rows[finding.position] if finding.position >= 0 else self.table.bottom - 1
        index = column.index if column is not None else min(c.index for c in self.table.columns)
        if column is not None and finding.position >= 0:
            index = _source(self.part.grid, column, row)
        letters = column_letters(index)
        value = ""
        if column is not None and finding.position >= 0:
            cell = self.raw[f.name][finding.position] if f.name in self.raw else None
            value = "" if cell is None else cell if isinstance(cell, str) else plain(cell)
        elif column is not None:
            value = column.header.label
        value = finding.params.get("value", value)
        self.reading.issues.append(
            make_issue(
                finding.code, finding.params, sheet=self.part.sheet.name, cell=f"{letters}{row + 1}", row_number=row + 1,
                form=self.table.form.name, field=f, value=clean(value) if value else "", severity=severity or finding.severity,
            )
        )  # fmt: skip


def _excused(form: Form, f: Field, values: dict[str, list[object]], i: int) -> bool:
    return f.unless is not None and values[f.unless[0]][i] in f.unless[1]


def _severity(f: Field, finding: Finding, form: Form, values: dict[str, list[object]]) -> str:
    """Trouble in a required cell keeps the row out; in an optional one it leaves the cell empty and warns."""
    if finding.severity is not None:
        return finding.severity
    if not finding.drops:
        return KINDS[finding.code].severity if KINDS[finding.code].severity != "error" else "warning"
    required = f.required and not _excused(form, f, values, finding.position)
    if required and values[f.name][finding.position] is None:
        return "error"
    return "warning"


def _carry_places(
    form: Form,
    columns: dict[str, Column],
    raw: dict[str, list[object]],
    grid: Grid,
    rows: Sequence[int],
    block_ids: Sequence[int],
) -> None:
    """Where an owner is the one above, blanks beside it are in the same place."""
    if form.owner is None or form.owner not in raw:
        return
    owners, at = raw[form.owner], columns[form.owner].index
    for name in ("commune_code", "district_code"):
        cells = raw.get(name, [])
        for i in range(1, len(cells)):
            same = owners[i] is not None and grid.filled[rows[i]].get(at) is None and block_ids[i] == block_ids[i - 1]
            if same and cells[i] is None:
                cells[i] = cells[i - 1]


_SQUARE_METRES = re.compile(r"\d\s*(?:m2|m²|mét vuông)\b", re.I)
_HECTARES = re.compile(r"\d\s*(?:ha|hecta|héc ta|héc-ta)\b", re.I)


def _part_areas(form: Form, columns: dict[str, Column], raw: dict[str, list[object]]) -> dict[str, Column]:
    """The columns, with one of areas that states no unit parted where its cells do: square metres are of a building, hectares of fields."""
    areas = {f.unit: f for f in form.fields if f.dimension == "area"}
    taken = [f for f in areas.values() if f.name in columns]
    if len(areas) < 2 or len(taken) != 1 or columns[taken[0].name].header.unit is not None:
        return columns
    (own,) = taken
    (other,) = (f for f in areas.values() if f != own)
    said = _HECTARES if other.unit == "ha" else _SQUARE_METRES
    cells = raw[own.name]
    there = [isinstance(cell, str) and said.search(cell) is not None for cell in cells]
    if not any(there):
        return columns
    raw[other.name] = [cell if elsewhere else None for cell, elsewhere in zip(cells, there, strict=True)]
    raw[own.name] = [None if elsewhere else cell for cell, elsewhere in zip(cells, there, strict=True)]
    return {**columns, other.name: replace(columns[own.name], field=other)}


def _complete_dates(form: Form, found: dict[str, ColumnReading], values: dict[str, list[object]], raw: dict[str, list[object]]) -> None:
    """Days that another field's cell says, where no cell of their own does: beside a number or a place, the other end of a stretch, the end of
    a term."""

    def put(name: str | None, i: int, day: date | None) -> None:
        if name is not None and day is not None and not (name in raw and raw[name][i]):
            values[name][i] = day

    for f in form.fields:
        if f.dated is not None and f.name in found:
            for i, (first, last) in found[f.name].days.items():
                put(f.dated, i, first)
                put(form.field(f.dated).until, i, last)
    for f in form.fields:
        if f.until is None:
            continue
        for one, other in ((f.name, f.until), (f.until, f.name)):
            for i, day in found[one].other_ends.items() if one in found else ():
                put(other, i, day)
        for i, months in found[f.until].terms.items() if f.until in found else ():
            start = values[f.name][i]
            if isinstance(start, date):
                values[f.until][i] = add_months(start, months)
            else:  # from when on is not known
                found[f.until].findings.append(Finding(i, "date_invalid", {}, None, True))


def _fill(
    form: Form,
    values: dict[str, list[object]],
    blocks: list[dict[str, tuple[object, str]]],
    titles: str,
    reporter: str | None,
    raw: dict[str, list[object]],
    vocabulary: Vocabulary,
    part: _Part,
    reading: Reading,
    on: date | None,
    districts: Sequence[object],
) -> None:
    """What the row's own cells leave open: sections, then words of the row's subject, then what the form answers as a whole."""
    n = len(blocks)
    for name in {name for b in blocks for name in b}:
        for i in range(n):
            if values[name][i] is None and name in blocks[i] and not raw.get(name, [None] * n)[i]:
                values[name][i] = blocks[i][name][0]
    if "district_code" in values:
        values["district_code"] = [
            v or (d if isinstance(d, str) else None) for v, d in zip(values["district_code"], districts, strict=True)
        ]
    if "commune_code" in values and "address" in values:
        for i, text in enumerate(values["address"]):
            if values["commune_code"][i] is None and isinstance(text, str) and not raw.get("commune_code", [None] * n)[i]:
                district = values["district_code"][i]
                values["commune_code"][i] = vocabulary.read_commune(text, district if isinstance(district, str) else None, on)
    if "commune_code" in values and reporter is not None and _REPORTERS[reporter].kind == "commune":
        blank = raw.get("commune_code", [None] * n)
        values["commune_code"] = [v or (None if cell else reporter) for v, cell in zip(values["commune_code"], blank, strict=True)]
    for name, source, codes in form.derives:
        given = given_for(form, name, titles, reporter)
        if any(g.firm and g.field == name and g.value == given for g in form.givens):
            continue
        for i in range(n):
            text = values[source][i]
            if values[name][i] is None and text and not raw.get(name, [None] * n)[i] and (name not in raw or given is None):
                values[name][i] = vocabulary.read_choice(codes, str(text))
    for f in form.fields:
        if f.name not in values or f.personal:
            continue
        given = given_for(form, f.name, titles, reporter)
        column_is_blank = f.name not in raw or not any(raw[f.name])
        if given is not None and column_is_blank and any(v is None for v in values[f.name]):
            for i in range(n):
                if values[f.name][i] is None and not raw.get(f.name, [None] * n)[i]:
                    values[f.name][i] = given
        elif f.type == "code" and f.required and f.titled and f.codes and f.name not in raw and all(v is None for v in values[f.name]):
            named = next((c for line in titles.split(" \n ") if (c := vocabulary.read_choice(f.codes, line)) is not None), None)
            values[f.name] = [named] * n
        if f.name == "as_of" and f.required:
            as_of = part.said.as_of or reading.as_of or on
            values[f.name] = [v or (None if raw.get(f.name, [None] * n)[i] else as_of) for i, v in enumerate(values[f.name])]


def _error_cells(
    form: Form,
    issues: _Cells,
    columns: dict[str, Column],
    raw: dict[str, list[object]],
    values: dict[str, list[object]],
    rejected: list[bool],
    part: _Part,
    rows: Sequence[int],
) -> None:
    """Cells that hold an Excel error or a formula without a result: the reader shows them as blank."""
    sheet = part.sheet
    if not sheet.errors and not sheet.unsolved:
        return
    by_index = {i: name for name, c in columns.items() for i in (c.index, *(time.column for time in c.rounds))}
    position = {row: i for i, row in enumerate(rows)}
    for row, column in sorted(set(sheet.errors) | sheet.unsolved):
        if row not in position or column not in by_index or _source(part.grid, columns[by_index[column]], row) != column:
            continue
        f = form.field(by_index[column])
        i = position[row]
        if f.personal or f.type in ("row_no", "note", "unit") or f.name not in values or raw[f.name][i] not in (None, ""):
            continue
        severity = "error" if f.required and not _excused(form, f, values, i) else "warning"
        if (row, column) in sheet.errors:
            text = sheet.errors[row, column]
            raw[f.name][i] = text
            issues.say(
                f, Finding(i, "number_invalid" if f.type == "number" else "date_invalid" if f.type == "date" else "value_missing"), severity
            )
        else:
            raw[f.name][i] = "="
            issues.say(f, Finding(i, "formula_without_value"), severity)
            raw[f.name][i] = "=?"
        rejected[i] = rejected[i] or severity == "error"


def _check_required(
    form: Form,
    columns: dict[str, Column],
    values: dict[str, list[object]],
    raw: dict[str, list[object]],
    rejected: list[bool],
    issues: _Cells,
    part: _Part,
    reading: Reading,
    table: Table,
) -> bool:
    """Required cells that are empty. A required field that has no column and that nothing answers is one issue for the table, also where
    only some rows need it ("Diện tích" beside OCOP): those stay out. Whether all rows need it."""
    lacking: list[Field] = []
    needed_by: set[int] = set()
    for f in form.required:
        cells = values[f.name]
        needs = [i for i in range(len(cells)) if not _excused(form, f, values, i)]
        if f.name not in columns and needs and all(cells[i] is None for i in needs):
            told = [i for i in needs if not rejected[i] or f.unless is None]  # another mistake may be why a row is not excused
            if told:
                lacking.append(f)
                needed_by.update(told)
            for i in told:
                rejected[i] = True
            continue
        for i in (i for i, value in enumerate(cells) if value is None):
            blank = f.name not in raw or not raw[f.name][i] or str(raw[f.name][i]).strip() in ("-", "–", "—", "...", "…", "x")
            if (blank or not rejected[i]) and not _excused(form, f, values, i):
                issues.say(f, Finding(i, "value_missing"), "error")
                rejected[i] = True
    if lacking:
        some = [] if len(needed_by) == len(issues.rows) else [issues.rows[i] for i in sorted(needed_by)]
        listed = _ranges(some, lambda row: str(row + 1))
        params = {
            "rows_vi": f" (cần cho dòng {listed})" if listed else "", "rows_en": f" (for the rows {listed})" if listed else "",
            "form_vi": form.vi, "form_en": form.en,
            "missing_vi": ", ".join(f"“{f.vi}”" for f in lacking), "missing_en": ", ".join(f"“{f.en}”" for f in lacking),
            "seen": "; ".join(c.header.label for c in table.columns)[:400],
        }  # fmt: skip
        reading.issues.append(
            make_issue("header_missing", params, sheet=part.sheet.name, cell=f"A{table.bottom}", row_number=table.bottom, form=form.name)
        )
    return bool(lacking) and len(needed_by) == len(issues.rows)


# ---- totals


_AVERAGES = ("rate_year_ratio", "worker_income_vnd_month", "stars", "size_ha", "days")
_GRAND = re.compile(r"^(?:tong cong|tong so|toan huyen|toan tinh|tong toan|toan thanh pho)")


def _check_totals(
    form: Form,
    table: Table,
    columns: dict[str, Column],
    found: dict[str, ColumnReading],
    values: dict[str, list[object]],
    rows: Sequence[int],
    block_ids: Sequence[int],
    grid: Grid,
    issues: _Cells,
    shared_only: bool,
) -> None:
    """Printed totals against the rows: of the section, of all rows so far, or of the whole table, whichever the total can mean."""
    totals = [m for m in table.marks if m.kind == "total"]
    if not totals:
        return
    for name, column in columns.items():
        f = form.field(name)
        if f.type != "number" or name in _AVERAGES or name not in found:
            continue
        if any(finding.drops or finding.code == "number_ambiguous" for finding in found[name].findings):
            continue
        if any(other.index == column.index for n, other in columns.items() if n != name):
            continue  # its sum is of both
        if shared_only and column.given is None:
            continue  # with columns per code, a row stands once for each of them
        if any(
            value is None and raw not in (None, "") and issues.cannot_read(raw)
            for value, raw in zip(found[name].values, issues.raw[name], strict=True)
        ):
            continue
        cells: list[Decimal] = [v if isinstance(v, Decimal) else Decimal(0) for v in found[name].values]
        slack = _slack(cells, _shown_factor(found[name].unit, f), f) * max(len(cells), 1)
        previous = page = -1
        for mark in totals:
            printed_cell = grid.filled[mark.row].get(column.index)
            before = [i for i, row in enumerate(rows) if row < mark.row]
            if is_carried(mark.text):  # a page's sum cuts through sections and ends none
                since = [i for i in before if rows[i] > page]
                page = mark.row
            else:
                since = [i for i in before if rows[i] > previous]
                previous = mark.row
            if printed_cell is None:
                continue
            local = Context(issues_vocabulary(), _units_of(found[name]), None, None, None)
            printed = read_column(f, column.header, [printed_cell], local).values[0]
            if not isinstance(printed, Decimal):
                continue
            last_block = block_ids[before[-1]] if before else -1
            sums = {
                "all": sum(cells, Decimal(0)),
                "before": sum((cells[i] for i in before), Decimal(0)),
                "since": sum((cells[i] for i in since), Decimal(0)),
                "block": sum((cells[i] for i in before if block_ids[i] == last_block), Decimal(0)),
            }
            after_block = block_ids[rows.index(nxt)] if (nxt := next((row for row in rows if row > mark.row), None)) is not None else -1
            sums["below"] = sum((cells[i] for i in range(len(rows)) if rows[i] > mark.row and block_ids[i] == after_block), Decimal(0))
            if any(abs(printed - total) <= slack for total in sums.values()):
                continue
            expected = sums["all"] if _GRAND.match(fold(mark.text)) or not before else sums["since"]
            factor = _shown_factor(found[name].unit, f)
            params = {"printed": show_number(printed / factor), "computed": show_number(expected / factor)}
            issues.reading.issues.append(
                make_issue(
                    "total_mismatch", params, sheet=issues.part.sheet.name, cell=f"{column_letters(column.index)}{mark.row + 1}",
                    row_number=mark.row + 1, form=form.name, field=f, value=plain(printed_cell),
                )
            )  # fmt: skip


def issues_vocabulary() -> Vocabulary:
    """Totals are numbers: reading them needs no words."""
    return _NO_WORDS


class _NoWords(Vocabulary):
    def __init__(self) -> None:
        pass


_NO_WORDS: Vocabulary = _NoWords()


def _units_of(column: ColumnReading) -> tuple[Unit, ...]:
    return (column.unit,) if column.unit is not None else ()


def _shown_factor(unit: Unit | None, f: Field) -> Decimal:
    """How much one unit of the column is in the stored unit."""
    if unit is None or f.dimension not in ("money", "area", "mass") or f.unit is None:
        return Decimal(1)
    return unit.factor / UNITS[f.unit].factor


def _slack(cells: Sequence[Decimal], factor: Decimal, f: Field) -> Decimal:
    """Half a unit of the last decimal that the rows show in the unit they are typed in, for rounding of each; none for counts."""
    if f.whole:
        return Decimal(0)
    exponents = [(c / factor).normalize().as_tuple().exponent for c in cells if c]
    smallest = min((e for e in exponents if isinstance(e, int)), default=0)
    return Decimal(1).scaleb(max(min(smallest, 0), -6)) / 2 * factor if smallest < 0 else Decimal(0)


# ---- consolidation sheets


_SUMMARY = re.compile(r"\b(?:tong hop|tong|toan huyen|toan tinh|th|bc chung)\b")


_When = tuple[tuple[date, date] | None, tuple[object, ...]]  # the bounds of a row's period, and its days


def _repeats(row: _When, other: _When, loosely: bool) -> bool:
    """Whether a row may be another sheet's again: in its time, or one that holds it, and of the same days. Only in a wider time, or
    `loosely`, may a day be left out: else the sheet without days may be another lot."""
    (span, days), (within, others) = row, other
    wider = span is not None and within is not None and span != within and span[0] <= within[0] and within[1] <= span[1]
    if span != within and not wider:
        return False
    return all(a == b or ((wider or loosely) and (a is None or b is None)) for a, b in zip(days, others, strict=True))


def _drop_consolidations(reading: Reading) -> None:
    """A sheet whose rows all stand in other sheets of the workbook is a consolidation: its rows are counted once, in the others."""
    for name, rows in reading.rows.items():
        form = FORMS[name]
        sheets = list(dict.fromkeys(rows.columns["sheet"]))
        if len(sheets) < 2:
            continue
        whose = rows.columns["owner_key" if form.owner is not None else "reporter_code"]
        telling = [
            f.name for f in form.read if f.type == "number" or (f.required and (f.type == "code" or (f.type == "text" and not form.owner)))
        ]
        dates = [f.name for f in form.read if f.type == "date"]
        # whose it is and its figures make a row known; words are typed anew too freely, and a consolidation may say more or less of the days
        known = [(whose[i], *(rows.columns[t][i] for t in telling)) for i in range(len(rows))]
        spans = [period_bounds(str(p)) if p else None for p in rows.columns["period"]]
        when = [(spans[i], tuple(rows.columns[d][i] for d in dates)) for i in range(len(rows))]
        by_sheet: dict[object, list[int]] = defaultdict(list)
        for i, sheet in enumerate(rows.columns["sheet"]):
            by_sheet[sheet].append(i)
        # of two sheets that say the same, the one that calls itself a summary, else the later one, is the consolidation
        for sheet in sorted(sheets, key=lambda s: (-len(by_sheet[s]), not _SUMMARY.search(fold(str(s))), -sheets.index(s))):
            own = by_sheet[sheet]
            if not telling or len(own) < 2:
                continue
            others: dict[tuple[object, ...], list[int]] = defaultdict(list)
            for i in (i for s in sheets if s != sheet for i in by_sheet[s] if not rows.columns["rejected"][i]):
                others[known[i]].append(i)
            summary = _SUMMARY.search(fold(str(sheet))) is not None
            again = sum(any(_repeats(when[i], when[j], summary) for j in others.get(known[i], ())) for i in own)
            if again < 0.9 * len(own):
                found = [{rows.columns["sheet"][j] for j in others.get(known[i], ()) if _repeats(when[i], when[j], True)} for i in own]
                shares = Counter(other for held_by in found for other in held_by)
                if sum(map(bool, found)) < 0.9 * len(own) or max(shares.values()) >= 0.9 * len(own):
                    continue  # not the union of several: it may be another lot
            dropped = set(own)
            for column in list(rows.columns):
                rows.columns[column] = [v for i, v in enumerate(rows.columns[column]) if i not in dropped]
            for count in reading.counts:
                if count["sheet"] == sheet and count["form"] == name:
                    count["total"], count["data_read"] = int(str(count["total"])) + int(str(count["data_read"])), 0
            reading.issues = [i for i in reading.issues if not (i.sheet == sheet and i.form == name and i.row_number)]
            reading.issues.append(make_issue("sheet_repeated", {"form_vi": form.vi, "form_en": form.en}, sheet=str(sheet), form=name,
                                             severity=None if summary else "warning"))  # fmt: skip
            break
