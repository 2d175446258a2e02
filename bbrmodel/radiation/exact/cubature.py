"""Exchange area of two polygons past occluders: exact at points of the emitter, adaptive over its area.

Each triangle of the emitter carries a seven-point rule of degree five. Where all points see the same pattern of
shadow, the integrand is smooth and two rules of degree two within the same points bound the error. Elsewhere it has
kinks and the error is what a plane through the seven values leaves. Triangles with most of the error are cut into four
until the sum of the errors meets the tolerance.
"""

import numpy as np

from bbrmodel.radiation.compiled import njit_nogil
from bbrmodel.radiation.exact.clipping import plane_of
from bbrmodel.radiation.exact.visible import piece_factor, visible_factor
from bbrmodel.typing import AnyArray

POINTS_PER_TRIANGLE = 7
_FIRST, _SECOND = (6.0 - np.sqrt(15.0)) / 21.0, (6.0 + np.sqrt(15.0)) / 21.0
_SHARES = np.array([0.225, (155.0 - np.sqrt(15.0)) / 1200.0, (155.0 + np.sqrt(15.0)) / 1200.0])
# Rules of degree two from the centre and one ring: weight of all three points of the ring.
_RING_ONE, _RING_TWO = 1.0 / (36.0 * (_FIRST - 1 / 3) ** 2), 1.0 / (36.0 * (_SECOND - 1 / 3) ** 2)
# Error of the rule where kinks leave a deviation from a plane of 1.
_KINK_SHARE = 0.4
_OUTER, _INNER = 1.0 - 3.0 * _FIRST, 1.0 - 3.0 * _SECOND  # distances of both rings from the centre
_CORNER_INSET = 1e-3
# A difference that only the corners show is taken as this part of the triangle until it is cut further.
_CORNER_SHARE = 0.25
_MAX_LEVELS = 14
_LEAST_ERROR = 0.25  # of the tolerance
# Visible fraction at which the hidden instead of the visible part is integrated; odd, so that symmetry never hits it.
_MOSTLY_VISIBLE = 0.4637


@njit_nogil
def make_frame(
    polygon: AnyArray, num: int, plane: AnyArray, frame: AnyArray, flat: AnyArray
) -> None:  # pragma: no cover - compiled
    """Write origin and axes of a polygon's plane, and its corners in them."""
    frame[0] = polygon[0]
    longest = -1.0
    for k in range(num):
        edge = polygon[(k + 1) % num] - polygon[k]
        length = (edge**2).sum()
        if length > longest:
            longest = length
            frame[1] = edge / np.sqrt(length)
    frame[2, 0] = plane[1] * frame[1, 2] - plane[2] * frame[1, 1]
    frame[2, 1] = plane[2] * frame[1, 0] - plane[0] * frame[1, 2]
    frame[2, 2] = plane[0] * frame[1, 1] - plane[1] * frame[1, 0]
    for k in range(num):
        for axis in range(2):
            flat[k, axis] = 0.0
            for c in range(3):
                flat[k, axis] += (polygon[k, c] - frame[0, c]) * frame[1 + axis, c]


@njit_nogil
def _point_in(corners: AnyArray, number: int, point: AnyArray) -> None:  # pragma: no cover - compiled
    """Write point 0..6 of the rule: the centre, the ring near the corners, the ring near the sides."""
    for c in range(3):
        if number == 0:
            point[c] = (corners[0, c] + corners[1, c] + corners[2, c]) / 3.0
        else:
            ring = _FIRST if number <= 3 else _SECOND
            k = (number - 1) % 3
            others = corners[(k + 1) % 3, c] + corners[(k + 2) % 3, c]
            point[c] = (1.0 - 2.0 * ring) * corners[k, c] + ring * others


@njit_nogil
def _factors_at(
    point: AnyArray,
    normal: AnyArray,
    receiver: tuple[AnyArray, AnyArray, int, float],
    found: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    num_found: int,
    eps: float,
    work: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
) -> tuple[float, float, int]:  # pragma: no cover - compiled
    """Return the hidden and the visible form factor at a point and its pattern; (-1, -1, 0) on overflow."""
    visible, pattern = visible_factor(point, normal, receiver, found, num_found, eps, work)
    if visible < 0.0:
        return -1.0, -1.0, 0
    whole = max(piece_factor(point, normal, receiver[0], receiver[1], receiver[2]), 0.0)
    # A sum of pieces may exceed the whole by rounding, most of all at facets that are seen edge-on.
    if whole - visible <= 1e-12 * whole:
        return 0.0, whole, pattern
    return whole - visible, visible, pattern


