"""The ledger: what was written stays written, whatever happens while the next line is on its way."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_xl.errors import WriteError
from loyalty_xl.sharing.ledger import Ledger, Mail, Share, State

AT = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)
MAIL = Mail("card", "a@example.com", "<1@example.com>", State.QUEUED, AT)
SHARE = Share("card", "2026-07", 2, date(2026, 8, 5), {"nps": 42.0, "说明": "七月\ud800"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".loyalty_shares" / "记分卡.xlsx.jsonl"


def test_nothing_is_made_by_looking(path: Path) -> None:
    """A ledger that is only read makes neither file nor folder."""
    ledger = Ledger(path)
    assert not ledger.shares
    assert ledger.state("card", "a@example.com") == Mail("card", "a@example.com")
    assert not path.parent.exists()


def test_what_is_noted_is_read_again(path: Path) -> None:
    """Shares with their facts, and the last state of each mail, come back; upper and lower case are one address."""
    ledger = Ledger(path)
    ledger.add_share(SHARE)
    ledger.note(MAIL)
    sent = replace(MAIL, state=State.SENT)
    ledger.note(sent)
    ledger.note(replace(MAIL, address="B@Example.com", state=State.FAILED, why="550 没有此人"))
    for each in (ledger, Ledger(path)):
        assert each.shares == [SHARE]
        assert each.state("card", "A@EXAMPLE.com") == sent
        assert each.state("card", "b@example.com").why == "550 没有此人"
        assert each.state("other", "a@example.com").state is State.NEW
    assert [json.loads(line)["kind"] for line in path.read_text("utf-8").splitlines()] == [
        "shared",
        "mail",
        "mail",
        "mail",
    ]
    assert not list(path.parent.glob(".*lock"))


def test_whoever_died_while_sending_does_not_know(path: Path) -> None:
    """A mail that was being sent when its process ended is unknown to the next one."""
    ledger = Ledger(path)
    ledger.note(replace(MAIL, state=State.SENDING))
    assert ledger.state("card", "a@example.com").state is State.SENDING
    assert Ledger(path).state("card", "a@example.com").state is State.UNKNOWN


def test_every_torn_line(path: Path) -> None:
    """Cut anywhere in its last line the ledger keeps all before it, and takes further entries without loss."""
    ledger = Ledger(path)
    ledger.add_share(SHARE)
    ledger.note(replace(MAIL, state=State.SENDING))
    ledger.note(replace(MAIL, state=State.SENT))
    whole = path.read_bytes()
    last = whole[:-1].rfind(b"\n") + 1
    for cut in range(last, len(whole)):
        path.write_bytes(whole[:cut])
        torn = Ledger(path)
        complete = cut == len(whole) - 1
        assert torn.state("card", "a@example.com").state is (State.SENT if complete else State.UNKNOWN)
        assert torn.unreadable == ([] if complete or cut == last else [3])
        if cut % 20 == 0:
            torn.note(replace(MAIL, address="b@example.com"))
            again = Ledger(path)
            assert again.shares == [SHARE]
            assert again.state("card", "b@example.com").state is State.QUEUED
            assert [each.code for each in again.findings()] == (["W437"] if torn.unreadable else [])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=30), st.sampled_from([b"{}", b"[]", b"null", b'{"kind":"mail"}', b'{"kind":"shared","on":3}', b"\0" * 50, b'{"kind":"mail","scorecard":"c","address":5,"state":"sent","at":"2026-08-05"}'])), max_size=4))  # fmt: skip
def test_any_other_line_is_passed_over(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    """Whatever stands on another line, entries are neither lost nor invented."""
    path = tmp_path_factory.mktemp("ledger") / "book.jsonl"
    entry = b'{"address":"a@example.com","at":"2026-08-05T09:30:00+00:00","future":1,"kind":"mail","message_id":"<1@example.com>","resend":0,"scorecard":"card","state":"queued","why":""}'
    path.write_bytes(b"\n".join([*lines, entry, *lines, b""]))
    ledger = Ledger(path)
    assert ledger.state("card", "a@example.com") == MAIL
    assert not ledger.shares


def test_another_process_waits_for_nobody(path: Path) -> None:
    """While one process holds the ledger another is told who has it, and changes nothing."""
    ledger = Ledger(path)
    program = (
        "import sys; from pathlib import Path; from datetime import date; from loyalty_xl.errors import MailError\n"
        "from loyalty_xl.sharing.ledger import Ledger, Share\n"
        "try: Ledger(Path(sys.argv[1])).add_share(Share('c', 'p', 1, date(2026, 8, 5)))\n"
        "except MailError as error: print(error.code, error.exit_code, 'pid' in error.en and 'pid' in error.zh)"
    )
    with ledger.locked():
        ledger.note(MAIL)  # whoever holds it may write
        run = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
        assert run.stdout.split() == ["E434", "5", "True"]
        assert not Ledger(path).shares
    subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert [each.period for each in Ledger(path).shares] == ["p"]


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Where nothing can be written it is said so, before anything is sent."""
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError):
        Ledger(tmp_path / "file" / "x.jsonl").note(MAIL)
