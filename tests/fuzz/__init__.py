"""Spoiled workbooks through the whole way in: `python -m tests.fuzz --minutes 60`."""
