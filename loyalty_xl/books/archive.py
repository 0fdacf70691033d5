"""The parts of a package, unpacked piece by piece and never further than the zip directory declared."""

from __future__ import annotations

import hashlib
import io
import os
import time
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote

from loyalty_xl.books import read_errors
from loyalty_xl.books.preflight import Limits, unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKED = 1 << 17  # bytes read at once, about a megabyte of markup
_LOCAL = 30  # bytes of a local file header before its name


class Clock:
    """The time a file may take."""

    def __init__(self, name: str, seconds: float) -> None:
        self.name, self.seconds = name, seconds
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """Raise E123 once the time is over."""
        if time.monotonic() > self._end:
            some = f"{self.seconds:g}"
            raise read_errors.too_much(self.name, f"{some} 秒内没有读完", f"it was not read within {some} seconds")


class Archive:
    """An open package. Part names are compared without case, as Office does.

    Where *content* is given it is read in place of the file: a package that was decrypted stays in memory.
    """

    def __init__(self, path: Path | str, limits: Limits, content: bytes | None = None) -> None:
        self.path = Path(path)
        self.name = self.path.name
        self.limits = limits
        self.clock = Clock(self.name, limits.seconds)
        self._content = content
        try:
            self._file: io.RawIOBase | io.BytesIO = (
                self.path.open("rb", buffering=0) if content is None else io.BytesIO(content)
            )
        except OSError as error:
            raise unreachable(self.path, error) from None
        try:
            with zipfile.ZipFile(self.path if content is None else io.BytesIO(content)) as package:
                self.members = {member.filename.replace("\\", "/").lower(): member for member in package.infolist()}
        except (zipfile.BadZipFile, NotImplementedError, UnicodeError, ValueError) as error:
            self._file.close()
            raise read_errors.damaged(self.name, "压缩包不完整", f"its zip directory is incomplete ({error})") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def find(self, target: str) -> str | None:
        """Give the key of the part that *target* names, None where there is none."""
        for form in (target, unquote(target)):
            if form.lower() in self.members:
                return form.lower()
        return None

    def size(self, part: str) -> int:
        """Give the declared size of a part. [bytes]"""
        return self.members[part].file_size

    def mark(self, part: str) -> str:
        """Give a hash of a part as it lies in the package: the same mark is the same content, nothing is unpacked."""
        member = self.members[part]
        total = hashlib.sha256(f"{member.compress_type} {member.file_size} {member.CRC} ".encode())
        for packed in self._packed(member, 8 * PACKED):
            total.update(packed)
            self.clock.check()
        return total.hexdigest()

    def read(self, part: str) -> bytes:
        """Give a whole part."""
        return b"".join(self.pieces(part))

    def pieces(self, part: str, packed: int = PACKED) -> Iterator[bytes]:
        """Unpack a part in pieces of *packed* bytes each, checking size and checksum when its end is reached."""
        member = self.members[part]
        if member.compress_type == zipfile.ZIP_DEFLATED:
            pieces = self._inflate(member, packed)
        elif member.compress_type == zipfile.ZIP_STORED:
            pieces = self._packed(member, 8 * packed)
        else:
            raise self._bad(part)
        size = checksum = 0
        try:
            for piece in pieces:
                size += len(piece)
                if size > member.file_size:
                    raise self._bad(part)
                checksum = zlib.crc32(piece, checksum)
                yield piece
                self.clock.check()
        except zlib.error:
            raise self._bad(part) from None
        if size != member.file_size or checksum != member.CRC:
            raise self._bad(part)

    def _inflate(self, member: zipfile.ZipInfo, step: int) -> Iterator[bytes]:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        for packed in self._packed(member, step):
            while packed:
                if piece := unpacker.decompress(packed, 32 * step):
                    yield piece
                packed = unpacker.unconsumed_tail
                if unpacker.eof:
                    return
        if piece := unpacker.flush():
            yield piece

    def _packed(self, member: zipfile.ZipInfo, step: int) -> Iterator[bytes]:
        """Give the packed bytes of a part, behind its local header."""
        header = self._at(member.header_offset, _LOCAL)
        if len(header) < _LOCAL or header[:4] != b"PK\x03\x04":
            raise self._bad(member.filename)
        at = member.header_offset + _LOCAL
        at += int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        end = at + member.compress_size
        while at < end:
            packed = self._at(at, min(step, end - at))
            if not packed:
                raise self._bad(member.filename)
            at += len(packed)
            yield packed

    def _at(self, offset: int, length: int) -> bytes:
        if self._content is not None:
            return self._content[offset : offset + length]
        try:
            if hasattr(os, "pread"):
                return os.pread(self._file.fileno(), length, offset)
            self._file.seek(offset)
            return self._file.read(length) or b""
        except OSError as error:
            raise unreachable(self.path, error) from None

    def _bad(self, part: str) -> Exception:
        return read_errors.damaged(self.name, f"部件 {part} 无法解压", f"its part {part} cannot be unpacked")
