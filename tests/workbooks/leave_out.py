"""How well the reader recognises what is in no list: the workbooks drawn by hand, read without a part of the catalogue.

For each workbook, `share` of the spellings that stand in its very cells (headers, codes, titles) are taken out of the catalogue before it is
read; the field's own label stays only where the workbook does not use it. What the full catalogue reads in the same workbook is the measure.

python -m tests.workbooks.leave_out [--share 0.5] [--seed 1] [--show] [--lot fifth]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import Code, codelist
from coop_pipeline.forms.spec import Form
from coop_pipeline.intake import layout, reading, vocabulary
from coop_pipeline.intake.context import read_path
from coop_pipeline.intake.reading import read_submission
from coop_pipeline.intake.text import fold
from coop_pipeline.intake.units import split_unit

from .handmade import FOLDER, REGISTER, agree, draw, load
from .score import percent


def _kept(texts: tuple[str, ...], out: frozenset[str]) -> tuple[str, ...]:
    return tuple(t for t in texts if fold(t) not in out and fold(split_unit(t)[0]) not in out)


def thin(form: Form, out: frozenset[str]) -> Form:
    """A form without the header spellings and titles that are left out; a label that is left out becomes one that nobody writes."""
    fields = tuple(
        replace(f, spellings=_kept(f.spellings, out), vi=f.vi if _kept((f.vi,), out) else (_kept(f.spellings, out) or (f.name,))[0])
        for f in form.fields
    )
    return replace(form, fields=fields, titles=_kept(form.titles, out))


@contextmanager
def without(out: frozenset[str]) -> Iterator[None]:
    """The reader without some spellings, folded."""
    forms = {name: thin(form, out) for name, form in FORMS.items()}

    def codes(name: str) -> tuple[Code, ...]:
        if name == "lender_names":
            return codelist(name)
        return tuple(
            replace(c, label_vi=c.label_vi if _kept((c.label_vi,), out) else c.code, spellings=_kept(c.spellings, out))
            for c in codelist(name)
        )

    with (
        patch.object(vocabulary, "FORMS", forms), patch.object(vocabulary, "codelist", codes), patch.object(layout, "FORMS", forms),
        patch.object(reading, "FORMS", forms),
    ):  # fmt: skip
        yield


@contextmanager
def with_fewer(seed: int, least: float = 0.3, most: float = 0.5) -> Iterator[None]:
    """The reader without a random share of the header spellings of each field, labels and titles kept."""
    chance = random.Random(seed)

    def fewer(form: Form) -> Form:
        fields = []
        for f in form.fields:
            share = chance.uniform(least, most)
            fields.append(replace(f, spellings=tuple(text for text in f.spellings if chance.random() >= share)))
        return replace(form, fields=tuple(fields))

    forms = {name: fewer(form) for name, form in FORMS.items()}
    with patch.object(vocabulary, "FORMS", forms), patch.object(layout, "FORMS", forms), patch.object(reading, "FORMS", forms):
        yield


@dataclass
class Score:
    rows: int = 0
    rows_right: int = 0
    cells: int = 0
    cells_right: int = 0
    wrong: int = 0  # another value than the truth's, or one where there is none
    errors: int = 0


def _texts(book: dict[str, Any]) -> list[str]:
    """The texts that stand in the cells of a book, folded, once each."""
    cells = (c for s in book["sheets"] for row in s["rows"] for c in row if isinstance(c, str) and c not in "<^")
    return sorted({part for c in cells for part in (fold(c), fold(split_unit(c)[0]))} - {""})


Rows = dict[tuple[str, str, int], dict[str, object]]


def _read(book: dict[str, Any], raw: Path, words: vocabulary.Vocabulary) -> tuple[Rows, int]:
    path = raw / book["file"]
    read = read_submission("x", path.read_bytes(), "xlsx", read_path(book["file"]), words)
    rows: Rows = {}
    for form, found in read.rows.items():
        for i in range(len(found)):
            row = {name: values[i] for name, values in found.columns.items()}
            rows[REGISTER if form == "cooperative_reports" else form, str(row["sheet"]), int(str(row["row_number"]))] = row
    return rows, sum(i.severity == "error" for i in read.issues)


def compare(book: dict[str, Any], raw: Path, out: frozenset[str], known: vocabulary.Vocabulary, show: list[str]) -> Score:
    """What is read without some spellings beside what is read with them, where that agrees with the truth."""
    full, errors = _read(book, raw, known)
    with without(out):
        thinned, more = _read(book, raw, vocabulary.Vocabulary())
    score = Score(errors=max(more - errors, 0))
    for drawn in book["sheets"]:
        for table in drawn.get("truth", ()):
            for number, who, *values in table["rows"]:
                place = (table["form"], drawn["name"], number)
                if who in ("!lost", "!either") or place not in full:
                    continue
                score.rows += 1
                found = thinned.get(place)
                right = [n for n, v in zip(table["columns"], values, strict=True) if agree(v, full[place].get(n))]
                score.cells += len(right)
                if found is None:
                    show.append(f"{book['file']} {place}: no row")
                    continue
                score.rows_right += 1
                for name in right:
                    if full[place].get(name) == found.get(name):
                        score.cells_right += 1
                    else:
                        score.wrong += found.get(name) is not None
                        show.append(f"{book['file']} {place[0]} {number}.{name}: {found.get(name)!r} for {full[place].get(name)!r}")
                for name in found.keys() - set(table["columns"]) - {"note"}:
                    if found[name] is not None and full[place].get(name) is None:
                        score.wrong += 1
                        show.append(f"{book['file']} {place[0]} {number}.{name}: {found[name]!r} for nothing")
    score.wrong += sum(place not in full for place in thinned)
    return score


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lot", action="append")
    parser.add_argument("--show", action="store_true")
    asked = parser.parse_args()
    show: list[str] = []
    known = vocabulary.Vocabulary()
    scores: dict[str, Score] = defaultdict(Score)
    books = [(path.stem, b) for path in sorted(FOLDER.glob("*.json")) if not asked.lot or path.stem in asked.lot for b in load(path)]
    with tempfile.TemporaryDirectory() as folder:
        for lot, book in books:
            draw(book, Path(folder))
            chance = random.Random(f"{asked.seed} {book['file']}")
            out = frozenset(text for text in _texts(book) if chance.random() < asked.share)
            one = compare(book, Path(folder), out, known, show)
            for name in (lot, book["level"], "all"):
                for key, value in vars(one).items():
                    setattr(scores[name], key, getattr(scores[name], key) + value)
    for name, s in scores.items():
        sys.stdout.write(
            f"{name:10} rows {s.rows:5} {percent(s.rows_right, s.rows)}  cells {s.cells:5} {percent(s.cells_right, s.cells)}"
            f"  wrong {s.wrong} ({percent(s.wrong, s.cells)})  new errors {s.errors}\n"
        )
    if asked.show:
        sys.stdout.writelines(f"{line}\n" for line in show)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
