"""The shift of a clock in thermal radiation.

Sign: a positive shift raises the frequency of the clock. With delta_alpha0 = excited minus ground state,

    shift(T) = -<E^2>_T / (2 h) * delta_alpha0 * (1 + eta(T)),    <E^2>_T = (831.94 V/m)^2 (T / 300 K)^4,

so that 40Ca+, whose delta_alpha0 is negative, shifts up: +0.379 Hz at 300 K. Some papers define delta_alpha0 the other
way round. A fractional shift is the shift over the clock's frequency.
"""

import numpy as np

from bbrmodel.constants import BOLTZMANN, MEAN_SQUARED_FIELD_300K, PLANCK, SPEED_OF_LIGHT
from bbrmodel.errors import ConfigError, PropertyRangeError
from bbrmodel.ion.clocks import Clock, OpticalResponse
from bbrmodel.ion.farley_wing import g
from bbrmodel.typing import FloatArray

REFERENCE_K = 300.0
# Temperature [K] that corresponds to a wavenumber of 1/cm.
KELVIN_PER_CM = 100.0 * PLANCK * SPEED_OF_LIGHT / BOLTZMANN


def dynamic_correction(clock: Clock, T: FloatArray | float) -> FloatArray:
    """Return eta(T), the relative deviation of the shift from T^4.

    Parameters
    ----------
    clock
        From `bbrmodel.ion.clocks.clock`.
    T
        any shape, [K].

    Returns
    -------
    :
        shape of `T`, [-]. Optical clocks with a line list: sum of sign * polarizability * (g(y) - 1) over
        delta_alpha0, with y = line energy / k T and g the Farley-Wing function; others: their polynomial.

    Raises
    ------
    PropertyRangeError
        A temperature is not positive.
    """
    T = _checked(T)
    t2 = (T / REFERENCE_K) ** 2
    response = clock.response
    if not isinstance(response, OpticalResponse):
        return np.asarray(response.epsilon * t2)
    if not response.lines:
        return np.asarray(t2 * (response.eta2 + response.eta4 * t2))
    total = np.zeros(T.shape)
    for line in response.lines:
        total += line.sign * line.polarizability * (g(line.wavenumber_per_cm * KELVIN_PER_CM / T) - 1.0)
    return np.asarray(total / response.delta_alpha0)


def shift_Hz(clock: Clock, T: FloatArray | float) -> FloatArray:
    """Return the shift by the electric field of black-body radiation (the Stark shift).

    Parameters
    ----------
    clock
        From `bbrmodel.ion.clocks.clock`.
    T
        any shape, [K].

    Returns
    -------
    :
        shape of `T`, [Hz], positive where the clock runs fast. The magnetic part is `magnetic_shift_Hz`.

    Raises
    ------
    PropertyRangeError
        A temperature is not positive.

    Examples
    --------
    >>> from bbrmodel.ion.clocks import clock
    >>> round(float(shift_Hz(clock("ca40p_729"), 300.0)), 6)
    0.379181
    """
    return np.asarray(static_shift_Hz(clock, T) * (1.0 + dynamic_correction(clock, T)))


def static_shift_Hz(clock: Clock, T: FloatArray | float) -> FloatArray:
    """Return `shift_Hz` without the dynamic correction, exactly as T^4.

    Parameters
    ----------
    clock
        From `bbrmodel.ion.clocks.clock`.
    T
        any shape, [K].

    Returns
    -------
    :
        shape of `T`, [Hz].

    Raises
    ------
    PropertyRangeError
        A temperature is not positive.
    """
    return np.asarray(_static_shift_300K(clock) * (_checked(T) / REFERENCE_K) ** 4)


