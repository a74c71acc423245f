"""The `coop` command as its users meet it: help, exit codes, sentences instead of tracebacks, JSON for other
programs.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import duckdb
import openpyxl
import pytest
from rich.console import Console

from coop_pipeline import cli
from coop_pipeline import settings as settings_module
from coop_pipeline.defs.run import Progress
from coop_pipeline.intake.pool import Outcome, Pool
from coop_pipeline.intake.worker import Parsed, Task
from coop_pipeline.outputs import checking
from coop_pipeline.outputs.console import Watch
from coop_pipeline.outputs.returned import MarkTask
from coop_pipeline.settings import CAPS, KEEP_VERSIONS, VARIABLES, load_settings

PROJECT = Path(__file__).parents[1]
SAMPLES = PROJECT / "data" / "raw"
ENCRYPTED = SAMPLES / "2021" / "Cao Phong" / "HTX Cao Phong mat khau.xlsx"
HEADER = ["TT", "Tên HTX", "Xã", "Tình trạng hoạt động", "Số thành viên", "Trong đó: nữ", "Doanh thu (triệu đồng)"]
SOUND = ["HTX Nông nghiệp Mỹ Tân", "Xã Nhuận Trạch", "Đang hoạt động", 33, 12, 2230]

Capture = pytest.CaptureFixture[str]


def write_register(path: Path, *rows: Sequence[object], office: str = "UBND HUYỆN LƯƠNG SƠN") -> Path:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "DS HTX"
    head: list[list[object]] = [[office], [], ["DANH SÁCH HỢP TÁC XÃ NĂM 2021"], [], list(HEADER)]
    for line in (*head, *([number, *row] for number, row in enumerate(rows, 1))):
        page.append(line)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with nothing set in the environment."""
    for name in list(os.environ):
        if name.startswith("COOP_") or name == "DAGSTER_HOME":
            monkeypatch.delenv(name)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    return write_register(tmp_path / "BC [bold]HTX[/bold] 2021.xlsx", SOUND)


@pytest.fixture
def dirty(tmp_path: Path) -> Path:
    """An error (no name), a warning (more women than members), and a sound row."""
    return write_register(tmp_path / "dirty.xlsx", [None, *SOUND[1:]], ["HTX Hòa Phát", *SOUND[1:4], 40, 2230], SOUND)


def said_json(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)


# ---- help and wrong usage


def list_commands(capsys: Capture) -> list[str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    return re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE)


def test_help_names_the_commands(capsys: Capture) -> None:
    assert {"run", "check", "sample", "ui"} <= set(list_commands(capsys))


def test_every_command_has_help_with_an_example(capsys: Capture) -> None:
    for command in list_commands(capsys):
        with pytest.raises(SystemExit) as ended:
            cli.main([command, "--help"])
        text = capsys.readouterr().out
        assert ended.value.code == 0
        assert f"coop {command}" in text.partition("Ví dụ")[2], command


