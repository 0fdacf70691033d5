"""A sample company: a dealer in antiques, as its four departments would send it.

`write_department_files` writes 31 months of data (1 January 2024 to 31 July 2026), the same bytes each time.
`small_company` writes a company so small that every figure can be checked by hand
(`tests/examples/small_company.toml`).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

from loyalty_xl.sample import (
    competitors,
    customers,
    orders,
    prices,
    products,
    programme,
    referrals,
    retention,
    service_quality,
    surveys,
    wallets,
)
from loyalty_xl.sample import complaints as service
from loyalty_xl.sample.days import COMPANY_START, FIRST_DAY, LAST_DAY
from loyalty_xl.sample.draws import Draws
from loyalty_xl.sample.small import small_company
from loyalty_xl.sample.targets import TARGETS
from loyalty_xl.sample.writing import Page, write_csv, write_workbook

__all__ = ["COMPANY_START", "FIRST_DAY", "LAST_DAY", "TARGETS", "small_company", "write_department_files"]

_LEFT_BECAUSE = (("价格", 0.2), ("质量", 0.2), ("售后", 0.25), ("竞品", 0.15), ("搬迁", 0.1), ("其他", 0.1))


def write_department_files(folder: Path) -> list[Path]:
    """Write the files of the four departments into *folder* and give their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    people = customers.people()
    lines = orders.order_lines(people)
    closed = _closed(people, lines)
    heard = service.complaints(lines)
    invitations, answers = surveys.survey(
        people, lines, heard, {customer_id: on for customer_id, (on, _) in closed.items()}
    )
    return [
        write_workbook(
            folder / "市场部_marketing.xlsx",
            [
                Page("问卷发放", surveys.INVITATION_HEADERS, invitations),
                Page("问卷回收", surveys.RESPONSE_HEADERS, surveys.response_rows(answers)),
                Page(
                    "营销活动与费用",
                    surveys.CAMPAIGN_HEADERS,
                    surveys.campaign_rows(),
                    title="营销活动与费用台账",
                    total=("合计", "费用（元）"),
                ),
                Page("推荐记录", referrals.REFERRAL_HEADERS, referrals.referral_rows(people, lines, answers)),
                Page("品牌互动", referrals.ENGAGEMENT_HEADERS, referrals.engagement_rows(people)),
                Page("竞品NPS", competitors.COMPETITOR_HEADERS, competitors.competitor_rows()),
            ],
        ),
        write_csv(folder / "analytics_orders.csv", orders.ORDER_HEADERS, (line.row() for line in lines)),
        write_workbook(
            folder / "数据分析部_customers.xlsx",
            [
                Page("客户", customers.CUSTOMER_HEADERS, _customer_rows(people, lines, closed)),
                Page("DataCorrections", orders.CORRECTION_HEADERS, orders.correction_rows(lines)),
                Page("汇率", wallets.RATE_HEADERS, wallets.rate_rows()),
                Page("积分流水", programme.LEDGER_HEADERS, programme.ledger_rows(people, lines)),
                Page("市场价格指数", prices.INDEX_HEADERS, prices.index_rows()),
            ],
        ),
        write_workbook(
            folder / "客服部_complaints.xlsx",
            [
                Page("投诉", service.COMPLAINT_HEADERS, service.complaint_rows(heard), "客户投诉登记表"),
                Page("投诉分类标准", service.TAXONOMY_HEADERS, service.taxonomy_rows()),
                Page("服务质量评分", service_quality.RATING_HEADERS, service_quality.rating_rows(people)),
                Page("信息收集规范检查", service_quality.AUDIT_HEADERS, service_quality.audit_rows()),
                Page("挽留记录", retention.SAVE_HEADERS, retention.save_rows(people, lines)),
                Page("客户沟通", retention.INTERACTION_HEADERS, retention.interaction_rows(people, lines, heard)),
            ],
        ),
        write_workbook(
            folder / "sales_reference.xlsx",
            [
                Page("Products", products.PRODUCT_HEADERS, products.product_rows()),
                Page("Regions", products.REGION_HEADERS, products.region_rows()),
                Page("SalesCosts", products.COST_HEADERS, products.cost_rows()),
                Page("客户份额", wallets.WALLET_HEADERS, wallets.wallet_rows(lines)),
                Page("Reviews", service_quality.REVIEW_HEADERS, service_quality.review_rows(people)),
                Page("PriceChanges", prices.CHANGE_HEADERS, prices.change_rows()),
            ],
        ),
    ]  # fmt: skip


def _closed(people: list[customers.Person], lines: list[orders.Line]) -> dict[str, tuple[date, str]]:
    """Close the account of a few who stopped buying: when, and why."""
    draws = Draws(707)
    last_on = {line.customer_id: line.order_date for line in lines}
    closed = {}
    for person in people:
        quits, waited, reason = draws.chance(0.06), draws.whole(40, 220), draws.weighted(_LEFT_BECAUSE)
        last = last_on.get(person.customer_id)
        if quits and last and last + timedelta(waited) <= LAST_DAY:
            closed[person.customer_id] = (last + timedelta(waited), reason)
    return closed


def _customer_rows(
    people: list[customers.Person], lines: list[orders.Line], closed: dict[str, tuple[date, str]]
) -> list[tuple[object, ...]]:
    """Give the Customers sheet; the tier follows what was spent."""
    spent: dict[str, int] = defaultdict(int)
    for line in lines:
        spent[line.customer_id] += line.amount
    ranked = sorted(
        (person.customer_id for person in people), key=lambda customer_id: (-spent[customer_id], customer_id)
    )
    tiers = dict.fromkeys(ranked, "普通") | dict.fromkeys(ranked[:450], "银卡") | dict.fromkeys(ranked[:130], "金卡")
    rows: list[tuple[object, ...]] = []
    for person in people:
        closed_on, reason = closed.get(person.customer_id, (None, None))
        status = "潜在" if person.first_order_on is None else "销户" if closed_on else "在户"
        rows.append(
            (
                person.customer_id, person.name, person.phone, person.kind, person.region_id, tiers[person.customer_id],
                person.acquired_on, person.channel, status, closed_on, reason, "是" if person.member else "否",
                "是" if person.consent else "否",
            )
        )  # fmt: skip
    return rows