def magnetic_shift_Hz(clock: Clock, T: FloatArray | float) -> FloatArray:
    """Return the shift by the magnetic field of black-body radiation (the Zeeman shift).

    Parameters
    ----------
    clock
        From `bbrmodel.ion.clocks.clock`.
    T
        any shape, [K].

    Returns
    -------
    :
        shape of `T`, [Hz]. Hyperfine clocks: as T^2. Optical clocks: the magnetic-dipole lines that the data list, each
        with the Farley-Wing function and without a static limit (fine structure is as soft as thermal radiation or
        softer: 6e-20 of the frequency or less).

    Raises
    ------
    PropertyRangeError
        A temperature is not positive.
    ConfigError
        The data list no magnetic-dipole line; `has_magnetic_data` asks.
    """
    T = _checked(T)
    response = clock.response
    if not isinstance(response, OpticalResponse):
        return np.asarray(clock.frequency_Hz * response.beta_zeeman * (T / REFERENCE_K) ** 2)
    if not response.magnetic_lines:
        raise ConfigError(f"clock {clock.id}: the data say nothing of the magnetic shift. Choose another clock.")
    total = np.zeros(T.shape)
    for line in response.magnetic_lines:
        total += line.sign * line.polarizability * g(abs(line.wavenumber_per_cm) * KELVIN_PER_CM / T)
    mean_squared = MEAN_SQUARED_FIELD_300K / SPEED_OF_LIGHT**2 * (T / REFERENCE_K) ** 4
    return np.asarray(-0.5 * mean_squared * total / PLANCK)


def has_magnetic_data(clock: Clock) -> bool:
    """Return whether the data say what the magnetic field of thermal radiation does to a clock."""
    response = clock.response
    return not isinstance(response, OpticalResponse) or bool(response.magnetic_lines)


def tensor_remark(clock: Clock) -> str:
    """Return what the data say of the shift by anisotropy, where they hold no tensor polarizability; else nothing."""
    response = clock.response
    if not isinstance(response, OpticalResponse):
        return "no tensor data: of third order in a 2S1/2 state, and no value is in the data"
    if response.tensor is not None:
        return ""
    return f"{'no tensor shift' if response.tensor_vanishes else 'no tensor data'}: {response.without_tensor}"


def tensor_shift_Hz(clock: Clock, mean_squared_field: float, *, anisotropy: float, m: float) -> float:
    """Return the shift of one Zeeman component by the anisotropy of the field, in the static limit.

    Parameters
    ----------
    mean_squared_field
        <E^2> [V2/m2].
    anisotropy
        A = (3 <E_z^2> / <E^2> - 1) / 2 along the quantisation axis.
    m
        Magnetic quantum number of the excited state.

    Returns
    -------
    :
        [Hz]. The mean over all m of a level is 0.

    Raises
    ------
    ConfigError
        The data have no tensor polarizability for this clock, or the level has no such m.
    """
    response = clock.response
    tensor = response.tensor if isinstance(response, OpticalResponse) else None
    if tensor is None:
        raise ConfigError(
            f"clock {clock.id}: the data hold no tensor polarizability ({tensor_remark(clock)}). Choose another clock."
        )
    level = tensor.level
    if abs(m) > level or (level - abs(m)) % 1.0 != 0.0:
        raise ConfigError(f"m = {m:g}: a level with angular momentum {level:g} has no such component.")
    factor = (3.0 * m * m - level * (level + 1.0)) / (level * (2.0 * level - 1.0))
    return -0.5 * mean_squared_field * tensor.polarizability * anisotropy * factor / PLANCK


