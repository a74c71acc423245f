"""Hold, release and roll back: what stands, what is held, what is kept; and that a kill at any step leaves it whole."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from coop_pipeline import stages, taking
from coop_pipeline.cli import main
from coop_pipeline.definitions import defs
from coop_pipeline.outputs.console import show_summary
from coop_pipeline.settings import Settings
from coop_pipeline.store.comparison import compare
from coop_pipeline.store.publications import HELD, LEDGER, PREVIOUS, Publications, show_moment
from coop_pipeline.store.publish import PublishError, hold, publish, release, roll_back
from coop_pipeline.store.warehouse import open_working
from tests.by_hand import draw_dots
from tests.conftest import ALL

PROJECT = Path(__file__).parents[1]
KEEP = 3


@pytest.fixture
def working(tmp_path: Path) -> Path:
    path = tmp_path / "working.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create schema core; create table core.loans (version integer); insert into core.loans select 0 from range(2000)"
        )
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "warehouse" / "coop.duckdb"


@pytest.fixture
def make(working: Path, target: Path) -> Callable[..., str]:
    """Publishes or holds a file whose rows all carry the number; returns the name of its version."""

    def make(number: int, what: Callable[..., object] = publish) -> str:
        with duckdb.connect(str(working)) as connection:
            connection.execute("update core.loans set version = ?", [number])
        options = {"keep": KEEP} if what is publish else {}
        made = what(working, target, ["core"], run=f"run {number}", state=f"state {number}", **options)
        return str(made.version)  # type: ignore[attr-defined]

    return make


def number_of(path: Path) -> int:
    """The number that all rows of a file carry."""
    with duckdb.connect(str(path), read_only=True) as reader:
        [(rows, low, high)] = reader.execute("select count(*), min(version), max(version) from core.loans").fetchall()
    assert (rows, low) == (2000, high)
    return int(low)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def everything(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): digest(path) for path in sorted(folder.rglob("*")) if path.is_file()}


# ---- hold and release


def test_a_hold_publishes_nothing_and_a_release_its_very_bytes(make: Callable[..., str], target: Path) -> None:
    first = make(1)
    before = target.stat().st_ino, digest(target)
    second = make(2, hold)
    assert (target.stat().st_ino, digest(target)) == before
    shelf = Publications(target)
    held = shelf.held()
    assert held is not None
    assert number_of(held) == 2
    assert stat.S_IMODE(held.stat().st_mode) == 0o444
    bytes_held = digest(held)
    Path(f"{target}.wal").write_bytes(b"left by somebody")
    entry = release(target, KEEP, run="the chief's")
    assert (entry.action, entry.version, entry.replaced, entry.run, entry.state) == ("released", second, first, "the chief's", "state 2")
    assert digest(target) == bytes_held == entry.sha256
    assert stat.S_IMODE(target.stat().st_mode) == 0o444
    assert shelf.held() is None
    assert number_of(shelf.kept()[first]) == 1
    assert sorted(everything(target.parent)) == ["coop.duckdb", f"previous/coop-{first}.duckdb", LEDGER]
    assert [(e.action, e.version, e.done) for e in shelf.entries()] == [
        ("published", first, True),
        ("held", second, True),
        ("released", second, True),
    ]


def test_a_first_version_can_be_held_too(make: Callable[..., str], target: Path) -> None:
    make(1, hold)
    assert not target.exists()
    release(target, KEEP)
    assert number_of(target) == 1


def test_a_newer_hold_takes_the_older_one_s_place(make: Callable[..., str], target: Path) -> None:
    make(1)
    old, new = make(2, hold), make(3, hold)
    assert [path.name for path in (target.parent / HELD).iterdir()] == [f"coop-{new}.duckdb"]
    assert Publications(target).entries()[-1].replaced == old
    with pytest.raises(PublishError, match=f"Bản đang tạm giữ là {new}, không phải {old}"):
        release(target, KEEP, old)
    assert number_of(target) == 1
    release(target, KEEP, new)
    assert number_of(target) == 3


def test_a_release_of_nothing_changes_nothing(make: Callable[..., str], target: Path) -> None:
    make(1)
    before = everything(target.parent)
    with pytest.raises(PublishError, match=r"^Không có bản nào đang tạm giữ"):
        release(target, KEEP)
    assert everything(target.parent) == before


def test_what_was_changed_since_is_not_published(make: Callable[..., str], target: Path) -> None:
    first, second = make(1), make(2)
    make(3, hold)
    for path, move in ((Publications(target).held(), release), (Publications(target).kept()[first], roll_back)):
        assert path is not None
        path.chmod(0o644)
        with duckdb.connect(str(path)) as writer:
            writer.execute("update core.loans set version = 99")
        with pytest.raises(PublishError, match="đã bị thay đổi"):
            move(target, KEEP)
        assert (Publications(target).standing(), number_of(target)) == (second, 2)


# ---- roll back


def test_back_and_forth(make: Callable[..., str], target: Path) -> None:
    one, two, three = make(1), make(2), make(3)
    shelf = Publications(target)
    assert shelf.earlier() == [one, two]
    assert roll_back(target, KEEP).version == two
    assert (number_of(target), list(shelf.kept())) == (2, [one, three])
    held = shelf.held()
    assert held is not None
    assert number_of(held) == 3, "what was taken back waits for a release"
    assert roll_back(target, KEEP).version == one, "further back, and not forward again"
    assert shelf.held() == held
    before = everything(target.parent)
    with pytest.raises(PublishError, match=rf"^Không có bản công bố nào cũ hơn để quay lại; có thể chọn: {three} .*, {two} "):
        roll_back(target, KEEP)
    assert everything(target.parent) == before
    assert roll_back(target, KEEP, three).version == three
    assert (number_of(target), list(shelf.kept()), shelf.held()) == (3, [one, two], None), "forward again ends the hold"


def test_what_was_rolled_back_is_not_gone_back_to(make: Callable[..., str], target: Path) -> None:
    """One, two, back to one, three: before three stood one. Two was taken back for a reason; by name it can be had."""
    one, two = make(1), make(2)
    roll_back(target, KEEP)
    three = make(3, hold)
    release(target, KEEP)
    shelf = Publications(target)
    assert (shelf.standing(), list(shelf.kept()), shelf.earlier()) == (three, [one, two], [one])
    assert roll_back(target, KEEP).version == one
    assert roll_back(target, KEEP, two[:-4]).version == two, "the beginning of a name will do"


def test_a_hold_that_was_there_before_a_roll_back_stays(make: Callable[..., str], target: Path) -> None:
    make(1), make(2), make(3, hold)
    roll_back(target, KEEP)
    held = Publications(target).held()
    assert held is not None
    assert number_of(held) == 3
    release(target, KEEP)
    assert number_of(target) == 3


def test_names_that_are_not_there(make: Callable[..., str], target: Path) -> None:
    one = make(1)
    with pytest.raises(PublishError, match="Không có bản công bố nào khác được lưu"):
        roll_back(target, KEEP, "20")
    two = make(2)
    make(3)
    before = everything(target.parent)
    with pytest.raises(PublishError, match=rf"Không có bản nào tên là '\.\./x'; có thể chọn: {two} \({show_moment(two)}\), {one} "):
        roll_back(target, KEEP, "../x")
    with pytest.raises(PublishError, match="2 bản có tên bắt đầu bằng '20'"):
        roll_back(target, KEEP, "20")
    assert everything(target.parent) == before


def test_rolled_back_versions_go_first(make: Callable[..., str], target: Path) -> None:
    one, two, three = make(1), make(2), make(3)
    roll_back(target, KEEP, one)
    make(4, hold)
    four = release(target, KEEP).version
    shelf = Publications(target)
    assert list(shelf.kept()) == [one, two, three]
    make(5)
    assert list(shelf.kept()) == [one, three, four], "two was rolled back and is older than three"
    make(6)
    make(7)
    assert shelf.earlier() == list(shelf.kept())
    assert one not in shelf.kept()


def test_without_a_ledger_the_files_count(make: Callable[..., str], target: Path) -> None:
    one, two, three = make(1), make(2), make(3)
    (target.parent / LEDGER).write_text('[{"edited": "by hand"}')
    shelf = Publications(target)
    assert (shelf.entries(), shelf.earlier(), shelf.state_of(target)) == ([], [one, two], "")
    assert roll_back(target, KEEP).version == two
    assert (shelf.earlier(), list(shelf.kept())) == ([one], [one, three])
    (target.parent / PREVIOUS / "coop-Bản sao.duckdb").write_text("of somebody's")
    assert list(shelf.kept()) == [one, three]


# ---- killed at any step

KILLED = """
import os, shutil, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import duckdb
from coop_pipeline.store.publish import hold, publish, release, roll_back
working, template, folder, what = Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5]

