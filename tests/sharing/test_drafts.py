"""Drafts and messages: two parsers of different makes read the same, the bytes are always the same, nothing gets into the head."""

from __future__ import annotations

import email
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import fast_mail_parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_xl.errors import UsageError
from loyalty_xl.sharing.drafts import Letter, draft, fallback, message, named
from loyalty_xl.sharing.recipients import Recipient

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
XLSX = b"PK\x03\x04" + bytes(reversed(range(256))) * 60
PDF = b"%PDF-1.7\r\n.\r\n..\r\n" + "忠诚度".encode() * 100
HTML = '<html><body><p>净推荐值 42 – Überblick &amp; 😀</p><img src="cid:scorecard" alt="记分卡" width="600"></body></html>\n'
LONG_NAME = "客户忠诚度记分卡 2026-07 华东大区(第2版 替代第1版).xlsx"
LETTER = Letter(
    "客户忠诚度记分卡 2026-07:12 个目标中 3 个未达成——净推荐值 45 → 42,因为七月系统切换",
    HTML,
    "12 个目标中 3 个未达成\n.\n净推荐值 42\n" + "很长的一行" * 400 + "\n",
    (("scorecard", PNG),),
    ((LONG_NAME, XLSX), ("scorecard 2026-07.pdf", PDF)),
)
PEOPLE = [
    Recipient("王芳", "wang.fang@example.com"),
    Recipient('O\'Neil, Anna "Ann" \\ CFO', "anna@example.com"),
    Recipient("", "board@example.org"),
    Recipient("=?utf-8?Q?x?= Li", "li@example.com"),
]


