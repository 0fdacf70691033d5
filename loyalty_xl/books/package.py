"""An .xlsx or .xlsm as a zip of parts, read one part at a time and rewritten with the others untouched."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import unquote

from lxml import etree

from loyalty_xl.books import raw_zip
from loyalty_xl.books.markup import damaged, local, parse, serialise
from loyalty_xl.books.preflight import unreachable
from loyalty_xl.errors import ReadError, WriteError

CONTENT_TYPES = "[Content_Types].xml"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
NO_RELATIONSHIPS = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="{RELATIONSHIPS}"/>'.encode()
)
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"

T = TypeVar("T")


@dataclass(frozen=True)
class Relationship:
    """What one part says about another."""

    id: str
    type: str
    target: str  # name of the part; for an external one its address as written
    external: bool = False

    @property
    def kind(self) -> str:
        """The last word of the type, the same in strict and transitional packages."""
        return self.type.rsplit("/", 1)[-1]


class Package:
    """The parts of a package. Only the zip directory is read until a part is asked for.

    The file is opened for each look and closed again: an open file cannot be replaced on Windows.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int] | None = None
        self._archive: zipfile.ZipFile | None = None
        self._members = self._look(lambda _, archive: [i for i in archive.infolist() if not i.is_dir()])
        self._by_name: dict[str, zipfile.ZipInfo] = {}
        for info in self._members:
            key = part_name(info.filename).lower()
            if key in self._by_name:
                raise ReadError(
                    "E113",
                    f"文件内有重名部件（{info.filename}），两个程序会读出不同内容。请用 Excel 另存一份。",
                    f"Two parts of the file share a name ({info.filename}), so programs disagree on its content. "
                    "Save a copy with Excel.",
                )
            self._by_name[key] = info

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all parts, in the order of the zip directory."""
        return tuple(part_name(info.filename) for info in self._members)

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._by_name

    def name(self, part: str) -> str:
        """Give a part's name as the package spells it (names differing in case only are the same part)."""
        return part_name(self._by_name[part.lower()].filename)

    def size(self, part: str) -> int:
        """Bytes of a part when inflated, from the zip directory."""
        return self._by_name[part.lower()].file_size

    def read(self, part: str) -> bytes:
        """Inflate a part; its checksum is verified."""
        info = self._by_name[part.lower()]
        return self._look(lambda _, archive: archive.read(info))

    def peek(self, part: str, length: int) -> bytes:
        """Inflate the beginning of a part."""
        info = self._by_name[part.lower()]

        def beginning(_: BinaryIO, archive: zipfile.ZipFile) -> bytes:
            with archive.open(info) as member:
                return member.read(length)

        return self._look(beginning)

    def write(
        self,
        path: Path,
        changed: Mapping[str, bytes],
        added: Mapping[str, bytes] | None = None,
        dropped: Collection[str] = (),
    ) -> None:
        """Write the package to *path* (never the file it came from); parts not named travel as compressed bytes."""
        replaced = {self._by_name[part.lower()].filename: data for part, data in changed.items()}
        left_out = {self._by_name[part.lower()].filename for part in dropped}

        def copy(source: BinaryIO, archive: zipfile.ZipFile) -> None:
            with path.open("wb") as target:
                raw_zip.rewrite(source, self._members, target, replaced, added or {}, left_out, archive.comment)

        self._look(copy)

    def _look(self, action: Callable[[BinaryIO, zipfile.ZipFile], T]) -> T:
        """Open the file, see that it is still the one that was opened first, and do *action*."""
        try:
            with self.path.open("rb") as file:
                found = self.path.stat()
                stamp = (found.st_size, found.st_mtime_ns)
                if self._stamp not in (None, stamp):
                    raise changed_meanwhile(self.path)
                self._stamp = stamp
                refuse_other_files(file, self.path)
                if self._archive is None:
                    self._archive = zipfile.ZipFile(file)
                self._archive.fp = file  # the directory is read once: the stamp says that it is still the same
                try:
                    return action(file, self._archive)
                finally:
                    self._archive.fp = None
        except FileNotFoundError as error:
            raise unreachable(self.path, error) from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise damaged(str(error)) from None
        except RuntimeError as error:  # zipfile's word for an encrypted member
            if "encrypted" not in str(error):
                raise
            raise ReadError(
                "E106", "文件内部已加密，请先去除密码。", "The file is encrypted: remove its password."
            ) from None


