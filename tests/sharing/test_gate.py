"""Nothing personal goes out, wherever it hides; what only looks so does not stand in the way."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import msoffcrypto
import pandas as pd
import pytest
import xlsxwriter

from loyalty_xl import contracts, findings, library
from loyalty_xl.contracts.analytics import CUSTOMERS
from loyalty_xl.contracts.cells_texts import CUSTOMER_IDS
from loyalty_xl.contracts.contract import Contract, Sheet, Type
from loyalty_xl.contracts.referrals import REFERRALS
from loyalty_xl.contracts.service import COMPLAINTS
from loyalty_xl.publish.dictionary import formula_of
from loyalty_xl.sample.customers import people
from loyalty_xl.sharing import personal as fields
from loyalty_xl.sharing.gate import Hit, own_texts, search
from loyalty_xl.sharing.gate_findings import as_findings
from loyalty_xl.sharing.personal import Personal, personal
from tests.sharing.cards import made_card

if TYPE_CHECKING:
    from collections.abc import Mapping

PLANTED = {
    "phone": "138-0013 8000",
    "address": "上海市浦东新区世纪大道100号",
    "name": "王小明",
    "id": "0012345",
}


def sheet(contract: Contract, **columns: list[Any]) -> Sheet:
    """A sheet as a run has it."""
    frame = pd.DataFrame({name: pd.Categorical(values) for name, values in columns.items()})
    return Sheet(contract, contract.name, frame, {}, pd.DataFrame(), pd.DataFrame())


def known(**columns: list[Any]) -> Personal:
    """What is personal in a list of customers."""
    return personal({"Customers": sheet(CUSTOMERS, **columns)})


SOME = known(
    customer_id=["0012345", "C00077", "4711", "2025", "ABCD"],
    name=["王小明", "Anna Lee", "May", "华东", "张伟"],
    phone=["138 0013 8000", "010-88886666", None, "66667777", "+1 212 555 0100"],
    email=["anna@example.com", None, None, None, None],
)


def stops(files: Mapping[str, bytes], people: Personal = SOME, **other: Any) -> set[tuple[str, str]]:
    """Place and kind of the hits that stop."""
    return {(hit.place, hit.kind) for hit in search(files, people, **other) if hit.stops}


def kinds(text: str, people: Personal = SOME, **other: Any) -> list[str]:
    """Kinds of the hits in a text."""
    return [hit.kind for hit in search({"a.txt": text.encode()}, people, **other)]


def workbook(fill: Any) -> bytes:
    """A small workbook with a sheet Scorecard, filled by *fill*."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        page = book.add_worksheet("Scorecard")
        page.write_string(0, 0, "NPS")
        page.write_number(1, 0, 13800138000)
        page.write_number(2, 0, 4711)
        fill(book, page)
    return target.getvalue()


def _chart(book: Any, page: Any, **title: str) -> None:
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Scorecard!$A$2:$A$3", "name": title.get("series", "NPS")})
    chart.set_title({"name": title.get("title", "Trend")})
    page.insert_chart("F2", chart, {"description": title.get("description", "")})


HIDDEN: dict[str, Any] = {
    "Scorecard!D7": lambda _, page, text: page.write_string("D7", f"本月回访 {text} 两次"),
    "Breakdown!A4": lambda book, _, text: book.add_worksheet("Breakdown").write_string("A4", text),
    "defined name": lambda book, _, text: book.define_name("of_" + text.replace("-", "_").replace(" ", "_"), "=Scorecard!$A$1"),
    'document property "title"': lambda book, _, text: book.set_properties({"title": f"for {text}"}),
    "chart title (Scorecard)": lambda book, page, text: _chart(book, page, title=f"NPS: {text}"),
}  # fmt: skip


@pytest.mark.parametrize("place", HIDDEN)
@pytest.mark.parametrize("kind", PLANTED)
def test_what_is_planted_in_a_workbook_stops_with_its_place(kind: str, place: str) -> None:
    """A phone, address, name or id in a comment, segment name, defined name, property or chart title is found there."""
    data = workbook(lambda book, page: HIDDEN[place](book, page, PLANTED[kind]))
    found = stops({"scorecard.xlsx": data})
    assert (place, kind) in found
    assert {each for _, each in found} == {kind}


