"""From the districts' Excel workbooks to one DuckDB file that never shows a half-finished state."""
