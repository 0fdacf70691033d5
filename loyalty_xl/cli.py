"""The command line. Heavy imports happen inside the commands, so that --help answers at once."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl import __version__, cli_share, memory
from loyalty_xl.errors import LoyaltyError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loyalty_xl.pipeline import Refresh

LANGUAGES = ("zh", "en", "both")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    arguments = parser().parse_args(argv)
    arguments.lang = getattr(arguments, "lang", None)
    try:
        with memory.reusing(reuse=False):  # a command is a process of its own: there is no next run to remember for
            code: int = arguments.run(arguments)
    except LoyaltyError as error:
        return _refused(error, arguments)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return 130
    except Exception as error:  # noqa: BLE001 - the one place that turns a bug into a sentence
        return _our_bug(error, arguments)
    return code


def _refused(error: LoyaltyError, arguments: argparse.Namespace) -> int:
    language = arguments.lang or "both"
    if getattr(arguments, "json", False):
        found = {
            "code": error.code,
            "severity": "error",
            "sheet": error.sheet,
            "cell": error.cell,
            "count": 1,
            "found": "",
            "expected": "",
            "advice": error.text(language),
        }
        print(
            json.dumps(
                {"error": found, "findings": [found] if error.code else [], "written_to": None}, ensure_ascii=False
            )
        )
    print(f"{error.code + ' ' if error.code else ''}{error.text(language)}", file=sys.stderr)
    return error.exit_code


def _our_bug(error: Exception, arguments: argparse.Namespace) -> int:
    """A fault of the program: a log file with the details, one line for the user."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="loyalty-xl-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(f"loyalty-xl {__version__}\n{' '.join(sys.argv[1:])}\n\n")
        log.write("".join(traceback.format_exception(error)))
    if getattr(arguments, "json", False):
        print(json.dumps({"error": {"code": "E500", "log": log.name}, "findings": [], "written_to": None}))
    print(
        f"程序出错,工作簿没有改动。请把日志发给维护者 / A fault of the program; the workbook is unchanged. Send this log: {log.name}",
        file=sys.stderr,
    )
    return 70


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    made = argparse.ArgumentParser(
        prog="loyalty-xl", description="The customer-loyalty scorecard that lives in the workbook finance already uses."
    )
    made.add_argument("--version", action="version", version=f"loyalty-xl {__version__}")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], says: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=says, description=says)
        sub.set_defaults(run=run)
        sub.add_argument(
            "--lang",
            choices=LANGUAGES,
            help="language of messages (default: both, or the workbook's setting); of a new workbook's pages",
        )
        sub.add_argument(
            "--json", action="store_true", help="one JSON document on standard output, talk on standard error"
        )
        return sub

    demo = command("demo", _demo, "make a sample company: a scorecard workbook and department files, refreshed")
    demo.add_argument("dir", nargs="?", default="demo", metavar="DIR", help="folder to make (default: demo)")

    new = command("new", _new, "make an empty scorecard workbook")
    new.add_argument(
        "book",
        metavar="BOOK.xlsx",
        help="under a name in .xlsm it gets buttons and functions of its own, for Excel on Windows",
    )
    new.add_argument(
        "--from",
        dest="folder",
        metavar="FOLDER",
        help="recognise the department files in a folder, enter them in Sources and Mapping, and show their sheets",
    )

    add = command("add", _add, "show sheets that are hidden, or put back missing ones; without SHEET: which there are")
    add.add_argument("book", metavar="BOOK.xlsx")
    add.add_argument("sheets", nargs="*", metavar="SHEET", help="name in Chinese or English, in any case")

    check = command("check", _check, "list every finding; the workbook is left as it is")
    _add_run_options(check)
    check.add_argument("--slips", metavar="DIR", help="write a return slip for each department into this folder")

    refresh = command("refresh", _refresh, "read, check, compute, and fill the workbook's pages")
    _add_run_options(refresh)
    refresh.add_argument("--out", metavar="COPY.xlsx", help="write a copy there and leave the workbook as it is")
    refresh.add_argument("--dry-run", action="store_true", help="compute and report, write nothing")
    refresh.add_argument("--by", help="name shown as Refreshed by (default: the user of this machine)")

    _add_month_end(command)
    _add_takers(command)

    profiles = command(
        "profiles", _profiles, "export profiles of CRM programs; with NAME: its text, to edit and name in Sources"
    )
    profiles.add_argument("name", nargs="?", metavar="NAME")
    profiles.add_argument("--out", metavar="FILE.toml", help="write the profile there, to be edited")

    _add_telling(command)

    convert = command(
        "convert", _convert, "carry the worksheet functions of a workbook to another host, or freeze them into values"
    )
    convert.add_argument("book", metavar="BOOK.xlsx")
    convert.add_argument(
        "--to", required=True, choices=("desktop", "dotted", "values"), help="LOYALTY_NPS, LOYALTY.NPS, or results only"
    )
    convert.add_argument("--out", metavar="COPY.xlsx", help="write a copy there and leave the workbook as it is")

    _add_looking_back(command)

    addin = command("addin", _addin, "worksheet functions and a Refresh button for a spreadsheet program")
    addin.add_argument("host", choices=("excel", "libreoffice"), metavar="HOST", help="excel or libreoffice")
    action = addin.add_mutually_exclusive_group()
    action.add_argument(
        "--out", metavar="FILE", help="where to write it (default: loyalty.xlam or loyalty_xl.oxt in this folder)"
    )
    action.add_argument("--install", action="store_true", help="put it where the program opens it by itself")
    action.add_argument("--uninstall", action="store_true", help="take it away again")
    action.add_argument(
        "--repair", metavar="BOOK.xlsx", help="take another machine's path out of the formulas of a workbook (W124)"
    )

    command("doctor", _doctor, "look at the machine: what is wrong, and one line that repairs it")
    return made


