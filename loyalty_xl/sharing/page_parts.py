"""What the mail says, in words: the facts of a card, of which the HTML page and its plain twin are both made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loyalty_xl.books.places import in_language
from loyalty_xl.publish.adjustments import SIGN
from loyalty_xl.publish.words import TRENDS, number_text, status_text
from loyalty_xl.sharing.wording import clean, corrects, day_text, shortened, unit_text, year_of
from loyalty_xl.vocabulary import Status, Trend, Unit

if TYPE_CHECKING:
    from datetime import date

    from loyalty_xl.sharing.card import Action, Card, Change, Figure, Group, Row

DOT = " · "
NONE = "–"
CHANCE = "≈"
SHOWN = 6  # codes of findings that are named
LONGEST = 240  # characters of a comment; the workbook has all of it
PHRASES = {
    "picture": ("记分卡的图片；所有数字见上文。", "Picture of the Scorecard; all its figures stand above."),
    "score_label": ("忠诚度得分", "Loyalty score"),
    "unchanged": ("数字没有变化。", "No figure has changed."),
    "nobody": ("尚未指定负责人", "nobody is named yet"),
    "overdue": ("已逾期", "OVERDUE"),
    "acts": ("行动", "Action"),
    "red_heading": ("哪些未达标，谁在何时前处理", "What is red and who acts on it by when"),
    "rows_heading": ("全部指标", "All figures"),
    "legend": ("横条为实际值，竖线为目标。", "Bar: actual. Upright line: target."),
}


@dataclass(frozen=True)
class ChangeText:
    """A change in words."""

    name: str
    moved: str
    status: str
    why: str


@dataclass(frozen=True)
class RowText:
    """A row in words; "" where there is nothing to say."""

    name: str
    status: str
    actual: str
    aim: str  # unit where the number needs one, target, variance, attainment
    course: str  # trend, changes, year to date
    about: str  # base, window, owner
    actions: tuple[tuple[str, bool], ...]  # who acts by when, and whether that is overdue
    comment: str


class Teller:
    """Tells of a card in its language.

    Parameters
    ----------
    card
        What is shared.
    """

    def __init__(self, card: Card) -> None:
        self.card, self.language, self._year = card, card.language, year_of(card)

    def say(self, zh: str, en: str) -> str:
        """One text or both."""
        return in_language(zh, en, self.language)

    def __getitem__(self, phrase: str) -> str:
        """One of the fixed phrases."""
        return self.say(*PHRASES[phrase])

    def of(self, zh: str, en: str, value: str) -> str:
        """A value with its name before it."""
        return f"{self.say(zh, en)} {value}"

    def day(self, on: date) -> str:
        """A day, with its year where it is another one than the card's."""
        return day_text(on, self.language, self._year)

    @property
    def title(self) -> str:
        """Title of the card."""
        return clean(self.card.title)

    @property
    def facts(self) -> list[str]:
        """Period, version and end of the data."""
        card = self.card
        found = [clean(card.period)]
        if card.version > 1:
            found.append(self.say(f"第{card.version}版", f"version {card.version}"))
        if card.as_of:
            found.append(self.of("数据截至(不含)", "data before", clean(card.as_of)))
        return found

    @property
    def head(self) -> list[tuple[str, str]]:
        """What stands above the Scorecard's table, where it says something."""
        pairs = ((clean(label), clean(text)) for label, text in self.card.facts)
        return [(label, text) for label, text in pairs if text not in ("", NONE)]

    @property
    def counts(self) -> list[tuple[Status, str]]:
        """How many rows have which status."""
        rows = list(self.card.rows)
        found = []
        for status in (Status.RED, Status.AMBER, Status.GREEN, Status.GREY):
            if number := sum(row.status is status for row in rows):
                found.append((status, f"{status_text(status, self.language)}: {number}"))
        return found

    @staticmethod
    def dimension(group: Group) -> str:
        """Name of a dimension, as it begins a line."""
        label = clean(group.label)
        return label[:1].upper() + label[1:]

    def score(self, figure: Figure) -> str:
        """A score."""
        return self.figure(figure, Unit.POINTS)

    def figure(self, figure: Figure, unit: Unit) -> str:
        """A number as people read it, or why there is none."""
        return clean(figure.why) or NONE if figure.value is None else number_text(figure.value, unit)

    def difference(self, figure: Figure, unit: Unit) -> str:
        """A difference with its sign; of shares in points."""
        if figure.value is None or unit not in (Unit.SHARE, Unit.POINTS):
            text = self.figure(figure, unit)
            return f"+{text}" if (figure.value or 0) > 0 else text
        points = figure.value * (100 if unit is Unit.SHARE else 1)
        return f"{points:+.1f} {'点' if self.language == 'zh' else 'pts'}"

    # ------------------------------------------------------------ what changed

    @property
    def since(self) -> str:
        """Heading over what changed."""
        earlier = self.card.earlier
        assert earlier is not None
        on = self.day(earlier.on)
        if corrects(self.card):
            version = self.say(f"第{earlier.version}版", f"version {earlier.version}")
            return self.of("与上次分享相比有何变化", "What changed since the last share", f"({version}, {on})")
        return self.of(
            "与上次分享相比有何变化", "What changed since the last share", f"({clean(earlier.period)}, {on})"
        )

    def change(self, change: Change) -> ChangeText:
        """Put a change into words."""
        statuses = [status_text(each, self.language) for each in (change.status_before, change.status)]
        return ChangeText(
            clean(change.name),
            f"{self.figure(change.before, change.unit)} → {self.figure(change.now, change.unit)}",
            statuses[1] if statuses[0] == statuses[1] else " → ".join(statuses),
            f"{self.say('原因', 'why')}: {shortened(clean(change.why), LONGEST)}" if change.why else "",
        )

    # ------------------------------------------------------------ rows

    def row(self, row: Row) -> RowText:
        """Put a row into words."""
        unit = unit_text(row.unit, self.language) if row.actual.shown else ""
        aim = [unit] if unit else []
        if row.aimed:
            aim.append(self.of("目标", "target", clean(row.target_text) or self.figure(row.target, row.unit)))
        if self._tells(row.variance, row):
            aim.append(self.of("差异", "variance", self.difference(row.variance, row.unit)))
        if self._tells(row.attainment, row):
            reached = row.attainment.value
            aim.append(
                self.of("达成率", "attainment", clean(row.attainment.why) if reached is None else f"{reached:.0%}")
            )
        course = [self.say(*TRENDS[row.trend])] if row.trend is not Trend.NONE else []
        course += [self.of("环比", "vs previous", clean(row.change))] if row.change else []
        course += [self.of("同比", "vs last year", clean(row.change_year))] if row.change_year else []
        course += [self.of("本年累计", "YTD", self.figure(row.ytd, row.unit))] if self._tells(row.ytd, row) else []
        about = [clean(text) for text in (row.base, row.window) if text]
        about += [self.of("责任人", "owner", clean(row.owner))] if row.owner else []
        return RowText(
            clean(row.name),
            status_text(row.status, self.language) + (f" {CHANCE}" if row.straddles else ""),
            self.figure(row.actual, row.unit) + (SIGN if row.adjusted else ""),
            DOT.join(aim),
            DOT.join(course),
            DOT.join(about),
            tuple((self.action(each), each.overdue) for each in row.actions),
            shortened(clean(row.comment), LONGEST),
        )

    @staticmethod
    def _tells(figure: Figure, row: Row) -> bool:
        """Whether a figure says more than the actual: its number, or a reason of its own."""
        return figure.shown or (bool(figure.why) and figure.why != row.actual.why)

    def action(self, action: Action) -> str:
        """Who acts and by when."""
        who, by = clean(action.owner) or self["nobody"], self.say("没有期限", "no date set")
        if action.due:
            day = self.day(action.due)
            by = {"zh": f"{day}前", "en": f"by {day}"}.get(self.language, day)
        told = {"zh": f"{who}，{by}", "en": f"{who}, {by}"}.get(self.language, f"{who} ({by})")
        return f"{self['acts']}: {told}"

    def unattended(self, row: Row) -> str:
        """What is said of a row about which nothing is done."""
        owner = f" ({self.of('责任人', 'owner', clean(row.owner))})" if row.owner else ""
        return f"{self['acts']}: {self['nobody']}{owner}"

    @property
    def no_red(self) -> str:
        """What is said where nothing is red."""
        if any(row.status is not Status.GREY for row in self.card.rows):
            return self.say("没有未达标的目标。", "Nothing is red.")
        return self.say("目前没有可评价的目标。", "No target can be judged yet.")

    # ------------------------------------------------------------ what stands below

    def left_out(self, number: int) -> str:
        """What is said where the page would grow too long for a mail."""
        return self.say(f"另有 {number} 行见所附工作簿。", f"{number} more rows are in the attached workbook.")

    @property
    def findings(self) -> str:
        """The findings in one line."""
        some = self.card.findings
        if not some:
            return self.say("数据检查没有发现问题。", "The checks of the data found nothing.")
        errors = sum(each.count for each in some if each.is_error)
        warnings = sum(each.count for each in some if not each.is_error)
        names = "; ".join(
            f"{clean(each.title)} ({clean(each.code)}) × {each.count:,}: {', '.join(map(clean, each.sheets))}"
            for each in some[:SHOWN]
        )
        more = f"; +{len(some) - SHOWN}" if len(some) > SHOWN else ""
        totals = self.say(
            f"数据检查：{errors:,} 个错误，{warnings:,} 个提醒",
            f"Checks of the data: {_many(errors, 'error')}, {_many(warnings, 'warning')}",
        )
        return f"{totals} – {names}{more}"

    @property
    def hints(self) -> list[str]:
        """What more the attached workbook holds."""
        found = []
        if self.card.breakdowns:
            dims = ", ".join(clean(each.label) for each in self.card.breakdowns)
            found.append(
                self.say(f"所附工作簿中有细分：{dims}。", f"Broken down in the attached workbook: {dims}.")
                if self.language != "both"
                else f"所附工作簿中有细分 Broken down in the attached workbook: {dims}."
            )
        if number := len(self.card.restatements):
            found.append(
                self.say(
                    f"已结账期间有 {number} 个数字今天会不同，见所附工作簿的“重述”。",
                    f"{_many(number, 'figure')} of closed periods would be different today: see Restatements in the attached workbook.",
                )
            )
        return found

    @property
    def notes(self) -> list[str]:
        """What a reader must know."""
        return [clean(note) for note in self.card.notes]

    @property
    def closing(self) -> str:
        """From what the mail was made."""
        mark = f"{clean(self.card.period)}{DOT}{self.say(f'第{self.card.version}版', f'version {self.card.version}')}{DOT}{clean(self.card.id)[:12]}"
        return self.of("由 loyalty_xl 依据以下记分卡生成：", "Generated by loyalty_xl from scorecard", mark)


def _many(number: int, one: str) -> str:
    return f"{number:,} {one}" + ("" if number == 1 else "s")


__all__ = ["ChangeText", "RowText", "Teller"]
