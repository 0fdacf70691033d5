"""Share of wallet: how much of what customers spend on the category they spend with us."""

from __future__ import annotations

from functools import partial

from loyalty_xl.catalogue import kpi
from loyalty_xl.intervals import ratio_of_sums, wilson
from loyalty_xl.vocabulary import Better, Dimension, Interval, Level, Unit

share = partial(
    kpi, dimension=Dimension.BEHAVIOUR, better=Better.HIGHER, unit=Unit.SHARE, low=0.0, high=1.0, owner="sales"
)


def _share_interval(
    wallet_own: float,
    wallet_category: float,
    wallet_own_squared: float,
    wallet_products: float,
    wallet_category_squared: float,
    known_wallets: float,
) -> Interval | None:
    return ratio_of_sums(
        wallet_own, wallet_category, wallet_own_squared, wallet_products, wallet_category_squared, known_wallets
    )


@share(
    "share_of_wallet",
    "B9",
    zh="客户份额",
    en="Share of wallet",
    level=Level.CORE,
    base="known_wallets",
    interval=_share_interval,
    says="品类总消费已知的客户中,在本公司的消费合计 ÷ 品类总消费合计;期间须与报告周期一样长。",
)
def share_of_wallet(wallet_own: float, wallet_category: float) -> float:
    """Share of what customers spend on the category that they spend with us.

        share of wallet = spend with us / total category spend, summed over customers with a known wallet

    Parameters
    ----------
    wallet_own
        Their spend with us in the period: as given, else net spend by Orders. [reporting currency]
    wallet_category
        Their total spend on the category in the period, competitors included. [reporting currency]

    Notes
    -----
    A ratio of sums: large wallets weigh more. The mean of the customers' own shares stands beside it in the table `wallet_shares`.
    The wallet's period must be the period reported; a wallet of another length does not count. Unknown wallets are left out:
    `wallet_coverage` says how many are known. Own spend above the wallet takes the row out (E342). A customer who is only known to
    rank us among so many brands is estimated in `wallet_shares`, marked as estimated, and is not part of this figure.

    References
    ----------
    Marketing text standard; ratio of sums against mean of ratios is a choice. Keiningham et al. 2011, "Customer loyalty isn't
    enough. Grow your share of wallet", Harvard Business Review (Wallet Allocation Rule).

    Examples
    --------
    >>> share_of_wallet(30_000, 120_000)
    0.25
    """
    return wallet_own / wallet_category


@share(
    "wallet_coverage",
    "B9",
    zh="客户份额覆盖率",
    en="Wallet coverage",
    interval=lambda known_wallets_in_base, base_at_end: wilson(known_wallets_in_base, base_at_end),
    settings=("churn_window_days",),
    says="期末客户基数中,本期品类总消费已知的客户占比。",
)
def wallet_coverage(known_wallets_in_base: float, base_at_end: float) -> float:
    """Share of the customer base whose wallet is known.

        wallet coverage = customers of the base with a known wallet of the period / customer base at the end

    Parameters
    ----------
    known_wallets_in_base
        Customers in the base at the end whose category spend of the period is known. [customers]
    base_at_end
        Customers in the base at the end of the period. [customers]

    Notes
    -----
    How far share of wallet can be trusted to speak for all: those who were asked are seldom chosen at random.

    References
    ----------
    Source S0: unknown wallets are excluded, and their share is printed.

    Examples
    --------
    >>> wallet_coverage(60, 400)
    0.15
    """
    return known_wallets_in_base / base_at_end


def allocated(rank: float, brands: float) -> float:
    """Estimate a share of wallet from rank and number of brands: the Wallet Allocation Rule.

        share = (1 - rank / (brands + 1)) * 2 / brands

    Brands that share places have the average rank. With one brand the share is 1. The shares of all ranks add up to 1.

    References
    ----------
    Keiningham, Aksoy, Buoye, Cooil 2011, Harvard Business Review 89(10).

    Examples
    --------
    >>> [round(allocated(rank, 3), 4) for rank in (1, 2, 3)]
    [0.5, 0.3333, 0.1667]
    >>> round(allocated(1.5, 3), 4), allocated(1, 1)
    (0.4167, 1.0)
    """
    return (1 - rank / (brands + 1)) * 2 / brands
