"""Pictures of a running `coop ui` in a real browser: `python docs/screenshots.py http://127.0.0.1:3000 docs/images`.

Needs Debian's Chromium (`apt-get install chromium fonts-noto-core`) and `pip install -e ".[browser]"`.
Each picture waits for words that only the finished page shows; a page that never shows them is an error.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Error, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTH, HEIGHT = 1600, 1000
PROJECT_QUERY = """
{ repositoriesOrError { ... on RepositoryConnection { nodes {
    location { name } jobs { name } assetGroups { groupName } } } } }
"""
RUNS_QUERY = """
query ($job: String!) {
    runsOrError(filter: {pipelineName: $job}, limit: 1) { ... on Runs { results { id } } } }
"""


@dataclass(frozen=True)
class Picture:
    name: str
    path: str
    words: Sequence[str]
    """Text that stands on the page when it is ready."""
    before: Callable[[Page], None] = lambda page: None
    height: int = HEIGHT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("url", help="where the UI runs, http://127.0.0.1:3000 for example")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--job", default="coop")
    parser.add_argument("--asset", default="mart/indicators", help="the asset whose page and checks are shown")
    parser.add_argument("--only", action="append", metavar="NAME", help="take only this picture (may be repeated)")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    pictures = list_pictures(options.url, options.job, options.asset)
    take(options.url, [p for p in pictures if not options.only or p.name in options.only], options.folder)


def list_pictures(url: str, job: str, asset: str) -> list[Picture]:
    repository = next(
        node for node in ask(url, PROJECT_QUERY)["repositoriesOrError"]["nodes"] if any(found["name"] == job for found in node["jobs"])
    )
    location = repository["location"]["name"]
    groups = sorted(group["groupName"] for group in repository["assetGroups"])
    expanded = ",".join(f"global@global:{group}" for group in groups)  # the page over all code locations
    last = asset.rpartition("/")[2]
    pictures = [
        Picture(
            "asset_graph",
            f"/asset-groups/?expanded={quote(expanded, safe='')}",
            [last],
            show_whole_graph(len(groups)),
            2600,
        ),
        Picture("asset_groups", "/asset-groups/", groups),
        Picture("asset", f"/assets/{asset}?view=overview", ["Latest materialization", last]),
        Picture("asset_checks", f"/assets/{asset}?view=checks", ["Checks", "Execution"]),
        Picture("job", f"/locations/{quote(location)}/jobs/{job}", [job]),
        Picture("job_launchpad", f"/locations/{quote(location)}/jobs/{job}/playground", ["Launch Run", "No errors"]),
        Picture("job_runs", f"/locations/{quote(location)}/jobs/{job}/runs", ["Created at"]),
    ]
    runs = ask(url, RUNS_QUERY, job=job)["runsOrError"]["results"]
    if runs:
        pictures.append(Picture("run", f"/runs/{runs[0]['id']}", ["Re-execute all", "Finished execution of run"]))
    return pictures


def ask(url: str, query: str, **variables: str) -> Any:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{url.rstrip('/')}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
        return json.load(answer)["data"]


def show_whole_graph(groups: int) -> Callable[[Page], None]:
    def zoom_out(page: Page) -> None:
        page.wait_for_timeout(2500)  # the layout is computed in a worker and fades in
        page.get_by_text("Hide navigation").first.click()
        page.get_by_label("panel_show_right").last.click()  # the list of groups beside the graph
        for _ in range(20):
            if page.get_by_label("unfold_less").count() >= groups:  # only the open groups in view are drawn
                break
            page.get_by_label("zoom_out").click()
            page.wait_for_timeout(400)
        page.get_by_label("zoom_out").click()  # the outermost groups with all their assets
        page.wait_for_timeout(400)

    return zoom_out


def take(url: str, pictures: Sequence[Picture], folder: Path) -> None:
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            headless=True,
            args=FLAGS,
            viewport={"width": WIDTH, "height": HEIGHT},
            locale="en-GB",
        )
        page = browser.pages[0] if browser.pages else browser.new_page()
        for picture in pictures:
            page.set_viewport_size({"width": WIDTH, "height": picture.height})
            page.goto(f"{url.rstrip('/')}{picture.path}", wait_until="domcontentloaded")
            try:
                for word in picture.words:
                    page.get_by_text(word).first.wait_for(state="visible", timeout=40_000)
            except Error as error:
                page.screenshot(path=folder / f"{picture.name}.failed.png")
                raise SystemExit(f"{picture.name}: {error.message}") from None
            picture.before(page)
            page.wait_for_timeout(1500)  # icons, fonts and the last of the spinners
            file = folder / f"{picture.name}.png"
            page.screenshot(path=file)
            print(file)
        browser.close()


if __name__ == "__main__":
    main()
