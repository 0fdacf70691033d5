"""Rules of the service sheets: each planted fault is found at its cell, and the numbers that follow."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from made_sheets import sheet_of

from loyalty_xl.contracts.between import between_sheets
from loyalty_xl.contracts.between_quality import first_responses, service_ratings, taxonomy
from loyalty_xl.contracts.service import COMPLAINT_TAXONOMY, COMPLAINTS
from loyalty_xl.contracts.service_quality import SERVICE_RATINGS
from loyalty_xl.contracts.taxonomy import Taxonomy, renewed
from loyalty_xl.findings import sentence
from loyalty_xl.settings import Settings
from loyalty_xl.vocabulary import Finding


def told(found: list[Finding]) -> list[tuple[str, str, int]]:
    """Code, first cell and count of each finding; its sentences are complete."""
    for each in found:
        for language in ("zh", "en"):
            assert "…" not in sentence(each, language, where=False)
    return [(each.code, each.cell or each.cells[0], each.count) for each in found]


def complaint(received: str, answered: str | None = None, **more: Any) -> dict[str, Any]:
    """A row of Complaints."""
    moments = (None if each is None else pd.Timestamp(each) for each in (received, answered))
    row = dict(zip(("received_on", "first_response_on"), moments, strict=True))
    return {"status": "open", "class_l1": "Q", "class_l2": None} | row | more


def class_of(version: str, code: str, maps_to: str | None = None, **more: Any) -> dict[str, Any]:
    """A row of ComplaintTaxonomy: version 2024 is valid to the end of 2025, 2026 after it."""
    old = version == "2024"
    span = {"valid_from": "2024-01-01" if old else "2026-01-01", "valid_to": "2025-12-31" if old else None}
    return (
        {"version": version, "code": code, "name_zh": f"名{code}", "name_en": f"Name {code}", "maps_to": maps_to}
        | span
        | more
    )


def test_first_responses_have_times_and_come_after_the_complaint() -> None:
    """E350 empties a response before receipt, W351 counts days without time, W352 closed cases without a response."""
    rows = [
        complaint("2026-03-02 10:00", "2026-03-02 10:30"),
        complaint("2026-03-02 10:00", "2026-03-02 09:30"),
        complaint("2026-03-02", "2026-03-02"),
        complaint("2026-03-02 10:00", None, status="closed", closed_on="2026-03-05"),
        complaint("2026-03-02 10:00", None),
    ]
    sheet = sheet_of(COMPLAINTS, rows)
    column = sheet.sent["first_response_on"]
    assert told(first_responses({"Complaints": sheet})) == [
        ("E350", f"{column}3", 1),
        ("W351", f"{column}4", 1),
        ("W352", f"{column}5", 1),
    ]
    assert sheet.frame["first_response_on"].notna().tolist() == [True, False, True, False, False]
    unasked = sheet_of(COMPLAINTS, [{"received_on": "2026-03-02", "status": "closed"}])
    assert first_responses({"Complaints": unasked}) == []


def test_old_classes_are_shown_as_the_newest_version_calls_them() -> None:
    """By maps_to through its chain, by the same code without it, by name where it was sent by name; the subclass takes its new class along."""
    classes = [
        class_of("2024", "Q", level=1), class_of("2024", "Q1", "N2", level=2, parent="Q"), class_of("2024", "S", level=1),
        class_of("2024", "K", level=1), class_of("2026", "Q", level=1), class_of("2026", "N", level=1),
        class_of("2026", "N2", "N3", level=2, parent="N"), class_of("2026", "N3", level=2, parent="N"), class_of("2026", "S", level=1),
    ]  # fmt: skip
    rows = [
        complaint("2025-03-02", class_l1="Q", class_l2="Q1"),
        complaint("2025-03-02", class_l1="名S"),
        complaint("2025-03-02", class_l1="K"),
        complaint("2026-03-02", class_l1="Q"),
        complaint("2026-03-02", class_l1="K"),
        complaint("2025-03-02", class_l1=None),
    ]
    sheets = {"Complaints": sheet_of(COMPLAINTS, rows), "ComplaintTaxonomy": sheet_of(COMPLAINT_TAXONOMY, classes)}
    found = taxonomy(sheets)
    assert told(found) == [("W353", f"{sheets['Complaints'].sent['class_l1']}4", 1)]
    assert (found[0].found, found[0].expected) == ("K", "2026")
    days = sheets["Complaints"].frame["received_on"].to_numpy().astype("datetime64[D]").astype("int64")
    made = Taxonomy(sheets["ComplaintTaxonomy"].frame)
    one, two = renewed(sheets["Complaints"].frame, made, days)
    assert one == ["N", "名S", "K", "Q", "K", None]
    assert two == ["N3", None, None, None, None, None]


def test_maps_to_in_a_circle_or_into_nothing_is_emptied() -> None:
    """E354 names two classes that name each other, and a code that is in no version; one that leads on stays."""
    classes = [
        class_of("2024", "A", "B"), class_of("2024", "B", "A"), class_of("2024", "C", "X9"), class_of("2024", "D", "N"), class_of("2026", "N"),
    ]  # fmt: skip
    sheets = {"ComplaintTaxonomy": sheet_of(COMPLAINT_TAXONOMY, classes)}
    column = sheets["ComplaintTaxonomy"].sent["maps_to"]
    assert told(taxonomy(sheets)) == [("E354", f"{column}{row}", 1) for row in (2, 3, 4)]
    assert sheets["ComplaintTaxonomy"].frame["maps_to"].notna().tolist() == [False, False, False, True, False]


def test_a_taxonomy_of_one_version_changes_nothing() -> None:
    """Classes stand as they were sent, and nothing is said."""
    sheets = {
        "Complaints": sheet_of(COMPLAINTS, [complaint("2025-03-02", class_l1="q")]),
        "ComplaintTaxonomy": sheet_of(COMPLAINT_TAXONOMY, [class_of("2024", "Q")]),
    }
    assert taxonomy(sheets) == []
    one, _ = renewed(
        sheets["Complaints"].frame,
        Taxonomy(sheets["ComplaintTaxonomy"].frame),
        sheets["Complaints"].frame.index.to_numpy(),
    )
    assert one == ["q"]


def rating(dimension: str, weight: float | None, who: str = "C1", **more: Any) -> dict[str, Any]:
    """A row of ServiceRatings."""
    row = {"rater_type": "customer", "customer_id": who, "on": "2026-03-02", "dimension": dimension, "weight": weight}
    return row | {"perception": 5.0, "expectation": 6.0, "scale": "1-7"} | more


@pytest.mark.parametrize(
    ("weights", "wrong"),
    [
        ((60, 40), False),
        ((60, 39.8), False),
        ((0.6, 0.4), False),
        ((60, 30), True),
        ((0.6, 0.3), True),
        ((None, None), False),
    ],
)
def test_weights_of_a_rater_add_up_to_100(weights: tuple[float | None, float | None], wrong: bool) -> None:
    """Rule 22: points that do not add up to 100 (or shares to 1) are told once for each rater, at the rater's first cell."""
    rows = [rating("empathy", 100, "C0"), rating("empathy", weights[0]), rating("reliability", weights[1])]
    sheet = sheet_of(SERVICE_RATINGS, rows)
    expected = [("W355", f"{sheet.sent['weight']}3", 1)] if wrong else []
    assert told(service_ratings({"ServiceRatings": sheet})) == expected


