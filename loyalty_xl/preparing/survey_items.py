"""The single questions of an answered questionnaire: ratings by item, the contact it asks about, its version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.preparing.naming import label_each
from loyalty_xl.rows.survey_items import ITEMS, SCORE_ITEMS
from loyalty_xl.vocabulary import UNASSIGNED

if TYPE_CHECKING:
    import numpy.typing as npt


def item_columns(frame: pd.DataFrame, version: npt.NDArray[Any], transactional: npt.NDArray[Any]) -> dict[str, Any]:
    """Give the columns of `responses` that hold the items; `image` is the mean of an answer's brand image items."""
    ratings = {name: frame[name].to_numpy(dtype=np.float64) for name in (*SCORE_ITEMS, "repurchase_intent")}
    made: dict[str, Any] = {name: each for name, each in ratings.items() if not np.isnan(each).all()}
    image = [each for name, each in made.items() if name.startswith("brand_image")]
    made["has_image"] = np.zeros(len(frame), dtype=np.int64)
    made["image"] = np.full(len(frame), np.nan)
    if image:
        given = ~np.isnan(image)
        made["has_image"] = given.any(axis=0).astype(np.int64)
        with np.errstate(invalid="ignore"):
            made["image"] = np.nansum(image, axis=0) / np.where(given.any(axis=0), given.sum(axis=0), np.nan)
    made["has_item"] = np.logical_or.reduce([frame[name].notna().to_numpy() for name in ITEMS]).astype(np.int64)
    made["transactional"] = transactional.astype(np.int64)
    made["version"] = np.where(pd.isna(version), "", version).astype(str)
    if frame["dont_know_items"].notna().any():
        made["dont_know"] = frame["dont_know_items"].to_numpy(dtype=np.float64)
    if frame["touchpoint"].notna().any():
        labels = label_each(frame["touchpoint"])
        made["touchpoint"] = np.where(labels == UNASSIGNED, "", labels).astype(str)
    if frame["mode"].notna().any():
        labels = label_each(frame["mode"])
        made["mode"] = np.where(labels == UNASSIGNED, "", labels).astype(str)
    return made
