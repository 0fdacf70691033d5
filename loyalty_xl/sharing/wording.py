"""What a share says first: the headline of a card and the subject of its mail."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from loyalty_xl.books.places import in_language
from loyalty_xl.errors import UsageError
from loyalty_xl.publish.words import DRAFT, MONTHS_EN, STATUSES, aim_text
from loyalty_xl.sharing.recipients import fits_header
from loyalty_xl.vocabulary import Status, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from loyalty_xl.sharing.card import Card, Change, Figure, Row

FIRST = 90  # characters that a preview pane shows
LONGEST_SUBJECT = 120
LONGEST_START = 60
ELLIPSIS = "…"
BETWEEN = " · "
SHORT = {"Net Promoter Score": "NPS"}  # what everybody calls it
UNITS = {  # in Chinese; in English a unit is called by its value
    Unit.SHARE: "占比",
    Unit.RATIO: "比率",
    Unit.POINTS: "分",
    Unit.SCORE: "平均分",
    Unit.COUNT: "个数",
    Unit.MONEY: "金额",
    Unit.MONEY_PER_CUSTOMER: "每客户金额",
    Unit.MONEY_PER_ORDER: "每单金额",
    Unit.MONEY_PER_ANSWER: "每份答卷金额",
    Unit.PER_CUSTOMER: "每客户",
    Unit.PER_MONTH: "每月",
    Unit.PER_THOUSAND: "每千",
    Unit.DAYS: "天",
    Unit.MINUTES: "分钟",
    Unit.MONTHS: "个月",
    Unit.TIMES: "次",
}
TOLD = frozenset((Unit.PER_THOUSAND, Unit.DAYS, Unit.MINUTES, Unit.MONTHS))  # beside their numbers
_TURNS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)  # turn the reading direction
_BREAKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_BOTH = re.compile(r"(?P<zh>.*?[\u3400-\u9fff].*?) (?P<en>[A-Za-z].*?)(?P<place> \[[^\]]*\])?")
_FILE = re.compile(r" \[[^\]]*\]")  # of a cause; it stands further down
_HEARD = {"zh": 6, "en": 12}  # characters of a cause that are worth beginning it


def clean(text: str) -> str:
    """Make a text fit for one line of any output: no control characters, line breaks, halves of characters or marks that turn the direction."""
    kept = []
    for each in text:
        if each in _BREAKS:
            kept.append(" ")
        elif "\ud800" <= each <= "\udfff" or ord(each) & 0xFFFE == 0xFFFE:
            kept.append("\ufffd")
        elif each not in _TURNS and each != "\ufeff" and unicodedata.category(each) != "Cc":
            kept.append(each)
    return " ".join("".join(kept).split())


def shortened(text: str, limit: int) -> str:
    """Cut a text that is longer than *limit* characters, and show that it was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip(" ,;:，；：、(（") + ELLIPSIS


def day_text(day: date, language: str, year: int | None = None) -> str:
    """A day as people write it; its year only where it is not *year*."""
    other = day.year != year
    return in_language(
        f"{day.year}年{day.month}月{day.day}日" if other else f"{day.month}月{day.day}日",
        f"{day.day} {MONTHS_EN[day.month - 1]}" + (f" {day.year}" if other else ""),
        language,
    )


def unit_text(unit: Unit, language: str) -> str:
    """What a number counts, where neither its form nor the name beside it says so."""
    return in_language(UNITS[unit], unit.value, language) if unit in TOLD else ""


def year_of(card: Card) -> int | None:
    """The year a reader takes for granted: that of the end of the data."""
    found = re.match(r"\d{4}", card.as_of) or re.search(r"\d{4}", card.period)
    return int(found[0]) if found else None


def missed(card: Card) -> list[Row]:
    """Rows off target, those that matter most first: by weight, then by how far they are off."""
    red = [row for row in card.rows if row.status is Status.RED]
    return sorted(red, key=_urgency)


def _urgency(row: Row) -> tuple[float, float]:
    reached = row.attainment.value
    return -row.weight, 1.0 if reached is None else reached


def corrects(card: Card) -> bool:
    """Whether it takes the place of an earlier share of the same period."""
    return card.earlier is not None and card.earlier.period == card.period


def headline(card: Card) -> str:
    """Say what matters most, in at most 90 characters.

    "3 of 12 targets missed: …"; after a correction "Replaces version 1 of 5 Aug: NPS 45 → 42, because …". A draft says so first.

    Parameters
    ----------
    card
        What is shared.

    Returns
    -------
    str
        One line without control characters.
    """
    return _headline(card, FIRST)


def subject(card: Card, start: str | None = None) -> str:
    """Give the subject of the mail.

    Parameters
    ----------
    card
        What is shared.
    start
        What it begins with (setting `mail_subject`) in place of the title.

    Returns
    -------
    str
        Start, period and headline: one line of at most 120 characters.

    Raises
    ------
    UsageError
        If a line of the mail's head could be smuggled in with *start*, title or period.
    """
    given = start or card.title
    for text in (given, card.period):
        if not fits_header(text):
            raise UsageError(
                "",
                f"邮件主题不能有换行或控制字符：{clean(text)}。请在参数表里改正 mail_subject。",
                f"The subject of a mail cannot hold line breaks or control characters: {clean(text)}. Correct mail_subject in Settings.",
            )
    begin = f"{shortened(clean(given), LONGEST_START)} {shortened(clean(card.period), 24)}{BETWEEN}"
    return begin + _headline(card, min(FIRST, LONGEST_SUBJECT - len(begin)))


