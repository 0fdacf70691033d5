"""A workbook that is open in Excel, through xlwings: a copy of it to read, and blocks of cells to write.

All of it is read from one copy that Excel saves, by the reader that reads files: hidden rows, number formats, error
cells and a million rows come out as they do from a file, whether or not the workbook was ever saved, and whether it
lies on a disk or in a cloud. Nothing is read back. xlwings itself is not imported here: whoever calls has a book of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from loyalty_xl.errors import WriteError

if TYPE_CHECKING:
    from xlwings import App, Book, Range

    from loyalty_xl.books.cell_links import Led
    from loyalty_xl.books.live_plan import Block, Cell, Look, Plan
    from loyalty_xl.books.styles import Style

Say = Callable[[str], None]
MOST_LINKS = 500  # of a page: each is a call of its own
FONT = ("Name", "Size", "Bold", "Italic", "Underline", "Color")
STILL = (("screen_updating", False), ("enable_events", False), ("calculation", "manual"))
YES_NO = ("true", "false")


class Fault(str):
    """An error that stands in a cell: `#N/A`. A text of the same letters is none."""

    __slots__ = ()


class Journal:
    """How to take back what was done to a workbook so far."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []

    def add(self, step: Callable[[], object]) -> None:
        """Note what takes back the step that comes next."""
        self._steps.append(step)

    def take_back(self) -> bool:
        """Take everything back, the last step first; say whether all of it could be."""
        whole = True
        while self._steps:
            try:
                self._steps.pop()()
            except Exception:  # noqa: BLE001 (what is left is taken back all the same)
                whole = False
        return whole


def saved_copy(book: Book, folder: Path) -> Path:
    """Have Excel save a copy of the workbook as it stands, unsaved changes included; the workbook itself stays what it is."""
    name = PurePath(str(book.name).replace("\\", "/")).name
    copy = folder / (name if PurePath(name).suffix else f"{name}.xlsx")
    try:
        book.api.SaveCopyAs(str(copy))
    except Exception as error:
        raise WriteError(
            "E404",
            f"Excel 无法为 {name} 另存副本（{error}），没有更新。请结束正在编辑的单元格后再试，或保存并关闭后运行:loyalty-xl refresh",
            f"Excel could not save a copy of {name} ({error}); nothing was refreshed. Leave the cell that is being edited "
            "and try again, or save and close the workbook and run: loyalty-xl refresh",
        ) from error
    return copy


def place_of(book: Book) -> Path | None:
    """Where the workbook lies on this machine; None if it was never saved, or lies in a cloud under an address."""
    with suppress(Exception):
        place = Path(str(book.api.FullName))
        if place.is_absolute() and place.parent.is_dir() and "://" not in str(book.api.FullName):
            return place
    return None


def protected(book: Book, sheet: str) -> bool:
    """Whether the cells of a worksheet are under protection, so that Excel takes none from us."""
    with suppress(Exception):
        return bool(book.sheets[sheet].api.ProtectContents)
    return False


def refuse_protected(book: Book, plan: Plan) -> None:
    """Stop before anything is written when a page is under protection."""
    found = ", ".join(name for name in plan.sheets if protected(book, name))
    if found:
        raise WriteError(
            "E402",
            f"工作表受保护：{found}，没有写入。请在“审阅”中撤销工作表保护后再更新。",
            f"These sheets are protected: {found}; nothing was written. Unprotect them (Review) and refresh again.",
        )


@contextmanager
def status_bar(app: App) -> Iterator[Say]:
    """Let texts be shown in the status bar; afterwards it is what it was."""
    before: Any = False
    with suppress(Exception):
        before = app.status_bar

    def say(text: str) -> None:
        with suppress(Exception):
            app.status_bar = text

    try:
        yield say
    finally:
        with suppress(Exception):
            app.status_bar = before


@contextmanager
def still(app: App) -> Iterator[None]:
    """Hold the screen, events and calculation; afterwards they are what they were, whatever happens in between."""
    before: list[tuple[str, Any]] = []
    try:
        for name, wanted in STILL:
            with suppress(Exception):
                before.append((name, getattr(app, name)))
                setattr(app, name, wanted)
        yield
    finally:
        for name, value in reversed(before):
            with suppress(Exception):
                setattr(app, name, value)


