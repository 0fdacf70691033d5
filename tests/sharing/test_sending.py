"""Sending, to a real mail server on this computer: everybody gets one message, whatever breaks on the way, and the ledger knows it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import email
import json
import logging
import ssl
import subprocess
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import policy
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from loyalty_xl import findings
from loyalty_xl.books.passwords import without
from loyalty_xl.errors import MailError, UsageError
from loyalty_xl.sharing.drafts import Letter
from loyalty_xl.sharing.ledger import Ledger, State
from loyalty_xl.sharing.recipients import Recipient
from loyalty_xl.sharing.sending import exit_code, outside, plan, send, told
from loyalty_xl.sharing.server import Server

CARD = "9f2c1e" * 10
PEOPLE = [
    Recipient(f"收件人 {number}", f"p{number:02d}@example.com", cell=f"Recipients!B{number + 2}")
    for number in range(20)
]
LETTER = Letter("记分卡 2026-07", "<p>42</p>", ".\n42\n", attachments=(("记分卡.xlsx", b"PK" * 500),))
SECRET = "X9-secret+ward"


class Postbox:
    """A handler that keeps what arrives, and does to some recipients what `odd` says, once each."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.ids: list[str] = []
        self.mails: list[bytes] = []
        self.senders: set[str] = set()
        self.odd: dict[str, str] = {}
        self.envelopes: list[list[str]] = []
        self.sessions = 0
        self.logins: list[str] = []
        self.controller: Any = None
        self.on_data: Callable[[], None] = lambda: None

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        odd = self.odd.get(address, "")
        if odd[:1] in "45" and odd:
            return odd
        if odd == "drop before":
            del self.odd[address]
            server.transport.abort()
        if odd == "shut":
            del self.odd[address]
            self.controller.server.close()
            server.transport.abort()
        if odd == "closing":
            del self.odd[address]
            return "421 4.3.2 too many messages"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        (address,) = envelope.rcpt_tos
        odd = self.odd.pop(address, "")
        if odd == "full":
            return "552 5.2.2 mailbox full"
        self.got.append(address)
        self.senders.add(envelope.mail_from)
        self.envelopes.append(envelope.rcpt_tos)
        self.mails.append(envelope.content)
        self.ids.append(email.message_from_bytes(envelope.content, policy=policy.default)["Message-ID"])
        self.on_data()
        if odd == "drop after":
            server.transport.abort()
        if odd == "silent":
            await asyncio.Event().wait()
        return "garbage" if odd == "garbage" else "250 OK"


class TornServer(SMTP):
    """A server that hangs up in the midst of a message where the postbox says so."""

    async def smtp_DATA(self, arg: str) -> None:
        postbox, (address,) = self.event_handler, self.envelope.rcpt_tos
        if postbox.odd.get(address) == "drop within":
            del postbox.odd[address]
            await self.push("354 go on")
            self.transport.abort()
        else:
            await super().smtp_DATA(arg)


