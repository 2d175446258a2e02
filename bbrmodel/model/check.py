"""Everything that can be judged about a case before it is solved."""

from dataclasses import dataclass

import numpy as np

from bbrmodel.mesh import Contact, report_contacts, report_mesh, split_at_joints
from bbrmodel.mesh.facets import facet_areas_normals
from bbrmodel.model.assign import AssignedJoint, Assignment
from bbrmodel.model.heat_checks import check_heat_paths
from bbrmodel.model.light import build_enclosure, expected_temperatures, plan_case
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.model.thermal import first_guess
from bbrmodel.radiation.enclosure import check_enclosure
from bbrmodel.radiation.losses import probe
from bbrmodel.solution import MeshReport
from bbrmodel.spec import Case

# Measured: sparse exchange areas with variances, both halves while they are pooled, bytes per ray.
_BYTES_PER_RAY = 56
_BASE_MIB = 300


@dataclass(frozen=True)
class SurfaceReport:
    """One named surface: what it is made of, how large it is, what holds there."""

    name: str
    body: str  # "" for a shell
    facets: int
    area_m2: float
    emissivity_77K: float | None  # None: takes no part in the exchange
    emissivity_293K: float | None
    condition: str


@dataclass(frozen=True)
class BodyReport:
    """One body: material and size."""

    name: str
    material: str
    cells: int
    volume_m3: float


@dataclass(frozen=True)
class JointReport:
    """One joint: what it passes, between which limits, and where the number comes from."""

    name: str
    conductance_W_m2_K: float
    low_W_m2_K: float | None  # None: no range is given
    high_W_m2_K: float | None
    contact: str  # entry of the library, or "given"


@dataclass(frozen=True)
class CheckReport:
    """What a case amounts to on its mesh, short of solving it."""

    bodies: tuple[BodyReport, ...]
    surfaces: tuple[SurfaceReport, ...]
    joints: tuple[JointReport, ...]
    contacts: tuple[Contact, ...]
    undeclared_contacts: tuple[tuple[str, str], ...]
    portals: tuple[str, ...]
    mesh: MeshReport
    rays: int
    memory_estimate_MiB: float
    warnings: tuple[str, ...]


def check_prepared(case: Case, mesh: PreparedMesh, assignment: Assignment) -> CheckReport:
    """Return the report of a case whose names and roles are in order.

    Raises
    ------
    ConfigError
        A body has no way to any temperature.
    EnclosureError
        No surface radiates, a facet has no area or stands twice, a few rays from every facet find the cavity open.
    """
    pairs = [joint.bodies for joint in assignment.split_joints]
    split = split_at_joints(mesh.bundle, mesh.facets, mesh.interfaces, pairs=pairs, degree=case.solver.degree)
    check_heat_paths(case, mesh, assignment, split=split)
    built = build_enclosure(case, mesh, assignment)
    rays = 0
    if built is not None and case.radiation is not None:
        check_enclosure(built.enclosure)
        expected = expected_temperatures(assignment, first_guess(case, assignment))
        plan = plan_case(case, mesh, assignment, built=built, expected_K=expected)
        if not plan.two_sided.any():  # rays may meet a sheet from behind
            probe(built.enclosure)
        rays = int(built.enclosure.radiates.sum()) * case.radiation.rays_per_facet
        rays += len(mesh.portals) * case.radiation.portal_rays
    return CheckReport(
        bodies=_bodies(mesh, assignment),
        surfaces=_surfaces(mesh, assignment),
        joints=tuple(_joint(joint) for joint in assignment.joints),
        contacts=report_contacts(mesh.bundle, mesh.interfaces),
        undeclared_contacts=assignment.undeclared_contacts,
        portals=tuple(portal.name for portal in mesh.portals),
        mesh=report_mesh(mesh.bundle, mesh.facets),
        rays=rays,
        memory_estimate_MiB=_BASE_MIB + rays * _BYTES_PER_RAY / 2**20,
        warnings=assignment.warnings,
    )


def _joint(joint: AssignedJoint) -> JointReport:
    """Return one row for a joint."""
    low, high = joint.range_W_m2_K or (None, None)
    return JointReport(joint.name, joint.conductance_W_m2_K, low, high, joint.contact)


def _bodies(mesh: PreparedMesh, assignment: Assignment) -> tuple[BodyReport, ...]:
    """Return one row for each body."""
    corners = mesh.bundle.points_m[mesh.bundle.cells]
    volume = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])) / 6.0
    rows = []
    for index, name in enumerate(mesh.bundle.body_names):
        mine = mesh.bundle.cell_body == index
        rows.append(BodyReport(name, assignment.materials[index].name, int(mine.sum()), float(volume[mine].sum())))
    return tuple(rows)


def _surfaces(mesh: PreparedMesh, assignment: Assignment) -> tuple[SurfaceReport, ...]:
    """Return one row for each surface."""
    area, _ = facet_areas_normals(mesh.facet_vertices_m)
    rows = []
    for index, name in enumerate(mesh.facets.surface_names):
        mine = mesh.facets.surface == index
        owner = int(mesh.facets.body[np.flatnonzero(mine)[0]])
        finish = assignment.finishes[index]
        condition = assignment.conditions.get(index)
        kind = "" if condition is None else _describe(condition.model_dump(exclude_none=True))
        rows.append(
            SurfaceReport(
                name=name,
                body=mesh.bundle.body_names[owner] if owner >= 0 else "",
                facets=int(mine.sum()),
                area_m2=float(area[mine].sum()),
                emissivity_77K=None if finish is None else finish.e77,
                emissivity_293K=None if finish is None else finish.e293,
                condition=kind,
            )
        )
    return tuple(rows)


def _describe(condition: dict[str, object]) -> str:
    """Return a boundary condition in a few words."""
    for key in ("bath", "temperature_K", "heat_flux_W_m2", "film_W_m2_K"):
        if key in condition:
            return f"{key} = {condition[key]}"
    return ""


__all__ = ["BodyReport", "CheckReport", "JointReport", "SurfaceReport", "check_prepared"]
