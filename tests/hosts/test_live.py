"""Refresh in the open workbook, against a stand-in for Excel: the same pages as the command line, and nothing lost.

All of it is a stand-in for what only Windows runs: COM itself is not tried.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from loyalty_xl import refresh
from loyalty_xl.books import live, live_marks
from loyalty_xl.books.places import RUN_LOG
from loyalty_xl.books.saving import newest_backups
from loyalty_xl.errors import WriteError
from loyalty_xl.newbook import make_book
from loyalty_xl.pipeline import Refresh
from loyalty_xl.refreshing_open import refresh_open
from loyalty_xl.sample import small_company
from tests.conftest import ROOT, TODAY
from tests.hosts.engine import App, Book, opened

pytestmark = pytest.mark.windows
FILLED = ("Scorecard", "Trend", "Detail", "Cohorts", "Findings", "Notes")
HOW = {"period": "2025", "today": TODAY, "by": "tester"}


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1793491200")


@pytest.fixture(scope="module")
def made_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small company with its files, and a sheet of its own: complaints in the workbook itself, two of them faulty."""
    folder = tmp_path_factory.mktemp("open")
    (folder / "files").mkdir()
    small_company(folder / "files")
    make_book(folder / "book.xlsx", "en", folder / "files")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(folder / "book.xlsx")
    sheet = book["Returns"] if "Returns" in book.sheetnames else None
    assert sheet is None or sheet is not None
    book.save(folder / "book.xlsx")
    return folder
