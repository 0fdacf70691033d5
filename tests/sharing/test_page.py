"""The body of the mail: its first words, its facts, its safety, its size and its colours."""

from __future__ import annotations

import html as html_text
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import Enum
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_xl.errors import UsageError
from loyalty_xl.library import load
from loyalty_xl.publish.words import number_text, status_text
from loyalty_xl.sharing.card import Action, Card, Change, Earlier, Figure
from loyalty_xl.sharing.page import html, plain
from loyalty_xl.sharing.page_look import bar
from loyalty_xl.sharing.plain_page import COLUMNS, columns, wrapped
from loyalty_xl.sharing.wording import FIRST, LONGEST_SUBJECT, clean, day_text, headline, shortened, subject
from loyalty_xl.vocabulary import Status, Unit
from tests.sharing.cards import FEW, made_card

LANGUAGES = ("zh", "en", "both")
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
VOID = {"meta", "br", "img", "link", "input", "hr"}
HOSTILE = (
    "<script>alert(1)</script>",
    '"onload="alert(1)',
    "' onmouseover='x",
    '=HYPERLINK("http://evil.example","x")',
    "{{ card.id }} {0} %s ${x}",
    "</td></table></body>",
    "<!-- x --> <![endif]-->",
    "]]> &lt;b&gt; &#x202e; &amp;",
    "😀👩‍👩‍👧 e\u0301",
    "𠀀𪚥𫝀",
    "a\u202eb\u2066c\u2069d\u200fe",
    "line\r\nBcc: x@evil.example\n\tnext\u2028end\x85",
    "nul\x00bell\x07esc\x1b[31mdel\x7f",
    "half\ud800surrogate\udfff\uffff",
    "W" * 300,
    "忠" * 300,
)