class AnyPort(Controller):
    """A server on a port that is free."""

    def factory(self) -> SMTP:
        return TornServer(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextlib.contextmanager
def serving(postbox: Postbox, **how: Any) -> Iterator[Server]:
    controller = AnyPort(postbox, hostname="127.0.0.1", port=0, **how)
    controller.start()
    postbox.controller, postbox.sessions = controller, 0
    try:
        yield Server("127.0.0.1", "记分卡 <scorecard@example.com>", controller.port, "none", timeout=30)
    finally:
        controller.stop()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it tells of every connection that a test breaks
    yield
    logging.getLogger("asyncio").setLevel(logging.NOTSET)


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def server(postbox: Postbox) -> Iterator[Server]:
    with serving(postbox) as made:
        yield made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.jsonl"


def letters(people: list[Recipient] = PEOPLE) -> dict[str, Letter]:
    return {each.address: LETTER for each in people}


def states(path: Path, people: list[Recipient] = PEOPLE) -> Counter[State]:
    ledger = Ledger(path)
    return Counter(ledger.state(CARD, each.address).state for each in people)


def test_everybody_gets_one_message_of_their_own(server: Server, postbox: Postbox, path: Path) -> None:
    """20 recipients get one message each over one connection; a second run sends nothing."""
    seen: list[str] = []
    outcomes = send(
        letters(), PEOPLE, Ledger(path), server, CARD, progress=lambda done: seen.append(done.recipient.address)
    )
    assert [each.recipient for each in outcomes] == PEOPLE
    assert exit_code(outcomes) == 0
    assert not told(outcomes)
    assert postbox.got == seen == [each.address for each in PEOPLE]
    assert postbox.sessions == 1
    assert postbox.senders == {"scorecard@example.com"}
    assert len(set(postbox.ids)) == 20
    mail = email.message_from_bytes(postbox.mails[3], policy=policy.default)
    assert mail["To"] == "收件人 3 <p03@example.com>"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == LETTER.plain
    assert states(path) == {State.SENT: 20}
    again = send(
        letters(), PEOPLE, Ledger(path), Server("127.0.0.1", "a@example.com", 1, "none"), CARD
    )  # opens nothing
    assert exit_code(again) == 0
    assert not any(each.tried for each in again)
    assert len(postbox.got) == 20


def test_one_refused_one_lost_and_a_second_run(server: Server, postbox: Postbox, path: Path) -> None:
    """One address is refused and one line drops after the message: 18 are sent; a second run tries only the refused one."""
    postbox.odd = {"p05@example.com": "550 5.1.1 no such user", "p11@example.com": "drop after"}
    outcomes = send(letters(), PEOPLE, Ledger(path), server, CARD)
    assert exit_code(outcomes) == 5
    assert states(path) == {State.SENT: 18, State.FAILED: 1, State.UNKNOWN: 1}
    assert [(each.code, each.cell) for each in told(outcomes)] == [
        ("W435", "Recipients!B7"),
        ("W436", "Recipients!B13"),
    ]
    assert "550 5.1.1 no such user" in findings.sentence(told(outcomes)[0], "zh")
    assert postbox.sessions == 2
    del postbox.odd["p05@example.com"]
    again = send(letters(), PEOPLE, Ledger(path), server, CARD)
    assert [each.recipient.address for each in again if each.tried] == ["p05@example.com"]
    assert Counter(postbox.got) == {each.address: 1 for each in PEOPLE}
    assert [each.code for each in told(again)] == ["W436"]
    assert exit_code(again) == 5


def test_unknown_is_sent_again_only_when_asked(server: Server, postbox: Postbox, path: Path) -> None:
    """What may have arrived is sent again with `resend` alone, under another id; others keep theirs through failures."""
    people = PEOPLE[:2]
    postbox.odd = {"p00@example.com": "drop after", "p01@example.com": "full"}
    send(letters(), people, Ledger(path), server, CARD)
    assert states(path, people) == {State.UNKNOWN: 1, State.FAILED: 1}
    failed_id = Ledger(path).state(CARD, "p01@example.com").message_id
    send(letters(), people, Ledger(path), server, CARD)
    assert Counter(postbox.got) == {"p00@example.com": 1, "p01@example.com": 1}
    assert postbox.ids[-1] == failed_id
    outcomes = send(letters(), people, Ledger(path), server, CARD, resend=["P00@example.com"])
    assert Counter(postbox.got) == {"p00@example.com": 2, "p01@example.com": 1}
    assert postbox.ids[0] != postbox.ids[-1]
    assert exit_code(outcomes) == 0
    assert Ledger(path).state(CARD, "p00@example.com").resend == 1
    assert send(letters(), people, Ledger(path), server, "another card")[0].tried


@pytest.mark.parametrize("odd", ["drop before", "closing"])
def test_a_line_that_breaks_before_the_message(server: Server, postbox: Postbox, path: Path, odd: str) -> None:
    """A line that breaks before the message was handed over is opened again, and nobody is left out or gets it twice."""
    postbox.odd = {"p02@example.com": odd}
    assert exit_code(send(letters(), PEOPLE[:5], Ledger(path), server, CARD)) == 0
    assert Counter(postbox.got) == {each.address: 1 for each in PEOPLE[:5]}
    assert postbox.sessions == 2


def test_a_line_that_breaks_within_the_message(server: Server, postbox: Postbox, path: Path) -> None:
    """A message whose end was never sent cannot have been delivered: it is handed over again."""
    postbox.odd = {"p00@example.com": "drop within"}
    large = Letter("s", "h", "p", attachments=(("a.pdf", bytes(12_000_000)),))
    assert exit_code(send({"p00@example.com": large}, PEOPLE[:1], Ledger(path), server, CARD)) == 0
    assert postbox.got == ["p00@example.com"]
    steps = [json.loads(line)["state"] for line in path.read_text("utf-8").splitlines()]
    assert steps == ["queued", "sending", "queued", "sending", "sent"]


def test_a_line_that_always_breaks(server: Server, postbox: Postbox, path: Path) -> None:
    """After two broken lines a message counts as not sent, and the others are sent all the same."""
    postbox.odd = {"p00@example.com": "drop before"}

    postbox.handle_MAIL = types.MethodType(accept_and(postbox), postbox)  # type: ignore[attr-defined]
    outcomes = send(letters(), PEOPLE[:2], Ledger(path), server, CARD)
    assert [each.mail.state for each in outcomes] == [State.FAILED, State.SENT]
    assert "the connection broke" in findings.sentence(told(outcomes)[0], "en")
    assert postbox.got == ["p01@example.com"]


def accept_and(postbox: Postbox) -> Any:
    async def handle_MAIL(self: Any, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        postbox.odd = {"p00@example.com": "drop before"}
        envelope.mail_from = address
        return "250 OK"

    return handle_MAIL


@pytest.mark.parametrize("odd", ["silent", "garbage"])
def test_no_answer_after_the_message(server: Server, postbox: Postbox, path: Path, odd: str) -> None:
    """Silence, or an answer that is none, after the message leaves it unknown: another run does not send it."""
    postbox.odd = {"p00@example.com": odd}
    quick = replace(server, timeout=2 if odd == "silent" else 30)
    outcomes = send(letters(), PEOPLE[:1], Ledger(path), quick, CARD)
    assert outcomes[0].mail.state is State.UNKNOWN
    assert not send(letters(), PEOPLE[:1], Ledger(path), server, CARD)[0].tried
    assert len(postbox.got) == 1


RUN = """
import sys
from pathlib import Path
from tests.sharing.test_sending import CARD, PEOPLE, letters
from loyalty_xl.sharing.ledger import Ledger
from loyalty_xl.sharing.sending import send
from loyalty_xl.sharing.server import Server
send(letters(), PEOPLE, Ledger(Path(sys.argv[1])), Server("127.0.0.1", "scorecard@example.com", int(sys.argv[2]), "none"), CARD)
"""


def test_killed_in_the_middle(server: Server, postbox: Postbox, path: Path) -> None:
    """A process that is killed while its 8th message is accepted leaves 7 sent and 1 unknown; the next run sends the other 12 once."""
    root = Path(__file__).resolve().parents[2]
    run: list[subprocess.Popen[bytes]] = []

    def kill_at_the_eighth() -> None:
        if len(postbox.got) == 8:
            run[0].kill()
            run[0].wait()

    postbox.on_data = kill_at_the_eighth
    run.append(subprocess.Popen([sys.executable, "-c", RUN, str(path), str(server.port)], cwd=root))
    assert run[0].wait(60) != 0
    assert len(postbox.got) == 8
    assert states(path) == {State.SENT: 7, State.UNKNOWN: 1, State.QUEUED: 12}
    outcomes = send(letters(), PEOPLE, Ledger(path), server, CARD)
    assert Counter(postbox.got) == {each.address: 1 for each in PEOPLE}
    assert states(path) == {State.SENT: 19, State.UNKNOWN: 1}
    assert [each.code for each in told(outcomes)] == ["W436"]


def test_two_at_once(server: Server, postbox: Postbox, path: Path) -> None:
    """While one process sends another is refused."""
    root = Path(__file__).resolve().parents[2]
    with Ledger(path).locked():
        run = subprocess.run(
            [sys.executable, "-c", RUN, str(path), str(server.port)],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
    assert "MailError" in run.stderr
    assert not postbox.got


def test_server_down(path: Path) -> None:
    """Nobody answers: all are queued, nothing is sent, and what to check is named."""
    with serving(Postbox()) as gone:
        pass
    with pytest.raises(MailError, match="LOYALTY_XL_SMTP_HOST") as refused:
        send(letters(), PEOPLE, Ledger(path), gone, CARD)
    assert (refused.value.code, refused.value.exit_code) == ("E431", 5)
    assert states(path) == {State.QUEUED: 20}


def test_server_lost_half_way(server: Server, postbox: Postbox, path: Path) -> None:
    """A server that goes away after two messages leaves the rest queued, with the reason; the next run sends them."""
    postbox.odd = {"p02@example.com": "shut"}
    outcomes = send(letters(), PEOPLE[:5], Ledger(path), server, CARD)
    assert [each.mail.state for each in outcomes] == [State.SENT] * 2 + [State.QUEUED] * 3
    assert [each.tried for each in outcomes] == [True] * 2 + [False] * 3
    assert exit_code(outcomes) == 5
    assert [each.code for each in told(outcomes)] == ["E431"]
    assert states(path, PEOPLE[:5]) == {State.SENT: 2, State.QUEUED: 3}
    with serving(postbox) as back:
        assert exit_code(send(letters(), PEOPLE[:5], Ledger(path), back, CARD)) == 0
    assert Counter(postbox.got) == {each.address: 1 for each in PEOPLE[:5]}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this computer and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    day = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(day - dt.timedelta(days=1)).not_valid_after(day + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def check_login(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
    good = (data.login, data.password) == (b"scorecard", SECRET.encode())
    if good:
        server.event_handler.logins.append(data.login.decode())
        return AuthResult(success=True)
    return AuthResult(
        success=False,
        handled=False,
        message=f"535 5.7.8 not {data.password.decode()}, {base64.b64encode(data.password).decode()}",
    )


@contextlib.contextmanager
def safely(postbox: Postbox, certificate: Path, security: str = "starttls") -> Iterator[Server]:
    """A server that wants TLS and a login."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    how: dict[str, Any] = {"tls_context": context, "require_starttls": True}
    if security == "tls":
        how = {"ssl_context": context, "auth_require_tls": False}
    with serving(postbox, auth_required=security == "starttls", authenticator=check_login, **how) as server:
        yield Server("127.0.0.1", "scorecard@example.com", server.port, security, "scorecard", SECRET, timeout=30)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_tls_and_login(
    security: str, postbox: Postbox, certificate: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a certificate that this computer trusts, and the right password, mail goes out over TLS, begun late or at once."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with safely(postbox, certificate, security) as server:
        assert exit_code(send(letters(), PEOPLE[:3], Ledger(path), server, CARD)) == 0
    assert len(postbox.got) == 3
    assert postbox.logins == ["scorecard"]
    assert SECRET not in path.read_text("utf-8") + repr(server)


def test_certificate_that_nobody_trusts(postbox: Postbox, certificate: Path, path: Path) -> None:
    """A server with a certificate of its own making gets neither password nor mail."""
    with safely(postbox, certificate) as server, pytest.raises(MailError) as refused:
        send(letters(), PEOPLE[:3], Ledger(path), server, CARD)
    assert refused.value.code == "E431"
    assert "certificate" in refused.value.en.lower()
    assert states(path, PEOPLE[:3]) == {State.QUEUED: 3}


def test_wrong_password(postbox: Postbox, certificate: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused login sends nothing and queues all; the password is in no text, even where the server repeats it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with safely(postbox, certificate) as server:
        wrong = replace(server, password="wrong-9f3k")
        with pytest.raises(MailError) as refused:
            send(letters(), PEOPLE[:3], Ledger(path), wrong, CARD)
    error = refused.value
    assert (error.code, error.exit_code) == ("E432", 5)
    assert "535 5.7.8 not ***, ***" in error.en
    assert not postbox.got
    assert states(path, PEOPLE[:3]) == {State.QUEUED: 3}
    everything = error.zh + error.en + repr(error) + repr(wrong) + path.read_text("utf-8")
    assert "wrong-9f3k" not in everything
    assert base64.b64encode(b"wrong-9f3k").decode() not in everything


@pytest.mark.parametrize("security", ["starttls", "None", ""])
def test_a_server_without_tls_gets_no_password(server: Server, security: str, path: Path) -> None:
    """Where the server offers no STARTTLS the connection is given up before the login."""
    plain = Server("127.0.0.1", "a@example.com", server.port, security, "scorecard", SECRET)
    with pytest.raises(MailError) as refused:
        send(letters(), PEOPLE[:1], Ledger(path), plain, CARD)
    assert refused.value.code == "E431"
    with pytest.raises(UsageError) as refused_too:
        Server("smtp.example.com", "a@example.com", 25, "none").connect()
    assert refused_too.value.code == "E430"


def test_preview(path: Path) -> None:
    """The list before sending says who gets it, who has it, who may have it and who may not get it, and opens nothing."""
    ledger = Ledger(path)
    people = [*PEOPLE[:3], Recipient("X", "x@mail.example.com", cell="Recipients!B9"), Recipient("Y", "y@EXAMPLE.com")]
    for number, state in ((1, State.SENT), (2, State.UNKNOWN)):
        at = dt.datetime(2026, 8, 5, tzinfo=dt.UTC)
        ledger.note(replace(ledger.state(CARD, PEOPLE[number].address), state=state, at=at))
    planned = plan(people, ledger, CARD, ["example.com"])
    assert [(each.will_send, each.mail.state, each.outside) for each in planned] == [
        (True, State.NEW, False), (False, State.SENT, False), (False, State.UNKNOWN, False), (True, State.NEW, True), (True, State.NEW, False)
    ]  # fmt: skip
    assert [each.will_send for each in plan(people, ledger, CARD, None, [each.address for each in people])] == [
        True
    ] * 5
    assert [(each.code, each.cell, each.found) for each in outside(planned)] == [
        ("E424", "Recipients!B9", "x@mail.example.com")
    ]


def test_one_stranger_stops_all(server: Server, postbox: Postbox, path: Path) -> None:
    """While one address is outside the allowed domains nothing is sent to anybody, nor queued."""
    people = [*PEOPLE[:3], Recipient("X", "x@example.org", cell="Recipients!B9")]
    with pytest.raises(UsageError) as refused:
        send(letters(people), people, Ledger(path), server, CARD, allowed_domains=["example.com"])
    assert (refused.value.code, refused.value.cell) == ("E424", "Recipients!B9")
    assert not postbox.sessions
    assert states(path, people) == {State.NEW: 4}


GOOD = {"HOST": "smtp.example.com", "FROM": "王芳 <a@example.com>", "USER": "a", "PASSWORD": "p"}


def environment(**change: str) -> dict[str, str]:
    return {f"LOYALTY_XL_SMTP_{name}": value for name, value in (GOOD | change).items()}


def test_environment() -> None:
    """The server is read from the environment; ports follow the kind of security."""
    assert Server.from_environment(environment()) == Server(
        "smtp.example.com", "王芳 <a@example.com>", 587, "starttls", "a", "p"
    )
    assert Server.from_environment(environment(SECURITY="TLS")).port == 465
    assert Server.from_environment(environment(SECURITY="none", HOST="localhost", PORT="8025")).port == 8025
    assert Server.from_environment(environment(USER="")).password == ""
    assert Server.from_environment(environment()).address == "a@example.com"


@pytest.mark.parametrize(
    ("change", "named"),
    [({"HOST": ""}, "HOST"), ({"FROM": " "}, "FROM"), ({"FROM": "wang"}, "FROM"), ({"PORT": "x"}, "PORT"), ({"PORT": "70000"}, "PORT"),
     ({"SECURITY": "ssl"}, "SECURITY"), ({"SECURITY": "none"}, "SECURITY"), ({"SECURITY": "none", "HOST": "10.0.0.1"}, "SECURITY"),
     ({"HOST": "a b"}, "HOST"), ({"HOST": "https://x"}, "HOST"), ({"PASSWORD": ""}, "PASSWORD")],
)  # fmt: skip
def test_environment_that_cannot_be(change: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is missing or wrong is named."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UsageError, match=f"LOYALTY_XL_SMTP_{named}") as refused:
        Server.from_environment(environment(**change))
    assert (refused.value.code, refused.value.exit_code) == ("E430", 2)


def test_password_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable the keyring is asked; one that is locked holds none."""
    keyring = types.SimpleNamespace(get_password=lambda service, user: f"{service}/{user}")
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert Server.from_environment(environment(PASSWORD="")).password == "loyalty-xl/a"

    def locked(service: str, user: str) -> str:
        raise RuntimeError

    keyring.get_password = locked
    with pytest.raises(UsageError, match="PASSWORD"):
        Server.from_environment(environment(PASSWORD=""))


def test_other_programs_do_not_get_the_password() -> None:
    """Programs that are started on the way, such as LibreOffice, do not find the password in their environment."""
    assert "LOYALTY_XL_SMTP_PASSWORD" not in without(environment())
    assert len(without(environment())) == len(GOOD) - 1
