"""The issues of a workbook as people read them: by severity and place, equal mistakes of a column in one line."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coop_pipeline.forms.wording import SEVERITY_NAMES, show_value

SEVERITIES = {severity: rank for rank, severity in enumerate(SEVERITY_NAMES)}
SUMMARISE_FROM = 10  # equal mistakes in one column become one line from this number on

Issues = Sequence[Mapping[str, Any]]
"""Rows of quality.issues."""


def order(issues: Issues) -> list[Mapping[str, Any]]:
    sheets = {name: i for i, name in enumerate(dict.fromkeys(issue["sheet"] for issue in issues))}
    return sorted(
        issues,
        key=lambda i: (
            SEVERITIES[i["severity"]],
            sheets[i["sheet"]],
            i["row_number"] or 0,
            len(i["cell"]),
            i["cell"],
            i["code"],
        ),
    )


@dataclass(slots=True)
class Line:
    """One line of the list: an issue, or the first of many equal ones."""

    issue: Mapping[str, Any]
    others: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        if not self.others:
            return str(self.issue["message_vi"])
        shown = ", ".join(self.others[:5]) + (", …" if len(self.others) > 5 else "")
        return f"{self.issue['message_vi']} Và {show_value(len(self.others))} ô khác cùng cột cũng như vậy: {shown}."


def summarise(issues: Issues) -> list[Line]:
    """The issues in order; ten equal mistakes or more in one column are one line."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    ordered = order(issues)
    for issue in ordered:
        column = re.match(r"[A-Z]*", issue["cell"])
        place = column.group() if column else ""
        groups[issue["severity"], issue["sheet"], issue["code"], issue["form"], issue["field"], place].append(issue)
    lines: list[Line] = []
    for group in groups.values():
        if len(group) >= SUMMARISE_FROM:
            lines.append(Line(group[0], [issue["cell"] or issue["sheet"] for issue in group[1:]]))
        else:
            lines += [Line(issue) for issue in group]
    rank = {id(issue): position for position, issue in enumerate(ordered)}
    return sorted(lines, key=lambda line: rank[id(line.issue)])
