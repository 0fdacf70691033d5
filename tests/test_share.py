"""The share as a whole, by the command: the same numbers as the Scorecard, the same bytes again, and nothing that should not go out."""

from __future__ import annotations

import email
import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from email import policy
from pathlib import Path
from typing import Any

import msoffcrypto
import pytest
from python_calamine import CalamineWorkbook

from loyalty_xl import month_end, refresh
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.reading import read
from loyalty_xl.cli import main
from loyalty_xl.contracts.control import SETTINGS, TARGETS
from loyalty_xl.contracts.control_share import RECIPIENTS
from loyalty_xl.publish.layout import held, read_layout
from loyalty_xl.refreshing import as_shown
from loyalty_xl.share import LEDGERS, prepare
from tests.conftest import TODAY, small_book
from tests.sharing.test_sending import Postbox, serving

PERIOD = "2025-12"
PEOPLE = (
    {"name": "王芳", "address": "wang.fang@example.com", "language": "zh"},
    {"name": "Anna Lee", "address": "anna@example.com", "language": "en", "segments": "region=NORTH"},
    {"name": "Ben Fox", "address": "ben@example.com", "language": "en", "segments": "region=NORTH"},
)


def typed(book: Path, cells: dict[tuple[str, int, int], Any]) -> None:
    """Type values into cells: sheet, row, column."""
    patch = Patch(book)
    for place, value in cells.items():
        patch.put(*place, value)
    new = book.with_suffix(".new.xlsx")
    patch.save(new)
    new.replace(book)


def rows(contract: Any, *texts: dict[str, Any], first: int = 2) -> dict[tuple[str, int, int], Any]:
    """Rows of a control sheet as cells."""
    column = {name: number for number, name in enumerate(contract.names, start=1)}
    return {
        (contract.name, row, column[name]): value
        for row, each in enumerate(texts, first)
        for name, value in each.items()
    }


def setting(book: Path, key: str, value: Any) -> dict[tuple[str, int, int], Any]:
    """A setting as a cell."""
    page = read(book, ["Settings"])["Settings"]
    row = next(int(row) for row in page.rows if held(page, int(row), 1) == key)
    return {("Settings", row, SETTINGS.names.index("value") + 1): value}


@pytest.fixture(scope="module", autouse=True)
def settled() -> Iterator[None]:
    """No recalculation, and a clock that stands still."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOYALTY_XL_NO_RECALC", "1")
        patch.setenv("SOURCE_DATE_EPOCH", "1786233600")  # 2026-08-09
        yield


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sheets of the small company with targets, a target for a region, and recipients, refreshed; copied by every test."""
    folder = tmp_path_factory.mktemp("shared")
    book = small_book(folder, "Orders", "Customers", "SurveyResponses", "Regions")
    aims = (
        {"kpi": "nps", "period": PERIOD, "target": 50.0, "owner": "Wang", "weight": 2.0},
        {"kpi": "repeat_purchase_rate", "period": PERIOD, "target": 0.1, "owner": "Chen"},
        {
            "kpi": "new_customers_per_month",
            "period": PERIOD,
            "target": 1.0,
            "segment_dim": "region",
            "segment": "NORTH",
        },
    )
    typed(book, rows(RECIPIENTS, *PEOPLE) | rows(TARGETS, *aims, first=40) | setting(book, "min_cell", 2.0))
    refresh(book, period=PERIOD, today=TODAY, by="test")
    return folder


@pytest.fixture
def book(company: Path, tmp_path: Path) -> Path:
    """A copy of one's own."""
    shutil.copytree(company, tmp_path / "own")
    return tmp_path / "own" / "book.xlsx"


def share(book: Path, *more: str) -> int:
    """Share without PDF and pictures."""
    return main(["share", str(book), "--no-pictures", "--lang", "en", *more])


def files(book: Path) -> dict[str, bytes]:
    """What lies in the folder of a share, but for the list of our files."""
    folder = book.with_name("book_share")
    return (
        {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".json"}
        if folder.is_dir()
        else {}
    )


