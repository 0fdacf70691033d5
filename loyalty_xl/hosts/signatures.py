"""The signature that xlwings reads from a function: plain positional names, optional ones None, no annotations."""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loyalty_xl.formulas.function import Function


def plain_signature(made: Function) -> Signature:
    """The signature of a worksheet function, without any default but None: the registry knows the others."""
    return Signature(
        [
            Parameter(each.name, Parameter.POSITIONAL_OR_KEYWORD, default=None if each.optional else Parameter.empty)
            for each in made.arguments
        ]
    )
