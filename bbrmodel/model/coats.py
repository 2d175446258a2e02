"""What the case means by the optics of one surface: its own keys or its body's, and the totals that they amount to."""

from collections.abc import Sequence

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.materials import Finish, constant_finish, resolve_finish
from bbrmodel.materials.bands import (
    band_indices_of_metal,
    bands_of_finish,
    bands_of_metal,
    bands_of_window,
    finish_of_bands,
    finish_of_metal,
)
from bbrmodel.materials.levels import finish_at_level
from bbrmodel.materials.library import window
from bbrmodel.materials.spectral_metals import hemispherical_emissivity
from bbrmodel.materials.spectral_resistivity import Metal, metal, metal_of_resistivity
from bbrmodel.radiation.paths import FACE, OPAQUE, OUTLET, SHELL, SurfaceOptics
from bbrmodel.spec import Case, Optics, has_optics, surface_settings

_PASSAGES = {"body": FACE, "sheet": SHELL, "environment": OUTLET}


def optics_of(case: Case, surface: str, body_name: str | None) -> Optics:
    """Return the table that holds for one surface: its own, else its body's, with `passage` where something passes.

    Raises
    ------
    ConfigError
        No table says how the surface emits, or light is to pass where it cannot.
    """
    settings = surface_settings(case, surface)
    body = case.bodies.get(body_name) if body_name is not None else None
    found: Optics | None = next((t for t in (settings, body) if t is not None and has_optics(t)), None)
    if found is None:
        place = f"or for all of [bodies.{body_name}], " if body_name else ""
        raise ConfigError(
            f"it radiates but has no finish. Give it a finish or an emissivity, {place}or radiates = false."
        )
    if found.passage == "sheet" and body_name is not None:
        raise ConfigError(
            f"passage = 'sheet': it is a face of body '{body_name}'. Write 'body', or take the body out of the mesh."
        )
    if found.passage == "body" and body_name is None:
        raise ConfigError("passage = 'body': it has no body behind it. Write 'sheet' or 'environment'.")
    passes = found.band_transmittances is not None or found.window_of is not None
    if passes and found.passage is None:
        return found.model_copy(update={"passage": "sheet" if body_name is None else "body"})
    return found


def finish_of(optics: Optics, own_material: str | None, edges_m: Sequence[float]) -> Finish:
    """Return the totals of a surface at 77 K and 293 K.

    Raises
    ------
    ConfigError, UnknownNameError, PropertyRangeError
        The finish or the metal is not in the library, or has no data between 77 K and 293 K.
    """
    if optics.finish is not None:
        return finish_at_level(resolve_finish(optics.finish, own_material), optics.finish_level)
    if optics.emissivity is not None:
        return constant_finish(optics.emissivity, optics.absorptivity_warm)
    known = _metal_of(optics)
    if known is not None:
        return finish_of_metal(known)
    return finish_of_bands(edges_m, _given_bands(optics, edges_m)[0])


def bands_of(optics: Optics, finish: Finish, edges_m: Sequence[float], T: float) -> tuple[SurfaceOptics, ...]:
    """Return the optics of a surface in every band at the temperature T [K] that it is expected to have.

    `finish` is what `finish_of` returned. Mirrors are left to the caller; `passage` is OPAQUE where none is named.

    Raises
    ------
    PropertyRangeError
        A metal has no data at T.
    """
    indices = _indices_of(optics, edges_m, T)
    if optics.directional and indices is not None:
        return tuple(SurfaceOptics(n=n, k=k) for n, k in indices)
    known = _metal_of(optics)
    passed: tuple[float, ...] = (0.0,) * (len(edges_m) + 1)
    if known is not None:
        values = bands_of_metal(known, edges_m, T)
    elif optics.finish is not None or optics.emissivity is not None:
        values = bands_of_finish(finish, edges_m, T)
    else:
        values, passed = _given_bands(optics, edges_m)
    passage = _PASSAGES[optics.passage] if optics.passage is not None else OPAQUE
    return tuple(SurfaceOptics(e, 0.0, t, passage) for e, t in zip(values, passed, strict=True))


def _metal_of(optics: Optics) -> Metal | None:
    """Return the metal whose resistivity gives the emissivity."""
    if optics.resistivity_of is not None:
        return metal(optics.resistivity_of)
    return None if optics.resistivity_ohm_m is None else metal_of_resistivity(optics.resistivity_ohm_m)


def _indices_of(optics: Optics, edges_m: Sequence[float], T: float) -> tuple[tuple[float, float], ...] | None:
    """Return n, k in every band, None for what Fresnel's formulas do not describe."""
    if optics.refractive_indices is not None and optics.extinction_coefficients is not None:
        return tuple(zip(optics.refractive_indices, optics.extinction_coefficients, strict=True))
    known = _metal_of(optics) if optics.directional else None
    return None if known is None else band_indices_of_metal(known, edges_m, T)


def _given_bands(optics: Optics, edges_m: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return emissivities and transmittances that are given band by band: directly, as n, k, or by a pane's cut-off."""
    nothing = (0.0,) * (len(edges_m) + 1)
    if optics.window_of is not None:
        return bands_of_window(window(optics.window_of), edges_m)
    if optics.band_emissivities is not None:
        return optics.band_emissivities, optics.band_transmittances or nothing
    n, k = optics.refractive_indices or (), optics.extinction_coefficients or ()
    values = (hemispherical_emissivity(np.array(a), np.array(b)) for a, b in zip(n, k, strict=True))
    return tuple(float(value) for value in values), nothing


__all__ = ["bands_of", "finish_of", "optics_of"]
