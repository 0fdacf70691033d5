"""Rules 12 and 23, and how long answers are kept: reconstructed rows are registered, nobody is asked against their will."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loyalty_xl.contracts.links import (
    NO_DAY,
    by_code,
    codes,
    day_text,
    days,
    first_of,
    usable,
    warning,
)

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.links import Ints, Mask
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Finding

REGISTER = "DataCorrections"
CONTACTS = ("survey", "save", "care")  # purposes for which the company turns to the customer


def imputed_mask(sheet: Sheet) -> Mask:
    """Say which rows of a sheet are marked as imputed."""
    if "is_imputed" not in sheet.sent:
        return np.zeros(len(sheet.frame), dtype=bool)
    marked: Mask = sheet.frame["is_imputed"].fillna(False).astype(bool).to_numpy()
    return marked


def registered(sheets: dict[str, Sheet]) -> list[Finding]:
    """Rule 12: every imputed row names its entry in DataCorrections, and every entry of that kind has its row."""
    register = usable(sheets, REGISTER)
    entries, ids = codes(register, "ref") if register else (np.zeros(0, np.int64), [])
    known = {ids[code] for code in np.unique(entries[entries >= 0])}
    findings: list[Finding] = []
    used: dict[str, set[str]] = {}
    for name in sheets:
        sheet = usable(sheets, name)
        if sheet is None or "imputation_ref" not in sheet.frame or "is_imputed" not in sheet.sent:
            continue
        marked, (at, refs) = imputed_mask(sheet), codes(sheet, "imputation_ref")
        findings += warning("W360", sheet, "imputation_ref", marked & (at < 0))
        named = marked & (at >= 0)
        used[name] = {refs[code] for code in np.unique(at[named])}
        if register is not None:
            lost = named & by_code((ref not in known for ref in refs), bool, blank=False)[at]
            shown = first_of(sorted({refs[code] for code in np.unique(at[lost])}))
            findings += warning("W361", sheet, "imputation_ref", lost, shown)
    if register is not None:
        findings += _unused(register, sheets, used)
    return findings


def _unused(register: Sheet, sheets: dict[str, Sheet], used: dict[str, set[str]]) -> list[Finding]:
    """W362: entries of kind imputed whose sheet came and has no imputed row that names them."""
    named = {text.casefold(): name for name, sheet in sheets.items() for text in (name, sheet.contract.zh)}
    at, ids = codes(register, "ref")
    kinds, kind_texts = codes(register, "kind")
    of_sheet, texts = codes(register, "sheet")
    imputed = by_code((text == "imputed" for text in kind_texts), bool, blank=False)[kinds]
    names = [named.get(text.strip().casefold(), "") for text in texts]
    seen = [name if name in used else "" for name in names]
    hit = np.zeros(len(at), dtype=bool)
    for code, name in enumerate(seen):
        if name:
            hit |= (of_sheet == code) & by_code((ref not in used[name] for ref in ids), bool, blank=False)[at]
    lost = imputed & hit
    if not lost.any():
        return []
    first = int(np.flatnonzero(lost)[0])
    shown = first_of(sorted({ids[code] for code in np.unique(at[lost])}))
    return warning("W362", register, "ref", lost, shown, names[of_sheet[first]])


def contacts(sheets: dict[str, Sheet], merged: dict[str, str], settings: Settings) -> list[Finding]:
    """Rule 23: no survey to customers who declined, and no more contacts in a quarter than the cap."""
    invited = usable(sheets, "SurveyInvitations")
    if invited is None:
        return []
    findings: list[Finding] = []
    at, texts = codes(invited, "customer_id")
    own = [merged.get(text, text) for text in texts]
    master = usable(sheets, "Customers")
    if master is not None:
        refused = master.frame["contact_consent"].eq(False).fillna(False).to_numpy(dtype=bool)
        no = {merged.get(text, text) for text in master.frame["customer_id"][refused].astype(object)}
        against = by_code((name in no for name in own), bool, blank=False)[at]
        if against.any():
            who = texts[at[np.flatnonzero(against)[0]]]
            number = len(np.unique(at[against]))
            findings += warning("W363", invited, "customer_id", against, who, customers=f"{number:,}")
    cap = settings.contact_cap_per_quarter
    if cap is not None:
        findings += _beyond_cap(sheets, merged, invited, (at, own), cap)
    return findings


def _beyond_cap(
    sheets: dict[str, Sheet], merged: dict[str, str], invited: Sheet, asked: tuple[Ints, list[str]], cap: int
) -> list[Finding]:
    """W364: invitations beyond the cap, in order of date; other contacts of the quarter count too."""
    at, own = asked
    places: dict[str, int] = {}
    who = by_code((places.setdefault(name, len(places)) for name in own), np.int64, -1)[at]
    when = days(invited, "sent_on")
    parts = [(who, when, np.arange(len(who)))]
    talks = usable(sheets, "Interactions")
    if talks is not None and {"purpose", "on", "customer_id"} <= set(talks.frame):
        kinds, kind_texts = codes(talks, "purpose")
        ours = by_code((text in CONTACTS for text in kind_texts), bool, blank=False)[kinds]
        talked, names = codes(talks, "customer_id")
        spoken = by_code((places.get(merged.get(name, name), -1) for name in names), np.int64, -1)[talked]
        parts.append((spoken[ours], days(talks, "on")[ours], np.full(int(ours.sum()), -1)))
    person, day, row = (np.concatenate(each) for each in zip(*parts, strict=True))
    there = (person >= 0) & (day != NO_DAY)
    person, day, row = person[there], day[there], row[there]
    quarter = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) // 3
    order = np.lexsort((day, quarter, person))
    number = pd.Series(0, index=range(len(order))).groupby([person[order], quarter[order]]).cumcount().to_numpy() + 1
    over = row[order][number > cap]
    beyond = np.zeros(len(at), dtype=bool)
    beyond[over[over >= 0]] = True
    if not beyond.any():
        return []
    most = f"{int(number.max()):,}"
    customers = f"{len(np.unique(who[beyond])):,}"
    first = own[at[np.flatnonzero(beyond)[0]]]
    return warning("W364", invited, "customer_id", beyond, first, str(cap), most=most, customers=customers)


def kept_too_long(sheets: dict[str, Sheet], settings: Settings) -> list[Finding]:
    """W365: answers older than the retention period on the last day of the data."""
    answers = usable(sheets, "SurveyResponses")
    if answers is None or settings.retention_days is None:
        return []
    answered = days(answers, "answered_on")
    newest = [answered.max(), *(_newest(sheet) for sheet in sheets.values())]
    last = int(np.datetime64(settings.as_of, "D").astype(np.int64)) - 1 if settings.as_of else int(max(newest))
    old = (answered != NO_DAY) & (answered <= last - settings.retention_days)
    if not old.any():
        return []
    limit = day_text(last - settings.retention_days + 1)
    return warning(
        "W365",
        answers,
        "answered_on",
        old,
        day_text(int(answered[old].min())),
        limit,
        days=f"{settings.retention_days:,}",
    )


def _newest(sheet: Sheet) -> int:
    """Newest day of a sheet, NO_DAY where it has none."""
    name = sheet.contract.date
    if not name or sheet.blocked or not len(sheet.frame) or sheet.frame[name].dtype.kind != "M":
        return int(NO_DAY)
    return int(days(sheet, name).max())


__all__ = ["contacts", "imputed_mask", "kept_too_long", "registered"]
