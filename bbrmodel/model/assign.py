"""Match the names of a case with the names of a mesh: materials, finishes, roles. Every finding in one error."""

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from bbrmodel.errors import BbrModelError, ConfigError, UnknownNameError, UnknownSurfaceError, suggest
from bbrmodel.materials import Curve, Finish, contact_conductance
from bbrmodel.materials.custom import SolidMaterial, constant_material, find_material
from bbrmodel.materials.levels import curve_at_level, value_at_level
from bbrmodel.mesh import FacetMesh, Interfaces, MeshBundle
from bbrmodel.model.assumptions import assumptions, pane_notes
from bbrmodel.model.coats import finish_of, optics_of
from bbrmodel.model.heat_notes import heat_notes
from bbrmodel.model.links import link_material, link_resistivity, link_surfaces
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.spec import BoundaryCondition, Case, Joint, Optics, is_glob, matching_names, surface_settings
from bbrmodel.typing import BoolArray

LARGE_MODEL_M = 10.0  # no apparatus round an ion is larger; a mesh in millimetres is


@dataclass(frozen=True)
class AssignedJoint:
    """Two touching bodies (indices) and the conductance between them [W/m2/K]."""

    name: str
    bodies: tuple[int, int]
    conductance_W_m2_K: float
    contact: str
    range_W_m2_K: tuple[float, float] | None = None  # plausible lowest and highest conductance
    verified: bool | None = None  # whether the conductance was read in its source; None: given in the case


@dataclass(frozen=True)
class Assignment:
    """Everything that a case says, by index of the mesh.

    `optics` holds the table that says how a surface looks and `finishes` the totals that it amounts to, both None for
    a surface that takes no part in the exchange; `specularity` is the part of reflected light that goes on as from a
    mirror, by surface; `conditions` maps a surface index to its one boundary condition; `undeclared_contacts` lists
    bodies that touch without a joint and are therefore bonded.
    """

    materials: tuple[SolidMaterial, ...]
    optics: tuple[Optics | None, ...]
    finishes: tuple[Finish | None, ...]
    specularity: tuple[float, ...]
    conditions: dict[int, BoundaryCondition]
    joints: tuple[AssignedJoint, ...]
    undeclared_contacts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    @property
    def curves(self) -> tuple[Curve, ...]:
        """Conductivity of every body."""
        return tuple(found.conductivity for found in self.materials)

    @property
    def split_joints(self) -> tuple[AssignedJoint, ...]:
        """Joints with a temperature step; an infinite conductance is a bond, where the mesh stays in one piece."""
        return tuple(joint for joint in self.joints if np.isfinite(joint.conductance_W_m2_K))


class _Findings:
    """Collects problems so that a user sees them all at once."""

    def __init__(self, case: Case) -> None:
        self.where = str(case.source or case.name)
        self.problems: list[BbrModelError] = []

    def add(self, error: BbrModelError) -> None:
        """Keep an error."""
        self.problems.append(error)

    def raise_all(self) -> None:
        """Raise the one error as it is, or all of them as a `ConfigError`."""
        if len(self.problems) == 1:
            raise type(self.problems[0])(f"{self.where}: {self.problems[0]}")
        if self.problems:
            lines = [f"{self.where}: {problem}" for problem in self.problems]
            raise ConfigError("\n".join(lines), lines)


def assign(case: Case, mesh: PreparedMesh) -> Assignment:
    """Return the case by mesh index.

    Raises
    ------
    ConfigError, UnknownNameError, UnknownSurfaceError
        A body without material, a radiating surface without finish, a name that is not in the mesh or the library, a
        joint of bodies that do not touch, a surface with two conditions.
    """
    found = _Findings(case)
    materials = _assign_bodies(case, mesh.bundle, found)
    _check_surface_names(case, mesh.facets, found)
    tables, finishes = _assign_finishes(case, mesh, materials, found)
    conditions = _assign_conditions(case, mesh.facets, found)
    joints = _assign_joints(case, mesh, materials, found)
    _check_links_and_sources(case, mesh, found)
    found.raise_all()
    settings = [surface_settings(case, name) for name in mesh.facets.surface_names]
    specularity = tuple(0.0 if s is None or s.specularity is None else s.specularity for s in settings)
    declared = {frozenset(joint.bodies) for joint in joints}
    names = mesh.bundle.body_names
    touching = _touching(mesh.interfaces, len(names))
    undeclared = tuple((names[a], names[b]) for a, b in sorted(touching) if frozenset((a, b)) not in declared)
    warnings = [*_warnings(case, mesh, undeclared), *assumptions(case, mesh.facets.surface_names, tables, finishes)]
    warnings += [*pane_notes(mesh, tables), *heat_notes(case, mesh, conditions)]
    return Assignment(
        materials=tuple(materials),
        optics=tuple(tables),
        finishes=tuple(finishes),
        specularity=specularity,
        conditions=conditions,
        joints=tuple(joints),
        undeclared_contacts=undeclared,
        warnings=tuple(warnings),
    )


