"""Turn boundary conditions, joints, links and sources of a case into heat paths of the solid."""

from collections.abc import Sequence

import numpy as np

from bbrmodel.conduction.solid import cell_volumes
from bbrmodel.conduction.terms import FacetTerm, FluxLaw, JointTerm, LinkTerm, SourceTerm, Term
from bbrmodel.errors import ConfigError
from bbrmodel.materials import constant_curve, ln2, material
from bbrmodel.mesh import SplitMesh
from bbrmodel.mesh.facets import facet_areas_normals
from bbrmodel.model.assign import Assignment
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.spec import BoundaryCondition, Case, Link, matching_names
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
        terms += [self._link_term(link, index) for index, link in enumerate(self._case.links)]
        terms += [self._source_term(index) for index in range(len(self._case.heat_sources))]
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
        nodes, area = self._split.facet_nodes[mine], self._area[mine]
        if condition.bath is not None:
            depth = bath_depth(self._mesh.facet_vertices_m[mine])
            boiling = ln2.saturation_temperature_at_depth(depth, condition.pressure_Pa)
            return FacetTerm(f"bath:{name}", nodes, area, _bath_law(boiling))
        if condition.heat_flux_W_m2 is not None:
            flux = condition.heat_flux_W_m2
            return FacetTerm(f"flux:{name}", nodes, area, lambda T: (np.full_like(T, flux), np.zeros_like(T)))
        film, ambient = float(condition.film_W_m2_K or 0.0), float(condition.ambient_K or 0.0)
        return FacetTerm(f"film:{name}", nodes, area, lambda T: (film * (ambient - T), np.full_like(T, -film)))

    def _link_term(self, link: Link, index: int) -> LinkTerm:
        """Return a wire."""
        if link.material is not None:
            curve = material(link.material).conductivity
        else:
            curve = constant_curve(float(link.conductivity_W_m_K or 0.0))
        section = link.count * np.pi / 4.0 * link.diameter_m**2
        return LinkTerm(
            name=f"link:{link.name or index}",
            weights_from=self._surface_average(link.from_),
            weights_to=None if link.to is None else self._surface_average(link.to),
            temperature_K=float(link.to_temperature_K or np.nan),
            section_per_length_m=float(section / link.length_m),
            curve=curve,
        )

    def _surface_average(self, name: str) -> FloatArray:
        """Return node weights that give the area mean over a surface (or all that a glob matches)."""
        names = self._mesh.facets.surface_names
        indices = [names.index(found) for found in matching_names(name, names)]
        mine = np.isin(self._mesh.facets.surface, indices) & (self._split.facet_nodes[:, 0] >= 0)
        load = np.repeat(self._area[mine] / 3.0, 3)
        weights = np.bincount(self._split.facet_nodes[mine].ravel(), weights=load, minlength=len(self._split.points_m))
        average: FloatArray = (weights / weights.sum()).astype(np.float64)
        return average

    def _source_term(self, index: int) -> SourceTerm:
        """Return a power spread evenly over a body's volume or a surface's area."""
        source = self._case.heat_sources[index]
        if source.surface is not None:
            load = source.power_W * self._surface_average(source.surface)
        else:
            mine = self._split.cell_body == self._mesh.bundle.body_names.index(str(source.body))
            volume = cell_volumes(self._split)[mine]
            share = np.repeat(volume / volume.sum() / 4.0, 4)
            nodes = self._split.cells[mine].ravel()
            sums = np.bincount(nodes, weights=share, minlength=len(self._split.points_m))
            load = (source.power_W * sums).astype(np.float64)
        return SourceTerm(f"source:{source.name}", load)


def bath_depth(vertices_m: FloatArray) -> FloatArray:
    """Return the depth [m] of wetted facets below the liquid's surface: their highest point, z upwards."""
    depth: FloatArray = vertices_m[:, :, 2].max() - vertices_m[:, :, 2].mean(axis=1)
    return depth


def _bath_law(boiling_K: FloatArray) -> FluxLaw:
    """Return the flux into a wall that a boiling liquid wets."""

    def law(T: FloatArray) -> tuple[FloatArray, FloatArray]:
        superheat = T - boiling_K
        return -ln2.boiling_heat_flux(superheat), -ln2.boiling_heat_flux_derivative(superheat)

    return law


def check_anchored(case: Case, mesh: PreparedMesh, assignment: Assignment, *, split: SplitMesh) -> None:
    """Raise when some body has no way to any temperature: its own would be arbitrary.

    Raises
    ------
    ConfigError
        Naming the bodies and what would tie them.
    """
    names = mesh.bundle.body_names
    group = _conduction_groups(case, mesh, assignment, split)
    owner = mesh.facets.body
    tied = {group[int(b)] for b in _anchored_bodies(case, mesh, assignment)}
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


def _conduction_groups(case: Case, mesh: PreparedMesh, assignment: Assignment, split: SplitMesh) -> list[int]:
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
        if link.to is not None:
            unite(_bodies_of(mesh, link.from_)[0], _bodies_of(mesh, link.to)[0])
    return group


def _bodies_of(mesh: PreparedMesh, surface: str) -> list[int]:
    """Return the bodies behind a surface or glob."""
    names = mesh.facets.surface_names
    indices = [names.index(found) for found in matching_names(surface, names)]
    owners = mesh.facets.body[np.isin(mesh.facets.surface, indices)]
    return [int(b) for b in np.unique(owners[owners >= 0])]


def _anchored_bodies(case: Case, mesh: PreparedMesh, assignment: Assignment) -> Sequence[int]:
    """Return bodies with a temperature, film or bath of their own, or a link to a temperature."""
    bodies: list[int] = []
    for index, condition in assignment.conditions.items():
        if condition.heat_flux_W_m2 is None and condition.film_W_m2_K != 0.0:
            bodies += _bodies_of(mesh, mesh.facets.surface_names[index])
    for link in case.links:
        if link.to is None:
            bodies += _bodies_of(mesh, link.from_)
    return bodies


__all__ = ["PathBuilder", "bath_depth", "check_anchored"]
