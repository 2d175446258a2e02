"""The material library: every material by name, with its curves, finishes and sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from bbrmodel.errors import ConfigError, UnknownNameError, suggest
from bbrmodel.materials.curves import Curve
from bbrmodel.materials.data_file import material_data
from bbrmodel.materials.finishes import Finish, find_finish, parse_finish
from bbrmodel.materials.forms import Form, HustLankford, LogLogTable, LogPolynomial, LogRational

_QUANTITIES = {"k": "thermal conductivity [W/m/K]", "c": "specific heat capacity [J/kg/K]"}


@dataclass(frozen=True)
class Window:
    """How a transparent material passes and stops light.

    `emissivity_longwave_293` holds beyond `cutoff_um`, where `transmittance_longwave` is what still passes.
    """

    cutoff_um: float
    cutoff_range_um: tuple[float, float]
    transmittance_shortwave: float
    transmittance_coated: float
    emissivity_longwave_293: float
    transmittance_longwave: float
    blackbody_fraction_below_cutoff_293K: float
    verified: bool
    source: str


@dataclass(frozen=True)
class Material:
    """A material of the library.

    `curves` holds every curve by its key in the data file: ``k`` and ``c`` are `conductivity` and `heat_capacity`,
    others (``k_alt``, ``k_low``, ``k_nist_lowT``, ...) are other sources or grades.
    """

    name: str
    title: str
    density_kg_m3: float
    density_verified: bool
    conductivity: Curve
    heat_capacity: Curve
    curves: Mapping[str, Curve]
    finishes: Mapping[str, Finish]
    window: Window | None

    @property
    def verified(self) -> bool:
        """Whether conductivity and heat capacity were both read in their sources."""
        return self.conductivity.verified and self.heat_capacity.verified

    def curve(self, key: str) -> Curve:
        """Return one of `curves`, or raise an `UnknownNameError` that names those that exist."""
        if key not in self.curves:
            raise UnknownNameError(
                f"curve '{key}': material '{self.name}' has no such curve.{suggest(key, self.curves)}"
            )
        return self.curves[key]


def list_materials() -> list[str]:
    """Return the names of all materials, sorted."""
    return sorted(material_data()["materials"])


@cache
def material(name: str) -> Material:
    """Return the material of that name.

    Raises
    ------
    UnknownNameError
        No such material; the message suggests the nearest name.

    Examples
    --------
    >>> round(float(material("ss304").conductivity(77.0)), 3)
    7.921
    """
    table = material_data()["materials"].get(name)
    if table is None:
        raise UnknownNameError(f"material '{name}' is not in the library.{suggest(name, list_materials())}")
    curves = {key: _parse_curve(name, key, entry) for key, entry in table.items() if key[:1] in _QUANTITIES}
    finishes = {key: parse_finish(f"{name}.{key}", entry) for key, entry in table["emissivity"].items()}
    return Material(
        name=name,
        title=table["name"],
        density_kg_m3=float(table["density"]),
        density_verified=table["density_verified"],
        conductivity=curves["k"],
        heat_capacity=curves["c"],
        curves=MappingProxyType(curves),
        finishes=MappingProxyType(finishes),
        window=_parse_window(table["window"]) if "window" in table else None,
    )


def resolve_finish(name: str, body_material: str | None = None) -> Finish:
    """Return the finish that a case means.

    Parameters
    ----------
    name
        ``finish`` of the body's own material, or ``material.finish`` of any (a coating).
    body_material
        Material of the body that the surface belongs to; None if it has no material of the library.

    Raises
    ------
    UnknownNameError
        The material or the finish does not exist, or `name` has no dot and the body has no material.

    Examples
    --------
    >>> resolve_finish("polished", "silver").e293, resolve_finish("gold.plated").e293
    (0.017, 0.03)
    """
    owner, dot, finish = name.partition(".")
    if not dot:
        if body_material is None:
            raise UnknownNameError(
                f"finish '{name}': the surface's body has no material of the library to take it from. "
                f"Write 'material.{name}', or give an emissivity."
            )
        owner, finish = body_material, name
    return find_finish(dict(material(owner).finishes), finish, owner)


def window(name: str) -> Window:
    """Return how panes of a material pass and stop light.

    Raises
    ------
    UnknownNameError
        No such material, or no window data for it; the message names those that have some.
    """
    found = material(name).window
    if found is None:
        known = [other for other in list_materials() if material(other).window is not None]
        raise UnknownNameError(f"material '{name}' has no window data in the library. Known: {', '.join(known)}.")
    return found


def list_finishes() -> list[str]:
    """Return the full names ``material.finish`` of all finishes, sorted."""
    return sorted(finish.name for name in list_materials() for finish in material(name).finishes.values())


def copper_conductivity(residual_resistance_ratio: float) -> Curve:
    """Return the conductivity of copper for any residual resistance ratio > 1, 0.2 to 1250 K (Hust and Lankford).

    Raises
    ------
    ConfigError
        The ratio is 1 or less.
    """
    if not residual_resistance_ratio > 1.0:
        raise ConfigError(
            f"residual resistance ratio = {residual_resistance_ratio:g}: must exceed 1. "
            "Machined OFHC copper has about 50."
        )
    entry = material_data()["formula"]["hust_lankford_cu"]
    low, high = entry["range_K"]
    return Curve(
        owner=f"copper (RRR {residual_resistance_ratio:g})",
        quantity=_QUANTITIES["k"],
        form=HustLankford(float(residual_resistance_ratio), tuple(entry["P"]), float(entry["c3"])),
        form_range_K=(float(low), float(high)),
        verified=entry["verified"],
        source=entry["source"],
    )


def _parse_curve(material_name: str, key: str, entry: dict[str, Any]) -> Curve:
    low, high = entry["range_K"]
    quantity = _QUANTITIES[key[:1]]
    return Curve(
        owner=f"material {material_name}",
        quantity=quantity if key in _QUANTITIES else f"{quantity}, {key}",
        form=_parse_form(entry),
        form_range_K=(float(low), float(high)),
        extension_K=float(entry["ext_T"][1]) if "ext_T" in entry else None,
        extension_value=float(entry["ext_y"][1]) if "ext_y" in entry else None,
        verified=entry["verified"],
        extension_verified=entry.get("ext_verified", False),
        source=entry["source"],
        note=entry.get("note", ""),
        low_factor=entry.get("low_factor"),
        high_factor=entry.get("high_factor"),
    )


def _parse_form(entry: dict[str, Any]) -> Form:
    if entry["form"] == "table":
        return LogLogTable(tuple(map(float, entry["T"])), tuple(map(float, entry["y"])))
    coefficients = tuple(map(float, entry["coeffs"]))
    return LogRational(coefficients) if entry["form"] == "nist_rational" else LogPolynomial(coefficients)


def _parse_window(entry: dict[str, Any]) -> Window:
    low, high = entry["cutoff_range_um"]
    return Window(
        cutoff_um=float(entry["cutoff_um"]),
        cutoff_range_um=(float(low), float(high)),
        transmittance_shortwave=float(entry["transmittance_short_wave_uncoated"]),
        transmittance_coated=float(entry["transmittance_ar_coated"]),
        emissivity_longwave_293=float(entry["e_longwave_293"]),
        transmittance_longwave=float(entry["t_longwave"]),
        blackbody_fraction_below_cutoff_293K=float(entry["blackbody_fraction_below_cutoff_293K"]),
        verified=entry["verified"],
        source=entry["source"],
    )


__all__ = [
    "Material",
    "Window",
    "copper_conductivity",
    "list_finishes",
    "list_materials",
    "material",
    "resolve_finish",
    "window",
]
