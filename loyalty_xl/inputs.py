"""What a refresh starts from: the workbook's own sheets, and the files that Sources (or --source) names, as raw cells."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.books import reading
from loyalty_xl.books.places import PAGES, SCORECARD, Page
from loyalty_xl.cells import Kind, RawSheet
from loyalty_xl.contracts import departments, everything
from loyalty_xl.contracts.checking import check_sheet
from loyalty_xl.contracts.headers import normalise, recognise
from loyalty_xl.contracts.targets import control_findings
from loyalty_xl.errors import LoyaltyError, ReadError, UsageError
from loyalty_xl.findings import from_error
from loyalty_xl.settings import DatedSettings, read_settings
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loyalty_xl.contracts.contract import Contract, Sheet

CONTROL = ("Settings", "Targets", "Sources", "Mapping")
FAR = date(9998, 12, 30)  # control sheets may hold days to come


@dataclass(frozen=True)
class Source:
    """Where one department sheet was read from."""

    contract: Contract
    raw: RawSheet
    title: str  # what findings call it
    file: str = ""  # name of the file, "" = the workbook itself
    file_hash: str = ""
    header_row: int | None = None
    date_order: str = ""
    covers_to: str = ""


@dataclass
class Inputs:
    """Everything a refresh reads, before any of it is judged."""

    book: Path
    sheet_names: tuple[str, ...]
    pages: dict[str, RawSheet]  # owned pages as they stand, by page name
    page_names: dict[str, str]  # page or contract name -> worksheet
    control: dict[str, Sheet]
    settings: DatedSettings
    sources: dict[str, Source]
    mapping: dict[str, dict[str, str]]  # sheet -> folded header -> field
    findings: list[Finding] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)  # sheets whose file could not be used
    digest: str = ""  # of all cells and files read
    raw_control: dict[str, RawSheet] = field(default_factory=dict)  # control sheets as they stand


def gather(
    book: Path, *, sources: Mapping[str, str] | None = None, settings: Mapping[str, str] | None = None, today: date
) -> Inputs:
    """Read the workbook's control sheets, pages and department sheets, and the files that take the place of the latter."""
    shown = reading.peek(book)
    names = {each.name: each for each in shown}
    places = {contract.name: Page(contract.name, contract.zh) for contract in everything()} | {
        page.name: page for page in PAGES
    }
    page_names = {name: found for name, page in places.items() if (found := page.find(names))}
    if SCORECARD.name not in page_names:
        raise UsageError(
            "E102",
            f"{book.name} 里没有“记分卡”工作表,不是 loyalty_xl 的工作簿。请先运行:loyalty-xl new 新工作簿.xlsx",
            f"{book.name} has no Scorecard sheet, so it is no loyalty_xl workbook. First run: loyalty-xl new NEW.xlsx",
        )
    given = _check_names(sources or {})
    wanted = [page_names[name] for name in page_names if name not in given]
    with reading.start(book, wanted) as pending:
        _warm_up()
        raws = pending.result()
    by_name = {name: raws[found] for name, found in page_names.items() if found in raws}
    dated, findings = read_settings(by_name.get("Settings"), dict(settings or {}), title=page_names.get("Settings"))
    made = Inputs(
        book,
        tuple(names),
        {page.name: by_name[page.name] for page in PAGES if page.name in by_name},
        page_names,
        {},
        dated,
        {},
        {},
        findings,
    )
    made.raw_control = {name: by_name[name] for name in CONTROL if name in by_name}
    _read_control(made, by_name, today)
    _find_sources(made, by_name, given)
    made.digest = _digest(made, by_name)
    return made


def _warm_up() -> None:
    """Import what checking needs while the reading process is at work."""
    import pandera.pandas  # noqa: F401

    from loyalty_xl.contracts import rules  # noqa: F401