MORE_PLACES: dict[str, Any] = {
    "note Scorecard!A1": lambda _, page: page.write_comment("A1", "王小明"),
    "Scorecard!A5": lambda book, page: page.write_rich_string("A5", "王", book.add_format({"bold": True}), "小明", "说"),
    "header or footer (Scorecard)": lambda _, page: page.set_footer("&L&9王小明"),
    "prompt in data validation (Scorecard)": lambda _, page: page.data_validation("A6", {"validate": "any", "input_message": "王小明"}),
    "tooltip in Scorecard!A7": lambda _, page: page.write_url("A7", "internal:Scorecard!A1", tip="王小明", string="up"),
    "link (part xl/worksheets/_rels/sheet1.xml.rels)": lambda _, page: page.write_url("A7", "http://example.com/%E7%8E%8B小明", string="up"),
    "chart series name (Scorecard)": lambda book, page: _chart(book, page, series="王小明"),
    "alternative text in drawing (Scorecard)": lambda book, page: _chart(book, page, description="王小明"),
    "drawing (Scorecard)": lambda _, page: page.insert_textbox("F9", "王小明"),
    "sheet name": lambda book, _: book.add_worksheet("王小明"),
    'document property "For"': lambda book, _: book.set_custom_property("For", "王小明"),
    "number format in part xl/styles.xml": lambda book, page: page.write_number("A9", 1, book.add_format({"num_format": r'0"王"\小\明'})),
    "table (Scorecard)": lambda _, page: page.add_table("H1:H3", {"columns": [{"header": "王小明"}]}),
}  # fmt: skip


@pytest.mark.parametrize("place", MORE_PLACES)
def test_every_part_of_a_workbook_is_searched(place: str) -> None:
    """Notes, runs of rich text, prompts, links, drawings, number formats and names of sheets hide nothing."""
    found = {where for where, _ in stops({"scorecard.xlsx": workbook(MORE_PLACES[place])})}
    assert any(where.startswith(place) or where.endswith(place) for where in found), found


def test_cells_of_numbers_are_no_texts() -> None:
    """A number that has the digits of a telephone or an id is a number."""
    assert search({"scorecard.xlsx": workbook(_chart)}, SOME) == []


def test_strings_written_as_escapes_are_read_as_excel_reads_them() -> None:
    """_x738B_ is 王; an entity is its character."""
    data = workbook(lambda _, page: page.write_string("B2", "ESCAPED"))
    for hidden in (b"_x738B_\xe5\xb0\x8f\xe6\x98\x8e", b"&#29579;&#23567;&#26126;"):
        assert ("Scorecard!B2", "name") in stops({"a.xlsx": repacked(data, "xl/sharedStrings.xml", b"ESCAPED", hidden)})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("customXml/item1.xml", "<a zz='王小明'/>"),
        ("customXml/item1.xml", "<a>0012345</a>"),
        ("customXml/item1.xml", "<a n='13800138000'/>"),
        ("customXml/item1.xml", "<?x 王小明?><a/>"),
        ("customXml/item1.xml", "<a><![CDATA[王小明]]></a>"),
        ("customXml/王小明.xml", "<a/>"),
        ("xl/theme/theme9.xml", "<a><!-- 王小明 --></a>"),
        ("xl/printerSettings/printer1.bin", "x"),
        ("customXml/item1.xml", "<!DOCTYPE a [<!ENTITY x '王小'>]><a>&x;明</a>"),
    ],
)
def test_parts_that_no_scorecard_has_are_searched_too(name: str, content: str) -> None:
    """A name in an instruction, a comment, a part of another program; a part that is no text stops by itself."""
    target = io.BytesIO(workbook(lambda *_: None))
    with zipfile.ZipFile(target, "a") as packet:
        packet.writestr(name, content)
    assert stops({"a.xlsx": target.getvalue()})
    assert ("", "unreadable") in stops({"a.xlsx": b"0012345" + workbook(lambda *_: None)})


