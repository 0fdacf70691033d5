"""Money in another currency: without a rate it cannot be added to the reporting currency, so its row is out (G10). Never a rate of 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.contracts.links import by_code, codes, errors, take_rows, usable

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Finding


def foreign_money(sheets: dict[str, Sheet], settings: Settings) -> list[Finding]:
    """Take out order lines whose currency is not the reporting one, or is not known."""
    orders = usable(sheets, "Orders")
    if orders is None:
        return []
    kinds, texts = codes(orders, "currency")
    foreign = by_code((text != settings.reporting_currency for text in texts), bool, blank=True)[kinds]
    if not foreign.any():
        return []
    told = foreign & (kinds >= 0)  # a blank or unreadable currency is told where it was read
    found = errors("E273", orders, "currency", told, lambda row: (texts[kinds[row]], settings.reporting_currency, {}))
    take_rows(orders, np.asarray(foreign), "other currency")
    return found
