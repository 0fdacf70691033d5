"""Excel on Windows: the same answers over COM and VBA as from the registry, and files that Excel can open.

There is no Windows here: `tests/hosts/windows.py` stands in for pywin32, and pyOpenVBA's interpreter for VBA.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import warnings
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xlwings
from lxml import etree
from pyopenvba import ExcelFile
from pyopenvba.interpreter import parse_module
from python_calamine import CalamineWorkbook

from loyalty_xl import cli, formulas, refresh, refreshing_open, talk_share, traces, tracing_open
from loyalty_xl import share as sharing
from loyalty_xl.cells import column_letters
from loyalty_xl.errors import UsageError, WriteError
from loyalty_xl.formulas import CellError
from loyalty_xl.hosts.excel import building, buttons, functions, installing, vba
from loyalty_xl.sample import small_company
from tests.conftest import TODAY
from tests.hosts.calls import CALLS, JULY, shows
from tests.hosts.machines import windows_machine
from tests.hosts.parity import CASES, Case, agrees, as_serial
from tests.hosts.windows import ERRORS, MISSING, SPILL, com_server, excel

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # oletools uses old names of pyparsing's
    from oletools.olevba import VBA_Parser

pytestmark = pytest.mark.windows
GOLDEN = Path(__file__).parent / "golden"
FUNCTIONS = formulas.functions()
MODULE = "loyalty_xl.hosts.excel.functions"


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """xlwings' COM server, over stand-ins of pywin32."""
    with com_server() as made:
        yield made


@pytest.fixture(scope="module")
def add_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The add-in, built."""
    return installing.build_to(tmp_path_factory.mktemp("addin") / "loyalty.xlam")


@pytest.fixture(scope="module")
def macro_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A macro workbook of the small company, made by the command line."""
    folder = tmp_path_factory.mktemp("macros")
    (folder / "files").mkdir()
    small_company(folder / "files")
    assert cli.main(["new", str(folder / "book.xlsm"), "--from", str(folder / "files"), "--lang", "both"]) == 0
    return folder / "book.xlsm"


def com_cell(cell: Any) -> Any:
    """A cell of a range as `Value2` arrives through COM."""
    if isinstance(cell, str) and cell in ERRORS:
        return ERRORS[cell]
    return float(cell) if isinstance(cell, (int, float)) and not isinstance(cell, bool) else cell


def com_argument(cells: Any) -> Any:
    return tuple((com_cell(each),) for each in cells) if isinstance(cells, list) else com_cell(cells)


def read_reply(reply: Any) -> Any:
    """A reply as VBA shows it: the code of a marked error, anything else as it is."""
    if isinstance(reply, str) and reply.startswith(functions.MARK):
        return reply.removeprefix(functions.MARK).partition(functions.MESSAGE_AT)[0]
    return reply


# The same answer through every door


@pytest.mark.parametrize(("name", "cells", "expected"), CALLS)
def test_registry_gives_the_answer(name: str, cells: tuple[Any, ...], expected: Any) -> None:
    """The table of calls holds what the registry itself answers."""
    columns = [[[cell] for cell in each] if isinstance(each, list) else each for each in cells]
    found = formulas.call(name, *columns)
    shows(found.code if isinstance(found, CellError) else found, expected)


@pytest.mark.parametrize(("name", "cells", "expected"), CALLS)
def test_com_gives_the_same_answer(server: Any, name: str, cells: tuple[Any, ...], expected: Any) -> None:
    """Over xlwings' COM server, with arguments left out as COM leaves them out, the answer and the code are the same."""
    given = [com_argument(each) for each in cells]
    given += [MISSING] * (len(FUNCTIONS[name].arguments) - len(given))
    shows(read_reply(server.CallUDF(MODULE, name, tuple(given))), expected)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.function} {case.says}")
def test_com_agrees_with_the_table_of_all_hosts(server: Any, case: Case) -> None:
    """Every case of the table that all hosts share, its cells as `Value2` gives them (dates as serial numbers), gives its answer over COM."""
    name = f"LOYALTY_{case.function}"
    given = [value2(each) for each in case.cells]
    given += [MISSING] * (len(FUNCTIONS[name].arguments) - len(given))
    found = read_reply(server.CallUDF(MODULE, name, tuple(given)))
    if case.error:
        assert found == case.error
    else:
        assert agrees(found, case), found