def test_every_command_that_others_read_speaks_json(capsys: Capture) -> None:
    for command in {"run", "check", "sample"}:
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [[], ["nosuch"], ["check"], ["run", "--nosuch"], ["run", "extra"], ["ui", "--port", "abc"], ["sample", "a", "b"]],
    ids=" ".join,
)
def test_wrong_usage_is_2(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage: coop" in capsys.readouterr().err


# ---- check


def test_a_clean_workbook(clean: Path, capsys: Capture) -> None:
    assert cli.main(["check", str(clean)]) == 0
    out = capsys.readouterr().out
    assert clean.name in out  # brackets are no markup
    assert "Đơn vị báo cáo: 152" in out
    assert "Kỳ: 2021" in out
    assert "1 dòng nhận, 0 dòng loại" in out
    assert "Không có lỗi" in out


def test_a_workbook_with_errors(dirty: Path, capsys: Capture) -> None:
    assert cli.main(["check", str(dirty)]) == 1
    out = capsys.readouterr().out
    assert "LỖI" in out
    assert "B6" in out
    assert "F7" in out
    assert "2 dòng nhận, 1 dòng loại" in out
    assert "Có 1 lỗi" in out


def test_warnings_alone_are_0(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["check", str(write_register(tmp_path / "a.xlsx", [*SOUND[:4], 40, 2230]))]) == 0
    assert "1 cảnh báo" in capsys.readouterr().out


def test_json_of_a_check(clean: Path, dirty: Path, capsys: Capture) -> None:
    assert cli.main(["check", str(clean), str(dirty), "--json"]) == 1
    first, second = said_json(capsys)
    assert (first["file"], first["reporter"], first["period"], first["errors"], first["issues"]) == (
        str(clean),
        "152",
        "2021",
        0,
        [],
    )
    assert first["forms"] == [{"form": "cooperative_reports", "sheet": "DS HTX", "data_accepted": 1, "data_rejected": 0}]
    assert second["errors"] == 1
    assert [(i["severity"], i["code"], i["sheet"], i["cell"], i["row_number"]) for i in second["issues"]] == [
        ("error", "value_missing", "DS HTX", "B6", 6), ("warning", "rule_broken", "DS HTX", "F7", 7),
    ]  # fmt: skip
    assert all(i["message_vi"] and i["message_en"] and i["hint_vi"] for i in second["issues"])


def test_foreign_files(tmp_path: Path, capsys: Capture) -> None:
    foreign = {
        "thu.docx": b"a letter",
        "anh.xlsx": b"\xff\xd8\xff\xe0 a photograph",
        "rong.xlsx": b"",
        "cut.xlsx": b"PK\x03\x04" + bytes(500),
    }
    for name, content in foreign.items():
        (tmp_path / name).write_bytes(content)
    assert cli.main(["check", *(str(tmp_path / name) for name in foreign), "--json"]) == 1
    for found in said_json(capsys):
        (issue,) = found["issues"]
        assert (issue["severity"], issue["code"] in ("file_unreadable", "file_not_workbook")) == ("error", True)


def test_a_locked_workbook(tmp_path: Path, capsys: Capture) -> None:
    path = shutil.copy(ENCRYPTED, tmp_path)
    assert cli.main(["check", str(path), "--json"]) == 1
    (found,) = said_json(capsys)
    assert [issue["code"] for issue in found["issues"]] == ["file_encrypted"]


@pytest.mark.parametrize(
    ("name", "beside", "sentence"),
    [
        ("nosuch.xlsx", True, "không thấy tệp nosuch.xlsx (there is no such file)"),
        ("nosuch.xlsx", False, "không thấy tệp nosuch.xlsx (there is no such file)"),
        (".", False, '. là thư mục; hãy nêu từng tệp trong đó, ví dụ coop check "'),
        ("/dev/null", False, "/dev/null không phải là tệp"),
    ],
)
def test_a_missing_file_is_wrong_usage(clean: Path, name: str, beside: bool, sentence: str, capsys: Capture) -> None:
    """Said in one line; a workbook beside it is answered all the same."""
    assert cli.main(["check", name, *[str(clean)] * beside]) == 2
    said = capsys.readouterr()
    assert ("Không có lỗi" in said.out) == beside
    assert said.err.startswith(f"coop check: {sentence}")
    assert len(said.err.splitlines()) == 1


def test_a_folder_is_answered_by_a_file_in_it(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "2021" / "Lạc Thủy").mkdir(parents=True)
    write_register(tmp_path / "2021" / "Lạc Thủy" / "a.xlsx", SOUND)
    assert cli.main(["check", str(tmp_path / "2021")]) == 2
    assert f'ví dụ coop check "{tmp_path / "2021" / "Lạc Thủy" / "a.xlsx"}"' in capsys.readouterr().err


def test_a_blank_template_is_told_that_it_is_blank(tmp_path: Path, capsys: Capture) -> None:
    blank = tmp_path / "a.xlsx"
    assert cli.main(["template", "--district", "17-XTTM", "--period", "2021", "-o", str(blank)]) == 0
    capsys.readouterr()
    assert cli.main(["check", str(blank)]) == 0
    told = capsys.readouterr().out
    assert "chưa có dòng số liệu nào" in told
    assert "có thể gửi" not in told


def test_a_workbook_of_nobody(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["check", str(write_register(tmp_path / "a.xlsx", SOUND, office="")), "--json"]) == 1
    (found,) = said_json(capsys)
    assert found["reporter"] is None
    assert "reporter_unknown" in [issue["code"] for issue in found["issues"]]


def test_a_workbook_without_any_form(tmp_path: Path, capsys: Capture) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "a.xlsx")
    assert book.active is not None
    book.active.append(["Không phát sinh"])
    book.save(tmp_path / "b.xlsx")
    assert cli.main(["check", str(tmp_path / "a.xlsx"), str(tmp_path / "b.xlsx"), "--json", "--no-copy"]) == 1
    for found in said_json(capsys):
        assert [(issue["code"], issue["severity"]) for issue in found["issues"]][:1] == [("sheet_unrecognised", "error")]


