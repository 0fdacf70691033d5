"""Every measure gives the same sums on pandas and on DuckDB: rows and measures say what, never on which engine."""

from __future__ import annotations

from datetime import date

import duckdb
import narwhals as nw
import pandas as pd
import pytest

from loyalty_xl import catalogue, library
from loyalty_xl.inputs import gather
from loyalty_xl.newbook import make_book
from loyalty_xl.pipeline import check
from loyalty_xl.preparing import prepare
from loyalty_xl.rows.ready import Ready
from loyalty_xl.sample import small_company
from loyalty_xl.settings import Settings
from loyalty_xl.summing import sums
from loyalty_xl.turns import cycle_turn, periods_between, rolling_turn, wave_turn, ytd_turn
from loyalty_xl.vocabulary import SEGMENT_DIMS, Calendar, Cycle, Period, month_ordinal
from tests.conftest import TODAY

AS_OF = date(2026, 4, 1)
CALENDAR = Calendar()
library.load()

# What the small company lacks: acquisition channels, contracts, merged customers, blank scores, mixed scales, reworded questions,
# open links, products of complaints, anonymous complaints, cancellations, free orders, refunds of no order.
MORE = {
    "Customers": (
        "customer_id,region_id,tier,acquired_on,acquisition_channel,status,closed_on,contract_end,merged_into",
        lambda row: (
            f"{row[0]},{row[2]},{row[3]},{row[4]},{'web' if row[0] < 'C06' else ''},{row[5]},{row[6]},{'2026-02-10' if row[0] == 'C09' else ''},"
        ),
        ["C13,SOUTH,Gold,2025-01-02,partner,active,,,C03", "C14,,,2025-01-02,partner,active,,2027-01-01,"],
    ),
    "Orders": (
        None,
        None,
        [
            "O28,1,C13,2025-07-02,VASE,1,70,70,0,CNY,sale,,",
            "O29,1,C14,2025-01-03,SCROLL,1,80,80,0,CNY,sale,,",
            "O30,1,C02,2025-10-03,VASE,1,0,0,0,CNY,sale,,NORTH",
            "C900,1,C01,2025-11-12,VASE,-1,1000,-1000,0,CNY,cancel,O19,NORTH",
            "R09,1,C05,2025-12-01,SCROLL,-1,30,-30,0,CNY,refund,,NORTH",
            "O31,1,C08,2026-01-08,ODD,1,90,90,0,CNY,sale,,SOUTH",
        ],
    ),
    "SurveyInvitations": (
        None,
        lambda row: ",".join([*row, "v2" if row[0] == "I13" else "v1", "yes" if row[0] == "I13" else "no"]),
        [],
    ),
    "SurveyResponses": (
        None,
        None,
        [
            "A11,2026-A,I13,C09,2026-03-20,sms,,,7,1-10,10,yes",
            "A12,2026-A,I12,C08,2026-03-21,email,4,,,1-5,100,no",
            "A13,2026-A,,,2026-03-22,web,9,,3,1-5,100,yes",
            "A14,,,C02,2025-09-22,web,2,,,1-5,100,yes",
        ],
    ),
    "Complaints": (
        "complaint_id,customer_id,received_on,channel,class_l1,class_l2,status,closed_on,satisfaction,satisfaction_scale,product_id",
        lambda row: ",".join([*row[:6], row[8], row[9], row[11], row[12], "VASE" if row[0] < "K03" else ""]),
        ["K06,,2026-03-19,web,OTHER,,closed,2026-03-20,8,1-10,SCROLL", "K07,C03,2026-03-21,,,,pending,,,,VASE"],
    ),
}

