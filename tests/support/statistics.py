"""Comparison of numbers with the distribution that they should have.

Seeds are fixed, so a test that passes always passes. With other seeds a right generator would be refused by one
comparison in 10 000 (`ALPHA`). A wrong one is found if its distribution function is off by more than about
2.2 / sqrt(numbers).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

ALPHA = 1e-4


def follows(values: np.ndarray[Any, Any], law: Any) -> None:
    """Kolmogorov-Smirnov (chi-square for integers), and mean and variance within their sampling error."""
    values = np.asarray(values, np.float64).reshape(-1)
    assert np.isfinite(values).all()
    if hasattr(law.dist, "pmf"):
        support = np.arange(int(law.ppf(1e-9)), int(law.ppf(1 - 1e-9)) + 1)
        expected = law.pmf(support) * values.size
        observed = np.array([(values == k).sum() for k in support])
        assert observed.sum() == values.size
        often = expected >= 5.0
        table = [np.append(x[often], x[~often].sum()) for x in (observed, expected)]
        keep = table[1] > 0.5
        p = stats.chisquare(table[0][keep], table[1][keep] * table[0][keep].sum() / table[1][keep].sum()).pvalue
    else:
        p = stats.kstest(values, law.cdf).pvalue
    assert p > ALPHA
    mean, variance, kurtosis = (float(m) for m in law.stats("mvk"))
    bound = stats.norm.isf(ALPHA / 2)
    assert abs(values.mean() - mean) < bound * np.sqrt(variance / values.size)
    assert abs(values.var() - variance) < bound * variance * np.sqrt((kurtosis + 2) / values.size)
