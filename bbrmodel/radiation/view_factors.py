"""View factors by rays: every facet sends rays, every small opening too, and all samples of a line are pooled."""

import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from bbrmodel.radiation.enclosure import Enclosure, check_enclosure
from bbrmodel.radiation.exchange_areas import ExchangeAreas, close, pool
from bbrmodel.radiation.kernels import ESCAPED, HIT, LOST, count_rows
from bbrmodel.radiation.losses import check_lost, check_portal
from bbrmodel.radiation.tracer import RaySettings, Tracer
from bbrmodel.solution import RadiationReport
from bbrmodel.typing import AnyArray, FloatArray, IntArray, Progress

_LOG = logging.getLogger(__name__)
_RAYS_PER_CHUNK = 1 << 18


@dataclass(frozen=True)
class ViewFactors:
    """Exchange areas with the record of how they came about.

    `raw_row_sums` has shape (num_facets,): sum_j F_ij with the environment, before closure.
    """

    areas: ExchangeAreas
    raw_row_sums: FloatArray
    report: RadiationReport


@dataclass
class _Tally:
    """What the rays of all facets add up to."""

    counts: Any  # one-sided hits on lines that cross no portal, CSR
    lines: list[tuple[IntArray, IntArray, FloatArray]]  # lines that cross portals: both ends, weight [m2]
    escape: FloatArray  # (num_facets,)
    escape_variance: FloatArray  # (num_facets,)
    one_sided: FloatArray  # (num_surfaces, num_surfaces), plain counts
    lost: IntArray  # (num_facets,)


