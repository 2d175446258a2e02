"""Surface finishes: total hemispherical emissivities, cold, warm, and cold under warm light."""

import math
from dataclasses import dataclass
from typing import Any

from bbrmodel.errors import ConfigError, UnknownNameError, suggest

COLD_K = 77.0
WARM_K = 293.0
# From this emissivity at 293 K upwards a surface is a dielectric or carries a dielectric film (oxide, varnish).
_DIELECTRIC_EMISSIVITY = 0.3


@dataclass(frozen=True)
class Finish:
    """How a surface emits and absorbs, all numbers total hemispherical.

    Parameters
    ----------
    name
        ``material.finish``.
    e77, e293
        Emissivity at 77 K and at 293 K, each at the surface's own temperature.
    a77_293
        Absorptivity of the 77 K surface for the radiation of a 293 K black body. This, not `e77`, decides how
        room-temperature light dies out in a cold cavity.
    e77_range, e293_range, a77_293_range
        Plausible lowest and highest values.
    assumed
        Whether `a77_293` is a fallback because no source gives it; see `assumed_absorptivity`.
    verified
        Whether every number was read in the named source.
    source, note
        Where the numbers come from, and what to know about them.
    """

    name: str
    e77: float
    e293: float
    a77_293: float
    e77_range: tuple[float, float]
    e293_range: tuple[float, float]
    a77_293_range: tuple[float, float]
    assumed: bool = False
    verified: bool = False
    source: str = ""
    note: str = ""


def assumed_absorptivity(e77: float, e293: float) -> float:
    """Return the absorptivity of a 77 K surface for 293 K light, where no source gives it.

    Metals (`e293` < 0.3): the geometric mean of `e77` and `e293`. In the Hagen-Rubens limit emissivity goes as
    sqrt(resistivity / wavelength): a 77 K metal under 293 K light has the resistivity of one and the wavelength of the
    other, and the mean is exact for a resistivity proportional to temperature. For alloys of constant resistivity the
    truth tends to `e293`, so there the mean is a lower bound. The ten finishes of the library whose value is known lie
    between 0.82 and 1.27 times the mean (average 1.08).

    Dielectrics and metals under an oxide or a varnish (`e293` >= 0.3): `e293`. Their absorption follows the wavelength
    of the light (lattice bands near 10 um) and hardly the temperature of the wall.
    """
    return e293 if e293 >= _DIELECTRIC_EMISSIVITY else math.sqrt(e77 * e293)


def parse_finish(name: str, table: dict[str, Any]) -> Finish:
    """Return the finish that one ``[materials.<name>.emissivity.<finish>]`` table describes."""
    e77, e293 = float(table["e77"]), float(table["e293"])
    e77_range, e293_range = _pair(table["e77_range"]), _pair(table["e293_range"])
    known = "a77_293" in table
    if known:
        absorptivity, absorptivity_range = float(table["a77_293"]), _pair(table["a77_293_range"])
    else:
        absorptivity = assumed_absorptivity(e77, e293)
        # The lower ends as a metal, the upper ends as a dielectric.
        absorptivity_range = (min(absorptivity, math.sqrt(e77_range[0] * e293_range[0])), e293_range[1])
    return Finish(
        name=name,
        e77=e77,
        e293=e293,
        a77_293=absorptivity,
        e77_range=e77_range,
        e293_range=e293_range,
        a77_293_range=absorptivity_range,
        assumed=not known,
        verified=bool(table["verified"]) and known,
        source=table["source"],
        note=table.get("note", ""),
    )


def constant_finish(emissivity: float, absorptivity_warm: float | None = None) -> Finish:
    """Return a finish with one value for cold light and one for warm light, at every temperature.

    Parameters
    ----------
    emissivity
        0 < value <= 1, for light of cold sources and hence for the emission of a cold surface.
    absorptivity_warm
        The same for light of room-temperature sources; `emissivity` if omitted. By Kirchhoff's law it is also the
        emissivity of the surface when it is at room temperature itself.

    Raises
    ------
    ConfigError
        A value lies outside (0, 1].
    """
    warm = emissivity if absorptivity_warm is None else absorptivity_warm
    for label, value in (("emissivity", emissivity), ("absorptivity_warm", warm)):
        if not 0.0 < value <= 1.0:
            raise ConfigError(f"{label} = {value:g}: must lie in (0, 1]. A percentage must be divided by 100.")
    return Finish(
        name="constant",
        e77=emissivity,
        e293=warm,
        a77_293=warm,
        e77_range=(emissivity, emissivity),
        e293_range=(warm, warm),
        a77_293_range=(warm, warm),
        verified=True,
        source="given as a constant",
    )


def find_finish(finishes: dict[str, Finish], name: str, material: str) -> Finish:
    """Return `finishes[name]`, or raise an `UnknownNameError` that says what `material` has."""
    try:
        return finishes[name]
    except KeyError:
        raise UnknownNameError(
            f"finish '{name}': material '{material}' has no such finish.{suggest(name, finishes)}"
        ) from None


def _pair(values: list[float]) -> tuple[float, float]:
    low, high = values
    return float(low), float(high)


__all__ = [
    "COLD_K",
    "WARM_K",
    "Finish",
    "assumed_absorptivity",
    "constant_finish",
    "find_finish",
    "parse_finish",
]
