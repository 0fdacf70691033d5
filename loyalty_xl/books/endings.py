"""A mark behind the number of a cell: a part of its number format, so that the cell stays a number."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Ending:
    """A mark at the end of a cell's number format, put there or taken away; all else of how the cell looks stays.

    The cell holds the number that it holds: formulas and charts see no mark.
    """

    mark: str  # a character
    on: bool = True

    def applied(self, code: str) -> str:
        """Give a number format with the mark behind the number, or without it.

        Examples
        --------
        >>> Ending("†").applied("0.0%"), Ending("†").applied("#,##0_);(#,##0)"), Ending("†", on=False).applied('0.0%"†"')
        ('0.0%"†"', '#,##0_)"†";(#,##0)"†"', '0.0%')
        """
        parts = [self._without(part) for part in sections(code)]
        if self.on:
            parts = [f'{part}"{self.mark}"' if part and "@" not in part else part for part in parts]
        return ";".join(parts)

    def _without(self, part: str) -> str:
        for written in (f'"{self.mark}"', f"\\{self.mark}", self.mark):
            if part.endswith(written):
                return part[: -len(written)]
        joined = f'{self.mark}"'  # other programs make one text of two
        return f'{part[: -len(joined)]}"' if part.endswith(joined) else part


def sections(code: str) -> list[str]:
    """Give the sections of a number format; a semicolon in quotes or behind a backslash parts nothing."""
    parts = [""]
    for piece in re.findall(r'"[^"]*"?|\\.|\[[^\]]*\]?|.', code, re.DOTALL):
        if piece == ";":
            parts.append("")
        else:
            parts[-1] += piece
    return parts
