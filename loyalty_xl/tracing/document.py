"""A trace: a result, its totals, the worksheet rows behind it, and the rows that were left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loyalty_xl.contracts.ledger import money_field
from loyalty_xl.evaluating import evaluate, evaluate_turns, wiring
from loyalty_xl.scorecard import turn_of
from loyalty_xl.tracing.aside import Aside, rows_aside, rows_unlisted
from loyalty_xl.tracing.behind import BEHIND
from loyalty_xl.tracing.linear import Arithmetic, arithmetic, close
from loyalty_xl.tracing.trail import Trail, nothing
from loyalty_xl.tracing.units import Looking, totals_of, units_of
from loyalty_xl.turns import cycle_turn
from loyalty_xl.vocabulary import ALL, Reason, Result, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loyalty_xl.catalogue import Kpi
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.taken import Taken
    from loyalty_xl.pipeline import Ground
    from loyalty_xl.tracing.units import Units
    from loyalty_xl.turns import Turn

NUMERATOR, DENOMINATOR = "numerator", "denominator"
PLACE = ["unit", "kind", "name", "sheet", "title", "row", "key", "day", "money"]
WITHHELD = (Reason.BLOCKED, Reason.NO_DATA, Reason.NOT_RECEIVED)  # nothing is computed at all


@dataclass(frozen=True)
class Trace:
    """Where a result comes from.

    `rows` has a line for each worksheet row behind a unit (an order, a customer, an answer ...): `unit` numbers the units, and what a
    unit brings stands in its first line, in a column each for numerator, denominator (where these add up from rows) and every measure.
    """

    kpi: Kpi
    result: Result
    turn: Turn | None
    arithmetic: Arithmetic
    totals: dict[str, float]
    rows: pd.DataFrame
    columns: tuple[str, ...]
    left_out: list[Taken]
    aside: list[Aside]
    sheets: dict[str, Sheet]

    @property
    def units(self) -> int:
        """How many units bring something."""
        return int(self.rows["unit"].max()) + 1 if len(self.rows) else 0

    @property
    def numerator(self) -> float | None:
        """The numerator, from the totals of the columns."""
        return self.arithmetic.numerator.total(self.totals)

    @property
    def denominator(self) -> float | None:
        """The denominator, from the totals of the columns."""
        return self.arithmetic.denominator.total(self.totals)

    @property
    def agrees(self) -> bool:
        """Whether the totals of the rows are what the result was made of."""
        if self.result.reason in WITHHELD or self.turn is None:
            return not len(self.rows)
        if self.result.value is None:
            return True
        return (
            close(self.numerator, self.result.numerator)
            and close(self.denominator, self.result.denominator)
            and close(self.arithmetic.value, self.result.value)
        )


def trace(ground: Ground, kpi: Kpi, dim: str = "all", segment: str = ALL, *, cycle: bool = False) -> Trace:
    """Trace a KPI for the period of *ground*, as the Scorecard sees it, or (*cycle*) as Detail does."""
    situation, period = ground.situation, ground.period
    turn = cycle_turn(period) if cycle else turn_of(kpi, period, situation, ground.prepared.waves)
    result = _result(ground, kpi, turn, dim, segment)
    reads = (*wiring(kpi).sheets, *wiring(kpi).also)
    sheets = {name: ground.sheets[name] for name in reads if name in ground.sheets}
    empty = Trace(kpi, result, turn, Arithmetic(None), {}, _no_rows(()), (), [], [], sheets)
    if turn is None or result.reason in WITHHELD:
        return replace(
            empty,
            left_out=_left_out(sheets, turn or cycle_turn(period)),
            aside=rows_unlisted(sheets, turn or cycle_turn(period)),
        )
    looking = Looking(situation, turn, dim, situation.ready.segments.index((dim, segment)))
    units = units_of(kpi, looking)
    totals = totals_of(units)
    made = arithmetic(kpi, totals, looking.months, situation.settings)
    sides = {name: side for name, side in ((NUMERATOR, made.numerator), (DENOMINATOR, made.denominator)) if side.parts}
    alone = {side.alone for side in sides.values()}  # measures that are numerator or denominator as they stand
    names = [each.name for some in units for each in some.measures if each.name not in alone]
    columns = (*sides, *names)
    rows = _rows(ground, units, made, columns, looking)
    whole = _rows(ground, units_of(kpi, replace(looking, dim="all", place=0)), made, (), replace(looking, dim="all", place=0)) if dim != "all" else rows  # fmt: skip
    return replace(
        empty,
        arithmetic=made,
        totals=totals,
        rows=rows,
        columns=columns,
        left_out=_left_out(sheets, turn),
        aside=[*rows_unlisted(sheets, turn), *rows_aside(ground, kpi, turn, rows, whole)],
    )


def _result(ground: Ground, kpi: Kpi, turn: Turn | None, dim: str, segment: str) -> Result:
    """The result as it is evaluated; where the segment holds nothing, the reason of All."""
    asked = turn or cycle_turn(ground.period)
    dims = ("all",) if dim == "all" else ("all", dim)
    found = [each for each, _ in evaluate_turns([kpi], [asked], ground.situation, dims)]
    own = next((each for each in found if (each.segment_dim, each.segment) == (dim, segment)), None)
    if own is None:
        whole = found[0] if found else evaluate([kpi], [cycle_turn(ground.period)], ground.situation)[0]
        reason = whole.reason or Reason.NO_DENOMINATOR
        own = Result(
            kpi.key, ground.period, dim, segment, whole.window, reason=reason, flags=whole.flags, note=whole.note
        )
    if turn is None:
        reason = Reason.MATURING if kpi.lag else Reason.NO_DATA
        window = kpi.window if not kpi.lag else Window.CYCLE
        return Result(kpi.key, ground.period, dim, segment, window, reason=own.reason or reason, note=own.note)
    return replace(own, period=ground.period)


def _no_rows(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=[*PLACE, *columns])


def _rows(
    ground: Ground, units: Sequence[Units], made: Arithmetic, columns: Sequence[str], looking: Looking
) -> pd.DataFrame:
    trail, parts, start = Trail(ground.prepared, looking), [], 0
    for some in units:
        if not len(some.frame):
            continue
        behind = BEHIND[some.rows.name]
        frame = some.frame.assign(unit=np.arange(len(some.frame)))
        found = behind.find(trail, frame, some)
        brings = pd.DataFrame({"unit": frame["unit"], "name": pd.array(behind.name(trail, frame), dtype=object)})
        brings = brings.assign(**_brought(some, made, columns))
        bare = brings.loc[~brings["unit"].isin(found["unit"]), ["unit"]].assign(sheet="", row=0)
        if "sheet" in frame and len(bare):  # counts of a whole sheet
            bare["sheet"] = frame["sheet"].to_numpy()[bare["unit"]]
        lines = pd.concat([each for each in (found, bare) if len(each)] or [nothing()], ignore_index=True)
        lines = lines.sort_values(["unit", "sheet", "row"], kind="stable", ignore_index=True)
        lines = lines.merge(brings, on="unit", how="left")
        again = lines["unit"].duplicated().to_numpy()
        lines.loc[again, list(columns)] = np.nan
        lines["unit"] += start
        start += len(frame)
        parts.append(lines.assign(kind=some.rows.name))
    if not parts:
        return _no_rows(columns)
    rows = pd.concat(parts, ignore_index=True)
    return _placed(rows, ground.sheets)[[*PLACE, *columns]] if columns else rows


def _brought(units: Units, made: Arithmetic, columns: Sequence[str]) -> dict[str, np.ndarray]:
    """What each unit brings to every column; nan for columns that its rows have no part in."""
    own = {each.name for each in units.measures}
    brought = {}
    for name in columns:
        side = {NUMERATOR: made.numerator, DENOMINATOR: made.denominator}.get(name)
        if side is not None and side.parts is not None:
            shares = {key: factor for key, factor in side.parts.items() if key in own}
            total = sum((units.frame[key].to_numpy(np.float64) * factor for key, factor in shares.items()), np.zeros(len(units.frame)))  # fmt: skip
            brought[name] = total if shares else np.full(len(units.frame), np.nan)
        elif name in own:
            brought[name] = units.frame[name].to_numpy(np.float64, na_value=np.nan)
        else:
            brought[name] = np.full(len(units.frame), np.nan)
    return brought


def _placed(rows: pd.DataFrame, sheets: dict[str, Sheet] | object) -> pd.DataFrame:
    """Say where each row stands: file or worksheet, row there, key, date, money."""
    assert isinstance(sheets, dict)
    title, row = np.full(len(rows), "", dtype=object), rows["row"].to_numpy(np.int64).copy()
    key, day = np.full(len(rows), "", dtype=object), np.full(len(rows), "", dtype=object)
    money = np.full(len(rows), np.nan)
    for name in rows["sheet"].unique():
        sheet = sheets.get(name)
        if sheet is None:
            continue
        here = np.flatnonzero((rows["sheet"] == name).to_numpy())
        title[here] = sheet.title
        inside = here[row[here] > 0]
        index = row[inside]
        frame = sheet.frame.loc[index] if len(inside) else sheet.frame.iloc[:0]
        if sheet.parts:
            starts = np.array([part.start for part in sheet.parts])
            part = np.searchsorted(starts, index - 1, side="right") - 1
            title[inside] = np.array([each.title for each in sheet.parts], dtype=object)[part]
            row[inside] = index - starts[part]
        texts = [_texts(frame[field]) for field in sheet.contract.key if field in sheet.sent]
        if texts:
            key[inside] = [" / ".join(part for part in parts if part) for parts in zip(*texts, strict=True)]
        if sheet.contract.date:
            day[inside] = _texts(frame[sheet.contract.date])
        if field := money_field(sheet.contract):
            money[inside] = frame[field].to_numpy(np.float64, na_value=np.nan)
    return rows.assign(title=title, row=row, key=key, day=day, money=money)


def _texts(column: pd.Series) -> list[str]:
    if column.dtype.kind == "M":
        days = np.datetime_as_string(column.to_numpy().astype("datetime64[D]"))
        return ["" if each == "NaT" else str(each) for each in days]
    return [
        "" if pd.isna(each) else f"{each:.10g}" if isinstance(each, float) else str(each) for each in column.tolist()
    ]


def _left_out(sheets: dict[str, Sheet], turn: Turn) -> list[Taken]:
    """Rows of the turn's months, and those that no date places, that were taken out while checking."""
    return [
        row for sheet in sheets.values() for row in sheet.taken if not row.month or turn.first <= row.month < turn.stop
    ]
