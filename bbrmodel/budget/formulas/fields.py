"""Shifts by magnetic fields, electric field gradients and light other than thermal radiation."""

import math

from bbrmodel.constants import PLANCK, SPEED_OF_LIGHT


def quadratic_zeeman(coefficient_Hz_T2: float, field_T: float, frequency_Hz: float) -> float:
    """Return the fractional quadratic Zeeman shift of a steady field, C B^2 / nu.

    Parameters
    ----------
    coefficient_Hz_T2
        Mean over the components of the line that are probed, [Hz/T2].
    field_T
        [T].
    frequency_Hz
        Of the clock, [Hz].

    Returns
    -------
    :
        [-].
    """
    return coefficient_Hz_T2 * field_T**2 / frequency_Hz


def quadratic_zeeman_ac(coefficient_Hz_T2: float, mean_square_T2: float, frequency_Hz: float) -> float:
    """Return the fractional quadratic Zeeman shift [-] of an oscillating field of mean square <B^2> [T2]."""
    return coefficient_Hz_T2 * mean_square_T2 / frequency_Hz


def field_of_quadratic_zeeman_T(coefficient_Hz_T2: float, fraction: float, frequency_Hz: float) -> float:
    """Return the field [T] whose `quadratic_zeeman` is `fraction` [-]."""
    return math.sqrt(fraction * frequency_Hz / coefficient_Hz_T2)


def quadrupole_shift_Hz(
    gradient_V_m2: float, moment_C_m2: float, angular_momentum: float, projection: float, angle_deg: float
) -> float:
    """Return the electric quadrupole shift of one sub-level: eq. (2) of Huang 2022.

    Parameters
    ----------
    gradient_V_m2
        dE_z/dz, [V/m2].
    moment_C_m2
        Quadrupole moment of the state, [C m2].
    angular_momentum, projection
        J of the state, and m_J.
    angle_deg
        Between magnetic field and field gradient, [degree].

    Returns
    -------
    :
        [Hz]. Its sum over all m_J vanishes, and so does every one of them at 54.74 degrees.
    """
    j, m = angular_momentum, projection
    level = (3.0 * m * m - j * (j + 1.0)) / (j * (2.0 * j - 1.0))
    direction = 3.0 * math.cos(math.radians(angle_deg)) ** 2 - 1.0
    return -0.25 * gradient_V_m2 * moment_C_m2 / PLANCK * level * direction


def light_shift(coefficient_Hz_cm2_W: float, intensity_W_cm2: float, frequency_Hz: float) -> float:
    """Return the fractional ac Stark shift of light: eq. (5) of Han 2021 over the frequency.

    Parameters
    ----------
    coefficient_Hz_cm2_W
        Shift per intensity, [Hz/(W/cm2)].
    intensity_W_cm2
        [W/cm2].
    frequency_Hz
        Of the clock, [Hz].

    Returns
    -------
    :
        [-].
    """
    return coefficient_Hz_cm2_W * intensity_W_cm2 / frequency_Hz


def light_shift_of_longer_pulse_Hz(shift_Hz: float, pulse_s: float, longer_s: float) -> float:
    """Return the shift [Hz] by a pi pulse of `longer_s` where one of `pulse_s` shifts by `shift_Hz`: as 1 / t^2."""
    return shift_Hz * (pulse_s / longer_s) ** 2


def scattering_rate_per_s(linewidth_Hz: float, detuning_linewidths: float, saturation: float) -> float:
    """Return how many photons an ion scatters: eq. (6) of Han 2021.

    Parameters
    ----------
    linewidth_Hz
        Gamma / 2 pi, [Hz].
    detuning_linewidths
        Detuning over Gamma, [-].
    saturation
        Intensity over saturation intensity, 2 Omega^2 / Gamma^2, [-].

    Returns
    -------
    :
        [1/s].
    """
    # Everything in units of Gamma: Omega^2 / 2 = saturation / 4.
    driven = 0.25 * saturation
    return math.pi * linewidth_Hz * driven / (detuning_linewidths**2 + driven + 0.25)


def fluorescence_intensity_W_cm2(ions: float, rate_per_s: float, wavelength_m: float, area_mm2: float) -> float:
    """Return the intensity of light that ions scatter through the surface of their cloud (Han 2021, upper limit).

    Parameters
    ----------
    ions
        Number of ions.
    rate_per_s
        Photons that each scatters, [1/s].
    wavelength_m
        [m].
    area_mm2
        Surface of the cloud, [mm2].

    Returns
    -------
    :
        [W/cm2].
    """
    return ions * rate_per_s * PLANCK * SPEED_OF_LIGHT / wavelength_m / (0.01 * area_mm2)


def modulator_chirp(power_W: float, duty_cycle: float, frequency_Hz: float) -> float:
    """Return the fractional shift by the phase chirp of a modulator, 0.2 Hz/W P (1 - d) / nu, [-] (Cui 2022)."""
    return 0.2 * power_W * (1.0 - duty_cycle) / frequency_Hz


__all__ = [
    "field_of_quadratic_zeeman_T",
    "fluorescence_intensity_W_cm2",
    "light_shift",
    "light_shift_of_longer_pulse_Hz",
    "modulator_chirp",
    "quadratic_zeeman",
    "quadratic_zeeman_ac",
    "quadrupole_shift_Hz",
    "scattering_rate_per_s",
]
