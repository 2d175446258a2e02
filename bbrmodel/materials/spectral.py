r"""Planck's spectrum in bands, and totals of spectral emissivities.

With :math:`x = c_2 / \lambda T` the fraction of a black body's power below the wavelength :math:`\lambda` is
:math:`F(\lambda T) = \frac{15}{\pi^4} \int_x^\infty \frac{t^3}{e^t - 1} dt`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import factorial

import numpy as np
from scipy.special import roots_legendre

from bbrmodel.constants import BOLTZMANN, PLANCK, SPEED_OF_LIGHT
from bbrmodel.errors import ConfigError
from bbrmodel.typing import FloatArray

SECOND_RADIATION_CONSTANT = PLANCK * SPEED_OF_LIGHT / BOLTZMANN  # m K
_SCALE = 15.0 / np.pi**4
_SERIES_LIMIT = 1.6  # below it the power series (radius 2 pi) converges as fast as the exponential one above
_TERMS = 20
# Bernoulli numbers B_2, B_4, ...
_BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330]
_LAST_X = 60.0  # beyond it lie 1e-21 of the power

SpectralCurve = Callable[[FloatArray], FloatArray]


def planck_fraction(wavelength_m: FloatArray | float, T: FloatArray | float) -> FloatArray:
    """Return the fraction of a black body's power at wavelengths below the given one.

    Parameters
    ----------
    wavelength_m
        any shape, [m], >= 0; infinity gives 1.
    T
        [K], > 0; shapes are broadcast.

    Returns
    -------
    :
        [-], 0..1, to 1e-12.

    Examples
    --------
    >>> round(float(planck_fraction(2897.771955e-6 / 300.0, 300.0)), 6)  # a quarter lies below the peak
    0.250055
    """
    product = np.multiply(np.asarray(wavelength_m, dtype=np.float64), T)
    with np.errstate(divide="ignore"):
        x = SECOND_RADIATION_CONSTANT / product
    near = np.minimum(x, _SERIES_LIMIT)
    total = near**3 * (1.0 / 3.0 - near / 8.0)
    for k, number in enumerate(_BERNOULLI, start=1):
        total += number * near ** (2 * k + 3) / (float(2 * k + 3) * factorial(2 * k))
    far = np.clip(x, _SERIES_LIMIT, 700.0)
    tail = np.zeros_like(far)
    for n in range(1, _TERMS + 1):
        tail += np.exp(-n * far) * (far**3 / n + 3.0 * far**2 / n**2 + 6.0 * far / n**3 + 6.0 / n**4)
    fraction: FloatArray = np.where(x <= _SERIES_LIMIT, 1.0 - _SCALE * total, _SCALE * tail)
    return np.where(x > 700.0, 0.0, fraction)


def band_fractions(edges_m: FloatArray, T: FloatArray | float) -> FloatArray:
    """Return how a black body's power divides among bands.

    Parameters
    ----------
    edges_m
        shape (num_bands - 1,), [m], growing: the wavelengths between bands; none: one band.
    T
        shape (...), [K], temperature of the emitter.

    Returns
    -------
    :
        shape (num_bands, ...), [-], shortest wavelengths first; sums to 1 exactly along the first axis.

    Raises
    ------
    ConfigError
        The edges do not grow.
    """
    edges = np.asarray(edges_m, dtype=np.float64).reshape(-1)
    if not ((np.diff(edges) > 0.0).all() and (edges > 0.0).all()):
        raise ConfigError(f"band edges {[float(e) for e in edges]} m: they must be positive and grow.")
    temperature = np.asarray(T, dtype=np.float64)
    below = [np.zeros_like(temperature), *(planck_fraction(e, temperature) for e in edges), np.ones_like(temperature)]
    fractions: FloatArray = np.diff(np.stack(below), axis=0)
    return fractions


def planck_fraction_slope(wavelength_m: FloatArray | float, T: FloatArray | float) -> FloatArray:
    """Return the change of `planck_fraction` with temperature [1/K], shapes broadcast; 0 at 0 and at infinity."""
    temperature = np.asarray(T, dtype=np.float64)
    product = np.multiply(np.asarray(wavelength_m, dtype=np.float64), temperature)
    with np.errstate(divide="ignore"):
        x = np.clip(SECOND_RADIATION_CONSTANT / product, 1e-300, 700.0)
    inside = (product > SECOND_RADIATION_CONSTANT / 700.0) & np.isfinite(product)
    change = _SCALE * x**4 / np.expm1(x)
    slope: FloatArray = np.divide(change, temperature, out=np.zeros_like(change), where=inside)
    return slope


def band_fraction_slopes(edges_m: FloatArray, T: FloatArray | float) -> FloatArray:
    """Return the change of `band_fractions` with temperature [1/K], shape (num_bands, ...)."""
    temperature = np.asarray(T, dtype=np.float64)
    nothing = np.zeros_like(temperature)
    inner = [planck_fraction_slope(e, temperature) for e in np.asarray(edges_m, dtype=np.float64).reshape(-1)]
    slopes: FloatArray = np.diff(np.stack([nothing, *inner, nothing]), axis=0)
    return slopes


@cache
def _planck_nodes() -> tuple[FloatArray, FloatArray]:
    """Return nodes x = c_2 / (lambda T) and weights of the Planck mean; sqrt(x) keeps metals' spectra smooth."""
    node, weight = roots_legendre(96)
    root = 0.5 * np.sqrt(_LAST_X) * (node + 1.0)
    x = root**2
    share = _SCALE * x**3 / np.expm1(x) * 2.0 * root * 0.5 * np.sqrt(_LAST_X) * weight
    return x, share / share.sum()


