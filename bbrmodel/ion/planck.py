"""Planck's law."""

import numpy as np

from bbrmodel.constants import BOLTZMANN, PLANCK, SPEED_OF_LIGHT
from bbrmodel.typing import FloatArray


def planck_energy_density(frequency_Hz: FloatArray, temperature_K: FloatArray | float) -> FloatArray:
    """Return the spectral energy density of black-body radiation [J/m3/Hz], for shapes that broadcast.

    Its integral is 4 sigma T^4 / c; half of it is electric, so that <E^2> is the integral over eps0.
    """
    x = PLANCK * frequency_Hz / (BOLTZMANN * np.asarray(temperature_K, dtype=np.float64))
    occupation = 1.0 / np.expm1(np.minimum(x, 700.0))  # beyond, it is nothing and would overflow
    density: FloatArray = 8.0 * np.pi * PLANCK * frequency_Hz**3 / SPEED_OF_LIGHT**3 * occupation
    return density


__all__ = ["planck_energy_density"]
