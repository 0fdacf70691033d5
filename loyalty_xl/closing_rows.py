"""The page Closed: acts as rows and back. Texts are keys in every language, numbers are as every program keeps them."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import CLOSED as PAGE
from loyalty_xl.cells import Kind
from loyalty_xl.closed_lines import Key, period_facts, period_of
from loyalty_xl.closing_snapshot import FileRows, Snapshot
from loyalty_xl.closings import DETAIL, LINE, SHOWN, YTD, Act, Closings
from loyalty_xl.vocabulary import Flag, Interval, Reason, Result, Window, month_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loyalty_xl.cells import RawSheet
    from loyalty_xl.vocabulary import Period

Row = list[Any]
AT = {column.key: place for place, column in enumerate(PAGE.columns)}
ACT, ROWS, MORE = "act", "rows", "more rows"
NUMBERS = ("value", "numerator", "denominator", "n", "low", "high", "value_without_imputed", "imputed_share")
LONGEST = 30_000  # characters of a cell; a program keeps 32,767


def sealed(act: Act, before: str) -> Act:
    """The act with its seal over all its rows and the seal of the act before."""
    return replace(act, seal=_seal(_rows_of(act), before))


def rows_of(closings: Closings) -> list[Row]:
    """Rows of the page below its header. An act that was tampered with is written back as it was found."""
    return [row for act in closings.acts for row in _with_seal(act)]


def _with_seal(act: Act) -> list[Row]:
    rows = act.found if act.found is not None else _rows_of(act)
    if act.found is None:
        rows[0][AT["note"]] = act.seal
    return rows


def _rows_of(act: Act) -> list[Row]:
    facts = {**act.facts, **period_facts(act.period)}
    rows = [_row(act, ACT, more=_json(facts), window=act.kind)]
    for kind in (LINE, SHOWN, DETAIL, YTD):
        for key, result in act.of(kind).items():
            more = dict(act.lines.get(key, {})) if kind == LINE else {}
            if result.interval and result.interval.error is not None:
                more["error"] = result.interval.error
            rows.append(
                _row(
                    act,
                    kind,
                    kpi=key[0],
                    segment_dim=key[1],
                    segment=key[2],
                    window=result.window.value,
                    value=result.value,
                    reason=result.reason.value if result.reason else None,
                    numerator=result.numerator,
                    denominator=result.denominator,
                    n=result.n,
                    low=result.low,
                    high=result.high,
                    value_without_imputed=result.value_without_imputed,
                    imputed_share=result.imputed_share or None,
                    flags=", ".join(flag.value for flag in result.flags) or None,
                    note=result.note or None,
                    more=_json(more) if more else None,
                )
            )
    for (sheet, month), files in sorted(act.snapshot.items()):
        place = {"kpi": sheet, "segment_dim": f"{month_start(month):%Y-%m}" if month else "–"}
        rows += [_row(act, ROWS, **place)] if not files else []
        for each in files:
            marks = base64.b64encode(each.marks).decode()
            facts = {"segment": each.file, "n": each.rows, "value": each.money, "note": each.hash}
            rows.append(_row(act, ROWS, **place, **facts, more=marks[:LONGEST] or None))
            rows += [
                _row(act, MORE, **place, segment=each.file, more=marks[start : start + LONGEST])
                for start in range(LONGEST, len(marks), LONGEST)
            ]
    return rows


def _row(act: Act, kind: str, **cells: Any) -> Row:
    row: Row = [None] * len(AT)
    for name, value in {"closing": act.number, "period": act.period.label, "kind": kind, **cells}.items():
        row[AT[name]] = value
    return row


def _json(facts: dict[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _seal(rows: Iterable[Row], before: str) -> str:
    """SHA-256 over the cells of an act, without the cell that holds the seal."""
    total = hashlib.sha256(before.encode())
    for number, row in enumerate(rows):
        cells = [f"{cell:.15g}" if isinstance(cell, (int, float)) else cell or "" for cell in row]
        if not number:
            cells[AT["note"]] = ""
        total.update("\x1f".join(cells).encode("utf-8", "surrogatepass"))
        total.update(b"\x1e")
    return total.hexdigest()[:32]


def read_closings(raw: RawSheet | None) -> Closings:
    """Read the page. An act whose rows are not as they were sealed is marked as such."""
    if raw is None:
        return Closings()
    acts: list[Act] = []
    before = ""
    for first, rows in _by_act(raw):
        act = _act(rows, first, before)
        if act is not None:
            acts.append(act)
            before = act.seal
    return Closings(tuple(acts))


def _by_act(raw: RawSheet) -> Iterator[tuple[int, list[Row]]]:
    """The page's rows act by act, each with the worksheet row of its first."""
    columns = [_cells(raw, number) for number in range(1, len(AT) + 1)]
    held: list[Row] = []
    start = 0
    for worksheet_row, *cells in zip(raw.rows.tolist(), *columns, strict=True):
        if worksheet_row < 2 or not any(cell is not None for cell in cells):
            continue
        if cells[AT["kind"]] == ACT and held:
            yield start, held
            held = []
        start = start if held else worksheet_row
        held.append(cells)
    if held:
        yield start, held


