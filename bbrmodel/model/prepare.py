"""From a case to a mesh with named facets."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bbrmodel.errors import MeshError
from bbrmodel.mesh import FacetMesh, Interfaces, MeshBundle, find_facets, read_mesh, refine
from bbrmodel.radiation.enclosure import Portal
from bbrmodel.spec import Case
from bbrmodel.typing import FloatArray, Progress

if TYPE_CHECKING:
    from bbrmodel.geometry import GeneratedMesh
    from bbrmodel.geometry import Portal as MadePortal
    from bbrmodel.spec.case import Portal as CasePortal


@dataclass(frozen=True)
class PreparedMesh:
    """A mesh, its exposed facets and interfaces, and the small openings that its builder declares."""

    bundle: MeshBundle
    facets: FacetMesh
    interfaces: Interfaces
    portals: tuple[Portal, ...]
    path: Path
    from_cache: bool

    @property
    def facet_vertices_m(self) -> FloatArray:
        """Corner coordinates of all facets, shape (num_facets, 3, 3)."""
        return self.bundle.points_m[self.facets.points]


def prepare_mesh(case: Case, *, cache: Path, progress: Progress | None = None) -> PreparedMesh:
    """Generate or read the mesh of a case and name every exposed facet.

    Raises
    ------
    GeometryError
        The apparatus cannot be built with these parameters.
    MeshError
        The mesh file is missing, unreadable, empty or inconsistent.
    """
    made = _make_mesh(case, cache, progress)
    path = case.mesh_path if made is None else made.msh_path
    bundle = read_mesh(path or Path(), length_unit_m=case.geometry.length_unit_m if made is None else 1.0)
    for _ in range(case.geometry.refinements):
        bundle = refine(bundle)
    facets, interfaces = find_facets(bundle)
    if not len(facets.points):
        raise MeshError(f"{path}: the mesh has no facets. Export the surfaces with the volumes.")
    stray = [name for name in facets.surface_names if name.endswith("__unnamed")]
    if made is not None and stray:
        raise MeshError(
            f"{case.geometry.apparatus or case.name}: the mesh has facets in no named surface ({', '.join(stray)}), so "
            "two parts do not share the facets where they touch. Choose another resolution or a slightly different "
            "parameter."
        )
    portals = [] if made is None else [_as_portal(portal) for portal in made.portals]
    if case.radiation is not None:
        portals += [_as_portal(portal) for portal in case.radiation.portals]
    from_cache = made is not None and made.from_cache
    return PreparedMesh(bundle, facets, interfaces, tuple(portals), path or Path(), from_cache)


def _make_mesh(case: Case, cache: Path, progress: Progress | None) -> "GeneratedMesh | None":
    """Generate the mesh of an apparatus, of parts or of a CAD file; None where the case has a mesh file."""
    if case.mesh_path is not None:
        return None
    from bbrmodel.geometry import Setting, generate_mesh, generate_own_mesh

    geometry = case.geometry
    if geometry.apparatus is not None:
        resolution = geometry.resolution
        return generate_mesh(
            geometry.apparatus, geometry.parameters, resolution=resolution, cache=cache, progress=progress
        )
    ion = None if case.ion is None else case.ion.position_m
    setting = Setting(case.name, file=case.step_path, ion_m=ion)
    return generate_own_mesh(geometry, setting, cache=cache, progress=progress)


def _as_portal(opening: "MadePortal | CasePortal") -> Portal:
    """Return an opening as the exchange of radiation wants it."""
    return Portal(opening.name, _vector(opening.center_m), _vector(opening.normal), float(opening.radius_m))


def _vector(values: object) -> tuple[float, float, float]:
    """Return three plain floats."""
    x, y, z = np.asarray(values, dtype=np.float64)
    return float(x), float(y), float(z)


__all__ = ["PreparedMesh", "prepare_mesh"]
