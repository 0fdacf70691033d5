"""Complaint classes over the versions of their taxonomy: what a class of an older version is called in the newest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

FAR = 10**9  # a day that does not come
NAMES = ("code", "name_zh", "name_en")


@dataclass(frozen=True)
class Class:
    """One class of one version."""

    version: str
    code: str
    parent: str
    name_zh: str
    name_en: str
    first: int
    last: int
    maps_to: str

    def spelled_like(self, text: str, other: Class) -> str:
        """Give this class by code or name, as *text* names *other*."""
        folded = text.strip().casefold()
        name = next((name for name in NAMES if getattr(other, name).strip().casefold() == folded), "code")
        return getattr(self, name) or self.name_zh or self.code


class Taxonomy:
    """All versions of the taxonomy, the newest last."""

    def __init__(self, frame: pd.DataFrame | None) -> None:
        self.classes: list[Class] = []
        if frame is not None and len(frame):
            texts = [_texts(frame[name]) for name in ("version", "code", "parent", *NAMES[1:])]
            spans = zip(_days(frame["valid_from"], -FAR), _days(frame["valid_to"], FAR), strict=True)
            for words, (first, last), target in zip(
                zip(*texts, strict=True), spans, _texts(frame["maps_to"]), strict=True
            ):
                version, code, parent, zh, en = words
                self.classes.append(Class(version, code, parent, zh, en, first, last, target))
        begun: dict[str, int] = {}
        for each in self.classes:
            begun[each.version] = max(begun.get(each.version, -FAR), each.first)
        self.versions = sorted(begun, key=lambda version: (begun[version], version))
        self._place = {version: number for number, version in enumerate(self.versions)}
        self.by_code = {(each.version, each.code.casefold()): each for each in self.classes}
        self._by_text: dict[str, list[Class]] = {}
        for each in self.classes:
            for name in NAMES:
                if text := getattr(each, name).strip().casefold():
                    self._by_text.setdefault(text, []).append(each)

    @property
    def newest(self) -> str:
        """The version in whose terms complaints are shown."""
        return self.versions[-1] if self.versions else ""

    def valid(self, text: str, day: int) -> Class | None:
        """Give the class that *text* names on a day, by code or name; of several versions the newest."""
        found = [each for each in self._by_text.get(text.strip().casefold(), ()) if each.first <= day <= each.last]
        return max(found, key=lambda each: self._place[each.version], default=None)

    def renewed(self, each: Class) -> Class | None:
        """Follow a class to the newest version: by maps_to, and where it names nothing by its own code; None when it leads nowhere."""
        seen = {each}
        while each.version != self.newest:
            follower = self._follower(each)
            if follower is None or follower in seen:
                return None
            seen.add(follower)
            each = follower
        return each if not each.maps_to else self._within(each, seen)

    def is_circle(self, each: Class) -> bool:
        """Say whether following maps_to leads back to a class that was passed."""
        seen = [each]
        while seen[-1].maps_to and (follower := self._follower(seen[-1]) or self._same(seen[-1])) is not None:
            if follower in seen:
                return True
            seen.append(follower)
        return False

    def _same(self, each: Class) -> Class | None:
        """Give the class of the same version that *each* was merged into."""
        found = self.by_code.get((each.version, each.maps_to.casefold()))
        return found if found is not each else None

    def _within(self, each: Class, seen: set[Class]) -> Class | None:
        """Follow maps_to within the newest version, where a class was merged into another."""
        while each.maps_to and each.maps_to.casefold() != each.code.casefold():
            follower = self.by_code.get((each.version, each.maps_to.casefold()))
            if follower is None or follower in seen:
                return None
            seen.add(follower)
            each = follower
        return each

    def _follower(self, each: Class) -> Class | None:
        """Give the class that replaces *each*: of the next version that has it, the newest one where maps_to skips versions."""
        wanted = (each.maps_to or each.code).casefold()
        later = self.versions[self._place[each.version] + 1 :]
        for version in later:
            if found := self.by_code.get((version, wanted)):
                return found
        same = self.by_code.get((each.version, wanted)) if each.maps_to else None
        return same if same is not None and same is not each else None


def classified(frame: pd.DataFrame, taxonomy: Taxonomy, days: np.ndarray) -> np.ndarray:
    """Say whether the taxonomy valid on the day of each complaint knows its class (by code or name)."""
    given = frame["class_l1"].notna().to_numpy()
    if not taxonomy.classes:
        return given.astype(np.int64)
    l1, l2 = (frame[name].astype(object).to_numpy() for name in ("class_l1", "class_l2"))
    known = np.zeros(len(frame), dtype=bool)
    judged: dict[tuple[str, int], bool] = {}

    def is_valid(text: str, day: int) -> bool:
        key = (text, day)
        if key not in judged:
            judged[key] = taxonomy.valid(text, day) is not None
        return judged[key]

    for i, (one, two, day) in enumerate(zip(l1, l2, days.tolist(), strict=True)):
        texts = [text for text in (one, two) if isinstance(text, str)]
        known[i] = bool(texts) and all(is_valid(text, day) for text in texts)
    return (known & given).astype(np.int64)


def renewed(frame: pd.DataFrame, taxonomy: Taxonomy, days: np.ndarray) -> tuple[list[str | None], list[str | None]]:
    """Give class and subclass of each complaint in the newest version's terms; one that leads nowhere stays as it was sent."""
    l1, l2 = (frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in ("class_l1", "class_l2"))
    if len(taxonomy.versions) < 2:
        return l1, l2
    made: dict[tuple[str | None, str | None, int], tuple[str | None, str | None]] = {}
    for key in zip(l1, l2, days.tolist(), strict=True):
        if key not in made:
            made[key] = _renewed(taxonomy, *key)
    both = [made[key] for key in zip(l1, l2, days.tolist(), strict=True)]
    return [one for one, _ in both], [two for _, two in both]


def _renewed(taxonomy: Taxonomy, one: str | None, two: str | None, day: int) -> tuple[str | None, str | None]:
    new_one, new_two = _one_renewed(taxonomy, one, day), _one_renewed(taxonomy, two, day)
    if one is not None and new_two is not None and two is not None and new_two[0].parent:  # the subclass may have moved
        parent = taxonomy.by_code.get((taxonomy.newest, new_two[0].parent.casefold()))
        old = taxonomy.valid(one, day)
        if parent is not None and old is not None:
            return parent.spelled_like(one, old), new_two[1]
    return (new_one[1] if new_one else one), (new_two[1] if new_two else two)


def _one_renewed(taxonomy: Taxonomy, text: str | None, day: int) -> tuple[Class, str] | None:
    old = taxonomy.valid(text, day) if text is not None else None
    new = taxonomy.renewed(old) if old is not None else None
    if text is None or old is None or new is None:
        return None
    return new, text if new.version == old.version and new is old else new.spelled_like(text, old)


def _texts(column: pd.Series) -> list[str]:
    return [each if isinstance(each, str) else "" for each in column.astype(object)]


def _days(column: pd.Series, missing: int) -> list[int]:
    values = column.to_numpy().astype("datetime64[D]")
    return list(np.where(np.isnat(values), missing, values.astype(np.int64)).tolist())
