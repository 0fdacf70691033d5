"""Drives a running LibreOffice: takes orders as lines of JSON, answers in the same way. Runs in the office's own Python.

    python3 office_script.py NAME_OF_PIPE

Knows nothing of loyalty_xl but what a user types and clicks.
"""

import json
import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.util import URL

COMMAND = "loyalty-xl:{}"
TEXT = 2  # com.sun.star.sheet.FormulaResult.STRING
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


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
            if cell is None:
                continue
            place = sheet.getCellByPosition(column + beside, at)
            if isinstance(cell, dict):
                place.setFormula(cell["formula"])
            elif isinstance(cell, str):
                place.setString(cell)
            else:
                place.setValue(cell)


def shown(place):
    """What a cell shows: {"error": number, "text"}, a text, or a number."""
    if place.getError():
        return {"error": place.getError(), "text": place.getString()}
    if place.FormulaResultType2 == TEXT if place.Type.value == "FORMULA" else place.Type.value == "TEXT":
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
        return self.desktop.loadComponentFromURL(url, "_blank", 0, ())

    def formulas(self, orders):
        """Put cells and formulas side by side into one sheet; give what each shows, as a matrix of *size* where there is one.

        {column} in a formula stands for the letters of the column that lies so far behind the first one of its order.
        """
        book = self.opened("private:factory/scalc")
        try:
            sheet = book.getSheets().getByIndex(0)
            names = [*LETTERS, *(one + two for one in LETTERS for two in LETTERS)]
            first, places = 0, []
            for order in orders:
                last = first
                for beside, rows in order["cells"]:
                    put(sheet, first + beside, rows)
                    last = max(last, first + beside + len(rows[0]))
                formula = order["formula"].format(*names[first : first + 12])
                height, width = order["size"] or (1, 1)
                area = sheet.getCellRangeByPosition(last, 0, last + width - 1, height - 1)
                if order["size"]:
                    area.setArrayFormula(formula)
                else:
                    area.getCellByPosition(0, 0).setFormula(formula)
                places.append((area, height, width, order["size"]))
                first = last + width + 1
            made = [
                [[shown(area.getCellByPosition(x, y)) for x in range(w)] for y in range(h)] for area, h, w, _ in places
            ]
            return [rows if place[3] else rows[0][0] for rows, place in zip(made, places)]
        finally:
            book.close(True)

    def described(self):
        """Names, descriptions and arguments as the function wizard shows them."""
        found = self.service("com.sun.star.sheet.FunctionDescriptions")
        made = {}
        for number in range(found.getCount()):
            about = {each.Name: each.Value for each in found.getByIndex(number)}
            if about["Name"].startswith("LOYALTY."):
                arguments = [[each.Name, each.Description, each.IsOptional] for each in about["Arguments"] or ()]
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

    def automatic(self, yes):
        """Whether formulas calculate as they are entered."""
        self.book.enableAutomaticCalculation(yes)

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
        """Give all used cells of a sheet, texts and numbers; or what one cell shows."""
        found = self.book.getSheets()
        found = found.getByName(sheet) if isinstance(sheet, str) else found.getByIndex(sheet)
        if area is not None:
            return [[shown(found.getCellRangeByName(area).getCellByPosition(0, 0))]]
        cursor = found.createCursor()
        cursor.gotoEndOfUsedArea(False)
        last = cursor.getRangeAddress()
        return found.getCellRangeByPosition(0, 0, last.EndColumn, last.EndRow).getDataArray()

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

    def select(self, sheet, cell):
        """Go to a worksheet and select a cell; say what was shown before."""
        controller = self.book.getCurrentController()
        before = controller.getActiveSheet().getName()
        place = self.book.getSheets().getByName(sheet)
        controller.setActiveSheet(place)
        controller.select(place.getCellRangeByName(cell))
        return before

    def click(self, name):
        """Choose a command as a click does, without anybody who listens for its end."""
        frame = self.book.getCurrentController().getFrame()
        url = URL()
        url.Complete = COMMAND.format(name)
        _, url = self.service("com.sun.star.util.URLTransformer").parseStrict(url)
        frame.queryDispatch(url, "_self", 0).dispatch(url, ())

    def menu(self):
        """Titles and commands of our menu and toolbar as the configuration of the office holds them."""
        access = self.service("com.sun.star.configuration.ConfigurationProvider").createInstanceWithArguments(
            "com.sun.star.configuration.ConfigurationAccess",
            (named("nodepath", "/org.openoffice.Office.Addons/AddonUI"),),
        )
        menu = access.getByHierarchicalName("OfficeMenuBar/loyalty_xl/Submenu")
        bar = access.getByHierarchicalName("OfficeToolBar/loyalty_xl")
        buttons = [bar.getByName(each) for each in bar.getElementNames() if each.startswith("m")]
        entries = [menu.getByName(each) for each in menu.getElementNames()]
        return [[[each.getByName("Title"), each.getByName("URL")] for each in part] for part in (entries, buttons)]

    def store(self, url, kind):
        self.book.storeToURL(url, (named("FilterName", kind),))

    def save(self):
        self.book.store()

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
