"""The VBA of the add-in and of a macro workbook: generated from the registry, plus the module of the installed xlwings.

The text is plain ASCII, so that it reads the same under every code page; words in Chinese lie in cells of the add-in.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl.errors import UsageError
from loyalty_xl.formulas import functions
from loyalty_xl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_xl.formulas.function import Function

FUNCTIONS, MACROS, RIBBON, XLWINGS = "LoyaltyFunctions", "LoyaltyMacros", "LoyaltyRibbon", "xlwings"
PROJECT = (
    "loyalty"  # xlwings reads %USERPROFILE%\.loyalty\loyalty.conf, so that another add-in's settings stay as they are
)
BUTTONS = {
    "LoyaltyRefresh": "refresh",
    "LoyaltyCheck": "check",
    "LoyaltyTrace": "trace",
    "LoyaltyShare": "share",
    "LoyaltyFindings": "findings",
    "LoyaltyHelp": "help_page",
}
KNOWN_XLWINGS = "0.37.8"  # whose VBA the changes below were made for
LONGEST_LINE = 1023  # of VBA
_RESERVED = """addressof alias and any array as attribute boolean byref byte byval call case cbool cbyte cdate cdbl cint clng const
csng cstr currency cvar date debug declare dim do double each else elseif empty end endif enum eqv erase error event
exit false for friend function get global gosub goto if imp implements in input integer is let lib like line lock long
longlong loop lset me mod new next not nothing null object on open option optional or paramarray preserve print private
property public put raiseevent redim rem resume return rset seek select set single static step stop string sub tab then
to true type typeof until variant wend while with withevents write xor"""
RESERVED = frozenset(_RESERVED.split())  # words that VBA keeps for itself

_HELPERS = """
Private reasons As Object

Private Function LoyaltyCells(ByRef given As Variant) As Variant
    ' What the registry reads: the cells down to the last one in use, as Value2.
    Dim held As Range, last As Long, height As Long
    If IsMissing(given) Then Exit Function
    If Not IsObject(given) Then
        LoyaltyCells = given
        Exit Function
    End If
    Set held = given
    If held.Areas.Count > 1 Then
        LoyaltyCells = CVErr(xlErrValue)
        Exit Function
    End If
    last = held.Worksheet.UsedRange.Row + held.Worksheet.UsedRange.Rows.Count - 1
    If held.Row + held.Rows.Count - 1 > last Then
        height = last - held.Row + 1
        If height < 1 Then height = 1
        Set held = held.Resize(height)
    End If
    If held.Worksheet.Parent.Date1904 Then
        LoyaltyCells = held.Value
    Else
        LoyaltyCells = held.Value2
    End If
End Function

Private Function LoyaltyAnswer(ByVal named As String, ByVal given As Variant) As Variant
    Dim place As String
    If TypeName(Application.Caller) = "Range" Then place = Application.Caller.Address(External:=True)
    LoyaltyTell place, ""
    On Error GoTo failed
    LoyaltyAnswer = LoyaltyShown(XLPy.CallUDF("loyalty_xl.hosts.excel.functions", named, given), place)
    Exit Function
failed:
    LoyaltyTell place, "Python did not answer. Run: loyalty-xl doctor" & vbCrLf & Err.Description
    LoyaltyAnswer = CVErr(xlErrNA)
End Function

Private Function LoyaltyShown(ByVal reply As Variant, ByVal place As String) As Variant
    Dim row As Long, column As Long, width As Long
    If Not IsArray(reply) Then
        LoyaltyShown = LoyaltyCell(reply, place)
        Exit Function
    End If
    width = LoyaltyWidth(reply)
    For row = LBound(reply, 1) To UBound(reply, 1)
        If width = 0 Then
            reply(row) = LoyaltyCell(reply(row), place)
        Else
            For column = LBound(reply, 2) To UBound(reply, 2)
                reply(row, column) = LoyaltyCell(reply(row, column), place)
            Next column
        End If
    Next row
    LoyaltyShown = reply
End Function

Private Function LoyaltyWidth(ByVal reply As Variant) As Long
    ' Columns of a table; 0 where the reply is a single row.
    On Error GoTo row_only
    LoyaltyWidth = UBound(reply, 2) - LBound(reply, 2) + 1
row_only:
End Function

Private Function LoyaltyCell(ByVal value As Variant, ByVal place As String) As Variant
    ' A marked text is an error of Excel's, with the sentence that says why.
    Dim mark As String, cut As Long
    LoyaltyCell = value
    If VarType(value) <> vbString Then Exit Function
    mark = Chr$(1) & "loyalty:"
    If Left$(value, Len(mark)) <> mark Then Exit Function
    cut = InStr(value, Chr$(2))
    LoyaltyTell place, Mid$(value, cut + 1)
    Select Case Mid$(value, Len(mark) + 1, cut - Len(mark) - 1)
        Case "#DIV/0!": LoyaltyCell = CVErr(xlErrDiv0)
        Case "#N/A": LoyaltyCell = CVErr(xlErrNA)
        Case "#NAME?": LoyaltyCell = CVErr(xlErrName)
        Case "#NUM!": LoyaltyCell = CVErr(xlErrNum)
        Case Else: LoyaltyCell = CVErr(xlErrValue)
    End Select
