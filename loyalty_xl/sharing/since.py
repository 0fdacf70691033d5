"""What is kept of a share, and what is another one in the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import in_language
from loyalty_xl.causes import in_words
from loyalty_xl.publish.comparing import compare
from loyalty_xl.publish.states import RECORDED, state_of
from loyalty_xl.sharing.card import Change, Earlier, Figure
from loyalty_xl.sharing.shareable import shareable
from loyalty_xl.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.sharing.card import Row
    from loyalty_xl.sharing.ledger import Share

    Entry = tuple[str, str, str, str]

STATE = frozenset(("run", "setting", "target", "source", "adjustment", *RECORDED))  # sections of the run log
MOST = 12  # changes that are told
WORST = (Status.RED, Status.AMBER, Status.GREEN, Status.GREY)


def few(language: str) -> Figure:
    """What stands in the place of a figure that is not shown: the same words for few customers and for what would tell of few."""
    return Figure(None, in_language("不显示", "not shown", language), suppressed=True)


def facts_of(made: Refresh, rows: Iterable[Row]) -> dict[str, Any]:
    """Figures as they were shown, in no language, and the state of the workbook behind them; no customer data."""
    return {
        "rows": {
            _name(row): {"value": row.actual.value, "why": row.actual.why, "suppressed": row.actual.suppressed, "status": row.status.value}
            for row in rows
        },
        "state": [list(entry) for entry in _state(made)],
    }  # fmt: skip


def _state(made: Refresh) -> list[Entry]:
    """What the run log says of the data, settings, targets and lines of a run."""
    return [entry for entry in made.run_log if entry[0] in STATE]


def _name(row: Row) -> str:
    return _named(*row.where)


def _named(kpi: str, dim: str, segment: str) -> str:
    return kpi if dim == "all" else f"{kpi}|{dim}={segment}"


def earlier(last: Share, made: Refresh, rows: Iterable[Row], period: str, language: str) -> Earlier:
    """Compare the rows of a card with the last share before it: of the same period every figure, else how they are judged."""
    same = last.period == period
    held = last.facts.get("rows", {})
    whys = _whys(last, made, language) if same else {}
    changes = []
    for row in rows:
        then = held.get(_name(row))
        if then is None:
            continue
        before = Figure(then["value"], then["why"], then["suppressed"])
        if before.suppressed:  # in the language of this card, not of the workbook then
            before = few(language)
        status = Status(then["status"])
        other = status is not row.status or (same and (before.value, before.suppressed) != (row.actual.value, row.actual.suppressed))  # fmt: skip
        if other:
            why = (
                "" if before.suppressed or row.actual.suppressed else whys.get(_name(row), "")
            )  # it may tell the figure
            changes.append((row, Change(row.name, row.unit, before, row.actual, status, row.status, why)))
    changes.sort(key=lambda pair: (-pair[0].weight, WORST.index(pair[0].status)))
    return Earlier(last.period, last.on, last.version, tuple(change for _, change in changes[:MOST]))


def _whys(last: Share, made: Refresh, language: str) -> dict[str, str]:
    """Causes by name of the row, as far as the workbook's state then and now shows them."""
    then = state_of([(str(a), str(b), str(c), str(d)) for a, b, c, d in last.facts.get("state", ())], None)
    found = compare(then, state_of(_state(made), None)).lines
    return {
        _named(each.result.kpi, each.result.segment_dim, each.result.segment): in_words(
            shareable(each.causes, made.settings.min_cell), language
        )
        for each in found
        if each.causes
    }


__all__ = ["earlier", "facts_of", "few"]
