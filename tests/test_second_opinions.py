"""Where a statistics package computes the same thing, it gives the same numbers.

The packages are imported where they are used: seconds that only the worker that runs this file should spend.
"""

from __future__ import annotations

import numpy as np
import pytest

from loyalty_xl.associations import spearman
from loyalty_xl.intervals import wilson
from loyalty_xl.logistic import area_under_curve, brier, fit
from loyalty_xl.regression import least_squares, within


def test_statsmodels_agrees_on_elasticities() -> None:
    """Slopes, HC1 standard errors, t intervals and R2 are those of statsmodels, with dummies in place of absorbed groups."""
    from statsmodels.regression.linear_model import OLS
    from statsmodels.tools.tools import add_constant

    draws = np.random.default_rng(7)
    groups = np.repeat(np.arange(5), 24)
    columns = draws.normal(size=(120, 3)) + groups[:, None]
    y = columns @ np.array([-1.2, 0.3, 0.0]) + groups * 2.0 + draws.normal(size=120) * (1 + np.abs(columns[:, 0]))
    made = least_squares(y, columns, groups)
    other = OLS(y, np.column_stack([columns, groups[:, None] == np.arange(5)]).astype(float)).fit(
        cov_type="HC1", use_t=True
    )
    np.testing.assert_allclose(made.coefficients, other.params[:3], rtol=1e-9)
    np.testing.assert_allclose(made.errors, other.bse[:3], rtol=1e-9)
    ends = made.interval(0)
    np.testing.assert_allclose((ends.low, ends.high), other.conf_int()[0], rtol=1e-5)  # t by an expansion
    single = least_squares(y, columns)
    assert single.r2 == pytest.approx(OLS(y, add_constant(columns)).fit().rsquared, rel=1e-9)
    assert within(y, groups).sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("ridge", [0.1, 1.0, 10.0])
def test_scikit_learn_agrees_on_early_warning(ridge: float) -> None:
    """Weights, probabilities, AUC and Brier score are those of scikit-learn with C = 1 / ridge on standardised columns."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import brier_score_loss, roc_auc_score
    from sklearn.preprocessing import StandardScaler

    draws = np.random.default_rng(11)
    rows = draws.normal(size=(400, 5)) * [1, 10, 0.1, 3, 1]
    happened = draws.random(400) < 1 / (1 + np.exp(1 - rows @ [0.8, 0.05, -4, 0.1, 0]))
    made = fit(rows, happened, ridge)
    table = StandardScaler().fit_transform(rows)
    other = LogisticRegression(C=1 / ridge, tol=1e-12, max_iter=10_000).fit(table, happened)
    np.testing.assert_allclose(made.weights, other.coef_[0], atol=2e-6)
    chance = made.probability(rows)
    np.testing.assert_allclose(chance, other.predict_proba(table)[:, 1], atol=1e-6)
    assert area_under_curve(chance, happened) == pytest.approx(roc_auc_score(happened, chance))
    assert brier(chance, happened) == pytest.approx(brier_score_loss(happened, chance))


def test_scipy_agrees_on_ranks() -> None:
    """Spearman's correlation of scores full of ties is that of scipy."""
    from scipy.stats import spearmanr

    draws = np.random.default_rng(3)
    for _ in range(20):
        x, y = draws.integers(1, 6, 60).astype(float), draws.integers(0, 11, 60).astype(float)
        assert spearman(x, y) == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)


def test_statsmodels_agrees_on_shares() -> None:
    """Wilson intervals are those of statsmodels, at the ends and in between."""
    from statsmodels.stats.proportion import proportion_confint

    for part, whole in ((0, 7), (7, 7), (1, 20), (165, 412), (99, 100), (4389, 9000)):
        ends = wilson(part, whole)
        assert ends is not None
        assert (ends.low, ends.high) == pytest.approx(
            proportion_confint(part, whole, method="wilson"), rel=1e-6, abs=1e-12
        )
