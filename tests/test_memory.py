"""What a process remembers of its last run: the same results, nothing personal, and a switch."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import loyalty_xl
from loyalty_xl import memory, refresh
from loyalty_xl.books import unread
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.saving import replace_file
from loyalty_xl.demo import FILES
from loyalty_xl.errors import WriteError
from loyalty_xl.opening import open_book
from loyalty_xl.pipeline import Refresh
from tests.conftest import TODAY, small_book


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin and end without a memory, and write the same time each time."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    loyalty_xl.forget()
    yield
    loyalty_xl.forget()


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four sheets of the small company in files; every sheet is treated as a large one."""
    monkeypatch.setattr(unread, "LARGE", 0)
    return small_book(tmp_path, "Orders", "Customers", "SurveyResponses", "Complaints")


def change(book: Path, sheet: str, cells: Mapping[tuple[int, int], Any]) -> None:
    """Type into a workbook."""
    patch = Patch(book)
    for (row, column), value in cells.items():
        patch.put(sheet, row, column, value)
    replace_file(book, patch.save, patch.verify, backups=None)


def replaced(file: Path, old: str, new: str) -> None:
    """Change a text in a file, the first time it occurs behind the header."""
    head, rest = file.read_text("utf-8").split("\n", 1)
    assert old in rest
    file.write_text(f"{head}\n{rest.replace(old, new, 1)}", "utf-8")


def without_last(file: Path) -> None:
    """Take the last line out of a file."""
    file.write_text("\n".join(file.read_text("utf-8").splitlines()[:-1]) + "\n", "utf-8")


def run(book: Path, **more: Any) -> Refresh:
    """Refresh without writing."""
    return refresh(book, dry_run=True, by="test", **{"period": "2025", "today": TODAY, **more})


def told(made: Refresh) -> tuple[Any, ...]:
    """Everything that a run says."""
    kept = {name: (each.frame.to_csv(), each.ledger, each.left_out, each.counts.to_csv()) for name, each in made.sheets.items()}  # fmt: skip
    return (
        made.period,
        made.as_of,
        made.results,
        made.lines,
        made.tables,
        made.findings,
        made.totals,
        kept,
        made.run_log,
    )


def test_any_change_is_seen(book: Path) -> None:
    """Whatever changes (a file, a cell, a setting, a day, what is asked for), a warm process says what a fresh one says."""
    files = book.parent / "files"
    orders, complaints = next(files.glob("*rders*")), next(files.glob("*omplaints*"))
    before = told(run(book))
    amount = orders.read_text("utf-8").split("\n")[1].split(",")
    steps: list[tuple[Any, dict[str, Any]]] = [
        (lambda: replaced(orders, amount[0], "O-new"), {}),
        (lambda: without_last(complaints), {"settings": {"nps_promoter_min": "8"}}),  # neither bears on the other
        (lambda: change(book, "Targets", {(2, 1): "nps", (2, 2): "2025", (2, 3): 44}), {"as_of": date(2025, 7, 1)}),
        (lambda: None, {"today": date(2025, 3, 1)}),
        (lambda: change(book, "Mapping", {(2, 1): "Orders", (2, 2): orders.read_text().split(",")[0], (2, 3): "-"}), {}),
    ]  # fmt: skip
    for step, asked in steps:
        step()
        warm = told(run(book, **asked))
        assert warm != before
        assert warm == told(run(book, reuse=False, **asked))
        before = warm


def test_the_workbook_is_the_same_to_the_byte(book: Path, tmp_path: Path) -> None:
    """After a change, a warm process writes the very bytes that a fresh one writes."""
    first = refresh(book, period="2025", today=TODAY, by="test", recalculate=False)
    assert first.written_to
    assert any(isinstance(each, unread.Note) for each in memory.values())
    change(book, "Targets", {(2, 1): "nps", (2, 2): "2025", (2, 3): 44})
    other = tmp_path / "other.xlsx"
    shutil.copy(book, other)
    warm = refresh(book, period="2025", today=TODAY, by="test", recalculate=False)
    cold = refresh(other, period="2025", today=TODAY, by="test", recalculate=False, reuse=False)
    assert warm.written_to
    assert cold.written_to
    assert book.read_bytes() == other.read_bytes()
    assert refresh(book, period="2025", today=TODAY, by="test").up_to_date
    assert refresh(book, period="2025", today=TODAY, by="test", reuse=False).up_to_date