class Reader(HTMLParser):
    """Reads a page as a mail client without style sheets does: elements, texts, and the colours each text stands in."""

    def __init__(self, page: str, dark: dict[str, dict[str, str]] | None = None) -> None:
        super().__init__()
        self.dark = dark
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.texts: list[tuple[str, str, str]] = []  # text, colour, ground
        self._open: list[tuple[str, str, str]] = [("", "#000000", "#ffffff")]
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "background", "action")]
        style = dict(part.split(":", 1) for part in (named.get("style") or "").split(";") if ":" in part)
        if self.dark is not None:
            style |= self.dark.get(named.get("class") or "", {})
        _, ink, ground = self._open[-1]
        if tag not in VOID:
            self._open.append((tag, style.get("color", ink), style.get("background-color", ground)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and not {"head", "style"} & {tag for tag, *_ in self._open}:
            self.texts.append((data, *self._open[-1][1:]))

    @property
    def text(self) -> str:
        """What is read."""
        return " ".join(" ".join(text for text, *_ in self.texts).split())


def dark_colours(page: str) -> dict[str, dict[str, str]]:
    """What the style sheet makes of each class where the client is dark."""
    rules = (
        page.split("(prefers-color-scheme:dark){")[1].split("</style>", maxsplit=1)[0].split("}}", maxsplit=1)[0] + "}"
    )
    found: dict[str, dict[str, str]] = {}
    for name, what, colour in re.findall(r"\.(\w+)\{([a-z-]+):(#\w+)!important\}", rules):
        found.setdefault(name, {})[what] = colour
    return found


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2 defines it."""

    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def bare(text: str) -> str:
    """A text without its blanks, which a page may break at any of them."""
    return re.sub(r"\s", "", text)


@cache
def both_twins(language: str) -> tuple[str, str]:
    """Text of the HTML page and the plain twin of the made card, without blanks."""
    card = made_card(language)
    return bare(Reader(html(card)).text), bare(plain(card))


def spoiled(value: Any, text: str) -> Any:
    """The same card with *text* in the place of every text."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return text if value else value
    if isinstance(value, tuple):
        return tuple(spoiled(each, text) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        kept = {"audience", "own_words", "key", "dim", "segment_dim", "segment", "dimension"}
        return replace(
            value,
            **{each.name: spoiled(getattr(value, each.name), text) for each in fields(value) if each.name not in kept},
        )
    return value


def many(card: Card, number: int, **other: Any) -> Card:
    """The card with *number* rows that all have everything a row can have."""
    full = next(row for row in card.rows if row.key == "nps")
    statuses = (Status.RED, Status.AMBER, Status.GREEN, Status.GREY)
    rows = [
        replace(full, **{"status": statuses[place % 4], "segment": str(place), "place": f"区域 {place}", **other})
        for place in range(number)
    ]
    group = card.groups[0]
    return replace(card, groups=(replace(group, rows=tuple(rows)),))


# ---------------------------------------------------------------- the first words


FIRSTS = {
    "en": (
        "DRAFT · Replaces version 1 of 5 Aug: NPS 45 → 42, because 12 rows added to SurveyResponse…",
        "2 of 5 targets missed: NPS, Churn rate",
    ),
    "zh": (
        "草稿 · 替代 8月5日 第1版：净推荐值 45 → 42，因为答卷新增 12 行(2026-07)",
        "5 项目标中 2 项未达标：净推荐值、流失率",
    ),
    "both": (
        "草稿 DRAFT · 替代 8月5日 第1版：净推荐值 45 → 42，因为答卷新增 1… · Replaces version 1 of 5 Aug: NPS 45 → 42",
        "5 项目标中 2 项未达标：净推荐值、流失率 · 2 of 5 targets missed: NPS, Churn rate",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_message_stands_in_the_first_90_characters(language: str) -> None:
    """What a preview pane shows is the message: of a correction what it corrects, else which targets were missed."""
    card = made_card(language)
    for each, expected in zip((card, replace(card, is_draft=False, earlier=None)), FIRSTS[language], strict=True):
        assert headline(each) == expected
        assert len(expected) <= FIRST
        assert Reader(html(each)).text.startswith(expected)
        assert bare(plain(each)).startswith(bare(expected))


FILE = "SurveyResponses [市场部_marketing.xlsx] 2026-07: "


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("setting nps_promoter_min 9 → 8", "setting nps_promoter_min 9 → 8"),
        (FILE + "12 rows added, 3 removed", "SurveyResponses 2026-07: 12 rows added…"),
        (FILE + "contents changed, rows as before (27)", "SurveyResponses 2026-07…"),
        ("W" * 60, "W" * 60),
    ],
)
def test_cause_is_told_as_far_as_there_is_room(why: str, told: str) -> None:
    """The headline leaves out the file of a cause, then details, before it cuts a word; below, the cause stands whole."""
    card = made_card("en", is_draft=False)
    assert card.earlier is not None
    change = replace(card.earlier.changes[0], name="NPS", why=why)
    card = replace(card, earlier=replace(card.earlier, on=date(2026, 8, 5), changes=(change,)))
    start = "Replaces version 1 of 5 Aug: NPS 45 → 42, because "
    assert headline(card) == start + shortened(told, FIRST - len(start))
    assert bare(why) in bare(plain(card))


@pytest.mark.parametrize(
    ("language", "state", "is_draft", "told"),
    [
        ("en", "closed, approved by 王芳", False, "no figure has changed; closed, approved by 王芳"),
        ("zh", "已结账、王芳 批准", False, "数字没有变化；已结账、王芳 批准"),
        ("en", "closed, approved by " + "W" * 60, False, "no figure has changed"),
        ("en", "", False, "no figure has changed"),
        ("en", "DRAFT · not closed", True, "no figure has changed"),
    ],
)
def test_share_without_another_figure_says_what_is_new(language: str, state: str, is_draft: bool, told: str) -> None:
    """Where only the state is another one, the headline tells the state as far as there is room."""
    card = made_card(language, state=state, is_draft=is_draft)
    assert card.earlier is not None
    said = headline(replace(card, earlier=replace(card.earlier, changes=())))
    assert said.endswith(("：" if language == "zh" else ": ") + told)
    assert len(said) <= FIRST


@pytest.mark.parametrize(("language", "unit"), [("zh", "每千"), ("en", "per 1,000"), ("both", "每千 per 1,000")])
def test_numbers_that_need_a_unit_have_one(language: str, unit: str) -> None:
    """A number per 1,000 says so where it is red and where all rows stand; a share or a number not shown needs no unit."""
    card = made_card(language)
    (row,) = (row for row in card.rows if row.unit is Unit.PER_THOUSAND)
    alone = replace(card, groups=(replace(card.groups[0], rows=(replace(row, status=Status.RED),)),))
    for text in (plain(alone), Reader(html(alone)).text):
        assert bare(text).count(bare(f"{unit} ·")) == 2
    hidden = replace(
        alone,
        groups=(replace(card.groups[0], rows=(replace(row, actual=Figure(None, FEW[language], suppressed=True)),)),),
    )
    assert bare(f"{unit} ·") not in bare(plain(hidden))


def with_statuses(*statuses: Status, language: str = "en") -> Card:
    """A card that is no draft and replaces none, whose rows have these statuses."""
    card = many(made_card(language, is_draft=False, earlier=None), len(statuses))
    rows = tuple(
        replace(row, status=status, label=f"KPI {place}", place="")
        for place, (row, status) in enumerate(zip(card.rows, statuses, strict=True))
    )
    return replace(card, groups=(replace(card.groups[0], rows=rows),))


@pytest.mark.parametrize(
    ("statuses", "expected", "chinese"),
    [
        ((Status.GREEN,) * 3, "All 3 targets met", "3 项目标全部达成"),
        ((Status.GREEN, Status.GREY), "The one target is met", "目标已达成"),
        ((Status.GREEN, Status.AMBER), "No target missed, 1 of 2 close: KPI 1", "2 项目标无一未达标，1 项接近：KPI 1"),
        ((Status.GREY,) * 2, "No target can be judged yet", "目前没有可评价的目标"),
        ((), "No targets are set yet", "还没有设定目标"),
    ],
)
def test_headline_of_a_card_without_red(statuses: tuple[Status, ...], expected: str, chinese: str) -> None:
    """Where nothing is missed, or nothing can be judged, the headline says that."""
    assert headline(with_statuses(*statuses)) == expected
    assert headline(with_statuses(*statuses, language="zh")) == chinese


def test_headline_names_first_what_weighs_most() -> None:
    """Missed targets come by weight, then by how far they are off; those that do not fit become …."""
    card = with_statuses(*[Status.RED] * 4)
    rows = [
        replace(row, weight=weight, attainment=Figure(reached))
        for row, weight, reached in zip(card.rows, (1, 2, 2, 1), (0.5, 0.9, 0.7, 0.4), strict=True)
    ]
    card = replace(card, groups=(replace(card.groups[0], rows=tuple(rows)),))
    assert headline(card) == "4 of 4 targets missed: KPI 2, KPI 1, KPI 3, KPI 0"
    long = [replace(row, label=f"{row.label} of a rather long name") for row in rows]
    card = replace(card, groups=(replace(card.groups[0], rows=tuple(long)),))
    assert headline(card) == "4 of 4 targets missed: KPI 2 of a rather long name, KPI 1 of a rather long name, …"


def test_headline_of_a_correction() -> None:
    """It tells the day, with its year where that is another one, and of a change too small to be seen its status."""
    same = Change("Churn rate", Unit.SHARE, Figure(0.18), Figure(0.18), Status.AMBER, Status.RED)
    few = Change("NPS", Unit.POINTS, Figure(45.0), Figure(None, FEW["en"], suppressed=True), Status.RED, Status.GREY)
    card = made_card("en", is_draft=False, state="")
    for earlier, expected in (
        (
            Earlier("2026-07", date(2027, 2, 1), 3, (same,)),
            "Replaces version 3 of 1 Feb 2027: Churn rate close → off target",
        ),
        (Earlier("2026-07", date(2026, 8, 5), 1, (few,)), "Replaces version 1 of 5 Aug: NPS 45 → fewer than 5"),
        (Earlier("2026-07", date(2026, 8, 5), 1), "Replaces version 1 of 5 Aug: no figure has changed"),
        (Earlier("2026-06", date(2026, 7, 5), 1, (same,)), "2 of 5 targets missed: NPS, Churn rate"),
    ):
        assert headline(replace(card, earlier=earlier)) == expected
    assert day_text(date(2025, 12, 31), "both", 2026) == "2025年12月31日 31 Dec 2025"


def test_names_in_both_languages_are_told_apart() -> None:
    """Of every KPI of the catalogue the headline shows the name in the language of its half."""
    card = with_statuses(Status.RED, language="both")
    for kpi in load().values():
        row = replace(next(card.rows), label=kpi.label("both"), place="华东")
        text = headline(replace(card, groups=(replace(card.groups[0], rows=(row,)),)))
        assert text.startswith(f"1 项目标中 1 项未达标：{kpi.zh} [华东] · 1 of 1 targets missed: "[:FIRST])


@pytest.mark.parametrize("language", LANGUAGES)
def test_headline_and_subject_keep_their_length(language: str) -> None:
    """However long its texts are, the headline is one line of 90 characters and the subject one of 120."""
    for text in HOSTILE:
        card = spoiled(made_card(language), text)
        for each in (card, replace(card, earlier=None)):
            assert len(headline(each)) <= FIRST
            assert headline(each) == clean(headline(each))
            title = subject(replace(each, title="Scorecard", period="2026-07"))
            assert len(title) <= LONGEST_SUBJECT
            assert title == clean(title)
            assert title.startswith("Scorecard 2026-07 · ")


def test_subject_begins_as_the_setting_says() -> None:
    """Setting mail_subject, or else the title, then the period, then the message."""
    card = made_card("en", is_draft=False, earlier=None)
    assert subject(card, None) == "Customer loyalty scorecard 2026-07 · 2 of 5 targets missed: NPS, Churn rate"
    assert subject(card, "Board pack") == "Board pack 2026-07 · 2 of 5 targets missed: NPS, Churn rate"
    assert len(subject(card, "x" * 500)) <= LONGEST_SUBJECT


@pytest.mark.parametrize("bad", ["a\r\nBcc: x@evil.example", "a\nb", "a\x00b", "a\u2028b", "a\x85b", "a\ud800b"])
def test_header_injection_is_an_error(bad: str) -> None:
    """A line break or control character in what the subject begins with stops the share; in a label it becomes a blank."""
    card = made_card("en", earlier=None)
    for broken, start in ((card, bad), (replace(card, title=bad), None), (replace(card, period=bad), "Board pack")):
        with pytest.raises(UsageError, match="line breaks or control characters") as error:
            subject(broken, start)
        assert clean(error.value.zh) == error.value.zh
    rows = tuple(replace(row, label=bad) for row in card.rows)
    text = subject(replace(card, groups=(replace(card.groups[0], rows=rows),)))
    assert text == clean(text)
    assert text.isprintable()


# ---------------------------------------------------------------- the facts


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_stands_in_both_twins(language: str) -> None:
    """Figures, reasons, statuses, owners, actions, comments, changes, notes: all in the HTML text and in the plain twin."""
    card = made_card(language)
    expected = [card.title, card.period, card.as_of, card.state, card.id[:12], "76.4", "93.1", "54.9", *card.notes]
    expected += [text for pair in card.facts if pair[1] != "–" for text in pair]
    for row in card.rows:
        expected += [row.name, status_text(row.status, language), row.change, row.change_year, row.base, row.window]
        expected += [row.owner, row.comment, row.target_text]
        expected += [row.actual.why or number_text(row.actual.value, row.unit)]
        expected += [number_text(each.value, row.unit) for each in (row.target, row.ytd) if each.shown]
        expected += [action.owner for action in row.actions]
        expected += [f"{row.attainment.value:.0%}"] if row.attainment.value is not None else []
    for change in card.earlier.changes if card.earlier else ():
        expected += [
            change.name,
            f"{number_text(change.before.value, change.unit)} → {number_text(change.now.value, change.unit)}",
        ]
        expected += [change.why]
    for finding in card.findings:
        expected += [finding.title, finding.code, *finding.sheets]
    expected += [day_text(date(2026, 9, 30), language, 2026), day_text(date(2026, 7, 15), language, 2026)]
    expected += {
        "zh": ["已逾期", "尚未指定负责人", "-8.0 点"],
        "en": ["OVERDUE", "nobody is named yet", "-8.0 pts"],
    }.get(language, ["已逾期 OVERDUE", "尚未指定负责人 nobody is named yet", "-8.0 pts"])
    for twin in both_twins(language):
        assert [text for text in expected if bare(text) not in twin] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_order_is_the_same_in_both_twins(language: str) -> None:
    """Headline, title, score, what changed, what is red, all figures, findings, where it comes from."""
    marks = {
        "zh": (
            "替代",
            "客户忠诚度记分卡",
            "忠诚度得分",
            "与上次分享相比",
            "哪些未达标",
            "全部指标",
            "数据检查",
            "由loyalty_xl",
        ),
        "en": (
            "Replaces",
            "Customerloyalty",
            "Loyaltyscore",
            "Whatchanged",
            "Whatisred",
            "Allfigures",
            "Checksof",
            "Generated",
        ),
    }
    for twin in both_twins(language):
        for order in marks.values() if language == "both" else (marks[language],):
            places = [twin.index(mark) for mark in order]
            assert places == sorted(places)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_taken_out_stays_out(language: str) -> None:
    """A suppressed figure is its words, without bar, variance or attainment; figures of segments and cases stay in the workbook."""
    card = made_card(language)
    row = next(each for each in card.rows if each.actual.suppressed)
    card = replace(card, groups=(replace(card.groups[1], rows=(row,)),), earlier=None, breakdowns=card.breakdowns)
    page, text = html(card), bare(plain(card))
    assert bare(FEW[language]) in text
    assert bare(FEW[language]) in bare(Reader(page).text)
    assert "aria-hidden" not in page
    for leak in ("47.5", "1,284", "差异", "variance", "达成率", "attainment"):
        assert leak not in text
        assert leak not in page


def test_nothing_red_and_nothing_changed_are_said() -> None:
    """Empty parts say that they are empty instead of showing a heading over nothing."""
    card = replace(with_statuses(Status.GREEN), earlier=Earlier("2026-07", date(2026, 8, 5), 1), findings=())
    for twin in (Reader(html(card)).text, plain(card)):
        assert "Nothing is red." in twin
        assert "No figure has changed." in twin
        assert "The checks of the data found nothing." in twin
    grey = replace(with_statuses(Status.GREY), groups=())
    assert "No target can be judged yet." in Reader(html(grey)).text
    assert "What changed" not in plain(grey)


def test_who_acts_is_told_for_every_row_with_an_action() -> None:
    """Also a row that is not red shows its plan; one without a day says so, and a red one without a plan names its owner."""
    card = with_statuses(Status.AMBER, Status.RED)
    amber, red = card.rows
    rows = (replace(amber, actions=(Action("赵敏"),)), replace(red, actions=(), owner="王芳"))
    card = replace(card, groups=(replace(card.groups[0], rows=rows),))
    for twin in (Reader(html(card)).text, plain(card)):
        assert "Action: 赵敏, no date set" in twin
        assert "Action: nobody is named yet (owner 王芳)" in twin


@pytest.mark.parametrize("language", LANGUAGES)
def test_plain_twin_keeps_to_78_columns(language: str) -> None:
    """Every line has at most 78 columns, where a Chinese character takes two; nothing is lost in wrapping."""
    for card in (made_card(language), *(spoiled(made_card(language), text) for text in HOSTILE)):
        lines = plain(card).split("\n")
        assert max(map(columns, lines)) <= COLUMNS
        assert bare(plain(card)).startswith(bare(headline(card)))
        assert not [line for line in lines if line != line.rstrip()]
    long = "结账时的净推荐值为四十五，" * 9 + "Donaudampfschifffahrt" * 9
    assert "".join(wrapped(long)) == long
    assert not [line for line in wrapped(long) if line.startswith("，")]


# ---------------------------------------------------------------- safety


@cache
def skeleton(language: str) -> list[tuple[str, tuple[str, ...]]]:
    """Elements and their attributes of a page whose texts are harmless."""
    return Reader(html(spoiled(made_card(language), "x"), "scorecard.png")).elements


def is_safe(text: str, language: str) -> None:
    """Hold that *text* in every place of a card changes no element of the page and arrives as text."""
    card = spoiled(made_card(language), text)
    page = html(card, "scorecard.png")
    read = Reader(page)
    assert read.elements == skeleton(language)
    assert read.links == ["scorecard.png"]
    assert bare(clean(text)) in bare(read.text)
    for output in (page, plain(card)):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", output)
        output.encode()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_arrive_as_texts(text: str) -> None:
    """Markup, attributes, formulas, placeholders, control characters and marks that turn the direction do nothing in any field."""
    for language in LANGUAGES:
        is_safe(text, language)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec=None), max_size=40))
