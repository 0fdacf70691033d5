"""The gate: no file goes out that names a customer. Finished files are searched, whatever made them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.utils import getaddresses
from typing import TYPE_CHECKING

from loyalty_xl.sharing import inside
from loyalty_xl.sharing.folding import IS_HAN, flat, numbered
from loyalty_xl.sharing.inside import STEP, Role, Text
from loyalty_xl.sharing.shapes import emails, phones, postal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from loyalty_xl.sharing.card import Card
    from loyalty_xl.sharing.folding import Words
    from loyalty_xl.sharing.personal import Personal

_YEAR = re.compile(r"(?:19|20)\d\d")
_BEFORE_NUMBER = re.compile(r"(?:\d[.\-–~]|[¥$€£]\s?|\bn ?= ?)$")
_AFTER_NUMBER = re.compile(r"[.\-–~]\d| ?[%‰°]|[元圆万亿年月日]")
_BEFORE_YEAR, _AFTER_YEAR = re.compile(r"\d[/:]$"), re.compile(r"[/:]\d")
NEWLINE = "\n"
_AROUND = 3  # characters on each side that say which sentence a broken line belongs to


@dataclass(frozen=True)
class Hit:
    """Something personal in a file that was about to go out."""

    file: str
    place: str  # `Scorecard!D7`, `scorecard.xlsx › defined name`
    kind: str  # phone, e-mail, name, id, address, unreadable
    found: str  # of `unreadable`: why
    stops: bool = True  # no: a label of the scorecard has the same words


def search(
    files: Mapping[str, bytes],
    personal: Personal,
    own_words: AbstractSet[str] = frozenset(),
    allowed: AbstractSet[str] = frozenset(),
    typed: AbstractSet[str] = frozenset(),
) -> list[Hit]:
    """Search finished files for telephone numbers, addresses, names and ids.

    Parameters
    ----------
    files
        Name and content of each file. A kind that cannot be searched is a hit of kind `unreadable`.
    personal
        What is personal in the sheets of the run.
    own_words
        What the scorecard itself prints: a name or id that stands inside it is reported and does not stop the share.
    allowed
        Addresses of sender and recipients, as they may stand in To, Cc and From.
    typed
        Those of *own_words* that people typed: an id is reported where it is the whole of one, and stops the share where it is a part.

    Returns
    -------
    list of Hit
        In the order of files and places, each once.
    """
    addresses = frozenset(each.strip().lower() for each in allowed)
    gate = _Gate(personal, _prepared(own_words), addresses, frozenset(_prepared(typed)))
    hits: dict[Hit, None] = {}
    for name, data in files.items():
        for text in (Text("file name", name), *inside.texts(name, data)):
            for kind, found, stops in gate.judge(text):
                hits[Hit(name, text.place, kind, found, stops)] = None
    return list(hits)


def own_texts(card: Card) -> frozenset[str]:
    """Give what a card says in the product's words or the company's: labels, definitions, titles of findings, those who act.

    Comments, causes and other texts that people typed are not among them.
    """
    said = {*card.own_words, card.title, card.period, card.as_of, *card.periods, *(label for label, _ in card.facts)}
    for group in card.groups:
        said.add(group.label)
        for row in group.rows:
            said |= {row.label, row.place, row.name, row.window, row.owner, *(each.owner for each in row.actions)}
    for table in card.breakdowns:
        said |= {
            table.label,
            *table.segments,
            *(part.label for part in table.parts),
            *(part.window for part in table.parts),
        }
    for each in card.definitions:
        said |= {each.label, each.says, each.formula, each.unit, each.window}
    for finding in card.findings:
        said |= {finding.title, *finding.sheets}
    return frozenset(said | set(card.notes)) - {""}


def typed_texts(card: Card) -> frozenset[str]:
    """Give those of a card's own texts that people typed: who acts, and segments."""
    said = {segment for table in card.breakdowns for segment in table.segments}
    for row in card.rows:
        said |= {row.place, row.owner, *(each.owner for each in row.actions)}
    return frozenset(said) - {""}


