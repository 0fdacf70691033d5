"""What names a person leaves a text; everything else stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_xl.masking import MASK, mask

ANY_TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from("王李张先生女士老师我叫姓名微信号QQwx是：: -.@0123456789abcXx，。很好"), st.characters()
    )
)
MOBILE = st.builds("1{}{}".format, st.integers(3, 9), st.from_regex(r"\d{9}", fullmatch=True))
AROUND = st.sampled_from(["", "东西很好，", "电话", "请打 ", "。", " 谢谢", "ok "])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("电话 138-0013 8000 随时", "电话 *** 随时"),
        ("+86 138 0013 8000", "***"),
        ("座机 010-88886666 转3", "座机 *** 转3"),
        ("身份证11010519491231002X", "身份证***"),
        ("卡号 6222 0212 3456 7890 123", "卡号 ***"),
        ("一三八零零一三八零零零", "***"),
        ("邮箱 a.b@qq.com谢谢", "邮箱 ***谢谢"),
        ("微信号：wang_xm88", "微信号：***"),
        ("加我V信abc12345", "加我V信***"),
        ("wxid_9k2jd82", "***"),
        ("QQ 12345", "QQ ***"),
        ("我叫王小明，东西真", "我叫***，东西真"),
        ("王小明先生和李老师都好", "***先生和***老师都好"),
        ("请联系欧阳老师", "请联系***老师"),
        ("Mr Smith was rude; my name is Anna Lee.", "Mr *** was rude; my name is ***."),
    ],
)
def test_what_names_a_person_is_masked(text: str, left: str) -> None:
    """Telephones, papers, cards, e-mail, messengers and announced names give way to ***."""
    assert mask(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-01 买的瓷瓶，花了 12,800 元，等了3天",
        "微信两天没有人回",
        "我叫了外卖",
        "老师讲解很专业，这位先生很好",
        "很关心老师讲的内容",
        "WeChat customer service is slow",
        "",
    ],
)
def test_what_names_nobody_stays(text: str) -> None:
    """Days, amounts and words about service are not taken for numbers and names."""
    assert mask(text) == text


@settings(max_examples=150, deadline=None)
@given(ANY_TEXT)
def test_masking_twice_changes_nothing_and_no_long_number_is_left(text: str) -> None:
    """Masked text has no seven digits in a row and no e-mail address, and masking it again leaves it."""
    masked = mask(text)
    assert mask(masked) == masked
    assert not re.search(r"\d{7}", masked)
    assert not re.search(r"[a-z0-9]@[a-z0-9]+\.[a-z0-9]+", masked)


@settings(max_examples=60, deadline=None)
@given(AROUND, MOBILE, st.sampled_from(["", " ", "-", ".", " - "]), AROUND)
def test_a_mobile_number_is_found_however_it_is_written(before: str, number: str, between: str, after: str) -> None:
    """Blanks, hyphens and dots within a number do not hide it, and what stands around it stays."""
    spelled = between[:2].join((number[:3], number[3:7], number[7:]))
    assert mask(f"{before}{spelled}{after}") == f"{before}{MASK}{after}"
