"""What is taken out of a shared scorecard: worked examples, then attackers who try to work it out again."""

from __future__ import annotations

import inspect
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

import loyalty_xl.library  # noqa: F401 - fills the catalogue
from loyalty_xl.catalogue import KPIS, Ratio, Withheld
from loyalty_xl.catalogue import Sum as SumOf
from loyalty_xl.settings import Settings
from loyalty_xl.sharing import figures
from loyalty_xl.sharing.kpi_families import KPI_FAMILIES
from loyalty_xl.sharing.least_cost import cheapest_move
from loyalty_xl.sharing.suppression import Cell, Key, Sum, Why, course_sums, segment_sums, suppressed

# ---------------------------------------------------------------- tables


def key(segment="All", *, dim=None, kpi="nps", period="2026-07", window="latest_wave"):
    return Key(kpi, dim or ("all" if segment == "All" else "region"), segment, period, window)


def table(total, **parts):
    """All, and the regions by name."""
    return [Cell(key(), total, 0.5), *(Cell(key(name), n, 0.5) for name, n in parts.items())]


def taken_out(cells, min_cell=5, **more):
    """Segments taken out of a table of one KPI and period: `{"east": "small"}`."""
    return {each.segment: str(why) for each, why in suppressed(cells, segment_sums(cells), min_cell, **more).items()}


@pytest.mark.parametrize(
    ("sentence", "cells", "expected"),
    [
        ("everything is large: everything is shown", table(100, east=30, west=70), {}),
        ("one small region: the smallest other one that can hide it goes along", table(100, east=3, west=27, north=70), {"east": "small", "west": "derived"}),
        ("exactly min_cell is not small", table(100, east=5, west=95), {}),
        ("zero is not small: it is shown, and hides nobody", table(100, east=0, west=100), {}),
        ("zero hides nobody: a region with customers goes along", table(100, east=3, west=0, north=97), {"east": "small", "north": "derived"}),
        ("two small ones that together are many enough hide each other", table(107, east=3, west=4, north=100), {"east": "small", "west": "small"}),
        ("two small ones that together are few: a third goes along", table(104, east=2, west=2, north=30, south=70), {"east": "small", "west": "small", "north": "derived"}),
        ("five ones add up to five, and none of them can be zero: a sixth goes along", table(105, a=1, b=1, c=1, d=1, e=1, f=100), dict.fromkeys("abcde", "small") | {"f": "derived"}),
        ("one region only: total and region are small", table(3, east=3), {"All": "small", "east": "small"}),
        ("one region only, and large", table(30, east=30), {}),
        ("the total is small: nothing is left", table(4, east=1, west=3, north=0), {"All": "small", "east": "small", "west": "small"}),
        ("no other region can hide it: the total goes along", table(3 + 1, east=3, west=1), {"All": "small", "east": "small", "west": "small"}),
        ("a value of nobody knows how many counts as small", table(100, east=None, west=27, north=73), {"east": "small", "west": "derived"}),
    ],
)  # fmt: skip
def test_worked_examples(sentence, cells, expected):
    """Each table loses what its sentence says (threshold rule and secondary suppression: Hundepool et al. 2012, chapters 4 and 5)."""
    assert taken_out(cells) == expected, sentence


def test_nothing_behind_and_no_value():
    """A figure of which there is neither number nor value is nothing to take out."""
    assert taken_out([Cell(key(), 50, 1.0), Cell(key("east"), None, None), Cell(key("west"), 50, 1.0)]) == {}


@pytest.mark.parametrize(("rise", "possible"), [(2.0, True), (2.5, False)])
def test_feasibility_interval(rise, possible):
    """Geurts (1992), table 10, example 3 of the handbook's chapter 4: of four hidden cells in rows of 7 and 3 and columns of 6 and 4
    the first may be at most 6; from 4 it can rise by 2, and no further.
    """
    rows = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]], dtype=float)
    moves = cheapest_move(rows, np.zeros(4), np.array([4.0, 3, 2, 1]), 0, rise)
    assert (moves is not None) is possible
    if moves is not None:
        np.testing.assert_allclose(rows @ moves, 0, atol=1e-9)  # pivots round
        assert moves[0] == 2


