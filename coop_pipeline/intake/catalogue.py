"""The catalogue of forms and code lists as it is looked for, kept beside the compiled code: collecting it takes a child longer than reading a workbook.

Like a `.pyc` it stands in `__pycache__`, is made by whoever first needs it and may write there, and is of no use to other code: it is kept
under a hash of all that it is made from.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
from contextlib import suppress
from dataclasses import fields
from importlib.util import cache_from_source
from pathlib import Path

import coop_pipeline.forms
from coop_pipeline.intake import corrections, text, units, vocabulary
from coop_pipeline.intake.vocabulary import Catalogue, collect_catalogue

_PLACE = Path(cache_from_source(__file__)).with_suffix(".kept")
_HASH_BYTES = hashlib.sha256().digest_size


def find_catalogue(place: Path = _PLACE) -> Catalogue:
    """As it was kept for this very code, else collected and kept."""
    key = _hash_sources()
    with suppress(OSError):
        kept = place.read_bytes()
        sums, body = kept[: 2 * _HASH_BYTES], kept[2 * _HASH_BYTES :]
        if sums == key + hashlib.sha256(body).digest():
            return Catalogue(*marshal.loads(body))
    found = collect_catalogue()
    if not sys.dont_write_bytecode:
        body = marshal.dumps(tuple(getattr(found, field.name) for field in fields(found)))
        _keep(place, key + hashlib.sha256(body).digest() + body)
    return found


def _keep(place: Path, content: bytes) -> None:
    """Whole or not at all; where that cannot be, nothing is lost but time."""
    draft = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(exist_ok=True)
        draft.write_bytes(content)
        draft.replace(place)
    except OSError:
        with suppress(OSError):
            draft.unlink()


def _hash_sources() -> bytes:
    """Of all that the catalogue is made from, and of the Python in whose format it is written."""
    digest = hashlib.sha256(sys.version.encode())
    for path in _list_sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.digest()


def _list_sources() -> list[Path]:
    folder = Path(coop_pipeline.forms.__file__).parent
    code = [Path(module.__file__) for module in (corrections, text, units, vocabulary) if module.__file__]
    return [path for path in sorted(folder.rglob("*")) if path.suffix in (".py", ".csv")] + code


CATALOGUE = find_catalogue()
