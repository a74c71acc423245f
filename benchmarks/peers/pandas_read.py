"""pandas with openpyxl turns every workbook into a frame, and nothing is done with it."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

if __name__ == "__main__":
    for path in sorted(Path(sys.argv[1]).rglob("*.xlsx")):
        pd.read_excel(path, engine="openpyxl")
