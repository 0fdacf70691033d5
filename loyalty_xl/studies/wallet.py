"""Tables of wallets: shares known and estimated, and where the rest of the money goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.catalogue import listing
from loyalty_xl.kpis.wallet import allocated
from loyalty_xl.rows.ready import Ready, collect
from loyalty_xl.rows.wallets import own_spend
from loyalty_xl.vocabulary import Dimension, Period

if TYPE_CHECKING:
    from loyalty_xl.settings import Settings


@listing(
    "wallet_shares",
    "B9",
    zh="客户份额明细",
    en="Shares of wallet",
    dimension=Dimension.BEHAVIOUR,
    sheets=("ShareOfWallet", "Orders"),
    frames=("wallets", "orders"),
    columns=("period", "basis", "customers", "share_of_wallet", "mean_share", "estimated"),
    owner="sales",
    says="品类总消费已知的客户:份额(合计之比)和各客户份额的平均;只知道排名的客户按钱包分配法则估算,单列一行。",
)
def wallet_shares(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """Share of wallet by period: of known wallets, and estimated from the rank we have among the customer's brands.

    Known: ratio of sums, and beside it the mean of the customers' own shares (wallets of 0 have none). Rank only: the Wallet Allocation
    Rule, (1 - rank / (brands + 1)) x 2 / brands, a mean over those customers; an estimate, and marked so.

    References
    ----------
    Source S4; Keiningham et al. 2011, Harvard Business Review 89(10).
    """
    found = collect(ready.once(own_spend, settings))
    known = found["category_given"].eq(1) & found["own_known"].eq(1)
    ranked = ~known & found["rank_given"].eq(1) & found["brands_given"].eq(1)
    rows = []
    for period in periods:
        here = found["first"].eq(period.first) & found["final"].eq(period.stop - 1)
        sure, guessed = found[here & known], found[here & ranked]
        if len(sure):
            total, spent = float(sure["category"].sum()), sure[sure["category"] > 0]
            rows.append(
                {
                    "period": period.label,
                    "basis": "category_spend",
                    "customers": len(sure),
                    "share_of_wallet": float(sure["own"].sum()) / total if total else None,
                    "mean_share": float((spent["own"] / spent["category"]).mean()) if len(spent) else None,
                    "estimated": False,
                }
            )
        if len(guessed):
            share = [allocated(rank, brands) for rank, brands in zip(guessed["rank"], guessed["brands"], strict=True)]
            rows.append(
                {
                    "period": period.label,
                    "basis": "rank",
                    "customers": len(guessed),
                    "share_of_wallet": None,
                    "mean_share": float(np.mean(share)),
                    "estimated": True,
                }
            )
    return rows


@listing(
    "wallet_competitors",
    "B9",
    zh="主要竞争对手与原因",
    en="Main competitors and reasons",
    dimension=Dimension.BEHAVIOUR,
    sheets=("ShareOfWallet",),
    frames=("wallets",),
    columns=("period", "competitor", "reason", "customers", "share", "competitor_spend"),
    owner="sales",
    says="每期客户主要向哪家竞争对手购买、为什么;占比以说出竞争对手的客户为分母。",
)
def wallet_competitors(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:  # noqa: ARG001
    """Where customers spend the rest, and why: customers by main competitor and reason.

    The share is of the customers who named a competitor. Spend there is blank where nobody said how much.

    References
    ----------
    Source S4.
    """
    found = collect(ready["wallets"])
    found = found[found["competitor"] != ""]
    rows = []
    for period in periods:
        here = found[found["first"].eq(period.first) & found["final"].eq(period.stop - 1)]
        if not len(here):
            continue
        groups = here.groupby(["competitor", "reason"], as_index=False).agg(
            customers=("wallet", "size"), spend=("competitor_spend", "sum"), said=("competitor_spend_given", "sum")
        )
        groups = groups.sort_values(["customers", "competitor", "reason"], ascending=[False, True, True])
        rows += [
            {
                "period": period.label,
                "competitor": str(competitor),
                "reason": str(reason) or None,
                "customers": int(customers),
                "share": float(customers) / len(here),
                "competitor_spend": float(spend) if said else None,
            }
            for competitor, reason, customers, spend, said in groups.itertuples(index=False)
        ]
    return rows
