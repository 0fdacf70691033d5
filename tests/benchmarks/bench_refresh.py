"""How fast a refresh is, as a ratio to the naive pipeline in the same run on the same workbook.

    uv run python -m tests.benchmarks.bench_refresh [--rows 100000] [--rows 541909] [--times 3]

The workbook is a scorecard that holds Online Retail's order lines as its Orders sheet. The naive pipeline is what one writes first:
pandas.read_excel with openpyxl, one pandera schema, one groupby, then openpyxl load_workbook + save of that same workbook.
Each run is a process of its own; seconds are wall time with imports, memory is the peak of the process and its children.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "online_retail.xlsx"

NAIVE = """
import sys, resource, json, pandas as pd, pandera.pandas as pa
from openpyxl import load_workbook
book = sys.argv[1]
orders = pd.read_excel(book, sheet_name="Orders", engine="openpyxl")
schema = pa.DataFrameSchema({"InvoiceDate": pa.Column("datetime64[us]", coerce=True), "Quantity": pa.Column(float, coerce=True),
                             "UnitPrice": pa.Column(float, coerce=True)})
orders = schema.validate(orders, lazy=True)
orders["amount"] = orders["Quantity"] * orders["UnitPrice"]
orders["month"] = orders["InvoiceDate"].dt.to_period("M").astype(str)
months = orders.dropna(subset="CustomerID").groupby("month").agg(revenue=("amount", "sum"), customers=("CustomerID", "nunique"), orders=("InvoiceNo", "nunique"))
opened = load_workbook(book)
sheet = opened["Scorecard"]
for row, (month, values) in enumerate(months.iterrows(), start=60):
    sheet.cell(row, 1, month)
    sheet.cell(row, 2, float(values["revenue"]))
opened.save(book)
print(json.dumps({"memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""

OURS = """
import sys, resource, json
from loyalty_xl import refresh
made = refresh(sys.argv[1], settings={"reporting_currency": "GBP"}, by="benchmark")
assert made.written_to is not None and made.computed
most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
both = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
print(json.dumps({"memory_mb": most, "with_reader_mb": both, "seconds": made.seconds}))
"""


def workbook(path: Path, rows: int) -> None:
    """A scorecard workbook whose Orders sheet holds the first *rows* order lines as they were published, stored as Excel stores them."""
    from loyalty_xl.books import reading
    from loyalty_xl.cells import Kind
    from loyalty_xl.publish import template

    raw = next(iter(reading.read(DATA).values()))
    count = min(rows, len(raw) - 1) + 1
    plain = template._sheet

    def with_orders(sheet: Any, contract: Any, look: Any) -> None:
        if contract.name != "Orders":
            plain(sheet, contract, look)
            return
        dates = look(num_format="yyyy-mm-dd hh:mm")
        for column in range(1, 9):
            cells = raw.columns[column]
            kinds, numbers, codes = (part[:count].tolist() for part in (cells.kind, cells.number, cells.text))
            for row, (kind, number, code) in enumerate(zip(kinds, numbers, codes, strict=True)):
                if kind == Kind.TEXT:
                    sheet.write_string(row, column - 1, raw.strings[code])
                elif kind in (Kind.NUMBER, Kind.DATE):
                    sheet.write_number(row, column - 1, number, dates if kind == Kind.DATE else None)

    template._sheet = with_orders
    try:
        template.build(path, "en")
    finally:
        template._sheet = plain


def run(program: str, book: Path) -> tuple[float, dict[str, object]]:
    """Run one program on its own copy of the workbook."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / book.name
        copy.write_bytes(book.read_bytes())
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", program, str(copy)], capture_output=True, text=True, check=False, cwd=ROOT
        )
        seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(done.stderr)
    return seconds, json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--times", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for rows in chosen.rows or [100_000, 541_909]:
            book = Path(folder) / f"orders{rows}.xlsx"
            workbook(book, rows)
            ours = [run(OURS, book) for _ in range(chosen.times)]
            naive = [run(NAIVE, book) for _ in range(chosen.times)]
            fast, slow = (statistics.median(seconds for seconds, _ in runs) for runs in (ours, naive))
            print(
                f"{rows:,} order rows, {book.stat().st_size / 1e6:.1f} MB: refresh {fast:.2f} s, naive {slow:.1f} s, ratio {slow / fast:.1f}"
            )
            print(
                f"  memory: refresh {ours[-1][1]['memory_mb']:.0f} MB (with the reading process {ours[-1][1]['with_reader_mb']:.0f} MB), naive {naive[-1][1]['memory_mb']:.0f} MB"
            )
            print(f"  steps: {ours[-1][1]['seconds']}")


if __name__ == "__main__":
    main()
