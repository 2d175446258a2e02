"""Axis labels from the names of columns: the unit is the suffix, the dots lead to the quantity."""

from dataclasses import dataclass

_SUPERSCRIPT = {
    "L_per_day": "L/day",
    "W_m2_K": "W m⁻² K⁻¹",
    "W_m_K": "W m⁻¹ K⁻¹",
    "W_m2": "W m⁻²",
    "kg_m3": "kg m⁻³",
    "J_kg_K": "J kg⁻¹ K⁻¹",
    "MiB": "MiB",
    "deg": "°",
    "mK": "mK",
    "Pa": "Pa",
    "Hz": "Hz",
    "sr": "sr",
    "m2": "m²",
    "mm": "mm",
    "um": "µm",
    "K": "K",
    "W": "W",
    "V": "V",
    "s": "s",
    "m": "m",
}
# Tables whose second key is somebody's name, without which the last key ("emissivity", "power_W") says too little.
_NAMED_TABLES = ("surfaces", "bodies", "heat_sources", "boundary_conditions", "joints", "links", "sensors")
# Largest magnitude shown in each unit: below it the smaller unit reads better.
_SMALLER = {
    "m": ((1e-3, 1e6, "µm"), (1.0, 1e3, "mm")),
    "m2": ((1e-1, 1e6, "mm²"),),
    "W": ((1.0, 1e3, "mW"),),
    "Hz": ((1.0, 1e3, "mHz"),),
    "K": ((0.1, 1e3, "mK"),),
}


@dataclass(frozen=True)
class Quantity:
    """How a column is shown."""

    name: str
    unit: str  # "" for pure numbers
    factor: float  # shown = stored x factor

    @property
    def label(self) -> str:
        """Axis label, such as 'vent cover gap / mm'."""
        return f"{self.name} / {self.unit}" if self.unit else self.name


def describe_column(column: str, largest: float | None = None) -> Quantity:
    """Return the name and the unit that a column is shown with.

    Parameters
    ----------
    column
        dotted path with the unit as suffix, e.g. "geometry.parameters.vent_cover_gap_m".
    largest
        largest magnitude in the column, in the unit of its suffix; chooses mm instead of m and the like.
    """
    stem, suffix = _split_unit(_quantity_key(column))
    unit, factor = _SUPERSCRIPT.get(suffix, ""), 1.0
    if largest is not None and largest > 0:
        for limit, scale, smaller in _SMALLER.get(suffix, ()):
            if largest < limit:
                unit, factor = smaller, scale
                break
    return Quantity(" ".join(stem.replace("__*", "").replace("__", " ").replace("_", " ").split()), unit, factor)


def _quantity_key(column: str) -> str:
    """Return the telling part of a dotted path."""
    keys = [key.strip("\"'") for key in column.split(".")]
    if len(keys) >= 3 and keys[0] in _NAMED_TABLES:
        return f"{keys[-2]}_{keys[-1]}"
    return keys[-1]


def _split_unit(key: str) -> tuple[str, str]:
    for suffix in sorted(_SUPERSCRIPT, key=len, reverse=True):
        stem = key.removesuffix("_" + suffix)
        if stem != key:
            return stem, suffix
    return key, ""


__all__ = ["Quantity", "describe_column"]
