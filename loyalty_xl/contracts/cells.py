"""Raw cells -> a typed column and its faults. Each distinct text is read once; numbers are read as arrays."""

from __future__ import annotations

import dataclasses
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.cells import Kind
from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.faults import Fault, places
from loyalty_xl.contracts.formats import displays_other_text, is_percent
from loyalty_xl.contracts.numerals import is_missing, plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from numpy.typing import NDArray

    from loyalty_xl.cells import RawColumn, RawSheet
    from loyalty_xl.contracts.contract import Field

WORDS = {
    Type.ID: "text id",
    Type.STR: "text",
    Type.CAT: "one of the list",
    Type.DATE: "date",
    Type.INT: "whole number",
    Type.NUM: "number",
    Type.MONEY: "number",
    Type.PCT: "share 0-1",
    Type.BOOL: "yes/no",
    Type.PERIOD: "period",
}
_YES = frozenset({"是", "y", "yes", "√", "✓", "✔", "1", "true", "t", "对"})
_NO = frozenset({"否", "n", "no", "×", "✗", "✘", "0", "false", "f", "错"})


@dataclass(frozen=True)
class Reading:
    """What reading depends on beside the cells."""

    today: date
    company_start: date | None = None
    date_order: str = ""  # ymd, dmy, mdy as declared, "" = not declared
    id_padding: int | None = None
    date1904: bool = False
    from_text: bool = False  # a sheet without a single number: a text file, whose numbers are texts by nature
    factor: float = 1.0  # unit in the header
    percent: bool = False  # the header says %


@dataclass
class Column:
    """A column that was read."""

    field: Field
    values: NDArray[Any]  # float64; datetime64[s]; codes (-1 = none); 1, 0, -1 for booleans
    blank: NDArray[np.bool_]  # nothing there: blank, empty text, spaces, a word for nothing
    categories: list[str] | None = None
    faults: list[Fault] = dataclasses.field(default_factory=list)
    doubtful: bool = False  # the column as a whole cannot be trusted
    derived: NDArray[np.bool_] | None = None  # where a blank cell was filled from others

    @property
    def bad(self) -> NDArray[np.bool_]:
        """Where an error stands."""
        mask = np.zeros(len(self.values), np.bool_)
        for fault in self.faults:
            if fault.code.startswith("E"):
                mask[fault.at] = True
        return mask

    @property
    def missing(self) -> Any:
        """What stands for no value."""
        return {"f": np.nan, "M": np.datetime64("NaT")}.get(self.values.dtype.kind, -1)

    def empty(self, at: NDArray[Any]) -> None:
        """Take values out."""
        self.values[at] = self.missing


class Texts:
    """The texts of a column, each distinct one once."""

    def __init__(self, raw: RawSheet, cells: RawColumn) -> None:
        self.where = places(cells.kind == Kind.TEXT)
        self.index = cells.text[self.where]
        self.size = len(raw.strings)
        present = np.zeros(self.size, np.bool_)
        present[self.index] = True
        self.distinct = places(present)
        self.strings = [raw.strings[each] for each in self.distinct]
        self.plain = [plain(text) for text in self.strings]

    def spread(self, values: Any, dtype: Any, default: Any = 0) -> NDArray[Any]:
        """Give the value of each distinct text to every cell that holds it, in step with `where`."""
        table = np.full(self.size, default, dtype)
        table[self.distinct] = values
        return table[self.index]

    def states(self, judge: Callable[[str], int]) -> NDArray[np.uint8]:
        """Judge each distinct text; gives the verdict of each cell."""
        return self.spread([judge(text) for text in self.plain], np.uint8)


def read_column(raw: RawSheet, cells: RawColumn, field: Field, how: Reading) -> Column:
    """Read the cells of one field."""
    from loyalty_xl.contracts import cells_dates, cells_numbers, cells_texts

    read = {
        Type.ID: cells_texts.read_ids,
        Type.STR: cells_texts.read_strings,
        Type.CAT: cells_texts.read_categories,
        Type.PERIOD: cells_texts.read_periods,
        Type.DATE: cells_dates.read_dates,
        Type.BOOL: _read_booleans,
    }.get(field.type, cells_numbers.read_numbers)
    column = read(raw, cells, field, how)
    found = np.bincount(cells.kind, minlength=len(Kind))
    for kind, code in ((Kind.ERROR, "E228"), (Kind.UNCACHED, "E229")):
        if found[kind]:
            column.faults.append(Fault(code, places(cells.kind == kind), WORDS[field.type]))
    if field.type not in (Type.DATE, Type.STR, Type.CAT, Type.PERIOD) and found[Kind.NUMBER]:
        column.faults += _disguised(raw, cells, field)
    return column


def blank_mask(cells: RawColumn, texts: Texts, missing: Callable[[str], bool] = is_missing) -> NDArray[np.bool_]:
    """Say where nothing stands."""
    blank: NDArray[np.bool_] = cells.kind == Kind.BLANK
    if len(texts.where):
        blank[texts.where] = texts.spread([missing(text) for text in texts.plain], np.bool_, False)
    return blank


def spelled(text: str) -> str:
    """Fold a spelling of a choice."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split()).replace("_", "")


def _disguised(raw: RawSheet, cells: RawColumn, field: Field) -> list[Fault]:
    """Numbers whose format shows other text than the value, or a percentage where money is wanted."""
    faults = []
    strange = [displays_other_text(code, field.type is Type.ID) for code in raw.formats]
    if any(strange):
        at = places((cells.kind == Kind.NUMBER) & np.array(strange)[cells.style])
        if len(at):
            faults.append(Fault("W227", at, detail=(("format", raw.formats[cells.style[at[0]]]),)))
    if field.type is Type.MONEY and any(percent := [is_percent(code) for code in raw.formats]):
        at = places((cells.kind == Kind.NUMBER) & np.array(percent)[cells.style])
        if len(at):
            faults.append(Fault("E203", at, WORDS[field.type]))
    return faults


def _read_booleans(raw: RawSheet, cells: RawColumn, field: Field, how: Reading) -> Column:  # noqa: ARG001 - as all readers
    """Read 是/否, Y/N, √/×, 1/0, TRUE/FALSE."""
    texts = Texts(raw, cells)
    blank = blank_mask(cells, texts)
    values = np.full(len(cells), -1, np.int8)
    numbers = (cells.kind == Kind.NUMBER) | (cells.kind == Kind.BOOL)
    with np.errstate(invalid="ignore"):
        sure = numbers & ((cells.number == 0) | (cells.number == 1))
    values[sure] = cells.number[sure].astype(np.int8)
    bad = ((numbers & ~sure) | (cells.kind == Kind.DATE)).copy()
    if len(texts.where):
        verdict = texts.spread(
            [1 if (low := text.casefold()) in _YES else 0 if low in _NO else -1 for text in texts.plain], np.int8, -1
        )
        values[texts.where] = verdict
        bad[texts.where] = (verdict < 0) & ~blank[texts.where]
    faults = [Fault("E203", places(bad), WORDS[Type.BOOL])] if bad.any() else []
    return Column(field, values, blank, None, faults)
