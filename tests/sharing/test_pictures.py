"""The PDF of a workbook, pictures of its pages, and the poster for chat groups: what is on them, and that nothing stops a share."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypdfium2
import pytest
import xlsxwriter
import xlwings
from PIL import Image, ImageChops, ImageDraw

from loyalty_xl.books import libreoffice
from loyalty_xl.findings import sentence
from loyalty_xl.publish.words import STATUSES
from loyalty_xl.sharing import canvas as canvases
from loyalty_xl.sharing import fonts, pictures, poster
from loyalty_xl.sharing.canvas import Canvas
from loyalty_xl.sharing.card import Card, Figure
from loyalty_xl.sharing.pictures import CannotDrawError, page_picture, to_pdf
from loyalty_xl.sharing.settled_pdf import settled
from loyalty_xl.vocabulary import Status, Unit
from tests.sharing.cards import made_card

LANGUAGES = ("zh", "en", "both")


def picture(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


@pytest.fixture(scope="module")
def posters() -> dict[str, bytes]:
    """A poster in each language."""
    return {language: pictures.poster(made_card(language)) for language in LANGUAGES}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is written on a canvas."""
    texts: list[str] = []
    write = Canvas.text

    def note(self: Canvas, x: float, y: float, text: str, *more: Any, **other: Any) -> float:
        texts.append(text)
        return write(self, x, y, text, *more, **other)

    monkeypatch.setattr(Canvas, "text", note)
    return texts