def repacked(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """A package with one part changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as packet:
        for name in source.namelist():
            content = source.read(name)
            assert name != part or old in content
            packet.writestr(name, content.replace(old, new) if name == part else content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("page", "place"),
    [
        ("<p>本月 王<b>小</b>明 来访</p>", "text (line 1)"),
        ('<img src="cid:x" alt="王小明">', "alt of img (line 1)"),
        ("<!-- 王小明 -->", "comment (line 1)"),
        ("<!--[if mso]><table><tr><td>0012345</td></tr></table><![endif]-->", "comment (line 1) › text (line 1)"),
        ('<img src="cid:C00077@example.com">', "src of img (line 1)"),
        ("<td>&#29579;&#x5c0f;&shy;明</td>", "text (line 1)"),
        ('<a href="https://example.com/?q=%E7%8E%8B%E5%B0%8F%E6%98%8E">x</a>', "href of a (line 1)"),
        ("<style>p::after {content: '王小明'}</style>", "style (line 1)"),
        ("<p>\n\nAnna\n   Lee</p>", "text (line 1)"),
    ],
)
def test_every_text_of_a_page_is_searched(page: str, place: str) -> None:
    """Text that tags divide, alternative text, comments, entities, links and style are searched."""
    assert place in {where for where, _ in stops({"page.html": page.encode()})}


def test_markup_of_a_page_is_no_text() -> None:
    """Widths, colours and what a style says are no ids and no numbers to call."""
    page = '<img src="cid:card.9f2c@cards.invalid"><table width="4711" bgcolor="#138001" style="width:15.38461538461%"><tr><td id="C00077">1,284</td></tr></table>'
    assert search({"page.html": page.encode()}, SOME) == []


def letter(**parts: Any) -> EmailMessage:
    """A mail that may go out."""
    message = EmailMessage()
    message["Subject"] = parts.get("subject", "NPS 42")
    message["From"] = "Scorecard <cards@example.com>"
    message["To"] = "王小明 <boss@example.com>"
    message["Date"] = "Mon, 03 Aug 2026 09:00:00 +0800"
    message["Message-ID"] = "<9f2c1e13800138000abcd@example.com>"
    message.set_content(parts.get("plain", "n = 1,284"), cte=parts.get("cte"))
    message.add_alternative(f"<p>{parts.get('html', 'n = 1,284')}</p>", subtype="html", cte=parts.get("cte"))
    for name, data in parts.get("attached", ()):
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message


ALLOWED = frozenset({"cards@example.com", "boss@example.com"})


def test_recipients_may_stand_in_the_headers() -> None:
    """Addresses of sender and recipients pass in From and To, nowhere else; a recipient may be called as a customer is."""
    hits = search({"a.eml": bytes(letter())}, SOME, allowed=ALLOWED)
    assert hits == [Hit("a.eml", "header To", "name", "王小明", stops=False)]
    assert stops({"a.eml": bytes(letter(plain="boss@example.com"))}, allowed=ALLOWED) == {
        ("plain text › line 1", "e-mail")
    }
    assert stops({"a.eml": bytes(letter())}, allowed={"cards@example.com"}) == {
        ("header To", "e-mail"),
        ("header To", "name"),
    }
    typed = "To: 王小明 <boss@example.com>\nSubject: NPS"
    assert stops({"a.txt": typed.encode()}, allowed=ALLOWED) == set()
    assert stops({"a.txt": f"{typed}\nAnna\nLee".encode()}, allowed=ALLOWED) == {("line 3", "name")}


@pytest.mark.parametrize("cte", ["base64", "quoted-printable", "8bit"])
def test_encoded_parts_are_decoded(cte: str) -> None:
    """Subject and both bodies are searched as they are read."""
    message = letter(subject="NPS 王小明", plain="王小明 0012345", html="打 138 0013 8000", cte=cte)
    assert stops({"a.eml": bytes(message)}, allowed=ALLOWED) == {
        ("header Subject", "name"),
        ("plain text › line 1", "name"),
        ("plain text › line 1", "id"),
        ("HTML text › text (line 1)", "phone"),
    }


@pytest.mark.parametrize(
    "mail",
    [
        b"Subject: =?utf-8?Q?=E7=8E=8B?= =?utf-8?Q?=E5=B0=8F=E6=98=8E?=\n\nx",
        b"Content-Disposition: attachment; filename*=utf-8''%E7%8E%8B%E5%B0%8F%E6%98%8E.txt\nContent-Type: text/plain\n\nx",
        b"Content-Type: text/plain; charset=utf-7\n\n+c4tcD2YO-",
        b"Content-Transfer-Encoding: base64\n\n546L5bCP5piO",
        b"Content-Type: multipart/mixed; boundary=b\n\nAnna Lee\n--b\n\nx\n--b--\n",
        b"Content-Type: message/rfc822\n\nSubject: Anna Lee\n\nx",
        b"Message-ID: <C00077@example.com>\n\nx",
        b"Content-Transfer-Encoding: x-uuencode\n\nx",
        b"Content-Type: text/calendar\n\nx",
    ],
)
def test_corners_of_a_mail(mail: bytes) -> None:
    """Broken encoded words, names of files, other charsets, text before the parts, a mail in a mail."""
    assert stops({"a.eml": mail})


def test_files_within_files() -> None:
    """A workbook in a packet in a mail names its way; names of files are texts too."""
    book = workbook(lambda book, _: book.define_name("王小明", "=Scorecard!$A$1"))
    packet = io.BytesIO()
    with zipfile.ZipFile(packet, "w") as files:
        files.writestr("scorecard.xlsx", book)
        files.writestr("0012345.txt", "n = 1,284")
    found = stops({"a.eml": bytes(letter(attached=[("all.zip", packet.getvalue())]))}, allowed=ALLOWED)
    assert ("all.zip › scorecard.xlsx › defined name", "name") in found
    assert ("all.zip › file name", "id") in found


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("plan.docx", b"PK"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0"),
        ("a.pdf", b"%PDF-1.4 nothing"),
        ("a.png", b"\x89PNG\r\n\x1a\n"),
        ("a.txt", "王小明".encode("gbk")),
        ("a.json", b"{"),
        ("a.html", b'<img src="data:image/gif;base64,R0lGOD==">'),
        ("a.eml", bytes(letter(attached=[("macro.xlsm", b"PK")]))),
        ("noname", b""),
    ],
)
def test_what_cannot_be_searched_stops(name: str, data: bytes) -> None:
    """An unknown kind of file, a damaged one and one in another encoding do not go out."""
    assert "unreadable" in {kind for _, kind in stops({name: data})}


def test_a_sealed_workbook_stops() -> None:
    """A workbook with a password is searched before it is sealed, or not at all."""
    sealed = io.BytesIO()
    plain = io.BytesIO(workbook(lambda _, page: page.write_string("D7", "王小明")))
    msoffcrypto.OfficeFile(plain).encrypt("secret", sealed)
    assert stops({"a.xlsx": sealed.getvalue()}) == {("", "unreadable")}


def pdf(text: str, title: str) -> bytes:
    """A page with a line of text."""
    stream = f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode("latin-1")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Title<FEFF%s>/CreationDate(D:20260801000000Z)>>" % title.encode("utf-16-be").hex().encode(),
    ]
    data, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(data)
    return (
        data
        + b"xref\n0 7\n0000000000 65535 f \n%strailer<</Size 7/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (table, start)
    )


def test_text_and_properties_of_a_pdf_are_searched() -> None:
    """The page it is on, or the property, is named."""
    found = stops({"a.pdf": pdf("Call Anna Lee, 138 0013 8000, id C00077", "王小明")})
    assert found == {("page 1", "name"), ("page 1", "phone"), ("page 1", "id"), ('document property "Title"', "name")}
    assert stops({"a.pdf": pdf("n = 1,284, 2026-07", "Scorecard")}) == set()


def png(*chunks: tuple[bytes, bytes], after: bytes = b"") -> bytes:
    """A picture of these parts."""
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body + struct.pack(">I4sI", 0, b"IEND", 0xAE426082) + after


def test_texts_of_a_picture_are_searched() -> None:
    """What stands in a picture's text parts is found, packed or not; parts nobody knows and a tail stop."""
    wide = b"Title\0\1\0zh\0\0" + zlib.compress("王小明".encode())
    assert stops({"a.png": png((b"tEXt", b"Author\0Anna Lee"))}) == {("text of the picture", "name")}
    assert stops({"a.png": png((b"iTXt", wide))}) == {("text of the picture", "name")}
    assert stops({"a.png": png((b"zTXt", b"Author\0\0" + zlib.compress(b"id C00077")))}) == {
        ("text of the picture", "id")
    }
    assert stops({"a.png": png((b"eXIf", b"II"))}) == {("", "unreadable")}
    assert stops({"a.png": png(after=b"PK")}) == {("", "unreadable")}
    assert stops({"a.png": png((b"IDAT", b"0012345"))}) == set()


def test_keys_and_values_of_json_are_searched() -> None:
    """Texts are searched, also under a key that is there twice; numbers are not."""
    assert stops({"a.json": json.dumps({"rows": [{"by": "王小明", "n": 4711}]}).encode()}) == {("rows[0].by", "name")}
    assert stops({"a.json": b'{"a": "0012345", "a": 1, "Anna Lee": 2}'}) == {
        ("a", "id"),
        ("key in the document", "name"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "13800138000", "+86 138 0013 8000", "0086-13800138000", "138.0013.8000", "１３８００１３８０００", "138\u200b0013\u00ad8000",
        "一三八零零一三八零零零", "1 3 8 0 0 1 3 8 0 0 0", "tel15912345678", "①⑤⑨①②③④⑤⑥⑦⑧", "159-1234-5678", "(021) 6888 6666", "0755-23456789",
        "400-820-8820", "+44 20 7946 0958", "+33 1 42 68 53 00", "+1 (212) 555-0199", "6666 7777", "٠٢١٦٨٨٨٦٦٦٦", "010 8888 6666转3",
    ],
)  # fmt: skip
def test_numbers_to_call_are_found_in_any_formatting(text: str) -> None:
    """Those of the sheets, and those of the usual shapes."""
    assert kinds(f"请打 {text}。") == ["phone"]


@pytest.mark.parametrize(
    "text",
    [
        "n = 1,284", "2026-07-01 – 2026-08-01", "2026-08-05 09:12:30", "18.2 10.0 8.2 54.9", "184 500 600 128 13", "+3.1 12.5 40.2 55.1",
        "9f2c1e13800138000abcd9f2c1e", "0.13800138001", "13,800,138,000", "version 3.11.7.2", "1284567 元", "12 13 14 15 16 17", "20260801123000",
    ],
)  # fmt: skip
def test_other_numbers_are_no_telephones(text: str) -> None:
    """Days, times, fingerprints, versions and figures beside each other."""
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("客户 0012345 投诉", 1), ("客户０012345投诉", 1), ("c00077, Ｃ00077", 1), ("编号:4711。", 1), ("客户4711,4711", 1), ("C00077-2", 1), ("ABCD said", 1),
        ("1,4711", 1), ("abcd", 0), ("4711.50", 0), ("12.4711", 0), ("4711%", 0), ("¥4711", 0), ("4711元", 0), ("4711-4800", 0), ("n = 4711", 0),
        ("47115", 0), ("XC00077", 0), ("2025-07", 0), ("FY2025", 0), ("2025/07", 0), ("2025年", 0), ("A4711", 0),
    ],
)  # fmt: skip
def test_ids_are_whole_words_and_no_part_of_a_number(text: str, count: int) -> None:
    """Ids are found in either case and full width, and not within amounts, shares, spans, days and longer words."""
    assert len(set(kinds(text))) == count


