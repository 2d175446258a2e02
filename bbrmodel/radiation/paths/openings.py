# mypy: disallow-untyped-decorators=False
r"""Compiled steps that send light through small openings on purpose.

Wherever light is scattered diffusely, some of it would pass an opening straight away: a part so small that few paths
find it. It is split off as a *probe*, a path of small weight to a drawn point of the opening's disc, and the path
itself is kept from passing there. The sum of both weights stays what it was, so nothing is made or lost:

1. `send_probes` draws probes with the density :math:`q` (per solid angle) where scattering has the density :math:`f`.
2. `settle_probes` ends a probe that meets something before the disc. Any other takes the weight
   :math:`w f / \sum q` from its path, the sum running over all discs that its line passes: the balance heuristic.
3. A path that would pass one of these discs by itself is sent anew from where it was (`turn_back`): it then has the
   density of what was not split off.
"""

from typing import Any

import numba
import numpy as np

from bbrmodel.radiation.paths.kernels import SCATTER, STEP, draw_on_disc, fresnel_absorptivity, halves, scatter
from bbrmodel.radiation.sampling import mix_bits
from bbrmodel.typing import AnyArray

_UNIT = 2.0**-32
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_PROBE = np.uint64(0x8CB92BA72F3D8DD7)
_AGAIN = np.uint64(0xDA942042E4DD58B5)
_MERGE = np.uint64(0x9E6C63D0876A9A99)
OLD = 8  # reflections after which probes join
_EVERYWHERE = 0.25 / np.pi
# Columns of an opening: centre 0-2, unit normal 3-5, and
RADIUS, AREA = 6, 7


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _passes(origin: Any, ray: Any, reach: float, disc: AnyArray) -> Any:  # pragma: no cover - compiled
    """Return the density per solid angle of a uniform point of the disc at which a ray passes it; 0 where it misses."""
    along = ray[0] * disc[3] + ray[1] * disc[4] + ray[2] * disc[5]
    if along == 0.0:
        return 0.0
    x, y, z = disc[0] - origin[0], disc[1] - origin[1], disc[2] - origin[2]
    t = (x * disc[3] + y * disc[4] + z * disc[5]) / along
    if t <= 0.0 or t >= reach:
        return 0.0
    x, y, z = t * ray[0] - x, t * ray[1] - y, t * ray[2] - z
    if x * x + y * y + z * z >= disc[RADIUS] * disc[RADIUS]:
        return 0.0
    return t * t / (disc[AREA] * abs(along))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _limit(origin: Any, normal: Any, brightest: float, disc: AnyArray) -> Any:  # pragma: no cover - compiled
    """Return a bound of the part of scattered light that passes a disc; 0 where the disc lies below the horizon."""
    x, y, z = disc[0] - origin[0], disc[1] - origin[1], disc[2] - origin[2]
    high = abs(x * disc[3] + y * disc[4] + z * disc[5])
    aside = np.sqrt(max(0.0, x * x + y * y + z * z - high * high))
    near = max(0.0, aside - disc[RADIUS])
    squared = high * high + near * near
    if squared <= 0.0:
        return np.inf
    if normal[0] != 0.0 or normal[1] != 0.0 or normal[2] != 0.0:
        tilt = normal[0] * disc[3] + normal[1] * disc[4] + normal[2] * disc[5]
        top = x * normal[0] + y * normal[1] + z * normal[2] + disc[RADIUS] * np.sqrt(max(0.0, 1.0 - tilt * tilt))
        if top <= 0.0:
            return 0.0
        brightest *= min(1.0, top / np.sqrt(squared))
    return brightest * disc[AREA] * high / (squared * np.sqrt(squared))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _brightness(ray: Any, normal: Any, metal: Any) -> Any:  # pragma: no cover - compiled
    """Return the density per solid angle of scattering into a direction."""
    cos = ray[0] * normal[0] + ray[1] * normal[1] + ray[2] * normal[2]
    if cos <= 0.0:
        return 0.0
    if metal[0] > 0.0:
        cos *= (1.0 - fresnel_absorptivity(cos, metal[0], metal[1])) / (1.0 - metal[2])
    return cos / np.pi


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _towards(origin: Any, disc: AnyArray, place: Any) -> Any:  # pragma: no cover - compiled
    """Return the unit direction to a point of a disc, given by a point of the unit square."""
    nx, ny, nz = disc[3], disc[4], disc[5]
    sign = 1.0 if nz >= 0.0 else -1.0
    p = -1.0 / (sign + nz)
    q = nx * ny * p
    rho = disc[RADIUS] * np.sqrt(place[0])
    a, b = rho * np.cos(2.0 * np.pi * place[1]), rho * np.sin(2.0 * np.pi * place[1])
    x = disc[0] + a * (1.0 + sign * nx * nx * p) + b * q - origin[0]
    y = disc[1] + a * sign * q + b * (sign + ny * ny * p) - origin[1]
    z = disc[2] - a * sign * nx - b * ny - origin[2]
    size = np.sqrt(x * x + y * y + z * z)
    return x / size, y / size, z / size


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _spread(point: AnyArray, shift: AnyArray, disc: int) -> Any:  # pragma: no cover - compiled
    """Return a low-discrepancy point of the unit square, shifted apart from the path's own and for each disc."""
    word = mix_bits((np.uint64(shift[0]) << _HALF) + np.uint64(shift[1]) + np.uint64(disc))
    u, v = np.uint64(point[0]) ^ (word >> _HALF), np.uint64(point[1]) ^ (word & _LOW)
    return (np.float64(u) + 0.5) * _UNIT, (np.float64(v) + 0.5) * _UNIT


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _place(r: int, facet: int, state: Any, tables: Any) -> Any:  # pragma: no cover - compiled
    """Return origin, normal on the side that light leaves to, and n, k, absorptivity of where a path is scattered.

    A facet below 0 stands for a point that sends light in all directions alike; its normal is zero.
    """
    origins, directions = state[0], state[1]
    origin = (np.float64(origins[r, 0]), np.float64(origins[r, 1]), np.float64(origins[r, 2]))
    if facet < 0:
        return origin, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
    g, metals = tables[0], tables[1]
    nx, ny, nz = np.float64(g[facet, 9]), np.float64(g[facet, 10]), np.float64(g[facet, 11])
    if directions[r, 0] * nx + directions[r, 1] * ny + directions[r, 2] * nz < 0.0:
        nx, ny, nz = -nx, -ny, -nz
    return origin, (nx, ny, nz), (metals[facet, 0], metals[facet, 1], metals[facet, 2])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _choose(origin: Any, normal: Any, metal: Any, chance: float, discs: AnyArray) -> int:  # pragma: no cover - compiled
    """Return the discs (bits) that get probes: those so far that no probe can take more than its path has."""
    brightest = 1.0 / (np.pi * (1.0 - metal[2]))
    if normal[0] == 0.0 and normal[1] == 0.0 and normal[2] == 0.0:
        brightest = _EVERYWHERE
    chosen, room = 0, chance
    for p in range(len(discs)):
        limit = _limit(origin, normal, brightest, discs[p])
        if 0.0 < limit < room:
            chosen |= 1 << p
            room -= limit
    return chosen


