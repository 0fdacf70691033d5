"""Intervals (G21): reference bounds from the literature, and how differences are judged."""

from __future__ import annotations

from math import sqrt

import pytest

from loyalty_xl.intervals import Z, adjusted_wald, difference, nps_error, student, student_point, wald, wilson
from loyalty_xl.vocabulary import Interval

ROCKS = [  # kpis.md A1: promoters, detractors, answers -> bounds
    (8, 22, 39, -57.51, -9.16),
    (74, 35, 184, 10.25, 31.46),
    (462, 362, 1000, 4.39, 15.55),
    (2309, 1719, 5000, 9.33, 14.26),
]


@pytest.mark.parametrize(("promoters", "detractors", "answers", "low", "high"), ROCKS)
def test_adjusted_wald_gives_the_reference_bounds(promoters, detractors, answers, low, high):
    """The interval of NPS has the bounds of the literature table, to the two decimals printed there."""
    found = adjusted_wald(promoters, detractors, answers)
    assert (round(found.low, 2), round(found.high, 2)) == (low, high)


@pytest.mark.parametrize(("promoters", "detractors", "answers"), [(1, 0, 1), (5, 0, 5), (0, 5, 5), (0, 0, 5)])
def test_adjusted_wald_has_width_where_wald_has_none(promoters, detractors, answers):
    """One answer, or all of one class: plain Wald has width 0, adjusted Wald does not; both stay inside -100 to 100."""
    plain, adjusted = wald(promoters, detractors, answers), adjusted_wald(promoters, detractors, answers)
    assert plain.high - plain.low == 0
    assert adjusted.high - adjusted.low > 10
    assert -100 <= adjusted.low < adjusted.high <= 100


def test_wald_is_score_and_error():
    """50 promoters, 20 detractors of 100: 30 points, error sqrt(0.7 - 0.09) x 10."""
    found = wald(50, 20, 100)
    error = 10 * sqrt(0.61)
    assert found.error == pytest.approx(error)
    assert (found.low, found.high) == (pytest.approx(30 - Z * error), pytest.approx(30 + Z * error))
    assert nps_error(50, 20, 100) == pytest.approx(error)


def test_swapping_promoters_and_detractors_mirrors_the_interval():
    """The interval of the mirrored score is the mirrored interval."""
    one, other = adjusted_wald(22, 8, 39), adjusted_wald(8, 22, 39)
    assert (one.low, one.high) == (pytest.approx(-other.high), pytest.approx(-other.low))


def test_nobody_answered_has_no_interval():
    """Without answers there is none of any kind."""
    assert adjusted_wald(0, 0, 0) is None
    assert wald(0, 0, 0) is None
    assert wilson(0, 0) is None
    assert student(0, 0, 0) is None


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [  # Newcombe 1998, Statistics in Medicine 17, p. 861, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_newcombes_bounds(numerator, denominator, low, high):
    """The interval of a share has the bounds of the published table."""
    found = wilson(numerator, denominator)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_wilson_of_the_complement_is_the_complement():
    """Retention and churn have intervals that mirror each other."""
    kept, lost = wilson(82, 100), wilson(18, 100)
    assert (kept.low, kept.high) == (pytest.approx(1 - lost.high), pytest.approx(1 - lost.low))


@pytest.mark.parametrize(("numerator", "denominator"), [(5, 4), (-1, 4), (1, -4)])
def test_what_is_no_proportion_has_no_wilson_interval(numerator, denominator):
    """More than all, or less than nobody, is no proportion."""
    assert wilson(numerator, denominator) is None


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 1), (1, 1), (0, 500), (500, 500), (3, 7)])
def test_wilson_holds_the_share_and_stays_inside_0_to_1(numerator, denominator):
    """The interval holds the share itself and never leaves 0 to 1."""
    found = wilson(numerator, denominator)
    assert 0 <= found.low <= numerator / denominator <= found.high <= 1
    assert found.low < found.high


@pytest.mark.parametrize(
    ("freedom", "point", "within"),
    [  # printed tables of Student's t, 97.5 %
        (1, 12.7062, 5e-5),
        (2, 4.30265, 5e-6),
        (3, 3.18245, 4e-3),  # the expansion's own error, as its docstring states
        (4, 2.77645, 1e-3),
        (5, 2.57058, 1e-3),
        (10, 2.22814, 1.5e-5),
        (29, 2.04523, 1e-5),
        (120, 1.97993, 1e-5),
    ],
)
def test_student_points_are_those_of_the_table(freedom, point, within):
    """The 97.5 % points agree with printed tables."""
    assert student_point(freedom) == pytest.approx(point, abs=within)


def test_the_interval_of_a_mean():
    """1, 2, 3, 4, 5: mean 3, error sqrt(2.5 / 5), bounds 3 -+ 2.776 of it."""
    found = student(15, 55, 5)
    assert found.error == pytest.approx(sqrt(0.5))
    assert (found.low, found.high) == (
        pytest.approx(3 - 2.77645 * sqrt(0.5), abs=2e-3),
        pytest.approx(3 + 2.77645 * sqrt(0.5), abs=2e-3),
    )


def test_one_value_has_no_interval_and_equal_values_have_width_0():
    """One value says nothing about spread; equal values have none, whatever rounding does."""
    assert student(4, 16, 1) is None
    same = student(0.3, 0.03, 3)
    assert same.low == pytest.approx(0.1)
    assert same.high == pytest.approx(0.1)


def test_the_difference_of_scores_is_judged_by_their_errors():
    """Two scores with error 3 and 4: the difference has error 5."""
    found = difference(20, Interval(0, 0, 3.0), 10, Interval(0, 0, 4.0))
    assert (found.low, found.high) == (pytest.approx(10 - 5 * Z), pytest.approx(10 + 5 * Z))


def test_the_difference_of_shares_is_newcombes_method_10():
    """56/70 against 48/80: 0.2, from 0.0524 to 0.3339 (Newcombe 1998, Statistics in Medicine 17, p. 873, table II (a))."""
    found = difference(56 / 70, wilson(56, 70), 48 / 80, wilson(48, 80))
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_the_difference_the_other_way_round_is_mirrored():
    """Now less then is the mirror of then less now."""
    one = difference(0.8, wilson(56, 70), 0.6, wilson(48, 80))
    other = difference(0.6, wilson(48, 80), 0.8, wilson(56, 70))
    assert (one.low, one.high) == (pytest.approx(-other.high), pytest.approx(-other.low))
