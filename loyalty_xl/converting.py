"""Carries our formulas in a workbook over to another host, or freezes them into values; everything else stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from loyalty_xl.books.formula_texts import CellFormula, cell_formulas, freeze, rewrite_formulas, texts
from loyalty_xl.books.package import Draft, Package
from loyalty_xl.books.patch import refuse_signed, verify_workbook
from loyalty_xl.books.saving import replace_file
from loyalty_xl.books.workbook_xml import drop_calc_chain, read_workbook
from loyalty_xl.errors import UsageError
from loyalty_xl.formulas.texts import NAMING, renamed, uses

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = ("desktop", "dotted", "values")
_SHOWN = 5


@dataclass(frozen=True)
class Converted:
    """What was changed."""

    formulas: int
    written_to: Path | None  # None: there was nothing to change


def convert(book: Path, to: str, out: Path | None = None) -> Converted:
    """Rewrite our functions in *book*.

    Parameters
    ----------
    book
        An .xlsx or .xlsm workbook of any kind.
    to
        `desktop`: LOYALTY_NPS, as Excel on Windows has them, without the path of an add-in. `dotted`: LOYALTY.NPS, as LibreOffice and
        xlwings Lite have them. `values`: results in place of formulas, before a file leaves.
    out
        Write there instead of replacing *book*.

    Raises
    ------
    UsageError
        To values: a formula has no result to freeze, or the result of a host that does not know it; nothing is written.
    """
    draft = Draft(Package(book))
    refuse_signed(draft)
    count = (
        _frozen(draft, book)
        if to == "values"
        else rewrite_formulas(draft, NAMING, partial(renamed, dotted=to == "dotted"))
    )
    if not count and out is None:
        return Converted(0, None)
    names = tuple(read_workbook(draft).sheets)
    parts: list[str] = []
    replace_file(
        out or book, lambda path: parts.extend(draft.save(path)), lambda path: verify_workbook(path, parts, names)
    )
    return Converted(count, out or book)


def formulas_of(draft: Draft) -> list[CellFormula]:
    """The cells of a workbook whose formula calls one of our functions."""
    sheets = {part: name for name, part in read_workbook(draft).sheets.items()}
    return [
        each
        for part, text in texts(draft, NAMING)
        if part in sheets
        for each in cell_formulas(text, sheets[part])
        if uses(each.text)
    ]


def _frozen(draft: Draft, book: Path) -> int:
    """Put results in place of our formulas."""
    empty = [each for each in formulas_of(draft) if each.blank or each.error == "#NAME?"]
    if empty:
        listed = ", ".join(f"{each.sheet}!{each.cell}" for each in empty[:_SHOWN]) + (
            " …" if len(empty) > _SHOWN else ""
        )
        raise UsageError(
            "E229",
            f"{book.name} 有 {len(empty)} 个公式没有算出结果:{listed}。请在装有加载项的程序中打开并保存一次,再转换。没有写入。",
            f"{book.name} has formulas without a result ({len(empty)}): {listed}. Open and save it once where the add-in is, then convert. Nothing was written.",
        )
    workbook = read_workbook(draft)
    count = 0
    for part, text in list(texts(draft, NAMING)):
        if part in workbook.sheets.values():
            changed, number = freeze(text, uses)
            if number:
                draft.write(part, changed.encode("utf-8"))
                count += number
    if count:
        drop_calc_chain(draft, workbook)
    return count
