"""Every bad input of the list gets what the list promises, and nothing else happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bad import hostile, not_workbooks, structure
from tests.bad.case import Case, flat, met, run

ROWS = [*not_workbooks.ROWS, *hostile.ROWS, *structure.ROWS]


@pytest.mark.parametrize("case", flat(ROWS))
def test_bad_input(case: Case, tmp_path: Path) -> None:
    """A bad input gives its findings, leaves what is good, and holds to what all rows promise."""
    met(case, run(case, tmp_path))
