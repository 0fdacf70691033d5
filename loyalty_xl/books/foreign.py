"""Sheets of the formats that libraries read: .xls and .et, .xlsb, .ods, Parquet, and packages under a password.

Only the reading child comes here: calamine can end the interpreter on a broken file, and a broken compound file can
keep a decryption busy for hours. Not seen are hidden rows, number formats other than dates, and the difference between
a blank cell and a formula that gives an empty text (W110 says so).
"""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.books import read_errors, wire
from loyalty_xl.books.archive import Archive
from loyalty_xl.books.assembly import Column, Columned
from loyalty_xl.books.careful import MERGES_KEPT
from loyalty_xl.books.preflight import Limits, check_package
from loyalty_xl.cells import Kind, column_letters
from loyalty_xl.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from loyalty_xl.books.marks import Marks

_BLANKS = 100  # rows without any value that may stand before or between the first ones
_SOME_DAY = date(2000, 1, 1)
FORMATS = ["General", "yyyy-mm-dd"]
_STATES = {"Visible": "visible", "Hidden": "hidden", "VeryHidden": "veryHidden"}


class _Error(str):
    """An error value among the cells of a row."""

    __slots__ = ()


def send(job: dict[str, Any], limits: Limits, sink: BinaryIO) -> None:
    """Do a job: `kind`, `path`, `names` (none: all that are meant), `rows` (none: whole sheets), `password`.

    With `try`, a list of passwords, only the number of the one that opens the file is sent.
    """
    path, kind = Path(job["path"]), job["kind"]
    content = None
    if kind == "encrypted":
        if "try" in job:
            wire.Packer().write(sink, {"sheets": 0, "opens": opening(path, job["try"])})
            return
        content = decrypted(path, job["password"])
        kind = check_package(path, limits, content)
    if kind == "xlsx":
        _send_package(path, content, job, limits, sink)
        return
    if kind == "parquet":
        from loyalty_xl.books.columnar import read_parquet

        if job["names"] is not None and job["names"] != [path.stem]:
            raise read_errors.no_sheet(path.name, next(iter(job["names"]), ""), [path.stem])
        found, origin = [read_parquet(path, limits, job["rows"])], ""
    else:
        origin = f".{kind}" if kind != "xls" or path.suffix.lower() != ".et" else ".et"
        found = _guarded(path, kind, content, job, limits)
    packer = wire.Packer()
    header = {"strings": packer.strings([]), "formats": FORMATS, "date1904": False, "origin": origin}
    packer.write(sink, {**header, "sheets": len(found)})
    for sheet in found:
        wire.send_sheet(sink, sheet)


def opening(path: Path, some: list[str]) -> int:
    """Say which of *some* passwords opens a workbook."""
    for number, password in enumerate(some):
        try:
            decrypted(path, password, verify_only=True)
        except ReadError as error:
            if error.code != "E107" or number + 1 == len(some):
                raise
        else:
            return number
    raise read_errors.wrong_password(path.name)


def decrypted(path: Path, password: str, *, verify_only: bool = False) -> bytes:
    """Give the package inside an encrypted workbook; it stays in memory."""
    import msoffcrypto
    from msoffcrypto.exceptions import InvalidKeyError

    whole = io.BytesIO()
    try:
        with path.open("rb") as file:
            office = msoffcrypto.OfficeFile(file)
            office.load_key(password=password, verify_password=verify_only)
            if not verify_only:
                office.decrypt(whole)
    except InvalidKeyError:
        raise read_errors.wrong_password(path.name) from None
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 (whatever a broken header leads to; its text is not shown, it may hold anything)
        raise read_errors.damaged(path.name, "加密内容无法读取", "its encrypted content cannot be read") from None
    return whole.getvalue()


def _send_package(path: Path, content: bytes | None, job: dict[str, Any], limits: Limits, sink: BinaryIO) -> None:
    """Send sheets of a decrypted .xlsx."""
    from loyalty_xl.books.strings import shared_strings
    from loyalty_xl.books.structure import read_structure
    from loyalty_xl.books.worksheet import columned, read_worksheet

    with Archive(path, limits, content) as archive:
        structure = read_structure(archive)
        names = _wanted(path.name, [(each.name, each.state) for each in structure.sheets], job)
        part = structure.strings
        strings = shared_strings(lambda: archive.pieces(part), archive.name) if part else []
        packer = wire.Packer()
        header = {"strings": packer.strings(strings), "formats": structure.formats, "date1904": structure.date1904}
        packer.write(sink, {**header, "sheets": len(names)})
        for sheet in structure.sheets:
            if sheet.name in names:
                held = read_worksheet(archive, structure, sheet, job["rows"])
                wire.send_sheet(sink, columned(sheet, held, len(strings)))


def _wanted(file: str, sheets: list[tuple[str, str]], job: dict[str, Any]) -> list[str]:
    """Names of the sheets that are meant: those named, all for a first look, else the visible ones."""
    known = [name for name, _ in sheets]
    if job["names"] is None:
        return [name for name, state in sheets if job["rows"] is not None or state == "visible"]
    for name in job["names"]:
        if name not in known:
            raise read_errors.no_sheet(file, name, known)
    return [name for name in known if name in job["names"]]