def shift_of_mixture(clock: Clock, weights: FloatArray, temperatures: FloatArray) -> float:
    """Return the shift in a sum of diluted black-body fields, as grey walls of several temperatures make it.

    Parameters
    ----------
    clock
        From `bbrmodel.ion.clocks.clock`.
    weights
        shape (n,), [-], share of the ion's light (effective solid angle over 4 pi) from each emitter. They are used
        as given: in a closed enclosure they sum to 1; a part of them gives that part's shift.
    temperatures
        shape (n,), [K].

    Returns
    -------
    :
        [Hz], sum of weight times `shift_Hz`. The dynamic correction makes this differ from the shift at the effective
        temperature wherever a little hot light adds to much cold light.

    Raises
    ------
    ConfigError
        The arrays differ in shape.
    PropertyRangeError
        A temperature is not positive.
    """
    w, T = np.asarray(weights, dtype=np.float64), np.asarray(temperatures, dtype=np.float64)
    if w.shape != T.shape:
        raise ConfigError(f"weights of shape {w.shape} and temperatures of shape {T.shape}: must be equal.")
    return float(np.sum(w * shift_Hz(clock, T)))


def fractional_data_uncertainty(clock: Clock, T: FloatArray | float) -> FloatArray:
    """Return the standard uncertainty of the shift at T that the clock's own data cause.

    Parameters
    ----------
    clock
        From `bbrmodel.ion.clocks.clock`.
    T
        any shape, [K].

    Returns
    -------
    :
        shape of `T`, [-], relative to the clock's frequency: polarizability and dynamic correction in quadrature.
        The uncertainty of eta, known at 300 K, is scaled as eta itself (as T^2 where eta is zero or given by epsilon).

    Raises
    ------
    PropertyRangeError
        A temperature is not positive.
    """
    T = _checked(T)
    response = clock.response
    t2 = (T / REFERENCE_K) ** 2
    eta = dynamic_correction(clock, T)
    if isinstance(response, OpticalResponse):
        relative = response.u_delta_alpha0 / response.delta_alpha0
        eta_300 = float(dynamic_correction(clock, REFERENCE_K))
        u_eta = response.u_eta_300 * (np.abs(eta / eta_300) if eta_300 != 0.0 else t2)
    else:
        relative = response.u_beta_stark / response.beta_stark
        u_eta = response.u_epsilon * t2
    static = np.abs(_static_shift_300K(clock) / clock.frequency_Hz) * t2**2
    return np.asarray(static * np.hypot((1.0 + eta) * relative, u_eta))


def data_warnings(clock: Clock, T_min: float, T_max: float) -> tuple[str, ...]:
    """Return what a reader of a shift between two temperatures [K] must know about the clock's data."""
    response = clock.response
    found = []
    if not response.verified:
        found.append(f"clock {clock.id}: its leading coefficient is not verified ({response.source})")
    if not has_magnetic_data(clock):
        found.append(f"clock {clock.id}: its data say nothing of the magnetic shift, which is left out")
    limits = clock.temperature_range_K
    if limits is not None and not (limits[0] <= T_min and T_max <= limits[1]):
        found.append(
            f"clock {clock.id}: {T_min:g} to {T_max:g} K leave the range {limits[0]:g} to {limits[1]:g} K where its "
            f"data hold. {clock.notes}"
        )
    return tuple(found)


def _static_shift_300K(clock: Clock) -> float:
    """Shift [Hz] at 300 K without dynamic correction."""
    response = clock.response
    if isinstance(response, OpticalResponse):
        return -0.5 * MEAN_SQUARED_FIELD_300K * response.delta_alpha0 / PLANCK
    return clock.frequency_Hz * response.beta_stark


def _checked(T: FloatArray | float) -> FloatArray:
    T = np.asarray(T, dtype=np.float64)
    bad = T[~(T > 0.0)]
    if bad.size:
        raise PropertyRangeError(
            f"clock shift at {bad.flat[0]:g} K: temperatures must be positive. Give them in kelvin."
        )
    return T


__all__ = [
    "KELVIN_PER_CM",
    "REFERENCE_K",
    "data_warnings",
    "dynamic_correction",
    "fractional_data_uncertainty",
    "has_magnetic_data",
    "magnetic_shift_Hz",
    "shift_Hz",
    "shift_of_mixture",
    "static_shift_Hz",
    "tensor_remark",
    "tensor_shift_Hz",
]
