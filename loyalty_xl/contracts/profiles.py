"""CRM export profiles: what the headers and values of another program's exports mean, and which of its rows count.

A profile is a TOML file that anybody can edit: one of ours by its name, or a file beside the workbook.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from loyalty_xl.contracts.header_text import normalise
from loyalty_xl.contracts.numerals import plain
from loyalty_xl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from loyalty_xl.contracts.contract import Contract

NAMES = {"salesforce": ("sf",), "zoho": ("zoho crm",), "fxiaoke": ("纷享销客", "sharecrm")}
LEFT_OUT = "-"


@dataclass(frozen=True)
class SheetProfile:
    """What a profile says of one sheet."""

    profile: str  # its name, as findings say it
    headers: Mapping[str, str] = field(default_factory=dict)  # folded header -> field, "-" leaves the column out
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)  # header as exported -> folded values that count
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # field -> value as exported -> choice

    def applied(self, contract: Contract) -> Contract:
        """The contract with the profile's values among its spellings."""
        if not self.values:
            return contract
        fields = []
        for each in contract.fields:
            more = self.values.get(each.name, {})
            choices = {
                choice: (*spellings, *(text for text, meant in more.items() if meant == choice))
                for choice, spellings in each.choices.items()
            }
            fields.append(replace(each, choices=choices) if more else each)
        return replace(contract, fields=tuple(fields))


@dataclass(frozen=True)
class Profile:
    """A whole profile: sheets by name."""

    name: str
    zh: str
    en: str
    sheets: Mapping[str, SheetProfile]


def folded(text: str) -> str:
    """Fold a value for comparison."""
    return plain(text).casefold()


def built_in() -> list[str]:
    """Names of the profiles that come with the program."""
    return list(NAMES)


def text_of(name: str) -> str:
    """The text of one of our profiles."""
    return resources.files("loyalty_xl").joinpath("profiles", f"{name}.toml").read_text("utf-8")


def known_name(text: str) -> str | None:
    """The profile of ours that *text* means."""
    wanted = text.strip().casefold()
    return next((name for name, others in NAMES.items() if wanted in (name, *others)), None)


def find_profile(text: str, folder: Path, contracts: tuple[Contract, ...]) -> Profile:
    """Read the profile that Sources names: one of ours, or a TOML file relative to *folder*.

    Raises
    ------
    UsageError
        There is no such profile, or its file says something that cannot be.
    """
    if name := known_name(text):
        return _ours(name, contracts)
    path = folder / text
    if path.suffix.lower() != ".toml" or not path.is_file():
        listed = ", ".join(built_in())
        raise UsageError(
            "E381",
            f"没有导出档案“{text}”。可用:{listed},或本工作簿旁的一个 .toml 文件",
            f"There is no export profile {text!r}. Use {listed}, or a .toml file beside the workbook",
        )
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise _wrong(path.name, "读不懂", f"cannot be read: {error}") from None
    return _profile(path.name, data, contracts)


def _ours(name: str, contracts: tuple[Contract, ...]) -> Profile:
    return _profile(name, _data(name), contracts)


@cache
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(text_of(name))


def _profile(name: str, data: Mapping[str, Any], contracts: tuple[Contract, ...]) -> Profile:
    known = {each.name: each for each in contracts}
    sheets = {}
    for sheet, said in data.items():
        if sheet in ("zh", "en"):
            continue
        contract = known.get(sheet)
        if contract is None or not isinstance(said, dict) or not set(said) <= {"headers", "only", "values"}:
            raise _wrong(name, f"不认识 [{sheet}]", f"does not know [{sheet}]")
        sheets[sheet] = _sheet(name, contract, said)
    return Profile(name, str(data.get("zh", name)), str(data.get("en", name)), sheets)


def _sheet(name: str, contract: Contract, said: Mapping[str, Any]) -> SheetProfile:
    headers = {normalise(text): str(meant) for text, meant in said.get("headers", {}).items()}
    for meant in headers.values():
        if meant not in (*contract.names, LEFT_OUT):
            raise _wrong(name, f"{contract.name} 没有字段 {meant}", f"{contract.name} has no field {meant}")
    values = said.get("values", {})
    for place, texts in values.items():
        choices = contract[place].choices if place in contract.names else {}
        for meant in texts.values():
            if meant not in choices:
                raise _wrong(name, f"{contract.name}.{place} 没有值 {meant}", f"{contract.name}.{place} has no {meant}")
    only = {text: frozenset(map(folded, wanted)) for text, wanted in said.get("only", {}).items()}
    return SheetProfile(name, headers, only, values)


def _wrong(name: str, zh: str, en: str) -> UsageError:
    return UsageError("E381", f"导出档案 {name} {zh}", f"The export profile {name} {en}")
