"""The page Diagnosis tells dimensions, data and model apart, and says in words which to look at first."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from loyalty_xl.pipeline import Refresh
from loyalty_xl.publish.diagnosis import diagnosis_rows


def rows_of(made: Refresh, language: str = "en", **changed) -> dict[tuple[str, str], list]:
    """Rows of the page by part and item, under some tables or sheets changed."""
    made = replace(made, language=language, **changed)
    return {(row[0], row[1]): row[2:] for row in diagnosis_rows(made)}


def test_three_sums_stand_first(computed_demo: Refresh) -> None:
    """The first three rows sum up dimensions, data and model, in Chinese, English or both."""
    for language, parts in (("zh", ["维度", "数据", "模型"]), ("en", ["Dimensions", "Data", "Model"])):
        rows = diagnosis_rows(replace(computed_demo, language=language))
        assert [row[0] for row in rows[:3]] == parts
        assert all(row[3] for row in rows)
    both = diagnosis_rows(replace(computed_demo, language="both"))
    assert both[0][3].split("\n") == [
        diagnosis_rows(replace(computed_demo, language=language))[0][3] for language in ("zh", "en")
    ]


def test_rows_that_fail_are_a_fault_of_the_data(computed_demo: Refresh) -> None:
    """A sheet with more rows failing than max_rejected_share is at fault, and the sum names it; the figures are the sheet's own."""
    sheet = computed_demo.sheets["Complaints"]
    counts = sheet.counts.copy()
    counts["passing"] = counts["rows"] * 0.9
    bad = {**computed_demo.sheets, "Complaints": replace(sheet, counts=counts)}
    rows = rows_of(computed_demo, sheets=bad)
    assert rows["Data", "Complaints"][0] == "■ at fault"
    assert "90.0% pass" in rows["Data", "Complaints"][1]
    assert "Complaints" in rows["Data", "All in all"][1]
    assert rows["Data", "All in all"][0] == "■ at fault"
    assert rows_of(computed_demo)["Data", "Complaints"][0] == "● sound"


def test_imputed_rows_are_a_fault_of_the_data(computed_demo: Refresh) -> None:
    """A sheet whose rows are imputed beyond max_imputed_share is at fault."""
    sheet = computed_demo.sheets["Orders"]
    counts = sheet.counts.assign(imputed=lambda frame: frame["rows"] * 0.2)
    rows = rows_of(computed_demo, sheets={**computed_demo.sheets, "Orders": replace(sheet, counts=counts)})
    assert rows["Data", "Orders"][0] == "■ at fault"
    assert "20.0% imputed" in rows["Data", "Orders"][1]


def test_a_dimension_without_values_names_reasons_and_sheets(small: Refresh) -> None:
    """Where a dimension's KPIs have no value, the reasons are told, and the sheets that did not come are asked for."""
    without = {name: sheet for name, sheet in small.sheets.items() if name != "Complaints"}
    results = [
        replace(each, value=None, reason=_no_data()) if each.kpi in ("complaint_rate", "resolution_days") else each
        for each in small.results
    ]
    rows = rows_of(small, sheets=without, results=results, lines=[])
    told = rows["Dimensions", "service"]
    assert "no data: Complaint rate" in told[1]
    assert "Complaints" in told[2]


def _no_data():
    from loyalty_xl.vocabulary import Reason

    return Reason.NO_DATA


def warned(score: float | None, recency: float | None, verdict: str) -> dict[str, list[dict]]:
    """A table of the early warning's validation."""
    return {
        "early_warning_validation": [
            {"part": "result", "item": "verdict", "observed": verdict},
            {"part": "quality", "item": "auc", "score": score, "recency": recency},
        ]
    }


@pytest.mark.parametrize(
    ("score", "recency", "verdict", "status", "says"),
    [
        (0.81, 0.79, "validated", "● sound", "AUC 0.810, above days since the last purchase 0.790"),
        (0.78, 0.79, "not_better", "▲ look", "the rule scores"),
        (None, None, "no_label", "▲ look", "not validated"),
    ],
)
def test_the_model_is_judged_by_its_validation(computed_demo: Refresh, score, recency, verdict, status, says) -> None:
    """A score that beats days since the last purchase is sound; one that does not, or was not validated, is to be looked at."""
    rows = rows_of(computed_demo, tables={**computed_demo.tables, **warned(score, recency, verdict)})
    found = rows["Model", "Early warning, validated on history"]
    assert found[0] == status
    assert says in found[1]


def test_nothing_computed_is_nothing_judged(computed_demo: Refresh) -> None:
    """Without a period the page is blank."""
    assert diagnosis_rows(replace(computed_demo, period=None)) == []
    assert isinstance(computed_demo.sheets["Orders"].counts, pd.DataFrame)
