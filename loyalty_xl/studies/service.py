"""Complaint mix: what customers complain about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from loyalty_xl.catalogue import listing
from loyalty_xl.rows.ready import collect
from loyalty_xl.rows.service import received
from loyalty_xl.vocabulary import Dimension

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period


def by_period(rows: pd.DataFrame, periods: list[Period]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows with a month, split by period; periods without rows are passed over."""
    for period in periods:
        part = rows[(rows["month"] >= period.first) & (rows["month"] < period.stop)]
        if len(part):
            yield period.label, part


@listing(
    "complaint_mix",
    "C2",
    zh="投诉构成",
    en="Complaint mix",
    dimension=Dimension.SERVICE,
    sheets=("Complaints",),
    frames=("complaints",),
    says="每个期间各大类、小类的投诉件数和占比。",
    columns=("period", "class_l1", "class_l2", "complaints", "share"),
)
def complaint_mix(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """Complaints of each period by class and subclass, with their share of the period's complaints.

    Classes stand as they were sent; one that is blank is `Unassigned 未归类`. Where the taxonomy has several versions, a class of an older one is counted
    under the class of the newest that replaces it (`maps_to`, followed to its end; the same code where it names none), so that periods can be compared
    across versions. One that leads nowhere stands as it was sent, and a finding names it (W353).

    References
    ----------
    Source S0; ISO 10002:2018, clause 8.
    """
    rows = received(ready, settings, ("all",))
    totals = collect(rows.group_by("month", "class_l1", "class_l2").agg(nw.len().alias("complaints")))
    found = []
    for label, group in by_period(totals, periods):
        whole = int(group["complaints"].sum())
        for (one, two), part in group.groupby(["class_l1", "class_l2"]):
            number = int(part["complaints"].sum())
            found.append(
                {"period": label, "class_l1": one, "class_l2": two, "complaints": number, "share": number / whole}
            )
    return found
