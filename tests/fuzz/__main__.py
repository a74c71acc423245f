"""Spoils workbooks for as long as asked, takes them in, and keeps what must be mended.

python -m tests.fuzz --minutes 60 --keep /tmp/findings [--seed 1] [--batch 80] [--corpus FOLDER ...]
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.harness import File, Tally, mutations, take_in


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="default: the time; the same seed gives the same files")
    parser.add_argument("--batch", type=int, default=80, help="files in a run")
    parser.add_argument("--keep", type=Path, help="a folder for the batches with findings")
    parser.add_argument("--corpus", type=Path, nargs="*", default=[], help="folders of files to take in as they are, first")
    given = parser.parse_args()
    tally = Tally()
    end = time.monotonic() + given.minutes * 60
    print(f"seed {given.seed}", flush=True)
    corpus: list[File] = [(f"2021/{path.name}", path) for folder in given.corpus for path in sorted(folder.iterdir())]
    source = itertools.chain(corpus, mutations(given.seed))
    while time.monotonic() < end:
        with tempfile.TemporaryDirectory() as folder:
            before = len(tally.findings)
            take_in(itertools.islice(source, given.batch), Path(folder), tally, given.keep)
        for finding in tally.findings[before:]:
            print(f"! {finding}", flush=True)
        print(tally, flush=True)
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
