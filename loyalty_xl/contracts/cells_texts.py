"""Cells of ids, texts, categories and periods."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.cells import Kind
from loyalty_xl.contracts.cells import WORDS, Column, Texts, blank_mask, spelled
from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.dates import read_serials
from loyalty_xl.contracts.faults import Fault, places
from loyalty_xl.contracts.formats import zero_padding
from loyalty_xl.contracts.numerals import cleaned, is_missing, shown
from loyalty_xl.vocabulary import Calendar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loyalty_xl.cells import RawColumn, RawSheet
    from loyalty_xl.contracts.cells import Reading
    from loyalty_xl.contracts.contract import Field

LONGEST = 32_767  # characters that an Excel cell can hold
LONGEST_NAME = 255  # of what rows are grouped or joined by: pages put it beside other words in one cell
# Texts by which rows are grouped or joined: folded like ids, but in their own case. Other texts keep every character.
LABELS = frozenset(
    {"tier", "product_type", "class_l1", "class_l2", "survey_version", "version", "touchpoint", "close_reason"}
)
LITERAL = frozenset(
    {"field", "segments"}
)  # where `-` or `none` says something: Mapping leaves a column out with it, Recipients shows no segments
WORDS_NAME = f"text of up to {LONGEST_NAME} characters"
_SCIENTIFIC = re.compile(r"[-+]?\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)
CUSTOMER_IDS = frozenset({"customer_id", "merged_into", "referrer_id", "referee_id"})


class _Codes:
    """Distinct texts, numbered as they come."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def of(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))


def read_ids(raw: RawSheet, cells: RawColumn, field: Field, how: Reading) -> Column:
    """Read ids as text: trimmed, NFKC, upper case; a number is its integer text (G9)."""
    texts = Texts(raw, cells)
    blank = blank_mask(cells, texts)
    codes = _Codes()
    values = np.full(len(cells), -1, np.int32)
    lost = np.zeros(len(cells), np.bool_)
    bad = (cells.kind == Kind.BOOL) | (cells.kind == Kind.DATE)
    faults: list[Fault] = []
    if len(texts.where):
        broken = [bool(_SCIENTIFIC.fullmatch(text)) for text in texts.plain]
        numbers = [
            -1 if scientific or is_missing(text) else codes.of(text.upper())
            for text, scientific in zip(texts.plain, broken, strict=True)
        ]
        values[texts.where] = texts.spread(numbers, np.int32, -1)
        if any(broken):
            lost[texts.where] = texts.spread(broken, np.bool_, False)
        faults += _too_long(texts)
    where = places(cells.kind == Kind.NUMBER)
    if len(where):
        numbers_at = cells.number[where]
        whole = np.isfinite(numbers_at) & (numbers_at == np.rint(numbers_at))
        large = np.abs(numbers_at) >= 1e15
        bad[where] = ~whole & ~large
        lost[where] = large
        values[where] = _number_codes(numbers_at, whole & ~large, codes)
        faults += _padding(raw, cells, where, values, codes, field, how)
    for mask, code in ((bad, "E203"), (lost, "E226")):
        if mask.any():
            faults.append(Fault(code, places(mask), WORDS[Type.ID]))
    return Column(field, values, blank, list(codes.numbers), faults)


def _number_codes(numbers: NDArray[np.float64], good: NDArray[np.bool_], codes: _Codes) -> NDArray[np.int32]:
    """Number the integer texts of whole numbers."""
    result = np.full(len(numbers), -1, np.int32)
    kept = numbers if good.all() else numbers[good]
    if not len(kept):
        return result
    whole = kept.astype(np.int64)
    low = int(whole.min())
    span = int(whole.max()) - low + 1
    if span <= max(1_000_000, 4 * len(whole)):  # a table is quicker than hashing
        present = np.zeros(span, np.bool_)
        present[whole - low] = True
        distinct = places(present)
        table = np.zeros(span, np.int32)
        table[distinct] = [codes.of(str(each)) for each in (distinct + low).tolist()]
        found = table[whole - low]
    else:
        distinct, inverse = np.unique(whole, return_inverse=True)
        found = np.array([codes.of(str(each)) for each in distinct.tolist()], np.int32)[inverse]
    if good.all():
        return found
    result[good] = found
    return result


def _padding(
    raw: RawSheet,
    cells: RawColumn,
    where: NDArray[np.intp],
    values: NDArray[np.int32],
    codes: _Codes,
    field: Field,
    how: Reading,
) -> list[Fault]:
    """Pad with zeros where the setting says so; say where a format shows zeros that the value has not."""
    widths = np.array([zero_padding(code) for code in raw.formats])[cells.style[where]]
    everywhere = how.id_padding is not None and field.name in CUSTOMER_IDS
    if not widths.any() and not everywhere:
        return []
    names = list(codes.numbers)
    at = where if everywhere else where[widths > 0]
    if how.id_padding:
        distinct, inverse = np.unique(values[at], return_inverse=True)
        values[at] = np.array(
            [-1 if each < 0 else codes.of(names[each].zfill(how.id_padding)) for each in distinct.tolist()], np.int32
        )[inverse]
    names = list(codes.numbers)
    lengths = np.array([len(name) for name in names] or [0])
    short = (widths > 0) & (values[where] >= 0) & (lengths[values[where]] < widths)
    if not short.any():
        return []
    first = int(places(short)[0])
    name = names[values[where[first]]]
    return [Fault("W225", where[short], name.zfill(int(widths[first])), name, (("format", "0" * int(widths[first])),))]


