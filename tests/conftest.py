"""Fixtures that several tests share."""

from __future__ import annotations

import gc
import os
import pickle
import shutil
import sys
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from filelock import FileLock

from loyalty_xl import library, refresh
from loyalty_xl.books.unread import Unread
from loyalty_xl.catalogue import KPIS, Kpi
from loyalty_xl.contracts import everything
from loyalty_xl.contracts.contract import Contract
from loyalty_xl.demo import make_demo
from loyalty_xl.newbook import make_book
from loyalty_xl.pipeline import Refresh
from loyalty_xl.sample import small_company

# Containers often forbid compiled modules to be kept. Here each worker, and each of the hundreds of processes that tests
# start, would compile every library anew: half a minute of every run.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

ROOT = Path(__file__).resolve().parent.parent
REAL_DATA = ROOT.parent / "shared" / "data"
TODAY = date(2026, 11, 1)  # the day on which tests are run, as far as the product is concerned


# Files that take longest, and those that only one worker should wait for, are begun first (with --no-loadscope-reorder):
# otherwise a long one of few tests is the last, and the other worker has nothing left to do.
FIRST = (
    "tests/test_memory.py",  # makes the sample company, while the other worker does without it
    "tests/test_closing.py",
    "tests/test_refresh.py",
    "tests/test_windows.py",
    "tests/test_month_end.py",
    "tests/test_engines.py",
    "tests/hosts/test_live.py",
    "tests/hosts/test_libreoffice.py",
    "tests/tracing/test_trace.py",
    "tests/test_published.py",
    "tests/test_cli.py",
    "tests/test_faults.py",
    "tests/test_planted.py",
    "tests/test_adjustments.py",
    "tests/test_laws.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    place = {name: number for number, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.nodeid.split("::")[0], len(FIRST)))


def pytest_collection_finish() -> None:
    """Spare the collector thousands of tests and every library, which stay to the end anyway: a tenth of a worker's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def pytest_sessionfinish() -> None:
    """Let the collector see everything again: libraries check at the end what was left behind."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of published data sets; skips where it is missing."""
    if not (REAL_DATA / "online_retail.xlsx").is_file():
        pytest.skip("the published data sets are not beside this checkout")
    return REAL_DATA


@pytest.fixture(scope="session")
def made_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company, made once for all workers; copy it before changing anything."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "demo-of-all"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            make_demo(folder, "both")
    return folder


class _ByName(pickle.Pickler):
    """Keeps KPIs and contracts by name, so that another worker has its own: they hold functions, and are compared as objects."""

    def reducer_override(self, held: Any) -> Any:
        if isinstance(held, Kpi) and KPIS.get(held.key) is held:
            return _kpi, (held.key,)
        if isinstance(held, Contract) and _contracts().get(held.name) is held:
            return _contract, (held.name,)
        if isinstance(held, Unread):
            len(held)  # read now, while its file is what it was
            return held.__reduce_ex__(4)
        return NotImplemented


@cache
def _contracts() -> dict[str, Contract]:
    return {each.name: each for each in everything()}


def _kpi(key: str) -> Kpi:
    return KPIS[key]


def _contract(name: str) -> Contract:
    return _contracts()[name]


@pytest.fixture(scope="session")
def computed_demo(made_demo: Path) -> Refresh:
    """The sample company, computed once more without a change, for all workers; to be looked at, not to be changed."""
    kept = made_demo.with_suffix(".computed")
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            made = refresh(made_demo / "scorecard.xlsx", dry_run=True, today=TODAY)
            with kept.open("wb") as file:
                _ByName(file).dump(made)
        library.load()
        found: Refresh = pickle.loads(kept.read_bytes())
    return found


@pytest.fixture
def demo(made_demo: Path, tmp_path: Path) -> Path:
    """A sample company of one's own: the path of its workbook."""
    shutil.copytree(made_demo, tmp_path / "demo", ignore=shutil.ignore_patterns(".loyalty_backups"))
    return tmp_path / "demo" / "scorecard.xlsx"


def small_book(folder: Path, *sheets: str, language: str = "en") -> Path:
    """Put a workbook of the small company into *folder*, never refreshed, with those sheets (default: all) as files beside it."""
    _small_files(folder / "files", sheets)
    (folder / "book.xlsx").write_bytes(_small_made(language, sheets))
    return folder / "book.xlsx"


def _small_files(folder: Path, sheets: tuple[str, ...]) -> None:
    for file in small_company(folder):
        if sheets and file.stem not in sheets:
            file.unlink()


@cache
def _small_made(language: str, sheets: tuple[str, ...]) -> bytes:
    """The same workbook each time, since its Sources name files by where they lie from it."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        _small_files(folder / "files", sheets)
        make_book(folder / "book.xlsx", language, folder / "files")
        return (folder / "book.xlsx").read_bytes()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Refresh:
    """The small company, refreshed."""
    return refresh(small_book(tmp_path_factory.mktemp("small")), period="2025", today=TODAY, by="test")


Company = Callable[..., Refresh]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Refresh an empty book with sheets given as CSV texts: company(Orders="...", set={...})."""

    def run(
        *, set: dict[str, str] | None = None, period: str | None = None, as_of: date | None = None, **sheets: str
    ) -> Refresh:
        book = tmp_path / "book.xlsx"
        if not book.exists():
            make_book(book, "en")
        sources = {}
        for name, text in sheets.items():
            file = tmp_path / f"{name}.csv"
            file.write_text(text.strip() + "\n", encoding="utf-8")
            sources[name] = str(file)
        return refresh(book, sources=sources, settings=set or {}, period=period, as_of=as_of, today=TODAY, dry_run=True)

    return run
