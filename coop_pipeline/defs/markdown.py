"""Tables in Markdown, as the UI shows them."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from coop_pipeline.forms.wording import as_markdown_text, show_value


def as_markdown(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, numbers and days as people write them; what districts typed cannot break out of its cell."""

    def cell(value: object) -> str:
        text = show_value(value) if isinstance(value, Decimal) or type(value) is date else "" if value is None else str(value)
        return as_markdown_text(text if len(text) <= 300 else text[:299] + "…")

    lines = ["| " + " | ".join(cell(c) for c in columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell(v) for v in row) + " |" for row in rows]
    return "\n".join(lines)
