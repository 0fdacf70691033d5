"""Large sheets that were read before and have not changed since: they are read again only when somebody looks at their cells.

Whether a sheet is the same is judged by the part of the package as it lies there, by the shared strings that its cells
point to and by their formats; for a file of its own by its hash. Of its cells nothing is remembered but hashes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl import memory
from loyalty_xl.books import reading
from loyalty_xl.books.archive import Archive
from loyalty_xl.books.assembly import ReadSheet
from loyalty_xl.books.package import changed_meanwhile
from loyalty_xl.books.pending import Pending
from loyalty_xl.books.structure import read_structure
from loyalty_xl.cell_marks import CELLS, WHOLE, sheet_hash, text_hash, used_formats, used_texts, whole_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from loyalty_xl.books.preflight import Limits
    from loyalty_xl.books.structure import SheetPart, Structure
    from loyalty_xl.cells import RawSheet

LARGE = 1_000_000  # bytes of a part from which on looking whether it changed is quicker than reading it
SEEN = "large sheets were read before"
FOUND = "where it was found"  # where a sheet carries its place along
_CELLS = frozenset(each.name for each in fields(ReadSheet)) - {"name", "state", "origin"}
Stamp = tuple[int, int]


@dataclass(frozen=True)
class Note:
    """What is remembered of a large sheet: hashes."""

    cells: str
    whole: str
    strings: str  # mark of the part with the shared strings
    texts: Any  # numbers of the shared strings that its cells point to
    text_hash: str
    formats: dict[int, str]

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return 1000 + int(self.texts.nbytes)


@dataclass(frozen=True)
class Found:
    """Where a large sheet was found in a package."""

    key: tuple[Any, ...]
    strings: str  # mark of the part with the shared strings
    note: Note | None = None  # where it was known, and read all the same


class Unread(ReadSheet):
    """A sheet that is known without its cells; it reads itself, and is an ordinary sheet from then on, when somebody looks."""

    def __init__(
        self, name: str, state: str, origin: str, hashes: tuple[str, str], read: Callable[[], ReadSheet]
    ) -> None:
        self.__dict__.update(name=name, state=state, origin=origin, read=read)
        self.__dict__[CELLS], self.__dict__[WHOLE] = hashes

    def __getattribute__(self, name: str) -> Any:
        """Give an attribute; one of the cells has them read."""
        if name in _CELLS:
            held = object.__getattribute__(self, "__dict__")
            if read := held.pop("read", None):
                held.update(read().__dict__)
                object.__setattr__(self, "__class__", ReadSheet)
        return object.__getattribute__(self, name)


def stamp(path: Path) -> Stamp:
    """Size and time of a file: another stamp is another content."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def start(path: Path, names: Sequence[str]) -> Pending:
    """Begin to read sheets of a package, those that are known to be unchanged left out."""
    if not memory.on():
        return reading.start(path, names)
    return _Reading(path, names)


def keep(raw: RawSheet) -> None:
    """Remember *raw* by its hashes: what was worked out from it is kept, so that its cells will not be needed again."""
    found: Found | FoundOutside | None = raw.__dict__.get(FOUND)
    if found is None or not isinstance(raw, ReadSheet):
        return
    if isinstance(found, FoundOutside):
        known = Outside(raw.name, raw.state, raw.origin, (sheet_hash(raw), whole_hash(raw)), found.hidden)
        memory.remember(found.key, known, 2000)
        return
    note = found.note
    if note is None:
        texts = used_texts(raw)
        texts = texts[texts < raw.shared]
        said = text_hash(raw.strings[each] for each in texts.tolist())
        note = Note(sheet_hash(raw), whole_hash(raw), found.strings, texts, said, used_formats(raw))
    memory.remember(found.key, note, note.size)


def large(raw: RawSheet) -> bool:
    """Whether it pays to remember what was worked out from *raw*."""
    return isinstance(raw, Unread) or FOUND in raw.__dict__


def written(path: Path, pages: Mapping[str, str]) -> dict[str, str]:
    """Remember large worksheets of *path* that were just written, by name, and give the hashes by which they are known."""
    known: dict[str, str] = {}
    if not memory.on() or not pages:
        return known
    with Archive(path, reading.DEFAULTS) as archive:
        structure = read_structure(archive)
        sheets = [sheet for sheet in structure.sheets if sheet.name in pages and archive.size(sheet.part) >= LARGE]
        strings = archive.mark(structure.strings) if structure.strings and sheets else ""
        for sheet in sheets:
            key = _key(archive, structure, sheet)
            known[sheet.name] = whole = f"written {pages[sheet.name]} {key[1]}"
            note = Note(whole, whole, strings, np.zeros(0, np.intp), text_hash(()), {})
            memory.remember(key, note, note.size)
    if known:
        memory.remember(SEEN, value=True, size=100)
    return known


