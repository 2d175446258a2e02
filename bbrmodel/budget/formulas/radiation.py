"""Shift by thermal radiation as the papers work it out: one temperature, a temperature and a step, a few surfaces.

The shift itself is that of `bbrmodel.ion.shift`; a solved case gives it without these shortcuts.
"""

import math
from dataclasses import replace

import numpy as np
from scipy.optimize import brentq

from bbrmodel.constants import MEAN_SQUARED_FIELD_300K, PLANCK, VACUUM_PERMITTIVITY
from bbrmodel.errors import ConfigError
from bbrmodel.ion.clocks import Clock, OpticalResponse
from bbrmodel.ion.clocks import clock as find_clock
from bbrmodel.ion.shift import magnetic_shift_Hz, shift_Hz
from bbrmodel.typing import FloatArray

_SPHERE = 4.0 * math.pi


def blackbody_shift_Hz(clock: str, temperature_K: float, delta_alpha0_J_m2_V2: float | None = None) -> float:
    """Return the shift by the electric field of black-body radiation of one temperature, [Hz].

    Parameters
    ----------
    clock
        Id of the clock.
    temperature_K
        [K].
    delta_alpha0_J_m2_V2
        Differential polarizability, [J m2/V2], in place of the library's; optical clocks only.

    Returns
    -------
    :
        [Hz], eq. (1) of Huang 2022, with the dynamic correction of the library.
    """
    found = _with_polarizability(find_clock(clock), delta_alpha0_J_m2_V2)
    return float(shift_Hz(found, temperature_K))


def blackbody_fraction(clock: str, temperature_K: float, delta_alpha0_J_m2_V2: float | None = None) -> float:
    """Return `blackbody_shift_Hz` relative to the frequency of the clock, [-]."""
    return blackbody_shift_Hz(clock, temperature_K, delta_alpha0_J_m2_V2) / find_clock(clock).frequency_Hz


def electric_and_magnetic_fraction(clock: str, temperature_K: float) -> float:
    """Return the fractional shift by both fields of black-body radiation, which counts for hyperfine clocks, [-]."""
    found = find_clock(clock)
    return (
        blackbody_fraction(clock, temperature_K) + float(magnetic_shift_Hz(found, temperature_K)) / found.frequency_Hz
    )


def static_blackbody_shift_Hz(delta_alpha0_J_m2_V2: float, temperature_K: float) -> float:
    """Return the shift without dynamic correction, -delta_alpha0 <E^2> / (2 h), [Hz]."""
    return -0.5 * MEAN_SQUARED_FIELD_300K * (temperature_K / 300.0) ** 4 * delta_alpha0_J_m2_V2 / PLANCK


def blackbody_expression_without_h(delta_alpha0_J_m2_V2: float, temperature_K: float) -> float:
    """Return eq. (1) of Zhang 2025 as it is printed, -delta_alpha0 <E^2> / 2: joules [J], not hertz; 1/h is missing."""
    return static_blackbody_shift_Hz(delta_alpha0_J_m2_V2, temperature_K) * PLANCK


def volume_to_polarizability(volume_m3: float) -> float:
    """Return 4 pi eps0 times a polarizability volume [m3], in [J m2/V2]."""
    return 4.0 * math.pi * VACUUM_PERMITTIVITY * volume_m3


def blackbody_fraction_of_volume(
    clock: str, temperature_K: float, polarizability_volume_m3: float, dynamic_factor: float
) -> float:
    """Return the fractional shift by eq. (13) of Cui 2022.

    Parameters
    ----------
    clock
        Id of the clock, for its frequency.
    temperature_K
        Effective temperature, [K].
    polarizability_volume_m3
        Differential polarizability over 4 pi eps0, [m3].
    dynamic_factor
        1 + eta, [-].

    Returns
    -------
    :
        [-].
    """
    static = static_blackbody_shift_Hz(volume_to_polarizability(polarizability_volume_m3), temperature_K)
    return static * dynamic_factor / find_clock(clock).frequency_Hz


