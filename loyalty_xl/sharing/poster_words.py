"""What is written on the poster: short sentences in the language of its card, and figures as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loyalty_xl.books.places import in_language
from loyalty_xl.publish.words import DRAFT, aim_text, number_text

if TYPE_CHECKING:
    from loyalty_xl.sharing.card import Card, Change, Figure, Row
    from loyalty_xl.vocabulary import Unit


class Words:
    """The poster's own words in a card's language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.score = self("得分", "Score")
        self.target = self("目标", "Target")
        self.draft = self(*DRAFT)

    def __call__(self, zh: str, en: str) -> str:
        """Give one text or both."""
        return in_language(zh, en, self.language)

    def each(self, zh: str, en: str) -> tuple[str, ...]:
        """Give one text, or both apart."""
        return {"zh": (zh,), "en": (en,)}.get(self.language, (zh, en))

    def missed(self, missed: int, judged: int) -> tuple[str, ...]:
        """How many targets were missed."""
        if not judged:
            return self.each("没有可评价的目标", "No target could be judged")
        if not missed:
            return self.each(f"{judged} 项目标,没有未达标的", f"None of {judged} targets missed")
        return self.each(f"{judged} 项目标中 {missed} 项未达标", f"{missed} of {judged} targets missed")

    def as_of(self, day: str) -> str:
        """Up to when data count."""
        return self(f"{day} 之前的数据", f"Data before {day}")

    def more(self, count: int) -> str:
        """How many rows are left out."""
        return self(f"还有 {count} 项,见附件", f"and {count} more in the attached scorecard")

    def replaces(self, card: Card) -> str:
        """Which earlier scorecard this one takes the place of, and the change that matters most."""
        assert card.earlier
        day, number = card.earlier.on.isoformat(), card.earlier.version
        text = self(
            f"第 {card.version} 版,替代 {day} 的第 {number} 版",
            f"Version {card.version}, replaces version {number} of {day}",
        )
        return f"{text}: {changed(card.earlier.changes[0])}" if card.earlier.changes else text


def changed(change: Change) -> str:
    """One figure that is another one now, and why."""
    text = f"{change.name} {shown(change.before, change.unit)} → {shown(change.now, change.unit)}"
    return f"{text}, {change.why}" if change.why else text


def shown(figure: Figure, unit: Unit) -> str:
    """A figure as it is read, in words where there is no number."""
    return number_text(figure.value, unit) if figure.shown else figure.why or "–"


def target(row: Row) -> str:
    """The target as it is read."""
    if row.target_text or row.target.value is None:
        return row.target_text or row.target.why or "–"
    return aim_text(row.target.value, row.unit)
