"""Worksheet functions of service quality and comments: KPIs and tables over raw rows of their sheets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from loyalty_xl import catalogue, library
from loyalty_xl.business_hours import business_minutes, has_time
from loyalty_xl.contracts import everything
from loyalty_xl.contracts.contract import Field, Type
from loyalty_xl.formulas import frames
from loyalty_xl.formulas.function import (
    FUNCTIONS,
    INCLUDE,
    Argument,
    Function,
    Kind,
    function,
    setting_argument,
    word_of,
)
from loyalty_xl.formulas.kpi_functions import AS_OF, RECEIVED, column
from loyalty_xl.formulas.tables import CYCLE, _months, _periods, _spilled, _texts
from loyalty_xl.preparing.comments import OF_OURS, SENSES, SOLICITED, UNSOLICITED, sorted_comments
from loyalty_xl.preparing.service_quality import rated
from loyalty_xl.rows.ready import ANONYMOUS, NEVER, Ready
from loyalty_xl.rows.service_quality import raters
from loyalty_xl.theme_words import DEFAULT, ThemeWord
from loyalty_xl.vocabulary import ALL

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from loyalty_xl.settings import Settings

_WORDS = {each.name: each for contract in everything() if contract.name == "ThemeWords" for each in contract.fields}
RESPONDED = column(
    "responded",
    "Complaints.first_response_on",
    "每件投诉的首次响应时间(含时分),空白为未响应",
    "moment of the first response to each complaint, with time of day; blank: none yet",
    blank_counts=True,
)
HOURS = replace(setting_argument("business_hours", "business_hours"), default="")
RESOLVED = Argument(
    "first_contact_resolved",
    Kind.RANGE,
    "每次服务沟通是否一次解决,空白不计",
    "whether each service contact solved the matter at once; blank does not count",
    Field("first_contact_resolved", Type.BOOL, "首次解决", ("一次解决",)),
)
RATERS = column(
    "rater_ids",
    "ServiceRatings.customer_id",
    "每行评分的客户编号(或问卷编号)",
    "who gave each rating: customer or questionnaire",
)
RATER_TYPES = column(
    "rater_types", "ServiceRatings.rater_type", "每行的评分人类型,空白为客户", "customer or expert; blank is customer", blank_counts=True
)  # fmt: skip
RATED_ON = column("dates", "ServiceRatings.on", "每行评分的日期", "day of each rating")
DIMENSIONS = column("dimensions", "ServiceRatings.dimension", "每行评分的维度", "SERVQUAL dimension of each rating")
EXPECTED = column("expectations", "ServiceRatings.expectation", "每行的期望分", "what was expected", blank_counts=True)
PERCEIVED = column("perceptions", "ServiceRatings.perception", "每行的感知分", "what was found")
WEIGHTS = column(
    "weights",
    "ServiceRatings.weight",
    "每行维度的重要度(五个维度合计 100),可省略",
    "importance of the row's dimension (100 points over the five); may be left out",
    blank_counts=True,
    default=None,
)
COMPLIANT = column(
    "compliant", "CollectionAudit.compliant", "每次检查是否规范", "whether each check found it compliant"
)
AGENTS = column("agent_ids", "CollectionAudit.agent_id", "每次检查的客服工号", "agent of each check", blank_counts=True)
CHECKED_ON = column("dates", "CollectionAudit.on", "每次检查的日期", "day of each check")
CLASSES = column(
    "class_l1", "Complaints.class_l1", "每件投诉的一级类别,可省略", "class of each complaint; may be left out", blank_counts=True, default=None
)  # fmt: skip
SAID_ON = column("dates", "Reviews.on", "每条意见的日期", "day of each comment")
SAID = column("comments", "Reviews.text", "每条意见的原文", "what each comment says")


def _word(name: str, field: str, zh: str, en: str, *, blank_counts: bool = False) -> Argument:
    """Give an argument that is a column of a dictionary."""
    return Argument(name, Kind.RANGE, zh, en, _WORDS[field], block=1, blank_counts=blank_counts, default=None)


THEMES = _word("themes", "theme", "自有词典:主题,省略则用内置词典", "dictionary of your own: themes; default: ours")
WORDS = _word("words", "word", "自有词典:词", "dictionary of your own: words")
POLARITIES = _word(
    "polarities", "polarity", "自有词典:褒贬", "dictionary of your own: positive, neutral, negative", blank_counts=True
)
SOURCE = Argument(
    "source",
    Kind.WORD,
    "来源:solicited 问卷征集、unsolicited 公开评论",
    "where the comments come from: solicited or unsolicited",
    default=SOLICITED,
)
SOURCES = {SOLICITED: ("问卷征集", "征集", "问卷", "survey"), UNSOLICITED: ("公开评论", "评论", "reviews")}

Cells = NDArray[Any]


def _blanks(size: int) -> Cells:
    return np.array([None] * size, dtype=object)


def _responded(received: Cells, responded: Cells, settings: Settings) -> float:
    minutes = np.full(len(received), np.nan)
    known = ~np.isnat(received) & ~np.isnat(responded)
    known &= has_time(received) & has_time(responded) & (responded >= received)
    at, answered = (each[known].astype("datetime64[s]").astype(np.int64) for each in (received, responded))
    minutes[known] = business_minutes(at, answered, settings.business_hours)
    column = pd.DataFrame({"response_minutes": pd.Series(minutes).astype("Float64")})
    rows = nw.from_native(column, eager_only=True)
    return frames.value("first_response_minutes", lambda _: rows, settings)


def _resolved(first_contact_resolved: Cells, settings: Settings) -> float:
    rows = frames.columns(at_first_contact=(first_contact_resolved == 1).astype(np.float64))
    return frames.value("first_contact_resolution", lambda _: rows, settings)


def _conduct(compliant: Cells, settings: Settings) -> float:
    rows = frames.columns(compliant=(compliant == 1).astype(np.float64))
    return frames.value("collection_conduct_rate", lambda _: rows, settings)


def _ratings(
    rater_ids: Cells,
    dimensions: Cells,
    perceptions: Cells,
    expectations: Cells | None = None,
    weights: Cells | None = None,
    dates: Cells | None = None,
    rater_types: Cells | None = None,
) -> Ready:
    """Give the ratings as the pipeline's frame; all on one scale, and a rater is whoever has one number (on one day)."""
    size = len(rater_ids)
    sheet = pd.DataFrame(
        {
            "customer_id": pd.Categorical(rater_ids),
            "rater_type": rater_types if rater_types is not None else _blanks(size),
            "on": dates.astype("datetime64[s]") if dates is not None else np.zeros(size, dtype="datetime64[s]"),
            "dimension": pd.Categorical(dimensions),
            "item_no": np.full(size, np.nan),
            "expectation": expectations if expectations is not None else np.full(size, np.nan),
            "perception": perceptions,
            "scale": _blanks(size),
            "weight": weights if weights is not None else np.full(size, np.nan),
        }
    )
    codes = sheet["customer_id"].cat.codes.to_numpy().astype(np.int64)
    return _ready(service_ratings=pd.DataFrame(rated(sheet, codes)))


