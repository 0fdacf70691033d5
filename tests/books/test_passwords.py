"""Workbooks under a password: where it comes from, where it must not go, and what is said without it."""

from __future__ import annotations

import getpass
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
import xlsxwriter
from packages import values

from loyalty_xl import refresh
from loyalty_xl.books import passwords
from loyalty_xl.books.preflight import look
from loyalty_xl.books.reading import peek, read
from loyalty_xl.errors import ReadError
from loyalty_xl.inputs import gather
from loyalty_xl.newbook import make_book

SECRET = "Gehëim-密码-7"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No password is known, no keyring is there, and nobody sits at the terminal."""
    passwords.forget()
    monkeypatch.delenv(passwords.VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    yield
    passwords.forget()


def encrypt(source: Path, target: Path, password: str = SECRET) -> Path:
    """Encrypt a workbook as Excel does."""
    from msoffcrypto.format.ooxml import OOXMLFile

    with source.open("rb") as opened, target.open("wb") as made:
        OOXMLFile(opened).encrypt(password, made)
    return target


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """plain.xlsx, and the same under a password as secret.xlsx."""
    folder = tmp_path_factory.mktemp("secret")
    with xlsxwriter.Workbook(folder / "plain.xlsx") as book:
        sheet = book.add_worksheet("Orders")
        sheet.write_row(0, 0, ["order_id", "order_date", "customer_id", "product_id", "quantity", "amount"])
        sheet.write_row(1, 0, ["O1", "2026-01-05", "C1", "P1", 1, 12.5])
        book.add_worksheet("More").write("C3", "x")
    encrypt(folder / "plain.xlsx", folder / "secret.xlsx")
    return folder


def test_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the password in the environment the cells are those of the file without one, and the file stays as it is."""
    before = (folder / "secret.xlsx").read_bytes()
    assert look(folder / "secret.xlsx") == "encrypted"
    monkeypatch.setenv(passwords.VARIABLE, SECRET)
    found = read(folder / "secret.xlsx")
    plain = read(folder / "plain.xlsx")
    assert list(found) == list(plain) == ["Orders", "More"]
    assert all(values(found[name]) == values(plain[name]) for name in plain)
    assert [len(each) for each in peek(folder / "secret.xlsx", rows=1)] == [1, 1]
    assert list(read(folder / "secret.xlsx", ["More"])) == ["More"]
    assert (folder / "secret.xlsx").read_bytes() == before


def test_none_and_wrong(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a password it is E106, with a wrong one E107, and the wrong one is in no sentence."""
    with pytest.raises(ReadError) as none:
        read(folder / "secret.xlsx")
    assert none.value.code == "E106"
    monkeypatch.setenv(passwords.VARIABLE, "wrong-one-4711")
    with pytest.raises(ReadError) as wrong:
        read(folder / "secret.xlsx")
    assert wrong.value.code == "E107"
    assert "4711" not in wrong.value.text("both") + repr(wrong.value) + repr(vars(wrong.value))
    assert wrong.value.__cause__ is None


def test_keyring(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keyring gives a password for each file, by its path or name; one that fails is as none."""
    asked = []

    def get_password(service: str, name: str) -> str | None:
        asked.append((service, name))
        return SECRET if name == "secret.xlsx" else None

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password))
    assert list(read(folder / "secret.xlsx")) == ["Orders", "More"]
    assert asked == [("loyalty_xl", str((folder / "secret.xlsx").resolve())), ("loyalty_xl", "secret.xlsx")]
    passwords.forget()

    def locked(service: str, name: str) -> str:
        raise RuntimeError(f"locked: {service} {name}")

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=locked))
    with pytest.raises(ReadError) as none:
        read(folder / "secret.xlsx")
    assert none.value.code == "E106"


def test_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal the person is asked, once for each file; elsewhere nobody is."""
    prompts = []
    monkeypatch.setattr(getpass, "getpass", lambda prompt, stream: prompts.append(prompt) or SECRET)
    with pytest.raises(ReadError):
        read(folder / "secret.xlsx")
    assert not prompts
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    read(folder / "secret.xlsx")
    peek(folder / "secret.xlsx")
    assert len(prompts) == 1
    assert "secret.xlsx" in prompts[0]


def test_the_way_to_the_child(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child gets the password through its pipe: neither its arguments nor its environment hold it, no file does."""
    real, seen = subprocess.Popen, []

    def spy(command: list[str], **options: object) -> object:
        seen.append((command, options["env"]))
        return real(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", spy)
    monkeypatch.setattr(tempfile, "mkstemp", lambda *_, **__: pytest.fail("a temporary file was made"))
    monkeypatch.setenv(passwords.VARIABLE, SECRET)
    read(folder / "secret.xlsx")
    assert seen
    assert SECRET not in json.dumps(seen, ensure_ascii=False)
    assert passwords.VARIABLE not in seen[-1][1]


def test_everybodys_password(folder: Path, tmp_path: Path) -> None:
    """A workbook under the password that Excel itself uses is read without asking."""
    path = encrypt(folder / "plain.xlsx", tmp_path / "protected.xlsx", passwords.EVERYBODYS)
    assert list(read(path)) == ["Orders", "More"]


def test_damaged(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An encrypted file that is cut is E102 once a password is there to try it with."""
    content = (folder / "secret.xlsx").read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(content[: len(content) * 2 // 3])
    monkeypatch.setenv(passwords.VARIABLE, SECRET)
    with pytest.raises(ReadError) as caught:
        read(tmp_path / "cut.xlsx")
    assert caught.value.code == "E102"


def test_a_delivery(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A department file under a password feeds the scorecard, and nothing that is written or said holds the password."""
    make_book(tmp_path / "book.xlsx", "en")
    arguments = {"sources": {"Orders": str(folder / "secret.xlsx")}, "today": date(2026, 11, 1), "by": "test"}
    without = refresh(tmp_path / "book.xlsx", **arguments)  # type: ignore[arg-type]
    assert [each.code for each in without.findings if each.code.startswith("E1")] == ["E106"]
    monkeypatch.setenv(passwords.VARIABLE, SECRET)
    made = refresh(tmp_path / "book.xlsx", **arguments)  # type: ignore[arg-type]
    assert made.sheets["Orders"].rows_read == 1
    assert not [each for each in made.findings if each.code.startswith("E1")]
    assert SECRET not in repr(made.findings) + repr(made.run_log) + repr(made.inputs.digest)
    written = read(tmp_path / "book.xlsx")
    assert not any(SECRET in text for sheet in written.values() for text in sheet.strings)


def test_the_scorecard_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scorecard under a password, or in another format, is refused before anything is read, with or without the password."""
    make_book(tmp_path / "plain.xlsx", "en")
    path = encrypt(tmp_path / "plain.xlsx", tmp_path / "book.xlsx")
    before = path.read_bytes()
    for given in ("", SECRET):
        monkeypatch.setenv(passwords.VARIABLE, given)
        with pytest.raises(ReadError) as caught:
            gather(path, today=date(2026, 11, 1))
        assert caught.value.code == "E106"
        assert "scorecard" in caught.value.en
        assert "记分卡" in caught.value.zh
    assert path.read_bytes() == before
    (tmp_path / "book.parquet").write_bytes(b"PAR1PAR1")
    with pytest.raises(ReadError) as other:
        gather(tmp_path / "book.parquet", today=date(2026, 11, 1))
    assert other.value.code == "E109"