def _assign_bodies(case: Case, bundle: MeshBundle, found: _Findings) -> list[SolidMaterial]:
    """Return the material of every body."""
    for name in case.bodies:
        if name not in bundle.body_names:
            found.add(UnknownNameError(f"bodies.{name}: the mesh has no such body.{suggest(name, bundle.body_names)}"))
    materials: list[SolidMaterial] = []
    for name in bundle.body_names:
        body = case.bodies.get(name)
        substance = constant_material(1.0, name)
        if body is None:
            found.add(ConfigError(f"bodies.{name}: this body of the mesh has no material. Add [bodies.{name}]."))
        elif body.conductivity_W_m_K is not None:
            substance = constant_material(body.conductivity_W_m_K, name)
        else:
            try:
                substance = find_material(str(body.material), case.materials)
                curve = curve_at_level(substance.conductivity, body.conductivity_level)
                substance = replace(substance, conductivity=curve)
            except BbrModelError as error:
                found.add(type(error)(f"bodies.{name}.material = '{body.material}': {error}"))
        materials.append(substance)
    return materials


def _check_surface_names(case: Case, facets: FacetMesh, found: _Findings) -> None:
    """Record every surface name or glob that means nothing in this mesh."""
    uses: dict[str, list[str]] = defaultdict(list)
    for name in case.surfaces:
        uses[name].append(f'surfaces."{name}"')
    for index, condition in enumerate(case.boundary_conditions):
        uses[condition.surface].append(f"boundary_conditions.{index}.surface")
    for index, link in enumerate(case.links):
        for key, name in link_surfaces(link).items():
            uses[name].append(f"links.{link.name or index}.{key}")
    for source in case.heat_sources:
        if source.surface is not None:
            uses[source.surface].append(f"heat_sources.{source.name}.surface")
    for name, places in uses.items():
        if not matching_names(name, facets.surface_names):
            rule = "no surface matches" if is_glob(name) else "the mesh has no such surface"
            hint = suggest(name, facets.surface_names)
            found.add(UnknownSurfaceError(f"{places[0]} = '{name}': {rule}.{hint}"))


def _assign_finishes(
    case: Case, mesh: PreparedMesh, materials: list[SolidMaterial], found: _Findings
) -> tuple[list[Optics | None], list[Finish | None]]:
    """Return optics and finish of every surface that radiates; None for the others."""
    edges = () if case.radiation is None else case.radiation.band_edges_m or ()
    tables: list[Optics | None] = []
    finishes: list[Finish | None] = []
    for index, name in enumerate(mesh.facets.surface_names):
        mine = mesh.facets.surface == index
        settings = surface_settings(case, name)
        owner = int(mesh.facets.body[np.flatnonzero(mine)[0]])
        silent = settings is not None and settings.radiates is False
        table, finish = None, None
        if not (case.radiation is None or silent) and mesh.facets.exposed[mine].all():
            try:
                table = optics_of(case, name, mesh.bundle.body_names[owner] if owner >= 0 else None)
                finish = finish_of(table, materials[owner].library if owner >= 0 else None, edges)
            except BbrModelError as error:
                found.add(type(error)(f'surfaces."{name}": {error}'))
        tables.append(table)
        finishes.append(finish)
    return tables, finishes


def _assign_conditions(case: Case, facets: FacetMesh, found: _Findings) -> dict[int, BoundaryCondition]:
    """Return the one condition of every surface that has one."""
    chosen: dict[int, BoundaryCondition] = {}
    for condition in case.boundary_conditions:
        for name in matching_names(condition.surface, facets.surface_names):
            index = facets.surface_names.index(name)
            if index in chosen:
                found.add(
                    ConfigError(f"boundary_conditions: surface '{name}' has two. Keep one, or name it more narrowly.")
                )
            chosen[index] = condition
            shell = (
                bool((facets.body[facets.surface == index] < 0).any()) and facets.exposed[facets.surface == index].all()
            )
            if shell and condition.temperature_K is None:
                found.add(
                    ConfigError(
                        f"boundary_conditions: surface '{name}' has no body behind it: only temperature_K is possible."
                    )
                )
    shells = {int(s) for s in np.unique(facets.surface[(facets.body < 0) & facets.exposed])}
    for index in sorted(shells - set(chosen)):
        name = facets.surface_names[index]
        found.add(
            ConfigError(
                f"surface '{name}' has no body behind it and no temperature. Add a [[boundary_conditions]] with "
                f"surface = '{name}' and temperature_K."
            )
        )
    return chosen


