"""Makes the sample company: department files, a scorecard workbook with targets, refreshed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loyalty_xl.books.patch import Patch
from loyalty_xl.books.places import Page
from loyalty_xl.books.saving import replace_file
from loyalty_xl.contracts import everything
from loyalty_xl.errors import WriteError
from loyalty_xl.newbook import make_book
from loyalty_xl.publish.dictionary import defined
from loyalty_xl.refreshing import refresh
from loyalty_xl.sample import COMPANY_START, TARGETS, write_department_files
from loyalty_xl.sample.programme import POINT_VALUE
from loyalty_xl.sample.watch import PLANS, SIGNATURES, control_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from loyalty_xl.pipeline import Refresh

BOOK = "scorecard.xlsx"
FILES = "departments"


def make_demo(folder: Path, language: str) -> Refresh:
    """Write the sample company into *folder* and refresh its workbook.

    Raises
    ------
    WriteError
        The folder holds a demo already: it may have been worked in, so it is left alone.
    """
    book = folder / BOOK
    if book.exists():
        raise WriteError(
            "E404",
            f"{book} 已经存在,没有覆盖。请换一个文件夹:loyalty-xl demo 新文件夹",
            f"{book} exists already and was not overwritten. Name another folder: loyalty-xl demo NEW_FOLDER",
        )
    departments = folder / FILES
    departments.mkdir(parents=True, exist_ok=True)
    write_department_files(departments)
    make_book(book, language, departments)
    patch = Patch(book)
    _fill(patch, departments)
    replace_file(book, patch.save, patch.verify, backups=None)
    return refresh(book, by="demo")


def _fill(patch: Patch, departments: Path) -> None:
    """Enter the sample's settings, targets, plans and control totals, as a person would."""
    _enter(patch, "Targets", TARGETS)
    _enter(patch, "Improvement", PLANS)
    _enter(patch, "Controls", control_rows(departments))
    _sign(patch)
    settings = next(each for each in everything() if each.name == "Settings")
    page = Page(settings.name, settings.zh).find(patch.sheet_names) or settings.name
    from loyalty_xl.settings import SETTINGS

    for key, chosen in (
        ("company_start", COMPANY_START.isoformat()),
        ("sla_days", 7),
        ("point_value", POINT_VALUE),
        ("breakage", "20%"),
    ):
        patch.put(page, list(SETTINGS).index(key) + 2, 2, chosen)


def _enter(patch: Patch, sheet: str, rows: Sequence[Mapping[str, str | float | None]]) -> None:
    """Fill a control sheet from its second row on."""
    contract = next(each for each in everything() if each.name == sheet)
    name = Page(contract.name, contract.zh).find(patch.sheet_names) or contract.name
    at = {field.name: number for number, field in enumerate(contract.fields, start=1)}
    for number, row in enumerate(rows, start=2):
        for key, value in row.items():
            if value not in (None, ""):
                patch.put(name, number, at[key], value)


def _sign(patch: Patch) -> None:
    """Sign some definitions, in the rows where the dictionary has them."""
    contract = next(each for each in everything() if each.name == "Dictionary")
    name = Page(contract.name, contract.zh).find(patch.sheet_names) or contract.name
    at = {field.name: number for number, field in enumerate(contract.fields, start=1)}
    rows = {key: row for row, key in enumerate(defined(), start=2)}
    for signature in SIGNATURES:
        for key, value in signature.items():
            if key != "kpi" and value:
                patch.put(name, rows[str(signature["kpi"])], at[key], value)
