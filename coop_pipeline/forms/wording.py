"""How values are shown to people: Vietnamese numbers and dates, and personal numbers masked."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

# The reader leaves out a sheet that carries this line: our own programs wrote it, and it holds no figures.
SEVERITY_NAMES = {"error": "LỖI", "warning": "Cảnh báo", "note": "Ghi chú"}
OWN_SHEET_MARK = "Trang này do phần mềm lập, không phải số liệu; khi gửi lại có thể để nguyên."

TWELVE_DIGITS = "(^|[^0-9])[0-9]{12}([^0-9]|$)"  # an identity number, for SQL
_PERSONAL_NUMBER = re.compile(r"(?<!\d)(?:\d{12}|0[35789](?:[ .-]?\d){8}|\+84(?:[ .-]?\d){9})(?!\d)")


def mask_personal(text: str) -> str:
    """Without personal numbers (12 digits, mobile phones)."""
    return _PERSONAL_NUMBER.sub(lambda match: "•" * len(match.group()), text)


def show_number(value: Decimal) -> str:
    """A number in the Vietnamese way: 1.495,5."""
    whole, _, fraction = f"{value:,f}".partition(".")
    fraction = fraction.rstrip("0")
    return whole.replace(",", ".") + (f",{fraction}" if fraction else "")


def show_value(value: object) -> str:
    """Any typed value as a person reads it."""
    if isinstance(value, Decimal):
        return show_number(value)
    if isinstance(value, int):
        return show_number(Decimal(value))
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return "" if value is None else str(value)
