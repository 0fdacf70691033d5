"""Response by channel and incentive: what brings people to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from loyalty_xl.catalogue import listing
from loyalty_xl.rows.ready import collect
from loyalty_xl.rows.surveys import invitations
from loyalty_xl.studies.service import by_period
from loyalty_xl.vocabulary import Dimension

if TYPE_CHECKING:
    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

COUNTS = ("invited", "delivered", "returned", "valid", "incentive_cost")


@listing(
    "response_by_channel_and_incentive",
    "A13",
    zh="按渠道和激励的回收率",
    en="Response by channel and incentive",
    dimension=Dimension.ATTITUDE,
    sheets=("SurveyInvitations", "SurveyResponses"),
    frames=("invitations",),
    says="各渠道、各激励方式的发放、回收、有效答卷和单位成本。",
    columns=(
        "period",
        "channel",
        "incentive_type",
        *COUNTS,
        "response_rate",
        "valid_response_rate",
        "cost_per_valid_response",
    ),
)
def response_by_channel_and_incentive(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """Invitations, answers and their cost by invitation channel and incentive.

    Belongs to the period in which the invitation was sent; the channel is the invitation's, not the answer's. A different mix of channels can
    by itself change a score: compare within a channel.

    References
    ----------
    Source S0: incentives and channels against low cooperation.
    """
    rows = invitations(ready, settings, ("all",)).with_columns(
        nw.lit(1.0).alias("invited"),
        (nw.col("answers") > 0).cast(nw.Float64).alias("returned"),
        nw.col("is_valid").alias("valid"),
    )
    if "channel" not in ready.dims["invitations"]:
        rows = rows.with_columns(nw.lit(0).alias("channel"))
    totals = collect(rows.group_by("month", "channel", "incentive_type").agg(*(nw.col(name).sum() for name in COUNTS)))
    found = []
    for label, group in by_period(totals, periods):
        for (channel, incentive), part in group.groupby(["channel", "incentive_type"]):
            sums = {name: float(part[name].sum()) for name in COUNTS}
            valid = sums["valid"]
            found.append(
                {
                    "period": label,
                    "channel": ready.segments[int(str(channel))][1] if channel else "",
                    "incentive_type": incentive,
                    **sums,
                    "response_rate": sums["returned"] / sums["invited"],
                    "valid_response_rate": valid / sums["invited"],
                    "cost_per_valid_response": sums["incentive_cost"] / valid if valid else None,
                }
            )
    return found
