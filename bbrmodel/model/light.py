"""The light of a case: its enclosure, the exchange in every class of light, and how the facets look."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from bbrmodel.mesh import SplitMesh
from bbrmodel.model.assign import Assignment
from bbrmodel.model.optics import LightPlan, plan_light
from bbrmodel.model.panes import find_panes
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.radiation.cache import cached_view_factors
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.facet_size import FacetSizes, facet_sizes
from bbrmodel.radiation.importance import Aim, RayPlan
from bbrmodel.radiation.light_exchange import LightExchange, RadiatingSurfaces
from bbrmodel.radiation.path_cache import TracedAreas, cached_path_areas
from bbrmodel.radiation.paths import PathSettings
from bbrmodel.radiation.radiosity import make_patches
from bbrmodel.radiation.subdivide import cut_near_portals
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.radiation.view_factors import ViewFactors
from bbrmodel.solution import LightReport, RadiationReport
from bbrmodel.spec import Case, Radiation
from bbrmodel.typing import FloatArray, IntArray, Progress

PATH_REPLICAS = 8


@dataclass(frozen=True)
class Light:
    """What radiates in a case.

    `part_of` says of which exposed facet of `mesh` each facet of the enclosure is a part, `block` which four are one
    facet cut near an opening. `plan` says how each class
    of light is followed: some have `view_factors`, the others `traced` areas; classes that look alike share one.
    """

    enclosure: Enclosure
    part_of: IntArray
    mesh: PreparedMesh | None  # None: `sizes` is not asked for
    block: IntArray
    plan: LightPlan
    view_factors: Mapping[str, ViewFactors]
    traced: Mapping[str, TracedAreas]
    exchange: LightExchange
    edges_m: tuple[float, ...] | None

    @cached_property
    def sizes(self) -> FacetSizes | None:
        """How the facets lie to each other; only a receiver of the light needs it."""
        if self.mesh is None:
            return None
        facets, exposed = self.mesh.facets, self.mesh.facets.exposed
        whole = (self.mesh.facet_vertices_m[exposed], facets.points[exposed], facets.surface[exposed])
        return facet_sizes(*whole, part_of=self.part_of, block=self.block)

    @property
    def report(self) -> RadiationReport:
        """How the exchange came about: the view factors of the last class that has any, else the paths of the last."""
        return _report(self)


@dataclass(frozen=True)
class CaseEnclosure:
    """The enclosure of a case, whose facets may be parts of those of the mesh.

    `part_of` (num_facets,) is the exposed facet of the mesh, counted among the exposed ones, that each is part of.
    """

    enclosure: Enclosure
    part_of: IntArray
    block: IntArray  # of `bbrmodel.radiation.subdivide.CutFacets`


def build_enclosure(case: Case, mesh: PreparedMesh, assignment: Assignment) -> CaseEnclosure | None:
    """Return the enclosure of all exposed facets, cut where small openings are; None if nothing radiates."""
    if case.radiation is None:
        return None
    exposed = mesh.facets.exposed
    ratio = case.radiation.portal_facet_ratio
    cut = cut_near_portals(mesh.facet_vertices_m[exposed], mesh.portals, ratio=ratio)
    surface = mesh.facets.surface[exposed][cut.parent]
    radiates = np.array([finish is not None for finish in assignment.finishes], dtype=bool)[surface]
    enclosure = Enclosure(
        vertices_m=cut.vertices_m,
        surface=surface,
        surface_names=mesh.facets.surface_names,
        radiates=radiates,
        has_environment=case.radiation.environment_temperature_K is not None,
        portals=mesh.portals,
        divided=np.bincount(cut.parent)[cut.parent] if (cut.block >= 0).any() else None,
    )
    return CaseEnclosure(enclosure, cut.parent, cut.block)


def plan_case(
    case: Case, mesh: PreparedMesh, assignment: Assignment, *, built: CaseEnclosure, expected_K: FloatArray
) -> LightPlan:
    """Return how the light of a case is followed when its surfaces have the temperatures `expected_K`.

    Raises
    ------
    ConfigError, PropertyRangeError
        As `bbrmodel.model.optics.plan_light`.
    """
    panes = find_panes(mesh, assignment)
    if panes is not None:
        panes = replace(panes, pane=panes.pane[built.part_of])
    edges = None if case.radiation is None else case.radiation.band_edges_m
    return plan_light(assignment, built.enclosure, expected_K, edges, panes=panes)


def expected_temperatures(assignment: Assignment, guess_K: float) -> FloatArray:
    """Return the expected temperature of every surface [K]: what a boundary condition gives, else the guess."""
    expected = np.full(len(assignment.finishes), guess_K)
    for index, condition in assignment.conditions.items():
        if condition.temperature_K is not None:
            expected[index] = condition.temperature_K
    return expected


def build_light(
    case: Case, mesh: PreparedMesh, assignment: Assignment, *, split: SplitMesh, cache: "LightCache"
) -> Light | None:
    """Return the light of a case, None if nothing radiates.

    Raises
    ------
    ConfigError
        Nothing absorbs the light of a band.
    EnclosureError
        View factors or paths reveal an open or inconsistent enclosure.
    PropertyRangeError
        A metal has no data at its expected temperature.
    """
    built = build_enclosure(case, mesh, assignment)
    if built is None or case.radiation is None:
        return None
    enclosure = built.enclosure
    plan = plan_case(case, mesh, assignment, built=built, expected_K=cache.expected_K)
    aim = _aim(case, enclosure, cache.expected_K)
    view_factors = _view_factors(case.radiation, enclosure, plan, cache=cache, aim=aim)
    traced = _traced(case.radiation, enclosure, plan, cache=cache)
    nodes = split.flux_nodes[mesh.facets.exposed][built.part_of]
    by_class = {name: found.areas for name, found in view_factors.items()}
    by_class |= {name: found.areas for name, found in traced.items()}
    surfaces = RadiatingSurfaces(
        areas={name: by_class[name] for name in plan.classes.light_names},
        traced=frozenset(traced),
        area_m2=np.where(plan.two_sided, 2.0, 1.0) * enclosure.area_m2,
        optics=plan.classes,
        patch=make_patches(enclosure.vertices_m.mean(axis=1), enclosure.surface),
        nodes=nodes,
        shell_temperature_K=shell_temperatures(assignment, enclosure, nodes),
        surface=enclosure.surface,
        surface_names=enclosure.surface_names,
        radiates=enclosure.radiates,
        environment_temperature_K=case.radiation.environment_temperature_K,
        corners=split.facet_nodes[mesh.facets.exposed, :3][built.part_of] if split.degree == 2 else None,
    )
    exchange = LightExchange(surfaces, len(split.points_m))
    edges = case.radiation.band_edges_m
    return Light(enclosure, built.part_of, mesh, built.block, plan, view_factors, traced, exchange, edges)


@dataclass(frozen=True)
class LightCache:
    """Where exchange is kept, who hears of progress, and the temperature [K] that each surface is expected to have."""

    directory: Path
    expected_K: FloatArray
    progress: Progress | None = None


def _aim(case: Case, enclosure: Enclosure, expected_K: FloatArray) -> Aim | None:
    """Return what the rays are to serve: the ion, in the light of the warmer half of all temperatures."""
    if case.ion is None:
        return None
    outside = None if case.radiation is None else case.radiation.environment_temperature_K
    sky = [] if outside is None else [outside]
    temperature = expected_K[enclosure.surface]
    known = np.append(temperature[enclosure.radiates], sky)
    middle = 0.5 * (float(known.min()) + float(known.max()))
    return Aim(case.ion.position_m, temperature > middle, outside is not None and outside > middle)


def _view_factors(
    radiation: Radiation, enclosure: Enclosure, plan: LightPlan, *, cache: LightCache, aim: Aim | None
) -> dict[str, ViewFactors]:
    """Return view factors for every class that lines between facets describe."""
    plan_of_rays = RayPlan(RaySettings(radiation.rays_per_facet, radiation.portal_rays, radiation.seed), aim)
    found: dict[str, ViewFactors] = {}
    for name, mirror in plan.specular.items():
        like = next((n for n in found if np.array_equal(plan.specular[n], mirror)), None)
        if like is not None:
            found[name] = found[like]
            continue
        found[name] = cached_view_factors(
            enclosure, plan_of_rays, cache=cache.directory, specular=mirror, progress=cache.progress
        )
    return found


def _traced(
    radiation: Radiation, enclosure: Enclosure, plan: LightPlan, *, cache: LightCache
) -> dict[str, TracedAreas]:
    """Return exchange areas for every class that must be followed path by path."""
    paths = PathSettings(seed=radiation.seed, replicas=PATH_REPLICAS)
    settings = (radiation.paths_per_facet, paths)
    return {
        name: cached_path_areas(enclosure, optics, settings=settings, cache=cache.directory, progress=cache.progress)
        for name, optics in plan.paths.items()
    }


def shell_temperatures(assignment: Assignment, enclosure: Enclosure, nodes: IntArray) -> FloatArray:
    """Return the given temperature of facets without a body, NaN elsewhere."""
    given = [assignment.conditions.get(index) for index in range(len(assignment.finishes))]
    temperature = np.array([np.nan if c is None or c.temperature_K is None else c.temperature_K for c in given])
    return np.where(nodes[:, 0] < 0, temperature[enclosure.surface], np.nan)


def _report(light: Light) -> RadiationReport:
    """Return how the exchange came about, with one row for each class of light."""
    method = light.plan.method
    limits: list[tuple[float | None, float | None]] = [(None, None)] * len(method)
    if light.edges_m is not None:
        limits = list(zip((None, *light.edges_m), (*light.edges_m, None), strict=True))
    lights = tuple(LightReport(name, *limits[k], method[name]) for k, name in enumerate(method))
    if light.view_factors:
        return replace(list(light.view_factors.values())[-1].report, lights=lights)
    name, last = list(light.traced.items())[-1]
    emits = light.enclosure.radiates & (light.plan.paths[name].hemispherical > 0.0)
    return RadiationReport(
        facets=int(light.enclosure.radiates.sum()),
        rays=sum(found.rays for found in light.traced.values()),
        nonzeros=None,
        escaped_fraction=float(last.areas.escape[emits].sum() / last.areas.area_m2[emits].sum()),
        lost_rays=None,
        row_sum_deviation_before=None,
        row_sum_deviation_after=float(np.abs(last.areas.row_sums()[emits] - 1.0).max()),
        reciprocity_deviation_before=None,
        reciprocity_deviation_after=0.0,
        from_cache=last.from_cache,
        lights=lights,
    )


__all__ = [
    "CaseEnclosure",
    "Light",
    "LightCache",
    "build_enclosure",
    "build_light",
    "expected_temperatures",
    "plan_case",
    "shell_temperatures",
]
