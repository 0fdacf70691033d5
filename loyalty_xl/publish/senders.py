"""Who sent what: the department a finding belongs to, by the sheet and file it is about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from loyalty_xl.contracts import departments, everything
from loyalty_xl.contracts.control_plan import SIGNERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_xl.cells import RawSheet
    from loyalty_xl.contracts.contract import Contract
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.vocabulary import Finding

FINANCE = "control"  # whose control sheets they are, and whatever nobody else can be shown to have sent
LABELS = SIGNERS | {FINANCE: ("财务部", "Finance")}
ALSO = {  # other names of our departments
    "marketing": ("市场", "市场营销部", "营销部"),
    "analytics": ("数据部", "数据分析", "数据分析中心", "analytics"),
    "service": ("客服部", "客服", "客服中心", "客户服务", "service"),
    "sales": ("销售", "业务部"),
    FINANCE: ("财务", "财务处"),
}
UNITING = frozenset({"W238", "W239", "E240"})  # findings that speak of several files of a sheet


@dataclass(frozen=True)
class Sent:
    """A sheet, or one of its files, as a department sent it."""

    sheet: str  # name of its contract
    dept: str
    title: str  # what findings call it
    file: str = ""  # "" = the scorecard workbook
    rows: int | None = None  # None: it could not be read


class Senders:
    """Departments of the sheets and files behind *made*: contract.dept, unless Sources or Deliveries name another."""

    def __init__(self, made: Refresh) -> None:
        self._inputs, self._sheets = made.inputs, made.sheets
        self._contracts = {each.name: each for each in everything()}
        self._pages = {title: name for name, title in self._inputs.page_names.items() if name in self._contracts}

    def owner(self, finding: Finding) -> tuple[str, str]:
        """Department and sheet of a finding; finance where it is not one department's, "" where it is not one sheet's."""
        pairs = self._pairs(finding.sheet)
        sheets, depts = {sheet for sheet, _ in pairs}, {dept for _, dept in pairs}
        sheet = min(sheets) if len(sheets) == 1 else ""
        if len(depts) != 1 or (finding.code in UNITING and len(self.depts_of(sheet)) > 1):
            return FINANCE, sheet
        return min(depts), sheet

    def depts_of(self, sheet: str) -> set[str]:
        """Departments that sent a sheet: several where each sent a file of it."""
        return {each.dept for each in self.sent if each.sheet == sheet}

    def has_others(self, place: str, dept: str) -> bool:
        """Whether departments other than *dept* sent a sheet, or (`Customers.merged_into`) something in a column of it."""
        name, _, column = place.partition(".")
        sheet = self._sheets.get(name)
        filled = not column or (sheet is not None and bool(sheet.frame[column].notna().any()))
        return filled and bool(self.depts_of(name) - {dept})

    def contract(self, sheet: str) -> Contract | None:
        """Give the contract of a sheet."""
        return self._contracts.get(sheet)

    def fields(self, finding: Finding, sheet: str) -> list[str]:
        """Fields that a finding's column names; none where it is no column of the contract."""
        contract, held = self._contracts.get(sheet), self._sheets.get(sheet)
        if contract is None or not finding.column:
            return []
        headers = dict(held.headers) if held else {}
        for part in held.parts if held else ():
            if part.title == finding.sheet:
                headers = part.headers
        known = {header: field for field, header in headers.items()}
        for each in contract.fields:
            known |= {name: each.name for name in (each.name, each.zh) if name not in known}
        if finding.column in known:
            return [known[finding.column]]
        found = [known.get(name, "") for name in finding.column.split(", ")]
        return found if all(found) else []

    def raw(self, title: str, sheet: str) -> RawSheet | None:
        """Give the cells of a sheet as they were sent."""
        return next((each.raw for each in self._inputs.sources.get(sheet, ()) if each.title == title), None)

    @cached_property
    def sent(self) -> list[Sent]:
        """Everything that departments sent, sheet by sheet; files that could not be read among it."""
        found = []
        for name, sources in self._inputs.sources.items():
            sheet = self._sheets.get(name)
            rows = {part.title: part.rows_read for part in sheet.parts or (sheet,)} if sheet else {}
            for each in sources:
                if each.title in rows:
                    dept = self._dept(each.dept, name)
                    found.append(Sent(name, dept, each.title, each.file, rows[each.title]))
        read = {(each.sheet, each.title.split("]")[0].removeprefix("[")) for each in found}
        for label, senders in sorted(self._inputs.senders.items()):
            for sheet_name, dept in sorted(senders):
                if sheet_name in self._inputs.stopped and (sheet_name, label) not in read:
                    found.append(Sent(sheet_name, self._dept(dept, sheet_name), f"[{label}]", label))
        return found

    @cached_property
    def _by_title(self) -> dict[str, set[tuple[str, str]]]:
        found: dict[str, set[tuple[str, str]]] = {}
        for each in self.sent:
            found.setdefault(each.title, set()).add((each.sheet, each.dept))
        for name, sheet in self._sheets.items():
            if sheet.parts:  # findings about the files together
                found.setdefault(sheet.title, set()).update((name, dept) for dept in self.depts_of(name))
        for name, sources in self._inputs.sources.items():  # blank sheets
            for source in sources:
                found.setdefault(source.title, set()).add((name, self._dept(source.dept, name)))
        for title, name in self._pages.items():
            found.setdefault(title, set()).add((name, self._dept("", name)))
        return found

    def _pairs(self, title: str) -> set[tuple[str, str]]:
        """Sheets and departments behind what a finding calls its sheet."""
        if title in self._by_title:
            return self._by_title[title]
        labels = [label for label in self._inputs.senders if title.startswith(f"[{label}]")]
        senders = self._inputs.senders[max(labels, key=len)] if labels else ()
        return {(sheet, self._dept(dept, sheet)) for sheet, dept in senders}

    def _dept(self, named: str, sheet: str) -> str:
        """Give the department that a row of Sources names for its sheet, else the one of the sheet."""
        if named:
            return known(named)
        others = self._named.get(sheet, set())
        return min(others) if len(others) == 1 else self._contracts[sheet].dept

    @cached_property
    def _named(self) -> dict[str, set[str]]:
        """Departments that Sources names, or else Deliveries, by sheet."""
        sheets = {text.casefold(): each.name for each in departments() for text in (each.name, each.zh)}
        found: dict[str, set[str]] = {}
        for name in ("Deliveries", "Sources"):
            sheet = self._inputs.control.get(name)
            if sheet is None:
                continue
            here: dict[str, set[str]] = {}
            for of, dept in _texts(sheet.frame[["sheet", "dept"]].astype(object).itertuples(index=False)):
                if (key := sheets.get(of.casefold())) and dept:
                    here.setdefault(key, set()).add(known(dept))
            found |= here
        return found


def known(name: str) -> str:
    """Give the key of one of our departments, or the name itself."""
    folded = name.strip().casefold()
    for key, labels in LABELS.items():
        if folded in {key, *(each.casefold() for each in (*labels, *ALSO[key]))}:
            return key
    return name.strip()


def label(dept: str, language: str) -> str:
    """Name of a department; in `both` the Chinese one stands first."""
    zh, en = LABELS.get(dept, (dept, dept))
    return {"zh": zh, "en": en}.get(language, " ".join(dict.fromkeys((zh, en))))


def _texts(rows: Iterable[tuple[object, ...]]) -> Iterable[list[str]]:
    for row in rows:
        yield [each.strip() if isinstance(each, str) else "" for each in row]
