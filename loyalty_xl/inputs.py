"""What a refresh starts from: the workbook's own sheets, and the files that Sources (or --source) names, as raw cells."""

from __future__ import annotations

import glob
import hashlib
import os
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl import memory
from loyalty_xl.books import read_errors, reading, unread
from loyalty_xl.books.assembly import ReadSheet
from loyalty_xl.books.places import PAGES, RUN_LOG, Page
from loyalty_xl.books.preflight import Limits, look, unreachable
from loyalty_xl.cell_marks import sheet_hash
from loyalty_xl.cells import RawSheet
from loyalty_xl.contracts import departments, everything
from loyalty_xl.contracts.checked import checked_sheet
from loyalty_xl.contracts.control_month_end import FILLED_PERIOD
from loyalty_xl.contracts.control_plan import DEFINED
from loyalty_xl.contracts.deliveries import LOGGED, NIL, read_deliveries, remembered, said_of
from loyalty_xl.contracts.headers import find_header, normalise, recognise
from loyalty_xl.contracts.profiles import find_profile
from loyalty_xl.contracts.targets import control_findings
from loyalty_xl.errors import LoyaltyError, ReadError, UsageError
from loyalty_xl.findings import from_error
from loyalty_xl.opening import Opened, open_book
from loyalty_xl.settings import DatedSettings, read_settings
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loyalty_xl.contracts.contract import Contract, Sheet
    from loyalty_xl.contracts.deliveries import Row, Said
    from loyalty_xl.contracts.profiles import Profile, SheetProfile

CONTROL = (
    "Settings",
    "Targets",
    "Sources",
    "Deliveries",
    "Mapping",
    "Controls",
    "Periods",
    "Adjustments",
    "Improvement",
    "Dictionary",
    "ThemeWords",
    "Recipients",
)
OF_NO_FIGURE = frozenset(("Recipients",))  # read, but no input of what is computed
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
    profile: SheetProfile | None = None
    dept: str = ""  # who sends it, as its row of Sources says

    @cached_property
    def content_hash(self) -> str:
        """Of the file, or of the cells where they stand in the workbook itself."""
        return self.file_hash or sheet_hash(self.raw)


@dataclass
class Inputs:
    """Everything a refresh reads, before any of it is judged."""

    book: Path
    sheet_names: tuple[str, ...]
    pages: dict[str, RawSheet]  # owned pages as they stand, by page name
    page_names: dict[str, str]  # page or contract name -> worksheet
    control: dict[str, Sheet]
    settings: DatedSettings
    sources: dict[str, tuple[Source, ...]]  # several where a folder, a pattern or several rows give one sheet
    mapping: dict[str, dict[str, str]]  # sheet -> folded header -> field
    findings: list[Finding] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)  # sheets whose file could not be used
    digest: str = ""  # of all cells and files read
    raw_control: dict[str, RawSheet] = field(default_factory=dict)  # control sheets as they stand
    allow_csv: bool = False
    limits: Limits = field(default_factory=Limits)  # of a department's file
    hidden: dict[Path, tuple[str, frozenset[str]]] = field(
        default_factory=dict
    )  # label, sheets not shown that look like a department's
    read: set[tuple[Path, str]] = field(default_factory=set)  # files and worksheets
    profiles: dict[str, Profile] = field(default_factory=dict)  # export profiles, as Sources names them
    labels: dict[str, Path] = field(default_factory=dict)  # file names in findings -> the file: one name, one file
    senders: dict[str, set[tuple[str, str]]] = field(default_factory=dict)  # the same -> sheets and their departments
    deliveries: list[Row] = field(default_factory=list)  # rows of Deliveries
    said: dict[str, Said] = field(default_factory=dict)  # sheet -> what its department said there
    due: set[str] = field(default_factory=set)  # sheets that Sources, or --source, names


