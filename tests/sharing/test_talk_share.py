"""What the command line says of a share and its mail."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from loyalty_xl.cli_share import STATES
from loyalty_xl.sharing.ledger import State
from loyalty_xl.sharing.suppression import Key, Why
from loyalty_xl.talk import findings_text
from loyalty_xl.talk_share import share_text
from loyalty_xl.vocabulary import Finding


def shared(**other: Any) -> Any:
    """A share that was written, as far as talk looks at it."""
    run = SimpleNamespace(period="2026-07", book=Path("of July/book.xlsx"), settings=SimpleNamespace(min_cell=5))
    facts = {
        "made": run,
        "version": 1,
        "scorecard": "0" * 64,
        "files": {"a.xlsx": b"1234"},
        "findings": [],
        "groups": (),
    }
    return SimpleNamespace(**(facts | {"written": (SimpleNamespace(name="a.xlsx"),), "suppressed": {}} | other))


@pytest.mark.parametrize(("language", "said"), [("zh", "没有发送"), ("en", "Nothing was sent"), ("both", "没有发送")])
def test_nothing_was_sent_is_said_where_that_is_so(language: str, said: str) -> None:
    """A share of files says that nothing was sent; one that goes on to send does not, nor one that wrote nothing."""
    assert said in share_text(shared(), language)
    assert said not in share_text(shared(), language, sends=True)
    assert said not in share_text(shared(written=()), language)


def test_commands_name_the_workbook_as_it_was_named() -> None:
    """What is to be typed next holds the way to the workbook, in quotation marks where there are blanks in it."""
    assert f'loyalty-xl share "{Path("of July/book.xlsx")}" --send' in share_text(shared(), "en")


def test_figures_that_are_not_shown_are_named_by_the_preview() -> None:
    """A preview names them, each with why; a share that was written tells how many there are."""
    hidden = {Key("nps", "region", "华东", "2026-07", "cycle"): Why.SMALL}
    assert "region=华东 2026-07 – too few" in share_text(shared(suppressed=hidden, written=()), "en")
    told = share_text(shared(suppressed=hidden), "en")
    assert "Figures not shown (min_cell 5): 1 (--preview names them)" in told
    assert "华东" not in told


def test_every_state_of_a_mail_has_words() -> None:
    """While mail is being sent, its state is told in the language that was asked for."""
    assert set(STATES) == set(State) - {State.NEW}
    assert all(zh != en for zh, en in STATES.values())


@pytest.mark.parametrize(
    ("sheet", "cell", "place"),
    [
        ("", "'Recipients 收件人'!B4", "'Recipients 收件人'!B4"),
        ("Recipients", "B4", "Recipients!B4"),
        ("Recipients", "", "Recipients"),
    ],
)
def test_findings_on_mail_name_their_row(sheet: str, cell: str, place: str) -> None:
    """A finding names its place once, whether the cell stands alone or with its sheet."""
    finding = Finding("E424", sheet, cell, "a@example.org")
    assert findings_text([finding], "en").splitlines()[0] == f"E424  {place}"