def value2(cells: Any) -> Any:
    """An argument of the shared table as `Value2` arrives through COM."""
    if isinstance(cells, list):
        return tuple(tuple(value2(cell) for cell in row) for row in cells)
    return com_cell(as_serial(cells))


def test_vba_gives_the_same_answers(server: Any) -> None:
    """The generated VBA, interpreted, shows for every call what the registry answers: values, and real errors of Excel's."""
    app, lines = excel(server), []
    sheet = app.sheet(1)
    column = 1
    for row, (name, cells, _) in enumerate(CALLS, start=1):
        words = []
        for each in cells:
            line = each if isinstance(each, list) else [each]
            letters = column_letters(column)
            lines += [
                f'Range("{letters}{100 + at}").Value = {written(cell)}'
                for at, cell in enumerate(line)
                if cell is not None
            ]
            words.append(f'Range("{letters}100:{letters}{99 + len(line)}")')
            column += 1
        lines.append(f'Range("A{row}").Value = {name}({", ".join(words)})')
    app.add_module("Sub Calls()\n" + "\n".join(lines) + "\nEnd Sub\n", name="Calls")
    app.run("Calls")
    numbers = {"#DIV/0!": 2007, "#N/A": 2042, "#NAME?": 2029, "#NUM!": 2036, "#VALUE!": 2015}
    for row, (_, _, expected) in enumerate(CALLS, start=1):
        found = sheet.value(f"A{row}")
        shows(
            str(found) if expected in numbers else found,
            f"Error {numbers[expected]}" if expected in numbers else expected,
        )


def written(cell: Any) -> str:
    """A value in VBA."""
    if isinstance(cell, str):
        error = {"#N/A": "CVErr(2042)"}.get(cell)
        return error or "&".join(f"ChrW({ord(letter)})" for letter in cell)
    return str(cell)


def test_table_spills_with_errors_in_its_cells(server: Any) -> None:
    """A table comes back as rows; a cell without a value is a marked error, which VBA turns into #N/A."""
    found = server.CallUDF(MODULE, "LOYALTY_NPS_BREAKDOWN", (((10.0,), (9.0,), (3.0,)), *[MISSING] * 5))
    assert found[0][:4] == ["promoters", "passives", "detractors", "n"]
    assert found[1][:4] == [2, 0, 1, 3]
    app = excel(server)
    marked = functions.reply([["n", "NPS"], [0, CellError("#N/A", "没有值", "no value")]])
    app.interpreter.host.create("XLPython").server = SimpleNamespace(CallUDF=lambda *_: marked)
    lines = ('Range("A1").Value = 10', 't = LOYALTY_NPS_BREAKDOWN(Range("A1"))', 'Range("C1:D2").Value = t')
    app.add_module("Sub T()\nDim t\n" + "\n".join(lines) + "\nEnd Sub\n", name="T")
    app.run("T")
    assert [str(app.sheet(1).value(cell)) for cell in ("C1", "D1", "D2")] == ["n", "NPS", "Error 2042"]


def test_errors_without_a_text_are_still_errors(server: Any) -> None:
    """#SPILL! and its like, which xlwings hands over as whole numbers, never count as numbers."""
    found = server.CallUDF(MODULE, "LOYALTY_NPS", (((10.0,), (SPILL,)), *[MISSING] * 5))
    assert read_reply(found) == "#VALUE!"


def test_blank_cell_for_an_optional_argument_is_its_default(server: Any) -> None:
    """A blank cell in place of an optional argument, `include` among them, is as good as none."""
    given = (((10.0,), (9.0,), (3.0,)), None, None, None, None, None)
    assert server.CallUDF(MODULE, "LOYALTY_NPS", given) == pytest.approx(100 / 3)


def test_fault_of_the_program_is_an_error_with_a_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When the program fails, the cell shows #VALUE!, and the details stand in a log: no traceback in a cell."""
    monkeypatch.setattr(functions, "LOG", tmp_path / "log.txt")
    monkeypatch.setattr(formulas, "call", lambda *_: 1 / 0)
    found = functions.LOYALTY_NPS([[1.0]])
    assert read_reply(found) == "#VALUE!"
    assert "ZeroDivisionError" in (tmp_path / "log.txt").read_text(encoding="utf-8")