def gather(
    book: Path | Opened,
    *,
    sources: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    today: date,
    allow_csv: bool = False,
) -> Inputs:
    """Read the workbook's control sheets, pages and department sheets, and the files that take the place of the latter.

    With *allow_csv* a text file under a workbook's name is read as text.
    """
    with book if isinstance(book, Opened) else open_book(book, sources) as opened:
        _warm_up()
        raws = opened.pending.result()
    by_name = {name: raws[found] for name, found in opened.page_names.items() if found in raws}
    title = opened.page_names.get("Settings")
    dated, findings = read_settings(by_name.get("Settings"), dict(settings or {}), title=title)
    made = Inputs(
        opened.book,
        tuple(opened.states),
        {page.name: by_name[page.name] for page in PAGES if page.name in by_name},
        opened.page_names,
        {},
        dated,
        {},
        {},
        findings,
    )
    made.allow_csv = allow_csv
    made.limits = _limits(dated, today)
    made.raw_control = {name: by_name[name] for name in CONTROL if name in by_name}
    _read_control(made, by_name, today)
    _read_deliveries(made, today)
    _find_sources(made, by_name, opened.given)
    others = [
        name for name, state in opened.states.items() if state != "visible" and name not in opened.page_names.values()
    ]
    _tell_hidden(made, [each for each in reading.peek(opened.book) if each.name in others] if others else [])
    made.digest = _digest(made, by_name)
    return made


def _warm_up() -> None:
    """Import what checking needs while the reading process is at work."""
    import pandera.pandas  # noqa: F401

    from loyalty_xl.contracts import rules  # noqa: F401


def _limits(dated: DatedSettings, today: date) -> Limits:
    """How much a department's file may ask of the machine, as Settings has it."""
    settings = dated.at(today)
    names = ("max_member_mb", "max_total_mb", "max_ratio", "max_members", "max_rows")
    return Limits(**{name: getattr(settings, name) for name in names})


def _read_control(made: Inputs, by_name: Mapping[str, RawSheet], today: date) -> None:
    contracts = {contract.name: contract for contract in everything()}
    settings = made.settings.at(today).replace(company_start=None)
    for name in CONTROL[1:]:
        if name in by_name and len(by_name[name]):
            sheet, found = checked_sheet(
                by_name[name], contracts[name], settings, title=made.page_names[name], today=FAR
            )
            made.control[name] = sheet
            quiet = {
                "W122",
                "W213",
                "W216",
                "W235",
                "W236",
            }  # an empty or half-filled control sheet is nothing to report
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


def _read_deliveries(made: Inputs, today: date) -> None:
    """Read what people wrote on Deliveries."""
    calendar = made.settings.at(today).calendar
    made.deliveries, found = read_deliveries(made.control.get("Deliveries"), departments(), calendar)
    written = {key: value for key, (value, _) in remembered(made.pages.get(RUN_LOG.name), LOGGED).items()}
    made.said = said_of(made.deliveries, written)
    made.findings += found


def _undecided(name: str, finding: Finding) -> bool:
    """A header that `new` put on Mapping and nobody has decided on is no fault."""
    return name == "Mapping" and finding.code == "E235"


def _find_sources(made: Inputs, by_name: Mapping[str, RawSheet], given: Mapping[str, str]) -> None:
    """Decide for every department sheet where it comes from, and read the files."""
    rows = _source_rows(made)
    for contract in departments():
        name = contract.name
        used = [row for row in rows.get(name, []) if row["use"] != "no"]
        if used or name in given:
            made.due.add(name)
        if name in given:
            made.sources[name] = _distinct(made, _read_files(made, contract, [{"file": given[name]}], Path.cwd()))
        elif any(row["file"] for row in used):
            files = _read_files(made, contract, rows[name], made.book.parent)
            own = [row for row in used if not row["file"]]
            if own and name in by_name:
                files = (_source(made, contract, by_name[name], made.page_names[name], "", "", own[0]), *files)
            made.sources[name] = _distinct(made, files)
        elif name in by_name:
            row = used[0] if used else {}
            made.sources[name] = (_source(made, contract, by_name[name], made.page_names[name], "", "", row),)
        if not made.sources.get(name, ()):
            made.sources.pop(name, None)


def _tell_hidden(made: Inputs, others: Sequence[ReadSheet]) -> None:
    """Name the hidden worksheets that look like a department sheet and were not read (W211).

    A page of the scorecard itself is read, hidden or not: it is hidden until it is needed, and rows there were put there.
    """
    told = [(sheet.name, sheet.name) for sheet in others if _delivers(sheet)]
    for path, (label, names) in made.hidden.items():
        told += [(f"[{label}]{name}", name) for name in sorted(names) if (path, name) not in made.read]
    made.findings += [Finding("W211", title, found=name) for title, name in told]