def _rated(key: str, settings: Settings, **given: Any) -> float:
    rows = raters(_ratings(**given), settings, ("all",))
    return frames.value(key, lambda _: rows, settings)


def _by_dimension(cycle: Any, settings: Settings, **given: Any) -> list[list[Any]]:
    periods = _periods(_months(frames.days_of(given["dates"])), cycle)
    return _listed("service_quality_by_dimension", _ratings(**given), settings, periods)


def _by_agent(dates: Cells, agent_ids: Cells, compliant: Cells, cycle: Any, settings: Settings) -> list[list[Any]]:
    months = _months(frames.days_of(dates))
    checks = pd.DataFrame(
        {"month": months, "agent": pd.array(_texts(agent_ids), dtype="str"), "compliant": (compliant == 1) * 1.0}
    )
    return _listed("collection_conduct", _ready(audits=checks), settings, _periods(months, cycle))


def _control_chart(
    dates: Cells, cycle: Any, settings: Settings, class_l1: Cells | None = None, as_of: date | None = None
) -> list[list[Any]]:
    days = frames.days_of(dates)
    months = _months(days)
    size = len(days)
    rows = frames.columns(
        customer=np.full(size, ANONYMOUS), day=days, month=months, closed=np.full(size, NEVER),
        class_l1=_texts(class_l1 if class_l1 is not None else _blanks(size)),
    )  # fmt: skip
    periods = _periods(months, cycle)
    last = frames.day_number(as_of) if as_of else int(days.max()) + 1
    ready = replace(_ready(complaints=rows.frame.to_native()), as_of=last)
    return _listed("complaint_control_chart", ready, settings, periods)