def shown(book: Path) -> dict[tuple[str, str], Any]:
    """Actuals of a workbook's Scorecard by KPI and segment."""
    page = read(book, ["Scorecard"])["Scorecard"]
    layout = read_layout(page)
    assert layout is not None
    return {line: held(page, row, layout.columns["actual"]) for line, row in layout.lines.items()}


def test_what_is_shared_is_what_the_scorecard_shows(book: Path, tmp_path: Path) -> None:
    """Every number of the Scorecard stands in the static workbook, unless it is of too few; each audience sees its own segments only."""
    assert share(book) == 0
    made = files(book)
    assert sorted(made) == [
        "mail_NORTH-en.eml", "mail_NORTH-en.txt", "mail_all-zh.eml", "mail_all-zh.txt",
        f"scorecard_{PERIOD}_en_NORTH.html", f"scorecard_{PERIOD}_en_NORTH.xlsx", f"scorecard_{PERIOD}_zh.html", f"scorecard_{PERIOD}_zh.xlsx",
    ]  # fmt: skip
    run = prepare(as_shown(book, today=TODAY), pictures=False)
    board = shown(book)
    for name in (f"scorecard_{PERIOD}_en_NORTH.xlsx", f"scorecard_{PERIOD}_zh.xlsx"):
        sheet = CalamineWorkbook.from_path(str(book.with_name("book_share") / name)).get_sheet_by_index(0)
        numbers = [cell for row in sheet.to_python() for cell in row if isinstance(cell, float | int)]
        card = next(each.card for each in run.packages.values() if f"{each.stem}.xlsx" == name)
        told = 0
        for row in card.rows:
            value = board[row.key, "All" if row.segment_dim == "all" else f"{row.segment_dim}={row.segment}"]
            if row.actual.shown:
                assert row.actual.value == value
                assert any(math.isclose(value, each, rel_tol=1e-15) for each in numbers)
                told += 1
            elif not row.actual.suppressed:
                assert not isinstance(value, float)
        assert told > 5
    both = {name: data.decode() for name, data in made.items() if name.endswith(".html")}
    assert "SOUTH" not in both[f"scorecard_{PERIOD}_en_NORTH.html"]
    letters = {
        name: email.message_from_bytes(made[name], policy=policy.default) for name in made if name.endswith(".eml")
    }
    assert letters["mail_NORTH-en.eml"]["To"] == "Anna Lee <anna@example.com>, Ben Fox <ben@example.com>"
    assert letters["mail_all-zh.eml"]["X-Unsent"] == "1"
    attached = next(letters["mail_all-zh.eml"].iter_attachments())
    assert attached.get_payload(decode=True) == made[f"scorecard_{PERIOD}_zh.xlsx"]


def test_draft_and_comments(book: Path) -> None:
    """Until the figures are approved, subject, page, twin and workbook say that they are a draft; a number in a comment is masked."""
    layout = read_layout(read(book, ["Scorecard"])["Scorecard"])
    assert layout is not None
    typed(book, {("Scorecard", layout.lines["nps", "All"], layout.columns["comment"]): "late, call 138-0013-8000"})
    assert share(book) == 0
    made = files(book)
    letter = email.message_from_bytes(made["mail_NORTH-en.eml"], policy=policy.default)
    assert "DRAFT" in letter["Subject"]
    assert "DRAFT" in made[f"scorecard_{PERIOD}_en_NORTH.html"].decode()
    assert "草稿" in made["mail_all-zh.txt"].decode()
    assert "late, call ***" in made[f"scorecard_{PERIOD}_zh.html"].decode()
    first = CalamineWorkbook.from_path(str(book.with_name("book_share") / f"scorecard_{PERIOD}_zh.xlsx"))
    cells = [str(cell) for row in first.get_sheet_by_index(0).to_python() for cell in row]
    assert any("草稿" in cell for cell in cells)
    assert "late, call ***" in cells


