"""What a cell can hold: Python values to stored values, and a worksheet's cells back to stored values."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import cached_property
from math import isfinite

from lxml import etree

from loyalty_xl.books.markup import is_true, local, utf8


class ErrorValue(str):
    """An error that a cell shows, such as `#N/A`: formulas that read the cell see it as one."""

    __slots__ = ()


NOT_AVAILABLE = ErrorValue("#N/A")
Value = None | bool | int | float | str | date | datetime
Stored = tuple[str, float | str]  # ("", "") blank, ("n", 12.5), ("b", 1), ("t", "text"), ("e", "#N/A"), ("f", formula)

BLANK: Stored = ("", "")
LONGEST = 32_767  # UTF-16 units in a cell, as Excel counts them
BARRED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
SURROGATE = re.compile("[\ud800-\udfff]")
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")  # how worksheets write characters that XML cannot: _x000D_
REFERENCE = re.compile("&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|(amp|lt|gt|quot|apos));")
NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def storable(text: str) -> str:
    """Give the text that a cell can hold.

    Control characters (and DEL, U+FFFE, U+FFFF) are taken out, tab and line feed stay, CR LF and CR become the line
    feed of a cell, half a surrogate pair becomes U+FFFD. Everything else stays: zero-width characters, emoji, rare Han.

    Raises
    ------
    ValueError
        The text is longer than a cell can hold (32,767 UTF-16 units): nothing is cut silently.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = SURROGATE.sub("\ufffd", BARRED.sub("", text))
    if len(text) > LONGEST // 2 and len(text.encode("utf-16-le")) > 2 * LONGEST:
        raise ValueError(f"a text of {len(text):,} characters does not fit into a cell (32,767)")
    return text


def serial(moment: date, date1904: bool = False) -> float:
    """Give the number that stands for a date or time in a worksheet.

    In the 1900 system days before 1900-03-01 are one lower than plain counting gives, because that calendar has a
    29 February 1900.
    """
    if isinstance(moment, datetime):
        if moment.tzinfo is not None:
            raise ValueError(f"a worksheet knows no time zones: {moment!r}")
    else:
        moment = datetime.combine(moment, time())
    number = (moment - (datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30))) / timedelta(days=1)
    if not date1904 and number < 61:
        number -= 1
    if not number >= (0 if date1904 else 1):
        raise ValueError(f"{moment:%Y-%m-%d} lies before the first day of the worksheet's calendar")
    return number


def stored(value: Value, date1904: bool = False) -> Stored:
    """Give what a cell will hold for a Python value (numpy scalars are taken as what they hold)."""
    if value is None:
        return BLANK
    if isinstance(value, str):
        return ("e", str(value)) if isinstance(value, ErrorValue) else ("t", storable(value))
    if isinstance(value, bool):
        return "b", float(value)
    if isinstance(value, date):
        return "n", serial(value, date1904)
    if not isinstance(value, int | float) and hasattr(value, "item"):  # type: ignore[unreachable]
        return stored(value.item(), date1904)  # type: ignore[unreachable]
    if not isinstance(value, int | float):
        raise TypeError(f"no cell value: {value!r}")
    if not isfinite(value):
        raise ValueError(f"{value} is no cell value; give None or a text")
    return "n", value if isinstance(value, int) else float(value)


def number_text(number: float | str) -> str:
    """Write a number as worksheets do: the shortest text that reads back the same, integers without `.0`."""
    text = repr(number)
    return text.removesuffix(".0")


def mask_escapes(text: str) -> str:
    """Write a literal `_x000D_` so that Excel does not take it for a character."""
    return ESCAPED.sub(r"_x005F_x\1_", text) if "_x" in text else text


def escape(text: str) -> str:
    """Write a storable text into XML."""
    return mask_escapes(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Read what stands between two tags as XML."""
    if "&" in text:
        text = REFERENCE.sub(lambda m: NAMED[m[3]] if m[3] else chr(int(m[1], 16) if m[1] else int(m[2])), text)
    return text


def characters(text: str) -> str:
    """Read the `_xHHHH_` of a worksheet text."""
    return ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


def same(one: Stored, other: Stored) -> bool:
    """Say whether two cells hold the same. Numbers agree when 15 digits do: more a sheet does not keep."""
    if one == other:
        return True
    return one[0] == other[0] == "n" and f"{float(one[1]):.15g}" == f"{float(other[1]):.15g}"


class SharedStrings:
    """The shared texts of a workbook, found in the part without parsing it all."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        self.read = read
        self.known: dict[str, str | None] = {}

    @cached_property
    def items(self) -> list[bytes]:
        """The `<si>` elements as bytes; the part is read when the first of its texts is asked for."""
        return re.findall(rb"<(?:\w+:)?si(?:\s[^>]*)?(?:/>|(?<!/)>.*?</(?:\w+:)?si\s*>)", utf8(self.read()), re.DOTALL)

    def text(self, index: str) -> str | None:
        """Give a text by its number, None if there is no such text."""
        if index not in self.known:
            self.known[index] = self._look_up(index)
        return self.known[index]

    def _look_up(self, index: str) -> str | None:
        try:
            item = self.items[int(index)].decode()
        except (ValueError, IndexError):
            return None
        item = re.sub(r"<(?:\w+:)?rPh\b.*?</(?:\w+:)?rPh\s*>", "", item, flags=re.DOTALL)
        runs = re.findall(r"<(?:\w+:)?t(?:\s[^>]*)?(?<!/)>(.*?)</(?:\w+:)?t\s*>", item, re.DOTALL)
        return characters("".join(unescape(run) for run in runs))


def cell_value(cell: etree._Element, strings: SharedStrings) -> Stored:
    """Give what a cell holds."""
    kind, found = cell.get("t", "n"), {local(child): child for child in cell}
    if "f" in found:
        return "f", found["f"].text or ""
    if kind == "inlineStr":
        if "is" not in found:
            return BLANK
        runs = [*found["is"].iterfind("{*}t"), *found["is"].iterfind("{*}r/{*}t")]
        return "t", characters("".join(run.text or "" for run in runs))
    text = found["v"].text if "v" in found else None
    if text is None:
        return BLANK
    return plain_value(kind, text, strings)


def plain_value(kind: str, text: str, strings: SharedStrings) -> Stored:
    """Give what a cell of type *kind* holds whose `<v>` is *text*."""
    try:
        if kind == "n":
            return "n", float(text)
        if kind == "s":
            found = strings.text(text)
            return ("e", "#REF!") if found is None else ("t", found)
        if kind == "b":
            return "b", float(is_true(text.strip()))
        if kind == "d":
            return "n", serial(datetime.fromisoformat(text.rstrip("Z")))
    except ValueError:
        return "e", text
    return ("e", text) if kind == "e" else ("t", characters(text))