def test_the_cheapest_move():
    """Of two ways to make room the cheaper one is taken, even where it needs two figures."""
    moves = cheapest_move(np.array([[1.0, 1, 1, 1]]), np.array([0.0, 5, 1, 1]), np.array([1.0, 9, 2, 1]), 0, 3.0)
    assert moves.tolist() == [3, 0, -2, -1]


def test_year_to_date_gives_way_before_a_month():
    """A small month: year to date goes along, the other months stay; a reader of the year needs no second hole in the course."""
    months = ["2026-01", "2026-02", "2026-03"]
    cells = [Cell(key(period=month), n, 1.0) for month, n in zip(months, (20, 3, 40), strict=True)]
    cells.append(Cell(key(period="2026"), 63, 1.0))
    sums = course_sums(cells, [(month, "2026") for month in months])
    assert sums == [Sum(cells[-1].key, tuple(cell.key for cell in cells[:3]), "total")]
    assert suppressed(cells, sums, 5) == {cells[1].key: Why.SMALL, cells[3].key: Why.DERIVED}


def test_sums_of_segments():
    """Each dimension, period and window has its own sum; a segment without total has none."""
    cells = [
        *table(9, east=4, west=5),
        Cell(key("gold", dim="tier"), 9),
        Cell(key("east", period="2026-06"), 4),
        Cell(key("east", window="cycle"), 4),
    ]
    assert segment_sums(cells) == [
        Sum(key(), (key("east"), key("west"))),
        Sum(key(), (key("gold", dim="tier"),)),
    ]


def test_a_chain_does_not_undo_it():
    """Two tables share their total: where the total must go in one, the other one loses what would tell it."""
    cells = [*table(8, east=3, west=5), Cell(key("gold", dim="tier"), 8, 1.0)]
    found = taken_out(cells)
    assert found == {"east": "small", "west": "derived"}
    cells = [*table(6, east=3, west=1, north=2), Cell(key("gold", dim="tier"), 6, 1.0)]
    assert taken_out(cells, 6) == {
        "east": "small",
        "west": "small",
        "north": "small",
        "All": "derived",
        "gold": "derived",
    }


def test_a_family_goes_together():
    """Promoters and passives of a place are taken out with the NPS, although they have figures of their own."""
    cells = [
        Cell(key(name, kpi=kpi), n, 0.3)
        for kpi in ("nps", "promoter_share", "passive_share", "csat")
        for name, n in (("All", 100), ("east", 3), ("west", 27), ("north", 70))
    ]
    cells = [
        Cell(cell.key, {"east": 6, "west": 40, "north": 54}.get(cell.key.segment, 100), 0.3)
        if cell.key.kpi == "csat"
        else cell
        for cell in cells
    ]
    found = suppressed(cells, segment_sums(cells), 5)
    assert set(found) == {
        key(name, kpi=kpi) for kpi in ("nps", "promoter_share", "passive_share") for name in ("east", "west")
    }


def test_one_base_one_pattern():
    """NPS has its regions, promoter share also its course: what the course would tell of the base is not told of the NPS either."""
    months = ("2026-05", "2026-06", "2026-07")
    cells = table(100, east=3, west=27, north=70)
    for name, counts in (("west", (10, 20, 27)), ("north", (60, 65, 70))):
        cells += [
            Cell(key(name, kpi="promoter_share", period=month), n, 0.3) for month, n in zip(months, counts, strict=True)
        ]
        cells.append(Cell(key(name, kpi="promoter_share", period="2026"), sum(counts), 0.3))
    sums = segment_sums(cells) + course_sums(cells, [(month, "2026") for month in months])
    found = suppressed(cells, sums, 5)
    assert {each.segment for each in found if each.kpi == "nps"} == {"east", "west"}
    course = [each for each in found if each.kpi == "promoter_share"]
    assert {each.segment for each in course} == {"west"}
    assert {each.period for each in course} == {"2026-07", "2026"}, "one month of the course alone could be subtracted"


