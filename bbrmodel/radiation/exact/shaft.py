"""Which occluders reach into the space between two polygons, and whether one of them hides everything.

The space is the convex hull of both polygons. Its faces are their own planes and the planes that support both through
an edge of one and a corner of the other; an occluder that is cut to nothing by these blocks no light.
"""

import numpy as np

from bbrmodel.radiation.compiled import njit_nogil
from bbrmodel.radiation.exact.clipping import clip, height, plane_of
from bbrmodel.typing import AnyArray

MAX_SHAFT_PLANES = 62  # one bit of an integer each; the hull of two facets has some twenty


@njit_nogil
def _supports(plane: AnyArray, polygon: AnyArray, num: int, eps: float) -> bool:  # pragma: no cover - compiled
    """Return whether no corner lies behind a plane."""
    for k in range(num):
        if height(plane, polygon[k]) < -eps:
            return False
    return True


@njit_nogil
def _plane_through(p: AnyArray, q: AnyArray, r: AnyArray, plane: AnyArray) -> bool:  # pragma: no cover - compiled
    """Write the plane through three points; return False where they lie on a line."""
    ax, ay, az = q[0] - p[0], q[1] - p[1], q[2] - p[2]
    bx, by, bz = r[0] - p[0], r[1] - p[1], r[2] - p[2]
    nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    size = nx * nx + ny * ny + nz * nz
    if size <= 1e-18 * (ax * ax + ay * ay + az * az) * (bx * bx + by * by + bz * bz):
        return False
    size = np.sqrt(size)
    plane[0], plane[1], plane[2] = nx / size, ny / size, nz / size
    plane[3] = plane[0] * p[0] + plane[1] * p[1] + plane[2] * p[2]
    return True


@njit_nogil
def _add_supporting(
    a: AnyArray, num_a: int, b: AnyArray, num_b: int, eps: float, planes: AnyArray, count: int
) -> int:  # pragma: no cover - compiled
    """Append the planes through an edge of `a` and a corner of `b` that have both polygons in front."""
    for k in range(num_a):
        after = (k + 1) % num_a
        for m in range(num_b):
            plane = planes[count]
            if not _plane_through(a[k], a[after], b[m], plane):
                continue
            for _ in range(2):
                if _supports(plane, a, num_a, eps) and _supports(plane, b, num_b, eps):
                    count += 1
                    break
                for c in range(4):
                    plane[c] = -plane[c]
            if count == MAX_SHAFT_PLANES - 1:
                return count
    return count


@njit_nogil
def shaft_planes(
    a: AnyArray, num_a: int, b: AnyArray, num_b: int, plane_a: AnyArray, plane_b: AnyArray, eps: float, planes: AnyArray
) -> int:  # pragma: no cover - compiled
    """Write the planes that bound the hull of two polygons, the hull in front; return how many."""
    planes[0], planes[1] = plane_a, plane_b
    count = _add_supporting(a, num_a, b, num_b, eps, planes, 2)
    return _add_supporting(b, num_b, a, num_a, eps, planes, count)


@njit_nogil
def _box_is_outside(box: AnyArray, planes: AnyArray, num: int, eps: float) -> bool:  # pragma: no cover - compiled
    """Return whether a box lies behind one of the planes."""
    for k in range(num):
        top = -planes[k, 3]
        for c in range(3):
            top += planes[k, c] * (box[1, c] if planes[k, c] > 0.0 else box[0, c])
        if top <= eps:
            return True
    return False


@njit_nogil
def _boxes_are_apart(box: AnyArray, other: AnyArray) -> bool:  # pragma: no cover - compiled
    apart: bool = (
        box[0, 0] > other[1, 0]
        or box[1, 0] < other[0, 0]
        or box[0, 1] > other[1, 1]
        or box[1, 1] < other[0, 1]
        or box[0, 2] > other[1, 2]
        or box[1, 2] < other[0, 2]
    )
    return apart


@njit_nogil
def _cut_to_shaft(
    occluder: AnyArray, num: int, planes: AnyArray, num_planes: int, eps: float, work: AnyArray, out: AnyArray
) -> int:  # pragma: no cover - compiled
    """Write the part of an occluder within the hull; return its corners."""
    crossed = 0  # planes that cut the occluder, one bit each
    for k in range(num_planes):
        low, high = 0.0, 0.0
        for m in range(num):
            value = height(planes[k], occluder[m])
            low, high = min(low, value), max(high, value)
        if high <= eps:
            return 0
        if low < -eps:
            crossed |= 1 << k
    source, count = 0, num
    for k in range(num):
        work[0, k] = occluder[k]
    for k in range(num_planes):
        if not crossed >> k & 1:
            continue
        count = clip(work[source], count, planes[k], eps, work[1 - source])
        if count == 0:
            return 0
        source = 1 - source
    for k in range(count):
        out[k] = work[source, k]
    return count


