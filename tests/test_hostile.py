"""One run over workbooks of an attacker and of a careless clerk, and a look into every file that it wrote.

What was typed is nowhere a formula, markup, a path or an order to a terminal; persons are nowhere but in the returned copy, in the store of
what was received, and (their file's own name) in the lists by which the next run knows the file.
"""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from xml.parsers import expat

import duckdb
import openpyxl
import pytest
from openpyxl.comments import Comment

from coop_pipeline.outputs.template import write_template

PROJECT = Path(__file__).parents[1]
TEXTS = (
    "=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", '=HYPERLINK("http://127.0.0.1:9","x")', "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "](javascript:alert(1))", "![x](http://127.0.0.1:9/x.png)", "| cột | mới |", "{{ 7*7 }}", "{% raw %}", "$\\alpha$", "'; drop table core.loans; --", "../../../tmp/x",
    "\u202exslx.cod", "\u2028ERROR giả", "a\nERROR giả", "\ufffe\uffff", "_x000A_=1+1", "[bold red]đỏ[/]", "http://127.0.0.1:9/ www.example.com",
)  # fmt: skip
ESCAPE = "\x1b[31mđỏ"  # no .xlsx can hold it, an HTML workbook can
NAME, PHONE, CITIZEN, MAIL = "Quách Văn Tí", "0912345678", "017201234567", "quach.ti@example.com"
HEADER = [
    "TT",
    "Tên HTX",
    "Địa chỉ",
    "Tình trạng hoạt động",
    "Số thành viên",
    "Doanh thu (triệu đồng)",
    "Mã số thuế",
    "Người đại diện",
    "Điện thoại",
    "Số CCCD",
    "Ghi chú",
]


@dataclass
class Ran:
    folder: Path
    said: str

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse"

    def files(self, pattern: str) -> list[Path]:
        found = sorted(path for path in self.warehouse.rglob(pattern) if path.is_file() and not path.is_symlink())
        assert found, pattern
        return found


def write(path: Path, office: str, rows: list[list[object]], sheet: str) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in ([office], [], ["DANH SÁCH HỢP TÁC XÃ NĂM 2021"], [], HEADER):
        page.append(row)
    for y, row in enumerate(rows, 6):
        for x, value in enumerate(row, 1):
            cell = page.cell(y, x, value)
            if isinstance(value, str):
                cell.data_type = "s"
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return book


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("hostile")
    raw = folder / "raw" / "2021"
    texts = [t.replace("\ufffe\uffff", "") for t in TEXTS]
    attack: list[list[object]] = [
        [i, f"HTX {t}", t, t if i % 3 else "Đang hoạt động", t if i % 2 else 20, t, t] for i, t in enumerate(texts, 1)
    ]
    attack += [[i, t, t, "Đang hoạt động", 20 + i, -5, ""] for i, t in enumerate(texts, 1)]
    write(raw / "=cmd '\"<b> dòng\nERROR giả \u202exslx.xlsx", "UBND HUYỆN LƯƠNG SƠN", attack, "Q'1 <b>;--")
    (raw / os.fsdecode(b"bytes \xff\xfe \x1b[31m.xls")).write_text(
        f"<html><table><tr><td>UBND HUYỆN TÂN LẠC</td></tr><tr><td>DANH SÁCH HỢP TÁC XÃ NĂM 2021</td></tr><tr>{''.join(f'<td>{h}</td>' for h in HEADER)}</tr>"
        f"<tr><td>1</td><td>HTX {ESCAPE}</td><td>{ESCAPE}</td><td>{ESCAPE}</td><td>{ESCAPE}</td><td>{ESCAPE}</td></tr></table></html>",
        encoding="utf-8",
    )
    (raw / f"ông {NAME} {PHONE} lần 2.pdf").write_bytes(b"%PDF-1.7")
    person = f"ông {NAME}, ĐT {PHONE}, CCCD {CITIZEN}, {MAIL}"
    careless: list[list[object]] = [
        [1, "HTX An Bình", f"Xóm Chiềng ({person})", "Đang hoạt động", 20, 300, "5401234565", NAME, PHONE, CITIZEN, person],
        [2, f"HTX Đồng Tâm ({person})", "", "Đang hoạt động", 31, -300, CITIZEN, NAME, PHONE, CITIZEN, MAIL],
        [3, "HTX Tân Tiến", MAIL, f"Đang hoạt động ({person})", f"15 ({PHONE})", f"chưa rõ, hỏi {person}", CITIZEN, NAME, PHONE, CITIZEN, ""],
        ["", f"Liên hệ: {person}"], ["", "", f"Chủ nhiệm: {NAME}"],
    ]  # fmt: skip
    path = raw / f"BC ông {NAME} {PHONE} {MAIL}.xlsx"
    book = write(path, "UBND HUYỆN KIM BÔI", careless, f"ông {NAME} {PHONE}"[:31])
    page = book.worksheets[0]
    page["B6"].comment = Comment(person, NAME)
    page.column_dimensions["K"].hidden = True
    page.oddHeader.center.text, page.oddFooter.center.text = person, person
    book.properties.creator, book.properties.description = NAME, person
    book.create_sheet(f"bà {NAME}").append([person])
    hidden = book.create_sheet(f"ẩn {CITIZEN}")
    hidden.append([person])
    hidden.sheet_state = "hidden"
    book.save(path)
    environment = {**os.environ, "COLUMNS": "200"}
    for name in ("DAGSTER_HOME", "COOP_RAW", "COOP_WAREHOUSE", "COOP_CORRECTIONS"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "coop_pipeline.cli", "run", "--raw", str(folder / "raw"), "--warehouse", str(folder / "warehouse")]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    return Ran(folder, done.stdout + done.stderr)


