"""Compiled loops over traced rays."""

import numba
import numpy as np

from bbrmodel.typing import AnyArray

HIT, ESCAPED, LOST = 0, 1, 2


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


@numba.njit(cache=True, nogil=True)
def accumulate(
    rays: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    hits: tuple[AnyArray, AnyArray, AnyArray],
    density: AnyArray,
    portals: AnyArray,
    groups: tuple[AnyArray, AnyArray, AnyArray],
) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray]:  # pragma: no cover - compiled
    """Turn traced rays into pooled exchange areas, one sorted row per emitting facet.

    A line between facets i and j is found by rays of i, by rays of j and by rays of the portals it crosses. Its
    weight is one over the sum of these line densities, so that all samples count once, each by its own precision.

    Parameters
    ----------
    rays
        facets (n,), rays of each (n,), origins and directions (num_rays, 3).
    hits
        facet that was hit (num_rays,), distance [m], kind HIT, ESCAPED or LOST.
    density
        rays per area of every facet [1/m2].
    portals
        as for `crossed_density`.
    groups
        surface of every facet, its area, and a matrix that takes the one-sided sums by surface.

    Returns
    -------
    :
        entries of each row (n,); columns, values and squared weights of the entries; exchange area with the
        environment (n,); lost rays (n,).
    """
    facets, counts, origins, directions = rays
    hit, distance, kind = hits
    surface, area, one_sided = groups
    size = np.zeros(len(facets), dtype=np.int64)
    columns = np.empty(len(hit), dtype=np.int32)
    values = np.empty(len(hit))
    squares = np.empty(len(hit))
    escape = np.zeros(len(facets))
    lost = np.zeros(len(facets), dtype=np.int64)
    ray, out = 0, 0
    for k in range(len(facets)):
        i, n = facets[k], counts[k]
        weight = np.zeros(n)
        target = np.empty(n, dtype=np.int64)
        for m in range(n):
            r = ray + m
            target[m] = -1
            if kind[r] == LOST:
                lost[k] += 1
                continue
            through = crossed_density(origins[r], directions[r], distance[r], portals)
            if kind[r] == ESCAPED:
                escape[k] += 1.0 / (density[i] + through)
                continue
            j = hit[r]
            target[m] = j
            weight[m] = 1.0 / (density[i] + density[j] + through)
            one_sided[surface[i], surface[j]] += area[i] / n
        order = np.argsort(target)
        last = -1
        for m in order:
            j = target[m]
            if j < 0:
                continue
            if j != last:
                columns[out], values[out], squares[out] = j, 0.0, 0.0
                out += 1
                size[k] += 1
                last = j
            values[out - 1] += weight[m]
            squares[out - 1] += weight[m] ** 2
        ray += n
    return size, columns[:out].copy(), values[:out].copy(), squares[:out].copy(), escape, lost


@numba.njit(cache=True, nogil=True)
def portal_lines(
    origins: AnyArray,
    directions: AnyArray,
    ends: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray],
    density: AnyArray,
    portals: AnyArray,
    own: int,
) -> AnyArray:  # pragma: no cover - compiled
    """Return the weight of each line through a portal, 0 where an end is lost or both escape.

    `ends` holds facet, distance and kind of the hit ahead and of the hit behind.
    """
    ahead, reach_ahead, kind_ahead, behind, reach_behind, kind_behind = ends
    weight = np.zeros(len(origins))
    for r in range(len(origins)):
        if kind_ahead[r] == LOST or kind_behind[r] == LOST:
            continue
        total = portals[own, 7]
        if kind_ahead[r] == HIT:
            total += density[ahead[r]]
        if kind_behind[r] == HIT:
            total += density[behind[r]]
        if kind_ahead[r] == ESCAPED and kind_behind[r] == ESCAPED:
            continue
        for p in range(len(portals)):
            if p != own:
                one = portals[p : p + 1]
                total += crossed_density(origins[r], directions[r], reach_ahead[r], one)
                total += crossed_density(origins[r], -directions[r], reach_behind[r], one)
        weight[r] = 1.0 / total
    return weight


__all__ = ["ESCAPED", "HIT", "LOST", "accumulate", "crossed_density", "portal_lines"]
