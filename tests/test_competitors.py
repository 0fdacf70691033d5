"""Scores of competitors: what is compared with what, gap, rank and standing, and targets to beat them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loyalty_xl import library
from loyalty_xl.contracts.between_competitors import competitor_figures
from loyalty_xl.contracts.competitors import COMPETITOR_NPS
from loyalty_xl.contracts.control import TARGETS
from loyalty_xl.contracts.targets import read_targets
from loyalty_xl.formulas import call
from loyalty_xl.newbook import make_book
from loyalty_xl.scoring import Aim, Rival, aim_of, met, status
from loyalty_xl.settings import Settings
from loyalty_xl.vocabulary import Calendar, Reason, Result, Status, Target, Unit, Window
from tests.conftest import Company
from tests.contracts.made_sheets import sheet_of
from tests.made_results import Made, computed
from tests.test_scoring import enter

KPIS = library.load()
CALENDAR = Calendar()
MARCH = CALENDAR.parse("2026-03")
KEYS = ("nps_gap", "nps_rank", "nps_z_score")
SMALL = {"min_base_nps": "2"}  # a survey of ten can be followed by hand

# Ten answers in March 2026: 5 promoters, 3 passives, 2 detractors: NPS 30.
SCORES = (10, 10, 9, 9, 9, 8, 8, 7, 6, 3)
ANSWERS = "response_id,survey_id,customer_id,answered_on,recommend_score\n" + "\n".join(
    f"A{number:02d},2026-A,C{number:02d},2026-03-{3 * number + 4:02d},{score}" for number, score in enumerate(SCORES)
)
HEADER = "brand,period,nps,promoters,passives,detractors,n,method,scale,population,own_brand,region_id,source\n"
# East Hall: (40 - 30) / 100 = 10; Old Court 50, Jade House 30 like ours; the others cannot be compared.
FIGURES = (
    HEADER
    + """
