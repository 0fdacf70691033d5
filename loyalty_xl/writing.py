"""Writes what a run found into the workbook, unless nothing changed."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from loyalty_xl import catalogue
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.recalculation import bring_up_to_date
from loyalty_xl.books.saving import replace_file
from loyalty_xl.errors import UsageError
from loyalty_xl.inputs import OF_NO_FIGURE
from loyalty_xl.opening import silent
from loyalty_xl.pipeline import finished
from loyalty_xl.publish import run_log
from loyalty_xl.publish.contents import results_hash
from loyalty_xl.publish.faces import is_stale_formula
from loyalty_xl.publish.filling import Filling, newer
from loyalty_xl.settings_table import OF_SHARING
from loyalty_xl.stamp import now, user
from loyalty_xl.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from loyalty_xl.opening import Asked, Progress
    from loyalty_xl.pipeline import Refresh


def write(
    made: Refresh,
    asked: Asked,
    target: Path,
    *,
    copy: bool = False,
    dry_run: bool = False,
    by: str | None = None,
    recalculate: bool | None = None,
    progress: Progress = silent,
) -> Refresh:
    """Log what a run found, and fill the pages at *target*: a copy of the workbook, or the workbook itself.

    Nothing is written in a *dry_run*, when nothing could be computed, and when nothing changed.
    """
    filling = judged(made, asked)
    if dry_run or not made.computed or (made.up_to_date and not copy):
        return made
    started = time.perf_counter()
    progress("write")
    copy_of = made.book.name if copy and not (target.exists() and target.samefile(made.book)) else ""
    patch = filled(made, filling, made.book, by=by, copy_of=copy_of)
    recalculation = bring_up_to_date(patch, libreoffice=recalculate, known=known_result)
    made.seconds["recalculate"] = recalculation.seconds
    made.written_to = target
    replace_file(target, patch.save, patch.verify)
    if not patch.refused:
        filling.remember(target)
    made.seconds["write"] = round(time.perf_counter() - started - recalculation.seconds, 3)
    return made


def judged(made: Refresh, asked: Asked) -> Filling:
    """Say in *made* whether anything changed, what was typed over, and what the run log holds; give what fills the pages."""
    filling = Filling(made)
    made.findings = finished(
        [*made.findings, *filling.to_sign_again(), *filling.periods.findings()], made.inputs, catalogue.KPIS.values()
    )
    signed = signature(asked, made)
    if version := newer(filling.before, __version__):
        name = made.book.name
        raise UsageError(
            "E110",
            f"{name} 由更新的版本 {version} 填写,本程序是 {__version__}。请先升级:pip install -U loyalty-xl",
            f"{name} was filled by the newer version {version}; this is {__version__}. Upgrade first: pip install -U loyalty-xl",
        )
    made.up_to_date = run_log.last(filling.before, "run").get("signature") == signed and filling.untouched()
    if not made.up_to_date:
        told = filling.told_once(made.findings)
        made.findings = finished([*told, *filling.typed_over()], made.inputs, catalogue.KPIS.values())
    made.run_log = run_log.entries(made, asked, signed, filling.before)
    made.run_log[run_log.HEAD : run_log.HEAD] = filling.changes()  # read first, so they stand first
    return filling


def filled(made: Refresh, filling: Filling, book: Path, *, by: str | None, copy_of: str = "") -> Patch:
    """A patch of *book* with every page filled; cells that cannot be are among the findings that it shows."""
    stamp = {"by": user() if by is None else by, "at": now(), "copy_of": copy_of}
    patch = Patch(book)
    filling.apply(patch, **stamp)
    if patch.refused:
        left = filling.leave(patch.refused)
        places = {(each.sheet, each.cell) for each in left}
        typed = ("W260", "W274")  # told anew: a cell that keeps its number offers no row on Adjustments
        told = [each for each in made.findings if each.code not in typed]
        if len(told) < len(made.findings):
            told += [each for each in filling.typed_over() if (each.sheet, each.cell) not in places]
        made.findings = finished([*told, *left], made.inputs, catalogue.KPIS.values())
        patch = Patch(book)
        filling.apply(patch, **stamp)
    return patch


def known_result(formula: str) -> str | None:
    """The result of the Scorecard's own formula, which warns of later changes: there are none right after a refresh."""
    return "" if is_stale_formula(formula) else None


def signature(asked: Asked, made: Refresh) -> str:
    """What decides whether anything can have changed: inputs, what was asked, the program's version, what was found and computed.

    The last two are there because more than the cells decides them: formats, hidden rows, the day of the run (a date in the future).
    """
    period = made.period.label if made.period else asked.period or ""
    titles = {made.inputs.page_names.get(name) for name in OF_NO_FIGURE}
    parts = [made.inputs.digest, period, str(asked.as_of or ""), made.language, __version__]
    parts += [f"{key}={value}" for key, value in sorted(asked.settings.items()) if key not in OF_SHARING]
    parts += [
        str(made.as_of or ""),
        results_hash(made),
        *(str(each) for each in made.findings if each.sheet not in titles),
    ]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
