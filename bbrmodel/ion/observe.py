"""Everything that a case wants to know of the ion and of further points, from one converged exchange."""

from dataclasses import dataclass, replace

import numpy as np

from bbrmodel.errors import EnclosureError, GeometryError
from bbrmodel.ion.anisotropy import anisotropy, trace_moments
from bbrmodel.ion.clocks import Clock, clock
from bbrmodel.ion.cross_check import check_by_paths
from bbrmodel.ion.derivatives import TemperatureDerivatives, temperature_derivatives
from bbrmodel.ion.field import EffectiveView, is_diffuse
from bbrmodel.ion.look import Looks, look
from bbrmodel.ion.near_field import near_field, nearest_facet
from bbrmodel.ion.spectrum import spectrum_at_ion
from bbrmodel.ion.tables import bodies_at_ion, shift_of_view, tabulate_ion, with_slopes
from bbrmodel.model.light import Light
from bbrmodel.radiation.narrow_places import NarrowPlace, find_narrow_places
from bbrmodel.radiation.paths import PathSettings
from bbrmodel.solution import FieldPoint, IonField
from bbrmodel.spec import Ion, Place
from bbrmodel.typing import IntArray

_NOTABLE = 1e-4  # error of T_eff from rays as a part of it, beyond which it is worth knowing where they miss light
_RAYS_PER_MOMENT = 8  # rays of the ion for each path of a moment: anisotropy needs three digits, T_eff six


@dataclass(frozen=True)
class Owners:
    """Which body each facet of the enclosure belongs to, shape (num_facets,); -1 for a shell."""

    body: IntArray
    names: tuple[str, ...]


@dataclass(frozen=True)
class Observed:
    """The field at the ion and at further points, what it consists of facet by facet, and openings that rays miss."""

    field: IonField
    view: EffectiveView
    slopes: TemperatureDerivatives
    narrow_places: tuple[NarrowPlace, ...] = ()


def observe(spec: Ion, light: Light, *, seed: int, owners: Owners) -> Observed:
    """Return the field at the ion and at the further points of a case.

    Raises
    ------
    GeometryError, EnclosureError
        A point lies inside a body, or sees what it must not.
    """
    transition, exchange = clock(spec.clock), light.exchange
    looks = look(spec.position_m, light, rays=spec.rays, seed=seed)
    view = looks.view(exchange)
    diffuse = {name: is_diffuse(optics) | ~light.enclosure.radiates for name, optics in light.plan.paths.items()}
    slopes = temperature_derivatives(exchange, view, diffuse=diffuse)
    field = tabulate_ion(spec.position_m, transition, exchange, enclosure=light.enclosure, view=view)
    moments = trace_moments(spec.position_m, light, paths=max(spec.rays // _RAYS_PER_MOMENT, 1), seed=seed)
    field = replace(
        field,
        surfaces=with_slopes(field.surfaces, light.enclosure, slopes),
        bodies=bodies_at_ion(field.surfaces, _bodies(light, owners)),
        near_field=near_field(spec.position_m, light.enclosure, view.temperature_K),
        anisotropy=anisotropy(looks, light, transition, moments=moments, axis=spec.quantisation_axis),
        spectrum=spectrum_at_ion(exchange, view, light.enclosure),
        points=tuple(
            _field_at(place, _look_at(place, spec, light, seed), light, transition) for place in spec.further_places
        ),
    )
    if spec.cross_check_paths:
        paths = PathSettings(paths=spec.cross_check_paths, seed=seed)
        check = check_by_paths(spec.position_m, light, looks=looks, view=view, settings=paths)
        std = {row.name: row.first_std_sr for row in check.surfaces}
        surfaces = tuple(replace(row, effective_solid_angle_std_sr=std.get(row.name)) for row in field.surfaces)
        field = replace(field, cross_check=check, surfaces=surfaces)
    return Observed(field, view, slopes, _narrow_places(light, view, seed))


def _narrow_places(light: Light, view: EffectiveView, seed: int) -> tuple[NarrowPlace, ...]:
    """Return undeclared openings that the ion's light passes, if rays leave its temperature uncertain."""
    if view.in_kelvin(view.rays_std) < _NOTABLE * view.temperature_K:
        return ()
    gains = view.gain_by_light
    states = [(state, gains[state.name]) for state in light.exchange.lights if state.name in gains]
    return find_narrow_places(light.enclosure, states, seed=seed)


def _bodies(light: Light, owners: Owners) -> dict[str, str]:
    """Return the body that each surface belongs to, shells left out."""
    enclosure, found = light.enclosure, {}
    surface, first = np.unique(enclosure.surface, return_index=True)
    for index, facet in zip(surface.tolist(), first.tolist(), strict=True):
        if owners.body[facet] >= 0:
            found[enclosure.surface_names[index]] = owners.names[int(owners.body[facet])]
    return found


def _look_at(place: Place, spec: Ion, light: Light, seed: int) -> Looks:
    """Return what a further point sees; a problem names the key that the point comes from."""
    try:
        return look(place.position_m, light, rays=spec.rays, seed=seed)
    except (GeometryError, EnclosureError) as error:
        raise type(error)(str(error).replace("ion.position_m", f"{place.key}, {place.name}", 1)) from error


def _field_at(place: Place, looks: Looks, light: Light, transition: Clock) -> FieldPoint:
    """Return the field at a further point: one more adjoint solve, with the exchange of the ion."""
    view = looks.view(light.exchange)
    shift = shift_of_view(transition, light.exchange, view)
    facet, distance = nearest_facet(np.array(place.position_m), light.enclosure.vertices_m)
    return FieldPoint(
        name=place.name,
        position_m=place.position_m,
        effective_temperature_K=view.temperature_K,
        effective_temperature_std_K=view.temperature_std_K,
        shift_Hz=shift,
        fractional_shift=shift / transition.frequency_Hz,
        sum_of_weights=view.sum_of_weights,
        nearest_surface=light.enclosure.name_of(facet),
        nearest_surface_m=distance,
        distance_m=place.distance_m,
    )


__all__ = ["Observed", "Owners", "observe"]
