Option Explicit
' The six actions of loyalty_xl VERSION. Generated: changes are lost with the next build.

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
