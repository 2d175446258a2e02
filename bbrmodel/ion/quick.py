"""The shift of a clock at one temperature, with every number it rests on: a quick look without a case."""

from dataclasses import dataclass

import numpy as np

from bbrmodel.constants import MEAN_SQUARED_FIELD_300K
from bbrmodel.ion.clocks import Clock, OpticalResponse, clock
from bbrmodel.ion.shift import (
    data_warnings,
    dynamic_correction,
    fractional_data_uncertainty,
    has_magnetic_data,
    magnetic_shift_Hz,
    shift_Hz,
    static_shift_Hz,
    tensor_remark,
)

SIGN_CONVENTION = (
    "positive: the clock runs fast; shift = -<E^2>/(2 h) delta_alpha0 (1 + eta), "
    "delta_alpha0 = excited minus ground state"
)
_STEP = 1e-4  # of the temperature, for the slope


@dataclass(frozen=True)
class Coefficient:
    """A number of the data, where it is from, and whether it was read there."""

    name: str
    value: float
    uncertainty: float | None
    unit: str
    verified: bool
    source: str


@dataclass(frozen=True)
class OtherValue:
    """Another published value of the leading coefficient, and the shift with it."""

    value: float
    uncertainty: float
    shift_Hz: float
    verified: bool
    source: str


@dataclass(frozen=True)
class ClockShift:
    """A clock in black-body radiation of one temperature."""

    clock: str
    species: str
    transition: str
    kind: str
    frequency_Hz: float
    temperature_K: float
    rms_field_V_m: float  # root of <E^2>
    shift_Hz: float
    fractional_shift: float
    fractional_uncertainty: float  # of the coefficients alone
    fractional_slope_per_K: float
    dynamic_correction: float  # eta
    magnetic_shift_Hz: float | None  # not part of shift_Hz; None where the data say nothing of it
    fractional_magnetic_shift: float | None
    tensor_remark: str  # what the data say of an anisotropic field where they have no tensor polarizability
    sign_convention: str
    coefficients: tuple[Coefficient, ...]
    alternatives: tuple[OtherValue, ...]
    notes: str
    warnings: tuple[str, ...]


def quick_shift(name: str, temperature_K: float) -> ClockShift:
    """Return the shift of a clock in black-body radiation.

    Parameters
    ----------
    name
        Id of the clock.
    temperature_K
        Of the black body.

    Raises
    ------
    UnknownNameError
        No such clock.
    PropertyRangeError
        The temperature is not positive.

    Examples
    --------
    >>> round(quick_shift("ca40p_729", 300.0).shift_Hz, 6)
    0.379181
    """
    found = clock(name)
    shift = float(shift_Hz(found, temperature_K))
    step = _STEP * temperature_K
    slope = float(shift_Hz(found, temperature_K + step) - shift_Hz(found, temperature_K - step)) / (2.0 * step)
    magnetic = float(magnetic_shift_Hz(found, temperature_K)) if has_magnetic_data(found) else None
    return ClockShift(
        clock=found.id,
        species=found.species,
        transition=found.transition,
        kind=found.kind,
        frequency_Hz=found.frequency_Hz,
        temperature_K=temperature_K,
        rms_field_V_m=float(np.sqrt(MEAN_SQUARED_FIELD_300K)) * (temperature_K / 300.0) ** 2,
        shift_Hz=shift,
        fractional_shift=shift / found.frequency_Hz,
        fractional_uncertainty=float(fractional_data_uncertainty(found, temperature_K)),
        fractional_slope_per_K=slope / found.frequency_Hz,
        dynamic_correction=float(dynamic_correction(found, temperature_K)),
        magnetic_shift_Hz=magnetic,
        fractional_magnetic_shift=None if magnetic is None else magnetic / found.frequency_Hz,
        tensor_remark=tensor_remark(found),
        sign_convention=SIGN_CONVENTION,
        coefficients=coefficients_of(found),
        alternatives=_alternatives(found, temperature_K),
        notes=found.notes,
        warnings=data_warnings(found, temperature_K, temperature_K),
    )


def coefficients_of(found: Clock) -> tuple[Coefficient, ...]:
    """Return every number of a clock's data, the leading one first."""
    frequency = Coefficient(
        "frequency", found.frequency_Hz, None, "Hz", found.frequency_verified, found.frequency_source
    )
    response = found.response
    if not isinstance(response, OpticalResponse):
        read, source = response.verified, response.source
        return (
            Coefficient("beta (Stark)", response.beta_stark, response.u_beta_stark, "1", read, source),
            Coefficient("epsilon", response.epsilon, response.u_epsilon, "1", read, source),
            Coefficient(
                "beta (Zeeman)", response.beta_zeeman, None, "1", response.zeeman_verified, response.zeeman_source
            ),
            frequency,
        )
    leading = (response.delta_alpha0, response.u_delta_alpha0, "J m2/V2", response.verified, response.source)
    eta = (response.eta_300, response.u_eta_300, "1", response.eta_verified, response.eta_source)
    rows = [Coefficient("delta_alpha0", *leading), Coefficient("eta(300 K)", *eta), *_eta_coefficients(response)]
    tensor = response.tensor
    if tensor is not None:
        words = f"{tensor.source}; {tensor.note}"
        rows.append(
            Coefficient("alpha2, tensor", tensor.polarizability, tensor.uncertainty, "J m2/V2", tensor.verified, words)
        )
    rows += [
        Coefficient(f"magnetic, {line.label}", line.polarizability, None, "J/T2", line.verified, line.source)
        for line in response.magnetic_lines
    ]
    return (*rows, frequency)


def _eta_coefficients(response: OpticalResponse) -> list[Coefficient]:
    """Return what the dynamic correction at other temperatures is made of."""
    origin = (response.eta_verified, "as eta(300 K)")
    if not response.lines:
        return [
            Coefficient("eta2", response.eta2, None, "1", *origin),
            Coefficient("eta4", response.eta4, None, "1", *origin),
        ]
    return [
        Coefficient(f"line {line.label}", line.sign * line.polarizability, None, "J m2/V2", *origin)
        for line in response.lines
    ]


def _alternatives(found: Clock, T: float) -> tuple[OtherValue, ...]:
    """Return other values of the leading coefficient; the dynamic part of the shift stays as it is."""
    response = found.response
    leading = response.delta_alpha0 if isinstance(response, OpticalResponse) else response.beta_stark
    static = float(static_shift_Hz(found, T))
    dynamic = float(shift_Hz(found, T)) - static
    return tuple(
        OtherValue(a.value, a.uncertainty, static * a.value / leading + dynamic, a.verified, a.source)
        for a in found.alternatives
    )


__all__ = ["SIGN_CONVENTION", "ClockShift", "Coefficient", "OtherValue", "coefficients_of", "quick_shift"]
