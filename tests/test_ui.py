"""The UI in the foreground: up, known to the second, and gone with all its children."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
DEFINITIONS = """
    import dagster as dg

    @dg.asset
    def published():
        ...

    defs = dg.Definitions(assets=[published], jobs=[dg.define_asset_job("coop")], executor=dg.in_process_executor)
"""
UI = """
    import sys
    from pathlib import Path
    from coop_pipeline.defs.ui import CannotStart, start_ui
    try:
        code = start_ui(Path(sys.argv[1]), int(sys.argv[2]), definitions="trial_definitions")
    except CannotStart as error:
        print(error)
        code = 2
    sys.exit(code)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "trial_definitions.py").write_text(textwrap.dedent(DEFINITIONS))
    variables = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    return {**variables, "PYTHONPATH": f"{PROJECT}:{tmp_path}", "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(state: Path, port: int, environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(UI), str(state), str(port)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def still_running(state: Path) -> list[str]:
    """Command lines of the processes that work on this DAGSTER_HOME."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            if f"DAGSTER_HOME={state}".encode() in variables:
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def listening(port: int) -> set[str]:
    """The addresses, as the kernel writes them, on which anybody listens at this port."""
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    return {line[1].split(":")[0] for line in lines if line[3] == "0A" and int(line[1].split(":")[1], 16) == port}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)])
def test_up_alone_and_gone(tmp_path: Path, environment: dict[str, str], port: int, number: signal.Signals) -> None:
    state = tmp_path / "state"
    ui = start(state, port, environment)
    try:
        assert ui.stdout is not None
        assert str(port) in ui.stdout.readline()
        assert any("sẵn sàng" in line for line in iter(ui.stdout.readline, "")), "the daemon may say something of its own before"
        assert len(still_running(state)) >= 4
        assert listening(port) == {"0100007F"}, "the UI is on loopback alone"

        second = start(state, port + 1, environment)
        said, _ = second.communicate(timeout=60)
        assert f"http://127.0.0.1:{port}" in said
        assert second.returncode == 2
    finally:
        ui.send_signal(number)
        ui.communicate(timeout=60)
    assert ui.returncode == 0
    deadline = time.monotonic() + 10
    while still_running(state) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert still_running(state) == []


def test_a_taken_port_is_told(tmp_path: Path, environment: dict[str, str]) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ui = start(tmp_path / "state", taken.getsockname()[1], environment)
        said, _ = ui.communicate(timeout=60)
    assert "--port" in said
    assert ui.returncode == 2