def _delivers(sheet: RawSheet) -> bool:
    """Say whether a worksheet has the name or the header of a department sheet, and a row below it."""
    known = {contract.name: contract for contract in departments()}
    contract = next((each for each in known.values() if Page(each.name, each.zh).find([sheet.name])), None)
    if contract is None:
        found = recognise(sheet, known.values())
        contract = found[0][0] if found else None
    return contract is not None and len(sheet) > find_header(sheet, contract).entry + 1


def _source_rows(made: Inputs) -> dict[str, list[dict[str, str]]]:
    known = {name.casefold(): contract.name for contract in departments() for name in (contract.name, contract.zh)}
    rows: dict[str, list[dict[str, str]]] = {}
    sources = made.control.get("Sources")
    if sources is None:
        return rows
    columns = ["sheet", "file", "worksheet", "header_row", "date_order", "profile", "covers_to", "use", "dept"]
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
        else:
            row["covers_to"] = row["covers_to"][:10]
            if not _profile_read(made, row["profile"], name, f"{sources.sent.get('profile', '')}{number}"):
                row["use"] = "no"
            rows.setdefault(name, []).append(row)
    return rows


def _profile_read(made: Inputs, text: str, sheet: str, cell: str) -> bool:
    """Read the export profile that a row of Sources names; a sheet whose profile cannot be read is not used."""
    if text and text not in made.profiles:
        try:
            made.profiles[text] = find_profile(text, made.book.parent, departments())
        except UsageError as error:
            made.findings.append(replace(from_error(error, made.page_names.get("Sources", "Sources")), cell=cell))
            made.stopped.add(sheet)
            return False
    return True


def _read_files(made: Inputs, contract: Contract, rows: Sequence[Mapping[str, str]], base: Path) -> tuple[Source, ...]:
    """Read the files of one sheet, in the order of their names. A row with `use` no takes a file out of a folder."""
    jobs: dict[tuple[Path, str], tuple[Path, Mapping[str, str]]] = {}
    unused: set[Path] = set()
    folders = []
    for row in rows:
        if not row["file"]:
            continue
        path = (base / row["file"]).expanduser()
        several = path.is_dir() or (glob.has_magic(row["file"]) and not path.exists())
        if row.get("use") == "no":
            unused |= {_real(each) for each in _members(made, base, row["file"])[0]} if several else {_real(path)}
        elif several:
            folders.append(row)
        else:
            jobs[_real(path), row.get("worksheet", "")] = (path, row)
    single = {path for path, _ in jobs}
    for row in folders:
        members, others = _members(made, base, row["file"])
        _sent_by(made, row["file"], contract, row)
        if others:
            found = ", ".join(each.name for each in others)
            made.findings.append(Finding("W276", f"[{row['file']}]", found=found, count=len(others)))
        if not members:
            error = read_errors.not_there(row["file"], "没有符合的文件", "no file fits")
            made.findings.append(from_error(error, f"[{row['file']}]"))
            made.stopped.add(contract.name)
        for each in members:
            if _real(each) not in unused | single:
                jobs.setdefault((_real(each), row.get("worksheet", "")), (each, row))
    names = [path.name for path in {path: path for path, _ in jobs}]
    labelled = [
        (_label(made, path, base, alone=names.count(path.name) == 1), worksheet, path, row)
        for (_, worksheet), (path, row) in jobs.items()
    ]
    labelled.sort(key=lambda each: each[:3])
    # what a person confirmed stays with the name that a file has in its sheet, whatever other sheets' files are called
    own = {path: path.name if names.count(path.name) == 1 else _below(path, base) for _, _, path, _ in labelled}
    read = (_read_file(made, contract, row, path, label, own[path]) for label, _, path, row in labelled)
    return tuple(each for each in read if each)


def _label(made: Inputs, path: Path, base: Path, *, alone: bool) -> str:
    """Name of a file in findings: with its folders where another file has the same name, of this sheet or another."""
    real = _real(path)
    if alone and made.labels.setdefault(path.name, real) == real:
        return path.name
    return _below(path, base)