@njit_nogil
def find_candidates(
    tree: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
    own: tuple[int, int],
    planes: AnyArray,
    num_planes: int,
    box: AnyArray,
    min_area: float,
    eps: float,
    work: AnyArray,
    found: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
) -> int:  # pragma: no cover - compiled
    """Write the occluders that reach into the hull, cut to it; return how many.

    `found` takes the cut corners, their numbers, the planes, and which occluder each is. The plane parts `own`, to
    which the two polygons belong, are left out: facets of one plane part lie in one plane but for rounding, and one
    just below the others would be buried.
    """
    corners, num_corners, occluder_planes, boxes, children, order, part = tree
    stack = np.empty(128, dtype=np.int64)
    stack[0] = 0
    top, number = 1, 0
    plane = np.empty(4)
    while top > 0:
        top -= 1
        node = stack[top]
        if _boxes_are_apart(boxes[node], box) or _box_is_outside(boxes[node], planes, num_planes, eps):
            continue
        if children[node, 0] >= 0:
            stack[top], stack[top + 1] = children[node, 0], children[node, 1]
            top += 2
            continue
        first = -1 - children[node, 0]
        for m in range(first, first + children[node, 1]):
            k = order[m]
            if part[k] == own[0] or part[k] == own[1]:
                continue
            count = _cut_to_shaft(corners[k], num_corners[k], planes, num_planes, eps, work, found[0][number])
            if count > 0 and plane_of(found[0][number], count, plane) > min_area:
                found[1][number], found[2][number], found[3][number] = count, occluder_planes[k], k
                number += 1
    return number


@njit_nogil
def _side_of_plane(plane: AnyArray, polygon: AnyArray, num: int, eps: float) -> float:  # pragma: no cover - compiled
    """Return 1 or -1 where all corners lie on one side of a plane (or on it), 0 where they lie on both or in it."""
    low, high = 0.0, 0.0
    for k in range(num):
        value = height(plane, polygon[k])
        low, high = min(low, value), max(high, value)
    if low >= -eps and high > eps:
        return 1.0
    if high <= eps and low < -eps:
        return -1.0
    return 0.0


@njit_nogil
def _is_inside(
    corners: AnyArray, num: int, plane: AnyArray, x: float, y: float, z: float, eps: float
) -> bool:  # pragma: no cover - compiled
    """Return whether a point of the plane lies in a convex polygon, or at most eps outside."""
    for k in range(num):
        after = (k + 1) % num
        ex, ey, ez = (
            corners[after, 0] - corners[k, 0],
            corners[after, 1] - corners[k, 1],
            corners[after, 2] - corners[k, 2],
        )
        px, py, pz = x - corners[k, 0], y - corners[k, 1], z - corners[k, 2]
        turn = plane[0] * (ey * pz - ez * py) + plane[1] * (ez * px - ex * pz) + plane[2] * (ex * py - ey * px)
        if turn < -eps * np.sqrt(ex * ex + ey * ey + ez * ez):
            return False
    return True


@njit_nogil
def hides_all(
    corners: AnyArray, num: int, plane: AnyArray, a: AnyArray, num_a: int, b: AnyArray, num_b: int, eps: float
) -> bool:  # pragma: no cover - compiled
    """Return whether a convex occluder crosses every line from polygon `a` to polygon `b`.

    It does so where it crosses all lines between corners: every other crossing point is a convex mean of theirs.
    """
    side_a, side_b = _side_of_plane(plane, a, num_a, eps), _side_of_plane(plane, b, num_b, eps)
    if side_a * side_b >= 0.0:
        return False
    for i in range(num_a):
        from_a = abs(height(plane, a[i]))
        for j in range(num_b):
            from_b = abs(height(plane, b[j]))
            if from_a + from_b <= eps:
                return False
            t = from_a / (from_a + from_b)
            x = a[i, 0] + t * (b[j, 0] - a[i, 0])
            y = a[i, 1] + t * (b[j, 1] - a[i, 1])
            z = a[i, 2] + t * (b[j, 2] - a[i, 2])
            if not _is_inside(corners, num, plane, x, y, z, eps):
                return False
    return True


__all__ = ["MAX_SHAFT_PLANES", "find_candidates", "hides_all", "shaft_planes"]