East Hall,2026-Q1,,40,30,30,100,own_panel,0-10,,,,panel
East Hall,2025-Q3,,90,5,5,100,own_panel,0-10,,,,panel
Old Court,2025-H2,50,,,,80,own_panel,0-10,,,,panel
Jade House,2025,30,,,,90,own_panel,,,,,panel
Press House,2026-Q1,90,,,,500,public,0-10,,,,newspaper
Short Scale,2026-Q1,80,,,,500,own_panel,1-5,,,,panel
Street Poll,2026-Q1,70,,,,500,own_panel,0-10,market,,,panel
One Answer,2026-Q1,100,,,,1,own_panel,0-10,,,,panel
Long Ago,2024,100,,,,500,own_panel,0-10,,,,panel
""".lstrip()
)


def compared(**sheets: str) -> Made:
    """Our answers of March 2026 beside figures of competitors."""
    given = {"SurveyResponses": ANSWERS, **sheets}
    tables = ("competitor_nps",) if "CompetitorNPS" in given else ()
    return computed(KEYS, tables, period="2026-03", settings=Settings(min_base_nps=2), **given)


def result(made: Made, kpi: str, segment: str = "All") -> Result:
    """One result of March 2026."""
    return next(each for each in made.results if (each.kpi, each.segment) == (kpi, segment))


@pytest.fixture(scope="module")
def beside() -> Made:
    """Our ten answers beside the competitors."""
    return compared(CompetitorNPS=FIGURES)


def test_gap_rank_and_standing_by_hand(beside: Made) -> None:
    """30 against 10, 50 and 30: the mean is 30, the gap 0; one is higher, so rank 2, shared with Jade House; z 0.

    Of East Hall the newer figure counts; another method, scale or population, one answer, and figures older than a year do not.
    """
    gap, rank, standing = (result(beside, key) for key in ("nps_gap", "nps_rank", "nps_z_score"))
    assert (gap.value, gap.n) == (pytest.approx(0), 10)
    assert gap.low == pytest.approx(-gap.high)
    assert rank.value == 2
    assert standing.value == pytest.approx(0)


def test_the_gap_has_the_interval_of_independent_samples() -> None:
    """Variances by hand: ours 10^4 (0.7 - 0.09) / 10 = 610, theirs 10^4 (0.7 - 0.01) / 100 = 69; error sqrt(679) = 26.06."""
    one = HEADER + "East Hall,2026-Q1,,40,30,30,100,own_panel,0-10,,,,"
    gap = result(compared(CompetitorNPS=one), "nps_gap")
    assert gap.value == pytest.approx(20)
    assert gap.interval is not None
    assert gap.interval.error == pytest.approx(679**0.5)
    assert gap.high == pytest.approx(20 + 1.959964 * 679**0.5, abs=1e-4)


def test_the_table_of_brands_says_who_can_be_compared(beside: Made) -> None:
    """Ours first, then the comparable ones by score with gap and shared rank, then the others without."""
    rows = [row for row in beside.tables["competitor_nps"] if row["period"] == "2026-03"]
    assert [(row["brand"], row["gap"], row["rank"], row["comparable"]) for row in rows[:4]] == [
        ("own_brand", None, 2, None),
        ("Old Court", pytest.approx(-20), 1, True),
        ("Jade House", pytest.approx(0), 2, True),
        ("East Hall", pytest.approx(20), 4, True),
    ]
    others = {row["brand"]: (row["gap"], row["rank"], row["comparable"]) for row in rows[4:]}
    assert others == dict.fromkeys(("Press House", "Short Scale", "Street Poll", "One Answer"), (None, None, False))
    assert next(row["figure_of"] for row in rows if row["brand"] == "East Hall") == "2026-Q1"


def test_our_brand_in_their_study_is_what_they_are_compared_with() -> None:
    """Published figures are comparable with our own brand in the same study, not with our survey."""
    public = HEADER + "Press House,2026-Q1,60,,,,500,public,0-10,,,,\nSecond,2026-Q1,20,,,,500,public,0-10,,,,"
    alone = compared(CompetitorNPS=public)
    assert result(alone, "nps_gap").reason is Reason.NOT_COMPARABLE
    with_us = public + "\nOur House,2026-Q1,35,,,,400,public,0-10,,yes,,"
    made = compared(CompetitorNPS=with_us)
    assert (result(made, "nps_gap").value, result(made, "nps_gap").n) == (pytest.approx(35 - 40), 400)
    assert result(made, "nps_rank").value == 2


def test_a_region_is_compared_with_the_figures_of_that_region() -> None:
    """All takes figures of the whole market only, North those of North."""
    customers = "customer_id,region_id\n" + "\n".join(f"C{n:02d},{'N' if n < 5 else 'S'}" for n in range(10))
    figures = HEADER + "East Hall,2026-Q1,10,,,,100,own_panel,0-10,,,,\nEast Hall,2026-Q1,60,,,,100,own_panel,0-10,,,N,"
    made = compared(CompetitorNPS=figures, Customers=customers, Regions="region_id,name\nN,North\nS,South")
    assert result(made, "nps_gap").value == pytest.approx(20)
    assert result(made, "nps_gap", segment="North").value == pytest.approx(100 - 60)
    assert not [each for each in made.results if each.kpi == "nps_gap" and each.segment == "South"]


def test_without_figures_or_answers_the_reason_is_said() -> None:
    """No sheet, or nothing of the last 12 months: no data. Nobody answered: nothing to compare."""
    assert result(compared(), "nps_gap").reason is Reason.NO_DATA
    old = HEADER + "Long Ago,2024,100,,,,500,own_panel,0-10,,,,"
    assert result(compared(CompetitorNPS=old), "nps_rank").reason is Reason.NO_DATA
    blank = ANSWERS.replace(",10\n", ",\n").split("\n")
    silent = "\n".join([f"{blank[0]},csat_overall", *(f"{line.rpartition(',')[0]},,4" for line in blank[1:])])
    made = compared(SurveyResponses=silent, CompetitorNPS=FIGURES)
    assert result(made, "nps_gap").reason is Reason.NO_DENOMINATOR


@pytest.mark.parametrize(
    ("key", "theirs", "value"),
    [
        ("nps_gap", (32, 30, 34), 10),
        ("nps_gap", (60,), -18),
        ("nps_rank", (50, 42, 10), 2),
        ("nps_rank", (42, 42), 1),
        ("nps_rank", (43, 44), 3),
        ("nps_z_score", (32, 22), 1),
        ("nps_z_score", (40,), 0.5**0.5),  # two brands: always the same
    ],
)
def test_a_formula_gives_what_the_definition_does(key: str, theirs: tuple[float, ...], value: float) -> None:
    """Own score 42 beside a range of competitors."""
    assert call(f"LOYALTY_{key.upper()}", [[each] for each in theirs], 42) == pytest.approx(value)


def test_formulas_and_pipeline_agree(beside: Made) -> None:
    """The comparable figures of the sheet, handed over as a range, give the pipeline's gap, rank and standing."""
    theirs = [
        [row["nps"]] for row in beside.tables["competitor_nps"] if row["period"] == "2026-03" and row["comparable"]
    ]
    for key in ("nps_gap", "nps_rank", "nps_z_score"):
        assert call(f"LOYALTY_{key.upper()}", theirs, 30) == pytest.approx(result(beside, key).value, abs=1e-9), key
    table = call("LOYALTY_COMPETITOR_NPS", [["A"], ["B"], ["C"]], [[20], [50], [40]], [[100], [10], [100]], 40)
    assert [(row[0], row[4]) for row in table[1:]] == [("own_brand", 1), ("C", 1), ("A", 3), ("B", "")]


def test_brands_that_are_all_equal_have_no_spread() -> None:
    """Without spread there is no standing."""
    assert call("LOYALTY_NPS_Z_SCORE", [[42], [42]], 42).code == "#DIV/0!"


# Rules of the sheet


