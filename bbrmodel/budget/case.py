"""Take the BBR row of a budget from a solved case, and divide it among the surfaces or bodies that the ion sees."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bbrmodel.budget.compute import Value
from bbrmodel.budget.evaluate import EvaluatedEntry, scale_of
from bbrmodel.budget.table import EvaluatedBudget, with_rows
from bbrmodel.errors import ConfigError
from bbrmodel.ion.clocks import OpticalResponse, clock
from bbrmodel.ion.shift import dynamic_correction, magnetic_shift_Hz, shift_Hz

BBR_ROW, COEFFICIENT_ROW = "bbr", "bbr_coefficient"

_SPHERE = 4.0 * math.pi
# Shifts of one run, written with all digits, agree better than this; those of two runs do not.
_SAME_RUN = 1e-9


@dataclass(frozen=True)
class BbrPart:
    """What a surface or a body contributes to the BBR shift of a solved case.

    Parameters
    ----------
    name
        Of the surface or the body.
    direct_share, effective_share
        Of the sky as the ion sees it, and of its light after all reflections (solid angles over 4 pi), [-].
    min_K, mean_K, max_K
        Temperatures, [K]; the mean is that of the light at the ion.
    share_of_T4
        Of T_eff^4, [-].
    fraction
        Fractional shift, [-]; parts sum to that of the case.
    fraction_per_K
        Its change with each kelvin of the whole part, [1/K].
    """

    name: str
    direct_share: float
    effective_share: float
    min_K: float
    mean_K: float
    max_K: float
    share_of_T4: float
    fraction: float
    fraction_per_K: float


def with_case(
    evaluated: EvaluatedBudget, document: Mapping[str, Any], uncertainty: Mapping[str, Any] | None = None
) -> EvaluatedBudget:
    """Return a budget whose BBR row is that of a solved case.

    Parameters
    ----------
    evaluated
        A budget with a row `bbr`.
    document
        Content of the `result.json` of a case with the clock of the budget.
    uncertainty
        Content of the `uncertainty.json` of the same case: everything that it knows as uncertain.

    Returns
    -------
    :
        The case stands under `corrected`. Without `uncertainty` its uncertainty is incomplete: the numerical one and
        that of the clock's data (the latter in the row `bbr_coefficient` where there is one).

    Raises
    ------
    ConfigError
        The result has no ion or another clock, the budget has no such row, or the uncertainty is of another run.
    """
    ion = _checked_ion(evaluated, document)
    data = float(ion["fractional_uncertainty_clock_data"])
    has_coefficient = any(row.entry.id == COEFFICIENT_ROW for row in evaluated.rows)
    name = str(document["case"])
    where = f"From the case {name}, T_eff = {float(ion['effective_temperature_K']):.3f} K"
    if uncertainty is None:
        numerical = float(ion["fractional_uncertainty_numerical"])
        size = numerical if has_coefficient else math.hypot(numerical, data)
        note = f"{where}; its uncertainty is incomplete: it holds no temperatures, finishes and dimensions."
    else:
        size, data = uncertainty_of_case(uncertainty, document), 0.0
        note = f"{where}; its uncertainty is that of all inputs which the case declares as uncertain."
    fraction = float(ion["fractional_shift"]) + _magnetic_fraction(ion)
    filled = {
        BBR_ROW: (Value(fraction, size), note),
        COEFFICIENT_ROW: (Value(0.0, data), f"Clock data for the case {name}; 0 where the BBR row has them."),
    }
    rows = tuple(_replaced(row, *filled[row.entry.id]) if row.entry.id in filled else row for row in evaluated.rows)
    found = with_rows(evaluated.budget, rows, checks=evaluated.checks)
    return replace(found, case=name, complete=uncertainty is not None)


def parts_of_case(document: Mapping[str, Any]) -> tuple[BbrPart, ...]:
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
    ion = _ion_of(document)
    transition = clock(ion["clock"])
    surfaces = ion["surfaces"]
    mean = np.array([surface["mean_temperature_K"] for surface in surfaces], dtype=np.float64)
    # Shares of T^4 carry facet by facet what a mean temperature cannot; only the dynamic correction takes the mean.
    weights = np.array([surface["share_of_T4"] for surface in surfaces]) * (1.0 + dynamic_correction(transition, mean))
    fractions = float(ion["fractional_shift"]) * weights / float(np.sum(weights))
    effective = np.array([surface["effective_solid_angle_sr"] for surface in surfaces]) / _SPHERE
    slopes = effective * (shift_Hz(transition, mean + 0.5) - shift_Hz(transition, mean - 0.5)) / transition.frequency_Hz
    parts = [
        BbrPart(
            name=surface["name"],
            direct_share=surface["solid_angle_sr"] / _SPHERE,
            effective_share=float(effective[index]),
            min_K=surface["min_temperature_K"],
            mean_K=surface["mean_temperature_K"],
            max_K=surface["max_temperature_K"],
            share_of_T4=float(surface["share_of_T4"]),
            fraction=float(fractions[index]),
            fraction_per_K=float(slopes[index]),
        )
        for index, surface in enumerate(surfaces)
    ]
    return tuple(sorted(parts, key=lambda part: -part.share_of_T4))


def by_body(parts: Sequence[BbrPart]) -> tuple[BbrPart, ...]:
    """Return the same for each body, whose surfaces have its name before the two underscores; the largest first."""
    groups: dict[str, list[BbrPart]] = {}
    for part in parts:
        groups.setdefault(part.name.partition("__")[0], []).append(part)
    found = [_merged(name, group) for name, group in groups.items()]
    return tuple(sorted(found, key=lambda part: -part.share_of_T4))


def _merged(name: str, group: Sequence[BbrPart]) -> BbrPart:
    weight = sum(part.effective_share for part in group)
    mean = sum(part.effective_share * part.mean_K for part in group) / weight if weight > 0.0 else group[0].mean_K
    return BbrPart(
        name=name,
        direct_share=sum(part.direct_share for part in group),
        effective_share=weight,
        min_K=min(part.min_K for part in group),
        mean_K=mean,
        max_K=max(part.max_K for part in group),
        share_of_T4=sum(part.share_of_T4 for part in group),
        fraction=sum(part.fraction for part in group),
        fraction_per_K=sum(part.fraction_per_K for part in group),
    )


def _ion_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    ion = document["ion"]
    if ion is None:
        raise ConfigError(f"{document['case']}: has no ion. Add [ion] with position_m to the case and run it again.")
    return dict(ion)


def _checked_ion(evaluated: EvaluatedBudget, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the result says about the ion, if it can fill a row of this budget."""
    name, ion = evaluated.budget.name, _ion_of(document)
    wanted = evaluated.budget.clock
    if ion["clock"] != wanted:
        raise ConfigError(
            f"{document['case']}: its clock is {ion['clock']}, the budget {name} has {wanted}: they must be one. "
            f"Run the case with --set ion.clock={wanted}."
        )
    if not any(row.entry.id == BBR_ROW and _is_shift(row) for row in evaluated.rows):
        raise ConfigError(f"{name}: has no row '{BBR_ROW}' for a case to fill. Take a budget of shifts.")
    return ion


