"""Attempts to keep customers and contacts with them: how their cells are read, and what must fit the orders."""

from __future__ import annotations

from typing import Any

from made_sheets import sheet_of

from loyalty_xl.contracts.analytics import CUSTOMERS, ORDERS
from loyalty_xl.contracts.between import between_sheets
from loyalty_xl.contracts.contract import Sheet
from loyalty_xl.contracts.service_more import INTERACTIONS, SAVE_ATTEMPTS
from loyalty_xl.findings import sentence
from loyalty_xl.settings import Settings
from loyalty_xl.vocabulary import Finding

CONTRACTS = {each.name: each for each in (CUSTOMERS, ORDERS, SAVE_ATTEMPTS, INTERACTIONS)}


def checked(**rows: list[dict[str, Any]]) -> tuple[list[Finding], dict[str, Sheet]]:
    """Check sheets made of rows; every finding has a full sentence."""
    sheets = {name: sheet_of(CONTRACTS[name], each) for name, each in rows.items()}
    found = between_sheets(sheets, Settings())
    for each in found:
        assert all("…" not in sentence(each, language, where=False) for language in ("zh", "en"))
    return found, sheets


def attempt(number: int, customer: str = "C1", on: str = "2026-01-10", **more: Any) -> dict[str, Any]:
    """A row of SaveAttempts."""
    return {"attempt_id": f"A{number}", "customer_id": customer, "contacted_on": on} | more


def order(number: int, customer: str, on: str, **more: Any) -> dict[str, Any]:
    """A row of Orders."""
    sale = {"amount": 100, "order_type": "sale", "currency": "CNY"}
    return {"order_id": f"O{number}", "customer_id": customer, "order_date": on} | sale | more


def test_a_flag_after_the_contact_is_emptied() -> None:
    """The risk cannot be flagged after the customer was contacted: that cell is an error and empty, the row stays."""
    found, sheets = checked(
        SaveAttempts=[attempt(1, risk_flagged_on="2026-01-11"), attempt(2, risk_flagged_on="2026-01-10"), attempt(3)]
    )
    (error,) = found
    assert (error.code, error.found, error.expected) == ("E310", "2026-01-11", "2026-01-10")
    assert error.cell == f"{sheets['SaveAttempts'].sent['risk_flagged_on']}2"
    assert sheets["SaveAttempts"].frame["risk_flagged_on"].notna().tolist() == [False, True, False]


def test_saved_without_an_order_in_the_window_is_told() -> None:
    """Noted as saved, the window over, nothing bought from the contact to its end: one warning with the count."""
    orders = [
        order(1, "C1", "2026-01-09"),  # before the contact
        order(2, "C2", "2026-04-10"),  # the last day of the window of 90 days
        order(3, "C3", "2026-04-11"),  # a day late
        order(4, "C4", "2026-01-20", order_type="refund", amount=-100),
        order(5, "C5", "2026-01-10"),  # on the day of the contact
        order(6, "C9", "2026-06-30"),
    ]
    attempts = [attempt(number, f"C{number}", outcome="saved") for number in range(1, 6)]
    attempts += [attempt(6, "C6", "2026-06-01", outcome="saved"), attempt(7, "C7", outcome="lost")]
    found, sheets = checked(Orders=orders, SaveAttempts=attempts)
    told = [each for each in found if each.code == "W311"]
    column = sheets["SaveAttempts"].sent["outcome"]
    assert [(each.count, each.cells) for each in told] == [(3, (f"{column}2", f"{column}4", f"{column}5"))]


def test_a_running_contract_may_have_been_renewed() -> None:
    """A customer whose contract runs on after the contact need not have ordered."""
    customers = [{"customer_id": "C1", "contract_end": "2027-01-01"}, {"customer_id": "C9"}]
    found, _ = checked(
        Customers=customers, Orders=[order(1, "C9", "2026-06-30")], SaveAttempts=[attempt(1, outcome="saved")]
    )
    assert not [each for each in found if each.code == "W311"]


def test_an_unknown_customer_is_one_warning_a_sheet() -> None:
    """Contacts and attempts with customers that Customers does not hold are told, and kept (rule 1)."""
    found, sheets = checked(
        Customers=[{"customer_id": "C1"}],
        SaveAttempts=[attempt(1, "C8")],
        Interactions=[{"interaction_id": "I1", "customer_id": "C7", "on": "2026-01-01", "channel": "phone"}],
    )
    assert [(each.code, each.found) for each in found] == [("W241", "C8"), ("W241", "C7")]
    assert [len(sheets[name].frame) for name in ("SaveAttempts", "Interactions")] == [1, 1]
