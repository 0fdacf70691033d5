"""What an order line leaves out and can be derived: order id, amount, currency, kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.contracts.cells import Column
from loyalty_xl.contracts.faults import Fault, places
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loyalty_xl.contracts.contract import Contract
    from loyalty_xl.contracts.header_rows import Header

_CANCELLED = re.compile(r"C\d+")


def derive(
    columns: dict[str, Column], contract: Contract, header: Header, settings: Any, rows: NDArray[np.int32], title: str
) -> list[Finding]:
    """Fill in what Orders may leave out, one notice each."""
    findings: list[Finding] = []
    size = len(rows)
    if "order_id" not in columns:
        columns["order_id"] = Column(
            contract["order_id"], np.arange(size, dtype=np.int32), np.zeros(size, np.bool_), _row_names(rows)
        )
        findings.append(Finding("W250", title, count=size))
    _derive_amount(columns, contract, header, findings, title)
    currency = next((unit.currency for unit in header.units.values() if unit.currency), "") or str(
        settings.reporting_currency
    )
    _derive_currency(columns, contract, header, currency, findings, title)
    _derive_type(columns, contract, header, findings, title)
    return findings


def rates_for_money(columns: dict[str, Column]) -> Fault | None:
    """Warn of discounts that all look like rates: an amount computed with them is wrong by most of the discount."""
    discount = columns.get("discount")
    if discount is None or "unit_price" not in columns:
        return None
    with np.errstate(invalid="ignore"):
        at = places(discount.values > 0)
    if not len(at) or discount.values[at].max() > 1 or not np.nanmax(columns["unit_price"].values[at], initial=0) > 10:
        return None
    return Fault("W259", at, "money")


def computed_amount(columns: dict[str, Column]) -> NDArray[np.float64] | None:
    """Give quantity × unit price − discount, nan where a part is missing; None where a column is."""
    if "quantity" not in columns or "unit_price" not in columns:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        amount = columns["quantity"].values * columns["unit_price"].values
    amount[~np.isfinite(amount)] = np.nan
    discount = columns.get("discount")
    if discount is not None:
        off = np.where(discount.blank, 0.0, discount.values)
        amount = amount - off
    return np.asarray(amount, np.float64)


def _row_names(rows: NDArray[np.int32]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.binary_join_element_wise("ROW", pa.array(rows).cast(pa.string()), "")


def _derive_amount(
    columns: dict[str, Column], contract: Contract, header: Header, findings: list[Finding], title: str
) -> None:
    computed = computed_amount(columns)
    if computed is None:
        return
    if "amount" not in columns:
        blank = np.isnan(computed)
        columns["amount"] = Column(contract["amount"], computed, blank)
        findings.append(Finding("W251", title, found="column", count=int((~blank).sum())))
        return
    amount = columns["amount"]
    fill = amount.blank & ~amount.bad & ~np.isnan(computed)
    if fill.any():
        amount.values[fill] = computed[fill]
        amount.derived = fill
        findings.append(
            Finding("W251", title, found="blank", column=header.texts[header.columns["amount"]], count=int(fill.sum()))
        )


def _derive_currency(
    columns: dict[str, Column], contract: Contract, header: Header, currency: str, findings: list[Finding], title: str
) -> None:
    names = list(contract["currency"].choices)
    if currency not in names:
        names.append(currency)
    if "currency" not in columns:
        size = len(columns["order_id"].values)
        columns["currency"] = Column(
            contract["currency"], np.full(size, names.index(currency), np.int16), np.zeros(size, np.bool_), names
        )
        findings.append(Finding("W252", title, found="column", expected=currency, count=size))
        return
    sent = columns["currency"]
    fill = sent.blank & ~sent.bad
    if fill.any():
        sent.categories = names
        sent.values[fill] = names.index(currency)
        findings.append(
            Finding(
                "W252",
                title,
                found="blank",
                expected=currency,
                column=header.texts[header.columns["currency"]],
                count=int(fill.sum()),
            )
        )


def _derive_type(
    columns: dict[str, Column], contract: Contract, header: Header, findings: list[Finding], title: str
) -> None:
    names = list(contract["order_type"].choices)
    sent = columns.get("order_type")
    fill = sent.blank & ~sent.bad if sent else None
    if fill is not None and not fill.any():
        return
    order_id = columns["order_id"]
    kind = np.full(len(order_id.values), names.index("sale"), np.int16)
    with np.errstate(invalid="ignore"):
        for name in ("quantity", "amount"):
            if name in columns:
                kind[columns[name].values < 0] = names.index("refund")
    if "order_id" in header.columns and order_id.categories:
        cancelled = np.array([bool(_CANCELLED.fullmatch(text)) for text in order_id.categories] + [False])
        kind[cancelled[order_id.values]] = names.index("cancel")
    found, column = "column", ""
    if sent is None or fill is None:
        columns["order_type"] = Column(contract["order_type"], kind, np.zeros(len(kind), np.bool_), names)
        derived = kind
    else:
        derived = kind[fill]
        sent.values[fill] = derived
        found, column = "blank", header.texts[header.columns["order_type"]]
    detail = tuple((name, str(int((derived == names.index(name)).sum()))) for name in ("sale", "refund", "cancel"))
    findings.append(Finding("W253", title, found=found, column=column, count=len(derived), detail=detail))
