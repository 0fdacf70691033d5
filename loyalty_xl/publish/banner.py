"""The banner of a copy: a line at the top of the Scorecard that says of which workbook it is one, made when and by whom.

Two workbooks on one drive look alike; whoever opens or prints the copy must see that it is one. A refresh of the copy
keeps the banner, for the copy stays a copy however new its numbers are. Whoever makes it the workbook to go on with
deletes the text: it does not come back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loyalty_xl.books.patch import Style
from loyalty_xl.books.places import RIGHT_GAP, in_language
from loyalty_xl.cells import column_letters
from loyalty_xl.publish.layout import held

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_xl.books.patch import Patch
    from loyalty_xl.cells import RawSheet
    from loyalty_xl.publish.layout import Layout

    Entry = tuple[str, str, str, str]

COPY = "copy"  # section of the run log: where the banner stands, its text, and of which workbook this is a copy
LOUD = Style(bold=True, color="C00000")


class Banner:
    """The banner of one Scorecard, as an earlier run left it and as this one puts it."""

    def __init__(self, raw: RawSheet, layout: Layout | None, before: Iterable[Entry]) -> None:
        self._raw, self._layout = raw, layout
        told = [entry for entry in before if entry[0] == COPY]
        self._entry = next((entry for entry in told if self._find(entry[2]) is not None), None)

    def _find(self, text: str) -> tuple[int, int] | None:
        """The cell above the table that holds a text."""
        last = self._layout.header if self._layout else 1
        for row in range(1, last):
            for column in self._raw.columns:
                if held(self._raw, row, column) == text:
                    return row, column
        return None

    def entries(self) -> list[Entry]:
        """What the run log holds of it; nothing once somebody deleted the text."""
        return [self._entry] if self._entry else []

    def put(self, patch: Patch, copy_of: str, by: str, at: str, language: str) -> None:
        """Say that this is a copy, in the place of the banner of the workbook it is made of, if that is a copy itself."""
        place = self._find(self._entry[2]) if self._entry else self._free()
        if self._layout is None or place is None:
            return
        zh = f"副本:{copy_of}({at}{',' + by if by else ''})"
        en = f"COPY of {copy_of} ({at}{', ' + by if by else ''})"
        text = in_language(zh, en, language)
        patch.put(self._layout.sheet, *place, text, LOUD)
        self._entry = (COPY, f"{column_letters(place[1])}{place[0]}", text, copy_of)

    def _free(self) -> tuple[int, int] | None:
        """A free cell above the table: over the labels on the right, where it is printed, else the first one to the right of the title."""
        if self._layout is None or self._layout.header < 2:
            return None
        right = max((column for _, column in self._layout.head.values()), default=RIGHT_GAP + 1) - RIGHT_GAP
        last = max(self._raw.columns, default=1)
        columns = [right, *range(right + 1, last + 1), *range(2, right), last + 1]
        return next(((1, column) for column in columns if held(self._raw, 1, column) is None), None)


__all__ = ["COPY", "Banner"]
