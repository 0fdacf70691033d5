"""Marks and digests of rows: the same rows, in any order, give the same; any other row another."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_xl.contracts import departments
from loyalty_xl.contracts.row_marks import digests, row_marks
from tests.contracts.made_sheets import sheet_of

ORDERS = next(each for each in departments() if each.name == "Orders")
CUSTOMERS = next(each for each in departments() if each.name == "Customers")


def order(number: int, amount: float, day: str = "2026-07-03") -> dict[str, Any]:
    """One order line."""
    return {"order_id": f"A{number}", "order_date": day, "customer_id": "K1", "amount": amount, "order_type": "sale"}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(amounts: list[int], dice: Any) -> None:
    """Digests are the same for the same rows in any order, on other worksheet rows, with texts numbered otherwise."""
    rows = [order(number, float(amount)) for number, amount in enumerate(amounts)]
    mixed = dice.sample(rows, len(rows))
    one, other = digests(sheet_of(ORDERS, rows)), digests(sheet_of(ORDERS, mixed, first_row=40))
    assert one == other
    assert (one[0].rows, one[0].money) == (len(rows), sum(amounts) * 10_000)


def test_any_change_is_seen() -> None:
    """A changed amount, a further row, a missing row and another month each change the digest."""
    rows = [order(1, 10.0), order(2, 20.0), order(2, 20.0)]
    before = digests(sheet_of(ORDERS, rows))
    for other in (
        [order(1, 10.5), *rows[1:]],
        [*rows, order(3, 0.0)],
        rows[:2],
        [order(1, 10.0, "2026-06-03"), *rows[1:]],
    ):
        assert {each.hash for each in digests(sheet_of(ORDERS, other))} != {before[0].hash}


def test_key_stays_when_content_changes() -> None:
    """A row whose amount changed keeps its key's mark, so that it counts as changed, not as removed and added."""
    (sheet, other) = (sheet_of(CUSTOMERS, [{"customer_id": "K1", "tier": tier, "name": "王"}]) for tier in ("A", "B"))
    one, two = row_marks(sheet), row_marks(other)
    assert one.key.tolist() == two.key.tolist()
    assert one.content.tolist() != two.content.tolist()


def test_personal_fields_leave_no_mark() -> None:
    """Names and phones are in no hash: two rows that differ in them alone have the same marks."""
    (one, two) = (
        row_marks(sheet_of(CUSTOMERS, [{"customer_id": "K1", "name": name, "phone": name}])) for name in ("王", "李")
    )
    assert one.content.tolist() == two.content.tolist()
