"""Rules about the tables of heat paths that no single field can check, on raw tables as in `spec.rules`."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from bbrmodel.spec.base import Finding, as_mapping


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_property(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse points that do not grow, and values that have no temperature."""
    temperatures, values = data.get("temperatures_K"), data.get("values")
    if not isinstance(values, list | tuple):
        return
    if temperatures is None:
        if len(values) != 1:
            rule = f"has {len(values)} values without temperatures"
            yield Finding(("values",), values, rule, "Add temperatures_K", ("temperatures_K",))
        return
    if not isinstance(temperatures, list | tuple):
        return
    if len(temperatures) != len(values):
        rule = f"has {len(temperatures)} temperatures for {len(values)} values"
        yield Finding(("temperatures_K",), temperatures, rule, "Give each value its temperature")
    if len(temperatures) < 2:
        yield Finding(
            ("temperatures_K",), temperatures, "needs two points at least", "Write a number if it is constant"
        )
    if all(map(_is_number, temperatures)) and any(b <= a for a, b in pairwise(temperatures)):
        yield Finding(("temperatures_K",), temperatures, "must grow", "Sort the points by temperature")


def check_material(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse a material without conductivity."""
    if data.get("conductivity_W_m_K") is None and data.get("like") is None:
        rule, remedy = "has no conductivity", "Give conductivity_W_m_K, or like = a material of the library"
        yield Finding((), data, rule, remedy, ("conductivity_W_m_K", "like"))


def check_conductance_range(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse a range that does not hold the value."""
    value, limits = data.get("conductance_W_m2_K"), data.get("conductance_range_W_m2_K")
    if not (_is_number(value) and isinstance(limits, list | tuple) and len(limits) == 2):
        return
    ordered = all(map(_is_number, limits)) and limits[0] <= limits[1]
    if ordered and not limits[0] <= value <= limits[1]:
        rule = f"does not hold conductance_W_m2_K = {value:g}"
        yield Finding(("conductance_range_W_m2_K",), limits, rule, "Write [lowest, highest]")


def check_link(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse sinks outside the wire and a side that exchanges heat with nothing."""
    yield from _sink_findings(data)
    for key, partner in (("side_emissivity", "surroundings_K"), ("side_film_W_m2_K", "side_ambient_K")):
        if data.get(key) is not None and data.get(partner) is None:
            yield Finding((key,), data[key], f"needs {partner}", f"Add {partner}", (partner,))


def _sink_findings(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse a sink beyond the end, two at one place, and one at the surface where the link starts or ends."""
    sinks, length = data.get("sinks"), data.get("length_m")
    places: dict[float, int] = {}
    for index, item in enumerate(sinks if isinstance(sinks, list | tuple) else ()):
        place = (as_mapping(item) or {}).get("at_m")
        if not isinstance(place, int | float) or isinstance(place, bool):
            continue
        where = ("sinks", index, "at_m")
        if isinstance(length, int | float) and not place < length:
            yield Finding(where, place, f"lies beyond the link, which is {length:g} m long", "Give less than length_m")
        if place in places:
            yield Finding(where, place, f"is the place of sinks.{places[place]} already", "Keep one of the two")
        places.setdefault(place, index)


def is_tied(link: Mapping[str, Any]) -> bool:
    """Tell whether a link leads to something of given temperature, at its end, part way or along its side."""
    sinks = link.get("sinks")
    tables = [as_mapping(item) or {} for item in (sinks if isinstance(sinks, list | tuple) else ())]
    keys = ("to_temperature_K", "surroundings_K", "side_ambient_K")
    return any(link.get(key) is not None for key in keys) or any(t.get("temperature_K") is not None for t in tables)


def check_rf(data: Mapping[str, Any]) -> Iterable[Finding]:
    """Refuse a drive without losses and half a film."""
    losses = ("loss_tangent", "resistance_ohm")
    if all(data.get(key) is None for key in losses):
        rule = "loses nothing: it gives neither loss_tangent nor resistance_ohm"
        yield Finding((), data, rule, "Give one of them at least", losses)
    film = ("film_thickness_m", "film_resistivity_ohm_m")
    for key, other in (film, film[::-1]):
        if data.get(key) is not None and data.get(other) is None:
            yield Finding((key,), data[key], f"means nothing without {other}", f"Add {other}", (other,))
    if data.get(film[0]) is not None and data.get("resistance_ohm") is None:
        rule = "means nothing without resistance_ohm"
        yield Finding((film[0],), data[film[0]], rule, "Add resistance_ohm", ("resistance_ohm",))


__all__ = ["check_conductance_range", "check_link", "check_material", "check_property", "check_rf", "is_tied"]
