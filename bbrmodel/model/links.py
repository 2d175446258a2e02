"""Turn the links of a case into heat paths: plain conductors, or wires that are solved along their length."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from bbrmodel.conduction.terms import LinkTerm
from bbrmodel.conduction.terms_wire import WirePort, WireTerm
from bbrmodel.conduction.wire import HeatLaw, Wire
from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.errors import ConfigError
from bbrmodel.materials import Curve, constant_curve
from bbrmodel.materials.custom import SolidMaterial, constant_material, find_material
from bbrmodel.materials.levels import curve_at_level
from bbrmodel.materials.spectral_resistivity import resistivity_curve
from bbrmodel.spec import CustomMaterial, Link
from bbrmodel.typing import FloatArray

Average = Callable[[str], FloatArray]  # node weights of the mean over a surface


def is_plain(link: Link) -> bool:
    """Tell whether nothing happens between the ends of a link."""
    return not (link.sinks or link.free_end or link.side_emissivity or link.side_film_W_m2_K or link.current_A)


def link_surfaces(link: Link) -> dict[str, str]:
    """Return every surface that a link is fastened to, by its key in the case."""
    places = {"from": link.from_, "to": link.to}
    places |= {f"sinks.{index}.surface": sink.surface for index, sink in enumerate(link.sinks)}
    return {key: name for key, name in places.items() if name is not None}


def link_is_tied(link: Link) -> bool:
    """Tell whether a link leads to a given temperature, at its end, part way or along its side."""
    given = (link.to_temperature_K, link.surroundings_K, link.side_ambient_K, *(s.temperature_K for s in link.sinks))
    return any(value is not None for value in given)


def link_material(link: Link, custom: Mapping[str, CustomMaterial]) -> SolidMaterial:
    """Return what a link is made of."""
    if link.material is not None:
        found = find_material(link.material, custom)
        return replace(found, conductivity=curve_at_level(found.conductivity, link.conductivity_level))
    return constant_material(float(link.conductivity_W_m_K or 0.0), "link")


def link_resistivity(link: Link, substance: SolidMaterial) -> Curve | None:
    """Return the resistivity [ohm m] that the current meets; None without a current.

    Raises
    ------
    ConfigError
        Nothing says what the resistivity is.
    UnknownNameError
        The library has no such metal.
    """
    if not link.current_A:
        return None
    if link.resistivity_of is not None:
        return resistivity_curve(link.resistivity_of)
    value = link.resistivity_ohm_m
    if link.resistance_ohm is not None:
        value = link.resistance_ohm * _section(link) / link.length_m
    if value is not None:
        return constant_curve(value, owner="link", quantity="resistivity [ohm m]")
    if substance.resistivity is None:
        raise ConfigError(
            f"current_A = {link.current_A:g}: material '{substance.name}' has no resistivity. "
            "Give resistance_ohm, resistivity_ohm_m or resistivity_of."
        )
    return substance.resistivity


def build_link(link: Link, name: str, custom: Mapping[str, CustomMaterial], average: Average) -> LinkTerm | WireTerm:
    """Return the heat path of a link."""
    substance = link_material(link, custom)
    if is_plain(link):
        return LinkTerm(
            name=name,
            weights_from=average(link.from_),
            weights_to=None if link.to is None else average(link.to),
            temperature_K=float(link.to_temperature_K or np.nan),
            section_per_length_m=link.count * _section(link) / link.length_m,
            curve=substance.conductivity,
        )
    ports = [WirePort(average(link.from_)), _far_port(link, average)]
    ports += [
        WirePort(None if sink.surface is None else average(sink.surface), float(sink.temperature_K or np.nan))
        for sink in link.sinks
    ]
    resistivity = link_resistivity(link, substance)
    joule = _joule_law(link, resistivity)
    conductances = [np.inf, 0.0 if link.free_end else np.inf]
    wire = Wire(
        length_m=link.length_m,
        section_m2=_section(link),
        curve=substance.conductivity,
        heat=_heat_law(link, joule),
        joule=joule,
        places_m=np.array([0.0, link.length_m, *(sink.at_m for sink in link.sinks)]),
        conductances_W_K=np.array([*conductances, *(sink.conductance_W_K or np.inf for sink in link.sinks)]),
    )
    return WireTerm(name, wire, tuple(ports), link.count, resistivity)


def _far_port(link: Link, average: Average) -> WirePort:
    """Return what the end of a link is fastened to; a free end has no flow, whatever the temperature."""
    if link.to is not None:
        return WirePort(average(link.to))
    if link.free_end:
        return WirePort(average(link.from_))
    return WirePort(None, float(link.to_temperature_K or np.nan))


def _section(link: Link) -> float:
    """Return the cross-section of one wire [m2]."""
    return float(np.pi / 4.0 * link.diameter_m**2)


def _joule_law(link: Link, resistivity: Curve | None) -> HeatLaw:
    """Return the heat of the current in a metre of one wire [W/m] and its slope [W/m/K]."""
    factor = (link.current_A or 0.0) ** 2 / _section(link)

    def law(T: FloatArray) -> tuple[FloatArray, FloatArray]:
        if resistivity is None:
            return np.zeros_like(T), np.zeros_like(T)
        held = np.clip(T, *resistivity.range_K)  # an iterate may leave the range
        return factor * resistivity(held), np.where(held == T, factor * resistivity.derivative(held), 0.0)

    return law


def _heat_law(link: Link, joule: HeatLaw) -> HeatLaw:
    """Return the heat into a metre of one wire [W/m] and its slope [W/m/K]: current, light and gas."""
    perimeter = np.pi * link.diameter_m
    light = (link.side_emissivity or 0.0) * STEFAN_BOLTZMANN * perimeter
    around = float(link.surroundings_K or 0.0)
    film, ambient = (link.side_film_W_m2_K or 0.0) * perimeter, float(link.side_ambient_K or 0.0)

    def law(T: FloatArray) -> tuple[FloatArray, FloatArray]:
        heat, slope = joule(T)
        return heat + light * (around**4 - T**4) + film * (ambient - T), slope - 4.0 * light * T**3 - film

    return law


__all__ = ["build_link", "is_plain", "link_is_tied", "link_material", "link_resistivity", "link_surfaces"]
