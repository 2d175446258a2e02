"""Which entry of `[surfaces]` holds for a surface."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from bbrmodel.spec.case import Case, Surface
from bbrmodel.spec.optics import KINDS, Optics


def is_glob(name: str) -> bool:
    """Tell whether a name is a pattern (`*`, `?`, `[...]`)."""
    return any(character in name for character in "*?[")


def matching_names(pattern: str, names: Iterable[str]) -> list[str]:
    """Return the names that a name or glob means, in their order."""
    return [name for name in names if name == pattern or (is_glob(pattern) and fnmatchcase(name, pattern))]


def has_optics(entry: Optics) -> bool:
    """Tell whether a table says how surfaces emit."""
    return any(getattr(entry, key) is not None for key in KINDS)


def surface_settings(case: Case, name: str) -> Surface | None:
    """Return what the case says about a surface, None if it says nothing.

    The exact name beats a glob and a later glob an earlier one. Optics (finish, emissivity, ... with the keys that go
    with them), `specularity` and `radiates` are each taken from the strongest entry that gives them.
    """
    globs = [entry for key, entry in case.surfaces.items() if is_glob(key) and key != name and fnmatchcase(name, key)]
    entries = globs + ([case.surfaces[name]] if name in case.surfaces else [])
    if not entries:
        return None
    optics = next((entry for entry in reversed(entries) if has_optics(entry)), None)
    specularity = next((entry.specularity for entry in reversed(entries) if entry.specularity is not None), None)
    radiates = next((entry.radiates for entry in reversed(entries) if entry.radiates is not None), None)
    merged: dict[str, object] = {} if optics is None else optics.model_dump(exclude_none=True)
    if specularity is not None:
        merged["specularity"] = specularity
    if radiates is not None:
        merged["radiates"] = radiates
    return Surface.model_validate(merged)


__all__ = ["has_optics", "is_glob", "matching_names", "surface_settings"]
