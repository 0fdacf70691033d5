"""The process that answers for an office whose Python is not ours: formulas, refresh and check, over its standard input and output.

    python -m loyalty_xl.hosts.worker

See `hosts/libreoffice/pipe.py` for the other end and for what a message looks like. Ends when its input does.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

LENGTH = struct.Struct("<I")
BUG = (
    "程序出错,工作簿没有改动。详情见日志",
    "A fault of the program; the workbook is unchanged. The log has the details",
)


def main() -> int:
    """Answer until the input ends."""
    requests = sys.stdin.buffer
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not get between the answers
    while (body := message(requests)) is not None:
        reply = json.dumps(answer(body), ensure_ascii=False).encode("utf-8", "surrogatepass")
        replies.write(LENGTH.pack(len(reply)) + reply)
        replies.flush()
    return 0


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


def unpacked(cells: list[Any], numbers: bytes) -> list[Any]:
    """Give the arguments of a formula as rows of cells."""
    import numpy as np

    given, start = [], 0
    for cell in cells:
        if isinstance(cell, dict):
            rows, columns = cell["size"]
            values = np.frombuffer(numbers, np.float64, rows * columns, start)
            start += values.nbytes
            given.append(values.reshape(rows, columns).tolist())
        else:
            given.append(cell)
    return given


def _call(question: dict[str, Any], numbers: bytes) -> dict[str, Any]:
    from loyalty_xl import formulas

    name = question["name"]
    given = formulas.call(name, *unpacked(question["cells"], numbers))
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


def _said(question: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    """Refresh or check a workbook as the command line does, and give what it would print."""
    from loyalty_xl.errors import LoyaltyError
    from loyalty_xl.refreshing import refresh
    from loyalty_xl.talk import findings_text, refresh_text, summary_of_findings

    language = question["language"]
    try:
        made = refresh(question["book"], dry_run=dry_run)
    except LoyaltyError as error:
        return {"ok": False, "text": f"{error.code} {error.text(language)}".strip()}
    if dry_run:
        return {"ok": True, "text": f"{findings_text(made.findings, language, 10)}\n{summary_of_findings(made, language)}"}
    return {"ok": made.computed, "text": refresh_text(made, language)}


ANSWERS: dict[str, Callable[[dict[str, Any], bytes], dict[str, Any]]] = {
    "call": _call,
    "refresh": _refresh,
    "check": _check,
}

if __name__ == "__main__":
    sys.exit(main())
