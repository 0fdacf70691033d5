"""What `loyalty-xl addin` does for each host: gives what to say, and what to print as JSON."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from loyalty_xl.books import addin_paths
from loyalty_xl.books.owners import from_os

Said = tuple[tuple[str, str], dict[str, Any]]


def addin(
    host: str, *, out: str | None = None, install: bool = False, uninstall: bool = False, repair: str | None = None
) -> Said:
    """Make, install or remove the add-in of *host*, or repair a workbook that carries another machine's path."""
    if repair:
        return _without_paths(Path(repair))
    return (_excel if host == "excel" else _libreoffice)(out, install=install, uninstall=uninstall)


def _excel(out: str | None, *, install: bool, uninstall: bool) -> Said:
    from loyalty_xl.hosts.excel import installing
    from loyalty_xl.hosts.excel.machine import this_machine

    if install:
        target, settings = installing.install(this_machine())
        said = (
            f"已安装 {target}\n设置:{settings}\n请重新启动 Excel。",
            f"Installed {target}\nSettings: {settings}\nStart Excel anew.",
        )
        return said, {"written_to": str(target), "settings": str(settings)}
    if uninstall:
        removed = [str(each) for each in installing.uninstall(this_machine())]
        listed = ", ".join(removed)
        return (
            (f"已移除 {listed}", f"Removed {listed}") if removed else ("没有安装过。", "It was not installed."),
            {"written_to": None, "removed": removed},
        )
    made = installing.build_to(Path(out or "loyalty.xlam"))
    return (f"已生成 {made}", f"Made {made}"), {"written_to": str(made)}


def _libreoffice(out: str | None, *, install: bool, uninstall: bool) -> Said:
    from loyalty_xl.hosts.libreoffice import extension, installing

    if uninstall:
        installing.uninstall()
        return ("已从 LibreOffice 移除扩展", "Took the extension out of LibreOffice"), {
            "written_to": None,
            "installed": False,
        }
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "loyalty_xl.oxt") if install else Path(out or "loyalty_xl.oxt")
        try:
            extension.write(made)
        except OSError as error:
            raise from_os(error, made) from None
        if install:
            installing.install(made)
            return ("已添加到 LibreOffice,请重新启动它", "Added to LibreOffice; start it anew"), {
                "written_to": None,
                "installed": True,
            }
    return (f"已写入 {made}", f"Written to {made}"), {"written_to": str(made), "installed": False}


def _without_paths(book: Path) -> Said:
    found = addin_paths.repair(book)
    cells = [f"{each.sheet}!{each.cell}" for each in found]
    listed = ", ".join(cells[:5]) + (f" … +{len(cells) - 5}" if len(cells) > 5 else "")
    said = (
        (f"已从 {len(cells)} 个公式中去掉加载项路径:{listed}", f"Took the path out of {len(cells)} formulas: {listed}")
        if found
        else ("没有带路径的公式,没有改动。", "No formula carries a path; nothing was changed.")
    )
    return said, {"written_to": str(book) if found else None, "cells": cells}
