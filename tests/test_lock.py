"""The warehouse's lock: one holder, a message that names it, and no lock left by a killed process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from coop_pipeline.store.lock import WarehouseBusy, hold_warehouse, read_holder

ROOT = Path(__file__).resolve().parents[1]
HOLDER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from coop_pipeline.store.lock import hold_warehouse
with hold_warehouse(Path(sys.argv[2]), "coop run", 5):
    print("held", flush=True)
    time.sleep(60)
"""


def start_holder(warehouse: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(ROOT), str(warehouse)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_holder_is_written_and_let_go(tmp_path: Path) -> None:
    warehouse = tmp_path / "deep" / "warehouse"
    with hold_warehouse(warehouse, "a test") as holder:
        assert read_holder(warehouse) == holder
        assert holder.pid == os.getpid()
    assert read_holder(warehouse) is None
    with hold_warehouse(warehouse, "again", 0):
        pass


def test_it_is_let_go_when_the_block_raises(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold_warehouse(tmp_path, "a test"):
        _ = 1 / 0
    with hold_warehouse(tmp_path, "again", 0):
        pass


def test_busy_names_the_holder_and_a_kill_frees_it(tmp_path: Path) -> None:
    process = start_holder(tmp_path)
    try:
        with pytest.raises(WarehouseBusy) as caught, hold_warehouse(tmp_path, "coop check", 0.2):
            pass
        assert f"process {process.pid}" in str(caught.value)
        assert "coop run" in str(caught.value)
        assert caught.value.holder is not None
    finally:
        process.kill()
        process.wait()
    with hold_warehouse(tmp_path, "the next", 5) as holder:
        assert read_holder(tmp_path) == holder


def test_a_waiter_gets_it_when_the_holder_ends(tmp_path: Path) -> None:
    ends: list[float] = []
    told: list[str] = []

    def wait() -> None:
        with hold_warehouse(tmp_path, "the waiter", 20, lambda holder: told.append(holder.what if holder else "")):
            ends.append(time.monotonic())

    with hold_warehouse(tmp_path, "the first"):
        waiter = threading.Thread(target=wait)
        waiter.start()
        time.sleep(0.2)
        assert not ends  # a second one in the same process waits, too
        released = time.monotonic()
    waiter.join(20)
    assert ends
    assert ends[0] >= released
    assert told == ["the first"]


def test_an_unreadable_holder_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_bytes(b"\xff{not json")
    assert read_holder(tmp_path) is None
    with hold_warehouse(tmp_path, "a test", 0):
        pass
