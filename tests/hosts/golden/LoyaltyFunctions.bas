Option Explicit
' Worksheet functions of loyalty_xl VERSION. Generated: changes are lost with the next build.

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

Public Function LOYALTY_NPS(scores, Optional promoter_min, Optional detractor_max, Optional scale_min, Optional scale_max, Optional include) As Variant
    LOYALTY_NPS = LoyaltyAnswer("LOYALTY_NPS", Array(LoyaltyCells(scores), LoyaltyCells(promoter_min), LoyaltyCells(detractor_max), LoyaltyCells(scale_min), LoyaltyCells(scale_max), LoyaltyCells(include)))
End Function

Public Function LOYALTY_RETENTION_RATE(customer_ids, dates, start, end_, Optional churn_window_days, Optional include) As Variant
    LOYALTY_RETENTION_RATE = LoyaltyAnswer("LOYALTY_RETENTION_RATE", Array(LoyaltyCells(customer_ids), LoyaltyCells(dates), LoyaltyCells(start), LoyaltyCells(end_), LoyaltyCells(churn_window_days), LoyaltyCells(include)))
End Function

Public Function LOYALTY_VERSION() As Variant
    LOYALTY_VERSION = LoyaltyAnswer("LOYALTY_VERSION", Array())
End Function
