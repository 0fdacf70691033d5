"""Rules 6, 9 and 10: answers fit their invitations, complaints fit the taxonomy and their own dates."""

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
    first_of,
    take_rows,
    usable,
    warning,
)

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.links import Mask
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Finding

OPEN = ("open", "pending", "reopened")


def responses(sheets: dict[str, Sheet], merged: dict[str, str], settings: Settings) -> list[Finding]:
    """Rule 6: the invitation exists, went to the same customer, was sent before the answer, and is answered once."""
    answers, invited = usable(sheets, "SurveyResponses"), usable(sheets, "SurveyInvitations")
    if answers is None or invited is None:
        return []
    at, texts = codes(answers, "invite_id")
    row_of = {name: row for row, name in enumerate(invited.frame["invite_id"].astype(object))}
    row = by_code((row_of.get(text, -1) for text in texts), np.int64, -1)[at]
    unknown = (at >= 0) & (row < 0)
    findings = errors("E262", answers, "invite_id", unknown, lambda each: (texts[at[each]], "", {}))
    known = row >= 0
    mine, theirs = _customers(answers, merged), _customers(invited, merged)[np.where(known, row, 0)]
    other = known & (mine != "") & (theirs != "") & (mine != theirs)
    findings += errors(
        "E263", answers, "invite_id", other, lambda each: (texts[at[each]], theirs[each], {"value": mine[each]})
    )
    answered, sent = days(answers, "answered_on"), days(invited, "sent_on")[np.where(known, row, 0)]
    early = known & ~other & (answered != NO_DAY) & (sent != NO_DAY) & (answered < sent)

    def says(each: int) -> tuple[str, str, dict[str, str]]:
        return day_text(answered[each]), day_text(sent[each]), {"invite": texts[at[each]]}

    findings += errors("E264", answers, "answered_on", early, says)
    again = _again(np.where(known & ~other & ~early, at, -1))
    if again.any():
        first = texts[at[np.flatnonzero(again)[0]]]
        findings += warning("W265", answers, "invite_id", again, first, policy=settings.nps_dup_policy)
    empty_cells(answers, "invite_id", unknown | other)
    take_rows(answers, early, "answered before sent")
    return findings


def complaints(sheets: dict[str, Sheet]) -> list[Finding]:
    """Rules 9 and 10: known class, closed after received, a date and a rating only when closed."""
    sheet = usable(sheets, "Complaints")
    if sheet is None:
        return []
    received, closed = days(sheet, "received_on"), days(sheet, "closed_on")
    findings = _classes(sheet, usable(sheets, "ComplaintTaxonomy"), received)
    early = (closed != NO_DAY) & (received != NO_DAY) & (closed < received)

    def says(each: int) -> tuple[str, str, dict[str, str]]:
        return day_text(closed[each]), day_text(received[each]), {}

    findings += errors("E267", sheet, "closed_on", early, says)
    status, texts = codes(sheet, "status")
    is_closed = by_code((text == "closed" for text in texts), bool, blank=False)[status]
    is_open = by_code((text in OPEN for text in texts), bool, blank=False)[status]
    findings += warning("W268", sheet, "closed_on", is_closed & (closed == NO_DAY))
    rated = sheet.frame["satisfaction"].notna().to_numpy()
    findings += warning("W269", sheet, "satisfaction", rated & is_open)
    empty_cells(sheet, "closed_on", early)
    return findings


def _classes(sheet: Sheet, taxonomy: Sheet | None, received: np.ndarray) -> list[Finding]:
    """Find classes that the taxonomy valid on the day of the complaint does not hold, by code or name."""
    if taxonomy is None:
        return []
    first, last = days(taxonomy, "valid_from"), days(taxonomy, "valid_to")
    last = np.where(last == NO_DAY, np.iinfo(np.int64).max, last)
    valid: dict[str, list[tuple[int, int]]] = {}
    for name in ("code", "name_zh", "name_en"):
        for text, start, end in zip(taxonomy.frame[name].astype(object), first, last, strict=True):
            if isinstance(text, str) and text:
                valid.setdefault(text.strip().casefold(), []).append((int(start), int(end)))
    findings: list[Finding] = []
    for field in ("class_l1", "class_l2"):
        at, texts = codes(sheet, field)
        spans = [valid.get(text.strip().casefold(), []) for text in texts]
        unknown = by_code((not each for each in spans), bool, blank=False)[at]
        for code, each in enumerate(spans):
            if each:
                inside = np.logical_or.reduce([(received >= start) & (received <= end) for start, end in each])
                unknown |= (at == code) & ~inside
        if unknown.any():
            shown = list(dict.fromkeys(texts[code] for code in at[unknown]))
            found = first_of(shown)
            findings += warning("W266", sheet, field, unknown, found)
    return findings


def _customers(sheet: Sheet, merged: dict[str, str]) -> np.ndarray:
    """Give customer ids as objects, merged ones followed, "" for blank."""
    at, texts = codes(sheet, "customer_id")
    return by_code((merged.get(text, text) for text in texts), object, "")[at]


def _again(at: np.ndarray) -> Mask:
    """Mark every further row of a code; blank codes are not looked at."""
    order = np.argsort(at, kind="stable")
    repeated = np.zeros(len(at), dtype=bool)
    repeated[order[1:]] = at[order][1:] == at[order][:-1]
    return repeated & (at >= 0)
