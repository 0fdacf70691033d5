"""What customers spend on the category, with us and with others."""

from __future__ import annotations

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.ready import when
from loyalty_xl.rows.wallets import WALLETS

known_wallets = measure("known_wallets", WALLETS, lambda row, _: row.known)
known_wallets_in_base = measure("known_wallets_in_base", WALLETS, lambda row, _: row.known & (row.in_base > 0))
wallet_own = measure("wallet_own", WALLETS, lambda row, _: when(row.known, row.own))
wallet_category = measure("wallet_category", WALLETS, lambda row, _: when(row.known, row.category))
wallet_own_squared = measure("wallet_own_squared", WALLETS, lambda row, _: when(row.known, row.own * row.own))
wallet_products = measure("wallet_products", WALLETS, lambda row, _: when(row.known, row.own * row.category))
wallet_category_squared = measure(
    "wallet_category_squared", WALLETS, lambda row, _: when(row.known, row.category * row.category)
)
