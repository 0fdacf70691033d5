"""The mail server: where it is, who logs in, and a connection that is safe for a password.

All of it comes from the environment (`LOYALTY_XL_SMTP_…`), the password also from the keyring of the system where the package
`keyring` is installed (service `loyalty-xl`, user name = the user). It is in no message, log or file.
"""

from __future__ import annotations

import base64
import importlib
import ipaddress
import os
import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from loyalty_xl.errors import MailError, UsageError
from loyalty_xl.sharing.drafts import named

HOST, PORT, SECURITY = "LOYALTY_XL_SMTP_HOST", "LOYALTY_XL_SMTP_PORT", "LOYALTY_XL_SMTP_SECURITY"
USER, PASSWORD, FROM = "LOYALTY_XL_SMTP_USER", "LOYALTY_XL_SMTP_PASSWORD", "LOYALTY_XL_SMTP_FROM"
SERVICE = "loyalty-xl"
PORTS = {"starttls": 587, "tls": 465, "none": 25}
MOST_WORDS = 200  # characters of what a server says


@dataclass(frozen=True)
class Server:
    """A mail server and who uses it."""

    host: str
    sender: str  # address, or name and address
    port: int = 587
    security: str = "starttls"  # starttls, tls; none for this computer only
    user: str = ""  # "" = no login
    password: str = field(default="", repr=False)
    timeout: float = 60.0  # seconds that one answer may take

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Server:
        """Read it from the environment.

        Raises
        ------
        UsageError
            E430, a variable is missing, or says what cannot be; it is named.
        """
        host, port, security, user, sender = (
            environment.get(name, "").strip() for name in (HOST, PORT, SECURITY, USER, FROM)
        )
        if not host:
            raise _wrong(HOST, "没有设置邮件服务器", "the mail server is not set")
        if not sender:
            raise _wrong(FROM, "没有设置发件人地址", "the sender's address is not set")
        if not re.fullmatch(r"[\w.:-]+", host):
            raise _wrong(HOST, "只写主机名", "write the host's name only")
        named(sender)
        security = security.lower() or "starttls"
        if security not in PORTS:
            raise _wrong(SECURITY, "只能是 starttls、tls 或 none", "it may be starttls, tls or none")
        if security == "none" and not is_here(host):
            raise _in_the_clear()
        port = port or str(PORTS[security])
        if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65_536:
            raise _wrong(PORT, "端口应为 1 到 65535", "a port is 1 to 65535")
        password = (environment.get(PASSWORD) or _from_keyring(user)) if user else ""
        if user and not password:
            raise _wrong(
                PASSWORD,
                f"没有 {user} 的密码；也可存入系统钥匙串（服务名 {SERVICE}）",
                f"there is no password for {user}; the keyring of the system may hold it too (service {SERVICE})",
            )
        return cls(host, sender, int(port), security, user, password)

    @property
    def address(self) -> str:
        """Address of the sender."""
        return named(self.sender)[1]

    def connect(self) -> smtplib.SMTP:
        """Open a connection and log in.

        Raises
        ------
        MailError
            E431, the server cannot be reached, or not safely; E432, it does not let us in.
        """
        connection: smtplib.SMTP | None = None
        try:
            if self.security == "none" and not is_here(self.host):
                raise _in_the_clear()
            if self.security == "tls":
                connection = smtplib.SMTP_SSL(
                    self.host, self.port, timeout=self.timeout, context=ssl.create_default_context()
                )
            else:
                connection = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
                if self.security != "none":
                    connection.starttls(context=ssl.create_default_context())
            connection.ehlo_or_helo_if_needed()
        except (OSError, UnicodeError) as error:
            _close(connection)
            words = self.words_of(error)
            raise MailError(
                "E431",
                f"连不上邮件服务器 {self.host}:{self.port}（{self.security}）：{words}。没有再发送；请检查网络、{HOST}、_PORT 和 _SECURITY，再运行一次，未发的邮件会接着发出。",
                f"The mail server {self.host}:{self.port} ({self.security}) cannot be reached: {words}. Nothing more was sent; check the network, {HOST}, _PORT and _SECURITY, and run again: mail that was not sent is queued.",
            ) from None
        try:
            if self.user:
                connection.login(self.user, self.password)
        except (OSError, UnicodeError) as error:
            _close(connection)
            words = self.words_of(error)
            raise MailError(
                "E432",
                f"邮件服务器 {self.host} 拒绝 {self.user} 登录：{words}。没有再发送；请检查 {USER} 和 {PASSWORD}（或钥匙串），很多邮箱要用专门的授权码，再运行一次，未发的邮件会接着发出。",
                f"The mail server {self.host} does not let {self.user} log in: {words}. Nothing more was sent; check {USER} and {PASSWORD} (or the keyring; many mailboxes want an app password), and run again: mail that was not sent is queued.",
            ) from None
        return connection

    def words_of(self, error: Exception) -> str:
        """Give what went wrong, in the server's words where it said something."""
        if isinstance(error, smtplib.SMTPResponseException):
            return self.said(error.smtp_code, error.smtp_error)
        if isinstance(error, UnicodeError):
            return "not a plain name or password"  # its own text would repeat what was to be encoded
        return self._safe(str(getattr(error, "strerror", None) or error) or type(error).__name__)

    def said(self, code: int, words: bytes | str) -> str:
        """Give an answer of the server in one line, without the password."""
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        return self._safe(f"{code} {text}")

    def _safe(self, text: str) -> str:
        if self.password:
            plain = f"\0{self.user}\0{self.password}".encode()
            for secret in (self.password.encode(), plain):
                for each in (secret.decode(), base64.b64encode(secret).decode()):
                    text = text.replace(each, "***")
        return "".join(each if each.isprintable() else " " for each in " ".join(text.split()))[:MOST_WORDS]


def is_here(host: str) -> bool:
    """Whether a host is this computer."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def _from_keyring(user: str) -> str:
    try:
        return importlib.import_module("keyring").get_password(SERVICE, user) or ""
    except Exception:  # noqa: BLE001 (not installed, locked, without a backend: it holds no password for us)
        return ""


def _close(connection: smtplib.SMTP | None) -> None:
    if connection is not None:
        connection.close()


def _in_the_clear() -> UsageError:
    return _wrong(
        SECURITY,
        "none 只能用于本机，否则密码和邮件会以明文传送",
        "none is for this computer only: password and mail would travel in the clear",
    )


def _wrong(variable: str, zh: str, en: str) -> UsageError:
    return UsageError(
        "E430",
        f"环境变量 {variable} 不对：{zh}。请设置后再运行；不加 --send 只生成草稿，不需要它。",
        f"The environment variable {variable} is not right: {en}. Set it and run again; without --send only drafts are made, which do not need it.",
    )


__all__ = ["Server", "is_here"]
