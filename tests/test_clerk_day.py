"""A data clerk's day in a real browser: a workbook is dropped, taken in by itself, seen on the board; figures held, released, put back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from coop_pipeline.store.publications import Publications
from tests.test_board import write_register

PROJECT = Path(__file__).parents[1]
CHROMIUM = Path("/usr/bin/chromium")
PATIENCE = 240  # seconds; a busy machine
LOCATION = "coop_pipeline.definitions"
RUNS = "{ runsOrError(limit: 20) { ... on Runs { results { id status jobName tags { key value } } } } }"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium: apt-get install chromium"),
]
playwright = pytest.importorskip("playwright.sync_api", reason='no playwright: pip install -e ".[browser]"')


def wait(what: Callable[[], object], say: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, say()
        time.sleep(1)


@dataclass
class Office:
    """The project folder of a small office, with the UI running on it."""

    raw: Path
    url: str

    @property
    def shelf(self) -> Publications:
        return Publications(self.raw.parents[1] / "warehouse" / "coop.duckdb")

    def ask(self, query: str) -> Any:
        request = urllib.request.Request(f"{self.url}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return json.load(answer)["data"]

    def runs(self, **tags: str) -> list[dict[str, Any]]:
        """The newest first, with their tags as a dictionary; only those that have these tags."""
        found = self.ask(RUNS)["runsOrError"]["results"]
        for run in found:
            run["tags"] = {tag["key"]: tag["value"] for tag in run["tags"]}
        return [run for run in found if tags.items() <= run["tags"].items()]

    def wait(self, what: Callable[[], object]) -> None:
        wait(what, self.runs)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    raw = folder / "data" / "raw"
    (raw / "2021").mkdir(parents=True)
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME" and not name.startswith("COOP_")}
    command = [sys.executable, "-m", "coop_pipeline.cli", "ui", "--port", str(port)]
    variables = {**kept, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}
    log = folder / "ui.log"
    with log.open("w") as said:
        ui = subprocess.Popen(command, cwd=folder, env=variables, stdout=said, stderr=subprocess.DEVNULL)
    try:
        office = Office(raw, f"http://127.0.0.1:{port}")
        wait(lambda: "sẵn sàng" in log.read_text(), log.read_text)
        yield office
    finally:
        ui.send_signal(signal.SIGINT)
        ui.wait(60)


@pytest.fixture(scope="module")
def page(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    flags = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=CHROMIUM,
            headless=True,
            args=[*flags, "--disable-component-update", "--disable-sync"],
            viewport={"width": 1500, "height": 950},
            locale="en-GB",
        )
        browser.set_default_timeout(PATIENCE * 1000)
        yield browser.new_page()
        browser.close()


def test_a_dropped_workbook_comes_onto_the_board(office: Office, page: Any) -> None:
    page.goto(f"{office.url}/assets/intake/submissions?view=partitions")
    page.get_by_text("153_Kim_Boi").first.wait_for()
    page.get_by_text("Materialized (0)").wait_for()
    for name in ("NHNN", "XTTM"):
        shutil.copytree(PROJECT / "data" / "raw" / "2021" / name, office.raw / "2021" / name)
    write_register(office.raw / "2021" / "Kim Bôi.xlsx", "UBND HUYỆN KIM BÔI")
    write_register(office.raw / "2021" / "Cao Phong.xlsx", "UBND HUYỆN CAO PHONG", named=False)
    office.wait(lambda: (runs := office.runs()) and all(run["status"] in ("SUCCESS", "FAILURE") for run in runs))
    (batch,) = office.runs(**{"coop/first": "2021/Cao Phong.xlsx", "coop/files": "4"})  # one run for all
    assert batch["status"] == "SUCCESS"

    page.goto(f"{office.url}/assets/intake/submissions?view=partitions&partition=153_Kim_Boi%7C2021")
    page.get_by_text("Materialized (3)").wait_for()
    page.get_by_text("Failed (1)").wait_for()
    page.get_by_text("Dòng được nhận").wait_for()
    page.get_by_text("Kim Bôi.xlsx").first.wait_for()
    (rejected,) = office.runs(**{"dagster/partition": "154_Cao_Phong|2021"})
    page.goto(f"{office.url}/runs/{rejected['id']}")
    page.get_by_text("không nhận được dòng nào").first.wait_for()


def test_nothing_new_is_no_run(office: Office, page: Any) -> None:
    before = len(office.runs())
    page.goto(f"{office.url}/locations/{LOCATION}/sensors/tep_moi")
    page.get_by_text("0 runs requested").first.wait_for()
    assert len(office.runs()) == before


def launch(page: Any, office: Office, job: str, change: tuple[str, str] | None = None) -> None:
    """Launches a job as the launchpad has it filled in, or with one word of that replaced, and waits for its success."""
    page.goto(f"{office.url}/locations/{LOCATION}/jobs/{job}/playground")
    page.get_by_text("No errors").wait_for()
    if change is not None:
        editor = "document.querySelector('.CodeMirror').CodeMirror"
        filled_in = page.evaluate(f"{editor}.getValue()")
        assert change[0] in filled_in
        page.evaluate(f"text => {editor}.setValue(text)", filled_in.replace(*change))
        page.get_by_text(change[1].split()[-1], exact=True).first.wait_for()
    page.get_by_role("button", name="Launch run").click()
    page.wait_for_url("**/runs/**")
    page.get_by_text("Success", exact=True).first.wait_for()


def test_hold_release_roll_back(office: Office, page: Any) -> None:
    shelf = office.shelf
    first = shelf.standing()
    launch(page, office, "coop", ("choice: publish", "choice: hold"))
    held = shelf.held()
    assert held is not None
    second = shelf.version(held)
    assert shelf.standing() == first
    page.goto(f"{office.url}/assets/published/held")
    page.get_by_text("TẠM GIỮ", exact=True).first.wait_for()
    page.get_by_text(second).first.wait_for()
    launch(page, office, "release")
    assert (shelf.standing(), shelf.held()) == (second, None)
    launch(page, office, "roll_back")
    assert shelf.standing() == first
    page.goto(f"{office.url}/assets/published/coop")
    page.get_by_text("quay lại bản này").first.wait_for()
