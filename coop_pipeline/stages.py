"""The stages of the main job, in order and free of Dagster: take in, judge, compute, audit, publish."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from coop_pipeline.forms.issues import Issue, make_issue
from coop_pipeline.forms.wording import today
from coop_pipeline.intake.corrections import CorrectionFiles, Corrections, read_corrections
from coop_pipeline.mistakes import UserMistake
from coop_pipeline.settings import Settings
from coop_pipeline.store.audits import AUDITS, Audit, Finding, run_audits
from coop_pipeline.store.facts import build_facts, clear_stage
from coop_pipeline.store.publications import Publications
from coop_pipeline.store.publish import Draft, Published
from coop_pipeline.store.reference import build_reference, complete_dictionary
from coop_pipeline.store.schema import CORE, QUALITY, REF, Column, TableSpec
from coop_pipeline.store.warehouse import (
    Connection,
    built_key,
    code_version,
    is_built,
    let_go,
    mark_all,
    mark_built,
    spare_compression,
    transaction,
)

SCHEMAS = ("core", "mart", "quality", "ref")


@cache
def mart_tables() -> tuple[TableSpec, ...]:
    """The published marts. Asked for only where indicators are computed: reading their SQL costs a check of one workbook half its time."""
    from coop_pipeline.marts import MARTS

    return tuple(
        TableSpec(m.schema, m.name, m.vi, m.en, tuple(Column(c.name, "", c.vi, c.en, c.unit) for c in m.columns))
        for m in MARTS.values()
        if m.is_published
    )


def all_tables() -> tuple[TableSpec, ...]:
    return (*CORE, *QUALITY, *REF, *mart_tables())


def mirror_published(settings: Settings) -> bool:
    """Where an object store is to hold the published file too, brings it up to date; says whether it was not."""
    if not settings.publish_url:
        return False
    from coop_pipeline.remote.mirror import mirror_published

    return mirror_published(settings.publish_url, settings.target, settings.keep_versions)


def publish_to_lake(settings: Settings) -> bool:
    """Where a lake is to hold the published tables too, brings this province's rows there up to date; says whether they were not."""
    if not settings.lake:
        return False
    from coop_pipeline.remote.lake import publish_to_lake

    return publish_to_lake(settings.lake, settings.lake_data, settings.target)


def load_corrections(settings: Settings, day: date | None = None) -> CorrectionFiles:
    return read_corrections(settings.corrections, day or today())


def state_key(connection: Connection, files: CorrectionFiles) -> str:
    """Stands for everything that the tables are made from: what was read, the corrections and the code."""
    arrivals = connection.execute("select path, submission_id, received_at from intake.arrivals order by all").fetchall()
    readings = connection.execute("select submission_id, reading_key from intake.submissions order by all").fetchall()
    said = [(issue.code, issue.row_number, issue.message_vi) for issue in files.issues]
    return hashlib.sha256(repr((tables_version(), arrivals, readings, files.corrections.names, said)).encode()).hexdigest()


@cache
def tables_version() -> str:
    """A hash over all the code that the tables are made by."""
    return code_version("coop_pipeline.forms", "coop_pipeline.intake", "coop_pipeline.store", "coop_pipeline.marts")


def build_core(connection: Connection, files: CorrectionFiles) -> None:
    """`ref`, `core` and `quality` from what was read; nothing where nothing changed."""
    key = state_key(connection, files)
    if not is_built(connection, "facts", key):
        spare_compression(connection)
        with transaction(connection):
            if not is_built(connection, "reference", tables_version()):  # it is made of the code alone
                build_reference(connection, all_tables())
                mark_built(connection, "reference", tables_version())
            build_facts(connection, files.corrections.names, (*files.issues, *_say_unused(connection, files.corrections)), key=key)
            clear_stage(connection)


def used_corrections(connection: Connection) -> set[int]:
    """The lines of cell_corrections.csv that found the cell as `typed` says."""
    return {
        line for (lines,) in connection.execute("select corrected from intake.submissions").fetchall() for line in json.loads(lines or "[]")
    }


