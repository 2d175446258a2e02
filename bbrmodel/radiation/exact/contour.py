r"""Exchange area of two plane polygons in full view of each other, by the double contour integral.

.. math:: A_1 F_{12} = \frac{1}{2 \pi} \oint \oint \ln r \; d\mathbf{r}_1 \cdot d\mathbf{r}_2

Along one edge the integral is taken in closed form, along the other by Gauss rules on panels that shrink towards the
points where the two edges touch or nearly touch, so that shared edges and small gaps lose no digits.
"""

import numpy as np
from scipy.special import roots_legendre

from bbrmodel.radiation.compiled import njit_nogil
from bbrmodel.typing import AnyArray

_LARGEST_RULE = 10
NODES = np.zeros((_LARGEST_RULE + 1, _LARGEST_RULE))  # row n: the n Gauss points in [0, 1]
WEIGHTS = np.zeros((_LARGEST_RULE + 1, _LARGEST_RULE))
for _n in range(1, _LARGEST_RULE + 1):
    _x, _w = roots_legendre(_n)
    NODES[_n, :_n], WEIGHTS[_n, :_n] = 0.5 * (_x + 1.0), 0.5 * _w

# A panel of this share of an edge may hold the singular point: s ln s is integrated to 1e-3 of its square.
_SMALLEST_PANEL = 1e-7
# What the Gauss rules leave at most (see `_rule`).
RELATIVE_ERROR = 1e-11
ROUNDING_ERROR = 1e-15  # times the product of the two perimeters


@njit_nogil
def _rule(ratio: float) -> int:  # pragma: no cover - compiled
    """Return the Gauss points per edge that leave 1e-11, from the distance over half the longer edge; 0 = too near.

    The error of n points is (2 ratio)^-2n, and the closed contours cancel all but (2 / ratio)^2 of the logarithm.
    """
    if ratio > 100.0:
        return 3
    if ratio > 20.0:
        return 4
    if ratio > 8.0:
        return 5
    if ratio > 4.0:
        return 8
    return 0


@njit_nogil
def _mean_log_far(p: AnyArray, e: AnyArray, q: AnyArray, f: AnyArray, n: int) -> float:  # pragma: no cover - compiled
    """Return the mean of ln r between the edges p + s e and q + t f by n x n Gauss points."""
    total = 0.0
    for i in range(n):
        s = NODES[n, i]
        x = p[0] + s * e[0] - q[0]
        y = p[1] + s * e[1] - q[1]
        z = p[2] + s * e[2] - q[2]
        inner = 0.0
        for j in range(n):
            t = NODES[n, j]
            dx, dy, dz = x - t * f[0], y - t * f[1], z - t * f[2]
            inner += WEIGHTS[n, j] * np.log(dx * dx + dy * dy + dz * dz)
        total += WEIGHTS[n, i] * inner
    return 0.5 * total


@njit_nogil
def _mean_log_of_point(
    x: float, y: float, z: float, f: AnyArray, length: float
) -> float:  # pragma: no cover - compiled
    """Return the mean of ln r + 1 between the point (x, y, z) and the edge from the origin to f, in closed form."""
    u = (x * f[0] + y * f[1] + z * f[2]) / length
    cx, cy, cz = y * f[2] - z * f[1], z * f[0] - x * f[2], x * f[1] - y * f[0]
    d = np.sqrt(cx * cx + cy * cy + cz * cz) / length
    v = length - u
    low, high = u * u + d * d, v * v + d * d
    total: float = d * np.arctan2(d * length, d * d - u * v)
    if low > 0.0:
        total += 0.5 * u * np.log(low)
    if high > 0.0:
        total += 0.5 * v * np.log(high)
    mean: float = total / length
    return mean


@njit_nogil
def _near_points(w: AnyArray, e: AnyArray, f: AnyArray, points: AnyArray) -> int:  # pragma: no cover - compiled
    """Write where the integrand along w + s e is singular for complex s: (real part, imaginary part) by row.

    These are the ends of the other edge (the origin and f) and the crossing of the two lines.
    """
    ee = e[0] * e[0] + e[1] * e[1] + e[2] * e[2]
    for k in range(2):
        x, y, z = k * f[0] - w[0], k * f[1] - w[1], k * f[2] - w[2]
        points[k, 0] = (x * e[0] + y * e[1] + z * e[2]) / ee
        cx, cy, cz = y * e[2] - z * e[1], z * e[0] - x * e[2], x * e[1] - y * e[0]
        points[k, 1] = np.sqrt(cx * cx + cy * cy + cz * cz) / ee
    ax, ay, az = w[1] * f[2] - w[2] * f[1], w[2] * f[0] - w[0] * f[2], w[0] * f[1] - w[1] * f[0]
    bx, by, bz = e[1] * f[2] - e[2] * f[1], e[2] * f[0] - e[0] * f[2], e[0] * f[1] - e[1] * f[0]
    bb = bx * bx + by * by + bz * bz
    if bb <= 1e-24 * ee * (f[0] * f[0] + f[1] * f[1] + f[2] * f[2]):
        return 2  # parallel
    points[2, 0] = -(ax * bx + ay * by + az * bz) / bb
    cx, cy, cz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    points[2, 1] = np.sqrt(cx * cx + cy * cy + cz * cz) / bb
    return 3


