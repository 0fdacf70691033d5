"""The catalogue is complete: every KPI says what it is, reads measures that exist, and carries the key that was promised."""

from __future__ import annotations

import inspect
import re

import pytest

from loyalty_xl import catalogue, library
from loyalty_xl.catalogue import Ratio, Sum, Withheld, kpi, measure, require
from loyalty_xl.contracts.control_plan import DEFINED
from loyalty_xl.evaluating import MONTHS, Wiring
from loyalty_xl.formulas import functions
from loyalty_xl.publish.dictionary import defined, definition
from loyalty_xl.scoring import SCORES
from loyalty_xl.settings import SETTINGS, Settings
from loyalty_xl.talk import kpi_json
from loyalty_xl.vocabulary import Better, Dimension, Level, Reason, Unit, Window

KPIS = library.load()
CJK = re.compile(r"[\u4e00-\u9fff]")
CODES = {  # kpis.md, section 0: what this release carries
    "B0": ["customer_base"],
    "B1": ["repeat_purchase_rate"],
    "B2": ["returning_customer_share"],
    "B3": ["repurchase_rate"],
    "B4": ["lifetime_repeat_rate"],
    "B5": ["purchase_frequency", "purchase_gap_days"],
    "B6": ["average_spend", "median_spend", "trimmed_average_spend"],
    "B7": ["average_order_value", "anonymous_revenue_share"],
    "B8": ["spend_decline_share"],
    "B9": ["share_of_wallet", "wallet_coverage", "wallet_shares", "wallet_competitors"],
    "B10": ["new_customers_per_month"],
    "B11": ["customer_growth_rate"],
    "B12": ["customer_states"],
    "B13": ["rfm", "rfm_groups"],
    "A1": ["nps", "promoter_share", "passive_share", "detractor_share"],
    "A2": ["csat", "csat_top_two", "csat_index"],
    "A3": ["referral_rate", "referral_success_rate", "referred_customer_share"],
    "A4": ["recommendation_index", "promise_kept"],
    "A5": ["repurchase_intention", "intention_kept"],
    "A6": ["nps_gap", "nps_rank", "nps_z_score", "competitor_nps"],
    "A7": ["closed_loop_rate", "closed_loop_days", "detractor_recovery_rate", "detractor_reason_share", "closed_loop"],
    "A8": ["drivers"],
    "A9": ["promoter_activation_rate"],
    "A10": ["engagement_rate", "engagement_mix"],
    "A11": ["response_rate", "response_rate_delivered", "questionnaires"],
    "A12": ["valid_response_rate", "response_validity"],
    "A13": ["response_by_channel_and_incentive", "cost_per_valid_response"],
    "A14": ["comment_themes"],
    "A15": ["touchpoints"],
    "A16": ["brand_image"],
    "A17": ["scale_reliability"],
    "R1": ["retention_rate", "purchase_retention_rate"],
    "R2": ["churn_rate", "churn_rate_all_customers", "churn_rate_average_base"],
    "R3": ["new_customer_retention"],
    "R4": ["new_customer_watch"],
    "R5": ["cohorts"],
    "R6": ["early_warning"],
    "R7": ["early_warning_validation"],
    "R8": ["at_risk_customers", "at_risk_share", "at_risk_value"],
    "R9": ["leaving_reasons"],
    "R10": ["save_rate"],
    "R11": ["reactivation_rate"],
    "R12": ["gross_revenue_retention", "net_revenue_retention", "revenue_bridge"],
    "P1": ["price_change_elasticity"],
    "P2": ["price_elasticity", "price_segments"],
    "P3": ["keep_buying_rate", "keep_buying_difference"],
    "P4": ["price_insensitivity"],
    "C1": ["complaint_rate", "complaining_customer_share"],
    "C2": ["complaint_mix", "unclassified_complaint_share"],
    "C3": ["complaint_resolution_rate", "resolution_within_sla", "resolution_days"],
    "C4": ["complaint_control_chart"],
    "C5": ["complainer_satisfaction"],
    "C6": ["service_quality_gap", "service_quality", "service_quality_by_dimension"],
    "C7": ["first_response_minutes", "first_contact_resolution"],
    "C8": ["collection_conduct_rate", "collection_conduct"],
    "V1": ["clv", "discounted_clv", "predicted_clv", "predicted_clv_fit"],
    "V2": ["cac", "cac_by_channel"],
    "V3": ["clv_to_cac", "cac_payback_months"],
    "L1": ["enrolment_rate"],
    "L2": ["active_member_share"],
    "L3": ["points_per_spend"],
    "L4": ["redemption_rate"],
    "L5": ["points_liability"],
    "L6": ["member_repeat_lift"],
    "Q1": ["completeness"],
    "Q2": ["validity"],
    "Q3": ["uniqueness"],
    "Q4": ["imputed_share"],
    "Q5": ["consent_rate"],
    "T1": ["smart_check"],
    "T4": ["plan_progress", "improvement"],
}
CORE = {  # kpis.md, "The default Scorecard", less what needs sheets of later releases
    "customer_base",
    "new_customers_per_month",
    "repeat_purchase_rate",
    "purchase_frequency",
    "average_spend",
    "share_of_wallet",
    "nps",
    "csat_top_two",
    "valid_response_rate",
    "retention_rate",
    "churn_rate",
    "new_customer_retention",
    "save_rate",
    "keep_buying_rate",
    "complaint_rate",
    "complainer_satisfaction",
}
ROLLING = {"repeat_purchase_rate", "purchase_frequency", "average_spend", "retention_rate", "churn_rate"}
WAVES = {"nps", "promoter_share", "passive_share", "detractor_share", "csat", "csat_top_two", "csat_index"} | {
    "recommendation_index",
    "repurchase_intention",
    "closed_loop_rate",
    "closed_loop_days",
    "detractor_recovery_rate",
    "detractor_reason_share",
    "promoter_activation_rate",
    "nps_gap",
    "nps_rank",
    "nps_z_score",
    "brand_image",
}  # what is asked in a survey, and what is set beside it, is read off its latest wave

