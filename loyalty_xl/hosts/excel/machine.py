"""What the add-in needs to know of the machine, in one value: so that every check can be tried with another machine."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

APP_PATH = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
CLICK_TO_RUN = r"SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
OUTLOOK = r"SOFTWARE\Microsoft\Office\16.0\Outlook"  # where an Office of before Click-to-Run tells its bitness


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _registry(key: str, name: str) -> str:
    """A value of the machine's registry, "" where there is none."""
    try:
        winreg: Any = import_module("winreg")
    except ModuleNotFoundError:
        return ""
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
            return str(winreg.QueryValueEx(opened, name)[0])
    except OSError:
        return ""


@dataclass(frozen=True)
class Machine:
    """A machine, as far as it matters here."""

    system: str
    environ: Mapping[str, str]
    executable: Path
    prefix: Path
    python: tuple[int, ...]
    bits: int
    version: Callable[[str], str]  # of a package, "" where it is missing
    registry: Callable[[str, str], str]

    @property
    def windows(self) -> bool:
        """Whether Excel may be here."""
        return self.system == "win32"

    @property
    def start_folder(self) -> Path:
        """Where Excel opens every file when it starts, and trusts its macros: no registry is needed."""
        return Path(self.environ.get("APPDATA", "")) / "Microsoft" / "Excel" / "XLSTART"

    @property
    def config(self) -> Path:
        """The settings that the VBA reads."""
        home = Path(self.environ.get("USERPROFILE") or Path.home())
        return home / ".loyalty" / "loyalty.conf"

    @property
    def interpreter(self) -> Path:
        """The interpreter that Excel starts: without a console window."""
        return self.executable.with_name("pythonw.exe")

    @cached_property
    def excel(self) -> str:
        """Path of Excel, "" where it is not installed."""
        return self.registry(APP_PATH, "")

    @cached_property
    def excel_bits(self) -> int:
        """64 or 32."""
        told = self.registry(CLICK_TO_RUN, "Platform") or self.registry(OUTLOOK, "Bitness")
        return 32 if told.lower() == "x86" else 64


def this_machine() -> Machine:
    """The machine on which this runs."""
    return Machine(
        sys.platform,
        os.environ,
        Path(sys.executable),
        Path(sys.prefix),
        tuple(sys.version_info[:3]),
        struct.calcsize("P") * 8,
        _version,
        _registry,
    )
