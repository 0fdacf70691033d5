"""Comments are sorted into themes by words, in Chinese and English, with negation; whoever they name is masked."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_xl import catalogue
from loyalty_xl.contracts.responses import SURVEY_RESPONSES
from loyalty_xl.contracts.reviews import REVIEWS, THEME_WORDS
from loyalty_xl.formulas import call
from loyalty_xl.preparing import prepare
from loyalty_xl.settings import Settings
from loyalty_xl.theme_words import DEFAULT, ThemeWord
from loyalty_xl.theming import Dictionary, dictionary
from loyalty_xl.turns import periods_between
from loyalty_xl.vocabulary import Calendar, Cycle
from tests.contracts.made_sheets import sheet_of

CONTRACTS = {"SurveyResponses": SURVEY_RESPONSES, "Reviews": REVIEWS, "ThemeWords": THEME_WORDS}
OURS = dictionary()


def themes(**rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The table of sheets made of rows, for March 2026."""
    sheets = {name: sheet_of(CONTRACTS[name], each) for name, each in rows.items()}
    ready = prepare(sheets, Settings(), date(2026, 4, 1)).ready
    month = 2026 * 12 + 2
    periods = periods_between(Cycle.MONTH, month, month, Calendar())
    return catalogue.LISTINGS["comment_themes"].function(ready, Settings(), periods)


def review(text: str) -> dict[str, Any]:
    """A row of Reviews."""
    return {"on": "2026-03-05", "text": text}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("东西真，放心", {"authenticity": 1}),
        ("东西不真", {"authenticity": -1}),
        ("价格偏高", {"price": -1}),
        ("不是很贵", {"price": 1}),
        ("性价比高", {"price": 1}),
        ("服务不满意", {"staff": -1}),  # 不满意 is not also 满意
        ("质量没问题", {"quality": 1}),
        ("东西不错，就是贵", {"price": -1}),
        ("讲解专业，但是送货慢", {"staff": 1, "delivery": -1}),
        ("好不好用", {"digital": 0}),  # a question praises nothing
        ("希望价格更透明", {"price": 0}),  # nor does a wish
        ("包装不好，收到时有磕碰", {"delivery": -1, "quality": -1}),
        ("The prices are too high", {"price": -1}),
        ("Not expensive and well packed", {"price": 1, "delivery": 1}),
        ("The staff wasn't friendly", {"staff": -1}),
        ("The delivery was slow", {"delivery": -1, "speed": -1}),
        ("Deliveries were DELAYED", {"delivery": -1}),
        ("an appraisal, no app", {"authenticity": 0, "digital": 0}),  # app is no part of appraisal
        ("周末去逛了逛", {}),
        ("", {}),
    ],
)
def test_a_comment_speaks_of_its_themes(text: str, found: dict[str, int]) -> None:
    """Longest words, stems, negations, questions and wishes are understood."""
    assert OURS.read(text).themes == pytest.approx(found)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("价格贵不很好满意真假慢但是，。 price slow not good and")))
def test_any_text_is_read(text: str) -> None:
    """Whatever is written, a theme of the dictionary is good, ill or neither; letters' case and blanks at the ends do not matter."""
    found = OURS.read(text).themes
    assert set(found) <= set(OURS.names)
    assert set(found.values()) <= {-1, 0, 1}
    assert OURS.read(f"  {text.upper()} ").themes == found


def test_the_default_dictionary_speaks_both_languages() -> None:
    """Each theme has names, and Chinese and English words; no word stands twice in a theme."""
    places = [(each.theme, each.word) for each in DEFAULT]
    assert len(set(places)) == len(places)
    for theme in {each.theme for each in DEFAULT}:
        words = [each for each in DEFAULT if each.theme == theme]
        assert all(each.zh and each.en for each in words)
        assert {each.word.isascii() for each in words} == {True, False}, theme
        assert {each.polarity for each in words} >= {1, -1}


