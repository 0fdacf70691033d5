"""Cards of the sample company: the Scorecard's own figures, only what an audience may see, and nothing that subtraction gives away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loyalty_xl.books.places import SCORECARD
from loyalty_xl.pipeline import Refresh
from loyalty_xl.publish import words
from loyalty_xl.publish.contents import scorecard_cells
from loyalty_xl.publish.words import segment_text
from loyalty_xl.sharing.card import Audience, Card
from loyalty_xl.sharing.collecting import Collection
from loyalty_xl.vocabulary import Status, Unit


@pytest.fixture(scope="module")
def whole(computed_demo: Refresh) -> Collection:
    """Everything that cards of the sample company are made of."""
    assert computed_demo.period is not None
    return Collection.of(computed_demo, computed_demo.period)


@pytest.fixture(scope="module")
def card(whole: Collection) -> Card:
    """The card of those who may see everything."""
    return whole.card(Audience("en"), whole.id)


def test_rows_are_the_lines_of_the_scorecard(card: Card, computed_demo: Refresh) -> None:
    """Every line is a row, with the value, target, variance, attainment and status that its cells on the Scorecard have, or is not shown."""
    cells = scorecard_cells(replace(computed_demo, language="en"))
    lines = {(line.kpi.key, line.result.segment_dim, line.result.segment): line for line in computed_demo.lines}
    rows = {row.where: row for row in card.rows}
    assert rows.keys() == lines.keys()
    for where, row in rows.items():
        there = cells[where[0], segment_text(lines[where].result)]
        if row.actual.suppressed:
            assert (row.status, row.base, row.change, row.straddles) == (Status.GREY, "", "", False)
            assert (row.variance.shown, row.attainment.shown) == (False, False)
            continue
        for name in ("actual", "variance", "attainment", "ytd"):
            figure = getattr(row, name)
            if not figure.suppressed:
                assert figure.value == (there[name] if isinstance(there[name], float) else None)
        assert row.status is lines[where].status
    assert sum(row.actual.shown for row in card.rows) > 15


def test_an_audience_sees_its_segments_and_the_total(whole: Collection) -> None:
    """Who may see 华东 gets the lines and columns of it and of all customers; who may see none, those of all customers."""
    one = whole.card(Audience("zh", ("region=华东",)), whole.id)
    assert {row.segment for row in one.rows} == {"All", "华东"}
    assert [(table.dim, table.segments) for table in one.breakdowns] == [("region", ("全部", "华东"))]
    assert "得分和目标数包括这里没有列出的细分。" in one.notes
    none = whole.card(Audience("zh", ()), whole.id)
    assert {row.segment for row in none.rows} == {"All"}
    assert none.breakdowns == ()


def test_subtraction_gives_no_small_figure_away(card: Card, whole: Collection) -> None:
    """All less the segments that are shown leaves nobody, or at least min_cell customers in at least two segments; the same for a year less its months."""
    least, found = whole.made.settings.min_cell, whole.figures.by_segment
    attacked = 0
    for table in card.breakdowns:
        for part in table.parts:
            truth = {
                segment: result.n
                for (kpi, dim, segment), result in found.items()
                if kpi == part.key and dim == table.dim and result.n
            }
            if part.bases[0] is None:
                continue
            told = dict(zip(table.segments[1:], part.bases[1:], strict=True))
            kept = {segment: n for segment, n in truth.items() if told.get(segment) is None}
            if not kept:
                continue
            attacked += 1
            assert len(kept) > 1, (part.key, table.dim, truth, told)
            assert sum(kept.values()) >= least
    assert attacked > 5
    small = {row.where for row in card.rows if row.actual.suppressed}
    assert all(row.unit is not Unit.COUNT or row.where in small or row.actual.value in (None, 0) or row.actual.value >= least for row in card.rows)  # fmt: skip


def test_what_is_hidden_of_a_figure_is_hidden_everywhere(card: Card, whole: Collection) -> None:
    """A figure that is not shown has no number in its history, no base, and no score that contains it."""
    hidden = [row for row in card.rows if row.actual.suppressed]
    assert hidden  # referral success rate: five referrals in several segments
    for row in hidden:
        assert row.history[-1].suppressed
    weighed = {row.dimension for row in hidden if row.weight > 0 and any(line.kpi.key == row.key and line.status is not Status.GREY for line in whole.made.lines)}  # fmt: skip
    assert all(group.score.suppressed == (group.key in weighed) for group in card.groups)
    assert card.score.suppressed == bool(weighed)


def test_the_id_is_of_what_is_shown(whole: Collection, computed_demo: Refresh) -> None:
    """Language and audience make no other id; another comment beside a line does."""
    assert computed_demo.period is not None
    again = Collection.of(replace(computed_demo, language="en"), computed_demo.period)
    assert again.id == whole.id
    bare = replace(
        computed_demo,
        inputs=replace(computed_demo.inputs, pages={SCORECARD.name: computed_demo.inputs.pages[SCORECARD.name]}),
    )
    assert Collection.of(replace(bare, plans=[]), computed_demo.period).id != whole.id


def test_words_of_ours_make_no_other_scorecard(
    whole: Collection, computed_demo: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another wording of states and flags, as another release may have, leaves the id as it is; another figure does not."""
    assert computed_demo.period is not None
    monkeypatch.setattr(words, "FLAGS", dict.fromkeys(words.FLAGS, ("甲", "a")))
    assert Collection.of(replace(computed_demo), computed_demo.period).id == whole.id
    first, *others = computed_demo.lines
    changed = replace(first, result=replace(first.result, value=(first.result.value or 0.0) + 1.0))
    assert Collection.of(replace(computed_demo, lines=[changed, *others]), computed_demo.period).id != whole.id
