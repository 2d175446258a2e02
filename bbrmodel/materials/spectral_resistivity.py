"""Metals by their resistivity: refractive index, emissivity at their own temperature, absorptivity for other light."""

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from bbrmodel.errors import ConfigError, UnknownNameError, suggest
from bbrmodel.materials.curves import Curve, constant_curve
from bbrmodel.materials.forms import LogLogTable, Shifted
from bbrmodel.materials.spectral import SpectralCurve, effective_wavelength, total_emissivity
from bbrmodel.materials.spectral_metals import (
    drude_index,
    hemispherical_emissivity,
    relaxation_time,
    relaxation_wavelength,
    surface_scattering_floor,
)
from bbrmodel.typing import AnyArray, FloatArray

_ROOM_K = 293.0


@dataclass(frozen=True)
class Metal:
    """A clean, smooth metal surface that optics of free electrons describe.

    Attributes
    ----------
    lattice
        Resistivity [ohm m] over temperature, of the lattice alone where `residual` > 0.
    residual
        [ohm m], the part from impurities.
    electron_density
        [1/m3]; None: the relaxation time is taken as zero (Hagen-Rubens).
    floor
        [-], absorptivity at normal incidence that scattering of electrons at the surface adds.
    """

    name: str
    title: str
    lattice: Curve
    residual: float
    electron_density: float | None
    floor: float

    @property
    def verified(self) -> bool:
        """Whether the resistivity was read in its source."""
        return self.lattice.verified

    def resistivity(self, T: float) -> float:
        """Return the resistivity [ohm m].

        Raises
        ------
        PropertyRangeError
            T lies outside the table.
        """
        return float(self.lattice(np.array([T]))[0]) + self.residual

    def shortest_wavelength_m(self, T: float) -> float:
        """Return the wavelength [m] where Hagen-Rubens ends: omega tau = 1; 0 where no relaxation time is known."""
        if self.electron_density is None:
            return 0.0
        return relaxation_wavelength(self.resistivity(T), self.electron_density)

    def index(self, wavelength_m: FloatArray, T: float) -> AnyArray:
        """Return the complex refractive index n + ik.

        The floor from surface scattering is a resistance in series with the metal's surface impedance 1/N.
        """
        resistivity = self.resistivity(T)
        relaxation = 0.0 if self.electron_density is None else relaxation_time(resistivity, self.electron_density)
        index: AnyArray = 1.0 / (1.0 / drude_index(wavelength_m, resistivity, relaxation) + 0.25 * self.floor)
        return index

    def spectral_emissivity(self, T: float) -> SpectralCurve:
        """Return the hemispherical emissivity of the surface at T as a function of wavelength."""

        def emissivity(wavelength_m: FloatArray) -> FloatArray:
            """Return the emissivity [-] at wavelengths [m]."""
            index = self.index(wavelength_m, T)
            return hemispherical_emissivity(index.real, index.imag)

        return emissivity

    def emissivity(self, T: float) -> float:
        """Return the total hemispherical emissivity at T."""
        return self.absorptivity(T, T)

    def absorptivity(self, T: float, T_source: float) -> float:
        """Return the total hemispherical absorptivity of the surface at T for black light of `T_source`."""
        return total_emissivity(self.spectral_emissivity(T), T_source)

    def band_index(
        self, T: float, T_source: float, edges_m: tuple[float, float] = (0.0, float("inf"))
    ) -> tuple[float, float]:
        """Return n, k at the wavelength that halves the light of `T_source` in a band, for paths in that band."""
        index = complex(self.index(np.array([effective_wavelength(T_source, edges_m)]), T)[0])
        return index.real, index.imag


@cache
def _data() -> dict[str, Any]:
    """Return the parsed data file."""
    return tomllib.loads(files("bbrmodel.materials").joinpath("data/resistivity.toml").read_text(encoding="utf-8"))


def list_metals() -> list[str]:
    """Return the names that `metal` knows."""
    return sorted(_data())


def metal(name: str, *, residual_resistance_ratio: float | None = None, surface_scattering: bool = True) -> Metal:
    """Return a metal of the library.

    Parameters
    ----------
    name
        One of `list_metals`.
    residual_resistance_ratio
        rho(293 K) / rho(4 K) of a pure metal, > 1; None: the library's.
    surface_scattering
        Include the anomalous-skin floor of pure metals.

    Raises
    ------
    UnknownNameError
        There is no such metal.
    ConfigError
        The ratio is not above 1, or given for an alloy.

    Examples
    --------
    >>> round(metal("ss304").emissivity(293.0), 3)
    0.097
    """
    entry = _data().get(name)
    if entry is None:
        raise UnknownNameError(f"metal '{name}' has no resistivity in the library.{suggest(name, _data())}")
    ratio = residual_resistance_ratio
    if ratio is not None and not (entry["kind"] == "ideal" and ratio > 1.0):
        raise ConfigError(f"metal '{name}': residual_resistance_ratio = {ratio:g}: above 1, and for pure metals only.")
    table = LogLogTable(tuple(map(float, entry["T"])), tuple(1e-8 * rho for rho in entry["rho"]))
    lattice = Curve(
        owner=name,
        quantity="resistivity [ohm m]",
        form=table,
        form_range_K=(float(entry["T"][0]), float(entry["T"][-1])),
        verified=entry["verified"],
        source=entry["source"],
    )
    residual = 0.0
    if entry["kind"] == "ideal":
        room = float(lattice(np.array([_ROOM_K]))[0])
        residual = room / ((ratio or entry["default_rrr"]) - 1.0)
    velocity = entry.get("fermi_velocity_m_s", 0.0) if surface_scattering else 0.0
    density = entry.get("electron_density_m3")
    return Metal(name, entry["title"], lattice, residual, density, surface_scattering_floor(velocity))


def metal_of_resistivity(resistivity_ohm_m: float) -> Metal:
    """Return a metal of one resistivity [ohm m] at all temperatures, with no relaxation time (Hagen-Rubens)."""
    lattice = constant_curve(resistivity_ohm_m, owner="given resistivity", quantity="resistivity [ohm m]")
    return Metal("given", "metal of a given resistivity", lattice, 0.0, None, 0.0)


def resistivity_curve(name: str, *, residual_resistance_ratio: float | None = None) -> Curve:
    """Return the resistivity [ohm m] of a metal of the library over temperature, impurities included.

    Raises
    ------
    UnknownNameError, ConfigError
        As `metal`.
    """
    found = metal(name, residual_resistance_ratio=residual_resistance_ratio)
    return replace(found.lattice, form=Shifted(found.lattice.form, found.residual))


__all__ = ["Metal", "list_metals", "metal", "metal_of_resistivity", "resistivity_curve"]
