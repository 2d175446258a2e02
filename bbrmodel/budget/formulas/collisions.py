"""Collisions with the residual gas: density, shift scaled from one gas to another, pressure from reordering ions.

The attraction of an ion and a neutral is C4 / r^4 with C4 proportional to the neutral's polarizability. The elastic
cross section of Côté and Dalgarno, Phys. Rev. A 62, 012709 (2000), is pi (1 + pi^2/16) (mu C4^2 / (hbar^2 E))^(1/3).
"""

import math

from bbrmodel.constants import ATOMIC_MASS, BOLTZMANN, ELEMENTARY_CHARGE, VACUUM_PERMITTIVITY
from bbrmodel.typing import FloatArray


def number_density_per_m3(pressure_Pa: float, temperature_K: float) -> float:
    """Return the number density [1/m3] of a gas at a pressure [Pa] and a temperature [K]."""
    return pressure_Pa / (BOLTZMANN * temperature_K)


def transpired_density_per_m3(pressure_Pa: float, gauge_K: float, cold_K: float) -> float:
    """Return the number density in a cold volume that molecular flow joins to a warm gauge.

    Parameters
    ----------
    pressure_Pa
        At the gauge, [Pa].
    gauge_K, cold_K
        Temperatures of gauge and volume, [K].

    Returns
    -------
    :
        [1/m3]: p / sqrt(T) is equal on both sides (thermal transpiration), hence p / (k sqrt(T1 T2)).
    """
    return pressure_Pa / (BOLTZMANN * math.sqrt(gauge_K * cold_K))


def scaled_collision_shift_as_printed(shift: float, ion_u: float, gas: FloatArray, reference: FloatArray) -> float:
    """Return the collision shift in one gas from that in another with eq. (8) of Zhang 2025, cross section as C4^(1/3).

    Parameters
    ----------
    shift
        In the reference gas at the same pressure and temperature, any unit.
    ion_u
        Mass of the ion, [u].
    gas, reference
        shape (2,): mass [u] and polarizability of the molecules; polarizabilities in one unit.

    Returns
    -------
    :
        In the unit of `shift`: speed times cross section (mu alpha)^(1/3), as the paper has it.
    """
    return shift * _scaling(ion_u, gas, exponent=1.0) / _scaling(ion_u, reference, exponent=1.0)


def scaled_collision_shift(shift: float, ion_u: float, gas: FloatArray, reference: FloatArray) -> float:
    """Return the same with the cross section as C4^(2/3), (mu alpha^2)^(1/3) (Côté and Dalgarno 2000)."""
    return shift * _scaling(ion_u, gas, exponent=2.0) / _scaling(ion_u, reference, exponent=2.0)


def scaled_langevin_shift(shift: float, ion_u: float, gas: FloatArray, reference: FloatArray) -> float:
    """Return the same with Langevin's rate, (alpha / mu)^(1/2)."""
    faster = math.sqrt(_reduced(ion_u, float(reference[0])) / _reduced(ion_u, float(gas[0])))
    return shift * faster * math.sqrt(float(gas[1] / reference[1]))


def _scaling(ion_u: float, gas: FloatArray, *, exponent: float) -> float:
    """Return speed times cross section of a gas but for a common factor."""
    mass, alpha = (float(value) for value in gas)
    reduced = _reduced(ion_u, mass)
    return math.cbrt(reduced * math.pow(alpha, exponent)) / math.sqrt(reduced)


def _reduced(first: float, second: float) -> float:
    return first * second / (first + second)


def reorder_energy_K(mass_u: float, axial_Hz: float, radial_Hz: float, mass_ratio: float) -> float:
    """Return the energy at which two ions in a trap change places, over k: eq. (9) of Cui 2022 (Hankin 2019).

    Parameters
    ----------
    mass_u
        Of the ion whose frequencies are given, [u].
    axial_Hz, radial_Hz
        Of that ion alone, [Hz].
    mass_ratio
        Its mass over that of the other, [-].

    Returns
    -------
    :
        [K]. The static field is taken to push equally in both radial directions (alpha = 1/2), which the paper does not
        say; the energy depends on it by 2 %.
    """
    omega = 2.0 * math.pi * axial_Hz
    strength = math.sqrt(mass_u * ATOMIC_MASS) * omega * ELEMENTARY_CHARGE**2 / (2.0 * math.pi * VACUUM_PERMITTIVITY)
    alpha = 0.5
    squared = (radial_Hz / axial_Hz) ** 2 + alpha  # epsilon^2: pseudopotential over axial, both as frequency squared
    above = 2.0 * (squared + alpha - 1.0) * (squared + mass_ratio * (alpha - 1.0))
    below = squared * (mass_ratio + 1.0) + 2.0 * mass_ratio * (alpha - 1.0)
    bracket = math.cbrt(above / below) - 1.0
    return 0.75 * math.pow(strength, 2.0 / 3.0) * bracket / BOLTZMANN


def pressure_of_reordering_nPa(rate_per_s: float, energy_K: float, exponent: float) -> float:
    """Return the pressure from the rate at which ions change places: eq. (10) of Cui 2022 solved for it.

    Parameters
    ----------
    rate_per_s
        [1/s].
    energy_K
        `reorder_energy_K`.
    exponent
        Of the energy over 1 K: +1 as printed.

    Returns
    -------
    :
        [nPa], 902 nPa times 2 rate / energy^exponent.
    """
    return 902.0 * 2.0 * rate_per_s / math.pow(energy_K, exponent)


__all__ = [
    "number_density_per_m3",
    "pressure_of_reordering_nPa",
    "reorder_energy_K",
    "scaled_collision_shift",
    "scaled_collision_shift_as_printed",
    "scaled_langevin_shift",
    "transpired_density_per_m3",
]
