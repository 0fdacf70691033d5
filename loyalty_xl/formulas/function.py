"""A worksheet function: its arguments, its help, and how raw cells become its answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from loyalty_xl.contracts.contract import Field, Type
from loyalty_xl.contracts.dates import read_date
from loyalty_xl.contracts.numerals import plain, read_numeral
from loyalty_xl.formulas.cell_errors import CellError, Refused, bad_cells, bad_setting
from loyalty_xl.formulas.ranges import EPOCH, Given, flat, is_blank, paired, told
from loyalty_xl.settings import SETTINGS, SettingRow, Settings, read_settings
from loyalty_xl.vocabulary import Better, Cycle

if TYPE_CHECKING:
    from collections.abc import Mapping

FUNCTIONS: dict[str, Function] = {}
LONGEST_HELP = 255  # characters that Excel keeps of a function's or argument's help
REQUIRED = object()


class Kind(StrEnum):
    """What an argument is."""

    RANGE = "range"  # a column of raw cells, read by the rules of `field`
    CELLS = "cells"  # cells as they are
    SETTING = "setting"
    NUMBER = "number"
    COUNT = "count"  # a whole number, at least 1
    DAY = "day"
    WORD = "word"


@dataclass(frozen=True)
class Argument:
    """One argument: its name in the signature, what it is, and its help."""

    name: str
    kind: Kind
    zh: str
    en: str
    field: Field | None = None  # of a range
    block: int = 0  # ranges of one block belong together row by row
    blank_counts: bool = False
    limits: Callable[[Settings], tuple[float, float]] | None = None  # of the numbers in a range
    each: Callable[[Any], Any] | None = None  # what is made of every cell of a range before it is read
    default: Any = REQUIRED
    setting: str = ""

    @property
    def optional(self) -> bool:
        """Whether it may be left out."""
        return self.default is not REQUIRED

    @property
    def spelled(self) -> str:
        """The argument as the signature shows it."""
        if not self.optional:
            return self.name
        return f"[{self.name}]" if self.default is None or self.default == "" else f"[{self.name}={self.default}]"

    def help(self, language: str) -> str:
        """What it is, in *language*, short enough for a spreadsheet."""
        return (self.zh if language == "zh" else self.en)[:LONGEST_HELP]


@dataclass(frozen=True)
class Function:
    """A worksheet function of the registry."""

    name: str  # LOYALTY_NPS
    arguments: tuple[Argument, ...]
    answer: Callable[..., Any]  # takes the arguments by name, ranges as arrays, settings as `settings`
    zh: str
    en: str
    group: str = ""  # KPI dimension, tables, scorecard, book
    key: str = ""  # KPI or listing, where it is one
    table: bool = field(default=False)

    @property
    def signature(self) -> str:
        """Name and arguments."""
        return f"{self.name}({', '.join(each.spelled for each in self.arguments)})"

    @property
    def dotted(self) -> str:
        """The name where dots are possible."""
        return self.name.replace("_", ".", 1)

    @property
    def settings(self) -> tuple[Argument, ...]:
        """Arguments that are settings."""
        return tuple(each for each in self.arguments if each.kind is Kind.SETTING)

    def help(self, language: str) -> str:
        """What it computes, in *language*, short enough for a spreadsheet."""
        return (self.zh if language == "zh" else self.en)[:LONGEST_HELP]


def function(made: Function) -> Function:
    """Put a function into the registry."""
    if made.name in FUNCTIONS:
        raise ValueError(f"function {made.name} is defined twice")
    names = [each.name for each in made.arguments]
    if len(set(names)) < len(names):
        raise ValueError(f"{made.name} names an argument twice")
    optional = [each.optional for each in made.arguments]
    if sorted(optional) != optional:
        raise ValueError(f"{made.name} asks for an argument behind an optional one")
    FUNCTIONS[made.name] = made
    return made


def run(made: Function, cells: tuple[Any, ...]) -> Any:
    """Answer a function for raw cells; gives a scalar, rows of equal length, or a `CellError`."""
    try:
        return shown(made.answer(**_read(made, cells)))
    except Refused as refused:
        return refused.error


def _read(made: Function, cells: tuple[Any, ...]) -> dict[str, Any]:
    """Read the cells of all arguments."""
    if len(cells) > len(made.arguments):
        raise bad_cells(f"参数太多:{made.signature}", f"Too many arguments: {made.signature}")
    given = dict(zip((each.name for each in made.arguments), cells, strict=False))
    read: dict[str, Any] = {}
    changed: dict[str, Any] = {}
    for each in made.arguments:
        cell = given.get(each.name)
        if each.kind in (Kind.RANGE, Kind.CELLS):
            if cell is None and each.name not in given and not each.optional:
                raise _missing(made, each)
            read[each.name] = cell
            continue
        value = _scalar(made, each, cell)
        if each.kind is not Kind.SETTING:
            read[each.name] = value
        elif value is not None and value != each.default:
            changed[each.setting] = value
    settings = _settings(tuple(sorted(changed.items())))
    blocks: dict[int, list[Given]] = {}
    include = read.pop("include", None)
    ranges = [each for each in made.arguments if each.kind is Kind.RANGE and each.name != "include"]
    for each in ranges:
        cell = read.pop(each.name)
        if cell is None and each.optional:
            read[each.name] = None
            continue
        assert each.field is not None
        alone = sum(other.block == each.block for other in ranges) == 1 and (include is None or each.block)
        limits = each.limits(settings) if each.limits else None
        line = flat(cell, "" if alone else each.name)
        line = [each.each(one) for one in line] if each.each else line
        blocks.setdefault(each.block, []).append(Given(each.name, each.field, line, each.blank_counts, limits))
    for number, block in blocks.items():
        read |= paired(block, flat(include, "include") if include is not None and not number else None)
    if made.settings or made.key:
        read["settings"] = settings
    return read


def _missing(made: Function, each: Argument) -> Refused:
    return bad_cells(f"缺少参数 {each.name}:{made.signature}", f"Argument {each.name} is missing: {made.signature}")


def _scalar(made: Function, each: Argument, cell: Any) -> Any:
    """Read an argument that is one cell."""
    line = flat(cell)
    cell = line[0] if len(line) == 1 else cell
    if len(line) > 1:
        raise bad_cells(f"{each.name} 应是一个单元格", f"{each.name} must be one cell")
    if is_blank(cell):
        if not each.optional and not each.blank_counts:
            raise _missing(made, each)
        return each.default if each.optional else None
    if isinstance(cell, str) and cell.startswith("#") and each.kind is not Kind.WORD:
        raise bad_cells(f"{each.name}:{cell}", f"{each.name}: {cell}")
    if each.kind is Kind.SETTING:
        return _setting_value(cell)
    if each.kind is Kind.DAY:
        return read_day(cell, each.name)
    if each.kind is Kind.WORD:
        return cell
    number = read_number(cell, each.name)
    if each.kind is Kind.COUNT and (number != int(number) or number < 1):
        raise bad_setting(
            f"{each.name} 应是正整数:{told(cell)}", f"{each.name} must be a whole number of at least 1: {told(cell)}"
        )
    return int(number) if each.kind is Kind.COUNT else number


def _setting_value(cell: Any) -> Any:
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        return int(cell) if float(cell).is_integer() else float(cell)
    return cell


def read_number(cell: Any, name: str) -> float:
    """Read a cell that holds one number."""
    if isinstance(cell, str):
        found = read_numeral(cell)
        value = found.value if found else math.nan
    elif isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        value = float(cell)
    else:
        value = math.nan
    if not math.isfinite(value):
        raise bad_cells(f"{name} 不是数字:{told(cell)}", f"{name} is not a number: {told(cell)}")
    return value


def read_day(cell: Any, name: str) -> date:
    """Read a cell that holds one date: a date, a serial number, or a text in one of the listed ways."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool) and 1 <= float(cell) < 2_958_466:
        return (EPOCH + timedelta(days=int(cell))).date()
    if isinstance(cell, str):
        found = read_date(plain(cell)).readings
        if len(found) == 1:
            return found[0].date()
    raise bad_cells(f"{name} 不是日期:{told(cell)}", f"{name} is not a date: {told(cell)}")


