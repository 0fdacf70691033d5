"""A KPI from outside: one decorated function and its examples, found by an entry point, stands wherever ours do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from loyalty_xl.books import reading
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.places import DETAIL, SCORECARD
from tests.conftest import small_book

OURS = '''
    """KPIs of our own."""

    from loyalty_xl.catalogue import kpi, measure
    from loyalty_xl.intervals import wilson
    from loyalty_xl.rows.service import COMPLAINTS
    from loyalty_xl.vocabulary import Better, Dimension, Unit

    quick_complaints = measure("quick_complaints", COMPLAINTS, lambda row, _: row.days <= 2)


    @kpi(
        "quick_resolution_share",
        "X1",
        zh="两日内办结率",
        en="Share closed within two days",
        unit=Unit.SHARE,
        better=Better.HIGHER,
        dimension=Dimension.SERVICE,
        low=0.0,
        high=1.0,
        interval=lambda quick_complaints, complaints: wilson(quick_complaints, complaints),
        owner="service",
        says="两天内关闭的投诉 ÷ 期间受理的投诉。",
    )
    def quick_resolution_share(quick_complaints, complaints):
        """Share of complaints closed within two days.

        Examples
        --------
        >>> quick_resolution_share(1, 4)
        0.25
        """
        return quick_complaints / complaints
'''


def installed(folder: Path, text: str) -> Path:
    """Put a package with the entry point into a folder, as an installer would."""
    folder.mkdir(exist_ok=True)
    (folder / "our_kpis.py").write_text(dedent(text), encoding="utf-8")
    about = folder / "our_kpis-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: our-kpis\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[loyalty_xl.kpis]\nours = our_kpis\n")
    return folder


def run(packages: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with the packages installed."""
    environment = {**os.environ, "PYTHONPATH": str(packages), "PYTHONIOENCODING": "utf-8", "LOYALTY_XL_NO_RECALC": "1"}
    command = [sys.executable, "-m", "loyalty_xl.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook over three sheets of the small company."""
    return small_book(tmp_path, "Complaints", "Customers", "SurveyResponses", language="both")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one KPI from outside."""
    return installed(tmp_path_factory.mktemp("packages"), OURS)


def test_it_is_in_detail_and_on_the_scorecard_once_targeted(packages: Path, book: Path) -> None:
    """After a Targets row and a refresh the KPI has its rows in Detail and its line on the Scorecard, with value and status."""
    patch = Patch(book)
    sheet = next(name for name in patch.sheet_names if name.startswith("Targets"))
    header = reading.read(book, [sheet])[sheet]
    row = int(header.rows.max()) + 1
    texts = {
        header.strings[column.text[0]].split(" (")[-1].rstrip(")"): number
        for number, column in header.columns.items()
        if column.text[0] >= 0
    }
    for name, value in (("kpi", "quick_resolution_share"), ("period", "2025"), ("target", 0.01)):
        patch.put(sheet, row, texts[name], value)
    patch.save(book.with_name("typed.xlsx"))
    book.with_name("typed.xlsx").replace(book)
    found = run(packages, "refresh", str(book), "--period", "2025", "--json")
    made = json.loads(found.stdout)
    results = [each for each in made["results"] if each["kpi"] == "quick_resolution_share"]
    assert {each["segment_dim"] for each in results} >= {"all", "region"}
    line = next(each for each in made["scorecard"] if each["kpi"] == "quick_resolution_share")
    assert 0 < line["actual"] < 1
    assert line["low"] < line["actual"] < line["high"]
    assert line["target"] == 0.01
    where = (DETAIL.name, SCORECARD.name, "Dictionary")
    pages = reading.read(book, [name for name in patch.sheet_names if name.startswith(where)])
    assert all("quick_resolution_share" in page.strings for page in pages.values())


def test_it_is_in_the_catalogue_and_among_the_formulas(packages: Path) -> None:
    """`kpis` and `formulas` know it; its function takes the columns that its measures read, and computes."""
    told = json.loads(run(packages, "kpis", "quick_resolution_share", "--json").stdout)[0]
    assert told["zh"] == "两日内办结率"
    told = json.loads(run(packages, "formulas", "quick_resolution_share", "--json").stdout)[0]
    assert told["name"] == "LOYALTY_QUICK_RESOLUTION_SHARE"
    code = """
        from datetime import date as D
        from loyalty_xl.formulas import call, find
        print([each.name for each in find("quick_resolution_share").arguments])
        print(call("LOYALTY_QUICK_RESOLUTION_SHARE", [D(2026, 1, 1), D(2026, 1, 5), "2026-01-09", None],
                   [D(2026, 1, 2), D(2026, 1, 9), None, None]))
        print(call("LOYALTY_QUICK_RESOLUTION_SHARE", ["soon"], [None]).code)
        """
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    said = subprocess.run(
        [sys.executable, "-c", dedent(code)], env=environment, capture_output=True, text=True, check=True
    )
    names, value, refused = said.stdout.splitlines()
    assert names == "['received_on', 'closed_on', 'include']"
    assert float(value) == pytest.approx(1 / 3)
    assert refused == "#VALUE!"


def test_a_faulty_extension_is_told_and_left_out(tmp_path: Path, book: Path) -> None:
    """One that cannot be imported takes nothing with it: all our KPIs are computed, and a finding says what failed."""
    broken = installed(tmp_path / "broken", OURS + "    raise RuntimeError('out of order')\n")
    found = json.loads(run(broken, "check", str(book), "--json").stdout)
    told = [each for each in found["findings"] if each["code"] == "W380"]
    assert [each["sheet"] for each in told] == ["ours"]
    assert "out of order" in told[0]["says"]
    assert not [each for each in found["results"] if each["kpi"] == "quick_resolution_share"]
    assert [each for each in found["results"] if each["kpi"] == "nps"]