def _sent_by(made: Inputs, label: str, contract: Contract, row: Mapping[str, str]) -> None:
    """Note which sheet, and whose, is read from what a finding calls *label*."""
    made.senders.setdefault(label, set()).add((contract.name, row.get("dept", "")))


def _members(made: Inputs, base: Path, text: str) -> tuple[list[Path], list[Path]]:
    """Files of a folder or pattern: those that can be read, and (of a folder) those that cannot.

    Hidden files, owner files (`~$...`) and the workbook itself are in neither.
    """
    path = Path(text).expanduser()
    folder = (base / path).is_dir()
    if folder:
        try:
            found = [each for each in (base / path).iterdir() if not each.name.startswith(".")]
        except OSError as error:
            made.findings.append(from_error(unreachable(base / path, error), f"[{text}]"))
            found = []
    else:  # `base` may hold a bracket, and a pattern may be absolute, which Path.glob does not take
        found = [base / each for each in glob.glob(str(path), root_dir=base, recursive=True)]  # noqa: PTH207
    own = _real(made.book)
    found = [each for each in sorted(found) if each.is_file() and not each.name.startswith("~$") and _real(each) != own]
    if not folder:
        return found, []
    fits = [each.suffix.lower() in reading.READABLE for each in found]
    return (
        [each for each, fit in zip(found, fits, strict=True) if fit],
        [each for each, fit in zip(found, fits, strict=True) if not fit],
    )


def _below(path: Path, base: Path) -> str:
    """Name of a file with its folders, as seen from *base*."""
    try:
        return _real(path).relative_to(_real(base)).as_posix()
    except ValueError:
        return _real(path).as_posix()


def _real(path: Path) -> Path:
    """The same path for the same file; links that run in a circle stay as they are, and are told when they are read."""
    return Path(os.path.realpath(path))


def _distinct(made: Inputs, files: tuple[Source, ...]) -> tuple[Source, ...]:
    """Files with the same cells are one delivery: the first is used, the others are noted (rule 27)."""
    if len(files) < 2:
        return files
    kept: dict[tuple[str, int | None, str, str], Source] = {}
    for each in files:
        key = (sheet_hash(each.raw), each.header_row, each.date_order, each.covers_to)
        if key in kept:
            first = kept[key]
            found = each.file or each.title
            made.findings.append(Finding("W238", each.title, found=found, expected=first.file or first.title))
        else:
            kept[key] = each
    return tuple(kept.values())


def _read_file(
    made: Inputs, contract: Contract, row: Mapping[str, str], path: Path, label: str, own: str
) -> Source | None:
    _sent_by(made, label, contract, row)
    try:
        raw, hashed = _from_file(made, path, contract, row, label)
    except ReadError as error:
        made.findings.append(from_error(error, f"[{label}]"))
        made.stopped.add(contract.name)
        return None
    title = f"[{label}]{raw.name}"
    if raw.origin:
        made.findings.append(Finding("W110", title, found=raw.origin))
    return _source(made, contract, raw, title, own, hashed, row)


def _source(
    made: Inputs, contract: Contract, raw: RawSheet, title: str, file: str, hashed: str, row: Mapping[str, str]
) -> Source:
    header_row = int(float(row["header_row"])) if row.get("header_row") else None
    profile = made.profiles[row["profile"]].sheets.get(contract.name) if row.get("profile") else None
    order, covers = row.get("date_order", ""), row.get("covers_to", "")
    return Source(contract, raw, title, file, hashed, header_row, order, covers, profile, row.get("dept", ""))


def _from_file(
    made: Inputs, path: Path, contract: Contract, row: Mapping[str, str], label: str
) -> tuple[ReadSheet, str]:
    """The worksheet of a file that holds the sheet, and the file's hash; not read again where it was read before."""
    kind = look(path, made.limits, allow_csv=made.allow_csv)
    if not memory.on() or kind == "encrypted":  # what a password opens is not remembered
        raw = _worksheet(made, path, contract, row, label)
        return raw, file_hash(path)
    stamped, hashed = unread.stamp(path), file_hash(path)
    profile = made.profiles[row["profile"]].sheets if row.get("profile") else None
    place = (_real(path).name, contract.name, row.get("worksheet", ""), str(profile))
    key = ("file", hashed, kind, *place, made.limits, made.allow_csv)
    known = unread.known_outside(key, path, made.limits, allow_csv=made.allow_csv)
    if known is not None:
        raw, note = known
        if note.hidden is not None:
            made.hidden[_real(path)] = (label, note.hidden)
        made.read.add((_real(path), note.name))
        return raw, hashed
    raw = _worksheet(made, path, contract, row, label)
    if unread.stamp(path) != stamped:
        return raw, file_hash(path)
    hidden = None if row.get("worksheet") else made.hidden[_real(path)][1]
    raw.__dict__[unread.FOUND] = unread.FoundOutside(key, hidden)
    return raw, hashed


