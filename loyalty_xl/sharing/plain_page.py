"""The plain twin of the mail's HTML page: the same facts in lines of at most 78 columns."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from loyalty_xl.sharing.page_parts import Teller
from loyalty_xl.sharing.wording import clean, headline, missed
from loyalty_xl.vocabulary import Status

if TYPE_CHECKING:
    from loyalty_xl.sharing.card import Card, Row

COLUMNS = 78
INDENT = "  "
# a word, or a character of Chinese with the punctuation that must not begin a line
_WIDE = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
_WORDS = re.compile(rf"\s·|\s+|[{_WIDE}][，。、；：！？）”…]*|[^\s{_WIDE}]+[，。、；：！？）”…]*")


def plain(card: Card) -> str:
    """Write the card as plain text.

    Parameters
    ----------
    card
        What is shared.

    Returns
    -------
    str
        The headline and then what the HTML page says, in lines of at most 78 columns; a Chinese character takes two.
    """
    tell = Teller(card)
    lines = [*wrapped(headline(card)), ""]
    lines += wrapped(" · ".join((tell.title, *tell.facts)))
    lines += wrapped(card.state)
    score = tell.score(card.score) + (" / 100" if card.score.shown else "")
    lines += ["", *wrapped(f"{tell['score_label']}: {score}")]
    lines += wrapped(" · ".join(count for _, count in tell.counts))
    for group in card.groups:
        lines += wrapped(f"{tell.dimension(group)}: {tell.score(group.score)}", INDENT)
    for label, fact in tell.head:
        lines += wrapped(f"{label}: {fact}")
    if card.earlier:
        lines += _heading(tell.since)
        for told in map(tell.change, card.earlier.changes):
            lines += [*wrapped(f"- {told.name}: {told.moved}; {told.status}"), *wrapped(told.why, INDENT)]
        lines += [] if card.earlier.changes else wrapped(tell["unchanged"])
    lines += _heading(tell["red_heading"])
    red = missed(card)
    for row in red:
        text = tell.row(row)
        lines += wrapped(f"{text.status}  {text.name}: {text.actual}" + (f" ({text.aim})" if text.aim else ""))
        lines += wrapped(text.comment, INDENT)
        lines += _acts(tell, row) or wrapped(tell.unattended(row), INDENT)
    lines += [] if red else wrapped(tell.no_red)
    lines += _heading(tell["rows_heading"])
    for place, group in enumerate(card.groups):
        lines += [""] if place else []
        lines += wrapped(f"[{tell.dimension(group)}] {tell.score(group.score)}")
        for row in group.rows:
            text = tell.row(row)
            lines += wrapped(f"{text.status}  {text.name}: {text.actual}")
            for each in (text.aim, text.course, text.about):
                lines += wrapped(each, INDENT)
            if row.status is not Status.RED:  # what is said and done about those stands above
                lines += [*wrapped(text.comment, INDENT), *_acts(tell, row)]
    lines.append("")
    for each in (tell.findings, *tell.hints, *tell.notes, tell.closing):
        lines += wrapped(each)
    return "\n".join(lines) + "\n"


def _heading(text: str) -> list[str]:
    lines = wrapped(text)
    return ["", *lines, "-" * min(COLUMNS, max(map(columns, lines)))]


def _acts(tell: Teller, row: Row) -> list[str]:
    lines = []
    for text, late in tell.row(row).actions:
        lines += wrapped(f"{text} ! {tell['overdue']}" if late else text, INDENT)
    return lines


def columns(text: str) -> int:
    """How many columns a text takes; where fonts differ, the wider."""
    return sum(2 if unicodedata.east_asian_width(each) in "WFA" else 1 for each in text)


def _reach(text: str, room: int) -> int:
    """How many characters of a text have room."""
    for end, each in enumerate(text):
        room -= columns(each)
        if room < 0:
            return end
    return len(text)


def wrapped(text: str, indent: str = "") -> list[str]:
    """Break a text into lines of at most 78 columns, all indented; none for an empty text."""
    room = COLUMNS - len(indent)
    lines, line, taken = [], "", 0
    for word in _WORDS.findall(clean(text)):
        width = columns(word)
        if taken + width > room:
            lines.append(line)
            line, taken = "", 0
            word = word.lstrip()
            while (end := _reach(word, room)) < len(word):  # a word longer than a line
                lines.append(word[:end])
                word = word[end:]
            width = columns(word)
        line, taken = line + word, taken + width
    lines.append(line)
    return [indent + each.strip() for each in lines if each.strip()]


__all__ = ["columns", "plain", "wrapped"]
