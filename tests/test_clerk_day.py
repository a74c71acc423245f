"""A data clerk's day in a real browser: a workbook is dropped, taken in by itself, seen on the board; a run is launched by hand."""

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


@dataclass
class Office:
    """The project folder of a small office, with the UI running on it."""

    raw: Path
    url: str

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
        deadline = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < deadline, self.runs()
            time.sleep(1)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    raw = folder / "data" / "raw"
    for name in ("NHNN", "XTTM"):
        shutil.copytree(PROJECT / "data" / "raw" / "2021" / name, raw / "2021" / name)
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME" and not name.startswith("COOP_")}
    command = [sys.executable, "-m", "coop_pipeline.cli", "ui", "--port", str(port)]
    variables = {**kept, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}
    ui = subprocess.Popen(command, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert ui.stdout is not None
        assert "http" in ui.stdout.readline()
        assert "sẵn sàng" in ui.stdout.readline()
        with (folder / "ui.log").open("w") as log:  # whoever does not read a pipe stops its writer
            reader = subprocess.Popen(["cat"], stdin=ui.stdout, stdout=log)
            office = Office(raw, f"http://127.0.0.1:{port}")
            office.wait(lambda: [run for run in office.runs() if run["status"] == "SUCCESS"])  # what was there already
            yield office
    finally:
        ui.send_signal(signal.SIGINT)
        ui.wait(60)
        reader.kill()


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
    page.get_by_text("Materialized (2)").wait_for()
    before = len(office.runs())
    write_register(office.raw / "2021" / "Kim Bôi.xlsx", "UBND HUYỆN KIM BÔI")
    write_register(office.raw / "2021" / "Cao Phong.xlsx", "UBND HUYỆN CAO PHONG", named=False)
    office.wait(lambda: len(office.runs()) > before)
    office.wait(lambda: all(run["status"] in ("SUCCESS", "FAILURE") for run in office.runs()))
    (batch,) = office.runs(**{"coop/first": "2021/Cao Phong.xlsx", "coop/files": "2"})  # one run for both
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


def test_a_run_by_hand(office: Office, page: Any) -> None:
    before = {run["id"] for run in office.runs()}
    page.goto(f"{office.url}/locations/{LOCATION}/jobs/coop/playground")
    page.get_by_text("dry_run").first.wait_for()  # the form is filled in already
    page.get_by_text("No errors").wait_for()
    page.get_by_role("button", name="Launch Run").click()
    office.wait(lambda: [run for run in office.runs() if run["id"] not in before and run["status"] == "SUCCESS"])