def _check_names(given: Mapping[str, str]) -> dict[str, str]:
    known = {name.casefold(): contract.name for contract in departments() for name in (contract.name, contract.zh)}
    found = {}
    for name, file in given.items():
        if name.casefold() not in known:
            choices = ", ".join(contract.name for contract in departments())
            raise UsageError(
                "",
                f"--source 里的表名“{name}”不认识。可用:{choices}",
                f"--source names no sheet: {name}. Sheets are {choices}.",
            )
        found[known[name.casefold()]] = file
    return found


def _read_control(made: Inputs, by_name: Mapping[str, RawSheet], today: date) -> None:
    contracts = {contract.name: contract for contract in everything()}
    settings = made.settings.at(today).replace(company_start=None)
    for name in CONTROL[1:]:
        if name in by_name and len(by_name[name]):
            sheet, found = check_sheet(by_name[name], contracts[name], settings, title=made.page_names[name], today=FAR)
            made.control[name] = sheet
            quiet = {"W213", "W216", "W235", "W236"}  # an empty or half-filled control sheet is nothing to report
            made.findings += [
                each for each in control_findings(found) if each.code not in quiet and not _undecided(name, each)
            ]
    mapping = made.control.get("Mapping")
    if mapping is not None:
        known = {name.casefold(): contract.name for contract in everything() for name in (contract.name, contract.zh)}
        for row in mapping.frame[["sheet", "header", "field"]].astype(object).itertuples(index=False):
            sheet_name = known.get(str(row.sheet).strip().casefold())
            if sheet_name and isinstance(row.header, str) and isinstance(row.field, str):
                made.mapping.setdefault(sheet_name, {})[normalise(row.header)] = row.field.strip()


def _undecided(name: str, finding: Finding) -> bool:
    """A header that `new` put on Mapping and nobody has decided on is no fault."""
    return name == "Mapping" and finding.code == "E235"


def _find_sources(made: Inputs, by_name: Mapping[str, RawSheet], given: Mapping[str, str]) -> None:
    """Decide for every department sheet where it comes from, and read the files (two at a time)."""
    rows = _source_rows(made)
    jobs: dict[str, list[dict[str, str]]] = {}
    for contract in departments():
        if contract.name in given:
            jobs[contract.name] = [{"file": given[contract.name]}]
        elif contract.name in rows:
            files = [row for row in rows[contract.name] if row["file"]]
            if files:
                jobs[contract.name] = files
    for contract in departments():
        if contract.name not in jobs:
            if contract.name in by_name:
                row = rows.get(contract.name, [{}])[0]
                made.sources[contract.name] = _source(
                    contract, by_name[contract.name], made.page_names[contract.name], "", "", row
                )
            continue
        read = [
            got
            for row in jobs[contract.name]
            if (got := _read_file(made, contract, row, from_command=contract.name in given))
        ]
        distinct = {each.file_hash: each for each in read}
        if len(distinct) > 1:
            _overlap(made, contract, list(distinct.values()))
        elif read:
            made.sources[contract.name] = read[0]


def _source_rows(made: Inputs) -> dict[str, list[dict[str, str]]]:
    known = {name.casefold(): contract.name for contract in departments() for name in (contract.name, contract.zh)}
    rows: dict[str, list[dict[str, str]]] = {}
    sources = made.control.get("Sources")
    if sources is None:
        return rows
    columns = ["sheet", "file", "worksheet", "header_row", "date_order", "covers_to", "use"]
    for number, values in zip(
        sources.frame.index, sources.frame[columns].astype(object).itertuples(index=False), strict=True
    ):
        row = {
            name: "" if value is None or value != value else str(value).strip()
            for name, value in zip(columns, values, strict=True)
        }
        name = known.get(row["sheet"].casefold())
        if name is None:
            choices = " / ".join(f"{contract.name} ({contract.zh})" for contract in departments())
            made.findings.append(
                Finding(
                    "E302",
                    sources.title,
                    f"{sources.sent['sheet']}{number}",
                    row["sheet"],
                    choices,
                    column=sources.headers.get("sheet", ""),
                )
            )
        elif row["use"] != "no":
            row["covers_to"] = row["covers_to"][:10]
            rows.setdefault(name, []).append(row)
    return rows


