"""xlwings Lite (Excel on Mac and web, and on Windows without Python): the same functions, by the decorators that Lite has.

In Lite's `main.py`: `from loyalty_xl.hosts.lite import *`. Dates arrive as serial numbers, errors as their texts, a blank
cell as None or "". An error leaves as its code in text, since Lite has no way to give a cell a real error; the
sentence goes to Lite's console.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xlwings import arg, func

from loyalty_xl import formulas
from loyalty_xl.formulas import CellError
from loyalty_xl.hosts.signatures import plain_signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from loyalty_xl.formulas.function import Function


def _shown(answer: Any) -> Any:
    """Give an answer as JSON carries it: errors as their codes."""
    if isinstance(answer, CellError):
        return answer.code
    if isinstance(answer, list):
        return [[_shown(each) for each in row] for row in answer]
    return answer


def _received(cells: Any) -> Any:
    """Give an argument as the registry takes it; a single blank cell is one that was left out."""
    return None if cells in ([[None]], [[""]]) else cells


def _made(made: Function) -> Callable[..., Any]:
    """The function that Lite calls."""

    def answer(*cells: Any) -> Any:
        found = formulas.call(made.name, *(_received(each) for each in cells))
        if isinstance(found, CellError):
            print(f"{made.name} {found.code} {found.message}")
        return _shown(found)

    answer.__name__ = answer.__qualname__ = made.name
    answer.__doc__ = made.help("en")
    answer.__annotations__ = {}
    answer.__signature__ = plain_signature(made)  # type: ignore[attr-defined]
    wrapped: Callable[..., Any] = func(answer)
    for each in made.arguments:
        wrapped = arg(each.name, ndim=2, err_to_str=True, doc=each.help("en"))(wrapped)
    return wrapped


__all__ = list(formulas.functions())
globals().update({name: _made(each) for name, each in formulas.functions().items()})
