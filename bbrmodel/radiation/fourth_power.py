"""The mean of T^4 over facets, by the temperatures of their nodes."""

from collections.abc import Sequence

import numpy as np

from bbrmodel.typing import FloatArray


def _complete_homogeneous(values: Sequence[FloatArray], degree: int) -> FloatArray:
    """Return h_degree(values): the sum of all monomials of that degree."""
    table = [np.ones_like(values[0])] + [np.zeros_like(values[0]) for _ in range(degree)]
    for value in values:
        for k in range(1, degree + 1):
            table[k] = table[k] + value * table[k - 1]
    return table[degree]


def mean_fourth_power(corner: FloatArray) -> FloatArray:
    """Return the exact mean of T^4 over triangles with linear T; `corner` has shape (num, 3), [K]."""
    mean: FloatArray = _complete_homogeneous([corner[:, k] for k in range(3)], 4) / 15.0
    return mean


def fourth_power_gradient(corner: FloatArray) -> FloatArray:
    """Return the derivative of `mean_fourth_power` by the corner temperatures, shape (num, 3), [K3]."""
    columns = [corner[:, k] for k in range(3)]
    gradient: FloatArray = np.stack([_complete_homogeneous([*columns, columns[k]], 3) for k in range(3)], axis=1) / 15.0
    return gradient


def sampled_fourth_power(middle: FloatArray) -> FloatArray:
    """Return the mean of T^4 over triangles by the middles of their edges (num, 3) [K]; exact for quadratic T^4."""
    mean: FloatArray = (middle**4).mean(axis=1)
    return mean


def sampled_gradient(middle: FloatArray) -> FloatArray:
    """Return the derivative of `sampled_fourth_power`, shape (num, 3), [K3]."""
    gradient: FloatArray = 4.0 / 3.0 * middle**3
    return gradient


__all__ = ["fourth_power_gradient", "mean_fourth_power", "sampled_fourth_power", "sampled_gradient"]
