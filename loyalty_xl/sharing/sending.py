"""Sends mail, one message for each recipient, so that nobody gets one twice.

The ledger is written before every step: `queued` for all before anything is opened, `sending` before a message is handed over, and
what became of it. Until the end of a message has been sent the server must not deliver it, so it may be tried again; from then until
its answer nobody knows, so it is not.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import smtplib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from loyalty_xl.errors import MailError, UsageError
from loyalty_xl.findings import from_error
from loyalty_xl.sharing.drafts import Letter, check, message
from loyalty_xl.sharing.ledger import Ledger, Mail, State
from loyalty_xl.sharing.recipients import Recipient
from loyalty_xl.sharing.server import Server
from loyalty_xl.vocabulary import Finding

CLOSING = 421  # the server hangs up
START = 354  # send the message
END = b".\r\n"
# smtplib's own errors are OSErrors too
TRIES = 2  # of one message, where the line breaks before its end
BROKE = "line broke"  # why a mail is not sent, where the server said nothing


@dataclass(frozen=True)
class Planned:
    """What sending will do for a recipient."""

    recipient: Recipient
    will_send: bool
    mail: Mail  # what the ledger knows
    outside: bool = False  # its domain is not among those allowed


@dataclass(frozen=True)
class Outcome:
    """What became of the mail for a recipient."""

    recipient: Recipient
    mail: Mail
    tried: bool = True  # in this run
    error: MailError | None = None  # why it was not tried


Progress = Callable[[Outcome], None]


def plan(
    recipients: Sequence[Recipient],
    ledger: Ledger,
    scorecard: str,
    allowed_domains: Collection[str] | None = None,
    resend: Collection[str] = (),
) -> list[Planned]:
    """Say what sending would do for each recipient; it opens nothing.

    Parameters
    ----------
    recipients, ledger
        Who shall get it, and what is known of their mail.
    scorecard
        Id of the card.
    allowed_domains
        Domains that may be sent to; None = any. A domain does not stand for those below it.
    resend
        Addresses that get it again, though they have it or may have it.
    """
    again = {each.casefold() for each in resend}
    allowed = None if allowed_domains is None else {each.casefold().lstrip("@") for each in allowed_domains}
    planned = []
    for each in recipients:
        mail = ledger.state(scorecard, each.address)
        done = mail.state in (State.SENT, State.UNKNOWN, State.SENDING) and each.key not in again
        outside = allowed is not None and each.key.rpartition("@")[2] not in allowed
        planned.append(Planned(each, not done, mail, outside))
    return planned


def outside(planned: Sequence[Planned]) -> list[Finding]:
    """E424: recipients whose domain is not allowed."""
    return [Finding("E424", "", each.recipient.cell, each.recipient.address) for each in planned if each.outside]


def send(
    letters: Mapping[str, Letter],
    recipients: Sequence[Recipient],
    ledger: Ledger,
    server: Server,
    scorecard: str,
    *,
    allowed_domains: Collection[str] | None = None,
    resend: Collection[str] = (),
    progress: Progress | None = None,
    now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
) -> list[Outcome]:
    """Send to everybody who has not got it yet.

    Parameters
    ----------
    letters
        What each address gets.
    recipients, ledger, scorecard, allowed_domains, resend
        As `plan` takes them.
    server
        Who carries it.
    progress
        Told of each recipient that was tried.
    now
        The clock.

    Returns
    -------
    list[Outcome]
        One for each recipient, in their order. Where the server is lost half-way the rest stay queued: the next run sends
        them.

    Raises
    ------
    UsageError
        E424, a domain is not allowed, or what `draft` raises: nothing is sent to anybody.
    MailError
        E431 or E432, the server could not be reached or did not let us in: nothing was sent, all are queued. E434, another
        process is sending.
    """
    for each in recipients:
        check(letters[each.address], [each])
    with ledger.locked():
        ledger.read()
        planned = plan(recipients, ledger, scorecard, allowed_domains, resend)
        _refuse_outside(planned)
        due = {each.recipient.key: _queued(each, scorecard, server, ledger, now) for each in planned if each.will_send}
        outcomes = {each.recipient.key: Outcome(each.recipient, each.mail, tried=False) for each in planned}
        with contextlib.closing(_Post(ledger, server, now)) as post:
            lost = None
            for each in (each.recipient for each in planned if each.will_send):
                mail = due[each.key]
                if lost is None:
                    data = message(letters[each.address], each, server.sender, mail.message_id, now())
                    try:
                        outcomes[each.key] = Outcome(each, post.deliver(mail, data))
                    except MailError as error:
                        if not any(outcome.tried for outcome in outcomes.values()):
                            raise
                        lost = error
                    else:
                        if progress:
                            progress(outcomes[each.key])
                if lost is not None:
                    outcomes[each.key] = Outcome(each, mail, tried=False, error=lost)
    return list(outcomes.values())


def told(outcomes: Sequence[Outcome]) -> list[Finding]:
    """Findings on mail that did not arrive for certain: W435 not sent, W436 unknown, E431 or E432 where the server was lost."""
    findings = []
    for each in outcomes:
        where, address = each.recipient.cell, each.recipient.address
        if each.mail.state is State.FAILED:
            findings.append(Finding("W435", "", where, address, detail=(("why", each.mail.why),)))
        elif each.mail.state is State.UNKNOWN:
            findings.append(Finding("W436", "", where, address))
    lost = [each.error for each in outcomes if each.error]
    return findings + [from_error(error) for error in lost[:1]]


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Give 0 where everybody has it, else 5."""
    return 0 if all(each.mail.state is State.SENT for each in outcomes) else MailError.exit_code