each_kpi = pytest.mark.parametrize("each", KPIS.values(), ids=list(KPIS))
each_listing = pytest.mark.parametrize("each", catalogue.LISTINGS.values(), ids=list(catalogue.LISTINGS))


def section(definition, name):
    """Text below a numpydoc heading of a definition."""
    found = re.search(rf"^{name}\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", definition, re.MULTILINE | re.DOTALL)
    return found[1].strip("\n") if found else ""


def described(definition):
    """Parameters of a definition: name -> its text. `a, b` describes both."""
    found = {}
    for names, text in re.findall(r"^(\w[\w, ]*)\n((?:    .*\n?)+)", section(definition, "Parameters"), re.MULTILINE):
        found |= dict.fromkeys((name.strip() for name in names.split(",")), text)
    return found


@pytest.mark.parametrize(("code", "key"), [(code, key) for code, keys in CODES.items() for key in keys])
def test_every_promised_key_is_there_under_its_code(code, key):
    """Each key of the literature table that this release carries is a KPI or a listing, with its code."""
    found = KPIS.get(key) or catalogue.LISTINGS.get(key)
    assert found is not None, key
    assert found.code == code


def test_nothing_is_there_under_a_code_that_was_not_promised():
    """Every KPI and listing belongs to a code of the literature table."""
    assert {each.code for each in (*KPIS.values(), *catalogue.LISTINGS.values())} == set(CODES)


def test_the_default_scorecard_has_its_core():
    """Core are the lines of the default Scorecard that this release feeds."""
    assert {each.key for each in KPIS.values() if each.level is Level.CORE} == CORE


