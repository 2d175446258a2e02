"""The Farley-Wing function: how a thermal field shifts a level through one line, relative to a static field.

Farley and Wing, Phys. Rev. A 23, 2397 (1981); Porsev and Derevianko, Phys. Rev. A 74, 020502 (2006).
"""

import math
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np
from scipy.special import gamma, zeta

from bbrmodel.errors import PropertyRangeError
from bbrmodel.typing import FloatArray

# From here the asymptotic series, cut after y^-16, is good to 2e-10; below y = 20 it fails.
_ASYMPTOTIC_FROM = 40.0
_SERIES = tuple(float(15.0 / math.pi**4 * gamma(4 + 2 * n) * zeta(4 + 2 * n)) for n in range(9))
# Below, quadrature point by point: no clock line is that soft (y = 0.05 is 10 cm^-1 at 300 K).
_TABLE_FROM = 0.05
_TABLE_POINTS = 1600


def g(y: FloatArray | float) -> FloatArray:
    r"""Return the thermal shift of a level through one line, divided by the shift in a static field of equal strength.

    .. math:: g(y) = \frac{15}{\pi^4}\; P\!\!\int_0^\infty \frac{x^3}{e^x - 1} \frac{y^2}{y^2 - x^2}\, dx

    Parameters
    ----------
    y
        any shape, [-], positive: transition energy over k_B T.

    Returns
    -------
    :
        shape of `y`, [-]. Tends to 1 for y -> infinity (a quasi-static field) and to -5 y^2 / (2 pi^2) for y -> 0.

    Raises
    ------
    PropertyRangeError
        A value is not a positive number.

    Notes
    -----
    For y >= 40 the asymptotic series to y^-16; below, a cubic spline in ln y through the principal-value integral
    `g_quadrature`, with errors below 2e-10.

    Examples
    --------
    >>> round(float(g(20.0)), 5)
    1.05318
    """
    y = np.asarray(y, dtype=np.float64)
    bad = y[~(y > 0.0)]
    if bad.size:
        raise PropertyRangeError(
            f"Farley-Wing function at y = {bad.flat[0]:g}: y must be positive. Check the temperature."
        )
    result = np.empty(y.shape)
    large = y >= _ASYMPTOTIC_FROM
    small = y < _TABLE_FROM
    middle = ~large & ~small
    result[large] = _asymptotic(y[large])
    if middle.any():
        result[middle] = _table()(np.log(y[middle]))
    result[small] = [g_quadrature(float(value)) for value in y[small]]
    return result


@lru_cache(maxsize=4096)
def g_quadrature(y: float) -> float:
    """Return g at one y by quadrature: Cauchy weight around the pole on [0, 2 y], plain beyond."""

    def planck(x: float) -> float:
        return x**3 / math.expm1(x) if x > 0.0 else 0.0

    def around_pole(x: float) -> float:
        return -planck(x) * y * y / (y + x)  # the weight supplies 1 / (x - y)

    def beyond(x: float) -> float:
        return planck(x) * y * y / (y * y - x * x)

    # Nothing is left of the Planck function at x = 700, and expm1 would overflow soon after.
    end = min(2.0 * y, 700.0)
    near = _integrate(around_pole, 0.0, end, pole=y)
    # Split so that the peak of the Planck function near x = 3 cannot be missed.
    edges = sorted({end, *(edge for edge in (1.0, 4.0, 12.0, 40.0, 700.0) if edge > end)})
    far = sum(_integrate(beyond, start, stop) for start, stop in pairwise(edges))
    return 15.0 / math.pi**4 * (near + far)


def _integrate(function: Callable[[float], float], start: float, stop: float, pole: float | None = None) -> float:
    weight = {} if pole is None else {"weight": "cauchy", "wvar": pole}
    # An absolute error of 1e-13 is out of reach of rounding in a few cases; full_output keeps quad from warning.
    from scipy.integrate import quad  # a fifth of a second to load, for lines that few clocks have

    return float(quad(function, start, stop, epsabs=1e-13, epsrel=1e-12, limit=200, full_output=True, **weight)[0])


def _asymptotic(y: FloatArray) -> FloatArray:
    inverse_square = 1.0 / (y * y)
    result = np.zeros_like(y)
    for coefficient in reversed(_SERIES):
        result *= inverse_square
        result += coefficient
    return result


@cache
def _table() -> Callable[[FloatArray], FloatArray]:
    """Return a spline of g over ln y, from `_TABLE_FROM` to `_ASYMPTOTIC_FROM`; takes a fraction of a second, once."""
    ln_y = np.linspace(math.log(_TABLE_FROM), math.log(_ASYMPTOTIC_FROM), _TABLE_POINTS)
    from scipy.interpolate import CubicSpline

    spline: Callable[[FloatArray], FloatArray] = CubicSpline(ln_y, [g_quadrature(float(y)) for y in np.exp(ln_y)])
    return spline


__all__ = ["g", "g_quadrature"]