def test_counts_of_the_family_differ():
    """At-risk customers are 3 and 0 of many: the share of them is hidden too, and a region with none at risk does not serve to hide 3."""
    cells = [
        *(
            Cell(key(name, kpi="at_risk_customers"), n, float(n))
            for name, n in (("All", 43), ("east", 3), ("west", 0), ("north", 40))
        ),
        *(
            Cell(key(name, kpi="at_risk_share"), n, 0.1)
            for name, n in (("All", 600), ("east", 100), ("west", 200), ("north", 300))
        ),
    ]
    found = suppressed(cells, segment_sums(cells), 5)
    assert found[key("east", kpi="at_risk_customers")] is Why.SMALL
    assert found[key("east", kpi="at_risk_share")] is Why.DERIVED
    assert {each.segment for each in found} == {"east", "north"}


def test_a_family_that_follows():
    """Without the acquisition cost of a region its CLV goes too; a hidden CLV does not hide the customer base."""

    def rows(kpi, *counts):
        return [
            Cell(key(name, kpi=kpi, window="cycle"), n, 2.0)
            for name, n in zip(("All", "east", "west"), counts, strict=True)
        ]

    cells = [*rows("cac", 30, 3, 27), *rows("clv_to_cac", 300, 100, 200), *rows("retention_rate", 300, 100, 200)]
    found = suppressed(cells, segment_sums(cells), 5)
    assert {(each.kpi, each.segment) for each in found} == {
        (kpi, name) for kpi in ("cac", "clv_to_cac") for name in ("east", "west")
    }


def test_what_an_earlier_version_kept_back():
    """A figure that version 1 of a scorecard did not show stays out of version 2, small or not."""
    cells = table(100, east=30, west=70)
    assert taken_out(cells, also=[key("west"), key("gone")]) == {"west": "derived"}


def test_sums_that_cannot_be_judged():
    """A sum of which a part has no cell, or that mixes KPIs, is an error: nobody could say whether it tells of a small one."""
    cells = table(100, east=30, west=70)
    with pytest.raises(ValueError, match="no cell for"):
        suppressed(cells, [Sum(key(), (key("east"), key("south")))], 5)
    mixed = [*cells, Cell(key("east", kpi="csat"), 30, 1.0)]
    with pytest.raises(ValueError, match="another KPI"):
        suppressed(mixed, [Sum(key(), (key("east", kpi="csat"), key("west")))], 5)


def test_sums_that_contradict_each_other():
    """Where two sums of one total leave no room at all, everything they tie together goes."""
    cells = table(100, east=3, west=27, north=70)
    sums = [Sum(key(), (key("east"), key("west"))), Sum(key("west"), (key("north"),)), Sum(key(), (key("north"), key("west"))), Sum(key("east"), (key("north"),), "total"), Sum(key(), (key("east"),))]  # fmt: skip
    assert {each.segment for each in suppressed(cells, sums, 5)} == {"All", "east", "west", "north"}


# ---------------------------------------------------------------- families and the catalogue


def base_of(kpi):
    """The measure that a KPI's n is: asked of its function with numbers of which no two are alike."""
    if kpi.base:
        return kpi.base
    values = {name: SumOf(1_000 + 7 * at) for at, name in enumerate(kpi.measures)}
    values |= {
        name: SumOf(each.default)
        for name, each in inspect.signature(kpi.function).parameters.items()
        if each.default is not inspect.Parameter.empty and name != "settings"
    }
    if kpi.wants_settings:
        values["settings"] = Settings()
    try:
        value = kpi.function(**values)
    except Withheld:
        return None
    if not isinstance(value, Ratio):
        return kpi.measures[0]  # a count
    return next((name for name in kpi.measures if values[name] == value.denominator), None)


def test_families_name_kpis_of_the_catalogue():
    """Every KPI of a family exists and is in one family only; a family follows only ones before it, and says why it is one."""
    named = [kpi for family in KPI_FAMILIES for kpi in sorted(family.kpis)]
    assert sorted(set(named)) == sorted(named)
    assert set(named) <= KPIS.keys()
    before: set[str] = set()
    for family in KPI_FAMILIES:
        assert set(family.follows) <= before
        assert family.because
        before.add(family.name)


