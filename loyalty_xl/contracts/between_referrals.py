"""Rule 8: who recommends is not who is recommended to, and a recommendation comes before the first order; calls back come after answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.contracts.links import (
    NO_DAY,
    by_code,
    codes,
    day_text,
    days,
    empty_cells,
    errors,
    usable,
    warning,
)

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.links import Ints, Mask
    from loyalty_xl.vocabulary import Finding

SOLD = ("sale", "service")
NOBODY = -1


def referrals(sheets: dict[str, Sheet], merged: dict[str, str]) -> list[Finding]:
    """Check the referrals: those that do not count stay in the sheet, and are told."""
    sheet = usable(sheets, "Referrals")
    if sheet is None:
        return []
    numbers: dict[str, int] = {}
    referrer, referee = (_people(sheet, field, merged, numbers) for field in ("referrer_id", "referee_id"))
    names = list(numbers)
    status, texts = codes(sheet, "status")
    void = by_code((text == "invalid" for text in texts), bool, blank=False)[status]
    own = ~void & (referrer == referee) & (referee != NOBODY)
    made = days(sheet, "referred_on")
    findings: list[Finding] = []
    orders = usable(sheets, "Orders")
    already = np.zeros(len(made), dtype=bool)
    if orders is not None:
        kinds, order_kinds = codes(orders, "order_type")
        sold = by_code((text in SOLD for text in order_kinds), bool, blank=True)[kinds]
        buyer, ordered = _people(orders, "customer_id", merged, numbers), days(orders, "order_date")
        since = first_days(buyer[sold], ordered[sold], len(numbers))[referee]
        already = ~void & ~own & (since < made)
        if already.any():
            row = int(np.flatnonzero(already)[0])
            findings += warning("W331", sheet, "referred_on", already, day_text(made[row]), day_text(since[row]))
    again, circular = uncounted(referrer, referee, made, void | already)
    for code, mask in (("W330", own), ("W332", again), ("W333", circular)):
        if mask.any():
            row = int(np.flatnonzero(mask)[0])
            findings += warning(code, sheet, "referee_id", mask, names[referee[row]], referrer=names[referrer[row]])
    return findings


def uncounted(referrer: Ints, referee: Ints, made: Ints, void: Mask) -> tuple[Mask, Mask]:
    """Find referrals of somebody who was referred before, and the last one of each circle; the earliest counts.

    People are integers, NOBODY where no one is named; *void* rows and self-referrals are not looked at.
    """
    again, circular = np.zeros(len(made), dtype=bool), np.zeros(len(made), dtype=bool)
    named = np.flatnonzero(~void & (referee != NOBODY) & (referee != referrer))
    order = named[np.lexsort((named, made[named], referee[named]))]
    first = np.ones(len(order), dtype=bool)
    first[1:] = referee[order][1:] != referee[order][:-1]
    again[order[~first]] = True
    edges = order[first]
    while True:  # whoever refers nobody, or was referred by nobody, is in no circle
        kept = edges[np.isin(referee[edges], referrer[edges]) & np.isin(referrer[edges], referee[edges])]
        if len(kept) == len(edges):
            break
        edges = kept
    row_of = {int(referee[row]): int(row) for row in edges}
    while row_of:
        circle = []
        person = next(iter(row_of))
        while person in row_of:
            circle.append(row_of.pop(person))
            person = int(referrer[circle[-1]])
        circular[max(circle, key=lambda row: (int(made[row]), row))] = True
    return again, circular


def follow_ups(sheets: dict[str, Sheet]) -> list[Finding]:
    """Check that nobody was called back before the answer; such a day is not used."""
    answers = usable(sheets, "SurveyResponses")
    if answers is None or "follow_up_on" not in answers.sent:
        return []
    answered, called = days(answers, "answered_on"), days(answers, "follow_up_on")
    early = (answered != NO_DAY) & (called != NO_DAY) & (called < answered)

    def says(row: int) -> tuple[str, str, dict[str, str]]:
        return day_text(called[row]), day_text(answered[row]), {}

    findings = errors("E334", answers, "follow_up_on", early, says)
    empty_cells(answers, "follow_up_on", early)
    return findings


def first_days(people: Ints, on: Ints, size: int) -> Ints:
    """Give the first day of each person below *size*; a day that never comes for others, NOBODY among them."""
    never = np.iinfo(np.int64).max
    first = np.full(size + 1, never)  # the last place is NOBODY's
    known = (people != NOBODY) & (on != NO_DAY)
    np.minimum.at(first, people[known], on[known])
    return first


def _people(sheet: Sheet, field: str, merged: dict[str, str], numbers: dict[str, int]) -> Ints:
    """Give the customers of a column as integers, merged ones followed, NOBODY for blank."""
    at, texts = codes(sheet, field)
    return by_code((numbers.setdefault(merged.get(text, text), len(numbers)) for text in texts), np.int64, NOBODY)[at]


__all__ = ["NOBODY", "SOLD", "first_days", "follow_ups", "referrals", "uncounted"]
