"""What Excel calls: one attribute for each worksheet function, made from the registry when this is imported.

VBA hands over `Value2` of every argument; an answer that is a `CellError` leaves as a text with a mark, which VBA turns
into a real error of Excel's (see `vba.py`).
"""

from __future__ import annotations

import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlwings

from loyalty_xl import formulas
from loyalty_xl.formulas import CellError
from loyalty_xl.hosts.signatures import plain_signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from loyalty_xl.formulas.function import Function

MARK = "\x01loyalty:"  # in front of the code of an error; no cell's text begins so
MESSAGE_AT = "\x02"  # between the code and the sentence
LARGEST = 2**31 - 1  # whole number that COM carries into a cell
LOG = Path(tempfile.gettempdir()) / "loyalty-xl-functions.log"


def reply(answer: Any) -> Any:
    """Give an answer as COM carries it: errors as marked texts."""
    if isinstance(answer, CellError):
        return f"{MARK}{answer.code}{MESSAGE_AT}{answer.message}"
    if isinstance(answer, list):
        return [[reply(each) for each in row] for row in answer]
    if type(answer) is int and abs(answer) > LARGEST:
        return float(answer)
    return answer


def received(cells: Any) -> Any:
    """Give an argument as the registry takes it; one that was left out, and a blank cell in its place, is None.

    Numbers in cells are floats; an int is the number of an error that xlwings has no text for (#SPILL!, #CALC! and later ones).
    """
    if not isinstance(cells, (list, tuple)):
        return cells
    if len(cells) == 1 and list(cells[0]) == [None]:
        return None
    return [["#VALUE!" if type(cell) is int else cell for cell in row] for row in cells]


def _wrapper(made: Function) -> Callable[..., Any]:
    """The function that Excel calls: plain positional names, optional ones None, no annotations."""

    def answer(*cells: Any) -> Any:
        try:
            return reply(formulas.call(made.name, *(received(each) for each in cells)))
        except Exception as error:  # noqa: BLE001 - a cell shows an error of Excel's, never a traceback
            return reply(_our_bug(made.name, error))

    answer.__name__ = answer.__qualname__ = made.name
    answer.__doc__ = made.help("en")
    answer.__annotations__ = {}
    answer.__signature__ = plain_signature(made)  # type: ignore[attr-defined]
    wrapped: Callable[..., Any] = xlwings.func(category="loyalty_xl")(answer)
    for each in made.arguments:
        wrapped = xlwings.arg(each.name, ndim=2, err_to_str=True, doc=each.help("en"))(wrapped)
    return wrapped


def _our_bug(name: str, error: Exception) -> CellError:
    """A fault of the program: its details in a log."""
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"{name}\n{''.join(traceback.format_exception(error))}\n")
    return CellError("#VALUE!", f"程序出错,请把日志发给维护者:{LOG}", f"A fault of the program; send this log: {LOG}")


for _made in formulas.functions().values():
    globals()[_made.name] = _wrapper(_made)
del _made
