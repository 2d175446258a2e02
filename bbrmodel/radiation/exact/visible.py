"""The form factor from a point to the part of a polygon that it sees past occluders, by exact clipping.

In the plane of the receiver every occluder throws a convex shadow. The receiver is kept as a list of convex pieces;
each shadow is cut out of them. The rest is summed by the contour formula of a point and a polygon.
"""

import numpy as np

from bbrmodel.radiation.compiled import njit_nogil
from bbrmodel.radiation.exact.clipping import height
from bbrmodel.typing import AnyArray

OVERFLOW = -1  # the pieces or their corners outgrow the work space
# Corners of occluders nearer to the point than this share of the way have no bounded shadow worth a box.
_LEAST_DEPTH = 1e-6
_SLIVER = 1e-13  # of the receiver's area: smaller pieces are rounding


@njit_nogil
def shadow_lines(
    point: AnyArray, occluder: AnyArray, num: int, side: float, frame: AnyArray, lines: AnyArray
) -> int:  # pragma: no cover - compiled
    """Write the lines that bound an occluder's shadow in the receiver's plane, the shadow in front; return how many.

    `frame` holds origin and two unit vectors of the receiver's plane; line values are distances [m].
    """
    count = 0
    sign = -1.0 if side > 0.0 else 1.0
    ox, oy, oz = frame[0, 0] - point[0], frame[0, 1] - point[1], frame[0, 2] - point[2]
    for k in range(num):
        after = k + 1 if k + 1 < num else 0
        ax, ay, az = occluder[k, 0] - point[0], occluder[k, 1] - point[1], occluder[k, 2] - point[2]
        bx, by, bz = occluder[after, 0] - point[0], occluder[after, 1] - point[1], occluder[after, 2] - point[2]
        nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        u = nx * frame[1, 0] + ny * frame[1, 1] + nz * frame[1, 2]
        v = nx * frame[2, 0] + ny * frame[2, 1] + nz * frame[2, 2]
        normal = np.sqrt(nx * nx + ny * ny + nz * nz)
        if normal == 0.0:
            continue
        size = max(np.sqrt(u * u + v * v), 1e-12 * normal)
        lines[count, 0], lines[count, 1] = sign * u / size, sign * v / size
        lines[count, 2] = sign * (nx * ox + ny * oy + nz * oz) / size
        count += 1
    return count


@njit_nogil
def _shadow_box(
    point: AnyArray, occluder: AnyArray, num: int, frame: AnyArray, axis: tuple[float, float, float]
) -> tuple[float, float, float, float]:  # pragma: no cover - compiled
    """Return the bounds of a shadow in the receiver's plane; infinite where it reaches far away.

    `axis` is the normal of that plane over its distance from the point: depths are 1 in the plane.
    """
    low_u, high_u, low_v, high_v = np.inf, -np.inf, np.inf, -np.inf
    ox, oy, oz = frame[0, 0] - point[0], frame[0, 1] - point[1], frame[0, 2] - point[2]
    for k in range(num):
        x, y, z = occluder[k, 0] - point[0], occluder[k, 1] - point[1], occluder[k, 2] - point[2]
        depth = axis[0] * x + axis[1] * y + axis[2] * z
        if not depth > _LEAST_DEPTH:
            return -np.inf, np.inf, -np.inf, np.inf
        x, y, z = x / depth - ox, y / depth - oy, z / depth - oz
        u = x * frame[1, 0] + y * frame[1, 1] + z * frame[1, 2]
        v = x * frame[2, 0] + y * frame[2, 1] + z * frame[2, 2]
        low_u, high_u, low_v, high_v = min(low_u, u), max(high_u, u), min(low_v, v), max(high_v, v)
    return low_u, high_u, low_v, high_v


@njit_nogil
def _depth_axis(point: AnyArray, frame: AnyArray) -> tuple[float, float, float]:  # pragma: no cover - compiled
    """Return the normal of the receiver's plane over its distance from a point; not finite for a point in it."""
    x = frame[1, 1] * frame[2, 2] - frame[1, 2] * frame[2, 1]
    y = frame[1, 2] * frame[2, 0] - frame[1, 0] * frame[2, 2]
    z = frame[1, 0] * frame[2, 1] - frame[1, 1] * frame[2, 0]
    distance = x * (frame[0, 0] - point[0]) + y * (frame[0, 1] - point[1]) + z * (frame[0, 2] - point[2])
    return x / distance, y / distance, z / distance


