"""Rules on typed columns, as a pandera schema built from the contract; each failure becomes a fault with its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.faults import Fault, places
from loyalty_xl.contracts.numerals import shown
from loyalty_xl.contracts.orders import computed_amount

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    import pandera.pandas as pa
    from numpy.typing import NDArray

    from loyalty_xl.contracts.cells import Column
    from loyalty_xl.contracts.contract import Contract, Field

CSAT = frozenset({"csat_overall", "csat_product", "csat_aftersales", "csat_purchase"})
CENT = 0.01  # by which quantity × unit price − discount may differ from the amount
ENOUGH = 3  # answers from which their highest score says something about the scale

# (code, field, what was expected, mask of the rows that are good)
_Rule = tuple[str, str, str, "NDArray[np.bool_]"]


def limits(field: Field, settings: Any) -> tuple[float | None, float | None]:
    """Give the range of a field; the recommendation score has that of the settings."""
    if field.name == "recommend_score":
        return float(settings.nps_scale_min), float(settings.nps_scale_max)
    return field.low, field.high


def limits_text(low: float | None, high: float | None, above: float | None = None) -> str:
    """Write a range for people."""
    if low is not None and high is not None:
        return f"{shown(low)} to {shown(high)}"
    if above is not None:
        return f"> {shown(above)}"
    return f">= {shown(low)}" if low is not None else f"<= {shown(high)}" if high is not None else ""


def build_schema(
    contract: Contract, settings: Any, sent: dict[str, Column], crossed: list[_Rule]
) -> pa.DataFrameSchema:
    """Build the schema of the columns with rules: ranges from the contract, cross-column rules as column checks."""
    import pandera.pandas as pa

    checks: dict[str, list[Any]] = {}
    for field in contract.fields:
        low, high = limits(field, settings)
        text = limits_text(low, high, field.above)
        if field.name not in sent or not text or field.type is Type.DATE:
            continue
        rules = checks.setdefault(field.name, [])
        if low is not None and high is not None:
            rules.append(pa.Check.in_range(low, high, error=f"E231|{text}"))
        elif low is not None:
            rules.append(pa.Check.ge(low, error=f"E231|{text}"))
        elif high is not None:
            rules.append(pa.Check.le(high, error=f"E231|{text}"))
        if field.above is not None:
            rules.append(pa.Check.gt(field.above, error=f"E231|{limits_text(None, None, field.above)}"))
    for code, name, expected, good in crossed:
        checks.setdefault(name, []).append(pa.Check(_aligned(good), error=f"{code}|{expected}", ignore_na=False))
    return pa.DataFrameSchema({name: pa.Column(None, rules, nullable=True) for name, rules in checks.items()})


def _aligned(good: NDArray[np.bool_]) -> Callable[[pd.Series[Any]], pd.Series[Any]]:
    def check(series: pd.Series[Any]) -> pd.Series[Any]:
        import pandas as pd

        return pd.Series(good, index=series.index)

    return check


def broken_rules(
    contract: Contract, settings: Any, columns: dict[str, Column], sent: frozenset[str]
) -> dict[str, list[Fault]]:
    """Check the columns against the schema; gives the faults of each field, rows counted from 0."""
    import pandas as pd
    from pandera.errors import SchemaErrors

    known = {name: column for name, column in columns.items() if name in sent}
    crossed = _cross_rules(contract, settings, known)
    schema = build_schema(contract, settings, known, crossed)
    if not schema.columns:
        return {}
    frame = pd.DataFrame({name: known[name].values for name in schema.columns}, copy=False)
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return {}
    faults: dict[str, list[Fault]] = {}
    for (name, rule), rows in cases.groupby(["column", "check"], sort=False)["index"]:
        code, _, expected = str(rule).partition("|")
        at = np.unique(rows.to_numpy().astype(np.intp))
        found, told = None, expected
        if code == "W254":
            computed = computed_amount(known)
            told = "" if computed is None else shown(round(float(computed[at[0]]), 6))
        if code == "E237":
            faults.setdefault(str(name), []).extend(_each_start(known, at))
            continue
        faults.setdefault(str(name), []).append(Fault(code, at, told, found))
    return faults


def _each_start(known: dict[str, Column], at: NDArray[np.intp]) -> list[Fault]:
    days = known["start"].values.astype("datetime64[D]")
    return [Fault("E237", np.array([each], np.intp), f">= {days[each]}") for each in at]


def _cross_rules(contract: Contract, settings: Any, known: dict[str, Column]) -> list[_Rule]:
    """Rules that look at more than one column of a row."""
    rules: list[_Rule] = []
    with np.errstate(invalid="ignore"):
        if contract.name == "Orders":
            computed = computed_amount(known)
            if computed is not None and "amount" in known:
                # a hair more than a cent, for amounts that differ by exactly one
                rules.append(("W254", "amount", "", ~(np.abs(computed - known["amount"].values) > CENT + 1e-9)))
            if "unit_price" in known:
                rules.append(("W255", "unit_price", ">= 0", ~(known["unit_price"].values < 0)))
        if contract.name == "Campaigns" and {"start", "end"} <= set(known):
            rules.append(
                (
                    "E237",
                    "end",
                    "",
                    ~(known["end"].values.astype("datetime64[D]") < known["start"].values.astype("datetime64[D]")),
                )
            )
        if contract.name == "ShareOfWallet" and {"rank", "brands"} <= set(known):
            rules.append(("E231", "rank", "1 to brands", ~(known["rank"].values > known["brands"].values)))
        if contract.name == "SurveyResponses":
            highest = _top_of_scale(known, settings)
            for name in sorted(CSAT & set(known)):
                values = known[name].values
                for top in (5.0, 10.0):
                    rules.append(
                        ("E231", name, f"1 to {top:.0f}", ~((highest == top) & (values > top) & (values <= 10)))
                    )
            if "repurchase_intent" in known:
                rules += _intentions(known, highest)
    return [rule for rule in rules if not rule[3].all()]


def _top_of_scale(known: dict[str, Column], settings: Any) -> NDArray[np.float64]:
    """Give the highest score of each row's satisfaction scale."""
    size = len(next(iter(known.values())).values)
    default = float(str(settings.csat_scale).rpartition("-")[2])
    if "csat_scale" not in known:
        return np.full(size, default)
    column = known["csat_scale"]
    tops = np.array([float(name.rpartition("-")[2]) for name in column.categories or ()] + [default])
    return np.asarray(tops[column.values])