def test_weights_repeated_on_every_question_count_once() -> None:
    """Two questions of one dimension carry its points each; the rater still has 100."""
    rows = [rating("empathy", 60, item_no=1), rating("empathy", 60, item_no=2), rating("reliability", 40, item_no=3)]
    assert service_ratings({"ServiceRatings": sheet_of(SERVICE_RATINGS, rows)}) == []


def test_scores_keep_to_the_scale_of_their_row() -> None:
    """E356: a perception outside takes its row out, an expectation only its cell; no scale named is 1-7."""
    rows = [
        rating("empathy", None, perception=6.0, scale="1-5"),
        rating("empathy", None, expectation=8.0),
        rating("empathy", None, perception=7.0, scale=None),
    ]
    sheet = sheet_of(SERVICE_RATINGS, rows)
    found = service_ratings({"ServiceRatings": sheet})
    places = {(each.code, each.cell) for each in found}
    assert places >= {("E356", f"{sheet.sent['perception']}2"), ("E356", f"{sheet.sent['expectation']}3")}
    assert sheet.frame.index.tolist() == [3, 4]
    assert sheet.frame["expectation"].isna().tolist() == [True, False]


def test_the_rules_are_part_of_the_check() -> None:
    """`between_sheets` applies them."""
    rows = [rating("empathy", 60), rating("reliability", 30)]
    found = between_sheets({"ServiceRatings": sheet_of(SERVICE_RATINGS, rows)}, Settings())
    assert [each.code for each in found] == ["W355"]
