"""A workbook of Excel 97-2003 written byte by byte: BIFF8 records in a compound file."""

from __future__ import annotations

import struct
from typing import Any

SECTOR = 512
END, FREE, TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def record(kind: int, body: bytes = b"") -> bytes:
    """One record of the stream."""
    return struct.pack("<HH", kind, len(body)) + body


def text(words: str, length: str = "<H") -> bytes:
    """A text in UTF-16."""
    return struct.pack(length, len(words)) + b"\x01" + words.encode("utf-16-le")


def stream(rows: list[list[Any]], *, encrypted: bool = False, version: int = 0x0600) -> bytes:
    """The Workbook stream with a sheet of texts and numbers; dates are numbers under a date format."""
    sheet = record(0x0809, struct.pack("<HHHHII", version, 0x0010, 0, 0, 0, 0))
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            place = struct.pack("<HHH", at, column, 0)
            if isinstance(value, str):
                sheet += record(0x0204, place + text(value))
            elif value is not None:
                sheet += record(0x0203, place + struct.pack("<d", value))
    sheet += record(0x000A)
    head = record(0x0809, struct.pack("<HHHHII", version, 0x0005, 0, 0, 0, 0))
    if encrypted:
        head += record(0x002F, struct.pack("<H", 1) + bytes(52))
    head += record(0x0042, struct.pack("<H", 1200)) + record(0x00E0, bytes(20))
    name = text("Orders", "<B")
    at = len(head) + 4 + 6 + len(name) + 4
    return head + record(0x0085, struct.pack("<IH", at, 0) + name) + record(0x000A) + sheet


def compound(content: bytes, name: str = "Workbook") -> bytes:
    """A compound file with one stream."""
    content = content.ljust(max(4096, -(-len(content) // SECTOR) * SECTOR), b"\0")
    count = len(content) // SECTOR
    table = [TABLE, END, *range(3, count + 2), END]  # its own sector, the directory, the stream
    table += [FREE] * (SECTOR // 4 - len(table))
    assert len(table) == SECTOR // 4
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0) + struct.pack("<I", 0)
    header = header.ljust(SECTOR, b"\xff")
    folder = _entry("Root Entry", 5, 1, END, 0) + _entry(name, 2, FREE, 2, len(content))
    folder += (bytes(64) + b"\0\0" + bytes(2) + b"\xff" * 12 + bytes(48)) * 2
    return header + struct.pack(f"<{len(table)}I", *table) + folder + content


def _entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
    written = name.encode("utf-16-le") + b"\0\0"
    head = written.ljust(64, b"\0") + struct.pack("<HBB", len(written), kind, 1)
    return head + struct.pack("<III", FREE, FREE, child) + bytes(36) + struct.pack("<IQ", first, size)


def looped(content: bytes) -> bytes:
    """A compound file whose sectors run in a circle."""
    made = bytearray(content)
    for sector in range(1, 8):
        made[SECTOR + 4 * sector : SECTOR + 4 * sector + 4] = struct.pack("<I", sector)
    return bytes(made)
