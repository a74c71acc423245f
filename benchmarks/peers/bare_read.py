"""The floor: calamine turns every cell into a Python value, and nothing is done with it."""

from __future__ import annotations

import sys
from pathlib import Path

from python_calamine import CalamineWorkbook

if __name__ == "__main__":
    for path in sorted(Path(sys.argv[1]).rglob("*.xlsx")):
        CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
