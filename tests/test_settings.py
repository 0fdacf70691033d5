"""Settings: read from the sheet, dated, checked against each other; what is wrong keeps its default."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from loyalty_xl.cells import Kind, RawColumn, RawSheet
from loyalty_xl.findings import sentence
from loyalty_xl.settings import SETTINGS, SettingKind, SettingRow, Settings, nearest_settings, read_settings
from loyalty_xl.vocabulary import Calendar, Cycle


def raw_sheet(rows: list[list[Any]], name: str = "Settings") -> RawSheet:
    """A sheet of cells: text, number, bool, date, `#REF!` for an error, Ellipsis for a formula never calculated."""
    strings: list[str] = []
    columns = {}
    for column in range(max(map(len, rows))):
        kind, number, text = [], [], []
        for row in rows:
            value = row[column] if column < len(row) else None
            held, amount, place = Kind.BLANK, np.nan, -1
            if value is ...:
                held = Kind.UNCACHED
            elif isinstance(value, bool):
                held, amount = Kind.BOOL, float(value)
            elif isinstance(value, date):
                held, amount = Kind.DATE, float((value - date(1899, 12, 30)).days)
            elif isinstance(value, int | float):
                held, amount = Kind.NUMBER, float(value)
            elif isinstance(value, str):
                held, place = Kind.ERROR if value.startswith("#") else Kind.TEXT, len(strings)
                strings.append(value)
            kind.append(held)
            number.append(amount)
            text.append(place)
        columns[column + 1] = RawColumn(
            np.array(kind, np.uint8), np.array(number), np.array(text, np.int32), np.zeros(len(rows), np.uint16)
        )
    return RawSheet(name, np.arange(1, len(rows) + 1, dtype=np.int32), columns, strings)


def one(key: str, value: Any, **more: Any) -> Any:
    """Read one row and give the value in force."""
    dated, found = read_settings([SettingRow(key, value, **more)])
    assert not found, found
    return getattr(dated.at(date(2026, 7, 31)), next(iter(dated.given)))


def test_no_sheet_means_defaults() -> None:
    """Without a sheet every setting has its documented default."""
    dated, found = read_settings(None)
    assert not found
    assert dated.at(date(2026, 1, 1)) == Settings()
    assert not dated.changed_keys
    assert dated.defaults == {name: each.default for name, each in SETTINGS.items()}


@pytest.mark.parametrize("name", SETTINGS)
def test_definitions_are_complete(name: str) -> None:
    """Each setting has a Chinese label, an English meaning, and a default that it accepts when it is typed."""
    each = SETTINGS[name]
    assert each.key == name
    assert each.zh
    assert each.en
    assert each.allowed
    if each.default not in (None, ()):
        assert one(name, each.show(each.default)) == each.default
        assert one(each.zh, each.show(each.default)) == each.default
    if each.kind is SettingKind.CHOICE:
        assert each.default in each.choices
        for choice, spellings in each.choices.items():
            assert [one(name, text) for text in (choice, *spellings)] == [choice] * (1 + len(spellings))


def test_names_of_settings_are_unique() -> None:
    """No two settings share a key, a label or another name."""
    names = [text for each in SETTINGS.values() for text in {each.key, each.zh, *each.aliases}]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("churn_window_days", 180.0, 180),
        ("churn-window days", "180 天", 180),
        ("流失判定天数", "１８０", 180),
        ("max_rejected_share", "5%", 0.05),
        ("max_rejected_share", 0.05, 0.05),
        ("company_start", "2019年3月1日", date(2019, 3, 1)),
        ("company_start", 43525.0, date(2019, 3, 1)),
        ("company_start", 20190301.0, date(2019, 3, 1)),
        ("company_start", date(2019, 3, 1), date(2019, 3, 1)),
        ("tax_included", "否", False),
        ("tax_included", False, False),
        ("tax_included", 1.0, True),
        ("cycle_type", "季度", "quarter"),
        ("csat_scale", date(2026, 1, 10), "1-10"),
        ("csat_scale", date(2026, 5, 1), "1-5"),
        ("csat_scale", 10.0, "1-10"),
        ("reporting_currency", "人民币", "CNY"),
        ("reporting_currency", "eur", "EUR"),
        ("dimension_weights", "行为=60%，态度 40", (("attitude", 40.0), ("behaviour", 60.0))),
        ("dimension_weights", "behaviour=0.6; attitude=0.4", (("attitude", 40.0), ("behaviour", 60.0))),
        ("money_unit", "万元", "万元"),
    ],
)
def test_values_as_people_type_them(key: str, value: Any, read: Any) -> None:
    """Numbers, shares, dates, choices and weights are read in the notations people use."""
    assert one(key, value) == read


@pytest.mark.parametrize(
    ("key", "value", "code", "expected"),
    [
        ("nps_promotor_min", 9.0, "E301", "nps_promoter_min"),
        ("churn_window_days", "一年", "E302", "1 to 3660"),
        ("churn_window_days", 12.5, "E302", "1 to 3660"),
        ("churn_window_days", True, "E302", "1 to 3660"),
        ("churn_window_days", 0.0, "E303", "1 to 3660"),
        ("max_rejected_share", 5.0, "E303", "0.05 / 5%"),
        ("cycle_type", "weekly", "E303", "month (月)"),
        ("fiscal_start_month", 13.0, "E303", "1 to 12"),
        ("dimension_weights", "behavior=30", "E302", "behaviour=30"),
        ("company_start", "2019-02-30", "E302", "2026-01-31"),
        ("csat_scale", 15.0, "E303", "1-5"),
    ],
)
def test_a_bad_setting_keeps_its_default(key: str, value: Any, code: str, expected: str) -> None:
    """What cannot be used is named with its cell and what would be right, and the default stays."""
    dated, found = read_settings([SettingRow(key, value, key_cell="A4", cell="B4")])
    assert [each.code for each in found] == [code]
    assert found[0].cell == ("A4" if code == "E301" else "B4")
    assert expected in found[0].expected
    assert dated.at(date(2026, 1, 1)) == Settings()
    assert not dated.untrusted
    assert "…" not in sentence(found[0], "both")


def test_contradictory_settings_are_not_used() -> None:
    """Detractors up to 9 and promoters from 9 contradict each other: both are untrusted, and the finding names both."""
    rows = [SettingRow("nps_detractor_max", 9.0, cell="B3"), SettingRow("nps_promoter_min", 9.0, cell="B4")]
    dated, found = read_settings(rows)
    assert dated.untrusted == {"nps_detractor_max", "nps_promoter_min"}
    assert [(each.code, each.cell, dict(each.detail)["other_cell"]) for each in found] == [("E304", "B4", "B3")]
    assert "nps_detractor_max < nps_promoter_min" in sentence(found[0], "en")


@pytest.mark.parametrize(
    ("rows", "untrusted"),
    [
        ({"nps_scale_max": 5.0}, {"nps_scale_max", "nps_promoter_min"}),
        ({"nps_scale_min": 7.0}, {"nps_scale_min", "nps_detractor_max"}),
        ({"new_customer_window_days": 400.0}, {"new_customer_window_days", "new_customer_year_days"}),
        ({"company_start": "2026-01-01", "as_of": "2025-01-01"}, {"company_start", "as_of"}),
        ({"csat_top_box": 5.0}, {"csat_top_box", "csat_scale"}),
    ],
)
def test_contradictions(rows: dict[str, Any], untrusted: set[str]) -> None:
    """Pairs that exclude each other are found, also against a default."""
    dated, found = read_settings([SettingRow(key, value) for key, value in rows.items()])
    assert {each.code for each in found} == {"E304"}
    assert dated.untrusted == untrusted


def test_rows_are_dated() -> None:
    """A row holds from its valid_from on, an undated one always; a period has the settings of its last day."""
    rows = [
        SettingRow("churn_window_days", 365.0),
        SettingRow("churn_window_days", 180.0, "2026-07-01"),
        SettingRow("min_base_nps", 10.0, date(2026, 8, 1)),
    ]
    dated, found = read_settings(rows)
    assert not found
    assert [dated.at(date(2026, *day)).churn_window_days for day in ((6, 30), (7, 1))] == [365, 180]
    july = Calendar().period(Cycle.MONTH, 2026 * 12 + 6)
    assert (dated.for_period(july).churn_window_days, dated.for_period(july).min_base_nps) == (180, 30)
    assert dated.changed_keys == {"churn_window_days", "min_base_nps"}


def test_same_setting_twice_with_different_values() -> None:
    """Two rows of one key and date that differ are a contradiction; equal ones count once."""
    twice = [SettingRow("min_base_nps", 10.0, cell="B3"), SettingRow("min_base_nps", 20.0, cell="B9")]
    dated, found = read_settings(twice)
    assert [(each.code, each.cell) for each in found] == [("E304", "B9")]
    assert dated.untrusted == {"min_base_nps"}
    assert dated.at(date(2026, 1, 1)).min_base_nps == 30
    assert not read_settings([twice[0], twice[0]])[1]


def test_command_line_wins() -> None:
    """What the command sets holds on every day, whatever the sheet says."""
    rows = [SettingRow("churn_window_days", 180.0, "2026-07-01")]
    dated, found = read_settings(rows, {"churn_window_days": "90", "language": "en", "nonsense": "1"})
    assert [(each.code, each.sheet) for each in found] == [("E301", "--set")]
    assert {dated.at(date(year, 1, 1)).churn_window_days for year in (2020, 2027)} == {90}
    assert dated.at(date(2026, 1, 1)).language == "en"


def test_read_from_cells() -> None:
    """The sheet is read from cells under its header; blank rows and blank values say nothing."""
    raw = raw_sheet(
        [
            ["参数设置"],
            ["参数 (key)", "值", "单位", "生效日期"],
            ["churn_window_days", 180, "days", date(2026, 7, 1)],
            ["报告周期", "季度"],
            [None],
            ["min_base_nps", None],
            ["min_base_rate", ...],
            ["decline_share", "#REF!"],
            ["sla_days", 5, None, "soon"],
            ["hidden_row", "exclude"],
        ]
    )
    dated, found = read_settings(raw)
    assert [(each.code, each.cell) for each in found] == [
        ("E305", "B7"),
        ("E305", "B8"),
        ("E302", "D9"),
        ("E301", "A10"),
    ]
    assert found[3].expected.split(", ")[0] == "hidden_rows"
    assert dated.given == {"churn_window_days", "cycle_type"}
    assert dated.at(date(2026, 8, 1)).cycle_type is not None
    assert [sentence(each, "both", where=False) for each in found if "…" in sentence(each, "both")] == []


def test_sheet_without_the_columns() -> None:
    """A sheet without key and value columns is told, and the defaults stand."""
    dated, found = read_settings(raw_sheet([["a", "b"], ["x", 1]]))
    assert [each.code for each in found] == ["E206"]
    assert not dated.given


def test_weights_that_do_not_sum_to_100() -> None:
    """Dimension weights that miss 100 are used in proportion, with a warning."""
    dated, found = read_settings([SettingRow("dimension_weights", "behaviour=30, attitude=20", cell="B7")])
    assert [(each.code, each.cell, each.found) for each in found] == [("W307", "B7", "50")]
    assert dict(dated.at(date(2026, 1, 1)).dimension_weights) == {"behaviour": 30.0, "attitude": 20.0}


def test_settings_are_values() -> None:
    """Settings are hashable, equal by content, and their key names what differs from the defaults."""
    changed = Settings().replace(churn_window_days=180)
    assert {Settings(), Settings(), changed} == {Settings(), changed}
    assert Settings().key() == ""
    assert changed.key() == "churn_window_days=180"
    assert Settings(fiscal_start_month=4).calendar == Calendar(4)
    assert Settings(money_unit="万元").money_factor == 10_000


def test_nearest_names() -> None:
    """A misspelt key finds its neighbour, in English and Chinese."""
    assert nearest_settings("churn_windows_day")[0] == "churn_window_days"
    assert nearest_settings("流失判定")[0] == "churn_window_days"


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("mail_subject", " 客户忠诚度 ", "客户忠诚度"),
        ("allowed_domains", "@Example.com； example.cn", ("example.com", "example.cn")),
    ],
)
def test_settings_of_sharing_are_read(key: str, value: str, read: object) -> None:
    """A subject is one line of text, domains are a list in any spelling."""
    assert one(key, value) == read


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mail_subject", "Loyalty\r\nBcc: all@example.com"),
        ("mail_subject", "a\u2028b"),
        ("mail_subject", 5.0),
        ("allowed_domains", "example"),
        ("allowed_domains", "exa mple..com"),
        ("allowed_domains", "*"),
    ],
)
def test_a_subject_of_several_lines_and_what_is_no_domain_are_errors(key: str, value: object) -> None:
    """What could become a header of its own, or lets everybody in, is not used."""
    settings, findings = read_settings([SettingRow(key, value, sheet="Settings", cell="B2")])
    assert [each.code for each in findings] == ["E302"]
    assert getattr(settings.at(date.max), key) is None
