"""KPIs that tell of one another: where one is taken out, its family is taken out too."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """KPIs with one base, or of which one can be worked out from the others."""

    name: str
    kpis: frozenset[str]
    because: str  # the base they share, the identity that ties them
    follows: tuple[
        str, ...
    ] = ()  # families before it: where one of theirs is taken out, so are these; not the other way round


def _family(name: str, kpis: str, because: str, *follows: str) -> Family:
    return Family(name, frozenset(kpis.split()), because, follows)


KPI_FAMILIES = (
    _family(
        "recommendation",
        "nps promoter_share passive_share detractor_share nps_gap nps_rank nps_z_score",
        "NPS = promoters - detractors; the three shares add up to 1; the gap is NPS less what competitors publish",
    ),
    _family(
        "satisfaction", "csat csat_top_two csat_index", "the index is the mean on another scale; all count csat_answers"
    ),
    _family(
        "responses",
        "response_rate valid_response_rate response_validity",
        "valid-response rate = response rate x validity of answers",
    ),
    _family(
        "buyers",
        "repeat_purchase_rate returning_customer_share purchase_frequency average_spend median_spend trimmed_average_spend referral_rate",
        "all count active_customers",
    ),
    _family(
        "base",
        "customer_base customer_growth_rate retention_rate purchase_retention_rate churn_rate churn_rate_average_base "
        "churn_rate_all_customers lifetime_repeat_rate enrolment_rate engagement_rate complaining_customer_share wallet_coverage",
        "retention = 1 - churn; base at the end = base at the start x (1 + growth); the churn rates have one numerator, and the last "
        "of them counts buyers_to_date as lifetime repeat rate does; all others count the base at the start or at the end",
    ),
    _family(
        "acquisition",
        "new_customers_per_month cac cac_payback_months referred_customer_share",
        "all count new_customers, and new customers per month is their number",
    ),
    _family(
        "lifetime",
        "clv discounted_clv clv_to_cac",
        "CAC = discounted CLV / (CLV to CAC - 1); CLV holds CAC, and they count the base at the start",
        "base",
        "acquisition",
    ),
    _family("orders", "average_order_value anonymous_revenue_share complaint_rate", "all count occasions"),
    _family(
        "risk",
        "at_risk_customers at_risk_share at_risk_value",
        "at-risk share x its base = at-risk customers, whom the value counts",
    ),
    _family("revenue", "gross_revenue_retention net_revenue_retention", "both count previous_payers"),
    _family("price rise", "keep_buying_rate keep_buying_difference", "both count buyers_before_rise"),
    _family("elasticity", "price_elasticity price_insensitivity", "one is worked out from the other"),
    _family(
        "complaints",
        "unclassified_complaint_share complaint_resolution_rate resolution_within_sla",
        "all count complaints",
    ),
    _family("resolution", "resolution_days resolution_days_p90", "both count closed_complaints"),
    _family("complainers", "complainer_satisfaction complainer_satisfied_share", "both count rated_complaints"),
    _family("members", "points_per_spend member_repeat_lift", "both count buying_members"),
    _family("rows", "validity uniqueness imputed_share", "all count rows_received"),
)

__all__ = ["KPI_FAMILIES", "Family"]
