"""Which tests share a process, and the S3 server of those that `.ci/wide` runs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of processes: each would compile what it imports

for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
    if signal.getsignal(number) == signal.SIG_IGN:  # in the background of a script; what is started here would be deaf, too
        signal.signal(number, usual)

# What the tests of these files share takes long to make.
TOGETHER = {
    f"tests/test_{name}.py"
    for name in ("clerk_day", "definitions", "handmade", "hostile", "kinds", "report", "samples", "score", "standing")
}


ALL = bool(os.environ.get("COOP_TEST_ALL"))
"""CI, which has a quarter of an hour, leaves out the tests marked as thorough: each is another case of one that it runs."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left = [] if ALL else [item for item in items if item.get_closest_marker("thorough")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    items.sort(key=lambda item: item.path.name != "test_ui.py")  # it waits more than it computes: at the end it would do so alone


class Scheduling(LoadScopeScheduling):
    """One test after the other to whoever is free, but the tests of some files to one process."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in TOGETHER else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def bucket() -> Iterator[str]:
    """A bucket on an S3 server on loopback, which the environment names for this process and the workers."""
    pytest.importorskip("s3fs")
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patched:
        for name, value in (
            ("AWS_ENDPOINT_URL", f"http://{host}:{port}"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ):  # fmt: skip
            patched.setenv(name, value)
        import s3fs

        s3fs.S3FileSystem().mkdir("kho")
        yield "s3://kho"
    server.stop()