def test_a_word_may_stand_for_two_themes() -> None:
    """Both are found."""
    made = Dictionary([ThemeWord("a", "甲", "A", "慢", -1), ThemeWord("b", "乙", "B", "慢", -1)])
    assert made.read("太慢").themes == {"a": -1, "b": -1}


def test_shares_and_net_sentiment_by_source() -> None:
    """Four reviews: price in two (one good, one ill), delivery in one of them too, one untagged; the survey's stand apart."""
    reviews = [review(text) for text in ("价格贵", "价格实惠，送货晚了", "随便看看", "老师专业")]
    answers = [{"answered_on": "2026-03-06", "recommend_reason": "价格贵", "comment": "没有意见", "recommend_score": 3}]
    found = {(row["source"], row["theme"]): row for row in themes(Reviews=reviews, SurveyResponses=answers)}
    price = found["unsolicited", "price"]
    assert (price["comments"], price["share"], price["positive"], price["negative"], price["net_sentiment"]) == (
        2,
        0.5,
        1,
        1,
        0.0,
    )
    assert (found["unsolicited", "delivery"]["share"], found["unsolicited", "delivery"]["net_sentiment"]) == (
        0.25,
        -1.0,
    )
    untagged = found["unsolicited", "untagged"]
    assert (untagged["comments"], untagged["share"], untagged["net_sentiment"]) == (1, 0.25, None)
    assert found["solicited", "price"]["share"] == 0.5  # reason and remark are two comments
    assert {row["period"] for row in found.values()} == {"2026-03"}


def test_the_companys_own_dictionary_takes_the_place_of_ours() -> None:
    """Words of the page ThemeWords count, with their version; a blank page leaves ours."""
    words = [{"theme": "tea", "zh": "茶", "en": "Tea", "word": "茶水", "polarity": "positive", "version": "2026-03"}]
    (tea, rest) = themes(Reviews=[review("茶水好喝"), review("价格贵")], ThemeWords=words)
    assert (tea["theme"], tea["theme_zh"], tea["share"], tea["dictionary"]) == ("tea", "茶", 0.5, "2026-03")
    assert (rest["theme"], rest["comments"]) == ("untagged", 1)
    assert themes(Reviews=[review("价格贵")], ThemeWords=[])[0]["theme"] == "price"
    own = call(
        "LOYALTY_COMMENT_THEMES", [date(2026, 3, 5)] * 2, ["茶水好喝", "价格贵"], ["tea"], ["茶水"], ["positive"]
    )
    assert [row[2] for row in own[1:]] == ["tea", "untagged"]


def test_words_are_shown_masked_and_few() -> None:
    """The two said most often, without telephone and name, not longer than 60 characters."""
    texts = ["价格贵，我叫王小明，电话 13800138000"] * 2 + ["价格太高"] + ["价格" + "很" * 80 + "贵"]
    (price, _) = themes(Reviews=[review(text) for text in texts])
    assert price["verbatims"] == f"价格贵，我叫***，电话 *** | 价格{'很' * 58}…"


def test_the_formula_gives_what_the_pipeline_gives() -> None:
    """The same comments in a sheet and in a range give the same table; columns are the fixed header."""
    texts = ["价格贵", "价格实惠，送货晚了", "随便看看", "老师专业"]
    rows = themes(Reviews=[review(text) for text in texts])
    spilled = call("LOYALTY_COMMENT_THEMES", [date(2026, 3, 5)] * 4, texts, None, None, None, "unsolicited")
    assert spilled[0] == list(catalogue.LISTINGS["comment_themes"].columns)
    assert spilled[1:] == [["" if cell is None else cell for cell in row.values()] for row in rows]


def test_no_comments_no_rows() -> None:
    """A sheet without texts gives an empty table."""
    assert themes(SurveyResponses=[{"answered_on": "2026-03-06", "recommend_score": 3}]) == []
