"""What `loyalty-xl doctor` sees on machines that are well, and on machines where one thing is wrong.

Windows machines are stand-ins: a folder with what Windows and Excel would hold there.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loyalty_xl import cli, doctor
from loyalty_xl.doctor import State
from loyalty_xl.errors import UsageError
from loyalty_xl.hosts.excel import installing, machine, vba
from tests.hosts.machines import windows_machine


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """LibreOffice and fonts are as the test says, not as this machine has them."""
    monkeypatch.setattr(doctor.libreoffice, "program", lambda: "/usr/bin/soffice")
    monkeypatch.setattr(doctor, "chinese_fonts", lambda: True)
    monkeypatch.setattr(doctor, "check_fonts", lambda language: "Noto Sans CJK SC")


def bad(items: list[doctor.Item]) -> dict[str, str]:
    """Repairs of what is bad."""
    return {each.name: each.repair for each in items if each.state is State.BAD}


@pytest.mark.windows
def test_nothing_is_wrong_after_the_installation(tmp_path: Path) -> None:
    """On a Windows machine with Excel, `addin excel --install` is all it takes."""
    here = windows_machine(tmp_path)
    assert bad(doctor.examine(here)) == {"add-in": doctor.INSTALL, "config": doctor.INSTALL}
    installing.install(here)
    assert bad(doctor.examine(here)) == {}


def store_excel(here: machine.Machine) -> machine.Machine:
    paths = {machine.APP_PATH: r"C:\Program Files\WindowsApps\Microsoft.Office\EXCEL.EXE"}
    return replace(here, registry=lambda key, name: paths.get(key, ""))


def with_32_bits(here: machine.Machine) -> machine.Machine:
    return replace(here, registry=lambda key, name: here.registry(key, name).replace("x64", "x86"))


def without(package: str) -> Any:
    return lambda here: replace(here, version=lambda name: "" if name == package else here.version(name))


def removed(*parts: str) -> Any:
    def change(here: machine.Machine) -> machine.Machine:
        here.prefix.parent.joinpath(*parts).unlink()
        return here

    return change


def older_add_in(here: machine.Machine) -> machine.Machine:
    here.start_folder.mkdir(parents=True, exist_ok=True)
    (here.start_folder / "loyalty.xlam").write_bytes(b"older")
    return here


def other_settings(here: machine.Machine) -> machine.Machine:
    here.config.parent.mkdir(parents=True)
    here.config.write_text('"INTERPRETER_WIN","C:\\elsewhere\\pythonw.exe"\n"ADD_WORKBOOK_TO_PYTHONPATH","True"\n')
    return here


def store_python(here: machine.Machine) -> machine.Machine:
    return replace(here, executable=Path("C:/Users/x/AppData/Local/Microsoft/WindowsApps/python.exe"))


# the check, what is changed on a good machine, and a word of what is said
FAULTS = (
    (doctor.python, lambda here: replace(here, python=(3, 10, 4)), "3.10.4 is too old"),
    (doctor.python, store_python, "Microsoft Store"),
    (doctor.python, removed("venv", "Scripts", "pythonw.exe"), "pythonw.exe is missing"),
    (doctor.xlwings, without("xlwings"), "xlwings is not installed"),
    (doctor.pyopenvba, without("pyOpenVBA"), "pyOpenVBA is not installed"),
    (doctor.library, removed("venv", "xlwings64-0.37.8.dll"), "xlwings64-0.37.8.dll is not in"),
    (doctor.library, with_32_bits, "xlwings32-0.37.8.dll is not in"),
    (doctor.excel, lambda here: replace(here, registry=lambda *_: ""), "Excel was not found"),
    (doctor.excel, store_excel, "Microsoft Store"),
    (doctor.add_in, older_add_in, "another version"),
    (doctor.config, other_settings, "ADD_WORKBOOK_TO_PYTHONPATH=True"),
    (doctor.fonts, removed("Windows", "Fonts", "msyh.ttc"), "Microsoft YaHei"),
)


@pytest.mark.windows
@pytest.mark.parametrize(
    ("check", "change", "says"), FAULTS, ids=lambda each: getattr(each, "__name__", str(each))[:30]
)
def test_each_fault_is_named_and_has_a_repair(tmp_path: Path, check: Any, change: Any, says: str) -> None:
    """A check that is good becomes bad by the one change, says what is wrong, and gives one line that repairs it."""
    item = check(change(windows_machine(tmp_path)))
    assert item.state is State.BAD
    assert says in item.en
    assert item.zh != item.en
    assert item.repair
    assert "\n" not in item.repair


def test_unknown_xlwings_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An xlwings whose VBA is not known is bad, and so is an add-in that it cannot build."""

    def refuse(*, addin: bool) -> str:
        raise UsageError("", "不认识", "not the known one")

    monkeypatch.setattr(vba, "xlwings_module", refuse)
    here = older_add_in(windows_machine(tmp_path))
    assert doctor.xlwings(here).repair == "pip install xlwings==0.37.8"
    assert doctor.add_in(here).repair == doctor.EXTRA


