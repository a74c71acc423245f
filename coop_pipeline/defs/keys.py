"""How the assets are called, and whose they are."""

import dagster as dg

OWNERS = ["team:du-lieu-tinh"]


def key_of(table: str) -> dg.AssetKey:
    """The asset of a table or of files: `core.loans`, `published.coop`."""
    return dg.AssetKey(table.split("."))


ARRIVALS = key_of("intake.arrivals")
SUBMISSIONS = key_of("intake.submissions")
PUBLISHED = key_of("published.coop")
HELD = key_of("published.held")
RETURNED = key_of("outputs.returned")
CHARTS = key_of("outputs.charts")
REPORT = key_of("outputs.report")
EXPORTS = key_of("outputs.exports")
