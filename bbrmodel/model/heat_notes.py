"""What a case takes for granted about its heat paths, said in the warnings of every result."""

from collections.abc import Mapping

import numpy as np

from bbrmodel.mesh import FacetMesh
from bbrmodel.model.baths import ASSUMED_VAPOUR_FILM_W_M2_K
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.spec import BoundaryCondition, Case
from bbrmodel.typing import IntArray


def heat_notes(case: Case, mesh: PreparedMesh, conditions: Mapping[int, BoundaryCondition]) -> list[str]:
    """Return notes on vapour, wires that radiate, and fixed temperatures that meet; conditions by surface index."""
    notes = []
    names = mesh.facets.surface_names
    vapour = [names[index] for index, c in conditions.items() if c.level_m is not None and c.vapour_film_W_m2_K is None]
    if vapour:
        value = f"{ASSUMED_VAPOUR_FILM_W_M2_K:g} W/m2/K"
        notes.append(f"assumed: vapour above level_m takes {value} from {', '.join(vapour)}; set vapour_film_W_m2_K")
    shining = [link.name or str(index) for index, link in enumerate(case.links) if link.side_emissivity is not None]
    if shining:
        notes.append(
            f"light from the sides of links {', '.join(shining)} goes to surroundings_K; no surface and no ion sees it"
        )
    return notes + _meeting_temperatures(mesh, conditions)


def _meeting_temperatures(mesh: PreparedMesh, conditions: Mapping[int, BoundaryCondition]) -> list[str]:
    """Return a note on every two surfaces of different fixed temperature that share nodes."""
    facets, names = mesh.facets, mesh.facets.surface_names
    fixed = {index: c.temperature_K for index, c in conditions.items() if c.temperature_K is not None}
    nodes = {index: _solid_nodes(facets, index) for index in fixed}
    notes = []
    for first in fixed:
        for second in fixed:
            if first < second and fixed[first] != fixed[second]:
                shared = len(np.intersect1d(nodes[first], nodes[second], assume_unique=True))
                if shared:
                    notes.append(
                        f"surfaces '{names[first]}' ({fixed[first]:g} K) and '{names[second]}' ({fixed[second]:g} K) "
                        f"share {shared} nodes, which cannot have both: the heat between them depends on the mesh"
                    )
    return notes


def _solid_nodes(facets: FacetMesh, surface: int) -> IntArray:
    """Return body and point of every node of a surface that belongs to a body, as one sorted number."""
    mine = (facets.surface == surface) & (facets.body >= 0)
    body = np.repeat(facets.body[mine].astype(np.int64), 3)
    codes: IntArray = np.unique(body * (int(facets.points.max()) + 1) + facets.points[mine].ravel())
    return codes


__all__ = ["heat_notes"]
