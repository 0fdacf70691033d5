"""One example for every worksheet function, over small columns of data: for the reference, and for a workbook to try them in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from loyalty_xl.formulas import call, functions
from loyalty_xl.formulas.cell_errors import CellError

if TYPE_CHECKING:
    from pathlib import Path

    from loyalty_xl.formulas.function import Argument, Function

D = date


def _buyers() -> list[tuple[str, date, int]]:
    """Sixty customers of a year, who buy at different rates and leave sooner or later: enough to fit a model to."""
    rows, state = [], 7
    for customer in range(60):
        day, gap, leaves = 5 * customer % 120, 14 + 14 * (customer % 7), (5, 80, 35)[customer % 3]
        while day < 365:
            state = (state * 1103515245 + 12345) % 2**31
            amount = (80 + 17 * (customer * 7 % 13)) * (60 + state // 128 % 100) // 100
            rows.append((f"B{customer + 1:02d}", date(2025, 1, 1) + timedelta(day), amount))
            if state // 65536 % 100 < leaves:
                break
            state = (state * 1103515245 + 12345) % 2**31
            day += 1 + gap * (20 + 2 * (state // 65536 % 100)) // 100
    return rows


TABLES: dict[str, dict[str, list[Any]]] = {
    "Orders": {
        "order_ids": ["O1", "O2", "O3", "O4", "O5", "O6", "O7", "O8", "O9", "O10"],
        "customer_ids": ["C1", "C2", "C3", "C1", "C4", "C2", "C5", "C1", "C6", "C3"],
        "order_dates": [D(2025, 2, 3), D(2025, 3, 9), D(2025, 5, 20), D(2025, 9, 1), D(2025, 10, 8), D(2025, 12, 24), D(2026, 1, 15),
                        D(2026, 2, 2), D(2026, 2, 20), D(2026, 3, 30)],
        "amounts": [1200, 300, 800, 450, 990, 120, 640, 700, 210, 150],
        "is_imputed": [False, False, False, False, False, False, False, True, False, False],
        "in_quarter": [False, False, False, False, False, False, True, True, True, True],
    },
    "Answers": {
        "answered_ids": ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8"],
        "scores": [10, 9, 8, 3, 9, 7, 10, 6],
        "csat_scores": [5, 4, 4, 2, 5, 3, 5, 3],
    },
    "Invitations": {
        "invite_ids": ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10"],
        "sent_dates": [D(2026, 1, 10)] * 5 + [D(2026, 2, 10)] * 5,
        "channels": ["wechat", "sms", "wechat", "email", "sms", "wechat", "sms", "wechat", "email", "email"],
        "incentive_types": ["points"] * 5 + ["voucher"] * 5,
        "item_counts": [8] * 5 + [20] * 5,
        "incentive_costs": [5, 5, 5, 5, 5, 10, 10, 10, 10, 10],
        "delivery_status": ["delivered"] * 9 + ["undeliverable"],
    },
    "Deeds": {
        "answerer_ids": ["C1", "C2", "C3", "C4", "C5", "C6", "C1", "C4"],
        "rated_on": [D(2025, 6, 2)] * 6 + [D(2025, 12, 2)] * 2,
        "rated": [10, 9, 8, 3, 9, 5, 9, 7],
        "rated_before": [None, None, None, None, None, None, 10, 3],
        "rated_because": [None, None, None, "slow answer", None, None, None, None],
        "reached_on": [None, None, None, D(2025, 6, 5), None, None, None, None],
        "referral_counts": [2, 0, 0, 0, 1, 0, 1, 0],
        "intentions": [5, 4, 3, 2, 5, 3, 5, 4],
        "intention_scales": ["1-5"] * 8,
    },
    "Referrals": {
        "referrer_ids": ["C1", "C1", "C5", "C3"],
        "referee_ids": ["C4", "C6", None, "C5"],
        "referred_on": [D(2025, 6, 1), D(2025, 12, 20), D(2025, 8, 1), D(2025, 10, 1)],
    },
    "Engagement": {
        "engaged_ids": ["C1", "C2", "C2", "C5", "C3"],
        "engaged_on": [D(2025, 6, 20), D(2025, 7, 1), D(2025, 9, 9), D(2026, 1, 8), D(2026, 2, 1)],
        "engagement_types": ["follow", "follow", "unfollow", "event", "content"],
    },
    "Complaints": {
        "complaint_ids": ["K1", "K2", "K3", "K4"],
        "complaining_ids": ["C1", "C3", "C3", "C6"],
        "received": [D(2026, 1, 20), D(2026, 2, 3), D(2026, 2, 25), D(2026, 3, 30)],
        "closed": [D(2026, 1, 22), D(2026, 2, 13), D(2026, 3, 1), None],
        "classes": ["QUALITY", "DELIVERY", None, "QUALITY"],
        "subclasses": ["FLAW", "LATE", None, "FLAW"],
        "ratings": [4, 2, 5, None],
    },
    "Wallets": {
        "wallet_ids": ["C1", "C2", "C3", "C4", "C6"],
        "periods": ["2026-Q1", "2026-Q1", "2026-Q1", "2026-Q1", "2026-Q1"],
        "category_spend": [2000, 500, 400, 900, None],
        "own_spend": [700, 0, 150, 0, 210],
        "ranks": [1, 3, 2, 2.5, 1],
        "brands": [3, 3, 2, 3, 2],
        "competitors": ["Rival", "Rival", "Other House", "Rival", None],
        "reasons": ["price", "price", "quality", "quality", None],
        "competitor_spend": [900, 400, None, 500, None],
    },
    "Campaigns": {
        "starts": [D(2026, 1, 1), D(2026, 2, 10), D(2026, 3, 1)],
        "ends": [D(2026, 1, 31), D(2026, 3, 11), None],
        "campaign_channels": ["wechat", "in_store", None],
        "campaign_costs": [600, 300, 150],
        "attributed_new": [1, 1, None],
    },
    "Service": {
        "responded": [datetime(2026, 1, 20, 11, 30), datetime(2026, 2, 3, 16, 0), datetime(2026, 2, 26, 9, 20), None],
        "received_at": [datetime(2026, 1, 20, 10, 0), datetime(2026, 2, 3, 15, 15), datetime(2026, 2, 25, 17, 30), datetime(2026, 3, 30, 9, 5)],
        "first_contact_resolved": [True, False, True, None],
        "rater_ids": ["C1", "C1", "C3", "C3", "C5", "C5"],
        "rater_types": ["customer", "customer", "customer", "customer", "expert", "expert"],
        "rated_dates": [D(2026, 1, 9), D(2026, 1, 9), D(2026, 2, 10), D(2026, 2, 10), D(2026, 3, 2), D(2026, 3, 2)],
        "dimensions": ["reliability", "empathy", "reliability", "empathy", "reliability", "empathy"],
        "expectations": [6.5, 6, 6, 5.5, None, None],
        "perceptions": [5.5, 5.5, 5, 6, 5, 4],
        "weights": [60, 40, 50, 50, None, None],
        "compliant": [True, True, False, True, True],
        "agent_ids": ["K1", "K1", "K1", "K1", "K1"],
        "checked_dates": [D(2026, 1, 5), D(2026, 1, 9), D(2026, 2, 6), D(2026, 2, 20), D(2026, 3, 3)],
        "comments": ["东西真，老师讲解很专业", "价格偏高", "The delivery was late", "周末去逛了逛", None],
        "said_dates": [D(2026, 1, 8), D(2026, 1, 30), D(2026, 2, 14), D(2026, 3, 1), None],
    },
    "Ledger": {
        "entry_customers": ["C1", "C1", "C2", "C2", "C1", "C2"],
        "entry_dates": [D(2025, 2, 3), D(2025, 9, 1), D(2025, 3, 9), D(2025, 12, 24), D(2026, 2, 2), D(2026, 3, 1)],
        "entry_kinds": ["earn", "earn", "earn", "earn", "redeem", "expire"],
        "entry_points": [120, 45, 30, 12, -100, -30],
        "points_earned": [True, True, True, True, False, False],
        "entry_orders": ["O1", "O4", "O2", "O6", None, None],
        "base_ids": ["C1", "C2", "C3", "C4", "C5", "C6"],
        "member_flags": [True, True, False, False, True, None],
        "member_ids": ["C1", "C2", "C5", None, None, None],
    },
    "Buyers": dict(zip(("buyer_ids", "buyer_dates", "buyer_amounts"), map(list, zip(*_buyers(), strict=True)), strict=True)),
    "Prices": {
        "quantities": [120, 110, 104, 98, 101, 90],
        "prices": [100, 104, 108, 115, 112, 120],
        "price_index": [1.00, 1.01, 1.00, 1.03, 1.05, 1.04],
        "segments": ["Porcelain", "Porcelain", "Porcelain", "Jade", "Jade", "Jade"],
    },
    "PriceChanges": {
        "old_prices": [100, 250],
        "new_prices": [110, 240],
        "pieces_before": [200, 60],
        "pieces_after": [190, 66],
        "index_before": [1.00, 1.02],
        "index_after": [1.06, 1.02],
        "active_before": [50, 50],
        "active_after": [50, 55],
        "control_ids": ["C7", "C8", "C7"],
        "control_dates": [D(2025, 12, 20), D(2025, 11, 20), D(2026, 2, 20)],
    },
    "Questions": {
        "question_scores": [9, 10, 8, 3, 9, 7, 10, 6, 8, 2, 9, 7, 10, 5, 8, 9, 4, 10, 7, 6, 9, 8, 10, 3, 7, 9, 5, 8, 10, 6],
        "question_1": [5, 5, 4, 2, 4, 4, 5, 3, 4, 1, 5, 3, 5, 3, 4, 4, 2, 5, 4, 3, 5, 4, 5, 2, 3, 5, 3, 4, 4, 3],
        "question_2": [4, 5, 4, 1, 5, 3, 4, 3, 5, 2, 4, 4, 5, 2, 4, 5, 3, 5, 3, 3, 4, 4, 5, 1, 4, 4, 2, 5, 5, 2],
        "question_3": [3, 5, 4, 3, 4, 2, 5, 4, 3, 3, 4, 5, 4, 2, 5, 3, 3, 4, 4, 2, 5, 3, 4, 4, 3, 4, 3, 5, 4, 3],
        "touchpoints": ["shop", "web", "phone"] * 10,
    },
    "Brands": {
        "rivals": ["East Hall", "Old Court", "Jade House"],
        "competitor_nps": [34.1, 17.6, 41.2],
        "competitor_answers": [179, 193, 24],
    },
    "Lists": {
        "costs": [600, 300, 150],
        "ids_at_start": ["C1", "C2", "C3", "C4"],
        "ids_at_end": ["C1", "C3", "C5", None],
        "contacted_ids": ["C1", "C2", "C3", "C4"],
        "contacted_on": [D(2025, 8, 20), D(2025, 12, 1), D(2025, 9, 10), D(2026, 3, 1)],
        "lost_ids": ["C4", "C7", "C8", "C9"],
        "lost_because": ["price", "quality", None, "price"],
    },
    "Watch": {
        "consent_basis": ["consent", "consent", "none", "contract", None, "consent"],
        "answer_days": [D(2026, 1, 10), D(2026, 2, 10), D(2026, 2, 12), D(2026, 3, 1), D(2026, 3, 5), D(2026, 3, 20)],
        "statuses": ["done", "doing", "planned", "done"],
        "due_days": [D(2026, 5, 31), D(2026, 6, 30), D(2026, 9, 30), D(2026, 6, 15)],
        "past_scores": [38, 41, 44, 40],
        "attainments": [0.95, 1.1, 0.8, None],
        "line_weights": [50, 50, 60, 40],
        "line_dimensions": ["attitude", "attitude", "retention", "retention"],
    },
    "Detail": {
        "kpi": ["nps", "nps", "retention_rate"],
        "period": ["2026-Q1", "2026-Q1", "2026-Q1"],
        "segment_dim": ["all", "region", "all"],
        "segment": ["All", "East", "All"],
        "value": [25, 40, None],
        "reason": [None, None, "insufficient_history"],
        "numerator": [200, 160, None],
        "denominator": [8, 4, None],
        "n": [8, 4, None],
    },
}  # fmt: skip
SETTINGS = {"nps_promoter_min": 9, "nps_detractor_max": 6}
BLOCKS = {"question_ratings": ("question_1", "question_2", "question_3")}  # columns that stand side by side
COLUMNS: dict[str, list[Any]] = {}
for _table in TABLES.values():
    if twice := COLUMNS.keys() & _table.keys():
        raise ValueError(f"two tables of examples have the columns {twice}")
    COLUMNS |= _table
_BY_ARGUMENT = {"order_ids_or_dates": "order_ids", "dates": "order_dates", "class_l1": "classes", "class_l2": "subclasses", "cells": "subclasses",
                "keys": "customer_ids", "start": "DATE(2026,1,1)", "end": "DATE(2026,4,1)", "sla_days": "7", "new_customers": "3", "rows_passing": "95",
                "rows_received": "100", "key": '"nps"', "period": '"2026-Q1"', "segment": '"All"', "detail": "Detail", "actual": "0.82",
                "target": "0.9", "date": "DATE(2026,7,31)",
                "annual_revenue": "1200", "years": "3", "acquisition_cost": "500", "annual_margin": "300", "retention_rate": "0.8", "monthly_margin": "50",
                "rank": "1.5",
                "items": "question_ratings", "own_nps": "38.6", "bases": "competitor_answers",
                "kpi": '"nps"', "due_dates": "due_days", "before": "0.75", "after": "0.82", "history": "past_scores"}  # fmt: skip
_BY_FUNCTION: dict[str, dict[str, str]] = {
    "LOYALTY_NPS": {"promoter_min": "nps_promoter_min", "detractor_max": "nps_detractor_max"},
    "LOYALTY_NPS_BREAKDOWN": {"promoter_min": "nps_promoter_min", "detractor_max": "nps_detractor_max"},
    "LOYALTY_PROMOTER_SHARE": {"promoter_min": "nps_promoter_min"},
    "LOYALTY_DETRACTOR_SHARE": {"detractor_max": "nps_detractor_max"},
    "LOYALTY_COMPLAINT_MIX": {"dates": "received", "class_l2": "subclasses", "cycle": '"month"'},
    "LOYALTY_RESPONSE_BY_CHANNEL_AND_INCENTIVE": {"dates": "sent_dates", "cycle": '"quarter"'},
    "LOYALTY_FIRST_RESPONSE_MINUTES": {"received": "received_at", "business_hours": '"Mo-Fr 09:00-18:00"'},
    "LOYALTY_COMPLAINT_CONTROL_CHART": {
        "dates": "received",
        "class_l1": "classes",
        "cycle": '"month"',
        "as_of": "DATE(2026,4,1)",
    },
    "LOYALTY_SERVICE_QUALITY": {"weights": "weights"},
    "LOYALTY_SERVICE_QUALITY_GAP": {"weights": "weights"},
    "LOYALTY_SERVICE_QUALITY_BY_DIMENSION": {"dates": "rated_dates", "weights": "weights", "cycle": '"quarter"'},
    "LOYALTY_COLLECTION_CONDUCT": {"dates": "checked_dates", "cycle": '"quarter"'},
    "LOYALTY_COMMENT_THEMES": {"dates": "said_dates", "source": '"unsolicited"', "cycle": '"quarter"'},
    "LOYALTY_REACTIVATION_RATE": {"churn_window_days": "90"},
    "LOYALTY_AT_RISK_CUSTOMERS": {"end": "DATE(2026,8,1)"},
    "LOYALTY_AT_RISK_SHARE": {"end": "DATE(2026,8,1)"},
    "LOYALTY_AT_RISK_VALUE": {"end": "DATE(2026,8,1)"},
    "LOYALTY_EARLY_WARNING": {"end": ""},
    "LOYALTY_EARLY_WARNING_VALIDATION": {"end": ""},
    "LOYALTY_COHORTS": {"cycle": '"quarter"'},
    "LOYALTY_CUSTOMER_STATES": {"cycle": '"quarter"'},
    "LOYALTY_COMPETITOR_NPS": {"brands": "rivals"},
    "LOYALTY_LEAVING_REASONS": {"reasons": "lost_because"},
    "LOYALTY_ENROLMENT_RATE": {"customer_ids": "base_ids", "member": "member_flags"},
    "LOYALTY_ACTIVE_MEMBER_SHARE": {"active_ids": "customer_ids", "include": ""},
    "LOYALTY_POINTS_PER_SPEND": {"points": "entry_points", "include": "points_earned"},
    "LOYALTY_REDEMPTION_RATE": {
        "customer_ids": "entry_customers",
        "dates": "entry_dates",
        "kinds": "entry_kinds",
        "points": "entry_points",
        "order_ids": "entry_orders",
    },
    "LOYALTY_POINTS_LIABILITY": {
        "customer_ids": "entry_customers",
        "kinds": "entry_kinds",
        "points": "entry_points",
        "point_value": "0.1",
        "breakage": "0.2",
    },
    "LOYALTY_PREDICTED_CLV": {
        "customer_ids": "buyer_ids",
        "dates": "buyer_dates",
        "amounts": "buyer_amounts",
        "clv_horizon_months": "12",
    },
    "LOYALTY_PREDICTED_CLV_FIT": {"customer_ids": "buyer_ids", "dates": "buyer_dates", "amounts": "buyer_amounts"},
    "LOYALTY_SPEND_DECLINE_SHARE": {"decline_periods": "2"},
    "LOYALTY_NEW_CUSTOMER_WATCH": {"start": "DATE(2025,2,1)", "end": "DATE(2025,4,1)"},
    "LOYALTY_NEW_CUSTOMER_RETENTION": {"start": "DATE(2025,2,1)", "end": "DATE(2025,4,1)"},
    "LOYALTY_REFERRAL_RATE": {"customer_ids": "customer_ids"},
    "LOYALTY_RECOMMENDATION_INDEX": {"scores": "rated", "referrals": "referral_counts"},
    "LOYALTY_REPURCHASE_INTENTION": {"scores": "intentions"},
    "LOYALTY_CLOSED_LOOP_RATE": {"scores": "rated", "answered": "rated_on", "follow_ups": "reached_on"},
    "LOYALTY_CLOSED_LOOP_DAYS": {"scores": "rated", "answered": "rated_on", "follow_ups": "reached_on"},
    "LOYALTY_DETRACTOR_RECOVERY_RATE": {"scores": "rated", "previous_scores": "rated_before"},
    "LOYALTY_DETRACTOR_REASON_SHARE": {"scores": "rated", "reasons": "rated_because"},
    "LOYALTY_PROMISE_KEPT": {
        "customer_ids": "answerer_ids",
        "answered": "rated_on",
        "scores": "rated",
        "referred": "referred_on",
        "cycle": '"half_year"',
    },
    "LOYALTY_CLOSED_LOOP": {
        "customer_ids": "answerer_ids",
        "answered": "rated_on",
        "scores": "rated",
        "reasons": "rated_because",
        "follow_ups": "reached_on",
        "cycle": '"half_year"',
    },
    "LOYALTY_ENGAGEMENT_MIX": {"dates": "engaged_on", "types": "engagement_types", "cycle": '"half_year"'},
    "LOYALTY_REFERRAL_SUCCESS_RATE": {
        "referrer_id": "referrer_ids",
        "referee_id": "referee_ids",
        "customer_id": "customer_ids",
        "order_date": "order_dates",
        "amount": "amounts",
    },
    "LOYALTY_REFERRED_CUSTOMER_SHARE": {
        "referrer_id": "referrer_ids",
        "referee_id": "referee_ids",
        "customer_id": "customer_ids",
        "order_date": "order_dates",
        "amount": "amounts",
    },
    "LOYALTY_INTENTION_KEPT": {
        "customer_id": "answerer_ids",
        "answered_on": "rated_on",
        "repurchase_intent": "intentions",
        "intent_scale": "intention_scales",
        "orders_customer_id": "customer_ids",
        "order_date": "order_dates",
        "amount": "amounts",
    },
    "LOYALTY_PROMOTER_ACTIVATION_RATE": {
        "customer_id": "answerer_ids",
        "answered_on": "rated_on",
        "recommend_score": "rated",
        "brandengagement_customer_id": "engaged_ids",
        "occurred_on": "engaged_on",
        "type": "engagement_types",
    },
    "LOYALTY_ENGAGEMENT_RATE": {
        "customer_id": "engaged_ids",
        "occurred_on": "engaged_on",
        "type": "engagement_types",
        "orders_customer_id": "customer_ids",
        "order_date": "order_dates",
        "amount": "amounts",
    },
    "LOYALTY_STATUS": {"better": '"higher"', "baseline": "", "amber": "", "unit": '"share"'},
    "LOYALTY_WALLET_COMPETITORS": {"competitor_spend": "competitor_spend"},
    "LOYALTY_WALLET_ALLOCATION": {"brands": "3"},
    "LOYALTY_REVENUE_BRIDGE": {"cycle": '"quarter"'},
    "LOYALTY_CAC_BY_CHANNEL": {"channels": "campaign_channels", "costs": "campaign_costs", "cycle": '"quarter"'},
    "LOYALTY_PRICE_ELASTICITY": {"price_index": "price_index"},
    "LOYALTY_PRICE_INSENSITIVITY": {"price_index": "price_index"},
    "LOYALTY_PRICE_CHANGE_ELASTICITY": {
        name: name for name in ("index_before", "index_after", "active_before", "active_after")
    },
    "LOYALTY_KEEP_BUYING_RATE": {"effective_on": "DATE(2026,1,15)", "window_days": "150"},
    "LOYALTY_KEEP_BUYING_DIFFERENCE": {"effective_on": "DATE(2026,1,15)", "window_days": "150", "min_control": "1"},
    "LOYALTY_CONSENT_RATE": {"dates": "answer_days", "as_of": "DATE(2026,4,1)", "retention_days": "60"},
    "LOYALTY_SMART_CHECK": {
        "target": "45",
        "comment": '"East first"',
        "objective": '"more customers recommend us"',
        "due": '"2026-12-31"',
    },
    "LOYALTY_PLAN_PROGRESS": {"as_of": "DATE(2026,7,1)"},
    "LOYALTY_IMPROVEMENT": {
        "goal": "0.8",
        "better": '"higher"',
        "before_low": "0.7",
        "before_high": "0.8",
        "after_low": "0.79",
        "after_high": "0.85",
    },
    "LOYALTY_LOYALTY_SCORE": {"weights": "line_weights", "dimensions": "line_dimensions"},
    "LOYALTY_PERIOD": {"cycle": '"quarter"'},
    "LOYALTY_DRIVERS": {"scores": "question_scores"},
    "LOYALTY_SCALE_RELIABILITY": {"min_base": "20"},
    "LOYALTY_TOUCHPOINTS": {"scores": "question_scores", "csat_scores": "question_1"},
}


def tokens(made: Function) -> list[str]:
    """The arguments of a function's example, as a formula names them: columns, settings, literals."""
    named = _BY_FUNCTION.get(made.name, {})
    listed = [named.get(each.name, _usual(made, each)) for each in made.arguments]
    while listed and not listed[-1]:
        listed.pop()
    return listed


