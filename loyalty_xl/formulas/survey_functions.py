"""Worksheet functions of competitors and of single survey questions: gap and rank, drivers, reliability, touchpoints."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl import catalogue, library
from loyalty_xl.formulas import frames
from loyalty_xl.formulas.cell_errors import bad_cells, without_value
from loyalty_xl.formulas.function import (
    FUNCTIONS,
    INCLUDE,
    Argument,
    Function,
    Kind,
    function,
    read_number,
    setting_argument,
)
from loyalty_xl.formulas.kpi_functions import (
    ANSWERED,
    CSAT_MAX,
    DETRACTOR,
    INVITES,
    NPS_SCORES,
    PROMOTER,
    SCALE_MAX,
    SCALE_MIN,
    _csat_limits,
    _declare,
    _rows_of,
    column,
)
from loyalty_xl.formulas.ranges import is_blank
from loyalty_xl.rows.ready import ANONYMOUS, Ready
from loyalty_xl.studies.drivers import associations, reliabilities
from loyalty_xl.vocabulary import ALL, Cycle, Period, Reason

if TYPE_CHECKING:
    from loyalty_xl.formulas.arrays import Columns
    from loyalty_xl.settings import Settings

ONE = [Period(Cycle.ALL, 0, 1, "all")]  # a formula looks at all its rows as one period


def _brands(competitor_nps: np.ndarray, own_nps: float) -> Columns:
    """Our brand and the competitors, all of them comparable: whoever names the range says so."""
    size = len(competitor_nps)
    nps = np.append(competitor_nps, own_nps)
    own = np.append(np.zeros(size, np.int64), 1)
    return frames.columns(
        nps=nps, own=own, comparable=1 - own, above=((own == 0) & (nps > own_nps + 1e-9)).astype(np.int64),
        mixed=np.zeros(size + 1, np.int64), n=np.ones(size + 1), variance=np.zeros(size + 1),
    )  # fmt: skip


def _beside(key: str, competitor_nps: np.ndarray, own_nps: float, settings: Settings) -> float:
    if not -100 <= own_nps <= 100:
        raise bad_cells("own_nps 应在 -100 到 100 之间", "own_nps must lie between -100 and 100")
    rows = _brands(competitor_nps, own_nps)
    return frames.value(key, lambda _: rows, settings)


def _ratings(cells: Any, name: str, low: float, high: float) -> np.ndarray:
    """Read a range of ratings, a row an answer and a column a question; blank cells are questions left out."""
    rows = _rows_of(cells)
    width = max((len(row) for row in rows), default=0)
    made = np.full((len(rows), width), np.nan)
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            if is_blank(cell):
                continue
            made[at, place] = read_number(cell, name)
            if not low <= made[at, place] <= high:
                raise bad_cells(
                    f"{name} 超出量表 {low:g}–{high:g}:{cell}", f"{name} outside the scale {low:g} to {high:g}: {cell}"
                )
    if np.isnan(made).all():
        raise without_value(Reason.NO_DATA)
    return made


def _image(key: str, items: Any, settings: Settings) -> float:
    low, high = _csat_limits(settings)
    matrix = _ratings(items, "items", low, high)
    given = ~np.isnan(matrix)
    mean = np.nansum(matrix, axis=1)[given.any(axis=1)] / given.sum(axis=1)[given.any(axis=1)]
    rows = frames.columns(image=mean, csat_high=np.full(len(mean), high), other_wording=np.zeros(len(mean), np.int64))
    return frames.value(key, lambda _: rows, settings)


def _spilled(key: str, rows: list[dict[str, Any]], *, without: tuple[str, ...]) -> list[list[Any]]:
    names = [name for name in catalogue.LISTINGS[key].columns if name not in without]
    if not rows:
        raise without_value(Reason.NO_DATA)
    return [names, *([row.get(name) for name in names] for row in rows)]


def _names(count: int) -> tuple[str, ...]:
    return tuple(f"item_{number}" for number in range(1, count + 1))


def _drivers(scores: Any, items: Any, settings: Settings) -> list[list[Any]]:
    low, high = _csat_limits(settings)
    matrix = 100 * (_ratings(items, "items", low, high) - low) / (high - low)
    outcome = _ratings(scores, "scores", -np.inf, np.inf)
    size = max(len(matrix), len(outcome))
    if outcome.shape[1] != 1:
        raise bad_cells("scores 应是一列", "scores must be one column")
    matrix, outcome = (
        np.vstack([each, np.full((size - len(each), each.shape[1]), np.nan)]) for each in (matrix, outcome)
    )
    return _spilled(
        "drivers", associations(outcome[:, 0], matrix, _names(matrix.shape[1])), without=("period", "outcome")
    )


def _reliability(items: Any, settings: Settings) -> list[list[Any]]:
    matrix = _ratings(items, "items", -np.inf, np.inf)
    lines = reliabilities(matrix, _names(matrix.shape[1]), settings.min_base_nps)
    return _spilled("scale_reliability", lines, without=("period", "question_group"))


def _items(items: Any, settings: Settings) -> list[list[Any]]:  # noqa: ARG001
    rows = _rows_of(items)
    width = max((len(row) for row in rows), default=0)
    given = np.array(
        [[not is_blank(cell) for cell in (*row, *[None] * (width - len(row)))] for row in rows], dtype=bool
    )
    size = len(rows)
    if not size:
        raise without_value(Reason.NO_DATA)
    asked = given.any(axis=0)
    rated = int(given.sum())
    lines = [
        {
            "item": "all_items",
            "returned_answers": size,
            "rated": rated,
            "non_response": 1 - rated / (size * asked.sum()) if asked.any() else None,
        }
    ]
    lines += [
        {"item": name, "returned_answers": size, "rated": int(column.sum()), "non_response": 1 - column.sum() / size}
        for name, column in zip(_names(width), given.T, strict=True)
        if column.any()
    ]
    return _spilled("survey_items", lines, without=("period", "version", "dont_know"))


def _touchpoints(
    touchpoints: np.ndarray, scores: np.ndarray, csat_scores: np.ndarray, settings: Settings
) -> list[list[Any]]:
    low, high = _csat_limits(settings)
    size = len(touchpoints)
    known = ~np.isnan(scores) | ~np.isnan(csat_scores)
    rows = pd.DataFrame(
        {
            "customer": np.full(size, ANONYMOUS), "day": np.zeros(size, np.int64), "month": np.zeros(size, np.int64),
            "sequence": np.arange(size), "wave": np.zeros(size, np.int64), "relationship": np.ones(size),
            "transactional": np.zeros(size, np.int64), "wording": np.zeros(size), "recommend_score": scores, "csat": csat_scores,
            "csat_low": np.full(size, low), "csat_high": np.full(size, high), "has_score": known.astype(np.int64),
            "touchpoint": ["" if each is None else str(each) for each in touchpoints.tolist()],
        }
    )  # fmt: skip
    ready = Ready({"responses": nw.from_native(rows, eager_only=True)}, 1, 0, {"responses": ("all",)}, (("all", ALL),))
    found = catalogue.LISTINGS["touchpoints"].function(ready, settings, ONE)
    return _spilled("touchpoints", found, without=("period", "survey_type", "stage", "mode"))


def _questionnaires(
    item_counts: np.ndarray, invite_ids: np.ndarray, answered_ids: np.ndarray, settings: Settings
) -> list[list[Any]]:
    size = len(invite_ids)
    came = set(answered_ids.tolist())
    rows = pd.DataFrame(
        {
            "month": np.zeros(size, np.int64), "survey_id": [""] * size, "survey_version": [""] * size,
            "pilot": np.zeros(size, np.int64), "item_count": np.nan_to_num(item_counts).astype(np.int64),
            "invited": np.ones(size, np.int64), "returned": [int(each in came) for each in invite_ids.tolist()],
            "with_dont_know": np.zeros(size, np.int64),
        }
    )  # fmt: skip
    frames = {"questionnaires": nw.from_native(rows, eager_only=True)}
    ready = Ready(frames, 1, 0, {"questionnaires": ("all",)}, (("all", ALL),))
    found = catalogue.LISTINGS["questionnaires"].function(ready, settings, ONE)
    return _spilled("questionnaires", found, without=("period", "survey_id", "version", "pilot", "dont_know_share"))


def _by_brand(
    brands: np.ndarray, competitor_nps: np.ndarray, bases: np.ndarray, own_nps: float, settings: Settings
) -> list[list[Any]]:
    enough = bases >= settings.min_base_nps
    lines: list[dict[str, Any]] = [
        {"brand": "own_brand", "nps": own_nps, "comparable": None},
        *(
            {
                "brand": str(brand),
                "nps": float(nps),
                "n": float(n) if n == n else None,
                "comparable": bool(fits),
                "gap": own_nps - float(nps) if fits else None,
            }
            for brand, nps, n, fits in zip(brands.tolist(), competitor_nps, bases, enough, strict=True)
        ),
    ]
    ranked = [line["nps"] for line in lines if line["comparable"] is not False]
    for line in lines:
        if line["comparable"] is not False and len(ranked) > 1:
            line["rank"] = 1 + len([other for other in ranked if other > line["nps"] + 1e-9])
    lines.sort(key=lambda line: (line["brand"] != "own_brand", line["comparable"] is False, -line["nps"]))
    return _spilled("competitor_nps", lines, without=("period", "figure_of", "method", "population", "scale", "source"))


def declare() -> None:
    """Register the functions of competitors and survey questions; once."""
    if "LOYALTY_NPS_GAP" in FUNCTIONS:
        return
    library.load()
    theirs = column(
        "competitor_nps",
        "CompetitorNPS.nps",
        "各竞品的净推荐值,每格一个品牌",
        "NPS of the competitors, one brand a cell",
        limits=lambda _: (-100.0, 100.0),
    )
    ours = Argument("own_nps", Kind.NUMBER, "本品牌的净推荐值", "our own NPS")
    items = Argument(
        "items",
        Kind.CELLS,
        "各题的评分:每行一份答卷,每列一题,空白为未答",
        "ratings: a row an answer, a column a question; blank is left out",
    )
    scores = Argument(
        "scores",
        Kind.CELLS,
        "每份答卷的推荐分或总体满意度,与 items 同行",
        "recommendation or overall satisfaction of each answer, row by row with items",
    )
    _declare("nps_gap nps_rank nps_z_score", (theirs, ours), _beside)
    _declare("brand_image", (items, CSAT_MAX), _image)
    base = column(
        "bases",
        "CompetitorNPS.n",
        "各竞品的样本量;样本太少的不排名",
        "answers behind each; too few are not ranked",
        blank_counts=True,
    )
    names = column("brands", "CompetitorNPS.brand", "各竞品的名称", "names of the competitors")
    where = column(
        "touchpoints",
        "SurveyResponses.touchpoint",
        "每份答卷的触点",
        "contact that each answer is about",
        blank_counts=True,
    )
    satisfied = column(
        "csat_scores",
        "SurveyResponses.csat_overall",
        "每份答卷的总体满意度",
        "overall satisfaction of each answer",
        blank_counts=True,
        limits=_csat_limits,
    )
    lengths = column(
        "item_counts",
        "SurveyInvitations.item_count",
        "每份问卷的题数",
        "questions of each invitation",
        blank_counts=True,
    )
    least = setting_argument("min_base_nps", "min_base")
    nps = (
        replace(NPS_SCORES, blank_counts=True),
        satisfied,
        PROMOTER,
        DETRACTOR,
        SCALE_MIN,
        SCALE_MAX,
        replace(CSAT_MAX, name="csat_max"),
        least,
        INCLUDE,
    )
    tables: dict[str, tuple[Any, tuple[Argument, ...]]] = {
        "competitor_nps": (_by_brand, (names, theirs, base, ours, least, INCLUDE)),
        "drivers": (_drivers, (scores, items, CSAT_MAX)),
        "scale_reliability": (_reliability, (items, least)),
        "survey_items": (_items, (items,)),
        "touchpoints": (_touchpoints, (where, *nps)),
        "questionnaires": (_questionnaires, (lengths, INVITES, ANSWERED, INCLUDE)),
    }
    for key, (answer, arguments) in tables.items():
        each = catalogue.LISTINGS[key]
        function(
            Function(
                each.worksheet_name,
                arguments,
                answer,
                f"{each.zh}(表,含标题行)",
                f"{each.en} (a table with a header row). {each.title}",
                "tables",
                key,
                table=True,
            )
        )


__all__ = ["declare"]
