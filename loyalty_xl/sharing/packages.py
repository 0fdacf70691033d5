"""What one audience gets: the workbook, its PDF and pictures, the page for the mail, and the letter that carries them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl.books.places import in_language
from loyalty_xl.publish.words import DRAFT
from loyalty_xl.sharing import page, wording
from loyalty_xl.sharing.drafts import Letter
from loyalty_xl.sharing.pictures import CannotDrawError, page_picture, poster, to_pdf
from loyalty_xl.sharing.sealing import seal
from loyalty_xl.sharing.workbook import write_workbook

if TYPE_CHECKING:
    from loyalty_xl.sharing.card import Card

CID = "scorecard"
WIDTH = 1400  # of the picture in the mail, which shows it at 600 points
PDF, MAIL_PICTURE, CHAT_PICTURE, PAGE = ".pdf", "_mail.png", "_chat.png", ".html"


@dataclass(frozen=True)
class Package:
    """The files of one audience, by name, and the letter."""

    card: Card
    stem: str
    files: dict[str, bytes]
    letter: Letter
    undrawn: tuple[CannotDrawError, ...] = ()  # why PDF or pictures are missing


def package(card: Card, stem: str, start: str | None = None, *, pictures: bool = True) -> Package:
    """Draw a card.

    Parameters
    ----------
    card
        What is shared.
    stem
        Beginning of the file names.
    start
        Beginning of the subject (`mail_subject`).
    pictures
        Whether PDF and pictures are made; where they cannot be, the rest is and says so.
    """
    files: dict[str, bytes] = {}
    undrawn: list[CannotDrawError] = []
    with tempfile.TemporaryDirectory() as temporary:
        book, pdf = Path(temporary) / f"{stem}.xlsx", Path(temporary) / f"{stem}.pdf"
        write_workbook(book, card)
        files[book.name] = book.read_bytes()
        if pictures:
            try:
                to_pdf(book, pdf)
                files[pdf.name] = pdf.read_bytes()
                files[stem + MAIL_PICTURE] = page_picture(pdf, WIDTH)
            except CannotDrawError as error:
                undrawn.append(error)
            try:
                files[stem + CHAT_PICTURE] = poster(card)
            except CannotDrawError as error:
                undrawn.append(error)
    picture = files.get(stem + MAIL_PICTURE)
    shown = stem + MAIL_PICTURE if picture else None
    files[stem + PAGE] = page.html(card, shown).encode("utf-8", "replace")
    letter = Letter(
        wording.subject(card, start),
        page.html(card, f"cid:{CID}" if picture else None),
        page.plain(card),
        ((CID, picture),) if picture else (),
        tuple((name, files[name]) for name in (f"{stem}.xlsx", stem + PDF) if name in files),
    )
    return Package(card, stem, files, letter, tuple(undrawn))


def sealed(made: Package, password: str, start: str | None = None) -> Package:
    """The same behind a password: the workbook is encrypted, and nothing else tells a figure."""
    name = f"{made.stem}.xlsx"
    book = seal(made.files[name], password)
    card = made.card
    zh = f"{card.title} {card.period} 在附件里,需要密码才能打开。密码另行告知,不会写在邮件里。"
    en = f"{card.title} {card.period} is attached; it opens with a password, which you get another way, never by mail."
    text = in_language(zh, en, card.language)
    subject = " · ".join(
        [f"{start or card.title} {card.period}", *([in_language(*DRAFT, card.language)] if card.is_draft else [])]
    )
    body = page.note(card, text)
    return replace(made, files={name: book}, letter=Letter(subject, body, text + "\n", (), ((name, book),)), undrawn=())


__all__ = ["Package", "package", "sealed"]
