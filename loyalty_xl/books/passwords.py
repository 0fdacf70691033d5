"""Where the password of a department's file comes from. It is held in this process only, and is in no message.

First the environment (`LOYALTY_XL_PASSWORD`), then the keyring of the system where the package `keyring` is installed
(service `loyalty_xl`, user name = the file's full path or its name), then a question at the terminal. Before all of
them the password that Excel itself uses for workbooks that are only protected against changes.
"""

from __future__ import annotations

import getpass
import importlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "LOYALTY_XL_PASSWORD"
OF_MAIL = "LOYALTY_XL_SMTP_PASSWORD"  # read in `sharing`
SERVICE = "loyalty_xl"
EVERYBODYS = "VelvetSweatshop"  # Excel opens such a file without asking

_found: dict[Path, str] = {}  # passwords that opened a file, so that nobody is asked twice


def known(path: Path) -> str | None:
    """Give the password that has opened *path* before."""
    return _found.get(path.resolve())


def remember(path: Path, password: str) -> None:
    """Keep a password that opened *path* as long as this process lives."""
    _found[path.resolve()] = password


def forget() -> None:
    """Drop all of them."""
    _found.clear()


def candidates(path: Path) -> list[str]:
    """Give the passwords to try that need no asking."""
    return list(dict.fromkeys(filter(None, [os.environ.get(VARIABLE, ""), *_from_keyring(path)])))


def asked(path: Path) -> str:
    """Ask the person at the terminal; "" where nobody is there or nothing was typed."""
    if sys.stdin is None or not sys.stdin.isatty():
        return ""
    try:
        return getpass.getpass(f"{path.name} 的打开密码 / password of {path.name}: ", stream=sys.stderr)
    except (EOFError, OSError):
        return ""


def _from_keyring(path: Path) -> list[str]:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        return []
    try:
        return [keyring.get_password(SERVICE, name) or "" for name in (str(path.resolve()), path.name)]
    except Exception:  # noqa: BLE001 (a keyring that is locked or has no backend holds no password for us)
        return []


def without(environment: dict[str, str]) -> dict[str, str]:
    """Give an environment for other processes, without passwords."""
    return {name: value for name, value in environment.items() if name.upper() not in {VARIABLE, OF_MAIL}}