# Sheets that the small company does not send.
ALSO = {
    "LoyaltyLedger": """entry_id,customer_id,on,kind,points,order_id
L01,C01,2025-01-01,earn,100,O01
L02,C03,2025-02-10,earn,100,O04
L03,C01,2025-06-05,earn,210,O10
L04,C03,2025-06-20,earn,100,O12
L05,C03,2025-06-28,reverse,-25,O12
L06,C07,2025-09-15,adjust,40,
L07,C01,2025-11-11,redeem,-150,
L08,C03,2025-12-31,expire,-60,
L09,C07,2026-03-31,earn,50,O27
""",
    "ServiceRatings": """rating_id,rater_type,customer_id,on,dimension,item_no,expectation,perception,scale,weight
F1,customer,C01,2026-03-05,reliability,1,6,5,1-7,60
F2,customer,C01,2026-03-05,empathy,2,6,7,1-7,40
F3,customer,C02,2026-03-06,reliability,1,,4,1-7,
F4,customer,,2026-02-06,reliability,1,5,4,1-5,
F5,expert,,2026-03-06,tangibles,1,,3,1-7,
""",
    "CollectionAudit": "check_id,agent_id,on,compliant\nJ1,K1,2026-03-05,yes\nJ2,K1,2026-03-06,no\n",
    "Interactions": "interaction_id,customer_id,on,purpose,first_contact_resolved\nG1,C01,2026-03-05,service,yes\nG2,,2026-03-06,,no\n",
}


def judged(folder):
    """Write the sheets that the small company does not send, and when a complaint was first answered."""
    for name, text in ALSO.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    complaints = folder / "Complaints.csv"
    header, *lines = complaints.read_text(encoding="utf-8").strip().split("\n")
    timed = [
        f"{line.strip().replace('2026-03-05', '2026-03-05 09:00')},2026-03-05 09:42"
        if line.startswith("K04")
        else f"{line.strip()},"
        for line in lines
    ]
    complaints.write_text("\n".join([f"{header.strip()},first_response_on", *timed]) + "\n", encoding="utf-8")


ATTEMPTS = [
    "attempt_id,customer_id,contacted_on,reason,outcome,outcome_on",
    "W1,C01,2025-04-10,price,saved,2025-06-05",
    "W2,C02,2025-06-15,,lost,",
    "W3,C03,2025-06-20,quality,pending,",
    "W4,C03,2025-06-28,price,saved,2025-07-01",
    "W5,C05,2026-03-10,,pending,",
]


# What both lack: the market's prices, and rises of the company's own, one of them everywhere and one in a region.
PRICES = {
    "MarketIndex": [
        "product_type,month,price_index,volume_index",
        *(
            f"{kind},{2025 + month // 12}-{month % 12 + 1:02d},{100 + month % 5 * step},{90 + month}"
            for kind, step in (("Porcelain", 3), ("Painting", 5), ("Appraisal", 2))
            for month in range(15)
            if month != 7
        ),
    ],
    "PriceChanges": [
        "change_id,product_id,product_type,region_id,effective_on,old_price,new_price,promo",
        "P01,,Painting,,2025-04-15,500,520,no",
        "P02,,Painting,NORTH,2025-11-15,520,540,no",
        "P03,SCROLL,,,2025-10-01,500,450,yes",
    ],
}


def priced(folder):
    """Write the price sheets beside the others."""
    for name, lines in PRICES.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


# What neither has: what customers do beside what they say. A column of SurveyResponses by answer, and two sheets.
SAID = {
    "repurchase_intent": {"A01": "5", "A02": "4", "A03": "5", "A05": "5", "A06": "1"},
    "follow_up_on": {"A03": "2025-06-15", "A06": "2026-03-20"},
}
DONE = {
    "Referrals": """
referral_id,referrer_id,referee_id,referred_on,status,first_order_id
T1,C01,C10,2025-12-01,purchased,O20
T2,C02,C11,2026-03-01,purchased,
T3,C03,,2026-03-02,invited,
T4,C01,C11,2026-03-03,invited,
T5,C04,,2025-06-14,purchased,O17
T6,C05,,2026-03-05,invalid,
""",
    "BrandEngagement": """
customer_id,occurred_on,type,event_name
C01,2025-06-01,follow,
C02,2025-06-20,event,Preview
C02,2026-03-12,follow,
C02,2026-03-14,unfollow,
C03,2026-03-12,content,Glazes
C06,2026-03-02,community,Panel
,2026-03-02,content,Glazes
""",
}


