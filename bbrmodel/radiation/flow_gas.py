r"""Gas conductance of an opening from a transmission probability.

A gas at rest at temperature T sends :math:`n \bar v / 4` molecules through each square metre of an opening, so that
with the share p of these that gets through, the conductance of an opening of area A is

.. math:: C = p A \sqrt{\frac{k T}{2 \pi m}}.
"""

import math
from dataclasses import dataclass

from bbrmodel.constants import BOLTZMANN
from bbrmodel.errors import ConfigError, UnknownNameError, suggest
from bbrmodel.radiation.flow import Transmission

AVOGADRO = 6.02214076e23  # 1/mol, exact since 2019
LITRES_PER_M3 = 1000.0

# Molar masses, kg/mol, from abridged standard atomic weights of 2021 (IUPAC, Prohaska et al., Pure Appl. Chem. 94
# (2022) 573): H 1.0080, He 4.0026, C 12.011, N 14.007, O 15.999, Ar 39.95.
MOLAR_MASS = {
    "H2": 2.0160e-3,
    "He": 4.0026e-3,
    "H2O": 18.015e-3,
    "N2": 28.014e-3,
    "CO": 28.010e-3,
    "Ar": 39.95e-3,
    "CO2": 44.009e-3,
}


@dataclass(frozen=True)
class Gas:
    """A gas at one temperature.

    Raises
    ------
    ConfigError
        The molar mass or the temperature is not positive.
    """

    name: str
    molar_mass_kg_mol: float
    temperature_K: float

    def __post_init__(self) -> None:
        """Check both numbers."""
        for key, value in (("molar mass", self.molar_mass_kg_mol), ("temperature", self.temperature_K)):
            if not (math.isfinite(value) and value > 0.0):
                unit = "K" if key == "temperature" else "kg/mol"
                raise ConfigError(f"gas '{self.name}': {key} {value:g} {unit} is not positive. Give a positive number.")

    @property
    def flux_velocity_m_s(self) -> float:
        """Conductance of a square metre of orifice: a quarter of the mean speed, sqrt(k T / (2 pi m))."""
        mass = self.molar_mass_kg_mol / AVOGADRO
        return math.sqrt(BOLTZMANN * self.temperature_K / (2.0 * math.pi * mass))


def gas(species: str = "N2", temperature_K: float = 293.15) -> Gas:
    """Return a known gas.

    Raises
    ------
    UnknownNameError
        The species is not in `MOLAR_MASS`.
    ConfigError
        The temperature is not positive.

    Examples
    --------
    >>> f"{gas('N2', 293.15).flux_velocity_m_s:.2f}"
    '117.68'
    """
    if species not in MOLAR_MASS:
        raise UnknownNameError(
            f"species '{species}' is not known.{suggest(species, MOLAR_MASS)} Others: give their molar mass."
        )
    return Gas(species, MOLAR_MASS[species], temperature_K)


@dataclass(frozen=True)
class Conductance:
    """Conductance from one opening to another, with standard errors; `orifice_L_s` is that of the bare opening."""

    source: str
    target: str
    transmission: float
    transmission_error: float
    area_m2: float
    orifice_L_s: float
    conductance_L_s: float
    conductance_error_L_s: float


def conductances(found: Transmission, of_gas: Gas) -> tuple[Conductance, ...]:
    """Return the conductance from the source to every target."""
    orifice = LITRES_PER_M3 * found.source_area_m2 * of_gas.flux_velocity_m_s
    return tuple(
        Conductance(
            found.source,
            target,
            float(share),
            float(error),
            found.source_area_m2,
            orifice,
            orifice * float(share),
            orifice * float(error),
        )
        for target, share, error in zip(found.targets, found.probability, found.standard_error, strict=True)
    )


__all__ = ["AVOGADRO", "MOLAR_MASS", "Conductance", "Gas", "conductances", "gas"]
