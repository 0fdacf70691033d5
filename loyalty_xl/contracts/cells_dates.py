"""Cells of dates: serials of both systems, eight-digit numbers, texts; what is ambiguous is not guessed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.cells import Kind
from loyalty_xl.contracts.cells import WORDS, Column, Texts, blank_mask
from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.dates import BARE_FLOOR, read_compact, read_date, read_serials, seconds
from loyalty_xl.contracts.faults import Fault, places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loyalty_xl.cells import RawColumn, RawSheet
    from loyalty_xl.contracts.cells import Reading
    from loyalty_xl.contracts.contract import Field

# Days that may lie ahead, or before the company began: what is planned, and how long something holds.
OPEN_ENDED = frozenset({"start", "end", "contract_end", "valid_from", "valid_to", "expires_on", "due", "effective_on"})
_NONE = np.iinfo(np.int64).min
_MANY = 2_000


def read_dates(raw: RawSheet, cells: RawColumn, field: Field, how: Reading) -> Column:
    """Read dates, with their time of day."""
    texts = Texts(raw, cells)
    blank = blank_mask(cells, texts)
    moments = np.full(len(cells), _NONE, np.int64)
    unreadable = cells.kind == Kind.BOOL
    impossible = np.zeros(len(cells), np.bool_)
    faults: list[Fault] = []
    real = (cells.kind == Kind.DATE) | (cells.kind == Kind.NUMBER)
    if real.all():
        moments, impossible = _read_real(cells, how)
    elif real.any():
        moments[real], impossible[real] = _read_real(cells, how, real)
    doubtful = False
    if len(texts.where):
        ambiguous, swapped = _read_texts(texts, blank, moments, unreadable, impossible, how)
        if (
            swapped is not None
            and len(dates := places(cells.kind == Kind.DATE))
            and _first_twelve(moments[dates], impossible[dates])
        ):
            faults.append(_half_converted(raw, cells, moments, dates, swapped))
            moments[:] = np.where(ambiguous, _NONE, moments)
            doubtful = True
        elif ambiguous.any():
            faults.append(Fault("E222", places(ambiguous), "yyyy-mm-dd"))
            moments[ambiguous] = _NONE
    for mask, code in ((unreadable, "E203"), (impossible, "E223")):
        if mask.any():
            faults.append(Fault(code, places(mask), WORDS[Type.DATE]))
            moments[mask] = _NONE
    if field.name not in OPEN_ENDED:
        faults += _outside(moments, how)
    return Column(field, moments.view("datetime64[s]"), blank, None, faults, doubtful)


def _read_real(
    cells: RawColumn, how: Reading, where: NDArray[np.bool_] | slice = slice(None)
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Read numbers as dates: serials under a date format, and plain ones that can only be dates."""
    numbers, kinds = cells.number[where], cells.kind[where]
    moments, bad = read_serials(numbers, how.date1904)
    bare = kinds == Kind.NUMBER
    if bare.any():
        bad |= bare & (numbers < BARE_FLOOR)
        compact, written, wrong = read_compact(numbers)
        written &= bare
        moments[written], bad[written] = compact[written], wrong[written]
    return moments, bad


def _read_texts(
    texts: Texts,
    blank: NDArray[np.bool_],
    moments: NDArray[np.int64],
    unreadable: NDArray[np.bool_],
    impossible: NDArray[np.bool_],
    how: Reading,
) -> tuple[NDArray[np.bool_], int | None]:
    """Read the texts into *moments*; gives the ambiguous cells, and the first text that a spreadsheet could not swap.

    The second is None unless all texts with the year last have a part over 12: the mark of a half-converted column.
    """
    values = np.full(len(texts.plain), _NONE, np.int64)
    verdicts = np.zeros(len(texts.plain), np.uint8)  # 1 unreadable, 2 impossible, 3 ambiguous
    todo = np.ones(len(texts.plain), np.bool_)
    if len(texts.plain) > _MANY:
        todo = _read_iso(texts.plain, values)
    swappable, beyond = np.zeros(len(values), np.bool_), np.zeros(len(values), np.bool_)
    for place in places(todo):
        read = read_date(texts.plain[place], how.date_order)
        swappable[place], beyond[place] = read.swappable, read.beyond
        if len(read.readings) == 1:
            values[place] = seconds(read.readings[0])
        else:
            verdicts[place] = 3 if read.readings else 2 if read.shaped else 1
    moments[texts.where] = texts.spread(values, np.int64, _NONE)
    verdict = texts.spread(verdicts, np.uint8)
    verdict[blank[texts.where]] = 0
    unreadable[texts.where] = verdict == 1
    impossible[texts.where] = verdict == 2
    ambiguous = np.zeros(len(moments), np.bool_)
    ambiguous[texts.where] = verdict == 3
    if not swappable.any() or (swappable & ~beyond).any():
        return ambiguous, None
    first = int(texts.where[np.argmax(texts.spread(swappable, np.bool_, False))])
    return ambiguous, first


def _read_iso(texts: list[str], values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Read the ISO forms as an array; gives what is left to read."""
    import pandas as pd

    series = pd.Series(texts, dtype="str")
    todo = np.ones(len(texts), np.bool_)
    for form, length in (("%Y-%m-%d %H:%M:%S", 19), ("%Y-%m-%d", 10)):
        mask = todo & (series.str.len() == length).to_numpy()
        if mask.any():
            read = pd.to_datetime(series[mask], format=form, errors="coerce").to_numpy().astype("datetime64[s]")
            good = ~np.isnat(read)
            at = places(mask)[good]
            values[at] = read[good].astype(np.int64)
            todo[at] = False
    return todo


def _first_twelve(moments: NDArray[np.int64], impossible: NDArray[np.bool_]) -> bool:
    """Whether all days of the month are 12 or less."""
    good = moments[~impossible].view("datetime64[s]")
    days = good.astype("datetime64[D]") - good.astype("datetime64[M]").astype("datetime64[D]")
    return bool(len(days) and days.max() < np.timedelta64(12, "D"))


def _half_converted(
    raw: RawSheet, cells: RawColumn, moments: NDArray[np.int64], dates: NDArray[np.intp], text: int
) -> Fault:
    first = str(moments[dates[:1]].view("datetime64[s]").astype("datetime64[D]")[0])
    year, month, day = first.split("-")
    detail = (("text_cell", str(text)), ("text_value", raw.strings[cells.text[text]].strip()))
    return Fault("E219", dates, f"{year}-{day}-{month}", first, detail, together=True)


def _outside(moments: NDArray[np.int64], how: Reading) -> list[Fault]:
    """Days after today, or before the company began."""
    faults = []
    last = seconds(datetime.combine(how.today, datetime.min.time())) + 86_400
    if (late := moments >= last).any():
        faults.append(Fault("E224", places(late), how.today.isoformat(), detail=(("bound", "future"),)))
    if how.company_start:
        first = seconds(datetime.combine(how.company_start, datetime.min.time()))
        early = (moments < first) & (moments != _NONE)
        if early.any():
            faults.append(Fault("E224", places(early), how.company_start.isoformat(), detail=(("bound", "early"),)))
    return faults