def test_folder_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the current folder takes no file, that is said."""

    def refuse(**_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    assert doctor.writing(windows_machine(tmp_path)).state is State.BAD


def test_elsewhere_excel_is_not_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Linux and Mac nothing is bad without Excel, xlwings, LibreOffice or a Chinese font: the command line needs none of them."""
    monkeypatch.setattr(doctor.libreoffice, "program", lambda: None)
    monkeypatch.setattr(doctor, "chinese_fonts", lambda: False)
    monkeypatch.setattr(doctor, "check_fonts", lambda language: "")
    here = windows_machine(tmp_path, system="linux", version=lambda _: "", registry=lambda *_: "")
    items = doctor.examine(here)
    assert bad(items) == {}
    assert {each.name for each in items if each.state is State.NOT_NEEDED} == {
        "xlwings",
        "pyOpenVBA",
        "fonts",
        "LibreOffice",
        "PDF",
        "pictures",
        "Excel",
    }


@pytest.mark.windows
def test_pdf_and_pictures_say_what_they_are_made_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The PDF is printed by LibreOffice, else by Excel; without a Chinese font pictures are drawn in English, and that is said."""
    here = windows_machine(tmp_path)
    assert doctor.printing(here).en == "printed by LibreOffice"
    monkeypatch.setattr(doctor.libreoffice, "program", lambda: None)
    assert doctor.printing(here).en == "printed by Excel"
    assert "Noto Sans CJK SC" in doctor.pictures(here).en
    monkeypatch.setattr(doctor, "check_fonts", lambda language: "Segoe UI" if language == "en" else "")
    assert doctor.pictures(here).en == "no Chinese font: pictures for chat groups in English only (Segoe UI)"
    assert doctor.pictures(here).repair == "start ms-settings:optionalfeatures"


@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_report_shows_marks_and_repairs(tmp_path: Path, language: str) -> None:
    """Each item is a line with its mark, a bad one with its repair below, and the last line counts."""
    text = doctor.report(doctor.examine(windows_machine(tmp_path)), language, colour=True)
    assert text.count("\x1b[31m✗") == 2
    assert text.count(f"→ {doctor.INSTALL}") == 2
    assert ("To repair: 2." in text) == (language != "zh")
    assert ("2 项要处理" in text) == (language != "en")


def test_command_exits_by_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`doctor` exits with 1 when something is to be repaired, else with 0; --json lists every item."""
    here = windows_machine(tmp_path)
    monkeypatch.setattr(machine, "this_machine", lambda: here)
    assert cli.main(["doctor", "--json"]) == 1
    items = json.loads(capsys.readouterr().out)
    assert {each["item"]: each["state"] for each in items}["add-in"] == "bad"
    installing.install(here)
    assert cli.main(["doctor"]) == 0
    assert "Everything is in order." in capsys.readouterr().out


def test_this_machine_is_seen() -> None:
    """The real machine gives its versions; a registry it does not have is empty."""
    here = machine.this_machine()
    assert here.version("xlwings")
    assert here.version("no-such-package") == ""
    assert here.excel == "" or here.windows
    assert doctor.python(here).state is State.GOOD
    assert doctor.libre_office(here).state is State.GOOD