PROBE = """
import sys
sys.path[:0] = [{root!r}]
told = []
sys.addaudithook(lambda event, _: told.append(event) if event.startswith("socket.") and event != "socket.gethostname" else None)
from loyalty_xl.cli import main
code = main(["share", {book!r}, "--lang", "en"])
print("sockets:", told, "code:", code)
"""


def test_the_same_bytes_elsewhere_and_no_socket(book: Path, tmp_path: Path) -> None:
    """Another folder, time zone, locale and hash seed: every file of a share with pictures is the same, and not one socket was opened."""
    outcomes = []
    for name, more in (
        ("one", {"TZ": "Asia/Shanghai", "LC_ALL": "C", "PYTHONHASHSEED": "1"}),
        ("two", {"TZ": "America/Lima", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"}),
    ):
        own = shutil.copytree(book.parent, tmp_path / name) / "book.xlsx"
        code = PROBE.format(root=str(Path(__file__).parent.parent), book=str(own))
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **more},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert "sockets: [] code: 0" in run.stdout, run.stdout + run.stderr
        outcomes.append(files(own))
    assert outcomes[0] == outcomes[1]
    endings = {Path(name).suffix for name in outcomes[0]}
    assert {".xlsx", ".html", ".eml", ".txt"} <= endings
    if shutil.which("soffice"):
        assert {".pdf", ".png"} <= endings


def test_a_correction_replaces_the_version_before(book: Path) -> None:
    """A changed answer: version 2 says what it replaces, from what to what and why; sharing twice changes nothing, not even the version."""
    assert share(book) == 0
    before = files(book)
    assert share(book) == 0
    assert files(book) == before
    answers = book.parent / "files" / "SurveyResponses.csv"
    answers.write_text(re.sub(r",9,", ",2,", answers.read_text(encoding="utf-8")), encoding="utf-8")
    refresh(book, period=PERIOD, today=TODAY, by="test")
    assert share(book) == 0
    new = files(book)
    assert f"scorecard_{PERIOD}_v2_zh.xlsx" in new
    assert set(before) <= set(new)  # version 1 lies there still
    assert "替代 8月9日 第1版" in new[f"scorecard_{PERIOD}_v2_zh.html"].decode()
    plain = new["mail_NORTH-en.txt"].decode()
    assert "Replaces version 1 of 9 Aug" in plain
    assert "SurveyResponses" in plain  # the cause


def test_preview_writes_nothing(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A preview tells files, sizes, recipients and figures that are not shown, and leaves folder and ledger alone; so does a share before a refresh."""
    there = sorted(path.name for path in book.parent.iterdir())
    assert share(book, "--preview", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert sorted(path.name for path in book.parent.iterdir()) == there
    assert told["files"][f"scorecard_{PERIOD}_zh.xlsx"] > 10_000
    assert [group["recipients"] for group in told["groups"]] == [
        ["anna@example.com", "ben@example.com"],
        ["wang.fang@example.com"],
    ]
    assert {each["why"] for each in told["suppressed"]} <= {"small", "derived"}
    assert told["suppressed"]
    assert told["written_to"] is None
    typed(book, rows(RECIPIENTS, {"name": "Cy", "address": "cy@example,com", "language": "français"}, first=5))
    assert share(book, "--preview", "--json") == 1  # who gets it is no matter of what the workbook shows
    assert "E420" in capsys.readouterr().out
    typed(book, rows(TARGETS, {"kpi": "nps", "period": PERIOD, "target": 60.0}, first=40))
    assert share(book) == 2  # what would be shared is not what the workbook shows
    assert "refresh" in capsys.readouterr().err
    assert not files(book)


def test_what_is_personal_stops_the_share(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ids, a number and an address typed beside the figures: nothing is written, and every place is named."""
    page = read(book, ["Scorecard"])["Scorecard"]
    layout = read_layout(page)
    assert layout is not None
    beside = {
        ("nps", "comment"): "ask C01 why",
        ("repeat_purchase_rate", "comment"): "call 138-0013-8000",
        ("nps", "action_by"): "bob@example.org",
    }
    cells = {
        ("Scorecard", layout.lines[kpi, "All"], layout.columns[what]): text for (kpi, what), text in beside.items()
    }
    typed(book, cells | rows(TARGETS, {"owner": "see C02"}, first=40) | setting(book, "mask_comments", "no"))
    refresh(book, period=PERIOD, today=TODAY, by="test")
    assert share(book) == 3
    said = capsys.readouterr().err
    assert said.startswith("E410")
    told = [line for line in said.splitlines() if f"  scorecard_{PERIOD}_en_NORTH.xlsx › Scorecard!" in line]
    assert len(told) == 3  # one line for each kind, with all its places
    for kind, places in (("id of a customer", 2), ("telephone number", 1), ("e-mail address", 1)):
        (line,) = (each for each in told if kind in each)
        assert line.count("Scorecard!") == places
    assert not files(book)
    assert not (book.parent / LEDGERS).exists()


def test_restatements_and_approval_reach_the_share(book: Path) -> None:
    """Closed, changed, refreshed, approved: the share holds Restatements with their cause, and is no draft any more."""
    month_end.close(book, PERIOD, by="王芳", today=TODAY)
    answers = book.parent / "files" / "SurveyResponses.csv"
    answers.write_text(re.sub(r",9,", ",2,", answers.read_text(encoding="utf-8")), encoding="utf-8")
    refresh(book, period=PERIOD, today=TODAY, by="test")
    typed(book, {("Periods", 2, 7): "王芳", ("Periods", 2, 8): date(2026, 8, 9)})
    refresh(book, period=PERIOD, today=TODAY, by="test")
    made = prepare(as_shown(book, today=TODAY), pictures=False)
    cards = [each.card for each in made.packages.values()]
    assert all(not card.is_draft for card in cards)
    assert all(
        any("SurveyResponses" in each.cause or "问卷" in each.cause for each in card.restatements) for card in cards
    )
    assert "DRAFT" not in made.files["mail_NORTH-en.txt"].decode()


def test_a_password_hides_everything_else(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a password only the sealed workbook tells figures: no page, no picture, no number in the mail; the password is nowhere."""
    monkeypatch.setenv("LOYALTY_XL_SHARE_PASSWORD", "correct horse 9")
    assert main(["share", str(book), "--password", "--no-pictures", "--lang", "en"]) == 0
    made = files(book)
    assert {Path(name).suffix for name in made} == {".xlsx", ".eml", ".txt"}
    assert all(b"correct horse" not in data for data in made.values())
    with (book.with_name("book_share") / f"scorecard_{PERIOD}_zh.xlsx").open("rb") as file:
        sealed = msoffcrypto.OfficeFile(file)
        assert sealed.is_encrypted()
        sealed.load_key(password="correct horse 9", verify_password=True)
    body = email.message_from_bytes(made["mail_NORTH-en.eml"], policy=policy.default)
    text = body.get_body(("plain",)).get_content() + body["Subject"]
    assert "%" not in text
    assert "missed" not in text


def test_send_shows_the_list_and_sends_when_agreed(
    book: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command sends each recipient one message through a real server, when that is agreed; a stranger's domain stops all of the next run."""
    postbox = Postbox()
    with serving(postbox) as server:
        for name, value in (
            ("HOST", server.host),
            ("PORT", str(server.port)),
            ("SECURITY", "none"),
            ("FROM", "finance@example.com"),
        ):
            monkeypatch.setenv(f"LOYALTY_XL_SMTP_{name}", value)
        assert share(book, "--send") == 2  # nobody is at a terminal to agree
        assert "anna@example.com: will be sent" in capsys.readouterr().out
        assert postbox.got == []
        assert share(book, "--send", "--yes") == 0
        assert sorted(postbox.got) == sorted(each["address"] for each in PEOPLE)
        assert (
            share(book, "--send", "--yes", "--resend", "anna@example.com", "--set", "allowed_domains=example.org") == 2
        )
        assert "E424" in capsys.readouterr().err
        assert len(postbox.got) == 3
