"""Control totals: what a sheet received, used and left out in a period, beside what somebody else counted (Controls)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loyalty_xl.contracts.ledger import RECEIVED, REPLACED, UNIT, money_field, total, used
from loyalty_xl.vocabulary import Cycle, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loyalty_xl.contracts.contract import Contract, Sheet
    from loyalty_xl.contracts.ledger import Ledger, Sum
    from loyalty_xl.vocabulary import Calendar, Period

HALF_A_CENT = UNIT // 200


@dataclass(frozen=True)
class Counted:
    """A row of Controls: what a sheet should hold in a period."""

    sheet: str
    period: Period | None  # None: everything
    rows: int | None
    money: int | None  # ten-thousandths
    source: str
    row: int


@dataclass(frozen=True)
class Total:
    """One sheet in one period: received = used + left out by reason, in rows and ten-thousandths of money."""

    sheet: str
    period: str
    received: Sum
    used: Sum
    left_out: Mapping[str, Sum] = field(default_factory=dict)
    has_money: bool = False
    control: Counted | None = None

    @property
    def counting(self) -> Sum:
        """Rows and money received, without those of files that were replaced: what a control total is for."""
        gone = self.left_out.get(REPLACED, (0, 0))
        return self.received[0] - gone[0], self.received[1] - gone[1]

    @property
    def difference(self) -> tuple[int | None, int | None]:
        """What came and counts less the control total, in rows and money; None where nothing was counted."""
        if self.control is None:
            return None, None
        rows, money = self.control.rows, self.control.money
        return (
            None if rows is None else self.counting[0] - rows,
            None if money is None or not self.has_money else self.counting[1] - money,
        )


def total_of(sheet: Sheet, kept_rows: Ledger, period: Period | None, control: Counted | None = None) -> Total:
    """Count what became of the rows of a sheet in *period*, None is everything; *kept_rows* are those used, by month."""
    inside = None if period is None or period.cycle is Cycle.ALL else range(period.first, period.stop)
    sums = total(sheet.ledger, inside)
    received = sums.pop(RECEIVED, (0, 0))
    kept = total(kept_rows, inside).get("used", (0, 0))
    left_out = {reason: each for reason, each in sums.items() if each != (0, 0)}
    label = period.label if period else "all"
    return Total(sheet.contract.name, label, received, kept, left_out, bool(money_field(sheet.contract)), control)


def totals(sheets: Mapping[str, Sheet], period: Period | None, controls: Sequence[Counted]) -> list[Total]:
    """Count every sheet in *period* and in everything, and in each period that Controls names."""
    made = []
    for name, sheet in sheets.items():
        spans: list[Period | None] = [None]
        if period is not None and sheet.contract.date and period.cycle is not Cycle.ALL:
            spans.insert(0, period)
        mine = [each for each in controls if each.sheet == name]
        counted = {each.period for each in mine}
        kept_rows = used(sheet)
        made += [total_of(sheet, kept_rows, span) for span in spans if span not in counted]
        made += [total_of(sheet, kept_rows, each.period, each) for each in mine]
    return made


def read_controls(
    sheet: Sheet | None, contracts: Sequence[Contract], calendar: Calendar
) -> tuple[list[Counted], list[Finding]]:
    """Read the rows of Controls; an unknown sheet or period is E302."""
    if sheet is None:
        return [], []
    known = {text.casefold(): each.name for each in contracts for text in (each.name, each.zh)}
    columns = ["sheet", "period", "rows", "amount", "source"]
    controls, findings = [], []
    for row, values in zip(sheet.frame.index, sheet.frame[columns].astype(object).itertuples(index=False), strict=True):
        name, label, rows, amount, source = (None if each is None or each != each else each for each in values)
        found = known.get(str(name).strip().casefold())
        if found is None:
            choices = " / ".join(f"{each.name} ({each.zh})" for each in contracts)
            findings.append(_wrong(sheet, "sheet", int(row), str(name or ""), choices))
            continue
        text = str(label or "").strip()
        period = (
            None
            if text.casefold() in ("", "all", "全部")
            else calendar.parse(text[:7] if text.count("-") == 2 else text)
        )
        if period is None and text.casefold() not in ("", "all", "全部"):
            findings.append(_wrong(sheet, "period", int(row), text, "2026-03 / 2026-Q1 / 2026-H1 / 2026"))
            continue
        money = None if amount is None else round(amount * UNIT)
        controls.append(Counted(found, period, None if rows is None else int(rows), money, str(source or ""), int(row)))
    return controls, findings


def _wrong(sheet: Sheet, column: str, row: int, found: str, expected: str) -> Finding:
    place = f"{sheet.sent[column]}{row}" if column in sheet.sent else f"{row}:{row}"
    return Finding("E302", sheet.title, place, found, expected, sheet.headers.get(column, column))


def differing(sheet: Sheet | None, made: Sequence[Total], controls: Sequence[Counted]) -> list[Finding]:
    """W366: a sheet that does not add up to its control total, or did not come at all."""
    if sheet is None:
        return []
    by_row = {each.control.row: each for each in made if each.control}
    findings = []
    for control in controls:
        there = by_row.get(control.row) or Total(control.sheet, "", (0, 0), (0, 0), has_money=True, control=control)
        for column, received, wanted, least, show in (
            ("rows", there.counting[0], control.rows, 1, lambda number: f"{number:,}"),
            ("amount", there.counting[1], control.money, HALF_A_CENT + 1, money_text),
        ):
            if wanted is None or abs(received - wanted) < least or (column == "amount" and not there.has_money):
                continue
            detail = (
                ("name", control.sheet),
                ("period_zh", control.period.label if control.period else "全部"),
                ("period_en", control.period.label if control.period else "all"),
                ("what", column),
                ("difference", ("+" if received > wanted else "") + show(received - wanted)),
                ("source", control.source),
            )
            cell = f"{sheet.sent[column]}{control.row}"
            header = sheet.headers.get(column, column)
            findings.append(
                Finding("W366", sheet.title, "", show(received), show(wanted), header, cells=(cell,), detail=detail)
            )
    return findings


def money_text(ten_thousandths: int) -> str:
    """Money as people read it."""
    return f"{ten_thousandths / UNIT:,.2f}"
