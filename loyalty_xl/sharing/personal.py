"""What is personal in the sheets of a run: names, telephone numbers, e-mail addresses and ids, ready to be looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from loyalty_xl.contracts.cells_texts import CUSTOMER_IDS
from loyalty_xl.masking import like_a_name
from loyalty_xl.sharing.folding import IS_HAN, Words, flat, numbered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from loyalty_xl.contracts.contract import Sheet

NAMES = frozenset({"name", "referee_name"})
PHONES = frozenset({"phone"})
EMAILS = frozenset({"email"})
STAFF = frozenset({"salesperson", "handler", "follow_up_owner", "agent_id"})
# What customers said and what was noted of them: its numbers and addresses have shapes of their own, its names stand in the list of customers.
SENTENCES = frozenset({"comment", "text", "description", "note", "action"})
NOBODY = frozenset(
    [
        "匿名",
        "匿名用户",
        "匿名客户",
        "散客",
        "零售客户",
        "未知",
        "客户",
        "会员",
        "顾客",
        "用户",
        "买家",
        "测试",
        "个人",
        "公司",
        "企业",
        "先生",
        "女士",
        "小姐",
        "本人",
        "无名",
        "其他",
        "test",
        "customer",
        "unknown",
        "anonymous",
        "guest",
        "member",
        "user",
        "other",
        "none",
        "null",
        "n/a",
        "na",
        "walk-in",
        "private",
    ]
)  # what stands in the column of names where there is none
SHORTEST_PHONE, LONGEST_PHONE = 7, 15  # digits
_SEVERAL = re.compile(r"[/;,、|\n]|转|ext\.?|[xX#]")
_DIGIT, _LETTER = re.compile(r"\d"), re.compile(r"[^\W\d_]")
_NO_DIGIT = re.compile(r"\D+", re.ASCII)


@dataclass(frozen=True)
class Names:
    """Names of people, as they are searched for."""

    exact: Words = field(default_factory=Words)  # Han, and single Latin words: May is a customer, may is not
    folded: Words = field(default_factory=Words)  # of several Latin words, in lower case


@dataclass(frozen=True)
class Personal:
    """Everything personal in the sheets of a run."""

    customers: Names = field(default_factory=Names)
    staff: Names = field(default_factory=Names)
    ids: Words = field(default_factory=Words)  # in upper case, with at least one digit
    letter_ids: Words = field(default_factory=Words)  # of letters alone
    phones: frozenset[str] = frozenset()  # see `phone_key`
    emails: frozenset[str] = frozenset()  # in lower case


def personal(sheets: Mapping[str, Sheet]) -> Personal:
    """Collect what is personal in *sheets*: the fields whose contract says so, and the ids of customers.

    Parameters
    ----------
    sheets
        The sheets of a run (`Refresh.sheets`). Fields and sheets may be absent.
    """
    found: dict[str, set[str]] = {kind: set() for kind in ("names", "phones", "emails", "staff", "ids")}
    for sheet in sheets.values():
        for each in sheet.contract.fields:
            kind = "ids" if each.name in CUSTOMER_IDS else _kind(each.name) if each.personal else ""
            if kind and each.name in sheet.frame:
                found[kind].update(_distinct(sheet.frame[each.name]))
    staff = set(_flat(found["staff"]))
    numbered_staff = {text for text in staff if not IS_HAN.search(text) and _DIGIT.search(text)}
    ids = {text.upper() for text in (*_flat(found["ids"]), *numbered_staff)}
    numbers = {text for text in ids if _DIGIT.search(text)}
    return Personal(
        _names(_flat(found["names"])),
        _names(text for text in staff - numbered_staff if not IS_HAN.search(text) or like_a_name(text)),
        Words(text for text in numbers if len(text) > (3 if text.isdigit() else 1)),
        Words(text for text in ids - numbers if len(text) > 2),
        frozenset(_phones(found["phones"])),
        frozenset(text.lower() for text in _flat(found["emails"]) if text),
    )


def phone_key(digits: str) -> str:
    """Give the digits by which a telephone number is known: without the code of China and leading zeros.

    >>> phone_key("008613800138000"), phone_key("01088886666"), phone_key("861088886666")
    ('13800138000', '1088886666', '1088886666')
    """
    digits = digits.lstrip("0")
    return digits[2:].lstrip("0") if digits.startswith("86") and len(digits) > 11 else digits


def _kind(name: str) -> str:
    kinds = {"names": NAMES, "phones": PHONES, "emails": EMAILS, "staff": STAFF}
    return next((kind for kind, members in kinds.items() if name in members), "")


def _distinct(column: pd.Series) -> Iterable[str]:
    """Give the distinct texts of a column; of a categorical one also those of rows that were taken out."""
    values = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column.dropna().unique()
    return map(str, pd.Series(values).to_numpy(object).tolist())


def _flat(texts: Iterable[str]) -> list[str]:
    """Give texts flat: all at once, which is several times quicker."""
    return flat("\n".join(texts)).split("\n")


def _names(texts: Iterable[str]) -> Names:
    exact, folded = set(), set()
    for text in texts:
        if len(text) < 2 or not _LETTER.search(text) or text.lower() in NOBODY:
            continue
        if IS_HAN.search(text):
            exact.add(text.replace(" ", ""))
        elif text.isalnum():
            exact.add(text)
        else:
            folded.add(lower := text.lower())
            if len(parts := lower.split()) == 2:
                folded |= {f"{parts[1]} {parts[0]}", f"{parts[1]}, {parts[0]}"}
    return Names(Words(exact), Words(folded))


def _phones(texts: Iterable[str]) -> Iterator[str]:
    for part in _SEVERAL.split(numbered("\n".join(_flat(texts)))):
        key = phone_key(part if part.isdigit() else _NO_DIGIT.sub("", part))
        if SHORTEST_PHONE <= len(key) <= LONGEST_PHONE:
            yield key
