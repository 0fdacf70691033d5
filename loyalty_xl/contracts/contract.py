"""A contract: what one sheet promises. Headers, prompts, rules, blank sheets and documentation all come from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from loyalty_xl.vocabulary import Calendar

if TYPE_CHECKING:
    import pandas as pd

    from loyalty_xl.contracts.taken import Taken


class Type(StrEnum):
    """What the cells of a field hold."""

    ID = "id"  # text key: trimmed, NFKC, upper case, leading zeros kept
    STR = "str"
    CAT = "cat"  # one of `choices`
    DATE = "date"
    INT = "int"
    NUM = "num"
    MONEY = "money"
    PCT = "pct"  # share, 0 to 1
    BOOL = "bool"
    PERIOD = "period"  # a period label, kept as text


@dataclass(frozen=True)
class Field:
    """One column of a sheet."""

    name: str
    type: Type
    zh: str  # the Chinese header we print
    aliases: tuple[str, ...] = ()  # other headers that mean it, zh and en
    usual: bool = False  # a full delivery has it (Q1 counts its blanks)
    required: bool = False  # without it a row is out, and without its column the sheet
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)  # allowed value -> its other spellings
    low: float | None = None
    high: float | None = None
    above: float | None = None  # strictly greater
    unique: bool = False
    personal: bool = False  # never leaves the company
    unit: str = ""
    en: str = ""  # what it means, one phrase
    zh_note: str = ""
    default: str = ""  # what a blank cell means, in words


@dataclass(frozen=True)
class Contract:
    """What a sheet promises."""

    name: str  # `Orders`
    zh: str  # `订单`
    dept: str  # marketing, analytics, service, sales, control
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    date: str = ""  # the field that places a row in a period; "" for reference sheets
    since: str = ""  # the field that dates what is said of a key: several rows of one key follow each other
    en: str = ""
    zh_note: str = ""

    def __getitem__(self, name: str) -> Field:
        return next(each for each in self.fields if each.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Field names in order."""
        return tuple(each.name for each in self.fields)


@dataclass(frozen=True)
class Part:
    """One of several files that make up a sheet: the index of the frame is its worksheet row plus *start*."""

    start: int
    title: str
    sent: dict[str, str]
    headers: dict[str, str]
    file_hash: str
    rows_read: int
    kept: int  # rows that passed its own check


@dataclass
class Sheet:
    """A sheet that was read and checked: typed columns, and what had to be left out.

    `frame` has a column for every field of the contract (all missing when it was not sent), indexed by worksheet row, kept rows only.
    Dtypes: id, str, cat, period -> categorical of str; date -> datetime64[s]; int, num, money, pct -> float64; bool -> boolean.
    """

    contract: Contract
    title: str  # what findings call it: `Orders` or `[orders.xlsx]Sheet1`
    frame: pd.DataFrame
    sent: dict[str, str]  # field -> column letters, for the fields that were sent
    counts: pd.DataFrame  # by month ordinal: rows, amount, required_cells, filled_cells, passing, distinct, imputed
    rejected: pd.DataFrame  # month, field ("" = the row), rows, amount: what was taken out (G17)
    blocked: bool = False  # a required column is missing, or the sheet cannot be trusted as a whole
    covers_to: str = ""  # ISO date up to which it is declared complete (exclusive), "" = not declared
    file: str = ""  # name of the file it came from, "" = the workbook itself
    file_hash: str = ""
    rows_read: int = 0  # data rows before anything was taken out
    left_out: dict[str, int] = field(default_factory=dict)  # reason -> rows
    headers: dict[str, str] = field(default_factory=dict)  # field -> header as sent
    unknown: tuple[str, ...] = ()  # headers that no one understood
    ledger: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict)  # see `ledger`: month, reason -> sums
    parts: tuple[Part, ...] = ()  # the files, where there are several (see `uniting`)
    taken: list[Taken] = field(default_factory=list)  # rows that were taken out, for tracing
    calendar: Calendar = field(default_factory=Calendar)  # by which its period labels are read
