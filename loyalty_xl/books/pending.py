"""Sheets that are being read, here or by a child process that is held to its limits.

Nothing large is imported to start the child: it reads while its parent still loads what is needed to go on.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from loyalty_xl.books import passwords, read_errors
from loyalty_xl.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loyalty_xl.books.assembly import ReadSheet
    from loyalty_xl.books.preflight import Limits
    from loyalty_xl.books.wire import Unpacker

_GRACE = 2.0  # seconds that a child has beyond its own time
_PIPE = 1 << 20


class Pending:
    """Sheets that are being read."""

    def result(self) -> dict[str, ReadSheet]:
        """Wait for the sheets."""
        raise NotImplementedError

    def close(self) -> None:
        """Give up."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Here(Pending):
    """Read in this process when the result is asked for."""

    def __init__(self, work: Any) -> None:
        self._work = work

    def result(self) -> dict[str, ReadSheet]:
        """Read the sheets now."""
        found: dict[str, ReadSheet] = self._work()
        return found


class Child(Pending):
    """Read by a child process, taken up by a thread as it comes."""

    def __init__(self, path: Path, names: list[str] | None, limits: Limits, more: dict[str, Any] | None = None) -> None:
        self._path, self._limits = path, limits
        self._late = False
        self._sheets: dict[str, ReadSheet] = {}
        self.said: dict[str, Any] = {}  # about the file as a whole
        self._error: Exception | None = None
        job = {"path": str(path.resolve()), "names": names, "limits": asdict(limits), **(more or {})}
        self._process = _spawn(job)
        self._timer = threading.Timer(limits.seconds + _GRACE, self._end)
        self._timer.daemon = True
        self._timer.start()
        self._thread = threading.Thread(target=self._take, args=(len(names or ()),), daemon=True)
        self._thread.start()

    def result(self) -> dict[str, ReadSheet]:
        """Wait for the sheets."""
        self._thread.join()
        self.close()
        if self._error is not None:
            raise self._error
        return self._sheets

    def close(self) -> None:
        """End the child."""
        self._timer.cancel()
        if self._process.poll() is None:
            self._process.kill()
        self._thread.join()
        self._process.wait()

    def _end(self) -> None:
        self._late = True
        self._process.kill()

    def _take(self, count: int) -> None:
        stream = self._process.stdout
        assert stream is not None

        def fill(view: memoryview) -> None:
            while len(view):
                got = stream.readinto(view)  # type: ignore[attr-defined]
                if not got:
                    raise EOFError
                view = view[got:]

        try:
            from loyalty_xl.books.wire import Unpacker

            self._sheets = dict(_received(Unpacker(fill), count, self.said))
        except (EOFError, OSError, ValueError):
            self._error = self._death()
        except ReadError as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 (raised by `result`)
            self._error = error
        finally:
            stream.close()

    def _death(self) -> ReadError:
        name = self._path.name
        if self._late:
            some = f"{self._limits.seconds:g}"
            return read_errors.too_much(name, f"{some} 秒内没有读完", f"it was not read within {some} seconds")
        return read_errors.damaged(name, "读取程序意外终止", "the reading process died on it")


def _spawn(job: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start the child and give it its job."""
    import json

    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    quiet = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "loyalty_xl.books.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env={**passwords.without(dict(os.environ)), **quiet, "PYTHONPATH": os.pathsep.join(paths)},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        import fcntl

        fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
    except (ImportError, AttributeError, OSError):
        pass
    try:
        process.stdin.write(json.dumps(job).encode())
    except OSError:  # the child is gone already: its output says so
        pass
    finally:
        process.stdin.close()
    return process


def _received(unpacker: Unpacker, count: int, said: dict[str, Any]) -> Iterator[tuple[str, ReadSheet]]:
    """Give the sheets a child sends: *count* of them, or as many as it says."""
    from loyalty_xl.books.assembly import raw_sheet
    from loyalty_xl.books.wire import take_sheet

    book = _accepted(unpacker.header())
    said.update(book)
    count = book.get("sheets", count)
    strings = unpacker.strings(book["strings"]) if "strings" in book else []
    for _ in range(count):
        sheet = take_sheet(unpacker, _accepted(unpacker.header()))
        made = raw_sheet(
            sheet, strings, list(book["formats"]), date1904=book["date1904"], origin=book.get("origin", "")
        )
        yield sheet.name, made


def _accepted(header: dict[str, Any]) -> dict[str, Any]:
    if refused := header.get("refused"):
        raise ReadError(refused["code"], refused["zh"], refused["en"], refused["sheet"], refused["cell"])
    return header
