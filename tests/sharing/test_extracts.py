"""Words of cards that are made of data: each card in its own language, each file named by what stands in it."""

from __future__ import annotations

import re

import pytest

from loyalty_xl.contracts.shared import CHANNELS
from loyalty_xl.share import _stems
from loyalty_xl.sharing.card import Audience
from loyalty_xl.sharing.extracts import segment_words
from loyalty_xl.vocabulary import ALL, UNASSIGNED

CHINESE = re.compile(r"[\u3400-\u9fff]")


@pytest.mark.parametrize("segment", [ALL, UNASSIGNED, *CHANNELS])
def test_segments_of_ours_are_told_in_one_language(segment: str) -> None:
    """All, none and the channels are English on an English card, Chinese on a Chinese one, both on one of both; never a code."""
    zh, en, both = (segment_words("channel", segment, language) for language in ("zh", "en", "both"))
    assert CHINESE.search(zh)
    assert not re.search("[A-Za-z]", zh)
    assert not CHINESE.search(en)
    assert "_" not in en
    assert both == f"{zh} {en}"


def test_segments_of_the_company_stay_as_they_are() -> None:
    """A name of the company's own is no word of ours, even where it is spelled like one."""
    assert segment_words("region", "华东", "en") == "华东"
    assert segment_words("region", "partner", "zh") == "partner"


def test_files_are_named_by_what_stands_in_them() -> None:
    """The file for those who may see no segment is not named like the one for those who may see all."""
    audiences = [Audience("zh", ()), Audience("zh"), Audience("en", ("region=华东", "region=华南")), Audience("en")]
    assert list(_stems(audiences, "2026-07", 2).values()) == [
        "scorecard_2026-07_v2_zh_none",
        "scorecard_2026-07_v2_zh",
        "scorecard_2026-07_v2_en_华东+华南",
        "scorecard_2026-07_v2_en",
    ]