def test_large_whole_numbers_travel_as_floats() -> None:
    """COM carries whole numbers of 32 bits into a cell; larger ones go as floats."""
    assert [type(functions.reply(each)) for each in (7, 2**40, True)] == [int, float, bool]


# Names and signatures


@pytest.mark.parametrize("made", FUNCTIONS.values(), ids=lambda made: made.name)
def test_wrapper_is_what_xlwings_can_read(made: Any) -> None:
    """One attribute for each function, with plain positional names, None for what is optional, and no annotations."""
    wrapper = getattr(functions, made.name)
    parameters = inspect.signature(wrapper).parameters.values()
    assert [each.name for each in parameters] == [each.name for each in made.arguments]
    assert {each.kind for each in parameters} <= {inspect.Parameter.POSITIONAL_OR_KEYWORD}
    assert [each.default is None for each in parameters] == [each.optional for each in made.arguments]
    assert not wrapper.__annotations__


def test_only_worksheet_functions_are_seen(server: Any) -> None:
    """Of all attributes of the module, xlwings sees exactly the registry's functions."""
    server.CallUDF(MODULE, "LOYALTY_VERSION", ())
    module = sys.modules[MODULE]
    assert {name for name in dir(module) if hasattr(getattr(module, name), "__xlfunc__")} == set(FUNCTIONS)


@pytest.mark.parametrize("made", FUNCTIONS.values(), ids=lambda made: made.name)
def test_names_are_legal_in_excel_and_vba(made: Any) -> None:
    """No dot, no cell address, no word of VBA's, and no argument twice, in any case."""
    assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,254}", made.name)
    assert not re.fullmatch(r"[A-Z]{1,3}\d+|R\d*C?\d*|C\d*", made.name)
    names = [vba.vba_name(each.name) for each in made.arguments]
    assert all(re.fullmatch(r"[A-Za-z]\w{0,254}", name) and name.lower() not in vba.RESERVED for name in names)
    assert len({name.lower() for name in (*names, made.name)}) == len(names) + 1


# VBA


def test_vba_text_is_the_golden_one() -> None:
    """The generated VBA is, letter for letter, the text that was read and judged (else compare and renew tests/hosts/golden)."""
    chosen = [FUNCTIONS[name] for name in ("LOYALTY_NPS", "LOYALTY_RETENTION_RATE", "LOYALTY_VERSION")]
    texts = {
        vba.FUNCTIONS: vba.functions_module(chosen),
        vba.MACROS: vba.macros_module(),
        vba.RIBBON: vba.ribbon_module(),
    }
    for name, text in texts.items():
        told = text.replace("\r\n", "\n").replace(cli.__version__, "VERSION")
        assert told == (GOLDEN / f"{name}.bas").read_text(encoding="ascii"), name


def test_every_function_is_in_the_vba() -> None:
    """The VBA has one public function for each of the registry, and no other."""
    text = vba.functions_module()
    assert re.findall(r"(?m)^Public Function (\w+)\(", text) == list(FUNCTIONS)
    assert text.isascii()


def test_macros_run_what_is_there(server: Any) -> None:
    """Each macro hands RunPython an entry point that exists."""
    app = excel(server)
    for macro, action in vba.BUTTONS.items():
        app.run(macro)
        assert app.console[-1] == f"import {buttons.__name__} as buttons; buttons.{action}()"
        assert callable(getattr(buttons, action))


def test_whole_columns_are_read_down_to_the_last_cell_in_use(server: Any) -> None:
    """A formula over a whole column hands over what is in use, not a million cells."""
    app = excel(server)
    asked: list[Any] = []
    app.interpreter.host.create("XLPython").server = SimpleNamespace(CallUDF=lambda *given: asked.append(given) or 1.0)
    app.add_module(
        'Sub T()\nDim n\nRange("A1").Value = 10\nRange("B7").Value = 3\nn = LOYALTY_NPS(Range("A1:A60000"))\n'
        'n = LOYALTY_NPS(Range("A20:A30"))\nEnd Sub\n',
        name="T",
    )
    app.run("T")
    assert [len(given[2][0]) if isinstance(given[2][0], tuple) else given[2][0] for given in asked] == [7, None]


