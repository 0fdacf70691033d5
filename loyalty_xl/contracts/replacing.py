"""Which of several files counts for a period, as people marked it on Deliveries (rule 27).

A file that was replaced for a period leaves that period as a whole, its faulty rows too: nothing of it was rejected.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.contracts.deliveries import span
from loyalty_xl.contracts.ledger import RECEIVED, REPLACED, total
from loyalty_xl.contracts.links import first_of, months
from loyalty_xl.contracts.totals import money_text
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.deliveries import Row
    from loyalty_xl.contracts.ledger import Ledger, Sum
    from loyalty_xl.vocabulary import Period


def without_replaced(
    files: Sequence[Sheet], rows: Sequence[Row], page: Sheet | None
) -> tuple[list[Sheet], list[Finding]]:
    """Take out of the files of one sheet the periods for which people marked another one (`use`).

    Marks that contradict each other are not followed (E384); what a replacement changed is told (W386); a mark on a file
    that brought nothing for its period is told too (W388).
    """
    found: list[Finding] = []
    marked = [row for row in rows if row.use]
    if not marked or page is None:
        return list(files), found
    kept = list(files)
    for period in dict.fromkeys(row.period for row in marked):
        mine = [row for row in marked if row.period == period]
        came = _sums([each for each in files if each.contract.name == mine[0].sheet], period)
        found += [_idle(page, row) for row in mine if row.use == "yes" and row.file not in came]
        yes = {row.file for row in mine if row.use == "yes" and row.file in came}
        no = {row.file for row in mine if row.use == "no" and row.file in came}
        out = (set(came) - yes if yes else set()) | no
        if len(yes) > 1 or yes & no or (out and out == set(came)):
            found.append(_contradiction(page, [row for row in mine if row.file in yes | no]))
        elif out:
            kept = [_without(each, span(period)) if each.file in out else each for each in kept]
            found.append(difference(page, mine, _added(came, out), _added(came, set(came) - out)))
    return kept, found


def _sums(files: Iterable[Sheet], period: Period | None) -> dict[str, Sum]:
    """Rows and money of each file that brought any for a period."""
    made: dict[str, Sum] = {}
    for each in files:
        rows, money = total(each.ledger, span(period)).get(RECEIVED, (0, 0))
        if rows:
            before = made.get(each.file, (0, 0))
            made[each.file] = before[0] + rows, before[1] + money
    return made


def _added(came: Mapping[str, Sum], names: set[str]) -> tuple[str, Sum]:
    chosen = [came[name] for name in sorted(names)]
    return first_of([name or "-" for name in sorted(names)]), (sum(each[0] for each in chosen), sum(each[1] for each in chosen))  # fmt: skip


def _without(sheet: Sheet, out: range) -> Sheet:
    """Give a sheet without the rows of some months, which somebody else's take the place of."""
    inside = np.isin(months(sheet), np.array(out))
    held: Ledger = {}
    left = dict(sheet.left_out)
    for (month, reason), sums in sheet.ledger.items():
        if month not in out or reason == RECEIVED:
            held[month, reason] = sums
        elif reason in left:
            left[reason] -= sums[0]
        if month in out and reason == RECEIVED:
            held[month, REPLACED] = sums
            left[REPLACED] = left.get(REPLACED, 0) + sums[0]
    return replace(
        sheet,
        frame=sheet.frame[~inside],
        counts=sheet.counts[~sheet.counts.index.isin(out)],
        rejected=sheet.rejected[~sheet.rejected["month"].isin(out)].reset_index(drop=True),
        ledger=held,
        left_out={reason: rows for reason, rows in left.items() if rows > 0},
    )


def _place(page: Sheet, column: str, row: int) -> str:
    return f"{page.sent[column]}{row}" if column in page.sent else f"{row}:{row}"


def _name(row: Row) -> tuple[tuple[str, str], ...]:
    return (("sheet_name", row.sheet), ("period", row.period.label if row.period else ""))


def _contradiction(page: Sheet, rows: Sequence[Row]) -> Finding:
    cells = tuple(_place(page, "use", row.row) for row in rows)
    told = first_of([f"{row.file or '-'} = {row.use}" for row in rows])
    header = page.headers.get("use", "use")
    return Finding("E384", page.title, cells[0], told, column=header, count=len(rows), cells=cells, detail=_name(rows[0]))  # fmt: skip


def _idle(page: Sheet, row: Row) -> Finding:
    cell, header = _place(page, "use", row.row), page.headers.get("use", "use")
    return Finding("W388", page.title, "", row.file or "-", column=header, cells=(cell,), detail=_name(row))


def difference(page: Sheet, rows: Sequence[Row], old: tuple[str, Sum], new: tuple[str, Sum]) -> Finding:
    """W386: what a replacement changed, in rows and money."""
    detail = dict(_name(rows[0])) | {"rows": f"{old[1][0]:,} → {new[1][0]:,}"}
    if old[1][1] or new[1][1]:
        detail["amount"] = f"{money_text(old[1][1])} → {money_text(new[1][1])}"
    cells = tuple(_place(page, "file", row.row) for row in rows)
    header = page.headers.get("file", "file")
    return Finding("W386", page.title, "", old[0], new[0], header, len(rows), cells, tuple(detail.items()))
