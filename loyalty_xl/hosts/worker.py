"""The process that answers for an office whose Python is not ours: formulas, refresh, check, trace and share, over its standard input and output.

    python -m loyalty_xl.hosts.worker

See `hosts/libreoffice/pipe.py` for the other end and for what a message looks like. Ends when its input does.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import sys
import time
import traceback
from array import array
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from loyalty_xl.formulas.function import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loyalty_xl.errors import LoyaltyError

FORMULA = b'{"do": "call"'
LENGTH = struct.Struct("<I")
REMEMBERED = 4096  # answers of formulas: a recalculation of what has not changed costs the way here and back
BUG = (
    "程序出错,工作簿没有改动。详情见日志",
    "A fault of the program; the workbook is unchanged. The log has the details",
)


def main() -> int:
    """Answer until the input ends."""
    requests = sys.stdin.buffer
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not get between the answers
    remembered: dict[bytes, bytes] = {}
    while (body := message(requests)) is not None:
        known = hashlib.blake2b(body, digest_size=16).digest()
        reply = remembered.pop(known, None) or encoded(answer(body))
        if body.startswith(FORMULA):
            remembered[known] = reply
            if len(remembered) > REMEMBERED:
                del remembered[next(iter(remembered))]
        replies.write(LENGTH.pack(len(reply)) + reply)
        replies.flush()
    return 0


def encoded(given: dict[str, Any]) -> bytes:
    """Give an answer as bytes."""
    return json.dumps(given, ensure_ascii=False).encode("utf-8", "surrogatepass")


def message(stream: BinaryIO) -> bytes | None:
    """The next message, None at the end."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    body = stream.read(size := LENGTH.unpack(header)[0])
    return body if len(body) == size else None


def answer(body: bytes) -> dict[str, Any]:
    """Answer one message; a fault of the program is logged and answered as one."""
    line, _, numbers = body.partition(b"\n")
    question = json.loads(line.decode("utf-8", "surrogatepass"))
    try:
        return ANSWERS[question["do"]](question, numbers)
    except Exception:  # noqa: BLE001 - an office must not lose its worker to a bug
        log(f"{question.get('name') or question.get('do')}\n{traceback.format_exc()}")
        return {"error": "#VALUE!", "zh": BUG[0], "en": BUG[1], "ok": False, "text": f"{BUG[0]}\n{BUG[1]}"}


def log(text: str) -> None:
    """Write to standard error, which the office keeps in a file."""
    print(time.strftime("%Y-%m-%d %H:%M:%S"), text, file=sys.stderr, flush=True)


def unpacked(told: list[Any], numbers: bytes, kinds: Sequence[Kind]) -> list[Any]:
    """Give the arguments of a formula as a host that knows blank cells would.

    Blank rows below all ranges are left out where they make no difference. An empty single cell reaches an add-in of Calc as 0, which
    is no word and no day: there it is a blank.
    """
    ranges = [each for each in told if isinstance(each, dict)]
    heights = {each["rows"] + each["blank"] for each in ranges}
    whole = len(heights) > 1 or Kind.CELLS in kinds
    left_out = 0 if whole else min((min(each["blank"], each["rows"] + each["blank"] - 1) for each in ranges), default=0)
    given: list[Any] = []
    start = 0
    for place, each in enumerate(told):
        if not isinstance(each, dict):
            meaningless = each == 0 and place < len(kinds) and kinds[place] in (Kind.WORD, Kind.DAY)
            given.append(None if meaningless else each)
            continue
        columns, count = each["columns"], each["rows"] * each["columns"]
        if "cells" in each:
            line = each["cells"]
        else:
            line = array("d", numbers[start : start + 8 * count]).tolist()
            start += 8 * count
        line += [None] * ((each["blank"] - left_out) * columns)
        alone = columns == 1 and Kind.CELLS not in kinds
        given.append(line if alone else [line[at : at + columns] for at in range(0, len(line), columns)])
    return given


