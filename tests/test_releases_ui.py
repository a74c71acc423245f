"""Hold, release and roll back in a real browser, from the launchpad of a running `coop ui`."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coop_pipeline.store.publications import Publications

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROJECT = Path(__file__).parents[1]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
PATIENCE = 240  # seconds
JOBS = "locations/coop_pipeline.definitions/jobs"

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium")


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.5)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT / "data" / "raw" / "2021" / "XTTM", tmp_path / "raw" / "2021" / "XTTM")
    return tmp_path / "warehouse"


@pytest.fixture
def url(warehouse: Path) -> Iterator[str]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME" and not name.startswith("COOP_")}
    environment = {**kept, "PYTHONPATH": str(PROJECT), "COOP_RAW": str(warehouse.parent / "raw"), "COOP_WAREHOUSE": str(warehouse)}
    command = [sys.executable, "-u", "-m", "coop_pipeline.cli", "ui", "--port", str(port)]
    ui = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert ui.stdout is not None
        assert any("sẵn sàng" in line for line in ui.stdout), "the UI did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        ui.send_signal(signal.SIGTERM)
        ui.wait(60)


@pytest.fixture
def page() -> Iterator[Page]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page(viewport={"width": 1600, "height": 1100})
        page.set_default_timeout(PATIENCE * 1000)
        yield page
        browser.close()


def launch(page: Page, url: str, job: str, change: tuple[str, str] | None = None) -> None:
    """Launches a job as the launchpad has it filled in, or with one word of that replaced, and waits for its success."""
    page.goto(f"{url}/{JOBS}/{job}/playground")
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


def test_hold_release_roll_back(page: Page, url: str, warehouse: Path) -> None:
    shelf = Publications(warehouse / "coop.duckdb")
    wait_for(shelf.standing)  # the sensor's run
    first = shelf.standing()
    launch(page, url, "coop", ("choice: publish", "choice: hold"))
    held = shelf.held()
    assert held is not None
    second = shelf.version(held)
    assert shelf.standing() == first
    page.goto(f"{url}/assets/published/held")
    page.get_by_text("TẠM GIỮ", exact=True).first.wait_for()
    page.get_by_text(second).first.wait_for()
    launch(page, url, "release")
    assert (shelf.standing(), shelf.held()) == (second, None)
    launch(page, url, "roll_back")
    assert shelf.standing() == first
    page.goto(f"{url}/assets/published/coop")
    page.get_by_text("quay lại bản này").first.wait_for()
    launch(page, url, "coop")
    assert shelf.standing() == first, "no run publishes over a roll back"