class _Reading(Pending):
    """Sheets of a package, of which some are known."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self._path, self._names, self._stamp = path, names, stamp(path)
        self._large: dict[str, Found] | None = None
        self._known: dict[str, Unread] = {}
        bytes_known = 0
        if memory.recall(SEEN):
            bytes_known = self._look()
        rest = [name for name in names if name not in self._known]
        self._pending = reading.start(path, rest, known=bytes_known)

    def result(self) -> dict[str, ReadSheet]:
        """Wait for the sheets."""
        if self._large is None:
            self._look()
        assert self._large is not None
        sheets = self._pending.result()
        if stamp(self._path) == self._stamp:
            for name, sheet in sheets.items():
                if name in self._large and sheet.shared >= 0:
                    sheet.__dict__[FOUND] = self._large[name]
            memory.remember(SEEN, value=True, size=100)
        return {**sheets, **self._known}

    def close(self) -> None:
        """Give up."""
        self._pending.close()

    def _look(self) -> int:
        """Find the large sheets, and those of them that are known; gives how many bytes the latter have."""
        size = 0
        self._large = {}
        with Archive(self._path, reading.DEFAULTS) as archive:
            structure = read_structure(archive)
            large = [
                sheet for sheet in structure.sheets if sheet.name in self._names and archive.size(sheet.part) >= LARGE
            ]
            if not large:
                return 0
            strings = archive.mark(structure.strings) if structure.strings else ""
            texts: list[str] | None = None
            for sheet in large:
                key = _key(archive, structure, sheet)
                self._large[sheet.name] = Found(key, strings)
                note: Note | None = memory.recall(key)
                if note is not None and note.strings != strings and texts is None:
                    texts = self._texts(archive, structure)
                if note is not None and _same(note, structure, strings, texts):
                    self._known[sheet.name] = self._unread(sheet, Found(key, strings, note), note)
                    size += archive.size(sheet.part)
        return size

    def _texts(self, archive: Archive, structure: Structure) -> list[str] | None:
        """The shared strings, where they are few enough to be read here."""
        if structure.strings and archive.size(structure.strings) > reading.SMALL:
            return None
        return reading.shared_texts(archive, structure)

    def _unread(self, sheet: SheetPart, found: Found, note: Note) -> Unread:
        def read() -> ReadSheet:
            if stamp(self._path) != self._stamp:
                raise changed_meanwhile(self._path)
            memory.drop(found.key)  # whoever needs its cells once may need them again: it is read with the others then
            made = reading.read(self._path, [sheet.name])[sheet.name]
            made.__dict__[FOUND] = found
            return made

        return Unread(sheet.name, sheet.state, "", (note.cells, note.whole), read)


def _key(archive: Archive, structure: Structure, sheet: SheetPart) -> tuple[Any, ...]:
    """Everything but texts and formats that decides what is read."""
    limits = tuple(asdict(archive.limits).items())
    return "sheet", archive.mark(sheet.part), sheet.name, sheet.state, structure.date1904, limits


def _same(note: Note, structure: Structure, strings: str, texts: list[str] | None) -> bool:
    """Whether the cells of a sheet still point to the same texts and formats."""
    formats = structure.formats
    if any(not number < len(formats) or formats[number] != code for number, code in note.formats.items()):
        return False
    if note.strings == strings:
        return True
    if texts is None or (len(note.texts) and int(note.texts[-1]) >= len(texts)):
        return False
    return text_hash(texts[each] for each in note.texts.tolist()) == note.text_hash


@dataclass(frozen=True)
class FoundOutside:
    """Where a sheet was found in a file of its own."""

    key: tuple[Any, ...]  # with the file's hash
    hidden: frozenset[str] | None  # hidden worksheets beside it that look like a department's sheet, if anybody looked


@dataclass(frozen=True)
class Outside:
    """What is remembered of a sheet in a file of its own: which it was, and hashes."""

    name: str
    state: str
    origin: str
    hashes: tuple[str, str]
    hidden: frozenset[str] | None


def known_outside(
    key: tuple[Any, ...], path: Path, limits: Limits, *, allow_csv: bool
) -> tuple[Unread, Outside] | None:
    """The sheet that was found in a file under *key*, which holds the file's hash; None when that is not known."""
    note: Outside | None = memory.recall(key)
    if note is None:
        return None
    stamped = stamp(path)

    def read() -> ReadSheet:
        if stamp(path) != stamped:
            raise changed_meanwhile(path)
        made = reading.read(path, [note.name], limits, allow_csv=allow_csv)[note.name]
        made.__dict__[FOUND] = FoundOutside(key, note.hidden)
        return made

    return Unread(note.name, note.state, note.origin, note.hashes, read), note


__all__ = ["FOUND", "FoundOutside", "Unread", "keep", "known_outside", "large", "stamp", "start", "written"]
