"""95 % intervals (G21), and when a change may be called better or worse."""

from __future__ import annotations

from math import sqrt

from loyalty_xl.vocabulary import Interval

Z = 1.959963984540054  # 97.5 % point of the normal distribution


def wilson(numerator: float, denominator: float) -> Interval | None:
    """Wilson score interval of a proportion.

    Parameters
    ----------
    numerator, denominator
        Counts, 0 <= numerator <= denominator.

    References
    ----------
    Wilson 1927, JASA 22. Newcombe 1998, Statistics in Medicine 17: method 3.

    Examples
    --------
    >>> [round(end, 4) for end in (wilson(81, 263).low, wilson(81, 263).high)]
    [0.2553, 0.3662]
    """
    if denominator <= 0 or not 0 <= numerator <= denominator:
        return None
    p, square = numerator / denominator, Z * Z
    centre = p + square / (2 * denominator)
    half = Z * sqrt(p * (1 - p) / denominator + square / (4 * denominator * denominator))
    scale = 1 + square / denominator
    low = (
        0.0 if numerator == 0 else max(0.0, (centre - half) / scale)
    )  # exactly: rounding must not put a bound beyond the share
    high = 1.0 if numerator == denominator else min(1.0, (centre + half) / scale)
    return Interval(low, high)


def adjusted_wald(promoters: float, detractors: float, answers: float) -> Interval | None:
    """Adjusted Wald interval of the Net Promoter Score. [points, -100 to 100]

    Adds 0.75 to promoters and detractors and 1.5 to passives, then Wald. The centre is not the published score: print the raw
    score with these bounds. `error` is the raw standard error, by which two scores are compared.

    References
    ----------
    Rocks 2016, "Interval estimation for the Net Promoter Score", The American Statistician 70.

    Examples
    --------
    >>> [round(end, 2) for end in (adjusted_wald(8, 22, 39).low, adjusted_wald(8, 22, 39).high)]
    [-57.51, -9.16]
    """
    if answers <= 0:
        return None
    p, d, n = (promoters + 0.75) / (answers + 3), (detractors + 0.75) / (answers + 3), answers + 3
    half = Z * sqrt(max(0.0, p + d - (p - d) ** 2) / n)
    return Interval(
        max(-100.0, 100 * (p - d - half)), min(100.0, 100 * (p - d + half)), nps_error(promoters, detractors, answers)
    )


def wald(promoters: float, detractors: float, answers: float) -> Interval | None:
    """Plain Wald interval of the Net Promoter Score (setting `nps_ci` = `wald`); width 0 when all answers are of one class. [points]"""
    if answers <= 0:
        return None
    score, error = 100 * (promoters - detractors) / answers, nps_error(promoters, detractors, answers)
    return Interval(max(-100.0, score - Z * error), min(100.0, score + Z * error), error)


def nps_error(promoters: float, detractors: float, answers: float) -> float:
    """Standard error of a Net Promoter Score: 100 sqrt((p + d - (p - d)^2) / n). [points]"""
    p, d = promoters / answers, detractors / answers
    return 100 * sqrt(max(0.0, p + d - (p - d) ** 2) / answers)


def student(total: float, squares: float, n: float) -> Interval | None:
    """Student t interval of a mean, from the sum of the values, the sum of their squares and their number.

    Examples
    --------
    >>> [round(end, 3) for end in (student(15, 55, 5).low, student(15, 55, 5).high)]
    [1.037, 4.963]
    """
    if n < 2:
        return None
    mean = total / n
    error = sqrt(max(0.0, (squares - n * mean * mean) / (n - 1)) / n)
    half = student_point(int(n) - 1) * error
    return Interval(mean - half, mean + half, error)


def ratio_of_sums(
    over: float, under: float, over_squares: float, products: float, under_squares: float, n: float
) -> Interval | None:
    """Interval of sum(x) / sum(y) over n customers, by its linearisation (t on the residuals x - r y).

    Parameters
    ----------
    over, under
        Sums of x and of y.
    over_squares, products, under_squares
        Sums of x squared, of x times y, of y squared.
    n
        Customers.

    References
    ----------
    Cochran 1977, "Sampling Techniques", 3rd ed., chapter 6: ratio estimates.

    Examples
    --------
    >>> found = ratio_of_sums(30, 100, 500, 1400, 4200, 3)
    >>> [round(end, 4) for end in (found.low, found.high)]
    [-0.0248, 0.6248]
    """
    if n < 2 or under <= 0:
        return None
    ratio = over / under
    left = max(0.0, over_squares - 2 * ratio * products + ratio * ratio * under_squares)
    error = sqrt(n / (n - 1) * left) / under
    half = student_point(int(n) - 1) * error
    return Interval(ratio - half, ratio + half, error)


def student_point(freedom: int) -> float:
    """97.5 % point of Student's t: exact for 1 and 2 degrees of freedom, else by the Cornish-Fisher expansion (error < 0.004 for 3, < 0.001 from 4, < 1e-5 from 10).

    Source: Abramowitz & Stegun 26.7.5.

    Examples
    --------
    >>> round(student_point(4), 2), round(student_point(30), 3)
    (2.78, 2.042)
    """
    if freedom == 1:
        return 12.706204736432095
    if freedom == 2:
        return 4.302652729911275
    z, v = Z, freedom
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    fourth = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    return z + first / v + second / v**2 + third / v**3 + fourth / v**4


def difference(now: float, now_ends: Interval, then: float, then_ends: Interval) -> Interval:
    """Interval of now - then, two independent samples.

    By the standard errors where both have one (scores, means), else by the bounds themselves: square-and-add.

    References
    ----------
    Newcombe 1998, Statistics in Medicine 17: method 10 (square-and-add, "MOVER").
    """
    change = now - then
    if now_ends.error is not None and then_ends.error is not None:
        half = Z * sqrt(now_ends.error**2 + then_ends.error**2)
        return Interval(change - half, change + half)
    low = change - sqrt((now - now_ends.low) ** 2 + (then_ends.high - then) ** 2)
    high = change + sqrt((now_ends.high - now) ** 2 + (then - then_ends.low) ** 2)
    return Interval(low, high)