def _usual(made: Function, each: Argument) -> str:
    if each.optional:
        return ""
    if each.name == "scores":
        return (
            {"attitude": "scores", "service": "ratings"}.get(made.group, "scores")
            if "csat" not in made.key
            else "csat_scores"
        )
    return _BY_ARGUMENT.get(each.name, each.name)


def formula(made: Function, *, dotted: bool = False) -> str:
    """The example as a formula."""
    listed = "".join(f",{' ' * bool(each)}{each}" for each in tokens(made))
    return f"={made.dotted if dotted else made.name}({listed[2:] if listed.startswith(', ') else listed[1:]})"


def cells_of(text: str) -> Any:
    """What an argument of an example stands for."""
    if text == "Detail":
        table = TABLES["Detail"]
        return [list(table), *map(list, zip(*table.values(), strict=True))]
    if text in BLOCKS:
        return [list(row) for row in zip(*(COLUMNS[name] for name in BLOCKS[text]), strict=True)]
    if text in COLUMNS:
        return [[cell] for cell in COLUMNS[text]]
    if text in SETTINGS:
        return SETTINGS[text]
    if text.startswith("DATE("):
        year, month, day = (int(part) for part in text[5:-1].split(","))
        return date(year, month, day)
    if text.startswith('"'):
        return text.strip('"')
    return float(text) if text else None


