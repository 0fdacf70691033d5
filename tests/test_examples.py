"""Worked examples: the small company, each figure computed by hand, through the whole pipeline; docstring examples through the functions."""

from __future__ import annotations

import doctest
import tomllib
from fractions import Fraction
from typing import Any

import pytest

from loyalty_xl import catalogue, library
from loyalty_xl.pipeline import Refresh
from tests.conftest import ROOT

WORKED = tomllib.loads((ROOT / "tests" / "examples" / "small_company.toml").read_text(encoding="utf-8"))


def found(small: Refresh, example: dict[str, Any]) -> Any:
    """The result an example speaks of."""
    key = f"{example['kpi']}|{example['period']}|{example['segment']}"
    return {each.id: each for each in small.results}.get(key)


def named(example: dict[str, Any]) -> str:
    return f"{example['kpi']}|{example['period']}|{example['segment']}"


@pytest.mark.parametrize("example", WORKED["example"], ids=named)
def test_pipeline_gives_what_was_computed_by_hand(small: Refresh, example: dict[str, Any]) -> None:
    """The pipeline gives the value that a person computes from the same sheets."""
    result = found(small, example)
    assert result is not None, example["says"]
    expected = float(Fraction(example["gives"])) if isinstance(example["gives"], str) else float(example["gives"])
    assert result.value == pytest.approx(expected, rel=1e-12, abs=1e-12), (
        f"{example['says']}: {example['because']} ({result.reason})"
    )


@pytest.mark.parametrize("example", WORKED["without_value"], ids=named)
def test_pipeline_says_why_there_is_no_value(small: Refresh, example: dict[str, Any]) -> None:
    """Where a person finds no value, the pipeline gives the same reason."""
    result = found(small, example)
    assert result is not None, example["says"]
    assert result.value is None
    assert result.reason == example["reason"], example["because"]


@pytest.mark.parametrize("key", sorted(library.load()))
def test_docstring_example_holds(key: str) -> None:
    """The worked example in a KPI's definition is what the function gives."""
    function = catalogue.KPIS[key].function
    tests = doctest.DocTestFinder().find(
        function, function.__name__, globs=function.__globals__ | {function.__name__: function}
    )
    assert tests[0].examples, "a definition without example"
    for test in tests:
        failed, tried = doctest.DocTestRunner(verbose=False).run(test)
        assert tried
        assert not failed