def deeds(folder):
    """Write what customers do beside what they say."""
    path = folder / "SurveyResponses.csv"
    first, *lines = path.read_text(encoding="utf-8").strip().split("\n")
    lines = [",".join([line.strip(), *(each.get(line.split(",")[0], "") for each in SAID.values())]) for line in lines]
    path.write_text("\n".join([",".join([first.strip(), *SAID]), *lines]) + "\n", encoding="utf-8")
    for name, text in DONE.items():
        (folder / f"{name}.csv").write_text(text.strip() + "\n", encoding="utf-8")


def richer(folder):
    """Write the small company with what it lacks."""
    small_company(folder)
    for name, (header, change, more) in MORE.items():
        path = folder / f"{name}.csv"
        first, *lines = path.read_text(encoding="utf-8").strip().split("\n")
        if name == "SurveyInvitations":
            first += ",survey_version,wording_changed"
        rows = [change(line.strip().split(",")) for line in lines] if change else [line.strip() for line in lines]
        path.write_text("\n".join([header or first.strip(), *rows, *more]) + "\n", encoding="utf-8")


COMPETITORS = """brand,period,promoters,passives,detractors,n,method,scale,region_id
East Hall,2025-H1,40,30,10,80,own_panel,0-10,
East Hall,2025-H2,45,30,15,90,own_panel,0-10,
Old Court,2025,20,20,20,60,own_panel,0-10,
Old Court,2025,25,20,15,60,own_panel,0-10,NORTH
Old Court,2025-Q3,25,20,15,60,public,0-10,SOUTH
"""


def with_competitors_and_image(folder):
    """Add what competitors score, and two questions on the image of the brand to the answers."""
    (folder / "CompetitorNPS.csv").write_text(COMPETITORS, encoding="utf-8")
    path = folder / "SurveyResponses.csv"
    first, *lines = path.read_text(encoding="utf-8").strip().split("\n")
    rated = [f"{line.strip()},{1 + row % 5},{'' if row % 4 == 0 else 2 + row % 3}" for row, line in enumerate(lines)]
    path.write_text("\n".join([f"{first.strip()},brand_image_1,brand_image_2", *rated]) + "\n", encoding="utf-8")


