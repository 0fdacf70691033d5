"""The static workbook: the card's numbers, not one formula, nothing of who made it, the same bytes each time."""

from __future__ import annotations

import hashlib
import io
import itertools
import math
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msoffcrypto
import openpyxl
import pytest
from lxml import etree
from msoffcrypto.exceptions import InvalidKeyError
from openpyxl.utils.escape import unescape
from python_calamine import CalamineWorkbook

from loyalty_xl.books import libreoffice
from loyalty_xl.errors import WriteError
from loyalty_xl.publish.words import STATUSES
from loyalty_xl.sharing.card import (
    Action,
    Audience,
    Breakdown,
    Card,
    Definition,
    Figure,
    FindingCount,
    Group,
    Part,
    Restated,
    Row,
)
from loyalty_xl.sharing.sealing import seal
from loyalty_xl.sharing.workbook import write_workbook
from loyalty_xl.vocabulary import Unit

from .cards import MONTHS, course, made_card

LANGUAGES = ("zh", "en", "both")
DIGITS = 1e-15  # the writer keeps 16 digits of a number, Excel shows 15
SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook of the made card in each language, and one of nothing but hostile texts."""
    folder = tmp_path_factory.mktemp("workbooks")
    for language in LANGUAGES:
        write_workbook(folder / f"{language}.xlsx", made_card(language))
    write_workbook(folder / "hostile.xlsx", hostile_card())
    return folder


def cells(path: Path) -> dict[str, list[list[Any]]]:
    """Rows of each page, as calamine reads them."""
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def others_cells(path: Path) -> dict[str, list[list[Any]]]:
    """Rows of each page, as openpyxl reads them without calculating."""
    book = openpyxl.load_workbook(path, data_only=True)
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def numbers(rows: list[list[Any]]) -> list[float]:
    """All numbers of a page, sorted."""
    return sorted(float(cell) for row in rows for cell in row if isinstance(cell, (int, float)))


def texts(rows: list[list[Any]]) -> list[str]:
    """All texts of a page."""
    return [cell for row in rows for cell in row if isinstance(cell, str) and cell]


def same(found: list[float], expected: list[float]) -> bool:
    """Whether the numbers are these, to the digits the file keeps."""
    pairs = itertools.zip_longest(found, sorted(expected), fillvalue=math.inf)
    return all(math.isclose(one, other, rel_tol=DIGITS) for one, other in pairs)


def values(*figures: Figure) -> list[float]:
    """Numbers of those figures that have one."""
    return [figure.value for figure in figures if figure.value is not None]


def expected(card: Card) -> list[list[float]]:
    """The numbers of each page, in the order of the pages."""
    rows = list(card.rows)
    board = values(card.score, *(group.score for group in card.groups))
    board += [sum(each.status is status for each in rows) for status in STATUSES] + [card.version]
    for each in rows:
        board += values(each.actual, each.target, each.variance, each.attainment, each.ytd)
    trend = [value for each in rows for value in (*values(*each.history), *each.aims) if value is not None]
    segments = [
        value
        for breakdown in card.breakdowns
        for part in breakdown.parts
        for value in (*values(*part.figures), *part.bases)
        if value is not None
    ]
    restated = [value for each in card.restatements for value in values(each.closed, each.now)]
    findings = [each.count for each in card.findings]
    assert card.earlier
    notes = [value for each in card.earlier.changes for value in values(each.before, each.now)]
    return [board, trend, segments, [], restated, findings, notes]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.filterwarnings("ignore:Sparkline")  # openpyxl has no eyes for them
def test_numbers(folder: Path, language: str) -> None:
    """Two readers find on every page the card's numbers and no others."""
    meant = expected(made_card(language))
    for read in (cells, others_cells):
        found = list(read(folder / f"{language}.xlsx").values())
        assert len(found) == len(meant)
        for page, (rows, numbers_meant) in enumerate(zip(found, meant, strict=True)):
            assert same(numbers(rows), numbers_meant), (read.__name__, page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_in_its_place(folder: Path, language: str) -> None:
    """On the Scorecard every row holds its own figures under their headers, and says why where one is missing."""
    card = made_card(language)
    rows = next(iter(cells(folder / f"{language}.xlsx").values()))
    head = next(number for number, row in enumerate(rows) if sum(bool(cell) for cell in row) == 16)
    lines = [row for row in rows[head + 1 :] if any(str(cell).startswith(("●", "▲", "■", "○")) for cell in row)]
    assert len(lines) == len(list(card.rows))
    for line, each in zip(lines, card.rows, strict=True):
        assert line[:2] == [each.label, each.place]
        for cell, figure in zip(line[2:8], (each.actual, each.target, each.variance, each.attainment, None, each.ytd), strict=True):  # fmt: skip
            if figure is None:
                assert cell.startswith(STATUSES[each.status][0])
            elif figure.value is None:
                assert cell == (each.target_text if figure is each.target else figure.why)
            else:
                assert math.isclose(cell, figure.value, rel_tol=DIGITS)
        assert [line[13], line[15]] == [each.owner, each.comment]
    for action in (action for each in card.rows for action in each.actions):
        assert any(action.due and action.due.isoformat() in str(line[14]) for line in lines)


def test_what_is_told(folder: Path) -> None:
    """Draft, version, what changed, notes, counts of findings and definitions are there in words."""
    card = made_card("en")
    pages = cells(folder / "en.xlsx")
    assert list(pages) == ["Scorecard", "Trend", "Segments", "Definitions", "Restatements", "Findings", "Notes"]
    board = texts(pages["Scorecard"])
    assert {card.title, card.state, card.period, card.as_of, *card.notes} <= set(board)
    assert "Version 2, replaces version 1 of 2026-08-05." in board
    assert any("45.0 → 42.0 (▲ close → ■ off target), because: 12 rows" in text for text in board)
    assert {each.formula for each in card.definitions} <= set(texts(pages["Definitions"]))
    assert "SurveyResponses" in texts(pages["Findings"])
    assert "2025-07 – 2025-10" in texts(pages["Trend"])
    assert texts(pages["Segments"]).count("fewer than 5") == 2


def test_definitions_without_formulas_have_no_column_for_them(tmp_path: Path) -> None:
    """A card in Chinese holds no formulas, which are English: its page has four columns, another one five."""
    card = made_card("zh")
    write_workbook(tmp_path / "with.xlsx", card)
    bare = tuple(replace(each, formula="") for each in card.definitions)
    write_workbook(tmp_path / "without.xlsx", replace(card, definitions=bare))
    assert "公式" in texts(cells(tmp_path / "with.xlsx")["定义"])
    rows = cells(tmp_path / "without.xlsx")["定义"]
    assert "公式" not in texts(rows)
    assert {each.window for each in bare} <= set(texts(rows))


def test_pages_that_may_be_missing(tmp_path: Path) -> None:
    """Without restatements, breakdowns or an earlier share their places are not there, and a score that is missing says why."""
    card = made_card("en", restatements=(), breakdowns=(), earlier=None, version=1, is_draft=False, state="closed")
    write_workbook(tmp_path / "book.xlsx", replace(card, score=Figure(None, "fewer than 5", suppressed=True)))
    pages = cells(tmp_path / "book.xlsx")
    assert list(pages) == ["Scorecard", "Trend", "Definitions", "Findings", "Notes"]
    board = texts(pages["Scorecard"])
    assert "closed" in board
    assert "fewer than 5" in board
    assert not any("replaces" in text for text in board)


def parts(path: Path) -> dict[str, bytes]:
    """The members of a package."""
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.mark.parametrize("name", [*LANGUAGES, "hostile"])
def test_values_only(folder: Path, name: str) -> None:
    """No part holds a formula, a name but those for printing, a link, a hidden page or row, a pivot, a macro, or who made it."""
    package = parts(folder / f"{name}.xlsx")
    kinds = {member.split("/")[1] if "/" in member else member for member in package if member.startswith("xl/")}
    assert kinds <= {"workbook.xml", "worksheets", "charts", "drawings", "theme", "styles.xml", "sharedStrings.xml", "_rels"}  # fmt: skip
    for member, content in package.items():
        assert not re.search(rb"<f[ >/]|hidden=|t=\"(str|e)\"", content), member
        assert b'TargetMode="External"' not in content
        etree.fromstring(content)
    defined = etree.fromstring(package["xl/workbook.xml"]).iter(f"{SPREADSHEET}definedName")
    assert {each.get("name") for each in defined} <= {"_xlnm.Print_Titles", "_xlnm.Print_Area"}
    about = package["docProps/core.xml"] + package["docProps/app.xml"]
    for field in (b"dc:creator", b"cp:lastModifiedBy", b"Company", b"Manager"):
        assert not re.search(rb"<%s>[^<]" % field, about)
    assert b"2026-01-01T00:00:00Z" in about


@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_are_drawn_already(folder: Path, language: str) -> None:
    """Every chart holds its title, its numbers and their names, so that it is right before anything is calculated."""
    card = made_card(language)
    package = parts(folder / f"{language}.xlsx")
    drawn = []
    for number in range(1, 1 + sum(name.startswith("xl/charts/chart") for name in package)):
        chart = etree.fromstring(package[f"xl/charts/chart{number}.xml"])
        title = "".join(chart.find(f".//{CHART}title").itertext(f"{CHART}v")).strip()
        assert chart.find(f".//{CHART}cat/{CHART}strRef/{CHART}strCache/{CHART}pt") is not None
        caches = chart.findall(f".//{CHART}val/{CHART}numRef/{CHART}numCache")
        drawn.append((title, [[float(value) for value in cache.itertext(f"{CHART}v")] for cache in caches]))
    aimed = [each for each in card.rows if each.aimed and len(values(*each.history)) > 1]
    meant = [(each.name, [values(*each.history), *([list(each.aims)] if each.aims[0] else [])]) for each in aimed]
    meant += [(part.label, [values(*part.figures)]) for part in card.breakdowns[0].parts]
    assert len(meant) == 7
    assert [title for title, _ in drawn] == [title for title, _ in meant]
    for (_, found), (_, series) in zip(drawn, meant, strict=True):
        assert all(same(sorted(one), other) for one, other in zip(found, series, strict=True))
    sparks = package["xl/worksheets/sheet1.xml"].count(b"<x14:sparkline>")
    assert sparks == sum(len(values(*each.history)) > 1 for each in card.rows)


def hostile() -> Iterator[str]:
    """Texts that some program might take for a formula, each another one."""
    before = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", "\r=", "\n=", " =", "'=", '"=', "{=", "\u3000=", "\ufeff=", "\u200b=", "=+", "@-", ";=", ",=", "\x00=", "_x003D_", "<f>=")  # fmt: skip
    body = ("1+1", "cmd|'/c calc'!A0", 'HYPERLINK("http://x.invalid","x")', "SUM(A1:A9)", "A1", "IMPORTXML(A1)", "{1;2}", "1", 'DDE("a";"b")', "Scorecard!A1", "'Trend'!$C$6", "#REF!", "NPS()", '"&A1', "1e5", "今天()", "TRUE", "-2+3", "x}", "</t><f>1</f>")  # fmt: skip
    after = ("", " ", "\t", "\r", "\n", "'", '"', "}", ")", "&", "<", "_x0041_", "！", "\x01", "\u2028", "%", "#", "]]>", "😀", "=", "\x1f", "元", "(", "\u00a0", ";", "|")  # fmt: skip
    return ("".join(each) for each in itertools.product(before, body, after))


def hostile_card() -> Card:
    """A card whose texts are all hostile; more than ten thousand of them stand alone in a cell."""
    made = hostile()
    few = lambda: Figure(None, next(made), suppressed=True)  # noqa: E731
    rows = tuple(
        Row(f"k{number}", next(made), "behaviour", Unit.SHARE, "region", "x", next(made), Figure(0.5), target_text=next(made),
            variance=few(), attainment=few(), ytd=few(), change=next(made), change_year=next(made), base=next(made), owner=next(made),
            comment=next(made), actions=(Action(next(made)), Action(next(made), date(2026, 1, 2))),
            history=(few(), *course(0.5, 0.01)[1:]) if number else course(0.5, 0.01), aims=(0.4,) * 13)
        for number in range(260)
    )  # fmt: skip
    part = lambda: Part("k1", next(made), Unit.SHARE, next(made), (Figure(0.5), Figure(0.4), few()), (1, 2, None))  # noqa: E731
    return replace(
        made_card("en"),
        audience=Audience("en"),
        title=next(made),
        period=next(made),
        as_of=next(made),
        state=next(made),
        facts=tuple((next(made), next(made)) for _ in range(100)),
        groups=(Group("behaviour", next(made), few(), rows),),
        periods=tuple(f"{month}{next(made)}" for month in MONTHS),
        breakdowns=tuple(
            Breakdown("region", next(made), (next(made), next(made), next(made)), tuple(part() for _ in range(20)))
            for _ in range(20)
        ),
        findings=tuple(FindingCount(next(made), next(made), True, 1, (next(made),)) for _ in range(300)),
        definitions=tuple(
            Definition(next(made), next(made), next(made), next(made), next(made)) for _ in range(1000)
        ),
        restatements=tuple(
            Restated(next(made), next(made), next(made), Unit.SHARE, few(), few(), next(made), next(made)) for _ in range(50)
        ),
        notes=tuple(next(made) for _ in range(100)),
    )  # fmt: skip


def alone(card: Card) -> set[str]:
    """The texts of a card that stand alone in a cell."""
    found = {card.title, card.period, card.as_of, card.state, *card.notes, *card.periods}
    for fact in card.facts:
        found.update(fact)
    for each in card.rows:
        found |= {
            each.label,
            each.place,
            each.target_text,
            each.change,
            each.change_year,
            each.base,
            each.owner,
            each.comment,
        }
        found |= {each.variance.why, each.attainment.why, each.ytd.why}
    for breakdown in card.breakdowns:
        found.update(breakdown.segments)
        for part in breakdown.parts:
            found |= {part.label, part.window, part.figures[2].why}
    for finding in card.findings:
        found |= {finding.code, finding.title, *finding.sheets}
    for definition in card.definitions:
        found |= {definition.label, definition.says, definition.formula, definition.unit, definition.window}
    for restated in card.restatements:
        found |= {restated.period, restated.label, restated.what, restated.closed.why, restated.shown, restated.cause}
    return found


@pytest.mark.filterwarnings("ignore:Sparkline")
def test_hostile_texts_stay_texts(folder: Path) -> None:
    """More than 10,000 texts that look like formulas, in every field, are read back as the same texts."""
    meant = alone(hostile_card())
    assert len(meant) > 10_000
    found = {text for rows in cells(folder / "hostile.xlsx").values() for text in texts(rows)}
    assert meant <= found
    again = {unescape(text) for rows in others_cells(folder / "hostile.xlsx").values() for text in texts(rows)}
    assert {text.replace("_x0041_", "A").replace("_x003D_", "=") for text in meant} <= {
        text.replace("_x0041_", "A").replace("_x003D_", "=") for text in again
    }


def test_odd_texts(tmp_path: Path) -> None:
    """Half characters, markup, escapes and texts longer than a cell come out readable, and what was cut is said."""
    odd = (
        "a\ud800b",
        "<r><t>x</t></r>",
        "_x000D_ as it is",
        "a\x01b",
        "\ud83d\ude00",
        "x" * 40_000 + "end",
        "&amp; <b>",
    )
    card = made_card("en", facts=(*((text, text[::-1]) for text in odd[:-2]), ("long", odd[-2]), ("more", odd[-1])))
    rows = list(card.rows)
    card = replace(card, groups=(Group("g", odd[0], Figure(), (replace(rows[0], label=odd[3]),)),))  # fmt: skip
    write_workbook(tmp_path / "book.xlsx", card)
    pages = cells(tmp_path / "book.xlsx")
    found = texts(pages["Scorecard"])
    assert {"a\ufffdb", "<r><t>x</t></r>", "_x000D_ as it is", "a\x01b", "😀", "&amp; <b>"} <= set(found)
    assert next(len(text) for text in found if text.startswith("xx")) == 32_767
    assert any("shortened: Scorecard!B" in text for text in texts(pages["Notes"]))
    for member, content in parts(tmp_path / "book.xlsx").items():
        etree.fromstring(content), member


PROGRAM = """
import hashlib, sys, tempfile
from pathlib import Path
from loyalty_xl.sharing.workbook import write_workbook
from tests.sharing.cards import made_card
for language in ("zh", "en", "both"):
    with tempfile.TemporaryDirectory() as folder:
        write_workbook(Path(folder) / "again.xlsx", made_card(language))
        print(hashlib.sha256((Path(folder) / "again.xlsx").read_bytes()).hexdigest())
"""


def test_same_bytes(folder: Path) -> None:
    """The same card gives the same bytes in another process, zone, language and order of hashes."""
    environment = os.environ | {"TZ": "America/New_York", "LC_ALL": "C", "PYTHONUTF8": "1", "PYTHONHASHSEED": "4711"}
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=root, timeout=60)
    assert run.stdout.split() == [
        hashlib.sha256((folder / f"{language}.xlsx").read_bytes()).hexdigest() for language in LANGUAGES
    ]


def test_seal(folder: Path) -> None:
    """A sealed workbook opens with its password to the same bytes, and with no other."""
    plain = (folder / "en.xlsx").read_bytes()
    sealed = seal(plain, "pass 4711 词")
    assert not zipfile.is_zipfile(io.BytesIO(sealed))
    opened = io.BytesIO()
    office = msoffcrypto.OfficeFile(io.BytesIO(sealed))
    office.load_key(password="pass 4711 词", verify_password=True)
    office.decrypt(opened)
    assert opened.getvalue() == plain
    with pytest.raises(InvalidKeyError):
        msoffcrypto.OfficeFile(io.BytesIO(sealed)).load_key(password="pass 4711", verify_password=True)
    with pytest.raises(ValueError, match="needs a password"):
        seal(plain, "")


def test_a_seal_that_does_not_open_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what was encrypted cannot be opened again it is an error that does not hold the password."""
    monkeypatch.setattr("msoffcrypto.method.ecma376_agile.ECMA376Agile.encrypt", lambda password, _: b"no package" * 99)
    with pytest.raises(WriteError) as caught:
        seal(b"PK" * 4000, "secret-4711")
    assert "4711" not in repr(caught.value) + caught.value.text("both")


@pytest.mark.libreoffice
def test_libreoffice(folder: Path, tmp_path: Path) -> None:
    """LibreOffice opens it with the same numbers on every page, and finds no formula even among hostile texts."""
    program = libreoffice.program()
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("LibreOffice is not installed")
    for name in ("both", "hostile"):
        shutil.copy(folder / f"{name}.xlsx", tmp_path)
    made = tmp_path / "made"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    books = [str(tmp_path / f"{name}.xlsx") for name in ("both", "hostile")]
    command = [
        program,
        profile,
        "--headless",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
        "--outdir",
        str(made),
        *books,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    for rows, meant in zip(cells(made / "both.xlsx").values(), expected(made_card("both")), strict=True):
        assert same(numbers(rows), meant)
    for name in ("both", "hostile"):
        for member, content in parts(made / f"{name}.xlsx").items():
            assert not re.search(rb"<f[ >/]", content), member
