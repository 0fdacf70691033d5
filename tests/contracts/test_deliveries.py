"""Deliveries: what people write there, which file counts for a period, and what a department says of a period without rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from loyalty_xl.contracts import everything
from loyalty_xl.contracts.arrivals import Arrival
from loyalty_xl.contracts.contract import Sheet
from loyalty_xl.contracts.deliveries import Row, Said, read_deliveries, said_of
from loyalty_xl.contracts.ledger import RECEIVED, REPLACED, enter
from loyalty_xl.contracts.links import months, numbers
from loyalty_xl.contracts.replacing import without_replaced
from loyalty_xl.contracts.totals import total_of
from loyalty_xl.coverage import Reach, SheetReach
from loyalty_xl.vocabulary import Calendar
from tests.contracts.made_sheets import sheet_of

CONTRACTS = {contract.name: contract for contract in everything()}
JULY = Calendar().parse("2026-07")
AS_OF = date(2026, 9, 1)


def page(*rows: dict[str, Any]) -> Sheet:
    """A Deliveries page with these rows."""
    return sheet_of(CONTRACTS["Deliveries"], [{"sheet": "Orders", "period": "2026-07", "use": None} | row for row in rows])  # fmt: skip


def marks(*rows: dict[str, Any]) -> list[Row]:
    """The same rows, read."""
    found, findings = read_deliveries(page(*rows), list(CONTRACTS.values()), Calendar())
    assert findings == []
    return found


def file(name: str, days: list[str], amount: float, wrong: int = 0) -> Sheet:
    """Orders of one file: a line of *amount* a day, and as many in July 2026 that were rejected."""
    rows = [{"order_id": f"O{at}", "line_no": 1, "order_date": day, "amount": amount} for at, day in enumerate(days, 1)]
    made = replace(sheet_of(CONTRACTS["Orders"], rows), title=f"[{name}]Orders", file=name)
    enter(made.ledger, RECEIVED, months(made), numbers(made, "amount"))
    if wrong:
        july = np.full(wrong, JULY.first)
        for reason in (RECEIVED, "error"):
            enter(made.ledger, reason, july, np.full(wrong, amount))
        made.left_out = {"error": wrong}
        made.rejected = made.rejected.reindex(range(wrong)).assign(month=july, field="", rows=1, amount=amount)
    return made


def test_rows_of_deliveries_are_read() -> None:
    """Sheet, period, dates and figures are read in either language; an unknown sheet or period is E302 and does not count."""
    sheet = page(
        {"sheet": "订单", "period": "2026-07-01 00:00", "rows": 3, "amount": 4.5, "due": "2026-08-03", "status": "nil"},
        {"sheet": "Ordres"},
        {"period": "July"},
        {"sheet": "Products", "period": "2026-07"},
    )
    rows, findings = read_deliveries(sheet, list(CONTRACTS.values()), Calendar())
    assert [(each.key, each.rows, each.money, each.due, each.status) for each in rows] == [
        ("Orders|2026-07|", 3, 45_000, date(2026, 8, 3), "nil")
    ]
    assert [(each.code, each.cell, each.found) for each in findings] == [
        ("E302", "A3", "Ordres"),
        ("E302", "B4", "July"),
        ("E302", "B5", "2026-07"),
    ]


def test_marked_file_takes_the_whole_period() -> None:
    """A marked file replaces the other one's rows of the period, rejected ones too, and none of its other months; the difference is told."""
    old = file("old.csv", ["2026-06-30", "2026-07-01", "2026-07-02"], 10.0, wrong=1)
    new = file("new.csv", ["2026-07-01", "2026-07-31"], 20.0)
    rows = [{"file": "new.csv", "use": "yes"}]
    (kept, same), (found,) = without_replaced([old, new], marks(*rows), page(*rows))
    assert same is new
    assert kept.frame["order_date"].dt.strftime("%Y-%m-%d").tolist() == ["2026-06-30"]
    assert kept.counts.index.tolist() == [JULY.first - 1]
    assert len(kept.rejected) == 0
    assert kept.left_out == {REPLACED: 3}
    july = total_of(kept, {}, JULY)
    assert (july.received, july.left_out, july.counting) == ((3, 300_000), {REPLACED: (3, 300_000)}, (0, 0))
    assert found.code == "W386"
    assert (found.found, found.expected) == ("old.csv", "new.csv")
    assert dict(found.detail) | {"rows": "3 → 2", "amount": "30.00 → 40.00"} == dict(found.detail)
    assert len(old.frame) == 3  # what was read stays as it was


def test_no_on_the_other_file_is_the_same_as_yes() -> None:
    """Marking the file that does not count gives what marking the other one gives."""
    files = [file("old.csv", ["2026-06-30", "2026-07-01"], 10.0), file("new.csv", ["2026-07-01"], 20.0)]
    outcomes = []
    for rows in ([{"file": "new.csv", "use": "yes"}], [{"file": "old.csv", "use": "no"}]):
        kept, (found,) = without_replaced(files, marks(*rows), page(*rows))
        outcomes.append(([len(each.frame) for each in kept], found.found, found.expected, found.detail))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == [1, 1]