@lru_cache(maxsize=512)
def _settings(changed: tuple[tuple[str, Any], ...]) -> Settings:
    """Give the defaults with some settings changed, judged together as the Settings sheet is."""
    if not changed:
        return Settings()
    dated, findings = read_settings([SettingRow(key, value, cell=key) for key, value in changed])
    wrong = next((each for each in findings if each.code.startswith("E")), None)
    if wrong is not None:
        given = wrong.found if "=" in wrong.found else f"{wrong.cell} = {wrong.found}"
        raise bad_setting(f"{given} 不行,应满足 {wrong.expected}", f"{given} will not do; it must be {wrong.expected}")
    return dated.at(date.max)


def word_of(cell: Any, choices: Mapping[str, tuple[str, ...]], name: str) -> str:
    """Read a word of a list in any of its spellings."""
    text = plain(str(cell)).casefold()
    for choice, spellings in choices.items():
        if text == choice or text in spellings:
            return choice
    listed = ", ".join(f"{choice} ({spellings[0]})" if spellings else choice for choice, spellings in choices.items())
    raise bad_setting(
        f"{name} 不认识“{told(cell)}”。可用:{listed}", f"{name} does not know {told(cell)!r}. Choose from {listed}."
    )


BETTER = {
    Better.HIGHER.value: ("越高越好", "高", "up", "升", "higher is better"),
    Better.LOWER.value: ("越低越好", "低", "down", "降", "lower is better"),
}
CYCLES = {
    Cycle.MONTH.value: ("月", "月度", "monthly", "m"),
    Cycle.QUARTER.value: ("季", "季度", "quarterly", "q"),
    Cycle.HALF_YEAR.value: ("半年", "half", "half-year", "h"),
    Cycle.YEAR.value: ("年", "年度", "yearly", "annual", "y"),
}


def shown(answer: Any) -> Any:
    """Give an answer in what every host can show: plain numbers, texts, and rows of equal length; nan as #N/A."""
    if isinstance(answer, (list, tuple)):
        rows = [[_cell(each) for each in row] for row in answer]
        width = max((len(row) for row in rows), default=0)
        return [[*row, *([""] * (width - len(row)))] for row in rows]
    return _cell(answer)


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (int, str, CellError)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else CellError("#N/A", "没有值", "no value")
    return str(value)


def setting_argument(key: str, name: str) -> Argument:
    """Give the argument that stands for a setting."""
    each = SETTINGS[key]
    return Argument(name, Kind.SETTING, each.zh, each.en, default=each.default, setting=key)


INCLUDE = Argument(
    "include",
    Kind.RANGE,
    "TRUE/FALSE,每行一个:只算 TRUE 的行(按月、按地区筛选)",
    "TRUE or FALSE for each row: only rows with TRUE count (to restrict by month or region)",
    field=Field("include", Type.BOOL, "包含"),
    default=None,
)
