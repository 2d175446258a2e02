"""View factors by rays: every facet sends rays, every small opening too, and all samples of a line are pooled."""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from bbrmodel.radiation.enclosure import Enclosure, check_enclosure
from bbrmodel.radiation.exchange_areas import Escapes, ExchangeAreas, close, weighted_lines
from bbrmodel.radiation.kernels import ESCAPED, HIT, LOST, count_rows
from bbrmodel.radiation.lines import Lines, one_sided_sums
from bbrmodel.radiation.losses import check_lost, check_portal
from bbrmodel.radiation.memory import check_memory
from bbrmodel.radiation.tracer import PORTAL_PARTS, RaySettings, RayShare, Tracer, Visits
from bbrmodel.solution import RadiationReport
from bbrmodel.typing import AnyArray, FloatArray, IntArray, Progress

_LOG = logging.getLogger(__name__)
_RAYS_AT_ONCE = 1 << 16  # few enough for the processor's cache
_RAYS_PER_CHUNK = 1 << 21  # of one block of lines


@dataclass(frozen=True)
class ViewFactors:
    """Exchange areas with the record of how they came about.

    `raw_row_sums` has shape (num_facets,): sum_j F_ij with the environment, before closure.
    """

    areas: ExchangeAreas
    raw_row_sums: FloatArray
    report: RadiationReport


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
class _Tally:
    """What the rays of all facets and portals add up to."""

    num_facets: int
    lines: list[Lines] = field(default_factory=list)  # on which no portal lies
    ends: list[_Ends] = field(default_factory=list)  # through portals, and out of the model
    lost: list[tuple[IntArray, IntArray]] = field(default_factory=list)  # facets and their lost rays

    def lost_by_facet(self) -> IntArray:
        """Return lost rays, shape (num_facets,)."""
        total = np.zeros(self.num_facets, dtype=np.int64)
        for facets, lost in self.lost:
            total[facets] += lost
        return total


def compute_view_factors(
    enclosure: Enclosure,
    settings: RaySettings | None = None,
    *,
    specular: FloatArray | None = None,
    share: RayShare | None = None,
    progress: Progress | None = None,
) -> ViewFactors:
    """Return symmetric, closed exchange areas of all facets.

    Parameters
    ----------
    enclosure
        Facets whose normals point into the enclosure.
    settings
        Ray counts and seed.
    specular
        shape (num_facets,), [-], the part of all arriving light that a facet reflects as a mirror. Exchange areas then
        count arrivals by way of mirrors too, and rows close as sum_j F_ij (1 - specular_j) = 1.
    share
        How the rays are shared out, where facets are not to send equally many.
    progress
        Called with (facets done, facets in all).

    Raises
    ------
    EnclosureError
        Rays are lost (an open cavity without a declared environment, a flipped facet, a gap in the mesh), or the
        facets cannot form an enclosure.
    ConfigError
        So many rays do not fit in memory.

    Notes
    -----
    Exchange areas are S_ij = A_i F_ij [m2]. A line between i and j is met by the rays of i with the density
    rho_i = N_i / A_i, by those of j with rho_j and by those of every portal it crosses with rho_p = M / A_p, so the
    weight 1 / (rho_i + rho_j + sum rho_p) for each sample is unbiased (balance heuristic, Veach 1997, section 9.2)
    and symmetric. Rows are then closed by a symmetric scaling.
    """
    settings = settings or RaySettings()
    check_enclosure(enclosure)
    mirrors = specular if specular is not None and specular.any() else None
    tracer = Tracer(enclosure, settings, mirrors, share)
    check_memory(tracer)
    tally = _Tally(enclosure.num_facets)
    _trace_facets(tracer, tally, progress)
    lost = tally.lost_by_facet()
    check_lost(tracer, lost)
    asymmetry = _asymmetry(tracer, tally)
    _add_portals(tracer, tally)
    raw = _pool(tracer, tally, np.ones(enclosure.num_facets) if mirrors is None else 1.0 - mirrors)
    areas, before, after = close(raw, enclosure.radiates)
    report = RadiationReport(
        facets=int(enclosure.radiates.sum()),
        rays=tracer.rays_in_all,
        nonzeros=2 * areas.num_entries,
        escaped_fraction=float(areas.escape.sum() / enclosure.area_m2[enclosure.radiates].sum()),
        lost_rays=int(lost.sum()),
        row_sum_deviation_before=before,
        row_sum_deviation_after=after,
        reciprocity_deviation_before=asymmetry,
        reciprocity_deviation_after=0.0,  # the storage is symmetric by construction
        from_cache=False,
    )
    _LOG.info("view factors: %d facets, %d rays, max |row sum - 1| %.1e", report.facets, report.rays, before)
    return ViewFactors(areas, raw.row_sums(), report)


