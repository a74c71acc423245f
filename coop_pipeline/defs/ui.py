"""The Dagster UI with its daemon on this project, in the foreground, until it is told to stop.

Importing this module does not import Dagster.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from .instance import ensure_instance
from .run import DEFINITIONS

START_TIMEOUT = 180.0  # seconds; 20 to 25 on two shared cores
STOP_TIMEOUT = 25.0  # Dagster gives each of its own children ten


class CannotStart(RuntimeError):
    """The UI cannot start; the message is a sentence for the user."""


def start_ui(
    state: Path,
    port: int = 3000,
    host: str = "127.0.0.1",
    *,
    definitions: str = DEFINITIONS,
    say: Callable[[str], None] = print,
) -> int:
    """Serve the UI until SIGINT or SIGTERM, then end every process of it. Returns the exit code.

    One UI a DAGSTER_HOME: two daemons there quarrel over the schedules, so the second raises `CannotStart`.
    """
    # A shell starts a job with `&` with SIGINT ignored, and Dagster's children would inherit that and never stop.
    stop = _Stop()
    with _sole_ui(ensure_instance(state)) as lock:
        _check_port(host, port)
        url = f"http://{host}:{port}"
        _note(lock, url)
        say(f"Đang khởi động giao diện Dagster tại {url} … (Starting the Dagster UI, about 20 seconds)")
        dagster = subprocess.Popen(
            [
                *(sys.executable, "-W", "ignore", "-m", "dagster", "dev", "--module-name", definitions),
                *("--host", host, "--port", str(port)),
                *("--log-level", "warning", "--code-server-log-level", "warning"),
            ],
            start_new_session=True,  # what the terminal's Ctrl-C means to it goes through us, once
            pass_fds=[lock.fileno()],  # if we are killed, the lock stays with the daemon that still runs
        )
        try:
            if not _wait_until_up(dagster, url, stop):
                return 0 if stop.asked else 1
            say(f"Giao diện đã sẵn sàng: {url}   (Ctrl-C để dừng. Ready; Ctrl-C stops it)")
            while dagster.poll() is None and not stop.asked:
                time.sleep(0.2)
            return 0 if stop.asked else 1
        finally:
            _end(dagster)


class _Stop:
    """Takes SIGINT and SIGTERM: both ask for an orderly end."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._take)

    def _take(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


@contextmanager
def _sole_ui(state: Path) -> Iterator[IO[str]]:
    with (state / ".ui.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            url = lock.read().strip() or "?"
            raise CannotStart(f"Giao diện đã chạy tại {url}: hãy mở địa chỉ đó. (The UI of this warehouse already runs there.)") from None
        yield lock


def _note(lock: IO[str], url: str) -> None:
    lock.seek(0)
    lock.truncate()
    lock.write(url)
    lock.flush()


def _check_port(host: str, port: int) -> None:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(f"Không mở được cổng {port} ({error.strerror}): chọn cổng khác bằng --port. (Choose another port.)") from None


def _wait_until_up(dagster: subprocess.Popen[bytes], url: str, stop: _Stop) -> bool:
    """Up means that the webserver answers and has the project's definitions at hand."""
    query = urllib.request.Request(
        f"{url}/graphql",
        b'{"query": "{repositoriesOrError {__typename ... on RepositoryConnection {nodes {name}}}}"}',
        {"Content-Type": "application/json"},
    )
    no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_TIMEOUT
    while dagster.poll() is None and not stop.asked and time.monotonic() < deadline:
        try:
            with no_proxy.open(query, timeout=30) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    return False


def _end(dagster: subprocess.Popen[bytes]) -> None:
    if dagster.poll() is None:
        dagster.send_signal(signal.SIGINT)
        try:
            dagster.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            dagster.kill()
            dagster.wait()
    try:
        os.killpg(dagster.pid, signal.SIGKILL)  # whoever did not heed it
    except ProcessLookupError:
        return
