"""The catalogue of findings: complete, in both languages, and able to say what is wrong with a cell."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from loyalty_xl import findings
from loyalty_xl.errors import ReadError
from loyalty_xl.vocabulary import Finding

HAN = re.compile(r"[\u4e00-\u9fff]")
SPECIFIED = (
    *(f"E{code}" for code in (*range(101, 110), 111, 112, 113, 120, 121, 122, 123)),
    *(
        f"E{code}"
        for code in (202, 203, 204, 205, 206, 207, 209, 212, 214, 215, 221, 222, 223, 224, 226, 228, 229, 231, 232)
    ),
    *(f"W{code}" for code in (110, 122, 201, 208, 210, 211, 213, 216, 220, 225, 227, 230, 260)),
    *("E240", "E301", "E302", "E303", "E304", "E305", "E401", "E402", "E403", "E404", "E405"),
)


@pytest.mark.parametrize("code", findings.CODES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_texts_are_complete(code: str, language: str) -> None:
    """Each code has title, sentence, cause, example and advice in each language, with every place filled."""
    sample = findings.entries()[code].sample
    texts = [
        findings.title(code, language),
        findings.cause(code, language),
        findings.sentence(sample, language, where=False),
        findings.advice(sample, language),
    ]
    for text in texts:
        assert text.strip(), text
        assert not re.search(r"[{}…\[\]]", text), text
        assert language == "en" or HAN.search(text), text
    assert all(text[-1] in ".。" for text in texts[1:])
    assert findings.example(code, language).endswith(texts[2])


@pytest.mark.parametrize("code", findings.CODES)
def test_english_sentence_has_english_words(code: str) -> None:
    """An English template holds no Chinese: what is Chinese in the sentence was sent so, or is a name in brackets."""
    entry = findings.entries()[code]
    for text in (entry.title[1], entry.sentence[1], entry.cause[1], entry.repair[1]):
        assert not HAN.search(text) or code == "E306", text


def test_specified_codes_are_there() -> None:
    """Every code of the list of bad inputs is in the catalogue, and a letter says its severity."""
    assert set(SPECIFIED) <= set(findings.CODES)
    assert all(re.fullmatch(r"[EW][1-5]\d\d", code) for code in findings.CODES)


def test_no_number_has_two_severities_by_accident() -> None:
    """A number stands for one thing; where E and W share it, both are known."""
    numbers = [code[1:] for code in findings.CODES]
    shared = {number for number in numbers if numbers.count(number) > 1}
    assert shared == {"110", "122", "206", "212", "235"}


def test_every_code_in_the_code_is_in_the_catalogue() -> None:
    """Whatever code a module names, `explain` knows it."""
    folder = Path(findings.__file__).parent
    named = {
        code for path in folder.rglob("*.py") for code in re.findall(r"[\"']([EW]\d{3})[\"']", path.read_text("utf-8"))
    }
    assert named <= set(findings.CODES), sorted(named - set(findings.CODES))


def test_sentence_of_a_bad_score() -> None:
    """A sentence says where, what was found, and what would be right; both languages are joined by a slash."""
    finding = Finding("E231", "SurveyResponses", "F6", "11", "0 to 10", "推荐分")
    assert findings.sentence(finding, "zh") == "SurveyResponses!F6：列“推荐分”的 11 不在允许的范围内，应为 0 到 10。"
    assert (
        findings.sentence(finding, "en")
        == "SurveyResponses!F6: 11 in column “推荐分” is out of range; it should be 0 to 10."
    )
    both = findings.sentence(finding, "both", where=False)
    assert both == " / ".join(findings.sentence(finding, language, where=False) for language in ("zh", "en"))
    assert findings.advice(finding, "en").startswith("Enter a value of 0 to 10")


def test_sentence_without_details_drops_the_optional_part() -> None:
    """What the finding does not know is left out, not printed as a placeholder."""
    finding = Finding("E301", "Settings", "A4", "xyz", detail=(("what_zh", "参数"), ("what_en", "setting")))
    assert findings.sentence(finding, "en", where=False) == "“xyz” is not a known setting."
    assert findings.advice(finding, "en") == "Delete the row."


def test_words_are_translated() -> None:
    """Tokens in a finding become words of the language."""
    finding = Finding("E203", "Orders", "G12", "约三千", "whole number", "数量")
    assert "不是整数" in findings.sentence(finding, "zh")
    late = Finding("E224", "Orders", "C9", "2062-01-05", "2026-08-01", "订单日期", detail=(("bound", "future"),))
    assert "lies in the future, after 2026-08-01" in findings.sentence(late, "en")


def test_grouped_warning_names_first_cells_and_count() -> None:
    """135,080 blank customer ids are one line with the first addresses."""
    finding = Finding(
        "W257", "Orders", "", column="客户编号", count=135_080, cells=tuple(f"B{row}" for row in range(3, 13))
    )
    text = findings.sentence(finding, "en")
    assert text.startswith("Orders!B3, B4, B5, B6, B7 …: 135,080 order rows")


@pytest.mark.parametrize(
    ("sheet", "cell", "shown"),
    [
        ("Orders", "C5", "Orders!C5"),
        ("订单", "C5", "订单!C5"),
        ("[orders.xlsx]Sheet1", "C5", "[orders.xlsx]Sheet1!C5"),
        ("My sheet", "C5", "'My sheet'!C5"),
        ("O'Neil", "C5", "'O''Neil'!C5"),
        ("Q1", "C5", "'Q1'!C5"),
        ("2026", "C5", "'2026'!C5"),
        ("📊", "A1:B2", "'📊'!A1:B2"),
        ("orders.xlsx", "", "orders.xlsx"),
        ("", "C5", "C5"),
    ],
)
def test_addresses_can_be_pasted_into_excel(sheet: str, cell: str, shown: str) -> None:
    """An address is quoted as Excel wants it."""
    assert findings.address(Finding("E231", sheet, cell)) == shown


def test_explain_a_code() -> None:
    """`explain` gives name, cause, example and repair in the language wanted."""
    text = findings.explain("e231", "both")
    assert "E231 数值超出范围" in text
    assert "E231 Value out of range" in text
    assert text.index("原因：") < text.index("Cause: ")


def test_explain_an_unknown_code_offers_the_nearest() -> None:
    """An unknown code is answered with the ones it may have meant."""
    assert "E231" in findings.explain("E2310", "en")
    assert "没有代码" in findings.explain("X", "zh")


def test_error_keeps_its_own_sentences() -> None:
    """An error that stopped a file is told in its own words."""
    finding = findings.from_error(ReadError("E101", "空的。", "It is empty."), "orders.xlsx")
    assert findings.sentence(finding, "zh") == "orders.xlsx：空的。"
    assert findings.sentence(finding, "en") == "orders.xlsx: It is empty."
    assert findings.advice(finding, "en") == "Ask the department for the file again."


def test_unknown_code_still_gets_a_sentence() -> None:
    """A finding without an entry is told plainly."""
    assert findings.sentence(Finding("W999", "Orders", "A1", "x", "y"), "en") == "Orders!A1: “x” was found; expected y."


def test_import_is_light() -> None:
    """Neither findings nor settings load pandas or numpy, so that --help is quick."""
    code = "import sys, loyalty_xl.findings, loyalty_xl.settings; print({'pandas', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
