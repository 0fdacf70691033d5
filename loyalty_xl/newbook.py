"""Makes a new scorecard workbook, and enters the department files of a folder in its Sources and Mapping."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl.books import reading
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.places import Page
from loyalty_xl.books.saving import replace_file
from loyalty_xl.cells import Kind, RawSheet
from loyalty_xl.contracts import departments, everything
from loyalty_xl.contracts.headers import find_header, recognise
from loyalty_xl.contracts.profiles import built_in, find_profile
from loyalty_xl.errors import ReadError, UsageError, WriteError
from loyalty_xl.publish.template import tabs, template
from loyalty_xl.vocabulary import month_ordinal, month_start

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Contract
    from loyalty_xl.contracts.profiles import SheetProfile

READABLE = reading.READABLE


@dataclass(frozen=True)
class Recognised:
    """A worksheet of a department file, and what it was taken for."""

    file: str
    worksheet: str
    contract: Contract | None
    rows: int = 0
    first: str = ""  # months of the first and the last row
    last: str = ""
    unknown: tuple[str, ...] = ()  # headers not understood
    problem: str = ""
    profile: str = ""  # program whose export it is

    def as_json(self) -> dict[str, Any]:
        """As `new --json` lists it."""
        sheet = self.contract.name if self.contract else None
        return {"file": self.file, "worksheet": self.worksheet, "sheet": sheet, "rows": self.rows, "first": self.first, "last": self.last,
                "unknown": list(self.unknown), "problem": self.problem, "profile": self.profile}  # fmt: skip


def make_book(book: Path, language: str, folder: Path | None = None, source: Path | None = None) -> list[Recognised]:
    """Write a new workbook at *book*; with *folder*, point its Sources at the files there and show their sheets.

    Parameters
    ----------
    book
        The file to make; it ends as *source* does.
    language
        `zh`, `en` or `both`.
    folder
        Where the department files lie.
    source
        What to begin with (default: the template in *language*).

    Raises
    ------
    WriteError
        There is a file of that name already: nothing of the user's is overwritten.
    """
    source = source or template(language)
    if book.suffix.lower() != source.suffix:
        raise UsageError(
            "",
            f"新工作簿的文件名要以 {source.suffix} 结尾:{book.name}",
            f"The new workbook's name must end in {source.suffix}: {book.name}",
        )
    if book.exists():
        raise WriteError(
            "E404",
            f"{book} 已经存在,没有覆盖。请换一个文件名。",
            f"{book} exists already and was not overwritten. Choose another name.",
        )
    if folder is not None and not folder.is_dir():
        raise UsageError("E112", f"没有文件夹 {folder}", f"There is no folder {folder}")
    found = recognise_folder(folder, book) if folder else []
    book.parent.mkdir(parents=True, exist_ok=True)
    if not found:
        replace_file(book, lambda path: shutil.copyfile(source, path))
        return []
    patch = Patch(source)
    _enter(patch, book, folder or Path(), found)
    for name in pages_for(found):
        patch.show(tabs()[name].find(patch.sheet_names) or name)
    replace_file(book, patch.save, patch.verify)
    return found


def pages_for(found: list[Recognised]) -> list[str]:
    """The pages that come with recognised files: their sheets, and Mapping when there is something to decide."""
    wanted = {each.contract.name for each in found if each.contract}
    if any(each.unknown for each in found if each.contract):
        wanted.add("Mapping")
    return [name for name in tabs() if name in wanted]


def recognise_folder(folder: Path, book: Path) -> list[Recognised]:
    """Look at every file of a folder and say which sheet each of its worksheets is, by its headers."""
    found: list[Recognised] = []
    for path in sorted(folder.iterdir()):
        if not path.is_file() or path.name.startswith(("~$", ".")) or path.resolve() == book.resolve():
            continue
        if path.suffix.lower() not in READABLE:
            found.append(Recognised(path.name, "", None, problem="E109"))
            continue
        try:
            shown = [each for each in reading.peek(path) if each.state == "visible"]
            wanted = {each.name: taken for each in shown if (taken := _recognised(each))}
            raws = reading.read(path, list(wanted)) if wanted else {}
        except ReadError as error:
            found.append(Recognised(path.name, "", None, problem=f"{error.code} {error}"))
            continue
        for each in shown:
            found.append(
                _described(path.name, raws[each.name], *wanted[each.name])
                if each.name in wanted
                else Recognised(path.name, each.name, None, len(each))
            )
    return found


def _recognised(raw: RawSheet) -> tuple[Contract, str] | None:
    """The sheet that a worksheet is, and the profile of the program that exported it, "" for none.

    A profile is taken where it understands more of the headers, or knows which rows count.
    """
    named = [contract for contract in departments() if Page(contract.name, contract.zh).find([raw.name])]
    plain = recognise(raw, named) or recognise(raw, departments())
    best = (_understood(raw, plain[0][0], None), plain[0][0], "") if plain else None
    for name in built_in():
        sheets = find_profile(name, Path(), departments()).sheets
        for contract, *_ in recognise(raw, departments(), sheets)[:1]:
            understood = _understood(raw, contract, sheets[contract.name])
            if best is None or understood > best[0]:
                best = understood, contract, name
    return best[1:] if best else None


def _understood(raw: RawSheet, contract: Contract, profile: SheetProfile | None) -> int:
    """How many of the headers are understood, those that say which rows count among them."""
    header = find_header(raw, contract, profile.headers if profile else None)
    return len(header.texts) - len(header.unknown) + (len(profile.only) if profile else 0)


def _described(file: str, raw: RawSheet, contract: Contract, name: str) -> Recognised:
    profile = find_profile(name, Path(), departments()).sheets[contract.name] if name else None
    header = find_header(raw, contract, profile.headers if profile else None)
    unknown = tuple(header.texts[column] for column in header.unknown)
    below = raw.rows > header.row
    first = last = ""
    if contract.date in header.columns:
        column = raw.columns.get(header.columns[contract.date])
        if column is not None:
            first, last = _months(raw, column, below)
    return Recognised(file, raw.name, contract, int(below.sum()), first, last, unknown, profile=name)


def _months(raw: RawSheet, column: Any, below: Any) -> tuple[str, str]:
    """Months of the earliest and latest date of a column, as far as they read at first sight."""
    import numpy as np

    from loyalty_xl.vocabulary import Calendar

    serials = column.number[below & np.isin(column.kind, (Kind.DATE,))]
    months = (
        {month_ordinal(_from_serial(serial, date1904=raw.date1904)) for serial in (serials.min(), serials.max())}
        if len(serials)
        else set()
    )
    calendar = Calendar()
    for code in np.unique(column.text[below & (column.kind == Kind.TEXT)]):
        text = raw.strings[code].strip()
        period = calendar.parse(text[:7].rstrip("-/.")) or calendar.parse(text[:6])
        if period is not None:
            months.add(period.first)
    if not months:
        return "", ""
    return month_start(min(months)).strftime("%Y-%m"), month_start(max(months)).strftime("%Y-%m")


def _from_serial(serial: float, *, date1904: bool) -> Any:
    from datetime import date, timedelta

    return (date(1904, 1, 1) if date1904 else date(1899, 12, 30)) + timedelta(days=int(serial))


def _enter(patch: Patch, book: Path, folder: Path, found: list[Recognised]) -> None:
    """Fill Sources with file and worksheet, and Mapping with the headers that someone must still decide on."""
    contracts = {contract.name: contract for contract in everything()}
    sources, mapping = contracts["Sources"], contracts["Mapping"]
    row = 2
    for each in found:
        if each.contract is None:
            continue
        name = Page(sources.name, sources.zh).find(patch.sheet_names) or sources.name
        values = {
            "sheet": each.contract.name,
            "file": _relative(folder / each.file, book),
            "worksheet": each.worksheet,
            "use": "yes",
            "dept": each.contract.dept,
            "profile": each.profile or None,
        }
        for number, column in enumerate(sources.fields, start=1):
            if column.name in values:
                patch.put(name, row, number, values[column.name])
        row += 1
    row = 2
    for each in found:
        for header in each.unknown if each.contract else ():
            name = Page(mapping.name, mapping.zh).find(patch.sheet_names) or mapping.name
            for number, column in enumerate(mapping.fields, start=1):
                value = {"sheet": each.contract.name if each.contract else "", "header": header}.get(column.name)
                if value:
                    patch.put(name, row, number, value)
            row += 1


def _relative(path: Path, book: Path) -> str:
    """Path of a file as Sources holds it: relative to the workbook where that is possible."""
    import os

    try:
        return Path(os.path.relpath(path.resolve(), book.resolve().parent)).as_posix()
    except ValueError:  # another drive
        return str(path.resolve())
