"""Numbers typed over the Scorecard become rows on Adjustments, for a person to complete or delete: no number that somebody typed is lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isclose, isfinite
from typing import TYPE_CHECKING

from loyalty_xl import catalogue
from loyalty_xl.books.places import SCORECARD, Page, in_language
from loyalty_xl.cells import Kind, column_letters, column_number
from loyalty_xl.contracts.adjustments import same_place
from loyalty_xl.contracts.control_month_end import ADJUSTMENTS
from loyalty_xl.contracts.numerals import plain, read_numeral
from loyalty_xl.findings import quoted
from loyalty_xl.publish import run_log
from loyalty_xl.publish.adjustments import SIGN
from loyalty_xl.publish.template import place_of, template
from loyalty_xl.settings_table import MONEY_FACTORS
from loyalty_xl.vocabulary import Adjustment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loyalty_xl.books.patch import Patch
    from loyalty_xl.cells import RawSheet
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.publish.layout import Line
    from loyalty_xl.vocabulary import Finding

PAGE = Page(ADJUSTMENTS.name, ADJUSTMENTS.zh)
NEEDED = ("kpi", "period", "value")  # columns without which a row says nothing
SCALES = "万亿"  # a number written with one of these is in units of currency, whatever the display unit


@dataclass(frozen=True)
class Proposal:
    """A number that was typed into a cell of the Scorecard, as a row of Adjustments."""

    row: Adjustment
    new: bool  # whether the row is still to be written


class Proposals:
    """What this run proposes.

    Parameters
    ----------
    made
        The run.
    before
        The run log of the run before: the number was typed over what that one wrote, for its period.
    """

    def __init__(self, made: Refresh, before: Sequence[run_log.Entry]) -> None:
        self._made = made
        self.title = made.inputs.page_names.get(PAGE.name) or PAGE.title(made.language)
        self._raw = made.inputs.raw_control.get(PAGE.name)
        self._sheet = made.inputs.control.get(PAGE.name)
        self._period = made.settings.calendar.parse(run_log.last(before, "run").get("period", ""))
        self._labels = {item: value for section, item, value, more in before if (section, more) == (run_log.WRITTEN, "label")}  # fmt: skip

    @property
    def missing(self) -> bool:
        """Whether the workbook has no such page."""
        return PAGE.name not in self._made.inputs.page_names

    @property
    def columns(self) -> Mapping[str, int]:
        """Columns of the page; none where a row cannot be written."""
        if self.missing:
            return {name: number for number, name in enumerate(ADJUSTMENTS.names, start=1)}
        if self._sheet is None or self._sheet.blocked or not set(NEEDED) <= set(self._sheet.sent):
            return {}
        return {field: column_number(letters) for field, letters in self._sheet.sent.items()}

    def of(self, typed: Iterable[tuple[Line, str]]) -> dict[str, Proposal]:
        """Give the proposals for cells of actuals that were typed over (line and address), by address.

        One for which a row is there already is not new; what cannot be read as a number has none.
        """
        found: dict[str, Proposal] = {}
        if not self.columns or self._period is None:
            return found
        rows = list(self._made.adjustment_rows)
        free = self._last_row() + 1
        for line, place in typed:
            each = self._row(line, place)
            if each is None:
                continue
            known = next((row for row in rows if same_place(row, each) and _equal(row.value, each.value)), None)
            if known is None:
                known = replace(each, row=free)
                rows.append(known)
                free += 1
                found[place] = Proposal(known, new=True)
            else:
                found[place] = Proposal(known, new=False)
        return found

    def _last_row(self) -> int:
        """The last worksheet row of the page on which something stands."""
        if self._raw is None:
            return 1
        last = [self._raw.rows[cells.kind != Kind.BLANK].max(initial=1) for cells in self._raw.columns.values()]
        return int(max(last, default=1))

    def _row(self, line: Line, place: str) -> Adjustment | None:
        kpi, period = catalogue.KPIS.get(line[0]), self._period
        raw = self._made.inputs.pages[SCORECARD.name]
        if kpi is None or period is None:
            return None
        value = _typed_number(raw, place, self._factor(line) if kpi.unit.is_money else 1.0)
        if value is None:
            return None
        dim, _, segment = line[1].rpartition("=") if "=" not in line[1] else line[1].partition("=")
        where = f"{quoted(raw.name)}!{place}"
        note = in_language(f"在 {where} 直接改的数", f"typed into {where}", self._made.language)
        return Adjustment(line[0], period, dim or "all", segment, value, note=note)

    def _factor(self, line: Line) -> float:
        """How many units of currency one unit of the cell held: the name that was written beside it says so."""
        label = self._labels.get(f"{line[0]}|{line[1]}")
        if label is None:
            return self._made.settings.money_factor
        return next((factor for unit, factor in MONEY_FACTORS.items() if label.endswith(f"({unit})")), 1.0)

    def fill(self, patch: Patch, proposals: Iterable[Proposal]) -> None:
        """Put new rows on the page, which an older workbook is given."""
        new = [each.row for each in proposals if each.new]
        if not new:
            return
        if self.missing:
            language = self._made.language
            before = place_of(PAGE.name, patch.sheet_names)
            patch.copy_sheet(self.title, template(language), PAGE.title(language), before)
        for each in new:
            cells = {
                "kpi": each.kpi,
                "period": each.period.label,
                "segment_dim": each.segment_dim,
                "segment": each.segment,
                "value": each.value,
                "note": each.note,
            }
            for field, value in cells.items():
                if field in self.columns:
                    patch.put(self.title, each.row, self.columns[field], value)

    def address(self, each: Proposal) -> str:
        """Where its row is, as findings name it."""
        return f"{quoted(self.title)}!{column_letters(self.columns['value'])}{each.row.row}"

    def not_told_twice(self, findings: Iterable[Finding], proposals: Iterable[Proposal]) -> list[Finding]:
        """Leave out findings on rows of which the typed-over cell tells already."""
        rows = {str(each.row.row) for each in proposals if not each.new and not each.row.complete}
        return [
            each
            for each in findings
            if each.code != "W396" or "".join(filter(str.isdigit, each.cell.partition(":")[0])) not in rows
        ]


def _typed_number(raw: RawSheet, place: str, factor: float) -> float | None:
    """A number that was typed into a cell, as a number or as text that can be read as one; in the KPI's own unit."""
    letters = place.rstrip("0123456789")
    row, cells = int(place[len(letters) :]), raw.columns.get(column_number(letters))
    at = int(raw.rows.searchsorted(row))
    if cells is None or at >= len(raw.rows) or raw.rows[at] != row:
        return None
    value = None
    if cells.kind[at] == Kind.NUMBER:
        value = float(cells.number[at])
    elif cells.kind[at] == Kind.TEXT:
        text = plain(raw.strings[cells.text[at]]).replace(SIGN, "").strip()
        numeral = read_numeral(text)
        value = numeral.value if numeral else None
        factor = 1.0 if any(letter in text for letter in SCALES) else factor
    return float(f"{value * factor:.15g}") if value is not None and isfinite(value * factor) else None


def _equal(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


__all__ = ["PAGE", "Proposal", "Proposals"]