def test_short_ids_of_digits_and_years_do_not_stop() -> None:
    """Three digits are no id; four that could be a year are reported."""
    assert kinds("123", known(customer_id=["123"])) == []
    assert [(hit.found, hit.stops) for hit in search({"a.txt": b"in 2025"}, SOME)] == [("2025", False)]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("回访王小明两次", 1), ("王 小 明", 1), ("王\u200b小明", 1), ("王、小明", 0), ("anna lee", 1), ("ANNA\u00a0LEE", 1), ("Anna Leeds", 0),
        ("Hanna Lee", 0), ("May called", 1), ("it may be", 0), ("Maybe", 0), ("客户May说", 1), ("of_Anna Lee_", 1),
    ],
)  # fmt: skip
def test_names_are_whole_words(text: str, count: int) -> None:
    """Han names stand anywhere; Latin ones are whole words, single ones in their own case."""
    assert kinds(text) == ["name"] * count


def test_own_words_are_reported() -> None:
    """A name that is a label, or stands inside one only, is reported; the same within a longer text of a person stops."""
    own = frozenset({"华东", "张伟品牌指数"})
    found = search({"a.json": json.dumps(["华东", "张伟品牌指数上升", "张伟上升", "王华东"]).encode()}, SOME, own)
    assert [(hit.place, hit.stops) for hit in found] == [("[0]", False), ("[1]", False), ("[2]", True), ("[3]", False)]
    longer = known(name=["华东", "王华东"])
    assert [(hit.found, hit.stops) for hit in search({"a.txt": "王华东".encode()}, longer, own)] == [("王华东", True)]


