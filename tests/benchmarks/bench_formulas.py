"""What a worksheet function costs: in LibreOffice, and by itself beside a plain Python loop in the same run.

    uv run python -m tests.benchmarks.bench_formulas [--times 5]

In LibreOffice: 1,000 formulas `LOYALTY.NPS` over 1,000 cells each, every range another one; calculated for the first time with new
numbers, then again with the same ones. By itself: `formulas.call` on rows of cells, against a
loop that tells promoters and detractors apart and checks nothing. Medians; the first call, which imports, is left out.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl.formulas import call
from tests.hosts import office as offices

if TYPE_CHECKING:
    from collections.abc import Callable


def timed(work: Callable[[], object], times: int) -> float:
    """Median seconds of *work*."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def plain_loop(rows: list[list[float]]) -> float:
    """NPS as one writes it first."""
    promoters = detractors = count = 0
    for row in rows:
        for score in row:
            count += 1
            if score >= 9:
                promoters += 1
            elif score <= 6:
                detractors += 1
    return 100 * (promoters - detractors) / count


def by_itself(times: int) -> None:
    """`formulas.call` against the loop."""
    for size in (1_000, 100_000):
        rows = [[float(random.randint(0, 10))] for _ in range(size)]
        if abs(call("LOYALTY_NPS", rows) - plain_loop(rows)) > 1e-9:
            raise SystemExit("the loop and the function disagree")
        repeat = times * (20 if size == 1_000 else 2)
        ours, loop = timed(partial(call, "LOYALTY_NPS", rows), repeat), timed(partial(plain_loop, rows), repeat)
        print(f"{size:>7,} cells: call {ours * 1e3:.2f} ms, loop {loop * 1e3:.2f} ms, ratio {ours / loop:.1f}")


def in_libreoffice(times: int) -> None:
    """A sheet full of formulas."""
    with tempfile.TemporaryDirectory() as folder:
        office = offices.Office(Path(folder))
        try:
            first, again, processor = [], [], []
            for _ in range(times):
                office("new", columns=[[float(random.randint(0, 10)) for _ in range(2000)]])
                office("fill", column=2, formulas=["=LOYALTY.VERSION()"])  # the worker is there
                office("automatic", yes=False)
                office("fill", column=2, formulas=[f"=LOYALTY.NPS(A{row}:A{row + 999})" for row in range(1, 1001)])
                before = office.processor_seconds()
                first.append(office("calculate"))
                processor.append(office.processor_seconds() - before)
                again.append(office("calculate"))
                office("close")
        finally:
            office.end()
    for says, seconds in (
        ("1,000 formulas over 1,000 cells, new numbers", first),
        ("of it processor time, office and worker together", processor),
        ("the same again", again),
    ):
        print(f"{says}: {statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What a worksheet function costs.")
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    random.seed(1)
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    by_itself(times)
    if reason := offices.missing():
        print(f"LibreOffice: {reason}")
    else:
        in_libreoffice(times)


if __name__ == "__main__":
    main()