def workbook(path: Path, *texts: str) -> Path:
    """A small workbook with *texts*, a number and a chart, and with an author that must not get out."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": "记分卡", "author": "Wang Fang", "created": datetime(2026, 8, 1)})
        sheet = book.add_worksheet("Scorecard")
        sheet.set_footer("&R&P / &N")
        for row, text in enumerate(texts):
            sheet.write_string(row, 0, text, book.add_format({"font_name": "Microsoft YaHei"}))
        sheet.write_row("B1", [42.0, 45.0, 50.0])
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Scorecard!$B$1:$D$1"})
        sheet.insert_chart("B4", chart)
    return path


# ---------------------------------------------------------------- the poster


@pytest.mark.parametrize("language", LANGUAGES)
def test_poster_is_small_and_tall(posters: dict[str, bytes], language: str) -> None:
    """The picture is 1080 pixels wide, at most three times as tall, and under 1 MB; its file holds pixels and no word."""
    shown = picture(posters[language])
    assert shown.width == 1080
    assert 1080 < shown.height <= 3 * 1080
    assert len(posters[language]) <= 1_000_000
    assert not shown.info
    assert {data[4:8] for data in chunks(posters[language])} == {b"IHDR", b"PLTE", b"IDAT", b"IEND"}


def test_poster_tells_units_and_chance(written: list[str]) -> None:
    """A number per 1,000 has its unit below the target; ≈ stands beside the status that could be chance, and nowhere else."""
    card = made_card("en")
    rows = [replace(row, straddles=row.key == "nps") for row in card.rows if row.unit is not Unit.SHARE]
    pictures.poster(replace(card, notes=(), groups=(replace(card.groups[0], rows=tuple(rows)),)))
    assert written.count("per 1,000") == 1
    assert [text for text in written if "≈" in text] == ["off target ≈", "not judged ≈"]


def chunks(data: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        found.append(data[at:end])
        at = end
    return found


def test_same_poster_twice(posters: dict[str, bytes]) -> None:
    """The same card gives the same bytes."""
    assert pictures.poster(made_card("both")) == posters["both"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_poster_says_what_matters(written: list[str], language: str) -> None:
    """Period, draft, score, what it replaces, how many targets were missed, and of each aimed row name, actual and status are written."""
    card = made_card(language)
    pictures.poster(card)
    text = " ".join(written)
    said = [
        card.period,
        "76.4",
        "42.0",
        "41.2%",
        "18.2%",
        "19.3",
        "15 – 20",
        "1,234,567.89",
        "2026-08-05",
        "45.0 → 42.0",
        *card.notes,
    ]
    assert [each for each in said if each.replace(" ", "") not in text.replace(" ", "")] == []
    counted = {"zh": ["5 项目标中 2 项未达标"], "en": ["2 of 5 targets missed"]}
    assert all(each in written for each in counted.get(language, counted["zh"] + counted["en"]))
    assert ("草稿" in text) == (language != "en")
    assert ("DRAFT" in text) == (language != "zh")
    words = poster.Words(language)
    judged = [status for status in Status if status is not Status.GREY]  # in two languages the others find no room
    assert [status for status in judged if words(*STATUSES[status][1:]) not in written] == []
    assert "8,650" not in text  # it has no target


def test_suppressed_figures_are_words(written: list[str]) -> None:
    """What stands for too few customers is told in words, and so is what is missing for other reasons."""
    pictures.poster(made_card("en"))
    assert written.count("fewer than 5") == 1
    assert "Score: fewer than 5" in written
    assert "still maturing" in written
    assert not re.search(r"nan|None", " ".join(written))


def many(card: Card, times: int) -> Card:
    """A card with every row *times* times."""
    groups = (
        replace(group, rows=tuple(replace(row, label=f"{row.label} {n}") for row in group.rows for n in range(times)))
        for group in card.groups
    )
    return replace(card, groups=tuple(groups))


def test_many_rows_are_counted_not_squeezed(written: list[str]) -> None:
    """Of too many rows those off target are shown first, in the order of the card, and the rest is counted."""
    shown = picture(pictures.poster(many(made_card("en"), 6)))
    assert shown.height <= 3 * 1080
    left = next(
        int(found[1]) for text in written if (found := re.fullmatch(r"and (\d+) more in the attached scorecard", text))
    )
    drawn = [text for text in written if re.fullmatch(r"[^\d:]+ \d", text)]
    assert left == 7 * 6 - len(drawn)
    assert drawn.index("Net Promoter Score 0") < drawn.index("Churn rate 0")
    assert "Save rate 0" not in drawn


def test_a_card_of_nothing_and_one_of_long_names(written: list[str]) -> None:
    """A card without rows is drawn; names that are too long are cut with a sign, and nothing is written beyond the edge."""
    pictures.poster(replace(made_card("en"), groups=(), earlier=None, state="", notes=(), score=Figure()))
    assert "No target could be judged" in written
    assert "DRAFT" in written
    card = made_card("zh")
    groups = tuple(
        replace(
            group,
            label=group.label * 30,
            rows=tuple(
                replace(row, label=row.label * 40 if row.weight else "\u200b", place="W" * 80) for row in group.rows
            ),
        )
        for group in card.groups
    )
    shown = picture(pictures.poster(replace(card, groups=groups, title=card.title * 9, period="2026-07" * 4))).convert(
        "RGB"
    )
    assert any(text.endswith("…") for text in written)
    edge = shown.crop((1080 - 20, 0, 1080, shown.height))
    assert all(
        low == high for row in range(0, shown.height, 3) for low, high in edge.crop((0, row, 20, row + 1)).getextrema()
    )


def test_statuses_tell_apart_without_colour() -> None:
    """In grey, the four shapes cover different parts of their square."""
    faces = fonts.fonts_for("A")
    drawn = []
    for status in Status:
        canvas = Canvas(60, 60, "#FFFFFF", faces)
        canvas.shape(status, 5, 5, 50, "#000000")
        drawn.append(picture(canvas.png(60)).convert("L"))
    for place, one in enumerate(drawn):
        for other in drawn[place + 1 :]:
            assert sum(ImageChops.difference(one, other).histogram()[128:]) > 200  # pixels, of 3,600


def test_course_has_gaps_where_nothing_is_known() -> None:
    """Values that follow one another are joined, others are not."""
    assert list(canvases.together((1.0, None, 2.0, 3.0, None))) == [[(0, 1.0)], [(2, 2.0), (3, 3.0)]]
    assert list(canvases.together((None, None))) == []


# ---------------------------------------------------------------- fonts


def test_no_letter_is_a_box(written: list[str]) -> None:
    """Every letter of a poster, in the face the canvas takes for it, differs from the box that this face draws for a missing one."""
    pictures.poster(made_card("both"))
    canvas = Canvas(10, 10, "#FFFFFF", fonts.fonts_for("客"))
    letters = sorted(set("".join(written)) - {" "})
    assert len(letters) > 100
    for face, run in canvas._runs("".join(letters)):
        for bold in (False, True):
            font = face.font(40, bold=bold)
            box = drawn(font, "\U0010fffe")
            assert [char for char in run if not ImageChops.difference(drawn(font, char), box).getbbox()] == []


def drawn(font: Any, char: str) -> Image.Image:
    sheet = Image.new("L", (80, 80), 255)
    ImageDraw.Draw(sheet).text((10, 60), char, 0, font, anchor="ls")
    return sheet


@pytest.mark.parametrize("place", ["title", "period"])
def test_a_letter_that_no_font_has_is_named(place: str) -> None:
    """A letter without a glyph stops the poster: W452 names it and says to install a font, in both languages."""
    with pytest.raises(CannotDrawError) as stopped:
        pictures.poster(replace(made_card("en"), **{place: "2026 \U0010abcd"}))
    assert (stopped.value.code, stopped.value.finding.code) == ("W452", "W452")
    assert "“\U0010abcd”" in stopped.value.en
    assert "Install " in stopped.value.en
    assert "安装" in stopped.value.zh


def test_without_fonts_there_is_no_picture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A system without fonts, or with a damaged one only, gives W452 and no exception of another kind; doctor's question gets ""."""
    (tmp_path / "msyh.ttc").write_bytes(b"no font")
    (tmp_path / "arial.ttf").write_bytes(b"")
    monkeypatch.setattr(fonts, "folders", lambda: (tmp_path,))
    with pytest.raises(CannotDrawError, match="no font on this machine shows"):
        pictures.poster(made_card("en"))
    assert fonts.check_fonts("both") == fonts.check_fonts("en") == ""