def _headline(card: Card, limit: int) -> str:
    language = card.language
    draft = in_language(*DRAFT, language) + BETWEEN if card.is_draft else ""
    limit -= len(draft)
    if language != "both":
        return draft + _message(card, language, limit)
    zh = _message(card, "zh", (limit - len(BETWEEN)) * 9 // 20)  # which says the same in fewer characters
    return f"{draft}{zh}{BETWEEN}{_message(card, 'en', limit - len(BETWEEN) - len(zh))}"


def _message(card: Card, one: str, limit: int) -> str:
    return _replaces(card, one, limit) if corrects(card) else _standing(card, one, limit)


def _standing(card: Card, one: str, limit: int) -> str:
    """How many targets were missed and which."""
    judged = [row for row in card.rows if row.status is not Status.GREY]
    close = [row for row in judged if row.status is Status.AMBER]
    red, total = missed(card), len(judged)
    if not judged and not any(row.aimed for row in card.rows):
        return shortened(in_language("还没有设定目标", "No targets are set yet", one), limit)
    if not judged:
        return shortened(in_language("目前没有可评价的目标", "No target can be judged yet", one), limit)
    if red:
        lead = in_language(f"{total} 项目标中 {len(red)} 项未达标", f"{len(red)} of {total} targets missed", one)
        return _listed(lead, [_named(row.name, one) for row in red], one, limit)
    if close:
        lead = in_language(
            f"{total} 项目标无一未达标，{len(close)} 项接近", f"No target missed, {len(close)} of {total} close", one
        )
        return _listed(lead, [_named(row.name, one) for row in sorted(close, key=_urgency)], one, limit)
    if total == 1:
        return shortened(in_language("目标已达成", "The one target is met", one), limit)
    return shortened(in_language(f"{total} 项目标全部达成", f"All {total} targets met", one), limit)


def _replaces(card: Card, one: str, limit: int) -> str:
    """What this share corrects and why."""
    earlier = card.earlier
    assert earlier is not None
    on = day_text(earlier.on, one, year_of(card))
    lead = in_language(f"替代 {on} 第{earlier.version}版", f"Replaces version {earlier.version} of {on}", one)
    if not earlier.changes:
        text = lead + _colon(one) + in_language("数字没有变化", "no figure has changed", one)
        state = in_language("；", "; ", one) + clean(card.state)  # what else is new: closed, approved
        fits = card.state and one == card.language and len(text + state) <= limit and not card.is_draft
        return text + state if fits else shortened(text, limit)
    first, *others = earlier.changes
    text = lead + _colon(one) + moved(first, one)
    because = in_language("，因为", ", because ", one)
    told = first.why and one in (card.language, "zh")  # a cause in both languages begins with zh
    if told and len(text) + len(because) + _HEARD[one] <= limit:
        return text + because + _cause(first.why, limit - len(text + because))
    return _listed(lead, [moved(change, one) for change in (first, *others)], one, limit)


def _cause(why: str, room: int) -> str:
    """A cause as far as there is room: without its file, then its first part, then what it is about."""
    whole = _FILE.sub("", clean(why))
    first = re.split("[,，;；]", whole)[0]
    about = re.split("[:：]", first)[0]
    for text in (whole, first + ELLIPSIS, about + ELLIPSIS):
        if len(text) <= room:
            return text
    return shortened(whole, room)


def moved(change: Change, one: str) -> str:
    """A change in few words: "NPS 45 → 42"."""
    before, now = (_figure(figure, change.unit) for figure in (change.before, change.now))
    if before == now:
        before, now = (STATUSES[status][1 if one == "zh" else 2] for status in (change.status_before, change.status))
    return f"{_named(change.name, one)} {before} → {now}"


def _figure(figure: Figure, unit: Unit) -> str:
    return clean(figure.why) or "–" if figure.value is None else aim_text(figure.value, unit)


def _named(name: str, one: str) -> str:
    """The name in one language where it holds both, as short as people say it."""
    name = clean(name)
    if found := _BOTH.fullmatch(name):
        name = found[one] + (found["place"] or "")
    if one == "en":
        for long, short in SHORT.items():
            name = name.replace(long, short)
    return name


def _colon(one: str) -> str:
    return in_language("：", ": ", one)


def _listed(lead: str, items: Sequence[str], one: str, limit: int) -> str:
    """*lead* and as many of the items as fit; … where there are more."""
    joint = in_language("、", "; " if any("," in item for item in items) else ", ", one)
    text = lead + _colon(one) + items[0]
    if len(text) + len(joint) + 1 > limit:
        return shortened(text, limit)
    for place, item in enumerate(items[1:], start=2):
        longer = text + joint + item
        if len(longer) + (len(joint) + 1 if place < len(items) else 0) > limit:
            return text + joint + ELLIPSIS
        text = longer
    return text


__all__ = [
    "FIRST",
    "clean",
    "corrects",
    "day_text",
    "headline",
    "missed",
    "moved",
    "shortened",
    "subject",
    "unit_text",
    "year_of",
]