class Draft:
    """A package with edits on top: what would be written if it were saved now."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.changed: dict[str, bytes] = {}
        self.added: dict[str, bytes] = {}
        self.dropped: list[str] = []

    def __contains__(self, part: str) -> bool:
        return part in self.added or (part in self.package and part not in self.dropped)

    def read(self, part: str) -> bytes:
        """Give a part as it would be written."""
        if part in self.added:
            return self.added[part]
        part = self.package.name(part)
        return self.changed[part] if part in self.changed else self.package.read(part)

    def write(self, part: str, data: bytes) -> None:
        """Set a part's content. Who calls this knows that it differs: the old is not read for comparison."""
        if part in self.package:
            self.changed[self.package.name(part)] = data
        else:
            self.added[part] = data

    def relationships(self, part: str = "") -> tuple[Relationship, ...]:
        """Give what *part* (the package itself if "") refers to, targets resolved to part names."""
        name = relationships_part(part)
        if name not in self:
            return ()
        found = []
        for item in parse(self.read(name), name):
            target, external = item.get("Target") or "", item.get("TargetMode") == "External"
            if local(item) == "Relationship" and item.get("Id"):
                resolved = target if external else self._resolve(part, target)
                found.append(Relationship(item.get("Id") or "", item.get("Type") or "", resolved, external))
        return tuple(found)

    def content_type(self, part: str) -> str:
        """Give the type of a part, by its name or by its ending."""
        ending, found = part.rsplit(".", 1)[-1].lower(), ""
        for item in parse(self.read(CONTENT_TYPES), CONTENT_TYPES):
            if local(item) == "Override" and part_name(item.get("PartName") or "").lower() == part.lower():
                return item.get("ContentType") or ""
            if local(item) == "Default" and (item.get("Extension") or "").lower() == ending:
                found = item.get("ContentType") or ""
        return found

    def add(self, part: str, data: bytes, content_type: str, owner: str, type_: str) -> str:
        """Add a part, its content type and the relationship from its *owner*; give the relationship's id."""
        self.added[part] = data
        types = self.read(CONTENT_TYPES)
        root = parse(types, CONTENT_TYPES)
        etree.SubElement(root, f"{{{TYPES}}}Override", PartName=f"/{part}", ContentType=content_type)
        self.write(CONTENT_TYPES, serialise(root, types))
        name = relationships_part(owner)
        data = self.read(name) if name in self else NO_RELATIONSHIPS
        root = parse(data, name)
        taken = {item.get("Id") for item in root}
        new = next(f"rId{n}" for n in range(len(taken) + 1, 2 * len(taken) + 3) if f"rId{n}" not in taken)
        target = posixpath.relpath(part, posixpath.dirname(owner) or ".")
        etree.SubElement(root, f"{{{RELATIONSHIPS}}}Relationship", Id=new, Type=type_, Target=target)
        self.write(name, serialise(root, data))
        return new

    def drop(self, part: str, owner: str) -> None:
        """Leave a part out, with its content type and the relationship that its *owner* has to it."""
        leaving = {link.id for link in self.relationships(owner) if link.target.lower() == part.lower()}
        name = relationships_part(owner)
        for listing in (name, CONTENT_TYPES):
            data = self.read(listing)
            root = parse(data, listing)
            for item in list(root):
                if item.get("Id") in leaving or part_name(item.get("PartName") or "").lower() == part.lower():
                    root.remove(item)
            self.write(listing, serialise(root, data))
        self.dropped.append(self.package.name(part))

    def save(self, path: Path) -> tuple[str, ...]:
        """Write the package and name the parts that differ from what it was."""
        self.package.write(path, self.changed, self.added, self.dropped)
        return tuple(sorted({*self.changed, *self.added, *self.dropped}))

    def _resolve(self, part: str, target: str) -> str:
        """Give the part that a relationship points to, whichever way its target is written."""
        target = target.replace("\\", "/")
        name = part_name(posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)))
        if name not in self and unquote(name) in self:
            name = unquote(name)
        return self.package.name(name) if name in self.package else name


def part_name(member: str) -> str:
    """Give the name of a part, without the leading slash or backslashes that some writers use."""
    return member.replace("\\", "/").lstrip("/")


def relationships_part(part: str) -> str:
    """Give the name of the part that holds a part's relationships."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def refuse_other_files(file: BinaryIO, path: Path) -> None:
    """Refuse what is no zip at all, by its first bytes."""
    start = file.read(8)
    file.seek(0)
    if not start:
        raise ReadError(
            "E101", f"{path.name} 是空文件，请重新索取。", f"{path.name} is an empty file: ask for it again."
        )
    if start[:4] == b"\xd0\xcf\x11\xe0":
        raise ReadError(
            "E105",
            f"{path.name} 是旧格式（.xls）或加密的工作簿，无法写入。请去除密码并另存为 .xlsx。",
            f"{path.name} is an old .xls or a password-protected workbook and cannot be filled. "
            "Remove the password and save it as .xlsx.",
        )


def changed_meanwhile(path: Path) -> WriteError:
    """Give the error for a workbook that somebody saved while we were at work."""
    return WriteError(
        "E404",
        f"{path.name} 在处理期间被他人保存过，为避免覆盖其内容，本次没有写入。请再运行一次。",
        f"{path.name} was saved by someone else in the meantime; nothing was written over it. Run again.",
    )
