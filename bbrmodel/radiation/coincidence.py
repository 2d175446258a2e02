"""Triangles that lie on each other in one plane: copies, and surfaces of bodies that touch with different meshes."""

import numpy as np

from bbrmodel.radiation.compiled import njit_nogil
from bbrmodel.typing import AnyArray, FloatArray, IntArray

# Of the model's size: planes nearer than this are one plane. Rays start farther off their facets than that.
PLANE_TOLERANCE = 1e-9
# Overlap of less than this share of the smaller facet is rounding of nodes at shared edges.
OVERLAP_TOLERANCE = 1e-3
# Triangles of one plane have equal keys but for rounding; others are seldom so near.
_KEY_TOLERANCE = 1e-7
_BAND_WIDTH = 4.0  # in triangles
# A direction that is normal to no plane of a model, except by unlucky chance; then only time is lost.
_GENERIC = np.array([0.5346, 0.2907, 0.7936])
_KEY_WEIGHTS = np.array([0.6180339887, 0.2360679775, 0.3819660113, 0.7320508076])


def find_overlaps(vertices_m: FloatArray, normal: FloatArray) -> IntArray:
    """Return for every triangle another one that it overlaps, -1 where there is none.

    Parameters
    ----------
    vertices_m
        shape (num, 3, 3), [m].
    normal
        unit normals, shape (num, 3).

    Returns
    -------
    :
        shape (num,).
    """
    vertices, normals = np.ascontiguousarray(vertices_m), np.ascontiguousarray(normal)
    low, high = vertices.min(axis=(0, 1)), vertices.max(axis=(0, 1))
    size = float((high - low).max())
    key = _plane_keys(vertices, normals, 0.5 * (low + high), size)
    order = np.argsort(key)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(key[order]) > _KEY_TOLERANCE) + 1, [len(key)]])
    partner = np.full(len(key), -1, dtype=np.int64)
    _search(vertices, normals, order, starts, PLANE_TOLERANCE * size, partner)
    return partner


@njit_nogil
def _plane_keys(vertices: AnyArray, normal: AnyArray, middle: AnyArray, size: float) -> AnyArray:  # pragma: no cover
    """Return one number for the plane of every triangle, the same whichever side its normal points to."""
    keys = np.empty(len(vertices))
    for k in range(len(vertices)):
        sign, offset, key = 0.0, 0.0, 0.0
        for c in range(3):
            sign += normal[k, c] * _GENERIC[c]
            centre = (vertices[k, 0, c] + vertices[k, 1, c] + vertices[k, 2, c]) / 3.0
            offset += normal[k, c] * (centre - middle[c]) / size
            key += normal[k, c] * _KEY_WEIGHTS[c]
        key += offset * _KEY_WEIGHTS[3]
        keys[k] = -key if sign < 0.0 else key
    return keys


@njit_nogil
def _search(
    vertices: AnyArray, normal: AnyArray, order: AnyArray, starts: AnyArray, tolerance: float, partner: AnyArray
) -> None:  # pragma: no cover - compiled
    """Write the partners of all triangles; `starts` are the ends of runs of equal keys in `order`."""
    for run in range(len(starts) - 1):
        first, end = starts[run], starts[run + 1]
        if end - first < 2:
            continue
        members = order[first:end]
        low, high = np.empty((2, end - first)), np.empty((2, end - first))
        _extents(vertices, normal[members[0]], members, low, high)
        _sweep(vertices, normal, members, (low, high), tolerance, partner)


@njit_nogil
def _extents(
    vertices: AnyArray, normal: AnyArray, members: AnyArray, low: AnyArray, high: AnyArray
) -> None:  # pragma: no cover - compiled
    """Write how far triangles reach along two directions of their plane that no edge is likely to follow."""
    first = np.cross(normal, _GENERIC)
    first /= np.sqrt((first**2).sum())
    axes = np.empty((2, 3))
    axes[0], axes[1] = first, np.cross(normal, first)
    for axis in range(2):
        for m in range(len(members)):
            low[axis, m], high[axis, m] = np.inf, -np.inf
            for corner in range(3):
                value = 0.0
                for c in range(3):
                    value += axes[axis, c] * vertices[members[m], corner, c]
                low[axis, m], high[axis, m] = min(low[axis, m], value), max(high[axis, m], value)


