"""Comment themes: what customers speak of in their own words, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.catalogue import listing
from loyalty_xl.rows.ready import collect
from loyalty_xl.vocabulary import Dimension, Level

if TYPE_CHECKING:
    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

UNTAGGED = "untagged"
VERBATIMS, LONGEST = 2, 60  # how many are shown of a theme, and how many characters of each


@listing(
    "comment_themes",
    "A14",
    zh="意见主题",
    en="Comment themes",
    dimension=Dimension.ATTITUDE,
    level=Level.STUDY,
    owner="marketing",
    sheets=("SurveyResponses", "Reviews"),
    frames=("comments", "comment_themes"),
    says="按主题词典归类的意见:各主题占比、净情感和原话(已隐去个人信息);问卷征集的与公开评论分开。",
    columns=(
        "period",
        "source",
        "theme",
        "theme_zh",
        "theme_en",
        "comments",
        "share",
        "positive",
        "negative",
        "net_sentiment",
        "verbatims",
        "dictionary",
    ),
)
def comment_themes(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:  # noqa: ARG001
    """Comments by theme: share, net sentiment and some in the customers' own words, solicited and unsolicited apart.

    Solicited are the reasons and remarks of surveys, unsolicited the public reviews; they are never pooled. The share is of the comments of its source and
    period; a comment on two themes counts once in each, so shares may add up to more than 1. Net sentiment = (praising - fault-finding) / comments of the
    theme, -1 to 1. The row `untagged` holds what no word of the dictionary (page ThemeWords) found: when it grows, the dictionary has aged. The words
    shown are those said most often, with whatever names a person masked. Dictionary counts are rough: irony and unknown words escape them.

    References
    ----------
    Sources S1, S4. Krippendorff, "Content analysis", on dictionaries; PIPL, article 73, on de-identification.
    """
    said, tagged = _placed(collect(ready["comments"]), periods), _placed(collect(ready["comment_themes"]), periods)
    if not len(said):
        return []
    rest = said[said["tagged"] == 0].assign(theme=UNTAGGED, zh="未归类", en="Untagged", sense=0.0)
    wanted = ["period", "source", "theme", "zh", "en", "sense", "text"]
    rows = pd.concat([tagged[wanted], rest[wanted]], ignore_index=True)
    rows = rows.assign(good=rows["sense"] > 0, ill=rows["sense"] < 0)
    counted = rows.groupby(wanted[:5], sort=True).agg(n=("sense", "size"), good=("good", "sum"), ill=("ill", "sum"))
    shown = _said_most(rows)
    whole = said.groupby(["period", "source"], sort=True).agg(n=("text", "size"), version=("version", "first"))
    by_group: dict[Any, list[Any]] = {}
    for (period, source, theme, zh, en), n, good, ill in counted.itertuples(name=None):
        by_group.setdefault((period, source), []).append((theme == UNTAGGED, -n, theme, zh, en, good, ill))
    found = []
    for (period, source), total, version in whole.itertuples(name=None):
        themes = by_group.setdefault((period, source), [])
        if not any(each[0] for each in themes):
            themes.append((True, 0, UNTAGGED, "未归类", "Untagged", 0, 0))
        for untagged, minus, theme, zh, en, good, ill in sorted(themes):
            n = -minus
            found.append(
                {
                    "period": periods[period].label,
                    "source": source,
                    "theme": theme,
                    "theme_zh": zh,
                    "theme_en": en,
                    "comments": int(n),
                    "share": n / total,
                    "positive": None if untagged else int(good),
                    "negative": None if untagged else int(ill),
                    "net_sentiment": None if untagged else (int(good) - int(ill)) / n,
                    "verbatims": shown.get((period, source, theme), ""),
                    "dictionary": version,
                }
            )
    return found


def _placed(rows: pd.DataFrame, periods: list[Period]) -> pd.DataFrame:
    """Give the rows that lie in the periods, with the number of theirs."""
    month = rows["month"].to_numpy()
    place = np.searchsorted([each.first for each in periods], month, side="right") - 1
    stops = np.array([each.stop for each in periods])
    inside = (place >= 0) & (month < stops[place])
    return rows.assign(period=place)[inside]


def _said_most(rows: pd.DataFrame) -> dict[Any, str]:
    """Give, for each period, source and theme, the texts said most often, of equals the longest."""
    counts = rows.groupby(["period", "source", "theme", "text"], sort=False).size().reset_index(name="n")
    texts: dict[Any, list[tuple[int, int, str]]] = {}
    for period, source, theme, text, n in counts.itertuples(index=False, name=None):
        texts.setdefault((period, source, theme), []).append((-n, -len(text), text.replace("\n", " ")))
    return {
        key: " | ".join(
            text if len(text) <= LONGEST else f"{text[:LONGEST]}…" for _, _, text in sorted(each)[:VERBATIMS]
        )
        for key, each in texts.items()
    }