def figures(*rows: dict[str, Any]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """What is found in rows of CompetitorNPS."""
    found = competitor_figures({"CompetitorNPS": sheet_of(COMPETITOR_NPS, list(rows))})
    return [(each.code, each.found, each.expected, each.cells) for each in found]


def test_a_score_that_its_counts_do_not_give_is_told() -> None:
    """45 is not (50 - 20) / 100; a rounded 30 of 29.7 is; a base that is not the sum of the counts is told too."""
    counts = {"period": "2026-Q1", "promoters": 50, "passives": 30, "detractors": 20}
    assert figures({"brand": "A", **counts, "nps": 45, "n": 100}) == [("W337", "45", "30", ("C2",))]
    assert figures({"brand": "A", **counts, "nps": 30, "n": 100}) == []
    assert figures({"brand": "A", **counts, "n": 90}) == [("W337", "90", "100", ("F2",))]
    near = {"brand": "A", "period": "2026", "promoters": 33, "passives": 55, "detractors": 3, "nps": 33}
    assert figures(near) == []


def test_a_row_without_a_figure_is_told() -> None:
    """Neither a score nor all three counts: not used."""
    rows = [{"brand": "A", "period": "2026", "nps": 20}, {"brand": "B", "period": "2026", "promoters": 20}]
    assert figures(*rows) == [("W338", "", "", ("C3",))]


# Targets to beat them


def test_a_target_to_beat_them_needs_no_number_and_only_fits_nps() -> None:
    """No number is needed; one that is there is told and not used; another KPI is refused."""
    beat = {"period": "2026-03", "target_type": "beat_competitor"}
    targets, found = read_targets(sheet_of(TARGETS, [{"kpi": "nps", **beat}]), KPIS, CALENDAR)
    assert ([each.target_type for each in targets], targets[0].target, found) == (["beat_competitor"], None, [])
    targets, found = read_targets(sheet_of(TARGETS, [{"kpi": "nps", **beat, "target": 40}]), KPIS, CALENDAR)
    assert (targets[0].target, [(each.code, each.found) for each in found]) == (None, [("W339", "40")])
    targets, found = read_targets(sheet_of(TARGETS, [{"kpi": "csat_top_two", **beat}]), KPIS, CALENDAR)
    assert (targets, [(each.code, each.found, each.expected) for each in found]) == (
        [],
        [("E335", "csat_top_two", "nps")],
    )


def test_to_beat_is_more_than_to_equal() -> None:
    """38.0 against 38.0 is close, not on target; 38.1 is."""
    assert MARCH is not None
    aim = aim_of(
        Target("nps", MARCH, None, target_type="beat_competitor"), KPIS["nps"], None, 1.0, Rival("A", "2026-H1", 38.0)
    )
    assert aim == Aim(38.0, strict=True)
    assert (met(38.0, aim), met(38.1, aim)) == (False, True)
    assert [status(each, aim, Unit.POINTS, Settings()) for each in (38.1, 38.0, 30.0)] == [
        Status.GREEN,
        Status.AMBER,
        Status.RED,
    ]


def test_the_scorecard_shows_whom_to_beat(company: Company, tmp_path: Path) -> None:
    """The target is the highest comparable competitor, named beside the base: 30 against Old Court's 50 is off target."""
    make_book(tmp_path / "book.xlsx", "en")
    enter(tmp_path / "book.xlsx", "Targets", {"kpi": "nps", "period": "2026-03", "target_type": "beat_competitor"})
    made = company(SurveyResponses=ANSWERS, CompetitorNPS=FIGURES, set=SMALL, period="2026-03")
    line = next(each for each in made.lines if each.kpi.key == "nps")
    assert (line.result.value, line.aim.value, line.status) == (pytest.approx(30), 50, Status.RED)
    assert line.rival == Rival("Old Court", "2025-H2", 50.0)
    assert line.window is Window.LATEST_WAVE
    assert not [each for each in made.findings if each.code in {"E303", "W336"}]
    from loyalty_xl.publish.contents import line_json, scorecard_cells

    cells = scorecard_cells(made)["nps", "All"]
    assert cells["base"] == "n = 10 · highest competitor: Old Court 50.0 (2025-H2)"
    assert line_json(line)["highest_competitor"] == "Old Court"

    bare = company(SurveyResponses=ANSWERS, set=SMALL, period="2026-03")
    line = next(each for each in bare.lines if each.kpi.key == "nps")
    assert (line.aim.value, line.status, line.rival) == (None, Status.GREY, Rival())
    assert [(each.expected, each.found) for each in bare.findings if each.code == "W336"] == [("2026-03", "")]
    assert scorecard_cells(bare)["nps", "All"]["target"] == "– (no data)"

    public = company(
        SurveyResponses=ANSWERS,
        CompetitorNPS=HEADER + "Press House,2026-Q1,60,,,,500,public,0-10,,,,",
        set=SMALL,
        period="2026-03",
    )
    assert [each.found for each in public.findings if each.code == "W336"] == ["Press House"]
    assert scorecard_cells(public)["nps", "All"]["target"] == "– (not comparable)"
