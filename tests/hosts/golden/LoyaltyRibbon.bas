Option Explicit
' The ribbon group and the help of the function wizard, loyalty_xl VERSION. Words lie on the sheets zh and en.

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
