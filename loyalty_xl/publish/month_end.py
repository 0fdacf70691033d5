"""Periods, approval and restatements, as they stand in the workbook: the page Periods, the state above the Scorecard, the page Restatements."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import Page, in_language
from loyalty_xl.cells import Kind, column_letters, column_number
from loyalty_xl.closings import CLOSED, DETAIL, REOPENED, fingerprint
from loyalty_xl.contracts.control_month_end import PERIODS
from loyalty_xl.contracts.deliveries import AWAITED, FAULTY, RECEIVED_STATE
from loyalty_xl.publish.words import DRAFT
from loyalty_xl.vocabulary import Calendar, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_xl.cells import RawSheet
    from loyalty_xl.closings import Act
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.publish.run_log import Entry
    from loyalty_xl.vocabulary import Period

PAGE = Page(PERIODS.name, PERIODS.zh)
APPROVED = "approved"  # section of the run log: what each approval is for
SEALED = "closed"  # section of the run log: the acts on periods, with their seals
DIGITS = 12  # of a fingerprint that people see


@dataclass(frozen=True)
class Edit:
    """A cell of Periods to be written."""

    row: int
    column: int
    text: str


def fingerprint_of(made: Refresh) -> str:
    """Fingerprint of the figures of the period shown."""
    return fingerprint(made.period, made.lines, made.results)


class Periods:
    """The page Periods of a workbook: what stands there, what should, and whose approvals still hold."""

    def __init__(self, made: Refresh, before: Iterable[Entry]) -> None:
        self._made = made
        self._before = list(before)
        self.title = made.inputs.page_names.get(PERIODS.name) or PAGE.title(made.language)
        self._raw: RawSheet | None = made.inputs.raw_control.get(PERIODS.name)
        self._sheet = made.inputs.control.get(PERIODS.name)

    @property
    def there(self) -> bool:
        """Whether the workbook has the page, with a column for the period."""
        sheet = self._sheet
        return self._raw is not None and sheet is not None and "period" in sheet.sent and not sheet.blocked

    @cached_property
    def _columns(self) -> dict[str, int]:
        if self._sheet is None:  # the page is put in with the template's columns
            return {name: place for place, name in enumerate(PERIODS.names, start=1)}
        return {field: column_number(letters) for field, letters in self._sheet.sent.items()}

    @cached_property
    def rows(self) -> dict[str, int]:
        """Worksheet row of each period, by its label."""
        if not self.there or self._sheet is None:
            return {}
        calendar = self._made.settings.calendar
        found: dict[str, int] = {}
        labels = self._sheet.frame["period"].astype(object).tolist()
        for row, label in zip(self._sheet.frame.index.tolist(), labels, strict=True):
            period = _parsed(str(label), calendar)
            if period is not None:
                found.setdefault(period.label, row)
        return found

    def text(self, label: str, field: str) -> str:
        """What stands in a cell of a period's row, exactly as it is stored."""
        if self._raw is None or label not in self.rows or field not in self._columns:
            return ""
        column = self._raw.columns.get(self._columns[field])
        at = self._raw.rows.searchsorted(self.rows[label])
        if column is None or at >= len(self._raw) or column.kind[at] == Kind.BLANK:
            return ""
        return self._raw.strings[column.text[at]] if column.kind[at] == Kind.TEXT else f"{column.number[at]:.15g}"

    @cached_property
    def _wanted(self) -> dict[str, dict[str, str]]:
        """What the product's cells should hold: every period that was ever closed, and the one shown where somebody entered it."""
        made, wanted = self._made, {}
        last = {act.period: act for act in made.closings.acts if act.kind in (CLOSED, REOPENED)}
        for period, act in last.items():
            state = _state_text(CLOSED if act.kind == CLOSED else REOPENED, made.language)
            texts = {"state": state, "by": str(act.facts.get("by", "")), "on": str(act.facts.get("on", ""))}
            texts["reason"] = str(act.facts.get("reason", ""))
            if act.kind == CLOSED:
                texts["fingerprint"] = str(act.facts.get("fingerprint", ""))[:DIGITS] or self.text(
                    period.label, "fingerprint"
                )
            elif period == made.period:
                texts["fingerprint"] = fingerprint_of(made)[:DIGITS]
            wanted[period.label] = texts
        if made.period is not None and made.period not in last and made.period.label in self.rows:
            state = _state_text("open", made.language)
            wanted[made.period.label] = {"state": state, "fingerprint": fingerprint_of(made)[:DIGITS]}
        return wanted

    def edits(self) -> list[Edit]:
        """Cells to write: those of the product that differ. What people wrote stays."""
        if not self.there and not self.missing:
            return []
        found, last = [], int(self._raw.rows.max(initial=1)) if self._raw is not None else 1
        for label, texts in self._wanted.items():
            row = self.rows.get(label)
            if row is None:
                last += 1
                row = last
                found.append(Edit(row, self._columns["period"], label))
            for field, text in texts.items():
                if (
                    field in self._columns
                    and self.text(label, field) != text
                    and not (field == "state" and self._means(label, text))
                ):
                    found.append(Edit(row, self._columns[field], text))
        return found

    def _means(self, label: str, text: str) -> bool:
        """Whether the state stands there already, in whatever language."""
        return _state_of(self.text(label, "state")) == _state_of(text)

    @cached_property
    def _approvals(self) -> dict[str, tuple[str, str]]:
        """By period: the fingerprint that was approved, and who and when. A new approval is for the figures that stand there."""
        known = {item: (value, more) for section, item, value, more in self._before if section == APPROVED}
        found = {}
        for label in self.rows:
            by, on = self.text(label, "approved_by").strip(), self.text(label, "approved_on").strip()
            if not by:
                continue
            held, text = known.get(label, ("", ""))
            if text != f"{by}|{on}" or not held:
                held = self.text(label, "fingerprint") or self._wanted.get(label, {}).get("fingerprint", "")
            found[label] = held, f"{by}|{on}"
        return found

    def approved_by(self, label: str) -> str:
        """Who approved the figures of a period as they are now, "" for nobody."""
        held, text = self._approvals.get(label, ("", ""))
        now = self._wanted.get(label, {}).get("fingerprint", "")
        return text.split("|")[0] if held and held == now else ""

    def findings(self) -> list[Finding]:
        """W392: approvals of figures that have changed since; E391: acts that the run log knows and the workbook lost."""
        found = []
        for label, (held, text) in self._approvals.items():
            now = self._wanted.get(label, {}).get("fingerprint", held)
            if held != now:
                cell = f"{column_letters(self._columns['approved_by'])}{self.rows[label]}"
                found.append(Finding("W392", self.title, cell, text.split("|")[0], detail=(("period", label),)))
        seals = {act.seal for act in self._made.closings.acts}
        held_back = {period.label for period, each in self._made.closings.standing.items() if not each.whole}
        for section, _, seal, more in self._before:
            if section == SEALED and seal not in seals and more.split(" ")[0] not in held_back:
                cell = f"{column_letters(self._columns['period'])}1" if self.there else ""
                found.append(Finding("E391", self.title, cell, more.split(" ")[0], seal[:DIGITS]))
                held_back.add(more.split(" ")[0])
        return found

    def entries(self) -> list[Entry]:
        """Entries of the run log: what every approval is for, and the seals of all acts."""
        log = [(APPROVED, label, held, text) for label, (held, text) in sorted(self._approvals.items())]
        acts = self._made.closings.acts
        return [*log, *((SEALED, str(act.number), act.seal, f"{act.period.label} {act.kind}") for act in acts)]

    def state(self) -> str:
        """How the period shown stands, in words: a draft until its figures are approved and, before closing, its deliveries confirmed."""
        made = self._made
        if made.period is None:
            return ""
        label, language = made.period.label, made.language
        act = made.closings.last.get(made.period)
        closed = made.period in made.closings.standing
        by, waiting = self.approved_by(label), unconfirmed(made)
        parts = [
            ("已结账", "closed")
            if closed
            else ("已重新打开", "reopened")
            if act is not None
            else ("未结账", "not closed")
        ]
        if waiting and not closed:
            parts.append(
                (f"{waiting} 份收数未确认", f"{waiting} {'delivery' if waiting == 1 else 'deliveries'} not confirmed")
            )
        parts.append((f"{by} 批准", f"approved by {by}") if by else ("未批准", "not approved"))
        text = in_language("、".join(zh for zh, _ in parts), ", ".join(en for _, en in parts), language)
        final = by and (closed or not waiting)
        return text if final else f"{in_language(*DRAFT, language)} · {text}"

    @property
    def missing(self) -> bool:
        """Whether an older workbook lacks the page and something is to stand there."""
        return self._raw is None and bool(self._made.closings.acts)


