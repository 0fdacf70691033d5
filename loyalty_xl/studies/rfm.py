"""RFM: customers scored by how recently, how often and for how much they bought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.catalogue import listing
from loyalty_xl.ranks import average_ranks
from loyalty_xl.rows.orders import money, occasions
from loyalty_xl.rows.ready import ANONYMOUS, collect
from loyalty_xl.vocabulary import Dimension

if TYPE_CHECKING:
    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

SCORES = 5
HIGH = 4  # a score of 4 or 5 is high: above the middle one
GROUPS = {  # recency, frequency, spend: high or not
    (True, True, True): "important_value",
    (True, False, True): "important_growth",
    (False, True, True): "important_keep",
    (False, False, True): "important_win_back",
    (True, True, False): "general_value",
    (True, False, False): "general_growth",
    (False, True, False): "general_keep",
    (False, False, False): "general_win_back",
}
GROUP_NAMES = {  # zh, en
    "important_value": ("重要价值客户", "Champions"),
    "important_growth": ("重要发展客户", "Big spenders, seldom"),
    "important_keep": ("重要保持客户", "Big regulars, gone quiet"),
    "important_win_back": ("重要挽留客户", "Big spenders, slipping away"),
    "general_value": ("一般价值客户", "Small regulars"),
    "general_growth": ("一般发展客户", "Recent, seldom and small"),
    "general_keep": ("一般保持客户", "Small regulars, gone quiet"),
    "general_win_back": ("一般挽留客户", "Gone quiet, seldom and small"),
}
SCORED = ("recency_score", "frequency_score", "spend_score")
MEANS = {"mean_recency_days": "recency_days", "mean_frequency": "frequency", "mean_spend": "spend"}


def quantile_scores(values: np.ndarray, parts: int = SCORES) -> np.ndarray:
    """Scores 1 to 5 by fifths (or other parts), the highest values 5: equal values share their average rank, then up to the next fifth (G20).

    Examples
    --------
    >>> quantile_scores(np.array([1, 1, 1, 1, 2, 3, 5, 8, 13, 20])).tolist()
    [2, 2, 2, 2, 3, 3, 4, 4, 5, 5]
    """
    rank = average_ranks(np.asarray(values, dtype=np.float64))
    return np.ceil(parts * rank / max(1, len(values)) - 1e-9).astype(np.int64)  # whole ranks stay in their part


def scored(recency: np.ndarray, frequency: np.ndarray, spend: np.ndarray) -> pd.DataFrame:
    """Scores of customers, each by itself over all of them, and the group that they make."""
    made = pd.DataFrame({"recency_days": recency, "frequency": frequency, "spend": spend})
    made["recency_score"] = quantile_scores(-recency.astype(np.float64))
    made["frequency_score"], made["spend_score"] = quantile_scores(frequency), quantile_scores(np.round(spend, 6))
    high = (made[list(SCORED)] >= HIGH).to_numpy()
    made["rfm_group"] = [GROUPS[r, f, m] for r, f, m in high.tolist()]
    return made


def rfm_customers(ready: Ready, settings: Settings) -> pd.DataFrame:
    """Customers with a purchase: days since the last one, occasions, net spend to date, and their scores."""
    bought = collect(ready.once(occasions, settings, ("all",)))
    known = bought[bought["known"].astype(bool)].groupby("customer", sort=True)
    days, times = known["day"].max(), known.size()
    parts = collect(ready.once(money, settings))
    spent = parts[parts["customer"] != ANONYMOUS].groupby("customer")["amount"].sum().reindex(days.index, fill_value=0)
    made = scored(ready.as_of - days.to_numpy(), times.to_numpy(), spent.to_numpy(dtype=np.float64))
    return made.assign(customer=days.index.to_numpy())


@listing(
    "rfm",
    "B13",
    zh="RFM 分层",
    en="RFM scores",
    dimension=Dimension.BEHAVIOUR,
    sheets=("Orders",),
    columns=(*SCORED, "rfm_group", "customers", "revenue", *MEANS),
    says="截至数据截止日,按最近购买、购买次数、净消费额各分五等(5 最好),每种组合的客户数、收入和均值。",
    owner="analytics",
)
def rfm(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:  # noqa: ARG001
    """Customers by recency, frequency and spend, each scored 1 to 5.

    Recency is days from the last purchase to as_of (few days score high), frequency is occasions, spend is net spend, all to date. Each
    score is a fifth of all customers by itself: equal values get equal scores, so a score may be empty. Frequencies 1, 1, 1, 1, 2, 3, 5,
    8, 13, 20 score 2, 2, 2, 2, 3, 3, 4, 4, 5, 5.

    Not to be confused with nested scores (Hughes), where frequency is ranked inside each recency score and spend inside both: its cells
    are of equal size, and its scores differ from these. In the models behind predicted CLV recency means the time from the first to the
    last purchase, the opposite reading.

    References
    ----------
    Hughes 1994/2006, Strategic Database Marketing (nested). Fader, Hardie & Lee 2005, RFM and CLV, Journal of Marketing Research 42.
    """
    customers = ready.once(rfm_customers, settings)
    return _rows(customers.groupby([*SCORED, "rfm_group"], sort=True))[::-1]


@listing(
    "rfm_groups",
    "B13",
    zh="RFM 客户群",
    en="RFM groups",
    dimension=Dimension.BEHAVIOUR,
    sheets=("Orders",),
    columns=("rfm_group", "customers", "customer_share", "revenue", "revenue_share", *MEANS),
    says="把 RFM 三个分数各分高(4、5)低(1–3),得八类客户:客户数、收入及占比和均值。",
    owner="analytics",
)
def rfm_groups(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:  # noqa: ARG001
    """Customers in the eight groups that high and low RFM scores make.

    A score of 4 or 5 is high. Important (重要) groups spend much; value, growth, keep and win-back (价值, 发展, 保持, 挽留) go by recency and
    frequency. Practice also splits at the mean value instead of the score: its groups differ.

    References
    ----------
    The eight groups of Chinese retail practice, by scores. Hughes 1994/2006.
    """
    customers = ready.once(rfm_customers, settings)
    rows = _rows(customers.groupby("rfm_group", sort=False))
    revenue = sum(row["revenue"] for row in rows)
    by_group = {row["rfm_group"]: row for row in rows}
    return [
        row
        | {
            "customer_share": row["customers"] / len(customers),
            "revenue_share": row["revenue"] / revenue if revenue > 0 else None,
        }
        for row in (by_group[group] for group in GROUPS.values() if group in by_group)
    ]


def _rows(groups: Any) -> list[dict[str, Any]]:
    means = groups[list(MEANS.values())].mean().rename(columns={name: mean for mean, name in MEANS.items()})
    means.insert(0, "customers", groups.size())
    means.insert(1, "revenue", groups["spend"].sum().round(6))
    found: list[dict[str, Any]] = means.reset_index().to_dict("records")
    return found
