"""Makes cards of a run: the Scorecard as it stands in the workbook, in final words, without what must not be shown."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import RUN_LOG, SCORECARD, head_label, in_language
from loyalty_xl.improving import is_for
from loyalty_xl.masking import mask
from loyalty_xl.publish.contents import factor_of, head_cells, money_mark, scorecard_cells, turn_window
from loyalty_xl.publish.layout import Layout, held, read_layout
from loyalty_xl.publish.month_end import Periods
from loyalty_xl.publish.run_log import entries_of
from loyalty_xl.publish.words import DIMENSIONS, DRAFT, REASONS, segment_text
from loyalty_xl.sharing import extracts
from loyalty_xl.sharing.card import PERIODS, Action, Audience, Card, Figure, Group, Row
from loyalty_xl.sharing.figures import Figures, where
from loyalty_xl.sharing.since import earlier, few
from loyalty_xl.studies.plan import is_open
from loyalty_xl.turns import year_before
from loyalty_xl.vocabulary import Status, Trend, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.publish.run_log import Entry
    from loyalty_xl.scoring import Line
    from loyalty_xl.sharing.ledger import Share
    from loyalty_xl.sharing.suppression import Key
    from loyalty_xl.vocabulary import Period

WORDED = ("label", "place", "change", "change_year", "base", "window")  # of a row: what it says besides its figures
TITLE = ("客户忠诚度记分卡", "Customer loyalty scorecard")
FACTS = ("score_note", "not_fed", "quality", "received")  # of the block above the Scorecard's table


@dataclass(frozen=True)
class Collection:
    """Everything that cards of a run are made of."""

    made: Refresh
    period: Period
    figures: Figures

    @classmethod
    def of(cls, made: Refresh, period: Period, also: Iterable[Key] = ()) -> Collection:
        """Start from a run that found something; *also* stays out: it was not shown in an earlier version of the same scorecard."""
        return cls(made, period, Figures(made, period, also))

    @cached_property
    def layout(self) -> Layout | None:
        """Where things stand on the Scorecard."""
        return read_layout(self.made.inputs.pages[SCORECARD.name])

    @cached_property
    def id(self) -> str:
        """Digest of what is shown to those who may see everything: figures, how they are judged, and what people typed.

        Not of how it is worded: another release of the program makes no other scorecard of it.
        """
        card = self.card(Audience("both"), "")
        rows = [replace(row, **_bare(row)) for row in card.rows]
        parts = [
            (card.period, card.as_of, card.is_draft, Periods(self.made, self._log).approved_by(card.period)),
            (_value(card.score), [(group.key, _value(group.score)) for group in card.groups]),
            rows,
            [
                (each.key, list(map(_value, each.figures)), each.bases)
                for table in card.breakdowns
                for each in table.parts
            ],
            [(each.code, each.count) for each in card.findings],
            [(each.period, _value(each.closed), _value(each.now)) for each in card.restatements],
        ]
        return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def _log(self) -> list[Entry]:
        return entries_of(self.made.inputs.pages.get(RUN_LOG.name))

    @cached_property
    def segments(self) -> list[tuple[str, str]]:
        """Segments that figures can be of: dim and name."""
        shown = self.made.as_computed
        return [each for each in shown.situation.ready.segments if each[0] != "all"] if shown else []

    def card(self, audience: Audience, scorecard: str, version: int = 1, last: Share | None = None) -> Card:
        """Make the card for an audience.

        Parameters
        ----------
        audience
            Language, and segments that may be seen.
        scorecard, version
            Id of the scorecard, and its number among those that were shared of the period.
        last
            The share before this one.
        """
        made = replace(self.made, language=audience.language)
        lines = _Rows(self, made, audience)
        groups = lines.groups()
        rows = [row for group in groups for row in group.rows]
        head, state = head_cells(made), Periods(made, self._log).state()
        label = self.period.label
        return Card(
            audience,
            scorecard,
            in_language(*TITLE, audience.language),
            label,
            made.as_of.isoformat() if made.as_of else "",
            state,
            is_draft=state.startswith(DRAFT),
            score=lines.score(made.lines, made.score.value if made.score else None),
            facts=tuple((head_label(key, audience.language), str(head[key])) for key in FACTS),
            groups=groups,
            periods=tuple(each.label for each in self.figures.periods),
            breakdowns=extracts.breakdowns(self, audience),
            findings=extracts.finding_counts(made),
            definitions=extracts.definitions(made),
            restatements=extracts.restated(self, made, {row.where for row in rows}),
            version=version,
            earlier=earlier(last, made, rows, label, audience.language) if last else None,
            notes=extracts.notes(self, made, rows),
            own_words=extracts.own_words(self),
        )  # fmt: skip

    def figure(self, key: Key, value: float | None, language: str, why: str = "") -> Figure:
        """A figure, unless it must not be shown."""
        if key in self.figures.hidden:
            return few(language)
        return Figure(value, why if value is None else "")


@dataclass(frozen=True)
class _Rows:
    """The lines of the Scorecard as an audience sees them."""

    whole: Collection
    made: Refresh
    audience: Audience

    def groups(self) -> tuple[Group, ...]:
        """Rows by dimension, as the Scorecard has them."""
        cells = scorecard_cells(self.made)
        found: dict[str, list[Row]] = {}
        for line in self.made.lines:
            if self._sees(line):
                row = self._row(line, cells[line.kpi.key, segment_text(line.result)])
                found.setdefault(row.dimension, []).append(row)
        scores = self.made.score.by_dimension if self.made.score else {}
        return tuple(
            Group(
                key,
                in_language(*DIMENSIONS[key], self.audience.language),
                self.score([line for line in self.made.lines if line.kpi.dimension.value == key], scores.get(key)),
                tuple(found[key]),
            )
            for key in DIMENSIONS
            if key in found
        )

    def score(self, lines: Iterable[Line], value: float | None) -> Figure:
        """A score of *lines*, whether the audience sees them or not; those of other audiences do."""
        return few(self.audience.language) if any(map(self._tells, lines)) else Figure(value)

    def _sees(self, line: Line) -> bool:
        seen = self.audience.segments
        return line.result.segment_dim == "all" or seen is None or segment_text(line.result) in seen

    def _tells(self, line: Line) -> bool:
        """Whether a score that counts the line would tell of a figure that is not shown."""
        counted = line.weight > 0 and line.aim.given and line.status is not Status.GREY
        return counted and self.whole.figures.actual(where(line)) in self.whole.figures.hidden

    def _row(self, line: Line, cells: dict[str, Any]) -> Row:
        language, figures = self.audience.language, self.whole.figures
        place, factor = where(line), factor_of(line, self.made)
        why = in_language(*REASONS[line.result.reason], language) if line.result.reason else ""
        actual = self.whole.figure(figures.actual(place), _number(cells["actual"]), language, why)
        hidden = actual.suppressed
        target = _number(cells["target"])
        row = Row(
            line.kpi.key,
            line.kpi.label(language) + money_mark(line, self.made),
            line.kpi.dimension.value,
            line.kpi.unit,
            place[1],
            place[2],
            "" if place[1] == "all" else extracts.segment_words(place[1], place[2], language),
            actual=actual,
            target=Figure(target),
            target_text=cells["target"] if isinstance(cells["target"], str) else "",
            window=turn_window(line, language) if line.window != Window.CYCLE else "",
            owner=cells["owner"] or "",
            comment=self._own_text(line, "comment"),
            actions=self._actions(line),
            weight=line.weight,
            adjusted=line.adjusted(line.result.period) is not None,
            history=self._history(line, factor),
            aims=_padded([None if aim is None else aim / factor for aim in line.aims], None),
        )
        if hidden:
            kept = few(language) if target is not None else Figure()
            return replace(row, variance=kept, attainment=kept, ytd=self._ytd(line, cells))
        calm = not self._beside_hidden(line)
        return replace(
            row,
            variance=Figure(_number(cells["variance"])),
            attainment=Figure(_number(cells["attainment"])),
            status=line.status,
            straddles=line.straddles,
            ytd=self._ytd(line, cells),
            change=(cells["change"] or "") if calm else "",
            change_year=(cells["change_year"] or "") if not self._year_hidden(line) else "",
            trend=line.trend if calm else Trend.NONE,
            base="" if figures.actual(place) in figures.kept else self._masked(cells["base"] or ""),
        )

    def _ytd(self, line: Line, cells: dict[str, Any]) -> Figure:
        key = self.whole.figures.ytd(where(line))
        return self.whole.figure(key, _number(cells["ytd"]), self.audience.language) if line.ytd else Figure()

    def _beside_hidden(self, line: Line) -> bool:
        """Whether the figure that the line is compared with is not shown: the change would tell it."""
        return self.whole.figures.before(where(line)) in self.whole.figures.hidden

    def _year_hidden(self, line: Line) -> bool:
        before = year_before(self.whole.period, self.made.settings.calendar)
        return before is not None and self.whole.figures.past(where(line), before) in self.whole.figures.hidden

    def _history(self, line: Line, factor: float) -> tuple[Figure, ...]:
        figures, language = self.whole.figures, self.audience.language
        values = [None if value is None else value / factor for value in line.history]
        found = [
            self.whole.figure(figures.past(where(line), period), value, language)
            for period, value in zip(figures.periods[-len(values) :], values, strict=False)
        ]
        return _padded(found, Figure())

    def _own_text(self, line: Line, column: str) -> str:
        """What somebody typed beside a line."""
        layout = self.whole.layout
        row = layout.lines.get((line.kpi.key, segment_text(line.result))) if layout else None
        if layout is None or row is None or column not in layout.columns:
            return ""
        value = held(self.made.inputs.pages[SCORECARD.name], row, layout.columns[column])
        return self._masked(value.strip()) if isinstance(value, str) else ""

    def _masked(self, text: str) -> str:
        return mask(text) if self.made.settings.mask_comments else text

    def _actions(self, line: Line) -> tuple[Action, ...]:
        """Plans under way; where there is none, who stands beside the line."""
        as_of = self.made.as_of
        found = [
            Action(plan.owner or plan.dept, plan.due, overdue=plan.overdue(as_of))
            for plan in self.made.plans
            if as_of is not None and is_for(plan, line) and is_open(plan, as_of) and plan.status != "done"
        ]
        who = self._own_text(line, "action_by")
        return tuple(dict.fromkeys(found)) or ((Action(who),) if who else ())


def _value(figure: Figure) -> tuple[float | None, bool]:
    return figure.value, figure.suppressed


def _bare(row: Row) -> dict[str, Any]:
    """The figures of a row without words of ours."""
    names = ("actual", "target", "variance", "attainment", "ytd")
    figures: dict[str, Any] = dict.fromkeys(WORDED, "") | {name: replace(getattr(row, name), why="") for name in names}
    return figures | {"history": tuple(replace(each, why="") for each in row.history)}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _padded(values: Sequence[Any], blank: Any) -> tuple[Any, ...]:
    """The last PERIODS of them, blanks before."""
    return (*[blank] * (PERIODS - len(values)), *values)[-PERIODS:]


__all__ = ["Collection"]
