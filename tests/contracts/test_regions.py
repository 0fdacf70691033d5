"""Regions over time: names, codes and what they become; contradictions; old names and new values in other sheets."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from made_sheets import sheet_of

from loyalty_xl.contracts.analytics import CUSTOMERS, ORDERS
from loyalty_xl.contracts.between_places import places
from loyalty_xl.contracts.prices import MARKET_INDEX
from loyalty_xl.contracts.regions import Regions, regions_on
from loyalty_xl.contracts.sales import REGIONS
from loyalty_xl.findings import sentence
from loyalty_xl.vocabulary import Finding

Row = dict[str, Any]
RENAMED: list[Row] = [
    {"region_id": "N", "name": "North", "valid_to": "2026-06-30"},
    {"region_id": "N", "name": "North-East", "valid_from": "2026-07-01"},
    {"region_id": "S", "name": "South"},
]
MERGED: list[Row] = [
    {"region_id": "HD", "name": "华东", "valid_to": "2026-06-30", "becomes": "DB"},
    {"region_id": "HB", "name": "华北", "valid_to": "2026-06-30", "becomes": "华东北"},
    {"region_id": "DB", "name": "华东北", "valid_from": "2026-07-01"},
]


def on(day: str, rows: list[Row]) -> Regions:
    """What codes and names mean on a day."""
    made = regions_on(sheet_of(REGIONS, rows).frame, date.fromisoformat(day))
    assert made is not None
    return made


def checked(regions: list[Row], **sheets: list[Row]) -> list[Finding]:
    """What is found in sheets beside these regions."""
    contracts = {"Orders": ORDERS, "Customers": CUSTOMERS, "MarketIndex": MARKET_INDEX}
    made = {name: sheet_of(contracts[name], rows) for name, rows in sheets.items()}
    found = places({"Regions": sheet_of(REGIONS, regions), **made})
    for each in found:
        assert "…" not in sentence(each, "both", where=False)
    return found


def told(found: list[Finding]) -> list[tuple[str, str, int, str]]:
    """Code, what was found, how many rows, what was expected."""
    return [(each.code, each.found, each.count, each.expected) for each in found]


def order(day: str, region: str, number: int = 1) -> Row:
    """An order line somewhere."""
    return {"order_id": f"O{number}", "order_date": day, "amount": 100.0, "region_id": region}


@pytest.mark.parametrize(
    ("day", "name"), [("2026-06-30", "North"), ("2026-07-01", "North-East"), ("2020-01-01", "North")]
)
def test_a_region_has_the_name_of_the_day(day: str, name: str) -> None:
    """The last day of a name still has it; every code and name of the region means the same region on any day."""
    made = on(day, RENAMED)
    assert {made.labels[word] for word in ("N", "NORTH", "NORTH-EAST", "North")} == {name}
    assert made.names == {name, "South"}
    assert made.renamed == {({"North", "North-East"} - {name}).pop(): name}


def test_the_end_of_a_name_is_the_day_before_the_next() -> None:
    """Without valid_to the earlier name ends where the later one begins; the code and the later name go on."""
    rows = [{key: value for key, value in row.items() if key != "valid_to"} for row in RENAMED]
    assert on("2026-08-01", rows).ends == dict.fromkeys(("North", "NORTH"), date(2026, 6, 30))


def test_merged_regions_are_one_after_the_merger() -> None:
    """Two codes that become a third, by code or by name, have its name from the day after their last one."""
    before, after = on("2026-06-30", MERGED), on("2026-07-01", MERGED)
    assert [before.labels[each] for each in ("HD", "HB", "华东")] == ["华东", "华北", "华东"]
    assert {after.labels[each] for each in ("HD", "HB", "DB", "华东", "华北", "华东北")} == {"华东北"}
    assert after.renamed == {"华东": "华东北", "华北": "华东北"}
    assert (before.merged, after.merged) == (frozenset(), {"华东北"})


def test_a_new_code_is_no_merger() -> None:
    """A region that only got another code is renamed; one that took in another while both were in use is merged."""
    old = {"region_id": "A", "name": "East", "valid_to": "2026-06-30", "becomes": "B"}
    new = {"region_id": "B", "name": "Orient", "valid_from": "2026-07-01"}
    assert on("2026-08-01", [old, new]).merged == frozenset()
    assert on("2026-08-01", [old, new | {"valid_from": None}]).merged == {"Orient"}
    assert on("2026-06-30", [old, new | {"valid_from": None}]).merged == frozenset()


def test_another_spelling_becomes_a_region_at_once() -> None:
    """A row without dates that becomes a region is another word for it, and has no end."""
    made = on("2026-01-01", [{"region_id": "HD", "name": "华东"}, {"region_id": "江浙沪", "becomes": "HD"}])
    assert made.labels["江浙沪"] == "华东"
    assert not made.ends


def test_codes_with_one_name_are_one_region() -> None:
    """Two codes of the same name stand together, as they always did."""
    made = on("2026-01-01", [{"region_id": "A", "name": "East"}, {"region_id": "B", "name": "East"}])
    assert made.labels["A"] == made.labels["B"] == made.labels["EAST"] == "East"
    assert not made.unclear


def test_a_name_that_two_regions_had_is_not_guessed() -> None:
    """A name given up by one region and taken by another means neither; codes are clear."""
    rows = [*RENAMED, {"region_id": "X", "name": "North", "valid_from": "2026-07-01"}]
    made = on("2026-08-01", rows)
    assert "NORTH" not in made.labels
    assert (made.labels["N"], made.labels["X"]) == ("North-East", "North")
    found = checked(rows, Orders=[order("2026-08-01", "NORTH")])
    assert told(found) == [("E294", "North", 1, "")]


def test_a_split_region_leaves_its_history_where_it_was() -> None:
    """A region that ended without a successor keeps its name, and its parts are regions of their own."""
    rows = [
        {"region_id": "HN", "name": "华南", "valid_to": "2026-06-30"},
        {"region_id": "HN1", "name": "华南一区", "valid_from": "2026-07-01"},
        {"region_id": "HN2", "name": "华南二区", "valid_from": "2026-07-01"},
    ]
    made = on("2026-08-01", rows)
    assert (made.labels["HN"], made.labels["HN1"], made.labels["HN2"]) == ("华南", "华南一区", "华南二区")
    found = checked(
        rows, Orders=[order("2026-06-30", "HN"), order("2026-07-01", "华南", 2), order("2026-07-02", "HN", 3)]
    )
    assert told(found) == [("W291", "HN, 华南", 2, "2026-06-30")]


@pytest.mark.parametrize(
    ("row", "cell", "fault", "value"),
    [
        ({"valid_from": "2026-07-01", "valid_to": "2026-06-30"}, "D2", "ends", "2026-07-01 > 2026-06-30"),
        ({"becomes": "Z"}, "E2", "nowhere", "Z"),
        ({"becomes": "B"}, "E2", "circle", "A → B"),
    ],
)
def test_contradictions(row: Row, cell: str, fault: str, value: str) -> None:
    """An end before the beginning, a successor that does not exist, a circle: each one error at its cell, and the region keeps its name."""
    blank = {"valid_from": None, "valid_to": None, "becomes": None}
    rows = [{"region_id": "A", "name": "East"} | blank | row, {"region_id": "B", "name": "West"} | blank]
    if fault == "circle":
        rows[1]["becomes"] = "A"
    found = checked(rows)
    first = found[0]
    assert (first.code, first.cell, first.detail, first.found) == ("E294", cell, (("fault", fault),), value)
    assert len(found) == (2 if fault == "circle" else 1)
    assert on("2026-08-01", rows).labels["A"] == "East"


def test_two_names_from_the_same_day() -> None:
    """Two rows of one code without dates are one error; the first name is used until it is repaired."""
    rows = [{"region_id": "A", "name": "East", "valid_from": None}, {"region_id": "A", "name": "Orient"}]
    found = checked(rows)
    assert [(each.code, each.cell, each.found) for each in found] == [("E294", "B3", "East / Orient")]


def test_a_new_value_is_one_decision() -> None:
    """W261: one finding for a new region, in the sheet that has most of it, with the rows of all sheets."""
    found = checked(
        [{"region_id": "HD", "name": "华东"}],
        Orders=[order("2026-01-01", "华南二区"), order("2026-01-02", "华南二区", 2), order("2026-01-02", "华东", 3)],
        Customers=[{"customer_id": "C1", "region_id": "华南二区"}],
    )
    assert told(found) == [("W261", "华南二区", 3, "Regions")]
    assert (found[0].sheet, found[0].cells) == ("Orders", ("D2", "D3"))
    assert dict(found[0].detail)["spread"] == "Orders 2, Customers 1"


def test_a_name_written_with_small_letters_is_known() -> None:
    """Ids are read in capitals; a region's name is found all the same."""
    assert not checked([{"region_id": "N", "name": "North China"}], Orders=[order("2026-01-01", "NORTH CHINA")])


def test_old_names_after_their_end_are_one_finding() -> None:
    """W291: rows of every sheet that name a region by its earlier name too late; earlier rows and the code are fine."""
    found = checked(
        RENAMED,
        Orders=[
            order("2026-06-30", "NORTH"),
            order("2026-07-01", "NORTH", 2),
            order("2026-08-01", "NORTH", 3),
            order("2026-08-01", "N", 4),
            order("2026-05-01", "NORTH-EAST", 5),
        ],
        MarketIndex=[
            {"product_type": "Vase", "region_id": "NORTH", "month": month, "price_index": 1.0}
            for month in ("2026-06", "2026-07")
        ],
        Customers=[{"customer_id": "C1", "region_id": "NORTH"}],
    )
    assert told(found) == [("W291", "NORTH", 3, "2026-06-30")]
    assert dict(found[0].detail) == {"now": "North-East", "spread": "Orders 2, MarketIndex 1"}
