"""Every text of a web page: what is read, what is told of pictures, where links lead, comments and style."""

from __future__ import annotations

import base64
import html.parser
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from loyalty_xl.sharing import inside
from loyalty_xl.sharing.inside import DEEPEST, Role, Text, link

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUNNING = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "del",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "u",
        "wbr",
    ]
)
_SAID = frozenset(["alt", "title", "content", "value", "placeholder", "summary", "label"])
_LINKS = frozenset(["href", "src", "action", "background"])


class _Page(html.parser.HTMLParser):
    """Collects the texts of a page; words that only markup divides are one."""

    def __init__(self, depth: int) -> None:
        super().__init__(convert_charrefs=True)
        self.depth = depth
        self.found: list[Text] = []
        self._said: list[str] = []
        self._line = 1
        self._aside = ""  # style or script

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._said.append("\n")
        elif tag not in _RUNNING:
            self.flush()
        if tag in {"style", "script"}:
            self._aside = tag
        for name, value in attrs:
            place = f"{name} of {tag} (line {self.getpos()[0]})"
            if not value:
                continue
            if name in _LINKS and value.startswith("data:"):
                kind, _, body = value[5:].partition(",")
                content = base64.b64decode(body, validate=True) if kind.endswith(";base64") else unquote_to_bytes(body)
                suffix = kind.partition(";")[0].rpartition("/")[2]
                self.found += [each.within(place) for each in inside.texts(f"data.{suffix}", content, self.depth + 1)]
            elif name in _LINKS:
                self.found += link(place, value)
            else:
                said = name in _SAID or name.startswith(("aria-", "data-"))
                self.found.append(Text(place, value, Role.SAID if said else Role.TOKENS))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _RUNNING:
            self.flush()
        if tag == self._aside:
            self._aside = ""

    def handle_data(self, data: str) -> None:
        if self._aside:
            self.found.append(Text(f"{self._aside} (line {self.getpos()[0]})", data, Role.TOKENS))
            return
        if not self._said:
            self._line = self.getpos()[0]
        self._said.append(data.replace("\n", " "))

    def handle_comment(self, data: str) -> None:
        place = f"comment (line {self.getpos()[0]})"
        if "<" in data:  # what one mail program alone is shown
            inner = re.sub(r"^\[if[^\]]*\]>|<!\[endif\]$", "", data)
            self.found += [each.within(place) for each in texts(inner, self.depth + 1)]
        else:
            self.found.append(Text(place, data))

    def handle_decl(self, decl: str) -> None:
        self.found.append(Text(f"declaration (line {self.getpos()[0]})", decl, Role.TOKENS))

    def handle_pi(self, data: str) -> None:
        self.found.append(Text(f"instruction (line {self.getpos()[0]})", data, Role.TOKENS))

    def unknown_decl(self, data: str) -> None:
        self.found.append(Text(f"declaration (line {self.getpos()[0]})", data))

    def flush(self) -> None:
        if said := "".join(self._said).strip():
            self.found.append(Text(f"text (line {self._line})", said))
        self._said.clear()


def texts(text: str, depth: int) -> Iterator[Text]:
    """Give every text of a page."""
    if depth > DEEPEST:
        raise RecursionError
    page = _Page(depth)
    page.feed(text)
    page.close()
    page.flush()
    yield from page.found
