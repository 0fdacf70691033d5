"""Writes the return slips of all departments into a folder. Only files of our own are replaced, and none that somebody wrote in is lost."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import in_language
from loyalty_xl.own_folder import OwnFolder, safe_name
from loyalty_xl.publish.senders import label
from loyalty_xl.publish.slip_file import counted, named, text_of, write_workbook
from loyalty_xl.publish.slips import slips

if TYPE_CHECKING:
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.publish.slips import Slip

ABOUT = "loyalty_xl_slips.json"  # which files are ours, as we wrote them


@dataclass(frozen=True)
class Written:
    """What became of the slips."""

    folder: Path
    files: dict[str, list[Path]]  # department -> workbook, text
    slips: list[Slip]
    clean: list[str]  # departments that sent something and have nothing to repair
    removed: list[Path]  # slips of an earlier run for which nothing is left to repair


def write_slips(made: Refresh, folder: Path, language: str | None = None) -> Written:
    """Write workbook and text of every department that has findings into *folder*.

    A slip of an earlier run is replaced; one that somebody changed since (an answer typed in) is kept among the backups.
    A slip of this period for which nothing is left to repair is taken away, unless somebody changed it.

    Raises
    ------
    UsageError
        A file of that name is none of ours.
    """
    language = language or made.language
    found, clean = slips(made, language)
    told = {each: slips(made, each)[0] for each in ("zh", "en")} if language == "both" else {language: found}
    own = OwnFolder(folder, ABOUT, "不是退回单的", "that are no return slips of ours")
    names = _names(found)
    own.refuse_others(f"{stem}{ending}" for stem in names.values() for ending in (".xlsx", ".txt"))
    contents: dict[str, bytes] = {}
    files: dict[str, list[Path]] = {}
    for slip in found:
        book, text = (f"{names[slip.dept]}{ending}" for ending in (".xlsx", ".txt"))
        files[slip.dept] = [folder / book, folder / text]
        said = text_of([each for some in told.values() for each in some if each.dept == slip.dept], book)
        contents |= {book: _workbook(slip), text: said.encode()}
    period = made.period.label if made.period else ""
    own.write(contents, {"workbook": made.book.name}, period)
    return Written(folder, files, found, clean, own.take_away(period, contents))


def _workbook(slip: Slip) -> bytes:
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "slip.xlsx"
        write_workbook(path, slip)
        return path.read_bytes()


def _names(found: list[Slip]) -> dict[str, str]:
    """File names without ending, one for each department."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for slip in found:
        dept = safe_name(
            label(slip.dept, "en").lower().replace(" ", "-") if slip.language == "en" else label(slip.dept, "zh")
        )
        front = "return-slip" if slip.language == "en" else "退回单"
        stem = "_".join(part for part in (front, dept, safe_name(slip.period) if slip.period else "") if part)
        number = 1
        name = stem
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        names[slip.dept] = name
    return names


def slips_text(written: Written, language: str) -> str:
    """What was written for whom, and who has nothing to repair."""
    lines = []
    for slip in written.slips:
        waits = named(slip.lines or slip.waiting, language)
        waiting = in_language(f";在等:{waits}", f"; waiting: {waits}", language) if waits else ""
        files = ", ".join(str(path) for path in written.files[slip.dept])
        lines.append(f"{label(slip.dept, language)}: {counted(slip, language)}{waiting}\n    {files}")
    nothing = in_language("没有要改的", "nothing to repair", language)
    lines += [f"{label(dept, language)}: {nothing}" for dept in written.clean]
    if written.removed:
        names = ", ".join(path.name for path in written.removed)
        lines.append(in_language(f"已改好,取走旧退回单:{names}", f"Repaired; slips taken away: {names}", language))
    return "\n".join([in_language("退回单:", "Return slips:", language), *lines])


def slips_json(written: Written) -> dict[str, Any]:
    """The same as a part of the JSON document."""
    return {
        "written_to": [str(path) for files in written.files.values() for path in files],
        "departments": [
            {
                "dept": slip.dept,
                "errors": slip.errors,
                "warnings": slip.warnings,
                "waiting_lines": slip.lines,
                "waiting": slip.waiting,
                "files": [str(path) for path in written.files[slip.dept]],
            }
            for slip in written.slips
        ],
        "nothing_to_repair": written.clean,
        "removed": [str(path) for path in written.removed],
    }