def _worksheet(made: Inputs, path: Path, contract: Contract, row: Mapping[str, str], label: str) -> ReadSheet:
    """The worksheet of a file that holds the sheet: the one named, else the one of its name, else the one whose headers fit best."""
    worksheet = row.get("worksheet", "")
    if worksheet:
        made.read.add((_real(path), worksheet))
        return reading.read(path, [worksheet], made.limits, allow_csv=made.allow_csv)[worksheet]
    peeked = reading.peek(path, made.limits, allow_csv=made.allow_csv)
    shown = [each for each in peeked if each.state == "visible"] or peeked
    if not shown:
        raise read_errors.no_sheet(path.name, contract.name, [])
    delivering = frozenset(each.name for each in peeked if each.state != "visible" and _delivers(each))
    made.hidden[_real(path)] = (label, delivering)
    named = Page(contract.name, contract.zh).find(each.name for each in shown)
    if named is None:
        profiles = made.profiles[row["profile"]].sheets if row.get("profile") else None
        fitting = [
            (found[0][2], each.name)
            for each in shown
            if (found := [hit for hit in recognise(each, [contract], profiles) if hit[0] is contract])
        ]
        named = max(fitting)[1] if fitting else shown[0].name
    made.read.add((_real(path), named))
    return reading.read(path, [named], made.limits, allow_csv=made.allow_csv)[named]


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


FILLED = {
    "Dictionary": ("kpi", DEFINED),
    "Periods": ("period", (*FILLED_PERIOD, "reason")),
}  # key, the product's fields


def _own_words(made: Inputs, name: str) -> str:
    """What people wrote on a page that the product fills, row by row."""
    sheet = made.control.get(name)
    if sheet is None:
        return ""
    key, filled = FILLED[name]
    own = [field for field in sheet.frame if field not in filled and field != key]
    written = sheet.frame[sheet.frame[own].notna().any(axis=1)]
    return written[[key, *own]].astype(object).to_csv(index=False)


def _marks(made: Inputs) -> str:
    """What people wrote on Deliveries that decides anything."""
    rows = (
        (each.key, each.use, each.status == NIL, each.confirmed_by, each.confirmed_on)
        for each in made.deliveries
        if each.use or each.status == NIL or each.confirmed_by or each.confirmed_on
    )
    return "\n".join(map(str, sorted(rows, key=str)))


def _digest(made: Inputs, by_name: Mapping[str, RawSheet]) -> str:
    total = hashlib.sha256()
    for name in (each for each in CONTROL if each not in OF_NO_FIGURE):
        if name in FILLED:  # the product fills it: only what people wrote there is an input
            total.update(f"{name}:{_own_words(made, name)}\n".encode())
        elif name == "Deliveries":
            total.update(f"{name}:{_marks(made)}\n".encode())
        elif name in by_name:
            total.update(f"{name}:{sheet_hash(by_name[name])}\n".encode())
    for name, files in sorted(made.sources.items()):
        for source in files:
            total.update(f"{name}:{source.title}:{source.content_hash}\n".encode())
            if source.profile:
                total.update(f"{source.profile}\n".encode())
    for name in sorted(made.stopped):
        total.update(f"{name}:stopped\n".encode())
    titles = {made.page_names.get(name) for name in OF_NO_FIGURE}
    for finding in (each for each in made.findings if each.sheet not in titles):
        total.update(f"{finding}\n".encode())
    return total.hexdigest()


__all__ = ["CONTROL", "Inputs", "LoyaltyError", "Source", "file_hash", "gather", "sheet_hash"]
