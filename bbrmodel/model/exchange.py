"""Gebhart and exchange factors of a case at the temperatures that it is expected to have, without solving it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bbrmodel.errors import ConfigError, suggest
from bbrmodel.mesh import split_at_joints
from bbrmodel.model.assign import assign
from bbrmodel.model.light import Light, LightCache, build_light, expected_temperatures
from bbrmodel.model.prepare import prepare_mesh
from bbrmodel.model.thermal import first_guess
from bbrmodel.radiation.gebhart import surface_gebhart_factors
from bbrmodel.radiation.parts import EnclosurePart, find_enclosures
from bbrmodel.radiation.radiosity import RadiositySolver
from bbrmodel.resources import cache_dir
from bbrmodel.spec import Case
from bbrmodel.typing import FloatArray, Progress

SOURCE_CLASSES = ("warm", "cold")


@dataclass(frozen=True)
class CaseExchange:
    """Where the light of each radiating surface of a case is absorbed.

    Attributes
    ----------
    light
        Class of light: "warm", "cold", "all" where no finish distinguishes them, or a band.
    surfaces
        Names of the surfaces that radiate, in the order of rows and columns.
    temperatures_K
        shape (n,), expected: what a boundary condition gives, else where the solver would start from.
    absorptivities
        shape (n,), [-], area means for this light.
    gebhart_factors, exchange_factors
        shape (n, n), [-], row = from, column = to; see `bbrmodel.radiation.gebhart`.
    environment
        shape (n,), [-], part of what a surface emits that leaves the model.
    enclosures
        Groups of facets between which light passes.
    """

    case: str
    light: str
    surfaces: tuple[str, ...]
    areas_m2: FloatArray
    temperatures_K: FloatArray
    absorptivities: FloatArray
    gebhart_factors: FloatArray
    exchange_factors: FloatArray
    environment: FloatArray
    enclosures: tuple[EnclosurePart, ...]


def exchange_of_case(
    case: Case, *, light: str | None = None, cache: Path | None = None, progress: Progress | None = None
) -> CaseExchange:
    """Return the Gebhart and exchange factors between the surfaces of a case.

    Parameters
    ----------
    light
        "warm" or "cold": the sources whose light is followed; where all finishes are grey it makes no difference. In a
        case with bands one of "band_1", "band_2", ...; None: the first class.
    progress
        Called with (facets traced, facets in all), then with (surfaces solved, surfaces in all).

    Raises
    ------
    ConfigError
        The case has no radiation, or no such class of light.
    BbrModelError
        As `bbrmodel.pipeline.solve_case`, for all that shows before the solve.
    """
    cache = cache or cache_dir()
    mesh = prepare_mesh(case, cache=cache, progress=progress)
    assignment = assign(case, mesh)
    pairs = [joint.bodies for joint in assignment.split_joints]
    split = split_at_joints(mesh.bundle, mesh.facets, mesh.interfaces, pairs=pairs, degree=case.solver.degree)
    guess = first_guess(case, assignment)
    expected = expected_temperatures(assignment, guess)
    built = build_light(case, mesh, assignment, split=split, cache=LightCache(cache, expected, progress))
    if built is None:
        raise ConfigError(f"{case.source or case.name}: has no [radiation], so nothing is exchanged. Add it.")
    names = built.exchange.surfaces.optics.light_names
    chosen = light or names[0]
    if chosen not in names and not (chosen in SOURCE_CLASSES and names == ("all",)):
        raise ConfigError(f"light = '{chosen}': {case.name} has {', '.join(names)}.{suggest(chosen, names)}")
    followed = chosen if chosen in names else names[0]
    return _tabulate(case.name, followed, built, temperature=expected, progress=progress)


def _tabulate(
    case: str, light: str, built: Light, *, temperature: FloatArray, progress: Progress | None
) -> CaseExchange:
    """Return the factors of one class of light between all surfaces that radiate."""
    surfaces = built.exchange.surfaces
    areas, surface, num = surfaces.areas[light], surfaces.surface, len(surfaces.surface_names)
    emissivity = np.minimum(surfaces.optics.absorptivity(light, temperature[surface])[0], areas.kept)
    # Areas from paths hold the emissivity already.
    in_solver = np.ones_like(emissivity) if light in surfaces.traced else emissivity
    solver = RadiositySolver(areas, np.where(surfaces.radiates, in_solver, areas.kept), surfaces.patch)
    found = surface_gebhart_factors(solver, surface, num_surfaces=num, progress=progress)
    weight = np.where(surfaces.radiates, surfaces.area_m2, 0.0)
    area = np.bincount(surface, weights=weight, minlength=num).astype(np.float64)
    absorbing = np.bincount(surface, weights=weight * emissivity, minlength=num)
    kept = np.flatnonzero(area > 0.0)
    return CaseExchange(
        case=case,
        light=light,
        surfaces=tuple(surfaces.surface_names[k] for k in kept),
        areas_m2=area[kept],
        temperatures_K=temperature[kept],
        absorptivities=absorbing[kept] / area[kept],
        gebhart_factors=found.gebhart[np.ix_(kept, kept)],
        exchange_factors=(absorbing / np.maximum(area, 1e-300))[kept, None] * found.gebhart[np.ix_(kept, kept)],
        environment=found.environment[kept],
        enclosures=find_enclosures(areas, surface, surface_names=surfaces.surface_names, radiates=surfaces.radiates),
    )


__all__ = ["CaseExchange", "exchange_of_case"]