def move(target):
    if what in ("publish", "hold"):
        {"publish": publish, "hold": hold}[what](working, target, ["core"], state="new")
    else:
        {"release": release, "roll_back": roll_back}[what](target, 3)

for step in range(int(sys.argv[6]), 200, int(sys.argv[7])):
    warehouse = folder / str(step)
    shutil.copytree(template, warehouse, copy_function=shutil.copy2)
    child = os.fork()
    if not child:
        left = step
        def count(event, arguments, events=("open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.chmod")):
            global left
            if event in events and str(warehouse) in str(arguments[:2]):
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
        sys.addaudithook(count)
        move(warehouse / "coop.duckdb")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status == 0:
        shutil.rmtree(warehouse)
        break
    assert os.WTERMSIG(status) == signal.SIGKILL, status
"""


@pytest.mark.parametrize("what", ["publish", "hold", "release", "roll_back"])
def test_killed_at_any_step(what: str, make: Callable[..., str], working: Path, target: Path, tmp_path: Path) -> None:
    """Before a change of a name or an opening of a file there: each sixth of them, others each day, or all with COOP_TEST_ALL=1.
    The old file or the new one stands, and so says the ledger; the movement can be done again, and afterwards nothing is left of
    the killed one.
    """
    make(1)
    make(2)
    if what == "release":
        make(3, hold)
    else:
        with duckdb.connect(str(working)) as connection:
            connection.execute("update core.loans set version = 3")
    result = {"publish": 3, "hold": 2, "release": 3, "roll_back": 1}[what]
    command = [sys.executable, "-c", KILLED, str(PROJECT), str(working), str(target.parent), str(tmp_path / "killed"), what]
    every = 1 if ALL else 6
    command += [str(dt.date.today().toordinal() % every), str(every)]
    subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    killed = list((tmp_path / "killed").iterdir())
    assert len(killed) > 8 // every
    seen = set()
    for folder in killed:
        here = folder / "coop.duckdb"
        shelf = Publications(here)
        number = number_of(here)
        seen.add(number)
        assert number in (2, result)
        moves = [entry for entry in shelf.entries() if entry.action != "held"]
        assert moves[-1].version == shelf.standing()
        held = shelf.held()
        assert held is None or number_of(held) in (2, 3)
        if what == "release":
            assert (held is None) == (number == 3), "released and held at once, or neither"
        if what == "roll_back" and number == 1:
            assert held is not None, "an automatic run would publish over it"
        if number == 2 or what == "hold":
            finish(what, working, here)
        assert number_of(here) == result
        if what in ("publish", "release"):
            assert shelf.held() is None
        else:
            assert [number_of(path) for path in shelf.list_files(HELD)] == [3 if what == "hold" else 2]
        publish(working, here, ["core"], keep=3)
        assert list((here.parent / ".publishing").iterdir()) == []
        assert all(entry.done for entry in shelf.entries())
        assert len({entry.version for entry in shelf.entries() if entry.action != "held"} - {shelf.standing()}) <= 4
    assert seen == {2, result} or every > 1


def finish(what: str, working: Path, target: Path) -> None:
    if what == "publish":
        publish(working, target, ["core"], state="new")
    elif what == "hold":
        hold(working, target, ["core"], state="new")
    elif what == "release":
        release(target, 3)
    else:
        roll_back(target, 3)


READER = """
import pathlib, sys, time, duckdb
target, until = sys.argv[1], sys.argv[2]
print("ready", flush=True)
seen = []
while not pathlib.Path(until).exists():
    connection = duckdb.connect(target, read_only=True)
    rows, low, high = connection.execute("select count(*), min(version), max(version) from core.loans").fetchone()
    assert rows == 2000 and low == high, (rows, low, high)
    connection.close()
    seen.append(low)
    time.sleep(0.01)
