"""Compiled loops over traced rays."""

import numba
import numpy as np

from bbrmodel.typing import AnyArray

HIT, ESCAPED, LOST = 0, 1, 2
MOST_HITS = np.uint16(65535)  # of one entry; more take another one
_INWARD = 0.9999


@numba.njit(cache=True, nogil=True)
def crossed_density(
    origin: AnyArray, direction: AnyArray, distance: float, portals: AnyArray
) -> float:  # pragma: no cover - compiled
    """Return the summed line density [1/m2] of the portals that a ray crosses.

    Rows of `portals`: centre (3), unit normal (3), radius squared, line density.
    """
    total = 0.0
    for p in range(len(portals)):
        along = direction[0] * portals[p, 3] + direction[1] * portals[p, 4] + direction[2] * portals[p, 5]
        if along == 0.0:
            continue
        x, y, z = portals[p, 0] - origin[0], portals[p, 1] - origin[1], portals[p, 2] - origin[2]
        t = (x * portals[p, 3] + y * portals[p, 4] + z * portals[p, 5]) / along
        if t <= 0.0 or t >= distance:
            continue
        x, y, z = t * direction[0] - x, t * direction[1] - y, t * direction[2] - z
        if x * x + y * y + z * z < portals[p, 6]:
            total += portals[p, 7]
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def add_crossings(
    origins: AnyArray, directions: AnyArray, distance: AnyArray, portals: AnyArray, through: AnyArray
) -> None:  # pragma: no cover - compiled
    """Add to `through` (num_rays,) the line density of the portals that each ray crosses.

    As `crossed_density`, written without branches for many rays: along a portal's plane 0 / 0 compares as no crossing.
    """
    for p in range(len(portals)):
        cx, cy, cz = portals[p, 0], portals[p, 1], portals[p, 2]
        nx, ny, nz = portals[p, 3], portals[p, 4], portals[p, 5]
        reach, density = portals[p, 6], portals[p, 7]
        for r in range(len(through)):
            x, y, z = cx - origins[r, 0], cy - origins[r, 1], cz - origins[r, 2]
            along = directions[r, 0] * nx + directions[r, 1] * ny + directions[r, 2] * nz
            t = (x * nx + y * ny + z * nz) / along
            x, y, z = t * directions[r, 0] - x, t * directions[r, 1] - y, t * directions[r, 2] - z
            inside = (t > 0.0) & (t < distance[r]) & (x * x + y * y + z * z < reach)
            through[r] += density if inside else 0.0


@numba.njit(cache=True, nogil=True)
def classify_hits(
    facet: AnyArray, from_behind: AnyArray, radiates: AnyArray, miss: int
) -> AnyArray:  # pragma: no cover - compiled
    """Return HIT for rays that meet the front of a radiating facet, `miss` for those that meet nothing, else LOST."""
    kind = np.empty(len(facet), dtype=np.int8)
    for r in range(len(facet)):
        j = facet[r]
        kind[r] = miss if j < 0 else (LOST if from_behind[r] or not radiates[j] else HIT)
    return kind


@numba.njit(cache=True, nogil=True)
def count_rows(
    starts: AnyArray, target: AnyArray, num_facets: int
) -> tuple[AnyArray, AnyArray, AnyArray]:  # pragma: no cover - compiled
    """Count equal targets in each row.

    Row k holds the samples starts[k] to starts[k + 1]; a target below 0 does not count.

    Returns
    -------
    :
        entries of each row, and columns (in the order of their first hit) and counts of all entries.
    """
    size = np.zeros(len(starts) - 1, dtype=np.int64)
    columns = np.empty(len(target), dtype=np.int32)
    counts = np.empty(len(target), dtype=np.uint16)
    place = np.full(num_facets, -1, dtype=np.int32)  # of a facet's entry in this row
    out = 0
    for k in range(len(size)):
        first = out
        for r in range(starts[k], starts[k + 1]):
            j = target[r]
            if j < 0:
                continue
            entry = place[j]
            if entry < first or counts[entry] == MOST_HITS:  # entries of earlier rows lie before `first`
                entry = out
                columns[entry], counts[entry], place[j] = j, 0, entry
                out += 1
            counts[entry] += 1
        size[k] = out - first
    return size, columns[:out].copy(), counts[:out].copy()


@numba.njit(cache=True, nogil=True)
def _uniform(seed: int, number: int, bounce: int) -> float:  # pragma: no cover - compiled
    """Return a number in (0, 1) from the identity of a ray: splitmix64 of its three counters."""
    z = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(number)
    for _ in range(2):
        z = (z ^ np.uint64(bounce)) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (float(z >> np.uint64(11)) + 0.5) * 2.0**-53


@numba.njit(cache=True, nogil=True)
def mirror(
    rays: tuple[AnyArray, AnyArray],
    hits: tuple[AnyArray, AnyArray, AnyArray],
    specular: AnyArray,
    surface: tuple[AnyArray, AnyArray, AnyArray],
    draw: tuple[int, int],
) -> tuple[AnyArray, AnyArray, AnyArray]:  # pragma: no cover - compiled
    """Reflect rays that a mirror keeps going: each with the probability of its facet's specular reflectivity.

    Parameters
    ----------
    rays
        identity of each ray (num,), directions (num, 3).
    hits
        facet, place on it and kind of each ray's hit.
    specular
        specular reflectivity of every facet.
    surface
        vertices, normals and lift of every facet. A ray starts from its place on the facet, drawn in a little from
        the rim, because float32 may put the point where it arrived behind a neighbouring facet.
    draw
        seed and number of the bounce.

    Returns
    -------
    :
        indices of the rays that go on, their new origins and directions.
    """
    identity, directions = rays
    facet, place, kind = hits
    vertices, normals, lift = surface
    seed, bounce = draw
    going = np.empty(len(facet), dtype=np.int64)
    new_origins = np.empty((len(facet), 3), dtype=np.float32)
    new_directions = np.empty((len(facet), 3), dtype=np.float32)
    out = 0
    for r in range(len(facet)):
        if kind[r] != HIT:
            continue
        j = facet[r]
        if specular[j] == 0.0 or _uniform(seed, identity[r], bounce) >= specular[j]:
            continue
        n = normals[j]
        along = directions[r, 0] * n[0] + directions[r, 1] * n[1] + directions[r, 2] * n[2]
        u = _INWARD * float(place[r, 0]) + (1.0 - _INWARD) / 3.0
        v = _INWARD * float(place[r, 1]) + (1.0 - _INWARD) / 3.0
        for d in range(3):
            new_directions[out, d] = directions[r, d] - 2.0 * along * n[d]
            a = vertices[j, 0, d]
            new_origins[out, d] = a + u * (vertices[j, 1, d] - a) + v * (vertices[j, 2, d] - a) + lift[j] * n[d]
        going[out] = r
        out += 1
    return going[:out].copy(), new_origins[:out].copy(), new_directions[:out].copy()


__all__ = ["ESCAPED", "HIT", "LOST", "add_crossings", "classify_hits", "count_rows", "crossed_density", "mirror"]