def test_a_definition_broken_into_lines_is_still_the_products() -> None:
    """A name by chance inside a sentence of the scorecard does not stop where the line ends within it; alone it does."""
    own = frozenset({"购买高峰期的客户数占全部客户的比例"})
    chance = known(name=["高峰"])
    assert not stops({"a.txt": "购买高峰期的客户\n数占全部客户".encode()}, chance, own_words=own)
    assert stops({"a.txt": "高峰\n".encode()}, chance, own_words=own)


@pytest.mark.parametrize(
    "text",
    [
        "广东省深圳市南山区科技路12号",
        "朝阳区建国路 88 号 5 栋",
        "人民路一二号",
        "12 Nanjing Road",
        "No. 5, Baker St.",
        "350 Fifth Avenue",
    ],
)
def test_postal_addresses_are_found(text: str) -> None:
    """Chinese addresses with a number of a house, and English streets."""
    assert "address" in kinds(f"寄到 {text}")


@pytest.mark.parametrize(
    "text",
    [
        "各渠道 12 项",
        "线上渠道占 12%",
        "3 of 12 targets missed",
        "华南区渠道共 5 个",
        "Top 5 Drivers of NPS",
        "2 Road shows",
    ],
)
def test_other_texts_are_no_addresses(text: str) -> None:
    """Channels, counts and titles are no streets."""
    assert kinds(text) == []