def _assign_joints(
    case: Case, mesh: PreparedMesh, materials: list[SolidMaterial], found: _Findings
) -> list[AssignedJoint]:
    """Return all joints with their conductances."""
    names = mesh.bundle.body_names
    touching = _touching(mesh.interfaces, len(names))
    joints = []
    for index, joint in enumerate(case.joints):
        where = f"joints.{index}.between = {list(joint.between)}"
        unknown = [name for name in joint.between if name not in names]
        for name in unknown:
            found.add(UnknownNameError(f"{where}: the mesh has no body '{name}'.{suggest(name, names)}"))
        if unknown:
            continue
        first, second = (names.index(name) for name in joint.between)
        if (min(first, second), max(first, second)) not in touching:
            neighbours = ", ".join(names[b if a == first else a] for a, b in sorted(touching) if first in (a, b))
            found.add(
                ConfigError(
                    f"{where}: these bodies share no facet. '{joint.between[0]}' touches: {neighbours or 'none'}."
                )
            )
            continue
        try:
            joints.append(_joint(joint, (first, second), materials))
        except BbrModelError as error:
            found.add(type(error)(f"{where}: {error}"))
    return joints


def _joint(joint: Joint, bodies: tuple[int, int], materials: list[SolidMaterial]) -> AssignedJoint:
    """Return a joint with its conductance, the range of that, and where both come from."""
    name = "joint:" + "/".join(joint.between)
    if joint.conductance_W_m2_K is not None:
        return AssignedJoint(name, bodies, joint.conductance_W_m2_K, "given", joint.conductance_range_W_m2_K)
    first, second = (materials[body].library for body in bodies)
    contact = contact_conductance(first, second, str(joint.contact), joint.pressure_Pa)
    conductance = value_at_level(contact.h, contact.h_range, joint.contact_level or 0.0)
    return AssignedJoint(name, bodies, conductance, contact.key, contact.h_range, contact.verified)


def _touching(interfaces: Interfaces, num_bodies: int) -> set[tuple[int, int]]:
    """Return pairs of body indices, lower first, that share facets."""
    codes = np.unique(interfaces.bodies[:, 0] * max(num_bodies, 1) + interfaces.bodies[:, 1])
    return {(int(code) // num_bodies, int(code) % num_bodies) for code in codes}


def _check_links_and_sources(case: Case, mesh: PreparedMesh, found: _Findings) -> None:
    """Record links to shells or of unknown materials, and sources and sensors in bodies that do not exist."""
    facets, names = mesh.facets, mesh.bundle.body_names
    solid: BoolArray = facets.body >= 0
    for index, link in enumerate(case.links):
        where = f"links.{link.name or index}"
        for end in link_surfaces(link).values():
            indices = [facets.surface_names.index(name) for name in matching_names(end, facets.surface_names)]
            if indices and not solid[np.isin(facets.surface, indices)].any():
                found.add(ConfigError(f"{where}: '{end}' has no body behind it. Give a temperature instead."))
        try:
            link_resistivity(link, link_material(link, case.materials))
        except BbrModelError as error:
            found.add(type(error)(f"{where}: {error}"))
    for kind, entries in (("heat_sources", case.heat_sources), ("sensors", case.sensors)):
        for entry in entries:
            if entry.body is not None and entry.body not in names:
                found.add(
                    UnknownNameError(
                        f"{kind}.{entry.name}.body = '{entry.body}': the mesh has no such body."
                        + suggest(entry.body, names)
                    )
                )


def _warnings(case: Case, mesh: PreparedMesh, undeclared: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Return what a user should know but may intend."""
    found = [f"'{a}' and '{b}' touch without a joint: they are bonded (no temperature step)" for a, b in undeclared]
    unnamed = [name for name in mesh.facets.surface_names if name.endswith("__unnamed")]
    size = float(np.ptp(mesh.bundle.points_m, axis=0).max())
    if size > LARGE_MODEL_M:
        found.append(f"the model is {size:.3g} m long: if its mesh file is not in metres, set geometry.length_unit_m")
    found += [f"surface '{name}' collects facets that no group names" for name in unnamed if case.radiation is not None]
    return tuple(found)


__all__ = ["AssignedJoint", "Assignment", "assign"]