@numba.njit(cache=True, nogil=True, error_model="numpy")
def send_probes(
    count: int, state: Any, facet: AnyArray, desk: Any, random: Any, tables: Any
) -> int:  # pragma: no cover - compiled
    """Append probes of the first `count` paths of `state` where there is room; return how many paths there are now.

    Parameters
    ----------
    facet
        shape (n,), where each path leaves; below 0: the point of the source.
    desk
        Notes on each path, filled here: facet, discs that probes go to (bits), chance of a probe to each, the
        probe's path, and weight x density of scattering towards it.
    random
        step; chance of a probe to each disc, for a path of weight 1; low-discrepancy points of the discs (none: random
        ones) and their shift in every row.
    """
    origins, directions, weights, keys, names, rows, inside, what = state
    at, mask, chances, parent, bright = desk
    step, eager, points, shifts = random
    discs, out = tables[4], count
    for r in range(count):
        at[r], mask[r] = facet[r], 0
        chance = eager * min(1.0, weights[r])
        if what[r] != SCATTER or out + len(discs) > len(weights):
            continue
        origin, normal, metal = _place(r, facet[r], state, tables)
        chosen = _choose(origin, normal, metal, chance, discs)
        mask[r], chances[r] = chosen, chance
        word = mix_bits((keys[r] + np.uint64(step) * STEP) ^ _PROBE)
        for p in range(len(discs)):
            word = mix_bits(word)
            if not (chosen >> p) & 1 or halves(word)[0] >= chance:
                continue
            word = mix_bits(word)
            spot = halves(word) if len(points) == 0 else _spread(points[names[r]], shifts[rows[r]], p)
            ray = _towards(origin, discs[p], spot)
            density = _EVERYWHERE if facet[r] < 0 else _brightness(ray, normal, metal)
            if density <= 0.0:
                continue
            for d in range(3):
                origins[out, d], directions[out, d] = origins[r, d], ray[d]
            weights[out], keys[out], rows[out] = 0.0, mix_bits(~word), rows[r]
            names[out] = names[r] if step == 0 else -step
            inside[out], parent[out], bright[out] = -1, r, weights[r] * density
            mask[out], chances[out] = chosen, chance
            out += 1
    return out


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _probed(r: int, state: Any, reach: float, chosen: int, discs: AnyArray) -> float:  # pragma: no cover - compiled
    """Return the summed density per solid angle of points of the chosen discs that a ray passes."""
    origins, directions = state[0], state[1]
    origin = (np.float64(origins[r, 0]), np.float64(origins[r, 1]), np.float64(origins[r, 2]))
    ray = (np.float64(directions[r, 0]), np.float64(directions[r, 1]), np.float64(directions[r, 2]))
    total = 0.0
    for p in range(len(discs)):
        if (chosen >> p) & 1:
            total += _passes(origin, ray, reach, discs[p])
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def settle_probes(
    count: Any, state: Any, hits: Any, desk: Any, discs: AnyArray
) -> AnyArray:  # pragma: no cover - compiled
    """Give probes their weights, taken from their paths; return the paths that must turn back.

    `count` holds the numbers of paths before and with probes; `hits` facet and distance of each.
    """
    weights = state[2]
    facet, distance = hits
    _, mask, chances, parent, bright = desk
    for r in range(count[0], count[1]):
        reach = np.float64(distance[r]) if facet[r] >= 0 else np.inf
        density = _probed(r, state, reach, mask[r], discs)
        if density > 0.0:
            weights[r] = bright[r] / (density * chances[r])
            weights[parent[r]] -= weights[r]
    back = np.empty(count[0], dtype=np.int64)
    out = 0
    for r in range(count[0]):
        if mask[r] != 0:
            reach = np.float64(distance[r]) if facet[r] >= 0 else np.inf
            if _probed(r, state, reach, mask[r], discs) > 0.0:
                back[out] = r
                out += 1
    return back[:out].copy()