def _call(question: dict[str, Any], numbers: bytes) -> dict[str, Any]:
    from loyalty_xl import formulas

    name = question["name"]
    found = formulas.find(name)
    kinds = [each.kind for each in found.arguments] if found else []
    given = formulas.call(name, *unpacked(question["cells"], numbers, kinds))
    if isinstance(given, formulas.CellError):
        log(f"{name} {given.code} {given.message}")
    return plain(given)


def plain(given: Any) -> dict[str, Any]:
    """Give an answer as JSON can say it; an error anywhere is {"error": code, "zh": …, "en": …}."""
    from loyalty_xl.formulas import CellError

    if isinstance(given, CellError):
        return {"error": given.code, "zh": given.zh, "en": given.en}
    if isinstance(given, list):
        return {"rows": [[plain(cell) if isinstance(cell, CellError) else cell for cell in row] for row in given]}
    return {"value": given}


def _refresh(question: dict[str, Any], _: bytes) -> dict[str, Any]:
    return _said(question, dry_run=False)


def _check(question: dict[str, Any], _: bytes) -> dict[str, Any]:
    return _said(question, dry_run=True)


def _figure(question: dict[str, Any], _: bytes) -> dict[str, Any]:
    """Say which figure stands in a row of the Scorecard."""
    from loyalty_xl.errors import LoyaltyError
    from loyalty_xl.tracing_open import figure_at

    try:
        found = figure_at(Path(question["book"]), question["sheet"], question["row"])
    except LoyaltyError as error:
        return _refused(error, question["language"])
    return {"ok": True, "text": "", "kpi": found.kpi, "segment": found.segment, "period": found.period}


def _trace(question: dict[str, Any], _: bytes) -> dict[str, Any]:
    """Trace a figure as the command line does, and give what it would print, and the worksheet that holds it."""
    from loyalty_xl.books.places import TRACE
    from loyalty_xl.books.reading import sheet_states
    from loyalty_xl.errors import LoyaltyError
    from loyalty_xl.opening import Asked
    from loyalty_xl.traces import said, trace_figure

    book = question["book"]
    try:
        made = trace_figure(book, question["kpi"], Asked(question["period"]), segment=question["segment"])
    except LoyaltyError as error:
        return _refused(error, question["language"])
    shown = said(replace(made, language=question["language"]))
    return {"ok": True, "text": shown, "sheet": TRACE.find(sheet_states(book))}


def _share(question: dict[str, Any], _: bytes) -> dict[str, Any]:
    """Make the files that are shared, as the command line does, and give what it would print."""
    from loyalty_xl.errors import LoyaltyError
    from loyalty_xl.share import share
    from loyalty_xl.talk_share import share_text

    try:
        made = share(question["book"])
    except LoyaltyError as error:
        return _refused(error, question["language"])
    return {"ok": True, "text": share_text(made, question["language"])}


def _refused(error: LoyaltyError, language: str) -> dict[str, Any]:
    return {"ok": False, "text": f"{error.code} {error.text(language)}".strip()}


def _said(question: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    """Refresh or check a workbook as the command line does, and give what it would print."""
    from loyalty_xl.errors import LoyaltyError
    from loyalty_xl.refreshing import refresh
    from loyalty_xl.talk import findings_text, refresh_text, summary_of_findings

    language = question["language"]
    try:
        made = refresh(question["book"], dry_run=dry_run)
    except LoyaltyError as error:
        return _refused(error, language)
    if dry_run:
        return {
            "ok": True,
            "text": f"{findings_text(made.findings, language, 10)}\n{summary_of_findings(made, language)}",
        }
    return {"ok": made.computed, "text": refresh_text(made, language)}


ANSWERS: dict[str, Callable[[dict[str, Any], bytes], dict[str, Any]]] = {
    "call": _call,
    "refresh": _refresh,
    "check": _check,
    "figure": _figure,
    "trace": _trace,
    "share": _share,
}

if __name__ == "__main__":
    sys.exit(main())
