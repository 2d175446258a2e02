"""Single values that replace those of a case file: `heat_sources.rf.power_W=0`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from bbrmodel.errors import suggest
from bbrmodel.spec.base import Finding, Location, Spec, field_names
from bbrmodel.spec.parameters import is_used
from bbrmodel.spec.toml_text import format_key, parse_value
from bbrmodel.spec.walk import is_list_of_tables, model_at

OverrideMapping = Mapping[str, object]
Overrides = OverrideMapping | Sequence[str]

_TOKEN = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^.="']+?))\s*(\.|=|$)""")


class Override(NamedTuple):
    """One replacement; `path` holds the keys as they were written."""

    path: tuple[str, ...]
    value: object


class _Misfit(Exception):  # noqa: N818 - never leaves this module
    """An override that fits nothing in the file: rule and remedy."""


def split_path(text: str) -> tuple[tuple[str, ...], str | None]:
    """Return the keys of a dotted path, quotes removed, and what follows an equals sign (None without one).

    Raises
    ------
    ValueError
        A key is empty or a quote is left open.
    """
    keys: list[str] = []
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        key = None if match is None else next((group for group in match.groups()[:3] if group is not None), None)
        if match is None or not key:
            raise ValueError(f"'{text}' is not a dotted path")
        keys.append(key.replace('\\"', '"'))
        position = match.end()
        if match[4] != ".":
            return tuple(keys), text[position:] if match[4] == "=" else None


def parse_overrides(overrides: Overrides) -> tuple[list[Override], list[Finding]]:
    """Return the overrides and the findings about those that cannot be read."""
    parsed: list[Override] = []
    findings: list[Finding] = []
    for text, value in _pairs(overrides):
        try:
            path, tail = split_path(text)
            if value is None and tail is None:
                raise ValueError("has no value")
            given = tail if value is None else value
            parsed.append(Override(path, parse_value(given.strip()) if isinstance(given, str) else given))
        except ValueError as error:
            findings.append(Finding(("override",), text, str(error), "Write a.b.c=value"))
    return parsed, findings


def apply_overrides(
    raw: dict[str, Any], overrides: Iterable[Override], root: type[Spec]
) -> tuple[list[Finding], set[Location]]:
    """Put the overrides into the raw tables, in place; return findings about misfits, and the places that were set.

    A key that replaces one of several alternatives (an emissivity where the file has a finish) removes the others,
    unless they were overridden as well.
    """
    findings: list[Finding] = []
    done: set[Location] = set()
    for override in overrides:
        try:
            path = _full_path(raw, override.path, root)
            location = _set(raw, path, override.value, root)
        except _Misfit as misfit:
            rule, remedy = misfit.args
            findings.append(Finding(override.path, override.value, rule, remedy))
            continue
        done.add(location)
        _drop_alternatives(raw, location, root, done)
    return findings, done


def _pairs(overrides: Overrides) -> list[tuple[str, object]]:
    """Return path and value of a mapping; whole texts, to be split later, with None."""
    if isinstance(overrides, Mapping):
        return list(overrides.items())
    return [(text, None) for text in ([overrides] if isinstance(overrides, str) else overrides)]


def _full_path(raw: Mapping[str, Any], path: tuple[str, ...], root: type[Spec]) -> tuple[str, ...]:
    """Return the path that a bare key stands for: a field, a parameter that is used, a parameter of the builder."""
    parameters = _table(raw, "parameters")
    builder = _table(_table(raw, "geometry"), "parameters")
    if len(path) == 2 and path[0] == "parameters":
        _check_parameter(raw, path[1], parameters)
    if len(path) > 1 or path[0] in field_names(root):
        return path
    key = path[0]
    if key in parameters and (is_used(raw, key) or key not in builder):
        _check_parameter(raw, key, parameters)
        return ("parameters", key)
    if key in builder:
        return ("geometry", "parameters", key)
    hint = suggest(key, {*field_names(root), *parameters, *builder}).strip()
    hint += f" A builder parameter that the file does not list is set as geometry.parameters.{format_key(key)}"
    raise _Misfit("is neither a key of a case nor one of its parameters", hint)


def _check_parameter(raw: Mapping[str, Any], name: str, parameters: Mapping[str, Any]) -> None:
    """Refuse to set a parameter that has no effect."""
    if name not in parameters:
        raise _Misfit(
            f"there is no '{name}' in [parameters]", suggest(name, parameters).strip() or "Set the key itself"
        )
    if not is_used(raw, name):
        rule = f'"${name}" is used nowhere in the file, so that the parameter changes nothing'
        raise _Misfit(rule, "Set the key itself")


def _set(raw: dict[str, Any], path: tuple[str, ...], value: object, root: type[Spec]) -> Location:
    """Put a value at a path, making the tables on the way, and return where it went."""
    node: Any = raw
    location: list[str | int] = []
    for step, token in enumerate(path):
        last = step == len(path) - 1
        if isinstance(node, list):
            key: str | int = _index(node, token, location)
        elif isinstance(node, dict):
            key = token
            if not last and key not in node:
                node[key] = [] if is_list_of_tables(root, (*location, key)) else {}
        else:
            name = ".".join(map(str, location))
            raise _Misfit(f"{name} is a value and has no keys", f"Set {name} itself")
        location.append(key)
        if last:
            node[key] = value
        else:
            node = node[key]
    return tuple(location)


def _index(items: list[Any], token: str, location: Sequence[str | int]) -> int:
    """Return the place of a list entry that is given by its name or its index, counted from 0."""
    names = [item.get("name") if isinstance(item, Mapping) else None for item in items]
    if names.count(token) == 1:
        return names.index(token)
    if token.isdigit() and int(token) < len(items):
        return int(token)
    where = ".".join(map(str, location))
    known = [name for name in names if isinstance(name, str)]
    remedy = suggest(token, known).strip() or f"Its entries are {where}.0 to {where}.{len(items) - 1}"
    if not items:
        remedy = "Add the entry to the file"
    raise _Misfit(f"{where} has no entry '{token}'", remedy)


def _drop_alternatives(raw: dict[str, Any], location: Location, root: type[Spec], done: set[Location]) -> None:
    """Remove from the table of a new value what cannot stand beside it."""
    model = model_at(root, location[:-1])
    if model is None:
        return
    table: Any = raw
    for key in location[:-1]:
        table = table[key]
    for group in (*model.exactly_one, *model.at_most_one):
        if location[-1] not in group:
            continue
        for other in group:
            if other != location[-1] and (*location[:-1], other) not in done:
                table.pop(other, None)
    for key, partner in model.only_with:
        idle = all(name not in table for name in partner.split("|"))
        if idle and (*location[:-1], key) not in done and key != location[-1]:
            table.pop(key, None)


def _table(tables: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = tables.get(key)
    return table if isinstance(table, Mapping) else {}


__all__ = ["Override", "OverrideMapping", "Overrides", "apply_overrides", "parse_overrides", "split_path"]