def parts(path: Path) -> Iterator[tuple[str, str]]:
    """The XML in a package, each part known to be well-formed."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels", ".vml")):
                data = archive.read(name)
                expat.ParserCreate().Parse(data, True)
                yield name, data.decode()


def notes(ran: Ran) -> Iterator[str]:
    """Every Markdown that the run left in Dagster's history."""
    for path in ran.files("*.db"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as history:
            tables = [name for (name,) in history.execute("select name from sqlite_master where type = 'table'")]
            if "event_logs" in tables:
                for (event,) in history.execute("select event from event_logs"):
                    for text in re.findall(r'"md_str": ("(?:[^"\\]|\\.)*")', event):
                        yield json.loads(text)


# --- text going out


def test_no_text_is_a_formula(ran: Ran) -> None:
    made = [path for path in ran.files("*.xlsx") if "received" not in path.parts]
    template = ran.folder / "template.xlsx"
    write_template("150", "2022", template, ran.warehouse / "coop.duckdb")
    write_template("152", "2022", template.with_name("other.xlsx"), ran.warehouse / "coop.duckdb")
    held = 0
    for path in (*made, template, template.with_name("other.xlsx")):
        for name, text in parts(path):
            for formula in re.findall(r"<f[^>]*>([^<]*)</f>", text):
                assert not re.search(r"cmd|HYPERLINK|SUM\(1\)|1\+1|2\+3", formula), (path, name, formula)
            assert "TargetMode" not in text or "127.0.0.1" not in text, (path, name)
            held += "cmd|" in text
    assert held > 3, "the texts are there, as texts"


def test_no_text_is_markup(ran: Ran) -> None:
    shown = list(notes(ran))
    assert any("&#60;img src" in text for text in shown), "the texts are shown"
    for text in shown:
        if "data:image" in text:  # a chart of ours
            continue
        assert not re.search(r"<script|<img|\]\(|!\[|https?://|www\.e", text), text[:500]
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u2028\u202e]", text), text[:500]
        assert "\nERROR" not in text
    seen: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append(tag)
            assert not any(name.startswith("on") for name, _ in attrs)

    for path in ran.files("*.html"):
        Tags().feed(path.read_text(encoding="utf-8"))
    assert "table" in seen
    assert "script" not in seen
    for path in ran.files("*.docx"):
        assert dict(parts(path))
    for path in ran.files("*.svg"):
        expat.ParserCreate().Parse(path.read_bytes(), True)


