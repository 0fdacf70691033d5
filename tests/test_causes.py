"""Causes of a changed result: what the KPI reads and what changed, in words; nothing else."""

from __future__ import annotations

import pytest

from loyalty_xl.causes import Changes, RowChange, ValueChange, causes, in_words
from loyalty_xl.vocabulary import Calendar, Period

JULY, MAY = 2026 * 12 + 6, 2026 * 12 + 4
ORDER = RowChange("Orders", "[orders_07.xlsx]Orders", JULY, 312, 312, 1_000_000, 1_800_000, changed=1)
ANSWERS = RowChange("SurveyResponses", "Survey", JULY, 40, 43)
STATUS_ONLY = ValueChange("amber_gap", "5", "6")
CHANGED = Changes(
    rows=(ORDER, ANSWERS),
    settings=(ValueChange("nps_promoter_min from 2026-01-01", "9", "8"), STATUS_ONLY, ValueChange("language", "zh", "en")),
    targets=(ValueChange("nps|2026-07|all=All|", "40 absolute", "35 absolute"), ValueChange("csat|2026-07|all=All|", "4", "5")),
)  # fmt: skip


def months(first: int, stop: int) -> Period:
    """A month."""
    found = Calendar().parse(f"{first // 12}-{first % 12 + 1:02d}")
    assert found is not None
    assert found.stop == stop
    return found


@pytest.mark.parametrize(
    ("change", "zh", "en"),
    [
        (ORDER, "订单 [orders_07.xlsx] 2026-07:1 行改动,金额 +80.00", "Orders [orders_07.xlsx] 2026-07: 1 row changed, amount +80.00"),
        (ANSWERS, "问卷回收 2026-07:+3 行(40 → 43)", "SurveyResponses 2026-07: +3 rows (40 → 43)"),
        (RowChange("Orders", "Orders", 0, 1, 0, 25_000, 0), "订单 无日期:-1 行,金额 -2.50", "Orders undated: -1 row, amount -2.50"),
        (RowChange("Orders", "Orders", MAY, 7, 7), "订单 2026-05:行数不变(7),内容有改动", "Orders 2026-05: contents changed, rows as before (7)"),
    ],
)  # fmt: skip
def test_rows_are_told(change: RowChange, zh: str, en: str) -> None:
    """A change of rows names sheet, file, month, rows and money, in both languages."""
    assert (change.text("zh"), change.text("en")) == (zh, en)


def test_only_what_the_kpi_reads() -> None:
    """NPS is laid to answers and to its own setting, not to orders, to the look or to what only the status reads."""
    assert [each.en for each in causes("nps", CHANGED)] == [
        "setting nps_promoter_min from 2026-01-01: 9 → 8",
        "SurveyResponses 2026-07: +3 rows (40 → 43)",
    ]
    assert [each.kind for each in causes("average_spend", CHANGED)] == ["rows"]
    assert causes("average_spend", CHANGED)[0].what == ORDER


def test_a_judgement_has_its_target_too() -> None:
    """Of a changed status the KPI's own target and the thresholds are causes as well."""
    found = [each.en for each in causes("nps", CHANGED, judged=True)]
    assert "target nps 2026-07: 40 absolute → 35 absolute" in found
    assert "setting amber_gap: 5 → 6" in found
    assert not any("csat" in each for each in found)


def test_nothing_read_is_named_as_possible() -> None:
    """Where nothing that a KPI reads changed, all rows, settings and control sheets are named, as possible only."""
    found = causes("average_spend", Changes(rows=(ANSWERS,), controls=("Sources",)))
    assert [each.certain for each in found] == [False, False]
    assert found[1].text("en") == "perhaps sheet Sources changed"
    assert causes("average_spend", Changes()) == []


def test_rows_of_the_period_come_first() -> None:
    """Rows inside the result's period stand first, earlier ones next, later ones last; beyond four they are counted."""
    rows = [RowChange("Orders", "Orders", JULY + step, 1, 2) for step in (-2, -1, 0, 1, 2)]
    found = causes("average_spend", Changes(rows=tuple(rows)), period=months(JULY, JULY + 1))
    assert [each.what for each in found] == [rows[2], rows[1], rows[0], rows[3], rows[4]]
    assert in_words(found, "en").endswith("Orders 2026-05: +1 row (1 → 2); 2 more")


def test_version_and_last_day() -> None:
    """A newer program and a later last day of the data are causes of every result."""
    found = causes("nps", Changes(version=("0.1.0", "0.2.0"), as_of=("2026-08-01", "2026-09-01")))
    assert [each.en for each in found] == ["program version 0.1.0 → 0.2.0", "data before 2026-08-01 → 2026-09-01"]
