"""Values that a case file names once in `[parameters]` and uses as `"$name"`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bbrmodel.errors import suggest
from bbrmodel.spec.base import Finding, Location

_REFERENCE = re.compile(r"\$([A-Za-z0-9_-]+)")


@dataclass(frozen=True)
class Substitution:
    """The tables with every reference replaced, which parameter each value came from, and what went wrong."""

    data: dict[str, Any]
    origins: dict[Location, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def substitute_parameters(raw: Mapping[str, Any]) -> Substitution:
    """Replace each string value `"$name"` by the parameter of that name; a parameter may refer to another."""
    known = raw.get("parameters")
    result = Substitution({})
    parameters = known if isinstance(known, Mapping) else {}
    result.data.update({key: _replace(value, parameters, (key,), result) for key, value in raw.items()})
    return result


def is_used(raw: Mapping[str, Any], name: str) -> bool:
    """Tell whether any value refers to a parameter."""
    return any(_REFERENCE.fullmatch(text) and text[1:] == name for text in _strings(raw))


def _replace(value: Any, parameters: Mapping[str, Any], location: Location, result: Substitution) -> Any:
    """Return a value without references."""
    if isinstance(value, Mapping):
        return {key: _replace(item, parameters, (*location, key), result) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replace(item, parameters, (*location, index), result) for index, item in enumerate(value)]
    if isinstance(value, str) and _REFERENCE.fullmatch(value):
        return _look_up(value, parameters, location, result)
    return value


def _look_up(reference: str, parameters: Mapping[str, Any], location: Location, result: Substitution) -> Any:
    """Follow a reference to a value; leave it alone and note a finding if there is none."""
    value: Any = reference
    trail: list[str] = []
    while isinstance(value, str) and (match := _REFERENCE.fullmatch(value)):
        name = match[1]
        if name in trail:
            circle = " -> ".join(f"${step}" for step in (*trail, name))
            rule = f"refers to itself ({circle})"
            result.findings.append(Finding(location, reference, rule, f"Give [parameters] {name} a value"))
            return reference
        if name not in parameters:
            hint = suggest(name, map(str, parameters)).strip() or "Add the table [parameters]"
            rule = f"there is no '{name}' in [parameters]"
            result.findings.append(Finding(location, reference, rule, hint))
            return reference
        trail.append(name)
        value = parameters[name]
    result.origins[location] = reference
    return value


def _strings(value: Any) -> list[str]:
    """Return all strings in a tree of tables and lists."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _strings(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _strings(item)]
    return []


__all__ = ["Substitution", "is_used", "substitute_parameters"]