def test_check_leaves_everything_as_it_was(dirty: Path, elsewhere: Path) -> None:
    before = dirty.read_bytes()
    cli.main(["check", str(dirty)])
    assert dirty.read_bytes() == before
    assert not (elsewhere / "warehouse").exists()


def test_what_is_wrong_is_marked_in_a_copy(dirty: Path, clean: Path, capsys: Capture) -> None:
    """Contract §1: beside the issues, the workbook back with the wrong cells marked."""
    cli.main(["check", str(clean), str(dirty), "--json"])
    first, second = said_json(capsys)
    assert first["marked"] is None
    page = openpyxl.load_workbook(second["marked"])["DS HTX"]
    assert page["B8"].value == SOUND[0]
    for cell in ("B6", "F7"):
        assert page[cell].comment is not None, cell
        assert page[cell].fill.fgColor.rgb not in (None, "00000000"), cell


def test_marked_copies_of_one_name_stand_beside_each_other(tmp_path: Path, capsys: Capture) -> None:
    """One from the folder of each period, as districts name them."""
    paths = [tmp_path / period / "Bieu.xlsx" for period in ("a", "b", "c")]
    for path in paths:
        write_register(path, [None, path.parent.name, *SOUND[2:]])
    cli.main(["check", *map(str, paths), "--json", "-o", str(tmp_path / "out")])
    copies = [Path(said["marked"]) for said in said_json(capsys)]
    assert sorted(copy.name for copy in copies) == [f"Bieu - da kiem tra{number}.xlsx" for number in (" (2)", " (3)", "")]
    assert [openpyxl.load_workbook(copy)["DS HTX"]["C6"].value for copy in copies] == ["a", "b", "c"]


def test_a_marked_copy_overwrites_nothing(dirty: Path, elsewhere: Path, capsys: Capture) -> None:
    """Neither an input of that name nor a copy in which somebody mended the cells; the same copy is not written twice."""
    mended = elsewhere / "dirty - da kiem tra.xlsx"
    shutil.copy(dirty, mended)
    before = mended.read_bytes()
    for _ in range(2):
        cli.main(["check", str(dirty), "--json"])
        assert Path(said_json(capsys)[0]["marked"]).name == "dirty - da kiem tra (2).xlsx"
    assert mended.read_bytes() == before
    assert len([*elsewhere.iterdir()]) == 2


def test_long_names(dirty: Path, tmp_path: Path, capsys: Capture) -> None:
    long = dirty.rename(tmp_path / f"{'Biểu ' * 35}.xlsx")
    beyond = tmp_path / f"{'y' * 300}.xlsx"
    assert cli.main(["check", str(beyond), str(long), "--json"]) == 2
    out, err = capsys.readouterr()
    assert Path(json.loads(out)[0]["marked"]).exists()
    assert "File name too long" in err
    assert len(err.splitlines()) == 1


