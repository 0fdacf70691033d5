"""What leaves for Power BI and Tableau: the numbers of the workbook, typed, and nothing that a spreadsheet would calculate."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from loyalty_xl import catalogue, refresh
from loyalty_xl.cli import main
from loyalty_xl.errors import UsageError
from loyalty_xl.exporting import FORMULA, export
from loyalty_xl.pipeline import Refresh
from loyalty_xl.refreshing import as_shown
from tests.conftest import small_book

from .conftest import TODAY


@pytest.fixture(scope="module")
def exported(computed_demo: Refresh, tmp_path_factory: pytest.TempPathFactory) -> tuple[Refresh, Path]:
    """The sample company's workbook, computed again without change, and its export."""
    folder = tmp_path_factory.mktemp("export")
    export(computed_demo, folder)
    return computed_demo, folder


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Orders and answers of the small company, refreshed; nobody changes it."""
    made = small_book(tmp_path_factory.mktemp("small"), "Orders", "SurveyResponses")
    refresh(made, today=TODAY, by="test")
    return made


def test_parquet_holds_every_result_exactly(exported) -> None:
    """Each result stands in detail.parquet with all its digits; a missing value is null, with its reason."""
    made, folder = exported
    frame = pd.read_parquet(folder / "detail.parquet").set_index("id")
    assert len(frame) == len(made.results)
    for each in made.results[:: max(1, len(made.results) // 500)]:
        row = frame.loc[each.id]
        if each.value is None:
            assert pd.isna(row["value"])
            assert row["reason"] == each.reason.value
        else:
            assert row["value"] == pytest.approx(each.value, rel=1e-14)


def test_csv_is_utf8_with_bom_and_says_the_same(exported) -> None:
    """The CSV opens in Excel with Chinese labels, and holds the same rows as the parquet file."""
    _, folder = exported
    for path in folder.glob("*.csv"):
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        frame = pd.read_parquet(path.with_suffix(".parquet"))
        with path.open(encoding="utf-8-sig", newline="") as opened:
            rows = list(csv.reader(opened))
        assert rows[0] == list(frame.columns)
        assert len(rows) - 1 == len(frame)


def test_trend_is_tidy(exported) -> None:
    """trend has one row per line and period, the newest value being the Scorecard's actual."""
    made, folder = exported
    trend = pd.read_parquet(folder / "trend.parquet")
    assert not trend.duplicated(["kpi", "segment", "period"]).any()
    newest = trend[trend["period"] == made.period.label].set_index(["kpi", "segment"])["value"]
    for line in made.lines:
        if line.result.segment_dim == "all" and line.result.value is not None:
            assert newest[line.kpi.key, "All"] == line.result.value


def test_every_table_is_there(exported) -> None:
    """Each table of the catalogue is a file of its own, but for those that name people."""
    _, folder = exported
    named = {key for key, each in catalogue.LISTINGS.items() if each.personal}
    assert "collection_conduct" in named
    assert {path.stem for path in folder.glob("table_*.csv")} == {
        f"table_{key}" for key in catalogue.LISTINGS if key not in named
    }


def test_a_workbook_that_changed_is_not_exported(book: Path, tmp_path: Path) -> None:
    """After a change nothing is exported until the workbook is refreshed: the two would show different numbers."""
    with pytest.raises(UsageError, match="refresh"):
        as_shown(book, today=TODAY, settings={"nps_promoter_min": "10"})


def test_what_was_shown_is_taken_out_whatever_period_it_was_of(book: Path) -> None:
    """A workbook that was refreshed for an earlier period is exported for that one, without being asked."""
    own = Path(shutil.copy(book, book.parent / "own.xlsx"))
    refresh(own, today=TODAY, period="2026-05")
    made = as_shown(own, today=TODAY)
    assert made.period is not None
    assert made.period.label == "2026-05"


def test_files_of_others_are_not_replaced(book: Path, tmp_path: Path) -> None:
    """A detail.csv that no export made stays as it is; an export's own files are replaced."""
    made = refresh(book, dry_run=True, today=TODAY)
    own = tmp_path / "detail.csv"
    own.write_text("mine")
    with pytest.raises(UsageError, match=r"detail\.csv"):
        export(made, tmp_path)
    assert own.read_text() == "mine"
    own.unlink()
    export(made, tmp_path)
    assert len(export(made, tmp_path)) == len(json.loads((tmp_path / "loyalty_xl_export.json").read_text())["files"])


def test_text_that_looks_like_a_formula_is_text(exported, tmp_path: Path) -> None:
    """In a CSV, text from data that begins like a formula gets an apostrophe; numbers, negative ones too, stay numbers."""
    from loyalty_xl.exporting import _write_csv

    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "华东", "a=b"]
    _write_csv(pd.DataFrame({"segment": pd.array(texts, dtype="str"), "value": -1.5}), tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.reader(opened))[1:]
    assert [row[0] for row in rows] == [*(f"'{text}" for text in texts[:7]), *texts[7:]]
    assert {row[1] for row in rows} == {"-1.5"}
    _, folder = exported
    for path in folder.glob("*.csv"):
        frame = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
        for name in frame.columns:
            held = frame[name].dropna()
            formulas = held[held.str.match(FORMULA) & ~held.str.fullmatch(r"-?[\d.]+(e[+-]?\d+)?")]
            assert not len(formulas), (path.name, name, formulas.iloc[0])


def test_the_command_says_what_it_wrote(book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`export BOOK DIR --json` lists the files."""
    assert main(["export", str(book), str(tmp_path / "out"), "--json"]) == 0
    written = json.loads(capsys.readouterr().out)["written_to"]
    assert {Path(path).name for path in written} >= {"detail.csv", "trend.parquet"}
