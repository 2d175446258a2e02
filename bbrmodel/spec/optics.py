"""The keys that say how a surface emits, absorbs, reflects and lets light pass; and the rules between them."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, ClassVar, Literal

from pydantic import Field

from bbrmodel.spec.base import Finding, Location, Spec, as_mapping
from bbrmodel.spec.fields import Emissivity, Flag, Fractions, Level, Name, NotNegatives, Positive, Positives

KINDS = (
    *("finish", "emissivity", "band_emissivities", "window_of"),
    *("resistivity_of", "resistivity_ohm_m", "refractive_indices"),
)
_METALS = ("resistivity_of", "resistivity_ohm_m", "refractive_indices")
_BY_BAND = ("band_emissivities", "band_transmittances", "refractive_indices", "extinction_coefficients")


class Optics(Spec):
    """How a surface takes part in the exchange of radiation."""

    at_most_one: ClassVar[tuple[tuple[str, ...], ...]] = (KINDS,)
    only_with: ClassVar[tuple[tuple[str, str], ...]] = (
        ("finish_level", "finish"),
        ("absorptivity_warm", "emissivity"),
        ("band_transmittances", "band_emissivities"),
        ("passage", "band_transmittances|window_of"),
        ("extinction_coefficients", "refractive_indices"),
    )

    finish: Name | None = Field(default=None, description="Finish of the body's material, or <material>.<finish>")
    finish_level: Level | None = Field(
        default=None, description="Where in the library's range the finish lies: -1 lowest, 0 (default) best, 1 highest"
    )
    emissivity: Emissivity | None = Field(default=None, description="Grey emissivity in place of a library finish")
    absorptivity_warm: Emissivity | None = Field(
        default=None, description="Absorptivity for light of room-temperature sources; without it the emissivity holds"
    )
    band_emissivities: Fractions | None = Field(
        default=None, description="Emissivity in each band of `radiation.band_edges_m`, shortest wavelengths first"
    )
    band_transmittances: Fractions | None = Field(
        default=None, description="Part of the light that passes, in each band, at every angle; without it nothing does"
    )
    window_of: Name | None = Field(
        default=None,
        description="Pane of a library material: what passes and what is absorbed in each band follow from its cut-off",
    )
    passage: Literal["body", "sheet", "environment"] | None = Field(
        default=None,
        description="Where light that passes goes: through the body and out of another face of it (default where there "
        "is a body), on behind a surface without body that is alike from both sides (default elsewhere), out of the "
        "model",
    )
    resistivity_of: Name | None = Field(
        default=None, description="Clean metal of the library whose resistivity gives the emissivity"
    )
    resistivity_ohm_m: Positive | None = Field(
        default=None, description="Resistivity that gives the emissivity (Hagen-Rubens), the same at all temperatures"
    )
    refractive_indices: Positives | None = Field(
        default=None, description="n in each band: an opaque surface that Fresnel's formulas describe"
    )
    extinction_coefficients: NotNegatives | None = Field(default=None, description="k in each band, beside n")
    directional: Flag | None = Field(
        default=None,
        description="True: emissivity varies with the angle as Fresnel's formulas say; else its hemispherical mean "
        "holds at all angles",
    )


def check_optics(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Check what the optical keys of one table say together."""
    n, k = data.get("refractive_indices"), data.get("extinction_coefficients")
    if n is not None and k is None:
        yield Finding(("refractive_indices",), n, "needs k beside n", "Add extinction_coefficients", _METALS)
    if data.get("directional") and all(data.get(key) is None for key in _METALS):
        rule = "needs a surface that Fresnel's formulas describe"
        yield Finding(("directional",), True, rule, f"Give one of {', '.join(_METALS)}", _METALS)
    yield from _shares(data)


def _shares(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse bands that absorb and pass more than arrives."""
    taken, passed = data.get("band_emissivities"), data.get("band_transmittances")
    if not (isinstance(taken, list | tuple) and isinstance(passed, list | tuple)):
        return
    for band, (e, t) in enumerate(zip(taken, passed, strict=False), start=1):
        if _is_number(e) and _is_number(t) and 0.0 <= e <= 1.0 and e + t > 1.0 + 1e-12:
            rule = f"in band {band} emissivity {e:g} + transmittance {t:g} exceed 1"
            yield Finding(("band_transmittances",), passed, rule, "Lower one of them")


def check_edges(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Check that the band edges of `[radiation]` grow."""
    edges = data.get("band_edges_m")
    if not isinstance(edges, list | tuple):
        return
    if not edges:
        rule = "needs at least one wavelength"
        yield Finding(("band_edges_m",), edges, rule, "Give wavelengths in metres or remove the key")
    if all(_is_number(edge) for edge in edges) and any(b <= a for a, b in pairwise(edges)):
        yield Finding(("band_edges_m",), edges, "must grow", "Sort the wavelengths, shortest first")


def check_bands(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Check that optics by band fit the bands of the case, and that windows to the outside have an outside."""
    radiation = as_mapping(data.get("radiation")) or {}
    edges = radiation.get("band_edges_m")
    outside = radiation.get("environment_temperature_K")
    for table in ("bodies", "surfaces"):
        entries = data.get(table)
        for name, item in (entries if isinstance(entries, Mapping) else {}).items():
            settings = as_mapping(item)
            if settings is None:
                continue
            yield from _band_findings((table, name), settings, edges)
            if settings.get("passage") == "environment" and outside is None:
                rule, remedy = "has no outside to pass to", "Give radiation.environment_temperature_K"
                yield Finding((table, name, "passage"), "environment", rule, remedy)


def _band_findings(location: Location, settings: Mapping[str, Any], edges: object) -> Iterable[Finding]:
    """Return what one table says about bands that the case does not have."""
    for key in _BY_BAND:
        values = settings.get(key)
        if not isinstance(values, list | tuple):
            continue
        if edges is None:
            rule = "needs bands of wavelength"
            yield Finding((*location, key), values, rule, "Give radiation.band_edges_m, the wavelengths between them")
        elif isinstance(edges, list | tuple) and len(values) != len(edges) + 1:
            rule = f"has {len(values)} values, but radiation.band_edges_m makes {len(edges) + 1} bands"
            yield Finding((*location, key), values, rule, "Give one value for each band, shortest wavelengths first")
    by_band = ["directional"] if settings.get("refractive_indices") is None else []
    for key in (*by_band, "window_of"):
        if settings.get(key) and edges is None:
            rule, remedy = "needs bands of wavelength", "Give radiation.band_edges_m, the wavelengths between them"
            yield Finding((*location, key), settings[key], rule, remedy)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


__all__ = ["KINDS", "Optics", "check_bands", "check_edges", "check_optics"]
