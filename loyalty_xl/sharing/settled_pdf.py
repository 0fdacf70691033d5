"""A PDF without what changes from run to run, or tells who printed it: dates, author, identifiers.

Each is overwritten with blanks of the same length, so that every other byte stays at its place and the table of places holds.
What is between `stream` and `endstream` is left alone, but for the packet of metadata (XMP), which is plain text.
"""

from __future__ import annotations

import re

STREAM = re.compile(rb"(\bstream\r?\n.*?\bendstream\b)", re.S)
TEXT = rb"\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f\s]*>"
PERSONAL = rb"/(?:CreationDate|ModDate|Author|Company|Manager|Keywords|Subject|SourceModified|LastModifiedBy)"
TAKEN_OUT = re.compile(
    rb"|".join((
        PERSONAL + rb"\s*(?:" + TEXT + rb")",
        PERSONAL + rb"\s+(?P<object>\d+)\s+0\s+R\b",  # the text is an object of its own
        rb"/ID\s*\[\s*<[^>]*>\s*<[^>]*>\s*\]",
        rb"/DocChecksum\s*/\w+",
        rb"/Metadata\s+\d+\s+0\s+R\b",
    )),
    re.S,
)  # fmt: skip
PACKET = re.compile(rb"<\?xpacket.*<\?xpacket end[^>]*>", re.S)


def settled(data: bytes) -> bytes:
    """Give the PDF *data* with its dates, its author and its identifiers taken out: of the same length, and the same every time."""
    apart: set[bytes] = set()

    def blank(found: re.Match[bytes]) -> bytes:
        if number := found.groupdict().get("object"):
            apart.add(number)
        return b" " * len(found[0])

    pieces = [
        PACKET.sub(blank, piece) if place % 2 else TAKEN_OUT.sub(blank, piece)
        for place, piece in enumerate(STREAM.split(data))
    ]
    data = b"".join(pieces)
    for number in sorted(apart):
        text = re.compile(rb"(?<=\b" + number + rb" 0 obj)(\s*)(?:" + TEXT + rb")(?=\s*endobj)", re.S)
        data = text.sub(lambda found: found[1] + b"()" + b" " * (len(found[0]) - len(found[1]) - 2), data)
    return data
