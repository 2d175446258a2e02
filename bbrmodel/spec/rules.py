"""Rules about tables that no single field can check, on raw tables, so that typing errors elsewhere do not hide them.

Every rule passes over what it does not understand: a wrong type is reported by the field itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bbrmodel.errors import suggest
from bbrmodel.spec.base import Finding, as_mapping
from bbrmodel.spec.optics import KINDS
from bbrmodel.spec.thermal_rules import is_tied

_HELD = ("bath", "temperature_K", "heat_flux_W_m2", "film_W_m2_K")
_NAMED_LISTS = ("links", "heat_sources", "sensors")


def check_body_finish(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse a bare finish of a body that names no material."""
    finish = data.get("finish")
    if isinstance(finish, str) and "." not in finish and data.get("conductivity_W_m_K") is not None:
        yield Finding(
            ("finish",), finish, "is a finish of no material, as the body has none", 'Write "<material>.<finish>"'
        )


def check_surface_says_something(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse an empty entry."""
    known = (*KINDS, "specularity", "radiates")
    if all(data.get(key) is None for key in known):
        rule, remedy = (
            "says nothing about the surface",
            "Give finish, emissivity, other optics, specularity or radiates",
        )
        yield Finding((), data, rule, remedy, known)


def check_link_ends(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse a link that ends where it starts."""
    start = data.get("from", data.get("from_"))
    if isinstance(start, str) and start == data.get("to"):
        yield Finding(("to",), start, "links the surface to itself", "Name another surface or give to_temperature_K")


def check_film_has_ambient(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse a film without the temperature behind it."""
    film = data.get("film_W_m2_K")
    if film is not None and data.get("ambient_K") is None:
        yield Finding(("film_W_m2_K",), film, "needs the temperature of the ambient", "Add ambient_K", ("ambient_K",))


def check_unique_names(data: Mapping[str, Any], lists: Iterable[str]) -> Iterator[Finding]:
    """Refuse two entries of a list with one name."""
    for key in lists:
        first: dict[str, int] = {}
        for index, item in _entries(data, key):
            name = item.get("name")
            if not isinstance(name, str):
                continue
            if name in first:
                rule = f"is already the name of {key}.{first[name]}"
                yield Finding((key, index, "name"), name, rule, "Give each entry its own name")
            first.setdefault(name, index)


def check_case(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Check what the tables of a case say together."""
    yield from check_unique_names(data, _NAMED_LISTS)
    yield from _joint_findings(data)
    yield from _unknown_bodies(data)
    yield from _homeless_finishes(data)
    yield from _boundary_conflicts(data)
    yield from _missing_reference(data)
    if data.get("ion") is not None and data.get("radiation") is None:
        rule, remedy = "needs the exchange of radiation", "Add the table [radiation]"
        yield Finding(("ion",), data["ion"], rule, remedy, ("radiation",))


def _entries(data: Mapping[str, Any], key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the index and the table of each well-formed entry of a list."""
    items = data.get(key)
    for index, item in enumerate(items if isinstance(items, list | tuple) else ()):
        table = as_mapping(item)
        if table is not None:
            yield index, table


def _tables(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a table of tables, empty if it is something else."""
    tables = data.get(key)
    return tables if isinstance(tables, Mapping) else {}


def _joint_findings(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse a joint of a body with itself and a second joint of one pair."""
    first: dict[frozenset[str], int] = {}
    for index, joint in _entries(data, "joints"):
        between = joint.get("between")
        if not (isinstance(between, list | tuple) and len(between) == 2 and all(isinstance(b, str) for b in between)):
            continue
        pair = frozenset(between)
        location = ("joints", index, "between")
        if len(pair) == 1:
            yield Finding(location, between, "joins a body to itself", "Name two different bodies")
        elif pair in first:
            rule = f"is the pair of joints.{first[pair]} again"
            yield Finding(location, between, rule, "Keep one joint for each pair")
        first.setdefault(pair, index)


def _unknown_bodies(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse names of bodies that the case does not have."""
    bodies = data.get("bodies", {})
    if not isinstance(bodies, Mapping):
        return
    for index, joint in _entries(data, "joints"):
        between = joint.get("between")
        for place, name in enumerate(between if isinstance(between, list | tuple) else ()):
            yield from _unknown_body(bodies, ("joints", index, "between", place), name)
    for key in ("heat_sources", "sensors"):
        for index, item in _entries(data, key):
            yield from _unknown_body(bodies, (key, index, "body"), item.get("body"))


def _unknown_body(bodies: Mapping[str, Any], location: tuple[str | int, ...], name: object) -> Iterator[Finding]:
    if isinstance(name, str) and name not in bodies:
        hint = suggest(name, map(str, bodies)).strip() or f"Add the table [bodies.{name}]"
        yield Finding(location, name, "is not a body of this case", hint)


def _homeless_finishes(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse a bare finish of a surface whose body has no material to look in."""
    bodies = _tables(data, "bodies")
    for name, item in _tables(data, "surfaces").items():
        finish = (as_mapping(item) or {}).get("finish")
        if not isinstance(finish, str) or "." in finish or not isinstance(name, str) or any(c in name for c in "*?["):
            continue
        body = name.partition("__")[0]
        if (as_mapping(bodies.get(body)) or {}).get("material") is None:
            rule = f"is a finish of no material, as {body} is not a body with a material"
            yield Finding(("surfaces", name, "finish"), finish, rule, 'Write "<material>.<finish>"')


def _boundary_conflicts(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse two conditions of one kind on a surface, and any beside a fixed temperature."""
    seen: dict[str, list[tuple[int, str]]] = {}
    for index, item in _entries(data, "boundary_conditions"):
        surface = item.get("surface")
        kinds = [key for key in _HELD if item.get(key) is not None]
        if not isinstance(surface, str) or len(kinds) != 1:
            continue
        for other, kind in seen.get(surface, ()):
            if kind == kinds[0] or "temperature_K" in (kind, kinds[0]):
                rule = f"has {kind} from boundary_conditions.{other} already, which {kinds[0]} contradicts"
                yield Finding(("boundary_conditions", index, "surface"), surface, rule, "Keep one of the two")
                break
        seen.setdefault(surface, []).append((index, kinds[0]))


def _missing_reference(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse bodies of which no temperature is tied to anything: the steady state is not unique."""
    conditions = [item for _, item in _entries(data, "boundary_conditions")]
    undecided = any(all(item.get(key) is None for key in _HELD) for item in conditions)
    held = any(item.get(key) is not None for item in conditions for key in ("bath", "temperature_K", "film_W_m2_K"))
    held = held or any(is_tied(item) for _, item in _entries(data, "links"))
    environment = (as_mapping(data.get("radiation")) or {}).get("environment_temperature_K")
    if data.get("bodies") and not (undecided or held or environment is not None):
        rule = "nothing holds a temperature, so that the steady state is not unique"
        remedy = "Give a surface bath, temperature_K or film_W_m2_K, or radiation.environment_temperature_K"
        yield Finding(("boundary_conditions",), data.get("boundary_conditions", []), rule, remedy)


__all__ = [
    "check_body_finish",
    "check_case",
    "check_film_has_ambient",
    "check_link_ends",
    "check_surface_says_something",
    "check_unique_names",
]
