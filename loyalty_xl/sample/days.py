"""The days of the sample company: from when to when, and how busy each day is."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from itertools import accumulate

COMPANY_START = date(2019, 5, 1)
FIRST_DAY = date(2024, 1, 1)
LAST_DAY = date(2026, 7, 31)

SPRING_FESTIVALS = (date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17))
MONTH_WEIGHT = (1.0, 0.9, 0.95, 1.0, 1.05, 0.9, 0.85, 0.85, 1.05, 1.25, 1.2, 1.1)  # autumn sales, quiet summer
WEEKEND_WEIGHT = 1.4


def day_weight(day: date) -> float:
    """Say how busy *day* is: gifts are bought before the Spring Festival, in its week the shop is nearly closed."""
    weight = MONTH_WEIGHT[day.month - 1] * (WEEKEND_WEIGHT if day.weekday() >= 5 else 1.0)
    for festival in SPRING_FESTIVALS:
        ahead = (festival - day).days
        if 2 <= ahead <= 24:
            weight *= 1.8
        elif -6 <= ahead <= 1:
            weight *= 0.12
        elif -16 <= ahead < -6:
            weight *= 0.7
    return weight


DAYS = tuple(FIRST_DAY + timedelta(n) for n in range((LAST_DAY - FIRST_DAY).days + 1))
_MEAN_WEIGHT = sum(map(day_weight, DAYS)) / len(DAYS)
_ENDS = tuple(
    accumulate(day_weight(day) / _MEAN_WEIGHT for day in DAYS)
)  # in busy days, which are 1 day long on average


def day_at(busy_days: float) -> date | None:
    """Give the day on which *busy_days* since the first day have passed, None after the last day."""
    place = bisect_right(_ENDS, busy_days)
    return DAYS[place] if place < len(DAYS) else None


def busy_days_until(day: date) -> float:
    """Give the busy days that have passed when *day* begins."""
    place = (day - FIRST_DAY).days
    return _ENDS[place - 1] if place > 0 else 0.0


def months() -> list[tuple[date, date]]:
    """Give the first and last day of every month of the data."""
    firsts = [day for day in DAYS if day.day == 1]
    return [
        (first, after - timedelta(1))
        for first, after in zip(firsts, [*firsts[1:], LAST_DAY + timedelta(1)], strict=True)
    ]
