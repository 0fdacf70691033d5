"""The door through which files are read: a look at the first rows, or whole sheets.

Small packages are read here; large ones by a child process that is held to its limits and can be waited for later.
Formats that a library reads, and files under a password, are always read by the child.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl.books import passwords, read_errors
from loyalty_xl.books.archive import Archive
from loyalty_xl.books.pending import Child, Here, Pending
from loyalty_xl.books.preflight import Limits, look
from loyalty_xl.books.structure import read_structure
from loyalty_xl.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loyalty_xl.books.assembly import ReadSheet
    from loyalty_xl.books.structure import SheetPart, Structure

READABLE = (".xlsx", ".xlsm", ".csv", ".txt", ".tsv", ".xls", ".et", ".xlsb", ".ods", ".parquet")
SMALL = 4_000_000  # bytes of XML in all, up to which no child is started
DEFAULTS = Limits()


def peek(path: Path | str, limits: Limits = DEFAULTS, rows: int = 30, *, allow_csv: bool = False) -> list[ReadSheet]:
    """Give the first *rows* rows of every worksheet, hidden ones too, in workbook order.

    Merged ranges stand behind the rows in the file, so they are known only for a sheet that ends within the look.
    """
    from loyalty_xl.books.assembly import raw_sheet
    from loyalty_xl.books.text import peek_text
    from loyalty_xl.books.worksheet import columned, read_worksheet

    path = Path(path)
    kind = look(path, limits, allow_csv=allow_csv)
    if kind == "text":
        return [peek_text(path, limits, rows)]
    if kind != "xlsx":
        with _other(path, kind, None, limits, rows) as pending:
            return [_first(sheet, rows) for sheet in pending.result().values()]
    with Archive(path, limits) as archive:
        structure = read_structure(archive)
        held = [(sheet, read_worksheet(archive, structure, sheet, rows)) for sheet in structure.sheets]
        most = max((worksheet.columns.last_index() for _, worksheet in held), default=-1) + 1
        strings = shared_texts(archive, structure, most)
        return [
            _first(raw_sheet(columned(sheet, worksheet, len(strings)), strings, list(structure.formats),
                             date1904=structure.date1904), rows)
            for sheet, worksheet in held
        ]  # fmt: skip


def sheet_states(path: Path | str, limits: Limits = DEFAULTS) -> dict[str, str]:
    """Worksheets of a package and whether they are visible, in workbook order (a text file is one, with the file's name)."""
    path = Path(path)
    if look(path, limits) == "text":
        return {path.stem: "visible"}
    with Archive(path, limits) as archive:
        return {sheet.name: sheet.state for sheet in read_structure(archive).sheets}


def read(
    path: Path | str, names: Sequence[str] | None = None, limits: Limits = DEFAULTS, *, allow_csv: bool = False
) -> dict[str, ReadSheet]:
    """Give whole sheets by name, in workbook order: those named, or all visible ones."""
    with start(path, names, limits, allow_csv=allow_csv) as pending:
        return pending.result()


def read_many(
    jobs: Iterable[tuple[Path | str, Sequence[str] | None]], limits: Limits = DEFAULTS, at_once: int = 2
) -> Iterator[dict[str, ReadSheet] | ReadError]:
    """Read several files, *at_once* at a time; gives for each, in order, its sheets or why it was refused."""
    waiting: list[Pending | ReadError] = []
    try:
        for path, names in jobs:
            if len(waiting) >= at_once:
                yield _outcome(waiting.pop(0))
            try:
                waiting.append(start(path, names, limits))
            except ReadError as error:
                waiting.append(error)
        while waiting:
            yield _outcome(waiting.pop(0))
    finally:
        for pending in waiting:
            if isinstance(pending, Pending):
                pending.close()


def start(
    path: Path | str,
    names: Sequence[str] | None = None,
    limits: Limits = DEFAULTS,
    *,
    allow_csv: bool = False,
    known: int = 0,
) -> Pending:
    """Begin to read sheets; a refusal that the first look shows is raised here, any other by `Pending.result`.

    *known* bytes of the package need not be read.
    """
    path = Path(path)
    kind = look(path, limits, allow_csv=allow_csv)
    if kind == "text":
        return Here(lambda: _text(path, names, limits))
    if kind != "xlsx":
        return _other(path, kind, names, limits)
    with Archive(path, limits) as archive:
        chosen = [sheet.name for sheet in _choose(archive, read_structure(archive), names)]
        size = sum(member.file_size for member in archive.members.values()) - known
    if size <= SMALL:
        return Here(lambda: _package(path, chosen, limits))
    return Child(path, chosen, limits)


def require_package(path: Path) -> None:
    """Refuse a workbook that could be read but not filled: one under a password, one in another format."""
    kind = look(path)
    if kind == "encrypted":
        raise read_errors.password_of_scorecard(path.name)
    if kind not in {"xlsx", "text"}:
        raise read_errors.format_not_read(path.name, kind)


def _other(path: Path, kind: str, names: Sequence[str] | None, limits: Limits, rows: int | None = None) -> Pending:
    """Have the child read a file that is no plain package."""
    job: dict[str, Any] = {"kind": kind, "rows": rows}
    if kind == "encrypted":
        job["password"] = _password(path, limits)
    return Child(path, None if names is None else list(names), limits, job)


def _password(path: Path, limits: Limits) -> str:
    """Find the password that opens a file; which of them does is tried in the child."""
    password = passwords.known(path)
    if password is not None:
        return password
    given = passwords.candidates(path)
    password = _opening(path, [passwords.EVERYBODYS, *given], limits, lenient=not given)
    if password is None and (typed := passwords.asked(path)):
        given = [*given, typed]
        password = _opening(path, [typed], limits, lenient=False)
    if password is None:
        raise read_errors.wrong_password(path.name) if given else read_errors.password(path.name)
    passwords.remember(path, password)
    return password


def _opening(path: Path, some: list[str], limits: Limits, *, lenient: bool) -> str | None:
    """Give the first of *some* passwords that opens a file; *lenient*, a file that cannot be tried opens with none."""
    with Child(path, None, limits, {"kind": "encrypted", "rows": None, "try": some}) as pending:
        try:
            pending.result()
        except ReadError as error:
            if lenient or error.code == "E107":
                return None
            raise
        return some[int(pending.said["opens"])]


def _outcome(pending: Pending | ReadError) -> dict[str, ReadSheet] | ReadError:
    if isinstance(pending, ReadError):
        return pending
    try:
        with pending:
            return pending.result()
    except ReadError as error:
        return error


def _package(path: Path, names: list[str], limits: Limits) -> dict[str, ReadSheet]:
    """Read a package in this process."""
    from loyalty_xl.books.assembly import raw_sheet
    from loyalty_xl.books.worksheet import columned, read_worksheet

    with Archive(path, limits) as archive:
        structure = read_structure(archive)
        strings = shared_texts(archive, structure)
        found = {}
        for sheet in structure.sheets:
            if sheet.name in names:
                held = columned(sheet, read_worksheet(archive, structure, sheet), len(strings))
                found[sheet.name] = raw_sheet(held, strings, list(structure.formats), date1904=structure.date1904)
        return found


def _text(path: Path, names: Sequence[str] | None, limits: Limits) -> dict[str, ReadSheet]:
    from loyalty_xl.books.text import read_text

    if names is not None and any(name != path.stem for name in names):
        raise read_errors.no_sheet(path.name, next(name for name in names if name != path.stem), [path.stem])
    return {path.stem: read_text(path, limits)}


def shared_texts(archive: Archive, structure: Structure, most: int | None = None) -> list[str]:
    """Give the shared strings of a package, or the first *most*."""
    from loyalty_xl.books.strings import shared_strings

    part = structure.strings
    if not part or most == 0:
        return []
    return shared_strings(lambda: archive.pieces(part), archive.name, most)


def _choose(archive: Archive, structure: Structure, names: Sequence[str] | None) -> list[SheetPart]:
    """Give the sheets that are meant."""
    if names is None:
        return [sheet for sheet in structure.sheets if sheet.state == "visible"]
    known = [sheet.name for sheet in structure.sheets]
    for name in names:
        if name not in known:
            raise read_errors.no_sheet(archive.name, name, known)
    return [sheet for sheet in structure.sheets if sheet.name in names]


def _first(sheet: ReadSheet, rows: int) -> ReadSheet:
    """Cut a sheet to its first rows."""
    if len(sheet) <= rows:
        return sheet
    from dataclasses import replace

    from loyalty_xl.cells import RawColumn

    columns = {
        number: RawColumn(column.kind[:rows], column.number[:rows], column.text[:rows], column.style[:rows])
        for number, column in sheet.columns.items()
    }
    columns = {number: column for number, column in columns.items() if column.kind.any()}
    hidden = frozenset(sheet.rows[:rows].tolist()) & sheet.hidden_rows
    return replace(sheet, rows=sheet.rows[:rows], columns=columns, hidden_rows=hidden)
