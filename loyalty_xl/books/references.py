"""Which cells a formula reads, and which formulas are reached from cells that change."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from loyalty_xl.books.refusals import Table
from loyalty_xl.books.sheet_xml import LAST_COLUMN, LAST_ROW, Area, area, inside

Cell = tuple[str, int, int]  # sheet in lower case, row, column
Place = tuple[str, Area]

EVERYTHING: Area = (1, 1, LAST_ROW, LAST_COLUMN)
TOKEN = re.compile(
    r"""
    "(?:[^"]|"")*"                                                     # a text
    | (?P<sheet>'(?:[^']|'')+'!|[\w.\[\]]+(?::[\w.]+)?!)?              # the sheet before it
      (?: (?P<area>\$?[A-Za-z]{1,3}\$?\d{1,7}(?::\$?[A-Za-z]{1,3}\$?\d{1,7})?
                   |\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?\d{1,7}:\$?\d{1,7})(?![\w.(!])
        | (?P<function>[^\W\d][\w.]*)\s*\(
        | (?P<name>[^\W\d][\w.\\?]*)(?P<table>\[(?:[^\[\]]|\[[^\[\]]*\])*\])? )
    """,
    re.VERBOSE,
)
SPREAD = re.compile(r":\s*(?:'(?:[^']|'')+'!|[\w.\[\]]+!)")  # S!A1:S!B2, Jan:Dec!A1
FIXED = re.compile(r"(?:(?:\$[A-Za-z]+\$\d+|\$[A-Za-z]+|\$\d+):?)+")  # what a name means wherever it is used
OUTSIDE = {  # results that only the program with the source at hand can know
    "GETPIVOTDATA", "RTD", "WEBSERVICE", "CELL", "INFO", "CALL", "REGISTER.ID", "SQL.REQUEST", "DDE", "STOCKHISTORY",
    "CUBEMEMBER", "CUBEVALUE", "CUBESET", "CUBESETCOUNT", "CUBERANKEDMEMBER", "CUBEKPIMEMBER", "CUBEMEMBERPROPERTY",
}  # fmt: skip
DEEPEST = 8  # names within names


@dataclass(frozen=True)
class Reads:
    """What a formula reads."""

    places: frozenset[Place] = frozenset()
    anything: bool = False  # INDIRECT, or a name nobody knows
    outside: bool = False  # another workbook, a service, a pivot table
    functions: frozenset[str] = frozenset()  # as they are written


@dataclass(frozen=True)
class Names:
    """What the names in a workbook's formulas stand for."""

    formulas: Mapping[str, list[str]]  # name in lower case -> what it is defined as, workbook and sheets together
    tables: Mapping[str, Place]

    @classmethod
    def read(cls, workbook: etree._Element, tables: Iterable[tuple[str, Table]]) -> Names:
        """Read the names of a workbook part, and those of tables given with their sheets."""
        formulas: dict[str, list[str]] = defaultdict(list)
        for name in workbook.iterfind("{*}definedNames/{*}definedName"):
            formulas[(name.get("name") or "").lower()].append(name.text or "")
        places = {}
        for sheet, table in tables:
            for title in (table.root.get("name"), table.root.get("displayName")):
                places[(title or "").lower()] = (sheet.lower(), table.area)
        return cls(formulas, places)


def reads(formula: str, sheet: str, names: Names, depth: int = 0) -> Reads:
    """Tell what a formula on *sheet* reads; where in doubt, more rather than less."""
    places: set[Place] = set()
    functions: set[str] = set()
    anything = depth > DEEPEST or bool(SPREAD.search(formula))
    outside = wide = False
    for token in TOKEN.finditer(formula):
        if token[0].startswith('"'):
            continue
        where = (token["sheet"] or "").rstrip("!").strip("'").replace("''", "'").lower() or sheet.lower()
        if "[" in where:
            outside = True
        elif ":" in where:  # Jan:Dec!A1
            anything = True
        elif token["area"]:
            found = area(token["area"].upper())
            places.add((where, EVERYTHING if depth and not FIXED.fullmatch(token["area"]) else found))
        elif token["function"]:
            function = token["function"].upper().removeprefix("_XLFN.").removeprefix("_XLWS.")
            functions.add(token["function"])
            anything |= function == "INDIRECT"
            outside |= function in OUTSIDE
            wide |= function == "OFFSET"
        elif token["name"].lower() in names.tables:
            places.add(names.tables[token["name"].lower()])
        elif token["name"].lower() in names.formulas and depth <= DEEPEST:
            for text in names.formulas[token["name"].lower()]:
                within = reads(text, sheet, names, depth + 1)
                places |= within.places
                functions |= within.functions
                anything, outside = anything | within.anything, outside | within.outside
        else:
            anything |= token["name"].upper() not in ("TRUE", "FALSE")
    found_places = frozenset((at, EVERYTHING) for at, _ in places) if wide else frozenset(places)
    return Reads(found_places, anything, outside, frozenset(functions))


@dataclass
class Dependents:
    """Formulas by what they read."""

    readers: dict[Place, list[Cell]] = field(default_factory=lambda: defaultdict(list))
    anything: set[Cell] = field(default_factory=set)
    covers: dict[Cell, Area] = field(default_factory=dict)  # what an array formula fills

    def add(self, cell: Cell, read: Reads, covers: Area | None = None) -> None:
        """Take in a formula."""
        for place in read.places:
            self.readers[place].append(cell)
        if read.anything:
            self.anything.add(cell)
        if covers:
            self.covers[cell] = covers

    def reached(self, cells: Iterable[Cell], sheets: Iterable[str] = ()) -> set[Cell]:
        """Give all formulas that depend on *cells*, or on any cell of *sheets*, at whatever remove; *cells* too."""
        near: dict[tuple[str, int, int], list[Area]] = defaultdict(list)
        far: dict[str, list[Area]] = defaultdict(list)
        whole = {sheet.lower() for sheet in sheets}
        waiting = list(cells)
        for (sheet, read), dependents in self.readers.items():
            if sheet in whole:
                waiting += dependents
            elif spot_count(read) > 64:
                far[sheet].append(read)
            else:
                for spot in spots(read):
                    near[sheet, *spot].append(read)
        if waiting:
            waiting += self.anything
        found: set[Cell] = set()
        done: set[Place] = set()
        while waiting:
            cell = waiting.pop()
            if cell in found:
                continue
            found.add(cell)
            if cell in self.covers:
                top, left, bottom, right = self.covers[cell]
                waiting += [(cell[0], r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)]
            sheet, row, column = cell
            for candidates in (far[sheet], near[sheet, column, row >> 8]):
                hit = [read for read in candidates if inside(row, column, read)]
                for read in hit:
                    candidates.remove(read)
                    if (sheet, read) not in done:
                        done.add((sheet, read))
                        waiting += self.readers[sheet, read]
        return found


def spot_count(of: Area) -> int:
    """Count the spots of an area."""
    return (of[3] - of[1] + 1) * ((of[2] >> 8) - (of[0] >> 8) + 1)


def spots(of: Area) -> Iterator[tuple[int, int]]:
    """Give column and block of 256 rows of each spot that an area touches."""
    for column in range(of[1], of[3] + 1):
        for block in range(of[0] >> 8, (of[2] >> 8) + 1):
            yield column, block
