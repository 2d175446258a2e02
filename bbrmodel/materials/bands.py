r"""Emissivity in bands of what is known otherwise: the totals of a finish, the resistivity of a metal.

The mean of a spectrum over a band depends a little on whose light is meant. Each band takes Planck's spectrum of 77 K
or of 293 K, whichever puts more of its power into the band: cold light fills the long bands, warm light the short ones.

A finish states totals only: :math:`a_w` for light of 293 K and :math:`a_c` for light of 77 K. The power law
:math:`\varepsilon = C \lambda^{-p}` is the one whose Planck means are these two numbers,

.. math:: p = \frac{\ln(a_w / a_c)}{\ln(293 / 77)}, \qquad
          a_w = C \left(\frac{293\,\mathrm{K}}{c_2}\right)^p \frac{15}{\pi^4} \Gamma(4 + p)\, \zeta(4 + p).

Clean metals have p = 1/2 (Hagen and Rubens), grey surfaces p = 0.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.special import gamma, zeta

from bbrmodel.materials.finishes import COLD_K, WARM_K, Finish
from bbrmodel.materials.library import Window
from bbrmodel.materials.optics import warm_share
from bbrmodel.materials.spectral import (
    SECOND_RADIATION_CONSTANT,
    BandedEmissivity,
    SpectralCurve,
    band_mean,
    planck_fraction,
)
from bbrmodel.materials.spectral_resistivity import Metal
from bbrmodel.typing import FloatArray

# A band that holds less of a spectrum than this is judged at a temperature of its own.
_EMPTY = 1e-9
_AT_PEAK = 5.0  # c_2 over (wavelength x temperature) near the peak of Planck's spectrum
_LEAST_POWER = -2.5  # the mean of a steeper spectrum does not exist


def band_limits(edges_m: Sequence[float]) -> list[tuple[float, float]]:
    """Return the shortest and longest wavelength [m] of every band; the first starts at 0, the last never ends."""
    return list(pairwise((0.0, *edges_m, float("inf"))))


def band_source_K(limits_m: tuple[float, float]) -> float:
    """Return the temperature [K] of the light that a band is judged by: 77, 293, or where the band is filled at all."""
    shares = {T: float(np.diff(planck_fraction(np.array(limits_m), T))[0]) for T in (WARM_K, COLD_K)}
    best = max(shares, key=lambda T: shares[T])
    if shares[best] >= _EMPTY:
        return best
    low, high = limits_m
    nearest = high if float(planck_fraction(high, WARM_K)) < 0.5 else low
    return SECOND_RADIATION_CONSTANT / (_AT_PEAK * nearest)


def bands_of_spectrum(spectral: SpectralCurve, edges_m: Sequence[float]) -> tuple[float, ...]:
    """Return band values of a spectral emissivity, shortest wavelengths first."""
    return tuple(band_mean(spectral, limits, band_source_K(limits)) for limits in band_limits(edges_m))


def bands_of_finish(finish: Finish, edges_m: Sequence[float], T: float) -> tuple[float, ...]:
    """Return band emissivities of a finish at the surface temperature T [K] by the power law of this module.

    An assumption wherever `finish` is not grey: totals do not tell a spectrum.
    """
    warm = finish.a77_293 + float(warm_share(T)) * (finish.e293 - finish.a77_293)
    cold = finish.e77
    if warm == cold:
        return (cold,) * (len(edges_m) + 1)
    power = max(float(np.log(warm / cold) / np.log(WARM_K / COLD_K)), _LEAST_POWER)
    mean = 15.0 / np.pi**4 * float(gamma(4.0 + power) * zeta(4.0 + power))
    factor = warm / (mean * (WARM_K / SECOND_RADIATION_CONSTANT) ** power)

    def spectral(wavelength_m: FloatArray) -> FloatArray:
        """Return the emissivity [-] at wavelengths [m]."""
        values: FloatArray = np.minimum(factor * wavelength_m**-power, 1.0)
        return values

    return bands_of_spectrum(spectral, edges_m)


def bands_of_metal(metal: Metal, edges_m: Sequence[float], T: float) -> tuple[float, ...]:
    """Return hemispherical band emissivities of a clean metal at T [K].

    Raises
    ------
    PropertyRangeError
        T lies outside the metal's table.
    """
    return bands_of_spectrum(metal.spectral_emissivity(T), edges_m)


def band_indices_of_metal(metal: Metal, edges_m: Sequence[float], T: float) -> tuple[tuple[float, float], ...]:
    """Return n, k of a clean metal at T [K] in every band, at the wavelength that halves the band's light.

    Raises
    ------
    PropertyRangeError
        T lies outside the metal's table.
    """
    return tuple(metal.band_index(T, band_source_K(limits), limits) for limits in band_limits(edges_m))


def bands_of_window(window: Window, edges_m: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return emissivity and transmittance in every band of a pane with one cut-off.

    Below the cut-off an uncoated pane reflects what it does not pass; beyond it the data's long-wave values hold.
    """
    cutoff = 1e-6 * window.cutoff_um
    emitted, passed = [], []
    for low, high in band_limits(edges_m):
        source = band_source_K((low, high))
        start, middle, end = (float(planck_fraction(at, source)) for at in (low, min(max(cutoff, low), high), high))
        share = (middle - start) / (end - start)
        emitted.append((1.0 - share) * window.emissivity_longwave_293)
        passed.append(share * window.transmittance_shortwave + (1.0 - share) * window.transmittance_longwave)
    return tuple(emitted), tuple(passed)


def finish_of_metal(metal: Metal) -> Finish:
    """Return the totals of a clean metal at 77 K and 293 K, computed from its resistivity.

    Raises
    ------
    PropertyRangeError
        Its table does not reach from 77 K to 293 K.
    """
    values = (metal.emissivity(COLD_K), metal.emissivity(WARM_K), metal.absorptivity(COLD_K, WARM_K))
    return _finish(f"{metal.name}.from_resistivity", values, f"computed from the resistivity: {metal.lattice.source}")


def finish_of_bands(edges_m: Sequence[float], values: Sequence[float], name: str = "bands") -> Finish:
    """Return the totals of a surface with given band emissivities."""
    banded = BandedEmissivity(tuple(edges_m), tuple(values))
    cold, warm = float(banded.mean(COLD_K)), float(banded.mean(WARM_K))
    return _finish(name, (cold, warm, warm), "given in bands")


def _finish(name: str, values: tuple[float, float, float], source: str) -> Finish:
    """Return a finish without any range."""
    cold, warm, mixed = values
    return Finish(name, cold, warm, mixed, (cold, cold), (warm, warm), (mixed, mixed), source=source)


__all__ = [
    "band_indices_of_metal",
    "band_limits",
    "band_source_K",
    "bands_of_finish",
    "bands_of_metal",
    "bands_of_spectrum",
    "bands_of_window",
    "finish_of_bands",
    "finish_of_metal",
]