@dataclass
class _Gate:
    personal: Personal
    own: tuple[str, ...]
    allowed: frozenset[str]
    typed: frozenset[str] = frozenset()
    seen: dict[tuple[str, Role], tuple[tuple[str, str, bool], ...]] = field(default_factory=dict)

    def judge(self, text: Text) -> tuple[tuple[str, str, bool], ...]:
        """Give kind, what was found and whether it stops, of a text; each text is searched once."""
        key = text.text, text.role
        if key not in self.seen:
            self.seen[key] = tuple(self._judged(text))
        return self.seen[key]

    def _judged(self, text: Text) -> Iterator[tuple[str, str, bool]]:
        if text.role is Role.UNREADABLE:
            yield "unreadable", text.text, True
            return
        said = flat(text.text)
        if len(said) < 2:
            return
        if text.role is Role.BREAK:
            yield from self._words(said, text.role)
            return
        digits = numbered(said)
        for found in phones(digits, self.personal.phones):
            yield "phone", found, True
        for found in self._emails(said, text.role):
            yield "e-mail", found, True
        for found in postal(digits):
            yield "address", found, True
        yield from self._words(said, text.role)

    def _emails(self, text: str, role: Role) -> Iterator[str]:
        if "@" not in text:
            return
        shaped = () if role is Role.TOKENS else emails(text)
        known = (each for each in re.split(r"""[\s<>"',;:()|]+""", text.lower()) if each in self.personal.emails)
        for found in dict.fromkeys(each.lower() for each in (*shaped, *known)):
            if role is not Role.ADDRESSES or found not in self.allowed:
                yield found

    def _words(self, text: str, role: Role) -> Iterator[tuple[str, str, bool]]:
        """Find names and ids; of what a program made only names that are no word of a program."""
        people, staff = self.personal.customers, self.personal.staff
        lower = text.replace("\n", " ").lower()  # a name of several words may be broken
        searches: list[tuple[str, Words, str, bool]] = [
            ("name", people.exact, text, False),
            ("name", people.folded, lower, False),
            ("name", staff.exact, text, True),
            ("name", staff.folded, lower, True),
        ]
        if role is not Role.TOKENS:
            searches += [("id", self.personal.ids, text.upper(), False), ("id", self.personal.letter_ids, text, False)]
        for kind, words, view, is_staff in searches:
            for start, end in words.found(view):
                found = view[start:end]
                if role is Role.BREAK and NEWLINE not in text[start:end]:
                    continue
                if kind == "id" and found.isdigit() and _of_a_number(view, start, end):
                    continue
                if (
                    kind == "name"
                    and role is Role.TOKENS
                    and words in (people.exact, staff.exact)
                    and not IS_HAN.search(found)
                ):
                    continue
                own = self._is_own(view.lower(), start, end, role, kind) or (
                    kind == "id" and bool(_YEAR.fullmatch(found))
                )
                own = own or (role is Role.ADDRESSES and self._is_recipient(view, start, end))
                if not (own and is_staff):
                    yield kind, found, not own

    def _is_recipient(self, text: str, start: int, end: int) -> bool:
        """Whether what was found is in the name of somebody who gets the mail."""
        people = [name for name, address in getaddresses([text]) if address.lower() in self.allowed]
        return any(text[start:end] in name for name in people)

    def _is_own(self, text: str, start: int, end: int, role: Role, kind: str) -> bool:
        """Whether what was found stands inside words of the scorecard."""
        found = text[start:end]
        before, after = text[max(start - _AROUND, 0) : start], text[end : end + _AROUND]
        around = f"{before.rpartition(NEWLINE)[2]}{found}{after.partition(NEWLINE)[0]}".strip()
        text = text.replace(NEWLINE, " ")
        for word in self.own:
            if found not in word or (kind == "id" and word in self.typed and found != word):
                continue
            if role is Role.LINES and around != found and around in word:
                return True
            place = text.find(word)
            while place >= 0:
                if place <= start and end <= place + len(word):
                    return True
                place = text.find(word, place + 1)
        return False


def _prepared(own_words: Iterable[str]) -> tuple[str, ...]:
    words = {flat(each).replace("\n", " ").lower() for each in own_words}
    return tuple(sorted(each for each in words if len(each) > 1))


def _of_a_number(text: str, start: int, end: int) -> bool:
    """Whether digits are part of an amount, a share, a span or a date."""
    before, after = text[max(start - 5, 0) : start], text[end : end + 2]
    if text[start] == "0":
        return bool(re.search(r"\d\.$", before))
    if _YEAR.fullmatch(text[start:end]) and (_BEFORE_YEAR.search(before) or _AFTER_YEAR.match(after)):
        return True
    return bool(_BEFORE_NUMBER.search(before.lower()) or _AFTER_NUMBER.match(after))


__all__ = ["STEP", "Hit", "own_texts", "search", "typed_texts"]