def _add_telling(command: Callable[..., argparse.ArgumentParser]) -> None:
    """The commands that tell what something means."""
    kpis = command("kpis", _kpis, "the KPI catalogue; with KEY: definition, formula, edge cases, source")
    kpis.add_argument("key", nargs="?", metavar="KEY")
    kpis.add_argument("--all", action="store_true", help="full definitions of all KPIs")

    formulas = command("formulas", _formulas, "the worksheet functions; with NAME: arguments, help, an example")
    formulas.add_argument("name", nargs="?", metavar="NAME")
    formulas.add_argument("--book", metavar="BOOK.xlsx", help="write a workbook with a live example of every function")
    formulas.add_argument(
        "--dotted", action="store_true", help="names with a dot in that workbook, as LibreOffice has them"
    )

    explain = command("explain", _explain, "what a finding code means: cause, example, repair")
    explain.add_argument("code", nargs="?", metavar="CODE")


def _add_month_end(command: Callable[..., argparse.ArgumentParser]) -> None:
    """The commands of month-end."""
    close = command("close", _close, "close a period: refresh, keep every figure, and show these from now on")
    reopen = command("reopen", _close, "let a closed period show again what the data say; both figures stay visible")
    for sub in (close, reopen):
        sub.add_argument("book", metavar="BOOK.xlsx")
        sub.add_argument("--period", required=True, metavar="PERIOD", help="2026-07, 2026-Q3, 2026-H1 or 2026")
        sub.add_argument("--reason", required=sub is reopen, default="", help="why; it stands on Periods")
        sub.add_argument("--by", help="name of the person (default: the user of this machine)")


def _add_takers(command: Callable[..., argparse.ArgumentParser]) -> None:
    """The commands that take something out of a workbook, into files of its own."""
    customers = command(
        "customers",
        _customers,
        "write the customer lists (at risk, to call back, to invite, silent, without consent) to a file of their own",
    )
    _add_run_options(customers, period=False)
    customers.add_argument("--out", metavar="FILE.xlsx", help="where to write it (default: BOOK_customers.xlsx)")
    customers.add_argument("--overwrite", action="store_true", help="replace a file that is no file of customer lists")

    trace = command(
        "trace", _trace, "show where a figure comes from, on the page Trace: rows that count, rows left out, totals"
    )
    _add_run_options(trace, period=False)
    _add_trace(trace)

    export = command(
        "export", _export, "Detail, Scorecard, Trend and all tables as CSV and parquet, for Power BI and Tableau"
    )
    _add_run_options(export)
    export.add_argument("dir", metavar="DIR", help="folder to write into; files of an earlier export are replaced")

    share = command(
        "share", _share, "make new files for other people, and drafts of mail, from what the last refresh showed"
    )
    _add_run_options(share)
    cli_share.add_options(share)


