"""What LibreOffice loads: the functions of Calc, and the commands of menu and toolbar.

Goes into the extension as it is and runs in the office's own Python (3.8 or later), with nothing but the standard library and uno.
Everything that needs loyalty_xl is asked of the worker.
"""

from __future__ import annotations

import json
import os
import struct
from collections import deque

import uno
import unohelper
from com.sun.star.awt import XCallback
from com.sun.star.awt.MessageBoxType import ERRORBOX, INFOBOX
from com.sun.star.beans import PropertyValue
from com.sun.star.frame import DispatchResultEvent, XDispatchProvider, XNotifyingDispatch
from com.sun.star.lang import XInitialization, XServiceInfo
from loyalty_xl_pipe import NoAnswer, Worker, packed

try:
    from loyaltyxl import XFunctions
except ImportError:  # while the extension is being installed, its types are not known yet

    class XFunctions:
        """Stands in for the interface."""


HERE = os.path.dirname(uno.fileUrlToSystemPath(__file__) if __file__.startswith("file:") else __file__)
CODES = {"#NULL!": 521, "#DIV/0!": 532, "#VALUE!": 519, "#REF!": 524, "#NAME?": 525, "#NUM!": 503, "#N/A": 32767}
NOT_A_NUMBER = 0x7FF80000 << 32  # Calc reads the low bits of such a number as the code of an error
LONG = 3600.0  # seconds that a refresh may take
TEXTS = {
    "title": ("忠诚度记分卡", "Loyalty scorecard"),
    "busy": ("正在处理…", "Working …"),
    "no_line": ("请先在“记分卡”页选中一个指标所在的行,再点“追溯”。", "On the page Scorecard, select a cell in the line of a KPI, then Trace."),
    "no_sheet": ("请在记分卡工作簿中使用此命令。", "Use this command in a scorecard workbook."),
    "unsaved": ("工作簿还没有保存过。请先保存为 .xlsx,再更新。", "The workbook was never saved. Save it as .xlsx first, then refresh."),
    "not_xlsx": ("只能更新 .xlsx 和 .xlsm。请另存为 .xlsx。", "Only .xlsx and .xlsm can be refreshed. Save it as .xlsx."),
    "read_only": ("工作簿是只读的,无法更新。", "The workbook is read-only and cannot be refreshed."),
    "not_stored": ("无法保存工作簿,没有更新:", "The workbook could not be stored, nothing was refreshed: "),
    "changed": ("有未保存的改动。请先保存,检查读取的是文件。", "There are unsaved changes. Save first: the check reads the file."),
    "unshared": ("有未保存的改动。请先更新并保存,分享的是文件里的记分卡。", "There are unsaved changes. Refresh and save first: what is shared is the scorecard in the file."),
    "kept_open": ("无法关闭工作簿,没有更新。", "The workbook could not be closed, nothing was refreshed."),
    "no_errors": ("没有公式报错。", "No formula has failed."),
}  # fmt: skip
MESSAGES = deque(maxlen=20)  # of formulas that failed, newest last
WORKERS = []


def worker(ctx):
    """Give the one worker of this office."""
    if not WORKERS:
        with open(os.path.join(HERE, "interpreter.json"), encoding="utf-8") as file:
            told = json.load(file)
        program = told["python"]
        if not os.path.exists(program):
            program = os.environ.get("LOYALTY_XL_PYTHON") or program
        settings = service(ctx, "com.sun.star.util.PathSubstitution")
        folder = uno.fileUrlToSystemPath(settings.substituteVariables("$(user)", True))
        log = os.path.join(folder, "loyalty_xl.log")
        if os.path.exists(log) and os.path.getsize(log) > 1 << 20:
            os.remove(log)
        WORKERS.append(Worker([program, "-P", "-X", "utf8", "-m", "loyalty_xl.hosts.worker"], log))
    return WORKERS[0]


def service(ctx, name):
    """Make a service of the office."""
    return ctx.ServiceManager.createInstanceWithContext(name, ctx)


def language(ctx):
    """Give the language of the office's own texts: zh or en."""
    access = service(ctx, "com.sun.star.configuration.ConfigurationProvider").createInstanceWithArguments(
        "com.sun.star.configuration.ConfigurationAccess", (named("nodepath", "/org.openoffice.Setup/L10N"),)
    )
    return "zh" if str(access.getPropertyValue("ooLocale")).lower().startswith("zh") else "en"


def named(name, value):
    """Give a named value."""
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


