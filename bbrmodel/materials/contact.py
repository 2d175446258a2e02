"""Thermal contact conductance of joints."""

from dataclasses import dataclass
from typing import Any

from bbrmodel.errors import ConfigError, UnknownNameError, suggest
from bbrmodel.materials.data_file import material_data
from bbrmodel.materials.library import material

# Families whose members make the same joints. Copper alloys are left out on purpose: they are harder and conduct ten
# times less, so a copper joint's conductance would be wrong by about that factor.
_FAMILIES = {
    "ofhc_cu_rrr50": "cu",
    "ofhc_cu_rrr100": "cu",
    "alumina_99": "alumina",
    "cvd_diamond": "diamond",
    "ss304": "ss",
    "ss316": "ss",
    "ptfe": "ptfe",
}
# "bare" means whichever of these the pair has.
_BARE = ("bare", "bare_screwed", "gold_coated_bare", "clamped")


@dataclass(frozen=True)
class Contact:
    """Conductance of a joint, in vacuum near 77 K.

    Parameters
    ----------
    key
        Entry of the data file.
    h
        [W/m2/K] of nominal area, at `pressure_Pa`.
    h_range
        Plausible lowest and highest `h`; usually a factor of ten apart.
    pressure_Pa
        Mean contact pressure.
    verified
        Whether `h` was read in the named source.
    source, note
        Where the number comes from, and what to know about it.
    """

    key: str
    h: float
    h_range: tuple[float, float]
    pressure_Pa: float
    verified: bool
    source: str
    note: str = ""


def list_contacts() -> list[str]:
    """Return the keys of all joints, e.g. ``cu_cu_silver_foil``, sorted."""
    return sorted(_entries())


def contact_conductance(
    material_a: str | None, material_b: str | None, contact: str, pressure_Pa: float | None = None
) -> Contact:
    """Return the conductance of a joint between two materials.

    Parameters
    ----------
    material_a, material_b
        Materials of the two bodies in any order; None for a body without a material of the library.
    contact
        Filler (``silver_foil``, ``indium_foil``, ``apiezon_n``, ``gold_plated``, ``pbsn_solder``, ``bare``, ...), or
        a full key such as ``cu_cu_silver_foil``, which is used whatever the two materials are.
    pressure_Pa
        Mean contact pressure; the entry's reference pressure (1 MPa) if omitted. Conductance scales with
        (pressure / reference)^exponent.

    Raises
    ------
    UnknownNameError
        A material does not exist, or the library has no such joint; the message lists what the pair has.
    ConfigError
        The pressure is not positive.

    Examples
    --------
    >>> contact_conductance("ofhc_cu_rrr50", "alumina_99", "silver_foil").h
    5000.0
    """
    for name in (material_a, material_b):
        if name is not None:
            material(name)
    if pressure_Pa is not None and not pressure_Pa > 0.0:
        raise ConfigError(f"pressure_Pa = {pressure_Pa:g}: contact pressure must be positive. A usual value is 1e6.")
    key = contact if contact in _entries() else _find_key(material_a, material_b, contact)
    entry = _entries()[key]
    reference = float(entry["P_ref_Pa"])
    pressure = reference if pressure_Pa is None else float(pressure_Pa)
    scale = (pressure / reference) ** float(entry["pressure_exponent"])
    low, high = entry["h_range"]
    return Contact(
        key=key,
        h=scale * float(entry["h"]),
        h_range=(scale * float(low), scale * float(high)),
        pressure_Pa=pressure,
        verified=entry["verified"],
        source=entry["source"],
        note=entry.get("note", ""),
    )


def _entries() -> dict[str, Any]:
    return {key: entry for key, entry in material_data()["contact"].items() if isinstance(entry, dict) and "h" in entry}


def _find_key(material_a: str | None, material_b: str | None, contact: str) -> str:
    families = [_FAMILIES.get(name or "") for name in (material_a, material_b)]
    fillers: dict[str, str] = {}
    for first, second in (families, families[::-1]):
        prefix = f"{first}_{second}_"
        fillers |= {key.removeprefix(prefix): key for key in _entries() if key.startswith(prefix)}
    if contact in fillers:
        return fillers[contact]
    bare = [fillers[filler] for filler in _BARE if filler in fillers]
    if contact == "bare" and bare:
        return bare[0]
    joint = f"contact '{contact}' between '{material_a}' and '{material_b}'"
    if not fillers:
        raise UnknownNameError(
            f"{joint}: the library has no joint of these materials. Give conductance_W_m2_K, or name a joint "
            f"that resembles it in full.{suggest(contact, _entries())}"
        )
    raise UnknownNameError(
        f"{joint}: the library has no such joint. This pair has: {', '.join(sorted(fillers))}. "
        "Give conductance_W_m2_K for another one."
    )


__all__ = ["Contact", "contact_conductance", "list_contacts"]
