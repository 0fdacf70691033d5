"""The run log: what the last run read, what it used, what it wrote. No clock time, so the same inputs give the same page."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl import memory
from loyalty_xl.books import unread
from loyalty_xl.books.patch import storable
from loyalty_xl.cell_marks import whole_hash
from loyalty_xl.cells import Kind, RawSheet
from loyalty_xl.publish import adjustments, states
from loyalty_xl.publish.change_words import section_of
from loyalty_xl.publish.month_end import fingerprint_of
from loyalty_xl.settings import SETTINGS
from loyalty_xl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from loyalty_xl.opening import Asked
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.settings import DatedSettings
    from loyalty_xl.vocabulary import Target

Entry = tuple[str, str, str, str]
HEAD = 6  # entries about the run as a whole, which stand first
WRITTEN = "written"  # cells of the Scorecard as they were written
PAGE = "page"  # hashes of the owned pages as they were written
SHOWN = "shown"  # pages that came to light with a refresh: whoever hides them later wants them hidden
MARKED = "marked"  # cells that a refresh in the open workbook coloured: cell, colour before, colour now


def entries_of(page: RawSheet | None) -> list[Entry]:
    """Read the run log of the last run off its page."""
    if page is None:
        return []
    made = []
    for entry in range(len(page)):
        if page.rows[entry] == 1:
            continue
        cells = [_text(page, column, entry) for column in (1, 2, 3, 4)]
        made.append((section_of(cells[0]), cells[1], cells[2], cells[3]))
    return made


def _text(page: RawSheet, number: int, entry: int) -> str:
    column = page.columns.get(number)
    if column is None or column.kind[entry] == Kind.BLANK:
        return ""
    if column.kind[entry] in (Kind.TEXT, Kind.ERROR):
        text: str = page.strings[column.text[entry]]
        return text
    return f"{column.number[entry]:.17g}"


def last(entries: Iterable[Entry], section: str) -> dict[str, str]:
    """Entries of one section by item."""
    return {item: value for name, item, value, _ in entries if name == section}


def rows_hash(rows: Sequence[Sequence[Any]]) -> str:
    """Hash of what is written on an owned page, column by column."""
    total = hashlib.sha256()
    clean: dict[str, str] = {}  # most texts of a large page stand there many times
    for number, cells in enumerate(zip(*rows, strict=True), start=1):
        kinds = set(map(type, cells))
        if kinds <= {float, int, type(None)}:  # most columns hold one kind alone
            numbers, texts = np.array(cells, dtype=float), []
        elif kinds <= {str, type(None)}:
            numbers, texts = np.full(len(cells), np.nan), [each for each in enumerate(cells) if each[1] is not None]
        else:
            numbers = np.array([float(cell) if isinstance(cell, (int, float)) else np.nan for cell in cells])
            texts = [(place, cell) for place, cell in enumerate(cells) if isinstance(cell, str)]
        clean |= {cell: storable(cell) for cell in {cell for _, cell in texts} - clean.keys()}
        _take_in(total, number, numbers, [(place, clean[cell]) for place, cell in texts])
    return total.hexdigest()


def page_hash(page: RawSheet) -> str:
    """The same hash of a page as it stands in a workbook, its header left out."""
    if not memory.on() or not unread.large(page):
        return _page_hash(page)
    key = ("page", whole_hash(page))
    found: str | None = memory.recall(key)
    if found is None:
        found = _page_hash(page)
        memory.remember(key, found, 200)
        unread.keep(page)
    return found


def remember_pages(book: Path, pages: Mapping[str, str]) -> None:
    """Remember the hashes of worksheets that were just written, so that the next run need not read them."""
    for name, whole in unread.written(book, pages).items():
        memory.remember(("page", whole), pages[name], 200)


def _page_hash(page: RawSheet) -> str:
    total = hashlib.sha256()
    below = page.rows >= 2
    places = page.rows[below] - 2
    size = int(places.max()) + 1 if len(places) else 0
    for number, column in sorted(page.columns.items()):
        kinds = column.kind[below]
        counted = np.isin(kinds, (Kind.NUMBER, Kind.DATE, Kind.BOOL))
        numbers = np.full(size, np.nan)
        numbers[places[counted]] = column.number[below][counted]
        text = np.isin(kinds, (Kind.TEXT, Kind.ERROR))
        words = [page.strings[code] for code in column.text[below][text]]
        _take_in(total, number, numbers, list(zip(places[text].tolist(), words, strict=True)))
    return total.hexdigest()


def _take_in(total: Any, number: int, numbers: np.ndarray, texts: list[tuple[int, str]]) -> None:
    """Add a column to a hash; one without any value adds nothing."""
    counted = np.flatnonzero(~np.isnan(numbers))
    if not len(counted) and not texts:
        return
    total.update(f"{number}:".encode())
    total.update(counted.astype(np.int64).tobytes())
    total.update(numbers[counted].tobytes())
    total.update("\n".join(f"{place}={text}" for place, text in texts).encode("utf-8", "surrogatepass"))


def entries(made: Refresh, asked: Asked, signature: str, before: list[Entry]) -> list[Entry]:
    """What this run did, apart from what it wrote."""
    log: list[Entry] = [
        ("run", "version", __version__, ""),
        ("run", "signature", signature, ""),
        ("run", "fingerprint", fingerprint_of(made), ""),
        ("run", "period", made.period.label if made.period else "", ""),
        ("run", "as_of", made.as_of.isoformat() if made.as_of else "", ""),
        ("run", "language", made.language, ""),
    ]
    log += [("override", f"--source {name}", file, "") for name, file in sorted(asked.sources.items())]
    log += [("override", f"--set {key}", value, "") for key, value in sorted(asked.settings.items())]
    for name, files in made.inputs.sources.items():
        sheet = made.sheets.get(name)
        if sheet is None:
            continue
        for source in files:
            log.append(("source", name, source.title, source.content_hash))
        log.append(("rows", name, str(sheet.rows_read), f"kept {len(sheet.frame)}"))
        log += [("rows", part.title, str(part.rows_read), f"checked {part.kept}") for part in sheet.parts]
        log += [
            ("left out", f"{name}: {reason}", str(rows), "") for reason, rows in sorted(sheet.left_out.items()) if rows
        ]
        if name == "Orders" and not sheet.blocked:
            log += _order_counts(sheet.frame)
    log += [("setting", key, value, "") for key, value in sorted(_settings(made.inputs.settings).items())]
    log += [
        ("target", key, value, "") for key, value in sorted({_place(each): _aim(each) for each in made.targets}.items())
    ]
    log += [(adjustments.SECTION, key, value, "") for key, value in sorted(adjustments.log_texts(made).items())]
    recorded = [entry for entry in before if entry[0] in states.RECORDED] if made.up_to_date else []
    return log + (recorded or states.record(made))


def _settings(dated: DatedSettings) -> dict[str, str]:
    """Settings that are not at their default, and from when on they are others."""
    found: dict[str, str] = {}
    held = {key: each.default for key, each in SETTINGS.items()}
    for first, settings in dated.versions:
        for key, was in held.items():
            if (value := getattr(settings, key)) != was:
                found[f"{key} from {first}" if first.year > 1 else key] = str(value)
                held[key] = value
    return found


def _place(each: Target) -> str:
    return f"{each.kpi}|{each.period}|{each.segment_dim}={each.segment}|{each.valid_from or ''}"


def _aim(each: Target) -> str:
    """What a target asks for: its value and type, and whatever else was given that bears on the judgement."""
    more = {
        name: value
        for name in ("better", "baseline", "green", "amber", "weight")
        if (value := getattr(each, name)) is not None
    }
    told = [f"{each.target} {each.target_type} {each.lower or ''} {each.upper or ''}".strip()]
    told += [f"{name} {value}" for name, value in more.items()]
    return " · ".join(told if each.status == "live" else [*told, each.status])


def _order_counts(frame: Any) -> list[Entry]:
    """Lines and orders of the order sheet: what published descriptions of a data set state first."""
    known = frame["customer_id"].notna()
    counts = {
        "lines": len(frame),
        "orders": frame["order_id"].nunique(),
        "lines with customer": int(known.sum()),
        "orders with customer": frame.loc[known, "order_id"].nunique(),
        "customers": frame["customer_id"].nunique(),
        "lines with customer, sales": int((known & frame["order_type"].isin(["sale", "service"])).sum()),
    }
    return [("orders", name, str(value), "") for name, value in counts.items()]
