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


@dataclass(frozen=True, slots=True)
class Reporter:
    code: str
    kind: str
    area: str
    name_vi: str
    name_en: str
    spellings: tuple[str, ...]


@cache
def reporters() -> tuple[Reporter, ...]:
    return tuple(
        Reporter(row["code"], row["kind"], row["area_code"], row["name_vi"], row["name_en"], _split(row["spellings"]))
        for row in read_table("reporters")
    )