def answer(made: Function) -> Any:
    """What the example gives."""
    return _answered(made.name)


@cache
def _answered(name: str) -> Any:
    return call(name, *(cells_of(each) for each in tokens(functions()[name])))


def write_book(path: Path, language: str, *, dotted: bool = False) -> None:
    """Write a workbook with every function: what it does, a live example over named columns, and its result as it is here.

    Names are those of desktop Excel, or *dotted* ones. Without the add-in the results stay as stored until the workbook is calculated.
    """
    import xlsxwriter

    zh = language == "zh"
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
    book.set_properties({"created": datetime(2026, 1, 1)})
    bold = book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3864", "valign": "vcenter"})
    wrap, top = (
        book.add_format({"text_wrap": wrapped, "valign": "top", "indent": int(wrapped)}) for wrapped in (True, False)
    )
    front, data = book.add_worksheet("公式" if zh else "Formulas"), book.add_worksheet("数据" if zh else "Data")
    _write_data(book, data, bold)
    heads = ("函数", "结果", "说明", "公式") if zh else ("Function", "Result", "What it gives", "Formula")
    for column, (head, width) in enumerate(zip(heads, (42, 18, 70, 80), strict=True)):
        front.write_string(0, column, head, bold)
        front.set_column(column, column, width)
    front.freeze_panes(1, 0)
    front.set_landscape()
    front.set_paper(9)
    front.fit_to_pages(1, 0)
    front.repeat_rows(0)
    for row, made in enumerate(functions().values(), 1):
        text, found = formula(made, dotted=dotted), answer(made)
        front.write_string(row, 0, made.dotted if dotted else made.name, top)
        wide = sum(2 if ord(letter) > 0x2E80 else 1 for letter in made.help(language))
        front.set_row(row, 15 * max(-(-wide // 66), -(-len(text) // 72)))
        front.write_string(row, 2, made.help(language), wrap)
        front.write_string(row, 3, text, wrap)
        if made.table:  # one cell of the table, which every Excel can show: the last that is filled
            last = max(place for place, cell in enumerate(found[1]) if cell != "")
            text, found = f"=INDEX({text[1:]},2,{last + 1})", found[1][last]
        front.write_formula(row, 1, text, top, found.code if isinstance(found, CellError) else found)
    book.close()


def _write_data(book: Any, data: Any, bold: Any) -> None:
    """Write the columns that examples name, and define their names."""
    from xlsxwriter.utility import xl_range_abs

    day = book.add_format({"num_format": "yyyy-mm-dd"})
    at = 0
    for title, table in {**TABLES, "Settings": {name: [value] for name, value in SETTINGS.items()}}.items():
        first = at
        for name, column in table.items():
            data.write_string(0, at, name, bold)
            for row, cell in enumerate(column, 1):
                if isinstance(cell, date):
                    data.write_datetime(row, at, cell, day)
                elif cell is not None:
                    data.write(row, at, cell)
            if title != "Detail":
                book.define_name(name, f"={data.get_name()}!{xl_range_abs(1, at, len(column), at)}")
            at += 1
        for name, columns in BLOCKS.items():
            if columns[0] in table:
                left = first + list(table).index(columns[0])
                span = xl_range_abs(1, left, len(table[columns[0]]), left + len(columns) - 1)
                book.define_name(name, f"={data.get_name()}!{span}")
        if title == "Detail":
            height = len(next(iter(table.values())))
            book.define_name(title, f"={data.get_name()}!{xl_range_abs(0, first, height, at - 1)}")
        at += 1
    data.set_column(0, at, 14)
    data.freeze_panes(1, 0)


__all__ = ["COLUMNS", "SETTINGS", "TABLES", "answer", "cells_of", "formula", "tokens", "write_book"]
