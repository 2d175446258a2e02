"""A box within a box as a structured mesh of any size, made by numpy alone, so that no mesher is measured."""

from itertools import permutations

import numpy as np

from bbrmodel.mesh.bundle import MeshBundle
from bbrmodel.typing import AnyArray, FloatArray, IntArray

SIDE_M = 0.2
_CAVITY, _INNER, _POST = 0.6, 0.4, 0.1  # sides of the cavity, of the box in it and of its post, parts of the whole
# The six tetrahedra of a cube along its diagonal (Kuhn): cubes side by side conform.
_KUHN = np.array(
    [np.cumsum([np.zeros(3, int), *np.eye(3, dtype=int)[list(order)]], axis=0) for order in permutations(range(3))]
)
_CORNERS = np.stack(np.meshgrid([0, 1], [0, 1], indexing="ij"), axis=-1).reshape(-1, 2)


def box_in_box(divisions: int, blocks: int = 1) -> MeshBundle:
    """Return a hollow box with a box on a post inside, `divisions` cubes along a side.

    `blocks` such boxes stand in a row with walls between them: as many times the work, of the same kind.
    """
    one = _kinds(divisions)
    kind = np.concatenate([one] * blocks)
    points, number = _points(kind, SIDE_M / divisions)
    cells, cell_body = _cells(kind, number)
    triangles, surface = _triangles(kind, number)
    return MeshBundle(
        points_m=points,
        cells=cells,
        cell_body=cell_body,
        body_names=("outer", "inner"),
        triangles=triangles,
        triangle_surface=surface,
        surface_names=("outer__outside", "outer__cavity", "inner__surface"),
    )


def _kinds(divisions: int) -> AnyArray:
    """Return 1 for cubes of the outer box, 2 for those of the inner one, 0 for vacuum, shape (n, n, n)."""
    middle = np.abs((np.arange(divisions) + 0.5) / divisions - 0.5)
    far = np.maximum(np.maximum(middle[:, None, None], middle[:, None]), middle)
    kind = np.where(far > _CAVITY / 2, 1, 0)
    kind[far < _INNER / 2] = 2
    post = np.maximum(middle[:, None, None], middle[:, None])[:, :, 0] < _POST / 2
    low = np.arange(divisions) < divisions / 2
    kind[post[:, :, None] & low & (kind == 0)] = 2
    return kind.astype(np.int8)


def _points(kind: AnyArray, pitch_m: float) -> tuple[FloatArray, IntArray]:
    """Return the corners of all cubes that are not empty, and the number of each corner of the grid, -1 if unused."""
    shape = tuple(n + 1 for n in kind.shape)
    used = np.zeros(shape, dtype=bool)
    for offset in np.ndindex(2, 2, 2):
        here = tuple(slice(o, o + n) for o, n in zip(offset, kind.shape, strict=True))
        used[here] |= kind > 0
    number = np.full(shape, -1, dtype=np.int64)
    number[used] = np.arange(int(used.sum()))
    return pitch_m * np.argwhere(used), number


def _cells(kind: AnyArray, number: IntArray) -> tuple[IntArray, IntArray]:
    """Return tetrahedra and their bodies."""
    cubes = np.argwhere(kind > 0)
    corner = cubes[:, None, None, :] + _KUHN
    cells = number[corner[..., 0], corner[..., 1], corner[..., 2]].reshape(-1, 4)
    body = np.repeat(kind[kind > 0].astype(np.int64) - 1, 6)
    return cells, body


def _triangles(kind: AnyArray, number: IntArray) -> tuple[IntArray, IntArray]:
    """Return the faces between solid and vacuum, and whether they are outside, in the cavity or on the inner box."""
    padded = np.full(tuple(n + 2 for n in kind.shape), 3, dtype=np.int8)
    padded[1:-1, 1:-1, 1:-1] = kind
    triangles, surfaces = [], []
    for axis in range(3):
        first, second = (np.moveaxis(padded, axis, 0)[s] for s in (slice(None, -1), slice(1, None)))
        solid = np.where((first == 1) | (first == 2), first, second)
        empty = np.where((first == 1) | (first == 2), second, first)
        face = ((solid == 1) | (solid == 2)) & ((empty == 0) | (empty == 3)) & (solid != empty)
        at = np.argwhere(face) - np.array([0, 1, 1])
        surface = np.where(empty[face] == 3, 0, solid[face])
        square = np.zeros((len(at), 4, 3), dtype=np.int64) + at[:, None, :]
        square[:, :, 1:] += _CORNERS
        square = square[:, :, np.argsort([axis, *(k for k in range(3) if k != axis)])]
        nodes = number[square[..., 0], square[..., 1], square[..., 2]]
        # The diagonal of a face of Kuhn's cube goes from its lowest corner to its highest.
        triangles += [nodes[:, [0, 2, 3]], nodes[:, [0, 3, 1]]]
        surfaces += [surface, surface]
    return np.concatenate(triangles), np.concatenate(surfaces).astype(np.int64)


__all__ = ["SIDE_M", "box_in_box"]
