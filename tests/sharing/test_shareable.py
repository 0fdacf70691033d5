"""What is told of the causes of a change."""

from __future__ import annotations

import pytest

from loyalty_xl.causes import Cause, RowChange, ValueChange
from loyalty_xl.sharing.shareable import shareable

JULY = 2026 * 12 + 6


def cause(change: RowChange) -> Cause:
    """Rows as a cause."""
    return Cause("rows", change, change.text("zh"), change.text("en"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (RowChange("Orders", "[o.csv]", JULY, 10, 11, 0, 3_800_000, added=1), False),
        (RowChange("Orders", "[o.csv]", JULY, 10, 10, 0, 3_800_000, changed=4), False),
        (RowChange("Orders", "[o.csv]", JULY, 10, 12, 0, 3_800_000), False),
        (RowChange("Orders", "[o.csv]", JULY, 10, 10, 0, 3_800_000), False),
        (RowChange("Orders", "[o.csv]", JULY, 10, 11, 0, 3_800_000, added=3, removed=2), True),
        (RowChange("Orders", "[o.csv]", JULY, 10, 15, 0, 3_800_000), True),
    ],
)
def test_amounts_of_few_rows_are_not_told(change: RowChange, told: bool) -> None:
    """The amount stands beside five rows or more, in both languages; how many rows there are always does."""
    (found,) = shareable([cause(change)], 5)
    assert [("380.00" in found.text(language)) for language in ("zh", "en")] == [told, told]
    assert ("row" in found.en, "行" in found.zh, "Orders" in found.en) == (True, True, True)


def test_other_causes_stay() -> None:
    """A setting is told as it is."""
    setting = Cause("setting", ValueChange("min_base_nps", "5", "30"), "参数", "setting")
    assert shareable([setting], 5) == (setting,)
