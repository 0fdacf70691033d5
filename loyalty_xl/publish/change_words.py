"""What changed between two states of a workbook, in words: as lines of the Run log page, as a report, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from loyalty_xl import library
from loyalty_xl.books.places import in_language
from loyalty_xl.causes import RowChange, in_words, sheet_name
from loyalty_xl.publish.words import REASONS, STATUSES
from loyalty_xl.scoring import SCORES
from loyalty_xl.vocabulary import Reason, Status, Unit, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loyalty_xl.causes import Cause, ValueChange
    from loyalty_xl.publish.comparing import Difference, FileChange, KpiChange, LineChange, ResultChange

    Entry = tuple[str, str, str, str]

RUN, FILES, ROWS, SETTING, TARGET, ADJUSTMENT, LINE, KPI, RESULTS = (
    "run changed",
    "file changed",
    "rows changed",
    "setting changed",
    "target changed",
    "adjustment changed",
    "Scorecard changed",
    "KPI changed",
    "results",
)
SECTIONS = {  # of the run log: key and what it is called on the page
    RUN: "运行条件变化",
    FILES: "文件变化",
    ROWS: "数据行变化",
    SETTING: "参数变化",
    TARGET: "目标变化",
    ADJUSTMENT: "人工调整变化",
    LINE: "记分卡变化",
    KPI: "指标变化",
    RESULTS: "结果增减",
}
WINDOWS = {Window.ROLLING_12M.value: ("12 个月", "12 months"), Window.LATEST_WAVE.value: ("最近调查", "latest wave")}
FACTS = {"version": ("程序版本", "version"), "period": ("期间", "period"), "as_of": ("数据截止", "data before")}
FILE_WORDS = {"new": ("新文件", "new"), "missing": ("文件不在了", "no longer there"), "renamed": ("改名", "renamed")}
HEADINGS = {
    RUN: ("运行条件", "Asked"),
    FILES: ("文件", "Files"),
    ROWS: ("数据行(按表、文件、月份)", "Rows by sheet, file and month"),
    SETTING: ("参数", "Settings"),
    TARGET: ("目标", "Targets"),
    ADJUSTMENT: ("人工调整", "Adjustments"),
    LINE: ("记分卡", "Scorecard"),
    KPI: ("指标(“明细”的结果)", "KPIs (results on Detail)"),
    RESULTS: ("新增和不再有的结果", "Results that came and went"),
}
UNTOLD = {
    "rows": ("数据行没有比较:有一方由较早的版本更新,没有记下各表的行", "Rows were not compared: one of the two was refreshed by an earlier version, which did not record them"),
    "lines": ("记分卡没有比较:有一方由较早的版本更新", "The Scorecard was not compared: one of the two was refreshed by an earlier version"),
    "results": ("“明细”没有比较:有一方没有这一页", "Detail was not compared: one of the two has no such page"),
    "typed": ("有人改过“明细”里的结果,按页上现有的数比较", "Somebody typed into Detail: its results were compared as they stand there"),
    "never": ("有一方从未更新过,只能比较写下的内容", "One of the two was never refreshed: there is nothing to compare it by"),
}  # fmt: skip


def page_name(section: str, language: str) -> str:
    """What a section of the run log is called on the page; only those that tell of changes have a name of their own."""
    return in_language(SECTIONS[section], section, language) if section in SECTIONS else section


def section_of(name: str) -> str:
    """The section behind a name on the page, whatever its language."""
    return _KNOWN.get(name, name)


_KNOWN = {in_language(zh, en, language): en for en, zh in SECTIONS.items() for language in ("zh", "en", "both")}


def log_entries(found: Difference, language: str) -> list[Entry]:
    """Lines of the run log: section, what changed, before and now, and the cause."""
    made = [(RUN, each.name, each.now or "(none)", f"was {each.before or '(none)'}") for each in found.run]
    made += [(FILES, each.file, _file_text(each, language), "") for each in found.files]
    made += [(ROWS, *_row_texts(each, language), "") for each in found.changes.rows]
    for section, values in _given(found):
        made += [(section, each.name, each.now or "(none)", f"was {each.before or '(none)'}") for each in values]
    for line in found.lines:
        made.append((LINE, _name(line, language), line_text(line, language), _why(line.causes, language)))
    for each in found.kpis:
        made.append((KPI, label(each.kpi, language), kpi_text(each, language), _why(each.causes, language)))
    made += [(RESULTS, item, text, "") for item, text in _counts(found, language)]
    return made


def report(found: Difference, language: str) -> str:
    """The same for the terminal, section by section; the Scorecard stands before the rest of the results."""
    groups: dict[str, list[str]] = {}
    for section, item, value, more in log_entries(found, language):
        if section in (SETTING, TARGET, ADJUSTMENT, RUN):
            continue
        text = f"{item}: {value}" + (f"\n      ← {more}" if more else "")
        groups.setdefault(section, []).append(text)
    for section, values in ((RUN, found.run), *_given(found)):
        if values:
            groups[section] = [_value_text(each, language) for each in values]
    lines = []
    for section, heading in HEADINGS.items():
        if section in groups:
            lines += [in_language(*heading, language), *(f"  {text}" for text in groups[section]), ""]
    if not found:
        lines += [in_language("没有差异。", "No difference.", language), ""]
    lines += [in_language(*UNTOLD[each], language) for each in found.not_compared]
    return "\n".join(lines).rstrip()


def _given(found: Difference) -> tuple[tuple[str, tuple[ValueChange, ...]], ...]:
    """What people gave and that is not what it was."""
    changes = found.changes
    return (SETTING, changes.settings), (TARGET, changes.targets), (ADJUSTMENT, changes.adjustments)


def as_json(found: Difference) -> dict[str, Any]:
    """The same for programs; causes are told in both languages."""
    return {
        "different": bool(found),
        "run": [asdict(each) for each in found.run],
        "files": [asdict(each) for each in found.files],
        "rows": [_row_json(each) for each in found.changes.rows],
        "settings": [asdict(each) for each in found.changes.settings],
        "targets": [asdict(each) for each in found.changes.targets],
        "adjustments": [asdict(each) for each in found.changes.adjustments],
        "scorecard": [
            {
                **_result_json(each.result),
                "status_before": each.before.status if each.before else None,
                "status_now": each.now.status if each.now else None,
                "target_before": each.before.target if each.before else None,
                "target_now": each.now.target if each.now else None,
                "causes": [_cause_json(cause) for cause in each.causes],
            }
            for each in found.lines
        ],
        "kpis": [
            {
                "kpi": each.kpi,
                "changed": each.changed,
                "largest": _result_json(each.largest),
                "causes": [_cause_json(cause) for cause in each.causes],
            }
            for each in found.kpis
        ],
        "results_that_came": dict(found.came),
        "results_that_went": dict(found.went),
        "not_compared": list(found.not_compared),
    }


def label(kpi: str, language: str) -> str:
    """Name of a KPI or score, and its key."""
    known: Any = library.load().get(kpi) or SCORES.get(kpi)
    return f"{in_language(known.zh, known.en, language)} ({kpi})" if known else kpi


def line_text(change: LineChange, language: str) -> str:
    """A Scorecard line before and now: its value, else its target, and its status."""
    before, now = change.before, change.now
    if before is None or now is None:
        words = ("新增的行", "a new line") if before is None else ("不再有这一行", "the line is gone")
        return in_language(*words, language)
    parts = [_values(change.result, language)] if change.value_changed else []
    if before.target != now.target:
        parts.append(in_language("目标", "target", language) + f" {before.target or '–'} → {now.target or '–'}")
    if before.status != now.status:
        parts.append(f"{_status(before.status, language)} → {_status(now.status, language)}")
    return in_language(";", "; ", "zh" if language == "zh" else "en").join(parts)


def kpi_text(change: KpiChange, language: str) -> str:
    """How many results of a KPI changed, and the largest change."""
    zh = f"{change.changed:,} 个结果有变化,最大的是 {change.largest.place}:{_values(change.largest, 'zh')}"
    plural = "result" if change.changed == 1 else "results"
    en = f"{change.changed:,} {plural} changed, the largest {change.largest.place}: {_values(change.largest, 'en')}"
    return f"{zh} / {en}" if language == "both" else in_language(zh, en, language)


def number_texts(kpi: str, before: float, now: float) -> tuple[str, str, str]:
    """Two values of a KPI and their difference, with as many digits as it takes to tell them apart."""
    known = library.load().get(kpi)
    share = known is not None and known.unit is Unit.SHARE
    factor, mark = (100, "%") if share else (1, "")
    one, other = before * factor, now * factor
    least = (
        0 if known is not None and known.unit is Unit.COUNT else 2 if known is not None and known.unit.is_money else 1
    )
    wide = (each for each in (least, 2, 4, 6, 9, 12) if each >= least)
    digits = next((each for each in wide if f"{one:.{each}f}" != f"{other:.{each}f}" and round(other - one, each)), 15)
    difference = f"{other - one:+,.{digits}f}" + (" pp" if share else "")
    return f"{one:,.{digits}f}{mark}", f"{other:,.{digits}f}{mark}", difference


def _values(change: ResultChange, language: str) -> str:
    """Value or reason, before and now."""
    if change.before is not None and change.now is not None:
        if change.before == change.now:
            words = (
                "值不变,分子、分母、样本或标记有变化",
                "value as before; numerator, denominator, base or flags changed",
            )
            return in_language(*words, language)
        one, other, difference = number_texts(change.kpi, change.before, change.now)
        return f"{one} → {other} ({difference})"
    texts = []
    for value, reason in ((change.before, change.reason_before), (change.now, change.reason_now)):
        known = reason in set(Reason)
        texts.append(
            number_texts(change.kpi, value, value + 1)[0] if value is not None
            else "– " + (in_language(*REASONS[Reason(reason)], language) if known else reason)
        )  # fmt: skip
    return " → ".join(texts)


def _name(change: LineChange, language: str) -> str:
    held = change.now or change.before
    window = in_language(*WINDOWS[held.window], language) if held and held.window in WINDOWS else ""
    return " ".join(filter(None, (label(change.result.kpi, language), change.result.place, window)))


def _status(status: str, language: str) -> str:
    sign, zh, en = STATUSES[Status(status)] if status in set(Status) else ("", status, status)
    return f"{sign} {in_language(zh, en, language)}".strip() or "–"


def _why(found: Sequence[Cause], language: str) -> str:
    return in_words(found, language)


def _file_text(change: FileChange, language: str) -> str:
    words = in_language(*FILE_WORDS[change.what], language) + (f" ({change.was} →)" if change.was else "")
    sheets = ", ".join(in_language(sheet_name(each, "zh"), each, language) for each in change.sheets)
    return f"{words}: {sheets}"


def _row_texts(change: RowChange, language: str) -> tuple[str, str]:
    said = (change.what("zh"), change.what("en"))
    return change.place(language), " / ".join(said) if language == "both" else in_language(*said, language)


def _value_text(change: ValueChange, language: str) -> str:
    name = in_language(*FACTS[change.name], language) if change.name in FACTS else change.shown
    return f"{name}: {change.before or '–'} → {change.now or '–'}"


def _counts(found: Difference, language: str) -> Iterable[tuple[str, str]]:
    for counts, words in (
        (found.came, ("新增的结果", "new results")),
        (found.went, ("不再有的结果", "results that are gone")),
    ):
        if counts:
            yield in_language(*words, language), _by_period(counts)


def _by_period(counts: Mapping[str, int]) -> str:
    shown = sorted(counts.items(), reverse=True)
    text = ", ".join(f"{period}: {count:,}" for period, count in shown[:12])
    return text + (f", … ({sum(counts.values()):,})" if len(shown) > 12 else "")


def _result_json(change: ResultChange) -> dict[str, Any]:
    return {**asdict(change), "difference": change.difference}


def _row_json(change: RowChange) -> dict[str, Any]:
    from loyalty_xl.contracts.ledger import UNIT

    return {
        "sheet": change.sheet,
        "file": change.file,
        "month": change.month_text or None,
        "rows_before": change.rows_before,
        "rows_now": change.rows_now,
        "amount_before": change.money_before / UNIT,
        "amount_now": change.money_now / UNIT,
    }


def _cause_json(cause: Cause) -> dict[str, Any]:
    return {"kind": cause.kind, "certain": cause.certain, "zh": cause.text("zh"), "en": cause.text("en")}


__all__ = ["SECTIONS", "UNTOLD", "as_json", "label", "log_entries", "number_texts", "page_name", "report", "section_of"]