def write(book: Book, plan: Plan, journal: Journal) -> None:
    """Carry out a plan: each block of cells is written once. *journal* takes back what was done."""
    if plan.added:
        _add_sheets(book, plan, journal)
    for block in plan.blocks:
        journal.add(lambda block=block: _fill(book, block, block.before))  # type: ignore[misc]
        _fill(book, block, block.values)
    for look in plan.looks:
        _dress(_range(book, look), look.style)
    for sheet, table, now, before in plan.tables:
        place = book.sheets[sheet]
        found = place.tables[table]
        journal.add(lambda found=found, place=place, before=before: found.resize(place.range(before)))  # type: ignore[misc]
        found.resize(place.range(now))
    for name in plan.shown:
        shown = book.sheets[name]
        journal.add(lambda shown=shown: setattr(shown, "visible", False))  # type: ignore[misc]
        shown.visible = True


def link(book: Book, plan: Plan) -> None:
    """Let cells lead to places in the workbook: a courtesy, without which the addresses are still there to read."""
    for sheet, links in plan.links.items():
        with suppress(Exception):
            _link(book, sheet, links)
    for sheet, led in plan.led.items():
        with suppress(Exception):
            _lead(book, sheet, led)


def typed(value: Cell) -> Any:
    """Give what has to be assigned so that Excel holds *value*, as if nobody had typed it.

    Excel takes an assigned text for typed: `2026-03` becomes a date, `007` a number, `=A1` a formula. An apostrophe in
    front keeps it the text it is; it is no part of the text. Whole numbers go out as Excel's only kind of number.
    """
    if isinstance(value, str) and not isinstance(value, Fault):
        return f"'{value}" if _may_be_taken_otherwise(value) else value
    return value if value is None or isinstance(value, (str, bool)) else float(value)


def _may_be_taken_otherwise(text: str) -> bool:
    """Whether Excel could read a text as a number, date, yes/no, error or formula: plain words it cannot."""
    return not text[:1].isalpha() or any(letter.isdigit() for letter in text) or text.casefold() in YES_NO


def _fill(book: Book, block: Block, values: list[list[Cell]]) -> None:
    _range(book, block).value = [[typed(value) for value in row] for row in values]


def _range(book: Book, area: Block | Look) -> Range:
    return book.sheets[area.sheet].range((area.row, area.column), (area.last_row, area.last_column))


def _add_sheets(book: Book, plan: Plan, journal: Journal) -> None:
    active = book.sheets.active
    for name, before, widths in plan.added:
        place: dict[str, Any] = {"before": before} if before else {"after": book.sheets[len(book.sheets) - 1]}
        sheet = book.sheets.add(name, **place)
        journal.add(sheet.delete)
        for number, width in enumerate(widths, start=1):
            sheet.range((1, number)).column_width = width
    with suppress(Exception):  # where the user was; not worth failing for
        active.api.Activate()  # xlwings' own would bring the whole application to the front


def _dress(cells: Range, style: Style) -> None:
    """Give cells the look that the patch of a file gives them; lines around cells only templates have."""
    cells.number_format = style.number_format
    if style.bold:
        cells.font.bold = True
    if style.italic:
        cells.font.italic = True
    if style.size:
        cells.font.size = style.size
    if style.color:
        cells.font.color = f"#{style.color}"
    if style.fill:
        cells.color = f"#{style.fill}"
    if style.wrap:
        cells.wrap_text = True
    if style.align:
        cells.horizontal_alignment = style.align  # type: ignore[assignment]
    if style.valign:
        cells.vertical_alignment = style.valign  # type: ignore[assignment]


def _link(book: Book, sheet: str, links: dict[tuple[int, int], str]) -> None:
    """Let cells lead to places in the workbook; what they led to before goes."""
    place = book.sheets[sheet]
    places = sorted(links)[:MOST_LINKS]
    for column in {column for _, column in places}:
        place.range((2, column), (max(row for row, _ in links) + MOST_LINKS, column)).api.ClearHyperlinks()
    for row, column in places:
        place.api.Hyperlinks.Add(place.range((row, column)).api, "", links[row, column])


def _lead(book: Book, sheet: str, led: Led) -> None:
    """Let single cells lead somewhere, with a tip. Excel dresses a cell that gets a link: its font is put back as it was."""
    place = book.sheets[sheet]
    for row, column in led.removed:
        place.range((row, column)).api.ClearHyperlinks()
    for (row, column), lead in led.changed.items():
        cell = place.range((row, column)).api
        if cell.Hyperlinks.Count:
            held = cell.Hyperlinks(1)
            held.SubAddress, held.ScreenTip = lead.target, lead.tip
            continue
        font = {name: getattr(cell.Font, name) for name in FONT}
        place.api.Hyperlinks.Add(cell, "", lead.target, lead.tip)
        for name, value in font.items():
            setattr(cell.Font, name, value)
