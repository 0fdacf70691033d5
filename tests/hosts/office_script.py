"""Drives a running LibreOffice: takes orders as lines of JSON, answers in the same way. Runs in the office's own Python.

    python3 office_script.py NAME_OF_PIPE

Knows nothing of loyalty_xl but what a user types and clicks.
"""

import json
import sys
import time

import uno
from com.sun.star.beans import PropertyValue

COMMAND = "loyalty-xl:{}"


def connected(pipe, seconds=60):
    """Wait until the office listens."""
    here = uno.getComponentContext()
    resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
    end = time.monotonic() + seconds
    while True:
        try:
            return resolver.resolve("uno:pipe,name=" + pipe + ";urp;StarOffice.ComponentContext")
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def named(name, value):
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def put(sheet, column, rows):
    """Put rows of cells from a column on: text as text, numbers, blanks, and {"formula": …}."""
    for at, row in enumerate(rows):
        for beside, cell in enumerate(row):
            place = sheet.getCellByPosition(column + beside, at)
            if isinstance(cell, dict):
                place.setFormula(cell["formula"])
            elif isinstance(cell, str):
                place.setString(cell)
            elif cell is not None:
                place.setValue(cell)


def shown(place):
    """What a cell shows: {"error": number, "text"}, a text, or a number."""
    if place.getError():
        return {"error": place.getError(), "text": place.getString()}
    if place.getFormula() and place.FormulaResultType2 == 2 or place.Type.value == "TEXT":  # com.sun.star.sheet.FormulaResult.STRING
        return place.getString()
    return None if place.Type.value == "EMPTY" else place.getValue()


class Office:
    """The orders."""

    def __init__(self, pipe):
        self.context = connected(pipe)
        self.desktop = self.service("com.sun.star.frame.Desktop")
        self.books = {}

    def service(self, name):
        return self.context.ServiceManager.createInstanceWithContext(name, self.context)

    def opened(self, url):
        document = self.desktop.loadComponentFromURL(url, "_blank", 0, ())
        return document

    def formula(self, cells, formula, size):
        """Put cells, then a formula behind them; give what it shows, as a matrix of *size* where there is one."""
        book = self.opened("private:factory/scalc")
        try:
            sheet = book.getSheets().getByIndex(0)
            for column, rows in cells:
                put(sheet, column, rows)
            if size:
                area = sheet.getCellRangeByPosition(40, 0, 39 + size[1], size[0] - 1)
                area.setArrayFormula(formula)
                return [[shown(area.getCellByPosition(x, y)) for x in range(size[1])] for y in range(size[0])]
            place = sheet.getCellByPosition(40, 0)
            place.setFormula(formula)
            return shown(place)
        finally:
            book.close(True)

    def formulas(self, orders):
        """Many formulas, each over cells of its own."""
        return [self.formula(**order) for order in orders]

    def described(self):
        """Names, descriptions and arguments as the function wizard shows them."""
        found = self.service("com.sun.star.sheet.FunctionDescriptions")
        made = {}
        for number in range(found.getCount()):
            about = {each.Name: each.Value for each in found.getByIndex(number)}
            if about["Name"].startswith("LOYALTY."):
                arguments = [[each.Name, each.Description, each.IsOptional] for each in about["Arguments"]]
                made[about["Name"]] = [about["Description"], arguments]
        return made

    def open(self, url):
        """Open a workbook that later orders speak of."""
        self.book = self.opened(url)

    def new(self, columns):
        """Make a workbook that later orders speak of, with columns of numbers."""
        self.book = self.opened("private:factory/scalc")
        self.numbers(columns)

    def numbers(self, columns):
        sheet = self.book.getSheets().getByIndex(0)
        for at, column in enumerate(columns):
            sheet.getCellRangeByPosition(at, 0, at, len(column) - 1).setDataArray(tuple((each,) for each in column))

    def fill(self, column, formulas):
        """Put formulas into a column."""
        area = self.book.getSheets().getByIndex(0).getCellRangeByPosition(column, 0, column, len(formulas) - 1)
        area.setFormulaArray(tuple((each,) for each in formulas))

    def calculate(self):
        """Calculate everything; give the seconds."""
        started = time.perf_counter()
        self.book.calculateAll()
        return time.perf_counter() - started

    def type(self, sheet, cell, content):
        """Type into a cell."""
        place = self.book.getSheets().getByName(sheet).getCellRangeByName(cell)
        place.setValue(content) if isinstance(content, (int, float)) else place.setFormula(content)

    def cells(self, sheet, area=None):
        """Give all used cells of a sheet, or those of an area."""
        found = self.book.getSheets()
        found = found.getByName(sheet) if isinstance(sheet, str) else found.getByIndex(sheet)
        if area is None:
            cursor = found.createCursor()
            cursor.gotoEndOfUsedArea(False)
            last = cursor.getRangeAddress()
            used = found.getCellRangeByPosition(0, 0, last.EndColumn, last.EndRow)
        else:
            used = found.getCellRangeByName(area)
        where = used.getRangeAddress()
        width, height = where.EndColumn - where.StartColumn + 1, where.EndRow - where.StartRow + 1
        return [[shown(used.getCellByPosition(x, y)) for x in range(width)] for y in range(height)]

    def formula_of(self, sheet, cell):
        return self.book.getSheets().getByIndex(sheet).getCellRangeByName(cell).getFormula()

    def command(self, name):
        """Choose a command of the menu on the open workbook; give whether it was done, what it said, and the seconds."""
        frame = self.book.getCurrentController().getFrame()
        started = time.perf_counter()
        helper = self.service("com.sun.star.frame.DispatchHelper")
        event = helper.executeDispatch(frame, COMMAND.format(name), "", 0, ())
        seconds = time.perf_counter() - started
        self.book = frame.getController().getModel()
        return [event.State, event.Result, seconds]

    def menu(self):
        """Titles and commands of our menu and toolbar as the configuration of the office holds them."""
        access = self.service("com.sun.star.configuration.ConfigurationProvider").createInstanceWithArguments(
            "com.sun.star.configuration.ConfigurationAccess", (named("nodepath", "/org.openoffice.Office.Addons/AddonUI"),)
        )
        menu = access.getByHierarchicalName("OfficeMenuBar/loyalty_xl/Submenu")
        bar = access.getByHierarchicalName("OfficeToolBar/loyalty_xl")
        buttons = [bar.getByName(each) for each in bar.getElementNames() if each.startswith("m")]
        entries = [menu.getByName(each) for each in menu.getElementNames()]
        return [[[each.getByName("Title"), each.getByName("URL")] for each in part] for part in (entries, buttons)]

    def store(self, url, kind):
        self.book.storeToURL(url, (named("FilterName", kind),))

    def modified(self):
        return self.book.isModified()

    def close(self):
        self.book.close(True)

    def end(self):
        try:
            self.desktop.terminate()
        except Exception:
            pass


def main():
    office = Office(sys.argv[1])
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"gives": getattr(office, order.pop("do"))(**order)}
        except Exception as fault:
            answer = {"fault": repr(fault)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


main()
