"""Which column holds which field: the header row is found, the alias table decides, likeness only suggests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loyalty_xl.cells import column_letters
from loyalty_xl.contracts.header_faults import blank_headers, left_out, mapping_faults, missing_columns, second_header
from loyalty_xl.contracts.header_rows import DERIVED, Header, HeaderRow, aliases, cell_text, choose_row, needed
from loyalty_xl.contracts.header_text import Applied, header_text, normalise
from loyalty_xl.contracts.numerals import shown
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from loyalty_xl.cells import RawSheet
    from loyalty_xl.contracts.contract import Contract
    from loyalty_xl.contracts.profiles import SheetProfile

__all__ = ["Header", "aliases", "cell_text", "find_header", "normalise", "recognise"]


def find_header(
    raw: RawSheet,
    contract: Contract,
    mapping: Mapping[str, str] | None = None,
    *,
    title: str = "",
    header_row: int | None = None,
) -> Header:
    """Find the header row and what each column holds.

    Parameters
    ----------
    raw
        The sheet as cells.
    contract
        What it promises.
    mapping
        Folded header (see `normalise`) -> field, `-` to leave the column out; goes before the alias table.
    title
        What findings call the sheet.
    header_row
        Worksheet row of the header, where Sources says it.
    """
    mapping, title = mapping or {}, title or raw.name
    row = choose_row(raw, contract, mapping, header_row)
    if row is None:
        header = Header(contract, -1, header_row or 0, {}, {})
    else:
        header = Header(contract, row.entries[-1], int(raw.rows[row.entries[-1]]), {}, row.texts)
        _assign(raw, header, row, mapping, title)
        blank_headers(raw, header, row, title)
        second_header(raw, header, title)
    header.findings += mapping_faults(contract, mapping, header, title)
    missing_columns(raw, header, title)
    return header


def recognise(
    raw: RawSheet, contracts: Iterable[Contract], profiles: Mapping[str, SheetProfile] | None = None
) -> list[tuple[Contract, tuple[str, ...], float]]:
    """Say which contracts a sheet may fulfil, best first, with the matched fields and a score from 0 to 1.

    With *profiles* (by sheet) the headers are those of another program's export, and only sheets that it names come into question.

    Empty when it is unclear: no contract has all it needs, the best two are equally good, or another contract that lacks
    only a needed column has clearly more of its fields there (an order list whose date has an unknown name is no list of customers).
    """
    found = []
    nearly = 0
    for contract in contracts:
        profile = profiles.get(contract.name) if profiles is not None else None
        if profiles is not None and profile is None:
            continue
        row = choose_row(raw, contract, profile.headers if profile else {}, None)
        if row is None:
            continue
        names = tuple(dict.fromkeys(hit.name for hit in row.hits.values()))
        if profile and not set(map(normalise, profile.only)) <= set(map(normalise, row.texts.values())):
            continue
        if len(names) < 2 or not all(any(set(each) <= set(names) for each in group) for group in needed(contract)):
            nearly = max(nearly, len(names))
            continue
        usual = [
            each.name for each in contract.fields if each.usual and each.name not in DERIVED.get(contract.name, ())
        ]
        known = profile.headers if profile else {}
        understood = sum(column in row.hits or normalise(text) in known for column, text in row.texts.items())
        share_sent = sum(name in names for name in usual) / max(1, len(usual))
        score = understood / len(row.texts) if profile else (understood / len(row.texts) + share_sent) / 2
        found.append((contract, names, round(score, 3)))
    found.sort(key=lambda each: (-each[2], -len(each[1])))
    if found and nearly >= len(found[0][1]) + 2:
        return []
    if len(found) > 1 and found[0][2] - found[1][2] < 0.1 and len(found[0][1]) <= len(found[1][1]):
        return []
    return found


def _assign(raw: RawSheet, header: Header, row: HeaderRow, mapping: Mapping[str, str], title: str) -> None:
    """Give each field its column, and say where two want the same."""
    number = header.row
    first_of: dict[str, int] = {}
    seen: dict[str, int] = {}
    unknown: list[int] = []
    doubtful: set[str] = set()
    mapped = {hit.name for hit in row.hits.values() if hit.mapped}
    for column, text in row.texts.items():
        address = f"{column_letters(column)}{number}"
        whole = header_text(text).whole
        hit = row.hits.get(column)
        name, unit = (hit.name, hit.unit) if hit and (hit.mapped or hit.name not in mapped) else ("", Applied(""))
        if whole in seen and not left_out(text, mapping):
            detail = (("first", f"{column_letters(seen[whole])}{number}"), ("field", name))
            header.findings.append(Finding("E204", title, address, text, column=text, detail=detail))
            doubtful |= {name} - {""}
        elif name and name in first_of:
            earlier = first_of[name]
            names = (("field", name), ("field_zh", header.contract[name].zh))
            where = (("first", f"{column_letters(earlier)}{number}"), ("first_header", row.texts[earlier]))
            header.findings.append(Finding("E207", title, address, text, column=text, detail=(*where, *names)))
            doubtful.add(name)
        elif name:
            first_of[name] = column
            header.columns[name] = column
            if unit.unit:
                header.units[name] = unit
        elif not left_out(text, mapping):
            unknown.append(column)
        seen.setdefault(whole, column)
    header.unknown = tuple(unknown)
    header.blocked = bool(doubtful)
    first = min(row.texts)
    top = int(raw.rows[row.entries[0]])
    if top > 1:
        header.findings.append(Finding("W201", title, f"{column_letters(first)}{top}", str(top), "1"))
    if unknown:
        cells = tuple(f"{column_letters(column)}{number}" for column in unknown)
        listed = ", ".join(row.texts[column] for column in unknown)
        header.findings.append(Finding("W206", title, cells[0], listed, count=len(unknown), cells=cells[:10]))
    for name, unit in header.units.items():
        if unit.factor != 1 or unit.currency:
            cell = f"{column_letters(header.columns[name])}{number}"
            detail = (("factor", shown(unit.factor)), ("currency", unit.currency))
            header.findings.append(
                Finding("W258", title, cell, unit.unit, column=header.texts[header.columns[name]], detail=detail)
            )
