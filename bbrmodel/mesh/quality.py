"""Size and shape of the elements."""

import numpy as np

from bbrmodel.mesh.bundle import MeshBundle
from bbrmodel.mesh.facets import FacetMesh
from bbrmodel.solution import MeshReport
from bbrmodel.typing import FloatArray


def tetrahedron_quality(corners: FloatArray) -> FloatArray:
    """Return 3 r_in / r_circum of tetrahedra of shape (num, 4, 3): 1 regular, 0 flat."""
    a, b, c = (corners[:, k] - corners[:, 0] for k in (1, 2, 3))
    bc, ca, ab = np.cross(b, c), np.cross(c, a), np.cross(a, b)
    six_volume = np.abs(np.einsum("ij,ij->i", a, bc))
    faces = sum(np.linalg.norm(n, axis=1) for n in (bc, ca, ab, bc + ca + ab))
    squares = [np.einsum("ij,ij->i", v, v)[:, None] for v in (a, b, c)]
    circum = np.linalg.norm(squares[0] * bc + squares[1] * ca + squares[2] * ab, axis=1)
    # r_in = V6 / faces, r_circum = |...| / (2 V6)
    quality: FloatArray = 6.0 * six_volume**2 / np.maximum(faces * circum, np.finfo(float).tiny)
    return quality


def triangle_quality(vertices: FloatArray) -> FloatArray:
    """Return 2 r_in / r_circum of triangles of shape (num, 3, 3): 1 equilateral, 0 degenerate."""
    sides = np.stack([np.linalg.norm(vertices[:, (k + 1) % 3] - vertices[:, k], axis=1) for k in range(3)])
    a, b, c = sides
    product = (b + c - a) * (c + a - b) * (a + b - c)
    quality: FloatArray = product / np.maximum(a * b * c, np.finfo(float).tiny)
    return quality


def report_mesh(bundle: MeshBundle, facets: FacetMesh) -> MeshReport:
    """Return counts and the worst shapes."""
    cells = tetrahedron_quality(bundle.points_m[bundle.cells]) if len(bundle.cells) else np.ones(1)
    triangles = triangle_quality(bundle.points_m[facets.points]) if len(facets.points) else np.ones(1)
    return MeshReport(
        nodes=len(bundle.points_m),
        cells=len(bundle.cells),
        facets=len(facets.points),
        min_quality=float(cells.min()),
        mean_quality=float(cells.mean()),
        min_facet_quality=float(triangles.min()),
        content_hash=bundle.content_hash,
    )


__all__ = ["report_mesh", "tetrahedron_quality", "triangle_quality"]
