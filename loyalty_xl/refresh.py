"""Bring every page that loyalty_xl owns in a workbook up to date."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl import __version__, catalogue
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.recalculation import bring_up_to_date
from loyalty_xl.books.saving import replace_file, who_has_it
from loyalty_xl.errors import UsageError, WriteError
from loyalty_xl.pipeline import Asked, Progress, Refresh, compute, finished, silent
from loyalty_xl.publish import run_log
from loyalty_xl.publish.filling import Filling, newer

if TYPE_CHECKING:
    from collections.abc import Mapping

STALE_WARNING = re.compile(r'IF\(\$A\$\d+="","",IF\(ABS\(\$A\$\d+-\(SUMPRODUCT\(ROW\(')  # publish.faces.stale_formula


def refresh(
    book: str | Path,
    *,
    period: str | None = None,
    as_of: date | None = None,
    out: str | Path | None = None,
    dry_run: bool = False,
    sources: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    language: str | None = None,
    by: str | None = None,
    today: date | None = None,
    recalculate: bool | None = None,
    allow_csv: bool = False,
    progress: Progress = silent,
) -> Refresh:
    """Read, check and compute *book*, and fill its pages.

    Parameters
    ----------
    book
        A workbook made by `loyalty-xl new`.
    period
        Label of the period the Scorecard shows (default: the last complete one).
    as_of
        Data before this day count (default: the day after the newest date in the data).
    out
        Write a copy there instead of replacing *book*.
    dry_run
        Write nothing.
    sources, settings
        Sheet -> file and key -> text, which go before Sources and Settings for this run.
    language
        `zh`, `en` or `both` (default: the setting).
    by
        Who refreshed, as the Scorecard shows it (default: the user of this machine).
    today
        Day of the run; only decides which dates lie in the future.
    recalculate
        Whether LibreOffice, where it is installed, calculates other people's formulas that depend on our pages, so
        that previewers show them right (default: yes, unless LOYALTY_XL_NO_RECALC is set). Seconds; only if needed.
    allow_csv
        Read a text file that bears a workbook's ending as text.
    progress
        Called with the name of each step as it begins.

    Raises
    ------
    ReadError, UsageError
        The workbook cannot be read, or is none of ours.
    WriteError
        It cannot be replaced: open elsewhere, no permission, no space.
    """
    book = Path(book)
    target = Path(out) if out else book
    if not dry_run and not out and (holder := who_has_it(book)) is not None:
        raise open_elsewhere(book, holder)
    asked = Asked(period, as_of, dict(sources or {}), dict(settings or {}), language, allow_csv)
    made = compute(book, asked, today=today, progress=progress)
    signed = signature(asked, made)
    filling = Filling(made)
    if version := newer(filling.before, __version__):
        raise UsageError(
            "E110",
            f"{book.name} 由更新的版本 {version} 填写,本程序是 {__version__}。请先升级:pip install -U loyalty-xl",
            f"{book.name} was filled by the newer version {version}; this is {__version__}. Upgrade first: pip install -U loyalty-xl",
        )
    future = any(finding.code == "E224" for finding in made.findings)
    made.up_to_date = (
        run_log.last(filling.before, "run").get("signature") == signed and not future and filling.untouched()
    )
    if not made.up_to_date:
        made.findings = finished([*made.findings, *filling.typed_over()], made.inputs, catalogue.KPIS.values())
    made.run_log = run_log.entries(made, asked, signed, filling.before)
    if dry_run or not made.computed or (made.up_to_date and not out):
        return made
    started = time.perf_counter()
    progress("write")
    stamp = {"by": user() if by is None else by, "at": now()}
    patch = Patch(book)
    filling.apply(patch, **stamp)
    if patch.refused:
        left = filling.leave(patch.refused)
        places = {(each.sheet, each.cell) for each in left}
        told = [each for each in made.findings if each.code != "W260" or (each.sheet, each.cell) not in places]
        made.findings = finished([*told, *left], made.inputs, catalogue.KPIS.values())
        patch = Patch(book)
        filling.apply(patch, **stamp)
    recalculation = bring_up_to_date(patch, libreoffice=recalculate, known=known_result)
    made.seconds["recalculate"] = recalculation.seconds
    made.written_to = target
    replace_file(target, patch.save, patch.verify)
    made.seconds["write"] = round(time.perf_counter() - started - recalculation.seconds, 3)
    return made


def known_result(formula: str) -> str | None:
    """The result of the Scorecard's own formula, which warns of later changes: there are none right after a refresh."""
    return "" if STALE_WARNING.match(formula) else None


def open_elsewhere(book: Path, holder: str) -> WriteError:
    """The error for a workbook that somebody has open."""
    return WriteError(
        "E401",
        f"{book.name} 正被 {holder or '其他程序'} 打开。请先关闭再更新,或用 --out 另存一份。",
        f"{book.name} is open: {holder or 'another program'} has it. Close it there, or write a copy with --out.",
    )


def signature(asked: Asked, made: Refresh) -> str:
    """What decides whether anything can have changed: inputs, what was asked, the program's version."""
    parts = [made.inputs.digest, asked.period or "", str(asked.as_of or ""), made.language, __version__]
    parts += [f"{key}={value}" for key, value in sorted(asked.settings.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def user() -> str:
    """Name of the person at the keyboard."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def now() -> str:
    """The time, as the Scorecard shows it; SOURCE_DATE_EPOCH fixes it."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now().astimezone()
    return moment.strftime("%Y-%m-%d %H:%M")


__all__ = ["Refresh", "refresh"]
