"""Stand-ins for what only Windows has: pywin32, so that xlwings' COM server answers here, and Excel's end of it in VBA."""

from __future__ import annotations

import ctypes
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import MagicMock

import pytest
import xlwings
from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.apps.excel._model import Application, Workbook
from pyopenvba.interpreter import EMPTY, VBAArray, VBADate, VBAErrorValue, VBAObject, method
from pyopenvba.interpreter import MISSING as VBA_MISSING
from pyopenvba.interpreter._objects import MemberSpec

import loyalty_xl.hosts.excel
from loyalty_xl.hosts.excel import vba

PYWIN32 = (
    "pywintypes", "win32api", "win32con", "win32event", "pythoncom", "win32gui", "win32process", "win32timezone",
    "win32com", "win32com.client", "win32com.server", "win32com.server.dispatcher", "win32com.server.policy",
    "win32com.server.util",
)  # fmt: skip
WINDOWS_ONLY = ("com_server", "udfs", "_xlwindows", "_win32patch")  # modules of xlwings
OURS = "loyalty_xl.hosts.excel.functions"
MISSING = -2147352572  # how an argument that was left out arrives
ERRORS = {
    "#DIV/0!": -2146826281,
    "#N/A": -2146826246,
    "#NAME?": -2146826259,
    "#NUM!": -2146826252,
    "#VALUE!": -2146826273,
}
SPILL = -2146826243  # an error that xlwings has no text for


class Time:
    """pywin32's type of a date."""


@contextmanager
def com_server() -> Iterator[Any]:
    """Yield `xlwings.com_server.XLPython()` as Windows would make it, over stand-ins of pywin32."""
    importlib.import_module(OURS)
    with pytest.MonkeyPatch.context() as changed:
        for name in PYWIN32:
            changed.setitem(sys.modules, name, MagicMock(name=name))
        sys.modules["pywintypes"].TimeType = Time
        sys.modules["pythoncom"].__file__ = "pythoncom.dll"
        sys.modules["win32com"].server.util.unwrap.side_effect = TypeError  # what is no object of ours stays what it is
        for library in ("windll", "oledll", "PyDLL"):
            changed.setattr(ctypes, library, MagicMock(), raising=False)
        for name in WINDOWS_ONLY:
            changed.delitem(sys.modules, f"xlwings.{name}", raising=False)
            changed.setattr(xlwings, name, None, raising=False)
        windows = importlib.import_module("xlwings._xlwindows")
        engine = xlwings.Engine(impl=windows.engine)
        changed.setattr(xlwings.engines, "engines", [*xlwings.engines.engines, engine])
        changed.setitem(xlwings.engines.engines_by_name, "excel", engine)
        server, udfs = (importlib.import_module(f"xlwings.{name}") for name in ("com_server", "udfs"))
        changed.setattr(xlwings, "func", udfs.xlfunc)
        changed.setattr(xlwings, "arg", udfs.xlarg)
        changed.delitem(sys.modules, OURS)  # made anew, under the decorators of Windows
        changed.setattr(loyalty_xl.hosts.excel, "functions", None)
        try:
            yield server.XLPython()
        finally:
            server.loop.close()
            udfs.com_executor.shutdown()
    for name in WINDOWS_ONLY:
        sys.modules.pop(f"xlwings.{name}", None)


class Cells(VBAObject):
    """What VBA's XLPy() gives: the COM server, reached through VBA's own values."""

    vba_type_name = "XLPython"
    server: Any = None

    @method
    def CallUDF(self, script: object, fname: object, args: object) -> object:
        given = args.items if isinstance(args, VBAArray) else []
        return to_vba(self.server.CallUDF(script, fname, tuple(to_com(each) for each in given)))


def to_com(value: Any) -> Any:
    """A value of VBA as pywin32 hands it over."""
    if isinstance(value, VBAArray):
        lower = [first for first, _ in value.bounds]
        sizes = [last - first + 1 for first, last in value.bounds]
        if len(sizes) == 1:
            return tuple(to_com(each) for each in value.items)
        return tuple(
            tuple(to_com(value.items[value.offset([lower[0] + row, lower[1] + column])]) for column in range(sizes[1]))
            for row in range(sizes[0])
        )
    if value is EMPTY:
        return None
    if value is VBA_MISSING:
        return MISSING
    if isinstance(value, VBAErrorValue):
        return value.number - 2146828288
    if isinstance(value, VBADate):
        return value.to_datetime()
    if isinstance(value, (str, bool)):
        return str(value) if isinstance(value, str) else value
    return float(value)


def to_vba(value: Any) -> object:
    """An answer of the COM server as VBA receives it."""
    if not isinstance(value, list):
        return value
    if not value or not isinstance(value[0], list):
        return VBAArray([(0, len(value) - 1)], items=list(value))
    made = VBAArray([(0, len(value) - 1), (0, len(value[0]) - 1)])
    for row, cells in enumerate(value):
        for column, cell in enumerate(cells):
            made.items[made.offset([row, column])] = cell
    return made


def excel(server: Any, *, date1904: bool = False) -> ExcelApplication:
    """Excel in memory: a sheet, our modules, and stand-ins for RunPython and XLPy of the xlwings module."""
    app = ExcelApplication()
    app.add_workbook()
    stand_in = 'Function XLPy()\nSet XLPy = CreateObject("XLPython")\nEnd Function\n'
    app.add_module(stand_in + "Function RunPython(said)\nDebug.Print said\nEnd Function\n", name="xlwings")
    app.add_module(vba.functions_module(), name=vba.FUNCTIONS)
    app.add_module(vba.macros_module(), name=vba.MACROS)
    Workbook._vba_members["date1904"] = MemberSpec("Date1904", "property", lambda _: date1904)
    Application._vba_members["caller"] = MemberSpec("Caller", "property", lambda _: app.evaluate('Range("Z1")'))
    cells = Cells()
    cells.server = server
    host, create = app.interpreter.host, app.interpreter.host.create
    host.create = lambda name: cells if name == "XLPython" else create(name)
    return app