@numba.njit(cache=True, nogil=True, error_model="numpy")
def turn_back(
    back: AnyArray, state: Any, at: AnyArray, random: Any, tables: Any
) -> None:  # pragma: no cover - compiled
    """Scatter paths anew from where they were; `random` holds the step and how often this was done already."""
    directions, keys = state[1], state[3]
    step, turn = random
    for r in back:
        word = mix_bits(((keys[r] + np.uint64(step) * STEP) ^ _AGAIN) + np.uint64(turn))
        _, normal, metal = _place(r, at[r], state, tables)
        if at[r] < 0:
            u, v = halves(word)
            z = 1.0 - 2.0 * u
            s = np.sqrt(max(0.0, 1.0 - z * z))
            x, y = s * np.cos(2.0 * np.pi * v), s * np.sin(2.0 * np.pi * v)
        else:
            x, y, z = scatter(normal, draw_on_disc(word), (metal[0], metal[1]))
        directions[r, 0], directions[r, 1], directions[r, 2] = x, y, z


@numba.njit(cache=True, nogil=True, error_model="numpy")
def passing_again(
    back: AnyArray, state: Any, hits: Any, mask: AnyArray, discs: AnyArray
) -> AnyArray:  # pragma: no cover - compiled
    """Return which of the paths that turned back would pass a disc again; `hits` has one entry for each of them."""
    facet, distance = hits
    again = np.empty(len(back), dtype=np.int64)
    out = 0
    for i in range(len(back)):
        reach = np.float64(distance[i]) if facet[i] >= 0 else np.inf
        if _probed(back[i], state, reach, mask[back[i]], discs) > 0.0:
            again[out] = back[i]
            out += 1
    return again[:out].copy()


@numba.njit(cache=True, nogil=True, error_model="numpy")
def merge_probes(count: int, state: Any, limit: float, step: int) -> None:  # pragma: no cover - compiled
    """Let old probes of small weight join in pairs: one, drawn by weight, goes on with the weight of both.

    Light that an opening sends back into a bright cavity would else live long and tell little.
    """
    _, _, weights, keys, names, rows, inside, _ = state
    mate = -1
    for r in range(count):
        if weights[r] >= limit or names[r] >= 0 or step + names[r] < OLD or inside[r] >= 0:
            continue
        if mate < 0 or rows[mate] != rows[r]:
            mate = r
            continue
        both = weights[mate] + weights[r]
        draw, _ = halves(mix_bits((keys[mate] ^ _MERGE) + keys[r]))
        if draw * both < weights[r]:
            weights[r], weights[mate] = both, 0.0
        else:
            weights[mate], weights[r] = both, 0.0
        mate = -1


__all__ = ["OLD", "merge_probes", "passing_again", "send_probes", "settle_probes", "turn_back"]
