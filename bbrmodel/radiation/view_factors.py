"""View factors by rays: every facet sends rays, every small opening too, and all samples of a line are pooled."""

import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from bbrmodel.errors import EnclosureError
from bbrmodel.radiation.enclosure import Enclosure, check_enclosure
from bbrmodel.radiation.exchange_areas import ExchangeAreas, close, pool
from bbrmodel.radiation.kernels import ESCAPED, HIT, LOST, accumulate, portal_lines
from bbrmodel.radiation.sampling import sample_disc, sample_facets, sobol_points
from bbrmodel.radiation.scene import Hits, RayScene, origin_lift
from bbrmodel.solution import RadiationReport
from bbrmodel.typing import AnyArray, FloatArray, IntArray, Progress

_LOG = logging.getLogger(__name__)
_RAYS_PER_CHUNK = 1 << 18
# Rays that slip through an edge between facets; more than this is a hole in the mesh, not rounding.
MAX_LOST_FRACTION = 1e-5
# A disc may overlap the solid round a hole of flat sides: no light crosses it there, so such samples count nothing.
MAX_PORTAL_OVERLAP = 0.2


@dataclass(frozen=True)
class RaySettings:
    """How many rays: per facet, through each portal; and the seed that makes them repeatable."""

    rays_per_facet: int = 1000
    portal_rays: int = 200_000
    seed: int = 1


@dataclass(frozen=True)
class ViewFactors:
    """Exchange areas with the record of how they came about.

    `raw_row_sums` has shape (num_facets,): sum_j F_ij with the environment, before closure.
    """

    areas: ExchangeAreas
    raw_row_sums: FloatArray
    report: RadiationReport


