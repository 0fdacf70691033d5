"""Rewriting a zip archive while unchanged members travel as the compressed bytes they already are.

`zipfile` can only inflate and deflate again; for a workbook of 50 MB that costs seconds, a copy milliseconds.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZipInfo

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
END = struct.Struct("<4s4H2LH")
END_64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR_64 = struct.Struct("<4sLQL")
LIMIT = 0xFFFFFFFF  # sizes and offsets from here on need the zip64 fields
LIMIT_COUNT = 0xFFFF
DESCRIPTOR, UTF8, ENCRYPTED = 0x0008, 0x0800, 0x0001
NEW_DATE = (0 << 9) | (1 << 5) | 1  # 1980-01-01, so that a new member does not carry the clock
FAST_FROM = 1 << 20  # parts above this are deflated at level 1: a fifth larger, four times as quick
BLOCK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """What the central directory says of one member."""

    create_version: int
    create_system: int
    extract_version: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    compressed: int
    size: int
    name: bytes
    extra: bytes
    comment: bytes
    internal: int
    external: int
    offset: int

    def central(self) -> bytes:
        """Give the entry of the central directory."""
        wide = [value for value in (self.size, self.compressed, self.offset) if value >= LIMIT]
        extra = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide) + self.extra if wide else self.extra
        return (
            CENTRAL.pack(
                b"PK\1\2", self.create_version, self.create_system, max(self.extract_version, 45 if wide else 0), 0,
                self.flags, self.method, self.time, self.date, self.crc, min(self.compressed, LIMIT),
                min(self.size, LIMIT), len(self.name), len(extra), len(self.comment), 0, self.internal, self.external,
                min(self.offset, LIMIT),
            )
            + self.name + extra + self.comment
        )  # fmt: skip

    def local(self, extra: bytes) -> bytes:
        """Give the header that stands before the data."""
        wide = self.size >= LIMIT or self.compressed >= LIMIT
        if wide:
            extra = struct.pack("<2H2Q", 1, 16, self.size, self.compressed) + extra
        sizes = (LIMIT, LIMIT) if wide else (self.compressed, self.size)
        version = max(self.extract_version, 45 if wide else 20)
        fixed = (version, self.flags, self.method, self.time, self.date, self.crc, *sizes, len(self.name), len(extra))
        return LOCAL.pack(b"PK\3\4", *fixed) + self.name + extra


def rewrite(
    source: BinaryIO,
    members: Sequence[ZipInfo],
    target: BinaryIO,
    changed: Mapping[str, bytes],
    added: Mapping[str, bytes],
    dropped: Iterable[str],
    comment: bytes = b"",
) -> None:
    """Write *members* of *source* to *target*, those in *changed* with new content and without those *dropped*.

    The keys of *changed* and *dropped* are member names as `ZipInfo.filename` has them. Order, dates, flags,
    attributes and comments are kept; what is *added* comes last, under a fixed date.
    """
    left_out = set(dropped)
    entries: dict[int, Entry] = {}
    run = Run(source, target)
    for place, info in sorted(enumerate(members), key=lambda pair: pair[1].header_offset):
        if info.filename in left_out:
            continue
        name, local_extra, data_offset = local_header(source, info)
        if info.filename in changed:
            run.flush()
            entry, data = deflated(changed[info.filename], name, info, target.tell())
            target.write(entry.local(without_zip64(local_extra)) + data)
        else:
            entry = as_it_was(info, name, run.position)
            run.take(info.header_offset, member_end(source, info, data_offset) - info.header_offset)
        entries[place] = entry
    run.flush()
    kept = [entries[place] for place in sorted(entries)]
    for part, content in added.items():
        entry, data = deflated(content, part.encode(), None, target.tell())
        target.write(entry.local(b"") + data)
        kept.append(entry)
    write_directory(target, kept, comment)


class Run:
    """A stretch of the source that is copied in one go: neighbours that stay are neighbours again."""

    def __init__(self, source: BinaryIO, target: BinaryIO) -> None:
        self.source, self.target = source, target
        self.start = self.length = 0

    @property
    def position(self) -> int:
        """Where in the target the next member of this run will begin."""
        return self.target.tell() + self.length

    def take(self, start: int, length: int) -> None:
        """Add a member to the run."""
        if start != self.start + self.length:
            self.flush()
            self.start = start
        self.length += length

    def flush(self) -> None:
        """Copy the run."""
        self.source.seek(self.start)
        block = memoryview(bytearray(min(BLOCK, self.length)))
        left = self.length
        while left:
            got = self.source.readinto(block[: min(left, BLOCK)])  # type: ignore[attr-defined]
            if not got:
                raise EOFError("a member ends before its data")
            self.target.write(block[:got])
            left -= got
        self.start, self.length = self.start + self.length, 0


def local_header(source: BinaryIO, info: ZipInfo) -> tuple[bytes, bytes, int]:
    """Give name and extra field as the local header has them, and where the data begin."""
    source.seek(info.header_offset)
    fields = LOCAL.unpack(source.read(LOCAL.size))
    name, extra = source.read(fields[9]), source.read(fields[10])
    return name, extra, info.header_offset + LOCAL.size + fields[9] + fields[10]


def member_end(source: BinaryIO, info: ZipInfo, data_offset: int) -> int:
    """Give the offset behind a member's data, and behind the data descriptor if it has one.

    A descriptor comes in four shapes (with signature or without, 32 or 64 bit), and only its content tells which.
    """
    end = data_offset + info.compress_size
    if not info.flag_bits & DESCRIPTOR:
        return end
    source.seek(end)
    found = source.read(24)
    for shape in ("<4sLLL", "<LLL", "<4sLQQ", "<LQQ"):
        length = struct.calcsize(shape)
        if len(found) < length:
            continue
        fields = struct.unpack_from(shape, found)
        if fields[-3:] == (info.CRC, info.compress_size, info.file_size) and fields[0] in (b"PK\x07\x08", info.CRC):
            return end + length
    raise EOFError("a data descriptor does not match its member")


def as_it_was(info: ZipInfo, name: bytes, offset: int) -> Entry:
    """Give the entry of a member that is only moved."""
    day, clock = dos_time(info)
    return Entry(
        info.create_version, info.create_system, info.extract_version, info.flag_bits, info.compress_type, clock, day,
        info.CRC, info.compress_size, info.file_size, name, without_zip64(info.extra), info.comment,
        info.internal_attr, info.external_attr, offset,
    )  # fmt: skip


def deflated(content: bytes, name: bytes, info: ZipInfo | None, offset: int) -> tuple[Entry, bytes]:
    """Give the entry and the compressed data of a member with new content; *info* is what it was before."""
    packer = zlib.compressobj(1 if len(content) > FAST_FROM else 6, zlib.DEFLATED, -15)
    data = packer.compress(content) + packer.flush()
    day, clock = dos_time(info) if info else (NEW_DATE, 0)
    flags = (info.flag_bits & ~(DESCRIPTOR | ENCRYPTED)) if info else (0 if name.isascii() else UTF8)
    sizes = (zlib.crc32(content), len(data), len(content))
    if info is None:
        return Entry(20, 0, 20, flags, 8, clock, day, *sizes, name, b"", b"", 0, 0, offset), data
    return Entry(
        info.create_version, info.create_system, max(info.extract_version, 20), flags, 8, clock, day, *sizes, name,
        without_zip64(info.extra), info.comment, info.internal_attr, info.external_attr, offset,
    ), data  # fmt: skip


def dos_time(info: ZipInfo) -> tuple[int, int]:
    """Give date and time as the archive had them; zeros (no date) come back as zeros."""
    year, month, day, hour, minute, second = info.date_time
    return (year - 1980) << 9 | month << 5 | day, hour << 11 | minute << 5 | second // 2


def without_zip64(extra: bytes) -> bytes:
    """Take the zip64 field out of an extra field; whatever else is there stays."""
    kept, at = b"", 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind != 1:
            kept += extra[at : at + 4 + length]
        at += 4 + length
    return kept + extra[at:]


def write_directory(target: BinaryIO, entries: Sequence[Entry], comment: bytes) -> None:
    """Write the central directory and the end of the archive."""
    start = target.tell()
    target.write(b"".join(entry.central() for entry in entries))
    end, count = target.tell(), len(entries)
    if count >= LIMIT_COUNT or start >= LIMIT or end - start >= LIMIT:
        target.write(END_64.pack(b"PK\6\6", 44, 45, 45, 0, 0, count, count, end - start, start))
        target.write(LOCATOR_64.pack(b"PK\6\7", 0, end, 1))
    few, size, where = min(count, LIMIT_COUNT), min(end - start, LIMIT), min(start, LIMIT)
    target.write(END.pack(b"PK\5\6", 0, 0, few, few, size, where, len(comment)) + comment)