def by_stdlib(data: bytes) -> EmailMessage:
    mail = email.message_from_bytes(data, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert not [defect for part in mail.walk() for defect in part.defects]
    return mail


def tree(part: Any) -> Any:
    """Kinds of the parts, as nested tuples, of either parser."""
    inside = list(part.iter_parts()) if hasattr(part, "iter_parts") else part.children
    kind = part.get_content_type() if hasattr(part, "get_content_type") else part.content_type.partition(";")[0]
    return (kind, *map(tree, inside)) if inside else kind


def leaves(part: fast_mail_parser.PyMimePart) -> Iterator[fast_mail_parser.PyMimePart]:
    if not part.children:
        yield part
    for child in part.children:
        yield from leaves(child)


SHAPE = (
    "multipart/mixed",
    ("multipart/alternative", "text/plain", ("multipart/related", "text/html", "image/png")),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/pdf",
)


def test_the_standard_library_reads_a_draft() -> None:
    """Subject, people, parts, file names and contents come back as they went in."""
    mail = by_stdlib(draft(LETTER, PEOPLE))
    assert mail["X-Unsent"] == "1"
    assert not {"From", "Date", "Message-ID"} & set(mail.keys())
    assert mail["Subject"] == LETTER.subject
    assert [(each.display_name, each.addr_spec) for each in mail["To"].addresses] == [
        (each.name, each.address) for each in PEOPLE
    ]
    assert tree(mail) == SHAPE
    html, plain = (mail.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == LETTER.plain
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    assert f'src="cid:{picture["Content-ID"][1:-1]}"' in html.get_content()
    assert (
        html.get_content().replace(f"cid:{picture['Content-ID'][1:-1]}", "cid:scorecard").replace("\r\n", "\n") == HTML
    )
    assert (picture.get_content_disposition(), picture.get_content()) == ("inline", PNG)
    files = [
        (part.get_filename(), part.get_content(), part.get_content_disposition()) for part in mail.iter_attachments()
    ]
    assert files == [(name, content, "attachment") for name, content in LETTER.attachments]


def test_another_parser_reads_the_same() -> None:
    """A parser that shares no line with the standard library reads the same subject, people, parts, names and bytes."""
    data = draft(LETTER, PEOPLE)
    mail, root = fast_mail_parser.parse_email(data), fast_mail_parser.parse_email_tree(data)
    assert not mail.warnings
    assert mail.subject == LETTER.subject
    assert [each.address for each in mail.to] == [each.address for each in PEOPLE]
    assert mail.to[0].display_name == PEOPLE[0].name
    assert tree(root) == SHAPE
    plain, html, picture, *files = leaves(root)
    assert plain.content is not None
    assert html.content is not None
    assert plain.content.decode().replace("\r\n", "\n") == LETTER.plain
    assert picture.content_id is not None
    assert f'src="cid:{picture.content_id.strip("<>")}"'.encode() in html.content
    assert (picture.disposition, picture.filename, picture.content) == ("inline", "scorecard.png", PNG)
    assert [(each.filename, each.content) for each in files] == list(LETTER.attachments)


def test_older_programs_find_the_file_name_too() -> None:
    """Beside the name of RFC 2231 stands the one of RFC 2047, which Outlook reads in the kind of the part."""
    part = next(by_stdlib(draft(LETTER, PEOPLE)).iter_attachments())
    assert part["Content-Type"].params["name"] == LONG_NAME


def test_form_of_the_bytes() -> None:
    """All is ASCII, every line ends with CR LF and is short, and no line begins with a dot."""
    for data in (draft(LETTER, PEOPLE), message(LETTER, PEOPLE[1], "王芳 <a@example.com>", "<1@example.com>", datetime(2026, 8, 5, tzinfo=UTC))):  # fmt: skip
        assert data.isascii()
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)|^\.", data, re.M)
        assert max(map(len, data.split(b"\r\n"))) <= 998
        assert data.endswith(b"\r\n")


def test_a_message_has_sender_date_and_id() -> None:
    """What is sent goes to one person, says who sends it and when, and is no draft."""
    data = message(
        LETTER,
        PEOPLE[0],
        "Scorecard 忠诚度 <scorecard@example.com>",
        "<abc@example.com>",
        datetime(2026, 8, 5, 9, tzinfo=UTC),
    )
    mail = by_stdlib(data)
    assert [mail[name] for name in ("X-Unsent", "Message-ID", "Date")] == [
        None,
        "<abc@example.com>",
        "Wed, 05 Aug 2026 09:00:00 +0000",
    ]
    assert (mail["From"].addresses[0].display_name, mail["From"].addresses[0].addr_spec) == (
        "Scorecard 忠诚度",
        "scorecard@example.com",
    )
    assert mail["To"] == "王芳 <wang.fang@example.com>"
    assert tree(mail) == SHAPE
    assert fast_mail_parser.parse_email(data).subject == LETTER.subject


def test_without_picture_and_attachments() -> None:
    """Text alone makes a draft too, and nobody need be named."""
    mail = by_stdlib(draft(Letter("Scorecard", "<p>x</p>", "x"), []))
    assert tree(mail) == ("multipart/mixed", ("multipart/alternative", "text/plain", "text/html"))
    assert mail["To"] is None
    assert mail["Subject"] == "Scorecard"


def test_same_input_same_bytes_everywhere() -> None:
    """Another time zone, locale and hash seed give the same bytes; another letter gives other boundaries."""
    program = (
        "import hashlib; from tests.sharing.test_drafts import LETTER, PEOPLE; from loyalty_xl.sharing.drafts import draft;"
        "print(hashlib.sha256(draft(LETTER, PEOPLE)).hexdigest())"
    )
    environment = os.environ | {"TZ": "Asia/Shanghai", "LANG": "zh_CN.UTF-8", "LC_ALL": "C", "PYTHONHASHSEED": "77"}
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    here = draft(LETTER, PEOPLE)
    assert run.stdout.strip() == hashlib.sha256(here).hexdigest()
    assert by_stdlib(here).get_boundary() != by_stdlib(draft(LETTER, PEOPLE[:1])).get_boundary()


@pytest.mark.parametrize("name", ["a.xlsm", "a.XLSM", "a.xlam", "a.xlsb", "a.xls", "a.xlsx.exe", "a.xlsm ", "a.xlsm.", "a", "../a.xlsx", "b\\a.xlsx", "长" * 90 + ".xlsx"])  # fmt: skip
def test_attachments_that_would_be_blocked(name: str) -> None:
    """Whatever can hold a macro, or is no kind that scorecards come in, is refused before it goes into a mail."""
    with pytest.raises(UsageError) as refused:
        draft(Letter("s", "h", "p", attachments=((name, b""),)), PEOPLE)
    assert refused.value.code == "E433"


BREAKS = st.sampled_from(
    ["\r", "\n", "\r\n", "\0", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"]
)
SPLIT = st.tuples(st.text(max_size=30), BREAKS, st.sampled_from(["Bcc: x@evil.example", "\r\n\r\n<p>", " folded", ""]))


@given(SPLIT, st.sampled_from(["subject", "name", "address", "file"]))
def test_nothing_gets_into_the_head(parts: tuple[str, str, str], where: str) -> None:
    """A line break or control character anywhere in what the head holds makes no mail, but an error that shows none of it."""
    evil = "".join(parts)
    letter = Letter(
        evil if where == "subject" else "s", "h", "p", attachments=((evil + ".xlsx", b""),) if where == "file" else ()
    )
    person = Recipient(
        evil if where == "name" else "n", evil if where == "address" else "a@example.com", cell="Recipients!A2"
    )
    for make in (draft, fallback):
        with pytest.raises(UsageError) as refused:
            make(letter, [person])
        assert refused.value.code == "E421"
        assert refused.value.cell == ("Recipients!A2" if where in ("name", "address") else "")
        assert all(line.isprintable() or parts[0] for line in (refused.value.zh, refused.value.en))


LINE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=50)


@settings(max_examples=40, deadline=None)
@given(LINE, LINE, LINE)
def test_any_line_of_text_comes_back(subject: str, name: str, file: str) -> None:
    """Whatever a line of text is, subject, name and file name are what they were, and there are no further headers."""
    file = re.sub(r"[/\\]", "_", file)[:60] + ".xlsx"
    data = draft(Letter(subject, "h", "p", attachments=((file, b"1"),)), [Recipient(name.strip(), "a@example.com")])
    mail = by_stdlib(data)
    assert list(mail.keys()) == ["X-Unsent", "To", "Subject", "MIME-Version", "Content-Type"]
    assert mail["Subject"] == subject
    person = mail["To"].addresses[0]
    assert "".join(person.display_name.split()) == "".join(name.split())  # the library moves blanks in long names
    assert person.addr_spec == "a@example.com"
    assert [part.get_filename() for part in mail.iter_attachments()] == [file]
    assert [each.address for each in fast_mail_parser.parse_email(data).to] == ["a@example.com"]


@pytest.mark.parametrize(
    ("sender", "meant"),
    [("a@example.com", ("", "a@example.com")), ("王芳 <a@example.com>", ("王芳", "a@example.com")), ('"Wang, F" <a@example.com>', ("Wang, F", "a@example.com"))],
)  # fmt: skip
def test_sender(sender: str, meant: tuple[str, str]) -> None:
    """A sender is an address, or a name and an address."""
    assert named(sender) == meant


@pytest.mark.parametrize(
    "sender", ["", "wang", "a@example.com, b@example.com", "a\nBcc: <x@example.com>", "<a@example.com> x"]
)
def test_what_is_no_sender(sender: str) -> None:
    """Anything else names the variable to repair."""
    with pytest.raises(UsageError, match="LOYALTY_XL_SMTP_FROM") as refused:
        named(sender)
    assert refused.value.code == "E430"


@pytest.mark.parametrize(
    ("language", "first"), [("zh", "新版 Outlook"), ("en", "New Outlook, Apple Mail"), ("both", "新版 Outlook")]
)
def test_text_for_programs_that_open_no_drafts(language: str, first: str) -> None:
    """The text says how it is used, then everything that has to be typed or copied."""
    text = fallback(LETTER, [Recipient("王芳", "wang.fang@example.com", language=language), *PEOPLE[1:3]])
    lines = text.splitlines()
    assert lines[0].startswith(first)
    assert (
        "王芳 <wang.fang@example.com>; \"O'Neil, Anna 'Ann' \\ CFO\" <anna@example.com>; board@example.org" in lines[2]
    )
    assert LETTER.subject in lines[3]
    assert LONG_NAME in lines[4]
    assert text.endswith("很长的一行\n")


@pytest.mark.parametrize(("language", "label"), [("zh", "收件人: "), ("en", "To: ")])
def test_the_text_to_nobody_is_in_the_language_of_the_letter(language: str, label: str) -> None:
    """Where nobody is named yet, the text is in the language asked for, not in both."""
    assert label in fallback(LETTER, [], language).splitlines()
