"""Quality: how far the sheets can be trusted."""

from __future__ import annotations

from functools import partial

from loyalty_xl.catalogue import kpi
from loyalty_xl.intervals import wilson
from loyalty_xl.vocabulary import Better, Dimension, Interval, Unit


def _lawful(answers_lawful: float, answers_held: float) -> Interval | None:
    return wilson(answers_lawful, answers_held)


share = partial(
    kpi, dimension=Dimension.QUALITY, better=Better.HIGHER, unit=Unit.SHARE, low=0.0, high=1.0, owner="analytics"
)


@share("completeness", "Q1", zh="数据完整率", en="Completeness", says="应填单元格中已填的占比,按剔除前计。")
def completeness(filled_cells: float, required_cells: float) -> float:
    """Share of the cells that should be filled and are.

        completeness = filled cells of the usual columns / cells of the usual columns

    Parameters
    ----------
    filled_cells, required_cells
        Cells of the columns that a full delivery fills, before any row is left out. [cells]

    References
    ----------
    Source S0; DAMA UK 2013, six primary dimensions of data quality.

    Examples
    --------
    >>> completeness(990, 1000)
    0.99
    """
    return filled_cells / required_cells


@share("validity", "Q2", zh="数据有效率", en="Validity", says="没有任何错误的行 ÷ 收到的行。")
def validity(rows_passing: float, rows_received: float) -> float:
    """Share of the rows received in which nothing is wrong.

        validity = rows without an error / rows received

    Parameters
    ----------
    rows_passing, rows_received
        Rows before any is left out. [rows]

    References
    ----------
    Source S0; DAMA UK 2013.

    Examples
    --------
    >>> validity(980, 1000)
    0.98
    """
    return rows_passing / rows_received


@share("uniqueness", "Q3", zh="数据唯一率", en="Uniqueness", says="去重后的行 ÷ 收到的行。")
def uniqueness(rows_distinct: float, rows_received: float) -> float:
    """Share of the rows received that do not repeat another.

        uniqueness = distinct rows / rows received

    Parameters
    ----------
    rows_distinct, rows_received
        Rows before any is left out. [rows]

    Notes
    -----
    By key where the sheet has one, else by content. Identical order lines without a line number are kept as money (they are legitimate),
    and still lower this share: it says how much looks alike.

    References
    ----------
    Source S0; DAMA UK 2013.

    Examples
    --------
    >>> uniqueness(995, 1000)
    0.995
    """
    return rows_distinct / rows_received


@share(
    "imputed_share",
    "Q4",
    zh="推测数据占比",
    en="Imputed share",
    better=Better.LOWER,
    says="标记为补录或推测的行 ÷ 收到的行。",
)
def imputed_share(rows_imputed: float, rows_received: float) -> float:
    """Share of the rows received that are marked as imputed.

        imputed share = rows marked as imputed / rows received

    Parameters
    ----------
    rows_imputed, rows_received
        Rows before any is left out. [rows]

    Notes
    -----
    Every KPI is also computed without them; above `max_imputed_share` it gets no colour.

    References
    ----------
    Source S0: unknown old values are imputed and annotated.

    Examples
    --------
    >>> imputed_share(10, 1000)
    0.01
    """
    return rows_imputed / rows_received


@share(
    "consent_rate",
    "Q5",
    zh="合法收集率",
    en="Lawful collection",
    owner="marketing",
    interval=_lawful,
    says="期末持有的答卷中,有授权依据、写明目的且未超过保存期的占比。",
)
def consent_rate(answers_lawful: float, answers_held: float) -> float:
    """Share of the answers held at the end of the period that are held lawfully.

        lawful collection = answers with a lawful basis, a purpose and time left / answers held

    Parameters
    ----------
    answers_lawful
        Answers whose basis is recorded (consent, contract or legitimate interest; "none" is no basis), whose purpose is recorded where the
        sheet has a column for it, and that are younger than `retention_days`. [answers]
    answers_held
        Answers in the sheet given before the period's end, whether or not they count in any score. [answers]

    Notes
    -----
    A stock, not a flow: an old answer without basis lowers every period until it is repaired or deleted. `retention_days` blank: no limit.
    Answers kept too long are also a finding (W365), surveys sent against the customer's will another (W363).
    Not to be confused with the share of customers who consent to contact.

    References
    ----------
    Source S0; Personal Information Protection Law of the People's Republic of China, articles 6, 13, 19 and 47; Regulation (EU) 2016/679
    (GDPR), articles 5 and 6.

    Examples
    --------
    >>> consent_rate(95, 100)
    0.95
    """
    return answers_lawful / answers_held
