"""How much of invented submissions (tests/workbooks) is read rightly: the measure of the reader, by kind."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from workbooks import spellings
from workbooks.book import Anything
from workbooks.facts import FORMS
from workbooks.generate import DIFFICULT, KINDS, ORDINARY, make
from workbooks.leave_out import with_fewer
from workbooks.score import Score, run, table, total

ORDINARY_SEEDS = range(26)  # every form twice
DIFFICULT_SEEDS = range(100, 103)
FEWER_SEEDS = {ORDINARY: range(26, 34), DIFFICULT: range(103, 104)}  # read with a part of the catalogue


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    return run(ORDINARY, ORDINARY_SEEDS) | run(DIFFICULT, DIFFICULT_SEEDS)


@pytest.fixture(scope="module")
def ordinary(scores: dict[str, Score]) -> Score:
    return total(scores[kind] for kind in ORDINARY)


@pytest.fixture(scope="module")
def difficult(scores: dict[str, Score]) -> Score:
    return total(scores[kind] for kind in DIFFICULT)


def _worst(score: Score, *sorts: str) -> str:
    return "\n" + "\n".join(str(d) for d in score.differences if d.what in sorts)[:4000]


def test_prints_the_table(scores: dict[str, Score], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{table(scores)}\n")
    assert not sum(score.crashes for score in scores.values()), _worst(total(scores.values()), "crash")


def test_with_a_part_of_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    """Recognition, not memory: 30 to 50 % of each field's header spellings are taken out at random."""
    with with_fewer(seed=7):
        scores = {kinds: total(run(kinds, seeds).values()) for kinds, seeds in FEWER_SEEDS.items()}
    with capsys.disabled():
        sys.stdout.write("\nwithout 30 to 50 % of the header spellings of each field\n")
        sys.stdout.write(f"{table({'ordinary': scores[ORDINARY], 'difficult': scores[DIFFICULT]})}\n")
    for score, rows, cells in ((scores[ORDINARY], 0.99, 0.98), (scores[DIFFICULT], 0.95, 0.97)):
        assert score.rows_right >= rows * score.rows, _worst(score, "row", "sheet")
        assert score.cells_right >= cells * score.cells, _worst(score, "cell", "row")
        assert not score.nondata_read, _worst(score, "nondata")
        assert score.false_errors <= 0.005 * score.cells, _worst(score, "false_error")


def test_ordinary_rows_and_cells(ordinary: Score) -> None:
    assert ordinary.rows_right >= 0.99 * ordinary.rows, _worst(ordinary, "row", "sheet")
    assert ordinary.cells_right >= 0.99 * ordinary.cells, _worst(ordinary, "cell", "row")


def test_difficult_rows_and_cells(difficult: Score) -> None:
    assert difficult.rows_right >= 0.95 * difficult.rows, _worst(difficult, "row", "sheet")
    assert difficult.cells_right >= 0.97 * difficult.cells, _worst(difficult, "cell", "row")


def test_no_total_is_read_as_data(ordinary: Score) -> None:
    assert not ordinary.nondata_read, _worst(ordinary, "nondata")
    assert not ordinary.extra_rows, _worst(ordinary, "extra")


def test_totals_on_difficult_ones(difficult: Score) -> None:
    assert difficult.nondata_read <= 0.002 * difficult.nondata, _worst(difficult, "nondata")


@pytest.mark.parametrize("which", ["ordinary", "difficult"])
def test_false_errors(which: str, request: pytest.FixtureRequest) -> None:
    score: Score = request.getfixturevalue(which)
    assert score.false_errors <= 0.005 * score.cells, _worst(score, "false_error")


def test_planted_mistakes_are_found(difficult: Score) -> None:
    assert difficult.planted > 20
    assert difficult.planted_found >= 0.85 * difficult.planted, _worst(difficult, "planted")


@pytest.mark.parametrize("which", ["ordinary", "difficult"])
def test_reporter_and_period(which: str, request: pytest.FixtureRequest) -> None:
    score: Score = request.getfixturevalue(which)
    right, whole = score.contexts_right + score.row_contexts_right, score.contexts + score.row_contexts
    assert right >= 0.98 * whole, _worst(score, "reporter", "period")


def test_the_generator_is_deterministic() -> None:
    for kind in ("ordinary", "merged_owner", "planted"):
        first, second = make(7, kind), make(7, kind)
        assert first.data == second.data
        assert first.path_hint == second.path_hint
        assert first.truth.rows == second.truth.rows


def test_truth_has_every_required_value() -> None:
    """A row that the truth accepts holds what the contract requires of it."""
    for kind in KINDS:
        for row in make(3, kind).truth.rows:
            missing = [name for name in row.required if row.values.get(name) is None]
            assert not missing, f"{kind}: {row.form} {row.sheet}!{row.row_number} lacks {missing}"
            assert row.form in FORMS
            assert all(isinstance(v, Anything) or v == v for v in row.values.values())


def test_spellings_are_not_the_catalogue() -> None:
    """At least four in ten header spellings stand in no list that the reader could have been written from."""
    known = {
        re.sub(r"\s*\([^)]*\)", "", text).strip().casefold()
        for text in json.loads((Path(__file__).parent / "workbooks" / "known_headers.json").read_text(encoding="utf-8"))
    }
    used = {
        re.sub(r"\s*\([^)]*\)", "", text).strip().casefold()
        for fields in (*spellings.HEADERS.values(), spellings.OCOP_HEADERS)
        for listed in fields.values()
        for text in listed
    }
    assert len(used - known) >= 0.4 * len(used)
