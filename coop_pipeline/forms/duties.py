"""Who owes which form by when, over all forms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import NamedTuple

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import reporters


class Owed(NamedTuple):
    """One form of one reporter for every period of a kind; due in the year after a yearly period, in the same year after the first half."""

    reporter_code: str
    form: str
    period_kind: str
    due_month: int
    due_day: int
    due_source: str
    valid_from: date | None  # as `Reporter` has them: owed for periods whose last day lies between
    valid_to: date | None


@cache
def list_owed() -> tuple[Owed, ...]:
    return tuple(
        Owed(r.code, form.name, duty.period_kind, *duty.due, duty.source, r.valid_from, r.valid_to)
        for form in FORMS.values()
        for duty in form.duties
        for who in duty.reporters
        for r in reporters()
        if r.code == who or (r.is_local and who == "district")
    )


def list_owing_reporters(last_days: Iterable[date]) -> set[str]:
    """Who owes anything for periods that end on these days."""
    days = set(last_days)
    owing = {owed.reporter_code for owed in list_owed()}
    return {r.code for r in reporters() if r.code in owing and any(r.in_force(day) for day in days)}
