"""Gebhart and exchange factors of a case at the temperatures that it is expected to have, without solving it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.mesh import split_at_joints
from bbrmodel.model.assign import Assignment, assign
from bbrmodel.model.light import Light, LightCache, build_light
from bbrmodel.model.prepare import prepare_mesh
from bbrmodel.model.thermal import first_guess
from bbrmodel.radiation.gebhart import surface_gebhart_factors
from bbrmodel.radiation.parts import EnclosurePart, find_enclosures
from bbrmodel.radiation.radiosity import RadiositySolver
from bbrmodel.resources import cache_dir
from bbrmodel.spec import Case
from bbrmodel.typing import FloatArray, Progress


@dataclass(frozen=True)
class CaseExchange:
    """Where the light of each radiating surface of a case is absorbed.

    Attributes
    ----------
    light
        Class of light: "warm", "cold", or "all" where no finish distinguishes them.
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
    case: Case, *, light: str = "warm", cache: Path | None = None, progress: Progress | None = None
) -> CaseExchange:
    """Return the Gebhart and exchange factors between the surfaces of a case.

    Parameters
    ----------
    light
        "warm" or "cold": the sources whose light is followed. Where all finishes are grey it makes no difference.
    progress
        Called with (facets traced, facets in all), then with (surfaces solved, surfaces in all).

    Raises
    ------
    ConfigError
        The case has no radiation.
    BbrModelError
        As `bbrmodel.pipeline.solve_case`, for all that shows before the solve.
    """
    cache = cache or cache_dir()
    mesh = prepare_mesh(case, cache=cache, progress=progress)
    assignment = assign(case, mesh)
    pairs = [joint.bodies for joint in assignment.split_joints]
    split = split_at_joints(mesh.bundle, mesh.facets, mesh.interfaces, pairs=pairs)
    guess = first_guess(case, assignment)
    built = build_light(case, mesh, assignment, split=split, cache=LightCache(cache, guess, progress))
    if built is None:
        raise ConfigError(f"{case.source or case.name}: has no [radiation], so nothing is exchanged. Add it.")
    names = built.exchange.surfaces.optics.light_names
    return _tabulate(
        case.name,
        light if light in names else names[0],
        built,
        temperature=_expected_temperatures(assignment, guess),
        progress=progress,
    )


def _expected_temperatures(assignment: Assignment, guess: float) -> FloatArray:
    """Return the expected temperature of every surface [K]."""
    expected = np.full(len(assignment.finishes), guess)
    for index, condition in assignment.conditions.items():
        if condition.temperature_K is not None:
            expected[index] = condition.temperature_K
    return expected


def _tabulate(
    case: str, light: str, built: Light, *, temperature: FloatArray, progress: Progress | None
) -> CaseExchange:
    """Return the factors of one class of light between all surfaces that radiate."""
    surfaces = built.exchange.surfaces
    areas, surface, num = surfaces.areas[light], surfaces.surface, len(surfaces.surface_names)
    absorptivity = np.minimum(surfaces.optics.absorptivity(light, temperature[surface])[0], areas.kept)
    absorptivity = np.where(surfaces.radiates, absorptivity, areas.kept)
    solver = RadiositySolver(areas, absorptivity, surfaces.patch)
    found = surface_gebhart_factors(solver, surface, num_surfaces=num, progress=progress)
    weight = np.where(surfaces.radiates, areas.area_m2, 0.0)
    area = np.bincount(surface, weights=weight, minlength=num).astype(np.float64)
    absorbing = np.bincount(surface, weights=weight * absorptivity, minlength=num)
    kept = np.flatnonzero(area > 0.0)
    return CaseExchange(
        case=case,
        light=light,
        surfaces=tuple(surfaces.surface_names[k] for k in kept),
        areas_m2=area[kept],
        temperatures_K=temperature[kept],
        absorptivities=absorbing[kept] / area[kept],
        gebhart_factors=found.gebhart[np.ix_(kept, kept)],
        exchange_factors=found.exchange_factors[np.ix_(kept, kept)],
        environment=found.environment[kept],
        enclosures=find_enclosures(areas, surface, surface_names=surfaces.surface_names, radiates=surfaces.radiates),
    )


__all__ = ["CaseExchange", "exchange_of_case"]
