"""Rows that are taken out are remembered: where they stood, key, day, reason and code, and no other cell."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import numpy as np
import pytest

from loyalty_xl.contracts import everything
from loyalty_xl.contracts.checking import check_sheet
from loyalty_xl.contracts.links import take_rows
from loyalty_xl.contracts.taken import CODES, Taken
from loyalty_xl.contracts.uniting import unite
from loyalty_xl.findings import entries
from loyalty_xl.settings import Settings
from loyalty_xl.vocabulary import Calendar
from tests.conftest import TODAY
from tests.contracts.raw import raw_sheet

ORDERS = next(each for each in everything() if each.name == "Orders")
HEADERS = ["order_id", "line_no", "customer_id", "order_date", "amount"]


def checked(rows, title="orders.csv"):
    return check_sheet(raw_sheet([HEADERS, *rows], name="Orders"), ORDERS, Settings(), title=title, today=TODAY)[0]


def test_each_row_taken_out_is_remembered_with_what_took_it_out():
    """A bad amount, a repeated line and a contradiction leave with row, key, day, month and the code of their finding."""
    day = date(2026, 3, 5)
    rows = [
        ["A", 1, "C1", day, 10],
        ["B", 1, "C1", day, "ten"],
        ["A", 1, "C1", day, 10],
        ["D", 1, "C2", day, 5],
        ["D", 1, "C2", day, 6],
    ]
    made = sorted((each.row, each.key, each.day, each.reason, each.code) for each in checked(rows).taken)
    when = "2026-03-05"
    assert [each[:4] for each in made] == [
        (3, "B / 1", when, "error"),
        (4, "A / 1", when, "repeated"),
        (5, "D / 1", when, "error"),
        (6, "D / 1", when, "error"),
    ]
    assert made[0][4].startswith("E")
    assert [each[4] for each in made[1:]] == ["W213", "E214", "E214"]


def test_rows_taken_out_of_united_files_keep_their_own_file_and_row():
    """Rows that overlap, and rows a rule takes out later, are named by the file and the row where they stand."""
    one = checked([["A", 1, "C1", date(2026, 3, 5), 10], ["B", 1, "C1", date(2026, 4, 5), 10]], "[one.csv]one")
    two = checked([["X", 1, "C1", date(2026, 4, 6), 10], ["Y", 1, "C1", date(2026, 5, 6), 10]], "[two.csv]two")
    whole, _ = unite([one, two], Calendar())
    assert {(each.title, each.row, each.key, each.reason) for each in whole.taken} == {
        ("[one.csv]one", 3, "B / 1", "overlap"),
        ("[two.csv]two", 2, "X / 1", "overlap"),
    }
    take_rows(whole, np.array([False, True]), "other currency")
    last = whole.taken[-1]
    assert (last.title, last.row, last.key, last.day, last.code) == ("[two.csv]two", 3, "Y / 1", "2026-05-06", "E273")


@pytest.mark.parametrize("code", sorted(set(CODES.values())))
def test_reasons_lead_to_codes_that_exist(code: str):
    """Every code that stands for a reason is one of the catalogue."""
    assert code in entries()


def test_nothing_but_place_key_and_reason_is_kept():
    """What is remembered of a row has no field for its other cells."""
    assert {each.name for each in fields(Taken)} == {"title", "row", "month", "key", "day", "reason", "code", "field"}
