"""A newcomer's path in an empty folder, with the time of each step.

    uv run python -m tests.benchmarks.newcomer [FOLDER]

demo, open (LibreOffice prints the Scorecard), break a cell of a department's file, check, repair it, refresh. Each command is a process of
its own, as a person types it. What `check` says about the broken cell is shown.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def step(title: str, *command: str, folder: Path, good: tuple[int, ...] = (0,)) -> str:
    """Run one command and print how long it took; gives what it said."""
    started = time.perf_counter()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    seconds = time.perf_counter() - started
    if done.returncode not in good:
        raise SystemExit(f"{title}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    print(f"{title:<44} {seconds:5.1f} s   exit {done.returncode}")
    return done.stdout


def main() -> None:
    """Walk the path."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?")
    chosen = parser.parse_args()
    folder = Path(chosen.folder or tempfile.mkdtemp())
    ours = str(Path(sys.executable).with_name("loyalty-xl"))
    step("loyalty-xl demo", ours, "demo", folder=folder)
    book = folder / "demo" / "scorecard.xlsx"
    office = shutil.which("soffice")
    if office:
        pages = 'pdf:calc_pdf_Export:{"PageRange":{"type":"string","value":"1-2"}}'
        step(
            "open (LibreOffice prints two pages)", office, "--headless", "--convert-to", pages, str(book), folder=folder
        )
    orders = next(
        path
        for path in (folder / "demo" / "departments").rglob("*")
        if "订单" in path.name or "order" in path.name.lower()
    )
    before = orders.read_bytes()
    broken(orders)
    said = step(
        "loyalty-xl check (a cell is broken)", ours, "check", str(book), "--lang", "en", folder=folder, good=(0, 1)
    )
    print("    " + "\n    ".join(line for line in said.splitlines()[:3]))
    orders.write_bytes(before)
    step("loyalty-xl check (repaired)", ours, "check", str(book), folder=folder, good=(0, 1))
    step("loyalty-xl refresh (nothing changed)", ours, "refresh", str(book), folder=folder, good=(0, 1))
    step(
        "loyalty-xl refresh --set nps_promoter_min=8",
        ours,
        "refresh",
        str(book),
        "--set",
        "nps_promoter_min=8",
        folder=folder,
        good=(0, 1),
    )


def broken(path: Path) -> None:
    """Type a word where a number should be."""
    if path.suffix == ".csv":
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        cells = lines[1].split(",")
        cells[7] = "about 1000"
        lines[1] = ",".join(cells)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
        return
    import openpyxl

    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    header = next(row for row in range(1, 6) if sum(cell.value is not None for cell in sheet[row]) > 3)
    place = next(cell for cell in sheet[header + 1] if isinstance(cell.value, (int, float)) and cell.value > 100)
    place.value = "about 1000"
    book.save(path)


if __name__ == "__main__":
    main()