def test_every_personal_field_is_known_to_the_gate() -> None:
    """A field that a contract calls personal is of one kind; customers' ids are ids in every contract."""
    shelves = (fields.NAMES, fields.PHONES, fields.EMAILS, fields.STAFF, fields.SENTENCES)
    every = [each for contract in contracts.everything() for each in contract.fields]
    for each in every:
        assert not each.personal or sum(each.name in shelf for shelf in shelves) == 1, each.name
    ids = {each.name for each in every if each.type is Type.ID}
    assert ids >= CUSTOMER_IDS
    assert all(
        name in CUSTOMER_IDS for name in ids if "customer" in name or ("refer" in name and name != "referral_id")
    )


def test_names_come_from_every_sheet() -> None:
    """Those recommended and those who work here are names too; words for nobody and names of teams are none."""
    found = personal(
        {
            "Referrals": sheet(REFERRALS, referrer_id=["R77001"], referee_id=["R77002"], referee_name=["李四光"]),
            "Complaints": sheet(COMPLAINTS, handler=["陈静", "客服", "KF0007"], description=["王小明很生气", "", "x"]),
            "Customers": sheet(CUSTOMERS, name=["散客", "匿名", "王", "12345678"]),
        }
    )
    assert kinds("R77001 与 R77002", found) == ["id", "id"]
    assert kinds("李四光来了", found) == ["name"]
    assert kinds("陈静 KF0007", found) == ["name", "id"]
    assert kinds("客服 散客 匿名 王 12345678 王小明", found) == []
    assert kinds("陈静", found, own_words=frozenset({"陈静"})) == []


