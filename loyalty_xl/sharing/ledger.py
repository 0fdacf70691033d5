"""The ledger: which scorecards were shared, and what became of every mail. It is only ever added to.

One JSON object on a line, on the disk before the next step is taken. A line that a crash left unfinished is passed over when reading
and ended before the next one is written. It holds addresses and what the scorecard says of itself, no customer data.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from loyalty_xl.books.locks import beside, holder, locked
from loyalty_xl.books.owners import from_os, real_path
from loyalty_xl.books.saving import flush_folder
from loyalty_xl.errors import MailError, WriteError
from loyalty_xl.vocabulary import Finding


class State(StrEnum):
    """What became of a mail."""

    NEW = "new"  # not in the ledger
    QUEUED = "queued"  # to be sent
    SENDING = "sending"  # handed over just now
    SENT = "sent"  # the server has it
    UNKNOWN = "unknown"  # it may have arrived
    FAILED = "failed"  # the server does not have it


@dataclass(frozen=True)
class Share:
    """A scorecard that was shared."""

    scorecard: str  # id of the card
    period: str
    version: int
    on: date
    facts: dict[str, Any] = field(default_factory=dict)  # whatever the next share wants to know of it


@dataclass(frozen=True)
class Mail:
    """The last that is known of a mail."""

    scorecard: str
    address: str
    message_id: str = ""
    state: State = State.NEW
    at: datetime | None = None
    why: str = ""  # of what failed: the server's words
    resend: int = 0  # how often it was asked for again


class Ledger:
    """What was shared and sent of one workbook.

    Parameters
    ----------
    path
        The file; it, and its folder, is made with the first entry.
    """

    def __init__(self, path: Path) -> None:
        self.path = real_path(path)
        self.read()

    def read(self) -> None:
        """Read it anew: another process may have added to it."""
        self.shares: list[Share] = []
        self.unreadable: list[int] = []  # numbers of lines that say nothing
        self._mails: dict[tuple[str, str], Mail] = {}
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise from_os(error, self.path) from error
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    self._take(json.loads(line))
                except (ValueError, TypeError, KeyError, AttributeError):
                    self.unreadable.append(number)
        for key, mail in self._mails.items():
            if mail.state is State.SENDING:  # whoever wrote it died before it knew
                self._mails[key] = replace(mail, state=State.UNKNOWN)

    def _take(self, entry: dict[str, Any]) -> None:
        kind = entry.pop("kind")
        known = {each.name for each in fields(Share if kind == "shared" else Mail)}
        entry = {name: value for name, value in entry.items() if name in known}  # a later version may say more
        if kind == "shared":
            self.shares.append(Share(**{**entry, "on": date.fromisoformat(entry["on"])}))
        else:
            mail = Mail(**{**entry, "state": State(entry["state"]), "at": datetime.fromisoformat(entry["at"])})
            self._mails[mail.scorecard, mail.address.casefold()] = mail

    def state(self, scorecard: str, address: str) -> Mail:
        """Give what is known of the mail of a scorecard to an address."""
        return self._mails.get((scorecard, address.casefold())) or Mail(scorecard, address)

    def findings(self) -> list[Finding]:
        """W437: lines that cannot be read."""
        if not self.unreadable:
            return []
        lines = ", ".join(str(number) for number in self.unreadable[:5])
        return [Finding("W437", self.path.name, found=lines, count=len(self.unreadable))]

    def add_share(self, share: Share) -> None:
        """Note that a scorecard was shared."""
        with self.locked():
            self._write({"kind": "shared", **asdict(share), "on": share.on.isoformat()})
        self.shares.append(share)

    def note(self, mail: Mail) -> None:
        """Note what became of a mail; it is on the disk when this returns."""
        with self.locked():
            assert mail.at is not None
            self._write({"kind": "mail", **asdict(mail), "at": mail.at.isoformat()})
        self._mails[mail.scorecard, mail.address.casefold()] = mail

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from adding to it.

        Raises
        ------
        MailError
            E434, another one is at it.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise from_os(error, self.path) from error
        lock = contextlib.ExitStack()
        try:
            lock.enter_context(locked(self.path))
        except WriteError as error:
            if error.code != "E405":
                raise
            who, since = holder(beside(self.path, "loyalty-lock"))
            raise MailError(
                "E434",
                f"另一个进程正在分享或发送这个工作簿（{who}，{since}），本次没有发送。请等它结束后再运行。",
                f"Another process is sharing or sending this workbook ({who}, {since}); this one sent nothing. Run again when it has finished.",
            ) from None
        with lock:
            yield

    def _write(self, entry: Mapping[str, Any]) -> None:
        line = json.dumps(entry, ensure_ascii=False, sort_keys=True).encode("utf-8", "backslashreplace") + b"\n"
        try:
            new = not self.path.exists()
            with self.path.open("a+b") as file:
                if file.seek(0, os.SEEK_END):
                    file.seek(-1, os.SEEK_END)
                    if file.read(1) != b"\n":  # a crash left a line unfinished
                        line = b"\n" + line
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            if new:
                flush_folder(self.path.parent)
        except OSError as error:
            raise from_os(error, self.path) from error


__all__ = ["Ledger", "Mail", "Share", "State"]
