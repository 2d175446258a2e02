"""The clocks: transition, response to thermal radiation, and how well each number is known.

The data file says what every key means; here they become frozen dataclasses in SI units.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from bbrmodel.constants import BOHR_MAGNETON, PLANCK, SPEED_OF_LIGHT
from bbrmodel.errors import UnknownNameError, suggest

ATOMIC_POLARIZABILITY = 1.6487772721e-41  # J m2/V2, atomic unit; CODATA 2022
_HARTREE_WAVENUMBER = 219474.63136  # 1/cm, CODATA 2022


@dataclass(frozen=True)
class Line:
    """An electric-dipole line that shares in a clock state's polarizability.

    Parameters
    ----------
    label
        The transition.
    sign
        +1 for a line of the excited clock state, -1 for one of the ground state.
    wavenumber_per_cm
        Energy of the line.
    polarizability
        Its share of the static polarizability of its state, [J m2/V2].
    """

    label: str
    sign: int
    wavenumber_per_cm: float
    polarizability: float


@dataclass(frozen=True)
class MagneticLine:
    """A magnetic-dipole line of a clock state, as between levels of one fine structure.

    Parameters
    ----------
    label
        The transition.
    sign
        +1 for a line of the excited clock state, -1 for one of the ground state.
    wavenumber_per_cm
        Energy of the other level above the clock state; negative where it lies below.
    polarizability
        Its share of the magnetic polarizability of its state, [J/T2], with the sign of the energy.
    verified, source
        Whether the numbers were read in the source.
    """

    label: str
    sign: int
    wavenumber_per_cm: float
    polarizability: float
    verified: bool
    source: str


@dataclass(frozen=True)
class TensorResponse:
    """Shift = -<E^2> / (2 h) * `polarizability` * A * (3 m^2 - L (L + 1)) / (L (2 L - 1)), A: anisotropy of the field.

    Parameters
    ----------
    polarizability, uncertainty
        Tensor polarizability of the excited state, [J m2/V2].
    level
        Its angular momentum L: J, or F where one hyperfine level F = I + J is used.
    m
        Absolute values of the magnetic quantum numbers that the clock interrogates.
    verified, source, note
        Where the number is from, and how clocks get rid of this shift.
    """

    polarizability: float
    uncertainty: float
    level: float
    m: tuple[float, ...]
    verified: bool
    source: str
    note: str


@dataclass(frozen=True)
class OpticalResponse:
    """Shift = -<E^2> / (2 h) * `delta_alpha0` * (1 + eta(T)).

    eta comes from `lines` where the data list them, else from eta2 (T/300)^2 + eta4 (T/300)^4.

    Parameters
    ----------
    delta_alpha0
        Scalar static polarizability of the excited minus that of the ground state, [J m2/V2].
    u_delta_alpha0
        Its standard uncertainty.
    lines
        Lines for the Farley-Wing sum; empty for the polynomial.
    eta2, eta4
        Polynomial of the dynamic correction; for clocks with `lines` a fit for comparison only.
    eta_300
        Dynamic correction at 300 K as the data file states it.
    u_eta_300
        Its standard uncertainty.
    verified, eta_verified
        Whether the polarizability, the dynamic correction was read in the named source.
    source, eta_source
        Where they come from.
    magnetic_lines
        Magnetic-dipole lines that the data list; their shift is 6e-20 of the frequency or less.
    tensor
        Response to an anisotropic field; None where the data have none.
    without_tensor
        Why the data have none; empty where they have it.
    tensor_vanishes
        The data have none because the clock has no such shift.
    """

    delta_alpha0: float
    u_delta_alpha0: float
    lines: tuple[Line, ...]
    eta2: float
    eta4: float
    eta_300: float
    u_eta_300: float
    verified: bool
    eta_verified: bool
    source: str
    eta_source: str
    magnetic_lines: tuple[MagneticLine, ...] = ()
    tensor: TensorResponse | None = None
    without_tensor: str = ""
    tensor_vanishes: bool = False


@dataclass(frozen=True)
class HyperfineResponse:
    """Fractional shift = `beta_stark` t^4 (1 + `epsilon` t^2) + `beta_zeeman` t^2, t = T / 300 K.

    The first term comes from the electric, the second from the magnetic part of the radiation.
    """

    beta_stark: float
    u_beta_stark: float
    epsilon: float
    u_epsilon: float
    beta_zeeman: float
    verified: bool
    zeeman_verified: bool
    source: str
    zeeman_source: str


@dataclass(frozen=True)
class Alternative:
    """Another published value: delta_alpha0 [J m2/V2] of an optical, beta_stark of a hyperfine clock."""

    value: float
    uncertainty: float
    verified: bool
    source: str


@dataclass(frozen=True)
class Clock:
    """A clock transition and its response to thermal radiation.

    Parameters
    ----------
    id, species, transition
        Name in case files, and what it is.
    frequency_Hz
        Transition frequency.
    response
        Optical or hyperfine coefficients.
    temperature_range_K
        Where the coefficients hold, if that is narrower than 1 to 1000 K.
    frequency_verified, frequency_source
        Whether the frequency was read in a source, and in which.
    alternatives
        Other published values of the leading coefficient.
    notes
        What to know before use.
    """

    id: str
    species: str
    transition: str
    frequency_Hz: float
    response: OpticalResponse | HyperfineResponse
    temperature_range_K: tuple[float, float] | None
    frequency_verified: bool
    frequency_source: str
    alternatives: tuple[Alternative, ...]
    notes: str

    @property
    def kind(self) -> str:
        """``optical`` or ``hyperfine``."""
        return "optical" if isinstance(self.response, OpticalResponse) else "hyperfine"


def list_clocks() -> list[str]:
    """Return the ids of all clocks, in the order of the data file."""
    return list(_entries())


@cache
def clock(name: str) -> Clock:
    """Return the clock of that id.

    Raises
    ------
    UnknownNameError
        No such clock; the message suggests the nearest id.

    Examples
    --------
    >>> clock("ca40p_729").species
    '40Ca+'
    """
    entry = _entries().get(name)
    if entry is None:
        raise UnknownNameError(f"clock '{name}' is not in the library.{suggest(name, list_clocks())}")
    optical = entry["kind"] == "optical"
    limits = entry.get("temperature_range_K")
    return Clock(
        id=name,
        species=entry["species"],
        transition=entry["transition"],
        frequency_Hz=float(entry["frequency_hz"]),
        response=_parse_optical(entry) if optical else _parse_hyperfine(entry),
        temperature_range_K=None if limits is None else (float(limits[0]), float(limits[1])),
        frequency_verified=entry["frequency_verified"],
        frequency_source=entry["frequency_source"],
        alternatives=tuple(
            Alternative(float(other["delta_alpha0_si" if optical else "beta_stark"]), *_provenance(other))
            for other in entry.get("alternatives", ())
        ),
        notes=entry.get("notes", ""),
    )


@cache
def _entries() -> dict[str, dict[str, Any]]:
    text = files("bbrmodel.ion").joinpath("data/clocks.toml").read_text(encoding="utf-8")
    return {entry["id"]: entry for entry in tomllib.loads(text)["clock"]}


def _provenance(entry: dict[str, Any]) -> tuple[float, bool, str]:
    return float(entry["u"]), entry["verified"], entry["source"]


def _parse_line(entry: dict[str, Any]) -> Line:
    """Return a line with its polarizability 2 / (3 (2 J + 1)) d^2 / energy, from atomic units."""
    energy = entry["wavenumber_cm"] / _HARTREE_WAVENUMBER
    alpha = 2.0 / (3.0 * (2.0 * entry["J"] + 1.0)) * entry["d_au"] ** 2 / energy
    return Line(entry["label"], entry["s"], float(entry["wavenumber_cm"]), alpha * ATOMIC_POLARIZABILITY)


def _parse_optical(entry: dict[str, Any]) -> OpticalResponse:
    eta = entry["eta"]
    return OpticalResponse(
        delta_alpha0=float(entry["delta_alpha0_si"]),
        u_delta_alpha0=float(entry["u_delta_alpha0_si"]),
        lines=tuple(_parse_line(line) for line in eta.get("lines", ())),
        eta2=float(eta["eta2"]),
        eta4=float(eta["eta4"]),
        eta_300=float(eta["eta300"]),
        u_eta_300=float(eta["u_eta300"]),
        verified=entry["delta_alpha0_verified"],
        eta_verified=eta["verified"],
        source=entry["delta_alpha0_source"],
        eta_source=eta["source"],
        magnetic_lines=tuple(_parse_magnetic_line(line) for line in entry.get("m1_lines", ())),
        tensor=_parse_tensor(entry) if "tensor_alpha2_excited_si" in entry else None,
        without_tensor=entry.get("tensor_zero", entry.get("tensor_missing", "")),
        tensor_vanishes="tensor_zero" in entry,
    )


def _parse_magnetic_line(entry: dict[str, Any]) -> MagneticLine:
    """Return a line with its polarizability 2 / (3 (2 J + 1)) S muB^2 / energy."""
    energy = 100.0 * PLANCK * SPEED_OF_LIGHT * entry["wavenumber_cm"]
    strength = entry["line_strength_muB2"] * BOHR_MAGNETON**2
    return MagneticLine(
        label=entry["label"],
        sign=entry["s"],
        wavenumber_per_cm=float(entry["wavenumber_cm"]),
        polarizability=2.0 / (3.0 * (2.0 * entry["J"] + 1.0)) * strength / energy,
        verified=entry["verified"],
        source=entry["source"],
    )


def _parse_tensor(entry: dict[str, Any]) -> TensorResponse:
    return TensorResponse(
        polarizability=float(entry["tensor_alpha2_excited_si"]),
        uncertainty=float(entry["u_tensor_alpha2_excited_si"]),
        level=float(entry["tensor_level"]),
        m=tuple(float(m) for m in entry["tensor_m"]),
        verified=entry["tensor_verified"],
        source=entry["tensor_source"],
        note=entry["tensor_note"],
    )


def _parse_hyperfine(entry: dict[str, Any]) -> HyperfineResponse:
    return HyperfineResponse(
        beta_stark=float(entry["beta_stark"]),
        u_beta_stark=float(entry["u_beta_stark"]),
        epsilon=float(entry["epsilon"]),
        u_epsilon=float(entry["u_epsilon"]),
        beta_zeeman=float(entry["beta_zeeman"]),
        verified=entry["beta_verified"],
        zeeman_verified=entry["zeeman_verified"],
        source=entry["beta_source"],
        zeeman_source=entry["zeeman_source"],
    )


__all__ = [
    "Alternative",
    "Clock",
    "HyperfineResponse",
    "Line",
    "MagneticLine",
    "OpticalResponse",
    "TensorResponse",
    "clock",
    "list_clocks",
]
