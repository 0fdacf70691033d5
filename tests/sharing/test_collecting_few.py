"""A card tells no figure of few customers by way of its scores, adjusted values or corrections."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from loyalty_xl.causes import Cause, RowChange
from loyalty_xl.restating import Restatement
from loyalty_xl.sharing import since
from loyalty_xl.sharing.card import Audience
from loyalty_xl.sharing.collecting import Collection
from loyalty_xl.sharing.figures import Figures
from loyalty_xl.sharing.ledger import Share
from loyalty_xl.vocabulary import Adjustment, Cycle, Flag, Period, Reason, Status

if TYPE_CHECKING:
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.scoring import Line
    from loyalty_xl.sharing.card import Card, Row

SEGMENT = ("region", "NORTH")


def line_of(made: Refresh, kpi: str, n: float | None, *, value: float = 0.25) -> Line:
    """The line of a KPI as one of a region with *n* customers that missed its target."""
    whole = next(line for line in made.lines if line.kpi.key == kpi)
    result = replace(whole.result, segment_dim=SEGMENT[0], segment=SEGMENT[1], n=n, value=value, reason=None)
    aim = replace(whole.aim, value=0.5)
    return replace(whole, result=result, aim=aim, weight=1.0, status=Status.RED, ytd=None, previous=None, year_ago=None, history=(value,), bases=(n,))  # fmt: skip


def with_lines(made: Refresh, *lines: Line, scores: dict[str, float]) -> Refresh:
    """A run that shows these lines and scores."""
    assert made.score is not None
    return replace(made, lines=list(lines), score=replace(made.score, value=40.0, by_dimension=scores))


def card_of(made: Refresh, *segments: str) -> Card:
    """The card for those who may see *segments*."""
    assert made.period is not None
    return Collection.of(made, made.period).card(Audience("en", segments), "")


def test_scores_do_not_tell_what_is_not_shown(small: Refresh) -> None:
    """A score that counts a region of few customers is shown to nobody, also not to those who do not see the region's line."""
    for n, told in ((2, False), (20, True)):
        made = with_lines(small, line_of(small, "complaint_rate", n), scores={"service": 40.0})
        for card in (card_of(made), card_of(made, "region=NORTH")):
            assert card.score.shown is told
            assert all(group.score.shown is told for group in card.groups)


def adjusted(line: Line, computed: float, made: Refresh) -> Line:
    """The line with a person's value in place of what was computed."""
    assert made.period is not None
    by = Adjustment(line.kpi.key, made.period, *SEGMENT, 0.9, "misread", "Wang", computed=computed)
    return replace(line, result=replace(line.result, value=0.9, n=None, flags=(Flag.ADJUSTED,)), adjustments=(by,))


def row_of(card: Card) -> Row:
    """The only row."""
    (row,) = card.rows
    return row


def test_what_was_computed_of_few_is_not_told_beside_an_adjusted_value(small: Refresh) -> None:
    """A person's value in place of a figure of two customers hides as that figure does; of many it stands with what was computed."""
    for n, told in ((2, False), (20, True)):
        line = adjusted(line_of(small, "complaint_rate", n, value=0.375), 0.375, small)
        made = with_lines(small, line, scores={})
        row = row_of(card_of(made, "region=NORTH"))
        assert row.actual.shown is told
        assert ("computed" in row.base) is told


def restated(made: Refresh, period: str, dim: str, segment: str) -> Restatement:
    """A closed complaint rate that another order changed."""
    assert made.period is not None
    rows = RowChange("Orders", "", 0, 10, 11, 0, 3_800_000, added=1)
    cause = Cause("rows", rows, rows.text("zh"), rows.text("en"))
    at = replace(made.period, label=period)
    return Restatement(at, ("complaint_rate", dim, segment), "actual", "cycle", 0.25, 0.375, "closed", (cause,))


