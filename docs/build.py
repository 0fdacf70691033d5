"""Writes docs/reference from the code, and docs/pictures from the demo.

uv run python docs/build.py              the references
uv run python docs/build.py --pictures   the pictures too (needs LibreOffice and poppler-utils)
uv run python docs/build.py --pictures share   only those whose names begin so (share-phone needs Chromium)
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import tomllib
import zlib
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np

    from loyalty_xl.catalogue import Kpi, Listing, Score
    from loyalty_xl.contracts.contract import Contract, Field

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
GENERATED = (
    "<!-- Written by docs/build.py from the code. Change the code, then run: uv run python docs/build.py -->\n\n"
)

SECTIONS = ("Parameters", "Notes", "References", "Examples")
MONTHS_SAYS = "Length of the turn. [months]"
EXIT_CODES = (
    ("0", "done; warnings possible"),
    ("1", "done, with errors among the findings: what they touch is left out or withheld"),
    ("2", "the command was called in a way that cannot work"),
    ("3", "a file could not be read, or no KPI could be computed; nothing was written"),
    ("4", "the file could not be written: open elsewhere, no permission, no space, a name that exists already"),
    ("5", "mail not sent, wholly or in part; run again, and only what is missing is sent"),
    ("70", "a fault of the program; the message names a log file, the workbook is unchanged"),
    ("130", "stopped with Ctrl+C; nothing was written"),
)

ENVIRONMENT = (
    ("`LOYALTY_XL_PASSWORD`", "password of department files that need one to open"),
    (
        "`LOYALTY_XL_SHARE_PASSWORD`",
        "password that `share --password` puts on the shared workbook, where nobody is there to type it",
    ),
    ("`SOURCE_DATE_EPOCH`", "seconds since 1970 that *Refreshed at* shows instead of the clock"),
    (
        "`LOYALTY_XL_SMTP_HOST`, `LOYALTY_XL_SMTP_PORT`",
        "mail server of `share --send`; the port follows the kind of security unless it is set",
    ),
    (
        "`LOYALTY_XL_SMTP_SECURITY`",
        "`starttls` (port 587, where it is not set), `tls` (465), or `none` (25, for this computer only)",
    ),
    ("`LOYALTY_XL_SMTP_FROM`", "sender, as `name@example.com` or `Name <name@example.com>`"),
    (
        "`LOYALTY_XL_SMTP_USER`, `LOYALTY_XL_SMTP_PASSWORD`",
        "login; the password may stand in the keyring instead (service `loyalty-xl`, user name = the user)",
    ),
    ("`LOYALTY_XL_NO_RECALC`", "set: other people's formulas are not calculated after a fill"),
    (
        "`LOYALTY_XL_NO_CACHE`",
        "set: a process that stays (Excel, LibreOffice, Python) reuses nothing of an earlier refresh",
    ),
    (
        "`LOYALTY_XL_PYTHON`",
        "Python with loyalty_xl that LibreOffice's functions use where the one that built the extension is gone",
    ),
    ("`NO_COLOR`", "set: no colours on the terminal"),
)

# Where good sources disagree: question, what stands here, how to get the other reading.
DECISIONS = (
    (
        "NPS: round each share first, or the result",
        "rounded once, at display",
        "not offered; published figures may differ by one point",
    ),
    ("NPS: −1 to 1, or −100 to 100", "points, −100 to 100 (`nps`)", "divide by 100"),
    (
        "NPS on a 5-point question",
        "never converted; the formula is applied on the scale that was asked",
        "`nps_scale_min`, `nps_scale_max`, `nps_detractor_max`, `nps_promoter_min`",
    ),
    ("Satisfaction: mean, or top two", "both; the Scorecard shows `csat_top_two`", "`csat`, `csat_index`"),
    (
        "Churn: divided by what",
        "customers in the base at the start (`churn_rate`)",
        "`churn_rate_all_customers`, `churn_rate_average_base`; `churn_variant` chooses the Scorecard's",
    ),
    (
        "Retention as (end − new) / start",
        "customers of the start who are still there (`retention_rate`): reactivated ones do not count, never over 100 %",
        "not offered",
    ),
    (
        "Retention: still in the window, or bought again",
        "still in the window (`retention_rate`)",
        "`purchase_retention_rate`",
    ),
    (
        "Repeat rate: which one",
        "twice or more in the period (`repeat_purchase_rate`)",
        "`returning_customer_share`, `repurchase_rate`, `lifetime_repeat_rate`",
    ),
    (
        "An occasion: an order, or a day",
        "an order",
        "`occasion_unit` = day",
    ),
    (
        "Frequency: per buyer, or per customer of the base",
        "per buyer of the period (`purchase_frequency`)",
        "occasions / `customer_base`, both in Detail",
    ),
    (
        "客单价: per customer, or per order",
        "two KPIs with two names: `average_spend` and `average_order_value`",
        "–",
    ),
    (
        "Cohort month: of the calendar, or 30 days from the first purchase",
        "of the calendar (`cohorts`)",
        "not offered",
    ),
    (
        "Cancellations and refunds: in or out",
        "negative money on their own date, never an occasion (`cancellations` = net)",
        "`cancellations` = drop or keep; `refund_basis` = original_order",
    ),
    ("Orders of no value: occasions or not", "not (`zero_value_orders` = ignore)", "`zero_value_orders` = count"),
    (
        "CAC: all marketing and sales cost, or acquisition only",
        "all (`cac_scope` = all)",
        "`cac_scope` = acquisition; `cac_lag_cycles` for the delay",
    ),
    (
        "Response rate: of those sent, or of those delivered",
        "of those sent (`response_rate`)",
        "`response_rate_delivered`",
    ),
    (
        "“Down 20 %”: of the value, or percentage points",
        "must be said in Targets: target_type relative_change or points_change",
        "–",
    ),
)


def main() -> int:
    """Write the references, and the pictures when asked."""
    parser = argparse.ArgumentParser(description="Write docs/reference from the code.")
    parser.add_argument(
        "--pictures", nargs="*", metavar="NAME", help="make docs/pictures too, or those whose names begin so"
    )
    arguments = parser.parse_args()
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"docs/{name}\n")
    if arguments.pictures is not None:
        for path in pictures(arguments.pictures):
            sys.stdout.write(f"{path.relative_to(ROOT).as_posix()}  {path.stat().st_size / 1000:.0f} kB\n")
    return 0


def pages() -> dict[str, str]:
    """Every generated page by its name below docs/."""
    made = {
        "reference/kpis.md": kpis_page,
        "reference/formulas.md": formulas_page,
        "reference/findings.md": findings_page,
        "reference/cli.md": cli_page,
        "reference/sheets.md": sheets_page,
        "reference/settings.md": settings_page,
    }
    return {name: GENERATED + page().rstrip("\n") + "\n" for name, page in made.items()}


# Markdown


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; line breaks and bars inside cells are made harmless."""
    head = list(header)
    lines = [head, ["---"] * len(head), *([cell(each) for each in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell(text: str) -> str:
    """Text that may stand in a cell."""
    return re.sub(r"\s*\n\s*", " ", text).replace("|", "\\|").replace("<", "&lt;") or "–"


def ticked(names: Iterable[str]) -> str:
    """Names as code, comma between."""
    return ", ".join(f"`{name}`" for name in names)


# KPIs


def formulas_page() -> str:
    """The worksheet functions, with an example each."""
    from loyalty_xl.formulas import functions
    from loyalty_xl.formulas.cell_errors import CellError
    from loyalty_xl.formulas.examples import SETTINGS, TABLES, answer, formula
    from loyalty_xl.formulas.telling import GROUPS

    parts = [
        "# Worksheet functions\n",
        (
            "Names are those of desktop Excel; where dots are possible (LibreOffice, xlwings Lite) it is `LOYALTY.NPS`. Ranges hold raw rows: scores, customer "
            "ids, dates, amounts. A row with a blank in any range of a group is left out, one header above is passed over, whole columns may be given. What "
            "cannot be read is `#VALUE!` and names the cell; a setting that cannot be is `#NUM!`; nothing to divide by is `#DIV/0!`; no value for another "
            "reason is `#N/A`. `include` is a range of TRUE and FALSE that restricts rows, for Excel without FILTER.\n"
        ),
        (
            "`loyalty-xl formulas NAME` shows one; `loyalty-xl formulas --book EXAMPLES.xlsx` writes a workbook with all examples, live. In Excel 2016 and 2019 "
            "take one cell of a table: `=INDEX(LOYALTY_COHORTS(…), 2, 5)`.\n"
        ),
        'Without any add-in, values come from Detail: `=INDEX(Detail[value], MATCH("nps|2026-07|All", Detail[id], 0))` (see [Detail](../how-to/detail.md)).\n',
    ]
    group = ""
    for each in functions().values():
        if each.group != group:
            group = each.group
            zh, en = GROUPS[group]
            parts.append(f"## {en.capitalize()} {zh}\n")
        found = answer(each)
        shown = found.code if isinstance(found, CellError) else found
        parts.append(f"### {each.name}\n\n`{each.signature}`\n\n{each.en}\n\n{each.zh}\n")
        parts.append(
            table(("argument", "", ""), ((f"`{one.name}`", one.en, one.zh) for one in each.arguments))
            if each.arguments
            else ""
        )
        if isinstance(shown, list):
            parts.append(f"`{formula(each)}` spills\n")
            parts.append(table((str(cell) for cell in shown[0]), ([str(cell) for cell in row] for row in shown[1:4])))
        else:
            parts.append(f"`{formula(each)}` gives `{shown}`\n")
    parts.append("## The columns of the examples\n")
    for title, columns in TABLES.items():
        rows = zip_longest(*columns.values())
        parts.append(f"{title}:\n")
        parts.append(table(columns, (["" if cell is None else str(cell) for cell in row] for row in rows)))
    parts.append("Settings: " + ", ".join(f"`{name}` = {value}" for name, value in SETTINGS.items()) + "\n")
    return "\n".join(each for each in parts if each)


def kpis_page() -> str:
    """Every KPI, listing and score, and the table of decisions."""
    from loyalty_xl import catalogue, library
    from loyalty_xl.scoring import SCORES

    kpis = library.load()
    found: list[str] = [
        "# KPIs 指标",
        (
            f"{len(kpis)} KPIs and {len(catalogue.LISTINGS)} tables. The same text on the command line: `loyalty-xl kpis nps`. "
            "Codes (A1, R2 …) group KPIs that answer one question. *core* stands on every Scorecard, *more* where Targets "
            "has a row for it; all are in Detail. Shares are 0 to 1. Windows are those of the Scorecard; Detail holds the period itself."
        ),
    ]
    for dimension in dict.fromkeys(each.dimension for each in kpis.values()):
        rows = [
            [f"[`{each.key}`](#{each.key})", each.code, each.zh, each.en, each.unit.value, each.level.value]
            for each in kpis.values()
            if each.dimension is dimension
        ]
        found += [f"**{dimension.value}**", table(("key", "code", "中文", "name", "unit", "level"), rows)]
    rows = [
        [f"[`{each.key}`](#{each.key})", each.code, each.zh, each.en, each.dimension.value]
        for each in catalogue.LISTINGS.values()
    ]
    found += ["**tables**", table(("key", "code", "中文", "name", "dimension"), rows)]
    rows = [[f"[`{each.key}`](#{each.key})", each.code, each.zh, each.en, each.range] for each in SCORES.values()]
    found += ["**how values are judged**", table(("key", "code", "中文", "name", "values"), rows)]
    found += ["## Where good sources disagree", decisions()]
    found += ["## Definitions", *(kpi_section(each) for each in kpis.values())]
    found += ["## Tables", *(listing_section(each) for each in catalogue.LISTINGS.values())]
    found += ["## How values are judged", *(score_section(each) for each in SCORES.values())]
    return "\n\n".join(found)


def decisions() -> str:
    """The table of decisions; every name in it must exist."""
    from loyalty_xl import catalogue, library
    from loyalty_xl.settings import SETTINGS

    known = {*library.load(), *catalogue.LISTINGS, *SETTINGS}
    named = {name for row in DECISIONS for text in row for name in re.findall(r"`(\w+)`", text)}
    if unknown := named - known:
        raise ValueError(f"the table of decisions names what is not there: {', '.join(sorted(unknown))}")
    return table(("question", "here", "the other reading"), DECISIONS)


def sections(definition: str) -> tuple[str, str, dict[str, str]]:
    """A definition as title, what stands before the first section, and the sections."""
    title, _, rest = definition.partition("\n")
    parts = re.split(r"(?m)^(" + "|".join(SECTIONS) + r")\n-+\n", rest)
    named = {name: dedent(text).strip("\n") for name, text in zip(parts[1::2], parts[2::2], strict=True)}
    return title, parts[0].strip("\n"), named


def blocks(text: str) -> str:
    """Indented lines become a block of code."""
    made = []
    for part in re.split(r"\n\s*\n", text):
        lines = part.splitlines()
        if lines and all(line.startswith("    ") for line in lines):
            made.append("```text\n" + dedent(part) + "\n```")
        else:
            made.append(" ".join(line.strip() for line in lines))
    return "\n\n".join(part for part in made if part)


def parameters(text: str) -> dict[str, str]:
    """Meaning of each parameter; names that share one are listed apart."""
    made: dict[str, str] = {}
    for names, says in re.findall(r"(?m)^(\w[\w, ]*)\n((?:[ \t]+.*\n?)+)", text + "\n"):
        for name in names.split(","):
            made[name.strip()] = " ".join(says.split())
    return made


def kpi_section(kpi: Kpi) -> str:
    """Everything about one KPI."""
    from loyalty_xl.catalogue import MEASURES
    from loyalty_xl.evaluating import MONTHS, Wiring

    wired = Wiring(kpi)
    title, body, named = sections(kpi.definition)
    limits = "" if kpi.low is None and kpi.high is None else f", {shown(kpi.low)} to {shown(kpi.high)}"
    facts = [
        kpi.dimension.value,
        f"{kpi.unit.value}{limits}",
        f"{kpi.better.value} is better",
        kpi.level.value,
        f"window {kpi.window.value}",
        "with 95 % interval" if kpi.interval else "without interval",
        *([f"owner {kpi.owner}"] if kpi.owner else []),
    ]
    found = [f"### {kpi.key}", f"**{kpi.zh} {kpi.en}** ({kpi.code}) · {' · '.join(facts)}", kpi.says, title]
    found.append(blocks(body))
    means = parameters(named.get("Parameters", ""))
    rows = []
    for name in kpi.measures:
        says = means.get(name, MONTHS_SAYS if name == MONTHS else "")
        sheets = ", ".join(MEASURES[name].rows.sheets) if name in MEASURES else ""
        rows.append([f"`{name}`", says, sheets])
    found.append(table(("measure", "meaning", "from"), rows))
    found.append(f"Fields: {ticked(f'{sheet}.{field}' for sheet, field in wired.fields)}.")
    if wired.settings:
        found.append(f"Settings: {ticked(sorted(wired.settings))}.")
    if "Notes" in named:
        found.append(blocks(named["Notes"]))
    found.append("Source: " + blocks(named["References"]))
    found.append("```python\n" + named["Examples"].strip() + "\n```")
    if example := worked().get(kpi.key):
        found.append(f"By hand: {example}")
    return "\n\n".join(part for part in found if part)


def shown(limit: float | None) -> str:
    """A limit of a KPI's values."""
    return "any" if limit is None else f"{limit:g}"


def worked() -> dict[str, str]:
    """The first worked example of each KPI: the small company, computed by hand."""
    data = tomllib.loads((ROOT / "tests" / "examples" / "small_company.toml").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for each in data["example"]:
        where = each["period"] if each["segment"] == "All" else f"{each['period']}, {each['segment']}"
        found.setdefault(each["kpi"], f"{each['says']}: {each['gives']} ({where}). {each['because']}")
    return found


def listing_section(listing: Listing) -> str:
    """Everything about one table."""
    title, body, named = sections(listing.definition)
    found = [f"### {listing.key}", f"**{listing.zh} {listing.en}** ({listing.code}) · {listing.dimension.value}", title]
    found.append(blocks(body))
    found += [f"Columns: {ticked(listing.columns)}.", f"From: {', '.join(listing.sheets)}."]
    found += [blocks(named["Notes"])] if "Notes" in named else []
    found.append("Source: " + blocks(named["References"]))
    return "\n\n".join(part for part in found if part)


def score_section(score: Score) -> str:
    """Everything about one way of judging values."""
    title, body, named = sections(score.definition)
    found = [f"### {score.key}", f"**{score.zh} {score.en}** ({score.code}) · {score.range}", title, blocks(body)]
    found += [blocks(named["Notes"])] if "Notes" in named else []
    found += [f"From: {', '.join(score.inputs)}.", "Source: " + blocks(named["References"])]
    return "\n\n".join(part for part in found if part)


# Findings


def findings_page() -> str:
    """Every code in both languages."""
    from loyalty_xl import findings

    groups = (
        ("1", "Files 文件"),
        ("2", "Cells and rows 单元格与行"),
        ("3", "Control sheets 控制表"),
        ("4", "Writing 写入"),
        ("5", "The program 程序"),
    )
    found = [
        "# Findings 问题代码",
        (
            f"{len(findings.CODES)} codes. E is an error: what it touches is left out or withheld. W is a warning: the figure stands. "
            "The same text on the command line: `loyalty-xl explain E222`."
        ),
        "E 是错误:相关的数据不用或指标暂不显示;W 是提醒:数字照常计算。",
    ]
    for first, name in groups:
        codes = sorted((code for code in findings.CODES if code[1] == first), key=lambda code: (code[1:], code))
        found += [f"## {name}", *(finding_section(code) for code in codes)]
    return "\n\n".join(found)


def finding_section(code: str) -> str:
    """One code: title, sentence, cause, repair, in both languages."""
    from loyalty_xl import findings

    sample = findings.entries()[code].sample
    rows = []
    for label, zh, en in (
        ("example 例子", findings.sentence(sample, "zh"), findings.sentence(sample, "en")),
        ("cause 原因", findings.cause(code, "zh"), findings.cause(code, "en")),
        ("repair 处理", findings.advice(sample, "zh"), findings.advice(sample, "en")),
    ):
        rows += [[label, zh], ["", en]]
    titles = f"### {code}\n\n**{findings.title(code, 'zh')} · {findings.title(code, 'en')}**"
    return titles + "\n\n" + table(("", ""), rows).replace("| – |", "|  |")


# Command line


def cli_page() -> str:
    """The commands, from their parsers."""
    from loyalty_xl.cli import parser

    found = [
        "# Command line",
        parser().description or "",
        table(
            ("command", "does"),
            [
                [f"[`loyalty-xl {name}`](#loyalty-xl-{name})", each.description or ""]
                for name, each in commands().items()
            ],
        ),
        "`loyalty-xl --help` and `loyalty-xl COMMAND --help` say the same; `loyalty-xl --version` tells the version.",
        *(command_section(name, each) for name, each in commands().items()),
        "## Exit codes",
        table(("code", "meaning"), EXIT_CODES),
        "## Environment",
        table(("variable", "meaning"), ENVIRONMENT),
    ]
    return "\n\n".join(found)


def commands() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command."""
    from loyalty_xl.cli import parser

    (chosen,) = (each for each in parser()._actions if isinstance(each, argparse._SubParsersAction))  # noqa: SLF001 - argparse has no other way
    return dict(chosen.choices)


def command_section(name: str, parser: argparse.ArgumentParser) -> str:
    """One command: how it is called, and its arguments."""
    actions = [each for each in parser._actions if each.dest != "help"]  # noqa: SLF001
    named = sorted((each for each in actions if each.option_strings), key=lambda each: each.dest in ("lang", "json"))
    plain = [each for each in actions if not each.option_strings]
    words = [f"[{each.metavar}]" if each.nargs == "?" else str(each.metavar) for each in plain]
    usage = " ".join(["loyalty-xl", name, *words, "[options]"])
    rows = [[f"`{written(each)}`", each.help or ""] for each in [*plain, *named] if each.help]
    return f"## loyalty-xl {name}\n\n{parser.description}\n\n```text\n{usage}\n```\n\n{table(('argument', 'meaning'), rows)}"


def written(action: argparse.Action) -> str:
    """An argument as it is typed."""
    value = (
        ""
        if action.nargs == 0
        else action.metavar or ("/".join(action.choices) if action.choices else action.dest.upper())
    )
    return " ".join([*action.option_strings, *([str(value)] if value else [])])


# Sheets


def sheets_page() -> str:
    """Every contract."""
    from loyalty_xl.contracts import departments, everything

    found = [
        "# Sheets 数据表",
        (
            "What each sheet may hold. Headers are found by field name, Chinese header or alias, in any order; case, spaces and "
            "punctuation do not matter. Titles above the header row and columns that nobody knows are passed over and reported. "
            "**required**: without it a row is out, and without its column the sheet. *usual*: a full delivery has it, "
            "and completeness counts its blanks. Only Orders is needed; every other sheet feeds more KPIs."
        ),
        table(
            ("sheet", "中文", "from", "a row is"),
            [[f"[{each.name}](#{each.name.lower()})", each.zh, each.dept, each.en] for each in departments()],
        ),
        "## Department sheets",
        *(contract_section(each) for each in departments()),
        "## Control sheets",
        *(contract_section(each) for each in everything() if each.dept == "control"),
    ]
    return "\n\n".join(found)


def contract_section(contract: Contract) -> str:
    """One sheet."""
    facts = [contract.dept]
    facts += [f"key {' + '.join(contract.key)}"] if contract.key else []
    facts += [f"again from {contract.since}"] if contract.since else []
    facts += [f"dated by {contract.date}"] if contract.date else []
    rows = [
        [
            f"`{each.name}`",
            each.zh,
            kind_of(each),
            "**required**" if each.required else "*usual*" if each.usual else " ",
            "; ".join(
                part for part in (each.en, limits_of(each), f"blank: {each.default}" if each.default else "") if part
            ),
            ", ".join(each.aliases),
        ]
        for each in contract.fields
    ]
    head = f"### {contract.name}\n\n**{contract.zh}** · {' · '.join(facts)}\n\n{contract.en} {contract.zh_note}"
    body = table(("field", "表头", "type", "", "meaning", "also understood"), rows)
    lists = [
        f"- `{each.name}`: "
        + "; ".join(f"{value} ({', '.join(more)})" if more else value for value, more in each.choices.items())
        for each in contract.fields
        if each.choices
    ]
    return "\n\n".join([head, body, *(["Values:\n\n" + "\n".join(lists)] if lists else [])])


def kind_of(field: Field) -> str:
    """Type and unit of a field."""
    names = {
        "id": "text id",
        "str": "text",
        "cat": "choice",
        "int": "whole number",
        "num": "number",
        "pct": "share",
        "bool": "yes/no",
    }
    name = names.get(field.type.value, field.type.value)
    return f"{name}, {field.unit}" if field.unit and field.unit != name else name


def limits_of(field: Field) -> str:
    """What values a field may have."""
    parts = []
    if field.low is not None and field.high is not None:
        parts.append(f"{field.low:g} to {field.high:g}")
    elif field.low is not None:
        parts.append(f"at least {field.low:g}")
    elif field.high is not None:
        parts.append(f"at most {field.high:g}")
    if field.above is not None:
        parts.append(f"above {field.above:g}")
    parts += ["each once"] * field.unique + ["personal: never leaves the company"] * field.personal
    return ", ".join(parts)


# Settings


def settings_page() -> str:
    """Every setting."""
    from loyalty_xl.settings import SETTINGS

    rows = [
        [
            f"`{key}`",
            each.zh,
            each.show(each.default) or "(blank)",
            each.allowed + (", or blank" if each.blank else ""),
            each.unit,
            each.en,
        ]
        for key, each in SETTINGS.items()
    ]
    return "\n\n".join(
        [
            "# Settings 参数",
            (
                f"{len(SETTINGS)} settings, on the Settings sheet or for one run with `--set KEY=VALUE`. A row without valid_from "
                "always holds; a row with valid_from holds from that day on, and a period uses what is in force on its last day. "
                "A value that cannot be read is reported (E302, E303) and the default is used."
            ),
            table(("key", "中文", "default", "allowed", "unit", "meaning"), rows),
        ]
    )


# Pictures

DPI = 140
MARGIN = 16  # pixels kept around what is drawn
FOOTER = 0.06  # share of the page below which page numbers stand
WIDTHS = {"scorecard": 2, "trend": 3}  # pages of the printed workbook
SHARED = ("share-mail", "share-poster", "share-phone")
SCREEN = (390, 844, 2)  # of a telephone: width and height, and pixels of the picture for each of its own
DEUTERANOPIA = (  # linear RGB as somebody without green cones sees it: Viénot, Brettel and Mollon 1999
    (0.29275, 0.70725, 0.0),
    (0.29275, 0.70725, 0.0),
    (-0.02234, 0.02234, 1.0),
)


def pictures(names: Sequence[str] = ()) -> Iterator[Path]:
    """Make the pictures whose names begin with one of *names*, or all."""
    os.environ["SOURCE_DATE_EPOCH"] = "1785542400"  # 2026-08-01
    (DOCS / "pictures").mkdir(exist_ok=True)

    def wanted(name: str) -> bool:
        return not names or name.startswith(tuple(names))

    with tempfile.TemporaryDirectory() as temporary:
        yield from page_pictures(wanted, Path(temporary))
        if any(map(wanted, SHARED)):
            yield from share_pictures(wanted, Path(temporary) / "share")


def page_pictures(wanted: Callable[[str], bool], folder: Path) -> Iterator[Path]:
    """Make the demo in every language, print it, and keep Scorecard and Trend as pictures."""
    from loyalty_xl.demo import make_demo

    for language in ("zh", "en", "both"):
        more = ["scorecard.grey", "scorecard.deutan"] if language == "en" else []
        if not any(map(wanted, [*(f"{name}.{language}" for name in WIDTHS), *more])):
            continue
        place = folder / language
        make_demo(place, language)
        pdf = printed(place / "scorecard.xlsx", place)
        for name, page in WIDTHS.items():
            drawn = cropped(drawn_page(pdf, page, place))
            if wanted(f"{name}.{language}"):
                yield write_png(picture(f"{name}.{language}"), drawn)
            if (name, language) == ("scorecard", "en"):
                for other, seen in (("scorecard.grey", grey), ("scorecard.deutan", deutan)):
                    if wanted(other):
                        yield write_png(picture(other), seen(drawn))


def picture(name: str) -> Path:
    """Where a picture stands."""
    return DOCS / "pictures" / f"{name}.png"


def share_pictures(wanted: Callable[[str], bool], folder: Path) -> Iterator[Path]:
    """What is shared of the sample company: first page of the PDF, poster, and the mail on a telephone."""
    from loyalty_xl.demo import make_demo
    from loyalty_xl.refreshing import as_shown
    from loyalty_xl.sharing import page
    from loyalty_xl.sharing.card import Audience
    from loyalty_xl.sharing.collecting import Collection
    from loyalty_xl.sharing.pictures import page_picture, poster, to_pdf
    from loyalty_xl.sharing.workbook import write_workbook

    make_demo(folder, "both")
    made = as_shown(folder / "scorecard.xlsx")
    if made.period is None:
        raise ValueError("the demo shows nothing")
    whole = Collection.of(made, made.period)
    en, zh = (whole.card(Audience(language), whole.id) for language in ("en", "zh"))
    if wanted("share-mail"):
        write_workbook(folder / "share.xlsx", en)
        to_pdf(folder / "share.xlsx", folder / "share.pdf")
        yield write_png(picture("share-mail"), read_png(page_picture(folder / "share.pdf", 1400)))
    if wanted("share-poster"):
        yield write_png(picture("share-poster"), read_png(poster(zh)))
    if wanted("share-phone"):
        (folder / "share.html").write_text(page.html(en), encoding="utf-8")
        if (drawn := on_telephone(folder / "share.html", folder)) is not None:
            yield write_png(picture("share-phone"), drawn)
        else:
            sys.stdout.write("share-phone.png stays as it is: Chromium is not installed\n")


def on_telephone(page: Path, folder: Path) -> np.ndarray | None:
    """The first two screens of a page on a telephone, beside each other; None without Chromium."""
    import numpy as np

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        return None
    wide, high, scale = SCREEN
    # a window may be no narrower than 500 pixels; a frame may
    frame = f'<body style="margin:0"><iframe src="{page.name}" style="border:0;width:{wide}px;height:{2 * high}px"></iframe>'
    (folder / "frame.html").write_text(f"<!DOCTYPE html>{frame}", encoding="utf-8")
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"]
    command += [f"--user-data-dir={folder / 'chromium'}", f"--force-device-scale-factor={scale}"]
    command += [f"--window-size={max(wide, 500)},{2 * high}", f"--screenshot={folder / 'screen.png'}"]
    subprocess.run([*command, (folder / "frame.html").as_uri()], check=True, capture_output=True)
    drawn = read_png((folder / "screen.png").read_bytes())[:, : wide * scale]
    between = np.full((high * scale, 20 * scale, 3), 160, np.uint8)
    return np.concatenate([drawn[: high * scale], between, drawn[high * scale :]], axis=1)


def read_png(data: bytes) -> np.ndarray:
    """A picture as pixels."""
    import numpy as np
    from PIL import Image

    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))


def printed(book: Path, folder: Path) -> Path:
    """The first pages of a workbook as PDF, by LibreOffice."""
    options = 'pdf:calc_pdf_Export:{"PageRange":{"type":"string","value":"1-3"}}'
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", options, "--outdir", str(folder), str(book)]
    subprocess.run(command, check=True, capture_output=True)
    return folder / f"{book.stem}.pdf"


def drawn_page(pdf: Path, page: int, folder: Path) -> np.ndarray:
    """One page as pixels: rows, columns, red green blue."""
    import numpy as np

    stem = folder / f"page{page}"
    wanted = ["-r", str(DPI), "-f", str(page), "-l", str(page), "-singlefile"]
    subprocess.run(["pdftoppm", *wanted, str(pdf), str(stem)], check=True, capture_output=True)
    data = stem.with_suffix(".ppm").read_bytes()
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if header is None:
        raise ValueError("pdftoppm wrote no plain PPM")
    size = (int(header[2]), int(header[1]), 3)
    return np.frombuffer(data, np.uint8, offset=header.end()).reshape(size)


def cropped(drawn: np.ndarray) -> np.ndarray:
    """Without white margins and page numbers."""
    body = drawn[: int(len(drawn) * (1 - FOOTER))]
    ink = (body < 250).any(axis=2)
    rows, columns = ink.any(axis=1).nonzero()[0], ink.any(axis=0).nonzero()[0]
    top, left = max(0, rows[0] - MARGIN), max(0, columns[0] - MARGIN)
    return body[top : rows[-1] + MARGIN, left : columns[-1] + MARGIN]


def grey(drawn: np.ndarray) -> np.ndarray:
    """As a printer without colour shows it."""
    import numpy as np

    light = drawn @ np.array([0.299, 0.587, 0.114])
    return np.repeat(light.round().astype(np.uint8)[..., None], 3, axis=2)


def deutan(drawn: np.ndarray) -> np.ndarray:
    """As somebody without green cones sees it."""
    import numpy as np

    scaled = drawn / 255
    linear = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(DEUTERANOPIA).T, 0, 1)
    back = np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)
    return (back * 255).round().astype(np.uint8)


def write_png(path: Path, drawn: np.ndarray) -> Path:
    """Write pixels as PNG, with as few colours as a palette holds."""
    import numpy as np

    few = (drawn >> 3 << 3) | (drawn >> 5)  # five bits a colour
    colours, numbers = np.unique(few.reshape(-1, 3), axis=0, return_counts=True)
    palette = colours[np.argsort(-numbers, kind="stable")][:256]
    index = nearest(few, palette)
    height, width = index.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), index], axis=1).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))
    return path


def nearest(drawn: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Number of the palette's nearest colour, pixel by pixel."""
    import numpy as np

    colours, inverse = np.unique(drawn.reshape(-1, 3), axis=0, return_inverse=True)
    apart = ((colours[:, None, :].astype(int) - palette[None, :, :].astype(int)) ** 2).sum(axis=2)
    return apart.argmin(axis=1).astype(np.uint8)[inverse.reshape(-1)].reshape(drawn.shape[:2])


def chunk(kind: bytes, data: bytes) -> bytes:
    """One part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


if __name__ == "__main__":
    sys.exit(main())
