"""Weights of targets: the weights of a dimension sum to 100, or a warning says so."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from typing import TYPE_CHECKING

from loyalty_xl.vocabulary import Finding, Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def normalised(
    targets: Sequence[Target], dimensions: Mapping[str, str], sheet: str, column: tuple[str, str]
) -> tuple[list[Target], list[Finding]]:
    """Turn weights into shares (0 to 1), and warn where those of a dimension do not sum to 100.

    Parameters
    ----------
    targets
        The targets of one sheet, with weights as typed: 30 or 30%.
    dimensions
        Dimension of each KPI, by key.
    sheet, column
        What findings call the sheet, and the letters and header of its weight column.

    Notes
    -----
    A line without weight beside lines with one gets 0, and the warning names it. Where no line has a weight, all stay
    None (equal).
    The score divides by the sum of the weights, so that no more is done about a wrong sum.

    """
    given = [each.weight for each in targets if each.weight is not None]
    scale = 100 if any(weight > 1 for weight in given) else 1
    scaled = [
        each if each.weight is None else dataclasses.replace(each, weight=each.weight / scale) for each in targets
    ]
    live = [each for each in scaled if each.status in ("live", "pilot")]
    wrong: dict[tuple[str, str, str, tuple[str, ...]], list[tuple[str, list[Target]]]] = defaultdict(list)
    unweighted: set[int] = set()
    for label, segment, dimension, group in _groups(live, dimensions):
        if all(each.weight is None for each in group):
            continue
        missing = tuple(each.kpi for each in group if each.weight is None)
        unweighted |= {each.row for each in group if each.weight is None}
        total = 100 * sum(each.weight or 0.0 for each in group)
        if missing or not math.isclose(total, 100, abs_tol=0.05):
            wrong[(dimension, segment, f"{total:.6g}", missing)].append((label, group))
    letters, header = column
    findings = []
    for (dimension, segment, total_text, missing), places in wrong.items():
        labels = [label for label, _ in places]
        span = labels[0] if len(labels) == 1 else f"{labels[0]} … {labels[-1]}"
        rows = sorted({each.row for _, group in places for each in group})
        where = "" if segment == "All" else f" {segment}"
        detail = (
            ("where_zh", f"维度 {dimension}{where}（{span}）"),
            ("where_en", f"dimension {dimension}{where} ({span})"),
            ("missing", ", ".join(missing)),
        )
        cells = tuple(f"{letters}{row}" for row in rows[:10])
        findings.append(Finding("W307", sheet, "", total_text, "100", header, len(rows), cells, detail))
    return [dataclasses.replace(each, weight=0.0) if each.row in unweighted else each for each in scaled], findings


def _groups(targets: Sequence[Target], dimensions: Mapping[str, str]) -> list[tuple[str, str, str, list[Target]]]:
    """Lines that stand together on a scorecard: label of the period, segment, dimension, newest target of each KPI."""
    groups = []
    by_segment: dict[tuple[str, str], list[Target]] = defaultdict(list)
    for each in targets:
        by_segment[(each.segment_dim, each.segment)].append(each)
    for (_, segment), rows in by_segment.items():
        periods = {each.period for each in rows}
        for period in sorted(periods):
            if any(other != period and period.first <= other.first and other.stop <= period.stop for other in periods):
                continue  # shorter periods within it show its targets too
            lines: dict[str, Target] = {}
            for each in rows:
                holds = each.period == period or (
                    each.period.months in (6, 12)
                    and each.period.first <= period.first
                    and period.stop <= each.period.stop
                )
                if holds and ((held := lines.get(each.kpi)) is None or _rank(each) > _rank(held)):
                    lines[each.kpi] = each
            split: dict[str, list[Target]] = defaultdict(list)
            for kpi, each in lines.items():
                split[dimensions.get(kpi, "")].append(each)
            groups += [(period.label, segment, dimension, group) for dimension, group in split.items()]
    return groups


def _rank(target: Target) -> tuple[int, int]:
    """Rank targets of one KPI: the shortest period counts first, then the newest row."""
    return -target.period.months, target.valid_from.toordinal() if target.valid_from else 0
