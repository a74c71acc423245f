"""Takes spoiled files in as a run does and says what went wrong that must not: in the parent, in a stage, in an audit."""

from __future__ import annotations

import io
import os
import random
import shutil
import traceback
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coop_pipeline import stages, taking
from coop_pipeline.outputs import returning
from coop_pipeline.settings import Settings
from coop_pipeline.store.audits import AUDITS, run_audits
from coop_pipeline.store.warehouse import Connection, open_working
from tests.fuzz.mutations import mutate
from tests.fuzz.seeds import seeds

KILLED = ("died", "timeout", "memory", "output", "panic", "failed")
File = tuple[str, bytes | Path]
"""A path below the raw folder, and the bytes or a file to copy."""


@dataclass
class Tally:
    """What became of the files, and what must be mended: each finding names the file or the batch."""

    files: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    codes: dict[str, str] = field(default_factory=dict)
    """By path: `read`, or the code of the refusal."""
    findings: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        fates = ", ".join(f"{count} {fate}" for fate, count in sorted(self.fates.items()))
        return f"{self.files} files: {fates}; {len(self.findings)} findings"


def mutations(seed: int, kinds: Sequence[str] = ()) -> Iterator[File]:
    """Spoiled workbooks without end, always the same for a seed. Each keeps its seed's path, so that it has a reporter and a period."""
    honest = seeds()
    others = [data for _, data in honest]
    number = 0
    while True:
        rng = random.Random(f"{seed}:{number}")
        path, data = rng.choice(honest)
        kind, spoiled = mutate(rng, data, others)
        while rng.random() < 0.2:
            kind, spoiled = mutate(rng, spoiled, others) if spoiled else (kind, spoiled)
        name = Path(path)
        yield f"{name.parent}/{number:06d} {kind} {name.name}", spoiled
        number += 1


def take_in(files: Iterable[File], folder: Path, tally: Tally, keep: Path | None = None, limits: Settings | None = None) -> None:
    """A whole run without Dagster and without publishing, on these files alone. `keep`: where files with findings are put."""
    raw = folder / "raw"
    names: dict[str, bytes | Path] = {}
    for path, content in files:
        target = raw / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            target.write_bytes(content)
            os.utime(target, (1_600_000_000, 1_600_000_000))  # long ago: nothing waits for an upload to end
        else:
            _place(content, target)
        names[path] = content
    tally.files += len(names)
    settings = limits or Settings(raw, folder / "warehouse", folder / "corrections", workers=2, file_seconds=15)
    before = len(tally.findings)
    try:
        with open_working(settings.working) as connection:
            _run(settings, connection, tally)
    except BaseException as problem:
        if isinstance(problem, KeyboardInterrupt):
            raise
        tally.findings.append(f"the parent: {traceback.format_exc()[-3000:]}")
    if keep is not None and len(tally.findings) > before:
        target = keep / f"batch-{tally.files}"
        shutil.copytree(raw, target, symlinks=True, dirs_exist_ok=True)
        (target / "findings.txt").write_text("\n\n".join(tally.findings[before:]), encoding="utf-8")


def _place(content: Path, target: Path) -> None:
    """Something that is no ordinary file, or too large to hold, as it is."""
    if content.is_symlink():
        target.symlink_to(content.readlink())
    elif content.is_dir():
        target.mkdir(exist_ok=True)
    elif content.is_fifo():
        os.mkfifo(target)
    else:
        os.link(content, target)


def _run(settings: Settings, connection: Connection, tally: Tally) -> None:
    files = stages.load_corrections(settings)
    taken = taking.take_in(settings, connection, files.corrections)
    tally.findings += [f"our own mistake with {path}: {detail}" for path, detail in taken.failed.items()]
    stages.build_core(connection, files)
    stages.build_marts(connection)
    for finding in run_audits(connection, AUDITS):
        if finding.audit.blocking and not finding.passed:
            tally.findings.append(f"audit {finding.audit.name}: {finding.columns} {finding.rows[:3]}")
    for path, key, status, code in connection.execute(
        "select a.path, s.reading_key, s.status, (select min(code) from intake.issues i where i.submission_id = s.submission_id) "
        "from intake.arrivals a left join intake.submissions s using (submission_id)"
    ).fetchall():
        fate = key if key in KILLED else "refused" if status == "unreadable" else "read"
        tally.fates[fate] += 1
        tally.codes[path] = code if status == "unreadable" else "read"
        if key is None:
            tally.findings.append(f"{path}: not accounted for")
    silent = connection.execute(
        """
        select a.path from intake.arrivals a join intake.submissions s using (submission_id) where s.status = 'unreadable'
        and not exists (select 1 from quality.issues i where i.submission_id = s.submission_id and i.severity = 'error')
        """
    ).fetchall()
    tally.findings += [f"{path}: refused without a word" for (path,) in silent]
    returned = returning.write_all(settings, connection)
    tally.findings += [f"marking {file}: {said}" for file, said in returned.failed]
    for path in returned.paths.values():
        if problem := _broken(path):
            tally.findings.append(f"the returned copy {path.name} is broken: {problem}")


def _broken(path: Path) -> str:
    """What is wrong with a workbook that we wrote; it opens here, since its content has passed our own door."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        bad = archive.testzip()
        if bad is not None:
            return f"part {bad}"
        own = "xl/worksheets/ketqua.xml"
        return "" if own in archive.namelist() else "without our sheet"
