"""Sorts comments into themes by a dictionary: Chinese words by what stands in the text, English ones by the stem of each word.

Among Chinese words the longest counts, so that 不满意 is not also 满意; a negation before a word turns what it says round.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from loyalty_xl.theme_words import ANY, DEFAULT, ThemeWord

if TYPE_CHECKING:
    from collections.abc import Iterable

HAN = re.compile(r"[\u3400-\u9fff]")
_CLAUSE = re.compile(r"[，。；！？、,.;!?\n]+|(?<=\s)but(?=\s)|但是|但|不过|可是")
_NOT = re.compile(r"(?:不|没有|没|未|无|并非|别)(?:是|太|很|够|那么|怎么|十分|非常|特别|算|觉得){0,2}$")
_WISH = re.compile(r"希望|建议|要是|如果能|最好|\b(?:hope|wish|should|could|would like)\b")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_NEGATIONS = frozenset(("not", "no", "never", "without", "hardly", "nothing", "isn't", "wasn't", "aren't", "don't", "doesn't", "didn't", "can't", "won't", "weren't"))  # fmt: skip
_REACH = 3  # English words over which a negation reaches


def stem(word: str) -> str:
    """Give what an English word has in common with its other forms.

    >>> [stem(each) for each in ("delivery", "deliveries", "delivered", "shipping", "shipped", "prices", "app", "appraisal")]
    ['deliver', 'deliver', 'deliver', 'ship', 'ship', 'pric', 'app', 'appraisal']
    """
    for ending in ("ies", "ied", "ing", "ed", "es", "ly", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsze" else word


@dataclass(frozen=True)
class Reading:
    """What a comment says: for each theme 1 (good), -1 (ill) or 0."""

    themes: dict[str, int] = field(default_factory=dict)

    @property
    def tagged(self) -> bool:
        """Whether it speaks of any theme."""
        return bool(self.themes)


class Dictionary:
    """Words of themes, made ready to be found.

    Parameters
    ----------
    words
        Theme, its names, word, polarity. A word may stand for several themes. A word of the theme `any` says how the clause it stands in is meant.
    """

    def __init__(self, words: Iterable[ThemeWord]) -> None:
        self.names: dict[str, tuple[str, str]] = {}
        han: dict[str, list[ThemeWord]] = {}
        latin: dict[str, list[ThemeWord]] = {}
        for each in words:
            if each.theme != ANY:
                known = self.names.get(each.theme, ("", ""))
                self.names[each.theme] = (known[0] or each.zh, known[1] or each.en)
            text = _plain(each.word)
            if HAN.search(text):
                han.setdefault(text, []).append(each)
            elif stems := [stem(token) for token in _WORD.findall(text)]:
                latin.setdefault(" ".join(stems), []).append(each)
        self._han, self._latin = han, latin
        self._han_shape = _either(han, "{}")
        self._latin_shape = _either(latin, r"(?<=\s){}(?=\s)")

    def read(self, text: str) -> Reading:
        """Sort a comment: the themes that it speaks of, and how.

        >>> Dictionary(DEFAULT).read("东西不贵，但是送货晚了几天").themes
        {'price': 1, 'delivery': -1}
        >>> Dictionary(DEFAULT).read("The staff was not friendly").themes
        {'staff': -1}
        """
        total: dict[str, int] = {}
        for clause in _CLAUSE.split(_plain(text)):
            found = [*self._in_han(clause), *self._in_latin(clause)]
            if _WISH.search(clause):  # what is wished for is no praise
                found = [(each, min(sense, 0)) for each, sense in found]
            feeling = _sign(sum(sense for each, sense in found if each.theme == ANY))
            own: dict[str, int] = {}
            for each, sense in found:
                if each.theme != ANY:
                    own[each.theme] = own.get(each.theme, 0) + sense
            for theme, sense in own.items():
                total[theme] = total.get(theme, 0) + (_sign(sense) or feeling)
        return Reading({theme: _sign(sense) for theme, sense in total.items()})

    def _in_han(self, clause: str) -> list[tuple[ThemeWord, int]]:
        found = []
        for hit in self._han_shape.finditer(clause) if self._han else ():
            word, before = hit[0], clause[: hit.start()]
            asked = (  # 好不好: neither
                before.endswith((f"{word[0]}不", f"{word[0]}没"))
                or (word[0] == "不" and before[-1:] == word[1:2])
                or clause.startswith(f"不{word[0]}", hit.end())
            )
            turned = -1 if _NOT.search(before) else 1
            found += [(each, 0 if asked else turned * each.polarity) for each in self._han[word]]
        return found

    def _in_latin(self, clause: str) -> list[tuple[ThemeWord, int]]:
        tokens = _WORD.findall(clause.replace("\u2019", "'")) if self._latin else []
        if not tokens:
            return []
        line = f" {' '.join(stem(each) for each in tokens)} "
        found = []
        for hit in self._latin_shape.finditer(line):
            place = line[: hit.start()].count(" ") - 1
            before = tokens[max(0, place - _REACH) : place]
            before = before[max((n + 1 for n, each in enumerate(before) if each == "and"), default=0) :]
            turned = -1 if _NEGATIONS & set(before) else 1
            found += [(each, turned * each.polarity) for each in self._latin[hit[0]]]
        return found


def _either(words: Iterable[str], shape: str) -> re.Pattern[str]:
    """Find any of *words*, the longest first."""
    longest = sorted(words, key=lambda each: (-len(each), each))
    return re.compile(shape.format(f"(?:{'|'.join(map(re.escape, longest))})"))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


@lru_cache(maxsize=8)
def dictionary(words: tuple[ThemeWord, ...] = DEFAULT) -> Dictionary:
    """Give the dictionary of *words*, made once."""
    return Dictionary(words)
