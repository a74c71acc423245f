"""The sums of the indicators, added up anew only for a family of indicators and a period in which something changed.

What a family is added up from for a period has a state (`marts/steps/states.sql`): a sum of hashes. With the sums it outlives the run.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from coop_pipeline.marts import MARTS, create_statements, write_out
from coop_pipeline.store.schema import literal
from coop_pipeline.store.warehouse import Connection, is_built, mark_built

SUMS, STATES, COUNTED = "steps.sums", "steps.states", "steps.counted"
KEPT = (SUMS, STATES)
"""The steps that are made here, and not by their SELECT alone; they stay for the next run."""
_MANNER = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]  # what this module kept wrongly must not outlive it


def add_up(connection: Connection, version: str) -> None:
    """Makes `steps.sums` what its SELECT would make it. `version` stands for the code that its tables are made by.

    What follows must not read `steps.sources`: only what is added up anew is left in it then.
    """
    sums, counted = MARTS[SUMS], MARTS[COUNTED]
    ((engine,),) = connection.execute("select version()").fetchall()
    version = f"{version} {_MANNER} {engine}"  # whose hashes are its own
    stand = is_built(connection, "sums", version)
    before = _read_states(connection) if stand else {}
    connection.execute(";\n".join(create_statements(MARTS[STATES])))
    now = _read_states(connection)
    due = {(family, period) for (family, _, period), _ in before.items() ^ now.items()}
    added = [state for state in now if (state[0], state[2]) in due]
    columns = ", ".join(column.name for column in counted.columns)
    families = sorted({family for family, _, _ in added})  # to plan a family's SELECT costs as much as to add up a changed workbook
    union = " union all ".join(f"select {columns} from steps.{family}" for family in families)
    select = write_out(sums, {COUNTED: union} if added else {})
    if not stand:
        connection.execute(";\n".join(create_statements(replace(sums, sql=select))))
    elif due:
        is_due = f"(split_part(indicator_code, '.', 1), period) in (values {', '.join(map(_show_pair, sorted(due)))})"
        connection.execute(f"delete from {SUMS} where {is_due}")
        if added:
            forms = sorted({(form, period) for _, form, period in added})
            connection.execute(f"delete from steps.sources where (form, period) not in (values {', '.join(map(_show_pair, forms))})")
            connection.execute(f"insert into {SUMS} select * from (\n{select}\n) where {is_due}")
    mark_built(connection, "sums", version)


def _read_states(connection: Connection) -> dict[tuple[str, str, str], str]:
    rows = connection.execute(f"select family, form, period, state from {STATES}").fetchall()
    return {(family, form, period): state for family, form, period, state in rows}


def _show_pair(pair: tuple[str, str]) -> str:
    return f"({literal(pair[0])}, {literal(pair[1])})"
