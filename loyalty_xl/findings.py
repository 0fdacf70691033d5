"""The catalogue of findings: what each code means, in both languages, and the sentence of one finding.

The texts are data (`findings.toml`). They are read when the first sentence is wanted, so that importing this is cheap.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_xl.errors import LoyaltyError

CODES: tuple[str, ...]  # all codes, in the order of the catalogue (read on first use)
UNDECIDED = frozenset({"E206", "W206", "E207"})  # headers that wait for a decision on Mapping

LANGUAGES = ("zh", "en")
SHOWN_CELLS = 5  # addresses that a grouped finding names
PLACE = re.compile(r"\{(\w+)(?::([^}]*))?\}")  # {name}, or {name:what stands there when it is empty}
OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
PLAIN_NAME = re.compile(r"(\[[^\W]*[\w.]*\])?[^\W\d]\w*")  # a sheet name that Excel takes without quotes
LIKE_A_CELL = re.compile(r"(?i)[a-z]{1,3}\d+|r\d*c?\d*|c\d*")
EXPECTED_ZH = {
    "number": "数字",
    "whole number": "整数",
    "date": "日期",
    "text id": "文字编号",
    "text": "文字",
    "text of up to 255 characters": "不超过 255 个字的文字",
    "yes/no": "是/否",
    "share 0-1 (percent form)": "比率（0–1 或百分数）",
    "period": "期间（如 2026-03、2026-Q1）",
    "number (the currency belongs in its own column)": "数字（币种写在自己的列）",
}


@dataclass(frozen=True)
class Entry:
    """The texts of one code, each as (zh, en)."""

    code: str
    title: tuple[str, str]
    sentence: tuple[str, str]
    cause: tuple[str, str]
    repair: tuple[str, str]
    sample: Finding
    words: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)


@cache
def entries() -> dict[str, Entry]:
    """Read the catalogue: entries by code."""
    data = tomllib.loads(resources.files("loyalty_xl").joinpath("findings.toml").read_text("utf-8"))
    return {code: _entry(code, texts) for code, texts in data.items()}


def sentence(finding: Finding, language: str, *, where: bool = True) -> str:
    """Say what was found, in `zh`, `en` or `both`; *where* puts the address in front."""
    entry = entries().get(finding.code)
    own = dict(finding.detail)

    def one(index: int) -> str:
        if text := own.get(LANGUAGES[index]):
            return text
        template = (
            entry.sentence[index]
            if entry
            else ("发现“{found}”[，应为 {expected}]。", "“{found}” was found[; expected {expected}].")[index]
        )
        return _fill(template, finding, index, entry)

    place = address(finding) if where else ""
    colon = "：" if language == "zh" else ": "
    return (place + colon if place else "") + _in(language, one)


def advice(finding: Finding, language: str) -> str:
    """Say what to do about a finding."""
    entry = entries().get(finding.code)
    if entry is None:
        return _in(language, ("请核对这里。", "Please check this place.").__getitem__)
    return _in(language, lambda index: _fill(entry.repair[index], finding, index, entry))


def found_text(finding: Finding, language: str) -> str:
    """Say what was found, where it is a word of ours in words of the language."""
    return _place_text("found", finding, language)


def expected_text(finding: Finding, language: str) -> str:
    """Say what was expected, in words of the language."""
    return _place_text("expected", finding, language)


def _place_text(name: str, finding: Finding, language: str) -> str:
    entry = entries().get(finding.code)
    texts = [_value(name, finding, index, entry) for index in _indexes(language)]
    return " / ".join(dict.fromkeys(texts))


def title(code: str, language: str) -> str:
    """Give the name of a code, a few words."""
    entry = entries().get(code)
    return _in(language, entry.title.__getitem__) if entry else code


def cause(code: str, language: str) -> str:
    """Say why a finding of this code usually happens."""
    entry = entries()[code]
    return _in(language, lambda index: _fill(entry.cause[index], entry.sample, index, entry))


def example(code: str, language: str) -> str:
    """Give the sentence of a made-up finding of this code."""
    return sentence(entries()[code].sample, language)


def explain(code: str, language: str) -> str:
    """Say everything about a code: what it is, why it happens, an example, the repair."""
    wanted = code.strip().upper()
    if wanted not in entries():
        near = ", ".join(nearest(wanted))
        texts = (f"没有代码 {code}。最接近的是：{near}。", f"There is no code {code}. The nearest are: {near}.")
        return "\n".join(texts[index] for index in _indexes(language))
    parts = []
    for index in _indexes(language):
        name = LANGUAGES[index]
        labels = (("原因：", "例子：", "处理："), ("Cause: ", "Example: ", "Repair: "))[index]
        said = (cause(wanted, name), example(wanted, name), advice(entries()[wanted].sample, name))
        lines = [f"{label}{text}" for label, text in zip(labels, said, strict=True)]
        parts.append("\n".join([f"{wanted} {title(wanted, name)}", *lines]))
    return "\n\n".join(parts)


def nearest(code: str, limit: int = 3) -> list[str]:
    """Give the codes that look most like *code*."""
    from rapidfuzz.distance import Levenshtein

    digits = re.sub(r"\D", "", code)

    def distance(known: str) -> tuple[int, int, str]:
        apart = abs(int(known[1:]) - int(digits[:6])) if digits else 0
        return Levenshtein.distance(code.upper(), known), apart, known

    return sorted(entries(), key=distance)[:limit]


def address(finding: Finding) -> str:
    """Say where a finding stands, so that it can be pasted into Excel's name box: `Orders!C5`, `'My sheet'!A1:B2`."""
    sheet = quoted(finding.sheet)
    if finding.cell:
        return f"{sheet}!{finding.cell}" if sheet else finding.cell
    if finding.cells:
        more = " …" if max(finding.count, len(finding.cells)) > len(finding.cells[:SHOWN_CELLS]) else ""
        return f"{sheet}!" + ", ".join(finding.cells[:SHOWN_CELLS]) + more
    return finding.sheet