@pytest.fixture(scope="module", params=["small", "richer"])
def sheets(request, tmp_path_factory):
    """The checked sheets of the small company, as it is and with more in it."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "files").mkdir()
    (small_company if request.param == "small" else richer)(folder / "files")
    judged(folder / "files")
    (folder / "files" / "SaveAttempts.csv").write_text("\n".join(ATTEMPTS) + "\n", encoding="utf-8")
    priced(folder / "files")
    deeds(folder / "files")
    with_competitors_and_image(folder / "files")
    make_book(folder / "book.xlsx", "en", folder / "files")
    checked, findings = check(gather(folder / "book.xlsx", today=TODAY), TODAY)
    assert not [each for each in findings if each.code.startswith("E") and each.code not in {"E240", "E250", "E251"}]
    return checked


def on_duckdb(ready):
    """The same frames as DuckDB relations, with nothing derived yet."""
    frames = {name: nw.from_native(duckdb.from_df(frame.to_native())) for name, frame in ready.frames.items()}
    return Ready(frames, ready.as_of, ready.last_month, ready.dims, ready.segments, ready.customers)


def turns_of(prepared):
    """Turns of every window: months, quarters, a year, a range, all, rolling, year to date, waves."""
    first, last = month_ordinal(date(2025, 1, 1)), month_ordinal(date(2026, 3, 1))
    months = periods_between(Cycle.MONTH, first, last, CALENDAR)
    others = [CALENDAR.parse(text) for text in ("2025", "2025-Q4", "2026-Q1", "2025-H1", "2025-12..2026-01")]
    march = months[-1]
    waves = [wave_turn(CALENDAR.parse(text), prepared.waves) for text in ("2025-08", "2026-03")]
    return [
        *(cycle_turn(each) for each in (*months, *others, Period(Cycle.ALL, first, last + 1, "all"))),
        rolling_turn(march),
        ytd_turn(march, CALENDAR),
        *waves,
    ]


def summed(prepared, ready, settings, dims):
    """Sums of all measures by one engine."""
    wanted = [each for each in catalogue.MEASURES.values() if set(dims) & set(each.rows.dims)]
    made = sums(wanted, turns_of(prepared), ready, settings, CALENDAR, AS_OF, dims)
    return made.sort_index().astype("float64"), wanted


def both(sheets, settings, *dims):
    """Sums of all measures by both engines, in one order."""
    prepared = prepare(sheets, settings, AS_OF)
    here, wanted = summed(prepared, prepared.ready, settings, dims)
    there, _ = summed(prepared, on_duckdb(prepared.ready), settings, dims)
    return here, there, wanted, prepared.ready


def test_every_measure_is_equal_on_both_engines(sheets):
    """Each measure has the same sum on pandas and DuckDB, for every turn and segment value."""
    here, there, wanted, ready = both(sheets, Settings(sla_days=7, valid_min_seconds=60), *SEGMENT_DIMS)
    fed = {each.name for each in wanted if each.rows.frame in ready}
    assert fed == set(here.columns) == set(there.columns)
    pd.testing.assert_frame_equal(
        here, there[here.columns], check_index_type=False, rtol=1e-12
    )  # sums in another order


def test_between_them_the_sheets_feed_every_measure(sheets):
    """No measure is left untried: for All each has a column, and all but two kinds have something other than 0."""
    settings = Settings(sla_days=7, min_base_rate=1)
    prepared = prepare(sheets, settings, AS_OF)
    here, wanted = summed(prepared, prepared.ready, settings, ("all",))
    assert {each.name for each in wanted} == set(catalogue.MEASURES) == set(here.columns)
    special = {
        "answers_to_changed_wording",
        "ratings_to_changed_wording",
        "answers_lawful",
        "csat_on_other_scale",
        "ratings_on_other_scale",
        "unclassified_complaints",
        "rows_imputed",
        "reactivated",
        "came_back",
        "at_risk",
        "value_at_risk",
        "uncompared_buyers",
        "own_nps_of_mixed_wording",
        "image_on_other_scale",
        "image_to_changed_wording",
    }
    silent = {name for name in here.columns if not here[name].fillna(0).abs().sum() > 0}
    assert silent <= special


@pytest.mark.parametrize(
    "changed",
    [  # settings of orders beside settings of answers: they form different rows
        {"cancellations": "drop", "nps_dup_policy": "first", "churn_window_days": 90},
        {
            "cancellations": "keep",
            "occasion_unit": "day",
            "csat_scale": "1-10",
            "csat_top_box": 3,
            "nps_promoter_min": 8,
            "new_customer_window_days": 30,
        },
        {
            "refund_basis": "original_order",
            "count_fully_refunded": True,
            "nps_dup_policy": "all",
            "cac_scope": "acquisition",
            "cac_lag_cycles": 1,
            "decline_periods": 2,
        },
        {"zero_value_orders": "count", "occasion_unit": "day"},
    ],
    ids=str,
)
@pytest.mark.parametrize("sheets", ["richer"], indirect=True, scope="module")
def test_settings_do_not_part_the_engines(sheets, changed):
    """Whatever the settings make of the rows, both engines make the same."""
    here, there, _, _ = both(sheets, Settings(**changed), "all")
    pd.testing.assert_frame_equal(here, there[here.columns], check_index_type=False, rtol=1e-12)


@pytest.mark.parametrize(
    "key",
    [
        "cohorts",
        "customer_states",
        "complaint_mix",
        "response_by_channel_and_incentive",
        "cac_by_channel",
        "revenue_bridge",
        "early_warning",
        "early_warning_validation",
        "leaving_reasons",
        "price_change_elasticity",
        "price_segments",
        "promise_kept",
        "questionnaires",
        "closed_loop",
        "engagement_mix",
    ],
)
def test_listings_are_equal_on_both_engines(sheets, key):
    """Tables come out the same, in the same order."""
    settings = Settings()
    prepared = prepare(sheets, settings, AS_OF)
    periods = periods_between(Cycle.QUARTER, month_ordinal(date(2025, 1, 1)), month_ordinal(date(2026, 3, 1)), CALENDAR)
    function = catalogue.LISTINGS[key].function
    here, there = function(prepared.ready, settings, periods), function(on_duckdb(prepared.ready), settings, periods)
    assert here
    assert here == there
