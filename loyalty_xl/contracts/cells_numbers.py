"""Cells of numbers, money and shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.cells import Kind
from loyalty_xl.contracts.cells import WORDS, Column, Texts
from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.faults import Fault, places
from loyalty_xl.contracts.formats import is_percent
from loyalty_xl.contracts.numerals import (
    has_decimal_comma,
    has_foreign_sign,
    has_mark,
    is_missing,
    plain,
    read_numeral,
    shown,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loyalty_xl.cells import RawColumn, RawSheet
    from loyalty_xl.contracts.cells import Reading
    from loyalty_xl.contracts.contract import Field

_BAD, _COMMA, _FOREIGN, _WRITTEN, _BARE, _MISSING = range(1, 7)
_MANY = 2_000  # distinct texts from which the plain ones are read as an array


def read_numbers(raw: RawSheet, cells: RawColumn, field: Field, how: Reading) -> Column:
    """Read numbers; texts in the listed ways, with one notice."""
    numbers = cells.kind == Kind.NUMBER
    values = np.where(numbers, cells.number, np.nan)
    texts = Texts(raw, cells)
    blank = cells.kind == Kind.BLANK
    faults: list[Fault] = []
    bad = (cells.kind == Kind.BOOL) | (cells.kind == Kind.DATE) | (numbers & ~np.isfinite(values))
    declared = _declared_percent(raw, cells, numbers) if field.type is Type.PCT else None
    if declared is not None and how.percent:
        values[numbers & ~declared] /= 100
    if len(texts.where):
        read, verdict = _read_texts(texts, field, how)
        values[texts.where] = read
        blank[texts.where] = verdict == _MISSING
        faults += _text_faults(texts, verdict, how)
        bad[texts.where] = verdict == _BAD
    if how.factor != 1 and field.type is not Type.PCT:
        with np.errstate(over="ignore"):
            values *= how.factor
        bad |= np.isinf(values)
    if field.type is Type.INT:
        with np.errstate(invalid="ignore"):
            bad |= np.isfinite(values) & (values != np.rint(values))
    if bad.any():
        values[bad] = np.nan
        faults.append(Fault("E203", places(bad), WORDS[field.type]))
    return Column(field, values, blank, None, faults)


def _declared_percent(raw: RawSheet, cells: RawColumn, numbers: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(numbers & np.array([is_percent(code) for code in raw.formats])[cells.style])


def _read_texts(texts: Texts, field: Field, how: Reading) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Read each distinct text; gives value and verdict of each cell."""
    values = np.full(len(texts.plain), np.nan)
    verdicts = np.full(len(texts.plain), _BAD, np.uint8)
    todo = range(len(texts.plain))
    if len(texts.plain) > _MANY:
        simple = _read_simple(texts.plain, values)
        verdicts[simple] = _BARE
        todo = [each for each in todo if verdicts[each] != _BARE]  # type: ignore[assignment]
    for place in todo:
        text = texts.plain[place]
        if is_missing(text):
            verdicts[place] = _MISSING
            continue
        numeral = read_numeral(text)
        if numeral is None:
            verdicts[place] = (
                _COMMA
                if has_decimal_comma(text)
                else _FOREIGN
                if field.type is Type.MONEY and has_foreign_sign(text)
                else _BAD
            )
        elif numeral.percent and field.type is not Type.PCT:
            verdicts[place] = _BAD
        else:
            values[place] = numeral.value
            verdicts[place] = _BARE if text.isascii() and text.lstrip("-").replace(".", "", 1).isdigit() else _WRITTEN
            if field.type is Type.PCT and how.percent and not numeral.percent:
                values[place] /= 100
    if (verdicts == _COMMA).any():
        american = [
            place for place, text in enumerate(texts.plain) if verdicts[place] in (_BARE, _WRITTEN) and has_mark(text)
        ]
        if american:
            values[american], verdicts[american] = np.nan, _COMMA
        else:
            verdicts[verdicts == _COMMA] = _BAD
    return texts.spread(values, np.float64, np.nan), texts.spread(verdicts, np.uint8)


def _read_simple(texts: list[str], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Read texts such as 12.50, which need no more than a cast."""
    import pyarrow as pa
    import pyarrow.compute as pc

    array = pa.array(texts, pa.string())
    simple = np.asarray(pc.match_substring_regex(array, r"^-?\d{1,15}(\.\d{1,12})?$"))
    if simple.any():
        values[simple] = np.asarray(array.filter(pa.array(simple)).cast(pa.float64()))
    return simple


def _text_faults(texts: Texts, verdict: NDArray[np.uint8], how: Reading) -> list[Fault]:
    faults = []
    if len(at := texts.where[verdict == _COMMA]):
        distinct = dict(zip(texts.distinct.tolist(), texts.plain, strict=True))
        mixed = [distinct[each] for each in dict.fromkeys(texts.index[verdict == _COMMA].tolist())]
        comma = next(text for text in mixed if has_decimal_comma(text))
        point = next(text for text in mixed if not has_decimal_comma(text))
        faults.append(Fault("E221", at, found=comma, detail=(("other", point),), together=True))
    if len(at := texts.where[verdict == _FOREIGN]):
        faults.append(Fault("E232", at, "number"))
    read = (verdict == _WRITTEN) if how.from_text else (verdict == _WRITTEN) | (verdict == _BARE)
    if len(at := texts.where[read]):
        text = plain(texts.plain[int(np.searchsorted(texts.distinct, texts.index[read][0]))])
        numeral = read_numeral(text)
        faults.append(Fault("W220", at, detail=(("value", shown(numeral.value) if numeral else ""),)))
    return faults
