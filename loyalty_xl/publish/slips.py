"""Return slips: for each department its findings only, by rule, the most rewarding repairs first, and what waits for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from loyalty_xl import findings as catalogue_of_findings
from loyalty_xl import library
from loyalty_xl.contracts import departments
from loyalty_xl.evaluating import wiring
from loyalty_xl.publish.senders import FINANCE, Senders, Sent, known
from loyalty_xl.publish.slip_rows import Told, told
from loyalty_xl.publish.words import segment_text
from loyalty_xl.vocabulary import Reason, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.vocabulary import Finding

NOTHING_TO_DO = "不必处理"  # with this the repair of such codes begins that ask nothing of anybody
TAKES_ROW = frozenset({"E214", "E240", "E248", "E264", "E273", "E320", "E321", "E340", "E342", "E345", "E346", "E356"})
Place = tuple[str, str]  # sheet, field; "" = the whole sheet, or its rows


@dataclass(frozen=True)
class Group:
    """The findings of one code: what they say, and which KPIs would be gained by their repair."""

    code: str
    rows: list[Told]
    waiting: list[str]  # names of KPIs that are withheld until this is repaired
    used_by: list[str]  # names of KPIs that read these columns

    @property
    def is_error(self) -> bool:
        """Whether rows or cells are left out for it."""
        return self.code.startswith("E")

    @property
    def cells(self) -> int:
        """How many cells, rows or files it concerns."""
        return sum(row.count for row in self.rows)

    @property
    def advice(self) -> list[str]:
        """What to do, each way of saying it once."""
        return list(dict.fromkeys(row.advice for row in self.rows))


@dataclass(frozen=True)
class Slip:
    """What goes back to one department."""

    dept: str
    period: str  # "" where no period could be told
    language: str
    sent: list[Sent]
    groups: list[Group]
    lines: list[str]  # Scorecard lines that wait
    waiting: list[str]  # KPIs that wait
    due: date | None = None
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # sheet -> zh, en

    @property
    def errors(self) -> int:
        """Findings of severity error, each cell by itself."""
        return sum(group.cells for group in self.groups if group.is_error)

    @property
    def warnings(self) -> int:
        """Findings of severity warning, each group by itself, as they are counted elsewhere."""
        return sum(len(group.rows) for group in self.groups if not group.is_error)


def slips(made: Refresh, language: str) -> tuple[list[Slip], list[str]]:
    """Make the slips of all departments that have findings; also give the departments that sent something and have none."""
    senders = Senders(made)
    mine: dict[str, list[tuple[Finding, str]]] = {}
    for finding in made.findings:
        if not _asks_nothing(finding.code):
            dept, sheet = senders.owner(finding)
            mine.setdefault(dept, []).append((finding, sheet))
    withheld = _withheld(made)
    order = [*dict.fromkeys(each.dept for each in departments())]
    depts = sorted({*mine, *(each.dept for each in senders.sent)}, key=lambda dept: (_rank(order, dept), dept))
    found = [_slip(made, senders, dept, mine[dept], withheld, language) for dept in depts if dept in mine]
    return found, [dept for dept in depts if dept not in mine]


def _rank(order: Sequence[str], dept: str) -> int:
    return order.index(dept) if dept in order else len(order) + (dept == FINANCE)


@cache
def _asks_nothing(code: str) -> bool:
    entry = catalogue_of_findings.entries().get(code)
    return entry is not None and entry.repair[0].startswith(NOTHING_TO_DO)


def _slip(
    made: Refresh,
    senders: Senders,
    dept: str,
    mine: Iterable[tuple[Finding, str]],
    withheld: Mapping[str, set[Place]],
    language: str,
) -> Slip:
    by_code: dict[str, list[tuple[Finding, str]]] = {}
    for finding, sheet in mine:
        by_code.setdefault(finding.code, []).append((finding, sheet))
    kpis = library.load()
    on_scorecard = {line.kpi.key for line in made.lines}
    ranked = []
    freed_by_any: set[str] = set()
    for code, some in by_code.items():
        freed = {key for finding, sheet in some for key in _freed(finding, sheet, senders, withheld)}
        used = {key for finding, sheet in some for key in _reading(sheet, _field(finding, sheet, senders))}
        freed_by_any |= freed
        rows = [told(finding, senders, sheet, dept, made.book.name, language) for finding, sheet in some]
        group = Group(code, rows, _labels(freed, on_scorecard, language), _labels(used, on_scorecard, language))
        gained = (len(freed & on_scorecard), len(freed))
        rank = (-gained[0], -gained[1], not group.is_error, -len(used) if group.is_error else 0, -group.cells, code)
        ranked.append((rank, group))
    lines = [
        line.kpi.label(language) + ("" if line.result.segment_dim == "all" else f" [{segment_text(line.result)}]")
        for line in made.lines
        if line.kpi.key in freed_by_any and line.result.reason is Reason.BLOCKED
    ]
    sent = [each for each in senders.sent if each.dept == dept]
    return Slip(
        dept,
        made.period.label if made.period else "",
        language,
        sent,
        [group for _, group in sorted(ranked, key=lambda each: each[0])],
        lines,
        [kpis[key].label(language) for key in kpis if key in freed_by_any],
        _due(made, {each.sheet for each in sent}, dept),
        {each.name: (each.zh, each.name) for each in departments()},
    )


def _withheld(made: Refresh) -> dict[str, set[Place]]:
    """KPIs withheld for errors in the data of the period, each with the sheets and columns that it waits for."""
    results = [each for each in made.results if each.period == made.period and each.segment_dim == "all"]
    results += [line.result for line in made.lines]
    found: dict[str, set[Place]] = {}
    for each in results:
        if each.reason is Reason.BLOCKED:
            found.setdefault(each.kpi, set()).update(_places(each.note))
    if made.period is None:  # nothing could be computed: all that reads a sheet that cannot be used
        stopped = made.inputs.stopped | {name for name, sheet in made.sheets.items() if sheet.blocked}
        for key, kpi in library.load().items():
            if bad := stopped & {*wiring(kpi).sheets, *wiring(kpi).also}:
                found[key] = {(name, "") for name in bad}
    return found


def _places(note: str) -> set[Place]:
    """Read why a KPI is withheld: `Orders`, `Orders.amount 12.0%`, `Settings: nps_promoter_min`."""
    if note.startswith("Settings:"):
        return {("Settings", "")}
    names = [part.split(" ", maxsplit=1)[0].partition(".") for part in note.split(", ") if part]
    return {(sheet, "" if name == "*" else name) for sheet, _, name in names}


def _field(finding: Finding, sheet: str, senders: Senders) -> str:
    """Field that a finding is about; "" where it is about rows or the whole sheet."""
    fields = senders.fields(finding, sheet)
    return fields[0] if len(fields) == 1 else ""


def _freed(finding: Finding, sheet: str, senders: Senders, withheld: Mapping[str, set[Place]]) -> set[str]:
    """KPIs that wait for the repair of an error: of their sheet, in a column they read or one that takes its row out."""
    contract = senders.contract(sheet)
    if finding.severity is not Severity.ERROR or contract is None:
        return set()
    name = _field(finding, sheet, senders)
    takes_row = (
        not name or finding.code in TAKES_ROW or contract[name].required or name in (*contract.key, contract.date)
    )
    return {
        key
        for key, places in withheld.items()
        if any(of == sheet and (takes_row or not column or column == name) for of, column in places)
    }


@cache
def _reading(sheet: str, name: str) -> frozenset[str]:
    """KPIs that read a column, or a sheet."""
    return frozenset(
        key
        for key, kpi in library.load().items()
        if ((sheet, name) in wiring(kpi).fields if name else sheet in (*wiring(kpi).sheets, *wiring(kpi).also))
    )


def _labels(keys: set[str], first: set[str], language: str) -> list[str]:
    """Names of KPIs in the order of the catalogue, those of the Scorecard first."""
    kpis = library.load()
    return [
        kpis[key].label(language) for key in sorted(keys, key=lambda key: (key not in first, list(kpis).index(key)))
    ]


def _due(made: Refresh, sheets: set[str], dept: str) -> date | None:
    """First day on which anything of the period is due, as Deliveries has it."""
    deliveries = made.inputs.control.get("Deliveries")
    if deliveries is None or made.period is None:
        return None
    names = {text.casefold(): each.name for each in departments() for text in (each.name, each.zh)}
    frame = deliveries.frame
    texts = (frame[name].astype(object) for name in ("sheet", "period", "dept"))
    found = [
        due.date()
        for sheet, period, of, due in zip(*texts, frame["due"], strict=True)
        if isinstance(sheet, str)
        and (not isinstance(of, str) or known(of) == dept)
        and names.get(sheet.strip().casefold()) in sheets
        and isinstance(period, str)
        and made.settings.calendar.parse(period.strip()) == made.period
        and due == due
    ]
    return min(found, default=None)
