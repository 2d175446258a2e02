"""Turn boundary conditions, joints, links and sources of a case into heat paths of the solid."""

from collections.abc import Sequence

import numpy as np

from bbrmodel.conduction.solid import node_volumes
from bbrmodel.conduction.terms import FacetTerm, JointTerm, SourceTerm, Term, facet_pieces
from bbrmodel.errors import ConfigError
from bbrmodel.mesh import SplitMesh
from bbrmodel.mesh.facets import facet_areas_normals
from bbrmodel.model.assign import Assignment
from bbrmodel.model.baths import BathTerm, build_wall
from bbrmodel.model.links import build_link, link_is_tied
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.model.sources import source_powers
from bbrmodel.spec import BoundaryCondition, Case, matching_names
from bbrmodel.typing import BoolArray, FloatArray


class PathBuilder:
    """Builds terms for one case on one mesh."""

    def __init__(self, case: Case, mesh: PreparedMesh, split: SplitMesh) -> None:
        self._case, self._mesh, self._split = case, mesh, split
        self._area, _ = facet_areas_normals(mesh.facet_vertices_m)

    def terms(self, assignment: Assignment) -> list[Term]:
        """Return every heat path but conduction, radiation and fixed temperatures."""
        terms: list[Term] = []
        for index, condition in assignment.conditions.items():
            if condition.temperature_K is None:
                terms.append(self._facet_term(index, condition))
        for joint, facets in zip(assignment.split_joints, self._split.joints, strict=True):
            nodes = (facets.nodes_first, facets.nodes_second)
            terms.append(JointTerm(joint.name, *nodes, facets.area_m2, joint.conductance_W_m2_K))
        for index, link in enumerate(self._case.links):
            name = f"link:{link.name or index}"
            terms.append(build_link(link, name, self._case.materials, self._surface_average))
        for index in range(len(self._case.heat_sources)):
            terms += self._source_terms(index)
        return terms

    def fixed(self, assignment: Assignment) -> tuple[BoolArray, FloatArray, dict[str, BoolArray]]:
        """Return the mask of fixed nodes, their temperatures, and the nodes of each fixed surface.

        A node on two fixed surfaces belongs to the first.
        """
        num = len(self._split.points_m)
        fixed, value = np.zeros(num, dtype=bool), np.zeros(num)
        owner: dict[str, BoolArray] = {}
        for index, condition in assignment.conditions.items():
            if condition.temperature_K is None:
                continue
            nodes = self._split.facet_nodes[self._mesh.facets.surface == index].ravel()
            mine = np.zeros(num, dtype=bool)
            mine[nodes[nodes >= 0]] = True
            mine &= ~fixed
            if mine.any():
                owner[self._mesh.facets.surface_names[index]] = mine
                value[mine] = condition.temperature_K
                fixed |= mine
        return fixed, value, owner

    def _facet_term(self, index: int, condition: BoundaryCondition) -> FacetTerm:
        """Return film, bath or given flux on one surface."""
        mine = self._mesh.facets.surface == index
        name = self._mesh.facets.surface_names[index]
        nodes, area, facet = facet_pieces(self._split.facet_nodes[mine], self._area[mine])
        if condition.bath is not None:
            wall = build_wall(self._mesh.facet_vertices_m[mine][facet], condition)
            return BathTerm(f"bath:{name}", nodes, area, wall.law(), wall)
        if condition.heat_flux_W_m2 is not None:
            flux = condition.heat_flux_W_m2
            return FacetTerm(f"flux:{name}", nodes, area, lambda T: (np.full_like(T, flux), np.zeros_like(T)))
        film, ambient = float(condition.film_W_m2_K or 0.0), float(condition.ambient_K or 0.0)
        return FacetTerm(f"film:{name}", nodes, area, lambda T: (film * (ambient - T), np.full_like(T, -film)))

    def _surface_average(self, name: str) -> FloatArray:
        """Return node weights that give the area mean over a surface (or all that a glob matches)."""
        names = self._mesh.facets.surface_names
        indices = [names.index(found) for found in matching_names(name, names)]
        mine = np.isin(self._mesh.facets.surface, indices) & (self._split.facet_nodes[:, 0] >= 0)
        load = np.repeat(self._area[mine] / 3.0, 3)
        weights = np.bincount(self._split.flux_nodes[mine].ravel(), weights=load, minlength=len(self._split.points_m))
        average: FloatArray = (weights / weights.sum()).astype(np.float64)
        return average

    def _source_terms(self, index: int) -> list[SourceTerm]:
        """Return powers spread evenly over a body's volume or a surface's area."""
        source = self._case.heat_sources[index]
        if source.surface is not None:
            share = self._surface_average(source.surface)
        else:
            mine = self._split.cell_body == self._mesh.bundle.body_names.index(str(source.body))
            volume = node_volumes(self._split, mine)
            share = volume / volume.sum()
        return [SourceTerm(name, power * share) for name, power in source_powers(source).items()]