# Functions


def error(code):
    """Give the number that Calc shows as an error."""
    return struct.unpack("<d", struct.pack("<Q", NOT_A_NUMBER | CODES.get(code, CODES["#VALUE!"])))[0]


def cell(value):
    """Give one value as Calc takes it."""
    if isinstance(value, dict):
        return error(value["error"])
    return value if isinstance(value, str) else float(value)


def evaluate(ctx, name, cells):
    """Answer a function of Calc."""
    told, numbers = packed([each.getDataArray() if hasattr(each, "getDataArray") else each for each in cells])
    try:
        answer = worker(ctx).ask({"do": "call", "name": name, "cells": told}, numbers)
    except NoAnswer as none:
        answer = {"error": "#N/A", "zh": "", "en": str(none)}
    if "error" in answer:
        MESSAGES.append("LOYALTY.{} {} {} {}".format(name, answer["error"], answer["en"], answer["zh"]).strip())
    return answer


def one(name):
    """Make the method of a function that gives one value."""

    def method(self, *cells):
        answer = evaluate(self.ctx, name, cells)
        return cell(answer if "error" in answer else answer["value"])

    return method


def table(name):
    """Make the method of a function that gives rows."""

    def method(self, *cells):
        answer = evaluate(self.ctx, name, cells)
        rows = [[answer]] if "error" in answer else answer["rows"]
        return tuple(tuple(cell(each) for each in row) for row in rows)

    return method


with open(os.path.join(HERE, "functions.json"), encoding="utf-8") as listed:
    METHODS = {name: (table if many else one)(name) for name, many in json.load(listed).items()}


class Base(unohelper.Base, XServiceInfo):
    """What both services share."""

    def __init__(self, ctx):
        """Keep the context."""
        self.ctx = ctx

    def getImplementationName(self):
        """Give the name of the class."""
        return self.names[0]

    def supportsService(self, name):
        """Whether it is such a service."""
        return name in self.names

    def getSupportedServiceNames(self):
        """Give its services."""
        return self.names


class Functions(Base, XFunctions):
    """The functions of Calc, one method each."""

    names = ("loyalty",)


for each, answering in METHODS.items():
    setattr(Functions, each, answering)


# Commands


class Later(unohelper.Base, XCallback):
    """Work that the office does when it is back at its own loop."""

    def __init__(self, work):
        """Keep the work."""
        self.work = work

    def notify(self, _):
        """Do it."""
        self.work()