def _refuse_outside(planned: Sequence[Planned]) -> None:
    strangers = [each.recipient for each in planned if each.outside]
    if strangers:
        names = ", ".join(each.address for each in strangers[:5]) + (" …" if len(strangers) > 5 else "")
        raise UsageError(
            "E424",
            f"{len(strangers)} 个收件人的域名不在“允许的收件域名”内：{names}。一封也没有发送；请改正收件人，或在参数设置里加上该域名。",
            f"{len(strangers)} recipients are outside allowed_domains: {names}. Nothing was sent to anybody; correct Recipients, or add the domain in Settings.",
            cell=strangers[0].cell,
        )


def _queued(planned: Planned, scorecard: str, server: Server, ledger: Ledger, now: Callable[[], datetime]) -> Mail:
    """Put a mail into the queue; one that had been sent before has another id."""
    before = planned.mail
    resend = before.resend + (before.state in (State.SENT, State.UNKNOWN))
    seed = "\0".join((scorecard, planned.recipient.key, str(resend)))
    digest = hashlib.sha256(seed.encode()).hexdigest()[:32]
    message_id = f"<{digest}@{server.address.rpartition('@')[2]}>"
    mail = Mail(scorecard, planned.recipient.address, message_id, State.QUEUED, now(), resend=resend)
    ledger.note(mail)
    return mail


class _LineBrokeError(Exception):
    """The connection ended before a message was complete: the server must not deliver it."""


class _Post:
    """One connection, opened when it is needed and again after it broke."""

    def __init__(self, ledger: Ledger, server: Server, now: Callable[[], datetime]) -> None:
        self.ledger, self.server, self.now = ledger, server, now
        self.connection: smtplib.SMTP | None = None

    def deliver(self, mail: Mail, data: bytes) -> Mail:
        """Hand a message over and note what became of it."""
        why = ""
        for _ in range(TRIES):
            if self.connection is None:
                self.connection = self.server.connect()
            self.note(mail, State.SENDING)
            try:
                return self.note(mail, *self.hand_over(self.connection, mail.address, data))
            except _LineBrokeError as error:
                self.drop()
                why = str(error)
                self.note(mail, State.QUEUED, why)
        return self.note(mail, State.FAILED, why)

    def hand_over(self, connection: smtplib.SMTP, address: str, data: bytes) -> tuple[State, str]:
        """Go through the steps of one message; say what became of it, and why."""
        size = [f"size={len(data)}"] if connection.has_extn("size") else []
        steps: tuple[tuple[Callable[[], tuple[int, bytes]], int], ...] = (
            (lambda: connection.mail(self.server.address, size), 250),
            (lambda: connection.rcpt(address), 250),
            (lambda: connection.docmd("data"), START),
        )
        try:
            for step, wanted in steps:
                code, words = step()
                if code == CLOSING:
                    raise _LineBrokeError(self.server.said(code, words))
                if code // 100 != wanted // 100:
                    with contextlib.suppress(OSError):
                        connection.rset()
                    return State.FAILED, self.server.said(code, words)
            connection.send(re.sub(rb"(?m)^\.", b"..", data))
        except OSError:
            raise _LineBrokeError(BROKE) from None
        try:
            connection.send(END)
            code, words = connection.getreply()
        except OSError:
            self.drop()
            return State.UNKNOWN, BROKE
        if code == CLOSING:
            self.drop()
        state = {2: State.SENT, 4: State.FAILED, 5: State.FAILED}.get(code // 100, State.UNKNOWN)
        return state, "" if state is State.SENT else self.server.said(code, words)

    def note(self, mail: Mail, state: State, why: str = "") -> Mail:
        """Write down what is known now."""
        known = replace(mail, state=state, why=why, at=self.now())
        self.ledger.note(known)
        return known

    def drop(self) -> None:
        """Let go of a connection that is no good any more."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def close(self) -> None:
        """Say goodbye."""
        if self.connection is not None:
            with contextlib.suppress(OSError):
                self.connection.quit()
        self.drop()


__all__ = ["Outcome", "Planned", "Server", "exit_code", "outside", "plan", "send", "told"]
