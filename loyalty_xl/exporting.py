"""Tidy tables for Power BI, Tableau and notebooks: what the last refresh showed, as UTF-8 CSV (with BOM) and parquet."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from loyalty_xl import catalogue
from loyalty_xl.books.cell_values import NOT_AVAILABLE
from loyalty_xl.books.places import DETAIL
from loyalty_xl.own_folder import OwnFolder
from loyalty_xl.publish.contents import detail_rows, line_json, trend_periods
from loyalty_xl.publish.month_end import fingerprint_of
from loyalty_xl.publish.words import segment_text

if TYPE_CHECKING:
    from loyalty_xl.pipeline import Refresh

FORMULA = re.compile(r"^[\s\u3000]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")  # what a spreadsheet may take for one
ABOUT = "loyalty_xl_export.json"  # what was exported, and which files are ours
TEXTS = ("reason", "flags", "note", "target_text", "cohort")


def frames(made: Refresh) -> dict[str, pd.DataFrame]:
    """Tables by file name: every result, the Scorecard's lines, their course over 13 periods, and the catalogue's tables."""
    columns = [column.key for column in DETAIL.columns]
    detail = pd.DataFrame(
        [[None if cell is NOT_AVAILABLE else cell for cell in row] for row in detail_rows(made)], columns=columns
    )
    lines = pd.DataFrame([{**line_json(line), "flags": ", ".join(line_json(line)["flags"])} for line in made.lines])
    periods = trend_periods(made)
    trend = pd.DataFrame(
        [
            {
                "kpi": line.kpi.key,
                "label": line.kpi.label(made.language),
                "segment": segment_text(line.result),
                "period": period,
                "value": value,
                "target": line.aim.value,
                "unit": line.kpi.unit.value,
            }
            for line in made.lines
            for period, value in zip(periods[len(periods) - len(line.history) :], line.history, strict=True)
        ],
        columns=["kpi", "label", "segment", "period", "value", "target", "unit"],
    )
    found = {"detail": detail, "scorecard": lines, "trend": trend}
    for key, each in catalogue.LISTINGS.items():
        if each.personal:  # names agents or customers: stays in the workbook
            continue
        found[f"table_{key}"] = pd.DataFrame(made.tables.get(key, []), columns=list(each.columns))
    return {name: _typed(frame) for name, frame in found.items()}


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Give every column one type, so that parquet says what it holds: number, yes/no or text."""
    made: dict[str, Any] = {}
    for name in frame.columns:
        column = frame[name]
        held = [each for each in column if each is not None and each == each]
        if held and all(isinstance(each, bool) for each in held):
            made[name] = column.astype("boolean")
        elif all(isinstance(each, int | float) for each in held) and (held or name not in TEXTS):
            made[name] = column.astype("Float64").astype("float64")
        else:
            made[name] = column.map(str, na_action="ignore").astype("str")
    return pd.DataFrame(made, columns=frame.columns)


def export(made: Refresh, folder: Path) -> list[Path]:
    """Write the tables of *made* (see `refreshing.as_shown`) into *folder*, each as CSV and as parquet, and give their paths.

    Files of an earlier export are replaced, other people's are not; one that somebody changed since is kept among the backups.

    Raises
    ------
    UsageError
        A file of that name is not ours.
    """
    own = OwnFolder(folder, ABOUT, "不是导出产生的", "that no export made")
    found = frames(made)
    own.refuse_others(f"{name}.{ending}" for name in found for ending in ("csv", "parquet"))
    contents: dict[str, bytes] = {}
    for name, frame in found.items():
        for ending, write in (("csv", _write_csv), ("parquet", _write_parquet)):
            held = BytesIO()
            write(frame, held)
            contents[f"{name}.{ending}"] = held.getvalue()
    about = {
        "workbook": made.book.name,
        "period": made.period.label if made.period else None,
        "as_of": made.as_of.isoformat() if made.as_of else None,
        "fingerprint": fingerprint_of(made),
    }
    return own.write(contents, about)


def _write_csv(frame: pd.DataFrame, path: Path | BytesIO) -> None:
    """CSV that Excel opens as UTF-8, and in which no text is taken for a formula."""
    texts = {
        name: frame[name].map(lambda text: f"'{text}" if FORMULA.match(text) else text, na_action="ignore")
        for name in frame.columns
        if frame[name].dtype == "str"
    }
    frame.assign(**texts).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _write_parquet(frame: pd.DataFrame, path: Path | BytesIO) -> None:
    frame.to_parquet(path, index=False)
