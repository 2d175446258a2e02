"""Shifts by the motion of the ion: time dilation, first-order Doppler effect, micromotion; and how cold the ion is."""

import math

import numpy as np

from bbrmodel.constants import ATOMIC_MASS, BOLTZMANN, ELEMENTARY_CHARGE, PLANCK, SPEED_OF_LIGHT
from bbrmodel.typing import FloatArray


def thermal_time_dilation(temperature_K: float, mass_u: float, degrees: float) -> float:
    """Return the fractional shift by time dilation, -(f / 2) k T / (m c^2).

    Parameters
    ----------
    temperature_K
        Of the ion's motion, [K].
    mass_u
        Of the ion, [u].
    degrees
        Quadratic degrees of freedom f: 3 for secular motion alone (Huang 2022), 5 with the micromotion of two
        directions (Han 2021, eq. 4).

    Returns
    -------
    :
        [-], negative.
    """
    return -0.5 * degrees * BOLTZMANN * temperature_K / rest_energy_J(mass_u)


def temperature_of_time_dilation_K(fraction: float, mass_u: float, degrees: float) -> float:
    """Return the temperature [K] at which `thermal_time_dilation` is `fraction` [-]."""
    return -2.0 * fraction * rest_energy_J(mass_u) / (degrees * BOLTZMANN)


def total_energy_per_quantum(frequency_Hz: float, mass_u: float) -> float:
    """Return h f / (m c^2), [-]: the whole energy of a quantum of motion over the ion's rest energy."""
    return PLANCK * frequency_Hz / rest_energy_J(mass_u)


def time_dilation_per_quantum(frequency_Hz: float, mass_u: float) -> float:
    """Return h f / (2 m c^2), [-]: time dilation by a quantum of harmonic motion, half of whose energy is kinetic."""
    return 0.5 * total_energy_per_quantum(frequency_Hz, mass_u)


def secular_motion(
    frequency_Hz: FloatArray, initial_quanta: FloatArray, heating_per_s: FloatArray, time_s: float, mass_u: float
) -> float:
    """Return the fractional shift by time dilation of three modes after some heating.

    Parameters
    ----------
    frequency_Hz
        shape (n,), of the modes, [Hz].
    initial_quanta
        shape (n,), mean occupation when the probe begins, [-].
    heating_per_s
        shape (n,), heating rates, [1/s].
    time_s
        When the occupation is taken, [s]: the middle of the probe for a linear rise.
    mass_u
        Of the ion, [u].

    Returns
    -------
    :
        [-], minus the sum of (n + 1/2) h f / (2 m c^2). Micromotion is left out: at the magic drive frequency its
        time dilation and Stark shift cancel.
    """
    quanta = initial_quanta + heating_per_s * time_s
    return -float(np.sum((quanta + 0.5) * frequency_Hz)) * time_dilation_per_quantum(1.0, mass_u)


def secular_motion_whole_energy(
    frequency_Hz: FloatArray, initial_quanta: FloatArray, heating_per_s: FloatArray, time_s: float, mass_u: float
) -> float:
    """Return twice `secular_motion`: Table I of Zhang 2025 counts h f / (m c^2) for each quantum. Same arguments."""
    return 2.0 * secular_motion(frequency_Hz, initial_quanta, heating_per_s, time_s, mass_u)


def sum_over_modes(per_quantum: FloatArray, quanta: FloatArray, zero_point: float) -> float:
    """Return the sum of shift per quantum times occupation, shape (n,) each; `zero_point` 1/2 adds the ground state."""
    return float(np.sum(per_quantum * (quanta + zero_point)))


def temperature_of_quanta_K(frequency_Hz: FloatArray, quanta: FloatArray) -> float:
    """Return the mean over modes of h f (n + 1/2) / k, [K], from frequencies [Hz] and occupations, shape (n,) each."""
    return float(np.mean(PLANCK * frequency_Hz * (quanta + 0.5) / BOLTZMANN))


def doppler_limit_K(linewidth_Hz: float) -> float:
    """Return the temperature [K] that Doppler cooling reaches, h gamma / (2 k), for a natural linewidth gamma [Hz]."""
    return 0.5 * PLANCK * linewidth_Hz / BOLTZMANN


def lamb_dicke(frequency_Hz: float, wavelength_m: float, angle_deg: float, mass_u: float) -> float:
    """Return the Lamb-Dicke parameter.

    Parameters
    ----------
    frequency_Hz
        Of the mode, [Hz].
    wavelength_m
        Of the light, [m].
    angle_deg
        Between beam and mode, [degree].
    mass_u
        Of the ion, [u].

    Returns
    -------
    :
        [-], k x0 cos(angle) with x0 = sqrt(hbar / (2 m omega)).
    """
    ground_state = math.sqrt(PLANCK / (8.0 * math.pi**2 * mass_u * ATOMIC_MASS * frequency_Hz))
    return 2.0 * math.pi / wavelength_m * ground_state * math.cos(math.radians(angle_deg))


