"""Which tests share a process."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# What the tests of these files share takes long to make.
TOGETHER = {f"tests/test_{name}.py" for name in ("clerk_day", "definitions", "handmade", "hostile", "kinds", "report", "samples", "score")}


class Scheduling(LoadScopeScheduling):
    """One test after the other to whoever is free, but the tests of some files to one process."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in TOGETHER else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return Scheduling(config, log)
