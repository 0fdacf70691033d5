"""Said and done: who recommends as they said they would, what becomes of detractors, how customers stay in touch."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from loyalty_xl.catalogue import listing
from loyalty_xl.rows.customers import customer_months
from loyalty_xl.rows.engagement import WEIGHTS, engaged_customers
from loyalty_xl.rows.ready import ANONYMOUS, Ready, collect
from loyalty_xl.rows.referrals import counted_referrals, raters, within_a_year
from loyalty_xl.rows.surveys import answers
from loyalty_xl.turns import cycle_turn, turn_frame
from loyalty_xl.vocabulary import Dimension

if TYPE_CHECKING:
    import pandas as pd

    from loyalty_xl.rows.ready import Frame
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period


def at_home(ready: Ready) -> Ready:
    """The same frames in memory: a table looks at all rows at once."""
    if all(isinstance(frame, nw.DataFrame) for frame in ready.frames.values()):
        return ready
    frames = {name: nw.from_native(collect(frame), eager_only=True) for name, frame in ready.frames.items()}
    return replace(ready, frames=frames, made={})


def turns_of(ready: Ready, settings: Settings, periods: list[Period]) -> Frame:
    """The periods as turns, those that have begun."""
    turns = [cycle_turn(period) for period in periods if period.first <= ready.last_month]
    as_of = date(1970, 1, 1) + timedelta(ready.as_of)
    return turn_frame(turns, settings.calendar, as_of, ready.last_month, settings.decline_periods)


def share(part: float, whole: float) -> float | None:
    """A share, nothing where there is nothing to divide by."""
    return part / whole if whole else None


@listing(
    "promise_kept",
    "A4",
    zh="说推荐与真推荐",
    en="Promise kept",
    dimension=Dimension.ATTITUDE,
    sheets=("SurveyResponses", "Referrals"),
    frames=("responses", "referrals"),
    says="推荐者和其他评分客户中,截至期末 12 个月内真正推荐过别人的占比;以及推荐过别人却没有评分的客户数。",
    owner="marketing",
    columns=(
        "period",
        "promoters",
        "promoters_referring",
        "promise_kept",
        "other_raters",
        "others_referring",
        "others_share",
        "referrers_unrated",
    ),
)
def promise_kept(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """Promoters who actually recommended us, beside others who did, and those who recommend without having been asked.

    Ratings of customers for whom referrals were kept on that day; referrals of the 12 months up to the end of the period. If promoters refer
    no more often than others, the stated intention says little.

    References
    ----------
    Reichheld 2003 takes the rating for the deed; Keiningham et al. 2007, Journal of Marketing 71, dispute it.
    """
    ready = at_home(ready)
    turns = turns_of(ready, settings, periods)
    rated = collect(raters(ready, settings, ("all",), turns))
    rated = rated[rated["tracked"] > 0].drop_duplicates(["turn", "customer"], keep="last")
    made = collect(within_a_year(ready.once(counted_referrals, settings).select("referrer", "month"), turns))
    made = made[["turn", "referrer"]].drop_duplicates()
    found = []
    for turn, part in rated.groupby("turn"):
        promoter = (part["recommend_score"] >= settings.nps_promoter_min).to_numpy(dtype=bool)
        referring = (part["referrals"] > 0).to_numpy(dtype=bool)
        counts = [int(mask.sum()) for mask in (promoter, promoter & referring, ~promoter, ~promoter & referring)]
        who = made.loc[made["turn"] == turn, "referrer"]
        found.append(
            {
                "period": periods[int(str(turn))].label,
                "promoters": counts[0],
                "promoters_referring": counts[1],
                "promise_kept": share(counts[1], counts[0]),
                "other_raters": counts[2],
                "others_referring": counts[3],
                "others_share": share(counts[3], counts[2]),
                "referrers_unrated": int((~who.isin(part["customer"])).sum()),
            }
        )
    return found


@listing(
    "closed_loop",
    "A7",
    zh="贬损者跟进",
    en="Closed loop",
    dimension=Dimension.ATTITUDE,
    sheets=("SurveyResponses",),
    frames=("responses",),
    says="各期贬损者:说明原因的、按时联系上的、之后又回答过问卷的,以及其中不再是贬损者的。",
    owner="marketing",
    columns=(
        "period",
        "detractors",
        "with_reason",
        "due",
        "contacted_in_time",
        "median_days",
        "answered_again",
        "answered_again_share",
        "recovered",
        "recovered_share",
    ),
)
def closed_loop(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """What became of the detractors of each period: contacted, asked again, recovered.

    Here detractors stay in the period in which they were one, so that the share who answered again shows how much the recovery of the others
    is not known; the KPI `detractor_recovery_rate` belongs to the period of the new answer. Recent periods fill up later.

    References
    ----------
    Reichheld & Markey 2011, "The Ultimate Question 2.0": the inner loop.
    """
    ready = at_home(ready)
    rows = collect(answers(ready, settings, ("all",), turns_of(ready, settings, periods)))
    rows = rows[(rows["recommend_score"] <= settings.nps_detractor_max).fillna(False).to_numpy(dtype=bool)]
    rows = rows.astype(dict.fromkeys(("follow_up_days", "next_score"), "float64"))
    found = []
    for turn, part in rows.groupby("turn"):
        due = part[part["observed"] > settings.closed_loop_sla_days]
        again = part[part["next_score"].notna()]
        recovered = int((again["next_score"] > settings.nps_detractor_max).sum())
        reached = part["follow_up_days"].dropna().to_numpy()
        found.append(
            {
                "period": periods[int(str(turn))].label,
                "detractors": len(part),
                "with_reason": _kept(part, "reasons_kept", int((part["reason_given"] > 0).sum())),
                "due": len(due),
                "contacted_in_time": _kept(
                    part, "follow_ups_kept", int((due["follow_up_days"] <= settings.closed_loop_sla_days).sum())
                ),
                "median_days": float(np.median(reached)) if len(reached) else None,
                "answered_again": len(again),
                "answered_again_share": share(len(again), int((part["customer"] != ANONYMOUS).sum())),
                "recovered": recovered,
                "recovered_share": share(recovered, len(again)),
            }
        )
    return found


def _kept(part: pd.DataFrame, name: str, number: int) -> int | None:
    """A count, nothing where the sheet never records it."""
    return number if (part[name] > 0).any() else None


@listing(
    "engagement_mix",
    "A10",
    zh="品牌互动构成",
    en="Engagement mix",
    dimension=Dimension.ATTITUDE,
    sheets=("BrandEngagement", "Orders"),
    frames=("engagements", "orders"),
    says="期末客户基数中互动过的客户,各类互动的次数,以及每位客户的互动权重。",
    owner="marketing",
    columns=("period", "base", "engaged", "engaged_share", *WEIGHTS, "weight_per_customer"),
)
def engagement_mix(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """What customers of the base did to stay in touch, and the mean weight of it.

    Weights say what an engagement takes: reading 1, following 2, a community 3, an event 5. They are ours; the share of engaged customers
    does without them.

    References
    ----------
    Source S0: the emotional tie.
    """
    ready = at_home(ready)
    turns = turns_of(ready, settings, periods)
    rows = collect(engaged_customers(ready, settings, ("all",), turns))
    sums: dict[int, dict[str, float]] = rows.groupby("turn")[["weight", *WEIGHTS]].sum().to_dict("index")  # type: ignore[assignment]
    engaged = rows.groupby("turn").size()
    grid = ready.once(customer_months, settings, ("all",)).filter(nw.col("base") > 0).select("month")
    base = collect(grid)["month"].value_counts()
    found = []
    for turn, last in collect(turns)[["turn", "last"]].itertuples(index=False):
        whole = int(base.get(last, 0))
        if turn not in sums:
            continue
        found.append(
            {
                "period": periods[turn].label,
                "base": whole,
                "engaged": int(engaged[turn]),
                "engaged_share": share(int(engaged[turn]), whole),
                **{kind: int(sums[turn][kind]) for kind in WEIGHTS},
                "weight_per_customer": share(sums[turn]["weight"], whole),
            }
        )
    return found
