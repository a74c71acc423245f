"""The published file on an object store as well: each version whole under a name of its own, then one pointer to it.

Who reads the pointer and then what it names never sees half a file: a name is never written twice with other bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from coop_pipeline.remote import RemoteTrouble
from coop_pipeline.remote.storage import Storage
from coop_pipeline.store.publications import version_of

POINTER = "coop.json"
_KEY = re.compile(r"coop-\d{8}T\d{6}\.\d{6}Z\.duckdb")


def mirror_published(url: str, target: Path, keep: int) -> bool:
    """Brings the store up to what stands published here, also after a roll-back; says whether anything was missing.

    `keep` versions stay there beside the one pointed to, for readers that are about to open them. Raises RemoteTrouble;
    the pointer then names what it named before, and the next call does what is left.
    """
    version = version_of(target)
    storage = Storage(url)
    there = storage.list()
    key = f"coop-{version}.duckdb"
    size = target.stat().st_size
    if POINTER in there and json.loads(storage.read([POINTER])[POINTER]).get("version") == version and key in there:
        return False
    if key not in there or there[key].size != size:
        storage.upload(target, key)
        if (stored := storage.list().get(key)) is None or stored.size != size:
            raise RemoteTrouble(f"Kho {url} không giữ đủ tệp {key}; chạy lại. (The storage does not hold the whole file.)")
    with target.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    storage.write({POINTER: json.dumps({"version": version, "file": key, "bytes": size, "sha256": sha256}).encode()})
    versions = sorted(name for name in {*there, key} if _KEY.fullmatch(name))
    others = [name for name in versions if name != key]
    storage.delete(others[: max(0, len(others) - keep)])
    return True
