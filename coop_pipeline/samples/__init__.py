"""Synthetic submissions of 2019 to 2021: workbooks as offices send them, and the truth about what they say.

Everything is invented, save the province's published totals, which the rows add up to.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from . import mistakes
from .forms import TRUTH_FIELDS
from .mistakes import Planted
from .offices import Submission
from .people import Coop
from .sheets import Column, Row, Table, precision

__all__ = ["Planted", "planted", "truth", "write_samples"]


@cache
def _submissions() -> Sequence[Submission]:
    return tuple(mistakes.build())


def write_samples(folder: Path, force: bool = False) -> list[Path]:
    """Writes every sample below the folder (`2021/Lương Sơn/…`): always the same bytes. Returns the paths.

    Raises FileExistsError before anything is written where other files stand in their places, unless `force`.
    """
    contents: dict[str, bytes] = {}
    for submission in sorted(_submissions(), key=lambda each: (bool(each.copy_of), each.path)):
        content = contents[submission.copy_of] if submission.copy_of else submission.content()
        contents[submission.path] = content
    targets = {folder / path: content for path, content in contents.items()}
    for target, content in targets.items():
        if not force and target.exists() and target.read_bytes() != content:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    for target, content in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return sorted(targets)


def planted() -> tuple[Planted, ...]:
    """Every planted mistake: file, sheet, cell, issue code, severity, and what the cell holds."""
    return mistakes.planted(list(_submissions()))


def truth() -> dict[str, list[dict[str, Any]]]:
    """The rows that a careful clerk lets in, by form, in stored units, each with the place it stands in.

    Beside the form's fields: period, reporter_code, file, sheet, row_number, `name` (the owner's full name),
    Beside the form's fields: period, reporter_code, file, sheet, row_number, `name` (the owner's full name),
    `typed_name`, `owner_number` (one co-operative has the same everywhere), `owner_kind`, `district_code`, and
    """
    found: dict[str, list[dict[str, Any]]] = {form: [] for form in TRUTH_FIELDS}
    for submission in _submissions():
        for sheet in submission.sheets:
            for table in sheet.tables:
                if table.superseded or table.repeated or table.kept_out:
                    continue
                found[table.form] += [
                    _true_row(submission, sheet.name, table, row, index) for index, row in enumerate(table.rows) if not row.rejected
                ]
    return found


_OWNER = ("name", "coop_name", "recipient")


def _true_row(submission: Submission, sheet: str, table: Table, row: Row, index: int) -> dict[str, Any]:
    columns: dict[str, Column] = {column.field: column for column in table.columns}
    made: dict[str, Any] = {
        "period": str(submission.year),
        "reporter_code": submission.reporter,
        "file": submission.path,
        "sheet": sheet,
        "row_number": row.number,
    }
    section_field = next((name for name in ("kind", "lender", "scheme", "sector") if row.section and name not in columns), "")
    for name in TRUTH_FIELDS[table.form]:
        value: object = None
        if name in table.implied:
            value = table.implied[name]
        elif name in columns or name == section_field:
            value = row.values.get(name)
        elif name in ("kind", "lender_kind") and table.form in ("cooperative_reports", "loans"):
            value = row.values.get(name)  # follows from the name
        made[name] = value.name if isinstance(value, Coop) else value
        if name in columns and columns[name].kind == "date" and value is not None and name not in row.typed:
            exactness = precision(submission.style.dates, name)
            if exactness != "day":
                made[f"{name}_precision"] = exactness
    for name in _OWNER:
        owner = row.values.get(name)
        if name in columns and owner is not None:
            made["name"] = owner.name if isinstance(owner, Coop) else owner
            made["typed_name"] = _typed(submission, sheet, table, index, name)
            made["district_code"] = owner.district if isinstance(owner, Coop) else None
            made["owner_kind"] = owner.kind if isinstance(owner, Coop) else None
            made["owner_number"] = owner.number if isinstance(owner, Coop) else None
            if isinstance(owner, Coop) and table.form == "cooperative_reports":
                made["tax_code"] = row.values.get("tax_code") if "tax_code" in columns else None
                made["commune_code"] = owner.commune.code
    return made


def _typed(submission: Submission, sheet: str, table: Table, index: int, name: str) -> object:
    grid = next(plan.grid for plan in submission.sheets if plan.name == sheet)
    return grid.cells[table.cells[index, name]].value if grid is not None else None
