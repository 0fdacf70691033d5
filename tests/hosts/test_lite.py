"""xlwings Lite: the adapter under a stand-in of Lite's decorators. Lite itself runs in a browser and was not reached."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import xlwings

from loyalty_xl import formulas
from loyalty_xl.hosts import lite
from tests.hosts.calls import CALLS, shows
from tests.hosts.parity import CASES, Case, agrees, as_serial

FUNCTIONS = formulas.functions()


@pytest.fixture(scope="module")
def host() -> Iterator[tuple[ModuleType, dict[str, dict[str, Any]]]]:
    """The adapter as Lite imports it, and the options that its decorators noted for each function."""
    noted: dict[str, dict[str, Any]] = {}

    def func(given: Any) -> Any:
        noted.setdefault(given.__name__, {})
        return given

    def arg(name: str, **options: Any) -> Any:
        def note(given: Any) -> Any:
            noted[given.__name__][name] = options
            return given

        return note

    kept = xlwings.func, xlwings.arg
    xlwings.func, xlwings.arg = func, arg
    try:
        yield importlib.reload(lite), noted
    finally:
        xlwings.func, xlwings.arg = kept
        importlib.reload(lite)


def json_argument(cells: Any) -> list[list[Any]]:
    """An argument as Lite hands it over: rows of rows, a blank as an empty text."""
    return [["" if cell is None else cell] for cell in (cells if isinstance(cells, list) else [cells])]


@pytest.mark.parametrize(("name", "cells", "expected"), CALLS)
def test_lite_gives_the_same_answer(host: Any, name: str, cells: tuple[Any, ...], expected: Any) -> None:
    """Cells as JSON carries them give the answer and the code that every other host shows."""
    module, _ = host
    given = [json_argument(each) for each in cells]
    shows(getattr(module, name)(*given), expected)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.function} {case.says}")
def test_lite_agrees_with_the_table_of_all_hosts(host: Any, case: Case) -> None:
    """Every case of the table that all hosts share, its cells as JSON carries them, gives its answer in Lite."""
    module, _ = host

    def carried(cells: Any) -> Any:
        if isinstance(cells, list):
            return [["" if cell is None else as_serial(cell) for cell in row] for row in cells]
        return [["" if cells is None else as_serial(cells)]]

    found = getattr(module, f"LOYALTY_{case.function}")(*(carried(each) for each in case.cells))
    if case.error:
        assert found == case.error
    else:
        assert agrees(found, case), found


def test_lite_says_why_in_its_console(host: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """An error is its code in the cell and a sentence in the console; a table keeps its shape."""
    module, _ = host
    assert module.LOYALTY_NPS([["abc"], ["x"]]) == "#VALUE!"
    assert "LOYALTY_NPS #VALUE!" in capsys.readouterr().out
    found = module.LOYALTY_NPS_BREAKDOWN([[10], [9]], [[""]])
    assert found[1][:4] == [2, 0, 0, 2]
    assert {len(row) for row in found} == {7}


@pytest.mark.parametrize("made", FUNCTIONS.values(), ids=lambda made: made.name)
def test_functions_are_declared_as_lite_reads_them(host: Any, made: Any) -> None:
    """Each function stands once in the module, with plain names, every argument as rows of rows, and no annotations."""
    module, noted = host
    wrapper = getattr(module, made.name)
    parameters = inspect.signature(wrapper).parameters
    assert list(parameters) == [each.name for each in made.arguments] == list(noted[made.name])
    assert all(options["ndim"] == 2 for options in noted[made.name].values())
    assert not wrapper.__annotations__


def test_star_import_brings_the_functions_and_nothing_else(host: Any) -> None:
    """`from loyalty_xl.hosts.lite import *` gives exactly the registry."""
    module, _ = host
    assert module.__all__ == list(FUNCTIONS)
