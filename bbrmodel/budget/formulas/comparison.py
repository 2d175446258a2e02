"""What concerns the comparison of clocks and the apparatus: redshift, Dick effect, line width, cryogen."""

import math

import numpy as np

from bbrmodel.constants import SECONDS_PER_DAY, SPEED_OF_LIGHT, STANDARD_ATMOSPHERE, STANDARD_GRAVITY
from bbrmodel.materials.ln2 import latent_heat, liquid_density, saturation_temperature
from bbrmodel.typing import FloatArray

_HARMONICS = 4000
_SAMPLES = 2**18


def gravitational_redshift(height_m: float) -> float:
    """Return the fractional shift of a clock that stands higher by `height_m` [m], g h / c^2, [-], standard gravity."""
    return STANDARD_GRAVITY * height_m / SPEED_OF_LIGHT**2


def gravitational_redshift_Hz(height_m: float, frequency_Hz: float) -> float:
    """Return `gravitational_redshift` times the frequency of the clock, [Hz]."""
    return gravitational_redshift(height_m) * frequency_Hz


def ramsey_sensitivity(time_s: FloatArray, pulse_s: float, free_s: float) -> FloatArray:
    """Return how strongly the phase read at the end of a Ramsey probe depends on the frequency at a time.

    Parameters
    ----------
    time_s
        shape (n,), from the beginning of the first pulse, [s].
    pulse_s
        Length of each pi/2 pulse, [s].
    free_s
        Between the pulses, [s].

    Returns
    -------
    :
        shape (n,), [-]: 1 between the pulses, a quarter of a sine during them, 0 elsewhere.
    """
    to_end = 2.0 * pulse_s + free_s - time_s
    inside = np.minimum(np.minimum(time_s, to_end), pulse_s) / pulse_s
    return np.asarray(np.sin(0.5 * np.pi * np.clip(inside, 0.0, 1.0)))


def dick_limit(noise_per_Hz: float, exponent: float, cycle_s: float, pulse_s: float, free_s: float) -> float:
    """Return the Allan deviation at 1 s that dead time and noise of the oscillator leave (Dick effect).

    Parameters
    ----------
    noise_per_Hz
        Spectral density of fractional frequency of the free oscillator at 1 Hz, one-sided, [1/Hz].
    exponent
        Its power of frequency: 0 white, -1 flicker noise of frequency.
    cycle_s
        Of the probe, dead time included, [s].
    pulse_s, free_s
        Of the Ramsey probe, [s].

    Returns
    -------
    :
        [-], sigma(tau) = value / sqrt(tau / 1 s) = [(1/tau) sum of (g_ms^2 + g_mc^2)/g0^2 S(m/T)]^(+1/2). Eq. (7) of
        Han 2021 prints the exponent as -1/2.
    """
    time: FloatArray = np.asarray((np.arange(_SAMPLES) + 0.5) * (cycle_s / _SAMPLES), dtype=np.float64)
    amplitudes = np.fft.rfft(ramsey_sensitivity(time, pulse_s, free_s)) / _SAMPLES
    harmonics = np.arange(1, _HARMONICS)
    weights = np.abs(amplitudes[1:_HARMONICS]) ** 2 / np.abs(amplitudes[0]) ** 2
    return math.sqrt(noise_per_Hz * float(np.sum(weights * (harmonics / cycle_s) ** exponent)))


def dick_improvement(exponent: float, long_cycle_s: float, cycle_s: float, pulse_s: float, free_s: float) -> float:
    """Return `dick_limit` of a long cycle over that of a short one with the same probe and oscillator, [-]."""
    before = dick_limit(1.0, exponent, long_cycle_s, pulse_s, free_s)
    return before / dick_limit(1.0, exponent, cycle_s, pulse_s, free_s)


def probe_linewidth_Hz(probe_s: float) -> float:
    """Return the full width at half maximum of a line probed by one pi pulse, 0.8 / t, [Hz]."""
    return 0.8 / probe_s


def power_of_boil_off_W(litres_per_day: float) -> float:
    """Return the heat load [W] that evaporates so much liquid nitrogen, [L/day], at one atmosphere."""
    density = float(liquid_density(saturation_temperature(STANDARD_ATMOSPHERE)))
    return litres_per_day * 1e-3 / SECONDS_PER_DAY * density * latent_heat()


def power_of_endurance_W(volume_L: float, hours: float) -> float:
    """Return the heat load [W] that evaporates a volume of liquid nitrogen [L] within so many hours."""
    return power_of_boil_off_W(volume_L * 24.0 / hours)


__all__ = [
    "dick_improvement",
    "dick_limit",
    "gravitational_redshift",
    "gravitational_redshift_Hz",
    "power_of_boil_off_W",
    "power_of_endurance_W",
    "probe_linewidth_Hz",
    "ramsey_sensitivity",
]
