"""Worksheet rows of units that other sheets stand behind: answers, invitations, brands, raters, points, costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loyalty_xl.rows.competitors import AT_MOST
from loyalty_xl.rows.engagement import JOINED, WEIGHTS
from loyalty_xl.rows.ready import NEVER, collect
from loyalty_xl.rows.surveys import answers
from loyalty_xl.tracing.trail import FOUND, in_turn, joined, nothing, together, within_a_year
from loyalty_xl.turns import turn_frame

if TYPE_CHECKING:
    from loyalty_xl.tracing.trail import Found, Trail
    from loyalty_xl.tracing.units import Units


def brands(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The figure of a brand, or the answers that our own score is of."""
    figures = trail.frame("competitors")
    figures = figures[(figures["first"] <= trail.turn["last"]) & (figures["stop"] - 1 + AT_MOST >= trail.turn["last"])]
    if trail.looking.dim == "all":
        figures = figures[figures["national"] == 1]
    found = joined(units, figures, "CompetitorNPS", ["brand", "own", "label", "nps"])
    asked = units[units["source"] == "SurveyResponses"]
    if not len(asked):
        return found
    looking = trail.looking
    turns = turn_frame(
        [looking.turn],
        looking.situation.calendar,
        looking.situation.as_of,
        looking.situation.ready.last_month,
        looking.situation.settings.decline_periods,
    )
    said = collect(answers(looking.situation.ready, looking.situation.settings, (looking.dim,), turns))
    said = said[(said["segment"] == looking.place) & said["recommend_score"].notna()]
    rows = pd.DataFrame({"unit": int(asked["unit"].iloc[0]), "sheet": "SurveyResponses", "row": said["row"]})
    return together(found, rows)


def point_movements(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Movements of a customer's points up to the end of the turn."""
    rows = trail.frame("points")
    return joined(units, rows[rows["month"] <= trail.turn["last"]], "LoyaltyLedger")


def invited(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The invitation, and the answer that came back."""
    found = units[["unit", "row"]].assign(sheet="SurveyInvitations")[FOUND]
    came = trail.looking.situation.ready
    if "responses" not in came:
        return found
    rows = collect(came["responses"])
    return together(found, joined(units, rows[rows["invite"] >= 0], "SurveyResponses", "invite"))


def joining(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The answer, and the events and panels of who gave it."""
    found = units[["unit", "row"]].assign(sheet="SurveyResponses")[FOUND]
    ready = trail.looking.situation.ready
    if "engagements" not in ready:
        return found
    rows = within_a_year(trail, collect(ready["engagements"]))
    return together(found, joined(units, rows[rows["kind"].isin(JOINED)], "BrandEngagement"))


def engaged(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """What a customer did with the brand in the turn."""
    rows = in_turn(trail, trail.frame("engagements"))
    rows = rows[rows["kind"].isin(list(WEIGHTS)) & (rows["undone_month"] > trail.turn["last"])] if len(rows) else rows
    return joined(units, rows, "BrandEngagement")


def complained(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Complaints of a customer in the turn."""
    return joined(units, in_turn(trail, trail.frame("complaints")), "Complaints")


def judged(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The ratings that a rater gave in the month, of every dimension."""
    from loyalty_xl.contracts.raters import raters_of, scales_of
    from loyalty_xl.preparing.naming import day_numbers, month_numbers

    frame = trail.given.frames["ServiceRatings"]
    rows = pd.DataFrame(
        {
            "rater": raters_of(frame),
            "month": month_numbers(day_numbers(frame["on"], NEVER)),
            "scale": pd.factorize(scales_of(frame), sort=True)[0].astype(np.int64),
            "row": frame.index.to_numpy(np.int64),
        }
    )
    rows = rows[frame["perception"].notna().to_numpy() & frame["rater_type"].astype(object).ne("expert").to_numpy()]
    return joined(units, rows, "ServiceRatings", ["rater", "month", "scale"])


def spread(_trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The row of costs whose days lie in the month."""
    return units[["unit", "sheet", "row"]]


def whole_sheets(_trail: Trail, _units: pd.DataFrame, _of: Units) -> Found:
    """Counts are of all rows of a sheet in a month as they came, the rejected ones among them: the unit stands for them."""
    return nothing()
