"""What a cell shows when a formula has no answer: one of the spreadsheet's own errors, and the sentence that says why."""

from __future__ import annotations

from dataclasses import dataclass

from loyalty_xl.publish.words import REASONS
from loyalty_xl.vocabulary import Reason

VALUE, NOT_AVAILABLE, NUMBER, DIVISION, NAME = "#VALUE!", "#N/A", "#NUM!", "#DIV/0!", "#NAME?"


@dataclass(frozen=True)
class CellError:
    """An error as a cell shows it (`code`), and why, in both languages."""

    code: str
    zh: str
    en: str

    @property
    def message(self) -> str:
        """Both sentences."""
        return f"{self.en} · {self.zh}"


class Refused(Exception):  # noqa: N818 - it ends in what the cell shows
    """Raised where a formula cannot be answered."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.error = CellError(code, zh, en)


def bad_cells(zh: str, en: str) -> Refused:
    """Give the refusal of what stands in a cell of the data."""
    return Refused(VALUE, zh, en)


def bad_setting(zh: str, en: str) -> Refused:
    """Give the refusal of a setting."""
    return Refused(NUMBER, zh, en)


def without_value(reason: Reason) -> Refused:
    """Give the error of a KPI that has no value (G6)."""
    code = DIVISION if reason is Reason.NO_DENOMINATOR else NOT_AVAILABLE
    return Refused(code, *REASONS[reason])