@pytest.mark.parametrize("date1904", [False, True])
def test_dates_mean_the_same_in_both_date_systems(server: Any, date1904: bool) -> None:
    """A workbook that counts days from 1904 hands over dates as dates, since its serial numbers mean other days."""
    app = excel(server, date1904=date1904)
    asked: list[Any] = []
    app.interpreter.host.create("XLPython").server = SimpleNamespace(CallUDF=lambda *given: asked.append(given) or 1.0)
    app.add_module(
        'Sub T()\nDim n\nRange("A1").Value = DateSerial(2026, 7, 1)\nn = LOYALTY_PERIOD(Range("A1"))\nEnd Sub\n',
        name="T",
    )
    app.run("T")
    assert asked[0][2][0] == (datetime(2026, 7, 1) if date1904 else JULY)


def test_reason_of_an_error_is_kept_for_its_cell(server: Any) -> None:
    """Help on a cell that shows an error finds the sentence; once the error is gone, so is the sentence."""
    app = excel(server)
    app.add_module(
        'Function Why() As String\nLoyaltyReason Range("Z1").Address(External:=True), Why\nEnd Function\n'
        'Sub T()\nRange("A1").Value = "abc"\nRange("A2").Value = "xyz"\nDim n\nn = LOYALTY_NPS(Range("A1:A2"))\n'
        'Range("C1").Value = Why()\nRange("A1:A2").Value = 9\nn = LOYALTY_NPS(Range("A1:A2"))\nRange("C2").Value = Why()\nEnd Sub\n',
        name="T",
    )
    app.run("T")
    assert "“xyz”" in app.sheet(1).value("C1") or "“abc”" in app.sheet(1).value("C1")
    assert not app.sheet(1).value("C2")


def test_python_that_does_not_answer_is_an_error_with_a_way_out(server: Any) -> None:
    """Without Python a formula shows #N/A, and Help says what to run."""
    app = excel(server)

    def broken(*_: Any) -> None:
        from pyopenvba.interpreter._values import error

        raise error(1000)

    app.interpreter.host.create("XLPython").server = SimpleNamespace(CallUDF=broken)
    app.add_module(
        'Sub T()\nDim told As String\nRange("A1").Value = 9\nRange("C1").Value = LOYALTY_NPS(Range("A1"))\n'
        'LoyaltyReason Range("Z1").Address(External:=True), told\nRange("C2").Value = told\nEnd Sub\n',
        name="T",
    )
    app.run("T")
    assert str(app.sheet(1).value("C1")) == "Error 2042"
    assert "loyalty-xl doctor" in app.sheet(1).value("C2")


@pytest.mark.parametrize("addin", [True, False])
def test_whole_project_compiles(addin: bool) -> None:
    """An interpreter of VBA parses every module, that of xlwings with our changes among them."""
    text = vba.xlwings_module(addin=addin)
    bare = re.sub(
        r'(?m)^(\s*#(?:If [^\n]*?Then|Const App = "Microsoft Excel"))[^\r\n]*', r"\1", text
    )  # it takes no remarks there
    modules = {vba.XLWINGS: bare, vba.FUNCTIONS: vba.functions_module(), vba.MACROS: vba.macros_module()}
    for name, source in (modules | ({vba.RIBBON: vba.ribbon_module()} if addin else {})).items():
        assert parse_module(source, name=name).procedures, name


def test_independent_check_of_the_projects(add_in: Path, macro_book: Path) -> None:
    """The integrity check of pyOpenVBA has nothing to say about either project."""
    for path in (add_in, macro_book):
        with ExcelFile(path) as file:
            assert file.validate() == []


@pytest.mark.parametrize("addin", [True, False])
def test_module_of_xlwings_is_made_safe(addin: bool) -> None:
    """Nothing of a workbook or its folder decides what Python runs: no settings, no modules, no code in cells."""
    text = vba.xlwings_module(addin=addin)
    assert text.startswith("Option Private Module\r\n#Const App")
    assert f'PROJECT_NAME As String = "{vba.PROJECT}"' in text
    assert 'If source = "" Or source = "sheet"' not in text
    assert 'If source = "" Or source = "directory"' not in text
    assert "ADD_WORKBOOK_TO_PYTHONPATH" not in text
    assert text.count(" -P -B -c ") == 2
    assert not re.search(r"(?m)^ +uses_embedded_code = True", text)
    assert "BSD 3-clause" in text
    assert "xlwings.server" not in text


