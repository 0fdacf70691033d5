"""Links of single cells: ours are known again, other people's stay, and nothing but links changes."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from loyalty_xl.books.cell_links import Lead
from loyalty_xl.books.patch import Patch
from tests.books.test_patch import LINKS, MAIN, STRICT, part, relationships, saved, small_book

ROWS = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row><row r="2"><c r="A2"><v>3</v></c></row>'
MARK = "loyalty-xl trace "
TIP = f"Row by row: {MARK}BOOK nps 2026-07"
AT = {(1, 1): Lead("'Detail'!A5", TIP), (2, 1): Lead("'Detail'!A9", TIP)}
OURS = (
    f'<hyperlinks><hyperlink ref="A1" location="\'Detail\'!A5" tooltip="{TIP}"/>'
    f'<hyperlink ref="A2" location="\'Detail\'!A9" tooltip="{TIP}"/></hyperlinks>'
)
AROUND = '<sheetProtection sheet="1"/>{}<pageMargins left="1" right="1" top="1" bottom="1" header="0" footer="0"/>'


def linked(path: Path, links: dict[tuple[int, int], Lead], **more: object) -> Patch:
    patch = Patch(path)
    patch.link("S", links, MARK, **more)  # type: ignore[arg-type]
    return patch


def test_only_the_links_of_the_sheet_change(tmp_path: Path) -> None:
    """Links stand where the schema wants them; rows, formats, protection and every other part keep their bytes; a second time changes nothing."""
    path = small_book(tmp_path / "b.xlsx", ROWS, tail=AROUND.format(""))
    first = linked(path, AT)
    new = saved(first)
    assert part(new) == part(path).replace("<pageMargins", f"{OURS}<pageMargins")
    assert first.led["S"].changed == AT
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(new) as made:
        assert old.namelist() == made.namelist()
        assert {name for name in old.namelist() if old.read(name) != made.read(name)} == {"xl/worksheets/sheet1.xml"}
    again = linked(new, AT)
    assert not again.changed
    assert not again.led["S"].changed


def test_a_link_of_the_users_own_stays(tmp_path: Path) -> None:
    """A cell that the user linked (outwards, inwards, or as part of a range) keeps that link, byte for byte."""
    theirs = (
        '<hyperlinks><hyperlink ref="A1:B1" r:id="rId1" tooltip="mine"/>'
        '<hyperlink ref="A2" location="\'Detail\'!A9" tooltip="mine"/></hyperlinks>'
    )
    parts = {"xl/worksheets/_rels/sheet1.xml.rels": relationships(("hyperlink", "https://example.org/"))}
    path = small_book(tmp_path / "b.xlsx", ROWS, tail=theirs, **parts)
    assert not linked(path, AT).changed
    assert not linked(path, {}).changed
    bold = linked(path, {(1, 1): AT[1, 1], (3, 3): AT[2, 1]})
    assert theirs[: -len("</hyperlinks>")] in part(saved(bold))
    assert list(bold.led["S"].changed) == [(3, 3)]


def test_our_links_follow_and_go(tmp_path: Path) -> None:
    """Where a figure moved its link is changed in place, where it is gone the link goes, and with the last one the section."""
    path = small_book(tmp_path / "b.xlsx", ROWS, tail=OURS)
    moved = linked(path, {(1, 1): AT[1, 1], (2, 1): Lead("'Trace'!A1", TIP)})
    assert part(saved(moved)) == part(path).replace("'Detail'!A9", "'Trace'!A1")
    fewer = linked(path, {(2, 1): AT[2, 1]})
    assert part(saved(fewer)).count("<hyperlink ") == 1
    assert fewer.led["S"].removed == [(1, 1)]
    assert "hyperlink" not in part(saved(linked(path, {})))


def test_links_are_known_again_without_their_tips(tmp_path: Path) -> None:
    """A program that drops tips leaves links that lead where ours led: they are taken over; without that knowledge they are the user's."""
    path = small_book(tmp_path / "b.xlsx", ROWS, tail=OURS.replace(f' tooltip="{TIP}"', ' display="1"'))
    known = {(1, 1): {"'Detail'!A5"}, (2, 1): {"'Detail'!A8"}}
    new = saved(linked(path, {(1, 1): Lead("'Detail'!A6", TIP), (2, 1): AT[2, 1]}, known=lambda: known))
    text = part(new)
    assert f'<hyperlink ref="A1" location="\'Detail\'!A6" display="1" tooltip="{TIP}"/>' in text
    assert '<hyperlink ref="A2" location="\'Detail\'!A9" display="1"/>' in text


def test_a_cell_that_cannot_be_filled_gets_no_link(tmp_path: Path) -> None:
    """Where the value was refused (a formula of the user's own), no link is put over it."""
    rows = '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>'
    patch = linked(small_book(tmp_path / "b.xlsx", rows), {(1, 1): AT[1, 1]})
    patch.put("S", 1, 1, 5)
    assert not patch.changed
    assert len(patch.refused) == 1


@pytest.mark.parametrize(("prefix", "namespace"), [("x:", MAIN), ("", STRICT)])
def test_links_in_the_sheets_own_manner(tmp_path: Path, prefix: str, namespace: str) -> None:
    """A sheet with prefixes, or a strict one, gets links of its own kind."""
    p, declared = prefix, f'xmlns{":x" if prefix else ""}="{namespace}" xmlns:r="{LINKS}"'
    sheet = f"<{p}worksheet {declared}><{p}sheetData/></{p}worksheet>"
    path = small_book(tmp_path / "b.xlsx", "", **{"xl/worksheets/sheet1.xml": sheet})
    new = saved(linked(path, {(1, 1): AT[1, 1]}))
    assert f'</{p}sheetData><{p}hyperlinks><{p}hyperlink ref="A1" location="\'Detail\'!A5" tooltip="{TIP}"/>' in part(
        new
    )
    assert not linked(new, {(1, 1): AT[1, 1]}).changed