def blackbody_step_fraction(clock: str, temperature_K: float, step_K: float) -> float:
    """Return by how much the fractional shift changes with a step of the temperature, 4 S dT / T, [-]."""
    return 4.0 * blackbody_fraction(clock, temperature_K) * step_K / temperature_K


def blackbody_limit_fraction(clock: str, temperature_K: float, step_K: float) -> float:
    """Return the fractional shift at the end of a range less that at its centre, S(T + dT) - S(T), [-]."""
    return blackbody_fraction(clock, temperature_K + step_K) - blackbody_fraction(clock, temperature_K)


def part_of_blackbody_step(clock: str, temperature_K: float, step_K: float, share: float) -> float:
    """Return what a surface that fills a share of the sky adds when its temperature changes by a step, [-]."""
    return share * blackbody_step_fraction(clock, temperature_K, step_K)


def shielded_shift_Hz(clock: str, shield_K: float, through_holes_Hz: float) -> float:
    """Return the shift in a shield of one temperature plus what holes let in [Hz] (Huang 2022, Methods)."""
    return blackbody_shift_Hz(clock, shield_K) + through_holes_Hz


def shielded_fraction(clock: str, shield_K: float, through_holes_Hz: float) -> float:
    """Return `shielded_shift_Hz` relative to the frequency of the clock, [-]."""
    return shielded_shift_Hz(clock, shield_K, through_holes_Hz) / find_clock(clock).frequency_Hz


def temperature_of_blackbody_shift_K(clock: str, shift_Hz: float) -> float:
    """Return the temperature of a black body that shifts a clock by so much, [K], between 1 and 1000 K."""
    return float(brentq(lambda T: blackbody_shift_Hz(clock, T) - shift_Hz, 1.0, 1000.0))


def share_of_room_light(clock: str, shift_Hz: float, room_K: float) -> float:
    """Return the share of the sky, [-], that black walls at `room_K` must fill to shift the clock by `shift_Hz`."""
    return shift_Hz / blackbody_shift_Hz(clock, room_K)


def relative_polarizability_fraction(clock: str, temperature_K: float, u_delta_alpha0_J_m2_V2: float) -> float:
    """Return the fractional uncertainty that an uncertain polarizability [J m2/V2] causes at a temperature, [-]."""
    response = _with_polarizability(find_clock(clock), None).response
    if not isinstance(response, OpticalResponse):
        raise ConfigError(f"clock {clock}: has no differential polarizability. Take an optical clock.")
    return abs(blackbody_fraction(clock, temperature_K) * u_delta_alpha0_J_m2_V2 / response.delta_alpha0)


def polarizability_of_difference(clock: str, difference_Hz: float, warm_K: float, cold_Hz: float) -> float:
    """Return the polarizability that a comparison of a warm and a cold clock gives (Huang 2022).

    Parameters
    ----------
    clock
        Id of the clock; its polarizability only sets the scale of the dynamic correction.
    difference_Hz
        Measured shift of the warm minus that of the cold clock by radiation, [Hz].
    warm_K
        Temperature of the warm clock, [K].
    cold_Hz
        Shift of the cold clock with the library's polarizability, [Hz].

    Returns
    -------
    :
        [J m2/V2]; both shifts are proportional to it.
    """
    response = find_clock(clock).response
    if not isinstance(response, OpticalResponse):
        raise ConfigError(f"clock {clock}: has no differential polarizability. Take an optical clock.")
    return response.delta_alpha0 * difference_Hz / (blackbody_shift_Hz(clock, warm_K) - cold_Hz)


def effective_temperature_K(solid_angles_sr: FloatArray, temperatures_K: FloatArray) -> float:
    """Return T_eff = (sum of solid angle / 4 pi times T^4)^(1/4), [K]: eq. (12) of Cui 2022."""
    return float(np.sum(solid_angles_sr / _SPHERE * temperatures_K**4) ** 0.25)


