"""What the command line says to people: findings, what was filled, the catalogue."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from loyalty_xl import catalogue
from loyalty_xl.books.places import in_language
from loyalty_xl.errors import UsageError
from loyalty_xl.findings import UNDECIDED, advice, sentence
from loyalty_xl.publish.deliveries import received_text
from loyalty_xl.publish.dictionary import definition
from loyalty_xl.publish.restatements import restatements_text
from loyalty_xl.publish.watching import totals_text
from loyalty_xl.publish.words import DIMENSIONS, REASONS, number_text, segment_text, status_text
from loyalty_xl.settings import Settings
from loyalty_xl.vocabulary import Flag, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loyalty_xl.adding import Tab
    from loyalty_xl.customer_lists import Lists
    from loyalty_xl.newbook import Recognised
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.vocabulary import Finding

SHOWN = 40  # findings on the terminal
COLOURS = {Status.GREEN: "32", Status.AMBER: "33", Status.RED: "31", Status.GREY: "2"}


def findings_text(findings: Sequence[Finding], language: str, shown: int = SHOWN) -> str:
    """Findings one below the other, each with its place, what is wrong and what to do."""
    lines = []
    for each in findings[:shown]:
        place = "!".join(filter(None, (each.sheet, each.cell)))
        lines.append(
            f"{each.code}  {place}\n      {sentence(each, language, where=False)}\n      → {advice(each, language)}"
        )
    if len(findings) > shown:
        more = len(findings) - shown
        lines.append(
            in_language(
                f"…… 另有 {more:,} 个,见 --json 或“问题”页",
                f"... and {more:,} more: see --json or the Findings page",
                language,
            )
        )
    return "\n".join(lines)


def summary_of_findings(made: Refresh, language: str) -> str:
    """How many findings there are, and where Mapping is when a sheet waits for it and nobody sees it."""
    errors = sum(each.severity is Severity.ERROR for each in made.findings)
    warnings = len(made.findings) - errors
    said = in_language(f"{errors} 个错误,{warnings} 个提醒。", f"Errors: {errors}, warnings: {warnings}.", language)
    mapping = made.inputs.raw_control.get("Mapping")
    hidden = mapping is not None and mapping.state != "visible" and made.written_to is None
    if hidden and any(each.code in UNDECIDED and each.severity is Severity.ERROR for each in made.findings):
        show = f"loyalty-xl add {made.book} Mapping"
        said += "\n" + in_language(f"“字段对应”还没有显示:{show}", f"Mapping is not shown yet: {show}", language)
    return said


def _totals(made: Refresh, language: str) -> str:
    return totals_text(made.totals, made.period.label if made.period else "all", language)


def check_text(made: Refresh, language: str) -> str:
    """What `check` says under the findings: how many, and what became of the rows of every sheet."""
    said = summary_of_findings(made, language)
    if deliveries := received_text(made, language):
        said += f"\n{deliveries}"
    if made.totals:
        said += "\n" + in_language("收数核对:", "Control totals:", language) + "\n" + _totals(made, language)
    return said


def refresh_text(made: Refresh, language: str, *, dry_run: bool = False) -> str:
    """What a refresh found and where it stands."""
    lines = []
    if made.period:
        lines += [scorecard_text(made, language), ""]
    errors = [each for each in made.findings if each.severity is Severity.ERROR]
    if errors:
        lines += [findings_text(errors, language, 10), ""]
    lines.append(summary_of_findings(made, language))
    if changed := restatements_text(made, language):
        lines.append(changed)
    lines += [said] if (said := received_text(made, language)) else []
    if made.totals:
        lines += [in_language("收数核对:", "Control totals:", language), _totals(made, language)]
    if not made.computed:
        lines.append(
            in_language(
                "没有任何指标可以计算,工作簿没有改动。先提供订单表。",
                "Nothing could be computed, so the workbook is unchanged. Supply Orders first.",
                language,
            )
        )
    elif made.up_to_date and made.written_to is None:
        lines.append(
            in_language("没有变化,已是最新,未写入。", "Up to date: nothing has changed, nothing was written.", language)
        )
    elif made.written_to is not None:
        took = sum(value for key, value in made.seconds.items() if key != "total")
        lines.append(
            in_language(
                f"已写入 {made.written_to}({took:.1f} 秒)", f"Written to {made.written_to} ({took:.1f} s)", language
            )
        )
    elif dry_run:
        lines.append(in_language("试算,没有写入。", "Dry run: nothing was written.", language))
    return "\n".join(lines)


def _width(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def _pad(text: str, width: int) -> str:
    return text + " " * max(0, width - _width(text))


def scorecard_text(made: Refresh, language: str) -> str:
    """The Scorecard as a small table."""
    coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    period = made.period.label if made.period else ""
    title = in_language(f"忠诚度记分卡 {period}", f"Loyalty scorecard {period}", language)
    if made.score and made.score.value is not None:
        score = f"{made.score.value:.1f}{'†' if made.score.adjusted else ''}"
        title += in_language(f" · 得分 {score}", f" · score {score}", language)
    rows = []
    for line in made.lines:
        result, unit = line.result, line.kpi.unit
        actual = (
            number_text(result.value, unit) + ("†" if Flag.ADJUSTED in result.flags else "")
            if result.reason is None
            else f"– {in_language(*REASONS[result.reason], language)}"
        )
        name = line.kpi.label(language) + ("" if result.segment_dim == "all" else f" [{segment_text(result)}]")
        rows.append((name, actual, number_text(line.aim.value, unit), status_text(line.status, language), line.status))
    wide = [max([_width(row[column]) for row in rows], default=0) for column in range(3)]
    lines = [title, ""]
    for row in rows:
        state = f"\033[{COLOURS[row[4]]}m{row[3]}\033[0m" if coloured else row[3]
        lines.append("  ".join([_pad(row[0], wide[0]), _pad(row[1], wide[1]), _pad(row[2], wide[2]), state]))
    return "\n".join(lines)


def demo_text(made: Refresh, folder: Path, language: str) -> str:
    """What the demo made, where, and what to try next."""
    book = made.book
    next_steps = (
        in_language(
            f"接下来:\n  打开 {book}\n  改坏 {folder}/departments 里的一个单元格,然后 loyalty-xl check {book}\n  改回来,再 loyalty-xl refresh {book}",
            f"Next:\n  open {book}\n  break a cell in {folder}/departments, then: loyalty-xl check {book}\n  repair it, then: loyalty-xl refresh {book}",
            language,
        )
        if language != "both"
        else "\n".join(demo_next(book, folder))
    )
    return "\n".join(
        [
            scorecard_text(made, language),
            "",
            summary_of_findings(made, language),
            in_language(f"记分卡:{book}", f"Scorecard: {book}", language),
            "",
            next_steps,
        ]
    )


def demo_next(book: Path, folder: Path) -> list[str]:
    """Next steps in both languages."""
    return [
        "接下来 / Next:",
        f"  打开 / open                 {book}",
        f"  改坏一个单元格 / break a cell in  {folder}/departments/analytics_orders.csv",
        f"  检查 / check                loyalty-xl check {book}",
        f"  改回后更新 / repair, refresh   loyalty-xl refresh {book}",
    ]


def new_text(book: Path, found: Sequence[Recognised], language: str, *, with_folder: bool) -> str:
    """What `new` made, and which files it recognised."""
    lines = [in_language(f"已新建 {book}", f"Made {book}", language)]
    for each in found:
        if each.contract is None:
            note = each.problem or in_language("没有认出是哪张表", "not recognised as any sheet", language)
            lines.append(f"  {each.file}{' › ' + each.worksheet if each.worksheet else ''}: {note}")
            continue
        span = f", {each.first} – {each.last}" if each.first else ""
        lines.append(
            f"  {each.file} › {each.worksheet} → {each.contract.name} {each.contract.zh}, {each.rows:,} {in_language('行', 'rows', language)}{span}{f' ({each.profile})' if each.profile else ''}"
        )
        if each.unknown:
            lines.append(
                f"      {in_language('没看懂的列', 'headers not understood', language)}: {', '.join(each.unknown)}"
            )
    if any(each.contract for each in found):
        lines.append(
            in_language(
                "这些表的页已显示;数据留在文件里,页面保持空白。",
                "Their sheets are shown; the rows stay in the files, and the sheets stay blank.",
                language,
            )
        )
    if with_folder and not any(each.contract for each in found):
        lines.append(in_language("没有认出任何部门文件。", "No department file was recognised.", language))
    lines.append(in_language(f"下一步:loyalty-xl refresh {book}", f"Next: loyalty-xl refresh {book}", language))
    return "\n".join(lines)


def add_text(book: Path, found: Sequence[Tab], language: str) -> str:
    """What `add` did with each page."""
    says = {
        "visible": ("本来就显示着,没有改动", "is shown already"),
        "missing": ("已按模板补上", "was missing and has been put back"),
    }
    lines = [
        f"{tab.worksheet}: {in_language(*says.get(tab.was, ('已显示', 'is shown now')), language)}" for tab in found
    ]
    if all(tab.was == "visible" for tab in found):
        lines.append(in_language("没有写入。", "Nothing was written.", language))
    else:
        lines.append(in_language(f"已写入 {book}", f"Written to {book}", language))
    return "\n".join(lines)


def tabs_text(book: Path, found: Sequence[Tab], language: str) -> str:
    """Pages that `add` can show."""
    if not found:
        return in_language("所有工作表都已显示。", "Every sheet is shown already.", language)
    head = in_language("可以显示的工作表:", "Sheets that can be shown:", language)
    gone = in_language("缺失,可按模板补上", "missing, can be put back", language)
    lines = [f"  {tab.page.title('both')}{f'  ({gone})' if tab.was == 'missing' else ''}" for tab in found]
    return "\n".join([head, *lines, f"loyalty-xl add {book} {found[0].page.name.replace(' ', '-')}"])


def kpi_list(chosen: Sequence[Any], language: str) -> str:
    """The catalogue, a line each."""
    rows = [
        (
            each.key,
            each.code,
            in_language(*_shelf(each), language),
            in_language(each.zh, each.en, language),
        )
        for each in chosen
    ]
    wide = [max(_width(row[column]) for row in rows) for column in range(3)]
    return "\n".join("  ".join([*(_pad(row[column], wide[column]) for column in range(3)), row[3]]) for row in rows)


def _shelf(each: Any) -> tuple[str, str]:
    """Where a KPI, table or score belongs, in zh and en."""
    return ("记分卡", "scorecard") if isinstance(each, catalogue.Score) else DIMENSIONS[each.dimension.value]


def kpi_text(each: Any, language: str) -> str:
    """Everything about one KPI or listing."""
    head = f"{each.key}  ({each.code})  {in_language(each.zh, each.en, language)}"
    if isinstance(each, catalogue.Kpi):
        facts = f"{each.dimension.value} · {each.unit.value} · {each.better.value} is better · {each.level.value} · window {each.window.value} · {each.worksheet_name}"
        says = [each.says] if language != "en" else []
        return "\n".join([head, facts, *says, "", each.definition])
    facts = f"{_shelf(each)[1]} · {each.worksheet_name} · "
    facts += each.range if isinstance(each, catalogue.Score) else ", ".join(each.columns)
    says = [each.says] if language != "en" and each.says else []
    return "\n".join([head, facts, *says, "", each.definition])


def kpi_json(each: Any) -> dict[str, Any]:
    """One KPI, table or score as JSON: everything that a reader of a number may ask for."""
    defined = definition(each.key, Settings())
    found = {
        "key": each.key,
        "code": each.code,
        "zh": each.zh,
        "en": each.en,
        "dimension": each.dimension.value if not isinstance(each, catalogue.Score) else "scorecard",
        "definition": each.definition,
        "says": each.says,
        "level": each.level.value if not isinstance(each, catalogue.Score) else "core",
        "window": each.window.value if isinstance(each, catalogue.Kpi) else "cycle",
        "unit": defined["unit"],
        "range": defined["range"],
        "better": defined["direction"],
        "formula": defined["formula"],
        "source": _section(each.definition, "References"),
        "example": _section(each.definition, "Examples") or _formula_example(each),
        "worksheet_name": each.worksheet_name,
        "dictionary": defined,
    }
    if isinstance(each, catalogue.Kpi):
        found |= {"measures": list(each.measures), "owner": each.owner}
    return found


def _section(text: str, name: str) -> str:
    """What stands below a heading of a definition."""
    found = re.search(rf"^{name}\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1].strip("\n") if found else ""


def _formula_example(each: Any) -> str:
    """The example of a table: its worksheet function over the columns of the formulas' guide, and the first rows it gives."""
    from loyalty_xl.formulas import examples, functions

    made = functions()[each.worksheet_name]
    answer = examples.answer(made)
    rows = answer if isinstance(answer, list) else [[answer]]
    return "\n".join([examples.formula(made), *("  ".join(map(str, row)) for row in rows[:3])])


