"""The errors that end a command, each with what happened and what to do next, in both languages."""

from __future__ import annotations


class LoyaltyError(Exception):
    """Something the user can repair.

    Parameters
    ----------
    code
        Finding code (`E102`), or "" where there is none.
    zh, en
        What was found and what to do, one sentence or two.
    sheet, cell
        Where, if it is known.
    """

    exit_code = 3

    def __init__(self, code: str, zh: str, en: str, sheet: str = "", cell: str = "") -> None:
        super().__init__(en)
        self.code, self.zh, self.en, self.sheet, self.cell = code, zh, en, sheet, cell

    def text(self, language: str) -> str:
        """Give the sentence in *language* (`zh`, `en`, or both)."""
        return {"zh": self.zh, "en": self.en}.get(language, f"{self.zh}\n{self.en}")


class UsageError(LoyaltyError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class ReadError(LoyaltyError):
    """A file could not be read."""


class WriteError(LoyaltyError):
    """A workbook could not be replaced."""

    exit_code = 4


class MailError(LoyaltyError):
    """Mail could not be sent, wholly or in part."""

    exit_code = 5
