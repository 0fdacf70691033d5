"""Number formats: the built-in ones, and which of them show a date or a time."""

from __future__ import annotations

import re

# ECMA-376 part 1, 18.8.30; 27-36 and 50-58 as in a Chinese Excel.
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: "$#,##0_);($#,##0)", 6: "$#,##0_);[Red]($#,##0)", 7: "$#,##0.00_);($#,##0.00)",
    8: "$#,##0.00_);[Red]($#,##0.00)",
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "m/d/yyyy h:mm",
    27: 'yyyy"年"m"月"', 28: 'm"月"d"日"', 29: 'm"月"d"日"', 30: "m-d-yy", 31: 'yyyy"年"m"月"d"日"',
    32: 'h"时"mm"分"', 33: 'h"时"mm"分"ss"秒"', 34: '上午/下午h"时"mm"分"', 35: '上午/下午h"时"mm"分"ss"秒"',
    36: 'yyyy"年"m"月"',
    37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)", 39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)",
    41: '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)', 42: '_($* #,##0_);_($* (#,##0);_($* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', 44: '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    50: 'yyyy"年"m"月"', 51: 'm"月"d"日"', 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: 'm"月"d"日"',
    55: '上午/下午h"时"mm"分"', 56: '上午/下午h"时"mm"分"ss"秒"', 57: 'yyyy"年"m"月"', 58: 'm"月"d"日"',
}  # fmt: skip

_GENERAL = re.compile(r"general|standard|g/通用格式|通用格式", re.I)
_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.', re.S)
_ELAPSED = re.compile(r"\[(h+|m+|s+|时|分|秒)\]", re.I)
_BRACKET = re.compile(r"\[[^\]]*\]")
_EXPONENT = re.compile(r"e[+-]", re.I)
_CALENDAR = re.compile(r"[ymdhseg]|a{3,}|b{2,}|am/pm|a/p|上午/下午", re.I)


def shows_date(code: str) -> bool:
    """Say whether a number under format *code* is shown as a date or a time.

    The section for positive numbers decides. Quoted and escaped text, colours, conditions, currencies and exponents
    are no calendar letters: `[Red]0.00`, `0"days"`, `General`, `0.0E+0` show numbers; `yyyy"年"m"月"`, `[h]:mm`, `aaaa`
    show dates or times.
    """
    bare = _LITERAL.sub("", code)
    section = bare.split(";", 1)[0]
    if _ELAPSED.search(section):
        return True
    bare = _EXPONENT.sub("", _GENERAL.sub("", _BRACKET.sub("", section)))
    return _CALENDAR.search(bare) is not None