def test_kpis_with_one_base_are_one_family():
    """KPIs that count the same measure are in one family, or in one that follows the other's: else one would tell of the other's base."""
    of = {kpi: family for family in KPI_FAMILIES for kpi in family.kpis}
    bases: dict[str, list[str]] = {}
    for name, kpi in KPIS.items():
        if base := base_of(kpi):
            bases.setdefault(base, []).append(name)
    assert len(bases) > 30
    for base, kpis in bases.items():
        for one, other in combinations(kpis, 2):
            assert one in of, (base, one, other)
            assert other in of, (base, one, other)
            mine, others = of[one], of[other]
            assert mine is others or mine.name in others.follows or others.name in mine.follows, (base, one, other)


# ---------------------------------------------------------------- attackers: they know the method, and everything that is shown

MANY = 10_000  # customers that an attacker takes for possible
REGIONS, TIERS = ("east", "west", "north", "south"), ("gold", "silver", "new")


class World:
    """Customers by month, region and tier; what is published of them, and every equation that holds in it."""

    def __init__(self, joint, kpi="nps"):
        months = [f"2026-{month:02d}" for month in range(1, len(joint) + 1)]
        quarters = [f"2026-Q{at // 3 + 1}" for at in range(len(months))]
        groups = {month: [at] for at, month in enumerate(months)}
        groups |= {quarter: [at for at, name in enumerate(quarters) if name == quarter] for quarter in quarters}
        groups["2026"] = list(range(len(months)))
        self.cells, self.rows = [], []
        for period, some in groups.items():
            counts = joint[some].sum(axis=0)
            by_name = {("all", "All"): counts.sum()}
            by_name |= {("region", name): n for name, n in zip(REGIONS, counts.sum(axis=1), strict=False)}
            by_name |= {("tier", name): n for name, n in zip(TIERS, counts.sum(axis=0), strict=False)}
            self.cells += [
                Cell(key(name, dim=dim, kpi=kpi, period=period), float(n), 0.5) for (dim, name), n in by_name.items()
            ]
            for dim in ("region", "tier"):
                parts = [key(name, dim=each, kpi=kpi, period=period) for each, name in by_name if each == dim]
                self.rows.append((key(kpi=kpi, period=period), parts))
        self.n = {cell.key: cell.n for cell in self.cells}
        for each in list(self.n):
            for whole, months_of in groups.items():
                if each.period == whole and whole not in months:
                    self.rows.append((each, [each._replace(period=months[at]) for at in months_of]))
        self.sums = (
            segment_sums(self.cells)
            + course_sums(self.cells, [(month, "2026") for month in months])
            + course_sums(self.cells, list(zip(months, quarters, strict=True)))
        )

    def equations(self, hidden):
        """Matrix over the hidden figures, and right-hand sides out of the shown ones."""
        at = {each: number for number, each in enumerate(hidden)}
        matrix, right = np.zeros((len(self.rows), len(hidden))), np.zeros(len(self.rows))
        for row, (total, parts) in enumerate(self.rows):
            for each, sign in [(total, -1), *((part, 1) for part in parts)]:
                if each in at:
                    matrix[row, at[each]] += sign
                else:
                    right[row] -= sign * self.n[each]
        return matrix, right


def assert_safe(world, found, min_cell):
    """Neither linear algebra nor whole numbers tell of a small figure."""
    hidden = list(found)
    small = [at for at, each in enumerate(hidden) if 0 < world.n[each] < min_cell]
    if not small:
        return
    matrix, right = world.equations(hidden)
    # what is determined: a sum whose 0/1 row lies in the row space
    _, strengths, ways = np.linalg.svd(matrix)
    free = ways[int((strengths > 1e-9).sum()) :]  # directions in which the hidden figures can move
    for size in range(1, min(min_cell, 4)):
        for some in combinations(small, size):
            if sum(world.n[hidden[at]] for at in some) < min_cell:
                assert np.abs(free[:, some].sum(axis=1)).max(initial=0) > 1e-9, [hidden[at] for at in some]
    # whole numbers from 1 on (zeros are shown): is a small figure known to be small?
    most = np.zeros(len(hidden))
    for at in small:
        if most[at] >= min_cell:
            continue  # a table of another figure shows it already
        aim = np.zeros(len(hidden))
        aim[at] = -1
        answer = milp(
            aim,
            constraints=LinearConstraint(matrix, right, right),
            integrality=np.ones(len(hidden)),
            bounds=Bounds(1, MANY),
        )
        assert answer.x is not None, "the true table is one answer"
        most = np.maximum(most, np.round(answer.x))
        assert most[at] >= min_cell, (hidden[at], world.n[hidden[at]], most[at])


few = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 4, 6, 9, 20, 60])


@st.composite
def worlds(draw):
    shape = draw(st.tuples(st.integers(1, 7), st.integers(1, 4), st.integers(1, 3)))
    size = int(np.prod(shape))
    joint = np.array(draw(st.lists(few, min_size=size, max_size=size)), dtype=float).reshape(shape)
    return World(joint)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(worlds(), st.integers(2, 6))
def test_subtraction_fails(world, min_cell):
    """An attacker who knows the method, all shown bases, all totals, years and quarters learns of no small figure, and of no small sum."""
    assert_safe(world, suppressed(world.cells, world.sums, min_cell), min_cell)


def test_the_attacker_is_no_straw_man():
    """Where only small figures are taken out, and where the others go by chance, the same attacker finds small ones."""
    world = World(np.random.default_rng(7).integers(0, 9, size=(4, 3, 2)).astype(float))
    primary = [each for each, n in world.n.items() if 0 < n < 5]
    assert primary
    with pytest.raises(AssertionError):
        assert_safe(world, primary, 5)
    found = list(suppressed(world.cells, world.sums, 5))
    assert_safe(world, found, 5)
    extra = [each for each in found if each not in primary]
    undone = 0
    for each in extra:
        try:
            assert_safe(world, [other for other in found if other != each], 5)
        except AssertionError:
            undone += 1
    assert undone >= len(extra) / 2, "most of what is taken out along is needed"


@settings(max_examples=40, deadline=None, derandomize=True)
@given(worlds())
def test_laws(world):
    """A larger min_cell takes out at least the same; every small figure goes, no zero does; with 1 nothing is small; order does not matter."""
    earlier: set[Key] = set()
    assert suppressed(world.cells, world.sums, 1) == {}
    for min_cell in (2, 3, 5):
        found = suppressed(world.cells, world.sums, min_cell)
        assert earlier <= set(found)
        assert {each for each, why in found.items() if why is Why.SMALL} == {
            each for each, n in world.n.items() if 0 < n < min_cell
        }
        assert all(world.n[each] for each in found)
        assert bool(found) == any(0 < n < min_cell for n in world.n.values())
        earlier = set(found)
    assert suppressed(world.cells[::-1], world.sums[::-1], 5) == found


@settings(max_examples=15, deadline=None, derandomize=True)
@given(worlds())
def test_the_same_base_under_another_name(world):
    """A KPI with the same base, but without tiers and quarters, loses what the other one loses, and the two together tell nothing."""
    both = {
        each._replace(kpi="promoter_share"): n
        for each, n in world.n.items()
        if each.segment_dim != "tier" and "Q" not in each.period
    }
    more = [Cell(each, n, 0.4) for each, n in both.items()]
    months = sorted({each.period for each in both} - {"2026"})
    sums = [*world.sums, *segment_sums(more), *course_sums(more, [(month, "2026") for month in months])]
    found = suppressed([*world.cells, *more], sums, 5)
    assert {each.place for each in found if each.kpi == "promoter_share"} == {
        each.place for each in found if each.kpi == "nps" and each._replace(kpi="promoter_share") in both
    }
    assert_safe(world, [each for each in found if each.kpi == "nps"], 5)


def test_a_total_that_tells_of_nobody_hides_no_more_than_any_other() -> None:
    """Beside a total that a person wrote, with no cases known, one small region takes one other with it, and the total stays."""
    cells = [
        Cell(key(), figures.MANY, 42.0),
        *(Cell(key(name), n, 1.0) for name, n in (("A", 3), ("B", 50), ("C", 60))),
    ]
    assert suppressed(cells, segment_sums(cells), 5) == {key("A"): Why.SMALL, key("B"): Why.DERIVED}
