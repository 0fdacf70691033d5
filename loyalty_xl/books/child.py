"""The reading child: one file, read under limits, handed to the parent through standard output.

python -m loyalty_xl.books.child < job.json > sheets
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from loyalty_xl.books import read_errors
from loyalty_xl.books.ahead import Ahead
from loyalty_xl.books.archive import Archive
from loyalty_xl.books.preflight import Limits
from loyalty_xl.books.structure import read_structure
from loyalty_xl.errors import ReadError

if TYPE_CHECKING:
    from loyalty_xl.books.structure import SheetPart, Structure

_IMPORTS_MB = 1000  # numpy and Arrow, most of it address space that is never touched
_PIECES_AHEAD = 256  # about as many megabytes; numpy is being imported meanwhile


def main() -> int:
    """Read the job from standard input and do it."""
    sink = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    job = json.loads(sys.stdin.buffer.read())
    limits = Limits(**job["limits"])
    _confine(limits.memory_mb + _IMPORTS_MB)
    with sink:
        try:
            _read(job, limits, sink)
        except ReadError as error:
            _refuse(sink, error)
        except MemoryError:
            most = f"{limits.memory_mb:.0f} MB"
            name = Path(job["path"]).name
            _refuse(sink, read_errors.too_much(name, f"内存超过 {most}", f"it needs more than {most} of memory"))
    return 0


def _confine(megabytes: float) -> None:
    """Set the limit of memory, where the system has one."""
    try:
        import resource
    except ImportError:
        return
    most = int(megabytes * 1e6)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _address_space() -> float:
    """Give what this process has mapped by now, 0 where that cannot be known. [MB]"""
    try:
        with Path("/proc/self/statm").open(encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, ValueError):
        return 0.0


def _read(job: dict[str, Any], limits: Limits, sink: BinaryIO) -> None:
    if job.get("kind", "xlsx") != "xlsx":
        import pyarrow.compute  # noqa: F401 (casting needs it)

        from loyalty_xl.books import foreign

        _confine(limits.memory_mb + (_address_space() or _IMPORTS_MB))
        foreign.send(job, limits, sink)
        return
    with Archive(job["path"], limits) as archive:
        structure = read_structure(archive)
        by_name = {sheet.name: sheet for sheet in structure.sheets}
        sheets = [by_name[name] for name in job["names"]]
        ahead = Ahead(archive.pieces(sheets[0].part), _PIECES_AHEAD) if sheets else None
        _send(archive, structure, sheets, ahead, sink)


def _send(archive: Archive, structure: Structure, sheets: list[SheetPart], ahead: Ahead | None, sink: BinaryIO) -> None:
    """Read with numpy and Arrow, which are imported while the first sheet is already being unpacked."""
    import pyarrow.compute  # noqa: F401 (casting needs it)

    from loyalty_xl.books import wire
    from loyalty_xl.books.strings import shared_strings
    from loyalty_xl.books.worksheet import columned, read_worksheet

    _confine(archive.limits.memory_mb + (_address_space() or _IMPORTS_MB))
    strings: list[str] = []
    if structure.strings:
        part = structure.strings
        strings = shared_strings(lambda: archive.pieces(part), archive.name)
    packer = wire.Packer()
    header = {"strings": packer.strings(strings), "formats": structure.formats, "date1904": structure.date1904}
    packer.write(sink, header)
    for sheet in sheets:
        held = read_worksheet(archive, structure, sheet, ahead=ahead)
        wire.send_sheet(sink, columned(sheet, held, len(strings)))
        ahead = None


def _refuse(sink: BinaryIO, error: ReadError) -> None:
    from loyalty_xl.books import wire

    found = {"code": error.code, "zh": error.zh, "en": error.en, "sheet": error.sheet, "cell": error.cell}
    wire.Packer().write(sink, {"refused": found})


if __name__ == "__main__":
    sys.exit(main())
