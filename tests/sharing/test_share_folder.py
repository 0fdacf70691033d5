"""The folder of a share: what stays in it, what goes, and what is never touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loyalty_xl.errors import UsageError, WriteError
from loyalty_xl.newbook import make_book
from loyalty_xl.share import Share, ledger_of, prepare, share, write
from loyalty_xl.sharing.card import Audience
from loyalty_xl.sharing.drafts import Letter
from loyalty_xl.sharing.packages import Package
from tests.sharing.cards import made_card

if TYPE_CHECKING:
    from loyalty_xl.pipeline import Refresh

STEM = "scorecard_2025_en"


@pytest.fixture
def run(small: Refresh, tmp_path: Path) -> Refresh:
    """A run of a workbook in a folder of its own."""
    return replace(small, book=tmp_path / "book.xlsx")


def share_of(run: Refresh, drafts: dict[str, bytes], *endings: str, version: int = 1) -> Share:
    """A share with these drafts, and files of these endings."""
    audience, stem = Audience("en"), STEM if version == 1 else f"{STEM}_v{version}"
    files = {stem + ending: ending.encode() for ending in endings}
    package = Package(made_card("en"), stem, files, Letter("", "", ""))
    return Share(run, f"id {version}", version, {audience: package}, (), files | drafts, {}, {})


def names(folder: Path) -> list[str]:
    """What lies in the folder of a share, but for its list."""
    return sorted(each.name for each in folder.iterdir() if each.suffix != ".json")


def test_drafts_to_groups_that_are_no_more_go(run: Refresh) -> None:
    """Who was taken off Recipients has no draft any more, whatever period it was of; a draft that somebody changed stays, as do others' files."""
    write(share_of(run, {"mail_a.eml": b"a", "mail_b.eml": b"b", "mail_c.eml": b"c"}, ".xlsx"))
    folder = run.book.parent / "book_share"
    (folder / "mail_c.eml").write_bytes(b"rewritten")
    (folder / "mine.txt").write_bytes(b"mine")
    write(share_of(run, {"mail_a.eml": b"a2"}, ".xlsx", version=2))
    assert names(folder) == ["mail_a.eml", "mail_c.eml", "mine.txt", f"{STEM}.xlsx", f"{STEM}_v2.xlsx"]


def test_what_a_password_protects_does_not_lie_beside_it_without(run: Refresh) -> None:
    """Shared again with a password, the page and the pictures of the same version go; earlier versions stay."""
    write(share_of(run, {}, ".xlsx", ".html"))
    write(share_of(run, {}, ".xlsx", ".html", "_chat.png", version=2))
    write(share_of(run, {}, ".xlsx", version=2))
    assert names(run.book.parent / "book_share") == [f"{STEM}.html", f"{STEM}.xlsx", f"{STEM}_v2.xlsx"]


def test_files_of_another_workbook_are_not_replaced(run: Refresh) -> None:
    """Two workbooks shared into one folder: the second stops before it replaces the first one's files."""
    folder = run.book.parent / "all"
    write(share_of(run, {"mail.eml": b"first"}, ".xlsx"), folder)
    with pytest.raises(UsageError) as caught:
        write(share_of(replace(run, book=run.book.with_name("other.xlsx")), {"mail.eml": b"second"}, ".xlsx"), folder)
    assert caught.value.code == "E404"
    assert (folder / "mail.eml").read_bytes() == b"first"


def test_a_share_that_cannot_be_written_is_not_noted(run: Refresh) -> None:
    """Where a file stands in the place of the folder, that is said, and the ledger knows of no share."""
    (run.book.parent / "taken").write_bytes(b"")
    with pytest.raises(WriteError):
        write(share_of(run, {}, ".xlsx"), run.book.parent / "taken")
    assert not ledger_of(run).shares


def test_bad_lines_of_the_ledger_are_told(run: Refresh) -> None:
    """A line that a crash left unfinished is a finding of the share: what was kept back then may not be known any more."""
    path = ledger_of(run).path
    path.parent.mkdir()
    path.write_bytes(b'{"kind": "shared", "scor')
    assert [each.code for each in prepare(run, pictures=False).findings] == ["W437"]


def test_a_workbook_without_data_is_not_sent_round_in_circles(tmp_path: Path) -> None:
    """Nothing can be shared of an empty workbook, refreshed or not: it asks for data, and nothing is written."""
    book = tmp_path / "book.xlsx"
    make_book(book, "en")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UsageError, match="no data"):
        share(book)
    assert sorted(tmp_path.iterdir()) == before