def total_emissivity(spectral: SpectralCurve, T: float) -> float:
    """Return the mean of a spectral emissivity over Planck's spectrum at T.

    With the spectral emissivity of a surface at its own temperature this is its total emissivity; with T the
    temperature of a distant source it is the absorptivity for that source's light.

    Parameters
    ----------
    spectral
        Emissivity [-] as a function of wavelengths [m], array to array.
    T
        [K], temperature of the spectrum.
    """
    x, share = _planck_nodes()
    return float(share @ spectral(SECOND_RADIATION_CONSTANT / (x * T)))


def effective_wavelength(T: float, edges_m: tuple[float, float] = (0.0, np.inf)) -> float:
    """Return the wavelength [m] of a band that halves a black body's power in that band at T."""
    low, high = (float(planck_fraction(edge, T)) for edge in edges_m)
    middle = 0.5 * (low + high)
    bottom, top = np.log(1e-4 * SECOND_RADIATION_CONSTANT / T), np.log(1e4 * SECOND_RADIATION_CONSTANT / T)
    for _ in range(80):
        centre = 0.5 * (bottom + top)
        if float(planck_fraction(np.exp(centre), T)) < middle:
            bottom = centre
        else:
            top = centre
    return float(np.exp(0.5 * (bottom + top)))


@dataclass(frozen=True)
class BandedEmissivity:
    """A surface whose emissivity is constant in each of several wavelength bands.

    Attributes
    ----------
    edges_m
        shape (num_bands - 1,), [m], growing.
    values
        shape (num_bands,), [-], 0..1, shortest wavelengths first.
    """

    edges_m: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        """Raise unless there is one value per band, each a share."""
        if len(self.values) != len(self.edges_m) + 1:
            raise ConfigError(
                f"{len(self.values)} emissivities for {len(self.edges_m)} band edges: one more is needed."
            )
        for value in self.values:
            if not 0.0 <= value <= 1.0:
                raise ConfigError(f"band emissivity {value:g}: must lie in 0..1.")
        band_fractions(np.array(self.edges_m), 300.0)

    def mean(self, T: FloatArray | float) -> FloatArray:
        """Return the emissivity at T, or the absorptivity for black light of a source at T; shape of `T`."""
        mean: FloatArray = np.tensordot(np.array(self.values), band_fractions(np.array(self.edges_m), T), axes=1)
        return mean


def bands_of(spectral: SpectralCurve, edges_m: tuple[float, ...], T: float) -> BandedEmissivity:
    """Return band values of a spectral emissivity: means over each band, weighted by Planck's spectrum at T."""
    bounds = (0.0, *edges_m, np.inf)
    values = []
    for low, high in pairwise(bounds):
        share = planck_fraction(high, T) - planck_fraction(low, T)
        if share < 1e-12:
            values.append(float(spectral(np.array([effective_wavelength(T, (low, high))]))[0]))
            continue
        values.append(band_mean(spectral, (low, high), T))
    return BandedEmissivity(edges_m, tuple(values))


def band_mean(spectral: SpectralCurve, edges_m: tuple[float, float], T: float) -> float:
    """Return the mean of a spectrum [-] over one band, weighted by Planck's spectrum at T; Gauss points in sqrt(x)."""
    low, high = edges_m
    near = 0.0 if np.isinf(high) else SECOND_RADIATION_CONSTANT / (high * T)
    far = _LAST_X + near if low == 0.0 else min(SECOND_RADIATION_CONSTANT / (low * T), _LAST_X + near)
    node, weight = roots_legendre(64)
    half = 0.5 * (np.sqrt(far) - np.sqrt(near))
    root = np.sqrt(near) + half * (node + 1.0)
    x = root**2
    # The common factor exp(-near) cancels in the mean and would underflow.
    share = x**3 * np.exp(near - x) / -np.expm1(-x) * root * weight
    return float(share @ spectral(SECOND_RADIATION_CONSTANT / (x * T)) / share.sum())


__all__ = [
    "SECOND_RADIATION_CONSTANT",
    "BandedEmissivity",
    "SpectralCurve",
    "band_fraction_slopes",
    "band_fractions",
    "band_mean",
    "bands_of",
    "effective_wavelength",
    "planck_fraction",
    "planck_fraction_slope",
    "total_emissivity",
]