@njit_nogil
def _bands(low: AnyArray, high: AnyArray) -> tuple[AnyArray, AnyArray]:  # pragma: no cover - compiled
    """Return triangles by bands across the second direction, in each in the order in which they begin; ends of bands.

    A triangle stands in every band that it reaches. Bands are some triangles wide.
    """
    num = low.shape[1]
    start, reach = low[1].min(), high[1].max() - low[1].min()
    width = max(_BAND_WIDTH * (high[1] - low[1]).mean(), reach / num)
    count = int(reach / width) + 1
    first, last = ((low[1] - start) / width).astype(np.int64), ((high[1] - start) / width).astype(np.int64)
    ends = np.zeros(count + 1, dtype=np.int64)
    for m in range(num):
        for band in range(first[m], last[m] + 1):
            ends[band + 1] += 1
    ends = np.cumsum(ends)
    place, listed = ends[:-1].copy(), np.empty(ends[-1], dtype=np.int64)
    for m in np.argsort(low[0]):
        for band in range(first[m], last[m] + 1):
            listed[place[band]] = m
            place[band] += 1
    return listed, ends


@njit_nogil
def _sweep(
    vertices: AnyArray,
    normal: AnyArray,
    members: AnyArray,
    extents: tuple[AnyArray, AnyArray],
    tolerance: float,
    partner: AnyArray,
) -> None:  # pragma: no cover - compiled
    """Compare all triangles of a run whose extents overlap."""
    low, high = extents
    listed, ends = _bands(low, high)
    for band in range(len(ends) - 1):
        for k in range(ends[band], ends[band + 1]):
            one = listed[k]
            for m in range(k + 1, ends[band + 1]):
                two = listed[m]
                if low[0, two] >= high[0, one] - tolerance:
                    break
                if low[1, two] >= high[1, one] - tolerance or high[1, two] <= low[1, one] + tolerance:
                    continue
                i, j = members[one], members[two]
                if _overlap(vertices[i], normal[i], vertices[j], normal[j], tolerance):
                    partner[i] = j if partner[i] < 0 else partner[i]
                    partner[j] = i if partner[j] < 0 else partner[j]


@njit_nogil
def _lies_in_plane(
    triangle: AnyArray, corner: AnyArray, normal: AnyArray, tolerance: float
) -> bool:  # pragma: no cover - compiled
    for k in range(3):
        height = 0.0
        for c in range(3):
            height += (triangle[k, c] - corner[c]) * normal[c]
        if abs(height) > tolerance:
            return False
    return True


@njit_nogil
def _depth(a: AnyArray, b: AnyArray, normal: AnyArray) -> float:  # pragma: no cover - compiled
    """Return the least depth to which two triangles of a plane overlap across the edges of `a`, at most 0 apart."""
    least = np.inf
    for k in range(3):
        after = (k + 1) % 3
        ex, ey, ez = a[after, 0] - a[k, 0], a[after, 1] - a[k, 1], a[after, 2] - a[k, 2]
        x, y, z = normal[1] * ez - normal[2] * ey, normal[2] * ex - normal[0] * ez, normal[0] * ey - normal[1] * ex
        size = np.sqrt(x * x + y * y + z * z)
        deepest = -np.inf  # inward distance of the corner of b that lies farthest inside of this edge
        for m in range(3):
            inside = (b[m, 0] - a[k, 0]) * x + (b[m, 1] - a[k, 1]) * y + (b[m, 2] - a[k, 2]) * z
            deepest = max(deepest, inside / size)
        least = min(least, deepest)
        if least <= 0.0:
            break
    return least


@njit_nogil
def _height(triangle: AnyArray) -> float:  # pragma: no cover - compiled
    """Return the least height of a triangle."""
    longest, area = 0.0, np.cross(triangle[1] - triangle[0], triangle[2] - triangle[0])
    for k in range(3):
        longest = max(longest, ((triangle[(k + 1) % 3] - triangle[k]) ** 2).sum())
    height: float = np.sqrt((area**2).sum() / longest)
    return height


@njit_nogil
def _overlap(
    a: AnyArray, normal_a: AnyArray, b: AnyArray, normal_b: AnyArray, tolerance: float
) -> bool:  # pragma: no cover - compiled
    """Return whether two triangles lie in one plane and share more of it than rounding explains."""
    if not (_lies_in_plane(b, a[0], normal_a, tolerance) and _lies_in_plane(a, b[0], normal_b, tolerance)):
        return False
    depth = _depth(a, b, normal_a)
    if depth > tolerance:
        depth = min(depth, _depth(b, a, normal_b))
    return depth > tolerance and depth > OVERLAP_TOLERANCE * min(_height(a), _height(b))


__all__ = ["OVERLAP_TOLERANCE", "PLANE_TOLERANCE", "find_overlaps"]
