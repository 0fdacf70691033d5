"""Writes the return slips of all departments into a folder. Only files of our own are replaced, and none that somebody wrote in is lost."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import in_language
from loyalty_xl.books.saving import replace_file
from loyalty_xl.errors import UsageError
from loyalty_xl.publish.senders import label
from loyalty_xl.publish.slip_file import counted, named, text_of, write_workbook
from loyalty_xl.publish.slips import slips

if TYPE_CHECKING:
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.publish.slips import Slip

ABOUT = "loyalty_xl_slips.json"  # which files are ours, as we wrote them
UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
LONGEST = 60  # characters of a department in a file name


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
    folder.mkdir(parents=True, exist_ok=True)
    ours = _ours(folder)
    names = _names(found)
    _only_ours(folder, [f"{stem}{ending}" for stem in names.values() for ending in (".xlsx", ".txt")], ours)
    files: dict[str, list[Path]] = {}
    for slip in found:
        book, text = (folder / f"{names[slip.dept]}{ending}" for ending in (".xlsx", ".txt"))
        files[slip.dept] = [book, text]
        said = text_of([each for some in told.values() for each in some if each.dept == slip.dept], book.name)
        for path, content in ((book, _workbook(slip)), (text, said.encode())):
            _put(path, content, ours)
    written = {path.name for some in files.values() for path in some}
    removed = _take_away(folder, made.period.label if made.period else "", written, ours)
    _remember(folder, made, written, ours)
    return Written(folder, files, found, clean, removed)


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
        dept = safe(
            label(slip.dept, "en").lower().replace(" ", "-") if slip.language == "en" else label(slip.dept, "zh")
        )
        front = "return-slip" if slip.language == "en" else "退回单"
        stem = "_".join(part for part in (front, dept, safe(slip.period) if slip.period else "") if part)
        number = 1
        name = stem
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        names[slip.dept] = name
    return names


def safe(name: str) -> str:
    """Make a text a part of a file name on every system."""
    made = re.sub(r"\s+", " ", UNSAFE.sub("-", name)).strip(" .")[:LONGEST].rstrip(" .") or "-"
    return f"{made}-" if RESERVED.fullmatch(made) else made


def _ours(folder: Path) -> dict[str, dict[str, str]]:
    """Files that an earlier run wrote: name -> period and hash."""
    try:
        held = json.loads((folder / ABOUT).read_text(encoding="utf-8"))["files"]
        return {str(name): {"period": str(each["period"]), "hash": str(each["hash"])} for name, each in held.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _only_ours(folder: Path, names: list[str], ours: dict[str, dict[str, str]]) -> None:
    others = [name for name in names if name not in ours and (folder / name).exists()]
    if others:
        listed = ", ".join(others[:3])
        raise UsageError(
            "E404",
            f"{folder} 里已有不是退回单的同名文件:{listed}。没有覆盖。请换一个文件夹。",
            f"{folder} holds files of the same name that are no return slips of ours: {listed}. Nothing was written. Choose another folder.",
        )


def _put(path: Path, content: bytes, ours: dict[str, dict[str, str]]) -> None:
    """Write a file unless it is there; what somebody changed since we wrote it goes to the backups."""
    held = path.read_bytes() if path.exists() else None
    if held != content:
        if held is not None and _hash(held) != ours[path.name]["hash"]:
            replace_file(path, lambda new: new.write_bytes(content))
        else:
            replace_file(path, lambda new: new.write_bytes(content), backups=None)
    ours[path.name] = {"period": "", "hash": _hash(content)}


def _take_away(folder: Path, period: str, written: set[str], ours: dict[str, dict[str, str]]) -> list[Path]:
    """Take away slips of this period that say what is repaired by now, as far as they are as we wrote them."""
    removed = []
    for name in sorted(ours.keys() - written):
        path = folder / name
        if ours[name]["period"] != period or Path(name).name != name or not path.is_file():
            continue
        if _hash(path.read_bytes()) == ours[name]["hash"]:
            path.unlink()
            del ours[name]
            removed.append(path)
    return removed


def _remember(folder: Path, made: Refresh, written: set[str], ours: dict[str, dict[str, str]]) -> None:
    for name in written:
        ours[name]["period"] = made.period.label if made.period else ""
    text = json.dumps({"workbook": made.book.name, "files": dict(sorted(ours.items()))}, ensure_ascii=False, indent=1)
    replace_file(folder / ABOUT, lambda new: new.write_text(text, encoding="utf-8"), backups=None)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


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
