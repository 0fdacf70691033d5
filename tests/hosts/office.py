"""A LibreOffice of one's own for tests: its profile, our extension in it, and a script in its Python that does what a user does."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from loyalty_xl.books import libreoffice
from loyalty_xl.hosts.libreoffice import extension, installing

EPOCH = "1793491200"  # the moment of every refresh, as the Scorecard shows it
SCRIPT = Path(__file__).with_name("office_script.py")
PYTHONS = ("/usr/bin/python3", "/Applications/LibreOffice.app/Contents/Resources/python")


def missing() -> str:
    """Why no office can be driven here, nothing where one can."""
    if libreoffice.program() is None or installing.unopkg() is None:
        return "LibreOffice is not installed"
    if python() is None:
        return "no Python with uno (Debian: python3-uno)"
    return ""


def python() -> str | None:
    """The Python that knows uno."""
    for each in PYTHONS:
        if (
            Path(each).exists()
            and not subprocess.run([each, "-c", "import uno"], capture_output=True, check=False).returncode
        ):
            return each
    return None


def skip_or_fail() -> None:
    """Skip where LibreOffice is missing; in CI that is a failure."""
    if reason := missing():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{reason}: nothing is known about the extension")


class Office:
    """A headless office with the extension, and the script that drives it."""

    def __init__(self, folder: Path) -> None:
        self.profile, self.extension = folder / "profile", folder / "loyalty_xl.oxt"
        self.pipe = f"loyalty{uuid.uuid4().hex}"
        extension.write(self.extension)
        shared = folder / "shared"  # root may only add for all users: these are "all users" of this office alone
        shared.mkdir(parents=True)
        self.bootstrap = [
            f"-env:UserInstallation={self.profile.as_uri()}",
            f"-env:UNO_SHARED_PACKAGES={shared.as_uri()}",
        ]
        installing.install(self.extension, self.bootstrap)
        program = libreoffice.program()
        assert program is not None
        self.process = subprocess.Popen(
            [program, "--headless", "--norestore", "--nologo", "--nodefault", *self.bootstrap, f"--accept=pipe,name={self.pipe};urp"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**installing.own_python(), "SAL_USE_VCLPLUGIN": "svp", "SOURCE_DATE_EPOCH": EPOCH, "LOYALTY_XL_NO_RECALC": "1"},
            start_new_session=True,
        )  # fmt: skip
        self.script = subprocess.Popen(
            [str(python()), str(SCRIPT), self.pipe], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, order: str, **more: Any) -> Any:
        """Give an order to the script and its answer."""
        assert self.script.stdin is not None
        assert self.script.stdout is not None
        self.script.stdin.write(json.dumps({"do": order, **more}) + "\n")
        self.script.stdin.flush()
        answer = json.loads(self.script.stdout.readline())
        if "fault" in answer:
            raise AssertionError(answer["fault"])
        return answer["gives"]

    def workers(self) -> list[int]:
        """Process ids of the workers that this office started."""
        found = []
        for each in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (each / "cmdline").read_bytes()
                if b"loyalty_xl.hosts.worker" in command and self.process.pid in ancestors(int(each.name)):
                    found.append(int(each.name))
        return found

    def processor_seconds(self) -> float:
        """Processor time that the office, its workers and all else it started have used."""
        used = 0
        for each in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError):
                if self.process.pid in ancestors(int(each.name)):
                    used += sum(map(int, (each / "stat").read_text().rpartition(")")[2].split()[11:13]))
        return used / os.sysconf("SC_CLK_TCK")

    @property
    def log(self) -> str:
        """What the worker wrote."""
        file = self.profile / "user" / "loyalty_xl.log"
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    def end(self) -> None:
        """End office and script."""
        with contextlib.suppress(Exception):
            self("end")
            self.process.wait(5)
        libreoffice.end(self.process)
        for stream in (self.script.stdin, self.script.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self.script.wait(5)
        shutil.rmtree(self.profile, ignore_errors=True)


def ancestors(process: int) -> list[int]:
    """Parents of a process, nearest first."""
    found = []
    while process > 1:
        process = int((Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[1])
        found.append(process)
    return found
