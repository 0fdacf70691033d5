"""Which share a new one takes the place of: its number, its id, and what earlier shares keep back."""

from __future__ import annotations

from datetime import date

from loyalty_xl.share import _kept_back, _numbered, _stems
from loyalty_xl.sharing.card import Audience
from loyalty_xl.sharing.ledger import Share
from loyalty_xl.sharing.suppression import Key

JULY, AUGUST = "2026-07", "2026-08"


def shared(*each: tuple[str, str]) -> list[Share]:
    """The shares that a ledger holds after scorecards of these contents and periods were shared, one after the other."""
    shares: list[Share] = []
    for content, period in each:
        scorecard, version, _ = _numbered(shares, content, period)
        if all(one.scorecard != scorecard for one in shares):
            shares.append(Share(scorecard, period, version, date(2026, 8, 5)))
    return shares


def test_the_same_again_is_no_new_version() -> None:
    """The last scorecard of a period keeps id, number and the share before it, whatever was shared of other periods meanwhile."""
    shares = shared(("a", JULY), ("b", JULY), ("c", AUGUST))
    assert _numbered(shares, "b", JULY) == ("b", 2, shares[0])
    assert _numbered(shares, "c", AUGUST) == ("c", 1, shares[1])
    assert _numbered(shared(("a", JULY)), "a", JULY) == ("a", 1, None)


def test_a_correction_replaces_the_version_before_it() -> None:
    """A July that is corrected after August was shared takes the place of July, not of August."""
    shares = shared(("a", JULY), ("c", AUGUST))
    assert _numbered(shares, "b", JULY) == ("b", 2, shares[0])


def test_back_to_an_earlier_content_is_a_new_version() -> None:
    """Who has version 2 gets version 3 when the figures are again those of version 1: it has an id of its own, the same each time."""
    shares = shared(("a", JULY), ("b", JULY), ("a", JULY))
    assert [each.version for each in shares] == [1, 2, 3]
    assert len({each.scorecard for each in shares}) == 3
    assert _numbered(shares, "a", JULY) == (shares[2].scorecard, 3, shares[1])
    once_more = shared(("a", JULY), ("b", JULY), ("a", JULY), ("b", JULY), ("b", JULY))
    assert [each.version for each in once_more] == [1, 2, 3, 4]


def test_shares_of_other_periods_are_not_undone() -> None:
    """What was not shown of July in July's share is kept back in August's too, whose course shows July again."""
    key = Key("complaint_rate", "region", "east", JULY, "cycle")
    july = Share("a", JULY, 1, date(2026, 8, 5), {"hidden": [list(key)]})
    assert _kept_back([july, Share("b", AUGUST, 1, date(2026, 9, 5))]) == [key]


def test_each_audience_has_files_of_its_own() -> None:
    """Audiences whose segments spell the same, or are cut to the same, get different names."""
    long = "区" * 80
    audiences = [
        Audience("zh"), Audience("zh", ()), Audience("zh", ("region=a/b",)), Audience("zh", ("region=a-b",)), Audience("zh", ("tier=A-B",)),
        Audience("zh", ("region=a-b-2",)), *(Audience("zh", (f"region={long}{each}",)) for each in range(4)),
    ]  # fmt: skip
    stems = _stems(audiences, JULY, 1)
    assert list(stems) == audiences
    assert len({each.casefold() for each in stems.values()}) == len(audiences)
