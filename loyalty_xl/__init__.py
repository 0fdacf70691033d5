"""The customer-loyalty scorecard that lives in the workbook finance already uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loyalty_xl.version import __version__

if TYPE_CHECKING:
    from loyalty_xl.memory import forget
    from loyalty_xl.refreshing import refresh

__all__ = ["__version__", "forget", "refresh"]


def __getattr__(name: str) -> Any:
    """Import what is asked for by name, and nothing before."""
    if name == "refresh":
        from loyalty_xl.refreshing import refresh

        return refresh
    if name == "forget":
        from loyalty_xl.memory import forget

        return forget
    raise AttributeError(name)