def _add_looking_back(command: Callable[..., argparse.ArgumentParser]) -> None:
    """The commands that look at earlier states of a workbook."""
    diff = command("diff", _diff, "what changed since a backup or against another workbook, with causes")
    diff.add_argument("book", metavar="BOOK.xlsx")
    other = diff.add_mutually_exclusive_group()
    other.add_argument(
        "--since", metavar="BACKUP", help="number or file of a backup, or a day: 2026-07-31 (default: the newest)"
    )
    other.add_argument("--against", metavar="OTHER.xlsx", help="another workbook, as the earlier state")

    restore = command("restore", _restore, "put the last backup of a workbook back, or an earlier one")
    restore.add_argument("book", metavar="BOOK.xlsx")
    which = restore.add_mutually_exclusive_group()
    which.add_argument("--list", action="store_true", help="which backups there are; nothing is written")
    which.add_argument("--backup", type=int, metavar="N", help="put the backup with this number back")


def _add_run_options(sub: argparse.ArgumentParser, *, period: bool = True) -> None:
    sub.add_argument("book", metavar="BOOK.xlsx")
    if period:
        sub.add_argument(
            "--period",
            metavar="PERIOD",
            help="2026-07, 2026-Q3, 2026-H1, 2026 or 2026-01..02 (default: the last complete one)",
        )
    sub.add_argument(
        "--as-of",
        type=_day,
        metavar="DATE",
        help="only data before this day count (default: the day after the newest date)",
    )
    sub.add_argument(
        "--source",
        action="append",
        default=[],
        type=_pair,
        metavar="SHEET=FILE",
        help="read a sheet from a file, for this run",
    )
    sub.add_argument(
        "--allow-csv", action="store_true", help="read a text file that bears a workbook's ending (E104) as text"
    )
    sub.add_argument(
        "--set",
        action="append",
        default=[],
        type=_pair,
        metavar="KEY=VALUE",
        help="give a setting another value, for this run",
    )


