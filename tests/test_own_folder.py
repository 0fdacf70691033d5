"""Folders that commands write into again and again: whose files are whose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loyalty_xl.errors import UsageError, WriteError
from loyalty_xl.own_folder import OwnFolder

ABOUT = "list.json"


def own(path: Path) -> OwnFolder:
    return OwnFolder(path, ABOUT, "不是我们的", "that are none of ours")


def backups(path: Path) -> list[bytes]:
    return [each.read_bytes() for each in sorted((path / ".loyalty_backups").rglob("*.*")) if each.is_file()]


def test_what_is_written_is_remembered(tmp_path: Path) -> None:
    """The files are there with their bytes, and the list holds their names and hashes beside the facts."""
    folder = tmp_path / "new" / "folder"
    written = own(folder).write({"b.txt": b"2", "a.txt": b"1"}, {"workbook": "book.xlsx"}, "2026-07")
    assert [path.name for path in written] == ["b.txt", "a.txt"]
    assert [path.read_bytes() for path in written] == [b"2", b"1"]
    held = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    assert held["workbook"] == "book.xlsx"
    assert {name: each["period"] for name, each in held["files"].items()} == {"a.txt": "2026-07", "b.txt": "2026-07"}


def test_same_bytes_are_not_written_again(tmp_path: Path) -> None:
    """A second run with the same contents leaves the file itself in place."""
    (path,) = own(tmp_path).write({"a.txt": b"1"})
    before = path.stat()
    own(tmp_path).write({"a.txt": b"1"})
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_ours_is_replaced_and_what_somebody_wrote_is_kept(tmp_path: Path) -> None:
    """A file as we wrote it is replaced without a trace; one that somebody changed is among the backups."""
    own(tmp_path).write({"a.txt": b"1", "b.txt": b"1"})
    (tmp_path / "b.txt").write_bytes(b"mine")
    own(tmp_path).write({"a.txt": b"2", "b.txt": b"2"})
    assert (tmp_path / "a.txt").read_bytes() == (tmp_path / "b.txt").read_bytes() == b"2"
    assert backups(tmp_path) == [b"mine"]


def test_files_of_others_stop_everything(tmp_path: Path) -> None:
    """One file that is not ours: E404 with its name, and nothing is written."""
    (tmp_path / "b.txt").write_bytes(b"theirs")
    with pytest.raises(UsageError, match=r"b\.txt") as refused:
        own(tmp_path).write({"a.txt": b"1", "b.txt": b"1"})
    assert refused.value.code == "E404"
    assert "不是我们的同名文件" in refused.value.zh
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]
    assert (tmp_path / "b.txt").read_bytes() == b"theirs"


def test_a_run_that_stops_halfway_can_be_repeated(tmp_path: Path) -> None:
    """A file that cannot be replaced stops the run; afterwards the rest is still known as ours."""
    own(tmp_path).write({"a.txt": b"1"})
    (tmp_path / "b.txt").mkdir()
    listed = json.loads((tmp_path / ABOUT).read_text(encoding="utf-8"))
    listed["files"]["b.txt"] = {"period": "", "hash": "0"}
    (tmp_path / ABOUT).write_text(json.dumps(listed), encoding="utf-8")
    with pytest.raises(WriteError):
        own(tmp_path).write({"a.txt": b"2", "b.txt": b"2", "c.txt": b"2"})
    (tmp_path / "b.txt").rmdir()
    own(tmp_path).write({"a.txt": b"3", "b.txt": b"3", "c.txt": b"3"})
    assert {path.read_bytes() for path in tmp_path.glob("*.txt")} == {b"3"}
    assert backups(tmp_path) == []


def test_only_ours_of_the_period_is_taken_away(tmp_path: Path) -> None:
    """What stays, what belongs to another period, what somebody changed and what is not ours are left where they are."""
    own(tmp_path).write({"old.txt": b"1"}, period="2026-06")
    own(tmp_path).write({"gone.txt": b"1", "changed.txt": b"1", "stays.txt": b"1"}, {"workbook": "b"}, "2026-07")
    (tmp_path / "changed.txt").write_bytes(b"mine")
    (tmp_path / "theirs.txt").write_bytes(b"theirs")
    assert own(tmp_path).take_away("2026-07", ["stays.txt"]) == [tmp_path / "gone.txt"]
    assert {path.name for path in tmp_path.glob("*.txt")} == {"old.txt", "changed.txt", "stays.txt", "theirs.txt"}
    held = json.loads((tmp_path / ABOUT).read_text(encoding="utf-8"))
    assert held["workbook"] == "b"
    assert sorted(held["files"]) == ["changed.txt", "old.txt", "stays.txt"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"files": {"../out.txt": {"period": "", "hash": ""}}}', '{"files": 7}', '{"files": {"a.txt": 1}}'])  # fmt: skip
def test_a_list_that_cannot_be_read_makes_nothing_ours(tmp_path: Path, text: str) -> None:
    """A damaged list, and one that leads out of the folder: nothing is replaced or taken away."""
    folder = tmp_path / "in"
    folder.mkdir()
    for path in (tmp_path / "out.txt", folder / "a.txt"):
        path.write_bytes(b"theirs")
    (folder / ABOUT).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError):
        own(folder).write({"a.txt": b"1"})
    assert own(folder).take_away("", []) == []
    assert (tmp_path / "out.txt").read_bytes() == (folder / "a.txt").read_bytes() == b"theirs"


def test_lists_of_names_are_read(tmp_path: Path) -> None:
    """A list of an earlier version, which knew names only, says as well which files are ours."""
    (tmp_path / "a.txt").write_bytes(b"1")
    (tmp_path / ABOUT).write_text('{"files": ["a.txt"]}', encoding="utf-8")
    own(tmp_path).write({"a.txt": b"2"})
    assert (tmp_path / "a.txt").read_bytes() == b"2"
    assert backups(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """Where a file stands in the place of the folder the error names it, and nothing is written."""
    (tmp_path / "taken").write_bytes(b"mine")
    for folder in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(WriteError, match=folder.name) as caught:
            own(folder).write({"a.txt": b"1"})
        assert caught.value.code == "E404"
    assert (tmp_path / "taken").read_bytes() == b"mine"
