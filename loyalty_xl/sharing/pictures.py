"""The PDF of the static workbook, and pictures: of its pages, and the poster for chat groups."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl.books import libreoffice
from loyalty_xl.sharing.cannot_draw import CannotDrawError
from loyalty_xl.sharing.canvas import png
from loyalty_xl.sharing.fonts import chinese_fonts
from loyalty_xl.sharing.poster import poster
from loyalty_xl.sharing.settled_pdf import settled

if TYPE_CHECKING:
    from PIL.Image import Image

SECONDS = 120.0  # LibreOffice may take: its first start on a slow machine is the longest part
MARGIN = 0.02  # around a page's content, as a share of the width
FOOT = 36  # points at the lower edge, where the number of the page stands: it is not part of a picture
CHINESE = re.compile("[\u2e80-\u9fff]")
# The only folder of a Mac that Excel opens without asking.
SANDBOX = Path("Library/Containers/com.microsoft.Excel/Data")


def to_pdf(workbook: Path, pdf: Path) -> None:
    """Print every sheet of *workbook*, an .xlsx of our own, into the file *pdf*; the same bytes for the same workbook.

    LibreOffice prints where it is installed, else Excel. Both have a copy, in a folder that is deleted.

    Raises
    ------
    CannotDrawError
        W450: neither is there. W451: LibreOffice would print boxes for Chinese. W453: what is there did not do it.
    """
    home = Path.home() / SANDBOX
    place = home if home.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="loyalty-xl-", dir=place, ignore_cleanup_errors=True) as folder:
        copy = Path(folder).resolve() / "scorecard.xlsx"
        shutil.copyfile(workbook, copy)
        data = settled(_printed(copy).read_bytes())
    _check(data)
    pdf.write_bytes(data)


def _printed(copy: Path) -> Path:
    if libreoffice.program() is None:
        trouble = CannotDrawError("W450")
    elif not chinese_fonts() and _has_chinese(copy):
        trouble = CannotDrawError("W451")
    else:
        try:
            return libreoffice.converted(copy, "pdf", SECONDS)
        except libreoffice.Trouble as error:
            trouble = CannotDrawError("W453", f"LibreOffice: {error}")
    return _by_excel(copy, trouble)


def _has_chinese(workbook: Path) -> bool:
    """Whether a text of the workbook has a Chinese letter: in any language names may. (A theme always names Chinese fonts.)"""
    with zipfile.ZipFile(workbook) as package:
        parts = [name for name in package.namelist() if name.endswith(".xml") and "/theme/" not in name]
        return any(CHINESE.search(package.read(name).decode("utf-8", "replace")) for name in parts)


def _by_excel(copy: Path, trouble: CannotDrawError) -> Path:
    """Have Excel print, in a process of its own; *trouble* is raised where there is no Excel."""
    made = copy.with_suffix(".pdf")
    try:
        import xlwings

        app = xlwings.engines["excel"].apps.add(visible=False, add_book=False)
    except Exception:  # noqa: BLE001 (on each system the lack of Excel looks different)
        raise trouble from None
    try:
        app.display_alerts = False
        app.enable_events = False
        app.books.open(str(copy), update_links=False, read_only=True, add_to_mru=False).to_pdf(str(made))
    except Exception as error:
        raise CannotDrawError("W453", f"Excel: {error}") from error
    finally:
        with contextlib.suppress(Exception):  # what went wrong before is what is told
            app.quit()
    if not made.is_file():
        raise CannotDrawError("W453", "Excel")
    return made


def _check(data: bytes) -> None:
    """See to it that a PDF can be read, and says neither when it was made nor by whom."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        facts, pages = document.get_metadata_dict(skip_empty=True), len(document)
        document.close()
    except pypdfium2.PdfiumError as error:
        raise CannotDrawError("W453", str(error)) from error
    told = sorted(facts.keys() & {"Author", "CreationDate", "ModDate", "Keywords", "Subject"})
    if told or not pages:
        raise CannotDrawError("W453", ", ".join(told) or "0")


def page_picture(pdf: Path, width: int, page: int = 0) -> bytes:
    """Draw a page of *pdf* (0 is the first) as PNG, *width* pixels wide: what is on it, with an even white margin."""
    import pypdfium2
    from PIL import Image

    document = pypdfium2.PdfDocument(pdf.read_bytes())
    try:
        sheet = document[page]
        across, high = sheet.get_size()  # points
        left, top, right, bottom = _content(sheet.render(scale=1).to_pil())
        margin = round(width * MARGIN)
        scale = (width - 2 * margin) / (right - left)
        drawn = sheet.render(scale=scale, crop=(left, max(high - bottom, 0), max(across - right, 0), top)).to_pil()
        drawn = drawn.convert("RGB")
    finally:
        document.close()
    picture = Image.new("RGB", (width, drawn.height + 2 * margin), "white")
    picture.paste(drawn, (margin, margin))
    return png(picture)


def _content(page: Image) -> tuple[int, int, int, int]:
    """Give the box of what is not white above the foot of a page; all of the page where nothing is."""
    from PIL import Image, ImageChops

    grey = page.convert("L").crop((0, 0, page.width, page.height - FOOT))
    return ImageChops.difference(grey, Image.new("L", grey.size, 255)).getbbox() or (0, 0, *page.size)


__all__ = ["CannotDrawError", "page_picture", "poster", "to_pdf"]
