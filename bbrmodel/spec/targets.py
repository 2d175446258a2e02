"""What the key of an uncertain input means: the numbers of a case that it stands for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from bbrmodel.errors import ConfigError, suggest
from bbrmodel.spec.base import Location
from bbrmodel.spec.case import Case
from bbrmodel.spec.match import is_glob
from bbrmodel.spec.overrides import split_path
from bbrmodel.spec.toml_text import format_key
from bbrmodel.spec.walk import dotted_path

# A name of the library, and the key that says where in the library's range it lies.
LEVEL_OF = {"finish": "finish_level", "contact": "contact_level", "material": "conductivity_level"}


@dataclass(frozen=True)
class Target:
    """One number of a case: its path, as an override takes it, and its value.

    `is_level` marks a place in the range of the library; `limits` is the range that the case itself states.
    """

    path: str
    value: float
    is_level: bool = False
    limits: tuple[float, float] | None = None


def find_targets(case: Case, key: str | Sequence[str]) -> tuple[Target, ...]:
    """Return the numbers that dotted paths or globs stand for.

    The path of a finish, contact or material means its place in the range of the library, and so does a parameter that
    holds such a name.

    Raises
    ------
    ConfigError
        The key is no path, matches nothing, or is no number.
    """
    keys = [key] if isinstance(key, str) else key
    return tuple(dict.fromkeys(target for one in keys for target in _find(case, one)))


def _find(case: Case, key: str) -> list[Target]:
    """Return the numbers that one key stands for."""
    where = f"{case.source or case.name}: uncertain.key = '{key}'"
    try:
        tokens, tail = split_path(key)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}. Write a.b.c.") from None
    if tail is not None:
        raise ConfigError(f"{where}: has an equals sign. Write the path alone.")
    tables = case.model_dump(mode="python", by_alias=True, exclude_none=True)
    leaves = dict(_leaves(tables, ()))
    tokens = _full(tokens, tables)
    found = [location for location in leaves if _fits(tokens, location, tables)]
    if not found:
        known = [dotted_path(location, tables) for location in leaves]
        rule = "no number of the case matches" if is_glob(key) else "the case has no such value"
        raise ConfigError(f"{where}: {rule}.{suggest(key, known)} A dimension of a builder must stand in the case.")
    targets = [target for place in found for target in _targets_at(case, tables, place)]
    if not targets:
        value = leaves[found[0]]
        raise ConfigError(f"{where} = {value!r}: is neither a number nor a finish, contact or material. Vary another.")
    return targets


def _full(tokens: tuple[str, ...], tables: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the path of a bare key: a parameter of the case, or of its builder."""
    if len(tokens) > 1:
        return tokens
    if tokens[0] in tables.get("parameters", {}):
        return ("parameters", tokens[0])
    return ("geometry", "parameters", tokens[0])


def _leaves(value: Any, location: Location) -> Iterator[tuple[Location, Any]]:
    """Yield every value that is no table, with its place; `uncertain` itself is left out."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if location or key != "uncertain":
                yield from _leaves(item, (*location, key))
    elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(item, (*location, index))
    else:
        yield location, value


def _fits(tokens: tuple[str, ...], location: Location, tables: Mapping[str, Any]) -> bool:
    """Tell whether the tokens of a key mean a place; entries of lists go by name or index."""
    if len(tokens) != len(location):
        return False
    node: Any = tables
    for token, key in zip(tokens, location, strict=True):
        names = [str(key)]
        child = node[key]
        if isinstance(key, int) and isinstance(child, Mapping) and isinstance(child.get("name"), str):
            names.append(child["name"])
        if not any(name == token or (is_glob(token) and fnmatchcase(name, token)) for name in names):
            return False
        node = child
    return True


def _targets_at(case: Case, tables: Mapping[str, Any], location: Location) -> Iterator[Target]:
    """Yield what one place means: its number, a level of the library, or all places that use a named parameter."""
    table: Any = tables
    for key in location[:-1]:
        table = table[key]
    last, value = location[-1], table[location[-1]]
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        limits = table.get("conductance_range_W_m2_K") if last == "conductance_W_m2_K" else None
        yield Target(dotted_path(location, tables), float(value), last in LEVEL_OF.values(), limits)
    elif isinstance(value, str) and last in LEVEL_OF:
        level = LEVEL_OF[str(last)]
        path = ".".join((dotted_path(location[:-1], tables), format_key(level)))
        yield Target(path, float(table.get(level, 0.0)), is_level=True)
    elif location[0] == "parameters":
        for place in _uses(case.raw_tables(), f"${location[1]}", ()):
            yield from _targets_at(case, tables, place)


def _uses(value: Any, reference: str, location: Location) -> Iterator[Location]:
    """Yield the places that refer to a parameter."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _uses(item, reference, (*location, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _uses(item, reference, (*location, index))
    elif value == reference and location and location[0] != "parameters":
        yield location


__all__ = ["LEVEL_OF", "Target", "find_targets"]
