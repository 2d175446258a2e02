"""Compiled steps of molecules that walls send on diffusely."""

from typing import Any

import numba
import numpy as np

from bbrmodel.radiation.sampling import cosine_direction, digital_shifts
from bbrmodel.typing import AnyArray

_LEVELS = 65535.0  # cells along each axis of the curve that puts neighbours side by side
_MARGIN = 1e-4  # landing points keep this share of a facet away from its edges, where rounding would lose them
_LOST_MARGIN = 1e-2  # points that lost a molecule all the same, about one in a million


@numba.njit(cache=True, nogil=True)
def _spread(value: int) -> Any:  # pragma: no cover - compiled
    """Return 16 bits with two empty bits between neighbours."""
    x = np.int64(value)
    x = (x | (x << 16)) & 0x0000FF0000FF
    x = (x | (x << 8)) & 0x00F00F00F00F
    x = (x | (x << 4)) & 0x0C30C30C30C3
    return (x | (x << 2)) & 0x249249249249


@numba.njit(cache=True, nogil=True)
def _settle(point: AnyArray, corners: AnyArray, margin: float) -> None:  # pragma: no cover - compiled
    """Move a point near a triangle into it, a margin away from its edges."""
    a, b, c = corners[0], corners[1], corners[2]
    bb = bc = cc = pb = pc = 0.0
    for d in range(3):
        u, v, w = b[d] - a[d], c[d] - a[d], point[d] - a[d]
        bb += u * u
        bc += u * v
        cc += v * v
        pb += w * u
        pc += w * v
    scale = 1.0 / (bb * cc - bc * bc)
    second = max((cc * pb - bc * pc) * scale, margin)
    third = max((bb * pc - bc * pb) * scale, margin)
    first = max(1.0 - second - third, margin)
    total = first + second + third
    for d in range(3):
        point[d] = (first * a[d] + second * b[d] + third * c[d]) / total


@numba.njit(cache=True, nogil=True)
def land(
    flight: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    hits: tuple[AnyArray, AnyArray, AnyArray],
    opening: AnyArray,
    geometry: tuple[AnyArray, AnyArray, AnyArray],
) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray, float]:  # pragma: no cover - compiled
    """Let openings take the molecules that reach them and put the others on the wall they reach.

    Parameters
    ----------
    flight
        facet that each molecule left (n,), origins and directions (n, 3), weights (n,).
    hits
        facet reached (n,), distance [m], and True where the ray was lost: such a molecule starts again.
    opening
        number of every facet's opening, -1 on walls.
    geometry
        vertices (num, 3, 3), normals (num, 3), lift (num,).

    Returns
    -------
    :
        of the molecules that go on: facet, origin and weight; weight taken by each opening; weight that hit walls.
    """
    left, origins, directions, weight = flight
    reached, distance, lost = hits
    vertices, normals, lift = geometry
    num = len(left)
    facet, origin = np.empty(num, dtype=np.int64), np.empty((num, 3))
    going = np.empty(num)
    taken = np.zeros(opening.max() + 1)
    on_walls = 0.0
    out = 0
    for m in range(num):
        i = left[m] if lost[m] else reached[m]
        if not lost[m]:
            if opening[i] >= 0:
                taken[opening[i]] += weight[m]
                continue
            on_walls += weight[m]
        way = 0.0 if lost[m] else np.float64(distance[m])
        for d in range(3):
            origin[out, d] = origins[m, d] + way * directions[m, d]
        _settle(origin[out], vertices[i], _LOST_MARGIN if lost[m] else _MARGIN)
        for d in range(3):
            origin[out, d] += lift[i] * normals[i, d]
        facet[out], going[out] = i, weight[m]
        out += 1
    return facet[:out], origin[:out], going[:out], taken, on_walls


@numba.njit(cache=True, nogil=True)
def curve_places(origin: AnyArray, low: AnyArray, side: float) -> AnyArray:  # pragma: no cover - compiled
    """Return the places of points (n, 3) along a Z-shaped curve through the cube at `low` of that side."""
    place = np.zeros(len(origin), dtype=np.int64)
    for m in range(len(origin)):
        for d in range(3):
            cell = min(max((origin[m, d] - low[d]) / side, 0.0), 1.0) * _LEVELS
            place[m] |= _spread(np.int64(cell)) << d
    return place


@numba.njit(cache=True, nogil=True)
def send_on(
    facet: AnyArray, points: AnyArray, seed: int, wave: int, normals: AnyArray
) -> AnyArray:  # pragma: no cover - compiled
    """Return cosine-distributed directions, float32 (n, 3): point k of the Sobol sequence for the k-th molecule."""
    shift = np.empty(4, dtype=np.uint32)
    digital_shifts(seed, -1 - wave, shift)
    directions = np.empty((len(facet), 3), dtype=np.float32)
    for m in range(len(facet)):
        s = ((points[m, 0] ^ shift[0]) + 0.5) * 2.0**-32
        t = ((points[m, 1] ^ shift[1]) + 0.5) * 2.0**-32
        cosine_direction(s, t, normals[facet[m]], directions[m])
    return directions


__all__ = ["curve_places", "land", "send_on"]
