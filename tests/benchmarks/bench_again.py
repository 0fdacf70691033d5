"""How fast a refresh is in a warm process once one small sheet has changed, against a full refresh in the same process.

    uv run python -m tests.benchmarks.bench_again [--rows 541909] [--times 3]

Online Retail's order lines stand in the workbook (see `bench_refresh`), or in a file that Sources names. A full refresh
begins with an empty memory; the other one follows a change of a single cell on Targets, or on Complaints. Every run
changes that cell anew and writes the workbook. Wall time, and processor time of the process and its children, medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import loyalty_xl
from loyalty_xl import refresh
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.saving import replace_file
from loyalty_xl.publish import template
from tests.benchmarks.bench_refresh import DATA, workbook


def put(book: Path, sheet: str, cells: dict[tuple[int, int], Any]) -> None:
    """Type into the workbook."""
    patch = Patch(book)
    for (row, column), value in cells.items():
        patch.put(sheet, row, column, value)
    replace_file(book, patch.save, patch.verify, backups=None)


def target(book: Path, number: int) -> None:
    """Change a target."""
    put(book, "Targets", {(2, 1): "revenue", (2, 2): "2011", (2, 3): 9_000_000 + number})


def complaint(book: Path, number: int) -> None:
    """Change the day of a complaint."""
    put(book, "Complaints", {(2, 1): "C1", (2, 2): "17850", (2, 3): f"2011-03-{number % 28 + 1:02d}"})


def timed(book: Path, change: Callable[[Path, int], None], number: int, *, full: bool) -> tuple[float, float]:
    """Seconds of one refresh after a change, on the clock and of the processor."""
    change(book, number)
    if full:
        loyalty_xl.forget()
    busy, started = sum(os.times()[:4]), time.perf_counter()
    made = refresh(book, settings={"reporting_currency": "GBP"}, by="benchmark", recalculate=False)
    assert made.written_to is not None
    return time.perf_counter() - started, sum(os.times()[:4]) - busy


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=541_909)
    parser.add_argument("--times", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        inside, outside = Path(folder) / "inside.xlsx", Path(folder) / "outside.xlsx"
        workbook(inside, chosen.rows)
        template.build(outside, "en")
        put(outside, "Sources", {(2, 1): "Orders", (2, 2): str(DATA)})
        for place, book in (("in the workbook", inside), ("in a file of their own", outside)):
            for name, change in (("Targets", target), ("Complaints", complaint)):
                timed(book, change, 0, full=True)  # imports, and pages that the first refresh brings to light
                timed(book, change, 1, full=False)
                numbers = iter(range(2, 100))
                full = [timed(book, change, next(numbers), full=True) for _ in range(chosen.times)]
                again = []
                for _ in range(chosen.times):
                    again.append(timed(book, change, next(numbers), full=False))
                (slow, slow_busy), (fast, fast_busy) = (
                    [statistics.median(each) for each in zip(*runs, strict=True)] for runs in (full, again)
                )
                print(
                    f"order lines {place}, {name} changed: full {slow:.2f} s, again {fast:.2f} s, "
                    f"ratio {slow / fast:.1f} (processor: {slow_busy:.2f} s, {fast_busy:.2f} s, ratio {slow_busy / fast_busy:.1f})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
