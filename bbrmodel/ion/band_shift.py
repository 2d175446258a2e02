r"""The dynamic part of the shift band by band: a window that passes short waves alone passes more of it.

In light of the temperature T that is confined to a band, the dynamic correction is the band's part of

.. math:: \eta(T) = \frac{15}{\pi^4 \Delta\alpha_0} \sum_k s_k \alpha_k\; P\!\!\int \frac{x^3}{e^x - 1}
   \frac{x^2}{y_k^2 - x^2}\, dx,

which over all bands is the sum of :math:`g(y_k) - 1`. Polynomials stand for the first terms of this in :math:`1/y^2`:
their parts are those of :math:`x^5` and of :math:`x^7`.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy.special import roots_legendre

from bbrmodel.constants import BOLTZMANN, PLANCK, SPEED_OF_LIGHT
from bbrmodel.ion.clocks import Clock, OpticalResponse
from bbrmodel.ion.shift import KELVIN_PER_CM, REFERENCE_K
from bbrmodel.typing import FloatArray

_LAST_X = 60.0  # h nu / kT beyond which nothing is left
_PIECES = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0, 15.0, 20.0, 28.0, 40.0, _LAST_X)
_NODES, _WEIGHTS = roots_legendre(20)
_SCALE = 15.0 / np.pi**4
_MOMENTS = {5: 40.0 * np.pi**2 / 21.0, 7: 8.0 * np.pi**4}  # of all light: _SCALE times the integral of x^n/(e^x - 1)
_GRID = 80  # temperatures between which the parts are interpolated
_LATTICE = 0.1  # of log T, on which the limits of a table lie
_FEW = 200  # different temperatures that are not worth a table


def dynamic_by_band(clock: Clock, T: FloatArray, edges_m: tuple[float, ...]) -> FloatArray:
    """Return the part of eta(T) that each band of wavelength supplies.

    Parameters
    ----------
    clock
        From `bbrmodel.ion.clocks.clock`.
    T
        shape (n,), [K], positive.
    edges_m
        Wavelengths between bands, growing, [m].

    Returns
    -------
    :
        shape (num_bands, n), shortest wavelengths first; the sum over bands is `dynamic_correction`.
    """
    different, inverse = np.unique(np.asarray(T, dtype=np.float64), return_inverse=True)
    if len(different) > _FEW:
        # Limits on a fixed lattice: while temperatures drift, step after step finds the table of the last.
        low, high = np.floor(np.log(different[0]) / _LATTICE), np.ceil(np.log(different[-1]) / _LATTICE)
        values = _table(clock, edges_m, int(low), int(high))(np.log(different))
    else:
        values = _at(clock, different, edges_m)
    result: FloatArray = values[:, inverse.reshape(-1)]
    return result


@lru_cache(maxsize=32)
def _table(clock: Clock, edges_m: tuple[float, ...], low: int, high: int) -> Callable[[FloatArray], FloatArray]:
    """Return the parts as function of log T between two points of the lattice, `low` < `high`."""
    from scipy.interpolate import CubicSpline  # a sixth of a second to load, for bands only

    grid = np.linspace(low * _LATTICE, high * _LATTICE, _GRID)
    spline: Callable[[FloatArray], FloatArray] = CubicSpline(grid, _at(clock, np.exp(grid), edges_m), axis=1)
    return spline


def _at(clock: Clock, temperatures: FloatArray, edges_m: tuple[float, ...]) -> FloatArray:
    """Return the parts at each temperature by quadrature."""
    edges = np.array(edges_m)
    columns = []
    for T in temperatures.tolist():
        inner = np.minimum(PLANCK * SPEED_OF_LIGHT / (edges * BOLTZMANN * T), _LAST_X)
        limits = [_LAST_X, *inner.tolist(), 0.0]
        columns.append([_part(clock, T, high=high, low=low) for high, low in pairwise(limits)])
    return np.array(columns).T


def _part(clock: Clock, T: float, *, low: float, high: float) -> float:
    """Return what light between two values of x = h nu / kT adds to eta."""
    response, t2 = clock.response, (T / REFERENCE_K) ** 2
    if not isinstance(response, OpticalResponse):
        return response.epsilon * t2 * _moment(5, low, high)
    if not response.lines:
        return t2 * (response.eta2 * _moment(5, low, high) + response.eta4 * t2 * _moment(7, low, high))
    total = 0.0
    for line in response.lines:
        y = line.wavenumber_per_cm * KELVIN_PER_CM / T
        total += line.sign * line.polarizability * _resonance(y, low, high)
    return total / response.delta_alpha0


def _moment(power: int, low: float, high: float) -> float:
    """Return the part of the integral of x^power / (e^x - 1) between two limits."""
    return _SCALE * _integral(lambda x: x ** (power - 3) * _planck(x), low, high) / _MOMENTS[power]


def _resonance(y: float, low: float, high: float) -> float:
    """Return the part of g(y) - 1 between two limits; a pole among them as principal value."""
    if high <= low:
        return 0.0
    at_pole = y * y * float(_planck(np.array([y]))[0]) if low < y < high else 0.0

    def regular(x: FloatArray) -> FloatArray:
        """Return the integrand less its pole."""
        values: FloatArray = (x * x * _planck(x) - at_pole) / (y * y - x * x)
        return values

    pole = at_pole / (2.0 * y) * np.log(abs((y + high) * (y - low) / ((y - high) * (y + low)))) if at_pole else 0.0
    return _SCALE * (_integral(regular, low, high) + float(pole))


def _planck(x: FloatArray) -> FloatArray:
    """Return x^3 / (e^x - 1)."""
    values: FloatArray = x**3 / np.expm1(np.minimum(x, 700.0))
    return values


def _integral(function: Callable[[FloatArray], FloatArray], low: float, high: float) -> float:
    """Return an integral by Gauss's rule on pieces on which Planck's function is smooth."""
    edges = [low, *(edge for edge in _PIECES if low < edge < high), high]
    total = 0.0
    for start, stop in pairwise(edges):
        half = 0.5 * (stop - start)
        total += half * float(_WEIGHTS @ function(start + half * (1.0 + _NODES)))
    return total


__all__ = ["dynamic_by_band"]
