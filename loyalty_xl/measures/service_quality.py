"""How service is judged: how soon it answers, whether it solves at once, how it is rated, how it collects information."""

from __future__ import annotations

import numpy as np

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.ready import each, when
from loyalty_xl.rows.service_quality import AUDITS, CONTACTS_SOLVED, FIRST_RESPONSES, RATERS

timed_responses = measure("timed_responses", FIRST_RESPONSES, lambda row, _: ~row.response_minutes.is_null())
middle_response_minutes = measure(
    "middle_response_minutes", FIRST_RESPONSES, lambda row, _: row.response_minutes, statistic=np.median
)
solved_contacts = measure("solved_contacts", CONTACTS_SOLVED, lambda _row, _: each())
solved_at_first_contact = measure("solved_at_first_contact", CONTACTS_SOLVED, lambda row, _: row.at_first_contact)

quality_raters = measure("quality_raters", RATERS, lambda _row, _: each())
quality_sum = measure("quality_sum", RATERS, lambda row, _: row.quality)
quality_squared = measure("quality_squared", RATERS, lambda row, _: row.quality * row.quality)
gap_raters = measure("gap_raters", RATERS, lambda row, _: ~row.gap.is_null())
gap_sum = measure("gap_sum", RATERS, lambda row, _: row.gap)
gap_squared = measure("gap_squared", RATERS, lambda row, _: row.gap * row.gap)
# Numbers of the scales: their variance is zero exactly where all raters used one scale.
scale_sum = measure("scale_sum", RATERS, lambda row, _: row.scale)
scale_squared = measure("scale_squared", RATERS, lambda row, _: row.scale * row.scale)
gap_scale_sum = measure("gap_scale_sum", RATERS, lambda row, _: when(row.gap.is_null(), 0.0, row.scale))
gap_scale_squared = measure(
    "gap_scale_squared", RATERS, lambda row, _: when(row.gap.is_null(), 0.0, row.scale * row.scale)
)

checks = measure("checks", AUDITS, lambda _row, _: each())
compliant_checks = measure("compliant_checks", AUDITS, lambda row, _: row.compliant)