def check_anchored(case: Case, mesh: PreparedMesh, assignment: Assignment) -> None:
    """Raise when some body has no way to any temperature: its own would be arbitrary.

    Raises
    ------
    ConfigError
        Naming the bodies and what would tie them.
    """
    names = mesh.bundle.body_names
    group, tied = anchored_groups(case, mesh, assignment)
    owner = mesh.facets.body
    radiating = np.array([finish is not None for finish in assignment.finishes], dtype=bool)[mesh.facets.surface]
    by_light = {group[int(b)] for b in np.unique(owner[radiating & (owner >= 0)])}
    outside = case.radiation is not None and case.radiation.environment_temperature_K is not None
    if outside or bool((radiating & (owner < 0)).any()) or by_light & tied:
        tied |= by_light
    loose = [name for body, name in enumerate(names) if group[body] not in tied]
    if loose:
        raise ConfigError(
            f"{case.source or case.name}: nothing ties {', '.join(loose)} to a temperature: the problem is singular. "
            "Add a boundary condition (temperature_K, bath, film_W_m2_K), a joint or a link, or let it radiate to "
            "something that has a temperature."
        )


def anchored_groups(case: Case, mesh: PreparedMesh, assignment: Assignment) -> tuple[list[int], set[int]]:
    """Return a group for every body, and the groups that have a way to a temperature without light.

    Bodies of one group exchange heat through contacts and links.
    """
    group = _conduction_groups(case, mesh, assignment)
    return group, {group[int(b)] for b in _anchored_bodies(case, mesh, assignment)}


def _conduction_groups(case: Case, mesh: PreparedMesh, assignment: Assignment) -> list[int]:
    """Return a group number for every body; bodies in one group exchange heat by conduction."""
    group = list(range(len(mesh.bundle.body_names)))

    def unite(a: int, b: int) -> None:
        old, new = group[b], group[a]
        for k, value in enumerate(group):
            if value == old:
                group[k] = new

    insulated = {frozenset(j.bodies) for j in assignment.joints if j.conductance_W_m2_K == 0.0}
    for a, b in np.unique(mesh.interfaces.bodies, axis=0):
        if frozenset((int(a), int(b))) not in insulated:
            unite(int(a), int(b))
    for link in case.links:
        for surface in (link.to, *(sink.surface for sink in link.sinks)):
            if surface is not None:
                unite(bodies_of(mesh, link.from_)[0], bodies_of(mesh, surface)[0])
    return group


def bodies_of(mesh: PreparedMesh, surface: str) -> list[int]:
    """Return the bodies behind a surface or glob."""
    names = mesh.facets.surface_names
    indices = [names.index(found) for found in matching_names(surface, names)]
    owners = mesh.facets.body[np.isin(mesh.facets.surface, indices)]
    return [int(b) for b in np.unique(owners[owners >= 0])]


def _anchored_bodies(case: Case, mesh: PreparedMesh, assignment: Assignment) -> Sequence[int]:
    """Return bodies with a temperature, film or bath of their own, or a link that leads to one."""
    bodies: list[int] = []
    for index, condition in assignment.conditions.items():
        if condition.heat_flux_W_m2 is None and condition.film_W_m2_K != 0.0:
            bodies += bodies_of(mesh, mesh.facets.surface_names[index])
    for link in case.links:
        if link_is_tied(link):
            bodies += bodies_of(mesh, link.from_)
    return bodies


__all__ = ["PathBuilder", "anchored_groups", "bodies_of", "check_anchored"]