def unconfirmed(made: Refresh) -> int:
    """Deliveries of the period that nobody has confirmed, those that are still awaited among them."""
    return sum(
        each.status in (RECEIVED_STATE, FAULTY, AWAITED) for each in made.received.rows if each.period == made.period
    )


def _parsed(text: str, calendar: Calendar) -> Period | None:
    text = text.strip()
    return calendar.parse(text[:7] if text.count("-") == 2 else text)


def _state_text(state: str, language: str) -> str:
    return PERIODS["state"].choices[state][0] if language == "zh" else state


def _state_of(text: str) -> str:
    folded = text.strip().casefold()
    choices = PERIODS["state"].choices
    return next(
        (state for state, others in choices.items() if folded in (state, *(each.casefold() for each in others))), folded
    )


def act_text(made: Refresh, language: str) -> str:
    """What was just done to a period."""
    act = next(each for each in reversed(made.closings.acts) if each.kind in (CLOSED, REOPENED))
    label = act.period.label
    if act.kind == REOPENED:
        return in_language(
            f"{label} 已重新打开:{act.facts.get('reason', '')}。结账时的数字仍在“重述”里。",
            f"{label} is reopened: {act.facts.get('reason', '')}. What was closed stays on Restatements.",
            language,
        )
    waiting = unconfirmed(made)
    zh, en = (f"{waiting} 份收数尚未确认。", f"{waiting} deliveries were not confirmed. ") if waiting else ("", "")
    count, mark = len(act.of(DETAIL)), str(act.facts.get("fingerprint", ""))[:DIGITS]
    return in_language(
        f"{label} 已结账:保存了 {count:,} 个数字,指纹 {mark}。{zh}批准:在“期间结账”填写批准人与日期。",
        f"{label} is closed: {count:,} figures kept, fingerprint {mark}. {en}To approve it, enter name and date on Periods.",
        language,
    )


def act_json(act: Act) -> dict[str, Any]:
    """An act on a period as the JSON document holds it."""
    facts = {name: act.facts.get(name) for name in ("by", "on", "reason", "version", "fingerprint")}
    return {"number": act.number, "kind": act.kind, "period": act.period.label, **facts, "whole": act.whole}


__all__ = ["PAGE", "Periods", "act_json", "act_text", "fingerprint_of", "unconfirmed"]
