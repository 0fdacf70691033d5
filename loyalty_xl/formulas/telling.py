"""Worksheet functions in words: lists, help, the JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import in_language
from loyalty_xl.formulas.examples import answer, formula
from loyalty_xl.publish.words import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_xl.formulas.function import Function

GROUPS = {
    **DIMENSIONS,
    "tables": ("表", "tables"),
    "scorecard": ("记分卡", "scorecard"),
    "book": ("查询结果", "look up results"),
}


def function_list(chosen: Iterable[Function], language: str) -> str:
    """Worksheet functions, one line each, by group."""
    lines: list[str] = []
    group = ""
    for each in chosen:
        if each.group != group:
            group = each.group
            lines += ["", in_language(*GROUPS[group], language)]
        lines.append(f"  {each.signature}")
    return "\n".join(lines).strip()


def function_text(each: Function, language: str) -> str:
    """A worksheet function: signature, what it gives, its arguments, an example."""
    shown = ("zh", "en") if language == "both" else (language,)
    lines = [each.signature, *(each.help(one) for one in shown), ""]
    for argument in each.arguments:
        lines.append(f"  {argument.spelled:<28} {' · '.join(argument.help(one) for one in shown)}")
    found = answer(each)
    result = (
        "\n  ".join(", ".join(str(cell) for cell in row) for row in found[:4]) if isinstance(found, list) else found
    )
    lines += ["", f"{formula(each)}", f"  {result}"]
    return "\n".join(lines)


def function_json(each: Function) -> dict[str, Any]:
    """A worksheet function as `formulas --json` lists it."""
    arguments = [{"name": one.name, "optional": one.optional, "default": one.default if one.optional else None, "zh": one.zh, "en": one.en}
                 for one in each.arguments]  # fmt: skip
    return {"name": each.name, "dotted": each.dotted, "signature": each.signature, "zh": each.zh, "en": each.en, "kpi": each.key, "table": each.table,
            "example": formula(each), "arguments": arguments}  # fmt: skip
