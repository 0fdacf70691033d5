"""Fixtures that several tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock

from loyalty_xl import refresh
from loyalty_xl.demo import make_demo
from loyalty_xl.newbook import make_book
from loyalty_xl.pipeline import Refresh
from loyalty_xl.sample import small_company

ROOT = Path(__file__).resolve().parent.parent
REAL_DATA = ROOT.parent / "shared" / "data"
TODAY = date(2026, 11, 1)  # the day on which tests are run, as far as the product is concerned


# Files that take longest, and those that only one worker should wait for, are begun first (with --no-loadscope-reorder):
# otherwise a long one of few tests is the last, and the other worker has nothing left to do.
FIRST = (
    "tests/test_memory.py",  # makes the sample company, while the other worker does without it
    "tests/test_closing.py",
    "tests/test_refresh.py",
    "tests/test_engines.py",
    "tests/test_published.py",
    "tests/hosts/test_libreoffice.py",
    "tests/test_faults.py",
    "tests/tracing/test_trace.py",
    "tests/test_planted.py",
    "tests/hosts/test_live.py",
    "tests/test_cli.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    place = {name: number for number, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.nodeid.split("::")[0], len(FIRST)))


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


@pytest.fixture(scope="session")
def computed_demo(made_demo: Path) -> Refresh:
    """The sample company, computed once more without a change; to be looked at, not to be changed."""
    return refresh(made_demo / "scorecard.xlsx", dry_run=True, today=TODAY)


@pytest.fixture
def demo(made_demo: Path, tmp_path: Path) -> Path:
    """A sample company of one's own: the path of its workbook."""
    shutil.copytree(made_demo, tmp_path / "demo", ignore=shutil.ignore_patterns(".loyalty_backups"))
    return tmp_path / "demo" / "scorecard.xlsx"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Refresh:
    """The small company, refreshed."""
    folder = tmp_path_factory.mktemp("small")
    files = folder / "files"
    files.mkdir()
    small_company(files)
    make_book(folder / "book.xlsx", "en", files)
    return refresh(folder / "book.xlsx", period="2025", today=TODAY, by="test")


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
