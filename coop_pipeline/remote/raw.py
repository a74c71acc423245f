"""A raw folder on an object store, brought into a local one; everything else reads that as it reads any raw folder."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from coop_pipeline.remote import RemoteTrouble
from coop_pipeline.remote.storage import Storage

LONGEST_NAME = 200  # bytes; file systems take 255, and a draft's name is longer
AT_ONCE = 200


def fetch_raw(url: str, folder: Path) -> int:
    """Makes `folder` hold what lies below the URL, with its times; returns how many objects were fetched.

    What is there with the mark under which it was fetched is not fetched again, also after a run that was broken off.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_name("raw.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the sensor looks while a run does
        storage = Storage(url)
        found = {key: about for key, about in storage.list().items() if about.size or not key.endswith("/")}
        if not found:
            raise RemoteTrouble(f"Không có tệp nào ở {url}: kiểm tra địa chỉ. (There is nothing at this address.)")
        places = name_places(found)
        ledger = folder.with_name("raw.json")
        marks: dict[str, str] = {}
        with suppress(OSError, ValueError):  # lost: everything is fetched again
            marks = json.loads(ledger.read_text(encoding="utf-8"))
        _remove_others(folder, set(places))
        missing = [place for place, key in places.items() if marks.get(place) != found[key].mark or not (folder / place).is_file()]
        try:
            for start in range(0, len(missing), AT_ONCE):
                drafts = {place: folder / f"{place}.part" for place in missing[start : start + AT_ONCE]}
                for draft in drafts.values():
                    draft.parent.mkdir(parents=True, exist_ok=True)
                storage.download({places[place]: draft for place, draft in drafts.items()})
                for place, draft in drafts.items():
                    about = found[places[place]]
                    os.utime(draft, (about.modified, about.modified))  # when it was received
                    draft.replace(folder / place)
                    marks[place] = about.mark
        finally:
            ledger.write_text(json.dumps({place: mark for place, mark in marks.items() if place in places}), encoding="utf-8")
        return len(missing)


def name_places(keys: Iterable[str]) -> dict[str, str]:
    """By the place below the folder, the key that goes there: its own name wherever a file system can hold that."""
    known = set(keys)
    folders = {key[:end] for key in known for end in range(len(key)) if key[end] == "/"}
    places = {}
    for key in sorted(known):
        place = "/".join(_name(part) for part in key.split("/"))
        if place != key or key in folders:  # no two keys may come to one place
            stem, dot, ending = place.rpartition(".")
            place = f"{stem if dot else place}~{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}{dot}{ending if dot else ''}"
        places[place] = key
    return places


def _name(part: str) -> str:
    if part in ("", ".", ".."):
        return "%" + part.replace(".", "%2E")
    part = part.replace("\0", "%00")
    if len(os.fsencode(part)) <= LONGEST_NAME:
        return part
    ending = part.rpartition(".")[2][-5:]
    return f"{os.fsencode(part)[: LONGEST_NAME - 20].decode('utf-8', 'ignore')}….{ending}"


def _remove_others(folder: Path, places: set[str]) -> None:
    """Files that are gone from the store; a folder that is left empty would open a period."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):
                path.rmdir()
        elif str(path.relative_to(folder)) not in places:
            path.unlink()
