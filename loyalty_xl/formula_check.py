"""Formulas of a workbook that do not go by its Settings: a threshold typed into a formula stays when the setting changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loyalty_xl.books.package import Draft, Package
from loyalty_xl.converting import formulas_of
from loyalty_xl.errors import LoyaltyError
from loyalty_xl.formulas import find
from loyalty_xl.formulas.function import Kind
from loyalty_xl.formulas.texts import calls
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loyalty_xl.settings import Settings


def differing_thresholds(book: Path, settings: Settings) -> list[Finding]:
    """Give a finding (W279) for each formula whose threshold, typed or left to its default, is not the setting's.

    None for a file that is read but is no package whose formulas could be changed.
    """
    found = []
    try:
        formulas = formulas_of(Draft(Package(book)))
    except (LoyaltyError, OSError):
        return []
    for each in formulas:
        for name, setting, given, wanted in _differences(each.text, settings):
            detail = (("function", name), ("setting", setting))
            found.append(Finding("W279", each.sheet, each.cell, found=given, expected=wanted, detail=detail))
    return found


def _differences(formula: str, settings: Settings) -> Iterator[tuple[str, str, str, str]]:
    """Give function, setting, the threshold in the formula, and the one in Settings, where they differ."""
    for name, given in calls(formula):
        made = find(name)
        for place, argument in enumerate(made.arguments if made else ()):
            if argument.kind is not Kind.SETTING:
                continue
            text = given[place] if place < len(given) else ""
            wanted = getattr(settings, argument.setting)
            wanted = float(str(wanted).split("-")[-1]) if argument.setting == "csat_scale" else wanted
            if text:
                try:
                    used = float(text)
                except ValueError:
                    continue  # a name or a cell: it follows what stands there
            else:
                used = float(argument.default)
            if used != float(wanted):
                yield name, argument.setting, f"{used:g}", f"{float(wanted):g}"
