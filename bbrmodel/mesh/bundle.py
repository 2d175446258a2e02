"""The mesh of a model as plain arrays."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bbrmodel.typing import FloatArray, IntArray


@dataclass(frozen=True)
class MeshBundle:
    """Tetrahedra and named triangles as they stand in a file, lengths in metres.

    Attributes
    ----------
    points_m
        shape (num_points, 3).
    cells
        shape (num_cells, 4), point indices of tetrahedra; may be empty (a model of shells only).
    cell_body
        shape (num_cells,), index into `body_names`.
    triangles
        shape (num_triangles, 3), point indices of triangles that belong to a named surface. The order of the
        vertices matters only for shells, which have no body behind them: normals point into the enclosure.
    triangle_surface
        shape (num_triangles,), index into `surface_names`.
    """

    points_m: FloatArray
    cells: IntArray
    cell_body: IntArray
    body_names: tuple[str, ...]
    triangles: IntArray
    triangle_surface: IntArray
    surface_names: tuple[str, ...]

    @cached_property
    def content_hash(self) -> str:
        """Hash of all arrays and names; equal meshes share cached view factors."""
        digest = hashlib.sha256()
        for array in (self.points_m, self.cells, self.cell_body, self.triangles, self.triangle_surface):
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update("\0".join((*self.body_names, "", *self.surface_names)).encode())
        return digest.hexdigest()[:24]


__all__ = ["MeshBundle"]