def _intentions(known: dict[str, Column], highest: NDArray[np.float64]) -> list[_Rule]:
    """Intentions lie on their own scale, or else on that of the satisfaction questions."""
    values, lowest, top = known["repurchase_intent"].values, np.ones(len(highest)), highest
    if "intent_scale" in known:
        column = known["intent_scale"]
        ends = [name.split("-") for name in column.categories or ()]
        given = column.values >= 0
        lowest = np.where(given, np.array([*(float(low) for low, _ in ends), 1.0])[column.values], lowest)
        top = np.where(given, np.array([*(float(high) for _, high in ends), 0.0])[column.values], top)
    outside = (values < lowest) | (values > top)
    scales = np.unique(np.stack([lowest[outside], top[outside]]), axis=1).T
    return [
        (
            "E231",
            "repurchase_intent",
            limits_text(low, high),
            ~(outside & (lowest == low) & (top == high) & (values >= 0) & (values <= 10)),
        )
        for low, high in scales.tolist()
    ]


def low_scores(contract: Contract, settings: Any, columns: dict[str, Column]) -> Fault | None:
    """Warn of recommendation scores that never pass the middle of the scale: perhaps they were asked on another."""
    column = columns.get("recommend_score")
    if contract.name != "SurveyResponses" or column is None:
        return None
    low, high = limits(column.field, settings)
    at = places(~np.isnan(column.values))
    if low is None or high is None or len(at) < ENOUGH or column.values[at].max() > (low + high) / 2:
        return None
    return Fault("W256", at, limits_text(low, high), shown(float(column.values[at].max())))
