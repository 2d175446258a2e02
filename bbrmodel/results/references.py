"""What a paper says about a shipped case, shown beside the computed value and never fitted to it.

A `reference.toml` beside the case file holds entries

    [[reference]]
    quantity = "ion.effective_temperature_K"   # dotted path into result.json; `*` takes every element of a list
    title = "Effective temperature at the ion"
    value = 79.5                               # or minimum and maximum
    uncertainty = 1.5                          # optional
    unit = "K"
    source = "paper, table or page"
    clock = "ca40p_729"                        # optional: of a result with another clock it says nothing
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bbrmodel.errors import ConfigError, UnknownNameError, suggest
from bbrmodel.results.lookup import lookup_all

_NUMBERS = ("value", "uncertainty", "minimum", "maximum")
_TEXTS = ("quantity", "title", "unit", "source", "clock")
_REQUIRED = ("quantity", "unit", "source")


@dataclass(frozen=True)
class Reference:
    """A published value, or a published range, of one quantity."""

    quantity: str  # dotted path into result.json
    title: str
    unit: str
    source: str
    value: float | None = None
    uncertainty: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    clock: str | None = None


@dataclass(frozen=True)
class Comparison:
    """A reference and the computed value or values that belong to it; empty where the run has none."""

    reference: Reference
    computed: tuple[float, ...]

    @property
    def deviation(self) -> float | None:
        """Computed minus published, in units of the published uncertainty; None where that has no meaning."""
        published = self.reference
        if published.value is None or not published.uncertainty or len(self.computed) != 1:
            return None
        return (self.computed[0] - published.value) / published.uncertainty


def read_references(path: Path) -> tuple[Reference, ...]:
    """Return the published values in a `reference.toml`; none where the file does not exist.

    Raises
    ------
    ConfigError
        The file is no TOML, or an entry has an unknown key, lacks one, or gives neither a value nor a range.
    """
    if not path.is_file():
        return ()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}. Write it as TOML.") from error
    entries = content.get("reference", [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise ConfigError(f"{path}: reference: must be a list of tables. Write [[reference]].")
    problems = [
        problem for index, entry in enumerate(entries) for problem in _problems(entry, where=f"reference.{index}")
    ]
    problems += [f"{key}: unknown key.{suggest(key, ['reference'])}" for key in content if key != "reference"]
    if problems:
        lines = "\n".join(f"{path}: {problem}" for problem in problems)
        raise ConfigError(lines, problems)
    return tuple(_reference(entry) for entry in entries)


def _problems(entry: Mapping[str, Any], *, where: str) -> list[str]:
    """Return what is wrong with one entry, one sentence each."""
    known = (*_NUMBERS, *_TEXTS)
    problems = [f"{where}.{key}: unknown key.{suggest(key, known)}" for key in entry if key not in known]
    problems += [f"{where}: '{key}' is missing. Add it." for key in _REQUIRED if key not in entry]
    for key in _NUMBERS:
        value = entry.get(key)
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)
        ):
            problems.append(f"{where}.{key} = {value!r}: must be a finite number. Write it without unit or quotes.")
    problems += [
        f"{where}.{key} = {entry[key]!r}: must be a string. Put it in quotes."
        for key in _TEXTS
        if key in entry and not isinstance(entry[key], str)
    ]
    has_range = "minimum" in entry and "maximum" in entry
    if ("value" in entry) == has_range:
        problems.append(f"{where}: needs either 'value' or both 'minimum' and 'maximum'. Give exactly one of the two.")
    return problems


def _reference(entry: Mapping[str, Any]) -> Reference:
    numbers: dict[str, Any] = {key: float(entry[key]) for key in _NUMBERS if key in entry}
    found: dict[str, Any] = {"title": entry["quantity"], **{key: entry[key] for key in _TEXTS if key in entry}}
    return Reference(**found, **numbers)


def compare_with_references(document: Mapping[str, Any], references: tuple[Reference, ...]) -> tuple[Comparison, ...]:
    """Return each reference with what the result `document` says about it; none of another clock."""
    used = (document.get("ion") or {}).get("clock")
    return tuple(
        Comparison(reference, _computed(document, reference.quantity))
        for reference in references
        if reference.clock in (None, used)
    )


def _computed(document: Mapping[str, Any], quantity: str) -> tuple[float, ...]:
    """Return the numbers at `quantity`; a run without that part (no ion, no bath) has none."""
    try:
        values = lookup_all(document, quantity)
    except UnknownNameError:
        return ()
    return tuple(float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool))


__all__ = ["Comparison", "Reference", "compare_with_references", "read_references"]