def test_unknown_version_of_xlwings_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An xlwings whose VBA cannot be made safe is refused with the version that can."""
    for name in ("xlwings.bas", "xlwings_custom_addin.bas"):
        (tmp_path / name).write_text('Attribute VB_Name = "xlwings"\n', encoding="ascii")
    monkeypatch.setattr(vba, "find_spec", lambda _: SimpleNamespace(origin=str(tmp_path / "__init__.py")))
    with pytest.raises(UsageError, match=r"0\.37\.8"):
        vba.xlwings_module(addin=True)
    monkeypatch.setattr(vba, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"loyalty-xl\[excel\]"):
        vba.xlwings_module(addin=True)


# The files


def modules_of(path: Path) -> dict[str, str]:
    """The VBA of a file, as oletools reads it."""
    parser = VBA_Parser(str(path))
    try:
        return {name.rpartition(".")[0]: code for _, _, name, code in parser.extract_macros()}
    finally:
        parser.close()


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as held:
        assert held.testzip() is None
        return {name: held.read(name) for name in held.namelist()}


def content_types(parts: dict[str, bytes]) -> dict[str, str]:
    root = etree.fromstring(parts["[Content_Types].xml"])
    return {each.get("PartName") or f"*.{each.get('Extension')}": each.get("ContentType") for each in root}


def check_package(parts: dict[str, bytes], kind: str) -> None:
    """Every part has a type, every relationship leads to a part, and document modules bear the sheets' code names."""
    types = content_types(parts)
    assert types["/xl/workbook.xml"] == kind
    for name in parts:
        ending = name.rpartition(".")[2]
        assert name == "[Content_Types].xml" or f"/{name}" in types or f"*.{ending}" in types, name
    assert types.get("/xl/vbaProject.bin", types.get("*.bin")) == "application/vnd.ms-office.vbaProject"
    for name, data in parts.items():
        if name.endswith(".rels"):
            folder = Path(name).parent.parent
            for each in etree.fromstring(data):
                if each.get("TargetMode") != "External":
                    target = each.get("Target")
                    path = target[1:] if target.startswith("/") else str(folder / target)
                    assert str(Path("/", path).resolve()).lstrip("/") in parts, (name, target)


def code_names(parts: dict[str, bytes]) -> set[str]:
    sheets = [etree.fromstring(data) for name, data in parts.items() if name.startswith("xl/worksheets/sheet")]
    names = {each.find("{*}sheetPr").get("codeName") for each in sheets}
    return names | {etree.fromstring(parts["xl/workbook.xml"]).find("{*}workbookPr").get("codeName")}


def test_add_in_is_a_sound_package(add_in: Path) -> None:
    """The add-in has the type of an add-in, a ribbon that hangs on its root, and a module for each of its sheets."""
    parts = parts_of(add_in)
    check_package(parts, building.AS_ADD_IN)
    root = etree.fromstring(parts["_rels/.rels"])
    assert [each.get("Target") for each in root if each.get("Type") == building.RIBBON_RELATION] == [
        building.RIBBON_PART
    ]
    assert len({each.get("Id") for each in root}) == len(root)
    modules = modules_of(add_in)
    assert code_names(parts) | {vba.XLWINGS, vba.FUNCTIONS, vba.MACROS, vba.RIBBON} == set(modules)


def test_ribbon_asks_for_what_is_there(add_in: Path) -> None:
    """One group with six buttons; every callback is a procedure of the add-in, and every name has its words in both languages."""
    root = etree.fromstring(parts_of(add_in)[building.RIBBON_PART])
    assert root.tag == "{http://schemas.microsoft.com/office/2009/07/customui}customUI"
    assert [each.get("id") for each in root.iter("{*}button")] == list(vba.BUTTONS)
    assert len(list(root.iter("{*}group"))) == 1
    callbacks = {
        value for each in root.iter() for name, value in each.attrib.items() if name.startswith(("get", "onAction"))
    }
    modules = modules_of(add_in)
    assert all(re.search(rf"(?m)^Public Sub {each}\(", modules[vba.RIBBON]) for each in callbacks)
    book = CalamineWorkbook.from_path(str(add_in))
    named = {each.get("id") for each in root.iter() if each.get("id")}
    for language in ("zh", "en"):
        rows = {row[0]: row[1:] for row in book.get_sheet_by_name(language).to_python()[1:]}
        assert named | set(FUNCTIONS) == set(rows)
        assert all(rows[name][0] for name in named)
        assert all(
            rows[name][2] == len(made.arguments) and all(rows[name][3 : 3 + len(made.arguments)])
            for name, made in FUNCTIONS.items()
        )
        assert max(len(str(cell)) for row in rows.values() for cell in row if cell) <= 255


