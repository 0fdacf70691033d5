"""Worksheet functions: one registry for every host.

>>> call("LOYALTY_NPS", [[10], [9], [8], [3]])
25.0
>>> call("LOYALTY_NPS", [9, "abc"]).code
'#VALUE!'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loyalty_xl.formulas.cell_errors import NAME, VALUE, CellError

if TYPE_CHECKING:
    from loyalty_xl.formulas.function import Function

MODULES = (  # each declares the functions of one area
    "kpi_functions",
    "retention_functions",
    "price_functions",
    "attitude_functions",
    "survey_functions",
    "value_functions",
    "programme_functions",
    "service_functions",
    "plan_functions",
    "tables",
    "scores",
    "lookup",
    "derived",  # last: for KPIs that have none
)
__all__ = ["CellError", "call", "find", "functions"]


def functions() -> dict[str, Function]:
    """All worksheet functions by name."""
    from importlib import import_module
    from importlib.util import find_spec

    from loyalty_xl.formulas.function import FUNCTIONS

    for name in MODULES:
        if find_spec(f"{__name__}.{name}"):
            import_module(f"{__name__}.{name}").declare()
    return FUNCTIONS


def find(name: str) -> Function | None:
    """The function of a name: `LOYALTY_NPS`, `LOYALTY.NPS` or `nps`, in any case."""
    text = name.strip().upper().replace(".", "_")
    return functions().get(text) or functions().get(f"LOYALTY_{text}")


def call(name: str, *cells: Any) -> Any:
    """Answer a worksheet function for raw cells, as any host hands them over.

    Parameters
    ----------
    name
        `LOYALTY_NPS` or `LOYALTY.NPS`.
    cells
        One for each argument: a scalar, a row, or rows of rows of None, "", numbers, Decimals, booleans, dates, serial numbers, texts.
        Arguments that are left out, None or blank take their default.

    Returns
    -------
    What the cell shows: a scalar, rows of equal length (a table that spills), or a `CellError` with code and message.
    """
    from loyalty_xl.formulas.function import run

    found = find(str(name))
    if found is None:
        return CellError(NAME, f"没有函数 {name}", f"There is no function {name}")
    try:
        return run(found, cells)
    except Exception as error:  # noqa: BLE001 - a cell shows an error of the sheet's, whatever stands in its range
        what = type(error).__name__
        return CellError(
            VALUE, f"单元格里有不能用的内容({what})", f"there is something in the cells that cannot be used ({what})"
        )
