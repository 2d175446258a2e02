"""From a case to a mesh with named facets."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bbrmodel.errors import MeshError
from bbrmodel.mesh import FacetMesh, Interfaces, MeshBundle, find_facets, read_mesh
from bbrmodel.radiation.enclosure import Portal
from bbrmodel.spec import Case
from bbrmodel.typing import FloatArray, Progress


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
    portals: list[Portal] = []
    from_cache = False
    path = case.mesh_path
    if path is None:
        from bbrmodel.geometry import generate_mesh

        made = generate_mesh(
            str(case.geometry.apparatus),
            case.geometry.parameters,
            resolution=case.geometry.resolution,
            cache=cache,
            progress=progress,
        )
        path, from_cache = made.msh_path, made.from_cache
        portals += [Portal(p.name, _vector(p.center_m), _vector(p.normal), float(p.radius_m)) for p in made.portals]
    bundle = read_mesh(path, length_unit_m=case.geometry.length_unit_m)
    facets, interfaces = find_facets(bundle)
    if not len(facets.points):
        raise MeshError(f"{path}: the mesh has no facets. Export the surfaces with the volumes.")
    stray = [name for name in facets.surface_names if name.endswith("__unnamed")]
    if case.geometry.apparatus is not None and stray:
        raise MeshError(
            f"{case.geometry.apparatus}: the mesh has facets in no named surface ({', '.join(stray)}), so two parts do "
            "not share the facets where they touch. Choose another resolution or a slightly different parameter."
        )
    if case.radiation is not None:
        portals += [Portal(p.name, _vector(p.center_m), _vector(p.normal), p.radius_m) for p in case.radiation.portals]
    return PreparedMesh(bundle, facets, interfaces, tuple(portals), path, from_cache)


def _vector(values: object) -> tuple[float, float, float]:
    """Return three plain floats."""
    x, y, z = np.asarray(values, dtype=np.float64)
    return float(x), float(y), float(z)


__all__ = ["PreparedMesh", "prepare_mesh"]
