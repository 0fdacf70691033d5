"""Who filled in a questionnaire on service quality, where the sheet has one row for each question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

USUAL_SCALE = "1-7"


def scales_of(frame: pd.DataFrame) -> NDArray[np.object_]:
    """Give the scale of each row, the original's where none is named."""
    scale = frame["scale"].astype(object)
    named: NDArray[np.object_] = scale.where(scale.notna(), USUAL_SCALE).to_numpy()
    return named


def raters_of(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Number the raters: a customer (or an expert) on one day and one scale.

    Raters without a number are told apart by the questions that come again: the second answer to question 7 of a day is the second rater's.
    """
    customer = frame["customer_id"].cat.codes.to_numpy().astype(np.int64)
    item = frame["item_no"].fillna(0).to_numpy(dtype=np.float64)
    rows = pd.DataFrame(
        {
            "expert": (frame["rater_type"].astype(object) == "expert").to_numpy(),
            "customer": customer,
            "day": frame["on"].to_numpy().astype("datetime64[D]").astype(np.int64),
            "scale": pd.factorize(scales_of(frame))[0],
            "dimension": frame["dimension"].cat.codes.to_numpy(),
            "item": item,
        }
    )
    again = rows.groupby(["expert", "customer", "day", "scale", "dimension", "item"], sort=False).cumcount().to_numpy()
    rows["turn"] = np.where((customer < 0) & (item > 0), again, 0)
    numbered = rows.groupby(["expert", "customer", "day", "scale", "turn"], sort=False).ngroup()
    return numbered.to_numpy().astype(np.int64)
