"""The Deliveries page: what came for every sheet and period, beside what people wrote; and the sentence about it on Start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.patch import Style
from loyalty_xl.books.places import START, Page, in_language
from loyalty_xl.cells import column_number
from loyalty_xl.contracts.control_month_end import DELIVERIES, DELIVERY_STATES
from loyalty_xl.contracts.control_plan import SIGNERS
from loyalty_xl.contracts.deliveries import CONFIRMED, LOGGED
from loyalty_xl.contracts.ledger import UNIT, money_field

if TYPE_CHECKING:
    from loyalty_xl.contracts.arrivals import Delivery, Missing
    from loyalty_xl.contracts.contract import Contract
    from loyalty_xl.pipeline import Refresh

PAGE = Page(DELIVERIES.name, DELIVERIES.zh)
SAID_AT = (2, 2)  # row and column of Start
CHANGED = "delivery changed"  # section of the run log
NAMED = 3  # missing sheets that the sentence names
PLAIN, ALARM = Style(color="595959", wrap=True), Style(color="C00000", bold=True, wrap=True)


@dataclass(frozen=True)
class Edit:
    """A cell of the page to be written; the day of the run where *today* says so."""

    row: int
    column: int
    value: Any
    today: bool = False


def department(contract: Contract, language: str) -> str:
    """Name of the department that sends a sheet."""
    return in_language(*SIGNERS[contract.dept], language)


def state_text(status: str, language: str) -> str:
    """A status as the page holds it: one of the words that the contract reads back."""
    return DELIVERY_STATES[status][0] if language == "zh" and status else status


def sheet_text(contract: Contract, made: Refresh) -> str:
    """Name of a sheet as the workbook calls it."""
    return made.inputs.page_names.get(contract.name) or Page(contract.name, contract.zh).title(made.language)


def received_text(made: Refresh, language: str | None = None) -> str | None:
    """Say how many of the expected sheets came for the period, which are missing, and how many lines wait for them."""
    language = language or made.language
    if language == "both":
        found = [received_text(made, each) for each in ("zh", "en")]
        return " / ".join(each for each in found if each) or None
    got = made.received
    if not got.expected or got.period is None:
        return None
    said = in_language(
        f"{got.period}:应收 {got.expected} 张表,已收 {got.came} 张",
        f"{got.period}: {got.came} of {got.expected} received",
        language,
    )
    parts = [said, *(_missing_text(each, language) for each in got.missing[:NAMED])]
    if len(got.missing) > NAMED:
        more = len(got.missing) - NAMED
        parts.append(in_language(f"另有 {more} 张见“{PAGE.zh}”", f"{more} more: see {PAGE.name}", language))
    return in_language(";", "; ", language).join(parts)


def _missing_text(each: Missing, language: str) -> str:
    dept = department(each.contract, language)
    known = {name for names in SIGNERS.values() for name in (*names, " ".join(names))}
    if each.dept and each.dept not in known:
        dept = each.dept
    name = Page(each.contract.name, each.contract.zh).title(language)
    waits = f"{each.lines} Scorecard line{' waits' if each.lines == 1 else 's wait'}" if each.lines else ""
    zh = f"缺 {dept} · {name}" + (f"(记分卡上 {each.lines} 行在等)" if each.lines else "")
    return in_language(zh, f"{dept} · {name} missing" + (f": {waits}" if waits else ""), language)


def deliveries_json(made: Refresh, language: str | None = None) -> dict[str, Any]:
    """Deliveries as the JSON document holds them."""
    got = made.received
    return {
        "period": got.period.label if got.period else None,
        "received": got.came,
        "expected": got.expected,
        "says": received_text(made, language),
        "missing": [
            {"sheet": each.contract.name, "dept": each.dept or each.contract.dept, "lines": each.lines}
            for each in got.missing
        ],
        "rows": [_row_json(each) for each in got.rows],
    }


def _row_json(each: Delivery) -> dict[str, Any]:
    row, sums, content = each.row, each.sums, each.content
    if sums is None and row is not None:
        sums = (row.rows or 0, row.money or 0)
    money = sums is not None and bool(money_field(each.contract))
    days = (content.first, content.last) if content else (row.first, row.last) if row else (None, None)
    due = row.due if row else each.due
    return {
        "dept": row.dept if row and row.dept else each.contract.dept,
        "sheet": each.contract.name,
        "period": each.period.label if each.period else None,
        "file": each.file or None,
        "hash": content.hash if content else (row.hash or None) if row else None,
        "rows": sums[0] if sums else None,
        "amount": sums[1] / UNIT if sums and money else None,
        "first_date": days[0].isoformat() if days[0] else None,
        "last_date": days[1].isoformat() if days[1] else None,
        "due": due.isoformat() if due else None,
        "received": row.received.isoformat() if row and row.received else None,
        "status": each.status or None,
        "use": (row.use or None) if row else None,
        "confirmed_by": (row.confirmed_by or None) if row else None,
        "confirmed_on": row.confirmed_on.isoformat() if row and row.confirmed_on else None,
    }


class Deliveries:
    """The page of a workbook: what stands there, and what should."""

    def __init__(self, made: Refresh) -> None:
        self._made = made
        self._sheet = made.inputs.control.get(PAGE.name)
        self._raw = made.inputs.raw_control.get(PAGE.name)

    @property
    def needed(self) -> bool:
        """Whether there is anything to show."""
        return bool(self._made.received.rows)

    @property
    def missing(self) -> bool:
        """Whether the workbook has no such page yet, and needs one."""
        return self.needed and PAGE.name not in self._made.inputs.page_names

    @property
    def title(self) -> str:
        """Name of the worksheet."""
        return self._made.inputs.page_names.get(PAGE.name) or PAGE.title(self.language)

    @cached_property
    def language(self) -> str:
        """Language in which the worksheets are named."""
        titles = {PAGE.title(each): each for each in ("zh", "en", "both")}
        return titles.get(self._made.inputs.page_names.get(PAGE.name, ""), self._made.language)

    @cached_property
    def _columns(self) -> dict[str, int]:
        """Column of each field: where the page has it, else as the template does."""
        if self._sheet is not None:
            return {name: column_number(letters) for name, letters in self._sheet.sent.items()}
        return {name: number for number, name in enumerate(DELIVERIES.names, start=1)}

    def edits(self) -> list[Edit]:
        """Cells to write: those of the product that differ, and whole rows that are new. What people wrote stays."""
        if self._sheet is not None and (self._sheet.blocked or not {"sheet", "period", "file"} <= self._columns.keys()):
            return []
        last = max(int(self._raw.rows.max(initial=1)) if self._raw is not None else 1, 1)
        made: list[Edit] = []
        if self._sheet is None and PAGE.name in self._made.inputs.page_names and self.needed:  # a page without header
            labels = zip(DELIVERIES.fields, self._columns.values(), strict=True)
            made += [Edit(1, column, field.zh if self.language == "zh" else field.name) for field, column in labels]
        for each in self._made.received.rows:
            if each.row is None:
                last += 1
                made += self._new_row(each, last)
            else:
                made += self._changes(each)
        return made

    def _new_row(self, each: Delivery, row: int) -> list[Edit]:
        cells = {"sheet": sheet_text(each.contract, self._made), "period": _label(each), "due": each.due}
        cells |= self._facts(each) | {"dept": department(each.contract, self._made.language)}
        made = [Edit(row, self._columns[name], value) for name, value in cells.items() if name in self._columns and value is not None]  # fmt: skip
        return [*made, *self._received(each, row)]

    def _received(self, each: Delivery, row: int) -> list[Edit]:
        """The day on which this content was first seen: that of the run, when it is new."""
        if each.content is None or "received" not in self._columns:
            return []
        old = each.row
        if old is not None and old.received is not None and old.hash == each.content.hash:
            return []
        return [Edit(row, self._columns["received"], None, today=True)]

    def _facts(self, each: Delivery) -> dict[str, Any]:
        """What the product knows of a delivery; without a file nothing but its status is new."""
        found: dict[str, Any] = {"status": state_text(each.status, self._made.language) or None}
        if each.sums is not None:
            money = each.sums[1] / UNIT if money_field(each.contract) and each.content else None
            found |= {"file": each.file or None, "rows": each.sums[0], "amount": money}
        if each.content is not None:
            days = {"first_date": each.content.first, "last_date": each.content.last}
            found |= {"hash": each.content.hash, **days}
        return found

    def _changes(self, each: Delivery) -> list[Edit]:
        """Cells of a row that stands there and are to change."""
        row = each.row
        if row is None:
            return []
        held = {"file": row.file or None, "rows": row.rows, "hash": row.hash or None, "first_date": row.first, "last_date": row.last,
                "amount": None if row.money is None else row.money / UNIT}  # fmt: skip
        wanted = self._facts(each)
        status = wanted.pop("status")
        made = [Edit(row.row, self._columns[name], value) for name, value in wanted.items() if name in self._columns and value != held[name]]  # fmt: skip
        if "status" in self._columns and not each.said and not self._stands("status", row.row, status):
            made.append(Edit(row.row, self._columns["status"], status))
        own = {text for texts in SIGNERS.values() for text in (*texts, " ".join(texts))}
        dept = department(each.contract, self._made.language)
        if "dept" in self._columns and row.dept != dept and (not row.dept or row.dept in own):
            made.append(Edit(row.row, self._columns["dept"], dept))
        return [*made, *self._received(each, row.row)]

    def _stands(self, name: str, row: int, text: str | None) -> bool:
        """Whether a cell holds just this text: a status is kept in the language of the workbook."""
        from loyalty_xl.publish.layout import held

        now = held(self._raw, row, self._columns[name]) if self._raw is not None else None
        return (now or None) == text

    def entries(self) -> list[tuple[str, str, str, str]]:
        """Entries of the run log: what the product wrote as status, and what was confirmed."""
        got = self._made.received
        log = [(LOGGED, each.key, "" if each.said else each.status, each.content.kept(each.source) if each.content else "") for each in got.rows]  # fmt: skip
        log += [
            (CHANGED, each.key, each.content.hash, was) for each in got.rows if each.content and (was := _was(each))
        ]
        return [*log, *((CONFIRMED, key, held, more) for key, (held, more) in got.confirmed.items())]


def _was(each: Delivery) -> str:
    """What stood on the page before, where another content came under the same name."""
    row = each.row
    if row is None or each.content is None or not row.hash or row.hash == each.content.hash:
        return ""
    return f"was {row.hash}: {row.rows or 0} rows, {(row.money or 0) / UNIT:.2f}"


def _label(each: Delivery) -> str | None:
    return each.period.label if each.period else None


def fill_start(made: Refresh, put: Any) -> None:
    """Put the sentence on Start, where the workbook has that page."""
    name = START.find(made.inputs.sheet_names)
    if name is not None:
        text = received_text(made)
        put(name, *SAID_AT, text, ALARM if made.received.missing else PLAIN)


def as_value(edit: Edit, at: str) -> Any:
    """What a cell is to hold; *at* is the time of the run."""
    return date.fromisoformat(at[:10]) if edit.today else edit.value
