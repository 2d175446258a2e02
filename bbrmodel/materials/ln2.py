"""Liquid nitrogen: saturation, boiling at a wall, boil-off.

Saturation line and densities are the ancillary equations of Span et al., J. Phys. Chem. Ref. Data 29, 1361 (2000).
"""

import math

import numpy as np

from bbrmodel.constants import SECONDS_PER_DAY, STANDARD_ATMOSPHERE, STANDARD_GRAVITY
from bbrmodel.errors import PropertyRangeError
from bbrmodel.materials.data_file import material_data
from bbrmodel.typing import FloatArray

_DATA = material_data()["ln2"]
_BOILING = _DATA["boiling"]
_RANGE_K: tuple[float, float] = (float(_DATA["range_K"][0]), float(_DATA["range_K"][1]))
_T_CRITICAL = float(_DATA["T_crit"])

CRITICAL_HEAT_FLUX = float(_BOILING["critical_heat_flux"])  # W/m2; beyond it a vapour film insulates the wall

# Below this wall superheat natural convection is taken as linear: its correlation starts here, and a slope that
# vanishes at zero would make the heat balance of an idle wall singular.
_LINEAR_BELOW_K = float(_BOILING["natural_convection_range_K"][0])
_CONVECTION = (float(_BOILING["natural_convection_coefficient"]), float(_BOILING["natural_convection_exponent"]))
_NUCLEATE = (float(_BOILING["nucleate_coefficient"]), float(_BOILING["nucleate_exponent"]))


def saturation_pressure(T: FloatArray | float) -> FloatArray:
    """Return the vapour pressure [Pa] at `T` [K, any shape], 63.151 to 126.19 K.

    Raises
    ------
    PropertyRangeError
        A temperature lies outside the range of the liquid.
    """
    return np.asarray(_DATA["p_crit"] * np.exp(_log_reduced_pressure(_checked_temperature(T))))


def saturation_temperature(pressure_Pa: FloatArray | float) -> FloatArray:
    """Return the boiling temperature [K] at a pressure.

    Parameters
    ----------
    pressure_Pa
        any shape, [Pa], 12.52 kPa (triple point) to 3.39 MPa.

    Returns
    -------
    :
        shape of `pressure_Pa`, [K].

    Raises
    ------
    PropertyRangeError
        A pressure lies outside the range of the liquid.

    Notes
    -----
    Newton's method on ln p, which is nearly linear in 1/T: eight steps reach rounding everywhere in the range.
    """
    p = np.asarray(pressure_Pa, dtype=np.float64)
    p_low, p_high = (float(saturation_pressure(T)) for T in _RANGE_K)
    bad = p[~((p_low * (1.0 - 1e-9) <= p) & (p_high * (1.0 + 1e-9) >= p))]
    if bad.size:
        raise PropertyRangeError(
            f"liquid nitrogen: saturation temperature at {bad.flat[0]:.6g} Pa ({bad.size} of {p.size} pressures): "
            f"the liquid exists from {p_low:.0f} to {p_high:.0f} Pa. Give an absolute pressure in Pa."
        )
    target = np.log(p / _DATA["p_crit"])
    chord = (1.0 / _RANGE_K[1] - 1.0 / _RANGE_K[0]) / math.log(p_high / p_low)
    inverse = 1.0 / _RANGE_K[1] + chord * np.log(p / p_high)
    for _ in range(8):
        T = np.clip(1.0 / inverse, *_RANGE_K)
        inverse = 1.0 / T + (_log_reduced_pressure(T) - target) / (T * T * _log_pressure_slope(T))
    return np.asarray(np.clip(1.0 / inverse, *_RANGE_K))


def saturation_temperature_at_depth(
    depth_m: FloatArray | float, pressure_Pa: float = STANDARD_ATMOSPHERE
) -> FloatArray:
    """Return the boiling temperature below the surface of the liquid, where its own weight adds to the pressure.

    Parameters
    ----------
    depth_m
        any shape, [m], positive downwards; above the surface (negative) it counts as zero.
    pressure_Pa
        [Pa], above the liquid.

    Returns
    -------
    :
        shape of `depth_m`, [K]; the first metre adds about 0.64 K.
    """
    density = float(liquid_density(float(saturation_temperature(pressure_Pa))))
    depth = np.maximum(np.asarray(depth_m, dtype=np.float64), 0.0)
    return saturation_temperature(pressure_Pa + density * STANDARD_GRAVITY * depth)


def liquid_density(T: FloatArray | float) -> FloatArray:
    """Return the density [kg/m3] of the saturated liquid at `T` [K, any shape]."""
    return _density(T, _DATA["rho_liquid_N"], (0.3294, 2 / 3, 8 / 3, 35 / 6), over_temperature=False)


def vapour_density(T: FloatArray | float) -> FloatArray:
    """Return the density [kg/m3] of the saturated vapour at `T` [K, any shape]."""
    return _density(T, _DATA["rho_vapour_N"], (0.34, 5 / 6, 7 / 6, 13 / 6, 14 / 3), over_temperature=True)