def test_any_text_arrives_as_text(text: str) -> None:
    """The same for whatever can be typed."""
    is_safe(f"x{text}", "en")


def test_page_reads_nothing_from_elsewhere() -> None:
    """No script, form, font, frame or address: the only source is the picture that was given."""
    page = html(made_card("both"), "cid:scorecard")
    read = Reader(page)
    assert read.links == ["cid:scorecard"]
    assert {tag for tag, _ in read.elements} <= {
        *(
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "table",
            "tr",
            "td",
            "div",
            "span",
            "b",
            "br",
            "h1",
            "h2",
            "h3",
            "img",
        ),
    }
    assert not re.search(r"https?:|url\(|@import|@font-face|javascript:|<script|position:|float:", page)
    assert not [names for tag, names in read.elements if any(name.startswith("on") for name in names)]
    assert all("role" in names for tag, names in read.elements if tag == "table")
    assert 'width="568" alt="' in page
    assert "<img" not in html(made_card("both"))


@pytest.mark.parametrize(("language", "lang"), [("zh", "zh-CN"), ("en", "en"), ("both", "zh-CN")])
def test_page_says_what_it_is(language: str, lang: str) -> None:
    """Doctype, language, characters, width and title; the same card gives the same bytes."""
    page = html(made_card(language))
    assert page.startswith(f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">')
    assert 'content="width=device-width,initial-scale=1"' in page
    assert f"<title>{made_card(language).title} 2026-07</title>" in page
    assert page == html(made_card(language))
    assert plain(made_card(language)) == plain(made_card(language))


# ---------------------------------------------------------------- size, bars, colours


@pytest.mark.parametrize("language", LANGUAGES)
def test_forty_rows_fit_a_mail(language: str) -> None:
    """A card of 40 full rows is below 100 kB with every row shown."""
    card = many(made_card(language), 40)
    page = html(card)
    assert len(page.encode()) < 100_000
    text = bare(Reader(page).text)
    assert all(bare(row.name) in text for row in card.rows)
    assert page.count("aria-hidden") == 40 + 1  # and the score of the dimension


@pytest.mark.parametrize("number", [80, 500])
def test_a_page_too_long_says_what_it_leaves_out(number: int) -> None:
    """Gmail would cut it; the page leaves rows to the workbook, those that need no action first, and says how many."""
    card = many(made_card("both"), number, comment="说明 " * 20)
    page = html(card)
    assert 90_000 < len(page.encode()) < 100_000
    text = Reader(page).text
    shown = page.count("aria-hidden") - 1  # each row has a bar, and so has the score
    assert f"另有 {number - shown} 行见所附工作簿。 {number - shown} more rows are in the attached workbook." in text
    assert shown >= 30
    assert not re.search(r"○ 不评价 not judged ≈", text)
    text = bare(plain(card))
    assert all(bare(row.name) in text for row in card.rows)


def test_texts_without_end_do_not_make_the_page_longer() -> None:
    """Long names and comments in many rows and changes stay below what a mail client shows."""
    card = many(made_card("zh"), 100, status=Status.RED, comment="忠" * 5000, label="诚" * 300)
    assert card.earlier
    change = replace(card.earlier.changes[0], why="因" * 5000)
    page = html(replace(card, earlier=replace(card.earlier, changes=(change,) * 100)))
    assert len(page.encode()) < 100_000
    assert "因" * 239 + "…" in page


@pytest.mark.parametrize(
    ("actual", "target", "fill", "line"),
    [
        (40.0, 80.0, 48, 96),
        (80.0, 40.0, 100, 50),
        (-20.0, 20.0, 48, 96),
        (100.0, 99.8, 100, 99),
        (0.0, 50.0, 0, 96),
        (30.0, None, 100, None),
        (5.0, 0.0, 96, 4),
    ],
)
def test_bar_shows_actual_and_target(actual: float, target: float | None, fill: int, line: int | None) -> None:
    """The filled cells are as wide as the actual, counted from zero, and the line stands at the target."""
    cells = re.findall(r'<td class="(\w+)" width="(\d+)(%?)"', bar(actual, target, Status.RED))
    shares = [(name, int(width)) for name, width, percent in cells if percent]
    assert sum(width for _, width in shares) == 100
    assert sum(width for name, width in shares if name == "br") == fill
    names = [name for name, *_ in cells]
    if line is None:
        assert "x" not in names
    else:
        before = names.index("x")
        assert sum(width for _, width in shares[:before]) == line


def test_no_bar_without_extent() -> None:
    """Zero against zero, or a number without end, draws nothing."""
    assert bar(0.0, 0.0, Status.RED) == ""
    assert bar(float("inf"), 1.0, Status.RED) == ""
    assert bar(float("nan"), 1.0, Status.RED) == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme: str) -> None:
    """Every text stands at 4.5:1 or more on its ground, and the parts of a bar at 3:1, in light and in dark."""
    page = html(many(made_card("both"), 8), "scorecard.png")
    dark = dark_colours(page)
    read = Reader(page, dark if scheme == "dark" else None)
    assert len(read.texts) > 50
    poor = {(ink, ground) for _, ink, ground in read.texts if contrast(ink, ground) < 4.5}
    assert poor == set()
    light = dict(re.findall(r'<td class="(\w+)" width="[^"]*" style="background-color:(#\w+)', page))
    grounds = {name: dark[name]["background-color"] if scheme == "dark" else light[name] for name in light}
    fills = {"br", "ba", "bg", "bn"}
    assert {*fills, "t", "x"} <= set(grounds)
    pairs = [(fill, other) for fill in fills for other in ("t", "x")] + [("t", "x")]
    assert [
        (one, other, contrast(grounds[one], grounds[other]))
        for one, other in pairs
        if contrast(grounds[one], grounds[other]) < 3
    ] == []


