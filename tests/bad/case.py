"""One row of the list: how its bad file is made, what must be said, and what holds for every row."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from loyalty_xl import findings as catalogue
from loyalty_xl.contracts.contract import Sheet
from loyalty_xl.errors import LoyaltyError
from loyalty_xl.findings import address, advice, sentence
from loyalty_xl.inputs import Inputs, gather
from loyalty_xl.pipeline import check
from loyalty_xl.vocabulary import Finding
from tests.bad.cells import book
from tests.conftest import TODAY

HAN = re.compile(r"[\u4e00-\u9fff]")
QUIET = frozenset({"W236", "W250", "W251", "W252", "W253"})  # of usual columns that these small sheets do not have
LONGEST = 10.0  # seconds that any bad file may take
Told = tuple[str, str]  # code and cell; a grouped finding stands at its first


@dataclass
class Seen:
    """What came of a bad file."""

    path: Path
    inputs: Inputs | None
    sheets: dict[str, Sheet]
    findings: list[Finding]
    seconds: float

    def only(self, code: str) -> Finding:
        """The one finding of a code."""
        found = [each for each in self.findings if each.code == code]
        assert len(found) == 1, (code, self.findings)
        return found[0]

    def detail(self, code: str) -> dict[str, str]:
        """What else the one finding of a code says."""
        return dict(self.only(code).detail)

    def column(self, name: str, sheet: str = "Orders") -> list[Any]:
        """The values of a field in the rows that were kept, None where there is none."""
        values = self.sheets[sheet].frame[name].astype(object).tolist()
        return [None if value is None or value != value else value for value in values]

    def texts(self) -> str:
        """Everything that is said, in both languages."""
        return "\n".join(sentence(each, "both") + advice(each, "both") for each in self.findings)


@dataclass(frozen=True)
class Case:
    """A bad file and what must come of it."""

    what: str
    make: Callable[[Path], Path | dict[str, Path]]  # gives the file of the department, or several by sheet
    expected: list[Told]
    kept: list[int] | int | None = None  # worksheet rows that stay, or their number
    then: Callable[[Seen], None] | None = None
    settings: dict[str, str] = field(default_factory=dict)
    sheet: str = "Orders"
    control: dict[str, list[list[Any]]] = field(default_factory=dict)  # control sheets of the workbook
    workbook: Callable[[Path], Path] | None = None  # the bad workbook, where it is the scorecard itself
    allow_csv: bool = False
    during: Callable[[Path], AbstractContextManager[Any]] = lambda _: nullcontext()
    timed: bool = False  # the time is part of the promise
    needs_windows: bool = False  # what is tested here stands in for it
    errors_only: bool = False  # warnings are not compared
    checked: bool = True  # False: read only


@dataclass(frozen=True)
class Row:
    """A row of the list of bad inputs."""

    number: int
    name: str
    cases: tuple[Case, ...]


def row(number: int, name: str, *cases: Case) -> Row:
    """One row of the list."""
    return Row(number, name, cases)


def flat(rows: list[Row]) -> list[Any]:
    """The cases of rows as parameters."""
    return [
        pytest.param(
            case,
            id=f"{each.number}-{each.name}" + (f", {case.what}" if case.what else ""),
            marks=[pytest.mark.windows] if case.needs_windows else [],
        )
        for each in rows
        for case in each.cases
    ]


def run(case: Case, folder: Path) -> Seen:
    """Read and check a bad file as `check` and `refresh` do, and hold it to what holds for every row."""
    made = case.make(folder)
    sources = made if isinstance(made, dict) else {case.sheet: made}
    scorecard = (
        case.workbook(folder)
        if case.workbook
        else book(folder / "scorecard.xlsx", sheets={"Scorecard": [], **case.control})
    )
    before = _bytes(folder)
    path = next(iter(sources.values()), scorecard)
    given = {} if case.control else {name: str(file) for name, file in sources.items()}
    inputs, sheets = None, {}
    started = time.perf_counter()
    with case.during(path):
        try:
            inputs = gather(scorecard, sources=given, settings=case.settings, today=TODAY, allow_csv=case.allow_csv)
            sheets, findings = check(inputs, TODAY) if case.checked else ({}, inputs.findings)
        except LoyaltyError as error:
            if not case.workbook:  # only the scorecard itself may end a run
                raise
            detail = (("zh", error.zh), ("en", error.en))
            findings = [Finding(error.code, error.sheet or scorecard.name, error.cell, detail=detail)]
    seen = Seen(path, inputs, sheets, findings, time.perf_counter() - started)
    assert _bytes(folder) == before, "a file was changed, made or removed"
    assert not case.timed or seen.seconds < LONGEST
    for finding in findings:
        _well_said(finding)
    return seen


def met(case: Case, seen: Seen) -> None:
    """See that a case has what its row asks for."""
    found = [each for each in seen.findings if each.code not in QUIET]
    if case.errors_only:
        found = [each for each in found if each.code.startswith("E")]
    said, meant = Counter((each.code, each.cell or "".join(each.cells[:1])) for each in found), Counter(case.expected)
    assert said == meant, f"not said: {meant - said}; said beside: {said - meant}"
    if case.kept is not None:
        index = seen.sheets[case.sheet].frame.index.tolist()
        assert (len(index) if isinstance(case.kept, int) else index) == case.kept
    stopped = {code for code, _ in case.expected if code.startswith("E1")}
    if stopped and seen.inputs is not None and case.kept is None:
        assert case.sheet in seen.inputs.stopped, "the scorecard must say which department is missing"
    if case.then:
        case.then(seen)


def _bytes(folder: Path) -> dict[str, bytes]:
    """Every file below a folder; those that are no files count by their name."""
    return {
        str(each.relative_to(folder)): each.read_bytes() if each.is_file() else b""
        for each in sorted(folder.rglob("*"))
    }


def _well_said(finding: Finding) -> None:
    """A finding has a known code, a place, and a sentence and an advice in both languages."""
    assert finding.code in catalogue.CODES
    for language in ("zh", "en"):
        assert finding.code in catalogue.explain(finding.code, language)
        said, todo = sentence(finding, language), advice(finding, language)
        for text in (said, todo):
            assert text.strip()
            assert "Traceback" not in text
            assert "…" not in text.replace(" …", "") or finding.found, text
            text.encode()
        assert language == "en" or HAN.search(said), said
    where = address(finding)
    assert where
    if finding.cell or finding.cells:
        assert re.search(r"!\$?[A-Z]{0,3}\$?\d*(:[A-Z]{0,3}\d*)?", where), where
    elif finding.code.startswith("E1"):
        assert where.startswith("[") or where.endswith((".xlsx", ".csv")), where
