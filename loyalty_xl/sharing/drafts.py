"""Mail that is not sent yet: drafts that Outlook and Thunderbird open for editing, a text for other programs, messages for `sending`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from loyalty_xl.books.places import in_language
from loyalty_xl.errors import UsageError
from loyalty_xl.sharing import mime
from loyalty_xl.sharing.recipients import ADDRESS, Recipient, fits_header

TYPES = {  # what may be attached: nothing that can hold a macro passes the filters on the way
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "png": "image/png",
}
LONGEST_NAME = 255  # bytes of a file name
CONTENT_ID = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Letter:
    """What a mail says and carries."""

    subject: str
    html: str
    plain: str
    pictures: tuple[tuple[str, bytes], ...] = ()  # name by which the HTML shows it, as `cid:name`, and PNG
    attachments: tuple[tuple[str, bytes], ...] = ()  # file name and content


def draft(letter: Letter, to: Sequence[Recipient]) -> bytes:
    """Give an .eml that opens as a draft: whoever opens it is the sender, and sends it.

    Raises
    ------
    UsageError
        E421, a line break or control character in what stands in the head; E433, an attachment that would be blocked.
    """
    head = ("X-Unsent: 1", *_head(letter, to))
    return _bytes(letter, head)


def message(letter: Letter, to: Recipient, sender: str, message_id: str, date: datetime) -> bytes:
    """Give the mail for one recipient, as it is sent.

    Parameters
    ----------
    letter, to
        What it says, and to whom.
    sender
        Address, or name and address as `Wang Fang <wang.fang@example.com>`.
    message_id
        With its angle brackets.
    date
        When it is sent, with its time zone.
    """
    head = (f"From: {mime.mailbox(*named(sender))}", f"Date: {format_datetime(date)}", f"Message-ID: {message_id}")
    _refuse_breaks(message_id, "Message-ID")
    return _bytes(letter, (*head, *_head(letter, [to])))


def fallback(letter: Letter, to: Sequence[Recipient], language: str = "both") -> str:
    """Give the same mail as text, for programs that open no drafts: to be copied into a new mail; in *language* where it is to nobody."""
    check(letter, to)
    language = to[0].language if to else language
    says = in_language(
        "新版 Outlook、苹果邮件和手机不能把 .eml 当草稿打开：请新建一封邮件，复制以下收件人、主题和正文，并添加所列附件。",
        "New Outlook, Apple Mail and phones do not open .eml files as drafts: start a new mail, copy recipients, subject and text from below, and attach the files named.",
        language,
    )
    labels = ("收件人", "To"), ("主题", "Subject"), ("附件", "Attachments")
    people = "; ".join(_typed(each) for each in to)
    values = (people, letter.subject, ", ".join(name for name, _ in letter.attachments) or "–")
    lines = [f"{in_language(*label, language)}: {value}" for label, value in zip(labels, values, strict=True)]
    return "\n".join([says, "", *lines, "", letter.plain.rstrip(), ""])


def _typed(person: Recipient) -> str:
    """Give a recipient as it is typed into a mail program."""
    name = person.name.replace('"', "'")
    if re.search(r"[,;:<>@()\[\]\\]", name):
        name = f'"{name}"'
    return f"{name} <{person.address}>" if name else person.address


def named(sender: str) -> tuple[str, str]:
    """Split a sender into name and address.

    Raises
    ------
    UsageError
        E430, it is no address.
    """
    found = re.fullmatch(r"\s*(?:\"?([^<>\"]*?)\"?\s*<([^<>]*)>|([^<>]*?))\s*", sender)
    name, address = ((found[1] or "").strip(), (found[2] or found[3] or "").strip()) if found else ("", "")
    if not ADDRESS.fullmatch(address) or not fits_header(name):
        raise UsageError(
            "E430",
            f"发件人“{_visible(sender)}”不是邮箱地址。请把 LOYALTY_XL_SMTP_FROM 设为 name@example.com，或 姓名 <name@example.com>。",
            f"The sender “{_visible(sender)}” is no e-mail address. Set LOYALTY_XL_SMTP_FROM to name@example.com or Name <name@example.com>.",
        )
    return name, address


def _head(letter: Letter, to: Sequence[Recipient]) -> tuple[str, ...]:
    check(letter, to)
    people = f",{mime.CRLF} ".join(mime.mailbox(each.name, each.address) for each in to)
    return (*((f"To: {people}",) if to else ()), f"Subject: {mime.words(letter.subject)}", "MIME-Version: 1.0")


def _bytes(letter: Letter, head: Sequence[str]) -> bytes:
    """Write mixed(alternative(plain, related(html, pictures)), attachments)."""
    mark = _digest(letter, head)
    html, pictures = letter.html, []
    for name, content in letter.pictures:
        if not CONTENT_ID.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a picture in a mail")
        own = f"{name}.{mark}@loyalty-xl"  # another one in each mail: programs confuse pictures of one name
        html = re.sub(rf"(?<=[\"'])cid:{re.escape(name)}(?=[\"'])", f"cid:{own}", html)
        pictures.append(mime.leaf("image/png", content, f"{name}.png", f"Content-ID: <{own}>", disposition="inline"))
    seen = mime.text("html", html)
    if pictures:
        seen = mime.several("related", f"=_related_{mark}", [seen, *pictures], f';{mime.CRLF} type="text/html"')
    body = mime.several("alternative", f"=_alternative_{mark}", [mime.text("plain", letter.plain), seen])
    files = [mime.leaf(_type(name), content, name, disposition="attachment") for name, content in letter.attachments]
    return mime.whole(mime.several("mixed", f"=_mixed_{mark}", [body, *files]), *head)


def _digest(letter: Letter, head: Sequence[str]) -> str:
    """Give letters that stand for all that is in a mail."""
    parts = [
        *(each.encode() for each in (*head, letter.html, letter.plain)),
        *(part for name, content in (*letter.pictures, *letter.attachments) for part in (name.encode(), content)),
    ]
    made = hashlib.sha256()
    for each in parts:
        made.update(len(each).to_bytes(8, "big") + each)
    return made.hexdigest()[:24]


def _type(name: str) -> str:
    """Give the kind of an attachment by its ending."""
    kind = TYPES.get(name.rpartition(".")[2].lower())
    if kind is None or len(name.encode()) > LONGEST_NAME or re.search(r"[/\\]", name):
        raise UsageError(
            "E433",
            f"附件“{name}”不能随邮件发出：含宏或其他类型的文件会在途中被拦截。只附 .xlsx、.pdf、.png。",
            f"{name} cannot go with a mail: files that may hold macros, and other kinds, are blocked on the way. Attach .xlsx, .pdf and .png only.",
        )
    return kind


def check(letter: Letter, to: Sequence[Recipient]) -> None:
    """Refuse what would add lines to the head of a mail (E421), what is no address (E420), what would be blocked (E433)."""
    _refuse_breaks(letter.subject, "主题", "the subject")
    for each in to:
        _refuse_breaks(each.name, "收件人姓名", "the name of a recipient", each.cell)
        _refuse_breaks(each.address, "收件人地址", "the address of a recipient", each.cell)
        if not ADDRESS.fullmatch(each.address):
            raise UsageError(
                "E420",
                f"“{each.address}”不是邮箱地址。",
                f"“{each.address}” is no e-mail address.",
                cell=each.cell,
            )
    for name, _ in letter.attachments:
        _refuse_breaks(name, "附件名", "the name of an attachment")
        _type(name)


def _refuse_breaks(text: str, zh: str, en: str = "", cell: str = "") -> None:
    if not fits_header(text):
        raise UsageError(
            "E421",
            f"{zh}“{_visible(text)}”里有换行或控制字符，邮件没有生成。请改成一行普通文字。",
            f"There is a line break or control character in {en or zh} “{_visible(text)}”; no mail was made. Write it as one line of plain text.",
            cell=cell,
        )


def _visible(text: str) -> str:
    """Give a text with a mark in the place of what breaks lines."""
    return "".join(each if fits_header(each) else "␤" for each in text)


__all__ = ["Letter", "check", "draft", "fallback", "message", "named"]
