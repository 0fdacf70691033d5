"""The look of the mail: colours for light and dark, and the few shapes it is made of.

Mail clients take away style sheets, scripts and anything from the net, so every colour stands in the element itself; the classes only
let a dark client, where it reads style sheets, change it.
"""

from __future__ import annotations

import html
import math
from itertools import pairwise
from typing import NamedTuple

from loyalty_xl.publish.look import STATUS
from loyalty_xl.publish.words import STATUSES
from loyalty_xl.sharing.wording import clean
from loyalty_xl.vocabulary import Status


class Tone(NamedTuple):
    """Colours of text and ground ("" = as around it), light and dark."""

    ink: str
    ground: str
    dark_ink: str
    dark_ground: str


def _judged(status: Status, dark_ink: str, dark_ground: str) -> Tone:
    ground, ink = STATUS[STATUSES[status][0]]
    return Tone(ink, ground, dark_ink, dark_ground)


TONES = {
    "p": Tone("#1F2933", "#EDF1F5", "#E8EAED", "#111418"),  # page
    "c": Tone("#1F2933", "#FFFFFF", "#E8EAED", "#1C2026"),  # column
    "h": Tone("#FFFFFF", "#1F3864", "#FFFFFF", "#1F3864"),  # headline
    "k": Tone("#1F3864", "", "#AECBF5", ""),  # headings
    "m": Tone("#55606B", "", "#B0B8C1", ""),  # in the background
    "r": _judged(Status.RED, "#FFC9B0", "#5A1F0B"),
    "a": _judged(Status.AMBER, "#FFDC94", "#4A3500"),
    "g": _judged(Status.GREEN, "#A9EBCB", "#0E3F2D"),
    "n": _judged(Status.GREY, "#C9CFD6", "#343A42"),
}
BARS = {  # ground alone: light, dark
    "t": ("#E1E7ED", "#3A4149"),  # track
    "x": ("#111111", "#FFFFFF"),  # target
    "br": ("#C4481A", "#E4693F"),
    "ba": ("#A87300", "#C08A1E"),
    "bg": ("#1B8A5A", "#2E9C6E"),
    "bn": ("#5F7388", "#8391A0"),
}
LINE = ("#D5DCE3", "#3A4149")
ROOM = 0.04  # share of a bar that is kept beyond a target at its end
OF_STATUS = {Status.RED: "r", Status.AMBER: "a", Status.GREEN: "g", Status.GREY: "n"}
FONT = "-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',Arial,sans-serif"
TABLE = 'role="presentation" width="100%" cellpadding="0" cellspacing="0"'


def safe(text: str) -> str:
    """A text as HTML; a line begins neither with the dot between two facts nor with a unit."""
    found = html.escape(clean(text), quote=True)
    for start in ("· ", "pts", "点"):
        found = found.replace(f" {start}", f"\u00a0{start}")
    return found


def tone(name: str, style: str = "") -> str:
    """Attributes of an element with the colours of a tone."""
    ink, ground = TONES[name][:2]
    colours = f"color:{ink}" + (f";background-color:{ground}" if ground else "")
    return f'class="{name}" style="{colours}{";" if style else ""}{style}"'


def ruled(side: str) -> str:
    """Attributes of a cell with a line on one *side*."""
    return f'class="l" style="border-{side}:1px solid {LINE[0]};'


def pill(status: Status, text: str) -> str:
    """A status: its shape and word on its colour."""
    style = "padding:2px 7px;border-radius:9px;font-size:12px;font-weight:bold;white-space:nowrap;display:inline-block"
    return f"<span {tone(OF_STATUS[status], style)}>{safe(text)}</span>"


def bar(actual: float, target: float | None, status: Status, most: float = 0.0, height: int = 8) -> str:
    """Draw *actual* from zero as a bar of table cells that reaches to *most* at least, with an upright line at *target*."""
    ends = (0.0, most, actual, actual if target is None else target)
    low, high = min(ends), max(ends)
    extent = high - low
    if not math.isfinite(actual) or not 0 < extent < math.inf:
        return ""
    low -= extent * ROOM * (target == low)  # a line at the very end would not be seen
    high += extent * ROOM * (target == high)

    def place(value: float) -> int:
        return round((value - low) / (high - low) * 100)

    begin, end = sorted((place(0.0), place(actual)))
    mark = None if target is None else min(place(target), 99)
    places = sorted({0, begin, end, 100} | ({mark} if mark is not None else set()))
    fill = f"b{OF_STATUS[status]}"
    cells = []
    for left, right in pairwise(places):
        if left == mark:
            cells.append(_part("x", 'width="3"'))
        cells.append(_part(fill if begin <= left and right <= end else "t", f'width="{right - left}%"'))
    style = f"table-layout:fixed;margin:5px 0;font-size:1px;line-height:{height}px"
    return f'<table {TABLE} aria-hidden="true" style="{style}"><tr height="{height}">{"".join(cells)}</tr></table>'


def _part(name: str, width: str) -> str:
    ground = BARS[name][0]
    return f'<td class="{name}" {width} style="background-color:{ground};font-size:1px">&nbsp;</td>'


def style_sheet() -> str:
    """Rules for clients that read them: the dark colours."""
    inks = {name: each.dark_ink for name, each in TONES.items()}
    grounds = {name: each.dark_ground for name, each in TONES.items() if each.dark_ground}
    grounds |= {name: dark for name, (_, dark) in BARS.items()}

    def rules(start: str, what: str, colours: dict[str, str]) -> str:
        return "".join(f"{start}.{name}{{{what}:{colour}!important}}" for name, colour in colours.items())

    line = {"l": LINE[1]}
    dark = rules("", "color", inks) + rules("", "background-color", grounds) + rules("", "border-color", line)
    outlook = rules("[data-ogsc] ", "color", inks) + rules("[data-ogsb] ", "background-color", grounds)
    return f":root{{color-scheme:light dark;supported-color-schemes:light dark}}@media (prefers-color-scheme:dark){{{dark}}}{outlook}"