def test_windows_are_those_of_g4():
    """Customers over time (B1, B5, B6, R1, R2, P3), money over time (R12, V1, V3) and the programme (L2, L4, L6) look back 12 months, A1 and A2 at the latest wave."""
    windows = {each.key: each.window for each in KPIS.values()}
    assert {key for key, window in windows.items() if window is Window.LATEST_WAVE} == WAVES
    rolling = {key for key, window in windows.items() if window is Window.ROLLING_12M}
    assert rolling >= ROLLING
    assert {KPIS[key].code for key in rolling} <= {
        "B1",
        "B5",
        "B6",
        "R1",
        "R2",
        "R12",
        "V1",
        "V3",
        "L2",
        "L4",
        "L6",
        "P3",
    }


def test_looking_ahead_is_said_of_b3_r3_r4_and_r10():
    """KPIs that look ahead say how far (G5)."""
    assert {each.key: each.lag for each in KPIS.values() if each.lag} == {
        "repurchase_rate": "next",
        "new_customer_retention": "new_customer_year_days",
        "new_customer_watch": "new_customer_window_days",
        "save_rate": "save_window_days",
        "intention_kept": "intention_days",
    }


@each_kpi
def test_a_kpi_has_level_labels_and_a_chinese_sentence(each):
    """Level, unit, direction and department are given; labels in both languages; the definition in one Chinese sentence."""
    assert isinstance(each.level, Level)
    assert isinstance(each.unit, Unit)
    assert isinstance(each.better, Better)
    assert isinstance(each.dimension, Dimension)
    assert CJK.search(each.zh)
    assert each.en
    assert not CJK.search(each.en)
    assert CJK.search(each.says)
    assert each.says.endswith("。")
    assert each.owner in {"marketing", "analytics", "service", "sales"}
    assert (each.label("zh"), each.label("en"), each.label("both")) == (each.zh, each.en, f"{each.zh} {each.en}")


def test_labels_are_not_shared():
    """No two KPIs have the same label in either language."""
    for labels in ([each.zh for each in KPIS.values()], [each.en for each in KPIS.values()]):
        assert len(set(labels)) == len(labels)


@each_kpi
def test_a_definition_is_whole(each):
    """The definition has a first sentence, parameters, references and an example; a formula unless it is a statistic of its one measure."""
    assert each.title.endswith((".", "]"))
    for name in ("Parameters", "References", "Examples"):
        assert section(each.definition, name), name
    statistic = any(catalogue.MEASURES[name].statistic for name in each.measures if name != MONTHS)
    formula = re.search(r"^    \S.* = \S", each.definition.split("Parameters")[0], re.MULTILINE)
    assert statistic or formula


@each_kpi
def test_a_definition_names_each_parameter_with_its_unit(each):
    """Each parameter of the function is described, and its text ends with the unit in brackets; nothing else is described."""
    texts = described(each.definition)
    assert set(texts) - {"settings"} == set(each.measures)
    for name, text in texts.items():
        assert re.search(r"\[[^\]]+\]\s*$", text), f"{name}: {text!r}"


@each_kpi
def test_an_example_gives_a_value(each):
    """The example calls the function by its own name."""
    assert f">>> {each.function.__name__}(" in section(each.definition, "Examples")


@each_kpi
def test_every_measure_read_exists(each):
    """Value, interval and base read measures that exist; only the length of the turn is no measure."""
    assert set(each.all_measures) - {MONTHS} <= set(catalogue.MEASURES)
    assert Wiring(each).sheets or each.dimension is Dimension.QUALITY


@each_kpi
def test_every_setting_named_exists(each):
    """The settings a KPI or its measures read are settings."""
    assert Wiring(each).settings <= set(SETTINGS)
    if each.scale:
        assert each.scale in SETTINGS


@each_kpi
def test_limits_fit_the_unit(each):
    """A share that has limits lies between 0 and 1, points between -100 and 100."""
    assert each.low is None or each.high is None or each.low < each.high
    if each.unit is Unit.SHARE:
        assert (each.low, each.high) in {(0.0, 1.0), (0.0, 2.0), (0.0, None), (None, None)}
    if each.unit is Unit.POINTS:
        assert (each.low, each.high) in {
            (-100.0, 100.0),
            (0.0, 100.0),
            (-200.0, 200.0),
        }  # the last: a gap of two scores


