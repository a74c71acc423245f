"""What a worker process does with one file: preflight, read, hand back Arrow. Imported by the children, never run in the parent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from coop_pipeline.intake.context import PathEvidence
from coop_pipeline.intake.corrections import Corrections
from coop_pipeline.intake.door import HEAD_BYTES, WORKBOOKS, Limits, preflight_zip, read_as_found, sniff
from coop_pipeline.intake.records import Reading, forgo_pandas
from coop_pipeline.intake.refusals import refuse

if TYPE_CHECKING:
    from coop_pipeline.intake.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Task:
    """One file to read: its copy in the store (or, where the reader cannot reach that, its bytes) and what its name says.

    Without a submission it is a file in the raw folder, to be read ahead of the run that takes it in, as long as it has this mark
    (`door.Arrival.mark`).
    """

    submission_id: str
    path: str
    evidence: PathEvidence
    corrections: Corrections
    limits: Limits
    mark: str = ""
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """A reading on its way to the parent: the submission's own facts and its tables as Arrow streams."""

    submission_id: str
    kind: str
    status: str
    reporter: str | None
    period: str | None
    as_of: str | None
    stated_on: str | None
    revision: int
    supplement: bool
    corrected: tuple[int, ...]
    tables: dict[str, bytes]


class DamagedCopy(Exception):
    """The store's copy of a submission holds other bytes than were received."""


@lru_cache(maxsize=2)
def vocabulary_for(corrections: Corrections) -> Vocabulary:
    from coop_pipeline.intake.catalogue import CATALOGUE
    from coop_pipeline.intake.vocabulary import Vocabulary

    return Vocabulary(corrections.header_spellings, corrections.code_spellings, CATALOGUE)


def read_file(data: bytes, task: Task) -> tuple[str, Reading]:
    """The kind of a file by its first bytes, and its reading."""
    from coop_pipeline.intake.reading import read_submission

    kind = sniff(data[:HEAD_BYTES], data)
    reason: str | None = kind
    inflated: dict[str, bytes] = {}
    if kind in WORKBOOKS or kind == "html":
        refusal = preflight_zip(data, task.limits, None if kind == "xlsb" else inflated) if kind in ("xlsx", "ods", "xlsb") else None
        reason = refusal.reason if refusal is not None else None
    if reason is not None:
        return kind, refuse(task.submission_id, task.evidence, reason, task.limits)
    vocabulary = vocabulary_for(task.corrections)
    corrections = task.corrections.cells
    return kind, read_submission(task.submission_id, data, kind, task.evidence, vocabulary, corrections, task.limits, inflated)


def pack(kind: str, reading: Reading) -> Parsed:
    return Parsed(
        reading.submission_id, kind, reading.status, reading.reporter, reading.period,
        reading.as_of.isoformat() if reading.as_of else None, reading.stated_on.isoformat() if reading.stated_on else None,
        reading.revision, reading.supplement, tuple(reading.corrected), {name: _stream(table) for name, table in reading.arrow().items()},
    )  # fmt: skip


def run(task: Task) -> Parsed:
    forgo_pandas()
    if not task.submission_id:
        data = read_as_found(task.path, task.mark, task.limits.file_bytes)
        return pack(*read_file(data, replace(task, submission_id=hashlib.sha256(data).hexdigest())))
    data = Path(task.path).read_bytes() if task.data is None else task.data
    if hashlib.sha256(data).hexdigest() != task.submission_id:
        raise DamagedCopy(f"{task.path} no longer holds what was received")
    return pack(*read_file(data, task))


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def unstream(data: bytes) -> pa.Table:
    return pa.ipc.open_stream(data).read_all()