def test_dark_rules_name_classes_of_the_page() -> None:
    """Every colour set in an element has its dark one, so that no dark text is left on a dark ground."""
    page = html(many(made_card("en"), 8), "scorecard.png")
    dark = dark_colours(page)
    coloured = [element for element in re.findall(r"<\w[^>]*>", page) if "color:" in element]
    assert len(coloured) > 50
    for element in coloured:
        found = re.search(r'class="(\w+)"', element)
        assert found
        asked = set(re.findall(r"(?<![\w-])(color|background-color):", element))
        assert asked <= set(dark[found[1]]), element


# ---------------------------------------------------------------- in a browser


def pages_to_show() -> Iterator[tuple[str, str]]:
    """Pages of every language, and some with texts that do not want to be broken."""
    for language in LANGUAGES:
        yield language, html(made_card(language), "missing.png")
    for text in ("W" * 300, "忠诚度" * 60, "9,999,999,999,999.99"):
        yield text[:3], html(spoiled(made_card("both"), text), "missing.png")
    large = replace(
        next(made_card("both").rows), unit=Unit.MONEY, actual=Figure(1e15), target=Figure(1e15), label="L" * 80
    )
    card = made_card("both")
    yield "large", html(replace(card, groups=(replace(card.groups[0], rows=(large,)),)))


