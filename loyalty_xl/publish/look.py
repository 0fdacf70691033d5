"""The look: fonts, colours and formats, in one place. Colours are safe for colour-blind readers and tell apart in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xlsxwriter

BLUE = "#1F3864"
PALE = "#DCE6F2"
LINE = "#BFBFBF"
INK = "#262626"
GREY = "#7F7F7F"
STATUS = {  # first character of the status -> background, text (Okabe and Ito's hues, light enough to print)
    "●": ("#CDEBDD", "#00573B"),
    "▲": ("#FFE3A8", "#6B4300"),
    "■": ("#F7C3A8", "#7A1F00"),
    "○": ("#F2F2F2", "#595959"),
}
BAR = "#9DC3E6"


class Look:
    """Makes each format once."""

    def __init__(self, book: xlsxwriter.Workbook, language: str) -> None:
        self.language = language
        self.font = "Calibri" if language == "en" else "Microsoft YaHei"
        self._book, self._made = book, {}  # type: ignore[var-annotated]
        book.formats[0].set_font_name(self.font)
        book.formats[0].set_font_size(10)

    def __call__(self, **facts: Any) -> Any:
        """Give the format with these facts."""
        key = tuple(sorted(facts.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"font_name": self.font, "font_size": 10, **facts})
        return self._made[key]

    @property
    def header(self) -> Any:
        """Header of a table."""
        return self._header(BLUE)

    @property
    def needed(self) -> Any:
        """Header of a column that must be filled."""
        return self._header("#C00000")

    def _header(self, fill: str) -> Any:
        return self(
            bold=True,
            font_color="#FFFFFF",
            bg_color=fill,
            text_wrap=True,
            valign="vcenter",
            align="center",
            border=1,
            border_color=LINE,
        )

    @property
    def title(self) -> Any:
        """Title of a page."""
        return self(bold=True, font_size=18, font_color=BLUE, valign="vcenter")