def texts(held: Any, seen: set[int]) -> Iterator[str]:
    """Every text within something."""
    if id(held) in seen:
        return
    seen.add(id(held))
    if isinstance(held, str):
        yield held
    elif isinstance(held, pd.DataFrame | pd.Series | pd.Index):
        yield from set(map(str, held.astype("object").to_numpy().ravel().tolist()))
    elif isinstance(held, Mapping):
        for pair in held.items():
            yield from texts(pair, seen)
    elif isinstance(held, tuple | list | set | frozenset):
        for each in held:
            yield from texts(each, seen)
    elif is_dataclass(held):
        for each in fields(held):
            yield from texts(getattr(held, each.name), seen)
    elif hasattr(held, "to_native"):
        yield from texts(held.to_native(), seen)


def test_nothing_personal_is_held(demo: Path) -> None:
    """No cell of a personal field is in memory after a run, whichever sheet it stands in."""
    (orders,) = (demo.parent / FILES).glob("*orders.csv")
    orders.write_bytes(b"".join(orders.read_bytes().splitlines(keepends=True)[:500]))  # the rest names nobody either
    made = refresh(demo, today=TODAY, by="test", dry_run=True)
    words: dict[bool, set[str]] = {True: set(), False: set()}
    for sheet in made.sheets.values():
        for field in sheet.contract.fields:
            if field.name in sheet.sent:
                words[field.personal] |= {str(text) for text in sheet.frame[field.name].dropna() if len(str(text)) > 3}
    personal = words[True] - words[False]  # ThemeWords quotes a complaint as its example: there it is not personal
    held = set(texts(memory.values(), set()))
    assert len(personal) > 100
    assert memory.size() > 100_000
    assert not personal & held


def test_it_can_be_switched_off(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With LOYALTY_XL_NO_CACHE=1 nothing is remembered, and after forget() nothing is held."""
    monkeypatch.setenv(memory.SWITCH, "1")
    run(book)
    assert not memory.values()
    monkeypatch.delenv(memory.SWITCH)
    run(book)
    assert memory.values()
    loyalty_xl.forget()
    assert not memory.values()
    assert not memory.size()


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was used longest ago leaves first, and what is too large is not held."""
    monkeypatch.setattr(memory, "MOST", 100)
    for name in "abc":
        memory.remember(name, name, 40)
        memory.recall("a")
    assert [memory.recall(name) for name in "abc"] == ["a", None, "c"]
    memory.remember("d", "d", 101)
    assert memory.recall("d") is None
    assert memory.size() == 80


def test_a_run_does_not_change_what_is_held(book: Path) -> None:
    """A sheet that a run changed in place is handed out unchanged to the next."""
    before = run(book)
    before.sheets["Orders"].frame["amount"] = 0.0
    before.sheets["Orders"].left_out["error"] = 99
    again = run(book)
    again.sheets["Orders"].frame.loc[:, "amount"] = 1.0
    assert told(run(book)) == told(run(book, reuse=False))


def test_unchanged_cells_are_read_when_somebody_looks(book: Path) -> None:
    """A large sheet that is known is not read; whoever looks at it gets its cells, unless the file changed meanwhile."""
    refresh(book, period="2025", today=TODAY, by="test", recalculate=False)
    run(book)
    with open_book(book) as opened:
        sheets = opened.pending.result()
    known = [each for each in sheets.values() if isinstance(each, unread.Unread)]
    assert known
    with memory.reusing(reuse=False), open_book(book) as opened:
        fresh = opened.pending.result()[known[0].name]
    assert len(known[0]) == len(fresh) > 0
    assert not isinstance(known[0], unread.Unread)
    assert known[0].columns.keys() == fresh.columns.keys()
    refresh(book, period="2024", today=TODAY, by="test", recalculate=False)  # written anew, known anew
    with open_book(book) as opened:
        late = [each for each in opened.pending.result().values() if isinstance(each, unread.Unread)]
    change(book, "Targets", {(2, 1): "nps", (2, 2): "2025", (2, 3): 45})
    with pytest.raises(WriteError):
        len(late[0])
