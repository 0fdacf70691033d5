"""The registry of worksheet functions: names, signatures, help."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from loyalty_xl import catalogue, library
from loyalty_xl.cli import main
from loyalty_xl.formulas import CellError, call, find, functions
from loyalty_xl.formulas.function import LONGEST_HELP, Function
from loyalty_xl.version import __version__

GOLDEN = Path(__file__).with_name("signatures.txt")
A_CELL = re.compile(r"[A-Z]{1,3}\d+|R\d*C\d*")
ALL = list(functions().values())
BINDING = (
    "LOYALTY_NPS(scores, [promoter_min=9], [detractor_max=6], [scale_min=0], [scale_max=10]",
    "LOYALTY_CSAT(scores, [scale_max=5]",
    "LOYALTY_CAC(costs, new_customers",
    "LOYALTY_RETAINED_SHARE(ids_at_start, ids_at_end",
    "LOYALTY_RETENTION_RATE(customer_ids, dates, start, end, [churn_window_days=365]",
    "LOYALTY_CHURN_RATE(customer_ids, dates, start, end, [churn_window_days=365]",
    "LOYALTY_REPEAT_PURCHASE_RATE(customer_ids, order_ids_or_dates",
    "LOYALTY_PURCHASE_FREQUENCY(customer_ids, order_ids_or_dates",
    "LOYALTY_AVERAGE_SPEND(customer_ids, amounts",
    "LOYALTY_RFM(customer_ids, dates, amounts, [as_of]",
    "LOYALTY_COHORTS(customer_ids, dates, [cycle=month]",
    "LOYALTY_ATTAINMENT(actual, target, [better=higher], [baseline])",
    "LOYALTY_STATUS(actual, target, [better=higher], [baseline], [amber], [unit=other])",
    "LOYALTY_KPI(key, period, segment, detail)",
    "LOYALTY_WHY(key, period, segment, detail)",
    "LOYALTY_PERIOD(date, [cycle=month]",
    "LOYALTY_VERSION()",
)


def test_signatures_are_as_they_were() -> None:
    """No signature changes unseen: workbooks hold formulas that pass arguments by place."""
    assert [each.signature for each in ALL] == GOLDEN.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("signature", BINDING)
def test_promised_signatures(signature: str) -> None:
    """The signatures that were promised are there; later optional arguments may follow."""
    name = signature.split("(", 1)[0]
    assert functions()[name].signature.startswith(signature)


def test_every_kpi_and_table_is_a_function() -> None:
    """Each KPI and listing of the catalogue has its worksheet function."""
    wanted = {each.worksheet_name for each in library.load().values()}
    wanted |= {f"LOYALTY_{key.upper()}" for key in catalogue.LISTINGS}
    assert wanted <= set(functions())


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.name)
def test_names_and_help_are_legal(each: Function) -> None:
    """A name is a VBA identifier and no cell address on any host; help for function and arguments is there, in both languages, short enough."""
    assert re.fullmatch(r"LOYALTY_[A-Z][A-Z0-9_]*", each.name)
    assert not A_CELL.fullmatch(each.name)
    assert not A_CELL.fullmatch(each.dotted.split(".", 1)[1])
    for language in ("zh", "en"):
        assert 5 < len(each.help(language)) <= LONGEST_HELP
        for argument in each.arguments:
            assert 1 < len(argument.help(language)) <= LONGEST_HELP
            assert re.fullmatch(r"[a-z][a-z0-9_]*", argument.name)
    assert re.search(r"[\u4e00-\u9fff]", each.zh)


def test_raw_row_functions_end_in_include() -> None:
    """Every function of raw rows takes a last optional range that says which rows count."""
    for each in ALL:
        if any(argument.kind == "range" for argument in each.arguments):
            assert each.arguments[-1].name == "include", each.name


def test_a_function_is_found_by_all_its_names() -> None:
    """Underscore, dot, key alone, any case."""
    assert find("LOYALTY_NPS") is find("loyalty.nps") is find("Nps")
    assert find("LOYALTY_NO_SUCH") is None
    assert call("LOYALTY_NO_SUCH").code == "#NAME?"
    assert call("LOYALTY_VERSION") == __version__


def test_every_function_has_an_example_that_works(tmp_path: Path) -> None:
    """Each function's example gives a value, and the workbook of examples holds it as formula and as stored result."""
    from openpyxl import load_workbook

    from loyalty_xl.formulas.examples import answer, formula, write_book

    for each in ALL:
        assert not isinstance(answer(each), CellError), each.name
    write_book(tmp_path / "examples.xlsx", "en")
    shown = load_workbook(tmp_path / "examples.xlsx", data_only=True)["Formulas"]
    written = load_workbook(tmp_path / "examples.xlsx")["Formulas"]
    for row, each in enumerate(ALL, 2):
        found = answer(each)
        assert written.cell(row, 1).value == each.name
        assert formula(each)[1:] in str(written.cell(row, 2).value)
        wanted = [cell for cell in found[1] if cell != ""][-1] if each.table else found
        assert shown.cell(row, 2).value == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)


def test_the_command_lists_and_explains_functions(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`formulas` lists all, with NAME it explains one, with --book it writes the examples and overwrites nothing."""
    assert main(["formulas", "--lang", "en"]) == 0
    listed = capsys.readouterr().out
    assert all(each.signature in listed for each in ALL)
    assert main(["formulas", "nps", "--lang", "zh"]) == 0
    assert "推荐" in capsys.readouterr().out
    assert main(["formulas", "no_such", "--lang", "en"]) == 2
    assert main(["formulas", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(ALL)
    book = tmp_path / "examples.xlsx"
    assert main(["formulas", "--book", str(book), "--dotted"]) == 0
    assert main(["formulas", "--book", str(book)]) == 4