def _say_unused(connection: Connection, corrections: Corrections) -> list[Issue]:
    """Cell corrections that found no cell holding what they say was typed."""
    used = used_corrections(connection)
    said = {"reason_vi": "không có ô nào còn giá trị đã ghi ở cột typed", "reason_en": "no cell holds what `typed` says"}
    file = "cell_corrections.csv"
    return [
        make_issue("correction_unused", {"file": file, "line": str(c.line), **said}, sheet=file, row_number=c.line)
        for c in corrections.cells
        if c.line not in used
    ]


def build_marts(connection: Connection) -> None:
    """`mart` from the other schemas; nothing where those are as they were."""
    from coop_pipeline import sums
    from coop_pipeline.marts import MARTS, create_statements

    key = built_key(connection, "facts")
    if is_built(connection, "marts", key):
        return
    spare_compression(connection)
    with transaction(connection):
        for mart in MARTS.values():
            if mart.full_name == sums.SUMS:
                sums.add_up(connection, tables_version())
            elif mart.full_name not in sums.KEPT and not mart.is_view:
                connection.execute(";\n".join(create_statements(mart)))
        complete_dictionary(connection)
        for mart in MARTS.values():
            if not (mart.is_published or mart.is_view or mart.full_name in sums.KEPT):
                connection.execute(f"drop table {mart.full_name}")  # only other marts read it: what is dropped now is not even written out
        mark_built(connection, "marts", key)


def audit(connection: Connection, audits: Sequence[Audit]) -> list[Finding]:
    """The findings. A blocking audit that passes is noted for this state of the facts: whoever publishes it need not ask again."""
    findings = run_audits(connection, audits)
    key = built_key(connection, "facts")
    with transaction(connection):
        mark_all(connection, {f"audit {f.audit.name}": key if f.passed else "failed" for f in findings if f.audit.blocking})
    return findings


@dataclass(frozen=True, slots=True)
class Publication:
    """What became of the tables. `made` is None where the file, published or held, already held this very state."""

    made: Published | None
    held: Path | None
    """Where they wait for their release; None: they are published."""
    is_altered: bool = False
    """Another program wrote to the file that stood: it is replaced, unless a hold is in force."""


def is_published(settings: Settings, connection: Connection) -> bool:
    """Whether the facts are those of the file that stands, or of the one that is held."""
    publications = Publications(settings.target)
    return publications.state_of(publications.held() or settings.target) == built_key(connection, "facts")


def draft_tables(settings: Settings, connection: Connection) -> Draft:
    """What is to be published or held of the marts as they stand: to be begun while they are looked at."""
    return Draft(settings.working, settings.target, SCHEMAS, connection=connection, state=built_key(connection, "marts"))


def publish_tables(
    settings: Settings, connection: Connection, *, run_id: str = "", hold_back: bool = False, draft: Draft | None = None
) -> Publication:
    """Publishes, or holds back where that is asked for or a hold is in force: only a release ends it. `draft`: of these marts, if there is one."""
    key = built_key(connection, "marts")
    if key != built_key(connection, "facts"):
        raise UserMistake("Chỉ tiêu chưa được tính lại theo số liệu mới; chạy lại cả công việc. (The marts are older than the facts.)")
    pending = [one for one in AUDITS if one.blocking and not is_built(connection, f"audit {one.name}", key)]
    broken = [finding.audit.vi for finding in audit(connection, pending) if not finding.passed]
    if broken:
        raise UserMistake(f"Kiểm tra không đạt: {'; '.join(broken)}. (A blocking audit failed.)")
    publications = Publications(settings.target)
    is_altered = publications.is_altered() or publications.has_log()
    held = publications.held()
    draft = draft or draft_tables(settings, connection)
    assert draft.state == key, "a draft of other marts"
    if hold_back or held is not None:
        if held is None or publications.state_of(held) != key:
            with draft:
                made = draft.hold(run=run_id)
            return Publication(made, made.path, is_altered)
        return Publication(None, held, is_altered)
    if publications.state_of(settings.target) == key and not is_altered:
        return Publication(None, None)
    with draft:
        made = draft.publish(settings.keep_versions, run=run_id)
    let_go(connection)
    return Publication(made, None, is_altered)