@each_kpi
def test_a_worksheet_name_does_not_read_as_a_cell(each):
    """The worksheet name is LOYALTY_ and the key in capitals, short enough for Excel, and no A1 or R1C1 address."""
    name = each.worksheet_name
    assert name == f"LOYALTY_{each.key.upper()}"
    assert re.fullmatch(r"LOYALTY_[A-Z][A-Z0-9_]*", name)
    assert len(name) <= 64
    assert not re.fullmatch(r"[A-Z]{1,3}[0-9]{1,7}", name)
    assert not re.fullmatch(r"R[0-9]*C[0-9]*", name)


@each_kpi
def test_a_key_does_not_read_as_a_cell(each):
    """The key is lower case words; as a defined name it could not be taken for a cell."""
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", each.key)
    assert not re.fullmatch(r"[a-z]{1,3}[0-9]{1,7}|r[0-9]*c?[0-9]*|c[0-9]*", each.key)


def test_no_measure_is_unused():
    """Every measure is read by a KPI, but for the two by which tests/test_laws.py proves that the base adds up."""
    read = {name for each in KPIS.values() for name in each.all_measures}
    assert set(catalogue.MEASURES) - read == {"new_in_base", "reactivated"}


def test_a_measure_reads_columns_that_its_rows_declare():
    """What a measure reads, its rows say where it comes from: else rejected cells (G17) could not be judged."""
    undeclared = {
        (name, column)
        for name, each in catalogue.MEASURES.items()
        for column in each.reads
        if column not in each.rows.columns
    }
    assert undeclared == set()


def test_rows_speak_of_fields_that_the_contracts_have():
    """Every sheet field that rows name exists."""
    from loyalty_xl.contracts import everything

    fields = {f"{contract.name}.{field}" for contract in everything() for field in contract.names}
    named = {
        place
        for rows in catalogue.ROWS.values()
        for places in (rows.always, *rows.columns.values())
        for place in places
    }
    assert named <= fields


@each_listing
def test_a_listing_is_documented(each):
    """A table has labels in both languages, a definition with references, columns and sheets."""
    assert CJK.search(each.zh)
    assert each.en
    assert section(each.definition, "References")
    assert each.columns
    assert each.sheets
    reads = ["scored"] if each.scored else ["ready", "settings", "periods"]
    assert list(inspect.signature(each.function).parameters) == reads


def test_two_kpis_cannot_share_a_key():
    """A second KPI, or measure, of the same name is refused."""
    with pytest.raises(ValueError, match="defined twice"):
        kpi("nps", "A1", zh="x", en="x", unit=Unit.POINTS, better=Better.HIGHER, dimension=Dimension.ATTITUDE)(
            lambda answers: answers
        )
    with pytest.raises(ValueError, match="defined twice"):
        measure("answers", catalogue.MEASURES["answers"].rows, lambda row, _: row.csat)


def test_a_quotient_keeps_its_parts():
    """Sums stay sums under plus, minus and times; a division remembers numerator and denominator."""
    value = (Sum(5) - Sum(2) + 1) * 2 / Sum(16)
    assert isinstance(value, Ratio)
    assert (float(value), value.numerator, value.denominator) == (0.5, 8.0, 16.0)
    assert isinstance(10 - Sum(4), Sum)
    assert 10 - Sum(4) == 6
    assert 100 * Sum(2) / Sum(4) == 50


def test_dividing_by_nothing_withholds_the_value():
    """Nobody in the denominator is a reason, not an error and not 0; what would have been divided is kept."""
    with pytest.raises(Withheld) as withheld:
        1000 * Sum(5) / Sum(0)
    assert (withheld.value.reason, withheld.value.numerator) == (Reason.NO_DENOMINATOR, 5000)


def test_a_condition_withholds_for_its_reason():
    """`require` lets pass what holds and gives the reason otherwise."""
    require(True, Reason.MATURING)
    with pytest.raises(Withheld) as withheld:
        require(False, Reason.MATURING)
    assert withheld.value.reason is Reason.MATURING


