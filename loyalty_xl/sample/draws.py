"""Draws that are the same on every machine and in every Python: only `Random.random` is used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import TypeVar

Choice = TypeVar("Choice")


class Draws:
    """A stream of draws from a fixed seed (an int, so that no hash decides)."""

    def __init__(self, seed: int) -> None:
        self._uniform = Random(seed).random

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Give a number in [low, high)."""
        return low + (high - low) * self._uniform()

    def chance(self, probability: float) -> bool:
        """Say yes with *probability*."""
        return self._uniform() < probability

    def whole(self, low: int, high: int) -> int:
        """Give a whole number, both ends included."""
        return low + int((high - low + 1) * self._uniform())

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        """Give one of *choices*, each as likely as the other."""
        return choices[int(len(choices) * self._uniform())]

    def weighted(self, choices: Sequence[tuple[Choice, float]]) -> Choice:
        """Give one of *choices*, (choice, weight)."""
        left = self._uniform() * sum(weight for _, weight in choices)
        for choice, weight in choices:
            left -= weight
            if left < 0:
                return choice
        return choices[-1][0]

    def waiting(self, mean: float) -> float:
        """Give a waiting time that varies less than chance alone would (two exponential halves)."""
        return -mean / 2 * math.log((1 - self._uniform()) * (1 - self._uniform()))