@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")
def test_no_page_scrolls_sideways(tmp_path: Path) -> None:
    """In Chromium at 320, 600 and 1000 px no page is wider than its window, none wider than 600 px, and all begin with the headline."""
    frames = "".join(
        f'<iframe name="{name}" srcdoc="{html_text.escape(page)}" style="width:{width}px;height:900px;border:0"></iframe>'
        for name, page in pages_to_show()
        for width in (320, 600, 1000)
    )
    script = """<script>onload = () => document.body.textContent = JSON.stringify([...document.querySelectorAll("iframe")].map(frame => {
      const page = frame.contentDocument, column = page.querySelector("table table");
      return {name: frame.name, width: frame.clientWidth, needs: page.documentElement.scrollWidth, column: column.offsetWidth,
              beyond: [...page.body.querySelectorAll("*")].filter(each => each.getBoundingClientRect().right > frame.clientWidth + 0.5).length,
              first: page.body.innerText.trim().slice(0, 90)}; }))</script>"""
    harness = tmp_path / "harness.html"
    harness.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{frames}{script}", encoding="utf-8")
    run = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", harness.as_uri()),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    found = re.search(r"<body>(.*)</body>", run.stdout.decode(), re.S)
    assert found
    seen = json.loads(html_text.unescape(found[1]))
    assert len(seen) == 7 * 3
    assert [each for each in seen if each["needs"] > each["width"] or each["beyond"]] == []
    assert {(each["width"], each["column"]) for each in seen} == {(320, 320), (600, 600), (1000, 600)}
    for language in LANGUAGES:
        firsts = {" ".join(each["first"].split()) for each in seen if each["name"] == language}
        assert all(first.startswith(headline(made_card(language))) for first in firsts)
