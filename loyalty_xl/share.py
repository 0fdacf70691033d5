"""The door: the scorecard as new files for other people, from what the last refresh showed, and as mail where that is asked for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl.contracts.control_share import RECIPIENTS
from loyalty_xl.errors import ReadError, UsageError
from loyalty_xl.findings import sentence
from loyalty_xl.own_folder import OwnFolder, safe_name
from loyalty_xl.refreshing import as_shown
from loyalty_xl.settings_table import OF_SHARING
from loyalty_xl.sharing import ledger
from loyalty_xl.sharing.card import Audience
from loyalty_xl.sharing.collecting import Collection
from loyalty_xl.sharing.drafts import Letter, draft, fallback
from loyalty_xl.sharing.gate import Hit, own_texts, search, typed_texts
from loyalty_xl.sharing.gate_findings import as_findings
from loyalty_xl.sharing.ledger import Ledger
from loyalty_xl.sharing.packages import Package, package, sealed
from loyalty_xl.sharing.personal import personal
from loyalty_xl.sharing.recipients import Group, Recipient, groups, read_recipients
from loyalty_xl.sharing.since import facts_of
from loyalty_xl.sharing.suppression import Key
from loyalty_xl.stamp import now
from loyalty_xl.vocabulary import Cycle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.sharing.pictures import CannotDrawError
    from loyalty_xl.sharing.suppression import Why
    from loyalty_xl.vocabulary import Finding, Period

LEDGERS = ".loyalty_shares"  # beside the workbook: what was shared and sent
TOLD = 10  # places that a stopped share names
DRAFTS = "drafts"  # what drafts belong to, of whatever period
OTHERS = ("不是分享本工作簿产生的", "that no share of this workbook made")


@dataclass(frozen=True)
class Share:
    """What is shared, before or after it is written."""

    made: Refresh
    scorecard: str  # id
    version: int
    packages: dict[Audience, Package]
    groups: tuple[Group, ...]  # none where Recipients is empty: one draft without addresses
    files: dict[str, bytes]
    suppressed: Mapping[Key, Why]
    facts: Mapping[str, Any]  # what the next share wants to know
    findings: list[Finding] = field(default_factory=list)  # about recipients, and names that are labels too
    written: tuple[Path, ...] = ()

    @property
    def recipients(self) -> list[Recipient]:
        """Everybody who gets it, each once."""
        return list({each.address: each for group in self.groups for each in group.recipients}.values())


def prepare(made: Refresh, *, pictures: bool = True, password: str | None = None) -> Share:
    """Make everything that is shared of a run, in memory; nothing is written, nothing is opened.

    Parameters
    ----------
    made
        What the workbook shows (`refreshing.as_shown`).
    pictures
        Whether PDF and pictures are made.
    password
        With which the workbook can be opened; then nothing else tells a figure.

    Raises
    ------
    UsageError
        There is nothing to share.
    ReadError
        E410: something personal is in what would be shared.
    """
    if made.period is None or not made.lines:
        raise UsageError("", "没有可分享的记分卡。请先更新。", "There is no scorecard to share. Refresh first.")
    noted = ledger_of(made)
    shares = noted.shares
    whole = Collection.of(made, made.period, _kept_back(shares))
    known = whole.segments
    found, findings = read_recipients(
        made.inputs.control.get(RECIPIENTS.name), known, made.language, told=made.findings
    )
    to = groups(found)
    audiences = list(dict.fromkeys(audience_of(each) for each in to)) or [Audience(made.language)]
    calendar = made.settings.calendar
    shares = [each for each in shares if _alike(calendar.parse(each.period), made.period)]
    scorecard, version, last = _numbered(shares, whole.id, made.period.label)
    start = made.settings.mail_subject
    packages = {
        audience: package(whole.card(audience, scorecard, version, last), stem, start, pictures=pictures)
        for audience, stem in _stems(audiences, made.period.label, version).items()
    }
    files = _files(packages, to, made.language)
    hits = _search(files, packages, to, made)
    if stops := [hit for hit in hits if hit.stops]:
        raise personal_found(stops)
    if password:
        packages = {audience: sealed(each, password, start) for audience, each in packages.items()}
        files = _files(packages, to, made.language)
    findings += as_findings([hit for hit in hits if not hit.stops])
    findings += [each.finding for each in _undrawn(packages)]
    findings += noted.findings()
    findings += [each for each in made.findings if each.column in OF_SHARING]
    facts = facts_of(made, whole.card(Audience(made.language), scorecard).rows)
    facts["hidden"] = [list(key) for key in whole.figures.kept]
    return Share(made, scorecard, version, packages, tuple(to), files, whole.figures.hidden, facts, findings)


def audience_of(group: Group) -> Audience:
    """What a group gets, and may see."""
    return Audience(group.language, group.segments)


def ledger_of(made: Refresh) -> Ledger:
    """What was shared of a workbook, and to whom it was sent."""
    return Ledger(made.book.parent / LEDGERS / f"{made.book.name}.jsonl")


def _kept_back(shares: Iterable[ledger.Share]) -> list[Key]:
    """Figures that earlier shares did not show, of whatever period: this one shows them neither, else readers subtract what they were shown then."""
    return [Key(*key) for each in shares for key in each.facts.get("hidden", ())]


def _undrawn(packages: Mapping[Audience, Package]) -> list[CannotDrawError]:
    """Why PDF or pictures are missing, each reason once."""
    return list({each.en: each for made in packages.values() for each in made.undrawn}.values())


def _numbered(shares: Sequence[ledger.Share], content: str, period: str) -> tuple[str, int, ledger.Share | None]:
    """Id of a scorecard, its number among those shared of its period, and the share before it, of the same period where there is one.

    The last that was shared keeps its id and number. One that shows what an earlier version showed takes the place of those between:
    it is another one, with an id of its own.
    """
    held = [each for each in shares if each.period == period]
    last = held[-1] if held else None
    if last and last.scorecard in (content, _once_more(content, last.version)):
        before = [each for each in shares[: shares.index(last)] if each.scorecard != last.scorecard]
        return last.scorecard, last.version, _before(before, period)
    version = max((each.version for each in held), default=0) + 1
    known = any(each.scorecard == content for each in held)
    return _once_more(content, version) if known else content, version, _before(shares, period)


def _alike(period: Period | None, shown: Period) -> bool:
    """Whether the scorecard of a period can be compared with the one that is shown: as long, and not after it."""
    if shown.cycle in (Cycle.ALL, Cycle.RANGE):
        return period is None or period == shown
    return period is not None and period.cycle is shown.cycle and period.first <= shown.first


def _before(shares: Sequence[ledger.Share], period: str) -> ledger.Share | None:
    """The share that a new one is compared with."""
    return next((each for each in reversed(shares) if each.period == period), shares[-1] if shares else None)


def _once_more(content: str, version: int) -> str:
    return hashlib.sha256(f"{content} {version}".encode()).hexdigest()


def _stems(audiences: Iterable[Audience], period: str, version: int) -> dict[Audience, str]:
    """File names without ending, another one for each audience."""
    again = f"_v{version}" if version > 1 else ""
    names: dict[Audience, str] = {}
    taken: set[str] = set()
    for audience in audiences:
        seen = [] if audience.segments is None else [each.partition("=")[2] for each in audience.segments] or ["none"]
        segments = "+".join(seen).replace("@", "-")  # with which a name would look like an address
        stem = first = safe_name("_".join(filter(None, (f"scorecard_{period}{again}", audience.language, segments))))
        number = 1
        while stem.casefold() in taken:
            number += 1
            stem = f"{first}-{number}"
        taken.add(stem.casefold())
        names[audience] = stem
    return names


def _files(packages: Mapping[Audience, Package], to: list[Group], language: str) -> dict[str, bytes]:
    """What every audience gets, a draft for each group, and its text for programs that cannot open drafts."""
    files = {name: data for each in packages.values() for name, data in each.files.items()}
    for group in to or [Group("", language, None, ())]:
        letter = packages[audience_of(group)].letter
        stem = f"mail_{group.stem}" if group.stem else "mail"
        files[f"{stem}.eml"] = draft(letter, group.recipients)
        files[f"{stem}.txt"] = fallback(letter, group.recipients, group.language).encode("utf-8", "replace")
    return files


def _search(
    files: Mapping[str, bytes], packages: Mapping[Audience, Package], to: list[Group], made: Refresh
) -> list[Hit]:
    """Look for what is personal in all that was made."""
    whose = personal(made.sheets)
    allowed = {each.address for group in to for each in group.recipients}
    own = frozenset[str]().union(*(own_texts(each.card) for each in packages.values()))
    typed = frozenset[str]().union(*(typed_texts(each.card) for each in packages.values()))
    return search(files, whose, own, allowed, typed)


def personal_found(hits: Sequence[Hit]) -> ReadError:
    """The error that stops a share: what is personal, and where."""
    found = as_findings(hits)
    told = {each: "".join(f"\n  {sentence(one, each)}" for one in found[:TOLD]) for each in ("zh", "en")}
    more = len(found) - TOLD
    zh = (
        f"要分享的文件里有个人信息({len(found)} 处),没有生成任何文件。请在工作簿中删改(多半在“记分卡”的说明、责任人或行动人里),再分享。"
        + told["zh"]
    )
    en = (
        f"There is something personal in what would be shared (places: {len(found)}); no file was made. Take it out of the workbook (most often out of comment, owner or action by on Scorecard), and share again."
        + told["en"]
    )
    if more > 0:
        zh, en = f"{zh}\n  …… 还有 {more} 处", f"{en}\n  ... and {more} more"
    return ReadError("E410", zh, en)


def default_folder(book: Path) -> Path:
    """Where a share of a workbook goes unless another folder is named."""
    return book.parent / f"{book.stem}_share"


def write(made: Share, folder: Path | None = None) -> Share:
    """Write the files of a share, each as a whole or not at all, and note in the ledger that it was made.

    Files of an earlier share that nobody changed are replaced; changed ones are kept among the backups; files of others stay. Drafts
    to groups that are no more are taken away, and what this version left here when it was shared otherwise, as without a password.

    Raises
    ------
    UsageError
        E404: a file of that name is none of ours.
    WriteError
        A file is open elsewhere, or the folder cannot be written.
    """
    run = made.made
    folder = folder or default_folder(run.book)
    assert run.period is not None
    facts = {"workbook": run.book.name, "scorecard": made.scorecard, "version": made.version}
    own = OwnFolder(folder, f"{safe_name(run.book.stem)}_share.json", *OTHERS)  # which files of the folder are ours
    own.refuse_others(made.files)
    shown = {name: data for each in made.packages.values() for name, data in each.files.items()}
    drafts = {name: data for name, data in made.files.items() if name not in shown}
    written: list[Path] = []
    for files, of in ((shown, f"{run.period.label} {made.version}"), (drafts, DRAFTS)):
        written += own.write(files, facts, of)
        own.take_away(of, files)
    noted = ledger_of(run)
    if not any(each.scorecard == made.scorecard for each in noted.shares):
        on = date.fromisoformat(now()[:10])
        noted.add_share(ledger.Share(made.scorecard, run.period.label, made.version, on, dict(made.facts)))
    return replace(made, written=tuple(written))


def share(book: str | Path, folder: str | Path | None = None, **more: Any) -> Share:
    """Make and write everything that is shared of a workbook, from what its last refresh showed.

    Parameters
    ----------
    book
        The workbook; it stays as it is.
    folder
        Where the files go (default: `BOOK_share` beside it).
    more
        `pictures` and `password`, as `prepare` takes them; everything else as `refreshing.as_shown`.

    Returns
    -------
    Share
        What was made, and where it lies. Nothing is sent.

    Raises
    ------
    UsageError
        The workbook does not show what its data say now, or there is nothing to share.
    ReadError
        E410: something personal is in what would be shared.
    WriteError
        A file cannot be written.
    """
    asked = {name: more.pop(name) for name in ("pictures", "password") if name in more}
    return write(prepare(as_shown(book, **more), **asked), Path(folder) if folder else None)


def letters(made: Share) -> dict[str, Letter]:
    """The letter for every address."""
    return {
        each.address: made.packages[audience_of(group)].letter for group in made.groups for each in group.recipients
    }


__all__ = ["Share", "audience_of", "default_folder", "ledger_of", "letters", "prepare", "share", "write"]
