"""The backups of a workbook: which there are, what each of them shows, and which one somebody means."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl.books import reading
from loyalty_xl.books.owners import clock_text
from loyalty_xl.books.places import RUN_LOG, SCORECARD, in_language
from loyalty_xl.books.saving import counter, find_backup, newest_backups, restore
from loyalty_xl.errors import LoyaltyError, UsageError
from loyalty_xl.publish.layout import held, read_layout
from loyalty_xl.publish.run_log import entries_of, last

if TYPE_CHECKING:
    from loyalty_xl.cells import RawSheet

NUMBER = re.compile(r"\d{1,6}")


@dataclass(frozen=True)
class Backup:
    """One backup: the workbook as it was when it was last saved before a refresh."""

    number: int
    path: str
    saved: str  # when that state was saved
    size: int  # bytes
    period: str = ""  # that its Scorecard shows; "" = never refreshed
    fingerprint: str = ""
    refreshed_by: str = ""
    refreshed_at: str = ""


def backups_of(book: Path) -> list[Backup]:
    """Give the backups of *book*, the newest first, each with what its own pages tell."""
    return [_told(each) for each in newest_backups(book)]


def _told(path: Path) -> Backup:
    found = path.stat()
    bare = Backup(counter(path), str(path), clock_text(found.st_mtime), found.st_size)
    try:
        pages = read_pages(path, (RUN_LOG.name, SCORECARD.name))
    except LoyaltyError:  # it is listed all the same: it can be put back
        return bare
    run = last(entries_of(pages.get(RUN_LOG.name)), "run")
    head = _head(pages.get(SCORECARD.name)) if run else {}
    return replace(
        bare,
        period=run.get("period", ""),
        fingerprint=run.get("fingerprint", "")[:12],
        refreshed_by=head.get("refreshed_by", ""),
        refreshed_at=head.get("refreshed_at", ""),
    )


def _head(page: RawSheet | None) -> dict[str, str]:
    """Who refreshed a workbook and when, as its Scorecard says."""
    layout = read_layout(page) if page is not None else None
    if page is None or layout is None:
        return {}
    keys = ("refreshed_by", "refreshed_at")
    return {key: str(held(page, *layout.head[key]) or "") for key in keys if key in layout.head}


def read_pages(book: Path, names: tuple[str, ...]) -> dict[str, RawSheet]:
    """Read some pages of a workbook by their names in zh or en.

    Raises
    ------
    ReadError
        The file cannot be read.
    """
    from loyalty_xl.books.places import PAGES

    reading.require_package(book)
    states = reading.sheet_states(book)
    visible_first = sorted(states, key=lambda name: states[name] != "visible")
    found = {page.name: page.find(visible_first) for page in PAGES if page.name in names}
    wanted = [title for title in found.values() if title is not None]
    raws = reading.read(book, wanted) if wanted else {}
    return {name: raws[title] for name, title in found.items() if title in raws}


def chosen(book: Path, since: str | None) -> Path:
    """Give the state of *book* that *since* means: a backup's number or file, or the state at the end of a day.

    Without *since*: the newest backup. The state at the end of a day may be *book* itself, when it was saved by then.
    """
    if since is None:
        return find_backup(book)
    if NUMBER.fullmatch(since):
        return find_backup(book, int(since))
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", since):
        return _at_end_of(book, since)
    kept = newest_backups(book)
    for path in (Path(since), *(each for each in kept if since in (each.name, each.stem))):
        if path.is_file():
            return path
    raise UsageError(
        "",
        f"没有备份“{since}”。写备份的编号、文件或日期(2026-07-31);查看:loyalty-xl restore {book} --list",
        f"There is no backup {since!r}. Write its number, its file or a day (2026-07-31); they are listed by loyalty-xl restore {book} --list",
    )


def _at_end_of(book: Path, text: str) -> Path:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError("", f"“{text}”不是日期", f"{text} is no date") from None
    kept = newest_backups(book)
    for path in (book, *kept):
        if datetime.fromtimestamp(path.stat().st_mtime).astimezone().date() <= day:
            return path
    oldest = f"{counter(kept[-1])} ({clock_text(kept[-1].stat().st_mtime)})" if kept else "–"
    raise UsageError(
        "",
        f"没有 {text} 或更早的备份;最早的是 {oldest}",
        f"There is no backup of {text} or before; the oldest is {oldest}",
    )


def listed(book: Path) -> tuple[tuple[str, str], dict[str, Any]]:
    """The backups of *book* as a list in zh and en, and for programs."""
    found = backups_of(book)
    return (_list_text(book, found, "zh"), _list_text(book, found, "en")), {"backups": [asdict(each) for each in found]}


def put_back(book: Path, number: int | None = None) -> tuple[tuple[str, str], dict[str, Any]]:
    """Put the newest backup back, or the one with *number*, and say so in zh and en, and for programs.

    Raises
    ------
    WriteError
        E404: there is none; others as of every write.
    """
    number = counter(find_backup(book, number))
    kept = restore(book, number=number)
    said = (
        f"已恢复 {book} 的备份 {number};恢复前的文件保存在 {kept}",
        f"Put backup {number} of {book} back; the file that was there is kept as {kept}",
    )
    return said, {"written_to": str(book), "backup": number, "previous": str(kept)}


def _list_text(book: Path, found: list[Backup], language: str) -> str:
    """The backups as a list, the newest first."""
    if not found:
        return in_language(f"{book.name} 没有备份。", f"There is no backup of {book.name}.", language)
    lines = [in_language(f"{book.name} 的备份,最近的在前:", f"Backups of {book.name}, the newest first:", language)]
    for each in found:
        parts = [f"{each.number:>4}", each.saved, f"{each.size / 1024:,.0f} kB"]
        if each.period:
            parts += [each.period, each.fingerprint]
            who = " ".join(filter(None, (each.refreshed_by, each.refreshed_at)))
            parts.append(in_language(f"更新:{who}", f"refreshed: {who}", language))
        else:
            parts.append(in_language("从未更新", "never refreshed", language))
        lines.append("  ".join(parts))
    show = f"loyalty-xl restore {book} --backup {found[0].number}"
    return "\n".join([*lines, in_language(f"恢复其中一份:{show}", f"Put one back: {show}", language)])


__all__ = ["Backup", "backups_of", "chosen", "listed", "put_back", "read_pages"]