print(len(seen), *sorted(set(seen)))
"""


def test_readers_see_whole_files_during_releases_and_roll_backs(make: Callable[..., str], target: Path, tmp_path: Path) -> None:
    make(0)
    until = tmp_path / "enough"
    command = [sys.executable, "-c", READER, str(target), str(until)]
    reader = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        for number in range(1, 11):
            make(number, hold)
            release(target, KEEP)
            roll_back(target, KEEP)
            release(target, KEEP)
        until.touch()
        said, noise = reader.communicate(timeout=60)
        assert reader.returncode == 0, noise
        reads, *numbers = (int(word) for word in said.split())
        assert reads > 20
        assert len(numbers) > 3
    finally:
        reader.kill()
        reader.communicate()


# ---- the rule: a hold stays in force until it is released


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    raw = tmp_path / "project" / "raw"
    shutil.copytree(PROJECT / "data" / "raw" / "2021" / "XTTM", raw / "2021" / "XTTM")
    return Settings(raw, tmp_path / "project" / "warehouse", tmp_path / "project" / "corrections", workers=1)


def run(settings: Settings, *, hold_back: bool = False) -> stages.Publication:
    with open_working(settings.working) as connection:
        files = stages.load_corrections(settings)
        taking.take_in(settings, connection, files.corrections)
        stages.build_core(connection, files)
        stages.build_marts(connection)
        return stages.publish_tables(settings, connection, run_id="a run's", hold_back=hold_back)


def send_again(settings: Settings) -> None:
    """Another workbook comes: an older one under another name, which is enough to make another state."""
    files = sorted(settings.raw.rglob("*.xlsx"))
    shutil.copyfile(files[0], files[0].with_name(f"{len(files)}.xlsx"))


def test_no_run_publishes_while_something_is_held(settings: Settings) -> None:
    run(settings)
    before = digest(settings.target)
    send_again(settings)
    asked = run(settings, hold_back=True)
    assert asked.made is not None
    assert asked.held == asked.made.path
    again = run(settings)
    assert (again.made, again.held) == (None, asked.held), "nothing new: the same file is held"
    send_again(settings)
    renewed = run(settings)
    assert renewed.made is not None
    assert renewed.made.previous == asked.held
    assert renewed.held == renewed.made.path
    assert digest(settings.target) == before
    release(settings.target, KEEP)
    assert run(settings) == stages.Publication(None, None), "what was released is what the run would publish"
    send_again(settings)
    assert run(settings).held is None
    assert Publications(settings.target).entries()[-1].action == "published"


def test_a_working_database_that_is_made_anew_does_not_forget_a_hold(settings: Settings) -> None:
    run(settings)
    run(settings, hold_back=True)
    shutil.rmtree(settings.working.parent)
    assert run(settings).held is not None


def test_no_run_publishes_over_a_roll_back(settings: Settings) -> None:
    run(settings)
    first = digest(settings.target)
    send_again(settings)
    run(settings)
    second = digest(settings.target)
    roll_back(settings.target, KEEP)
    same = run(settings)
    assert same.made is None, "what was rolled back is what is held: nothing to renew"
    assert same.held is not None
    assert digest(same.held) == second
    send_again(settings)
    assert run(settings).made is not None
    assert digest(settings.target) == first
    release(settings.target, KEEP)
    assert digest(settings.target) not in (first, second)
    assert run(settings) == stages.Publication(None, None)


# ---- what it would change


def figures_file(path: Path, *rows: tuple[object, ...]) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema mart;
            create table mart.indicators (indicator_code varchar, period varchar, area_code varchar, breakdown varchar, breakdown_value varchar,
                value decimal(24, 6), unit varchar);
            create table mart.indicator_catalogue as select 'a.b' as indicator_code, 'Dư nợ' as title_vi;
            create table mart.indicator_areas as select '17' as area_code, 'Hòa Bình' as area_name;
            """
        )
        connection.executemany("insert into mart.indicators values (?, ?, ?, ?, ?, ?, 'VND')", [list(row) for row in rows])
    return path


