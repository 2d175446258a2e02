"""Uniform refinement: each tetrahedron into eight, each triangle into four. Curved parts stay the polygons they are."""

import numpy as np

from bbrmodel.mesh.bundle import MeshBundle
from bbrmodel.typing import FloatArray, IntArray

_EDGES = np.array([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]])
# Corners 0 to 3 keep their numbers, 4 to 9 are the midpoints of the edges above.
_AT_CORNERS = np.array([[0, 4, 5, 6], [1, 4, 7, 8], [2, 5, 7, 9], [3, 6, 8, 9]])
# What is left is an octahedron: for each of its three diagonals, the ring of the other four midpoints.
_DIAGONALS = np.array([[4, 9], [5, 8], [6, 7]])
_RINGS = np.array([[5, 6, 8, 7], [4, 6, 9, 7], [4, 5, 9, 8]])


def refine(bundle: MeshBundle) -> MeshBundle:
    """Return the mesh with half the edge lengths; bodies, surfaces and the orientation of triangles stay.

    Notes
    -----
    The octahedron in the middle of each tetrahedron is cut along its shortest diagonal, which keeps the quality of the
    cells bounded however often this is repeated (Bey, Computing 55 (1995) 355).
    """
    cells, triangles, num = bundle.cells, bundle.triangles, len(bundle.points_m)
    sides = np.concatenate([cells[:, _EDGES].reshape(-1, 2), _sides_of(triangles).reshape(-1, 2)])
    edges, which = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True)
    middle = num + which.reshape(-1)
    points = np.concatenate([bundle.points_m, bundle.points_m[edges].mean(axis=1)])
    of_cells, of_triangles = np.split(middle, [6 * len(cells)])
    return MeshBundle(
        points_m=points,
        cells=_split_cells(points, np.concatenate([cells, of_cells.reshape(-1, 6)], axis=1)),
        cell_body=np.repeat(bundle.cell_body, 8),
        body_names=bundle.body_names,
        triangles=_split_triangles(np.concatenate([triangles, of_triangles.reshape(-1, 3)], axis=1)),
        triangle_surface=np.repeat(bundle.triangle_surface, 4),
        surface_names=bundle.surface_names,
    )


def _sides_of(triangles: IntArray) -> IntArray:
    """Return the three edges of every triangle, shape (num, 3, 2)."""
    sides: IntArray = triangles[:, [[0, 1], [1, 2], [2, 0]]]
    return sides


def _split_triangles(nodes: IntArray) -> IntArray:
    """Return four triangles of each row of corners and midpoints of edges 01, 12, 20; orientation stays."""
    parts: IntArray = nodes[:, [[0, 3, 5], [3, 1, 4], [5, 4, 2], [3, 4, 5]]].reshape(-1, 3)
    return parts


def _split_cells(points: FloatArray, nodes: IntArray) -> IntArray:
    """Return eight tetrahedra of each row of four corners and six midpoints, oriented as the whole."""
    span = points[nodes[:, _DIAGONALS[:, 0]]] - points[nodes[:, _DIAGONALS[:, 1]]]
    shortest = np.argmin((span**2).sum(axis=2), axis=1)
    ring = _RINGS[shortest]
    inner = np.stack(
        [np.column_stack([_DIAGONALS[shortest], ring[:, k], ring[:, (k + 1) % 4]]) for k in range(4)], axis=1
    )
    local = np.concatenate([np.broadcast_to(_AT_CORNERS, (len(nodes), 4, 4)), inner], axis=1)
    children = np.take_along_axis(nodes[:, None, :], local, axis=2)
    whole = _volume_sign(points, nodes[:, None, :4])
    turned = _volume_sign(points, children) != whole
    children[turned] = children[turned][:, [0, 1, 3, 2]]
    result: IntArray = children.reshape(-1, 4)
    return result


def _volume_sign(points: FloatArray, cells: IntArray) -> FloatArray:
    """Return the sign of the volume of cells of shape (..., 4)."""
    corner = points[cells]
    edge = corner[..., 1:, :] - corner[..., :1, :]
    sign: FloatArray = np.sign(np.linalg.det(edge))
    return sign


__all__ = ["refine"]
