"""Calls of worksheet functions with raw cells, and what the cell must show: the same through every door of Excel's."""

from __future__ import annotations

from typing import Any

import pytest

JULY, AUGUST = 46204.0, 46235.0  # 2026-07-01 and a month later, as Value2 gives them

# function, the cells of each argument as they stand on the sheet, and what the cell must show
CALLS: tuple[tuple[str, tuple[Any, ...], Any], ...] = (
    ("LOYALTY_NPS", ([10, 9, 8, 3],), 25.0),
    ("LOYALTY_NPS", ([10, 9, 8, 3], 8), 50.0),
    ("LOYALTY_NPS", (["推荐意愿", 10, None, "9", 3],), 100 / 3),
    ("LOYALTY_NPS", ([10, "abc", 8],), "#VALUE!"),
    ("LOYALTY_NPS", ([10, "#N/A", 8],), "#VALUE!"),
    ("LOYALTY_NPS", ([None, None],), "#DIV/0!"),
    ("LOYALTY_NPS", ([10, 9], 99), "#NUM!"),
    ("LOYALTY_CSAT", ([5, 4, 3],), 4.0),
    ("LOYALTY_RETAINED_SHARE", (["A", "B", 3.0, "D"], ["B", "3", "D", "E"]), 0.75),
    ("LOYALTY_REPEAT_PURCHASE_RATE", (["A", "A", "B"], [JULY, AUGUST, JULY]), 0.5),
    ("LOYALTY_RETENTION_RATE", (["A", "B", "A"], [JULY - 10, JULY - 9, JULY + 300], JULY, "2027-07-01"), 0.5),
    ("LOYALTY_CAC", ([30_000, "20,000"], 125), 400.0),
    ("LOYALTY_COMPLETENESS", (["x", None, 1, True],), 0.75),
    ("LOYALTY_PERIOD", (JULY, "quarter"), "2026-Q3"),
    ("LOYALTY_STATUS", (0.82, 0.9, "sideways"), "#NUM!"),
    ("LOYALTY_ATTAINMENT", (45, 50), 0.9),
)


def shows(found: Any, expected: Any) -> None:
    """Compare an answer with what is expected: codes and texts exactly, numbers but for the last digits."""
    assert found == (pytest.approx(expected, rel=1e-12) if isinstance(expected, float) else expected)
