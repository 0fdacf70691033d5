"""What filling costs in a workbook that holds much else, against copying that file and against filling an empty one.

    uv run python -m tests.benchmarks.bench_fill [--rows 541909] [--times 7]

The workbook is the one of `bench_refresh`. It is read and computed once; then its pages are filled again and again, each time in a
fresh copy: patch, write, fsync, re-open and verify, backup, replace. Owned sheets: the same pages filled in a workbook without the
order lines, backup and all. Plain copy: the file's bytes read, written and fsynced. Medians, alternating, in one process.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl.opening import Asked
from loyalty_xl.pipeline import compute
from loyalty_xl.publish import template
from loyalty_xl.writing import write
from tests.benchmarks.bench_refresh import workbook

if TYPE_CHECKING:
    from collections.abc import Callable

    from loyalty_xl.pipeline import Refresh

ASKED = Asked(settings={"reporting_currency": "GBP"})


def timed(work: Callable[[], object]) -> float:
    """Seconds that *work* takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def fill(made: Refresh, book: Path) -> float:
    """Seconds to fill a fresh copy of *book* with what was computed."""
    copy = book.with_name("filled.xlsx")
    shutil.copyfile(book, copy)
    shutil.rmtree(book.parent / ".loyalty_backups", ignore_errors=True)
    seconds = timed(
        lambda: write(replace(made, book=copy, findings=list(made.findings)), ASKED, copy, recalculate=False)
    )
    copy.unlink()
    return seconds


def plain_copy(book: Path) -> None:
    """Copy a file and have it on the disk."""
    copy = book.with_name("copied.xlsx")
    shutil.copyfile(book, copy)
    with copy.open("rb") as file:
        os.fsync(file.fileno())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=541_909)
    parser.add_argument("--times", type=int, default=7)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        book, empty = Path(folder) / "orders.xlsx", Path(folder) / "empty.xlsx"
        workbook(book, chosen.rows)
        template.build(empty, "en")
        made = compute(book, ASKED)
        runs = [(fill(made, book), fill(made, empty), timed(lambda: plain_copy(book))) for _ in range(chosen.times)]
    whole, owned, copied = (statistics.median(each) for each in zip(*runs, strict=True))
    print(
        f"{chosen.rows:,} order rows: fill {whole:.3f} s, owned sheets alone {owned:.3f} s, plain copy {copied:.3f} s"
    )
    print(
        f"  allowed: 1.5 x {copied:.3f} + {owned:.3f} = {1.5 * copied + owned:.3f} s; over the owned sheets: {(whole - owned) / copied:.2f} x a copy"
    )


if __name__ == "__main__":
    main()
