"""Sheets that were checked before: the same cells under the same settings give the same typed columns and findings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from loyalty_xl import memory
from loyalty_xl.cell_marks import whole_hash
from loyalty_xl.contracts.checking import check_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from loyalty_xl.cells import RawSheet
    from loyalty_xl.contracts.contract import Contract, Sheet
    from loyalty_xl.contracts.profiles import SheetProfile
    from loyalty_xl.vocabulary import Finding

VARIANTS = 4  # settings under which one sheet is held


class Noted:
    """Settings that note which of them are read."""

    def __init__(self, settings: Any) -> None:
        self._settings = settings
        self.read: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        """Give a setting, and note it."""
        value = self.read[name] = getattr(self._settings, name)
        return value


@dataclass(frozen=True)
class Held:
    """A checked sheet, and the settings that its check read."""

    contract: Contract
    settings: dict[str, Any]
    sheet: Sheet
    findings: tuple[Finding, ...]

    def fits(self, contract: Contract, settings: Any) -> bool:
        """Whether the check would be the same."""
        return contract is self.contract and all(getattr(settings, name) == it for name, it in self.settings.items())

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return int(self.sheet.frame.memory_usage(deep=True).sum()) + 500 * (10 + len(self.findings))


def checked_sheet(
    raw: RawSheet,
    contract: Contract,
    settings: Any,
    *,
    mapping: Mapping[str, str] | None = None,
    title: str,
    date_order: str = "",
    header_row: int | None = None,
    profile: SheetProfile | None = None,
    today: date,
    keep: Callable[[RawSheet], None] | None = None,
) -> tuple[Sheet, list[Finding]]:
    """Check a sheet as `check_sheet` does, or give what it gave before for the same cells.

    A sheet with a field that is personal is checked anew each time. *keep* is told of a sheet whose cells will not be
    needed again.
    """
    how = (title, date_order, header_row, today)
    if not memory.on():
        return check_sheet(raw, contract, settings, mapping=mapping, title=title, date_order=date_order,
                           header_row=header_row, profile=profile, today=today)  # fmt: skip
    key = ("checked", whole_hash(raw), contract.name, *how, str(profile), tuple(sorted((mapping or {}).items())))
    variants: tuple[Held, ...] = memory.recall(key) or ()
    held = next((each for each in variants if each.fits(contract, settings)), None)
    if held is not None:
        return copied(held.sheet), list(held.findings)
    noted = Noted(settings)
    sheet, findings = check_sheet(raw, contract, noted, mapping=mapping, title=title, date_order=date_order,
                                  header_row=header_row, profile=profile, today=today)  # fmt: skip
    if not any(each.personal and each.name in sheet.sent for each in contract.fields):
        held = Held(contract, noted.read, copied(sheet), tuple(findings))
        variants = (*variants[1 - VARIANTS :], held)
        memory.remember(key, variants, sum(each.size for each in variants))
        if keep is not None:
            keep(raw)
    return sheet, findings


def copied(sheet: Sheet) -> Sheet:
    """A sheet that can be changed without changing *sheet*; columns are copied when they are written to."""
    return replace(
        sheet,
        frame=sheet.frame.copy(deep=False),
        counts=sheet.counts.copy(deep=False),
        rejected=sheet.rejected.copy(deep=False),
        sent=dict(sheet.sent),
        left_out=dict(sheet.left_out),
        headers=dict(sheet.headers),
        ledger=dict(sheet.ledger),
    )


__all__ = ["Noted", "checked_sheet", "copied"]