def test_the_difference_of_two_files(tmp_path: Path) -> None:
    same = ("a.b", "2021", "17", "", "", 1)
    old = figures_file(tmp_path / "old", same, ("a.b", "2022", "17", "", "", 2), ("a.b", "2020", "17", "kind", "x", 5))
    new = figures_file(
        tmp_path / "new", same, ("a.b", "2022", "17", "", "", 3), ("z", "2022", "152", "", "", None), ("z", "2023", "152", "", "", 0)
    )
    found = compare(old, new)
    assert [(t.table, t.before, t.after) for t in found.tables if t.changed] == [("mart.indicators", 3, 4)]
    assert [(f.indicator_code, f.title_vi, f.period, f.area, f.before, f.after) for f in found.figures] == [
        ("z", "", "2023", "", None, Decimal(0)),
        ("a.b", "Dư nợ", "2022", "Hòa Bình", Decimal(2), Decimal(3)),
        ("a.b", "Dư nợ", "2020", "Hòa Bình", Decimal(5), None),
    ]
    assert (found.figures_changed, len(compare(old, new, most=1).figures), compare(old, new, most=1).figures_changed) == (3, 1, 3)
    assert compare(old, old).is_none
    assert not compare(old, new).is_none
    first = compare(None, new)
    assert (first.tables[0].before, first.figures_changed) == (None, 3)