@njit_nogil
def _deviation_from_plane(values: AnyArray) -> float:  # pragma: no cover - compiled
    """Return the root mean square of what the best linear function leaves of the seven values."""
    mean, slope_mean = 0.0, 0.0
    for k in range(7):
        mean += values[k] / 7.0
    slope = np.empty(3)
    for k in range(3):
        slope[k] = (_OUTER * values[1 + k] + _INNER * values[4 + k]) / (_OUTER**2 + _INNER**2)
        slope_mean += slope[k] / 3.0
    total = (values[0] - mean) ** 2
    for k in range(3):
        total += (values[1 + k] - mean - _OUTER * (slope[k] - slope_mean)) ** 2
        total += (values[4 + k] - mean - _INNER * (slope[k] - slope_mean)) ** 2
    return float(np.sqrt(total / 7.0))


@njit_nogil
def _rule(values: AnyArray, is_smooth: bool) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return mean and error of the mean of a function from its values at the seven points."""
    centre = values[0]
    one, two = (values[1] + values[2] + values[3]) / 3.0, (values[4] + values[5] + values[6]) / 3.0
    mean = _SHARES[0] * centre + 3.0 * (_SHARES[1] * one + _SHARES[2] * two)
    low_one = (1.0 - _RING_ONE) * centre + _RING_ONE * one
    low_two = (1.0 - _RING_TWO) * centre + _RING_TWO * two
    error = max(abs(mean - low_one), abs(mean - low_two))
    if not is_smooth:
        error = max(error, _KINK_SHARE * _deviation_from_plane(values))
    return mean, error


@njit_nogil
def _estimate(
    corners: AnyArray,
    normal: AnyArray,
    receiver: tuple[AnyArray, AnyArray, int, float],
    found: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    num_found: int,
    eps: float,
    work: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
    out: AnyArray,
) -> bool:  # pragma: no cover - compiled
    """Write integral and error of the hidden (row 0) and visible (row 1) part over a triangle; False on overflow."""
    point, values, plane = np.empty(3), np.empty((2, 7)), np.empty(4)
    area = plane_of(corners, 3, plane)
    first, is_smooth = 0, True
    for number in range(POINTS_PER_TRIANGLE):
        _point_in(corners, number, point)
        hidden, visible, pattern = _factors_at(point, normal, receiver, found, num_found, eps, work)
        if hidden < 0.0:
            return False
        values[0, number], values[1, number] = hidden, visible
        first = pattern if number == 0 else first
        is_smooth = is_smooth and pattern == first
    for part in range(2):
        mean, error = _rule(values[part], is_smooth)
        out[part, 0], out[part, 1] = area * mean, area * error
    return True


@njit_nogil
def _watch_corners(
    corners: AnyArray,
    normal: AnyArray,
    receiver: tuple[AnyArray, AnyArray, int, float],
    found: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    num_found: int,
    eps: float,
    work: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
    out: AnyArray,
) -> None:  # pragma: no cover - compiled
    """Raise the error where all points agree that nothing is hidden (or visible) but a corner does not."""
    if out[0, 0] > 0.0 and out[1, 0] > 0.0:
        return
    point, plane = np.empty(3), np.empty(4)
    area = plane_of(corners, 3, plane)
    for k in range(3):
        for c in range(3):
            centre = (corners[0, c] + corners[1, c] + corners[2, c]) / 3.0
            point[c] = corners[k, c] + _CORNER_INSET * (centre - corners[k, c])
        hidden, visible, _ = _factors_at(point, normal, receiver, found, num_found, eps, work)
        missed = hidden if out[0, 0] <= 0.0 else visible
        for part in range(2):
            out[part, 1] = max(out[part, 1], _CORNER_SHARE * area * max(missed, 0.0))


@njit_nogil
def _first_triangles(polygon: AnyArray, num: int, triangles: AnyArray) -> int:  # pragma: no cover - compiled
    """Write the triangles that the integration starts from: the polygon itself, or a fan round its middle."""
    if num == 3:
        triangles[0] = polygon[:3]
        return 1
    middle = np.zeros(3)
    for k in range(num):
        middle += polygon[k] / num
    for k in range(num):
        triangles[k, 0], triangles[k, 1], triangles[k, 2] = middle, polygon[k], polygon[(k + 1) % num]
    return num


@njit_nogil
def _quarter(triangles: AnyArray, k: int, number: int) -> None:  # pragma: no cover - compiled
    """Replace triangle k by its middle quarter and write the three others from `number` on."""
    for corner in range(3):
        after, before = (corner + 1) % 3, (corner + 2) % 3
        for c in range(3):
            here = triangles[k, corner, c]
            triangles[number + corner, 0, c] = here
            triangles[number + corner, 1, c] = 0.5 * (here + triangles[k, after, c])
            triangles[number + corner, 2, c] = 0.5 * (here + triangles[k, before, c])
    for c in range(3):
        p, q, r = triangles[k, 0, c], triangles[k, 1, c], triangles[k, 2, c]
        triangles[k, 0, c], triangles[k, 1, c], triangles[k, 2, c] = 0.5 * (p + q), 0.5 * (q + r), 0.5 * (r + p)


@njit_nogil
def _refine(
    number: int,
    part: int,
    threshold: float,
    emitter: tuple[AnyArray, AnyArray, AnyArray],
    receiver: tuple[AnyArray, AnyArray, int, float],
    found: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    num_found: int,
    eps: float,
    work: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
) -> int:  # pragma: no cover - compiled
    """Cut all triangles with more than the threshold of error; return their new number, -1 on overflow."""
    triangles, results, normal = emitter
    before = number
    for k in range(before):
        if results[k, part, 1] <= threshold:
            continue
        if number + 3 > len(triangles):
            return number
        _quarter(triangles, k, number)
        for new in range(4):
            m = k if new == 3 else number + new
            if not _estimate(triangles[m], normal, receiver, found, num_found, eps, work, results[m]):
                return -1
        number += 3
    return number


@njit_nogil
def _sum_up(results: AnyArray, number: int, part: int) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return the sums of integrals and errors."""
    value, error = 0.0, 0.0
    for k in range(number):
        value += results[k, part, 0]
        error += results[k, part, 1]
    return value, error


