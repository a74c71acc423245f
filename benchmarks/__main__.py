"""Measures everything in turn, several times, and writes docs/performance.md with its chart.

pip install -c constraints.txt -e ".[bench]"
python -m benchmarks                                    # 500 workbooks, three turns, and the scales up to 4,000: half an hour
python -m benchmarks --files 100 --turns 1 --scales 100 200 --no-write
python -m benchmarks --scales 500 1000 28000            # the country: 700 districts, 40 quarters
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import report
from benchmarks.country import QUARTERS, add_districts, districts, rows_of, workbook_bytes, write_country
from benchmarks.measure import Measured, middle, run

PROJECT = Path(__file__).parent.parent
PEERS = ("dagster_pandas", "dlt_excel", "pandas_calamine", "polars_fastexcel")


class Bench:
    """A scratch folder with the country's workbooks, a copy of our package that knows its districts, and what was measured there."""

    def __init__(self, folder: Path, files: int) -> None:
        self.folder, self.files = folder, files
        self.raw = folder / f"raw-{files}" / "raw"
        self.package = folder / f"package-{files}"
        if self.package.exists():
            shutil.rmtree(self.package)
        write_country(self.raw, files)
        add_districts(self.package, -(-files // len(QUARTERS)))
        self._python([sys.executable, "-m", "compileall", "-q", str(self.package)], folder)

    def _python(self, command: list[str], folder: Path) -> Measured:
        folder.mkdir(parents=True, exist_ok=True)
        return run(command, folder, {"PYTHONPATH": f"{self.package}:{PROJECT}", "DAGSTER_HOME": "", "COOP_WORKERS": "2"})

    def coop(self, *arguments: str) -> Measured:
        return self._python([sys.executable, "-m", "coop_pipeline.cli", *arguments], self.folder / "ours")

    def coop_run(self) -> Measured:
        return self.coop("run", "--json", "--raw", str(self.raw), "--warehouse", str(self.warehouse))

    @property
    def warehouse(self) -> Path:
        return self.folder / f"warehouse-{self.files}"

    def full(self) -> Measured:
        if self.warehouse.exists():
            shutil.rmtree(self.warehouse)
        return self.coop_run()

    def single(self) -> Measured:
        """A first run with one workbook: what a run in an empty folder costs whatever there is to read."""
        raw, warehouse = self.folder / "raw-single", self.folder / "warehouse-single"
        for folder in (raw, warehouse):
            if folder.exists():
                shutil.rmtree(folder)
        first = next(iter(sorted(self.raw.rglob("*.xlsx"))))
        (raw / first.parent.name).mkdir(parents=True)
        shutil.copy2(first, raw / first.parent.name)
        return self.coop("run", "--json", "--raw", str(raw), "--warehouse", str(warehouse))

    def changed(self, turn: int) -> Measured:
        """One district sends one quarter again with other figures; then as it was."""
        district, quarter = districts()[0], QUARTERS[turn % len(QUARTERS)]
        path = self.raw / quarter / f"{district.code}_{quarter}.xlsx"
        before = path.read_bytes()
        path.write_bytes(workbook_bytes(list(rows_of(district, f"{quarter}, corrected {turn}"))))
        try:
            return self.coop_run()
        finally:
            path.write_bytes(before)

    def check(self) -> Measured:
        return self.coop("check", "--no-copy", str(next(iter(sorted(self.raw.rglob("*.xlsx"))))))

    def peer(self, name: str) -> Measured:
        target = self.folder / "peers" / name / "out.duckdb"
        if target.parent.exists():
            shutil.rmtree(target.parent)
        return self._python([sys.executable, "-m", f"benchmarks.peers.{name}", str(self.raw), str(target)], target.parent)

    def dagster(self) -> Measured:
        return self._python([sys.executable, "-c", "import dagster"], self.folder)

    def differences(self, name: str) -> list[str]:
        """Where a peer's tables say something else than ours: row counts and headline indicators."""
        import duckdb

        with duckdb.connect() as both:
            both.execute(f"attach '{self.warehouse / 'coop.duckdb'}' as ours (read_only)")
            both.execute(f"attach '{self.folder / 'peers' / name / 'out.duckdb'}' as theirs (read_only)")
            found = []
            for table in ("core.cooperative_reports", "core.cooperatives"):
                (mine,), (other,) = (both.execute(f"select count(*) from {side}.{table}").fetchall()[0] for side in ("ours", "theirs"))
                if mine != other:
                    found.append(f"{table}: {other} rows, ours {mine}")
            rows = both.execute(
                """
                select indicator_code, period, area_code, t.value, o.value from theirs.mart.headlines t
                full join (
                    select * from ours.mart.indicators where breakdown = '' and period like '%-Q%' and records > 0
                    and indicator_code in (select indicator_code from theirs.mart.headlines)
                ) o using (indicator_code, period, area_code)
                where t.value is distinct from o.value and coalesce(abs(t.value - o.value::double) > 1e-6 * abs(t.value), true)
                """
            ).fetchall()
            return [*found, *(str(row) for row in rows)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=500, help="workbooks of the comparison")
    parser.add_argument("--turns", type=int, default=3, help="how many times everything is measured, in turn")
    parser.add_argument("--scales", type=int, nargs="*", default=[500, 1000, 2000, 4000], help="numbers of workbooks for the linear part")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=PEERS)
    parser.add_argument("--folder", type=Path, help="scratch folder that is kept; workbooks there are used again")
    parser.add_argument("--no-write", action="store_true", help="print only")
    given = parser.parse_args()
    scratch = given.folder.absolute() if given.folder else Path(tempfile.mkdtemp(prefix="coop-benchmark-"))
    try:
        return _measure(scratch, given)
    finally:
        if not given.folder:
            shutil.rmtree(scratch, ignore_errors=True)


def _measure(scratch: Path, given: argparse.Namespace) -> int:
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {text}", file=sys.stderr, flush=True)

    bench = Bench(scratch, given.files)
    say(f"{given.files} workbooks in {bench.raw}")
    turns: dict[str, list[Measured]] = {}
    stages: list[dict[str, float]] = []
    for turn in range(given.turns):
        steps = {
            "bare_read": lambda: bench.peer("bare_read"), "pandas_read": lambda: bench.peer("pandas_read"), "import_dagster": bench.dagster,
            **{name: (lambda name=name: bench.peer(name)) for name in given.peers},
            "single": bench.single, "full": bench.full, "unchanged": bench.coop_run, "changed": lambda turn=turn: bench.changed(turn), "check": bench.check,
        }  # fmt: skip
        for name, step in steps.items():
            turns.setdefault(name, []).append(done := step())
            say(
                f"turn {turn + 1}: {name:<18} cpu {done.cpu:7.2f} s  clock {done.wall:7.2f} s  memory {done.memory:5.0f} + {done.others:.0f} MiB"
            )
            if name == "full":
                stages.append({name.rpartition("__")[2]: s for name, s in json.loads(done.output)["seconds"].items()})
                for peer in given.peers:
                    if wrong := bench.differences(peer):
                        raise SystemExit(f"{peer} and we do not agree: {wrong[:5]}")
    scales: dict[int, Measured] = {}
    for files in given.scales:
        larger = bench if files == given.files else Bench(scratch, files)
        scales[files] = larger.full()
        done = scales[files]
        say(f"{files:>6} workbooks: cpu {done.cpu:7.2f} s  clock {done.wall:7.2f} s  memory {done.memory:5.0f} + {done.others:.0f} MiB")
        if larger is not bench and not given.folder:
            shutil.rmtree(larger.warehouse)
    found = report.Found(given.files, given.turns, {name: middle(measured) for name, measured in turns.items()}, stages, scales)
    print(report.describe(found))
    if not given.no_write:
        report.write(found, PROJECT / "docs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
