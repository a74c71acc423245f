"""What a worker process does with one file: preflight, read, hand back Arrow. Imported by the children, never run in the parent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from coop_pipeline.forms.issues import make_issue
from coop_pipeline.intake.context import PathEvidence, settle_path
from coop_pipeline.intake.corrections import Corrections
from coop_pipeline.intake.door import HEAD_BYTES, Limits, preflight_zip, sniff
from coop_pipeline.intake.reading import Reading, read_submission
from coop_pipeline.intake.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Task:
    """One file to read: its copy in the inbox (or, where the reader cannot reach that, its bytes) and what its name says."""

    submission_id: str
    path: str
    evidence: PathEvidence
    corrections: Corrections
    limits: Limits
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


@lru_cache(maxsize=2)
def vocabulary_for(corrections: Corrections) -> Vocabulary:
    return Vocabulary(corrections.header_spellings, corrections.code_spellings)


REFUSALS = {
    "file_unreadable": ("tệp hỏng hoặc không đúng định dạng", "it is damaged or no valid workbook"),
    "file_encrypted": ("có mật khẩu", "it is encrypted"),
    "file_too_large": ("quá lớn khi mở ra", "it is too large once opened"),
    "file_not_workbook": ("không phải sổ tính", "it is no workbook"),
}
KIND_NAMES = {
    "csv": "tệp CSV", "pdf": "tệp PDF", "docx": "tệp Word", "zip": "tệp nén", "ole": "tệp Office cũ khác", "text": "tệp văn bản",
    "empty": "tệp rỗng", "xml2003": "tệp XML 2003", "unknown": "không rõ định dạng", "encrypted": "có mật khẩu",
}  # fmt: skip


def refuse(submission_id: str, evidence: PathEvidence, code: str, detail: str = "", said_en: str = "") -> Reading:
    """The reading of a file that cannot be read: whose and of which period its path says it is, and one issue."""
    vi, en = REFUSALS[code]
    reporter, period = settle_path(evidence)
    reading = Reading(submission_id, status="unreadable", reporter=reporter, period=period)
    reading.issues.append(make_issue(code, {"reason_vi": detail or vi, "reason_en": detail or said_en or en}))
    return reading


def read_file(data: bytes, task: Task) -> tuple[str, Reading]:
    """The kind of a file by its first bytes, and its reading."""
    kind = sniff(data[:HEAD_BYTES], data)
    if kind == "encrypted":
        return kind, refuse(task.submission_id, task.evidence, "file_encrypted")
    if kind not in ("xlsx", "xls", "ods", "xlsb", "html"):
        return kind, refuse(task.submission_id, task.evidence, "file_not_workbook", KIND_NAMES.get(kind, kind))
    if kind in ("xlsx", "ods", "xlsb"):
        refusal = preflight_zip(data, task.limits)
        if refusal is not None:
            return kind, refuse(task.submission_id, task.evidence, refusal.code, said_en=refusal.reason)
    return kind, read_submission(task.submission_id, data, kind, task.evidence, vocabulary_for(task.corrections), task.corrections.cells)


def pack(kind: str, reading: Reading) -> Parsed:
    return Parsed(
        reading.submission_id, kind, reading.status, reading.reporter, reading.period,
        reading.as_of.isoformat() if reading.as_of else None, reading.stated_on.isoformat() if reading.stated_on else None,
        reading.revision, reading.supplement, tuple(reading.corrected), {name: stream(table) for name, table in reading.arrow().items()},
    )  # fmt: skip


def run(task: Task) -> Parsed:
    return pack(*read_file(Path(task.path).read_bytes() if task.data is None else task.data, task))


def stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def unstream(data: bytes) -> pa.Table:
    return pa.ipc.open_stream(data).read_all()