def _read_file(made: Inputs, contract: Contract, row: Mapping[str, str], *, from_command: bool) -> Source | None:
    base = Path.cwd() if from_command else made.book.parent
    path = (base / row["file"]).expanduser()
    try:
        raw = _worksheet(path, contract, row.get("worksheet", ""))
    except ReadError as error:
        made.findings.append(from_error(error, f"[{path.name}]"))
        made.stopped.add(contract.name)
        return None
    title = f"[{path.name}]{raw.name}"
    return _source(contract, raw, title, path.name, file_hash(path), row)


def _source(contract: Contract, raw: RawSheet, title: str, file: str, hashed: str, row: Mapping[str, str]) -> Source:
    header_row = int(float(row["header_row"])) if row.get("header_row") else None
    return Source(contract, raw, title, file, hashed, header_row, row.get("date_order", ""), row.get("covers_to", ""))


def _worksheet(path: Path, contract: Contract, worksheet: str) -> RawSheet:
    """The worksheet of a file that holds the sheet: the one named, else the one of its name, else the one whose headers fit best."""
    if worksheet:
        return reading.read(path, [worksheet])[worksheet]
    shown = [each for each in reading.peek(path) if each.state == "visible"] or reading.peek(path)
    named = Page(contract.name, contract.zh).find(each.name for each in shown)
    if named is None:
        fitting = [
            (found[0][2], each.name)
            for each in shown
            if (found := [hit for hit in recognise(each, [contract]) if hit[0] is contract])
        ]
        named = max(fitting)[1] if fitting else shown[0].name
    return reading.read(path, [named])[named]


def _overlap(made: Inputs, contract: Contract, read: Sequence[Source]) -> None:
    """Several files for one sheet are never united (rule 27): the sheet waits until one is marked."""
    first, *others = read
    for other in others:
        made.findings.append(
            Finding(
                "E240",
                other.title,
                found=f"{other.file}: {len(other.raw):,}",
                expected=f"{first.file}: {len(first.raw):,}",
                detail=(("sheet_name", contract.name), ("first", first.file), ("second", other.file)),
            )
        )
    made.stopped.add(contract.name)


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def sheet_hash(raw: RawSheet) -> str:
    """SHA-256 of the cells of a sheet, however the file stores them."""
    total = hashlib.sha256()
    codes = np.frombuffer(
        b"".join(
            hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in raw.strings
        ),
        dtype=np.uint64,
    )
    codes = np.append(codes, np.uint64(0))
    total.update(np.ascontiguousarray(raw.rows).tobytes())
    for number, column in sorted(raw.columns.items()):
        kinds = np.ascontiguousarray(column.kind)
        if not (kinds != Kind.BLANK).any():
            continue
        numbers = np.where(np.isnan(column.number), 0.0, column.number)
        texts = np.where(np.isin(kinds, (Kind.TEXT, Kind.ERROR)), column.text, -1)
        for part in (np.array([number]), kinds, numbers, codes[texts]):
            total.update(np.ascontiguousarray(part).tobytes())
    return total.hexdigest()


def _digest(made: Inputs, by_name: Mapping[str, RawSheet]) -> str:
    total = hashlib.sha256()
    for name in CONTROL:
        if name in by_name:
            total.update(f"{name}:{sheet_hash(by_name[name])}\n".encode())
    for name, source in sorted(made.sources.items()):
        total.update(f"{name}:{source.title}:{source.file_hash or sheet_hash(source.raw)}\n".encode())
    for name in sorted(made.stopped):
        total.update(f"{name}:stopped\n".encode())
    for finding in made.findings:
        total.update(f"{finding}\n".encode())
    return total.hexdigest()


__all__ = ["CONTROL", "Inputs", "LoyaltyError", "Source", "file_hash", "gather", "sheet_hash"]
