"""Where things are and how far they may go. The only module that reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from coop_pipeline.mistakes import UserMistake

KEEP_VERSIONS = 10
"""Published versions that stay beside the one that stands, to go back to: a season's last days, at a few MB each."""
FILE_SECONDS, MEMORY_BYTES, OUTPUT_BYTES = 30.0, 1536 << 20, 512 << 20
"""For reading one file in a process of its own: by the clock and in CPU, of address space, of the answer."""
CAPS = {
    "COOP_MAX_FILE_MB": ("file_bytes", 1 << 20),
    "COOP_MAX_INFLATED_MB": ("inflated_bytes", 1 << 20),
    "COOP_MAX_PART_MB": ("part_bytes", 1 << 20),
    "COOP_MAX_PARTS": ("entries", 1),
    "COOP_MAX_ROWS": ("rows", 1),
    "COOP_MAX_COLUMNS": ("columns", 1),
}
VARIABLES = (
    *CAPS, "COOP_RAW", "COOP_WAREHOUSE", "COOP_CORRECTIONS", "COOP_WORKERS", "COOP_FILE_SECONDS", "COOP_FILE_MEMORY_MB", "COOP_FILE_OUTPUT_MB",
    "COOP_RUN_SECONDS", "COOP_KEEP_VERSIONS", "COOP_ENGINE", "COOP_SHARED", "COOP_PUBLISH", "COOP_LAKE", "COOP_LAKE_DATA",
)  # fmt: skip
"""All that we read; a deployment has others of that prefix for itself."""


RUN_SECONDS = 7200
"""Longer than this no run keeps the warehouse: hours more than the largest takes. Run monitoring of the UI has the same limit."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Folders and limits of one run."""

    raw: Path
    warehouse: Path
    corrections: Path
    dagster_home: Path | None = None
    workers: int = 2
    file_seconds: float = FILE_SECONDS
    memory_bytes: int = MEMORY_BYTES
    output_bytes: int = OUTPUT_BYTES
    caps: Mapping[str, int] = field(default_factory=dict)
    """Limits of a file that are other than `intake.door.Limits`, by name."""
    lock_seconds: float = 600.0
    run_seconds: int = RUN_SECONDS
    keep_versions: int = KEEP_VERSIONS
    engine: str = ""
    """`dask://scheduler:8786` has workbooks read there; empty: by child processes on this machine."""
    shared: str = ""
    """The URL of a folder that a cluster's workers reach, too, for this warehouse alone."""
    raw_url: str = ""
    """Where the raw files really are, `s3://…`: `raw` then is a copy that every run brings up to date."""
    publish_url: str = ""
    """The URL of a folder that gets the published file as well."""
    lake: str = ""
    """`postgresql://user@host/database`: the catalog of a DuckLake that gets the published tables as well."""
    lake_data: str = ""
    """The folder of that lake's Parquet files, `s3://…` or a path."""

    @property
    def target(self) -> Path:
        """The published file."""
        return self.warehouse / "coop.duckdb"

    @property
    def working(self) -> Path:
        return self.warehouse / "work" / "working.duckdb"

    @property
    def received(self) -> Path:
        """The store of every submission's bytes, by content."""
        return self.warehouse / "received"

    @property
    def returned(self) -> Path:
        """The senders' workbooks, marked, by period and reporter."""
        return self.warehouse / "returned"

    @property
    def charts(self) -> Path:
        return self.warehouse / "charts"

    @property
    def reports(self) -> Path:
        return self.warehouse / "reports"

    @property
    def export(self) -> Path:
        """The link to the newest set of exported marts."""
        return self.warehouse / "export"

    @property
    def templates(self) -> Path:
        """The office's own templates, beside the corrections."""
        return self.corrections.parent / "templates"

    @property
    def child_limits(self) -> tuple[int, float, int, int]:
        """How many child processes read, and the limits of each."""
        return self.workers, self.file_seconds, self.memory_bytes, self.output_bytes

    @property
    def state(self) -> Path:
        """DAGSTER_HOME, unless the user set another."""
        return self.dagster_home or self.warehouse / ".dagster"