def test_a_restated_figure_of_few_hides_with_its_cause(small: Refresh) -> None:
    """Of two customers neither the closed figure nor the new one nor what moved it is told; of many the row is, without its amount."""
    assert small.period is not None
    for n, told in ((2, False), (20, True)):
        line = line_of(small, "complaint_rate", n)
        results = [
            *(each for each in small.results if (each.kpi, each.segment_dim) != ("complaint_rate", "region")),
            line.result,
        ]
        made = replace(with_lines(small, line, scores={}), results=results, restatements=[restated(small, small.period.label, *SEGMENT)])  # fmt: skip
        (row,) = card_of(made, "region=NORTH").restatements
        assert (row.closed.shown, row.now.shown, "1 row added" in row.cause) == (told, told, told)
        assert "380" not in row.cause


def test_a_restated_segment_beside_the_course_is_not_told(small: Refresh) -> None:
    """Nobody looked at what is left of a period that is on no course when a segment of it is subtracted."""
    line = line_of(small, "complaint_rate", 20)
    result = replace(line.result, period=replace(line.result.period, label="1999-Q1"))
    made = replace(with_lines(small, line, scores={}), results=[line.result, result], restatements=[restated(small, "1999-Q1", *SEGMENT)])  # fmt: skip
    (row,) = card_of(made, "region=NORTH").restatements
    assert not row.closed.shown
    assert not row.now.shown


def test_a_change_to_or_from_what_is_not_shown_has_no_cause(small: Refresh, monkeypatch: pytest.MonkeyPatch) -> None:
    """What moved a figure may tell it: an adjustment's cause holds the value."""
    assert small.period is not None
    name, card = "complaint_rate|region=NORTH", card_of(with_lines(small, line_of(small, "complaint_rate", 20), scores={}), "region=NORTH")  # fmt: skip
    monkeypatch.setattr(since, "_whys", lambda *_: {name: "adjusted to 0.375"})
    for suppressed, why in ((True, ""), (False, "adjusted to 0.375")):
        then = {
            "value": None if suppressed else 0.1,
            "why": "不显示" if suppressed else "",
            "suppressed": suppressed,
            "status": "red",
        }
        last = Share("id", small.period.label, 1, date(2026, 8, 5), {"rows": {name: then}})
        (change,) = since.earlier(last, small, card.rows, small.period.label, "en").changes
        assert (change.why, change.before.why) == (why, "not shown" if suppressed else "")


@pytest.mark.parametrize("kpi", ["complaint_rate", "average_spend"])  # of the period, and of twelve months
@pytest.mark.parametrize(("n", "hidden"), [(2, True), (30, False)])
def test_years_to_date_do_not_tell_of_a_segment_without_a_line(small: Refresh, kpi: str, n: int, hidden: bool) -> None:
    """All and one of two regions have lines: the year to date of the other, of few customers, is not what is left of them."""
    months = [
        Period(Cycle.MONTH, 2025 * 12 + month, 2025 * 12 + month + 1, f"2025-{month + 1:02d}") for month in range(12)
    ]
    north = replace(line_of(small, kpi, 60), history=(0.25,) * 12, bases=(60,) * 12)
    every = replace(north.result, segment_dim="all", segment="All", n=60 + n)
    lines = [
        replace(line, result=result, ytd=replace(result, n=12 * (result.n or 0)), bases=(result.n,) * 12)
        for line in (north,)
        for result in (every, north.result)
    ]
    south = [replace(north.result, segment="SOUTH", n=n, period=month) for month in months]
    made = replace(with_lines(small, *lines, scores={}), period=months[-1], results=south, as_computed=None)
    figures = Figures(made, months[-1])
    years = [figures.ytd((kpi, *segment)) in figures.hidden for segment in (("all", "All"), SEGMENT)]
    assert any(years) is hidden


def test_what_has_no_value_does_not_tell_how_many_there_are(small: Refresh) -> None:
    """A region of two customers whose figure is withheld for another reason says that reason, and not that they are two."""
    for n, base in ((2, ""), (20, "n = 20")):
        line = line_of(small, "complaint_rate", n)
        line = replace(
            line,
            result=replace(line.result, value=None, reason=Reason.INSUFFICIENT_HISTORY, flags=()),
            status=Status.GREY,
        )
        row = row_of(card_of(with_lines(small, line, scores={}), "region=NORTH"))
        assert (row.actual.why, row.base) == ("history too short", base)
