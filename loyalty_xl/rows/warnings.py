"""Early warning: how likely each customer is to leave, on any day, from what was known before it.

A regression is trained on snapshots of the past whose label window is over before the test snapshot, and tried out on the newest
snapshot with a complete label. It is used only where it tells better who leaves than the days since the last purchase do; otherwise
the rule scores: days since the last purchase / (those days + the customer's usual gap).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.logistic import Logistic, area_under_curve, fit
from loyalty_xl.rows.histories import EARLIER, RECENT, Histories, histories, observed_histories
from loyalty_xl.rows.ready import Ready, collect

if TYPE_CHECKING:
    from loyalty_xl.logistic import Flags, Floats
    from loyalty_xl.rows.histories import Ints

SNAPSHOTS, APART = 8, 3  # at most so many training snapshots, so many months apart
MOST_TRAINED = 200_000  # rows
MOST_HELD = 3_000_000  # rows of snapshots that are kept for the next question
FREQUENCY, SPEND = 4, 5  # columns of the features
VALIDATED, NOT_BETTER, FEW_EVENTS, NO_LABEL = "validated", "not_better", "few_events", "no_label"


@dataclass(frozen=True)
class Snapshot:
    """Customers as they were known on a day."""

    day: int
    customers: Ints
    since: Floats  # days since the last purchase
    usual: Floats  # usual gap; nan while nobody came back
    past: Histories
    settings: Any

    @cached_property
    def features(self) -> Floats:
        """What the regression reads, a row for each customer."""
        return _features(self)

    @property
    def frequency_change(self) -> Floats:
        """How the number of purchases changed: see `change`."""
        return self.features[:, FREQUENCY]

    @property
    def spend_change(self) -> Floats:
        """How the money spent changed: see `change`."""
        return self.features[:, SPEND]

    @property
    def rule(self) -> Floats:
        """The rule's score: one half when the usual gap is over, 0.6 after one and a half of it. [0 to 1]"""
        made: Floats = self.since / (self.since + self.usual)
        return made


@dataclass(frozen=True)
class Trial:
    """What came out when the score was tried on history."""

    verdict: str  # validated, not_better, few_events, no_label
    test: Snapshot | None = None
    lost: Flags | None = None  # who of the test snapshot bought nothing in the window
    train_days: tuple[int, ...] = ()
    train_rows: int = 0
    train_lost: int = 0
    model: Logistic | None = None
    chance: Floats | None = None  # the model's probabilities for the test snapshot
    area: float = float("nan")
    recency_area: float = float("nan")

    @property
    def used(self) -> bool:
        """Whether the regression is what scores."""
        return self.verdict == VALIDATED


