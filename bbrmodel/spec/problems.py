"""The wording of what is wrong with a file: one line for each problem, with place, value, rule and remedy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from bbrmodel.errors import ConfigError, suggest
from bbrmodel.spec.base import Finding, Location, Spec, field_names
from bbrmodel.spec.toml_text import shorten
from bbrmodel.spec.walk import dotted_path, field_at, is_list_of_tables, locations_of_key, model_at

_NO_VALUE = object()
_BOUNDS = {
    "greater_than": ("gt", "must be greater than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
}
_TYPES = {
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be a string",
    "finite_number": "must be a finite number",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must be letters, digits, _ - and . that start with a letter or digit",
}
_WRONG_TABLE = {"model_type", "model_attributes_type", "dict_type", "mapping_type"}
_NEEDS_NO_ARTICLE = {"what", "how", "whether", "where", "which", "a", "an", "the", "one", "if"}


@dataclass(frozen=True)
class Subject:
    """The file that is being described."""

    label: str
    data: Mapping[str, Any]
    root: type[Spec]
    origins: Mapping[Location, str] = field(default_factory=dict)  # values that do not stand in the file as such

    def line(self, location: Location, value: object, rule: str, remedy: str) -> str:
        """Return one problem as `<file>: <dotted.path> = <value>: <rule>. <remedy>`."""
        path = dotted_path(location, self.data)
        shown = "" if value is _NO_VALUE else f" = {shorten(value)}"
        origin = self.origins.get(location)
        source = f" (from {origin})" if origin else ""
        where = f" {path}{shown}{source}:" if path else ""
        return f"{self.label}:{where} {rule}. {remedy}".rstrip(". ") + ("" if remedy.endswith("?") else ".")


def finding_lines(subject: Subject, findings: Iterable[Finding]) -> list[str]:
    """Return the lines of findings whose locations count from the top of the file."""
    return [subject.line(found.location, found.value, found.rule, found.remedy) for found in findings]


def error_lines(subject: Subject, errors: Iterable[Any], hidden: Iterable[Location] = ()) -> list[str]:
    """Return the lines of pydantic's error details, without the echoes of one mistake.

    `hidden` are places that were reported already, such as a reference to an unknown parameter.
    """
    details = list(errors)
    intended = _intended_keys(subject, details)
    reported = {*hidden, *(place[:-1] for place in hidden if place and isinstance(place[-1], int))}
    lines = []
    for error in details:
        location: Location = error["loc"]
        if location in reported or _is_echo(error, intended):
            continue
        lines.append(_describe(subject, error))
    return list(dict.fromkeys(lines))


def problems_error(lines: Iterable[str]) -> ConfigError:
    """Return the one error that holds all lines."""
    problems = tuple(lines)
    return ConfigError("\n".join(problems), problems)


def _intended_keys(subject: Subject, details: list[Any]) -> dict[Location, set[str]]:
    """Return, for each table, the keys that its unknown keys probably mean."""
    intended: dict[Location, set[str]] = {}
    for error in details:
        if error["type"] == "extra_forbidden":
            table: Location = error["loc"][:-1]
            close = get_close_matches(str(error["loc"][-1]), _known_keys(subject, table), n=1, cutoff=0.6)
            intended.setdefault(table, set()).update(close)
    return intended


def _is_echo(error: Any, intended: Mapping[Location, set[str]]) -> bool:
    """Tell whether a key is missed only because it was misspelled."""
    location: Location = error["loc"]
    if error["type"] == "missing":
        return str(location[-1]) in intended.get(location[:-1], ())
    choices = set(error.get("ctx", {}).get("choices", ()))
    return bool(choices & (intended.get(location, set()) | intended.get(location[:-1], set())))


def _known_keys(subject: Subject, table: Location) -> list[str]:
    model = model_at(subject.root, table)
    return [] if model is None else list(field_names(model))


def _describe(subject: Subject, error: Any) -> str:
    """Return the line of one error."""
    kind, location, value = error["type"], error["loc"], error["input"]
    context = error.get("ctx", {})
    if kind == "broken_rule":
        return subject.line(location, value, context["rule"], context["remedy"])
    if kind == "extra_forbidden":
        return subject.line(location, value, "unknown key", _unknown_key_remedy(subject, location))
    if kind == "missing":
        remedy = f"Add {_addition(subject, location)}{_meaning(subject, location)}"
        return subject.line(location, _NO_VALUE, "is missing", remedy)
    if kind == "literal_error":
        return subject.line(location, value, f"must be {context['expected']}", _literal_remedy(value, context))
    if kind in _WRONG_TABLE:
        return subject.line(location, value, "must be a table", f"Write {_header(location)}")
    if kind == "tuple_type":
        return subject.line(location, value, *_list_rule(subject, location))
    rule, remedy = _number_rule(error)
    return subject.line(location, value, rule, remedy or _purpose(subject, location))


def _number_rule(error: Any) -> tuple[str, str]:
    """Return rule and remedy for a value of the wrong type or size."""
    kind, value = error["type"], error["input"]
    key = str(error["loc"][-1]) if error["loc"] else ""
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        if key in ("emissivity", "absorptivity_warm"):
            return "must lie in (0, 1]", _percent_remedy(value)
        if key.endswith("temperature_K") or key == "ambient_K":
            return "must lie in 1 .. 2000 K", _celsius_remedy(value)
        return f"{words} {shorten(error['ctx'][bound])}", ""
    rule = _TYPES.get(kind)
    if rule is None:
        return str(error["msg"]), ""
    return rule, _type_remedy(rule, value)


def _type_remedy(rule: str, value: object) -> str:
    """Return what to write in place of a value of the wrong type."""
    if isinstance(value, str) and "number" in rule:
        try:
            float(value)
        except ValueError:
            return ""
        return f"Remove the quotes: {value}"
    if rule == "must be a string" and isinstance(value, int | float):
        return f'Write it in quotes: "{shorten(value)}"'
    return ""


def _percent_remedy(value: object) -> str:
    if isinstance(value, int | float) and 1.0 < value <= 100.0:
        return f"If this is a percentage, write {value / 100.0:g}"
    return "A black surface has 1.0, polished copper about 0.02"


def _celsius_remedy(value: object) -> str:
    if isinstance(value, int | float) and -272.15 <= value < 1.0:
        return f"If this is in degrees Celsius, write {value + 273.15:.6g}"
    return "Temperatures are in kelvin"


def _literal_remedy(value: object, context: Mapping[str, Any]) -> str:
    known = [part.strip("' ") for part in str(context["expected"]).replace(" or ", ",").split(",")]
    close = get_close_matches(value, known, n=1, cutoff=0.6) if isinstance(value, str) else []
    return f"Did you mean '{close[0]}'?" if close else f"Write {known[0]}" if len(known) == 1 else "Write one of them"


def _unknown_key_remedy(subject: Subject, location: Location) -> str:
    """Return what an unknown key may have been meant to be, and where."""
    key = str(location[-1])
    known = _known_keys(subject, location[:-1])
    elsewhere = locations_of_key(subject.root, key)
    if elsewhere and not get_close_matches(key, known, n=1, cutoff=0.8):
        return f"It is a key of {' and '.join(elsewhere)}"
    return suggest(key, known).strip() or "Remove it"


def _addition(subject: Subject, location: Location) -> str:
    """Return what a missing field looks like in a file."""
    key = str(location[-1])
    if key == "schema_version":
        return "schema_version = 1"
    return _header(location) if model_at(subject.root, location) is not None else f"{key} = ..."


def _meaning(subject: Subject, location: Location) -> str:
    """Return the description of a field in brackets, to be put behind a remedy."""
    found = field_at(subject.root, location)
    return f" ({found.description})" if found is not None and found.description else ""


def _purpose(subject: Subject, location: Location) -> str:
    """Return what the value of a field is, for errors whose rule says what to write."""
    found = field_at(subject.root, location)
    if found is None or not found.description:
        return "Correct the value"
    words = f"{found.description[0].lower()}{found.description[1:]}"
    return f"It is {words}" if words.split()[0] in _NEEDS_NO_ARTICLE else f"It is the {words}"


def _list_rule(subject: Subject, location: Location) -> tuple[str, str]:
    if is_list_of_tables(subject.root, location):
        return "must be an array of tables", f"Write [{_header(location)}]"
    return "must be a list", "Write [value, ...]"


def _header(location: Location) -> str:
    return "[" + ".".join(str(key) for key in location if isinstance(key, str)) + "]"


__all__ = ["Subject", "error_lines", "finding_lines", "problems_error"]
