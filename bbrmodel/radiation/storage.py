"""Exchange areas as named arrays, and files that a reader never sees half written."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bbrmodel.radiation.exchange_areas import Escapes, ExchangeAreas
from bbrmodel.radiation.lines import Lines

_VECTORS = ("escape", "escape_variance", "area_m2", "kept", "scale", "rest")
_ENTRIES = ("facet", "start", "column", "strength")
_OPTIONAL = ("unit", "replica", "variance")
_ESCAPES = ("facet", "weight", "unit", "replica")


def to_arrays(areas: ExchangeAreas) -> dict[str, Any]:
    """Return exchange areas as named arrays; `from_arrays` takes them back."""
    arrays: dict[str, Any] = {name: getattr(areas, name) for name in _VECTORS}
    densities: list[Any] = []
    for number, block in enumerate(areas.lines):
        for name in (*_ENTRIES, *_OPTIONAL):
            if getattr(block, name) is not None:
                arrays[f"line{number}.{name}"] = getattr(block, name)
        if block.density is None:
            continue
        known = next((k for k, density in enumerate(densities) if density is block.density), len(densities))
        if known == len(densities):
            densities.append(block.density)
            arrays[f"density{known}"] = block.density
        arrays[f"line{number}.which_density"] = np.array(known)
    if areas.escapes is not None:
        arrays |= {f"escapes.{name}": getattr(areas.escapes, name) for name in _ESCAPES}
    return arrays


def from_arrays(stored: Mapping[str, Any]) -> ExchangeAreas:
    """Return exchange areas from named arrays.

    Raises
    ------
    KeyError
        An array is missing.
    """
    densities: list[Any] = []
    while f"density{len(densities)}" in stored:
        densities.append(stored[f"density{len(densities)}"])
    lines: list[Lines] = []
    while f"line{len(lines)}.start" in stored:
        at = f"line{len(lines)}."
        own = {name: stored[at + name] for name in _ENTRIES}
        own |= {name: stored[at + name] for name in _OPTIONAL if at + name in stored}
        if at + "which_density" in stored:
            own["density"] = densities[int(stored[at + "which_density"])]
        lines.append(Lines(**own))
    escapes = None
    if "escapes.unit" in stored:
        escapes = Escapes(**{name: stored[f"escapes.{name}"] for name in _ESCAPES})
    return ExchangeAreas(tuple(lines), **{name: stored[name] for name in _VECTORS}, escapes=escapes)


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write atomically: an interrupted run leaves no file that looks whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        try:
            np.savez(file, **arrays)
        except BaseException:
            os.unlink(file.name)
            raise
    os.replace(file.name, path)


__all__ = ["from_arrays", "to_arrays", "write_arrays"]