@pytest.mark.parametrize(
    ("rows", "code", "cells"),
    [
        ([{"file": "a.csv", "use": "yes"}, {"file": "b.csv", "use": "yes"}], "E384", ("E2", "E3")),
        ([{"file": "a.csv", "use": "no"}, {"file": "b.csv", "use": "no"}], "E384", ("E2", "E3")),
        ([{"file": "c.csv", "use": "yes"}], "W388", ("E2",)),
        ([{"file": "a.csv", "use": "yes", "period": "2026-05"}], "W388", ("E2",)),
    ],
)
def test_marks_that_cannot_be_followed(rows: list[dict[str, Any]], code: str, cells: tuple[str, ...]) -> None:
    """Two files marked, all files unmarked, or a file without rows of the period: told at the cells, and nothing leaves."""
    files = [file("a.csv", ["2026-07-01"], 10.0), file("b.csv", ["2026-07-01"], 20.0)]
    sheet = page(*({"status": None} | row for row in rows))
    sheet.sent = {"sheet": "B", "period": "C", "file": "D", "use": "E"}
    kept, (found,) = without_replaced(files, marks(*rows), sheet)
    assert [len(each.frame) for each in kept] == [1, 1]
    assert (found.code, found.cells) == (code, cells)


def test_only_people_can_say_that_a_sheet_is_awaited() -> None:
    """An `awaited` that the product wrote itself says nothing; nil periods that meet are one."""
    rows = marks(
        {"status": "awaited"},
        {"sheet": "Complaints", "status": "awaited"},
        {"sheet": "Referrals", "status": "nil"},
        {"sheet": "Referrals", "status": "nil", "period": "2026-08"},
    )
    said = said_of(rows, {"Complaints|2026-07|": "awaited"})
    first = JULY.first
    assert said == {
        "Orders": Said(awaited=(range(first, first + 1),)),
        "Referrals": Said(nil=(range(first, first + 2),)),
    }


def reach(days: list[str], said: Said, period: str) -> Reach:
    """How a sheet with rows on these days covers a period."""
    asked = Calendar().parse(period)
    assert asked is not None
    return SheetReach(np.array(days, "datetime64[D]"), None, said).over(asked.first, asked.stop, AS_OF)


def test_nil_covers_its_period_only() -> None:
    """Nil covers its period, and what reaches up to it; a month before it that nobody spoke of stays absent."""
    months_ = [f"2026-{month:02d}-{day:02d}" for month in (4, 5) for day in range(1, 31)]
    nil = Said(nil=(range(JULY.first, JULY.stop),))
    assert reach(months_, Said(), "2026-07") is Reach.ABSENT
    assert reach(months_, nil, "2026-07") is Reach.COVERED
    assert reach(months_, nil, "2026-06") is Reach.ABSENT
    assert reach(months_, nil, "2026-08") is Reach.ABSENT
    assert reach([], nil, "2026-07") is Reach.COVERED
    assert reach([], nil, "2026-06") is Reach.ABSENT
    june = Said(nil=(range(JULY.first - 1, JULY.stop),))
    assert reach(months_, june, "2026-04..07") is Reach.COVERED


def test_awaited_goes_before_the_gap_rule() -> None:
    """Where somebody awaits the rows, neither usual gaps nor later rows make the period count as 0."""
    rare = ["2026-01-05", "2026-06-20", "2026-08-20"]
    awaited = Said(awaited=(range(JULY.first, JULY.stop),))
    assert reach(rare, Said(), "2026-07") is Reach.COVERED
    assert reach(rare, awaited, "2026-07") is Reach.ABSENT
    assert reach(rare, awaited, "2026-06..07") is Reach.SHORT
    assert reach(rare, awaited, "2026-08") is Reach.COVERED


def test_fingerprint_is_of_the_rows_of_the_period() -> None:
    """The fingerprint of a period is that of its rows in any order; other months do not change it, a changed amount does."""
    days = ["2026-07-01", "2026-07-02", "2026-06-01"]

    def content(sheet: Sheet) -> tuple[str, date | None, date | None]:
        arrival = Arrival.of(sheet)
        found = arrival.within(JULY, arrival.fingerprints([JULY.first]))
        return found.hash, found.first, found.last

    one = content(file("a.csv", days, 10.0))
    assert one[1:] == (date(2026, 7, 1), date(2026, 7, 2))
    assert content(file("b.csv", days[:2], 10.0)) == one
    assert content(file("a.csv", days, 11.0))[0] != one[0]
    assert content(file("a.csv", days[:1], 10.0))[0] != one[0]
