"""The light of a case: its enclosure, the exchange in every class of light, and how the facets look."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bbrmodel.mesh import SplitMesh
from bbrmodel.model.assign import Assignment
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.radiation.cache import cached_view_factors
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.light_classes import SourceOptics
from bbrmodel.radiation.light_exchange import LightExchange, RadiatingSurfaces
from bbrmodel.radiation.radiosity import make_patches
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.radiation.view_factors import ViewFactors
from bbrmodel.solution import RadiationReport
from bbrmodel.spec import Case
from bbrmodel.typing import FloatArray, IntArray, Progress


@dataclass(frozen=True)
class Light:
    """What radiates in a case.

    `facets` lists the facets of the mesh that the enclosure's are, in order. `view_factors` and `specular` (the
    mirror reflectivity of every facet) are given for each class of light; without mirrors all classes share one.
    """

    enclosure: Enclosure
    facets: IntArray
    view_factors: Mapping[str, ViewFactors]
    specular: Mapping[str, FloatArray]
    exchange: LightExchange

    @property
    def report(self) -> RadiationReport:
        """How the view factors came about (those of the last class, where mirrors make them differ)."""
        return list(self.view_factors.values())[-1].report


def build_enclosure(case: Case, mesh: PreparedMesh, assignment: Assignment) -> tuple[Enclosure | None, IntArray]:
    """Return the enclosure of all exposed facets, and which facets of the mesh they are."""
    exposed = np.flatnonzero(mesh.facets.exposed)
    if case.radiation is None:
        return None, exposed
    surface = mesh.facets.surface[exposed]
    radiates = np.array([finish is not None for finish in assignment.finishes], dtype=bool)[surface]
    enclosure = Enclosure(
        vertices_m=mesh.facet_vertices_m[exposed],
        surface=surface,
        surface_names=mesh.facets.surface_names,
        radiates=radiates,
        has_environment=case.radiation.environment_temperature_K is not None,
        portals=mesh.portals,
    )
    return enclosure, exposed


def build_light(
    case: Case, mesh: PreparedMesh, assignment: Assignment, *, split: SplitMesh, cache: "LightCache"
) -> Light | None:
    """Return the light of a case, None if nothing radiates.

    Raises
    ------
    EnclosureError
        The view factors reveal an open or inconsistent enclosure.
    """
    enclosure, exposed = build_enclosure(case, mesh, assignment)
    if enclosure is None or case.radiation is None:
        return None
    settings = RaySettings(case.radiation.rays_per_facet, case.radiation.portal_rays, case.radiation.seed)
    optics = _facet_optics(assignment, enclosure)
    nodes = split.facet_nodes[exposed]
    shell = _shell_temperatures(assignment, enclosure, nodes)
    expected = np.where(np.isnan(shell), cache.expected_K, shell)
    specular = _specular(assignment, enclosure, optics, expected=expected)
    view_factors: dict[str, ViewFactors] = {}
    for name in optics.light_names:
        first = next((n for n in view_factors if np.array_equal(specular[n], specular[name])), None)
        view_factors[name] = (
            view_factors[first]
            if first is not None
            else cached_view_factors(
                enclosure, settings, cache=cache.directory, specular=specular[name], progress=cache.progress
            )
        )
    surfaces = RadiatingSurfaces(
        areas={name: found.areas for name, found in view_factors.items()},
        traced=frozenset(),
        area_m2=enclosure.area_m2,
        optics=optics,
        patch=make_patches(enclosure.vertices_m.mean(axis=1), enclosure.surface),
        nodes=nodes,
        shell_temperature_K=shell,
        surface=enclosure.surface,
        surface_names=enclosure.surface_names,
        radiates=enclosure.radiates,
        environment_temperature_K=case.radiation.environment_temperature_K,
    )
    return Light(enclosure, exposed, view_factors, specular, LightExchange(surfaces, len(split.points_m)))


@dataclass(frozen=True)
class LightCache:
    """Where view factors are kept, who hears of progress, and the temperature that bodies are expected to have."""

    directory: Path
    expected_K: float
    progress: Progress | None = None


def _facet_optics(assignment: Assignment, enclosure: Enclosure) -> SourceOptics:
    """Return the finish of every facet; one that does not radiate counts as black."""
    table = np.array([(1.0, 1.0, 1.0) if f is None else (f.e77, f.e293, f.a77_293) for f in assignment.finishes])
    e77, e293, a77_293 = (table[enclosure.surface, k] for k in range(3))
    return SourceOptics(e77, e293, a77_293)


def _shell_temperatures(assignment: Assignment, enclosure: Enclosure, nodes: IntArray) -> FloatArray:
    """Return the given temperature of facets without a body, NaN elsewhere."""
    given = [assignment.conditions.get(index) for index in range(len(assignment.finishes))]
    temperature = np.array([np.nan if c is None or c.temperature_K is None else c.temperature_K for c in given])
    return np.where(nodes[:, 0] < 0, temperature[enclosure.surface], np.nan)


def _specular(
    assignment: Assignment, enclosure: Enclosure, optics: SourceOptics, *, expected: FloatArray
) -> dict[str, FloatArray]:
    """Return specularity x (1 - absorptivity) of every facet for each class of light, at the expected temperatures."""
    share = np.array(assignment.specularity)[enclosure.surface] * enclosure.radiates
    return {name: share * (1.0 - optics.absorptivity(name, expected)[0]) for name in optics.light_names}


__all__ = ["Light", "LightCache", "build_enclosure", "build_light"]