# ---- completeness: what every key must have

EVERY = {**KPIS, **catalogue.LISTINGS, **SCORES}
LITERATURE = (  # kpis.md, section 0
    "customer_base repeat_purchase_rate returning_customer_share repurchase_rate lifetime_repeat_rate purchase_frequency purchase_gap_days "
    "average_spend median_spend trimmed_average_spend average_order_value anonymous_revenue_share spend_decline_share share_of_wallet "
    "wallet_coverage new_customers_per_month customer_growth_rate customer_states rfm nps promoter_share passive_share detractor_share csat "
    "csat_top_two csat_index referral_rate referral_success_rate referred_customer_share recommendation_index repurchase_intention "
    "intention_kept nps_gap nps_rank nps_z_score closed_loop_rate closed_loop_days detractor_recovery_rate drivers promoter_activation_rate "
    "detractor_reason_share engagement_rate response_rate response_rate_delivered valid_response_rate response_validity "
    "response_by_channel_and_incentive cost_per_valid_response comment_themes touchpoints brand_image scale_reliability "
    "new_customer_retention new_customer_watch cohorts early_warning early_warning_validation at_risk_customers at_risk_share at_risk_value "
    "leaving_reasons save_rate reactivation_rate gross_revenue_retention net_revenue_retention price_change_elasticity price_elasticity "
    "keep_buying_rate price_insensitivity complaint_rate complaining_customer_share complaint_mix unclassified_complaint_share "
    "complaint_resolution_rate resolution_within_sla resolution_days complaint_control_chart complainer_satisfaction service_quality_gap "
    "service_quality first_response_minutes first_contact_resolution collection_conduct_rate clv discounted_clv predicted_clv cac clv_to_cac "
    "cac_payback_months enrolment_rate active_member_share points_per_spend redemption_rate points_liability member_repeat_lift completeness "
    "validity uniqueness imputed_share consent_rate smart_check attainment status plan_progress change loyalty_score retention_rate "
    "purchase_retention_rate churn_rate churn_rate_all_customers churn_rate_average_base"
)
KEYS = LITERATURE.split()


@pytest.mark.parametrize("key", EVERY)
def test_every_key_is_complete(key):
    """Each key has code, labels, a sentence, definition, formula, source, unit, range, direction, inputs, and its row in the dictionary."""
    each = EVERY[key]
    row = definition(key, Settings())
    assert set(row) == set(DEFINED)
    assert all(row.values()), row
    assert key in defined()
    assert CJK.search(each.zh)
    assert each.en
    assert not CJK.search(each.en)
    assert CJK.search(each.says)
    assert each.says.endswith("。")
    assert section(each.definition, "References")
    assert row["formula"]
    assert each.worksheet_name in functions()


@pytest.mark.parametrize("key", [*KPIS, *SCORES])
def test_every_value_has_a_worked_example(key):
    """Each KPI and score has an example with its answer, which the documentation tests run; a KPI has level and window too."""
    each = EVERY[key]
    assert re.search(r"^>>> .+\n\S", section(each.definition, "Examples"), re.MULTILINE)
    if key in KPIS:
        assert isinstance(each.level, Level)
        assert isinstance(each.window, Window)


@pytest.mark.parametrize("key", EVERY)
def test_what_the_command_tells_is_complete(key):
    """`kpis --all --json` gives each key its level, label, formula, source, range, direction, window, worked example and dictionary row."""
    told = kpi_json(EVERY[key])
    wanted = ("zh", "en", "level", "formula", "source", "range", "better", "window", "unit", "example", "dictionary")
    assert not [name for name in wanted if not told[name]]
    assert "#" not in told["example"].split("\n")[-1][:1]


def test_every_key_of_the_literature_table_is_there():
    """All keys of kpis.md, section 0, are in the catalogue."""
    assert set(KEYS) - set(EVERY) == set()


def test_the_literature_table_is_whole():
    """Each key stands in it once."""
    assert len(KEYS) == len(set(KEYS)) == 111