@dataclass(frozen=True)
class _Tracer:
    """What every chunk of rays needs."""

    enclosure: Enclosure
    scene: RayScene
    settings: RaySettings
    points: Any
    lift: FloatArray
    density: FloatArray
    portals: FloatArray

    @property
    def geometry(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return what the sampling kernel reads."""
        return self.enclosure.vertices_m, self.enclosure.normal, self.lift

    def classify(self, hits: Hits) -> Any:
        """Return HIT, ESCAPED or LOST for every ray."""
        missed = hits.facet < 0
        kind = np.where(missed, ESCAPED if self.enclosure.has_environment else LOST, HIT).astype(np.int8)
        wrong = hits.from_behind | (~missed & ~self.enclosure.radiates[hits.facet])
        kind[wrong] = LOST
        return kind


def compute_view_factors(
    enclosure: Enclosure, settings: RaySettings | None = None, *, progress: Progress | None = None
) -> ViewFactors:
    """Return symmetric, closed exchange areas of all facets.

    Parameters
    ----------
    enclosure
        Facets whose normals point into the enclosure.
    settings
        Ray counts and seed.
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
    tracer = _make_tracer(enclosure, settings)
    facets = np.flatnonzero(enclosure.radiates)
    pieces, escape, one_sided, lost = _trace_facets(tracer, facets, progress)
    _check_lost(tracer, facets, lost)
    lines, escape_lines = _trace_portals(tracer)
    size = (enclosure.num_facets, enclosure.num_facets)
    values, squares = (pieces[k] + csr_matrix((lines[2 + k], (lines[0], lines[1])), shape=size) for k in (0, 1))
    upper, variance = pool(values, squares)
    del values, squares, pieces
    escape += escape_lines
    # A ray that escapes carries at most A / N of exchange area.
    escape_variance = escape * enclosure.area_m2 / settings.rays_per_facet
    raw = ExchangeAreas(upper, variance, escape, escape_variance, enclosure.area_m2)
    areas, before, after = close(raw, enclosure.radiates)
    rays = len(facets) * settings.rays_per_facet + len(enclosure.portals) * settings.portal_rays
    report = RadiationReport(
        facets=len(facets),
        rays=rays,
        nonzeros=2 * areas.upper.nnz - enclosure.num_facets,
        escaped_fraction=float(areas.escape.sum() / enclosure.area_m2[facets].sum()),
        row_sum_deviation_before=before,
        row_sum_deviation_after=after,
        reciprocity_deviation_before=float(np.abs(one_sided - one_sided.T).sum() / max(one_sided.sum(), 1e-300)),
        reciprocity_deviation_after=0.0,  # the storage is symmetric by construction
        lost_rays=int(lost.sum()),
        from_cache=False,
    )
    _LOG.info("view factors: %d facets, %d rays, max |row sum - 1| = %.1e before closure", len(facets), rays, before)
    return ViewFactors(areas, raw.row_sums(), report)


def _make_tracer(enclosure: Enclosure, settings: RaySettings) -> _Tracer:
    """Return the shared state of all chunks."""
    density = np.where(enclosure.radiates, settings.rays_per_facet / enclosure.area_m2, 0.0)
    rows = [
        [*p.center_m, *(np.array(p.normal) / np.linalg.norm(p.normal)), p.radius_m**2, settings.portal_rays / p.area_m2]
        for p in enclosure.portals
    ]
    return _Tracer(
        enclosure,
        RayScene(enclosure),
        settings,
        sobol_points(max(settings.rays_per_facet, settings.portal_rays)),
        origin_lift(enclosure),
        density,
        np.array(rows, dtype=np.float64).reshape(-1, 8),
    )


def _chunks(facets: IntArray, rays_per_facet: int) -> Iterator[IntArray]:
    """Yield runs of facets with about `_RAYS_PER_CHUNK` rays."""
    step = max(1, _RAYS_PER_CHUNK // rays_per_facet)
    for start in range(0, len(facets), step):
        yield facets[start : start + step]


def _trace_facets(
    tracer: _Tracer, facets: IntArray, progress: Progress | None
) -> tuple[tuple[Any, Any], FloatArray, FloatArray, IntArray]:
    """Trace all facets' rays; return CSR weights and squared weights, escapes, one-sided surface sums, lost rays."""
    num = tracer.enclosure.num_facets
    rays = tracer.settings.rays_per_facet
    sizes, columns, values, squares = (np.zeros(num, dtype=np.int64), [], [], [])
    escape, lost = np.zeros(num), np.zeros(len(facets), dtype=np.int64)
    one_sided = np.zeros((len(tracer.enclosure.surface_names),) * 2)
    done = 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool_of_threads:
        for chunk, row in zip(
            _chunks(facets, rays),
            pool_of_threads.map(lambda c: _trace_chunk(tracer, c), _chunks(facets, rays)),
            strict=True,
        ):
            sizes[chunk] = row[0]
            columns.append(row[1])
            values.append(row[2])
            squares.append(row[3])
            escape[chunk] = row[4]
            lost[done : done + len(chunk)] = row[5]
            one_sided += row[6]
            done += len(chunk)
            if progress:
                progress(done, len(facets))
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    column = np.concatenate(columns)
    shape = (num, num)
    matrices = tuple(csr_matrix((np.concatenate(data), column, indptr), shape=shape) for data in (values, squares))
    return (matrices[0], matrices[1]), escape, one_sided, lost


def _trace_chunk(tracer: _Tracer, facets: IntArray) -> tuple[Any, ...]:
    """Sample, trace and pool the rays of some facets (runs in a worker thread; the heavy parts release the GIL)."""
    enclosure = tracer.enclosure
    counts = np.full(len(facets), tracer.settings.rays_per_facet, dtype=np.int64)
    origins, directions = sample_facets(facets, counts, tracer.points, tracer.settings.seed, tracer.geometry)
    hits = tracer.scene.trace(origins, directions)
    one_sided = np.zeros((len(enclosure.surface_names),) * 2)
    result = accumulate(
        (facets, counts, origins, directions),
        (hits.facet, hits.distance_m, tracer.classify(hits)),
        tracer.density,
        tracer.portals,
        (enclosure.surface, enclosure.area_m2, one_sided),
    )
    return (*result, one_sided)


def _check_lost(tracer: _Tracer, facets: IntArray, lost: IntArray) -> None:
    """Raise when more rays are lost than rounding at edges explains."""
    per_facet = tracer.settings.rays_per_facet
    if lost.sum() <= max(MAX_LOST_FRACTION * per_facet * len(facets), 0):
        return
    enclosure = tracer.enclosure
    by_surface = np.bincount(enclosure.surface[facets], weights=lost, minlength=len(enclosure.surface_names))
    share = by_surface / (per_facet * np.maximum(np.bincount(enclosure.surface[facets], minlength=len(by_surface)), 1))
    worst = int(share.argmax())
    raise EnclosureError(
        f"surface '{enclosure.surface_names[worst]}': {100 * share[worst]:.3g} % of its rays are lost "
        f"({int(lost.sum())} of {per_facet * len(facets)} in all): they "
        + _where_they_go(tracer, int(facets[int(lost.argmax())]))
    )


def _where_they_go(tracer: _Tracer, facet: int) -> str:
    """Return what the lost rays of one facet meet, with the remedy."""
    facets = np.array([facet])
    counts = np.array([tracer.settings.rays_per_facet])
    rays = sample_facets(facets, counts, tracer.points, tracer.settings.seed, tracer.geometry)
    hits = tracer.scene.trace(*rays)
    missed = hits.facet < 0
    if missed.any() and not tracer.enclosure.has_environment:
        return (
            "leave the model, so the cavity is open. Close it, or declare what is outside with "
            "radiation.environment_temperature_K."
        )
    wrong = ~missed & (hits.from_behind | ~tracer.enclosure.radiates[hits.facet])
    if not wrong.any():
        return "slip between facets. Check the mesh for gaps."
    name = tracer.enclosure.name_of(int(hits.facet[wrong][0]))
    if hits.from_behind[wrong][0]:
        return f"hit '{name}' from behind. Its normals must point into the enclosure; bodies must not overlap."
    return f"reach '{name}', which is declared radiates = false. Close the way to it, or let it radiate."


def _trace_portals(tracer: _Tracer) -> tuple[tuple[AnyArray, ...], FloatArray]:
    """Return lines through all portals as (rows, columns, weights, squared weights) and what escapes."""
    rows, columns, weights = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    escape = np.zeros(tracer.enclosure.num_facets)
    for number, portal in enumerate(tracer.enclosure.portals):
        if tracer.settings.portal_rays == 0:
            break
        disc = (tracer.portals[number, :3], tracer.portals[number, 3:6], portal.radius_m)
        points = tracer.points[: tracer.settings.portal_rays]
        origins, directions = sample_disc(number, points, tracer.settings.seed, disc)
        ahead, behind = tracer.scene.trace(origins, directions), tracer.scene.trace(origins, -directions)
        kinds = tracer.classify(ahead), tracer.classify(behind)
        lost = (kinds[0] == LOST) | (kinds[1] == LOST)
        if lost.mean() > MAX_PORTAL_OVERLAP:
            raise EnclosureError(
                f"portal '{portal.name}': {100 * lost.mean():.3g} % of its rays start in a solid or leave the model, "
                f"at most {100 * MAX_PORTAL_OVERLAP:g} % may. Check center_m, normal and radius_m."
            )
        ends = (ahead.facet, ahead.distance_m, kinds[0], behind.facet, behind.distance_m, kinds[1])
        weight = portal_lines(origins, directions, ends, tracer.density, tracer.portals, number)
        both = (kinds[0] == HIT) & (kinds[1] == HIT)
        rows.append(ahead.facet[both].astype(np.int64))
        columns.append(behind.facet[both].astype(np.int64))
        weights.append(weight[both])
        for seen, gone in ((ahead, kinds[1]), (behind, kinds[0])):
            out = (gone == ESCAPED) & (weight > 0.0)
            escape += np.bincount(seen.facet[out], weights=weight[out], minlength=len(escape))
    weight = np.concatenate(weights)
    return (np.concatenate(rows), np.concatenate(columns), weight, weight**2), escape


def group_exchange(areas: ExchangeAreas, surface: IntArray, num_surfaces: int) -> tuple[FloatArray, FloatArray]:
    """Return exchange areas between surfaces [m2] and their variances [m4], each (num_surfaces, num_surfaces)."""
    entries = coo_matrix(areas.upper)
    key = surface[entries.row] * num_surfaces + surface[entries.col]
    off_diagonal = entries.row != entries.col
    result = []
    for data in (entries.data, areas.variance):
        upper = np.bincount(key, weights=data, minlength=num_surfaces**2).reshape(num_surfaces, num_surfaces)
        lower = np.bincount(key[off_diagonal], weights=data[off_diagonal], minlength=num_surfaces**2)
        result.append(upper + lower.reshape(num_surfaces, num_surfaces).T)
    return result[0], result[1]


__all__ = ["RaySettings", "ViewFactors", "compute_view_factors", "group_exchange"]
