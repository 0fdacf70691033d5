"""The static workbook: the scorecard as values, right without calculation, for people who have no loyalty_xl."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from loyalty_xl.books.places import FINDINGS, NOTES, RESTATEMENTS, SCORECARD, TREND, in_language
from loyalty_xl.publish.look import BLUE, Look
from loyalty_xl.sharing import workbook_pages as pages
from loyalty_xl.sharing.workbook_scorecard import WIDTHS, draw_scorecard
from loyalty_xl.sharing.workbook_segments import TITLE, draw_segments, widest
from loyalty_xl.sharing.workbook_sheet import Sheet, printable
from loyalty_xl.sharing.workbook_trend import draw_trend

if TYPE_CHECKING:
    from pathlib import Path

    from loyalty_xl.sharing.card import Card

FIXED_DATE = datetime(2026, 1, 1)
TEXTS_ONLY = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_workbook(path: Path, card: Card) -> None:
    """Write the workbook of a card: values only, the same card always as the same bytes."""
    import xlsxwriter

    language = card.language
    book = xlsxwriter.Workbook(
        str(path), {**TEXTS_ONLY, "in_memory": True}
    )  # in memory: no clock gets into the package
    book.set_properties({"title": printable(f"{card.title} {card.period}"), "created": FIXED_DATE})
    look, wider = Look(book, language), 1.3 if language == "both" else 1.0
    made: list[Sheet] = []

    def page(name: str, widths: list[float]) -> Sheet:
        made.append(Sheet(book, name, look, widths))
        return made[-1]

    board = page(SCORECARD.title(language), _scorecard_widths(card))
    trend = page(TREND.title(language), [30.0 * wider, 8.0 * wider, *[8.5] * len(card.periods), 26.0])
    heads: dict[str, int] = {}  # row of the header, by page
    heads[trend.name], courses = draw_trend(trend, card)
    heads[board.name] = draw_scorecard(board, card, trend.name, courses)
    if card.breakdowns:
        across = widest(card)
        segments = page(
            in_language(*TITLE, language), [32.0 * wider, 28.0, *[max(13.0, min(20.0, 100 / across))] * across]
        )
        draw_segments(segments, card)
    plain = [
        (pages.DEFINITIONS, pages.DEFINITION_WIDTHS, pages.draw_definitions, card.definitions),
        (RESTATEMENTS, pages.RESTATED_WIDTHS, pages.draw_restatements, card.restatements),
        (FINDINGS, pages.FINDING_WIDTHS, pages.draw_findings, True),
    ]
    for each, widths, draw, wanted in plain:
        if wanted:
            sheet = page(each.title(language), list(widths))
            heads[sheet.name] = draw(sheet, card)
    shortened = [cell for sheet in made for cell in sheet.shortened]
    pages.draw_notes(page(NOTES.title(language), list(pages.NOTE_WIDTHS)), card, shortened)
    for sheet in made:
        sheet.finish(f"{card.title} · {card.period}", heads.get(sheet.name), stretch=sheet is board)
    board.raw.set_tab_color(BLUE)
    board.raw.activate()
    book.close()


def _scorecard_widths(card: Card) -> list[float]:
    """Widths of the Scorecard's columns: Chinese words take less room, those of both languages more."""
    factors = {
        "zh": {"label": 0.8, "status": 0.9, "change": 0.85, "change_year": 0.85, "trend": 0.75, "base": 0.9},
        "both": {"label": 1.3, "status": 1.65, "trend": 1.5, "action_by": 1.2},
    }
    factor = factors.get(card.language, {})
    if not any(each.comment for each in card.rows):
        factor = {**factor, "comment": 0.5}
    return [width * factor.get(key, 1.0) for key, width in WIDTHS.items()]


__all__ = ["write_workbook"]