def _add_trace(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("kpi", metavar="KPI", help="key or name, as on the Scorecard")
    sub.add_argument("period", nargs="?", metavar="PERIOD", help="as for refresh (default: the last complete one)")
    sub.add_argument("segment", nargs="?", default="", metavar="DIM=VALUE", help="region=华东 (default: the total)")
    sub.add_argument(
        "--window",
        choices=("scorecard", "cycle"),
        default="scorecard",
        help="as the Scorecard sees the period (default), or the period itself, as Detail does",
    )
    sub.add_argument("--csv", metavar="FILE.csv", help="write all rows there, too")
    sub.add_argument("--out", metavar="COPY.xlsx", help="write a copy there and leave the workbook as it is")
    sub.add_argument("--dry-run", action="store_true", help="write nothing into the workbook")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write 2026-07-31") from None


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise argparse.ArgumentTypeError(f"{text!r}: write NAME=VALUE")
    return key.strip(), value.strip()


class _Talk:
    """Progress on a terminal: steps of runs that take over a second."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._quiet = arguments.json or not sys.stderr.isatty()
        self._step, self._shown = "", False
        self._timer = threading.Timer(1.0, self._show)
        self._timer.daemon = True
        self._timer.start()

    def __call__(self, step: str) -> None:
        self._step = step
        if self._shown:
            self._show()

    def _show(self) -> None:
        self._shown = True
        if not self._quiet and self._step:
            print(f"\r\033[K{self._step} …", end="", file=sys.stderr, flush=True)

    def done(self) -> None:
        self._timer.cancel()
        if self._shown and not self._quiet:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _run(arguments: argparse.Namespace, *, dry_run: bool) -> Refresh:
    from loyalty_xl.refreshing import refresh

    out, by = getattr(arguments, "out", None), getattr(arguments, "by", None)
    return _timed(arguments, partial(refresh, out=out, dry_run=dry_run, by=by))


def _shown(arguments: argparse.Namespace) -> Refresh:
    """What the last refresh showed, computed again."""
    from loyalty_xl.refreshing import as_shown

    return _timed(arguments, as_shown)


def _timed(arguments: argparse.Namespace, compute: Callable[..., Refresh]) -> Refresh:
    talk = _Talk(arguments)
    started = time.perf_counter()
    try:
        made = compute(
            arguments.book,
            period=arguments.period,
            as_of=arguments.as_of,
            sources=dict(arguments.source),
            settings=dict(arguments.set),
            progress=talk,
            allow_csv=arguments.allow_csv,
        )
    finally:
        talk.done()
    made.seconds["total"] = round(time.perf_counter() - started, 3)
    return made


def _check(arguments: argparse.Namespace) -> int:
    from loyalty_xl.formula_check import differing_thresholds

    made = _run(arguments, dry_run=True)
    made.findings += differing_thresholds(made.book, made.settings)
    slips = None
    if arguments.slips:
        from loyalty_xl.slip_folder import slips_json, slips_text, write_slips

        slips = write_slips(made, Path(arguments.slips), arguments.lang)
    if arguments.json:
        _print_document(made, arguments.lang, **({"slips": slips_json(slips)} if slips else {}))
    else:
        from loyalty_xl.talk import check_text, findings_text

        print(findings_text(made.findings, arguments.lang or made.language))
        print(check_text(made, arguments.lang or made.language))
        if slips:
            print(slips_text(slips, arguments.lang or made.language))
    return made.exit_code


def _refresh(arguments: argparse.Namespace) -> int:
    made = _run(arguments, dry_run=arguments.dry_run)
    if arguments.json:
        _print_document(made, arguments.lang)
    else:
        from loyalty_xl.talk import refresh_text

        print(refresh_text(made, arguments.lang or made.language, dry_run=arguments.dry_run))
    return made.exit_code


def _close(arguments: argparse.Namespace) -> int:
    from loyalty_xl.month_end import close, reopen

    talk = _Talk(arguments)
    act = close if arguments.command == "close" else reopen
    try:
        made = act(arguments.book, arguments.period, reason=arguments.reason, by=arguments.by, progress=talk)
    finally:
        talk.done()
    if arguments.json:
        _print_document(made, arguments.lang)
    else:
        from loyalty_xl.publish.month_end import act_text
        from loyalty_xl.talk import refresh_text

        language = arguments.lang or made.language
        print(refresh_text(made, language))
        print(act_text(made, language))
    return made.exit_code


def _customers(arguments: argparse.Namespace) -> int:
    from loyalty_xl.customer_lists import write_customer_lists
    from loyalty_xl.opening import Asked
    from loyalty_xl.talk import customers_json, customers_text

    asked = Asked(
        None, arguments.as_of, dict(arguments.source), dict(arguments.set), arguments.lang, arguments.allow_csv
    )
    out = Path(arguments.out) if arguments.out else None
    made = write_customer_lists(Path(arguments.book), out, asked, overwrite=arguments.overwrite)
    if arguments.json:
        _print_json(customers_json(made))
    else:
        print(customers_text(made, made.language))
    return 0


def _trace(arguments: argparse.Namespace) -> int:
    from loyalty_xl import traces
    from loyalty_xl.publish.trace_page import as_document

    talk = _Talk(arguments)
    try:
        made = traces.run(arguments, talk)
    finally:
        talk.done()
    if arguments.json:
        _print_json(as_document(made.trace, arguments.lang, made.rests_on))
    else:
        print(traces.said(made))
    return 0 if made.trace.agrees else 1


def _export(arguments: argparse.Namespace) -> int:
    from loyalty_xl.exporting import export

    written = export(_shown(arguments), Path(arguments.dir))
    if arguments.json:
        _print_json({"written_to": [str(path) for path in written]})
    else:
        names = ", ".join(dict.fromkeys(path.stem for path in written))
        said = f"{len(written)} 个文件写入 {arguments.dir}:{names}", f"{len(written)} files in {arguments.dir}: {names}"
        print(_in_language(*said, arguments.lang))
    return 0


def _share(arguments: argparse.Namespace) -> int:
    return cli_share.run(arguments, partial(_shown, arguments), _print_json)


def _print_document(made: Refresh, language: str | None, **more: Any) -> None:
    from loyalty_xl.publish.contents import document

    _print_json(document(made, language) | more)


def _print_json(found: Any) -> None:
    print(json.dumps(found, ensure_ascii=False, allow_nan=False, default=str))


def _demo(arguments: argparse.Namespace) -> int:
    from loyalty_xl.demo import make_demo
    from loyalty_xl.talk import demo_text

    made = make_demo(Path(arguments.dir), arguments.lang or "both")
    if arguments.json:
        _print_document(made, arguments.lang)
    else:
        print(demo_text(made, Path(arguments.dir), arguments.lang or "both"))
    return 0


def _new(arguments: argparse.Namespace) -> int:
    from loyalty_xl.newbook import make_book
    from loyalty_xl.talk import new_text

    book, language = Path(arguments.book), arguments.lang or "both"
    folder = Path(arguments.folder) if arguments.folder else None
    make = _macro_book if book.suffix.lower() == ".xlsm" else make_book
    made = make(book, language, folder)
    if arguments.json:
        _print_json({"written_to": str(book), "sources": [each.as_json() for each in made]})
    else:
        print(new_text(book, made, arguments.lang or "both", with_folder=bool(arguments.folder)))
    return 0


def _macro_book(book: Path, language: str, folder: Path | None) -> list[Any]:
    """A workbook with functions and buttons of its own; on Windows, with the settings under which they find Python."""
    import tempfile

    from loyalty_xl.hosts.excel import building, installing
    from loyalty_xl.hosts.excel.machine import this_machine
    from loyalty_xl.newbook import make_book

    machine = this_machine()
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "template.xlsm"
        building.build_macro_template(source, language)
        made: list[Any] = make_book(book, language, folder, source)
    if machine.windows:
        installing.write_settings(machine)
    return made


def _addin(arguments: argparse.Namespace) -> int:
    from loyalty_xl.hosts.commands import addin

    said, found = addin(
        arguments.host,
        out=arguments.out,
        install=arguments.install,
        uninstall=arguments.uninstall,
        repair=arguments.repair,
    )
    if arguments.json:
        _print_json(found)
    else:
        print(_in_language(*said, arguments.lang))
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from loyalty_xl import doctor
    from loyalty_xl.hosts.excel.machine import this_machine

    items = doctor.examine(this_machine())
    if arguments.json:
        _print_json([each.as_json() for each in items])
    else:
        print(doctor.report(items, arguments.lang or "both", colour=doctor.wants_colour()))
    return int(any(each.state is doctor.State.BAD for each in items))


def _in_language(zh: str, en: str, language: str | None) -> str:
    return {"zh": zh, "en": en}.get(language or "both", f"{zh}\n{en}")


def _add(arguments: argparse.Namespace) -> int:
    from loyalty_xl.adding import add_pages, tabs_of
    from loyalty_xl.talk import add_text, tabs_text

    book, language = Path(arguments.book), arguments.lang or "both"
    if not arguments.sheets:
        found = [tab for tab in tabs_of(book) if tab.can_be_added]
        said, written = tabs_text(book, found, language), None
    else:
        found = add_pages(book, arguments.sheets)
        said, written = add_text(book, found, language), book if any(tab.was != "visible" for tab in found) else None
    if arguments.json:
        _print_json({"written_to": written and str(written), "pages": [tab.as_json() for tab in found]})
    else:
        print(said)
    return 0


def _kpis(arguments: argparse.Namespace) -> int:
    from loyalty_xl import catalogue, library
    from loyalty_xl.scoring import SCORES
    from loyalty_xl.talk import kpi_json, kpi_list, kpi_text, unknown_kpi

    kpis = library.load()
    language = arguments.lang or "both"
    if arguments.key:
        key = arguments.key.lower().removeprefix("loyalty_")
        named = [each for each in kpis.values() if key in (each.key, each.code.lower(), each.zh, each.en.lower())]
        tables: list[Any] = [*catalogue.LISTINGS.values(), *SCORES.values()]
        listings = [each for each in tables if key in (each.key, each.code.lower(), each.zh, each.en.lower())]
        if not named and not listings:
            raise unknown_kpi(arguments.key)
        chosen: list[Any] = [*named, *listings]
    else:
        chosen = [*kpis.values(), *catalogue.LISTINGS.values(), *SCORES.values()]
    if arguments.json:
        _print_json([kpi_json(each) for each in chosen])
    elif arguments.key or arguments.all:
        print("\n\n".join(kpi_text(each, language) for each in chosen))
    else:
        print(kpi_list(chosen, language))
    return 0


def _formulas(arguments: argparse.Namespace) -> int:
    from loyalty_xl.errors import UsageError, WriteError
    from loyalty_xl.formulas import find, functions
    from loyalty_xl.formulas.telling import function_json, function_list, function_text

    language = arguments.lang or "both"
    if arguments.book:
        from loyalty_xl.books.saving import replace_file
        from loyalty_xl.formulas.examples import write_book

        book = Path(arguments.book)
        if book.exists():
            raise WriteError("E404", f"{book} 已经存在,没有覆盖。", f"{book} exists already and was not overwritten.")
        replace_file(book, lambda path: write_book(path, "zh" if language == "zh" else "en", dotted=arguments.dotted))
        if arguments.json:
            _print_json({"written_to": str(book)})
        else:
            print(book)
        return 0
    chosen = list(functions().values())
    if arguments.name:
        found = find(arguments.name)
        if found is None:
            raise UsageError("", f"没有函数 {arguments.name}", f"There is no function {arguments.name}")
        chosen = [found]
    if arguments.json:
        _print_json([function_json(each) for each in chosen])
    elif arguments.name:
        print(function_text(chosen[0], language))
    else:
        print(function_list(chosen, language))
    return 0


def _profiles(arguments: argparse.Namespace) -> int:
    from loyalty_xl.books.saving import replace_file
    from loyalty_xl.contracts import departments
    from loyalty_xl.contracts.profiles import built_in, find_profile, known_name, text_of
    from loyalty_xl.errors import WriteError

    if not arguments.name:
        found = [find_profile(name, Path(), departments()) for name in built_in()]
        if arguments.json:
            _print_json(
                [{"name": each.name, "zh": each.zh, "en": each.en, "sheets": list(each.sheets)} for each in found]
            )
        else:
            for each in found:
                print(
                    f"{each.name:<12}{_in_language(each.zh, each.en, arguments.lang).replace(chr(10), ' ')} · {', '.join(each.sheets)}"
                )
        return 0
    name = known_name(arguments.name) or find_profile(arguments.name, Path("–"), ()).name
    if not arguments.out:
        print(text_of(name))
        return 0
    out = Path(arguments.out)
    if out.exists():
        raise WriteError("E404", f"{out} 已经存在,没有覆盖。", f"{out} exists already and was not overwritten.")
    replace_file(out, lambda new: new.write_text(text_of(name), encoding="utf-8"))
    if arguments.json:
        _print_json({"written_to": str(out)})
    else:
        said = (
            f"已写入 {out}。修改后在“来源”的“导出档案”列写上它的文件名。",
            f"Wrote {out}. Edit it, and name it in the column profile of Sources.",
        )
        print(_in_language(*said, arguments.lang))
    return 0


def _convert(arguments: argparse.Namespace) -> int:
    from loyalty_xl.books.places import in_language
    from loyalty_xl.converting import convert

    made = convert(Path(arguments.book), arguments.to, Path(arguments.out) if arguments.out else None)
    if arguments.json:
        _print_json({"formulas": made.formulas, "written_to": str(made.written_to) if made.written_to else None})
    else:
        place = made.written_to or "–"
        print(
            in_language(
                f"改写了 {made.formulas} 个公式:{place}",
                f"{made.formulas} formulas rewritten: {place}",
                arguments.lang or "both",
            )
        )
    return 0


def _explain(arguments: argparse.Namespace) -> int:
    from loyalty_xl import findings

    language = arguments.lang or "both"
    if arguments.code is None:
        listed = [(code, findings.title(code, language)) for code in sorted(findings.CODES)]
        if arguments.json:
            _print_json([{"code": code, "title": title} for code, title in listed])
        else:
            print("\n".join(f"{code}  {title}" for code, title in listed))
        return 0
    code = arguments.code.upper()
    if code not in findings.CODES:
        raise UsageError("", findings.explain(code, "zh"), findings.explain(code, "en"))
    if arguments.json:
        _print_json(
            {
                "code": code,
                **{
                    name: {each: getattr(findings, name)(code, each) for each in ("zh", "en")}
                    for name in ("title", "cause", "example")
                },
            }
        )
    else:
        print(findings.explain(code, language))
    return 0


def _diff(arguments: argparse.Namespace) -> int:
    from loyalty_xl.diffing import diff, diff_json, diff_text

    against = Path(arguments.against) if arguments.against else None
    made = diff(Path(arguments.book), since=arguments.since, against=against)
    if arguments.json:
        _print_json(diff_json(made))
    else:
        print(diff_text(made, arguments.lang or made.now.run.get("language") or "both"))
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    from loyalty_xl.backups import listed, put_back

    book = Path(arguments.book)
    said, found = listed(book) if arguments.list else put_back(book, arguments.backup)
    if arguments.json:
        _print_json(found)
    else:
        print(_in_language(*said, arguments.lang))
    return 0


if __name__ == "__main__":
    sys.exit(main())
