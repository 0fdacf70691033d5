"""From the units of a result back to worksheet rows: for each kind of rows, which sheets stand behind a unit, and by which field."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.preparing import day_number
from loyalty_xl.rows.competitors import AT_MOST
from loyalty_xl.rows.engagement import JOINED, WEIGHTS
from loyalty_xl.rows.orders import money, purchases
from loyalty_xl.rows.programme import EARN, REDEEM
from loyalty_xl.rows.ready import ANONYMOUS, NEVER, collect
from loyalty_xl.rows.referrals import YEAR
from loyalty_xl.rows.surveys import answers
from loyalty_xl.tracing.spans import evidence
from loyalty_xl.turns import turn_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loyalty_xl.preparing import Prepared
    from loyalty_xl.preparing.naming import Given
    from loyalty_xl.tracing.units import Looking, Units

FOUND = ["unit", "sheet", "row"]  # row: index of the sheet's frame
Found = pd.DataFrame


@dataclass(frozen=True)
class Trail:
    """What is needed to find the rows of units."""

    prepared: Prepared
    looking: Looking

    @property
    def given(self) -> Given:
        """The sheets' rows that the frames were made of."""
        assert self.prepared.given is not None
        return self.prepared.given

    @cached_property
    def turn(self) -> pd.Series[Any]:
        """The turn's months: first_of_turn, last, before, next_last ..."""
        situation = self.looking.situation
        table = turn_frame(
            [self.looking.turn],
            situation.calendar,
            situation.as_of,
            situation.ready.last_month,
            situation.settings.decline_periods,
        )
        return collect(table).iloc[0]

    def frame(self, name: str) -> pd.DataFrame:
        """A ready frame, those rows of it that belong to the segment."""
        ready = self.looking.situation.ready
        return self.inside(collect(ready[name])) if name in ready else pd.DataFrame()

    def inside(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows of the segment; all of them, where they have no path to it."""
        dim = self.looking.dim
        return rows[rows[dim] == self.looking.place] if dim in rows else rows

    def parts(self, make: Callable[..., Any]) -> pd.DataFrame:
        """Order parts of the segment: those whose money counts, or those that are purchases."""
        situation = self.looking.situation
        return self.inside(collect(situation.ready.once(make, situation.settings)))

    def lines(self, parts: pd.DataFrame) -> Found:
        """Order lines of pairs of unit and order part."""
        lines = self.given.lines
        if lines is None or not len(parts):
            return nothing()
        made = parts[["unit", "part"]].drop_duplicates().merge(lines, on="part")
        return made.assign(sheet="Orders")[FOUND]

    def customers(self, sheet: str, field: str = "customer_id") -> pd.DataFrame:
        """Rows of a sheet by the customer that a field names."""
        frame = self.given.frames.get(sheet)
        if frame is None:
            return pd.DataFrame({"customer": np.zeros(0, np.int64), "row": np.zeros(0, np.int64)})
        return pd.DataFrame({"customer": self.given.names.codes(frame[field]), "row": frame.index.to_numpy(np.int64)})


def nothing() -> Found:
    """No rows."""
    return pd.DataFrame({"unit": np.zeros(0, np.int64), "sheet": pd.Series(dtype=object), "row": np.zeros(0, np.int64)})


def joined(units: pd.DataFrame, rows: pd.DataFrame, sheet: str, on: str | list[str] = "customer") -> Found:
    """Rows (with `row`) of units that agree in a column."""
    if not len(rows) or not len(units):
        return nothing()
    keys = [on] if isinstance(on, str) else on
    made = units[["unit", *keys]].merge(rows[[*keys, "row"]], on=keys)
    return made.assign(sheet=sheet)[FOUND]


def together(*found: Found) -> Found:
    """Put rows together."""
    return pd.concat([each for each in found if len(each)] or [nothing()], ignore_index=True).drop_duplicates(FOUND)


def in_turn(trail: Trail, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows whose month belongs to the turn."""
    if not len(rows):
        return rows
    return rows[(rows["month"] >= trail.turn["first_of_turn"]) & (rows["month"] <= trail.turn["last"])]


def within_a_year(trail: Trail, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the 12 months up to the end of the turn."""
    if not len(rows):
        return rows
    return rows[(rows["month"] > trail.turn["last"] - YEAR) & (rows["month"] <= trail.turn["last"])]


def itself(sheet: str) -> Callable[[Trail, pd.DataFrame, Units], Found]:
    """Units that are rows of a sheet."""

    def find(_trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
        return units[["unit", "row"]].assign(sheet=sheet)[FOUND]

    return find


def occasions(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Lines of the orders that make up a purchase."""
    parts = trail.parts(purchases)[["occasion", "customer", "part"]]
    return trail.lines(units[["unit", "occasion", "customer"]].merge(parts, on=["occasion", "customer"]))


def order_parts(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Lines of an order part."""
    return trail.lines(units)


def first_orders(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Lines of the first purchase, and of the next one."""
    parts = trail.parts(purchases)[["customer", "day", "part"]]
    pairs = units[["unit", "customer", "first", "second"]].merge(parts, on="customer")
    return trail.lines(pairs[(pairs["day"] == pairs["first"]) | (pairs["day"] == pairs["second"])])


def customer_orders(trail: Trail, units: pd.DataFrame, of: Units) -> Found:
    """Lines that show what is asked of a customer, and the row of Customers where that says it."""
    ready = trail.looking.situation.ready
    customer = units["who"] - units["segment"] * ready.customers
    facts = units[["unit", "first_month", "boundary"]].assign(customer=customer)
    parts = trail.parts(money)[["customer", "month", "expiry", "part"]]
    asked = {column for each in of.measures for column in each.reads}
    pairs = facts.merge(parts, on="customer")
    made = trail.lines(pairs[evidence(pairs, asked, trail.turn, ready)])
    if asked & {"member", "in_base_at_start", "in_base_at_end"}:
        bare = facts[~facts["unit"].isin(made["unit"])] if "member" not in asked else facts
        made = together(made, joined(bare, trail.customers("Customers"), "Customers"))
    return made


def orders_to_date(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Lines of a customer up to the end of the turn."""
    parts = trail.parts(money)[["customer", "month", "part"]]
    pairs = units[["unit", "customer"]].merge(parts[parts["month"] <= trail.turn["last"]], on="customer")
    return trail.lines(pairs)


def orders_in_turn(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Lines of a customer in the turn."""
    parts = in_turn(trail, trail.parts(money))[["customer", "part"]]
    return trail.lines(units[["unit", "customer"]].merge(parts, on="customer"))


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


def rises(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The price change, and what its buyer bought of the same goods in the windows around it."""
    from loyalty_xl.rows.price_changes import measuring

    situation = trail.looking.situation
    measured = measuring(situation.ready, situation.settings)
    sold = collect(situation.ready["sales"]).sort_values("day", kind="stable")
    parts = []
    for event, some in units.groupby("event"):
        day = int(measured.days[event])
        window = measured.sales.between(day - measured.window, day + measured.window)
        goods = measured.matches(int(event), window)
        parts.append(joined(some, trail.inside(sold[window][goods]), "Orders"))
    frame = trail.given.frames["PriceChanges"]
    names = [name if isinstance(name, str) else f"#{row}" for name, row in zip(frame["change_id"].astype(object), frame.index, strict=True)]  # fmt: skip
    changes = pd.DataFrame({"change": names, "row": frame.index.to_numpy(np.int64)})
    shown = units.assign(change=measured.changes["change"].to_numpy()[units["event"].to_numpy()])
    return together(joined(shown, changes, "PriceChanges", "change"), *parts)


def demand(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Every sale that the estimate is of, and the market index beside it."""
    from loyalty_xl.preparing.prices import sales

    situation = trail.looking.situation
    sold, _ = sales(trail.given.frames["Orders"], trail.given)
    whole = situation.ready.last_month - (day_number(situation.as_of) < _month_end(situation.ready.last_month))
    sold = sold[sold["month"] <= min(int(trail.turn["last"]), whole)]
    dim = trail.looking.dim
    if dim in sold:
        sold = sold[sold[dim].astype(str) == situation.ready.segments[trail.looking.place][1]]
    unit = int(units["unit"].iloc[0]) if len(units) else 0
    rows = [pd.DataFrame({"unit": unit, "sheet": "Orders", "row": sold["row"]})]
    market = trail.given.frames.get("MarketIndex")
    if market is not None:
        rows.append(pd.DataFrame({"unit": unit, "sheet": "MarketIndex", "row": market.index.to_numpy(np.int64)}))
    return together(*rows) if len(units) else nothing()


def _month_end(month: int) -> int:
    """Days from 1970-01-01 to the first day after a month."""
    return int(np.datetime64(month + 1 - 1970 * 12, "M").astype("datetime64[D]").astype(np.int64))


def point_movements(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Movements of a customer's points up to the end of the turn."""
    rows = trail.frame("points")
    return joined(units, rows[rows["month"] <= trail.turn["last"]], "LoyaltyLedger")


def memberships(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The member's row, and what the member bought, earned or redeemed in the turn."""
    active = units[units["active"] > 0]
    points = in_turn(trail, trail.frame("points"))
    points = points[points["kind"].isin([EARN, REDEEM])] if len(points) else points
    orders = nothing()
    if "orders" in trail.looking.situation.ready:
        parts = in_turn(trail, trail.parts(purchases))[["customer", "part"]]
        orders = trail.lines(active[["unit", "customer"]].merge(parts, on="customer"))
    known = joined(units, trail.customers("Customers"), "Customers")
    bare = units[~units["unit"].isin(known["unit"])]
    ever = trail.frame("points")
    return together(
        known,
        joined(bare, ever, "LoyaltyLedger"),
        joined(active, points, "LoyaltyLedger"),
        orders,
    )


def invited(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The invitation, and the answer that came back."""
    found = units[["unit", "row"]].assign(sheet="SurveyInvitations")[FOUND]
    came = trail.looking.situation.ready
    if "responses" not in came:
        return found
    rows = collect(came["responses"])
    return together(found, joined(units, rows[rows["invite"] >= 0], "SurveyResponses", "invite"))


def recommended(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The answer, and the referrals of who gave it in the 12 months before the end of the turn."""
    found = units[["unit", "row"]].assign(sheet="SurveyResponses")[FOUND]
    made = within_a_year(trail, _referrals(trail))
    return together(found, joined(_known(units), made.rename(columns={"referrer": "customer"}), "Referrals"))


def _referrals(trail: Trail) -> pd.DataFrame:
    ready = trail.looking.situation.ready
    if "referrals" not in ready:
        return pd.DataFrame({"referrer": [], "referee": [], "month": [], "row": []}, dtype=np.int64)
    rows = collect(ready["referrals"])
    return rows[rows["counted"] == 1]


def _known(units: pd.DataFrame) -> pd.DataFrame:
    return units[units["customer"] != ANONYMOUS]


def joining(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The answer, and the events and panels of who gave it."""
    found = units[["unit", "row"]].assign(sheet="SurveyResponses")[FOUND]
    ready = trail.looking.situation.ready
    if "engagements" not in ready:
        return found
    rows = within_a_year(trail, collect(ready["engagements"]))
    return together(found, joined(units, rows[rows["kind"].isin(JOINED)], "BrandEngagement"))


def intended(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The answer, and the purchase that followed."""
    found = units[["unit", "row"]].assign(sheet="SurveyResponses")[FOUND]
    if "orders" not in trail.looking.situation.ready:
        return found
    situation = trail.looking.situation
    parts = collect(situation.ready.once(purchases, situation.settings))[["customer", "day", "part"]]
    pairs = units[units["wait"] < NEVER].assign(day=lambda rows: rows["day"] + rows["wait"])
    return together(found, trail.lines(pairs[["unit", "customer", "day"]].merge(parts, on=["customer", "day"])))


def engaged(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """What a customer did with the brand in the turn."""
    rows = in_turn(trail, trail.frame("engagements"))
    rows = rows[rows["kind"].isin(list(WEIGHTS)) & (rows["undone_month"] > trail.turn["last"])] if len(rows) else rows
    return joined(units, rows, "BrandEngagement")


def complained(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Complaints of a customer in the turn."""
    return joined(units, in_turn(trail, trail.frame("complaints")), "Complaints")


def referred(trail: Trail, units: pd.DataFrame, of: Units) -> Found:
    """The first purchase of a new customer, and the referral that brought it."""
    brought = _referrals(trail).rename(columns={"referee": "customer"})
    return together(first_orders(trail, units, of), joined(units[units["referred"] > 0], brought, "Referrals"))


def referrals(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The referral, and the first purchase of who was referred."""
    found = units[["unit", "row"]].assign(sheet="Referrals")[FOUND]
    if "orders" not in trail.looking.situation.ready:
        return found
    situation = trail.looking.situation
    parts = collect(situation.ready.once(purchases, situation.settings))[["customer", "day", "part"]]
    won = units[units["succeeded"].astype(bool)]
    won = won.assign(customer=won["referee"], day=won["first"])
    return together(found, trail.lines(won[["unit", "customer", "day"]].merge(parts, on=["customer", "day"])))


def referrers(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Referrals that a customer made in the turn."""
    made = in_turn(trail, trail.inside(_referrals(trail))).rename(columns={"referrer": "customer"})
    return joined(units, made, "Referrals")


def attempts(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The attempt, and the purchases in its window."""
    found = units[["unit", "row"]].assign(sheet="SaveAttempts")[FOUND]
    situation = trail.looking.situation
    parts = collect(situation.ready.once(purchases, situation.settings))
    parts = parts[["customer", "day", "part"]].rename(columns={"day": "on"})
    pairs = units[["unit", "customer", "day"]].merge(parts, on="customer")
    window = (pairs["on"] >= pairs["day"]) & (pairs["on"] <= pairs["day"] + situation.settings.save_window_days)
    return together(found, trail.lines(pairs[window]))


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


def wallets(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The wallet, and the orders of its period where these say what was spent with us."""
    found = units[["unit", "row"]].assign(sheet="ShareOfWallet")[FOUND]
    if "orders" not in trail.looking.situation.ready:
        return found
    situation = trail.looking.situation
    parts = collect(situation.ready.once(money, situation.settings))[["customer", "month", "part"]]
    pairs = units.loc[units["own_given"] == 0, ["unit", "customer", "first", "final"]].merge(parts, on="customer")
    return together(
        found, trail.lines(pairs[(pairs["month"] >= pairs["first"]) & (pairs["month"] <= pairs["final"])])
    )


def whole_sheets(_trail: Trail, _units: pd.DataFrame, _of: Units) -> Found:
    """Counts are of all rows of a sheet in a month as they came, the rejected ones among them: the unit stands for them."""
    return nothing()


def _no_name(_trail: Trail, units: pd.DataFrame) -> Sequence[str]:
    return [""] * len(units)


def _customer(trail: Trail, units: pd.DataFrame) -> Sequence[str]:
    column = units["customer"] if "customer" in units else units["who"] - units["segment"] * trail.looking.situation.ready.customers
    names = [*trail.prepared.customers, ""]
    return [names[code] if 0 <= code < len(names) - 1 else "" for code in column.tolist()]


def _order(trail: Trail, units: pd.DataFrame) -> Sequence[str]:
    names = [str(each) for each in trail.given.frames["Orders"]["order_id"].cat.categories]
    if "order" in units:
        return [names[code] for code in units["order"].tolist()]
    if trail.looking.situation.settings.occasion_unit != "day":
        return [names[code] for code in units["occasion"].tolist()]
    days = units["day"].to_numpy().astype("datetime64[D]").astype(str)
    return [f"{who} {day}".strip() for who, day in zip(_customer(trail, units), days, strict=True)]


def _sheet_month(_trail: Trail, units: pd.DataFrame) -> Sequence[str]:
    months = (units["month"].to_numpy() - 1970 * 12).astype("datetime64[M]").astype(str)
    return [f"{sheet} {month}" for sheet, month in zip(units["sheet"], months, strict=True)]


def _brand(_trail: Trail, units: pd.DataFrame) -> Sequence[str]:
    return [str(each) for each in units["brand"]]


@dataclass(frozen=True)
class Behind:
    """What a unit of some rows is, and where its worksheet rows are."""

    zh: str
    en: str
    find: Callable[[Trail, pd.DataFrame, Units], Found]
    name: Callable[[Trail, pd.DataFrame], Sequence[str]] = _no_name


BEHIND: dict[str, Behind] = {
    "answers": Behind("答卷", "answer", itself("SurveyResponses")),
    "image_answers": Behind("答卷", "answer", itself("SurveyResponses")),
    "held_answers": Behind("答卷", "answer", itself("SurveyResponses")),
    "recommenders": Behind("答卷", "answer", recommended),
    "invited_promoters": Behind("答卷", "answer", joining),
    "intenders": Behind("答卷", "answer", intended),
    "invitations": Behind("邀请", "invitation", invited),
    "occasions": Behind("购买", "purchase", occasions, _order),
    "revenue": Behind("订单", "order", order_parts, _order),
    "first_purchases": Behind("客户", "customer", first_orders, _customer),
    "customer_turns": Behind("客户", "customer", customer_orders, _customer),
    "base_scores": Behind("客户", "customer", orders_to_date, _customer),
    "newcomers": Behind("客户", "customer", orders_in_turn, _customer),
    "referred_customers": Behind("客户", "customer", referred, _customer),
    "engaged_customers": Behind("客户", "customer", engaged, _customer),
    "complainers": Behind("客户", "customer", complained, _customer),
    "referrers": Behind("客户", "customer", referrers, _customer),
    "members": Behind("会员", "member", memberships, _customer),
    "point_balances": Behind("会员", "member", point_movements, _customer),
    "point_lots": Behind("积分", "points earned", itself("LoyaltyLedger")),
    "brands": Behind("品牌", "brand", brands, _brand),
    "rises": Behind("涨价前买家", "buyer before a rise", rises, _customer),
    "demand": Behind("估计", "estimate", demand),
    "deliveries": Behind("表与月份", "sheet and month", whole_sheets, _sheet_month),
    "referrals": Behind("推荐", "referral", referrals),
    "last_attempts": Behind("挽留", "save attempt", attempts),
    "complaints": Behind("投诉", "complaint", itself("Complaints")),
    "closed_complaints": Behind("投诉", "complaint", itself("Complaints")),
    "first_responses": Behind("投诉", "complaint", itself("Complaints")),
    "contacts_solved": Behind("联系", "contact", itself("Interactions")),
    "raters": Behind("评价人", "rater", judged),
    "audits": Behind("抽查", "check", itself("CollectionAudit")),
    "costs": Behind("费用", "cost", spread),
    "wallets": Behind("钱包份额", "wallet", wallets, _customer),
}
