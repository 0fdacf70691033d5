"""Number formats as far as reading needs them: zero padding, percent, text that hides the value."""

from __future__ import annotations

import re
from functools import lru_cache

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|!(.)|_.|\*.|\[[^\]]*\]')
_PLACEHOLDER = re.compile(r"[0#?@]|general|g/通用格式|[ymdhse]|上午/下午", re.IGNORECASE)


@lru_cache(maxsize=4096)
def zero_padding(code: str) -> int:
    """Give how many digits a format such as 000000 pads to, 0 if it does not."""
    return len(code) if re.fullmatch("0{2,}", code) else 0


@lru_cache(maxsize=4096)
def is_percent(code: str) -> bool:
    """Whether the format shows a number times 100 with a percent sign."""
    return "%" in _LITERAL.sub("", code)


@lru_cache(maxsize=4096)
def displays_other_text(code: str, identity: bool = False) -> bool:
    """Whether the format shows text that is not the value: no digit placeholder, digits as literals, nothing at all.

    In an id any literal text counts, because the reader takes it for a part of the id.

    >>> [displays_other_text(each) for each in ('"1,000"', ";;;", '#,##0"元"', "0.00_);(0.00)")]
    [True, True, False, False]
    """
    for section in code.split(";")[:2]:
        literal = "".join(part for found in _LITERAL.finditer(section) for part in found.groups() if part)
        rest = _LITERAL.sub("", section)
        if any(character.isdigit() for character in literal) or not _PLACEHOLDER.search(rest):
            return True
        if identity and set(literal) - set(" "):
            return True
    return False
