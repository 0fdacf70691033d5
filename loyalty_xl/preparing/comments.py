"""What customers say in their own words, sorted into themes and masked: asked for (surveys), and not asked for (reviews)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loyalty_xl.masking import mask
from loyalty_xl.preparing.naming import day_numbers, month_numbers, plain_texts
from loyalty_xl.rows.ready import NEVER
from loyalty_xl.theme_words import DEFAULT, VERSION, ThemeWord
from loyalty_xl.theming import dictionary

if TYPE_CHECKING:
    from loyalty_xl.preparing.naming import Given, Made

SOLICITED, UNSOLICITED = "solicited", "unsolicited"
FIELDS = (
    ("SurveyResponses", "answered_on", "recommend_reason", SOLICITED),
    ("SurveyResponses", "answered_on", "comment", SOLICITED),
    ("Reviews", "on", "text", UNSOLICITED),
)
SENSES = {"positive": 1, "negative": -1}
OF_OURS = f"built-in {VERSION}"


def frames(given: Given) -> dict[str, Made]:
    """Give `comments`, one row each, and `comment_themes`, one for each theme of a comment."""
    parts = [_of(given.frames[sheet], *rest) for sheet, *rest in FIELDS if sheet in given.frames]
    if not parts:
        return {}
    said = pd.concat(parts, ignore_index=True)
    words, version = theme_words(given.frames.get("ThemeWords"))
    return {name: (frame, ("all",)) for name, frame in sorted_comments(said, words, version).items()}


def _of(frame: pd.DataFrame, date: str, field: str, source: str) -> pd.DataFrame:
    texts = frame[field].astype(object)
    rows = texts.notna().to_numpy()
    days = day_numbers(frame[date][rows], NEVER)
    return pd.DataFrame({"month": month_numbers(days), "source": source, "text": texts[rows].astype(str).to_numpy()})


def theme_words(frame: pd.DataFrame | None) -> tuple[tuple[ThemeWord, ...], str]:
    """Give the words in use and their version: the company's own, else those that come with the product."""
    if frame is None or not len(frame):
        return DEFAULT, OF_OURS
    texts = {
        name: frame[name].astype(object).where(frame[name].notna(), "")
        for name in ("theme", "zh", "en", "word", "polarity")
    }
    words = tuple(
        ThemeWord(str(theme).strip(), str(zh), str(en), str(word), SENSES.get(str(polarity), 0))
        for theme, zh, en, word, polarity in zip(*texts.values(), strict=True)
    )
    versions = sorted({str(each) for each in frame["version"].dropna()})
    return words, versions[-1] if versions else ""


def sorted_comments(said: pd.DataFrame, words: tuple[ThemeWord, ...], version: str) -> dict[str, pd.DataFrame]:
    """Sort comments (month, source, text) into themes; each distinct text is read once."""
    known = dictionary(words)
    place, texts = pd.factorize(said["text"])
    readings = [known.read(str(text)).themes for text in texts]
    masked = np.array([mask(str(text)) for text in texts], dtype=object)
    comments = pd.DataFrame(
        {
            "comment": np.arange(len(said), dtype=np.int64),
            "month": said["month"].to_numpy(dtype=np.int64),
            "source": said["source"].to_numpy(),
            "tagged": np.array([float(bool(each)) for each in readings] or [0.0])[place] if len(said) else np.zeros(0),
            "text": masked[place] if len(said) else np.zeros(0, dtype=object),
            "version": np.full(len(said), version, dtype=object),
        }
    )
    pairs = [(each, theme, sense) for each, reading in enumerate(readings) for theme, sense in reading.items()]
    tags = pd.DataFrame(pairs, columns=["place", "theme", "sense"]).astype({"place": np.int64, "sense": np.float64})
    tags = pd.DataFrame({"comment": comments["comment"], "place": place}).merge(tags, on="place").drop(columns="place")
    tags = tags.merge(comments[["comment", "month", "source", "text"]], on="comment")
    tags["zh"] = [known.names[theme][0] or theme for theme in tags["theme"]]
    tags["en"] = [known.names[theme][1] or theme for theme in tags["theme"]]
    return {"comments": plain_texts(comments), "comment_themes": plain_texts(tags)}