def _pool(tracer: Tracer, tally: _Tally, kept: FloatArray) -> ExchangeAreas:
    """Return exchange areas of all samples, before closure."""
    num = tracer.enclosure.num_facets
    names = ("first", "second", "weight", "square", "unit", "replica")
    first, second, weight, square, unit, replica = (
        np.concatenate(
            [np.empty(0, dtype=np.float64 if name in ("weight", "square") else np.int64)]
            + [getattr(ends, name) for ends in tally.ends]
        )
        for name in names
    )
    out = second < 0
    inside = ~out
    lines = list(tally.lines)
    if inside.any():
        ends = first[inside], second[inside]
        lines.append(weighted_lines(ends, (weight[inside], square[inside]), unit=unit[inside], replica=replica[inside]))
    escape = np.bincount(first[out], weights=weight[out], minlength=num).astype(np.float64)
    nothing, ones = np.zeros(num), np.ones(num)
    escapes = Escapes(first[out], weight[out], unit[out], replica[out])
    return ExchangeAreas(tuple(lines), escape, nothing, tracer.enclosure.area_m2, kept, ones, nothing, escapes)


def _trace_facets(tracer: Tracer, tally: _Tally, progress: Progress | None) -> None:
    """Trace the rays of all facets, in threads whose results are put together in order."""
    total = int(tracer.enclosure.radiates.sum())
    done = 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        chunks = list(tracer.chunks(_RAYS_PER_CHUNK))
        for chunk, result in zip(chunks, threads.map(lambda part: _trace_chunk(tracer, part), chunks), strict=True):
            tally.lines.append(result.lines)
            tally.ends += result.ends
            tally.lost.append((chunk, result.lost))
            done += len(chunk)
            if progress:
                progress(done, total)


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
    first_identity = int(facets[0]) * each * replicas
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


def _add_portals(tracer: Tracer, tally: _Tally) -> None:
    """Add the lines through all portals to the tally: each joins what lies ahead with what lies behind."""
    sets = tracer.settings.portal_sets
    for number in range(len(tracer.portals)):
        first_met: list[tuple[Visits, Visits]] = []
        for which in range(sets):
            origins, directions = tracer.sample_portal(number, which)
            identity = -(number * sets + which + 1) << 40
            ways = []
            for way, sign in enumerate((1.0, -1.0)):
                start = identity + way * len(origins)
                turned = (sign * directions).astype(np.float32)
                ways.append(list(tracer.follow(origins, turned, first_identity=start, without_portal=number)))
            first_met.append((ways[0][0], ways[1][0]))
            found = [
                _portal_lines(tracer, number, which, ahead=ahead, behind=behind)
                for ahead in ways[0]
                for behind in ways[1]
            ]
            tally.ends.append(_merge(found, tracer))
        check_portal(tracer, number, first_met)


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


def _asymmetry(tracer: Tracer, tally: _Tally) -> float:
    """Return sum |A_i F_ij - A_j F_ji| over sum A_i F_ij between surfaces, of plain counts from one side."""
    enclosure = tracer.enclosure
    num = len(enclosure.surface_names)
    own = 1.0 / np.maximum(tracer.density, 1e-300)  # m2 of one ray
    total = one_sided_sums(tally.lines, enclosure.surface, number=num, weight=own)
    for ends in tally.ends:
        seen = ends.second >= 0
        key = enclosure.surface[ends.first[seen]] * num + enclosure.surface[ends.second[seen]]
        total += np.bincount(key, weights=own[ends.first[seen]], minlength=num**2).reshape(num, num)
    return float(np.abs(total - total.T).sum() / max(float(total.sum()), 1e-300))


__all__ = ["RaySettings", "ViewFactors", "compute_view_factors"]