def test_modules_are_read_back_as_they_were_generated(add_in: Path, macro_book: Path) -> None:
    """An independent reader finds in both files the text that was generated."""
    for path, addin in ((add_in, True), (macro_book, False)):
        found = modules_of(path)
        expected = {
            vba.FUNCTIONS: vba.functions_module(),
            vba.MACROS: vba.macros_module(),
            vba.XLWINGS: vba.xlwings_module(addin=addin),
        }
        for name, text in expected.items():
            body = re.sub(r'\AAttribute VB_Name = "\w+"\r?\n', "", found[name])
            assert body.replace("\r\n", "\n").strip() == text.replace("\r\n", "\n").strip(), name


def test_add_in_holds_the_same_bytes_each_time(add_in: Path, tmp_path: Path) -> None:
    """No clock, path or name goes in: a second build in another place gives the same bytes."""
    assert installing.build_to(tmp_path / "other" / "again.xlam").read_bytes() == add_in.read_bytes()
    assert installing.is_current(add_in)


def test_macro_template_holds_the_same_bytes_each_time(tmp_path: Path) -> None:
    """The same holds for the workbook with macros."""
    for name in ("a.xlsm", "b.xlsm"):
        building.build_macro_template(tmp_path / name, "en")
    assert (tmp_path / "a.xlsm").read_bytes() == (tmp_path / "b.xlsm").read_bytes()


def test_macro_workbook_is_a_sound_package(macro_book: Path) -> None:
    """A new .xlsm has the type of a macro workbook, its own modules, and no ribbon."""
    parts = parts_of(macro_book)
    check_package(parts, building.WITH_MACROS)
    assert code_names(parts) | {vba.XLWINGS, vba.FUNCTIONS, vba.MACROS} == set(modules_of(macro_book))
    assert building.RIBBON_PART not in parts


def test_macro_workbook_has_six_buttons_on_two_pages(macro_book: Path) -> None:
    """Start and Scorecard carry a button for each action, and every button names a macro that is there."""
    drawings = [data for name, data in parts_of(macro_book).items() if name.endswith(".vml")]
    macros = [re.findall(rb"<x:FmlaMacro>\[0\]!(\w+)</x:FmlaMacro>", data) for data in drawings]
    named = [[each.decode() for each in found] for found in macros if found]
    assert named == [list(vba.BUTTONS)] * 2
    assert all(f"Public Sub {each}()" in modules_of(macro_book)[vba.MACROS] for each in vba.BUTTONS)


def test_refresh_leaves_the_macros_alone(macro_book: Path) -> None:
    """A refresh fills the pages of a macro workbook; project, buttons and package types keep their bytes."""
    before = parts_of(macro_book)
    made = refresh(macro_book, period="2025", today=TODAY, by="test", recalculate=False)
    assert made.written_to == macro_book
    assert made.computed
    after = parts_of(macro_book)
    kept = [name for name in before if name.endswith((".bin", ".vml")) or "Content_Types" in name or "customUI" in name]
    assert "xl/vbaProject.bin" in kept
    assert [name for name in kept if before[name] != after[name]] == []