def test_many_names_need_no_pattern() -> None:
    """200,000 names are looked up by their first characters, and one of them is found."""
    first, second = "王李张刘陈杨赵黄", [chr(code) for code in range(0x4E00, 0x4E00 + 160)]
    many = known(name=[a + b + c for a in first for b in second for c in second])
    assert len(many.customers.exact) == 204_800
    assert max(map(len, many.customers.exact.lengths.values())) == 1
    assert kinds(f"{'净推荐值上升。' * 2_000}王{second[3]}{second[7]}", many) == ["name"]


@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_the_sample_company_shares_its_scorecard(language: str) -> None:
    """With 1,500 sample customers no definition and no finding's title holds a hit, and of a card's own words only an owner's name."""
    everyone = people()
    sample = known(
        customer_id=[each.customer_id for each in everyone],
        name=[each.name for each in everyone],
        phone=[each.phone for each in everyone],
    )
    own = own_texts(made_card(language))
    others = [findings.title(code, language) for code in findings.CODES]
    for each in library.load().values():
        others += [each.zh, each.en, each.says, formula_of(each)]
    assert search({"a.json": json.dumps(others, ensure_ascii=False).encode()}, sample) == []
    owner = search({"a.json": json.dumps(sorted(own), ensure_ascii=False).encode()}, sample, own)
    assert [(hit.found, hit.stops) for hit in owner] == [("陈静", False)]  # a customer has the same name


def test_a_card_knows_its_own_words() -> None:
    """Labels, owners and definitions of a card are its own; comments of people are not."""
    card = made_card("zh")
    own = own_texts(card)
    assert {"王芳", "净推荐值", "华东", card.definitions[0].says} <= own
    assert not any("系统切换" in each for each in own)


def test_findings_mask_what_they_tell() -> None:
    """A finding names file, places and kind, and repeats neither name nor number; reported ones come last."""
    data = workbook(lambda _, page: [page.write_string(f"D{row}", f"王小明 {row}") for row in range(2, 9)])
    hits = search(
        {"scorecard.xlsx": data, "a.txt": "华东 138 0013 8000".encode(), "plan.docx": b""}, SOME, frozenset({"华东"})
    )
    told = as_findings(hits)
    assert [each.code for each in told] == ["E410", "E410", "E412", "W411"]
    assert findings.sentence(told[0], "en") == (
        "scorecard.xlsx › Scorecard!D2; Scorecard!D3; Scorecard!D4; Scorecard!D5; Scorecard!D6; and 2 more: name “王**”. Nothing was shared."
    )
    assert findings.sentence(told[1], "zh") == "a.txt › 第 1 行：电话号码“138****8000”。没有分享。"
    assert findings.sentence(told[2], "zh") == "plan.docx：无法检查是否含有个人信息（未知的文件种类）。没有分享。"
    assert "华*" in findings.sentence(told[3], "both")


def test_an_id_inside_what_people_typed_stops() -> None:
    """An owner called as a customer is reported, as is a region that is called as an id; an id beside an owner's name stops the share."""
    typed = frozenset({"张伟", "张伟 C0012", "R1001"})
    whose = known(name=["张伟", "张伟"], customer_id=["C0012", "R1001"])
    for text, stopped in (("张伟", False), ("R1001", False), ("张伟 C0012", True)):
        hits = search({"a.txt": text.encode()}, whose, typed, typed=typed)
        assert [any(hit.stops for hit in hits), bool(hits)] == [stopped, True]
    assert not stops({"a.txt": "张伟 C0012".encode()}, whose, own_words=typed)  # words of the product itself
