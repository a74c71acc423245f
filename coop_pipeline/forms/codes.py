"""The code lists: canonical code, labels and spellings, read from the CSV files beside this module."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a code list; `extra` holds the columns that only this list has."""

    code: str
    label_vi: str
    label_en: str
    spellings: tuple[str, ...]
    extra: dict[str, str]


@dataclass(frozen=True, slots=True)
class Area:
    """An administrative unit while it exists. The same code may name other ground after July 2025, so the key is (code, valid_from)."""

    code: str
    level: str
    name: str
    parent: str
    valid_from: date | None
    valid_to: date | None
    successors: tuple[str, ...]
    succession: str
    spellings: tuple[str, ...]


PERIOD_YEARS = range(2000, 2061)  # what a period may be about; beyond is a misreading


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of `codelists/<name>.csv`."""
    source = files("coop_pipeline.forms").joinpath("codelists", f"{name}.csv")
    return list(csv.DictReader(source.read_text(encoding="utf-8").splitlines()))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


@cache
def codelist(name: str) -> tuple[Code, ...]:
    """All entries of a code list, in the order of the file."""
    known = ("code", "label_vi", "label_en", "spellings")
    return tuple(
        Code(row["code"], row["label_vi"], row["label_en"], _split(row["spellings"]), {k: v for k, v in row.items() if k not in known})
        for row in read_table(name)
    )


@cache
def areas() -> tuple[Area, ...]:
    def day(text: str) -> date | None:
        return date.fromisoformat(text) if text else None

    return tuple(
        Area(
            row["code"], row["level"], row["name_vi"], row["parent_code"], day(row["valid_from"]), day(row["valid_to"]),
            _split(row["successor_codes"]), row["succession"], _split(row["spellings"]),
        )
        for row in read_table("areas")
    )  # fmt: skip


UNITS_CHANGED_ON = date(2025, 7, 1)
"""From this day on there are no districts, and communes report: a period belongs to the units in force on its last day."""


@cache
def former_districts() -> dict[str, tuple[str, ...]]:
    """Code of a commune of after July 2025 -> the districts on whose ground it lies; one for all but phường Thống Nhất."""
    found: dict[str, set[str]] = {}
    for area in areas():
        if area.level == "commune":
            for successor in area.successors:
                found.setdefault(successor, set()).add(area.parent)
    return {code: tuple(sorted(districts)) for code, districts in sorted(found.items())}


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports, and while they do: agencies for the province, districts and after them communes for their own ground."""

    code: str
    kind: str  # district, commune or agency
    area: str
    name_vi: str
    name_en: str
    spellings: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    districts: tuple[str, ...]  # whose ground it reports on; none: the whole province

    @property
    def is_local(self) -> bool:
        """Whether it owes what `Duty` calls a district's."""
        return self.kind in ("district", "commune")

    @property
    def district(self) -> str | None:
        """The district of all its rows, where that follows from the reporter alone."""
        return self.districts[0] if len(self.districts) == 1 else None

    def in_force(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


@cache
def reporters() -> tuple[Reporter, ...]:
    """The districts and agencies of `reporters.csv`, and the communes of after July 2025 that `areas.csv` names."""
    units = {area.code: area for area in areas() if area.level == "district"}
    listed = []
    for row in read_table("reporters"):
        unit = units.get(row["code"])
        listed.append(
            Reporter(
                row["code"], row["kind"], row["area_code"], row["name_vi"], row["name_en"], _split(row["spellings"]),
                unit.valid_from if unit else None, unit.valid_to if unit else None, (unit.code,) if unit else (),
            )
        )  # fmt: skip
    communes = [
        Reporter(a.code, "commune", a.code, a.name, a.name, a.spellings, a.valid_from, a.valid_to, former_districts()[a.code])
        for a in areas()
        if a.level == "commune" and a.valid_from is not None and a.valid_from >= UNITS_CHANGED_ON
    ]
    return (*listed, *sorted(communes, key=lambda r: r.code))
