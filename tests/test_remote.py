"""What lies beyond one machine: a real Dask scheduler with worker processes, a real S3 server, and each of them failing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from coop_pipeline import stages, taking
from coop_pipeline.remote import RemoteTrouble
from coop_pipeline.remote import cluster as engine
from coop_pipeline.remote.raw import name_places
from coop_pipeline.remote.storage import Storage
from coop_pipeline.settings import Settings, load_settings
from coop_pipeline.store.publish import ordered_checksums
from coop_pipeline.store.warehouse import open_working

PROJECT = Path(__file__).parents[1]
SAMPLES = sorted((PROJECT / "data" / "raw").rglob("*.xls*"))[:6]


def test_keys_that_no_file_system_holds_come_to_a_place_of_their_own() -> None:
    keys = [
        "2021/a.xlsx",
        "2021/b",
        "2021/b/c.xlsx",
        "../../etc/x.xlsx",
        "/etc/y",
        "2021//d.xlsx",
        "2021/./e",
        f"2021/{'ữ' * 200}.xlsx",
        "n\0n",
    ]
    places = name_places(keys)
    assert sorted(places.values()) == sorted(keys)
    assert places["2021/a.xlsx"] == "2021/a.xlsx"
    for place in places:
        parts = place.split("/")
        assert not {"", ".", ".."} & set(parts)
        assert "\0" not in place
        assert all(len(os.fsencode(part)) < 250 for part in parts)
    assert not any(other.startswith(f"{place}/") for place in places for other in places)
    assert next(place for place, key in places.items() if key == keys[7]).endswith(".xlsx")


def test_addresses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COOP_RAW", "s3://kho/raw")
    far = load_settings()
    assert (far.raw_url, far.raw, far.corrections) == ("s3://kho/raw", tmp_path / "warehouse/work/raw", tmp_path / "data/corrections")
    monkeypatch.setenv("COOP_RAW", f"file://{tmp_path}/raw")
    near = load_settings()
    assert (near.raw_url, near.raw, near.corrections) == ("", tmp_path / "raw", tmp_path / "corrections")
    with pytest.raises(RemoteTrouble):
        taking.open_engine(replace(near, engine="dask://x:1", shared="nosuch://x"))


# --- servers ----------------------------------------------------------------------------------------------------------


def wait_until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass
class Cluster:
    address: str
    folder: Path
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]

    def add_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"worker-{len(self.workers)}.log").open("wb")
        command = [sys.executable, "-m", "distributed.cli.dask_worker", self.address.replace("dask:", "tcp:"),
                   "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self.folder)]  # fmt: skip
        path = os.pathsep.join([environment.pop("package", ""), str(PROJECT)])
        started = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path, **environment}, stdout=log, stderr=log, cwd=self.folder)
        self.workers.append(started)
        return started

    def count(self) -> int:
        from distributed import Client

        with Client(self.address.replace("dask:", "tcp:"), timeout=30, set_as_default=False) as client:
            return len(client.nthreads())


@pytest.fixture(scope="module")
def cluster(bucket: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("cluster")
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-dashboard",
        "--no-jupyter",
    ]
    with (folder / "scheduler.log").open("wb") as log:
        scheduler = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    made = Cluster(f"dask://127.0.0.1:{port}", folder, scheduler, [])
    made.add_worker()
    made.add_worker()
    try:
        wait_until(lambda: b"Receive client" in (folder / "scheduler.log").read_bytes() or made.count() == 2)
        wait_until(lambda: made.count() == 2)
        yield made
    finally:
        for process in (*made.workers, scheduler):
            process.kill()
            process.wait()


def list_children(pid: int) -> list[int]:
    return [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()]


# --- runs -------------------------------------------------------------------------------------------------------------


def run(settings: Settings, on_progress: Callable[[int, int], None] | None = None) -> taking.TakenIn:
    """The stages as the Dagster job makes them."""
    with open_working(settings.working) as connection:
        files = stages.load_corrections(settings, date(2022, 6, 1))
        taken = taking.take_in(settings, connection, files.corrections, on_progress)
        stages.build_core(connection, files)
        stages.build_marts(connection)
        stages.publish_tables(settings, connection)
    stages.mirror_published(settings)
    return taken


def settings_for(folder: Path, **given: str) -> Settings:
    settings = Settings(folder / "raw", folder / "warehouse", PROJECT / "data" / "corrections", **given)  # type: ignore[arg-type]
    settings.working.parent.mkdir(parents=True)
    return settings


def test_a_cluster_that_loses_a_worker_gives_the_same_tables(bucket: str, cluster: Cluster, tmp_path: Path) -> None:
    """Raw files, readings and the published file on S3; half way a worker is killed."""
    import s3fs

    store = s3fs.S3FileSystem(use_listings_cache=False)
    names = [path.relative_to(PROJECT / "data" / "raw") for path in SAMPLES]
    store.put([str(path) for path in SAMPLES], [f"kho/raw/{name}" for name in names])
    store.pipe("kho/raw/2021/BC [lần 2] *.xlsx", b"no workbook")
    far = settings_for(
        tmp_path / "far", raw_url=f"{bucket}/raw", engine=cluster.address, shared=f"{bucket}/shared", publish_url=f"{bucket}/published"
    )
    far = replace(far, raw=far.warehouse / "work" / "raw")

    def kill() -> None:
        wait_until(lambda: bool(children.extend(list_children(cluster.workers[0].pid)) or children))  # it reads
        cluster.workers[0].kill()

    children: list[int] = []
    killer = threading.Thread(target=kill)
    killer.start()
    taken = run(far)
    killer.join()
    assert cluster.workers[0].wait(10) == -signal.SIGKILL
    wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))  # none is left on the shared host
    assert (taken.parsed, taken.failed) == (len(SAMPLES) + 1, {})
    near = replace(settings_for(tmp_path / "near"), raw=far.raw)  # with the times of arrival that S3 gave
    run(near)
    assert ordered_checksums(far.target) == ordered_checksums(near.target)
    assert store.find("kho/shared") == []  # workbooks hold personal columns: nothing stays

    pointer = json.loads(store.cat("kho/published/coop.json"))
    assert hashlib.sha256(store.cat(f"kho/published/{pointer['file']}")).digest() == hashlib.sha256(far.target.read_bytes()).digest()
    store.rm("kho/raw/2021/BC [lần 2] *.xlsx".replace("[", "[[]").replace("*", "[*]"))
    with open_working(far.working) as connection:
        again = taking.take_in(far, connection, stages.load_corrections(far).corrections)
    assert (again.files, again.parsed) == (len(SAMPLES), 0)

    # Another version: it goes there whole or not at all, and the pointer last.
    os.utime(far.target)

    def put_half(_: Storage, source: Path, key: str) -> None:
        store.pipe(f"kho/published/{key}", source.read_bytes()[:1000])

    def refuse(*_: object) -> None:
        raise RemoteTrouble("on purpose")

    for step, instead in (("upload", put_half), ("write", refuse)):
        with pytest.MonkeyPatch.context() as broken:
            broken.setattr(Storage, step, instead)
            with pytest.raises(RemoteTrouble):
                stages.mirror_published(far)
        assert json.loads(store.cat("kho/published/coop.json")) == pointer
    assert stages.mirror_published(replace(far, keep_versions=1))
    newer = json.loads(store.cat("kho/published/coop.json"))
    assert newer["version"] > pointer["version"]
    assert sorted(store.ls("kho/published", detail=False)) == [f"kho/published/{n}" for n in (pointer["file"], newer["file"], "coop.json")]
    assert not stages.mirror_published(far)


def take_in(settings: Settings, on_progress: Callable[[int, int], None] | None = None) -> taking.TakenIn:
    with open_working(settings.working) as connection:
        return taking.take_in(settings, connection, stages.load_corrections(settings).corrections, on_progress)


def test_storage_that_fails_half_way(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, and the next run goes on from what was read."""
    monkeypatch.setattr(engine, "BATCH_FILES", 1)
    settings = settings_for(tmp_path, engine=cluster.address, shared=f"file://{tmp_path}/shared")
    settings.raw.mkdir()
    for number, sample in enumerate(SAMPLES):
        shutil.copy2(sample, settings.raw / f"{number} {sample.name}")
    parsed, away = tmp_path / "shared" / "parsed", tmp_path / "away"

    def fail(done: int, _: int) -> None:
        if done == 1:
            parsed.rename(away)
            parsed.write_text("no folder")

    with pytest.raises(RemoteTrouble, match=r"(read|write|list) the storage"):
        take_in(settings, fail)
    parsed.unlink()
    away.rename(parsed)
    (tmp_path / "shared" / "inbox" / "x.part").touch()  # as a full disk leaves it
    batches = []
    monkeypatch.setattr(engine, "_make_batches", lambda tasks, todo, threads: batches.append(todo) or [list(todo)])
    taken = take_in(settings)
    assert len(batches[0]) < taken.parsed == len(SAMPLES)
    assert not any(path.is_file() for path in (tmp_path / "shared").rglob("*"))


