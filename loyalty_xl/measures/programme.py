"""The loyalty programme: members, their purchases, their points."""

from __future__ import annotations

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.customers import CUSTOMER_TURNS
from loyalty_xl.rows.programme import MEMBERS, POINT_BALANCES, POINT_LOTS
from loyalty_xl.rows.ready import when

membership_known = measure("membership_known", CUSTOMER_TURNS, lambda row, _: row.membership_known)
members_in_base = measure("members_in_base", CUSTOMER_TURNS, lambda row, _: row.in_base_at_end & (row.member > 0))
buying_members = measure("buying_members", CUSTOMER_TURNS, lambda row, _: (row.bought > 0) & (row.member > 0))
buying_others = measure("buying_others", CUSTOMER_TURNS, lambda row, _: (row.bought > 0) & (row.member <= 0))
repeat_members = measure("repeat_members", CUSTOMER_TURNS, lambda row, _: (row.bought >= 2) & (row.member > 0))
repeat_others = measure("repeat_others", CUSTOMER_TURNS, lambda row, _: (row.bought >= 2) & (row.member <= 0))
member_spend = measure("member_spend", CUSTOMER_TURNS, lambda row, _: when(row.member > 0, row.net_spend))

enrolled_members = measure("enrolled_members", MEMBERS, lambda row, _: row.enrolled)
active_members = measure("active_members", MEMBERS, lambda row, _: row.active)

points_earned = measure("points_earned", POINT_LOTS, lambda row, _: row.earned)
points_redeemed = measure("points_redeemed", POINT_LOTS, lambda row, _: row.redeemed)
points_expired = measure("points_expired", POINT_LOTS, lambda row, _: row.expired)
points_reversed = measure("points_reversed", POINT_LOTS, lambda row, _: row.reversed)
points_outstanding = measure("points_outstanding", POINT_BALANCES, lambda row, _: row.outstanding)
points_holders = measure("points_holders", POINT_BALANCES, lambda row, _: row.holders)