def effective_temperature_step_K(
    solid_angle_sr: float, temperature_K: float, effective_temperature_K: float, step_K: float
) -> float:
    """Return how a step of one surface's temperature changes T_eff, (solid angle / 4 pi) (T / T_eff)^3 dT, [K]."""
    return solid_angle_sr / _SPHERE * (temperature_K / effective_temperature_K) ** 3 * step_K


def hole_share(holes: float, radius_m: float, distance_m: float, visible_share: float) -> float:
    """Return the share of the sky that round holes fill, [-]: pi r^2 / (4 pi d^2) each, times the visible part."""
    return holes * visible_share * radius_m**2 / (4.0 * distance_m**2)


def hole_share_in_grey_cylinder(
    wall_emissivity: float, radius_m: float, height_m: float, holes: FloatArray, windows: FloatArray
) -> float:
    """Return the effective share of holes in an empty cylinder of grey walls, by the estimate of an integrating sphere.

    Parameters
    ----------
    wall_emissivity
        Of all walls but windows and holes, [-].
    radius_m, height_m
        Of the cylinder, inside, [m].
    holes
        shape (2,): share of the sky that they fill [-] and their area [m2].
    windows
        shape (3,): share of the sky that they fill [-], their area [m2] and emissivity [-].

    Returns
    -------
    :
        [-], the direct share plus what walls and windows reflect: w_h + sum of w_j (1 - eps_j) times
        A_h / (A_h + sum of eps_j A_j).
    """
    direct, hole_area = (float(value) for value in holes)
    window, window_area, window_emissivity = (float(value) for value in windows)
    wall_area = 2.0 * math.pi * radius_m * (radius_m + height_m) - hole_area - window_area
    found = hole_area / (hole_area + window_emissivity * window_area + wall_emissivity * wall_area)
    reflected = (1.0 - direct - window) * (1.0 - wall_emissivity) + window * (1.0 - window_emissivity)
    return direct + reflected * found


def cover_plate_escape(emissivity: float, plate_radius_m: float, gap_m: float) -> float:
    """Return the share of light through a hole that a diffuse cover plate lets out to the room, [-].

    Parameters
    ----------
    emissivity
        Of the plate and the wall behind it, [-].
    plate_radius_m, gap_m
        Radius of the round plate and its distance from the wall, [m].

    Returns
    -------
    :
        (1 - eps)(1 - F) / (1 - (1 - eps) F) with F = R^2 / (R^2 + d^2), the share of diffuse light from the middle that
        meets the other plate again. Light that returns through the hole is not counted as such.
    """
    seen = plate_radius_m**2 / (plate_radius_m**2 + gap_m**2)
    reflected = 1.0 - emissivity
    return reflected * (1.0 - seen) / (1.0 - reflected * seen)


def _with_polarizability(found: Clock, delta_alpha0: float | None) -> Clock:
    """Return the clock with another differential polarizability; its lines keep theirs."""
    if delta_alpha0 is None:
        return found
    if not isinstance(found.response, OpticalResponse):
        raise ConfigError(f"clock {found.id}: has no differential polarizability. Take an optical clock.")
    return replace(found, response=replace(found.response, delta_alpha0=delta_alpha0))


__all__ = [
    "blackbody_expression_without_h",
    "blackbody_fraction",
    "blackbody_fraction_of_volume",
    "blackbody_limit_fraction",
    "blackbody_shift_Hz",
    "blackbody_step_fraction",
    "cover_plate_escape",
    "effective_temperature_K",
    "effective_temperature_step_K",
    "electric_and_magnetic_fraction",
    "hole_share",
    "hole_share_in_grey_cylinder",
    "part_of_blackbody_step",
    "polarizability_of_difference",
    "relative_polarizability_fraction",
    "share_of_room_light",
    "shielded_fraction",
    "shielded_shift_Hz",
    "static_blackbody_shift_Hz",
    "temperature_of_blackbody_shift_K",
    "volume_to_polarizability",
]
