"""Who owes which form by when, over all forms."""

from __future__ import annotations

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


@cache
def list_owed() -> tuple[Owed, ...]:
    districts = [r.code for r in reporters() if r.kind == "district"]
    return tuple(
        Owed(reporter, form.name, duty.period_kind, *duty.due, duty.source)
        for form in FORMS.values()
        for duty in form.duties
        for who in duty.reporters
        for reporter in (districts if who == "district" else [who])
    )


def list_owing_reporters() -> set[str]:
    return {owed.reporter_code for owed in list_owed()}
