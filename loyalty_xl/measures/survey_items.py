"""What customers said to single questions."""

from __future__ import annotations

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.ready import each
from loyalty_xl.rows.survey_items import IMAGE_ANSWERS

image_sum = measure("image_sum", IMAGE_ANSWERS, lambda row, _: row.image)
image_squared = measure("image_squared", IMAGE_ANSWERS, lambda row, _: row.image * row.image)
image_answers = measure("image_answers", IMAGE_ANSWERS, lambda _row, _: each())
image_on_other_scale = measure(
    "image_on_other_scale", IMAGE_ANSWERS, lambda row, setting: row.csat_high != float(setting.csat_scale.split("-")[1])
)
image_to_changed_wording = measure("image_to_changed_wording", IMAGE_ANSWERS, lambda row, _: row.other_wording > 0)