def test_chinese_is_lettered_in_a_chinese_font() -> None:
    """A text with Chinese letters is led by a font that has them; of a collection the face of Simplified Chinese is taken."""
    main = fonts.fonts_for("客户 42")[0]
    assert main.has("客")
    assert main.has("4")
    assert not main.name.endswith((" JP", " KR", " TC", " HK"))


@pytest.mark.parametrize("system", ["win32", "darwin", "linux"])
def test_each_system_has_its_folders(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    """Fonts are looked for in folders of the system and of the user."""
    monkeypatch.setattr(fonts.sys, "platform", system)
    assert len(fonts.folders()) >= 2


def test_invisible_letters_are_left_out() -> None:
    """Joiners, marks of direction, variants and breaks of lines need no font."""
    assert fonts.visible("华\u200b东\ufe0f\u202e\nA") == "华东 A"


# ---------------------------------------------------------------- PDF and pages


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A workbook printed twice by LibreOffice."""
    folder = tmp_path_factory.mktemp("printed")
    source = workbook(folder / "a.xlsx", "客户忠诚度 ■ 未达标", "Net Promoter Score")
    pdfs = folder / "1.pdf", folder / "2.pdf"
    for pdf in pdfs:
        to_pdf(source, pdf)
    return pdfs


@pytest.mark.libreoffice
@pytest.mark.skipif(libreoffice.program() is None, reason="LibreOffice is not installed")
def test_pdf_is_the_same_every_time(printed: tuple[Path, Path], tmp_path: Path) -> None:
    """Two prints of a workbook are the same bytes; they say neither when nor by whom, and open in two programs."""
    one, two = (pdf.read_bytes() for pdf in printed)
    assert one == two
    assert not re.search(rb"Wang|Fang|CreationDate|ModDate|/ID\b|tmp|scorecard\.xlsx", one)
    document = pypdfium2.PdfDocument(one)
    assert set(document.get_metadata_dict(skip_empty=True)) <= {"Title", "Creator", "Producer"}
    text = document[0].get_textpage().get_text_bounded()
    assert "客户忠诚度" in text
    assert "42" in text
    if shutil.which("pdftoppm"):
        drawn = subprocess.run(["pdftoppm", "-r", "10", printed[0], tmp_path / "page"], capture_output=True, check=True)
        assert drawn.stderr == b""


@pytest.mark.libreoffice
@pytest.mark.skipif(libreoffice.program() is None, reason="LibreOffice is not installed")
def test_page_is_cropped_to_what_is_on_it(printed: tuple[Path, Path]) -> None:
    """The picture of a page is as wide as asked, white around, without the foot of the page, and the same bytes every time."""
    data = page_picture(printed[0], 800)
    assert data == page_picture(printed[1], 800)
    shown = picture(data)
    assert shown.width == 800
    assert shown.height < 800  # of an upright page
    grey = shown.convert("L")
    left, top, right, bottom = ImageChops.difference(grey, Image.new("L", grey.size, 255)).getbbox() or (0, 0, 0, 0)
    assert grey.crop((790, 0, 800, shown.height)).getextrema() == (255, 255)
    assert all(abs(margin - 16) <= 4 for margin in (left, top, 800 - right, shown.height - bottom))
    assert (
        shown.getpixel((2, 2)) in (0, shown.convert("RGB").quantize(2).getpixel((2, 2))) or grey.getpixel((2, 2)) == 255
    )


def other_pdf() -> bytes:
    """A PDF of another make, with an author and dates."""
    out = BytesIO()
    when = datetime(2026, 8, 1, 9, 30).timetuple()
    Image.new("L", (40, 40), 200).save(
        out, "PDF", title="t", author="王芳 (w)", keywords="k", subject="s", creationDate=when, modDate=when
    )
    return out.getvalue()


def test_dates_and_names_are_taken_out() -> None:
    """What another program writes about itself goes: the length stays, the file opens, the title is kept."""
    before = other_pdf()
    after = settled(before)
    assert len(after) == len(before)
    assert before != after == settled(after)
    known = pypdfium2.PdfDocument(after).get_metadata_dict(skip_empty=True)
    assert known.keys() <= {"Title", "Producer", "Creator"}
    assert known["Title"] == "t"


def test_what_stands_apart_is_taken_out_too() -> None:
    """An author that is an object of its own, and the packet of metadata, are blanked; compressed pages are not touched."""
    page = b"stream\n/Author(x)\x00/ID [<00><00>]\nendstream"
    packet = b"stream\n<?xpacket begin?><x:xmpmeta>2026 Wang</x:xmpmeta><?xpacket end='w'?>\nendstream"
    before = (
        b"1 0 obj\n<</Author 7 0 R/ModDate(D:2026)>>\nendobj\n7 0 obj\n(Wang Fang)\nendobj\n17 0 obj\n(page)\nendobj\n"
        b"2 0 obj\n<</Metadata 3 0 R/ID(kept)>>\nendobj\n"
        + packet
        + page
        + b"\ntrailer<</ID [ <AB>\n<CD> ]/DocChecksum /1F>>"
    )
    after = settled(before)
    assert len(after) == len(before)
    assert page in after
    assert b"(page)" in after
    assert b"/ID(kept)" in after
    assert not re.search(rb"Wang|2026|/Metadata|<AB>|Checksum|7 0 R", after)


# ---------------------------------------------------------------- what is not there


def test_without_office_programs_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an empty PATH there is no PDF: W450 says in both languages to install LibreOffice, and no file is left."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(libreoffice, "PLACES", ())
    with pytest.raises(CannotDrawError) as stopped:
        to_pdf(workbook(tmp_path / "a.xlsx", "x"), tmp_path / "a.pdf")
    assert stopped.value.code == "W450"
    assert "安装 LibreOffice" in stopped.value.zh
    assert "Install LibreOffice" in stopped.value.en
    assert sentence(stopped.value.finding, "en") in stopped.value.en
    assert not (tmp_path / "a.pdf").exists()


@pytest.mark.parametrize(("text", "code"), [("华东", "W451"), ("East", "W453")])
def test_without_a_chinese_font_chinese_is_not_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, code: str
) -> None:
    """Where LibreOffice has no Chinese font a workbook with Chinese in it is not printed; others are tried, and a failure is told."""

    def refuse(*_: Any) -> Path:
        raise libreoffice.Trouble("not done within 120 s")

    monkeypatch.setattr(libreoffice, "program", lambda: "soffice")
    monkeypatch.setattr(libreoffice, "converted", refuse)
    monkeypatch.setattr(pictures, "chinese_fonts", lambda: False)
    source = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(source) as book:
        book.add_worksheet().write_string(0, 0, text)
    with pytest.raises(CannotDrawError) as stopped:
        to_pdf(source, tmp_path / "a.pdf")
    assert stopped.value.code == code
    assert ("120 s" in stopped.value.en) == (code == "W453")


class Excel:
    """A stand-in for Excel behind xlwings: takes note of what it is asked, and writes *data* as PDF."""

    def __init__(self, data: bytes | None) -> None:
        self.data, self.done = data, list[Any]()
        self.books = SimpleNamespace(open=self.opened)
        self.apps = SimpleNamespace(add=self.added)

    def added(self, **how: Any) -> Excel:
        self.done.append(("add", how))
        return self

    def opened(self, path: str, **how: Any) -> Excel:
        self.done.append(("open", how))
        return self

    def to_pdf(self, path: str) -> None:
        self.done.append(("print", Path(path).suffix))
        if self.data is None:
            raise RuntimeError("Exception occurred")
        Path(path).write_bytes(self.data)

    def quit(self) -> None:
        self.done.append(("quit", None))


@pytest.mark.windows
def test_excel_prints_where_there_is_no_libreoffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Excel is started for itself, opens the copy read-only without following links, prints, and is ended; author and dates are taken out."""
    excel = Excel(other_pdf())
    monkeypatch.setattr(libreoffice, "program", lambda: None)
    monkeypatch.setattr(xlwings, "engines", {"excel": excel})
    to_pdf(workbook(tmp_path / "a.xlsx", "华东"), tmp_path / "a.pdf")
    assert [what for what, _ in excel.done] == ["add", "open", "print", "quit"]
    assert excel.done[0][1] == {"visible": False, "add_book": False}
    assert excel.done[1][1] == {"update_links": False, "read_only": True, "add_to_mru": False}
    assert (tmp_path / "a.pdf").read_bytes() == settled(other_pdf())


@pytest.mark.windows
@pytest.mark.parametrize(("data", "says"), [(None, "Exception occurred"), (b"%PDF-1.7 cut", "Failed to load document")])
def test_excel_that_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes | None, says: str
) -> None:
    """A print that fails, or a PDF that does not open, is W453 with the reason; Excel is ended."""
    excel = Excel(data)
    monkeypatch.setattr(libreoffice, "program", lambda: None)
    monkeypatch.setattr(xlwings, "engines", {"excel": excel})
    with pytest.raises(CannotDrawError, match=says) as stopped:
        to_pdf(workbook(tmp_path / "a.xlsx", "x"), tmp_path / "a.pdf")
    assert stopped.value.code == "W453"
    assert excel.done[-1] == ("quit", None)
    assert not (tmp_path / "a.pdf").exists()
