"""Who gets the scorecard: rows of Recipients to recipients. A row that cannot be understood is not used."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loyalty_xl.cells import column_letters
from loyalty_xl.contracts.control import DIMS
from loyalty_xl.contracts.control_share import RECIPIENTS
from loyalty_xl.contracts.targets import folded, records
from loyalty_xl.findings import address as place_of
from loyalty_xl.vocabulary import SEGMENT_DIMS, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loyalty_xl.contracts.contract import Sheet

NOT_IN_HEADERS = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, halves of characters, ends of line and paragraph
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"(?=.{{3,254}}$)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}", re.ASCII)
EVERYTHING = frozenset({"all", "全部", "所有", "全体"})
NOTHING = frozenset({"none", "无", "没有"})
DIM_NAMES = {folded(name): dim for dim, names in DIMS.items() if dim != "all" for name in (dim, *names)}
FORBIDDEN_IN_NAMES = re.compile(r"[\s<>:\"/\\|?*.@]+")  # with @ a name would look like an address
LONGEST_STEM = 60  # characters: a file name of it fits beside a long path


@dataclass(frozen=True)
class Recipient:
    """A person, or a list, that gets the scorecard."""

    name: str
    address: str
    group: str = ""
    language: str = "both"  # zh, en, both
    segments: tuple[str, ...] | None = None  # `region=华东`; None = all, () = only the figures of all customers
    cell: str = ""  # of the address: `Recipients!B3`

    @property
    def key(self) -> str:
        """What two spellings of one address have in common."""
        return self.address.casefold()


@dataclass(frozen=True)
class Group:
    """Those who get the same draft."""

    name: str  # as typed; "" = none
    language: str
    segments: tuple[str, ...] | None
    recipients: tuple[Recipient, ...]
    stem: str = ""  # for names of its files, another one for each group


def read_recipients(
    sheet: Sheet | None, known_segments: Iterable[tuple[str, str]], language: str, *, told: Iterable[Finding]
) -> tuple[list[Recipient], list[Finding]]:
    """Read the rows of a checked Recipients sheet.

    Parameters
    ----------
    sheet
        The sheet as `check_sheet` gives it.
    known_segments
        Dim and name of every segment that there is.
    language
        What a blank language means.
    told
        The findings so far. Where one of them says that a segments cell could not be read, that cell is not blank, and blank
        would mean all.

    Notes
    -----
    One address stands once: of two rows that show the same segments the first is used, of two that differ none (W423). Where
    there is no column of segments, but one whose header nobody knows, no row is used (E422).
    """
    if sheet is None or sheet.blocked:
        return [], []
    reader = _Reader(sheet, known_segments, language)
    if "segments" not in sheet.sent and sheet.unknown:
        reader.find("E422", 0, "segments", ", ".join(sheet.unknown), RECIPIENTS["segments"].zh, fault="column")
        return [], reader.findings
    barred = _unread(sheet, told)
    read = []
    for row, cells in records(sheet):
        texts = {name: str(cells.get(name) or "").strip() for name in RECIPIENTS.names}
        if texts["address"] and not (row in barred or (not texts["segments"] and 0 in barred)):
            made = reader.read(row, texts)
            if made is not None:
                read.append((row, made))
    return reader.once(read), reader.findings


def _unread(sheet: Sheet, told: Iterable[Finding]) -> set[int]:
    """Rows whose segments could not be read; 0 where there are more than are named."""
    column = sheet.sent.get("segments")
    rows: set[int] = set()
    for each in told:
        cells = {cell for cell in (each.cell, *each.cells) if re.sub(r"\d", "", cell) == column}
        if each.sheet == sheet.title and each.code.startswith("E") and cells:
            rows |= {int(re.sub(r"\D", "", cell) or 0) for cell in cells}
            if each.count > len(cells):
                rows.add(0)
    return rows


class _Reader:
    """Reads rows and collects what is wrong with them."""

    def __init__(self, sheet: Sheet, known_segments: Iterable[tuple[str, str]], language: str) -> None:
        self.sheet, self.language = sheet, language
        self.findings: list[Finding] = []
        self.known: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for dim, segment in sorted(set(known_segments)):
            if dim != "all":
                self.known[folded(segment)].append((dim, segment))

    def cell(self, row: int, field: str) -> str:
        """Address of a field in a row; row 0 is the whole sheet."""
        letters = self.sheet.sent.get(field) or column_letters(RECIPIENTS.names.index(field) + 1)
        return f"{letters}{row}" if row else ""

    def find(self, code: str, row: int, field: str, found: str, expected: str = "", **detail: str) -> None:
        """Note a finding on one cell."""
        column = self.sheet.headers.get(field, field)
        found = "".join("␤" if unicodedata.category(each) in NOT_IN_HEADERS else each for each in found)
        place = self.cell(row, field)
        self.findings.append(
            Finding(code, self.sheet.title, place, found, expected, column, detail=tuple(detail.items()))
        )

    def read(self, row: int, texts: dict[str, str]) -> Recipient | None:
        """Read one row; None where it cannot be used."""
        before = len(self.findings)
        for field in ("name", "address", "group"):
            if not fits_header(texts[field]):
                self.find("E421", row, field, texts[field])
        if fits_header(texts["address"]) and not ADDRESS.fullmatch(texts["address"]):
            self.find("E420", row, "address", texts["address"], suggested(texts["address"]))
        segments = self.segments(row, texts["segments"])
        if len(self.findings) > before:
            return None
        place = place_of(Finding("", self.sheet.title, self.cell(row, "address")))
        return Recipient(
            texts["name"], texts["address"], texts["group"], texts["language"] or self.language, segments, place
        )

    def segments(self, row: int, text: str) -> tuple[str, ...] | None:
        """Read what a row may see."""
        if not text or folded(text) in EVERYTHING:
            return None
        if folded(text) in NOTHING:
            return ()
        found: set[tuple[str, str]] = set()
        pieces = [piece.strip() for piece in re.split(r"[;；\n]", text)]
        for piece in filter(None, pieces):
            parts = [piece] if len(self.meant(piece)) == 1 else re.split(r"[,，、]", piece)
            for part in filter(None, map(str.strip, parts)):
                meant = self.meant(part)
                if len(meant) == 1:
                    found.add(meant[0])
                else:
                    fault = "ambiguous" if meant else "unknown"
                    expected = [f"{dim}={segment}" for dim, segment in meant or self.nearest(part)]
                    self.find("E422", row, "segments", part, ", ".join(expected), fault=fault)
                    return ()
        if not found:
            self.find("E422", row, "segments", text, fault="unknown")
        order = sorted(found, key=lambda each: (SEGMENT_DIMS.index(each[0]), each[1]))
        return tuple(f"{dim}={segment}" for dim, segment in order)

    def meant(self, text: str) -> list[tuple[str, str]]:
        """Give the segments that a text may mean."""
        dim, equals, name = unicodedata.normalize("NFKC", text).partition("=")
        wanted = DIM_NAMES.get(folded(dim)) if equals else None
        if wanted:
            return [each for each in self.known.get(folded(name), ()) if each[0] == wanted]
        return self.known.get(folded(text), [])

    def nearest(self, text: str) -> list[tuple[str, str]]:
        """Give the segments whose names look most like a text."""
        from rapidfuzz import process

        hits = process.extract(folded(text.rpartition("=")[2]), list(self.known), limit=3)
        return [each for name, _, _ in hits for each in self.known[name]][:3]

    def once(self, read: Sequence[tuple[int, Recipient]]) -> list[Recipient]:
        """Leave out further rows of an address, and all of them where they do not show the same."""
        by_address: dict[str, list[tuple[int, Recipient]]] = defaultdict(list)
        for row, each in read:
            by_address[each.key].append((row, each))
        kept = []
        for (row, first), *others in by_address.values():
            same = all(other.segments == first.segments for _, other in others)
            for again, other in others:
                used = "first" if same else "none"
                self.find("W423", again, "address", other.address, self.cell(row, "address"), used=used)
            if same:
                kept.append(first)
        return kept


def fits_header(text: str) -> bool:
    """Whether a text can stand in one line of a mail's head: no line break, no control character, no half of a character."""
    return not any(unicodedata.category(each) in NOT_IN_HEADERS for each in text)


