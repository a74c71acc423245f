"""Where things are and how far they may go. The only module that reads the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

KEEP_VERSIONS = 10
"""Published versions that stay beside the one that stands, to go back to: a season's last days, at a few MB each."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Folders and limits of one run."""

    raw: Path
    warehouse: Path
    corrections: Path
    dagster_home: Path | None = None
    workers: int = 2
    file_seconds: float = 30.0
    memory_bytes: int = 1536 << 20
    lock_seconds: float = 600.0
    keep_versions: int = KEEP_VERSIONS
    engine: str = ""
    """`dask://scheduler:8786` has workbooks read there; empty: by child processes on this machine."""
    shared: str = ""
    """The URL of a folder that a cluster's workers reach, too, for this warehouse alone."""
    raw_url: str = ""
    """Where the raw files really are, `s3://…`: `raw` then is a copy that every run brings up to date."""
    publish_url: str = ""
    """The URL of a folder that gets the published file as well."""

    @property
    def target(self) -> Path:
        """The published file."""
        return self.warehouse / "coop.duckdb"

    @property
    def working(self) -> Path:
        return self.warehouse / "work" / "working.duckdb"

    @property
    def inbox(self) -> Path:
        """Copies of what was received, by content."""
        return self.warehouse / "work" / "inbox"

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
    def state(self) -> Path:
        """DAGSTER_HOME, unless the user set another."""
        return self.dagster_home or self.warehouse / ".dagster"


def load_settings(raw: str | None = None, warehouse: str | None = None) -> Settings:
    """Arguments first, then COOP_RAW, COOP_WAREHOUSE and the like, then the folders of the project."""
    environment = os.environ
    warehouse_folder = Path(warehouse or environment.get("COOP_WAREHOUSE") or "warehouse").absolute()
    place = (raw or environment.get("COOP_RAW") or "data/raw").removeprefix("file://")
    is_remote = "://" in place
    raw_folder = warehouse_folder / "work" / "raw" if is_remote else Path(place).absolute()
    beside = Path("data") if is_remote else raw_folder.parent
    corrections = Path(environment.get("COOP_CORRECTIONS") or beside / "corrections").absolute()
    home = environment.get("DAGSTER_HOME")
    workers, versions = environment.get("COOP_WORKERS", ""), environment.get("COOP_KEEP_VERSIONS", "")
    return Settings(
        raw_folder,
        warehouse_folder,
        corrections,
        Path(home) if home else None,
        int(workers) if workers.isdigit() and int(workers) else os.cpu_count() or 2,
        keep_versions=int(versions) if versions.isdigit() and int(versions) else KEEP_VERSIONS,
        engine=environment.get("COOP_ENGINE", ""),
        shared=environment.get("COOP_SHARED", ""),
        raw_url=place if is_remote else "",
        publish_url=environment.get("COOP_PUBLISH", ""),
    )


def choose_folders(settings: Settings) -> None:
    """Hands the folders of this command on to the processes and modules that read them anew."""
    os.environ["COOP_RAW"], os.environ["COOP_WAREHOUSE"] = settings.raw_url or str(settings.raw), str(settings.warehouse)
