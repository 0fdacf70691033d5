"""Letting LibreOffice calculate or print a copy of a workbook: its own process, its own profile, a limit of time."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

PLACES = (
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.com",
)
# Formulas are calculated whatever results the file holds; no macro runs, no link is followed.
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
</oor:items>
"""


SYSTEM_FONTS = Path("/etc/fonts/fonts.conf")
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">{system}</include>
<alias binding="same"><family>Microsoft YaHei</family><prefer><family>Noto Sans CJK SC</family><family>Source Han Sans SC</family><family>WenQuanYi Micro Hei</family></prefer></alias>
</fontconfig>
"""


class Trouble(Exception):  # noqa: N818 (no error of the user's: what it stops is optional)
    """LibreOffice did not do it, and why."""


def program() -> str | None:
    """Give the program, None where LibreOffice is not installed."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return found or next((place for place in PLACES if Path(place).is_file()), None)


def calculated(copy: Path, seconds: float) -> Path:
    """Have *copy* calculated and saved under another name; as `converted`."""
    return converted(copy, "xlsx:Calc MS Excel 2007 XML", seconds)


def converted(copy: Path, kind: str, seconds: float) -> Path:
    """Have *copy* saved as *kind* ("pdf", or "xlsx:" and the name of a filter) in a folder beside it, which is to be private.

    Raises
    ------
    Trouble
        It is not installed, took longer than *seconds*, or wrote nothing.
    """
    command = program()
    if command is None:
        raise Trouble("no_libreoffice")
    profile, out = copy.parent / "profile", copy.parent / "converted"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(PROFILE, encoding="utf-8")
    switches = ["--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck"]
    asked = ["--convert-to", kind, "--outdir", str(out), str(copy)]
    process = subprocess.Popen(
        [command, *switches, f"-env:UserInstallation={profile.as_uri()}", *asked],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **_fonts(profile), "SAL_USE_VCLPLUGIN": "svp"},
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise Trouble(f"not done within {seconds:g} s") from None
    finally:
        end(process)
    made = out / f"{copy.stem}.{kind.partition(':')[0]}"
    if not made.is_file():
        raise Trouble(f"LibreOffice wrote nothing (exit {process.returncode})")
    return made


def _fonts(folder: Path) -> dict[str, str]:
    """Say what stands in for the fonts of our pages where fontconfig chooses: otherwise Latin letters in them fall back to a wide, plain font."""
    if not SYSTEM_FONTS.is_file() or "FONTCONFIG_FILE" in os.environ:
        return {}
    own = folder / "fonts.conf"
    own.write_text(FONTS.format(system=SYSTEM_FONTS), encoding="utf-8")
    return {"FONTCONFIG_FILE": str(own)}


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process with those it has started."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
