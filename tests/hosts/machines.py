"""Machines that are not here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from loyalty_xl.hosts.excel import machine


def windows_machine(folder: Path, **changes: Any) -> machine.Machine:
    """A Windows machine in a folder, on which all is well until something is changed."""
    python = folder / "venv" / "Scripts"
    python.mkdir(parents=True, exist_ok=True)
    (python / "pythonw.exe").touch()
    (folder / "venv" / "xlwings64-0.37.8.dll").touch()
    fonts = folder / "Windows" / "Fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    for name in ("msyh.ttc", "calibri.ttf"):
        (fonts / name).touch()
    registry = {machine.APP_PATH: r"C:\Program Files\Microsoft Office\EXCEL.EXE", machine.CLICK_TO_RUN: "x64"}
    facts = {
        "system": "win32",
        "environ": {
            "APPDATA": str(folder / "Roaming"),
            "USERPROFILE": str(folder / "User"),
            "WINDIR": str(folder / "Windows"),
        },
        "executable": python / "python.exe",
        "prefix": folder / "venv",
        "python": (3, 13, 1),
        "bits": 64,
        "version": {"xlwings": "0.37.8", "pyOpenVBA": "6.5.0"}.get,
        "registry": lambda key, name: registry.get(key, ""),
    }
    return machine.Machine(**(facts | changes))
