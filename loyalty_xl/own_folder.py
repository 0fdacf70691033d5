"""A folder into which a command writes files run after run: its own are replaced, other people's never, and what somebody wrote is kept."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.owners import from_os
from loyalty_xl.books.saving import replace_file
from loyalty_xl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
LONGEST = 60  # characters of a part of a file name
Known = dict[str, dict[str, str]]  # file name -> hash, and what it belongs to


@dataclass(frozen=True)
class OwnFolder:
    """A folder and the list in it of the files that one command wrote there.

    Parameters
    ----------
    path
        The folder; it need not exist.
    about
        Name of the list, a JSON file: it says which files are ours, as we wrote them.
    zh, en
        What files of others are not, as the message says it: “{folder} 里已有{zh}同名文件”, "{folder} holds files of the same name {en}".
    """

    path: Path
    about: str
    zh: str
    en: str

    def refuse_others(self, names: Iterable[str]) -> None:
        """Stop where a file of one of these names is there that we did not write.

        Raises
        ------
        UsageError
            E404, with the first of them.
        WriteError
            Nobody may look into the folder.
        """
        known = self._known()
        try:
            others = [name for name in names if name not in known and (self.path / name).exists()]
        except OSError as error:
            raise from_os(error, self.path) from error
        if others:
            listed = ", ".join(others[:3])
            raise UsageError(
                "E404",
                f"{self.path} 里已有{self.zh}同名文件:{listed}。没有覆盖。请换一个文件夹。",
                f"{self.path} holds files of the same name {self.en}: {listed}. Nothing was written. Choose another folder.",
            )

    def write(self, files: Mapping[str, bytes], facts: Mapping[str, Any] | None = None, period: str = "") -> list[Path]:
        """Write *files* unless they are there, each in one step; one that somebody changed goes to the backups.

        The list is written first: whatever stops the rest, our files are known as ours.

        Parameters
        ----------
        files
            Contents by file name.
        facts
            What the list says beside the files.
        period
            What the files belong to: `take_away` asks for it.

        Raises
        ------
        UsageError
            E404, a file of one of the names is not ours; nothing was written.
        WriteError
            The folder cannot be made, or a file cannot be replaced.
        """
        try:
            self.refuse_others(files)
            self.path.mkdir(parents=True, exist_ok=True)
            before = self._known()
            new = {name: {"period": period, "hash": _hash(content)} for name, content in files.items()}
            self._remember({**before, **new}, facts or {})
            for name, content in files.items():
                self._put(self.path / name, content, before.get(name, {}).get("hash", ""))
        except OSError as error:
            raise from_os(error, self.path) from error
        return [self.path / name for name in files]

    def take_away(self, period: str, stay: Iterable[str]) -> list[Path]:
        """Remove our files of *period* but those that *stay*, as far as they are as we wrote them."""
        known, stays, removed = self._known(), set(stay), []
        for name in sorted(known.keys() - stays):
            path = self.path / name
            if known[name]["period"] != period or Path(name).name != name or not path.is_file():
                continue
            if _hash(path.read_bytes()) == known[name]["hash"]:
                path.unlink()
                del known[name]
                removed.append(path)
        if removed:
            self._remember(known, self._held())
        return removed

    def _put(self, path: Path, content: bytes, written: str) -> None:
        held = path.read_bytes() if path.is_file() else None
        if held == content:
            return
        if held is not None and written and _hash(held) != written:
            replace_file(path, lambda new: new.write_bytes(content))
        else:
            replace_file(path, lambda new: new.write_bytes(content), backups=None)

    def _held(self) -> dict[str, Any]:
        try:
            held = json.loads((self.path / self.about).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return held if isinstance(held, dict) else {}

    def _known(self) -> Known:
        files = self._held().get("files")
        if isinstance(files, list):  # as exports listed them once: names alone
            return {str(name): {"period": "", "hash": ""} for name in files}
        if not isinstance(files, dict) or not all(isinstance(each, dict) for each in files.values()):
            return {}
        return {
            name: {"period": str(each.get("period", "")), "hash": str(each.get("hash", ""))}
            for name, each in files.items()
        }

    def _remember(self, known: Known, facts: Mapping[str, Any]) -> None:
        text = json.dumps({**facts, "files": dict(sorted(known.items()))}, ensure_ascii=False, indent=1)
        replace_file(self.path / self.about, lambda new: new.write_text(text, encoding="utf-8"), backups=None)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def safe_name(name: str) -> str:
    """Make a text a part of a file name on every system."""
    made = re.sub(r"\s+", " ", UNSAFE.sub("-", name)).strip(" .")[:LONGEST].rstrip(" .") or "-"
    return f"{made}-" if RESERVED.fullmatch(made) else made


__all__ = ["OwnFolder", "safe_name"]
