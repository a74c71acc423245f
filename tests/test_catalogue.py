"""What is kept of the catalogue of forms is what would be collected; where it cannot be kept or is spoiled it is collected."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coop_pipeline.intake import catalogue
from coop_pipeline.intake.vocabulary import collect_catalogue


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path / "__pycache__" / "catalogue.kept"


def test_what_is_kept_is_what_is_collected(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    collected = collect_catalogue()
    assert catalogue.find_catalogue(place) == collected
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    monkeypatch.setattr(catalogue, "collect_catalogue", lambda: pytest.fail("collected again"))
    found = catalogue.find_catalogue(place)
    assert found == collected
    # orders count where sums of floats or first finds do
    assert [*found.heads] == [*collected.heads]
    assert [[*codes.items()] for codes in found.codes.values()] == [[*codes.items()] for codes in collected.codes.values()]


@pytest.mark.parametrize("spoil", [
    lambda content: b"", lambda content: content[:70], lambda content: content[:-1], lambda content: content[:-9] + bytes(9),
    lambda content: bytes(32) + content[32:],
])  # fmt: skip
def test_what_is_spoiled_or_of_other_code_is_made_anew(
    place: Path, spoil: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    collected = catalogue.find_catalogue(place)
    place.write_bytes(spoil(place.read_bytes()))
    assert catalogue.find_catalogue(place) == collected
    monkeypatch.setattr(catalogue, "collect_catalogue", lambda: pytest.fail("not kept again"))
    assert catalogue.find_catalogue(place) == collected


def test_another_spelling_is_other_code(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = catalogue._list_sources()
    assert {"cooperative_reports.py", "spec.py", "units.csv", "markets.csv", "text.py", "vocabulary.py"} <= {path.name for path in sources}
    catalogue.find_catalogue(place)
    changed = tmp_path / sources[0].name
    changed.write_bytes(sources[0].read_bytes() + b"\n")
    monkeypatch.setattr(catalogue, "_list_sources", lambda: [changed, *sources[1:]])
    asked: list[str] = []
    monkeypatch.setattr(catalogue, "collect_catalogue", lambda: asked.append("again") or collect_catalogue())
    catalogue.find_catalogue(place)
    assert asked == ["again"]


def test_a_place_that_takes_no_file_costs_only_time(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "__pycache__").write_text("a file where the folder should be")
    assert catalogue.find_catalogue(place) == collect_catalogue()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert catalogue.find_catalogue(tmp_path / "other" / "catalogue.kept").entries
    assert not (tmp_path / "other").exists()
