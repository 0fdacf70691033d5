"""What stands on a card beside the Scorecard's lines: breakdowns, counts of findings, definitions, restatements, notes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loyalty_xl import catalogue
from loyalty_xl.books.places import in_language
from loyalty_xl.causes import sheet_name
from loyalty_xl.contracts.control import DIMS
from loyalty_xl.contracts.shared import CHANNELS
from loyalty_xl.findings import title
from loyalty_xl.publish.change_words import WINDOWS
from loyalty_xl.publish.contents import factor_of, money_mark, turn_window
from loyalty_xl.publish.dictionary import formula_of
from loyalty_xl.publish.restatements import STANDS, WHAT, cause_text
from loyalty_xl.publish.table_words import value_text
from loyalty_xl.publish.words import REASONS
from loyalty_xl.sharing.card import Breakdown, Definition, Figure, FindingCount, Part, Restated
from loyalty_xl.sharing.shareable import shareable
from loyalty_xl.sharing.since import few
from loyalty_xl.sharing.wording import UNITS
from loyalty_xl.vocabulary import ALL, UNASSIGNED, Reason, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.sharing.card import Audience, Row
    from loyalty_xl.sharing.collecting import Collection

RESTATED = 100  # rows


def segment_words(dim: str, segment: str, language: str) -> str:
    """A segment as people call it."""
    if segment == ALL:
        return in_language("全部", "All", language)
    if segment == UNASSIGNED:
        en, _, zh = UNASSIGNED.partition(" ")
        return in_language(zh, en, language)
    return str(value_text(segment, language)) if dim == "channel" and segment in CHANNELS else segment


def dim_words(dim: str, language: str) -> str:
    """A segment dimension as people call it."""
    return in_language(DIMS[dim][0] if dim in DIMS else dim, dim.replace("_", " ").capitalize(), language)


def breakdowns(whole: Collection, audience: Audience) -> tuple[Breakdown, ...]:
    """The Scorecard's KPIs by the segments of each dimension."""
    made, found, language = whole.made, whole.figures.by_segment, audience.language
    seen = audience.segments
    segments: dict[str, dict[str, None]] = {}
    for _, dim, segment in found:
        if dim != "all" and (seen is None or f"{dim}={segment}" in seen):
            segments.setdefault(dim, {})[segment] = None
    lines = {line.kpi.key: line for line in made.lines if line.result.segment_dim == "all"}
    tables = []
    for dim, names in segments.items():
        parts = []
        for key, line in lines.items():
            places = [(key, "all", ALL), *((key, dim, name) for name in names)]
            if not any(place in found for place in places[1:]):
                continue
            figures, bases = [], []
            for place in places:
                result = found.get(place)
                why = in_language(*REASONS[result.reason], language) if result and result.reason else ""
                value = result.value if result else None
                shown = whole.figure(whole.figures.actual(place), None if value is None else value / factor_of(line, made), language, why)  # fmt: skip
                figures.append(shown)
                bases.append(result.n if result and shown.shown else None)
            if not any(each.shown or each.suppressed for each in figures[1:]):
                continue
            parts.append(Part(key, line.kpi.label(language) + money_mark(line, made), line.kpi.unit, turn_window(line, language), tuple(figures), tuple(bases)))  # fmt: skip
        words = [segment_words(dim, name, language) for name in (ALL, *names)]
        last = segment_words(dim, UNASSIGNED, language)
        tables.append(_told(Breakdown(dim, dim_words(dim, language), tuple(words), tuple(parts)), last))
    return tuple(tables)


def _told(table: Breakdown, last: str) -> Breakdown:
    """Leave out segments of which there is nothing to tell; *last*, what belongs to none, stands last."""
    places = [
        place
        for place in range(len(table.segments))
        if not place or any(part.figures[place].shown or part.figures[place].suppressed for part in table.parts)
    ]
    places.sort(key=lambda place: table.segments[place] == last)
    parts = tuple(
        replace(
            part, figures=tuple(part.figures[each] for each in places), bases=tuple(part.bases[each] for each in places)
        )
        for part in table.parts
    )
    return replace(table, segments=tuple(table.segments[each] for each in places), parts=parts)


def finding_counts(made: Refresh) -> tuple[FindingCount, ...]:
    """Findings by code, errors first, the most frequent first; nothing of what they found."""
    counts: dict[str, int] = {}
    sheets: dict[str, dict[str, None]] = {}
    names = {source.title: name for name, files in made.inputs.sources.items() for source in files}
    for each in made.findings:
        counts[each.code] = counts.get(each.code, 0) + each.count
        if each.sheet in names:
            sheets.setdefault(each.code, {})[sheet_name(names[each.sheet], made.language)] = None
    errors = {each.code for each in made.findings if each.severity is Severity.ERROR}
    ordered = sorted(counts, key=lambda code: (code not in errors, -counts[code], code))
    return tuple(
        FindingCount(code, title(code, made.language), code in errors, counts[code], tuple(sheets.get(code, ())))
        for code in ordered
    )