End Function

Private Sub LoyaltyTell(ByVal place As String, ByVal sentence As String)
    ' Keep why a cell shows an error; Help shows it.
    If place = "" Then Exit Sub
    If reasons Is Nothing Then Set reasons = CreateObject("Scripting.Dictionary")
    If reasons.Exists(place) Then reasons.Remove place
    If sentence <> "" Then reasons.Add place, sentence
End Sub

Public Sub LoyaltyReason(ByVal place As String, ByRef sentence As String)
    sentence = ""
    If reasons Is Nothing Then Exit Sub
    If reasons.Exists(place) Then sentence = reasons(place)
End Sub
"""

_MACROS = """
Option Explicit
' The six actions of loyalty_xl {version}. Generated: changes are lost with the next build.

Public Sub LoyaltyRefresh()
    LoyaltyRun "refresh"
End Sub

Public Sub LoyaltyCheck()
    LoyaltyRun "check"
End Sub

Public Sub LoyaltyTrace()
    LoyaltyRun "trace"
End Sub

Public Sub LoyaltyShare()
    LoyaltyRun "share"
End Sub

Public Sub LoyaltyFindings()
    LoyaltyRun "findings"
End Sub

Public Sub LoyaltyHelp()
    ' On a cell whose formula has no answer: why. Elsewhere: the help page.
    Dim sentence As String
    If TypeName(ActiveCell) = "Range" Then LoyaltyReason ActiveCell.Address(External:=True), sentence
    If sentence = "" Then
        LoyaltyRun "help_page"
    Else
        CreateObject("WScript.Shell").Popup sentence, 0, "loyalty_xl", 64
    End If
End Sub

Private Sub LoyaltyRun(ByVal action As String)
    If ActiveWorkbook Is Nothing Then Exit Sub
    RunPython "import loyalty_xl.hosts.excel.buttons as buttons; buttons." & action & "()"
End Sub
"""

_RIBBON = """
Option Explicit
' The ribbon group and the help of the function wizard, loyalty_xl {version}. Words lie on the sheets zh and en.

Private Function LoyaltyWords() As Worksheet
    ' By Excel's language: all kinds of Chinese have 4 in their lower ten bits.
    Dim language As Long
    language = Application.LanguageSettings.LanguageID(2)
    If (language And 1023) = 4 Then
        Set LoyaltyWords = ThisWorkbook.Worksheets("zh")
    Else
        Set LoyaltyWords = ThisWorkbook.Worksheets("en")
    End If
End Function

Private Function LoyaltyWord(ByVal named As String, ByVal column As Long) As String
    Dim words As Worksheet, row As Long
    Set words = LoyaltyWords()
    row = 2
    Do While words.Cells(row, 1).Value <> ""
        If words.Cells(row, 1).Value = named Then
            LoyaltyWord = words.Cells(row, column).Value
            Exit Function
        End If
        row = row + 1
    Loop
End Function

Public Sub LoyaltyLabel(control As IRibbonControl, ByRef shown As Variant)
    shown = LoyaltyWord(control.ID, 2)
End Sub

Public Sub LoyaltyTip(control As IRibbonControl, ByRef shown As Variant)
    shown = LoyaltyWord(control.ID, 3)
End Sub

Public Sub LoyaltyClick(control As IRibbonControl)
    Select Case control.ID
        Case "LoyaltyRefresh": LoyaltyRefresh
        Case "LoyaltyCheck": LoyaltyCheck
        Case "LoyaltyTrace": LoyaltyTrace
        Case "LoyaltyShare": LoyaltyShare
        Case "LoyaltyFindings": LoyaltyFindings
        Case "LoyaltyHelp": LoyaltyHelp
    End Select
End Sub

Public Sub Auto_Open()
    ' What the function wizard says about each function and argument. Excel may refuse; the functions work all the same.
    Dim words As Worksheet, row As Long, number As Long, count As Long, named As String, helps() As Variant
    On Error Resume Next
    Set words = LoyaltyWords()
    row = 2
    Do While words.Cells(row, 1).Value <> ""
        If Left$(words.Cells(row, 1).Value, 8) = "LOYALTY_" Then
            named = "'" & ThisWorkbook.Name & "'!" & words.Cells(row, 1).Value
            count = words.Cells(row, 4).Value
            If count = 0 Then
                Application.MacroOptions Macro:=named, Description:=words.Cells(row, 3).Value, Category:=words.Cells(row, 2).Value
            Else
                ReDim helps(0 To count - 1)
                For number = 0 To count - 1
                    helps(number) = words.Cells(row, 5 + number).Value
                Next number
                Application.MacroOptions Macro:=named, Description:=words.Cells(row, 3).Value, Category:=words.Cells(row, 2).Value, ArgumentDescriptions:=helps
            End If
        End If
        row = row + 1
    Loop
    ThisWorkbook.Saved = True