def beam_projections(parameters: FloatArray, frequency_Hz: FloatArray, wavelength_m: float, mass_u: float) -> float:
    """Return the sum of the squared projections of a beam on three modes.

    Parameters
    ----------
    parameters
        shape (3,), Lamb-Dicke parameters of the beam, [-].
    frequency_Hz
        shape (3,), of the modes, [Hz].
    wavelength_m
        Of the beam, [m].
    mass_u
        Of the ion, [u].

    Returns
    -------
    :
        [-], 1 for parameters of one beam and three modes at right angles.
    """
    full = np.array([lamb_dicke(float(f), wavelength_m, 0.0, mass_u) for f in frequency_Hz])
    return float(np.sum((parameters / full) ** 2))


def excess_micromotion(
    frequency_Hz: float, drive_Hz: float, delta_alpha0_J_m2_V2: float, mass_u: float, squared_ratios: float
) -> float:
    """Return the fractional shift by excess micromotion, time dilation and Stark shift: eq. (5) of Zhang 2025.

    Parameters
    ----------
    frequency_Hz
        Of the clock, [Hz].
    drive_Hz
        Of the trap, [Hz].
    delta_alpha0_J_m2_V2
        Differential polarizability, [J m2/V2].
    mass_u
        Of the ion, [u].
    squared_ratios
        Sum over three beams of the squared ratio of micromotion sideband to carrier, [-].

    Returns
    -------
    :
        [-]; zero at `magic_drive_Hz`.
    """
    stark = _stark_over_dilation(frequency_Hz, drive_Hz, delta_alpha0_J_m2_V2, mass_u=mass_u)
    return -((drive_Hz / frequency_Hz) ** 2) * (1.0 + stark) * squared_ratios


def magic_drive_Hz(frequency_Hz: float, delta_alpha0_J_m2_V2: float, mass_u: float) -> float:
    """Return the drive frequency [Hz] at which `excess_micromotion` vanishes, same arguments, delta_alpha0 < 0."""
    return 1.0 / math.sqrt(-_stark_over_dilation(frequency_Hz, 1.0, delta_alpha0_J_m2_V2, mass_u=mass_u))


def polarizability_of_magic_drive(frequency_Hz: float, drive_Hz: float, mass_u: float) -> float:
    """Return the differential polarizability [J m2/V2] that puts the magic drive frequency at `drive_Hz`."""
    return -1.0 / _stark_over_dilation(frequency_Hz, drive_Hz, 1.0, mass_u=mass_u)


def _stark_over_dilation(frequency_Hz: float, drive_Hz: float, delta_alpha0: float, *, mass_u: float) -> float:
    """Return the ratio of Stark shift and time dilation of micromotion, delta_alpha0 / (h nu) (m Omega c / e)^2."""
    momentum = 2.0 * math.pi * drive_Hz * mass_u * ATOMIC_MASS * SPEED_OF_LIGHT / ELEMENTARY_CHARGE
    return delta_alpha0 / (PLANCK * frequency_Hz) * momentum**2


def motional_stark_factor(motion_Hz: float, scale_Hz: float) -> float:
    """Return 1 + (f / f0)^2, [-]: time dilation of Al+ with the Stark shift of the same motion, f0 = 400 MHz."""
    return 1.0 + (motion_Hz / scale_Hz) ** 2


def motional_stark_factor_as_printed(motion_Hz: float, scale_Hz: float) -> float:
    """Return (1 + f / f0)^2, [-], as eq. (1) of Cui 2022 has it."""
    return (1.0 + motion_Hz / scale_Hz) ** 2


def first_order_doppler(velocity_m_s: float) -> float:
    """Return the fractional shift by a steady velocity along the beam, v / c, [-]."""
    return velocity_m_s / SPEED_OF_LIGHT


def rectangular_first_order_doppler(velocity_limit_m_s: float) -> float:
    """Return the standard uncertainty, [-], where the velocity lies anywhere within plus or minus a limit."""
    return first_order_doppler(velocity_limit_m_s) / math.sqrt(3.0)


def temperature_of_doppler_width_K(width_Hz: float, wavelength_m: float, mass_u: float) -> float:
    """Return the temperature [K] of a Gaussian line of full width at half maximum `width_Hz`: eq. (2) of Han 2021."""
    relative = width_Hz * wavelength_m / SPEED_OF_LIGHT
    return rest_energy_J(mass_u) / (8.0 * math.log(2.0) * BOLTZMANN) * relative**2


def rest_energy_J(mass_u: float) -> float:
    """Return m c^2 [J] of a mass [u]."""
    return mass_u * ATOMIC_MASS * SPEED_OF_LIGHT**2


__all__ = [
    "beam_projections",
    "doppler_limit_K",
    "excess_micromotion",
    "first_order_doppler",
    "lamb_dicke",
    "magic_drive_Hz",
    "motional_stark_factor",
    "motional_stark_factor_as_printed",
    "polarizability_of_magic_drive",
    "rectangular_first_order_doppler",
    "rest_energy_J",
    "secular_motion",
    "secular_motion_whole_energy",
    "sum_over_modes",
    "temperature_of_doppler_width_K",
    "temperature_of_quanta_K",
    "temperature_of_time_dilation_K",
    "thermal_time_dilation",
    "time_dilation_per_quantum",
    "total_energy_per_quantum",
]
