"""A cloud of many ions in a linear trap, as a microwave clock has it: density, number, coupling (Han 2021)."""

import math

from bbrmodel.constants import ATOMIC_MASS, BOLTZMANN, ELEMENTARY_CHARGE, VACUUM_PERMITTIVITY


def cold_cloud_density_per_m3(amplitude_V: float, drive_Hz: float, radius_m: float, mass_u: float) -> float:
    """Return the density of a cold cloud, eps0 V^2 / (M Omega^2 r0^4): eq. (3) of Han 2021.

    Parameters
    ----------
    amplitude_V
        Of the drive, [V].
    drive_Hz
        Omega / 2 pi, [Hz].
    radius_m
        From the axis to the electrodes, [m].
    mass_u
        Of the ions, [u].

    Returns
    -------
    :
        [1/m3].
    """
    omega = 2.0 * math.pi * drive_Hz
    return VACUUM_PERMITTIVITY * amplitude_V**2 / (mass_u * ATOMIC_MASS * omega**2 * radius_m**4)


def ions_in_volume(density_per_m3: float, volume_mm3: float) -> float:
    """Return the number of ions in a volume [mm3] of uniform density [1/m3]."""
    return density_per_m3 * volume_mm3 * 1e-9


def wigner_seitz_radius_m(density_per_m3: float) -> float:
    """Return the radius [m] of a sphere that holds one ion."""
    return math.cbrt(3.0 / (4.0 * math.pi * density_per_m3))


def coupling_parameter(density_per_m3: float, temperature_K: float) -> float:
    """Return electrostatic over thermal energy of neighbours, e^2 / (4 pi eps0 a k T), [-]."""
    return coupling_temperature_K(density_per_m3, 1.0) / temperature_K


def coupling_temperature_K(density_per_m3: float, coupling: float) -> float:
    """Return the temperature [K] at which a cloud of this density has that coupling parameter."""
    distance = wigner_seitz_radius_m(density_per_m3)
    energy = ELEMENTARY_CHARGE**2 / (4.0 * math.pi * VACUUM_PERMITTIVITY * distance)
    return energy / (BOLTZMANN * coupling)


__all__ = [
    "cold_cloud_density_per_m3",
    "coupling_parameter",
    "coupling_temperature_K",
    "ions_in_volume",
    "wigner_seitz_radius_m",
]
