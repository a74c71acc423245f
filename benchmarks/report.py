"""What was measured, as docs/performance.md and its chart."""

from __future__ import annotations

import itertools
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.country import COLUMNS, ROWS
from benchmarks.measure import Measured

NAMES = {
    "bare_read": "bare calamine read (the floor)", "pandas_read": "pandas + openpyxl, reading only", "polars_fastexcel": "polars + fastexcel", "pandas_calamine": "pandas + calamine",
    "dlt_excel": "dlt, Excel resource", "dagster_pandas": "Dagster assets, pandas + openpyxl", "full": "**coop run, everything**",
    "single": "coop run, one workbook in an empty folder", "unchanged": "coop run, nothing changed", "changed": "coop run, one workbook changed", "check": "coop check of one workbook",
    "import_dagster": "`import dagster`",
}  # fmt: skip
STAGES = {
    "dagster": "starting Dagster", "arrivals": "take in", "facts": "facts", "marts": "indicators, audits", "returned": "returned workbooks",
    "charts": "charts", "published": "publish", "exports": "export", "report": "report",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """Medians over the turns by what was run; the seconds by stage of each full run; one run for each number of workbooks."""

    files: int
    turns: int
    medians: Mapping[str, Measured]
    stages: Sequence[Mapping[str, float]]
    scales: Mapping[int, Measured]


def _ratios(found: Found) -> list[tuple[str, str, str, str]]:
    """What was aimed at and what came out: name, target, by CPU, by the clock."""
    m = found.medians
    peers = [name for name in m if name in ("polars_fastexcel", "pandas_calamine", "dlt_excel", "dagster_pandas")]
    rows: list[tuple[str, str, str, str]] = []

    def add(name: str, target: str, one: Measured, other: Measured, digits: int = 2) -> None:
        rows.append((name, target, f"{one.cpu / other.cpu:.{digits}f}", f"{one.wall / other.wall:.{digits}f}"))

    full = _above(m["full"], m["unchanged"])
    add("full run above the fixed cost / bare read", "≤ 4", full, m["bare_read"])
    add("full run / pandas with openpyxl reading only", "< 1", m["full"], m["pandas_read"])
    add("full run above one of one workbook / bare read", "", _above(m["full"], m["single"]), m["bare_read"])
    if "dagster_pandas" in m:
        add("Dagster assets with pandas + openpyxl / full run", "≥ 5", m["dagster_pandas"], m["full"])
    if peers:
        add("fastest peer / full run", "≥ 2", min((m[name] for name in peers), key=lambda peer: peer.cpu), m["full"])
    add("one changed workbook / full run, above the fixed cost", "≤ 0.05", _above(m["changed"], m["unchanged"]), full, digits=3)
    add("fixed cost (nothing changed) / `import dagster`", "≤ 1.3", m["unchanged"], m["import_dagster"])
    sizes = sorted(found.scales)
    for less, more in itertools.pairwise(sizes):
        a, b = found.scales[less], found.scales[more]
        times = more / less
        rows.append(
            (
                f"{more:,} workbooks / {less:,}, for twice the files",
                "≤ 2.2",
                f"{(b.cpu / a.cpu) * 2 / times:.2f}",
                f"{(b.wall / a.wall) * 2 / times:.2f}",
            )
        )
    return rows


def _above(one: Measured, base: Measured) -> Measured:
    return replace(one, cpu=one.cpu - base.cpu, wall=one.wall - base.wall)


def describe(found: Found) -> str:
    """The document. What stands in it was measured by one run of the benchmark."""
    m = found.medians
    told = [name for name in STAGES if all(name in stages for stages in found.stages)]
    cpu = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), ""
    )
    lines = [
        "# Performance",
        "",
        "Written by `python -m benchmarks`; do not edit by hand. What is measured, and how honestly: [below](#what-is-compared).",
        "",
        (
            f"{datetime.now(UTC):%Y-%m-%d}, two workers on {cpu or 'this machine'}, Python {platform.python_version()}, duckdb {version('duckdb')}, "
            f"dagster {version('dagster')}, python-calamine {version('python-calamine')}, pandas {version('pandas')}. "
            f"{'One turn' if found.turns == 1 else f'Medians of {found.turns} turns'} over {found.files:,} workbooks of {ROWS + 1} rows × {len(COLUMNS)} columns. CPU is user and system time of all processes; "
            "memory is the peak of the first process and, after the plus sign, of its largest child."
        ),
        "",
        "![Seconds of CPU for the same job](img/performance.png)",
        "",
        "| | CPU s | clock s | memory MiB |",
        "|---|--:|--:|--:|",
        *(
            f"| {NAMES[name]} | {m[name].cpu:.2f} | {m[name].wall:.2f} | {m[name].memory:.0f}{f' + {m[name].others:.0f}' if m[name].others else ''} |"
            for name in NAMES
            if name in m
        ),
        "",
        "## Ratios and targets",
        "",
        "| ratio | target | by CPU | by the clock |",
        "|---|--:|--:|--:|",
        *(f"| {name} | {target} | {by_cpu} | {by_clock} |" for name, target, by_cpu, by_clock in _ratios(found)),
        f"| `coop check` of one workbook | < 1 s | {m['check'].cpu:.2f} s | {m['check'].wall:.2f} s |",
        "",
        "## By stage of a full run (clock seconds)",
        "",
        "| " + " | ".join(STAGES[name] for name in told) + " |",
        "|" + "--:|" * len(told),
        "| " + " | ".join(f"{median(s[name] for s in found.stages):.2f}" for name in told) + " |",
        "",
        "## By number of workbooks",
        "",
        "| workbooks | CPU s | clock s | memory MiB |",
        "|--:|--:|--:|--:|",
        *(f"| {n:,} | {d.cpu:.1f} | {d.wall:.1f} | {d.memory:.0f} + {d.others:.0f} |" for n, d in sorted(found.scales.items())),
        "",
        (Path(__file__).parent / "notes.md").read_text(encoding="utf-8"),
    ]
    return "\n".join(lines)


def write(found: Found, docs: Path) -> None:
    (docs / "performance.md").write_text(describe(found), encoding="utf-8")
    _draw(found, docs / "img" / "performance.png")


def _draw(found: Found, target: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    shown = [
        name
        for name in (
            "bare_read",
            "pandas_read",
            "full",
            "polars_fastexcel",
            "pandas_calamine",
            "dlt_excel",
            "dagster_pandas",
            "unchanged",
            "changed",
        )
        if name in found.medians
    ]
    figure, axes = pyplot.subplots(figsize=(8, 0.45 * len(shown) + 1), layout="constrained")
    values = [found.medians[name].cpu for name in shown]
    bars = axes.barh(
        [NAMES[name].strip("*").replace("`", "") for name in shown],
        values,
        color=["#1f5a8a" if "coop" in NAMES[name] else "#b8c4cf" for name in shown],
    )
    axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.invert_yaxis()
    axes.set_xlabel(f"seconds of CPU, {found.files:,} workbooks")
    axes.spines[["top", "right"]].set_visible(False)
    target.parent.mkdir(exist_ok=True)
    figure.savefig(target, dpi=110)
    pyplot.close(figure)
