"""Take the BBR row of a budget from a solved case, and divide it among the surfaces that the ion sees."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bbrmodel.budget.evaluate import EvaluatedEntry, Value, scale_of
from bbrmodel.budget.table import EvaluatedBudget, with_rows
from bbrmodel.errors import ConfigError
from bbrmodel.ion.clocks import OpticalResponse, clock
from bbrmodel.ion.shift import magnetic_shift_Hz, shift_Hz

BBR_ROW, COEFFICIENT_ROW = "bbr", "bbr_coefficient"


@dataclass(frozen=True)
class SurfacePart:
    """What one surface contributes to the BBR shift of a solved case.

    Parameters
    ----------
    name
        Of the surface.
    effective_share
        Of the ion's light, effective solid angle over 4 pi, [-].
    temperature_K
        Area mean, [K].
    share_of_T4
        Of T_eff^4, [-].
    fraction
        Fractional shift, [-].
    fraction_per_K
        Its change with each kelvin of this surface, [1/K].
    """

    name: str
    effective_share: float
    temperature_K: float
    share_of_T4: float
    fraction: float
    fraction_per_K: float


def with_case(evaluated: EvaluatedBudget, document: Mapping[str, Any]) -> EvaluatedBudget:
    """Return a budget whose BBR row is that of a solved case.

    Parameters
    ----------
    evaluated
        A budget with a row `bbr`.
    document
        Content of the `result.json` of a case with the clock of the budget.

    Returns
    -------
    :
        The case stands under `corrected`. Its uncertainty is the numerical one and that of the clock's data (the latter
        in the row `bbr_coefficient` where there is one); temperatures, finishes and dimensions are not in it.

    Raises
    ------
    ConfigError
        The result has no ion or another clock, or the budget has no such row.
    """
    ion = _checked_ion(evaluated, document)
    numerical, data = float(ion["fractional_uncertainty_numerical"]), float(ion["fractional_uncertainty_clock_data"])
    has_coefficient = any(row.entry.id == COEFFICIENT_ROW for row in evaluated.rows)
    uncertainty = numerical if has_coefficient else math.hypot(numerical, data)
    fraction = float(ion["fractional_shift"]) + _magnetic_fraction(ion)
    name = str(document["case"])
    where = f"From the case {name}, T_eff = {float(ion['effective_temperature_K']):.3f} K"
    note = f"{where}; its uncertainty holds no temperatures, finishes and dimensions."
    filled = {
        BBR_ROW: (Value(fraction, uncertainty), note),
        COEFFICIENT_ROW: (Value(0.0, data), f"Clock data at that temperature, from the case {name}."),
    }
    rows = tuple(_replaced(row, *filled[row.entry.id]) if row.entry.id in filled else row for row in evaluated.rows)
    return replace(with_rows(evaluated.budget, rows, checks=evaluated.checks), case=name)


def parts_of_case(document: Mapping[str, Any]) -> tuple[SurfacePart, ...]:
    """Return what each surface contributes to the BBR shift, the largest first.

    Parameters
    ----------
    document
        Content of the `result.json` of a case with an ion.

    Raises
    ------
    ConfigError
        The result has no ion.
    """
    ion = document["ion"]
    if ion is None:
        raise ConfigError(f"{document['case']}: has no ion. Add [ion] with position_m to the case and run it again.")
    transition = clock(ion["clock"])
    parts = []
    for surface in ion["surfaces"]:
        share, temperature = surface["effective_solid_angle_sr"] / (4.0 * math.pi), surface["mean_temperature_K"]
        # Shares of T^4 carry facet by facet what the mean temperature of a surface cannot.
        part = float(surface["share_of_T4"]) * float(ion["fractional_shift"])
        whole = float(shift_Hz(transition, temperature)) / transition.frequency_Hz
        slope = 4.0 * share * whole / temperature
        parts.append(SurfacePart(surface["name"], share, temperature, float(surface["share_of_T4"]), part, slope))
    return tuple(sorted(parts, key=lambda part: -part.share_of_T4))


def _checked_ion(evaluated: EvaluatedBudget, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the result says about the ion, if it can fill a row of this budget."""
    name, ion = evaluated.budget.name, document["ion"]
    if ion is None:
        raise ConfigError(f"{document['case']}: has no ion. Add [ion] with position_m to the case and run it again.")
    wanted = evaluated.budget.clock
    if ion["clock"] != wanted:
        raise ConfigError(
            f"{document['case']}: its clock is {ion['clock']}, the budget {name} has {wanted}: they must be one. "
            f"Run the case with --set ion.clock={wanted}."
        )
    if not any(row.entry.id == BBR_ROW and _is_shift(row) for row in evaluated.rows):
        raise ConfigError(f"{name}: has no row '{BBR_ROW}' for a case to fill. Take a budget of shifts.")
    return dict(ion)


def _is_shift(row: EvaluatedEntry) -> bool:
    return row.printed is None or row.printed.value is not None


def _replaced(row: EvaluatedEntry, value: Value, note: str) -> EvaluatedEntry:
    """Return a row with a value of a case, relative to the frequency, under `corrected`."""
    scale = row.entry.scale or scale_of(row.unit)
    mine = Value(None if value.value is None else value.value / scale, (value.uncertainty or 0.0) / scale)
    return replace(row, corrected=mine, remark=f"{note} {row.remark}".strip())


def _magnetic_fraction(ion: Mapping[str, Any]) -> float:
    """Return the part of the magnetic field of the radiation, which only hyperfine clocks feel; goes with T^2."""
    transition = clock(ion["clock"])
    if isinstance(transition.response, OpticalResponse):
        return 0.0  # 1e-20 or less; published rows leave it out
    parts = [
        surface["effective_solid_angle_sr"]
        / (4.0 * math.pi)
        * magnetic_shift_Hz(transition, surface["mean_temperature_K"])
        for surface in ion["surfaces"]
    ]
    return float(sum(parts)) / transition.frequency_Hz


__all__ = ["BBR_ROW", "COEFFICIENT_ROW", "SurfacePart", "parts_of_case", "with_case"]