def suggested(text: str) -> str:
    """Give the address that a text means but does not write as one, "" where that is not plain."""
    plain = unicodedata.normalize("NFKC", text).replace("。", ".")
    found = re.fullmatch(r"(?:[^<>@]*<)?\s*(?:mailto:)?([^<>]*?)\s*>?", plain, re.IGNORECASE)
    return found[1] if found and ADDRESS.fullmatch(found[1]) else ""


def groups(recipients: Iterable[Recipient]) -> list[Group]:
    """Put those together who get the same draft: one for each group, language and set of segments, sorted by them."""
    together: dict[tuple[str, str, tuple[str, ...] | None], list[Recipient]] = defaultdict(list)
    for each in recipients:
        together[each.group, each.language, each.segments].append(each)
    made, stems = [], set[str]()
    for (name, language, segments), some in sorted(
        together.items(), key=lambda each: (each[0][0], each[0][1], each[0][2] is not None, each[0][2] or ())
    ):
        stem = first = _stem(name, language, segments)
        number = 1
        while stem.casefold() in stems:
            number += 1
            stem = f"{first}-{number}"
        stems.add(stem.casefold())
        made.append(Group(name, language, segments, tuple(some), stem))
    return made


def _stem(name: str, language: str, segments: tuple[str, ...] | None) -> str:
    """Give what names the files of a group: its name and language, and what it may see where that is not all."""
    seen = [] if segments is None else [each.partition("=")[2] for each in segments] or ["none"]
    words = [FORBIDDEN_IN_NAMES.sub("-", word).strip("-") for word in (name, *seen)]
    start = "-".join(filter(None, words)) or "all"
    return f"{start[:LONGEST_STEM].rstrip('-')}-{language}"


__all__ = ["ADDRESS", "Group", "Recipient", "fits_header", "groups", "read_recipients", "suggested"]
