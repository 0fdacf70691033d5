"""Raw cells as a file holds them: the shape in which readers hand sheets to contracts.

Nothing is interpreted here. A number is the number in the file, a text is the text, a blank is not an empty text,
an error is not a number, and each row keeps the number it has in the worksheet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Kind(IntEnum):
    """What a cell holds."""

    BLANK = 0  # no value at all
    NUMBER = 1  # a number, value in `number`
    TEXT = 2  # a text (also the empty text), index into `strings` in `text`
    BOOL = 3  # TRUE or FALSE, 1.0 or 0.0 in `number`
    ERROR = 4  # #N/A, #DIV/0! ..., its text in `strings`
    DATE = 5  # a number under a date or time format, serial in `number`
    UNCACHED = 6  # a formula whose result was never stored


@dataclass(frozen=True)
class RawColumn:
    """One worksheet column, an entry for each row of the sheet that holds any cell."""

    kind: NDArray[np.uint8]  # Kind
    number: NDArray[np.float64]  # nan where there is none
    text: NDArray[np.int32]  # index into RawSheet.strings, -1 where there is none
    style: NDArray[np.uint16]  # index into RawSheet.formats

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class RawSheet:
    """A worksheet (or a text file) as cells."""

    name: str  # worksheet name; for a text file its stem
    rows: NDArray[np.int32]  # worksheet row number of each entry, ascending, 1-based
    columns: dict[int, RawColumn]  # by worksheet column number, 1-based; columns without any cell are absent
    strings: list[str]  # the texts that RawColumn.text points to
    formats: list[str] = field(
        default_factory=lambda: ["General"]
    )  # number format codes that RawColumn.style points to
    date1904: bool = False
    hidden_rows: frozenset[int] = frozenset()  # hidden or filtered away
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[str, ...] = ()  # ranges, as "A1:C1"
    merged_count: int = 0  # how many there are in all (`merged` may be cut)
    state: str = "visible"  # visible, hidden, veryHidden
    used: tuple[int, int] = (0, 0)  # last row and column that hold any cell, blank ones included
    dependent: dict[int, NDArray[np.int32]] = field(
        default_factory=dict
    )  # column -> rows of formulas whose result depends on the clock, chance, other files or themselves (W230)

    @property
    def far(self) -> bool:
        """Whether the used range lies far beyond the data (W122)."""
        rows, columns = self.used
        return rows > 2 * len(self.rows) + 1000 or columns > 2 * len(self.columns) + 200

    def __len__(self) -> int:
        return len(self.rows)


def column_letters(number: int) -> str:
    """Give the letters of a column, 1 being A."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Give the number of a column, A being 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