def load_settings(raw: str | None = None, warehouse: str | None = None) -> Settings:
    """Arguments first, then COOP_RAW, COOP_WAREHOUSE and the like, then the folders of the project.

    Raises UserMistake for a variable that cannot be what it says: passed over, it would be missed when it is needed.
    """
    environment = os.environ
    warehouse_folder = Path(warehouse or environment.get("COOP_WAREHOUSE") or "warehouse").absolute()
    place = (raw or environment.get("COOP_RAW") or "data/raw").removeprefix("file://")
    is_remote = "://" in place
    raw_folder = warehouse_folder / "work" / "raw" if is_remote else Path(place).absolute()
    beside = Path("data") if is_remote else raw_folder.parent
    corrections = Path(environment.get("COOP_CORRECTIONS") or beside / "corrections").absolute()
    home = environment.get("DAGSTER_HOME")
    settings = Settings(
        raw_folder,
        warehouse_folder,
        corrections,
        Path(home) if home else None,
        _count("COOP_WORKERS") or os.cpu_count() or 2,
        file_seconds=float(_count("COOP_FILE_SECONDS") or FILE_SECONDS),
        memory_bytes=(_count("COOP_FILE_MEMORY_MB") << 20) or MEMORY_BYTES,
        output_bytes=(_count("COOP_FILE_OUTPUT_MB") << 20) or OUTPUT_BYTES,
        caps={name: value * unit for variable, (name, unit) in CAPS.items() if (value := _count(variable))},
        run_seconds=_count("COOP_RUN_SECONDS") or RUN_SECONDS,
        keep_versions=_count("COOP_KEEP_VERSIONS") or KEEP_VERSIONS,
        engine=_engine(),
        shared=_address("COOP_SHARED"),
        raw_url=place if is_remote else "",
        publish_url=_address("COOP_PUBLISH"),
        lake=environment.get("COOP_LAKE", ""),
        lake_data=environment.get("COOP_LAKE_DATA", ""),
    )
    _require_both("COOP_ENGINE", "COOP_SHARED", "thư mục mà mọi máy đều đọc ghi được, ví dụ s3://kho/coop", "a folder that all hosts reach")
    _require_both(
        "COOP_LAKE", "COOP_LAKE_DATA", "thư mục chung của các tệp Parquet, ví dụ s3://kho/lake", "the folder of its Parquet files"
    )
    return settings


def find_typos() -> Iterator[tuple[str, str]]:
    """Variables that are set and nearly have the name of one of ours, with that name."""
    for name in sorted(os.environ):
        if name.startswith("COOP_") and name not in VARIABLES:
            from difflib import get_close_matches

            if meant := get_close_matches(name.removeprefix("COOP_"), [ours.removeprefix("COOP_") for ours in VARIABLES], 1, 0.75):
                yield name, f"COOP_{meant[0]}"


def _count(variable: str) -> int:
    """A whole number from the environment; 0 where there is none."""
    value = os.environ.get(variable, "").strip()
    if value and (re.fullmatch("[0-9]{1,9}", value) is None or int(value) == 0):
        raise _refuse(
            variable, "cần một số nguyên từ 1 trở lên, không có thì dùng mức mặc định", "a whole number from 1; unset: the default"
        )
    return int(value or 0)


def _engine() -> str:
    value = os.environ.get("COOP_ENGINE", "").strip()
    if value and re.fullmatch(r"dask://[^/\s]+:\d+", value) is None:
        raise _refuse("COOP_ENGINE", "cần dask://máy:8786, không có thì đọc trên máy này", "dask://host:8786; unset: reads on this machine")
    return value


def _address(variable: str) -> str:
    """The URL of a folder; a plain path is one of this machine's file system."""
    value = os.environ.get(variable, "").strip()
    if not value or "://" in value:
        return value
    if not value.startswith("/"):
        raise _refuse(
            variable,
            "cần địa chỉ một thư mục, ví dụ s3://kho/coop, hoặc đường dẫn đầy đủ bắt đầu bằng /",
            "the address of a folder such as s3://bucket/coop, or a full path",
        )
    return f"file://{value}"


def _require_both(first: str, second: str, vi: str, en: str) -> None:
    """Two variables of which one alone is of no use; `vi` and `en` say what the second is."""
    if bool(os.environ.get(first, "").strip()) != bool(os.environ.get(second, "").strip()):
        raise UserMistake(f"Phải đặt cả {first} lẫn {second} ({vi}), hoặc không đặt biến nào. (Set both or neither: {second} is {en}.)")


def _refuse(variable: str, vi: str, en: str) -> UserMistake:
    value = re.sub(r"\S*@", "…@", os.environ[variable][:100])  # a password may stand before it
    return UserMistake(f"Biến {variable}={value!r} không dùng được: {vi}. (This variable must be {en}.)")


def choose_folders(settings: Settings) -> None:
    """Hands the folders of this command on to the processes and modules that read them anew."""
    os.environ["COOP_RAW"], os.environ["COOP_WAREHOUSE"] = settings.raw_url or str(settings.raw), str(settings.warehouse)