def _themes(
    dates: Cells,
    comments: Cells,
    cycle: Any,
    source: Any,
    settings: Settings,
    themes: Cells | None = None,
    words: Cells | None = None,
    polarities: Cells | None = None,
) -> list[list[Any]]:
    months = _months(frames.days_of(dates))
    said = pd.DataFrame({"month": months, "source": word_of(source, SOURCES, "source"), "text": comments.astype(str)})
    known: tuple[ThemeWord, ...] = DEFAULT
    own = themes is not None and words is not None and len(words) > 0
    if themes is not None and words is not None and own:
        senses = polarities if polarities is not None else _blanks(len(words))
        known = tuple(
            ThemeWord(str(theme), str(theme), str(theme), str(word), SENSES.get(str(sense), 0))
            for theme, word, sense in zip(themes, words, senses, strict=True)
        )
    made = sorted_comments(said, known, "" if own else OF_OURS)
    return _listed("comment_themes", _ready(**made), settings, _periods(months, cycle))


def _ready(**made: pd.DataFrame) -> Ready:
    native = {name: nw.from_native(frame, eager_only=True) for name, frame in made.items()}
    return Ready(native, 0, 0, dict.fromkeys(made, ("all",)), (("all", ALL),))


def _listed(key: str, ready: Ready, settings: Settings, periods: Any) -> list[list[Any]]:
    return _spilled(key, catalogue.LISTINGS[key].function(ready, settings, periods))


def _kpi(key: str, arguments: tuple[Argument, ...], answer: Callable[..., float]) -> None:
    kpi = library.load()[key]
    says = f"{kpi.zh}:{kpi.says}"
    function(
        Function(
            kpi.worksheet_name,
            (*arguments, INCLUDE),
            answer,
            says,
            f"{kpi.en}. {kpi.title}",
            kpi.dimension.value,
            key,
        )
    )


def declare() -> None:
    """Register these functions; once."""
    if "LOYALTY_SERVICE_QUALITY" in FUNCTIONS:
        return
    _kpi("first_response_minutes", (RECEIVED, RESPONDED, HOURS), _responded)
    _kpi("first_contact_resolution", (RESOLVED,), _resolved)
    _kpi("service_quality", (RATERS, DIMENSIONS, PERCEIVED, WEIGHTS), _keyed("service_quality"))
    both = (RATERS, DIMENSIONS, EXPECTED, PERCEIVED, WEIGHTS)
    _kpi("service_quality_gap", both, _keyed("service_quality_gap"))
    _kpi("collection_conduct_rate", (COMPLIANT,), _conduct)
    rated_rows = (RATER_TYPES, RATERS, RATED_ON, DIMENSIONS, EXPECTED, PERCEIVED, WEIGHTS)
    shapes: dict[str, tuple[Callable[..., Any], tuple[Argument, ...]]] = {
        "complaint_control_chart": (_control_chart, (replace(RECEIVED, name="dates"), CLASSES, CYCLE, AS_OF)),
        "service_quality_by_dimension": (_by_dimension, (*rated_rows, CYCLE)),
        "collection_conduct": (_by_agent, (CHECKED_ON, AGENTS, COMPLIANT, CYCLE)),
        "comment_themes": (_themes, (SAID_ON, SAID, THEMES, WORDS, POLARITIES, SOURCE, CYCLE)),
    }
    for key, (answer, arguments) in shapes.items():
        each = catalogue.LISTINGS[key]
        function(
            Function(
                each.worksheet_name,
                (*arguments, INCLUDE),
                answer,
                f"{each.zh}(表,含标题行)",
                f"{each.en} (a table with a header row). {each.title}",
                "tables",
                key,
                table=True,
            )
        )


def _keyed(key: str) -> Callable[..., float]:
    return lambda **given: _rated(key, **given)


__all__ = ["declare"]