def test_a_cluster_that_is_not_as_it_should_be(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer, no package, another version: one line that says which, before anything is read."""
    settings = settings_for(tmp_path, engine=cluster.address, shared=f"file://{tmp_path}/shared")
    settings.raw.mkdir()
    shutil.copy2(SAMPLES[0], settings.raw)
    other = tmp_path / "other"
    shutil.copytree(PROJECT / "coop_pipeline", other / "coop_pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "coop_pipeline" / "intake" / "units.py").open("a") as module:
        module.write("# changed\n")
    lacking = tmp_path / "lacking" / "coop_pipeline"
    lacking.mkdir(parents=True)
    (lacking / "__init__.py").write_text("raise ModuleNotFoundError('no coop_pipeline here')")
    standing = cluster.count()
    for package, said in ((other, "another version"), (lacking.parent, "lacks this package: no coop_pipeline here")):
        worker = cluster.add_worker(package=str(package))
        wait_until(lambda: cluster.count() == standing + 1)
        with pytest.raises(RemoteTrouble, match=said):
            take_in(settings)
        worker.kill()
        wait_until(lambda: cluster.count() == standing)
    monkeypatch.setattr(engine, "ANSWER_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(RemoteTrouble, match="does not answer"):
        take_in(replace(settings, engine=f"dask://127.0.0.1:{silent.getsockname()[1]}"))
    assert not (tmp_path / "shared").exists()
    assert take_in(settings).parsed == 1


def test_a_scheduler_that_goes_away(
    cluster: Cluster, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last test: one line, and nothing from the library beside it."""
    monkeypatch.setattr(engine, "BATCH_FILES", 1)
    settings = settings_for(tmp_path, engine=cluster.address, shared=f"file://{tmp_path}/shared")
    settings.raw.mkdir()
    for number, sample in enumerate(SAMPLES):
        shutil.copy2(sample, settings.raw / f"{number} {sample.name}")
    capfd.readouterr()
    with pytest.raises(RemoteTrouble, match="scheduler is gone"):
        take_in(settings, lambda done, _: cluster.scheduler.kill())
    assert capfd.readouterr() == ("", "")
    assert list((tmp_path / "shared" / "parsed").rglob("*.parquet"))  # the next run goes on from there