def test_a_child_that_fails_to_mark_costs_the_marked_copy_alone(dirty: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dying(Pool[Task | MarkTask, Parsed | bytes]):
        def begin(self, tasks: Sequence[Task | MarkTask]) -> None:
            self.marks = [task for task in tasks if isinstance(task, MarkTask)]
            super().begin([] if self.marks else tasks)

        def outcomes(self) -> Iterator[tuple[int, Outcome[Parsed | bytes]]]:
            yield from super().outcomes()
            yield from enumerate(Outcome[Parsed | bytes](None, "died") for _ in self.marks)

    monkeypatch.setattr(checking, "Pool", Dying)
    assert cli.main(["check", str(dirty)]) == 1
    out = capsys.readouterr().out
    assert "Có 1 lỗi" in out
    assert "Không đánh dấu được" in out
    assert not [path for path in Path().glob("*.xlsx") if "da kiem tra" in path.name]


def test_a_workbook_that_is_too_much_to_judge_costs_only_its_own_answer(
    dirty: Path, clean: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = checking.judge_alone
    fills, computes, loops = (Path(shutil.copy(clean, tmp_path / name)) for name in ("fills.xlsx", "computes.xlsx", "loops.xlsx"))

    def take_much(connection: duckdb.DuckDBPyConnection, path: Path, *given: Any) -> None:
        judge(connection, path, *given)
        if path == fills:
            raise duckdb.OutOfMemoryException("Out of Memory Error: could not allocate block")
        if path == computes:
            connection.execute("select sum(a.range * b.range) from range(1_000_000_000) a, range(1000) b").fetchall()
        while path == loops:
            pass

    monkeypatch.setattr(checking, "judge_alone", take_much)
    monkeypatch.setenv("COOP_FILE_SECONDS", "1")
    assert cli.main(["check", *map(str, (fills, computes, loops, dirty)), "--json", "--no-copy"]) == 1
    *refused, judged = said_json(capsys)
    assert [issue["code"] for one in refused for issue in one["issues"]] == ["file_too_large"] * 3
    assert ["too long" in one["issues"][0]["message_en"] for one in refused] == [False, True, True]
    assert (judged["period"], judged["errors"]) == ("2021", 1)


def test_a_full_disk_is_said_with_its_place(dirty: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "write_bytes", Mock(side_effect=OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
    assert cli.main(["check", str(dirty), "-o", "marked"]) == 2
    assert capsys.readouterr().err.startswith("coop check: marked/dirty - da kiem tra.xlsx: No space left on device")


def test_stopped_while_it_judges(dirty: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB ends its statement and raises an error of its own where Ctrl-C is pressed."""

    def press(*_: object) -> None:
        threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
        with duckdb.connect(config={"threads": 1}) as alone:  # with several, DuckDB goes on with what was stopped
            alone.execute("select sum(a.range * b.range) from range(1_000_000_000) a, range(1000) b").fetchall()

    monkeypatch.setattr(checking, "judge_alone", press)
    assert cli.main(["check", str(dirty)]) == 1
    assert capsys.readouterr().err.strip() == "Đã dừng. (Stopped.)"


def test_an_html_table_comes_back_marked_as_xlsx(tmp_path: Path, capsys: Capture) -> None:
    """The marked copy is made in a child that may write no file, not even a temporary one."""
    path = tmp_path / "a.xls"
    path.write_text("<html><table><tr><td>TT</td><td>Người trực</td></tr><tr><td>1</td><td>abc</td></tr></table></html>", encoding="utf-8")
    cli.main(["check", "--json", "-o", str(tmp_path / "out"), str(path)])
    [said] = said_json(capsys)
    assert "sheet_unrecognised" in {issue["code"] for issue in said["issues"]}
    assert openpyxl.load_workbook(said["marked"]).sheetnames == ["Kết quả kiểm tra", "Table 1"]


def test_equal_mistakes_are_one_line(tmp_path: Path, capsys: Capture) -> None:
    path = write_register(tmp_path / "a.xlsx", *([f"HTX Số {n}", *SOUND[1:4], 40, 2230] for n in range(1, 250)))
    cli.main(["check", "--json", str(path)])
    [said] = said_json(capsys)
    assert sum(issue["code"] == "rule_broken" for issue in said["issues"]) == 249
    cli.main(["check", "--no-copy", str(path)])
    shown = " ".join(capsys.readouterr().out.split())
    assert "248 ô khác" in shown.replace("│ ", "")


@pytest.mark.parametrize("sample", ["2019/Mai Châu/Bao cao KTTT Mai Chau 2019.ods", "2020/dabac/baocao_htx_dabac_2020.xlsm"])
def test_samples_are_checked_like_any(sample: str, tmp_path: Path, capsys: Capture) -> None:
    code = cli.main(["check", str(shutil.copy(SAMPLES / sample, tmp_path)), "--json"])
    (found,) = said_json(capsys)
    assert code == (1 if found["errors"] else 0)
    assert len(found["forms"]) >= 5
    assert found["period"] == sample[:4]


# ---- in a process of its own


def coop(*arguments: str, before: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    code = f"import sys\n{before}\nfrom coop_pipeline.cli import main\ncode = main(sys.argv[1:])\n"
    code += "print('MODULES', *sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)\nsys.exit(code)"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), **variables}
    return subprocess.run([sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, timeout=120)


def test_check_starts_no_dagster(dirty: Path) -> None:
    done = coop("check", str(dirty))
    assert done.returncode == 1
    modules = done.stderr.rpartition("MODULES ")[2].split()
    assert "rich" in modules
    assert {"dagster", "dagster_webserver", "pandas"} & set(modules) == set()


def test_a_console_without_vietnamese(dirty: Path) -> None:
    """A server without a locale."""
    done = coop("check", str(dirty), LC_ALL="C")
    assert "Traceback" not in done.stderr
    assert done.returncode == 1


def test_a_reader_that_goes_away(clean: Path) -> None:
    """coop check … | head"""
    command = f'"{sys.executable}" -m coop_pipeline.cli check "{clean}" --json | true'
    done = subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_run_mistakes_cost_no_dagster(tmp_path: Path, elsewhere: Path) -> None:
    missing = coop("run", "--raw", str(tmp_path / "nosuch"))
    assert missing.returncode == 2
    assert "nosuch" in missing.stderr
    assert "Traceback" not in missing.stderr
    assert "dagster" not in missing.stderr.rpartition("MODULES ")[2].split()
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("place", ["a file", "below a file"])
def test_a_warehouse_that_cannot_be(tmp_path: Path, place: str, capsys: Capture) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "warehouse").write_text("a file")
    target = tmp_path / "warehouse" / ("" if place == "a file" else "deeper")
    assert cli.main(["run", "--raw", str(tmp_path / "raw"), "--warehouse", str(target)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("command", ["run", "release", "rollback"])
def test_a_warehouse_that_cannot_be_written(tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Root writes everywhere: the file system's refusal is made up."""

    def refuse(path: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    (tmp_path / "raw").mkdir()
    (tmp_path / "warehouse").mkdir()
    monkeypatch.setattr(Path, "touch", refuse)
    monkeypatch.setenv("COOP_RAW", str(tmp_path / "raw"))
    assert cli.main([command, "--warehouse", str(tmp_path / "warehouse")]) == 1
    said = capsys.readouterr().err
    assert (
        said == f"coop {command}: không ghi được vào {tmp_path}/warehouse: Read-only file system (the warehouse folder cannot be written)\n"
    )


def test_what_has_to_be_seen_is_shown_while_it_runs(capsys: Capture) -> None:
    watch = Watch(Console())
    watch.on_event(Progress("asset", "intake__arrivals", "intake/arrivals", metadata={"Tệp không còn": "2 tệp: [b]2021/", "Số giây": 1.5}))
    assert capsys.readouterr().out == "  ! 2 tệp: [b]2021/\n"


# ---- sample


def test_a_template_overwrites_nothing_unasked(tmp_path: Path, elsewhere: Path, capsys: Capture) -> None:
    target = tmp_path / "bieu.xlsx"
    target.write_bytes(b"filled in")
    asked = ["template", "--district", "152", "--period", "2022", "-o", str(target)]
    assert cli.main(asked) == 2
    assert "--force" in capsys.readouterr().err
    assert target.read_bytes() == b"filled in"
    assert cli.main([*asked, "--force"]) == 0
    assert target.read_bytes()[:2] == b"PK"
    asked.pop()
    for place, sentence in (("bieu.docx", "đuôi tệp .docx: biểu mẫu là tệp Excel"), (".", ". là thư mục; hãy ghi cả tên tệp")):
        capsys.readouterr()
        assert cli.main([*asked, place, "--force"]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"coop template: {sentence}")
        assert len(said.splitlines()) == 1


def test_sample_says_what_it_wrote(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing itself is test_samples.py's; it takes a while."""
    from coop_pipeline import samples

    monkeypatch.setattr(samples, "write_samples", lambda folder, force: [folder / "a.xlsx", folder / "b.xlsx"])
    assert cli.main(["sample", str(tmp_path)]) == 0
    assert "2 tệp mẫu" in capsys.readouterr().out
    assert cli.main(["sample", str(tmp_path), "--json"]) == 0
    assert said_json(capsys) == [str(tmp_path / "a.xlsx"), str(tmp_path / "b.xlsx")]


def test_sample_where_it_cannot_write(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    from coop_pipeline import samples

    def write(folder: Path, force: bool) -> list[Path]:
        (folder / "2021").mkdir(parents=True)
        return []

    monkeypatch.setattr(samples, "write_samples", write)
    (tmp_path / "file").write_text("")
    assert cli.main(["sample", str(tmp_path / "file")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


# ---- settings


def test_where_things_are(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments, then the environment, then the folders of the project."""
    settings = load_settings()
    assert (settings.raw, settings.warehouse) == (elsewhere / "data" / "raw", elsewhere / "warehouse")
    assert settings.corrections == elsewhere / "data" / "corrections"
    assert settings.target == elsewhere / "warehouse" / "coop.duckdb"
    monkeypatch.setenv("COOP_RAW", "/somewhere/raw")
    monkeypatch.setenv("COOP_WAREHOUSE", "relative")
    settings = load_settings()
    assert (settings.raw, settings.warehouse) == (Path("/somewhere/raw"), elsewhere / "relative")
    assert settings.corrections == Path("/somewhere/corrections")
    assert settings.workers >= 1
    assert load_settings("here", "there").raw == elsewhere / "here"


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("COOP_WORKERS", "abc", "số nguyên từ 1 trở lên"),
        ("COOP_MAX_FILE_MB", "-1", "số nguyên từ 1 trở lên"),
        ("COOP_KEEP_VERSIONS", "0", "số nguyên từ 1 trở lên"),
        ("COOP_FILE_SECONDS", "1\n2", "số nguyên từ 1 trở lên"),
        ("COOP_ENGINE", "nonsense", "dask://máy:8786"),
        ("COOP_ENGINE", "dask://scheduler", "dask://máy:8786"),
        ("COOP_SHARED", "mnt/share", "đường dẫn đầy đủ bắt đầu bằng /"),
        ("COOP_PUBLISH", "s3:/kho", "ví dụ s3://kho/coop"),
        ("COOP_PUBLISH", "s3:/an:matkhau@kho", "ví dụ s3://kho/coop"),
    ],
)
def test_a_variable_that_says_nothing_of_use(
    variable: str, value: str, expected: str, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Said at the start in one line, whether or not this run would need it."""
    monkeypatch.setenv(variable, value)
    (elsewhere / "data" / "raw").mkdir(parents=True)
    for command in (["run"], ["check", "nosuch.xlsx"], ["ui"]):
        assert cli.main(command) == 2
        said = capsys.readouterr().err
        shown = value.replace("s3:/an:matkhau@", "…@")
        assert said.startswith(f"coop {command[0]}: Biến {variable}={shown!r} không dùng được: ")
        assert expected in said
        assert "(This variable must be " in said
        assert len(said.splitlines()) == 1
    assert not (elsewhere / "warehouse").exists()


@pytest.mark.parametrize(
    ("alone", "value", "missing"),
    [
        ("COOP_ENGINE", "dask://scheduler:8786", "COOP_SHARED"), ("COOP_SHARED", "/mnt/share", "COOP_ENGINE"),
        ("COOP_LAKE", "postgresql://coop@lake/coop", "COOP_LAKE_DATA"), ("COOP_LAKE_DATA", "/mnt/lake", "COOP_LAKE"),
    ],
)  # fmt: skip
def test_a_variable_that_is_of_no_use_alone(alone: str, value: str, missing: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv(alone, value)
    assert cli.main(["run"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("coop run: Phải đặt cả ")
    assert alone in line
    assert missing in line


def test_variables_that_are_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder may be a plain path; a number may have blanks around it, and nothing at all is the default."""
    for variable, value in {
        "COOP_SHARED": "/mnt/share", "COOP_PUBLISH": "s3://kho/published", "COOP_ENGINE": "dask://scheduler:8786", "COOP_WORKERS": " 3 ",
        "COOP_MAX_ROWS": "500", "COOP_KEEP_VERSIONS": "",
    }.items():  # fmt: skip
        monkeypatch.setenv(variable, value)
    settings = load_settings()
    assert (settings.shared, settings.publish_url, settings.engine) == ("file:///mnt/share", "s3://kho/published", "dask://scheduler:8786")
    assert (settings.workers, settings.caps, settings.keep_versions) == (3, {"rows": 500}, KEEP_VERSIONS)


def test_a_variable_that_nobody_reads(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A slip is said, and passed over; what a deployment has for itself is its own affair."""
    for name in ("COOP_WAREHOSE", "COOP_BROKER", "COOP_POSTGRES"):
        monkeypatch.setenv(name, "x")
    cli.main(["check", "nosuch.xlsx"])
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("coop check: không có biến COOP_WAREHOSE; có phải là COOP_WAREHOUSE?")
    assert "nosuch.xlsx" in second


def test_every_variable_is_known() -> None:
    read = re.findall(r"COOP_[A-Z_]+", Path(settings_module.__file__).read_text(encoding="utf-8"))
    assert set(read) == {*VARIABLES}
    assert all(read.count(name) > 1 or name in CAPS for name in VARIABLES)
    told = (PROJECT / "docs" / "deployment.md").read_text(encoding="utf-8").partition("## Settings")[2].partition("\n## ")[0]
    shown = set(re.findall(r"COOP_[A-Z_]+", told))
    assert {name for name in VARIABLES if not name.startswith(("COOP_MAX_", "COOP_FILE_"))} | {"COOP_MAX_", "COOP_FILE_"} == shown