def compute_view_factors(
    enclosure: Enclosure,
    settings: RaySettings | None = None,
    *,
    specular: FloatArray | None = None,
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
    progress
        Called with (facets done, facets in all).

    Raises
    ------
    EnclosureError
        Rays are lost (an open cavity without a declared environment, a flipped facet, a gap in the mesh), or the
        facets cannot form an enclosure.

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
    tracer = Tracer(enclosure, settings, mirrors)
    tally = _trace_facets(tracer, progress)
    check_lost(tracer, tally.lost)
    _add_portals(tracer, tally)
    upper, variance = pool(tally.counts, tracer.density, _line_matrices(tally, enclosure.num_facets))
    tally.counts = None  # as large as what follows
    kept = np.ones(enclosure.num_facets) if mirrors is None else 1.0 - mirrors
    raw = ExchangeAreas(upper, variance, tally.escape, tally.escape_variance, enclosure.area_m2, kept)
    areas, before, after = close(raw, enclosure.radiates)
    report = _report(tracer, tally, areas, deviation=(before, after))
    _LOG.info("view factors: %d facets, %d rays, max |row sum - 1| %.1e", report.facets, report.rays, before)
    return ViewFactors(areas, raw.row_sums(), report)


def _report(tracer: Tracer, tally: _Tally, areas: ExchangeAreas, *, deviation: tuple[float, float]) -> RadiationReport:
    """Return the record of one computation."""
    enclosure, settings = tracer.enclosure, tracer.settings
    facets = int(enclosure.radiates.sum())
    asymmetry = np.abs(tally.one_sided - tally.one_sided.T).sum() / max(tally.one_sided.sum(), 1e-300)
    return RadiationReport(
        facets=facets,
        rays=facets * settings.rays_per_facet + len(tracer.portals) * settings.portal_rays,
        nonzeros=2 * areas.upper.nnz - enclosure.num_facets,
        escaped_fraction=float(areas.escape.sum() / enclosure.area_m2[enclosure.radiates].sum()),
        lost_rays=int(tally.lost.sum()),
        row_sum_deviation_before=deviation[0],
        row_sum_deviation_after=deviation[1],
        reciprocity_deviation_before=float(asymmetry),
        reciprocity_deviation_after=0.0,  # the storage is symmetric by construction
        from_cache=False,
    )


def _chunks(tracer: Tracer) -> Iterator[IntArray]:
    """Yield runs of radiating facets with about `_RAYS_PER_CHUNK` rays."""
    facets = np.flatnonzero(tracer.enclosure.radiates)
    step = max(1, _RAYS_PER_CHUNK // tracer.settings.rays_per_facet)
    for start in range(0, len(facets), step):
        yield facets[start : start + step]


def _trace_facets(tracer: Tracer, progress: Progress | None) -> _Tally:
    """Trace the rays of all facets, in threads whose results are put together in order."""
    num = tracer.enclosure.num_facets
    total = int(tracer.enclosure.radiates.sum())
    sizes, columns, counts = np.zeros(num, dtype=np.int64), [], []
    tally = _Tally(None, [], np.zeros(num), np.zeros(num), np.zeros(()), np.zeros(num, dtype=np.int64))
    done = 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        results = threads.map(lambda chunk: _trace_chunk(tracer, chunk), _chunks(tracer))
        for chunk, result in zip(_chunks(tracer), results, strict=True):
            sizes[chunk] = result.rows[0]
            columns.append(result.rows[1])
            counts.append(result.rows[2])
            tally.lines += result.lines
            tally.escape[chunk], tally.escape_variance[chunk] = result.escape
            tally.lost[chunk] = result.lost
            tally.one_sided = tally.one_sided + result.one_sided
            done += len(chunk)
            if progress:
                progress(done, total)
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    data = np.concatenate(counts).astype(np.float32)  # exact up to 2^24 hits
    tally.counts = csr_matrix((data, np.concatenate(columns), indptr), shape=(num, num))
    return tally


@dataclass(frozen=True)
class _Chunk:
    """What the rays of some facets met."""

    rows: Any  # entries of each row, columns, counts
    lines: list[tuple[IntArray, IntArray, FloatArray]]
    escape: FloatArray  # exchange area with the environment, and its variance
    lost: IntArray
    one_sided: FloatArray


def _trace_chunk(tracer: Tracer, facets: IntArray) -> _Chunk:
    """Sample, trace and count the rays of some facets (runs in a worker thread; the heavy parts release the GIL)."""
    per_facet = tracer.settings.rays_per_facet
    origins, directions = tracer.sample_facets(facets)
    escape, lost = np.zeros((2, len(facets))), np.zeros(len(facets), dtype=np.int64)
    num_surfaces = len(tracer.enclosure.surface_names)
    one_sided = np.zeros(num_surfaces**2)
    parts, lines = [], []
    for visits in tracer.follow(origins, directions, first_identity=int(facets[0]) * per_facet):
        row = visits.ray // per_facet
        target = np.where(visits.kind == HIT, visits.facet, -1).astype(np.int32)
        one_sided += _surface_sums(tracer, facets[row], target)
        crossed = (visits.through > 0.0) & (target >= 0)
        if crossed.any():
            first, second = facets[row[crossed]], target[crossed].astype(np.int64)
            lines.append((first, second, tracer.line_weight(first, second, visits.through[crossed])))
            target[crossed] = -1
        gone, missing = visits.kind == ESCAPED, visits.kind == LOST
        if gone.any():
            weight = tracer.line_weight(facets[row[gone]], None, visits.through[gone])
            escape += [np.bincount(row[gone], weights=weight**k, minlength=len(facets)) for k in (1, 2)]
        if missing.any():
            lost += np.bincount(row[missing], minlength=len(facets))
        parts.append((row, target))
    return _Chunk(_count(parts, len(facets)), lines, escape, lost, one_sided.reshape(num_surfaces, num_surfaces))


def _surface_sums(tracer: Tracer, emitter: IntArray, target: AnyArray) -> FloatArray:
    """Return plain one-sided exchange areas between surfaces, flattened [m2]."""
    enclosure = tracer.enclosure
    num = len(enclosure.surface_names)
    key = enclosure.surface[emitter] * num + enclosure.surface[target]
    weight = np.where(target >= 0, enclosure.area_m2[emitter] / tracer.settings.rays_per_facet, 0.0)
    return np.bincount(key, weights=weight, minlength=num**2).astype(np.float64)


def _count(parts: list[tuple[IntArray, AnyArray]], num_rows: int) -> Any:
    """Return `count_rows` of arrivals in any order."""
    row, target = parts[0]
    if len(parts) > 1:  # without mirrors the arrivals are in the order of the facets
        row, target = (np.concatenate([part[k] for part in parts]) for k in range(2))
        order = np.argsort(row, kind="stable")
        row, target = row[order], target[order]
    return count_rows(np.concatenate([[0], np.cumsum(np.bincount(row, minlength=num_rows))]), target)


def _line_matrices(tally: _Tally, num_facets: int) -> tuple[Any, Any]:
    """Return the one-sided sums of weights and of squared weights of all lines through portals."""
    empty = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    rows, columns, weight = (np.concatenate([part[k] for part in [empty, *tally.lines]]) for k in range(3))
    size = (num_facets, num_facets)
    return (csr_matrix((weight, (rows, columns)), shape=size), csr_matrix((weight**2, (rows, columns)), shape=size))


def _add_portals(tracer: Tracer, tally: _Tally) -> None:
    """Add the lines through all portals to the tally: each joins what lies ahead with what lies behind."""
    for number in range(len(tracer.portals)):
        origins, directions = tracer.sample_portal(number)
        identity = -(number + 1) << 40
        ends = []
        for way, sign in enumerate((1.0, -1.0)):
            start = identity + way * len(origins)
            turned = (sign * directions).astype(np.float32)
            ends.append(list(tracer.follow(origins, turned, first_identity=start, without_portal=number)))
        check_portal(tracer, number, ahead=ends[0][0], behind=ends[1][0])
        for ahead in ends[0]:
            for behind in ends[1]:
                rows, columns, weight, escape = _portal_lines(tracer, number, ahead=ahead, behind=behind)
                tally.lines.append((rows, columns, weight))
                tally.escape += escape[0]
                tally.escape_variance += escape[1]


def _portal_lines(
    tracer: Tracer, number: int, *, ahead: Any, behind: Any
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Return lines between arrivals ahead of and behind a portal: both ends, weights; what escapes and its variance."""
    _, a, b = np.intersect1d(ahead.ray, behind.ray, assume_unique=True, return_indices=True)
    first, second = ahead.facet[a].astype(np.int64), behind.facet[b].astype(np.int64)
    kinds = ahead.kind[a], behind.kind[b]
    density = tracer.portals[number, 7] + ahead.through[a] + behind.through[b]
    density += np.where(kinds[0] == HIT, tracer.density[first], 0.0)
    density += np.where(kinds[1] == HIT, tracer.density[second], 0.0)
    weight = np.where((kinds[0] == LOST) | (kinds[1] == LOST), 0.0, 1.0 / density)
    escape = np.zeros((2, tracer.enclosure.num_facets))
    for seen, here, there in ((first, kinds[0], kinds[1]), (second, kinds[1], kinds[0])):
        out = (here == HIT) & (there == ESCAPED)
        escape += [np.bincount(seen[out], weights=weight[out] ** k, minlength=escape.shape[1]) for k in (1, 2)]
    both = (kinds[0] == HIT) & (kinds[1] == HIT)
    return first[both], second[both], weight[both], escape


def group_exchange(areas: ExchangeAreas, surface: IntArray, num_surfaces: int) -> tuple[FloatArray, FloatArray]:
    """Return exchange areas between surfaces [m2] and their variances [m4], each (num_surfaces, num_surfaces)."""
    entries = coo_matrix(areas.upper)
    key = surface[entries.row] * num_surfaces + surface[entries.col]
    off_diagonal = entries.row != entries.col
    result: list[FloatArray] = []
    for data in (entries.data, areas.variance):
        upper = np.bincount(key, weights=data, minlength=num_surfaces**2).reshape(num_surfaces, num_surfaces)
        lower = np.bincount(key[off_diagonal], weights=data[off_diagonal], minlength=num_surfaces**2)
        result.append((upper + lower.reshape(num_surfaces, num_surfaces).T).astype(np.float64))
    return result[0], result[1]


__all__ = ["RaySettings", "ViewFactors", "compute_view_factors", "group_exchange"]
