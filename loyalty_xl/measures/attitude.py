"""What customers said."""

from __future__ import annotations

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.ready import each, when
from loyalty_xl.rows.surveys import ANSWERS, INVITATIONS

answers = measure("answers", ANSWERS, lambda row, _: ~row.recommend_score.is_null())
promoters = measure("promoters", ANSWERS, lambda row, setting: row.recommend_score >= setting.nps_promoter_min)
detractors = measure("detractors", ANSWERS, lambda row, setting: row.recommend_score <= setting.nps_detractor_max)
passives = measure(
    "passives",
    ANSWERS,
    lambda row, setting: (
        (row.recommend_score > setting.nps_detractor_max) & (row.recommend_score < setting.nps_promoter_min)
    ),
)
answers_to_changed_wording = measure("answers_to_changed_wording", ANSWERS, lambda row, _: row.other_wording > 0)

csat_answers = measure("csat_answers", ANSWERS, lambda row, _: ~row.csat.is_null())
csat_sum = measure("csat_sum", ANSWERS, lambda row, _: row.csat)
csat_squared = measure("csat_squared", ANSWERS, lambda row, _: row.csat * row.csat)
csat_on_other_scale = measure(
    "csat_on_other_scale",
    ANSWERS,
    lambda row, setting: ~row.csat.is_null() & (row.csat_high != float(setting.csat_scale.split("-")[1])),
)
satisfied = measure("satisfied", ANSWERS, lambda row, setting: row.csat > row.csat_high - setting.csat_top_box)
csat_indexed = measure(
    "csat_indexed", ANSWERS, lambda row, _: 100 * (row.csat - row.csat_low) / (row.csat_high - row.csat_low)
)
csat_indexed_squared = measure(
    "csat_indexed_squared",
    ANSWERS,
    lambda row, _: 10_000 * ((row.csat - row.csat_low) / (row.csat_high - row.csat_low)) ** 2,
)

invited = measure("invited", INVITATIONS, lambda _row, _: each())
delivered = measure("delivered", INVITATIONS, lambda row, _: row.delivered)
returned = measure("returned", INVITATIONS, lambda row, _: row.answers > 0)
returned_of_delivered = measure(
    "returned_of_delivered", INVITATIONS, lambda row, _: when(row.answers > 0, row.delivered)
)
valid_answers = measure("valid_answers", INVITATIONS, lambda row, _: row.is_valid)
incentive_cost = measure("incentive_cost", INVITATIONS, lambda row, _: row.incentive_cost)
