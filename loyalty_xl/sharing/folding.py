"""Texts as they are compared: what looks the same is the same, and many words are looked up at once."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from loyalty_xl.contracts.numerals import INVISIBLE
from loyalty_xl.masking import NUMERALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HAN = r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
IS_HAN = re.compile(f"[{HAN}]")

_SPANS = ((0x180B, 0x1810), (0xFE00, 0xFE10), (0xE0000, 0xE1000))  # selectors of variants, tags
_UNSEEN: dict[int, str | None] = {
    **INVISIBLE,
    **dict.fromkeys((0x34F, 0x115F, 0x1160, 0x3164, 0xFFA0), None),
    **dict.fromkeys((code for first, stop in _SPANS for code in range(first, stop)), None),
    **dict.fromkeys(map(ord, "•・‧∙･"), "·"),
}
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n\s*")
# The blank between Han and Latin letters that some set and some do not, and that of a name set apart: 王 芳.
_SET_APART = re.compile(
    rf"(?<=[{HAN}]) (?=[{HAN}](?![{HAN}]))|(?<=[{HAN}]) (?=[A-Za-z0-9])|(?<=[A-Za-z0-9]) (?=[{HAN}])"
)
_ALONE = re.compile(rf"(?<![{HAN}])([{HAN}]) (?=[{HAN}])")


def flat(text: str) -> str:
    r"""Give *text* in NFKC, without what cannot be seen, one blank where there were several; ends of lines stay.

    >>> flat("王　小\u200b明"), flat("１３８\u00ad００１３"), flat("Anna\t Lee \n x")
    ('王小明', '1380013', 'Anna Lee\nx')
    """
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFKC", text.translate(_UNSEEN)).translate(_UNSEEN)
        text = _LINES.sub("\n", _BLANKS.sub(" ", text))
        if " " in text:
            text = _SET_APART.sub("", _ALONE.sub(r"\1", text))
    elif "  " in text:
        text = _BLANKS.sub(" ", text)
    return text.strip()


def numbered(text: str) -> str:
    """Give a flat text with every digit, Chinese ones and those of other scripts included, as 0 to 9.

    >>> numbered("一三八零零一三八零零零"), numbered("٣")
    ('13800138000', '3')
    """
    if text.isascii():
        return text
    return "".join(
        each if each.isascii() else NUMERALS.get(each) or str(unicodedata.decimal(each, each)) for each in text
    )


def in_word(text: str, place: int) -> bool:
    """Whether a letter or digit of a script with blanks stands at *place*."""
    return 0 <= place < len(text) and text[place].isalnum() and not IS_HAN.match(text[place])


class Words:
    """Many words, found wherever they stand whole in a text. Han needs no blank around it.

    Parameters
    ----------
    words
        Flat texts of two characters or more, as many as there are customers.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words = frozenset(words)
        self.lengths: dict[str, list[int]] = {}  # of the words that begin with two characters, the longest first
        for start, length in sorted({(word[:2], -len(word)) for word in self._words}):
            self.lengths.setdefault(start, []).append(-length)

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def found(self, text: str) -> Iterator[tuple[int, int]]:
        """Give start and end of each word in *text*; of words within a longer one only the longer."""
        last = 0
        for start in range(len(text) - 1):
            for length in self.lengths.get(text[start : start + 2], ()):
                end = start + length
                if last < end <= len(text) and text[start:end] in self._words and _whole(text, start, end):
                    last = end
                    yield start, end
                    break


def _whole(text: str, start: int, end: int) -> bool:
    return not ((in_word(text, start) and in_word(text, start - 1)) or (in_word(text, end - 1) and in_word(text, end)))
