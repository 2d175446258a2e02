"""The part of the rays of all facets and portals that one process traces, and the lines that they find."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from bbrmodel.parallel import cores
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.exchange_areas import weighted_lines
from bbrmodel.radiation.kernels import ESCAPED, HIT, LOST, count_rows
from bbrmodel.radiation.lines import Lines, one_sided_sums
from bbrmodel.radiation.losses import count_first_met
from bbrmodel.radiation.tracer import PORTAL_PARTS, RaySettings, RayShare, Tracer, Visits
from bbrmodel.typing import AnyArray, FloatArray, IntArray

_RAYS_AT_ONCE = 1 << 16  # few enough for the processor's cache
_RAYS_PER_CHUNK = 1 << 21  # of one block of lines
_LEAST_PER_CHUNK = 1 << 17


@dataclass(frozen=True)
class _Ends:
    """Lines of given weight, arrays of shape (num,).

    Both ends (second -1: the environment), sums of weights [m2] and of squared ones [m4], source and replica.
    """

    first: IntArray
    second: IntArray
    weight: FloatArray
    square: FloatArray
    unit: IntArray
    replica: IntArray


@dataclass
class RankRays:
    """Rays of one process, and what they add up to; every `ranks`-th chunk of facets and set of a portal is its own.

    Attributes
    ----------
    lines
        On which no portal lies.
    ends
        Through portals, and out of the model.
    report
        Called with how many facets have been done.
    """

    tracer: Tracer
    rank: int
    ranks: int
    lines: list[Lines] = field(default_factory=list)
    ends: list[_Ends] = field(default_factory=list)
    report: Callable[[int], None] | None = None


def make_rays(
    enclosure: Enclosure,
    settings: RaySettings,
    specular: FloatArray | None,
    share: RayShare | None,
    place: tuple[int, int],
) -> RankRays:
    """Return the rays of one process; `place` holds its number and that of all processes."""
    return RankRays(Tracer(enclosure, settings, specular, share), *place)


def trace_facets(rays: RankRays) -> IntArray:
    """Trace the rays of facets, in threads whose results are put together in order; return how many each facet lost."""
    tracer = rays.tracer
    lost = np.zeros(tracer.enclosure.num_facets, dtype=np.int64)
    # Chunks for every process; results do not depend on where one ends.
    size = _RAYS_PER_CHUNK if rays.ranks == 1 else _smaller_chunk(tracer.rays_in_all, rays.ranks)
    chunks = list(tracer.chunks(size))[rays.rank :: rays.ranks]
    done = 0
    with ThreadPoolExecutor(cores()) as threads:
        for chunk, result in zip(chunks, threads.map(lambda part: _trace_chunk(tracer, part), chunks), strict=True):
            rays.lines.append(result.lines)
            rays.ends += result.ends
            lost[chunk] += result.lost
            done += len(chunk)
            if rays.report:
                rays.report(done)
    return lost


def _smaller_chunk(rays_in_all: int, ranks: int) -> int:
    """Return so many rays that every process has 16 chunks or more, if that is not too few for a block of lines."""
    return min(_RAYS_PER_CHUNK, max(_LEAST_PER_CHUNK, rays_in_all // (16 * ranks)))


@dataclass(frozen=True)
class _Chunk:
    """What the rays of some facets met."""

    lines: Lines
    ends: list[_Ends]
    lost: IntArray


def _trace_chunk(tracer: Tracer, facets: IntArray) -> _Chunk:
    """Sample, trace and count the rays of some facets (runs in a worker thread; the heavy parts release the GIL)."""
    replicas = tracer.settings.replicas
    each = int(tracer.rays[facets[0]])
    at_once = max(1, _RAYS_AT_ONCE // (each * replicas))
    sizes, columns, counts = [], [], []
    ends: list[_Ends] = []
    lost = np.zeros(len(facets), dtype=np.int64)
    for start in range(0, len(facets), at_once):
        part = facets[start : start + at_once]
        rows = _trace_part(tracer, part, each, ends, lost[start : start + at_once])
        sizes.append(rows[0])
        columns.append(rows[1])
        counts.append(rows[2])
    lines = Lines(
        facet=np.repeat(facets, replicas),
        start=np.concatenate([[0], np.cumsum(np.concatenate(sizes))]),
        column=np.concatenate(columns),
        strength=np.concatenate(counts),
        density=tracer.density,
        unit=np.repeat(facets, replicas),
        replica=np.tile(np.arange(replicas), len(facets)),
    )
    return _Chunk(lines, [_merge(ends, tracer)] if ends else [], lost)


def _trace_part(
    tracer: Tracer, facets: IntArray, each: int, ends: list[_Ends], lost: IntArray
) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Return entries, columns and counts of the rows of some facets; adds other lines to `ends`, losses to `lost`."""
    replicas = tracer.settings.replicas
    origins, directions = tracer.sample_facets(facets)
    arrivals = []
    first_identity: int | IntArray = 0
    if tracer.specular is not None:  # numbers by facet: they depend neither on chunks nor on ranks
        first_identity = (facets[:, None] * (each * replicas) + np.arange(each * replicas)).reshape(-1)
    for visits in tracer.follow(origins, directions, first_identity=first_identity, homes=facets):
        target = np.where(visits.kind == HIT, visits.facet, -1).astype(np.int32)
        aside = visits.kind == ESCAPED
        if len(tracer.portals):
            aside |= (visits.through > 0.0) & (visits.kind == HIT)
        if aside.any():
            ends.append(_set_aside(tracer, facets, each, visits, np.flatnonzero(aside)))
            target[aside] = -1
        missing = visits.kind == LOST
        if missing.any():
            lost += np.bincount(visits.ray[missing] // (each * replicas), minlength=len(facets))
        arrivals.append((visits.ray // each, target))
    return _count(arrivals, len(facets) * replicas, tracer.enclosure.num_facets)


def _set_aside(tracer: Tracer, facets: IntArray, each: int, visits: Visits, which: IntArray) -> _Ends:
    """Return arrivals whose weights differ from line to line."""
    row = visits.ray[which] // each
    first = facets[row // tracer.settings.replicas]
    second = np.where(visits.kind[which] == HIT, visits.facet[which], -1).astype(np.int64)
    density = tracer.density[first] + visits.through[which] + np.where(second >= 0, tracer.density[second], 0.0)
    return _Ends(first, second, 1.0 / density, density**-2, first, row % tracer.settings.replicas)


def _merge(parts: list[_Ends], tracer: Tracer) -> _Ends:
    """Return lines of facets, or of one portal's set, with equal ones added up, sorted by first end and replica."""
    first, second, weight, square, unit, replica = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("first", "second", "weight", "square", "unit", "replica")
    )
    # The unit is the first facet, or the same for all, so it need not be part of the key.
    key = (first * tracer.settings.replicas + replica) * (tracer.enclosure.num_facets + 1) + second + 1
    _, index, which = np.unique(key, return_index=True, return_inverse=True)
    sums = [
        np.bincount(which.reshape(-1), weights=w, minlength=len(index)).astype(np.float64) for w in (weight, square)
    ]
    return _Ends(first[index], second[index], sums[0], sums[1], unit[index], replica[index])


def _count(
    parts: list[tuple[IntArray, AnyArray]], num_rows: int, num_facets: int
) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Return `count_rows` of arrivals in any order."""
    row, target = parts[0]
    if len(parts) > 1:  # without mirrors the arrivals are in the order of the facets
        row, target = (np.concatenate([part[k] for part in parts]) for k in range(2))
        order = np.argsort(row, kind="stable")
        row, target = row[order], target[order]
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=num_rows))])
    return count_rows(starts, target, num_facets)  # type: ignore[no-any-return]


def trace_portals(rays: RankRays) -> IntArray:
    """Trace the rays through portals: each joins what lies ahead with what lies behind.

    Returns
    -------
    :
        shape (num_portals, 3), `count_first_met` of every portal.
    """
    tracer = rays.tracer
    sets = tracer.settings.portal_sets
    first_met = np.zeros((len(tracer.portals), 3), dtype=np.int64)
    jobs = [(number, which) for number in range(len(tracer.portals)) for which in range(sets)]
    for number, which in jobs[rays.rank :: rays.ranks]:
        origins, directions = tracer.sample_portal(number, which)
        identity = -(number * sets + which + 1) << 40
        ways = []
        for way, sign in enumerate((1.0, -1.0)):
            start = identity + way * len(origins)
            turned = (sign * directions).astype(np.float32)
            ways.append(list(tracer.follow(origins, turned, first_identity=start, without_portal=number)))
        first_met[number] += count_first_met(ways[0][0], ways[1][0])
        found = [
            _portal_lines(tracer, number, which, ahead=ahead, behind=behind) for ahead in ways[0] for behind in ways[1]
        ]
        rays.ends.append(_merge(found, tracer))
    return first_met


def _portal_lines(tracer: Tracer, number: int, which: int, *, ahead: Visits, behind: Visits) -> _Ends:
    """Return lines between arrivals ahead of and behind a portal, and those that leave the model on one side."""
    _, a, b = np.intersect1d(ahead.ray, behind.ray, assume_unique=True, return_indices=True)
    usable = (ahead.kind[a] != LOST) & (behind.kind[b] != LOST) & ((ahead.kind[a] == HIT) | (behind.kind[b] == HIT))
    a, b = a[usable], b[usable]
    first = np.where(ahead.kind[a] == HIT, ahead.facet[a], -1).astype(np.int64)
    second = np.where(behind.kind[b] == HIT, behind.facet[b], -1).astype(np.int64)
    density = tracer.portals[number, 7] + ahead.through[a] + behind.through[b]
    for end in (first, second):
        density = density + np.where(end >= 0, tracer.density[end], 0.0)
    swapped = first < 0  # the environment is always the second end
    first, second = np.where(swapped, second, first), np.where(swapped, first, second)
    part, replica = divmod(which, tracer.settings.replicas)
    unit = np.full(len(first), tracer.enclosure.num_facets + PORTAL_PARTS * number + part)
    return _Ends(first, second, 1.0 / density, density**-2, unit, np.full(len(first), replica))


def one_way_exchange(rays: RankRays) -> FloatArray:
    """Return sums of A_i F_ij between surfaces by the rays of facets alone, each counted from its own side."""
    tracer = rays.tracer
    enclosure, num = tracer.enclosure, len(tracer.enclosure.surface_names)
    own = 1.0 / np.maximum(tracer.density, 1e-300)  # m2 of one ray
    total = one_sided_sums(rays.lines, enclosure.surface, number=num, weight=own)
    for ends in rays.ends:
        seen = ends.second >= 0
        key = enclosure.surface[ends.first[seen]] * num + enclosure.surface[ends.second[seen]]
        total += np.bincount(key, weights=own[ends.first[seen]], minlength=num**2).reshape(num, num)
    return total


def lines_inside(rays: RankRays) -> tuple[Lines, ...]:
    """Return the lines between facets."""
    first, second, weight, square, unit, replica = _together(rays.ends)
    inside = second >= 0
    if not inside.any():
        return tuple(rays.lines)
    ends = first[inside], second[inside]
    through = weighted_lines(ends, (weight[inside], square[inside]), unit=unit[inside], replica=replica[inside])
    return (*rays.lines, through)


def lines_outside(rays: RankRays) -> tuple[IntArray, FloatArray, IntArray, IntArray]:
    """Return the lines that leave the model: where they start, weights, sources, replicas."""
    first, second, weight, _, unit, replica = _together(rays.ends)
    out = second < 0
    return first[out], weight[out], unit[out], replica[out]


def _together(parts: list[_Ends]) -> tuple[AnyArray, ...]:
    """Return both ends, weights, squared weights, units and replicas of all lines."""
    names = ("first", "second", "weight", "square", "unit", "replica")
    return tuple(
        np.concatenate(
            [np.empty(0, dtype=np.float64 if name in ("weight", "square") else np.int64)]
            + [getattr(ends, name) for ends in parts]
        )
        for name in names
    )


__all__ = [
    "RankRays",
    "lines_inside",
    "lines_outside",
    "make_rays",
    "one_way_exchange",
    "trace_facets",
    "trace_portals",
]
