"""The table that all hosts share holds for the functions themselves."""

from __future__ import annotations

import pytest

from loyalty_xl import formulas
from tests.hosts.parity import CASES, Case, agrees


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.function} {case.says}")
def test_functions_answer_raw_cells(case: Case) -> None:
    """Every case gives the answer that was worked out by hand, or the error with a sentence in both languages."""
    given = formulas.call(f"LOYALTY_{case.function}", *case.cells)
    if case.error:
        assert isinstance(given, formulas.CellError), given
        assert given.code == case.error
        assert given.zh
        assert given.en
    else:
        assert agrees(given, case), given


def test_cases_are_told_apart() -> None:
    """No two cases bear one name."""
    names = [(case.function, case.says) for case in CASES]
    assert len(set(names)) == len(names)
