"""Arithmetic of tables: sums, quadratures, ratios, interval limits."""

import math

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.typing import FloatArray


def given(value: float) -> float:
    """Return a number that is printed elsewhere, to set two statements of a paper beside each other."""
    return value


def linear_sum(values: FloatArray) -> float:
    """Return the sum of values, shape (n,): of shifts, or of uncertainties taken as fully correlated."""
    return float(np.sum(values))


def quadrature(values: FloatArray) -> float:
    """Return the root of the sum of squares of values, shape (n,): uncertainties taken as independent."""
    return float(np.sqrt(np.sum(np.square(values))))


def grouped_quadrature(values: FloatArray, groups: FloatArray) -> float:
    """Return the sum of uncertainties that are fully correlated in each group and independent between groups.

    Parameters
    ----------
    values
        shape (n,), all in one unit.
    groups
        shape (n,), number of the group of each value.

    Returns
    -------
    :
        In the unit of `values`.

    Raises
    ------
    ConfigError
        The arrays differ in length.
    """
    if values.shape != groups.shape:
        raise ConfigError(f"{values.size} values in {groups.size} groups: give one group for each value.")
    return quadrature(np.array([np.sum(values[groups == group]) for group in np.unique(groups)]))


def quadrature_without(total: float, removed: float, added: float) -> float:
    """Return a total uncertainty in which one independent part, `removed`, is replaced by another, `added`."""
    return math.sqrt(total**2 - removed**2 + added**2)


def product(values: FloatArray) -> float:
    """Return the product of values, shape (n,)."""
    return float(np.prod(values))


def ratio(numerator: float, denominator: float) -> float:
    """Return numerator over denominator, both in one unit."""
    return numerator / denominator


def power_ratio(numerator: float, denominator: float, exponent: float) -> float:
    """Return (numerator / denominator)^exponent, [-]."""
    return math.pow(numerator / denominator, exponent)


def fraction_of_frequency(shift_Hz: float, frequency_Hz: float) -> float:
    """Return a shift relative to the frequency of the clock, [-]."""
    return shift_Hz / frequency_Hz


def rectangular(limit: float) -> float:
    """Return the standard uncertainty of a value that lies anywhere within plus or minus `limit`: limit / sqrt(3)."""
    return limit / math.sqrt(3.0)


def decayed_share(time: float, time_constant: float) -> float:
    """Return what an exponential decay leaves after a time, [-]; both in one unit."""
    return math.exp(-time / time_constant)


__all__ = [
    "decayed_share",
    "fraction_of_frequency",
    "given",
    "grouped_quadrature",
    "linear_sum",
    "power_ratio",
    "product",
    "quadrature",
    "quadrature_without",
    "ratio",
    "rectangular",
]