def test_name_of_a_new_workbook_must_be_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`new` takes names in .xlsx and .xlsm, `addin --out` names in .xlam; others are refused."""
    assert cli.main(["new", str(tmp_path / "book.xls")]) == 2
    assert cli.main(["addin", "excel", "--out", str(tmp_path / "book.xlsx")]) == 2
    assert ".xlam" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


# Buttons


class Sheet:
    """A worksheet of the stand-in workbook."""

    def __init__(self, name: str) -> None:
        self.name, self.visible, self.active = name, False, False

    def activate(self) -> None:
        self.active = True


class Book:
    """What the buttons use of an open workbook, and what they showed."""

    def __init__(self, path: Path, *names: str, folder: str | None = None) -> None:
        self.name, self.said = path.name, []  # type: ignore[var-annotated]
        self.sheets = [Sheet(name) for name in names]
        self.selection: Any = None
        self.app = SimpleNamespace(alert=lambda text, title, mode: self.said.append((mode, text)))
        self.api = SimpleNamespace(
            Path=str(path.parent) if folder is None else folder,
            FullName=str(path),
            SaveCopyAs=lambda copy: Path(copy).write_bytes(path.read_bytes()),
        )


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch, macro_book: Path) -> Book:
    """The macro workbook, in front in Excel."""
    book = Book(macro_book, "Scorecard 记分卡", "Findings 问题", "Trace 追溯")
    monkeypatch.setattr(xlwings.Book, "caller", lambda: book)
    return book


def test_findings_button_opens_the_page(front: Book) -> None:
    """Findings is made visible and activated, and nothing is said."""
    buttons.findings()
    assert (front.sheets[1].visible, front.sheets[1].active, front.said) == (True, True, [])


def test_buttons_refuse_a_foreign_workbook(front: Book) -> None:
    """In a workbook that is none of ours, the buttons say so."""
    front.sheets = [Sheet("Sheet1")]
    buttons.findings()
    assert front.said[0][0] == "critical"
    assert "E110" in front.said[0][1] or "loyalty-xl new" in front.said[0][1]


@pytest.mark.parametrize("folder", [None, "https://company.example/Documents"])
def test_check_button_lists_findings_and_writes_nothing(front: Book, macro_book: Path, folder: str | None) -> None:
    """Check reads a copy of the workbook as it stands in Excel, says what is wrong, and leaves no copy behind."""
    front.api.Path = str(macro_book.parent) if folder is None else folder
    before, files = macro_book.read_bytes(), sorted(macro_book.parent.iterdir())
    buttons.check()
    mode, text = front.said[0]
    assert mode == "info"
    assert "Errors:" in text
    assert ("no folder of this machine" in text) == (folder is not None)
    assert front.sheets[1].active
    assert (macro_book.read_bytes(), sorted(macro_book.parent.iterdir())) == (before, files)


def test_refresh_button_hands_the_open_workbook_over(front: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refresh hands the workbook to what refreshes it in Excel, and says what came out."""
    made = SimpleNamespace(computed=True, up_to_date=False, period="2026-07", findings=[])
    monkeypatch.setattr(refreshing_open, "refresh_open", lambda book: made if book is front else None)
    buttons.refresh()
    made.up_to_date = True
    buttons.refresh()
    made.computed = False
    buttons.refresh()
    assert [text.splitlines()[1] for _, text in front.said] == [
        "Refreshed: 2026-07.",
        "Up to date: nothing has changed.",
        "Nothing could be computed. Supply Orders first.",
    ]