def test_no_text_is_an_order_or_a_path(ran: Ran) -> None:
    assert not re.search(r"[\x1b\u202e\u2028]|\[bold red\]đỏ(?!\[)|^\s*ERROR giả", ran.said, re.M), ran.said
    assert {path.name for path in ran.folder.iterdir()} <= {"raw", "warehouse", "template.xlsx", "other.xlsx"}
    names = [path.name for path in ran.warehouse.rglob("*")]
    assert not [name for name in names if re.search(r"[\x00-\x1f\x7f\u202e\u2028\"]", name)]
    assert not [name for name in names if not name.isprintable()]
    with duckdb.connect(str(ran.warehouse / "coop.duckdb"), read_only=True) as db:
        files = {file for (file,) in db.sql("select file from quality.submissions").fetchall()}
        assert len(files) == 4
        kept = {name for (name,) in db.sql("select name from core.cooperatives").fetchall()}
    assert any("drop table" in name for name in kept), "texts are kept as they were typed"


# --- persons

SECRETS = {
    "name": NAME, "phone": PHONE, "citizen": CITIZEN, "mail": MAIL, "name, escaped": json.dumps(NAME)[1:-1],
}  # fmt: skip
KNOWN_BY_PATH = {("intake", "arrivals", "path"), ("stage", "files", "path")}


@pytest.mark.parametrize("file", ["coop.duckdb", "work/working.duckdb"])
def test_no_table_names_a_person(ran: Ran, file: str) -> None:
    found = []
    with duckdb.connect(str(ran.warehouse / file), read_only=True) as db:
        columns = db.sql("select schema_name, table_name, column_name from duckdb_columns() where not internal").fetchall()
        assert len(columns) > 300
        for schema, table, column in columns:
            told = " or ".join(f"contains(\"{column}\"::varchar, '{secret}')" for secret in SECRETS.values())
            rows = db.execute(f'select "{column}"::varchar from {schema}."{table}" where {told} limit 3').fetchall()
            if rows and (schema, table, column) not in KNOWN_BY_PATH:
                found.append((schema, table, column, rows))
    assert not found


def test_no_file_names_a_person(ran: Ran) -> None:
    found = []
    for path in sorted(ran.warehouse.rglob("*")):
        place = path.relative_to(ran.warehouse)
        if (
            place.parts[0] in ("returned", "received")
            or str(place) == "work/arrivals.json"
            or not path.is_file()
            or path.suffix == ".duckdb"
        ):
            continue
        assert NAME not in str(place)
        if path.suffix in (".xlsx", ".docx"):
            text = "".join(content for _, content in parts(path))
        elif path.suffix == ".parquet":
            text = str(duckdb.sql(f"select * from read_parquet('{path}')").fetchall())
        else:
            text = path.read_bytes().decode("utf-8", "replace")
        found += [(str(place), word) for word, secret in SECRETS.items() if secret in text]
    assert not found
    assert not [word for word, secret in SECRETS.items() if secret in ran.said]


def test_the_returned_copy_is_as_it_was_sent(ran: Ran) -> None:
    [copy] = [path for path in ran.files("*.xlsx") if "returned" in path.parts and "BC ông" in path.name]
    assert PHONE not in copy.name
    text = "".join(content for _, content in parts(copy))
    assert all(secret in text for secret in (NAME, PHONE, CITIZEN, MAIL))
    marked = openpyxl.load_workbook(copy)
    assert f"ông {NAME} {PHONE}"[:31] in marked.sheetnames
    assert any(c.comment is not None and "LỖI" in c.comment.text for row in marked.worksheets[1].iter_rows() for c in row), (
        "cells are marked in a sheet of that name"
    )
