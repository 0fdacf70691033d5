"""What is wrong with a header: blank ones above data, second tables, columns that are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.cells import Kind, column_letters
from loyalty_xl.contracts.header_rows import DERIVED, LEFT_OUT, aliases, cell_text, merged_ranges, needed
from loyalty_xl.contracts.header_text import header_text, normalise
from loyalty_xl.contracts.numerals import plain
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loyalty_xl.cells import RawSheet
    from loyalty_xl.contracts.contract import Contract, Field
    from loyalty_xl.contracts.header_rows import Header, HeaderRow


def blank_headers(raw: RawSheet, header: Header, row: HeaderRow, title: str) -> None:
    """Say where data stand under no header; a merged group title without names below it is named itself."""
    covered = {
        column: (left, right, first, last)
        for first, last, left, right in merged_ranges(raw)
        if first <= header.row <= last and right > left
        for column in range(left, right + 1)
    }
    told: set[int] = set()
    for column, cells in raw.columns.items():
        if column in row.texts:
            continue
        kind, text = cells.kind[header.entry + 1 :], cells.text[header.entry + 1 :]
        filled = kind != Kind.BLANK
        words = np.flatnonzero(kind == Kind.TEXT)
        if len(words) and not any(plain(raw.strings[each]) for each in np.unique(text[words])):
            filled &= kind != Kind.TEXT
        at = np.flatnonzero(filled)
        if not len(at):
            continue
        if column in covered:
            left, right, first, last = covered[column]
            if left not in told:
                told.add(left)
                area = f"{column_letters(left)}{first}:{column_letters(right)}{last}"
                header.findings.append(
                    Finding("E202", title, area, row.texts.get(left, ""), column=row.texts.get(left, ""))
                )
            continue
        letters, entry = column_letters(column), header.entry + 1 + int(at[0])
        detail = (("data", f"{letters}{raw.rows[entry]}"), ("values", str(len(at))))
        header.findings.append(
            Finding("E205", title, f"{letters}{header.row}", cell_text(raw, column, entry), detail=detail)
        )


def second_header(raw: RawSheet, header: Header, title: str) -> None:
    """Say where a second table begins: a later row that names the fields again."""
    columns = [raw.columns[column] for column in header.columns.values() if column in raw.columns]
    if len(columns) < 2:
        return
    own = {plain(text).casefold() for text in header.texts.values()}
    table = aliases(header.contract)
    likely = np.fromiter((_is_header_like(text, own, table) for text in raw.strings), np.bool_, len(raw.strings))
    hits = np.zeros(len(raw) - header.entry - 1, np.uint8)
    for cells in raw.columns.values():
        kind, text = cells.kind[header.entry + 1 :], cells.text[header.entry + 1 :]
        where = np.flatnonzero(kind == Kind.TEXT)
        hits[where] += likely[text[where]]
    for entry in np.flatnonzero(hits >= max(2, (len(columns) + 1) // 2)):
        place = header.entry + 1 + int(entry)
        texts = {column: cell_text(raw, column, place) for column in raw.columns}
        filled = [column for column, text in texts.items() if text]
        cell = f"{column_letters(filled[0])}{raw.rows[place]}"
        found = ", ".join(texts[column] for column in filled)
        detail = (("header", f"{column_letters(min(header.texts))}{header.row}"),)
        header.findings.append(Finding("E215", title, cell, found, detail=detail))
        header.blocked = True


def _is_header_like(text: str, own: set[str], table: dict[str, str]) -> bool:
    if len(text) > 40:
        return False
    folded = text.strip().casefold()
    return folded in own or folded.replace(" ", "").replace("_", "") in table


def mapping_faults(contract: Contract, mapping: Mapping[str, str], header: Header, title: str) -> list[Finding]:
    """Find entries of Mapping that name no field of the sheet (E218)."""
    sent = {form: text for text in header.texts.values() for form in (header_text(text).whole, header_text(text).stem)}
    return [
        Finding("E218", title, found=name, expected=", ".join(contract.names), column=sent.get(key, key))
        for key, name in mapping.items()
        if name not in contract.names and name != LEFT_OUT
    ]


def missing_columns(raw: RawSheet, header: Header, title: str) -> None:
    """Say which needed columns are not there, with the likeliest of those that no one understood."""
    contract = header.contract
    for group in needed(contract):
        if any(set(each) <= set(header.columns) for each in group):
            continue
        header.blocked = True
        expected = " | ".join(" + ".join(contract[name].zh for name in each) for each in group)
        names = " | ".join(" + ".join(each) for each in group)
        fields = [contract[name] for each in group for name in each if name not in header.columns]
        detail = (("field", names), *_suggestions(raw, header, fields))
        columns = sorted(header.texts)
        area = (
            f"{header.row}:{header.row}" if header.row else ""
        )  # a header row that Sources names and the sheet has not
        if columns:
            area = f"{column_letters(columns[0])}{header.row}:{column_letters(columns[-1])}{header.row}"
        found = ", ".join(header.texts[column] for column in columns)
        header.findings.append(Finding("E206", title, area, found, expected, detail=detail))
    derived = DERIVED.get(contract.name, frozenset())
    told = {name for group in needed(contract) for each in group for name in each}
    absent = [each for each in contract.fields if each.usual and each.name not in {*header.columns, *derived, *told}]
    if absent and not header.blocked and header.entry >= 0:
        zh, names = ", ".join(each.zh for each in absent), ", ".join(each.name for each in absent)
        header.findings.append(Finding("W236", title, expected=zh, count=len(absent), detail=(("fields", names),)))


def _suggestions(raw: RawSheet, header: Header, fields: Sequence[Field]) -> list[tuple[str, str]]:
    from rapidfuzz import fuzz, process

    open_columns = {column: normalise(header.texts[column]) for column in header.unknown}
    scores: dict[int, float] = {}
    for each in fields:
        for spelling in (each.name, each.zh, *each.aliases):
            for _, score, column in process.extract(normalise(spelling), open_columns, scorer=fuzz.WRatio, limit=None):
                scores[column] = max(scores.get(column, 0.0), score)
    best = sorted(scores, key=lambda column: (-scores[column], column))[:3]
    lines = []
    for place, column in enumerate(best, 1):
        entries = range(header.entry + 1, min(len(raw), header.entry + 50))
        samples = list(dict.fromkeys(text for entry in entries if (text := cell_text(raw, column, entry))))[:3]
        where = f"{header.texts[column]} ({column_letters(column)}{header.row})"
        lines.append((f"suggestion_{place}", f"{where}: {', '.join(samples)}" if samples else where))
    return lines


def left_out(text: str, mapping: Mapping[str, str]) -> bool:
    """Say whether Mapping leaves a column out."""
    folded = header_text(text)
    return LEFT_OUT in (mapping.get(folded.whole), mapping.get(folded.stem))