def unknown_kpi(key: str) -> UsageError:
    """The error for a KPI that is not there, with the nearest names."""
    from rapidfuzz import process

    near = [name for name, *_ in process.extract(key.lower(), [*catalogue.KPIS, *catalogue.LISTINGS], limit=3)]
    return UsageError(
        "", f"没有指标 {key}。相近的:{', '.join(near)}", f"There is no KPI {key}. Nearest: {', '.join(near)}"
    )


def customers_text(made: Lists, language: str) -> str:
    """Which customer lists were written where, and what to keep in mind."""
    from loyalty_xl.publish.customer_file import WARNING

    lines = [in_language(f"客户名单:{made.written_to}", f"Customer lists: {made.written_to}", language)]
    for each in made.lists:
        name = each.title(language)
        lines.append(
            f"  {name}  {in_language(*each.missing, language)}" if each.missing else f"  {name}  {len(each.rows):,}"
        )
    return "\n".join([*lines, in_language(*WARNING, language)])


def customers_json(made: Lists) -> dict[str, Any]:
    """The same as a document: counts, never customers."""
    return {
        "written_to": str(made.written_to),
        "as_of": made.as_of.isoformat(),
        "lists": [
            {
                "list": each.key,
                "customers": len(each.rows),
                "missing": dict(zip(("zh", "en"), each.missing, strict=True)) if each.missing else None,
            }
            for each in made.lists
        ],
    }
