"""Exchange areas of some facets with all later facets."""

from typing import Any

import numpy as np

from bbrmodel.radiation.compiled import njit_nogil
from bbrmodel.radiation.exact.clipping import MAX_CORNERS, clip, height, plane_of
from bbrmodel.radiation.exact.contour import contour_exchange
from bbrmodel.radiation.exact.cubature import make_frame, partial_exchange
from bbrmodel.radiation.exact.shaft import find_candidates, hides_all, shaft_planes
from bbrmodel.typing import AnyArray

UNSEEN, VISIBLE, HIDDEN, PARTIAL = 0, 1, 2, 3
# Emitters whose size over distance to the occluders differ less than this are both used, so that order never matters.
_TIE = 1e-6
MIN_OCCLUDER_AREA = 1e-11  # of the smaller facet's area


@njit_nogil
def _faces(triangle: AnyArray, plane: AnyArray, eps: float) -> int:  # pragma: no cover - compiled
    """Return 0 where a triangle lies behind a plane, 1 where it is cut by it, 2 where it lies in front."""
    low, high = 0.0, 0.0
    for k in range(3):
        value = height(plane, triangle[k])
        low, high = min(low, value), max(high, value)
    if high <= eps:
        return 0
    return 1 if low < -eps else 2


@njit_nogil
def cut_pair(
    i: int, j: int, facets: tuple[AnyArray, AnyArray, AnyArray], eps: float, a: AnyArray, b: AnyArray
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Write the parts of two facets in front of each other; return their corners, (0, 0) where there are none."""
    vertices, planes, _ = facets
    seen_a, seen_b = _faces(vertices[i], planes[j], eps), _faces(vertices[j], planes[i], eps)
    if seen_a == 0 or seen_b == 0:
        return 0, 0
    num_a, num_b = 3, 3
    if seen_a == 1:
        num_a = clip(vertices[i], 3, planes[j], eps, a)
    else:
        a[:3] = vertices[i]
    if seen_b == 1:
        num_b = clip(vertices[j], 3, planes[i], eps, b)
    else:
        b[:3] = vertices[j]
    return num_a, num_b


@njit_nogil
def _box_of(a: AnyArray, num_a: int, b: AnyArray, num_b: int, box: AnyArray) -> None:  # pragma: no cover - compiled
    """Write the box round two polygons."""
    for c in range(3):
        box[0, c], box[1, c] = a[0, c], a[0, c]
        for k in range(num_a):
            box[0, c], box[1, c] = min(box[0, c], a[k, c]), max(box[1, c], a[k, c])
        for k in range(num_b):
            box[0, c], box[1, c] = min(box[0, c], b[k, c]), max(box[1, c], b[k, c])


@njit_nogil
def _mean_of(polygon: AnyArray, num: int) -> AnyArray:  # pragma: no cover - compiled
    """Return the centre of area of a convex polygon."""
    centre, total = np.zeros(3), 0.0
    for k in range(1, num - 1):
        ax, ay, az = polygon[k] - polygon[0]
        bx, by, bz = polygon[k + 1] - polygon[0]
        size = np.sqrt((ay * bz - az * by) ** 2 + (az * bx - ax * bz) ** 2 + (ax * by - ay * bx) ** 2)
        centre += size * (polygon[0] + polygon[k] + polygon[k + 1]) / 3.0
        total += size
    return centre / total if total > 0.0 else polygon[0].copy()


@njit_nogil
def _apparent_size(polygon: AnyArray, num: int, point: AnyArray) -> float:  # pragma: no cover - compiled
    """Return longest side over distance, both squared."""
    longest = 0.0
    for k in range(num):
        longest = max(longest, ((polygon[(k + 1) % num] - polygon[k]) ** 2).sum())
    size: float = longest / max(((_mean_of(polygon, num) - point) ** 2).sum(), 1e-300)
    return size


@njit_nogil
def _centre_of_occluders(
    found: tuple[AnyArray, AnyArray, AnyArray, AnyArray], num_found: int
) -> AnyArray:  # pragma: no cover - compiled
    """Return the centre of area of what reaches into the shaft."""
    centre, total, plane = np.zeros(3), 0.0, np.empty(4)
    for k in range(num_found):
        area = plane_of(found[0][k], found[1][k], plane)
        centre += area * _mean_of(found[0][k], found[1][k])
        total += area
    return centre / total


@njit_nogil
def _start_at_farthest(polygon: AnyArray, num: int, point: AnyArray) -> None:  # pragma: no cover - compiled
    """Turn the corners of a polygon so that the one farthest from a point comes first."""
    first, farthest = 0, -1.0
    for k in range(num):
        distance = ((polygon[k] - point) ** 2).sum()
        if distance > farthest * (1.0 + _TIE):
            first, farthest = k, distance
    if first > 0:
        turned = np.empty((num, 3))
        for k in range(num):
            turned[k] = polygon[(first + k) % num]
        polygon[:num] = turned


@njit_nogil
def _put_in_order(
    found: tuple[AnyArray, AnyArray, AnyArray, AnyArray], num_found: int, centre: AnyArray
) -> None:  # pragma: no cover - compiled
    """Sort occluders by apparent size and their corners by distance: patterns then depend on geometry alone."""
    sizes, plane = np.empty(num_found), np.empty(4)
    for k in range(num_found):
        distance = max(((_mean_of(found[0][k], found[1][k]) - centre) ** 2).sum(), 1e-300)
        sizes[k] = -plane_of(found[0][k], found[1][k], plane) / distance
        _start_at_farthest(found[0][k], found[1][k], centre)
    found[3][:num_found] = np.argsort(sizes)


@njit_nogil
def _one_way(
    a: AnyArray,
    num_a: int,
    plane_a: AnyArray,
    b: AnyArray,
    num_b: int,
    plane_b: AnyArray,
    whole: float,
    found: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    num_found: int,
    limits: tuple[float, float, float],
    room: tuple[AnyArray, AnyArray],
    work: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return exchange area and error, integrated over `a`."""
    centre = _mean_of(a, num_a)
    _put_in_order(found, num_found, centre)
    _start_at_farthest(b, num_b, centre)
    frame, flat = np.empty((3, 3)), np.empty((MAX_CORNERS, 2))
    make_frame(b, num_b, plane_b, frame, flat)
    receiver = (frame, flat, num_b, plane_of(b, num_b, np.empty(4)))
    emitter = (room[0], room[1], plane_a[:3])
    return partial_exchange(a, num_a, whole, emitter, receiver, found, num_found, limits, work)


@njit_nogil
def _past_occluders(
    a: AnyArray,
    num_a: int,
    plane_a: AnyArray,
    b: AnyArray,
    num_b: int,
    plane_b: AnyArray,
    whole: float,
    found: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    num_found: int,
    limits: tuple[float, float, float],
    room: tuple[AnyArray, AnyArray],
    work: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
) -> tuple[float, float]:  # pragma: no cover - compiled
    """Integrate over the polygon that looks smaller from the occluders; over both where they look the same."""
    centre = _centre_of_occluders(found, num_found)
    size_a, size_b = _apparent_size(a, num_a, centre), _apparent_size(b, num_b, centre)
    tie = abs(size_a - size_b) <= _TIE * (size_a + size_b)
    value, error = 0.0, 0.0
    if tie or size_a < size_b:
        value, error = _one_way(a, num_a, plane_a, b, num_b, plane_b, whole, found, num_found, limits, room, work)
    if value < 0.0:
        return value, error
    if tie or size_b < size_a:
        back, back_error = _one_way(b, num_b, plane_b, a, num_a, plane_a, whole, found, num_found, limits, room, work)
        if back < 0.0 or not tie:
            return back, back_error
        return 0.5 * (value + back), 0.5 * (error + back_error)
    return value, error


@njit_nogil
def _hides(
    tree: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
    found: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    num_found: int,
    a: AnyArray,
    num_a: int,
    b: AnyArray,
    num_b: int,
    eps: float,
) -> bool:  # pragma: no cover - compiled
    """Return whether one occluder alone hides two polygons from each other."""
    for k in range(num_found):
        m = found[3][k]
        if hides_all(tree[0][m], tree[1][m], found[2][k], a, num_a, b, num_b, eps):
            return True
    return False


@njit_nogil
def _what_is_between(
    a: AnyArray,
    num_a: int,
    plane_a: AnyArray,
    b: AnyArray,
    num_b: int,
    plane_b: AnyArray,
    tree: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
    own: tuple[int, int],
    found: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    shaft: tuple[AnyArray, AnyArray, AnyArray],
    limits: tuple[float, float],
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Return VISIBLE, HIDDEN or PARTIAL, and how many occluders were found between two polygons."""
    planes, box, cut = shaft
    min_area, eps = limits
    num = shaft_planes(a, num_a, b, num_b, plane_a, plane_b, eps, planes)
    _box_of(a, num_a, b, num_b, box)
    num_found = find_candidates(tree, own, planes, num, box, min_area, eps, cut, found)
    if num_found == 0:
        return VISIBLE, 0
    if _hides(tree, found, num_found, a, num_a, b, num_b, eps):
        return HIDDEN, num_found
    return PARTIAL, num_found


@njit_nogil
def exchange_polygons(
    a: AnyArray,
    num_a: int,
    plane_a: AnyArray,
    b: AnyArray,
    num_b: int,
    plane_b: AnyArray,
    tree: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
    own: tuple[int, int],
    limits: tuple[float, float, float, float],
    space: tuple[Any, Any, Any, Any],
) -> tuple[float, float, int]:  # pragma: no cover - compiled
    """Return exchange area [m2], its error [m2] and kind of two polygons in front of each other's planes.

    `own` are the plane parts to which they belong. `limits` are relative and absolute [m2] tolerance, eps [m] and the
    area of the smallest occluder that counts [m2]. `space` holds work space: for the occluders found, the triangles of
    an emitter, the pieces of a receiver, the shaft. The exchange area is negative where the work space was too small.
    """
    found, room, work, shaft = space
    relative, absolute, eps, min_area = limits
    kind, num_found = _what_is_between(a, num_a, plane_a, b, num_b, plane_b, tree, own, found, shaft, (min_area, eps))
    if kind == HIDDEN:
        return 0.0, 0.0, kind
    whole, rounding = contour_exchange(a, num_a, b, num_b)
    if num_found == 0:
        return whole, rounding, kind
    tolerances = (relative, absolute, eps)
    value, error = _past_occluders(
        a, num_a, plane_a, b, num_b, plane_b, whole, found, num_found, tolerances, room, work
    )
    return value, error + rounding, kind


@njit_nogil
def exchange_rows(
    rows: AnyArray,
    columns: AnyArray,
    facets: tuple[AnyArray, AnyArray, AnyArray],
    tree: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
    parts: AnyArray,
    tolerances: tuple[float, float, float],
    space: tuple[Any, Any, Any, Any],
) -> tuple[AnyArray, AnyArray, AnyArray]:  # pragma: no cover - compiled
    """Return exchange areas [m2], errors [m2] and kinds of the facets `rows` with the facets `columns` after them.

    Parameters
    ----------
    facets
        vertices (n, 3, 3), planes (n, 4) and areas (n,).
    parts
        shape (n,), the plane part that each facet belongs to.
    tolerances
        relative, absolute (on view factors) and eps [m].
    space
        As `exchange_polygons` takes it.

    Returns
    -------
    :
        three arrays of shape (rows, columns); a negative area where the work space was too small.
    """
    values, errors = np.zeros((len(rows), len(columns))), np.zeros((len(rows), len(columns)))
    kinds = np.zeros((len(rows), len(columns)), dtype=np.int8)
    a, b = np.empty((MAX_CORNERS, 3)), np.empty((MAX_CORNERS, 3))
    relative, absolute, eps = tolerances
    for r in range(len(rows)):
        i = rows[r]
        for k in range(len(columns)):
            j = columns[k]
            if j <= i:
                continue
            num_a, num_b = cut_pair(i, j, facets, eps, a, b)
            if num_a == 0 or num_b == 0:
                continue
            smaller = min(facets[2][i], facets[2][j])
            limits = (relative, absolute * smaller, eps, MIN_OCCLUDER_AREA * smaller)
            plane_a, plane_b = facets[1][i], facets[1][j]
            values[r, k], errors[r, k], kinds[r, k] = exchange_polygons(
                a, num_a, plane_a, b, num_b, plane_b, tree, (parts[i], parts[j]), limits, space
            )
    return values, errors, kinds


__all__ = [
    "HIDDEN",
    "MIN_OCCLUDER_AREA",
    "PARTIAL",
    "UNSEEN",
    "VISIBLE",
    "cut_pair",
    "exchange_polygons",
    "exchange_rows",
]
