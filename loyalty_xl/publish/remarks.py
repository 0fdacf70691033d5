"""The user's own columns on the Scorecard, comment and action by: they belong to KPI, segment and period, and are kept when the period changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import NOTES, SCORECARD
from loyalty_xl.publish.layout import Layout, Line, held

if TYPE_CHECKING:
    from loyalty_xl.books.patch import Patch
    from loyalty_xl.pipeline import Refresh

THEIRS = ("comment", "action_by")
KIND = "Remark 备注"


class Remarks:
    """Remarks of all periods: those of the period that stands on the Scorecard, and those that Notes keeps."""

    def __init__(self, made: Refresh, layout: Layout | None, shown_period: str) -> None:
        self._layout = layout
        self._now = made.period.label if made.period else ""
        self._changes = bool(shown_period) and shown_period != self._now
        self._kept = _from_notes(made)
        if layout is None or not shown_period:
            return
        raw = made.inputs.pages[SCORECARD.name]
        for line, row in layout.lines.items():
            for key in THEIRS:
                if key in layout.columns:
                    text = held(raw, row, layout.columns[key])
                    place = _item(line, shown_period, key)
                    if text is not None:
                        self._kept[place] = str(text)
                    else:
                        self._kept.pop(place, None)

    def rows(self) -> list[list[Any]]:
        """Rows of Notes that keep them."""
        return [[KIND, item, text] for item, text in sorted(self._kept.items())]

    def fill(self, patch: Patch, board: dict[Line, int]) -> None:
        """When the Scorecard moves to another period, show the remarks of that one; otherwise leave the cells alone."""
        if not self._changes or self._layout is None:
            return
        for line, row in board.items():
            for key in THEIRS:
                if key in self._layout.columns and line in self._layout.lines:
                    text = self._kept.get(_item(line, self._now, key))
                    patch.put(self._layout.sheet, row, self._layout.columns[key], text)


def _item(line: Line, period: str, key: str) -> str:
    return f"{line[0]}|{period}|{line[1]}|{key}"


def _from_notes(made: Refresh) -> dict[str, str]:
    """Remarks that earlier runs kept on Notes."""
    raw = made.inputs.pages.get(NOTES.name)
    if raw is None:
        return {}
    rows = [int(row) for row in raw.rows if row > 1 and held(raw, int(row), 1) == KIND]
    return {str(held(raw, row, 2)): str(held(raw, row, 3)) for row in rows}