@njit_nogil
def _set_box(boxes: AnyArray, k: int, piece: AnyArray, num: int) -> None:  # pragma: no cover - compiled
    """Write the bounds of a piece into row k."""
    low_u, high_u, low_v, high_v = np.inf, -np.inf, np.inf, -np.inf
    for m in range(num):
        u, v = piece[m, 0], piece[m, 1]
        low_u, high_u, low_v, high_v = min(low_u, u), max(high_u, u), min(low_v, v), max(high_v, v)
    boxes[k, 0], boxes[k, 1], boxes[k, 2], boxes[k, 3] = low_u, high_u, low_v, high_v


@njit_nogil
def _next_met(
    k: int, end: int, boxes: AnyArray, shadow: tuple[float, float, float, float]
) -> int:  # pragma: no cover - compiled
    """Return the first piece from k on whose bounds overlap those of a shadow."""
    while k < end and (
        boxes[k, 0] >= shadow[1] or boxes[k, 1] <= shadow[0] or boxes[k, 2] >= shadow[3] or boxes[k, 3] <= shadow[2]
    ):
        k += 1
    return k


@njit_nogil
def _is_beside(piece: AnyArray, num: int, lines: AnyArray, num_lines: int, eps: float) -> bool:  # pragma: no cover
    """Return whether a piece lies behind one line, so that the shadow misses it."""
    for k in range(num_lines):
        beside = True
        for m in range(num):
            if lines[k, 0] * piece[m, 0] + lines[k, 1] * piece[m, 1] + lines[k, 2] > eps:
                beside = False
                break
        if beside:
            return True
    return False


@njit_nogil
def _area(piece: AnyArray, num: int) -> float:  # pragma: no cover - compiled
    total = 0.0
    for k in range(1, num - 1):
        total += (piece[k, 0] - piece[0, 0]) * (piece[k + 1, 1] - piece[0, 1])
        total -= (piece[k, 1] - piece[0, 1]) * (piece[k + 1, 0] - piece[0, 0])
    return 0.5 * abs(total)


