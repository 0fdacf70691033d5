"""A sheet to draw on: texts of several fonts, rounded boxes, the shapes of the statuses, small lines; at the end a PNG.

Everything is drawn twice as large and reduced at the end, which smooths what Pillow draws with hard edges.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from loyalty_xl.sharing.fonts import is_chinese, no_font, visible
from loyalty_xl.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loyalty_xl.sharing.fonts import Face

LARGER = 2
LEADING = 1.34  # line to line, in sizes of the type
NEVER_FIRST = frozenset("，。、；：？！）」』》”’%,.;:?!)]")


class Canvas:
    """A sheet of *width* and at most *height* [pixels], lettered with *faces*."""

    def __init__(self, width: int, height: int, colour: str, faces: tuple[Face, ...]) -> None:
        self.width, self._faces = width, faces
        self._missing = set[str]()
        self._sheet = Image.new("RGB", (width * LARGER, height * LARGER), colour)
        self._draw = ImageDraw.Draw(self._sheet)

    def png(self, height: int) -> bytes:
        """Give the upper *height* pixels as PNG; W452 where a letter was written that no face has."""
        if self._missing:
            raise no_font("".join(sorted(self._missing)))
        kept = self._sheet.crop((0, 0, self._sheet.width, min(height * LARGER, self._sheet.height)))
        return png(kept.reduce(LARGER))

    def length(self, text: str, size: int, *, bold: bool = False) -> float:
        """How wide a text is [pixels]."""
        runs = self._runs(visible(text))
        return sum(face.font(size * LARGER, bold=bold).getlength(run) for face, run in runs) / LARGER

    def fitting(self, text: str, sizes: Sequence[int], width: float) -> int:
        """Give the first size in which a bold text fits, the last one where it fits in none."""
        return next((size for size in sizes if self.length(text, size, bold=True) <= width), sizes[-1])

    def text(
        self, x: float, y: float, text: str, size: int, colour: str, *, bold: bool = False, right: bool = False
    ) -> float:
        """Write a line whose type begins at height *y*, from *x* on (or up to it); give where it ends."""
        at = (x - self.length(text, size, bold=bold) if right else x) * LARGER
        base = (y + size * 1.06) * LARGER
        for face, run in self._runs(visible(text)):
            font = face.font(size * LARGER, bold=bold)
            self._draw.text((at, base), run, colour, font, anchor="ls")
            at += font.getlength(run)
        return at / LARGER

    def lines(self, text: str, size: int, width: float, most: int, *, bold: bool = False) -> list[str]:
        """Break a text into lines of *width*, at most so many; what does not fit is cut with a sign that it is."""
        made, line = [], ""
        for piece in pieces(visible(text).strip()):
            if self.length((line + piece).rstrip(), size, bold=bold) <= width:
                line += piece
                continue
            if line.strip():
                made.append(line.rstrip())
            line = piece.lstrip()
            while self.length(line, size, bold=bold) > width:  # a word longer than a line
                fits = next(
                    n for n in range(len(line) - 1, 0, -1) if n == 1 or self.length(line[:n], size, bold=bold) <= width
                )
                made.append(line[:fits])
                line = line[fits:]
        made.append(line.rstrip())
        made = [each for each in made if each] or [""]
        if len(made) <= most:
            return made
        last = made[most - 1]
        while last and self.length(last + "…", size, bold=bold) > width:
            last = last[:-1]
        return [*made[: most - 1], last.rstrip() + "…"]

    def paragraph(
        self, x: float, y: float, text: str, size: int, colour: str, width: float, most: int, *, bold: bool = False
    ) -> float:
        """Write a text in lines; give the height below them."""
        for line in self.lines(text, size, width, most, bold=bold):
            self.text(x, y, line, size, colour, bold=bold)
            y += size * LEADING
        return y

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        colour: str,
        *,
        radius: float = 0,
        edge: str | None = None,
    ) -> None:
        """A filled box."""
        place = tuple(each * LARGER for each in (left, top, right, bottom))
        self._draw.rounded_rectangle(place, radius * LARGER, colour, edge, LARGER * 2 if edge else 0)

    def shape(self, status: Status, x: float, y: float, size: float, colour: str) -> None:
        """The shape of a status in a square whose upper left corner is given: disc, triangle, square, ring."""
        left, top, right, bottom = (each * LARGER for each in (x, y, x + size, y + size))
        if status is Status.GREEN:
            self._draw.ellipse((left, top, right, bottom), colour)
        elif status is Status.RED:
            self._draw.rectangle((left + size * 0.1, top + size * 0.1, right - size * 0.1, bottom - size * 0.1), colour)
        elif status is Status.AMBER:
            self._draw.polygon(((left, bottom), ((left + right) / 2, top), (right, bottom)), colour)
        else:
            self._draw.ellipse((left, top, right, bottom), None, colour, round(size * LARGER / 7))

    def ring(self, x: float, y: float, radius: float, share: float, colour: str, rest: str, thick: int) -> None:
        """A ring around a point, filled clockwise from the top as far as *share* goes."""
        place = tuple(each * LARGER for each in (x - radius, y - radius, x + radius, y + radius))
        self._draw.arc(place, 0, 360, rest, thick * LARGER)
        if share > 0:
            self._draw.arc(place, -90, -90 + 360 * min(share, 1), colour, thick * LARGER)

    def course(
        self,
        place: tuple[float, float, float, float],
        values: Sequence[float | None],
        aims: Sequence[float | None],
        colour: str,
        aim: str,
    ) -> None:
        """A line of values with gaps where there are none, the target behind it as dashes; the last one gets a dot."""
        left, top, right, bottom = (each * LARGER for each in place)
        known = [each for each in (*values, *aims) if each is not None]
        low, high = min(known), max(known)
        room = (high - low) or abs(high) or 1.0
        step = (right - left) / max(len(values) - 1, 1)

        def at(number: int, value: float) -> tuple[float, float]:
            share = (value - low) / room if high > low else 0.5
            return left + number * step, bottom - share * (bottom - top)

        for number, goal in enumerate(aims):
            if goal is not None:
                x, y = at(number, goal)
                half = step * 0.3
                self._draw.line((max(x - half, left), y, min(x + half, right), y), aim, 3 * LARGER)
        for run in together(values):
            points = [at(number, value) for number, value in run]
            if len(points) > 1:
                self._draw.line(points, colour, 4 * LARGER, joint="curve")
            else:
                self._dot(*points[0], 3 * LARGER, colour)
        if values and values[-1] is not None:
            self._dot(*at(len(values) - 1, values[-1]), 7 * LARGER, colour)

    def _dot(self, x: float, y: float, radius: float, colour: str) -> None:
        self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour)

    def _runs(self, text: str) -> Iterator[tuple[Face, str]]:
        """Give the text in runs of one face each."""
        run, face = "", None
        for char in text:
            has = next((each for each in self._faces if each.has(char)), None)
            if has is None:
                self._missing.add(char)
                continue
            if face is not None and has is not face:
                yield face, run
                run = ""
            run, face = run + char, has
        if face is not None:
            yield face, run


def together(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    """Give the values that follow one another without a gap, each with its place."""
    run: list[tuple[int, float]] = []
    for number, value in enumerate(values):
        if value is not None:
            run.append((number, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def pieces(text: str) -> Iterator[str]:
    """Give the pieces that a line may be broken between: words with the space after them, single Chinese letters."""
    piece = ""
    for place, char in enumerate(text):
        piece += char
        after = text[place + 1 : place + 2]
        breakable = char == " " or is_chinese(char) or (after and is_chinese(after))
        if breakable and after not in NEVER_FIRST and after != " ":
            yield piece
            piece = ""
    if piece:
        yield piece


def png(picture: Image.Image) -> bytes:
    """Give a picture as PNG of 256 colours, without a word about where it comes from."""
    out = BytesIO()
    small = picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    small.save(out, "PNG")
    return out.getvalue()