def _too_long(texts: Texts) -> list[Fault]:
    """Say which names are none, being whole texts."""
    if max(map(len, texts.plain), default=0) <= LONGEST_NAME:
        return []
    long = texts.spread([len(text) > LONGEST_NAME for text in texts.plain], np.bool_, False)
    return [Fault("E203", texts.where[long], WORDS_NAME)]


def _is_empty(text: str) -> bool:
    return not text


def read_strings(raw: RawSheet, cells: RawColumn, field: Field, how: Reading) -> Column:
    """Read free texts; numbers and dates as they are usually written."""
    texts = Texts(raw, cells)
    missing = _is_empty if field.name in LITERAL else is_missing
    blank = blank_mask(cells, texts, missing)
    codes = _Codes()
    values = np.full(len(cells), -1, np.int32)
    faults = []
    if len(texts.where):
        kept = (
            texts.plain
            if field.type is not Type.STR or field.name in LABELS
            else [cleaned(text) for text in texts.strings]
        )
        numbers = [-1 if missing(text) else codes.of(own) for text, own in zip(texts.plain, kept, strict=True)]
        values[texts.where] = texts.spread(numbers, np.int32, -1)
        if field.name in LABELS:
            faults += _too_long(texts)
        elif max(map(len, texts.strings), default=0) > LONGEST:
            long = texts.spread([len(text) > LONGEST for text in texts.strings], np.bool_, False)
            faults.append(Fault("W234", texts.where[long], str(LONGEST)))
    _spell_out(cells, values, codes, how)
    return Column(field, values, blank, list(codes.numbers), faults)


def _spell_out(cells: RawColumn, values: NDArray[np.int32], codes: _Codes, how: Reading) -> None:
    """Write numbers, dates and booleans as text."""
    where = places((cells.kind == Kind.NUMBER) | (cells.kind == Kind.DATE) | (cells.kind == Kind.BOOL))
    if len(where):
        pairs = np.stack([cells.kind[where].astype(np.float64), cells.number[where]])
        distinct, inverse = np.unique(pairs, axis=1, return_inverse=True)
        spelled_out = [_as_text(Kind(int(kind)), number, how) for kind, number in distinct.T.tolist()]
        values[where] = np.array([codes.of(text) for text in spelled_out], np.int32)[inverse]


def _as_text(kind: Kind, number: float, how: Reading) -> str:
    if kind is Kind.BOOL:
        return "TRUE" if number else "FALSE"
    if kind is Kind.DATE:
        moments, bad = read_serials(np.array([number]), how.date1904)
        if not bad[0]:
            return str(moments.view("datetime64[s]")[0]).replace("T00:00:00", "").replace("T", " ")
    return shown(number)


def read_categories(raw: RawSheet, cells: RawColumn, field: Field, how: Reading) -> Column:
    """Read one of the choices of a field, in any of its spellings."""
    names = list(field.choices)
    table = {
        spelled(text): place for place, (name, others) in enumerate(field.choices.items()) for text in (name, *others)
    }
    column = read_strings(raw, cells, field, how)
    found = [table.get(spelled(text), -1) for text in column.categories or ()]
    if (cells.kind == Kind.DATE).any():  # a spreadsheet turned a typed 1-5 into the fifth of January
        found = [
            number if number >= 0 else table.get(_as_range(text), -1)
            for text, number in zip(column.categories or (), found, strict=True)
        ]
    values = np.where(column.values < 0, -1, np.array([*found, -1], np.int32)[column.values]).astype(np.int16)
    texts = Texts(raw, cells)
    words = np.full(len(cells), -1, np.int16)  # words for nothing that mean something here, such as 无
    if len(texts.where):
        words[texts.where] = texts.spread(
            [table.get(spelled(text), -1) if text else -1 for text in texts.plain], np.int16, -1
        )
    meant = column.blank & (words >= 0)
    values[meant] = words[meant]
    blank = column.blank & ~meant
    known = np.isin(cells.kind, (Kind.BLANK, Kind.ERROR, Kind.UNCACHED))
    unknown = places((values < 0) & ~blank & ~known)
    allowed = " / ".join(
        f"{name} ({others[0]})" if others else name for name, others in list(field.choices.items())[:12]
    )
    faults = [Fault("E233", unknown, allowed + (" ..." if len(names) > 12 else ""))] if len(unknown) else []
    return Column(field, values, blank, names, faults)


def _as_range(text: str) -> str:
    found = re.fullmatch(r"\d{4}-0?(\d+)-0?(\d+)", text)
    return f"{found[1]}-{found[2]}" if found else ""


def read_periods(raw: RawSheet, cells: RawColumn, field: Field, how: Reading) -> Column:
    """Read period labels; a date is its month, and so is a number such as 202603."""
    column = read_strings(raw, cells, field, how)
    labels = [_period(text) for text in column.categories or ()]
    names = list(dict.fromkeys(label for label in labels if label))
    codes = np.array([names.index(label) if label else -1 for label in labels] + [-1], np.int32)
    values = np.where(column.values < 0, -1, codes[column.values]).astype(np.int32)
    bad = places((column.values >= 0) & (values < 0))
    faults = [Fault("E203", bad, WORDS[Type.PERIOD])] if len(bad) else []
    return Column(field, values, column.blank, names, faults)


def _period(text: str) -> str:
    """Give a label as it is printed, "" when it is none."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d( .*)?", text):
        return text[:7]
    if period := Calendar().parse(text):
        return period.label
    return text.upper() if Calendar(2).parse(text) else ""
