"""Rules of the service sheets: first responses have times, old classes lead to new ones, ratings keep to their scale and weights (22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.business_hours import has_time
from loyalty_xl.contracts.links import codes, days, empty_cells, errors, first_of, numbers, take_rows, usable, warning
from loyalty_xl.contracts.raters import raters_of, scales_of
from loyalty_xl.contracts.taxonomy import Taxonomy

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.links import Mask
    from loyalty_xl.vocabulary import Finding

FULL, NEAR = 100.0, 0.5  # points of importance to share out, and how far rounding may lead away


def first_responses(sheets: dict[str, Sheet]) -> list[Finding]:
    """Find first responses before the complaint, days without a time, and closed cases without a response (C7)."""
    sheet = usable(sheets, "Complaints")
    if sheet is None or "first_response_on" not in sheet.sent:
        return []
    received, answered = (_moments(sheet.frame, name) for name in ("received_on", "first_response_on"))
    both = ~np.isnat(received) & ~np.isnat(answered)
    timed = has_time(received) & has_time(answered)
    early = both & np.where(
        timed, answered < received, answered.astype("datetime64[D]") < received.astype("datetime64[D]")
    )

    def says(each: int) -> tuple[str, str, dict[str, str]]:
        return _shown(answered[each]), _shown(received[each]), {}

    findings = errors("E350", sheet, "first_response_on", early, says)
    findings += warning("W351", sheet, "first_response_on", both & ~early & ~timed)
    status, texts = codes(sheet, "status")
    closed = np.array([*(text == "closed" for text in texts), False])[status]
    findings += warning("W352", sheet, "first_response_on", closed & np.isnat(answered))
    empty_cells(sheet, "first_response_on", early)
    return findings


def taxonomy(sheets: dict[str, Sheet]) -> list[Finding]:
    """Find classes whose replacement does not exist or leads in a circle, and classes in use that lead to none of the newest version."""
    source, sheet = usable(sheets, "ComplaintTaxonomy"), usable(sheets, "Complaints")
    if source is None:
        return []
    made = Taxonomy(source.frame)
    lost = np.array([bool(each.maps_to) and made.renewed(each) is None for each in made.classes], dtype=bool)
    lost &= _leads_nowhere(made)
    findings = errors("E354", source, "maps_to", lost, lambda row: (made.classes[row].maps_to, made.newest, {}))
    empty_cells(source, "maps_to", lost)
    if sheet is None or len(made.versions) < 2:
        return findings
    made = Taxonomy(source.frame)
    received = days(sheet, "received_on")
    for field in ("class_l1", "class_l2"):
        at, texts = codes(sheet, field)
        unmapped = np.zeros(len(at), dtype=bool)
        for code, text in enumerate(texts):
            here = at == code
            for day in np.unique(received[here]).tolist():
                old = made.valid(text, day)
                if old is not None and made.renewed(old) is None:
                    unmapped |= here & (received == day)
        if unmapped.any():
            shown = first_of(list(dict.fromkeys(texts[code] for code in at[unmapped])))
            findings += warning("W353", sheet, field, unmapped, shown, made.newest)
    return findings


def _leads_nowhere(made: Taxonomy) -> Mask:
    """Say which maps_to name no class of this or a later version, or lead back to where they began."""
    place = {version: number for number, version in enumerate(made.versions)}
    found = []
    for each in made.classes:
        later = made.versions[place[each.version] :]
        known = any((version, each.maps_to.casefold()) in made.by_code for version in later)
        found.append(not known or made.is_circle(each))
    return np.array(found, dtype=bool)


def service_ratings(sheets: dict[str, Sheet]) -> list[Finding]:
    """Find scores outside the scale of their row, and raters whose points of importance do not add up to 100 (rule 22)."""
    sheet = usable(sheets, "ServiceRatings")
    if sheet is None:
        return []
    scales = scales_of(sheet.frame)
    limits = {scale: [float(end) for end in str(scale).split("-")] for scale in set(scales)}
    low, high = (np.array([limits[scale][end] for scale in scales]) for end in (0, 1))
    findings: list[Finding] = []
    for field in ("perception", "expectation"):
        score = numbers(sheet, field)
        with np.errstate(invalid="ignore"):
            outside = (score < low) | (score > high)

        def says(each: int, score: NDArray[np.float64] = score) -> tuple[str, str, dict[str, str]]:
            return f"{score[each]:.10g}", str(scales[each]), {}

        findings += errors("E356", sheet, field, outside, says)
        empty_cells(sheet, field, outside)
        if field == "perception":
            wrong = outside
    take_rows(sheet, wrong, "score outside its scale")
    return findings + _weights(sheet) if len(sheet.frame) else findings


def _weights(sheet: Sheet) -> list[Finding]:
    frame = sheet.frame[["dimension", "weight"]].assign(rater=raters_of(sheet.frame), place=np.arange(len(sheet.frame)))
    given = frame[frame["weight"].notna()]
    if not len(given):
        return []
    by_dimension = given.groupby(["rater", "dimension"], observed=True)["weight"].mean()
    total = by_dimension.groupby("rater").sum()
    off = total[((total - FULL).abs() > NEAR) & ((total - 1).abs() > NEAR / FULL)]  # points, or shares of 1
    if not len(off):
        return []
    first = given[given["rater"].isin(off.index)].groupby("rater")["place"].min()
    mask = np.zeros(len(frame), dtype=bool)
    mask[first.to_numpy()] = True
    shown = f"{off.loc[given['rater'].iloc[np.flatnonzero(given['place'].isin(first))[0]]]:.6g}"
    return warning("W355", sheet, "weight", mask, shown, "100")


def _moments(frame: pd.DataFrame, name: str) -> NDArray[np.datetime64]:
    made: NDArray[np.datetime64] = frame[name].to_numpy().astype("datetime64[s]")
    return made


def _shown(moment: np.datetime64) -> str:
    text = str(moment.astype("datetime64[m]")).replace("T", " ")
    return text.removesuffix(" 00:00")
