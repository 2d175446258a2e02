r"""Emissivity of clean metals from their resistivity: Hagen-Rubens, Drude, Fresnel.

Light of frequency :math:`\omega` sees the conductivity :math:`\sigma / (1 - i \omega \tau)`. Where
:math:`\omega \tau \ll 1` (Hagen and Rubens) the refractive index is
:math:`n = k = \sqrt{\mu_0 c \lambda / 4 \pi \rho} \approx \sqrt{30\,\Omega\,\lambda / \rho}`. Neither includes surface
scattering of electrons whose free path exceeds the skin depth (the anomalous skin effect), which adds about
:math:`3 v_F / 4 c` (Holstein) to the absorptivity of pure cold metals: `surface_scattering_floor`.
"""

from functools import cache

import numpy as np
from scipy.special import roots_legendre

from bbrmodel.constants import ELEMENTARY_CHARGE, SPEED_OF_LIGHT, VACUUM_PERMITTIVITY
from bbrmodel.errors import PropertyRangeError
from bbrmodel.typing import AnyArray, FloatArray

ELECTRON_MASS = 9.1093837139e-31  # kg, CODATA 2022
_OHMS = 1.0 / (4.0 * np.pi * VACUUM_PERMITTIVITY * SPEED_OF_LIGHT)  # 29.98 ohm


def relaxation_time(resistivity: float, electron_density: float) -> float:
    """Return the mean time between collisions [s] from the resistivity [ohm m] and free electrons [1/m3]."""
    return ELECTRON_MASS / (electron_density * ELEMENTARY_CHARGE**2 * resistivity)


def relaxation_wavelength(resistivity: float, electron_density: float) -> float:
    """Return the wavelength [m] where omega tau = 1: Hagen-Rubens holds far above it."""
    return 2.0 * np.pi * SPEED_OF_LIGHT * relaxation_time(resistivity, electron_density)


def hagen_rubens_index(wavelength_m: FloatArray, resistivity: float) -> AnyArray:
    """Return the complex refractive index n + ik, n = k = sqrt(30 ohm lambda / rho).

    Parameters
    ----------
    wavelength_m
        any shape, [m]; holds far above `relaxation_wavelength` and where n is much above 1.
    resistivity
        [ohm m], > 0.

    Raises
    ------
    PropertyRangeError
        n would be below 1, where the formula means nothing.
    """
    n = np.sqrt(_OHMS * np.asarray(wavelength_m, dtype=np.float64) / resistivity)
    if (n < 1.0).any():
        shortest = resistivity / _OHMS
        raise PropertyRangeError(
            f"Hagen-Rubens at {float(np.min(wavelength_m)):.3g} m: a resistivity of {resistivity:.3g} ohm m needs "
            f"wavelengths far above {shortest:.2g} m. Use the Drude index."
        )
    index: AnyArray = n * (1.0 + 1.0j)
    return index


def drude_index(wavelength_m: FloatArray, resistivity: float, relaxation_s: float = 0.0) -> AnyArray:
    """Return the complex refractive index n + ik of free electrons.

    Parameters
    ----------
    wavelength_m
        any shape, [m].
    resistivity
        [ohm m], > 0.
    relaxation_s
        [s]; 0 is Hagen-Rubens with its next order.
    """
    omega = 2.0 * np.pi * SPEED_OF_LIGHT / np.asarray(wavelength_m, dtype=np.float64)
    conductivity = 1.0 / (resistivity * (1.0 - 1.0j * omega * relaxation_s))
    index: AnyArray = np.sqrt(1.0 + 1.0j * conductivity / (VACUUM_PERMITTIVITY * omega))
    return index


def directional_emissivity(cosine: FloatArray, n: FloatArray, k: FloatArray) -> FloatArray:
    """Return the emissivity for unpolarised light from Fresnel's formulas; arguments are broadcast, [-].

    `cosine` is that of the angle to the normal, 0..1.
    """
    cos = np.maximum(np.asarray(cosine, dtype=np.float64), 1e-12)
    sin2 = 1.0 - cos**2
    root = np.sqrt((np.asarray(n) + 1j * np.asarray(k)) ** 2 - sin2)
    a, b2 = root.real, root.imag**2
    r_s = ((a - cos) ** 2 + b2) / ((a + cos) ** 2 + b2)
    bend = sin2 / cos
    r_p = r_s * ((a - bend) ** 2 + b2) / ((a + bend) ** 2 + b2)
    emissivity: FloatArray = 1.0 - 0.5 * (r_s + r_p)
    return emissivity


def normal_emissivity(n: FloatArray, k: FloatArray) -> FloatArray:
    """Return 4 n / ((n + 1)^2 + k^2)."""
    real = np.asarray(n, dtype=np.float64)
    emissivity: FloatArray = 4.0 * real / ((real + 1.0) ** 2 + np.asarray(k, dtype=np.float64) ** 2)
    return emissivity


@cache
def _cosine_nodes() -> tuple[FloatArray, FloatArray]:
    """Return cosines and weights of the hemispherical mean, dense at grazing angles, where metals are brightest."""
    node, weight = roots_legendre(96)
    u = 0.5 * (node + 1.0)
    cosine = u**4
    return cosine, 2.0 * cosine * 4.0 * u**3 * 0.5 * weight


def hemispherical_emissivity(n: FloatArray, k: FloatArray) -> FloatArray:
    """Return 2 int emissivity(mu) mu dmu, shape of the broadcast arguments, [-]; 4/3 of the normal one for large n."""
    cosine, weight = _cosine_nodes()
    real, imaginary = np.broadcast_arrays(np.asarray(n, dtype=np.float64), np.asarray(k, dtype=np.float64))
    total: FloatArray = directional_emissivity(cosine, real[..., None], imaginary[..., None]) @ weight
    return total


def surface_scattering_floor(fermi_velocity_m_s: float) -> float:
    """Return the absorptivity 3 v_F / 4 c that diffuse scattering of electrons at the surface adds (Holstein 1952)."""
    return 0.75 * fermi_velocity_m_s / SPEED_OF_LIGHT


__all__ = [
    "directional_emissivity",
    "drude_index",
    "hagen_rubens_index",
    "hemispherical_emissivity",
    "normal_emissivity",
    "relaxation_time",
    "relaxation_wavelength",
    "surface_scattering_floor",
]