def _guarded(path: Path, kind: str, content: bytes | None, job: dict[str, Any], limits: Limits) -> list[Columned]:
    """Read with calamine, whose panics are no exceptions that Python knows."""
    try:
        return list(_workbook(path, kind, content, job, limits))
    except (ReadError, MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001
        zh = f"{kind} 内容无法读取"
        raise read_errors.damaged(path.name, zh, f"its {kind} content cannot be read ({error})") from None


def _workbook(path: Path, kind: str, content: bytes | None, job: dict[str, Any], limits: Limits) -> Iterator[Columned]:
    from loyalty_xl.books import marks

    if kind == "xls":
        marked = marks.marks_of_xls(path)
    else:
        with Archive(path, limits, content) as archive:
            marked = marks.marks_of_ods(archive) if kind == "ods" else marks.marks_of_xlsb(archive)
    from python_calamine import CalamineWorkbook, SheetTypeEnum

    # from_path would believe the file's extension
    held = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes() if content is None else content))
    about = [each for each in held.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    states = {each.name: _STATES.get(str(each.visible).rpartition(".")[2], "visible") for each in about}
    for name in _wanted(path.name, list(states.items()), job):
        sheet = held.get_sheet_by_name(name)
        own = marked.get(name) or marks.Marks()
        own.merged += sheet.merged_cell_ranges or [] if not own.merged else []
        rows = sheet.to_python(skip_empty_area=False, nrows=None if job["rows"] is None else job["rows"] + _BLANKS)
        yield _columned(name, states[name], rows, own, cut=job["rows"] is not None)


def _columned(name: str, state: str, rows: list[list[Any]], own: Marks, *, cut: bool) -> Columned:
    """Put the rows of a sheet, with what else is known of them, into columns."""
    for (row, column), text in own.errors.items():
        _put(rows, row, column, _Error(text), cut=cut)
    for row, column in own.truths:
        if row < len(rows) and column < len(rows[row]) and isinstance(rows[row][column], (int, float)):
            rows[row][column] = bool(rows[row][column])
    width = max(map(len, rows), default=0)
    there = [at for at, row in enumerate(rows) if any(cell != "" for cell in row)]
    texts: dict[str, int] = {}
    columns: dict[int, Column] = {}
    for number in range(width):
        cells = [row[number] if number < len(row) else "" for row in map(rows.__getitem__, there)]
        made = _column(cells, texts)
        if made.kind.any():
            columns[number + 1] = made
    merged = [f"{_address(first)}:{_address(last)}" for first, last in own.merged]
    return Columned(
        name=name,
        state=state,
        rows=np.array(there, np.int32) + np.int32(1),
        columns=columns,
        own_texts=list(texts),
        hidden_rows=[],
        hidden_columns=[],
        merged=merged[:MERGES_KEPT],
        merged_count=len(merged),
        used=(len(rows), width),
    )


def _put(rows: list[list[Any]], row: int, column: int, cell: Any, *, cut: bool) -> None:
    """Set a cell, which may lie behind those that calamine gave."""
    if row >= len(rows):
        if cut:
            return
        rows.extend([] for _ in range(row + 1 - len(rows)))
    if column >= len(rows[row]):
        rows[row].extend([""] * (column + 1 - len(rows[row])))
    rows[row][column] = cell


def _column(cells: list[Any], texts: dict[str, int]) -> Column:
    column = Column.of(len(cells))
    for at, cell in enumerate(cells):
        kind, value = _interpreted(cell, texts)
        column.kind[at], column.value[at] = kind, value
    column.style[column.kind == Kind.DATE] = 1
    return column


def _interpreted(cell: Any, texts: dict[str, int]) -> tuple[Kind, float]:
    if isinstance(cell, str):
        if isinstance(cell, _Error):
            return Kind.ERROR, texts.setdefault(str(cell), len(texts))
        return (Kind.TEXT, texts.setdefault(cell, len(texts))) if cell else (Kind.BLANK, 0.0)
    if isinstance(cell, bool):
        return Kind.BOOL, float(cell)
    if isinstance(cell, (int, float)):
        return Kind.NUMBER, float(cell)
    return Kind.DATE, _serial(cell)


def _serial(moment: datetime | date | time | timedelta) -> float:
    """Give the serial, in the 1900 system, of a moment that calamine made of one."""
    if isinstance(moment, timedelta):
        return moment / timedelta(days=1)
    if isinstance(moment, time):
        return (datetime.combine(_SOME_DAY, moment) - datetime.combine(_SOME_DAY, time())) / timedelta(days=1)
    whole = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    serial = (whole - datetime(1899, 12, 30)) / timedelta(days=1)
    return serial if serial >= 61 else serial - 1


def _address(cell: tuple[int, int]) -> str:
    return f"{column_letters(cell[1] + 1)}{cell[0] + 1}"