def definitions(made: Refresh) -> tuple[Definition, ...]:
    """What the KPIs of the Scorecard mean, each once; a formula of two lines is one."""
    language = made.language
    return tuple(
        Definition(
            line.kpi.label(language),
            in_language(line.kpi.says, line.kpi.title, language),
            ""
            if language == "zh"
            else formula_of(line.kpi).replace(",; ", ", "),  # in English; the Chinese sentence says it too
            in_language(UNITS[line.kpi.unit], line.kpi.unit.value, language),
            in_language(*WINDOWS.get(line.window, ("期间本身", "the period itself")), language),
        )
        for line in {line.kpi.key: line for line in made.lines}.values()
    )


def restated(whole: Collection, made: Refresh, rows: AbstractSet[tuple[str, str, str]]) -> tuple[Restated, ...]:
    """Figures of closed periods that would be others today, of KPIs and segments that are on the card."""
    found = []
    for each in made.restatements:
        kpi = catalogue.KPIS.get(each.key[0])
        if each.shown == "matured" or kpi is None or each.key not in rows:
            continue
        factor = made.settings.money_factor if kpi.unit.is_money else 1.0
        if each.what == "target" or _enough(whole, made, each.key, each.period.label):
            closed, now = (_figure(value, factor, made.language) for value in (each.closed, each.now))
            cause = cause_text(replace(each, causes=shareable(each.causes, made.settings.min_cell)), made.language)
        else:
            closed = now = few(made.language)
            cause = ""  # it may tell the figure
        place = "" if each.key[1] == "all" else f" [{segment_words(each.key[1], each.key[2], made.language)}]"
        found.append(
            Restated(
                each.period.label,
                kpi.label(made.language) + place,
                in_language(*WHAT[each.what], made.language),
                kpi.unit,
                closed,
                now,
                in_language(*STANDS[each.shown], made.language),
                cause,
            )
        )
    return tuple(found[:RESTATED])


def _enough(whole: Collection, made: Refresh, key: tuple[str, str, str], period: str) -> bool:
    """Whether a figure of a closed period stands for enough customers, then and now, and is hidden nowhere on the card.

    One of a segment before the course, or of another cycle, is not: what is left when it is subtracted was not looked at.
    """
    if key[1] != "all" and period not in {each.label for each in whole.figures.periods}:
        return False
    if any(each[:4] == (*key, period) for each in whole.figures.hidden):
        return False
    bases = [each.n for each in made.results if (each.kpi, each.segment_dim, each.segment) == key and each.period.label == period]  # fmt: skip
    bases += [
        closed.n
        for at, standing in made.closings.standing.items()
        if at.label == period and (closed := standing.shown(key)) is not None
    ]
    return all(n is not None and not 0 < n < made.settings.min_cell for n in bases) and bool(bases)


def _figure(value: float | Reason | None, factor: float, language: str) -> Figure:
    if isinstance(value, Reason):
        return Figure(None, in_language(*REASONS[value], language))
    return Figure(None if value is None else value / factor)


def notes(whole: Collection, made: Refresh, rows: Sequence[Row]) -> tuple[str, ...]:
    """What a reader must know."""
    language, least = made.language, made.settings.min_cell
    found = []
    if whole.figures.hidden:
        found.append(
            in_language(
                f"“不显示”:背后少于 {least} 位客户(订单、答卷)的数字,以及能推算出它们的数字。",
                f"“not shown”: figures of fewer than {least} customers (orders, answers), and those from which they could be worked out.",
                language,
            )
        )
    if len(rows) < len(made.lines):
        found.append(
            in_language(
                "得分和目标数包括这里没有列出的细分。",
                "Scores and the count of targets include segments that are not listed here.",
                language,
            )
        )
    if any(row.adjusted for row in rows):
        found.append(in_language("† 由人调整的数字", "† adjusted by a person", language))
    if any(row.straddles for row in rows):
        found.append(
            in_language(
                "≈ 目标落在实际值的误差范围内,判断可能出于偶然。",
                "≈ the target lies within the margin of error of the actual: the verdict could be chance.",
                language,
            )
        )
    return tuple(found)


def own_words(whole: Collection) -> frozenset[str]:
    """Labels that the product or the company's own lists print: a customer may bear one as a name."""
    made = whole.made
    words = {kpi.label(language) for kpi in catalogue.KPIS.values() for language in ("zh", "en")}
    words |= {each.label for each in whole.figures.periods}
    if made.as_computed is not None:
        for dim, segment in made.as_computed.situation.ready.segments:
            words |= {segment_words(dim, segment, language) for language in ("zh", "en", "both")} | {segment}
    return frozenset(words - {""})


__all__ = ["breakdowns", "definitions", "dim_words", "finding_counts", "notes", "own_words", "restated", "segment_words"]  # fmt: skip