def quoted(sheet: str) -> str:
    """Quote a sheet name as Excel does in a reference."""
    stem = sheet.rpartition("]")[2]
    if not sheet or (PLAIN_NAME.fullmatch(sheet) and not LIKE_A_CELL.fullmatch(stem)):
        return sheet
    return "'" + sheet.replace("'", "''") + "'"


def from_error(error: LoyaltyError, sheet: str = "") -> Finding:
    """Turn an error that stopped one file into a finding that keeps its own sentences."""
    return Finding(error.code, sheet or error.sheet, error.cell, detail=(("zh", error.zh), ("en", error.en)))


def _entry(code: str, texts: dict[str, Any]) -> Entry:
    sample = dict(texts["sample"])
    sample["cells"] = tuple(sample.get("cells", ()))
    sample["detail"] = tuple(sample.get("detail", {}).items())
    words = {
        place: {word: (zh, en) for word, (zh, en) in each.items()} for place, each in texts.get("words", {}).items()
    }
    parts = {name: (texts[name][0], texts[name][1]) for name in ("title", "sentence", "cause", "repair")}
    return Entry(code, **parts, sample=Finding(code, **sample), words=words)


def _indexes(language: str) -> tuple[int, ...]:
    return (LANGUAGES.index(language),) if language in LANGUAGES else (0, 1)


def _in(language: str, text: Any) -> str:
    return " / ".join(text(index) for index in _indexes(language))


def _fill(template: str, finding: Finding, index: int, entry: Entry | None) -> str:
    """Fill a template; what is in square brackets goes when one of its places is empty."""

    def value(name: str) -> str:
        return _value(name, finding, index, entry)

    def part(found: re.Match[str]) -> str:
        return found[1] if all(value(name) or default for name, default in PLACE.findall(found[1])) else ""

    kept = OPTIONAL.sub(part, template)
    kept = kept[:1].upper() + kept[1:]  # an English sentence whose beginning went
    return PLACE.sub(lambda found: value(found[1]) or found[2] or "…", kept)


def _value(name: str, finding: Finding, index: int, entry: Entry | None) -> str:
    """Give what stands in a place, in words of the language."""
    detail = dict(finding.detail)
    if own := detail.get(f"{name}_{LANGUAGES[index]}"):
        return own
    if name == "count":
        return f"{finding.count:,}"
    if name == "cells":
        return _joined(finding.cells)
    text = detail.get(name) or str(getattr(finding, name, "") or "")
    if entry and (words := entry.words.get(name)) and text in words:
        return words[text][index]
    if name == "expected":
        text = re.sub(r">= ?(?=\S)", "≥ ", re.sub(r"<= ?(?=\S)", "≤ ", text))
        if index == 0:
            text = EXPECTED_ZH.get(text) or re.sub(r"^(\S+) to (\S+)$", r"\1 到 \2", text)
    return text


def _joined(cells: Iterable[str]) -> str:
    return ", ".join(cells)


def __getattr__(name: str) -> Any:
    if name == "CODES":
        return tuple(entries())
    raise AttributeError(name)
