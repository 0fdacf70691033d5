"""Who is at work, and when: the only name and clock that are written."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime


def user() -> str:
    """Name of the person at the keyboard."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def now() -> str:
    """The time, as the Scorecard shows it; SOURCE_DATE_EPOCH fixes it."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now().astimezone()
    return moment.strftime("%Y-%m-%d %H:%M")