@njit_nogil
def _is_clear(start: float, size: float, points: AnyArray, num: int) -> bool:  # pragma: no cover - compiled
    """Return whether no singular point is nearer to a panel than its size (ten points then leave 3e-13)."""
    for k in range(num):
        gap = max(start - points[k, 0], points[k, 0] - start - size, 0.0)
        if gap * gap + points[k, 1] * points[k, 1] < size * size:
            return False
    return True


@njit_nogil
def _mean_log_near(p: AnyArray, e: AnyArray, q: AnyArray, f: AnyArray) -> float:  # pragma: no cover - compiled
    """Return the mean of ln r between two edges that may touch: closed form along f, graded panels along e."""
    w = p - q
    length = np.sqrt(f[0] * f[0] + f[1] * f[1] + f[2] * f[2])
    points = np.empty((3, 2))
    num = _near_points(w, e, f, points)
    stack = np.empty((64, 2))
    stack[0, 0], stack[0, 1] = 0.0, 1.0
    top, total = 1, 0.0
    while top > 0:
        top -= 1
        start, size = stack[top, 0], stack[top, 1]
        if size > _SMALLEST_PANEL and not _is_clear(start, size, points, num):
            for half in range(2):
                stack[top, 0], stack[top, 1] = start + 0.5 * half * size, 0.5 * size
                top += 1
            continue
        for i in range(_LARGEST_RULE):
            s = start + size * NODES[_LARGEST_RULE, i]
            weight = size * WEIGHTS[_LARGEST_RULE, i]
            total += weight * _mean_log_of_point(w[0] + s * e[0], w[1] + s * e[1], w[2] + s * e[2], f, length)
    return total - 1.0


@njit_nogil
def _mean_log(p: AnyArray, e: AnyArray, q: AnyArray, f: AnyArray) -> float:  # pragma: no cover - compiled
    """Return the mean of ln r between the edges p + s e and q + t f."""
    gap, ee, ff = 0.0, 0.0, 0.0
    for c in range(3):
        gap += (p[c] + 0.5 * e[c] - q[c] - 0.5 * f[c]) ** 2
        ee += e[c] * e[c]
        ff += f[c] * f[c]
    longer, shorter = 0.5 * np.sqrt(max(ee, ff)), 0.5 * np.sqrt(min(ee, ff))
    n = _rule((np.sqrt(gap) - shorter) / longer)
    if n > 0:
        return _mean_log_far(p, e, q, f, n)
    # Panels along the shorter edge, the closed form along the longer one.
    if ee > ff:
        return _mean_log_near(q, f, p, e)
    return _mean_log_near(p, e, q, f)


@njit_nogil
def _edges(
    polygon: AnyArray, num: int, middle: AnyArray, scale: float
) -> tuple[AnyArray, AnyArray]:  # pragma: no cover - compiled
    """Return corners and edge vectors, moved and scaled so that the logarithms are small."""
    corner, edge = np.empty((num, 3)), np.empty((num, 3))
    for k in range(num):
        after = (k + 1) % num
        for c in range(3):
            corner[k, c] = (polygon[k, c] - middle[c]) / scale
            edge[k, c] = (polygon[after, c] - polygon[k, c]) / scale
    return corner, edge


@njit_nogil
def _centre(polygon: AnyArray, num: int) -> AnyArray:  # pragma: no cover - compiled
    """Return the mean of the corners."""
    centre = np.zeros(3)
    for k in range(num):
        for c in range(3):
            centre[c] += polygon[k, c] / num
    return centre


@njit_nogil
def contour_exchange(
    a: AnyArray, num_a: int, b: AnyArray, num_b: int
) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return the exchange area [m2] and its error of two polygons, each wholly in front of the other's plane.

    Parameters
    ----------
    a, b
        shape (at least num, 3), corners in the right-hand sense round the normals that face each other.
    """
    ca, cb = _centre(a, num_a), _centre(b, num_b)
    middle = 0.5 * (ca + cb)
    scale = np.sqrt(((ca - cb) ** 2).sum())
    for k in range(num_a):
        scale = max(scale, np.sqrt(((a[k] - ca) ** 2).sum()))
    for k in range(num_b):
        scale = max(scale, np.sqrt(((b[k] - cb) ** 2).sum()))
    p, e = _edges(a, num_a, middle, scale)
    q, f = _edges(b, num_b, middle, scale)
    total, longest_a, longest_b = 0.0, 0.0, 0.0
    for i in range(num_a):
        longest_a += np.sqrt((e[i] ** 2).sum())
        if (e[i] ** 2).sum() == 0.0:
            continue
        for j in range(num_b):
            dot = e[i, 0] * f[j, 0] + e[i, 1] * f[j, 1] + e[i, 2] * f[j, 2]
            if dot != 0.0:
                total += dot * _mean_log(p[i], e[i], q[j], f[j])
    for j in range(num_b):
        longest_b += np.sqrt((f[j] ** 2).sum())
    exchange = max(total, 0.0) * scale * scale / (2.0 * np.pi)
    return exchange, RELATIVE_ERROR * exchange + ROUNDING_ERROR * longest_a * longest_b * scale * scale


__all__ = ["contour_exchange"]