@njit_nogil
def partial_exchange(
    polygon: AnyArray,
    num: int,
    whole: float,
    emitter: tuple[AnyArray, AnyArray, AnyArray],
    receiver: tuple[AnyArray, AnyArray, int, float],
    found: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    num_found: int,
    limits: tuple[float, float, float],
    work: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return exchange area [m2] and error [m2] of a polygon with what it sees of the receiver; (-1, -1) on overflow.

    `whole` is the exchange area without occluders, `limits` are relative and absolute [m2] tolerance and eps [m].
    `emitter` holds room for triangles and results, and the normal.
    """
    relative, absolute, eps = limits
    triangles, results, normal = emitter
    number = _first_triangles(polygon, num, triangles)
    for k in range(number):
        if not _estimate(triangles[k], normal, receiver, found, num_found, eps, work, results[k]):
            return -1.0, -1.0
        _watch_corners(triangles[k], normal, receiver, found, num_found, eps, work, results[k])
    visible, _ = _sum_up(results, number, 1)
    part = 0 if visible > _MOSTLY_VISIBLE * whole else 1
    value, error = _sum_up(results, number, part)
    for _ in range(_MAX_LEVELS):
        exchange = whole - value if part == 0 else value
        tolerance = max(absolute, relative * exchange)
        if error <= tolerance:
            break
        before = number
        threshold = 0.5 * tolerance / number
        number = _refine(number, part, threshold, emitter, receiver, found, num_found, eps, work)
        if number < 0:
            return -1.0, -1.0
        value, error = _sum_up(results, number, part)
        if number == before:
            break
    exchange = max(whole - value if part == 0 else value, 0.0)
    # Samples cannot prove that they missed nothing.
    return exchange, max(error, _LEAST_ERROR * max(absolute, relative * exchange))


__all__ = ["POINTS_PER_TRIANGLE", "make_frame", "partial_exchange"]