def latent_heat(pressure_Pa: float = STANDARD_ATMOSPHERE) -> float:
    """Return the heat of evaporation [J/kg] at a pressure [Pa], from the slope of the vapour pressure (Clapeyron)."""
    T = saturation_temperature(pressure_Pa)
    slope = pressure_Pa * _log_pressure_slope(T)
    return float(T * slope * (1.0 / vapour_density(T) - 1.0 / liquid_density(T)))


def boil_off_L_per_day(heat_W: float, pressure_Pa: float = STANDARD_ATMOSPHERE) -> float:
    """Return the litres of liquid that a heat load evaporates in a day.

    Examples
    --------
    >>> round(boil_off_L_per_day(6.51), 1)
    3.5
    """
    density = float(liquid_density(saturation_temperature(pressure_Pa)))
    return float(heat_W / (latent_heat(pressure_Pa) * density) * SECONDS_PER_DAY * 1000.0)


def boiling_heat_flux(dT: FloatArray | float) -> FloatArray:
    """Return the heat flux from a wall into the boiling liquid.

    Parameters
    ----------
    dT
        any shape, [K], wall minus saturation temperature.

    Returns
    -------
    :
        shape of `dT`, [W/m2], positive into the liquid.

    Notes
    -----
    The greater of natural convection, 300 dT^(4/3), and nucleate boiling, 166 dT^3.03 (Cooper). A wall colder than
    the liquid has natural convection with the opposite sign. Below 0.02 K, where the correlation starts, the flux is
    linear. Nucleate boiling is known to a factor of 2.5. Not capped at `CRITICAL_HEAT_FLUX` (reached at 10 K): check.
    """
    size = np.abs(np.asarray(dT, dtype=np.float64))
    convection = _convection(size)
    flux = np.where(np.asarray(dT) > 0.0, np.maximum(convection, _NUCLEATE[0] * size ** _NUCLEATE[1]), convection)
    return np.copysign(flux, dT)


def boiling_heat_flux_derivative(dT: FloatArray | float) -> FloatArray:
    """Return the derivative of `boiling_heat_flux` [W/m2/K] at `dT` [K, any shape]; positive everywhere."""
    size = np.abs(np.asarray(dT, dtype=np.float64))
    factor, exponent = _CONVECTION
    convection = factor * np.maximum(size, _LINEAR_BELOW_K) ** (exponent - 1.0)
    convection = np.where(size > _LINEAR_BELOW_K, exponent, 1.0) * convection
    nucleate_factor, power = _NUCLEATE
    nucleate = (np.asarray(dT) > 0.0) & (nucleate_factor * size**power > _convection(size))
    return np.where(nucleate, nucleate_factor * power * size ** (power - 1.0), convection)


def _convection(size: FloatArray) -> FloatArray:
    factor, exponent = _CONVECTION
    return np.asarray(factor * size * np.maximum(size, _LINEAR_BELOW_K) ** (exponent - 1.0))


def _log_reduced_pressure(T: FloatArray) -> FloatArray:
    """ln(p / p_critical)."""
    n1, n2, n3, n4 = _DATA["p_sat_N"]
    theta = 1.0 - T / _T_CRITICAL
    return np.asarray(_T_CRITICAL / T * (n1 * theta + n2 * theta**1.5 + n3 * theta**2.5 + n4 * theta**5))


def _log_pressure_slope(T: FloatArray) -> FloatArray:
    """d(ln p)/dT, per K."""
    n1, n2, n3, n4 = _DATA["p_sat_N"]
    theta = 1.0 - T / _T_CRITICAL
    slope = n1 + 1.5 * n2 * theta**0.5 + 2.5 * n3 * theta**1.5 + 5.0 * n4 * theta**4
    return np.asarray(-(_log_reduced_pressure(T) + slope) / T)


def _density(
    T: FloatArray | float, n: list[float], exponents: tuple[float, ...], *, over_temperature: bool
) -> FloatArray:
    T = _checked_temperature(T)
    theta = 1.0 - T / _T_CRITICAL
    total = sum(factor * theta**exponent for factor, exponent in zip(n, exponents, strict=True))
    return np.asarray(_DATA["rho_crit"] * np.exp(total * _T_CRITICAL / T if over_temperature else total))


def _checked_temperature(T: FloatArray | float) -> FloatArray:
    T = np.asarray(T, dtype=np.float64)
    low, high = _RANGE_K
    bad = T[~((low <= T) & (high >= T))]
    if bad.size:
        raise PropertyRangeError(
            f"liquid nitrogen: saturation property at {bad.flat[0]:.6g} K ({bad.size} of {T.size} temperatures): "
            f"the liquid exists from {low:g} to {high:g} K. Correct the temperature."
        )
    return T


__all__ = [
    "CRITICAL_HEAT_FLUX",
    "boil_off_L_per_day",
    "boiling_heat_flux",
    "boiling_heat_flux_derivative",
    "latent_heat",
    "liquid_density",
    "saturation_pressure",
    "saturation_temperature",
    "saturation_temperature_at_depth",
    "vapour_density",
]
