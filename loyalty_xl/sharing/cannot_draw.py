"""What stops a PDF or a picture, and nothing else: the share goes on without it, and says so."""

from __future__ import annotations

from loyalty_xl.errors import LoyaltyError
from loyalty_xl.findings import advice, sentence
from loyalty_xl.vocabulary import Finding


class CannotDrawError(LoyaltyError):
    """A PDF or a picture cannot be made here. Its sentences and its `finding` are of the catalogue (W450 to W453)."""

    def __init__(self, code: str, found: str = "", expected: str = "") -> None:
        self.finding = Finding(code, "", found=found, expected=expected)
        zh, en = ((sentence(self.finding, name), advice(self.finding, name)) for name in ("zh", "en"))
        super().__init__(code, "".join(zh), " ".join(en))