@dataclass
class Warnings:
    """Scores and trials by day, each made once."""

    past: Histories
    observed: Histories
    settings: Any
    starts: Ints  # first days of months, ascending
    as_of: int
    _trials: dict[tuple[int, bool], Trial] = field(default_factory=dict)
    _snapshots: dict[tuple[int, bool], Snapshot] = field(default_factory=dict)
    _scores: dict[int, Floats] = field(default_factory=dict)

    def snapshot(self, day: int, *, imputed: bool = True) -> Snapshot:
        """Customers on a day; without *imputed*, as if no order had been imputed."""
        key = (day, imputed or self.past is self.observed)
        if key not in self._snapshots:
            if sum(len(each.customers) for each in self._snapshots.values()) > MOST_HELD:
                self._snapshots.clear()
            self._snapshots[key] = _snapshot(self.past if key[1] else self.observed, day, self.settings)
        return self._snapshots[key]

    def trial(self, day: int, *, imputed: bool = False) -> Trial:
        """Try the score on what was known before *day*."""
        key = (day, imputed or self.past is self.observed)
        if key not in self._trials:
            self._trials[key] = self._tried(day, imputed=key[1])
        return self._trials[key]

    def _tried(self, day: int, *, imputed: bool) -> Trial:
        window, least = self.settings.churn_window_days, self.settings.warn_min_events
        past = self.past if imputed else self.observed
        tests = self.starts[self.starts + window <= day]
        test = self.snapshot(int(tests[-1]), imputed=imputed) if len(tests) else None
        if test is None or not len(test.customers):
            return Trial(NO_LABEL)
        lost = past.lost_after(test.customers, test.day, window)
        recency = area_under_curve(test.since, lost)
        trains = self.starts[self.starts + window <= test.day][::-APART][:SNAPSHOTS][::-1]
        parts = [self.snapshot(int(each), imputed=imputed) for each in trains]
        parts = [each for each in parts if len(each.customers) and not np.isnan(each.usual).any()]
        if not parts or np.isnan(test.usual).any():
            return Trial(NO_LABEL, test, lost, recency_area=recency)
        labels = [past.lost_after(each.customers, each.day, window) for each in parts]
        happened = np.concatenate(labels)
        size, left = len(happened), int(happened.sum())
        facts: dict[str, Any] = {
            "test": test, "lost": lost, "train_days": tuple(each.day for each in parts), "train_rows": size,
            "train_lost": left, "recency_area": recency,
        }  # fmt: skip
        gone = int(lost.sum())
        if min(left, size - left, gone, len(lost) - gone) < least:
            return Trial(FEW_EVENTS, **facts)
        every = -(-size // MOST_TRAINED)  # of very many rows every second, third ... is enough
        model = fit(np.concatenate([each.features for each in parts])[::every], happened[::every])
        chance = model.probability(test.features)
        area = area_under_curve(chance, lost)
        verdict = VALIDATED if area > recency else NOT_BETTER
        return Trial(verdict, model=model, chance=chance, area=area, **facts)

    def scores(self, day: int) -> Floats:
        """The score of every customer code on a day, nan for those who have none."""
        if day not in self._scores:
            made, now, trial = np.full(self.past.customers, np.nan), self.snapshot(day), self.trial(day)
            if len(now.customers):
                model = trial.model if trial.used else None
                made[now.customers] = model.probability(now.features) if model else now.rule
                made[now.customers[np.isnan(now.usual)]] = np.nan
            self._scores[day] = made
        return self._scores[day]


def warnings(ready: Ready, settings: Any) -> Warnings:
    """Everything that warns of leaving, made ready to be asked."""
    months = collect(ready["months"])["boundary"].to_numpy(np.int64)
    starts = np.unique(months.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64))
    past = ready.once(histories, settings)
    return Warnings(
        past, ready.once(observed_histories, settings), settings, starts[starts <= ready.as_of], ready.as_of
    )


def _snapshot(past: Histories, day: int, settings: Any) -> Snapshot:
    """What is known of customers before a day."""
    who = past.known_on(day)
    since = (day - past.bought.days[past.bought.before(who, day) - 1]).astype(np.float64)
    return Snapshot(day, who, since, past.usual_gap(who, day), past, settings)


def _features(snapshot: Snapshot) -> Floats:
    """Columns of the regression, from rows before the snapshot's day."""
    past, who, day = snapshot.past, snapshot.customers, snapshot.day
    begins = past.begins[who]
    age = (day - past.bought.days[begins]).astype(np.float64)
    recent_from, earlier_from = day - RECENT, day - RECENT - EARLIER
    columns = [
        np.log1p(snapshot.since),
        np.log((snapshot.since + 1) / (snapshot.usual + 1)),
        np.log(past.bought.before(who, day) - begins),
        np.log1p(age),
        change(past.bought, who, day, age),
        change(past.spent, who, day, age),
        np.log1p(past.bought.sum_between(who, recent_from, day)),
        np.log1p(past.bought.sum_between(who, earlier_from, recent_from)),
    ]
    if past.complained is not None:
        columns += [np.log1p(past.complained.sum_between(who, recent_from, day)), past.open_complaints(who, day) > 0]
    if past.scored is not None:
        score = past.last_score(who, day)
        low, high = snapshot.settings.nps_detractor_max, snapshot.settings.nps_promoter_min
        columns += [score <= low, score >= high, ~np.isnan(score)]
    return np.column_stack([np.asarray(each, np.float64) for each in columns])


def change(rows: Any, who: Ints, day: int, age: Floats) -> Floats:
    """How the last 90 days differ from the customer's own 270 before them, scaled to 90: -1 stopped, 0 as ever, 1 begun.

    Customers of fewer than 90 days have nothing to compare with: 0.
    """
    recent = np.maximum(rows.sum_between(who, day - RECENT, day), 0.0)
    earlier = np.maximum(rows.sum_between(who, day - RECENT - EARLIER, day - RECENT), 0.0)
    length = np.clip(age - RECENT, 1.0, EARLIER)
    usual = earlier * RECENT / length
    total = recent + usual
    made: Floats = np.where((total > 0) & (age > RECENT), (recent - usual) / np.where(total > 0, total, 1.0), 0.0)
    return made


__all__ = ["FEW_EVENTS", "NOT_BETTER", "NO_LABEL", "VALIDATED", "Snapshot", "Trial", "Warnings", "change", "warnings"]
