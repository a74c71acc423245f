"""The pictures of the documents, taken anew: `python docs/screenshots.py [NAME …]`.

Makes a project of its own with the samples and a season that has just begun, runs the pipeline and the UI on it, and photographs them in a real
browser. Needs Debian's chromium, libreoffice-calc and poppler-utils, and `pip install -e ".[browser]"`. Each picture waits for words that only the
finished page shows; a page that never shows them is an error.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import openpyxl
from PIL import Image, ImageOps
from playwright.sync_api import Error, Page, sync_playwright

DOCS = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
LOCATION = "/locations/coop_pipeline.definitions"
COOP = [sys.executable, "-m", "coop_pipeline.cli"]
SEASON = "2022"  # the samples end with 2021


@dataclass(frozen=True)
class Picture:
    """A page of the UI. `words` stand on it when it is ready; `before` is done to it then."""

    name: str
    path: str
    words: Sequence[str]
    before: Callable[[Page], None] = lambda page: None
    size: tuple[int, int] = (1400, 860)


def open_cell(page: Page) -> None:
    page.get_by_text("152_Luong_Son").first.click()
    page.get_by_text(SEASON, exact=True).first.click()
    page.get_by_text("Dòng được nhận").first.wait_for()


def open_chart(page: Page) -> None:
    page.get_by_text("Biểu đồ", exact=True).first.wait_for()
    page.get_by_role("row", name="Biểu đồ").get_by_text("Show Markdown").first.click()
    page.locator("img[src^='data:image/png']").first.wait_for()


def scroll_to_figures(page: Page) -> None:
    page.get_by_text("Chỉ tiêu đã đổi").first.scroll_into_view_if_needed()


def open_rows(page: Page) -> None:
    page.get_by_text("Show Markdown").first.click()


FIRST = (
    Picture("img/assets.png", "/asset-groups/", ["core", "intake", "mart", "outputs", "published", "quality", "ref"], size=(1400, 620)),
    Picture("vi/anh/tep-moi.png", f"{LOCATION}/sensors/tep_moi", ["Theo dõi thư mục data/raw", "Running"]),
    Picture("vi/anh/bang-theo-doi.png", "/assets/intake/submissions?view=partitions", ["152_Luong_Son", SEASON]),
    Picture("vi/anh/mot-o.png", "/assets/intake/submissions?view=partitions", ["152_Luong_Son", SEASON], open_cell, (1400, 1100)),
    Picture("vi/anh/chay.png", f"{LOCATION}/jobs/coop/playground", ["Launch Run", "No errors"]),
    Picture("vi/anh/lan-chay.png", "/runs/{run}", ["Finished execution of run"]),
    Picture("vi/anh/kiem-tra.png", "/assets/quality/issues?view=checks", ["Latest execution"], open_rows),
    Picture("vi/anh/bieu-do.png", "/assets/mart/exports_by_market?view=events", ["Metadata"], open_chart),
    Picture("vi/anh/quay-lai.png", f"{LOCATION}/jobs/roll_back/playground", ["Launch Run", "No errors"]),
)  # fmt: skip
HELD = (Picture("vi/anh/tam-giu.png", "/assets/published/held?view=events", ["Chỉ tiêu đã đổi"], scroll_to_figures, (1400, 1100)),)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="take only these pictures, named as in the list above (tam-giu, bao-cao …)")
    wanted = set(parser.parse_args().names)

    def chosen(pictures: Sequence[Picture]) -> list[Picture]:
        return [p for p in pictures if not wanted or Path(p.name).stem in wanted]

    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        project = Path(folder)
        begin_season(project)
        run_id = coop(project, "run", "--json")
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, headless=True, args=FLAGS, locale="vi-VN"
        )
        page = browser.new_page()
        if not wanted or "tep-gui-lai" in wanted:
            photograph_workbook(project, DOCS / "vi/anh/tep-gui-lai.png")
        if not wanted or "bao-cao" in wanted:
            photograph_report(project, page, DOCS / "vi/anh/bao-cao.png")
        with serve(project) as url:
            take(page, url, chosen(FIRST), run_id)
            if chosen(HELD):
                write_register(project, "UBND HUYỆN TÂN LẠC", "Tan Lac.xlsx", ["HTX Quyết Chiến", "HTX Phong Phú"])
                coop(project, "run", "--hold", "--json")
                take(page, url, chosen(HELD), run_id)
        browser.close()


def begin_season(project: Path) -> None:
    """The samples, and a new year of which one report is in, one cannot be used, and the others are missing."""
    coop(project, "sample", "data/raw")
    (project / "data/corrections").mkdir(parents=True, exist_ok=True)
    (project / "data/raw" / SEASON).mkdir()
    write_register(project, "UBND HUYỆN LƯƠNG SƠN", "Luong Son.xlsx", ["HTX Đồng Sương", "HTX Mỹ Tân", ""])
    write_register(project, "UBND HUYỆN KIM BÔI", "Kim Boi.xlsx", ["", ""])


def write_register(project: Path, office: str, file: str, names: Sequence[str]) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Danh sách HTX"
    page["A1"], page["A3"] = office, f"DANH SÁCH HỢP TÁC XÃ NĂM {SEASON}"
    rows = [(n, name or None, 20 + 7 * n, "Đang hoạt động") for n, name in enumerate(names, 1)]
    for line, values in enumerate([("TT", "Tên HTX", "Số thành viên", "Tình trạng hoạt động"), *rows], 5):
        for column, value in enumerate(values, 1):
            page.cell(line, column, value)
    for letter, width in zip("ABCD", (6, 32, 18, 26), strict=True):
        page.column_dimensions[letter].width = width
    book.save(project / "data/raw" / SEASON / file)


def coop(project: Path, *arguments: str) -> str:
    """Runs a command in the project; returns the run's id where it says one."""
    done = subprocess.run([*COOP, *arguments], cwd=project, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"coop {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return str(json.loads(done.stdout)["run_id"]) if "--json" in arguments else ""


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COOP_", "DAGSTER_"))}
    return kept | {"PYTHONPATH": str(DOCS.parent)}


@contextmanager
def serve(project: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [*COOP, "ui", "--port", str(port)], cwd=project, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if "Ctrl-C" in line:
                break
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=60):
            pass
        time.sleep(25)  # a few ticks of the sensor
        yield url
    finally:
        server.terminate()
        server.wait()


def take(page: Page, url: str, pictures: Sequence[Picture], run_id: str) -> None:
    for picture in pictures:
        page.set_viewport_size({"width": picture.size[0], "height": picture.size[1]})
        page.goto(url + picture.path.format(run=run_id), wait_until="domcontentloaded")
        file = DOCS / picture.name
        try:
            for word in picture.words:
                page.get_by_text(word).first.wait_for(state="visible", timeout=60_000)
            picture.before(page)
        except Error as error:
            page.screenshot(path=file.with_suffix(".failed.png"))
            raise SystemExit(f"{picture.name}: {error.message}") from None
        page.wait_for_timeout(2500)  # icons, fonts and the last of the spinners
        page.screenshot(path=file)
        print(file.relative_to(DOCS))


def photograph_workbook(project: Path, target: Path) -> None:
    """The first sheets of a returned workbook, as LibreOffice prints them."""
    (marked,) = (project / "warehouse/returned" / SEASON / "152").glob("*.xlsx")
    with tempfile.TemporaryDirectory() as folder:
        for command in (
            ["soffice", "--headless", "--convert-to", "pdf", "--outdir", folder, str(marked)],
            ["pdftoppm", "-png", "-r", "110", "-f", "1", "-l", "1", "-singlefile", f"{folder}/{marked.stem}.pdf", f"{folder}/page"],
        ):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sheet = Image.open(f"{folder}/page.png").convert("RGB")
        left, top, right, bottom = ImageOps.invert(sheet).getbbox() or (0, 0, *sheet.size)
        sheet.crop((max(left - 20, 0), max(top - 20, 0), right + 20, bottom + 20)).save(target)
    print(target.relative_to(DOCS))


def photograph_report(project: Path, page: Page, target: Path) -> None:
    file = project / "report.html"
    coop(project, "report", "--period", "2021", "--format", "html", "-o", str(file))
    page.set_viewport_size({"width": 1000, "height": 1200})
    page.goto(file.as_uri())
    page.wait_for_timeout(1000)
    page.screenshot(path=target)
    print(target.relative_to(DOCS))


if __name__ == "__main__":
    main()
