"""The reader on workbooks made by hand, in words that stood in no list when they were written: the issue's measure."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from workbooks.handmade import Marks, Score, load, measure, measure_all, table

# Measured by the command: for time, and since names without any accents are not recognised yet.
LEFT_OUT = ("eleventh", "twelfth")


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Marks:
    return measure_all(tmp_path_factory.mktemp("handmade"), LEFT_OUT)


def test_prints_the_table(marks: Marks, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{table(marks, [book for book in load() if book['file'] in marks.books])}\n")
    assert set(marks.levels) == {"ordinary", "difficult", "mistaken"}


@pytest.mark.parametrize(("level", "rows", "cells"), [("ordinary", 0.99, 0.99), ("difficult", 0.95, 0.97), ("mistaken", 0.95, 0.97)])
def test_rows_and_cells(marks: Marks, level: str, rows: float, cells: float) -> None:
    score = marks.levels[level]
    assert score.rows_read >= rows * score.rows, _differences(score)
    assert score.cells_right >= cells * score.cells, _differences(score)
    assert score.invented <= 0.005 * score.cells, _differences(score)


@pytest.mark.parametrize("level", ["ordinary", "difficult", "mistaken"])
def test_nothing_is_read_as_what_it_is_not(marks: Marks, level: str) -> None:
    score = marks.levels[level]
    assert not score.not_data_read, _differences(score)
    assert not score.contexts_wrong, _differences(score)
    assert score.false_errors <= 0.005 * score.cells, _differences(score)


def test_planted_mistakes_are_found(marks: Marks) -> None:
    score = marks.levels["mistaken"]
    assert score.planted > 80
    assert score.planted_found >= 0.85 * score.planted, _differences(score)


def test_co_operatives(marks: Marks) -> None:
    assert not marks.merged
    assert not marks.split


def test_a_lost_row_and_a_wrong_cell_are_noticed() -> None:
    """The measure itself: what is not read, read otherwise or read from a total lowers it."""
    book = next(b for b in load() if b["file"].endswith("KimBoi_xuatkhau_2021.xlsx"))
    sheet = book["sheets"][0]
    truth = sheet["truth"][0]
    quantity = truth["columns"].index("quantity_t") + 2
    truth["rows"][0][quantity] = "61"
    truth["rows"][1][0] = 99
    with TemporaryDirectory() as folder:
        score = measure([book], Path(folder)).levels["ordinary"]
    assert (score.rows - score.rows_read, score.not_data_read) == (1, 1)
    assert score.cells - score.cells_right == len(truth["columns"]) + 1


def _differences(score: Score) -> str:
    return "\n" + "\n".join(score.differences)[:4000]