def test_trace_button_traces_the_selected_line(front: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trace hands over workbook, worksheet and row of the selection, opens the page Trace, and says what was traced."""
    asked: list[Any] = []
    monkeypatch.setattr(tracing_open, "trace_open", lambda *given: asked.append(given))
    monkeypatch.setattr(traces, "said", lambda made: "NPS · 2026-07")
    front.selection = SimpleNamespace(sheet=front.sheets[0], row=19)
    buttons.trace()
    front.api.FullName = "https://company.example/Documents/book.xlsm"
    buttons.trace()
    assert asked == [(front, "Scorecard 记分卡", 19)] * 2
    assert (front.sheets[2].visible, front.sheets[2].active) == (True, True)
    assert [mode for mode, _ in front.said] == ["info", "info"]
    assert front.said[0][1] == "NPS · 2026-07"
    assert "no folder of this machine" in front.said[1][1]


def test_trace_button_wants_a_line(front: Book) -> None:
    """Where a picture is selected, or a cell in no line, Trace says what to select, and opens nothing."""
    front.selection = None
    buttons.trace()
    front.selection = SimpleNamespace(sheet=front.sheets[0], row=1)
    front.app.status_bar = False
    buttons.trace()
    assert [mode for mode, _ in front.said] == ["critical", "critical"]
    assert all("select a cell in the line of a KPI" in text for _, text in front.said)
    assert not front.sheets[2].active


def test_share_button_shares_the_saved_workbook(front: Book, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Share makes files of the workbook as it lies on disk; with unsaved changes, or without a folder, it says so and makes none."""
    asked: list[Path] = []
    monkeypatch.setattr(sharing, "share", asked.append)
    monkeypatch.setattr(talk_share, "share_text", lambda made, language: "5 files")
    place = tmp_path / "book.xlsm"
    place.touch()
    front.api.FullName = str(place)
    for saved in (True, False):
        front.api.Saved = saved
        buttons.share()
    front.api.FullName = "https://company.example/Documents/book.xlsm"
    buttons.share()
    assert asked == [place]
    assert [mode for mode, _ in front.said] == ["info", "critical", "critical"]
    assert front.said[0][1] == "5 files"
    assert "unsaved changes" in front.said[1][1]
    assert "folder of this machine" in front.said[2][1]


def test_bug_behind_a_button_goes_to_a_log(front: Book, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A fault of the program is said in a box that names the log."""
    monkeypatch.setattr(buttons, "LOG", tmp_path / "log.txt")
    front.sheets = None  # type: ignore[assignment]
    buttons.findings()
    assert str(tmp_path / "log.txt") in front.said[0][1]
    assert "Traceback" in (tmp_path / "log.txt").read_text(encoding="utf-8")


def test_help_button_opens_a_page_with_every_function(front: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Help is a page in the browser that lists the buttons and every function."""
    opened: list[str] = []
    monkeypatch.setattr(buttons.webbrowser, "open", opened.append)
    buttons.help_page()
    text = buttons.help_html()
    assert opened[0].startswith("file:")
    assert all(made.signature in text for made in FUNCTIONS.values())


# Installing


def test_install_puts_add_in_and_safe_settings_in_place(add_in: Path, tmp_path: Path) -> None:
    """Install builds the add-in into Excel's start folder and writes the settings as VBA reads them; uninstall takes both away."""
    here = windows_machine(tmp_path)
    target, settings = installing.install(here)
    assert target == tmp_path / "Roaming" / "Microsoft" / "Excel" / "XLSTART" / "loyalty.xlam"
    assert target.read_bytes() == add_in.read_bytes()
    assert settings == tmp_path / "User" / ".loyalty" / "loyalty.conf"
    assert settings.read_bytes().splitlines() == [
        f'"INTERPRETER_WIN","{here.interpreter}"'.encode(),
        b'"ADD_WORKBOOK_TO_PYTHONPATH","False"',
        b'"USE UDF SERVER","True"',
        b'"SHOW CONSOLE","False"',
    ]
    assert installing.read_settings(here) == installing.safe_settings(here)
    assert installing.uninstall(here) == [target, settings]
    assert installing.uninstall(here) == []


def test_install_refuses_elsewhere(tmp_path: Path) -> None:
    """On other systems install and uninstall are refused with what can be done there."""
    here = windows_machine(tmp_path, system="linux")
    for action in (installing.install, installing.uninstall):
        with pytest.raises(UsageError, match="--out"):
            action(here)


def test_path_that_vba_cannot_read_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """VBA reads its settings in the machine's code page: a path with other letters is refused with the reason."""
    monkeypatch.setattr(installing, "encoding", lambda: "cp1252")
    with pytest.raises(UsageError, match="plain letters"):
        installing.install(windows_machine(tmp_path / "用户"))


def test_add_in_in_use_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An add-in that Excel holds open is not removed: Excel is to be closed first."""
    here = windows_machine(tmp_path)
    here.start_folder.mkdir(parents=True)
    (here.start_folder / "loyalty.xlam").touch()

    def held(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "in use", str(self))

    monkeypatch.setattr(Path, "unlink", held)
    with pytest.raises(WriteError, match="Close Excel"):
        installing.uninstall(here)


def test_nothing_of_the_paid_part_is_imported() -> None:
    """No module of the package names the parts of xlwings that need a licence."""
    package = Path(importlib.import_module("loyalty_xl").__file__ or "").parent
    paid = re.compile(r"xlwings\.(pro|server|reports|ext)\b|from xlwings import .*(pro|server|reports)")
    assert [path.name for path in package.rglob("*.py") if paid.search(path.read_text(encoding="utf-8"))] == []