class Commands(Base, XInitialization, XDispatchProvider, XNotifyingDispatch):
    """Refresh, Check, Trace, Share and Errors of one window."""

    names = ("loyalty_xl.Commands", "com.sun.star.frame.ProtocolHandler")

    def initialize(self, arguments):
        """Take the window."""
        self.frame = arguments[0] if arguments else None

    def queryDispatch(self, url, _target, _flags):
        """Take commands of our own protocol."""
        return self if url.Protocol == "loyalty-xl:" else None

    def queryDispatches(self, requests):
        """Take several commands."""
        return tuple(self.queryDispatch(each.FeatureURL, each.FrameName, each.SearchFlags) for each in requests)

    def addStatusListener(self, listener, url):
        """Every command can always be used."""

    def removeStatusListener(self, listener, url):
        """Nobody is told anything."""

    def dispatch(self, url, arguments):
        """Do a command."""
        self.dispatchWithNotification(url, arguments, None)

    def dispatchWithNotification(self, url, _arguments, listener):
        """Do a command when the menu is closed, and tell *listener* what came of it."""
        work = {
            "refresh": self.refresh,
            "check": self.check,
            "trace": self.trace,
            "share": self.share,
            "errors": self.errors,
        }[url.Path]

        def run():
            try:
                good, text = work()
            except Exception as fault:  # noqa: BLE001 - the office must hear of it, and its listener must not wait for ever
                good, text = False, str(fault)
            if listener is not None:
                event = DispatchResultEvent()
                event.Source, event.State, event.Result = self, int(good), text
                listener.dispatchFinished(event)
            else:
                self.say(good, text)

        service(self.ctx, "com.sun.star.awt.AsyncCallback").addCallback(Later(run), None)

    def told(self, name):
        """Give a text of our own in the office's language."""
        return TEXTS[name][language(self.ctx) == "en"]

    def say(self, good, text):
        """Show what came of a command; an office without a screen passes over it."""
        window = self.frame.getContainerWindow()
        kind = INFOBOX if good else ERRORBOX
        window.getToolkit().createMessageBox(window, kind, 1, self.told("title"), text).execute()

    def document(self, changed):
        """Give the workbook of this window, or why nothing can be done with it."""
        controller = self.frame.getController()
        model = controller.getModel() if controller else None
        if model is None or not model.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
            return None, self.told("no_sheet")
        if not model.hasLocation():
            return None, self.told("unsaved")
        if not model.getURL().lower().endswith((".xlsx", ".xlsm")):
            return None, self.told("not_xlsx")
        if changed and model.isReadonly():
            return None, self.told("read_only")
        return model, ""

    def check(self):
        """List what is wrong in the stored workbook."""
        model, refused = self.document(changed=False)
        if refused or model.isModified():
            return False, refused or self.told("changed")
        answer = self.asked("check", model.getURL())
        return answer["ok"], answer["text"]

    def share(self):
        """Make the files to share from the stored workbook, which stays open: nothing is written into it."""
        model, refused = self.document(changed=False)
        if refused or model.isModified():
            return False, refused or self.told("unshared")
        answer = self.asked("share", model.getURL())
        return answer["ok"], answer["text"]

    def refresh(self):
        """Store the workbook if it was changed, close it, have it refreshed, and open it in the same window."""
        model, refused = self.stored()
        return (False, refused) if refused else self.while_closed(model, "refresh", {})

    def trace(self):
        """Store the workbook if it was changed; have the selected figure traced while it is closed, and show the page Trace."""
        row = self.selected_row()
        model, refused = self.stored() if row else (None, self.document(changed=True)[1] or self.told("no_line"))
        if refused:
            return False, refused
        sheet = self.frame.getController().getActiveSheet().getName()
        figure = self.asked("figure", model.getURL(), {"sheet": sheet, "row": row})
        if not figure["ok"]:
            return False, figure["text"]
        return self.while_closed(model, "trace", {each: figure[each] for each in ("kpi", "segment", "period")})

    def selected_row(self):
        """Give the number of the first selected row, 0 where no cells are selected."""
        controller = self.frame.getController()
        selected = controller.getModel().getCurrentSelection() if controller and controller.getModel() else None
        if hasattr(selected, "getRangeAddresses"):
            areas = selected.getRangeAddresses()
        else:
            areas = [selected.getRangeAddress()] if hasattr(selected, "getRangeAddress") else []
        return areas[0].StartRow + 1 if areas else 0

    def stored(self):
        """Give the workbook of this window, stored, or why nothing can be done with it."""
        model, refused = self.document(changed=True)
        if model is not None and model.isModified():
            try:
                model.store()
            except Exception as fault:  # noqa: BLE001 - whatever the file system says
                return None, self.told("not_stored") + str(fault)
        return model, refused

    def while_closed(self, model, what, more):
        """Close the workbook, have a command done to its file, and open it in the same window: where it was, or where the answer says."""
        url, sheet = model.getURL(), self.frame.getController().getActiveSheet().getName()
        if not self.frame.getController().suspend(True):
            return False, self.told("kept_open")
        self.frame.setComponent(None, None)
        answer = {}
        try:
            model.close(True)
            answer = self.asked(what, url, more)
            return answer["ok"], answer["text"]
        finally:
            shown = self.frame.loadComponentFromURL(url, "_self", 0, (named("MacroExecutionMode", 3),))
            sheet = answer.get("sheet") or sheet
            if shown is not None and shown.getSheets().hasByName(sheet):
                shown.getCurrentController().setActiveSheet(shown.getSheets().getByName(sheet))

    def asked(self, what, url, more=None):
        """Ask the worker for a command on a file."""
        status = self.frame.createStatusIndicator()
        status.start(self.told("busy"), 1)
        question = {"do": what, "book": uno.fileUrlToSystemPath(url), "language": language(self.ctx)}
        question.update(more or {})
        try:
            return worker(self.ctx).ask(question, seconds=LONG)
        except NoAnswer as none:
            return {"ok": False, "text": str(none)}
        finally:
            status.end()

    def errors(self):
        """Tell why the last formulas failed."""
        return True, "\n\n".join(reversed(MESSAGES)) or self.told("no_errors")


g_ImplementationHelper = unohelper.ImplementationHelper()
g_ImplementationHelper.addImplementation(Functions, Functions.names[0], Functions.names)
g_ImplementationHelper.addImplementation(Commands, Commands.names[0], Commands.names)