def uncertainty_of_case(found: Mapping[str, Any], document: Mapping[str, Any]) -> float:
    """Return the standard uncertainty of the fractional shift, correlated groups added linearly.

    Parameters
    ----------
    found
        Content of an `uncertainty.json`.
    document
        Content of the `result.json` of the same case.

    Raises
    ------
    ConfigError
        It holds no shift, or that of another run.
    """
    table = found.get("linear", {}).get("shift")
    name = document["case"]
    if not isinstance(table, Mapping):
        raise ConfigError(
            f"uncertainty of {found.get('case')}: holds no budget of the shift. Make it of a clock's shift."
        )
    value, mine = float(table["value"]), float(document["ion"]["fractional_shift"])
    if found.get("case") != name or not math.isclose(value, mine, rel_tol=_SAME_RUN):
        raise ConfigError(
            f"uncertainty of {found.get('case')}, shift {value:.6e}: is not that of the result {name}, "
            f"shift {mine:.6e}. Make both from the same case."
        )
    return float(table["standard"]["groups"])


def _is_shift(row: EvaluatedEntry) -> bool:
    return row.printed is None or row.printed.value is not None


def _replaced(row: EvaluatedEntry, value: Value, note: str) -> EvaluatedEntry:
    """Return a row with a value of a case, relative to the frequency, under `corrected`."""
    scale = row.entry.scale or scale_of(row.unit)
    mine = Value(None if value.value is None else value.value / scale, (value.uncertainty or 0.0) / scale)
    return replace(row, corrected=mine, remark=f"{note} {row.remark}".strip())


def _magnetic_fraction(ion: Mapping[str, Any]) -> float:
    """Return the shift by the magnetic field; older results lack it, and only hyperfine clocks feel it much, as T^2."""
    transition = clock(ion["clock"])
    if ion.get("magnetic_shift_Hz") is not None:
        return float(ion["magnetic_shift_Hz"]) / transition.frequency_Hz
    if isinstance(transition.response, OpticalResponse):
        return 0.0  # 1e-20 or less; published rows leave it out
    parts = [
        surface["effective_solid_angle_sr"] / _SPHERE * magnetic_shift_Hz(transition, surface["mean_temperature_K"])
        for surface in ion["surfaces"]
    ]
    return float(sum(parts)) / transition.frequency_Hz


__all__ = ["BBR_ROW", "COEFFICIENT_ROW", "BbrPart", "by_body", "parts_of_case", "uncertainty_of_case", "with_case"]
