"""Hostile files and spoiled workbooks through a whole run; for hours by `python -m tests.fuzz`."""

from __future__ import annotations

import itertools
from pathlib import Path

from tests.fuzz.harness import Tally, mutations, take_in
from tests.fuzz.hostile import hostile


def test_hostile_files_take_only_themselves_along(tmp_path: Path) -> None:
    files = hostile()
    tally = Tally()
    take_in(((f"2021/{name}", data) for name, (data, _) in files.items()), tmp_path, tally)
    assert tally.findings == []
    assert tally.files == len(files)
    became = {name: tally.codes[f"2021/{name}"] for name in files}
    wanted = {name: code for name, (_, code) in files.items() if code != "any"}
    assert {name: became[name] for name in wanted} == wanted


def test_spoiled_workbooks_take_only_themselves_along(tmp_path: Path) -> None:
    tally = Tally()
    take_in(itertools.islice(mutations(20261122), 40), tmp_path, tally)
    assert tally.findings == []
    assert sum(tally.fates.values()) == tally.files == 40
    assert tally.fates["read"] > 10, "nothing is tried where all of them are refused at the door"
