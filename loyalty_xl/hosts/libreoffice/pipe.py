"""The office's end of the pipe to the worker: starts it, asks it, starts it anew when it died, gives up when it is late.

Goes into the extension as it is, so it needs nothing but the standard library of whatever Python the office carries (3.8 or later).

A message is a length and a body; the body is one line of JSON, then the numbers that the line announces. A range of nothing but
numbers goes as binary floats: that is what most ranges are, and it costs a tenth of the text.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import threading
import time
from array import array
from itertools import chain

LENGTH = struct.Struct("<I")
SECONDS = 30.0  # that a formula may take
STARTING = 60.0  # more for the first one, while the worker starts
REST = 10.0  # after a failure: as long, formulas get their answer at once, so that a sheet full of them does not wait for each
BLANKS = (None, "")
LEFT_OUT = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONEXECUTABLE",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
)  # the office's own


class NoAnswer(Exception):
    """The worker gave no answer, and why."""


class Worker:
    """A process of the interpreter that has loyalty_xl, started by the first question."""

    def __init__(self, command, log=None, seconds=SECONDS, starting=STARTING, rest=REST):
        """Take the command line of the process, and the file that keeps what it says on standard error."""
        self.command, self.log = list(command), log
        self.seconds, self.starting, self.rest = seconds, starting, rest
        self.process = None
        self.starts = 0
        self._lock = threading.RLock()
        self._deadline = None
        self._late = False
        self._resting = (0.0, "")

    def ask(self, question, numbers=(), seconds=None):
        """Put a question and give the answer; a worker that died is started anew, once.

        Raises
        ------
        NoAnswer
            It cannot be started, died twice, or was late; and for a while after that, without trying.
        """
        body = b"".join([json.dumps(question, ensure_ascii=False).encode("utf-8", "surrogatepass"), b"\n", *numbers])
        with self._lock:
            until, reason = self._resting
            if time.monotonic() < until and seconds is None:
                raise NoAnswer(reason)
            for _ in range(2):
                try:
                    return json.loads(self._exchange(body, self.seconds if seconds is None else seconds))
                except FileNotFoundError:
                    raise self._failed(
                        "没有找到 loyalty_xl 的 Python:", "The Python of loyalty_xl is not there: "
                    ) from None
                except (OSError, EOFError, ValueError):
                    self.end()
                    if self._late:
                        raise self._failed("计算超时:", "No answer in time from: ") from None
            raise self._failed(
                "loyalty_xl 的计算进程启动后退出:", "The worker of loyalty_xl ends as soon as it is asked: "
            )

    def end(self):
        """End the process."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.stdin.close()
            process.stdout.close()
            process.wait()

    def _failed(self, zh, en):
        reason = en + self.command[0] + " · " + zh + self.command[0]
        self._resting = (time.monotonic() + self.rest, reason)
        return NoAnswer(reason)

    def _exchange(self, body, seconds):
        fresh = self.process is None or self.process.poll() is not None
        if fresh:
            self.end()
            self._start()
        self._late = False
        self._deadline = time.monotonic() + seconds + (self.starting if fresh else 0)
        try:
            to, back = self.process.stdin, self.process.stdout
            to.write(LENGTH.pack(len(body)) + body)
            to.flush()
            answer = back.read(_size(back.read(LENGTH.size)))
        finally:
            self._deadline = None
        return answer

    def _start(self):
        log = open(self.log, "ab") if self.log else None  # noqa: SIM115
        try:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log or subprocess.DEVNULL,
                bufsize=1 << 16,
                env={name: value for name, value in os.environ.items() if name not in LEFT_OUT},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        finally:
            if log:
                log.close()
        self.starts += 1
        threading.Thread(target=self._watch, args=(self.process,), daemon=True).start()

    def _watch(self, process):
        """Kill a process that is late, which ends the wait for its answer."""
        while process.poll() is None:
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline and process is self.process:
                self._late = True
                process.kill()
                return
            time.sleep(min(0.5, self.seconds / 4))


def _size(header):
    if len(header) < LENGTH.size:
        raise EOFError
    return LENGTH.unpack(header)[0]


def packed(cells):
    """Give arguments of a formula as JSON and binary numbers; arguments left out at the end are left out.

    A range is {"rows", "columns", "blank"} without the blank rows below it, of which whole columns have a million; its cells follow
    as floats where all are numbers, else they are its "cells".
    """
    told, numbers = [], []
    for cell in cells:
        if isinstance(cell, tuple) and cell and isinstance(cell[0], tuple):
            used = _used(cell)
            line = list(chain.from_iterable(cell[:used]))
            size = {"rows": used, "columns": len(cell[0]), "blank": len(cell) - used}
            try:
                numbers.append(array("d", line).tobytes())
            except TypeError:
                size["cells"] = line
            told.append(size)
        else:
            told.append(cell)
    while told and told[-1] is None:
        told.pop()
    return told, numbers


def _used(rows):
    """Count the rows without the blank ones at the end."""
    used = len(rows)
    if len(rows[0]) == 1:
        while used and rows[used - 1][0] in BLANKS:
            used -= 1
    while used and all(cell in BLANKS for cell in rows[used - 1]):
        used -= 1
    return used
