"""Parameters of an apparatus: every dimension with its unit, origin and limits."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from bbrmodel.errors import GeometryError, suggest

ParameterValue = float | int | bool | str
Origin = Literal["paper", "inferred", "assumed"]


@dataclass(frozen=True)
class Parameter:
    """One number (or choice) that a builder reads.

    `origin` says how far it can be trusted: "paper" (printed in the source), "inferred" (computed from what is
    printed), "assumed" (chosen here, the source is silent).
    """

    default: ParameterValue
    unit: str  # "m", "deg", "m3", "-" ...
    origin: Origin
    source: str
    description: str
    minimum: float | None = None  # inclusive
    maximum: float | None = None  # inclusive
    choices: tuple[str, ...] = ()


def read_parameters(path: Path) -> dict[str, Parameter]:
    """Return the parameter table of a TOML file: one `[name]` table per parameter, keys as in `Parameter`.

    Raises
    ------
    GeometryError
        A table has an unknown or missing key, or an origin that is not one of the three.
    """
    known = {field.name for field in fields(Parameter)}
    parameters: dict[str, Parameter] = {}
    for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for key in set(table) - known:
            raise GeometryError(f"{path.name}: {name}.{key} is not a key of a parameter.{suggest(key, known)}")
        try:
            parameter = Parameter(**{**table, "choices": tuple(table.get("choices", ()))})
        except TypeError as error:
            raise GeometryError(
                f"{path.name}: {name}: {error}. Give default, unit, origin, source, description."
            ) from error
        if parameter.origin not in get_args(Origin):
            raise GeometryError(
                f"{path.name}: {name}.origin = {parameter.origin!r}: must be one of {get_args(Origin)}."
            )
        parameters[name] = parameter
    return parameters


def resolve_parameters(
    apparatus: str, parameters: Mapping[str, Parameter], given: Mapping[str, Any]
) -> dict[str, ParameterValue]:
    """Return the value of every parameter: the given one, checked, or the default.

    Raises
    ------
    GeometryError
        One message with every finding: an unknown name, a wrong type, a value out of its limits or choices.
    """
    problems = [
        f"{apparatus}: there is no parameter '{name}'.{suggest(name, parameters)}"
        for name in given
        if name not in parameters
    ]
    values: dict[str, ParameterValue] = {}
    for name, parameter in parameters.items():
        value = given.get(name, parameter.default)
        fault = _find_fault(parameter, value)
        if fault:
            problems.append(f"{apparatus}: {name} = {value!r}: {fault} ({parameter.description})")
        values[name] = float(value) if isinstance(parameter.default, float) and not fault else value
    if problems:
        raise GeometryError("\n".join(problems))
    return values


def parameter_table(parameters: Mapping[str, Parameter]) -> str:
    """Return the Markdown table that an apparatus' README shows; a test keeps the two equal."""
    rows = ["| parameter | default | unit | origin | meaning | source |", "|---|---|---|---|---|---|"]
    for name, p in parameters.items():
        default = f"{p.default:g}" if isinstance(p.default, float) else str(p.default)
        meaning = p.description + (f" ({', '.join(p.choices)})" if p.choices else "")
        rows.append(f"| `{name}` | {default} | {p.unit} | {p.origin} | {meaning} | {p.source} |")
    return "\n".join(rows)


def _find_fault(parameter: Parameter, value: object) -> str | None:
    """Return what is wrong with a value, None if nothing is."""
    if isinstance(parameter.default, bool):
        return None if isinstance(value, bool) else "must be true or false"
    if isinstance(parameter.default, str):
        return None if value in parameter.choices else f"must be one of {', '.join(parameter.choices)}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"must be a number in {parameter.unit}"
    if isinstance(parameter.default, int) and value != int(value):
        return "must be a whole number"
    low = -float("inf") if parameter.minimum is None else parameter.minimum
    high = float("inf") if parameter.maximum is None else parameter.maximum
    if not low <= value <= high:
        return f"must lie in [{low:g}, {high:g}] {parameter.unit}"
    return None


__all__ = ["Origin", "Parameter", "ParameterValue", "parameter_table", "read_parameters", "resolve_parameters"]