@njit_nogil
def _split(
    piece: AnyArray, num: int, line: AnyArray, eps: float, front: AnyArray, back: AnyArray
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Cut a piece in two with a line; return the corners of both parts."""
    num_front, num_back = 0, 0
    here = line[0] * piece[0, 0] + line[1] * piece[0, 1] + line[2]
    here = 0.0 if abs(here) <= eps else here
    for k in range(num):
        after = k + 1 if k + 1 < num else 0
        there = line[0] * piece[after, 0] + line[1] * piece[after, 1] + line[2]
        there = 0.0 if abs(there) <= eps else there
        x, y = piece[k, 0], piece[k, 1]
        if here >= 0.0:
            front[num_front, 0], front[num_front, 1] = x, y
            num_front += 1
        if here <= 0.0:
            back[num_back, 0], back[num_back, 1] = x, y
            num_back += 1
        if here * there < 0.0:
            t = here / (here - there)
            x, y = x + t * (piece[after, 0] - x), y + t * (piece[after, 1] - y)
            front[num_front, 0], front[num_front, 1] = x, y
            back[num_back, 0], back[num_back, 1] = x, y
            num_front += 1
            num_back += 1
        here = there
    return num_front, num_back


@njit_nogil
def _cut_piece(
    k: int,
    number: int,
    pieces: AnyArray,
    sizes: AnyArray,
    boxes: AnyArray,
    lines: AnyArray,
    num_lines: int,
    rest: AnyArray,
    limits: tuple[float, float],
) -> int:  # pragma: no cover - compiled
    """Append what a shadow leaves of piece k; return the new number of pieces, `number` - 1 where it misses it."""
    eps, min_area = limits
    source, count = 0, sizes[k]
    for m in range(count):
        rest[0, m] = pieces[k, m]
    out = number
    for m in range(num_lines):
        if out >= len(pieces) or count + 2 > pieces.shape[1]:
            return -2
        count, behind = _split(rest[source], count, lines[m], eps, rest[1 - source], pieces[out])
        source = 1 - source
        if count < 3 or _area(rest[source], count) <= min_area:
            return number - 1
        if behind >= 3 and _area(pieces[out], behind) > min_area:
            sizes[out] = behind
            _set_box(boxes, out, pieces[out], behind)
            out += 1
    return out


@njit_nogil
def _move(to: int, source: int, pieces: AnyArray, sizes: AnyArray, boxes: AnyArray) -> None:  # pragma: no cover
    """Overwrite one piece with another."""
    for m in range(sizes[source]):
        pieces[to, m, 0], pieces[to, m, 1] = pieces[source, m, 0], pieces[source, m, 1]
    for m in range(4):
        boxes[to, m] = boxes[source, m]
    sizes[to] = sizes[source]


@njit_nogil
def _subtract(
    number: int,
    pieces: AnyArray,
    sizes: AnyArray,
    boxes: AnyArray,
    lines: AnyArray,
    num_lines: int,
    shadow: tuple[float, float, float, float],
    rest: AnyArray,
    limits: tuple[float, float],
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Cut a shadow out of all pieces; return their new number or OVERFLOW, and how many pieces it met."""
    end, cuts = number, 0
    k = _next_met(0, end, boxes, shadow)
    while k < end:
        after = number - 1
        if not _is_beside(pieces[k], sizes[k], lines, num_lines, limits[0]):
            after = _cut_piece(k, number, pieces, sizes, boxes, lines, num_lines, rest, limits)
        if after == -2:
            return OVERFLOW, 0
        if after == number - 1:
            k = _next_met(k + 1, end, boxes, shadow)
            continue
        # Piece k is replaced by pieces outside the shadow: the last untested one takes its place, the last of all that.
        number, end, cuts = after - 1, end - 1, cuts + 1
        _move(k, end, pieces, sizes, boxes)
        _move(end, number, pieces, sizes, boxes)
        k = _next_met(k, end, boxes, shadow)
    return number, cuts


@njit_nogil
def piece_factor(
    point: AnyArray, normal: AnyArray, frame: AnyArray, piece: AnyArray, num: int
) -> float:  # pragma: no cover - compiled
    """Return the form factor from a point with a normal to a polygon given in the receiver's plane."""
    ox, oy, oz = frame[0, 0] - point[0], frame[0, 1] - point[1], frame[0, 2] - point[2]
    x, y = piece[num - 1, 0], piece[num - 1, 1]
    ax = ox + x * frame[1, 0] + y * frame[2, 0]
    ay = oy + x * frame[1, 1] + y * frame[2, 1]
    az = oz + x * frame[1, 2] + y * frame[2, 2]
    total = 0.0
    for k in range(num):
        x, y = piece[k, 0], piece[k, 1]
        bx = ox + x * frame[1, 0] + y * frame[2, 0]
        by = oy + x * frame[1, 1] + y * frame[2, 1]
        bz = oz + x * frame[1, 2] + y * frame[2, 2]
        cx, cy, cz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        size = np.sqrt(cx * cx + cy * cy + cz * cz)
        if size > 0.0:
            angle = np.arctan2(size, ax * bx + ay * by + az * bz)
            total -= angle * (normal[0] * cx + normal[1] * cy + normal[2] * cz) / size
        ax, ay, az = bx, by, bz
    return total / (2.0 * np.pi)


@njit_nogil
def visible_factor(
    point: AnyArray,
    normal: AnyArray,
    receiver: tuple[AnyArray, AnyArray, int, float],
    found: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    num_found: int,
    eps: float,
    work: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
) -> tuple[float, int]:  # pragma: no cover - compiled
    """Return the form factor from a point to what it sees of the receiver, or OVERFLOW, and the pattern of the shadow.

    `receiver` holds frame, corners in the frame, their number and the area; `found` holds corners, their numbers,
    planes and the order of the occluders. Points with different patterns see
    different edges, so that the factor is smooth between points of one pattern only.
    """
    frame, base, num_base, area = receiver
    pieces, sizes, rest, lines, boxes = work
    axis = _depth_axis(point, frame)
    for m in range(num_base):
        pieces[0, m] = base[m]
    sizes[0] = num_base
    _set_box(boxes, 0, base, num_base)
    number, pattern = 1, 0
    limits = (eps, _SLIVER * area)
    for k in range(num_found):
        m = found[3][k]
        side = height(found[2][m], point)
        if abs(side) <= eps:
            continue
        shadow = _shadow_box(point, found[0][m], found[1][m], frame, axis)
        if _next_met(0, number, boxes, shadow) == number:
            pattern *= 31
            continue
        num_lines = shadow_lines(point, found[0][m], found[1][m], side, frame, lines)
        number, cuts = _subtract(number, pieces, sizes, boxes, lines, num_lines, shadow, rest, limits)
        if number <= 0:
            return float(number), 0
        pattern = 31 * pattern + cuts
    total = 0.0
    for k in range(number):
        total += piece_factor(point, normal, frame, pieces[k], sizes[k])
        pattern += sizes[k] * sizes[k]
    return max(total, 0.0), pattern


__all__ = ["OVERFLOW", "piece_factor", "visible_factor"]