End Sub
"""


def functions_module(made: Iterable[Function] | None = None) -> str:
    """One public function for each of the registry, on the calls that they share."""
    chosen = list(functions().values()) if made is None else list(made)
    head = f"Option Explicit\n' Worksheet functions of loyalty_xl {__version__}. Generated: changes are lost with the next build.\n"
    return _lines(head + _HELPERS + "".join(f"\n{_function(each)}" for each in chosen))


def macros_module() -> str:
    """The six macros behind ribbon and buttons."""
    return _lines(_MACROS.format(version=__version__).lstrip())


def ribbon_module() -> str:
    """Labels and clicks of the add-in's ribbon group, and the help of the function wizard."""
    return _lines(_RIBBON.format(version=__version__).lstrip())


def vba_name(name: str) -> str:
    """A name of an argument that VBA takes: `end` becomes `end_`."""
    return f"{name}_" if name.lower() in RESERVED else name


def _function(made: Function) -> str:
    names = [vba_name(each.name) for each in made.arguments]
    asked = [f"Optional {name}" if each.optional else name for name, each in zip(names, made.arguments, strict=True)]
    cells = ", ".join(f"LoyaltyCells({name})" for name in names)
    return (
        f"Public Function {made.name}({', '.join(asked)}) As Variant\n"
        f'    {made.name} = LoyaltyAnswer("{made.name}", Array({cells}))\n'
        "End Function\n"
    )


def _lines(text: str) -> str:
    """Text as VBA keeps it."""
    if not text.isascii():
        raise ValueError("the VBA must be plain ASCII")
    if longest := [line for line in text.splitlines() if len(line) > LONGEST_LINE]:
        raise ValueError(f"a line is too long for VBA: {longest[0][:60]}")
    return text.replace("\n", "\r\n")


# The module of xlwings, made safe: where, what stands there, what is put there, how often.
_CHANGES: tuple[tuple[str, str, str, int], ...] = (
    ("not listed among the user's functions and macros", r'\AAttribute VB_Name = "xlwings"\n', "Option Private Module\n", 1),
    ("settings of our own", r'(?m)^(Public Const PROJECT_NAME As String = )"\w+"', rf'\1"{PROJECT}"', 1),
    ("no settings from a workbook", r'If source = "" Or source = "sheet" Then', 'If source = "sheet" Then', 1),
    ("no settings from its folder", r'If source = "" Or source = "directory" Then', 'If source = "directory" Then', 1),
    ("its folder is not searched for modules", r'GetConfig\("ADD_WORKBOOK_TO_PYTHONPATH", "true"\)', '"false"', 2),
    (
        "nor named to Python: one server for all workbooks",
        r'(?m)^( +)PYTHONPATH = AddExcelDir & ";" & .*GetConfig\("PYTHONPATH"\)$',
        r'\1PYTHONPATH = "false"',
        3,
    ),
    ("nor is the current folder", r'(" |& ")-B -c ""', r"\1-P -B -c " + '""', 2),
    ("no code from cells", r"(?m)^ +uses_embedded_code = True$", "            ' Code in cells is not run.", 1),
    ("one server, not one for each click", r'GetConfig\("USE UDF SERVER", False\)', 'GetConfig("USE UDF SERVER", True)', 1),
)  # fmt: skip


def xlwings_module(*, addin: bool) -> str:
    """The VBA that the installed xlwings brings along, for an add-in or for a workbook of its own, made safe.

    Raises
    ------
    UsageError
        xlwings is not installed, or is a version whose VBA is not known.
    """
    found = find_spec("xlwings")
    if found is None or found.origin is None:
        raise UsageError(
            "", "没有安装 xlwings:pip install loyalty-xl[excel]", "xlwings is missing: pip install loyalty-xl[excel]"
        )
    name = "xlwings_custom_addin.bas" if addin else "xlwings.bas"
    text = (Path(found.origin).parent / name).read_text(encoding="ascii").replace("\r\n", "\n")
    for why, stands, put, times in _CHANGES:
        text, count = re.subn(stands, put, text)
        if count != times:
            raise UsageError(
                "",
                f"这个版本的 xlwings 的 VBA 与预期不同({name}:{why})。请安装已知的版本:pip install xlwings=={KNOWN_XLWINGS}",
                f"The VBA of this version of xlwings is not the known one ({name}: {why}). Install the known one: pip install xlwings=={KNOWN_XLWINGS}",
            )
    return _lines(text)