def _cells(raw: RawSheet, number: int) -> list[Any]:
    column = raw.columns.get(number)
    if column is None:
        return [None] * len(raw)
    texts = raw.strings
    return [
        None if kind in (Kind.BLANK, Kind.UNCACHED) else texts[text] if kind in (Kind.TEXT, Kind.ERROR) else value
        for kind, text, value in zip(column.kind.tolist(), column.text.tolist(), column.number.tolist(), strict=True)
    ]


def _act(rows: list[Row], first: int, before: str) -> Act | None:
    """One act of its rows; None where not even its first row can be read."""
    head = rows[0]
    seal = str(head[AT["note"]] or "")
    whole = head[AT["kind"]] == ACT and seal == _seal(rows, before)
    try:
        facts = json.loads(str(head[AT["more"]] or ""))
        number = int(float(head[AT["closing"]]))
    except (TypeError, ValueError):
        facts, number = {}, 0
    period = period_of(str(head[AT["period"]] or ""), facts if isinstance(facts, dict) else {})
    if period is None:
        return None
    results: dict[str, dict[Key, Result]] = {}
    lines: dict[Key, dict[str, Any]] = {}
    for row in rows[1:]:
        kind = str(row[AT["kind"]])
        if kind in (LINE, SHOWN, DETAIL, YTD):
            try:
                result, more = _result(row, period)
            except (KeyError, TypeError, ValueError):
                whole = False
                continue
            key = (result.kpi, result.segment_dim, result.segment)
            results.setdefault(kind, {})[key] = result
            if kind == LINE:
                lines[key] = more
    return Act(
        number,
        str(head[AT["window"]] or ""),
        period,
        facts,
        results,
        lines,
        _snapshot(rows),
        seal,
        whole,
        first,
        None if whole else rows,
    )


def _result(row: Sequence[Any], period: Period) -> tuple[Result, dict[str, Any]]:
    numbers = {name: None if row[AT[name]] is None else float(row[AT[name]]) for name in NUMBERS}
    more = json.loads(row[AT["more"]]) if row[AT["more"]] else {}
    low, high = numbers.pop("low"), numbers.pop("high")
    reason, flags = row[AT["reason"]], row[AT["flags"]]
    return (
        Result(
            str(row[AT["kpi"]]),
            period,
            str(row[AT["segment_dim"]]),
            str(row[AT["segment"]]),
            Window(row[AT["window"]]),
            interval=Interval(low, high, more.pop("error", None)) if low is not None and high is not None else None,
            reason=Reason(reason) if reason else None,
            flags=tuple(Flag(each) for each in str(flags).split(", ")) if flags else (),
            imputed_share=numbers.pop("imputed_share") or 0.0,
            note=str(row[AT["note"]] or ""),
            **numbers,
        ),
        more,
    )


def _snapshot(rows: Sequence[Sequence[Any]]) -> Snapshot:
    found: dict[tuple[str, int], list[FileRows]] = {}
    texts: dict[tuple[str, int, str], list[str]] = {}
    for row in rows:
        if row[AT["kind"]] not in (ROWS, MORE):
            continue
        label = str(row[AT["segment_dim"]])
        month = int(label[:4]) * 12 + int(label[5:7]) - 1 if label[:4].isdigit() and label[5:7].isdigit() else 0
        place, file = (str(row[AT["kpi"]]), month), str(row[AT["segment"]] or "")
        files = found.setdefault(place, [])
        if row[AT["kind"]] == ROWS and row[AT["n"]] is not None:
            files.append(FileRows(file, int(row[AT["n"]]), int(row[AT["value"]] or 0), str(row[AT["note"]] or "")))
        texts.setdefault((*place, file), []).append(str(row[AT["more"]] or ""))
    return {
        place: tuple(
            FileRows(each.file, each.rows, each.money, each.hash, _marks("".join(texts[*place, each.file])))
            for each in files
        )
        for place, files in found.items()
    }


def _marks(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def snapshot_before(closings: Closings, number: int | None = None) -> Snapshot:
    """Rows as they were at an act (default: the last): what each act kept, laid over the one before."""
    made: Snapshot = {}
    for act in closings.acts:
        if number is None or act.number <= number:
            made |= act.snapshot
    return made


__all__ = ["read_closings", "rows_of", "sealed", "snapshot_before"]
