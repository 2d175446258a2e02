"""Cut convex plane polygons with planes."""

import numpy as np

from bbrmodel.radiation.compiled import njit_nogil
from bbrmodel.typing import AnyArray

MAX_CORNERS = 64


@njit_nogil
def height(plane: AnyArray, point: AnyArray) -> float:  # pragma: no cover - compiled
    """Return the height of a point over a plane (unit normal, offset)."""
    value: float = plane[0] * point[0] + plane[1] * point[1] + plane[2] * point[2] - plane[3]
    return value


@njit_nogil
def _snapped_height(plane: AnyArray, point: AnyArray, eps: float) -> float:  # pragma: no cover - compiled
    value = height(plane, point)
    return 0.0 if abs(value) <= eps else value


@njit_nogil
def clip(polygon: AnyArray, num: int, plane: AnyArray, eps: float, out: AnyArray) -> int:  # pragma: no cover - compiled
    """Write the part of a polygon on or in front of a plane; return its corners, 0 where nothing rises above eps."""
    count = 0
    highest = 0.0
    here = _snapped_height(plane, polygon[0], eps)
    for k in range(num):
        after = k + 1 if k + 1 < num else 0
        there = _snapped_height(plane, polygon[after], eps)
        highest = max(highest, here)
        if here >= 0.0:
            for c in range(3):
                out[count, c] = polygon[k, c]
            count += 1
        if here * there < 0.0:
            t = here / (here - there)
            for c in range(3):
                out[count, c] = polygon[k, c] + t * (polygon[after, c] - polygon[k, c])
            count += 1
        here = there
    return count if highest > 0.0 and count >= 3 else 0


@njit_nogil
def plane_of(polygon: AnyArray, num: int, plane: AnyArray) -> float:  # pragma: no cover - compiled
    """Write unit normal and offset of a polygon's plane; return its area."""
    nx, ny, nz = 0.0, 0.0, 0.0
    x0, y0, z0 = polygon[0, 0], polygon[0, 1], polygon[0, 2]
    for k in range(1, num - 1):
        ax, ay, az = polygon[k, 0] - x0, polygon[k, 1] - y0, polygon[k, 2] - z0
        bx, by, bz = polygon[k + 1, 0] - x0, polygon[k + 1, 1] - y0, polygon[k + 1, 2] - z0
        nx += ay * bz - az * by
        ny += az * bx - ax * bz
        nz += ax * by - ay * bx
    size: float = np.sqrt(nx * nx + ny * ny + nz * nz)
    if size > 0.0:
        plane[0], plane[1], plane[2] = nx / size, ny / size, nz / size
        plane[3] = plane[0] * x0 + plane[1] * y0 + plane[2] * z0
    return 0.5 * size


__all__ = ["MAX_CORNERS", "clip", "height", "plane_of"]