# ---- in Dagster and through the command


@pytest.fixture
def told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings as a run finds them."""
    draw_dots(monkeypatch)
    monkeypatch.setenv("COOP_RAW", str(settings.raw))
    monkeypatch.setenv("COOP_WAREHOUSE", str(settings.warehouse))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return settings


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


STEPS = {"coop": "published", "release": "release_held", "roll_back": "put_back"}


def execute(instance: dg.DagsterInstance, job: str, **config: str) -> dg.ExecuteInProcessResult:
    run_config = {"ops": {STEPS[job]: {"config": config}}} if config else {}
    return defs.resolve_job_def(job).execute_in_process(run_config, instance=instance, raise_on_error=False)


def latest(instance: dg.DagsterInstance, name: str) -> dict[str, object]:
    event = instance.get_latest_materialization_event(dg.AssetKey(["published", name]))
    assert event is not None
    assert event.asset_materialization is not None
    return {key: value.value for key, value in event.asset_materialization.metadata.items()}


def test_the_day_of_the_one_who_releases(told: Settings, instance: dg.DagsterInstance) -> None:
    assert execute(instance, "coop").success
    published = latest(instance, "coop")
    assert published["Tệp"] == str(told.target)
    assert published["dagster/uri"] == told.target.as_uri()
    assert published["Dung lượng (byte)"] == told.target.stat().st_size
    assert published["dagster/row_count"]
    assert published["Số bảng"]
    send_again(told)
    assert execute(instance, "coop", choice="hold").success
    held = latest(instance, "held")
    assert latest(instance, "coop") == published, "the published asset was not materialised"
    assert "TẠM GIỮ" in str(held["Các bản"])
    assert "ĐANG CÔNG BỐ" in str(held["Các bản"])
    assert "quality.submissions" in str(held["Bảng đã đổi"]).replace("&#46;", ".")
    assert held["Tệp"] == str(Publications(told.target).held())
    assert execute(instance, "release", version=str(held["Bản"])).success
    assert latest(instance, "coop")["Bản"] == held["Bản"]
    assert execute(instance, "roll_back", version="").success
    assert latest(instance, "coop")["Bản"] == published["Bản"]
    assert "quay lại bản này" in str(latest(instance, "coop")["Các lần công bố, tạm giữ"])
    assert execute(instance, "coop").success
    assert Publications(told.target).standing() == published["Bản"]


def test_what_follows_a_release_does_not_undo_it(
    told: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(told)
    first = Publications(told.target).standing()
    send_again(told)
    run(told, hold_back=True)
    (told.reports).mkdir()
    stale, others = told.reports / "bao-cao-1999.xlsx", told.reports / "bao-cao-1998.xlsx"
    stale.write_bytes(b"withdrawn figures")
    others.write_bytes(b"somebody's own")
    (told.reports / ".reports.json").write_text('{"1999": {"key": "x", "formats": ["xlsx"], "preview": ""}}')

    def fail(settings: Settings) -> None:
        raise OSError(28, "No space left on device", str(settings.export))

    monkeypatch.setattr("coop_pipeline.defs.releases.write_exports", fail)
    assert main(["release"]) == 0
    second = Publications(told.target).standing()
    assert second != first
    assert second in capsys.readouterr().out
    with dg.DagsterInstance.from_config(str(told.state)) as instance:
        assert latest(instance, "coop")["Bản"] == second
        (made,) = instance.get_runs()
        logged = [entry.user_message for entry in instance.all_logs(made.run_id) if entry.dagster_event is None]
        assert any("chưa làm mới được" in message and "Ổ đĩa đã đầy" in message for message in logged)
    assert (stale.exists(), others.exists()) == (False, True)
    written = sorted(path.name for path in told.reports.glob("*.docx"))
    assert written, "the report follows although the exports could not"
    before = (told.reports / ".reports.json").read_text()
    assert main(["rollback"]) == 0
    assert Publications(told.target).standing() == first
    assert (told.reports / ".reports.json").read_text() != before  # of the version that stands again, whether it says anything else or not

    monkeypatch.setattr("coop_pipeline.defs.releases._describe", fail)
    capsys.readouterr()
    assert main(["release"]) == 1
    said = capsys.readouterr().err
    assert f"Đang công bố bản {second}" in said
    assert "Không có gì thay đổi" not in said


def test_a_dry_run_says_what_it_would_change_and_changes_nothing(told: Settings, instance: dg.DagsterInstance) -> None:
    run(told)
    before = everything(told.warehouse)
    send_again(told)
    config = {"ops": {"published": {"config": {"choice": "hold"}}}, "resources": {"warehouse": {"config": {"dry_run": True}}}}
    assert defs.resolve_job_def("coop").execute_in_process(config, instance=instance).success
    for name in ("coop", "held"):
        assert instance.get_latest_materialization_event(dg.AssetKey(["published", name])) is None
    (observed,) = instance.fetch_observations(dg.AssetKey(["published", "coop"]), limit=2).records
    assert observed.asset_observation is not None
    assert "bảng" in str(observed.asset_observation.metadata["Khác bản trước"].value)
    after = everything(told.warehouse)
    assert {name: after[name] for name in before if not name.endswith(".wal")} == {n: before[n] for n in before if not n.endswith(".wal")}
    assert Publications(told.target).held() is None


def test_forms_have_descriptions_in_vietnamese() -> None:
    for job, field in (("coop", "choice"), ("release", "version"), ("roll_back", "version")):
        schema = defs.resolve_job_def(job).get_node_named(STEPS[job]).definition.config_schema.as_field().config_type.fields[field]
        assert "bản" in (schema.description or "") or "công bố" in (schema.description or "")
        assert not schema.is_required


@pytest.mark.parametrize(
    ("command", "sentence"), [("release", "Không có bản nào đang tạm giữ"), ("rollback", "Không có bản công bố nào cũ hơn")]
)
def test_a_command_without_anything_to_do(command: str, sentence: str, told: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    run(told)
    before = everything(told.warehouse / PREVIOUS), digest(told.target)
    assert main([command]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert sentence in said.err
    assert "Không có gì thay đổi" in said.err
    assert (everything(told.warehouse / PREVIOUS), digest(told.target)) == before
    assert main([command, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["done"] is False


def test_commands_hold_release_and_roll_back(told: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit codes too: 1 where a run did not publish though nobody asked it to hold."""

    def coop(*arguments: str) -> tuple[int, dict[str, object]]:
        code = main([*arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    assert coop("run", "--hold")[0] == 0
    assert not told.target.exists()
    code, said = coop("run")
    assert (code, said["published"], said["path"]) == (1, False, str(Publications(told.target).held()))
    code, said = coop("release")
    assert (code, said["done"], said["held"], said["path"]) == (0, True, None, str(told.target))
    released = Publications(told.target).entries()[-1]
    code, said = coop("run", "--hold")
    assert (code, said["published"], said["as_published_since"]) == (0, False, released.at), "held also where nothing differs yet"
    show_summary(said)
    assert f"Số liệu như bản đang công bố từ {show_moment(released.at)}" in capsys.readouterr().out
